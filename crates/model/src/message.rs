//! A message to people as a URI, so that it is kept, tried and shown like any other request: `sms:` (RFC 5724) and
//! `mailto:` (RFC 6068). Who carries it is the server's to know.

use std::time::Duration;

use crate::HttpRequest;

/// The method of a request that carries a message.
const METHOD: &str = "SEND";

/// How long one try may take, the conversation with a mail server included.
const BUDGET: Duration = Duration::from_secs(30);

/// A message to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A text message.
    Sms {
        /// The number that it goes to.
        to: String,
        /// The number that it comes from.
        from: String,
        /// What it says.
        body: String,
    },
    /// An email.
    Mail {
        /// Whom it goes to.
        to: Vec<String>,
        /// What it is about.
        subject: String,
        /// What it says.
        body: String,
    },
}

impl Message {
    /// The request that sends it.
    pub fn request(&self) -> HttpRequest {
        let (scheme, to, fields) = match self {
            Self::Sms { to, from, body } => ("sms", address(to), [("from", from), ("body", body)]),
            Self::Mail { to, subject, body } => {
                let to: Vec<String> = to.iter().map(|to| address(to)).collect();
                ("mailto", to.join(","), [("subject", subject), ("body", body)])
            }
        };
        let fields = fields.map(|(name, value)| format!("{name}={}", encode(value))).join("&");
        HttpRequest { method: METHOD.into(), ..HttpRequest::get(format!("{scheme}:{to}?{fields}"), BUDGET) }
    }

    /// The message that a URI stands for; `None` if it is no such URI.
    pub fn read(uri: &str) -> Option<Self> {
        let (scheme, rest) = uri.split_once(':')?;
        let (to, query) = rest.split_once('?').unwrap_or((rest, ""));
        let field = |wanted: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs
                .into_iter()
                .find(|(name, _)| *name == wanted)
                .map_or_else(|| Some(String::new()), |(_, value)| decode(value))
        };
        match scheme {
            "sms" => Some(Self::Sms { to: decode(to)?, from: field("from")?, body: field("body")? }),
            "mailto" => {
                let to = to.split(',').map(decode).collect::<Option<_>>()?;
                Some(Self::Mail { to, subject: field("subject")?, body: field("body")? })
            }
            _ => None,
        }
    }
}

/// An address, in which `+` is itself. In fields many read it as a space.
fn address(text: &str) -> String {
    encode(text).replace("%2B", "+")
}

/// RFC 3986 section 2.1; `@` stays, which addresses have.
fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    u8::try_from(char::from(digit).to_digit(16)?).ok()
}

#[cfg(test)]
mod tests {
    use super::Message;

    #[test]
    fn a_message_is_a_uri_and_comes_back_from_it() {
        let sms = Message::Sms {
            to: "+919900000001".into(),
            from: "+918044444444".into(),
            body: "50 % & more?\n=नमस्ते".into(),
        };
        let mail = Message::Mail {
            to: vec!["desk@acme.example".into(), "\"a,b?c\"@acme.example".into()],
            subject: "A call & more".into(),
            body: "line 1\nline 2".into(),
        };
        let uri = "mailto:desk@acme.example,%22a%2Cb%3Fc%22@acme.example?subject=A%20call%20%26%20more&body=line%201%0Aline%202";
        assert_eq!((mail.request().url.as_str(), mail.request().method.as_str()), (uri, "SEND"));
        assert!(
            sms.request().url.starts_with("sms:+919900000001?from=%2B918044444444&body=50%20%25%20%26%20more%3F%0A%3D")
        );
        for message in [sms, mail] {
            assert_eq!(Message::read(&message.request().url), Some(message));
        }
    }

    #[test]
    fn anything_else_is_none() {
        for uri in
            ["", "sms", "https://crm.example/sms:1", "tel:+91", "sms:%", "sms:%F", "sms:%FF", "sms:1?body=%+1", "SMS:1"]
        {
            assert_eq!(Message::read(uri), None, "{uri}");
        }
    }
}
