//! Showing who we are (RFC 3261 section 22.2 and 22.3): to one realm, the first that asked, and never more often than
//! makes sense.

use bytes::Bytes;

use crate::digest::{ClientDigest, Credentials};
use crate::endpoint::Ua;
use crate::header::{Challenge, Headers, Name};
use crate::message::{Request, Response};

/// Answers in a row that the peer did not accept; a nonce may be stale once or twice.
const MAX_TRIES: u8 = 3;

/// What was shown last.
#[derive(Debug)]
pub(crate) struct Proof {
    realm: Bytes,
    name: Name,
    value: Bytes,
    tries: u8,
}

impl Proof {
    /// Puts the answer to a challenge into the request that met it. False if there is none to give: another realm, wrong
    /// credentials, a scheme that we do not speak.
    pub(crate) fn answer(
        proof: &mut Option<Box<Self>>,
        response: &Response,
        request: &mut Request,
        credentials: &Credentials,
        ua: &mut Ua,
    ) -> bool {
        let (name, challenges) = if response.status == 407 {
            (Name::ProxyAuthorization, response.headers.proxy_authenticate())
        } else {
            (Name::Authorization, response.headers.www_authenticate())
        };
        let before = proof.as_ref();
        let ours = |challenge: &Challenge| {
            before.is_none_or(|before| challenge.get("realm").is_some_and(|realm| *realm == before.realm))
        };
        let challenges: Vec<Challenge> = challenges.into_iter().flatten().filter(ours).collect();
        let Some(mut digest) = ClientDigest::choose(&challenges) else { return false };
        let tries = before.map_or(0, |before| before.tries);
        // The same answer would be wrong again, unless only the nonce was too old.
        let refused = request.headers.get(&name).is_some() && !digest.is_stale();
        if refused || tries >= MAX_TRIES {
            return false;
        }
        let cnonce = String::from_utf8_lossy(&ua.tag()).into_owned();
        let shown = digest.authorize(credentials, &request.method, &request.uri, &cnonce);
        let value = shown.to_bytes();
        request.headers.set(name.clone(), value.clone());
        let realm = Bytes::copy_from_slice(digest.realm());
        *proof = Some(Box::new(Self { realm, name, value, tries: tries + 1 }));
        true
    }

    /// The peer took it.
    pub(crate) fn accepted(&mut self) {
        self.tries = 0;
    }

    /// Shows the same again: an ACK shows what its INVITE showed (section 22.1).
    pub(crate) fn repeat(&self, headers: &mut Headers) {
        headers.push(self.name.clone(), self.value.clone());
    }
}
