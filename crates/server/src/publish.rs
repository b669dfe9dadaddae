//! From the folder of flow documents to what the switch runs: compiled, its prompts rendered, its numbers routed.
//!
//! The folder is looked at again every second. A document that changed is published anew; one that is broken is refused
//! with all its diagnostics, and the publication before it stays. A flow whose document went is dropped, unless calls
//! would go nowhere then. Calls finish on the one that they began with. What is published by the API goes the same way: it
//! is written into its file first.

mod order;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use api::FlowSummary;
use flow::{Audio, Catalogue, Diagnostic, Node, NodeIndex, Program, Severity};
use media::Pcm;
use switch::{Prompts, Published, Routes};

use crate::config::Config;
use crate::document;
use crate::prompt::{self, Decoded};
use crate::speech::Speech;
use crate::versions::Versions;

/// How often the folder is looked at.
pub const EVERY: Duration = Duration::from_secs(1);

/// The publisher: knows what it published, and from which state of which file.
pub struct Publisher {
    folder: PathBuf,
    catalogue: Arc<Catalogue>,
    speech: Box<dyn Speech>,
    seen: BTreeMap<PathBuf, Seen>,
    published: BTreeMap<String, Flow>,
    versions: Box<dyn Versions>,
    /// The document that somebody has just had written, and who.
    ordered: Option<(PathBuf, store::Publisher)>,
}

/// Why a document is not published.
struct Refusal {
    /// For a person, with the file.
    text: String,
    diagnostics: Vec<Diagnostic>,
}

impl Refusal {
    fn of(path: &Path, diagnostics: Vec<Diagnostic>) -> Self {
        Self { text: document::blocks(path, &diagnostics), diagnostics }
    }
}

/// What is published under a name.
struct Flow {
    published: Arc<Published>,
    /// The document that it was read from.
    file: PathBuf,
}

/// What was read of a document, and from which state of which files.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// The document and the sounds that it plays.
    files: BTreeMap<PathBuf, Stamp>,
    flow: Option<String>,
    /// Why its last state was refused.
    refusal: Option<String>,
}

impl Seen {
    /// Whether reading it again would bring nothing new. Why it was refused may lie elsewhere and be mended there.
    fn is_settled(&self) -> bool {
        self.refusal.is_none() && self.files.iter().all(|(file, before)| stamp(file) == *before)
    }
}

/// By which a change of a file is noticed: its time and its length; of a file that is not there, nothing.
type Stamp = Option<(SystemTime, u64)>;

fn stamp(file: &Path) -> Stamp {
    let state = std::fs::metadata(file).ok()?;
    Some((state.modified().ok()?, state.len()))
}

/// What a look at the folder brought.
#[derive(Default)]
pub struct Changes {
    /// Flows to publish.
    pub published: Vec<Arc<Published>>,
    /// Flows that are no more.
    pub dropped: Vec<String>,
    /// What is wrong with documents and was not told before, a text for people each.
    pub refused: Vec<String>,
}

impl Publisher {
    /// A publisher of that folder's documents that has read none of them.
    pub fn new(folder: &Path, catalogue: Arc<Catalogue>, speech: Box<dyn Speech>, versions: Box<dyn Versions>) -> Self {
        let (folder, seen, published) = (folder.to_owned(), BTreeMap::new(), BTreeMap::new());
        Self { folder, catalogue, speech, seen, published, versions, ordered: None }
    }

    /// Reads what is new or has changed, and drops what is gone.
    pub fn look(&mut self, config: &Config) -> Changes {
        let mut changes = Changes::default();
        let documents = document::documents(&self.folder);
        self.seen.retain(|path, _| documents.binary_search(path).is_ok());
        for path in documents {
            if self.seen.get(&path).is_some_and(Seen::is_settled) {
                continue;
            }
            let mut seen = self.seen.remove(&path).unwrap_or_default();
            seen.files = BTreeMap::from([(path.clone(), stamp(&path))]);
            let told = seen.refusal.take();
            match self.read(&path, &mut seen.files, config) {
                Ok(published) => {
                    let name = published.program.name().to_owned();
                    changes.published.push(Arc::clone(&published));
                    self.published.insert(name.clone(), Flow { published, file: path.clone() });
                    seen.flow = Some(name);
                }
                Err(refusal) => {
                    changes.refused.extend((told.as_ref() != Some(&refusal)).then(|| refusal.clone()));
                    seen.refusal = Some(refusal);
                }
            }
            self.seen.insert(path, seen);
        }
        changes.dropped = self.drop_orphans(config);
        changes
    }

