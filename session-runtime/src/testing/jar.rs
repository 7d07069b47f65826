use cookie::Cookie;

use crate::expiry::ManualClock;

/// The cookies of one visitor.
#[derive(Clone)]
pub(super) struct Jar {
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

impl Jar {
    pub(super) fn new(clock: ManualClock) -> Self {
        Self { clock, cookies: Vec::new() }
    }

    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        let now = self.clock.epoch_seconds();
        let alive = self.cookies.iter().filter(|kept| kept.is_alive(now));
        alive.filter(|kept| kept.name == name).map(|kept| kept.value.as_str()).next()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.cookies.iter().map(|kept| kept.name.as_str())
    }

    pub(super) fn close(&mut self) {
        self.cookies.retain(|kept| kept.expires.is_some());
    }

    /// The value of the header for a request to this path, if any cookie is for it.
    pub(super) fn header(&self, path: &str) -> Option<String> {
        let now = self.clock.epoch_seconds();
        let sent = self.cookies.iter().filter(|kept| kept.is_alive(now) && kept.is_for(path));
        let sent: Vec<_> = sent.map(|kept| format!("{}={}", kept.name, kept.value)).collect();
        (!sent.is_empty()).then(|| sent.join("; "))
    }

    /// Keeps what a response to a request of this path sets. What is no cookie is left out.
    pub(super) fn keep<'a>(&mut self, headers: impl Iterator<Item = &'a [u8]>, path: &str) {
        for header in headers {
            let text = std::str::from_utf8(header).ok();
            if let Some(cookie) = text.and_then(|text| Cookie::parse(text).ok()) {
                self.keep_one(&cookie, path);
            }
        }
    }

    fn keep_one(&mut self, cookie: &Cookie<'_>, path: &str) {
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
