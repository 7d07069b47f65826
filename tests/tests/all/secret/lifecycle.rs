//! Renewals, encounters with others, lost answers, views: a secret is what it was, or what was made of it.

use super::*;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use dynamo_session::testing::{Browser, TestStore};
use dynamo_session::{Committed, SessionLayer, SessionView};
use dynamo_session_tests::{Fault, let_late_requests_arrive, skip_pauses};
use http::Request;
use tokio::sync::Notify;

/// More attempts than the SDK makes of one request.
const ALL_ATTEMPTS: usize = 5;

fn lose(world: &World, operation: &str, fault: Fault) {
    for _ in 0..ALL_ATTEMPTS {
        world.network.fail_next(operation, fault.clone());
    }
}

async fn reread(world: &World, store: &SessionStore<Account>, id: &SessionId) -> Account {
    let session = world.load(store, id).await;
    Account {
        id: id.clone(),
        expires_at: session.expires_at,
        token: session.token.clone(),
        tokens: session.tokens.clone(),
        key: session.key.clone(),
        pin: session.pin,
        user: session.user.clone(),
        views: session.views,
        cart: session.cart.clone(),
    }
}

#[tokio::test]
async fn a_renewal_encrypts_anew_under_the_new_id() {
    let (world, store) = World::with_store::<Account>().await;
    let mut session = account(&store).await;
    let old = session.id().clone();
    let before = world.item(&store, &old).await.unwrap();
    session.renew().await.unwrap();
    let after = world.item(&store, session.id()).await.unwrap();
    for name in SECRETS {
        assert_ne!(before[name], after[name], "{name}");
        assert_ne!(binary(&before[name])[1..13], binary(&after[name])[1..13], "{name}: nonce");
        assert_eq!(binary(&before[name]).len(), binary(&after[name]).len(), "{name}");
    }
    let tombstone = world.item(&store, &old).await.unwrap();
    assert!(SECRETS.iter().all(|name| !tombstone.contains_key(*name)));
    assert_full(&session);
    assert_full(&reread(&world, &store, session.id()).await);

    // What was encrypted for the old id is nothing to the new one.
    plant(&world, &store, session.id(), "token", before["token"].clone()).await;
    assert!(store.load(session.id()).await.unwrap_err().is_decode());
}

#[tokio::test]
async fn after_a_renewal_the_handle_goes_on() {
    let (world, store) = World::with_store::<Account>().await;
    let mut session = account(&store).await;
    session.renew().await.unwrap();
    let renewed = world.item(&store, session.id()).await.unwrap();
    session.views += 1;
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    let after = world.item(&store, session.id()).await.unwrap();
    assert!(SECRETS.iter().all(|name| renewed[*name] == after[*name]), "encrypted once");
    session.token = Some("another".to_owned());
    session.renew().await.unwrap();
    session.pin = None;
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    let loaded = reread(&world, &store, session.id()).await;
    assert_eq!((loaded.token.as_deref(), loaded.pin), (Some("another"), None));
    assert_eq!(loaded.tokens, tokens());
}

#[tokio::test]
async fn a_renewal_carries_what_was_changed_and_what_others_changed() {
    let (world, store) = World::with_store::<Account>().await;
    let id = account(&store).await.id().clone();
    let mut session = world.load(&store, &id).await;
    let mut other = world.load(&store, &id).await;
    other.pin = Some(5);
    let _ = other.commit().await.unwrap();
    session.token = Some("mine".to_owned());
    session.renew().await.unwrap();
    assert_eq!((session.token.as_deref(), session.pin), (Some("mine"), Some(5)));
    let loaded = reread(&world, &store, session.id()).await;
    assert_eq!((loaded.token.as_deref(), loaded.pin), (Some("mine"), Some(5)));
    assert_eq!((&loaded.key[..], loaded.tokens), (KEY, tokens()));
}

