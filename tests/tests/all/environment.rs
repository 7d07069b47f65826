//! A store that is given no client takes region, credentials and endpoint from the environment, as AWS tools do.
//!
//! Each case is a child process with an environment of its own, whose only network is this machine.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_types::body::SdkBody;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use dynamo_session::embedded::Engine;
use tokio::net::TcpListener;
use tokio::process::Command;

/// A DynamoDB endpoint on this machine, which also hands out credentials as a container or an instance does.
#[derive(Clone)]
struct Endpoint {
    url: String,
    engine: SharedHttpConnector,
    requests: Arc<Mutex<Vec<(Uri, HeaderMap)>>>,
}

const CREDENTIALS: &str = r#"{
    "Code": "Success", "Type": "AWS-HMAC", "LastUpdated": "2026-01-01T00:00:00Z",
    "AccessKeyId": "AKIDSERVED", "SecretAccessKey": "served-secret", "Token": "served-token",
    "Expiration": "2099-01-01T00:00:00Z"
}"#;

impl Endpoint {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let components = RuntimeComponentsBuilder::for_tests().build().unwrap();
        let settings = HttpConnectorSettings::builder().build();
        let endpoint = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            engine: Engine::memory().http_connector(&settings, &components),
            requests: Arc::default(),
        };
        let router = Router::new().fallback(answer).with_state(endpoint.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        endpoint
    }

    /// The headers of all requests to DynamoDB.
    fn calls(&self) -> Vec<HeaderMap> {
        let requests = self.requests.lock().unwrap();
        let to_dynamodb =
            requests.iter().filter(|(_, headers)| headers.contains_key("x-amz-target"));
        to_dynamodb.map(|(_, headers)| headers.clone()).collect()
    }

    fn paths(&self) -> Vec<String> {
        self.requests.lock().unwrap().iter().map(|(uri, _)| uri.path().to_owned()).collect()
    }
}

