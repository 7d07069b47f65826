//! The promises of the design, each by name.

use std::collections::BTreeMap;
use std::time::Duration;

use dynamo_session::{Committed, ErrorKind, Session, SessionId, SessionStore};
use dynamo_session_tests::refusals::{BROKEN, THROTTLED};
use dynamo_session_tests::{Fault, World, skip_pauses};

use super::{Shop, stored};

type Request<'a> = &'a dyn Fn(&mut Session<Shop>);

/// Loads one handle for each request before any of them commits, then commits them in order.
async fn race(world: &World, store: &SessionStore<Shop>, id: &SessionId, requests: &[Request<'_>]) {
    let mut sessions = Vec::new();
    for _ in requests {
        sessions.push(world.load(store, id).await);
    }
    for (session, request) in sessions.iter_mut().zip(requests) {
        request(session);
        assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    }
}

mod promise_1_no_lost_update {
    use super::*;

    #[tokio::test]
    async fn different_fields() {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        race(
            &world,
            &store,
            &id,
            &[
                &|session| session.notice = Some("one".to_owned()),
                &|session| session.user = Some("bob".to_owned()),
                &|session| session.recent.push(1),
                &|session| session.preferences.language = "fr".to_owned(),
                &|session| session.preferences.currency = "EUR".to_owned(),
            ],
        )
        .await;
        let session = world.load(&store, &id).await;
        assert_eq!(session.notice.as_deref(), Some("one"));
        assert_eq!(session.user.as_deref(), Some("bob"));
        assert_eq!(session.recent, [1]);
        assert_eq!(session.preferences.language, "fr");
        assert_eq!(session.preferences.currency, "EUR");
    }

    #[tokio::test]
    async fn different_keys_of_a_map_at_any_depth() {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let shelve = |shelf: &'static str, book: &'static str| {
            move |session: &mut Session<Shop>| {
                let shelf = session.preferences.shelves.entry(shelf.to_owned()).or_default();
                shelf.insert(book.to_owned(), 1);
            }
        };
        let tag = |tag: &'static str| {
            move |session: &mut Session<Shop>| {
                let tags = session.preferences.tags.get_or_insert_default();
                tags.insert(tag.to_owned(), true);
            }
        };
        race(
            &world,
            &store,
            &id,
            &[
                &|session| {
                    let _ = session.cart.insert("a".to_owned(), 1);
                },
                &|session| {
                    let _ = session.cart.insert("b".to_owned(), 2);
                },
                // The shelf itself is made by both.
                &shelve("top", "a"),
                &shelve("top", "b"),
                &shelve("low", "c"),
                // The map was `None` to both.
                &tag("new"),
                &tag("sale"),
            ],
        )
        .await;
        race(
            &world,
            &store,
            &id,
            &[
                &|session| {
                    let _ = session.cart.remove("a");
                },
                &|session| {
                    let _ = session.cart.insert("c".to_owned(), 3);
                },
                &shelve("top", "d"),
            ],
        )
        .await;
        let session = world.load(&store, &id).await;
        assert_eq!(session.cart, BTreeMap::from([("b".to_owned(), 2), ("c".to_owned(), 3)]));
        let shelves = &session.preferences.shelves;
        assert_eq!(shelves["top"].keys().collect::<Vec<_>>(), ["a", "b", "d"]);
        assert_eq!(shelves["low"].len(), 1);
        assert_eq!(session.preferences.tags.as_ref().unwrap().len(), 2);
    }

    #[tokio::test]
    async fn a_map_that_someone_else_removed_is_made_again_with_what_this_session_had() {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let mut session = world.load(&store, &id).await;
        session.preferences.tags = Some(BTreeMap::from([("old".to_owned(), true)]));
        let _ = session.commit().await.unwrap();
        race(
            &world,
            &store,
            &id,
            &[&|session| session.preferences.tags = None, &|session| {
                let tags = session.preferences.tags.as_mut().unwrap();
                tags.insert("new".to_owned(), true);
            }],
        )
        .await;
        let session = world.load(&store, &id).await;
        assert_eq!(session.preferences.tags.as_ref().unwrap().len(), 2);
    }

    #[tokio::test]
    async fn members_of_a_set_counters_and_appends() {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let role = |role: &'static str| {
            move |session: &mut Session<Shop>| {
                session.roles.insert(role.to_owned());
            }
        };
        race(&world, &store, &id, &[&role("a"), &role("b"), &role("c")]).await;
        race(
            &world,
            &store,
            &id,
            &[
                &|session| {
                    session.roles.remove("a");
                },
                // Gains and loses members in one commit.
                &|session| session.roles = ["b", "d"].map(str::to_owned).into(),
                &|session| session.views += 1,
                &|session| session.views += 2,
                &|session| session.credits -= 3,
                &|session| *session.hits.entry("x".to_owned()).or_default() += 1,
                &|session| *session.hits.entry("x".to_owned()).or_default() -= 3,
                &|session| session.seen.push("1".to_owned()),
                &|session| session.seen.push("2".to_owned()),
                &|session| {
                    session.levels.insert(2);
                },
                &|session| {
                    session.levels.insert(3);
                },
            ],
        )
        .await;
        let session = world.load(&store, &id).await;
        assert_eq!(session.roles, ["b", "d"].map(str::to_owned).into());
        assert_eq!((session.views, session.credits, session.hits["x"]), (3, 7, -2));
        assert_eq!(session.seen, ["1", "2"]);
        assert_eq!(session.levels, [1, 2, 3].into());
    }

    #[tokio::test]
    async fn fifty_parallel_requests_that_each_add_one_key() {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let mut sessions = Vec::new();
        for _ in 0..50 {
            sessions.push(world.load(&store, &id).await);
        }
        let tasks: Vec<_> = sessions
            .into_iter()
            .enumerate()
            .map(|(number, mut session)| {
                tokio::spawn(async move {
                    session.cart.insert(format!("sku-{number}"), 1);
                    session.views += 1;
                    session.commit().await
                })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap().unwrap(), Committed::Updated);
        }
        let session = world.load(&store, &id).await;
        assert_eq!((session.cart.len(), session.views), (50, 50));
    }
}

