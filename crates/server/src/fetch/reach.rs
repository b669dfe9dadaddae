//! A connection for whoever speaks another protocol than ours on it: found, judged and secured as for a request.

use hyper::Uri;
use hyper::header::HeaderValue;
use model::{HttpFailure, HttpTrace};
use tokio::io::{AsyncRead, AsyncWrite};

use super::target::Target;
use super::{Fetcher, fault};

/// A connection, plain or secured.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// A connection, and what a URL says of how to use it.
pub(crate) struct Reached {
    pub(crate) wire: Box<dyn Wire>,
    /// The path and query.
    pub(crate) path: Uri,
    /// The `Host` field.
    pub(crate) host: HeaderValue,
    /// The `Authorization` field of a URL with userinfo.
    pub(crate) basic: Option<HeaderValue>,
    pub(crate) user_agent: HeaderValue,
}

impl Fetcher {
    /// Connects to where a URL leads.
    pub(crate) async fn reach(&self, url: &str) -> Result<Reached, HttpFailure> {
        let target = self.target(url)?;
        let places = self.connector.places(&target.origin, &mut HttpTrace::default()).await?;
        let tcp = self.connector.reach(&places, &target.origin).await?;
        let wire: Box<dyn Wire> = if target.origin.tls {
            let secured = self.connector.secure(tcp, &target.origin, self.connector.face(&target)).await;
            Box::new(secured.map_err(|error| HttpFailure::Tls(fault::told(&error)))?)
        } else {
            Box::new(tcp)
        };
        let Target { path, host, basic, .. } = target;
        Ok(Reached { wire, path, host, basic, user_agent: self.user_agent.clone() })
    }
}
