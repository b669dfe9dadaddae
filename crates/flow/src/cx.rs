//! What an applet sees of its call, and the only way in which it acts on it.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use model::{
    CallFacts, Cause, DialFacts, EventKind, HttpAnswer, HttpOutcome, HttpRequest, Inquiry, LegId, Moment, Stream,
    StreamFailure,
};

use crate::control::{Audio, Command, Component, Output};
use crate::dial::{Announcement, Dial};
use crate::record::Take;
use crate::scope::Scope;

/// Variables that one run may have.
pub const VARIABLES: usize = 100;

/// Callouts that one run may make, of both kinds (`trust.md` S12); past it, the call is ended.
pub const CALLOUTS_A_CALL: u32 = 50;

/// Reports beside the flow that one run may make, as [`Cx::tell`] does; further ones are dropped.
pub const TELLS_A_CALL: u32 = 1_000;

/// A call as the applets of its flow see it.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) facts: CallFacts,
    pub(crate) vars: BTreeMap<String, String>,
    pub(crate) last_answer: Option<HttpAnswer>,
    pub(crate) typed: VecDeque<char>,
    pub(crate) answering: bool,
    pub(crate) hung_up: bool,
    pub(crate) components: u32,
    pub(crate) callouts: u32,
    pub(crate) tells: u32,
    /// Components that the current visit began and that have not ended.
    pub(crate) live: BTreeSet<Component>,
    /// Questions that were asked beside the flow, by the name of their results.
    pub(crate) asides: BTreeMap<String, Aside>,
    /// Streams that go on beside the flow.
    pub(crate) streams: BTreeSet<Component>,
    pub(crate) outputs: VecDeque<Output>,
}

impl State {
    pub(crate) fn new(facts: CallFacts) -> Self {
        Self {
            answering: facts.answered,
            facts,
            vars: BTreeMap::new(),
            last_answer: None,
            typed: VecDeque::new(),
            hung_up: false,
            components: 0,
            callouts: 0,
            tells: 0,
            live: BTreeSet::new(),
            asides: BTreeMap::new(),
            streams: BTreeSet::new(),
            outputs: VecDeque::new(),
        }
    }
}

/// A question that was asked beside the flow.
#[derive(Clone, Debug)]
pub enum Aside {
    /// Its answer is not there yet.
    Asked(Component),
    /// What came of it.
    Ended(HttpOutcome),
}

/// What an applet sees of its call, and the only way in which it acts on it.
#[derive(Debug)]
pub struct Cx<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) now: Moment,
}

