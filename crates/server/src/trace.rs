//! The SIP messages of calls, as they pass by on the switch's thread: kept while a call runs, and handed on when it is over and
//! nobody owes it an answer any more.
//!
//! ```text
//! heard, sent ─► of no call yet: among strangers ─ begin ─► of a call ─ end, and the last answer, or 32 s ─► handed on
//! ```

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use model::{CallSid, LegId, Moment, SipMessage, SipTrace};
use sip::{Path, Transport, glance};

/// Messages that are kept of a call, and their bytes; what is beyond is counted.
pub(crate) const MESSAGES: usize = 256;
/// See [`MESSAGES`].
pub(crate) const BYTES: usize = 256 * 1024;

/// Messages of no call that are remembered: an invitation is one until the switch has read it, and one that had to show its
/// credentials first was sent twice.
const STRANGERS: usize = 64;

/// How long an answer is waited for when the call is over: for as long as a request is sent again (RFC 3261 section 17.1.2.2).
const OWED: Duration = Duration::from_secs(32);

/// Bytes of the traces that were handed on and can still be asked for: until the store has written them, which takes a tenth of a
/// second. At 2,000 calls a second that is as much; more would be kept for nothing.
const RECENT: usize = 1024 * 1024;

/// Keeps messages.
#[derive(Default)]
pub(crate) struct Traces {
    off: bool,
    calls: BTreeMap<CallSid, Running>,
    /// Whose messages carry a Call-ID: of more than one leg if we call ourselves.
    legs: HashMap<Bytes, Vec<(CallSid, LegId)>>,
    strangers: VecDeque<Passed>,
    /// Calls that are over and not looked at yet.
    over: Vec<CallSid>,
    /// Calls that wait for answers, the first to give up first.
    owed: VecDeque<(Instant, CallSid)>,
    recent: VecDeque<(usize, Arc<SipTrace>)>,
    recent_bytes: usize,
}

/// A message that passed by.
#[derive(Clone)]
struct Passed {
    call_id: Bytes,
    bytes: Bytes,
    path: Path,
    sent: bool,
    at: Instant,
}

/// What is kept of a call.
struct Running {
    began: Moment,
    call_ids: Vec<Bytes>,
    messages: Vec<(LegId, Passed)>,
    bytes: usize,
    left_out: u32,
    over: bool,
}

impl Traces {
    /// Keeps nothing if told so.
    pub(crate) fn new(on: bool) -> Self {
        Self { off: !on, ..Self::default() }
    }

    /// A message came.
    pub(crate) fn heard(&mut self, bytes: &Bytes, path: Path, at: Instant) {
        self.pass(bytes, path, false, at);
    }

    /// A message goes.
    pub(crate) fn sent(&mut self, bytes: &Bytes, path: Path, at: Instant) {
        self.pass(bytes, path, true, at);
    }

    fn pass(&mut self, bytes: &Bytes, path: Path, sent: bool, at: Instant) {
        if self.off {
            return;
        }
        let Some(call_id) = glance::call_id(bytes) else { return };
        // What came by a stream lies in a buffer with others of it.
        let bytes = if path.transport == Transport::Tcp { &Bytes::copy_from_slice(bytes) } else { bytes };
        let Some(legs) = self.legs.get(call_id) else {
            if self.strangers.len() == STRANGERS {
                self.strangers.pop_front();
            }
            let call_id = Bytes::copy_from_slice(call_id);
            return self.strangers.push_back(Passed { call_id, bytes: bytes.clone(), path, sent, at });
        };
        for (call, leg) in legs {
            let Some(running) = self.calls.get_mut(call) else { continue };
            running.add(*leg, Passed { call_id: Bytes::new(), bytes: bytes.clone(), path, sent, at });
            if running.over && running.is_settled() {
                self.over.push(call.clone());
            }
        }
    }

    /// Messages of that Call-ID are of this call from now on, and so are those that came before.
    pub(crate) fn begin(&mut self, call: CallSid, leg: LegId, call_id: Bytes, began: Moment) {
        if self.off {
            return;
        }
        let mut before: Vec<Passed> = Vec::new();
        self.strangers.retain(|passed| {
            let ours = passed.call_id == call_id;
            before.extend(ours.then(|| passed.clone()));
            !ours
        });
        // Another leg of that Call-ID: our own invitation has come to us, and was taken for that leg's.
        let other = self.legs.get(&call_id).and_then(|legs| self.calls.get(&legs.first()?.0)?.messages.last());
        before.extend(other.map(|(_, passed)| passed.clone()));
        self.legs.entry(call_id.clone()).or_default().push((call.clone(), leg));
        let running = self.calls.entry(call).or_insert_with(|| Running::new(began));
        running.call_ids.push(call_id);
        before.into_iter().for_each(|passed| running.add(leg, passed));
    }

