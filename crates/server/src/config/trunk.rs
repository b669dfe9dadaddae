//! A trunk as it is written, and what it means.

use std::str::FromStr;

use ipnet::IpNet;
use regex_lite::Regex;
use serde::{Deserialize, Serialize};
use sip::{Credentials, SipUri, Uri};

/// A peer that carries numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trunk {
    /// Its name.
    pub name: String,
    /// Its host, looked up through SRV; or `host:port`, or `host:port;transport=udp`.
    pub host: String,
    /// Calls from here need no credentials.
    #[serde(default)]
    pub addresses: Vec<IpNet>,
    /// Our user name there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Our password there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Whether to register there with that user name, for trunks that send calls only then.
    #[serde(default)]
    pub register: bool,
    /// Rules (regular expressions) for the dialled numbers that go out here; the first trunk with a match takes a number.
    #[serde(default)]
    pub numbers: Vec<String>,
    /// The number shown to those who are called, unless the flow says another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_id: Option<String>,
}

impl Trunk {
    /// The trunk as the switch knows it, or which of its settings cannot be.
    pub fn peer(&self) -> Result<switch::Trunk, String> {
        let place = |setting: &str, why: String| format!("trunk `{}`: {setting}: {why}", self.name);
        let rule = |rule: &String| Regex::new(rule).map_err(|error| place("numbers", format!("`{rule}`: {error}")));
        let credentials = match (&self.username, &self.password) {
            (Some(username), Some(password)) => {
                Some(Credentials { username: username.clone(), password: password.clone() })
            }
            (None, None) => None,
            _ => return Err(place("username", "username and password go together".into())),
        };
        if self.register && credentials.is_none() {
            return Err(place("register", "needs username and password, which it registers with".into()));
        }
        Ok(switch::Trunk {
            name: self.name.clone(),
            uri: self
                .uri()
                .ok_or_else(|| place("host", format!("`{}` is no host; write host, or host:port", self.host)))?,
            credentials,
            register: self.register,
            numbers: self.numbers.iter().map(rule).collect::<Result<_, _>>()?,
            caller_id: self.caller_id.clone(),
        })
    }

    /// Where its calls come from.
    pub fn source(&self) -> sip::Trunk {
        let prefix = |net: &IpNet| sip::Prefix::new(net.addr(), net.prefix_len()).ok();
        sip::Trunk { name: self.name.clone(), prefixes: self.addresses.iter().filter_map(prefix).collect() }
    }

    fn uri(&self) -> Option<SipUri> {
        match Uri::parse(&bytes::Bytes::from(format!("sip:{}", self.host))) {
            Ok(Uri::Sip(uri)) if uri.user.is_none() => Some(uri),
            _ => None,
        }
    }
}

/// An example for the list of keys: every setting has a value.
pub(super) fn example() -> Trunk {
    Trunk {
        name: "carrier".into(),
        host: "sip.carrier.example".into(),
        addresses: vec![IpNet::from_str("203.0.113.0/28").expect("a network")],
        username: Some("u1".into()),
        password: Some("secret".into()),
        register: true,
        numbers: vec!["^0".into()],
        caller_id: Some("+918044444444".into()),
    }
}
