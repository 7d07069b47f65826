//! Tokens to attributes.

mod duration;
mod options;
mod serde;
mod setting;
mod spelling;

use syn::{Data, DeriveInput, Fields, FieldsNamed, Generics, Ident, Type, Visibility};

use crate::errors::Errors;
pub(crate) use options::{FieldOptions, Secrecy, StructOptions};
pub(crate) use setting::Text;

/// What was derived on, as it was written.
pub(crate) struct Input {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) options: StructOptions,
    /// `None` if it is not a struct with named fields.
    pub(crate) fields: Option<Vec<InputField>>,
}

pub(crate) struct InputField {
    pub(crate) visibility: Visibility,
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) options: FieldOptions,
}

pub(crate) fn parse(input: DeriveInput, errors: &mut Errors) -> Input {
    let options = StructOptions::parse(&input.attrs, errors);
    let checks_serde = !options.is_broken && options.ignore_serde.is_none();
    if checks_serde {
        serde::check(&input.attrs, |word| options.says(word), errors);
    }
    let fields = named_fields(input.data, &input.ident, errors).map(|fields| {
        fields
            .named
            .into_iter()
            .filter_map(|field| {
                let options = FieldOptions::parse(&field.attrs, errors);
                if checks_serde && !options.is_broken && options.ignore_serde.is_none() {
                    serde::check(&field.attrs, |word| options.says(word), errors);
                }
                Some(InputField {
                    visibility: field.vis,
                    ident: field.ident?,
                    ty: field.ty,
                    options,
                })
            })
            .collect()
    });
    Input { ident: input.ident, generics: input.generics, options, fields }
}

fn named_fields(data: Data, ident: &Ident, errors: &mut Errors) -> Option<FieldsNamed> {
    match data {
        Data::Struct(data) => match data.fields {
            Fields::Named(fields) => return Some(fields),
            Fields::Unnamed(fields) => errors.at(
                fields,
                "each field of a session is an attribute and needs a name: write `{ id: SessionId, .. }`",
            ),
            Fields::Unit => errors.at(
                ident,
                "a session needs fields: at least one marked `#[session(hash_key)]` and one marked `#[session(ttl)]`",
            ),
        },
        Data::Enum(data) => errors.at(
            data.enum_token,
            "a session is a struct with named fields, not an enum: keep the enum in a field of the struct",
        ),
        Data::Union(data) => errors.at(
            data.union_token,
            "a session is a struct with named fields, not a union: write `struct`",
        ),
    }
    None
}