#[tokio::test]
async fn a_session_that_was_never_stored_is_renewed_with_its_secrets() {
    let (world, store) = World::with_store::<Account>().await;
    let mut session = store.create();
    fill(&mut session);
    session.renew().await.unwrap();
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    assert_full(&reread(&world, &store, session.id()).await);

    let mut session = store.create();
    fill(&mut session);
    world.network.fail_next("PutItem", Fault::Answer(400, dynamo_session_tests::refusals::DENIED));
    let _ = session.commit().await.unwrap_err();
    session.renew().await.unwrap();
    assert_eq!(session.commit().await.unwrap(), Committed::Created);
    assert_full(&reread(&world, &store, session.id()).await);
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_settled_and_encrypts_nothing_again() {
    skip_pauses();
    for fault in [Fault::LoseResponse, Fault::LoseRequest] {
        let (world, store) = World::with_store::<Account>().await;
        let id = account(&store).await.id().clone();
        let mut session = world.load(&store, &id).await;
        session.token = Some("second".to_owned());
        lose(&world, "UpdateItem", fault.clone());
        assert!(session.commit().await.unwrap_err().is_unavailable());
        world.network.forget_faults();
        let first = world.network.take_sent();
        assert_eq!(session.commit().await.unwrap(), Committed::Updated, "{fault:?}");
        let second = world.network.take_sent();
        let encrypted = |sent: &[dynamo_session_tests::Sent]| {
            sent.last().unwrap().body["ExpressionAttributeValues"].to_string()
        };
        assert_eq!(encrypted(&first), encrypted(&second), "the same request");
        assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
        assert_eq!(reread(&world, &store, &id).await.token.as_deref(), Some("second"));

        session.token = Some("third".to_owned());
        lose(&world, "UpdateItem", fault.clone());
        assert!(session.commit().await.unwrap_err().is_unavailable());
        world.network.forget_faults();
        session.token = Some("fourth".to_owned());
        session.views += 1;
        let _ = session.commit().await.unwrap();
        assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
        let loaded = reread(&world, &store, &id).await;
        assert_eq!((loaded.token.as_deref(), loaded.views), (Some("fourth"), 1), "{fault:?}");
    }
}

#[tokio::test]
async fn a_first_commit_whose_answer_was_lost_is_settled() {
    skip_pauses();
    let (world, store) = World::with_store::<Account>().await;
    let mut session = store.create();
    fill(&mut session);
    lose(&world, "PutItem", Fault::LoseResponse);
    assert!(session.commit().await.unwrap_err().is_unavailable());
    world.network.forget_faults();
    session.pin = Some(3);
    let _ = session.commit().await.unwrap();
    let loaded = reread(&world, &store, session.id()).await;
    assert_eq!((loaded.token.as_deref(), loaded.pin), (Some(TOKEN), Some(3)));
}

#[tokio::test]
async fn a_renewal_whose_answer_was_lost_is_found_with_what_it_carried() {
    skip_pauses();
    for fault in [Fault::LoseResponse, Fault::LoseRequest] {
        let (world, store) = World::with_store::<Account>().await;
        let id = account(&store).await.id().clone();
        let mut session = world.load(&store, &id).await;
        session.token = Some("second".to_owned());
        lose(&world, "TransactWriteItems", fault.clone());
        assert!(session.renew().await.unwrap_err().is_unavailable());
        world.network.forget_faults();
        // Changed when the renewal was on its way: it does not carry this.
        session.token = Some("third".to_owned());
        session.tokens.expires += 1;
        session.pin = None;
        session.renew().await.unwrap();
        assert_eq!(session.token.as_deref(), Some("third"), "{fault:?}");
        assert_eq!((session.tokens.expires, session.pin), (tokens().expires + 1, None));
        let loaded = reread(&world, &store, session.id()).await;
        assert_eq!((loaded.token.as_deref(), loaded.pin), (Some("third"), None), "{fault:?}");
        assert_eq!((&loaded.key[..], loaded.tokens.expires), (KEY, tokens().expires + 1));
        assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
    }
}

/// Nine commits of others close the window of the first attempt, so it starts over under another token.
#[tokio::test]
async fn a_commit_starts_over_as_often_as_it_has_to() {
    let (world, store) = World::with_store::<Account>().await;
    let id = account(&store).await.id().clone();
    let mut session = world.load(&store, &id).await;
    for round in 0..10 {
        let mut other = world.load(&store, &id).await;
        other.pin = Some(round);
        other.cart.insert(round.to_string(), 1);
        let _ = other.commit().await.unwrap();
    }
    session.token = None;
    session.cart.insert("mine".to_owned(), 1);
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    assert!(session.attempts().rebases() > 0);
    let loaded = reread(&world, &store, &id).await;
    assert_eq!((loaded.token, loaded.pin, loaded.cart.len()), (None, Some(9), 11));
    assert_eq!(loaded.tokens, tokens());
}

#[tokio::test]
async fn a_commit_that_is_written_whole_carries_them() {
    let (world, store) = World::with_store::<Account>().await;
    let id = account(&store).await.id().clone();
    let mut session = world.load(&store, &id).await;
    let before = world.item(&store, &id).await.unwrap();
    session.cart = (0..600).map(|number| (format!("sku-{number}"), number)).collect();
    let _ = session.commit().await.unwrap();
    for number in 0..600 {
        session.cart.insert(format!("sku-{number}"), number + 1);
    }
    session.token = Some("whole".to_owned());
    world.network.take_sent();
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    assert_eq!(world.network.operations(), ["GetItem", "UpdateItem"]);
    let after = world.item(&store, &id).await.unwrap();
    assert!(["tokens", "key", "pin"].iter().all(|name| before[*name] == after[*name]));
    let loaded = reread(&world, &store, &id).await;
    assert_eq!((loaded.token.as_deref(), loaded.cart["sku-599"]), (Some("whole"), 600));
}

#[tokio::test]
async fn update_reads_and_writes_them() {
    let (world, store) = World::with_store::<Account>().await;
    let id = account(&store).await.id().clone();
    let before = world.item(&store, &id).await.unwrap();
    let found = store.update(&id, |account| account.token.clone()).await.unwrap();
    assert_eq!(found.as_deref(), Some(TOKEN));
    store.update(&id, |account| account.views += 1).await.unwrap();
    let after = world.item(&store, &id).await.unwrap();
    assert!(SECRETS.iter().all(|name| before[*name] == after[*name]));

    // Another commits while the first run is on its way: it runs again, on what that stored.
    let arrives = Arc::new(Notify::new());
    world.network.fail_next("UpdateItem", Fault::Hold(arrives.clone()));
    let (changing, id_of_other, other_store) = (store.clone(), id.clone(), store.clone());
    let update = tokio::spawn(async move {
        let append = |account: &mut Account| {
            let token = account.token.clone().unwrap_or_default();
            account.token = Some(format!("{token}+"));
        };
        changing.update(&id_of_other, append).await
    });
    let_late_requests_arrive().await;
    let mut other = other_store.load(&id).await.unwrap().unwrap();
    other.token = Some("theirs".to_owned());
    let _ = other.commit().await.unwrap();
    arrives.notify_one();
    update.await.unwrap().unwrap();
    assert_eq!(reread(&world, &store, &id).await.token.as_deref(), Some("theirs+"));
}

#[tokio::test]
async fn after_a_conflict_latest_has_the_winners_secret() {
    let (world, store) = World::with_store::<super::options::Guarded>().await;
    let mut session = store.create();
    session.grant = Some("first".to_owned());
    let _ = session.commit().await.unwrap();
    let mut winner = world.load(&store, session.id()).await;
    let mut loser = world.load(&store, session.id()).await;
    winner.grant = Some("winner".to_owned());
    let _ = winner.commit().await.unwrap();
    loser.grant = Some("loser".to_owned());
    assert!(loser.commit().await.unwrap_err().is_conflict());
    assert_eq!(loser.latest().unwrap().grant.as_deref(), Some("winner"));
}

#[tokio::test]
async fn a_session_begins_and_ends_without_its_secrets() {
    let (world, store) = World::with_store::<Account>().await;
    let mut session = account(&store).await;
    let counted = store.count_sessions().await.unwrap();
    assert_eq!(counted.alive, 1);
    session.restart().await.unwrap();
    assert_eq!(session.token, None);
    fill(&mut session);
    let _ = session.commit().await.unwrap();
    assert_full(&reread(&world, &store, session.id()).await);
    session.destroy().await.unwrap();
    assert!(world.items(&store).await.is_empty());
    let session = account(&store).await;
    world.clock.advance(Duration::from_secs(1800));
    assert!(store.load(session.id()).await.unwrap().is_none());
}

#[tokio::test]
async fn views_show_them_beside_the_handle_before_and_after_the_commit() {
    async fn login(view: SessionView<Account>, mut session: Session<Account>) -> String {
        let before = view.token.clone();
        fill(&mut session);
        session.views += 1;
        format!("{before:?}")
    }
    async fn change(mut session: Session<Account>, view: SessionView<Account>) -> String {
        session.token = Some("changed".to_owned());
        format!("{:?} {:?}", view.token, view.pin)
    }
    async fn discard(mut session: Session<Account>) -> String {
        session.token = Some("discarded".to_owned());
        session.discard();
        String::new()
    }
    async fn look(view: SessionView<Account>) -> String {
        let shown = format!("{view:?} {view:#?}");
        assert!(!shown.contains("token") && !shown.contains("changed"), "{shown}");
        format!("{:?} {:?}", view.token, view.pin)
    }
    let TestStore { store, clock, network } = TestStore::<Account>::new().await;
    let app = Router::new()
        .route("/login", get(login))
        .route("/change", get(change))
        .route("/discard", get(discard))
        .route("/look", get(look))
        .layer(SessionLayer::new(store));
    let mut browser = Browser::new(app, clock);
    let mut body = async |path: &str| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = browser.send(request).await.unwrap();
        let bytes = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    };
    assert_eq!(body("/login").await, "None");
    assert_eq!(body("/look").await, format!("Some({TOKEN:?}) Some({PIN})"));
    assert_eq!(body("/change").await, format!("Some({TOKEN:?}) Some({PIN})"));
    assert_eq!(body("/look").await, format!("Some(\"changed\") Some({PIN})"));
    network.take_sent();
    assert_eq!(body("/discard").await, "");
    assert_eq!(network.operations(), ["GetItem"]);
    assert_eq!(body("/look").await, format!("Some(\"changed\") Some({PIN})"));
}
