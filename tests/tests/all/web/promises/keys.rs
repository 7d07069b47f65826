//! Keys of other types in the cookie.

use super::*;

#[derive(DynamoSession)]
#[session(table = "plain")]
struct Plain<K: SessionKey> {
    #[session(hash_key)]
    id: K,
    #[session(ttl)]
    expires_at: Expires,
    visits: u32,
}

async fn count<K: SessionKey>(mut session: Session<Plain<K>>) -> String {
    session.visits += 1;
    session.visits.to_string()
}

async fn site<K: SessionKey>() -> (World, Router) {
    let (world, store) = World::with_store::<Plain<K>>().await;
    let app = Router::new().route("/", get(count::<K>)).layer(SessionLayer::new(store));
    (world, app)
}

#[tokio::test]
async fn string_and_uuid_keys_work_in_the_cookie() {
    async fn works<K: SessionKey>() {
        let (_world, app) = site::<K>().await;
        let reply = send(&app, Request::get("/")).await;
        let pair = reply.set_cookies()[0].split(';').next().unwrap();
        let reply = send(&app, Request::get("/").header(COOKIE, pair)).await;
        assert!(reply.set_cookies().is_empty());
        assert_eq!(reply.body, "2");
    }
    works::<String>().await;
    works::<uuid::Uuid>().await;
}

#[derive(Clone, PartialEq)]
struct Odd(String);

impl SessionKey for Odd {
    fn generate() -> Self {
        Self("two; words".to_owned())
    }

    fn parse(text: &str) -> Result<Self, Error> {
        Ok(Self(text.to_owned()))
    }

    fn expose_secret(&self) -> String {
        self.0.clone()
    }

    fn attribute_value(&self) -> String {
        self.0.clone()
    }
}

#[tokio::test]
async fn a_key_that_no_cookie_can_carry_is_a_clear_error_and_nothing_is_stored() {
    let traces = Traces::collect();
    let (world, app) = site::<Odd>().await;
    let reply = send(&app, Request::get("/")).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(reply.set_cookies().is_empty());
    assert!(world.network.operations().is_empty());
    assert!(traces.text().contains("no cookie can carry it"), "{}", traces.text());
    assert!(!traces.text().contains("two; words"));
}
