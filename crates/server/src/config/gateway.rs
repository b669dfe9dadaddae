//! Who carries messages to people: a gateway for text messages, a server for mail.

use serde::{Deserialize, Serialize};
use url::Url;

/// The gateway of text messages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sms {
    /// Its URL: each message is a POST of the form fields `From`, `To`, `Body` and `CallSid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Sent as `Authorization: Bearer TOKEN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

impl Sms {
    /// What is wrong with it, and what to do.
    pub(super) fn check(&self) -> Result<(), String> {
        match &self.url {
            Some(url) => match Url::parse(url) {
                Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(()),
                _ => Err("sms.url is no URL of http or https; write it whole: https://sms.example/send".into()),
            },
            None if self.token.is_some() => Err("sms.token is set: set sms.url too, the gateway that it is for".into()),
            None => Ok(()),
        }
    }
}
