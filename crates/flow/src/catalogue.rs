//! The applets that flows can name, and how each becomes part of a program.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;

use crate::applet::Applet;
use crate::diagnostic::{Diagnostic, Place};
use crate::document::NodeText;
use crate::fields;
use crate::nearest::did_you_mean;
use crate::page::Page;

/// The applets that flows can name, in the order of the builder's palette.
#[derive(Debug)]
pub struct Catalogue(Vec<Kind>);

impl Catalogue {
    /// A catalogue of those kinds.
    pub fn new(kinds: Vec<Kind>) -> Self {
        Self(kinds)
    }

    /// All kinds.
    pub fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.0.iter()
    }

    /// The kind of that name.
    pub fn kind(&self, name: &str) -> Option<&Kind> {
        self.kinds().find(|kind| kind.name == name)
    }

    pub(crate) fn hint(&self, name: &str) -> String {
        let names = || self.kinds().map(|kind| kind.name);
        did_you_mean(name, names())
            .unwrap_or_else(|| format!("there are `{}`", names().collect::<Vec<_>>().join("`, `")))
    }
}

/// A kind of node: what an applet's file says of itself.
pub struct Kind {
    name: &'static str,
    title: &'static str,
    group: &'static str,
    page: Page,
    schema: fn(&mut SchemaGenerator) -> Schema,
    parse: Box<Parse>,
    hears_keys: bool,
}

type Parse = dyn Fn(&NodeText, &mut Site<'_>) -> Option<Box<dyn Applet>> + Send + Sync;

impl Kind {
    /// A kind whose settings are read into an `S`, from which `build` makes the applet.
    ///
    /// `source` is the text of the applet's own file (`include_str!`): its module doc is the applet's documentation.
    /// `build` refuses what the types cannot by [`Site::refuse`]; an applet that it returns nevertheless is thrown away.
    pub fn new<S, A>(
        name: &'static str,
        source: &'static str,
        build: impl Fn(S, &mut Site<'_>) -> Option<A> + Send + Sync + 'static,
    ) -> Self
    where
        S: DeserializeOwned + JsonSchema,
        A: Applet + 'static,
    {
        let parse = move |node: &NodeText, site: &mut Site<'_>| {
            let settings = fields::read::<S>(&node.fields, site.place, &site.path, &mut site.diagnostics)?;
            let applet = build(settings, site)?;
            site.diagnostics.is_empty().then(|| Box::new(applet) as Box<dyn Applet>)
        };
        let (page, schema, parse) = (Page::of(source), S::json_schema, Box::new(parse));
        Self { name, title: name, group: "", page, schema, parse, hears_keys: false }
    }

    /// The same kind, as it stands in the builder's palette.
    #[must_use]
    pub fn shown(self, title: &'static str, group: &'static str) -> Self {
        Self { title, group, ..self }
    }

    /// What people call it.
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// Beside which others it stands in the builder's palette.
    pub fn group(&self) -> &'static str {
        self.group
    }

    /// The same kind, whose nodes wait for the caller's keys.
    #[must_use]
    pub fn hearing_keys(self) -> Self {
        Self { hears_keys: true, ..self }
    }

    /// Whether its nodes wait for the caller's keys.
    pub fn hears_keys(&self) -> bool {
        self.hears_keys
    }

    /// The name that a node's `applet` gives.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The applet's documentation.
    pub fn page(&self) -> &Page {
        &self.page
    }

    /// The settings of a node, as JSON Schema: descriptions are help texts. Types that it refers to by name are put
    /// into the generator.
    pub fn settings(&self, generator: &mut SchemaGenerator) -> Schema {
        (self.schema)(generator)
    }

    /// Parses a node, or says what is wrong with its settings.
    pub(crate) fn parse(&self, node: &NodeText) -> (Option<Box<dyn Applet>>, Vec<Diagnostic>) {
        let mut site =
            Site { place: node.name.place, path: format!("nodes.{}", node.name.text), node, diagnostics: Vec::new() };
        let applet = (self.parse)(node, &mut site);
        let Site { path, mut diagnostics, .. } = site;
        for diagnostic in diagnostics.iter_mut().filter(|diagnostic| diagnostic.hint.is_none()) {
            diagnostic.hint = self.help(diagnostic.path.strip_prefix(&path).unwrap_or_default());
        }
        (applet, diagnostics)
    }

    /// What the field at a path below the node is for; without such a field, which fields there are.
    fn help(&self, path: &str) -> Option<String> {
        let settings = self.settings(&mut SchemaGenerator::default());
        let fields = settings.get("properties")?.as_object()?;
        let name = path.trim_start_matches('.').split(['.', '[']).next().unwrap_or_default();
        match fields.get(name).and_then(|field| field.get("description")?.as_str()) {
            Some(help) => Some(format!("`{name}`: {help}")),
            None => Some(format!("there are `{}`", fields.keys().cloned().collect::<Vec<_>>().join("`, `"))),
        }
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kind").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Where a node stands in its document, for an applet that is being built.
#[derive(Debug)]
pub struct Site<'a> {
    node: &'a NodeText,
    place: Place,
    path: String,
    diagnostics: Vec<Diagnostic>,
}

impl Site<'_> {
    /// The exits that the flow wires.
    pub fn wired(&self) -> impl Iterator<Item = &str> {
        self.node.wires.iter().map(|wire| wire.exit.text.as_str())
    }

    /// Whether the flow wires that exit.
    pub fn is_wired(&self, exit: &str) -> bool {
        self.wired().any(|wired| wired == exit)
    }

    /// Refuses a field. Hints are for what to write instead.
    pub fn refuse(&mut self, field: &str, message: impl Into<String>, hint: Option<&str>) {
        let tree = self.node.fields.iter().find(|(key, _)| key.text == field).map(|(_, tree)| tree.place);
        let diagnostic = Diagnostic::error(message)
            .at(tree.unwrap_or(self.place))
            .path(format!("{}.{field}", self.path))
            .hint(hint.map(str::to_owned));
        self.diagnostics.push(diagnostic);
    }
}
