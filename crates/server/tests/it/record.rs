//! Recordings of real calls: baresip on both sides, each with a tone of its own, and curl fetches what the Passthru was told.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::baresip::{OFF, Phone, USERS, until_registered};
use crate::server::{DEADLINE, Server};
use crate::sound::{RATE, tones};
use crate::web::Web;

/// Octets of a WAV file before its samples.
const HEADER: usize = 44;

fn desk(fields: &str, report: &str) -> String {
    format!(
        r#"
flow: desk
start: sales
nodes:
  sales: {{ applet: connect, to: "sip:sales", ring: 60s, {fields}, on: {{ answered: report, missed: bye, nobody: bye }} }}
  report: {{ applet: passthru, url: "{report}", async: true, next: bye }}
  bye: {{ applet: hangup }}
"#
    )
}

fn mailbox(report: &str) -> String {
    format!(
        r#"
flow: box
start: box
nodes:
  box: {{ applet: voicemail, next: report }}
  report: {{ applet: passthru, url: "{report}", async: true, next: bye }}
  bye: {{ applet: hangup }}
"#
    )
}

/// The files of the folder of recordings whose names end so.
fn files(server: &Server, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(server.folder().join("data/recordings")).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.filter(|path| path.to_string_lossy().ends_with(ending)).collect()
}

/// Waits until so many seconds of one channel of a recording have been written.
pub(crate) fn until_recorded(server: &Server, seconds: usize, channels: usize) {
    let end = Instant::now() + DEADLINE;
    let wanted = (HEADER + seconds * RATE * 2 * channels) as u64;
    let is_there = |path: &PathBuf| fs::metadata(path).is_ok_and(|data| data.len() >= wanted);
    while !files(server, ".part").iter().any(is_there) {
        assert!(Instant::now() < end, "never {seconds} s recorded");
        std::thread::park_timeout(Duration::from_millis(100));
    }
}

/// The link that a report told.
fn link(report: &str) -> String {
    let value = report.split(['?', '&']).find_map(|pair| pair.strip_prefix("RecordingUrl="));
    let value = value.unwrap_or_else(|| panic!("no RecordingUrl in {report}"));
    percent_encoding::percent_decode_str(value).decode_utf8().expect("text").into_owned()
}

/// What curl gets: the status, and the body.
fn curl(url: &str, more: &[&str]) -> (String, Vec<u8>) {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--max-time", "60", "-w", "%{http_code}", "-o"]).arg(file.path()).args(more).arg(url);
    let output = curl.output().expect("curl is installed: scripts/install test");
    let status = String::from_utf8(output.stdout).expect("text");
    (status, fs::read(file.path()).expect("a body"))
}

/// Fetches a recording, as often as it is said not to be ready.
pub(crate) fn fetch(url: &str) -> Vec<u8> {
    let end = Instant::now() + DEADLINE;
    loop {
        let (status, body) = curl(url, &[]);
        if status == "200" {
            return body;
        }
        assert!(status == "404" && Instant::now() < end, "{status}: {}", String::from_utf8_lossy(&body));
        std::thread::park_timeout(Duration::from_millis(100));
    }
}

/// The pitch of a channel of a WAV file, in hertz: the median of pieces of 200 ms, since a phone that had no time for a moment
/// leaves a gap.
fn heard(wav: &[u8], channel: usize) -> f64 {
    let channels = usize::from(wav[22]);
    let frames = wav[HEADER..].chunks_exact(2 * channels);
    let one: Vec<i16> = frames.map(|frame| i16::from_le_bytes([frame[2 * channel], frame[2 * channel + 1]])).collect();
    let crossings = |piece: &[i16]| piece.windows(2).filter(|pair| (pair[0] < 0) != (pair[1] < 0)).count();
    let mut pitches: Vec<usize> = one.chunks_exact(RATE / 5).map(crossings).filter(|count| *count > 0).collect();
    pitches.sort_unstable();
    assert!(pitches.len() >= 10, "two seconds at least are not silent: {pitches:?}");
    f64::from(u32::try_from(pitches[pitches.len() / 2]).expect("few")) * 5.0 / 2.0
}

fn near(heard: f64, hertz: f64) {
    assert!((heard - hertz).abs() < OFF, "{heard} Hz is not {hertz} Hz");
}

