//! `passthru check-flow`: what is wrong with flow documents, without running them.

use std::path::{Path, PathBuf};

use flow::{Audio, Catalogue, Diagnostic, Node, NodeIndex, Program};

use crate::config::Config;
use crate::numbering::Account;
use crate::{document, publish};

/// What was found, in words, a block each.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Of documents that can run, their warnings included.
    pub good: Vec<String>,
    /// Of all others.
    pub bad: Vec<String>,
}

/// Compiles each document, those of folders included, and looks at all that publishing would look at but speech.
pub fn flows(paths: &[PathBuf], config: &Config) -> Verdict {
    let catalogue = applets::catalogue(Account::new(config).profile().clone());
    let mut verdict = Verdict::default();
    let mut checked: Vec<(PathBuf, Program)> = Vec::new();
    for path in documents(paths, &mut verdict) {
        match check(&path, &catalogue, &checked, config).and_then(|good| grouped(&path, good, config)) {
            Ok((program, warnings)) => {
                verdict.good.extend((!warnings.is_empty()).then_some(warnings));
                verdict.good.push(format!("{}: good", path.display()));
                checked.push((path, program));
            }
            Err(why) => verdict.bad.push(why),
        }
    }
    verdict
}

/// The documents that are meant, each once.
fn documents(paths: &[PathBuf], verdict: &mut Verdict) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = Vec::new();
    for path in paths {
        let documents = if path.is_dir() { document::documents(path) } else { vec![path.clone()] };
        if documents.is_empty() {
            let hint = "name a document, or the folder that holds them";
            verdict.bad.push(format!(
                "{}: error: no flow documents (.yaml, .yml, .json) here\n  hint: {hint}",
                path.display()
            ));
        }
        for document in documents {
            if !all.contains(&document) {
                all.push(document);
            }
        }
    }
    all
}

/// The program and its warnings, or why there is none.
/// A document that rings only groups that there are.
fn grouped(path: &Path, good: (Program, String), config: &Config) -> Result<(Program, String), String> {
    let known = |name: &String| config.groups.iter().any(|group| group.name == *name);
    let nodes = (0..good.0.nodes()).map(|index| good.0.node(NodeIndex(index)));
    let unknown = nodes.flat_map(|node| {
        let names = node.applet.groups().into_iter().filter(|name| !known(name));
        names.map(move |name| groupless(node, &name))
    });
    let troubles: Vec<Diagnostic> = unknown.collect();
    if troubles.is_empty() { Ok(good) } else { Err(document::blocks(path, &troubles)) }
}

fn groupless(node: &Node, name: &str) -> Diagnostic {
    let hint = "groups are settings: add a [[group]] of that name, or correct it";
    Diagnostic { hint: Some(hint.into()), ..node.error(format!("there is no group `{name}`")) }
}

