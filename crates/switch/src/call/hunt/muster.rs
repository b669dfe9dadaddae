//! The turn of a group: the switch, which knows what its members are at, says who of them is rung.

use flow::Target;
use model::Moment;

use super::super::Call;
use super::Wanted;
use crate::groups::Pick;
use crate::order::Order;

impl Call {
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
