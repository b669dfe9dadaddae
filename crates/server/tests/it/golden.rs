//! One whole query for each stage of a call and each outcome of a connect (`exotel.md` 1.5 and 1.7): what a rehearsal asks,
//! byte for byte, and what a real call asks, the same but for ids and times.

use std::path::{Path, PathBuf};
use std::process::Command;

use expect_test::expect_file;

use crate::bots::{self, Bot};
use crate::server::{Server, free_port};
use crate::sipp::Sipp;
use crate::web::Web;

const NUMBER: &str = "08011112222";
const SITE: &str = "http://crm.example";

/// What differs from call to call.
const PASSING: [&str; 11] = [
    "CallSid",
    "Created",
    "DialCallDuration",
    "StartTime",
    "RecordingUrl",
    "RecordingAvailableBy",
    "CurrentTime",
    "Stream%5BStreamSID%5D",
    "Stream%5BDuration%5D",
    "Stream%5BRecordingUrl%5D",
    "Stream%5BStreamUrl%5D",
];

const BOT: &str = "wss://bot.example/ws";

fn document(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden").join(name).with_extension("yaml")
}

/// The query that a rehearsal asks with.
fn rehearsed(flow: &str, arguments: &[&str]) -> String {
    let mut rehearse = Command::new(env!("CARGO_BIN_EXE_passthru"));
    rehearse.arg("rehearse").arg(document(flow)).args(["--dial", NUMBER, "--web"]).arg(format!("{SITE}/calls=200"));
    let output = rehearse.args(arguments).output().expect("it runs");
    let ladder = String::from_utf8_lossy(&output.stdout);
    let asked = ladder.lines().find_map(|line| line.split_once(&format!("GET {SITE}/calls?")));
    asked.unwrap_or_else(|| panic!("{ladder}{}", String::from_utf8_lossy(&output.stderr))).1.to_owned()
}

/// A query in which passing values are left open.
fn lasting(query: &str) -> String {
    let lasting = |pair: &str| {
        let (name, value) = pair.split_once('=').expect("a name and a value");
        let passes = PASSING.contains(&name) || name.ends_with("%5BOnCallDuration%5D");
        format!("{name}={}", if passes { "*" } else { value })
    };
    query.split('&').map(lasting).collect::<Vec<_>>().join("&")
}

/// A server with a flow; what its Passthru asks, and the port of whoever is rung.
fn real(flow: &str) -> (Server, Web, u16) {
    let port = free_port();
    let trunk = format!("[[trunk]]\nname = \"carrier\"\nhost = \"127.0.0.1:{port}\"\nnumbers = [\"^\"]\n");
    let (server, web) = served(flow, BOT, &trunk);
    (server, web, port)
}

/// A server with a flow whose voicebot is there; what its Passthru asks.
fn served(flow: &str, bot: &str, config: &str) -> (Server, Web) {
    let web = Web::answers(&[("/calls", 200, "")]);
    let flow = std::fs::read_to_string(document(flow)).expect("a flow");
    let flow = flow.replace(SITE, &web.url("")).replace(BOT, bot);
    (Server::with_flows(&[("golden.yaml", flow)], config), web)
}

/// A real call to a flow; the query that it asks with.
fn called(flow: &str, caller: &str, agent: Option<&str>) -> String {
    let (server, web, port) = real(flow);
    let agent = agent.map(|scenario| Sipp::agent(port, scenario));
    Sipp::calls(server.sip, NUMBER, caller).run();
    let asked = web.next();
    if let Some(agent) = agent {
        agent.join().expect("the agent's scenario went by the book");
    }
    asked.split_once('?').expect("a query").1.to_owned()
}

#[test]
fn before_the_answer() {
    let rehearsed = rehearsed("before_answer", &[]);
    expect_file!["golden/before_answer.txt"].assert_eq(&rehearsed);
    assert_eq!(lasting(&called("before_answer", "refused", None)), lasting(&rehearsed));
}

#[test]
fn after_a_greeting() {
    let rehearsed = rehearsed("after_greeting", &[]);
    expect_file!["golden/after_greeting.txt"].assert_eq(&rehearsed);
    assert_eq!(lasting(&called("after_greeting", "ended_17", None)), lasting(&rehearsed));
}

#[test]
fn after_a_gather() {
    let rehearsed = rehearsed("after_gather", &["--press", "1"]);
    expect_file!["golden/after_gather.txt"].assert_eq(&rehearsed);
    assert_eq!(lasting(&called("after_gather", "presses_one", None)), lasting(&rehearsed));
}

#[test]
fn after_a_menu() {
    let rehearsed = rehearsed("after_ivr", &["--press", "1"]);
    expect_file!["golden/after_ivr.txt"].assert_eq(&rehearsed);
    assert_eq!(lasting(&called("after_ivr", "presses_one", None)), lasting(&rehearsed));
}