    /// Drops the flows that no document has any more. Those stay that a number starts, and the only one, which all start.
    fn drop_orphans(&mut self, config: &Config) -> Vec<String> {
        let stays = |name: &str| match &config.numbers[..] {
            [] => self.published.len() == 1,
            numbers => numbers.iter().any(|number| number.flow == name),
        };
        let dropped: Vec<String> = self.orphans().filter(|name| !stays(name)).cloned().collect();
        self.published.retain(|name, _| !dropped.contains(name));
        dropped
    }

    /// The flows that are published and that no document has any more.
    fn orphans(&self) -> impl Iterator<Item = &String> {
        let has = |name: &String, flow: &Flow| self.seen.get(&flow.file)?.flow.as_ref().filter(|has| *has == name);
        self.published.iter().filter(move |(name, flow)| has(name, flow).is_none()).map(|(name, _)| name)
    }

    /// Which number starts which flow: as configured; without any `[[number]]` the only flow answers them all. Each flow is
    /// started, too, by its name behind `prefix`.
    pub fn routes(&self, config: &Config, prefix: &str, normalise: impl Fn(&str) -> String) -> Routes {
        let named = self.published.keys().map(|name| (format!("{prefix}{name}"), name.clone()));
        let numbers = config.numbers.iter().map(|number| (normalise(&number.number), number.flow.clone()));
        let numbers = named.chain(numbers).collect();
        let only = self.published.keys().next().filter(|_| self.published.len() == 1 && config.numbers.is_empty());
        Routes { numbers, default_flow: only.cloned() }
    }

    /// What is published, and what is wrong with documents, as the API shows it.
    pub fn summary(&self, config: &Config) -> Vec<FlowSummary> {
        let published = self.published.iter().map(|(name, Flow { published, file })| {
            let seen = self.seen.get(file).filter(|seen| seen.flow.as_ref() == Some(name));
            let refusal = seen.map_or_else(|| Some(self.orphaned(name, config)), |seen| seen.refusal.clone());
            let numbers = config.numbers.iter().filter(|number| number.flow == *name);
            FlowSummary {
                name: name.clone(),
                id: Some(published.program.id().number()),
                version: Some(published.program.version()),
                file: self.below(file),
                nodes: u32::try_from(published.program.nodes()).unwrap_or(u32::MAX),
                draft: false,
                numbers: numbers.map(|number| number.number.clone()).collect(),
                diagnostics: refusal.into_iter().chain(self.astray(file, &published.program, config)).collect(),
            }
        });
        let never_fit = self.seen.iter().filter(|(_, seen)| seen.flow.is_none()).map(|(file, seen)| FlowSummary {
            name: self.below(file),
            id: None,
            version: None,
            file: self.below(file),
            nodes: 0,
            draft: false,
            numbers: Vec::new(),
            diagnostics: seen.refusal.clone().into_iter().collect(),
        });
        let mut summaries: Vec<FlowSummary> = published.chain(never_fit).collect();
        summaries.sort_by(|one, other| one.name.cmp(&other.name));
        summaries
    }

    /// A document as a path below the folder.
    fn below(&self, file: &Path) -> String {
        file.strip_prefix(&self.folder).unwrap_or(file).display().to_string()
    }

    /// What runs, but hardly as it was meant: a line each, with the setting and the next step.
    pub fn warnings(&self, config: &Config) -> Vec<String> {
        let mut warnings: Vec<String> = self.orphans().map(|name| self.orphaned(name, config)).collect();
        let folder = self.folder.display();
        let flows: Vec<String> = self.published.keys().map(|name| format!("`{name}`")).collect();
        match &flows[..] {
            [] => {
                let why = if self.folder.is_dir() { "holds no flow document" } else { "is not there" };
                warnings.push(format!(
                    "flows: the folder {folder} {why}: every call is answered, and ended after a second; write a flow into \
                     it (.yaml, .yml, .json), or set `flows` to the folder that has some"
                ));
            }
            [_, _, ..] if config.numbers.is_empty() => warnings.push(format!(
                "number: there are {} flows ({}) and no [[number]] says which number starts which: every call is refused \
                 with 404; write [[number]] with `number` and `flow` into the configuration",
                flows.len(),
                flows.join(", ")
            )),
            _ => {}
        }
        let astray = |flow: &Flow| self.astray(&flow.file, &flow.published.program, config);
        warnings.extend(self.published.values().filter_map(astray));
        warnings
    }

