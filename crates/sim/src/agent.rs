//! A phone's user agent, written as text against RFC 3261 and sharing nothing with the switch's own stack: one call at
//! a time, over UDP, with the retransmissions that a lossy network needs.
//!
//! ```text
//! Idle ─ dial ─► Calling ─ 18x ─► Ringing ─ 2xx ─► Talking ─ bye ─► Over
//! Idle ─ INVITE ─► Alerting ─ answer ─► Talking        └── 3xx-6xx ──► Over
//! ```

mod register;

use core::net::{IpAddr, SocketAddr};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;

use register::Registration;

use crate::describes::Describes;
use crate::manner::Manner;
use crate::network::Datagram;
use crate::sound::{Ear, FRAME_TIME, Mouth, Tones};
use crate::wire::{Text, finish};

/// T1 and T2 of RFC 3261 section 17.
const T1: Duration = Duration::from_millis(500);
const T2: Duration = Duration::from_secs(4);

/// How often a message is sent again before the phone gives up: past 64*T1.
const TRIES: u32 = 11;

/// Where a phone stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    Idle,
    Calling,
    Ringing,
    Alerting,
    Talking,
    Over,
}

/// Something that a phone's user does.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Dial(String),
    Answer,
    Reject(u16),
    Press(String),
    HangUp,
    Hold(bool),
    FallSilent,
    Inform(char),
    Move(IpAddr),
}

/// A message that is sent again until something comes back.
struct Resend {
    what: Waiting,
    bytes: Bytes,
    at: Instant,
    interval: Duration,
    left: u32,
}

/// What stops a [`Resend`].
#[derive(Clone, Debug, PartialEq, Eq)]
enum Waiting {
    /// A response to the transaction of that branch.
    Response(String),
    /// The ACK of our final response.
    Ack,
    /// The PRACK of our reliable response.
    Prack,
}

/// A phone's user agent.
pub(crate) struct Agent {
    pub(crate) name: String,
    /// Who it says it is when it calls; its name, if `None`.
    pub(crate) number: Option<String>,
    pub(crate) address: SocketAddr,
    /// Where it believes that it is, behind a NAT.
    pub(crate) inside: Option<IpAddr>,
    server: SocketAddr,
    pub(crate) manner: Manner,
    pub(crate) describes: Describes,
    /// The Q.850 cause that its refusals name.
    pub(crate) refuses_for: Option<u8>,
    pub(crate) line: Line,
    pub(crate) ear: Ear,
    mouth: Mouth,
    plans: BTreeMap<(Instant, u64), Act>,
    counter: u64,
    call: Option<Dialog>,
    registration: Option<Registration>,
    resends: Vec<Resend>,
    /// The responses given, by branch and method, for requests that come twice.
    given: BTreeMap<String, Bytes>,
    speak_at: Option<Instant>,
    /// Final answers to our INVITEs and status of those that we were asked.
    pub(crate) finals: Vec<u16>,
    /// Why the far end hung up: its `Reason` header field.
    pub(crate) reason: Option<String>,
    pub(crate) out: VecDeque<Datagram>,
}

/// The one call of a phone.
struct Dialog {
    call_id: String,
    local: String,
    remote: String,
    target: String,
    cseq: u32,
    /// The INVITE, ours or theirs.
    invite: Text,
    media: Option<SocketAddr>,
    held: bool,
}

impl Agent {
    pub(crate) fn new(name: &str, address: SocketAddr, server: SocketAddr, tones: &Tones) -> Self {
        let ssrc = u32::from(address.port()) << 16 | u32::try_from(name.len()).unwrap_or(0);
        Self {
            name: name.to_owned(),
            number: None,
            address,
            inside: None,
            server,
            manner: Manner::Answers { after: Duration::ZERO, talks: None },
            describes: Describes::default(),
            refuses_for: None,
            line: Line::Idle,
            ear: Ear::new(tones.clone()),
            mouth: Mouth::new(tones.of(name), ssrc),
            plans: BTreeMap::new(),
            counter: 0,
            call: None,
            registration: None,
            resends: Vec::new(),
            given: BTreeMap::new(),
            speak_at: None,
            finals: Vec::new(),
            reason: None,
            out: VecDeque::new(),
        }
    }

