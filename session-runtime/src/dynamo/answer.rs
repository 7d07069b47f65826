use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use super::exchange::Exchange;
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
        exchange: &Exchange,
        returned: impl FnOnce(T) -> Item,
        refused: impl FnOnce(E) -> Option<Item>,
    ) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let may_be_applied = exchange.may_be_applied();
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

    pub(crate) fn not_sent(error: Error) -> Self {
        Self { outcome: Outcome::Failed(error), may_be_applied: false }
    }
}

fn code<E: ProvideErrorMetadata>(source: &SdkError<E, HttpResponse>) -> Option<&str> {
    source.as_service_error().and_then(ProvideErrorMetadata::code)
}
