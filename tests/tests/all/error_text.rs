//! What errors begin with: what was being done, and to what, as one would say it.

use std::collections::BTreeMap;

use dynamo_session::infrastructure::Infrastructure;
use dynamo_session::{DynamoSession, Error, Expires, SessionId, SessionStore};
use dynamo_session_tests::attribute::s;
use dynamo_session_tests::refusals::DENIED;
use dynamo_session_tests::{Fault, Login, World};

const REFUSED: &[&str] = &[
    "BatchGetItem",
    "CreateTable",
    "DeleteItem",
    "DescribeTable",
    "GetItem",
    "PutItem",
    "Query",
    "Scan",
    "TransactWriteItems",
    "UpdateItem",
];

fn beginning<T>(result: Result<T, Error>) -> String {
    let text = result.map(drop).unwrap_err().to_string();
    text.split(": ").next().unwrap().to_owned()
}

#[tokio::test]
async fn an_operation_on_one_session_names_it_and_the_table() {
    let (world, store) = World::with_store::<Login>().await;
    let mut session = world.login(&store, "ada").await;
    let listed = store.by(Login::USER).list("ada").all().await.unwrap().remove(0);
    for operation in REFUSED {
        world.network.fail_by(operation, || Some(Fault::Answer(400, DENIED)));
    }
    let (id, table) = (session.id().fingerprint(), store.table_name());
    let other = SessionId::generate();
    let of_other = other.fingerprint();
    session.tenant = 1;
    let texts = [
        (beginning(store.load(&other).await), format!("load session {of_other} in")),
        (beginning(store.destroy(&other).await), format!("destroy session {of_other} in")),
        (beginning(session.commit().await), format!("commit session {id} in")),
        (beginning(session.renew().await), format!("renew session {id} in")),
        (beginning(listed.end().await), format!("end session {id} in")),
    ];
    for (text, expected) in texts {
        assert_eq!(text, format!("{expected} table `{table}`"));
    }
}

#[tokio::test]
async fn an_operation_on_the_table_names_it_once() {
    let (world, store) = World::with_store::<Login>().await;
    let session = world.login(&store, "ada").await;
    for operation in REFUSED {
        world.network.fail_by(operation, || Some(Fault::Answer(400, DENIED)));
    }
    let by_user = store.by(Login::USER);
    let starting = world.builder::<Login>().auto_create(true).build().await;
    let template = Infrastructure::of::<Login>().table_name("?").cloudformation();
    let policy = Infrastructure::of::<Login>().iam_policy([]);
    let texts = [
        (beginning(starting), "auto-create table"),
        (beginning(store.create_table().await), "create table"),
        (beginning(store.update_table().await), "update table"),
        (beginning(store.verify_table().await), "verify table"),
        (beginning(by_user.list("ada").all().await), "list sessions by an index of table"),
        (beginning(by_user.end_all("ada").await), "end all sessions by an index of table"),
        (
            beginning(by_user.keep_newest("ada", 1, &session).await),
            "keep newest sessions by an index of table",
        ),
        (beginning(store.purge_expired().await), "purge expired sessions in table"),
        (beginning(store.count_sessions().await), "count sessions in table"),
        (beginning(store.end_everyone().await), "end everyone's sessions in table"),
        (beginning(policy), "write an IAM policy for table"),
    ];
    let table = store.table_name();
    for (text, expected) in texts {
        assert_eq!(text, format!("{expected} `{table}`"));
    }
    assert_eq!(beginning(template), "write CloudFormation for table `?`");
    let unnamed = SessionStore::<Login>::builder().client(world.client.clone()).table_name("?");
    assert_eq!(beginning(unnamed.build().await), "build a store for table `?`");
}

#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
enum Theme {
    #[default]
    Light,
}

#[derive(Debug, DynamoSession)]
#[session(table = "desks")]
struct Desk {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    theme: Theme,
    notes: BTreeMap<String, f64>,
}

#[tokio::test]
async fn what_a_visitor_wrote_stays_on_the_line_of_its_error() {
    const FORGED: &str = "a\n2026-11-26 INFO paid\u{1b}[2K\u{202e}";
    let shown = "`a\\n2026-11-26 INFO paid\\u{1b}[2K\\u{202e}`";
    let (world, store) = World::with_store::<Desk>().await;
    let mut session = store.create();
    session.notes.insert("rent".to_owned(), 1.0);
    session.commit().await.unwrap();
    let mut item = world.item(&store, session.id()).await.unwrap();
    item.insert("theme".to_owned(), s(FORGED));
    world.put(&store, item).await;
    session.notes.insert(FORGED.to_owned(), f64::NAN);

    for error in [session.commit().await.unwrap_err(), store.load(session.id()).await.unwrap_err()]
    {
        let mut texts = vec![error.to_string()];
        let mut cause = std::error::Error::source(&error);
        while let Some(source) = cause {
            texts.push(source.to_string());
            cause = source.source();
        }
        assert!(texts.len() > 1 && texts[0].contains(shown), "{texts:?}");
        for text in texts {
            assert!(!text.contains(|c: char| c.is_control() || c == '\u{202e}'), "{text:?}");
        }
    }
}
