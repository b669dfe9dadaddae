//! Sounds that a call needs while it runs: texts are spoken, files fetched and decoded, and both kept in memory for the
//! next call. What is kept of a URL is never asked for again while it is kept: who changes the sound changes the URL
//! (`exotel.md` 2.4).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::media::Pcm;
use flow::Audio;
use switch::render;
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::fetch::Fetcher;
use crate::prompt::{self, Decoded};
use crate::speech::Speech;

/// Samples kept, of all sounds: 4 bytes each with their encodings, so 64 MiB; the one that was not wanted for longest
/// goes first.
const KEPT_SAMPLES: usize = 16 * 1024 * 1024;

/// Texts spoken and files decoded at a time: programs and threads that compute.
const MADE_AT_ONCE: usize = 4;

/// Files fetched at a time.
const FETCHED_AT_ONCE: usize = 256;

/// How long a sound waits for its turn; the call has given up by then.
const TURN: Duration = Duration::from_secs(10);

/// Makes sounds. One for the whole server.
pub struct Renderer {
    fetcher: Arc<Fetcher>,
    speech: Arc<dyn Speech>,
    shelf: Mutex<Shelf>,
    making: Semaphore,
    fetching: Semaphore,
}

impl Renderer {
    /// A renderer that keeps nothing yet.
    pub fn new(fetcher: Arc<Fetcher>, speech: Arc<dyn Speech>) -> Self {
        let (making, fetching) = (Semaphore::new(MADE_AT_ONCE), Semaphore::new(FETCHED_AT_ONCE));
        Self { fetcher, speech, shelf: Mutex::new(Shelf::new(KEPT_SAMPLES)), making, fetching }
    }

    /// The sound, or why there is none. Who asks for what is being made waits for that one. Runs on a tokio runtime.
    pub async fn render(&self, audio: &Audio) -> Result<Arc<Pcm>, String> {
        let place = self.shelf().place(audio);
        let made = place.get_or_try_init(|| self.make(audio)).await.cloned();
        drop(place);
        self.shelf().tidy(audio);
        made
    }

    async fn make(&self, audio: &Audio) -> Result<Arc<Pcm>, String> {
        let name = audio.to_string();
        match audio.clone() {
            Audio::File(_) => Err("it was not there when the flow was published".into()),
            Audio::Beep => Ok(Arc::new(Pcm::new(name, media::Tone::beep()))),
            Audio::Say(text) => {
                let speech = Arc::clone(&self.speech);
                self.compute(name, move || speech.render(&text).map_err(|error| error.to_string())).await
            }
            Audio::Url(url) => {
                let turn = turn(&self.fetching).await?;
                let bytes = render::bytes(self.fetcher.download(render::request(&url)).await)?;
                drop(turn);
                let decode = move || prompt::decode(&bytes, "the file").map_err(|error| error.to_string());
                self.compute(name, decode).await
            }
        }
    }

    async fn compute(
        &self,
        name: String,
        work: impl FnOnce() -> Result<Decoded, String> + Send + 'static,
    ) -> Result<Arc<Pcm>, String> {
        let _turn = turn(&self.making).await?;
        let made = tokio::task::spawn_blocking(move || work().map(|sound| Arc::new(Pcm::new(name, sound.samples))));
        made.await.map_err(|_| "a fault of this server's, please report it: its thread panicked".to_owned())?
    }

    fn shelf(&self) -> std::sync::MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn turn(seats: &Semaphore) -> Result<SemaphorePermit<'_>, String> {
    let turn = timeout(TURN, seats.acquire()).await;
    turn.ok().and_then(Result::ok).ok_or_else(|| "too many sounds are being made".into())
}

/// Sounds by what they are of, and those that are being made.
struct Shelf {
    limit: usize,
    places: BTreeMap<Audio, Place>,
    /// Counts the times that something was wanted.
    wanted: u64,
}

struct Place {
    sound: Arc<OnceCell<Arc<Pcm>>>,
    wanted: u64,
}

impl Place {
    fn samples(&self) -> usize {
        self.sound.get().map_or(0, |pcm| pcm.samples().len())
    }
}

impl Shelf {
    fn new(limit: usize) -> Self {
        Self { limit, places: BTreeMap::new(), wanted: 0 }
    }

    fn place(&mut self, audio: &Audio) -> Arc<OnceCell<Arc<Pcm>>> {
        self.wanted += 1;
        let place = self.places.entry(audio.clone()).or_insert_with(|| Place { sound: Arc::default(), wanted: 0 });
        place.wanted = self.wanted;
        Arc::clone(&place.sound)
    }

    /// Forgets what could not be made, and the oldest of what is too much.
    fn tidy(&mut self, audio: &Audio) {
        let failed = |place: &Place| !place.sound.initialized() && Arc::strong_count(&place.sound) == 1;
        if self.places.get(audio).is_some_and(failed) {
            self.places.remove(audio);
        }
        let mut samples: usize = self.places.values().map(Place::samples).sum();
        while samples > self.limit {
            let made = self.places.iter().filter(|(_, place)| place.sound.initialized());
            let Some(oldest) = made.min_by_key(|(_, place)| place.wanted).map(|(audio, _)| audio.clone()) else {
                return;
            };
            samples -= self.places.remove(&oldest).map_or(0, |place| place.samples());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(shelf: &mut Shelf, name: &str, samples: usize) {
        let audio = Audio::Say(name.into());
        let place = shelf.place(&audio);
        place.set(Arc::new(Pcm::new(name, vec![0; samples]))).expect("it is new");
        drop(place);
        shelf.tidy(&audio);
    }

    fn names(shelf: &Shelf) -> Vec<String> {
        shelf.places.keys().map(Audio::to_string).collect()
    }

    #[test]
    fn what_was_not_wanted_for_longest_goes_first() {
        let mut shelf = Shelf::new(100);
        put(&mut shelf, "a", 40);
        put(&mut shelf, "b", 40);
        shelf.place(&Audio::Say("a".into()));
        put(&mut shelf, "c", 40);
        assert_eq!(names(&shelf), ["\"a\"", "\"c\""]);
        put(&mut shelf, "d", 101);
        assert_eq!(names(&shelf), [""; 0], "one that is longer than all that is kept is not kept");
    }

    #[test]
    fn what_cannot_be_made_is_forgotten_when_nobody_waits_for_it() {
        let mut shelf = Shelf::new(100);
        let audio = Audio::Say("a".into());
        let (one, other) = (shelf.place(&audio), shelf.place(&audio));
        drop(one);
        shelf.tidy(&audio);
        assert_eq!(names(&shelf), ["\"a\""]);
        drop(other);
        shelf.tidy(&audio);
        assert_eq!(names(&shelf), [""; 0]);
    }
}
