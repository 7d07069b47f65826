use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderMap;
use actix_web::middleware::Next;

use crate::common::failure::forged;
use crate::failure::response;

/// Refuses what a browser says that another site has made it send.
///
/// It is the check of Go's `http.CrossOriginProtection` and of `tower_http::csrf`: browsers since 2023 send
/// `Sec-Fetch-Site`, which no page can forge; older ones are known by `Origin`. A request with neither is from no browser,
/// and nobody is led into sending that.
pub(crate) async fn refuse_forged<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    if !request.method().is_safe() && is_cross_site(request.headers()) {
        return Ok(request.into_response(response(forged()).map_into_right_body()));
    }
    Ok(next.call(request).await?.map_into_left_body())
}

fn is_cross_site(headers: &HeaderMap) -> bool {
    let header = |name: &'static str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match (header("sec-fetch-site"), header("origin")) {
        (Some(site), _) => !matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_none() || host != header("host")
        }
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn what_another_site_sends_is_told_from_the_shops_own() {
        for (headers, expected) in [
            (&[("sec-fetch-site", "cross-site")][..], true),
            (&[("sec-fetch-site", "same-site")], true),
            (&[("sec-fetch-site", "same-origin")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")], false),
            (&[("origin", "https://shop.example"), ("host", "shop.example")], false),
            (&[("origin", "https://evil.example"), ("host", "shop.example")], true),
            (&[("origin", "null"), ("host", "shop.example")], true),
            (&[("origin", "https://shop.example")], true),
            (&[("host", "shop.example")], false),
        ] {
            let headers: HeaderMap = headers
                .iter()
                .map(|(name, value)| {
                    (HeaderName::from_static(name), HeaderValue::from_static(value))
                })
                .collect();
            assert_eq!(is_cross_site(&headers), expected, "{headers:?}");
        }
    }
}
