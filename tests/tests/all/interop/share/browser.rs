//! One browser for both services: the cookie is the other one's, whoever gives it out.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{Request, StatusCode};
use axum::{Extension, Router, routing::get, routing::post};
use dynamo_session::interop::ForeignStore;
use dynamo_session::{
    Logout, ReadConsistency, Session, SessionCookie, SessionLayer, SessionStore, SessionView,
};
use tower::ServiceExt;

use super::{Member, Move, SID, legacy_row_text, load, of_one_package, only_row, shared, sharing};
use crate::interop::systems::{SECRET, SYSTEMS, express};
use crate::interop::{DATA, legacy_row};

fn app(layer: SessionLayer<Member>) -> Router {
    async fn look(session: Option<SessionView<Member>>) -> String {
        session.and_then(|session| session.user.clone()).unwrap_or_else(|| "stranger".to_owned())
    }
    async fn add(mut session: Session<Member>) -> String {
        session.n += 1;
        session.n.to_string()
    }
    async fn login(mut session: Session<Member>) -> String {
        let was_ended = session.replaces_ended();
        session.user = Some("ada".to_owned());
        session.renew().await.unwrap();
        format!("{} {was_ended}", session.n)
    }
    async fn log_out(logout: Logout<Member>) -> &'static str {
        logout.end().await.unwrap();
        "out"
    }
    async fn destroy(mut session: Session<Member>) -> &'static str {
        session.destroy().await.unwrap();
        "out"
    }
    let routes = Router::new()
        .route("/", get(look).post(add))
        .route("/login", post(login))
        .route("/logout", post(log_out))
        .route("/destroy", post(destroy));
    routes.layer(layer)
}

struct Answer {
    status: StatusCode,
    body: String,
    cookies: Vec<String>,
}

impl Answer {
    /// What the browser then sends.
    fn pairs(&self) -> String {
        let pairs = self.cookies.iter().map(|cookie| cookie.split(';').next().unwrap());
        pairs.collect::<Vec<_>>().join("; ")
    }
}

async fn send(app: &Router, request: &str, cookies: &str) -> Answer {
    let (method, path) = request.split_once(' ').unwrap();
    let request = Request::builder().method(method).uri(path).header(COOKIE, cookies);
    let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let cookies = response.headers().get_all(SET_COOKIE).iter();
    let cookies = cookies.map(|cookie| cookie.to_str().unwrap().to_owned()).collect();
    let status = response.status();
    let body = to_bytes(response.into_body(), 99_999).await.unwrap();
    Answer { status, body: String::from_utf8(body.to_vec()).unwrap(), cookies }
}

/// A visitor of the other service, whose row has no lifetime for its cookie.
async fn browser() -> (Move, SessionStore<Member>, Router, String) {
    let (moved, store) = shared().await;
    moved
        .put(legacy_row(
            r#"{"cookie": {"originalMaxAge": null}, "userId": "u-000042", "n": 1, "roles": []}"#,
        ))
        .await;
    let app = app(SessionLayer::new(store.clone()));
    (moved, store, app, express(SID))
}

#[tokio::test]
async fn the_cookie_of_the_login_there_is_kept_here() {
    let (moved, _, app, theirs) = browser().await;
    let answer = send(&app, "GET /", &theirs).await;
    assert_eq!((&*answer.body, answer.cookies.len()), ("u-000042", 0));
    assert_eq!(moved.operations(), ["GetItem"]);
    let answer = send(&app, "POST /", &theirs).await;
    assert_eq!((&*answer.body, answer.cookies.len()), ("2", 0));
    assert_eq!(legacy_row_text(&moved).await["n"], 2);
}

#[tokio::test]
async fn a_forged_cookie_is_a_stranger_s_and_costs_no_read() {
    let (moved, _, app, theirs) = browser().await;
    let before = only_row(&moved).await;
    for forged in [theirs.replace("%3A", ":x"), format!("{theirs}A"), theirs[..40].to_owned()] {
        assert_eq!(send(&app, "GET /", &forged).await.body, "stranger");
        assert!(moved.operations().is_empty());
    }
    let answer = send(&app, "POST /", &format!("{theirs}A")).await;
    assert_eq!(answer.body, "1", "a new session");
    assert!(!answer.pairs().contains(SID));
    assert_eq!(moved.rows().await.len(), 2);
    assert!(moved.rows().await.contains(&before));
}

