use std::sync::Arc;

use super::request_head::RequestHead;
use crate::error::{Error, ErrorKind};

/// Whether a request is a person's doing: pages that a browser fetches in case they are wanted are not.
pub(super) fn is_activity(request: &RequestHead) -> bool {
    let is_prefetch = |name| {
        request.headers(name).any(|value| {
            let purposes = value.split([';', ',']);
            purposes.map(str::trim).any(|purpose| purpose.eq_ignore_ascii_case("prefetch"))
        })
    };
    !["sec-purpose", "purpose", "x-moz"].into_iter().any(is_prefetch)
}

/// Where a browser says that it opened this site by plain http, on another host than its own.
pub(super) fn plain_http_origin(request: &RequestHead) -> Option<&str> {
    let address = request.header("origin").or_else(|| request.header("referer"))?;
    let host_and_path = address.strip_prefix("http://")?;
    let authority = host_and_path.split('/').next()?;
    let host = match authority.strip_prefix('[') {
        Some(address) => address.split(']').next()?,
        None => authority.split(':').next()?,
    };
    let is_local = host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    let is_here = request.header("host").is_none_or(|host| host == authority);
    (is_here && !is_local).then_some(authority)
}

/// In a request's extensions: the cookies of the layers that it has passed.
#[derive(Clone, Default)]
pub(super) struct Cookies(Vec<Arc<str>>);

impl Cookies {
    /// Two layers with one cookie would overwrite each other's ids.
    pub(super) fn add(&mut self, names: [&Arc<str>; 2]) -> Result<(), Error> {
        if let Some(name) = names.into_iter().find(|name| self.0.contains(name)) {
            return Err(Error::new(
                ErrorKind::Configuration,
                format!(
                    "two session layers around this handler use the cookie `{name}`, so each would overwrite the other's; \
                     give one of them another name with `.cookie(SessionCookie::builder().name(..).build()?)`, or remove \
                     the layer that was added twice"
                ),
            ));
        }
        self.0.extend(names.map(Arc::clone));
        Ok(())
    }
}
