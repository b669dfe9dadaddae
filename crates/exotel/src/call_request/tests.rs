//! Each parameter, and each way in which it can be wrong.

use model::{FlowId, Format};

use super::*;
use crate::passthru::Profile;

fn ask(text: &str) -> Result<StartCall, Failure> {
    ask_of(&Account::new("acct1", Profile::default()), text)
}

fn ask_of(account: &Account, text: &str) -> Result<StartCall, Failure> {
    let parameters: Vec<_> = text
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    read(&parameters, account, CallSid::new("c"))
}

const TWO: &str = "From=09900000001&To=09900000002&CallerId=08000000002";

fn two(more: &str) -> StartCall {
    ask(&format!("{TWO}&{more}")).expect(more)
}

fn connect(more: &str) -> Connect {
    match two(more).then {
        Then::Connect(connect) => connect,
        other => panic!("{more}: {other:?}"),
    }
}

#[test]
fn two_numbers_are_a_call_with_nothing_else_said() {
    let expected = StartCall {
        sid: CallSid::new("c"),
        from: "+919900000001".into(),
        caller_id: "+918000000002".into(),
        ring: RING,
        limit: None,
        custom_field: None,
        callback: None,
        then: Then::Connect(Connect {
            to: "+919900000002".into(),
            wait_url: None,
            record: None,
            playback: None,
            ears: None,
        }),
    };
    for same in [
        TWO,
        "from=09900000001&to=09900000002&callerid=08000000002",
        "FROM=+919900000001&TO=9900000002&CALLERID=08000000002",
        "From=1&From=09900000001&To=09900000002&CallerId=08000000002&CallerId=",
        "From=09900000001&To=09900000002&CallerId=08000000002&CallType=trans&MaxRetries=3&TimeOut=&Any=thing",
    ] {
        assert_eq!(ask(same), Ok(expected.clone()), "{same}");
    }
}

#[test]
fn a_number_is_rung_for_a_flow() {
    let flow = |more: &str| ask(&format!("From=sip:sales&CallerId=08000000002&{more}")).expect(more);
    let url = "Url=http://my.exotel.com/acct1/exoml/start_voice/4711";
    let call = flow(url);
    assert_eq!((call.from.as_str(), call.then), ("sip:sales", Then::Flow(to_flow(None))));
    assert_eq!(flow(&format!("{url}&To=08000000002")).then, Then::Flow(to_flow(None)));
    assert_eq!(flow("url=http://my.exotel.in/exoml/start/4711").then, Then::Flow(to_flow(None)));
}

fn to_flow(record: Option<Record>) -> ToFlow {
    ToFlow { id: FlowId::new(4711).expect("a number"), record }
}

#[test]
fn a_flow_s_conversations_are_recorded_on_request() {
    let url = "From=sip:sales&CallerId=08000000002&Url=http://my.exotel.com/acct1/exoml/start_voice/4711";
    let rows = [
        ("", None),
        ("&Record=false&RecordingChannels=dual", None),
        ("&Record=true", Some(Record { dual: false, format: Format::Mp3 })),
        ("&record=TRUE&RecordingChannels=dual", Some(Record { dual: true, format: Format::Mp3 })),
    ];
    for (more, record) in rows {
        assert_eq!(ask(&format!("{url}{more}")).expect(more).then, Then::Flow(to_flow(record)), "{more}");
    }
}

#[test]
fn a_number_is_rung_for_an_application() {
    let url = "wss://k:t@bot.example/ws?sample-rate=16000";
    let from = "From=09900000001&CallerId=08000000002";
    let then = |more: &str| ask(&format!("{from}&{more}")).expect(more).then;
    let bot = |two_way, record| Then::Bot(ToBot { url: url.into(), two_way, record });
    let record = Some(Record { dual: true, format: Format::Mp3 });
    for (more, expected) in [
        (format!("StreamUrl={url}&StreamType=bidirectional"), bot(true, None)),
        (format!("streamurl={url}&streamtype=Bidirectional&To=08000000002"), bot(true, None)),
        (format!("StreamUrl={url}&StreamType=bidirectional&Record=true&RecordingChannels=dual"), bot(true, record)),
        (format!("StreamUrl={url}&StreamType=unidirectional&StreamName=ears"), bot(false, None)),
    ] {
        assert_eq!(then(&more), expected, "{more}");
    }
    let beside = connect(&format!("StreamUrl={url}&StreamType=unidirectional"));
    assert_eq!((beside.to.as_str(), beside.ears.as_deref()), ("+919900000002", Some(url)));
    let asks = "https://bot.example/where";
    let Then::Bot(bot) = then(&format!("StreamUrl={asks}&StreamType=bidirectional")) else { panic!("no bot") };
    assert_eq!(bot.url, asks);
}

