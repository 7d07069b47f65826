//! Each system: its row is read in place, its cookie accepted, its session adopted.

use axum::body::{Body, to_bytes};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{Request, StatusCode};
use axum::{Router, routing::get};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use dynamo_session::interop::ForeignStore;
use dynamo_session::{Session, SessionLayer, SessionView};
use hmac::{Hmac, KeyInit as _, Mac};
use sha1::Sha1;
use sha2::Sha256;
use tower::ServiceExt;

use super::{Member, Move, Row, row};

pub(super) const SECRET: &str = "keyboard cat";

/// One system: its table's key, a session of it as it writes it, and the cookie of that.
pub(super) struct System {
    pub(super) name: &'static str,
    pub(super) keys: &'static [&'static str],
    pub(super) foreign: fn(&str) -> ForeignStore,
    pub(super) sid: &'static str,
    row: &'static str,
    cookie: fn(&str) -> String,
}

impl System {
    pub(super) fn row(&self) -> Row {
        row(self.row)
    }

    pub(super) fn cookie(&self) -> String {
        (self.cookie)(self.sid)
    }

    pub(super) fn store(&self, table: &str) -> ForeignStore {
        (self.foreign)(table).secrets([SECRET])
    }
}

fn mac256(text: &str) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.chain_update(text).finalize().into_bytes().to_vec()
}

fn encoded(value: &str) -> String {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte);
    let encode = |byte: u8| match unreserved(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    value.bytes().map(encode).collect()
}

pub(crate) fn express(sid: &str) -> String {
    let signature = STANDARD_NO_PAD.encode(mac256(sid));
    format!("connect.sid={}", encoded(&format!("s:{sid}.{signature}")))
}

fn koa(sid: &str) -> String {
    let mac = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes()).unwrap();
    let mac = mac.chain_update(format!("koa.sess={sid}")).finalize().into_bytes();
    format!("koa.sess={sid}; koa.sess.sig={}", URL_SAFE_NO_PAD.encode(mac))
}

fn react_router(sid: &str) -> String {
    let payload = STANDARD.encode(format!("\"{sid}\""));
    let signature = STANDARD_NO_PAD.encode(mac256(&payload));
    format!("__session={}", encoded(&format!("{payload}.{signature}")))
}

