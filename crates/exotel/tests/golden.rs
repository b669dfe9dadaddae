//! Whole requests as literal text: one for each stage of a call and each outcome of a connect.

mod facts;

use std::time::Duration;

use exotel::number::{CountryCode, NumberFormat};
use exotel::passthru::{Profile, url};
use exotel::recording::{Links, VALIDITY};
use expect_test::expect;
use facts::{ringing, time};
use model::{
    CallFacts, Cause, DialFacts, DialStatus, Direction, EndedBy, LegFacts, LegMoments, RecordingFacts, RecordingName,
};

const USER_URL: &str = "https://crm.example/route?key=s3cret";

fn profile() -> Profile {
    Profile { tenant_id: 2222, send_disconnected_by: false, ..Profile::default() }
}

fn answered() -> CallFacts {
    CallFacts { answered: true, ..ringing() }
}

/// A leg that ended as a hunt ends it.
fn leg(number: &str, status: DialStatus, talk: u64, cause: Cause) -> LegFacts {
    let by = match status {
        DialStatus::NoAnswer => EndedBy::Us,
        DialStatus::Canceled => EndedBy::Caller,
        DialStatus::Completed | DialStatus::Busy | DialStatus::Failed => EndedBy::Callee,
    };
    LegFacts {
        number: number.into(),
        status,
        talk: Duration::from_secs(talk),
        ring: Duration::from_secs(12),
        cause,
        by,
        parallel: false,
        caller_id: "+918000000002".into(),
        moments: LegMoments::default(),
    }
}

fn dialled(status: DialStatus, duration: u64, legs: Vec<LegFacts>) -> CallFacts {
    let duration = Duration::from_secs(duration);
    let dial = DialFacts { status, duration, caller_id: "+918000000002".into(), legs };
    CallFacts { dial: Some(dial), ..answered() }
}

fn asked(facts: &CallFacts) -> String {
    url(USER_URL, facts, &profile(), time("2024-07-31T11:13:02Z"))
}

#[test]
fn before_answer() {
    assert_eq!(
        asked(&ringing()),
        "https://crm.example/route?key=s3cret&CallSid=0f1e2d3c4b5a69788796a5b4c3d2187v&CallFrom=09900000001&CallTo=08000000002&CallStatus=ringing&Direction=incoming&Created=Wed%2C+31+Jul+2024+16%3A42%3A56&DialCallDuration=0&StartTime=2024-07-31+16%3A42%3A56&EndTime=1970-01-01+05%3A30%3A00&CallType=call-attempt&DialWhomNumber=&flow_id=11111&tenant_id=2222&From=09900000001&To=08000000002&CurrentTime=2024-07-31+16%3A43%3A02"
    );
}

#[test]
fn after_the_answer() {
    assert_eq!(
        asked(&answered()),
        "https://crm.example/route?key=s3cret&CallSid=0f1e2d3c4b5a69788796a5b4c3d2187v&CallFrom=09900000001&CallTo=08000000002&CallStatus=in-progress&Direction=incoming&Created=Wed%2C+31+Jul+2024+16%3A42%3A56&DialCallDuration=0&StartTime=2024-07-31+16%3A42%3A56&EndTime=1970-01-01+05%3A30%3A00&CallType=call-attempt&DialWhomNumber=&flow_id=11111&tenant_id=2222&From=09900000001&To=08000000002&CurrentTime=2024-07-31+16%3A43%3A02"
    );
}

#[test]
fn after_a_gather() {
    let facts = CallFacts { digits: Some("123".into()), ..answered() };
    assert_eq!(
        asked(&facts),
        "https://crm.example/route?key=s3cret&CallSid=0f1e2d3c4b5a69788796a5b4c3d2187v&CallFrom=09900000001&CallTo=08000000002&CallStatus=in-progress&Direction=incoming&Created=Wed%2C+31+Jul+2024+16%3A42%3A56&DialCallDuration=0&StartTime=2024-07-31+16%3A42%3A56&EndTime=1970-01-01+05%3A30%3A00&CallType=call-attempt&DialWhomNumber=&flow_id=11111&tenant_id=2222&From=09900000001&To=08000000002&CurrentTime=2024-07-31+16%3A43%3A02&digits=%22123%22"
    );
}

