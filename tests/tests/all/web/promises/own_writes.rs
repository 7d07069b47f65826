//! Reads at half price that show what the visitor has written, and the cookie that says what that is.

use aws_sdk_dynamodb::Client;
use dynamo_session::embedded::Engine;
use dynamo_session::testing::Browser;
use dynamo_session::{ManualClock, ReadConsistency, SessionStore};
use dynamo_session_tests::{Dice, Network, Replicas, skip_pauses};

use super::served::Served;
use super::*;

const ID: &str = "__Host-Http-session";
const MARK: &str = "__Host-Http-session-commit";

/// A site whose browser is at hand.
struct Shop {
    world: World,
    app: Router,
    browser: Browser<Served>,
}

impl Shop {
    async fn new() -> Self {
        Self::with(ReadConsistency::OwnWrites, usual(), |layer| layer).await
    }

    async fn with(
        consistency: ReadConsistency,
        routes: Router,
        set: impl FnOnce(SessionLayer<Web>) -> SessionLayer<Web>,
    ) -> Self {
        let world = World::new();
        let builder = world.builder::<Web>().read_consistency(consistency).auto_create(true);
        let store = builder.build().await.unwrap();
        let app = routes.layer(set(SessionLayer::new(store)));
        let browser = Browser::new(Served(app.clone()), world.clock.clone());
        world.network.take_sent();
        Self { world, app, browser }
    }

    async fn get(&mut self, path: &str) -> Reply {
        self.send(Request::get(path)).await
    }

    async fn send(&mut self, request: http::request::Builder) -> Reply {
        self.browser.send(request.body(()).unwrap()).await.unwrap().into_body()
    }

    /// Whether each read since the last call was strongly consistent.
    fn reads(&self) -> Vec<bool> {
        let sent = self.world.network.take_sent();
        let reads = sent.iter().filter(|sent| sent.operation == "GetItem");
        reads.map(|read| read.body["ConsistentRead"] == true).collect()
    }

    fn id(&self) -> SessionId {
        self.browser.cookie(ID).unwrap().parse().unwrap()
    }

    fn cookies(&self) -> String {
        let pair = |name| Some(format!("{name}={}", self.browser.cookie(name)?));
        [ID, MARK].into_iter().filter_map(pair).collect::<Vec<_>>().join("; ")
    }
}

#[tokio::test]
async fn each_read_costs_half_and_what_writes_nothing_sets_nothing() {
    let mut shop = Shop::new().await;
    let created = shop.get("/visit").await;
    let [id, mark] = created.set_cookies()[..] else { panic!("{created:?}") };
    assert!(id.starts_with(ID) && id.ends_with(ATTRIBUTES), "{id}");
    assert!(mark.starts_with(MARK) && mark.ends_with(ATTRIBUTES), "{mark}");
    assert!(mark.len() < 130, "{mark}");
    shop.world.network.take_sent();
    for _ in 0..3 {
        let looked = shop.get("/look").await;
        assert_eq!(looked.body, "None 1");
        assert!(looked.set_cookies().is_empty());
    }
    assert_eq!(shop.reads(), [false; 3]);
    // A change sets the mark, and leaves the id where it is.
    let visited = shop.get("/visit").await;
    let [cookie] = visited.set_cookies()[..] else { panic!("{visited:?}") };
    assert!(cookie.starts_with(MARK));
    assert_eq!(shop.get("/look").await.body, "None 2");
    assert_eq!(shop.reads(), [false; 2]);
}

/// A response of the old id that comes after that of the login must not bring the old id back.
#[tokio::test]
async fn a_commit_brings_no_id_so_that_no_late_response_takes_a_login_away() {
    let mut shop = Shop::new().await;
    shop.get("/visit").await;
    let late = shop.get("/visit").await;
    shop.get("/log-in").await;
    let renewed = shop.id();
    assert!(late.set_cookies().iter().all(|cookie| !cookie.starts_with("__Host-Http-session=")));
    // What it brings is of the old id, so it says nothing of the new one.
    let late = late.set_cookies()[0].split(';').next().unwrap().to_owned();
    shop.world.network.take_sent();
    let request = Request::get("/look").header(COOKIE, format!("{}; {late}", pair(&renewed)));
    assert_eq!(send(&shop.app, request).await.body, "Some(\"ada\") 2");
    assert_eq!(shop.reads(), [true]);
}

