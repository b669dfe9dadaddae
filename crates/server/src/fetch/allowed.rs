//! What callouts may reach though it is not the public internet: a network, or whatever a host's name leads to.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use url::Host;

/// An entry of `[callout] allow`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Allowed {
    /// The addresses of a network; an address alone is one of its own.
    Network(IpNet),
    /// The addresses of a name, as URLs write it: ASCII in lower case, without a dot at its end.
    Name(String),
}

impl FromStr for Allowed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(network) = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)) {
            return Ok(Self::Network(network));
        }
        match Host::parse(text) {
            Ok(Host::Domain(name)) if !name.contains('*') => Ok(Self::Name(name.trim_end_matches('.').to_owned())),
            _ => Err(format!("`{text}` is neither a network nor a host's name; write 10.0.0.0/8, or crm.internal")),
        }
    }
}

impl TryFrom<String> for Allowed {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(network) => network.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl From<Allowed> for String {
    fn from(allowed: Allowed) -> Self {
        allowed.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_or_a_name_is_read() {
        let rows = [
            ("10.0.0.0/8", Ok("10.0.0.0/8")),
            ("10.0.0.7", Ok("10.0.0.7/32")),
            ("fd12::/16", Ok("fd12::/16")),
            ("::1", Ok("::1/128")),
            ("CRM.internal.", Ok("crm.internal")),
            ("bücher.example", Ok("xn--bcher-kva.example")),
            ("localhost", Ok("localhost")),
            ("10.0.0.0/33", Err("`10.0.0.0/33` is neither a network nor a host's name")),
            ("10.0.0.256", Err("`10.0.0.256` is neither")),
            ("0x7f.1", Err("`0x7f.1` is neither")),
            ("*.internal", Err("write 10.0.0.0/8, or crm.internal")),
            ("http://crm.internal", Err("`http://crm.internal` is neither")),
            ("crm.internal:8080", Err("`crm.internal:8080` is neither")),
            ("", Err("`` is neither")),
        ];
        for (text, expected) in rows {
            match (text.parse::<Allowed>().map(|allowed| allowed.to_string()), expected) {
                (Ok(read), Ok(shown)) => assert_eq!(read, shown),
                (Err(error), Err(told)) => assert!(error.contains(told), "{error}"),
                (read, expected) => panic!("{text}: {read:?}, not {expected:?}"),
            }
        }
    }
}
