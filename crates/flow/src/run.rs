//! A program walked by one call.
//!
//! ```text
//! new ─ start ─► at a node, waiting ─ handle_event ─► … ─► over
//! ```
//!
//! The program may change on the way: a node can hand the call over to another, or call another that returns.

use std::collections::BTreeSet;
use std::mem;
use std::sync::Arc;

use model::{CallFacts, Cause, EventKind, FlowId, HttpOutcome, Moment};

use crate::applet::{Exit, Step, Visit, WithoutCaller};
use crate::control::{Component, Event, Output};
use crate::cx::{Aside, CALLOUTS_A_CALL, Cx, State};
use crate::program::{NodeIndex, Program};

/// Nodes that a run may pass without waiting for anything; past it, the flow loops and the call is ended.
pub const NODES_WITHOUT_WAITING: u32 = 100;

/// Nodes that a run may enter in all (`trust.md` S12); past it, the call is ended.
pub const NODES_A_CALL: u32 = 500;

/// Flows that may wait for the ones that they called, one for the other; past it, the call is ended.
pub const FLOWS_DEEP: usize = 8;

/// Keys that are kept when nobody waits for them; further ones are dropped.
pub const TYPE_AHEAD: usize = 64;

/// A program walked by one call.
#[derive(Debug)]
pub struct Run {
    program: Arc<Program>,
    state: State,
    place: Place,
    entered: u32,
    /// Flows that wait for the one that they called, each with the node that did.
    callers: Vec<(Arc<Program>, NodeIndex)>,
    /// Nodes that were passed over since the caller has gone.
    passed: BTreeSet<(FlowId, NodeIndex)>,
}

#[derive(Debug)]
enum Place {
    /// At a node, waiting.
    At(NodeIndex, Box<dyn Visit>),
    /// Not begun, or over.
    Nowhere,
}

impl Run {
    /// A run that has not begun.
    pub fn new(program: Arc<Program>, facts: CallFacts) -> Self {
        Self {
            program,
            state: State::new(facts),
            place: Place::Nowhere,
            entered: 0,
            callers: Vec::new(),
            passed: BTreeSet::new(),
        }
    }

    /// Enters the first node.
    pub fn start(&mut self, now: Moment) {
        self.begin(now);
    }

    /// Takes what happened in the call.
    pub fn handle_event(&mut self, event: Event, now: Moment) {
        match &event {
            Event::Answered => {
                self.state.facts.answered = true;
                self.state.facts.answered_at.get_or_insert(now.wall);
                self.state.answering = true;
            }
            Event::CallerGone => {
                self.state.facts.ended = true;
                self.state.facts.ended_at.get_or_insert(now.wall);
            }
            Event::DialEnded { .. }
            | Event::DialProgress { .. }
            | Event::Recorded { .. }
            | Event::RecordEnded { .. }
            | Event::StreamEnded { .. }
            | Event::PlayEnded { .. }
            | Event::Prepared { .. }
            | Event::Digit { .. }
            | Event::TimerFired { .. }
            | Event::CalloutEnded { .. }
            | Event::FlowFound { .. }
            | Event::NotifyCommitted { .. }
            | Event::NotifyDelayed { .. } => {}
        }
        if let Event::CalloutEnded { id, outcome } = &event {
            self.on_aside_ended(*id, outcome);
        }
        if let Event::StreamEnded { id, facts } = &event {
            self.state.streams.remove(id);
            self.state.facts.stream = Some(facts.clone());
        }
        if component(&event).is_some_and(|id| !self.state.live.contains(&id)) {
            return; // stopped meanwhile
        }
        if let Some(id) = component(&event).filter(|_| !matches!(event, Event::DialProgress { .. })) {
            self.state.live.remove(&id);
        }
        if let Event::Recorded { facts } | Event::RecordEnded { facts: Some(facts), .. } = &event {
            self.state.facts.recording = Some(facts.clone());
        }
        if let Event::DialEnded { facts, .. } = &event {
            self.state.facts.dial = Some(facts.clone());
        }
        let Place::At(index, mut visit) = mem::replace(&mut self.place, Place::Nowhere) else { return };
        if let Event::Digit { digit } = event
            && self.state.typed.len() < TYPE_AHEAD
        {
            self.state.typed.push_back(digit);
        }
        let mut cx = Cx { state: &mut self.state, now };
        let step = match event {
            Event::CallerGone => visit.on_caller_gone(&mut cx),
            _ => visit.on_event(&event, &mut cx),
        };
        match step {
            Step::Stay => self.place = Place::At(index, visit),
            Step::Wait(visit) => self.place = Place::At(index, visit),
            Step::Exit(exit) => self.leave(index, &exit, now),
            Step::ExitFirst(exits) => self.leave(index, &self.first(index, exits), now),
            step => self.turn(index, step, now),
        }
    }

