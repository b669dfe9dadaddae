//! A softphone on this machine that places one call over real SIP and RTP. Whoever holds it, a [`Handset`], is told what
//! happens, hears the call, and presses keys: `passthru call` prints plain lines, a page of the console plays it.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use bytes::Bytes;
use media::{Codec, Local, MediaId, Negotiation, Plane, Settings};
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token, Waker};
use sip::{Endpoint, Event, Headers, Host, Invite, NameAddr, SessionId, SipUri, Target, Transport, Uri};

use crate::clock;

/// The one leg's media.
const LEG: MediaId = MediaId(1);

/// How long after the answer, and after each key, the next key is pressed.
const BETWEEN_KEYS: Duration = Duration::from_secs(2);

/// How long the far end may take to end a call that this side has ended.
const GOODBYE: Duration = Duration::from_secs(2);

/// The longest datagram of SIP or RTP that is read.
const DATAGRAM: usize = 65_535;

/// A call to be placed.
#[derive(Clone, Debug)]
pub struct Call {
    /// The number or user to call.
    pub target: String,
    /// Who calls.
    pub from: String,
    /// The server's SIP address.
    pub server: SocketAddr,
    /// Keys to press, one every two seconds.
    pub keys: String,
    /// When to hang up, if the far end has not by then.
    pub limit: Duration,
}

/// What happens to a call; its text is for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// The call goes out to that number, at that place.
    Calling(String, SocketAddr),
    /// It rings at the other end.
    Rings,
    /// The other end has answered, with that codec.
    Answered(Codec),
    /// A key was pressed.
    Pressed(char),
    /// It is over, and why.
    Ended(String),
    /// So many packets were heard in all.
    Heard(u64),
}

impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Calling(target, server) => write!(f, "calling {target} at {server}"),
            Self::Rings => f.write_str("it rings"),
            Self::Answered(codec) => write!(f, "answered, {}", codec.name()),
            Self::Pressed(key) => write!(f, "presses {key}"),
            Self::Ended(why) => f.write_str(why),
            Self::Heard(packets) => write!(f, "heard {packets} packets of audio"),
        }
    }
}

/// What whoever holds the phone wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To press a key.
    Press(char),
    /// To hang up.
    HangUp,
}

/// Whoever holds the phone.
pub trait Handset {
    /// Is told what happens.
    fn told(&mut self, what: Happened);

    /// Hears a packet's audio, octets of the codec that was agreed on.
    fn hears(&mut self, audio: &[u8]);

    /// What it wants next; asked whenever the phone is awake.
    fn wish(&mut self) -> Option<Wish>;
}

/// A handset that prints what happens.
struct Printed<'a>(&'a mut dyn FnMut(&str));

impl Handset for Printed<'_> {
    fn told(&mut self, what: Happened) {
        (self.0)(&what.to_string());
    }

    fn hears(&mut self, _: &[u8]) {}

    fn wish(&mut self) -> Option<Wish> {
        None
    }
}

/// Places a call and tells `say` what happens. Whether it was answered.
pub fn call(call: &Call, seed: [u8; 32], say: &mut dyn FnMut(&str)) -> Result<bool> {
    Phone::new(call, seed)?.run(call, &mut Printed(say))
}

/// A softphone whose call has been placed.
pub struct Phone {
    poll: Poll,
    sip: (UdpSocket, SocketAddr),
    rtp: (UdpSocket, SocketAddr),
    endpoint: Endpoint,
    plane: Plane,
    negotiation: Negotiation,
    session: SessionId,
    answered: bool,
    over: bool,
    packets: u64,
}

