//! `[callout]`: how requests of calls are made.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use signature::{Secret, Secrets};
use url::Url;

use super::{Config, Identity, loopback};
use crate::fetch::{Allowed, FetchConfig, Marking};

/// Callouts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Callout {
    /// Private networks, and names of private hosts, that callouts may reach; public ones they always may.
    pub allow: Vec<Allowed>,
    /// A PEM file of certificates that are trusted beside those of the public authorities: of other authorities, and of servers
    /// themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// Whether requests go by https alone.
    pub https_only: bool,
    /// Whether requests name their callout in header fields (`webhook-id`, `callout-attempt`, …).
    pub identify: bool,
    /// What requests are signed with, and named: one secret, `whsec_…`, or two while one takes the other's place.
    pub secrets: Vec<String>,
}

impl Default for Callout {
    fn default() -> Self {
        Self {
            allow: loopback().into_iter().map(Allowed::Network).collect(),
            ca_file: None,
            https_only: false,
            identify: false,
            secrets: Vec::new(),
        }
    }
}

impl Callout {
    /// Whether a URL may be asked, as far as its scheme goes.
    pub fn takes(&self, url: &str) -> bool {
        !self.https_only || Url::parse(url).is_ok_and(|url| ["https", "wss"].contains(&url.scheme()))
    }

    /// How requests say which callout they are.
    pub fn marking(&self) -> Result<Marking, String> {
        let secret = |text: &String| text.parse::<Secret>().map_err(|why| why.to_string());
        match self.secrets.iter().map(secret).collect::<Result<Vec<_>, _>>()?.as_slice() {
            [] if self.identify => Ok(Marking::Named),
            [] => Ok(Marking::None),
            [only] => Ok(Marking::Signed(only.clone().into())),
            [one, other] => Ok(Marking::Signed(Secrets::two(one.clone(), other.clone()))),
            more => Err(format!("{} secrets; write one, or two while one takes the other's place", more.len())),
        }
    }
}

impl Config {
    /// The HTTP client that callouts are made with. Where this server listens is for the one who knows to add.
    pub fn client(&self) -> Result<FetchConfig, String> {
        Ok(FetchConfig {
            allow: self.callout.allow.clone(),
            https_only: self.callout.https_only,
            ca_file: self.callout.ca_file.clone(),
            identities: self.identities.iter().map(Identity::client).collect(),
            marking: self.callout.marking()?,
            ..FetchConfig::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_is_taken_where_nothing_else_is_to_go() {
        let callout = |https_only| Callout { https_only, ..Callout::default() };
        for url in ["http://crm.example/", "HTTP://crm.example/", " http://crm.example/", "//crm.example", ""] {
            assert!(callout(false).takes(url) && !callout(true).takes(url), "{url:?}");
        }
        assert!(["https://crm.example/", "HTTPS://u:p@crm.example"].iter().all(|url| callout(true).takes(url)));
    }

    #[test]
    fn secrets_sign_and_what_is_none_is_told() {
        let one = Secret::new([1; 32]).written();
        let callout = |identify, secrets: &[&str]| Callout {
            identify,
            secrets: secrets.iter().map(ToString::to_string).collect(),
            ..Callout::default()
        };
        let marking = |identify, secrets: &[&str]| callout(identify, secrets).marking();
        assert!(matches!(marking(false, &[]), Ok(Marking::None)));
        assert!(matches!(marking(true, &[]), Ok(Marking::Named)));
        assert!(matches!(marking(false, &[&one]), Ok(Marking::Signed(_))));
        assert!(matches!(marking(true, &[&one, &one]), Ok(Marking::Signed(_))));
        let wrong = |secrets: &[&str]| marking(false, secrets).expect_err("it cannot be");
        assert!(wrong(&["s3cret"]).contains("begins with `whsec_`"));
        assert!(wrong(&[&one, &one, &one]).contains("3 secrets"));
    }
}
