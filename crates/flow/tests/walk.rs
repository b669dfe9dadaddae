//! Compiling and walking flows, with a catalogue of small applets written here.

use std::time::{Duration, Instant};

use flow::ledger::Ledger;
use flow::{
    Applet, Audio, CALLOUTS_A_CALL, Catalogue, Cx, DIAGNOSTICS, Event, Exits, ITEMS, Kind, Lapse, NODES_A_CALL,
    NODES_WITHOUT_WAITING, Step, TYPE_AHEAD, Visit, WithoutCaller, compile,
};
use model::{Cause, FlowId, HttpRequest};
use schemars::JsonSchema;
use serde::Deserialize;

/// Plays and starts a timer; leaves by what is pressed, or by `late`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default)]
struct Ask {
    /// What is said.
    say: String,
    /// How long it waits.
    timeout: Lapse<1_000, 60_000>,
}

impl Default for Ask {
    fn default() -> Self {
        Self { say: "?".into(), timeout: Lapse::seconds(5) }
    }
}

impl Applet for Ask {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        if let Some(key) = cx.take_typed() {
            return Step::exit(key.to_string());
        }
        cx.play(vec![Audio::Say(self.say.as_str().into())], false);
        cx.start_timer(self.timeout.duration());
        Step::wait(Asking)
    }

    fn exits(&self) -> Exits {
        Exits { others: true, ..Exits::required(["late"]) }
    }
}

#[derive(Debug)]
struct Asking;

impl Visit for Asking {
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step {
        match event {
            Event::Digit { .. } => Step::exit(cx.take_typed().map(String::from).unwrap_or_default()),
            Event::TimerFired { .. } => Step::exit("late"),
            _ => Step::Stay,
        }
    }
}

/// Goes straight on, and works when the caller has gone.
#[derive(Debug, Deserialize, JsonSchema)]
struct Pass {}

impl Applet for Pass {
    fn enter(&self, _: &mut Cx<'_>) -> Step {
        Step::exit("next")
    }

    fn waits(&self) -> bool {
        false
    }

    fn without_caller(&self) -> WithoutCaller {
        WithoutCaller::Works
    }
}

/// Leaves by an exit that it never spoke of.
#[derive(Debug, Deserialize, JsonSchema)]
struct Astray {}

impl Applet for Astray {
    fn enter(&self, _: &mut Cx<'_>) -> Step {
        Step::exit("elsewhere")
    }
}

/// Says that it waits, and does not.
#[derive(Debug, Deserialize, JsonSchema)]
struct Restless {
    #[serde(default)]
    url: Option<String>,
}

impl Applet for Restless {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        match &self.url {
            None => Step::exit("next"),
            Some(url) => {
                cx.callout(HttpRequest::get(url, Duration::from_secs(5)));
                Step::wait(Telling)
            }
        }
    }
}

#[derive(Debug)]
struct Telling;

impl Visit for Telling {
    fn on_event(&mut self, _: &Event, _: &mut Cx<'_>) -> Step {
        Step::exit("next")
    }

