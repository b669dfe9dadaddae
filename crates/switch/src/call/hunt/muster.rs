//! Whose turn it is, in a group or in a list that shares calls out: the switch, which knows what parties are at, says who is rung.

use flow::{Share, Target};
use model::Moment;

use super::super::Call;
use super::Wanted;
use crate::groups::Pick;
use crate::order::Order;

impl Call {
    /// Asks in which order the targets are rung, of a dial that shares calls out.
    pub(super) fn arrange(&mut self) {
        let Some(hunt) = self.hunt.as_mut().filter(|hunt| hunt.dial.share.is_some()) else { return };
        hunt.arranging = std::mem::take(&mut hunt.targets);
        if !hunt.arranging.is_empty() {
            let targets = hunt.arranging.iter().map(|wanted| wanted.target.clone()).collect();
            self.orders.push_back(Order::Arrange { targets });
        }
    }

    /// They are rung in that order of their places.
    pub(crate) fn on_arranged(&mut self, places: &[usize], now: Moment) {
        let Some(hunt) = &mut self.hunt else { return };
        let mut wanted: Vec<Option<Wanted>> = std::mem::take(&mut hunt.arranging).into_iter().map(Some).collect();
        let rung = if hunt.dial.share == Some(Share::First) { 1 } else { places.len() };
        hunt.targets = places.iter().take(rung).filter_map(|place| wanted.get_mut(*place)?.take()).collect();
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
