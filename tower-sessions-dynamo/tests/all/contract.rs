//! What every store of tower-sessions has to do, under the trait of each version.

macro_rules! contract {
    ($version:ident, $tower_sessions:ident) => {
        mod $version {
            use std::collections::HashMap;
            use std::time::Duration;

            use serde_json::{Value, json};
            use time::OffsetDateTime;
            use $tower_sessions::SessionStore;
            use $tower_sessions::session::{Id, Record};
            use $tower_sessions::session_store::Error;

            use crate::world;

            fn record(data: Value) -> Record {
                Record {
                    id: Id::default(),
                    data: serde_json::from_value(data).unwrap(),
                    expiry_date: OffsetDateTime::now_utc() + time::Duration::minutes(30),
                }
            }

            #[tokio::test]
            async fn a_created_record_is_loaded_as_it_was() {
                let (store, _) = world().await;
                let mut created = record(json!({
                    "text": "ä\u{0}\u{1f600}", "": "no name", "none": null, "yes": true,
                    "float": 1.0, "tiny": 5e-324, "huge": 1.7976931348623157e308,
                    "u64": u64::MAX, "i64": i64::MIN,
                    "nested": {"list": [[], {}, [1, "a", null]]},
                }));
                store.create(&mut created).await.unwrap();
                assert_eq!(store.load(&created.id).await.unwrap(), Some(created));
            }

            #[tokio::test]
            async fn a_record_without_data_is_stored_too() {
                let (store, _) = world().await;
                let mut created = record(json!({}));
                store.create(&mut created).await.unwrap();
                assert_eq!(store.load(&created.id).await.unwrap(), Some(created));
            }

            #[tokio::test]
            async fn data_that_nests_deeper_than_dynamodb_allows_is_stored() {
                let (store, _) = world().await;
                let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
                let mut created = record(json!({"deep": deep}));
                store.create(&mut created).await.unwrap();
                assert_eq!(store.load(&created.id).await.unwrap(), Some(created));
            }

            #[tokio::test]
            async fn no_record_takes_the_place_of_another() {
                let (store, _) = world().await;
                let mut first = record(json!({"user": "ada"}));
                store.create(&mut first).await.unwrap();
                let mut second = Record { id: first.id, ..record(json!({"user": "eve"})) };
                store.create(&mut second).await.unwrap();
                assert_ne!(first.id, second.id);
                assert_eq!(store.load(&first.id).await.unwrap(), Some(first));
                assert_eq!(store.load(&second.id).await.unwrap(), Some(second));
            }

            #[tokio::test]
            async fn a_saved_record_is_the_whole_one() {
                let (store, _) = world().await;
                let mut saved = record(json!({"a": 1, "b": 2}));
                store.create(&mut saved).await.unwrap();
                saved.data = HashMap::from([("c".to_owned(), json!(3))]);
                saved.expiry_date += time::Duration::nanoseconds(1_500_000_001);
                store.save(&saved).await.unwrap();
                assert_eq!(store.load(&saved.id).await.unwrap(), Some(saved));
            }

            #[tokio::test]
            async fn an_expiry_moves_both_ways() {
                let (store, _) = world().await;
                let mut saved = record(json!({}));
                store.create(&mut saved).await.unwrap();
                for minutes in [45, -20, 1] {
                    saved.expiry_date += time::Duration::minutes(minutes);
                    store.save(&saved).await.unwrap();
                    assert_eq!(store.load(&saved.id).await.unwrap().as_ref(), Some(&saved));
                }
            }

            #[tokio::test]
            async fn an_expired_record_is_absent() {
                let (store, world) = world().await;
                let mut expired = record(json!({"user": "ada"}));
                store.create(&mut expired).await.unwrap();
                world.clock.advance(Duration::from_secs(31 * 60));
                assert_eq!(store.load(&expired.id).await.unwrap(), None);
                expired.expiry_date += time::Duration::hours(2);
                assert!(matches!(store.save(&expired).await, Err(Error::Backend(_))));
                assert_eq!(store.load(&expired.id).await.unwrap(), None);
            }

            #[tokio::test]
            async fn a_record_with_an_expiry_in_the_past_is_absent() {
                let (store, _) = world().await;
                let mut expired = record(json!({"user": "ada"}));
                expired.expiry_date = OffsetDateTime::UNIX_EPOCH - time::Duration::days(400_000);
                store.create(&mut expired).await.unwrap();
                assert_eq!(store.load(&expired.id).await.unwrap(), None);
            }

            #[tokio::test]
            async fn a_deleted_record_is_absent_and_may_be_deleted_again() {
                let (store, _) = world().await;
                let mut deleted = record(json!({}));
                store.create(&mut deleted).await.unwrap();
                for _ in 0..2 {
                    store.delete(&deleted.id).await.unwrap();
                    assert_eq!(store.load(&deleted.id).await.unwrap(), None);
                }
            }

            #[tokio::test]
            async fn an_unknown_record_is_absent_and_is_not_saved() {
                let (store, _) = world().await;
                let unknown = record(json!({"user": "eve"}));
                assert_eq!(store.load(&unknown.id).await.unwrap(), None);
                store.delete(&unknown.id).await.unwrap();
                assert!(matches!(store.save(&unknown).await, Err(Error::Backend(_))));
                assert_eq!(store.load(&unknown.id).await.unwrap(), None);
            }

            #[tokio::test]
            async fn a_record_that_no_item_has_room_for_is_refused() {
                let (store, _) = world().await;
                let mut large = record(json!({"large": "x".repeat(410_000)}));
                assert!(matches!(store.create(&mut large).await, Err(Error::Encode(_))));
                large.data.clear();
                store.create(&mut large).await.unwrap();
                let before = large.clone();
                large.data.insert("large".to_owned(), json!("x".repeat(410_000)));
                assert!(matches!(store.save(&large).await, Err(Error::Encode(_))));
                assert_eq!(store.load(&large.id).await.unwrap(), Some(before));
            }

            #[tokio::test]
            async fn a_cache_may_stand_before_it() {
                let (store, _) = world().await;
                let cache = $tower_sessions::MemoryStore::default();
                let cached = $tower_sessions::CachingSessionStore::new(cache, store.clone());
                let mut created = record(json!({"user": "ada"}));
                cached.create(&mut created).await.unwrap();
                assert_eq!(cached.load(&created.id).await.unwrap().as_ref(), Some(&created));
                assert_eq!(store.load(&created.id).await.unwrap(), Some(created));
            }
        }
    };
}

contract!(v0_14, tower_sessions_0_14);
contract!(v0_15, tower_sessions);