#[tokio::test]
async fn an_unknown_id_is_never_taken_over() {
    let (moved, _, app, theirs) = browser().await;
    moved.delete(&legacy_row(DATA)).await;
    let answer = send(&app, "POST /login", &theirs).await;
    assert_eq!(answer.body, "0 true", "it knows that the session is over");
    assert!(!answer.pairs().is_empty() && !answer.pairs().contains(SID));
    assert_eq!(send(&app, "GET /", &answer.pairs()).await.body, "ada");
}

#[tokio::test]
async fn a_login_gives_out_the_cookie_of_each_system() {
    for system in &SYSTEMS {
        let moved = Move::from(system.keys).await;
        let foreign = of_one_package(system, system.store(&moved.table));
        let store = sharing::<Member>(&moved, foreign.clone()).await;
        let app = app(SessionLayer::new(store.clone()));
        let answer = send(&app, "POST /login", "").await;
        let sid = foreign.session_id(&answer.pairs()).unwrap();
        let captured = system.cookie().replace(system.sid, &sid);
        let names = |pairs: &str| -> Vec<String> {
            let names = pairs.split("; ").map(|pair| pair.split('=').next().unwrap().to_owned());
            let mut names: Vec<_> = names.collect();
            names.sort();
            names
        };
        assert_eq!(names(&answer.pairs()), names(&captured), "{}", system.name);
        for cookie in &answer.cookies {
            assert!(cookie.contains("; HttpOnly; SameSite=Lax; Secure; Path=/"), "{cookie}");
            // Only koa's cookies have a lifetime of their own, unless there is one for all.
            assert_eq!(cookie.contains("Max-Age"), system.name == "koa", "{cookie}");
        }
        assert_eq!(send(&app, "GET /", &answer.pairs()).await.body, "ada", "{}", system.name);

        let out = send(&app, "POST /logout", &answer.pairs()).await;
        assert_eq!(out.cookies.len(), names(&captured).len());
        assert!(
            out.cookies.iter().all(|cookie| cookie.contains("Max-Age=0; ")),
            "{:?}",
            out.cookies
        );
        assert!(moved.rows().await.is_empty(), "{}", system.name);
    }
}

#[tokio::test]
async fn a_renewal_gives_out_another_id_and_a_logout_removes_it() {
    for end in ["POST /logout", "POST /destroy"] {
        let (moved, store, app, theirs) = browser().await;
        let answer = send(&app, "POST /login", &theirs).await;
        assert_eq!(answer.cookies.len(), 1);
        assert!(!answer.pairs().contains(SID));
        assert!(store.load_shared(SID).await.unwrap().is_none());
        assert_eq!(legacy_row_text(&moved).await["userId"], "ada");
        assert_eq!(send(&app, "GET /", &theirs).await.body, "stranger", "the old id is dead");

        let out = send(&app, end, &answer.pairs()).await;
        assert!(
            out.cookies[0].starts_with("connect.sid=; ") && out.cookies[0].contains("Max-Age=0")
        );
        assert!(moved.rows().await.is_empty());
        assert_eq!(send(&app, "GET /", &answer.pairs()).await.body, "stranger");
    }
}

#[tokio::test]
async fn a_cookie_with_a_lifetime_is_sent_again_when_that_moves() {
    let (moved, store) = shared().await;
    let app = app(SessionLayer::new(store));
    // The row says a day, and has been touched a moment ago.
    let answer = send(&app, "GET /", &express(SID)).await;
    assert!(answer.cookies[0].contains("Max-Age=86400"), "{:?}", answer.cookies);
    assert_eq!(answer.pairs(), express(SID));
    assert!(send(&app, "GET /", &express(SID)).await.cookies.is_empty());
    moved.clock.advance(Duration::from_secs(120));
    assert_eq!(send(&app, "GET /", &express(SID)).await.pairs(), express(SID));
}

