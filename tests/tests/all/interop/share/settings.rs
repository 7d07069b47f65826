//! What makes no sense in a shared store is refused, and the error says what to do.

use dynamo_session::interop::ForeignStore;
use dynamo_session::{
    DynamoSession, Error, ErrorKind, Expires, ReadConsistency, SessionId, SessionStore,
    SessionStoreBuilder,
};

use super::super::legacy;
use super::{Member, shared};

async fn refused<S: DynamoSession>(builder: SessionStoreBuilder<S>, says: &str) {
    let error = builder.build().await.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    assert!(error.to_string().contains(says), "{error}");
}

#[tokio::test]
async fn by_the_builder() {
    let (moved, foreign) = legacy().await;
    let builder = || {
        let builder = SessionStore::<Member>::builder().client(moved.world.client.clone());
        builder.shared_with(foreign.clone())
    };
    moved.world.network.take_sent();
    refused(builder().auto_create(true), "auto_create").await;
    refused(builder().verify_table(true), "verify_table").await;
    let options = dynamo_session::table::TableOptions::new().tag("team", "web");
    refused(builder().table_options(options), "table_options").await;
    refused(builder().table_name("another"), "table_name").await;
    refused(builder().valid_since(std::time::UNIX_EPOCH), "valid_since").await;
    refused(builder().read_consistency(ReadConsistency::OwnWrites), "read_consistency").await;
    let unsigned = ForeignStore::koa("sessions");
    refused(builder().shared_with(unsigned.clone()), ".secrets").await;
    refused(builder().shared_with(unsigned.secrets([""])), ".secrets").await;
    let either = ForeignStore::dynamodb_session_store("sessions", "sid").secrets(["cat"]);
    refused(builder().shared_with(either), ".from_npm()").await;
    let signed = || ForeignStore::koa("sessions").secrets(["cat"]);
    refused(builder().shared_with(signed().cookie_same_site("Lax")), "sameSite").await;
    let open = signed().cookie_same_site("none").cookie_secure(false);
    refused(builder().shared_with(open), "cookie_secure").await;
    for unfit in [
        signed().cookie_name("a b"),
        signed().cookie_name(""),
        signed().cookie_path("shop"),
        signed().cookie_path("/;HttpOnly"),
        signed().cookie_domain("shop.example\r\n"),
        signed().cookie_name("__Host-sid").cookie_domain("shop.example"),
        signed().cookie_name("__Secure-sid").cookie_secure(false),
    ] {
        refused(builder().shared_with(unfit), "the cookie of koa-session-dynamodb-store").await;
    }
    let fit = signed().cookie_name("koa:sess").cookie_domain("shop.example").cookie_path("/a");
    assert!(builder().shared_with(fit).build().await.is_ok());
    assert!(moved.operations().is_empty());
    assert!(builder().table_name(foreign.table()).build().await.is_ok());
}

#[derive(DynamoSession)]
struct Secretive {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(secret)]
    token: Option<String>,
}

#[derive(DynamoSession)]
#[session(remember_timeout = "30 days")]
struct Remembered {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(remember)]
    remember: bool,
}

#[derive(DynamoSession)]
struct Cookied {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    cookie: Option<String>,
}

#[derive(DynamoSession)]
struct Keyed {
    #[session(hash_key)]
    id: uuid::Uuid,
    #[session(ttl)]
    expires_at: Expires,
}

#[derive(DynamoSession)]
struct Numbered {
    #[session(hash_key)]
    sid: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    id: Option<u64>,
}

#[derive(DynamoSession)]
struct Measured {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    length: Option<u64>,
}

#[derive(DynamoSession)]
struct Private {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(rename = "_note", alias = "valueOf")]
    note: Option<String>,
}

