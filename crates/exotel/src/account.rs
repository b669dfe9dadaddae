//! The account that the API speaks of: its name and how it writes things.

use crate::passthru::Profile;

/// The account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its name in paths and answers.
    pub sid: String,
    /// How its numbers and times are written.
    pub profile: Profile,
}
