//! What the API may ask of the running switch, by way of its mailbox.

use std::sync::{Arc, Mutex, PoisonError};

use api::{Advice, BoxFuture, FlowSummary, Gauge, STREAMS, STREAMS_LIMIT, StartFailure, Switchboard};
use model::{CallCommand, CallSid, Cause, SipTrace, StartCall};
use rand_chacha::ChaCha12Rng;
use rand_core::Rng as _;
use store::Writer;
use switch::{NAME_BYTES, Numbering as _, StartError};
use tokio::sync::oneshot;

use crate::advice;
use crate::bridge::Bridge;
use crate::clock;
use crate::driver::{Held, Letter};
use crate::mailbox::Mailbox;
use crate::media;
use crate::numbering::Account;
use crate::place::Places;
use crate::unrouted;

/// The flows as they are published now; the publisher writes it, the API reads it.
pub type Flows = Arc<Mutex<Vec<FlowSummary>>>;

/// What is warned of now; the publisher writes it, the API reads it.
pub type Warnings = Arc<Mutex<Vec<String>>>;

/// The running switch, as the API sees it.
pub struct Console {
    /// The switch's mailbox.
    pub letters: Mailbox<Letter>,
    /// What is published.
    pub flows: Flows,
    /// What is warned of.
    pub warnings: Warnings,
    /// What is to be said of the configuration.
    pub advice: Vec<Advice>,
    /// Numbers that were called and nobody answers.
    pub(crate) unrouted: Arc<unrouted::Numbers>,
    /// The store's writer.
    pub writer: Writer,
    /// The media ports that legs hold.
    pub(crate) ports: media::Held,
    /// Makes the flows of calls between two numbers.
    pub bridge: Bridge,
    /// What reports may be under way.
    pub places: Places,
    /// Names calls.
    pub account: Account,
    /// What their names are made of.
    pub(crate) rng: Mutex<ChaCha12Rng>,
}

impl Switchboard for Console {
    fn gauges(&self) -> BoxFuture<'_, Option<Vec<Gauge>>> {
        let (asked, answer) = oneshot::channel();
        let sent = self.letters.try_send(Letter::Gauges(asked)).is_ok();
        let (waiting, healthy) = (self.writer.waiting(), self.writer.health().is_ok());
        let (ports, circuits_open) = (self.ports.ports(), self.places.circuits_open());
        Box::pin(async move {
            let held = if sent { answer.await.ok() } else { None };
            held.map(|held| [figures(&held, ports, waiting, healthy), circuits(&held, circuits_open)].concat())
        })
    }

    fn admits(&self) -> BoxFuture<'_, Option<Result<(), String>>> {
        let (asked, answer) = oneshot::channel();
        let sent = self.letters.try_send(Letter::Admits(asked)).is_ok();
        let said = |admits: Result<(), StartError>| admits.map_err(|why| why.to_string());
        Box::pin(async move { if sent { answer.await.ok().map(said) } else { None } })
    }

    fn registered(&self) -> BoxFuture<'_, Option<Vec<String>>> {
        let (asked, answer) = oneshot::channel();
        let sent = self.letters.try_send(Letter::Registered(asked)).is_ok();
        Box::pin(async move { if sent { answer.await.ok() } else { None } })
    }

    fn name(&self) -> CallSid {
        let mut random = [0; NAME_BYTES];
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut random);
        self.account.call_sid(random, clock::now().wall)
    }

    fn start(&self, wanted: StartCall) -> BoxFuture<'_, Result<(), StartFailure>> {
        let flow = match self.bridge.flow(&wanted) {
            Ok(flow) => flow,
            Err(why) => return Box::pin(std::future::ready(Err(StartFailure::Wrong(why)))),
        };
        let (asked, answer) = oneshot::channel();
        let sent = self.letters.try_send(Letter::Start(Box::new(wanted), flow, asked)).is_ok();
        Box::pin(async move {
            let answer = if sent { answer.await.ok() } else { None };
            match answer {
                Some(begun) => begun.map_err(failure),
                None => Err(StartFailure::Busy("the switch takes no orders now; try again later".into())),
            }
        })
    }

    fn hang_up(&self, sid: CallSid) -> BoxFuture<'_, bool> {
        let (asked, answer) = oneshot::channel();
        let command = CallCommand::Hangup { call: sid, cause: Cause::NORMAL_CLEARING };
        let sent = self.letters.try_send(Letter::Command(command, asked)).is_ok();
        Box::pin(async move { sent && answer.await.unwrap_or(false) })
    }

    fn trace(&self, sid: CallSid) -> BoxFuture<'_, Option<Arc<SipTrace>>> {
        let (asked, answer) = oneshot::channel();
        let sent = self.letters.try_send(Letter::Trace(sid, asked)).is_ok();
        Box::pin(async move { if sent { answer.await.ok().flatten() } else { None } })
    }

    fn flows(&self) -> Vec<FlowSummary> {
        self.flows.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn advice(&self) -> Vec<Advice> {
        let warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let flow = self.flows().into_iter().find(|flow| flow.id.is_some());
        let unrouted = self.unrouted.advice(flow.map(|flow| flow.name).as_deref(), clock::now().wall);
        let of_flows = warnings.iter().map(|warning| advice::of_flows(warning));
        of_flows.chain(unrouted).chain(self.advice.iter().cloned()).collect()
    }
}