    /// Where its media are received.
    pub(crate) fn media(&self) -> SocketAddr {
        SocketAddr::new(self.address.ip(), 4000)
    }

    pub(crate) fn plan(&mut self, act: Act, at: Instant) {
        self.counter += 1;
        self.plans.insert((at, self.counter), act);
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let plan = self.plans.keys().next().map(|(at, _)| *at);
        let resend = self.resends.iter().map(|resend| resend.at).min();
        [plan, resend, self.speak_at].into_iter().flatten().min()
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        while let Some(entry) = self.plans.first_entry()
            && entry.key().0 <= now
        {
            let act = entry.remove();
            self.act(act, now);
        }
        for index in 0..self.resends.len() {
            self.resend(index, now);
        }
        self.resends.retain(|resend| resend.left > 0);
        if self.speak_at.is_some_and(|at| at <= now) {
            self.speak(now);
        }
    }

    pub(crate) fn handle_datagram(&mut self, datagram: &Datagram, now: Instant) {
        if datagram.to == self.media() {
            self.ear.handle_packet(&datagram.bytes);
        } else if datagram.to == self.address {
            let message = Text::read(&datagram.bytes);
            match message.status() {
                Some(status) => self.on_response(&message, status, now),
                None => self.on_request(&message, now),
            }
        }
    }

    fn act(&mut self, act: Act, now: Instant) {
        match act {
            Act::Dial(number) => self.dial(&number, now),
            Act::Answer if self.line == Line::Alerting => self.answer(now),
            Act::Reject(status) if self.line == Line::Alerting => self.respond_invite(&format!("{status} No"), "", now),
            // Pressed before the call stands, keys are sent when it does: media may be heard before the answer is.
            Act::Press(keys) if !matches!(self.line, Line::Idle | Line::Over) => {
                keys.chars().for_each(|key| self.mouth.press(key))
            }
            Act::HangUp => self.hang_up(now),
            Act::Hold(on) if self.line == Line::Talking => self.hold(on, now),
            Act::FallSilent => self.speak_at = None,
            Act::Move(ip) => {
                self.address.set_ip(ip);
                self.hold(false, now);
            }
            Act::Inform(key) if self.line == Line::Talking => {
                self.in_dialog("INFO", &format!("Signal={key}\r\nDuration=160\r\n"), now);
            }
            Act::Answer | Act::Reject(_) | Act::Press(_) | Act::Hold(_) | Act::Inform(_) => {}
        }
    }

    fn dial(&mut self, number: &str, now: Instant) {
        self.counter += 1;
        let (count, name) = (self.counter, &self.name);
        let (ip, server) = (host(self.address), host(self.server));
        let target = format!("sip:{number}@{}", self.server);
        let from = self.number.as_ref().unwrap_or(name);
        let (local, remote) = (format!("<sip:{from}@{ip}>;tag={name}{count}"), format!("<sip:{number}@{server}>"));
        let call_id = format!("{name}-{count}@{ip}");
        let (uri, offer) = (target.clone(), self.offer(false));
        let mut call =
            Dialog { call_id, local, remote, target, cseq: 1, invite: Text::default(), media: None, held: false };
        let bytes = self.request(&call, "INVITE", &uri, 1, &self.branch(1), &[], &offer);
        call.invite = Text::read(&bytes);
        self.line = Line::Calling;
        self.ear.begin();
        self.call = Some(call);
        self.send_until(Waiting::Response(self.branch(1)), bytes, now);
    }

