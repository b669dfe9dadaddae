//! The configuration: TOML, the environment over it, and what both mean. Defaults need no file.
//!
//! Unknown keys are refused with the nearest known one. Every value is read into what it means here, so that nothing
//! behind this line can find it wrong.

mod callout;
mod check;
mod dial;
mod environment;
mod gateway;
mod group;
mod identity;
mod keys;
mod recording;
mod shown;
mod trunk;

use core::net::{IpAddr, SocketAddr};
use std::ffi::OsString;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

pub use crate::fetch::Allowed;
pub use callout::Callout;
pub use dial::Dial;
pub use gateway::{Sms, Smtp};
pub use group::Group;
pub use identity::Identity;
pub use recording::Recording;
pub use trunk::Trunk;

/// The configuration, as written. `passthru print-config` prints it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The folder of everything that the server keeps: database, rendered prompts.
    pub data: PathBuf,
    /// The folder of flow documents.
    pub flows: PathBuf,
    /// The account's name, in paths and answers of the v1 API.
    pub account_sid: String,
    /// The account's number: `tenant_id` in a Passthru.
    pub tenant_id: u32,
    /// The zone that times of a Passthru are written in.
    pub time_zone: String,
    /// How numbers are written in a Passthru: `national0` or `e164`.
    pub number_format: NumberFormat,
    /// The calling code of the home country, without `+`.
    pub country_code: String,
    /// HTTP.
    pub http: Http,
    /// SIP.
    pub sip: Sip,
    /// RTP.
    pub rtp: Rtp,
    /// Applications that hear calls.
    pub stream: Streams,
    /// Callouts.
    pub callout: Callout,
    /// What a Passthru sends.
    pub passthru: Passthru,
    /// Recordings.
    pub recording: Recording,
    /// What is kept of calls, to be looked at.
    pub trace: Trace,
    /// Dialling.
    pub dial: Dial,
    /// The gateway of text messages.
    pub sms: Sms,
    /// The server that mail goes out by.
    pub smtp: Smtp,
    /// Softphones that register.
    #[serde(rename = "user", skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<User>,
    /// Groups of parties.
    #[serde(rename = "group", skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// Peers that carry numbers.
    #[serde(rename = "trunk", skip_serializing_if = "Vec::is_empty")]
    pub trunks: Vec<Trunk>,
    /// Certificates that are shown to applications.
    #[serde(rename = "identity", skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<Identity>,
    /// Called numbers and the flow of each.
    #[serde(rename = "number", skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<Number>,
}

/// HTTP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Where the API listens.
    pub listen: SocketAddr,
    /// Requests of the v1 API that are served a minute.
    pub rate_limit: u32,
    /// A PEM file with the certificate that the API shows, and those between it and its authority. With it the API speaks TLS only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_cert: Option<PathBuf>,
    /// A PEM file with the certificate's private key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_key: Option<PathBuf>,
}

/// SIP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sip {
    /// Where calls come in: `udp:ADDRESS:PORT` and `tcp:ADDRESS:PORT`. Calls go out from here too, so the families of these
    /// addresses are those that can be called.
    pub listen: Vec<Listen>,
    /// The address that peers are told to send to, instead of those of its family that are listened on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_address: Option<IpAddr>,
    /// Who may call without credentials; nobody else may. Must be written out when `listen` names other addresses than loopback.
    pub trusted: Vec<IpNet>,
    /// What softphones are challenged with: `md5`, or `sha-256` with `md5` after it. The latter is stronger, but some phones
    /// (libre 1.1, as in Debian's baresip) give up at an algorithm that they do not know.
    pub digest: Digest,
}

/// RTP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rtp {
    /// The ports of media, `FIRST-LAST`; each leg takes an even one and the next.
    pub ports: Ports,
    /// Media threads; 0 is one a core.
    pub workers: usize,
    /// Seconds without a packet after which a call is ended; 0 is never.
    pub timeout: u64,
}

/// Streams: applications that hear calls, live.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Streams {
    /// How many there may be at once, of all calls; at most [`Streams::MOST`].
    pub limit: usize,
}

impl Streams {
    /// What the limit may be set to.
    pub const MOST: usize = 10_000;
}

impl Default for Streams {
    fn default() -> Self {
        Self { limit: 100 }
    }
}

/// What is kept of calls, to be looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Trace {
    /// Whether their SIP messages are.
    pub sip: bool,
}

