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
#[doc(alias = "absolute_timeout")]
#[doc(alias = "append")]
#[doc(alias = "authenticated")]
#[doc(alias = "counter")]
#[doc(alias = "created")]
#[doc(alias = "encrypt")]
#[doc(alias = "guard")]
#[doc(alias = "hash_key")]
#[doc(alias = "idle_timeout")]
#[doc(alias = "index")]
#[doc(alias = "lenient")]
#[doc(alias = "merge")]
#[doc(alias = "remember")]
#[doc(alias = "remember_timeout")]
#[doc(alias = "secret")]
#[doc(alias = "set")]
#[doc(alias = "touch_interval")]
#[doc(alias = "ttl")]
#[doc(alias = "whole")]
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