/// Alice, of 700 Hz, talks with sales, of 440 Hz, until three seconds of it have been written.
fn conversation(flow: &str, channels: usize) -> (Server, Phone, Phone) {
    let server = Server::with_flows(&[("desk.yaml", flow)], USERS);
    let sales = Phone::registers(&server, "sales", "pcma", &tones(&[440], 60_000));
    until_registered(&server, 1);
    let alice = Phone::calls(&server, "alice", "pcmu", &tones(&[700], 60_000));
    until_recorded(&server, 3, channels);
    (server, alice, sales)
}

#[test]
fn each_party_has_its_channel_and_the_link_of_the_passthru_leads_to_it() {
    let web = Web::answers(&[("/calls", 200, "")]);
    let (_server, alice, _sales) = conversation(&desk("record: dual", &web.url("/calls")), 2);
    alice.hangs_up();
    let url = link(&web.next());
    let wav = fetch(&url);
    assert_eq!(wav[22], 2, "two channels");
    near(heard(&wav, 0), 700.0);
    near(heard(&wav, 1), 440.0);
    assert_eq!(curl(&url, &["-r", "0-3"]), ("206".into(), b"RIFF".to_vec()));
    assert_eq!(curl(&url.replace("sig=", "sig=0"), &[]).0, "403");
    assert_eq!(curl(&url, &["-I"]).0, "200");
}

#[test]
fn a_killed_server_leaves_a_file_that_opens_and_the_next_start_shelves_it() {
    let flow = desk("record: dual", "http://127.0.0.1:9/");
    let (server, _alice, _sales) = conversation(&flow, 2);
    let part = files(&server, ".wav.part").remove(0);
    let folder = server.kill();
    let reader = hound::WavReader::open(&part).expect("it opens as it is");
    let (told, there) = (reader.duration() as usize, (fs::metadata(&part).expect("there").len() as usize - HEADER) / 4);
    assert!(told >= 3 * RATE && there - told <= RATE, "{told} of {there} samples");
    let server = Server::again(folder, USERS);
    let shelved = files(&server, ".wav").remove(0);
    let wav = fs::read(&shelved).expect("it is shelved");
    near(heard(&wav, 0), 700.0);
    near(heard(&wav, 1), 440.0);
    assert!(files(&server, ".part").is_empty());
}

#[test]
fn a_message_whose_caller_hangs_up_is_told_and_can_be_fetched() {
    let web = Web::answers(&[("/calls", 200, "")]);
    let server = Server::with_flows(&[("box.yaml", mailbox(&web.url("/calls")))], USERS);
    let alice = Phone::calls(&server, "alice", "pcmu", &tones(&[700], 60_000));
    until_recorded(&server, 3, 1);
    alice.hangs_up();
    let report = web.next();
    assert!(report.contains("&CallType=voicemail&") && report.contains("&RecordingAvailableBy="), "{report}");
    let wav = fetch(&link(&report));
    assert_eq!(wav[22], 1, "one channel");
    near(heard(&wav, 0), 700.0);
}

#[test]
fn mp3_can_be_fetched_some_moments_later() {
    let web = Web::answers(&[("/calls", 200, "")]);
    let (_server, alice, _sales) = conversation(&desk("record: single, record_format: mp3", &web.url("/calls")), 1);
    alice.hangs_up();
    let url = link(&web.next());
    assert!(url.contains(".mp3?expires="), "{url}");
    let mp3 = fetch(&url);
    let decoded = server::prompt::decode(&mp3, "x.mp3").expect("it can be played");
    assert!(decoded.samples.len() >= 3 * RATE, "{} samples", decoded.samples.len());
}

#[test]
fn who_asked_for_it_is_told_that_the_file_can_be_fetched() {
    let web = Web::answers(&[("/calls", 200, ""), ("/ready", 200, "")]);
    let config = format!("{USERS}\n[recording]\nready_url = \"{}\"\n", web.url("/ready"));
    let server = Server::with_flows(&[("box.yaml", mailbox(&web.url("/calls")))], &config);
    let alice = Phone::calls(&server, "alice", "pcmu", &tones(&[700], 60_000));
    until_recorded(&server, 3, 1);
    alice.hangs_up();
    let mut asked = [web.next(), web.next()];
    asked.sort();
    assert!(asked[0].starts_with("/calls?") && asked[1] == "/ready", "{asked:?}");
}
