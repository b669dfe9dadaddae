//! Many ways, not two: the exit by status, by failure, by a header field or by a place in the body; and variables from it.

use std::collections::BTreeMap;

use flow::{Cx, Exit, Exits, NAME, Site, Step};
use model::{HttpAnswer, HttpFailure, HttpOutcome};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::request::is_field_name;
use crate::json_path::JsonPath;
use crate::set::is_name;

/// The one status that means yes (`exotel.md` 1.2).
const YES: u16 = 200;

/// Routes of a node.
const ROUTES: usize = 100;

/// Bytes of a value that a variable is set to.
const VALUE_BYTES: usize = 4 * 1024;

/// One more way out: by a header field of the answer, or by a place in its JSON.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Route {
    /// A place in the JSON of the answer's body, such as `$.customer.tier`. A number counts as it is written there: 1.50 is not 1.5.
    #[serde(default)]
    json: Option<JsonPath>,
    /// A header field of the answer, such as `X-Route`. Either this or `json`.
    #[serde(default)]
    header: Option<String>,
    /// The text that must stand there. Without it anything will do but nothing, null and false.
    #[serde(default)]
    is: Option<String>,
    /// The exit that is taken.
    exit: String,
}

/// What a node makes of an answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Routes {
    routes: Vec<Route>,
    set: BTreeMap<String, JsonPath>,
}

impl Routes {
    /// As the node says; what is wrong is told to its author.
    pub(crate) fn new(routes: Vec<Route>, set: BTreeMap<String, JsonPath>, site: &mut Site<'_>) -> Self {
        if routes.len() > ROUTES {
            site.refuse("routes", format!("a node has at most {ROUTES} routes"), None);
        }
        for route in &routes {
            if route.json.is_some() == route.header.is_some() {
                let hint =
                    "write { json: $.route, is: sales, exit: sales } or { header: X-Route, is: sales, exit: sales }";
                site.refuse("routes", "a route goes by `json` or by `header`", Some(hint));
            }
            if let Some(name) = route.header.as_ref().filter(|name| !is_field_name(name)) {
                let hint = "write one such as X-Route";
                site.refuse("routes", format!("`{name}` is no name of a header field"), Some(hint));
            }
            if route.exit.trim().is_empty() || route.exit.chars().count() > NAME {
                site.refuse("routes", format!("an exit's name has 1 to {NAME} characters"), None);
            }
        }
        for name in set.keys().filter(|name| !is_name(name)) {
            let hint = "a name has letters, digits and `_`, and begins with a letter";
            site.refuse("set", format!("`{name}` is no name for a variable"), Some(hint));
        }
        Self { routes, set }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.routes.is_empty() && self.set.is_empty()
    }

    /// The exits of a node that goes by these.
    pub(crate) fn exits(&self) -> Exits {
        let mut exits = Exits { statuses: true, ..Exits::required(["200", "else"]) };
        for route in &self.routes {
            if !exits.required.iter().any(|known| *known == route.exit) {
                exits.required.push(Exit::Owned(route.exit.clone()));
            }
        }
        // One that was taken back has no caller any more who could go on.
        let taken_back = [HttpFailure::Cancelled, HttpFailure::Overtaken].map(|failure| failure.word());
        let failures = HttpFailure::WORDS.into_iter().filter(|word| !taken_back.contains(word));
        exits.optional.extend(failures.map(Exit::Borrowed));
        exits
    }

    /// Leaves the node as the outcome says.
    pub(crate) fn leave(&self, outcome: &HttpOutcome, cx: &mut Cx<'_>) -> Step {
        let answer = match outcome {
            HttpOutcome::Answered(answer) => answer,
            HttpOutcome::Failed(failure) => {
                cx.keep_answer(None);
                return Step::first([failure.word(), "else"]);
            }
        };
        let is_kept = answer.status == YES || !self.is_empty();
        cx.keep_answer(is_kept.then(|| answer.clone()));
        let wants_json = !self.set.is_empty() || self.routes.iter().any(|route| route.json.is_some());
        let json = if wants_json { self.json(answer, cx) } else { None };
        if let Some(json) = &json {
            self.set_variables(json, &answer.body, cx);
        }
        if let Some(route) = self.routes.iter().find(|route| route.fits(answer, json.as_ref())) {
            return Step::exit(route.exit.clone());
        }
        let mut exits: Vec<Exit> = Vec::new();
        if wants_json && json.is_none() && answer.status == YES {
            exits.push("bad-answer".into());
        }
        exits.extend([answer.status.to_string().into(), format!("{}xx", answer.status / 100).into(), "else".into()]);
        Step::ExitFirst(exits)
    }

    fn json(&self, answer: &HttpAnswer, cx: &mut Cx<'_>) -> Option<Value> {
        match serde_json::from_slice(&answer.body) {
            Ok(json) => Some(json),
            Err(_) if answer.truncated => {
                cx.fault("the answer's body is longer than is read, and nothing can be found in it");
                None
            }
            Err(_) if answer.body.is_empty() => None,
            Err(error) => {
                cx.fault(format!("the answer's body is no JSON: {error}"));
                None
            }
        }
    }

    fn set_variables(&self, json: &Value, body: &[u8], cx: &mut Cx<'_>) {
        for (name, path) in &self.set {
            let Some(value) = path.text(json, body) else { continue };
            if value.len() > VALUE_BYTES {
                cx.fault(format!("`{name}` is not set: what stands at {path:?} is longer than {VALUE_BYTES} bytes"));
            } else {
                cx.set_var(name, value);
            }
        }
    }
}

impl Route {
    fn fits(&self, answer: &HttpAnswer, json: Option<&Value>) -> bool {
        let found = match (&self.json, &self.header) {
            (Some(path), _) => json.and_then(|json| path.text(json, &answer.body)),
            (None, Some(name)) => answer.header(name).map(str::to_owned),
            (None, None) => None,
        };
        match (&self.is, found) {
            (_, None) => false,
            (Some(is), Some(found)) => *is == found,
            (None, Some(found)) => !matches!(found.as_str(), "" | "false"),
        }
    }
}
