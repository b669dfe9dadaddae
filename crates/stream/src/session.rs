//! One stream's machine.
//!
//! ```text
//!  opening ─ connected ─► open ─ the application closes ────────────────► over
//!     │                    ├─── stop: the last message, then a close ─ closing ─ it closes too, or 2 s ─► over
//!     └─ failed ──► over   └─── broken, malformed, stalled ───────────────► over
//! ```
//! The call is told of the end when it leaves `open`: an application that does not read its last message keeps no call waiting.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use exotel::stream_frame::{self, Said};
use model::{CallSid, Stream, StreamCounts, StreamEnd, StreamEndedBy, StreamFailure, StreamSid};

use crate::hearing::{Hearing, Message};
use crate::saying::Saying;
use crate::tap::Tap;

/// How long a stream lasts at most (`exotel.md` 5.1).
pub const LONGEST: Duration = Duration::from_secs(60 * 60);

/// A socket that has taken nothing for so long is dead.
pub const STALLED: Duration = Duration::from_secs(10);

/// How long the application has to close its side.
pub const FAREWELL: Duration = Duration::from_secs(2);

/// Codes of a normal end (RFC 6455 section 7.4.1): done, going away, none given.
const NORMAL: [u16; 3] = [1000, 1001, 1005];

/// A stream that is to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Its name.
    pub sid: StreamSid,
    /// The call.
    pub call: CallSid,
    /// To whom, and how.
    pub stream: Stream,
}

/// What a session wants done, beside the messages that [`Session::poll_frame`] gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// The call hears that, behind what it was given before; samples at the stream's rate.
    Say(Vec<i16>),
    /// The call drops what it was given and has not played.
    Clear,
    /// When all messages are sent, the socket is closed with that code.
    Close(u16),
    /// The call's journal is told.
    Note(Note),
    /// The call has it no more. Once; after it the application is told, and the socket closed.
    Ended(StreamEnd),
}

/// What a call's journal is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// What the application said up to a mark of that name has been played.
    Marked {
        /// The name.
        name: String,
    },
    /// The application dropped what was not played.
    Cleared {
        /// How much.
        dropped: Duration,
    },
}

/// One stream. See the file's front page.
#[derive(Debug)]
pub struct Session {
    opening: Opening,
    state: State,
    hearing: Hearing,
    saying: Saying,
    tap: Tap,
    counts: StreamCounts,
    /// Messages sent so far, and those with audio among them.
    sent: (u64, u64),
    /// The call has said something: only from then on does it take what it is given.
    listens: bool,
    /// Since when the socket takes nothing though something waits.
    stuck: Option<Instant>,
    outputs: VecDeque<Output>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Opening,
    /// Until the longest time is over.
    Open(Instant),
    /// The call has ended it; until then the application may take the last message and close its side.
    Closing(StreamEndedBy, Instant),
    Over,
}

impl Session {
    /// A stream that has no socket yet.
    pub fn new(opening: Opening, now: Instant) -> Self {
        let (rate, frame) = (opening.stream.rate, opening.stream.frame);
        Self {
            opening,
            state: State::Opening,
            hearing: Hearing::new(rate, frame),
            saying: Saying::new(rate),
            tap: Tap::new(now),
            counts: StreamCounts::default(),
            sent: (0, 0),
            listens: false,
            stuck: None,
            outputs: VecDeque::new(),
        }
    }

    /// The application took the stream.
    pub fn handle_connected(&mut self, now: Instant) {
        if self.state == State::Opening {
            self.state = State::Open(now + LONGEST);
            self.tell(Message::Connected, now);
            self.tell(Message::Start, now);
        }
    }

    /// No socket came to be, or it cannot be used any more.
    pub fn handle_failed(&mut self, failure: StreamFailure, _: Instant) {
        match self.state {
            State::Closing(..) => self.close(),
            State::Opening | State::Open(_) => self.end(StreamEndedBy::Nobody, Some(failure)),
            State::Over => {}
        }
    }

    /// Whether it is over: the socket is of no more use, but for a [`Output::Close`] that was wanted.
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// The socket is closed or broken: with a code if the application sent one, and with what was said or went wrong.
    pub fn handle_closed(&mut self, code: Option<u16>, why: &str, now: Instant) {
        let normal = code.map_or(why.is_empty(), |code| NORMAL.contains(&code));
        if normal && matches!(self.state, State::Open(_)) {
            return self.end(StreamEndedBy::Bot, None);
        }
        self.handle_failed(StreamFailure::Broken { code, why: why.to_owned() }, now);
    }

    /// The application sent a text.
    pub fn handle_text(&mut self, text: &str, now: Instant) {
        self.tap.take(text.len(), now);
        if !matches!(self.state, State::Open(_)) {
            return;
        }
        let two_way = self.opening.stream.two_way;
        match stream_frame::read(text) {
            Ok(Said::Media(bytes)) if two_way => {
                self.counts.received += 1;
                self.saying.say(&bytes, &mut self.counts);
                self.give();
            }
            Ok(Said::Mark(name)) if two_way => {
                if self.saying.mark(name) {
                    self.tell_marks(now);
                } else {
                    self.counts.ignored += 1;
                }
            }
            Ok(Said::Clear) if two_way => self.clear(now),
            Ok(Said::Media(_) | Said::Mark(_) | Said::Clear | Said::Other) => self.counts.ignored += 1,
            Err(why) => {
                self.outputs.push_back(Output::Close(1007));
                self.handle_failed(StreamFailure::Malformed { why }, now);
            }
        }
    }

