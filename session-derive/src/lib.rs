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
#[doc(alias = "alias")]
#[doc(alias = "append")]
#[doc(alias = "authenticated")]
#[doc(alias = "counter")]
#[doc(alias = "crate")]
#[doc(alias = "created")]
#[doc(alias = "default")]
#[doc(alias = "encrypt")]
#[doc(alias = "flatten")]
#[doc(alias = "guard")]
#[doc(alias = "hash_key")]
#[doc(alias = "idle_timeout")]
#[doc(alias = "ignore_serde")]
#[doc(alias = "index")]
#[doc(alias = "key_prefix")]
#[doc(alias = "lenient")]
#[doc(alias = "merge")]
#[doc(alias = "remember")]
#[doc(alias = "remember_timeout")]
#[doc(alias = "rename")]
#[doc(alias = "rename_all")]
#[doc(alias = "secret")]
#[doc(alias = "set")]
#[doc(alias = "skip")]
#[doc(alias = "sort_key")]
#[doc(alias = "sort_key_value")]
#[doc(alias = "table")]
#[doc(alias = "timeouts")]
#[doc(alias = "touch_interval")]
#[doc(alias = "ttl")]
#[doc(alias = "whole")]
#[doc(alias = "with")]
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
