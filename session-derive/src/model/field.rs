use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Expr, GenericArgument, Ident, LitStr, Path, PathArguments, Type};

use super::case::Case;
use super::combination;
use crate::errors::Errors;
use crate::parse::{FieldOptions, InputField};

pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) name: Name,
    pub(crate) kind: Kind,
    pub(crate) default: Option<Expr>,
    /// Something about the field was already reported.
    pub(crate) is_broken: bool,
}

pub(crate) enum Kind {
    HashKey(Ident),
    Ttl(Ident),
    Created(Ident),
    Skipped,
    Stored(Stored),
}

pub(crate) struct Stored {
    pub(crate) aliases: Vec<Name>,
    pub(crate) role: Role,
    pub(crate) guard: bool,
    pub(crate) index: Option<Name>,
    pub(crate) codec: Codec,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Value,
    Whole,
    Append,
    Set,
    Counter,
}

pub(crate) enum Codec {
    Serde,
    Bytes,
    With(Path),
}

/// A name in the table, and where the struct says so.
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) is_literal: bool,
    place: TokenStream,
}

impl Name {
    fn implied(text: String, place: impl ToTokens) -> Self {
        Self { text, is_literal: false, place: place.into_token_stream() }
    }

    fn literal(literal: &LitStr) -> Self {
        Self { text: literal.value(), is_literal: true, place: literal.into_token_stream() }
    }
}

impl ToTokens for Name {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.place.to_tokens(tokens);
    }
}

impl Field {
    pub(crate) fn new(field: InputField, case: Case, errors: &mut Errors) -> Self {
        let InputField { ident, ty, mut options } = field;
        let mut found = Errors::default();
        combination::check(&options, &mut found);
        let name = match &options.rename {
            Some(rename) => Name::literal(&rename.value),
            None => Name::implied(case.apply(&ident.unraw().to_string()), &ident),
        };
        let default = options.default.take().and_then(|default| default.value);
        let was_broken = options.is_broken;
        let kind = kind(options, &ty, &name, &mut found);
        let is_broken = was_broken || !found.is_empty();
        errors.append(found);
        Self { ident, ty, name, kind, default, is_broken }
    }

    pub(crate) fn stored(&self) -> Option<&Stored> {
        match &self.kind {
            Kind::Stored(stored) => Some(stored),
            _ => None,
        }
    }

    /// The word that the field seems to lack, going by the name of its type.
    pub(crate) fn missing_word(&self) -> Option<&'static str> {
        self.stored()?;
        let words = [("SessionId", "hash_key"), ("Expires", "ttl"), ("CreatedAt", "created")];
        words.into_iter().find(|(ty, _)| self.looks_like(ty)).map(|(_, word)| word)
    }

    fn looks_like(&self, name: &str) -> bool {
        matches!(unwrapped(&self.ty), Type::Path(path)
            if path.path.segments.last().is_some_and(|segment| segment.ident == name))
    }
}

fn kind(options: FieldOptions, ty: &Type, name: &Name, errors: &mut Errors) -> Kind {
    if let Some(key) = options.hash_key {
        return Kind::HashKey(key.name);
    }
    if let Some(ttl) = options.ttl {
        return Kind::Ttl(ttl.name);
    }
    if let Some(created) = options.created {
        return Kind::Created(created.name);
    }
    if options.skip.is_some() {
        return Kind::Skipped;
    }
    let codec = match &options.with {
        Some(with) => Codec::With(with.value.clone()),
        None if is_bytes(ty) => Codec::Bytes,
        None => Codec::Serde,
    };
    check_type(&options, ty, &codec, errors);
    Kind::Stored(Stored {
        aliases: options.alias.iter().map(|alias| Name::literal(&alias.value)).collect(),
        role: role(&options),
        guard: options.guard.is_some(),
        index: options.index.map(|index| match &index.value {
            Some(literal) => Name::literal(literal),
            None => Name::implied(name.text.clone(), index.name),
        }),
        codec,
    })
}

fn role(options: &FieldOptions) -> Role {
    if options.counter.is_some() {
        Role::Counter
    } else if options.set.is_some() {
        Role::Set
    } else if options.append.is_some() {
        Role::Append
    } else if options.whole.is_some() {
        Role::Whole
    } else {
        Role::Value
    }
}

fn check_type(options: &FieldOptions, ty: &Type, codec: &Codec, errors: &mut Errors) {
    if let (Codec::Bytes, Some(append)) = (codec, &options.append) {
        errors.at(
            &append.name,
            "bytes are stored as one Binary, which cannot be appended to: remove `append`",
        );
    }
    if let (Codec::Serde, Type::Reference(reference)) = (codec, unwrapped(ty))
        && reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident == "static")
    {
        errors.at(
            reference,
            "a session owns what it stores: write an owned type, such as `String` instead of `&str`",
        );
    }
}

/// `Vec<u8>` and `[u8; N]`, written so, and an `Option` of either.
fn is_bytes(ty: &Type) -> bool {
    match unwrapped(ty) {
        Type::Array(array) => is_u8(&array.elem),
        Type::Path(_) => {
            argument(ty, "Vec").is_some_and(is_u8)
                || argument(ty, "Option")
                    .is_some_and(|ty| argument(ty, "Option").is_none() && is_bytes(ty))
        }
        _ => false,
    }
}

fn is_u8(ty: &Type) -> bool {
    matches!(unwrapped(ty), Type::Path(path) if path.path.is_ident("u8"))
}

/// The `T` of `Wrapper<T>`, however the path to the wrapper is written.
fn argument<'a>(ty: &'a Type, wrapper: &str) -> Option<&'a Type> {
    let Type::Path(path) = unwrapped(ty) else { return None };
    let segment = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(ty) if segment.ident == wrapper && arguments.args.len() == 1 => {
            Some(ty)
        }
        _ => None,
    }
}

/// The type without the invisible groups that macros by example put around it.
fn unwrapped(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            ty => return ty,
        };
    }
}
