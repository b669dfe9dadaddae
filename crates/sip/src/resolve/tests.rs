//! Resolutions as tables: a URI, a little DNS, the targets.

use bytes::Bytes;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng as _;

use super::*;
use crate::uri::Uri;

const BOTH: &[Transport] = &[Transport::Udp, Transport::Tcp];

/// Records as text: `NAPTR name order preference flags service replacement`, `SRV name priority weight port target`,
/// `A name address`.
const ZONE: &str = "\
NAPTR full.example 50 50 s SIPS+D2T _sips._tcp.full.example
NAPTR full.example 90 50 s SIP+D2U _sip._udp.full.example.
NAPTR full.example 90 40 S sip+d2t _sip._tcp.full.example
NAPTR full.example 10 10 u E2U+sip ignored.example
SRV _sip._udp.full.example 1 0 5080 one.full.example
SRV _sip._tcp.full.example 2 0 5060 two.full.example.
SRV _sip._tcp.full.example 1 0 5070 ONE.full.example
A one.full.example 192.0.2.1
A one.full.example 2001:db8::1
A two.full.example 192.0.2.2
SRV _sip._tcp.srv.example 1 0 5061 one.full.example
SRV _sip._udp.closed.example 0 0 0 .
A closed.example 192.0.2.9
A plain.example 192.0.2.3
A plain.example 192.0.2.4
A plain.example 192.0.2.3
";

fn look_up(query: &Query) -> Answer {
    let (kind, asked) = match query {
        Query::Naptr(name) => ("NAPTR", name),
        Query::Srv(name) => ("SRV", name),
        Query::Address(name) => ("A", name),
    };
    let records = ZONE.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let found: Vec<_> = records.filter(|fields| fields[0] == kind && fields[1] == asked).collect();
    let number = |text: &str| text.parse::<u16>().unwrap();
    match kind {
        _ if found.is_empty() => Answer::None,
        "NAPTR" => Answer::Naptr(
            found
                .iter()
                .map(|field| Naptr {
                    order: number(field[2]),
                    preference: number(field[3]),
                    flags: field[4].into(),
                    service: field[5].into(),
                    replacement: field[6].into(),
                })
                .collect(),
        ),
        "SRV" => Answer::Srv(
            found
                .iter()
                .map(|field| Srv {
                    priority: number(field[2]),
                    weight: number(field[3]),
                    port: number(field[4]),
                    target: field[5].into(),
                })
                .collect(),
        ),
        _ => Answer::Addresses(found.iter().map(|field| field[2].parse().unwrap()).collect()),
    }
}

/// Sockets of these transports, with IPv4 and as wanted with IPv6.
fn listening(transports: &[Transport], ipv6: bool) -> Vec<Listen> {
    let each = |transport: &Transport| {
        let at = |addr: &str| Listen { transport: *transport, addr: addr.parse().unwrap() };
        [Some(at("192.0.2.9:5060")), ipv6.then(|| at("[2001:db8::9]:5060"))]
    };
    transports.iter().flat_map(each).flatten().collect()
}

fn begin(uri: &str, transports: &[Transport], ipv6: bool) -> Resolution {
    from(uri, &listening(transports, ipv6))
}

fn from(uri: &str, listen: &[Listen]) -> Resolution {
    let Ok(Uri::Sip(uri)) = Uri::parse(&Bytes::copy_from_slice(uri.as_bytes())) else { panic!("{uri} is no SIP URI") };
    Resolution::new(&uri, listen)
}

/// The targets as text, and how many questions were asked. The last of several open questions is answered first.
fn resolve(uri: &str, transports: &[Transport], ipv6: bool) -> (Vec<String>, usize) {
    walk(uri, &listening(transports, ipv6))
}

fn walk(uri: &str, listen: &[Listen]) -> (Vec<String>, usize) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut resolution = from(uri, listen);
    let mut open = Vec::new();
    let mut asked = 0;
    loop {
        while let Some(query) = resolution.poll_query() {
            asked += 1;
            open.push(query);
        }
        let Some(query) = open.pop() else { break };
        assert_eq!(resolution.targets(), None, "{query:?} is still open");
        resolution.handle_answer(&query, look_up(&query), &mut rng);
    }
    let targets = resolution.targets().expect("everything was answered");
    (targets.iter().map(|target| format!("{} {}", target.transport.token(), target.addr)).collect(), asked)
}

