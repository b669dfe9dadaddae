//! The account that the API speaks of: its name, how it writes things, and its small resources (`exotel.md` 4.8).

use jiff::Timestamp;
use model::FlowId;
use serde_json::{Value, json};

use crate::number::NumberFormat;
use crate::passthru::Profile;
use crate::{flow_url, number, time};

/// The account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its name in paths and answers.
    pub sid: String,
    /// How its numbers and times are written.
    pub profile: Profile,
}

impl Account {
    /// The account itself. Clients look no further than the status.
    pub fn tree(&self) -> Value {
        let uri = format!("/v1/Accounts/{}", self.sid);
        json!({ "Account": { "Sid": self.sid, "FriendlyName": self.sid, "Status": "active", "Uri": uri } })
    }

    /// The account's numbers, each with the flow that answers it.
    pub fn numbers(&self, numbers: &[(String, FlowId)]) -> Value {
        let shown: Vec<Value> = numbers.iter().map(|(number, flow)| self.number(number, *flow)).collect();
        json!({ "page": 0, "page_size": shown.len(), "incoming_phone_numbers": shown })
    }

    /// One number. Clients find it by `friendly_name`, which is the number as a `CallerId` is written.
    pub fn number(&self, number: &str, flow: FlowId) -> Value {
        let home = &self.profile.country_code;
        let international = number::write(number, home, NumberFormat::E164);
        let voice_url = flow_url::write(&self.sid, flow);
        json!({
            "sid": self.number_sid(number),
            "phone_number": international,
            "friendly_name": number::write(number, home, NumberFormat::National0),
            "capabilities": { "voice": true, "sms": false },
            "country": (home.to_string() == "91").then_some("IN"),
            "region": null,
            "voice_url": voice_url,
            "sms_url": null,
        })
    }

    /// The name of a number: its digits.
    pub fn number_sid(&self, number: &str) -> String {
        number::normalise(number, &self.profile.country_code).trim_start_matches('+').to_owned()
    }

    /// What is known of somebody's number: its kind, as far as the first digit tells in India. Nobody is asked for the rest.
    pub fn number_data(&self, number: &str) -> Value {
        let international = number::normalise(number, &self.profile.country_code);
        let kind = international.strip_prefix("+91").map(|rest| match rest.as_bytes().first() {
            Some(b'6'..=b'9') => "Mobile",
            _ => "Landline",
        });
        json!({ "Numbers": {
            "PhoneNumber": self.profile.number(number),
            "Circle": null,
            "CircleName": null,
            "Type": kind,
            "Operator": null,
            "OperatorName": null,
            "DND": "Unavailable",
        } })
    }

    /// How well the numbers are: those here cannot be called, or cannot call.
    pub fn heartbeat(&self, incoming_affected: &[String], now: Timestamp) -> Value {
        let status = if incoming_affected.is_empty() { "OK" } else { "WARNING" };
        let affected: Vec<String> = incoming_affected.iter().map(|number| self.profile.number(number)).collect();
        json!({
            "timestamp": time::short(now, &self.profile.zone),
            "status_type": status,
            "incoming_affected": affected,
            "outgoing_affected": [],
            "data": null,
        })
    }
}

/// Streams under way, and how many there may be.
pub fn active_streams(count: u64, limit: u64) -> Value {
    json!({ "Stream": { "ActiveStreamCount": count, "ThrottleLimit": limit } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Format;

    #[test]
    fn each_resource_has_the_vendors_shape() {
        let account = Account { sid: "acct1".into(), profile: Profile::default() };
        let json = |tree: &Value| Format::Json.write(tree).replace("\\/", "/");
        assert_eq!(
            json(&account.tree()),
            r#"{"Account":{"Sid":"acct1","FriendlyName":"acct1","Status":"active","Uri":"/v1/Accounts/acct1"}}"#
        );
        let numbers = [("+918044444444".to_owned(), FlowId::new(4711).unwrap())];
        assert_eq!(
            json(&account.numbers(&numbers)),
            r#"{"page":0,"page_size":1,"incoming_phone_numbers":[{"sid":"918044444444","phone_number":"+918044444444","friendly_name":"08044444444","capabilities":{"voice":true,"sms":false},"country":"IN","region":null,"voice_url":"http://my.exotel.com/acct1/exoml/start_voice/4711","sms_url":null}]}"#
        );
        assert_eq!(
            json(&account.number_data("+919900000001")),
            r#"{"Numbers":{"PhoneNumber":"09900000001","Circle":null,"CircleName":null,"Type":"Mobile","Operator":null,"OperatorName":null,"DND":"Unavailable"}}"#
        );
        assert_eq!(account.number_data("01144444444")["Numbers"]["Type"], "Landline");
        assert_eq!(account.number_data("+442071838750")["Numbers"]["Type"], Value::Null);
        let now = "2026-11-23T04:30:00Z".parse().unwrap();
        assert_eq!(
            json(&account.heartbeat(&["+918044444444".to_owned()], now)),
            r#"{"timestamp":"2026-11-23 10:00:00","status_type":"WARNING","incoming_affected":["08044444444"],"outgoing_affected":[],"data":null}"#
        );
        assert_eq!(account.heartbeat(&[], now)["status_type"], "OK");
        assert_eq!(
            Format::Xml.write(&active_streams(3, 100)).lines().last(),
            Some(
                "<TwilioResponse><Stream><ActiveStreamCount>3</ActiveStreamCount><ThrottleLimit>100</ThrottleLimit></Stream></TwilioResponse>"
            )
        );
    }
}