async fn answer(
    State(endpoint): State<Endpoint>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    endpoint.requests.lock().unwrap().push((uri.clone(), headers.clone()));
    match uri.path() {
        "/" => {
            let mut request = HttpRequest::new(SdkBody::from(body));
            let target = headers["x-amz-target"].to_str().unwrap().to_owned();
            request.headers_mut().insert("x-amz-target", target);
            let response = endpoint.engine.call(request).await.unwrap();
            let status = StatusCode::from_u16(response.status().as_u16()).unwrap();
            let body = response.body().bytes().unwrap().to_vec();
            (status, [("content-type", "application/x-amz-json-1.0")], body).into_response()
        }
        "/container" => CREDENTIALS.into_response(),
        "/latest/api/token" => {
            ([("x-aws-ec2-metadata-token-ttl-seconds", "21600")], "imds").into_response()
        }
        path if path.trim_end_matches('/').ends_with("/iam/security-credentials") => {
            "the-role".into_response()
        }
        path if path.ends_with("/the-role") => CREDENTIALS.into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// What the child says under this environment and nothing else.
///
/// The parent's environment is not passed on, no home directory is found, and unless a case names them, the endpoint is
/// a port that refuses and the instance's metadata is off: nothing leaves this machine.
async fn says(environment: &[(&str, &str)]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_from_environment"))
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_ENDPOINT_URL", &refusing_url().await)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// The address of a port that was just free.
async fn refusing_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

const STATIC: [(&str, &str); 3] = [
    ("AWS_REGION", "eu-west-3"),
    ("AWS_ACCESS_KEY_ID", "AKIDSTATIC"),
    ("AWS_SECRET_ACCESS_KEY", "static-secret"),
];

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    STATIC.iter().chain(more).copied().collect()
}

/// Every call was signed for this key and Region, and carried this session token.
fn assert_signed(endpoint: &Endpoint, key: &str, region: &str, token: Option<&str>) {
    let calls = endpoint.calls();
    assert!(calls.len() >= 3, "created, put and read: {}", calls.len());
    for headers in calls {
        let authorization = headers["authorization"].to_str().unwrap();
        assert!(authorization.starts_with(&format!("AWS4-HMAC-SHA256 Credential={key}/")));
        assert!(authorization.contains(&format!("/{region}/dynamodb/aws4_request")));
        assert!(authorization.contains("Signature="));
        assert_eq!(authorization.contains("x-amz-security-token"), token.is_some());
        let sent = headers.get("x-amz-security-token").map(|token| token.to_str().unwrap());
        assert_eq!(sent, token);
    }
}

#[tokio::test]
async fn the_endpoint_of_aws_endpoint_url() {
    let endpoint = Endpoint::start().await;
    assert_eq!(says(&with(&[("AWS_ENDPOINT_URL", &endpoint.url)])).await, "stored 7");
    assert_signed(&endpoint, "AKIDSTATIC", "eu-west-3", None);
}

#[tokio::test]
async fn the_endpoint_for_dynamodb_wins_over_the_general_one() {
    let (general, specific) = (Endpoint::start().await, Endpoint::start().await);
    let environment =
        with(&[("AWS_ENDPOINT_URL", &general.url), ("AWS_ENDPOINT_URL_DYNAMODB", &specific.url)]);
    assert_eq!(says(&environment).await, "stored 7");
    assert_signed(&specific, "AKIDSTATIC", "eu-west-3", None);
    assert!(general.paths().is_empty());
}

#[tokio::test]
async fn a_session_token_as_in_lambda() {
    let endpoint = Endpoint::start().await;
    let environment = with(&[
        ("AWS_ENDPOINT_URL_DYNAMODB", &endpoint.url),
        ("AWS_SESSION_TOKEN", "static-token"),
        ("AWS_LAMBDA_FUNCTION_NAME", "shop"),
    ]);
    assert_eq!(says(&environment).await, "stored 7");
    assert_signed(&endpoint, "AKIDSTATIC", "eu-west-3", Some("static-token"));
}

/// Files that are gone with the test.
struct Files(PathBuf);

impl Files {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&directory).unwrap();
        for (file, text) in files {
            std::fs::write(directory.join(file), text).unwrap();
        }
        Self(directory)
    }

    fn path(&self, file: &str) -> String {
        self.0.join(file).to_str().unwrap().to_owned()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn a_profile() {
    let endpoint = Endpoint::start().await;
    let config = format!(
        "[default]\nregion = us-west-1\n[profile staging]\nregion = ap-south-1\nservices = local\n\
         [services local]\ndynamodb =\n  endpoint_url = {}\n",
        endpoint.url
    );
    let credentials = "[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = x\n\
                       [staging]\naws_access_key_id = AKIDSTAGING\naws_secret_access_key = y\n\
                       aws_session_token = staging-token\n";
    let files = Files::new("profile", &[("config", &config), ("credentials", credentials)]);
    let (config, credentials) = (files.path("config"), files.path("credentials"));
    let mut environment = vec![
        ("AWS_CONFIG_FILE", config.as_str()),
        ("AWS_SHARED_CREDENTIALS_FILE", credentials.as_str()),
        ("AWS_PROFILE", "staging"),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint.url.as_str()),
    ];
    assert_eq!(says(&environment).await, "stored 7");
    assert_signed(&endpoint, "AKIDSTAGING", "ap-south-1", Some("staging-token"));

    endpoint.requests.lock().unwrap().clear();
    environment.retain(|(name, _)| *name != "AWS_PROFILE");
    assert_eq!(says(&environment).await, "stored 7");
    assert_signed(&endpoint, "AKIDDEFAULT", "us-west-1", None);
}

#[tokio::test]
async fn a_containers_role() {
    let endpoint = Endpoint::start().await;
    let credentials = format!("{}/container", endpoint.url);
    let environment = [
        ("AWS_REGION", "eu-west-3"),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint.url.as_str()),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", credentials.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "container-secret"),
    ];
    assert_eq!(says(&environment).await, "stored 7");
    assert_signed(&endpoint, "AKIDSERVED", "eu-west-3", Some("served-token"));
    let requests = endpoint.requests.lock().unwrap();
    let (_, headers) = requests.iter().find(|(uri, _)| uri.path() == "/container").unwrap();
    assert_eq!(headers["authorization"], "container-secret");
}

