//! Whom to ring is asked of a URL, and of another if that one fails (`exotel.md` 2.3, 2.7).
//!
//! ```text
//! Asking ─ answered ─► Dialling ─ nobody answered, `fetch_after_attempt` ─► Asking
//!    └─ no answer that can be used, both URLs ─► nobody was dialled, or nobody answered before
//! ```

use std::sync::Arc;

use exotel::connect::{self, Plan};
use flow::{Component, Cx, Event, Step, Visit};
use model::{HttpOutcome, LegFacts, without_userinfo};

use super::Rules;

/// Times that a URL is asked in one connect: as many attempts can be fetched one by one.
pub(super) const FETCHES: usize = 20;

/// Waits for a URL's answer.
pub(super) struct Asking {
    rules: Arc<Rules>,
    /// What came of the attempts before.
    past: Vec<LegFacts>,
    /// How often a URL has been asked.
    fetches: usize,
    /// Which URL is asked now.
    url: usize,
    callout: Component,
}

impl std::fmt::Debug for Asking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Asking {}", self.rules.urls.get(self.url).map_or_else(String::new, |url| without_userinfo(url)))
    }
}

impl Asking {
    /// Asks the first URL. `past` is what came of the attempts before, `fetches` how often it was asked for them.
    pub(super) fn begin(rules: &Arc<Rules>, past: Vec<LegFacts>, fetches: usize, cx: &mut Cx<'_>) -> Step {
        let Some(callout) = ask(rules, 0, cx) else { return Step::exit(rules.unanswered(&past)) };
        Step::wait(Self { rules: Arc::clone(rules), past, fetches: fetches + 1, url: 0, callout })
    }

    /// Does as the URL says.
    fn follow(&mut self, plan: Plan, cx: &mut Cx<'_>) -> Step {
        let past = std::mem::take(&mut self.past);
        if plan.targets.is_empty() {
            return Step::exit(self.rules.unanswered(&past));
        }
        self.rules.dial_as_told(plan, past, self.fetches, cx)
    }
}

impl Visit for Asking {
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step {
        let Event::CalloutEnded { id, outcome } = event else { return Step::Stay };
        if *id != self.callout {
            return Step::Stay;
        }
        let why = match outcome {
            HttpOutcome::Answered(answer) => match connect::read(answer) {
                Ok(plan) => return self.follow(plan, cx),
                Err(why) => why,
            },
            HttpOutcome::Failed(failure) => failure.to_string(),
        };
        let url = without_userinfo(&self.rules.urls[self.url]);
        cx.fault(format!("{url} does not say whom to ring: {why}"));
        self.url += 1;
        match ask(&self.rules, self.url, cx) {
            Some(callout) => {
                self.callout = callout;
                Step::Stay
            }
            None => Step::exit(self.rules.unanswered(&self.past)),
        }
    }

    fn on_caller_gone(&mut self, _: &mut Cx<'_>) -> Step {
        Step::exit(self.rules.unanswered(&self.past))
    }
}

fn ask(rules: &Rules, url: usize, cx: &mut Cx<'_>) -> Option<Component> {
    let request = connect::request(rules.urls.get(url)?, cx.facts(), &rules.profile, cx.now().wall);
    Some(cx.callout(request))
}

#[cfg(test)]
mod tests {
    use flow::ledger::{Ledger, leg};
    use flow::{Audio, Component, DialProgress, Event};
    use model::{Cause, DialFacts, DialStatus, HttpAnswer, HttpFailure, HttpOutcome, LegId};

    use crate::tests::node;

    fn asking(fields: &str) -> Ledger {
        let mut call = node(&format!(
            "applet: connect, url: 'http://crm.example/agents?key=1'{fields}, on: {{ answered: end, missed: end, nobody: end }}"
        ));
        let lines = call.start();
        assert!(lines[2].starts_with("ask 1 http://crm.example/agents?key=1&CallSid="), "{}", lines[2]);
        assert!(lines[2].contains("&CallStatus=ringing&") && lines[2].ends_with(" within 5s"), "{}", lines[2]);
        call
    }

