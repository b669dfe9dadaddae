//! Phones that register (RFC 3261 section 10.3), and our own registration with a trunk (section 10.2).

mod story;

use core::time::Duration;

use sip::{Credentials, Event, Method, Register, Target, Transport, Uri, User};
use story::{PEER, Said, Story, addr, response, shows, trusting};

const PHONE: &str = "203.0.113.5:40000";
const REGISTRAR: &str = "sip:here.example";

fn desk() -> Story {
    let mut config = trusting();
    config.realm = "here.example".into();
    config.users = ["anna", "bert"].map(|name| User { name: name.into(), password: "secret".into() }).into();
    Story::with(config)
}

fn register(sequence: u32, to: &str, fields: &str) -> String {
    format!(
        "REGISTER {REGISTRAR} SIP/2.0\n\
         Via: SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bKr{sequence};rport\n\
         From: <sip:{to}@here.example>;tag=phone\n\
         To: <sip:{to}@here.example>\n\
         Call-ID: phone-1\n\
         CSeq: {sequence} REGISTER\n\
         {fields}Content-Length: 0\n"
    )
}

/// Registers with credentials; the final answer.
fn registers(story: &mut Story, sequence: u32, to: &str, fields: &str) -> Said {
    story.hears_from(PHONE, &register(sequence, to, fields));
    let challenged = story.says_line("SIP/2.0 401");
    let shown = shows(&challenged, "anna", "secret", (Method::Register, REGISTRAR));
    story.hears_from(PHONE, &register(sequence + 1, to, &format!("{shown}{fields}")));
    story.passes_ms(1000);
    story.says()
}

fn uri(text: &str) -> Uri {
    Uri::parse(&text.to_owned().into()).expect("a URI")
}

#[test]
fn a_phone_registers_is_found_and_expires() {
    let mut story = desk();
    let ok = registers(&mut story, 1, "anna", "Contact: <sip:anna@10.0.0.5:5060>\nExpires: 600\n");
    assert_eq!((ok.line(), ok.get("Contact")), ("SIP/2.0 200 OK", "<sip:anna@10.0.0.5:5060>;expires=600"));
    let contact = uri("sip:anna@10.0.0.5:5060");
    let expires = Duration::from_secs(600);
    assert_eq!(story.event(), Event::Registered { user: "anna".into(), contact: contact.clone(), expires });
    let found = story.endpoint.contacts("anna", story.now);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (&found[0].uri, found[0].target.addr),
        (&contact, addr(PHONE)),
        "behind a translator: where it came from"
    );
    assert_eq!(story.endpoint.contacts("bert", story.now), []);
    assert_eq!(story.endpoint.gauges().bindings, 1);
    let users = |story: &Story| story.endpoint.users(story.now).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(users(&story), ["anna"]);
    story.passes_ms(598_999);
    story.no_event();
    story.passes_ms(1);
    assert_eq!(story.event(), Event::Unregistered { user: "anna".into(), contact });
    assert_eq!(users(&story), [""; 0]);
    assert_eq!(story.endpoint.contacts("anna", story.now), []);
    story.settles();
}

#[test]
fn several_phones_best_first() {
    let mut story = desk();
    registers(&mut story, 1, "anna", "Contact: <sip:a@203.0.113.5:5070>;q=0.3, <sip:b@203.0.113.5>;expires=90\n");
    let ok = registers(&mut story, 3, "anna", "Contact: <sip:c@203.0.113.5>;q=0.7;expires=99999\n");
    assert_eq!(ok.all("Contact").len(), 3);
    assert!(ok.text.contains("<sip:c@203.0.113.5>;expires=7200"), "long wishes are shortened");
    let users: Vec<_> =
        story.endpoint.contacts("anna", story.now).into_iter().map(|found| found.uri.to_string()).collect();
    assert_eq!(users, ["sip:b@203.0.113.5", "sip:c@203.0.113.5", "sip:a@203.0.113.5:5070"]);
    let ok = registers(&mut story, 5, "anna", "");
    assert_eq!(ok.all("Contact").len(), 3, "a question changes nothing");
    let ok = registers(&mut story, 7, "anna", "Contact: <sip:b@203.0.113.5>;expires=0\n");
    assert_eq!(ok.all("Contact").len(), 2);
    let ok = registers(&mut story, 9, "anna", "Contact: *\nExpires: 0\n");
    assert_eq!(ok.all("Contact").len(), 0);
    let events: Vec<_> = (0..6).map(|_| story.event()).collect();
    let gone = events.iter().filter(|event| matches!(event, Event::Unregistered { .. })).count();
    assert_eq!(gone, 3);
    story.settles();
}