/// What a Passthru sends. Accounts differ in it, and so do the applications behind them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Passthru {
    /// Whether `CallStatus` is sent.
    pub call_status: bool,
    /// Whether the deprecated keys are sent: `ForwardedFrom`, `ProcessStatus`, `flow_id`, `tenant_id`.
    pub deprecated: bool,
    /// Whether `Legs[i][DisconnectedBy]` is sent, which older accounts do not know.
    pub disconnected_by: bool,
}

/// A called number and its flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Number {
    /// The number, in any of its usual forms.
    pub number: String,
    /// The flow that answers it.
    pub flow: String,
}

/// A softphone that registers and calls with a password.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Its name: `sip:NAME` in flows.
    pub name: String,
    /// Its password.
    pub password: String,
    /// The agent's address, for those who are told of calls to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// How numbers are written in a Passthru.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NumberFormat {
    /// National, with a leading 0.
    National0,
    /// E.164, with a leading `+`.
    E164,
}

/// What softphones are challenged with (RFC 7616, RFC 8760).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Digest {
    /// MD5 alone.
    #[serde(rename = "md5")]
    Md5,
    /// SHA-256, then MD5.
    #[serde(rename = "sha-256")]
    Sha256,
}

/// A transport and an address: `udp:127.0.0.1:5060`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Listen {
    /// How.
    pub transport: Transport,
    /// Where.
    pub address: SocketAddr,
}

/// A transport of SIP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// RFC 3261 section 18, datagrams.
    Udp,
    /// RFC 3261 section 18, streams.
    Tcp,
}

/// A range of ports: `20000-39999`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Ports(pub RangeInclusive<u16>);

/// Why the server refuses to start: the setting, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {error}; check the path given to --config", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's word.
        error: std::io::Error,
    },
    /// The file or the environment says something that cannot be.
    #[error("{place}: {message}")]
    Invalid {
        /// The file or the environment variable.
        place: String,
        /// What is wrong, with its line where there is one.
        message: String,
    },
}

impl Config {
    /// Reads a file, if one is given, and the environment's `PASSTHRU_…` over it.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let environment = environment::settings(environment)?;
        let (place, text) = match file {
            None => ("defaults".to_owned(), String::new()),
            Some(path) => {
                let unreadable = |error| ConfigError::Unreadable { path: path.to_owned(), error };
                (path.display().to_string(), std::fs::read_to_string(path).map_err(unreadable)?)
            }
        };
        Self::read(&place, &text, environment)
    }

    fn read(
        place: &str,
        text: &str,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let environment: Vec<(String, String)> = environment.into_iter().collect();
        let invalid = |message: String| ConfigError::Invalid { place: place.to_owned(), message };
        let mut table: toml::Table = text.parse().map_err(|error| invalid(told(text, &error)))?;
        keys::check(&table).map_err(invalid)?;
        // Read once as it stands, so that a fault of the file is told with its line.
        toml::from_str::<Self>(text).map_err(|error| invalid(told(text, &error)))?;
        let file = table.clone();
        let places = environment::lay_over(&mut table, environment.clone())?;
        let trusted_is_written = table.get("sip").and_then(|sip| sip.get("trusted")).is_some();
        let config = Self::deserialize(table).map_err(|error| {
            // The file was good, so it is a variable: the one that is refused alone.
            let alone = |place: &&String| {
                let mut table = file.clone();
                let one = environment.iter().filter(|(name, _)| name == *place).cloned();
                environment::lay_over(&mut table, one).is_ok() && Self::deserialize(table).is_err()
            };
            let place = places.iter().find(alone).cloned().unwrap_or_else(|| places.join(", "));
            ConfigError::Invalid { place, message: told("", &error) }
        })?;
        check::check(&config, trusted_is_written).map_err(|message| {
            let place = [&[place.to_owned()], &places[..]].concat().join(", ");
            ConfigError::Invalid { place, message }
        })?;
        Ok(config)
    }

    /// The groups as the switch knows them, or which cannot be.
    pub fn switch_groups(&self) -> Result<Vec<switch::Group>, String> {
        self.groups.iter().map(Group::switched).collect()
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: "data".into(),
            flows: "flows".into(),
            account_sid: "passthru".into(),
            tenant_id: 1,
            time_zone: "Asia/Kolkata".into(),
            number_format: NumberFormat::National0,
            country_code: "91".into(),
            http: Http::default(),
            sip: Sip::default(),
            rtp: Rtp::default(),
            stream: Streams::default(),
            callout: Callout::default(),
            passthru: Passthru::default(),
            recording: Recording::default(),
            trace: Trace::default(),
            dial: Dial::default(),
            sms: Sms::default(),
            smtp: Smtp::default(),
            users: Vec::new(),
            groups: Vec::new(),
            trunks: Vec::new(),
            identities: Vec::new(),
            numbers: Vec::new(),
        }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8080)), rate_limit: 200, tls_cert: None, tls_key: None }
    }
}

