//! Whom text from outside a flow document may have rung.

use regex_lite::Regex;
use serde::{Deserialize, Serialize};

/// Dialling.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dial {
    /// Rules (regular expressions) for targets that come from outside a flow document: a URL's answer, the API, a caller's
    /// text. A number is looked at as dialled and in E.164; `sip:` targets must match as a whole. Empty: none is dialled.
    pub allow: Vec<String>,
}

impl Dial {
    /// The rules as the switch knows them, or which of them cannot be.
    pub fn rules(&self) -> Result<Vec<Regex>, String> {
        let rule = |rule: &String| {
            Regex::new(rule).map_err(|error| {
                format!("dial.allow: `{rule}` is no regular expression: {error}; write one such as \"^\\\\+9180\"")
            })
        };
        self.allow.iter().map(rule).collect()
    }
}
