//! What is promised of callouts (`trust.md` 4.3: I1 to I3, I5, I7), as the journals and the web's own notes tell it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use model::{CallEvent, CallSid, CalloutId, EndedBy, EventKind, HttpFailure, LegId, Way};
use sim::{Requested, World};

use super::plan::{HEDGE, Node, Plan};

/// Where every world begins.
const BEGINNING: &str = "2026-11-24T10:00:00+05:30";

/// What does not hold.
type Broken = Vec<String>;

/// What a world left behind.
pub(crate) struct Promises<'w> {
    plan: &'w Plan,
    calls: BTreeMap<&'w CallSid, Vec<&'w CallEvent>>,
    requested: &'w [Requested],
}

impl<'w> Promises<'w> {
    pub(crate) fn new(w: &'w World, plan: &'w Plan) -> Self {
        let mut calls: BTreeMap<_, Vec<_>> = BTreeMap::new();
        w.journal().iter().for_each(|event| calls.entry(&event.call).or_default().push(event));
        Self { plan, calls, requested: w.requested() }
    }

    /// The promises that are broken, in words.
    pub(crate) fn broken(&self) -> Broken {
        let mut broken = self.contents();
        for (call, events) in &self.calls {
            let mut walk = Walk::new(self.plan, self.of(call));
            events.iter().for_each(|event| walk.take(event));
            broken.extend(walk.over().into_iter().map(|what| format!("{call}: {what}")));
        }
        broken
    }

    /// What happened, each time that it did.
    pub(crate) fn seen(&self) -> Vec<String> {
        let mut seen = Vec::new();
        for events in self.calls.values() {
            seen.push("call".to_owned());
            let mut gone = false;
            for event in events {
                match &event.kind {
                    EventKind::NodeEntered { applet, .. } if applet == "hangup" => seen.push("came through".into()),
                    EventKind::CalloutAttempted { way, .. } => seen.push(way.as_str().into()),
                    EventKind::CalloutEnded { status, failure, way, .. } => {
                        seen.extend((*way == Way::LastGood).then(|| way.as_str().into()));
                        seen.extend(status.map(|status| status.to_string()));
                        seen.extend(failure.as_ref().map(|failure| failure.word().into()));
                    }
                    EventKind::NotifyCommitted { failure, .. } => {
                        seen.push(if failure.is_none() { "durable" } else { "lost" }.into());
                    }
                    EventKind::Fault { what } if what.contains("may come late") => seen.push("came late".into()),
                    EventKind::CalloutStarted { .. } if gone => seen.push("without caller".into()),
                    EventKind::LegEnded(end) => gone |= event.leg == Some(LegId::FIRST) && end.by == EndedBy::Caller,
                    _ => {}
                }
            }
        }
        seen
    }

    /// What the web was asked for a call, in order.
    fn of(&self, call: &CallSid) -> BTreeMap<CalloutId, Vec<&'w Requested>> {
        let mut of: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for request in self.requested {
            if let Some(mark) = request.mark.as_ref().filter(|mark| mark.call == *call) {
                of.entry(mark.callout).or_default().push(request);
            }
        }
        of
    }

    /// I2: under one id there is one content.
    fn contents(&self) -> Broken {
        let (mut contents, mut broken) = (BTreeMap::new(), Vec::new());
        for request in self.requested {
            let Some(mark) = &request.mark else {
                broken.push(format!("{} was asked for no callout", request.address()));
                continue;
            };
            let content = (request.url.as_str(), request.body.as_str());
            if *contents.entry(mark.id()).or_insert(content) != content {
                broken.push(format!("{} is the id of two contents", mark.id()));
            }
        }
        broken
    }
}

/// A callout that its call waited for.
struct Waited {
    began: Timestamp,
    timeout: Duration,
    attempts: Vec<Attempt>,
    end: Option<(Option<u16>, Option<HttpFailure>)>,
}

/// One request of it, as the journal has it.
struct Attempt {
    number: u32,
    way: Way,
    ended: Timestamp,
    outcome: (Option<u16>, Option<HttpFailure>),
}

