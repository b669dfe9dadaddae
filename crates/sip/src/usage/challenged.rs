//! A peer that asks who we are (RFC 3261 section 22.2): answered only on calls of ours for which the user gave
//! credentials, never within a call that came in, so that nobody can make us sign for him.

use std::time::Instant;

use super::Session;
use crate::endpoint::Ua;
use crate::message::{Request, Response};
use crate::proof::Proof;
use crate::transaction::clients::{ClientId, User};

impl Session {
    /// Sends the request again with an answer to the challenge, if there is one to be given. It keeps to its dialog: a
    /// PRACK may be of an early one.
    pub(super) fn authorize(
        &mut self,
        response: &Response,
        mut request: Request,
        ua: &mut Ua,
        now: Instant,
    ) -> Option<ClientId> {
        let credentials = self.credentials.as_ref()?;
        if !Proof::answer(&mut self.proof, response, &mut request, credentials, ua) {
            return None;
        }
        let user = User::Session(self.id.0);
        let tag = request.headers.to().ok().and_then(|to| to.tag()).unwrap_or_default();
        let dialog = self.dialog_with(&tag);
        dialog.renumber(&mut request);
        let path = dialog.path;
        Some(ua.resend(request, path, user, now))
    }
}
