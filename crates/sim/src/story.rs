//! A story: told once, and run in calm weather and in many storms; and what stories ask of the journal.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use model::{CallEvent, EventKind};
use switch::Group;

use crate::network::Weather;
use crate::rehearsed::{Left, Stride};
use crate::world::World;

/// Storms that each story goes through.
const STORMS: u64 = 50;

/// Runs a story in calm weather and in fifty storms, and lets each come to rest. Yields the calm world, for its ladder.
///
/// # Panics
/// If the story does, after naming the seed of the storm.
#[track_caller]
pub fn in_all_weathers(story: impl Fn(&mut World)) -> World {
    in_weathers(World::in_weather, story)
}

/// The same, with groups that the switch knows.
///
/// # Panics
/// If the story does, after naming the seed of the storm.
#[track_caller]
pub fn with_groups_in_all_weathers(groups: &[Group], story: impl Fn(&mut World)) -> World {
    in_weathers(|weather, seed| World::with_groups(weather, seed, groups.to_vec()), story)
}

#[track_caller]
fn in_weathers(world: impl Fn(Weather, u64) -> World, story: impl Fn(&mut World)) -> World {
    let mut calm = world(Weather::CALM, 0);
    story(&mut calm);
    calm.settle();
    for seed in 0..STORMS {
        let told = catch_unwind(AssertUnwindSafe(|| {
            let mut world = world(Weather::STORM, seed);
            story(&mut world);
            world.settle();
        }));
        if let Err(panic) = told {
            eprintln!("this was in the storm of seed {seed}");
            resume_unwind(panic);
        }
    }
    calm
}

impl World {
    /// The nodes that a call left and the exits that it took, `menu -> 1` say, or the flow that it went on in, `sell =>
    /// sales`, then the node where it ended. Calls count from 0 in the order in which they arrived.
    pub fn walk(&self, call: usize) -> Vec<String> {
        self.strides(call).iter().map(ToString::to_string).collect()
    }

    /// The same, in parts.
    pub fn strides(&self, call: usize) -> Vec<Stride> {
        let mut strides = Vec::new();
        let mut at: Option<String> = None;
        for kind in self.kinds(call) {
            match kind {
                EventKind::FlowStarted { flow, .. } => {
                    strides.extend(at.take().map(|node| Stride { node, left: Left::For(flow.clone()) }));
                }
                EventKind::NodeEntered { node, .. } => at = Some(node.clone()),
                EventKind::NodeLeft { node, exit } => {
                    strides.push(Stride { node: node.clone(), left: Left::By(exit.to_string()) });
                    at = None;
                }
                _ => {}
            }
        }
        strides.extend(at.map(|node| Stride { node, left: Left::Not }));
        strides
    }

    /// What went wrong in a call, in the journal's words.
    pub fn faults(&self, call: usize) -> Vec<String> {
        let fault = |kind: &EventKind| if let EventKind::Fault { what } = kind { Some(what.clone()) } else { None };
        self.kinds(call).filter_map(fault).collect()
    }

    /// What happened in a call, in order.
    pub fn kinds(&self, call: usize) -> impl Iterator<Item = &EventKind> {
        self.lines(call).map(|event| &event.kind)
    }

    /// A call's journal.
    pub fn lines(&self, call: usize) -> impl Iterator<Item = &CallEvent> {
        let sid = self.records().get(call).map(|record| record.sid.clone());
        self.journal().iter().filter(move |event| Some(&event.call) == sid.as_ref())
    }
}
