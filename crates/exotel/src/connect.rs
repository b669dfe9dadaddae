//! A Connect whose settings a URL gives: the request, and the two forms of its answer (`exotel.md` 2.7): a list of
//! numbers as text/plain, or all settings as application/json.

use std::time::Duration;

use jiff::Timestamp;
use model::{CallFacts, HttpAnswer, HttpRequest};
use serde_json::Value;

use crate::fields::{Fields, Spoken, content_type, is_whole};
use crate::passthru::{self, Profile};

/// How long either URL may take (`exotel.md` 1.3).
pub const BUDGET: Duration = Duration::from_secs(5);

/// Parties that one answer may name; further ones make it a bad answer.
pub const TARGETS: usize = 100;

/// Headers that `custom_params` may hold, and their bytes in all (`exotel.md` 6).
const HEADERS: usize = 3;
const HEADER_BYTES: usize = 200;

/// Beginnings of header names that are the platform's own (`exotel.md` 2.7.2).
const RESERVED: [&str; 2] = ["exotel-", "veeno-"];

/// What the URL wants done. What it leaves out is as the flow says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Whom to ring, in order; nobody if empty.
    pub targets: Vec<String>,
    /// After an attempt that came to nothing the URL is asked again, and the rest of the list is not rung.
    pub fetch_after_attempt: bool,
    /// The number shown.
    pub caller_id: Option<String>,
    /// Whether the conversation is recorded.
    pub record: Option<bool>,
    /// Each party in a channel of its own.
    pub dual: Option<bool>,
    /// How long each may ring.
    pub ring: Option<Duration>,
    /// How long the conversation may last.
    pub talk: Option<Duration>,
    /// What the caller hears while it rings.
    pub music: Option<Music>,
    /// What is heard before the two are joined.
    pub playback: Option<Playback>,
    /// What is heard while the two talk.
    pub in_call: Option<InCall>,
    /// Whoever was rung the longest ago comes first, whatever the order of the list.
    pub equally: bool,
    /// Whether whoever last talked with the caller comes before all others.
    pub sticky: Option<bool>,
    /// How many are rung at once; in turn if `None`.
    pub parallel: Option<u64>,
    /// Who hears of each party that is rung.
    pub events_url: Option<String>,
    /// Header fields of the invitation, with their `X-`.
    pub headers: Vec<(String, String)>,
}

/// What the caller hears while it rings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Music {
    /// The ringing of the network, or ours.
    Tone,
    /// A sound file.
    Url(String),
}

/// What is heard before two parties are joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Playback {
    /// Both hear it; else only the party that was rung.
    pub to_both: bool,
    /// What.
    pub what: Spoken,
}

/// What is heard while two parties talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InCall {
    /// What, and who hears it.
    pub playback: Playback,
    /// How long after they were joined.
    pub after: Duration,
    /// And again each time that so much has passed.
    pub every: Option<Duration>,
}

/// Asks a URL whom to ring: the parameters of a Passthru, always with `CallStatus`.
pub fn request(url: &str, facts: &CallFacts, profile: &Profile, now: Timestamp) -> HttpRequest {
    let profile = Profile { send_status: true, ..profile.clone() };
    HttpRequest::get(passthru::url(url, facts, &profile, now), BUDGET).with_header("Exotel-Version", "1.0")
}

/// Reads the answer; what is wrong with it, if it is none, in words for the flow's author.
pub fn read(answer: &HttpAnswer) -> Result<Plan, String> {
    is_whole(answer)?;
    let kind = content_type(answer);
    let plan = match kind.as_str() {
        "text/plain" => list(&answer.body)?,
        "application/json" => settings(&answer.body)?,
        "" => return Err("it has no Content-Type; send application/json, or text/plain for a list of numbers".into()),
        other => {
            return Err(format!(
                "its Content-Type is {other}; send application/json, or text/plain for a list of numbers"
            ));
        }
    };
    if plan.targets.len() > TARGETS {
        return Err(format!("it names {} parties, more than {TARGETS}", plan.targets.len()));
    }
    Ok(plan)
}

