//! `store.by(..).list(..)`: the live sessions with one value, whatever the index says.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::index::{ListedSession, SessionIndex};
use dynamo_session::{
    DynamoSession, ErrorKind, Expires, OnUndecodable, Operation, Session, SessionId, SessionKey,
    SessionStore,
};
use dynamo_session_tests::refusals::{BROKEN, DENIED, OVER_CAPACITY};
use dynamo_session_tests::{
    AccountId, Fault, Login, Place, Plan, World, index_answer, skip_pauses,
};

/// The fingerprints of a user's sessions, as they are listed.
async fn listed(store: &SessionStore<Login>, user: &str) -> BTreeSet<String> {
    let all = store.by(Login::USER).list(user).all().await.unwrap();
    let found: BTreeSet<_> = all.iter().map(ListedSession::fingerprint).collect();
    assert_eq!(found.len(), all.len(), "no session is listed twice");
    found
}

fn fingerprints<'a>(sessions: impl IntoIterator<Item = &'a Session<Login>>) -> BTreeSet<String> {
    sessions.into_iter().map(|session| session.id().fingerprint()).collect()
}

async fn one<Q>(store: &SessionStore<Login>, value: &Q) -> ListedSession<Login>
where
    String: std::borrow::Borrow<Q>,
    Q: serde::Serialize + ?Sized,
{
    let mut all = store.by(Login::USER).list(value).all().await.unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[tokio::test]
async fn the_live_sessions_of_one_value_and_no_other() {
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 3).await;
    world.logins(&store, "bob", 2).await;
    assert_eq!(listed(&store, "ada").await, fingerprints(&ada));
    assert!(listed(&store, "eve").await.is_empty());
}

#[tokio::test]
async fn a_value_is_looked_up_as_serde_stores_it() {
    let store = World::new().store::<Login>().await;
    let mut session = store.create();
    session.user = Some("ada".to_owned());
    session.account = Some(AccountId(u64::MAX));
    session.plan = Some(Plan::Paid);
    session.device = Some(vec![0, 255]);
    session.tenant = -7;
    session.commit().await.unwrap();
    let mut other = store.create();
    other.user_agent = "all else is None, and the tenant 0".to_owned();
    other.commit().await.unwrap();

    assert_eq!(one(&store, "ada").await.fingerprint(), session.id().fingerprint());
    assert_eq!(one(&store, &"ada".to_owned()).await.fingerprint(), session.id().fingerprint());
    let accounts = store.by(Login::ACCOUNT);
    assert_eq!(accounts.list(&AccountId(u64::MAX)).all().await.unwrap().len(), 1);
    assert_eq!(accounts.list(&AccountId(1)).all().await.unwrap().len(), 0);
    let plans = store.by(Login::PLAN);
    assert_eq!(plans.list(&Plan::Paid).all().await.unwrap().len(), 1);
    assert_eq!(plans.list(&Plan::Free).all().await.unwrap().len(), 0);
    let devices = store.by(Login::DEVICE);
    assert_eq!(devices.list(&[0, 255][..]).all().await.unwrap().len(), 1);
    assert_eq!(devices.list(&vec![0, 254]).all().await.unwrap().len(), 0);
    let tenants = store.by(Login::TENANT);
    assert_eq!(tenants.list(&-7).all().await.unwrap().len(), 1);
    assert_eq!(tenants.list(&0).all().await.unwrap().len(), 1);

    session.user = None;
    session.commit().await.unwrap();
    assert!(listed(&store, "ada").await.is_empty(), "None is not in the index");
}

type Perhaps = Option<String>;

#[derive(Debug, DynamoSession)]
#[session(table = "aliased")]
struct Aliased {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(index)]
    user: Perhaps,
}

