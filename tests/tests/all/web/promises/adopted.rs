//! A browser with another store's cookie, from its first visit to the logout.

use dynamo_session::interop::ForeignStore;

use super::*;
use crate::interop::{DATA, Member, Move, SID, express, legacy, legacy_row};

fn app(moved: &Move, foreign: ForeignStore) -> Router {
    async fn look(session: RequestSession<Member>) -> Result<String, Error> {
        let user = session.existing_view().await?.and_then(|session| session.user.clone());
        Ok(user.unwrap_or_else(|| "stranger".to_owned()))
    }
    async fn add(mut session: Session<Member>) -> String {
        session.n += 1;
        session.n.to_string()
    }
    async fn login(mut session: Session<Member>) -> String {
        session.user = Some("ada".to_owned());
        session.renew().await.unwrap();
        "in".to_owned()
    }
    async fn log_out(logout: Logout<Member>) -> &'static str {
        logout.end().await.unwrap();
        "out"
    }
    let routes = Router::new()
        .route("/", get(look))
        .route("/add", post(add))
        .route("/login", post(login))
        .route("/logout", post(log_out));
    routes.layer(SessionLayer::new(moved.store.clone()).adopt(foreign))
}

struct Answer {
    body: String,
    cookies: Vec<String>,
}

impl Answer {
    /// The pair that the browser then sends, if it was given one.
    fn own(&self) -> Option<&str> {
        let set = self.cookies.iter().find(|cookie| cookie.starts_with("__Host-Http-session="))?;
        set.split(';').next()
    }

    fn removes(&self, name: &str) -> bool {
        let removal = format!("{name}=;");
        self.cookies.iter().any(|cookie| {
            cookie.starts_with(&removal)
                && cookie.contains("Max-Age=0")
                && cookie.contains("Path=/")
        })
    }
}

async fn ask(app: &Router, request: &str, cookies: &str) -> Answer {
    let (method, path) = request.split_once(' ').unwrap();
    let reply =
        send(app, Request::builder().method(method).uri(path).header(COOKIE, cookies)).await;
    let cookies = reply.set_cookies().into_iter().map(str::to_owned).collect();
    Answer { body: reply.body, cookies }
}

async fn browser() -> (Move, Router, String) {
    let (moved, foreign) = legacy().await;
    let app = app(&moved, foreign);
    (moved, app, express(SID))
}

#[tokio::test]
async fn a_visit_that_changes_nothing_sets_no_cookie() {
    let (moved, app, theirs) = browser().await;
    let answer = ask(&app, "GET /", &theirs).await;
    assert_eq!(answer.body, "u-000042");
    assert!(answer.cookies.is_empty());
    assert_eq!(moved.rows().await.len(), 1);
}

#[tokio::test]
async fn a_change_brings_our_cookie_and_takes_theirs() {
    let (moved, app, theirs) = browser().await;
    let answer = ask(&app, "POST /add", &theirs).await;
    assert_eq!(answer.body, "2");
    assert!(answer.removes("connect.sid"));
    let own = answer.own().unwrap().to_owned();
    assert!(moved.rows().await.is_empty());
    assert_eq!(ask(&app, "POST /add", &own).await.body, "3");
    moved.operations();
    assert_eq!(ask(&app, "GET /", &format!("{own}; {theirs}")).await.body, "u-000042");
    assert_eq!(moved.operations(), ["GetItem"]);
}

#[tokio::test]
async fn their_cookie_alone_finds_the_session_and_is_given_ours() {
    let (_moved, app, theirs) = browser().await;
    let first = ask(&app, "POST /add", &theirs).await;
    let second = ask(&app, "GET /", &theirs).await;
    assert_eq!(second.body, "u-000042");
    assert_eq!(second.own(), first.own());
    assert!(second.removes("connect.sid"));
}

