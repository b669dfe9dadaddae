//! The flow of a call between two numbers: who has answered is connected with the other party, and with that it ends.

use model::{Connect, StartCall};
use serde_json::json;

/// The flow's name, by which records of such calls know it.
pub const NAME: &str = model::BETWEEN_TWO_NUMBERS;

/// The document of that flow, for one call.
pub fn document(wanted: &StartCall, connect: &Connect) -> String {
    let mut party = json!({
        "applet": "connect",
        "to": connect.to,
        "ring": format!("{}ms", wanted.ring.as_millis()),
        "caller_id": wanted.caller_id,
        "on": { "answered": "bye", "missed": "bye", "nobody": "bye" },
    });
    if let Some(url) = &connect.wait_url {
        party["music"] = json!(url);
    }
    if let Some(playback) = &connect.playback {
        party["whisper"] = json!({ "url": playback.url, "to": if playback.to_both { "both" } else { "callee" } });
    }
    if let Some(record) = connect.record {
        party["record"] = json!(if record.dual { "dual" } else { "single" });
        party["record_format"] = json!(if record.mp3 { "mp3" } else { "wav" });
    }
    json!({ "flow": NAME, "start": "other", "nodes": { "other": party, "bye": { "applet": "hangup" } } }).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use exotel::passthru::Profile;
    use model::{CallSid, Then};

    use super::*;

    fn wanted(connect: &Connect, caller_id: &str) -> StartCall {
        StartCall {
            sid: CallSid::new("call"),
            from: "+919900000001".into(),
            caller_id: caller_id.into(),
            ring: Duration::from_secs(30),
            limit: None,
            custom_field: None,
            callback: None,
            then: Then::Connect(connect.clone()),
        }
    }

    fn diagnostics(to: &str, caller_id: &str) -> Vec<String> {
        let connect = Connect { to: to.into(), wait_url: None, record: None, playback: None };
        let wanted = wanted(&connect, caller_id);
        let catalogue = crate::catalogue(Profile::default());
        let (program, diagnostics) = flow::compile(&document(&wanted, &connect), &catalogue, 0);
        assert_eq!(program.is_some(), diagnostics.is_empty());
        diagnostics.into_iter().map(|diagnostic| format!("{}: {}", diagnostic.path, diagnostic.message)).collect()
    }

    #[test]
    fn it_compiles_without_a_word_whoever_is_rung() {
        for to in ["+919900000002", "09900000002", "sip:bob", "sip:bob@10.0.1.2:5060"] {
            assert_eq!(diagnostics(to, "+918011112222"), Vec::<String>::new(), "{to}");
        }
    }

    #[test]
    fn all_that_was_asked_for_becomes_the_node_s() {
        let url = "https://crm.example/hold.wav";
        let connect = Connect {
            to: "sip:bob".into(),
            wait_url: Some(url.into()),
            record: Some(model::Record { dual: true, mp3: true }),
            playback: Some(model::Playback { to_both: true, url: url.into() }),
        };
        let mut call = crate::tests::node(&node_of(&connect));
        let said = call.start();
        assert_eq!(said[2..], ["prepare 1 https://crm.example/hold.wav https://crm.example/hold.wav"], "{said:?}");
        let said = call.event(flow::Event::Prepared { id: flow::Component(1), missing: Vec::new() });
        let dialled = "dial 2 sip:bob for 30s music https://crm.example/hold.wav whisper https://crm.example/hold.wav to both as +918011112222 recorded mp3 dual";
        assert_eq!(said, ["answer", dialled]);
    }

    /// The node that rings the other party, as the tests' flow has it.
    fn node_of(connect: &Connect) -> String {
        let wanted = wanted(connect, "+918011112222");
        let document: serde_json::Value = serde_json::from_str(&document(&wanted, connect)).expect("JSON");
        let mut node = document["nodes"]["other"].clone();
        node["on"] = json!({ "answered": "end", "missed": "end" });
        let text = node.to_string();
        text[1..text.len() - 1].to_owned()
    }

    #[test]
    fn text_stays_text() {
        let odd = "x\", \"applet\": \"hangup";
        assert_eq!(
            diagnostics(odd, odd),
            [
                format!("nodes.other.to: `{odd}` cannot be rung"),
                format!("nodes.other.caller_id: `{odd}` is no telephone number")
            ]
        );
    }
}
