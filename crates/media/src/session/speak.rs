//! What a leg says: digits before plays, plays before what its stream says, that before what the joined leg says.

use core::net::SocketAddr;
use std::time::Instant;

use super::Leg;
use super::hear::{Heard, MAX_AUDIO_OCTETS};
use crate::Codec;
use crate::codec::FRAME_SAMPLES;
use crate::command::PlayId;
use crate::keypad::Press;
use crate::mix;
use crate::outbox::Outbox;
use crate::rtp::{Key, Packet, Stamp, TelephoneEvent};
use crate::track::Place;

/// What a tick brought.
#[derive(Debug, Default)]
pub(crate) struct Ticked {
    /// A play that was heard to its end.
    pub(crate) ended: Option<PlayId>,
    /// A key that is up, sent as an event.
    pub(crate) key: Option<Key>,
    /// A key that is up, heard as a tone.
    pub(crate) tone: Option<Key>,
    /// Its stream begins to speak.
    pub(crate) replied: bool,
    /// What its stream said.
    pub(crate) said: Option<Said>,
}

/// 20 ms that a leg was told by its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) place: Place,
    pub(crate) samples: [i16; FRAME_SAMPLES],
}

impl Leg {
    /// 20 ms have passed.
    pub(crate) fn tick(&mut self, now: Instant, outbox: &mut Outbox) -> Ticked {
        let key = self.keys.expire(now);
        let key = self.tell(key);
        let tone = self.ears.as_mut().and_then(|ears| ears.expire(now));
        let tone = tone.and_then(|tone| self.told.tone(tone, self.keys.down()));
        let replied = self.live.as_mut().is_some_and(|(_, live)| live.tick());
        let ended = self.speak(now, outbox);
        Ticked { ended, key, tone, replied, said: self.said.take() }
    }

    /// Says the next 20 ms; returns a play that is over.
    pub(crate) fn speak(&mut self, now: Instant, outbox: &mut Outbox) -> Option<PlayId> {
        if self.keypad.is_active() {
            self.press_on(now, outbox);
            return None;
        }
        if !self.is_speaking() {
            return None;
        }
        self.splice.reset();
        let (to, tail) = (self.destination(), self.tail.take());
        let Some(player) = &mut self.player else {
            self.speak_live(to, tail, now, outbox);
            return None;
        };
        let goes_on = match (to, &self.remote) {
            (Some(to), Some(remote)) => {
                let stamp = self.outgoing.stamp(now);
                let header = header(stamp, remote.payload_type, self.outgoing.ssrc);
                let sent = outbox.push(self.id, to, false, |bytes| {
                    header.write(bytes);
                    match &tail {
                        None => player.fill(remote.codec, bytes),
                        Some(tail) => player.fill_over_tail(tail, remote.codec, bytes),
                    }
                });
                if sent {
                    self.outgoing.sent(stamp, FRAME_SAMPLES as u32, FRAME_SAMPLES);
                }
                sent
            }
            _ => {
                self.outgoing.pause();
                player.skip()
            }
        };
        if goes_on {
            return None;
        }
        self.outgoing.pause();
        self.player.take().map(|player| player.play)
    }

    /// Says what its stream says, and the end of what was stopped.
    fn speak_live(
        &mut self,
        to: Option<SocketAddr>,
        tail: Option<[i16; FRAME_SAMPLES]>,
        now: Instant,
        outbox: &mut Outbox,
    ) {
        let frame = self.live.as_mut().and_then(|(_, live)| Some((live.take()?, live.is_speaking())));
        let Some((mut frame, goes_on)) = frame else { return self.fade_out(to, tail, now, outbox) };
        if let Some(tail) = tail {
            mix::add(&mut frame, &tail);
        }
        let stamp = self.outgoing.stamp(now);
        self.said =
            Some(Said { place: Place { ssrc: self.outgoing.ssrc, timestamp: stamp.timestamp }, samples: frame });
        self.say(to, stamp, &frame, outbox);
        if !goes_on {
            self.outgoing.pause();
        }
    }

    /// Says the end of a play that was stopped, after which nothing is said.
    fn fade_out(
        &mut self,
        to: Option<SocketAddr>,
        tail: Option<[i16; FRAME_SAMPLES]>,
        now: Instant,
        outbox: &mut Outbox,
    ) {
        if let Some(tail) = tail {
            let stamp = self.outgoing.stamp(now);
            self.say(to, stamp, &tail, outbox);
        }
        self.outgoing.pause();
    }

    /// Says 20 ms, if there is somebody to say them to.
    fn say(&mut self, to: Option<SocketAddr>, stamp: Stamp, frame: &[i16; FRAME_SAMPLES], outbox: &mut Outbox) {
        let (Some(to), Some(remote)) = (to, &self.remote) else { return self.outgoing.pause() };
        let mut payload = [0; FRAME_SAMPLES];
        remote.codec.encode(frame, &mut payload);
        self.send(to, stamp, remote.payload_type, &payload, outbox);
        self.outgoing.sent(stamp, FRAME_SAMPLES as u32, FRAME_SAMPLES);
    }