#[test]
fn every_parameter_is_read() {
    let seconds = Duration::from_secs;
    let call = two("TimeLimit=14400&TimeOut=45&CustomField=order 7");
    assert_eq!(
        (call.limit, call.ring, call.custom_field.as_deref()),
        (Some(seconds(14_400)), seconds(45), Some("order 7"))
    );
    let record = |dual| Some(Record { dual, format: Format::Mp3 });
    let hq = Some(Record { dual: false, format: Format::Mp3Hq });
    for (text, expected) in [
        ("Record=true", record(false)),
        ("record=TRUE&RecordingChannels=dual", record(true)),
        ("Record=true&RecordingFormat=mp3", record(false)),
        ("Record=true&RecordingChannels=single&RecordingFormat=mp3-hq", hq),
        ("Record=false&RecordingChannels=dual", None),
        ("RecordingChannels=dual", None),
    ] {
        assert_eq!(connect(text).record, expected, "{text}");
    }
    assert_eq!(connect("WaitUrl=https://a.example/w.wav").wait_url.as_deref(), Some("https://a.example/w.wav"));
    let playback = |to_both, url: &str| Some(Playback { to_both, url: url.into() });
    for (text, expected) in [
        ("StartPlaybackValue=http://a.example/1.wav", playback(false, "http://a.example/1.wav")),
        ("StartPlaybackTo=Both&StartPlaybackValue=http://a.example/1.wav", playback(true, "http://a.example/1.wav")),
        (
            "StartPlaybackTo=Both&StartPlaybackValue=http://a.example/1.wav&StartPlaybackToNew=callee&\
             StartPlaybackValueNew=http://a.example/2.wav",
            playback(false, "http://a.example/2.wav"),
        ),
        ("StartPlaybackTo=Both", None),
    ] {
        assert_eq!(connect(text).playback, expected, "{text}");
    }
}

#[test]
fn events_are_spelled_in_many_ways() {
    let url = "https://crm.example/cb";
    for (text, answered, terminal, json) in [
        ("", false, false, false),
        ("StatusCallbackEvents=terminal", false, true, false),
        ("StatusCallbackEvents[]=answered", true, false, false),
        ("StatusCallbackEvents[0]=terminal&StatusCallbackEvents[1]=answered", true, true, false),
        ("statuscallbackevents[0]=Terminal&STATUSCALLBACKEVENTS[]=answered", true, true, false),
        ("StatusCallbackEvents=terminal, answered,ringing", true, true, false),
        ("StatusCallbackContentType=application/json", false, false, true),
        ("StatusCallbackContentType=multipart/form-data", false, false, false),
        ("StatusCallbackEvents[x]=terminal&StatusCallbackEvents2=answered", false, false, false),
    ] {
        let expected = StatusCallback { url: url.into(), answered, terminal, json };
        assert_eq!(two(&format!("StatusCallback={url}&{text}")).callback, Some(expected), "{text}");
    }
    assert_eq!(two("StatusCallbackEvents[]=terminal").callback, None);
}

