//! What a client says when it asks for calls that were: the query of one call (`exotel.md` 4.5) and of many (4.6). Names are taken in
//! any case, and those that are not known are passed over.

use std::ops::RangeInclusive;

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use model::{CallSearch, CallSid, CallStatus, Direction};

use crate::account::Account;
use crate::failure::Failure;
use crate::number;

/// Calls on a page that asks for no number, and at most.
pub const CALLS_BY_DEFAULT: usize = 50;
/// See [`CALLS_BY_DEFAULT`].
pub const CALLS_A_PAGE: usize = 100;

/// Calls and numbers that one query may name.
const SIDS: usize = 100;
const NUMBERS: usize = 5;

/// Minutes that the link of a recording may be good for.
const VALIDITY: RangeInclusive<u32> = 5..=60;

/// The statuses that a call can have.
const STATUSES: [(&str, &[CallStatus]); 8] = [
    ("queued", &[]),
    ("canceled", &[]),
    ("ringing", &[CallStatus::Ringing]),
    ("in-progress", &[CallStatus::InProgress]),
    ("completed", &[CallStatus::Completed]),
    ("failed", &[CallStatus::Failed]),
    ("busy", &[CallStatus::Busy]),
    ("no-answer", &[CallStatus::NoAnswer]),
];

const DIRECTIONS: [(&str, &[Direction]); 3] = [
    ("inbound", &[Direction::Incoming]),
    ("outbound-api", &[Direction::Outgoing]),
    ("outbound-dial", &[]), // calls of agents' own, which begin here as calls to us
];

/// How one call is to be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct One {
    /// With what became of its parties.
    pub details: bool,
    /// With a link to its recording that is good for so many minutes.
    pub validity: Option<u32>,
}

/// Reads the query of one call.
pub fn one(parameters: &[(String, String)]) -> Result<One, Failure> {
    let validity = text(parameters, "RecordingUrlValidity").map(|minutes| {
        let good = minutes.parse().ok().filter(|minutes| VALIDITY.contains(minutes));
        let (least, most) = VALIDITY.into_inner();
        good.ok_or_else(|| {
            Failure::parameter("RecordingUrlValidity", format_args!("`{minutes}` is not {least} to {most} minutes"))
        })
    });
    Ok(One { details: flag(parameters, "details")?, validity: validity.transpose()? })
}

/// Which calls, and how they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Many {
    /// Which.
    pub search: CallSearch,
    /// Whether it asks for what no call here can be: a price, or a status that none has.
    pub nothing: bool,
    /// Calls on the page.
    pub page_size: usize,
    /// The page before this place.
    pub before: Option<String>,
    /// The page after this place.
    pub after: Option<String>,
    /// With what became of their parties.
    pub details: bool,
}

/// Reads the query of many calls.
pub fn many(parameters: &[(String, String)], account: &Account) -> Result<Many, Failure> {
    let sids = list(parameters, "Sid", SIDS)?;
    let numbers = |name| -> Result<Vec<String>, Failure> {
        let normal = |text: &str| number::normalise(text, &account.profile.country_code);
        Ok(list(parameters, name, NUMBERS)?.into_iter().map(normal).collect())
    };
    let (statuses, no_status) = words(parameters, "Status", &STATUSES)?;
    let (directions, no_direction) = words(parameters, "Direction", &DIRECTIONS)?;
    let moment = |text: &str| moment(text, account);
    let (since, last) = bounds(parameters, "DateCreated", "gte:2026-11-23 10:00:00", moment)?;
    let (at_least, at_most) = bounds(parameters, "Duration", "gte:10s;lte:45s", seconds)?;
    let (cheapest, dearest) = bounds(parameters, "Price", "gte:0.10;lte:1.0", |text| text.parse::<f64>().ok())?;
    let search = CallSearch {
        sids: sids.into_iter().map(CallSid::new).collect(),
        from: numbers("From")?,
        to: numbers("To")?,
        lines: numbers("PhoneNumber")?,
        statuses,
        directions,
        since,
        until: last.map(|last| last.saturating_add(SignedDuration::from_secs(1)).unwrap_or(Timestamp::MAX)),
        at_least,
        at_most,
        oldest_first: oldest_first(parameters)?,
    };
    let (before, after) = (text(parameters, "Before"), text(parameters, "After"));
    if before.is_some() && after.is_some() {
        return Err(Failure::parameter("Before", "give either Before or After"));
    }
    Ok(Many {
        search,
        nothing: no_status || no_direction || cheapest.is_some() || dearest.is_some(),
        page_size: page_size(parameters)?,
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
        details: flag(parameters, "details")?,
    })
}

