//! A page of the console that plays a softphone of the server, as a browser does: over a WebSocket.

use std::net::TcpStream;

use serde_json::json;
use tokio_tungstenite::tungstenite::{Message, WebSocket, client};

use crate::server::{DEADLINE, Server};

/// Asks for a key, and ends the call as it says.
const DOOR: &str = r#"
flow: door
start: key
nodes:
  key: { applet: ivr, say: "Press two.", timeout: 30s, on: { 2: two, none: bye, invalid: bye } }
  two: { applet: hangup, cause: USER_BUSY }
  bye: { applet: hangup }
"#;

const OTHER: &str = "flow: other\nstart: bye\nnodes:\n  bye: { applet: hangup }\n";

/// A server whose numbers do not start the flow `door`.
fn server() -> Server {
    let flows = [("door.yaml", DOOR), ("other.yaml", OTHER)];
    Server::with_flows(&flows, "[[number]]\nnumber = \"08099999999\"\nflow = \"other\"\n")
}

struct Page(WebSocket<TcpStream>);

impl Page {
    fn open(server: &Server, query: &str) -> Self {
        let stream = TcpStream::connect(server.http).expect("the API listens");
        stream.set_read_timeout(Some(DEADLINE)).expect("a time-out");
        let url = format!("ws://{}/api/v1/phone?{query}", server.http);
        Self(client(url, stream).expect("the phone is off the hook").0)
    }

    /// Reads until the server tells of that event: its line, and the audio until then.
    fn until(&mut self, event: &str) -> (String, Vec<u8>) {
        let (told, mut audio) = (format!("\"event\":\"{event}\""), Vec::new());
        loop {
            match self.0.read().expect("it goes on") {
                Message::Text(text) if text.contains(&told) => return (text.to_string(), audio),
                Message::Binary(octets) => audio.extend_from_slice(&octets),
                _ => {}
            }
        }
    }
}

#[test]
fn a_page_hears_a_flow_that_no_number_starts_and_presses_its_key() {
    let server = server();
    let mut page = Page::open(&server, "flow=door&from=%2B919900000007");
    let (answered, _) = page.until("answered");
    assert!(answered.contains("\"codec\":\"PCMU\""), "{answered}");
    page.0.send(Message::text("{\"press\":\"2\"}")).expect("sent");
    let (ended, audio) = page.until("ended");
    assert!(ended.contains("ended: USER_BUSY (17)"), "{ended}");
    // 0xff and 0x7f are silence in G.711's µ-law.
    assert!(audio.iter().any(|octet| octet & 0x7f != 0x7f), "{} octets, all silence", audio.len());
    let journal = server.journal();
    let pressed = journal.iter().any(|line| line.starts_with("\"digit\"") && line.contains("\"2\""));
    assert!(pressed && journal[0].contains("+919900000007"), "{journal:?}");
    let line = server.show("/api/v1/audit?action=place+call")["lines"][0].take();
    assert_eq!((&line["subject"], &line["detail"]), (&json!("door"), &json!("the flow, from +919900000007")));
}

#[test]
fn a_page_that_goes_away_hangs_up() {
    let server = server();
    let mut page = Page::open(&server, "flow=door");
    page.until("answered");
    drop(page);
    let ended = server.journal().pop().expect("a line");
    assert!(ended.contains("\"by\":\"caller\""), "{ended}");
}

#[test]
fn what_is_not_answered_is_said() {
    let server = server();
    let (ended, _) = Page::open(&server, "to=08011112222").until("ended");
    assert!(ended.contains("not answered: 404"), "{ended}");
}
