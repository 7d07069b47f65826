use std::future::Future;
use std::pin::Pin;

use actix_service::boxed::{self, BoxService};
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};

pub(super) type Boxed = BoxService<ServiceRequest, ServiceResponse, actix_web::Error>;

/// A middleware around services whose type does not matter.
pub(super) struct Boxing<M>(pub(super) M);

impl<I, B, M> Transform<I, ServiceRequest> for Boxing<M>
where
    I: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
    M: Transform<Boxed, ServiceRequest>,
{
    type Response = M::Response;
    type Error = M::Error;
    type Transform = M::Transform;
    type InitError = M::InitError;
    type Future = M::Future;

    fn new_transform(&self, inner: I) -> Self::Future {
        self.0.new_transform(boxed::service(Unnamed { inner }))
    }
}

struct Unnamed<I> {
    inner: I,
}

impl<I, B> Service<ServiceRequest> for Unnamed<I>
where
    I: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse;
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<ServiceResponse, actix_web::Error>>>>;

    actix_web::dev::forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let response = self.inner.call(request);
        Box::pin(async { Ok(response.await?.map_into_boxed_body()) })
    }
}
