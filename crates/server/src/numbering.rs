//! How this server names calls and writes numbers: by the classic profile, with the operator's settings.

use std::time::Duration;

use exotel::number::{self, CountryCode};
use exotel::passthru::Profile;
use exotel::{sid, time};
use jiff::Timestamp;
use model::{CallSid, HttpRequest, StatusReport};

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
            send_status: config.passthru.call_status,
            send_deprecated: config.passthru.deprecated,
            send_disconnected_by: config.passthru.disconnected_by,
            account: config.account_sid.clone(),
            tenant_id: config.tenant_id,
            emails: config
                .users
                .iter()
                .filter_map(|user| Some((format!("sip:{}", user.name), user.email.clone()?)))
                .collect(),
            recordings: None,
        })
    }

    /// The same, with links to recordings.
    pub fn with_links(self, links: exotel::recording::Links) -> Self {
        Self(Profile { recordings: Some(links), ..self.0 })
    }

    /// The same, for reports of a moment that was so long ago: links in them are good from now on.
    pub fn late(&self, by: Duration) -> Self {
        let links = self.0.recordings.as_ref().map(|links| links.late(by));
        Self(Profile { recordings: links, ..self.0.clone() })
    }

    /// What a Passthru needs to know of the account.
    pub fn profile(&self) -> &Profile {
        &self.0
    }
}

impl switch::Numbering for Account {
    fn call_sid(&self, random: [u8; sid::RANDOM_BYTES], now: Timestamp) -> CallSid {
        sid::sid(random, &self.0.zone, now)
    }

    fn normalise(&self, number: &str) -> String {
        number::normalise(number, &self.0.country_code)
    }
}

impl switch::Reporting for Account {
    fn status(&self, report: &StatusReport<'_>, number: u32, now: Timestamp) -> HttpRequest {
        exotel::status_callback::request(report, &self.0, number, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_is_what_the_configuration_says() {
        let config = Config {
            tenant_id: 2222,
            country_code: "44".into(),
            number_format: NumberFormat::E164,
            time_zone: "Europe/London".into(),
            passthru: crate::config::Passthru { call_status: false, deprecated: false, disconnected_by: false },
            ..Config::default()
        };
        let profile = Account::new(&config).profile().clone();
        assert!(!profile.send_status && !profile.send_deprecated && !profile.send_disconnected_by);
        assert_eq!((profile.tenant_id, profile.number_format), (2222, number::NumberFormat::E164));
        assert_eq!(
            (profile.country_code, profile.zone.iana_name()),
            (CountryCode::new("44").unwrap(), Some("Europe/London"))
        );
    }
}
