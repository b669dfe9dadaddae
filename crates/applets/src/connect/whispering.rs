//! What a party hears before it is joined, asked of a URL when it has answered.
//!
//! ```text
//! answered ─► Asking ─ a text, or sound files ─► Preparing ─ they are there ─► said, joined
//!                └─ anything else ──────────────────┴─ none is ─► joined without
//! ```

use std::fmt;
use std::sync::Arc;

use exotel::greeting;
use exotel::passthru::Profile;
use flow::{Announcement, Audio, Component, Cx, DialProgress, Event, Hearers};
use model::{HttpOutcome, LegId, without_userinfo};

use crate::prompt::spoken;

/// Who says what a party hears.
pub(super) struct Source {
    pub(super) url: String,
    pub(super) to: Hearers,
    pub(super) profile: Arc<Profile>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_userinfo(&self.url))
    }
}

/// Asks for each party of one dial that answers.
#[derive(Debug)]
pub(super) struct Whispering {
    source: Arc<Source>,
    /// The party that waits, and for what.
    waits: Option<(LegId, Stage)>,
}

#[derive(Debug)]
enum Stage {
    Asking(Component),
    Preparing(Component, Vec<Audio>),
}

impl Whispering {
    pub(super) fn new(source: &Arc<Source>) -> Self {
        Self { source: Arc::clone(source), waits: None }
    }

    /// Asks when a party has answered, and no more when it is gone.
    pub(super) fn follow(&mut self, leg: LegId, number: &str, progress: &DialProgress, cx: &mut Cx<'_>) {
        match progress {
            DialProgress::Answered => {
                let Source { url, profile, .. } = &*self.source;
                let asking = cx.callout(greeting::whisper(url, cx.facts(), number, profile));
                self.waits = Some((leg, Stage::Asking(asking)));
            }
            DialProgress::Ended(_) if self.waits.as_ref().is_some_and(|(waiting, _)| *waiting == leg) => {
                match self.waits.take() {
                    Some((_, Stage::Asking(id) | Stage::Preparing(id, _))) => cx.stop(id),
                    None => {}
                }
            }
            DialProgress::Dialled | DialProgress::Ringing | DialProgress::Ended(_) => {}
        }
    }

    /// Takes what is waited for.
    pub(super) fn on_event(&mut self, dial: Component, event: &Event, cx: &mut Cx<'_>) {
        let Some((leg, stage)) = self.waits.take() else { return };
        match (stage, event) {
            (Stage::Asking(asking), Event::CalloutEnded { id, outcome }) if *id == asking => {
                self.on_answer(dial, leg, outcome, cx);
            }
            (Stage::Preparing(preparing, mut audio), Event::Prepared { id, missing }) if *id == preparing => {
                for (sound, why) in missing {
                    cx.fault(format!("{sound} is not heard: {why}"));
                    audio.retain(|other| other != sound);
                }
                let what = (!audio.is_empty()).then_some(Announcement { audio, to: self.source.to });
                cx.whisper(dial, leg, what);
            }
            (stage, _) => self.waits = Some((leg, stage)),
        }
    }

    fn on_answer(&mut self, dial: Component, leg: LegId, outcome: &HttpOutcome, cx: &mut Cx<'_>) {
        let said = match outcome {
            HttpOutcome::Answered(answer) => greeting::read(answer),
            HttpOutcome::Failed(failure) => Err(failure.to_string()),
        };
        match said {
            Ok(said) => {
                let audio: Vec<Audio> = said.into_iter().map(spoken).collect();
                self.waits = Some((leg, Stage::Preparing(cx.prepare(audio.clone()), audio)));
            }
            Err(why) => {
                cx.fault(format!("{} does not say what is to be heard: {why}", without_userinfo(&self.source.url)));
                cx.whisper(dial, leg, None);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use flow::ledger::{Ledger, leg};
    use flow::{Audio, DialProgress};
    use model::{Cause, DialStatus, HttpFailure};

    use crate::tests::{node, problems};

    /// A party has answered.
    fn answered(more: &str) -> Ledger {
        let fields = format!("to: 'sip:a', whisper: {{ ask: 'http://u:p@crm.example/say?key=1'{more} }}");
        let mut call = node(&format!("applet: connect, {fields}, on: {{ answered: end, missed: end }}"));
        assert_eq!(call.start()[2..], ["dial 1 sip:a for 30s whisper asked for"]);
        let lines = call.progresses(1, DialProgress::Answered);
        assert!(lines[0].starts_with("ask 2 http://u:p@crm.example/say?key=1&CallSid="), "{}", lines[0]);
        assert!(lines[0].ends_with("&DialWhomNumber=08022222222 within 5s"), "{}", lines[0]);
        let [inquiry] = &call.inquiries()[..] else { panic!("one is asked") };
        assert_eq!(inquiry.request.headers, [("Exotel-Version".to_owned(), "1.0".to_owned())]);
        call
    }

    #[test]
    fn the_party_that_answered_hears_what_the_url_says() {
        let mut call = answered("");
        assert_eq!(call.answered(2, 200, "Asha, of Pune."), ["prepare 3 \"Asha, of Pune.\""]);
        assert_eq!(call.prepared(3, &[]), ["whisper 1 leg 1 \"asha, of pune.\" to callee"]);
        let mut call = answered(", to: both");
        let files = "http://a.example/1.wav\nhttp://a.example/2.wav";
        assert_eq!(call.answered(2, 200, files), ["prepare 3 http://a.example/1.wav http://a.example/2.wav"]);
        let missing = [(Audio::Url("http://a.example/1.wav".into()), "it is gone")];
        let said = [
            "fault: http://a.example/1.wav is not heard: it is gone",
            "whisper 1 leg 1 http://a.example/2.wav to both",
        ];
        assert_eq!(call.prepared(3, &missing), said);
    }

    #[test]
    fn without_an_answer_the_two_are_joined_all_the_same() {
        let fault = "fault: http://crm.example/say?key=1 does not say what is to be heard:";
        let joined = "whisper 1 leg 1 nothing".to_owned();
        let lines = answered("").failed(2, HttpFailure::Timeout);
        assert_eq!(lines, [format!("{fault} no answer in time"), joined.clone()]);
        let lines = answered("").answered(2, 404, "");
        assert_eq!(lines, [format!("{fault} its status is 404, not 200"), joined.clone()]);
        let mut call = answered("");
        call.answered(2, 200, "http://a.example/1.wav");
        let missing = [(Audio::Url("http://a.example/1.wav".into()), "it is gone")];
        assert_eq!(call.prepared(3, &missing)[1], joined);
    }

    #[test]
    fn nothing_is_asked_any_more_for_a_party_that_is_gone() {
        let gone = || DialProgress::Ended(leg(DialStatus::Busy, Cause::NORMAL_CLEARING));
        let mut call = answered("");
        assert_eq!(call.progresses(1, gone()), ["stop 2"]);
        assert!(call.progresses(1, DialProgress::Answered)[0].starts_with("ask 3 "), "of the next it is");
        call.answered(3, 200, "Asha.");
        assert_eq!(call.progresses(1, gone()), ["stop 4"]);
        assert_eq!(answered("").dialled(1, DialStatus::Canceled, true)[..2], ["stop 2", "left by missed"]);
    }

    #[test]
    fn what_is_said_has_one_source() {
        let node =
            "applet: connect, to: 1, whisper: { ask: 'http://a.example/', say: a }, on: { answered: end, missed: end }";
        assert_eq!(problems(node), ["a whisper is asked for or said, not both"]);
    }
}
