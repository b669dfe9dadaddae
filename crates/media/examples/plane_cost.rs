//! What the plane costs, in ns a packet on one core: `cargo run --release -p passthru-media --example plane_cost`.
//!
//! Each row runs the plane alone, without sockets, in virtual time; only the duration of the whole is real.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use core::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use media::rtp::Packet;
use media::sdp::{Encoding, Format};
use media::{Codec, Command, MediaId, Pcm, Plane, PlayId, RecordingId, Remote, Settings};

const LEGS: u64 = 2_000;
const SECONDS: u64 = 10;
const FRAME: Duration = Duration::from_millis(20);

struct Bench {
    plane: Plane,
    now: Instant,
    packets: u64,
    octets: u64,
    wire: Vec<u8>,
}

fn main() {
    println!("{LEGS} legs, {SECONDS} s of audio each");
    let row = |name: &str, packets: u64, took: Duration| {
        println!("{name:<32} {:>6.0} ns a packet", took.as_nanos() as f64 / packets as f64);
    };
    let (packets, took) = play();
    row("play (out)", packets, took);
    for (name, recorded) in [("bridge, recorded single", Some(false)), ("bridge, recorded dual", Some(true))] {
        let (packets, took) = hear(false, Codec::Pcmu, true, recorded);
        row(name, packets, took);
    }
    for (name, inband_dtmf, codec, joined) in [
        ("hear (in, no digits)", false, Codec::Pcmu, false),
        ("hear and detect tones (in)", true, Codec::Pcmu, false),
        ("bridge (in and out)", false, Codec::Pcmu, true),
        ("bridge, transcoding", false, Codec::Pcma, true),
        ("bridge, detecting tones", true, Codec::Pcmu, true),
    ] {
        let (packets, took) = hear(inband_dtmf, codec, joined, None);
        row(name, packets, took);
    }
}

fn play() -> (u64, Duration) {
    let mut bench = Bench::new(false, |_| Codec::Pcmu);
    let pcm = Arc::new(Pcm::new("tone", media::Tone::new((400.0, 5_000.0), (425.0, 5_000.0)).lasting(FRAME * 50)));
    for id in 1..=LEGS {
        bench.now += Duration::from_micros(10);
        let audio = vec![pcm.clone()];
        bench.command(Command::Play { id: MediaId(id), play: PlayId(1), audio, repeat: true });
    }
    // A leg that was never heard gets 5 s only.
    for id in 1..=LEGS {
        bench.speak(id, 0);
    }
    bench.drain();
    let begun = Instant::now();
    bench.packets = 0;
    let end = bench.now + Duration::from_secs(SECONDS);
    while let Some(due) = bench.plane.poll_timeout().filter(|due| *due < end) {
        bench.now = due;
        bench.plane.handle_timeout(due);
        bench.drain();
    }
    (bench.packets, begun.elapsed())
}

fn hear(inband_dtmf: bool, every_other: Codec, joined: bool, recorded: Option<bool>) -> (u64, Duration) {
    let mut bench = Bench::new(inband_dtmf, |id| if id % 2 == 0 { every_other } else { Codec::Pcmu });
    if joined {
        for id in (1..=LEGS).step_by(2) {
            let (a, b) = (MediaId(id), MediaId(id + 1));
            bench.command(Command::Join { a, b });
            if let Some(dual) = recorded {
                let recording = RecordingId(id);
                bench.command(Command::Record { id: a, with: Some(b), recording, dual, silence: None });
            }
        }
    }
    let begun = Instant::now();
    let frames = SECONDS * 50;
    for frame in 0..frames {
        bench.now += FRAME;
        bench.plane.handle_timeout(bench.now);
        for id in 1..=LEGS {
            bench.speak(id, frame as u16);
            bench.drain();
        }
    }
    let took = begun.elapsed();
    assert_eq!(bench.octets > 0, joined, "a bridge passes packets on");
    (frames * LEGS, took)
}

impl Bench {
    fn new(inband_dtmf: bool, codec: impl Fn(u64) -> Codec) -> Self {
        let mut bench =
            Self { plane: Plane::new([7; 32]), now: Instant::now(), packets: 0, octets: 0, wire: Vec::new() };
        for id in 1..=LEGS {
            let settings = Settings { inband_dtmf, ..Settings::default() };
            let local = SocketAddr::new(Ipv4Addr::new(192, 0, 2, 1).into(), 10_000 + 2 * id as u16);
            bench.command(Command::Open { id: MediaId(id), settings, local });
            bench.command(Command::Connect { id: MediaId(id), remote: remote(id, codec(id)) });
        }
        bench
    }

    fn command(&mut self, command: Command) {
        self.plane.handle_command(command, self.now);
        self.drain();
    }

    fn speak(&mut self, id: u64, sequence: u16) {
        let payload = [(id as u8).wrapping_mul(31) ^ sequence as u8; 160];
        let timestamp = u32::from(sequence) * 160;
        let packet = Packet { marker: false, payload_type: 0, sequence, timestamp, ssrc: 9, payload: &payload };
        self.wire.clear();
        packet.write(&mut self.wire);
        self.plane.handle_packet(MediaId(id), peer(id), false, &self.wire, self.now);
    }

    fn drain(&mut self) {
        while let Some(packet) = self.plane.poll_transmit() {
            self.packets += u64::from(!packet.rtcp);
            self.octets += packet.bytes.len() as u64 * u64::from(!packet.rtcp);
        }
        while self.plane.poll_event().is_some() {}
        while self.plane.poll_recorded().is_some() {}
    }
}

fn peer(id: u64) -> SocketAddr {
    SocketAddr::new(Ipv4Addr::new(198, 51, 100, 7).into(), 10_000 + 2 * id as u16)
}

fn remote(id: u64, codec: Codec) -> Remote {
    let rtp = peer(id);
    Remote {
        rtp,
        rtcp: SocketAddr::new(rtp.ip(), rtp.port() + 1),
        source: None,
        codec,
        payload_type: codec.payload_type(),
        telephone_event: None,
        formats: Codec::ALL
            .map(|codec| Format { payload_type: codec.payload_type(), encoding: Encoding::Audio(codec) })
            .to_vec(),
        ptime: FRAME,
        sending: true,
        receiving: true,
    }
}
