//! `tel:` (RFC 3966).

use bytes::Bytes;

use crate::params::Params;
use crate::scan::{PHONE, Scanner, Syntax};
use crate::value::{Encode, Scan};

/// A telephone number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TelUri {
    /// `+91-99000-00001` or a local number, as it was written.
    pub number: Bytes,
    /// `;phone-context=+91;ext=7`
    pub params: Params,
}

impl TelUri {
    /// The number without visual separators.
    pub fn digits(&self) -> Bytes {
        let kept = self.number.iter().copied().filter(|byte| !matches!(byte, b'-' | b'.' | b'(' | b')'));
        kept.collect::<Vec<u8>>().into()
    }

    /// RFC 3966 section 4: separators and case do not count, every parameter does.
    pub fn equivalent(&self, other: &Self) -> bool {
        self.digits().eq_ignore_ascii_case(&other.digits()) && self.sorted_params() == other.sorted_params()
    }

    fn sorted_params(&self) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        let lower = |(name, value): (Bytes, Option<Bytes>)| {
            (name.to_ascii_lowercase(), value.map(|value| value.to_ascii_lowercase()))
        };
        let mut params: Vec<_> = self.params.iter().map(lower).collect();
        params.sort();
        params
    }
}

impl Scan for TelUri {
    fn scan(scanner: &mut Scanner<'_>) -> Result<Self, Syntax> {
        let number = scanner.run(PHONE, "a telephone number")?;
        if !number.iter().any(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'#')) {
            return Err(Syntax("a telephone number"));
        }
        Ok(Self { number, params: Params::of_uri(scanner)? })
    }
}

impl Encode for TelUri {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"tel:");
        out.extend_from_slice(&self.number);
        out.extend_from_slice(self.params.as_bytes());
    }
}