#[tokio::test]
async fn an_older_secret_verifies_and_the_first_signs_anew() {
    let (moved, foreign) = crate::interop::legacy().await;
    moved.put(legacy_row(r#"{"cookie": {}, "userId": "u-000042", "n": 1}"#)).await;
    let rotated = foreign.secrets(["a newer one", SECRET]);
    let store = sharing::<Member>(&moved, rotated.clone()).await;
    let app = app(SessionLayer::new(store));
    let answer = send(&app, "GET /", &express(SID)).await;
    assert_eq!(answer.body, "u-000042");
    assert_ne!(answer.pairs(), express(SID));
    assert_eq!(rotated.session_id(&answer.pairs()).as_deref(), Some(SID));
    assert!(send(&app, "GET /", &answer.pairs()).await.cookies.is_empty());
}

#[tokio::test]
async fn our_own_cookie_means_nothing_here() {
    let (moved, store, app, theirs) = browser().await;
    let id = load(&store).await.id().expose_secret();
    moved.operations();
    let own = format!("__Host-Http-session={id}; connect.sid={id}");
    assert_eq!(send(&app, "GET /", &own).await.body, "stranger");
    assert!(moved.operations().is_empty());
    let both = format!("__Host-Http-session={id}; {theirs}");
    assert_eq!(send(&app, "GET /", &both).await.body, "u-000042");
}

#[tokio::test]
async fn a_planted_cookie_neither_wins_nor_logs_out() {
    let (moved, _, app, theirs) = browser().await;
    let mut other = legacy_row(r#"{"cookie": {}, "userId": "mallory", "n": 1}"#);
    other.insert("id".to_owned(), dynamo_session_tests::attribute::s("sess:mallorys"));
    moved.put(other).await;
    let both = format!("{}; {theirs}", express("mallorys"));
    assert_eq!(send(&app, "GET /", &both).await.body, "stranger");
    assert_eq!(send(&app, "POST /", &both).await.status, StatusCode::CONFLICT);
    let unknown = format!("{}; {theirs}", express("unknown"));
    assert_eq!(send(&app, "GET /", &unknown).await.body, "u-000042");
    send(&app, "POST /logout", &both).await;
    assert!(moved.rows().await.is_empty(), "a logout ends both");
}

#[tokio::test]
async fn what_does_not_go_with_it_answers_every_request() {
    let (moved, store) = shared().await;
    moved.operations();
    let cookie = SessionCookie::builder().name("mine").build().unwrap();
    let other = ForeignStore::koa("sessions").secrets(["cat"]);
    let layers =
        [SessionLayer::new(store.clone()).cookie(cookie), SessionLayer::new(store).adopt(other)];
    for layer in layers {
        let app = app(layer);
        let answer = send(&app, "GET /", &express(SID)).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    }
    assert!(moved.operations().is_empty());
}

#[tokio::test]
async fn two_layers_with_one_cookie_are_refused_and_one_of_own_rows_beside_is_not() {
    let (moved, store) = shared().await;
    let layer = || SessionLayer::new(store.clone());
    let twice = app(layer()).layer(layer());
    assert_eq!(
        send(&twice, "GET /", &express(SID)).await.status,
        StatusCode::INTERNAL_SERVER_ERROR
    );
    let beside = app(layer()).layer(SessionLayer::new(moved.store.clone()));
    assert_eq!(send(&beside, "GET /", &express(SID)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_layer_or_a_request_says_how_its_session_is_read() {
    let (moved, foreign) = crate::interop::legacy().await;
    let builder = SessionStore::<Member>::builder().client(moved.world.client.clone());
    let builder = builder.clock(moved.clock.clone()).read_consistency(ReadConsistency::Eventual);
    let store = builder.shared_with(foreign).build().await.unwrap();
    let strong = SessionLayer::new(store.clone()).read_consistency(ReadConsistency::Strong);
    let pay = app(SessionLayer::new(store.clone())).layer(Extension(ReadConsistency::Strong));
    for (app, is_strong) in
        [(app(SessionLayer::new(store)), false), (app(strong), true), (pay, true)]
    {
        moved.world.network.take_sent();
        assert_eq!(send(&app, "GET /", &express(SID)).await.body, "u-000042");
        let sent = moved.world.network.take_sent();
        assert_eq!(sent[0].operation, "GetItem");
        assert_eq!(sent[0].body["ConsistentRead"] == true, is_strong);
    }
}

#[tokio::test]
async fn a_logout_by_the_handle_ends_all_that_were_presented() {
    let (moved, _, app, theirs) = browser().await;
    let mut other = legacy_row(r#"{"cookie": {}, "userId": "mallory", "n": 1}"#);
    other.insert("id".to_owned(), dynamo_session_tests::attribute::s("sess:mallorys"));
    moved.put(other).await;
    let both = format!("{}; {theirs}", express("mallorys"));
    let out = send(&app, "POST /destroy", &both).await;
    assert_eq!((out.status, &*out.body), (StatusCode::OK, "out"));
    assert!(out.cookies[0].contains("Max-Age=0"), "{:?}", out.cookies);
    assert!(moved.rows().await.is_empty());
}
