use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::config::interceptors::FinalizerInterceptorContextRef;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;

tokio::task_local! {
    /// The attempts of the write that is being sent.
    static FOLLOWED: Followed;
}

/// The attempts that the SDK makes of one write: each is judged by the answer that it got itself.
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

struct Followed {
    state: Arc<AttemptState>,
    is_refusal: fn(&FinalizerInterceptorContextRef<'_>) -> bool,
}

impl<E> Attempts<E>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    pub(super) fn new() -> Self {
        Self { state: Arc::default(), error: PhantomData }
    }

    /// Sends a request, by a client that notes its attempts.
    pub(super) async fn follow<F: Future + ?Sized>(&self, request: Pin<&mut F>) -> F::Output {
        let followed = Followed { state: self.state.clone(), is_refusal: is_refusal::<E> };
        FOLLOWED.scope(followed, request).await
    }

    pub(super) fn may_be_applied(&self) -> bool {
        self.state.open.load(Ordering::Relaxed) || self.state.sent.load(Ordering::Relaxed)
    }
}

/// Takes note that the write that is being sent is on its way.
pub(super) fn note_attempt() {
    // Nothing is followed of a request that is no write.
    let _ = FOLLOWED.try_with(|Followed { state, .. }| state.sent.store(true, Ordering::Relaxed));
}

/// Takes note of what became of that.
pub(super) fn note_answer(context: &FinalizerInterceptorContextRef<'_>) {
    let _ = FOLLOWED.try_with(|Followed { state, is_refusal }| {
        if state.sent.swap(false, Ordering::Relaxed) && !is_refusal(context) {
            state.open.store(true, Ordering::Relaxed);
        }
    });
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
