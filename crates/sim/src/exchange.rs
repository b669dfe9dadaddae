//! The exchange: the one address behind which everybody is who is called by number or by the name of a host. It hands a
//! request to the phone that its Request-URI names, and says 404 where there is none; phones answer for themselves.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use bytes::Bytes;
use flow::Target;
use regex_lite::Regex;
use sip::SipUri;
use switch::{Numbering as _, Trunk};

use crate::numbering::Local;
use crate::phone::Phone;
use crate::wire::Text;

/// Where it is.
pub(crate) const EXCHANGE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 2, 1)), 5060);

/// Who is behind it.
pub(crate) struct Exchange {
    numbering: Local,
    lines: Vec<(String, Phone)>,
}

/// Where a message to the exchange goes.
pub(crate) enum Reach {
    /// To that phone.
    Phone(Phone),
    /// Back, with that answer.
    Answer(Bytes),
    /// Nowhere: nothing answers an ACK.
    Nowhere,
}

impl Exchange {
    pub(crate) fn new(numbering: Local) -> Self {
        Self { numbering, lines: Vec::new() }
    }

    /// The trunk that carries every number to it.
    pub(crate) fn trunk() -> Trunk {
        Trunk {
            name: "exchange".into(),
            uri: SipUri::new(None, sip::Host::from(EXCHANGE.ip()), Some(EXCHANGE.port())),
            credentials: None,
            numbers: vec![Regex::new("^").expect("a rule that takes every number")],
            caller_id: None,
            register: false,
        }
    }

    /// Puts a phone behind it, under a number or a URI with a host.
    pub(crate) fn connect(&mut self, target: &Target, phone: Phone) {
        let line = match target {
            Target::Number(number) | Target::User(number) | Target::Group(number) => self.numbering.normalise(number),
            Target::Uri(uri) => uri.split_once(':').map_or(uri.as_str(), |(_, rest)| rest).to_owned(),
        };
        self.lines.push((line, phone));
    }

    /// Whom a request's URI names.
    pub(crate) fn phone(&self, bytes: &[u8]) -> Option<Phone> {
        let text = Text::read(bytes);
        let uri = text.first_line.split(' ').nth(1)?.strip_prefix("sip:")?;
        let uri = uri.split(';').next().unwrap_or(uri);
        let number = self.numbering.normalise(uri.split('@').next().unwrap_or(uri));
        let named = |(line, _): &&(String, Phone)| *line == uri || *line == number;
        self.lines.iter().find(named).map(|(_, phone)| phone.clone())
    }

    /// Where a message goes.
    pub(crate) fn reach(&self, bytes: &[u8]) -> Reach {
        if let Some(phone) = self.phone(bytes) {
            return Reach::Phone(phone);
        }
        let text = Text::read(bytes);
        if text.status().is_some() || text.method() == "ACK" {
            return Reach::Nowhere;
        }
        Reach::Answer(text.response("404 Not Found", "exchange", &[], ""))
    }
}
