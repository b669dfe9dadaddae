//! What a client says when it asks for a call (`exotel.md` 4.2): parameters in any case, of which those count that are not empty;
//! of one that is there twice, the last. What is not known is passed over, as clients send what they like.

use std::time::Duration;

use model::{CallSid, Connect, Format, Playback, Record, StartCall, StatusCallback, Then, ToBot, ToFlow};

use crate::account::Account;
use crate::failure::Failure;
use crate::{flow_url, number, stream_url};

/// How long a party may ring unless told, and at most.
pub const RING: Duration = Duration::from_secs(30);
/// See [`RING`].
pub const MAX_RING: Duration = Duration::from_secs(300);

/// How long a call may last at most (`TimeLimit`).
pub const MAX_TIME: Duration = Duration::from_secs(14_400);

/// Characters of a `CustomField`.
pub const CUSTOM_CHARS: usize = 128;

/// Bytes of a URL.
const URL_BYTES: usize = 2048;

/// Bytes of a `StreamUrl`: fewer than 600.
const STREAM_URL_BYTES: usize = 599;

/// Reads the parameters; the call gets the name `sid`.
pub fn read(parameters: &[(String, String)], account: &Account, sid: CallSid) -> Result<StartCall, Failure> {
    let given = Given { parameters, account };
    let from = given.party("From")?.ok_or_else(|| missing("From", "who is rung first: a number or sip: address"))?;
    let then = given.then()?;
    let caller_id = given.party("CallerId")?.ok_or_else(|| missing("CallerId", "the number of yours that is shown"))?;
    let custom_field = given.text("CustomField").map(str::to_owned);
    if custom_field.as_ref().is_some_and(|text| text.chars().count() > CUSTOM_CHARS) {
        return Err(Failure::parameter("CustomField", format_args!("longer than {CUSTOM_CHARS} characters")));
    }
    Ok(StartCall {
        sid,
        from,
        caller_id,
        ring: given.seconds("TimeOut", MAX_RING)?.unwrap_or(RING),
        limit: given.seconds("TimeLimit", MAX_TIME)?,
        custom_field,
        callback: given.callback()?,
        then,
    })
}

fn missing(name: &str, what: &str) -> Failure {
    Failure::parameter(name, format_args!("missing; give {what}"))
}

struct Given<'a> {
    parameters: &'a [(String, String)],
    account: &'a Account,
}

