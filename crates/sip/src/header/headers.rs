//! The header fields of a message in their order, and the typed view of each that the core reads. A field is read when
//! it is asked for; nothing is kept twice.

use bytes::Bytes;

use super::{
    Authorization, CSeq, Challenge, Contacts, HeaderError, MediaType, Name, NameAddr, RAck, Reason, SessionExpires, Via,
};
use crate::message::Method;
use crate::scan::{Scanner, Syntax};
use crate::value::Scan;

/// Names and values in the order of the wire. A value never holds a line break, so none can be smuggled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    fields: Vec<(Name, Bytes)>,
}

impl Headers {
    /// None yet, and room for so many.
    pub(crate) fn with_room(fields: usize) -> Self {
        Self { fields: Vec::with_capacity(fields) }
    }

    /// The first value of this name.
    pub fn get(&self, name: &Name) -> Option<&Bytes> {
        self.all(name).next()
    }

    /// Every value of this name; one may hold several, separated by commas.
    pub fn all(&self, name: &Name) -> impl Iterator<Item = &Bytes> {
        self.iter().filter_map(move |(found, value)| (found == name).then_some(value))
    }

    /// All fields.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Bytes)> {
        self.fields.iter().map(|(name, value)| (name, value))
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Appends a field.
    pub fn push(&mut self, name: Name, value: impl Into<Bytes>) {
        self.fields.push((name, one_line(value.into())));
    }

    /// Appends a field that is trimmed and has no line break because it was cut at one.
    pub(crate) fn push_line(&mut self, name: Name, value: Bytes) {
        self.fields.push((name, value));
    }

    /// Puts a field before all others.
    pub fn push_front(&mut self, name: Name, value: impl Into<Bytes>) {
        self.fields.insert(0, (name, one_line(value.into())));
    }

    /// Replaces every value of this name by one, where the first was, or appends it.
    pub fn set(&mut self, name: Name, value: impl Into<Bytes>) {
        let Some(at) = self.fields.iter().position(|(found, _)| *found == name) else {
            return self.push(name, value);
        };
        self.remove(&name);
        self.fields.insert(at, (name, one_line(value.into())));
    }

    /// Removes every value of this name.
    pub fn remove(&mut self, name: &Name) {
        self.fields.retain(|(found, _)| found != name);
    }

    /// Appends every field of this name that `other` has.
    pub fn copy(&mut self, name: &Name, other: &Self) {
        self.fields.extend(other.all(name).map(|value| (name.clone(), value.clone())));
    }

    /// Replaces the topmost Via and leaves those below it as they are.
    pub fn set_via(&mut self, via: &Via) {
        let Some((_, value)) = self.fields.iter_mut().find(|(name, _)| *name == Name::Via) else {
            return self.push_front(Name::Via, via);
        };
        let mut scanner = Scanner::new(value);
        let below = if Via::scan(&mut scanner).is_ok() { scanner.rest() } else { b"" };
        let joined = [&via.to_bytes()[..], below].concat();
        *value = one_line(joined.into());
    }

    /// The topmost Via.
    ///
    /// # Errors
    /// Missing or malformed.
    pub fn via(&self) -> Result<Via, HeaderError> {
        let value = self.get(&Name::Via).ok_or(HeaderError::Missing(Name::Via))?;
        Via::scan(&mut Scanner::new(value)).map_err(malformed(&Name::Via))
    }

    /// Every Via, topmost first.
    ///
    /// # Errors
    /// Malformed.
    pub fn vias(&self) -> Result<Vec<Via>, HeaderError> {
        self.list(&Name::Via)
    }

    /// Who sent the request that this message is or answers.
    ///
    /// # Errors
    /// Missing or malformed.
    pub fn from(&self) -> Result<NameAddr, HeaderError> {
        self.one(&Name::From)
    }

    /// Whom the request is for.
    ///
    /// # Errors
    /// Missing or malformed.
    pub fn to(&self) -> Result<NameAddr, HeaderError> {
        self.one(&Name::To)
    }

    /// The name of the call.
    ///
    /// # Errors
    /// Missing or empty.
    pub fn call_id(&self) -> Result<Bytes, HeaderError> {
        let value = self.get(&Name::CallId).ok_or(HeaderError::Missing(Name::CallId))?;
        let whole = !value.is_empty() && !value.iter().any(u8::is_ascii_whitespace);
        whole.then(|| value.clone()).ok_or(HeaderError::Malformed(Name::CallId, Syntax("one word")))
    }

