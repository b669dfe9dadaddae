//! The messages of a stream (`exotel.md` 5.2, 5.3): JSON texts, with snake_case names and numbers as texts.

use std::borrow::Cow;
use std::time::Duration;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose};
use model::{CallSid, Stream, StreamEndedBy, StreamSid};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Applications leave the padding out at times.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The first message.
pub fn connected() -> String {
    r#"{"event":"connected"}"#.to_owned()
}

/// The second: what the stream is of.
pub fn start(number: u64, sid: &StreamSid, call: &CallSid, stream: &Stream) -> String {
    let mut start = Map::new();
    let mut put = |name: &str, value: Value| drop(start.insert(name.to_owned(), value));
    put("stream_sid", sid.as_str().into());
    put("call_sid", call.as_str().into());
    put("account_sid", stream.account.as_str().into());
    if stream.camel_case {
        put("streamSid", sid.as_str().into());
        put("callSid", call.as_str().into());
        put("accountSid", stream.account.as_str().into());
    }
    put("from", stream.from.as_str().into());
    put("to", stream.to.as_str().into());
    if !stream.parameters.is_empty() {
        let told = stream.parameters.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
        put("custom_parameters", Value::Object(told.collect()));
    }
    // 16 bits a sample.
    let bits = format!("{}kbps", stream.rate * 16 / 1_000);
    put("media_format", json!({ "encoding": "base64", "sample_rate": stream.rate.to_string(), "bit_rate": bits }));
    let mut message = Map::new();
    message.insert("event".into(), "start".into());
    message.insert("sequence_number".into(), number.to_string().into());
    message.insert("stream_sid".into(), sid.as_str().into());
    if stream.camel_case {
        message.insert("streamSid".into(), sid.as_str().into());
    }
    message.insert("start".into(), Value::Object(start));
    Value::Object(message).to_string()
}

/// What the caller says: the how-manyth such message, and when it ended, since the start of the stream (`exotel.md` 10).
pub fn media(number: u64, sid: &StreamSid, chunk: u64, at: Duration, samples: &[i16]) -> String {
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let at = at.as_millis();
    let mut text = format!(
        r#"{{"event":"media","sequence_number":"{number}","stream_sid":"{sid}","media":{{"chunk":"{chunk}","timestamp":"{at}","payload":""#
    );
    general_purpose::STANDARD.encode_string(bytes, &mut text);
    text.push_str(r#""}}"#);
    text
}

/// A key that the caller pressed.
pub fn dtmf(number: u64, sid: &StreamSid, digit: char, duration: Duration) -> String {
    let dtmf = json!({ "digit": digit.to_string(), "duration": duration.as_millis().to_string() });
    json!({ "event": "dtmf", "sequence_number": number.to_string(), "stream_sid": sid, "dtmf": dtmf }).to_string()
}

/// What the application said before that mark has been played.
pub fn mark(number: u64, sid: &StreamSid, name: &str) -> String {
    let mark = json!({ "name": name });
    json!({ "event": "mark", "sequence_number": number.to_string(), "stream_sid": sid, "mark": mark }).to_string()
}

/// The last message.
pub fn stop(number: u64, sid: &StreamSid, call: &CallSid, account: &str, by: StreamEndedBy) -> String {
    let reason = if by == StreamEndedBy::Caller { "callended" } else { "stopped" };
    let stop = json!({ "call_sid": call, "account_sid": account, "reason": reason });
    json!({ "event": "stop", "sequence_number": number.to_string(), "stream_sid": sid, "stop": stop }).to_string()
}

/// What an application said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Audio: bytes of little-endian samples of 16 bits.
    Media(Vec<u8>),
    /// To be told when what came before it has been played.
    Mark(String),
    /// What has not been played is not to be.
    Clear,
    /// Anything else, which nobody heeds.
    Other,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    event: Option<Cow<'a, str>>,
    #[serde(borrow)]
    media: Option<Media<'a>>,
    #[serde(borrow)]
    mark: Option<Mark<'a>>,
}

#[derive(Deserialize)]
struct Media<'a> {
    #[serde(borrow)]
    payload: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Mark<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

/// Bytes of a mark's name.
pub const MARK_NAME: usize = 1_024;