#[tokio::test]
async fn a_session_without_a_mark_or_with_a_malformed_one_is_read_strongly() {
    let mut shop = Shop::new().await;
    shop.get("/visit").await;
    let (id, mark) = (pair(&shop.id()), shop.browser.cookie(MARK).unwrap().to_owned());
    let fingerprint = shop.id().fingerprint();
    let app = shop.app.clone();
    shop.world.network.take_sent();
    let others = [
        String::new(),
        "x".to_owned(),
        "....".to_owned(),
        format!("{fingerprint}."),
        format!("{fingerprint}.1"),
        format!("{fingerprint}.1.x"),
        format!("{fingerprint}.99999999999999999999.1"),
        format!("{fingerprint}.1.1.{}", "x".repeat(4_000)),
        // Of another session.
        format!("AAAAAAAA.{}", mark.split_once('.').unwrap().1),
        // More than anybody has written.
        format!("{fingerprint}.9223372036854775807.9223372036854775807.AAAAAAAAAAA"),
    ];
    for other in others {
        let request = Request::get("/look").header(COOKIE, format!("{id}; {MARK}={other}"));
        assert_eq!(send(&app, request).await.body, "None 1", "{other}");
        assert_eq!(shop.reads().last(), Some(&true), "{other}");
    }
    // Beside a planted one, the visitor's own still counts.
    let older = format!("{fingerprint}.0.0");
    let newer = format!("{fingerprint}.2.0");
    let cases = [(vec![&older], vec![false]), (vec![&older, &newer], vec![false, true])];
    for (marks, expected) in cases {
        let marks: Vec<_> = marks.iter().map(|mark| format!("{MARK}={mark}")).collect();
        let request = Request::get("/look").header(COOKIE, format!("{id}; {}", marks.join("; ")));
        assert_eq!(send(&app, request).await.body, "None 1");
        assert_eq!(shop.reads(), expected);
    }
    let flood = format!("; {MARK}={mark}").repeat(5);
    let request = Request::get("/look").header(COOKIE, format!("{id}{flood}"));
    let status = send(&app, request).await.status;
    assert_eq!((status, shop.reads()), (StatusCode::OK, vec![true]));
}

#[tokio::test]
async fn the_signing_keys_sign_it_and_what_is_unsigned_says_nothing() {
    let signed = |layer: SessionLayer<Web>| {
        let cookie = SessionCookie::builder().signing_keys([[7; 32]]).build().unwrap();
        layer.cookie(cookie)
    };
    let mut shop = Shop::with(ReadConsistency::OwnWrites, usual(), signed).await;
    shop.get("/visit").await;
    shop.world.network.take_sent();
    assert_eq!(shop.get("/look").await.body, "None 1");
    assert_eq!(shop.reads(), [false]);
    let (id, mark) = (shop.browser.cookie(ID).unwrap(), shop.browser.cookie(MARK).unwrap());
    let app = shop.app.clone();
    // 44 characters of signature.
    let unsigned = &mark[44..];
    let forged = mark.replace(unsigned, &unsigned.replacen('.', ".0", 1));
    for other in [unsigned, &forged, id] {
        let request = Request::get("/look").header(COOKIE, format!("{ID}={id}; {MARK}={other}"));
        let looked = send(&app, request).await;
        assert_eq!((looked.body.as_str(), shop.reads()), ("None 1", vec![true]));
    }
    // What is signed as a mark is no id.
    let request = Request::get("/look").header(COOKIE, format!("{ID}={mark}"));
    let looked = send(&app, request).await;
    assert_eq!((looked.body.as_str(), shop.reads()), ("None 0", vec![]));
}

#[tokio::test]
async fn a_logout_takes_both_cookies() {
    async fn end(logout: Logout<Web>) -> Result<(), Error> {
        logout.end().await
    }
    async fn restart(mut session: Session<Web>) -> Result<(), Error> {
        session.restart().await
    }
    let routes = usual().route("/end", post(end)).route("/restart", post(restart));
    let mut shop = Shop::with(ReadConsistency::OwnWrites, routes, |layer| layer).await;
    for request in [Request::get("/log-out"), Request::post("/end"), Request::post("/restart")] {
        shop.get("/visit").await;
        assert!(shop.cookies().contains("-commit="));
        assert_eq!(shop.send(request).await.status, StatusCode::OK);
        assert_eq!(shop.cookies(), "");
    }
}