#[test]
fn what_the_registrar_refuses() {
    let cases = [
        ("bert", "Contact: <sip:a@203.0.113.5>\n", "403"),
        ("anna", "Contact: *\n", "400"),
        ("anna", "Contact: <sip:a@203.0.113.5>;expires=30\n", "423"),
        ("anna", "Require: path\n", "420"),
    ];
    for (to, fields, status) in cases {
        let mut story = desk();
        let refused = registers(&mut story, 1, to, fields);
        assert!(refused.line().starts_with(&format!("SIP/2.0 {status}")), "{}", refused.text);
        if status == "423" {
            assert_eq!(refused.get("Min-Expires"), "60");
        }
        story.no_event();
        assert_eq!(story.endpoint.gauges().bindings, 0);
    }
    let mut story = desk();
    let many: String = (0..11).map(|at| format!("Contact: <sip:{at}@203.0.113.5>\n")).collect();
    assert!(registers(&mut story, 1, "anna", &many).line().contains("403"));
    registers(&mut story, 17, "anna", "Contact: <sip:a@203.0.113.5>\n");
    story.event();
    let late = registers(&mut story, 12, "anna", "Contact: <sip:a@203.0.113.5>;expires=0\n");
    assert!(late.line().contains("500"), "an overtaken request");
    story.no_event();
}

#[test]
fn trusted_networks_register_with_a_password_too() {
    let mut story = desk();
    story.hears(&register(1, "anna", "Contact: <sip:a@198.51.100.7>\n"));
    story.says_line("SIP/2.0 401");
    story.no_event();
}

const CHALLENGE: &str = "WWW-Authenticate: Digest realm=\"carrier\", nonce=\"n1\", qop=\"auth\", algorithm=MD5\n";

fn trunk(targets: &[&str]) -> Register {
    Register {
        registrar: uri("sip:carrier.example"),
        aor: uri("sip:u1@carrier.example"),
        targets: targets.iter().map(|text| Target { transport: Transport::Udp, addr: addr(text) }).collect(),
        credentials: Some(Credentials { username: "u1".into(), password: "pw".into() }),
        expires: Duration::from_secs(3600),
    }
}

#[test]
fn we_register_with_a_trunk_and_stay_registered() {
    let mut story = Story::new();
    let id = story.does(|endpoint, now| endpoint.register(trunk(&[PEER]), now));
    let first = story.says_line("REGISTER sip:carrier.example SIP/2.0");
    assert_eq!(first.get("To"), "<sip:u1@carrier.example>");
    assert_eq!(first.get("Contact"), "<sip:u1@192.0.2.1:5060>;expires=3600");
    story.hears(&response("401 Unauthorized", &first, "t", CHALLENGE, ""));
    let second = story.says_line("REGISTER");
    assert_eq!((second.get("CSeq"), second.get("Call-ID")), ("2 REGISTER", first.get("Call-ID")));
    assert!(second.get("Authorization").contains("username=\"u1\""));
    story.hears(&response("423 Interval Too Brief", &second, "t", "Min-Expires: 7200\n", ""));
    let third = story.says_line("REGISTER");
    assert_eq!((third.get("CSeq"), third.get("Expires")), ("3 REGISTER", "7200"));
    story.hears(&response("200 OK", &third, "t", "Contact: <sip:u1@192.0.2.1:5060>;expires=1000\n", ""));
    assert_eq!(story.event(), Event::Registration { id, outcome: Ok(Duration::from_secs(1000)) });
    story.passes_ms(939_999);
    story.says_nothing();
    story.passes_ms(1);
    let renewed = story.says_line("REGISTER");
    assert_eq!(renewed.get("Call-ID"), first.get("Call-ID"));
    story.hears(&response("200 OK", &renewed, "t", "Expires: 60\n", ""));
    story.event();
    story.passes_ms(30_000);
    let short = story.says_line("REGISTER");
    story.hears(&response("200 OK", &short, "t", "", ""));
    story.event();
    story.does(|endpoint, now| endpoint.unregister(id, now));
    let last = story.says_line("REGISTER");
    assert_eq!(last.get("Expires"), "0");
    story.hears(&response("200 OK", &last, "t", "", ""));
    story.settles();
}

