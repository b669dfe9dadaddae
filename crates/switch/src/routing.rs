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

/// Whom a URI names; what is not UTF-8 is replaced, for people to read.
pub(crate) fn user(uri: &Uri) -> String {
    uri.user().map_or_else(String::new, |user| String::from_utf8_lossy(&user).into_owned())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use sip::{Credentials, NameAddr, Path, Transport};

    use super::*;

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
