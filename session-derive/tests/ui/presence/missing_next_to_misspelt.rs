use dynamo_session::{DynamoSession, SessionId};

#[derive(DynamoSession)]
struct Login {
    #[session(haskey)]
    id: SessionId,
    #[session(conter)]
    views: u64,
}

fn main() {}