#[test]
fn a_registration_that_fails_is_tried_again() {
    let mut story = Story::new();
    let targets = ["198.51.100.7:5060", "198.51.100.8:5060"];
    let id = story.does(|endpoint, now| endpoint.register(trunk(&targets), now));
    let first = story.says_line("REGISTER");
    story.does(|endpoint, now| endpoint.handle_unreachable(first.path, now));
    let second = story.says_line("REGISTER");
    assert_eq!(second.path.remote, addr(targets[1]));
    story.hears(&response("401 Unauthorized", &second, "t", CHALLENGE, ""));
    let third = story.says_line("REGISTER");
    story.hears(&response("401 Unauthorized", &third, "t", CHALLENGE, ""));
    assert_eq!(story.event(), Event::Registration { id, outcome: Err(Some(401)) });
    story.passes_ms(29_999);
    story.says_nothing();
    story.passes_ms(1);
    let again = story.says_line("REGISTER");
    assert_eq!(again.path.remote, addr(targets[0]));
    story.hears(&response("503 No", &again, "t", "", ""));
    let other = story.says_line("REGISTER");
    story.hears(&response("403 No", &other, "t", "", ""));
    assert_eq!(story.event(), Event::Registration { id, outcome: Err(Some(403)) });
    story.passes_ms(59_999);
    story.says_nothing();
    story.passes_ms(1);
    story.says_line("REGISTER");
}

#[test]
fn a_registration_that_has_nowhere_to_go_goes_when_it_has() {
    let mut story = Story::new();
    let id = story.does(|endpoint, now| endpoint.register(trunk(&[]), now));
    assert_eq!(story.event(), Event::Registration { id, outcome: Err(None) });
    let target = |text: &str| vec![Target { transport: Transport::Udp, addr: addr(text) }];
    story.passes_ms(10_000);
    story.does(|endpoint, now| endpoint.retarget(id, target("198.51.100.7:5060"), now));
    let first = story.says_line("REGISTER");
    story.hears(&response("503 No", &first, "t", "", ""));
    assert_eq!(story.event(), Event::Registration { id, outcome: Err(Some(503)) });
    // Who had somewhere to go waits.
    story.does(|endpoint, now| endpoint.retarget(id, target("198.51.100.8:5060"), now));
    story.passes_ms(59_999);
    story.says_nothing();
    story.passes_ms(1);
    assert_eq!(story.says_line("REGISTER").path.remote, addr("198.51.100.8:5060"));
}

#[test]
fn each_attempt_shows_credentials_afresh() {
    let mut story = Story::new();
    story.does(|endpoint, now| endpoint.register(trunk(&[PEER]), now));
    for round in 0..6 {
        let first = story.says_line("REGISTER");
        let challenge = CHALLENGE.replace("n1", &format!("n{round}")).replace("carrier", &format!("carrier{round}"));
        story.hears(&response("401 Unauthorized", &first, "t", &challenge, ""));
        let second = story.says_line("REGISTER");
        assert!(second.get("Authorization").contains(&format!("nonce=\"n{round}\"")), "attempt {round}");
        story.hears(&response("500 Server Error", &second, "t", "", ""));
        story.event();
        story.passes(Duration::from_secs(30 << round));
    }
}

