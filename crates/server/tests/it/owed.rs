//! What a call that the API began owes at its end is told, though the server is killed in its middle (`trust.md` F02).

use std::process::Command;
use std::sync::mpsc::{Receiver, sync_channel};

use serde_json::Value;

use crate::database::Database;
use crate::phone::{field, socket};
use crate::server::{DEADLINE, Server, free_port};
use crate::witness::{Try, Witness};

const CONFIG: &str = "account_sid = \"acme1\"\ncallout.identify = true\n";

const BODY: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n";

const PICKS_UP: &str = "200 OK";

/// A phone that answers INVITEs so. Yields its address, and the methods of what it hears.
fn phone(says: &'static str) -> (String, Receiver<String>) {
    let socket = socket(std::net::Ipv4Addr::LOCALHOST);
    let at = socket.local_addr().expect("bound");
    let (heard, methods) = sync_channel(100);
    std::thread::spawn(move || {
        let mut buffer = [0; 65_535];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let method = request.split(' ').next().unwrap_or_default().to_owned();
            if !matches!(&*method, "ACK" | "SIP/2.0") {
                let status = if method == "INVITE" { says } else { PICKS_UP };
                let body = if method == "INVITE" && says == PICKS_UP { BODY } else { "" };
                let fields = ["Via", "From", "Call-ID", "CSeq"].map(|it| format!("{it}: {}\r\n", field(&request, it)));
                let answer = format!(
                    "SIP/2.0 {status}\r\n{}To: {};tag=phone\r\nContact: <sip:{at}>\r\nContent-Type: application/sdp\r\n\
                     Content-Length: {}\r\n\r\n{body}",
                    fields.concat(),
                    field(&request, "To"),
                    body.len()
                );
                socket.send_to(answer.as_bytes(), from).expect("sent");
            }
            if heard.send(method).is_err() {
                return;
            }
        }
    });
    (format!("sip:phone@{at}"), methods)
}

/// Asks for a call between two; its name.
fn connect(server: &Server, key: &(String, String), [from, to]: [&str; 2], status: &str) -> String {
    let fields = [("From", from), ("To", to), ("StatusCallback", status), ("CustomField", "o-17")];
    let answer = ask(server, key, &fields);
    answer["Call"]["Sid"].as_str().unwrap_or_else(|| panic!("no call: {answer}")).to_owned()
}

/// Asks for a call of whose answers and end is told; what is answered.
pub(crate) fn ask(server: &Server, (key, token): &(String, String), fields: &[(&str, &str)]) -> Value {
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--max-time", &DEADLINE.as_secs().to_string(), "-u", &format!("{key}:{token}")]);
    let more = [
        ("CallerId", "08011112222"),
        ("StatusCallbackEvents[0]", "answered"),
        ("StatusCallbackEvents[1]", "terminal"),
        ("StatusCallbackContentType", "application/json"),
    ];
    for (name, value) in fields.iter().chain(&more) {
        curl.args(["--data-urlencode", &format!("{name}={value}")]);
    }
    let output = curl.arg(server.url("/v1/Accounts/acme1/Calls/connect.json")).output().expect("curl is installed");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The reports of a call, in their order.
pub(crate) fn told(tries: &[Try], call: &str) -> Vec<Value> {
    let bodies = tries.iter().map(|it| it.content.split_once('\n').map_or("", |(_, body)| body));
    let reports = bodies.map(|body| serde_json::from_str::<Value>(body).expect("JSON"));
    reports.filter(|report| report["CallSid"] == call).collect()
}

pub(crate) fn events(reports: &[Value]) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    reports.iter().map(|it| format!("{} {}", word(&it["EventType"]), word(&it["Status"]))).collect()
}

#[test]
fn the_end_of_calls_that_the_api_began_is_told_once_though_the_server_is_killed_in_their_middle() {
    let witness = Witness::at(free_port(), 1, std::time::Duration::from_millis(20));
    // What waits in the outbox is told in its order; the URL's password is nobody's but the receiver's.
    let url = witness.url(1, "/status").replace("http://", "http://user:pass-word@");
    let server = Server::start(CONFIG);
    let key = server.new_key();
    let ((alice, at_alice), (bob, _at_bob), (carol, at_carol)) =
        (phone(PICKS_UP), phone(PICKS_UP), phone("180 Ringing"));
    let (busy, _at_busy) = phone("486 Busy Here");
    let talks = connect(&server, &key, [&alice, &bob], &url);
    witness.until("both have answered", |tries| told(tries, &talks).len() == 2);
    let over = connect(&server, &key, [&busy, &bob], &url);
    witness.until("one is over", |tries| told(tries, &over).len() == 1);
    let rings = connect(&server, &key, [&carol, &bob], &url);
    while at_carol.recv_timeout(DEADLINE).expect("it is rung") != "INVITE" {}
    let database = Database::of(server.folder());
    database.until_line("ringing", &rings);
    database.until_owed(|owed| owed == 0);
    drop(database);
    let folder = server.kill();
    assert!(at_alice.try_iter().all(|method| method != "BYE"), "it was killed before anybody left");

    let server = Server::again(folder, CONFIG);
    witness.until("all ends are told", |tries| {
        [&talks, &rings].iter().all(|call| events(&told(tries, call)).len() % 2 == 1)
    });
    Database::of(server.folder()).until_owed(|owed| owed == 0);
    let folder = server.kill();
    let server = Server::again(folder, CONFIG);
    Database::of(server.folder()).until_owed(|owed| owed == 0);
    let tries = witness.tries();
    let answered = "answered in-progress";
    assert_eq!(events(&told(&tries, &talks)), [answered, answered, "terminal completed"]);
    assert_eq!(events(&told(&tries, &over)), ["terminal busy"]);
    assert_eq!(events(&told(&tries, &rings)), ["terminal failed"]);
    let end = told(&tries, &talks).pop().expect("three reports");
    let legs = [&end["Legs"][0]["Status"], &end["Legs"][1]["Status"]];
    assert_eq!(
        (legs, &end["CustomField"], &end["To"]),
        ([&"completed".into(), &"completed".into()], &"o-17".into(), &bob.into())
    );
    let lines = Database::of(server.folder()).lines("notify_queued");
    assert!(lines.len() == 5 && lines.iter().all(|line| !line.to_string().contains("pass-word")), "{lines:?}");
}
