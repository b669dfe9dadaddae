//! What a leg hears: whose packet it is, where it stands in its stream, and what it carries.

use core::net::SocketAddr;
use std::time::Instant;

use super::Leg;
use crate::Codec;
use crate::rtp::{Arrival, Frame, Key, Packet, Reception, TelephoneEvent};
use crate::sdp::Encoding;

/// Octets of audio in a packet, at most: 200 ms (RFC 3551 section 4.2).
pub(crate) const MAX_AUDIO_OCTETS: usize = 1_600;

/// What came, for the leg that this one is joined with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Heard<'a> {
    Nothing,
    Audio(Codec, Packet<'a>),
    Event(Packet<'a>),
}

/// What a packet brought.
#[derive(Debug)]
pub(crate) struct Received<'a> {
    pub(crate) heard: Heard<'a>,
    /// A key that is up, sent as an event.
    pub(crate) key: Option<Key>,
    /// A key that is up, heard as a tone.
    pub(crate) tone: Option<Key>,
}

const NOTHING: Received<'_> = Received { heard: Heard::Nothing, key: None, tone: None };

impl Leg {
    /// A packet on the RTP socket.
    pub(crate) fn receive<'a>(&mut self, from: SocketAddr, bytes: &'a [u8], now: Instant) -> Received<'a> {
        let (Some(source), Some(remote)) = (&mut self.source, &self.remote) else { return NOTHING };
        let accepted = Packet::parse(bytes).filter(|packet| source.accept(from, packet));
        let Some(packet) = accepted else {
            self.stats.packets_refused += 1;
            return NOTHING;
        };
        self.last_heard = now;
        self.timed_out = false;
        let (encoding, sends_events) = (remote.encoding(packet.payload_type), remote.telephone_event.is_some());
        if !self.arrive(&packet) {
            self.stats.packets_late += 1;
            return NOTHING;
        }
        self.stats.packets_received += 1;
        self.stats.octets_received += packet.payload.len() as u64;
        match encoding {
            Some(Encoding::Audio(codec)) if (1..=MAX_AUDIO_OCTETS).contains(&packet.payload.len()) => {
                self.time(&packet, now);
                // Speech sounds like tones at times: who sends keys as events is not listened to.
                let ears = self.ears.as_mut().filter(|_| !sends_events);
                let tone = ears.and_then(|ears| ears.hear(frame(codec, &packet), now));
                let tone = tone.and_then(|tone| self.told.tone(tone, self.keys.down()));
                Received { heard: Heard::Audio(codec, packet), key: None, tone }
            }
            Some(Encoding::TelephoneEvent) if packet.payload.len() == TelephoneEvent::LENGTH => {
                let key = self.keys.receive(packet.timestamp, packet.payload, now);
                Received { heard: Heard::Event(packet), key: self.tell(key), tone: None }
            }
            // Comfort noise, lengths that cannot be, what was never agreed on: it only shows that the peer lives.
            Some(_) | None => NOTHING,
        }
    }

    /// Counts a packet; whether it is fresh. Keys need not know of a new stream: their times tell.
    fn arrive(&mut self, packet: &Packet<'_>) -> bool {
        match self.incoming.as_mut().filter(|incoming| incoming.ssrc == packet.ssrc) {
            Some(incoming) => incoming.receive(packet.sequence) != Arrival::Useless,
            None => {
                let lost = self.incoming.as_ref().map_or(0, Reception::lost);
                self.stats.packets_lost += u64::from(lost);
                self.incoming = Some(Reception::new(packet.ssrc, packet.sequence));
                true
            }
        }
    }

    /// An event that ended, unless its key was told already.
    pub(super) fn tell(&mut self, key: Option<Key>) -> Option<Key> {
        key.and_then(|key| self.told.event(key))
    }

    fn time(&mut self, packet: &Packet<'_>, now: Instant) {
        let arrival = self.outgoing.clock(now);
        if let Some(incoming) = &mut self.incoming {
            if packet.marker {
                incoming.forget_transit();
            }
            incoming.time(packet.timestamp, arrival);
        }
    }
}

fn frame<'a>(codec: Codec, packet: &Packet<'a>) -> Frame<'a> {
    let Packet { sequence, timestamp, payload, .. } = *packet;
    Frame { sequence, timestamp, codec, payload }
}
