//! Stories of a session in virtual time: what is sent, what is said, what is dropped, and that it ends once.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::{CallSid, Stream, StreamEnd, StreamEndedBy, StreamFailure, StreamSid, StreamStatus};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use serde_json::{Value, json};
use stream::{AHEAD, BURST, FAREWELL, FLOW, LONGEST, MARKS, Note, Opening, Output, STALLED, Session, UNPLAYED, UNSENT};

const TICK: Duration = Duration::from_millis(20);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A session, the socket that takes all, and a call that plays what it is given.
struct Line {
    session: Session,
    now: Instant,
    rate: u32,
    /// Whether the socket takes messages.
    writable: bool,
    sent: Vec<Value>,
    notes: Vec<Note>,
    /// Samples that the call has and did not play.
    given: Vec<i16>,
    heard: Vec<i16>,
    through: u64,
    closed: Option<u16>,
    ended: Vec<StreamEnd>,
}

impl Line {
    fn new(stream: Stream) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the origin of virtual time; nothing here measures real time")]
        let now = Instant::now();
        let rate = stream.rate;
        let opening = Opening { sid: StreamSid::new("s1"), call: CallSid::new("c1"), stream };
        let session = Session::new(opening, now);
        Self {
            session,
            now,
            rate,
            writable: true,
            sent: Vec::new(),
            notes: Vec::new(),
            given: Vec::new(),
            heard: Vec::new(),
            through: 0,
            closed: None,
            ended: Vec::new(),
        }
    }

    fn open() -> Self {
        Self::connected(bot())
    }

    fn connected(stream: Stream) -> Self {
        let mut line = Self::new(stream);
        line.session.handle_connected(line.now);
        line.drain();
        line.session.handle_heard(&[], 0, line.now);
        line
    }

    fn drain(&mut self) {
        loop {
            while let Some(output) = self.session.poll_output() {
                assert!(
                    self.ended.is_empty() || matches!(output, Output::Close(_)),
                    "only the socket's end follows the call's: {output:?}"
                );
                match output {
                    Output::Say(samples) => self.given.extend(samples),
                    Output::Clear => {
                        self.through += self.given.len() as u64;
                        self.given.clear();
                    }
                    Output::Close(code) => self.closed = Some(code),
                    Output::Note(note) => self.notes.push(note),
                    Output::Ended(end) => self.ended.push(end),
                }
            }
            match self.writable.then(|| self.session.poll_frame(self.now)).flatten() {
                Some(text) => self.sent.push(serde_json::from_str(&text).expect("JSON")),
                None => return,
            }
        }
    }

    /// 20 ms pass: the caller says these samples, and hears what it was given.
    fn tick(&mut self, value: i16) {
        self.now += TICK;
        while self.session.poll_timeout().is_some_and(|at| at <= self.now) {
            self.session.handle_timeout(self.now);
        }
        let frame = self.rate as usize / 50;
        let played = frame.min(self.given.len());
        self.heard.extend(self.given.drain(..played));
        self.through += played as u64;
        self.session.handle_heard(&vec![value; frame], self.through, self.now);
        self.drain();
    }

    fn ticks(&mut self, count: usize) {
        (0..count).for_each(|_| self.tick(0));
    }

    /// The application sends audio.
    fn says(&mut self, samples: &[i16]) {
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        self.sends_bytes(&bytes);
    }

    fn sends_bytes(&mut self, bytes: &[u8]) {
        self.sends(&json!({ "event": "media", "media": { "payload": STANDARD.encode(bytes) } }));
    }

    fn sends(&mut self, message: &Value) {
        self.session.handle_text(&message.to_string(), self.now);
        self.drain();
    }

    fn marks(&mut self, name: &str) {
        self.sends(&json!({ "event": "mark", "streamSid": "s1", "mark": { "name": name } }));
    }

    /// What was sent since, in a word each; several messages with audio are one.
    fn told(&mut self) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        for message in self.sent.drain(..) {
            let event = message["event"].as_str().expect("an event").to_owned();
            let word = match event.as_str() {
                "mark" => format!("mark {}", message["mark"]["name"].as_str().expect("a name")),
                "stop" => format!("stop {}", message["stop"]["reason"].as_str().expect("a reason")),
                "dtmf" => format!("dtmf {}", message["dtmf"]["digit"].as_str().expect("a digit")),
                _ => event,
            };
            if words.last() != Some(&word) || word != "media" {
                words.push(word);
            }
        }
        words
    }
}

