use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::config::interceptors::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::{BoxError, ProvideErrorMetadata, SdkError};

use super::failure::error;
use crate::error::Error;
use crate::item::Item;

/// What became of one write, as far as its answers tell.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) outcome: Outcome,
    /// No answer rules out that this request, or a repetition of it by the SDK, was carried out or still will be.
    /// Of no interest where the outcome is [`Outcome::Done`].
    pub(crate) may_be_applied: bool,
}

#[derive(Debug)]
pub(crate) enum Outcome {
    /// It was carried out; what it returned.
    Done(Item),
    /// Its condition did not hold; the item as it is, if there is one.
    Refused(Option<Item>),
    /// A transaction was at the item, so nothing was done.
    Contended,
    Failed(Error),
}

impl Answer {
    /// The answer to the last attempt of a request, and what is left open by it and the attempts before.
    pub(super) fn new<T, E>(
        result: Result<T, SdkError<E, HttpResponse>>,
        attempts: &Attempts<E>,
        returned: impl FnOnce(T) -> Item,
        refused: impl FnOnce(E) -> Option<Item>,
    ) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let may_be_applied = attempts.may_be_applied();
        let outcome = match result {
            Ok(output) => Outcome::Done(returned(output)),
            Err(source) => match code(&source) {
                Some("ConditionalCheckFailedException") => match source {
                    SdkError::ServiceError(service) => {
                        Outcome::Refused(refused(service.into_err()))
                    }
                    source => Outcome::Failed(error(source)),
                },
                Some("TransactionConflictException") => Outcome::Contended,
                _ => Outcome::Failed(error(source)),
            },
        };
        Self { outcome, may_be_applied }
    }

    pub(super) fn map_error(mut self, explain: impl FnOnce(Error) -> Error) -> Self {
        self.outcome = match self.outcome {
            Outcome::Failed(error) => Outcome::Failed(explain(error)),
            outcome => outcome,
        };
        self
    }

    pub(super) fn not_sent(error: Error) -> Self {
        Self { outcome: Outcome::Failed(error), may_be_applied: false }
    }
}

fn code<E: ProvideErrorMetadata>(source: &SdkError<E, HttpResponse>) -> Option<&str> {
    source.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// Follows the attempts that the SDK makes of one write: each is judged by the answer that it got itself.
///
/// Only DynamoDB's own refusal, with a code of the client's fault, says that an attempt was not carried out. Whatever
/// else answered may have stood in for a success.
#[derive(Debug)]
pub(crate) struct Attempts<E> {
    state: Arc<AttemptState>,
    error: PhantomData<fn() -> E>,
}

#[derive(Debug, Default)]
struct AttemptState {
    /// An attempt is on its way.
    sent: AtomicBool,
    open: AtomicBool,
}

impl<E> Attempts<E> {
    pub(super) fn new() -> Self {
        Self { state: Arc::default(), error: PhantomData }
    }

    pub(super) fn may_be_applied(&self) -> bool {
        self.state.open.load(Ordering::Relaxed) || self.state.sent.load(Ordering::Relaxed)
    }
}

impl<E> Clone for Attempts<E> {
    fn clone(&self) -> Self {
        Self { state: self.state.clone(), error: PhantomData }
    }
}

impl<E> Intercept for Attempts<E>
where
    E: ProvideErrorMetadata + std::error::Error + std::fmt::Debug + Send + Sync + 'static,
{
    fn name(&self) -> &'static str {
        "dynamo-session attempts"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.state.sent.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.state.sent.swap(false, Ordering::Relaxed) && !is_refusal::<E>(context) {
            self.state.open.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

fn is_refusal<E>(context: &FinalizerInterceptorContextRef<'_>) -> bool
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let client_error =
        context.response().is_some_and(|response| response.status().is_client_error());
    let error = context.output_or_error().and_then(Result::err);
    let error = error.and_then(|error| error.as_operation_error()?.downcast_ref::<E>());
    client_error && error.is_some_and(|error| error.code().is_some())
}
