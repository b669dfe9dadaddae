//! What phones say and hear: tones in PCMU over RTP (RFC 3550, RFC 3551, RFC 4733), packed and unpacked by hand.
//!
//! Each prompt and each phone's voice is a tone of its own, so that a phone can say what it hears by counting how
//! often the signal crosses zero.

use core::f64::consts::TAU;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use flow::Audio;
use media::Pcm;

/// Samples of one packet: 20 ms at 8 kHz.
pub(crate) const FRAME: usize = 160;

/// The time that one packet covers.
pub(crate) const FRAME_TIME: Duration = Duration::from_millis(20);

/// How long a prompt sounds.
const PROMPT: Duration = Duration::from_secs(1);

/// The payload type that phones use for digits.
const TELEPHONE_EVENT: u8 = 101;

/// How many packets in a row make a tone: 100 ms. Fewer could be stragglers of the one before.
const WINDOW: usize = 5;

/// The first tone, and the distance between tones, in hertz: whole swings a packet, so that lost and
/// misplaced packets leave no crack; and far enough apart to be told apart in one.
const FIRST_HZ: u32 = 300;
const STEP_HZ: u32 = 100;

/// Tones below 3,400 Hz, where the telephone band ends.
const TONES: u32 = (3_400 - FIRST_HZ) / STEP_HZ;

/// The tone of everything that can be heard in a world, by name.
#[derive(Clone, Default)]
pub(crate) struct Tones(Rc<RefCell<BTreeMap<String, u32>>>);

impl Tones {
    /// The tone of that name, given out on first use. Past the telephone band they are given out again.
    pub(crate) fn of(&self, name: &str) -> u32 {
        let mut tones = self.0.borrow_mut();
        let next = u32::try_from(tones.len()).expect("few tones") % TONES;
        *tones.entry(name.to_owned()).or_insert(FIRST_HZ + STEP_HZ * next)
    }

    /// What that sounds like when it is played: the tone of its name.
    pub(crate) fn render(&self, audio: &Audio) -> Arc<Pcm> {
        let name = match audio {
            Audio::Say(name) | Audio::File(name) | Audio::Url(name) => Arc::clone(name),
            Audio::Beep => "beep".into(),
        };
        let samples = tone(self.of(&name), PROMPT);
        Arc::new(Pcm::new(name, samples))
    }

    /// Whose voices, and which prompts, are heard in these samples: each once until another is.
    pub(crate) fn heard(&self, samples: &[i16]) -> Vec<String> {
        let frames: Vec<Option<String>> = samples.chunks_exact(FRAME).map(|frame| self.name(hertz(frame))).collect();
        let steady = frames.windows(WINDOW).filter(|frames| frames.iter().all(|frame| *frame == frames[0]));
        let mut names: Vec<String> = steady.filter_map(|frames| frames[0].clone()).collect();
        names.dedup();
        names
    }

    /// What sounds like that; nothing if several things do.
    fn name(&self, hz: f64) -> Option<String> {
        let near = |tone: u32| (f64::from(tone) - hz).abs() <= f64::from(STEP_HZ) * 0.4;
        let tones = self.0.borrow();
        let mut names = tones.iter().filter(|(_, tone)| near(**tone)).map(|(name, _)| name);
        names.next().filter(|_| names.next().is_none()).cloned()
    }
}

/// A tone as 16-bit samples at 8 kHz.
pub(crate) fn tone(hz: u32, length: Duration) -> Vec<i16> {
    let samples = u32::try_from(length.as_millis() * 8).expect("a short tone");
    #[expect(clippy::cast_possible_truncation, reason = "an amplitude of 8,000 fits")]
    let sample = |n: u32| (8_000.0 * (TAU * f64::from(hz) * f64::from(n) / 8_000.0).sin()) as i16;
    (0..samples).map(sample).collect()
}

/// What a phone hears, in order.
pub(crate) struct Ear {
    tones: Tones,
    /// What the latest packets sounded like.
    recent: VecDeque<Option<String>>,
    /// Names of tones, each once until another comes.
    pub(crate) heard: Vec<String>,
    /// Digits received as events.
    pub(crate) digits: String,
    last_event: Option<u32>,
    pub(crate) packets: u64,
}

impl Ear {
    pub(crate) fn new(tones: Tones) -> Self {
        Self { tones, recent: VecDeque::new(), heard: Vec::new(), digits: String::new(), last_event: None, packets: 0 }
    }

    /// Another call begins: what sounded in the one before does not sound now.
    pub(crate) fn begin(&mut self) {
        self.recent.clear();
    }

    /// The tone that sounds now.
    pub(crate) fn now(&self) -> Option<String> {
        let last = self.recent.back()?.clone()?;
        let steady = self.recent.len() == WINDOW && self.recent.iter().all(|name| name.as_ref() == Some(&last));
        steady.then_some(last)
    }

    /// Takes an RTP packet.
    pub(crate) fn handle_packet(&mut self, packet: &[u8]) {
        assert!(packet.len() >= 12 && packet[0] == 0x80, "an RTP packet without extras");
        self.packets += 1;
        let (kind, payload) = (packet[1] & 0x7f, &packet[12..]);
        let timestamp = u32::from_be_bytes([packet[4], packet[5], packet[6], packet[7]]);
        match kind {
            0 => self.listen(payload),
            TELEPHONE_EVENT if self.last_event != Some(timestamp) => {
                self.last_event = Some(timestamp);
                let keys = b"0123456789*#ABCD";
                self.digits.extend(
                    payload.first().and_then(|event| keys.get(usize::from(*event))).map(|key| char::from(*key)),
                );
            }
            _ => {}
        }
    }

