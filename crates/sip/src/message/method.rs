//! Methods (RFC 3261 section 7.1 and the extensions).

use bytes::Bytes;

use crate::scan::{Scanner, Syntax};
use crate::value::{Encode, Scan, values};

/// What a request asks for. Methods are compared with regard to case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // each is the method of its name
pub enum Method {
    Invite,
    Ack,
    Bye,
    Cancel,
    Options,
    Info,
    Prack,
    Update,
    Register,
    Refer,
    Notify,
    Subscribe,
    Message,
    Publish,
    /// One that this crate does not know.
    Other(Bytes),
}

impl Method {
    /// The method as it is written.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Invite => b"INVITE",
            Self::Ack => b"ACK",
            Self::Bye => b"BYE",
            Self::Cancel => b"CANCEL",
            Self::Options => b"OPTIONS",
            Self::Info => b"INFO",
            Self::Prack => b"PRACK",
            Self::Update => b"UPDATE",
            Self::Register => b"REGISTER",
            Self::Refer => b"REFER",
            Self::Notify => b"NOTIFY",
            Self::Subscribe => b"SUBSCRIBE",
            Self::Message => b"MESSAGE",
            Self::Publish => b"PUBLISH",
            Self::Other(name) => name,
        }
    }

    fn known(name: Bytes) -> Self {
        match &name[..] {
            b"INVITE" => Self::Invite,
            b"ACK" => Self::Ack,
            b"BYE" => Self::Bye,
            b"CANCEL" => Self::Cancel,
            b"OPTIONS" => Self::Options,
            b"INFO" => Self::Info,
            b"PRACK" => Self::Prack,
            b"UPDATE" => Self::Update,
            b"REGISTER" => Self::Register,
            b"REFER" => Self::Refer,
            b"NOTIFY" => Self::Notify,
            b"SUBSCRIBE" => Self::Subscribe,
            b"MESSAGE" => Self::Message,
            b"PUBLISH" => Self::Publish,
            _ => Self::Other(name),
        }
    }
}

impl Scan for Method {
    fn scan(scanner: &mut Scanner<'_>) -> Result<Self, Syntax> {
        scanner.token().map(Self::known)
    }
}

impl Encode for Method {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
}

values!(Method);
