use std::sync::Arc;

use http::header::{COOKIE, HeaderMap, ORIGIN, REFERER};
use http::request::Parts;

use crate::error::{Error, ErrorKind};

pub(super) fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers.get_all(COOKIE).iter().map(|value| value.as_bytes())
}

/// Whether a request is a person's doing: pages that a browser fetches in case they are wanted are not.
pub(super) fn is_activity(parts: &Parts) -> bool {
    let is_prefetch = |name| {
        parts.headers.get_all(name).iter().any(|value| {
            let value = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
            value.split([';', ',']).any(|purpose| purpose.trim() == "prefetch")
        })
    };
    !["sec-purpose", "purpose", "x-moz"].into_iter().any(is_prefetch)
}

/// Where a browser says that it opened this site by plain http, on another host than its own.
pub(super) fn plain_http_origin(headers: &HeaderMap) -> Option<&str> {
    let address = headers.get(ORIGIN).or_else(|| headers.get(REFERER))?.to_str().ok()?;
    let host_and_path = address.strip_prefix("http://")?;
    let authority = host_and_path.split('/').next()?;
    let host = match authority.strip_prefix('[') {
        Some(address) => address.split(']').next()?,
        None => authority.split(':').next()?,
    };
    let is_local = host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    let is_here = headers
        .get(http::header::HOST)
        .and_then(|host| host.to_str().ok())
        .is_none_or(|host| host == authority);
    (is_here && !is_local).then_some(authority)
}

/// In a request's extensions: the cookies of the layers that it has passed.
#[derive(Clone, Default)]
pub(super) struct Cookies(Vec<Arc<str>>);

impl Cookies {
    /// Two layers with one cookie would overwrite each other's ids.
    pub(super) fn add(parts: &mut Parts, names: [&Arc<str>; 2]) -> Result<(), Error> {
        let cookies = parts.extensions.get_or_insert_default::<Self>();
        if let Some(name) = names.into_iter().find(|name| cookies.0.contains(name)) {
            return Err(Error::new(
                ErrorKind::Configuration,
                format!(
                    "two session layers around this handler use the cookie `{name}`, so each would overwrite the other's; \
                     give one of them another name with `.cookie(SessionCookie::builder().name(..).build()?)`, or remove \
                     the layer that was added twice"
                ),
            ));
        }
        cookies.0.extend(names.map(Arc::clone));
        Ok(())
    }
}