#[test]
fn after_a_gather_in_which_nothing_or_stars_were_typed() {
    for (typed, tail) in [("", "&digits=%22%22"), ("*1#", "&digits=%22%2A1%23%22")] {
        let url = asked(&CallFacts { digits: Some(typed.into()), ..answered() });
        assert!(url.ends_with(&format!("&CurrentTime=2024-07-31+16%3A43%3A02{tail}")), "{url}");
    }
}

#[test]
fn after_a_connect_that_completed() {
    let legs = vec![leg("+919900000003", DialStatus::Completed, 58, Cause::NORMAL_CLEARING)];
    assert_eq!(
        asked(&dialled(DialStatus::Completed, 70, legs)),
        "https://crm.example/route?key=s3cret&CallSid=0f1e2d3c4b5a69788796a5b4c3d2187v&CallFrom=09900000001&CallTo=08000000002&CallStatus=completed&Direction=incoming&ForwardedFrom=null&Created=Wed%2C+31+Jul+2024+16%3A42%3A56&DialCallDuration=70&StartTime=2024-07-31+16%3A42%3A56&EndTime=1970-01-01+05%3A30%3A00&DialCallStatus=completed&CallType=completed&DialWhomNumber=09900000003&ProcessStatus=null&flow_id=11111&tenant_id=2222&From=09900000001&To=08000000002&CurrentTime=2024-07-31+16%3A43%3A02&OutgoingPhoneNumber=08000000002&Legs%5B0%5D%5BNumber%5D=09900000003&Legs%5B0%5D%5BType%5D=single&Legs%5B0%5D%5BOnCallDuration%5D=58&Legs%5B0%5D%5BCallerId%5D=08000000002&Legs%5B0%5D%5BCauseCode%5D=NORMAL_CLEARING&Legs%5B0%5D%5BCause%5D=16"
    );
}

#[test]
fn after_a_connect_that_nobody_answered() {
    let legs = vec![leg("+919900000003", DialStatus::NoAnswer, 0, Cause::NO_ANSWER)];
    assert_eq!(
        asked(&dialled(DialStatus::NoAnswer, 0, legs)),
        "https://crm.example/route?key=s3cret&CallSid=0f1e2d3c4b5a69788796a5b4c3d2187v&CallFrom=09900000001&CallTo=08000000002&CallStatus=in-progress&Direction=incoming&ForwardedFrom=null&Created=Wed%2C+31+Jul+2024+16%3A42%3A56&DialCallDuration=0&StartTime=2024-07-31+16%3A42%3A56&EndTime=1970-01-01+05%3A30%3A00&DialCallStatus=no-answer&CallType=incomplete&DialWhomNumber=09900000003&ProcessStatus=null&flow_id=11111&tenant_id=2222&From=09900000001&To=08000000002&CurrentTime=2024-07-31+16%3A43%3A02&OutgoingPhoneNumber=08000000002&Legs%5B0%5D%5BNumber%5D=09900000003&Legs%5B0%5D%5BType%5D=single&Legs%5B0%5D%5BOnCallDuration%5D=0&Legs%5B0%5D%5BCallerId%5D=08000000002&Legs%5B0%5D%5BCauseCode%5D=RING_TIMEOUT&Legs%5B0%5D%5BCause%5D=1003"
    );
}

#[test]
fn after_a_connect_to_somebody_busy() {
    let legs = vec![leg("sip:desk@pbx.example", DialStatus::Busy, 0, Cause::USER_BUSY)];
    assert_eq!(
        asked(&dialled(DialStatus::Busy, 0, legs)),
        "https://crm.example/route?key=s3cret&CallSid=0f1e2d3c4b5a69788796a5b4c3d2187v&CallFrom=09900000001&CallTo=08000000002&CallStatus=in-progress&Direction=incoming&ForwardedFrom=null&Created=Wed%2C+31+Jul+2024+16%3A42%3A56&DialCallDuration=0&StartTime=2024-07-31+16%3A42%3A56&EndTime=1970-01-01+05%3A30%3A00&DialCallStatus=busy&CallType=incomplete&DialWhomNumber=sip%3Adesk%40pbx.example&ProcessStatus=null&flow_id=11111&tenant_id=2222&From=09900000001&To=08000000002&CurrentTime=2024-07-31+16%3A43%3A02&OutgoingPhoneNumber=08000000002&Legs%5B0%5D%5BNumber%5D=sip%3Adesk%40pbx.example&Legs%5B0%5D%5BType%5D=single&Legs%5B0%5D%5BOnCallDuration%5D=0&Legs%5B0%5D%5BCallerId%5D=08000000002&Legs%5B0%5D%5BCauseCode%5D=USER_BUSY&Legs%5B0%5D%5BCause%5D=17"
    );
}