mod promise_2_no_resurrection {
    use super::*;

    #[tokio::test]
    async fn commit_touch_renew_and_update_of_a_destroyed_session_return_gone() {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let mut committing = world.load(&store, &id).await;
        let mut touching = world.load(&store, &id).await;
        let mut renewing = world.load(&store, &id).await;
        let mut destroying = world.load(&store, &id).await;
        destroying.destroy().await.unwrap();
        world.clock.advance(Duration::from_secs(120));

        committing.cart.insert("sku".to_owned(), 1);
        assert!(committing.commit().await.unwrap_err().is_gone());
        assert!(touching.touch().await.unwrap_err().is_gone());
        assert!(renewing.renew().await.unwrap_err().is_gone());
        assert!(store.update(&id, |session| session.views += 1).await.unwrap_err().is_gone());
        destroying.views += 1;
        assert!(destroying.commit().await.unwrap_err().is_gone());
        assert!(world.item(&store, &id).await.is_none());
        assert!(world.item(&store, renewing.id()).await.is_none());
        destroying.destroy().await.unwrap();
        store.destroy(&id).await.unwrap();
    }

    #[tokio::test]
    async fn a_request_in_flight_does_not_bring_a_session_back() {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let gate = std::sync::Arc::new(tokio::sync::Notify::new());
        let mut session = world.load(&store, &id).await;
        world.network.fail_next("UpdateItem", Fault::Hold(gate.clone()));
        let commit = tokio::spawn(async move {
            session.notice = Some("late".to_owned());
            session.commit().await
        });
        while !world.network.operations().contains(&"UpdateItem".to_owned()) {
            tokio::task::yield_now().await;
        }
        store.destroy(&id).await.unwrap();
        gate.notify_one();
        assert!(commit.await.unwrap().unwrap_err().is_gone());
        assert!(world.item(&store, &id).await.is_none());
    }
}

mod promise_3_expired_is_absent {
    use super::*;

    #[tokio::test]
    async fn for_every_read_and_every_write_although_the_item_is_still_there() {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let mut committing = world.load(&store, &id).await;
        let mut touching = world.load(&store, &id).await;
        let mut renewing = world.load(&store, &id).await;
        world.clock.advance(Duration::from_secs(30 * 60));
        let before = world.item(&store, &id).await.unwrap();

        assert!(store.load(&id).await.unwrap().is_none());
        committing.views += 1;
        assert!(committing.commit().await.unwrap_err().is_gone());
        assert!(touching.touch().await.unwrap_err().is_gone());
        assert!(renewing.renew().await.unwrap_err().is_gone());
        assert!(store.update(&id, |session| session.views += 1).await.unwrap_err().is_gone());
        assert_eq!(world.item(&store, &id).await.unwrap(), before);
    }

    #[tokio::test]
    async fn activity_does_not_extend_the_absolute_timeout() {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let mut session = world.load(&store, &id).await;
        for _ in 0..12 * 3 - 1 {
            world.clock.advance(Duration::from_secs(20 * 60));
            assert_eq!(session.touch().await.unwrap(), Committed::Touched);
        }
        assert_eq!(session.expires_at().epoch_seconds(), 1_800_000_000 + 12 * 3600);
        world.clock.advance(Duration::from_secs(20 * 60));
        assert!(store.load(&id).await.unwrap().is_none());
        session.views += 1;
        assert!(session.commit().await.unwrap_err().is_gone());
    }

    #[tokio::test]
    async fn ttl_deletion_ends_it_for_good() {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        world.clock.advance(Duration::from_secs(31 * 60));
        let Some(engine) = world.embedded() else { return };
        assert_eq!(engine.delete_expired().unwrap(), 1);
        assert!(world.item(&store, &id).await.is_none());
    }
}

mod promise_5_nothing_for_nothing {
    use super::*;

    #[tokio::test]
    async fn a_session_that_was_never_changed_is_never_stored() {
        let (world, store) = World::with_store::<Shop>().await;
        let mut session = store.create();
        assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
        assert_eq!(session.touch().await.unwrap(), Committed::Unchanged);
        session.user = Some("ada".to_owned());
        session.user = None;
        session.cart.clear();
        assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
        session.destroy().await.unwrap();
        assert!(world.network.take_sent().is_empty());
    }

