//! Inquiries in virtual time.
#![cfg(test)]

use model::{HttpAnswer, LastGood};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use super::*;

const URL: &str = "https://crm.example/route";
const OTHER: &str = "https://spare.example/route";

/// Inquiries; milliseconds since they were opened.
struct Story {
    inquiries: Inquiries<u32>,
    opened: Instant,
}

fn plain() -> Inquiry {
    HttpRequest::get(URL, Duration::from_secs(6)).into()
}

fn refused() -> HttpOutcome {
    HttpOutcome::Failed(HttpFailure::Connect("refused".into()))
}

fn timeout() -> HttpOutcome {
    HttpOutcome::Failed(HttpFailure::Timeout)
}

fn status(status: u16) -> HttpOutcome {
    HttpOutcome::Answered(HttpAnswer::of(status))
}

impl Story {
    #[expect(clippy::disallowed_methods, reason = "any instant will do: only differences are looked at")]
    fn new() -> Self {
        Self { inquiries: Inquiries::new(Limits::default()), opened: Instant::now() }
    }

    fn at(&self, ms: u64) -> Instant {
        self.opened + Duration::from_millis(ms)
    }

    fn start(&mut self, key: u32, inquiry: Inquiry, ms: u64) -> Vec<String> {
        self.inquiries.start(key, inquiry, self.at(ms));
        self.drain()
    }

    fn told(&mut self, inquiry: u32, number: u16, outcome: HttpOutcome, ms: u64) -> Vec<String> {
        self.inquiries.handle_outcome(AttemptKey { inquiry, number }, outcome, HttpTrace::default(), self.at(ms));
        self.drain()
    }

    fn passes(&mut self, ms: u64) -> Vec<String> {
        self.inquiries.handle_timeout(self.at(ms));
        self.drain()
    }

    /// What is wanted, in words.
    fn drain(&mut self) -> Vec<String> {
        let said = |outcome: &HttpOutcome| match outcome {
            HttpOutcome::Answered(answer) => answer.status.to_string(),
            HttpOutcome::Failed(failure) => failure.word().to_owned(),
        };
        let mut lines = Vec::new();
        while let Some(key) = self.inquiries.poll_cancel() {
            lines.push(format!("drop {}.{}", key.inquiry, key.number));
        }
        while let Some((key, request)) = self.inquiries.poll_request() {
            let reason = request.headers.iter().find(|(name, _)| name == FALLBACK_REASON);
            let why = reason.map(|(_, reason)| format!(" for {reason}")).unwrap_or_default();
            let host = &request.url["https://".len()..request.url.find(".example").expect("a host")];
            lines.push(format!("ask {}.{} {host} within {}{why}", key.inquiry, key.number, request.budget.as_millis()));
        }
        while let Some(Attempted { key, way, outcome, took, .. }) = self.inquiries.poll_attempted() {
            let way = way.as_str();
            lines.push(format!("{}.{} {way} {} {}", key.inquiry, key.number, said(&outcome), took.as_millis()));
        }
        while let Some(Done { key, outcome, way, took }) = self.inquiries.poll_done() {
            lines.push(format!("{key} done {} by {} after {}", said(&outcome), way.as_str(), took.as_millis()));
        }
        lines
    }
}

#[test]
fn one_request_is_all_unless_more_is_wished() {
    for (outcome, word) in [(refused(), "refused"), (status(503), "503"), (status(404), "404"), (timeout(), "timeout")]
    {
        let mut story = Story::new();
        assert_eq!(story.start(1, plain(), 0), ["ask 1.1 crm within 6000"]);
        let lines = story.told(1, 1, outcome, 700);
        assert_eq!(lines, [format!("1.1 first {word} 700"), format!("1 done {word} by first after 700")]);
        assert_eq!((story.inquiries.poll_timeout(), story.inquiries.in_flight()), (None, 0));
    }
}

