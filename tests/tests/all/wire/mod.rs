//! A load reads the response's body itself: whatever the body is, as the AWS SDK and serde_dynamo would.

mod bodies;
mod client;
mod mutations;
