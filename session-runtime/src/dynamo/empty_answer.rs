use aws_sdk_dynamodb::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_dynamodb::error::BoxError;

use super::exchange::in_exchange;
use crate::item::Malformed;

/// Refuses a success that says nothing: DynamoDB answers with 200 and an object, if only an empty one.
///
/// What answers otherwise stands in DynamoDB's place, and the AWS SDK would read a table without the item from it, or a write
/// that was carried out.
pub(super) fn refuse_empty_answer(
    context: &AfterDeserializationInterceptorContextRef<'_>,
) -> Result<(), BoxError> {
    let response = context.response();
    let has_object = || {
        let body = response.body().bytes().unwrap_or_default();
        body.trim_ascii_start().starts_with(b"{")
    };
    let is_ours = in_exchange(|_| ()).is_some() && context.output_or_error().is_ok();
    match is_ours && !(response.status().as_u16() == 200 && has_object()) {
        true => Err(Malformed { position: 0 }.into()),
        false => Ok(()),
    }
}
