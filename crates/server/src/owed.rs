//! Reports that calls promised for their end, and that the process did not live to make: the store ended those calls at its start.
//! What is told of them is what their journals came to; their end is their last line.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use model::{
    Asker, CallFacts, CallStatus, CalloutId, DialStatus, FlowId, HttpRequest, Mark, Party, PartyReport, PartyState,
    RecordingFacts, StatusEvent, StatusReport,
};
use store::{Owing, Settled, Settler, StoreError, Writer};
use switch::Reporting as _;
use tokio::sync::Notify as Bell;

use crate::clock;
use crate::live::Live;
use crate::numbering::Account;

/// Puts the reports that earlier runs left owing into the outbox, and rings for the courier.
pub(crate) fn settle(writer: &Writer, account: &Account, bell: Arc<Bell>, live: Live) {
    let (account, now) = (account.clone(), clock::now().wall);
    let settler = Settler(Arc::new(move |owing: &Owing, callout| report(&account, owing, callout, now)));
    let on_done = move |settled: Result<Settled, StoreError>| match settled {
        Ok(Settled { events, unreadable }) => {
            for store::Unreadable { call, why } in unreadable {
                tracing::error!(%call, why, "what this call owes at its end cannot be read, and is not told");
            }
            live.tell(events);
            bell.notify_one();
        }
        Err(error) => tracing::error!(%error, "what calls owe at their end is not told; the next start tries again"),
    };
    if let Err(refused) = writer.settle(settler, on_done, now) {
        tracing::error!(why = %refused.reason, "what calls owe at their end is not told; the next start tries again");
    }
}

/// The report of a call's end, as at its end; the links in it are good from now on.
fn report(account: &Account, owing: &Owing, callout: CalloutId, now: Timestamp) -> HttpRequest {
    let Owing { record, promise, .. } = owing;
    let ended = record.ended.unwrap_or(now);
    let facts = facts(owing);
    let lasted = record.duration.unwrap_or_else(|| record.elapsed(ended));
    let party = |party: &Party| self::party(party, lasted);
    let second = record.second.as_ref().map(|_| record.other().map(party).unwrap_or_default());
    let report = StatusReport {
        to: record.second.as_ref().unwrap_or(&record.to),
        callback: &promise.callback,
        facts: &facts,
        event: StatusEvent::Terminal(outcome(record.status())),
        answered: record.answered,
        ended: Some((ended, lasted)),
        first: record.first().map(party).unwrap_or_default(),
        second,
        conversation: record.conversation(lasted),
    };
    let late = Duration::try_from(now.duration_since(ended)).unwrap_or_default();
    let request = account.late(late).status(&report, callout.0, ended);
    let asker = Asker { flow: facts.flow.clone(), ..Asker::default() };
    HttpRequest { mark: Some(Mark::new(record.sid.clone(), callout, asker)), ..request }
}

fn facts(Owing { record, promise, recording }: &Owing) -> CallFacts {
    let flow = record.flow.as_deref().unwrap_or_default();
    let parties = [record.from.clone(), record.to.clone()];
    let name = (record.sid.clone(), record.tenant.clone());
    CallFacts {
        answered: record.answered.is_some(),
        answered_at: record.answered,
        ended: true,
        ended_at: record.ended,
        custom_field: promise.custom_field.clone(),
        // How long it is nobody knows before its file is mended, and this report does not say.
        recording: recording.as_ref().map(|recording| RecordingFacts {
            name: recording.name.clone(),
            mp3: recording.record.format.is_mp3(),
            duration: Duration::ZERO,
        }),
        ..CallFacts::begun(name, record.direction, parties, record.created, (flow, FlowId::of_name(flow)))
    }
}

fn party(party: &Party, at: Duration) -> PartyReport {
    PartyReport { state: party.status.map(PartyState::Ended), on_call: party.on_call(at) }
}

fn outcome(status: CallStatus) -> DialStatus {
    match status {
        CallStatus::Completed => DialStatus::Completed,
        CallStatus::Busy => DialStatus::Busy,
        CallStatus::NoAnswer => DialStatus::NoAnswer,
        CallStatus::Failed | CallStatus::Ringing | CallStatus::InProgress => DialStatus::Failed,
    }
}
