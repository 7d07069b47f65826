use axum::extract::rejection::FormRejection;
use axum::extract::{Form, FromRequest, Request};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use crate::common::failure;

/// The fields of a form that was submitted. If they are not what was asked for, the answer is a page of the shop.
pub(crate) struct Fields<F>(pub(crate) F);

impl<F: DeserializeOwned, T: Send + Sync> FromRequest<T> for Fields<F> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &T) -> Result<Self, Response> {
        let form = Form::<F>::from_request(request, state).await;
        form.map(|Form(fields)| Self(fields)).map_err(|rejection: FormRejection| {
            failure::unreadable(rejection.status().as_u16()).into_response()
        })
    }
}