    fn hang_up(&mut self, now: Instant) {
        let Some(call) = &self.call else { return };
        match self.line {
            Line::Calling | Line::Ringing => {
                let branch = call.invite.branch().to_owned();
                let uri = call.invite.first_line.split(' ').nth(1).unwrap_or_default().to_owned();
                let bytes = self.request(call, "CANCEL", &uri, call.invite.cseq().0, &branch, &[], "");
                self.send_until(Waiting::Response(format!("{branch}CANCEL")), bytes, now);
            }
            Line::Talking => {
                self.in_dialog("BYE", "", now);
                self.end();
            }
            Line::Alerting => self.respond_invite("603 Decline", "", now),
            Line::Idle | Line::Over => {}
        }
    }

    fn hold(&mut self, on: bool, now: Instant) {
        if let Some(call) = &mut self.call {
            call.held = on;
        }
        let offer = self.offer(on);
        self.in_dialog("INVITE", &offer, now);
    }

    fn in_dialog(&mut self, method: &str, body: &str, now: Instant) {
        let Some(mut call) = self.call.take() else { return };
        call.cseq += 1;
        let branch = self.branch(call.cseq);
        let target = call.target.clone();
        let bytes = self.request(&call, method, &target, call.cseq, &branch, &[], body);
        if method == "INVITE" {
            call.invite = Text::read(&bytes);
        }
        self.call = Some(call);
        self.send_until(Waiting::Response(branch), bytes, now);
    }

    fn on_response(&mut self, message: &Text, status: u16, now: Instant) {
        let (_, method) = message.cseq();
        let key = if method == "CANCEL" { format!("{}CANCEL", message.branch()) } else { message.branch().to_owned() };
        self.resends.retain(|resend| resend.what != Waiting::Response(key.clone()));
        if method == "REGISTER" {
            return self.on_register_answered(message, status, now);
        }
        if method != "INVITE" {
            return;
        }
        let Some(mut call) = self.call.take_if(|call| Some(call.call_id.as_str()) == message.header("Call-ID")) else {
            return;
        };
        match status {
            100 => {}
            101..200 if self.line == Line::Calling => self.line = Line::Ringing,
            101..200 => {}
            200..300 => self.on_accepted(&mut call, message, now),
            _ => {
                let uri = call.invite.first_line.split(' ').nth(1).unwrap_or_default().to_owned();
                call.remote = message.header("To").unwrap_or_default().to_owned();
                let ack = self.request(&call, "ACK", &uri, message.cseq().0, message.branch(), &[], "");
                self.send(ack);
                if matches!(self.line, Line::Calling | Line::Ringing) {
                    self.finals.push(status);
                    self.reason = message.header("Reason").map(str::to_owned);
                    self.end();
                }
            }
        }
        self.call = Some(call);
    }

    fn on_accepted(&mut self, call: &mut Dialog, message: &Text, now: Instant) {
        call.remote = message.header("To").unwrap_or_default().to_owned();
        call.target = message.contact().unwrap_or(&call.target).to_owned();
        call.media = message.media().or(call.media);
        let (number, branch) = (message.cseq().0, format!("{}ack", message.branch()));
        let answer = match self.describes {
            Describes::InAck | Describes::Twice => self.description(direction(call.held)),
            Describes::Badly => self.description("sendrecv").replace("AVP 0 ", "AVP 9 "),
            Describes::InInvite | Describes::Never => String::new(),
        };
        let ack = self.request(call, "ACK", &call.target, number, &branch, &[], &answer);
        self.send(ack);
        if matches!(self.line, Line::Calling | Line::Ringing) {
            self.finals.push(200);
            self.line = Line::Talking;
            self.speak_at = Some(now);
        }
    }