#[test]
fn after_a_connect_that_failed() {
    let legs = vec![leg("+919900000003", DialStatus::Failed, 0, Cause::UNALLOCATED_NUMBER)];
    assert_eq!(
        asked(&dialled(DialStatus::Failed, 0, legs)),
        "https://crm.example/route?key=s3cret&CallSid=0f1e2d3c4b5a69788796a5b4c3d2187v&CallFrom=09900000001&CallTo=08000000002&CallStatus=in-progress&Direction=incoming&ForwardedFrom=null&Created=Wed%2C+31+Jul+2024+16%3A42%3A56&DialCallDuration=0&StartTime=2024-07-31+16%3A42%3A56&EndTime=1970-01-01+05%3A30%3A00&DialCallStatus=failed&CallType=incomplete&DialWhomNumber=09900000003&ProcessStatus=null&flow_id=11111&tenant_id=2222&From=09900000001&To=08000000002&CurrentTime=2024-07-31+16%3A43%3A02&OutgoingPhoneNumber=08000000002&Legs%5B0%5D%5BNumber%5D=09900000003&Legs%5B0%5D%5BType%5D=single&Legs%5B0%5D%5BOnCallDuration%5D=0&Legs%5B0%5D%5BCallerId%5D=08000000002&Legs%5B0%5D%5BCauseCode%5D=UNALLOCATED_NUMBER&Legs%5B0%5D%5BCause%5D=1"
    );
}

#[test]
fn after_the_caller_gave_up_while_it_rang() {
    let legs = vec![leg("+919900000003", DialStatus::Canceled, 0, Cause::NORMAL_CLEARING)];
    let facts = CallFacts { ended: true, ..dialled(DialStatus::Canceled, 0, legs) };
    assert_eq!(
        asked(&facts),
        "https://crm.example/route?key=s3cret&CallSid=0f1e2d3c4b5a69788796a5b4c3d2187v&CallFrom=09900000001&CallTo=08000000002&CallStatus=completed&Direction=incoming&ForwardedFrom=null&Created=Wed%2C+31+Jul+2024+16%3A42%3A56&DialCallDuration=0&StartTime=2024-07-31+16%3A42%3A56&EndTime=1970-01-01+05%3A30%3A00&DialCallStatus=canceled&CallType=client-hangup&DialWhomNumber=09900000003&ProcessStatus=null&flow_id=11111&tenant_id=2222&From=09900000001&To=08000000002&CurrentTime=2024-07-31+16%3A43%3A02&OutgoingPhoneNumber=08000000002&Legs%5B0%5D%5BNumber%5D=09900000003&Legs%5B0%5D%5BType%5D=single&Legs%5B0%5D%5BOnCallDuration%5D=0&Legs%5B0%5D%5BCallerId%5D=08000000002&Legs%5B0%5D%5BCauseCode%5D=RING_TIMEOUT&Legs%5B0%5D%5BCause%5D=1003"
    );
}

