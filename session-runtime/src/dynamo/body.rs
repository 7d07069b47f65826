//! The body of a response as it is, in place of the values that the AWS SDK makes of it: for an item whose type says how
//! to read it, that is half the work of a load.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use aws_sdk_dynamodb::config::ConfigBag;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_smithy_runtime_api::client::interceptors::context::{Error, Output};
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SharedResponseDeserializer};
use aws_smithy_types::body::SdkBody;

use crate::error::Error as StoreError;
use crate::item::{Malformed, consumed_units};

tokio::task_local! {
    /// Where the body of the `GetItem` that is being made is to be put.
    static KEPT: Arc<OnceLock<Body>>;
}

/// The body of a `GetItem`'s response.
#[derive(Debug)]
pub(crate) struct Body(SdkBody);

impl Body {
    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.bytes().unwrap_or_default()
    }

    /// The units that the request consumed, if they were asked for.
    pub(super) fn units(&self) -> Option<f64> {
        consumed_units(self.bytes()).ok()?
    }
}

/// Where a body is put.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept(Arc<OnceLock<Body>>);

impl Kept {
    /// Makes a `GetItem`, by a client that [keeps bodies](keep_body).
    pub(super) async fn of<F: Future + ?Sized>(&self, request: Pin<&mut F>) -> F::Output {
        KEPT.scope(self.0.clone(), request).await
    }

    /// The body, unless the AWS SDK has read the response.
    pub(super) fn body(&self) -> Option<&Body> {
        self.0.get()
    }

    /// As [`body`](Self::body), to be had once the request has ended.
    pub(super) fn into_body(self) -> Result<Option<Body>, StoreError> {
        match Arc::into_inner(self.0) {
            Some(slot) => Ok(slot.into_inner()),
            // Without it, the session would be taken for absent.
            None => Err(StoreError::internal("the body of a response is still in use")),
        }
    }
}

/// Has the response of a `GetItem` kept as it is, if that is what its caller wants. Errors are the AWS SDK's to read.
pub(super) fn keep_body(
    context: &BeforeDeserializationInterceptorContextRef<'_>,
    config: &mut ConfigBag,
) {
    let is_wanted = KEPT.try_with(|_| ()).is_ok();
    if is_wanted && context.response().status().as_u16() == 200 {
        config.interceptor_state().store_put(SharedResponseDeserializer::new(KeepBody));
    }
}

#[derive(Debug)]
struct KeepBody;

impl DeserializeResponse for KeepBody {
    fn deserialize_nonstreaming_with_config(
        &self,
        response: &HttpResponse,
        _: &ConfigBag,
    ) -> Result<Output, OrchestratorError<Error>> {
        // The response before this one was a success that broke off, and what is set for it stays set.
        if response.status().as_u16() != 200 {
            return Err(OrchestratorError::response(Malformed { position: 0 }.into()));
        }
        let body = response.body();
        let kept = body.try_clone();
        let kept = kept.unwrap_or_else(|| body.bytes().unwrap_or_default().to_vec().into());
        match KEPT.try_with(|slot| slot.set(Body(kept))) {
            Ok(Ok(())) => Ok(Output::erase(GetItemOutput::builder().build())),
            // An output without an item would be taken for the absence of one.
            Ok(Err(_)) | Err(_) => Err(OrchestratorError::other("nobody keeps the response")),
        }
    }
}
