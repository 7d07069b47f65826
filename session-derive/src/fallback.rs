//! What is emitted next to errors, so that one mistake shows one error and not a wave.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse_quote;

use crate::errors::Errors;
use crate::expand::{Reading, attribute, bounded, constants, decode, encode, expires, wrapped};
use crate::model::{Field, Kind, Session, Stored};

pub(crate) fn expand(session: &Session, errors: Errors) -> TokenStream {
    let errors = errors.into_compile_errors();
    let implementation = implementation(session);
    // What names them elsewhere would otherwise be reported, too.
    let readings =
        session.fields.iter().filter(|field| field.stored().is_some() || field.asks_for_index);
    let readings = readings.map(|field| Reading { field, position: 0, value: None });
    let constants = constants(session, readings.collect());
    let implementation = wrapped(session, &quote!(#implementation #constants));
    quote!(#errors #implementation)
}

fn is_sound(field: &Field) -> bool {
    !field.is_broken && field.missing_word().is_none()
}

/// An implementation that never runs, but checks the types of the fields that nothing was reported about.
fn implementation(session: &Session) -> TokenStream {
    let ident = &session.ident;
    let has_lifetimes = session.generics.lifetimes().next().is_some();
    let mut generics = bounded(session);
    for parameter in session.generics.type_params() {
        let parameter = &parameter.ident;
        let conditions = generics.make_where_clause();
        conditions.predicates.push(parse_quote!(#parameter: __private::Send + 'static));
    }
    // With a lifetime, it is not asked here whether that is so, as of an `Rc` that was reported already.
    let is_send = parse_quote!(for<'__any> Self: __private::Send);
    generics.make_where_clause().predicates.push(is_send);
    let (parameters, arguments, conditions) = generics.split_for_impl();
    let target = match has_lifetimes {
        // Whatever else it is generic over, the lifetimes are what has to go first.
        true if session.generics.params.len() > session.generics.lifetimes().count() => {
            return TokenStream::new();
        }
        true => {
            let lifetimes = session.generics.lifetimes().map(|_| quote!('static));
            quote!(impl __private::DynamoSession for #ident<#(#lifetimes),*>)
        }
        false => {
            quote!(impl #parameters __private::DynamoSession for #ident #arguments #conditions)
        }
    };
    let sound: Vec<&Field> =
        session.fields.iter().filter(|field| !has_lifetimes && is_sound(field)).collect();
    let stored: Vec<(&Field, &Stored)> =
        sound.iter().filter_map(|field| Some((*field, field.stored()?))).collect();
    let key = match sound.iter().find(|field| matches!(field.kind, Kind::HashKey(_))) {
        Some(Field { ty, .. }) => quote!(#ty),
        None => quote!(__private::SessionId),
    };
    let instants =
        sound.iter().filter(|field| matches!(field.kind, Kind::Ttl(_) | Kind::Created(_)));
    let instants = instants.map(|field| expires(field));
    let attributes = stored.iter().map(|(field, stored)| attribute(field, stored, &key));
    let encode = stored.iter().map(|(field, stored)| encode(0, field, stored));
    let decode =
        stored.iter().enumerate().map(|(index, (field, stored))| decode(index, field, stored));
    quote! {
        #[automatically_derived]
        #[allow(deprecated, unreachable_code)]
        #target {
            type Key = #key;

            const SCHEMA: &'static __private::Schema = &__private::Schema::new(
                "",
                "",
                __private::Timeouts::from_secs(1, __private::None, 1),
                &[#(#attributes),*],
            );

            fn __new(_: __private::Header<Self::Key>) -> Self {
                __private::unreachable!()
            }

            fn __key(&self) -> &Self::Key {
                __private::unreachable!()
            }

            fn __expires(&self) -> __private::i64 {
                #(_ = #instants;)*
                __private::unreachable!()
            }

            fn __set_key(&mut self, _: Self::Key) {}

            fn __set_expires(&mut self, _: __private::i64) {}

            fn __created(&self) -> __private::Option<__private::i64> {
                __private::None
            }

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
    }
}
