//! `sip:` and `sips:` (RFC 3261 section 19.1).

use bytes::Bytes;

use super::Host;
use super::escape;
use crate::params::Params;
use crate::scan::{Scanner, Syntax, URI_HEADER, USER};
use crate::transport::Transport;
use crate::value::{Encode, Scan as _, decimal};

/// A SIP or SIPS URI. User, password and headers stand as they were written, escapes and all.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SipUri {
    /// `sips:`
    pub secure: bool,
    /// What stands before the `@`, not empty; may hold `;` parameters of its own.
    pub user: Option<Bytes>,
    /// The deprecated password.
    pub password: Option<Bytes>,
    /// Where it lives.
    pub host: Host,
    /// The port, if one was written.
    pub port: Option<u16>,
    /// `;transport=tcp;lr`
    pub params: Params,
    /// What stands after `?`, empty if nothing does.
    pub headers: Bytes,
}

impl SipUri {
    /// `sip:user@host`; what a URI may not hold is escaped in the user.
    pub fn new(user: Option<&[u8]>, host: Host, port: Option<u16>) -> Self {
        let user = user.filter(|user| !user.is_empty()).map(|user| escape::encode(user, USER));
        Self { secure: false, user, password: None, host, port, params: Params::default(), headers: Bytes::new() }
    }

    /// The value of `transport`, if it is one we speak.
    pub fn transport(&self) -> Option<Transport> {
        Transport::from_token(&self.param("transport")?)
    }

    /// The value of `maddr`, if it is a host.
    pub fn maddr(&self) -> Option<Host> {
        Host::parse(&self.param("maddr")?).ok()
    }

    /// Whether it is a loose router (RFC 3261 section 16.12).
    pub fn is_loose(&self) -> bool {
        self.param("lr").is_some()
    }

    /// The value of the first parameter of this name (case-insensitive), escapes resolved in both; empty if it has none.
    pub fn param(&self, name: &str) -> Option<Bytes> {
        let named = |found: &Bytes| escape::decode(found).eq_ignore_ascii_case(name.as_bytes());
        let (_, value) = self.params.iter().find(|(found, _)| named(found))?;
        Some(value.as_ref().map(escape::decode).unwrap_or_default())
    }

    /// RFC 3261 section 19.1.4.
    pub fn equivalent(&self, other: &Self) -> bool {
        let user = |uri: &Self| uri.user.as_ref().map(escape::normalise);
        let password = |uri: &Self| uri.password.as_ref().map(escape::normalise);
        self.secure == other.secure
            && user(self) == user(other)
            && password(self) == password(other)
            && self.host.equivalent(&other.host)
            && self.port == other.port
            && self.params_agree(other)
            && self.sorted_headers() == other.sorted_headers()
    }

    /// Parameters of both agree; those of one alone are ignored, except those that change where a request goes.
    fn params_agree(&self, other: &Self) -> bool {
        const BINDING: [&[u8]; 5] = [b"user", b"ttl", b"method", b"maddr", b"transport"];
        let (ours, theirs) = (self.sorted_params(), other.sorted_params());
        let agree = |one: &[(Vec<u8>, Bytes)], two: &[(Vec<u8>, Bytes)]| {
            one.iter().all(|(name, value)| match two.binary_search_by(|(found, _)| found.cmp(name)) {
                Ok(at) => value.eq_ignore_ascii_case(&two[at].1),
                Err(_) => !BINDING.contains(&&name[..]),
            })
        };
        agree(&ours, &theirs) && agree(&theirs, &ours)
    }

    /// The first parameter of each name: a URI of many is compared in little time.
    fn sorted_params(&self) -> Vec<(Vec<u8>, Bytes)> {
        let name_and_value = |(name, value): (Bytes, Option<Bytes>)| {
            (escape::normalise(&name).to_ascii_lowercase(), value.as_ref().map(escape::normalise).unwrap_or_default())
        };
        let mut params: Vec<_> = self.params.iter().map(name_and_value).collect();
        params.sort_by(|(one, _), (two, _)| one.cmp(two));
        params.dedup_by(|(later, _), (first, _)| later == first);
        params
    }

    fn sorted_headers(&self) -> Vec<(Vec<u8>, Bytes)> {
        let fields = self.headers.split(|byte| *byte == b'&').map(|field| {
            let name = memchr::memchr(b'=', field).unwrap_or(field.len());
            (field[..name].to_ascii_lowercase(), escape::normalise(&self.headers.slice_ref(&field[name..])))
        });
        let mut fields: Vec<_> = fields.collect();
        fields.sort();
        fields
    }

    pub(super) fn after_scheme(secure: bool, scanner: &mut Scanner<'_>) -> Result<Self, Syntax> {
        let (user, password) = match memchr::memchr(b'@', scanner.rest()) {
            None => (None, None),
            Some(_) => userinfo(scanner)?,
        };
        let host = Host::scan(scanner)?;
        let port = if scanner.eat(b':') { Some(scanner.port()?) } else { None };
        let params = Params::of_uri(scanner)?;
        let headers = if scanner.eat(b'?') { scanner.run(URI_HEADER, "URI headers")? } else { Bytes::new() };
        escape::check(&headers)?;
        Ok(Self { secure, user, password, host, port, params, headers })
    }
}

fn userinfo(scanner: &mut Scanner<'_>) -> Result<(Option<Bytes>, Option<Bytes>), Syntax> {
    let user = scanner.run(USER, "a user")?;
    escape::check(&user)?;
    let password = if scanner.eat(b':') {
        let start = scanner.here();
        scanner.pass(USER);
        Some(scanner.since(start))
    } else {
        None
    };
    if let Some(password) = &password {
        escape::check(password)?;
    }
    if scanner.eat(b'@') { Ok((Some(user), password)) } else { Err(Syntax("@")) }
}

impl Encode for SipUri {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.secure { b"sips:" } else { b"sip:" });
        if let Some(user) = &self.user {
            out.extend_from_slice(user);
            if let Some(password) = &self.password {
                out.push(b':');
                out.extend_from_slice(password);
            }
            out.push(b'@');
        }
        self.host.encode(out);
        if let Some(port) = self.port {
            out.push(b':');
            decimal(port.into(), out);
        }
        out.extend_from_slice(self.params.as_bytes());
        if !self.headers.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.headers);
        }
    }
}