#[tokio::test]
async fn a_login_leaves_nothing_to_their_cookie() {
    let (moved, app, theirs) = browser().await;
    let answer = ask(&app, "POST /login", &theirs).await;
    assert!(answer.own().is_some() && answer.removes("connect.sid"));
    moved.put(legacy_row(DATA)).await;
    let late = ask(&app, "GET /", &theirs).await;
    assert_eq!(late.body, "stranger", "neither the login nor what was before");
    assert!(late.cookies.is_empty());
    let own = answer.own().unwrap();
    assert_eq!(ask(&app, "GET /", own).await.body, "ada");
}

#[tokio::test]
async fn a_logout_ends_it_there_and_removes_their_cookie() {
    let (moved, app, theirs) = browser().await;
    let answer = ask(&app, "POST /logout", &theirs).await;
    assert!(answer.removes("connect.sid"));
    assert!(moved.rows().await.is_empty());
    moved.put(legacy_row(DATA)).await;
    assert_eq!(ask(&app, "GET /", &theirs).await.body, "stranger");
}

#[tokio::test]
async fn a_logout_ends_what_both_cookies_stand_for() {
    let (moved, app, theirs) = browser().await;
    let own = ask(&app, "POST /add", "").await.own().unwrap().to_owned();
    let answer = ask(&app, "POST /logout", &format!("{own}; {theirs}")).await;
    assert!(answer.removes("connect.sid") && answer.removes("__Host-Http-session"));
    assert!(moved.rows().await.is_empty() && moved.items().await.is_empty());
    assert_eq!(ask(&app, "GET /", &theirs).await.body, "stranger");
}

#[tokio::test]
async fn ours_wins_over_theirs() {
    let (moved, app, theirs) = browser().await;
    let own = ask(&app, "POST /add", "").await.own().unwrap().to_owned();
    assert_eq!(ask(&app, "POST /add", &format!("{theirs}; {own}")).await.body, "2");
    assert_eq!(moved.rows().await.len(), 1);
    // One that opens nothing does not stand in the way.
    let stale = format!("__Host-Http-session={}; {theirs}", "A".repeat(43));
    assert_eq!(ask(&app, "GET /", &stale).await.body, "u-000042");
}

#[tokio::test]
async fn a_forged_cookie_is_a_stranger_s_and_costs_no_read() {
    let (moved, app, theirs) = browser().await;
    moved.operations();
    for forged in [
        theirs.replace("WeC0", "XeC0"),
        theirs[..theirs.len() - 1].to_owned(),
        format!("connect.sid={SID}"),
        format!("connect.sid=s%3A{SID}"),
        format!("connect.sid=s%3A{SID}."),
        "connect.sid=%FF%FE".to_owned(),
        format!("connect.sid={}", "x".repeat(100_000)),
    ] {
        assert_eq!(ask(&app, "GET /", &forged).await.body, "stranger");
        assert!(moved.operations().is_empty(), "{forged}");
    }
    let answer = ask(&app, "POST /add", &theirs.replace("WeC0", "XeC0")).await;
    assert_eq!(answer.body, "1", "a session of their own");
    assert_eq!(moved.rows().await.len(), 1, "the row is left alone");
}

#[tokio::test]
async fn two_of_their_sessions_are_none() {
    let (moved, app, theirs) = browser().await;
    let mut other = legacy_row(DATA);
    other.insert("id".to_owned(), dynamo_session_tests::attribute::s("sess:other"));
    moved.put(other).await;
    let both = format!("{theirs}; {}", express("other"));
    assert_eq!(ask(&app, "GET /", &both).await.body, "stranger");
    assert_eq!(moved.rows().await.len(), 2);
}

#[tokio::test]
async fn a_store_without_secrets_is_told_so() {
    let (moved, _) = legacy().await;
    let app = app(&moved, ForeignStore::connect_dynamodb(&moved.table));
    let answer = ask(&app, "GET /", &express(SID)).await;
    assert_ne!(answer.body, "u-000042");
    assert_ne!(answer.body, "stranger", "an error, and not a stranger");
}
