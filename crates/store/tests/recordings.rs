//! A recording from its beginning to its end, as the store knows it.

use std::sync::mpsc::sync_channel;
use std::time::Duration;

use jiff::Timestamp;
use model::{CallSid, Record, Recording, RecordingName, Tenant};
use store::{RecordingRow, RecordingState, RecordingStep, Store, StoreError};

/// Waits for the callback of a job.
fn done(job: impl FnOnce(Box<dyn FnOnce(Result<(), StoreError>) + Send>)) {
    let (told, hear) = sync_channel(1);
    job(Box::new(move |result| told.send(result).expect("somebody waits")));
    hear.recv_timeout(Duration::from_secs(60)).expect("called back").expect("durable");
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
    };
    let first = recording(2, Record { dual: true, mp3: false });
    let second = recording(1, Record { dual: false, mp3: true });
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
        let step = RecordingStep { name: second.name.clone(), state, bytes: end.0, duration: end.1 };
        done(|on_done| assert!(store.writer().finish_recording(step, on_done).is_ok()));
        assert_eq!(known(&tenant)[1], row(&second, state, end));
    }
    assert_eq!(known(&Tenant("other".into())), [], "another tenant's are not there");
}
