//! A response that a session has had a part in is for one visitor.

use super::*;

type Said = (Option<&'static str>, Option<&'static str>);

async fn reply_to(changes: bool, (control, vary): Said) -> Reply {
    let handler = move |mut session: Session<Web>| async move {
        if changes {
            session.visits += 1;
        }
        let mut headers = HeaderMap::new();
        if let Some(control) = control {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static(control));
        }
        if let Some(vary) = vary {
            headers.insert(VARY, HeaderValue::from_static(vary));
        }
        headers.insert(SET_COOKIE, HeaderValue::from_static("theme=dark"));
        headers
    };
    Site::new(Router::new().route("/", get(handler))).await.get("/").await
}

#[tokio::test]
async fn a_page_that_read_the_session_is_private_unless_the_application_says_otherwise() {
    for (control, expected) in [
        (None, "private"),
        (Some("no-store"), "no-store"),
        (Some("public, max-age=60"), "public, max-age=60"),
        (Some("max-age=60"), "max-age=60"),
    ] {
        let reply = reply_to(false, (control, None)).await;
        assert_eq!(reply.values(CACHE_CONTROL), [expected]);
        assert_eq!(reply.values(VARY), ["cookie"]);
    }
}

#[tokio::test]
async fn a_new_id_is_never_shared_whatever_the_application_says() {
    for (control, expected) in [
        (None, "no-store"),
        (Some("no-store"), "no-store"),
        (Some("Private, max-age=60"), "Private, max-age=60"),
        (Some("public, max-age=60"), "no-store"),
        (Some("max-age=60"), "no-store"),
        (Some("no-cache"), "no-store"),
        (Some("s-maxage=60"), "no-store"),
        (Some("x-private"), "no-store"),
    ] {
        let reply = reply_to(true, (control, None)).await;
        assert_eq!(reply.values(CACHE_CONTROL), [expected], "{control:?}");
        assert_eq!(reply.set_cookies().len(), 2, "the application's own cookie stays");
    }
}

#[tokio::test]
async fn it_varies_by_cookie_once() {
    for (vary, expected) in [
        ("accept-encoding", vec!["accept-encoding", "cookie"]),
        ("Accept-Encoding, Cookie", vec!["Accept-Encoding, Cookie"]),
        ("*", vec!["*"]),
        ("x-cookie", vec!["x-cookie", "cookie"]),
    ] {
        for changes in [false, true] {
            assert_eq!(reply_to(changes, (None, Some(vary))).await.values(VARY), expected);
        }
    }
}

#[tokio::test]
async fn a_page_that_did_not_ask_for_the_session_is_left_alone() {
    let site = Site::new(usual()).await;
    let id = site.visitor().await;
    let reply = site.get_as("/static", &id).await;
    assert!(reply.headers.get(CACHE_CONTROL).is_none() && reply.headers.get(VARY).is_none());
    assert!(site.operations().is_empty());
}
