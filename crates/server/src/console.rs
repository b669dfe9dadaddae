//! What the API may ask of the running switch, by way of its mailbox.

use std::sync::{Arc, Mutex, PoisonError};

use api::{BoxFuture, FlowSummary, Gauge, Switchboard};
use model::{CallCommand, CallSid, Cause};
use store::Writer;
use tokio::sync::oneshot;

use crate::driver::{Held, Letter};
use crate::mailbox::Mailbox;
use crate::media;

/// The flows as they are published now; the publisher writes it, the API reads it.
pub type Flows = Arc<Mutex<Vec<FlowSummary>>>;

/// The running switch, as the API sees it.
pub struct Console {
    /// The switch's mailbox.
    pub letters: Mailbox<Letter>,
    /// What is published.
    pub flows: Flows,
    /// The store's writer.
    pub writer: Writer,
    /// The media ports that legs hold.
    pub(crate) ports: media::Held,
}

impl Switchboard for Console {
    fn gauges(&self) -> BoxFuture<'_, Option<Vec<Gauge>>> {
        let (asked, answer) = oneshot::channel();
        let sent = self.letters.try_send(Letter::Gauges(asked)).is_ok();
        let (waiting, healthy) = (self.writer.waiting(), self.writer.health().is_ok());
        let ports = self.ports.ports();
        Box::pin(async move {
            let held = if sent { answer.await.ok() } else { None };
            held.map(|held| figures(&held, ports, waiting, healthy))
        })
    }

    fn hang_up(&self, sid: CallSid) -> BoxFuture<'_, bool> {
        let (asked, answer) = oneshot::channel();
        let command = CallCommand::Hangup { call: sid, cause: Cause::NORMAL_CLEARING };
        let sent = self.letters.try_send(Letter::Command(command, asked)).is_ok();
        Box::pin(async move { sent && answer.await.unwrap_or(false) })
    }

    fn flows(&self) -> Vec<FlowSummary> {
        self.flows.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
