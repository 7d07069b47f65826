//! A page can tell a visitor whose session is over from one who never had any.

use super::*;

async fn greet(session: Session<Web>) -> String {
    format!("{} {}", session.is_new(), session.replaces_ended())
}

fn greeting() -> Router {
    usual().route("/greet", get(greet))
}

#[tokio::test]
async fn the_id_of_a_session_that_is_over_is_told_from_none() {
    let site = Site::new(greeting()).await;
    assert_eq!(site.get("/greet").await.body, "true false", "a stranger");
    let id = site.visitor().await;
    assert_eq!(site.get_as("/greet", &id).await.body, "false false", "a session that lives");

    site.world.clock.advance(Duration::from_secs(31 * 60));
    let reply = site.get_as("/greet", &id).await;
    assert_eq!(reply.body, "true true", "it has expired");
    assert!(reply.headers.get(SET_COOKIE).is_none(), "to look stores nothing");
    let reply = site.get_as("/visit", &id).await;
    assert_eq!(reply.body, "1");
    assert_eq!(site.get_as("/greet", &reply.id().unwrap()).await.body, "false false");
}

#[tokio::test]
async fn a_session_that_lives_under_another_id_is_not_over() {
    let site = Site::new(greeting()).await;
    let id = site.visitor().await;
    let login = site.get_as("/log-in", &id).await;
    assert_eq!(site.get_as("/greet", &id).await.body, "true false", "renewed a moment ago");
    let id = login.id().unwrap();
    site.get_as("/log-out", &id).await;
    assert_eq!(site.get_as("/greet", &id).await.body, "true true", "logged out");
}
