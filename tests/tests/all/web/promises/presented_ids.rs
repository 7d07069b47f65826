//! A presented id is untrusted.

use super::*;

async fn is_a_stranger(site: &Site, request: http::request::Builder, what: &str) -> Vec<String> {
    let reply = site.send(request).await;
    assert_eq!(reply.status, StatusCode::OK, "{what}");
    assert_eq!(reply.body, "1", "{what}");
    assert!(reply.id().is_some(), "{what}: a fresh id");
    site.operations()
}

#[tokio::test]
async fn a_malformed_one_makes_a_stranger_without_a_database_call() {
    let site = Site::new(usual()).await;
    let id = site.visitor().await.expose_secret();
    let values = [
        String::new(),
        id[1..].to_owned(),
        format!("{id}A"),
        format!("\"{id}\""),
        format!("{}=", &id[1..]),
        format!("{}+", &id[1..]),
        format!("{}%", &id[1..]),
        // The same bits, but not in their canonical form.
        format!("{}B", &id[..42]),
        "A".repeat(8 << 20),
        "../../etc/passwd".to_owned(),
        "' OR 1=1 --".to_owned(),
        "\u{e4}".repeat(43),
    ];
    for value in values {
        let header = HeaderValue::from_bytes(format!("__Host-Http-session={value}").as_bytes());
        let request = Request::get("/visit").header(COOKIE, header.unwrap());
        let what: String = value.chars().take(60).collect();
        assert_eq!(is_a_stranger(&site, request, &what).await, ["PutItem"], "{what}");
    }
    // Newer versions of `http` refuse NUL bytes; where one gets through, it is malformed.
    if let Ok(nul) =
        HeaderValue::from_bytes(format!("__Host-Http-session=\0{}", &id[1..]).as_bytes())
    {
        let request = Request::get("/visit").header(COOKIE, nul);
        assert_eq!(is_a_stranger(&site, request, "NUL").await, ["PutItem"]);
    }
    let latin = HeaderValue::from_bytes(b"__Host-Http-session=\xff\xfe\x80").unwrap();
    let request = Request::get("/visit").header(COOKIE, latin);
    assert_eq!(is_a_stranger(&site, request, "not UTF-8").await, ["PutItem"]);
}

#[tokio::test]
async fn an_unknown_one_is_never_adopted() {
    let site = Site::new(usual()).await;
    let chosen = SessionId::generate();
    let reply = site.get_as("/visit", &chosen).await;
    assert_eq!(reply.body, "1");
    assert_ne!(reply.id().unwrap(), chosen);
    assert!(site.store.load(&chosen).await.unwrap().is_none());
}

#[tokio::test]
async fn an_expired_one_is_never_adopted() {
    let site = Site::new(usual()).await;
    let id = site.visitor().await;
    site.world.clock.advance(Duration::from_secs(1800));
    let reply = site.get_as("/visit", &id).await;
    assert_eq!(reply.body, "1");
    assert_ne!(reply.id().unwrap(), id);
}

#[tokio::test]
async fn other_cookies_of_any_bytes_do_not_cost_the_session() {
    let site = Site::new(usual()).await;
    let id = site.visitor().await;
    let pair = pair(&id);
    let mut odd = b"theme=\xff\xfe; =; ;; novalue; __host-session=x; session=y; ".to_vec();
    odd.extend_from_slice(pair.as_bytes());
    let request = Request::get("/look").header(COOKIE, HeaderValue::from_bytes(&odd).unwrap());
    assert_eq!(site.send(request).await.body, "None 10");

    // HTTP/2 may send each cookie in a header of its own.
    let mut request = Request::get("/look");
    for n in 0..2000 {
        request = request.header(COOKIE, format!("c{n}=v"));
    }
    assert_eq!(site.send(request.header(COOKIE, pair)).await.body, "None 10");
}

#[tokio::test]
async fn a_planted_one_beside_the_visitors_own_neither_wins_nor_logs_out() {
    let site = Site::new(usual()).await;
    let (mine, unknown) = (site.visitor().await, SessionId::generate());
    for (first, second) in [(&mine, &unknown), (&unknown, &mine)] {
        let both = format!("{}; {}", pair(first), pair(second));
        let reply = site.send(Request::get("/look").header(COOKIE, &both)).await;
        assert_eq!(reply.body, "None 10");
        assert!(reply.set_cookies().is_empty());
        let request =
            Request::get("/look").header(COOKIE, pair(first)).header(COOKIE, pair(second));
        assert_eq!(site.send(request).await.body, "None 10");
    }
    let twice = format!("{}; __Host-Http-session=junk; {}", pair(&mine), pair(&mine));
    site.world.network.take_sent();
    assert_eq!(site.send(Request::get("/look").header(COOKIE, twice)).await.body, "None 10");
    assert_eq!(site.operations(), ["GetItem"]);
}

#[tokio::test]
async fn of_two_that_open_a_session_each_none_is_used() {
    let site = Site::new(usual()).await;
    let (mine, planted) = (site.visitor().await, site.visitor().await);
    for (first, second) in [(&mine, &planted), (&planted, &mine)] {
        let both = format!("{}; {}", pair(first), pair(second));
        assert_eq!(site.send(Request::get("/look").header(COOKIE, both)).await.body, "None 0");
    }
}

