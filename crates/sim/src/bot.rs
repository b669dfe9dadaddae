//! Applications that hear calls and talk with callers: what they do in a story, and what they were told.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

use exotel::stream_frame;
use flow::Audio;
use media::codec::SAMPLE_RATE;
use media::{Command, Progress, StreamId, Streamed};
use model::{HttpFailure, StreamFailure, StreamSid, without_userinfo};
use serde_json::Value;
use stream::{Note, Opening, Output, Session};
use switch::{StreamOrder, StreamReport};

use crate::part::Part;
use crate::phone::Condition;
use crate::reply::USUAL_DELAY;
use crate::sound::{Tones, tone};

/// How long an application that nobody tells when to go listens before it does.
pub(crate) const UNSCRIPTED: Duration = Duration::from_secs(10);

/// An application. Clones are the same.
#[derive(Clone)]
pub struct Bot(Rc<RefCell<Script>>);

struct Script {
    url: String,
    failure: Option<StreamFailure>,
    echoes: bool,
    /// What it does so long after it has taken a stream.
    acts: Vec<(Duration, Act)>,
    messages: Vec<String>,
}

/// What an application does at some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Sends a message.
    Send(String),
    /// Says that, for a second.
    Speak(String),
    /// Says something for so long.
    Sound(Duration),
    /// Closes the connection with that code.
    Close(u16),
}

impl Bot {
    /// An application that takes every stream, listens, and says nothing.
    fn new(url: &str) -> Self {
        let script =
            Script { url: url.to_owned(), failure: None, echoes: false, acts: Vec::new(), messages: Vec::new() };
        Self(Rc::new(RefCell::new(script)))
    }

    /// Cannot be had.
    #[must_use]
    pub fn fails(self, failure: StreamFailure) -> Self {
        self.0.borrow_mut().failure = Some(failure);
        self
    }

    /// Gives back all audio and marks that it gets.
    #[must_use]
    pub fn echoes(self) -> Self {
        self.0.borrow_mut().echoes = true;
        self
    }

    /// Sends a message so long after the beginning.
    #[must_use]
    pub fn sends(self, after: Duration, message: &str) -> Self {
        self.will(after, Act::Send(message.to_owned()))
    }

    /// Says something for a second, all of it in one message.
    #[must_use]
    pub fn speaks(self, after: Duration, text: &str) -> Self {
        self.will(after, Act::Speak(text.to_owned()))
    }

    /// Closes the connection with that code.
    #[must_use]
    pub fn closes(self, after: Duration, code: u16) -> Self {
        self.will(after, Act::Close(code))
    }

    /// Plays that part.
    #[must_use]
    pub(crate) fn plays(self, part: &Part) -> Self {
        {
            let mut script = self.0.borrow_mut();
            (script.failure, script.echoes) = (part.failure.clone(), part.echoes);
            script.acts.clone_from(&part.acts);
        }
        self
    }

    /// Until it has been sent a message that holds that text.
    pub fn gets(&self, text: &str) -> Condition {
        let (script, text) = (Rc::clone(&self.0), text.to_owned());
        let what = format!("{} gets {text}", script.borrow().url);
        Condition {
            what,
            holds: Box::new(move || script.borrow().messages.iter().any(|message| message.contains(&text))),
        }
    }

    /// What it was told, in order and in short: `start`, `dtmf:5`, `mark:hello`, `stop:callended`. Audio is left out.
    pub(crate) fn told(&self) -> Vec<String> {
        self.0.borrow().messages.iter().filter_map(|message| in_short(message)).collect()
    }

    /// What it was sent, in order.
    pub fn messages(&self) -> Vec<String> {
        self.0.borrow().messages.clone()
    }

    fn will(self, after: Duration, act: Act) -> Self {
        self.0.borrow_mut().acts.push((after, act));
        self
    }
}