/// Reads what an application said; why it is no message, in words for its author. Ids and numbers in it do not matter, however
/// they are spelled.
pub fn read(text: &str) -> Result<Said, String> {
    let message: Message<'_> =
        serde_json::from_str(text).map_err(|error| format!("not the JSON of a message: {error}"))?;
    let event = message.event.ok_or("a message without `event`")?;
    match &*event {
        "media" => {
            let media = message.media.ok_or("a `media` without `media.payload`")?;
            let payload = media.payload.trim();
            LENIENT
                .decode(payload)
                .map(Said::Media)
                .map_err(|error| format!("a `media` whose payload is no base64: {error}"))
        }
        "mark" => {
            let mark = message.mark.ok_or("a `mark` without `mark.name`")?;
            if mark.name.len() > MARK_NAME {
                return Err(format!("a `mark` whose name has more than {MARK_NAME} bytes"));
            }
            Ok(Said::Mark(mark.name.into_owned()))
        }
        "clear" => Ok(Said::Clear),
        _ => Ok(Said::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> Stream {
        Stream {
            url: "wss://bot.example/ws".into(),
            two_way: true,
            rate: 8_000,
            frame: Duration::from_millis(100),
            from: "09900000001".into(),
            to: "08000000002".into(),
            account: "acct1".into(),
            parameters: Vec::new(),
            camel_case: false,
            record: None,
        }
    }

    #[test]
    fn what_is_sent_is_the_contract_s() {
        let (sid, call) = (StreamSid::new("s1"), CallSid::new("c1"));
        assert_eq!(connected(), r#"{"event":"connected"}"#);
        let head = r#"{"event":"start","sequence_number":"1","stream_sid":"s1","start":{"stream_sid":"s1","call_sid":"c1","account_sid":"acct1","#;
        let tail = r#""media_format":{"encoding":"base64","sample_rate":"8000","bit_rate":"128kbps"}}}"#;
        let parties = r#""from":"09900000001","to":"08000000002","#;
        assert_eq!(start(1, &sid, &call, &stream()), format!("{head}{parties}{tail}"));
        let parameters = vec![("lang".to_owned(), "hi".to_owned()), ("a \"b\"".to_owned(), String::new())];
        let told = start(1, &sid, &call, &Stream { parameters, ..stream() });
        assert_eq!(told, format!(r#"{head}{parties}"custom_parameters":{{"lang":"hi","a \"b\"":""}},{tail}"#));
        let both: Value =
            serde_json::from_str(&start(1, &sid, &call, &Stream { camel_case: true, rate: 24_000, ..stream() }))
                .expect("JSON");
        assert_eq!((&both["streamSid"], &both["start"]["callSid"]), (&json!("s1"), &json!("c1")));
        assert_eq!(
            both["start"]["media_format"],
            json!({"encoding":"base64","sample_rate":"24000","bit_rate":"384kbps"})
        );
        assert_eq!(
            media(2, &sid, 1, Duration::from_millis(100), &[1, -2]),
            r#"{"event":"media","sequence_number":"2","stream_sid":"s1","media":{"chunk":"1","timestamp":"100","payload":"AQD+/w=="}}"#
        );
        assert_eq!(
            dtmf(7, &sid, '5', Duration::from_millis(100)),
            r#"{"event":"dtmf","sequence_number":"7","stream_sid":"s1","dtmf":{"digit":"5","duration":"100"}}"#
        );
        assert_eq!(
            mark(9, &sid, "m\"1"),
            r#"{"event":"mark","sequence_number":"9","stream_sid":"s1","mark":{"name":"m\"1"}}"#
        );
        for (by, reason) in [(StreamEndedBy::Caller, "callended"), (StreamEndedBy::Us, "stopped")] {
            let stop = stop(20, &sid, &call, "acct1", by);
            let head = r#"{"event":"stop","sequence_number":"20","stream_sid":"s1","stop":{"call_sid":"c1","account_sid":"acct1","#;
            assert_eq!(stop, format!(r#"{head}"reason":"{reason}"}}}}"#));
        }
    }

    #[test]
    fn an_application_is_understood_however_it_spells() {
        let audio = Said::Media(vec![1, 0, 254, 255]);
        let rows = [
            (r#"{"event":"media","stream_sid":"x","media":{"payload":"AQD+/w=="}}"#, Ok(audio.clone())),
            (
                r#"{"event":"media","streamSid":"x","media":{"sequenceNumber":1,"chunk":2,"timestamp":"3","payload":"AQD+/w"}}"#,
                Ok(audio.clone()),
            ),
            (r#"{"media":{"payload":" AQD+\/w== "},"event":"media"}"#, Ok(audio)),
            (r#"{"event":"media","media":{"payload":""}}"#, Ok(Said::Media(Vec::new()))),
            (r#"{"event":"media","media":{"payload":"AQD"}}"#, Ok(Said::Media(vec![1, 0]))),
            (r#"{"event":"mark","mark":{"name":"m1"}}"#, Ok(Said::Mark("m1".into()))),
            (r#"{"event":"clear"}"#, Ok(Said::Clear)),
            (r#"{"event":"connected","protocol":"Call"}"#, Ok(Said::Other)),
            (r#"{"event":"dtmf","dtmf":{"digit":"1"}}"#, Ok(Said::Other)),
            (r#"{"event":"media"}"#, Err("a `media` without `media.payload`")),
            (r#"{"event":"mark"}"#, Err("a `mark` without `mark.name`")),
            (r#"{"even":"mark"}"#, Err("a message without `event`")),
            (r#"{"event":"media","media":{"payload":"%"}}"#, Err("a `media` whose payload is no base64: ")),
            ("hello", Err("not the JSON of a message: ")),
            ("[]", Err("not the JSON of a message: ")),
        ];
        for (text, expected) in rows {
            match (read(text), expected) {
                (Ok(said), Ok(expected)) => assert_eq!(said, expected, "{text}"),
                (Err(why), Err(expected)) => assert!(why.starts_with(expected), "{text}: {why}"),
                (got, _) => panic!("{text}: {got:?}"),
            }
        }
        let long = format!(r#"{{"event":"mark","mark":{{"name":"{}"}}}}"#, "x".repeat(MARK_NAME + 1));
        assert!(read(&long).is_err());
    }
}
