//! Handlers that demand a recent login.

use dynamo_session::{AuthenticatedAt, RecentlyAuthenticated};

use super::*;

#[derive(Debug, DynamoSession)]
#[session(table = "bank", idle_timeout = "2h")]
struct Bank {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(authenticated)]
    authenticated_at: Option<AuthenticatedAt>,
    visits: u32,
}

fn routes() -> Router {
    async fn log_in(mut session: Session<Bank>) -> Result<(), Error> {
        session.visits += 1;
        session.authenticate().await
    }
    async fn browse(mut session: Session<Bank>) {
        session.visits += 1;
    }
    async fn pay(session: RecentlyAuthenticated<Bank, 15>) -> String {
        format!("paid by visitor {}", session.visits)
    }
    async fn pay_beside(_: Session<Bank>, session: RecentlyAuthenticated<Bank, 15>) -> String {
        format!("paid by visitor {}", session.visits)
    }
    Router::new()
        .route("/log-in", post(log_in))
        .route("/browse", post(browse))
        .route("/pay", post(pay))
        .route("/pay-beside", post(pay_beside))
}

async fn ask(app: &Router, path: &str, cookie: &mut String) -> (StatusCode, String) {
    let reply = send(app, Request::post(path).header(COOKIE, &*cookie)).await;
    if let Some(set) = reply.set_cookies().first() {
        *cookie = set.split(';').next().unwrap().to_owned();
    }
    (reply.status, reply.body)
}

#[tokio::test]
async fn a_login_of_the_last_minutes_is_demanded_and_no_other_will_do() {
    let (world, store) = World::with_store::<Bank>().await;
    let app = routes().layer(SessionLayer::new(store));
    let mut cookie = String::new();
    let refused = (StatusCode::UNAUTHORIZED, "Please log in again to go on.\n".to_owned());
    assert_eq!(ask(&app, "/pay", &mut cookie).await, refused, "a stranger");
    assert!(cookie.is_empty());
    ask(&app, "/browse", &mut cookie).await;
    assert_eq!(ask(&app, "/pay", &mut cookie).await, refused, "never logged in");

    let before = cookie.clone();
    assert_eq!(ask(&app, "/log-in", &mut cookie).await.0, StatusCode::OK);
    assert_ne!(cookie, before, "the login brings a new id");
    for path in ["/pay", "/pay-beside"] {
        assert_eq!(ask(&app, path, &mut cookie).await.1, "paid by visitor 2");
    }
    world.clock.advance(Duration::from_secs(15 * 60));
    assert_eq!(ask(&app, "/pay", &mut cookie).await.0, StatusCode::OK);
    world.clock.advance(Duration::from_secs(1));
    ask(&app, "/browse", &mut cookie).await;
    assert_eq!(
        ask(&app, "/pay", &mut cookie).await,
        refused,
        "too long ago, whatever the activity"
    );
    ask(&app, "/log-in", &mut cookie).await;
    assert_eq!(ask(&app, "/pay", &mut cookie).await.0, StatusCode::OK);
}

#[tokio::test]
async fn the_application_may_send_them_to_its_login() {
    let (_world, store) = World::with_store::<Bank>().await;
    let layer = SessionLayer::new(store).on_error(|error: &Error| match error.kind() {
        ErrorKind::AuthenticationRequired => page(StatusCode::SEE_OTHER, ""),
        _ => page(StatusCode::INTERNAL_SERVER_ERROR, ""),
    });
    let app = routes().layer(layer);
    let (status, _) = ask(&app, "/pay", &mut String::new()).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
}
