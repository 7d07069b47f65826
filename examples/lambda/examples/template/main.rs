//! Prints the SAM template of the shop, in which the table and the permissions are made from the session type:
//! `cargo run -p dynamo-session-lambda --example template > examples/lambda/template.yaml`

mod sam;

use std::error::Error;
use std::io::Write as _;

fn main() -> Result<(), Box<dyn Error>> {
    Ok(std::io::stdout().write_all(sam::template()?.as_bytes())?)
}
