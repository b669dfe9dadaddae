//! One party that a hunt rings or has rung, and what becomes known of it.

use std::time::{Duration, Instant};

use flow::Target;
use model::{Cause, DialStatus, EndedBy, LegEnd, LegFacts, LegId};

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
    pub(super) talk: Duration,
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
            talk: Duration::ZERO,
            early: false,
        }
    }

    pub(super) fn has_talked(&self) -> bool {
        self.ended.as_ref().is_some_and(|ended| ended.status == DialStatus::Completed)
    }

    /// What is told of it; `caller_id` is what it would have been shown.
    pub(super) fn facts(&self, caller_id: &str, now: Instant) -> LegFacts {
        let how = LegEnd { cause: Cause::NORMAL_UNSPECIFIED, status: None, by: EndedBy::Us };
        let ended = self.ended.clone().unwrap_or(Ended { at: now, status: DialStatus::Failed, how });
        LegFacts {
            number: self.target.to_string(),
            status: ended.status,
            talk: self.talk,
            ring: self.rings.map_or(Duration::ZERO, |rings| self.answered.unwrap_or(ended.at) - rings),
            cause: ended.how.cause,
            by: ended.how.by,
            parallel: self.parallel,
            caller_id: self.caller_id.clone().unwrap_or_else(|| caller_id.to_owned()),
        }
    }
}
