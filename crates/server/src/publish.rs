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
use model::FlowId;
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
                    // A document that was renamed is listed once.
                    self.seen
                        .retain(|other, seen| seen.flow.as_ref() != Some(&name) || *other == path || other.exists());
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
                id: published.map(|published| published.program.id().number()),
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
        let others = self.seen.iter().filter(|(other, _)| *other != path && other.exists());
        let others =
            others.filter_map(|(other, seen)| Some((&**other, &*self.published.get(seen.flow.as_ref()?)?.program)));
        if let Some(clash) = clash(path, &program, others) {
            return Err(clash);
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

/// Why a flow cannot stand beside the others: names and numbers are given once.
pub fn clash<'a>(
    path: &Path,
    program: &Program,
    others: impl IntoIterator<Item = (&'a Path, &'a Program)>,
) -> Option<String> {
    let (shown, name, id) = (path.display(), program.name(), program.id());
    others.into_iter().find_map(|(other, beside)| {
        let other = other.display();
        if beside.name() == name {
            Some(format!("{shown}: `{name}` is also the name of the flow in {other}; give one of them another"))
        } else if beside.id() == id {
            let theirs = beside.name();
            Some(format!(
                "{shown}: the flow `{name}` has the id {id}, and so has the flow `{theirs}` in {other}; write another, \
                 `id: …` (1 to {}), into one of them",
                FlowId::MAX
            ))
        } else {
            None
        }
    })
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

#[cfg(test)]
mod tests {
    use exotel::passthru::Profile;

    use super::*;
    use crate::prompt::Decoded;
    use crate::speech::SpeechError;

    struct Mute;

    impl Speech for Mute {
        fn render(&self, _: &str) -> Result<Decoded, SpeechError> {
            unreachable!("these flows say nothing")
        }

        fn voice(&self) -> String {
            "none".into()
        }
    }

    struct Folder(tempfile::TempDir, Publisher);

    impl Folder {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let publisher = Publisher::new(folder.path(), applets::catalogue(Profile::default()), Box::new(Mute));
            Self(folder, publisher)
        }

        /// Writes a document whose top is that, and looks: what was published, and what was refused.
        fn write(&mut self, file: &str, top: &str) -> (Vec<String>, Vec<String>) {
            let text = format!("{top}\nstart: a\nnodes: {{ a: {{ applet: hangup }} }}\n");
            std::fs::write(self.0.path().join(file), text).expect("it can be written");
            let changes = self.1.look();
            let names = changes.published.iter().map(|published| published.program.name().to_owned());
            let folder = format!("{}/", self.0.path().display());
            (names.collect(), changes.refused.iter().map(|refusal| refusal.replace(&folder, "")).collect())
        }
    }

    #[test]
    fn names_and_numbers_are_given_once() {
        let mut folder = Folder::new();
        let published = |name: &str| (vec![name.to_owned()], vec![]);
        let refused = |why: &str| (vec![], vec![why.to_owned()]);
        assert_eq!(folder.write("a.yaml", "flow: sales\nid: 4711"), published("sales"));
        assert_eq!(
            folder.write("b.yaml", "flow: sales"),
            refused("b.yaml: `sales` is also the name of the flow in a.yaml; give one of them another")
        );
        assert_eq!(
            folder.write("b.yaml", "flow: support\nid: 4711"),
            refused(
                "b.yaml: the flow `support` has the id 4711, and so has the flow `sales` in a.yaml; \
                 write another, `id: …` (1 to 9999999), into one of them"
            )
        );
        assert_eq!(folder.write("b.yaml", "flow: support"), published("support"));
        let derived = FlowId::of_name("support");
        assert!(folder.write("a.yaml", &format!("flow: sales\nid: {derived}")).1[0].contains("`support` in b.yaml"));
        let ids: Vec<Option<u32>> = folder.1.summary(&Config::default()).iter().map(|flow| flow.id).collect();
        assert_eq!(ids, [Some(4711), Some(derived.number())], "what was published before stays");
    }

    #[test]
    fn a_document_that_is_renamed_or_renames_its_flow_keeps_its_number() {
        let mut folder = Folder::new();
        folder.write("a.yaml", "flow: sales\nid: 4711");
        assert_eq!(folder.write("a.yaml", "flow: sales-desk\nid: 4711").0, ["sales-desk"]);
        let (from, to) = (folder.0.path().join("a.yaml"), folder.0.path().join("b.yaml"));
        std::fs::rename(from, to).expect("it can be renamed");
        assert_eq!(folder.1.look().published.len(), 1);
        let files: Vec<String> = folder.1.summary(&Config::default()).into_iter().map(|flow| flow.file).collect();
        assert!(files.len() == 1 && files[0].ends_with("b.yaml"), "{files:?}");
    }
}