#[tokio::test]
async fn a_value_that_no_index_holds_is_refused_before_anything_is_sent() {
    let (world, store) = World::with_store::<Login>().await;
    let (long, longest) = ("x".repeat(2049), "x".repeat(2048));
    let refused = [
        store.by(Login::USER).list("").all().await.unwrap_err(),
        store.by(Login::USER).list(&long).all().await.unwrap_err(),
        store.by(Login::USER).end_all("").await.unwrap_err(),
        store.by(Login::USER).keep_newest("", 1, &store.create()).await.unwrap_err(),
        store.by(Login::DEVICE).list(&[][..]).all().await.unwrap_err(),
    ];
    for error in &refused {
        assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
        assert!(matches!(error.attribute(), Some("user" | "device")), "{error}");
        assert_eq!(error.table(), Some(store.table_name()));
    }
    let operations = refused.each_ref().map(|error| error.operation());
    assert_eq!(
        operations,
        [
            Some(Operation::List),
            Some(Operation::List),
            Some(Operation::EndAll),
            Some(Operation::KeepNewest),
            Some(Operation::List)
        ]
    );
    let mut list = store.by(Login::USER).list("");
    for _ in 0..2 {
        let error = list.next_page().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Encode, Some(Operation::List)));
        assert_eq!(error.table(), Some(store.table_name()), "the second time too");
    }
    assert!(world.network.take_sent().is_empty());
    assert!(listed(&store, &longest).await.is_empty());

    let mut session = store.create();
    session.user = Some(long);
    let error = session.commit().await.unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Encode, Some("user")));

    let store = world.store::<Aliased>().await;
    let error = store.by(Aliased::USER).list(&None).all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode);
    let mut session = store.create();
    session.user = Some("ada".to_owned());
    session.commit().await.unwrap();
    let by_user: SessionIndex<Aliased, Perhaps> = Aliased::USER;
    assert_eq!(store.by(by_user).list(&session.user).all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn every_page_is_followed_and_none_is_empty() {
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 7).await;
    let mut list = store.by(Login::USER).list("ada").page_size(2);
    let mut found = BTreeSet::new();
    while let Some(page) = list.next_page().await.unwrap() {
        assert!((1..=2).contains(&page.len()));
        found.extend(page.iter().map(ListedSession::fingerprint));
    }
    assert_eq!(found, fingerprints(&ada));
    assert!(list.next_page().await.unwrap().is_none(), "the end is the end");
    let queries = world.network.operations().into_iter().filter(|name| name == "Query").count();
    assert!(queries >= 4, "{queries}");
}

