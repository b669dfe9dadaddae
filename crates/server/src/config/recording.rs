//! Recordings: where they are kept, and the links to them.

use core::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use exotel::recording::{Links, VALIDITY};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::Retention;
use url::Url;

use super::Config;

/// The life of a link, in seconds: a minute to a year.
const LIFE: core::ops::RangeInclusive<u64> = 60..=31_536_000;

/// The longest that recordings can be told to be kept, in days: a hundred years.
const DAYS: u32 = 36_500;

/// Recordings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recording {
    /// Where links lead, such as `https://voice.example`; the API's own address if empty.
    pub base_url: String,
    /// Seconds that a link is good.
    pub validity: u64,
    /// The folder of recordings; `recordings` in the data folder if empty.
    pub folder: PathBuf,
    /// Who is told of each recording that can be fetched; nobody if empty.
    pub ready_url: String,
    /// Days that recordings are kept; 0 is for ever.
    pub keep_days: u32,
    /// Octets that all recordings may take together: beyond it the oldest are removed; 0 is no limit.
    pub keep_bytes: u64,
}

impl Default for Recording {
    fn default() -> Self {
        Self {
            base_url: String::new(),
            validity: VALIDITY.as_secs(),
            folder: PathBuf::new(),
            ready_url: String::new(),
            keep_days: 0,
            keep_bytes: 0,
        }
    }
}

impl Recording {
    /// What cannot be, and what to do.
    pub(super) fn check(&self) -> Result<(), String> {
        let url = Url::parse(&self.base_url).ok();
        let is_base =
            |url: &Url| matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none();
        if !self.base_url.is_empty() && !url.is_some_and(|url| is_base(&url)) {
            let wrong = &self.base_url;
            return Err(format!(
                "recording.base_url: `{wrong}` is no address; write one such as https://voice.example"
            ));
        }
        let told = Url::parse(&self.ready_url).ok();
        if !self.ready_url.is_empty() && !told.is_some_and(|url| matches!(url.scheme(), "http" | "https")) {
            let wrong = &self.ready_url;
            return Err(format!(
                "recording.ready_url: `{wrong}` is no address; write one such as https://crm.example/recordings"
            ));
        }
        if !LIFE.contains(&self.validity) {
            let (least, most) = (LIFE.start(), LIFE.end());
            return Err(format!("recording.validity: {} is not within {least} and {most} seconds", self.validity));
        }
        if self.keep_days > DAYS {
            return Err(format!("recording.keep_days: {} is more than {DAYS}; write 0 for ever", self.keep_days));
        }
        Ok(())
    }

    /// Which recordings are kept at a moment.
    pub fn retention(&self, now: Timestamp) -> Retention {
        let age = SignedDuration::from_hours(24 * i64::from(self.keep_days));
        Retention {
            since: (self.keep_days > 0).then(|| now.checked_sub(age).unwrap_or(Timestamp::MIN)),
            bytes: Some(self.keep_bytes).filter(|bytes| *bytes > 0),
        }
    }
}

impl Config {
    /// Links that are signed with a key; without a setting they lead to where the API listens.
    pub fn links(&self, key: [u8; 32], http: SocketAddr) -> Links {
        let scheme = if self.http.tls_cert.is_some() { "https" } else { "http" };
        let own = format!("{scheme}://{http}");
        let Recording { base_url, validity, .. } = &self.recording;
        Links::new(if base_url.is_empty() { &own } else { base_url }, key, Duration::from_secs(*validity))
    }

    /// The folder of recordings.
    pub fn recordings(&self) -> PathBuf {
        if self.recording.folder.as_os_str().is_empty() {
            self.data.join("recordings")
        } else {
            self.recording.folder.clone()
        }
    }
}
