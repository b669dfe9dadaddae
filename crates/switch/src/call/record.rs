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
use media::{Fate, RecordingId, StreamId};
use model::{EventKind, LegId, Moment, Record, Recording, RecordingFacts, RecordingName};
use rand_chacha::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};

use super::{Call, Ongoing, Timer};
use crate::order::{MediaOrder, Order};

/// What a call records.
#[derive(Debug)]
pub(super) struct Recordings {
    /// Names must be such that nobody can guess them.
    pub(super) rng: ChaCha12Rng,
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
    purpose: Purpose,
    spoke: bool,
}

/// What is recorded, and for whom.
#[derive(Clone, Debug)]
pub(super) enum Purpose {
    /// What the caller and that party say to each other.
    Conversation(LegId),
    /// What the caller says, for this component.
    Take(Component, Take),
    /// The same, when it is not waited for any more.
    Unasked,
    /// What the caller and the application of a stream say to each other.
    Stream(StreamId),
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
            self.begin_recording(record, Purpose::Conversation(with), now);
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
        let record = Record { dual: false, format: take.format };
        self.begin_recording(record, Purpose::Take(id, take), now);
    }

    pub(super) fn begin_recording(&mut self, record: Record, purpose: Purpose, now: Moment) {
        self.end_recording(now);
        let mut random = [0; 16];
        self.recordings.rng.fill_bytes(&mut random);
        self.recordings.count += 1;
        let id = RecordingId(self.setup.key.0 << 16 | u64::from(self.recordings.count));
        let name = RecordingName::new(random);
        self.note(EventKind::RecordingStarted { recording: name.clone(), record }, now);
        let (tenant, call) = (self.facts.tenant.clone(), self.facts.sid.clone());
        let mailbox = match &purpose {
            Purpose::Take(_, take) => take.mailbox.as_deref().map(str::to_owned),
            Purpose::Conversation(_) | Purpose::Unasked | Purpose::Stream(_) => None,
        };
        let recording = Recording { name: name.clone(), tenant, call, record, created: now.wall, mailbox };
        self.orders.push_back(Order::Record { id, recording });
        let (leg, recording, dual) = (self.caller().media, id, record.dual);
        let of = |with, silence| media::Command::Record { id: leg, with, recording, dual, silence };
        let command = match &purpose {
            Purpose::Conversation(with) => of(Some(self.legs[usize::from(with.0)].media), None),
            Purpose::Take(_, take) => of(None, Some(take.silence)),
            Purpose::Unasked => of(None, None),
            Purpose::Stream(_) => media::Command::RecordStream { id: leg, recording, dual },
        };
        // Not behind what waits for the two sides to agree on media: every recording that begins comes to an end.
        self.orders.push_back(Order::Media(MediaOrder::Command(command)));
        self.recordings.current =
            Some(Current { id, name, mp3: record.format.is_mp3(), began: now.at, purpose, spoke: false });
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
        let purpose = self.recordings.current.as_ref().map(|current| &current.purpose);
        let ends = matches!(purpose, Some(Purpose::Take(_, take)) if take.finish_key == Some(digit));
        if ends {
            self.end_recording(now);
            self.pump(now);
        }
        ends
    }

    /// The flow does not want it any more.
    pub(super) fn stop_take(&mut self, now: Moment) {
        if let Some(current) = &mut self.recordings.current {
            current.purpose = Purpose::Unasked;
        }
        self.end_recording(now);
    }

    /// A stream is over, and so is what is recorded of it.
    pub(super) fn end_recording_of(&mut self, stream: StreamId, now: Moment) {
        let purpose = self.recordings.current.as_ref().map(|current| &current.purpose);
        if matches!(purpose, Some(Purpose::Stream(of)) if *of == stream) {
            self.end_recording(now);
        }
    }

    fn conclude_recording(&mut self, failure: Option<String>, now: Moment) {
        let Some(current) = mem::take(&mut self.recordings.current) else { return };
        let Current { id, name, mp3, began, purpose, spoke } = current;
        let duration = now.since(began);
        self.timers.stop(Timer::Take);
        let silent = matches!(purpose, Purpose::Take(..)) && !spoke;
        let fate = if silent { Fate::Discard } else { Fate::Keep };
        let command = media::Command::StopRecord { recording: id, fate };
        self.orders.push_back(Order::Media(MediaOrder::Command(command)));
        self.note(EventKind::RecordingEnded { recording: name.clone(), duration, failure, silent }, now);
        let facts = RecordingFacts { name, mp3, duration };
        match purpose {
            Purpose::Stream(stream) => self.on_stream_recorded(stream, facts),
            Purpose::Take(id, _) => {
                self.components.remove(&id);
                self.facts.recording = spoke.then(|| facts.clone());
                self.events.push_back(Event::RecordEnded { id, facts: spoke.then_some(facts) });
            }
            // What was written before the disk was full is there all the same.
            Purpose::Conversation(_) | Purpose::Unasked => {
                self.facts.recording = Some(facts.clone());
                self.events.push_back(Event::Recorded { facts });
            }
        }
    }
}