/// What streams want of the world.
pub(crate) enum Wish {
    Tell(StreamId, StreamReport),
    Media(Command),
    /// A line for the ladder.
    Show(String),
}

/// All applications, and the streams to them.
#[derive(Default)]
pub(crate) struct Bots {
    bots: Vec<Bot>,
    talks: Vec<Talk>,
    wishes: VecDeque<Wish>,
}

struct Talk {
    id: StreamId,
    url: String,
    session: Session,
    bot: Bot,
    rate: u32,
    /// When the connection comes to be, or does not.
    opens: Option<Instant>,
    acts: VecDeque<(Instant, Act)>,
}

impl Bots {
    /// An application at that address; its own query plays no part.
    pub(crate) fn bot(&mut self, url: &str) -> Bot {
        let bot = Bot::new(address(url));
        self.bots.push(bot.clone());
        bot
    }

    pub(crate) fn order(&mut self, order: StreamOrder, now: Instant) {
        match order {
            StreamOrder::Open { id, sid, call, stream, .. } => {
                let (url, rate) = (stream.url.clone(), stream.rate);
                self.wishes.push_back(Wish::Show(format!("switch > {}", without_userinfo(&url))));
                let known = self.bots.iter().find(|bot| bot.0.borrow().url == address(&url)).cloned();
                let bot = known.unwrap_or_else(|| Bot::new(address(&url)).closes(UNSCRIPTED, 1000));
                let session = Session::new(Opening { sid, call, stream: *stream }, now);
                let opens = Some(now + USUAL_DELAY);
                self.talks.push(Talk { id, url, session, bot, rate, opens, acts: VecDeque::new() });
            }
            StreamOrder::Digit { id, digit, duration } => {
                self.with(id, now, |talk| talk.session.handle_digit(digit, duration, now));
            }
            StreamOrder::Stop { id, by } => self.with(id, now, |talk| {
                talk.opens = None;
                talk.session.stop(by, now);
            }),
        }
    }

    pub(crate) fn hear(&mut self, piece: &Streamed, now: Instant) {
        self.with(piece.stream, now, |talk| {
            let times = (talk.rate / SAMPLE_RATE).max(1) as usize;
            let samples: Vec<i16> = piece.samples.iter().flat_map(|sample| vec![*sample; times]).collect();
            let Progress { played, dropped } = piece.progress;
            talk.session.handle_heard(&samples, (played + dropped) * times as u64, now);
        });
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.talks.iter().filter_map(Talk::due).min()
    }

    pub(crate) fn handle_timeout(&mut self, tones: &Tones, now: Instant) {
        let due: Vec<StreamId> =
            self.talks.iter().filter(|talk| talk.due().is_some_and(|at| at <= now)).map(|talk| talk.id).collect();
        for id in due {
            self.with(id, now, |talk| talk.turn(tones, now));
        }
    }

    pub(crate) fn poll_wish(&mut self) -> Option<Wish> {
        self.wishes.pop_front()
    }

    pub(crate) fn is_at_rest(&self) -> bool {
        self.talks.is_empty()
    }

    fn with(&mut self, id: StreamId, now: Instant, act: impl FnOnce(&mut Talk)) {
        let Some(talk) = self.talks.iter_mut().find(|talk| talk.id == id) else { return };
        let was_open = talk.opens.is_none();
        act(talk);
        if !was_open && talk.opens.is_none() && !talk.session.is_over() {
            self.wishes.push_back(Wish::Tell(id, StreamReport::Connected));
        }
        talk.drain(now, &mut self.wishes);
        self.talks.retain(|talk| !talk.session.is_over());
    }
}

impl Talk {
    fn due(&self) -> Option<Instant> {
        let act = self.acts.front().map(|(at, _)| *at);
        [self.opens, act, self.session.poll_timeout()].into_iter().flatten().min()
    }

