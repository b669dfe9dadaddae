//! Rehearsals as data: the scenarios that stand beside flows, and what is said when they do not come out as expected.

use std::sync::Arc;

use flow::read_document;
use model::Cause;
use sim::{Left, Local, Outgoing, Rehearsed, STEPS, Scenario, Script, Stage, Stride};

/// A desk with a menu, a URL that decides, and three kinds of people to call.
const DESK: &str = r##"
flow: desk
start: menu
nodes:
  menu: { applet: ivr, say: "Press 1.", timeout: 3s, on: { 1: code, none: bye, invalid: menu } }
  code: { applet: gather, say: "Your code.", on: { digits: ask, none: bye } }
  ask: { applet: passthru, url: "https://crm.example/route?key=s3cret", on: { 200: staff, else: outside } }
  staff: { applet: connect, to: ["sip:sales", "+918022222222"], ring: 8s, on: { answered: report, missed: outside, nobody: outside } }
  outside: { applet: connect, to: ["sip:desk@partner.example", "sip:night@partner.example"], ring: 8s, on: { answered: report, missed: report, nobody: report } }
  report: { applet: passthru, url: "https://crm.example/calls", async: true, next: bye }
  bye: { applet: hangup }
"##;

fn stage() -> Stage {
    Stage {
        catalogue: applets::catalogue(exotel::passthru::Profile::default()),
        numbering: Local::default(),
        outgoing: Outgoing::default(),
        steps: STEPS,
    }
}

fn scenario(yaml: &str) -> Scenario {
    read_document(yaml).unwrap_or_else(|diagnostics| panic!("{diagnostics:#?}"))
}

fn rehearse(yaml: &str) -> (Rehearsed, Vec<String>) {
    rehearse_flow(DESK, yaml)
}

fn rehearse_flow(flow: &str, yaml: &str) -> (Rehearsed, Vec<String>) {
    let (stage, scenario) = (stage(), scenario(yaml));
    let (program, _) = flow::compile(flow, &stage.catalogue, 1);
    let rehearsed = stage.rehearse(Arc::new(program.expect("it compiles")), &[], &scenario);
    let differences = scenario.expect.judge(&rehearsed);
    (rehearsed, differences)
}

#[track_caller]
fn holds(yaml: &str) -> Rehearsed {
    let (rehearsed, differences) = rehearse(yaml);
    assert!(differences.is_empty(), "{}\n{}", differences.join("\n"), rehearsed.ladder);
    rehearsed
}

#[test]
fn keys_are_pressed_where_they_are_waited_for_and_a_user_answers() {
    let rehearsed = holds(
        r##"
        name: a gold customer reaches sales
        caller: "+919900000007"
        press: ["1", "42#"]
        web: { "https://crm.example/route": "200@800ms:gold", "https://crm.example/calls": 200 }
        answer: { sales: after:4s talks:30s }
        expect:
          steps: [menu -> 1, code -> digits, ask -> 200, staff -> answered, report -> next, bye]
          exits: { ask: 200 }
          requests:
            - { url: "https://crm.example/route", with: { CallFrom: "09900000007", digits: '"42"', key: s3cret }, without: DialCallStatus }
            - { url: "https://crm.example/calls", with: { DialCallStatus: completed, "Legs[0][OnCallDuration]": "30" } }
          cause: NORMAL_CLEARING
        "##,
    );
    assert!(rehearsed.strangers.is_empty(), "{:?}", rehearsed.strangers);
    assert!(rehearsed.ladder.contains("sales > switch"), "{}", rehearsed.ladder);
    assert!(!rehearsed.ladder.contains("REGISTER"), "registrations are before its time: {}", rehearsed.ladder);
}

#[test]
fn users_numbers_and_hosts_are_found_each_in_their_manner() {
    holds(
        r##"
        name: everybody fails in turn, and the last one answers
        press: ["1", "42#"]
        web: { "https://crm.example/route": 200 }
        answer: { sales: rejects:603, "08022222222": rings, "sip:desk@partner.example": busy, "sip:night@partner.example": "after:1s" }
        expect:
          steps: [menu -> 1, code -> digits, ask -> 200, staff -> missed, outside -> answered, report -> next, bye]
          requests:
            - { url: "https://crm.example/route" }
            - url: "https://crm.example/calls"
              with: { "Legs[0][CauseCode]": USER_BUSY, "Legs[1][CauseCode]": NORMAL_CLEARING, "Legs[1][OnCallDuration]": "10" }
        "##,
    );
}

