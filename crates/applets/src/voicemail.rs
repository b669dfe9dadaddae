//! Takes a message from the caller.
//!
//! The caller hears the prompt, then a tone, and speaks. The message is over with the finish key, after a silence, after
//! `max`, or when the caller hangs up; then the flow goes on, and the next Passthru reports `CallType=voicemail` and, if
//! anything was said, `RecordingUrl`. That is so for a caller who hung up, too: it is how most messages end.
//!
//! | exit | when |
//! |---|---|
//! | `next` | the message was taken, or nothing was said and `nothing` is not wired |
//! | `nothing` | nothing was said |
//!
//! ```yaml
//! flow: after-hours
//! start: box
//! nodes:
//!   box:
//!     applet: voicemail
//!     mailbox: sales
//!     say: "Please leave a message after the tone."
//!     max: 2m
//!     next: report
//!   report: { applet: passthru, url: "https://crm.example/messages", async: true, next: bye }
//!   bye: { applet: hangup }
//! ```

use flow::{Applet, Audio, Component, Cx, Event, Exits, Kind, Lapse, Several, Step, Take, Visit};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::collect::FinishKey;
use crate::prompt::{Prompt, Sound, Text, prompt};
use crate::recording::Format;

/// The variable that tells which mailbox a message is for.
const MAILBOX: &str = "mailbox";

pub(crate) fn kind() -> Kind {
    Kind::new("voicemail", include_str!("voicemail.rs"), |settings: Settings, site| {
        let prompt = prompt(settings.say, settings.play, site);
        let take = Take {
            longest: settings.max.duration(),
            silence: settings.silence.duration(),
            finish_key: settings.finish_key.0,
            format: settings.record_format.into(),
            mailbox: settings.mailbox.map(Into::into),
        };
        let nothing = if site.is_wired("nothing") { "nothing" } else { "next" };
        Some(Voicemail { prompt, take, nothing })
    })
}

/// Takes a message from the caller.
#[derive(Deserialize, JsonSchema)]
struct Settings {
    /// Whose message it is: kept in the variable `mailbox`, for the nodes after it, and with the recording, by which
    /// `/api/v1/recordings?mailbox=…` lists it.
    #[serde(default)]
    mailbox: Option<String>,
    /// A text to be spoken before the tone, or several.
    #[serde(default)]
    say: Several<Text>,
    /// A sound file in the flow's folder (WAV, MP3 or OGG Vorbis) before the tone, or several. Either this or `say`.
    #[serde(default)]
    play: Several<Sound>,
    /// How long the message may be.
    #[serde(default = "two_minutes")]
    max: Lapse<1_000, 3_600_000>,
    /// How long a silence ends the message.
    #[serde(default = "five_seconds")]
    silence: Lapse<1_000, 60_000>,
    /// The key that ends the message; empty for none.
    #[serde(default)]
    finish_key: FinishKey,
    /// How the message is kept.
    #[serde(default)]
    record_format: Format,
}

const fn two_minutes() -> Lapse<1_000, 3_600_000> {
    Lapse::seconds(120)
}

const fn five_seconds() -> Lapse<1_000, 60_000> {
    Lapse::seconds(5)
}

#[derive(Debug)]
struct Voicemail {
    /// What is heard before the tone.
    prompt: Prompt,
    take: Take,
    /// The exit for when nothing was said.
    nothing: &'static str,
}

impl Applet for Voicemail {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        if let Some(mailbox) = &self.take.mailbox {
            cx.set_var(MAILBOX, mailbox.to_string());
        }
        while cx.take_typed().is_some() {}
        let mut audio = self.prompt.audio(cx);
        audio.push(Audio::Beep);
        let play = cx.play(audio, false);
        Step::wait(Inviting { play, take: self.take.clone(), nothing: self.nothing })
    }

    fn audio(&self) -> Vec<Audio> {
        let mut audio = self.prompt.constant();
        audio.push(Audio::Beep);
        audio
    }

    fn exits(&self) -> Exits {
        Exits { optional: vec!["nothing".into()], ..Exits::next() }
    }
}

