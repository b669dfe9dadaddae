//! A flow from nothing: begun, published, called, mended, restored, by the API alone; and what a kill leaves of it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::{DEADLINE, Server};

impl Server {
    /// Asks the API with a body: status, and what it says.
    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let url = self.url("");
        let host = url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).expect("the API listens");
        stream.set_read_timeout(Some(DEADLINE)).expect("a time-out");
        let body = body.to_string();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
        write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("head and body");
        (head[9..12].parse().expect("a status"), serde_json::from_str(body).unwrap_or(Value::Null))
    }

    /// Saves a draft over what is there and publishes it; yields its version.
    fn publishes(&self, document: &str, message: &str) -> Value {
        let read = &self.show("/api/v1/flows/desk")["revision"];
        let draft = json!({ "document": document, "revision": read });
        let (status, saved) = self.ask("PUT", "/api/v1/flows/desk/draft", &draft);
        assert_eq!(status, 200, "{saved}");
        let wanted = json!({ "message": message, "revision": saved["revision"] });
        let (status, published) = self.ask("POST", "/api/v1/flows/desk/publish", &wanted);
        assert_eq!(status, 200, "{published}");
        published["version"].clone()
    }

    /// Places a call with the built-in softphone; yields the flow, the version and the cause of its record.
    fn called(&self) -> Value {
        let calls = || self.show("/api/v1/calls")["calls"].as_array().expect("calls").clone();
        let before = calls().len();
        let mut call = Command::new(env!("CARGO_BIN_EXE_passthru"));
        call.args(["call", "1000", "--server", &self.sip.to_string()]);
        let output = call.output().expect("it runs");
        let end = Instant::now() + DEADLINE;
        loop {
            let calls = calls();
            if calls.len() > before && !calls[0]["ended"].is_null() {
                let one = self.show(&format!("/api/v1/calls/{}", calls[0]["sid"].as_str().expect("a name")));
                return json!([one["flow"], one["flow_version"], one["cause"]["value"]]);
            }
            assert!(Instant::now() < end, "the call never ended: {calls:?} {output:?}");
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }

    fn authors(&self) -> Value {
        let list = self.show("/api/v1/flows/desk/versions");
        let row = |version: &Value| {
            ["version", "author", "message", "current"].map(|key| version[key].clone()).into_iter().collect::<Value>()
        };
        list["versions"].as_array().expect("versions").iter().map(row).collect()
    }
}

/// A flow that ends calls with that cause.
fn ends(cause: u8) -> String {
    format!(
        "flow: desk\nstart: hello\nnodes:\n  hello: {{ applet: answer, next: bye }}\n  bye: {{ applet: hangup, cause: {cause} }}\n"
    )
}

#[test]
fn a_flow_is_made_called_restored_and_survives_a_kill() {
    let server = Server::with_flows::<&str>(&[], "");
    let (status, begun) = server.ask("POST", "/api/v1/flows", &json!({ "name": "desk" }));
    assert_eq!((status, &begun["published"]), (201, &Value::Null), "{begun}");
    assert_eq!(server.publishes(&ends(31), "busy lines"), 1);
    assert_eq!(server.called(), json!(["desk", 1, 31]));
    assert_eq!(server.publishes(&ends(16), ""), 2);
    assert_eq!(server.called(), json!(["desk", 2, 16]), "the answer comes when new calls run it");

    let wanted = json!({ "message": "back" });
    let (status, restored) = server.ask("POST", "/api/v1/flows/desk/versions/1/restore", &wanted);
    assert_eq!((status, restored), (200, json!({ "version": 3 })));
    assert_eq!(server.called(), json!(["desk", 3, 31]));
    let file = server.folder().join("flows/desk.yaml");
    assert_eq!(fs::read_to_string(&file).expect("it was written"), ends(31));

    let folder = server.kill();
    fs::write(folder.path().join("flows/desk.yaml"), ends(17)).expect("it can be written");
    let server = Server::again(folder, "");
    let expected = json!([
        [4, "file", "", true],
        [3, "local", "back", false],
        [2, "local", "", false],
        [1, "local", "busy lines", false],
    ]);
    assert_eq!(server.authors(), expected);
    assert_eq!(server.called(), json!(["desk", 4, 17]));
    let flow = server.show("/api/v1/flows/desk");
    assert_eq!((&flow["published"]["document"], &flow["draft"]), (&json!(ends(17)), &Value::Null));
    let folder = server.kill();
    let server = Server::again(folder, "");
    assert_eq!(server.authors(), expected, "what has not changed is the version that it was");
    let log = server.show("/api/v1/audit?limit=1");
    assert_eq!((&log["lines"][0]["author"], &log["lines"][0]["detail"]), (&json!("file"), &json!("version 4")));
}

#[test]
fn a_rehearsal_is_played_by_the_engine_that_answers_the_line() {
    let server = Server::with_flows::<&str>(&[], "");
    let document = "flow: f\nstart: menu\nnodes:\n  menu: { applet: ivr, say: Press 1., on: { 1: ask, none: bye, invalid: bye } }\n  \
                    ask: { applet: passthru, url: 'https://crm.example/x?k=v', on: { 200: bye, timeout: menu, else: bye } }\n  bye: { applet: hangup }\n";
    let script = json!({
        "document": document, "press": ["1", ""], "web": { "https://crm.example/x": "timeout" },
    });
    let (status, played) = server.ask("POST", "/api/v1/rehearsals", &script);
    assert_eq!(status, 200, "{played}");
    let steps: Vec<String> = played["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .map(|step| format!("{}>{}", step["node"], step["exit"]))
        .collect();
    assert_eq!(steps.join(" "), "\"menu\">\"1\" \"ask\">\"timeout\" \"menu\">\"none\" \"bye\">null");
    assert_eq!(played["requests"][0]["fields"]["k"], "v");
    assert_eq!((&played["troubles"], &played["cause"]["value"]), (&json!([]), &json!(16)));
    assert!(played["ladder"].as_str().is_some_and(|ladder| ladder.contains("INVITE")), "{played}");

    let (status, refused) = server.ask("POST", "/api/v1/rehearsals", &json!({ "document": document, "press": ["x"] }));
    assert_eq!((status, &refused["diagnostics"][0]["path"]), (422, &json!("press[0]")), "{refused}");
    fs::write(server.folder().join("flows/f.yaml"), document).expect("it can be written");
    fs::write(server.folder().join("flows/f.test.yaml"), played["test"].as_str().expect("a test")).expect("written");
    let mut rehearse = Command::new(env!("CARGO_BIN_EXE_passthru"));
    let output = rehearse.arg("rehearse").arg(server.folder().join("flows/f.test.yaml")).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
