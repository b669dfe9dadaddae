//! Whatever an application sends over its socket, and whenever: no panic, a call that is never given more than it plays in the next
//! moment, and one end, after which nothing comes but the last message and what must precede it, and the socket's close.

use core::time::Duration;
use std::time::Instant;

use model::{CallSid, Stream, StreamEndedBy, StreamSid};
use stream::{AHEAD, FAREWELL, Opening, Output, Session};

const RATE: u32 = 8_000;
/// Lines that are read of one input.
const LINES: usize = 256;
/// Samples of 20 ms.
const PACKET: u64 = 160;

/// Each line of the input is a text that the application sends, or a word for what happens meanwhile.
pub(crate) fn check(data: &[u8]) {
    #[expect(clippy::disallowed_methods, reason = "the origin of virtual time; nothing here measures real time")]
    let mut now = Instant::now();
    let opening = Opening { sid: StreamSid::new("s"), call: CallSid::new("c"), stream: stream() };
    let mut line = Line { session: Session::new(opening, now), takes: true, given: 0, through: 0, marks: 0, ended: 0 };
    line.session.handle_connected(now);
    let mut texts = 0;
    for part in data.split(|byte| *byte == b'\n').take(LINES) {
        match part {
            b"hear" => {
                now += Duration::from_millis(20);
                line.through = line.given.min(line.through + PACKET);
                line.session.handle_heard(&[7; PACKET as usize], line.through, now);
            }
            b"wait" => now += Duration::from_secs(1),
            b"key" => line.session.handle_digit('5', Duration::from_millis(100), now),
            b"stuck" => line.takes = !line.takes,
            b"binary" => line.session.handle_binary(part.len(), now),
            b"stop" => line.session.stop(StreamEndedBy::Us, now),
            b"close" => line.session.handle_closed(Some(1000), "", now),
            b"break" => line.session.handle_closed(None, "reset", now),
            text => {
                texts += 1;
                line.session.handle_text(&String::from_utf8_lossy(text), now);
            }
        }
        if line.session.poll_timeout().is_some_and(|at| at <= now) {
            line.session.handle_timeout(now);
        }
        line.drain(now);
        assert!(line.marks <= texts, "{} marks of {texts} texts", line.marks);
    }
    line.session.stop(StreamEndedBy::Caller, now);
    line.session.handle_timeout(now + FAREWELL);
    line.drain(now + FAREWELL);
    assert!(line.session.is_over() && line.ended == 1);
}

struct Line {
    session: Session,
    /// Whether the socket takes messages.
    takes: bool,
    /// Samples that the call was given, and those that it played or dropped.
    given: u64,
    through: u64,
    marks: usize,
    ended: u32,
}

impl Line {
    fn drain(&mut self, now: Instant) {
        loop {
            while let Some(output) = self.session.poll_output() {
                assert!(self.ended == 0 || matches!(output, Output::Close(_)), "{output:?} after the end");
                match output {
                    Output::Say(samples) => self.given += samples.len() as u64,
                    Output::Clear => self.through = self.given,
                    Output::Close(_) | Output::Note(_) => {}
                    Output::Ended(_) => self.ended += 1,
                }
                let ahead = Duration::from_micros((self.given - self.through) * 1_000_000 / u64::from(RATE));
                assert!(ahead <= AHEAD, "the call is given {ahead:?} ahead");
            }
            let Some(frame) = self.takes.then(|| self.session.poll_frame(now)).flatten() else { return };
            let event = frame.strip_prefix(r#"{"event":""#).unwrap_or_else(|| panic!("{frame}"));
            // An application that has read nothing so far learns which call it was.
            let late = ["connected", "start", "stop"].iter().any(|late| event.starts_with(late));
            assert!(self.ended == 0 || late, "{frame} after the end");
            self.marks += usize::from(frame.starts_with(r#"{"event":"mark""#));
        }
    }
}

fn stream() -> Stream {
    Stream {
        url: "wss://bot.example/ws".into(),
        two_way: true,
        rate: RATE,
        frame: Duration::from_millis(100),
        from: "09900000001".into(),
        to: "08011112222".into(),
        account: "acct1".into(),
        parameters: Vec::new(),
        camel_case: false,
        record: None,
    }
}