#[test]
fn after_several_in_turn_and_a_gather_before() {
    let legs = vec![
        leg("sip:desk@pbx.example", DialStatus::Busy, 0, Cause::CALL_REJECTED),
        leg("08022222222", DialStatus::NoAnswer, 0, Cause::NO_ANSWER),
        leg("+919900000003", DialStatus::Completed, 10, Cause::NORMAL_CLEARING),
    ];
    let facts = CallFacts { digits: Some("1".into()), ended: true, ..dialled(DialStatus::Completed, 47, legs) };
    assert_eq!(
        asked(&facts),
        "https://crm.example/route?key=s3cret&CallSid=0f1e2d3c4b5a69788796a5b4c3d2187v&CallFrom=09900000001&CallTo=08000000002&CallStatus=completed&Direction=incoming&ForwardedFrom=null&Created=Wed%2C+31+Jul+2024+16%3A42%3A56&DialCallDuration=47&StartTime=2024-07-31+16%3A42%3A56&EndTime=1970-01-01+05%3A30%3A00&DialCallStatus=completed&CallType=completed&DialWhomNumber=09900000003&ProcessStatus=null&flow_id=11111&tenant_id=2222&From=09900000001&To=08000000002&CurrentTime=2024-07-31+16%3A43%3A02&digits=%221%22&OutgoingPhoneNumber=08000000002&Legs%5B0%5D%5BNumber%5D=sip%3Adesk%40pbx.example&Legs%5B0%5D%5BType%5D=single&Legs%5B0%5D%5BOnCallDuration%5D=0&Legs%5B0%5D%5BCallerId%5D=08000000002&Legs%5B0%5D%5BCauseCode%5D=USER_BUSY&Legs%5B0%5D%5BCause%5D=17&Legs%5B1%5D%5BNumber%5D=08022222222&Legs%5B1%5D%5BType%5D=single&Legs%5B1%5D%5BOnCallDuration%5D=0&Legs%5B1%5D%5BCallerId%5D=08000000002&Legs%5B1%5D%5BCauseCode%5D=RING_TIMEOUT&Legs%5B1%5D%5BCause%5D=1003&Legs%5B2%5D%5BNumber%5D=09900000003&Legs%5B2%5D%5BType%5D=single&Legs%5B2%5D%5BOnCallDuration%5D=10&Legs%5B2%5D%5BCallerId%5D=08000000002&Legs%5B2%5D%5BCauseCode%5D=NORMAL_CLEARING&Legs%5B2%5D%5BCause%5D=16"
    );
}

#[test]
fn after_a_connect_with_nobody_to_ring() {
    assert_eq!(
        asked(&dialled(DialStatus::Failed, 0, Vec::new())),
        "https://crm.example/route?key=s3cret&CallSid=0f1e2d3c4b5a69788796a5b4c3d2187v&CallFrom=09900000001&CallTo=08000000002&CallStatus=in-progress&Direction=incoming&ForwardedFrom=null&Created=Wed%2C+31+Jul+2024+16%3A42%3A56&DialCallDuration=0&StartTime=2024-07-31+16%3A42%3A56&EndTime=1970-01-01+05%3A30%3A00&DialCallStatus=failed&CallType=incomplete&DialWhomNumber=&ProcessStatus=null&flow_id=11111&tenant_id=2222&From=09900000001&To=08000000002&CurrentTime=2024-07-31+16%3A43%3A02&OutgoingPhoneNumber=08000000002"
    );
}

#[test]
fn who_ended_a_leg_is_said_where_accounts_know_it() {
    let recent = Profile { send_disconnected_by: true, ..profile() };
    let legs = vec![
        LegFacts {
            parallel: true,
            by: EndedBy::Us,
            ..leg("+919900000004", DialStatus::Canceled, 0, Cause::NON_SELECTED_USER_CLEARING)
        },
        LegFacts { parallel: true, ..leg("+919900000003", DialStatus::Completed, 58, Cause::NORMAL_CLEARING) },
    ];
    let url = url(USER_URL, &dialled(DialStatus::Completed, 70, legs), &recent, time("2024-07-31T11:13:02Z"));
    let (_, tail) = url.split_once("&OutgoingPhoneNumber=").expect("after the legs");
    assert_eq!(
        tail,
        "08000000002&Legs%5B0%5D%5BNumber%5D=09900000004&Legs%5B0%5D%5BType%5D=parallel&Legs%5B0%5D%5BOnCallDuration%5D=0&Legs%5B0%5D%5BCallerId%5D=08000000002&Legs%5B0%5D%5BCauseCode%5D=NON_SELECTED_USER_CLEARING&Legs%5B0%5D%5BCause%5D=26&Legs%5B0%5D%5BDisconnectedBy%5D=Exotel&Legs%5B1%5D%5BNumber%5D=09900000003&Legs%5B1%5D%5BType%5D=parallel&Legs%5B1%5D%5BOnCallDuration%5D=58&Legs%5B1%5D%5BCallerId%5D=08000000002&Legs%5B1%5D%5BCauseCode%5D=NORMAL_CLEARING&Legs%5B1%5D%5BCause%5D=16&Legs%5B1%5D%5BDisconnectedBy%5D=Callee"
    );
    assert!(url.contains("&DialWhomNumber=09900000003&"), "{url}");
}

