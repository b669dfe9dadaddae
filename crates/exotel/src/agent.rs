//! What an agent's desk is told of a Connect, party by party: the popup URL, and `dial_passthru_event_url` (`exotel.md`
//! 1.12). One GET an event; nobody waits for its answer.

use std::time::Duration;

use jiff::Timestamp;
use model::{CallFacts, HttpRequest};

use crate::form::Query;
use crate::passthru::{Profile, direction};
use crate::time;

/// How long the URL may take.
const BUDGET: Duration = Duration::from_secs(5);

/// How it goes with a party that is rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It was invited.
    Dial,
    /// Its phone rings.
    Ringing,
    /// It answered, after ringing for so long.
    Answered(Duration),
    /// It is free again, whatever came of it.
    Terminal,
}

/// Tells a URL how it goes with the party `number`.
pub fn request(
    url: &str,
    facts: &CallFacts,
    (number, what): (&str, What),
    profile: &Profile,
    now: Timestamp,
) -> HttpRequest {
    let (from, to) = (profile.number(&facts.from), profile.number(&facts.to));
    let mut query = Query::onto(url);
    query.put("CallSid", facts.sid.as_str());
    query.put("CallFrom", &from);
    query.put("CallTo", &to);
    query.put("Direction", direction(facts.direction));
    query.put("Created", &time::long(facts.created, &profile.zone));
    query.put("From", &from);
    query.put("To", &to);
    query.put("CurrentTime", &time::short(now, &profile.zone));
    query.put("DialWhomNumber", &profile.number(number));
    query.put("Status", if what == What::Terminal { "free" } else { "busy" });
    query.put("EventType", what.name());
    query.put("AgentEmail", profile.emails.get(number).map_or("", String::as_str));
    if let What::Answered(rang) = what {
        query.put("RingDuration", &rang.as_secs().to_string());
    }
    HttpRequest::get(query.finish(), BUDGET)
}

impl What {
    fn name(self) -> &'static str {
        match self {
            Self::Dial => "Dial",
            Self::Ringing => "Ringing",
            Self::Answered(_) => "Answered",
            Self::Terminal => "Terminal",
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{CallSid, Direction, FlowId, Tenant};

    use super::*;

    fn facts() -> CallFacts {
        let name = (CallSid::new("0f1e2d3c4b5a69788796a5b4c3d2187v"), Tenant::default());
        let flow = ("front-desk", FlowId::new(11111).expect("five digits"));
        let parties = ["+919900000001".into(), "+918000000002".into()];
        let created = "2024-07-31T11:12:56Z".parse().expect("a time");
        CallFacts { answered: true, ..CallFacts::begun(name, Direction::Incoming, parties, created, flow) }
    }

    fn told(number: &str, what: What) -> String {
        let mut profile = Profile::default();
        profile.emails.insert("sip:desk".into(), "desk@crm.example".into());
        let now = "2024-07-31T11:13:02Z".parse().expect("a time");
        request("https://crm.example/popup?key=s3cret", &facts(), (number, what), &profile, now).url
    }

    #[test]
    fn an_agent_is_busy_until_it_is_free() {
        let common = "https://crm.example/popup?key=s3cret&CallSid=0f1e2d3c4b5a69788796a5b4c3d2187v&CallFrom=09900000001&CallTo=08000000002&Direction=incoming&Created=Wed%2C+31+Jul+2024+16%3A42%3A56&From=09900000001&To=08000000002&CurrentTime=2024-07-31+16%3A43%3A02";
        let rows = [
            ("+919900000003", What::Dial, "&DialWhomNumber=09900000003&Status=busy&EventType=Dial&AgentEmail="),
            (
                "sip:desk",
                What::Ringing,
                "&DialWhomNumber=sip%3Adesk&Status=busy&EventType=Ringing&AgentEmail=desk%40crm.example",
            ),
            (
                "+919900000003",
                What::Answered(Duration::from_millis(4_900)),
                "&DialWhomNumber=09900000003&Status=busy&EventType=Answered&AgentEmail=&RingDuration=4",
            ),
            ("+919900000003", What::Terminal, "&DialWhomNumber=09900000003&Status=free&EventType=Terminal&AgentEmail="),
        ];
        for (number, what, rest) in rows {
            assert_eq!(told(number, what), format!("{common}{rest}"));
        }
    }
}
