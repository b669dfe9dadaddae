//! A document that somebody publishes by the API: written into its flow's file, so that the folder stays the truth.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use api::{Publication, Unpublished};
use flow::Diagnostic;

use super::{Changes, Publisher, Refusal};
use crate::config::Config;
use crate::document;

impl Publisher {
    /// Writes a document into its flow's file and looks at the folder. What that brought is to be passed on, whatever became
    /// of the order: its version, or what kept it from having one.
    pub fn take(&mut self, order: Publication, config: &Config) -> (Changes, Result<u64, Unpublished>) {
        let path = match self.write(&order, config) {
            Ok(path) => path,
            Err(why) => return (Changes::default(), Err(why)),
        };
        // Whatever its stamp is: it is new.
        self.seen.entry(path.clone()).or_default().files.insert(path.clone(), None);
        self.ordered = Some((path.clone(), order.by));
        let changes = self.look(config);
        self.ordered = None;
        let seen = self.seen.get(&path);
        let version = match seen.and_then(|seen| self.published.get(seen.flow.as_ref()?)) {
            Some(flow) if seen.is_some_and(|seen| seen.refusal.is_none()) => Ok(flow.published.program.version()),
            _ => {
                let refusal = seen.and_then(|seen| seen.refusal.clone());
                Err(Unpublished::Failed(refusal.unwrap_or_else(|| "its file is not there any more".into())))
            }
        };
        (changes, version)
    }

    /// Writes a document that would be published into its file; yields the file.
    fn write(&self, order: &Publication, config: &Config) -> Result<PathBuf, Unpublished> {
        if let Some(read) = order.read {
            let stands = self.versions.revision(&order.flow).map_err(Unpublished::Failed)?;
            if stands != read {
                return Err(Unpublished::Stale);
            }
        }
        let path = self.file(&order.flow)?;
        let wrong = |refusal: Refusal| Unpublished::Wrong(refusal.diagnostics);
        let mut files = BTreeMap::new();
        let (program, _) = self.examine(&path, &order.document, &mut files, config).map_err(wrong)?;
        if program.name() != order.flow && !self.is_file(&order.flow) {
            return Err(Unpublished::Wrong(vec![renamed(&order.flow, program.name())]));
        }
        let written = document::write(&path, &order.document);
        written.map(|()| path.clone()).map_err(|error| Unpublished::Failed(format!("{}: {error}", path.display())))
    }

    /// The file that a flow is written into: its own, or a new one of its name.
    fn file(&self, flow: &str) -> Result<PathBuf, Unpublished> {
        if let Some(found) = self.published.get(flow) {
            return Ok(found.file.clone());
        }
        let path = self.folder.join(flow);
        if self.is_file(flow) {
            return Ok(path);
        }
        let path = self.folder.join(format!("{flow}.yaml"));
        if path.exists() {
            let shown = path.display();
            let what =
                format!("{shown} is there already, and it is not this flow; rename it, or give this flow another name");
            return Err(Unpublished::Failed(what));
        }
        Ok(path)
    }

    /// Whether that is a document that was never fit to run, as it is listed: by its file.
    fn is_file(&self, name: &str) -> bool {
        let seen = self.seen.get(&self.folder.join(Path::new(name)));
        !self.published.contains_key(name) && seen.is_some_and(|seen| seen.flow.is_none())
    }
}

/// That a document names another flow than the one that it is published as.
fn renamed(flow: &str, names: &str) -> Diagnostic {
    let message =
        format!("the document names the flow `{names}`, and this is `{flow}`: numbers and calls know it by that");
    let hint = format!("write `flow: {flow}`, or create a flow `{names}`");
    Diagnostic { path: "flow".into(), hint: Some(hint), ..document::error(message) }
}