#[tokio::test]
async fn the_newest_come_first_through_all_pages_whatever_was_done_with_them() {
    let (world, store) = World::with_store::<Login>().await;
    let mut ada = world.logins(&store, "ada", 7).await;
    ada[1].user_agent = "used last".to_owned();
    ada[1].commit().await.unwrap();
    ada[2].renew().await.unwrap();
    let mut list = store.by(Login::USER).list("ada").page_size(3);
    let mut found = Vec::new();
    while let Some(page) = list.next_page().await.unwrap() {
        found.extend(page.iter().map(ListedSession::fingerprint));
    }
    let expected: Vec<_> = ada.iter().rev().map(|it| it.id().fingerprint()).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_page_that_failed_is_asked_for_again() {
    let (world, store) = World::with_store::<Login>().await;
    let ada = world.logins(&store, "ada", 3).await;
    let mut list = store.by(Login::USER).list("ada").page_size(2);
    for operation in ["Query", "BatchGetItem"] {
        world.network.fail_next(operation, Fault::Answer(400, DENIED));
        assert!(list.next_page().await.unwrap_err().is_access_denied());
    }
    let found = list.all().await.unwrap();
    let found: BTreeSet<_> = found.iter().map(ListedSession::fingerprint).collect();
    assert_eq!(found, fingerprints(&ada), "nothing was passed over");
}

#[tokio::test]
async fn what_the_index_says_is_not_believed() {
    let (world, store) = World::with_store::<Login>().await;
    let expired = world.login(&store, "ada").await;
    world.clock.advance(Duration::from_secs(3600));
    let alive = world.login(&store, "ada").await;
    let mut destroyed = world.login(&store, "ada").await;
    destroyed.destroy().await.unwrap();
    let mut handed_over = world.login(&store, "ada").await;
    handed_over.user = Some("bob".to_owned());
    handed_over.commit().await.unwrap();
    let mut logged_out = world.login(&store, "ada").await;
    logged_out.user = None;
    logged_out.commit().await.unwrap();
    let ended = world.login(&store, "ada").await;
    let mut item = world.item(&store, ended.id()).await.unwrap();
    let long_ago = world.clock.epoch_seconds() - 12 * 3600;
    item.insert("created_at".to_owned(), AttributeValue::N(long_ago.to_string()));
    world.put(&store, item).await;

    let sessions = [&expired, &alive, &destroyed, &handed_over, &logged_out, &ended, &alive];
    let stale = index_answer(sessions.map(|session| session.id()));
    world.network.fail_next("Query", Fault::Answer(200, stale));
    world.network.take_sent();
    assert_eq!(listed(&store, "ada").await, fingerprints([&alive]));
    let sent = world.network.take_sent();
    let reads = &sent.iter().find(|sent| sent.operation == "BatchGetItem").unwrap().body;
    assert_eq!(reads["RequestItems"][store.table_name()]["ConsistentRead"], true);

    world.network.fail_next("Query", Fault::Answer(200, index_answer([])));
    assert!(listed(&store, "ada").await.is_empty(), "what it does not know yet is missed");
}

#[tokio::test]
async fn a_listed_session_shows_what_is_stored_and_never_its_id() {
    let (world, store) = World::with_store::<Login>().await;
    let mut session = world.login(&store, "ada").await;
    session.user_agent = "Firefox".to_owned();
    session.roles = BTreeSet::from(["admin".to_owned(), "editor".to_owned()]);
    session.place = Place { city: "Paris".to_owned(), floor: 3 };
    session.digest = vec![1, 2, 255];
    session.commit().await.unwrap();
    let other = world.login(&store, "bob").await;

    let listed = one(&store, "ada").await;
    assert_eq!(listed.created_at(), Some(session.created_at));
    assert_eq!(listed.expires_at(), session.expires_at());
    assert_eq!(listed.fingerprint(), session.id().fingerprint());
    assert!(listed.is(&session) && !listed.is(&other));
    assert_eq!(listed.get(Login::USER_AGENT).unwrap(), "Firefox");
    assert_eq!(listed.get(Login::ROLES).unwrap(), session.roles);
    assert_eq!(listed.get(Login::PLACE).unwrap(), session.place);
    assert_eq!(listed.get(Login::DIGEST).unwrap(), session.digest);
    assert_eq!(listed.get(Login::USER).unwrap().as_deref(), Some("ada"));
    assert_eq!(listed.get(Login::ACCOUNT).unwrap(), None);
    assert_eq!(listed.get(Login::TENANT).unwrap(), Some(0), "every session has one");
    let before = listed.expires_in();
    assert!((29 * 60..=30 * 60).contains(&before.as_secs()), "{before:?}");
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(listed.expires_in(), before - Duration::from_secs(60));
    assert_eq!(listed.expires_in(), session.expires_in());
    assert_eq!(listed.attribute::<String>("user_agent").unwrap().as_deref(), Some("Firefox"));
    assert_eq!(listed.attribute::<BTreeSet<String>>("roles").unwrap().unwrap(), session.roles);
    assert_eq!(listed.attribute::<Place>("place").unwrap().unwrap(), session.place);
    assert_eq!(listed.attribute::<Vec<u8>>("digest").unwrap().unwrap(), session.digest);
    assert_eq!(listed.attribute::<AccountId>("account").unwrap(), None);
    assert_eq!(listed.attribute::<i64>("no_such_attribute").unwrap(), None);
    let error = listed.attribute::<u32>("user_agent").unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Decode, Some("user_agent")));
    assert_eq!(error.table(), Some(store.table_name()));
    let error = listed.attribute::<String>("id").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);

    let printed = format!("{listed:?} {error:?} {error}");
    assert!(printed.contains(&session.id().fingerprint()));
    for hidden in [session.id().expose_secret(), session.id().attribute_value()] {
        assert!(!printed.contains(&hidden), "{printed}");
    }
    assert!(!printed.contains("Firefox"), "nor what the visitor stored: {printed}");
}

