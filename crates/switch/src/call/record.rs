//! Recordings of a call, one at a time: a conversation, from joining to parting; or the caller alone, for a flow that waits.
//!
//! ```text
//!  joined ─► recording ─ parted ─────────────────────────────────────────► ended, the flow knows
//!  asked ──► recording ─ key, silence, longest, caller gone, asked to stop ─► ended, the flow is told
//!               └─ the file cannot be written ─► ended with the reason; a conversation goes on, the flow is told
//! ```

use std::mem;
use std::time::Instant;

use flow::{Component, Event, Take};
use media::RecordingId;
use model::{EventKind, LegId, Moment, Record, Recording, RecordingFacts, RecordingName};
use rand_chacha::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};

use super::{Call, Ongoing, Timer};
use crate::order::{MediaOrder, Order};

/// What a call records.
#[derive(Debug)]
pub(super) struct Recordings {
    /// Names must be such that nobody can guess them.
    rng: ChaCha12Rng,
    count: u16,
    /// How the conversations of the dial under way are recorded.
    pub(super) wanted: Option<Record>,
    current: Option<Current>,
}

/// The recording under way.
#[derive(Debug)]
struct Current {
    id: RecordingId,
    name: RecordingName,
    mp3: bool,
    began: Instant,
    /// Of the caller alone, for this component.
    take: Option<(Component, Take)>,
    spoke: bool,
}

impl Recordings {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        Self { rng: ChaCha12Rng::from_seed(seed), count: 0, wanted: None, current: None }
    }
}

impl Call {
    /// Caller and callee hear each other.
    pub(super) fn record_conversation(&mut self, with: LegId, now: Moment) {
        if let Some(record) = self.recordings.wanted {
            self.begin_recording(record, Some(with), None, now);
        }
    }

    /// The flow wants what the caller says.
    pub(super) fn record_caller(&mut self, id: Component, take: Take, now: Moment) {
        self.components.insert(id, Ongoing::Record);
        if !self.is_answered(LegId::FIRST) {
            self.components.remove(&id);
            return self.events.push_back(Event::RecordEnded { id, facts: None });
        }
        self.timers.set(Timer::Take, now.at + take.longest);
        let record = Record { dual: false, mp3: take.mp3 };
        self.begin_recording(record, None, Some((id, take)), now);
    }

    fn begin_recording(&mut self, record: Record, with: Option<LegId>, take: Option<(Component, Take)>, now: Moment) {
        self.end_recording(now);
        let mut random = [0; 16];
        self.recordings.rng.fill_bytes(&mut random);
        self.recordings.count += 1;
        let id = RecordingId(self.setup.key.0 << 16 | u64::from(self.recordings.count));
        let name = RecordingName::new(random);
        self.note(EventKind::RecordingStarted { recording: name.clone(), record }, now);
        let (tenant, call) = (self.facts.tenant.clone(), self.facts.sid.clone());
        let mailbox = take.as_ref().and_then(|(_, take)| take.mailbox.as_deref().map(str::to_owned));
        let recording = Recording { name: name.clone(), tenant, call, record, created: now.wall, mailbox };
        self.orders.push_back(Order::Record { id, recording });
        // Not behind what waits for the two sides to agree on media: every recording that begins comes to an end.
        let command = media::Command::Record {
            id: self.caller().media,
            with: with.map(|leg| self.legs[usize::from(leg.0)].media),
            recording: id,
            dual: record.dual,
            silence: take.as_ref().map(|(_, take)| take.silence),
        };
        self.orders.push_back(Order::Media(MediaOrder::Command(command)));
        self.recordings.current = Some(Current { id, name, mp3: record.mp3, began: now.at, take, spoke: false });
    }

    /// Ends what is being recorded, and tells the flow.
    pub(super) fn end_recording(&mut self, now: Moment) {
        self.conclude_recording(None, now);
    }

    /// The file cannot be written, or not any further. The call goes on.
    pub(crate) fn on_recording_failed(&mut self, id: RecordingId, why: &str, now: Moment) {
        if self.recordings.current.as_ref().is_some_and(|current| current.id == id) {
            self.conclude_recording(Some(why.to_owned()), now);
            self.pump(now);
        }
    }

    /// A party that is recorded speaks for the first time.
    pub(crate) fn on_spoke(&mut self, id: RecordingId) {
        if let Some(current) = self.recordings.current.as_mut().filter(|current| current.id == id) {
            current.spoke = true;
        }
    }

    /// A party that is recorded has been silent for too long.
    pub(crate) fn on_silent(&mut self, id: RecordingId, now: Moment) {
        if self.recordings.current.as_ref().is_some_and(|current| current.id == id) {
            self.end_recording(now);
            self.pump(now);
        }
    }

    /// The recording is as long as it may be.
    pub(super) fn on_taken(&mut self, now: Moment) {
        self.end_recording(now);
        self.pump(now);
    }

    /// Whether a key ends the recording; then it means nothing else.
    pub(super) fn ends_take(&mut self, digit: char, now: Moment) -> bool {
        let take = self.recordings.current.as_ref().and_then(|current| current.take.as_ref());
        let ends = take.is_some_and(|(_, take)| take.finish_key == Some(digit));
        if ends {
            self.end_recording(now);
            self.pump(now);
        }
        ends
    }

    /// The flow does not want it any more.
    pub(super) fn stop_take(&mut self, now: Moment) {
        if let Some(current) = &mut self.recordings.current {
            current.take = None;
        }
        self.end_recording(now);
    }

    fn conclude_recording(&mut self, failure: Option<String>, now: Moment) {
        let Some(current) = mem::take(&mut self.recordings.current) else { return };
        let Current { id, name, mp3, began, take, spoke } = current;
        let duration = now.since(began);
        self.timers.stop(Timer::Take);
        let command = media::Command::StopRecord { recording: id };
        self.orders.push_back(Order::Media(MediaOrder::Command(command)));
        self.note(EventKind::RecordingEnded { recording: name.clone(), duration, failure }, now);
        let facts = RecordingFacts { name, mp3, duration };
        match take {
            Some((id, _)) => {
                self.components.remove(&id);
                self.facts.recording = spoke.then(|| facts.clone());
                self.events.push_back(Event::RecordEnded { id, facts: spoke.then_some(facts) });
            }
            // What was written before the disk was full is there all the same.
            None => {
                self.facts.recording = Some(facts.clone());
                self.events.push_back(Event::Recorded { facts });
            }
        }
    }
}
