use std::future::poll_fn;

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderValue, Request, Response};
use tower_service::Service;

use super::browser::Browser;

impl<I> Browser<I> {
    /// Sends a request with the cookies for its path, and keeps those that the response sets.
    ///
    /// # Errors
    ///
    /// The service's own.
    #[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
    pub async fn send<B, R>(&mut self, mut request: Request<B>) -> Result<Response<R>, I::Error>
    where
        I: Service<Request<B>, Response = Response<R>>,
    {
        let path = request.uri().path().to_owned();
        let cookies = self.jar.header(&path);
        if let Some(cookies) = cookies.and_then(|cookies| HeaderValue::from_str(&cookies).ok()) {
            request.headers_mut().append(COOKIE, cookies);
        }
        poll_fn(|context| self.service.poll_ready(context)).await?;
        let response = self.service.call(request).await?;
        let set = response.headers().get_all(SET_COOKIE).iter();
        self.jar.keep(set.map(HeaderValue::as_bytes), &path);
        Ok(response)
    }
}
