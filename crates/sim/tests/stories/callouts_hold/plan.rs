//! A random flow that only goes forward, and what each of its nodes is.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use model::HttpFailure;
use sim::Units;

use super::dice::Dice;

/// What flows ask and tell.
pub(crate) const SITES: [&str; 4] =
    ["http://a.example/ask", "http://b.example/ask", "http://spare.example/ask", "http://crm.example/calls"];

/// Replies of a site, at most.
pub(crate) const REPLIES: u64 = 8;

/// When the same is asked a second time.
pub(crate) const HEDGE: Duration = Duration::from_millis(300);

/// Exits that a node may have beside `200` and `else`.
const EXITS: [&str; 11] =
    ["404", "503", "302", "3xx", "4xx", "5xx", "timeout", "refused", "tls", "bad-answer", "circuit-open"];

/// What a node is, as far as callouts go.
pub(crate) enum Node {
    /// Waits for an answer.
    Asks { timeout: Duration, ways: Ways },
    /// Asks, and the answer is waited for later.
    AsksEarly { timeout: Duration, result: &'static str },
    /// Waits for such an answer.
    Takes { result: &'static str, ways: Ways },
    /// Tells, without waiting.
    Tells,
    /// Rings somebody.
    Connects,
    /// Says something.
    Greets,
}

/// The ways out of a node that has an answer.
pub(crate) struct Ways {
    exits: Vec<&'static str>,
    /// The answer's body says this status.
    route: Option<&'static str>,
}

impl Ways {
    /// The exit that an outcome stands for.
    pub(crate) fn exit(&self, status: Option<u16>, failure: Option<&HttpFailure>) -> String {
        let candidates = match (status, failure) {
            (Some(status), _) if self.route == Some(status.to_string().as_str()) => return "routed".to_owned(),
            (Some(status), _) => vec![status.to_string(), format!("{}xx", status / 100)],
            (None, Some(failure)) => vec![failure.word().to_owned()],
            (None, None) => vec![],
        };
        let wired = candidates.into_iter().find(|exit| exit == "200" || self.exits.iter().any(|wired| wired == exit));
        wired.unwrap_or_else(|| "else".to_owned())
    }

    /// The exit of a node that waits no longer.
    pub(crate) fn impatient(&self) -> String {
        self.exit(None, Some(&HttpFailure::Timeout))
    }
}

/// A flow.
pub(crate) struct Plan {
    pub(crate) document: String,
    pub(crate) nodes: BTreeMap<String, Node>,
}

impl Plan {
    pub(crate) fn new(dice: &mut Dice) -> Self {
        let last = dice.from(3, 7);
        let mut plan = Self { document: "flow: plan\nstart: n0\nnodes:\n".to_owned(), nodes: BTreeMap::new() };
        for n in 0..last {
            let (node, text) = write(dice, n, last);
            writeln!(plan.document, "  n{n}: {{ {text} }}").expect("text");
            plan.nodes.insert(format!("n{n}"), node);
        }
        writeln!(plan.document, "  n{last}: {{ applet: hangup }}").expect("text");
        plan
    }
}

/// A node, and how it is written.
fn write(dice: &mut Dice, n: u64, last: u64) -> (Node, String) {
    let next = n + 1;
    match dice.below(12) {
        0..=4 => {
            let (ways, written) = ways(dice, n, last);
            let (timeout, asking) = asking(dice);
            (Node::Asks { timeout, ways }, format!("applet: passthru, {asking}{written}"))
        }
        5 => {
            let (timeout, asking) = asking(dice);
            let result = dice.pick(&["one", "two"]);
            let text = format!("applet: passthru, {asking}async: true, result: {result}, next: n{next}");
            (Node::AsksEarly { timeout, result }, text)
        }
        6..=7 => {
            let (ways, written) = ways(dice, n, last);
            let (result, ms) = (dice.pick(&["one", "two"]), dice.from(0, 3_000));
            let text = format!("applet: wait_for_result, result: {result}, timeout: {ms}ms, {written}");
            (Node::Takes { result, ways }, text)
        }
        8..=9 => {
            let method = dice.pick(&["get", "post", "json"]);
            let text = format!("applet: passthru, url: '{}', method: {method}, async: true, next: n{next}", SITES[3]);
            (Node::Tells, text)
        }
        10 => {
            let to = "applet: connect, to: 'sip:desk@10.0.1.1:5060', ring: 5s, limit: 5s";
            let missed = dice.from(next, last);
            (Node::Connects, format!("{to}, on: {{ answered: n{next}, missed: n{missed} }}"))
        }
        _ => (Node::Greets, format!("applet: greeting, say: Hello {n}., next: n{next}")),
    }
}

/// How a URL is asked, and how long that may take.
fn asking(dice: &mut Dice) -> (Duration, String) {
    let ms = dice.from(1_000, 4_000);
    let method = dice.pick(&["get", "post", "json"]);
    let mut text = format!("url: '{}', method: {method}, timeout: {ms}ms, ", dice.pick(&SITES[..2]));
    let mut may = |chances, field: String| {
        if dice.one_in(chances) {
            text.push_str(&field);
        }
    };
    may(2, "retries: 2, ".to_owned());
    may(3, format!("fallback_url: '{}', ", SITES[2]));
    may(3, format!("hedge: {}ms, ", HEDGE.as_millis()));
    may(3, "breaker: true, ".to_owned());
    may(3, "last_good: 10m, ".to_owned());
    (ms.ms(), text)
}

/// Ways out, each to somewhere further on, one of them to the next node.
fn ways(dice: &mut Dice, n: u64, last: u64) -> (Ways, String) {
    let route = dice.one_in(4).then(|| dice.pick(&["200", "404"]));
    let exits: Vec<&str> = EXITS.into_iter().filter(|_| dice.one_in(4)).collect();
    let mut text = String::new();
    if let Some(status) = route {
        write!(text, "routes: [{{ json: $.status, is: '{status}', exit: routed }}], ").expect("text");
    }
    let mut further = || dice.from(n + 1, last);
    write!(text, "on: {{ 200: n{}, else: n{}", further(), n + 1).expect("text");
    for exit in route.map(|_| "routed").iter().chain(&exits) {
        write!(text, ", {exit}: n{}", further()).expect("text");
    }
    text.push_str(" }");
    (Ways { exits, route }, text)
}
