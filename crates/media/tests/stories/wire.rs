//! The wire: planes and bare addresses, packets in flight, one clock. No thread, no socket.

use core::net::SocketAddr;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use media::rtp::Packet;
use media::sdp::{Encoding, Format};
use media::{Codec, Command, Event, MediaId, Pcm, Plane, PlayId, Recorded, Remote, Settings, Streamed};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// What the wire does to packets; chances in 1/1000.
#[derive(Clone, Copy, Default)]
pub(crate) struct Faults {
    pub(crate) loss: u32,
    pub(crate) duplicate: u32,
    /// Up to this much is added to the delay, which reorders.
    pub(crate) spread: Duration,
}

/// A packet that came to an address that no plane owns.
#[derive(Clone, Debug)]
pub(crate) struct Came {
    pub(crate) at: Duration,
    pub(crate) from: SocketAddr,
    pub(crate) bytes: Vec<u8>,
}

impl Came {
    pub(crate) fn rtp(&self) -> Packet<'_> {
        Packet::parse(&self.bytes).expect("we send RTP")
    }
}

type Leg = (usize, MediaId);

pub(crate) struct Wire {
    start: Instant,
    now: Instant,
    pub(crate) planes: Vec<Plane>,
    legs: BTreeMap<Leg, SocketAddr>,
    owners: BTreeMap<SocketAddr, (Leg, bool)>,
    flights: BTreeMap<(Instant, u64), (SocketAddr, SocketAddr, Vec<u8>)>,
    sent: u64,
    pub(crate) faults: Faults,
    rng: ChaCha8Rng,
    pub(crate) events: Vec<(Duration, usize, Event)>,
    pub(crate) came: BTreeMap<SocketAddr, Vec<Came>>,
    pub(crate) recorded: Vec<Recorded>,
    pub(crate) streamed: Vec<(Duration, Streamed)>,
    /// Whether recordings and streams are taken as they come.
    pub(crate) takes_recorded: bool,
}

pub(crate) const DELAY: Duration = Duration::from_millis(1);

pub(crate) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(crate) fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

pub(crate) fn next_port(rtp: SocketAddr) -> SocketAddr {
    SocketAddr::new(rtp.ip(), rtp.port() + 1)
}

/// A peer at `rtp` that speaks PCMU and takes events as 101.
pub(crate) fn remote(rtp: SocketAddr) -> Remote {
    let audio = |codec: Codec| Format { payload_type: codec.payload_type(), encoding: Encoding::Audio(codec) };
    let events = Format { payload_type: 101, encoding: Encoding::TelephoneEvent };
    Remote {
        rtp,
        rtcp: next_port(rtp),
        source: None,
        codec: Codec::Pcmu,
        payload_type: 0,
        telephone_event: Some(101),
        formats: vec![audio(Codec::Pcmu), audio(Codec::Pcma), events],
        ptime: ms(20),
        sending: true,
        receiving: true,
    }
}

/// `frames` packets of audio, the samples all of one value.
pub(crate) fn pcm(frames: usize, value: i16) -> Arc<Pcm> {
    Arc::new(Pcm::new("test", vec![value; frames * 160]))
}

impl Wire {
    #[expect(clippy::disallowed_methods, reason = "the origin of virtual time; nothing here measures real time")]
    pub(crate) fn new(planes: u8, seed: u8) -> Self {
        let start = Instant::now();
        Self {
            start,
            now: start,
            planes: (0..planes).map(|plane| Plane::new([seed ^ plane; 32])).collect(),
            legs: BTreeMap::new(),
            owners: BTreeMap::new(),
            flights: BTreeMap::new(),
            sent: 0,
            faults: Faults::default(),
            rng: ChaCha8Rng::from_seed([seed; 32]),
            events: Vec::new(),
            came: BTreeMap::new(),
            recorded: Vec::new(),
            streamed: Vec::new(),
            takes_recorded: true,
        }
    }

    pub(crate) fn at(&self) -> Duration {
        self.now - self.start
    }

    /// Opens a leg; its address follows from its plane and number.
    pub(crate) fn open(&mut self, plane: usize, id: u64, settings: Settings) -> SocketAddr {
        let local = address(&format!("192.0.2.{}:{}", plane + 1, 20_000 + 2 * id));
        let leg = (plane, MediaId(id));
        self.legs.insert(leg, local);
        self.owners.insert(local, (leg, false));
        self.owners.insert(next_port(local), (leg, true));
        self.command(plane, Command::Open { id: MediaId(id), settings, local });
        local
    }

    /// Opens a leg towards a bare address.
    pub(crate) fn phone(&mut self, plane: usize, id: u64, phone: SocketAddr) -> SocketAddr {
        let local = self.open(plane, id, Settings::default());
        self.command(plane, Command::Connect { id: MediaId(id), remote: remote(phone) });
        local
    }

    /// Opens a leg on each of two planes, towards each other; each has heard the other.
    pub(crate) fn link(&mut self, one: Leg, other: Leg) {
        let settings = Settings { inband_dtmf: false, ..Settings::default() };
        let a = self.open(one.0, one.1.0, settings);
        let b = self.open(other.0, other.1.0, settings);
        self.command(one.0, Command::Connect { id: one.1, remote: remote(b) });
        self.command(other.0, Command::Connect { id: other.1, remote: remote(a) });
        for (plane, id) in [one, other] {
            self.play(plane, id.0, 0, vec![pcm(1, 0)], false);
        }
        self.run(ms(50));
    }

