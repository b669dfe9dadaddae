//! Rings or talks. Stays when the caller has gone: the dial still ends, and its end is worth a report.

use std::sync::Arc;

use flow::{Component, Cx, Event, Step, Visit};
use model::{DialFacts, DialStatus, LegFacts};

use super::Rules;
use super::asking::Asking;
use super::desk::Desk;
use super::whispering::Whispering;

/// Rings or talks.
#[derive(Debug)]
pub(super) struct Dialling {
    pub(super) rules: Arc<Rules>,
    pub(super) dial: Component,
    /// Who is told of each party.
    pub(super) desk: Option<Desk>,
    /// Who asks what a party hears that has answered.
    pub(super) whisper: Option<Whispering>,
    /// What came of the attempts before.
    pub(super) past: Vec<LegFacts>,
    /// When nobody answers a URL is asked again, which has been asked so often.
    pub(super) again: Option<usize>,
}

impl Dialling {
    fn ended(&mut self, facts: &DialFacts, cx: &mut Cx<'_>) -> Step {
        let facts = self.with_past(facts, cx);
        if facts.status == DialStatus::Completed {
            return Step::exit("answered");
        }
        match self.again {
            Some(fetches) if !cx.facts().ended => Asking::begin(&self.rules, facts.legs, fetches, cx),
            _ => Step::exit(self.rules.unanswered(&facts.legs)),
        }
    }

    /// What the attempts came to, with those before.
    fn with_past(&mut self, facts: &DialFacts, cx: &mut Cx<'_>) -> DialFacts {
        if self.past.is_empty() {
            return facts.clone();
        }
        let mut legs = std::mem::take(&mut self.past);
        let status =
            if facts.legs.is_empty() { legs.last().map_or(facts.status, |leg| leg.status) } else { facts.status };
        legs.extend(facts.legs.iter().cloned());
        let facts = DialFacts { status, legs, ..facts.clone() };
        cx.connected(facts.clone());
        facts
    }
}

impl Visit for Dialling {
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step {
        match event {
            Event::DialProgress { id, leg, number, progress } if *id == self.dial => {
                if let Some(desk) = &mut self.desk {
                    desk.tell(*leg, number, progress, cx);
                }
                if let Some(whisper) = &mut self.whisper {
                    whisper.follow(*leg, number, progress, cx);
                }
                Step::Stay
            }
            Event::DialEnded { id, facts } if *id == self.dial => self.ended(facts, cx),
            Event::Digit { .. } => {
                // Keys go to the other party; none is kept for the node after.
                while cx.take_typed().is_some() {}
                Step::Stay
            }
            Event::CalloutEnded { .. } | Event::Prepared { .. } => {
                if let Some(whisper) = &mut self.whisper {
                    whisper.on_event(self.dial, event, cx);
                }
                Step::Stay
            }
            _ => Step::Stay,
        }
    }

    fn on_caller_gone(&mut self, _: &mut Cx<'_>) -> Step {
        Step::Stay
    }
}
