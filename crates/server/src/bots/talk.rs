//! One stream, from its address to its end: the session decides, the socket carries.

use std::future::{Future as _, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{Sink as _, Stream as _};
use media::{Command, Progress, StreamId};
use model::{StreamEndedBy, StreamFailure};
use stream::{Note, Opening, Output, Session};
use switch::StreamReport;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Sleep, sleep_until, timeout};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::Deps;
use super::rate::{Ear, Mouth};
use super::socket::{self, Socket};
use crate::clock;

/// What a stream is told of its call.
#[derive(Debug)]
pub(super) enum Word {
    /// The caller said something; so much of what the application said is through.
    Heard(Vec<i16>, Progress),
    /// The caller pressed a key for so long.
    Digit(char, Duration),
    /// It is to end.
    Stop(StreamEndedBy),
}

/// One stream.
pub(super) struct Talk {
    id: StreamId,
    worker: usize,
    url: String,
    session: Session,
    ear: Ear,
    mouth: Mouth,
    deps: Deps,
    /// The session may have a message for the socket.
    speaks: bool,
    /// What was written may lie in the socket.
    unflushed: bool,
    close: Option<u16>,
}

/// What happens next.
enum Turn {
    Told(Option<Word>),
    Came(Option<Result<Message, Error>>),
    Writable(Result<(), Error>),
    Flushed(Result<(), Error>),
    Due,
}

impl Talk {
    pub(super) fn new(id: StreamId, worker: usize, opening: Opening, deps: Deps) -> Self {
        let (url, rate) = (opening.stream.url.clone(), opening.stream.rate);
        let session = Session::new(opening, clock::now().at);
        let (ear, mouth) = (Ear::new(rate), Mouth::new(rate));
        Self { id, worker, url, session, ear, mouth, deps, speaks: false, unflushed: false, close: None }
    }

    pub(super) async fn run(mut self, mut words: Receiver<Word>) {
        let Some(mut socket) = self.connect(&mut words).await else {
            self.drain();
            return;
        };
        self.session.handle_connected(clock::now().at);
        self.deps.tell(self.id, StreamReport::Connected);
        loop {
            self.drain();
            if self.session.is_over() {
                return self.part(socket).await;
            }
            let now = clock::now().at;
            let due = self.session.poll_timeout();
            let readable = self.session.readable_at(now);
            let wakes = [due, readable].into_iter().flatten().min();
            let mut sleep = pin!(wakes.map(|at| sleep_until(at.into())));
            let turn = poll_fn(|cx| self.poll(cx, &mut socket, &mut words, readable.is_none(), sleep.as_mut())).await;
            self.take(turn, &mut socket);
        }
    }

    /// Connects, unless the stream is ended first.
    async fn connect(&mut self, words: &mut Receiver<Word>) -> Option<Socket> {
        let mut opening = pin!(socket::open(&self.deps.fetcher, &self.url));
        loop {
            tokio::select! {
                opened = &mut opening => match opened {
                    Ok(socket) => return Some(socket),
                    Err(failure) => {
                        self.session.handle_failed(failure, clock::now().at);
                        return None;
                    }
                },
                word = words.recv() => {
                    let by = match word {
                        Some(Word::Stop(by)) => by,
                        None => StreamEndedBy::Us,
                        Some(_) => continue,
                    };
                    self.session.stop(by, clock::now().at);
                    return None;
                }
            }
        }
    }

