use std::pin::{Pin, pin};
use std::time::Duration;

use super::expiry_rule::ExpiryRule;
use crate::attempts::Attempts;
use crate::backoff::Backoff;
use crate::context::{Context, Deadline};
use crate::dynamo::{Answer, Outcome, Retries};
use crate::error::{Error, ErrorKind};
use crate::item::Item;
use crate::metrics::{self, Timer};
use crate::operation::Operation;

/// How long a request may take that is made only once.
#[cfg(feature = "_web")]
const SINGLE_ATTEMPT_TIMEOUT: Duration = Duration::from_millis(250);

/// That others were faster than a call, at least once.
#[derive(Debug)]
struct Contention {
    backoff: Backoff,
    /// Whether one of the requests got no answer.
    may_be_applied: bool,
}

/// One call of an application, across all the requests that it takes.
#[derive(Debug)]
pub(crate) struct Call {
    pub(super) attempts: Attempts,
    /// Whether a request is repeated, by this crate or by the SDK.
    pub(super) retries: Retries,
    deadline: Deadline,
    allowed: Duration,
    contention: Option<Contention>,
    pub(super) expiry: ExpiryRule,
    began: Timer,
}

impl Call {
    pub(crate) fn new(context: &Context) -> Self {
        Self {
            attempts: Attempts::default(),
            retries: Retries::AsConfigured,
            deadline: context.deadline(),
            allowed: context.deadline,
            contention: None,
            expiry: ExpiryRule::Activity,
            began: Timer::start(),
        }
    }

    /// A call that is given up at the first failure, and soon.
    #[cfg(feature = "_web")]
    pub(crate) fn once(self) -> Self {
        let allowed = self.allowed.min(SINGLE_ATTEMPT_TIMEOUT);
        Self { retries: Retries::Off, deadline: Deadline::after(allowed), allowed, ..self }
    }

    /// A call that is not the visitor's activity.
    #[cfg(feature = "_web")]
    pub(crate) fn without_extending(self) -> Self {
        Self { expiry: ExpiryRule::NoActivity, ..self }
    }

    /// A call that leaves the expiry of an adopted session as its row has it.
    #[cfg(feature = "interop")]
    pub(crate) fn keeping_expiry(self) -> Self {
        Self { expiry: ExpiryRule::Kept, ..self }
    }

    /// A call after which the session expires at this instant, in epoch seconds.
    pub(crate) fn until(self, expires: i64) -> Self {
        Self { expiry: ExpiryRule::At(expires), ..self }
    }

    /// What the call has needed so far.
    pub(crate) fn attempts(&self) -> Attempts {
        self.attempts
    }

    /// Counts the call, now that it has come to an end.
    pub(crate) fn count<T>(
        &self,
        context: &Context,
        operation: Operation,
        result: &Result<T, Error>,
    ) {
        let rebases = self.attempts.rebases();
        metrics::operation(self.began, &context.table.name, operation, result, rebases);
    }

    /// The answer to a request, or that there was none by the deadline.
    pub(super) async fn answer(&self, request: Pin<&mut impl Future<Output = Answer>>) -> Answer {
        match self.limit(request).await {
            Ok(answer) => answer,
            Err(late) => Answer { outcome: Outcome::Failed(late), may_be_applied: true },
        }
    }

    /// What a request comes to, unless there is no answer by the deadline.
    pub(super) async fn limit<F: Future>(&self, request: Pin<&mut F>) -> Result<F::Output, Error> {
        self.deadline.limit(request).await.ok_or_else(|| self.late())
    }

    /// The item under a key, by a consistent read. One that comes too late after others were faster again and again ends
    /// the call as any other contention would: it is they who took its time.
    pub(crate) async fn read(&self, context: &Context, key: &str) -> Result<Option<Item>, Error> {
        let read = self.deadline.limit(pin!(context.table.get(key, true))).await;
        read.unwrap_or_else(|| {
            Err(match &self.contention {
                Some(contention) => self.contended(contention.may_be_applied),
                None => self.late(),
            })
        })
    }

    /// Waits before a request that meets others: not at all the first time, then longer and longer.
    pub(super) async fn pause(&mut self, may_be_applied: bool) -> Result<(), Error> {
        if self.retries == Retries::Off {
            return Err(self.contended(may_be_applied));
        }
        let waited = match &mut self.contention {
            None => {
                self.contention =
                    Some(Contention { backoff: Backoff::of_contended_writes(), may_be_applied });
                (!self.deadline.has_passed()).then_some(())
            }
            Some(contention) => {
                contention.may_be_applied = may_be_applied;
                self.deadline.limit(pin!(contention.backoff.pause())).await
            }
        };
        waited.ok_or_else(|| self.contended(may_be_applied))
    }

    fn late(&self) -> Error {
        Error::new(
            ErrorKind::Unavailable,
            format!(
                "DynamoDB did not answer within the {:?} that a call may take in all; call again on the same \
                 handle, if there is one: it finds out what became of the request",
                self.allowed
            ),
        )
    }

    fn contended(&self, may_be_applied: bool) -> Error {
        let outcome = match may_be_applied {
            true => {
                "one of the requests got no answer, so it may have been applied: call again on the same handle, if there is one"
            }
            false => "nothing was written: call again",
        };
        Error::new(
            ErrorKind::Throttled,
            format!(
                "for the {:?} that a call may take in all, each request met changes by others; {outcome}, and \
                 find out what changes this session so often",
                self.allowed
            ),
        )
    }
}