pub(super) const SYSTEMS: [System; 10] = [
    System {
        name: "geo",
        keys: &["_idx"],
        foreign: |table| ForeignStore::react_router(table, "_idx").ttl_key("_ttl"),
        sid: "147e7a7e6db2ec6d",
        row: r#"{"userId":{"S":"u-000042"},"n":{"N":"1"},"roles":{"L":[{"S":"a"}]},"_idx":{"S":"147e7a7e6db2ec6d"},"_ttl":{"N":"1795343125"}}"#,
        cookie: react_router,
    },
    System {
        name: "arc",
        keys: &["_idx"],
        foreign: |table| ForeignStore::react_router(table, "_idx").ttl_key("_ttl"),
        sid: "c96930377341b954",
        row: r#"{"userId":{"S":"u-000042"},"n":{"N":"1"},"roles":{"L":[{"S":"a"}]},"__flash_error__":{"S":"no"},"_idx":{"S":"c96930377341b954"},"_ttl":{"N":"1795343125"}}"#,
        cookie: react_router,
    },
    System {
        name: "mre",
        keys: &["SessionID"],
        foreign: |table| ForeignStore::dynamodb_session_store(table, "SessionID"),
        sid: "FauvGEv5jA9sgu0aYWy00cQDzW4yJmjR",
        row: r#"{"Expires":{"N":"1795257025"},"Session":{"S":"{\"cookie\":{\"originalMaxAge\":null,\"expires\":null,\"httpOnly\":true,\"path\":\"/\"},\"userId\":\"u-000042\",\"n\":1,\"roles\":[\"a\"]}"},"SessionID":{"S":"FauvGEv5jA9sgu0aYWy00cQDzW4yJmjR"}}"#,
        cookie: express,
    },
    System {
        name: "svs",
        keys: &["sid"],
        foreign: |table| ForeignStore::dynamodb_session_store(table, "sid"),
        sid: "JTgyWWEoKz9VXYc_s82TEu2XxromS_-u",
        row: r#"{"sid":{"S":"JTgyWWEoKz9VXYc_s82TEu2XxromS_-u"},"cookie":{"M":{"originalMaxAge":{"N":"86400000"},"expires":{"M":{}},"httpOnly":{"BOOL":true},"path":{"S":"/"}}},"userId":{"S":"u-000042"},"n":{"N":"1"},"roles":{"L":[{"S":"a"}]}}"#,
        cookie: express,
    },
    System {
        name: "koa",
        keys: &["sessionId"],
        foreign: |table| ForeignStore::koa(table),
        sid: "91f8b410-9bc6-411a-82c9-d35b054cca43",
        row: r#"{"session":{"M":{"userId":{"S":"u-000042"},"n":{"N":"1"},"roles":{"L":[{"S":"a"}]},"_expire":{"N":"1795343126338"},"_maxAge":{"N":"86400000"}}},"sessionId":{"S":"91f8b410-9bc6-411a-82c9-d35b054cca43"},"expires":{"N":"1795343136"}}"#,
        cookie: koa,
    },
    System {
        name: "cds",
        keys: &["id"],
        foreign: |table| ForeignStore::connect_dynamodb_session(table),
        sid: "OaCcOcZr9OKO4hTqJXwmPMDMEcftdkUh",
        row: r#"{"id":{"S":"OaCcOcZr9OKO4hTqJXwmPMDMEcftdkUh"},"expires":{"N":"1796466326630"},"content":{"S":"{\"cookie\":{\"originalMaxAge\":null,\"expires\":null,\"httpOnly\":true,\"path\":\"/\"},\"userId\":\"u-000042\",\"n\":1,\"roles\":[\"a\"],\"lastModified\":1795256726630}"}}"#,
        cookie: express,
    },
    System {
        name: "cyc",
        keys: &["pk", "sk"],
        foreign: |table| ForeignStore::cyclic(table),
        sid: "GMs3NV8T6uoKTxjqTEjd1pwihEAdSe1v",
        row: r#"{"pk":{"S":"session-store#GMs3NV8T6uoKTxjqTEjd1pwihEAdSe1v"},"sk":{"S":"session-store#GMs3NV8T6uoKTxjqTEjd1pwihEAdSe1v"},"expires":{"N":"1795343127"},"sess":{"M":{"cookie":{"M":{"path":{"S":"/"},"_expires":{"NULL":true},"originalMaxAge":{"NULL":true},"httpOnly":{"BOOL":true},"expires":{"NULL":true},"maxAge":{"NULL":true},"data":{"M":{"originalMaxAge":{"NULL":true},"expires":{"NULL":true},"httpOnly":{"BOOL":true},"path":{"S":"/"}}}}},"userId":{"S":"u-000042"},"n":{"N":"1"},"roles":{"L":[{"S":"a"}]},"updated":{"N":"1795256727294"}}}}"#,
        cookie: express,
    },
    System {
        name: "dst",
        keys: &["sessionId"],
        foreign: |table| ForeignStore::dynamodb_store(table),
        sid: "pC5kQ1yGm0VtqU2bJ8sWnXeRaLdZoIhf",
        row: r#"{"sessionId":{"S":"sess:pC5kQ1yGm0VtqU2bJ8sWnXeRaLdZoIhf"},"expires":{"N":"1795343127"},"sess":{"M":{"cookie":{"M":{"path":{"S":"/"},"_expires":{"M":{}},"originalMaxAge":{"N":"86400000"},"httpOnly":{"BOOL":true}}},"userId":{"S":"u-000042"},"n":{"N":"1"},"roles":{"L":[{"S":"a"}]},"updated":{"N":"1795256727294"}}}}"#,
        cookie: express,
    },
    System {
        name: "cdb",
        keys: &["id"],
        foreign: |table| ForeignStore::connect_dynamodb(table),
        sid: "WeC0xndUl_fi9K_mpkNtdOeUiM4nSQOq",
        row: r#"{"id":{"S":"sess:WeC0xndUl_fi9K_mpkNtdOeUiM4nSQOq"},"expires":{"N":"1795343127.989"},"type":{"S":"connect-session"},"sess":{"S":"{\"cookie\":{\"originalMaxAge\":86400000,\"expires\":\"2026-11-22T10:25:28.200Z\",\"httpOnly\":true,\"path\":\"/\"},\"userId\":\"u-000042\",\"n\":1,\"roles\":[\"a\"]}"}}"#,
        cookie: express,
    },
    System {
        name: "pwr",
        keys: &["id"],
        foreign: |table| ForeignStore::pwrdrvr(table),
        sid: "q8LrTfWzYbNcXvMpKjHgDsAeUiOyEwQx",
        row: r#"{"id":{"S":"session#q8LrTfWzYbNcXvMpKjHgDsAeUiOyEwQx"},"expires":{"N":"1795343127"},"sess":{"M":{"cookie":{"M":{"originalMaxAge":{"N":"86400000"},"expires":{"S":"2026-11-22T10:25:28.200Z"},"httpOnly":{"BOOL":true},"path":{"S":"/"}}},"userId":{"S":"u-000042"},"n":{"N":"1"},"roles":{"L":[{"S":"a"}]},"lastModified":{"S":"2026-11-21T10:25:28.200Z"}}}}"#,
        cookie: express,
    },
];

