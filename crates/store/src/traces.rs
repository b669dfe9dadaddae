//! The SIP messages of calls: a row a call, packed.
//!
//! A packed trace is LZ4 over one text: for each message a line `LEG > AT_US udp LOCAL REMOTE BYTES` (`<` came, `>` went), and those
//! bytes. Messages of a call repeat each other, so a third to a half of them is left.

use std::fmt::Write as _;
use std::sync::Arc;

use jiff::Timestamp;
use model::{CallSid, LegId, SipMessage, SipTrace, Tenant};
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Trouble;
use crate::session::Session;

/// A call that is not known has no trace: the row goes with it.
pub(crate) fn keep(session: &mut Session, traces: &Vec<Arc<SipTrace>>) -> Result<(), Trouble> {
    let mut statement = session.connection.prepare_cached(
        "INSERT OR REPLACE INTO traces (call, began, left_out, body) SELECT id, ?2, ?3, ?4 FROM calls WHERE sid = ?1",
    )?;
    for trace in traces {
        let began = trace.began.as_millisecond();
        statement.execute(params![trace.call.as_str(), began, trace.left_out, pack(&trace.messages)])?;
    }
    Ok(())
}

pub(crate) fn of_call(connection: &Connection, tenant: &Tenant, call: &CallSid) -> Result<Option<SipTrace>, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT began, left_out, body FROM calls JOIN traces ON traces.call = calls.id WHERE tenant = ?1 AND sid = ?2",
    )?;
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get::<_, Vec<u8>>(2)?));
    let row = statement.query_row([&*tenant.0, call.as_str()], read).optional()?;
    let Some((began, left_out, body)) = row else { return Ok(None) };
    let whole = Timestamp::from_millisecond(began).ok().zip(unpack(&body));
    let (began, messages) =
        whole.ok_or_else(|| Trouble::Rejected(format!("the SIP messages of {call} are not ours")))?;
    Ok(Some(SipTrace { call: call.clone(), began, messages, left_out }))
}

fn pack(messages: &[SipMessage]) -> Vec<u8> {
    let mut text = Vec::with_capacity(messages.iter().map(|message| message.raw.len() + 80).sum());
    let mut line = String::new();
    for SipMessage { leg, sent, at_us, stream, local, remote, raw } in messages {
        let (way, transport) = (if *sent { '>' } else { '<' }, if *stream { "tcp" } else { "udp" });
        line.clear();
        writeln!(line, "{} {way} {at_us} {transport} {local} {remote} {}", leg.0, raw.len())
            .expect("a string takes all");
        text.extend_from_slice(line.as_bytes());
        text.extend_from_slice(raw);
    }
    lz4_flex::block::compress_prepend_size(&text)
}

/// `None` if it is nothing that [`pack`] made.
fn unpack(body: &[u8]) -> Option<Vec<SipMessage>> {
    let text = lz4_flex::block::decompress_size_prepended(body).ok()?;
    let (mut rest, mut messages) = (&text[..], Vec::new());
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let mut words = std::str::from_utf8(&rest[..end]).ok()?.split(' ');
        let mut next = || words.next();
        let message = SipMessage {
            leg: LegId(next()?.parse().ok()?),
            sent: next()? == ">",
            at_us: next()?.parse().ok()?,
            stream: next()? == "tcp",
            local: next()?.parse().ok()?,
            remote: next()?.parse().ok()?,
            raw: rest[end + 1..].get(..next()?.parse().ok()?)?.to_vec(),
        };
        rest = &rest[end + 1 + message.raw.len()..];
        messages.push(message);
    }
    Some(messages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(leg: u16, raw: &[u8]) -> SipMessage {
        SipMessage {
            leg: LegId(leg),
            sent: leg == 1,
            at_us: -7 + i64::from(leg),
            stream: leg == 1,
            local: "127.0.0.1:5060".parse().unwrap(),
            remote: "[2001:db8::1]:5070".parse().unwrap(),
            raw: raw.to_vec(),
        }
    }

    #[test]
    fn what_is_packed_is_unpacked_whatever_bytes_it_has() {
        let all: Vec<u8> = (0..=255).collect();
        for messages in
            [vec![], vec![message(0, b"")], vec![message(0, b"a\nb\n"), message(1, &all), message(2, b"\n")]]
        {
            assert_eq!(unpack(&pack(&messages)), Some(messages));
        }
    }

    #[test]
    fn what_is_no_trace_is_none() {
        let whole = pack(&[message(0, b"INVITE")]);
        let text = |text: &[u8]| lz4_flex::block::compress_prepend_size(text);
        for body in
            [&[][..], &whole[..whole.len() - 1], &text(b"0 < 5 udp\n"), &text(b"0 < 5 udp 1.1.1.1:1 1.1.1.1:1 9\nx")]
        {
            assert_eq!(unpack(body), None);
        }
    }

    #[test]
    fn messages_that_repeat_each_other_take_little() {
        let head = "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK\r\nFrom: <sip:1@a.example>;tag=x\r\n".repeat(4);
        let messages: Vec<_> = (0..8).map(|leg| message(leg, head.as_bytes())).collect();
        let plain: usize = messages.iter().map(|message| message.raw.len()).sum();
        assert!(pack(&messages).len() * 3 < plain);
    }
}
