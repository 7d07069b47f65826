//! What a renewal leaves under the old id, and promise 10: a logout stays, also when it races a renewal.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{Committed, DynamoSession, ErrorKind, Session, SessionId, SessionStore};
use dynamo_session_tests::attribute::{Item, n, s};
use dynamo_session_tests::refusals::{IN_TRANSACTION, THROTTLED};
use dynamo_session_tests::{
    Fault, Login, Shop, World, let_late_requests_arrive, skip_pauses, stored,
};

const NOW: i64 = 1_800_000_000;
const GRACE: u64 = 60;

async fn all_items<S: DynamoSession>(world: &World, store: &SessionStore<S>) -> Vec<Item> {
    let scan = world.direct.scan().consistent_read(true).table_name(store.table_name());
    scan.send().await.unwrap().items.unwrap_or_default()
}

/// How many sessions the table holds, tombstones aside.
async fn sessions<S: DynamoSession>(world: &World, store: &SessionStore<S>) -> usize {
    world.items(store).await.len()
}

async fn renewed(world: &World, store: &SessionStore<Shop>, id: &SessionId) -> Session<Shop> {
    let mut session = world.load(store, id).await;
    session.renew().await.unwrap();
    session
}

#[tokio::test]
async fn it_holds_key_expiry_time_and_successor_and_nothing_else() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    world.clock.advance(Duration::from_secs(100));
    let session = renewed(&world, &store, &id).await;
    let tombstone = world.item(&store, &id).await.unwrap();
    let expected: Item = [
        ("id", s(Shop::SCHEMA.table_key(&id))),
        ("expires_at", n(NOW + 100 - 86_400)),
        ("_renewed_at", n(NOW + 100)),
        ("_renewed_to", s(Shop::SCHEMA.table_key(session.id()))),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    assert_eq!(tombstone, expected);
    let text = format!("{tombstone:?}");
    assert!(!text.contains(&session.id().expose_secret()), "the hash of the id, and not the id");
    assert_eq!(all_items(&world, &store).await.len(), 2);
}

#[tokio::test]
async fn no_index_and_no_count_shows_it() {
    let (world, store) = World::with_store::<Login>().await;
    let mut session = world.login(&store, "ada").await;
    let old = session.id().clone();
    session.renew().await.unwrap();
    let tombstone = world.item(&store, &old).await.unwrap();
    for attribute in ["user", "account", "plan", "device", "tenant", "created_at"] {
        assert!(!tombstone.contains_key(attribute), "{attribute}");
    }
    assert_eq!(store.by(Login::USER).end_all("ada").except(&session).await.unwrap(), 0);
    assert_eq!(store.by(Login::USER).end_all("ada").await.unwrap(), 1);
    assert!(store.load(session.id()).await.unwrap().is_none());
    let counted = store.count_sessions().await.unwrap();
    assert_eq!(counted.alive, 0, "{counted:?}");
}

#[tokio::test]
async fn the_old_id_is_absent_and_a_handle_of_it_is_gone() {
    for after in [0, GRACE - 1, GRACE + 1] {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let mut handles = Vec::new();
        for _ in 0..4 {
            handles.push(world.load(&store, &id).await);
        }
        let session = renewed(&world, &store, &id).await;
        world.clock.advance(Duration::from_secs(after));
        assert!(store.load(&id).await.unwrap().is_none());
        let [one, two, three, four] = &mut handles[..] else { panic!("four") };
        one.views += 1;
        assert!(one.commit().await.unwrap_err().is_gone());
        assert!(one.commit().await.unwrap_err().is_gone(), "and stays so");
        world.clock.advance(Duration::from_secs(60));
        assert!(two.touch().await.unwrap_err().is_gone());
        assert!(three.renew().await.unwrap_err().is_gone());
        assert!(four.commit().await.is_err_and(|error| error.is_gone()), "a touch is due");
        let error = store.update(&id, |session| session.views += 1).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Gone);
        let error = store.update(&id, |_| ()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Gone);
        assert_eq!(world.load(&store, session.id()).await.views, 0);
        assert_eq!(sessions(&world, &store).await, 1);
        assert_eq!(all_items(&world, &store).await.len(), 2);
    }
}

