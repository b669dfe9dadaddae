//! What a call and its last connect came to, in the vendor's words (`exotel.md` 1.7, 3.2, 3.4), oddities included.

use model::{CallFacts, Cause, DialFacts, DialStatus, EndedBy, LegFacts};

/// The vendor's own cause for a leg that rang until somebody lost patience, the caller included.
pub const RING_TIMEOUT: (u16, &str) = (1003, "RING_TIMEOUT");

/// `CallStatus`. A conversation that took place makes it `completed` even while the caller is still there.
pub(crate) fn call_status(facts: &CallFacts) -> &'static str {
    let talked = facts.dial.as_ref().is_some_and(|dial| dial.status == DialStatus::Completed);
    match (facts.answered, facts.ended) {
        (true, true) => "completed",
        (true, false) if talked => "completed",
        (true, false) => "in-progress",
        (false, true) => "canceled",
        (false, false) => "ringing",
    }
}

/// `CallType`.
pub(crate) fn call_type(dial: Option<&DialFacts>, voicemail: bool) -> &'static str {
    if voicemail {
        return "voicemail";
    }
    match dial.map(|dial| dial.status) {
        None => "call-attempt",
        Some(DialStatus::Completed) => "completed",
        Some(DialStatus::Canceled) => "client-hangup",
        Some(DialStatus::Busy | DialStatus::NoAnswer | DialStatus::Failed) => "incomplete",
    }
}

/// `DialCallStatus`.
pub(crate) fn dial_call_status(status: DialStatus) -> &'static str {
    match status {
        DialStatus::Completed => "completed",
        DialStatus::Busy => "busy",
        DialStatus::NoAnswer => "no-answer",
        DialStatus::Failed => "failed",
        DialStatus::Canceled => "canceled",
    }
}

/// `DialCallDuration` in seconds: ringing and talking together, and 0 if nobody answered however long it rang.
pub(crate) fn dial_call_duration(dial: Option<&DialFacts>) -> u64 {
    dial.filter(|dial| dial.status == DialStatus::Completed).map_or(0, |dial| dial.duration.as_secs())
}

/// `Legs[i][OnCallDuration]` in seconds: the conversation alone.
pub(crate) fn on_call_duration(leg: &LegFacts) -> u64 {
    if leg.status == DialStatus::Completed { leg.talk.as_secs() } else { 0 }
}

/// `Legs[i][Type]`.
pub(crate) fn dialling(leg: &LegFacts) -> &'static str {
    if leg.parallel { "parallel" } else { "single" }
}

/// `Legs[i][Cause]` and `Legs[i][CauseCode]`: the number and its name, in names that say the opposite. A leg that rang in
/// vain shows the peer's own cause only where the peer ended it; one that Q.850 does not name becomes 31.
pub(crate) fn cause(leg: &LegFacts) -> (u16, &'static str) {
    let cause = match (leg.status, leg.by) {
        (DialStatus::Completed, _) => Cause::NORMAL_CLEARING,
        (DialStatus::Busy, _) => Cause::USER_BUSY,
        (DialStatus::Failed, _) => leg.cause,
        (DialStatus::NoAnswer, EndedBy::Callee) if leg.cause != Cause::RECOVERY_ON_TIMER_EXPIRY => leg.cause,
        (DialStatus::Canceled, _) if leg.cause == Cause::NON_SELECTED_USER_CLEARING => leg.cause,
        (DialStatus::NoAnswer | DialStatus::Canceled, _) => return RING_TIMEOUT,
    };
    match cause.name() {
        Some(name) => (cause.0.into(), name),
        None => (Cause::NORMAL_UNSPECIFIED.0.into(), "NORMAL_UNSPECIFIED"),
    }
}

