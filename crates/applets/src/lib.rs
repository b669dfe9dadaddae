//! The applets that flows are made of: one a file, and their catalogue.
//!
//! An applet's file says all there is to say of it: what the caller experiences and an example (its module doc, which
//! is also the page of the documentation), its settings (a type whose doc comments are the help texts of the builder),
//! its work and its tests. To add one, write the file and name it in [`catalogue`].
#![forbid(unsafe_code)]

mod address;
mod answer;
mod branch;
pub mod bridge;
mod calendar;
mod collect;
mod connect;
mod elsewhere;
mod email;
mod gather;
mod greeting;
mod hangup;
mod ivr;
mod json_path;
mod passthru;
mod pause;
mod prompt;
mod recording;
mod r#return;
mod set;
mod sms;
mod stream;
mod streaming;
mod subflow;
mod switch_case;
mod telling;
mod time_condition;
mod transfer;
mod voicebot;
mod voicemail;
mod wait_for_result;

use exotel::passthru::Profile;
use flow::Catalogue;

/// The groups of the builder's palette.
const CALLER: &str = "Caller";
const APPLICATION: &str = "Your application";
const PEOPLE: &str = "People";
const MESSAGES: &str = "Messages";
const DECIDE: &str = "Decide";
const FLOW: &str = "Flow";

/// All applets, in the order of the builder's palette. The profile says how a Passthru writes its parameters.
pub fn catalogue(profile: Profile) -> Catalogue {
    Catalogue::new(vec![
        answer::kind().shown("Answer", CALLER),
        greeting::kind(profile.clone()).shown("Greeting", CALLER),
        gather::kind(profile.clone()).shown("Gather digits", CALLER),
        ivr::kind().shown("Menu", CALLER),
        passthru::kind(profile.clone()).shown("Passthru", APPLICATION),
        wait_for_result::kind().shown("Wait for result", APPLICATION),
        switch_case::kind().shown("Switch case", APPLICATION),
        time_condition::kind(&profile).shown("Business hours", DECIDE),
        connect::kind(profile.clone()).shown("Connect", PEOPLE),
        voicemail::kind().shown("Voicemail", PEOPLE),
        voicebot::kind(profile.clone()).shown("Voicebot", APPLICATION),
        stream::kind(profile.clone()).shown("Stream", APPLICATION),
        sms::kind(profile.clone()).shown("SMS", MESSAGES),
        email::kind(profile).shown("Email", MESSAGES),
        set::kind().shown("Set variables", DECIDE),
        branch::kind().shown("Branch", DECIDE),
        pause::kind().shown("Pause", CALLER),
        transfer::kind().shown("Transfer", FLOW),
        subflow::kind().shown("Subflow", FLOW),
        r#return::kind().shown("Return", FLOW),
        hangup::kind().shown("Hang up", FLOW),
    ])
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use exotel::passthru::Profile;
    use flow::ledger::Ledger;
    use flow::{Catalogue, compile};

    pub(crate) fn catalogue() -> Catalogue {
        super::catalogue(Profile::default())
    }

    fn around(node: &str) -> String {
        format!("flow: tested\nstart: it\nnodes: {{ it: {{ {node} }}, end: {{ applet: hangup }} }}")
    }

    #[expect(clippy::disallowed_methods, reason = "there is no other way to make an Instant; it is not looked at")]
    pub(crate) fn instant() -> Instant {
        Instant::now()
    }

    /// A call for a flow whose first node is the one given; `end` is a hangup.
    pub(crate) fn node(node: &str) -> Ledger {
        Ledger::new(&around(node), &catalogue(), instant())
    }

    /// What is wrong with such a flow, hints left out (each has one), and that `end` may be out of reach.
    pub(crate) fn problems(node: &str) -> Vec<String> {
        let (_, diagnostics) = compile(&around(node), &catalogue(), 1);
        for diagnostic in &diagnostics {
            assert!(diagnostic.hint.is_some(), "{diagnostic}");
        }
        let problems = diagnostics.into_iter().map(|diagnostic| diagnostic.message);
        problems.filter(|message| message != "no call comes here").collect()
    }

    #[test]
    fn every_applet_says_what_it_is_and_its_example_compiles() {
        for kind in catalogue().kinds() {
            let (name, page) = (kind.name(), kind.page());
            assert!(page.title.ends_with('.'), "{name}: {page:?}");
            assert!(page.exits.starts_with("| exit | when |") || page.exits == "It has no exits.", "{name}: {page:?}");
            assert!(page.example.contains(&format!("applet: {name}")), "{name}: {page:?}");
            let (program, diagnostics) = compile(&page.example, &catalogue(), 1);
            let diagnostics: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
            assert!(program.is_some() && diagnostics.is_empty(), "{name}: {}", diagnostics.join("\n"));
        }
    }

    #[test]
    fn every_setting_has_a_help_text() {
        let schema = catalogue().schema().to_value();
        let nodes = schema["properties"]["nodes"]["additionalProperties"]["oneOf"].as_array().expect("a kind each");
        let within = schema["$defs"].as_object().expect("types by name").values();
        for kind in nodes.iter().chain(within) {
            for (field, schema) in kind["properties"].as_object().into_iter().flatten() {
                assert!(field == "applet" || schema.get("description").is_some(), "{kind:#}: {field}");
            }
        }
    }
}
