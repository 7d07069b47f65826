//! `key_prefix`: session types that share a table do not share sessions.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::routing::get;
use axum::{Router, response::Response};
use dynamo_session::private::{Schema, Timeouts};
use dynamo_session::{
    CreatedAt, DynamoSession, Error, ErrorKind, Expires, Logout, Session, SessionCookie, SessionId,
    SessionKey, SessionLayer, SessionStore,
};
use dynamo_session_tests::World;
use tower::ServiceExt;

/// Everyone may have one.
#[derive(Debug, DynamoSession)]
#[session(table = "shared")]
struct ShopSession {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    #[session(index = "by_user")]
    user: Option<String>,
}

/// Only those who run the shop may.
#[derive(Debug, DynamoSession)]
#[session(table = "shared")]
struct AdminSession {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    #[session(index = "by_user")]
    user: Option<String>,
}

struct Shared {
    world: World,
    shop: SessionStore<ShopSession>,
    admin: SessionStore<AdminSession>,
}

impl Shared {
    async fn new() -> Self {
        let world = World::new();
        let (shop, admin) = (world.store().await, world.store().await);
        Self { world, shop, admin }
    }

    async fn shops(&self, user: &str) -> Session<ShopSession> {
        self.world.clock.advance(Duration::from_secs(1));
        let mut session = self.shop.create();
        session.user = Some(user.to_owned());
        session.commit().await.unwrap();
        session
    }

    async fn admins(&self, user: &str) -> Session<AdminSession> {
        self.world.clock.advance(Duration::from_secs(1));
        let mut session = self.admin.create();
        session.user = Some(user.to_owned());
        session.commit().await.unwrap();
        session
    }

    /// Whether this session of the shop is as it was.
    async fn is_unharmed(&self, id: &SessionId) -> bool {
        let session = self.shop.load(id).await.unwrap();
        session.is_some_and(|session| session.user.as_deref() == Some("mallory"))
    }
}

#[tokio::test]
async fn an_id_opens_nothing_of_another_type() {
    let shared = Shared::new().await;
    let id = shared.shops("mallory").await.id().clone();
    let admin = &shared.admin;
    assert!(admin.load(&id).await.unwrap().is_none());
    let error = admin.update(&id, |it| it.user = Some("root".to_owned())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Gone);
    admin.destroy(&id).await.unwrap();
    assert!(shared.is_unharmed(&id).await);

    let mut session = shared.world.load(&shared.shop, &id).await;
    session.renew().await.unwrap();
    admin.destroy(&id).await.unwrap();
    assert!(shared.is_unharmed(session.id()).await, "nor by the tombstone of its renewal");
    assert!(shared.shop.load(&id).await.unwrap().is_none());
    shared.shop.destroy(&id).await.unwrap();
    assert!(!shared.is_unharmed(session.id()).await, "which its own type follows");
}

async fn who(session: Session<AdminSession>) -> String {
    session.user.clone().unwrap_or_else(|| "a stranger".to_owned())
}

async fn log_in(mut session: Session<AdminSession>) -> Result<(), Error> {
    session.renew().await?;
    session.user = Some("root".to_owned());
    Ok(())
}

async fn log_out(mut session: Session<AdminSession>) -> Result<(), Error> {
    session.destroy().await
}

async fn log_out_unread(logout: Logout<AdminSession>) -> Result<(), Error> {
    logout.end().await
}