#[test]
fn a_phone_whose_port_changes_takes_the_place_of_its_oldest() {
    const INSTANCE: &str = "+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000000000001>\"";
    let mut story = desk();
    let places = |story: &Story| -> Vec<String> {
        let found = story.endpoint.contacts("anna", story.now);
        found.into_iter().map(|contact| contact.uri.to_string()).collect()
    };
    registers(&mut story, 1, "anna", "Contact: <sip:fixed@203.0.113.5>\n");
    for port in 1..=10 {
        let phone = register(0, "anna", "").replace("phone-1", &format!("other-{port}"));
        story.hears_from(PHONE, &phone.replace("r0", &format!("a{port}")));
        let shown = shows(&story.says_line("SIP/2.0 401"), "anna", "secret", (Method::Register, REGISTRAR));
        let fields = format!("{shown}Contact: <sip:a@203.0.113.5:{port}>;{INSTANCE}\n");
        let phone = register(1, "anna", &fields).replace("phone-1", &format!("other-{port}"));
        story.hears_from(PHONE, &phone.replace("r1", &format!("b{port}")));
        assert_eq!(story.says().line(), "SIP/2.0 200 OK", "port {port}");
        story.passes_ms(1000);
    }
    let now = places(&story);
    assert_eq!((now.len(), &*now[0], &*now[9]), (10, "sip:a@203.0.113.5:10", "sip:fixed@203.0.113.5"));
    assert!(!now.contains(&"sip:a@203.0.113.5:1".into()), "the oldest of the same phone");
    let events: Vec<_> = core::iter::from_fn(|| story.next_event()).collect();
    let gone = Event::Unregistered { user: "anna".into(), contact: uri("sip:a@203.0.113.5:1") };
    assert_eq!(events.iter().filter(|event| matches!(event, Event::Unregistered { .. })).collect::<Vec<_>>(), [&gone]);

    registers(&mut story, 3, "anna", "Contact: <sip:moved@203.0.113.5>\n");
    assert!(!places(&story).contains(&"sip:fixed@203.0.113.5".into()), "of the same Call-ID");
    let many: String = (0..10).map(|at| format!("Contact: <sip:{at}@203.0.113.5>\n")).collect();
    assert_eq!(registers(&mut story, 5, "anna", &many).all("Contact").len(), 10);
    assert_eq!(places(&story).last().map(|place| &**place), Some("sip:0@203.0.113.5"), "strangers' oldest last");
    while story.next_event().is_some() {}
    story.passes(Duration::from_secs(3600));
    assert_eq!(story.endpoint.gauges().bindings, 0);
    assert_eq!(core::iter::from_fn(|| story.next_event()).count(), 10);
    story.settles();
}

#[test]
fn a_registrar_may_rewrite_our_contact() {
    let ours = "Contact: <sip:u1@192.0.2.1:5060>;expires=900\n";
    let [one, two] =
        ["31000>;expires=120", "31001>;expires=100"].map(|port| format!("Contact: <sip:u1@198.51.100.200:{port}\n"));
    let cases = [
        (one.clone(), 120),
        (format!("{one}{two}"), 100),
        (format!("{one}{two}{ours}"), 900),
        (format!("{one}Expires: 50\n"), 120),
        ("Contact: <sip:u1@198.51.100.200>\nExpires: 50\n".into(), 50),
        ("Expires: 50\n".into(), 50),
        ("Contact: <sip:u1@192.0.2.1:5060>\nExpires: 50\n".into(), 50),
        (format!("{one}Contact: <sip:u1@198.51.100.201>;expires=0\n"), 120),
        (String::new(), 3600),
    ];
    for (fields, granted) in cases {
        let mut story = Story::new();
        let id = story.does(|endpoint, now| endpoint.register(trunk(&[PEER]), now));
        let first = story.says_line("REGISTER");
        story.hears(&response("200 OK", &first, "t", &fields, ""));
        let expected = Event::Registration { id, outcome: Ok(Duration::from_secs(granted)) };
        assert_eq!(story.event(), expected, "{fields}");
    }
}

#[test]
fn streams_of_phones_and_trunks_are_kept_while_they_are_registered() {
    let mut story = desk().over_tcp();
    registers(&mut story, 1, "anna", "Contact: <sip:anna@10.0.0.5:5060;transport=tcp>\nExpires: 3600\n");
    story.event();
    let kept = |story: &Story| story.endpoint.streams().into_iter().collect::<Vec<_>>();
    assert_eq!(kept(&story), [addr(PHONE)]);
    let targets = vec![Target { transport: Transport::Tcp, addr: addr(PEER) }];
    let id = story.does(|endpoint, now| endpoint.register(Register { targets, ..trunk(&[]) }, now));
    let asked = story.says_line("REGISTER");
    story.hears(&response("200 OK", &asked, "registrar", "Expires: 7200\n", ""));
    assert!(matches!(story.event(), Event::Registration { outcome: Ok(_), .. }));
    story.passes(Duration::from_secs(3_000));
    assert_eq!(kept(&story), [addr(PEER), addr(PHONE)]);
    story.passes(Duration::from_secs(600));
    assert_eq!(kept(&story), [addr(PEER)], "the phone has gone");
    story.does(|endpoint, now| endpoint.unregister(id, now));
    let asked = story.says_line("REGISTER");
    story.hears(&response("200 OK", &asked, "registrar", "", ""));
    assert!(kept(&story).is_empty());
}
