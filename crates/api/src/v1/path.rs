//! The paths of the v1 API as clients spell them: in any case, with `.json` or without (`exotel.md` 4.1).

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The words of our routes, by which paths are known. What stands beside them are names, whose case counts.
const WORDS: [&str; 12] = [
    "v1",
    "v2",
    "v2_beta",
    "Accounts",
    "Calls",
    "connect",
    "Numbers",
    "ActiveStreams",
    "Heartbeat",
    "IncomingPhoneNumbers",
    "Sms",
    "send",
];

/// Those of the contact centre's, which are written small.
const CENTRE: [&str; 5] = ["v2", "accounts", "users", "trunks", "campaigns"];

/// A path of the v1 API, read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// The path as its route has it.
    pub(super) path: String,
    /// The account that it names, decoded; empty if it names none.
    pub(super) account: String,
    /// Whether it says `.json`.
    pub(super) json: bool,
    /// Whether it is the contact centre's, whose answers stand in an envelope.
    pub(super) centre: bool,
}

/// Whether this path is of the v1 API, and if so, how it reads.
pub(super) fn read(path: &str) -> Option<Way> {
    let mut parts: Vec<Cow<'_, str>> = path.strip_prefix('/')?.split('/').map(Cow::Borrowed).collect();
    let version = ["v1", "v2", "v2_beta"].into_iter().find(|version| parts[0].eq_ignore_ascii_case(version))?;
    let mut json = version != "v1"; // they have no other form
    let centre = version == "v2";
    let words: &[&str] = if centre { &CENTRE } else { &WORDS };
    for (place, part) in parts.iter_mut().enumerate() {
        if let Some(bare) = without_json(part) {
            json = true;
            *part = Cow::Owned(bare.to_owned());
        }
        // An account, then a resource, then what the resource is asked for.
        let is_verb = ["connect", "send"].iter().any(|verb| part.eq_ignore_ascii_case(verb));
        let is_name = place == 2 || (place == 4 && !is_verb);
        if let Some(word) = words.iter().find(|word| !is_name && part.eq_ignore_ascii_case(word)) {
            *part = Cow::Borrowed(word);
        }
    }
    let account = parts.get(2).map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned());
    Some(Way { path: format!("/{}", parts.join("/")), account: account.unwrap_or_default(), json, centre })
}

fn without_json(part: &str) -> Option<&str> {
    let (bare, end) = part.split_at_checked(part.len().checked_sub(".json".len())?)?;
    end.eq_ignore_ascii_case(".json").then_some(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_spelling_is_its_route() {
        let rows = [
            ("/v1/Accounts/acct1/Calls/connect", "/v1/Accounts/acct1/Calls/connect", false),
            ("/v1/Accounts/acct1/Calls/connect.json", "/v1/Accounts/acct1/Calls/connect", true),
            ("/V1/accounts/acct1/calls/CONNECT.JSON", "/v1/Accounts/acct1/Calls/connect", true),
            ("/v1/Accounts/acct1/Calls.json", "/v1/Accounts/acct1/Calls", true),
            ("/v1/Accounts/acct1/Calls.json/aBc", "/v1/Accounts/acct1/Calls/aBc", true),
            ("/v1/Accounts/acct1/Calls/aBc.json", "/v1/Accounts/acct1/Calls/aBc", true),
            ("/v1/Accounts/acct1.json", "/v1/Accounts/acct1", true),
            ("/v1/accounts/Calls/activestreams", "/v1/Accounts/Calls/ActiveStreams", false),
            ("/v2_beta/accounts/acct1/incomingphonenumbers", "/v2_beta/Accounts/acct1/IncomingPhoneNumbers", true),
            ("/V2/Accounts/acct1/Users/Users", "/v2/accounts/acct1/users/Users", true),
            ("/v1/accounts/acct1/sms/send.json", "/v1/Accounts/acct1/Sms/send", true),
            ("/v1", "/v1", false),
        ];
        for (path, expected, json) in rows {
            let way = read(path).expect(path);
            assert_eq!((way.path.as_str(), way.json), (expected, json), "{path}");
        }
        assert_eq!(read("/v1/Accounts/a%20b/Calls").map(|way| way.account), Some("a b".into()));
        assert_eq!(read("/v1/Accounts").map(|way| way.account), Some(String::new()));
    }

    #[test]
    fn all_else_is_left_alone() {
        for path in ["/", "", "/api/v1/calls", "/v1x/Accounts", "/v3/accounts/a/calls", "/metrics", "*"] {
            assert_eq!(read(path), None, "{path}");
        }
    }
}