    /// The call is over. What it still has to say was not sent yet.
    pub(crate) fn end(&mut self, call: &CallSid) {
        if let Some(running) = self.calls.get_mut(call) {
            running.over = true;
            self.over.push(call.clone());
        }
    }

    /// When [`Traces::rest`] is to be called though nothing passes by.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.owed.front().map(|(until, _)| *until)
    }

    /// Nothing waits to be sent at `now`: gives the traces that are whole.
    pub(crate) fn rest(&mut self, now: Instant) -> Vec<Arc<SipTrace>> {
        let mut whole = Vec::new();
        while let Some(call) = self.over.pop() {
            match self.calls.get(&call) {
                Some(running) if running.is_settled() => whole.extend(self.take(&call)),
                Some(_) => self.owed.push_back((now + OWED, call)),
                None => {}
            }
        }
        while let Some((until, call)) = self.owed.front()
            && (*until <= now || !self.calls.contains_key(call))
        {
            let (_, call) = self.owed.pop_front().expect("there is one");
            whole.extend(self.take(&call));
        }
        whole
    }

    /// Gives what is left: nothing more will pass by.
    pub(crate) fn finish(&mut self) -> Vec<Arc<SipTrace>> {
        let calls: Vec<CallSid> = self.calls.keys().cloned().collect();
        calls.iter().filter_map(|call| self.take(call)).collect()
    }

    /// What is kept of a call that runs, or was handed on just now.
    pub(crate) fn of(&self, call: &CallSid) -> Option<Arc<SipTrace>> {
        match self.calls.get(call) {
            Some(running) => Some(Arc::new(running.trace(call))),
            None => self.recent.iter().rev().map(|(_, trace)| trace).find(|trace| trace.call == *call).cloned(),
        }
    }

    fn take(&mut self, call: &CallSid) -> Option<Arc<SipTrace>> {
        let running = self.calls.remove(call)?;
        for call_id in &running.call_ids {
            if let Some(legs) = self.legs.get_mut(call_id) {
                legs.retain(|(of, _)| of != call);
                if legs.is_empty() {
                    self.legs.remove(call_id);
                }
            }
        }
        let trace = Arc::new(running.trace(call));
        self.recent_bytes += running.bytes;
        self.recent.push_back((running.bytes, trace.clone()));
        while self.recent_bytes > RECENT
            && let Some((bytes, _)) = self.recent.pop_front()
        {
            self.recent_bytes -= bytes;
        }
        Some(trace)
    }
}

impl Running {
    fn new(began: Moment) -> Self {
        Self { began, call_ids: Vec::new(), messages: Vec::new(), bytes: 0, left_out: 0, over: false }
    }

    fn add(&mut self, leg: LegId, passed: Passed) {
        if self.messages.len() >= MESSAGES || self.bytes + passed.bytes.len() > BYTES {
            self.left_out = self.left_out.saturating_add(1);
            return;
        }
        self.bytes += passed.bytes.len();
        let bytes = glance::redacted(&passed.bytes);
        self.messages.push((leg, Passed { bytes, ..passed }));
    }

    /// Whether nothing is awaited on any leg: the last message of each is an ACK, or the final answer to what wants none.
    fn is_settled(&self) -> bool {
        let mut seen = Vec::new();
        self.messages.iter().rev().all(|(leg, passed)| {
            if seen.contains(leg) {
                return true;
            }
            seen.push(*leg);
            ends(&passed.bytes)
        })
    }

