// What the example of moving from tower-sessions takes of its version 0.14, by the same signatures: the crate itself would turn
// features of shared crates on, such as serde's `rc` and tracing's `log`, which this crate's tests have to do without.

use std::convert::Infallible;
use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use tower_layer::Layer;

pub trait SessionStore: Send + Sync + 'static {}

#[derive(Clone)]
pub struct Session;

impl Session {
    pub async fn get<T: DeserializeOwned>(&self, _key: &str) -> Result<Option<T>, Infallible> {
        Ok(None)
    }

    pub async fn flush(&self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self)
    }
}

#[derive(Clone)]
pub struct SessionManagerLayer<Store>(PhantomData<Store>);

impl<Store: SessionStore> SessionManagerLayer<Store> {
    pub fn new(_: Store) -> Self {
        Self(PhantomData)
    }
}

impl<Inner, Store> Layer<Inner> for SessionManagerLayer<Store> {
    type Service = Inner;

    fn layer(&self, inner: Inner) -> Inner {
        inner
    }
}
