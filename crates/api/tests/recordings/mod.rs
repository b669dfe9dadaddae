//! Recordings, fetched by their links: whole, in parts, too early, too late, forged.

use std::time::Duration;

use axum::http::Method;
use exotel::recording::{Links, VALIDITY};
use jiff::Timestamp;
use model::{CallSid, EventKind, Format, Record, Recording, RecordingName, Tenant};
use store::{RecordingState, RecordingStep};

use crate::story::*;

const BODY: &str = "RIFF and what follows";

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).expect("in range")
}

/// The path of a link that is good at `at`, made by the key of the stories.
fn link(name: &RecordingName, at: Timestamp) -> String {
    Links::new("", LINK_KEY, VALIDITY).url(name, false, &Tenant::default(), at)
}

fn name(number: u8) -> RecordingName {
    RecordingName::new([number; 16])
}

#[tokio::test]
async fn a_link_opens_its_recording_and_nothing_else() {
    let server = Server::open();
    server.shelve(&name(1).file(false), BODY);
    let path = link(&name(1), now());
    let answer = server.get(&path).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, BODY));
    for (header, value) in [
        ("content-type", "audio/wav".to_owned()),
        ("content-length", BODY.len().to_string()),
        ("content-disposition", format!("attachment; filename=\"{}\"", name(1).file(false))),
        ("accept-ranges", "bytes".into()),
        ("x-content-type-options", "nosniff".into()),
        ("cache-control", "no-store".into()),
    ] {
        assert_eq!(answer.header(header), Some(value), "{header}");
    }
    let head = server.send(Method::HEAD, &path, &[], String::new()).await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-length"), Some(BODY.len().to_string()));
    let hour_ago = Timestamp::from_second(now().as_second() - 3_601).expect("in range");
    let other = path.replace(name(1).as_str(), name(2).as_str());
    let rows = [
        link(&name(1), hour_ago),
        other,
        path.replace("&sig=", "&sig=0"),
        format!("{path}&sig=0"),
        path.split('?').next().expect("a path").to_owned(),
        path.replace("expires=", "Expires="),
    ];
    let mut texts: Vec<String> = Vec::new();
    for path in rows.iter() {
        let answer = server.get(path).await;
        answer.problem(403, "bad-link", "not good");
        texts.push(answer.body);
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "a forger learns nothing");
}

