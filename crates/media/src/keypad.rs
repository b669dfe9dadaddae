//! Sending digits on the leg's 20 ms clock: events (RFC 4733 section 2.5.1) where the peer takes them, else tones.
//!
//! ```text
//!   tick  0    1    2    3    4    5    6    7    8  | next digit
//!   event 160  320  480  640  800E 800E 800E  -    - |           E: end bit; the same timestamp throughout
//!   tone  ton  ton  ton  ton  ton  sil  sil  sil  sil|           silence is sent: it parts two equal keys
//! ```

use std::collections::VecDeque;

use crate::codec::FRAME_SAMPLES;
use crate::rtp::TelephoneEvent;
use crate::tone::Tone;

/// Digits that may wait on a leg; what is past it is dropped.
pub const MAX_DIGITS: usize = 64;

/// Ticks of 20 ms that a key is down: 100 ms.
const DOWN: u16 = 5;
/// Ticks after which the end has been sent three times.
const ENDED: u16 = DOWN + 2;
/// Ticks to the next key: at least 70 ms up, in whole ticks.
const WHOLE: u16 = DOWN + 4;

/// What is due on a tick.
#[expect(clippy::large_enum_variant, reason = "it lives for one call; a frame on the heap would cost more")]
#[derive(Debug)]
pub(crate) enum Press {
    /// An event packet; the first of its digit starts a timestamp.
    Event { event: TelephoneEvent, first: bool },
    /// A frame of a tone, or of the silence after it.
    Tone([i16; FRAME_SAMPLES]),
    /// The key is up.
    Pause,
}

#[derive(Debug, Default)]
pub(crate) struct Keypad {
    queue: VecDeque<char>,
    tick: u16,
    tone: Option<Tone>,
}

impl Keypad {
    pub(crate) fn push(&mut self, digits: &str) {
        let room = MAX_DIGITS - self.queue.len();
        self.queue.extend(digits.chars().filter(|digit| TelephoneEvent::code(*digit).is_some()).take(room));
    }

    pub(crate) fn is_active(&self) -> bool {
        !self.queue.is_empty()
    }

    /// The next 20 ms; `None` when no digit is left. A peer that changes its mind about events does so between digits.
    pub(crate) fn tick(&mut self, events: bool) -> Option<Press> {
        let digit = *self.queue.front()?;
        let tick = self.tick;
        if tick == 0 {
            self.tone = if events { None } else { Tone::key(digit) };
        }
        self.tick = (tick + 1) % WHOLE;
        if self.tick == 0 {
            self.queue.pop_front();
        }
        Some(match &mut self.tone {
            Some(tone) => {
                let mut frame = [0; FRAME_SAMPLES];
                if tick < DOWN {
                    tone.fill(&mut frame);
                }
                Press::Tone(frame)
            }
            None if tick < ENDED => {
                let event = TelephoneEvent::code(digit).expect("only keys are queued");
                let duration = (tick + 1).min(DOWN) * FRAME_SAMPLES as u16;
                Press::Event { event: TelephoneEvent { event, end: tick + 1 >= DOWN, duration }, first: tick == 0 }
            }
            _ => Press::Pause,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One letter a tick: u(pdate), E(nd), t(one), - (pause).
    fn run(digits: &str, events: bool) -> String {
        let mut keypad = Keypad::default();
        keypad.push(digits);
        let mut line = String::new();
        while let Some(press) = keypad.tick(events) {
            line.push(match press {
                Press::Event { event, first } => {
                    assert_eq!(first, event.duration == 160);
                    if event.end { 'E' } else { 'u' }
                }
                Press::Tone(frame) => {
                    if frame == [0; FRAME_SAMPLES] {
                        's'
                    } else {
                        't'
                    }
                }
                Press::Pause => '-',
            });
        }
        line
    }

    #[test]
    fn one_digit_takes_nine_ticks() {
        assert_eq!(run("1", true), "uuuuEEE--");
        assert_eq!(run("1", false), "tttttssss");
        assert_eq!(run("1x2 ", true), "uuuuEEE--uuuuEEE--");
        assert_eq!(run("", true), "");
    }

    #[test]
    fn the_queue_has_a_limit() {
        assert_eq!(run(&"7".repeat(MAX_DIGITS + 9), true).len(), MAX_DIGITS * usize::from(WHOLE));
    }
}
