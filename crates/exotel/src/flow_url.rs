//! The URL that names a flow to the API (`exotel.md` 2.1). It only carries the flow's number, and perhaps the account: nobody
//! fetches it, so its host does not matter.

use model::FlowId;

use crate::failure::Failure;

/// The URL of an account's flow, as phone numbers show it.
pub fn write(account: &str, flow: FlowId) -> String {
    format!("http://my.exotel.com/{account}/exoml/start_voice/{flow}")
}

/// The flow that the URL names to this account. The parameter is named in what goes wrong.
pub fn read(parameter: &str, url: &str, account: &str) -> Result<FlowId, Failure> {
    let (of, number) = parts(url).ok_or_else(|| {
        let shape = "http://my.exotel.com/{account}/exoml/start_voice/{flow id}";
        Failure::parameter(
            parameter,
            format!("`{url}` names no flow; write {shape}, the id as GET /api/v1/flows lists it"),
        )
    })?;
    if let Some(other) = of.filter(|of| *of != account) {
        let why = format!("the flow is of account `{other}`, and this is `{account}`: write that, or set account_sid");
        return Err(Failure::parameter(parameter, why));
    }
    let flow = number.parse().ok().and_then(FlowId::new);
    flow.ok_or_else(|| Failure::parameter(parameter, format!("`{number}` is no flow id: 1 to {}", FlowId::MAX)))
}

/// The account, if it says one, and the flow's number.
fn parts(url: &str) -> Option<(Option<&str>, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return None;
    }
    let path = rest.split(['?', '#']).next()?.trim_end_matches('/');
    let parts: Vec<&str> = path.split('/').collect();
    let (of, verb, number) = match parts[..] {
        [_, "exoml", verb, number] => (None, verb, number),
        [_, of, "exoml", verb, number] => (Some(of), verb, number),
        _ => return None,
    };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (matches!(verb, "start" | "start_voice") && is_number).then_some((of, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_carries_its_flow() {
        for url in [
            "http://my.exotel.com/acct1/exoml/start_voice/4711",
            "https://my.exotel.com/acct1/exoml/start_voice/4711",
            "http://my.exotel.in/exoml/start/4711",
            "http://my.exotel.com/exoml/start/4711",
            "https://my.exotel.com/exoml/start/4711",
            "HTTP://my.in.exotel.com/acct1/exoml/start/4711/",
            "http://calls.example:8080/exoml/start_voice/4711?x=/1#y",
            &write("acct1", FlowId::new(4711).unwrap()),
        ] {
            assert_eq!(read("Url", url, "acct1").map(FlowId::number), Ok(4711), "{url}");
        }
    }

    #[test]
    fn what_names_no_flow_is_refused_with_the_shape_that_does() {
        for (url, says) in [
            ("http://crm.example/flow.xml", "names no flow; write http://my.exotel.com/"),
            ("my.exotel.com/exoml/start/4711", "names no flow"),
            ("ftp://my.exotel.com/exoml/start/4711", "names no flow"),
            ("http://my.exotel.com/exoml/start/", "names no flow"),
            ("http://my.exotel.com/exoml/start/x", "names no flow"),
            ("http://my.exotel.com/exoml/stop/4711", "names no flow"),
            ("http://my.exotel.com/exoml/start/0", "`0` is no flow id: 1 to 9999999"),
            ("http://my.exotel.com/exoml/start/10000000", "is no flow id"),
            ("http://my.exotel.com/exoml/start/99999999999999", "is no flow id"),
            ("http://my.exotel.com/other/exoml/start_voice/4711", "of account `other`, and this is `acct1`"),
        ] {
            let failure = read("Url", url, "acct1").unwrap_err();
            assert!(failure.message.starts_with("Url: ") && failure.message.contains(says), "{url}: {failure:?}");
        }
    }
}
