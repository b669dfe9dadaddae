//! The header fields that tell the receiver which callout a request is, and that it is ours (`trust.md` S18).

use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use model::Mark;
use signature::{Request, Secrets, sign};

/// Which try it is, from 1.
pub const ATTEMPT: &str = "callout-attempt";

/// Where the callout stands among those of its call, from 1.
pub const SEQ: &str = "callout-seq";

/// Marks requests of callouts, and signs them if there are secrets.
#[derive(Clone, Debug)]
pub enum Marking {
    /// Requests are as the classic profile has them.
    None,
    /// Each names its callout.
    Named,
    /// And is signed.
    Signed(Secrets),
}

impl Marking {
    /// Adds the fields of a request that is sent now.
    pub(super) fn put(&self, fields: &mut HeaderMap, mark: &Mark, request: &Request<'_>, now: Timestamp) {
        let (id, mut put) = (mark.id(), |name, value: &str| {
            // Ours hold digits, letters, `_` and base64.
            let value = HeaderValue::try_from(value).expect("nothing that breaks a line");
            fields.insert(name, value);
        });
        match self {
            Self::None => return,
            Self::Named => {
                put(HeaderName::from_static(signature::ID), &id);
                put(HeaderName::from_static(signature::TIMESTAMP), &now.as_second().to_string());
            }
            Self::Signed(secrets) => {
                for (name, value) in sign(&id, request, secrets, now) {
                    put(HeaderName::from_static(name), &value);
                }
            }
        }
        put(HeaderName::from_static(ATTEMPT), &mark.attempt.to_string());
        put(HeaderName::from_static(SEQ), &mark.callout.0.to_string());
    }
}