fn list(body: &[u8]) -> Result<Plan, String> {
    let text = str::from_utf8(body).map_err(|_| "its text is not UTF-8")?;
    let targets = text.split([',', '\n', '\r']).map(str::trim).filter(|target| !target.is_empty());
    Ok(Plan { targets: targets.map(str::to_owned).collect(), ..Plan::default() })
}

fn settings(body: &[u8]) -> Result<Plan, String> {
    let value: Value = serde_json::from_slice(body).map_err(|error| format!("its JSON is broken: {error}"))?;
    let Value::Object(object) = value else { return Err("its JSON is no object".into()) };
    let fields = Fields::of(&object);
    let (trunk, targets) = destination(&fields)?;
    let mut plan = Plan {
        targets: trunk.map_or(targets, |trunk| vec![format!("sip:{trunk}")]),
        fetch_after_attempt: fields.flag("fetch_after_attempt")?.unwrap_or(false),
        caller_id: fields.text("outgoing_phone_number")?.filter(|number| !number.is_empty()),
        record: fields.flag("record")?,
        dual: fields.one_of("recording_channels", &["single", "dual"])?.map(|channels| channels == "dual"),
        ring: fields.seconds("max_ringing_duration")?,
        talk: fields.seconds("max_conversation_duration")?,
        music: None,
        playback: None,
        in_call: None,
        equally: fields.text("distribute_calls")?.is_some_and(|how| how.eq_ignore_ascii_case("equally")),
        sticky: fields.flag("sticky_agent")?,
        parallel: None,
        events_url: fields.text("dial_passthru_event_url")?.filter(|url| !url.is_empty()),
        headers: fields.text("custom_params")?.map_or(Ok(Vec::new()), |text| headers(&text))?,
    };
    if let Some(music) = fields.object("music_on_hold")? {
        plan.music = Some(self::music(&music)?);
    }
    if let Some(playback) = fields.object("start_call_playback")? {
        plan.playback = self::playback("start_call_playback", "callee", &playback)?;
    }
    if let Some(playback) = fields.object("in_call_playback")? {
        plan.in_call = in_call(&playback)?;
    }
    if let Some(parallel) = fields.object("parallel_ringing")? {
        let most = parallel.number("max_parallel_attempts")?.unwrap_or(u64::MAX).max(1);
        plan.parallel = parallel.flag("activate")?.unwrap_or(false).then_some(most);
    }
    Ok(plan)
}

/// The trunk that takes the call, or the parties; of the contact centre's variant the users (`exotel.md` 2.7.3).
fn destination(fields: &Fields<'_>) -> Result<(Option<String>, Vec<String>), String> {
    if let Some(Value::Array(users)) = fields.value("destination") {
        let contact = |user: &Value| {
            let uri = user.get("contact_uri").or_else(|| user.get("device_contact_uri"))?;
            uri.as_str().map(str::to_owned)
        };
        let users: Option<Vec<_>> = users.iter().map(contact).collect();
        return Ok((None, users.ok_or("`destination` holds a user without `contact_uri`")?));
    }
    let Some(destination) = fields.object("destination")? else { return Err("`destination` is missing".into()) };
    if let Some(trunk) = destination.text("trunk")?.filter(|trunk| !trunk.is_empty()) {
        return Ok((Some(trunk), Vec::new()));
    }
    let Some(Value::Array(numbers)) = destination.value("numbers") else {
        return Err("`destination` holds neither `numbers`, a list, nor `trunk`".into());
    };
    let number = |number: &Value| match number {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => number.as_u64().map(|number| number.to_string()),
        _ => None,
    };
    let numbers: Option<Vec<_>> = numbers.iter().map(number).collect();
    let mut numbers = numbers.ok_or("`destination.numbers` holds something that is no text")?;
    numbers.retain(|number| !number.is_empty());
    Ok((None, numbers))
}

fn music(fields: &Fields<'_>) -> Result<Music, String> {
    let kind = fields.text("type")?.unwrap_or_default();
    match kind.as_str() {
        "default_tone" | "operator_tone" | "" => Ok(Music::Tone),
        audio if audio.starts_with("audio") => {
            let url = fields.text("value")?.filter(|url| !url.is_empty());
            url.map(Music::Url).ok_or_else(|| "`music_on_hold.value` is missing".into())
        }
        other => Err(format!("`music_on_hold.type` is `{other}`; write default_tone, operator_tone or audio")),
    }
}