#[tokio::test]
async fn what_was_removed_is_said_to_be_gone() {
    let server = Server::open();
    server.store(whole_call("done", 0, ALICE)).await;
    let (tenant, record) = (Tenant::default(), Record { dual: false, format: Format::Wav });
    let recording =
        Recording { name: name(1), tenant, call: CallSid::new("done"), record, created: now(), mailbox: None };
    server.write(|writer, done| writer.keep_recording(recording, done)).await;
    let path = link(&name(1), now());
    server.get(&path).await.problem(404, "no-such-recording", "there is no such recording");
    let step = RecordingStep {
        name: name(1),
        state: RecordingState::Ready,
        bytes: 9,
        duration: Duration::from_secs(1),
        teller: None,
        now: now(),
    };
    server.write(|writer, done| writer.finish_recording(step, done)).await;
    let line = server.write(|writer, done| writer.remove_recording(name(1), done, now())).await;
    assert!(line.is_some_and(|line| matches!(line.kind, EventKind::RecordingRemoved { .. })));
    let again = server.write(|writer, done| writer.remove_recording(name(1), done, now())).await;
    assert_eq!(again, None, "once");
    server.get(&path).await.problem(410, "recording-removed", "the recording was removed");
    let listed = server.get("/api/v1/calls/done/recordings").await.json();
    assert_eq!((&listed["recordings"][0]["state"], &listed["recordings"][0]["bytes"]), (&"removed".into(), &0.into()));
    let journal = server.get("/api/v1/calls/done/events").await;
    assert!(journal.body.contains(r#""event":"recording_removed""#), "{}", journal.body);
}

#[tokio::test]
async fn a_range_is_served() {
    let server = Server::open();
    server.shelve(&name(1).file(false), BODY);
    let path = link(&name(1), now());
    let length = BODY.len();
    let rows = [
        ("bytes=0-3", 206, "RIFF", Some(format!("bytes 0-3/{length}"))),
        ("bytes=-7", 206, "follows", Some(format!("bytes 14-20/{length}"))),
        ("bytes=0-1,4-5", 200, BODY, None),
    ];
    for (range, status, body, place) in rows {
        let answer = server.send(Method::GET, &path, &[("range", range)], String::new()).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (status, body), "{range}");
        assert_eq!(answer.header("content-range"), place, "{range}");
        assert_eq!(answer.header("content-length"), Some(body.len().to_string()));
    }
    let answer = server.send(Method::GET, &path, &[("range", "bytes=21-")], String::new()).await;
    answer.problem(416, "past-the-end", "21 bytes");
    assert_eq!(answer.header("content-range"), Some("bytes */21".into()));
}

#[tokio::test]
async fn what_is_not_ready_is_worth_another_try() {
    let server = Server::open();
    server.shelve(&format!("{}.part", name(1).file(false)), "");
    let soon = server.get(&link(&name(1), now())).await;
    soon.problem(404, "not-ready", "ask again in 5 s");
    assert_eq!(soon.header("retry-after"), Some("5".into()));
    let gone = server.get(&link(&name(2), now())).await;
    gone.problem(404, "no-such-recording", "no such recording");
    assert_eq!(gone.header("retry-after"), None);
    for path in ["/recordings/passwd", "/recordings/..%2Fpasswd", "/recordings/%00"] {
        server.get(path).await.problem(404, "no-such-recording", "no such recording");
    }
}

#[tokio::test]
async fn a_calls_recordings_are_listed_with_links() {
    let server = Server::open();
    server.store(vec![offered("c1", 1, ALICE)]).await;
    let record = Record { dual: true, format: Format::Wav };
    let call = CallSid::new("c1");
    server
        .record(Recording { name: name(1), tenant: Tenant::default(), call, record, created: now(), mailbox: None })
        .await;
    server.shelve(&name(1).file(false), BODY);
    let list = server.get("/api/v1/calls/c1/recordings").await.json();
    let recording = &list["recordings"][0];
    assert_eq!(list["recordings"].as_array().map(Vec::len), Some(1));
    assert_eq!((&recording["channels"], &recording["state"]), (&2.into(), &"recording".into()));
    let url = recording["url"].as_str().expect("a link");
    let path = url.strip_prefix("https://voice.example").expect("the base");
    assert_eq!(server.get(path).await.body, BODY);
    server.get("/api/v1/calls/nobody/recordings").await.problem(404, "no-such-call", "nobody");
}

#[tokio::test]
async fn messages_are_listed_by_mailbox_the_newest_first() {
    let server = Server::open();
    let record = Record { dual: false, format: Format::Mp3 };
    for (number, mailbox) in [(1, Some("sales")), (2, Some("support")), (3, Some("sales")), (4, None)] {
        let created = now() + Duration::from_secs(number.into());
        let (tenant, call, mailbox) = (Tenant::default(), CallSid::new("c1"), mailbox.map(str::to_owned));
        server.record(Recording { name: name(number), tenant, call, record, created, mailbox }).await;
    }
    let list = async |query: &str| server.get(&format!("/api/v1/recordings?{query}")).await.json();
    let names = |list: &serde_json::Value| -> Vec<String> {
        let rows = list["recordings"].as_array().expect("a list").iter();
        rows.map(|row| row["name"].as_str().expect("a name").to_owned()).collect()
    };
    let sales = list("mailbox=sales").await;
    assert_eq!(names(&sales), [name(3).to_string(), name(1).to_string()]);
    assert_eq!((&sales["recordings"][0]["mailbox"], &sales["recordings"][0]["call"]), (&"sales".into(), &"c1".into()));
    assert_eq!(names(&list("mailbox=sales&limit=1").await), [name(3).to_string()]);
    let before = sales["recordings"][0]["created"].as_str().expect("a time").to_owned();
    let older = server.get(&format!("/api/v1/recordings?mailbox=sales&before={before}")).await.json();
    assert_eq!(names(&older), [name(1).to_string()]);
    assert_eq!(names(&list("mailbox=nobody").await), [""; 0]);
    server.get("/api/v1/recordings?mailbox=a&limit=0").await.problem(400, "bad-parameter", "1 to 1000");
}

#[tokio::test]
async fn all_recordings_are_listed_with_their_calls_page_by_page() {
    let server = Server::open();
    server.store(whole_call("c1", 0, "+919900000001")).await;
    let record = Record { dual: true, format: Format::Wav };
    // Two that began in the same millisecond stand on different pages.
    for (number, call, seconds) in [(1, "c1", 0), (2, "c1", 1), (3, "gone", 1), (4, "c1", 2)] {
        let (tenant, call, created) = (Tenant::default(), CallSid::new(call), now() + Duration::from_secs(seconds));
        server.record(Recording { name: name(number), tenant, call, record, created, mailbox: None }).await;
    }
    let names = |page: &serde_json::Value| -> Vec<String> {
        let rows = page["recordings"].as_array().expect("a list").iter();
        rows.map(|row| row["name"].as_str().expect("a name").to_owned()).collect()
    };
    let mut seen = Vec::new();
    let mut query = "limit=2".to_owned();
    loop {
        let page = server.get(&format!("/api/v1/recordings?{query}")).await.json();
        seen.extend(names(&page));
        let Some(next) = page["next"].as_str() else { break };
        query = format!("limit=2&cursor={next}");
    }
    assert_eq!(seen, [4, 3, 2, 1].map(|number| name(number).to_string()));
    let all = server.get("/api/v1/recordings").await.json();
    let call = |at: usize| ["from", "to", "flow"].map(|field| all["recordings"][at][field].as_str().map(str::to_owned));
    assert_eq!(call(0), ["+919900000001", LINE, "reception"].map(|text| Some(text.to_owned())));
    assert_eq!(call(1), [const { None }; 3], "its record is gone");
    let since = now() + Duration::from_secs(1);
    let middle = format!("/api/v1/recordings?since={since}&before={}", now() + Duration::from_secs(2));
    assert_eq!(names(&server.get(&middle).await.json()), [3, 2].map(|number| name(number).to_string()));
    server.get("/api/v1/recordings?cursor=x").await.problem(400, "bad-parameter", "next");
}
