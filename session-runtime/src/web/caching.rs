use super::headers::ResponseHeaders;

pub(super) const NO_STORE: &str = "no-store";
pub(super) const PRIVATE: &str = "private";

const CACHE_CONTROL: &str = "cache-control";
const VARY: &str = "vary";

/// A response that a session has had a part in is for one visitor, unless the application says otherwise.
pub(super) fn keep_private(headers: &mut impl ResponseHeaders) {
    if !headers.has(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, PRIVATE);
    }
    vary_by_cookie(headers);
}

/// A response with a cookie is for one visitor, whatever the application says: a shared cache would hand it to all. With an
/// id, nobody is to keep it.
pub(super) fn keep_from_caches(headers: &mut impl ResponseHeaders, caching: &'static str) {
    let is_kept_from_shared = headers
        .values(CACHE_CONTROL)
        .any(|value| directives(value).any(|directive| matches!(&*directive, NO_STORE | PRIVATE)));
    if !is_kept_from_shared {
        headers.insert(CACHE_CONTROL, caching);
    }
    // These take the place of Cache-Control in some of them (RFC 9213).
    let is_targeted =
        |name: &&str| name.ends_with("cdn-cache-control") || *name == "surrogate-control";
    let targeted: Vec<String> = headers.names().filter(is_targeted).map(str::to_owned).collect();
    for name in targeted {
        headers.remove(&name);
    }
    vary_by_cookie(headers);
}

fn vary_by_cookie(headers: &mut impl ResponseHeaders) {
    let varies = |value| directives(value).any(|name| matches!(&*name, "*" | "cookie"));
    if !headers.values(VARY).any(varies) {
        headers.append(VARY, "cookie");
    }
}

fn directives(value: &[u8]) -> impl Iterator<Item = String> {
    let value = String::from_utf8_lossy(value).to_ascii_lowercase();
    let names: Vec<_> = value.split(',').map(|name| name.trim().to_owned()).collect();
    names.into_iter()
}
