use syn::Ident;

use super::types;
use crate::errors::Errors;
use crate::parse::{FieldOptions, InputField};

/// A field that seems to lack a word, going by its type, and that word.
pub(crate) struct Stray {
    pub(crate) word: &'static str,
    pub(crate) field: Ident,
}

/// The fields whose types are the store's, but which nothing marks so.
pub(crate) fn strays(fields: &[InputField]) -> Vec<Stray> {
    let stray = |field: &InputField| {
        let word = types::store_word(&field.ty)?;
        let FieldOptions { hash_key, ttl, created, authenticated, .. } = &field.options;
        let marks = [hash_key, ttl, created, authenticated];
        let is_marked = marks.iter().any(|mark| mark.is_some());
        (!is_marked).then(|| Stray { word, field: field.ident.clone() })
    };
    fields.iter().filter_map(stray).collect()
}

/// Reports the words on one field that exclude each other, and returns the one that has to go.
pub(crate) fn check(
    options: &FieldOptions,
    strays: &[Stray],
    errors: &mut Errors,
) -> Option<String> {
    let words = words(options);
    for (position, first) in words.iter().enumerate() {
        let clash = words[position + 1..]
            .iter()
            .find_map(|second| Some((second, exclusion(&first.to_string(), &second.to_string())?)));
        let Some((second, reason)) = clash else { continue };
        let misplaced = [first, second]
            .into_iter()
            .find_map(|word| Some((word, strays.iter().find(|stray| *word == stray.word)?)));
        let (word, advice) = match misplaced {
            Some((word, stray)) => (word, format!("move `{word}` to `{}`", stray.field)),
            None => (second, reason.replace("{}", &format!("`{second}`"))),
        };
        errors.at(word, format!("`{second}` and `{first}` exclude each other: {advice}"));
        return Some(word.to_string());
    }
    None
}

/// The words that were written, those first that rule the others out.
fn words(options: &FieldOptions) -> Vec<&Ident> {
    let flags = [
        &options.hash_key,
        &options.ttl,
        &options.created,
        &options.authenticated,
        &options.skip,
        &options.remember,
    ];
    let secret = options.secret.iter().map(|given| &given.name);
    let others = [
        &options.counter,
        &options.set,
        &options.append,
        &options.whole,
        &options.merge,
        &options.guard,
        &options.lenient,
    ];
    let flags = flags.into_iter().flatten().map(|given| &given.name).chain(secret);
    let flags = flags.chain(others.into_iter().flatten().map(|given| &given.name));
    let index = options.index.iter().map(|given| &given.name);
    let with = options.with.iter().map(|given| &given.name);
    let default = options.default.iter().map(|given| &given.name);
    let alias = options.alias.iter().map(|given| &given.name);
    let rename = options.rename.iter().map(|given| &given.name);
    flags.chain(index).chain(with).chain(default).chain(alias).chain(rename).collect()
}

fn exclusion(first: &str, second: &str) -> Option<&'static str> {
    Some(match (first, second) {
        ("hash_key" | "ttl" | "created", "rename") => return None,
        ("hash_key" | "ttl" | "created", "hash_key" | "ttl" | "created" | "authenticated") => {
            "each of them has a field of its own, so move {} to its own"
        }
        ("hash_key" | "ttl" | "created", "alias") => {
            "this attribute has one name in the table, so write that one with `rename`"
        }
        ("hash_key" | "ttl" | "created", _) => "the store sets this field, so remove {}",
        ("authenticated", "rename" | "alias") => return None,
        ("authenticated", _) => "the store sets this field, so remove {}",
        ("skip", "default") => return None,
        ("skip", _) => "a skipped field is not stored, so remove one of the two",
        ("remember", "rename" | "alias" | "guard") => return None,
        ("remember", "default") => {
            "a session is remembered when the visitor asks for it, so it begins as `false`: remove {}"
        }
        ("remember", _) => "the field is a `bool` that the library has to read, so remove {}",
        ("secret", "counter" | "set" | "append" | "merge") => {
            "DynamoDB cannot change the inside of what is encrypted, so remove one of the two"
        }
        ("secret", "whole") => "a secret is one value in any case, so remove {}",
        ("secret", "index") => {
            "an index finds a value that the table shows, so put it on a field that is no secret"
        }
        (
            "counter" | "set" | "append" | "whole" | "merge",
            "counter" | "set" | "append" | "whole" | "merge",
        ) => "a field is written in one way, so remove one of the two",
        ("counter", "guard") => "a counter adds differences, which never conflict, so remove {}",
        ("counter", "with") => "a counter is stored as the number that it is, so remove {}",
        ("set" | "append" | "merge", "index") => {
            "an index is on a text, a number or bytes, so put it on a field of its own"
        }
        ("index", "with") => {
            "an index has to know how the value is stored, so use a newtype with serde's traits and `IndexKey`"
        }
        _ => return None,
    })
}