/// By a handle from before, by the id, and by the handle that renewed.
#[derive(Clone, Copy, Debug)]
enum Logout {
    OldHandle,
    OldId,
    ChangedHandle,
}

use Logout::{ChangedHandle, OldHandle, OldId};

async fn log_out(
    way: Logout,
    store: &SessionStore<Shop>,
    handle: &mut Session<Shop>,
    id: &SessionId,
) {
    match way {
        OldHandle => handle.destroy().await.unwrap(),
        ChangedHandle => {
            handle.views += 1;
            assert!(handle.commit().await.unwrap_err().is_gone());
            handle.destroy().await.unwrap();
        }
        OldId => store.destroy(id).await.unwrap(),
    }
}

#[tokio::test]
async fn within_the_grace_ending_the_old_id_ends_the_renewed_session() {
    for way in [OldHandle, OldId, ChangedHandle] {
        for (after, ends) in [(0, true), (1, true), (GRACE - 1, true), (GRACE + 1, false)] {
            let (world, store) = World::with_store::<Shop>().await;
            let id = stored(&store).await;
            let mut old = world.load(&store, &id).await;
            let session = renewed(&world, &store, &id).await;
            world.clock.advance(Duration::from_secs(after));
            log_out(way, &store, &mut old, &id).await;
            let lives = store.load(session.id()).await.unwrap().is_some();
            assert_eq!(lives, !ends, "{way:?} after {after} s");
            assert_eq!(sessions(&world, &store).await, usize::from(!ends));
            let tombstone = world.item(&store, &id).await;
            assert!(tombstone.is_some_and(|item| item.contains_key("_renewed_to")), "it stays");
            // Once more is no error, and brings nothing back.
            store.destroy(&id).await.unwrap();
            assert_eq!(sessions(&world, &store).await, usize::from(!ends));
        }
    }
}

#[tokio::test]
async fn a_handle_of_the_renewed_session_that_was_ended_so_is_gone() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = renewed(&world, &store, &id).await;
    store.destroy(&id).await.unwrap();
    session.views += 1;
    assert!(session.commit().await.unwrap_err().is_gone());
    assert!(session.renew().await.unwrap_err().is_gone());
    assert_eq!(sessions(&world, &store).await, 0);
}

#[tokio::test]
async fn along_a_chain_of_renewals() {
    for links in 1..=4 {
        for way in [OldHandle, OldId] {
            for presented in 0..links {
                let (world, store) = World::with_store::<Shop>().await;
                let first = stored(&store).await;
                let mut old = Vec::from([world.load(&store, &first).await]);
                let mut session = world.load(&store, &first).await;
                for _ in 0..links {
                    world.clock.advance(Duration::from_secs(5));
                    session.renew().await.unwrap();
                    old.push(world.load(&store, session.id()).await);
                }
                let id = old[presented].id().clone();
                log_out(way, &store, &mut old[presented], &id).await;
                assert_eq!(sessions(&world, &store).await, 0, "{presented} of {links}, {way:?}");
                assert_eq!(all_items(&world, &store).await.len(), links, "the tombstones stay");
            }
        }
    }
}

/// The first renewal is too long ago, the second is not: who has the first id has lost all say.
#[tokio::test]
async fn along_a_chain_each_link_has_a_grace_of_its_own() {
    for (between, after, first_ends, second_ends) in
        [(50, 5, true, true), (50, 20, false, true), (50, 70, false, false), (100, 5, false, true)]
    {
        for (presented, ends) in [(0, first_ends), (1, second_ends)] {
            let (world, store) = World::with_store::<Shop>().await;
            let first = stored(&store).await;
            let mut session = renewed(&world, &store, &first).await;
            let second = session.id().clone();
            world.clock.advance(Duration::from_secs(between));
            session.renew().await.unwrap();
            world.clock.advance(Duration::from_secs(after));
            let id = if presented == 0 { &first } else { &second };
            store.destroy(id).await.unwrap();
            let lives = store.load(session.id()).await.unwrap().is_some();
            assert_eq!(lives, !ends, "{presented}: {between} s, then {after} s");
        }
    }
}

