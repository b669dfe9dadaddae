//! Which keys there are, read off a full example of the configuration, and which known one a wrong one comes nearest.

use flow::edits;
use toml::{Table, Value};

use super::group::{Group, Order};
use super::{Config, Identity, Number, Sms, Smtp, User, trunk};

/// A configuration in which every key has a value.
fn example() -> Table {
    let mut config = Config {
        users: vec![User { name: String::new(), password: String::new(), email: Some(String::new()) }],
        groups: vec![Group { name: String::new(), members: vec![String::new()], order: Order::default() }],
        trunks: vec![trunk::example()],
        identities: vec![Identity {
            origin: String::new(),
            path: Some(String::new()),
            certificate: "-".into(),
            key: "-".into(),
        }],
        numbers: vec![Number { number: String::new(), flow: String::new() }],
        ..Config::default()
    };
    config.sip.public_address = Some([127, 0, 0, 1].into());
    config.smtp = Smtp { url: Some(String::new()), from: Some(String::new()) };
    config.sms = Sms { url: Some(String::new()), token: Some(String::new()) };
    (config.http.tls_cert, config.http.tls_key) = (Some("-".into()), Some("-".into()));
    config.callout.ca_file = Some("-".into());
    Table::try_from(config).expect("plain data")
}

/// Every key with its path and an example of its value.
pub(super) fn known() -> Vec<(String, Value)> {
    let mut known = Vec::new();
    walk(&example(), "", &mut |path, value| known.push((path.to_owned(), value.clone())));
    known
}

/// Refuses the first unknown key, and names the nearest known one; and a value where a table belongs.
pub(super) fn check(table: &Table) -> Result<(), String> {
    for (key, example) in example() {
        let brackets = match example {
            Value::Table(_) => format!("[{key}]"),
            Value::Array(items) if items.iter().any(Value::is_table) => format!("[[{key}]]"),
            _ => continue,
        };
        let is_table =
            |value: &Value| value.is_table() || value.as_array().is_some_and(|items| items.iter().all(Value::is_table));
        if table.get(&key).is_some_and(|value| !is_table(value)) {
            return Err(format!("`{key}` is a table: write {brackets}, and its settings below it"));
        }
    }
    let known = known();
    let mut unknown = None;
    walk(table, "", &mut |path, _| {
        let is_table = known.iter().any(|(key, _)| key.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')));
        if unknown.is_none() && !is_table && !known.iter().any(|(key, _)| key == path) {
            unknown = Some(path.to_owned());
        }
    });
    match unknown {
        None => Ok(()),
        Some(path) => {
            let nearest = nearest(&path, known.iter().map(|(key, _)| key.as_str()));
            Err(format!("unknown key `{path}`; did you mean `{nearest}`?"))
        }
    }
}

/// The name that `wrong` comes nearest: by its last part first, then as a whole.
pub(super) fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> &'a str {
    let last = |path: &str| path.rsplit(['.', '_']).next().unwrap_or_default().to_owned();
    names
        .min_by_key(|name| (edits(&last(wrong), &last(name)).min(edits(wrong, name)), edits(wrong, name)))
        .unwrap_or_default()
}

/// Visits each key, also those of tables in arrays.
fn walk(table: &Table, above: &str, visit: &mut impl FnMut(&str, &Value)) {
    for (key, value) in table {
        let path = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        match value {
            Value::Table(table) if !table.is_empty() => walk(table, &path, visit),
            Value::Array(items) if items.iter().any(Value::is_table) => {
                items.iter().filter_map(Value::as_table).for_each(|table| walk(table, &path, visit));
            }
            _ => visit(&path, value),
        }
    }
}
