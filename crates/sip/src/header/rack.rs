//! RAck (RFC 3262 section 7.2): which reliable provisional response a PRACK acknowledges.

use super::CSeq;
use crate::scan::{Scanner, Syntax};
use crate::value::{Encode, Scan, decimal, values};

/// The response's RSeq and the CSeq of its request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RAck {
    /// The RSeq of the response.
    pub rseq: u32,
    /// The CSeq of the response.
    pub cseq: CSeq,
}

impl Scan for RAck {
    fn scan(scanner: &mut Scanner<'_>) -> Result<Self, Syntax> {
        let rseq = scanner.number()?;
        if !scanner.space() {
            return Err(Syntax("a CSeq after the number"));
        }
        Ok(Self { rseq, cseq: CSeq::scan(scanner)? })
    }
}

impl Encode for RAck {
    fn encode(&self, out: &mut Vec<u8>) {
        decimal(self.rseq, out);
        out.push(b' ');
        self.cseq.encode(out);
    }
}

values!(RAck);
