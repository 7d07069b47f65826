//! The `admin` example from end to end, as a program, on an embedded engine's file.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::{env, fs};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use dynamo_session::embedded::Engine;
use dynamo_session::{
    Clock, CreatedAt, DynamoSession, EpochSeconds, Expires, ManualClock, SessionId, SessionStore,
    SystemClock,
};
use serde_json::Value;

/// The part of the shop's session that matters here.
#[derive(DynamoSession)]
#[session(
    table = "shop-sessions",
    key_prefix = "ShopSession#",
    idle_timeout = "30m",
    absolute_timeout = "12h"
)]
struct Visit {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    #[session(index = "by_user")]
    user: Option<String>,
}

/// An engine's file that is gone with the test.
struct Database(PathBuf);

impl Database {
    fn new(test: &str) -> Self {
        let directory = env::temp_dir().join(format!("admin-{test}-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        Self(directory)
    }

    fn file(&self) -> PathBuf {
        self.0.join("sessions.db")
    }

    fn admin(&self, arguments: &[&str]) -> Ran {
        let file = self.file();
        let database = [OsStr::new("--db"), file.as_os_str()];
        Ran::of(database.into_iter().chain(arguments.iter().map(OsStr::new)))
    }

    async fn store(&self, clock: impl Clock) -> SessionStore<Visit> {
        let client = Engine::file(self.file()).unwrap().client();
        SessionStore::builder().client(client).clock(clock).build().await.unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What the program said.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    fn of(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let mut command = Command::new(program());
        let Output { status, stdout, stderr } = command
            .args(arguments)
            .env("FOREIGN_SECRETS", "keyboard cat")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: status.code(), out: text(stdout), err: text(stderr) }
    }

    #[track_caller]
    fn succeeds(self) -> String {
        assert_eq!((self.code, &*self.err), (Some(0), ""), "{}", self.out);
        self.out
    }

    #[track_caller]
    fn fails(self) -> String {
        assert_eq!(self.code, Some(1), "{}{}", self.out, self.err);
        self.out + &self.err
    }
}

/// The example as it stands: Cargo tells a test where binaries are, but not where examples are.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let built = Command::new(env!("CARGO"))
            // All of the workspace, so that its features, and with them what is built, are those of the tests.
            .args(["build", "--quiet", "--workspace", "--example", "admin"])
            .args(["--message-format", "json"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let messages = String::from_utf8(built.stdout).unwrap();
        let messages = messages.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut executables = messages.filter(|message| message["target"]["name"] == "admin");
        executables.find_map(|message| Some(message["executable"].as_str()?.into())).unwrap()
    })
}

async fn begin(store: &SessionStore<Visit>, user: &str) -> String {
    let mut session = store.create();
    session.user = Some(user.to_owned());
    let _ = session.commit().await.unwrap();
    session.id().fingerprint()
}

/// The fingerprints that `list` prints.
fn listed(out: &str) -> BTreeSet<String> {
    let lines = out.lines().filter(|line| line.contains("began"));
    lines.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_table_from_its_creation_to_its_purge() {
    let database = Database::new("life");
    let admin = |arguments: &[&str]| database.admin(arguments);
    assert!(admin(&["verify"]).fails().contains("`create`"), "there is no file yet");

    assert!(admin(&["create"]).succeeds().contains("the table"));
    assert!(admin(&["create"]).succeeds().contains("Nothing to do"));
    admin(&["verify"]).succeeds();

    let store = database.store(SystemClock).await;
    let ada = BTreeSet::from([begin(&store, "ada").await, begin(&store, "ada").await]);
    begin(&store, "bob").await;
    // As base64url has it, one in 64 fingerprints begins like an option.
    let mut kept = store.create();
    while !kept.id().fingerprint().starts_with('-') {
        kept = store.create();
    }
    kept.user = Some("ada".to_owned());
    let _ = kept.commit().await.unwrap();
    let kept = kept.id().fingerprint();
    let now = SystemClock.now().epoch_seconds();
    let past = database.store(ManualClock::at_epoch_seconds(now - 86_400)).await;
    begin(&past, "ada").await;
    begin(&past, "cyd").await;

    let everyone = ada.iter().chain([&kept]).cloned().collect();
    assert_eq!(listed(&admin(&["list", "--user", "ada"]).succeeds()), everyone);
    assert!(admin(&["count", "--sizes"]).succeeds().starts_with("4 sessions alive"));

    assert!(admin(&["end", "--user", "ada"]).fails().contains("--yes"));
    assert!(admin(&["purge"]).fails().contains("--yes"));
    assert_eq!(listed(&admin(&["list", "--user", "ada"]).succeeds()), everyone);
    assert!(admin(&["count"]).succeeds().contains(" 2 expired"), "nothing was deleted");

    let slip = ["end", "--user", "ada", "--except", &kept, "--except", "slip", "--yes"];
    assert!(admin(&slip).fails().contains("no session slip"));
    assert_eq!(listed(&admin(&["list", "--user", "ada"]).succeeds()), everyone);
    let ended = admin(&["end", "--user", "ada", "--except", &kept, "--yes"]).succeeds();
    assert_eq!(ended, "2 sessions ended.\n");
    assert_eq!(listed(&admin(&["list", "--user", "ada"]).succeeds()), BTreeSet::from([kept]));
    assert_eq!(admin(&["end", "--user", "ada", "--yes"]).succeeds(), "1 session ended.\n");
    assert_eq!(listed(&admin(&["list", "--user", "bob"]).succeeds()).len(), 1);

    let counted = admin(&["count"]).succeeds();
    let nowhere = database.0.join("nowhere").join("checkpoint");
    let refused = admin(&["purge", "--yes", "--checkpoint", nowhere.to_str().unwrap()]).fails();
    assert!(refused.contains(nowhere.to_str().unwrap()), "{refused}");
    assert_eq!(admin(&["count"]).succeeds(), counted, "nothing was deleted");
    let checkpoint = database.0.join("checkpoint");
    let purge = ["purge", "--yes", "--checkpoint", checkpoint.to_str().unwrap()];
    let purged = admin(&purge).succeeds();
    assert!(!checkpoint.exists(), "there is nothing to go on with");
    assert!(!purged.starts_with("deleted 0 "), "{purged}");
    let counted = admin(&["count"]).succeeds();
    assert!(counted.starts_with("1 sessions alive") && counted.contains(" 0 expired"), "{counted}");

    assert!(admin(&["end-everyone"]).fails().contains("--yes"));
    let ended = admin(&["end-everyone", "--yes"]).succeeds();
    assert!(ended.starts_with("ended 1 session of "), "{ended}");
    assert!(admin(&["count"]).succeeds().starts_with("0 sessions alive"));
}

#[tokio::test]
async fn a_table_without_the_index_is_found_and_brought_up_to_date() {
    #[derive(DynamoSession)]
    #[session(table = "shop-sessions", key_prefix = "ShopSession#")]
    struct Before {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
        #[session(created)]
        created_at: CreatedAt,
        user: Option<String>,
    }
    let database = Database::new("update");
    let client = Engine::file(database.file()).unwrap().client();
    let builder = SessionStore::<Before>::builder().client(client).auto_create(true);
    let mut session = builder.build().await.unwrap().create();
    session.user = Some("ada".to_owned());
    let _ = session.commit().await.unwrap();

    assert!(database.admin(&["verify"]).fails().contains("by_user"));
    assert!(database.admin(&["list", "--user", "ada"]).fails().contains("by_user"));
    assert!(database.admin(&["update"]).succeeds().contains("by_user"));
    let out = database.admin(&["list", "--user", "ada"]).succeeds();
    assert_eq!(listed(&out), BTreeSet::from([session.id().fingerprint()]));
}

#[tokio::test]
async fn an_interrupted_purge_goes_on_where_it_stopped() {
    let database = Database::new("resume");
    database.admin(&["create"]).succeeds();
    let clock = ManualClock::at_epoch_seconds(SystemClock.now().epoch_seconds() - 86_400);
    let (past, store) = (database.store(clock).await, database.store(SystemClock).await);
    for _ in 0..5 {
        begin(&past, "ada").await;
        for _ in 0..4 {
            begin(&store, "ada").await;
        }
    }
    let mut begun = store.purge_expired().segments(1).page_items(2).start();
    while begun.progress().scanned < 12 {
        begun.next().await.unwrap().unwrap();
    }
    let deleted = begun.progress().deleted;
    let checkpoint = database.0.join("checkpoint");
    fs::write(&checkpoint, begun.checkpoint().to_string()).unwrap();
    drop(begun);

    let arguments = ["purge", "--yes", "--checkpoint", checkpoint.to_str().unwrap()];
    let purged = database.admin(&arguments).succeeds();
    let numbers: Vec<u64> = purged.split(' ').filter_map(|word| word.parse().ok()).collect();
    assert_eq!(numbers[0], 5 - deleted, "{purged}");
    assert!(numbers[1] < 20, "not from the beginning: {purged}");
    assert!(database.admin(&["count"]).succeeds().contains(" 0 expired"));
}

/// A row of connect-dynamodb, with the session's data as JSON text.
async fn put_row(client: &Client, sid: &str, data: &str, expires: i64) {
    let s = |text: &str| AttributeValue::S(text.to_owned());
    let put = client.put_item().table_name("sessions").item("id", s(&format!("sess:{sid}")));
    let put = put.item("expires", AttributeValue::N(expires.to_string())).item("sess", s(data));
    put.send().await.unwrap();
}

#[tokio::test]
async fn the_sessions_of_another_store_move_in_after_a_dry_run() {
    let database = Database::new("migrate");
    database.admin(&["create"]).succeeds();
    let client = Engine::file(database.file()).unwrap().client();
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
    let id = AttributeDefinition::builder().attribute_name("id");
    let id = id.attribute_type(ScalarAttributeType::S).build().unwrap();
    let create = client.create_table().table_name("sessions").key_schema(key.build().unwrap());
    let create = create.attribute_definitions(id).billing_mode(BillingMode::PayPerRequest);
    create.send().await.unwrap();
    let tomorrow = SystemClock.now().epoch_seconds() + 86_400;
    for number in 0..5 {
        put_row(&client, &format!("sid-{number}"), r#"{"user": "ada"}"#, tomorrow).await;
    }
    put_row(&client, "broken", r#"{"user": 7}"#, tomorrow).await;
    put_row(&client, "expired", r#"{"user": "ada"}"#, 1).await;

    let checkpoint = database.0.join("checkpoint");
    let command =
        ["migrate", "--from", "connect-dynamodb", "--from-table", "sessions", "--checkpoint"];
    let command = [&command[..], &[checkpoint.to_str().unwrap()]].concat();
    let dry = database.admin(&command).succeeds();
    assert!(dry.contains("would adopt 5 of 7 rows") && dry.contains("1 had expired"), "{dry}");
    assert!(dry.starts_with("1 row: attribute `user`: "), "{dry}");
    assert!(database.admin(&["count"]).succeeds().starts_with("0 sessions alive"));

    let write = [&command[..], &["--write"]].concat();
    assert!(database.admin(&write).fails().contains("--yes"));
    let moved = database.admin(&[&write[..], &["--yes"]].concat()).succeeds();
    assert!(moved.contains("adopted 5 of 7 rows"), "{moved}");
    assert!(!checkpoint.exists(), "there is nothing to go on with");
    assert_eq!(listed(&database.admin(&["list", "--user", "ada"]).succeeds()).len(), 5);
    let again = database.admin(&[&write[..], &["--yes"]].concat()).succeeds();
    assert!(again.contains("adopted 0 of 2 rows"), "{again}");
}

#[test]
fn infrastructure_needs_neither_database_nor_credentials() {
    let template = Ran::of(["infra", "cloudformation", "--table", "staging"]).succeeds();
    assert!(template.contains("Default: \"staging\"") && template.contains("\"by_user\""));
    let configuration = Ran::of(["infra", "terraform"]).succeeds();
    assert!(configuration.contains("default     = \"shop-sessions\""), "{configuration}");
    let command = ["infra", "iam", "--access", "run,purge", "--region", "eu-west-1"];
    let policy = Ran::of(command);
    assert!(policy.err.starts_with("warning: ") && policy.err.contains("every account"));
    let policy: Value = serde_json::from_str(&policy.out).unwrap();
    let statement = &policy["Statement"][0];
    assert_eq!(statement["Resource"][0], "arn:aws:dynamodb:eu-west-1:*:table/shop-sessions");
    let actions: Vec<_> = statement["Action"].as_array().unwrap().iter().collect();
    assert!(
        actions.contains(&&"dynamodb:Scan".into()) && actions.contains(&&"dynamodb:GetItem".into())
    );
    let bound = Ran::of(command.into_iter().chain(["--account", "111122223333"])).succeeds();
    assert!(bound.contains("arn:aws:dynamodb:eu-west-1:111122223333:table/shop-sessions"));
    assert_eq!(Ran::of(["infra", "iam", "--access", "everything"]).code, Some(2));
}

#[test]
fn a_policy_to_move_sessions_in_names_the_other_table() {
    let migrate = ["infra", "iam", "--access", "migrate", "--from", "connect-dynamodb"];
    let place = ["--region", "eu-west-1", "--account", "111122223333"];
    let table = ["--from-table", "legacy-sessions"].into_iter().chain(place);
    let policy = Ran::of(migrate.into_iter().chain(table)).succeeds();
    assert!(policy.contains("table/legacy-sessions\""), "{policy}");
    assert!(policy.contains("dynamodb:Scan") && policy.contains("dynamodb:DeleteItem"), "{policy}");
    assert_eq!(Ran::of(migrate).code, Some(2));
    let from_nowhere = Ran::of(&migrate[..4]);
    assert_eq!(from_nowhere.code, Some(1));
    assert!(from_nowhere.err.contains("from where"), "{}", from_nowhere.err);
    let unnamed = ["infra", "iam", "--from", "react-router", "--from-table", "legacy-sessions"];
    let refused = Ran::of(unnamed);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("--hash-key"), "{}", refused.err);
}
