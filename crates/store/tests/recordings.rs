//! A recording from its beginning to its end, as the store knows it.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use jiff::Timestamp;
use model::{
    CallEvent, CallSid, CalloutId, Cause, Direction, EndedBy, EventKind, Format, HttpRequest, Record, Recording,
    RecordingName, Tenant,
};
use store::{Batch, OutboxFilter, RecordingRow, RecordingState, RecordingStep, Store, StoreError, Teller};

/// Waits for the callback of a job.
fn done<T: Send + 'static>(job: impl FnOnce(Box<dyn FnOnce(Result<T, StoreError>) + Send>)) -> T {
    let (told, hear) = sync_channel(1);
    job(Box::new(move |result| told.send(result).expect("somebody waits")));
    hear.recv_timeout(Duration::from_secs(60)).expect("called back").expect("durable")
}

#[test]
fn a_recording_is_known_from_its_beginning_to_its_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, _) = Store::open(&folder.path().join("x.db"), "here").expect("a store");
    let (tenant, call) = (Tenant::default(), CallSid::new("a"));
    let recording = |number: u8, record| Recording {
        name: RecordingName::new([number; 16]),
        tenant: tenant.clone(),
        call: call.clone(),
        record,
        created: Timestamp::from_millisecond(1_700_000_000_000 - i64::from(number)).expect("in range"),
        mailbox: (number == 1).then(|| "sales".to_owned()),
    };
    let first = recording(2, Record { dual: true, format: Format::Wav });
    let second = recording(1, Record { dual: false, format: Format::Mp3 });
    for recording in [&second, &first, &first] {
        done(|on_done| assert!(store.writer().keep_recording(recording.clone(), on_done).is_ok()));
    }
    let zero = (0, Duration::ZERO);
    let row = |recording: &Recording, state, (bytes, duration)| RecordingRow {
        recording: recording.clone(),
        state,
        bytes,
        duration,
    };
    let known = |tenant: &Tenant| store.reader().recordings(tenant, &call).expect("read");
    let expected = [row(&first, RecordingState::Recording, zero), row(&second, RecordingState::Recording, zero)];
    assert_eq!(known(&tenant), expected);
    let end = (44_044, Duration::from_millis(2_750));
    for state in [RecordingState::Encoding, RecordingState::Ready] {
        let step = RecordingStep {
            name: second.name.clone(),
            state,
            bytes: end.0,
            duration: end.1,
            teller: None,
            now: second.created,
        };
        let told = done(|on_done| assert!(store.writer().finish_recording(step, on_done).is_ok()));
        assert_eq!(told, None, "nobody wants to hear of it");
        assert_eq!(known(&tenant)[1], row(&second, state, end));
    }
    assert_eq!(known(&Tenant("other".into())), [], "another tenant's are not there");
}

#[test]
fn who_wants_to_hear_of_it_is_owed_a_report_with_the_same_stroke() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, _) = Store::open(&folder.path().join("x.db"), "here").expect("a store");
    let now = Timestamp::from_second(1_700_000_000).expect("in range");
    let recording = |call: &str, number: u8| Recording {
        name: RecordingName::new([number; 16]),
        tenant: Tenant::default(),
        call: CallSid::new(call),
        record: Record { dual: true, format: Format::Wav },
        created: now,
        mailbox: None,
    };
    let (tenant, direction) = (Tenant::default(), Direction::Incoming);
    let kind = EventKind::Offered { tenant: tenant.clone(), direction, from: "1".into(), to: "2".into() };
    let offered = CallEvent { call: CallSid::new("a"), seq: 0, leg: None, at: Duration::ZERO, wall: now, kind };
    let kind = EventKind::Ended { cause: Cause::NORMAL_CLEARING, by: EndedBy::Caller };
    let ended = CallEvent { kind, ..offered.clone() };
    let batch = Batch { events: vec![offered, ended], notify: Vec::new(), ..Batch::default() };
    done(|on_done| assert!(store.writer().append(batch, on_done).is_ok()));
    let write = |row: &RecordingRow, callout: CalloutId| {
        HttpRequest::get(format!("http://crm.example/{}?{}", row.recording.call, callout.0), Duration::from_secs(1))
    };
    // The second is of a call that nothing is known of.
    for (recording, owed) in [(recording("a", 1), true), (recording("b", 2), false)] {
        done(|on_done| assert!(store.writer().keep_recording(recording.clone(), on_done).is_ok()));
        let (name, teller) = (recording.name.clone(), Some(Teller(Arc::new(write))));
        let (state, duration) = (RecordingState::Ready, Duration::from_secs(1));
        let step = RecordingStep { name, state, bytes: 9, duration, teller, now };
        let told = done(|on_done| assert!(store.writer().finish_recording(step, on_done).is_ok()));
        let queued = told.is_some_and(|event| matches!(event.kind, EventKind::NotifyQueued { .. }));
        assert_eq!(queued, owed);
        let known = store.reader().recordings(&tenant, &recording.call).expect("read");
        assert_eq!(known[0].state, RecordingState::Ready);
    }
    let rows = store.reader().outbox(&tenant, &OutboxFilter::default(), 10).expect("read");
    let urls: Vec<&str> = rows.iter().map(|row| row.request.url.as_str()).collect();
    assert_eq!(urls, ["http://crm.example/a?1000001"]);
}
