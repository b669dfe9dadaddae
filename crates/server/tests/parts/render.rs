//! Sounds that calls wait for: spoken by a program, fetched from a web on loopback.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::web::{Web, head, local_fetcher};
use flow::Audio;
use server::prompt::Decoded;
use server::render::Renderer;
use server::speech::{Speech, SpeechError};
use tokio::io::AsyncWriteExt as _;

/// Says a sample for each byte, and counts.
#[derive(Default)]
struct Counting(AtomicUsize);

impl Speech for Counting {
    fn render(&self, text: &str) -> Result<Decoded, SpeechError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        if text.is_empty() { Err(SpeechError::Empty) } else { Ok(Decoded { rate: 8000, samples: vec![1; text.len()] }) }
    }

    fn voice(&self) -> String {
        "counting".into()
    }
}

fn renderer(speech: &Arc<Counting>) -> Renderer {
    Renderer::new(Arc::new(local_fetcher()), speech.clone())
}

/// A WAV file of that many samples, and the head of an answer that carries it.
fn wav(samples: usize) -> Vec<u8> {
    let data = u32::try_from(samples * 2).unwrap();
    let mut file = b"RIFF".to_vec();
    file.extend((36 + data).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(8000_u32.to_le_bytes());
    file.extend(16_000_u32.to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend(data.to_le_bytes());
    file.extend(std::iter::repeat_n([7, 0], samples).flatten());
    file
}

fn answer(status: &str, body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend(body);
    answer
}

#[tokio::test]
async fn a_text_is_spoken_once_for_all_who_want_it() {
    let speech = Arc::new(Counting::default());
    let renderer = renderer(&speech);
    let hello = Audio::Say("Hello.".into());
    let (one, other) = tokio::join!(renderer.render(&hello), renderer.render(&hello));
    assert_eq!((one.unwrap().samples().len(), other.unwrap().samples().len()), (6, 6));
    renderer.render(&hello).await.unwrap();
    assert_eq!(speech.0.load(Ordering::SeqCst), 1);
    let nothing = Audio::Say("".into());
    for _ in 0..2 {
        assert_eq!(renderer.render(&nothing).await, Err("the text to speak is empty".into()));
    }
    assert_eq!(speech.0.load(Ordering::SeqCst), 3, "a failure is not kept");
}

#[tokio::test]
async fn a_file_is_fetched_once_as_long_as_it_is_kept() {
    let answers = [answer("503 Busy", b""), answer("200 OK", &wav(800)), answer("404 Gone", b"")];
    let answers = Arc::new(Mutex::new(answers.into_iter()));
    let web = Web::open(move |_, mut stream| {
        let answers = Arc::clone(&answers);
        async move {
            while head(&mut stream).await.is_some() {
                let answer = answers.lock().unwrap().next().unwrap();
                stream.write_all(&answer).await.unwrap();
            }
        }
    })
    .await;
    let renderer = renderer(&Arc::default());
    let tone = Audio::Url(web.url("/tone.wav").into());
    assert_eq!(renderer.render(&tone).await, Err("its status is 503, not 200".into()));
    for _ in 0..2 {
        assert_eq!(renderer.render(&tone).await.unwrap().samples(), [7; 800]);
    }
    let changed = Audio::Url(web.url("/tone.wav?2").into());
    assert_eq!(
        renderer.render(&changed).await,
        Err("its status is 404, not 200".into()),
        "another URL is another file"
    );
}

#[tokio::test]
async fn what_is_no_sound_is_told() {
    let rows = [
        (answer("200 OK", b"<html>"), "the file: this is no WAV, MP3 or OGG Vorbis file"),
        (answer("200 OK", b""), "the file: the file holds no sound"),
        (answer("200 OK", &wav(1024 * 1024)), "the file has more than 2 MiB"),
        (answer("302 Found", b""), "its status is 302, not 200"),
    ];
    for (answer, why) in rows {
        let web = Web::says(answer).await;
        let told = renderer(&Arc::default()).render(&Audio::Url(web.url("/").into())).await.unwrap_err();
        assert!(told.starts_with(why), "{told}");
    }
    let file = Audio::File("a.wav".into());
    let told = renderer(&Arc::default()).render(&file).await;
    assert_eq!(told, Err("it was not there when the flow was published".into()));
}

#[tokio::test]
async fn an_address_that_is_forbidden_is_not_fetched() {
    let told = renderer(&Arc::default()).render(&Audio::Url("http://169.254.1.1/a.wav".into())).await.unwrap_err();
    assert!(told.starts_with("address forbidden: "), "{told}");
}
