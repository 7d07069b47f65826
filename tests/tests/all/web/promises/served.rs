use std::convert::Infallible;
use std::pin::Pin;
use std::task::Context;

use tower::Service;

use super::*;

/// A site as the service that the library's browser opens.
#[derive(Clone)]
pub(super) struct Served(pub(super) Router);

impl Service<Request<()>> for Served {
    type Response = http::Response<Reply>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        let Self(app) = self.clone();
        Box::pin(async move {
            let reply = call(&app, request).await;
            let (status, headers) = (reply.status, reply.headers.clone());
            let mut response = http::Response::new(reply);
            (*response.status_mut(), *response.headers_mut()) = (status, headers);
            Ok(response)
        })
    }
}