    /// The application sent bytes, which are no part of the protocol.
    pub fn handle_binary(&mut self, length: usize, now: Instant) {
        self.tap.take(length, now);
        self.counts.ignored += 1;
    }

    /// The caller said something: samples at the stream's rate; and so many of those that the call was given are through, played or
    /// dropped.
    pub fn handle_heard(&mut self, samples: &[i16], through: u64, now: Instant) {
        if !matches!(self.state, State::Open(_)) {
            return;
        }
        let was_empty = self.hearing.is_empty();
        self.hearing.hear(samples, &mut self.counts);
        if was_empty && !self.hearing.is_empty() {
            self.stuck = Some(now);
        }
        self.listens = true;
        self.saying.through(through);
        self.give();
        self.tell_marks(now);
    }

    /// The caller pressed a key for so long.
    pub fn handle_digit(&mut self, digit: char, duration: Duration, now: Instant) {
        if matches!(self.state, State::Open(_)) {
            self.tell(Message::Dtmf(digit, duration), now);
        }
    }

    /// The stream is to end.
    pub fn stop(&mut self, by: StreamEndedBy, now: Instant) {
        match self.state {
            State::Opening => self.end(by, None),
            State::Open(_) => {
                self.saying.clear();
                self.outputs.push_back(Output::Clear);
                self.outputs.push_back(Output::Ended(StreamEnd { by, failure: None, counts: self.counts }));
                self.hearing.only(Message::Stop);
                self.state = State::Closing(by, now + FAREWELL);
            }
            State::Closing(..) | State::Over => {}
        }
    }

    /// The next message for the socket, which takes one now.
    pub fn poll_frame(&mut self, now: Instant) -> Option<String> {
        let message = self.hearing.next()?;
        self.stuck = (!self.hearing.is_empty()).then_some(now);
        let Opening { sid, call, stream } = &self.opening;
        if message == Message::Connected {
            return Some(stream_frame::connected());
        }
        self.sent.0 += 1;
        let (number, chunk) = (self.sent.0, self.sent.1 + 1);
        Some(match message {
            Message::Connected => stream_frame::connected(),
            Message::Start => stream_frame::start(number, sid, call, stream),
            Message::Media(at, samples) => {
                self.sent.1 = chunk;
                self.counts.sent += 1;
                let at = Duration::from_millis(at * 1_000 / u64::from(stream.rate));
                stream_frame::media(number, sid, chunk, at, &samples)
            }
            Message::Dtmf(digit, duration) => stream_frame::dtmf(number, sid, digit, duration),
            Message::Mark(name) => stream_frame::mark(number, sid, &name),
            Message::Stop => {
                let by = if let State::Closing(by, _) = self.state { by } else { StreamEndedBy::Us };
                self.outputs.push_back(Output::Close(1000));
                stream_frame::stop(number, sid, call, &stream.account, by)
            }
        })
    }

    /// The next thing to be done.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Session::handle_timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Opening | State::Over => None,
            State::Open(end) => Some(self.stuck.map_or(end, |since| end.min(since + STALLED))),
            State::Closing(_, end) => Some(end),
        }
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        match self.state {
            State::Open(end) if end <= now => self.stop(StreamEndedBy::Us, now),
            State::Open(_) if self.stuck.is_some_and(|since| since + STALLED <= now) => {
                self.handle_failed(StreamFailure::Stalled, now);
            }
            State::Closing(_, end) if end <= now => self.close(),
            State::Opening | State::Open(_) | State::Closing(..) | State::Over => {}
        }
    }

    /// When the socket may be read again, if not now: who floods is read slowly.
    pub fn readable_at(&self, now: Instant) -> Option<Instant> {
        self.tap.opens(now)
    }

    fn give(&mut self) {
        while self.listens
            && let Some(samples) = self.saying.give()
        {
            self.outputs.push_back(Output::Say(samples));
        }
    }

    fn tell_marks(&mut self, now: Instant) {
        while let Some(name) = self.saying.due() {
            self.marked(name, now);
        }
    }

    fn marked(&mut self, name: String, now: Instant) {
        if self.state == State::Over {
            return;
        }
        self.counts.marks += 1;
        self.outputs.push_back(Output::Note(Note::Marked { name: name.clone() }));
        self.tell(Message::Mark(name), now);
    }

    fn clear(&mut self, now: Instant) {
        let dropped = self.saying.clear();
        self.counts.clears += 1;
        self.outputs.push_back(Output::Clear);
        self.outputs.push_back(Output::Note(Note::Cleared { dropped }));
        // Nobody will ever hear what they wait for.
        while let Some(name) = self.saying.tell() {
            self.marked(name, now);
        }
    }

    fn tell(&mut self, message: Message, now: Instant) {
        if self.hearing.is_empty() {
            self.stuck = Some(now);
        }
        if !self.hearing.tell(message) {
            self.handle_failed(StreamFailure::Stalled, now);
        }
    }

    fn close(&mut self) {
        self.state = State::Over;
        self.stuck = None;
        self.hearing.drop_all();
    }

    fn end(&mut self, by: StreamEndedBy, failure: Option<StreamFailure>) {
        self.close();
        self.outputs.push_back(Output::Ended(StreamEnd { by, failure, counts: self.counts }));
    }
}
