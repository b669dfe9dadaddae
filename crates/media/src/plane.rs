//! What one media worker does, without its thread and its sockets: legs, the clock they share, packets in and out.
//!
//! After one input all outputs can be drained; while something is queued, [`Plane::poll_timeout`] is due now. A leg
//! costs nothing while it is silent: what comes on a bridge leaves on arrival, and only legs that play or send digits
//! are on the clock.

mod streaming;

use core::net::SocketAddr;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use slab::Slab;

use crate::clock::{Clock, Needs, PHASES};
use crate::command::{Command, Event, Gauges, MediaId, PlayId, RecordingId, StreamId};
use crate::outbox::{Outbox, Transmit};
use crate::player::Player;
use crate::recorder::{Fate, Heed, Recorded, Recorder};
use crate::rtp::Key;
use crate::session::{Heard, Leg};
use crate::tap::{Streamed, Tap};

/// Events that may wait between two drains; past it digits are dropped, the rest is bounded by the legs.
const MAX_EVENTS: usize = 65_536;
/// Blocks of recordings that may wait between two drains; what is past it is lost, but for ends.
pub const MAX_RECORDED: usize = 4_096;
/// Pieces of streams that may wait between two drains; what is past it is lost, but for ends.
pub const MAX_STREAMED: usize = 16_384;
/// Sweeps in which every leg is looked at once: 5 of 100 ms.
const SWEEPS: usize = 5;

/// The pure half of a media worker.
#[derive(Debug)]
pub struct Plane {
    rng: ChaCha8Rng,
    legs: Slab<Leg>,
    keys: BTreeMap<MediaId, usize>,
    /// Our own sockets: what comes from one of them is a circle that somebody built (two legs described as each other).
    locals: BTreeSet<SocketAddr>,
    clock: Option<Clock>,
    /// The legs on the clock, by phase.
    phases: [Vec<usize>; PHASES],
    outbox: Outbox,
    events: VecDeque<Event>,
    recorders: Slab<Recorder>,
    recordings: BTreeMap<RecordingId, usize>,
    recorded: VecDeque<Recorded>,
    recorded_lost: u64,
    taps: Slab<Tap>,
    streams: BTreeMap<StreamId, usize>,
    streamed: VecDeque<Streamed>,
    streamed_lost: u64,
    plays: usize,
    bridges: usize,
    /// The last instant that was told: what is queued is due at it.
    now: Option<Instant>,
}

impl Plane {
    /// A worker without legs. The seed gives sources, sequence numbers and times: it must be secret.
    pub fn new(seed: [u8; 32]) -> Self {
        Self {
            rng: ChaCha8Rng::from_seed(seed),
            legs: Slab::new(),
            keys: BTreeMap::new(),
            locals: BTreeSet::new(),
            clock: None,
            phases: Default::default(),
            outbox: Outbox::default(),
            events: VecDeque::new(),
            recorders: Slab::new(),
            recordings: BTreeMap::new(),
            recorded: VecDeque::new(),
            recorded_lost: 0,
            taps: Slab::new(),
            streams: BTreeMap::new(),
            streamed: VecDeque::new(),
            streamed_lost: 0,
            plays: 0,
            bridges: 0,
            now: None,
        }
    }

    /// Does what the switch says. A command for a leg that is not open does nothing.
    pub fn handle_command(&mut self, command: Command, now: Instant) {
        // Ticks that are due belong to the time before the command.
        self.handle_timeout(now);
        match command {
            Command::Clear { stream } => self.clear(stream),
            Command::Close { id } => self.close(id, now),
            Command::Connect { id, remote } => {
                if let Some(leg) = self.leg(id) {
                    leg.connect(remote, now);
                }
            }
            Command::Join { a, b } => self.join(a, b),
            Command::Mix { id, play, audio } => self.play(id, Player::over(play, audio), now),
            Command::Open { id, settings, local } => {
                let leg = Leg::new(id, settings, local, &mut self.rng, now);
                self.open(leg, now);
            }
            Command::Play { id, play, audio, repeat } => self.play(id, Player::new(play, audio, repeat), now),
            Command::Record { id, with, recording, dual, silence } => {
                let parties: Vec<MediaId> = [Some(id), with].into_iter().flatten().collect();
                // Of a leg that is gone nothing will be heard.
                let unheard = if silence.is_some() { Fate::Discard } else { Fate::Keep };
                self.record(
                    (recording, unheard),
                    &parties,
                    |legs| Recorder::new(recording, legs, dual, silence, now),
                    now,
                );
            }
            Command::RecordStream { id, recording, dual } => {
                let recorder = |legs: Vec<usize>| Recorder::of_stream(recording, legs[0], dual, now);
                self.record((recording, Fate::Keep), &[id], recorder, now);
            }
            Command::Say { stream, samples } => self.say(stream, &samples),
            Command::SendDigits { id, digits } => self.send_digits(id, &digits, now),
            Command::Stop { id, play } => self.stop(id, play),
            Command::StopRecord { recording, fate } => self.stop_record(recording, fate, now),
            Command::StopStream { stream } => self.stop_stream(stream),
            Command::Stream { id, stream, two_way } => self.stream(id, stream, two_way, now),
            Command::Trust { id } => {
                if let Some(leg) = self.leg(id) {
                    leg.trust();
                }
            }
            Command::Unjoin { a, b } => self.unjoin(a, b),
        }
    }