impl Phone {
    /// Dials; nothing is sent before [`Phone::run`].
    pub fn new(call: &Call, seed: [u8; 32]) -> Result<Self> {
        let poll = Poll::new()?;
        let address = towards(call.server).with_context(|| format!("{} cannot be reached", call.server))?;
        let bind = |token| -> io::Result<(UdpSocket, SocketAddr)> {
            let mut socket = UdpSocket::bind(SocketAddr::new(address, 0))?;
            poll.registry().register(&mut socket, Token(token), Interest::READABLE)?;
            let local = socket.local_addr()?;
            Ok((socket, local))
        };
        let (sip, rtp) = (bind(0).context("the phone's SIP port")?, bind(1).context("the phone's media port")?);
        // So that the system tells if nothing listens there.
        sip.0.connect(call.server).with_context(|| format!("{} cannot be reached", call.server))?;
        let config = sip::Config {
            listen: vec![sip::Listen { transport: Transport::Udp, addr: sip.1 }],
            trusted: vec![only(call.server.ip())?],
            ..sip::Config::default()
        };
        let mut endpoint = Endpoint::new(config, seed);
        let mut plane = Plane::new(seed);
        let now = clock::now().at;
        plane.handle_command(media::Command::Open { id: LEG, settings: Settings::default(), local: rtp.1 }, now);
        let local = Local { address, port: rtp.1.port(), codecs: Codec::ALL.to_vec(), session_id: 1 };
        let mut negotiation = Negotiation::new(local);
        let uri = |user: &str, at: SocketAddr| {
            Uri::Sip(SipUri::new(Some(user.as_bytes()), Host::from(at.ip()), Some(at.port())))
        };
        let invite = Invite {
            to: uri(&call.target, call.server),
            from: NameAddr::new(uri(&call.from, sip.1)),
            targets: vec![Target { transport: Transport::Udp, addr: call.server }],
            route: Vec::new(),
            credentials: None,
            headers: Headers::default(),
            offer: negotiation.offer(),
            others: false,
            call_id: None,
        };
        let session = endpoint.invite(invite, now);
        let (answered, over, packets) = (false, false, 0);
        Ok(Self { poll, sip, rtp, endpoint, plane, negotiation, session, answered, over, packets })
    }

    /// Wakes the phone, so that it asks its handset for a wish.
    pub fn waker(&self) -> io::Result<Waker> {
        Waker::new(self.poll.registry(), Token(2))
    }