#[test]
fn the_settings_that_leave_keys_out() {
    let bare = Profile { send_status: false, send_deprecated: false, ..profile() };
    let legs = vec![leg("+919900000003", DialStatus::Completed, 58, Cause::NORMAL_CLEARING)];
    assert_eq!(
        url("http://crm.example/", &dialled(DialStatus::Completed, 70, legs), &bare, time("2024-07-31T11:13:02Z")),
        "http://crm.example/?CallSid=0f1e2d3c4b5a69788796a5b4c3d2187v&CallFrom=09900000001&CallTo=08000000002&Direction=incoming&Created=Wed%2C+31+Jul+2024+16%3A42%3A56&DialCallDuration=70&StartTime=2024-07-31+16%3A42%3A56&EndTime=1970-01-01+05%3A30%3A00&DialCallStatus=completed&CallType=completed&DialWhomNumber=09900000003&From=09900000001&To=08000000002&CurrentTime=2024-07-31+16%3A43%3A02&OutgoingPhoneNumber=08000000002&Legs%5B0%5D%5BNumber%5D=09900000003&Legs%5B0%5D%5BType%5D=single&Legs%5B0%5D%5BOnCallDuration%5D=58&Legs%5B0%5D%5BCallerId%5D=08000000002&Legs%5B0%5D%5BCauseCode%5D=NORMAL_CLEARING&Legs%5B0%5D%5BCause%5D=16"
    );
}

#[test]
fn the_settings_of_form_e164_and_zone() {
    let abroad = Profile {
        number_format: NumberFormat::E164,
        country_code: CountryCode::new("1").expect("a country code"),
        zone: exotel::time::zone("America/New_York").expect("a zone"),
        ..profile()
    };
    let facts = CallFacts {
        direction: Direction::Outgoing,
        from: "anonymous".into(),
        to: "100".into(),
        custom_field: Some("order 7/~é".into()),
        digits: Some("9".into()),
        ..ringing()
    };
    assert_eq!(
        url("https://u:p@crm.example/calls#x", &facts, &abroad, time("2024-07-31T11:13:02Z")),
        "https://u:p@crm.example/calls?CallSid=0f1e2d3c4b5a69788796a5b4c3d2187v&CallFrom=anonymous&CallTo=100&CallStatus=ringing&Direction=outbound-dial&Created=Wed%2C+31+Jul+2024+07%3A12%3A56&DialCallDuration=0&StartTime=2024-07-31+07%3A12%3A56&EndTime=1969-12-31+19%3A00%3A00&CallType=call-attempt&DialWhomNumber=&flow_id=11111&tenant_id=2222&From=anonymous&To=100&CurrentTime=2024-07-31+07%3A13%3A02&digits=%229%22&CustomField=order+7%2F%7E%C3%A9"
    );
    let e164 = Profile { number_format: NumberFormat::E164, ..profile() };
    let url = url(USER_URL, &ringing(), &e164, time("2024-07-31T11:13:02Z"));
    assert!(url.contains("&CallFrom=%2B919900000001&CallTo=%2B918000000002&"), "{url}");
    assert!(url.contains("&From=%2B919900000001&To=%2B918000000002&"), "{url}");
}

#[test]
fn a_caller_who_left_before_the_answer() {
    let url = asked(&CallFacts { ended: true, ..ringing() });
    assert!(url.contains("&CallStatus=canceled&"), "{url}");
}

#[test]
fn a_callers_text_cannot_add_parameters_or_lines() {
    let facts = CallFacts { from: "x&CallTo=1#\r\nHost: evil?=".into(), ..ringing() };
    let url = asked(&facts);
    assert!(url.contains("&CallFrom=x%26CallTo%3D1%23%0D%0AHost%3A+evil%3F%3D&CallTo=08000000002&"), "{url}");
    assert!(url.bytes().all(|byte| byte.is_ascii_graphic()), "{url}");
}

