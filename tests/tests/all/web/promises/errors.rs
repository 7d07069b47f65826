//! Errors are the application's: their answer, and what stands in for it.

use http::header::{ACCEPT, CONTENT_TYPE, HOST, REFERER};

use super::*;

fn browser(path: &str) -> http::request::Builder {
    Request::get(path)
        .header(ACCEPT, "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
        .header(HOST, "shop.example")
}

async fn denied(site: &Site, request: http::request::Builder) -> Reply {
    site.world.network.forget_faults();
    site.world.network.fail_next("GetItem", Fault::Answer(400, DENIED));
    let id = SessionId::generate();
    site.send(request.header(COOKIE, pair(&id))).await
}

#[tokio::test]
async fn a_browser_reads_a_small_page_with_a_way_back_and_all_others_one_sentence() {
    let site = Site::new(usual()).await;
    let page = denied(&site, browser("/look").header(REFERER, "https://shop.example/cart?a=1&b=2"));
    let page = page.await;
    assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(page.values(CONTENT_TYPE), ["text/html; charset=utf-8"]);
    assert!(page.body.starts_with("<!doctype html>"), "{}", page.body);
    assert!(page.body.contains("<a href=\"/cart?a=1&amp;b=2\">"), "{}", page.body);

    for referer in [
        "https://evil.example/x",
        "https://shop.example.evil.example/x",
        "https://shop.example//evil.example",
        "https://shop.example",
        "javascript:alert(1)",
        "x",
    ] {
        let page = denied(&site, browser("/look").header(REFERER, referer)).await;
        assert!(page.body.contains("<a href=\"/\">"), "{referer}: {}", page.body);
    }
    for accept in ["application/json", "*/*", "text/html;q=0", "text/htmlx"] {
        let plain = denied(&site, Request::get("/look").header(ACCEPT, accept)).await;
        assert_eq!(plain.values(CONTENT_TYPE), ["text/plain; charset=utf-8"], "{accept}");
        assert_eq!(plain.body, "Something went wrong on our side.\n");
    }
}

#[tokio::test]
async fn nothing_of_the_error_is_told_to_visitors() {
    let site = Site::new(usual()).await;
    for request in [browser("/look"), Request::get("/look")] {
        let reply = denied(&site, request).await;
        for secret in ["AccessDenied", "GetItem", "table", "web"] {
            assert!(!reply.body.contains(secret), "{secret}: {}", reply.body);
        }
    }
}

/// Each way in which an error becomes a response: the extractor's, the handler's, the layer's.
#[tokio::test]
async fn the_applications_own_answer_stands_for_each_of_them() {
    async fn own_error(mut session: Session<Web>) -> Result<(), Error> {
        session.cart.insert("apples".to_owned(), f64::NAN);
        let _ = session.commit().await?;
        Ok(())
    }
    async fn answered(_: Result<Session<Web>, Error>) -> StatusCode {
        StatusCode::IM_A_TEAPOT
    }
    let site = Site::with(|layer| {
        let routes = usual().route("/own", get(own_error)).route("/answered", get(answered));
        routes.layer(layer.on_error(|error: &Error| {
            page(StatusCode::BAD_GATEWAY, format!("<p>{:?}, sorry</p>", error.kind()))
        }))
    });
    let site = site.await;
    let id = site.visitor().await;
    for (path, operation, body) in [
        ("/look", Some("GetItem"), "<p>AccessDenied, sorry</p>"),
        ("/visit", Some("UpdateItem"), "<p>AccessDenied, sorry</p>"),
        ("/own", None, "<p>Encode, sorry</p>"),
    ] {
        if let Some(operation) = operation {
            site.world.network.fail_next(operation, Fault::Answer(400, DENIED));
        }
        let reply = site.get_as(path, &id).await;
        assert_eq!((reply.status, &*reply.body), (StatusCode::BAD_GATEWAY, body), "{path}");
    }
    site.world.network.fail_next("GetItem", Fault::Answer(400, DENIED));
    let reply = site.get_as("/answered", &id).await;
    assert_eq!((reply.status, &*reply.body), (StatusCode::IM_A_TEAPOT, ""));
}

#[tokio::test]
async fn the_kind_is_in_the_extensions_of_the_response_for_layers_around() {
    async fn own_error() -> Result<(), Error> {
        Err("?".parse::<SessionId>().unwrap_err())
    }
    let site = Site::new(usual().route("/own", post(own_error))).await;
    let id = site.visitor().await;
    for (operation, path) in [("GetItem", "/look"), ("UpdateItem", "/visit")] {
        site.world.network.fail_next(operation, Fault::Answer(400, DENIED));
        assert_eq!(site.get_as(path, &id).await.kind, Some(ErrorKind::AccessDenied));
    }
    assert_eq!(site.get_as("/look", &id).await.kind, None);
    let own = site.send(Request::post("/own")).await;
    assert_eq!((own.status, own.kind), (StatusCode::BAD_REQUEST, Some(ErrorKind::InvalidId)));
}

#[tokio::test]
async fn an_error_is_traced_once() {
    async fn own_error(mut session: Session<Web>) -> Result<(), Error> {
        session.cart.insert("apples".to_owned(), f64::NAN);
        session.commit().await?;
        Ok(())
    }
    let traces = Traces::collect();
    let site = Site::new(usual().route("/own", get(own_error))).await;
    denied(&site, Request::get("/look")).await;
    let id = site.visitor().await;
    site.world.network.fail_next("UpdateItem", Fault::Answer(400, DENIED));
    site.get_as("/visit", &id).await;
    site.get_as("/own", &id).await;
    assert_eq!(traces.text().matches("session failed").count(), 3, "{}", traces.text());
    // Nor is it told once more that the changes, which were not committed, are lost.
    assert!(!traces.text().contains("WARN"), "{}", traces.text());
}