    /// Passes on what the joined leg heard, unless this one speaks by itself.
    pub(crate) fn forward(&mut self, heard: Heard<'_>, now: Instant, outbox: &mut Outbox) {
        let Some(remote) = &self.remote else { return };
        let spoken = remote.codec;
        let (packet, payload_type, transcode) = match heard {
            Heard::Audio(codec, packet) => (packet, remote.payload_type, (codec != spoken).then_some(codec)),
            Heard::Event(packet) => match remote.telephone_event {
                Some(payload_type) => (packet, payload_type, None),
                None => return,
            },
            Heard::Nothing => return,
        };
        if let (Heard::Audio(from, packet), Some(mix)) =
            (heard, self.player.as_mut().and_then(|play| play.mix.as_mut()))
        {
            let mut samples = [0; MAX_AUDIO_OCTETS];
            let count = from.decode(packet.payload, &mut samples);
            mix.push(&samples[..count]);
        }
        if self.is_speaking() {
            return;
        }
        let Some(to) = self.destination() else {
            // What is not sent is silence, not loss.
            self.splice.reset();
            return;
        };
        let stamp = match heard {
            Heard::Event(_) => self.splice.stamp_event(&packet, &mut self.outgoing, now),
            _ => self.splice.stamp(&packet, &mut self.outgoing, now),
        };
        let Some(stamp) = stamp else { return };
        let header = header(stamp, payload_type, self.outgoing.ssrc);
        outbox.push(self.id, to, false, |bytes| {
            header.write(bytes);
            match transcode {
                None => bytes.extend_from_slice(packet.payload),
                Some(from) => recode(from, spoken, packet.payload, bytes),
            }
            true
        });
        // An event's timestamp stands still; only audio moves the time line.
        let samples = if matches!(heard, Heard::Audio(..)) { packet.payload.len() as u32 } else { 0 };
        self.outgoing.sent(stamp, samples, packet.payload.len());
    }

    /// Where to send now, if anywhere: the peer wants it, and it is known to be there or has not had its share yet.
    pub(super) fn destination(&mut self) -> Option<SocketAddr> {
        let source = self.source.as_ref().filter(|_| self.remote.as_ref().is_some_and(|remote| remote.receiving))?;
        let to = source.target()?;
        if !source.proved(self.trusted) {
            self.unproved = self.unproved.checked_sub(1)?;
        }
        Some(to)
    }

    /// The host of the peer's SIP messages is really there.
    pub(crate) fn trust(&mut self) {
        self.trusted = true;
    }

    /// The next 20 ms of a digit.
    fn press_on(&mut self, now: Instant, outbox: &mut Outbox) {
        self.splice.reset();
        let events = self.remote.as_ref().and_then(|remote| remote.telephone_event);
        let Some(press) = self.keypad.tick(events.is_some()) else { return };
        if matches!(press, Press::Event { first: true, .. }) {
            self.outgoing.pause();
            self.event_timestamp = self.outgoing.stamp(now).timestamp;
        }
        let Some(to) = self.destination() else { return };
        match press {
            Press::Pause => self.outgoing.pause(),
            Press::Tone(frame) => {
                let stamp = self.outgoing.stamp(now);
                self.say(Some(to), stamp, &frame, outbox);
            }
            Press::Event { event, first } => {
                let stamp = Stamp { marker: first, timestamp: self.event_timestamp, ..self.outgoing.stamp(now) };
                self.send(to, stamp, events.unwrap_or_default(), &event.to_bytes(), outbox);
                self.outgoing.sent(stamp, u32::from(event.duration), TelephoneEvent::LENGTH);
                if event.end {
                    self.outgoing.pause();
                }
            }
        }
    }

    fn send(&self, to: SocketAddr, stamp: Stamp, payload_type: u8, payload: &[u8], outbox: &mut Outbox) {
        let packet = Packet { payload, ..header(stamp, payload_type, self.outgoing.ssrc) };
        outbox.push(self.id, to, false, |bytes| {
            packet.write(bytes);
            true
        });
    }
}

fn header(stamp: Stamp, payload_type: u8, ssrc: u32) -> Packet<'static> {
    let Stamp { marker, sequence, timestamp } = stamp;
    Packet { marker, payload_type, sequence, timestamp, ssrc, payload: &[] }
}

fn recode(from: Codec, to: Codec, payload: &[u8], out: &mut Vec<u8>) {
    let mut samples = [0; MAX_AUDIO_OCTETS];
    let count = from.decode(payload, &mut samples);
    let start = out.len();
    out.resize(start + count, 0);
    to.encode(&samples[..count], &mut out[start..]);
}
