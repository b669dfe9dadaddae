//! The names of header fields, compact forms folded in (RFC 3261 sections 7.3.1, 7.3.3 and 20).

use bytes::Bytes;

macro_rules! names {
    ($($variant:ident $text:literal $lower:literal $(| $compact:literal)?,)*) => {
        /// The name of a header field. Equal names are equal in any case and in their compact form.
        #[derive(Clone, Debug)]
        #[allow(missing_docs)] // each is the field of its name
        pub enum Name {
            $(#[doc = $text] $variant,)*
            /// A field that this crate does not read, as it was written.
            Other(Bytes),
        }

        impl Name {
            /// Finds the name; whatever is not known is kept.
            pub fn from_bytes(name: Bytes) -> Self {
                Self::known(&name).unwrap_or(Self::Other(name))
            }

            /// Finds the name if it is one of those above.
            pub(crate) fn known(name: &[u8]) -> Option<Self> {
                let mut lower = [0; LONGEST];
                let lower = lower.get_mut(..name.len())?;
                lower.copy_from_slice(name);
                lower.make_ascii_lowercase();
                match &*lower {
                    $($lower $(| $compact)? => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The name as it is written.
            pub fn as_bytes(&self) -> &[u8] {
                match self {
                    $(Self::$variant => $text.as_bytes(),)*
                    Self::Other(name) => name,
                }
            }
        }

        #[cfg(test)]
        const KNOWN: &[(&str, &[u8], Option<&[u8]>)] = &[$(($text, $lower, names!(@ $($compact)?)),)*];
    };
    (@ $compact:literal) => { Some($compact) };
    (@) => { None };
}

/// Bytes of the longest name below.
const LONGEST: usize = 19;

names! {
    Accept "Accept" b"accept",
    AcceptEncoding "Accept-Encoding" b"accept-encoding",
    AcceptLanguage "Accept-Language" b"accept-language",
    Allow "Allow" b"allow",
    AllowEvents "Allow-Events" b"allow-events" | b"u",
    Authorization "Authorization" b"authorization",
    CallId "Call-ID" b"call-id" | b"i",
    Contact "Contact" b"contact" | b"m",
    ContentDisposition "Content-Disposition" b"content-disposition",
    ContentEncoding "Content-Encoding" b"content-encoding" | b"e",
    ContentLength "Content-Length" b"content-length" | b"l",
    ContentType "Content-Type" b"content-type" | b"c",
    CSeq "CSeq" b"cseq",
    Date "Date" b"date",
    Diversion "Diversion" b"diversion",
    Event "Event" b"event" | b"o",
    Expires "Expires" b"expires",
    From "From" b"from" | b"f",
    HistoryInfo "History-Info" b"history-info",
    MaxForwards "Max-Forwards" b"max-forwards",
    MinExpires "Min-Expires" b"min-expires",
    MinSe "Min-SE" b"min-se",
    PAssertedIdentity "P-Asserted-Identity" b"p-asserted-identity",
    Path "Path" b"path",
    Privacy "Privacy" b"privacy",
    ProxyAuthenticate "Proxy-Authenticate" b"proxy-authenticate",
    ProxyAuthorization "Proxy-Authorization" b"proxy-authorization",
    ProxyRequire "Proxy-Require" b"proxy-require",
    RAck "RAck" b"rack",
    Reason "Reason" b"reason",
    RecordRoute "Record-Route" b"record-route",
    Require "Require" b"require",
    RetryAfter "Retry-After" b"retry-after",
    Route "Route" b"route",
    RSeq "RSeq" b"rseq",
    Server "Server" b"server",
    SessionExpires "Session-Expires" b"session-expires" | b"x",
    Subject "Subject" b"subject" | b"s",
    Supported "Supported" b"supported" | b"k",
    To "To" b"to" | b"t",
    Unsupported "Unsupported" b"unsupported",
    UserAgent "User-Agent" b"user-agent",
    Via "Via" b"via" | b"v",
    Warning "Warning" b"warning",
    WwwAuthenticate "WWW-Authenticate" b"www-authenticate",
}

impl PartialEq for Name {
    #[inline] // every look-up walks the fields with it
    fn eq(&self, other: &Self) -> bool {
        core::mem::discriminant(self) == core::mem::discriminant(other)
            && match (self, other) {
                (Self::Other(one), Self::Other(two)) => one.eq_ignore_ascii_case(two),
                _ => true,
            }
    }
}

impl Eq for Name {}

impl core::fmt::Display for Name {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_found_in_any_case_and_by_its_compact_form() {
        for (text, lower, compact) in KNOWN {
            let name = Name::from_bytes(Bytes::from_static(text.as_bytes()));
            assert!(!matches!(name, Name::Other(_)), "{text}");
            assert_eq!(text.to_ascii_lowercase().as_bytes(), *lower);
            assert_eq!(name, Name::from_bytes(text.to_ascii_uppercase().into()));
            if let Some(compact) = compact {
                assert_eq!(name, Name::from_bytes(Bytes::from_static(compact)));
                assert_eq!(name, Name::from_bytes(compact.to_ascii_uppercase().into()));
            }
        }
        assert_eq!(KNOWN.iter().map(|(text, ..)| text.len()).max(), Some(LONGEST));
    }

    #[test]
    fn other_names_are_kept_and_compared_without_case() {
        let name = Name::from_bytes("X-Thing".into());
        assert_eq!(name.as_bytes(), b"X-Thing");
        assert_eq!(name, Name::Other("x-thing".into()));
        assert_ne!(name, Name::Via);
        assert_ne!(name, Name::Other("x-other".into()));
    }
}
