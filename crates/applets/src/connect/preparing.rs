//! What is to be heard in a connect is fetched or spoken before anybody is rung.

use std::sync::Arc;

use flow::{Audio, Component, Cx, Dial, Event, Music, Step, Visit};

use super::{Attempt, Rules};

/// Waits for sounds. One that cannot be had is left out, with a fault.
#[derive(Debug)]
pub(super) struct Preparing {
    rules: Arc<Rules>,
    /// What waits for them, until they are there.
    next: Option<(Dial, Attempt)>,
    prepare: Component,
}

impl Preparing {
    /// Waits for what a dial lacks, if it lacks anything.
    pub(super) fn begin(rules: &Arc<Rules>, dial: Dial, attempt: Attempt, cx: &mut Cx<'_>) -> Step {
        let lacking = sounds(&dial, attempt.is_told);
        if lacking.is_empty() {
            return rules.ring(dial, attempt, cx);
        }
        let prepare = cx.prepare(lacking);
        Step::wait(Self { rules: Arc::clone(rules), next: Some((dial, attempt)), prepare })
    }
}

impl Visit for Preparing {
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step {
        let Event::Prepared { id, missing } = event else { return Step::Stay };
        if *id != self.prepare {
            return Step::Stay;
        }
        let Some((mut dial, attempt)) = self.next.take() else { return Step::Stay };
        for (audio, why) in missing {
            cx.fault(format!("{audio} is not heard: {why}"));
            leave_out(&mut dial, audio);
        }
        self.rules.ring(dial, attempt, cx)
    }

    fn on_caller_gone(&mut self, _: &mut Cx<'_>) -> Step {
        let past = self.next.take().map(|(_, attempt)| attempt.past).unwrap_or_default();
        Step::exit(self.rules.unanswered(&past))
    }
}

/// What was not there when the flow was published: files on the web, and what a URL wants said.
fn sounds(dial: &Dial, is_told: bool) -> Vec<Audio> {
    let music = match &dial.music {
        Some(Music::Audio(audio)) => Some(audio),
        Some(Music::Tone) | None => None,
    };
    let whisper = dial.whisper.iter().flat_map(|whisper| &whisper.audio);
    let playback = dial.playback.iter().flat_map(|playback| &playback.what.audio);
    let lacks = |audio: &&Audio| match audio {
        Audio::Url(_) => true,
        Audio::Say(_) => is_told,
        Audio::File(_) | Audio::Beep => false,
    };
    music.into_iter().chain(whisper).chain(playback).filter(lacks).cloned().collect()
}

fn leave_out(dial: &mut Dial, audio: &Audio) {
    if matches!(&dial.music, Some(Music::Audio(music)) if music == audio) {
        dial.music = None;
    }
    if let Some(whisper) = &mut dial.whisper {
        whisper.audio.retain(|other| other != audio);
    }
    dial.whisper = dial.whisper.take().filter(|whisper| !whisper.audio.is_empty());
    if let Some(playback) = &mut dial.playback {
        playback.what.audio.retain(|other| other != audio);
    }
    dial.playback = dial.playback.take().filter(|playback| !playback.what.audio.is_empty());
}
