//! Streams of a call: its audio, live, to applications and from them. Each is asked for, connects or does not, and ends once.
//!
//! ```text
//! asked ─ connected ─► heard ─ the application goes, the flow stops it, the caller hangs up ─► ended, the flow is told
//!   └─ cannot be had ─► ended
//! ```
//!
//! Whoever holds the socket says what came of it; the call waits for that before it is over.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use flow::{Component, Event};
use media::StreamId;
use model::{
    EndedBy, EventKind, LegId, Moment, RecordingFacts, Stream, StreamCounts, StreamEnd, StreamEndedBy, StreamFacts,
    StreamFailure, StreamSid, without_userinfo,
};
use rand_core::Rng;

use super::record::Purpose;
use super::{Call, Ongoing};
use crate::config::NAME_BYTES;
use crate::leg::LegState;
use crate::order::{Order, StreamOrder, StreamReport};

/// Lines of a call's journal that marks, replies and dropped audio may fill; further ones are left out.
pub const STREAM_LINES: u32 = 1_000;

/// The streams of a call.
#[derive(Debug, Default)]
pub(super) struct Streams {
    count: u16,
    lines: u32,
    running: BTreeMap<StreamId, Running>,
}

/// A stream that is not over.
#[derive(Debug)]
struct Running {
    component: Component,
    sid: StreamSid,
    stream: Box<Stream>,
    asked: Instant,
    /// Since when the application hears the call.
    since: Option<Instant>,
    /// It was told to end.
    stopped: bool,
    recording: Option<RecordingFacts>,
}

impl Call {
    /// The flow wants an application to hear the call.
    pub(super) fn stream(&mut self, component: Component, stream: Box<Stream>, now: Moment) {
        let (id, sid) = self.begin_stream(component, stream.clone(), now);
        if self.caller().state == LegState::Gone {
            let end = StreamEnd { by: StreamEndedBy::Caller, failure: None, counts: StreamCounts::default() };
            return self.conclude_stream(id, end, now);
        }
        let call = self.facts.sid.clone();
        self.orders.push_back(Order::Stream(StreamOrder::Open { id, worker: self.setup.worker, sid, call, stream }));
    }

    /// The flow wanted that, and it cannot even be asked for.
    pub(super) fn fail_stream(&mut self, component: Component, stream: Box<Stream>, why: StreamFailure, now: Moment) {
        let (id, _) = self.begin_stream(component, stream, now);
        self.conclude_stream(id, StreamEnd::failed(why, StreamCounts::default()), now);
    }

    fn begin_stream(&mut self, component: Component, stream: Box<Stream>, now: Moment) -> (StreamId, StreamSid) {
        let mut random = [0; NAME_BYTES];
        self.recordings.rng.fill_bytes(&mut random);
        // Of the same make as a call's.
        let sid = StreamSid::new(self.setup.numbering.call_sid(random, now.wall).as_str());
        self.streams.count += 1;
        let id = StreamId(self.setup.key.0 << 16 | u64::from(self.streams.count));
        let (url, two_way, rate) = (without_userinfo(&stream.url), stream.two_way, stream.rate);
        self.note(EventKind::StreamStarted { stream: sid.clone(), url, two_way, rate }, now);
        self.components.insert(component, Ongoing::Stream(id));
        let asked = now.at;
        let sid_of = sid.clone();
        let running = Running { component, sid, stream, asked, since: None, stopped: false, recording: None };
        self.streams.running.insert(id, running);
        (id, sid_of)
    }

    /// Whoever holds the socket has something to say.
    pub(crate) fn on_stream(&mut self, id: StreamId, report: StreamReport, now: Moment) {
        let Some(running) = self.streams.running.get(&id) else { return };
        let stream = running.sid.clone();
        match report {
            StreamReport::Connected => self.on_stream_connected(id, now),
            StreamReport::Marked { name } => self.note_stream(EventKind::StreamMarked { stream, name }, now),
            StreamReport::Cleared { dropped } => self.note_stream(EventKind::StreamCleared { stream, dropped }, now),
            StreamReport::Ended(end) => {
                self.conclude_stream(id, end, now);
                self.pump(now);
            }
        }
    }

