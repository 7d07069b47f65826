//! `alias` and `rename` on a secret.

use super::*;

#[derive(Debug, DynamoSession)]
#[session(table = "accounts", key_prefix = "account#", idle_timeout = "30m", touch_interval = "1m")]
struct Renamed {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(secret, alias = "token")]
    credential: Option<String>,
    #[session(secret, rename = "oidc", alias = "tokens", alias = "older")]
    tokens: Tokens,
    views: u32,
}

#[derive(Debug, DynamoSession)]
#[session(table = "accounts", key_prefix = "account#", idle_timeout = "30m")]
struct Final {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(secret)]
    credential: Option<String>,
    #[session(secret, rename = "oidc")]
    tokens: Tokens,
    views: u32,
}

/// The name is part of what it is encrypted with, so it has to be encrypted anew to move.
#[tokio::test]
async fn an_aliased_secret_moves_to_its_name_with_the_next_commit_that_writes() {
    for (renew, is_plain) in [(false, false), (true, false), (false, true), (true, true)] {
        let world = World::new();
        let id = match is_plain {
            false => {
                let (_, id) = begin(&world, |secret: &mut Secret| {
                    secret.token = Some(TOKEN.to_owned());
                    secret.tokens = tokens();
                })
                .await;
                id
            }
            true => {
                let (_, id) = begin(&world, |plain: &mut Plain| {
                    plain.token = Some(TOKEN.to_owned());
                    plain.tokens = tokens();
                })
                .await;
                id
            }
        };
        let store = world.store::<Renamed>().await;
        let mut session = world.load(&store, &id).await;
        assert_eq!(session.credential.as_deref(), Some(TOKEN));
        assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
        match renew {
            true => session.renew().await.unwrap(),
            false => {
                session.views += 1;
                world.network.take_sent();
                assert_eq!(session.commit().await.unwrap(), Committed::Updated);
                assert_eq!(world.network.operations(), ["UpdateItem"]);
            }
        }
        let item = world.item(&store, session.id()).await.unwrap();
        assert!(!item.contains_key("token") && !item.contains_key("tokens"), "{item:?}");
        assert_eq!((kind(&item["credential"]), kind(&item["oidc"])), ("B", "B"));
        let last = world.store::<Final>().await;
        let loaded = world.load(&last, session.id()).await;
        assert_eq!((loaded.credential.as_deref(), &loaded.tokens), (Some(TOKEN), &tokens()));
    }
}

#[tokio::test]
async fn a_change_replaces_it_and_a_default_removes_it() {
    let world = World::new();
    let (_, id) = begin(&world, |secret: &mut Secret| {
        secret.token = Some(TOKEN.to_owned());
        secret.tokens = tokens();
    })
    .await;
    let store = world.store::<Renamed>().await;
    let mut session = world.load(&store, &id).await;
    session.credential = None;
    session.tokens.expires = 1;
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    let item = world.item(&store, &id).await.unwrap();
    assert!(["token", "tokens", "credential"].iter().all(|name| !item.contains_key(*name)));
    assert_eq!(world.load(&store, &id).await.tokens.expires, 1);
}

/// A view, and what is discarded, are read from fields in the form that the table has.
#[tokio::test]
async fn what_the_old_version_writes_meanwhile_stays() {
    let world = World::new();
    let (old, id) =
        begin(&world, |secret: &mut Secret| secret.token = Some("first".to_owned())).await;
    let store = world.store::<Renamed>().await;
    let mut session = world.load(&store, &id).await;
    let mut theirs = world.load(&old, &id).await;
    theirs.token = Some("second".to_owned());
    let _ = theirs.commit().await.unwrap();
    session.views += 1;
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    let mut loaded = world.load(&store, &id).await;
    assert_eq!((loaded.credential.as_deref(), loaded.views), (Some("second"), 1));
    loaded.views += 1;
    let _ = loaded.commit().await.unwrap();
    assert_eq!(stored(&world, &store, &id, "token").await, None);
}