impl<'a> Given<'a> {
    fn text(&self, name: &str) -> Option<&'a str> {
        let values = self.parameters.iter().rev().filter(|(given, _)| given.eq_ignore_ascii_case(name));
        values.map(|(_, value)| value.trim()).find(|value| !value.is_empty())
    }

    /// A number, as it is written inside; or a `sip:` address as it stands.
    fn party(&self, name: &str) -> Result<Option<String>, Failure> {
        let Some(text) = self.text(name) else { return Ok(None) };
        if text.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("sip:")) {
            let rest = &text[4..];
            let good = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"".contains(&byte));
            let bad = || Failure::parameter(name, format_args!("`{text}` is no sip: address, such as sip:sales"));
            return good.then(|| Some(format!("sip:{rest}"))).ok_or_else(bad);
        }
        let number = number::normalise(text, &self.account.profile.country_code);
        let digits = number.strip_prefix('+').unwrap_or(&number);
        if (2..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Some(number));
        }
        Err(Failure::parameter(name, format_args!("`{text}` is no number, such as 08044444444, and no sip: address")))
    }

    /// A URL names a flow, and then `To` is of no account: old clients give our own number there. So they may for an application
    /// that talks; one that listens may do so beside another party.
    fn then(&self) -> Result<Then, Failure> {
        let stream = self.stream()?;
        if let Some(url) = self.text("Url") {
            if stream.is_some() {
                let why = "with Url a flow runs, and the flow names the application; leave one of both out";
                return Err(Failure::parameter("StreamUrl", why));
            }
            let id = flow_url::read("Url", url, &self.account.sid)?;
            return Ok(Then::Flow(ToFlow { id, record: self.record()? }));
        }
        let ears = match stream {
            Some((url, two_way)) if two_way || self.text("To").is_none() => {
                return Ok(Then::Bot(ToBot { url, two_way, record: self.record()? }));
            }
            stream => stream.map(|(url, _)| url),
        };
        let what = "the other number, or Url, a flow's URL, or StreamUrl, a bot's";
        let to = self.party("To")?.ok_or_else(|| missing("To", what))?;
        Ok(Then::Connect(Connect {
            to,
            wait_url: self.url("WaitUrl")?,
            record: self.record()?,
            playback: self.playback()?,
            ears,
        }))
    }

    /// The application that is to hear the call, and whether it is heard.
    fn stream(&self) -> Result<Option<(String, bool)>, Failure> {
        let kind = self.word("StreamType", &["bidirectional", "unidirectional"])?;
        let Some(url) = self.address("StreamUrl", &["ws", "wss", "https", "http"], STREAM_URL_BYTES)? else {
            let what = "the address of the application, such as wss://bot.example/ws";
            return if kind.is_some() { Err(missing("StreamUrl", what)) } else { Ok(None) };
        };
        if stream_url::is_address(&url) {
            stream_url::wishes(&url).map_err(|why| Failure::parameter("StreamUrl", why))?;
        }
        let what = "bidirectional, for a bot that talks, or unidirectional, for one that listens";
        let kind = kind.ok_or_else(|| missing("StreamType", what))?;
        Ok(Some((url, kind == "bidirectional")))
    }

    fn record(&self) -> Result<Option<Record>, Failure> {
        let dual = self.word("RecordingChannels", &["single", "dual"])? == Some("dual");
        let is_hq = self.word("RecordingFormat", &["mp3", "mp3-hq"])? == Some("mp3-hq");
        let format = if is_hq { Format::Mp3Hq } else { Format::Mp3 };
        let is_wanted = self.word("Record", &["true", "false"])? == Some("true");
        Ok(is_wanted.then_some(Record { dual, format }))
    }

    /// The newer names count before the older ones.
    fn playback(&self) -> Result<Option<Playback>, Failure> {
        for (to, value) in [("StartPlaybackToNew", "StartPlaybackValueNew"), ("StartPlaybackTo", "StartPlaybackValue")]
        {
            let to_both = self.word(to, &["Callee", "Both"])? == Some("Both");
            if let Some(url) = self.url(value)? {
                return Ok(Some(Playback { to_both, url }));
            }
        }
        Ok(None)
    }

    fn callback(&self) -> Result<Option<StatusCallback>, Failure> {
        let json = self.word("StatusCallbackContentType", &["multipart/form-data", "application/json"])?;
        let (mut answered, mut terminal) = (false, false);
        for event in self.list("StatusCallbackEvents") {
            match event.to_ascii_lowercase().as_str() {
                "answered" => answered = true,
                "terminal" => terminal = true,
                "ringing" => {} // a bot's call alone has it
                _ => {
                    let why = format_args!("`{event}` is no event; the events are terminal and answered");
                    return Err(Failure::parameter("StatusCallbackEvents", why));
                }
            }
        }
        let url = self.url("StatusCallback")?;
        Ok(url.map(|url| StatusCallback { url, answered, terminal, json: json == Some("application/json") }))
    }

    /// A list, spelled `Name[]`, `Name[0]` and so on, or `Name`; several in one, with commas between, are several too.
    fn list(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let is_of = move |given: &str| {
            let base = given.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
            let index = given.get(name.len()..).unwrap_or_default();
            let inner = index.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            base && (index.is_empty() || inner.is_some_and(|inner| inner.bytes().all(|byte| byte.is_ascii_digit())))
        };
        let values = self.parameters.iter().filter(move |(given, _)| is_of(given));
        values.flat_map(|(_, value)| value.split(',')).map(str::trim).filter(|word| !word.is_empty())
    }

    fn word(&self, name: &str, words: &[&'static str]) -> Result<Option<&'static str>, Failure> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let known = words.iter().find(|word| word.eq_ignore_ascii_case(text));
        let why = || Failure::parameter(name, format_args!("`{text}` is not one of {}", words.join(", ")));
        known.map(|word| Some(*word)).ok_or_else(why)
    }

    fn url(&self, name: &str) -> Result<Option<String>, Failure> {
        self.address(name, &["http", "https"], URL_BYTES)
    }

    fn address(&self, name: &str, schemes: &[&str], most: usize) -> Result<Option<String>, Failure> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let host =
            text.split_once("://").filter(|(scheme, _)| schemes.iter().any(|known| scheme.eq_ignore_ascii_case(known)));
        let is_good = text.len() <= most && !text.contains(|c: char| c.is_whitespace() || c.is_control());
        if !is_good || !host.is_some_and(|(_, rest)| rest.starts_with(|c: char| !"/?#".contains(c))) {
            let schemes = schemes.join("://, ");
            let why = format_args!(
                "this is no URL of up to {most} bytes without spaces that begins with one of {schemes}://"
            );
            return Err(Failure::parameter(name, why));
        }
        let plain =
            host.map(|(scheme, _)| scheme.to_ascii_lowercase()).filter(|scheme| scheme == "http" || scheme == "ws");
        if let Some(scheme) = plain.filter(|_| self.account.https_only) {
            let why = format_args!("its scheme is {scheme}, and `[callout] https_only` takes https and wss alone");
            return Err(Failure::parameter(name, why));
        }
        Ok(Some(text.to_owned()))
    }

    fn seconds(&self, name: &str, most: Duration) -> Result<Option<Duration>, Failure> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let most = most.as_secs();
        let seconds = text.parse().ok().filter(|seconds| (1..=most).contains(seconds));
        let why = || Failure::parameter(name, format_args!("`{text}` is not a number of seconds from 1 to {most}"));
        seconds.map(|seconds| Some(Duration::from_secs(seconds))).ok_or_else(why)
    }
}

#[cfg(test)]
mod tests;
