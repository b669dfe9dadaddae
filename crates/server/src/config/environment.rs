//! The environment over the file: `PASSTHRU_SIP_LISTEN` is `sip.listen`. Lists are separated by commas.

use std::ffi::OsString;

use toml::{Table, Value};

use super::{ConfigError, keys};

const PREFIX: &str = "PASSTHRU_";

/// The settings among the process's variables. Others are nobody's business here, whatever bytes they hold.
pub(super) fn settings(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Vec<(String, String)>, ConfigError> {
    let ours = variables.into_iter().filter(|(name, _)| name.as_encoded_bytes().starts_with(PREFIX.as_bytes()));
    ours.map(|(name, value)| {
        let place = name.to_string_lossy().into_owned();
        let invalid = || ConfigError::Invalid { place: place.clone(), message: "not UTF-8 text".into() };
        Ok((name.into_string().map_err(|_| invalid())?, value.into_string().map_err(|_| invalid())?))
    })
    .collect()
}

/// Lays the environment's settings over the table; the names of those that did.
pub(super) fn lay_over(
    table: &mut Table,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Vec<String>, ConfigError> {
    // Keys of arrays of tables ([[number]] and others) have no place in the environment.
    let settable: Vec<(String, String, Value)> = keys::known()
        .into_iter()
        .filter(|(path, _)| !["number.", "user.", "trunk."].iter().any(|table| path.starts_with(table)))
        .map(|(path, example)| (variable(&path), path, example))
        .collect();
    let mut places = Vec::new();
    for (name, text) in environment.into_iter().filter(|(name, _)| name.starts_with(PREFIX)) {
        let Some((_, path, example)) = settable.iter().find(|(variable, ..)| *variable == name) else {
            let nearest = keys::nearest(&name, settable.iter().map(|(variable, ..)| variable.as_str()));
            return Err(ConfigError::Invalid {
                place: name,
                message: format!("unknown setting; did you mean {nearest}?"),
            });
        };
        let value = read(&text, example).map_err(|message| ConfigError::Invalid { place: name.clone(), message })?;
        set(table, path, value);
        places.push(name);
    }
    places.sort();
    Ok(places)
}

fn variable(path: &str) -> String {
    format!("{PREFIX}{}", path.replace('.', "_").to_uppercase())
}

fn read(text: &str, example: &Value) -> Result<Value, String> {
    match example {
        Value::Integer(_) => text.trim().parse().map(Value::Integer).map_err(|_| format!("`{text}` is no number")),
        Value::Boolean(_) => {
            text.trim().parse().map(Value::Boolean).map_err(|_| format!("`{text}` is not true or false"))
        }
        Value::Array(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Ok(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()))
        }
        _ => Ok(Value::String(text.to_owned())),
    }
}

fn set(table: &mut Table, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            table.insert(path.to_owned(), value);
        }
        Some((head, rest)) => {
            let inner = table.entry(head).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                set(inner, rest, value);
            }
        }
    }
}
