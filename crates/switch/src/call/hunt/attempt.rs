//! One party that a hunt rings or has rung, and what becomes known of it.

use std::time::{Duration, Instant};

use flow::Target;
use model::{Cause, DialStatus, EndedBy, LegEnd, LegFacts, LegId, LegMoments, Moment, Reached};

/// One party rung.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) leg: LegId,
    pub(super) target: Target,
    pub(super) began: Instant,
    /// Others may ring at the same time.
    pub(super) parallel: bool,
    /// The number shown to it, once it is invited.
    pub(super) caller_id: Option<String>,
    /// Since when it rings.
    pub(super) rings: Option<Instant>,
    pub(super) answered: Option<Instant>,
    pub(super) ended: Option<Ended>,
    /// How long it and the caller heard each other, if they did.
    pub(super) talk: Option<Duration>,
    /// The caller hears what it says while it rings.
    pub(super) early: bool,
}

/// What became of it.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) at: Instant,
    pub(super) status: DialStatus,
    pub(super) how: LegEnd,
}

impl Attempt {
    pub(super) fn new(leg: LegId, target: Target, parallel: bool, now: Instant) -> Self {
        Self {
            leg,
            target,
            began: now,
            parallel,
            caller_id: None,
            rings: None,
            answered: None,
            ended: None,
            talk: None,
            early: false,
        }
    }

    /// What an end makes of it.
    pub(super) fn outcome(&self, how: &LegEnd) -> DialStatus {
        let reached = match (self.answered, self.talk) {
            (_, Some(_)) => Reached::Conversation,
            (Some(_), None) => Reached::Answer,
            (None, None) => Reached::Nothing,
        };
        how.outcome(self.leg, reached)
    }

    pub(super) fn has_talked(&self) -> bool {
        self.ended.as_ref().is_some_and(|ended| ended.status == DialStatus::Completed)
    }

    /// What is told of it; `caller_id` is what it would have been shown.
    pub(super) fn facts(&self, caller_id: &str, now: Moment) -> LegFacts {
        let how = LegEnd { cause: Cause::NORMAL_UNSPECIFIED, status: None, by: EndedBy::Us };
        let ended = self.ended.clone().unwrap_or(Ended { at: now.at, status: DialStatus::Failed, how });
        let wall = |at: Instant| now.wall - now.since(at);
        LegFacts {
            number: self.target.to_string(),
            status: ended.status,
            talk: self.talk.unwrap_or_default(),
            ring: self.rings.map_or(Duration::ZERO, |rings| self.answered.unwrap_or(ended.at) - rings),
            cause: ended.how.cause,
            by: ended.how.by,
            parallel: self.parallel,
            caller_id: self.caller_id.clone().unwrap_or_else(|| caller_id.to_owned()),
            moments: LegMoments {
                started: Some(wall(self.began)),
                answered: self.answered.map(wall),
                ended: Some(wall(ended.at)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any instant will do as the origin of a virtual clock")]
    fn its_moments_are_those_of_the_wall_clock() {
        let start = Instant::now();
        let after = |seconds: u64| start + Duration::from_secs(seconds);
        let wall = |text: &str| Some(text.parse().expect("a time"));
        let mut attempt = Attempt::new(LegId(1), Target::User("desk".into()), false, start);
        let now = Moment { at: after(60), wall: "2026-11-24T10:01:00Z".parse().expect("a time") };
        let missed = LegMoments { started: wall("2026-11-24T10:00:00Z"), answered: None, ended: Some(now.wall) };
        assert_eq!(attempt.facts("", now).moments, missed, "one that is not over ends now");
        attempt.answered = Some(after(4));
        let how = LegEnd { cause: Cause::NORMAL_CLEARING, status: None, by: EndedBy::Callee };
        attempt.ended = Some(Ended { at: after(50), status: DialStatus::Completed, how });
        let talked = LegMoments {
            started: missed.started,
            answered: wall("2026-11-24T10:00:04Z"),
            ended: wall("2026-11-24T10:00:50Z"),
        };
        assert_eq!(attempt.facts("", now).moments, talked);
    }
}