    fn on_stream_connected(&mut self, id: StreamId, now: Moment) {
        let Some(running) = self.streams.running.get_mut(&id) else { return };
        running.since = Some(now.at);
        let (stream, took) = (running.sid.clone(), now.since(running.asked));
        let (two_way, record) = (running.stream.two_way, running.stream.record.filter(|_| !running.stopped));
        self.note(EventKind::StreamConnected { stream, took }, now);
        let command = media::Command::Stream { id: self.caller().media, stream: id, two_way };
        let order = self.legs[0].media(command);
        self.orders.extend(order);
        if let Some(record) = record {
            self.begin_recording(record, Purpose::Stream(id), now);
        }
    }

    /// The caller hears an application, so long after having spoken.
    pub(crate) fn on_replied(&mut self, id: StreamId, after: Duration, now: Moment) {
        if let Some(running) = self.streams.running.get(&id) {
            self.note_stream(EventKind::StreamReplied { stream: running.sid.clone(), after }, now);
        }
    }

    /// The caller pressed a key: applications that talk with the caller are told.
    pub(super) fn tell_streams(&mut self, digit: char, duration: Duration) {
        let two_way = self.streams.running.iter().filter(|(_, running)| running.stream.two_way && !running.stopped);
        let orders = two_way.map(|(id, _)| Order::Stream(StreamOrder::Digit { id: *id, digit, duration }));
        self.orders.extend(orders);
    }

    /// Of a stream it is known now what was recorded.
    pub(super) fn on_stream_recorded(&mut self, id: StreamId, facts: RecordingFacts) {
        if let Some(running) = self.streams.running.get_mut(&id) {
            running.recording = Some(facts);
        }
    }

    /// The caller has gone, or was let go: no application hears the call any more.
    pub(super) fn stop_streams(&mut self) {
        let by = match self.ending {
            Some((_, EndedBy::Us)) => StreamEndedBy::Us,
            _ => StreamEndedBy::Caller,
        };
        let ids: Vec<StreamId> = self.streams.running.keys().copied().collect();
        ids.into_iter().for_each(|id| self.stop_stream(id, by));
    }

    /// Has a stream end; what became of it is still told.
    pub(super) fn stop_stream(&mut self, id: StreamId, by: StreamEndedBy) {
        if let Some(running) = self.streams.running.get_mut(&id).filter(|running| !running.stopped) {
            running.stopped = true;
            self.orders.push_back(Order::Stream(StreamOrder::Stop { id, by }));
        }
    }

    /// Whether a stream has not said yet what became of it.
    pub(super) fn streams(&self) -> bool {
        !self.streams.running.is_empty()
    }

    /// Ends all streams without waiting for what became of them.
    pub(super) fn drop_streams(&mut self, now: Moment) {
        self.stop_streams();
        while let Some(id) = self.streams.running.keys().next().copied() {
            let end = StreamEnd { by: StreamEndedBy::Us, failure: None, counts: StreamCounts::default() };
            self.conclude_stream(id, end, now);
        }
    }

    fn conclude_stream(&mut self, id: StreamId, end: StreamEnd, now: Moment) {
        let command = media::Command::StopStream { stream: id };
        let order = self.legs[0].media(command);
        self.orders.extend(order);
        self.end_recording_of(id, now);
        let Some(running) = self.streams.running.remove(&id) else { return };
        let Running { component, sid, stream, since, recording, .. } = running;
        self.components.remove(&component);
        let duration = since.map_or(Duration::ZERO, |since| now.since(since));
        self.note(EventKind::StreamEnded { stream: sid.clone(), duration, end: end.clone() }, now);
        let facts = StreamFacts { sid, url: without_userinfo(&stream.url), duration, end, recording };
        self.events.push_back(Event::StreamEnded { id: component, facts });
    }

    fn note_stream(&mut self, kind: EventKind, now: Moment) {
        self.streams.lines += 1;
        if self.streams.lines <= STREAM_LINES {
            self.note_leg(LegId::FIRST, kind, now);
        } else if self.streams.lines == STREAM_LINES + 1 {
            self.fault(
                format!("{STREAM_LINES} lines of this journal are of marks and replies: further ones are left out"),
                now,
            );
        }
    }
}
