//! The shops in a real browser, headless Chromium. Where no `chromedriver` is installed, the tests say so and pass.

#![allow(clippy::unwrap_used)]

mod browser;
mod programs;

use std::future::Future;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use browser::{Browser, COOKIE};
use programs::Server;
use tempfile::TempDir;

/// A shop, and a driver for browsers that visit it.
struct World {
    shop: Server,
    driver: Server,
    profile: TempDir,
}

impl World {
    fn new(shop: &'static str) -> Option<Self> {
        let driver = programs::driver()?;
        let profile = tempfile::tempdir().unwrap();
        Some(Self { shop: Server::shop(shop), driver: Server::driver(&driver), profile })
    }

    /// The visitor's browser; once more after it was closed, with what it kept.
    async fn browser(&self) -> Browser {
        Browser::open(&self.driver, self.profile.path(), &self.shop).await
    }
}

/// Runs a test with a browser, if there is one, on each of the shops.
async fn in_a_browser<F: Future<Output = ()>>(test: impl Fn(World) -> F) {
    for shop in programs::SHOPS {
        if let Some(world) = World::new(shop) {
            test(world).await;
        }
    }
}

#[tokio::test]
async fn the_browser_keeps_the_cookie_as_it_is_meant() {
    in_a_browser(async |world: World| {
        let browser = world.browser().await;
        browser.go("/").await;
        let cookie = browser.cookie().await.unwrap();
        assert_eq!(cookie.name(), COOKIE);
        assert_eq!((cookie.http_only(), cookie.secure()), (Some(true), Some(true)));
        assert_eq!(cookie.same_site().unwrap().to_string(), "Lax");
        assert_eq!((cookie.path(), cookie.domain()), (Some("/"), Some("localhost")));
        assert!(cookie.expires_datetime().is_none(), "it is kept until the browser is closed");
        assert_eq!(browser.script("return document.cookie").await, "", "no script sees it");

        browser.log_in("ada", true).await;
        let remembered = browser.cookie().await.unwrap();
        assert_ne!(remembered.value(), cookie.value(), "the login has brought a new id");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let expires = remembered.expires_datetime().unwrap().unix_timestamp();
        let days = (expires - i64::try_from(now).unwrap() + 43_200) / 86_400;
        assert_eq!(days, 30);

        browser.log_out().await;
        let new = browser.cookie().await.unwrap();
        assert_ne!(new.value(), remembered.value());
        assert!(new.expires_datetime().is_none());
        browser.close().await;
    })
    .await;
}

#[tokio::test]
async fn promise_9_no_login_is_lost_in_a_busy_browser() {
    in_a_browser(async |world: World| {
        let browser = world.browser().await;
        browser.allow_scripts().await;
        browser.go("/").await;
        browser.open_tab().await;
        browser.allow_scripts().await;
        let mut lost = Vec::new();
        for round in 0..40 {
            browser.go("/login").await;
            // Pages before, during and after the login, and products that are added meanwhile, which may be refused.
            let outcome = browser
                .promise(
                    "const form = body => ({ method: 'POST', body: new URLSearchParams(body) });
                     const busy = [];
                     const pages = n => { for (let i = 0; i < n; i++)
                         busy.push(fetch(['/', '/cart', '/devices', '/nowhere'][i % 4])) };
                     pages(8);
                     busy.push(fetch('/cart/add', form({ sku: 'tea' })));
                     const login = fetch('/login', form({ name: 'ada' }));
                     busy.push(fetch('/cart/add', form({ sku: 'honey' })));
                     pages(8);
                     await login;
                     pages(4);
                     const answers = await Promise.all(busy);
                     const odd = answers.map(it => it.status).filter(it => ![200, 404, 409].includes(it));
                     return odd.join();",
                )
                .await;
            assert_eq!(outcome, "");
            if browser.user().await.as_deref() != Some("ada") {
                lost.push(round);
            }
            // What the first tab shows when it is opened anew, too.
            browser.switch_to_tab(round % 2).await;
            if browser.user().await.as_deref() == Some("ada") {
                browser.log_out().await;
            }
        }
        assert!(lost.is_empty(), "logins lost in the rounds {lost:?}");
        browser.close().await;
    })
    .await;
}

#[tokio::test]
async fn promise_1_two_tabs_that_add_one_product_both_count() {
    in_a_browser(async |world: World| {
        let browser = world.browser().await;
        browser.add("apple").await;
        browser.open_tab().await;
        browser.add("apple").await;
        assert_eq!(browser.count("apple").await, 2);

        browser.allow_scripts().await;
        browser.go("/").await;
        let statuses = browser
            .promise(
                "const add = { method: 'POST', body: new URLSearchParams({ sku: 'apple' }) };
                 const all = await Promise.all([...Array(20)].map(() => fetch('/cart/add', add)));
                 return all.map(it => it.status).filter(it => it !== 200).join();",
            )
            .await;
        assert_eq!(statuses, "");
        assert_eq!(browser.count("apple").await, 22);

        browser.press("[data-sku=apple] form[action='/cart/remove'] button").await;
        assert!(browser.text(".notice").await.ends_with("removed from your cart."));
        assert_eq!(browser.count("apple").await, 0);
        browser.close().await;
    })
    .await;
}