#[test]
fn after_a_recorded_conversation() {
    let answer = ["--answer", "+919900000003=after:1s talks:3s"];
    let rehearsed = rehearsed("after_recorded_connect", &answer);
    expect_file!["golden/after_recorded_connect.txt"].assert_eq(&rehearsed);
    let called = called("after_recorded_connect", "ended_19", Some("agent_leaves"));
    assert_eq!(lasting(&called), lasting(&rehearsed));
    assert!(lasting(&called).contains("&RecordingUrl=*&"), "{called}");
}

#[test]
fn after_a_message() {
    let rehearsed = rehearsed("voicemail", &[]);
    expect_file!["golden/voicemail.txt"].assert_eq(&rehearsed);
    let called = called("voicemail", "speaks", None);
    assert_eq!(lasting(&called), lasting(&rehearsed));
    assert!(lasting(&called).contains("&RecordingUrl=*&"), "{called}");
}

#[test]
fn of_a_call_that_the_api_started() {
    let rehearsed = rehearsed("api_started", &["--started", "--custom-field", "order-17"]);
    expect_file!["golden/api_started.txt"].assert_eq(&rehearsed);
    let (server, web, port) = real("api_started");
    let rung = Sipp::agent(port, "agent_answers");
    let (key, token) = server.new_key();
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--max-time", "60", "-u", &format!("{key}:{token}")]);
    let url = "Url=http://my.exotel.com/passthru/exoml/start_voice/11111";
    for field in ["From=09900000001", &format!("CallerId={NUMBER}"), url, "CustomField=order-17"] {
        curl.args(["-d", field]);
    }
    let output = curl.arg(server.url("/v1/Accounts/passthru/Calls/connect.json")).output().expect("curl is installed");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("\"Status\":\"in-progress\""), "{said}");
    let asked = web.next();
    rung.join().expect("who was rung was let go by the book");
    assert_eq!(lasting(asked.split_once('?').expect("a query").1), lasting(&rehearsed));
}

/// An outcome of a connect.
fn connected(row: &str, arguments: &[&str], caller: &str, agent: &str) {
    let rehearsed = rehearsed("after_connect", arguments);
    expect_file![document(row).with_extension("txt")].assert_eq(&rehearsed);
    assert_eq!(lasting(&called("after_connect", caller, Some(agent))), lasting(&rehearsed));
}

#[test]
fn a_conversation_took_place() {
    connected("completed", &["--answer", "+919900000003=after:1s talks:3s"], "ended_19", "agent_leaves");
}

#[test]
fn the_caller_hung_up_while_it_rang() {
    connected("client_hangup", &["--answer", "+919900000003=rings", "--hang-up", "1s"], "gives_up", "agent_rings");
}

#[test]
fn nobody_picked_up() {
    connected("no_answer", &["--answer", "+919900000003=rings"], "refused", "agent_rings");
}

#[test]
fn the_agent_was_busy() {
    connected("busy", &["--answer", "+919900000003=busy"], "refused", "agent_busy");
}

#[test]
fn the_number_does_not_exist() {
    connected("failed", &["--answer", "+919900000003=rejects:404"], "refused", "agent_unknown");
}

/// A way in which a voicebot ends: in a rehearsal, and with a bot of a real call.
fn talked(row: &str, flow: &str, arguments: &[&str], (bot, config, caller): (&str, &str, &str)) {
    let rehearsed = rehearsed(flow, arguments);
    expect_file![document(row).with_extension("txt")].assert_eq(&rehearsed);
    let (server, web) = served(flow, bot, config);
    Sipp::calls(server.sip, NUMBER, caller).run();
    let asked = web.next();
    assert_eq!(lasting(asked.split_once('?').expect("a query").1), lasting(&rehearsed));
}

#[test]
fn a_bot_talked_and_went() {
    let part = format!("{BOT}=says:2s closes@3s");
    talked("after_voicebot", "after_voicebot", &["--bot", &part], (&bots::one_that_goes(), "", "ended_17"));
}

#[test]
fn the_caller_hung_up_while_a_bot_talked() {
    let part = format!("{BOT}=echoes closes@1m");
    let bot = Bot::start();
    talked("voicebot_hangup", "voicebot", &["--bot", &part, "--hang-up", "3s"], (&bot.url, "", "leaver"));
}

#[test]
fn a_bot_refused_the_connection() {
    let site = Web::answers(&[("/ws", 403, "")]);
    let (url, part) = (site.url("/ws").replace("http://", "ws://"), format!("{BOT}=refuses:403"));
    talked("voicebot_failed", "voicebot", &["--bot", &part], (&url, "", "ended_17"));
}

#[test]
fn there_were_too_many_streams() {
    let limit = "[stream]\nlimit = 0\n";
    talked("voicebot_throttled", "voicebot", &["--streams", "0"], ("ws://127.0.0.1:9/", limit, "ended_17"));
}
