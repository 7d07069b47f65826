//! The cookie as applications need it, and what is refused because it would not be safe.

use super::*;

fn attributes(reply: &Reply) -> String {
    let [cookie] = reply.set_cookies()[..] else { panic!("one cookie: {:?}", reply.set_cookies()) };
    let (pair, attributes) = cookie.split_once(';').unwrap();
    format!("{};{attributes}", pair.split('=').next().unwrap())
}

/// Logs in by the first request and out by the second, and compares what both responses say of the cookie.
async fn setting_and_removal(cookie: SessionCookie) -> String {
    let site = Site::with(|layer| usual().layer(layer.cookie(cookie))).await;
    let set = site.get("/visit").await;
    let pair = set.set_cookies()[0].split(';').next().unwrap().to_owned();
    assert_eq!(site.send(Request::get("/visit").header(COOKIE, &pair)).await.body, "2");
    let removed = site.send(Request::get("/log-out").header(COOKIE, pair)).await;
    let (set, removed) = (attributes(&set), attributes(&removed));
    let (kept, gone) = removed.split_once("; Max-Age=0; ").unwrap();
    assert!(gone.starts_with("Expires="), "{removed}");
    assert_eq!(kept, set, "a removal names the same cookie as the setting");
    set
}

#[tokio::test]
async fn each_attribute_can_be_set_and_the_removal_has_the_same() {
    let cookie = || SessionCookie::builder();
    for (cookie, expected) in [
        (cookie(), "__Host-Http-session; HttpOnly; SameSite=Lax; Secure; Path=/"),
        (
            cookie().name("id").same_site(SameSite::Strict),
            "__Host-Http-id; HttpOnly; SameSite=Strict; Secure; Path=/",
        ),
        (
            cookie().same_site(SameSite::None).partitioned(true),
            "__Host-Http-session; HttpOnly; SameSite=None; Partitioned; Secure; Path=/",
        ),
        (cookie().path("/shop"), "__Http-session; HttpOnly; SameSite=Lax; Secure; Path=/shop"),
        (
            cookie().domain("example.com"),
            "__Http-session; HttpOnly; SameSite=Lax; Secure; Path=/; Domain=example.com",
        ),
        (cookie().secure(false), "session; HttpOnly; SameSite=Lax; Path=/"),
    ] {
        assert_eq!(setting_and_removal(cookie.build().unwrap()).await, expected);
    }
}

#[test]
fn what_would_not_be_safe_or_not_be_kept_is_refused_with_the_reason() {
    let cookie = || SessionCookie::builder();
    for (cookie, reason) in [
        (cookie().secure(false).same_site(SameSite::None), "`SameSite=None` without `Secure`"),
        (cookie().partitioned(true), "add `.same_site(SameSite::None)`"),
        (cookie().signing_keys([[7; 31]]), "31 bytes; use at least 32"),
        (cookie().path("shop"), "begin with `/`"),
        (cookie().path("/a;Domain=evil.example"), "no `;`"),
        (cookie().path("/a\r\nSet-Cookie: x=y"), "no control characters"),
        (cookie().domain(""), "cannot be its domain"),
        (cookie().domain(".example.com"), "without a leading dot"),
        (cookie().domain("example.com:443"), "a port"),
        (cookie().domain("https://example.com"), "a scheme"),
        (cookie().domain("com"), "cannot be its domain"),
        (cookie().domain("192.0.2.1"), "cannot be its domain"),
        (cookie().domain("a.b; Path=/x"), "cannot be its domain"),
    ] {
        let error = cookie.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(reason), "{error}");
    }
    let long = "n".repeat(65);
    for name in ["", "two words", "a=b", "a;b", "ä", "__Host-session", "__secure-x", &long] {
        let error = cookie().name(name.to_owned()).build().unwrap_err();
        assert!(error.to_string().contains("cannot be its name"), "{error}");
    }
}