#[tokio::test]
async fn what_a_logout_costs() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    world.network.take_sent();
    store.destroy(&id).await.unwrap();
    assert_eq!(world.network.operations(), ["DeleteItem"]);

    let id = stored(&store).await;
    let mut session = renewed(&world, &store, &id).await;
    session.renew().await.unwrap();
    world.network.take_sent();
    store.destroy(&id).await.unwrap();
    assert_eq!(world.network.take_sent().len(), 3, "one for each link, and no read");
    store.destroy(&SessionId::generate()).await.unwrap();
    assert_eq!(world.network.operations(), ["DeleteItem"]);
}

#[tokio::test]
async fn a_logout_along_the_chain_survives_faults() {
    skip_pauses();
    let faults = [
        Fault::LoseRequest,
        Fault::LoseResponse,
        Fault::Duplicate,
        Fault::Answer(400, THROTTLED),
        Fault::Answer(400, IN_TRANSACTION),
    ];
    for fault in faults {
        for place in 0..2 {
            let (world, store) = World::with_store::<Shop>().await;
            let id = stored(&store).await;
            let _ = renewed(&world, &store, &id).await;
            let (mut sent, once) = (0, fault.clone());
            world.network.fail_by("DeleteItem", move || {
                sent += 1;
                (sent == place + 1).then(|| once.clone())
            });
            store.destroy(&id).await.unwrap();
            assert_eq!(sessions(&world, &store).await, 0, "{fault:?} at {place}");
        }
    }
}

/// A logout that fails half-way says so, and the next one goes on.
#[tokio::test]
async fn a_logout_that_does_not_reach_the_successor_is_an_error() {
    skip_pauses();
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let session = renewed(&world, &store, &id).await;
    let mut sent = 0;
    world.network.fail_by("DeleteItem", move || {
        sent += 1;
        (sent > 1).then_some(Fault::LoseRequest)
    });
    assert!(store.destroy(&id).await.unwrap_err().is_unavailable());
    world.network.forget_faults();
    assert!(store.load(session.id()).await.unwrap().is_some());
    store.destroy(&id).await.unwrap();
    assert!(store.load(session.id()).await.unwrap().is_none());
}

/// A first commit, a commit, a touch, a renewal and a deletion from before the renewal arrive after it.
#[tokio::test]
async fn nothing_that_arrives_late_revives_the_old_id() {
    let (world, store) = World::with_store::<Shop>().await;
    let mut session = store.create();
    session.user = Some("ada".to_owned());
    let _ = session.commit().await.unwrap();
    let id = session.id().clone();
    let mut late = vec![world.network.copy_of_last("PutItem")];
    session.views += 1;
    let _ = session.commit().await.unwrap();
    late.push(world.network.copy_of_last("UpdateItem"));
    world.clock.advance(Duration::from_secs(100));
    assert_eq!(session.touch().await.unwrap(), Committed::Touched);
    late.push(world.network.copy_of_last("UpdateItem"));
    session.renew().await.unwrap();
    late.push(world.network.copy_of_last("TransactWriteItems"));
    let tombstone = world.item(&store, &id).await;
    for request in late {
        world.network.deliver(request).await;
        assert!(store.load(&id).await.unwrap().is_none());
        assert_eq!(world.item(&store, &id).await, tombstone);
    }
    assert_eq!(sessions(&world, &store).await, 1);
    assert_eq!(world.load(&store, session.id()).await.views, 1);
}

/// The renewed session ends, and then the request that renewed it arrives once more.
#[tokio::test]
async fn a_late_renewal_does_not_revive_its_session() {
    for ended_by_old_id in [false, true] {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let mut session = renewed(&world, &store, &id).await;
        let copy = world.network.copy_of_last("TransactWriteItems");
        match ended_by_old_id {
            true => store.destroy(&id).await.unwrap(),
            false => session.destroy().await.unwrap(),
        }
        world.network.deliver(copy).await;
        assert_eq!(sessions(&world, &store).await, 0);
        assert!(store.load(session.id()).await.unwrap().is_none());
    }
}