#[test]
fn who_is_not_in_the_scenario_is_not_there_and_is_named() {
    let rehearsed = holds(
        r##"
        name: nobody is there
        press: ["1", "42#"]
        expect: { steps: [menu -> 1, code -> digits, ask -> else, outside -> missed, report -> next, bye] }
        "##,
    );
    let strangers = [
        "no site answers for https://crm.example/calls",
        "no site answers for https://crm.example/route",
        "nobody answers for sip:desk@partner.example",
        "nobody answers for sip:night@partner.example",
    ];
    assert_eq!(rehearsed.strangers, strangers);
    assert_eq!(rehearsed.cause, Some(Cause::NORMAL_CLEARING));
}

#[test]
fn a_caller_may_press_nothing_or_hang_up() {
    holds(
        r##"
        name: no key at all
        expect: { steps: [menu -> none, bye] }
        "##,
    );
    holds(
        r##"
        name: a wrong key, then one step in vain
        press: ["9", "", "1"]
        expect: { steps: [menu -> invalid, menu -> none, bye] }
        "##,
    );
    let rehearsed = holds(
        r##"
        name: the caller loses patience
        hangs_up: 2s
        expect: { steps: [menu], requests: [] }
        "##,
    );
    assert!(rehearsed.ladder.contains("caller > switch   BYE"), "{}", rehearsed.ladder);
}

#[test]
fn a_fault_is_trouble_unless_it_is_expected() {
    let judge = |faults: &[&str]| {
        let (mut rehearsed, _) = rehearse("name: no key at all\nexpect: {}");
        rehearsed.troubles = vec!["the URL is broken: 404".to_owned(), "a text is left out".to_owned()];
        let faults = flow::Several(faults.iter().map(|&fault| fault.to_owned()).collect());
        sim::Expectation { faults, ..sim::Expectation::default() }.judge(&rehearsed)
    };
    assert_eq!(judge(&[]), ["the URL is broken: 404", "a text is left out"]);
    assert_eq!(judge(&["URL is broken"]), ["a text is left out"]);
    assert_eq!(judge(&["URL is broken", "left out"]), [""; 0]);
    let missing = "the journal was to tell of the fault `the moon`, and does not";
    assert_eq!(judge(&["broken", "left", "the moon"]), [missing]);
}

#[test]
fn the_same_scenario_always_ends_in_the_same_way() {
    let yaml = "name: twice\npress: [1, 42#]\nanswer: { 'sip:night@partner.example': after:2s }\nexpect: {}";
    assert_eq!(rehearse(yaml).0.ladder, rehearse(yaml).0.ladder);
}

