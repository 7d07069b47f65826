//! The derive macro of `dynamo-session`, which re-exports it.

mod check;
mod errors;
mod expand;
mod fallback;
mod model;
mod parse;

use errors::Errors;
use model::Session;
use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

#[doc = include_str!("derive.md")]
#[proc_macro_derive(DynamoSession, attributes(session, serde))]
pub fn derive_dynamo_session(input: TokenStream) -> TokenStream {
    derive(parse_macro_input!(input)).into()
}

fn derive(input: DeriveInput) -> proc_macro2::TokenStream {
    let mut errors = Errors::default();
    let input = parse::parse(input, &mut errors);
    let session = Session::new(input, &mut errors);
    match check::check(&session, &mut errors) {
        Some(checked) if errors.is_empty() => expand::expand(&checked),
        _ => fallback::expand(&session, errors),
    }
}

#[cfg(test)]
#[path = "../tests/expansion/mod.rs"]
mod expansion;