    /// A packet came on a leg's RTP or RTCP socket.
    pub fn handle_packet(&mut self, id: MediaId, from: SocketAddr, rtcp: bool, bytes: &[u8], now: Instant) {
        self.now = Some(now);
        let Some(key) = self.keys.get(&id).copied() else { return };
        let from = SocketAddr::new(from.ip().to_canonical(), from.port());
        let leg = &mut self.legs[key];
        if from.ip() == leg.local.ip() && self.locals.contains(&from) {
            return;
        }
        if rtcp {
            leg.receive_report(from, bytes, now);
            return;
        }
        let received = leg.receive(from, bytes, now);
        let (peer, rests) = (leg.peer, leg.phase.is_none() && leg.is_busy());
        if let Heard::Audio(codec, packet) = received.heard {
            if let Some((recorder, party)) = leg.recorder {
                let heed = self.recorders[recorder].hear(party, codec, &packet, now);
                self.on_recorder(recorder, id, heed, now);
            }
            self.tap(key, peer, codec, &packet, now);
        }
        if let Some(peer) = peer {
            self.legs[peer].forward(received.heard, now, &mut self.outbox);
        }
        if rests {
            self.start(key, now);
        }
        if let Some(pressed) = received.key {
            self.on_key(key, pressed, now);
        }
        if let Some(pressed) = received.tone {
            self.tell(key, pressed);
        }
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = Some(now);
        loop {
            let needs = self.needs();
            let Some(tick) = self.clock.as_mut().and_then(|clock| clock.take(needs, now)) else { return };
            self.on_phase(tick.phase, now);
            if let Some(sweep) = tick.sweep {
                self.on_sweep((sweep % SWEEPS as u64) as usize, now);
            }
        }
    }

    /// All that was queued has been sent: without it the packets of a tick count as late.
    pub fn handle_sent(&mut self, now: Instant) {
        if let Some(clock) = &mut self.clock {
            clock.sent(now);
        }
    }