#[tokio::test]
async fn promise_2_a_logout_in_one_tab_stays_while_the_other_submits() {
    in_a_browser(async |world: World| {
        let browser = world.browser().await;
        browser.log_in("ada", true).await;
        let ended = browser.cookie().await.unwrap();
        browser.go("/devices").await;
        // The page has this button only where there are others to log out.
        browser
            .script(
                "document.body.innerHTML += `<form id=late method=post action='/devices/end-others'>\
                 <button>Late</button></form>`",
            )
            .await;
        browser.open_tab().await;
        browser.go("/").await;
        browser.log_out().await;

        browser.switch_to_tab(0).await;
        browser.press("#late button").await;
        let notice = "You are no longer logged in, so nothing was changed. Log in to go on.";
        assert_eq!(browser.text(".notice").await, notice);
        assert_eq!(browser.text("h1").await, "Log in");
        assert_eq!(browser.user().await, None);

        // At the same moment: each is refused by a page that says so, or belongs to whoever is there after the logout.
        browser.allow_scripts().await;
        for _ in 0..10 {
            browser.log_in("ada", false).await;
            let odd = browser
                .promise(
                    "const form = body => ({ method: 'POST', body: new URLSearchParams(body) });
                     const add = () => fetch('/cart/add', form({ sku: 'tea' }));
                     const all = [add(), add(), fetch('/logout', form({})), add(), add()];
                     const odd = [];
                     for (const it of await Promise.all(all)) {
                         const text = await it.text();
                         const says = it.status === 409 && text.includes('Your session has ended');
                         if (it.status !== 200 && !says) odd.push(it.status + text);
                     }
                     return odd.join();",
                )
                .await;
            assert_eq!(odd, "");
            assert_eq!(browser.user().await, None);
        }
        // The id that was ended opens nothing, whoever brings it back.
        assert_ne!(browser.cookie().await.unwrap().value(), ended.value());
        let answer = world.shop.answer_to(&format!("{COOKIE}={}", ended.value()));
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && !answer.contains("ada"), "{answer}");
        assert!(!answer.contains("set-cookie"), "it begins no session either: {answer}");
        browser.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_back_button_shows_nothing_after_the_logout() {
    in_a_browser(async |world: World| {
        let browser = world.browser().await;
        browser.log_in("ada", false).await;
        browser.go("/devices").await;
        let page = browser.client.source().await.unwrap();
        assert!(page.contains(">ada<"), "{page}");
        browser.log_out().await;
        for _ in 0..3 {
            browser.client.back().await.unwrap();
            let page = browser.client.source().await.unwrap();
            assert!(!page.contains("Log out") && !page.contains(">ada<"), "{page}");
        }
        browser.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_remembered_login_outlives_the_browser_and_another_one_does_not() {
    in_a_browser(async |world: World| {
        for (name, remember) in [("ada", true), ("bob", false)] {
            let browser = world.browser().await;
            browser.log_in(name, remember).await;
            browser.close().await;
            let browser = world.browser().await;
            assert_eq!(browser.user().await.as_deref(), Some(name).filter(|_| remember));
            if remember {
                browser.log_out().await;
            }
            browser.close().await;
        }
    })
    .await;
}

#[tokio::test]
async fn another_device_is_logged_out_from_here() {
    in_a_browser(async |world: World| {
        let here = world.browser().await;
        let elsewhere = tempfile::tempdir().unwrap();
        let there = Browser::open(&world.driver, elsewhere.path(), &world.shop).await;
        for button in ["form[action='/devices/end'] button", ".end button"] {
            here.log_in("ada", false).await;
            there.log_in("ada", false).await;
            here.go("/devices").await;
            assert_eq!(here.script("return document.querySelectorAll('.device').length").await, 2);
            here.press(button).await;
            assert!(here.text(".notice").await.contains("logged out"));
            assert_eq!(here.script("return document.querySelectorAll('.device').length").await, 1);
            assert_eq!(there.user().await, None);
            assert_eq!(here.user().await.as_deref(), Some("ada"));
            here.log_out().await;
        }
        there.close().await;
        here.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_form_that_another_site_sends_is_refused() {
    in_a_browser(async |world: World| {
        let target = format!("http://localhost:{}/cart/add", world.shop.port);
        let page = format!(
            "<!doctype html><h1>Win a prize</h1><form method=post action='{target}'>\
             <button name=sku value=apple>Claim</button></form>"
        );
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let site = Router::new().route("/", get(|| async { Html(page) }));
        tokio::spawn(async { axum::serve(listener, site).await });

        let browser = world.browser().await;
        browser.log_in("ada", false).await;
        let cookie = browser.cookie().await.unwrap();
        // Of another site, and of the same site but another origin, to which the browser does send the cookie.
        for host in ["127.0.0.1", "localhost"] {
            browser.client.goto(&format!("http://{host}:{port}/")).await.unwrap();
            assert_eq!(browser.text("h1").await, "Win a prize");
            browser.press("button").await;
            assert_eq!(browser.text("h1").await, "Not from here");
        }
        assert_eq!(browser.count("apple").await, 0);
        assert_eq!(browser.user().await.as_deref(), Some("ada"));
        assert_eq!(browser.cookie().await.unwrap().value(), cookie.value());
        browser.add("apple").await;
        assert_eq!(browser.count("apple").await, 1, "the shop's own form still works");
        browser.close().await;
    })
    .await;
}