#[tokio::test]
async fn a_persistent_one_rolls_with_each_touch_and_never_outlives_the_session() {
    let cookie = SessionCookie::builder().persistent(true).build().unwrap();
    let site = Site::with(|layer| usual().layer(layer.cookie(cookie))).await;
    let set = site.get("/visit").await;
    assert!(set.set_cookies()[0].ends_with("; Path=/; Max-Age=1800"), "{:?}", set.set_cookies());
    let id = set.id().unwrap();

    site.world.clock.advance(Duration::from_secs(30));
    assert!(site.get_as("/look", &id).await.set_cookies().is_empty(), "the expiry has not moved");
    site.world.clock.advance(Duration::from_secs(60));
    let rolled = site.get_as("/look", &id).await;
    assert_eq!(rolled.id().unwrap(), id);
    assert!(rolled.set_cookies()[0].contains("Max-Age=1800"));

    // Twelve hours after its creation, the session ends whatever its activity.
    for _ in 0..24 {
        site.world.clock.advance(Duration::from_secs(1780));
        site.get_as("/look", &id).await;
    }
    let last = site.world.load(&site.store, &id).await.expires_at();
    site.world.clock.advance(Duration::from_secs(100));
    let left = last.epoch_seconds() - site.world.clock.epoch_seconds();
    assert!(left < 1800);
    let reply = site.get_as("/log-in", &id).await;
    assert!(reply.set_cookies()[0].contains(&format!("Max-Age={left}")), "{reply:?}");
}

#[tokio::test]
async fn a_forged_id_costs_no_read_where_ids_are_signed() {
    let cookie = SessionCookie::builder().signing_keys([[1; 32]]).build().unwrap();
    let site = Site::with(|layer| usual().layer(layer.cookie(cookie))).await;
    let set = site.get("/visit").await;
    let signed = set.set_cookies()[0].split(';').next().unwrap().to_owned();
    assert_eq!(site.send(Request::get("/look").header(COOKIE, &signed)).await.body, "None 1");

    site.world.network.take_sent();
    let id = site.visitor().await;
    let (name, value) = signed.split_once('=').unwrap();
    let (signature, _) = value.split_at(44);
    for forged in [
        pair(&id),
        format!("{name}={signature}{}", id.expose_secret()),
        format!("{name}={}{}", "A".repeat(44), id.expose_secret()),
        format!("{name}={}", &value[1..]),
        format!("{name}="),
    ] {
        let reply = site.send(Request::get("/look").header(COOKIE, &forged)).await;
        assert_eq!(reply.body, "None 0", "{forged}");
        assert!(site.operations().is_empty(), "{forged}");
    }
}

#[tokio::test]
async fn signing_keys_rotate_without_logging_anyone_out() {
    let signed_by = |keys: &[u8]| {
        let keys: Vec<_> = keys.iter().map(|key| [*key; 32]).collect();
        SessionCookie::builder().signing_keys(keys).build().unwrap()
    };
    let mut site = Site::with(|layer| usual().layer(layer.cookie(signed_by(&[1])))).await;
    let pair_of = |reply: &Reply| reply.set_cookies()[0].split(';').next().unwrap().to_owned();
    let old = pair_of(&site.get("/visit").await);

    let layer = SessionLayer::new(site.store.clone());
    site.app = usual().layer(layer.clone().cookie(signed_by(&[2, 1])));
    let looked = site.send(Request::get("/look").header(COOKIE, &old)).await;
    assert_eq!(looked.body, "None 1");
    let new = pair_of(&looked);
    assert_ne!(new, old, "it is signed again");
    let again = site.send(Request::get("/look").header(COOKIE, &new)).await;
    assert!(again.set_cookies().is_empty());

    site.app = usual().layer(layer.cookie(signed_by(&[2])));
    assert_eq!(site.send(Request::get("/look").header(COOKIE, &new)).await.body, "None 1");
    assert_eq!(site.send(Request::get("/look").header(COOKIE, &old)).await.body, "None 0");
}