/// A call's journal, read line by line.
struct Walk<'w> {
    plan: &'w Plan,
    requests: BTreeMap<CalloutId, Vec<&'w Requested>>,
    /// Where the call is.
    node: &'w str,
    /// The callout that this node began.
    begun: Option<CalloutId>,
    waited: BTreeMap<CalloutId, Waited>,
    results: BTreeMap<&'static str, CalloutId>,
    /// Reports, and why the store did not take them, once it has said so.
    told: BTreeMap<CalloutId, Option<Option<String>>>,
    /// The flow was told that a report may come late.
    late: bool,
    /// The caller has gone, and the flow has nothing to do without one.
    over: bool,
    broken: Broken,
}

impl<'w> Walk<'w> {
    fn new(plan: &'w Plan, requests: BTreeMap<CalloutId, Vec<&'w Requested>>) -> Self {
        Self {
            plan,
            requests,
            node: "",
            begun: None,
            waited: BTreeMap::new(),
            results: BTreeMap::new(),
            told: BTreeMap::new(),
            late: false,
            over: false,
            broken: Vec::new(),
        }
    }

    fn holds(&mut self, it_does: bool, what: impl FnOnce() -> String) {
        if !it_does {
            self.broken.push(what());
        }
    }

    fn take(&mut self, event: &'w CallEvent) {
        match &event.kind {
            EventKind::NodeEntered { node, .. } => {
                (self.node, self.begun, self.late) = (node, None, false);
                self.holds(!self.over, || format!("{node} is entered after the caller hung up"));
            }
            EventKind::NodeLeft { node, exit } => self.left(node, exit),
            EventKind::CalloutStarted { callout, .. } => self.started(*callout, event),
            EventKind::CalloutAttempted { callout, attempt, way, status, failure, .. } => {
                let outcome = (*status, failure.clone());
                let attempt = Attempt { number: *attempt, way: *way, ended: event.wall, outcome };
                match self.waited.get_mut(callout).filter(|waited| waited.end.is_none()) {
                    Some(waited) => waited.attempts.push(attempt),
                    None => self.broken.push(format!("{callout} is tried when it is not under way")),
                }
            }
            EventKind::CalloutEnded { callout, status, failure, took, way } => {
                self.ended(*callout, (*status, failure.clone()), (*way, *took), event);
            }
            EventKind::NotifyQueued { callout, .. } => {
                self.begun = Some(*callout);
                let is_new = self.told.insert(*callout, None).is_none();
                self.holds(is_new && !self.over, || format!("{callout} is told twice, or for nobody"));
            }
            EventKind::NotifyCommitted { callout, failure } => {
                let before = self.told.insert(*callout, Some(failure.clone()));
                self.holds(before == Some(None), || format!("{callout} is stored twice, or unasked"));
            }
            EventKind::Fault { what } => self.late |= what.contains("may come late"),
            EventKind::LegEnded(end) if event.leg == Some(LegId::FIRST) && end.by == EndedBy::Caller => {
                // A report that is being stored, and a connect, have something to finish.
                self.over = !matches!(self.plan.nodes.get(self.node), Some(Node::Tells | Node::Connects));
            }
            _ => {}
        }
    }

    fn started(&mut self, callout: CalloutId, event: &CallEvent) {
        self.holds(!self.over, || format!("{callout} is begun after the caller hung up")); // I7
        let node = self.node;
        let timeout = match self.plan.nodes.get(node) {
            Some(Node::Asks { timeout, .. }) => *timeout,
            Some(Node::AsksEarly { timeout, result }) => {
                self.results.insert(result, callout);
                *timeout
            }
            _ => return self.broken.push(format!("{callout} is begun at {node}, which asks nothing")),
        };
        self.begun = Some(callout);
        let waited = Waited { began: event.wall, timeout, attempts: Vec::new(), end: None };
        let is_new = self.waited.insert(callout, waited).is_none();
        self.holds(is_new, || format!("{callout} begins twice"));
    }

