//! What it costs to find a session's changes and write them as one expression, beside what the SDK itself spends on the
//! request that carries them: building, signing, sending to a client that answers at once, reading the answer.
//!
//! CPU time of the calling thread, medians over interleaved rounds. The plan ends with the texts of the expressions.
//! What it costs to collect what their placeholders stand for, in the maps that the SDK takes, is shown by itself:
//! whoever writes the request by hand has to fill them too. The SDK begins with these, as if they had cost nothing.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use cpu_time::ThreadTime;
use dynamo_session::private::{Planned, Planning};
use dynamo_session::{DynamoSession, Expires, SessionId};

const SIZES: [(&str, usize); 4] =
    [("0.5 KB", 512), ("2 KB", 2048), ("20 KB", 20_480), ("200 KB", 204_800)];
const ROUNDS: usize = 31;

#[derive(DynamoSession)]
#[session(table = "carts")]
struct Cart {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    user: Option<String>,
    lines: BTreeMap<String, BTreeMap<String, u32>>,
    texts: Vec<String>,
    views: u64,
}

impl Cart {
    /// A session of about this many bytes, half of them in nested maps; `version` changes every value.
    fn of_bytes(bytes: usize, version: u32) -> Self {
        let line = |number: usize| {
            let amounts = [("amount", 1 + version), ("price", 995 + version)];
            (format!("sku-{number:05}"), amounts.map(|(k, v)| (k.to_owned(), v)).into())
        };
        Self {
            id: SessionId::generate(),
            expires_at: Expires::from_epoch_seconds(0),
            user: Some(format!("user-{version}")),
            lines: (0..bytes / 70).map(line).collect(),
            texts: (0..bytes / 80).map(|number| format!("{version:>34}{number:>5}")).collect(),
            views: u64::from(version),
        }
    }
}

#[derive(Clone, Debug)]
struct AnswersAtOnce;

impl HttpClient for AnswersAtOnce {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for AnswersAtOnce {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let ok = StatusCode::try_from(200).unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(ok, SdkBody::from("{}"))))
    }
}

async fn send(client: &Client, planned: Planned) {
    let output = client
        .update_item()
        .table_name("carts")
        .key("id", AttributeValue::S("key".to_owned()))
        .update_expression(planned.update)
        .condition_expression(planned.condition)
        .set_expression_attribute_names(Some(planned.names))
        .set_expression_attribute_values(Some(planned.values))
        .send()
        .await;
    black_box(output.unwrap());
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e6
}

fn main() {
    // Built and run once by `cargo test --all-targets`: then one round will do.
    let (rounds, turn) =
        if std::env::args().any(|arg| arg == "--bench") { (ROUNDS, 16) } else { (1, 1) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("a", "b", None, None, "bench"))
        .http_client(AnswersAtOnce)
        .build();
    let client = Client::from_conf(config);
    println!("Diff and expression, beside the SDK's own cost of the request that carries them");
    println!(
        "{:<8} {:<10} {:>10} {:>10} {:>10} {:>7} {:>12}",
        "session", "changed", "plan", "maps", "SDK", "share", "expressions"
    );
    for (size, bytes) in SIZES {
        let before = Cart::of_bytes(bytes, 0);
        let mut one = Cart::of_bytes(bytes, 0);
        one.user = Some("user-1".to_owned());
        for (changed, after) in [("one field", one), ("all", Cart::of_bytes(bytes, 1))] {
            let planning = Planning::new(&Cart::of_bytes(0, 0), &before, &after).unwrap();
            let planned = planning.plan().unwrap();
            let length = planned.update.len() + planned.condition.len();
            let (mut plan, mut both, mut sdk) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..rounds {
                let start = ThreadTime::now();
                for _ in 0..turn {
                    black_box(planning.express());
                }
                plan.push(start.elapsed() / turn);
                let start = ThreadTime::now();
                for _ in 0..turn {
                    black_box(planning.plan());
                }
                both.push(start.elapsed() / turn);
                let requests: Vec<Planned> = (0..turn).map(|_| planned.clone()).collect();
                let start = ThreadTime::now();
                runtime.block_on(async {
                    for request in requests {
                        send(&client, request).await;
                    }
                });
                sdk.push(start.elapsed() / turn);
            }
            let (plan, sdk) = (median(plan), median(sdk));
            let maps = median(both) - plan;
            let share = 100.0 * plan / sdk;
            println!(
                "{size:<8} {changed:<10} {plan:>7.1} us {maps:>7.1} us {sdk:>7.1} us {share:>5.1} % {length:>10} B"
            );
        }
    }
}
