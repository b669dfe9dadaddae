//! Sends an email.
//!
//! It goes to each address of `to`, by the mail server that the server's configuration names (`[smtp]`). `subject` and `body`
//! are templates; left out, they tell of the call: caller, time, agent, outcome. The flow goes on as soon as the mail is
//! in safe keeping; it is sent, again if need be, beside the call. The caller hears nothing of it and is not answered by it,
//! and need not be there any more.
//!
//! | exit | when |
//! |---|---|
//! | `next` | always; a mail that cannot be made is journalled and not sent |
//!
//! ```yaml
//! flow: missed
//! start: ring
//! nodes:
//!   ring: { applet: connect, to: "sip:desk", on: { answered: bye, missed: tell } }
//!   tell: { applet: email, to: desk@acme.example, subject: "Missed: {{ call.from }}", next: bye }
//!   bye: { applet: hangup }
//! ```

use std::borrow::Cow;
use std::sync::Arc;

use exotel::mail;
use exotel::passthru::Profile;
use flow::{Applet, Cx, Kind, Several, Step, Template, WithoutCaller};
use model::Message;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use crate::telling::Telling;

/// People that one mail may go to.
const RECIPIENTS: usize = 20;

/// Characters of an address (RFC 5321 section 4.5.3.1.3).
const ADDRESS: usize = 254;

/// Characters of a subject; what is longer is cut.
const SUBJECT: usize = 200;

pub(crate) fn kind(profile: Profile) -> Kind {
    let profile = Arc::new(profile);
    Kind::new("email", include_str!("email.rs"), move |settings: Settings, site| {
        let Settings { to: Several(to), subject, body } = settings;
        if to.is_empty() || to.len() > RECIPIENTS {
            site.refuse(
                "to",
                format!("a mail goes to 1 to {RECIPIENTS} people"),
                Some("write `to: desk@acme.example`"),
            );
        }
        Some(Email { to: to.into_iter().map(|to| to.0).collect(), subject, body, profile: Arc::clone(&profile) })
    })
}

/// Sends an email.
#[derive(Deserialize, JsonSchema)]
struct Settings {
    /// An address that it goes to, or several.
    to: Several<Recipient>,
    /// What it is about, a template: text with `{{ … }}` in it.
    #[serde(default)]
    subject: Option<Template>,
    /// What it says, a template.
    #[serde(default)]
    body: Option<Template>,
}

/// An address as flows write it.
#[derive(Debug)]
struct Recipient(String);

impl<'de> Deserialize<'de> for Recipient {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let plain = |c: char| c.is_ascii_graphic() && !"()<>[]:;@\\,\"".contains(c);
        let good = text.len() <= ADDRESS
            && text.split_once('@').is_some_and(|(name, host)| {
                !name.is_empty() && !host.is_empty() && name.chars().chain(host.chars()).all(plain)
            });
        let wrong =
            || de::Error::custom(format!("`{}` is no address of mail\nwrite desk@acme.example", text.escape_debug()));
        if good { Ok(Self(text)) } else { Err(wrong()) }
    }
}

impl JsonSchema for Recipient {
    fn schema_name() -> Cow<'static, str> {
        "Recipient".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "email", "maxLength": ADDRESS })
    }
}

#[derive(Debug)]
struct Email {
    to: Vec<String>,
    subject: Option<Template>,
    body: Option<Template>,
    profile: Arc<Profile>,
}

impl Email {
    fn message(&self, cx: &Cx<'_>) -> Result<Message, String> {
        let (facts, scope) = (cx.facts(), cx.scope());
        let subject = match &self.subject {
            Some(subject) => subject.render(&scope)?,
            None => mail::subject(facts, &self.profile),
        };
        let body = match &self.body {
            Some(body) => body.render(&scope)?,
            None => mail::body(facts, &self.profile, cx.now().wall),
        };
        Ok(Message::Mail { to: self.to.clone(), subject: one_line(&subject), body })
    }
}

