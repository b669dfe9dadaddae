//! `;name=value` parameters of URIs and header fields (RFC 3261 sections 19.1.1 and 7.3.1): checked once, kept as the
//! bytes they came in, read on demand.

use bytes::Bytes;

use crate::scan::{self, Scanner, Syntax, TOKEN, URI_PARAM, VALUE};
use crate::uri::escape;

/// Parameters in the order of the wire, each with the `;` before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Params(Bytes);

impl Params {
    /// The parameters of a header field, as far as they go: names are tokens, values may be quoted, spaces are allowed.
    pub(crate) fn of_header(scanner: &mut Scanner<'_>) -> Result<Self, Syntax> {
        let start = scanner.here();
        while scanner.separator(b';') {
            if scanner.pass(TOKEN) == 0 {
                return Err(Syntax("a parameter's name"));
            }
            if scanner.separator(b'=') {
                if scanner.peek() == Some(b'"') {
                    scanner.pass_quoted()?;
                } else if scanner.pass(VALUE) == 0 {
                    return Err(Syntax("a parameter's value"));
                }
            }
        }
        Ok(Self(scanner.since(start)))
    }

    /// The parameters of a URI, as far as they go: no spaces, no quotes, escapes well formed.
    pub(crate) fn of_uri(scanner: &mut Scanner<'_>) -> Result<Self, Syntax> {
        let start = scanner.here();
        while scanner.eat(b';') {
            if scanner.pass(URI_PARAM) == 0 || (scanner.eat(b'=') && scanner.pass(URI_PARAM) == 0) {
                return Err(Syntax("a URI parameter"));
            }
        }
        let params = scanner.since(start);
        escape::check(&params)?;
        Ok(Self(params))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes of the wire, from the first `;` on.
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// Names and values in order; quotes and their escapes are resolved. A parameter without `=` has no value.
    pub fn iter(&self) -> impl Iterator<Item = (Bytes, Option<Bytes>)> {
        let mut scanner = Scanner::new(&self.0);
        std::iter::from_fn(move || {
            if !scanner.separator(b';') {
                return None;
            }
            let start = scanner.here();
            scanner.pass(TOKEN | URI_PARAM);
            let name = scanner.since(start);
            let value = scanner.separator(b'=').then(|| match scanner.peek() {
                Some(b'"') => scanner.quoted().unwrap_or_default(),
                _ => scanner.run(VALUE, "a value").unwrap_or_default(),
            });
            Some((name, value))
        })
    }

    /// The value of the first parameter of this name (case-insensitive); empty if it has none.
    pub fn get(&self, name: &str) -> Option<Bytes> {
        let (_, value) = self.iter().find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()))?;
        Some(value.unwrap_or_default())
    }

    /// Whether there is a parameter of this name, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Replaces the parameter or appends it; a value that is no token is quoted.
    pub fn set(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.replace(name, |out| put_value(value.as_ref(), out));
    }

    /// Replaces the parameter or appends it, always quoted, as grammars of texts want it.
    pub fn set_quoted(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.replace(name, |out| {
            out.push(b'=');
            scan::quote(value.as_ref(), out);
        });
    }

    /// Replaces the parameter or appends it, without a value, as `;lr`.
    pub fn set_flag(&mut self, name: &str) {
        self.replace(name, |_| ());
    }

    /// Removes the parameter.
    pub fn remove(&mut self, name: &str) {
        if self.has(name) {
            let mut out = Vec::with_capacity(self.0.len());
            self.copy_without(name, &mut out);
            self.0 = out.into();
        }
    }

    fn replace(&mut self, name: &str, value: impl FnOnce(&mut Vec<u8>)) {
        let mut out = Vec::with_capacity(self.0.len() + name.len() + 32);
        self.copy_without(name, &mut out);
        out.push(b';');
        out.extend_from_slice(name.as_bytes());
        value(&mut out);
        self.0 = out.into();
    }

    fn copy_without(&self, name: &str, out: &mut Vec<u8>) {
        if !self.has(name) {
            out.extend_from_slice(&self.0);
            return;
        }
        for (found, value) in self.iter().filter(|(found, _)| !found.eq_ignore_ascii_case(name.as_bytes())) {
            out.push(b';');
            out.extend_from_slice(&found);
            if let Some(value) = value {
                put_value(&value, out);
            }
        }
    }
}

fn put_value(value: &[u8], out: &mut Vec<u8>) {
    out.push(b'=');
    if !value.is_empty() && scan::all(value, VALUE) {
        out.extend_from_slice(value);
    } else {
        scan::quote(value, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &'static str) -> Result<Params, Syntax> {
        let text = Bytes::from_static(text.as_bytes());
        let mut scanner = Scanner::new(&text);
        let params = Params::of_header(&mut scanner)?;
        scanner.end()?;
        Ok(params)
    }

    #[test]
    fn parameters_are_found_whatever_stands_around_them() {
        let params = of(r#" ; Tag = a ;lr; text="x;\"y\" ,z" ;received=[2001:db8::1]"#).unwrap();
        assert_eq!(params.get("tag").unwrap(), "a");
        assert_eq!(params.get("LR").unwrap(), "");
        assert_eq!(params.get("text").unwrap(), r#"x;"y" ,z"#);
        assert_eq!(params.get("received").unwrap(), "[2001:db8::1]");
        assert_eq!(params.get("y"), None);
        for broken in [";", ";;a", ";a=", ";a=;b", ";=b", ";a=\"b", ";a b"] {
            assert!(of(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn parameters_are_replaced_in_place_of_all_of_their_name() {
        let mut params = of(";a=1;B=2;a=3").unwrap();
        params.set("A", "4");
        assert_eq!(params.as_bytes(), ";B=2;A=4");
        params.set_flag("lr");
        params.set("text", "two words");
        params.remove("b");
        assert_eq!(params.as_bytes(), ";A=4;lr;text=\"two words\"");
    }
}