#[tokio::test]
async fn the_id_since_a_renewal_is_used_beside_the_one_before() {
    let site = Site::new(usual()).await;
    let old = site.visitor().await;
    let new = site.get_as("/log-in", &old).await.id().unwrap();
    let both = format!("{}; {}", pair(&old), pair(&new));
    let reply = site.send(Request::get("/look").header(COOKIE, both)).await;
    assert_eq!(reply.body, "Some(\"ada\") 10");
}

#[tokio::test]
async fn a_flood_costs_no_read_and_is_one_event() {
    let traces = Traces::collect();
    let site = Site::new(usual()).await;
    let mine = site.visitor().await;
    let mut junk = "__Host-Http-session=junk; ".repeat(25_000);
    junk += &pair(&mine);
    assert_eq!(site.send(Request::get("/look").header(COOKIE, &junk)).await.body, "None 10");
    assert_eq!(traces.text().matches("session id rejected").count(), 1);
    assert!(traces.text().contains("dynamo_session_rejected_ids=25000"), "{}", traces.text());

    site.world.network.take_sent();
    let many: Vec<_> = (0..1000).map(|_| pair(&SessionId::generate())).collect();
    let many = format!("{}; {}", pair(&mine), many.join("; "));
    let reply = site.send(Request::get("/look").header(COOKIE, many)).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "the visitor's own may be among them");
    assert!(reply.set_cookies().is_empty() && site.operations().is_empty());
    assert_eq!(traces.text().matches("session id rejected").count(), 2);
}

/// A page's script can plant such a cookie: browsers do not see the prefix behind what they do not take for white space.
#[tokio::test]
async fn only_spaces_and_tabs_are_trimmed_around_the_name() {
    let site = Site::new(usual()).await;
    let (mine, planted) = (site.visitor().await, site.visitor().await);
    for space in ["\u{2000}", "\u{a0}", "\u{3000}", "\u{85}", "\u{b}", "\u{c}", "\u{feff}"] {
        let both = format!("{}; {space}{}; {}{space}", pair(&mine), pair(&planted), pair(&mine));
        let Ok(header) = HeaderValue::from_bytes(both.as_bytes()) else { continue };
        let reply = site.send(Request::get("/look").header(COOKIE, header)).await;
        assert_eq!(reply.body, "None 10", "{space:?}");
        let alone = format!("{space}{}", pair(&planted));
        let Ok(alone) = HeaderValue::from_bytes(alone.as_bytes()) else { continue };
        let reply = site.send(Request::get("/look").header(COOKIE, alone)).await;
        assert_eq!(reply.body, "None 0", "{space:?}");
    }
    let padded = format!(" \t{}\t ", pair(&mine).replace('=', " \t= "));
    assert_eq!(site.send(Request::get("/look").header(COOKIE, padded)).await.body, "None 10");
}

#[tokio::test]
async fn rejected_ids_are_traced_for_counting_without_the_secret() {
    let traces = Traces::collect();
    let site = Site::new(usual()).await;
    let unknown = SessionId::generate();
    let malformed = &unknown.expose_secret()[1..];
    site.get_as("/look", &unknown).await;
    site.send(Request::get("/look").header(COOKIE, format!("__Host-Http-session={malformed}")))
        .await;
    let traces = traces.text();
    assert_eq!(traces.matches("session id rejected").count(), 2, "{traces}");
    assert_eq!(traces.matches("monotonic_counter.dynamo_session_rejected_ids=1").count(), 2);
    assert!(traces.contains(&unknown.fingerprint()), "{traces}");
    assert!(!traces.contains(malformed), "{traces}");
}

/// Not by an event, a span, an error, or a header that others than the browser read.
#[tokio::test]
async fn no_id_is_ever_told() {
    let traces = Traces::collect();
    let site = Site::new(usual()).await;
    let mut replies = vec![site.get("/visit").await];
    let first = replies[0].id().unwrap();
    replies.push(site.get_as("/log-in", &first).await);
    let second = replies[1].id().unwrap();
    site.world.network.fail_next("UpdateItem", Fault::Answer(400, DENIED));
    replies.push(site.get_as("/visit", &second).await);
    assert_eq!(replies[2].status, StatusCode::INTERNAL_SERVER_ERROR);
    replies.push(site.get_as("/log-out", &second).await);
    replies.push(site.get_as("/visit", &first).await);
    let events = traces.text();
    assert!(events.contains(&first.fingerprint()) && events.contains(&second.fingerprint()));
    let spans = format!("{:?}", traces.spans());
    assert!(spans.contains("TransactWriteItems"), "{spans}");
    let mut told = vec![events, spans];
    for reply in &mut replies {
        reply.headers.remove(SET_COOKIE);
        told.push(format!("{reply:?}"));
    }
    site.world.network.fail_next("GetItem", Fault::Answer(400, DENIED));
    let error = site.store.load(&second).await.map(drop).unwrap_err();
    told.push(format!("{error} {error:?} {:?}", std::error::Error::source(&error)));
    for id in [first, second] {
        for text in &told {
            assert!(!text.contains(&id.expose_secret()), "{text}");
        }
    }
}