fn bot() -> Stream {
    Stream {
        url: "wss://bot.example/ws".into(),
        two_way: true,
        rate: 8_000,
        frame: ms(100),
        from: "09900000001".into(),
        to: "08000000002".into(),
        account: "acct1".into(),
        parameters: Vec::new(),
        camel_case: false,
        record: None,
    }
}

#[test]
fn the_application_hears_the_caller_in_messages_of_one_length() {
    for (rate, frame, count) in [(8_000, 100, 10), (8_000, 20, 50), (16_000, 40, 25), (24_000, 200, 5)] {
        let mut line = Line::connected(Stream { rate, frame: ms(frame), ..bot() });
        (1..=50).for_each(|value| line.tick(value));
        let sent = std::mem::take(&mut line.sent);
        assert_eq!((&sent[0]["event"], &sent[1]["event"]), (&json!("connected"), &json!("start")));
        assert_eq!((sent.len(), &sent[1]["sequence_number"]), (2 + count, &json!("1")));
        let mut samples = Vec::new();
        for (message, place) in sent[2..].iter().zip(0_u64..) {
            assert_eq!(message["sequence_number"], (place + 2).to_string());
            assert_eq!(message["media"]["chunk"], (place + 1).to_string());
            assert_eq!(message["media"]["timestamp"], ((place + 1) * frame).to_string());
            let bytes = STANDARD.decode(message["media"]["payload"].as_str().expect("a payload")).expect("base64");
            samples.extend(bytes.chunks(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])));
        }
        let expected: Vec<i16> = (1..=50_i16).flat_map(|value| vec![value; rate as usize / 50]).collect();
        assert_eq!(samples, expected, "{rate} {frame}");
    }
}

#[test]
fn audio_of_any_size_is_heard_whole_and_never_far_ahead() {
    let said: Vec<i16> = (0..16_000_i32).map(|n| (n % 30_000) as i16).collect();
    let bytes: Vec<u8> = said.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    for size in [1, 7, 320, 3_333, 32_000] {
        let mut line = Line::open();
        for chunk in bytes.chunks(size) {
            line.sends_bytes(chunk);
            assert!(line.given.len() <= 3_200, "{size}: {} samples ahead", line.given.len());
        }
        line.ticks(101);
        assert!(line.heard == said, "{size}: {} samples", line.heard.len());
    }
    assert_eq!(AHEAD, ms(400));
}

#[test]
fn a_mark_comes_back_when_what_was_before_it_has_been_played() {
    let mut line = Line::open();
    line.marks("at once");
    line.says(&[1; 1_600]);
    line.marks("one");
    line.says(&[2; 800]);
    line.marks("two");
    line.marks("three");
    assert_eq!(line.told(), ["connected", "start", "mark at once"]);
    line.ticks(9);
    assert!(!line.told().contains(&"mark one".to_owned()));
    line.ticks(1);
    assert_eq!(line.told().last().map(String::as_str), Some("mark one"));
    line.ticks(5);
    assert_eq!(line.told(), ["media", "mark two", "mark three"]);
    let names = ["at once", "one", "two", "three"];
    assert_eq!(line.notes, names.map(|name| Note::Marked { name: name.to_owned() }));
}

#[test]
fn what_is_cleared_is_not_heard_and_marks_come_at_once() {
    let mut line = Line::open();
    line.says(&[1; 8_000]);
    line.marks("end");
    line.ticks(10);
    assert_eq!(line.heard.len(), 1_600);
    line.told();
    line.sends(&json!({ "event": "clear", "stream_sid": "s1" }));
    assert_eq!((line.told(), line.given.len()), (vec!["mark end".to_owned()], 0), "within the same moment");
    assert_eq!(line.notes[0], Note::Cleared { dropped: ms(800) });
    line.says(&[2; 320]);
    line.marks("next");
    line.ticks(3);
    assert_eq!(line.heard[1_600..], [2; 320]);
    assert!(line.told().contains(&"mark next".to_owned()));
}

#[test]
fn an_application_that_returns_every_mark_is_not_answered_for_ever() {
    for echoes_audio in [false, true] {
        let mut line = Line::open();
        line.says(&[1; 160]);
        line.marks("m");
        let mut marks = 0;
        for _ in 0..500 {
            line.tick(3);
            for message in std::mem::take(&mut line.sent) {
                if message["event"] == "mark" {
                    marks += 1;
                }
                if message["event"] == "mark" || echoes_audio && message["event"] == "media" {
                    line.sends(&message);
                }
            }
        }
        assert_eq!((marks, line.ended.len()), (1, 0), "{echoes_audio}");
    }
    let mut line = Line::open();
    for _ in 0..3 {
        line.says(&[1; 4_800]);
        line.marks("sentence");
        line.ticks(40);
    }
    assert_eq!(line.told().iter().filter(|word| *word == "mark sentence").count(), 3, "a name may be used again");
}

