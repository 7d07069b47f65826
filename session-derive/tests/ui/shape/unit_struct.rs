use dynamo_session::DynamoSession;

#[derive(DynamoSession)]
struct Login;

fn main() {}
