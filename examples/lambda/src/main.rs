//! The function: everything before `run` happens once for each execution environment, at its cold start.

use dynamo_session::SessionStore;
use lambda_http::{Error, tracing};
use shop::{ShopSession, app};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber(); // failures are traced: without a subscriber, nobody reads them
    let mut sessions = SessionStore::<ShopSession>::builder(); // Region and credentials are the function's
    if let Ok(table) = std::env::var("SESSION_TABLE") {
        sessions = sessions.table_name(table);
    }
    let sessions = sessions.build().await?; // one client for all invocations; no request is made yet
    lambda_http::run(app(sessions)).await
}
