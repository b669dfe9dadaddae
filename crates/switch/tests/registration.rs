//! Registrations with trunks, from the DNS to the registrar's word and back, in virtual time.

use core::time::Duration;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use jiff::Timestamp;
use model::{CallSid, HttpRequest, Moment, StatusReport, Tenant};
use sip::{Answer, Credentials, Listen, Path, Query, SipUri, Srv, Transport, Uri};
use switch::{Config, Limits, Numbering, Output, Reporting, ResolveKey, Switch, Trunk};

struct Plain;

impl Reporting for Plain {
    fn status(&self, report: &StatusReport<'_>, _: u32, _: Timestamp) -> HttpRequest {
        HttpRequest::get(report.callback.url.clone(), Duration::ZERO)
    }
}

impl Numbering for Plain {
    fn call_sid(&self, _: [u8; switch::NAME_BYTES], _: Timestamp) -> CallSid {
        CallSid::new("call")
    }

    fn normalise(&self, number: &str) -> String {
        number.to_owned()
    }
}

fn uri(text: &str) -> SipUri {
    match Uri::parse(&Bytes::copy_from_slice(text.as_bytes())) {
        Ok(Uri::Sip(uri)) => uri,
        other => panic!("{text}: {other:?}"),
    }
}

fn trunk(name: &str, host: &str, register: bool) -> Trunk {
    Trunk {
        name: name.into(),
        uri: uri(&format!("sip:{host}")),
        credentials: Some(Credentials { username: "u1".into(), password: "secret".into() }),
        register,
        numbers: Vec::new(),
        caller_id: None,
    }
}

/// A switch with trunks, and what it wants done.
struct Stage {
    switch: Switch,
    now: Moment,
    sent: Vec<(Path, String)>,
    asked: Vec<(ResolveKey, Query)>,
    told: Vec<(String, Result<Duration, Option<u16>>)>,
}

impl Stage {
    fn new(trunks: Vec<Trunk>) -> Self {
        let listen = vec![Listen { transport: Transport::Udp, addr: "192.0.2.1:5060".parse().expect("an address") }];
        let config = Config {
            tenant: Tenant::default(),
            media_workers: 1,
            media_timeout: Duration::ZERO,
            limits: Limits::default(),
            trunks,
            sip: sip::Config { listen, ..sip::Config::default() },
            dial: Vec::new(),
            groups: Vec::new(),
            sticky: Duration::ZERO,
            talks: Vec::new(),
            numbering: Arc::new(Plain),
            reporting: Arc::new(Plain),
        };
        #[expect(clippy::disallowed_methods, reason = "a story has to begin somewhere")]
        let now = Moment { at: Instant::now(), wall: Timestamp::UNIX_EPOCH };
        let (sent, asked, told) = (Vec::new(), Vec::new(), Vec::new());
        let mut stage = Self { switch: Switch::new(config, [7; 32]), now, sent, asked, told };
        stage.does(Switch::start);
        stage
    }

    fn does(&mut self, act: impl FnOnce(&mut Switch, Moment)) {
        act(&mut self.switch, self.now);
        while let Some(output) = self.switch.poll_output() {
            match output {
                Output::Transmit(transmit) => {
                    self.sent.push((transmit.path, String::from_utf8_lossy(&transmit.bytes).into_owned()));
                }
                Output::Resolve { key, query } => self.asked.push((key, query)),
                Output::Registration { trunk, outcome } => self.told.push((trunk, outcome)),
                other => panic!("unexpected: {other:?}"),
            }
        }
    }

    fn passes(&mut self, seconds: u64) {
        let end = self.now.at + Duration::from_secs(seconds);
        while let Some(due) = self.switch.poll_timeout().filter(|due| *due <= end) {
            self.now.at = due.max(self.now.at);
            self.does(Switch::handle_timeout);
        }
        self.now.at = end;
    }

    /// Answers the one question that was asked.
    fn says(&mut self, query: &Query, answer: Answer) {
        let (key, asked) = self.asked.remove(0);
        assert_eq!((&asked, &self.asked[..]), (query, &[][..]));
        self.does(|switch, now| switch.handle_resolved(key, &asked, answer, now));
    }

    /// The next REGISTER, and where it went.
    #[track_caller]
    fn registers(&mut self) -> (Path, String) {
        assert!(!self.sent.is_empty(), "nothing was sent");
        let (path, text) = self.sent.remove(0);
        assert!(text.starts_with("REGISTER "), "{text}");
        (path, text)
    }

