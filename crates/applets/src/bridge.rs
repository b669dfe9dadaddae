//! The flows of calls that the API asks for and that name none: who has answered is connected with the other party, or with an
//! application, and with that it ends.

use model::{BETWEEN_TWO_NUMBERS, Connect, Record, StartCall, TO_A_BOT, Then, ToBot};
use serde_json::{Value, json};

/// The document of the flow that is made for such a call; none for a call to a flow that there is.
pub fn document(wanted: &StartCall) -> Option<String> {
    let document = match &wanted.then {
        Then::Flow(_) => return None,
        Then::Connect(connect) => between(wanted, connect),
        Then::Bot(bot) => to_bot(bot),
    };
    Some(document.to_string())
}

fn to_bot(bot: &ToBot) -> Value {
    let mut talk = json!({ "applet": "voicebot", "url": bot.url, "one_way": !bot.two_way, "on": { "next": "bye" } });
    keep(&mut talk, bot.record);
    json!({ "flow": TO_A_BOT, "start": "talk", "nodes": { "talk": talk, "bye": { "applet": "hangup" } } })
}

fn between(wanted: &StartCall, connect: &Connect) -> Value {
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
    keep(&mut party, connect.record);
    let mut flow = json!({
        "flow": BETWEEN_TWO_NUMBERS,
        "start": "other",
        "nodes": { "other": party, "bye": { "applet": "hangup" } },
    });
    if let Some(url) = &connect.ears {
        flow["nodes"]["listen"] = json!({ "applet": "stream", "url": url, "next": "other" });
        flow["start"] = json!("listen");
    }
    flow
}

fn keep(node: &mut Value, record: Option<Record>) {
    if let Some(record) = record {
        node["record"] = json!(if record.dual { "dual" } else { "single" });
        node["record_format"] = json!(record.format.as_str());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use exotel::passthru::Profile;
    use model::{CallSid, Format};

    use super::*;

    fn wanted(then: Then, caller_id: &str) -> StartCall {
        StartCall {
            sid: CallSid::new("call"),
            from: "+919900000001".into(),
            caller_id: caller_id.into(),
            ring: Duration::from_secs(30),
            limit: None,
            custom_field: None,
            callback: None,
            then,
        }
    }

    fn connect(to: &str) -> Connect {
        Connect { to: to.into(), wait_url: None, record: None, playback: None, ears: None }
    }

    fn diagnostics(then: Then, caller_id: &str) -> Vec<String> {
        let document = document(&wanted(then, caller_id)).expect("a flow is made");
        let catalogue = crate::catalogue(Profile::default());
        let (program, diagnostics) = flow::compile(&document, &catalogue, 0);
        assert_eq!(program.is_some(), diagnostics.is_empty());
        diagnostics.into_iter().map(|diagnostic| format!("{}: {}", diagnostic.path, diagnostic.message)).collect()
    }

    #[test]
    fn it_compiles_without_a_word_whoever_is_rung() {
        for to in ["+919900000002", "09900000002", "sip:bob", "sip:bob@10.0.1.2:5060"] {
            assert_eq!(diagnostics(Then::Connect(connect(to)), "+918011112222"), Vec::<String>::new(), "{to}");
        }
    }

    #[test]
    fn an_application_is_talked_with_or_listens_alone_or_beside_the_other_party() {
        let record = Some(Record { dual: true, format: Format::Mp3 });
        let rows = [
            (true, "two ways at 8000 Hz in 100ms recorded mp3 dual"),
            (false, "one way at 8000 Hz in 100ms recorded mp3 dual"),
        ];
        for (two_way, ways) in rows {
            let bot = ToBot { url: "wss://bot.example/ws".into(), two_way, record };
            let mut call = crate::tests::node(&node_of(Then::Bot(bot), "talk"));
            assert_eq!(call.start().last(), Some(&format!("stream 1 wss://bot.example/ws {ways}")));
        }
        let ears = Some("wss://ears.example/ws".to_owned());
        let listened = Connect { ears, ..connect("sip:bob") };
        assert_eq!(diagnostics(Then::Connect(listened.clone()), "+918011112222"), Vec::<String>::new());
        let mut call = crate::tests::node(&node_of(Then::Connect(listened), "listen"));
        let said = call.start();
        assert!(said.contains(&"stream 1 wss://ears.example/ws one way at 8000 Hz in 100ms".to_owned()), "{said:?}");
    }

    #[test]
    fn a_call_to_a_flow_needs_none_made() {
        let flow = model::ToFlow { id: model::FlowId::of_name("menu"), record: None };
        assert_eq!(document(&wanted(Then::Flow(flow), "+918011112222")), None);
    }

    #[test]
    fn all_that_was_asked_for_becomes_the_node_s() {
        let url = "https://crm.example/hold.wav";
        let connect = Connect {
            to: "sip:bob".into(),
            wait_url: Some(url.into()),
            record: Some(Record { dual: true, format: Format::Mp3Hq }),
            playback: Some(model::Playback { to_both: true, url: url.into() }),
            ears: None,
        };
        let mut call = crate::tests::node(&node_of(Then::Connect(connect), "other"));
        let said = call.start();
        assert_eq!(said[2..], ["prepare 1 https://crm.example/hold.wav https://crm.example/hold.wav"], "{said:?}");
        let said = call.event(flow::Event::Prepared { id: flow::Component(1), missing: Vec::new() });
        let dialled = "dial 2 sip:bob for 30s music https://crm.example/hold.wav whisper https://crm.example/hold.wav to both as +918011112222 recorded mp3-hq dual";
        assert_eq!(said, ["answer", dialled]);
    }

    /// A node of the flow, as the tests' flow has it.
    fn node_of(then: Then, name: &str) -> String {
        let document = document(&wanted(then, "+918011112222")).expect("a flow is made");
        let document: Value = serde_json::from_str(&document).expect("JSON");
        let mut node = document["nodes"][name].clone();
        let exits = if name == "other" { vec!["answered", "missed"] } else { vec!["next"] };
        node.as_object_mut().expect("a node").remove("next");
        node["on"] = exits.into_iter().map(|exit| (exit.to_owned(), json!("end"))).collect::<Value>();
        let text = node.to_string();
        text[1..text.len() - 1].to_owned()
    }

    #[test]
    fn text_stays_text() {
        let odd = "x\", \"applet\": \"hangup";
        assert_eq!(
            diagnostics(Then::Connect(connect(odd)), odd),
            [
                format!("nodes.other.to: `{odd}` cannot be rung"),
                format!("nodes.other.caller_id: `{odd}` is no telephone number")
            ]
        );
    }
}
