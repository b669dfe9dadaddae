//! A peer that asks who we are (RFC 3261 section 22.2): answered only on calls of ours for which the user gave
//! credentials, never within a call that came in, so that nobody can make us sign for him.

use std::time::Instant;

use super::Session;
use crate::endpoint::Ua;
use crate::message::{Request, Response};
use crate::path::Path;
use crate::proof::Proof;
use crate::transaction::clients::{ClientId, User};

impl Session {
    /// Sends the request again with an answer to the challenge, if there is one to be given.
    pub(super) fn authorize(
        &mut self,
        response: &Response,
        mut request: Request,
        path: Path,
        ua: &mut Ua,
        now: Instant,
    ) -> Option<ClientId> {
        let credentials = self.credentials.as_ref()?;
        if !Proof::answer(&mut self.proof, response, &mut request, credentials, ua) {
            return None;
        }
        self.dialog.renumber(&mut request);
        Some(ua.resend(request, path, User::Session(self.id.0), now))
    }
}