/// A subject is one line of a header: whatever values bring along, there is no other.
fn one_line(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SUBJECT).collect();
    line.trim().to_owned()
}

impl Applet for Email {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        match self.message(cx) {
            Ok(message) => Telling::begin("a mail", message.request(), cx),
            Err(why) => {
                cx.fault(format!("no mail is sent: {why}"));
                Step::exit("next")
            }
        }
    }

    /// A mail is in safe keeping at once: a loop of them would run as fast as it can.
    fn waits(&self) -> bool {
        false
    }

    fn without_caller(&self) -> WithoutCaller {
        WithoutCaller::Works
    }
}

#[cfg(test)]
mod tests {
    use model::{DialStatus, Message};

    use crate::tests::{node, problems};

    /// The message of a line `tell 1 mailto:…`.
    fn mail(line: &str) -> Message {
        Message::read(line.rsplit(' ').next().unwrap_or_default()).expect(line)
    }

    #[test]
    fn a_mail_is_made_of_templates_and_kept_before_the_flow_goes_on() {
        let mut call = node(
            "applet: email, to: [a@acme.example, b@acme.example], subject: 'From {{ call.from }}', body: 'x{{ call.to }}', next: end",
        );
        let lines = call.start();
        let expected = Message::Mail {
            to: vec!["a@acme.example".into(), "b@acme.example".into()],
            subject: "From +919900000001".into(),
            body: "x+918011112222".into(),
        };
        assert_eq!((lines.len(), mail(&lines[2])), (3, expected), "nobody is answered");
        assert_eq!(call.committed(1, None)[0], "left by next");
    }

    #[test]
    fn left_out_it_tells_of_the_call_also_without_the_caller() {
        let mut call = node(
            "applet: connect, to: 'sip:desk', on: { answered: tell, missed: tell } }, tell: { applet: email, to: a@acme.example, next: end",
        );
        call.start();
        call.hangs_up();
        let lines = call.dialled(1, DialStatus::Completed, true);
        let Message::Mail { subject, body, .. } = mail(lines.last().expect("a mail")) else { panic!("{lines:?}") };
        assert_eq!(subject, "Call from 09900000001 to 08011112222");
        let expected = "Caller: 09900000001\nCalled: 08011112222\nCall began: 2023-11-15 03:43:20\nSent: 2023-11-15 03:43:20\n\
                        Agent: 08022222222\nOutcome: completed\nVoicemail: no\nCallSid: 0123456789abcdef0123456789abcdef\n";
        assert_eq!(body, expected);
    }

    #[test]
    fn no_value_brings_another_header() {
        let mut call = node(
            "applet: passthru, url: 'http://crm.example', on: { 200: tell, else: end } },
             tell: { applet: email, to: a@acme.example, subject: '{{ passthru.body }}', body: x, next: end",
        );
        call.start();
        let lines = call.answered(1, 200, "Hello\r\nBcc: c@crime.example\r\n\r\nBuy");
        let Message::Mail { subject, .. } = mail(lines.last().expect("a mail")) else { panic!("{lines:?}") };
        assert_eq!(subject, "Hello  Bcc: c@crime.example    Buy");
    }

    #[test]
    fn settings_are_checked() {
        let rows = [
            ("", "`to` is missing"),
            (", to: []", "a mail goes to 1 to 20 people"),
            (", to: desk", "`desk` is no address of mail"),
            (", to: 'a@b@c'", "`a@b@c` is no address of mail"),
            (", to: 'a@b, c@d'", "`a@b, c@d` is no address of mail"),
            (", to: \"a@b\\r\\nBcc: c@d\"", "`a@b\\r\\nBcc: c@d` is no address of mail"),
            (", to: a@b, subject: '{{ call.frm }}'", "there is no `call.frm`"),
        ];
        for (fields, problem) in rows {
            assert_eq!(problems(&format!("applet: email{fields}, next: end")), [problem], "{fields}");
        }
    }
}
