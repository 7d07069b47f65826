//! Answers that are none of DynamoDB's.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Intercept;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use dynamo_session::{DynamoSession, Error, ErrorKind, Expires, SessionId, SessionStore};

use super::client::Answering;

#[derive(DynamoSession)]
#[session(table = "wire")]
struct Visit {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    pages: u32,
}

/// With it, the client has an interceptor of the application's own.
#[derive(Debug)]
struct Watching;

#[dyn_dispatch_hint]
impl Intercept for Watching {
    fn name(&self) -> &'static str {
        "watching"
    }
}

fn kind<T>(result: Result<T, Error>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

/// What stands in DynamoDB's place must make no stranger of a visitor, and no success of a write.
#[tokio::test]
async fn a_success_that_says_nothing_is_no_answer_to_any_request() {
    const NONE: Option<ErrorKind> = Some(ErrorKind::Unavailable);
    for (status, body) in [(200, ""), (200, " "), (204, ""), (201, "{}"), (206, "{}")] {
        for is_intercepted in [false, true] {
            let answering = Answering::default();
            let mut config = answering.client().config().to_builder();
            if is_intercepted {
                config = config.interceptor(Watching);
            }
            let store = SessionStore::<Visit>::builder().client(Client::from_conf(config.build()));
            let store = store.build().await.unwrap();
            let mut session = store.create();
            session.pages = 1;
            answering.with(b"{}");
            session.commit().await.unwrap();
            let mut renewed = store.create();
            renewed.pages = 1;
            renewed.commit().await.unwrap();

            answering.with_status(status, body.as_bytes());
            let case = format!("{status} `{body}`, {is_intercepted}");
            assert_eq!(kind(store.load(session.id()).await), NONE, "{case}");
            assert_eq!(kind(renewed.renew().await), NONE, "{case}");
            assert_eq!(kind(store.destroy(session.id()).await), NONE, "{case}");
            let mut new = store.create();
            new.pages = 1;
            assert_eq!(kind(new.commit().await), NONE, "{case}");
            session.pages = 2;
            assert_eq!(kind(session.commit().await), NONE, "{case}");
            answering.with(b"{}");
            assert_eq!(kind(session.commit().await), None, "it is made again: {case}");
        }
    }
}
