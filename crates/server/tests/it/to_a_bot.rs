//! Calls that the API starts straight to a bot: baresip is rung and talks with the bundled one.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::baresip::{OFF, Phone, USERS, until_registered};
use crate::bots::Bot;
use crate::database::Database;
use crate::owed::{ask, events, told};
use crate::record::{fetch, until_recorded};
use crate::server::{DEADLINE, Server, free_port};
use crate::sound::{RATE, tones};
use crate::witness::Witness;

/// Who is rung and who is told, and the call between them and a bot.
struct Story {
    server: Server,
    key: (String, String),
    sales: Phone,
    bot: Bot,
    witness: Witness,
    call: String,
}

impl Story {
    /// The bot and sales hear each other, and are recorded.
    fn begin() -> Self {
        let (bot, witness) = (Bot::start(), Witness::at(free_port(), 1, Duration::from_millis(20)));
        let server = Server::start(&config());
        let key = server.new_key();
        let mut sales = Phone::registers(&server, "sales", "pcmu", &tones(&[700], 60_000));
        until_registered(&server, 1);
        let status = witness.url(1, "/status");
        let fields = [
            ("From", "sip:sales"),
            ("StreamUrl", &bot.url),
            ("StreamType", "bidirectional"),
            ("StatusCallback", &status),
            ("CustomField", "o-17"),
            ("Record", "true"),
            ("RecordingChannels", "dual"),
        ];
        let answer = ask(&server, &key, &fields);
        let call = answer["Call"]["Sid"].as_str().unwrap_or_else(|| panic!("no call: {answer}")).to_owned();
        assert_eq!(answer["Call"]["To"], "08011112222", "{answer}");
        let start = bot.says("bot: start ");
        assert!(start.contains(&format!("\"call_sid\":\"{call}\"")), "{start}");
        let heard = sales.hears();
        assert!((heard - 700.0).abs() < OFF, "sales hears itself: {heard} Hz");
        Self { server, key, sales, bot, witness, call }
    }
}

fn config() -> String {
    // What stands before the tables belongs to no table.
    format!("account_sid = \"acme1\"\ncallout.identify = true\n{USERS}")
}

/// What the API says of a call.
fn details(server: &Server, (key, token): &(String, String), call: &str) -> Value {
    let url = server.url(&format!("/v1/Accounts/acme1/Calls/{call}.json?details=true"));
    let credentials = format!("{key}:{token}");
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--max-time", &DEADLINE.as_secs().to_string(), "-u", &credentials, &url]);
    let output = curl.output().expect("curl is installed: scripts/install test");
    serde_json::from_slice::<Value>(&output.stdout).expect("JSON")["Call"].take()
}

#[test]
fn a_phone_is_rung_for_a_bot_and_the_end_is_told() {
    let Story { server, key, sales, bot, witness, call } = Story::begin();
    let running = details(&server, &key, &call);
    assert_eq!((&running["Status"], &running["EndTime"]), (&json!("in-progress"), &json!(null)), "{running}");
    sales.hangs_up();
    bot.says("bot: stop, callended");
    witness.until("the end is told", |tries| told(tries, &call).len() == 2);
    let told = told(&witness.tries(), &call);
    assert_eq!(events(&told), ["answered in-progress", "terminal completed"]);
    let end = &told[1];
    assert_eq!(
        (&end["From"], &end["To"], &end["CustomField"]),
        (&json!("sip:sales"), &json!("08011112222"), &json!("o-17"))
    );
    let url = end["RecordingUrl"].as_str().unwrap_or_else(|| panic!("no recording: {end}"));
    let mp3 = fetch(url);
    assert!(server::prompt::decode(&mp3, "x.mp3").is_ok(), "{url}: {} bytes", mp3.len());
    let over = details(&server, &key, &call);
    let told = ["Status", "Direction", "From", "To"].map(|name| over[name].clone());
    assert_eq!(told, ["completed", "outbound-api", "sip:sales", "08011112222"].map(Value::from), "{over}");
    assert_eq!(over["Duration"].as_str(), Some(&*end["Duration"].to_string()), "{over}");
    let legs = &over["Details"]["Legs"];
    assert_eq!(
        (legs.as_array().map(Vec::len), &over["Details"]["Leg1Status"]),
        (Some(1), &json!("completed")),
        "{over}"
    );
}

#[test]
fn what_is_no_bot_is_refused_before_anybody_is_rung() {
    let server = Server::start(&config());
    let key = server.new_key();
    let rows = [
        ("bot.example/ws", "bidirectional", "StreamUrl: this is no URL of up to 599 bytes"),
        ("ws://127.0.0.1:9/?sample-rate=11025", "bidirectional", "StreamUrl: `sample-rate` is 8000, 16000 or 24000"),
        ("ws://[::1/", "bidirectional", "not a URL: invalid IPv6 address"),
        ("ws://127.0.0.1:9/", "loud", "StreamType: `loud` is not one of bidirectional, unidirectional"),
        ("", "bidirectional", "StreamUrl: missing; "),
        ("ws://127.0.0.1:9/", "", "StreamType: missing; "),
    ];
    for (url, kind, says) in rows {
        let answer = ask(&server, &key, &[("From", "sip:sales"), ("StreamUrl", url), ("StreamType", kind)]);
        let exception = &answer["RestException"];
        assert_eq!(exception["Status"], 400, "{answer}");
        assert!(exception["Message"].as_str().is_some_and(|message| message.contains(says)), "{says}: {answer}");
    }
    assert!(server.get("/api/v1/calls").1.contains("\"calls\":[]"), "{}", server.get("/api/v1/calls").1);
}

#[test]
fn a_server_killed_while_a_bot_talks_tells_the_end_and_keeps_what_was_recorded() {
    let story = Story::begin();
    story.witness.until("the answer is told", |tries| told(tries, &story.call).len() == 1);
    let database = Database::of(story.server.folder());
    database.until_owed(|owed| owed == 0);
    drop(database);
    until_recorded(&story.server, 3, 2);
    let Story { server, key, sales, bot, witness, call } = story;
    let folder = server.kill();
    bot.says("bot: the connection broke");
    let server = Server::again(folder, &config());
    witness.until("the end is told", |tries| told(tries, &call).len() == 2);
    Database::of(server.folder()).until_owed(|owed| owed == 0);
    let end = told(&witness.tries(), &call).remove(1);
    assert_eq!((&end["Status"], &end["CustomField"]), (&json!("completed"), &json!("o-17")), "{end}");
    let mp3 = fetch(end["RecordingUrl"].as_str().unwrap_or_else(|| panic!("no recording: {end}")));
    let heard = server::prompt::decode(&mp3, "x.mp3").expect("it can be played");
    assert!(heard.samples.len() >= 2 * RATE, "{} samples", heard.samples.len());
    let over = details(&server, &key, &call);
    assert_eq!((&over["Status"], &over["EndTime"]), (&json!("completed"), &end["EndTime"]), "{over}");
    let journal = server.journal();
    assert!(journal.iter().any(|line| line.starts_with("\"stream_connected\"")), "{journal:?}");
    server.until_metric("passthru_streams 0");
    drop(sales); // it took no part in the end, and was there all the time
}