impl Default for Sip {
    fn default() -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], 5060));
        Self {
            listen: vec![Listen { transport: Transport::Udp, address }, Listen { transport: Transport::Tcp, address }],
            public_address: None,
            trusted: loopback(),
            digest: Digest::Md5,
        }
    }
}

impl Default for Rtp {
    fn default() -> Self {
        Self { ports: Ports(20_000..=39_999), workers: 0, timeout: 30 }
    }
}

impl Default for Trace {
    fn default() -> Self {
        Self { sip: true }
    }
}

impl Default for Passthru {
    fn default() -> Self {
        Self { call_status: true, deprecated: true, disconnected_by: true }
    }
}

/// What is wrong with a text, in one line: where it stands, what it is, and the line as it was written.
fn told(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().lines().collect::<Vec<_>>().join(", ");
    let Some(before) = error.span().and_then(|span| text.get(..span.start)).filter(|_| !text.is_empty()) else {
        return message;
    };
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text[start..].lines().next().unwrap_or_default().trim();
    let (row, column) = (before.matches('\n').count() + 1, before[start..].chars().count() + 1);
    format!("line {row}, column {column}: {message}, in `{line}`; `passthru print-config` shows every setting")
}

fn loopback() -> Vec<IpNet> {
    ["127.0.0.0/8", "::1/128"].map(|network| IpNet::from_str(network).expect("a network")).into()
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transport = match self.transport {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
        };
        write!(f, "{transport}:{}", self.address)
    }
}

impl From<Listen> for String {
    fn from(listen: Listen) -> Self {
        listen.to_string()
    }
}

impl TryFrom<String> for Listen {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no address to listen on; write udp:ADDRESS:PORT or tcp:ADDRESS:PORT");
        let (transport, address) = text.split_once(':').ok_or_else(wrong)?;
        let transport = match transport {
            "udp" => Transport::Udp,
            "tcp" => Transport::Tcp,
            _ => return Err(wrong()),
        };
        Ok(Self { transport, address: address.parse().map_err(|_| wrong())? })
    }
}

impl From<Ports> for String {
    fn from(Ports(ports): Ports) -> Self {
        format!("{}-{}", ports.start(), ports.end())
    }
}

