//! Reason (RFC 3326): why a request was sent or an answer given.

use bytes::Bytes;

use crate::params::Params;
use crate::scan::{Scanner, Syntax};
use crate::value::{Encode, Scan, values};

/// One reason: `Q.850;cause=16;text="Normal"` or `SIP;cause=200`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reason {
    /// `Q.850`, `SIP`, or another name space.
    pub protocol: Bytes,
    /// `cause`, `text` and others.
    pub params: Params,
}

impl Reason {
    /// A cause value of ITU-T Q.850, with its text if there is one.
    pub fn q850(cause: u8, text: Option<&str>) -> Self {
        let mut params = Params::default();
        params.set("cause", cause.to_string());
        if let Some(text) = text {
            params.set_quoted("text", text);
        }
        Self { protocol: Bytes::from_static(b"Q.850"), params }
    }

    /// Another party answered: phones that are told so do not count the call as missed.
    pub fn answered_elsewhere() -> Self {
        let mut params = Params::default();
        params.set("cause", "200");
        params.set_quoted("text", "Call completed elsewhere");
        Self { protocol: Bytes::from_static(b"SIP"), params }
    }

    /// The cause, if it is a number.
    pub fn cause(&self) -> Option<u16> {
        u32::whole(&self.params.get("cause")?).ok()?.try_into().ok()
    }

    /// The text for people.
    pub fn text(&self) -> Option<Bytes> {
        self.params.get("text")
    }

    /// Whether it is of this name space (case-insensitive).
    pub fn is(&self, protocol: &str) -> bool {
        self.protocol.eq_ignore_ascii_case(protocol.as_bytes())
    }
}

impl Scan for Reason {
    fn scan(scanner: &mut Scanner<'_>) -> Result<Self, Syntax> {
        Ok(Self { protocol: scanner.token()?, params: Params::of_header(scanner)? })
    }
}

impl Encode for Reason {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.protocol);
        out.extend_from_slice(self.params.as_bytes());
    }
}

values!(Reason);
