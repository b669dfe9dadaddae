//! For tests: one call's walk through a flow as a ledger, an event in and the lines it causes out.
//!
//! A line is an order or a journal entry in few words: `play 1 "Hello."`, `stop 1`, `timer 2 5s`, `at menu`,
//! `left by digits`, `hang up NORMAL_CLEARING (16)`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use model::{
    CallFacts, CallSid, Cause, DialFacts, DialStatus, Direction, EndedBy, EventKind, HttpAnswer, HttpFailure,
    HttpOutcome, Inquiry, LastGood, LegFacts, LegId, LegMoments, Moment, Record, RecordingFacts, StreamEnd,
    StreamFacts, StreamSid, Tenant,
};

use crate::{
    Announcement, Audio, Catalogue, Command, Component, DialOrder, DialProgress, Event, Music, Output, Party, Program,
    Run, Take, compile,
};

/// One call's walk through a flow.
#[derive(Debug)]
pub struct Ledger {
    run: Run,
    now: Moment,
    inquiries: Vec<Inquiry>,
}

impl Ledger {
    /// A call that has arrived for a flow. `now` may be any moment.
    ///
    /// # Panics
    /// If the flow has any diagnostic.
    pub fn new(text: &str, catalogue: &Catalogue, now: Instant) -> Self {
        let (program, diagnostics) = compile(text, catalogue, 1);
        let diagnostics: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
        assert!(diagnostics.is_empty(), "{}", diagnostics.join("\n"));
        let program = Arc::new(program.expect("without diagnostics there is a program"));
        let facts = facts(&program);
        let wall = Timestamp::from_second(1_700_000_000).expect("a second in 2023");
        Self { run: Run::new(program, facts), now: Moment { at: now, wall }, inquiries: Vec::new() }
    }

    /// The call begins.
    pub fn start(&mut self) -> Vec<String> {
        self.run.start(self.now);
        self.drain()
    }

    /// Something happens.
    pub fn event(&mut self, event: Event) -> Vec<String> {
        self.run.handle_event(event, self.now);
        self.drain()
    }

    /// The caller presses keys, one after the other.
    pub fn press(&mut self, keys: &str) -> Vec<String> {
        keys.chars().flat_map(|digit| self.event(Event::Digit { digit })).collect()
    }

    /// A prompt was heard to its end.
    pub fn played(&mut self, id: u32) -> Vec<String> {
        self.event(Event::PlayEnded { id: Component(id), finished: true })
    }

    /// Sounds are ready, but for these.
    pub fn prepared(&mut self, id: u32, missing: &[(Audio, &str)]) -> Vec<String> {
        let missing = missing.iter().map(|(audio, why)| (audio.clone(), (*why).to_owned())).collect();
        self.event(Event::Prepared { id: Component(id), missing })
    }

    /// A timer fires.
    pub fn fired(&mut self, id: u32) -> Vec<String> {
        self.event(Event::TimerFired { id: Component(id) })
    }

    /// A URL answers.
    pub fn answered(&mut self, id: u32, status: u16, body: &str) -> Vec<String> {
        let content_type = Some("text/plain".to_owned());
        let answer = HttpAnswer { status, content_type, body: body.into(), ..HttpAnswer::of(0) };
        self.event(Event::CalloutEnded { id: Component(id), outcome: HttpOutcome::Answered(answer) })
    }

    /// A URL answers with JSON.
    pub fn json(&mut self, id: u32, status: u16, body: &str) -> Vec<String> {
        let content_type = Some("application/json".to_owned());
        let answer = HttpAnswer { status, content_type, body: body.into(), ..HttpAnswer::of(0) };
        self.event(Event::CalloutEnded { id: Component(id), outcome: HttpOutcome::Answered(answer) })
    }

    /// A URL does not answer.
    pub fn failed(&mut self, id: u32, failure: HttpFailure) -> Vec<String> {
        self.event(Event::CalloutEnded { id: Component(id), outcome: HttpOutcome::Failed(failure) })
    }

    /// The outbox has taken a notification, or has not.
    pub fn committed(&mut self, id: u32, failure: Option<&str>) -> Vec<String> {
        self.event(Event::NotifyCommitted { id: Component(id), failure: failure.map(str::to_owned) })
    }

    /// A dial ends after ringing one party, or none if `rang` is false.
    pub fn dialled(&mut self, id: u32, status: DialStatus, rang: bool) -> Vec<String> {
        let cause = if status == DialStatus::Completed { Cause::NORMAL_CLEARING } else { Cause::NO_ANSWER };
        let legs = if rang { vec![leg(status, cause)] } else { Vec::new() };
        let facts = DialFacts { status, duration: Duration::ZERO, caller_id: "+918011112222".into(), legs };
        self.event(Event::DialEnded { id: Component(id), facts })
    }

