//! Callers who wait for an answer that does not come, comes late, or is not wanted any more (`trust.md` F06 to F08).

use std::time::Duration;

use serde_json::Value;

use crate::database::Database;
use crate::server::{Server, free_port};
use crate::sipp::Sipp;
use crate::web::Web;
use crate::witness::Witness;

const IDENTIFY: &str = "callout.identify = true\n";

/// Callers at the silent URL.
const WAITING: usize = 1_000;

/// How long each is kept. A Passthru's own limit is 5 s; this one gives all of them the time to be there at once.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What tells a caller who waits in vain from one who does not, on a machine that stands still at times. How near to the timeout
/// they are let go, and how long the others wait, is printed; to the millisecond it holds in virtual time.
const APART: Duration = Duration::from_secs(5);

/// Callers beside them.
const OTHERS: usize = 400;

/// KiB that a waiting call may take.
const WAITER: u64 = 100;

/// Answers, asks, and ends by a cause that says which exit was taken.
fn asking(name: &str, url: &str, timeout: Duration) -> String {
    format!(
        r#"
flow: {name}
start: answer
nodes:
  answer: {{ applet: answer, next: ask }}
  ask: {{ applet: passthru, url: "{url}", timeout: {}ms, on: {{ 200: yes, timeout: late, else: no }} }}
  yes: {{ applet: hangup, cause: 17 }}
  late: {{ applet: hangup, cause: 19 }}
  no: {{ applet: hangup, cause: 41 }}
"#,
        timeout.as_millis()
    )
}

/// How long a call waited for a callout.
fn took(ended: &Value) -> Duration {
    serde_json::from_value(ended["took"].clone()).expect("a duration")
}

#[test]
fn a_thousand_callers_at_a_silent_url_are_let_go_in_time_and_hurt_no_other() {
    let silent = Witness::at(free_port(), 1, 2 * TIMEOUT);
    let quick = Web::answers(&[("/route", 200, "")]);
    let flows = [
        ("silent.yaml", asking("silent", &silent.url(1, "/route"), TIMEOUT)),
        ("quick.yaml", asking("quick", &quick.url("/route"), TIMEOUT)),
    ];
    let config = r#"
callout.identify = true
[[number]]
number = "08011112222"
flow = "silent"
[[number]]
number = "08033334444"
flow = "quick"
"#;
    let server = Server::with_flows(&flows, config);
    let callers = |number, scenario, calls: usize, rate: &str| {
        let calls = calls.to_string();
        Sipp::calls(server.sip, number, scenario).with(&["-m", &calls, "-r", rate, "-l", &calls])
    };
    callers("08033334444", "ended_17", OTHERS / 4, "50").run(); // what is held for ever after is held now
    let before = server.memory();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| callers("08011112222", "ended_19", WAITING, "200").run());
        let others = scope.spawn(|| callers("08033334444", "ended_17", OTHERS, "30").run());
        server.until_metrics("all wait", |metrics| {
            let waiting = metrics.lines().find_map(|line| line.strip_prefix("passthru_callouts_in_flight "));
            waiting.is_some_and(|waiting| waiting.parse::<usize>().is_ok_and(|waiting| waiting >= WAITING))
        });
        let waiter = (server.memory() - before) / WAITING as u64;
        println!("{waiter} KiB a waiting call");
        assert!(waiter < WAITER, "{waiter} KiB a waiting call");
        waiting.join().expect("each is let go by the exit of the timeout");
        others.join().expect("each goes as written");
    });
    server.until_metric("passthru_active_calls 0");
    let ended = Database::of(server.stop().path()).lines("callout_ended");
    let (late, good): (Vec<_>, Vec<_>) = ended.iter().partition(|end| end["failure"]["failure"] == "timeout");
    assert_eq!((late.len(), good.len()), (WAITING, OTHERS + OTHERS / 4));
    let mut off: Vec<Duration> = late.iter().map(|end| took(end).abs_diff(TIMEOUT)).collect();
    off.sort();
    let (most, all) = (off[WAITING * 99 / 100], off[WAITING - 1]);
    println!("let go within {most:?} of {TIMEOUT:?}, one in a hundred within {all:?}");
    assert!(all < APART, "{all:?}");
    assert!(good.iter().all(|end| end["status"] == 200), "{good:?}");
    let mut good: Vec<Duration> = good.iter().map(|end| took(end)).collect();
    good.sort();
    let p99 = good[good.len() * 99 / 100];
    println!("the others waited {:?} in the middle, {p99:?} at most but for one in a hundred", good[good.len() / 2]);
    let worst = good[good.len() - 1];
    assert!(worst < APART, "{worst:?}");
}

#[test]
fn an_answer_before_the_deadline_counts_and_one_after_it_does_not() {
    let timeout = Duration::from_secs(2);
    for (holds, scenario) in [(timeout / 4, "ended_17"), (2 * timeout, "ended_19")] {
        let web = Witness::at(free_port(), 1, holds);
        let server = Server::with_flows(&[("ask.yaml", asking("ask", &web.url(1, "/route"), timeout))], IDENTIFY);
        Sipp::calls(server.sip, "08011112222", scenario).run();
        assert_eq!(web.tries().len(), 1);
    }
}

#[test]
fn a_caller_who_gives_up_takes_the_request_back() {
    let web = Witness::at(free_port(), 1, Duration::from_secs(60));
    let flow = asking("ask", &web.url(1, "/route"), Duration::from_secs(30)).replace("start: answer", "start: ask");
    let server = Server::with_flows(&[("ask.yaml", flow)], IDENTIFY);
    Sipp::calls(server.sip, "08011112222", "gives_up").run();
    web.until("the connection is closed", |tries| tries.first().is_some_and(|it| it.ended.is_some()));
    let tried = web.tries().remove(0);
    let lasted = tried.ended.expect("it has ended") - tried.began;
    // SIPp gives up after a second; the flow would wait three times as long as this bound.
    assert!(!tried.answered && lasted < TIMEOUT, "{tried:?}");
    let journal = server.journal();
    assert!(journal.iter().any(|line| line.contains("callout_ended") && line.contains("cancelled")), "{journal:#?}");
    assert_eq!(web.tries().len(), 1);
}
