//! Content-Type and Accept (RFC 3261 sections 20.15 and 20.1).

use bytes::Bytes;

use crate::params::Params;
use crate::scan::{Scanner, Syntax};
use crate::value::{Encode, Scan, values};

/// What a body is: `application/sdp`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MediaType {
    /// `application`
    pub kind: Bytes,
    /// `sdp`
    pub subtype: Bytes,
    /// `;charset=utf-8`
    pub params: Params,
}

impl MediaType {
    /// Whether it is this `kind/subtype` (case-insensitive), whatever its parameters.
    pub fn is(&self, essence: &str) -> bool {
        essence.split_once('/').is_some_and(|(kind, subtype)| {
            self.kind.eq_ignore_ascii_case(kind.as_bytes()) && self.subtype.eq_ignore_ascii_case(subtype.as_bytes())
        })
    }

    /// Whether this range of Accept has `kind/subtype` in it: `*/*`, `kind/*` or itself.
    pub fn admits(&self, essence: &str) -> bool {
        let (kind, _) = essence.split_once('/').unwrap_or((essence, ""));
        let any_of_kind = self.kind == "*" || self.kind.eq_ignore_ascii_case(kind.as_bytes());
        self.is(essence) || (self.subtype == "*" && any_of_kind)
    }
}

impl Scan for MediaType {
    fn scan(scanner: &mut Scanner<'_>) -> Result<Self, Syntax> {
        let kind = scanner.token()?;
        if !scanner.separator(b'/') {
            return Err(Syntax("/ in a media type"));
        }
        Ok(Self { kind, subtype: scanner.token()?, params: Params::of_header(scanner)? })
    }
}

impl Encode for MediaType {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.kind);
        out.push(b'/');
        out.extend_from_slice(&self.subtype);
        out.extend_from_slice(self.params.as_bytes());
    }
}

values!(MediaType);
