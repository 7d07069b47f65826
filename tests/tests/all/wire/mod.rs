//! Requests are written, and the responses of loads read, without the AWS SDK: as it and serde_dynamo would.

mod answers;
mod bodies;
mod client;
mod intercepted;
mod mutations;
mod nested;
mod requests;
mod stalled;
