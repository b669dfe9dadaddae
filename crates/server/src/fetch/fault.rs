//! What is wrong with a server's TLS, in words for the one who has to mend it: what, and what to do next.

use std::io;

use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error};

/// Names of a certificate that are told; it may have thousands.
const NAMES_TOLD: usize = 5;

/// Why a TLS handshake failed, as far as a user can mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsFault {
    /// The certificate is no longer valid.
    Expired,
    /// It is not yet valid.
    NotYetValid,
    /// It is for other names.
    OtherName,
    /// It leads to no authority that is trusted: self-signed, or sent without its intermediates.
    UnknownIssuer,
    /// It is an authority's own (CA:TRUE, RFC 5280 section 4.2.1.9), as `openssl req -x509` makes them: no server's.
    Authority,
    /// The server wants a certificate of the client, or another one.
    ClientCertificate,
    /// What answers speaks no TLS.
    NotSpoken,
    /// Something else.
    Other,
}

impl TlsFault {
    /// Which one that error of a connection is.
    pub(super) fn of(error: &io::Error) -> Self {
        inner(error).map_or(Self::Other, Self::of_tls)
    }

    fn of_tls(error: &Error) -> Self {
        match error {
            Error::InvalidCertificate(error) => match error {
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Self::OtherName,
                // A trusted authority has the issuer's name and not its key: it is another one.
                CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::UnknownIssuer,
                CertificateError::Other(other)
                    if matches!(other.0.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity)) =>
                {
                    Self::Authority
                }
                _ => Self::Other,
            },
            Error::InvalidMessage(_) => Self::NotSpoken,
            Error::AlertReceived(
                AlertDescription::CertificateRequired
                | AlertDescription::BadCertificate
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateUnknown
                | AlertDescription::UnknownCA
                | AlertDescription::AccessDenied,
            ) => Self::ClientCertificate,
            _ => Self::Other,
        }
    }

    /// What a person does about it, if there is something.
    fn step(self) -> Option<&'static str> {
        Some(match self {
            Self::Expired => "renew it",
            Self::NotYetValid => "check the clocks of the machine that made it and of this one",
            Self::OtherName => {
                "write a name that it is for in the URL, or get one with that name in its subjectAltName"
            }
            Self::UnknownIssuer => {
                "have the server send its full chain, or add the certificate of its authority to `[callout] ca_file`"
            }
            Self::Authority => {
                "add that very certificate to `[callout] ca_file`, or make one with basicConstraints = CA:FALSE"
            }
            Self::ClientCertificate => "name one that it accepts in an `[[identity]]`",
            Self::NotSpoken => "write http://, or the port that speaks it",
            Self::Other => return None,
        })
    }
}

/// What is wrong, and the next step.
pub(super) fn told(error: &io::Error) -> String {
    inner(error).map_or_else(|| error.to_string(), told_of)
}

/// The same, of an error of TLS.
pub(super) fn told_of(error: &Error) -> String {
    match TlsFault::of_tls(error).step() {
        Some(step) => format!("{}; {step}", what_of(error)),
        None => what_of(error),
    }
}

/// What is wrong.
pub(super) fn what(error: &io::Error) -> String {
    inner(error).map_or_else(|| error.to_string(), what_of)
}

fn what_of(error: &Error) -> String {
    match (TlsFault::of_tls(error), error) {
        (TlsFault::Expired, Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
            format!("its certificate is good no longer than to {}", date(*not_after))
        }
        (TlsFault::NotYetValid, Error::InvalidCertificate(CertificateError::NotValidYetContext { not_before, .. })) => {
            format!("its certificate is not good before {}", date(*not_before))
        }
        (
            TlsFault::OtherName,
            Error::InvalidCertificate(CertificateError::NotValidForNameContext { expected, presented }),
        ) => format!("its certificate is not for {}, {}", expected.to_str(), names(presented)),
        (TlsFault::UnknownIssuer, _) => {
            "no trusted authority vouches for its certificate: it is self-signed, of an authority of its own, or sent without the intermediate ones"
                .into()
        }
        (TlsFault::Authority, _) => "its certificate is an authority's (CA:TRUE), which no server may show as its own".into(),
        (TlsFault::ClientCertificate, Error::AlertReceived(alert)) => {
            format!("it does not take our client certificate, or misses one (alert {alert:?})")
        }
        (TlsFault::NotSpoken, _) => "what answers speaks no TLS".into(),
        _ => error.to_string(),
    }
}

fn names(presented: &[String]) -> String {
    if presented.is_empty() {
        return "it has no names in its subjectAltName".into();
    }
    // They come as `DnsName("crm.example")` and `IpAddress(192.0.2.1)`.
    let bare = |name: &String| {
        let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(name);
        inner.trim_matches('"').to_owned()
    };
    let told: Vec<String> = presented.iter().take(NAMES_TOLD).map(bare).collect();
    let more = if presented.len() > NAMES_TOLD { ", …" } else { "" };
    format!("only for {}{more}", told.join(", "))
}

fn date(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or_else(|_| format!("Unix second {seconds}"), |time| time.to_string())
}

fn inner(error: &io::Error) -> Option<&Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}