    /// When [`Plane::handle_timeout`] is due; `None` while there is no leg and nothing queued.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let queued = !self.outbox.is_empty() || !self.events.is_empty();
        if queued || !self.recorded.is_empty() || !self.streamed.is_empty() {
            return self.now;
        }
        self.clock.as_ref()?.due(self.needs())
    }

    /// The next packet to send. Its bytes are the plane's; they are valid until the next call.
    pub fn poll_transmit(&mut self) -> Option<Transmit<'_>> {
        self.outbox.pop()
    }

    /// The next thing to tell the switch.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The next piece of a recording.
    pub fn poll_recorded(&mut self) -> Option<Recorded> {
        self.recorded.pop_front()
    }

    /// The next piece of a stream.
    pub fn poll_streamed(&mut self) -> Option<Streamed> {
        self.streamed.pop_front()
    }

    /// What is held now.
    pub fn gauges(&self) -> Gauges {
        let late_ticks = self.clock.as_ref().map_or(0, |clock| clock.late);
        Gauges {
            sessions: self.legs.len(),
            plays: self.plays,
            bridges: self.bridges,
            recordings: self.recorders.len(),
            recorded_lost: self.recorded_lost,
            streams: self.taps.len(),
            streamed_lost: self.streamed_lost,
            late_ticks,
        }
    }

    fn leg(&mut self, id: MediaId) -> Option<&mut Leg> {
        let key = self.keys.get(&id)?;
        self.legs.get_mut(*key)
    }

    fn needs(&self) -> Needs {
        Needs { phases: core::array::from_fn(|phase| !self.phases[phase].is_empty()), sweep: !self.legs.is_empty() }
    }

    fn open(&mut self, leg: Leg, now: Instant) {
        let id = leg.id;
        if !self.keys.contains_key(&id) {
            self.locals.insert(leg.local);
            self.keys.insert(id, self.legs.insert(leg));
        }
        self.clock.get_or_insert_with(|| Clock::new(now));
    }

    fn close(&mut self, id: MediaId, now: Instant) {
        let Some(key) = self.keys.remove(&id) else { return };
        self.part(key);
        self.rest(key);
        self.stop_recorder(key, now);
        self.stop_streams(key);
        let mut leg = self.legs.remove(key);
        leg.say_goodbye(now, &mut self.outbox);
        self.locals.remove(&leg.local);
        self.plays -= usize::from(leg.is_playing());
        self.events.push_back(Event::Closed { id, stats: leg.stats() });
    }

    fn play(&mut self, id: MediaId, player: Player, now: Instant) {
        let Some(key) = self.keys.get(&id).copied() else { return };
        let leg = &mut self.legs[key];
        // What is due on the clock goes on there; only from silence does the first packet go at once.
        let silent = !leg.is_speaking();
        match leg.play(player) {
            Some(play) => self.events.push_back(Event::PlayEnded { id, play, finished: false }),
            None => self.plays += 1,
        }
        if silent {
            self.speak_at_once(key, now);
        }
    }

    fn stop(&mut self, id: MediaId, play: PlayId) {
        if self.leg(id).is_some_and(|leg| leg.stop(play)) {
            self.plays -= 1;
            self.events.push_back(Event::PlayEnded { id, play, finished: false });
        }
    }

    fn send_digits(&mut self, id: MediaId, digits: &str, now: Instant) {
        let Some(key) = self.keys.get(&id).copied() else { return };
        let leg = &mut self.legs[key];
        let silent = !leg.is_speaking();
        leg.press(digits);
        if silent && leg.is_speaking() {
            self.speak_at_once(key, now);
        }
    }

    /// A leg begins to speak: its clock starts with the first packet.
    fn speak_at_once(&mut self, key: usize, now: Instant) {
        self.rest(key);
        self.start(key, now);
        let leg = &mut self.legs[key];
        if let Some(play) = leg.speak(now, &mut self.outbox) {
            self.on_ended(key, play);
        }
    }

    /// Puts a leg on the clock.
    fn start(&mut self, key: usize, now: Instant) {
        let phase = self.clock.as_ref().map_or(0, |clock| clock.phase(now));
        self.legs[key].phase = Some(phase);
        self.phases[phase].push(key);
    }

    /// Takes a leg off the clock.
    fn rest(&mut self, key: usize) {
        if let Some(phase) = self.legs[key].phase.take() {
            self.phases[phase].retain(|other| *other != key);
        }
    }

    fn on_phase(&mut self, phase: usize, now: Instant) {
        let mut due = std::mem::take(&mut self.phases[phase]);
        let mut pressed: Vec<(usize, Key)> = Vec::new();
        due.retain(|key| {
            let leg = &mut self.legs[*key];
            let ticked = leg.tick(now, &mut self.outbox);
            if let Some(play) = ticked.ended {
                self.on_ended(*key, play);
            }
            pressed.extend(ticked.key.map(|pressed| (*key, pressed)));
            if let Some(pressed) = ticked.tone {
                self.tell(*key, pressed);
            }
            self.on_streamed(*key, ticked.replied, ticked.said, now);
            let leg = &mut self.legs[*key];
            let busy = leg.is_busy();
            if !busy {
                leg.phase = None;
            }
            busy
        });
        self.phases[phase] = due;
        // Only now: a key may start a leg on the list that was being walked.
        for (key, pressed) in pressed {
            self.on_key(key, pressed, now);
        }
    }

    fn on_sweep(&mut self, turn: usize, now: Instant) {
        for key in (turn..self.legs.capacity()).step_by(SWEEPS) {
            let Some(leg) = self.legs.get_mut(key) else { continue };
            leg.report(&mut self.rng, now, &mut self.outbox);
            if leg.times_out(now) {
                self.events.push_back(Event::TimedOut { id: leg.id });
            }
            if let (id, Some((recorder, 0))) = (leg.id, leg.recorder) {
                let heed = self.recorders[recorder].heed(now);
                self.on_recorder(recorder, id, heed, now);
            }
        }
    }

    fn on_ended(&mut self, key: usize, play: PlayId) {
        self.plays -= 1;
        self.events.push_back(Event::PlayEnded { id: self.legs[key].id, play, finished: true });
    }

    /// A key was pressed and sent as an event. A joined leg that takes no events gets it as a tone.
    fn on_key(&mut self, key: usize, pressed: Key, now: Instant) {
        self.tell(key, pressed);
        let peer = self.legs[key].peer.map(|peer| &self.legs[peer]).filter(|peer| !peer.takes_events());
        if let Some(peer) = peer.map(|peer| peer.id) {
            self.send_digits(peer, pressed.digit.encode_utf8(&mut [0; 4]), now);
        }
    }

    fn tell(&mut self, key: usize, Key { digit, duration, .. }: Key) {
        if self.events.len() < MAX_EVENTS {
            self.events.push_back(Event::Digit { id: self.legs[key].id, digit, duration });
        }
    }

    fn record(
        &mut self,
        (recording, unheard): (RecordingId, Fate),
        parties: &[MediaId],
        recorder: impl FnOnce(Vec<usize>) -> Recorder,
        now: Instant,
    ) {
        let keys: Vec<usize> = parties.iter().filter_map(|id| self.keys.get(id).copied()).collect();
        if self.recordings.contains_key(&recording) {
            return;
        }
        if keys.len() < parties.len() {
            self.recorded.push_back(Recorded { recording, at: 0, samples: Vec::new(), end: Some(unheard) });
            return;
        }
        keys.iter().for_each(|key| self.stop_recorder(*key, now));
        let place = self.recorders.insert(recorder(keys.clone()));
        self.recordings.insert(recording, place);
        for (key, party) in keys.into_iter().zip(0..) {
            self.legs[key].recorder = Some((place, party));
        }
    }

    fn stop_record(&mut self, recording: RecordingId, fate: Fate, now: Instant) {
        let Some(place) = self.recordings.remove(&recording) else { return };
        let mut recorder = self.recorders.remove(place);
        self.recorded.push_back(recorder.finish(fate, now));
        for key in recorder.legs {
            self.legs[key].recorder = None;
        }
    }

    /// Ends the recording that a leg is in.
    fn stop_recorder(&mut self, key: usize, now: Instant) {
        if let Some((place, _)) = self.legs[key].recorder {
            let recorder = &self.recorders[place];
            self.stop_record(recorder.id, recorder.fate(), now);
        }
    }

    /// A recorder heard something, or nothing for a while.
    fn on_recorder(&mut self, place: usize, id: MediaId, heed: Option<Heed>, now: Instant) {
        let recorder = &mut self.recorders[place];
        let recording = recorder.id;
        while let Some(block) = recorder.block(now) {
            if self.recorded.len() < MAX_RECORDED {
                self.recorded.push_back(block);
            } else {
                self.recorded_lost += 1;
            }
        }
        self.events.extend(heed.map(|heed| match heed {
            Heed::Spoke => Event::Spoke { id, recording },
            Heed::Silent => Event::Silent { id, recording },
        }));
    }

    fn join(&mut self, a: MediaId, b: MediaId) {
        let (Some(a), Some(b)) = (self.keys.get(&a).copied(), self.keys.get(&b).copied()) else { return };
        if a == b || self.legs[a].peer == Some(b) {
            return;
        }
        self.part(a);
        self.part(b);
        self.legs[a].peer = Some(b);
        self.legs[b].peer = Some(a);
        self.bridges += 1;
    }

    fn unjoin(&mut self, a: MediaId, b: MediaId) {
        let (Some(a), Some(b)) = (self.keys.get(&a).copied(), self.keys.get(&b).copied()) else { return };
        if self.legs[a].peer == Some(b) {
            self.part(a);
        }
    }

    /// Takes a leg out of its bridge.
    fn part(&mut self, key: usize) {
        let Some(peer) = self.legs[key].peer.take() else { return };
        self.legs[peer].peer = None;
        for tap in self.legs[key].taps.iter().chain(&self.legs[peer].taps) {
            self.taps[*tap].part();
        }
        self.bridges -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::{Packet, TelephoneEvent};
    use crate::sdp::{Encoding, Format, Remote};
    use crate::{Codec, Settings};

    #[test]
    fn digits_nobody_collects_have_a_limit() {
        let now = crate::test_epoch();
        let (id, rtp) = (MediaId(1), "198.51.100.7:4000".parse().unwrap());
        let remote = Remote {
            rtp,
            rtcp: rtp,
            source: None,
            codec: Codec::Pcmu,
            payload_type: 0,
            telephone_event: None,
            formats: vec![Format { payload_type: 101, encoding: Encoding::TelephoneEvent }],
            ptime: std::time::Duration::from_millis(20),
            sending: true,
            receiving: true,
        };
        let mut plane = Plane::new([1; 32]);
        let local = "192.0.2.1:20000".parse().unwrap();
        plane.handle_command(Command::Open { id, settings: Settings::default(), local }, now);
        plane.handle_command(Command::Connect { id, remote }, now);
        let payload = TelephoneEvent { event: 5, end: true, duration: 800 }.to_bytes();
        for press in 0..MAX_EVENTS as u32 + 10 {
            let (sequence, timestamp) = (press as u16, press * 1_600);
            let packet = Packet { marker: true, payload_type: 101, sequence, timestamp, ssrc: 9, payload: &payload };
            let mut bytes = Vec::new();
            packet.write(&mut bytes);
            plane.handle_packet(id, rtp, false, &bytes, now);
        }
        plane.handle_command(Command::Close { id }, now);
        let events: Vec<Event> = std::iter::from_fn(|| plane.poll_event()).collect();
        assert_eq!(events.len(), MAX_EVENTS + 1);
        assert!(matches!(events[MAX_EVENTS], Event::Closed { .. }), "the end of a leg is never dropped");
    }
}
