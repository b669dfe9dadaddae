//! Carries messages to people: text messages by the operator's gateway, mail by SMTP (RFC 5321). A mail server's reply counts like
//! the status of an answer: 250 took it, and anything else is tried again.

use std::sync::Arc;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, MessageBuilder};
use lettre::transport::smtp;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use model::{CallSid, CalloutId, HttpAnswer, HttpFailure, HttpOutcome, HttpRequest, Message};
use url::form_urlencoded::Serializer;

use crate::config::Config;
use crate::fetch::Fetcher;

/// Carries messages.
#[derive(Default)]
pub struct Post {
    sms: Option<Gateway>,
    mail: Option<Mailer>,
}

/// The way out for mail, and its sender.
type Mailer = (AsyncSmtpTransport<Tokio1Executor>, Mailbox);

/// A gateway of text messages.
struct Gateway {
    url: String,
    token: Option<String>,
}

impl Post {
    /// As the operator says, in a configuration that has been checked.
    pub fn new(config: &Config) -> Self {
        let sms = config.sms.url.clone().map(|url| Gateway { url, token: config.sms.token.clone() });
        Self { sms, mail: config.smtp.mailer().ok().flatten() }
    }

    /// Carries a message; `of` names the call and the callout, `request` says how long it may take.
    pub async fn carry(
        &self,
        message: Message,
        of: (&CallSid, CalloutId),
        request: &HttpRequest,
        fetcher: &Arc<Fetcher>,
    ) -> HttpOutcome {
        let (call, callout) = of;
        match (message, &self.sms, &self.mail) {
            (Message::Sms { to, from, body }, Some(gateway), _) => {
                let fields = [("From", from.as_str()), ("To", &to), ("Body", &body), ("CallSid", call.as_str())];
                fetcher.report(gateway.request(&fields, request)).await.0
            }
            (Message::Mail { to, subject, body }, _, Some(mailer)) => {
                // The same at every try, so that a mail that was taken unheard is not shown twice.
                let id = format!("<{call}.{}@passthru>", callout.0);
                let sending = mail(mailer, (&to, subject, body), id);
                let sent = tokio::time::timeout(request.budget, sending).await;
                sent.unwrap_or(HttpOutcome::Failed(HttpFailure::Timeout))
            }
            (Message::Sms { .. }, None, _) => nobody("text messages", "set sms.url"),
            (Message::Mail { .. }, _, None) => nobody("mail", "set smtp.url and smtp.from"),
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

async fn mail((transport, from): &Mailer, said: (&[String], String, String), id: String) -> HttpOutcome {
    let (to, subject, body) = said;
    let refused = |error: String| HttpOutcome::Failed(HttpFailure::Protocol(error));
    let mut builder = MessageBuilder::new().from(from.clone()).subject(subject).message_id(Some(id));
    for address in to {
        match address.parse() {
            Ok(mailbox) => builder = builder.to(mailbox),
            Err(error) => return refused(format!("{address}: {error}")),
        }
    }
    let message = match builder.header(ContentType::TEXT_PLAIN).body(body) {
        Ok(message) => message,
        Err(error) => return refused(error.to_string()),
    };
    match transport.send(message).await {
        Ok(response) => replied(response.code().into()),
        Err(error) => failed(&error),
    }
}

fn failed(error: &smtp::Error) -> HttpOutcome {
    match error.status() {
        Some(code) => replied(code.into()),
        None if error.is_timeout() => HttpOutcome::Failed(HttpFailure::Timeout),
        None => HttpOutcome::Failed(HttpFailure::Connect(error.to_string())),
    }
}

fn replied(status: u16) -> HttpOutcome {
    HttpOutcome::Answered(HttpAnswer::of(status))
}

fn nobody(what: &str, step: &str) -> HttpOutcome {
    HttpOutcome::Failed(HttpFailure::Connect(format!("nobody carries {what}: {step}")))
}
