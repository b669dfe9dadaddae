//! A call that waits for an answer: the filler that it hears meanwhile, and the keys that are pressed.

use std::time::Duration;

use flow::{Component, Cx, Event, Step, Visit};
use schemars::JsonSchema;
use serde::Deserialize;

use super::routes::Routes;
use crate::prompt::Prompt;

/// What an answered caller hears while the answer is long in coming.
#[derive(Clone, Debug)]
pub(crate) struct Filler {
    pub(crate) after: Duration,
    pub(crate) audio: Prompt,
}

/// What becomes of keys that are pressed meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Keys {
    /// They are kept for the next step that takes keys.
    #[default]
    Keep,
    /// They are dropped.
    Drop,
}

/// Waits for the answer; the filler is stopped by leaving.
#[derive(Debug)]
pub(crate) struct Waiting {
    callout: Component,
    routes: Routes,
    filler: Option<(Component, Prompt)>,
    /// The keys past so many are dropped at the end.
    typed: Option<usize>,
    /// When it is waited for no more.
    patience: Option<Component>,
}

impl Waiting {
    pub(crate) fn begin(callout: Component, routes: Routes, filler: Option<&Filler>, cx: &mut Cx<'_>) -> Self {
        let filler =
            filler.filter(|_| !cx.facts().ended).map(|filler| (cx.start_timer(filler.after), filler.audio.clone()));
        Self { callout, routes, filler, typed: None, patience: None }
    }

    pub(crate) fn with_keys(self, keys: Keys, cx: &Cx<'_>) -> Self {
        Self { typed: (keys == Keys::Drop).then(|| cx.typed()), ..self }
    }

    pub(crate) fn for_at_most(self, patience: Duration, cx: &mut Cx<'_>) -> Self {
        Self { patience: Some(cx.start_timer(patience)), ..self }
    }

    fn over(&self, cx: &mut Cx<'_>) {
        if let Some(past) = self.typed {
            cx.forget_typed(past);
        }
    }
}

impl Visit for Waiting {
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step {
        match event {
            Event::CalloutEnded { id, outcome } if *id == self.callout => {
                self.over(cx);
                self.routes.leave(outcome, cx)
            }
            Event::TimerFired { id } if Some(*id) == self.patience => {
                self.over(cx);
                cx.keep_answer(None);
                Step::first(["timeout", "else"])
            }
            Event::TimerFired { id } => {
                if let Some((_, audio)) = self.filler.take_if(|(timer, _)| timer == id)
                    && cx.facts().answered
                {
                    let audio = audio.audio(cx);
                    cx.play(audio, true);
                }
                Step::Stay
            }
            _ => Step::Stay,
        }
    }
}
