use dynamo_session::DynamoSession;

struct Login;

fn is_a_session<S: DynamoSession>() {}

fn main() {
    is_a_session::<Login>();
}
