//! What the switch is given along for a call that names no flow: the one that is made for it.

use std::sync::Arc;

use applets::bridge;
use exotel::passthru::Profile;
use flow::{Catalogue, Diagnostic};
use model::StartCall;
use switch::{Prompts, Published};

/// Makes the flows of calls between two numbers, and to a bot.
pub struct Bridge(Catalogue);

impl Bridge {
    /// One for the whole server.
    pub fn new(profile: Profile) -> Self {
        Self(applets::catalogue(profile))
    }

    /// The flow that such a call needs, or what is wrong with the call; none for a call to a flow.
    pub fn flow(&self, wanted: &StartCall) -> Result<Option<Arc<Published>>, String> {
        let Some(document) = bridge::document(wanted) else { return Ok(None) };
        let (program, diagnostics) = flow::compile(&document, &self.0, 0);
        let words = || diagnostics.iter().map(said).collect::<Vec<_>>().join("; ");
        let program = Arc::new(program.ok_or_else(words)?);
        Ok(Some(Arc::new(Published { program, prompts: Prompts::new() })))
    }
}

/// Where in a document that nobody wrote is of no use.
fn said(diagnostic: &Diagnostic) -> String {
    match &diagnostic.hint {
        Some(hint) => format!("{}: {hint}", diagnostic.message),
        None => diagnostic.message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::{BETWEEN_TWO_NUMBERS, CallSid, Connect, FlowId, TO_A_BOT, Then, ToBot, ToFlow};

    use super::*;

    fn wanted(then: Then) -> StartCall {
        StartCall {
            sid: CallSid::new("call"),
            from: "+919900000001".into(),
            caller_id: "+918011112222".into(),
            ring: Duration::from_secs(30),
            limit: None,
            custom_field: None,
            callback: None,
            then,
        }
    }

    fn to(to: &str) -> Then {
        Then::Connect(Connect { to: to.into(), wait_url: None, record: None, playback: None, ears: None })
    }

    #[test]
    fn a_call_that_names_no_flow_gets_one() {
        let bridge = Bridge::new(Profile::default());
        let flow = bridge.flow(&wanted(to("+919900000002"))).expect("it compiles").expect("there is one");
        assert_eq!(flow.program.name(), BETWEEN_TWO_NUMBERS);
        let told = bridge.flow(&wanted(to("bob"))).expect_err("that is nobody");
        assert!(told.contains("`bob` cannot be rung") && told.contains("sip:user@host"), "{told}");
        let to_bot = |url: &str| wanted(Then::Bot(ToBot { url: url.into(), two_way: true, record: None }));
        let flow = bridge.flow(&to_bot("wss://bot.example/ws")).expect("it compiles").expect("there is one");
        assert_eq!(flow.program.name(), TO_A_BOT);
        let told = bridge.flow(&to_bot("wss://")).expect_err("that is nowhere");
        assert!(told.contains("not a URL: empty host"), "{told}");
        let to_flow = wanted(Then::Flow(ToFlow { id: FlowId::of_name("menu"), record: None }));
        assert!(bridge.flow(&to_flow).expect("nothing is wrong").is_none());
    }
}
