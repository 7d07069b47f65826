use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Visibility;

use crate::model::{Field, Session};

/// One associated constant for each index, named after its field, from the fields and their places in the schema.
pub(crate) fn constants<'a>(
    session: &Session,
    fields: impl Iterator<Item = (usize, &'a Field)>,
) -> TokenStream {
    let mut seen = BTreeSet::new();
    let constants: Vec<_> = fields
        .filter(|(_, field)| field.constant.as_ref().is_some_and(|name| seen.insert(name)))
        .map(|(position, field)| constant(position, field))
        .collect();
    if constants.is_empty() {
        return TokenStream::new();
    }
    let ident = &session.ident;
    let (parameters, arguments, conditions) = session.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        #[allow(dead_code, deprecated, non_upper_case_globals, private_interfaces)]
        impl #parameters #ident #arguments #conditions {
            #(#constants)*
        }
    }
}

fn constant(position: usize, field: &Field) -> TokenStream {
    let Field { constant, ident, .. } = field;
    let value = field.indexed_type();
    let visibility = match &field.visibility {
        // What `pub(self)` says, without the words that Clippy objects to.
        Visibility::Restricted(restricted) if restricted.path.is_ident("self") => None,
        visibility => Some(visibility),
    };
    let doc = format!(
        "The index on `{ident}`: the sessions with one value of it are listed and ended through `SessionStore::by`."
    );
    // So that a constant of the user's with this name is reported at the field.
    let here = Span::call_site().located_at(ident.span());
    quote_spanned! {here=>
        #[doc = #doc]
        #visibility const #constant: __private::SessionIndex<Self, #value> =
            __private::SessionIndex::new(#position);
    }
}
