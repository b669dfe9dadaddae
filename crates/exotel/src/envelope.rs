//! What answers of the contact centre's API (v2) are wrapped in (`exotel.md` 4.4, 6): who asked what, then the data or the error.

use serde_json::{Value, json};

use crate::failure::Failure;

/// An answer in its envelope; of a list each item stands in one of its own.
pub fn good(request: &str, method: &str, data: Value) -> Value {
    let one = |data: Value| json!({ "code": 200, "error_data": null, "status": "success", "data": data });
    let mut envelope = head(request, method, 200);
    match data {
        Value::Array(items) => {
            let count = items.len();
            envelope["metadata"] = json!({ "count": count, "total": count, "offset": 0, "limit": count });
            envelope["response"] = items.into_iter().map(one).collect();
        }
        data => envelope["response"] = one(data),
    }
    envelope
}

/// A failure in its envelope.
pub fn bad(request: &str, method: &str, failure: &Failure) -> Value {
    let mut envelope = head(request, method, failure.status);
    let error = json!({ "code": code(failure), "message": failure.message, "description": failure.message });
    envelope["response"] = json!({ "code": failure.status, "error_data": error, "status": "failure", "data": null });
    envelope
}

fn head(request: &str, method: &str, status: u16) -> Value {
    json!({ "request_id": request, "method": method, "http_code": status })
}

/// The vendor's number for what is wrong; null where it has none.
fn code(failure: &Failure) -> Option<u32> {
    failure.code.or(match failure.status {
        400 => Some(1002),
        401 => Some(1010),
        404 => Some(1000),
        415 => Some(1011),
        _ => None,
    })
}

/// Somebody who can be rung while a phone is registered: then the device is available. It is verified in any case, as it shows a
/// password of the operator's; the operator's word for the address is not looked into.
pub fn user(name: &str, email: Option<&str>, available: bool) -> Value {
    let device = json!({
        "id": name, "name": name, "contact_uri": format!("sip:{name}"), "type": "sip", "available": available,
        "verified": true, "status": "verified",
    });
    json!({
        "id": name, "first_name": name, "last_name": null, "email": email, "email_verified": false, "role": "user",
        "devices": [device],
    })
}

/// A trunk, by its name.
pub fn trunk(name: &str) -> Value {
    json!({ "trunk_name": name, "trunk_sid": name, "status": "active" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_lists_and_failures_are_wrapped() {
        assert_eq!(
            good("r", "GET", trunk("carrier")).to_string(),
            r#"{"request_id":"r","method":"GET","http_code":200,"response":{"code":200,"error_data":null,"status":"success","data":{"trunk_name":"carrier","trunk_sid":"carrier","status":"active"}}}"#
        );
        let list = good("r", "GET", json!([user("asha", None, false), user("ben", Some("ben@acme.example"), true)]));
        assert_eq!(list["metadata"]["total"], 2);
        assert_eq!(list["response"][1]["data"]["devices"][0]["contact_uri"], "sip:ben");
        let shown = |at: usize| list["response"][at]["data"].clone();
        assert_eq!((&shown(0)["email"], &shown(0)["devices"][0]["available"]), (&Value::Null, &json!(false)));
        assert_eq!(
            (&shown(1)["email"], &shown(1)["devices"][0]["available"]),
            (&json!("ben@acme.example"), &json!(true))
        );
        assert_eq!(good("r", "GET", json!([]))["response"], json!([]));
        let rows = [
            (Failure::new(404, "no such user"), json!(1000)),
            (Failure::new(401, "no such key"), json!(1010)),
            (Failure::not_yet("campaigns", "use a flow"), Value::Null),
            (Failure::unavailable("later"), json!(35008)),
        ];
        for (failure, code) in rows {
            let told = bad("r", "POST", &failure);
            assert_eq!((&told["http_code"], &told["response"]["error_data"]["code"]), (&json!(failure.status), &code));
            assert_eq!(told["response"]["error_data"]["message"], failure.message.as_str());
        }
    }
}
