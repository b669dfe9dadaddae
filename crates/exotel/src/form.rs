//! A query string as PHP's `http_build_query` writes it (application/x-www-form-urlencoded): a space is `+`; letters,
//! digits and `-_.` stay; every other byte, `~` and `*` included, is `%XX` in upper case.

/// The URL with these parameters appended to its own, which stay first and untouched; a fragment is dropped.
pub fn onto(url: &str, pairs: &[(String, String)]) -> String {
    let mut query = Query::onto(url);
    pairs.iter().for_each(|(name, value)| query.put(name, value));
    query.finish()
}

/// These parameters as the body of a form.
pub fn body(pairs: &[(String, String)]) -> String {
    onto("", pairs).trim_start_matches('?').to_owned()
}

/// A URL that parameters are appended to.
pub(crate) struct Query {
    url: String,
}

impl Query {
    /// Appends after the URL's own query, which stays first and untouched; a fragment is dropped.
    pub(crate) fn onto(url: &str) -> Self {
        let end = url.find('#').unwrap_or(url.len());
        Self { url: url[..end].to_owned() }
    }

    /// Appends one parameter.
    pub(crate) fn put(&mut self, name: &str, value: &str) {
        if !self.url.contains('?') {
            self.url.push('?');
        } else if !self.url.ends_with(['?', '&']) {
            self.url.push('&');
        }
        encode(name, &mut self.url);
        self.url.push('=');
        encode(value, &mut self.url);
    }

    /// The URL with all that was appended.
    pub(crate) fn finish(self) -> String {
        self.url
    }
}

fn encode(text: &str, out: &mut String) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => out.extend(['%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str) -> String {
        let mut out = String::new();
        encode(text, &mut out);
        out
    }

    #[test]
    fn every_ascii_byte_is_kept_or_escaped_as_php_does() {
        for byte in 0..=0x7f_u8 {
            let expected = match byte {
                b' ' => "+".to_owned(),
                b'-' | b'_' | b'.' => char::from(byte).to_string(),
                _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            };
            assert_eq!(encoded(&char::from(byte).to_string()), expected, "byte {byte}");
        }
    }

    #[test]
    fn values_are_encoded() {
        let rows = [
            ("\"123\"", "%22123%22"),
            ("Legs[0][Number]", "Legs%5B0%5D%5BNumber%5D"),
            ("Wed, 31 Jul 2024 16:42:56", "Wed%2C+31+Jul+2024+16%3A42%3A56"),
            ("+919900000001", "%2B919900000001"),
            ("~*'()!/\\%", "%7E%2A%27%28%29%21%2F%5C%25"),
            ("sip:desk@pbx.example;x=1&y=2#z", "sip%3Adesk%40pbx.example%3Bx%3D1%26y%3D2%23z"),
            ("नमस्ते", "%E0%A4%A8%E0%A4%AE%E0%A4%B8%E0%A5%8D%E0%A4%A4%E0%A5%87"),
            ("\r\nHost: evil\0", "%0D%0AHost%3A+evil%00"),
            ("", ""),
        ];
        for (value, expected) in rows {
            assert_eq!(encoded(value), expected, "{value}");
        }
    }

    #[test]
    fn the_users_own_query_comes_first_and_untouched() {
        let rows = [
            ("https://crm.example", "https://crm.example?a=1&b="),
            ("https://crm.example/route", "https://crm.example/route?a=1&b="),
            ("https://crm.example/route?", "https://crm.example/route?a=1&b="),
            ("https://crm.example/r?key=s3%63ret&a=2", "https://crm.example/r?key=s3%63ret&a=2&a=1&b="),
            ("https://crm.example/r?key=x&", "https://crm.example/r?key=x&a=1&b="),
            ("https://crm.example/r?x[]=~ *&&q", "https://crm.example/r?x[]=~ *&&q&a=1&b="),
            ("https://crm.example/r?key=x#top?y", "https://crm.example/r?key=x&a=1&b="),
            ("https://crm.example/r#top?y=1", "https://crm.example/r?a=1&b="),
            ("https://u:p@crm.example:8443/r?x=a?b", "https://u:p@crm.example:8443/r?x=a?b&a=1&b="),
        ];
        for (url, expected) in rows {
            let mut query = Query::onto(url);
            query.put("a", "1");
            query.put("b", "");
            assert_eq!(query.finish(), expected, "{url}");
        }
    }
}
