//! What the caller hears while others are rung for it.

use media::PlayId;
use model::Moment;

use super::super::Call;

impl Call {
    /// Lets the caller hear music, unless it does already.
    pub(super) fn play_music(&mut self, now: Moment) {
        let Some(hunt) = self.hunt.as_mut().filter(|hunt| hunt.playing.is_none()) else { return };
        let Some(music) = &hunt.dial.music else { return };
        let Some(sound) = self.published.prompts.get(music).cloned() else {
            let what = format!("{music} has not been rendered; the caller hears nothing while it rings");
            hunt.dial.music = None;
            return self.fault(what, now);
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
