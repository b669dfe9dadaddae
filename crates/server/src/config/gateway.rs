//! Who carries messages to people: a gateway for text messages, a server for mail.

use lettre::message::Mailbox;
use lettre::{AsyncSmtpTransport, Tokio1Executor};
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

/// The server that mail goes out by.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Smtp {
    /// Its URL: `smtps://USER:PASSWORD@HOST`, or `smtp://HOST:PORT`, with `?tls=required` for STARTTLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The address that mail comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

impl Smtp {
    /// The way out and the sender, if both are written; what is wrong with them, and what to do.
    pub fn mailer(&self) -> Result<Option<(AsyncSmtpTransport<Tokio1Executor>, Mailbox)>, String> {
        let (url, from) = match (&self.url, &self.from) {
            (Some(url), Some(from)) => (url, from),
            (None, None) => return Ok(None),
            (Some(_), None) => {
                return Err("smtp.url is set: set smtp.from too, the address that mail comes from".into());
            }
            (None, Some(_)) => {
                return Err("smtp.from is set: set smtp.url too, the server that mail goes out by".into());
            }
        };
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|_| {
            "smtp.url is no URL of a mail server; write smtps://USER:PASSWORD@HOST, or smtp://HOST:PORT?tls=required"
        })?;
        let from = from.parse().map_err(|_| format!("smtp.from: `{from}` is no address; write calls@acme.example"))?;
        Ok(Some((transport.build(), from)))
    }
}