    fn on_caller_gone(&mut self, _: &mut Cx<'_>) -> Step {
        Step::exit("next")
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
struct End {}

impl Applet for End {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        cx.hang_up(Cause::USER_BUSY);
        Step::End
    }

    fn exits(&self) -> Exits {
        Exits::default()
    }

    fn without_caller(&self) -> WithoutCaller {
        WithoutCaller::Works
    }
}

fn catalogue() -> Catalogue {
    Catalogue::new(vec![
        Kind::new("ask", "//! Asks.\n", |ask: Ask, site| {
            if ask.say.is_empty() {
                site.refuse("say", "there is nothing to say", Some("say something"));
            }
            Some(ask)
        }),
        Kind::new("pass", "//! Passes.\n", |pass: Pass, _| Some(pass)),
        Kind::new("astray", "", |astray: Astray, _| Some(astray)),
        Kind::new("restless", "", |restless: Restless, _| Some(restless)),
        Kind::new("end", "", |end: End, _| Some(end)),
    ])
}

fn walk(text: &str) -> Ledger {
    Ledger::new(text, &catalogue(), Instant::now_for_tests())
}

trait ForTests {
    fn now_for_tests() -> Self;
}

impl ForTests for Instant {
    #[expect(clippy::disallowed_methods, reason = "there is no other way to make one; its value is not looked at")]
    fn now_for_tests() -> Self {
        Self::now()
    }
}

/// All diagnostics, each in one line: `line:column severity-less message (hint)`. Each has a hint.
fn problems(text: &str) -> Vec<String> {
    let (program, diagnostics) = compile(text, &catalogue(), 1);
    let errors = diagnostics.iter().any(|diagnostic| diagnostic.severity == flow::Severity::Error);
    assert_eq!(program.is_none(), errors, "{diagnostics:?}");
    let shown = |d: &flow::Diagnostic| {
        let hint = d.hint.as_deref().unwrap_or_else(|| panic!("no hint: {d}"));
        format!("{}:{} {} ({hint})", d.place.line, d.place.column, d.message)
    };
    diagnostics.iter().map(shown).collect()
}

#[test]
fn a_visit_that_is_left_stops_what_it_began() {
    let mut call = walk("{flow: f, start: a, nodes: {a: {applet: ask, on: {1: z, late: z}}, z: {applet: end}}}");
    assert_eq!(call.start(), ["flow f", "at a", "answer", "play 1 \"?\"", "timer 2 5s"]);
    assert_eq!(call.run().position(), Some(("a", "Asking".to_owned())));
    assert_eq!(call.press("1"), ["stop 1", "stop 2", "left by 1", "at z", "hang up USER_BUSY (17)"]);
    assert!(call.run().is_over());
    assert_eq!(call.fired(2), [""; 0]);
}

#[test]
fn events_of_what_was_stopped_are_not_heard() {
    let mut call = walk("{flow: f, start: a, nodes: {a: {applet: ask, on: {1: a, late: z}}, z: {applet: end}}}");
    call.start();
    assert_eq!(call.press("1"), ["stop 1", "stop 2", "left by 1", "at a", "play 3 \"?\"", "timer 4 5s"]);
    assert_eq!(call.fired(2), [""; 0]);
    assert_eq!(call.fired(4), ["stop 3", "left by late", "at z", "hang up USER_BUSY (17)"]);
}

#[test]
fn keys_pressed_early_are_kept_for_the_next_who_asks() {
    let mut call = walk(
        "{flow: f, start: a, nodes: {a: {applet: restless, url: u, next: b}, b: {applet: ask, on: {1: b, 2: z, late: z}}, z: {applet: end}}}",
    );
    assert_eq!(call.start(), ["flow f", "at a", "ask 1 u within 5s"]);
    // The first key also ends the test's impatient callout; the second waits.
    assert_eq!(
        call.press("1"),
        ["stop 1", "left by next", "at b", "left by 1", "at b", "answer", "play 2 \"?\"", "timer 3 5s"]
    );
    assert_eq!(call.press("2"), ["stop 2", "stop 3", "left by 2", "at z", "hang up USER_BUSY (17)"]);
}

/// Waits for the prompt's end and counts what was typed meanwhile.
#[derive(Debug, Deserialize, JsonSchema)]
struct Tally {}

impl Applet for Tally {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        cx.start_timer(Duration::from_secs(1));
        Step::wait(Tallying)
    }
}

#[derive(Debug)]
struct Tallying;

impl Visit for Tallying {
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step {
        if matches!(event, Event::Digit { .. }) {
            return Step::Stay;
        }
        let mut count = 0;
        while cx.take_typed().is_some() {
            count += 1;
        }
        cx.set_var("count", format!("{count}"));
        Step::exit("next")
    }
}

#[test]
fn only_so_many_early_keys_are_kept() {
    let kinds =
        vec![Kind::new("tally", "", |tally: Tally, _| Some(tally)), Kind::new("end", "", |end: End, _| Some(end))];
    let text = "{flow: f, start: a, nodes: {a: {applet: tally, next: z}, z: {applet: end}}}";
    let mut call = Ledger::new(text, &Catalogue::new(kinds), Instant::now_for_tests());
    call.start();
    assert_eq!(call.press(&"7".repeat(TYPE_AHEAD + 5)), [""; 0]);
    assert_eq!(call.fired(1)[0], format!("count = \"{TYPE_AHEAD}\""));
}