    fn turn(&mut self, tones: &Tones, now: Instant) {
        if self.opens.take_if(|at| *at <= now).is_some() {
            let script = self.bot.0.borrow();
            match &script.failure {
                Some(failure) => self.session.handle_failed(failure.clone(), now),
                None => {
                    self.session.handle_connected(now);
                    let mut acts: Vec<(Instant, Act)> =
                        script.acts.iter().map(|(after, act)| (now + *after, act.clone())).collect();
                    acts.sort_by_key(|(at, _)| *at);
                    self.acts = acts.into();
                }
            }
            return;
        }
        while let Some((_, act)) = self.acts.pop_front_if(|(at, _)| *at <= now) {
            match act {
                Act::Send(message) => self.session.handle_text(&message, now),
                Act::Close(code) => self.session.handle_closed(Some(code), "", now),
                Act::Speak(text) => self.say(tones.render(&Audio::Say(text.into())).samples(), now),
                Act::Sound(length) => self.say(&tone(tones.of(&self.url), length), now),
            }
        }
        self.session.handle_timeout(now);
    }

    /// The application says all of it in one message.
    fn say(&mut self, samples: &[i16], now: Instant) {
        let times = (self.rate / SAMPLE_RATE).max(1) as usize;
        let samples: Vec<i16> = samples.iter().flat_map(|sample| vec![*sample; times]).collect();
        let message = stream_frame::media(0, &StreamSid::new(""), 0, Duration::ZERO, &samples);
        self.session.handle_text(&message, now);
    }

    fn drain(&mut self, now: Instant, wishes: &mut VecDeque<Wish>) {
        loop {
            let mut idle = true;
            while let Some(output) = self.session.poll_output() {
                idle = false;
                let stream = self.id;
                match output {
                    Output::Say(samples) => {
                        let times = (self.rate / SAMPLE_RATE).max(1) as usize;
                        let samples = samples.into_iter().step_by(times).collect();
                        wishes.push_back(Wish::Media(Command::Say { stream, samples }));
                    }
                    Output::Clear => wishes.push_back(Wish::Media(Command::Clear { stream })),
                    // An application of a story closes its side at once.
                    Output::Close(code) => self.session.handle_closed(Some(code), "", now),
                    Output::Note(Note::Marked { name }) => {
                        wishes.push_back(Wish::Tell(stream, StreamReport::Marked { name }));
                    }
                    Output::Note(Note::Cleared { dropped }) => {
                        wishes.push_back(Wish::Tell(stream, StreamReport::Cleared { dropped }));
                    }
                    Output::Ended(end) => {
                        let why = end.failure.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
                        wishes.push_back(Wish::Show(format!("{} ended{why}", without_userinfo(&self.url))));
                        wishes.push_back(Wish::Tell(stream, StreamReport::Ended(end)));
                    }
                }
            }
            while let Some(message) = self.session.poll_frame(now) {
                idle = false;
                let echoes =
                    self.bot.0.borrow().echoes && ["media", "mark"].iter().any(|event| is_event(&message, event));
                self.bot.0.borrow_mut().messages.push(message.clone());
                if echoes {
                    self.session.handle_text(&message, now);
                }
            }
            if idle {
                return;
            }
        }
    }
}

fn is_event(message: &str, event: &str) -> bool {
    message.starts_with(&format!(r#"{{"event":"{event}""#))
}

fn in_short(message: &str) -> Option<String> {
    let message: Value = serde_json::from_str(message).ok()?;
    let event = message["event"].as_str()?;
    let what = match event {
        "start" => return Some(event.to_owned()),
        "dtmf" => "digit",
        "mark" => "name",
        "stop" => "reason",
        _ => return None,
    };
    Some(format!("{event}:{}", message[event][what].as_str()?))
}

fn address(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// Why a connection to an application that nobody runs fails.
pub fn nobody_listens() -> StreamFailure {
    StreamFailure::Unreachable(HttpFailure::Connect("connection refused".into()))
}
