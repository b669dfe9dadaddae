//! `cargo xtask codegen`: writes what the applets' files say into `docs/`: a page each, an index, and the JSON Schema of a
//! flow document; the causes that a leg may end for; and what `crates/app` says of a Passthru's request: its JSON Schema, and the client in TypeScript. A test sees to it that what is committed is what would be written.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use exotel::passthru::Profile;
use flow::{Catalogue, DOCUMENT_BYTES, Kind, NODES, SETTING_ITEMS};
use serde_json::Value;

use crate::{causes, fields, typescript};

/// The folder that is written whole: a page whose applet is gone goes too.
const PAGES: &str = "docs/applets";

/// Beside it, so that it can be named in an editor's settings.
const SCHEMA: &str = "docs/applets.schema.json";

/// The causes that a Passthru tells.
const CAUSES: &str = "docs/causes.md";

/// The schema of a Passthru's request.
const REQUEST_SCHEMA: &str = "docs/passthru.schema.json";

/// The package for applications in TypeScript and JavaScript; some of its files are written here.
const CLIENT: &str = "clients/typescript";

/// The verifier for Node, which the package has as well.
const VERIFIER: &str = include_str!("../../docs/verify/verify.mjs");

/// Writes the files and names them.
pub(crate) fn write(root: &Path) -> Result<Vec<PathBuf>> {
    let folder = root.join(PAGES);
    if folder.is_dir() {
        std::fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let files = files();
    for (path, text) in &files {
        std::fs::write(root.join(path), text).with_context(|| path.display().to_string())?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

/// Every generated file and its text.
fn files() -> Vec<(PathBuf, String)> {
    let catalogue = applets::catalogue(Profile::default());
    let schema = catalogue.schema().to_value();
    let mut files = vec![
        (PathBuf::from(SCHEMA), format!("{schema:#}\n")),
        (Path::new(PAGES).join("README.md"), index(&catalogue, &schema)),
    ];
    let settings = schema["properties"]["nodes"]["additionalProperties"]["oneOf"].as_array();
    for (kind, settings) in catalogue.kinds().zip(settings.into_iter().flatten()) {
        files.push((Path::new(PAGES).join(format!("{}.md", kind.name())), page(kind, settings, &schema)));
    }
    files.push((PathBuf::from(CAUSES), causes::page()));
    files.extend(client());
    files
}

/// The request's types in their other forms.
fn client() -> Vec<(PathBuf, String)> {
    const ORIGIN: &str = "// Written by `cargo xtask codegen`; the text is in crates/app/src.\n\n";
    let schema = passthru_app::schema().to_value();
    let shapes = format!("{ORIGIN}export const shapes = {:#};\n", typescript::shapes(&schema));
    let types = format!("{ORIGIN}{}", typescript::declarations(&schema));
    let verifier = format!("// Written by `cargo xtask codegen`; the text is docs/verify/verify.mjs.\n{VERIFIER}");
    let client = Path::new(CLIENT);
    vec![
        (PathBuf::from(REQUEST_SCHEMA), format!("{schema:#}\n")),
        (client.join("types.d.ts"), types),
        (client.join("shapes.js"), shapes),
        (client.join("verify.js"), verifier.replace("README.md", "docs/verify/README.md")),
    ]
}

/// Where these files come from, for those who would edit them.
const ORIGIN: &str = "<!-- Written by `cargo xtask codegen`; the text is in crates/applets/src. -->";

fn index(catalogue: &Catalogue, schema: &Value) -> String {
    let rows: String =
        catalogue.kinds().map(|kind| format!("| [{0}]({0}.md) | {1} |\n", kind.name(), kind.page().title)).collect();
    let fields = fields::table(schema, schema, &[]);
    format!(
        "# Flows and their applets\n\n{ORIGIN}\n\n\
         A flow is a document in YAML or JSON, of at most {} KiB and {NODES} nodes. Each node names its applet, gives it \
         settings, and wires its exits to nodes: `on: {{ exit: node }}`, or `next: node` for the exit `next`. \
         A list or map in a setting has at most {SETTING_ITEMS} items.\n\n\
         {fields}\n## Applets\n\n| applet | what it does |\n|---|---|\n{rows}\n\
         ## In an editor\n\n[applets.schema.json](../applets.schema.json) is the JSON Schema of a flow. An editor with a YAML \
         language server offers fields and their help for a document that begins with\n\n\
         ```yaml\n# yaml-language-server: $schema=../docs/applets.schema.json\n```\n\n\
         `passthru check-flow` says all that is wrong with a document, wires and unreachable nodes included.\n",
        DOCUMENT_BYTES / 1024
    )
}

fn page(kind: &Kind, settings: &Value, schema: &Value) -> String {
    let page = kind.page();
    let fields = match fields::table(settings, schema, &["applet", "next", "on"]) {
        table if table.is_empty() => "It has no fields.\n".to_owned(),
        table => table,
    };
    format!(
        "# {}\n\n{ORIGIN}\n\n{}\n\n## Fields\n\n{fields}\n## Exits\n\n{}\n\n## Example\n\n```yaml\n{}```\n",
        kind.name(),
        page.text,
        page.exits,
        page.example
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::{PAGES, files};

    #[test]
    fn what_is_committed_is_what_would_be_written() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace");
        for (path, text) in files() {
            let committed = std::fs::read_to_string(root.join(&path)).unwrap_or_default();
            assert!(committed == text, "{} is out of date: run `cargo xtask codegen`", path.display());
        }
        let written: BTreeSet<_> =
            files().into_iter().map(|(path, _)| path).filter(|path| path.starts_with(PAGES)).collect();
        let pages = std::fs::read_dir(root.join(PAGES)).expect("the folder is committed");
        let there: BTreeSet<_> = pages.map(|page| Path::new(PAGES).join(page.expect("readable").file_name())).collect();
        assert_eq!(there, written, "run `cargo xtask codegen`");
    }
}