#[test]
fn an_exit_that_leads_nowhere_ends_the_call_loudly() {
    let mut call = walk("{flow: f, start: a, nodes: {a: {applet: astray, next: z}, z: {applet: end}}}");
    assert_eq!(
        call.start(),
        [
            "flow f",
            "at a",
            "left by elsewhere",
            "fault: node `a`: exit `elsewhere` leads nowhere",
            "hang up TEMPORARY_FAILURE (41)"
        ]
    );
}

#[test]
fn a_flow_that_never_waits_is_cut() {
    let mut call = walk("{flow: f, start: a, nodes: {a: {applet: restless, next: a}}}");
    let lines = call.start();
    let entered = lines.iter().filter(|line| *line == "at a").count();
    assert_eq!(entered, NODES_WITHOUT_WAITING as usize);
    let end = ["fault: the flow passed 100 nodes without waiting: it loops", "hang up TEMPORARY_FAILURE (41)"];
    assert_eq!(lines[lines.len() - 2..], end);
}

#[test]
fn a_call_passes_so_many_nodes_and_no_more() {
    let mut call = walk("{flow: f, start: a, nodes: {a: {applet: ask, on: {1: a, late: a}}}}");
    call.start();
    for _ in 1..NODES_A_CALL {
        assert!(call.press("1").contains(&"at a".to_owned()));
    }
    let end = ["left by 1", "fault: the flow passed 500 nodes in one call", "hang up TEMPORARY_FAILURE (41)"];
    assert_eq!(call.press("1")[2..], end);
}

#[test]
fn a_call_makes_so_many_callouts_and_no_more() {
    let mut call = walk("{flow: f, start: a, nodes: {a: {applet: restless, url: u, next: a}}}");
    call.start();
    for id in 1..CALLOUTS_A_CALL {
        assert!(call.answered(id, 200, "").contains(&"at a".to_owned()));
    }
    let end = ["left by next", "fault: the flow made 50 callouts in one call", "hang up TEMPORARY_FAILURE (41)"];
    assert_eq!(call.answered(CALLOUTS_A_CALL, 200, ""), end);
}

#[test]
fn when_the_caller_has_gone_only_what_works_alone_is_done() {
    let mut call = walk("{flow: f, start: a, nodes: {a: {applet: ask, on: {late: z}}, z: {applet: end}}}");
    call.start();
    assert_eq!(call.hangs_up(), ["stop 1", "stop 2", "hang up NORMAL_CLEARING (16)"]);
    assert!(call.run().is_over());
    assert_eq!(call.hangs_up(), [""; 0]);
}

#[test]
fn the_facts_have_the_moments_of_answer_and_end() {
    let mut call = walk("{flow: f, start: a, nodes: {a: {applet: ask, on: {late: z}}, z: {applet: end}}}");
    call.start();
    assert_eq!((call.run().facts().answered_at, call.run().facts().ended_at), (None, None));
    call.event(Event::Answered);
    let now = Some("2023-11-14T22:13:20Z".parse().expect("a time"));
    assert_eq!((call.run().facts().answered_at, call.run().facts().ended_at), (now, None));
    call.hangs_up();
    assert_eq!((call.run().facts().answered_at, call.run().facts().ended_at), (now, now));
}

#[test]
fn what_needs_a_caller_is_passed_over_once() {
    let mut call = walk(
        "{flow: f, start: a, nodes: {a: {applet: restless, url: u, next: b}, b: {applet: pass, next: c}, c: {applet: astray, next: d}, d: {applet: pass, next: c}}}",
    );
    call.start();
    assert_eq!(
        call.hangs_up(),
        [
            "stop 1",
            "left by next",
            "at b",
            "left by next",
            "at c",
            "left by next",
            "at d",
            "left by next",
            "hang up NORMAL_CLEARING (16)"
        ]
    );
    assert!(call.run().is_over());
}