async fn read_in_place(system: &System) -> bool {
    let moved = Move::from(system.keys).await;
    moved.put(system.row()).await;
    let session = moved.store.adopt(&system.store(&moved.table), system.sid).await.unwrap();
    let Some(session) = session else { return false };
    let is_read =
        session.user.as_deref() == Some("u-000042") && session.n == 1 && session.roles == ["a"];
    is_read && moved.rows().await == [system.row()] && moved.items().await.is_empty()
}

fn app(moved: &Move, foreign: ForeignStore) -> Router {
    async fn show(session: Option<SessionView<Member>>) -> String {
        session.and_then(|session| session.user.clone()).unwrap_or_default()
    }
    async fn add(mut session: Session<Member>) -> String {
        session.n += 1;
        session.n.to_string()
    }
    let routes = Router::new().route("/", get(show).post(add));
    routes.layer(SessionLayer::new(moved.store.clone()).adopt(foreign))
}

async fn send(app: &Router, method: &str, cookie: &str) -> (StatusCode, Vec<String>, String) {
    let request = Request::builder().method(method).uri("/").header(COOKIE, cookie);
    let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let cookies = response.headers().get_all(SET_COOKIE).iter();
    let cookies = cookies.map(|cookie| cookie.to_str().unwrap().to_owned()).collect();
    let status = response.status();
    let body = to_bytes(response.into_body(), 99_999).await.unwrap();
    (status, cookies, String::from_utf8(body.to_vec()).unwrap())
}

async fn cookie_accepted(system: &System) -> bool {
    let moved = Move::from(system.keys).await;
    moved.put(system.row()).await;
    let app = app(&moved, system.store(&moved.table));
    let (_, cookies, body) = send(&app, "GET", &system.cookie()).await;
    // One of them is about to expire, and so is adopted.
    let is_accepted = body == "u-000042" && (cookies.is_empty() || system.name == "mre");
    // A stranger without a read, if its signature is another.
    moved.operations();
    let mut forged = system.cookie();
    let place = forged.len() - 3..forged.len() - 2;
    let other = if &forged[place.clone()] == "A" { "B" } else { "A" };
    forged.replace_range(place, other);
    let (_, _, stranger) = send(&app, "GET", &forged).await;
    is_accepted && stranger.is_empty() && moved.operations().is_empty()
}

async fn adopted(system: &System) -> bool {
    let moved = Move::from(system.keys).await;
    moved.put(system.row()).await;
    let app = app(&moved, system.store(&moved.table));
    let (_, cookies, body) = send(&app, "POST", &system.cookie()).await;
    assert_eq!(body, "2");
    assert!(moved.rows().await.is_empty(), "the row is gone");
    let items = moved.items().await;
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["n"].as_n().unwrap(), "2");
    assert_eq!(items[0]["userId"].as_s().unwrap(), "u-000042");
    let own = cookies.iter().find(|cookie| cookie.starts_with("__Host-Http-session=")).unwrap();
    let names = system.cookie();
    for pair in names.split("; ") {
        let name = pair.split('=').next().unwrap();
        let removed = cookies.iter().find(|cookie| cookie.starts_with(&format!("{name}=;")));
        let removed = removed.unwrap();
        assert!(removed.contains("Path=/") && removed.contains("Max-Age=0"), "{removed}");
    }
    moved.operations();
    let pair = own.split(';').next().unwrap();
    let (_, _, body) = send(&app, "GET", &format!("{names}; {pair}")).await;
    assert_eq!(moved.operations(), ["GetItem"], "with both cookies, one read");
    // Their cookie alone finds the session where it is now.
    let (_, _, again) = send(&app, "POST", &names).await;
    body == "u-000042" && again == "3"
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "the table is what this is for")]
async fn each_of_the_ten_is_read_accepted_and_adopted() {
    let mut table = String::from("     | row read | cookie accepted | adopted\n");
    let mut all = true;
    for system in &SYSTEMS {
        let facts =
            [read_in_place(system).await, cookie_accepted(system).await, adopted(system).await];
        let words = facts.map(|fact| if fact { "yes" } else { "NO" });
        table += &format!("{:4} | {:8} | {:15} | {}\n", system.name, words[0], words[1], words[2]);
        all &= facts.iter().all(|fact| *fact);
    }
    println!("{table}");
    assert!(all, "{table}");
}