    /// Something that was asked beside the flow has its answer.
    fn on_aside_ended(&mut self, ended: Component, outcome: &HttpOutcome) {
        let is_it = |aside: &&mut Aside| matches!(aside, Aside::Asked(id) if *id == ended);
        if let Some(aside) = self.state.asides.values_mut().find(is_it) {
            *aside = Aside::Ended(outcome.clone());
        }
    }

    /// The first of these exits that is wired, or the last.
    fn first(&self, at: NodeIndex, exits: Vec<Exit>) -> Exit {
        let node = self.program.node(at);
        let last = exits.last().cloned().unwrap_or(Exit::Borrowed("next"));
        exits.into_iter().find(|exit| node.exit(exit).is_some()).unwrap_or(last)
    }

    /// The next thing the run wants done.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.state.outputs.pop_front()
    }

    /// Whether the run has nothing more to do.
    pub fn is_over(&self) -> bool {
        matches!(self.place, Place::Nowhere) && self.state.outputs.is_empty()
    }

    /// What is known of the call.
    pub fn facts(&self) -> &CallFacts {
        &self.state.facts
    }

    /// The program being walked.
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// The node that the run waits at, and the visit's state in words.
    pub fn position(&self) -> Option<(&str, String)> {
        match &self.place {
            Place::At(index, visit) => Some((&self.program.node(*index).name, format!("{visit:?}"))),
            Place::Nowhere => None,
        }
    }

    fn cx(&mut self, now: Moment) -> Cx<'_> {
        Cx { state: &mut self.state, now }
    }

    fn leave(&mut self, from: NodeIndex, exit: &Exit, now: Moment) {
        match self.on_exit(from, exit, now) {
            Some(next) => self.walk(next, now),
            None => self.fail(now),
        }
    }

    /// Begins the program that is the run's now.
    fn begin(&mut self, now: Moment) {
        let (flow, version) = (self.program.name().to_owned(), self.program.version());
        self.cx(now).note(EventKind::FlowStarted { flow, version });
        self.walk(self.program.start(), now);
    }

    /// Takes a step that leads out of the program.
    fn turn(&mut self, from: NodeIndex, step: Step, now: Moment) {
        self.stop_all(now);
        match step {
            Step::Transfer(program) => {
                self.change_to(program);
                self.begin(now);
            }
            Step::Call(_) if self.callers.len() >= FLOWS_DEEP => {
                self.cx(now)
                    .fault(format!("{FLOWS_DEEP} flows wait for one that they called: one more may not be called"));
                self.fail(now);
            }
            Step::Call(program) => {
                self.callers.push((Arc::clone(&self.program), from));
                self.change_to(program);
                self.begin(now);
            }
            Step::Return => self.go_back(now),
            Step::Exit(_) | Step::ExitFirst(_) | Step::Wait(_) | Step::Stay | Step::End => self.end(now),
        }
    }

    fn change_to(&mut self, program: Arc<Program>) {
        let facts = &mut self.state.facts;
        (facts.flow, facts.flow_id) = (program.name().to_owned(), program.id());
        self.program = program;
    }

    /// The flow is done: the one that called it goes on.
    fn go_back(&mut self, now: Moment) {
        let Some((program, node)) = self.callers.pop() else { return self.end(now) };
        self.change_to(program);
        let (flow, version) = (self.program.name().to_owned(), self.program.version());
        self.cx(now).note(EventKind::FlowResumed { flow, version });
        self.leave(node, &Exit::Borrowed("next"), now);
    }

    /// Enters nodes until one waits.
    fn walk(&mut self, mut index: NodeIndex, now: Moment) {
        let program = Arc::clone(&self.program);
        for _ in 0..NODES_WITHOUT_WAITING {
            let node = program.node(index);
            if self.state.facts.ended
                && let WithoutCaller::PassedBy(exits) = node.applet.without_caller()
            {
                match self.pass(index, exits, now) {
                    Some(next) => index = next,
                    None => return self.end(now),
                }
                continue;
            }
            if let Some(limit) = self.spent() {
                self.cx(now).fault(limit);
                return self.fail(now);
            }
            self.entered += 1;
            let mut cx = self.cx(now);
            cx.note(EventKind::NodeEntered { node: node.name.clone(), applet: node.kind.to_owned() });
            match node.applet.enter(&mut cx) {
                Step::Wait(visit) => {
                    self.place = Place::At(index, visit);
                    return;
                }
                Step::Exit(exit) => match self.on_exit(index, &exit, now) {
                    Some(next) => index = next,
                    None => return self.fail(now),
                },
                Step::ExitFirst(exits) => match self.on_exit(index, &self.first(index, exits), now) {
                    Some(next) => index = next,
                    None => return self.fail(now),
                },
                step => return self.turn(index, step, now),
            }
        }
        self.cx(now).fault(format!("the flow passed {NODES_WITHOUT_WAITING} nodes without waiting: it loops"));
        self.fail(now);
    }

    /// Leaves a node that has nothing to do without the caller. A second time there would be for ever.
    fn pass(&mut self, index: NodeIndex, exits: &[&'static str], now: Moment) -> Option<NodeIndex> {
        let program = Arc::clone(&self.program);
        let node = program.node(index);
        let exit = exits.iter().find(|exit| node.exit(exit).is_some())?;
        if !self.passed.insert((program.id(), index)) {
            return None;
        }
        self.cx(now).note(EventKind::NodeEntered { node: node.name.clone(), applet: node.kind.to_owned() });
        self.on_exit(index, &Exit::Borrowed(exit), now)
    }

    /// Which limit the run has used up.
    fn spent(&self) -> Option<String> {
        if self.entered >= NODES_A_CALL {
            return Some(format!("the flow passed {NODES_A_CALL} nodes in one call"));
        }
        (self.state.callouts >= CALLOUTS_A_CALL)
            .then(|| format!("the flow made {CALLOUTS_A_CALL} callouts in one call"))
    }

    fn on_exit(&mut self, from: NodeIndex, exit: &Exit, now: Moment) -> Option<NodeIndex> {
        self.stop_all(now);
        let program = Arc::clone(&self.program);
        let node = program.node(from);
        let mut cx = self.cx(now);
        cx.note(EventKind::NodeLeft { node: node.name.clone(), exit: exit.to_string() });
        let next = node.exit(exit);
        if next.is_none() {
            cx.fault(format!("node `{}`: exit `{exit}` leads nowhere", node.name));
        }
        next
    }

    /// Nothing more can be done: the caller is let go with a cause that says so.
    fn fail(&mut self, now: Moment) {
        self.cx(now).hang_up(Cause::TEMPORARY_FAILURE);
        self.end(now);
    }

    fn end(&mut self, now: Moment) {
        for aside in mem::take(&mut self.state.asides).into_values() {
            if let Aside::Asked(id) = aside {
                self.state.live.insert(id);
            }
        }
        self.state.live.append(&mut self.state.streams);
        self.stop_all(now);
        self.place = Place::Nowhere;
        // A flow that ends without a hangup must not leave the caller in silence.
        self.cx(now).hang_up(Cause::NORMAL_CLEARING);
    }

    fn stop_all(&mut self, now: Moment) {
        // What was asked beside the flow goes on, whoever joined it.
        let asides = self.state.asides.values();
        let beside: BTreeSet<Component> =
            asides.filter_map(|aside| if let Aside::Asked(id) = aside { Some(*id) } else { None }).collect();
        for id in mem::take(&mut self.state.live) {
            if !beside.contains(&id) {
                self.state.live.insert(id);
                self.cx(now).stop(id);
            }
        }
    }
}

fn component(event: &Event) -> Option<Component> {
    match event {
        Event::PlayEnded { id, .. }
        | Event::Prepared { id, .. }
        | Event::TimerFired { id }
        | Event::CalloutEnded { id, .. }
        | Event::NotifyCommitted { id, .. }
        | Event::NotifyDelayed { id }
        | Event::FlowFound { id, .. }
        | Event::DialProgress { id, .. }
        | Event::RecordEnded { id, .. }
        | Event::StreamEnded { id, .. }
        | Event::DialEnded { id, .. } => Some(*id),
        Event::Answered | Event::Digit { .. } | Event::Recorded { .. } | Event::CallerGone => None,
    }
}