/// A route that demands more gets it, also after a middleware has read the session.
#[tokio::test]
async fn a_route_may_be_read_otherwise() {
    async fn first(session: RequestSession<Web>, request: Incoming, next: Next) -> Outcome {
        let _ = session.view().await.unwrap();
        next.run(request).await
    }
    let strong = ReadConsistency::Strong;
    let routes = read_at(strong, usual(), "/strong", get(look));
    let routes = read_at(strong, routes, "/strong-visit", get(visit));
    let mut shop = Shop::with(ReadConsistency::OwnWrites, routes.clone(), |layer| layer).await;
    shop.get("/strong-visit").await;
    shop.world.network.take_sent();
    assert_eq!(shop.get("/strong").await.body, "None 1");
    assert_eq!(shop.reads(), [true]);
    // What it writes is seen by the others.
    let before = shop.browser.cookie(MARK).map(str::to_owned);
    shop.get("/strong-visit").await;
    assert_ne!(shop.browser.cookie(MARK).map(str::to_owned), before);
    shop.world.network.take_sent();
    assert_eq!(shop.get("/look").await.body, "None 2");
    assert_eq!(shop.reads(), [false]);

    let routes = routes.layer(middleware::from_fn(first));
    let mut shop = Shop::with(ReadConsistency::OwnWrites, routes, |layer| layer).await;
    shop.get("/visit").await;
    shop.world.network.take_sent();
    assert_eq!(shop.get("/look").await.body, "None 1");
    assert_eq!(shop.reads(), [false]);
    assert_eq!(shop.get("/strong").await.body, "None 1");
    assert_eq!(shop.reads(), [false, true]);
}

/// Where most requests are read strongly, and one route is not, what the former write is seen by the latter.
#[tokio::test]
async fn requests_that_are_read_otherwise_tell_of_their_writes() {
    let own_writes = ReadConsistency::OwnWrites;
    let routes = read_at(own_writes, usual(), "/own", get(look));
    let routes = read_at(own_writes, routes, "/own-visit", get(visit));
    let mut shop = Shop::with(ReadConsistency::Strong, routes, |layer| layer).await;
    shop.get("/visit").await;
    assert_eq!(shop.browser.cookie(MARK), None, "nobody has asked for it");
    shop.world.network.take_sent();
    shop.get("/own").await;
    assert_eq!(shop.reads(), [true]);
    shop.get("/own-visit").await;
    let before = shop.browser.cookie(MARK).unwrap().to_owned();
    shop.get("/visit").await;
    assert_ne!(shop.browser.cookie(MARK).unwrap(), before);
    shop.world.network.take_sent();
    shop.get("/own").await;
    assert_eq!(shop.reads(), [false]);
}

/// What is written past the session that the layer has lent is not known to the cookie, so it goes.
#[tokio::test]
async fn writes_past_the_lent_session_are_seen() {
    let world = World::new();
    let builder = world.builder::<Web>().read_consistency(ReadConsistency::OwnWrites);
    let store = builder.auto_create(true).build().await.unwrap();
    let other = store.clone();
    let update = move |view: SessionView<Web>| {
        let store = other.clone();
        async move { store.update(&view.id, |session| session.user = Some("ada".to_owned())).await }
    };
    let other = store.clone();
    let load = move |view: SessionView<Web>| {
        let store = other.clone();
        async move {
            let mut session = store.load(&view.id).await?.unwrap();
            session.user = Some("bob".to_owned());
            session.commit().await.map(drop)
        }
    };
    let routes = usual().route("/update", post(update)).route("/load", post(load));
    let app = routes.layer(SessionLayer::new(store));
    let browser = Browser::new(Served(app.clone()), world.clock.clone());
    let mut shop = Shop { world, app, browser };
    for (path, user) in [("/update", "ada"), ("/load", "bob")] {
        shop.get("/visit").await;
        assert!(shop.browser.cookie(MARK).is_some());
        assert_eq!(shop.send(Request::post(path)).await.status, StatusCode::OK);
        assert_eq!(shop.browser.cookie(MARK), None);
        shop.world.network.take_sent();
        assert!(shop.get("/look").await.body.contains(user));
        assert_eq!(shop.reads(), [true]);
    }
}