    fn trace(&self, call: &CallSid) -> SipTrace {
        let began = self.began.at;
        let since = |at: Instant| match at.checked_duration_since(began) {
            Some(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
            None => -i64::try_from((began - at).as_micros()).unwrap_or(i64::MAX),
        };
        let message = |(leg, passed): &(LegId, Passed)| SipMessage {
            leg: *leg,
            sent: passed.sent,
            at_us: since(passed.at),
            stream: passed.path.transport == Transport::Tcp,
            local: passed.path.local,
            remote: passed.path.remote,
            raw: passed.bytes.to_vec(),
        };
        SipTrace {
            call: call.clone(),
            began: self.began.wall,
            messages: self.messages.iter().map(message).collect(),
            left_out: self.left_out,
        }
    }
}

/// Whether nothing has to follow a message.
fn ends(message: &[u8]) -> bool {
    if let Some(status) = message.strip_prefix(b"SIP/2.0 ") {
        let method = glance::field(message, "CSeq", "CSeq").unwrap_or_default();
        return status.first().is_some_and(|class| *class >= b'2') && !method.ends_with(b"INVITE");
    }
    message.starts_with(b"ACK ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(start: &str, call_id: &str, cseq: &str) -> Bytes {
        Bytes::from(format!("{start}\r\nCall-ID: {call_id}\r\nCSeq: {cseq}\r\n\r\n"))
    }

    fn path() -> Path {
        let (local, remote) = ("127.0.0.1:5060".parse().unwrap(), "127.0.0.1:5070".parse().unwrap());
        Path { transport: Transport::Udp, local, remote }
    }

    fn began() -> Moment {
        Moment { at: crate::clock::now().at, wall: "2027-01-15T08:00:00Z".parse().unwrap() }
    }

    fn lines(trace: &SipTrace) -> Vec<String> {
        let line = |message: &SipMessage| {
            let start = String::from_utf8_lossy(glance::start_line(&message.raw)).into_owned();
            format!(
                "{} {} {} {start}",
                message.leg.0,
                if message.sent { "sent" } else { "received" },
                message.at_us / 1000
            )
        };
        trace.messages.iter().map(line).collect()
    }

    #[test]
    fn a_call_has_its_messages_from_before_the_switch_knew_it_to_the_last_answer() {
        let (mut traces, began) = (Traces::new(true), began());
        let (call, at) = (CallSid::new("c"), |ms: u64| began.at + Duration::from_millis(ms));
        traces.heard(&message("OPTIONS sip:x SIP/2.0", "other", "1 OPTIONS"), path(), at(0));
        traces.heard(&message("INVITE sip:x SIP/2.0", "a", "1 INVITE"), path(), at(0));
        traces.begin(call.clone(), LegId(0), Bytes::from("a"), began);
        traces.sent(&message("SIP/2.0 200 OK", "a", "1 INVITE"), path(), at(2));
        traces.heard(&message("ACK sip:x SIP/2.0", "a", "1 ACK"), path(), at(3));
        assert_eq!(traces.of(&call).unwrap().messages.len(), 3, "it can be seen while it runs");
        traces.end(&call);
        traces.sent(&message("BYE sip:x SIP/2.0", "a", "1 BYE"), path(), at(4));
        assert!(traces.rest(at(4)).is_empty(), "the BYE waits for its answer");
        assert_eq!(traces.poll_timeout(), Some(at(4) + OWED));
        traces.heard(&message("SIP/2.0 200 OK", "a", "1 BYE"), path(), at(5));
        let [trace] = &traces.rest(at(5))[..] else { panic!("it is whole") };
        let expected = [
            "0 received 0 INVITE sip:x SIP/2.0",
            "0 sent 2 SIP/2.0 200 OK",
            "0 received 3 ACK sip:x SIP/2.0",
            "0 sent 4 BYE sip:x SIP/2.0",
            "0 received 5 SIP/2.0 200 OK",
        ];
        assert_eq!(lines(trace), expected);
        assert_eq!((trace.call.as_str(), trace.began, trace.left_out), ("c", began.wall, 0));
        assert!(traces.of(&call).is_some(), "the store may not have it yet");
        assert!(traces.calls.is_empty() && traces.legs.is_empty());
    }

    #[test]
    fn who_never_answers_is_waited_for_as_long_as_it_is_asked() {
        let (mut traces, began) = (Traces::new(true), began());
        let call = CallSid::new("c");
        traces.begin(call.clone(), LegId(0), Bytes::from("a"), began);
        traces.sent(&message("BYE sip:x SIP/2.0", "a", "1 BYE"), path(), began.at);
        traces.end(&call);
        assert!(traces.rest(began.at).is_empty());
        assert!(traces.rest(began.at + OWED - Duration::from_nanos(1)).is_empty());
        assert_eq!(traces.rest(began.at + OWED).len(), 1);
        assert_eq!(traces.poll_timeout(), None);
    }

    #[test]
    fn what_nothing_follows() {
        let rows = [
            ("ACK sip:x SIP/2.0", "1 ACK", true),
            ("SIP/2.0 200 OK", "2 BYE", true),
            ("SIP/2.0 481 Gone", "2 CANCEL", true),
            ("SIP/2.0 200 OK", "1 INVITE", false),
            ("SIP/2.0 486 Busy Here", "1 INVITE", false),
            ("SIP/2.0 100 Trying", "2 BYE", false),
            ("BYE sip:x SIP/2.0", "2 BYE", false),
        ];
        for (start, cseq, expected) in rows {
            assert_eq!(ends(&message(start, "a", cseq)), expected, "{start}, {cseq}");
        }
    }

    #[test]
    fn what_is_kept_of_a_call_has_a_limit_and_what_is_beyond_is_counted() {
        let (mut traces, began) = (Traces::new(true), began());
        let (many, large) = (CallSid::new("many"), CallSid::new("large"));
        traces.begin(many.clone(), LegId(0), Bytes::from("a"), began);
        (0..MESSAGES + 3).for_each(|_| traces.heard(&message("INFO x SIP/2.0", "a", "1 INFO"), path(), began.at));
        traces.begin(large.clone(), LegId(0), Bytes::from("b"), began);
        let padding = "x".repeat(BYTES / 4);
        (0..6).for_each(|_| traces.heard(&message(&format!("INFO {padding}"), "b", "1 INFO"), path(), began.at));
        let kept = |call| traces.of(call).map(|trace| (trace.messages.len(), trace.left_out));
        assert_eq!((kept(&many), kept(&large)), (Some((MESSAGES, 3)), Some((3, 3))));
    }

    #[test]
    fn an_invitation_that_had_to_prove_itself_has_its_first_try_before_the_call_began() {
        let (mut traces, began) = (Traces::new(true), began());
        let earlier = began.at - Duration::from_millis(7);
        traces.heard(
            &message("INVITE sip:x SIP/2.0\r\nAuthorization: Digest response=\"0f\"", "a", "1 INVITE"),
            path(),
            earlier,
        );
        traces.sent(&message("SIP/2.0 401 Unauthorized", "a", "1 INVITE"), path(), earlier);
        traces.begin(CallSid::new("c"), LegId(0), Bytes::from("a"), began);
        let trace = traces.of(&CallSid::new("c")).unwrap();
        assert_eq!(lines(&trace), ["0 received -7 INVITE sip:x SIP/2.0", "0 sent -7 SIP/2.0 401 Unauthorized"]);
        assert!(String::from_utf8_lossy(&trace.messages[0].raw).contains("response=\"…\""));
        assert!(traces.strangers.is_empty());
    }

    #[test]
    fn strangers_and_calls_without_an_end_are_bounded_and_what_is_off_keeps_nothing() {
        let (mut traces, began) = (Traces::new(true), began());
        for number in 0..STRANGERS + 9 {
            traces.heard(&message("OPTIONS x SIP/2.0", &number.to_string(), "1 OPTIONS"), path(), began.at);
        }
        assert_eq!(traces.strangers.len(), STRANGERS);
        let large = format!("ACK {}", "x".repeat(BYTES / 2));
        let many = 2 * RECENT / BYTES + 9;
        for number in 0..many {
            let (call, call_id) = (CallSid::new(number.to_string()), format!("call{number}"));
            traces.begin(call.clone(), LegId(0), Bytes::from(call_id.clone()), began);
            traces.heard(&message(&large, &call_id, "1 ACK"), path(), began.at);
            traces.end(&call);
        }
        assert_eq!(traces.rest(began.at).len(), many);
        assert!(traces.recent.len() < many && traces.recent_bytes <= RECENT);
        traces.begin(CallSid::new("last"), LegId(0), Bytes::from("last"), began);
        assert_eq!((traces.finish().len(), traces.calls.len()), (1, 0));

        let mut off = Traces::new(false);
        off.heard(&message("INVITE x SIP/2.0", "a", "1 INVITE"), path(), began.at);
        off.begin(CallSid::new("c"), LegId(0), Bytes::from("a"), began);
        assert!(off.of(&CallSid::new("c")).is_none() && off.strangers.is_empty());
    }

    #[test]
    fn a_call_to_ourselves_is_two_calls_with_the_same_messages() {
        let (mut traces, began) = (Traces::new(true), began());
        let (caller, called) = (CallSid::new("caller"), CallSid::new("called"));
        let invite = message("INVITE sip:x SIP/2.0", "a", "1 INVITE");
        traces.begin(caller.clone(), LegId(1), Bytes::from("a"), began);
        traces.sent(&invite, path(), began.at);
        traces.heard(&invite, path(), began.at);
        traces.begin(called.clone(), LegId(0), Bytes::from("a"), began);
        traces.sent(&message("SIP/2.0 200 OK", "a", "1 INVITE"), path(), began.at);
        assert_eq!(lines(&traces.of(&caller).unwrap()).len(), 3);
        let expected = ["0 received 0 INVITE sip:x SIP/2.0", "0 sent 0 SIP/2.0 200 OK"];
        assert_eq!(lines(&traces.of(&called).unwrap()), expected);
    }
}
