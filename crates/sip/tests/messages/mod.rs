//! Writing messages by hand and asking for the verdict on them.
#![allow(dead_code)] // each test binary uses its share

use bytes::Bytes;
use sip::{Message, ParseError};

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Parsed,
    Refused(u16),
    Dropped,
}

pub(crate) fn verdict(message: &Bytes) -> Verdict {
    match Message::parse(message.clone()) {
        Ok(_) => Verdict::Parsed,
        Err(ParseError::Refuse(refusal)) => Verdict::Refused(refusal.status),
        Err(ParseError::Drop(_)) => Verdict::Dropped,
    }
}

/// Text with the line ends of the wire.
pub(crate) fn wire(text: &str) -> Bytes {
    text.replace('\n', "\r\n").into()
}

/// A sound request to be bent.
pub(crate) struct Draft {
    line: String,
    fields: Vec<(String, String)>,
    body: Vec<u8>,
}

pub(crate) fn request(method: &str) -> Draft {
    let fields = [
        ("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKtorture"),
        ("Max-Forwards", "70"),
        ("From", "<sip:caller@acme.example>;tag=1"),
        ("To", "<sip:user@acme.example>"),
        ("Call-ID", "torture@acme.example"),
        ("CSeq", &format!("8 {method}")),
        ("Contact", "<sip:caller@192.0.2.1>"),
    ];
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Draft { line: format!("{method} sip:user@acme.example SIP/2.0"), fields, body: Vec::new() }
}

impl Draft {
    /// Another start line.
    pub(crate) fn line(mut self, line: &str) -> Self {
        self.line = line.to_owned();
        self
    }

    /// This field instead of the one of its name, or added.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        match self.fields.iter_mut().find(|(found, _)| found == name) {
            Some((_, found)) => *found = value.to_owned(),
            None => self = self.and(name, value),
        }
        self
    }

    /// This field beside others.
    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(found, _)| found != name);
        self
    }

    pub(crate) fn body(self, body: &str) -> Self {
        self.body_bytes(body.as_bytes())
    }

    pub(crate) fn body_bytes(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    pub(crate) fn wire(&self) -> Bytes {
        let fields: String = self.fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        [format!("{}\r\n{fields}\r\n", self.line).as_bytes(), &self.body].concat().into()
    }
}