#[test]
fn everything_wrong_with_a_flow_is_said_at_once() {
    let text = "flow: f
start: aa
node: {}
nodes:
  a: { applet: aks, next: z }
  b: { applet: ask, tiemout: 5s, on: { late: zz } }
  c: { applet: ask, timeout: 5w, say: [] }
  d: { applet: ask, say: '', on: { late: z } }
  e: { applet: ask, on: { 1: z } }
  f: { applet: pass, nxt: z }
  g: { applet: pass, on: { next: z, nextt: z }, next: z }
  h: { next: z }
  i: hello
  p: { applet: pass, next: q }
  q: { applet: pass, next: p }
  z: { applet: end, next: a }
";
    let expected = [
        "2:8 there is no node `aa` (add it to the nodes: `aa: { applet: … }`)",
        "3:1 there is no field `node` (did you mean `nodes`?)",
        "5:16 there is no applet `aks` (did you mean `ask`?)",
        "6:21 there is no field `tiemout` (did you mean `timeout`?)",
        "6:46 there is no node `zz` (add it to the nodes: `zz: { applet: … }`)",
        "7:30 `5w` is no length of time (write 5s, 800ms, 1m, 2h, 1d or 5)",
        "7:39 expected text, found a list (`say`: What is said.)",
        "8:26 there is nothing to say (say something)",
        "9:3 exit `late` not wired (add `on: { late: … }`)",
        "10:22 there is no field `nxt` (it has no settings)",
        "11:37 there is no exit `nextt` (did you mean `next`?)",
        "11:49 exit `next` is wired twice (take one of them out)",
        "12:3 the node names no applet (add `applet: …`)",
        "13:6 a node is a map, found `hello` (write `i: { applet: … }`)",
        "14:3 a loop in which nothing waits: p → q → p (a call would run round it until it is cut; put a prompt or a question into it)",
        "16:21 there is no exit `next` (it has no exits)",
    ];
    assert_eq!(problems(text), expected);
}

