//! Links to recordings: on this server, signed, and good for a while (`trust.md` S7).
//!
//! What is signed is one text: version, file, expiry, tenant, a line each. There is one way to write a link, and nothing
//! else opens the file.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use model::{HttpRequest, Recording, RecordingName, Tenant};
use sha2::Sha256;

use crate::form;

/// How long a link is good unless the operator says otherwise.
pub const VALIDITY: Duration = Duration::from_secs(3_600);

/// Digits of an expiry, at most: seconds of Unix time far beyond our days.
const EXPIRY_DIGITS: usize = 12;

/// Makes links, and knows its own.
#[derive(Clone)]
pub struct Links {
    base: String,
    key: [u8; 32],
    validity: Duration,
}

impl Links {
    /// Links below `base`, such as `https://voice.example`, signed with a secret key.
    pub fn new(base: &str, key: [u8; 32], validity: Duration) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), key, validity }
    }

    /// The same links, good for another while.
    pub fn lasting(&self, validity: Duration) -> Self {
        Self { validity, ..self.clone() }
    }

    /// The same links for a report of a moment that was so long ago: good from now on for as long as any.
    pub fn late(&self, by: Duration) -> Self {
        self.lasting(self.validity.saturating_add(by))
    }

    /// The link to a recording, good from now on for as long as links are.
    pub fn url(&self, name: &RecordingName, mp3: bool, tenant: &Tenant, now: Timestamp) -> String {
        let expires = now.as_second().saturating_add_unsigned(self.validity.as_secs()).to_string();
        let file = name.file(mp3);
        let signature = hex(&self.mac(&file, &expires, tenant).finalize().into_bytes());
        format!("{}/recordings/{file}?expires={expires}&sig={signature}", self.base)
    }

    /// Whether a link to that file with those parameters is one of ours and still good.
    pub fn admits(&self, file: &str, (expires, signature): (&str, &str), tenant: &Tenant, now: Timestamp) -> bool {
        let is_plain =
            (1..=EXPIRY_DIGITS).contains(&expires.len()) && expires.bytes().all(|byte| byte.is_ascii_digit());
        let good = is_plain && expires.parse::<i64>().is_ok_and(|until| until >= now.as_second());
        let Some(signature) = bytes(signature) else { return false };
        // The comparison takes as long whatever is wrong.
        good & self.mac(file, expires, tenant).verify_slice(&signature).is_ok()
    }

    fn mac(&self, file: &str, expires: &str, tenant: &Tenant) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("a key of any length will do");
        mac.update(format!("recording 1\n{file}\n{expires}\n{}", tenant.0).as_bytes());
        mac
    }
}

impl std::fmt::Debug for Links {
    /// Not the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Links({}, {:?})", self.base, self.validity)
    }
}

/// How long the URL may take that is told of a recording.
const BUDGET: Duration = Duration::from_secs(15);

/// Tells a URL that the file of a recording can be fetched. Exotel has no such report; its words are used all the same.
pub fn ready(url: &str, recording: &Recording, (length, bytes): (Duration, u64), link: &str) -> HttpRequest {
    let fields = [
        ("EventType", "recording-ready".to_owned()),
        ("CallSid", recording.call.to_string()),
        ("RecordingUrl", link.to_owned()),
        ("RecordingDuration", format!("{:.3}", length.as_secs_f64())),
        ("RecordingFormat", recording.record.format.as_str().to_owned()),
        ("RecordingChannels", if recording.record.dual { "dual" } else { "single" }.to_owned()),
        ("RecordingBytes", bytes.to_string()),
        ("Mailbox", recording.mailbox.clone().unwrap_or_default()),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value));
    HttpRequest::post(url, "application/x-www-form-urlencoded", form::body(&fields).into_bytes(), BUDGET)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// 32 bytes as [`hex`] writes them, and in no other way.
fn bytes(text: &str) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    let is_hex = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !is_hex {
        return None;
    }
    for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links() -> Links {
        Links::new("https://voice.example/", [7; 32], VALIDITY)
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    /// A link's file, expiry and signature.
    fn parts(url: &str) -> (String, String, String) {
        let rest = url.strip_prefix("https://voice.example/recordings/").expect("the base");
        let (file, query) = rest.split_once("?expires=").expect("a query");
        let (expires, signature) = query.split_once("&sig=").expect("a signature");
        (file.into(), expires.into(), signature.into())
    }

    #[test]
    fn only_the_link_as_it_was_written_opens_the_file() {
        let (tenant, name) = (Tenant::default(), RecordingName::new([9; 16]));
        let (file, expires, signature) = parts(&links().url(&name, false, &tenant, at(1_700_000_000)));
        assert_eq!((file.as_str(), expires.as_str()), ("09090909090909090909090909090909.wav", "1700003600"));
        let other = Tenant("other".into());
        let opened = |file: &str, expires: &str, signature: &str, tenant: &Tenant, now| {
            links().admits(file, (expires, signature), tenant, at(now))
        };
        let last = 1_700_003_600;
        assert!(opened(&file, &expires, &signature, &tenant, last));
        let mp3 = file.replace("wav", "mp3");
        let flipped = signature.replacen(&signature[..1], if signature.starts_with('0') { "1" } else { "0" }, 1);
        let rows = [
            ("expired", opened(&file, &expires, &signature, &tenant, last + 1)),
            ("another file", opened(&mp3, &expires, &signature, &tenant, last)),
            ("a longer life", opened(&file, "1700003601", &signature, &tenant, last)),
            ("another way to write the same", opened(&file, "01700003600", &signature, &tenant, last)),
            ("a sign", opened(&file, "+1700003600", &signature, &tenant, last)),
            ("upper case", opened(&file, &expires, &signature.to_uppercase(), &tenant, last)),
            ("cut", opened(&file, &expires, &signature[..62], &tenant, last)),
            ("empty", opened(&file, &expires, "", &tenant, last)),
            ("forged", opened(&file, &expires, &flipped, &tenant, last)),
            ("another tenant", opened(&file, &expires, &signature, &other, last)),
            ("another key", Links::new("", [8; 32], VALIDITY).admits(&file, (&expires, &signature), &tenant, at(last))),
        ];
        for (what, opened) in rows {
            assert!(!opened, "{what}");
        }
    }

    #[test]
    fn a_recording_that_is_ready_is_told_of_in_a_form() {
        let recording = Recording {
            name: RecordingName::new([9; 16]),
            tenant: Tenant::default(),
            call: model::CallSid::new("c1"),
            record: model::Record { dual: true, format: model::Format::Wav },
            created: at(0),
            mailbox: Some("sales".into()),
        };
        let of = (Duration::from_millis(2_500), 80_044);
        let request = ready("https://crm.example/recordings", &recording, of, "https://voice.example/a?b=c");
        assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "https://crm.example/recordings"));
        assert_eq!(
            String::from_utf8(request.body).expect("text"),
            "EventType=recording-ready&CallSid=c1&RecordingUrl=https%3A%2F%2Fvoice.example%2Fa%3Fb%3Dc&RecordingDuration=2.500\
             &RecordingFormat=wav&RecordingChannels=dual&RecordingBytes=80044&Mailbox=sales"
        );
    }

    #[test]
    fn the_key_is_not_shown() {
        assert_eq!(format!("{:?}", links()), "Links(https://voice.example, 3600s)");
    }
}
