//! What a parameter means, in a few words, where its name or its value says something else (`exotel.md` 1.4 to 1.10, 1.12 and 4.7).

use model::Cause;

/// What a reader of a request should know of one of its parameters; nothing where it says all by itself.
pub fn explain(name: &str, value: &str) -> Option<String> {
    if let Some(key) = leg_key(name) {
        return leg(key, value);
    }
    let words = match (name, value) {
        ("CallSid", _) => "the call; its last character runs from 0 to v, so it is not hex",
        ("CallFrom" | "From", _) => "the caller; of a call that the API started, who was rung first",
        ("CallTo", _) => "the number of yours that the call is of",
        ("To", _) => "the number of yours, as a rule; CallTo always is",
        ("CallStatus", "ringing") => "not answered yet",
        ("CallStatus", "in-progress") => "answered, and the caller is there",
        ("CallStatus", "completed") => "a conversation took place, or the caller has gone",
        ("CallStatus", "canceled") => "the caller has gone before the answer",
        ("Direction", "outbound-dial") => "the API started the call",
        ("Created" | "StartTime", _) => "when the call began; local time, the zone is not told",
        ("CurrentTime", _) => "when this request was made; the same zone",
        ("EndTime", value) if is_never(value) => "never known while the call goes on: always this value in a Passthru",
        ("DialCallDuration", "0") => "seconds; 0 if nobody answered, however long it rang",
        ("DialCallDuration", _) => "seconds of ringing and talk together; Legs[i][OnCallDuration] is the talk alone",
        ("CallType", "call-attempt") => "nobody has been connected yet; says nothing of success",
        ("CallType", "completed") => "the caller talked with somebody",
        ("CallType", "client-hangup") => "the caller hung up while it rang",
        ("CallType", "incomplete") => "nobody talked with the caller; DialCallStatus says why",
        ("CallType", "voicemail") => "the caller was asked for a message",
        ("DialCallStatus", "completed") => "a conversation took place",
        ("DialCallStatus", "busy") => "busy, or turned the call down",
        ("DialCallStatus", "no-answer") => "rang, and nobody picked up",
        ("DialCallStatus", "failed") => "could not be reached; Legs[i][CauseCode] says why",
        ("DialCallStatus", "canceled") => "the caller hung up while it rang",
        ("DialWhomNumber", "") => "empty until somebody has been dialled",
        ("DialWhomNumber", _) => "who talked, else who was dialled last",
        ("digits", value) => return Some(digits(value)),
        ("ForwardedFrom" | "ProcessStatus", "null") => "deprecated; the word null, not an empty value",
        ("ForwardedFrom" | "ProcessStatus" | "flow_id" | "tenant_id", _) => "deprecated, still sent",
        ("RecordingUrl", _) => "the file may not be there yet: try again until RecordingAvailableBy",
        ("RecordingAvailableBy", _) => "by when the recording is promised; written as Created is",
        ("OutgoingPhoneNumber", _) => "the number that was shown to those who were dialled",
        ("Stream[StreamSID]", _) => "the stream's id, as the application was told it",
        ("Stream[Status]", "completed") => "the application closed the connection, or the flow ended the stream",
        ("Stream[Status]", "failed") => "the application could not be reached, or the connection broke",
        ("Stream[Status]", "cancelled") => "the caller hung up",
        ("Stream[Duration]", _) => "seconds that the application heard the call",
        ("Stream[RecordingUrl]", _) => "what both said; the file may not be there yet",
        ("Stream[StreamUrl]", _) => "the WebSocket that was used",
        ("Stream[DisconnectedBy]", "user") => "the caller ended the stream",
        ("Stream[DisconnectedBy]", "bot") => "the application ended the stream",
        ("Stream[DisconnectedBy]", "NA") => "neither the caller nor the application ended the stream",
        ("Stream[Error]", _) => "what went wrong, after a number: 3009 is a connection that failed",
        ("Stream[DetailedStatus]", "Streaming_call_throttled") => "there were as many streams as there may be",
        ("CustomField", _) => "what the API was given when it started the call",
        ("EventType", "Dial" | "Ringing") => "of one agent: is rung",
        ("EventType", "Answered") => "of one agent: talks from now on",
        ("EventType", "Terminal") => "of one agent: is done with the call",
        ("EventType", "answered") => "of the StatusCallback: a party has answered",
        ("EventType", "terminal") => "of the StatusCallback: the call is over",
        ("Status", "free" | "busy") => "of the agent, not of the call",
        ("PhoneNumberSid", _) => "a number of yours, not an id",
        ("ConversationDuration", _) => "seconds in which both parties talked",
        _ => return None,
    };
    Some(words.to_owned())
}