fn text<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let values = parameters.iter().rev().filter(|(given, _)| given.eq_ignore_ascii_case(name));
    values.map(|(_, value)| value.trim()).find(|value| !value.is_empty())
}

fn flag(parameters: &[(String, String)], name: &str) -> Result<bool, Failure> {
    match text(parameters, name).map(str::to_ascii_lowercase).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(Failure::parameter(name, format_args!("`{other}` is neither true nor false"))),
    }
}

fn list<'a>(parameters: &'a [(String, String)], name: &str, most: usize) -> Result<Vec<&'a str>, Failure> {
    let items = text(parameters, name).into_iter().flat_map(|text| text.split(','));
    let items: Vec<&str> = items.map(str::trim).filter(|item| !item.is_empty()).collect();
    if items.len() > most {
        return Err(Failure::parameter(name, format_args!("{} are more than {most}; ask in parts", items.len())));
    }
    Ok(items)
}

/// What these words stand for, and whether they all stand for nothing.
fn words<T: Copy>(
    parameters: &[(String, String)],
    name: &str,
    known: &[(&str, &[T])],
) -> Result<(Vec<T>, bool), Failure> {
    let given = list(parameters, name, known.len())?;
    let mut found = Vec::new();
    for word in &given {
        let means = known.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, means)| *means);
        found.extend(means.ok_or_else(|| {
            let all: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
            Failure::parameter(name, format_args!("`{word}` is not one of {}", all.join(", ")))
        })?);
    }
    let nothing = found.is_empty() && !given.is_empty();
    Ok((found, nothing))
}