    /// The registrar answers.
    fn hears(&mut self, (path, request): &(Path, String), status: &str, fields: &str) {
        let field = |name: &str| request.lines().find(|line| line.starts_with(name)).expect("a field").to_owned();
        let copied = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"].map(field).join("\r\n");
        let text = format!("SIP/2.0 {status}\r\n{copied}\r\n{fields}Content-Length: 0\r\n\r\n");
        self.does(|switch, now| switch.handle_message(text.into(), *path, now));
    }

    fn states(&self) -> Vec<(&str, bool)> {
        self.switch.registrations().collect()
    }
}

const SERVER: &str = "_sip._udp.carrier.example";

fn address(last: u8) -> Answer {
    Answer::Addresses(vec![[198, 51, 100, last].into()])
}

#[test]
fn a_trunk_that_wants_it_is_registered_with_and_left() {
    let mut stage = Stage::new(vec![trunk("quiet", "198.51.100.9", false), trunk("carrier", "carrier.example", true)]);
    assert_eq!(stage.states(), [("carrier", false)]);
    stage.says(&Query::Naptr("carrier.example".into()), Answer::None);
    let server = Srv { priority: 1, weight: 1, port: 5070, target: "a.carrier.example".into() };
    stage.says(&Query::Srv(SERVER.into()), Answer::Srv(vec![server]));
    stage.says(&Query::Address("a.carrier.example".into()), address(7));
    let first = stage.registers();
    assert_eq!(first.0.remote.to_string(), "198.51.100.7:5070");
    for part in
        ["REGISTER sip:carrier.example SIP/2.0\r\n", "<sip:u1@192.0.2.1:5060>;expires=3600", "To: <sip:u1@carrier"]
    {
        assert!(first.1.contains(part), "{part}: {}", first.1);
    }
    stage.hears(&first, "401 Unauthorized", "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256\r\n");
    let second = stage.registers();
    assert!(second.1.contains("Authorization: Digest username=\"u1\", realm=\"r\""), "{}", second.1);
    stage.hears(&second, "200 OK", "Contact: <sip:u1@192.0.2.1:5060>;expires=600\r\n");
    assert_eq!(stage.told, [("carrier".to_owned(), Ok(Duration::from_secs(600)))]);
    assert_eq!(stage.states(), [("carrier", true)]);

    // It is renewed a minute before its end, and nobody is told the same twice.
    stage.passes(539);
    assert_eq!(stage.sent, []);
    stage.passes(1);
    let renewed = stage.registers();
    stage.hears(&renewed, "200 OK", "Expires: 600\r\n");
    assert_eq!((stage.told.len(), stage.asked.len()), (1, 0));

    stage.does(Switch::leave);
    let last = stage.registers();
    assert!(last.1.contains(";expires=0\r\n"), "{}", last.1);
    assert!(stage.switch.is_leaving());
    stage.hears(&last, "200 OK", "");
    assert!(!stage.switch.is_leaving());
    assert_eq!((stage.states(), stage.switch.poll_timeout().is_some()), (vec![("carrier", false)], true));
    stage.passes(10);
    assert_eq!((stage.sent, stage.switch.gauges().sip), (Vec::new(), sip::Gauges::default()));
}

#[test]
fn after_a_failure_the_way_is_found_anew() {
    let mut stage = Stage::new(vec![trunk("carrier", "carrier.example:5070", true)]);
    let query = Query::Address("carrier.example".into());
    // The network is not there yet.
    stage.says(&query, Answer::None);
    assert_eq!(stage.told, [("carrier".to_owned(), Err(None))]);
    stage.says(&query, Answer::None);
    stage.passes(29);
    assert_eq!((stage.asked.len(), stage.sent.len()), (0, 0));
    stage.passes(1);
    stage.says(&query, address(7));
    let first = stage.registers();
    stage.hears(&first, "403 Forbidden", "");
    stage.says(&query, address(8));
    assert_eq!((stage.told.len(), stage.sent.len()), (1, 0), "still not registered: no news, and no hurry");
    stage.passes(119);
    assert_eq!(stage.sent, []);
    stage.passes(1);
    let second = stage.registers();
    assert_eq!(second.0.remote.to_string(), "198.51.100.8:5070");
    stage.hears(&second, "200 OK", "Expires: 100\r\n");
    assert_eq!(stage.told[1..], [("carrier".to_owned(), Ok(Duration::from_secs(100)))]);

    // Nobody answers the renewal: it is no longer good, and tried again.
    stage.passes(50 + 32);
    assert_eq!(stage.told[2..], [("carrier".to_owned(), Err(None))]);
    assert_eq!(stage.states(), [("carrier", false)]);
    stage.does(Switch::leave);
    assert!(!stage.switch.is_leaving(), "where we are not registered nobody need be told");
}
