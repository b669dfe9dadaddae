//! Who gets in (RFC 3261 section 22): by address, by digest, not at all; and how often strangers are answered.

mod story;

use sip::{Event, Method, Source, Trunk, User};
use story::{SDP, Story, invite, lone, request, shows, trusting};

const STRANGER: &str = "203.0.113.5:5060";
const CALLED: &str = "sip:+918000000001@192.0.2.1";

fn guarded() -> Story {
    Story::with(guard())
}

fn guard() -> sip::Config {
    let mut config = trusting();
    config.realm = "here.example".into();
    config.users = vec![User { name: "anna".into(), password: "secret".into() }];
    let prefixes = vec!["198.51.100.0/28".parse().expect("a prefix"), "192.0.2.200".parse().expect("a prefix")];
    config.trunks = vec![Trunk { name: "carrier".into(), prefixes }];
    config
}

/// The INVITE of a stranger, with or without credentials.
fn call(branch: &str, fields: &str) -> String {
    invite(branch)
        .replace("Content-Type", &format!("{fields}Content-Type"))
        .replace("CSeq: 1", &format!("CSeq: {branch}"))
}

#[test]
fn a_user_calls_with_the_right_password() {
    let mut story = guarded();
    story.hears_from(STRANGER, &call("1", ""));
    let challenged = story.says_line("SIP/2.0 401");
    assert_eq!(challenged.all("WWW-Authenticate").len(), 1, "phones that know MD5 only give up at anything else");
    assert!(challenged.get("WWW-Authenticate").contains("algorithm=MD5"));
    assert!(challenged.get("WWW-Authenticate").contains("realm=\"here.example\""));
    story.no_event();
    assert_eq!(story.endpoint.gauges(), sip::Gauges::default(), "no state for strangers");
    let shown = shows(&challenged, "anna", "secret", (Method::Invite, CALLED));
    story.hears_from(STRANGER, &call("2", &shown));
    let Event::Invited { id, invitation } = story.event() else { panic!("an INVITE") };
    assert_eq!(invitation.source, Source::User("anna".into()));
    story.does(|endpoint, now| endpoint.accept(id, SDP.into(), now));
    let tag = story.says_line("SIP/2.0 200").tag("To");
    story.hears_from(STRANGER, &request("ACK", 2, "3", &tag));
    story.event();
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    let bye = story.says_line("BYE sip:anna@198.51.100.7:5060");
    assert_eq!(bye.path.remote.to_string(), STRANGER, "a phone's Contact does not send us elsewhere");
    story.closed();
    let challenge = "WWW-Authenticate: Digest realm=\"here.example\", nonce=\"x\"\n";
    story.hears_from(STRANGER, &story::response("401 Unauthorized", &bye, "", challenge, ""));
    story.says_nothing();
    story.settles();
}

#[test]
fn wrong_passwords_and_unknown_users_get_the_same() {
    let mut story = guarded();
    story.hears_from(STRANGER, &call("1", ""));
    let challenged = story.says();
    for (branch, user, password) in [("2", "anna", "guess"), ("3", "nobody", "guess"), ("4", "nobody", "secret")] {
        let shown = shows(&challenged, user, password, (Method::Invite, CALLED));
        story.hears_from(STRANGER, &call(branch, &shown));
        let refused = story.says_line("SIP/2.0 401");
        assert!(!refused.get("WWW-Authenticate").contains("stale"));
        story.no_event();
    }
}

#[test]
fn a_replay_is_stale() {
    let mut story = guarded();
    story.hears_from(STRANGER, &call("1", ""));
    let challenged = story.says();
    let shown = shows(&challenged, "anna", "secret", (Method::Invite, CALLED));
    story.hears_from(STRANGER, &call("2", &shown));
    story.invited();
    story.hears_from(STRANGER, &call("3", &shown).replace("story@", "other@"));
    assert!(story.says_line("SIP/2.0 401").get("WWW-Authenticate").contains("stale=true"));
    story.no_event();
}

#[test]
fn every_method_is_asked_who_sent_it() {
    for method in ["INVITE", "OPTIONS", "REGISTER", "MESSAGE", "SUBSCRIBE", "BYE", "INFO", "FOOBAR"] {
        let mut story = guarded();
        story.hears_from(STRANGER, &lone(method, "1", "Contact: <sip:a@203.0.113.5>\n"));
        story.says_line("SIP/2.0 401");
        story.no_event();
    }
}