    /// The sequence number and method.
    ///
    /// # Errors
    /// Missing or malformed.
    pub fn cseq(&self) -> Result<CSeq, HeaderError> {
        self.one(&Name::CSeq)
    }

    /// What the Contact fields say.
    ///
    /// # Errors
    /// Malformed; `*` beside anything else.
    pub fn contacts(&self) -> Result<Contacts, HeaderError> {
        let star = |value: &Bytes| value == "*";
        if self.get(&Name::Contact).is_some_and(star) && self.all(&Name::Contact).count() == 1 {
            return Ok(Contacts::All);
        }
        self.list(&Name::Contact).map(Contacts::Each)
    }

    /// The one Contact that a dialog needs as its remote target.
    ///
    /// # Errors
    /// Missing or malformed.
    pub fn contact(&self) -> Result<NameAddr, HeaderError> {
        match self.contacts()? {
            Contacts::Each(list) => list.into_iter().next().ok_or(HeaderError::Missing(Name::Contact)),
            Contacts::All => Err(HeaderError::Malformed(Name::Contact, Syntax("an address"))),
        }
    }

    /// How many hops are left.
    ///
    /// # Errors
    /// Malformed, or over 255 (section 20.22).
    pub fn max_forwards(&self) -> Result<Option<u8>, HeaderError> {
        let hops = self.maybe::<u32>(&Name::MaxForwards)?.map(u8::try_from).transpose();
        hops.map_err(|_| HeaderError::Malformed(Name::MaxForwards, Syntax("a number up to 255")))
    }

    /// The Route fields in order.
    ///
    /// # Errors
    /// Malformed.
    pub fn routes(&self) -> Result<Vec<NameAddr>, HeaderError> {
        self.list(&Name::Route)
    }

    /// The Record-Route fields in order.
    ///
    /// # Errors
    /// Malformed.
    pub fn record_routes(&self) -> Result<Vec<NameAddr>, HeaderError> {
        self.list(&Name::RecordRoute)
    }

    /// The option tags of a Require, Supported, Proxy-Require or Unsupported, or other tokens.
    ///
    /// # Errors
    /// Malformed.
    pub fn tokens(&self, name: &Name) -> Result<Vec<Bytes>, HeaderError> {
        self.list(name)
    }

    /// Whether one of the tokens of this field is `token` (case-insensitive). A malformed field has none.
    pub fn has_token(&self, name: &Name, token: &str) -> bool {
        let found = |tokens: Vec<Bytes>| tokens.iter().any(|found| found.eq_ignore_ascii_case(token.as_bytes()));
        self.tokens(name).is_ok_and(found)
    }

    /// What the receiver must understand.
    ///
    /// # Errors
    /// Malformed.
    pub fn require(&self) -> Result<Vec<Bytes>, HeaderError> {
        self.tokens(&Name::Require)
    }

    /// What the sender understands.
    ///
    /// # Errors
    /// Malformed.
    pub fn supported(&self) -> Result<Vec<Bytes>, HeaderError> {
        self.tokens(&Name::Supported)
    }

    /// What a proxy must understand.
    ///
    /// # Errors
    /// Malformed.
    pub fn proxy_require(&self) -> Result<Vec<Bytes>, HeaderError> {
        self.tokens(&Name::ProxyRequire)
    }

    /// What the sender did not understand.
    ///
    /// # Errors
    /// Malformed.
    pub fn unsupported(&self) -> Result<Vec<Bytes>, HeaderError> {
        self.tokens(&Name::Unsupported)
    }

    /// The methods that the sender takes.
    ///
    /// # Errors
    /// Malformed.
    pub fn allow(&self) -> Result<Vec<Method>, HeaderError> {
        self.list(&Name::Allow)
    }

    /// Seconds of Expires.
    ///
    /// # Errors
    /// Malformed.
    pub fn expires(&self) -> Result<Option<u32>, HeaderError> {
        self.maybe(&Name::Expires)
    }

    /// Seconds of Min-Expires.
    ///
    /// # Errors
    /// Malformed.
    pub fn min_expires(&self) -> Result<Option<u32>, HeaderError> {
        self.maybe(&Name::MinExpires)
    }

    /// The session's interval (RFC 4028).
    ///
    /// # Errors
    /// Malformed.
    pub fn session_expires(&self) -> Result<Option<SessionExpires>, HeaderError> {
        self.maybe(&Name::SessionExpires)
    }

