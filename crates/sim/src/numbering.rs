//! Names and numbers in a rehearsal: those of a server with default settings.

use jiff::Timestamp;
use model::CallSid;

/// Numbering by the classic profile in one country.
#[derive(Clone, Debug)]
pub struct Local {
    /// The home country.
    pub country_code: exotel::number::CountryCode,
    /// The zone that dates of call names are in.
    pub zone: jiff::tz::TimeZone,
}

impl switch::Numbering for Local {
    fn call_sid(&self, random: [u8; exotel::sid::RANDOM_BYTES], now: Timestamp) -> CallSid {
        exotel::sid::sid(random, &self.zone, now)
    }

    fn normalise(&self, number: &str) -> String {
        exotel::number::normalise(number, &self.country_code)
    }
}

impl switch::Reporting for Local {
    fn status(&self, report: &model::StatusReport<'_>, number: u32, now: Timestamp) -> model::HttpRequest {
        let profile = exotel::passthru::Profile {
            country_code: self.country_code.clone(),
            zone: self.zone.clone(),
            recordings: Some(crate::world::links()),
            ..exotel::passthru::Profile::default()
        };
        exotel::status_callback::request(report, &profile, number, now)
    }
}

impl Default for Local {
    fn default() -> Self {
        let profile = exotel::passthru::Profile::default();
        Self { country_code: profile.country_code, zone: profile.zone }
    }
}
