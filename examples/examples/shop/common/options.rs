use std::path::PathBuf;

use clap::Parser;

/// A small shop, to see dynamo-session at work in a browser.
///
/// Its sessions are kept in memory, unless --db or --table says otherwise.
#[derive(Debug, Parser)]
#[command(name = "shop")]
pub(crate) struct Options {
    /// Listen on this port; 0 for any that is free
    #[arg(long, default_value_t = 3000)]
    pub(crate) port: u16,

    /// Keep the sessions in this file
    #[arg(long, value_name = "FILE", conflicts_with = "table")]
    pub(crate) db: Option<PathBuf>,

    /// Keep the sessions in this DynamoDB table, created if it is missing: on AWS, or at the endpoint in
    /// AWS_ENDPOINT_URL_DYNAMODB or AWS_ENDPOINT_URL
    #[arg(long, value_name = "NAME")]
    pub(crate) table: Option<String>,

    /// Serve other machines too, by plain http: session cookies can be read on the way
    #[arg(long)]
    pub(crate) insecure: bool,
}
