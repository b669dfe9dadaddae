//! From which address a request comes: the connection's, or the one that a proxy of this machine says it is for, by
//! `X-Forwarded-For` or `Forwarded` (RFC 7239). Of several the last is the one that the proxy saw itself; who asks may have written
//! the others.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

/// The address; `None` if the connection has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address(pub(crate) Option<IpAddr>);

impl<S: Sync> FromRequestParts<S> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip().to_canonical());
        Ok(Self(peer.map(|peer| of(peer, &parts.headers))))
    }
}

fn of(peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    if !peer.is_loopback() {
        return peer;
    }
    let node = match last(headers, "x-forwarded-for") {
        Some(node) => Some(node),
        None => last(headers, header::FORWARDED.as_str()).and_then(whom),
    };
    node.and_then(read).unwrap_or(peer)
}

/// The last part of a field that proxies add to.
fn last<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let value = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    value.rsplit(',').next().map(str::trim)
}

/// Whom a hop of `Forwarded` is for.
fn whom(hop: &str) -> Option<&str> {
    let mut pairs = hop.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| name.eq_ignore_ascii_case("for")).map(|(_, node)| node.trim_matches('"'))
}

/// The address of a node, which some proxies write with its port.
fn read(node: &str) -> Option<IpAddr> {
    let bare = node.strip_prefix('[').and_then(|node| node.strip_suffix(']')).unwrap_or(node);
    let address = bare.parse().ok().or_else(|| node.parse::<SocketAddr>().ok().map(|address| address.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    type Fields = &'static [(&'static str, &'static str)];

    #[test]
    fn a_proxy_of_this_machine_is_believed_and_nobody_else() {
        let rows: [(&str, Fields, &str); 14] = [
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &[("x-forwarded-for", "192.0.2.7")], "192.0.2.7"),
            ("::1", &[("x-forwarded-for", "192.0.2.7")], "192.0.2.7"),
            ("198.51.100.1", &[("x-forwarded-for", "192.0.2.7")], "198.51.100.1"),
            ("127.0.0.1", &[("x-forwarded-for", "10.9.9.9, 192.0.2.7")], "192.0.2.7"),
            ("127.0.0.1", &[("x-forwarded-for", "10.9.9.9"), ("x-forwarded-for", "192.0.2.7")], "192.0.2.7"),
            ("127.0.0.1", &[("x-forwarded-for", "192.0.2.7:4711")], "192.0.2.7"),
            ("127.0.0.1", &[("x-forwarded-for", "2001:db8::7")], "2001:db8::7"),
            ("127.0.0.1", &[("x-forwarded-for", "unknown")], "127.0.0.1"),
            ("127.0.0.1", &[("forwarded", "for=10.9.9.9, For=192.0.2.7;proto=https")], "192.0.2.7"),
            ("127.0.0.1", &[("forwarded", "proto=https; for=\"[2001:db8::7]:4711\"")], "2001:db8::7"),
            ("127.0.0.1", &[("forwarded", "for=\"[2001:db8::7]\"")], "2001:db8::7"),
            ("127.0.0.1", &[("forwarded", "for=_hidden")], "127.0.0.1"),
            ("127.0.0.1", &[("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=192.0.2.8")], "192.0.2.7"),
        ];
        for (peer, fields, expected) in rows {
            let mut headers = HeaderMap::new();
            for (name, value) in fields {
                headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            assert_eq!(of(peer.parse().unwrap(), &headers), expected.parse::<IpAddr>().unwrap(), "{peer} {fields:?}");
        }
    }
}