    fn on_request(&mut self, message: &Text, now: Instant) {
        let key = format!("{}{}", message.branch(), message.method());
        if let Some(given) = self.given.get(&key) {
            let bytes = given.clone();
            return self.send(bytes);
        }
        // Who is refused because this phone is busy has his own ACK, and does not end the call that it has.
        let of_another = self.call.as_ref().is_some_and(|call| Some(&*call.call_id) != message.header("Call-ID"));
        match message.method() {
            "ACK" if of_another => {}
            "BYE" | "CANCEL" if of_another => self.respond(message, "200 OK", "", now),
            "INVITE" if message.tag("To").is_some() => {
                let body = self.description("sendrecv");
                self.respond(message, "200 OK", &body, now);
            }
            "INVITE" => self.on_invite(message, now),
            "ACK" => self.resends.retain(|resend| resend.what != Waiting::Ack),
            "PRACK" => {
                self.resends.retain(|resend| resend.what != Waiting::Prack);
                self.respond(message, "200 OK", "", now);
            }
            "BYE" => {
                self.reason = message.header("Reason").map(str::to_owned);
                self.respond(message, "200 OK", "", now);
                self.end();
            }
            "CANCEL" => {
                self.respond(message, "200 OK", "", now);
                if self.line == Line::Alerting {
                    self.respond_invite("487 Request Terminated", "", now);
                }
            }
            "OPTIONS" | "INFO" | "UPDATE" => self.respond(message, "200 OK", "", now),
            _ => self.respond(message, "501 Not Implemented", "", now),
        }
    }

    fn on_invite(&mut self, message: &Text, now: Instant) {
        if self.call.as_ref().is_some_and(|call| call.invite.branch() == message.branch()) {
            return; // it comes again, and there is nothing to say yet
        }
        if !matches!(self.line, Line::Idle | Line::Over) {
            return self.respond(message, "486 Busy Here", "", now);
        }
        self.counter += 1;
        self.call = Some(Dialog {
            call_id: message.header("Call-ID").unwrap_or_default().to_owned(),
            local: format!("{};tag={}{}", message.header("To").unwrap_or_default(), self.name, self.counter),
            remote: message.header("From").unwrap_or_default().to_owned(),
            target: message.contact().unwrap_or_default().to_owned(),
            cseq: 0,
            invite: message.clone(),
            media: message.media(),
            held: false,
        });
        self.line = Line::Alerting;
        self.ear.begin();
        match self.manner.clone() {
            Manner::Answers { after, .. } => {
                self.respond_invite("180 Ringing", "", now);
                self.plan(Act::Answer, now + after);
            }
            Manner::Early(after) => self.speaks_early(Act::Answer, after, now),
            Manner::EarlyRejects(after, status) => self.speaks_early(Act::Reject(status), after, now),
            Manner::Rejects(status) => self.respond_invite(&format!("{status} No"), "", now),
            Manner::Rings => self.respond_invite("180 Ringing", "", now),
            Manner::Silent => {}
        }
    }

    fn speaks_early(&mut self, then: Act, after: Duration, now: Instant) {
        let body = self.description("sendrecv");
        let Some(call) = &self.call else { return };
        let tag = call.local.rsplit_once(";tag=").map_or("none", |(_, tag)| tag);
        let fields = [self.contact(), "Require: 100rel".to_owned(), "RSeq: 1".to_owned()];
        let bytes = call.invite.response("183 Session Progress", tag, &fields, &body);
        self.send_until(Waiting::Prack, bytes, now);
        self.speak_at = Some(now);
        self.plan(then, now + after);
    }

    fn answer(&mut self, now: Instant) {
        if self.resends.iter().any(|resend| resend.what == Waiting::Prack) {
            return self.plan(Act::Answer, now + T1); // RFC 3262 section 3: not before the answer has arrived
        }
        let is_early = matches!(self.manner, Manner::Early(_));
        let body = if is_early { String::new() } else { self.description("sendrecv") };
        self.respond_invite("200 OK", &body, now);
        self.line = Line::Talking;
        self.speak_at = Some(now);
        if let Manner::Answers { talks: Some(talks), .. } = self.manner {
            self.plan(Act::HangUp, now + talks);
        }
    }

    fn respond_invite(&mut self, status_line: &str, body: &str, now: Instant) {
        if let Some(call) = &self.call {
            let invite = call.invite.clone();
            self.respond(&invite, status_line, body, now);
        }
        if !status_line.starts_with('1') && !status_line.starts_with('2') {
            self.end();
        }
    }

