//! What is signed: `{id}.{timestamp}.{METHOD}.{URL}.{SHA-256 of the body in lower-case hex}`.

use std::borrow::Cow;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// The request that is signed.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// `GET` or `POST`, as in the request line.
    pub method: &'a str,
    /// The whole URL as it was asked: `https://`, what `Host` says, path and query of the request line. A user, a password
    /// and a fragment are never part of a request and are left out of what is signed.
    pub url: &'a str,
    /// The body, byte by byte; empty for `GET`.
    pub body: &'a [u8],
}

/// The text that a signature covers.
pub(crate) fn content(id: &str, timestamp: &str, request: &Request<'_>) -> String {
    let mut text = format!("{id}.{timestamp}.{}.{}.", request.method, requested(request.url));
    for byte in Sha256::digest(request.body) {
        write!(text, "{byte:02x}").expect("a string takes all");
    }
    text
}

/// The URL without its userinfo and fragment.
fn requested(url: &str) -> Cow<'_, str> {
    let url = url.split('#').next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else { return url.into() };
    let authority = rest.find(['/', '?']).unwrap_or(rest.len());
    match rest[..authority].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]).into(),
        None => url.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn the_url_is_signed_as_it_is_asked() {
        let rows = [
            ("https://crm.example/route?a=b&a=%22", "https://crm.example/route?a=b&a=%22"),
            ("https://user:p%40ss@crm.example:8443/x?y=a@b#top", "https://crm.example:8443/x?y=a@b"),
            ("http://a@b@crm.example?q=@", "http://crm.example?q=@"),
            ("http://[::1]:8080/@", "http://[::1]:8080/@"),
            ("https://crm.example/#", "https://crm.example/"),
            ("no url", "no url"),
        ];
        for (url, signed) in rows {
            let request = Request { method: "GET", url, body: b"" };
            assert_eq!(content("msg_1", "1795514400", &request), format!("msg_1.1795514400.GET.{signed}.{EMPTY}"));
        }
    }

    #[test]
    fn the_body_is_signed_by_its_hash() {
        let request = Request { method: "POST", url: "https://crm.example/", body: b"abc" };
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(content("a", "1", &request), format!("a.1.POST.https://crm.example/.{hash}"));
    }
}