#[tokio::test]
async fn the_shops_cookie_is_a_strangers_in_the_admin_area() {
    let shared = Shared::new().await;
    let id = shared.shops("mallory").await.id().clone();
    let cookie = SessionCookie::builder().name("admin").build().unwrap();
    let app = Router::new()
        .route("/who", get(who))
        .route("/log-in", get(log_in))
        .route("/log-out", get(log_out))
        .route("/log-out-unread", get(log_out_unread))
        .layer(SessionLayer::new(shared.admin.clone()).cookie(cookie));
    let visit = async |path: &str| -> Response {
        let cookie = format!("__Host-Http-admin={}", id.expose_secret());
        let request = Request::get(path).header(COOKIE, cookie).body(Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        assert!(response.status().is_success(), "{path}");
        response
    };
    let response = visit("/who").await;
    assert_eq!(to_bytes(response.into_body(), 99).await.unwrap(), "a stranger");
    let response = visit("/log-in").await;
    let cookie = response.headers()[SET_COOKIE].to_str().unwrap();
    assert!(!cookie.contains(&id.expose_secret()), "{cookie}");
    assert!(shared.is_unharmed(&id).await);
    visit("/log-out").await;
    visit("/log-out-unread").await;
    assert!(shared.is_unharmed(&id).await);
    assert!(shared.admin.load(&id).await.unwrap().is_none());
}

#[tokio::test]
async fn an_index_in_common_shows_and_ends_sessions_of_the_type_alone() {
    let shared = Shared::new().await;
    let mut shops = Vec::new();
    let mut admins = Vec::new();
    for _ in 0..3 {
        shops.push(shared.shops("mallory").await);
        admins.push(shared.admins("mallory").await);
    }
    let by_user = shared.admin.by(AdminSession::USER);
    let listed = by_user.list("mallory").page_size(2).all().await.unwrap();
    let listed: Vec<_> = listed.iter().map(|session| session.fingerprint()).collect();
    let newest_first = admins.iter().rev().map(|session| session.id().fingerprint());
    assert_eq!(listed, newest_first.collect::<Vec<_>>());

    assert_eq!(by_user.keep_newest("mallory", 2, &admins[2]).await.unwrap(), 1);
    assert!(shared.admin.load(admins[0].id()).await.unwrap().is_none());
    assert_eq!(by_user.end_all("mallory").except(&admins[2]).await.unwrap(), 1);
    assert_eq!(by_user.end_all("mallory").await.unwrap(), 1);
    for session in &shops {
        assert!(shared.is_unharmed(session.id()).await);
    }
    let of_shop = shared.shop.by(ShopSession::USER).list("mallory").all().await.unwrap();
    assert_eq!(of_shop.len(), 3);
    assert!(of_shop[0].is(&shops[2]) && of_shop[0].end().await.unwrap());
}

#[tokio::test]
async fn sweeps_see_the_sessions_of_the_type_alone() {
    let shared = Shared::new().await;
    let shop = shared.shops("mallory").await;
    let mut admin = shared.admins("root").await;
    admin.renew().await.unwrap();
    for measured in [false, true] {
        let counted = shared.admin.count_sessions().measure_sizes(measured).await.unwrap();
        assert_eq!((counted.alive, counted.expired, counted.tombstones), (1, 0, 1));
        let counted = shared.shop.count_sessions().measure_sizes(measured).await.unwrap();
        assert_eq!((counted.alive, counted.expired, counted.tombstones), (1, 0, 0));
    }
    shared.world.clock.advance(Duration::from_secs(1800));
    let purged = shared.admin.purge_expired().await.unwrap();
    assert_eq!((purged.deleted, purged.tombstones), (1, 1));
    assert!(shared.world.item(&shared.shop, shop.id()).await.is_some());
    let purged = shared.shop.purge_expired().await.unwrap();
    assert_eq!((purged.deleted, purged.tombstones), (1, 0));
    assert!(shared.world.items(&shared.shop).await.is_empty());
}

#[tokio::test]
async fn a_purge_does_not_go_on_where_one_of_another_type_stopped() {
    let shared = Shared::new().await;
    let checkpoint = shared.shop.purge_expired().start().checkpoint();
    assert_eq!(checkpoint.key_prefix(), "ShopSession#");
    let resumed = shared.admin.purge_expired().resume_from(checkpoint.clone());
    assert_eq!(resumed.await.unwrap_err().kind(), ErrorKind::Configuration);
    shared.shop.purge_expired().resume_from(checkpoint).await.unwrap();
}

macro_rules! session {
    ($name:ident, $key:ty $(, $prefix:expr)?) => {
        #[derive(Debug, DynamoSession)]
        #[session(table = "prefixes" $(, key_prefix = $prefix)?)]
        struct $name {
            #[session(hash_key)]
            id: $key,
            #[session(ttl)]
            expires_at: Expires,
            visits: u32,
        }
    };
}

/// What the key of a stored session begins with, and that the session is found by it and moves with it.
async fn prefix<S: DynamoSession>(change: impl Fn(&mut S)) -> String {
    let (world, store) = World::with_store::<S>().await;
    let mut session = store.create();
    change(&mut session);
    session.commit().await.unwrap();
    session.renew().await.unwrap();
    change(&mut session);
    session.commit().await.unwrap();
    world.load(&store, session.id()).await;
    let [item] = &world.items(&store).await[..] else { panic!("one session is one item") };
    let key = item["id"].as_s().unwrap();
    assert_eq!(*key, S::SCHEMA.table_key(session.id()));
    let prefix = key.strip_suffix(&session.id().attribute_value()).unwrap().to_owned();
    assert_eq!(prefix, S::SCHEMA.key_prefix());
    session.destroy().await.unwrap();
    assert!(world.items(&store).await.is_empty());
    prefix
}

const SHARED: &str = "SESSION#";

#[tokio::test]
async fn it_is_the_structs_name_unless_the_struct_or_its_key_says_otherwise() {
    session!(Login, SessionId);
    session!(r#Raw, SessionId);
    session!(Named, SessionId, "login:");
    session!(Constant, SessionId, SHARED);
    session!(Unbound, SessionId, "");
    session!(Foreign, String);
    session!(ForeignNumber, uuid::Uuid);
    session!(ForeignInDesign, String, "sess:");
    assert_eq!(prefix::<Login>(|it| it.visits += 1).await, "Login#");
    assert_eq!(prefix::<Raw>(|it| it.visits += 1).await, "Raw#");
    assert_eq!(prefix::<Named>(|it| it.visits += 1).await, "login:");
    assert_eq!(prefix::<Constant>(|it| it.visits += 1).await, "SESSION#");
    assert_eq!(prefix::<Unbound>(|it| it.visits += 1).await, "");
    assert_eq!(prefix::<Foreign>(|it| it.visits += 1).await, "");
    assert_eq!(prefix::<ForeignNumber>(|it| it.visits += 1).await, "");
    assert_eq!(prefix::<ForeignInDesign>(|it| it.visits += 1).await, "sess:");
}

#[tokio::test]
async fn a_struct_that_is_renamed_keeps_its_sessions_by_the_prefix() {
    session!(Login, SessionId);
    session!(Visitor, SessionId, "Login#");
    session!(Careless, SessionId);
    let world = World::new();
    let mut session = world.store::<Login>().await.create();
    session.visits = 1;
    session.commit().await.unwrap();
    let (renamed, careless) = (world.store::<Visitor>().await, world.store::<Careless>().await);
    assert_eq!(world.load(&renamed, session.id()).await.visits, 1);
    assert!(careless.load(session.id()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_prefix_may_take_all_that_an_id_leaves_of_a_key() {
    const LONGEST: &str = {
        const BYTES: [u8; 2005] = [b'x'; 2005];
        match std::str::from_utf8(&BYTES) {
            Ok(longest) => longest,
            Err(_) => unreachable!(),
        }
    };
    session!(Long, SessionId, LONGEST);
    assert_eq!(prefix::<Long>(|it| it.visits += 1).await, LONGEST);
}

#[test]
fn what_no_key_can_hold_is_an_error_where_the_schema_is_evaluated() {
    let schema = |prefix: &'static str| {
        Schema::new("id", "ttl", Timeouts::from_secs(1, None, 1), &[]).with_key_prefix(prefix)
    };
    for good in ["", "sess:", "Sitzung für ä#", "名前#", "\u{a0}"] {
        assert_eq!(schema(good).key_prefix(), good);
    }
    let too_long = "x".repeat(2006).leak();
    for bad in ["\n", "a\u{0}", "a\u{7f}b", "a\u{80}", "\u{9f}", too_long] {
        assert!(std::panic::catch_unwind(|| schema(bad)).is_err(), "{bad:?}");
    }
}

#[tokio::test]
async fn what_the_table_holds_beside_is_left_alone() {
    let shared = Shared::new().await;
    let number = |seconds: i64| AttributeValue::N(seconds.to_string());
    for (key, expires) in [("ORDER#1", 0), ("ShopSession", 0), ("shopsession#1", 0)] {
        let item = [("id", AttributeValue::S(key.to_owned())), ("expires_at", number(expires))];
        let item = item.map(|(name, value)| (name.to_owned(), value));
        shared.world.put(&shared.shop, item.into()).await;
    }
    assert_eq!(shared.shop.purge_expired().await.unwrap().deleted, 0);
    assert_eq!(shared.shop.count_sessions().await.unwrap().items(), 0);
    let left = shared.world.items(&shared.shop).await;
    let left: BTreeSet<_> = left.iter().map(|item| item["id"].as_s().unwrap().as_str()).collect();
    assert_eq!(left, BTreeSet::from(["ORDER#1", "ShopSession", "shopsession#1"]));
}
