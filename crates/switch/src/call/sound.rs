//! Sounds that are known only while the call runs: made for it, waited for, kept a while.
//!
//! ```text
//! Play, Prepare ─ something lacks ─► Waiting ─ all is there or cannot be had, or 10 s ─► played, Prepared
//!       └───────── nothing does ─────────┼──────────────────────────────────────────────►
//!                                        └─ Stop ─► nothing more
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flow::{Audio, Component, Event};
use media::Pcm;
use model::{EventKind, Moment};

use super::{Call, Ongoing, Timer};
use crate::leg::LegState;
use crate::order::Order;

/// How long a call waits for a sound.
const WAIT: Duration = Duration::from_secs(10);

/// Sounds that a call keeps beside those of its publication; the oldest goes first.
const KEPT: usize = 32;

/// Sounds that are made for a call at a time.
const ASKED: usize = 64;

/// The sounds of a call that its publication lacks.
#[derive(Default)]
pub(super) struct Sounds {
    kept: VecDeque<(Audio, Arc<Pcm>)>,
    /// What is being made, since when.
    asked: BTreeMap<u32, (Audio, Instant)>,
    tickets: u32,
}

/// A play or a preparation that waits for sounds.
#[derive(Debug)]
pub(super) struct Waiting {
    purpose: Purpose,
    audio: Vec<Audio>,
    /// What it waits for, and what has come of that.
    lacking: BTreeMap<Audio, Option<Result<Arc<Pcm>, String>>>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    Play { repeat: bool },
    Prepare,
}

impl Call {
    /// A sound that is there: of the publication, or made for the call.
    pub(crate) fn sound(&self, audio: &Audio) -> Option<Arc<Pcm>> {
        let own = || self.sounds.kept.iter().find(|(kept, _)| kept == audio).map(|(_, pcm)| pcm);
        self.published.prompts.get(audio).or_else(own).cloned()
    }

    /// Plays or prepares as soon as all is there.
    pub(super) fn want(&mut self, id: Component, audio: Vec<Audio>, purpose: Purpose, now: Moment) {
        let deaf = matches!(purpose, Purpose::Play { .. }) && self.caller().state == LegState::Gone;
        let lacking = audio.iter().filter(|audio| !deaf && self.sound(audio).is_none());
        let mut lacking: BTreeMap<_, _> = lacking.map(|audio| (audio.clone(), None)).collect();
        for (audio, outcome) in &mut lacking {
            *outcome = self.ask(audio, now).err().map(Err);
        }
        self.components.insert(id, Ongoing::Waiting(Waiting { purpose, audio, lacking }));
        self.timers.set(Timer::Sound(id), now.at + WAIT);
        self.end_waiting(id, false, now);
    }

    /// Has the sounds made that the flow may play and its publication lacks. What cannot be had is told when it is wanted.
    pub(super) fn foresee(&mut self, now: Moment) {
        for audio in self.published.program.audio() {
            if self.sound(&audio).is_none() {
                self.ask(&audio, now).ok();
            }
        }
    }

    /// Has a sound made, unless it is being made already.
    fn ask(&mut self, audio: &Audio, now: Moment) -> Result<(), String> {
        let sounds = &mut self.sounds;
        if sounds.asked.values().any(|(asked, _)| asked == audio) {
            return Ok(());
        }
        if sounds.asked.len() >= ASKED {
            return Err(format!("{ASKED} sounds are being made for this call already"));
        }
        sounds.tickets += 1;
        sounds.asked.insert(sounds.tickets, (audio.clone(), now.at));
        self.orders.push_back(Order::Render { ticket: sounds.tickets, audio: audio.clone() });
        Ok(())
    }

    /// A sound is made, or cannot be.
    pub(crate) fn on_rendered(&mut self, ticket: u32, result: &Result<Arc<Pcm>, String>, now: Moment) {
        let Some((audio, began)) = self.sounds.asked.remove(&ticket) else { return };
        let failure = result.as_ref().err().cloned();
        self.note(EventKind::Rendered { audio: audio.to_string(), failure, took: now.since(began) }, now);
        if let Ok(pcm) = result {
            self.sounds.keep(audio.clone(), Arc::clone(pcm));
        }
        let mut waiting = Vec::new();
        for (id, ongoing) in &mut self.components {
            if let Ongoing::Waiting(Waiting { lacking, .. }) = ongoing
                && let Some(outcome) = lacking.get_mut(&audio)
            {
                *outcome = Some(result.clone());
                waiting.push(*id);
            }
        }
        waiting.into_iter().for_each(|id| self.end_waiting(id, false, now));
        self.pump(now);
    }

    /// A play or preparation has waited long enough.
    pub(super) fn on_sound_timeout(&mut self, id: Component, now: Moment) {
        self.end_waiting(id, true, now);
        self.pump(now);
    }

    /// Goes on with a play or preparation if it waits for nothing more, or if it must.
    fn end_waiting(&mut self, id: Component, must: bool, now: Moment) {
        let Some(Ongoing::Waiting(waiting)) = self.components.get(&id) else { return };
        if !must && waiting.lacking.values().any(Option::is_none) {
            return;
        }
        self.timers.stop(Timer::Sound(id));
        let Some(Ongoing::Waiting(Waiting { purpose, audio, lacking })) = self.components.remove(&id) else { return };
        let mut missing = Vec::new();
        let mut made = BTreeMap::new();
        for (audio, outcome) in lacking {
            match outcome.unwrap_or_else(|| Err(format!("it is not there after {WAIT:?}"))) {
                Ok(pcm) => drop(made.insert(audio, pcm)),
                Err(why) => missing.push((audio, why)),
            }
        }
        match purpose {
            Purpose::Prepare => self.events.push_back(Event::Prepared { id, missing }),
            Purpose::Play { repeat } => {
                for (audio, why) in missing {
                    self.fault(format!("{audio} is left out: {why}"), now);
                }
                let sounds = audio.iter().filter_map(|audio| made.get(audio).cloned().or_else(|| self.sound(audio)));
                let sounds = sounds.collect();
                self.play(id, &audio, (sounds, repeat), now);
            }
        }
    }
}

impl Sounds {
    fn keep(&mut self, audio: Audio, pcm: Arc<Pcm>) {
        if self.kept.len() >= KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back((audio, pcm));
    }
}
