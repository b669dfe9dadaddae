//! CSeq (RFC 3261 section 20.16).

use crate::message::Method;
use crate::scan::{Scanner, Syntax};
use crate::value::{Encode, Scan, decimal, values};

/// The place of a request in its dialog.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CSeq {
    /// Below 2^31 (section 8.1.1.5).
    pub sequence: u32,
    /// The method of the request.
    pub method: Method,
}

impl Scan for CSeq {
    fn scan(scanner: &mut Scanner<'_>) -> Result<Self, Syntax> {
        let sequence = scanner.number()?;
        if sequence >= 1 << 31 {
            return Err(Syntax("a sequence number below 2^31"));
        }
        if !scanner.space() {
            return Err(Syntax("a method after the number"));
        }
        Ok(Self { sequence, method: Method::scan(scanner)? })
    }
}

impl Encode for CSeq {
    fn encode(&self, out: &mut Vec<u8>) {
        decimal(self.sequence, out);
        out.push(b' ');
        out.extend_from_slice(self.method.as_bytes());
    }
}

values!(CSeq);
