//! Recipes, from a first application to a deployment. Each is compiled, and what it claims is asserted.
//!
//! | page | for |
//! |---|---|
//! | [`first_application`] | from an empty folder to a page with a session; the mistakes that everybody makes |
//! | [`login`] | login, logout, notices, "remember me", asking for the password again, "your devices" |
//! | [`middleware`] | extractors of your own, middleware, `State`, nested routers |
//! | [`actix`] | all of this on actix-web |
//! | [`streaming`] | WebSocket and server-sent events |
//! | [`csrf`] | requests that other sites forge |
//! | [`testing`] | an application's tests, with a clock and failures |
//! | [`deploying`] | table, permissions, alarms, costs in units and dollars |
//! | [`lambda`] | on AWS Lambda |
//! | [moving in](crate::interop::guide) | from a Node.js service, or from `tower-sessions`, without logging anybody out |
//! | [`watching`] | what to log, and which numbers to look at |
//! | [`questions`] | questions that people ask |
//!
//! What the library promises, to the last limit, is in [Guarantees](crate::guarantees); what it does about attacks, in
//! [Security](crate::security); the attributes of a session type, with [`DynamoSession`](derive@crate::DynamoSession).

#[cfg(any(not(doctest), feature = "actix"))]
#[doc = include_str!("actix.md")]
#[doc(alias = "actix-web")]
#[doc(alias = "HttpServer")]
pub mod actix {}
#[doc = include_str!("csrf.md")]
#[cfg_attr(any(not(doctest), feature = "actix"), doc = include_str!("csrf_actix.md"))]
#[doc(alias = "forgery")]
#[doc(alias = "xsrf")]
pub mod csrf {}
#[doc = include_str!("deploying.md")]
#[doc(alias = "costs")]
#[doc(alias = "permissions")]
#[doc(alias = "production")]
pub mod deploying {}
#[doc = include_str!("first_application.md")]
#[doc(alias = "quickstart")]
pub mod first_application {}
// Its example needs `lambda_http`, and so is a test of `examples/lambda`.
#[cfg(not(doctest))]
#[doc = include_str!("lambda.md")]
#[doc(alias = "serverless")]
pub mod lambda {}
#[doc = include_str!("login.md")]
#[doc(alias = "authentication")]
#[doc(alias = "devices")]
#[doc(alias = "logout")]
#[doc(alias = "flash")]
#[doc(alias = "remember")]
pub mod login {}
#[doc = include_str!("middleware.md")]
#[doc(alias = "extractor")]
#[doc(alias = "state")]
pub mod middleware {}
#[doc = include_str!("questions.md")]
#[doc(alias = "faq")]
#[doc(alias = "jwt")]
#[doc(alias = "redis")]
pub mod questions {}
#[doc = include_str!("streaming.md")]
#[doc(alias = "websocket")]
#[doc(alias = "sse")]
pub mod streaming {}
#[doc = include_str!("testing.md")]
#[doc(alias = "test")]
pub mod testing {}
#[doc = include_str!("watching.md")]
#[doc(alias = "log")]
#[doc(alias = "metrics")]
#[doc(alias = "tracing")]
pub mod watching {}