/// Second 0 of Unix time in any zone, and the zeros that old accounts have.
fn is_never(value: &str) -> bool {
    ["1970-01-01 ", "1969-12-31 ", "0000-00-00 "].iter().any(|day| value.starts_with(day))
}

fn digits(value: &str) -> String {
    match value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some("") => "no key was pressed; the double quotes are there all the same".to_owned(),
        Some(keys) => format!("the double quotes are part of the value: take them off to have {keys}"),
        None => "the keys, without the double quotes that a Passthru puts around them".to_owned(),
    }
}

/// The `Cause` of `Legs[0][Cause]`.
fn leg_key(name: &str) -> Option<&str> {
    let (number, key) = name.strip_prefix("Legs[")?.split_once("][")?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    key.strip_suffix(']').filter(|_| is_number)
}

fn leg(key: &str, value: &str) -> Option<String> {
    let words = match (key, value) {
        ("Number", _) => "who was dialled; Legs counts attempts from 0",
        ("Type", "single") => "rung alone",
        ("Type", "parallel") => "rung at the same time as others",
        ("OnCallDuration", _) => "seconds of talk alone, without ringing",
        ("CallerId", _) => "the number that this party was shown",
        ("CauseCode", _) => "the name of the cause, whatever `Code` suggests; its number is in Cause",
        ("Cause", value) => return Some(cause(value)),
        ("DisconnectedBy", "Exotel") => "the server itself ended this leg",
        ("DisconnectedBy", "Operator") => "the network ended this leg, not a person",
        ("AnsweredBy", "NA") => "nobody listened whether a human or a machine answered",
        _ => return None,
    };
    Some(words.to_owned())
}

fn cause(value: &str) -> String {
    match value.parse::<u32>() {
        Ok(1003) => "the number of the cause, the vendor's own: it rang out; its name is in CauseCode".to_owned(),
        Ok(number) => {
            let name = u8::try_from(number).ok().and_then(|number| Cause(number).name());
            let meaning = name.map(|name| format!(" by Q.850, {name}")).unwrap_or_default();
            format!("the number of the cause{meaning}; its name is in CauseCode")
        }
        Err(_) => "the number of the cause belongs here, its name into CauseCode".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_that_mislead_are_explained() {
        let rows = [
            ("digits", "\"12\"", "take them off to have 12"),
            ("digits", "\"\"", "no key was pressed"),
            ("digits", "1", "without the double quotes"),
            ("EndTime", "1970-01-01 05:30:00", "always this value in a Passthru"),
            ("EndTime", "1969-12-31 19:00:00", "always this value in a Passthru"),
            ("DialCallDuration", "0", "however long it rang"),
            ("DialCallDuration", "70", "ringing and talk together"),
            ("CallType", "call-attempt", "nobody has been connected yet"),
            ("CallType", "client-hangup", "hung up while it rang"),
            ("Legs[0][CauseCode]", "USER_BUSY", "its number is in Cause"),
            ("Legs[0][Cause]", "17", "the number of the cause by Q.850, USER_BUSY; its name is in CauseCode"),
            ("Legs[12][Cause]", "1003", "the vendor's own"),
            ("Legs[0][Cause]", "USER_BUSY", "its name into CauseCode"),
            ("Legs[0][Cause]", "99999", "the number of the cause; its name"),
            ("Legs[1][OnCallDuration]", "58", "talk alone"),
            ("ForwardedFrom", "null", "the word null"),
            ("DialWhomNumber", "", "empty until"),
            ("Status", "busy", "of the agent"),
        ];
        for (name, value, part) in rows {
            let words = explain(name, value).unwrap_or_default();
            assert!(words.contains(part), "{name}={value}: {words}");
        }
    }

    #[test]
    fn what_says_all_by_itself_or_is_the_users_own_is_left_alone() {
        let rows = [
            ("key", "s3cret"),
            ("EndTime", "2026-11-24 10:00:09"),
            ("CallType", "other"),
            ("Direction", "incoming"),
            ("Legs[x][Cause]", "17"),
            ("Legs[][Cause]", "17"),
            ("Legs[0][Status]", "completed"),
            ("Legs[0", ""),
            ("Status", "completed"),
        ];
        for (name, value) in rows {
            assert_eq!(explain(name, value), None, "{name}={value}");
        }
    }
}