    fn json(call: &mut Ledger, id: u32, body: &str) -> Vec<String> {
        let content_type = Some("application/json".to_owned());
        let answer = HttpAnswer { status: 200, content_type, body: body.into(), ..HttpAnswer::of(0) };
        call.event(Event::CalloutEnded { id: Component(id), outcome: HttpOutcome::Answered(answer) })
    }

    fn missed(call: &mut Ledger, id: u32) -> Vec<String> {
        let legs = vec![leg(DialStatus::NoAnswer, Cause::NO_ANSWER)];
        let (status, duration, caller_id) = (DialStatus::NoAnswer, std::time::Duration::ZERO, "+918011112222".into());
        call.event(Event::DialEnded { id: Component(id), facts: DialFacts { status, duration, caller_id, legs } })
    }

    #[test]
    fn a_list_of_numbers_is_rung_in_turn() {
        let mut call = asking(", ring: 20s");
        let lines = call.answered(1, 200, "09900000003, sip:desk");
        assert_eq!(lines, ["dial 2 09900000003 (outside) sip:desk (outside) for 20s"]);
        assert_eq!(call.dialled(2, DialStatus::Completed, true)[0], "left by answered");
    }

    #[test]
    fn settings_of_the_answer_go_before_the_nodes_own() {
        let mut call = asking(", ring: 20s, caller_id: 0803, music: hold.wav");
        let lines = json(
            &mut call,
            1,
            r#"{"destination":{"numbers":["0802","nobody"]},"outgoing_phone_number":"+918044444444","max_ringing_duration":900}"#,
        );
        assert_eq!(
            lines,
            [
                "fault: `nobody` is not rung: it is no number, sip:user or sip:user@host",
                "answer",
                "dial 2 0802 (outside) for 300s music hold.wav as +918044444444"
            ]
        );
    }

