use super::caching::{NO_STORE, PRIVATE, keep_from_caches, keep_private};
use super::headers::ResponseHeaders;
use super::visit::{SetCookie, Settled};

const CLEAR_SITE_DATA: &str = "clear-site-data";
const EVERYTHING: &str = "\"cache\", \"cookies\", \"storage\"";

/// Says in a response's headers what has become of the session.
pub(super) fn tell(settled: Settled, clears_site_data: bool, headers: &mut impl ResponseHeaders) {
    let Settled { set_cookie, set_mark, forget, was_read, failure: _ } = settled;
    for cookie in forget {
        append_cookie(headers, cookie.as_bytes(), NO_STORE);
    }
    match set_cookie {
        Some(SetCookie::Keep(cookie)) => append_cookie(headers, cookie.as_bytes(), NO_STORE),
        Some(SetCookie::Forget(cookie)) => {
            append_cookie(headers, cookie.as_bytes(), NO_STORE);
            if clears_site_data {
                headers.insert(CLEAR_SITE_DATA, EVERYTHING);
            }
        }
        None if was_read => keep_private(headers),
        None => {}
    }
    if let Some(mark) = set_mark {
        append_cookie(headers, mark.as_bytes(), PRIVATE);
    }
}

/// Keeps what the response that another one replaces would have the browser remember: a layer inside may have given it a
/// new id, and the old one is dead.
pub(super) fn carry_over(from: &impl ResponseHeaders, to: &mut impl ResponseHeaders) {
    for cookie in from.values("set-cookie") {
        append_cookie(to, cookie, NO_STORE);
    }
    let clear = from.values(CLEAR_SITE_DATA).next();
    if let Some(clear) = clear.and_then(|clear| std::str::from_utf8(clear).ok()) {
        to.insert(CLEAR_SITE_DATA, clear);
    }
}

fn append_cookie(headers: &mut impl ResponseHeaders, cookie: &[u8], caching: &'static str) {
    if let Err(error) = headers.append_cookie(cookie) {
        // Name, path and domain were checked when the cookie was built, and the key before it was committed.
        tracing::error!(%error, "the session cookie does not fit a header");
    }
    keep_from_caches(headers, caching);
}
