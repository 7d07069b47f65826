use dynamo_session::{DynamoSession, Error, Expires, Session, SessionId, SessionStore};

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(index = "by_user")]
    user: Option<String>,
}

async fn end(store: &SessionStore<Login>, mut session: Session<Login>) -> Result<(), Error> {
    let ending = store.by(Login::USER).end_all("ada").except(&session);
    session.renew().await?;
    ending.await.map(drop)
}

fn main() {}
