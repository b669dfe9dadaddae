//! `[[identity]]`: who we say we are to an application that asks for a client's certificate (mTLS).

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::fetch::ClientIdentity;

/// The certificate that is shown to one application.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The application: scheme, host and port of its URLs, such as `https://crm.example`.
    pub origin: String,
    /// How the paths of its URLs begin, such as `/calls`, if it is not for all of them. The longest one that fits counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// A PEM file with our certificate, and those up to its authority.
    pub certificate: PathBuf,
    /// A PEM file with its private key.
    pub key: PathBuf,
}

impl Identity {
    /// As the client takes it.
    pub fn client(&self) -> ClientIdentity {
        let Self { origin, path, certificate, key } = self.clone();
        ClientIdentity { origin, path: path.unwrap_or_default(), certificate, key }
    }
}
