//! The numbers of what is published: kept by the store, so that the version in a call's record says which document it ran,
//! and a flow whose file somebody changed by hand has a version as well.

use std::sync::mpsc::sync_channel;

use model::Tenant;
use store::{NewVersion, Reader, Revision, Writer};

use crate::clock;

/// Keeps what is published of flows.
pub trait Versions: Send {
    /// The version of a flow's document, which is durable by then. By nobody: new only if the last version is another.
    fn keep(&mut self, flow: &str, document: &str, by: Option<store::Publisher>) -> Result<u64, String>;

    /// How the flow stands.
    fn revision(&self, flow: &str) -> Result<Revision, String>;
}

/// Those of the store.
pub struct Stored {
    /// Reads them.
    pub reader: Reader,
    /// Writes them.
    pub writer: Writer,
    /// Whose they are.
    pub tenant: Tenant,
}

impl Versions for Stored {
    fn keep(&mut self, flow: &str, document: &str, by: Option<store::Publisher>) -> Result<u64, String> {
        let (done, result) = sync_channel(1);
        let new = NewVersion { tenant: self.tenant.clone(), flow: flow.into(), document: document.into(), by };
        let on_done = move |kept| drop(done.send(kept)); // whoever asked waits below
        self.writer.publish(new, on_done, clock::now().wall).map_err(|refused| refused.reason.to_string())?;
        let kept = result.recv().map_err(|_| "its writer ended".to_owned())?;
        kept.map_err(|error| error.to_string())
    }

    fn revision(&self, flow: &str) -> Result<Revision, String> {
        Ok(self.reader.flow(&self.tenant, flow).map_err(|error| error.to_string())?.revision())
    }
}