#[test]
fn what_is_wrong_is_named() {
    let long = format!("CustomField={}", "\u{e9}".repeat(CUSTOM_CHARS + 1));
    let fits = format!("CustomField={}", "\u{e9}".repeat(CUSTOM_CHARS));
    assert!(ask(&format!("{TWO}&{fits}")).is_ok());
    let rows = [
        ("To=09900000002&CallerId=08000000002", 400, "From: missing"),
        ("From=09900000001&CallerId=08000000002", 400, "To: missing; give the other number, or Url"),
        ("From=09900000001&To=09900000002", 400, "CallerId: missing"),
        ("From=bob&To=09900000002&CallerId=08000000002", 400, "From: `bob` is no number"),
        ("From=sip:&To=09900000002&CallerId=08000000002", 400, "From: `sip:` is no sip: address"),
        ("From=sip:a b&To=09900000002&CallerId=08000000002", 400, "From: `sip:a b` is no"),
        ("From=09900000001&Url=http://x.example/&CallerId=08000000002", 400, "Url: `http://x.example/` names no flow"),
    ];
    for (text, status, says) in rows {
        let failure = ask(text).expect_err(text);
        assert!(failure.status == status && failure.message.starts_with(says), "{text}: {failure:?}");
    }
    let long_url = format!("StreamType=bidirectional&StreamUrl=wss://bot.example/{}", "x".repeat(582));
    let flow = "Url=http://my.exotel.com/acct1/exoml/start_voice/4711";
    let both = format!("StreamType=bidirectional&StreamUrl=wss://bot.example/ws&{flow}");
    let rows = [
        ("StreamUrl=wss://bot.example/ws", 400, "StreamType: missing; give bidirectional, "),
        ("streamtype=bidirectional", 400, "StreamUrl: missing; give the address of the application"),
        ("StreamType=both&StreamUrl=wss://bot.example/ws", 400, "StreamType: `both` is not one of bidirectional, uni"),
        ("StreamType=bidirectional&StreamUrl=bot.example/ws", 400, "StreamUrl: this is no URL of up to 599 bytes"),
        ("StreamType=bidirectional&StreamUrl=wss://", 400, "StreamUrl: this is no URL"),
        ("StreamType=bidirectional&StreamUrl=wss://bot.example/a b", 400, "StreamUrl: this is no URL"),
        ("StreamType=bidirectional&StreamUrl=ftp://bot.example/", 400, "StreamUrl: this is no URL"),
        (
            "StreamType=bidirectional&StreamUrl=wss://bot.example/ws?sample-rate=44100",
            400,
            "StreamUrl: `sample-rate` is 8000, 16000 or 24000, here it is `44100`",
        ),
        (&long_url, 400, "StreamUrl: this is no URL of up to 599 bytes"),
        (&both, 400, "StreamUrl: with Url a flow runs"),
        ("TimeLimit=14401", 400, "TimeLimit: `14401` is not a number of seconds from 1 to 14400"),
        ("TimeLimit=0", 400, "TimeLimit: "),
        ("TimeOut=soon", 400, "TimeOut: `soon` is not"),
        ("TimeOut=-1", 400, "TimeOut: "),
        ("TimeOut=301", 400, "TimeOut: `301` is not a number of seconds from 1 to 300"),
        ("Record=yes", 400, "Record: `yes` is not one of true, false"),
        ("Record=true&RecordingChannels=both", 400, "RecordingChannels: `both` is not one of single, dual"),
        ("RecordingFormat=ogg", 400, "RecordingFormat: "),
        (
            "WaitUrl=file:///etc/passwd",
            400,
            "WaitUrl: this is no URL of up to 2048 bytes without spaces that begins with one of http://, https://",
        ),
        ("WaitUrl=http:///x", 400, "WaitUrl: "),
        ("StartPlaybackTo=Caller", 400, "StartPlaybackTo: `Caller` is not one of Callee, Both"),
        ("StartPlaybackValueNew=hello", 400, "StartPlaybackValueNew: "),
        ("StatusCallback=crm.example", 400, "StatusCallback: "),
        ("StatusCallbackEvents[]=done", 400, "StatusCallbackEvents: `done` is no event"),
        ("StatusCallbackContentType=text/plain", 400, "StatusCallbackContentType: "),
        (&long, 400, "CustomField: longer than 128 characters"),
    ];
    for (text, status, says) in rows {
        let failure = ask(&format!("{TWO}&{text}")).expect_err(text);
        assert!(failure.status == status && failure.message.starts_with(says), "{text}: {failure:?}");
    }
}

#[test]
fn an_account_of_https_takes_no_http() {
    let account = Account { https_only: true, ..Account::new("acct1", Profile::default()) };
    for name in ["StatusCallback", "WaitUrl", "StartPlaybackValue", "StartPlaybackValueNew"] {
        let with = |scheme: &str| ask_of(&account, &format!("{TWO}&{name}={scheme}://crm.example/x"));
        let failure = with("http").expect_err(name);
        assert_eq!(
            (failure.status, failure.message),
            (400, format!("{name}: its scheme is http, and `[callout] https_only` takes https and wss alone"))
        );
        assert!(with("HTTPS").is_ok(), "{name}");
    }
    let flow = "From=sip:sales&CallerId=08000000002&Url=http://my.exotel.com/acct1/exoml/start_voice/4711";
    assert!(ask_of(&account, flow).is_ok(), "the URL of a flow is never asked");
}
