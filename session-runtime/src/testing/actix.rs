use std::future::poll_fn;

use actix_http::Request;
use actix_web::HttpResponse;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::{COOKIE, HeaderValue, SET_COOKIE};
use actix_web::test::TestRequest;

use super::browser::Browser;

impl<I> Browser<I> {
    /// Sends a request to an application that `actix_web::test::init_service` has made, with the cookies for its path, and
    /// keeps those that the response sets. An error of the application's is the response that a visitor would get.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::Visit;
    /// use actix_web::test::{TestRequest, init_service};
    /// use actix_web::{App, body::to_bytes, web};
    /// use dynamo_session::testing::{Browser, TestStore};
    /// use dynamo_session::{Session, SessionLayer};
    ///
    /// async fn page(mut session: Session<Visit>) -> String {
    ///     session.pages += 1;
    ///     format!("page {}", session.pages)
    /// }
    ///
    /// let TestStore { store, clock, .. } = TestStore::<Visit>::new().await;
    /// let app = App::new().route("/", web::get().to(page)).wrap(SessionLayer::new(store));
    /// let mut browser = Browser::new(init_service(app).await, clock);
    /// browser.call(TestRequest::get()).await;
    /// let response = browser.call(TestRequest::get()).await;
    /// assert_eq!(to_bytes(response.into_body()).await.unwrap(), "page 2");
    /// # }
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "actix")))]
    pub async fn call<B>(&mut self, request: TestRequest) -> HttpResponse
    where
        I: Service<Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
        B: MessageBody + 'static,
    {
        let mut request = request.to_request();
        let path = request.uri().path().to_owned();
        let cookies = self.jar.header(&path);
        if let Some(cookies) = cookies.and_then(|cookies| HeaderValue::from_str(&cookies).ok()) {
            request.headers_mut().append(COOKIE, cookies);
        }
        let answered = match poll_fn(|context| self.service.poll_ready(context)).await {
            Ok(()) => self.service.call(request).await,
            Err(error) => Err(error),
        };
        let response = match answered {
            Ok(response) => response.into_parts().1.map_into_boxed_body(),
            Err(error) => error.error_response(),
        };
        let set = response.headers().get_all(SET_COOKIE);
        self.jar.keep(set.map(HeaderValue::as_bytes), &path);
        response
    }
}
