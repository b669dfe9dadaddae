//! A published flow: its program, and the sound of everything that it may play.

use std::collections::BTreeMap;
use std::sync::Arc;

use flow::{Audio, Program};
use media::Pcm;

/// The sound of prompts, rendered before the flow was published.
pub type Prompts = BTreeMap<Audio, Arc<Pcm>>;

/// A published flow. Calls keep the publication that they began with.
#[derive(Debug)]
pub struct Published {
    /// What to do.
    pub program: Arc<Program>,
    /// What it sounds like.
    pub prompts: Prompts,
}