/// The least and the most of `gte:A;lte:B` and `eq:C`.
fn bounds<T: Copy>(
    parameters: &[(String, String)],
    name: &str,
    example: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<(Option<T>, Option<T>), Failure> {
    let (mut least, mut most) = (None, None);
    for part in text(parameters, name).into_iter().flat_map(|text| text.split(';')) {
        let wrong = || Failure::parameter(name, format_args!("`{part}` cannot be read; write it as in {example}"));
        let (sign, value) = part.split_once(':').ok_or_else(wrong)?;
        let value = read(value.trim()).ok_or_else(wrong)?;
        match sign.trim().to_ascii_lowercase().as_str() {
            "gte" => least = Some(value),
            "lte" => most = Some(value),
            "eq" => (least, most) = (Some(value), Some(value)),
            _ => return Err(wrong()),
        }
    }
    Ok((least, most))
}

fn moment(text: &str, account: &Account) -> Option<Timestamp> {
    let time: DateTime = text.parse().ok()?;
    Some(time.to_zoned_datetime(account.profile.zone.clone()).ok()?.timestamp())
}

fn seconds(text: &str) -> Option<u32> {
    text.strip_suffix(['s', 'S']).unwrap_or(text).parse().ok()
}

fn oldest_first(parameters: &[(String, String)]) -> Result<bool, Failure> {
    match text(parameters, "SortBy").map(str::to_ascii_lowercase).as_deref() {
        None | Some("datecreated:desc" | "datecreated") => Ok(false),
        Some("datecreated:asc") => Ok(true),
        Some(other) => {
            Err(Failure::parameter("SortBy", format_args!("`{other}` is neither DateCreated:asc nor DateCreated:desc")))
        }
    }
}

fn page_size(parameters: &[(String, String)]) -> Result<usize, Failure> {
    let Some(text) = text(parameters, "PageSize") else { return Ok(CALLS_BY_DEFAULT) };
    let size = text.parse().ok().filter(|size| (1..=CALLS_A_PAGE).contains(size));
    size.ok_or_else(|| Failure::parameter("PageSize", format_args!("`{text}` is not 1 to {CALLS_A_PAGE}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passthru::Profile;

    fn pairs(text: &str) -> Vec<(String, String)> {
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn ask(text: &str) -> Result<Many, Failure> {
        many(&pairs(text), &Account::new("acct1", Profile::default()))
    }

    #[test]
    fn each_filter_is_read() {
        let search = |text: &str| ask(text).expect(text).search;
        let all = CallSearch::default();
        let at = |text: &str| Some(text.parse().expect("a time"));
        let numbers = || vec!["+919900000001".to_owned(), "+919900000002".to_owned()];
        let rows = [
            ("", all.clone()),
            ("Other=1&Sid=", all.clone()),
            ("sid=a,b", CallSearch { sids: vec![CallSid::new("a"), CallSid::new("b")], ..all.clone() }),
            ("From=09900000001, +919900000002", CallSearch { from: numbers(), ..all.clone() }),
            ("TO=9900000001,9900000002", CallSearch { to: numbers(), ..all.clone() }),
            ("PhoneNumber=9900000001,9900000002", CallSearch { lines: numbers(), ..all.clone() }),
            (
                "Status=busy,No-Answer,queued",
                CallSearch { statuses: vec![CallStatus::Busy, CallStatus::NoAnswer], ..all.clone() },
            ),
            ("Direction=inbound", CallSearch { directions: vec![Direction::Incoming], ..all.clone() }),
            (
                "DateCreated=gte:2026-11-23 10:00:00;lte:2026-11-24 00:00:00",
                CallSearch { since: at("2026-11-23T04:30:00Z"), until: at("2026-11-23T18:30:01Z"), ..all.clone() },
            ),
            ("Duration=gte:10s;lte:45s", CallSearch { at_least: Some(10), at_most: Some(45), ..all.clone() }),
            ("Duration=eq:30s", CallSearch { at_least: Some(30), at_most: Some(30), ..all.clone() }),
            ("Duration=lte:5", CallSearch { at_most: Some(5), ..all.clone() }),
            ("SortBy=DateCreated:asc", CallSearch { oldest_first: true, ..all.clone() }),
            ("SortBy=DateCreated:desc", all),
        ];
        for (text, expected) in rows {
            assert_eq!(search(text), expected, "{text}");
        }
        for (text, nothing) in [
            ("Price=gte:0.10;lte:1.0", true),
            ("Status=queued", true),
            ("Direction=outbound-dial", true),
            ("Status=busy", false),
        ] {
            assert_eq!(ask(text).expect(text).nothing, nothing, "{text}");
        }
        let page = ask("PageSize=100&After=x.y&details=true").expect("good");
        assert_eq!((page.page_size, page.after.as_deref(), page.before, page.details), (100, Some("x.y"), None, true));
        assert_eq!(ask("").expect("good").page_size, CALLS_BY_DEFAULT);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let many_sids = format!("Sid={}", "a,".repeat(101));
        for (text, says) in [
            (&*many_sids, "Sid: 101 are more than 100"),
            ("From=1,2,3,4,5,6", "From: 6 are more than 5"),
            ("Status=done", "Status: `done` is not one of queued, canceled, ringing, "),
            ("Direction=up", "Direction: `up` is not one of inbound, "),
            ("DateCreated=2026-11-23", "DateCreated: `2026-11-23` cannot be read; write it as in gte:"),
            ("DateCreated=gte:yesterday", "DateCreated: `gte:yesterday` cannot be read"),
            ("Duration=gt:10s", "Duration: `gt:10s` cannot be read"),
            ("Duration=gte:-1s", "Duration: "),
            ("Price=gte:much", "Price: "),
            ("PageSize=101", "PageSize: `101` is not 1 to 100"),
            ("PageSize=0", "PageSize: "),
            ("SortBy=Price", "SortBy: `price` is neither"),
            ("Before=a&After=b", "Before: give either"),
            ("details=maybe", "details: `maybe` is neither"),
        ] {
            let failure = ask(text).expect_err(text);
            assert!(failure.status == 400 && failure.message.starts_with(says), "{text}: {failure:?}");
        }
    }

    #[test]
    fn one_call_is_shown_with_details_and_a_link() {
        let read = |text: &str| one(&pairs(text));
        assert_eq!(read(""), Ok(One::default()));
        assert_eq!(read("Details=true&recordingurlvalidity=5"), Ok(One { details: true, validity: Some(5) }));
        for minutes in ["4", "61", "x", "-5"] {
            let failure = read(&format!("RecordingUrlValidity={minutes}")).expect_err(minutes);
            assert!(failure.message.ends_with("is not 5 to 60 minutes"), "{failure:?}");
        }
    }
}
