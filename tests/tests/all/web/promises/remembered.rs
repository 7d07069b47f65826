//! "Stay logged in": the cookie of a remembered session is kept by the browser, and rolls with the session.

use super::*;

#[derive(Debug, DynamoSession)]
#[session(
    table = "remembered",
    idle_timeout = "30m",
    remember_timeout = "30 days",
    absolute_timeout = "60 days",
    touch_interval = "1m"
)]
struct Remembered {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    #[session(remember)]
    remember: bool,
    user: Option<String>,
}

const DAY: u64 = 86_400;

struct Device {
    world: World,
    store: dynamo_session::SessionStore<Remembered>,
    app: Router,
    pair: String,
}

impl Device {
    async fn new() -> Self {
        async fn log_in(mut session: Session<Remembered>, query: Query) -> Result<(), Error> {
            session.renew().await?;
            session.user = Some("ada".to_owned());
            session.remember = query.0 == "remember";
            Ok(())
        }
        async fn look(session: SessionView<Remembered>) -> String {
            format!("{:?}", session.user)
        }
        async fn forget(mut session: Session<Remembered>) {
            session.remember = false;
        }
        let (world, store) = World::with_store::<Remembered>().await;
        let app = Router::new()
            .route("/log-in", post(log_in))
            .route("/look", get(look))
            .route("/forget", post(forget))
            .layer(SessionLayer::new(store.clone()));
        Self { world, store, app, pair: String::new() }
    }

    /// The attributes of the cookie in the response, if there is one, which is then presented from now on.
    async fn send(&mut self, request: http::request::Builder) -> (String, Option<String>) {
        let reply = send(&self.app, request.header(COOKIE, &self.pair)).await;
        assert!(reply.status.is_success());
        let cookie = reply.set_cookies().first().map(|cookie| {
            let (pair, attributes) = cookie.split_once("; ").unwrap();
            self.pair = pair.to_owned();
            attributes.to_owned()
        });
        (reply.body, cookie)
    }
}

fn max_age(cookie: Option<String>) -> Option<u64> {
    let cookie = cookie.unwrap();
    cookie.split("; ").find_map(|part| part.strip_prefix("Max-Age=")?.parse().ok())
}

#[tokio::test]
async fn its_cookie_is_kept_and_rolls_with_each_touch_until_the_absolute_timeout() {
    let mut device = Device::new().await;
    let (_, cookie) = device.send(Request::post("/log-in?remember")).await;
    assert_eq!(max_age(cookie), Some(30 * DAY));

    device.world.clock.advance(Duration::from_secs(600));
    assert_eq!(device.send(Request::get("/look")).await.1, None, "the expiry has not moved");
    for _ in 0..2 {
        device.world.clock.advance(Duration::from_secs(20 * DAY));
        let (user, cookie) = device.send(Request::get("/look")).await;
        assert_eq!(user, "Some(\"ada\")");
        let left = max_age(cookie).unwrap();
        let id = device.pair.split_once('=').unwrap().1.parse().unwrap();
        let expires = device.world.load(&device.store, &id).await.expires_at().epoch_seconds();
        assert_eq!(left, (expires - device.world.clock.epoch_seconds()) as u64);
    }
    device.world.clock.advance(Duration::from_secs(20 * DAY));
    assert_eq!(device.send(Request::get("/look")).await.0, "None", "60 days have passed");
}

#[tokio::test]
async fn without_it_the_cookie_goes_with_the_browser() {
    let mut device = Device::new().await;
    let (_, cookie) = device.send(Request::post("/log-in")).await;
    assert_eq!(max_age(cookie), None);
    device.world.clock.advance(Duration::from_secs(600));
    assert_eq!(device.send(Request::get("/look")).await, ("Some(\"ada\")".to_owned(), None));
    device.world.clock.advance(Duration::from_secs(1800));
    assert_eq!(device.send(Request::get("/look")).await.0, "None");
}

#[tokio::test]
async fn one_that_is_no_longer_remembered_is_told_so() {
    let mut device = Device::new().await;
    device.send(Request::post("/log-in?remember")).await;
    let (_, cookie) = device.send(Request::post("/forget")).await;
    assert_eq!(max_age(cookie), None, "it goes with the browser again");
    assert_eq!(device.send(Request::get("/look")).await, ("Some(\"ada\")".to_owned(), None));
    device.world.clock.advance(Duration::from_secs(1800));
    assert_eq!(device.send(Request::get("/look")).await.0, "None");
}
