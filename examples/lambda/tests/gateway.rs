//! Events of API Gateway in, answers for API Gateway out: by `lambda_http`'s own types, as its `run` does it.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;

use axum::Router;
use dynamo_session::testing::{Fault, TestStore};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Context, LambdaEvent};
use serde_json::{Value, json};
use shop::{ShopSession, app};
use tower::ServiceExt;

const SESSION: &str = "__Host-Http-session";

/// How a gateway hands over a request, and takes the response.
trait Payload {
    fn event(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Value;
    fn set_cookies(answer: &Value) -> Vec<String>;
    fn header(answer: &Value, name: &str) -> String;
}

/// A REST API, or an HTTP API with the older payload.
struct V1;

/// An HTTP API or a function URL.
struct V2;

impl Payload for V1 {
    fn event(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Value {
        let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        headers.iter().for_each(|(name, value)| all.entry(name).or_default().push(value));
        let last: BTreeMap<_, _> = all.iter().map(|(name, values)| (name, values.last())).collect();
        json!({
            "resource": "/{proxy+}",
            "path": path,
            "httpMethod": method,
            "headers": last,
            "multiValueHeaders": all,
            "queryStringParameters": null,
            "multiValueQueryStringParameters": null,
            "pathParameters": null,
            "stageVariables": null,
            "requestContext": {
                "accountId": "111122223333", "apiId": "rest", "httpMethod": method, "path": path,
                "identity": {"sourceIp": "192.0.2.1"}, "protocol": "HTTP/1.1",
                "requestId": "1", "resourceId": "r", "resourcePath": "/{proxy+}",
            },
            "body": body,
            "isBase64Encoded": false,
        })
    }

    fn set_cookies(answer: &Value) -> Vec<String> {
        assert!(answer["headers"].as_object().unwrap().is_empty(), "it would be sent twice");
        let cookies = &answer["multiValueHeaders"]["set-cookie"];
        serde_json::from_value(cookies.clone()).unwrap_or_default()
    }

    fn header(answer: &Value, name: &str) -> String {
        answer["multiValueHeaders"][name][0].as_str().unwrap_or_default().to_owned()
    }
}

impl Payload for V2 {
    fn event(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Value {
        let cookies = headers.iter().filter(|(name, _)| *name == "cookie");
        let cookies: Vec<&str> = cookies.flat_map(|(_, value)| value.split("; ")).collect();
        let others = headers.iter().filter(|(name, _)| *name != "cookie").copied();
        json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": "",
            "cookies": cookies,
            "headers": others.collect::<BTreeMap<_, _>>(),
            "requestContext": {
                "accountId": "111122223333", "apiId": "http", "domainName": "shop.example",
                "http": {
                    "method": method, "path": path, "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1", "userAgent": "test",
                },
                "requestId": "1", "routeKey": "$default", "stage": "$default",
                "time": "26/Nov/2026:00:00:00 +0000", "timeEpoch": 1795651200000_i64,
            },
            "body": body,
            "isBase64Encoded": false,
        })
    }

    fn set_cookies(answer: &Value) -> Vec<String> {
        assert!(answer["headers"].get("set-cookie").is_none(), "commas would join them to one");
        serde_json::from_value(answer["cookies"].clone()).unwrap()
    }

    fn header(answer: &Value, name: &str) -> String {
        answer["headers"][name].as_str().unwrap_or_default().to_owned()
    }
}

/// A browser that talks to the function through a gateway.
struct Browser {
    app: Router,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn new(app: &Router) -> Self {
        Self { app: app.clone(), cookies: BTreeMap::new() }
    }

