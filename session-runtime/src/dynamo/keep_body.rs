//! Keeps the body of a response as it is, in place of the values that the AWS SDK makes of it: for an item whose type says
//! how to read it, that is half the work of a load.

use aws_sdk_dynamodb::config::ConfigBag;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_smithy_runtime_api::client::interceptors::context::{Error, Output};
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SharedResponseDeserializer};

use super::body::Body;
use super::exchange::in_exchange;
use crate::item::Malformed;

/// Has the response of a `GetItem` kept as it is, if that is what its caller wants. Errors are the AWS SDK's to read.
pub(super) fn keep_body(
    context: &BeforeDeserializationInterceptorContextRef<'_>,
    config: &mut ConfigBag,
) {
    let is_wanted = in_exchange(|exchange| exchange.keeps_response).unwrap_or_default();
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
        match in_exchange(|exchange| exchange.keep(Body::new(kept))) {
            Some(true) => Ok(Output::erase(GetItemOutput::builder().build())),
            // An output without an item would be taken for the absence of one.
            Some(false) | None => Err(OrchestratorError::other("nobody keeps the response")),
        }
    }
}
