use dynamo_session::DynamoSession;

#[derive(DynamoSession)]
enum Login<T> {
    User(T),
}

fn is_a_session<S: DynamoSession>() {}

fn use_it() {
    is_a_session::<Login<u8>>();
}

fn main() {}