#[tokio::test]
async fn a_field_under_its_older_name_is_read() {
    let (world, store) = World::with_store::<Login>().await;
    let session = world.login(&store, "ada").await;
    let mut item = world.item(&store, session.id()).await.unwrap();
    item.remove("user_agent");
    item.insert("agent".to_owned(), AttributeValue::S("Netscape".to_owned()));
    item.insert("seen_by".to_owned(), AttributeValue::N("7".to_owned()));
    item.insert("place".to_owned(), AttributeValue::Null(true));
    world.put(&store, item).await;
    let listed = one(&store, "ada").await;
    assert_eq!(listed.get(Login::USER_AGENT).unwrap(), "Netscape");
    assert_eq!(listed.attribute::<String>("user_agent").unwrap().as_deref(), Some("Netscape"));
    assert_eq!(listed.attribute::<u8>("seen_by").unwrap(), Some(7), "whoever wrote it");
    assert_eq!(listed.attribute::<Place>("place").unwrap(), None);
}

#[tokio::test]
async fn a_field_that_the_item_lacks_has_its_default_and_one_that_does_not_fit_is_named() {
    let (world, store) = World::with_store::<Login>().await;
    let session = world.login(&store, "ada").await;
    let mut item = world.item(&store, session.id()).await.unwrap();
    item.remove("place");
    item.insert("digest".to_owned(), AttributeValue::S("text".to_owned()));
    world.put(&store, item).await;
    let listed = one(&store, "ada").await;
    assert_eq!(listed.get(Login::PLACE).unwrap(), Place::default());
    let error = listed.get(Login::DIGEST).unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Decode, Some("digest")));
    assert_eq!(error.table(), Some(store.table_name()));
}

#[derive(Debug, DynamoSession)]
#[session(table = "grown")]
struct Grown {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(index, alias = "owner")]
    user: Option<String>,
    #[session(index, default = "acme".to_owned())]
    tenant: String,
    visits: u32,
}

#[tokio::test]
async fn an_index_holds_what_is_stored_under_the_fields_own_name() {
    let (world, store) = World::with_store::<Grown>().await;
    let mut session = store.create();
    session.user = Some("ada".to_owned());
    session.commit().await.unwrap();
    let mut item = world.item(&store, session.id()).await.unwrap();
    item.remove("tenant");
    let user = item.remove("user").unwrap();
    item.insert("owner".to_owned(), user);
    world.put(&store, item).await;
    let found = async || {
        let of_ada = store.by(Grown::USER).list("ada").all().await.unwrap();
        let of_acme = store.by(Grown::TENANT).list("acme").all().await.unwrap();
        (of_ada.len(), of_acme.len())
    };

    let mut session = world.load(&store, session.id()).await;
    assert_eq!((session.user.as_deref(), session.tenant.as_str()), (Some("ada"), "acme"));
    world.clock.advance(Duration::from_secs(900));
    session.touch().await.unwrap();
    session.renew().await.unwrap();
    assert_eq!(found().await, (0, 0));
    session.visits += 1;
    session.commit().await.unwrap();
    assert_eq!(found().await, (1, 0), "the older name has moved");
    session.tenant = "umbrella".to_owned();
    session.commit().await.unwrap();
    session.tenant = "acme".to_owned();
    session.commit().await.unwrap();
    assert_eq!(found().await, (1, 1));
}

#[derive(Debug, DynamoSession)]
#[session(table = "legacy")]
struct Legacy {
    #[session(hash_key)]
    id: String,
    #[session(ttl)]
    expires_at: Expires,
    #[session(index)]
    user: Option<String>,
}

