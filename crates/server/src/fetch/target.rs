//! A callout's URL, read once: where to connect, what to ask, whom to be. Everything after works on this value, so
//! there is no second reading that could see another host. Path and query stay as they are written: a signature may
//! cover them.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::Uri;
use hyper::header::HeaderValue;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use url::{Host, Url};

/// Bytes of a URL that are read at most.
pub(crate) const URL_MAX: usize = 16 * 1024;

/// What cannot stand in a request line, beside what is not ASCII.
const UNSENDABLE: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`');

/// Where a connection leads. Connections are shared among requests of one origin.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Origin {
    pub(crate) tls: bool,
    pub(crate) host: Place,
    pub(crate) port: u16,
}

impl Origin {
    /// The scheme of its URLs.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }

    /// Whether its host has to be looked up.
    pub(crate) fn has_name(&self) -> bool {
        matches!(self.host, Place::Name(_))
    }

    /// The name that has to be looked up, if it is one.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.host {
            Place::Name(name) => Some(name),
            Place::Address(_) => None,
        }
    }
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
        Ok(Self {
            origin: Origin { tls, host, port },
            host: HeaderValue::try_from(authority).map_err(|_| "its host cannot be sent")?,
            path: Uri::try_from(path_of(text)).map_err(|error| format!("its path cannot be sent: {error}"))?,
            basic: basic(&url),
        })
    }
}

/// Path and query of a web URL as written, found where the URL standard finds them: white space around and line breaks
/// within a URL do not count, and any number of slashes of either kind lead to the host.
fn path_of(text: &str) -> String {
    let text = text.trim_matches(|c| c <= ' ').replace(['\t', '\n', '\r'], "");
    let (_scheme, rest) = text.split_once(':').unwrap_or_default();
    let rest = rest.trim_start_matches(['/', '\\']);
    let end = rest.find('#').unwrap_or(rest.len());
    let start = rest[..end].find(['/', '\\', '?']).unwrap_or(end);
    let written = &rest[start..end];
    let written = written.strip_prefix(['/', '\\']).unwrap_or(written);
    format!("/{}", utf8_percent_encode(written, UNSENDABLE))
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
    use rand_chacha::ChaCha12Rng;
    use rand_core::{Rng as _, SeedableRng as _};
    use url::Position;

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
    fn path_and_query_are_sent_as_written() {
        let rows = [
            ("http://crm.example/?a='b'", "/?a='b'"),
            ("http://crm.example/a/../b/./c//d?e=/../f", "/a/../b/./c//d?e=/../f"),
            ("http://crm.example/%7euser/%zz%?%", "/%7euser/%zz%?%"),
            ("http://crm.example/a^b|c{d}~\\e?f^g|h{i}~\\j?k", "/a^b|c{d}~\\e?f^g|h{i}~\\j?k"),
            ("http://crm.example/a\u{7f}b c<d>`?\u{1}e f\"<g>'", "/a%7Fb%20c%3Cd%3E%60?%01e%20f%22%3Cg%3E'"),
            ("http://crm.example/bücher?größe=ß", "/b%C3%BCcher?gr%C3%B6%C3%9Fe=%C3%9F"),
            ("http://crm.example", "/"),
            ("http://crm.example?", "/?"),
            ("http://crm.example?a=/b:c@d", "/?a=/b:c@d"),
            ("http://crm.example#?a", "/"),
            ("http://crm.example/a#b?c#d", "/a"),
            ("http://crm.example/?a#", "/?a"),
            ("http://[::1]:8080/a?b=[c]", "/a?b=[c]"),
            ("http://[::1]?b", "/?b"),
            ("http://user:p%40ss:@crm.example:81/a@b:c", "/a@b:c"),
            ("  HTTP:/\\//crm.example\\a\n/b\t?c ", "/a/b?c"),
            ("http://crm.example//other.example/x", "//other.example/x"),
        ];
        for (url, path) in rows {
            let target = Target::parse(url).unwrap();
            assert_eq!(target.path.path_and_query().map(|path| path.as_str()), Some(path), "{url}");
            assert_eq!((target.path.host(), target.path.scheme()), (None, None), "{url}");
        }
    }

    /// Where the path begins is found a second time, so it is held against what the `url` crate found.
    #[test]
    fn the_path_begins_where_the_url_crate_says() {
        const PIECES: [&str; 20] = [
            "/",
            "\\",
            "?",
            "#",
            "@",
            ":",
            "\t",
            "\n",
            " ",
            "\u{1}",
            "'",
            "..",
            ".",
            "a",
            "ü",
            "[::1]",
            "b.example",
            "%2f",
            "//",
            "81",
        ];
        let mut rng = ChaCha12Rng::seed_from_u64(1);
        let mut read = 0;
        for _ in 0..100_000 {
            let pieces = rng.next_u32() % 10;
            let tail: String = (0..pieces).map(|_| PIECES[rng.next_u32() as usize % PIECES.len()]).collect();
            let text = format!("http:{tail}");
            let (Ok(url), Ok(target)) = (Url::parse(&text), Target::parse(&text)) else { continue };
            let sent = format!("http://x{}", target.path);
            assert_eq!(
                Url::parse(&sent).unwrap()[Position::BeforePath..],
                url[Position::BeforePath..Position::AfterQuery],
                "{text:?}"
            );
            read += 1;
        }
        assert!(read > 10_000, "{read} could be read");
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
