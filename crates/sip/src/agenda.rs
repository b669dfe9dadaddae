//! Who is due when: the soonest timer of every transaction and usage, in order of time. Each owner keeps its own timers
//! and stands here at most once.

use std::collections::BTreeSet;
use std::time::Instant;

/// Whose timer it is; the number is a key of that owner's arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    Server(u64),
    Client(u64),
    Session(u64),
    Registration(u64),
    /// The end of a binding.
    Registrar,
}

/// The instant under which an owner stands on the agenda.
pub(crate) type Planned = Option<Instant>;

/// The entries.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    entries: BTreeSet<(Instant, Owner)>,
}

impl Agenda {
    /// Moves the owner from where it stands to where it wants to be.
    pub(crate) fn plan(&mut self, owner: Owner, planned: &mut Planned, wanted: Option<Instant>) {
        if *planned == wanted {
            return;
        }
        if let Some(before) = *planned {
            self.entries.remove(&(before, owner));
        }
        if let Some(at) = wanted {
            self.entries.insert((at, owner));
        }
        *planned = wanted;
    }

    /// Who is due; it stays until it plans again.
    pub(crate) fn due(&self, now: Instant) -> Option<Owner> {
        self.entries.first().filter(|(at, _)| *at <= now).map(|(_, owner)| *owner)
    }

    pub(crate) fn soonest(&self) -> Option<Instant> {
        self.entries.first().map(|(at, _)| *at)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::virtual_time::beginning;

    #[test]
    fn owners_are_due_in_order_of_time() {
        let start = beginning();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut agenda = Agenda::default();
        let (mut one, mut two) = (None, None);
        agenda.plan(Owner::Client(1), &mut one, Some(at(5)));
        agenda.plan(Owner::Session(2), &mut two, Some(at(9)));
        assert_eq!((agenda.soonest(), agenda.due(at(4))), (Some(at(5)), None));
        agenda.plan(Owner::Session(2), &mut two, Some(at(1)));
        assert_eq!((agenda.due(at(4)), agenda.len()), (Some(Owner::Session(2)), 2));
        agenda.plan(Owner::Session(2), &mut two, None);
        assert_eq!((agenda.due(at(5)), agenda.len()), (Some(Owner::Client(1)), 1));
        agenda.plan(Owner::Client(1), &mut one, None);
        assert_eq!((agenda.soonest(), one, two), (None, None, None));
    }
}