#[test]
fn marks_have_a_limit() {
    let mut line = Line::open();
    line.says(&[1; 8_000]);
    (0..MARKS + 5).for_each(|number| line.marks(&number.to_string()));
    assert_eq!(line.told().last().map(String::as_str), Some("mark 4"), "the oldest are told early");
}

#[test]
fn a_socket_that_takes_nothing_loses_the_oldest_audio_and_then_the_stream() {
    let mut line = Line::open();
    line.told();
    line.writable = false;
    line.session.handle_digit('5', ms(100), line.now);
    let ticks = |time: Duration| (time.as_millis() / TICK.as_millis()) as usize;
    line.ticks(ticks(UNSENT) + 50);
    line.writable = true;
    line.drain();
    let first = line.sent.iter().find(|message| message["event"] == "media").expect("audio");
    assert_eq!((&first["media"]["timestamp"], &first["media"]["chunk"]), (&json!("1100"), &json!("1")));
    assert_eq!(line.told(), ["dtmf 5", "media"], "keys are not lost");
    line.writable = false;
    line.ticks(ticks(STALLED) + 5);
    let [end] = &line.ended[..] else { panic!("{:?}", line.ended) };
    assert_eq!((&end.failure, end.counts.unsent), (&Some(StreamFailure::Stalled), ms(1_000) + STALLED - UNSENT));
}

#[test]
fn a_flood_is_read_slowly_and_what_is_too_much_is_dropped() {
    let mut line = Line::open();
    line.says(&[7]);
    for second in 0..30 {
        assert_eq!(line.session.readable_at(line.now).is_some(), second >= 10, "{second}");
        line.says(&vec![1; 320_000]);
    }
    let resumes = line.session.readable_at(line.now).expect("too much");
    let size = 30.0 * 320_000.0 * 2.0 * 4.0 / 3.0;
    let expected = (size - BURST as f64) / FLOW as f64;
    let wait = (resumes - line.now).as_secs_f64();
    assert!((expected - 0.1..expected + 0.1).contains(&wait), "{wait} {expected}");
    line.session.stop(StreamEndedBy::Us, line.now);
    line.session.handle_closed(Some(1000), "", line.now);
    line.drain();
    let counts = line.ended[0].counts;
    let came = 30 * 320_000 + 1;
    let held = UNPLAYED.as_millis() as u64 * 8 + 3_200;
    assert_eq!(counts.unplayed.as_millis() as u64 * 8, (came - held) / 8 * 8);
}

#[test]
fn whoever_ends_it_is_known() {
    type Act = fn(&mut Line);
    let failed = |failure| (StreamStatus::Failed, StreamEndedBy::Nobody, Some(failure));
    let broken = |code, why: &str| failed(StreamFailure::Broken { code, why: why.into() });
    let completed = (StreamStatus::Completed, StreamEndedBy::Bot, None);
    let malformed = StreamFailure::Malformed { why: "a message without `event`".into() };
    let rows: [(&str, Act, _); 9] = [
        ("closes", |line| line.session.handle_closed(Some(1000), "done", line.now), completed.clone()),
        ("goes away", |line| line.session.handle_closed(Some(1001), "", line.now), completed.clone()),
        ("closes without a code", |line| line.session.handle_closed(None, "", line.now), completed),
        ("has a fault", |line| line.session.handle_closed(Some(1011), "oops", line.now), broken(Some(1011), "oops")),
        ("breaks", |line| line.session.handle_closed(None, "reset", line.now), broken(None, "reset")),
        ("sends nonsense", |line| line.sends(&json!({})), failed(malformed)),
        (
            "is stopped",
            |line| {
                line.session.stop(StreamEndedBy::Us, line.now);
                line.drain();
                assert_eq!(line.ended.len(), 1, "the call does not wait for the application");
                assert_eq!((line.told().last().cloned(), line.closed), (Some("stop stopped".into()), Some(1000)));
                line.session.handle_closed(None, "", line.now);
            },
            (StreamStatus::Completed, StreamEndedBy::Us, None),
        ),
        (
            "is stopped, and does not care",
            |line| {
                line.ticks(20);
                line.session.stop(StreamEndedBy::Caller, line.now);
                line.drain();
                assert_eq!(line.told().last().map(String::as_str), Some("stop callended"));
                assert_eq!((line.ended.len(), line.session.is_over()), (1, false));
                assert_eq!(line.session.poll_timeout(), Some(line.now + FAREWELL));
                line.ticks(101);
            },
            (StreamStatus::Cancelled, StreamEndedBy::Caller, None),
        ),
        (
            "is stopped, and reads nothing any more",
            |line| {
                line.writable = false;
                line.ticks(20);
                line.session.stop(StreamEndedBy::Caller, line.now);
                line.drain();
                assert_eq!((line.ended.len(), line.session.is_over()), (1, false));
                line.ticks(101);
                assert_eq!((line.told().len(), line.closed), (2, None), "nothing but what was sent before");
            },
            (StreamStatus::Cancelled, StreamEndedBy::Caller, None),
        ),
    ];
    for (what, act, (status, by, failure)) in rows {
        let mut line = Line::open();
        act(&mut line);
        line.drain();
        let [end] = &line.ended[..] else { panic!("{what}: {:?}", line.ended) };
        assert_eq!((end.status(), end.by, &end.failure), (status, by, &failure), "{what}");
        assert!(line.session.is_over() && line.session.poll_timeout().is_none());
    }
}

