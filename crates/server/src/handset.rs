//! The softphones that pages of the console play: each is a thread with a call of its own.

use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::PoisonError;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

use api::{Dialled, Dialling, Heard, Line, Phones, Said};
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::console::Flows;
use crate::serve;
use crate::softphone::{Call, Handset, Happened, Phone, Wish};

/// When a page's call is ended that nobody has hung up.
const LIMIT: Duration = Duration::from_secs(30 * 60);

/// What waits for a page that reads slowly: five seconds of audio. What there is no room for is not heard.
const WAITING: usize = 256;

/// Keys that wait for the phone; more are not pressed.
const WISHES: usize = 64;

/// The console's softphones.
pub(crate) struct Handsets {
    /// Where the server takes calls; `None` if it takes none by UDP.
    server: Option<SocketAddr>,
    flows: Flows,
    /// What is dialled before the name of a flow, known to nobody else.
    prefix: String,
}

impl Handsets {
    /// Softphones that call this server.
    pub(crate) fn new(udp: Option<SocketAddr>, flows: Flows, prefix: String) -> Self {
        Self { server: udp.map(reachable), flows, prefix }
    }

    /// What is dialled.
    fn number(&self, dialled: Dialled) -> Result<String, String> {
        match dialled {
            Dialled::Number(number) => Ok(number),
            Dialled::Flow(name) => {
                let flows = self.flows.lock().unwrap_or_else(PoisonError::into_inner);
                let there = flows.iter().find(|flow| flow.name == name && flow.id.is_some());
                let flow =
                    there.ok_or_else(|| format!("no flow `{name}` is published; publish it, then call again"))?;
                Ok(flow.numbers.first().cloned().unwrap_or_else(|| format!("{}{name}", self.prefix)))
            }
        }
    }
}

impl Phones for Handsets {
    fn dial(&self, Dialling { to, from }: Dialling) -> Result<Line, String> {
        let server = self.server.ok_or("sip.listen names no UDP address; add one, and restart")?;
        let call = Call { target: self.number(to)?, from, server, keys: String::new(), limit: LIMIT };
        let seed = serve::random().map_err(|error| format!("{error:#}"))?;
        let phone = Phone::new(&call, seed).map_err(|error| format!("{error:#}"))?;
        let waker = phone.waker().map_err(|error| error.to_string())?;
        let (told, heard) = mpsc::channel(WAITING);
        let (wish, wishes) = sync_channel(WISHES);
        let thread = std::thread::Builder::new().name("phone".into());
        let page = Page { told, wishes, left: false };
        thread.spawn(move || page.play(phone, &call)).map_err(|error| error.to_string())?;
        Ok(Line { heard, wish: Box::new(move |wanted| speak(&wish, &waker, wanted)) })
    }
}

/// Hands a wish to a phone; one that has rung off needs none.
fn speak(wish: &SyncSender<Wish>, waker: &mio::Waker, wanted: api::Wish) {
    let wanted = match wanted {
        api::Wish::Press(key) => Wish::Press(key),
        api::Wish::HangUp => Wish::HangUp,
    };
    if wish.try_send(wanted).is_err() {
        tracing::debug!(?wanted, "a phone takes no more wishes");
    }
    drop(waker.wake());
}

/// An address of this machine that leads to a socket which may be bound to all.
fn reachable(listen: SocketAddr) -> SocketAddr {
    match listen {
        SocketAddr::V4(at) if at.ip().is_unspecified() => (Ipv4Addr::LOCALHOST, at.port()).into(),
        SocketAddr::V6(at) if at.ip().is_unspecified() => (Ipv6Addr::LOCALHOST, at.port()).into(),
        other => other,
    }
}

/// A page that holds a phone.
struct Page {
    told: mpsc::Sender<Heard>,
    wishes: Receiver<Wish>,
    /// Whether the page is gone, and the phone was told to hang up.
    left: bool,
}

impl Page {
    fn play(mut self, phone: Phone, call: &Call) {
        if let Err(error) = phone.run(call, &mut self) {
            self.say("ended", format!("{error:#}"), None);
        }
    }

    fn say(&self, event: &'static str, text: String, codec: Option<&'static str>) {
        drop(self.told.try_send(Heard::Said(Said { event, text, codec }))); // the page may be gone
    }
}

impl Handset for Page {
    fn told(&mut self, what: Happened) {
        let text = what.to_string();
        match what {
            Happened::Calling(..) => self.say("calling", text, None),
            Happened::Rings => self.say("ringing", text, None),
            Happened::Answered(codec) => self.say("answered", text, Some(codec.name())),
            Happened::Pressed(_) => self.say("pressed", text, None),
            Happened::Ended(_) => self.say("ended", text, None),
            Happened::Heard(_) => {}
        }
    }

    fn hears(&mut self, audio: &[u8]) {
        drop(self.told.try_send(Heard::Audio(Bytes::copy_from_slice(audio)))); // late audio is of no use
    }

    fn wish(&mut self) -> Option<Wish> {
        match self.wishes.try_recv() {
            Ok(wish) => Some(wish),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => (!std::mem::replace(&mut self.left, true)).then_some(Wish::HangUp),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use api::FlowSummary;

    use super::*;

    #[test]
    fn a_flow_is_dialled_by_its_number_or_else_by_a_name_that_nobody_else_knows() {
        let flow = |name: &str, id, numbers: &[&str]| FlowSummary {
            name: name.into(),
            id,
            version: None,
            draft: false,
            file: String::new(),
            nodes: 1,
            numbers: numbers.iter().map(ToString::to_string).collect(),
            diagnostics: Vec::new(),
        };
        let flows =
            vec![flow("desk", Some(1), &["+918044444444"]), flow("box", Some(2), &[]), flow("bad.yaml", None, &[])];
        let handsets = Handsets::new(None, Arc::new(Mutex::new(flows)), "test-1234-".into());
        let number = |flow: &str| handsets.number(Dialled::Flow(flow.into()));
        assert_eq!(number("desk").as_deref(), Ok("+918044444444"));
        assert_eq!(number("box").as_deref(), Ok("test-1234-box"));
        assert_eq!(number("bad.yaml"), Err("no flow `bad.yaml` is published; publish it, then call again".into()));
        assert_eq!(handsets.number(Dialled::Number("100".into())).as_deref(), Ok("100"));
    }

    #[test]
    fn a_socket_that_is_bound_to_all_addresses_is_reached_at_this_machines_own() {
        assert_eq!(reachable("0.0.0.0:5060".parse().unwrap()), "127.0.0.1:5060".parse().unwrap());
        assert_eq!(reachable("[::]:5060".parse().unwrap()), "[::1]:5060".parse().unwrap());
        assert_eq!(reachable("192.0.2.7:5060".parse().unwrap()), "192.0.2.7:5060".parse().unwrap());
    }
}
