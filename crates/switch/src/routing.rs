//! Which number was dialled, and which flow it starts.

use std::collections::BTreeMap;

use sip::{Invitation, Source, Uri};

use crate::dialing::Trunk;

/// Which number starts which flow.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    /// Called numbers, as [`crate::Numbering::normalise`] leaves them, and the flow that each starts.
    pub numbers: BTreeMap<String, String>,
    /// The flow of every number that has none of its own.
    pub default_flow: Option<String>,
}

impl Routes {
    /// The flow of a normalised number.
    pub(crate) fn flow(&self, number: &str) -> Option<&String> {
        self.numbers.get(number).or(self.default_flow.as_ref())
    }
}

/// Whom the caller dialled. A trunk that sends calls to the contact that we registered says in To whom it means.
pub(crate) fn dialled(trunks: &[Trunk], invitation: &Invitation) -> String {
    let (at, to) = (user(&invitation.uri), user(&invitation.to.uri));
    let Source::Trunk(name) = &invitation.source else { return at };
    let is_it = |trunk: &&Trunk| trunk.register && trunk.name == *name;
    let contact = trunks.iter().find(is_it).and_then(|trunk| trunk.credentials.as_ref());
    if contact.is_some_and(|ours| ours.username == at) && !to.is_empty() { to } else { at }
}

/// Whom a URI names; what is not UTF-8 is replaced, for people to read. A telephone number is without its parameters
/// (RFC 3261 section 19.1.6); one that is local to a country code gets it from `phone-context` (RFC 3966 section 5.1.5).
pub(crate) fn user(uri: &Uri) -> String {
    let user = uri.user().map_or_else(String::new, |user| String::from_utf8_lossy(&user).into_owned());
    let Some((number, parameters)) = user.split_once(';') else { return user };
    let dialled = number.strip_prefix('+').unwrap_or(number);
    if dialled.is_empty() || !dialled.chars().all(|c| c.is_ascii_digit() || "*#-.()".contains(c)) {
        return user;
    }
    let context = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.eq_ignore_ascii_case("phone-context").then_some(value)
    });
    let code = context.filter(|context| context.starts_with('+') && !number.starts_with('+')).unwrap_or_default();
    format!("{code}{number}")
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use sip::{Credentials, NameAddr, Path, Transport};

    use super::*;

    #[test]
    fn a_number_is_without_its_parameters() {
        let rows = [
            ("sip:+918011112222;npdi;rn=+918099990000@carrier.example;user=phone", "+918011112222"),
            ("sip:08011112222;phone-context=ims.example@carrier.example", "08011112222"),
            ("sip:8011112222;phone-context=+91@carrier.example", "+918011112222"),
            ("sip:+918011112222;phone-context=+1;cpc=ordinary@carrier.example", "+918011112222"),
            ("sip:080-1111.2222;tgrp=in@carrier.example", "080-1111.2222"),
            ("sip:alice;day=tuesday@carrier.example", "alice;day=tuesday"),
            ("sip:;npdi@carrier.example", ";npdi"),
            ("sip:alice@carrier.example", "alice"),
            ("sip:carrier.example", ""),
        ];
        for (uri, named) in rows {
            assert_eq!(user(&Uri::parse(&Bytes::from_static(uri.as_bytes())).expect(uri)), named, "{uri}");
        }
    }

    #[test]
    fn a_trunk_may_send_calls_to_our_contact() {
        let uri = |text: &str| Uri::parse(&Bytes::copy_from_slice(text.as_bytes())).expect("a URI");
        let address = "192.0.2.1:5060".parse().expect("an address");
        let trunk = |register| Trunk {
            name: "carrier".into(),
            uri: uri("sip:carrier.example").as_sip().expect("a SIP URI").clone(),
            credentials: Some(Credentials { username: "u1".into(), password: "secret".into() }),
            register,
            numbers: Vec::new(),
            caller_id: None,
        };
        let (carrier, stranger) = (Source::Trunk("carrier".into()), Source::Trusted);
        let rows = [
            (&carrier, true, "sip:u1@192.0.2.1", "sip:+918011112222@carrier.example", "+918011112222"),
            (&carrier, true, "sip:+918011112222@192.0.2.1", "sip:+918033334444@carrier.example", "+918011112222"),
            (&carrier, true, "sip:u1@192.0.2.1", "sip:carrier.example", "u1"),
            (&carrier, false, "sip:u1@192.0.2.1", "sip:+918011112222@carrier.example", "u1"),
            (&stranger, true, "sip:u1@192.0.2.1", "sip:+918011112222@carrier.example", "u1"),
        ];
        for (source, register, at, to, number) in rows {
            let invitation = Invitation {
                uri: uri(at),
                from: NameAddr::new(uri("sip:+919900000001@carrier.example")),
                to: NameAddr::new(uri(to)),
                call_id: "call".into(),
                path: Path { transport: Transport::Udp, local: address, remote: address },
                source: source.clone(),
                offer: None,
                headers: sip::Headers::default(),
            };
            assert_eq!(dialled(&[trunk(register)], &invitation), number, "{source:?} {at} {to}");
        }
    }
}