#[test]
fn what_is_not_as_expected_is_named() {
    let (_, differences) = rehearse(
        r##"
        name: all wrong
        press: ["1", "42#"]
        web: { "https://crm.example/route": 302, "https://crm.example/calls": 200 }
        expect:
          steps: [menu -> 2]
          exits: { ask: 200, staff: answered }
          requests:
            - { url: "https://crm.example/route", with: { CallFrom: "1", nothing: x }, without: digits }
          cause: USER_BUSY
        "##,
    );
    expect_test::expect![[r#"
        steps
          expected menu -> 2
          found    menu -> 1, code -> digits, ask -> else, outside -> missed, report -> next, bye
        `ask` was to be left by `200`, and was left by `else`
        `staff` was to be left by `answered`, and was left not at all
        requests
          expected https://crm.example/route
          found    https://crm.example/route, https://crm.example/calls
        https://crm.example/route: `CallFrom` was to be `1`, and was `09900000001`
        https://crm.example/route: `nothing` was to be `x`, and was not there
        https://crm.example/route: `digits` was not to be there, and was `"42"`
        the call was to end with USER_BUSY (17), and ended with NORMAL_CLEARING (16)"#]]
    .assert_eq(&differences.join("\n"));
}

#[test]
fn what_cannot_be_read_is_named_with_its_place() {
    let text = "name: x\nanswr: { sales: busy }\nweb: { 'https://crm.example/a': later }\nexpect: { cause: SAD }";
    let diagnostics = read_document::<Scenario>(text).expect_err("it is full of mistakes");
    let mut named: Vec<_> = diagnostics.iter().map(|d| (d.place.line, d.message.as_str())).collect();
    named.sort_unstable();
    let expected =
        [(2, "there is no field `answr`"), (3, "`later` is nothing that a site says"), (4, "`SAD` is no cause")];
    assert_eq!(named, expected);
}

#[test]
fn a_flow_with_more_prompts_than_tones_is_rehearsed() {
    let greetings: Vec<String> = (0..80)
        .map(|n| {
            format!(
                "  n{n}: {{ applet: greeting, say: \"{n}\", next: {} }}",
                if n < 79 { format!("n{}", n + 1) } else { "bye".into() }
            )
        })
        .collect();
    let flow = format!("flow: long\nstart: n0\nnodes:\n{}\n  bye: {{ applet: hangup }}", greetings.join("\n"));
    let stage = stage();
    let (program, diagnostics) = flow::compile(&flow, &stage.catalogue, 1);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let scenario = scenario("name: to the end\nexpect: { exits: { n79: next } }");
    let rehearsed = stage.rehearse(Arc::new(program.expect("it compiles")), &[], &scenario);
    assert_eq!(scenario.expect.judge(&rehearsed), [""; 0]);
}

#[test]
fn a_trunk_is_dialled_by_its_name_for_the_number_that_was_called() {
    let stage = stage();
    let flow =
        DESK.replace(r#"to: ["sip:desk@partner.example", "sip:night@partner.example"]"#, r#"to: "sip:exchange""#);
    let (program, _) = flow::compile(&flow, &stage.catalogue, 1);
    let scenario = scenario(
        r##"
        name: the trunk takes the call
        press: ["1", "42#"]
        web: { "https://crm.example/route": 302 }
        answer: { "+918044444444": "after:1s" }
        expect:
          exits: { outside: answered }
          requests:
            - { url: "https://crm.example/route" }
            - { url: "https://crm.example/calls", with: { "Legs[0][Number]": "sip:exchange" } }
        "##,
    );
    let rehearsed = stage.rehearse(Arc::new(program.expect("it compiles")), &[], &scenario);
    assert_eq!(scenario.expect.judge(&rehearsed), [""; 0], "{}", rehearsed.ladder);
    assert!(rehearsed.ladder.contains("INVITE sip:+918044444444@10.0.2.1:5060"), "{}", rehearsed.ladder);
}

/// A voicebot whose application is found by a URL.
const ASSISTANT: &str = r##"
flow: assistant
start: talk
nodes:
  talk: { applet: voicebot, url: "https://bot.example/where", on: { next: report, failed: sorry } }
  report: { applet: passthru, url: "https://crm.example/after", async: true, next: bye }
  sorry: { applet: greeting, say: "Nobody is there.", next: bye }
  bye: { applet: hangup }
"##;

#[test]
fn applications_of_streams_play_their_parts() {
    let found = r#"web: { "https://bot.example/where": '200:{"url":"wss://bot.example/ws?lang=hi"}', "https://crm.example/after": 200 }"#;
    let rows = [
        (
            "bots: { 'wss://bot.example/ws': 'says:3s@1s mark:hello@1s closes@9s' }, press: '5'",
            "steps: [talk -> next, report -> next, bye], bots: { 'wss://bot.example/ws': [start, 'dtmf:5', 'mark:hello'] }",
        ),
        (
            "bots: { 'wss://bot.example/ws': 'says:20s mark:end clear@2s' }",
            "steps: [talk -> next, report -> next, bye], bots: { 'wss://bot.example/ws': [start, 'mark:end'] }",
        ),
        (
            "bots: { 'wss://bot.example/ws': echoes }, hangs_up: 5s",
            "exits: { talk: next }, bots: { 'wss://bot.example/ws': [start, 'stop:callended'] }",
        ),
        (
            "bots: { 'wss://bot.example/ws': 'closes:1011@2s' }",
            "steps: [talk -> failed, sorry -> next, bye], bots: { 'wss://bot.example/ws': start }",
        ),
        (
            "bots: { 'wss://bot.example/ws': 'refuses:401' }",
            "steps: [talk -> failed, sorry -> next, bye], bots: { 'wss://bot.example/ws': [] }",
        ),
        ("bots: { 'wss://bot.example/ws': dead }", "steps: [talk -> failed, sorry -> next, bye]"),
        ("streams: 0", "steps: [talk -> failed, sorry -> next, bye]"),
        ("press: '1'", "steps: [talk -> next, report -> next, bye]"),
    ];
    for (given, expected) in rows {
        let yaml = format!("{{ name: x, {found}, {given}, expect: {{ {expected} }} }}");
        let (rehearsed, differences) = rehearse_flow(ASSISTANT, &yaml);
        assert!(differences.is_empty(), "{given}: {}\n{}", differences.join("\n"), rehearsed.ladder);
    }
}

#[test]
fn what_an_application_was_not_told_is_named() {
    let rows = [
        (
            "'wss://bot.example/ws': [start, 'mark:end']",
            "wss://bot.example/ws\n  expected start, mark:end\n  found    start",
        ),
        ("'wss://ears.example/ws': start", "wss://ears.example/ws: no application; give it a part under `bots`"),
    ];
    for (expected, words) in rows {
        let bot = "web: { 'https://bot.example/where': '200:{\"url\":\"wss://bot.example/ws\"}', 'https://crm.example/after': 200 }, \
                   bots: { 'wss://bot.example/ws': closes@2s }";
        let (_, differences) =
            rehearse_flow(ASSISTANT, &format!("{{ name: x, {bot}, expect: {{ bots: {{ {expected} }} }} }}"));
        assert_eq!(differences, [words]);
    }
}

/// What is rehearsed by words alone.
fn words() -> Script {
    let web = [("https://crm.example/route", "200:gold"), ("https://crm.example/calls", "200")];
    Script {
        caller: Some("+919900000007".into()),
        dials: Some("+918044444444".into()),
        press: vec!["1".into(), "42#".into()],
        web: web.map(|(url, reply)| (url.to_owned(), vec![reply.to_owned()])).into(),
        answer: [("sales".to_owned(), "after:4s talks:30s".to_owned())].into(),
    }
}

fn rehearse_words(script: &Script, stage: &Stage) -> Rehearsed {
    let (program, _) = flow::compile(DESK, &stage.catalogue, 1);
    stage.rehearse(Arc::new(program.expect("it compiles")), &[], &script.scenario().expect("words that mean something"))
}

#[test]
fn what_was_rehearsed_is_written_as_a_test_that_holds() {
    #[derive(serde::Deserialize)]
    struct Tests {
        tests: Vec<Scenario>,
    }

    let hostile =
        Script { web: [("https://crm.example/route".to_owned(), vec!["503:\": {\n#".to_owned()])].into(), ..words() };
    let silent = Script { press: vec![String::new()], ..Script::default() };
    for script in [words(), hostile, silent] {
        let rehearsed = rehearse_words(&script, &stage());
        let text = script.test(&rehearsed);
        let Tests { tests } = read_document(&text).unwrap_or_else(|diagnostics| panic!("{text}\n{diagnostics:#?}"));
        let (program, _) = flow::compile(DESK, &stage().catalogue, 1);
        let again = stage().rehearse(Arc::new(program.expect("it compiles")), &[], &tests[0]);
        assert_eq!((tests[0].expect.judge(&again), again.ladder), (vec![], rehearsed.ladder), "{text}");
        assert!(!tests[0].expect.is_empty(), "{text}");
    }
}

#[test]
fn what_came_of_a_rehearsal_is_told_in_parts() {
    let rehearsed = rehearse_words(&words(), &stage());
    let left = |node: &str, exit: &str| Stride { node: node.into(), left: Left::By(exit.into()) };
    assert_eq!(rehearsed.walk[..2], [left("menu", "1"), left("code", "digits")]);
    assert_eq!(rehearsed.walk.last(), Some(&Stride { node: "bye".into(), left: Left::Not }));
    assert!(matches!(rehearsed.events[0].kind, model::EventKind::Offered { .. }));
    let asked = &rehearsed.requests[0];
    assert_eq!((asked.method.as_str(), asked.address()), ("GET", "https://crm.example/route"));
    let fields = asked.fields();
    assert_eq!((&fields["digits"], &fields["key"]), (&"\"42\"".into(), &"s3cret".into()));
}

#[test]
fn a_rehearsal_in_which_too_much_goes_on_is_cut() {
    let few = Stage { steps: 100, ..stage() };
    let rehearsed = rehearse_words(&words(), &few);
    assert_eq!(rehearsed.troubles[0], "the rehearsal was cut after 100 steps: too much goes on in it");
    assert_eq!(rehearse_words(&words(), &stage()).troubles, [""; 0]);
}

#[test]
fn a_call_that_goes_on_for_ever_stays_below_the_limit_of_steps() {
    let stage = stage();
    let text = "flow: f\nstart: a\nnodes: { a: { applet: greeting, say: Hello, next: b }, b: { applet: pause, for: 5s, next: a } }";
    let (program, diagnostics) = flow::compile(text, &stage.catalogue, 1);
    let program = program.unwrap_or_else(|| panic!("{diagnostics:?}"));
    let rehearsed = stage.rehearse(Arc::new(program), &[], &Script::default().scenario().expect("nothing is said"));
    assert!(!rehearsed.troubles.is_empty() && !rehearsed.troubles[0].contains("was cut"), "{:?}", rehearsed.troubles);
}