/// The first commit's first copy is late, its second one is answered, and the session goes on under another id.
#[tokio::test]
async fn a_late_first_commit_of_a_renewed_session_makes_no_session() {
    skip_pauses();
    for ended in [false, true] {
        let (world, store) = World::with_store::<Shop>().await;
        let late = std::sync::Arc::new(tokio::sync::Notify::new());
        world.network.fail_next("PutItem", Fault::Late(late.clone()));
        let mut session = store.create();
        session.user = Some("ada".to_owned());
        assert_eq!(session.commit().await.unwrap(), Committed::Created);
        let first = session.id().clone();
        session.renew().await.unwrap();
        if ended {
            session.destroy().await.unwrap();
        }
        late.notify_one();
        let_late_requests_arrive().await;
        assert!(store.load(&first).await.unwrap().is_none());
        assert_eq!(sessions(&world, &store).await, usize::from(!ended));
    }
}

/// A renewal without an answer was carried out or was not: a logout by its handle ends both ids in any case.
#[tokio::test]
async fn a_logout_after_a_renewal_without_an_answer_ends_both_ids() {
    skip_pauses();
    for (fault, by_id) in [
        (Fault::LoseResponse, false),
        (Fault::LoseRequest, false),
        (Fault::LoseResponse, true),
        (Fault::LoseRequest, true),
    ] {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let mut session = world.load(&store, &id).await;
        let lost = fault.clone();
        world.network.fail_by("TransactWriteItems", move || Some(lost.clone()));
        assert!(session.renew().await.unwrap_err().is_unavailable());
        let copy = world.network.copy_of_last("TransactWriteItems");
        world.network.forget_faults();
        match by_id {
            true => store.destroy(&id).await.unwrap(),
            false => session.destroy().await.unwrap(),
        }
        world.network.deliver(copy).await;
        assert_eq!(sessions(&world, &store).await, 0, "{fault:?}, by id: {by_id}");
    }
}

/// Its expiry is past on any clock, so DynamoDB's TTL removes it; until then, a purge leaves it for the grace.
#[tokio::test]
async fn a_purge_within_the_grace_leaves_it() {
    for (after, left) in [(0, 2), (GRACE - 1, 2), (GRACE + 1, 1)] {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let session = renewed(&world, &store, &id).await;
        world.clock.advance(Duration::from_secs(after));
        let _ = store.purge_expired().await.unwrap();
        assert_eq!(all_items(&world, &store).await.len(), left, "after {after} s");
        store.destroy(&id).await.unwrap();
        let lives = store.load(session.id()).await.unwrap().is_some();
        assert_eq!(lives, after > GRACE, "after {after} s");
    }
}

/// Another program, or a session type without our names, left something there that is no tombstone.
#[tokio::test]
async fn a_malformed_one_is_no_session_and_ends_nothing() {
    for (at, to) in [
        (s("1800000000"), s("x")),
        (n(NOW), n(1)),
        (AttributeValue::Null(true), AttributeValue::Null(true)),
    ] {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let session = renewed(&world, &store, &id).await;
        let mut item = world.item(&store, &id).await.unwrap();
        item.insert("_renewed_at".to_owned(), at);
        item.insert("_renewed_to".to_owned(), to);
        world.put(&store, item).await;
        assert!(store.load(&id).await.unwrap().is_none());
        let _ = store.destroy(&id).await;
        assert!(store.load(session.id()).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn the_grace_is_the_stores_to_set() {
    for (grace, after, ends) in [(5, 4, true), (5, 6, false), (600, 599, true), (0, 0, false)] {
        let world = World::new();
        let _ = world.store::<Shop>().await;
        let grace = Duration::from_secs(grace);
        let store = world.builder::<Shop>().renewal_grace(grace).build().await.unwrap();
        let id = stored(&store).await;
        let session = renewed(&world, &store, &id).await;
        world.clock.advance(Duration::from_secs(after));
        store.destroy(&id).await.unwrap();
        let lives = store.load(session.id()).await.unwrap().is_some();
        assert_eq!(lives, !ends, "{after} s of {grace:?}");
    }
}
