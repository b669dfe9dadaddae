//! Carries messages to people: text messages by the operator's gateway.

use std::sync::Arc;

use model::{CallSid, HttpFailure, HttpOutcome, HttpRequest, Message};
use url::form_urlencoded::Serializer;

use crate::config::Config;
use crate::fetch::Fetcher;

/// Carries messages.
#[derive(Default)]
pub struct Post {
    sms: Option<Gateway>,
}

/// A gateway of text messages.
struct Gateway {
    url: String,
    token: Option<String>,
}

impl Post {
    /// As the operator says.
    pub fn new(config: &Config) -> Self {
        let sms = config.sms.url.clone().map(|url| Gateway { url, token: config.sms.token.clone() });
        Self { sms }
    }

    /// Carries a message of a call. `request` says how long it may take.
    pub async fn carry(
        &self,
        message: Message,
        call: &CallSid,
        request: &HttpRequest,
        fetcher: &Arc<Fetcher>,
    ) -> HttpOutcome {
        match (message, &self.sms) {
            (Message::Sms { to, from, body }, Some(gateway)) => {
                let fields = [("From", from.as_str()), ("To", &to), ("Body", &body), ("CallSid", call.as_str())];
                fetcher.report(gateway.request(&fields, request)).await
            }
            (Message::Sms { .. }, None) => nobody("text messages", "set sms.url"),
            (Message::Mail { .. }, _) => nobody("mail", "set smtp.url"),
        }
    }
}

impl Gateway {
    fn request(&self, fields: &[(&str, &str)], wanted: &HttpRequest) -> HttpRequest {
        let body = Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes();
        let post = HttpRequest::post(self.url.clone(), "application/x-www-form-urlencoded", body, wanted.budget);
        match &self.token {
            Some(token) => post.with_header("Authorization", &format!("Bearer {token}")),
            None => post,
        }
    }
}

fn nobody(what: &str, step: &str) -> HttpOutcome {
    HttpOutcome::Failed(HttpFailure::Connect(format!("nobody carries {what}: {step}")))
}