    fn listen(&mut self, payload: &[u8]) {
        let samples: Vec<i16> = payload.iter().copied().map(from_mu_law).collect();
        self.recent.push_back(self.tones.name(hertz(&samples)));
        while self.recent.len() > WINDOW {
            self.recent.pop_front();
        }
        if let Some(name) = self.now()
            && self.heard.last() != Some(&name)
        {
            self.heard.push(name);
        }
    }
}

/// How often the signal swings, in hertz, by its changes of sign.
fn hertz(samples: &[i16]) -> f64 {
    let crossings = samples.windows(2).filter(|pair| (pair[0] >= 0) != (pair[1] >= 0)).count();
    let number = |count: usize| f64::from(u32::try_from(count).expect("small"));
    number(crossings) / 2.0 / (number(samples.len()) / 8_000.0)
}

/// What a phone says: its own tone without end, and keys pressed over it.
pub(crate) struct Mouth {
    voice: Vec<u8>,
    at: usize,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
    /// When the key that is being sent was pressed.
    key_began: u32,
    /// Packets of keys that are being sent: event packets instead of voice.
    keys: VecDeque<Vec<u8>>,
}

impl Mouth {
    pub(crate) fn new(hz: u32, ssrc: u32) -> Self {
        let voice = tone(hz, Duration::from_secs(1)).into_iter().map(to_mu_law).collect();
        Self { voice, at: 0, sequence: 1, timestamp: 160, ssrc, key_began: 0, keys: VecDeque::new() }
    }

    /// Presses a key for 100 ms: RFC 4733 section 2.5, the end sent three times.
    pub(crate) fn press(&mut self, key: char) {
        let event =
            "0123456789*#ABCD".find(key).and_then(|place| u8::try_from(place).ok()).expect("a key of a telephone");
        for (step, end) in [(1, 0), (2, 0), (3, 0), (4, 0), (5, 0x80), (5, 0x80), (5, 0x80)] {
            let duration = u16::try_from(step * FRAME).expect("short").to_be_bytes();
            self.keys.push_back(vec![event, end | 10, duration[0], duration[1]]);
        }
        // A pause, so that the same key pressed twice is two keys.
        self.keys.extend([Vec::new(), Vec::new()]);
    }

    /// The packet of the next 20 ms. All packets of one key carry the time of its beginning, and its repeated ends do
    /// not move the clock.
    pub(crate) fn packet(&mut self) -> Option<Vec<u8>> {
        let (kind, timestamp, payload) = match self.keys.pop_front() {
            Some(event) if event.is_empty() => {
                self.timestamp = self.timestamp.wrapping_add(160);
                return None;
            }
            Some(event) => {
                let (duration, ended) = (u16::from_be_bytes([event[2], event[3]]), event[1] & 0x80 != 0);
                if usize::from(duration) == FRAME {
                    self.key_began = self.timestamp;
                }
                if !ended {
                    self.timestamp = self.timestamp.wrapping_add(160);
                }
                (TELEPHONE_EVENT, self.key_began, event)
            }
            None => {
                let frame = (0..FRAME).map(|n| self.voice[(self.at + n) % self.voice.len()]).collect();
                self.at += FRAME;
                self.timestamp = self.timestamp.wrapping_add(160);
                (0, self.timestamp, frame)
            }
        };
        let mut packet = vec![0x80, kind];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(timestamp.to_be_bytes());
        packet.extend(self.ssrc.to_be_bytes());
        packet.extend(payload);
        self.sequence = self.sequence.wrapping_add(1);
        Some(packet)
    }
}

/// G.711 µ-law to linear.
fn from_mu_law(byte: u8) -> i16 {
    let byte = !byte;
    let magnitude = ((i16::from(byte & 0x0f) << 3) + 0x84) << ((byte & 0x70) >> 4);
    if byte & 0x80 == 0 { magnitude - 0x84 } else { 0x84 - magnitude }
}

/// Linear to G.711 µ-law.
fn to_mu_law(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = sample.unsigned_abs().min(32_635) + 0x84;
    let exponent = u8::try_from(15 - magnitude.leading_zeros()).expect("16 bits").saturating_sub(7);
    let mantissa = u8::try_from((magnitude >> (exponent + 3)) & 0x0f).expect("4 bits");
    !(sign | exponent << 4 | mantissa)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mu_law_survives_the_way_there_and_back() {
        for sample in (-32_000..32_000).step_by(37) {
            let back = from_mu_law(to_mu_law(sample));
            let off = (i32::from(back) - i32::from(sample)).abs();
            assert!(off <= 4 + i32::from(sample).abs() / 16, "{sample} came back as {back}");
        }
    }

    #[test]
    fn an_ear_names_the_voice_it_hears() {
        let tones = Tones::default();
        for name in ["alice", "bob", "welcome"] {
            let mut mouth = Mouth::new(tones.of(name), 1);
            let mut ear = Ear::new(tones.clone());
            (0..20).filter_map(|_| mouth.packet()).for_each(|packet| ear.handle_packet(&packet));
            assert_eq!(ear.heard, [name]);
        }
    }

    #[test]
    fn the_same_key_twice_is_two_keys() {
        let tones = Tones::default();
        let (mut mouth, mut ear) = (Mouth::new(tones.of("a"), 1), Ear::new(tones));
        "11#".chars().for_each(|key| mouth.press(key));
        (0..60).filter_map(|_| mouth.packet()).for_each(|packet| ear.handle_packet(&packet));
        assert_eq!(ear.digits, "11#");
    }
}