    /// That a flow goes on in another that there is not, or sends what nobody carries. It runs: calls may never get there.
    fn astray(&self, file: &Path, program: &Program, config: &Config) -> Option<String> {
        let names: Vec<&str> = self.published.keys().map(String::as_str).collect();
        let strangers = program.strangers(&names).into_iter();
        let strangers = strangers.map(|stranger| Diagnostic { severity: Severity::Warning, ..stranger });
        let warnings: Vec<Diagnostic> = strangers.chain(uncarried(program, config)).collect();
        (!warnings.is_empty()).then(|| document::blocks(file, &warnings))
    }

    /// That a flow runs which no document has any more, why it does, and the next step.
    fn orphaned(&self, name: &str, config: &Config) -> String {
        let folder = self.folder.display();
        let number = config.numbers.iter().find(|number| number.flow == name);
        let starts =
            number.map_or_else(|| "flows: every number".into(), |number| format!("number.flow: {}", number.number));
        format!(
            "{starts} starts the flow `{name}`, which no document in {folder} has any more: calls go on with the last \
             one until the server stops; write `flow: {name}` into a document, or configure [[number]] to start another \
             flow, and restart"
        )
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

    /// Reads a document and keeps its version; the sounds that it plays are added to its files, as they were before they were
    /// read.
    fn read(
        &mut self,
        path: &Path,
        files: &mut BTreeMap<PathBuf, Stamp>,
        config: &Config,
    ) -> Result<Arc<Published>, String> {
        let text = document::text(path)?;
        let (program, prompts) = self.examine(path, &text, files, config).map_err(|refusal| refusal.text)?;
        let by = self.ordered.take_if(|(ordered, _)| ordered == path).map(|(_, by)| by);
        let version = self.versions.keep(program.name(), &text, by).map_err(|why| {
            let hint = "it is tried again every second; if that does not help look at the server's log";
            format!("{}: error: the store does not keep its version: {why}\n  hint: {hint}", path.display())
        })?;
        let (program, _) = flow::compile(&text, &self.catalogue, version);
        let program = program.map(Arc::new).expect("it was compiled above, from the same text");
        Ok(Arc::new(Published { program, prompts }))
    }

    /// A document as it would be published, but for its version; or all that keeps it from that.
    fn examine(
        &self,
        path: &Path,
        text: &str,
        files: &mut BTreeMap<PathBuf, Stamp>,
        config: &Config,
    ) -> Result<(Program, Prompts), Refusal> {
        let refused = |diagnostics| Refusal::of(path, diagnostics);
        let (program, diagnostics) = flow::compile(text, &self.catalogue, 0);
        let Some(program) = program else { return Err(refused(diagnostics)) };
        let plain = plain(&program, config);
        if !plain.is_empty() {
            return Err(refused(plain));
        }
        let others = self.seen.iter().filter(|(other, _)| *other != path);
        let others = others
            .filter_map(|(other, seen)| Some((&**other, &*self.published.get(seen.flow.as_ref()?)?.published.program)));
        if let Some(clash) = document::clash(&program, others) {
            return Err(refused(vec![clash]));
        }
        for (_, audio) in audio(&program) {
            if let Audio::File(sound) = audio {
                let sound = self.folder.join(&*sound);
                files.insert(sound.clone(), stamp(&sound));
            }
        }
        let prompts = self.render(&program).map_err(refused)?;
        Ok((program, prompts))
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
                    Audio::Url(_) => continue, // fetched when a call comes to it: the file may change
                    Audio::Beep => Ok(Decoded { rate: 8_000, samples: media::Tone::beep() }),
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

/// A warning for each node that sends messages which nobody carries.
pub fn uncarried(program: &Program, config: &Config) -> Vec<Diagnostic> {
    let nodes = (0..program.nodes()).map(|index| program.node(NodeIndex(index)));
    nodes
        .filter_map(|node| {
            let hint = match node.kind {
                "sms" if config.sms.url.is_none() => "write [sms] with the `url` of a gateway into the configuration",
                "email" if config.smtp.url.is_none() => "write [smtp] with `url` and `from` into the configuration",
                _ => return None,
            };
            let problem = node.error("nobody carries its messages: they are tried for some minutes, and given up");
            Some(Diagnostic { severity: Severity::Warning, hint: Some(hint.into()), ..problem })
        })
        .collect()
}

/// What is wrong with each node that asks a URL by plain http where nothing goes that way.
pub fn plain(program: &Program, config: &Config) -> Vec<Diagnostic> {
    let nodes = (0..program.nodes()).map(|index| program.node(NodeIndex(index)));
    let wrong = |node: &Node| {
        let heard = node.applet.audio().into_iter().filter_map(|audio| match audio {
            Audio::Url(url) => Some(url.to_string()),
            _ => None,
        });
        let mut urls = node.applet.urls().into_iter().map(str::to_owned).chain(heard);
        let url = urls.find(|url| !config.callout.takes(url))?;
        let what = format!("{} goes without TLS, and `[callout] https_only` is set", model::without_userinfo(&url));
        let hint = "write https:// or wss://, or set `https_only = false` in [callout]";
        Some(Diagnostic { hint: Some(hint.into()), ..node.error(what) })
    };
    nodes.filter_map(wrong).collect()
}

/// All that the nodes of a program may play, each with its node.
pub fn audio(program: &Program) -> impl Iterator<Item = (&Node, Audio)> {
    let nodes = (0..program.nodes()).map(|index| program.node(NodeIndex(index)));
    nodes.flat_map(|node| node.applet.audio().into_iter().map(move |audio| (node, audio)))
}

/// Whether a sound file that flows name is there, below their folder.
pub(crate) fn is_sound_file(folder: &Path, name: &str) -> bool {
    is_below(name) && folder.join(name).is_file()
}

fn is_below(name: &str) -> bool {
    Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}

/// A sound file that flows name, below their folder.
pub fn sound_file(folder: &Path, name: &str) -> Result<Decoded, String> {
    if !is_below(name) {
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
    use crate::speech::{SpeechError, wav};

    struct Mute;

    impl Speech for Mute {
        fn render(&self, _: &str) -> Result<Decoded, SpeechError> {
            unreachable!("these flows say nothing")
        }

        fn voice(&self) -> String {
            "none".into()
        }
    }

    /// Versions in memory: the last one of each flow.
    #[derive(Default)]
    struct Counted {
        last: BTreeMap<String, (u64, String)>,
    }

    impl Versions for Counted {
        fn keep(&mut self, flow: &str, document: &str, by: Option<store::Publisher>) -> Result<u64, String> {
            let last = self.last.get(flow);
            if let Some((version, _)) = last.filter(|(_, last)| by.is_none() && last == document) {
                return Ok(*version);
            }
            let version = last.map_or(1, |(version, _)| version + 1);
            self.last.insert(flow.into(), (version, document.into()));
            Ok(version)
        }

        fn revision(&self, flow: &str) -> Result<store::Revision, String> {
            let version = self.last.get(flow).map_or(0, |(version, _)| *version);
            Ok(format!("{version}-0").parse().expect("a revision"))
        }
    }

    fn publisher(folder: &Path) -> Publisher {
        let catalogue = Arc::new(applets::catalogue(Profile::default()));
        Publisher::new(folder, catalogue, Box::new(Mute), Box::<Counted>::default())
    }

    struct Folder(tempfile::TempDir, Publisher);

    impl Folder {
        fn remove(&self, file: &str) {
            std::fs::remove_file(self.0.path().join(file)).expect("it was there");
        }

        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let publisher = publisher(folder.path());
            Self(folder, publisher)
        }

        /// Writes a document whose top is that, and looks: what was published, and what was refused.
        fn write(&mut self, file: &str, top: &str) -> (Vec<String>, Vec<String>) {
            let text = format!("{top}\nstart: a\nnodes: {{ a: {{ applet: hangup }} }}\n");
            std::fs::write(self.0.path().join(file), text).expect("it can be written");
            self.look()
        }

        /// What was published, and what was refused.
        fn look(&mut self) -> (Vec<String>, Vec<String>) {
            let changes = self.1.look(&Config::default());
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
    fn where_only_https_goes_a_flow_that_names_another_url_is_refused_with_its_node() {
        let nodes = [
            ("passthru, url: 'URL', on: { 200: end, else: end }", true),
            ("passthru, url: 'https://a.example', fallback_url: 'URL', on: { 200: end, else: end }", true),
            ("passthru, url: 'https://a.example', shadow_url: 'URL', on: { 200: end, else: end }", true),
            ("connect, url: 'URL', on: { answered: end, missed: end }", true),
            ("connect, to: 'sip:a', events: 'URL', on: { answered: end, missed: end }", true),
            ("connect, to: 'sip:a', music: 'URL', on: { answered: end, missed: end }", true),
            ("connect, to: 'sip:a', whisper: { url: 'URL' }, on: { answered: end, missed: end }", true),
            ("greeting, url: 'URL', next: end", true),
            ("gather, url: 'URL', on: { digits: end, none: end }", true),
            ("sms, url: 'URL', next: end", true),
            ("voicebot, url: 'URL', next: end", true),
            ("stream, url: 'URL', next: end", true),
            ("hangup, cause: 17", false),
        ];
        let secure =
            Config { callout: crate::config::Callout { https_only: true, ..Default::default() }, ..Config::default() };
        for (node, asks) in nodes {
            for (url, config, good) in [
                ("http://u:p@b.example/x", &secure, !asks),
                ("https://u:p@b.example/x", &secure, true),
                ("http://u:p@b.example/x", &Config::default(), true),
            ] {
                let mut folder = Folder::new();
                let node = node.replace("URL", url);
                let text =
                    format!("flow: f\nstart: it\nnodes:\n  it: {{ applet: {node} }}\n  end: {{ applet: hangup }}\n");
                std::fs::write(folder.0.path().join("f.yaml"), text).expect("it can be written");
                let refused = folder.1.look(config).refused;
                let says = "nodes.it\n  hint: write https:// or wss://, or set `https_only = false` in [callout]";
                let what = "http://b.example/x goes without TLS, and `[callout] https_only` is set";
                let as_meant = |refusal: &String| refusal.contains(what) && refusal.contains(says);
                assert_eq!(refused.is_empty(), good, "{node}: {refused:?}");
                assert!(refused.iter().all(as_meant), "{node}: {refused:?}");
            }
        }
    }

    #[test]
    fn a_refused_document_is_tried_again_and_told_of_once() {
        let mut folder = Folder::new();
        folder.write("a.yaml", "flow: sales");
        assert_eq!(folder.write("b.yaml", "flow: sales").1.len(), 1);
        assert_eq!(folder.look(), (vec![], vec![]), "it was told");
        assert_eq!(folder.write("a.yaml", "flow: sales-desk").0, ["sales-desk", "sales"]);
        assert_eq!(folder.look(), (vec![], vec![]));
    }

    #[test]
    fn a_sound_that_comes_or_is_replaced_publishes_its_flow() {
        let mut folder = Folder::new();
        let text =
            "flow: a\nstart: a\nnodes: { a: { applet: greeting, play: beep.wav, next: b }, b: { applet: hangup } }";
        std::fs::write(folder.0.path().join("a.yaml"), text).expect("it can be written");
        assert!(folder.look().1[0].contains("beep.wav: No such file"));
        assert_eq!(folder.look(), (vec![], vec![]));
        let file = folder.0.path().join("beep.wav");
        let beep = |samples| {
            let sound = Decoded { rate: 8_000, samples: vec![0; samples] };
            std::fs::write(&file, wav(&sound)).expect("it can be written");
        };
        beep(80);
        assert_eq!((folder.look().0.len(), folder.look()), (1, (vec![], vec![])));
        beep(160);
        let published = folder.1.look(&Config::default()).published;
        let sounds: Vec<usize> = published[0].prompts.values().map(|sound| sound.samples().len()).collect();
        assert_eq!((sounds, published[0].program.version()), (vec![160], 1), "the document is the same");
    }

    #[test]
    fn a_document_that_is_renamed_or_renames_its_flow_keeps_its_number() {
        let mut folder = Folder::new();
        folder.write("a.yaml", "flow: sales\nid: 4711");
        assert_eq!(folder.write("a.yaml", "flow: sales-desk\nid: 4711").0, ["sales-desk"]);
        let (from, to) = (folder.0.path().join("a.yaml"), folder.0.path().join("b.yaml"));
        std::fs::rename(from, to).expect("it can be renamed");
        assert_eq!(folder.look().0.len(), 1);
        let files: Vec<String> = folder.1.summary(&Config::default()).into_iter().map(|flow| flow.file).collect();
        assert_eq!(files, ["b.yaml"]);
    }

    #[test]
    fn a_document_that_was_never_fit_to_run_is_listed_with_its_refusal() {
        let mut folder = Folder::new();
        folder.write("b.yaml", "flow: sales");
        let refused = folder.write("a.yaml", "flow: support\nfoo: 1").1;
        let listed = folder.1.summary(&Config::default());
        let rows: Vec<_> = listed.iter().map(|flow| (&*flow.name, &*flow.file, flow.version)).collect();
        assert_eq!(rows, [("a.yaml", "a.yaml", None), ("sales", "b.yaml", Some(1))]);
        assert!(listed[0].diagnostics[0].ends_with(&refused[0]) && listed[1].diagnostics.is_empty(), "{listed:?}");
        folder.remove("a.yaml");
        folder.look();
        assert_eq!(folder.1.summary(&Config::default()).len(), 1);
    }

    /// What becomes of a document that is published under that name: its version, or why not.
    fn order(folder: &mut Folder, flow: &str, top: &str, read: Option<&str>) -> Result<u64, String> {
        let document = format!("{top}\nstart: a\nnodes: {{ a: {{ applet: hangup }} }}\n");
        let by =
            store::Publisher { author: "asha".into(), message: String::new(), action: "publish flow", draft: None };
        let read = read.map(|read| read.parse().expect("a revision"));
        let (_, version) =
            folder.1.take(api::Publication { flow: flow.into(), document, read, by }, &Config::default());
        version.map_err(|why| match why {
            api::Unpublished::Wrong(diagnostics) => diagnostics[0].message.clone(),
            api::Unpublished::Stale => "stale".into(),
            api::Unpublished::Busy => "busy".into(),
            api::Unpublished::Failed(why) => why,
        })
    }

    #[test]
    fn what_is_ordered_is_written_into_the_flows_own_file_and_published() {
        let mut folder = Folder::new();
        folder.write("front.yaml", "flow: desk");
        assert_eq!(order(&mut folder, "desk", "flow: desk # new", None), Ok(2));
        assert_eq!(
            order(&mut folder, "desk", "flow: desk # new", None),
            Ok(3),
            "the same once more is a version as well"
        );
        assert_eq!(order(&mut folder, "sales", "flow: sales", Some("0-0")), Ok(1));
        assert_eq!(folder.look(), (vec![], vec![]), "nothing is left to be seen");
        let text = |file: &str| std::fs::read_to_string(folder.0.path().join(file)).expect("it is there");
        assert!(text("front.yaml").starts_with("flow: desk # new") && text("sales.yaml").starts_with("flow: sales\n"));
    }

    #[test]
    fn what_cannot_be_published_is_not_written() {
        let mut folder = Folder::new();
        folder.write("desk.yaml", "flow: desk");
        folder.write("sales.yaml", "flow: support\nid: 7");
        let rows = [
            ("desk", "flow: desk\nfoo: 1", None, "there is no field `foo`"),
            ("desk", "flow: other", None, "the document names the flow `other`, and this is `desk`"),
            ("desk", "flow: desk\nid: 7", None, "the flow `desk` has the id 7, and so has the flow `support`"),
            ("desk", "flow: desk", Some("0-0"), "stale"),
            ("sales", "flow: sales", None, "sales.yaml is there already"),
        ];
        for (flow, top, read, why) in rows {
            let refused = order(&mut folder, flow, top, read).expect_err(top);
            assert!(refused.contains(why), "{top}: {refused}");
        }
        assert_eq!(folder.look(), (vec![], vec![]));
        let there = std::fs::read_dir(folder.0.path()).expect("a folder").count();
        assert_eq!(there, 2);
        let text = std::fs::read_to_string(folder.0.path().join("desk.yaml")).expect("it is there");
        assert!(text.starts_with("flow: desk\nstart"), "{text}");
    }

    #[test]
    fn a_document_that_was_never_fit_is_mended_under_its_files_name() {
        let mut folder = Folder::new();
        folder.write("b.yaml", "flow: sales\nfoo: 1");
        assert_eq!(order(&mut folder, "b.yaml", "flow: sales", None), Ok(1));
        let names: Vec<String> = folder.1.summary(&Config::default()).into_iter().map(|flow| flow.name).collect();
        assert_eq!(names, ["sales"]);
    }

    #[test]
    fn a_flow_that_no_document_has_any_more_is_dropped() {
        let (mut folder, config) = (Folder::new(), Config::default());
        let default = |folder: &Folder| folder.1.routes(&config, "test-", str::to_owned).default_flow;
        folder.write("a.yaml", "flow: main");
        assert_eq!(folder.write("a.yaml", "flow: front-desk"), (vec!["front-desk".to_owned()], vec![]));
        assert_eq!((default(&folder).as_deref(), folder.1.warnings(&config)), (Some("front-desk"), vec![]));
        folder.write("b.yaml", "flow: second");
        assert_eq!(default(&folder), None);
        folder.remove("b.yaml");
        assert_eq!(folder.1.look(&config).dropped, ["second"]);
        assert_eq!((default(&folder).as_deref(), folder.1.warnings(&config)), (Some("front-desk"), vec![]));
        let names: Vec<String> = folder.1.summary(&config).into_iter().map(|flow| flow.name).collect();
        assert_eq!(names, ["front-desk"]);
    }

    #[test]
    fn a_flow_without_a_document_stays_where_calls_would_go_nowhere() {
        let mut folder = Folder::new();
        let open = Config::default();
        let number = Number { number: "+918044444444".into(), flow: "main".into() };
        let routed = Config { numbers: vec![number], ..Config::default() };
        folder.write("a.yaml", "flow: main");
        folder.remove("a.yaml");
        for (config, starts) in [(&open, "flows: every number"), (&routed, "number.flow: +918044444444")] {
            let warning = format!(
                "{starts} starts the flow `main`, which no document in {} has any more: calls go on with the last one \
                 until the server stops; write `flow: main` into a document, or configure [[number]] to start another \
                 flow, and restart",
                folder.0.path().display()
            );
            assert_eq!(folder.1.look(config).dropped, [""; 0]);
            assert_eq!((folder.1.warnings(config), folder.1.missing(config)), (vec![warning.clone()], None));
            assert_eq!(folder.1.summary(config)[0].diagnostics, [warning]);
        }
        folder.write("b.yaml", "flow: main");
        assert_eq!(folder.1.warnings(&routed), [""; 0]);
        folder.remove("b.yaml");
        folder.write("c.yaml", "flow: front-desk");
        assert_eq!(folder.1.routes(&open, "test-", str::to_owned).default_flow.as_deref(), Some("front-desk"));
    }

    #[test]
    fn a_flow_that_goes_on_in_none_is_published_and_warned_of_until_the_other_comes() {
        let mut folder = Folder::new();
        let text = "flow: a\nstart: b\nnodes: { b: { applet: transfer, flow: sales } }";
        std::fs::write(folder.0.path().join("a.yaml"), text).expect("it can be written");
        assert_eq!(folder.look(), (vec!["a".to_owned()], vec![]));
        let config =
            Config { numbers: vec![Number { number: "+918044444444".into(), flow: "a".into() }], ..Config::default() };
        let warnings = folder.1.warnings(&config);
        assert!(warnings[0].contains("a.yaml:3:10: warning: there is no flow `sales`\n  at nodes.b"), "{warnings:?}");
        assert_eq!(folder.1.summary(&config)[0].diagnostics, warnings);
        folder.write("b.yaml", "flow: sales");
        assert_eq!(folder.1.warnings(&config), [""; 0]);
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
        let nowhere = publisher(Path::new("/nowhere"));
        assert!(
            nowhere.warnings(&open)[0].starts_with("flows: the folder /nowhere is not there: every call is answered")
        );
    }
}