    #[tokio::test]
    async fn an_unchanged_session_inside_its_touch_interval_costs_no_write() {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        world.network.take_sent();
        world.clock.advance(Duration::from_secs(59));
        let mut session = world.load(&store, &id).await;
        assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
        assert_eq!(session.touch().await.unwrap(), Committed::Unchanged);
        session.views += 1;
        session.views -= 1;
        assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
        assert_eq!(world.network.operations(), ["GetItem"]);

        world.clock.advance(Duration::from_secs(1));
        assert_eq!(session.commit().await.unwrap(), Committed::Touched);
        assert_eq!(session.touch().await.unwrap(), Committed::Unchanged);
        assert_eq!(world.network.operations(), ["GetItem", "UpdateItem"]);
    }
}

mod promise_6_one_round_trip {
    use super::*;

    #[tokio::test]
    async fn load_commit_touch_and_destroy_are_one_request_each() {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        assert_eq!(world.network.take_sent().len(), 1);
        let mut session = world.load(&store, &id).await;
        session.cart.insert("sku".to_owned(), 1);
        session.roles.insert("admin".to_owned());
        session.seen.push("page".to_owned());
        session.views += 1;
        session.preferences.language = "fr".to_owned();
        let _ = session.commit().await.unwrap();
        world.clock.advance(Duration::from_secs(300));
        let _ = session.touch().await.unwrap();
        session.destroy().await.unwrap();
        assert_eq!(
            world.network.operations(),
            ["GetItem", "UpdateItem", "UpdateItem", "DeleteItem"]
        );
    }

    #[tokio::test]
    async fn a_conflict_needs_no_second_read() {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
        let tag = |session: &mut Session<Shop>, tag: &str| {
            session.preferences.tags.get_or_insert_default().insert(tag.to_owned(), true);
        };
        tag(&mut one, "a");
        tag(&mut other, "b");
        world.network.take_sent();
        let _ = one.commit().await.unwrap();
        let _ = other.commit().await.unwrap();
        assert_eq!(world.network.operations(), ["UpdateItem"; 3]);
    }
}

mod promise_7_fail_closed {
    use super::*;

    #[tokio::test]
    async fn a_store_error_is_never_an_absent_session_nor_an_empty_overwrite() {
        skip_pauses();
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let before = world.item(&store, &id).await.unwrap();
        let faults = [
            (Fault::LoseRequest, ErrorKind::Unavailable),
            (Fault::Answer(400, THROTTLED), ErrorKind::Throttled),
            (Fault::Answer(500, BROKEN), ErrorKind::Unavailable),
            (Fault::Answer(200, "not json"), ErrorKind::Unavailable),
        ];
        for (fault, kind) in faults {
            for operation in ["GetItem", "UpdateItem", "DeleteItem"] {
                let mut session = world.load(&store, &id).await;
                session.user = Some("eve".to_owned());
                for _ in 0..10 {
                    world.network.fail_next(operation, fault.clone());
                }
                let error = match operation {
                    "GetItem" => store.load(&id).await.unwrap_err(),
                    "UpdateItem" => session.commit().await.unwrap_err(),
                    _ => session.destroy().await.unwrap_err(),
                };
                assert_eq!(error.kind(), kind, "{operation} {fault:?}: {error}");
                assert_eq!(error.table(), Some(store.table_name()));
                assert!(error.to_string().contains(&id.fingerprint()), "{error}");
                world.network.forget_faults();
            }
        }
        assert_eq!(world.item(&store, &id).await.unwrap(), before);
    }
}

mod promise_8_the_id_is_a_secret {
    use super::*;

    #[tokio::test]
    async fn the_table_holds_only_its_hash() {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let item = format!("{:?}", world.item(&store, &id).await.unwrap());
        assert!(!item.contains(&id.expose_secret()));
        assert!(item.contains(&id.fingerprint()), "the fingerprint is a prefix of the key");
        for sent in world.network.take_sent() {
            assert!(!sent.body.to_string().contains(&id.expose_secret()), "{}", sent.operation);
        }
    }

    #[tokio::test]
    async fn nothing_that_prints_shows_it() {
        let (world, store) = World::with_store::<Shop>().await;
        let id = stored(&store).await;
        let mut session = world.load(&store, &id).await;
        store.destroy(&id).await.unwrap();
        session.views += 1;
        let error = session.commit().await.unwrap_err();
        let shown = format!("{id} {id:?} {session:?} {error} {error:?} {store:?}");
        assert!(!shown.contains(&id.expose_secret()), "{shown}");
        assert!(shown.contains(&id.fingerprint()));
    }

    #[test]
    fn ids_are_256_random_bits_in_43_characters() {
        let ids: std::collections::HashSet<String> =
            (0..1000).map(|_| SessionId::generate().expose_secret()).collect();
        assert_eq!(ids.len(), 1000);
        assert!(ids.iter().all(|id| id.len() == 43));
    }
}
