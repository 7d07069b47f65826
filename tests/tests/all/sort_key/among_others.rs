//! Sessions beside items of other kinds, in one table and one index: whatever is done with all sessions, or with all of one
//! user, leaves the others as they are.

use std::collections::BTreeMap;
use std::time::Duration;

use dynamo_session::sweep::{Purge, PurgeCheckpoint};
use dynamo_session::{DynamoSession, ErrorKind, Session, SessionStore};
use dynamo_session_tests::attribute::{Item, n, s};
use dynamo_session_tests::{World, key_of};

use super::{Member, sort_key_of};

const NOW: i64 = 1_800_000_000;

/// A table with sessions of `ada`, and items that are no sessions, though they have a user, an expiry that has passed and
/// a creation.
struct Application {
    world: World,
    store: SessionStore<Member>,
    /// The oldest first; the first has expired.
    sessions: Vec<Session<Member>>,
    others: BTreeMap<(String, String), Item>,
}

impl Application {
    async fn new() -> Self {
        let (world, store) = World::with_store::<Member>().await;
        let mut sessions = Vec::new();
        for pause in [0, 29 * 60, 120, 1] {
            world.clock.advance(Duration::from_secs(pause));
            let mut session = store.create();
            session.user = Some("ada".to_owned());
            session.commit().await.unwrap();
            sessions.push(session);
        }
        let of_a_session = Member::SCHEMA.table_key(sessions[3].id());
        let of_an_expired_one = Member::SCHEMA.table_key(sessions[0].id());
        let mut keys = vec![
            ("USER#ada".to_owned(), "PROFILE".to_owned()),
            ("USER#ada".to_owned(), "SESSION".to_owned()),
            ("USER#ada".to_owned(), "USER#ada".to_owned()),
            (of_a_session.clone(), "AUDIT".to_owned()),
            (of_a_session, "SESSION#0".to_owned()),
            (of_an_expired_one, "AUDIT".to_owned()),
        ];
        // More than a page of a list has.
        keys.extend((0..110).map(|order| ("SESSION#orders".to_owned(), format!("ORDER#{order}"))));
        let mut others = BTreeMap::new();
        for (index, (hash, sort)) in keys.into_iter().enumerate() {
            let item: Item = [
                ("pk", s(&hash)),
                ("sk", s(&sort)),
                ("expires_at", n(NOW - 86_400)),
                // Newer than any session, and older.
                ("created_at", n(if index % 2 == 0 { NOW + 9_999 } else { NOW - 9_999 })),
                ("user", s("ada")),
            ]
            .map(|(name, value)| (name.to_owned(), value))
            .into();
            world.put(&store, item.clone()).await;
            others.insert((hash, sort), item);
        }
        world.network.take_sent();
        Self { world, store, sessions, others }
    }

    async fn require_others_untouched(&self) {
        let mut left = BTreeMap::new();
        for item in self.world.items(&self.store).await {
            let key = ["pk", "sk"].map(|name| item[name].as_s().unwrap().clone());
            let [hash, sort] = key;
            if self.others.contains_key(&(hash.clone(), sort.clone())) {
                left.insert((hash, sort), item);
            }
        }
        assert_eq!(left, self.others);
    }

    async fn alive(&self) -> Vec<bool> {
        let mut alive = Vec::new();
        for session in &self.sessions {
            alive.push(self.world.item(&self.store, session.id()).await.is_some());
        }
        alive
    }
}

