//! `#[serde(..)]` on the session itself, which `DynamoSession` does not read.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Token};

use crate::errors::Errors;

/// Reports what serde's derives would read and this one does not, unless ours says the same.
pub(super) fn check(attributes: &[Attribute], says: impl Fn(&str) -> bool, errors: &mut Errors) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        let words = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
        // What does not parse is for serde to report.
        for word in words.into_iter().flatten() {
            let Some(name) = word.path().get_ident() else { continue };
            let (counterpart, advice) = advice(name, &word);
            if !counterpart.is_some_and(&says) {
                errors.at(
                    word.path(),
                    format!(
                        "`DynamoSession` ignores `#[serde({name})]`: {advice}; if it is for another derive, add \
                         `#[session(ignore_serde)]`"
                    ),
                );
            }
        }
    }
}

/// Our word for serde's, and what to do.
fn advice(name: &Ident, word: &Meta) -> (Option<&'static str>, String) {
    let text = text(word);
    let ours = |word: &'static str, written: String| {
        (Some(word), format!("write `#[session({written})]` instead"))
    };
    match name.to_string().as_str() {
        "skip" | "skip_serializing" | "skip_deserializing" => ours("skip", "skip".to_owned()),
        "rename" => ours("rename", format!("rename = {:?}", text.as_deref().unwrap_or(".."))),
        "alias" => ours("alias", format!("alias = {:?}", text.as_deref().unwrap_or(".."))),
        "rename_all" => {
            ours("rename_all", format!("rename_all = {:?}", text.as_deref().unwrap_or("..")))
        }
        "default" => match text {
            Some(path) => ours("default", format!("default = {path}()")),
            None => (
                Some("default"),
                "a field that the item lacks has its default anyway, so remove it".to_owned(),
            ),
        },
        "with" => ours("with", format!("with = {}", text.as_deref().unwrap_or("path::to::module"))),
        "serialize_with" | "deserialize_with" => {
            ours("with", "with = path::to::module".to_owned())
        }
        "crate" => ours("crate", "crate = path::to::dynamo_session".to_owned()),
        "skip_serializing_if" => {
            (None, "`None` and an empty set are not stored anyway, so remove it".to_owned())
        }
        "flatten" => (
            None,
            "each field is one attribute, so write the inner fields here, or keep them in one attribute"
                .to_owned(),
        ),
        "deny_unknown_fields" => {
            (None, "attributes that the struct does not name are left alone, so remove it".to_owned())
        }
        _ => (None, "it means nothing here, so remove it".to_owned()),
    }
}

/// The text that a word was given.
fn text(word: &Meta) -> Option<String> {
    match &word.require_name_value().ok()?.value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        other => Some(other.to_token_stream().to_string()),
    }
}