#[test]
fn what_is_missing_is_named() {
    let rows = [
        ("", vec!["1:1 the document is empty (a flow has `flow: …`, `start: …` and `nodes: …`)"]),
        ("[]", vec!["1:1 a flow is a map, found a list (write `flow: …`, `start: …` and `nodes: …`)"]),
        (
            "{}",
            vec![
                "1:1 `flow` is missing (give the flow a name: `flow: reception`)",
                "1:1 the flow has no nodes (write `nodes: { bye: { applet: hangup } }`)",
                "1:1 `start` is missing (`start` names the node where a call begins)",
            ],
        ),
        (
            "{flow: f, start: a, nodes: []}",
            vec![
                "1:18 there is no node `a` (add it to the nodes: `a: { applet: … }`)",
                "1:28 `nodes` is a map from names to nodes, found a list (write `nodes: { hello: { applet: … } }`)",
            ],
        ),
        (
            "{flow: f, start: a, nodes: {a: {applet: pass}}}",
            vec![
                "1:29 nothing comes after `a`: a call would be cut there (add `next: …`; where the call is over, a node with `applet: hangup`)",
            ],
        ),
        (
            "{flow: f, start: a, nodes: {a: {applet: end}, b: {applet: end}, b: {applet: end}}}",
            vec![
                "1:47 no call comes here (wire it, or take it out)",
                "1:65 `b` is given twice (take one of them out, or give it another name)",
            ],
        ),
        (
            "{flow: f, start: a, nodes: {a: {applet: end}, ' ': {applet: end}}}",
            vec![
                "1:47 a name has at least one character, and they are printable (write a short name, such as `front-desk`)",
                "1:47 no call comes here (wire it, or take it out)",
            ],
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(problems(text), expected, "{text}");
    }
}

#[test]
fn a_flow_has_a_number_its_own_or_one_made_of_its_name() {
    let of = |line: &str| format!("flow: f\n{line}\nstart: a\nnodes: {{ a: {{ applet: end }} }}");
    let id = |line: &str| compile(&of(line), &catalogue(), 1).0.expect("it compiles").id();
    assert_eq!(id(""), FlowId::of_name("f"));
    assert_eq!(id("id: 1").number(), 1);
    assert_eq!(id("id: 9999999").number(), 9_999_999);
    let rows = [
        ("id: 0", "2:5", "`0`"),
        ("id: 10000000", "2:5", "`10000000`"),
        ("id: -5", "2:5", "`-5`"),
        ("id: desk", "2:5", "`desk`"),
        ("id:", "2:3", "nothing"),
    ];
    for (line, place, found) in rows {
        let hint = "(leave it out, and a number is made of the flow's name)";
        let problem = format!("{place} a flow's id is a whole number from 1 to 9999999, found {found} {hint}");
        assert_eq!(problems(&of(line)), [problem], "{line}");
    }
}

#[test]
fn warnings_do_not_keep_a_flow_from_running() {
    let text = "{flow: f, start: a, nodes: {a: {applet: end}, b: {applet: end}}, layout: {a: [1, 2]}}";
    assert_eq!(problems(text), ["1:47 no call comes here (wire it, or take it out)"]);
}

#[test]
fn flows_have_so_many_nodes_and_no_more() {
    let flow = |count: usize| {
        let nodes: Vec<String> =
            (0..count).map(|i| format!("n{i}: {{applet: ask, on: {{late: n{}}}}}", (i + 1) % count)).collect();
        format!("{{flow: f, start: n0, nodes: {{{}}}}}", nodes.join(", "))
    };
    assert_eq!(problems(&flow(flow::NODES)), [""; 0]);
    let message = &problems(&flow(flow::NODES + 1))[1];
    assert!(message.ends_with("the flow has 1001 nodes, 1000 are allowed (cut it into several flows)"), "{message}");
}

#[test]
fn nodes_have_so_many_exits_and_settings_and_no_more() {
    let exits = |count: usize| {
        let wires: Vec<String> = (1..count).map(|i| format!("e{i}: a")).collect();
        problems(&format!(
            "{{flow: f, start: a, nodes: {{a: {{applet: ask, on: {{late: a, {}}}}}}}}}",
            wires.join(", ")
        ))
    };
    assert_eq!(exits(ITEMS), [""; 0]);
    assert!(
        exits(ITEMS + 1)
            .contains(&"1:50 more than 100 exits of one node (share them out among several nodes)".to_owned())
    );

    let settings: Vec<String> = (0..=ITEMS).map(|i| format!("s{i}: x")).collect();
    let text = format!("{{flow: f, start: a, nodes: {{a: {{applet: end, {}}}}}}}", settings.join(", "));
    let (program, diagnostics) = compile(&text, &catalogue(), 1);
    assert!(program.is_none());
    assert_eq!(diagnostics.len(), DIAGNOSTICS);
}

#[test]
fn a_cut_off_list_of_problems_still_says_that_the_flow_cannot_run() {
    let lost: Vec<String> = (0..DIAGNOSTICS + 50).map(|i| format!("w{i}: {{applet: end}}")).collect();
    let text = format!("{{flow: f, start: a, nodes: {{a: {{applet: end}}, {}, z: {{applet: ask}}}}}}", lost.join(", "));
    let (program, diagnostics) = compile(&text, &catalogue(), 1);
    assert!(program.is_none());
    assert_eq!(diagnostics.len(), DIAGNOSTICS);
    assert_eq!(diagnostics[0].severity, flow::Severity::Error);
}

#[test]
fn json_is_a_flow_too() {
    let text = r#"{"flow": "f", "start": "a", "nodes": {"a": {"applet": "ask", "on": {"1": "z", "late": "z"}, "timeout": 7},
        "z": {"applet": "end"}}}"#;
    assert_eq!(walk(text).start(), ["flow f", "at a", "answer", "play 1 \"?\"", "timer 2 7s"]);
}

#[test]
fn no_text_makes_the_compiler_panic() {
    let whole =
        "flow: f\nstart: a\nnodes:\n  a: { applet: ask, timeout: 5s, on: { 1: a, late: z } }\n  z: { applet: end }\n";
    let mut tried = 0;
    for at in 0..whole.len() {
        for change in ["", "{", "}", "[", ":", "*", "&a ", "\n", "\t", "\"", "%", "\u{0}", "न"] {
            let text = format!("{}{change}{}", &whole[..at], &whole[at + usize::from(change != "&a ")..]);
            compile(&text, &catalogue(), 1);
            tried += 1;
        }
    }
    assert_eq!(tried, whole.len() * 13);
}
