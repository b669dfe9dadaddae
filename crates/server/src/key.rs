//! `passthru key`: makes, lists and revokes the keys of the v1 API. A running server knows at once.

use anyhow::{Result, anyhow, bail};
use jiff::Timestamp;
use model::Tenant;
use store::{CLI, KEY_BYTES, Keys};

use crate::config::Config;
use crate::{clock, serve};

/// Makes a key; the text ends with a line of the key, a space and its token.
pub fn create(config: &Config, note: Option<&str>) -> Result<String> {
    let mut random = [0; KEY_BYTES];
    getrandom::fill(&mut random).map_err(|error| anyhow!("the system gives no randomness: {error}"))?;
    let key = open(config)?.create((&Tenant::default(), CLI), note, random, clock::now().wall)?;
    Ok(format!(
        "key and token, for HTTP Basic with account {}; the token is not shown again\n{} {}\n",
        config.account_sid, key.name, key.token
    ))
}

/// A line a key: its name, when it was made, whether it opens anything, and its note.
pub fn list(config: &Config) -> Result<String> {
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    let keys = open(config)?.list(&Tenant::default())?;
    let line = |key: store::Key| {
        let state = key.revoked.map_or_else(|| "valid".to_owned(), |at| format!("revoked {}", day(at)));
        let note = key.note.map(|note| format!(" {note}")).unwrap_or_default();
        format!("{} made {} {state}{note}\n", key.name, day(key.created))
    };
    Ok(keys.into_iter().map(line).collect())
}

/// Revokes a key.
pub fn revoke(config: &Config, key: &str) -> Result<String> {
    if !open(config)?.revoke((&Tenant::default(), CLI), key, clock::now().wall)? {
        bail!("`{key}` is no valid key; `passthru key list` shows them");
    }
    Ok(format!("{key} opens nothing from now on\n"))
}

fn open(config: &Config) -> Result<Keys> {
    Ok(Keys::open(&serve::database(config))?)
}