    #[test]
    fn what_a_url_wants_heard_is_had_before_anybody_is_rung_and_left_out_if_it_cannot_be() {
        let body = r#"{"destination":{"numbers":["0802"]},"record":true,"recording_channels":"dual",
            "music_on_hold":{"type":"audio","value":"http://crm.example/hold.wav"},
            "start_call_playback":{"type":"text","value":"A customer."},
            "in_call_playback":{"type":"text","value":"Still recorded.","start_delay":5,"repeat_frequency":86400},
            "parallel_ringing":{"activate":true,"max_parallel_attempts":3},"max_conversation_duration":60}"#;
        let mut call = asking("");
        assert_eq!(
            json(&mut call, 1, body),
            ["prepare 2 http://crm.example/hold.wav \"A customer.\" \"Still recorded.\""]
        );
        let missing = vec![(Audio::Url("http://crm.example/hold.wav".into()), "it is gone".to_owned())];
        let lines = call.event(Event::Prepared { id: Component(2), missing });
        let dialled = "dial 3 0802 (outside) for 30s, 3 at once, talks 60s whisper \"a customer.\" to callee playback \"still recorded.\" to both after 5s every 3600s recorded wav dual";
        assert_eq!(lines, ["fault: http://crm.example/hold.wav is not heard: it is gone", dialled]);
        let mut call = asking("");
        json(&mut call, 1, body);
        assert_eq!(call.hangs_up()[..2], ["stop 2", "left by nobody"]);
    }

    #[test]
    fn calls_are_shared_out_where_the_url_says_so() {
        let body =
            r#"{"distribute_calls":"equally","fetch_after_attempt":AGAIN,"destination":{"numbers":["0802","0803"]}}"#;
        for (again, how) in [("false", "shared out"), ("true", "shared out, one alone")] {
            let lines = json(&mut asking(""), 1, &body.replace("AGAIN", again));
            assert_eq!(lines, [format!("dial 2 0802 (outside) 0803 (outside) for 30s, {how}")]);
        }
    }

    #[test]
    fn nobody_is_dialled_when_the_url_names_nobody() {
        assert_eq!(asking("").answered(1, 200, "")[0], "left by nobody");
        assert_eq!(json(&mut asking(""), 1, r#"{"destination":{"numbers":[]}}"#)[0], "left by nobody");
    }

    #[test]
    fn nobody_is_dialled_when_the_url_fails() {
        let mut call = asking("");
        let lines = call.answered(1, 302, "");
        assert_eq!(
            lines[0],
            "fault: http://crm.example/agents?key=1 does not say whom to ring: its status is 302, not 200"
        );
        assert_eq!(lines[1], "left by nobody");
        assert_eq!(asking("").failed(1, HttpFailure::Timeout)[1], "left by nobody");
        assert_eq!(asking("").hangs_up()[..2], ["stop 1", "left by nobody"]);
    }

    #[test]
    fn the_other_url_is_asked_when_the_first_fails() {
        let mut call = asking(", fallback_url: 'http://other.example/'");
        let lines = call.failed(1, HttpFailure::Timeout);
        assert_eq!(lines[0], "fault: http://crm.example/agents?key=1 does not say whom to ring: no answer in time");
        assert!(lines[1].starts_with("ask 2 http://other.example/?CallSid="), "{}", lines[1]);
        assert_eq!(call.answered(2, 200, "0802"), ["dial 3 0802 (outside) for 30s"]);
        let mut call = asking(", fallback_url: 'http://other.example/'");
        call.failed(1, HttpFailure::Timeout);
        assert_eq!(call.failed(2, HttpFailure::Timeout)[1], "left by nobody");
    }

    #[test]
    fn after_each_attempt_the_url_is_asked_again_if_it_wants_that() {
        let again = r#"{"fetch_after_attempt":true,"destination":{"numbers":["0802","0803"]}}"#;
        let mut call = asking("");
        assert_eq!(json(&mut call, 1, again), ["dial 2 0802 (outside) for 30s"]);
        let lines = missed(&mut call, 2);
        assert!(lines[0].starts_with("ask 3 http://crm.example/agents?key=1&"), "{}", lines[0]);
        assert!(lines[0].contains("&DialCallStatus=no-answer&"), "{}", lines[0]);
        assert_eq!(json(&mut call, 3, again), ["dial 4 0802 (outside) for 30s"]);
        missed(&mut call, 4);
        assert_eq!(call.run().facts().dial.as_ref().map(|dial| dial.legs.len()), Some(2), "both attempts are known");
        assert_eq!(json(&mut call, 5, r#"{"destination":{"numbers":[]}}"#)[0], "left by missed");
    }

    #[test]
    fn a_url_that_always_wants_another_attempt_is_asked_so_often_and_no_more() {
        let mut call = asking("");
        let mut id = 1;
        for _ in 0..super::FETCHES {
            json(&mut call, id, r#"{"fetch_after_attempt":true,"destination":{"numbers":["0802"]}}"#);
            id += 2;
            if id > 2 * super::FETCHES as u32 {
                break;
            }
            missed(&mut call, id - 1);
        }
        assert_eq!(missed(&mut call, id - 1)[0], "left by missed");
    }

    #[test]
    fn the_desk_hears_of_each_party() {
        let mut call = asking(", events: 'http://desk.example/popup'");
        call.answered(1, 200, "sip:desk");
        let mut told = |progress| {
            let (id, leg, number) = (Component(2), LegId(1), "sip:desk".to_owned());
            call.event(Event::DialProgress { id, leg, number, progress })
        };
        let rows = [
            (DialProgress::Dialled, "&DialWhomNumber=sip%3Adesk&Status=busy&EventType=Dial&AgentEmail="),
            (DialProgress::Ringing, "&Status=busy&EventType=Ringing&AgentEmail="),
            (DialProgress::Answered, "&Status=busy&EventType=Answered&AgentEmail=&RingDuration=0"),
            (
                DialProgress::Ended(leg(DialStatus::Completed, Cause::NORMAL_CLEARING)),
                "&Status=free&EventType=Terminal&AgentEmail=",
            ),
        ];
        for (progress, end) in rows {
            let lines = told(progress);
            assert!(lines[0].contains(" http://desk.example/popup?CallSid=") && lines[0].ends_with(end), "{lines:?}");
        }
        let mut call = asking("");
        json(
            &mut call,
            1,
            r#"{"destination":{"numbers":["0802"]},"dial_passthru_event_url":"http://crm.example/events"}"#,
        );
        let progress = DialProgress::Dialled;
        let lines =
            call.event(Event::DialProgress { id: Component(2), leg: LegId(1), number: "0802".into(), progress });
        assert!(lines[0].starts_with("tell 3 http://crm.example/events?CallSid="), "{lines:?}");
    }
}
