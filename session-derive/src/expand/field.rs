use proc_macro2::TokenStream;
use quote::quote;
use syn::{Path, PathArguments};

use crate::model::{Codec, Field, Kind, Role, Stored};

/// The field in a new session.
pub(crate) fn initial(field: &Field) -> TokenStream {
    let Field { ident, ty, kind, .. } = field;
    let instant = quote!(<#ty as __private::EpochSeconds>::from_epoch_seconds);
    match kind {
        Kind::HashKey(_) => quote!(#ident: __header.key),
        Kind::Ttl(_) => quote!(#ident: #instant(__header.expires)),
        Kind::Created(_) => quote!(#ident: #instant(__header.created)),
        Kind::Skipped | Kind::Stored(_) => match &field.default {
            Some(value) => quote!(#ident: #value),
            None => {
                let default = default(field);
                quote!(#ident: #default())
            }
        },
    }
}

/// A function of the value that the field has where nothing is stored.
fn default(field: &Field) -> TokenStream {
    let ty = &field.ty;
    match (&field.default, &field.kind) {
        (Some(value), _) => quote!(|| #value),
        (None, Kind::Stored(Stored { codec: Codec::Bytes, .. })) => {
            quote!(<#ty as __private::Bytes>::initial)
        }
        (None, _) => quote!(<#ty as __private::Initial>::initial),
    }
}

pub(crate) fn expires(field: &Field) -> TokenStream {
    let Field { ident, ty, .. } = field;
    quote!(<#ty as __private::EpochSeconds>::epoch_seconds(&self.#ident))
}

pub(crate) fn created(field: Option<&Field>) -> TokenStream {
    match field.map(expires) {
        Some(seconds) => quote!(__private::Some(#seconds)),
        None => quote!(__private::None),
    }
}

pub(crate) fn attribute(field: &Field, stored: &Stored) -> TokenStream {
    let (name, ty) = (&field.name.text, &field.ty);
    let is_custom = matches!(stored.codec, Codec::With(_));
    let role = match stored.role {
        Role::Value => quote!(__private::Role::Value),
        Role::Whole => quote!(__private::Role::Whole),
        Role::Append if is_custom => quote!(__private::Role::Append),
        Role::Append => quote!(<#ty as __private::List>::ROLE),
        Role::Set if is_custom => quote!(__private::Role::Set),
        Role::Set => quote!(<#ty as __private::Set>::ROLE),
        Role::Counter => quote!(__private::Role::Counter),
    };
    let mut attribute = quote!(__private::Attribute::new(#name, #role));
    if !stored.aliases.is_empty() {
        let aliases = stored.aliases.iter().map(|alias| &alias.text);
        attribute.extend(quote!(.with_aliases(&[#(#aliases),*])));
    }
    if stored.guard {
        attribute.extend(quote!(.with_guard()));
    }
    if let Codec::Bytes = stored.codec {
        attribute.extend(quote!(.with_binary()));
    }
    if let Some(index) = &stored.index {
        let index = &index.text;
        let key_type = match stored.codec {
            Codec::Bytes => quote!(__private::KeyType::B),
            _ => quote!(<#ty as __private::IndexKey>::KEY_TYPE),
        };
        attribute.extend(quote!(.with_index(#index, #key_type)));
    }
    if stored.role == Role::Counter {
        attribute.extend(quote!(.with_range(<#ty as __private::Counter>::RANGE)));
    }
    attribute
}

pub(crate) fn encode(index: usize, field: &Field, stored: &Stored) -> TokenStream {
    let Field { ident, ty, .. } = field;
    match &stored.codec {
        Codec::Serde => quote! {
            <#ty as __private::Field>::encode(&self.#ident, __encoder, #index)?;
        },
        Codec::Bytes => quote! {
            <#ty as __private::Bytes>::encode(&self.#ident, __encoder, #index)?;
        },
        Codec::With(path) => {
            let path = in_expression(path);
            quote! {
                __encoder.with(#index, |__serializer| #path::serialize(&self.#ident, __serializer))?;
            }
        }
    }
}

pub(crate) fn decode(index: usize, field: &Field, stored: &Stored) -> TokenStream {
    let Field { ident, ty, .. } = field;
    let default = default(field);
    let value = match &stored.codec {
        Codec::Serde => quote!(<#ty as __private::Field>::decode(__decoder, #index, #default)),
        Codec::Bytes => quote!(<#ty as __private::Bytes>::decode(__decoder, #index, #default)),
        Codec::With(path) => {
            let path = in_expression(path);
            quote!(__decoder.with(#index, #default, #path::deserialize))
        }
    };
    quote!(#index => self.#ident = #value?,)
}

/// `As<T>` is written `As::<T>` before `::serialize`.
fn in_expression(path: &Path) -> Path {
    let mut path = path.clone();
    for segment in &mut path.segments {
        if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
            arguments.colon2_token.get_or_insert_default();
        }
    }
    path
}
