//! A session that was not changed fails no response.

use super::*;

#[tokio::test]
async fn looking_at_a_session_after_the_logout_is_no_change() {
    async fn log_out_and_look(mut session: Session<Web>) -> &'static str {
        session.destroy().await.unwrap();
        match session.user.take() {
            None => "nobody",
            Some(_) => "somebody",
        }
    }
    let routes = Router::new().route("/out", get(log_out_and_look));
    let site = Site::new(routes).await;
    let id = site.visitor().await;
    assert_eq!(site.get_as("/out", &id).await.status, StatusCode::OK);
    assert_eq!(site.items().await, 0);
}
