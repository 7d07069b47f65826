use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Ident, Path, PathArguments};

use crate::model::{Codec, Field, Kind, Role, Stored};
use crate::parse::Secrecy;

/// The field in a new session.
pub(crate) fn initial(field: &Field) -> TokenStream {
    let Field { ident, ty, kind, .. } = field;
    let instant = quote!(<#ty as __private::EpochSeconds>::from_epoch_seconds);
    let value = match kind {
        Kind::HashKey(_) => quote!(__header.key),
        Kind::Ttl(_) => quote!(#instant(__header.expires)),
        Kind::Created(_) => quote!(#instant(__header.created)),
        Kind::Skipped | Kind::Stored(_) => default(field),
    };
    quote!(#ident: #value)
}

/// The value where nothing is stored.
fn default(field: &Field) -> TokenStream {
    let ty = &field.ty;
    match (&field.default, &field.kind) {
        (Some(value), _) => quote!(#value),
        (None, Kind::Stored(Stored { codec: Codec::Bytes, .. })) => {
            quote!(<#ty as __private::Bytes>::initial())
        }
        (None, Kind::Stored(Stored { codec: Codec::Authenticated(_), .. })) => {
            quote!(<#ty as __private::Authentication>::initial())
        }
        (None, _) if is_unmarked(field) => quote!(<#ty as __private::Unmarked>::initial()),
        (None, _) => quote!(<#ty as __private::Initial>::initial()),
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

pub(crate) fn attribute(field: &Field, stored: &Stored, key: &TokenStream) -> TokenStream {
    let (name, ty) = (&field.name.text, &field.ty);
    let is_custom = matches!(stored.codec, Codec::With(_));
    let role = match stored.role {
        Role::Value if stored.remember.is_some() => quote!(<#ty as __private::Remember>::ROLE),
        Role::Value => quote!(__private::Role::Value),
        Role::Whole => quote!(__private::Role::Whole),
        Role::Merge => quote!(__private::Role::Merge),
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
    if stored.lenient {
        attribute.extend(quote!(.with_lenient()));
    }
    if let Codec::Bytes = stored.codec {
        attribute.extend(quote!(.with_binary()));
    }
    if let Some(secrecy) = stored.secret {
        let secrecy = match secrecy {
            Secrecy::Encrypted => quote!(ENCRYPTED),
            Secrecy::Readable => quote!(READABLE),
        };
        attribute.extend(quote!(.with_secret(<#key as __private::KeepsSecrets>::#secrecy)));
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
        Codec::Serde => {
            let codec = codec(field);
            quote!(<#ty as __private::#codec>::encode(&self.#ident, __encoder, #index)?;)
        }
        Codec::Bytes => quote! {
            <#ty as __private::Bytes>::encode(&self.#ident, __encoder, #index)?;
        },
        Codec::Authenticated(_) => quote! {
            <#ty as __private::Authentication>::encode(&self.#ident, __encoder, #index)?;
        },
        Codec::With(path) => {
            let serialize = function(path, "serialize");
            quote! {
                __encoder.with(#index, |__serializer| #serialize(&self.#ident, __serializer))?;
            }
        }
    }
}

pub(crate) fn decode(index: usize, field: &Field, stored: &Stored) -> TokenStream {
    let ident = &field.ident;
    let value = decoded(index, field, stored);
    quote!(#index => self.#ident = #value?,)
}

/// What `__decoder` has for the field: its value, or an error.
pub(crate) fn decoded(index: usize, field: &Field, stored: &Stored) -> TokenStream {
    let ty = &field.ty;
    let default = default(field);
    match &stored.codec {
        Codec::Serde => {
            let codec = codec(field);
            quote!(<#ty as __private::#codec>::decode(__decoder, #index, || #default))
        }
        Codec::Bytes => quote!(<#ty as __private::Bytes>::decode(__decoder, #index, || #default)),
        Codec::Authenticated(_) => {
            quote!(<#ty as __private::Authentication>::decode(__decoder, #index))
        }
        Codec::With(path) => {
            let deserialize = function(path, "deserialize");
            quote!(__decoder.with(#index, || #default, |__deserializer| #deserialize(__deserializer)))
        }
    }
}

/// Whether the field's type is named like those that the store sets, but the field is not marked so.
fn is_unmarked(field: &Field) -> bool {
    field.missing_word().is_some() && field.default.is_none()
}

/// The trait that stores the field: a choice of error messages.
fn codec(field: &Field) -> Ident {
    let name = if is_unmarked(field) { "Unmarked" } else { "Field" };
    Ident::new(name, Span::call_site())
}

/// A function of the module or type that `with` names, `As<T>` written as `As::<T>`.
fn function(path: &Path, name: &str) -> Path {
    let mut path = path.clone();
    let mut span = Span::call_site();
    for segment in &mut path.segments {
        span = segment.ident.span();
        if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
            arguments.colon2_token.get_or_insert_default();
        }
    }
    path.segments.push(Ident::new(name, span).into());
    path
}
