//! How this server names calls and writes numbers: by the classic profile, with the operator's settings.

use exotel::number::{self, CountryCode};
use exotel::passthru::Profile;
use exotel::{sid, time};
use jiff::Timestamp;
use model::CallSid;

use crate::config::{Config, NumberFormat};

/// The account's settings, as the classic profile needs them.
#[derive(Clone, Debug)]
pub struct Account(Profile);

impl Account {
    /// The settings of a configuration, which has been checked.
    pub fn new(config: &Config) -> Self {
        Self(Profile {
            number_format: match config.number_format {
                NumberFormat::National0 => number::NumberFormat::National0,
                NumberFormat::E164 => number::NumberFormat::E164,
            },
            country_code: CountryCode::new(&config.country_code).unwrap_or_else(CountryCode::india),
            zone: time::zone(&config.time_zone).unwrap_or(jiff::tz::TimeZone::UTC),
            ..Profile::default()
        })
    }

    /// What a Passthru needs to know of the account.
    pub fn profile(&self) -> &Profile {
        &self.0
    }
}

impl switch::Numbering for Account {
    fn call_sid(&self, random: [u8; 14], now: Timestamp) -> CallSid {
        sid::sid(random, &self.0.zone, now)
    }

    fn normalise(&self, number: &str) -> String {
        number::normalise(number, &self.0.country_code)
    }
}
