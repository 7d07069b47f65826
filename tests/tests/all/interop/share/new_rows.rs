//! Sessions that are begun here: rows that the other service takes for its own.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::Committed;
use dynamo_session_tests::attribute::{n, s};
use serde_json::json;

use super::{Member, Move, data, of_one_package, only_row, sharing};
use crate::interop::NOW;
use crate::interop::systems::SYSTEMS;

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn each_of_the_ten_gets_a_row_of_its_own_form() {
    for system in &SYSTEMS {
        let name = system.name;
        let moved = Move::from(system.keys).await;
        let foreign = of_one_package(system, system.store(&moved.table)).max_age(DAY);
        let store = sharing::<Member>(&moved, foreign).await;
        let mut session = store.create();
        session.user = Some("u-1".to_owned());
        session.n = 1;
        assert_eq!(session.commit().await.unwrap(), Committed::Created);
        assert_eq!(moved.operations(), ["PutItem"], "{name}");

        let row = only_row(&moved).await;
        let captured = system.row();
        // The same attributes, keys and types as in a row that the other service has written.
        let other = ["userId", "n", "roles", "dynamoSession", "__flash_error__"];
        let names = |row: &super::Row| {
            let mut names: Vec<_> =
                row.keys().filter(|name| !other.contains(&&***name)).cloned().collect();
            names.sort();
            names
        };
        assert_eq!(names(&row), names(&captured), "{name}");
        for (attribute, value) in &captured {
            if let Some(new) = row.get(attribute) {
                assert_eq!(
                    std::mem::discriminant(new),
                    std::mem::discriminant(value),
                    "{name}: {attribute}"
                );
            }
        }
        let sid = session.shared_sid().unwrap().to_owned();
        assert_eq!(sid.len(), system.sid.len(), "{name}");
        for key in system.keys {
            let expected = captured[*key].as_s().unwrap().replace(system.sid, &sid);
            assert_eq!(row[*key], s(expected), "{name}");
        }
        let stored = data(system, &row);
        assert_eq!(
            (&stored["userId"], &stored["n"], &stored["roles"]),
            (&json!("u-1"), &json!(1), &json!([]))
        );
        let end = NOW + 86_400;
        match name {
            "koa" => {
                assert_eq!(stored["_expire"], json!(end * 1000));
                assert_eq!(stored["_maxAge"], json!(86_400_000));
                assert_eq!(row["expires"], n(end + 10));
                let groups: Vec<_> = sid.split('-').map(str::len).collect();
                assert_eq!(
                    (groups, &sid[14..15]),
                    (vec![8, 4, 4, 4, 12], "4"),
                    "a UUID of version 4"
                );
            }
            "geo" | "arc" => assert_eq!(row["_ttl"], n(end)),
            _ => {
                let cookie = &stored["cookie"];
                assert_eq!(cookie["originalMaxAge"], 86_400_000, "{name}");
                assert_eq!((&cookie["httpOnly"], &cookie["path"]), (&json!(true), &json!("/")));
                assert_eq!((&cookie["secure"], &cookie["sameSite"]), (&json!(true), &json!("lax")));
            }
        }
        match name {
            "cds" => assert_eq!(row["expires"], n(end * 1000)),
            "cyc" | "dst" | "cdb" | "pwr" => assert_eq!(row["expires"], n(end), "{name}"),
            "mre" => assert_eq!(row["Expires"], n(end)),
            _ => {}
        }

        let again = store.load_shared(&sid).await.unwrap().unwrap();
        assert_eq!((again.user.as_deref(), again.n, again.id()), (Some("u-1"), 1, session.id()));
        session.n += 1;
        assert_eq!(session.commit().await.unwrap(), Committed::Updated);
        assert_eq!(data(system, &only_row(&moved).await)["n"], 2, "{name}");
    }
}

#[tokio::test]
async fn a_new_session_that_was_not_changed_is_not_stored() {
    let moved = Move::from(&["id"]).await;
    let foreign = dynamo_session::interop::ForeignStore::connect_dynamodb(&moved.table);
    let store = sharing::<Member>(&moved, foreign.secrets(["keyboard cat"])).await;
    let mut session = store.create();
    assert_eq!(session.commit().await.unwrap(), Committed::Unchanged);
    assert_eq!(session.touch().await.unwrap(), Committed::Unchanged);
    session.destroy().await.unwrap();
    assert!(moved.operations().is_empty());
}

#[tokio::test]
async fn without_a_max_age_the_cookie_ends_with_the_browser() {
    let moved = Move::from(&["id"]).await;
    let foreign = dynamo_session::interop::ForeignStore::connect_dynamodb(&moved.table)
        .secrets(["keyboard cat"])
        .cookie_secure(false)
        .cookie_domain("shop.example");
    let store = sharing::<Member>(&moved, foreign).await;
    let mut session = store.create();
    session.n = 1;
    session.commit().await.unwrap();
    let row = only_row(&moved).await;
    assert_eq!(row["expires"], n(NOW + 30 * 60), "the type's idle timeout");
    let AttributeValue::S(text) = &row["sess"] else { panic!("no text") };
    let cookie = &serde_json::from_str::<serde_json::Value>(text).unwrap()["cookie"];
    assert_eq!((&cookie["originalMaxAge"], &cookie["expires"]), (&json!(null), &json!(null)));
    assert_eq!((&cookie["domain"], cookie.get("secure")), (&json!("shop.example"), None));
}
