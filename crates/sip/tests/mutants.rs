//! Broken messages: ten thousand mutants of a call's messages and of answers to ours. Nothing panics, nothing is left.

mod story;

use core::time::Duration;

use sip::{Event, Gauges, Headers, Invite, NameAddr, Target, Transport, Uri};
use story::{SDP, Story, addr, invite, request, response};

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn mutate(&mut self, text: &str) -> Vec<u8> {
        const ODD: [&str; 12] = [
            "\n",
            ",",
            ";",
            "<",
            ">",
            "\"",
            "@",
            ":",
            "0",
            "4294967296",
            "SIP/2.0",
            "\nVia: SIP/2.0/UDP x;branch=z9hG4bK",
        ];
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..=self.roll(3) {
            let at = self.roll(bytes.len());
            let until = (at + self.roll(12)).min(bytes.len());
            match self.roll(4) {
                0 => bytes[at] = self.roll(256) as u8,
                1 => drop(bytes.drain(at..until)),
                2 => drop(bytes.splice(at..until, ODD[self.roll(ODD.len())].bytes())),
                _ => {
                    let copy = bytes[at..until].to_vec();
                    drop(bytes.splice(at..at, copy));
                }
            }
            if bytes.is_empty() {
                break;
            }
        }
        bytes
    }
}

fn call() -> Invite {
    let uri = |text: &'static str| Uri::parse(&text.into()).expect("a URI");
    Invite {
        to: uri("sip:+919900000002@peer.example"),
        from: NameAddr::new(uri("sip:+918000000001@here.example")),
        targets: vec![Target { transport: Transport::Udp, addr: addr(story::PEER) }],
        route: Vec::new(),
        credentials: None,
        headers: Headers::default(),
        offer: SDP.into(),
        others: false,
        call_id: None,
    }
}

#[test]
fn ten_thousand_mutants() {
    let mut dice = Dice(7);
    for _ in 0..100 {
        let mut story = Story::new();
        let (_, tag) = story.answered();
        let id = story.does(|endpoint, now| endpoint.invite(call(), now));
        let ours = story.says_line("INVITE");
        let fields = "Contact: <sip:c@198.51.100.7>\nRequire: 100rel\nRSeq: 1\nSession-Expires: 1800\n";
        let parts = "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b\r\n\r\nxx\r\n--b--";
        let length = format!("Content-Length: {}", parts.len());
        let originals = [
            invite("2").replace("story@", "another@"),
            invite("3")
                .replace("story@", "third@")
                .replace("Content-Type", "Supported: 100rel, timer\nSession-Expires: 90\nContent-Type"),
            invite("9")
                .replace("story@", "fourth@")
                .replace("application/sdp", "multipart/mixed;boundary=b")
                .replace("Content-Length: 5", &length)
                .replace("v=0\n", parts),
            request("INVITE", 2, "4", &tag),
            request("UPDATE", 3, "5", &tag),
            request("INFO", 4, "6", &tag),
            request("PRACK", 5, "7", &tag).replace("Content-Length", "RAck: 1 1 INVITE\nContent-Length"),
            request("ACK", 1, "8", &tag),
            response("183 Progress", &ours, "callee", fields, ""),
            response("200 OK", &ours, "callee", fields, ""),
            response("407 Who", &ours, "callee", "Proxy-Authenticate: Digest realm=\"a\", nonce=\"b\"\n", ""),
        ];
        for _ in 0..100 {
            let text = &originals[dice.roll(originals.len())];
            let bytes = dice.mutate(&text.replace("\r\n", "\n").replace('\n', "\r\n"));
            story.hears_bytes(bytes.into());
            story.passes(Duration::from_millis(dice.roll(300) as u64));
            while let Some(event) = story.next_event() {
                let now = story.now;
                match event {
                    Event::Invited { id, .. } if dice.roll(2) == 0 => story.endpoint.accept(id, SDP.into(), now),
                    Event::Invited { id, .. } => story.endpoint.ring(id, 183, Some(SDP.into()), now),
                    Event::Offered { id, .. } => story.endpoint.answer(id, Ok(Some(SDP.into())), now),
                    _ => {}
                }
                story.passes_ms(0);
            }
        }
        story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
        story.passes(Duration::from_secs(100));
        while let Some(event) = story.next_event() {
            if let Event::Invited { id, .. } | Event::Acked { id, .. } = event {
                story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
            }
        }
        // What still rings or talks ends with its session timer, or is hung up here.
        for id in story.invited_ever() {
            story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
        }
        story.passes(Duration::from_secs(100));
        assert_eq!(story.endpoint.gauges(), Gauges::default());
    }
}
