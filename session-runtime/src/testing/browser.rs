use std::fmt;
use std::future::poll_fn;

use cookie::Cookie;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderValue, Request, Response};
use tower_service::Service;

use crate::expiry::ManualClock;

/// One visitor of a service, who keeps its cookies as a browser does: by name and path, for their Max-Age.
///
/// It takes every address for one site under https, follows no redirects, and asks one thing at a time; for two tabs of one
/// browser at once, clone it. The module's [example](super) has one at work.
#[derive(Clone)]
pub struct Browser<I> {
    service: I,
    clock: ManualClock,
    cookies: Vec<Kept>,
}

#[derive(Clone)]
struct Kept {
    name: String,
    value: String,
    path: String,
    /// In epoch seconds; none for a cookie that lasts until the browser is closed.
    expires: Option<i64>,
}

impl<I> Browser<I> {
    /// A visitor without cookies. The clock is the store's, by which cookies end.
    pub fn new(service: I, clock: ManualClock) -> Self {
        Self { service, clock, cookies: Vec::new() }
    }

    /// The value of the cookie with this name, if there is one.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let now = self.clock.epoch_seconds();
        let alive = self.cookies.iter().filter(|kept| kept.is_alive(now));
        alive.filter(|kept| kept.name == name).map(|kept| kept.value.as_str()).next()
    }

    /// Ends the cookies that have no Max-Age, as closing the browser does.
    pub fn close(&mut self) {
        self.cookies.retain(|kept| kept.expires.is_some());
    }

    /// Sends a request with the cookies for its path, and keeps those that the response sets.
    ///
    /// # Errors
    ///
    /// The service's own.
    pub async fn send<B, R>(&mut self, mut request: Request<B>) -> Result<Response<R>, I::Error>
    where
        I: Service<Request<B>, Response = Response<R>>,
    {
        let path = request.uri().path().to_owned();
        if let Some(cookies) = self.cookies_for(&path) {
            request.headers_mut().append(COOKIE, cookies);
        }
        poll_fn(|context| self.service.poll_ready(context)).await?;
        let response = self.service.call(request).await?;
        for cookie in response.headers().get_all(SET_COOKIE) {
            if let Some(cookie) = cookie.to_str().ok().and_then(|text| Cookie::parse(text).ok()) {
                self.keep(&cookie, &path);
            }
        }
        Ok(response)
    }

    fn cookies_for(&self, path: &str) -> Option<HeaderValue> {
        let now = self.clock.epoch_seconds();
        let sent = self.cookies.iter().filter(|kept| kept.is_alive(now) && kept.is_for(path));
        let sent: Vec<_> = sent.map(|kept| format!("{}={}", kept.name, kept.value)).collect();
        (!sent.is_empty()).then(|| HeaderValue::from_str(&sent.join("; ")).ok())?
    }

    fn keep(&mut self, cookie: &Cookie<'_>, path: &str) {
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        let directory = if directory.is_empty() { "/" } else { directory };
        let path = cookie.path().filter(|path| path.starts_with('/')).unwrap_or(directory);
        let max_age = cookie.max_age().map(|age| age.whole_seconds());
        let kept = Kept {
            name: cookie.name().to_owned(),
            value: cookie.value().to_owned(),
            path: path.to_owned(),
            expires: max_age.map(|age| self.clock.epoch_seconds().saturating_add(age)),
        };
        self.cookies.retain(|other| (&other.name, &other.path) != (&kept.name, &kept.path));
        self.cookies.push(kept);
    }
}

impl Kept {
    fn is_alive(&self, now: i64) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }

    fn is_for(&self, path: &str) -> bool {
        path.strip_prefix(self.path.as_str()).is_some_and(|rest| {
            rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/')
        })
    }
}

/// Names alone: values may be secret.
impl<I> fmt::Debug for Browser<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.cookies.iter().map(|kept| &kept.name).collect();
        f.debug_struct("Browser").field("cookies", &names).finish_non_exhaustive()
    }
}
