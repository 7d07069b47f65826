use dynamo_session::{DynamoSession, Expires, Session, SessionId};

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
}

async fn log_in(session: &mut Session<Login>) {
    let _ = session.authenticate().await;
}

fn main() {}
