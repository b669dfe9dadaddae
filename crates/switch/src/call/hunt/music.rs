//! What the caller hears while others are rung for it.

use std::sync::Arc;

use flow::Music;
use media::PlayId;
use model::Moment;

use super::super::Call;

impl Call {
    /// Lets the caller hear music, unless it does already.
    pub(super) fn play_music(&mut self, now: Moment) {
        let Some(hunt) = self.hunt.as_ref().filter(|hunt| hunt.playing.is_none()) else { return };
        let play = PlayId(hunt.id.0);
        let (sound, lacking) = match &hunt.dial.music {
            None => return,
            Some(Music::Tone) => (Some(Arc::clone(&self.setup.ringback)), String::new()),
            Some(Music::Audio(music)) => (self.sound(music), music.to_string()),
        };
        let Some(hunt) = &mut self.hunt else { return };
        let Some(sound) = sound else {
            hunt.dial.music = None;
            return self.fault(format!("{lacking} is not there; the caller hears nothing while it rings"), now);
        };
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
