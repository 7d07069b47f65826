use std::fmt::Display;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, SET_COOKIE};

use crate::web::headers::ResponseHeaders;

impl ResponseHeaders for HeaderMap {
    fn values(&self, name: &'static str) -> impl Iterator<Item = &[u8]> {
        self.get_all(name).map(HeaderValue::as_bytes)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.keys().map(HeaderName::as_str)
    }

    fn insert(&mut self, name: &'static str, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.insert(HeaderName::from_static(name), value);
        }
    }

    fn append(&mut self, name: &'static str, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.append(HeaderName::from_static(name), value);
        }
    }

    fn append_cookie(&mut self, cookie: &[u8]) -> Result<(), impl Display> {
        HeaderValue::from_bytes(cookie).map(|mut value| {
            value.set_sensitive(true);
            self.append(SET_COOKIE, value);
        })
    }

    fn remove(&mut self, name: &str) {
        self.remove(name);
    }
}
