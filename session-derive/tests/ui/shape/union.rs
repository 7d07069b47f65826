use dynamo_session::DynamoSession;

#[derive(DynamoSession)]
union Login {
    number: u32,
    bytes: [u8; 4],
}

fn main() {}