#[test]
fn it_lasts_an_hour_at_most_and_one_that_never_opened_ends_too() {
    let mut line = Line::open();
    let end = line.session.poll_timeout().map(|at| at - line.now);
    assert_eq!(end, Some(LONGEST));
    line.now += LONGEST;
    line.session.handle_timeout(line.now);
    line.drain();
    assert_eq!(line.told().last().map(String::as_str), Some("stop stopped"));
    let mut line = Line::new(bot());
    line.session.stop(StreamEndedBy::Caller, line.now);
    line.drain();
    assert_eq!((line.ended[0].status(), line.told().len()), (StreamStatus::Cancelled, 0));
    let mut line = Line::new(bot());
    line.session.handle_failed(StreamFailure::Refused { status: 401 }, line.now);
    line.drain();
    assert_eq!(line.ended[0].status(), StreamStatus::Failed);
}

#[test]
fn who_speaks_before_the_call_listens_is_heard_when_it_does() {
    let mut line = Line::new(bot());
    line.session.handle_connected(line.now);
    line.says(&[7; 800]);
    assert_eq!(line.given.len(), 0);
    line.ticks(7);
    assert_eq!(line.heard, [7; 800]);
}

#[test]
fn a_listener_is_not_heard() {
    let mut line = Line::connected(Stream { two_way: false, ..bot() });
    line.says(&[1; 800]);
    line.marks("m");
    line.sends(&json!({ "event": "clear" }));
    line.ticks(10);
    assert_eq!((line.heard.len(), line.told()), (0, vec!["connected".into(), "start".into(), "media".into()]));
    line.session.handle_closed(Some(1000), "", line.now);
    line.drain();
    assert_eq!(line.ended[0].counts.ignored, 3);
}

/// Whatever happens in whatever order: one end, last; every mark once; nothing heard that was not said.
#[test]
fn no_order_of_events_loses_the_end() {
    for seed in 0..300 {
        let mut rng = ChaCha8Rng::from_seed([seed as u8; 32]);
        let mut line = Line::connected(bot());
        let (mut said, mut marks) = (0, 0);
        for step in 0..200 {
            match rng.next_u32() % 40 {
                0..16 => line.tick(1),
                16..24 => {
                    let count = rng.next_u32() as usize % 4_000;
                    said += count;
                    line.says(&vec![1; count]);
                }
                24..30 => {
                    marks += 1;
                    line.marks(&format!("{step}"));
                }
                30..33 => line.sends(&json!({ "event": "clear" })),
                33..36 => line.writable = !line.writable,
                36 => line.session.handle_digit('1', TICK, line.now),
                37 => line.session.handle_binary(10, line.now),
                38 => line.sends(&json!({ "event": "unheard of" })),
                _ if rng.next_u32().is_multiple_of(4) => line.session.stop(StreamEndedBy::Us, line.now),
                _ => line.ticks(5),
            }
            line.drain();
            if !line.ended.is_empty() {
                break;
            }
        }
        let going = line.ended.is_empty() && line.closed.is_none();
        let told = line.notes.iter().filter(|note| matches!(note, Note::Marked { .. })).count();
        assert!(line.heard.len() + line.given.len() <= said && told <= marks, "{seed}");
        if going && line.session.poll_timeout().is_some_and(|at| at > line.now + FAREWELL) {
            line.writable = true;
            line.sends(&json!({ "event": "clear" }));
            let told = line.notes.iter().filter(|note| matches!(note, Note::Marked { .. })).count();
            assert_eq!(told, marks, "{seed}: every mark");
        }
        line.session.handle_closed(Some(1000), "", line.now);
        line.drain();
        assert_eq!(line.ended.len(), 1, "{seed}");
    }
}
