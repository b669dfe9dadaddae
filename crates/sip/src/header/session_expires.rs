//! Session-Expires (RFC 4028 section 4).

use crate::params::Params;
use crate::scan::{Scanner, Syntax};
use crate::value::{Encode, Scan, decimal, values};

/// Who has to refresh the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refresher {
    /// Who sent the request.
    Uac,
    /// Who answers it.
    Uas,
}

/// How long a session lives without a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionExpires {
    /// Seconds.
    pub interval: u32,
    /// Who refreshes, if that is said.
    pub refresher: Option<Refresher>,
}

impl Scan for SessionExpires {
    fn scan(scanner: &mut Scanner<'_>) -> Result<Self, Syntax> {
        let interval = scanner.number()?;
        let refresher = match Params::of_header(scanner)?.get("refresher") {
            None => None,
            Some(word) if word.eq_ignore_ascii_case(b"uac") => Some(Refresher::Uac),
            Some(word) if word.eq_ignore_ascii_case(b"uas") => Some(Refresher::Uas),
            Some(_) => return Err(Syntax("uac or uas")),
        };
        Ok(Self { interval, refresher })
    }
}

impl Encode for SessionExpires {
    fn encode(&self, out: &mut Vec<u8>) {
        decimal(self.interval, out);
        out.extend_from_slice(match self.refresher {
            None => b"",
            Some(Refresher::Uac) => b";refresher=uac",
            Some(Refresher::Uas) => b";refresher=uas",
        });
    }
}

values!(SessionExpires);