/// `to` hears it unless another is named.
fn playback(name: &str, to: &str, fields: &Fields<'_>) -> Result<Option<Playback>, String> {
    let to_both = fields.one_of("playback_to", &["callee", "both"])?.unwrap_or(to) == "both";
    let Some(value) = fields.text("value")?.filter(|value| !value.is_empty()) else { return Ok(None) };
    let what = match fields.text("type")?.unwrap_or_default().as_str() {
        "text" => Spoken::Text(value),
        audio if audio.starts_with("audio") => Spoken::Url(value),
        other => return Err(format!("`{name}.type` is `{other}`; write text or audio_url")),
    };
    Ok(Some(Playback { to_both, what }))
}

/// Of the vendor's page no more is known than that it has a start delay and a repeat frequency, in seconds; 0 is none.
fn in_call(fields: &Fields<'_>) -> Result<Option<InCall>, String> {
    let Some(playback) = playback("in_call_playback", "both", fields)? else { return Ok(None) };
    let seconds = |name| fields.number(name).map(|seconds| seconds.map(Duration::from_secs));
    let every = seconds("repeat_frequency")?.filter(|every| !every.is_zero());
    Ok(Some(InCall { playback, after: seconds("start_delay")?.unwrap_or_default(), every }))
}

/// `a=1&b=2` as `X-a: 1` and `X-b: 2`.
fn headers(text: &str) -> Result<Vec<(String, String)>, String> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let mut headers = Vec::new();
    for pair in pairs {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let token =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if !token || !value.bytes().all(|b| b == b' ' || b.is_ascii_graphic()) {
            return Err(format!("`custom_params` holds `{}`, which is no header field", pair.escape_debug()));
        }
        if RESERVED.iter().any(|prefix| name.to_ascii_lowercase().starts_with(prefix)) {
            return Err(format!("`custom_params` holds `{name}`, a name of the platform's own"));
        }
        headers.push((format!("X-{name}"), value.to_owned()));
    }
    let bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    if headers.len() > HEADERS || bytes > HEADER_BYTES {
        return Err(format!("`custom_params` may hold {HEADERS} fields of {HEADER_BYTES} bytes in all"));
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(kind: &str, body: &str) -> HttpAnswer {
        HttpAnswer { status: 200, content_type: Some(kind.into()), body: body.into(), ..HttpAnswer::of(0) }
    }

    fn json(body: &str) -> Result<Plan, String> {
        read(&answer("application/json; charset=utf-8", body))
    }

    #[test]
    fn a_list_of_numbers_is_text() {
        let rows: [(&str, &[&str]); 6] = [
            ("09900000003,09900000004", &["09900000003", "09900000004"]),
            (" +919900000003 , sip:desk \r\n", &["+919900000003", "sip:desk"]),
            ("09900000003\n09900000004\n", &["09900000003", "09900000004"]),
            ("sip:desk@pbx.example", &["sip:desk@pbx.example"]),
            ("", &[]),
            (" ,, ", &[]),
        ];
        for (body, targets) in rows {
            let plan = read(&answer("text/plain", body)).expect(body);
            assert_eq!(plan, Plan { targets: targets.iter().map(ToString::to_string).collect(), ..Plan::default() });
        }
    }

    #[test]
    fn every_setting_is_read() {
        let plan = json(
            r#"{"fetch_after_attempt":true,"destination":{"numbers":["+919900000003"," 09900000004",9900000005]},
            "outgoing_phone_number":"+918000000002","record":true,"recording_channels":"dual","max_ringing_duration":45,
            "max_conversation_duration":"3600","music_on_hold":{"type":"audio_url","value":"https://crm.example/hold.wav"},
            "start_call_playback":{"playback_to":"both","type":"text","value":"A customer."},
            "in_call_playback":{"type":"audio_url","value":"https://crm.example/beep.wav","start_delay":5,"repeat_frequency":"30"},
            "parallel_ringing":{"activate":true,"max_parallel_attempts":2},"custom_params":"a=1&b=two words",
            "dial_passthru_event_url":"https://crm.example/events","distribute_calls":"equally","sticky_agent":true}"#,
        );
        let expected = Plan {
            targets: vec!["+919900000003".into(), "09900000004".into(), "9900000005".into()],
            fetch_after_attempt: true,
            caller_id: Some("+918000000002".into()),
            record: Some(true),
            dual: Some(true),
            ring: Some(Duration::from_secs(45)),
            talk: Some(Duration::from_secs(3600)),
            music: Some(Music::Url("https://crm.example/hold.wav".into())),
            playback: Some(Playback { to_both: true, what: Spoken::Text("A customer.".into()) }),
            in_call: Some(InCall {
                playback: Playback { to_both: true, what: Spoken::Url("https://crm.example/beep.wav".into()) },
                after: Duration::from_secs(5),
                every: Some(Duration::from_secs(30)),
            }),
            equally: true,
            sticky: Some(true),
            parallel: Some(2),
            events_url: Some("https://crm.example/events".into()),
            headers: vec![("X-a".into(), "1".into()), ("X-b".into(), "two words".into())],
        };
        assert_eq!(plan, Ok(expected));
    }

    #[test]
    fn destinations_have_three_shapes() {
        let rows: [(&str, &[&str]); 6] = [
            (r#"{"destination":{"numbers":[]}}"#, &[]),
            (r#"{"destination":{"numbers":[""]}}"#, &[]),
            (r#"{"destination":{"trunk":"trmum1abc"}}"#, &["sip:trmum1abc"]),
            (r#"{"destination":{"trunk":"","numbers":["1"]}}"#, &["1"]),
            (
                r#"{"destination_type":"user","destination":[{"contact_uri":"sip:a"},{"device_contact_uri":"sip:b"}]}"#,
                &["sip:a", "sip:b"],
            ),
            (r#"{"destination":[]}"#, &[]),
        ];
        for (body, targets) in rows {
            assert_eq!(json(body).expect(body).targets, targets, "{body}");
        }
    }

    #[test]
    fn tones_playbacks_and_switches_have_many_spellings() {
        let plan = |fields: &str| json(&format!(r#"{{"destination":{{"numbers":["1"]}},{fields}}}"#)).expect(fields);
        assert_eq!(plan(r#""music_on_hold":{"type":"operator_tone"}"#).music, Some(Music::Tone));
        assert_eq!(plan(r#""music_on_hold":{"type":"default_tone","value":""}"#).music, Some(Music::Tone));
        assert_eq!(plan(r#""music_on_hold":null"#).music, None);
        let heard = plan(r#""start_call_playback":{"type":"audio_url","value":"http://a.example/w.wav"}"#).playback;
        assert_eq!(heard, Some(Playback { to_both: false, what: Spoken::Url("http://a.example/w.wav".into()) }));
        assert_eq!(plan(r#""start_call_playback":{"playback_to":"callee","type":"text","value":""}"#).playback, None);
        let beep =
            plan(r#""in_call_playback":{"playback_to":"callee","type":"text","value":"Beep.","repeat_frequency":0}"#);
        let beep = beep.in_call.expect("there is one");
        assert_eq!((beep.playback.to_both, beep.after, beep.every), (false, Duration::ZERO, None));
        assert_eq!(plan(r#""in_call_playback":{"start_delay":5}"#).in_call, None);
        for (how, equally) in [("", false), ("in turn", false), ("equally", true), ("Equally", true)] {
            assert_eq!(plan(&format!(r#""distribute_calls":"{how}""#)).equally, equally, "{how}");
        }
        for (word, sticky) in [("true", true), ("\"true\"", true), ("1", true), ("false", false), ("\"0\"", false)] {
            assert_eq!(plan(&format!(r#""sticky_agent":{word}"#)).sticky, Some(sticky), "{word}");
        }
        assert_eq!(plan(r#""sticky_agent":null"#).sticky, None);
        assert_eq!(plan(r#""parallel_ringing":{"activate":false,"max_parallel_attempts":4}"#).parallel, None);
        assert_eq!(plan(r#""parallel_ringing":{"activate":"true"}"#).parallel, Some(u64::MAX));
        assert_eq!(plan(r#""record":"false","recording_channels":"single""#).record, Some(false));
        assert_eq!(plan(r#""record":1"#).record, Some(true));
        assert_eq!(plan(r#""outgoing_phone_number":"","dial_passthru_event_url":"""#).caller_id, None);
    }

    #[test]
    fn what_is_no_answer_says_why() {
        let many = format!(r#"{{"destination":{{"numbers":[{}"1"]}}}}"#, r#""1","#.repeat(TARGETS));
        let rows = [
            ("{", "its JSON is broken: EOF while parsing an object at line 1 column 1"),
            ("[]", "its JSON is no object"),
            ("{}", "`destination` is missing"),
            (r#"{"destination":"1"}"#, "`destination` is no object"),
            (r#"{"destination":{}}"#, "`destination` holds neither `numbers`, a list, nor `trunk`"),
            (r#"{"destination":{"numbers":"1"}}"#, "`destination` holds neither `numbers`, a list, nor `trunk`"),
            (r#"{"destination":{"numbers":[[]]}}"#, "`destination.numbers` holds something that is no text"),
            (r#"{"destination":[{"id":1}]}"#, "`destination` holds a user without `contact_uri`"),
            (
                r#"{"destination":{"numbers":[]},"max_ringing_duration":"soon"}"#,
                "`max_ringing_duration` is no whole number",
            ),
            (r#"{"destination":{"numbers":[]},"max_ringing_duration":0}"#, "`max_ringing_duration` is 0 seconds"),
            (r#"{"destination":{"numbers":[]},"record":"maybe"}"#, "`record` is no truth value"),
            (r#"{"destination":{"numbers":[]},"sticky_agent":"often"}"#, "`sticky_agent` is no truth value"),
            (
                r#"{"destination":{"numbers":[]},"recording_channels":"two"}"#,
                "`recording_channels` is `two`; write single or dual",
            ),
            (
                r#"{"destination":{"numbers":[]},"music_on_hold":{"type":"jazz"}}"#,
                "`music_on_hold.type` is `jazz`; write default_tone, operator_tone or audio",
            ),
            (r#"{"destination":{"numbers":[]},"music_on_hold":{"type":"audio"}}"#, "`music_on_hold.value` is missing"),
            (
                r#"{"destination":{"numbers":[]},"start_call_playback":{"type":"song","value":"x"}}"#,
                "`start_call_playback.type` is `song`; write text or audio_url",
            ),
            (
                r#"{"destination":{"numbers":[]},"in_call_playback":{"type":"text","value":"x","start_delay":"late"}}"#,
                "`in_call_playback.start_delay` is no whole number",
            ),
            (
                r#"{"destination":{"numbers":[]},"custom_params":"a=1\r\nVia: x"}"#,
                r"`custom_params` holds `a=1\r\nVia: x`, which is no header field",
            ),
            (
                r#"{"destination":{"numbers":[]},"custom_params":"a b=1"}"#,
                "`custom_params` holds `a b=1`, which is no header field",
            ),
            (
                r#"{"destination":{"numbers":[]},"custom_params":"Exotel-CallSid=1"}"#,
                "`custom_params` holds `Exotel-CallSid`, a name of the platform's own",
            ),
            (
                r#"{"destination":{"numbers":[]},"custom_params":"a=1&b=2&c=3&d=4"}"#,
                "`custom_params` may hold 3 fields of 200 bytes in all",
            ),
            (many.as_str(), "it names 101 parties, more than 100"),
        ];
        for (body, why) in rows {
            assert_eq!(json(body), Err(why.to_owned()), "{body}");
        }
    }

    #[test]
    fn only_a_200_of_a_known_type_is_an_answer() {
        let good = answer("text/plain", "1");
        let rows = [
            (HttpAnswer { status: 201, ..good.clone() }, "its status is 201, not 200"),
            (HttpAnswer { truncated: true, ..good.clone() }, "its body is too long"),
            (
                HttpAnswer { content_type: None, ..good.clone() },
                "it has no Content-Type; send application/json, or text/plain for a list of numbers",
            ),
            (
                HttpAnswer { content_type: Some("text/html".into()), ..good.clone() },
                "its Content-Type is text/html; send application/json, or text/plain for a list of numbers",
            ),
            (HttpAnswer { body: b"\xff".to_vec(), ..good }, "its text is not UTF-8"),
        ];
        for (answer, why) in rows {
            assert_eq!(read(&answer), Err(why.to_owned()));
        }
    }
}
