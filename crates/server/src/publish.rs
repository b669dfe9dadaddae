//! From the folder of flow documents to what the switch runs: compiled, its prompts rendered, its numbers routed.
//!
//! The folder is looked at again every second. A document that changed is published anew; one that is broken is refused
//! with all its diagnostics, and the publication before it stays. Calls finish on the one that they began with.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use api::FlowSummary;
use flow::{Audio, Catalogue, Diagnostic, Node, NodeIndex, Program};
use media::Pcm;
use switch::{Prompts, Published, Routes};

use crate::config::Config;
use crate::document;
use crate::prompt::{self, Decoded};
use crate::speech::Speech;

/// How often the folder is looked at.
pub const EVERY: Duration = Duration::from_secs(1);

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
        for path in document::documents(&self.folder) {
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

    /// What runs, but hardly as it was meant: a line each, with the setting and the next step.
    pub fn warnings(&self, config: &Config) -> Vec<String> {
        let folder = self.folder.display();
        let flows: Vec<String> = self.published.keys().map(|name| format!("`{name}`")).collect();
        match &flows[..] {
            [] => {
                let why = if self.folder.is_dir() { "holds no flow document" } else { "is not there" };
                vec![format!(
                    "flows: the folder {folder} {why}: every call is answered, and ended after a second; write a flow into \
                     it (.yaml, .yml, .json), or set `flows` to the folder that has some"
                )]
            }
            [_, _, ..] if config.numbers.is_empty() => vec![format!(
                "number: there are {} flows ({}) and no [[number]] says which number starts which: every call is refused \
                 with 404; write [[number]] with `number` and `flow` into the configuration",
                flows.len(),
                flows.join(", ")
            )],
            _ => Vec::new(),
        }
    }

    /// The first number of the configuration that wants a flow which no document has, in words.
    pub fn missing(&self, config: &Config) -> Option<String> {
        let number = config.numbers.iter().find(|number| !self.published.contains_key(&number.flow))?;
        let flows: Vec<String> = self.published.keys().map(|name| format!("`{name}`")).collect();
        let there_are =
            if flows.is_empty() { "it has none".to_owned() } else { format!("there are {}", flows.join(", ")) };
        Some(format!(
            "number.flow: {} starts the flow `{}`, which no document in {} has; {there_are}",
            number.number,
            number.flow,
            self.folder.display()
        ))
    }

    /// Whether any flow is published.
    pub fn is_empty(&self) -> bool {
        self.published.is_empty()
    }

    fn read(&mut self, path: &Path) -> Result<Arc<Published>, String> {
        let text = document::text(path)?;
        let (program, diagnostics) = flow::compile(&text, &self.catalogue, 0);
        let Some(program) = program else { return Err(document::blocks(path, &diagnostics)) };
        let name = program.name().to_owned();
        let others = self.seen.iter().filter(|(other, _)| *other != path && other.exists());
        let others =
            others.filter_map(|(other, seen)| Some((&**other, &*self.published.get(seen.flow.as_ref()?)?.program)));
        if let Some(clash) = document::clash(path, &program, others) {
            return Err(clash);
        }
        let prompts = self.render(&program).map_err(|troubles| document::blocks(path, &troubles))?;
        let version = self.versions.entry(name).or_insert(0);
        *version += 1;
        let (program, _) = flow::compile(&text, &self.catalogue, *version);
        let program = program.map(Arc::new).ok_or_else(|| format!("{}: changed while it was read", path.display()))?;
        Ok(Arc::new(Published { program, prompts }))
    }

    /// The sound of all that a program may play, or all that cannot be heard.
    fn render(&self, program: &Program) -> Result<Prompts, Vec<Diagnostic>> {
        let (mut prompts, mut troubles) = (Prompts::new(), Vec::new());
        for (node, audio) in audio(program) {
            if let Entry::Vacant(place) = prompts.entry(audio) {
                let decoded = match place.key() {
                    // What to do about it is in the error.
                    Audio::Say(text) => self.speech.render(text).map_err(|error| node.error(error.to_string())),
                    Audio::File(file) => sound_file(&self.folder, file).map_err(|why| soundless(node, why)),
                };
                match decoded {
                    Ok(decoded) => {
                        let sound = Pcm::new(place.key().to_string(), decoded.samples);
                        place.insert(Arc::new(sound));
                    }
                    Err(trouble) => troubles.push(trouble),
                }
            }
        }
        if troubles.is_empty() { Ok(prompts) } else { Err(troubles) }
    }
}

/// All that the nodes of a program may play, each with its node.
pub fn audio(program: &Program) -> impl Iterator<Item = (&Node, Audio)> {
    let nodes = (0..program.nodes()).map(|index| program.node(NodeIndex(index)));
    nodes.flat_map(|node| node.applet.audio().into_iter().map(move |audio| (node, audio)))
}

/// A sound file that flows name, below their folder.
pub fn sound_file(folder: &Path, name: &str) -> Result<Decoded, String> {
    if !Path::new(name).components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(format!("{name}: sound files lie in the flows' folder, {}", folder.display()));
    }
    let file = folder.join(name);
    let bytes = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    prompt::decode(&bytes, name).map_err(|error| error.to_string())
}

/// That a node cannot be heard, and why.
pub fn soundless(node: &Node, why: String) -> Diagnostic {
    let hint = "sound files lie beside the flows; put it there, or correct its name";
    Diagnostic { hint: Some(hint.into()), ..node.error(why) }
}

#[cfg(test)]
mod tests {
    use exotel::passthru::Profile;
    use model::FlowId;

    use super::*;
    use crate::config::Number;
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
            refused("b.yaml: error: `sales` is also the name of the flow in a.yaml\n  hint: give one of them another")
        );
        assert_eq!(
            folder.write("b.yaml", "flow: support\nid: 4711"),
            refused(
                "b.yaml: error: the flow `support` has the id 4711, and so has the flow `sales` in a.yaml\n  \
                 hint: write another, `id: …` (1 to 9999999), into one of them"
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

    #[test]
    fn a_folder_that_answers_no_call_as_meant_is_warned_of() {
        let mut folder = Folder::new();
        let number = |flow: &str| Number { number: "+918044444444".into(), flow: flow.into() };
        let open = Config::default();
        assert!(folder.1.warnings(&open)[0].contains(" holds no flow document: every call is answered"));
        folder.write("a.yaml", "flow: sales");
        assert_eq!(folder.1.warnings(&open), [""; 0]);
        folder.write("b.yaml", "flow: support");
        let warning = "number: there are 2 flows (`sales`, `support`) and no [[number]] says which number starts which: \
                       every call is refused with 404; write [[number]] with `number` and `flow` into the configuration";
        assert_eq!(folder.1.warnings(&open), [warning]);
        let routed = Config { numbers: vec![number("sales")], ..Config::default() };
        assert_eq!((folder.1.warnings(&routed), folder.1.missing(&routed)), (vec![], None));
        let mistyped = Config { numbers: vec![number("sales"), number("slaes")], ..Config::default() };
        let missing = folder.1.missing(&mistyped).expect("there is no such flow");
        assert!(
            missing.starts_with("number.flow: +918044444444 starts the flow `slaes`, which no document in "),
            "{missing}"
        );
        assert!(missing.ends_with(" has; there are `sales`, `support`"), "{missing}");
        let nowhere = Publisher::new(Path::new("/nowhere"), applets::catalogue(Profile::default()), Box::new(Mute));
        assert!(
            nowhere.warnings(&open)[0].starts_with("flows: the folder /nowhere is not there: every call is answered")
        );
    }
}
