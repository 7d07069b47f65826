use http::header::{CACHE_CONTROL, HeaderMap, HeaderValue, VARY};

/// A response that a session has had a part in is for one visitor, unless the application says otherwise.
pub(super) fn keep_private(headers: &mut HeaderMap) {
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private"));
    }
    vary_by_cookie(headers);
}

/// A response with a cookie is for one visitor, whatever the application says: a shared cache would hand it to all. With an
/// id, nobody is to keep it.
pub(super) fn keep_from_caches(headers: &mut HeaderMap, caching: &'static str) {
    let is_kept_from_shared = headers.get_all(CACHE_CONTROL).iter().any(|value| {
        directives(value).any(|directive| matches!(&*directive, "no-store" | "private"))
    });
    if !is_kept_from_shared {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    }
    // These take the place of Cache-Control in some of them (RFC 9213).
    let targeted: Vec<_> = headers
        .keys()
        .filter(|name| {
            let name = name.as_str();
            name.ends_with("cdn-cache-control") || name == "surrogate-control"
        })
        .cloned()
        .collect();
    for name in targeted {
        headers.remove(name);
    }
    vary_by_cookie(headers);
}

fn vary_by_cookie(headers: &mut HeaderMap) {
    let varies =
        |value: &HeaderValue| directives(value).any(|name| matches!(&*name, "*" | "cookie"));
    if !headers.get_all(VARY).iter().any(varies) {
        headers.append(VARY, HeaderValue::from_static("cookie"));
    }
}

fn directives(value: &HeaderValue) -> impl Iterator<Item = String> {
    let value = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
    let names: Vec<_> = value.split(',').map(|name| name.trim().to_owned()).collect();
    names.into_iter()
}