#[test]
fn refused_and_5xx_are_tried_again_and_nothing_else() {
    let retries = |retries| Inquiry { retries, ..plain() };
    let mut story = Story::new();
    story.start(1, retries(2), 0);
    assert_eq!(story.told(1, 1, refused(), 50), ["1.1 first refused 50"]);
    assert_eq!(story.inquiries.poll_timeout(), Some(story.at(150)));
    assert_eq!(story.passes(150), ["ask 1.2 crm within 5850"]);
    assert_eq!(story.told(1, 2, status(500), 200), ["1.2 retry 500 50"]);
    assert_eq!(story.passes(400), ["ask 1.3 crm within 5600"]);
    assert_eq!(story.told(1, 3, status(302), 450), ["1.3 retry 302 50", "1 done 302 by retry after 450"]);
    story.start(2, retries(1), 500);
    story.told(2, 1, status(503), 510);
    story.passes(610);
    assert_eq!(story.told(2, 2, refused(), 620)[1], "2 done refused by retry after 120");
    for outcome in [timeout(), status(404), status(200), HttpOutcome::Failed(HttpFailure::Tls(String::new()))] {
        story.start(3, retries(2), 700);
        assert_eq!(story.told(3, 1, outcome, 710).len(), 2, "it is over");
    }
}

#[test]
fn a_try_that_would_begin_past_the_deadline_is_not_made() {
    let mut story = Story::new();
    story.start(1, Inquiry { retries: 5, ..plain() }, 0);
    assert_eq!(story.told(1, 1, status(503), 5_900)[1], "1 done 503 by first after 5900");
}

#[test]
fn the_other_url_is_told_why_and_has_what_is_left() {
    let spare = HttpRequest::get(OTHER, Duration::from_secs(6));
    let inquiry = Inquiry { fallback: Some(spare), retries: 1, ..plain() };
    let mut story = Story::new();
    assert_eq!(story.start(1, inquiry.clone(), 0), ["ask 1.1 crm within 4000"]);
    assert_eq!(story.told(1, 1, timeout(), 4_000), ["ask 1.2 spare within 2000 for timeout", "1.1 first timeout 4000"]);
    assert_eq!(story.told(1, 2, status(200), 4_300)[1], "1 done 200 by fallback after 4300");
    story.start(2, inquiry.clone(), 5_000);
    story.told(2, 1, status(502), 5_010);
    story.passes(5_110);
    assert_eq!(story.told(2, 2, status(502), 5_120)[0], "ask 2.3 spare within 5880 for status 502");
    assert_eq!(story.told(2, 3, refused(), 5_130)[1], "2 done refused by fallback after 130", "it has one try");
    story.start(3, inquiry, 6_000);
    assert_eq!(story.told(3, 1, status(404), 6_010)[1], "3 done 404 by first after 10", "404 is an answer");
}

#[test]
fn a_second_request_goes_out_when_the_first_takes_long() {
    let inquiry = Inquiry { hedge: Some(Duration::from_millis(800)), ..plain() };
    let mut story = Story::new();
    story.start(1, inquiry.clone(), 0);
    assert_eq!(story.passes(800), ["ask 1.2 crm within 5200"]);
    let lines = story.told(1, 2, status(200), 900);
    assert_eq!(lines, ["drop 1.1", "1.2 hedge 200 100", "1.1 first overtaken 900", "1 done 200 by hedge after 900"]);
    assert!(story.told(1, 1, status(302), 901).is_empty(), "it comes late");
    story.start(2, inquiry.clone(), 1_000);
    story.passes(1_800);
    assert_eq!(story.told(2, 1, status(503), 1_900), ["2.1 first 503 900"], "the other may do better");
    assert_eq!(story.told(2, 2, timeout(), 7_000)[1], "2 done timeout by hedge after 6000");
    story.start(3, inquiry, 8_000);
    story.told(3, 1, status(200), 8_100);
    assert_eq!(story.passes(8_800), [""; 0], "nothing is hedged that has ended");
}

#[test]
fn an_origin_that_fails_is_left_alone_and_looked_at_again() {
    let inquiry = Inquiry { breaker: true, ..plain() };
    let mut story = Story::new();
    for key in 1..=5 {
        story.start(key, inquiry.clone(), 0);
        story.told(key, 1, timeout(), 10);
    }
    assert_eq!(story.inquiries.circuits_open().collect::<Vec<_>>(), ["https://crm.example"]);
    let lines = story.start(6, inquiry.clone(), 20);
    assert_eq!(lines, ["6.1 first circuit-open 0", "6 done circuit-open by first after 0"]);
    assert_eq!(story.start(7, plain(), 20), ["ask 7.1 crm within 6000"], "who does not wish it is not kept back");
    assert_eq!(story.start(8, inquiry.clone(), 5_010), ["ask 8.1 crm within 6000"], "the probe");
    assert_eq!(story.start(9, inquiry.clone(), 5_020).len(), 2, "and no other");
    story.inquiries.cancel(8, story.at(5_030));
    story.drain();
    assert_eq!(story.start(10, inquiry.clone(), 5_040), ["ask 10.1 crm within 6000"], "the caller of the probe left");
    story.told(10, 1, status(404), 5_050);
    assert_eq!(story.start(11, inquiry, 5_060), ["ask 11.1 crm within 6000"], "it is well again");
}

