//! How a sound file is fetched from the web for a call, and what of its answer is one.

use std::time::Duration;

use model::{HttpAnswer, HttpOutcome, HttpRequest};

/// Bytes of a sound file on the web (`exotel.md` 2.4).
pub const SOUND_BYTES: usize = 2 * 1024 * 1024;

/// How long the fetching may take, body included: no longer than a call waits.
const BUDGET: Duration = Duration::from_secs(9);

/// Asks for a sound file.
pub fn request(url: &str) -> HttpRequest {
    HttpRequest { body_limit: SOUND_BYTES, ..HttpRequest::get(url, BUDGET) }
}

/// The bytes of the sound file, or why there are none.
pub fn bytes(outcome: HttpOutcome) -> Result<Vec<u8>, String> {
    match outcome {
        HttpOutcome::Failed(failure) => Err(failure.to_string()),
        HttpOutcome::Answered(HttpAnswer { status: 200, body, truncated: true, .. }) if body.len() >= SOUND_BYTES => {
            Err(format!("the file has more than {} MiB", SOUND_BYTES / 1024 / 1024))
        }
        HttpOutcome::Answered(HttpAnswer { status: 200, truncated: true, .. }) => {
            Err("the file did not come to its end".into())
        }
        HttpOutcome::Answered(HttpAnswer { status: 200, body, .. }) => Ok(body),
        HttpOutcome::Answered(HttpAnswer { status, .. }) => Err(format!("its status is {status}, not 200")),
    }
}

#[cfg(test)]
mod tests {
    use model::{HttpAnswer, HttpFailure, HttpOutcome};

    use super::{SOUND_BYTES, bytes, request};

    #[test]
    fn a_file_is_a_whole_body_of_a_200() {
        let answer = |status, length, truncated| {
            HttpOutcome::Answered(HttpAnswer { body: vec![0; length], truncated, ..HttpAnswer::of(status) })
        };
        assert_eq!(bytes(answer(200, 3, false)), Ok(vec![0; 3]));
        let rows = [
            (answer(404, 0, false), "its status is 404, not 200"),
            (answer(302, 0, true), "its status is 302, not 200"),
            (answer(200, 3, true), "the file did not come to its end"),
            (answer(200, SOUND_BYTES, true), "the file has more than 2 MiB"),
            (HttpOutcome::Failed(HttpFailure::Timeout), "no answer in time"),
        ];
        for (outcome, why) in rows {
            assert_eq!(bytes(outcome), Err(why.to_owned()));
        }
        assert_eq!(request("http://x.example/a.wav").body_limit, SOUND_BYTES);
    }
}
