//! Flow documents on disk: which files are some, their text within limits, and what is wrong with them in words that begin
//! with file, line and column.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use flow::{DOCUMENT_BYTES, Diagnostic, Place, Program, Severity};
use model::FlowId;

/// The part of a file's name that says that it holds tests of a flow.
pub(crate) const TEST: &str = ".test.";

/// Documents in a folder; more are not read.
const DOCUMENTS: usize = 1_000;

/// The flow documents of a folder, in order. Test files beside flows are none.
pub(crate) fn documents(folder: &Path) -> Vec<PathBuf> {
    files(folder, |name| !name.contains(TEST))
}

/// The test files of a folder, in order.
pub(crate) fn tests(folder: &Path) -> Vec<PathBuf> {
    files(folder, |name| name.contains(TEST))
}

fn files(folder: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let is_wanted = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let document = [".yaml", ".yml", ".json"].iter().any(|ending| name.ends_with(ending));
        document && wanted(name) && !name.starts_with('.')
    };
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_wanted).take(DOCUMENTS).collect();
    paths.sort();
    paths
}

/// The names of all flows of a folder, of those too that cannot run.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    documents(folder).iter().filter_map(|path| flow::name(&text(path).ok()?)).collect()
}

/// The text of a document, or why it cannot be one.
pub(crate) fn text(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let unreadable = |error: io::Error| {
        let hint = match error.kind() {
            io::ErrorKind::NotFound => "check the path",
            _ => "let this user read it",
        };
        format!("{shown}: error: {error}\n  hint: {hint}")
    };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(format!(
            "{shown}: error: not a file\n  hint: a flow is a file that ends with .yaml, .yml or .json"
        ));
    }
    let mut bytes = Vec::new();
    let limit = DOCUMENT_BYTES as u64;
    File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() > DOCUMENT_BYTES {
        let length = metadata.len().max(limit + 1);
        return Err(format!(
            "{shown}: error: the document has {length} bytes, {limit} are allowed\n  hint: cut it into several flows"
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]).into_owned();
        let (line, column) =
            (good.matches('\n').count() + 1, good.rsplit('\n').next().unwrap_or_default().chars().count() + 1);
        format!("{shown}:{line}:{column}: error: not UTF-8 text\n  hint: save it as UTF-8; a binary file is no flow")
    })
}

/// Writes a document so that whoever reads finds the one before or this one, whole, whenever the machine stops.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    // A link stays one.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let part = folder.join(format!(".{name}.part"));
    let mut file = File::create(&part)?;
    file.write_all(text.as_bytes())?;
    if let Ok(before) = fs::metadata(&path) {
        file.set_permissions(before.permissions())?;
    }
    file.sync_all()?;
    fs::rename(&part, &path)?;
    File::open(folder)?.sync_all()
}

/// Something that is wrong with a document as a whole.
pub(crate) fn error(message: impl Into<String>) -> Diagnostic {
    let (severity, place) = (Severity::Error, Place::default());
    Diagnostic { severity, node: None, path: String::new(), place, message: message.into(), hint: None }
}

/// Everything that the compiler has to say about a document, a block each.
pub(crate) fn blocks(path: &Path, diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|diagnostic| block(path, diagnostic)).collect::<Vec<_>>().join("\n")
}

fn block(path: &Path, diagnostic: &Diagnostic) -> String {
    let place = match diagnostic.place.line {
        0 => path.display().to_string(),
        line => format!("{}:{line}:{}", path.display(), diagnostic.place.column),
    };
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut block = format!("{place}: {severity}: {}", diagnostic.message);
    if !diagnostic.path.is_empty() {
        block += &format!("\n  at {}", diagnostic.path);
    }
    if let Some(hint) = &diagnostic.hint {
        block += &format!("\n  hint: {hint}");
    }
    block
}

/// Why a flow cannot stand beside others of its folder: names and numbers are given once.
pub(crate) fn clash<'a>(
    program: &Program,
    others: impl IntoIterator<Item = (&'a Path, &'a Program)>,
) -> Option<Diagnostic> {
    let (name, id) = (program.name(), program.id());
    others.into_iter().find_map(|(other, beside)| {
        let other = other.display();
        let (message, hint) = if beside.name() == name {
            (format!("`{name}` is also the name of the flow in {other}"), "give one of them another".to_owned())
        } else if beside.id() == id {
            let theirs = beside.name();
            (
                format!("the flow `{name}` has the id {id}, and so has the flow `{theirs}` in {other}"),
                format!("write another, `id: …` (1 to {}), into one of them", FlowId::MAX),
            )
        } else {
            return None;
        };
        Some(Diagnostic { hint: Some(hint), ..error(message) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of a file with these bytes, which lies in a folder that is not named.
    fn said(bytes: &[u8]) -> Result<String, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.yaml");
        fs::write(&path, bytes).expect("it can be written");
        text(&path).map_err(|why| why.replace(&format!("{}/", folder.path().display()), ""))
    }

    #[test]
    fn a_text_is_read_up_to_its_limit() {
        assert_eq!(said(b"flow: a\n"), Ok("flow: a\n".into()));
        assert_eq!(said(&vec![b'#'; DOCUMENT_BYTES]).map(|text| text.len()), Ok(DOCUMENT_BYTES));
        let words =
            "a.yaml: error: the document has 1048577 bytes, 1048576 are allowed\n  hint: cut it into several flows";
        assert_eq!(said(&vec![b'#'; DOCUMENT_BYTES + 1]), Err(words.into()));
    }

    #[test]
    fn a_document_is_written_whole_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/a.yaml");
        for words in ["flow: a\n", "flow: b\n"] {
            write(&path, words).expect("written");
            assert_eq!(text(&path).as_deref(), Ok(words));
        }
        let link = folder.path().join("new/b.yaml");
        std::os::unix::fs::symlink(&path, &link).expect("linked");
        write(&link, "flow: c\n").expect("written");
        assert_eq!(text(&path).as_deref(), Ok("flow: c\n"), "a link stays one");
        let mut names: Vec<_> = fs::read_dir(folder.path().join("new"))
            .expect("a folder")
            .map(|entry| entry.expect("readable").file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["a.yaml", "b.yaml"]);
    }

    #[test]
    fn what_is_no_text_is_named_with_its_place() {
        let words = "a.yaml:2:7: error: not UTF-8 text\n  hint: save it as UTF-8; a binary file is no flow";
        assert_eq!(said(b"flow: a\nsay: \xc3\xbc\xff"), Err(words.into()));
    }

    #[test]
    fn what_cannot_be_read_is_named_with_the_next_step() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = text(&folder.path().join("a.yaml")).expect_err("there is none");
        assert!(
            missing.contains("a.yaml: error: No such file") && missing.ends_with("hint: check the path"),
            "{missing}"
        );
        let none = text(folder.path()).expect_err("a folder is none");
        assert!(none.contains(": error: not a file\n  hint: "), "{none}");
        let endless = text(Path::new("/dev/zero")).expect_err("a device is none");
        assert!(endless.contains(": error: not a file\n  hint: "), "{endless}");
    }
}