/// `Legs[i][DisconnectedBy]` (`exotel.md` 3.3). Who refuses without having rung is the carrier's word, not a person's.
pub(crate) fn disconnected_by(leg: &LegFacts) -> &'static str {
    let rang = !leg.ring.is_zero();
    match (leg.by, leg.status) {
        (EndedBy::Caller, _) => "Caller",
        (EndedBy::Us, _) => "Exotel",
        (EndedBy::Callee, DialStatus::Completed) => "Callee",
        (EndedBy::Callee, DialStatus::Busy) if rang => "Callee",
        (EndedBy::Callee | EndedBy::Network, _) => "Operator",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::LegMoments;

    use super::*;

    fn leg(status: DialStatus, cause: Cause) -> LegFacts {
        LegFacts {
            number: "+919900000003".into(),
            status,
            talk: Duration::from_millis(58_900),
            ring: Duration::from_secs(12),
            cause,
            by: EndedBy::Callee,
            parallel: false,
            caller_id: "+918000000002".into(),
            moments: LegMoments::default(),
        }
    }

    #[test]
    fn the_outcome_matrix() {
        use DialStatus::*;
        let rows = [
            // status, leg's cause: CallType, DialCallStatus, DialCallDuration, OnCallDuration, (Cause, CauseCode)
            (Completed, 16, "completed", "completed", 70, 58, (16, "NORMAL_CLEARING")),
            (Completed, 102, "completed", "completed", 70, 58, (16, "NORMAL_CLEARING")),
            (Canceled, 16, "client-hangup", "canceled", 0, 0, (1003, "RING_TIMEOUT")),
            (NoAnswer, 102, "incomplete", "no-answer", 0, 0, (1003, "RING_TIMEOUT")),
            (NoAnswer, 18, "incomplete", "no-answer", 0, 0, (18, "NO_USER_RESPONSE")),
            (Canceled, 26, "client-hangup", "canceled", 0, 0, (26, "NON_SELECTED_USER_CLEARING")),
            (Busy, 17, "incomplete", "busy", 0, 0, (17, "USER_BUSY")),
            (Busy, 21, "incomplete", "busy", 0, 0, (17, "USER_BUSY")),
            (Failed, 1, "incomplete", "failed", 0, 0, (1, "UNALLOCATED_NUMBER")),
            (Failed, 41, "incomplete", "failed", 0, 0, (41, "TEMPORARY_FAILURE")),
            (Failed, 10, "incomplete", "failed", 0, 0, (31, "NORMAL_UNSPECIFIED")),
        ];
        for (status, number, kind, word, dialled, talked, named) in rows {
            let leg = leg(status, Cause(number));
            let duration = Duration::from_millis(70_999);
            let dial = DialFacts { status, duration, caller_id: "+918000000002".into(), legs: vec![leg.clone()] };
            assert_eq!(call_type(Some(&dial), false), kind, "{status:?}");
            assert_eq!(dial_call_status(status), word, "{status:?}");
            assert_eq!(dial_call_duration(Some(&dial)), dialled, "{status:?}");
            assert_eq!(on_call_duration(&leg), talked, "{status:?}");
            assert_eq!(cause(&leg), named, "{status:?} {number}");
        }
        assert_eq!((call_type(None, false), dial_call_duration(None)), ("call-attempt", 0));
    }

    #[test]
    fn who_disconnected() {
        use DialStatus::*;
        let rows = [
            (Completed, EndedBy::Caller, 12, "Caller"),
            (Completed, EndedBy::Callee, 12, "Callee"),
            (Completed, EndedBy::Us, 12, "Exotel"),
            (Completed, EndedBy::Network, 12, "Operator"),
            (NoAnswer, EndedBy::Us, 12, "Exotel"),
            (NoAnswer, EndedBy::Callee, 12, "Operator"),
            (Canceled, EndedBy::Caller, 12, "Caller"),
            (Canceled, EndedBy::Us, 12, "Exotel"),
            (Busy, EndedBy::Callee, 12, "Callee"),
            (Busy, EndedBy::Callee, 0, "Operator"),
            (Failed, EndedBy::Callee, 12, "Operator"),
            (Failed, EndedBy::Network, 0, "Operator"),
        ];
        for (status, by, rang, word) in rows {
            let leg = LegFacts { by, ring: Duration::from_secs(rang), ..leg(status, Cause::NORMAL_CLEARING) };
            assert_eq!(disconnected_by(&leg), word, "{status:?} {by:?} {rang}");
        }
    }

    #[test]
    fn a_leg_that_we_gave_up_has_rung_out() {
        let leg = LegFacts { by: EndedBy::Us, ..leg(DialStatus::NoAnswer, Cause::NO_ANSWER) };
        assert_eq!(cause(&leg), RING_TIMEOUT);
    }
}