    fn ended(
        &mut self,
        callout: CalloutId,
        outcome: (Option<u16>, Option<HttpFailure>),
        (way, took): (Way, Duration),
        event: &CallEvent,
    ) {
        let Some(waited) = self.waited.get_mut(&callout).filter(|waited| waited.end.is_none()) else {
            return self.broken.push(format!("{callout} ends when it is not under way"));
        };
        waited.end = Some(outcome.clone());
        let in_time = took <= waited.timeout && event.wall == waited.began + took;
        let of_an_attempt = waited.attempts.iter().any(|attempt| attempt.way == way && attempt.outcome == outcome);
        let cancelled = outcome.1 == Some(HttpFailure::Cancelled);
        self.holds(in_time, || format!("{callout} took {took:?}"));
        self.holds(of_an_attempt || cancelled || way == Way::LastGood, || {
            format!("{callout} ends as no try of it did")
        });
        self.holds(cancelled || !self.over, || format!("{callout} goes on after the caller hung up"));
    }

    /// I5: the exit is the one that the recorded outcome stands for. I1: a report is durable, or known not to be.
    fn left(&mut self, node: &str, exit: &str) {
        let end = |walk: &Self, callout: Option<CalloutId>| walk.waited.get(&callout?)?.end.clone();
        let wanted = match self.plan.nodes.get(node) {
            Some(Node::Asks { ways, .. }) => end(self, self.begun).map(|(status, why)| ways.exit(status, why.as_ref())),
            Some(Node::Takes { result, ways }) => match self.results.get(result) {
                None => Some("else".to_owned()),
                asked => Some(
                    end(self, asked.copied())
                        .map_or_else(|| ways.impatient(), |(status, why)| ways.exit(status, why.as_ref())),
                ),
            },
            Some(Node::Tells) => {
                let stored = self.begun.and_then(|callout| self.told.get(&callout)).is_some_and(Option::is_some);
                (stored || self.late).then(|| "next".to_owned())
            }
            Some(Node::AsksEarly { .. } | Node::Greets) => Some("next".to_owned()),
            Some(Node::Connects) | None => return,
        };
        self.holds(wanted.as_deref() == Some(exit), || format!("{node} is left by {exit} and not {wanted:?}"));
    }

    /// What holds at the end.
    fn over(mut self) -> Broken {
        for (callout, stored) in &self.told {
            let times = self.requests.remove(callout).map_or(0, |requests| requests.len());
            let due = usize::from(*stored == Some(None));
            if stored.is_none() || times != due {
                self.broken.push(format!("{callout} is {stored:?} in the store, and was handed over {times} times"));
            }
        }
        for (callout, waited) in &self.waited {
            let requests = self.requests.remove(callout).unwrap_or_default();
            self.broken.extend(waited.attempts(&requests).into_iter().map(|what| format!("{callout} {what}")));
        }
        self.broken.extend(self.requests.keys().map(|callout| format!("{callout} is in no journal, and was asked")));
        self.broken
    }
}

impl Waited {
    /// I3: its tries are numbered, the web knows of each, and none begins before those before it are over, but a hedge.
    fn attempts(&self, requests: &[&Requested]) -> Broken {
        let mut broken = Vec::new();
        if self.end.is_none() {
            broken.push("never ends".to_owned());
        }
        let beginning: Timestamp = BEGINNING.parse().expect("a moment");
        let numbers: Vec<u32> = requests.iter().filter_map(|request| Some(request.mark.as_ref()?.attempt)).collect();
        if numbers.windows(2).any(|pair| pair[0] >= pair[1]) || numbers.first().is_some_and(|first| *first == 0) {
            broken.push(format!("has its tries numbered {numbers:?}"));
        }
        let is_known = |attempt: &&Attempt| attempt.outcome.1 != Some(HttpFailure::CircuitOpen);
        for unheard in self.attempts.iter().filter(is_known).filter(|attempt| !numbers.contains(&attempt.number)) {
            broken.push(format!("has a try {} that the web knows nothing of", unheard.number));
        }
        for (asked, number) in requests.iter().zip(&numbers) {
            let began = beginning + asked.at;
            let over = self.attempts.iter().filter(|other| other.number < *number && other.ended <= began).count();
            let is_hedge = *number == 2 && began == self.began + HEDGE;
            if over + 1 < usize::try_from(*number).expect("few") && !is_hedge {
                broken.push(format!("has its try {number} begin when {over} are over"));
            }
        }
        broken
    }
}