/// A commit that failed may have been applied, and is then to be seen.
#[tokio::test]
async fn after_a_write_without_an_answer_nothing_is_taken_for_shown() {
    skip_pauses();
    let mut shop = Shop::new().await;
    shop.get("/visit").await;
    for _ in 0..3 {
        shop.world.network.fail_next("UpdateItem", Fault::LoseResponse);
    }
    assert_eq!(shop.get("/visit").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(shop.browser.cookie(MARK), None);
    shop.world.network.take_sent();
    assert_eq!(shop.get("/look").await.body, "None 2");
    assert_eq!(shop.reads(), [true]);
}

/// A shop whose eventually consistent reads show what the test wants.
struct Behind {
    clock: ManualClock,
    network: Network,
    browser: Browser<Served>,
    store: SessionStore<Web>,
}

impl Behind {
    /// With replicas that show each item as it was first stored, or not at all.
    async fn new(is_absent: bool) -> Self {
        let clock = ManualClock::at_epoch_seconds(1_800_000_000);
        let engine = Engine::memory_with_clock(clock.clone());
        let replicas = Replicas::new(engine.clone(), "id", Dice::new(1));
        let replicas = if is_absent { replicas.empty() } else { replicas.at_first() };
        let network = Network::new(replicas);
        let config = engine.client().config().to_builder().http_client(network.clone()).build();
        let builder = SessionStore::<Web>::builder().client(Client::from_conf(config));
        let builder = builder.clock(clock.clone()).read_consistency(ReadConsistency::OwnWrites);
        let store = builder.auto_create(true).build().await.unwrap();
        let app = usual().layer(SessionLayer::new(store.clone()));
        let browser = Browser::new(Served(app), clock.clone());
        Self { clock, network, browser, store }
    }

    async fn get(&mut self, path: &str) -> String {
        self.network.take_sent();
        let request = Request::get(path).body(()).unwrap();
        self.browser.send(request).await.unwrap().into_body().body
    }
}

#[tokio::test]
async fn absence_and_expiry_on_a_replica_are_not_believed() {
    let mut shop = Behind::new(true).await;
    shop.get("/visit").await;
    assert_eq!(shop.get("/look").await, "None 1");
    assert_eq!(shop.network.operations(), ["GetItem", "GetItem"]);

    let mut shop = Behind::new(false).await;
    shop.get("/visit").await;
    shop.clock.advance(Duration::from_secs(1700));
    shop.get("/look").await;
    assert_eq!(shop.network.operations(), ["GetItem", "UpdateItem"], "it is touched");
    shop.clock.advance(Duration::from_secs(1700));
    assert_eq!(shop.get("/look").await, "None 1", "by its first expiry, it is over");
    assert_eq!(shop.network.operations(), ["GetItem", "GetItem", "UpdateItem"]);
}

/// A replica that does not show the last touch makes none due.
#[tokio::test]
async fn an_older_expiry_on_a_replica_causes_no_touch() {
    let mut shop = Behind::new(false).await;
    shop.get("/visit").await;
    shop.clock.advance(Duration::from_secs(61));
    shop.get("/look").await;
    assert_eq!(shop.network.operations(), ["GetItem", "UpdateItem"]);
    for _ in 0..3 {
        assert_eq!(shop.get("/look").await, "None 1");
        assert_eq!(shop.network.operations(), ["GetItem", "GetItem"]);
    }
}

/// What was read from a replica that is behind is committed as exactly as by a handle that was loaded earlier.
#[tokio::test]
async fn a_commit_of_what_an_old_replica_showed_is_exact() {
    let mut shop = Behind::new(false).await;
    shop.get("/visit").await;
    let id: SessionId = shop.browser.cookie(ID).unwrap().parse().unwrap();
    // Another device writes, which the visitor's cookie knows nothing of.
    for _ in 0..12 {
        shop.store.update(&id, |session| session.visits += 1).await.unwrap();
    }
    shop.store.update(&id, |session| session.plan = Some("large".to_owned())).await.unwrap();
    assert_eq!(shop.get("/look").await, "None 1", "a replica may show that");
    // The field marked `guard` was another when it was read.
    let request = Request::get("/visit").body(()).unwrap();
    assert_eq!(shop.browser.send(request).await.unwrap().status(), StatusCode::CONFLICT);
    assert_eq!(shop.store.load(&id).await.unwrap().unwrap().visits, 13);
}

/// Pages that only bring a mark may be kept by the browser, and by no cache on the way.
#[tokio::test]
async fn a_response_with_a_mark_is_private() {
    async fn shared(mut session: Session<Web>) -> HeaderMap {
        session.visits += 1;
        HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"))])
    }
    let routes = usual().route("/shared", get(shared));
    let mut shop = Shop::with(ReadConsistency::OwnWrites, routes, |layer| layer).await;
    assert_eq!(shop.get("/visit").await.values(CACHE_CONTROL), ["no-store"]);
    assert_eq!(shop.get("/visit").await.values(CACHE_CONTROL), ["private"]);
    let shared = shop.get("/shared").await;
    assert_eq!(shared.values(CACHE_CONTROL), ["private"]);
    assert_eq!(shared.values(VARY), ["cookie"]);
}

#[tokio::test]
async fn without_it_there_is_no_such_cookie() {
    for consistency in [ReadConsistency::Strong, ReadConsistency::Eventual] {
        let mut shop = Shop::with(consistency, usual(), |layer| layer).await;
        for path in ["/visit", "/visit", "/log-in", "/visit", "/log-out"] {
            shop.get(path).await;
            assert_eq!(shop.browser.cookie(MARK), None);
        }
    }
    // The layer's own choice counts for more than the store's.
    let set = |layer: SessionLayer<Web>| layer.read_consistency(ReadConsistency::OwnWrites);
    let mut shop = Shop::with(ReadConsistency::Strong, usual(), set).await;
    shop.get("/visit").await;
    assert!(shop.browser.cookie(MARK).is_some());
}
