//! `set`: members are added and removed.

use std::collections::{BTreeSet, HashSet};

use dynamo_session::Committed;
use dynamo_session::{DynamoSession, Expires, SessionId};
use dynamo_session_tests::{Shop, World, stored};
use serde::{Deserialize, Serialize};

#[tokio::test]
async fn emptied_and_refilled_sets_come_back() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    for roles in [&["a", "b"][..], &["b"], &[], &["c"], &["d", "e"]] {
        session.roles = roles.iter().map(|role| (*role).to_owned()).collect();
        assert_eq!(session.commit().await.unwrap(), Committed::Updated);
        assert_eq!(world.load(&store, &id).await.roles, session.roles);
    }
    for levels in [&[1, 2][..], &[], &[1], &[7, 8]] {
        session.levels = levels.iter().copied().collect();
        assert_eq!(session.commit().await.unwrap(), Committed::Updated);
        assert_eq!(world.load(&store, &id).await.levels, session.levels);
    }
}

#[tokio::test]
async fn members_are_added_and_removed_without_looking_at_the_others() {
    let (world, store) = World::with_store::<Shop>().await;
    let id = stored(&store).await;
    let mut session = world.load(&store, &id).await;
    session.roles = ["a", "b"].map(str::to_owned).into();
    session.commit().await.unwrap();
    let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
    one.roles.remove("a");
    other.roles.insert("c".to_owned());
    world.network.take_sent();
    one.commit().await.unwrap();
    other.commit().await.unwrap();
    let sent = world.network.take_sent();
    assert!(sent[0].text("UpdateExpression").contains("DELETE "));
    assert!(sent[1].text("UpdateExpression").contains("ADD "));
    assert_eq!(sent.len(), 2);
    assert_eq!(other.roles, ["b", "c"].map(str::to_owned).into());
    assert_eq!(world.load(&store, &id).await.roles, other.roles);
}

#[derive(Debug, DynamoSession)]
#[session(table = "rights")]
struct Rights {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(set)]
    roles: HashSet<Role>,
    #[session(set)]
    accounts: BTreeSet<Account>,
    #[session(set)]
    keys: BTreeSet<serde_bytes::ByteBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Role {
    Editor,
    Owner,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Account(u32);

#[tokio::test]
async fn members_may_be_unit_enums_newtypes_and_bytes() {
    let (world, store) = World::with_store::<Rights>().await;
    let mut session = store.create();
    session.roles = HashSet::from([Role::Owner, Role::Editor]);
    session.accounts = BTreeSet::from([Account(9), Account(10)]);
    session.keys = BTreeSet::from([serde_bytes::ByteBuf::from([1, 2])]);
    session.commit().await.unwrap();
    let item = world.item(&store, session.id()).await.unwrap();
    assert_eq!(item["roles"].as_ss().unwrap().len(), 2);
    assert_eq!(item["accounts"].as_ns().unwrap().len(), 2);
    assert_eq!(item["keys"].as_bs().unwrap().len(), 1);
    session.roles.remove(&Role::Editor);
    session.accounts.insert(Account(11));
    session.commit().await.unwrap();
    let loaded = world.load(&store, session.id()).await;
    assert_eq!(loaded.roles, HashSet::from([Role::Owner]));
    assert_eq!(loaded.accounts.len(), 3);
    assert_eq!(loaded.keys, session.keys);
}
