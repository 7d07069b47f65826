use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Visibility;

use super::bounded;
use crate::model::{Field, Session};

/// A stored field, its place in the schema, and how its value is read from `__decoder`; nothing is read in a struct with
/// mistakes.
pub(crate) struct Reading<'a> {
    pub(crate) field: &'a Field,
    pub(crate) position: usize,
    pub(crate) value: Option<TokenStream>,
}

/// One associated constant for each stored field that a list can show, named after it. Where two would have one name, it is
/// the index's.
pub(crate) fn constants(session: &Session, mut readings: Vec<Reading<'_>>) -> TokenStream {
    readings.retain(|reading| reading.field.stored().is_none_or(|stored| stored.secret.is_none()));
    readings.sort_by_key(|reading| !reading.field.asks_for_index);
    let mut seen = BTreeSet::new();
    readings.retain(|reading| seen.insert(&reading.field.constant));
    readings.sort_by_key(|reading| reading.position);
    if readings.is_empty() {
        return TokenStream::new();
    }
    let constants = readings.iter().map(constant);
    let ident = &session.ident;
    let generics = bounded(session);
    let (parameters, arguments, conditions) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        #[allow(dead_code, deprecated, non_upper_case_globals, private_interfaces)]
        impl #parameters #ident #arguments #conditions {
            #(#constants)*
        }
    }
}

fn constant(Reading { field, position, value }: &Reading<'_>) -> TokenStream {
    let Field { constant, ident, ty, .. } = field;
    let visibility = match &field.visibility {
        // What `pub(self)` says, without the words that Clippy objects to.
        Visibility::Restricted(restricted) if restricted.path.is_ident("self") => None,
        visibility => Some(visibility),
    };
    // So that a constant of the user's with this name is reported at the field.
    let here = Span::call_site().located_at(ident.span());
    if field.asks_for_index {
        let indexed = field.indexed_type();
        let doc = format!(
            "The index on `{ident}`: the sessions with one value of it are listed and ended through `SessionStore::by`."
        );
        let read = match value {
            Some(value) => quote!(|__decoder| {
                let __value: #ty = #value?;
                __private::Ok(__private::From::from(__value))
            }),
            None => quote!(|_| __private::unreachable!()),
        };
        return quote_spanned! {here=>
            #[doc = #doc]
            #visibility const #constant: __private::SessionIndex<Self, #indexed> =
                __private::SessionIndex::new(#position, #read);
        };
    }
    let doc = format!("The field `{ident}`, to be read from listed sessions.");
    let read = match value {
        Some(value) => quote!(|__decoder| #value),
        None => quote!(|_| __private::unreachable!()),
    };
    quote_spanned! {here=>
        #[doc = #doc]
        #visibility const #constant: __private::SessionField<Self, #ty> =
            __private::SessionField::new(#position, #read);
    }
}
