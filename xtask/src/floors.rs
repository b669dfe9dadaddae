//! Who may import whom (ARCHITECTURE.md, "The floors"): an import that goes up is a fault.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// The crates that each crate may import, ours only. A crate that is not listed is a fault as well.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("sip", &[]),
    ("media", &[]),
    ("signature", &[]),
    ("app", &["signature"]),
    ("callout", &["model"]),
    ("exotel", &["model"]),
    ("flow", &["model"]),
    ("store", &["model"]),
    ("applets", &["exotel", "flow", "model"]),
    ("switch", &["callout", "flow", "media", "model", "sip"]),
    ("api", &["exotel", "flow", "model", "sip", "store"]),
    ("stream", &["exotel", "model"]),
    ("sim", &["applets", "callout", "exotel", "flow", "media", "model", "sip", "stream", "switch"]),
    (
        "server",
        &[
            "api",
            "app",
            "applets",
            "callout",
            "exotel",
            "flow",
            "media",
            "model",
            "signature",
            "sim",
            "sip",
            "store",
            "stream",
            "switch",
        ],
    ),
];

/// A crate of the workspace: the short name, and everything it is built from in the end.
pub(crate) struct Package {
    pub(crate) name: String,
    ours: BTreeSet<String>,
    /// All crates that it is linked with, near and far, without those of tests and build scripts.
    pub(crate) linked: BTreeSet<String>,
}

/// The crates of the workspace, as `cargo metadata` sees them.
pub(crate) fn packages(root: &Path) -> Result<Vec<Package>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--all-features", "--filter-platform", &host()?])
        .current_dir(root)
        .output()
        .context("cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let names: BTreeMap<&str, &str> = list(&metadata["packages"])
        .filter_map(|package| Some((package["id"].as_str()?, package["name"].as_str()?)))
        .collect();
    let links: BTreeMap<&str, Vec<&str>> = list(&metadata["resolve"]["nodes"])
        .filter_map(|node| Some((node["id"].as_str()?, list(&node["deps"]).filter_map(normal).collect())))
        .collect();
    let members: Vec<&str> = list(&metadata["workspace_members"]).filter_map(Value::as_str).collect();
    let ours = |id: &str| names.get(id).and_then(|name| name.strip_prefix("passthru-")).map(str::to_owned);
    let packages = members.iter().filter_map(|id| {
        let linked =
            reach(id, &links).into_iter().filter_map(|id| names.get(id).map(|name| (*name).to_owned())).collect();
        let direct = links.get(id).into_iter().flatten().filter_map(|id| ours(id)).collect();
        Some(Package { name: ours(id)?, ours: direct, linked })
    });
    Ok(packages.collect())
}

/// The platform that this is built on: crates of other platforms are not linked.
fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("rustc -vV")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    Ok(host.to_owned())
}

/// A line a forbidden import.
pub(crate) fn check(packages: &[Package]) -> Vec<String> {
    let mut faults = Vec::new();
    for package in packages {
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == package.name) else {
            faults.push(format!(
                "crate `{}` has no floor: name it in xtask/src/floors.rs and ARCHITECTURE.md",
                package.name
            ));
            continue;
        };
        let upward = package.ours.iter().filter(|import| !allowed.contains(&import.as_str()));
        faults.extend(upward.map(|import| format!("crate `{}` may not import `{import}`", package.name)));
    }
    faults
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The id of a dependency, if it is one that is linked.
fn normal(dependency: &Value) -> Option<&str> {
    list(&dependency["dep_kinds"]).any(|kind| kind["kind"].is_null()).then(|| dependency["pkg"].as_str())?
}

fn reach<'a>(from: &'a str, links: &BTreeMap<&'a str, Vec<&'a str>>) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut ahead = vec![from];
    while let Some(id) = ahead.pop() {
        if seen.insert(id) {
            ahead.extend(links.get(id).into_iter().flatten());
        }
    }
    seen.remove(from);
    seen
}
