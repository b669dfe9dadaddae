//! Calls that somebody outside asks for.

use core::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use flow::Target;
use model::{CallFacts, CallSid, Direction, FlowId, Moment, StartCall, Then};

use super::Switch;
use crate::call::Call;
use crate::dialing;
use crate::order::CallKey;
use crate::prompts::Published;

/// Why a call that was asked for is not begun.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The server stops.
    #[error("the server is stopping; try again in a minute")]
    Leaving,
    /// There are as many calls as may be.
    #[error("as many calls as may be are under way; try again later")]
    Full,
    /// What is to be stored waits too long.
    #[error("the database takes nothing just now; try again in a minute")]
    HeldUp,
    /// There is a call of that name.
    #[error("there is a call {0} already; give each a name of its own")]
    Taken(CallSid),
    /// There is no such flow.
    #[error("there is no flow {0}; /api/v1/flows lists those there are, with their numbers")]
    NoFlow(FlowId),
    /// That text names nobody who could be rung.
    #[error("`{0}` cannot be rung; write a number like +918022222222, sip:user, or sip:user@host")]
    Nobody(String),
    /// The call is not to a flow that there is, and none that does what it is for was given along.
    #[error("nothing says what becomes of the call when its first party has answered")]
    Unjoined,
}

impl Switch {
    /// Begins a call: rings its first party, and runs a flow when that answers: `published`, or the one of the number that the
    /// call asks for. It is the operator's word, so whoever can be rung is.
    pub fn handle_start(
        &mut self,
        wanted: StartCall,
        published: Option<Arc<Published>>,
        now: Moment,
    ) -> Result<(), StartError> {
        self.admits()?;
        if self.by_sid.contains_key(&wanted.sid) {
            return Err(StartError::Taken(wanted.sid));
        }
        let target = party(&wanted.from)?;
        if let Then::Connect(connect) = &wanted.then
            && !matches!(Target::parse(&connect.to), Target::Group(_))
        {
            party(&connect.to)?;
        }
        let published = match (published, &wanted.then) {
            (Some(published), _) => published,
            (None, Then::Flow(wanted)) => {
                let flow = self.flows.values().find(|flow| flow.program.id() == wanted.id);
                flow.cloned().ok_or(StartError::NoFlow(wanted.id))?
            }
            (None, Then::Connect(_) | Then::Bot(_)) => return Err(StartError::Unjoined),
        };
        let facts = self.facts(&wanted, &target, &published, now);
        self.next_call += 1;
        let key = CallKey(self.next_call);
        let setup = self.setup(IpAddr::V4(Ipv4Addr::UNSPECIFIED)); // its media live where the way to it leads
        self.by_sid.insert(facts.sid.clone(), key);
        self.calls.insert(key, Call::outgoing(facts, published, wanted, setup, now));
        self.with_call(key, now, |call| call.ring_first(target, now));
        self.settle(now);
        Ok(())
    }

    /// Whether a call may begin now, from whichever side; else why not.
    pub fn admits(&self) -> Result<(), StartError> {
        if self.leaving {
            return Err(StartError::Leaving);
        }
        if self.calls.len() >= self.config.limits.calls {
            return Err(StartError::Full);
        }
        if self.held_up {
            return Err(StartError::HeldUp);
        }
        Ok(())
    }

    /// Who is rung first is the caller of the flow and our number the one called, as captures of such calls have it; the vendor's
    /// article would have the party that is dialled out (`exotel.md` 1.8), whom a flow may not have.
    fn facts(&self, wanted: &StartCall, target: &Target, published: &Published, now: Moment) -> CallFacts {
        let from = match target {
            Target::Number(number) => self.config.numbering.normalise(number),
            Target::User(_) | Target::Uri(_) | Target::Group(_) => target.to_string(),
        };
        let to = self.config.numbering.normalise(&wanted.caller_id);
        let name = (wanted.sid.clone(), self.config.tenant.clone());
        let flow = (published.program.name(), published.program.id());
        CallFacts {
            custom_field: wanted.custom_field.clone(),
            ..CallFacts::begun(name, Direction::Outgoing, [from, to], now.wall, flow)
        }
    }
}

/// Whom a text names.
fn party(text: &str) -> Result<Target, StartError> {
    let target = Target::parse(text);
    let is_somebody = match &target {
        Target::Number(number) => {
            let digits = number.strip_prefix('+').unwrap_or(number);
            !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'*' | b'#'))
        }
        Target::User(user) => !user.is_empty() && user.bytes().all(is_plain),
        Target::Group(_) => false, // several, of whom none would be the caller
        Target::Uri(uri) => uri.bytes().all(is_plain) && dialing::uri(&target).is_some(),
    };
    if is_somebody { Ok(target) } else { Err(StartError::Nobody(text.to_owned())) }
}

/// Braces would make it a template where it is written into a flow.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'"' | b'\\' | b'{' | b'}')
}

#[cfg(test)]
mod tests {
    use super::{StartError, party};

    #[test]
    fn somebody_is_a_number_a_user_or_a_uri() {
        for text in ["+919900000001", "09900000001", "*21#", "sip:desk", "sip:desk@10.0.1.2:5060"] {
            assert_eq!(party(text).map(|target| target.to_string()), Ok(text.to_owned()));
        }
        let nobody = [
            "",
            "+",
            "desk",
            "0990 000",
            "sip:",
            "sip:a b",
            "sip:{{x}}",
            "sip:desk@",
            "sip:a@b\r\nc",
            "sip:{{x}}@desk",
        ];
        for text in nobody {
            assert_eq!(party(text), Err(StartError::Nobody(text.to_owned())));
        }
    }
}
