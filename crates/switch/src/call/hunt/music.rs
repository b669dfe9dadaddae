//! What the caller hears while others are rung for it.

use std::sync::Arc;

use flow::Music;
use media::PlayId;
use model::Moment;

use super::super::Call;

impl Call {
    /// Lets the caller hear music, unless it does already.
    pub(super) fn play_music(&mut self, now: Moment) {
        let Some(hunt) = self.hunt.as_mut().filter(|hunt| hunt.playing.is_none()) else { return };
        let sound = match &hunt.dial.music {
            None => return,
            Some(Music::Tone) => Arc::clone(&self.setup.ringback),
            Some(Music::Audio(music)) => match self.published.prompts.get(music).cloned() {
                Some(sound) => sound,
                None => {
                    let what = format!("{music} has not been rendered; the caller hears nothing while it rings");
                    hunt.dial.music = None;
                    return self.fault(what, now);
                }
            },
        };
        let play = PlayId(hunt.id.0);
        hunt.playing = Some(play);
        let id = self.caller().media;
        self.media(media::Command::Play { id, play, audio: vec![sound], repeat: true });
    }

    /// Lets it hear something else.
    pub(in crate::call) fn stop_music(&mut self) {
        if let Some(play) = self.hunt.as_mut().and_then(|hunt| hunt.playing.take()) {
            let id = self.caller().media;
            self.media(media::Command::Stop { id, play });
        }
    }
}
