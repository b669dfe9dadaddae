//! The server's side.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Mac as _;
use jiff::Timestamp;

use crate::content::content;
use crate::{ID, Request, SIGNATURE, Secrets, TIMESTAMP, VERSION};

/// The header fields that sign a request, sent at `now`.
///
/// `id` names the callout and is the same over all its tries, so that a receiver knows a repetition; letters, digits, `_`
/// and `-` are safe in it. Each live secret gives one signature.
pub fn sign(id: &str, request: &Request<'_>, secrets: &Secrets, now: Timestamp) -> [(&'static str, String); 3] {
    let timestamp = now.as_second().to_string();
    let content = content(id, &timestamp, request);
    let signatures = secrets.iter().map(|secret| {
        let signature = secret.mac().chain_update(&content).finalize().into_bytes();
        format!("{VERSION},{}", STANDARD.encode(signature))
    });
    let signature = signatures.collect::<Vec<_>>().join(" ");
    [(ID, id.to_owned()), (TIMESTAMP, timestamp), (SIGNATURE, signature)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    #[test]
    fn each_secret_signs() {
        let request = Request { method: "GET", url: "https://crm.example/route?CallSid=1", body: b"" };
        let (one, two) = (Secret::new([1; 32]), Secret::new([2; 32]));
        let now = "2026-11-24T10:00:00.9Z".parse().expect("a time");
        let signature = |secrets: &Secrets| {
            let [(_, id), (_, timestamp), (_, signature)] = sign("msg_1", &request, secrets, now);
            assert_eq!((id.as_str(), timestamp.as_str()), ("msg_1", "1795514400"));
            signature
        };
        let (first, second) = (signature(&one.clone().into()), signature(&two.clone().into()));
        assert_eq!(first, "v1,5BfnD2jei0eegsM+hdOcZZetOfksQP2Wl9mai71ikuM=");
        assert_eq!(signature(&Secrets::two(one, two)), format!("{first} {second}"));
    }
}