#[test]
fn a_recording_has_its_link_and_its_promise() {
    let links = Links::new("https://voice.example", [7; 32], VALIDITY);
    let profile = Profile { recordings: Some(links), ..profile() };
    let recording = RecordingFacts { name: RecordingName::new([1; 16]), mp3: true, duration: Duration::from_secs(58) };
    let legs = vec![leg("+919900000003", DialStatus::Completed, 58, Cause::NORMAL_CLEARING)];
    let talked = CallFacts { recording: Some(recording.clone()), ..dialled(DialStatus::Completed, 70, legs) };
    let message = CallFacts { recording: Some(recording), voicemail: true, ..talked.clone() };
    let nothing = CallFacts { recording: None, ..message.clone() };
    let asked = |facts| url(USER_URL, facts, &profile, time("2024-07-31T11:13:02Z"));
    expect!["https://crm.example/route?key=s3cret&CallSid=0f1e2d3c4b5a69788796a5b4c3d2187v&CallFrom=09900000001&CallTo=08000000002&CallStatus=completed&Direction=incoming&ForwardedFrom=null&Created=Wed%2C+31+Jul+2024+16%3A42%3A56&DialCallDuration=70&RecordingUrl=https%3A%2F%2Fvoice.example%2Frecordings%2F01010101010101010101010101010101.mp3%3Fexpires%3D1722427982%26sig%3De6f7abd7ca48609cef4b85947f4d53d453fb431810ec61fbbec18d300a6fff6f&StartTime=2024-07-31+16%3A42%3A56&EndTime=1970-01-01+05%3A30%3A00&DialCallStatus=completed&CallType=completed&DialWhomNumber=09900000003&ProcessStatus=null&flow_id=11111&tenant_id=2222&From=09900000001&To=08000000002&RecordingAvailableBy=Wed%2C+31+Jul+2024+16%3A48%3A02&CurrentTime=2024-07-31+16%3A43%3A02&OutgoingPhoneNumber=08000000002&Legs%5B0%5D%5BNumber%5D=09900000003&Legs%5B0%5D%5BType%5D=single&Legs%5B0%5D%5BOnCallDuration%5D=58&Legs%5B0%5D%5BCallerId%5D=08000000002&Legs%5B0%5D%5BCauseCode%5D=NORMAL_CLEARING&Legs%5B0%5D%5BCause%5D=16"].assert_eq(&asked(&talked));
    expect!["https://crm.example/route?key=s3cret&CallSid=0f1e2d3c4b5a69788796a5b4c3d2187v&CallFrom=09900000001&CallTo=08000000002&CallStatus=completed&Direction=incoming&Created=Wed%2C+31+Jul+2024+16%3A42%3A56&DialCallDuration=0&RecordingUrl=https%3A%2F%2Fvoice.example%2Frecordings%2F01010101010101010101010101010101.mp3%3Fexpires%3D1722427982%26sig%3De6f7abd7ca48609cef4b85947f4d53d453fb431810ec61fbbec18d300a6fff6f&StartTime=2024-07-31+16%3A42%3A56&EndTime=1970-01-01+05%3A30%3A00&CallType=voicemail&DialWhomNumber=09900000003&flow_id=11111&tenant_id=2222&From=09900000001&To=08000000002&RecordingAvailableBy=Wed%2C+31+Jul+2024+16%3A48%3A02&CurrentTime=2024-07-31+16%3A43%3A02"].assert_eq(&asked(&message));
    expect!["https://crm.example/route?key=s3cret&CallSid=0f1e2d3c4b5a69788796a5b4c3d2187v&CallFrom=09900000001&CallTo=08000000002&CallStatus=completed&Direction=incoming&Created=Wed%2C+31+Jul+2024+16%3A42%3A56&DialCallDuration=0&StartTime=2024-07-31+16%3A42%3A56&EndTime=1970-01-01+05%3A30%3A00&CallType=voicemail&DialWhomNumber=09900000003&flow_id=11111&tenant_id=2222&From=09900000001&To=08000000002&CurrentTime=2024-07-31+16%3A43%3A02"].assert_eq(&asked(&nothing));
}