    /// The party that a dial rings is a step further.
    pub fn progresses(&mut self, id: u32, progress: DialProgress) -> Vec<String> {
        let number = "+918022222222".into();
        self.event(Event::DialProgress { id: Component(id), leg: LegId(1), number, progress })
    }

    /// A flow is found: the one of that text, or none.
    ///
    /// # Panics
    /// If the text does not compile.
    pub fn found(&mut self, id: u32, flow: Option<&str>, catalogue: &Catalogue) -> Vec<String> {
        let program = flow.map(|text| Arc::new(compile(text, catalogue, 1).0.expect("a flow that compiles")));
        self.event(Event::FlowFound { id: Component(id), program })
    }

    /// The recording of the caller is over.
    pub fn recorded(&mut self, id: u32, facts: Option<RecordingFacts>) -> Vec<String> {
        self.event(Event::RecordEnded { id: Component(id), facts })
    }

    /// A stream is over: it was ended by one of the two, or failed.
    pub fn streamed(&mut self, id: u32, end: StreamEnd) -> Vec<String> {
        let (sid, url) = (StreamSid::new("stream"), "wss://bot.example/ws".into());
        let facts = StreamFacts { sid, url, duration: Duration::from_secs(7), end, recording: None };
        self.event(Event::StreamEnded { id: Component(id), facts })
    }

    /// The caller hangs up.
    pub fn hangs_up(&mut self) -> Vec<String> {
        self.event(Event::CallerGone)
    }

    /// The run itself.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// All that was asked so far, as the switch gets it.
    pub fn inquiries(&mut self) -> Vec<Inquiry> {
        std::mem::take(&mut self.inquiries)
    }

    fn drain(&mut self) -> Vec<String> {
        let outputs: Vec<Output> = std::iter::from_fn(|| self.run.poll_output()).collect();
        for output in &outputs {
            if let Output::Do(Command::Callout { inquiry, .. }) = output {
                self.inquiries.push((**inquiry).clone());
            }
        }
        outputs.iter().map(line).collect()
    }
}

/// What became of the one party that was rung.
pub fn leg(status: DialStatus, cause: Cause) -> LegFacts {
    LegFacts {
        number: "+918022222222".into(),
        status,
        talk: Duration::ZERO,
        ring: Duration::ZERO,
        cause,
        by: EndedBy::Callee,
        parallel: false,
        caller_id: "+918011112222".into(),
        moments: LegMoments::default(),
    }
}

/// A call from +919900000001 to +918011112222.
fn facts(program: &Program) -> CallFacts {
    let name = (CallSid::new("0123456789abcdef0123456789abcdef"), Tenant::default());
    let created = Timestamp::from_second(1_700_000_000).expect("a second in 2023");
    let parties = ["+919900000001".into(), "+918011112222".into()];
    CallFacts::begun(name, Direction::Incoming, parties, created, (program.name(), program.id()))
}

fn line(output: &Output) -> String {
    match output {
        Output::Do(command) => order(command),
        Output::Note(kind) => match kind {
            EventKind::FlowStarted { flow, .. } => format!("flow {flow}"),
            EventKind::FlowResumed { flow, .. } => format!("back in {flow}"),
            EventKind::NodeEntered { node, .. } => format!("at {node}"),
            EventKind::NodeLeft { exit, .. } => format!("left by {exit}"),
            EventKind::Gathered { digits } => format!("digits {digits:?}"),
            EventKind::VariableSet { name, value } => format!("{name} = {value:?}"),
            EventKind::Fault { what } => format!("fault: {what}"),
            other => format!("{other:?}"),
        },
    }
}

fn words(Record { dual, format }: Record) -> String {
    format!("{} {}", format.as_str(), if dual { "dual" } else { "single" })
}

/// What is done for an answer, past asking.
fn effort(inquiry: &Inquiry) -> String {
    let mut said = String::new();
    let mut say = |text: String| said.push_str(&text);
    if inquiry.retries > 0 {
        say(format!(" retries {}", inquiry.retries));
    }
    if let Some(fallback) = &inquiry.fallback {
        say(format!(" or {}", fallback.url.split('?').next().unwrap_or_default()));
    }
    if let Some(hedge) = inquiry.hedge {
        say(format!(" hedged after {hedge:?}"));
    }
    if let Some(shadow) = &inquiry.shadow {
        say(format!(" and a copy to {}", shadow.url.split('?').next().unwrap_or_default()));
    }
    if inquiry.breaker {
        say(" with a breaker".to_owned());
    }
    if let Some(LastGood { of, age }) = &inquiry.last_good {
        say(format!(" or what was given to {of} within {age:?}"));
    }
    said
}

