//! What this crate does while the AWS SDK makes a request: it gives the body to be sent, follows what becomes of each
//! attempt, and keeps the body of the response as it is.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::config::interceptors::{
    BeforeTransmitInterceptorContextMut, FinalizerInterceptorContextRef,
};
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_smithy_types::body::SdkBody;

use super::body::Body;

tokio::task_local! {
    static EXCHANGE: Arc<Exchange>;
}

/// One request and its response, across the attempts that the SDK makes.
#[derive(Debug)]
pub(super) struct Exchange {
    /// What is to be sent in place of what the SDK has written.
    request: Mutex<Option<SdkBody>>,
    sent: AtomicU32,
    /// An attempt is on its way.
    is_under_way: AtomicBool,
    /// An attempt was sent that may have been carried out, or may still be.
    is_open: AtomicBool,
    is_refusal: IsRefusal,
    pub(super) keeps_response: bool,
    response: Mutex<Option<Body>>,
}

/// Whether the answer to an attempt says that it was not carried out.
type IsRefusal = fn(&FinalizerInterceptorContextRef<'_>) -> bool;

impl Default for Exchange {
    fn default() -> Self {
        Self {
            request: Mutex::default(),
            sent: AtomicU32::default(),
            is_under_way: AtomicBool::default(),
            is_open: AtomicBool::default(),
            is_refusal: |_| false,
            keeps_response: false,
            response: Mutex::default(),
        }
    }
}

impl Exchange {
    /// Of a read, whose response is kept in place of the values that the SDK makes of it, if it is a success.
    pub(super) fn of_read() -> Self {
        Self { keeps_response: true, ..Self::default() }
    }

    /// Of a write: each attempt is judged by the answer that it got itself.
    ///
    /// Only DynamoDB's own refusal, with a code of the client's fault, says that an attempt was not carried out. Whatever
    /// else answered may have stood in for a success.
    pub(super) fn of_write<E>() -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        Self { is_refusal: is_refusal::<E>, ..Self::default() }
    }

    /// Sends this body, and not what the SDK makes of the input.
    pub(super) fn sending(self, body: Vec<u8>) -> Self {
        Self { request: Mutex::new(Some(body.into())), ..self }
    }

    /// Makes a request, by a client that has the [`Observer`](super::observer::Observer).
    pub(super) async fn of<F: Future + ?Sized>(self: Arc<Self>, request: Pin<&mut F>) -> F::Output {
        EXCHANGE.scope(self, request).await
    }

    pub(super) fn attempts(&self) -> u32 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Whether no answer rules out that an attempt was carried out, or still will be.
    pub(super) fn may_be_applied(&self) -> bool {
        self.is_open.load(Ordering::Relaxed) || self.is_under_way.load(Ordering::Relaxed)
    }

    /// Keeps the body of a response; false if there is one already.
    pub(super) fn keep(&self, body: Body) -> bool {
        let mut response = self.response.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = response.is_none();
        *response = Some(body);
        is_first
    }

    /// What a look at the response that was kept finds.
    pub(super) fn look<T>(&self, at: impl FnOnce(&Body) -> T) -> Option<T> {
        self.response.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(at)
    }

    /// The body of the response, unless the SDK has read it.
    pub(super) fn take_response(&self) -> Option<Body> {
        self.response.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn take_request(&self) -> Option<SdkBody> {
        self.request.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Does this with the exchange that is being made; nothing where the caller does not follow it.
pub(super) fn in_exchange<T>(then: impl FnOnce(&Exchange) -> T) -> Option<T> {
    EXCHANGE.try_with(|exchange| then(exchange)).ok()
}

/// Has the body sent that was written for the request. Before the SDK makes its first attempt, so that all send the same.
pub(super) fn write_request(context: &mut BeforeTransmitInterceptorContextMut<'_>) {
    let Some(body) = in_exchange(Exchange::take_request).flatten() else { return };
    let request = context.request_mut();
    if let Some(length) = body.content_length() {
        request.headers_mut().insert("content-length", length.to_string());
    }
    *request.body_mut() = body;
}

/// Takes note that the request is sent, or sent again.
pub(super) fn note_attempt() {
    in_exchange(|exchange| {
        exchange.sent.fetch_add(1, Ordering::Relaxed);
        exchange.is_under_way.store(true, Ordering::Relaxed);
    });
}

/// Takes note of what became of that.
pub(super) fn note_answer(context: &FinalizerInterceptorContextRef<'_>) {
    in_exchange(|exchange| {
        let was_sent = exchange.is_under_way.swap(false, Ordering::Relaxed);
        if was_sent && !(exchange.is_refusal)(context) {
            exchange.is_open.store(true, Ordering::Relaxed);
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
