use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Expr, Ident, LitStr, Path, Type, Visibility};

use super::case::Case;
use super::combination::{self, Stray};
use super::types;
use crate::errors::Errors;
use crate::parse::{FieldOptions, InputField, Secrecy};

pub(crate) struct Field {
    pub(crate) visibility: Visibility,
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) name: Name,
    pub(crate) kind: Kind,
    pub(crate) default: Option<Expr>,
    /// The name of the constant that stands for the field.
    pub(crate) constant: Ident,
    /// The constant stands for the field's index: also where `index` itself is at fault.
    pub(crate) asks_for_index: bool,
    /// Words that were probably meant, but could not be read.
    pub(crate) lost: Vec<String>,
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
    pub(crate) lenient: bool,
    /// The word, where the field says whether the session is remembered.
    pub(crate) remember: Option<Ident>,
    pub(crate) secret: Option<Secrecy>,
    pub(crate) index: Option<Name>,
    pub(crate) codec: Codec,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Value,
    Whole,
    Merge,
    Append,
    Set,
    Counter,
}

pub(crate) enum Codec {
    Serde,
    Bytes,
    With(Path),
    /// When the visitor authenticated: the word.
    Authenticated(Ident),
}

impl Stored {
    /// The word, where the field says when the visitor authenticated.
    pub(crate) fn authenticated(&self) -> Option<&Ident> {
        match &self.codec {
            Codec::Authenticated(word) => Some(word),
            _ => None,
        }
    }
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

    pub(super) fn literal(literal: &LitStr) -> Self {
        Self { text: literal.value(), is_literal: true, place: literal.into_token_stream() }
    }
}

impl ToTokens for Name {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.place.to_tokens(tokens);
    }
}

impl Field {
    pub(crate) fn new(
        field: InputField,
        case: Case,
        strays: &[Stray],
        errors: &mut Errors,
    ) -> Self {
        let InputField { visibility, ident, ty, mut options } = field;
        let mut found = Errors::default();
        let mut lost = std::mem::take(&mut options.lost);
        lost.extend(combination::check(&options, strays, &mut found));
        let name = match &options.rename {
            Some(rename) => Name::literal(&rename.value),
            None => Name::implied(case.apply(&ident.unraw().to_string()), &ident),
        };
        let asks_for_index = options.index.is_some() || lost.iter().any(|word| word == "index");
        let constant = constant(&ident);
        check_default(&options, &ty, &mut found);
        let default = options.default.take().and_then(|default| default.value);
        let was_broken = options.is_broken;
        let kind = kind(options, &ty, &name, &mut found);
        let is_broken = was_broken || !found.is_empty();
        errors.append(found);
        Self {
            visibility,
            ident,
            ty,
            name,
            kind,
            default,
            constant,
            asks_for_index,
            lost,
            is_broken,
        }
    }

    pub(crate) fn stored(&self) -> Option<&Stored> {
        match &self.kind {
            Kind::Stored(stored) => Some(stored),
            _ => None,
        }
    }

    /// What a session in the index has for a value: the field's own type, or what its `Option` holds.
    pub(crate) fn indexed_type(&self) -> &Type {
        types::optional(&self.ty).unwrap_or(&self.ty)
    }

    /// The word that the field seems to lack, going by the name of its type.
    pub(crate) fn missing_word(&self) -> Option<&'static str> {
        match self.stored()?.authenticated() {
            Some(_) => None,
            None => types::store_word(&self.ty),
        }
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
    let codec = match (&options.with, &options.authenticated) {
        (_, Some(word)) => Codec::Authenticated(word.name.clone()),
        (Some(with), None) => Codec::With(with.value.clone()),
        (None, None) if types::is_bytes(ty) => Codec::Bytes,
        (None, None) => Codec::Serde,
    };
    check_type(&options, ty, &codec, errors);
    Kind::Stored(Stored {
        aliases: options.alias.iter().map(|alias| Name::literal(&alias.value)).collect(),
        role: role(&options),
        guard: options.guard.is_some(),
        lenient: options.lenient.is_some(),
        remember: options.remember.map(|remember| remember.name),
        secret: options.secret.map(|secret| secret.value),
        index: options.index.map(|index| match &index.value {
            Some(literal) => Name::literal(literal),
            None => Name::implied(name.text.clone(), index.name),
        }),
        codec,
    })
}

fn constant(field: &Ident) -> Ident {
    let name = Case::ScreamingSnake.apply(&field.unraw().to_string());
    Ident::new(&name, field.span())
}

fn role(options: &FieldOptions) -> Role {
    if options.counter.is_some() {
        Role::Counter
    } else if options.set.is_some() {
        Role::Set
    } else if options.append.is_some() {
        Role::Append
    } else if options.whole.is_some() || options.secret.is_some() {
        Role::Whole
    } else if options.merge.is_some() {
        Role::Merge
    } else {
        Role::Value
    }
}

fn check_default(options: &FieldOptions, ty: &Type, errors: &mut Errors) {
    let Some(default) = &options.default else { return };
    let is_other = default.value.as_ref().is_some_and(|value| !is_none(value));
    if options.index.is_some() && is_other && types::optional(ty).is_some() {
        errors.at(
            &default.name,
            "a `None` that is not the default is stored as NULL, which no index holds: remove `default` or the `Option`",
        );
    }
}

fn is_none(value: &Expr) -> bool {
    matches!(value, Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "None"))
}

fn check_type(options: &FieldOptions, ty: &Type, codec: &Codec, errors: &mut Errors) {
    if let (Codec::Bytes, Some(append)) = (codec, &options.append) {
        errors.at(
            &append.name,
            "bytes are stored as one Binary, which cannot be appended to: remove `append`",
        );
    }
    if let (Codec::Bytes, Some(merge)) = (codec, &options.merge) {
        errors.at(
            &merge.name,
            "bytes are stored as one Binary, which has nothing to merge: remove `merge`",
        );
    }
    if let Some(cell) = types::interior_mutability(ty) {
        let plain = match types::atomic_value(cell) {
            Some(plain) => format!("`{plain}`"),
            None => "what is inside it".to_owned(),
        };
        errors.at(
            cell,
            format!(
                "`{cell}` changes without `&mut`, so the session does not see it, and the change is lost: write {plain}"
            ),
        );
    }
    if let Some(rc) = types::reference_counted(ty) {
        errors.at(
            rc,
            "`Rc` cannot go from thread to thread, as a session does: write `Arc`, or what is inside it",
        );
    }
    if let (Codec::Serde, Type::Reference(reference)) = (codec, types::unwrapped(ty))
        && reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident == "static")
    {
        errors.at(
            reference,
            "a session owns what it stores: write an owned type, such as `String` instead of `&str`",
        );
    }
}
