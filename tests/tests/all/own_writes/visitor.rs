use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use dynamo_session_tests::Dice;
use http::header::{COOKIE, SET_COOKIE};
use http::{Method, Request, StatusCode};
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::app::Page;

const ID: &str = "__Host-Http-session";
const MARK: &str = "__Host-Http-session-commit";

/// What one tab asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Look,
    Open,
    Note,
    NoteAtOnce,
    Count,
    NoteBeside,
    LogIn,
    LogOut,
    Restart,
}

impl Ask {
    fn path(self) -> &'static str {
        match self {
            Self::Look => "/look",
            Self::Open => "/open",
            Self::Note => "/note",
            Self::NoteAtOnce => "/note-at-once",
            Self::Count => "/count",
            Self::NoteBeside => "/note-beside",
            Self::LogIn => "/log-in",
            Self::LogOut => "/log-out",
            Self::Restart => "/restart",
        }
    }
}

/// What a response says to the browser.
struct Reply {
    status: StatusCode,
    cookies: Vec<(String, Option<String>)>,
    body: String,
}

/// A browser of several tabs, and what its pages have to show.
pub(super) struct Visitor {
    app: Router,
    cookies: BTreeMap<String, String>,
    /// What the next page has to show at least: what the response that brought the browser's mark knew of.
    known: Page,
    /// All that was written.
    written: Page,
    /// When a request last extended the session.
    active: i64,
    writes: u64,
    pub(super) requests: u64,
    pub(super) missed: Vec<String>,
}

impl Visitor {
    pub(super) fn new(app: Router) -> Self {
        let (known, written) = (Page::default(), Page::default());
        let (cookies, missed) = (BTreeMap::new(), Vec::new());
        Self { app, cookies, known, written, active: 0, writes: 0, requests: 0, missed }
    }

    pub(super) fn has_session(&self) -> bool {
        self.cookies.contains_key(ID)
    }

    /// Begins anew where the session may have expired since it was last extended.
    pub(super) fn notice_time(&mut self, now: i64) {
        if now >= self.active + 1800 - 60 {
            self.cookies.clear();
            (self.known, self.written) = Default::default();
        }
        self.active = now;
    }

    /// Asks for one thing, and looks at the answer.
    pub(super) async fn ask(&mut self, ask: Ask) {
        let number = self.next();
        let reply = send(self.app.clone(), self.cookies.clone(), ask, 0, number).await;
        self.judge(ask, &reply);
        let mark = self.keep(&reply);
        if reply.status != StatusCode::OK {
            return;
        }
        match ask {
            Ask::Look | Ask::Open => return,
            Ask::LogOut => {
                (self.known, self.written) = Default::default();
                if !self.cookies.is_empty() {
                    self.missed
                        .push(format!("cookies are left after a logout: {:?}", self.cookies));
                }
                return;
            }
            Ask::Restart => self.written = Page::default(),
            _ => {}
        }
        record(&mut self.written, ask, 0, number);
        if mark.is_none() && self.cookies.contains_key(MARK) {
            self.missed.push(format!("the response to {ask:?} brings no mark"));
        }
        self.known = self.written.clone();
    }

    /// Asks for several things at once, whose responses arrive in any order.
    pub(super) async fn ask_at_once(&mut self, asks: &[Ask], dice: &mut Dice) {
        let mut sent = JoinSet::new();
        for (tab, ask) in asks.iter().copied().enumerate() {
            let (app, cookies, number) = (self.app.clone(), self.cookies.clone(), self.next());
            sent.spawn(
                async move { (ask, tab, number, send(app, cookies, ask, tab, number).await) },
            );
        }
        let mut replies = sent.join_all().await;
        for (ask, _, _, reply) in &replies {
            self.judge(*ask, reply);
        }
        let before = self.known.clone();
        while !replies.is_empty() {
            let next = dice.below(replies.len() as u64) as usize;
            let (ask, tab, number, reply) = replies.swap_remove(next);
            let mark = self.keep(&reply);
            if reply.status == StatusCode::OK {
                record(&mut self.written, ask, tab, number);
            }
            match mark {
                Some(true) => {
                    self.known = before.clone();
                    if reply.status == StatusCode::OK {
                        record(&mut self.known, ask, tab, number);
                    }
                }
                Some(false) => self.known = self.written.clone(),
                None => {}
            }
        }
        if !self.cookies.contains_key(MARK) {
            self.known = self.written.clone();
        }
    }

    fn next(&mut self) -> u64 {
        (self.requests, self.writes) = (self.requests + 1, self.writes + 1);
        self.writes
    }

    /// Whether a page shows all that it has to.
    fn judge(&mut self, ask: Ask, reply: &Reply) {
        if !matches!(ask, Ask::Look | Ask::Open) {
            if reply.status.is_client_error() {
                self.missed.push(format!("{ask:?} was answered with {}", reply.status));
            }
            return;
        }
        let known = &self.known;
        let Ok(page) = serde_json::from_str::<Page>(&reply.body) else {
            self.missed.push(format!("{}: {}", reply.status, reply.body));
            return;
        };
        let shown = |tab: &String| page.notes.get(tab).copied().unwrap_or_default();
        let has_notes = known.notes.iter().all(|(tab, number)| shown(tab) >= *number);
        if page.user != known.user || !has_notes || page.visits < known.visits {
            self.missed.push(format!("{page:?} in place of {known:?}"));
        }
    }

    /// Keeps the response's cookies: whether it brought a mark, or took one.
    fn keep(&mut self, reply: &Reply) -> Option<bool> {
        let mut mark = None;
        for (name, value) in &reply.cookies {
            if name == MARK {
                mark = Some(value.is_some());
            }
            match value {
                Some(value) => drop(self.cookies.insert(name.clone(), value.clone())),
                None => drop(self.cookies.remove(name)),
            }
        }
        mark
    }
}

fn record(page: &mut Page, ask: Ask, tab: usize, number: u64) {
    match ask {
        Ask::Note | Ask::NoteAtOnce | Ask::NoteBeside | Ask::Restart => {
            let note = page.notes.entry(tab.to_string()).or_default();
            *note = number.max(*note);
        }
        Ask::Count => page.visits += 1,
        Ask::LogIn => page.user = Some(number.to_string()),
        Ask::Look | Ask::Open | Ask::LogOut => {}
    }
}

async fn send(
    app: Router,
    cookies: BTreeMap<String, String>,
    ask: Ask,
    tab: usize,
    number: u64,
) -> Reply {
    let method = if matches!(ask, Ask::Look | Ask::Open) { Method::GET } else { Method::POST };
    let uri = format!("/{tab}/{number}{}", ask.path());
    let pairs: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = Request::builder().method(method).uri(uri).header(COOKIE, pairs.join("; "));
    let response = app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let cookies = parts.headers.get_all(SET_COOKIE).iter().map(|cookie| {
        let (pair, attributes) = cookie.to_str().unwrap().split_once("; ").unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        let is_removed = attributes.contains("Max-Age=0");
        (name.to_owned(), (!is_removed).then(|| value.to_owned()))
    });
    let cookies = cookies.collect();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Reply { status: parts.status, cookies, body: String::from_utf8(body.into()).unwrap() }
}
