//! The model to tokens.

mod bounds;
mod constants;
mod field;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};

use crate::check::Checked;
use crate::model::{Field, Name, Session, Timeouts};
use crate::parse::Text;
pub(crate) use bounds::bounded;
pub(crate) use constants::{Reading, constants};
pub(crate) use field::{attribute, decode, encode, expires};
use field::{created, decoded, initial};

pub(crate) fn expand(checked: &Checked<'_>) -> TokenStream {
    let Checked { session, hash_key, ttl, stored, .. } = checked;
    let ident = &session.ident;
    let generics = bounded(session);
    let (parameters, arguments, conditions) = generics.split_for_impl();
    let schema = schema(checked);
    let (key, key_type) = (&hash_key.ident, &hash_key.ty);
    let (ttl_field, ttl_type) = (&ttl.ident, &ttl.ty);
    let expires = expires(ttl);
    let created = created(checked.created);
    let set_created = checked.created.map(|Field { ident: field, ty, .. }| {
        quote! {
            fn __set_created(&mut self, __created: __private::i64) {
                self.#field = <#ty as __private::EpochSeconds>::from_epoch_seconds(__created);
            }
        }
    });
    let initial = session.fields.iter().map(initial);
    let encode =
        stored.iter().enumerate().map(|(index, (field, stored))| encode(index, field, stored));
    let decode =
        stored.iter().enumerate().map(|(index, (field, stored))| decode(index, field, stored));
    let authenticated = stored.iter().find(|(_, stored)| stored.authenticated().is_some());
    let authentication = authenticated.map(|(Field { ident: field, ty, .. }, _)| {
        quote! {
            #[automatically_derived]
            #[allow(deprecated)]
            impl #parameters __private::Authenticated for #ident #arguments #conditions {
                fn __authenticate(&mut self, __at: __private::i64) {
                    self.#field = <#ty as __private::Authentication>::at(__at);
                }
            }
        }
    });
    let authenticated = authenticated.map(|(Field { ident: field, ty, .. }, _)| {
        quote! {
            fn __authenticated(&self) -> __private::Option<__private::i64> {
                <#ty as __private::Authentication>::epoch_seconds(&self.#field)
            }
        }
    });
    let implementation = quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #parameters __private::DynamoSession for #ident #arguments #conditions {
            type Key = #key_type;

            const SCHEMA: &'static __private::Schema = #schema;

            fn __new(__header: __private::Header<Self::Key>) -> Self {
                Self { #(#initial),* }
            }

            fn __key(&self) -> &Self::Key {
                &self.#key
            }

            fn __set_key(&mut self, __key: Self::Key) {
                self.#key = __key;
            }

            fn __expires(&self) -> __private::i64 {
                #expires
            }

            fn __set_expires(&mut self, __expires: __private::i64) {
                self.#ttl_field = <#ttl_type as __private::EpochSeconds>::from_epoch_seconds(__expires);
            }

            fn __created(&self) -> __private::Option<__private::i64> {
                #created
            }

            #set_created

            #authenticated

            fn __encode(&self, __encoder: &mut __private::Encoder) -> __private::Result<()> {
                #(#encode)*
                __private::Ok(())
            }

            fn __decode_field(
                &mut self,
                __index: __private::usize,
                __decoder: &mut __private::Decoder<'_>,
            ) -> __private::Result<()> {
                match __index {
                    #(#decode)*
                    _ => {}
                }
                __private::Ok(())
            }
        }
    };
    let readings = stored.iter().enumerate().map(|(position, (field, stored))| Reading {
        field,
        position,
        value: Some(decoded(position, field, stored)),
    });
    let constants = constants(session, readings.collect());
    wrapped(session, &quote!(#implementation #authentication #constants))
}

/// In a scope of its own, where one import stands for the path to the crate.
pub(crate) fn wrapped(session: &Session, implementation: &TokenStream) -> TokenStream {
    let private = session.private();
    quote! {
        const _: () = {
            use #private as __private;
            #implementation
        };
    }
}

fn schema(checked: &Checked<'_>) -> TokenStream {
    let Checked { session, hash_key, ttl, created, stored } = checked;
    let (key, expires) = (&hash_key.name.text, &ttl.name.text);
    let Timeouts { idle, remember, touch_interval, absolute } = &session.timeouts;
    let authenticated = stored.iter().position(|(_, stored)| stored.authenticated().is_some());
    let authenticated = authenticated.map(|index| quote!(.with_authenticated(#index)));
    let remember_timeout = remember.map(|seconds| quote!(.with_remember(#seconds)));
    let remember = stored.iter().position(|(_, stored)| stored.remember.is_some());
    let remember = remember.map(|index| quote!(.with_remember(#index)));
    let absolute = match absolute {
        Some(seconds) => quote!(__private::Some(#seconds)),
        None => quote!(__private::None),
    };
    let key_type = hash_key.ty.to_token_stream();
    let attributes = stored.iter().map(|(field, stored)| attribute(field, stored, &key_type));
    let table = session.table().map(|table| match table {
        Text::Literal(table) => quote!(.with_table(#table)),
        Text::Constant(table) => quote!(.with_table(#table)),
    });
    let key_prefix = match session.key_prefix() {
        Some(Text::Literal(prefix)) => quote!(.with_key_prefix(#prefix)),
        Some(Text::Constant(prefix)) => quote!(.with_key_prefix(#prefix)),
        None => {
            let prefix = session.default_key_prefix();
            quote!(.with_default_key_prefix(Self::__IS_PREFIXED, #prefix))
        }
    };
    let sort_key =
        session.sort_key.as_ref().map(|Name { text: name, .. }| match session.sort_key_value() {
            Some(Text::Literal(value)) => quote!(.with_fixed_sort_key(#name, #value)),
            Some(Text::Constant(value)) => quote!(.with_fixed_sort_key(#name, #value)),
            None => quote!(.with_sort_key(#name)),
        });
    let created = created.map(|field| {
        let name = &field.name.text;
        quote!(.with_created(#name))
    });
    quote! {
        &__private::Schema::new(
            #key,
            #expires,
            __private::Timeouts::from_secs(#idle, #absolute, #touch_interval) #remember_timeout,
            &[#(#attributes),*],
        )
        #table
        #key_prefix
        #sort_key
        #created
        #authenticated
        #remember
    }
}