#[test]
fn the_other_url_and_the_last_answer_help_while_the_circuit_is_open() {
    let spare = HttpRequest::get(OTHER, Duration::from_secs(6));
    let mut story = Story::new();
    for key in 1..=5 {
        story.start(key, Inquiry { breaker: true, ..plain() }, 0);
        story.told(key, 1, refused(), 10);
    }
    let lines = story.start(6, Inquiry { breaker: true, fallback: Some(spare), ..plain() }, 20);
    assert_eq!(lines, ["ask 6.2 spare within 6000 for circuit-open", "6.1 first circuit-open 0"]);
}

#[test]
fn the_last_good_answer_stands_in_when_nothing_else_helps() {
    let of = |caller: &str| {
        let last_good = Some(LastGood { of: caller.into(), age: Duration::from_secs(60) });
        Inquiry { last_good, ..plain() }
    };
    let mut story = Story::new();
    story.start(1, of("a"), 0);
    assert_eq!(story.told(1, 1, refused(), 10)[1], "1 done refused by first after 10", "there is none yet");
    story.start(2, of("a"), 20);
    story.told(2, 1, status(302), 30);
    story.start(3, of("a"), 40);
    assert_eq!(story.told(3, 1, timeout(), 50), ["3.1 first timeout 10", "3 done 302 by last_good after 10"]);
    story.start(4, of("b"), 60);
    assert_eq!(story.told(4, 1, timeout(), 70)[1], "4 done timeout by first after 10", "another caller's is no help");
    story.start(5, of("a"), 60_000);
    assert_eq!(story.told(5, 1, status(500), 60_031)[1], "5 done 500 by first after 31", "it is too old");
}

#[test]
fn a_copy_is_asked_beside_and_nothing_comes_of_it() {
    let inquiry = Inquiry { shadow: Some(HttpRequest::get(OTHER, Duration::from_secs(6))), ..plain() };
    let mut story = Story::new();
    assert_eq!(story.start(1, inquiry.clone(), 0), ["ask 1.1 crm within 6000", "ask 1.65535 spare within 6000"]);
    assert_eq!(story.told(1, SHADOW, status(200), 100), ["1.65535 shadow 200 100"], "the call waits on");
    assert_eq!(story.told(1, 1, status(302), 300), ["1.1 first 302 300", "1 done 302 by first after 300"]);
    story.start(2, inquiry.clone(), 400);
    assert_eq!(story.told(2, 1, status(200), 500)[1], "2 done 200 by first after 100", "nobody waits for the copy");
    assert_eq!(story.inquiries.in_flight(), 0);
    assert_eq!(story.told(2, SHADOW, timeout(), 6_400), ["2.65535 shadow timeout 6000"]);
    story.start(3, inquiry, 7_000);
    story.inquiries.cancel(3, story.at(7_100));
    assert_eq!(story.drain(), ["drop 3.1", "3.1 first cancelled 100", "3 done cancelled by first after 100"]);
    assert_eq!(
        story.passes(15_000),
        ["drop 3.65535", "3.65535 shadow timeout 8000"],
        "a client that says nothing is given up"
    );
    assert_eq!(story.inquiries.poll_timeout(), None);
}

#[test]
fn copies_that_nobody_answers_hold_up_nothing_that_counts() {
    let mut story = Story::new();
    // The same origin, which is silent to copies alone.
    let inquiry = Inquiry { shadow: Some(HttpRequest::get(URL, Duration::from_secs(6))), ..plain() };
    let calls = u32::try_from(Limits::default().per_origin + 1).expect("few");
    let mut copies = 0;
    for call in 1..=calls {
        let said = story.start(call, inquiry.clone(), 0);
        assert_eq!(said[0], format!("ask {call}.1 crm within 6000"), "it goes out at once");
        copies += said.len() - 1;
        story.told(call, 1, status(200), 0);
    }
    assert_eq!(copies, COPIES, "and no more copies than have places");
    story.told(1, SHADOW, status(200), 1);
    assert_eq!(story.start(calls + 1, inquiry, 1).len(), 2, "there is a place again");
}

