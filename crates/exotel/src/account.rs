//! The account that the API speaks of: its name, how it writes things, and its small resources (`exotel.md` 4.8).

use std::ops::RangeInclusive;

use jiff::Timestamp;
use model::FlowId;
use serde_json::{Value, json};

use crate::failure::Failure;
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
    /// `[callout] https_only`: no URL of a call may be asked without TLS.
    pub https_only: bool,
}

impl Account {
    /// An account whose URLs may be http or https.
    pub fn new(sid: impl Into<String>, profile: Profile) -> Self {
        Self { sid: sid.into(), profile, https_only: false }
    }

    /// The account itself. Clients look no further than the status.
    pub fn tree(&self) -> Value {
        let uri = format!("/v1/Accounts/{}", self.sid);
        json!({ "Account": { "Sid": self.sid, "FriendlyName": self.sid, "Status": "active", "Uri": uri } })
    }

    /// A page of the account's numbers, each with the flow that answers it; by their digits, so that no page has what another has.
    pub fn numbers(&self, mut numbers: Vec<(String, FlowId)>, page: &NumberPage) -> Value {
        numbers.sort_by_cached_key(|(number, _)| self.number_sid(number));
        let size = page.size.unwrap_or(numbers.len());
        let those = numbers.iter().skip(page.number.saturating_mul(size)).take(size);
        let shown: Vec<Value> = those.map(|(number, flow)| self.number(number, *flow)).collect();
        json!({ "page": page.number, "page_size": size, "incoming_phone_numbers": shown })
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
    pub fn number_data(&self, number: &str) -> Result<Value, Failure> {
        let international = number::normalise(number, &self.profile.country_code);
        if !number::is_dialled(&international) {
            let why = format!("`{number}` is no telephone number; write one like +919900000001 or 09900000001");
            return Err(Failure::parameter("Numbers", why));
        }
        let kind = international.strip_prefix("+91").map(|rest| match rest.as_bytes().first() {
            Some(b'6'..=b'9') => "Mobile",
            _ => "Landline",
        });
        Ok(json!({ "Numbers": {
            "PhoneNumber": self.profile.number(number),
            "Circle": null,
            "CircleName": null,
            "Type": kind,
            "Operator": null,
            "OperatorName": null,
            "DND": "Unavailable",
        } }))
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

/// Numbers on a page, at most; without `page_size` all are on one.
pub const NUMBERS_A_PAGE: usize = 1000;

/// Which of the account's numbers are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberPage {
    /// The page, from 0.
    number: usize,
    /// Numbers on it; `None` for all.
    size: Option<usize>,
}

impl NumberPage {
    /// As `page` and `page_size` say.
    pub fn of(parameters: &[(String, String)]) -> Result<Self, Failure> {
        let given = |name: &str| parameters.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        let count = |name: &str, allowed: RangeInclusive<usize>| -> Result<Option<usize>, Failure> {
            let Some((_, text)) = given(name) else { return Ok(None) };
            let count = text.parse().ok().filter(|count| allowed.contains(count));
            let why = || format!("`{text}` is no number from {} to {}", allowed.start(), allowed.end());
            count.map(Some).ok_or_else(|| Failure::parameter(name, why()))
        };
        let number = count("page", 0..=u32::MAX as usize)?.unwrap_or_default();
        Ok(Self { number, size: count("page_size", 1..=NUMBERS_A_PAGE)? })
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
        let account = Account::new("acct1", Profile::default());
        let json = |tree: &Value| Format::Json.write(tree).replace("\\/", "/");
        assert_eq!(
            json(&account.tree()),
            r#"{"Account":{"Sid":"acct1","FriendlyName":"acct1","Status":"active","Uri":"/v1/Accounts/acct1"}}"#
        );
        let numbers = vec![("+918044444444".to_owned(), FlowId::new(4711).unwrap())];
        assert_eq!(
            json(&account.numbers(numbers, &NumberPage::default())),
            r#"{"page":0,"page_size":1,"incoming_phone_numbers":[{"sid":"918044444444","phone_number":"+918044444444","friendly_name":"08044444444","capabilities":{"voice":true,"sms":false},"country":"IN","region":null,"voice_url":"http://my.exotel.com/acct1/exoml/start_voice/4711","sms_url":null}]}"#
        );
        assert_eq!(
            json(&account.number_data("+919900000001").unwrap()),
            r#"{"Numbers":{"PhoneNumber":"09900000001","Circle":null,"CircleName":null,"Type":"Mobile","Operator":null,"OperatorName":null,"DND":"Unavailable"}}"#
        );
        let kind = |number| account.number_data(number).map(|tree| tree["Numbers"]["Type"].clone());
        assert_eq!(kind("01144444444"), Ok(json!("Landline")));
        for known_only_as_a_number in ["+442071838750", "121"] {
            assert_eq!(kind(known_only_as_a_number), Ok(Value::Null), "{known_only_as_a_number}");
        }
        for none in ["abc", "", "+", "0990000000x", "1234567890123456", "9-9"] {
            assert_eq!(kind(none).unwrap_err().status, 400, "{none}");
        }
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

    #[test]
    fn numbers_come_in_pages_by_their_digits() {
        let account = Account::new("acct1", Profile::default());
        let flow = FlowId::new(4711).unwrap();
        let numbers: Vec<_> =
            ["+918044444443", "08044444441", "+918044444442"].map(|it| (it.to_owned(), flow)).to_vec();
        let page = |query: &[(&str, &str)]| {
            let query: Vec<_> = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let shown = NumberPage::of(&query).map(|page| account.numbers(numbers.clone(), &page))?;
            let digits = shown["incoming_phone_numbers"].as_array().unwrap().iter().map(|it| it["sid"].to_string());
            let last: String = digits.filter_map(|sid| sid.trim_matches('"').chars().last()).collect();
            Ok::<_, Failure>((shown["page"].clone(), shown["page_size"].clone(), last))
        };
        for (query, expected) in [
            (vec![], (0, 3, "123")),
            (vec![("page_size", "2")], (0, 2, "12")),
            (vec![("page_size", "2"), ("Page", "1")], (1, 2, "3")),
            (vec![("page_size", "1000"), ("page", "4294967295")], (4_294_967_295_u32, 1000, "")),
            (vec![("page", "1")], (1, 3, "")),
        ] {
            let (number, size, last) = expected;
            assert_eq!(page(&query), Ok((json!(number), json!(size), last.to_owned())), "{query:?}");
        }
        for wrong in [("page", "x"), ("page", "-1"), ("page_size", "0"), ("page_size", "1001"), ("page_size", "")] {
            let failure = page(&[wrong]).unwrap_err();
            assert!(failure.status == 400 && failure.message.starts_with(wrong.0), "{wrong:?}: {failure:?}");
        }
    }
}