fn order(command: &Command) -> String {
    match command {
        Command::Answer => "answer".into(),
        Command::Play { id, audio, repeat } => {
            format!("play {} {}{}", id.0, names(audio), if *repeat { " again and again" } else { "" })
        }
        Command::Prepare { id, audio } => format!("prepare {} {}", id.0, names(audio)),
        Command::Stop { id } => format!("stop {}", id.0),
        Command::StartTimer { id, after } => format!("timer {} {after:?}", id.0),
        Command::Callout { id, inquiry } => {
            let request = &inquiry.request;
            let method = if request.method == "GET" { String::new() } else { format!("{} ", request.method) };
            format!("ask {} {method}{} within {:?}{}", id.0, request.url, request.budget, effort(inquiry))
        }
        Command::Notify { id, request, shadow: None } => format!("tell {} {}", id.0, request.url),
        Command::Notify { id, request, shadow: Some(shadow) } => {
            format!("tell {} {} and a copy to {}", id.0, request.url, shadow.url)
        }
        Command::Dial { id, dial } => {
            let targets: Vec<String> = dial.targets.iter().map(party).collect();
            let order = match dial.order {
                DialOrder::Single => String::new(),
                DialOrder::Parallel(most) => format!(", {most} at once"),
            };
            let ways = [(dial.share, ", shared out"), (dial.sticky, ", sticky"), (dial.alone, ", one alone")];
            let ways: String = ways.iter().filter(|(wanted, _)| *wanted).map(|(_, words)| *words).collect();
            let limit = dial.limit.map(|limit| format!(", talks {limit:?}")).unwrap_or_default();
            let music = match &dial.music {
                Some(Music::Audio(music)) => format!(" music {music}"),
                Some(Music::Tone) => " music tone".into(),
                None => String::new(),
            };
            let whisper = dial.whisper.as_ref().map(|what| format!(" whisper {}", announcement(what)));
            let whisper = whisper.or_else(|| dial.whisper_follows.then(|| " whisper asked for".to_owned()));
            let playback = dial.playback.as_ref().map(|playback| {
                let every = playback.every.map(|every| format!(" every {every:?}")).unwrap_or_default();
                format!(" playback {} after {:?}{every}", announcement(&playback.what), playback.after)
            });
            let (whisper, playback) = (whisper.unwrap_or_default(), playback.unwrap_or_default());
            let caller_id = dial.caller_id.as_ref().map(|number| format!(" as {number}")).unwrap_or_default();
            let kept = dial.record.map(|record| format!(" recorded {}", words(record))).unwrap_or_default();
            format!(
                "dial {} {} for {:?}{order}{ways}{limit}{music}{whisper}{playback}{caller_id}{kept}",
                id.0,
                targets.join(" "),
                dial.ring
            )
        }
        Command::Whisper { dial, leg, what } => {
            let what = what.as_ref().map_or_else(|| "nothing".to_owned(), announcement);
            format!("whisper {} {leg} {what}", dial.0)
        }
        Command::Record { id, take: Take { longest, silence, finish_key, format, .. } } => {
            let key = finish_key.map(|key| format!(" or {key}")).unwrap_or_default();
            let record = Record { dual: false, format: *format };
            format!("record {} {} for {longest:?}, until {silence:?} of silence{key}", id.0, words(record))
        }
        Command::Stream { id, stream } => {
            let kept = stream.record.map(|record| format!(" recorded {}", words(record))).unwrap_or_default();
            let told: String = stream.parameters.iter().map(|(name, value)| format!(" {name}={value}")).collect();
            format!("stream {} {stream:?} in {:?}{told}{kept}", id.0, stream.frame)
        }
        Command::FailStream { id, failure, .. } => format!("no stream {}: {failure}", id.0),
        Command::FindFlow { id, flow } => format!("find {} {flow}", id.0),
        Command::Hangup { cause } => format!("hang up {cause}"),
    }
}

fn announcement(what: &Announcement) -> String {
    let audio: Vec<String> = what.audio.iter().map(ToString::to_string).collect();
    format!("{} to {:?}", audio.join(" "), what.to).to_lowercase()
}

fn party(party: &Party) -> String {
    let ring = party.ring.map(|ring| format!(" ({ring:?})")).unwrap_or_default();
    format!("{}{}{ring}", party.target, if party.outside { " (outside)" } else { "" })
}

fn names(audio: &[Audio]) -> String {
    audio.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
