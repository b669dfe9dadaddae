//! The flow of a call between two numbers: who has answered is connected with the other party, and with that it ends.

use model::{Connect, StartCall};
use serde_json::json;

/// The flow's name, by which records of such calls know it.
pub const NAME: &str = "between-two-numbers";

/// The document of that flow, for one call.
pub fn document(wanted: &StartCall, connect: &Connect) -> String {
    let party = json!({
        "applet": "connect",
        "to": connect.to,
        "ring": format!("{}ms", wanted.ring.as_millis()),
        "caller_id": wanted.caller_id,
        "on": { "answered": "bye", "missed": "bye", "nobody": "bye" },
    });
    json!({ "flow": NAME, "start": "other", "nodes": { "other": party, "bye": { "applet": "hangup" } } }).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use exotel::passthru::Profile;
    use model::{CallSid, Then};

    use super::*;

    fn diagnostics(to: &str, caller_id: &str) -> Vec<String> {
        let connect = Connect { to: to.into(), wait_url: None, record: None, playback: None };
        let wanted = StartCall {
            sid: CallSid::new("call"),
            from: "+919900000001".into(),
            caller_id: caller_id.into(),
            ring: Duration::from_secs(30),
            limit: None,
            custom_field: None,
            callback: None,
            then: Then::Connect(connect.clone()),
        };
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