    pub(crate) fn command(&mut self, plane: usize, command: Command) {
        self.planes[plane].handle_command(command, self.now);
        self.drain(plane);
    }

    pub(crate) fn play(&mut self, plane: usize, id: u64, play: u32, audio: Vec<Arc<Pcm>>, repeat: bool) {
        self.command(plane, Command::Play { id: MediaId(id), play: PlayId(play), audio, repeat });
    }

    /// A packet from a bare address, past the faults.
    pub(crate) fn send(&mut self, from: SocketAddr, to: SocketAddr, bytes: Vec<u8>) {
        self.fly(from, to, bytes, DELAY);
    }

    /// A packet of audio from a bare address.
    pub(crate) fn speak(&mut self, from: SocketAddr, to: SocketAddr, sequence: u16, payload_type: u8) {
        let timestamp = u32::from(sequence) * 160;
        let packet = Packet {
            marker: false,
            payload_type,
            sequence,
            timestamp,
            ssrc: u32::from(from.port()),
            payload: &[0x55; 160],
        };
        let mut bytes = Vec::new();
        packet.write(&mut bytes);
        self.send(from, to, bytes);
    }

    /// Lets time pass, everything in its order.
    pub(crate) fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        while let Some(next) = self.next().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            for plane in 0..self.planes.len() {
                self.planes[plane].handle_timeout(self.now);
                self.drain(plane);
            }
            while let Some(flight) = self.flights.first_entry().filter(|flight| flight.key().0 <= self.now) {
                let (from, to, bytes) = flight.remove();
                self.arrive(from, to, bytes);
            }
        }
        self.now = end;
    }

    fn next(&self) -> Option<Instant> {
        let flights = self.flights.keys().next().map(|(at, _)| *at);
        self.planes.iter().filter_map(Plane::poll_timeout).chain(flights).min()
    }

    fn arrive(&mut self, from: SocketAddr, to: SocketAddr, bytes: Vec<u8>) {
        match self.owners.get(&to).copied() {
            Some(((plane, id), rtcp)) => {
                self.planes[plane].handle_packet(id, from, rtcp, &bytes, self.now);
                self.drain(plane);
            }
            None => {
                let at = self.at();
                self.came.entry(to).or_default().push(Came { at, from, bytes });
            }
        }
    }

    fn drain(&mut self, plane: usize) {
        let mut out = Vec::new();
        while let Some(packet) = self.planes[plane].poll_transmit() {
            let local = self.legs[&(plane, packet.id)];
            let from = if packet.rtcp { next_port(local) } else { local };
            out.push((from, packet.to, packet.bytes.to_vec()));
        }
        self.planes[plane].handle_sent(self.now);
        for (from, to, bytes) in out {
            let copies = 1 + usize::from(self.rng.next_u32() % 1_000 < self.faults.duplicate);
            for _ in 0..copies {
                let lost = self.rng.next_u32() % 1_000 < self.faults.loss;
                let spread = self.faults.spread.mul_f64(f64::from(self.rng.next_u32()) / f64::from(u32::MAX));
                if !lost {
                    self.fly(from, to, bytes.clone(), DELAY + spread);
                }
            }
        }
        while self.takes_recorded
            && let Some(block) = self.planes[plane].poll_recorded()
        {
            self.recorded.push(block);
        }
        let at = self.at();
        while self.takes_recorded
            && let Some(piece) = self.planes[plane].poll_streamed()
        {
            self.streamed.push((at, piece));
        }
        while let Some(event) = self.planes[plane].poll_event() {
            self.events.push((at, plane, event));
        }
        assert!(self.planes[plane].poll_timeout().is_none_or(|due| due > self.now - ms(1_000)), "nothing is forgotten");
    }

    fn fly(&mut self, from: SocketAddr, to: SocketAddr, bytes: Vec<u8>, delay: Duration) {
        self.sent += 1;
        self.flights.insert((self.now + delay, self.sent), (from, to, bytes));
    }

    /// What came to a bare address so far; it is forgotten.
    pub(crate) fn take(&mut self, at: SocketAddr) -> Vec<Came> {
        self.came.remove(&at).unwrap_or_default()
    }

    /// The events so far; they are forgotten.
    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        self.events.drain(..).map(|(_, _, event)| event).collect()
    }

    /// The digits that a leg told so far, and nothing is forgotten.
    pub(crate) fn digits(&self, plane: usize, leg: u64) -> String {
        let events = self.events.iter().filter(|(_, at, _)| *at == plane);
        events
            .filter_map(|(_, _, event)| match event {
                Event::Digit { id, digit, .. } if *id == MediaId(leg) => Some(*digit),
                _ => None,
            })
            .collect()
    }
}

impl Wire {
    /// Packets that ever flew.
    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// The worker's thread does not run for a while.
    pub(crate) fn stall(&mut self, duration: Duration) {
        self.now += duration;
    }
}