impl TryFrom<String> for Ports {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let range =
            text.split_once('-').and_then(|(first, last)| Some(first.trim().parse().ok()?..=last.trim().parse().ok()?));
        range
            .filter(|range: &RangeInclusive<u16>| *range.start() >= 1024 && range.end() > range.start())
            .map(Self)
            .ok_or_else(|| format!("`{text}` is no range of ports; write FIRST-LAST, such as 20000-39999"))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt as _;

    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        Config::read("passthru.toml", text, []).map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_need_no_file_and_print_as_what_they_are() {
        let config = read("").expect("defaults");
        assert_eq!(config, Config::default());
        assert_eq!(read(&config.to_toml()), Ok(config));
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_place_and_the_next_step() {
        let rows = [
            ("lisen = 1", "did you mean `sip.listen`"),
            ("[sip]\nlisten = [\"udp:127.0.0.1\"]", "udp:ADDRESS:PORT"),
            ("[sip]\npublik_address = \"1.2.3.4\"", "did you mean `sip.public_address`"),
            ("[sip]\nlisten = []", "at least one address"),
            ("[sip]\nlisten = [\"udp:192.0.2.1:5060\"]", "write out sip.trusted"),
            ("[sip] # trusted\nlisten = [\"udp:192.0.2.1:5060\"]", "write out sip.trusted"),
            ("[sip]\nlisten = [\"udp:0.0.0.0:5060\"]\ntrusted = []", "set sip.public_address"),
            ("[sip]\nlisten = [\"udp:[::]:5060\"]\ntrusted = []\npublic_address = \"192.0.2.1\"", "the IPv6 address"),
            ("[rtp]\nports = \"9-1\"", "FIRST-LAST"),
            ("[rtp]\nports = \"80-90\"", "FIRST-LAST"),
            ("time_zone = \"Kolkata\"", "Asia/Kolkata"),
            ("country_code = \"+91\"", "one to three digits"),
            ("country_code = \"12345\"", "one to three digits"),
            ("sip = 5", "`sip` is a table: write [sip], and its settings below it"),
            ("[foo]", "unknown key `foo`"),
            ("number = \"1\"", "`number` is a table: write [[number]], and its settings below it"),
            (
                "[[number]]\nnumber = \"08044444444\"\nflow = \"a\"\n[[number]]\nnumber = \"+918044444444\"\nflow = \"b\"",
                "number: `+918044444444` and `08044444444` are one number",
            ),
            (
                "[[user]]\nname = \"a\"\npassword = \"x\"\n[[user]]\nname = \"a\"\npassword = \"y\"",
                "user.name: `a` is there twice",
            ),
            (
                "[[trunk]]\nname = \"c\"\nhost = \"a.example\"\n[[trunk]]\nname = \"c\"\nhost = \"b.example\"",
                "trunk.name: `c` is there twice",
            ),
            ("number_format = \"local\"", "national0"),
            ("[[number]]\nnumber = \"1\"", "missing field `flow`"),
            ("[[number]]\nnumber = \"1\"\nflow = \"a\"\nflwo = \"b\"", "did you mean `number.flow`"),
            (
                "[[trunk]]\nname = \"carrier\"\nhost = \"a.example\"\nregister = true",
                "trunk `carrier`: register: needs username and password",
            ),
            ("[recording]\nbase_url = \"voice.example\"", "https://voice.example"),
            ("[recording]\nkeep_days = 36501", "write 0 for ever"),
            ("[callout]\nhttps_only = true\n[recording]\nready_url = \"http://a.example/\"", "write https://"),
            ("[callout]\nhttps_only = true\n[sms]\nurl = \"http://a.example/\"", "sms.url is no https URL"),
            ("[recording]\nvalidity = 5", "recording.validity: 5 is not within 60 and 31536000 seconds"),
            ("[dial]\nallow = [\"^0\", \"(\"]", "dial.allow: `(` is no regular expression: "),
            ("[dial]\nsticky_days = 366", "dial.sticky_days: 366 is more than 365"),
            ("[dial]\nalow = []", "did you mean `dial.allow`"),
            ("data = ", "line 1"),
            ("[sip]\nlisten = \"udp:127.0.0.1:1\"", "line 2, column 10: invalid type: string \"udp:127.0.0.1:1\""),
            ("[sip]\nlisten = 1", "in `listen = 1`; `passthru print-config` shows every setting"),
        ];
        for (text, expected) in rows {
            let error = read(text).expect_err(text);
            assert!(error.starts_with("passthru.toml: ") && error.contains(expected), "{text}: {error}");
            assert_eq!(error.lines().count(), 1, "{text}: {error}");
        }
    }

    #[test]
    fn the_environment_lies_over_the_file() {
        let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let config = Config::read(
            "f",
            "[http]\nlisten = \"127.0.0.1:1\"",
            [
                set("PASSTHRU_HTTP_LISTEN", "127.0.0.1:2"),
                set("PASSTHRU_SIP_LISTEN", "udp:127.0.0.1:3, tcp:127.0.0.1:3"),
                set("PASSTHRU_RTP_WORKERS", "3"),
                set("PATH", "/bin"),
            ],
        )
        .expect("fits");
        assert_eq!((config.http.listen.port(), config.sip.listen.len(), config.rtp.workers), (2, 2, 3));
        let error = Config::read("f", "", [set("PASSTHRU_SIP_LISTN", "x")]).expect_err("unknown").to_string();
        assert!(error.contains("PASSTHRU_SIP_LISTN") && error.contains("PASSTHRU_SIP_LISTEN"), "{error}");
        let error = Config::read("f", "", [set("PASSTHRU_DATA", "d"), set("PASSTHRU_RTP_PORTS", "x")])
            .expect_err("no range")
            .to_string();
        assert!(error.starts_with("PASSTHRU_RTP_PORTS: "), "{error}");
        let error = Config::read("f", "", [set("PASSTHRU_COUNTRY_CODE", "0")]).expect_err("no code").to_string();
        assert!(error.starts_with("f, PASSTHRU_COUNTRY_CODE: country_code: "), "{error}");
    }

    #[test]
    fn variables_of_others_may_hold_anything() {
        let odd = OsString::from_vec(vec![0xff]);
        let load = |name: &str| Config::load(None, [(OsString::from(name), odd.clone()), (odd.clone(), odd.clone())]);
        assert_eq!(load("OTHER").expect("not ours"), Config::default());
        assert_eq!(load("PASSTHRU_DATA").expect_err("ours").to_string(), "PASSTHRU_DATA: not UTF-8 text");
    }
}
