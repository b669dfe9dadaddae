//! Whose turn it is, in a group or in a list that is not rung in its order: the switch, which knows what parties are at and whom they
//! talked with, says who is rung.

use flow::Target;
use model::Moment;

use super::super::Call;
use super::Wanted;
use crate::groups::{Arranged, Pick};
use crate::order::Order;

impl Call {
    /// Asks in which order the targets are rung, of a dial that shares calls out or knows its callers.
    pub(super) fn arrange(&mut self) {
        let Some(hunt) = self.hunt.as_mut().filter(|hunt| hunt.dial.share || hunt.dial.sticky) else { return };
        hunt.arranging = std::mem::take(&mut hunt.targets);
        if !hunt.arranging.is_empty() {
            let targets = hunt.arranging.iter().map(|wanted| wanted.target.clone()).collect();
            let caller = hunt.dial.sticky.then(|| self.facts.from.clone());
            self.orders.push_back(Order::Arrange { targets, share: hunt.dial.share, caller });
        }
    }

    /// They are rung in that order.
    pub(crate) fn on_arranged(&mut self, Arranged { places, first }: Arranged, now: Moment) {
        let Some(hunt) = &mut self.hunt else { return };
        let mut wanted: Vec<Option<Wanted>> = std::mem::take(&mut hunt.arranging).into_iter().map(Some).collect();
        let first = first.and_then(|(place, member)| {
            let wanted = wanted.get_mut(place)?;
            let Some(member) = member else { return wanted.take() };
            let group = wanted.as_mut()?;
            group.tried.push(member.clone());
            Some(Wanted { target: member, ring: group.ring, tried: Vec::new() })
        });
        hunt.first_alone = first.is_some();
        let others = places.iter().filter_map(|place| wanted.get_mut(*place)?.take());
        let rung = if hunt.dial.alone { 1 } else { usize::MAX };
        hunt.targets = first.into_iter().chain(others).take(rung).collect();
        self.ring_more(now);
        self.pump(now);
    }

    /// Asks who of a group is next.
    pub(super) fn muster(&mut self, wanted: Wanted) {
        let Target::Group(group) = &wanted.target else { return };
        self.orders.push_back(Order::Muster { group: group.clone(), tried: wanted.tried.clone() });
        if let Some(hunt) = &mut self.hunt {
            hunt.mustering = Some(wanted);
        }
    }

    /// Who that is. The group stays in its place until all have been rung.
    pub(crate) fn on_mustered(&mut self, pick: Pick, now: Moment) {
        let Some(hunt) = &mut self.hunt else { return };
        let Some(mut wanted) = hunt.mustering.take() else { return };
        match pick {
            Pick::Member(target) => {
                let ring = wanted.ring;
                wanted.tried.push(target.clone());
                hunt.targets.push_front(wanted);
                if hunt.chosen.is_none() {
                    self.ring(Wanted { target, ring, tried: Vec::new() }, now);
                }
            }
            Pick::Nobody => {}
            Pick::Unknown => self.fault(format!("{} is not rung: there is no such group", wanted.target), now),
        }
        self.ring_more(now);
        self.pump(now);
    }
}