#[test]
fn each_way_to_a_target() {
    let cases: [(&str, usize, &[&str]); 16] = [
        ("sip:192.0.2.7", 0, &["UDP 192.0.2.7:5060"]),
        ("sip:192.0.2.7:5090;transport=tcp", 0, &["TCP 192.0.2.7:5090"]),
        ("sip:[2001:db8::7]", 0, &["UDP [2001:db8::7]:5060"]),
        ("sip:full.example;maddr=192.0.2.8", 0, &["UDP 192.0.2.8:5060"]),
        ("sip:a.example:5091;maddr=plain.example", 1, &["UDP 192.0.2.3:5091", "UDP 192.0.2.4:5091"]),
        ("sip:plain.example:5090", 1, &["UDP 192.0.2.3:5090", "UDP 192.0.2.4:5090"]),
        ("sip:plain.example:5090;transport=TCP", 1, &["TCP 192.0.2.3:5090", "TCP 192.0.2.4:5090"]),
        ("sip:full.example;transport=udp", 2, &["UDP 192.0.2.1:5080", "UDP [2001:db8::1]:5080"]),
        ("sip:plain.example;transport=tcp", 2, &["TCP 192.0.2.3:5060", "TCP 192.0.2.4:5060"]),
        (
            "sip:Full.Example.",
            5,
            &[
                "TCP 192.0.2.1:5070",
                "TCP [2001:db8::1]:5070",
                "TCP 192.0.2.2:5060",
                "UDP 192.0.2.1:5080",
                "UDP [2001:db8::1]:5080",
            ],
        ),
        ("sip:srv.example", 4, &["TCP 192.0.2.1:5061", "TCP [2001:db8::1]:5061"]),
        ("sip:plain.example", 4, &["UDP 192.0.2.3:5060", "UDP 192.0.2.4:5060"]),
        ("sip:closed.example", 3, &[]),
        ("sip:nowhere.example", 4, &[]),
        ("sips:full.example", 0, &[]),
        ("sip:192.0.2.7;transport=sctp", 0, &[]),
    ];
    for (uri, asked, targets) in cases {
        let (found, questions) = resolve(uri, BOTH, true);
        assert_eq!(
            (found.iter().map(String::as_str).collect::<Vec<_>>(), questions),
            (targets.to_vec(), asked),
            "{uri}"
        );
    }
}

#[test]
fn what_we_do_not_have_is_not_asked_for() {
    assert_eq!(resolve("sip:full.example", &[Transport::Udp], false), (vec!["UDP 192.0.2.1:5080".into()], 3));
    assert_eq!(resolve("sip:192.0.2.7;transport=tcp", &[Transport::Udp], true).0, [""; 0]);
    assert_eq!(resolve("sip:[2001:db8::7]", BOTH, false).0, [""; 0]);
    assert_eq!(resolve("sip:192.0.2.7", &[Transport::Tcp], true).0, ["TCP 192.0.2.7:5060"]);
    assert_eq!(resolve("sip:192.0.2.7", &[], true).0, [""; 0]);
}

#[test]
fn only_families_that_we_listen_on_are_targets() {
    let listen = |places: &[&str]| -> Vec<Listen> {
        let place = |place: &&str| {
            let (transport, addr) = place.split_once(' ').unwrap();
            Listen { transport: Transport::from_token(transport.as_bytes()).unwrap(), addr: addr.parse().unwrap() }
        };
        places.iter().map(place).collect()
    };
    let cases: [(&[&str], &str, &[&str]); 6] = [
        (&["UDP [::1]:5060"], "sip:[2001:db8::7]:5070", &["UDP [2001:db8::7]:5070"]),
        (&["UDP [::1]:5060"], "sip:192.0.2.7", &[]),
        (&["UDP [::1]:5060"], "sip:full.example", &["UDP [2001:db8::1]:5080"]),
        (&["UDP [::1]:5060", "TCP 192.0.2.9:5060"], "sip:[2001:db8::7];transport=tcp", &[]),
        (
            &["UDP [::1]:5060", "TCP 192.0.2.9:5060"],
            "sip:full.example",
            &["TCP 192.0.2.1:5070", "TCP 192.0.2.2:5060", "UDP [2001:db8::1]:5080"],
        ),
        (&["TCP [::1]:5060"], "sip:plain.example", &[]),
    ];
    for (places, uri, targets) in cases {
        assert_eq!(walk(uri, &listen(places)).0, targets, "{uri} from {places:?}");
    }
}

#[test]
fn records_and_targets_are_limited() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut resolution = begin("sip:many.example;transport=udp", BOTH, true);
    let query = resolution.poll_query().unwrap();
    let server = |port| Srv { priority: 1, weight: 1, port, target: format!("s{port}.example") };
    resolution.handle_answer(&query, Answer::Srv((1..1_000).map(server).collect()), &mut rng);
    let questions: Vec<_> = std::iter::from_fn(|| resolution.poll_query()).collect();
    assert_eq!(questions.len(), MAX_RECORDS);
    let addresses: Vec<_> = (0..200).map(|last| core::net::Ipv4Addr::new(192, 0, 2, last).into()).collect();
    for query in questions {
        resolution.handle_answer(&query, Answer::Addresses(addresses.clone()), &mut rng);
    }
    assert_eq!(resolution.targets().unwrap().len(), MAX_TARGETS);
}

#[test]
fn answers_to_nothing_are_ignored() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut resolution = begin("sip:plain.example:5090", BOTH, true);
    let query = resolution.poll_query().unwrap();
    let stray = [Query::Naptr("plain.example".into()), Query::Srv("x".into()), Query::Address("other.example".into())];
    for stray in stray {
        resolution.handle_answer(&stray, Answer::Addresses(vec!["192.0.2.66".parse().unwrap()]), &mut rng);
        assert_eq!(resolution.targets(), None);
    }
    resolution.handle_answer(&query, Answer::Srv(Vec::new()), &mut rng);
    assert_eq!(resolution.targets(), Some(&[][..]), "an answer of another kind holds nothing");
    resolution.handle_answer(&query, look_up(&query), &mut rng);
    assert_eq!(resolution.targets(), Some(&[][..]), "what is settled stays");
}