#[test]
fn trunks_are_known_by_address() {
    for (remote, source) in [
        ("198.51.100.7:5060", Source::Trunk("carrier".into())),
        ("192.0.2.200:5060", Source::Trunk("carrier".into())),
        ("198.51.100.77:5060", Source::Trusted),
    ] {
        let mut story = guarded();
        story.hears_from(remote, &invite("1"));
        let Event::Invited { invitation, .. } = story.event() else { panic!("an INVITE") };
        assert_eq!(invitation.source, source);
    }
}

#[test]
fn a_trusted_caller_may_be_asked_too() {
    let mut story = guarded();
    story.hears(&call("1", ""));
    let id = story.invited();
    story.does(|endpoint, now| endpoint.challenge(id, now));
    let challenged = story.says_line("SIP/2.0 401");
    assert_eq!(story.closed().status, Some(401));
    let shown = shows(&challenged, "anna", "secret", (Method::Invite, CALLED));
    story.hears(&call("2", &shown));
    let Event::Invited { invitation, .. } = story.event() else { panic!("an INVITE") };
    assert_eq!(invitation.source, Source::User("anna".into()));
}

#[test]
fn strangers_are_answered_ten_times_a_second() {
    let mut story = guarded();
    for at in 0..50 {
        story.hears_from(STRANGER, &lone("OPTIONS", &at.to_string(), ""));
    }
    assert_eq!(story.said_at("SIP/2.0 401").len(), 10);
    for at in 0..50 {
        story.hears_from(STRANGER, &format!("OPTIONS sip:a@b SIP/3.0\nVia: SIP/2.0/UDP a;branch=z9hG4bK{at}\n"));
    }
    story.says_nothing();
    story.passes_ms(500);
    for at in 0..50 {
        story.hears_from(STRANGER, &lone("OPTIONS", &format!("x{at}"), ""));
    }
    assert_eq!(story.said_at("SIP/2.0 401").len(), 5);
    for at in 0..50 {
        story.hears(&lone("OPTIONS", &format!("y{at}"), ""));
    }
    assert_eq!(story.said_at("SIP/2.0 200").len(), 50, "whom we know is always answered");
}

#[test]
fn a_stranger_does_not_end_calls() {
    let mut story = guarded();
    let (_, tag) = story.answered();
    story.hears_from(STRANGER, &request("BYE", 2, "2", &tag));
    story.says_line("SIP/2.0 401");
    story.no_event();
    story.hears_from(STRANGER, &lone("CANCEL", "7", ""));
    story.says_line("SIP/2.0 481");
    story.hears_from("198.51.100.9:5060", &request("BYE", 2, "3", &tag));
    story.says_line("SIP/2.0 200");
    story.closed();
}

#[test]
fn sha_256_is_offered_first_where_it_is_wanted() {
    let mut story = Story::with(sip::Config { sha256: true, ..guard() });
    story.hears_from(STRANGER, &call("1", ""));
    let challenged = story.says_line("SIP/2.0 401");
    let [first, second] = challenged.all("WWW-Authenticate")[..] else { panic!("two challenges") };
    assert!(first.contains("algorithm=SHA-256") && second.contains("algorithm=MD5"));
    let shown = shows(&challenged, "anna", "secret", (Method::Invite, CALLED));
    assert!(shown.contains("algorithm=SHA-256"));
    story.hears_from(STRANGER, &call("2", &shown));
    story.invited();
}

#[test]
fn strangers_do_not_lock_users_out() {
    let mut story = guarded();
    let knocks = |story: &mut Story, first: u32| {
        for source in first..first + 1500 {
            let remote = std::net::SocketAddr::from((std::net::Ipv4Addr::from(source), 5060));
            story.hears_from(&remote.to_string(), &lone("OPTIONS", &source.to_string(), ""));
        }
        story.said_at("SIP/2.0 401").len()
    };
    story.hears_from(STRANGER, &call("1", ""));
    let shown = shows(&story.says_line("SIP/2.0 401"), "anna", "secret", (Method::Invite, CALLED));
    story.hears_from(STRANGER, &call("2", &shown));
    story.invited();
    story.passes_ms(7_199_000);
    while story.next_said().is_some() {}
    assert_eq!(knocks(&mut story, 0x0b00_0000), 1000);
    story.hears_from("203.0.113.6:5060", &lone("OPTIONS", "s", ""));
    story.says_nothing();
    for at in 0..20 {
        story.hears_from(STRANGER, &lone("OPTIONS", &format!("u{at}"), ""));
    }
    assert_eq!(story.said_at("SIP/2.0 401").len(), 10, "as often as any other, whatever the others do");
    story.passes_ms(2000);
    assert_eq!(knocks(&mut story, 0x0c00_0000), 1000);
    story.hears_from(STRANGER, &lone("OPTIONS", "late", ""));
    assert_eq!(story.next_said().map(|said| said.text), None, "it was long ago");
}