    /// Seconds of Min-SE (RFC 4028); its parameters mean nothing to us.
    ///
    /// # Errors
    /// Malformed.
    pub fn min_se(&self) -> Result<Option<u32>, HeaderError> {
        self.leading_number(&Name::MinSe)
    }

    /// Seconds of Retry-After, without its comment and parameters.
    ///
    /// # Errors
    /// Malformed.
    pub fn retry_after(&self) -> Result<Option<u32>, HeaderError> {
        self.leading_number(&Name::RetryAfter)
    }

    /// The number of a reliable provisional response (RFC 3262).
    ///
    /// # Errors
    /// Malformed.
    pub fn rseq(&self) -> Result<Option<u32>, HeaderError> {
        self.maybe(&Name::RSeq)
    }

    /// Which reliable provisional response is acknowledged (RFC 3262).
    ///
    /// # Errors
    /// Missing or malformed.
    pub fn rack(&self) -> Result<RAck, HeaderError> {
        self.one(&Name::RAck)
    }

    /// Every reason (RFC 3326).
    ///
    /// # Errors
    /// Malformed.
    pub fn reasons(&self) -> Result<Vec<Reason>, HeaderError> {
        self.list(&Name::Reason)
    }

    /// The first reason of a name space: `Q.850`, `SIP`. A malformed field has none.
    pub fn reason(&self, protocol: &str) -> Option<Reason> {
        self.reasons().ok()?.into_iter().find(|reason| reason.is(protocol))
    }

    /// What the body is.
    ///
    /// # Errors
    /// Malformed.
    pub fn content_type(&self) -> Result<Option<MediaType>, HeaderError> {
        self.maybe(&Name::ContentType)
    }

    /// What the body of an answer may be; nothing if the field is empty (section 20.1).
    ///
    /// # Errors
    /// Malformed.
    pub fn accept(&self) -> Result<Vec<MediaType>, HeaderError> {
        self.list(&Name::Accept)
    }

    /// The credentials shown to us as the last hop.
    ///
    /// # Errors
    /// Malformed.
    pub fn authorization(&self) -> Result<Vec<Authorization>, HeaderError> {
        self.list(&Name::Authorization)
    }

    /// The credentials shown to a proxy.
    ///
    /// # Errors
    /// Malformed.
    pub fn proxy_authorization(&self) -> Result<Vec<Authorization>, HeaderError> {
        self.list(&Name::ProxyAuthorization)
    }

    /// What a 401 asks for.
    ///
    /// # Errors
    /// Malformed.
    pub fn www_authenticate(&self) -> Result<Vec<Challenge>, HeaderError> {
        self.list(&Name::WwwAuthenticate)
    }

    /// What a 407 asks for.
    ///
    /// # Errors
    /// Malformed.
    pub fn proxy_authenticate(&self) -> Result<Vec<Challenge>, HeaderError> {
        self.list(&Name::ProxyAuthenticate)
    }

    fn maybe<T: Scan>(&self, name: &Name) -> Result<Option<T>, HeaderError> {
        self.get(name).map(T::whole).transpose().map_err(malformed(name))
    }

    fn one<T: Scan>(&self, name: &Name) -> Result<T, HeaderError> {
        self.maybe(name)?.ok_or_else(|| HeaderError::Missing(name.clone()))
    }

    fn leading_number(&self, name: &Name) -> Result<Option<u32>, HeaderError> {
        let number = self.get(name).map(|value| Scanner::new(value).number());
        number.transpose().map_err(malformed(name))
    }

    /// All values of all fields of this name. An empty field holds none.
    fn list<T: Scan>(&self, name: &Name) -> Result<Vec<T>, HeaderError> {
        let mut list = Vec::new();
        for value in self.all(name).filter(|value| !value.is_empty()) {
            let mut scanner = Scanner::new(value);
            loop {
                list.push(T::scan(&mut scanner).map_err(malformed(name))?);
                if !scanner.separator(b',') {
                    break;
                }
            }
            scanner.end().map_err(malformed(name))?;
        }
        Ok(list)
    }
}

fn malformed(name: &Name) -> impl Fn(Syntax) -> HeaderError {
    |fault| HeaderError::Malformed(name.clone(), fault)
}

/// Trims the value and takes the line breaks out of it: what people and peers put in must not begin a header field.
fn one_line(value: Bytes) -> Bytes {
    let value = value.slice_ref(value.trim_ascii());
    if memchr::memchr2(b'\r', b'\n', &value).is_none() {
        return value;
    }
    value.iter().map(|byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte }).collect()
}
