use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use dynamo_session::{DynamoSession, Expires, Session, SessionId, SessionLayer, SessionStore};
use tower_sessions::SessionManagerLayer;

#[derive(DynamoSession)]
#[session(table = "shop-sessions")]
struct Shop {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    user: Option<String>,
}

async fn move_in(
    old: tower_sessions::Session,
    mut session: Session<Shop>,
    request: Request,
    next: Next,
) -> Response {
    if session.is_new()
        && let Ok(Some(user)) = old.get("user").await
    {
        session.user = Some(user);
        if let Err(error) = session.commit().await {
            return error.into_response();
        }
        let _ = old.flush().await; // if that fails, what is left expires
    }
    drop(session); // back to the request, for the handler
    next.run(request).await
}

fn app<Old>(routes: Router, old: Old, store: SessionStore<Shop>) -> Router
where
    Old: tower_sessions::SessionStore + Clone,
{
    routes
        .layer(from_fn(move_in))
        .layer(SessionLayer::new(store))
        .layer(SessionManagerLayer::new(old)) // as it was, until its longest lifetime has passed
}
