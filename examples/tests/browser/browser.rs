//! A visitor's browser: Chromium, driven through WebDriver.

use std::path::Path;
use std::time::Duration;

use fantoccini::cookies::Cookie;
use fantoccini::elements::Element;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

use crate::programs::Server;

pub(crate) const COOKIE: &str = "__Host-Http-session";

/// How long a test waits for what has to come: far beyond what it takes, since nothing is decided by it but how long a
/// broken shop keeps the test waiting.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Browser {
    pub(crate) client: Client,
    shop: String,
}

impl Browser {
    /// A browser that keeps what it keeps in this directory.
    pub(crate) async fn open(driver: &Server, profile: &Path, shop: &Server) -> Self {
        let profile = format!("--user-data-dir={}", profile.display());
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            &profile,
        ];
        let mut capabilities = Capabilities::new();
        capabilities.insert("goog:chromeOptions".to_owned(), json!({ "args": arguments }));
        let address = format!("http://127.0.0.1:{}", driver.port);
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities)
            .connect(&address)
            .await
            .unwrap();
        Self { client, shop: format!("http://localhost:{}", shop.port) }
    }

    pub(crate) async fn go(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.shop)).await.unwrap();
    }

    pub(crate) async fn find(&self, css: &str) -> Element {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        found.unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    pub(crate) async fn has(&self, css: &str) -> bool {
        !self.client.find_all(Locator::Css(css)).await.unwrap().is_empty()
    }

    pub(crate) async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.unwrap()
    }

    pub(crate) async fn script(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Runs a script that promises a value.
    pub(crate) async fn promise(&self, script: &str) -> Value {
        let script = format!(
            "const done = arguments[0]; (async () => {{ {script} }})().then(done, error => done(String(error)))"
        );
        self.client.execute_async(&script, Vec::new()).await.unwrap()
    }

    /// Presses a button, and waits for the page that comes after it.
    pub(crate) async fn press(&self, css: &str) {
        self.script("window.isLeft = true").await;
        self.find(css).await.click().await.unwrap();
        self.arrive().await;
    }

    /// Waits until the page that was marked as left is replaced.
    pub(crate) async fn arrive(&self) {
        let arrived = "return !window.isLeft && document.readyState === 'complete'";
        let arrival = async {
            while self.client.execute(arrived, Vec::new()).await.ok() != Some(json!(true)) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, arrival).await.unwrap();
    }

    pub(crate) async fn log_in(&self, name: &str, remember: bool) {
        self.go("/login").await;
        self.find("input[name=name]").await.send_keys(name).await.unwrap();
        if remember {
            self.find("input[name=remember]").await.click().await.unwrap();
        }
        self.press("main button").await;
        assert_eq!(self.text(".notice").await, format!("Welcome, {name}!"));
    }

    pub(crate) async fn log_out(&self) {
        self.press("form[action='/logout'] button").await;
        assert_eq!(self.text(".notice").await, "You have logged out.");
    }

    pub(crate) async fn add(&self, sku: &str) {
        self.go("/").await;
        self.press(&format!("button[value={sku}]")).await;
    }

    /// How many of a product are in the cart.
    pub(crate) async fn count(&self, sku: &str) -> u32 {
        self.go("/cart").await;
        match self.has(&format!("[data-sku={sku}]")).await {
            true => self.text(&format!("[data-sku={sku}] .number")).await.parse().unwrap(),
            false => 0,
        }
    }

    /// Who is logged in, as a page that is opened anew says.
    pub(crate) async fn user(&self) -> Option<String> {
        self.go("/").await;
        match self.has(".user").await {
            true => Some(self.text(".user").await),
            false => None,
        }
    }

    pub(crate) async fn cookie(&self) -> Option<Cookie<'static>> {
        let cookies = self.client.get_all_cookies().await.unwrap();
        assert!(cookies.len() <= 1, "{cookies:?}");
        cookies.into_iter().find(|cookie| cookie.name() == COOKIE)
    }

    /// Opens another tab, and works there from now on.
    pub(crate) async fn open_tab(&self) {
        let tab = self.client.new_window(true).await.unwrap();
        self.client.switch_to_window(tab.handle).await.unwrap();
    }

    pub(crate) async fn switch_to_tab(&self, index: usize) {
        let tabs = self.client.windows().await.unwrap();
        self.client.switch_to_window(tabs[index].clone()).await.unwrap();
    }

    /// Lets scripts of the test fetch from the page in this tab, which the shop's policy forbids to all scripts.
    pub(crate) async fn allow_scripts(&self) {
        let bypass = json!({ "cmd": "Page.setBypassCSP", "params": { "enabled": true } });
        self.client.issue_cmd(Chromium(bypass)).await.unwrap();
    }

    /// Closes the browser as a person does: what is to be kept is written to its directory.
    pub(crate) async fn close(self) {
        self.client.close().await.unwrap();
    }
}

/// A command of Chromium's own.
#[derive(Debug)]
struct Chromium(Value);

impl WebDriverCompatibleCommand for Chromium {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.0.to_string()))
    }
}
