//! SIP as text, read and written without the switch's parser: just enough for phones and ladders.

use bytes::Bytes;

/// A message cut into its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) first_line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Text {
    /// Cuts a message. Phones trust the switch to send whole ones; anything else is a failed test.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").expect("a SIP message has an empty line");
        let mut lines = head.split("\r\n");
        let first_line = lines.next().unwrap_or_default().to_owned();
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(':').expect("a header field has a colon");
            (name.trim().to_owned(), value.trim().to_owned())
        });
        Self { first_line, headers: headers.collect(), body: body.to_owned() }
    }

    /// A response's status.
    pub(crate) fn status(&self) -> Option<u16> {
        self.first_line.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
    }

    /// A request's method.
    pub(crate) fn method(&self) -> &str {
        self.first_line.split(' ').next().unwrap_or_default()
    }

    /// The first value of a header field.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Each value of a header field, a line each.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The sequence number and method of `CSeq`.
    pub(crate) fn cseq(&self) -> (u32, &str) {
        let value = self.header("CSeq").expect("every message has a CSeq");
        let (number, method) = value.split_once(' ').expect("a number and a method");
        (number.parse().expect("a number"), method.trim())
    }

    /// The `branch` of the topmost Via.
    pub(crate) fn branch(&self) -> &str {
        parameter(self.header("Via").expect("every message has a Via"), "branch").expect("every Via has a branch")
    }

    /// The `tag` of a From or To.
    pub(crate) fn tag(&self, header: &str) -> Option<&str> {
        parameter(self.header(header)?, "tag")
    }

    /// The URI of Contact.
    pub(crate) fn contact(&self) -> Option<&str> {
        self.header("Contact")?.split_once('<')?.1.split_once('>').map(|(uri, _)| uri)
    }

    /// The media address of the session description.
    pub(crate) fn media(&self) -> Option<core::net::SocketAddr> {
        let ip = self.body.lines().find_map(|line| line.strip_prefix("c=IN IP")?.split_once(' '))?.1;
        let port = self.body.lines().find_map(|line| line.strip_prefix("m=audio "))?.split(' ').next()?;
        Some(core::net::SocketAddr::new(ip.trim().parse().ok()?, port.parse().ok()?))
    }

    /// A response to this request with these further header fields.
    pub(crate) fn response(&self, status_line: &str, to_tag: &str, more: &[String], body: &str) -> Bytes {
        let mut text = format!("SIP/2.0 {status_line}\r\n");
        for via in self.all("Via") {
            text += &format!("Via: {via}\r\n");
        }
        for record_route in self.all("Record-Route") {
            text += &format!("Record-Route: {record_route}\r\n");
        }
        let to = self.header("To").unwrap_or_default();
        let to = if to.contains("tag=") { to.to_owned() } else { format!("{to};tag={to_tag}") };
        let (from, call_id) = (self.header("From").unwrap_or_default(), self.header("Call-ID").unwrap_or_default());
        text += &format!("From: {from}\r\nTo: {to}\r\nCall-ID: {call_id}\r\n");
        text += &format!("CSeq: {}\r\n", self.header("CSeq").unwrap_or_default());
        finish(text, more, body)
    }
}

/// Ends a message: further header fields, length, a body that is a session description or a key.
pub(crate) fn finish(mut text: String, more: &[String], body: &str) -> Bytes {
    for header in more {
        text += &format!("{header}\r\n");
    }
    if !body.is_empty() {
        let kind = if body.starts_with("v=") { "sdp" } else { "dtmf-relay" };
        text += &format!("Content-Type: application/{kind}\r\n");
    }
    text += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
    Bytes::from(text)
}

/// The value of a parameter behind `;`.
fn parameter<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    value.split(';').skip(1).find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
}

/// A message in a few words: what a ladder shows.
pub(crate) fn summary(bytes: &[u8]) -> String {
    let text = Text::read(bytes);
    let mut words = match text.status() {
        Some(status) => format!("{status} {}", text.cseq().1),
        None => text.first_line.trim_end_matches(" SIP/2.0").to_owned(),
    };
    if let Some(audio) = text.body.lines().find_map(|line| line.strip_prefix("m=audio ")) {
        let formats: Vec<&str> = audio.split(' ').skip(2).collect();
        let direction =
            ["sendonly", "recvonly", "inactive"].into_iter().find(|way| text.body.contains(&format!("a={way}")));
        words += &format!("  sdp {} {}", formats.join(","), direction.unwrap_or(""));
    }
    if let Some(reason) = text.header("Reason") {
        words += &format!("  {reason}");
    }
    words.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_and_answered_as_text() {
        let invite = b"INVITE sip:1@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.1.1;branch=z9hG4bK1;rport\r\nFrom: <sip:a@b>;tag=x\r\n\
            To: <sip:1@10.0.0.1>\r\nCall-ID: c\r\nCSeq: 7 INVITE\r\nContact: <sip:a@10.0.1.1>\r\n\r\n\
            v=0\r\nc=IN IP4 10.0.1.1\r\nm=audio 4000 RTP/AVP 0 101\r\n";
        let text = Text::read(invite);
        assert_eq!((text.method(), text.cseq(), text.branch()), ("INVITE", (7, "INVITE"), "z9hG4bK1"));
        assert_eq!(text.media(), Some(core::net::SocketAddr::from(([10, 0, 1, 1], 4000))));
        assert_eq!(summary(invite), "INVITE sip:1@10.0.0.1  sdp 0,101");
        let answer = Text::read(&text.response("486 Busy Here", "y", &[], ""));
        assert_eq!((answer.status(), answer.tag("To"), answer.tag("From")), (Some(486), Some("y"), Some("x")));
    }
}