fn check(
    path: &Path,
    catalogue: &Catalogue,
    checked: &[(PathBuf, Program)],
    config: &Config,
) -> Result<(Program, String), String> {
    let text = document::text(path)?;
    let (program, mut diagnostics) = flow::compile(&text, catalogue, 1);
    let Some(program) = program else { return Err(document::blocks(path, &diagnostics)) };
    diagnostics.extend(publish::uncarried(&program, config));
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let beside = checked.iter().filter(|(other, _)| other.parent() == path.parent());
    if let Some(clash) = document::clash(&program, beside.map(|(other, program)| (&**other, program))) {
        return Err(document::blocks(path, &[clash]));
    }
    let sound = |(node, audio)| match audio {
        Audio::File(file) => publish::sound_file(folder, &file).err().map(|why| publish::soundless(node, why)),
        Audio::Say(_) | Audio::Url(_) | Audio::Beep => None,
    };
    let mut troubles: Vec<_> = publish::audio(&program).filter_map(sound).collect();
    troubles.extend(publish::plain(&program, config));
    if program.flows().next().is_some() {
        let names = document::names(folder);
        troubles.extend(program.strangers(&names.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    if troubles.is_empty() {
        Ok((program, document::blocks(path, &diagnostics)))
    } else {
        Err(document::blocks(path, &troubles))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with these documents.
    fn folder(documents: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in documents {
            std::fs::write(folder.path().join(name), text).expect("it can be written");
        }
        folder
    }

    /// What is found, the folder's own name left out.
    fn found(folder: &tempfile::TempDir, names: &[&str]) -> (Vec<String>, Vec<String>) {
        let paths: Vec<PathBuf> = names.iter().map(|name| folder.path().join(name)).collect();
        let verdict = flows(&paths, &Config::default());
        let bare = |blocks: Vec<String>| {
            blocks.into_iter().map(|block| block.replace(&format!("{}/", folder.path().display()), "")).collect()
        };
        (bare(verdict.good), bare(verdict.bad))
    }

    const GOOD: &str = "flow: good\nstart: bye\nnodes: { bye: { applet: hangup } }\n";

    #[test]
    fn every_problem_is_told_with_file_line_column_node_and_hint() {
        let broken = "flow: broken\nstart: hello\nnodes:\n  hello: { applet: greting, next: bye }\n  bye: { applet: hangup, cuase: 16 }\n";
        let folder = folder(&[("good.yaml", GOOD), ("broken.yaml", broken)]);
        let (good, bad) = found(&folder, &["broken.yaml", "good.yaml", "none.yaml"]);
        assert_eq!(good, ["good.yaml: good"]);
        assert_eq!(
            bad[0],
            "broken.yaml:4:20: error: there is no applet `greting`\n  at nodes.hello.applet\n  hint: did you mean `greeting`?\n\
             broken.yaml:5:26: error: there is no field `cuase`\n  at nodes.bye.cuase\n  hint: did you mean `cause`?"
        );
        assert!(bad[1].starts_with("none.yaml: error: ") && bad[1].ends_with("hint: check the path"), "{bad:?}");
        assert_eq!(bad.len(), 2);
    }

    #[test]
    fn a_folder_is_checked_whole_and_each_document_once() {
        let folder = folder(&[
            ("good.yaml", GOOD),
            ("twin.json", "{\"flow\": \"good\", \"start\": \"a\", \"nodes\": {\"a\": {\"applet\": \"hangup\"}}}"),
        ]);
        let (good, bad) = found(&folder, &["", "good.yaml"]);
        assert_eq!(good, ["good.yaml: good"]);
        assert_eq!(
            bad,
            ["twin.json: error: `good` is also the name of the flow in good.yaml\n  hint: give one of them another"]
        );
        let empty = tempfile::tempdir().expect("a folder");
        let (good, bad) = found(&empty, &[""]);
        assert!(good.is_empty() && bad[0].contains("no flow documents"), "{bad:?}");
    }

    #[test]
    fn a_sound_that_is_not_there_or_no_sound_is_told() {
        let text = "flow: a\nstart: b\nnodes:\n  b: { applet: greeting, play: [no.wav, nor.wav], next: c }\n  c: { applet: hangup }\n";
        let folder = folder(&[("a.yaml", text)]);
        let (_, bad) = found(&folder, &["a.yaml"]);
        let hint = "sound files lie beside the flows; put it there, or correct its name";
        let missing = |name: &str| {
            format!("a.yaml:4:3: error: {name}: No such file or directory (os error 2)\n  at nodes.b\n  hint: {hint}")
        };
        assert_eq!(bad, [format!("{}\n{}", missing("no.wav"), missing("nor.wav"))]);
        std::fs::write(folder.path().join("no.wav"), "no sound").expect("it can be written");
        let (_, bad) = found(&folder, &["a.yaml"]);
        assert!(bad[0].starts_with("a.yaml:4:3: error: ") && bad[0].contains("\n  at nodes.b\n"), "{bad:?}");
    }

    #[test]
    fn another_flow_that_is_not_there_is_told_with_the_one_that_may_be_meant() {
        let text = |to: &str| {
            format!(
                "flow: a\nstart: b\nnodes:\n  b: {{ applet: subflow, flow: {to}, next: c }}\n  c: {{ applet: transfer, flow: a }}\n"
            )
        };
        let folder = folder(&[("a.yaml", &text("god")), ("good.yaml", GOOD), ("broken.yaml", "flow: broken")]);
        let trouble = "a.yaml:4:3: error: there is no flow `god`\n  at nodes.b\n  hint: did you mean `good`?";
        let alone = found(&folder, &["a.yaml"]);
        assert_eq!(alone, (vec![], vec![trouble.to_owned()]));
        for to in ["good", "broken"] {
            std::fs::write(folder.path().join("a.yaml"), text(to)).expect("it can be written");
            assert_eq!(found(&folder, &["a.yaml"]), (vec!["a.yaml: good".to_owned()], vec![]), "{to}");
        }
    }

    #[test]
    fn a_group_that_is_not_there_is_told() {
        let flow = "flow: f\nstart: a\nnodes:\n  a: { applet: connect, to: 'group:desk', on: { answered: b, missed: b } }\n  b: { applet: hangup }\n";
        let folder = folder(&[("f.yaml", flow)]);
        let (good, bad) = found(&folder, &["f.yaml"]);
        assert!(good.is_empty() && bad[0].contains("there is no group `desk`"), "{bad:?}");
        assert!(bad[0].contains("add a [[group]] of that name"), "{bad:?}");
    }

    #[test]
    fn a_message_that_nobody_carries_is_warned_of() {
        let text = "flow: a\nstart: b\nnodes: { b: { applet: sms, text: x, next: c }, c: { applet: hangup } }";
        let folder = folder(&[("a.yaml", text)]);
        let warning = "a.yaml:3:10: warning: nobody carries its messages: they are tried for some minutes, and given up\n  \
                       at nodes.b\n  hint: write [sms] with the `url` of a gateway into the configuration";
        let (good, bad) = found(&folder, &["a.yaml"]);
        assert_eq!((good, bad), (vec![warning.to_owned(), "a.yaml: good".to_owned()], vec![]));
        let sms = crate::config::Sms { url: Some("https://sms.example".into()), token: None };
        let verdict = flows(&[folder.path().to_owned()], &Config { sms, ..Config::default() });
        assert_eq!((verdict.good.len(), verdict.bad.len()), (1, 0));
    }

    #[test]
    fn a_warning_is_told_and_the_document_is_good() {
        let folder =
            folder(&[("a.yaml", "flow: a\nstart: b\nnodes: { b: { applet: hangup }, c: { applet: hangup } }")]);
        let (good, bad) = found(&folder, &["a.yaml"]);
        let warning = "a.yaml:3:33: warning: no call comes here\n  at nodes.c\n  hint: wire it, or take it out";
        assert_eq!((good, bad), (vec![warning.to_owned(), "a.yaml: good".to_owned()], vec![]));
    }
}