#[tokio::test]
async fn a_key_that_is_stored_as_it_is_shows_a_fingerprint_only() {
    let store = World::new().store::<Legacy>().await;
    let mut session = store.create();
    session.user = Some("ada".to_owned());
    session.commit().await.unwrap();
    let listed = store.by(Legacy::USER).list("ada").all().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].fingerprint(), SessionKey::fingerprint(session.id()));
    assert_eq!(listed[0].created_at(), None, "the type has no `created`");
    assert!(listed[0].is(&session));
    let error = listed[0].attribute::<String>("id").unwrap_err();
    let printed = format!("{listed:?} {error:?}");
    assert!(!printed.contains(&**session.id()), "{printed}");
    assert!(listed[0].end().await.unwrap());
    assert!(store.load(session.id()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_listed_session_is_ended_while_it_is_what_it_was_listed_as() {
    let (world, store) = World::with_store::<Login>().await;
    let session = world.login(&store, "ada").await;
    let mut handed_over = world.login(&store, "bob").await;
    let listed = one(&store, "ada").await;
    assert!(listed.end().await.unwrap());
    assert!(store.load(session.id()).await.unwrap().is_none());
    assert!(!listed.end().await.unwrap(), "one that is gone is no error");

    let listed = one(&store, "bob").await;
    handed_over.user = Some("ada".to_owned());
    handed_over.commit().await.unwrap();
    assert!(!listed.end().await.unwrap());
    assert!(store.load(handed_over.id()).await.unwrap().is_some());

    world.network.fail_next("DeleteItem", Fault::Answer(400, DENIED));
    let error = listed.end().await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::AccessDenied, Some(Operation::End)));
    assert!(error.to_string().contains(&handed_over.id().fingerprint()), "{error}");
}

#[tokio::test]
async fn a_listed_session_that_was_renewed_is_ended_under_its_new_key() {
    let (world, store) = World::with_store::<Login>().await;
    let sessions = world.logins(&store, "ada", 2).await;
    let listed = store.by(Login::USER).list("ada").all().await.unwrap();
    let renewed = world.renewed(&store, sessions[0].id()).await;
    let renewed = world.renewed(&store, &renewed).await;
    assert!(listed[1].is(&sessions[0]) && listed[1].end().await.unwrap());
    assert!(store.load(&renewed).await.unwrap().is_none());

    let handed_over = world.renewed(&store, sessions[1].id()).await;
    let mut handed_over = world.load(&store, &handed_over).await;
    handed_over.user = Some("bob".to_owned());
    handed_over.commit().await.unwrap();
    assert!(!listed[0].end().await.unwrap());
    assert!(store.load(handed_over.id()).await.unwrap().is_some());
}

/// Whether it was ended is what the answer to each attempt tells, not how often it was asked for.
#[tokio::test]
async fn a_listed_session_that_is_gone_when_it_is_asked_for_again_was_ended_by_this_or_not() {
    skip_pauses();
    let (world, store) = World::with_store::<Login>().await;
    for (first, ended) in [
        (Fault::Answer(400, OVER_CAPACITY), false),
        (Fault::LoseResponse, true),
        (Fault::Garble(500, BROKEN), true),
    ] {
        let session = world.login(&store, "ada").await;
        let listed = one(&store, "ada").await;
        if !ended {
            let mut elsewhere = world.load(&store, session.id()).await;
            elsewhere.destroy().await.unwrap();
        }
        world.network.fail_next("DeleteItem", first);
        assert_eq!(listed.end().await.unwrap(), ended);
        assert!(store.load(session.id()).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn an_item_that_is_no_session_is_an_error_unless_the_store_says_otherwise() {
    let (world, store) = World::with_store::<Login>().await;
    let (good, bad) = (world.login(&store, "ada").await, world.login(&store, "ada").await);
    let mut item = world.item(&store, bad.id()).await.unwrap();
    item.remove("expires_at");
    world.put(&store, item).await;
    let error = store.by(Login::USER).list("ada").all().await.unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Decode, Some("expires_at")));
    assert!(error.to_string().contains(&bad.id().fingerprint()), "{error}");

    let lenient = SessionStore::<Login>::builder()
        .client(world.client.clone())
        .table_name(store.table_name())
        .clock(world.clock.clone())
        .on_undecodable(OnUndecodable::End)
        .build()
        .await
        .unwrap();
    assert_eq!(listed(&lenient, "ada").await, fingerprints([&good]));
    assert_eq!(store.by(Login::USER).end_all("ada").await.unwrap(), 2, "both are ended");
}
