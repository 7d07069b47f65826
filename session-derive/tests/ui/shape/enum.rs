use dynamo_session::DynamoSession;

#[derive(DynamoSession)]
enum Login {
    Guest,
    User { name: String },
}

fn main() {}