#[tokio::test]
async fn by_the_session_type() {
    let (moved, foreign) = legacy().await;
    async fn of<S: DynamoSession>(
        client: aws_sdk_dynamodb::Client,
        foreign: ForeignStore,
        says: &str,
    ) {
        let builder = SessionStore::<S>::builder().client(client).shared_with(foreign);
        refused(builder, says).await;
    }
    let client = || moved.world.client.clone();
    of::<Secretive>(client(), foreign.clone(), "`token` is marked `secret`").await;
    of::<Remembered>(client(), foreign.clone(), "`remember` is marked `remember`").await;
    of::<Cookied>(client(), foreign.clone(), "a field `cookie`").await;
    of::<Keyed>(client(), foreign.clone(), "use `SessionId`").await;
    // Express and koa drop these from what they write, or fail.
    let koa = || ForeignStore::koa("sessions").secrets(["cat"]);
    of::<Numbered>(client(), foreign.clone(), "a field `id`").await;
    of::<Private>(client(), foreign.clone(), "a field `valueOf`").await;
    of::<Measured>(client(), koa(), "a field `length`").await;
    of::<Private>(client(), koa(), "a field `_note`").await;
    let builder = SessionStore::<Numbered>::builder().client(client()).shared_with(koa());
    assert!(builder.build().await.is_ok());
    let builder = SessionStore::<Measured>::builder().client(client());
    assert!(builder.shared_with(foreign.clone()).build().await.is_ok());
    let top = ForeignStore::react_router("sessions", "roles").secrets(["cat"]);
    of::<Member>(client(), top, "a field `roles`").await;
}

#[derive(DynamoSession)]
struct Indexed {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(index = "by_user")]
    user: Option<String>,
}

fn is_refused<T>(result: Result<T, Error>, what: &str) {
    let error = result.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{what}: {error}");
    assert!(error.to_string().contains("shared with connect-dynamodb"), "{what}: {error}");
}

#[tokio::test]
async fn by_methods_that_need_a_table_of_this_library() {
    let (moved, store) = shared().await;
    let id = store.create().id().clone();
    is_refused(store.load(&id).await, "load");
    is_refused(store.update(&id, |member| member.n += 1).await, "update");
    is_refused(store.destroy(&id).await, "destroy");
    is_refused(store.create_table().await, "create_table");
    is_refused(store.update_table().await, "update_table");
    is_refused(store.verify_table().await, "verify_table");
    is_refused(store.count_sessions().await, "count_sessions");
    is_refused(store.purge_expired().await, "purge_expired");
    is_refused(store.end_everyone().await, "end_everyone");
    let other = ForeignStore::koa("sessions").secrets(["cat"]);
    is_refused(store.adopt(&other, "x").await, "adopt");
    is_refused(store.migrate(&other).await, "migrate");

    let foreign = ForeignStore::connect_dynamodb(&moved.table).secrets(["cat"]);
    let store = super::sharing::<Indexed>(&moved, foreign).await;
    is_refused(store.by(Indexed::USER).list("ada").all().await, "list");
    is_refused(store.by(Indexed::USER).end_all("ada").await, "end_all");
    let session = store.create();
    is_refused(store.by(Indexed::USER).keep_newest("ada", 1, &session).await, "keep_newest");
    assert!(moved.operations().is_empty());
}

#[tokio::test]
async fn a_store_of_own_rows_has_no_shared_sessions() {
    let (moved, _) = legacy().await;
    let error = moved.store.load_shared("x").await.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(moved.store.create().shared_sid(), None);
}

#[tokio::test]
async fn the_policy_for_running_is_of_the_other_table_and_no_template_describes_that() {
    use dynamo_session::infrastructure::Access;
    let (moved, store) = shared().await;
    let policy = store.infrastructure().iam_policy([Access::Run]).unwrap();
    assert!(policy.contains(&format!("table/{}", moved.table)), "{policy}");
    is_refused(store.infrastructure().cloudformation(), "cloudformation");
    is_refused(store.infrastructure().terraform(), "terraform");
}

#[tokio::test]
async fn without_the_other_table_the_error_says_where_its_name_is() {
    let (moved, store) = shared().await;
    let mut session = super::load(&store).await;
    moved.world.direct.delete_table().table_name(&moved.table).send().await.unwrap();
    session.n += 1;
    let errors = [
        store.load_shared(super::SID).await.map(drop).unwrap_err(),
        session.commit().await.map(drop).unwrap_err(),
        session.touch().await.map(drop).unwrap_err(),
        session.renew().await.unwrap_err(),
        session.destroy().await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::TableMissing, "{error}");
        let text = error.to_string();
        assert!(text.contains(&moved.table) && text.contains("`ForeignStore`"), "{text}");
        assert!(!text.contains("create_table"), "{text}");
    }
}