#[tokio::test]
async fn an_instances_role() {
    let endpoint = Endpoint::start().await;
    let environment = [
        ("AWS_REGION", "eu-west-3"),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint.url.as_str()),
        ("AWS_EC2_METADATA_DISABLED", "false"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint.url.as_str()),
    ];
    assert_eq!(says(&environment).await, "stored 7");
    assert_signed(&endpoint, "AKIDSERVED", "eu-west-3", Some("served-token"));
}

#[tokio::test]
async fn without_a_region_it_says_what_to_set() {
    let endpoint = Endpoint::start().await;
    let environment = [
        ("AWS_ACCESS_KEY_ID", "AKIDSTATIC"),
        ("AWS_SECRET_ACCESS_KEY", "static-secret"),
        ("AWS_ENDPOINT_URL", endpoint.url.as_str()),
    ];
    let said = says(&environment).await;
    assert!(
        said.starts_with("Configuration: build a store for table `environment-sessions`"),
        "{said}"
    );
    assert!(said.contains("AWS_REGION"), "{said}");
    assert!(endpoint.paths().is_empty());
}

#[tokio::test]
async fn without_credentials_it_says_what_to_set_and_does_not_wait_for_a_timeout() {
    let endpoint = Endpoint::start().await;
    let environment = [("AWS_REGION", "eu-west-3"), ("AWS_ENDPOINT_URL", endpoint.url.as_str())];
    let said = says(&environment).await;
    assert!(said.starts_with("AccessDenied: auto-create"), "{said}");
    for word in
        ["no AWS credentials", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "profile", "role"]
    {
        assert!(said.contains(word), "{said}");
    }
    assert!(endpoint.paths().is_empty(), "nothing goes out unsigned");
}

#[tokio::test]
async fn a_profile_that_does_not_exist_is_named() {
    let profile = ("AWS_PROFILE", "stagging");
    for environment in [vec![profile], vec![profile, ("AWS_REGION", "eu-west-3")]] {
        let said = says(&environment).await;
        assert!(said.contains("AWS_PROFILE") && said.contains("`stagging`"), "{said}");
    }
    let said = says(&[("AWS_REGION", "eu-west-3")]).await;
    assert!(!said.contains("AWS_PROFILE"), "none was chosen: {said}");
}

#[tokio::test]
async fn a_container_without_its_role_has_no_credentials() {
    let endpoint = Endpoint::start().await;
    let credentials = format!("{}/nowhere", endpoint.url);
    let environment = [
        ("AWS_REGION", "eu-west-3"),
        ("AWS_ENDPOINT_URL", endpoint.url.as_str()),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", credentials.as_str()),
    ];
    let said = says(&environment).await;
    assert!(said.starts_with("AccessDenied: "), "{said}");
    assert!(endpoint.calls().is_empty());
}

#[tokio::test]
async fn an_endpoint_that_refuses_is_unavailable() {
    let said = says(&with(&[])).await;
    assert!(said.starts_with("Unavailable: auto-create"), "{said}");
    assert!(said.contains("check the network, the Region and the endpoint"), "{said}");
}

#[tokio::test]
async fn an_endpoint_that_is_no_url_is_named_as_the_cause() {
    let said = says(&with(&[("AWS_ENDPOINT_URL_DYNAMODB", "not a url")])).await;
    assert!(said.starts_with("Unavailable: "), "{said}");
    assert!(
        said.contains("uri") && said.contains("check the network, the Region and the endpoint")
    );
}
