//! INFO both ways (RFC 6086): digits that a peer sends as `application/dtmf-relay` or `application/dtmf`, and whatever
//! our user wants to send.

use core::time::Duration;
use std::time::Instant;

use bytes::Bytes;

use super::{Phase, Session};
use crate::endpoint::{Event, Ua};
use crate::header::Name;
use crate::incoming::Incoming;
use crate::message::{Method, Response};
use crate::transaction::clients::User;

/// A digit that does not say how long it was.
const USUAL_DURATION: Duration = Duration::from_millis(160);
/// The longest digit that is believed.
const MAX_DURATION: Duration = Duration::from_secs(10);
/// What we read.
const RELAY: &str = "application/dtmf-relay";
const PLAIN: &str = "application/dtmf";

impl Session {
    /// Sends a body within the dialog.
    pub(crate) fn info(&mut self, content_type: &str, body: Bytes, ua: &mut Ua, now: Instant) {
        if !matches!(self.phase, Phase::Confirmed) || self.closed {
            return;
        }
        let mut request = self.dialog.request(Method::Info);
        request.headers.push(Name::ContentType, content_type.to_owned());
        request.body = body;
        ua.request(request, self.dialog.path, User::Session(self.id.0), now);
    }

    pub(super) fn on_info(&mut self, incoming: &Incoming, ua: &mut Ua, now: Instant) {
        let request = &incoming.request;
        let kind = request.headers.content_type().ok().flatten();
        let digit = match &kind {
            Some(kind) if kind.is(RELAY) => relayed(&request.body),
            Some(kind) if kind.is(PLAIN) => plain(&request.body),
            Some(_) if !request.body.is_empty() => {
                let mut response = Response::to(request, 415);
                response.headers.push(Name::Accept, [RELAY, PLAIN].join(", "));
                return ua.answer_once(incoming, response, now);
            }
            _ => None,
        };
        if digit.is_none() && !request.body.is_empty() {
            return ua.answer_once(incoming, Response::to(request, 400), now);
        }
        ua.answer_once(incoming, Response::to(request, 200), now);
        if let Some((digit, duration)) = digit {
            self.tell(Event::Digit { id: self.id, digit, duration }, ua);
        }
    }
}

/// `Signal=5` and `Duration=160`, a line each.
fn relayed(body: &[u8]) -> Option<(char, Duration)> {
    let text = core::str::from_utf8(body).ok()?;
    let value = |name: &str| {
        let mut fields = text.lines().filter_map(|line| line.split_once('='));
        let (_, value) = fields.find(|(found, _)| found.trim().eq_ignore_ascii_case(name))?;
        Some(value.trim())
    };
    let duration = value("Duration").and_then(|text| text.parse().ok()).map(Duration::from_millis);
    Some((digit(value("Signal")?)?, duration.unwrap_or(USUAL_DURATION).min(MAX_DURATION)))
}

/// The digit and nothing else.
fn plain(body: &[u8]) -> Option<(char, Duration)> {
    Some((digit(core::str::from_utf8(body).ok()?.trim())?, USUAL_DURATION))
}

/// Some peers send the event number of RFC 4733: 10 is `*`, 11 is `#`.
fn digit(text: &str) -> Option<char> {
    let mut chars = text.chars();
    match (text, chars.next(), chars.next()) {
        ("10", ..) => Some('*'),
        ("11", ..) => Some('#'),
        (_, Some(digit), None) => {
            let digit = digit.to_ascii_uppercase();
            matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D').then_some(digit)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_in_every_dress() {
        let ms = |digit, ms| Some((digit, Duration::from_millis(ms)));
        let cases = [
            (&b"Signal=5\r\nDuration=160\r\n"[..], ms('5', 160)),
            (b"signal = *\nduration = 90", ms('*', 90)),
            (b"Signal=11", ms('#', 160)),
            (b"Signal=d\r\nDuration=x\r\n", ms('D', 160)),
            (b"Signal=1\r\nDuration=99999999\r\n", ms('1', 10_000)),
            (b"Signal=\r\n", None),
            (b"Signal=16\r\n", None),
            (b"Duration=100\r\n", None),
            (b"\xff", None),
        ];
        for (body, expected) in cases {
            assert_eq!(relayed(body), expected, "{}", String::from_utf8_lossy(body));
        }
        assert_eq!((plain(b" 7\r\n"), plain(b"77"), plain(b"")), (ms('7', 160), None, None));
    }
}
