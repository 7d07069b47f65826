use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(index = "index_01")]
    f01: u32,
    #[session(index = "index_02")]
    f02: u32,
    #[session(index = "index_03")]
    f03: u32,
    #[session(index = "index_04")]
    f04: u32,
    #[session(index = "index_05")]
    f05: u32,
    #[session(index = "index_06")]
    f06: u32,
    #[session(index = "index_07")]
    f07: u32,
    #[session(index = "index_08")]
    f08: u32,
    #[session(index = "index_09")]
    f09: u32,
    #[session(index = "index_10")]
    f10: u32,
    #[session(index = "index_11")]
    f11: u32,
    #[session(index = "index_12")]
    f12: u32,
    #[session(index = "index_13")]
    f13: u32,
    #[session(index = "index_14")]
    f14: u32,
    #[session(index = "index_15")]
    f15: u32,
    #[session(index = "index_16")]
    f16: u32,
    #[session(index = "index_17")]
    f17: u32,
    #[session(index = "index_18")]
    f18: u32,
    #[session(index = "index_19")]
    f19: u32,
    #[session(index = "index_20")]
    f20: u32,
    #[session(index = "index_21")]
    f21: u32,
    #[session(index = "index_22")]
    f22: u32,
}

fn main() {}