#[test]
fn a_report_may_have_a_copy_too() {
    let mut story = Story::new();
    let now = story.at(0);
    story.inquiries.copy(1, HttpRequest::get(OTHER, Duration::from_secs(30)), now);
    assert_eq!(story.drain(), ["ask 1.65535 spare within 30000"]);
    assert_eq!(story.told(1, SHADOW, status(500), 100), ["1.65535 shadow 500 100"]);
    assert_eq!((story.inquiries.in_flight(), story.inquiries.poll_timeout()), (0, None));
}

#[test]
fn a_call_that_ends_takes_all_back() {
    let inquiry = Inquiry { hedge: Some(Duration::from_millis(100)), retries: 3, ..plain() };
    let mut story = Story::new();
    story.start(1, inquiry.clone(), 0);
    story.passes(100);
    story.inquiries.cancel(1, story.at(200));
    let lines = story.drain();
    assert_eq!(lines[..2], ["drop 1.1", "drop 1.2"]);
    assert_eq!(lines[4], "1 done cancelled by first after 200");
    story.start(2, inquiry, 300);
    story.told(2, 1, refused(), 310);
    story.inquiries.cancel(2, story.at(320));
    assert_eq!(story.drain(), ["2 done cancelled by first after 20"]);
    assert_eq!(story.passes(1_000), [""; 0], "no further try is made");
}

/// Whatever comes, each inquiry ends once, within its budget and the silence of the client, and nothing is left.
#[test]
fn every_inquiry_ends_once() {
    for seed in 0..300 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut below = |n: u32| rng.next_u32() % n;
        let mut story = Story::new();
        let (mut out, mut done, mut started) = (Vec::new(), BTreeMap::new(), 0_u32);
        for step in 0..400_u64 {
            let now = story.at(step * 50);
            story.inquiries.handle_timeout(now);
            match below(4) {
                0 if started < 60 => {
                    started += 1;
                    let inquiry = Inquiry {
                        retries: u8::try_from(below(4)).expect("few"),
                        fallback: (below(2) == 0).then(|| HttpRequest::get(OTHER, Duration::from_secs(6))),
                        hedge: (below(2) == 0).then(|| Duration::from_millis(u64::from(below(2_000)))),
                        breaker: below(2) == 0,
                        shadow: (below(4) == 0).then(|| HttpRequest::get(OTHER, Duration::from_secs(6))),
                        last_good: (below(2) == 0)
                            .then(|| LastGood { of: below(3).to_string(), age: Duration::from_secs(10) }),
                        ..plain()
                    };
                    story.inquiries.start(started, inquiry, now);
                }
                1 if !out.is_empty() => {
                    let key =
                        out.swap_remove(usize::try_from(below(u32::try_from(out.len()).expect("few"))).expect("few"));
                    let outcomes = [status(200), status(302), status(503), refused(), timeout()];
                    story.inquiries.handle_outcome(
                        key,
                        outcomes[usize::try_from(below(5)).expect("few")].clone(),
                        HttpTrace::default(),
                        now,
                    );
                }
                2 if below(10) == 0 => story.inquiries.cancel(below(started + 1), now),
                _ => {}
            }
            while let Some(key) = story.inquiries.poll_cancel() {
                out.retain(|known| *known != key);
            }
            out.extend(std::iter::from_fn(|| story.inquiries.poll_request()).map(|(key, _)| key));
            while story.inquiries.poll_attempted().is_some() {}
            while let Some(ended) = story.inquiries.poll_done() {
                *done.entry(ended.key).or_insert(0) += 1;
                assert!(ended.took <= Duration::from_millis(8_050), "{seed}: {ended:?}");
            }
        }
        for second in 20..40 {
            story.passes(second * 1_000);
        }
        let left = story.inquiries.in_flight();
        assert_eq!(left, 0, "seed {seed}");
        assert!(done.values().all(|times| *times == 1), "seed {seed}: {done:?}");
        assert!(story.inquiries.poll_timeout().is_none(), "seed {seed}");
    }
}
