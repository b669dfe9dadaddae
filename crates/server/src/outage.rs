//! Tells the operator that the database takes nothing, once, and once that it does again, with what becomes of calls meanwhile.

use std::sync::{Arc, Mutex, PoisonError};

use store::StoreError;

/// How the database does. A copy tells of the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outage(Arc<Mutex<Condition>>);

/// How the database does, as far as the operator has been told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Condition {
    #[default]
    Well,
    /// It has been at work for five seconds and is done with nothing.
    Stuck,
    /// It refused something, which is lost.
    Losing,
    /// It has stopped for good.
    Stopped,
}

impl Condition {
    /// Whether this is news. What is bad and becomes less bad is not over.
    fn becomes(&mut self, next: Self) -> bool {
        let is_news = match (*self, next) {
            (Self::Stopped, _) | (Self::Losing, Self::Stuck) => false,
            (now, next) => now != next,
        };
        if is_news {
            *self = next;
        }
        is_news
    }
}

impl Outage {
    /// It is done with something.
    pub(crate) fn works(&self) {
        if self.becomes(Condition::Well) {
            tracing::warn!("the database takes what is written again: new calls are taken, and reports go out");
        }
    }

    /// It has been at work for too long, and what for, if it knows.
    pub(crate) fn is_stuck(&self, hindrance: Option<&StoreError>) {
        if self.becomes(Condition::Stuck) {
            let why = hindrance.map_or_else(
                || "look for another process that holds the file, or a disk that hangs".to_owned(),
                ToString::to_string,
            );
            tracing::error!(
                why,
                "the database has taken nothing for five seconds: new calls are refused with 503, calls under way go on, \
                 and what they write down waits"
            );
        }
    }

    /// Something that it did not take is lost, for that reason.
    pub(crate) fn loses(&self, error: &StoreError) {
        if self.becomes(Condition::Losing) {
            tracing::error!(
                %error,
                "the database refuses what is written: calls go on, but lines of their journals are lost and their reports are \
                 not stored; passthru_journal_lost_total counts the lines"
            );
        }
    }

    /// It takes nothing any more until the next start.
    pub(crate) fn has_stopped(&self, error: &StoreError) {
        if self.becomes(Condition::Stopped) {
            tracing::error!(
                %error,
                "the database takes nothing until the next start: new calls are refused with 503, calls under way go on, but \
                 nothing of them is kept and no report is stored; passthru_journal_lost_total counts the lines"
            );
        }
    }

    fn becomes(&self, next: Condition) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).becomes(next)
    }
}

#[cfg(test)]
mod tests {
    use super::Condition::{Losing, Stopped, Stuck, Well};
    use super::*;

    #[test]
    fn each_change_is_told_once_and_its_end_once() {
        let rows: [(&[Condition], &[bool]); 5] = [
            (&[Well, Well], &[false, false]),
            (&[Stuck, Stuck, Well, Well, Stuck], &[true, false, true, false, true]),
            (&[Stuck, Losing, Stuck, Losing, Well], &[true, true, false, false, true]),
            (&[Losing, Losing, Well], &[true, false, true]),
            (&[Losing, Stopped, Stopped, Losing, Stuck, Well], &[true, true, false, false, false, false]),
        ];
        for (story, told) in rows {
            let mut condition = Condition::default();
            let found: Vec<_> = story.iter().map(|next| condition.becomes(*next)).collect();
            assert_eq!(found, told, "{story:?}");
        }
    }
}
