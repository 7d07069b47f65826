use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{GenericParam, Generics, WherePredicate, parse_quote};

use crate::model::{Codec, Field, Kind, Role, Session};

/// The generics with what the fields need of the parameters that their types mention.
pub(crate) fn bounded(session: &Session) -> Generics {
    let mut generics = session.generics.clone();
    let parameters: BTreeSet<String> = generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(parameter.ident.to_string()),
            GenericParam::Const(parameter) => Some(parameter.ident.to_string()),
            GenericParam::Lifetime(_) => None,
        })
        .collect();
    if parameters.is_empty() {
        return generics;
    }
    let owned: Vec<WherePredicate> = generics
        .type_params()
        .map(|parameter| &parameter.ident)
        .map(|ident| parse_quote!(#ident: 'static))
        .collect();
    let conditions = generics.make_where_clause();
    conditions.predicates.extend(owned);
    for field in &session.fields {
        if mentions(field.ty.to_token_stream(), &parameters) {
            let ty = &field.ty;
            let bounds = bounds(field);
            conditions.predicates.push(parse_quote!(#ty: __private::Send #(+ __private::#bounds)*));
        }
    }
    generics
}

fn bounds(field: &Field) -> Vec<TokenStream> {
    let mut bounds = Vec::new();
    match &field.kind {
        Kind::HashKey(_) => return vec![quote!(SessionKey)],
        Kind::Ttl(_) | Kind::Created(_) => return vec![quote!(EpochSeconds)],
        Kind::Skipped => {}
        Kind::Stored(stored) => {
            let is_custom = matches!(stored.codec, Codec::With(_));
            match stored.codec {
                Codec::Bytes => return vec![quote!(Bytes)],
                Codec::Authenticated(_) => return vec![quote!(Authentication)],
                Codec::Serde | Codec::With(_) => {}
            }
            if !is_custom {
                bounds.push(quote!(Field));
            }
            match stored.role {
                Role::Counter => bounds.push(quote!(Counter)),
                Role::Set if !is_custom => bounds.push(quote!(Set)),
                Role::Append if !is_custom => bounds.push(quote!(List)),
                _ => {}
            }
            if stored.remember.is_some() {
                bounds.push(quote!(Remember));
            }
            if stored.index.is_some() {
                bounds.push(quote!(IndexKey));
            }
        }
    }
    if field.default.is_none() {
        bounds.push(quote!(Initial));
    }
    bounds
}

fn mentions(tokens: TokenStream, parameters: &BTreeSet<String>) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => parameters.contains(&ident.to_string()),
        TokenTree::Group(group) => mentions(group.stream(), parameters),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
