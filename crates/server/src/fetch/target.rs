//! A callout's URL, read once: where to connect, what to ask, whom to be. Everything after works on this value, so
//! there is no second reading that could see another host.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::Uri;
use hyper::header::HeaderValue;
use percent_encoding::percent_decode_str;
use url::{Host, Url};

/// Bytes of a URL that are read at most.
pub(crate) const URL_MAX: usize = 16 * 1024;

/// Where a connection leads. Connections are shared among requests of one origin.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Origin {
    pub(crate) tls: bool,
    pub(crate) host: Place,
    pub(crate) port: u16,
}

/// A host as the URL names it, in one spelling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// A name that has to be looked up; ASCII, without a dot at its end.
    Name(String),
    /// An address.
    Address(IpAddr),
}

/// A callout's URL, read.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) origin: Origin,
    /// The `Host` field.
    pub(crate) host: HeaderValue,
    /// Path and query, the request line's form.
    pub(crate) path: Uri,
    /// `Authorization: Basic` from the URL's userinfo.
    pub(crate) basic: Option<HeaderValue>,
}

impl Target {
    /// Reads a URL; the error tells what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > URL_MAX {
            return Err(format!("it has more than {URL_MAX} bytes"));
        }
        let url = Url::parse(text).map_err(|error| error.to_string())?;
        let tls = match url.scheme() {
            "http" => false,
            "https" => true,
            other => return Err(format!("the scheme {other} is neither http nor https")),
        };
        let host = match url.host() {
            Some(Host::Domain(name)) => Place::Name(name.strip_suffix('.').unwrap_or(name).to_owned()),
            Some(Host::Ipv4(ip)) => Place::Address(ip.into()),
            Some(Host::Ipv6(ip)) => Place::Address(ip.into()),
            None => return Err("it names no host".to_owned()),
        };
        let port = url.port_or_known_default().ok_or("it names no port")?;
        let authority = match url.port() {
            Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
            None => url.host_str().unwrap_or_default().to_owned(),
        };
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        Ok(Self {
            origin: Origin { tls, host, port },
            host: HeaderValue::try_from(authority).map_err(|_| "its host cannot be sent")?,
            path: Uri::try_from(path).map_err(|error| format!("its path cannot be sent: {error}"))?,
            basic: basic(&url),
        })
    }
}

fn basic(url: &Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let mut pair: Vec<u8> = percent_decode_str(url.username()).collect();
    pair.push(b':');
    pair.extend(percent_decode_str(url.password().unwrap_or_default()));
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_once_and_its_query_stays() {
        // url, Host, path and query, name or address
        let rows = [
            ("http://crm.example", "crm.example", "/", "crm.example:80"),
            ("https://CRM.example.:8443/a?b", "crm.example.:8443", "/a?b", "crm.example:8443"),
            ("https://crm.example:443/?", "crm.example", "/?", "crm.example:443"),
            (
                "http://crm.example/x?k=%22a%22+b&Legs%5B0%5D=1#frag",
                "crm.example",
                "/x?k=%22a%22+b&Legs%5B0%5D=1",
                "crm.example:80",
            ),
            ("http://crm.example/a b?q={x}|\"", "crm.example", "/a%20b?q={x}|%22", "crm.example:80"),
            ("http://0x7f.1:81/", "127.0.0.1:81", "/", "127.0.0.1:81"),
            ("http://[::FFFF:7f00:1]/", "[::ffff:7f00:1]", "/", "::ffff:127.0.0.1:80"),
            ("http://good.example@127.1/", "127.0.0.1", "/", "127.0.0.1:80"),
            ("http:\\\\127.1\\x", "127.0.0.1", "/x", "127.0.0.1:80"),
            ("http://\t127.\n0.0.1/", "127.0.0.1", "/", "127.0.0.1:80"),
            ("http://bücher.example/", "xn--bcher-kva.example", "/", "xn--bcher-kva.example:80"),
        ];
        for (url, host, path, place) in rows {
            let target = Target::parse(url).unwrap();
            let seen = match &target.origin.host {
                Place::Name(name) => format!("{name}:{}", target.origin.port),
                Place::Address(ip) => format!("{ip}:{}", target.origin.port),
            };
            assert_eq!(
                (target.host.to_str().unwrap(), target.path.to_string().as_str(), seen.as_str()),
                (host, path, place),
                "{url}"
            );
        }
    }

    #[test]
    fn userinfo_becomes_basic_authentication() {
        let rows = [
            ("http://crm.example/", None),
            ("http://user:pa%3Ass@crm.example/", Some("Basic dXNlcjpwYTpzcw==")),
            ("http://key@crm.example/", Some("Basic a2V5Og==")),
            ("http://:secret@crm.example/", Some("Basic OnNlY3JldA==")),
        ];
        for (url, expected) in rows {
            let target = Target::parse(url).unwrap();
            assert_eq!(target.basic.as_ref().map(|value| value.to_str().unwrap()), expected, "{url}");
            assert!(target.basic.is_none_or(|value| value.is_sensitive()));
        }
    }

    #[test]
    fn what_is_no_web_url_is_refused() {
        let long = format!("http://crm.example/{}", "a".repeat(URL_MAX));
        for url in [
            "",
            "crm.example",
            "/path",
            "ftp://crm.example/",
            "file:///etc/passwd",
            "http://",
            "http://a:99999/",
            "javascript:1",
            &long,
        ] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
    }
}
