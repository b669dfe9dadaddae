//! From the folder of flow documents to what the switch runs: compiled, its prompts rendered, its numbers routed.
//!
//! The folder is looked at again every second. A document that changed is published anew; one that is broken is refused
//! with all its diagnostics, and the publication before it stays. Calls finish on the one that they began with.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use api::FlowSummary;
use flow::{Audio, Catalogue, Diagnostic, Program};
use media::Pcm;
use switch::{Prompts, Published, Routes};

use crate::config::Config;
use crate::prompt;
use crate::speech::Speech;

/// How often the folder is looked at.
pub const EVERY: Duration = Duration::from_secs(1);

/// Documents in the folder; more are not read.
const DOCUMENTS: usize = 1_000;

/// The publisher: knows what it published, and from which state of which file.
pub struct Publisher {
    folder: PathBuf,
    catalogue: Catalogue,
    speech: Box<dyn Speech>,
    seen: BTreeMap<PathBuf, Seen>,
    published: BTreeMap<String, Arc<Published>>,
    versions: BTreeMap<String, u64>,
}

/// The state of a file by which a change is noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    modified: Option<SystemTime>,
    length: u64,
    flow: Option<String>,
    /// Why its last state was refused.
    refusal: Option<String>,
}

/// What a look at the folder brought.
#[derive(Default)]
pub struct Changes {
    /// Flows to publish.
    pub published: Vec<Arc<Published>>,
    /// What is wrong with documents, a text for people each.
    pub refused: Vec<String>,
}

impl Publisher {
    /// A publisher of that folder's documents that has read none of them.
    pub fn new(folder: &Path, catalogue: Catalogue, speech: Box<dyn Speech>) -> Self {
        let (seen, published, versions) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { folder: folder.to_owned(), catalogue, speech, seen, published, versions }
    }

    /// Reads what is new or has changed.
    pub fn look(&mut self) -> Changes {
        let mut changes = Changes::default();
        for path in documents(&self.folder) {
            let Ok(state) = std::fs::metadata(&path) else { continue };
            let before = self.seen.get(&path);
            let (modified, length) = (state.modified().ok(), state.len());
            if before.is_some_and(|seen| seen.modified == modified && seen.length == length) {
                continue;
            }
            let before = before.and_then(|seen| seen.flow.clone());
            let mut refused = None;
            let flow = match self.read(&path) {
                Ok(published) => {
                    let name = published.program.name().to_owned();
                    self.published.insert(name.clone(), Arc::clone(&published));
                    changes.published.push(published);
                    Some(name)
                }
                Err(refusal) => {
                    changes.refused.push(refusal.clone());
                    refused = Some(refusal);
                    before
                }
            };
            self.seen.insert(path, Seen { modified, length, flow, refusal: refused });
        }
        changes
    }

    /// Which number starts which flow: as configured; without any `[[number]]` the only flow answers them all.
    pub fn routes(&self, config: &Config, normalise: impl Fn(&str) -> String) -> Routes {
        let numbers = config.numbers.iter().map(|number| (normalise(&number.number), number.flow.clone())).collect();
        let only = self.published.keys().next().filter(|_| self.published.len() == 1 && config.numbers.is_empty());
        Routes { numbers, default_flow: only.cloned() }
    }

    /// The names of the flows that numbers of the configuration want and that no document has.
    pub fn missing<'a>(&'a self, config: &'a Config) -> impl Iterator<Item = &'a str> {
        let wanted = config.numbers.iter().map(|number| number.flow.as_str());
        wanted.filter(|flow| !self.published.contains_key(*flow))
    }

    /// What is published, and what is wrong with documents, as the API shows it.
    pub fn summary(&self, config: &Config) -> Vec<FlowSummary> {
        let flows = self.seen.iter().filter_map(|(path, seen)| Some((path, seen, seen.flow.as_ref()?)));
        let summaries = flows.map(|(path, seen, name)| {
            let published = self.published.get(name);
            let numbers = config.numbers.iter().filter(|number| number.flow == *name);
            FlowSummary {
                name: name.clone(),
                version: published.map(|published| published.program.version()),
                file: path.display().to_string(),
                nodes: published.map_or(0, |published| u32::try_from(published.program.nodes()).unwrap_or(u32::MAX)),
                numbers: numbers.map(|number| number.number.clone()).collect(),
                diagnostics: seen.refusal.clone().into_iter().collect(),
            }
        });
        summaries.collect()
    }

    /// Whether any flow is published.
    pub fn is_empty(&self) -> bool {
        self.published.is_empty()
    }

    fn read(&mut self, path: &Path) -> Result<Arc<Published>, String> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
        let (program, diagnostics) = flow::compile(&text, &self.catalogue, 0);
        let Some(program) = program else { return Err(refusal(path, &diagnostics)) };
        let name = program.name().to_owned();
        if let Some((other, _)) =
            self.seen.iter().find(|(other, seen)| *other != path && seen.flow.as_ref() == Some(&name))
        {
            return Err(format!(
                "{shown}: `{name}` is also the name of the flow in {}; give one of them another",
                other.display()
            ));
        }
        let prompts = self.render(&program).map_err(|why| format!("{shown}: {why}"))?;
        let version = self.versions.entry(name).or_insert(0);
        *version += 1;
        let (program, _) = flow::compile(&text, &self.catalogue, *version);
        let program = program.map(Arc::new).ok_or_else(|| format!("{shown}: changed while it was read"))?;
        Ok(Arc::new(Published { program, prompts }))
    }

    /// The sound of all that a program may play.
    fn render(&self, program: &Program) -> Result<Prompts, String> {
        program.audio().into_iter().map(|audio| Ok((audio.clone(), Arc::new(self.sound(&audio)?)))).collect()
    }

    fn sound(&self, audio: &Audio) -> Result<Pcm, String> {
        let decoded = match audio {
            Audio::Say(text) => self.speech.render(text).map_err(|error| error.to_string())?,
            Audio::File(path) => {
                let inside = Path::new(&**path).components().all(|part| matches!(part, Component::Normal(_)));
                let file = self.folder.join(&**path);
                if !inside {
                    return Err(format!("{path}: sound files lie in the flows' folder, {}", self.folder.display()));
                }
                let bytes = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
                prompt::decode(&bytes, path).map_err(|error| error.to_string())?
            }
        };
        Ok(Pcm::new(audio.to_string(), decoded.samples))
    }
}

/// Everything that is wrong with a document, a block each.
pub fn refusal(path: &Path, diagnostics: &[Diagnostic]) -> String {
    let blocks = diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>();
    format!("{}:\n{}", path.display(), blocks.join("\n"))
}

/// The flow documents of a folder, in order. Test files beside flows are none.
pub fn documents(folder: &Path) -> Vec<PathBuf> {
    files(folder, |name| !name.contains(".test."))
}

/// The test files of a folder, in order.
pub fn tests(folder: &Path) -> Vec<PathBuf> {
    files(folder, |name| name.contains(".test."))
}

fn files(folder: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let is_wanted = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let document = [".yaml", ".yml", ".json"].iter().any(|ending| name.ends_with(ending));
        document && wanted(name) && !name.starts_with('.')
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_wanted).take(DOCUMENTS).collect();
    paths.sort();
    paths
}
