//! Numbers that a service of Node.js can go on with, in JSON and as DynamoDB has them.

use dynamo_session::{DynamoSession, ErrorKind, Expires, SessionId};

use super::{Move, of_one_package, only_row, sharing};
use crate::interop::systems::SYSTEMS;

#[derive(DynamoSession, Debug)]
#[session(idle_timeout = "1 day")]
struct Measured {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    whole: Vec<i64>,
    float: Option<f64>,
    huge: Option<u128>,
}

/// The largest whole number that JavaScript calls safe.
const SAFE: i64 = 9_007_199_254_740_991;

#[tokio::test]
async fn what_clients_make_a_bigint_of_is_in_json_only() {
    for system in &SYSTEMS {
        let name = system.name;
        let moved = Move::from(system.keys).await;
        moved.put(system.row()).await;
        let foreign = of_one_package(system, system.store(&moved.table));
        let store = sharing::<Measured>(&moved, foreign).await;
        let mut session = store.load_shared(system.sid).await.unwrap().unwrap();
        let kept = [
            (vec![SAFE, -SAFE, 0], Some(0.1)),
            (vec![1], Some(-0.0)),
            (Vec::new(), Some(1e-20)),
            (Vec::new(), Some(4_503_599_627_370_495.5)),
        ];
        let large = [(vec![SAFE + 1], None), (vec![-SAFE - 1], None), (vec![], Some(1e21))];
        let is_json = ["mre", "cds", "cdb"].contains(&name);
        for (is_kept, (whole, float)) in
            kept.into_iter().map(|it| (true, it)).chain(large.into_iter().map(|it| (is_json, it)))
        {
            let before = only_row(&moved).await;
            (session.whole, session.float) = (whole.clone(), float);
            let result = session.commit().await;
            if is_kept {
                result.unwrap();
                let again = store.load_shared(system.sid).await.unwrap().unwrap();
                assert_eq!((&again.whole, again.float), (&whole, float), "{name}");
                continue;
            }
            let error = result.unwrap_err();
            let attribute = if float.is_some() { "float" } else { "whole" };
            assert_eq!((error.kind(), error.attribute()), (ErrorKind::Encode, Some(attribute)));
            assert_eq!(only_row(&moved).await, before, "{name}");
        }
        // In neither, what JavaScript rounds, and what is no whole number any more when it is read from JSON.
        (session.whole, session.float) = (vec![SAFE + 2], None);
        assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Encode, "{name}");
        (session.whole, session.huge) = (Vec::new(), Some(123_456_789_012_345_680_000));
        assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Encode, "{name}");
    }
}