fn failure(error: StartError) -> StartFailure {
    let said = error.to_string();
    match error {
        StartError::Leaving | StartError::Full | StartError::HeldUp | StartError::Taken(_) => StartFailure::Busy(said),
        StartError::NoFlow(_) | StartError::Nobody(_) | StartError::Unjoined => StartFailure::Wrong(said),
    }
}

fn figures(held: &Held, ports: usize, waiting: usize, healthy: bool) -> Vec<Gauge> {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people; exact up to 2^53")]
    let gauge = |name, help, value: usize| Gauge { name, help, labels: Vec::new(), value: value as f64 };
    let (gauges, sip) = (&held.gauges, held.gauges.sip);
    let mut figures = vec![
        gauge("passthru_active_calls", "Calls under way.", gauges.calls),
        gauge("passthru_media_sessions", "Legs with media ports bound.", gauges.media),
        gauge("passthru_rtp_ports", "Ports bound for RTP and RTCP.", ports),
        gauge(STREAMS, "Streams to applications that hear calls.", gauges.streams),
        gauge(STREAMS_LIMIT, "How many streams there may be.", held.streams_limit),
        gauge("passthru_callouts_in_flight", "HTTP callouts that calls wait for.", gauges.callouts),
        gauge(
            "passthru_sip_transactions",
            "SIP transactions, those kept for retransmissions included.",
            sip.transactions,
        ),
        gauge("passthru_sip_dialogs", "SIP dialogs.", sip.dialogs),
        gauge("passthru_sip_sessions", "INVITE sessions, those that wait for a last answer included.", sip.sessions),
        gauge("passthru_sip_timers", "Owners of a running SIP timer.", sip.timers),
        gauge("passthru_sip_bindings", "Contacts of registered users.", sip.bindings),
        gauge(
            "passthru_panics_total",
            "Calls ended by a fault of this server since its start.",
            usize::try_from(gauges.panics).unwrap_or(usize::MAX),
        ),
        gauge("passthru_store_queue", "Jobs that wait for the database.", waiting),
        gauge("passthru_store_healthy", "1 while the database takes writes.", usize::from(healthy)),
    ];
    figures.extend(held.registrations.iter().map(|(trunk, good)| Gauge {
        name: "passthru_trunk_registered",
        help: "1 while the trunk has us registered.",
        labels: vec![("trunk", trunk.clone())],
        value: f64::from(u8::from(*good)),
    }));
    figures
}

/// Origins that are left alone, by who would ask them: calls that wait (`sync`) and reports (`async`) judge for themselves.
fn circuits(held: &Held, reports: usize) -> Vec<Gauge> {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people; exact up to 2^53")]
    let gauge = |mode: &str, value: usize| Gauge {
        name: "passthru_circuits_open",
        help: "Scheme, host and port of URLs that are not asked now because they failed and failed.",
        labels: vec![("mode", mode.to_owned())],
        value: value as f64,
    };
    vec![gauge("sync", held.gauges.circuits_open), gauge("async", reports)]
}