    /// Plays the call to its end. Whether it was answered.
    pub fn run(mut self, call: &Call, handset: &mut dyn Handset) -> Result<bool> {
        handset.told(Happened::Calling(call.target.clone(), call.server));
        let began = clock::now().at;
        let (mut hang_up_at, mut press_at) = (Some(began + call.limit), None);
        let mut keys = call.keys.chars();
        let mut leave_at: Option<Instant> = None;
        let mut events = Events::with_capacity(16);
        self.drain(handset)?;
        loop {
            let due = [self.endpoint.poll_timeout(), self.plane.poll_timeout(), hang_up_at, press_at, leave_at];
            let wait = due.into_iter().flatten().min().map(|at| at.saturating_duration_since(clock::now().at));
            match self.poll.poll(&mut events, wait) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error.into()),
                _ => self.read(handset)?,
            }
            let now = clock::now().at;
            self.endpoint.handle_timeout(now);
            self.plane.handle_timeout(now);
            let was_answered = self.answered;
            self.drain(handset)?;
            if self.answered && !was_answered {
                press_at = Some(now + BETWEEN_KEYS);
            }
            if press_at.is_some_and(|at| at <= now) {
                press_at = keys.next().map(|key| {
                    self.press(key, handset, now);
                    now + BETWEEN_KEYS
                });
            }
            while let Some(wish) = handset.wish() {
                match wish {
                    Wish::Press(key) => self.press(key, handset, now),
                    Wish::HangUp => hang_up_at = hang_up_at.map(|_| now),
                }
            }
            if hang_up_at.is_some_and(|at| at <= now) {
                hang_up_at = None;
                leave_at = (!self.answered).then_some(now + GOODBYE);
                self.endpoint.hang_up(self.session, model::Cause::NORMAL_CLEARING.0, now);
            }
            self.drain(handset)?;
            if self.over && leave_at.is_none() {
                handset.told(Happened::Heard(self.packets));
                leave_at = Some(now + GOODBYE); // for the answers that are still on their way
                (hang_up_at, press_at) = (None, None);
            }
            if leave_at.is_some_and(|at| at <= now) || (self.over && self.endpoint.gauges().transactions == 0) {
                return Ok(self.answered);
            }
        }
    }

    fn press(&mut self, key: char, handset: &mut dyn Handset, now: Instant) {
        if self.answered && !self.over {
            handset.told(Happened::Pressed(key));
            self.plane.handle_command(media::Command::SendDigits { id: LEG, digits: key.to_string() }, now);
        }
    }

    fn read(&mut self, handset: &mut dyn Handset) -> Result<()> {
        let mut buffer = vec![0; DATAGRAM];
        while let Some((length, remote)) = receive(&self.sip.0, &mut buffer)? {
            let path = sip::Path { transport: Transport::Udp, local: self.sip.1, remote };
            self.endpoint.handle_message(Bytes::copy_from_slice(&buffer[..length]), path, clock::now().at);
        }
        while let Some((length, remote)) = receive(&self.rtp.0, &mut buffer)? {
            self.packets += 1;
            let codec = self.negotiation.remote().map(|remote| remote.payload_type);
            let packet = media::rtp::Packet::parse(&buffer[..length]);
            if let Some(packet) = packet.filter(|packet| Some(packet.payload_type) == codec) {
                handset.hears(packet.payload);
            }
            self.plane.handle_packet(LEG, remote, false, &buffer[..length], clock::now().at);
        }
        Ok(())
    }

    /// Sends what is to be sent, and reacts to what happened.
    fn drain(&mut self, handset: &mut dyn Handset) -> Result<()> {
        while let Some(event) = self.endpoint.poll_event() {
            self.on_event(event, handset)?;
        }
        while let Some(transmit) = self.endpoint.poll_transmit() {
            self.sip.0.send_to(&transmit.bytes, transmit.path.remote).context("the server's SIP port")?;
        }
        while let Some(transmit) = self.plane.poll_transmit() {
            if !transmit.rtcp {
                // A packet that is refused is a packet lost; the next goes on.
                drop(self.rtp.0.send_to(transmit.bytes, transmit.to));
            }
        }
        self.plane.handle_sent(clock::now().at);
        while self.plane.poll_event().is_some() {}
        Ok(())
    }

    fn on_event(&mut self, event: Event, handset: &mut dyn Handset) -> Result<()> {
        match event {
            Event::Progress { status, .. } if status >= 180 => handset.told(Happened::Rings),
            Event::Answered { sdp, .. } => {
                let Some(sdp) = sdp else { bail!("the far end answered without saying where its media are") };
                self.negotiation.handle_answer(&sdp).context("the far end's media")?;
                let remote = self.negotiation.remote().cloned().context("no media were agreed on")?;
                handset.told(Happened::Answered(remote.codec));
                let now = clock::now().at;
                self.plane.handle_command(media::Command::Connect { id: LEG, remote }, now);
                // A phone that says nothing is silent, not gone.
                let silence = Arc::new(media::Pcm::new("silence".to_owned(), vec![0; 8_000]));
                let play = media::Command::Play { id: LEG, play: media::PlayId(1), audio: vec![silence], repeat: true };
                self.plane.handle_command(play, now);
                self.answered = true;
            }
            Event::Closed { ending, .. } => {
                let why = match (ending.status, ending.cause.map(model::Cause)) {
                    (Some(status), _) if !self.answered => format!("not answered: {status}"),
                    _ if !self.answered => "not answered".to_owned(),
                    (_, Some(cause)) => format!("ended: {cause}"),
                    _ => "ended".to_owned(),
                };
                handset.told(Happened::Ended(why));
                self.over = true;
            }
            _ => {}
        }
        Ok(())
    }
}

fn only(ip: IpAddr) -> Result<sip::Prefix> {
    sip::Prefix::new(ip, if ip.is_ipv4() { 32 } else { 128 }).map_err(|error| anyhow!("{error}"))
}

/// The address that packets to that place leave from.
fn towards(server: SocketAddr) -> io::Result<IpAddr> {
    let any = if server.is_ipv4() { IpAddr::from(Ipv4Addr::UNSPECIFIED) } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = std::net::UdpSocket::bind((any, 0))?;
    socket.connect(server)?;
    Ok(socket.local_addr()?.ip())
}

fn receive(socket: &UdpSocket, buffer: &mut [u8]) -> Result<Option<(usize, SocketAddr)>> {
    match socket.recv_from(buffer) {
        Ok(received) => Ok(Some(received)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            bail!("nothing listens at the server's SIP port; start `passthru serve`, or name another by --server")
        }
        Err(error) => Err(error.into()),
    }
}