    /// Words go first: they are few, and an end is among them.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        socket: &mut Socket,
        words: &mut Receiver<Word>,
        reads: bool,
        sleep: Pin<&mut Option<Sleep>>,
    ) -> Poll<Turn> {
        if let Poll::Ready(word) = words.poll_recv(cx) {
            return Poll::Ready(Turn::Told(word));
        }
        let mut socket = Pin::new(socket);
        if (self.speaks || self.close.is_some())
            && let Poll::Ready(ready) = socket.as_mut().poll_ready(cx)
        {
            return Poll::Ready(Turn::Writable(ready));
        }
        if self.unflushed
            && let Poll::Ready(flushed) = socket.as_mut().poll_flush(cx)
        {
            return Poll::Ready(Turn::Flushed(flushed));
        }
        if reads && let Poll::Ready(message) = socket.poll_next(cx) {
            return Poll::Ready(Turn::Came(message));
        }
        match sleep.as_pin_mut().map(|sleep| sleep.poll(cx)) {
            Some(Poll::Ready(())) => Poll::Ready(Turn::Due),
            Some(Poll::Pending) | None => Poll::Pending,
        }
    }

    fn take(&mut self, turn: Turn, socket: &mut Socket) {
        let now = clock::now().at;
        let wrote = matches!(turn, Turn::Writable(_) | Turn::Flushed(_));
        match turn {
            Turn::Told(Some(Word::Heard(samples, progress))) => {
                let (samples, progress) = (self.ear.hear(samples), self.mouth.progress(progress));
                self.session.handle_heard(&samples, progress.played + progress.dropped, now);
            }
            Turn::Told(Some(Word::Digit(digit, duration))) => self.session.handle_digit(digit, duration, now),
            Turn::Told(Some(Word::Stop(by))) => self.session.stop(by, now),
            Turn::Told(None) => self.session.stop(StreamEndedBy::Us, now),
            Turn::Came(Some(Ok(Message::Text(text)))) => self.session.handle_text(text.as_str(), now),
            Turn::Came(Some(Ok(Message::Binary(bytes)))) => self.session.handle_binary(bytes.len(), now),
            Turn::Came(Some(Ok(Message::Close(frame)))) => {
                let (code, why) = frame.map_or((None, String::new()), |frame| {
                    (Some(u16::from(frame.code)), frame.reason.as_str().to_owned())
                });
                self.session.handle_closed(code, &why, now);
            }
            Turn::Came(Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)))) => self.unflushed = true,
            Turn::Came(Some(Err(Error::Capacity(error)))) => {
                let why = format!("{error}: a message has {} bytes at most", stream::MAX_MESSAGE);
                self.session.handle_failed(StreamFailure::Malformed { why }, now);
            }
            Turn::Came(Some(Err(error))) | Turn::Writable(Err(error)) | Turn::Flushed(Err(error)) => {
                self.broke(&error);
            }
            Turn::Came(None) => self.session.handle_closed(None, "the connection ended without a word", now),
            Turn::Writable(Ok(())) => self.write(socket),
            Turn::Flushed(Ok(())) => self.unflushed = false,
            Turn::Due => self.session.handle_timeout(now),
        }
        self.speaks |= !wrote;
    }

    /// The socket takes a message.
    fn write(&mut self, socket: &mut Socket) {
        let message = match (self.session.poll_frame(clock::now().at), self.close) {
            (Some(text), _) => Message::text(text),
            (None, Some(code)) => {
                self.close = None;
                Message::Close(Some(CloseFrame { code: code.into(), reason: "".into() }))
            }
            (None, None) => {
                self.speaks = false;
                return;
            }
        };
        match Pin::new(socket).start_send(message) {
            Ok(()) => self.unflushed = true,
            Err(error) => self.broke(&error),
        }
    }

    /// Says goodbye to an application that is no good, if it listens.
    async fn part(self, mut socket: Socket) {
        if let Some(code) = self.close {
            let frame = CloseFrame { code: code.into(), reason: "".into() };
            // Whatever comes of it: the stream is over.
            drop(timeout(stream::FAREWELL, socket.close(Some(frame))).await);
        }
    }

    fn broke(&mut self, error: &Error) {
        self.session.handle_closed(None, &error.to_string(), clock::now().at);
    }

    /// Works off what the session wants.
    fn drain(&mut self) {
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Say(samples) => {
                    let samples = self.mouth.say(samples);
                    let count = samples.len() as u64;
                    if !self.deps.command(self.worker, Command::Say { stream: self.id, samples }) {
                        self.deps.metrics.add_streamed_lost(count);
                    }
                }
                Output::Clear => {
                    self.mouth.clear();
                    if !self.deps.command(self.worker, Command::Clear { stream: self.id }) {
                        self.deps.metrics.add_streamed_lost(1);
                    }
                }
                Output::Close(code) => self.close = Some(code),
                Output::Note(Note::Marked { name }) => self.deps.tell(self.id, StreamReport::Marked { name }),
                Output::Note(Note::Cleared { dropped }) => self.deps.tell(self.id, StreamReport::Cleared { dropped }),
                Output::Ended(end) => self.deps.tell(self.id, StreamReport::Ended(end)),
            }
        }
    }
}
