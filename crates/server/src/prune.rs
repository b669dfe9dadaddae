//! Forgets callouts that were delivered or answered long ago, and all attempts of that time: their URLs may hold passwords. Dead
//! ones stay for whoever looks into them.

use std::time::Duration;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use store::Writer;
use tokio::sync::oneshot;

use crate::clock;

/// How long a callout that is done, and an attempt, can still be looked at.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How often those past it are looked for.
const EVERY: Duration = Duration::from_secs(3600);

/// Forgets at once and from then on, until the runtime ends.
pub(crate) async fn run(writer: Writer) {
    loop {
        match prune(&writer, clock::now().wall).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "callouts and attempts of long ago are forgotten"),
            Err(error) => tracing::warn!(%error, "callouts and attempts of long ago cannot be forgotten now"),
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Forgets what was done longer than [`KEPT`] before `now`; gives the number of rows.
async fn prune(writer: &Writer, now: Timestamp) -> Result<usize> {
    let mut gone = 0;
    loop {
        let (done, result) = oneshot::channel();
        let on_done = move |rows| drop(done.send(rows));
        writer.prune(now - KEPT, on_done).map_err(|refused| refused.reason)?;
        let rows = result.await??;
        gone += rows;
        if rows == 0 {
            return Ok(gone);
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{CallEvent, CallSid, CalloutId, Direction, EventKind, HttpAnswer, HttpOutcome, HttpRequest, Tenant};
    use store::{Batch, CLAIM_ROWS, Finish, Next, Notify, PRUNE_ROWS, Share, Store};

    use super::*;

    #[tokio::test]
    async fn what_the_courier_delivered_is_forgotten_in_time_however_much_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(&folder.path().join("x.db"), "here").unwrap();
        let (writer, then) = (store.writer(), Timestamp::from_second(1_800_000_000).unwrap());
        let count = PRUNE_ROWS + 1;
        writer.append(owed(count, then), |done| assert!(done.is_ok())).unwrap();
        loop {
            let (done, claimed) = oneshot::channel();
            let share = Share { origin: "https://crm.example".into(), rows: CLAIM_ROWS };
            writer.claim(vec![share], move |rows| done.send(rows).unwrap(), then).unwrap();
            let rows = claimed.await.unwrap().unwrap().rows;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                let answer = HttpAnswer::of(200);
                let outcome = HttpOutcome::Answered(answer);
                let end = Finish { id: row.id, outcome, next: Next::Delivered, attempt: None };
                writer.finish(end, |done| assert!(done.is_ok()), then).unwrap();
            }
        }
        let past = then + KEPT;
        assert_eq!(prune(writer, past).await.unwrap(), 0);
        assert_eq!(prune(writer, past + SignedDuration::from_millis(1)).await.unwrap(), count);
    }

    /// A call that owes so many callouts.
    fn owed(count: usize, then: Timestamp) -> Batch {
        let (call, tenant) = (CallSid::new("c"), Tenant::default());
        let kind = EventKind::Offered { tenant, direction: Direction::Incoming, from: "1".into(), to: "2".into() };
        let offer = CallEvent { call: call.clone(), seq: 0, leg: None, at: Duration::ZERO, wall: then, kind };
        let request = HttpRequest::get("https://u:p@crm.example/", Duration::from_secs(5));
        let notify = (0..u32::try_from(count).unwrap()).map(|callout| Notify {
            call: call.clone(),
            callout: CalloutId(callout),
            request: request.clone(),
            created: then,
        });
        Batch { events: vec![offer], notify: notify.collect(), ..Batch::default() }
    }
}
