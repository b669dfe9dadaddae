//! Any datagrams on the ports of two joined legs, at any time, are taken without a panic; what comes of them is bounded,
//! and nothing is left when the legs are closed.

use core::net::SocketAddr;
use core::time::Duration;
use std::time::Instant;

use media::sdp::{Encoding, Format};
use media::{Codec, Command, Event, MediaId, Plane, Remote, Settings};

const LEGS: [MediaId; 2] = [MediaId(1), MediaId(2)];
/// Datagrams that are read of one input.
const DATAGRAMS: usize = 64;

/// The input is a row of datagrams, each behind a byte that says how it comes, and one that says how long it is.
pub(crate) fn check(mut data: &[u8]) {
    #[expect(clippy::disallowed_methods, reason = "the origin of virtual time; nothing here measures real time")]
    let mut now = Instant::now();
    let mut plane = Plane::new([7; 32]);
    for id in LEGS {
        let local = SocketAddr::from(([192, 0, 2, 1], port(20_000, id)));
        plane.handle_command(Command::Open { id, settings: Settings::default(), local }, now);
        plane.handle_command(Command::Connect { id, remote: remote(id) }, now);
    }
    plane.handle_command(Command::Join { a: LEGS[0], b: LEGS[1] }, now);
    for _ in 0..DATAGRAMS {
        let Some(([how, length], rest)) = data.split_first_chunk() else { break };
        let (datagram, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        data = rest;
        let (id, rtcp) = (LEGS[usize::from(how & 1)], how & 2 != 0);
        let from = SocketAddr::from(([198, 51, 100, how >> 6], port(4_000, id) + u16::from(rtcp)));
        plane.handle_packet(id, from, rtcp, datagram, now);
        now += Duration::from_millis(u64::from(how >> 2 & 15) * 5);
        plane.handle_timeout(now);
        drain(&mut plane);
    }
    LEGS.into_iter().for_each(|id| plane.handle_command(Command::Close { id }, now));
    drain(&mut plane);
    assert_eq!((plane.gauges().sessions, plane.gauges().bridges), (0, 0));
}

fn drain(plane: &mut Plane) {
    // A forwarded packet or a report for each leg, and what was due in the time that passed.
    let sent = core::iter::from_fn(|| plane.poll_transmit().map(drop)).take(100).count();
    assert!(sent < 100, "one datagram makes {sent}");
    while let Some(event) = plane.poll_event() {
        if let Event::Digit { digit, .. } = event {
            assert!("0123456789*#ABCD".contains(digit), "{digit}");
        }
    }
}

fn port(first: u16, id: MediaId) -> u16 {
    first + 2 * id.0 as u16
}

/// A peer that speaks both laws and takes events as 101.
fn remote(id: MediaId) -> Remote {
    let audio = |codec: Codec| Format { payload_type: codec.payload_type(), encoding: Encoding::Audio(codec) };
    let events = Format { payload_type: 101, encoding: Encoding::TelephoneEvent };
    Remote {
        rtp: SocketAddr::from(([198, 51, 100, 0], port(4_000, id))),
        rtcp: SocketAddr::from(([198, 51, 100, 0], port(4_000, id) + 1)),
        source: None,
        codec: Codec::Pcmu,
        payload_type: 0,
        telephone_event: Some(101),
        formats: vec![audio(Codec::Pcmu), audio(Codec::Pcma), events],
        ptime: Duration::from_millis(20),
        sending: true,
        receiving: true,
    }
}