impl Cx<'_> {
    /// The moment of the event that is being handled.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// What is known of the call.
    pub fn facts(&self) -> &CallFacts {
        &self.state.facts
    }

    /// The flow's variables.
    pub fn vars(&self) -> &BTreeMap<String, String> {
        &self.state.vars
    }

    /// What templates and expressions can name now.
    pub fn scope(&self) -> Scope {
        Scope::of(self.state)
    }

    /// The answer that the last synchronous Passthru got with status 200.
    pub fn last_answer(&self) -> Option<&HttpAnswer> {
        self.state.last_answer.as_ref()
    }

    /// Keeps the answer of a synchronous Passthru for the applets after it, or forgets the one before.
    pub fn keep_answer(&mut self, answer: Option<HttpAnswer>) {
        self.state.last_answer = answer;
    }

    /// Sets a variable. One too many is journalled as a fault and not set.
    pub fn set_var(&mut self, name: &str, value: String) {
        if self.state.vars.len() >= VARIABLES && !self.state.vars.contains_key(name) {
            return self.fault(format!("`{name}` is not set: a call has at most {VARIABLES} variables"));
        }
        self.note(EventKind::VariableSet { name: name.to_owned(), value: value.clone() });
        self.state.vars.insert(name.to_owned(), value);
    }

    /// Takes the oldest key that was pressed before anybody waited for it.
    pub fn take_typed(&mut self) -> Option<char> {
        self.state.typed.pop_front()
    }

    /// Whether a key was pressed that nobody has taken.
    pub fn has_typed(&self) -> bool {
        !self.state.typed.is_empty()
    }

    /// Says which keys a gather or menu took; the next Passthru reports them.
    pub fn gathered(&mut self, digits: &str) {
        self.note(EventKind::Gathered { digits: digits.to_owned() });
        self.state.facts.digits = Some(digits.to_owned());
    }

    /// Journals something that went wrong and does not end the call.
    pub fn fault(&mut self, what: impl Into<String>) {
        self.note(EventKind::Fault { what: what.into() });
    }

    /// Answers the caller, if that has not been asked for yet.
    pub fn answer(&mut self) {
        if !self.state.answering {
            self.state.answering = true;
            self.push(Command::Answer);
        }
    }

    /// Answers if need be, and plays.
    pub fn play(&mut self, audio: Vec<Audio>, repeat: bool) -> Component {
        self.answer();
        self.begin(|id| Command::Play { id, audio, repeat })
    }

    /// Has sounds made ready, so that they can be played at once, or something else be done without them.
    pub fn prepare(&mut self, audio: Vec<Audio>) -> Component {
        self.begin(|id| Command::Prepare { id, audio })
    }

    /// Asks for a timer.
    pub fn start_timer(&mut self, after: Duration) -> Component {
        self.begin(|id| Command::StartTimer { id, after })
    }

    /// Asks a URL and waits.
    pub fn callout(&mut self, inquiry: impl Into<Inquiry>) -> Component {
        self.state.callouts += 1;
        let inquiry = Box::new(inquiry.into());
        self.begin(|id| Command::Callout { id, inquiry })
    }

    /// Asks a URL beside the flow, which goes on; what comes of it is found under that name. One asked under the same name
    /// before is not waited for any more.
    pub fn ask_aside(&mut self, name: &str, inquiry: impl Into<Inquiry>) {
        if let Some(Aside::Asked(id)) = self.state.asides.remove(name) {
            self.push(Command::Stop { id });
        }
        let id = self.callout(inquiry);
        self.state.live.remove(&id);
        self.state.asides.insert(name.to_owned(), Aside::Asked(id));
    }

    /// What was asked beside the flow under that name. While this visit lasts it hears of the end of what has none yet.
    pub fn join_aside(&mut self, name: &str) -> Option<Aside> {
        let aside = self.state.asides.get(name).cloned();
        if let Some(Aside::Asked(id)) = aside {
            self.state.live.insert(id);
        }
        aside
    }

    /// Lets something go on beside the flow that this visit began or joined: it is not stopped with the visit.
    pub fn release(&mut self, id: Component) {
        self.state.live.remove(&id);
    }

    /// How many keys wait that nobody has taken.
    pub fn typed(&self) -> usize {
        self.state.typed.len()
    }

    /// Forgets the keys past the first so many.
    pub fn forget_typed(&mut self, past: usize) {
        self.state.typed.truncate(past);
    }

    /// Tells a URL through the outbox, and another one once beside it if there is one.
    pub fn notify(&mut self, request: HttpRequest, shadow: Option<HttpRequest>) -> Component {
        self.state.callouts += 1;
        self.begin(|id| Command::Notify { id, request, shadow: shadow.map(Box::new) })
    }

    /// Tells a URL through the outbox without waiting until the outbox has it. The call waits for that before it is over.
    pub fn tell(&mut self, request: HttpRequest) {
        self.state.tells += 1;
        match self.state.tells.cmp(&TELLS_A_CALL) {
            Ordering::Less => {
                let id = self.begin(|id| Command::Notify { id, request, shadow: None });
                self.state.live.remove(&id);
            }
            Ordering::Equal => {
                self.fault(format!("a call reports {TELLS_A_CALL} times at most; this and further ones are dropped"))
            }
            Ordering::Greater => {}
        }
    }

    /// Says what a connect came to, if that is more than its last dial.
    pub fn connected(&mut self, facts: DialFacts) {
        self.state.facts.dial = Some(facts);
    }

    /// Rings others and joins the first who answers.
    pub fn dial(&mut self, dial: Dial) -> Component {
        if dial.music.is_some() {
            self.answer();
        }
        (self.state.facts.recording, self.state.facts.voicemail) = (None, false);
        self.begin(|id| Command::Dial { id, dial })
    }

    /// Says what a party hears before it is joined with the caller, of a dial in which that follows.
    pub fn whisper(&mut self, dial: Component, leg: LegId, what: Option<Announcement>) {
        self.push(Command::Whisper { dial, leg, what });
    }

    /// Asks for another flow, as it is published now.
    pub fn find_flow(&mut self, flow: &str) -> Component {
        self.begin(|id| Command::FindFlow { id, flow: flow.to_owned() })
    }

    /// Records what the caller says.
    pub fn record(&mut self, take: Take) -> Component {
        (self.state.facts.recording, self.state.facts.voicemail) = (None, true);
        self.begin(|id| Command::Record { id, take })
    }

    /// Talks with an application, or lets it listen, until either ends that; answers if need be.
    pub fn stream(&mut self, stream: Stream) -> Component {
        self.answer();
        let stream = Box::new(stream);
        self.begin(|id| Command::Stream { id, stream })
    }

    /// Lets an application listen while the flow goes on, until the flow ends that or the call is over.
    pub fn stream_aside(&mut self, stream: Stream) {
        let id = self.stream(stream);
        self.state.live.remove(&id);
        self.state.streams.insert(id);
    }

    /// Says that a stream cannot even be asked for.
    pub fn fail_stream(&mut self, stream: Stream, failure: StreamFailure) -> Component {
        let stream = Box::new(stream);
        self.begin(|id| Command::FailStream { id, stream, failure })
    }

    /// Ends the streams that go on beside the flow; which those are. This visit hears of the end of each.
    pub fn stop_streams(&mut self) -> BTreeSet<Component> {
        let streams = std::mem::take(&mut self.state.streams);
        for id in &streams {
            self.push(Command::Stop { id: *id });
            self.state.live.insert(*id);
        }
        streams
    }

    /// Keeps the URL of a classic Passthru for those who are asked after it.
    pub fn keep_passthru(&mut self, url: &str) {
        self.state.facts.passthru = Some(url.to_owned());
    }

    /// Ends something that this visit began.
    pub fn stop(&mut self, id: Component) {
        if self.state.live.remove(&id) {
            self.push(Command::Stop { id });
        }
    }

    /// Ends the call.
    pub fn hang_up(&mut self, cause: Cause) {
        if !self.state.hung_up {
            self.state.hung_up = true;
            self.push(Command::Hangup { cause });
        }
    }

    fn begin(&mut self, command: impl FnOnce(Component) -> Command) -> Component {
        self.state.components += 1;
        let id = Component(self.state.components);
        self.state.live.insert(id);
        self.push(command(id));
        id
    }

    fn push(&mut self, command: Command) {
        self.state.outputs.push_back(Output::Do(command));
    }

    pub(crate) fn note(&mut self, kind: EventKind) {
        self.state.outputs.push_back(Output::Note(kind));
    }
}