/// Plays what comes before the message.
#[derive(Debug)]
struct Inviting {
    play: Component,
    take: Take,
    nothing: &'static str,
}

impl Visit for Inviting {
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step {
        match event {
            Event::PlayEnded { id, .. } if *id == self.play => {
                Step::wait(Taking { record: cx.record(self.take.clone()), nothing: self.nothing })
            }
            _ => Step::Stay,
        }
    }

    fn on_caller_gone(&mut self, _: &mut Cx<'_>) -> Step {
        Step::exit(self.nothing)
    }
}

/// Records. Stays when the caller has gone: that ends the message, which is worth a report.
#[derive(Debug)]
struct Taking {
    record: Component,
    nothing: &'static str,
}

impl Visit for Taking {
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step {
        while cx.take_typed().is_some() {}
        match event {
            Event::RecordEnded { id, facts } if *id == self.record => {
                Step::exit(if facts.is_some() { "next" } else { self.nothing })
            }
            _ => Step::Stay,
        }
    }

    fn on_caller_gone(&mut self, _: &mut Cx<'_>) -> Step {
        Step::Stay
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use flow::ledger::Ledger;
    use model::{RecordingFacts, RecordingName};

    use crate::tests::{node, problems};

    fn voicemail(fields: &str) -> Ledger {
        node(&format!("applet: voicemail, {fields} next: end"))
    }

    fn message() -> Option<RecordingFacts> {
        Some(RecordingFacts { name: RecordingName::new([1; 16]), mp3: false, duration: Duration::from_secs(7) })
    }

    #[test]
    fn a_prompt_a_tone_and_a_message() {
        let mut call = voicemail("mailbox: sales, say: Speak,");
        assert_eq!(call.start()[2..], ["mailbox = \"sales\"", "answer", "play 1 \"Speak\" beep"]);
        assert_eq!(call.press("7"), [""; 0]);
        assert_eq!(call.played(1), ["record 2 wav single for 120s, until 5s of silence or #"]);
        assert_eq!(call.recorded(2, message())[0], "left by next");
    }

    #[test]
    fn a_message_is_taken_as_the_node_says() {
        let rows = [
            ("max: 30s, silence: 2s,", "record 2 wav single for 30s, until 2s of silence or #"),
            ("finish_key: '', record_format: mp3,", "record 2 mp3 single for 120s, until 5s of silence"),
        ];
        for (fields, line) in rows {
            let mut call = voicemail(fields);
            assert_eq!(call.start()[3], "play 1 beep", "{fields}");
            assert_eq!(call.played(1), [line]);
        }
    }

    #[test]
    fn nothing_said_is_an_exit_if_it_is_wired() {
        for (wired, exit) in [("on: { next: end, nothing: end }", "nothing"), ("next: end", "next")] {
            let mut call = node(&format!("applet: voicemail, {wired}"));
            call.start();
            call.played(1);
            assert_eq!(call.recorded(2, None)[0], format!("left by {exit}"));
        }
    }

    #[test]
    fn who_hangs_up_has_left_a_message_or_nothing() {
        let mut call = voicemail("");
        call.start();
        assert_eq!(call.hangs_up()[..2], ["stop 1", "left by next"], "during the prompt");
        let mut call = node(
            "applet: voicemail, next: tell },
             tell: { applet: passthru, url: 'http://crm.example/', async: true, next: end",
        );
        call.start();
        call.played(1);
        assert_eq!(call.hangs_up(), [""; 0]);
        let lines = call.recorded(2, message());
        assert_eq!(lines[..2], ["left by next", "at tell"]);
        assert!(lines[2].contains("&CallType=voicemail&"), "{}", lines[2]);
    }

    #[test]
    fn settings_are_checked() {
        let rows = [
            ("max: 500ms", "500ms is not within 1s and 1h"),
            ("silence: 500ms", "500ms is not within 1s and 1m"),
            ("finish_key: ab", "`ab` is no key"),
            ("record_format: ogg", "`ogg` is none of `wav`, `mp3`, `mp3-hq`"),
        ];
        for (fields, problem) in rows {
            assert_eq!(problems(&format!("applet: voicemail, {fields}, next: end")), [problem], "{fields}");
        }
    }
}
