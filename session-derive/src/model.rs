//! The session as data.

mod case;
mod combination;
mod field;
mod types;

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Generics, Ident};

use crate::errors::Errors;
use crate::parse::{Input, StructOptions, Text};
use case::Case;
use combination::strays;
pub(crate) use field::{Codec, Field, Kind, Name, Role, Stored};

const DEFAULT_IDLE: u64 = 30 * 60;

pub(crate) struct Session {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) options: StructOptions,
    pub(crate) timeouts: Timeouts,
    pub(crate) sort_key: Option<Name>,
    pub(crate) fields: Vec<Field>,
    has_named_fields: bool,
}

/// In seconds.
pub(crate) struct Timeouts {
    pub(crate) idle: u64,
    pub(crate) remember: Option<u64>,
    pub(crate) touch_interval: u64,
    pub(crate) absolute: Option<u64>,
}

impl Session {
    pub(crate) fn new(input: Input, errors: &mut Errors) -> Self {
        let case = input
            .options
            .rename_all
            .as_ref()
            .and_then(|given| errors.keep(Case::parse(&given.value)))
            .unwrap_or_default();
        let has_named_fields = input.fields.is_some();
        let fields = input.fields.unwrap_or_default();
        let strays = strays(&fields);
        let fields =
            fields.into_iter().map(|field| Field::new(field, case, &strays, errors)).collect();
        Self {
            has_named_fields,
            ident: input.ident,
            generics: input.generics,
            timeouts: Timeouts::new(&input.options),
            sort_key: input.options.sort_key.as_ref().map(|name| Name::literal(&name.value)),
            options: input.options,
            fields,
        }
    }

    /// The path of the module that generated code may use.
    pub(crate) fn private(&self) -> TokenStream {
        match &self.options.krate {
            Some(krate) => {
                let path = &krate.value;
                quote!(#path::private)
            }
            None => quote!(::dynamo_session::private),
        }
    }

    /// Whether it is certain that no field was to be marked with this word.
    pub(crate) fn surely_lacks(&self, word: &str) -> bool {
        let is_lost = |field: &Field| field.lost.iter().any(|lost| lost == word);
        self.has_named_fields && !self.fields.iter().any(is_lost)
    }

    pub(crate) fn table(&self) -> Option<&Text> {
        self.options.table.as_ref().map(|table| &table.value)
    }

    pub(crate) fn key_prefix(&self) -> Option<&Text> {
        self.options.key_prefix.as_ref().map(|prefix| &prefix.value)
    }

    pub(crate) fn sort_key_value(&self) -> Option<&Text> {
        self.options.sort_key_value.as_ref().map(|value| &value.value)
    }

    /// What the table's keys begin with where the struct does not say.
    pub(crate) fn default_key_prefix(&self) -> String {
        format!("{}#", self.ident.unraw())
    }
}

impl Timeouts {
    fn new(options: &StructOptions) -> Self {
        let preset = options.timeouts.as_ref().map(|preset| &preset.value);
        let idle = options.idle_timeout.as_ref().map(|idle| idle.value.seconds);
        let idle = idle.or(preset.map(|preset| preset.idle)).unwrap_or(DEFAULT_IDLE);
        let absolute = options.absolute_timeout.as_ref().map(|absolute| absolute.value.seconds);
        Self {
            idle,
            remember: options.remember_timeout.as_ref().map(|remember| remember.value.seconds),
            touch_interval: match &options.touch_interval {
                Some(touch) => touch.value.seconds,
                None => (idle / 10).max(1),
            },
            absolute: absolute.or(preset.map(|preset| preset.absolute)),
        }
    }
}