    /// The answer, as it is returned to Lambda.
    async fn send<P: Payload>(&mut self, method: &str, path: &str, body: &str) -> Value {
        let cookie: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookie = cookie.join("; ");
        let mut headers = vec![
            ("host", "shop.example"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("sec-fetch-site", "same-origin"),
        ];
        if !cookie.is_empty() {
            headers.push(("cookie", &cookie));
        }
        let event = P::event(method, path, &headers, body);
        let answer = invoke(&self.app, event).await;
        for cookie in P::set_cookies(&answer) {
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            match value.is_empty() || rest.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        answer
    }

    async fn cart<P: Payload>(&mut self) -> String {
        let answer = self.send::<P>("GET", "/", "").await;
        assert_eq!(answer["statusCode"], 200);
        assert_eq!(answer["isBase64Encoded"], false);
        answer["body"].as_str().unwrap().to_owned()
    }
}

async fn invoke(app: &Router, event: Value) -> Value {
    let payload: LambdaRequest = serde_json::from_value(event).unwrap();
    let event = LambdaEvent::new(payload, Context::default());
    let answer = Adapter::from(app.clone()).oneshot(event).await.unwrap();
    serde_json::to_value(answer).unwrap()
}

async fn a_visitor_fills_a_cart_logs_in_and_logs_out<P: Payload>() {
    let world = TestStore::<ShopSession>::new().await;
    let app = app(world.store);
    let mut browser = Browser::new(&app);
    assert_eq!(browser.cart::<P>().await, "Hello, stranger. In your cart: .");
    assert!(browser.cookies.is_empty(), "nothing was changed");

    let answer = browser.send::<P>("POST", "/cart/tea", "").await;
    assert_eq!(answer["statusCode"], 303);
    assert_eq!(P::header(&answer, "location"), "/");
    let [cookie] = &P::set_cookies(&answer)[..] else { panic!("{answer}") };
    assert!(cookie.starts_with(SESSION), "{cookie}");
    for attribute in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert_eq!(browser.cart::<P>().await, "Hello, stranger. In your cart: 1 tea.");

    let before = browser.cookies[SESSION].clone();
    let answer = browser.send::<P>("POST", "/login", "user=ada").await;
    let cookies = P::set_cookies(&answer);
    assert_eq!(cookies.len(), 2, "{cookies:?}");
    assert!(browser.cookies.contains_key("greeted"));
    assert_ne!(browser.cookies[SESSION], before);
    assert_eq!(browser.cart::<P>().await, "Hello, ada. In your cart: 1 tea.");

    let mut stolen = Browser { cookies: browser.cookies.clone(), ..Browser::new(&app) };
    let answer = browser.send::<P>("POST", "/logout", "").await;
    assert_eq!(answer["statusCode"], 303);
    assert!(!browser.cookies.contains_key(SESSION));
    assert!(browser.cookies.contains_key("greeted"));
    assert_eq!(stolen.cart::<P>().await, "Hello, stranger. In your cart: .");
}

#[tokio::test]
async fn a_whole_visit_by_payload_version_1() {
    a_visitor_fills_a_cart_logs_in_and_logs_out::<V1>().await;
}

#[tokio::test]
async fn a_whole_visit_by_payload_version_2() {
    a_visitor_fills_a_cart_logs_in_and_logs_out::<V2>().await;
}

/// A visitor may come by the one and then by the other, while an API is replaced.
#[tokio::test]
async fn a_session_is_the_same_by_either_version() {
    let world = TestStore::<ShopSession>::new().await;
    let app = app(world.store);
    let mut browser = Browser::new(&app);
    let _ = browser.send::<V1>("POST", "/cart/tea", "").await;
    let _ = browser.send::<V2>("POST", "/cart/tea", "").await;
    assert_eq!(browser.cart::<V1>().await, "Hello, stranger. In your cart: 2 tea.");
}

async fn the_session_is_found_among_other_cookies<P: Payload>(headers: usize) {
    let world = TestStore::<ShopSession>::new().await;
    let app = app(world.store);
    let mut browser = Browser::new(&app);
    let _ = browser.send::<P>("POST", "/cart/tea", "").await;
    let session = format!("{SESSION}={}", browser.cookies[SESSION]);
    let one = format!("a=1; {session}; b=\"2, 3\"; c=4");
    let several = [("cookie", "a=1"), ("cookie", "b=\"2, 3\""), ("cookie", &*session)];
    let cookies = if headers == 1 { vec![("cookie", &*one)] } else { several.to_vec() };
    let answer = invoke(&app, P::event("GET", "/", &cookies, "")).await;
    assert_eq!(answer["body"], "Hello, stranger. In your cart: 1 tea.");
}

#[tokio::test]
async fn the_session_is_found_among_other_cookies_by_version_1() {
    the_session_is_found_among_other_cookies::<V1>(1).await;
}

#[tokio::test]
async fn the_session_is_found_among_other_cookies_by_version_2() {
    the_session_is_found_among_other_cookies::<V2>(1).await;
}

#[tokio::test]
async fn the_session_is_found_among_several_cookie_headers() {
    the_session_is_found_among_other_cookies::<V2>(3).await;
    the_session_is_found_among_other_cookies::<V1>(3).await;
}

#[tokio::test]
async fn what_another_site_makes_a_browser_send_is_refused() {
    let world = TestStore::<ShopSession>::new().await;
    let app = app(world.store);
    let headers = [("host", "shop.example"), ("sec-fetch-site", "cross-site")];
    for event in
        [V1::event("POST", "/cart/tea", &headers, ""), V2::event("POST", "/cart/tea", &headers, "")]
    {
        assert_eq!(invoke(&app, event).await["statusCode"], 403);
    }
    assert!(world.network.take_sent().is_empty());
}

/// The client was made at the cold start; after a thaw or a restore, its connections are dead. The SDK finds out by an
/// attempt that fails, and no change is lost or made twice by that.
#[tokio::test]
async fn a_connection_that_died_while_the_machine_was_frozen_costs_an_attempt() {
    let world = TestStore::<ShopSession>::new().await;
    let app = app(world.store);
    let mut browser = Browser::new(&app);
    let _ = browser.send::<V2>("POST", "/cart/tea", "").await;
    for (operation, fault) in [("GetItem", Fault::LoseRequest), ("UpdateItem", Fault::LoseResponse)]
    {
        world.network.fail_next(operation, fault);
    }
    let answer = browser.send::<V2>("POST", "/cart/tea", "").await;
    assert_eq!(answer["statusCode"], 303);
    assert_eq!(browser.cart::<V2>().await, "Hello, stranger. In your cart: 2 tea.");
}

#[tokio::test]
async fn a_session_is_stored_when_the_answer_leaves() {
    let world = TestStore::<ShopSession>::new().await;
    let app = app(world.store);
    world.network.fail_by("PutItem", || Some(Fault::LoseRequest));
    let answer = Browser::new(&app).send::<V2>("POST", "/cart/tea", "").await;
    assert_eq!(answer["statusCode"], 503);
    assert!(V2::set_cookies(&answer).is_empty());
}