    fn respond(&mut self, request: &Text, status_line: &str, body: &str, now: Instant) {
        // One dialog, one tag, whatever happens meanwhile; a request outside of it gets one of its own.
        let dialog = self.call.as_ref().filter(|call| Some(call.call_id.as_str()) == request.header("Call-ID"));
        let tag = dialog.and_then(|call| call.local.rsplit_once(";tag=")).map_or("none", |(_, tag)| tag).to_owned();
        let reason =
            self.refuses_for.filter(|_| status_line >= "3").map(|cause| format!("Reason: Q.850;cause={cause}"));
        let fields: Vec<String> = [self.contact()].into_iter().chain(reason).collect();
        let bytes = request.response(status_line, &tag, &fields, body);
        self.given.insert(format!("{}{}", request.branch(), request.method()), bytes.clone());
        let is_final = !status_line.starts_with('1');
        if request.method() == "INVITE" && is_final {
            self.finals.extend(status_line.get(..3).and_then(|status| status.parse::<u16>().ok()));
            self.send_until(Waiting::Ack, bytes, now);
        } else {
            self.send(bytes);
        }
    }

    fn end(&mut self) {
        self.line = Line::Over;
        self.speak_at = None;
        self.plans.clear();
    }

    fn speak(&mut self, now: Instant) {
        self.speak_at = Some(now + FRAME_TIME);
        let Some(call) = self.call.as_ref().filter(|call| !call.held) else { return };
        let (Some(to), from) = (call.media, self.media()) else { return };
        if let Some(packet) = self.mouth.packet() {
            self.out.push_back(Datagram { from, to, bytes: Bytes::from(packet) });
        }
    }

    fn send(&mut self, bytes: Bytes) {
        self.out.push_back(Datagram { from: self.address, to: self.server, bytes });
    }

    fn send_until(&mut self, what: Waiting, bytes: Bytes, now: Instant) {
        self.send(bytes.clone());
        self.resends.push(Resend { what, bytes, at: now + T1, interval: T1, left: TRIES });
    }

    fn resend(&mut self, index: usize, now: Instant) {
        let resend = &mut self.resends[index];
        if resend.at > now {
            return;
        }
        resend.left -= 1;
        resend.interval = (resend.interval * 2).min(T2);
        resend.at = now + resend.interval;
        let bytes = resend.bytes.clone();
        self.send(bytes);
    }

    fn branch(&self, cseq: u32) -> String {
        format!("z9hG4bK-{}-{}-{cseq}", self.name, self.counter)
    }

    fn contact(&self) -> String {
        format!("Contact: <sip:{}@{}>", self.name, self.address)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a request line and its dialog, once")]
    fn request(
        &self,
        call: &Dialog,
        method: &str,
        uri: &str,
        cseq: u32,
        branch: &str,
        more: &[String],
        body: &str,
    ) -> Bytes {
        let text = format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {};branch={branch};rport\r\nMax-Forwards: 70\r\nFrom: {}\r\nTo: {}\r\n\
             Call-ID: {}\r\nCSeq: {cseq} {method}\r\n{}\r\n",
            self.address,
            call.local,
            call.remote,
            call.call_id,
            self.contact()
        );
        finish(text, more, body)
    }

    /// The body of an INVITE.
    fn offer(&self, holds: bool) -> String {
        match self.describes {
            Describes::InInvite | Describes::Twice => self.description(direction(holds)),
            Describes::InAck | Describes::Badly | Describes::Never => String::new(),
        }
    }

    fn description(&self, direction: &str) -> String {
        let (ip, port) = (self.inside.unwrap_or_else(|| self.address.ip()), self.media().port());
        let family = if ip.is_ipv4() { "IP4" } else { "IP6" };
        format!(
            "v=0\r\no={} 1 {} IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 101\r\n\
             a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na={direction}\r\n",
            self.name, self.counter
        )
    }
}

fn direction(holds: bool) -> &'static str {
    if holds { "sendonly" } else { "sendrecv" }
}

/// The host of a URI for that address.
fn host(address: SocketAddr) -> String {
    if address.is_ipv4() { address.ip().to_string() } else { format!("[{}]", address.ip()) }
}
