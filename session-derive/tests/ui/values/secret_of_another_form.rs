use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(secret = "write")]
    unknown: String,
    #[session(secret = read)]
    unquoted: String,
    #[session(secret(read))]
    in_parentheses: String,
    #[session(secrets)]
    misspelt: String,
    #[session(secret, secret = "read")]
    twice: String,
}

fn main() {}