#[tokio::test]
async fn a_session_has_its_whole_key_from_its_first_commit_to_its_end() {
    let (world, store) = World::with_store::<Member>().await;
    let mut session = store.create();
    session.note = "one".to_owned();
    session.commit().await.unwrap();
    let id = session.id().clone();
    let hash = Member::SCHEMA.table_key(&id);
    let item = world.item(&store, &id).await.unwrap();
    assert_eq!((&item["pk"], &item["sk"]), (&s(&hash), &s(sort_key_of(&hash))));

    let mut session = world.load(&store, &id).await;
    session.note = "two".to_owned();
    session.commit().await.unwrap();
    store.update(&id, |session| session.note += "!").await.unwrap();
    world.clock.advance(Duration::from_secs(600));
    let mut session = world.load(&store, &id).await;
    assert_eq!(session.note, "two!");
    session.touch().await.unwrap();
    assert_eq!(world.items(&store).await.len(), 1);

    session.renew().await.unwrap();
    let renewed = Member::SCHEMA.table_key(session.id());
    let item = world.item(&store, session.id()).await.unwrap();
    assert_eq!((&item["pk"], &item["sk"]), (&s(&renewed), &s(sort_key_of(&renewed))));
    let tombstone = world.item(&store, &id).await.unwrap();
    let expected: Item = [
        ("pk", s(&hash)),
        ("sk", s(sort_key_of(&hash))),
        ("expires_at", n(NOW + 600 - 86_400)),
        ("_renewed_at", n(NOW + 600)),
        ("_renewed_to", s(&renewed)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    assert_eq!(tombstone, expected);

    store.destroy(&id).await.unwrap();
    assert!(world.items(&store).await.is_empty(), "the old id ends the renewed session");
}

#[tokio::test]
async fn an_item_of_another_kind_under_a_sessions_partition_key_is_not_that_session() {
    let (world, store) = World::with_store::<Member>().await;
    let mut session = store.create();
    session.note = "mine".to_owned();
    let mut item = key_of::<Member>(session.id());
    item.insert("sk".to_owned(), s("AUDIT"));
    item.insert("expires_at".to_owned(), n(NOW + 600));
    item.insert("note".to_owned(), s("not a session's"));
    world.put(&store, item.clone()).await;
    assert!(store.load(session.id()).await.unwrap().is_none());
    session.commit().await.unwrap();
    assert_eq!(world.load(&store, session.id()).await.note, "mine");
    session.renew().await.unwrap();
    session.destroy().await.unwrap();
    assert_eq!(world.items(&store).await, [item]);
}

#[tokio::test]
async fn counted_are_sessions() {
    let app = Application::new().await;
    let counted = app.store.count_sessions().await.unwrap();
    assert_eq!((counted.alive, counted.expired), (3, 1), "{counted}");
    app.require_others_untouched().await;
}

#[tokio::test]
async fn purged_are_expired_sessions() {
    let app = Application::new().await;
    let purged = app.store.purge_expired().await.unwrap();
    assert_eq!(purged.deleted, 1, "{purged}");
    assert_eq!(app.alive().await, [false, true, true, true]);
    app.require_others_untouched().await;
}

#[tokio::test]
async fn a_purge_resumes_after_any_item_of_the_table() {
    let app = Application::new().await;
    app.world.clock.advance(Duration::from_secs(3600));
    let begin = || app.store.purge_expired().page_items(3);
    let mut purge: Purge = begin().segments(2).start();
    let mut looks = 0;
    loop {
        let before = purge.checkpoint();
        let Some(progress) = purge.next().await else { break };
        progress.unwrap();
        looks += 1;
        let text = purge.checkpoint().to_string();
        let checkpoint: PurgeCheckpoint = text.parse().unwrap();
        assert_eq!(checkpoint, purge.checkpoint(), "{text}");
        if looks % 2 == 0 && checkpoint != before {
            purge = begin().resume_from(checkpoint).start();
        }
    }
    assert!(looks > 30, "{looks}");
    assert_eq!(app.alive().await, [false; 4]);
    app.require_others_untouched().await;
}

#[tokio::test]
async fn listed_and_kept_are_sessions_of_the_user() {
    let app = Application::new().await;
    let by_user = app.store.by(Member::USER);
    let listed = by_user.list("ada").all().await.unwrap();
    let listed_ids: Vec<_> = listed.iter().map(|it| it.fingerprint()).collect();
    let newest_first = [3, 2, 1].map(|index: usize| app.sessions[index].id().fingerprint());
    assert_eq!(listed_ids, newest_first);
    for name in ["pk", "sk"] {
        let error = listed[0].attribute::<String>(name).unwrap_err();
        assert_eq!((error.kind(), error.attribute()), (ErrorKind::Configuration, Some(name)));
    }

    assert_eq!(by_user.keep_newest("ada", 1, &app.sessions[3]).await.unwrap(), 2);
    assert!(app.store.load(app.sessions[3].id()).await.unwrap().is_some());
    assert!(listed[0].end().await.unwrap());
    assert!(app.store.load(app.sessions[3].id()).await.unwrap().is_none());
    app.require_others_untouched().await;
}

#[tokio::test]
async fn ended_are_sessions_of_the_user() {
    let app = Application::new().await;
    let by_user = app.store.by(Member::USER);
    let kept = &app.sessions[2];
    assert_eq!(by_user.end_all("ada").except(kept).await.unwrap(), 2);
    assert_eq!(app.alive().await, [false, false, true, false]);
    app.require_others_untouched().await;
}

#[tokio::test]
async fn ended_are_the_sessions_of_everyone() {
    let mut app = Application::new().await;
    let renewed = app.sessions[2].id().clone();
    app.sessions[2].renew().await.unwrap();
    let ended = app.store.end_everyone().await.unwrap();
    assert_eq!(ended.ended, 3, "{ended}");
    assert_eq!(app.alive().await, [false; 4]);
    assert!(app.store.load(&renewed).await.unwrap().is_none());
    app.require_others_untouched().await;
}
