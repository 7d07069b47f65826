use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use quote::ToTokens;
use syn::Ident;

use crate::errors::Errors;
use crate::model::{Field, Kind, Name, Session};
use crate::parse::Text;

/// What a commit keeps for itself in the item.
const RESERVED: &[&str] = &["_seq", "_commits", "_idle", "_renewed_at", "_renewed_to"];
const LONGEST_ATTRIBUTE: usize = 255;
/// What the 43 bytes of a hash leave of DynamoDB's 2,048 for a partition key.
const LONGEST_KEY_PREFIX: usize = 2_005;
/// What they leave of the 1,024 for a sort key, which is to have the same value.
const LONGEST_SORT_KEY_PREFIX: usize = 981;
const LONGEST_SORT_KEY: usize = 1_024;
/// The quota of DynamoDB for one table, unless AWS raised it for the account.
const MOST_INDEXES: usize = 20;

pub(crate) fn check(session: &Session, errors: &mut Errors) {
    // The store checks the name of a constant when it is built.
    if let Some(Text::Literal(table)) = session.table() {
        resource("a table's name", &table.value(), table, "sessions", errors);
    }
    match session.key_prefix() {
        Some(Text::Literal(prefix)) => key_prefix(session, &prefix.value(), prefix, errors),
        // The compiler checks a constant when it evaluates the schema.
        Some(Text::Constant(_)) => {}
        None => key_prefix(session, &session.default_key_prefix(), &session.ident, errors),
    }
    sort_key_value(session, errors);
    let mut attributes = BTreeMap::new();
    let mut indexes = BTreeMap::new();
    let mut constants = BTreeMap::new();
    for field in &session.fields {
        if matches!(field.kind, Kind::Skipped) {
            continue;
        }
        attribute(&field.name, errors);
        unique(&mut attributes, &field.name, &field.ident, errors);
        let Some(stored) = field.stored() else { continue };
        for alias in &stored.aliases {
            attribute(alias, errors);
            unique(&mut attributes, alias, &field.ident, errors);
        }
        if let Some(index) = &stored.index {
            resource("an index's name", &index.text, index, "by_user", errors);
            constant(&mut constants, field, errors);
            match indexes.entry(index.text.as_str()) {
                Entry::Vacant(entry) => {
                    entry.insert(&field.ident);
                    if indexes.len() == MOST_INDEXES + 1 {
                        errors.at(
                            index,
                            "a table has at most 20 indexes: remove `index` from fields that you never list sessions by",
                        );
                    }
                }
                Entry::Occupied(entry) => errors.at(
                    index,
                    format!(
                        "the index `{}` is already on `{}`: each field has an index of its own, so write another name",
                        index.text,
                        entry.get()
                    ),
                ),
            }
        }
    }
    sort_key(session, &attributes, errors);
}

/// What the table's keys can begin with.
fn key_prefix(session: &Session, prefix: &str, place: impl ToTokens, errors: &mut Errors) {
    let longest = match (&session.sort_key, session.sort_key_value()) {
        (Some(_), None) => LONGEST_SORT_KEY_PREFIX,
        _ => LONGEST_KEY_PREFIX,
    };
    if prefix.len() > longest {
        errors.at(
            place,
            format!(
                "{} bytes are too long for the keys of a session type to begin with: write at most {longest} as its \
                 `key_prefix`",
                prefix.len()
            ),
        );
    } else if let Some(bad) = prefix.chars().find(|c| c.is_control()) {
        errors.at(
            place,
            format!("no tool shows a control character: write the prefix without {bad:?}"),
        );
    }
}

/// What the sort key of every item can hold.
fn sort_key_value(session: &Session, errors: &mut Errors) {
    let Some(value) = session.sort_key_value() else { return };
    if session.sort_key.is_none() && !session.options.is_broken {
        errors.at(
            session.options.sort_key_value.as_ref().map(|value| &value.name),
            "nothing says which attribute has this value: write the sort key's name, such as `sort_key = \"sk\"`",
        );
    }
    // The compiler checks a constant when it evaluates the schema.
    let Text::Literal(literal) = value else { return };
    let text = literal.value();
    if text.is_empty() {
        errors.at(
            literal,
            "DynamoDB takes no empty key: write a value, or leave `sort_key_value` out for that of the hash key",
        );
    } else if text.len() > LONGEST_SORT_KEY {
        errors.at(
            literal,
            format!(
                "{} bytes are too long for a sort key: write at most {LONGEST_SORT_KEY}",
                text.len()
            ),
        );
    } else if let Some(bad) = text.chars().find(|c| c.is_control()) {
        errors.at(
            literal,
            format!("no tool shows a control character: write the value without {bad:?}"),
        );
    }
}

/// The sort key is the store's to write, and no field's.
fn sort_key(session: &Session, attributes: &BTreeMap<&str, &Ident>, errors: &mut Errors) {
    let Some(name) = &session.sort_key else { return };
    attribute(name, errors);
    let Some(owner) = attributes.get(name.text.as_str()) else { return };
    let field = session.fields.iter().find(|field| field.ident == **owner);
    let text = &name.text;
    errors.at(
        name,
        match field.is_some_and(|field| matches!(field.kind, Kind::HashKey(_))) {
            true => format!("`{text}` is the hash key: write the name of the table's sort key"),
            false => format!(
                "the attribute `{text}` already belongs to the field `{owner}`: remove the field, since the store \
                 writes the sort key, or write another name"
            ),
        },
    );
}

fn attribute(name: &Name, errors: &mut Errors) {
    let text = &name.text;
    if text.is_empty() {
        errors.at(name, "an attribute's name cannot be empty: write at least one character");
    } else if text.len() > LONGEST_ATTRIBUTE {
        errors.at(
            name,
            format!("{} bytes are too long for an attribute's name: write at most 255", text.len()),
        );
    } else if RESERVED.contains(&text.as_str()) {
        let other = text.trim_start_matches('_');
        let advice = match name.is_literal {
            true => format!("write another name, such as `\"{other}\"`"),
            false => format!("add a name, such as `#[session(rename = \"{other}\")]`"),
        };
        errors.at(name, format!("the attribute `{text}` is reserved by the library: {advice}"));
    }
}

fn unique<'a>(
    attributes: &mut BTreeMap<&'a str, &'a Ident>,
    name: &'a Name,
    field: &'a Ident,
    errors: &mut Errors,
) {
    let text = name.text.as_str();
    if text.is_empty() {
        return;
    }
    match attributes.entry(text) {
        Entry::Vacant(entry) => drop(entry.insert(field)),
        Entry::Occupied(entry) if *entry.get() == field => {
            errors.at(name, format!("`{text}` already names this field: remove one of the two"));
        }
        Entry::Occupied(entry) => {
            let advice = match name.is_literal {
                true => "write another name",
                false => "add another name with `#[session(rename = \"..\")]`",
            };
            let owner = entry.get();
            errors.at(
                name,
                format!("the attribute `{text}` already belongs to the field `{owner}`: {advice}"),
            );
        }
    }
}

fn constant<'a>(
    constants: &mut BTreeMap<&'a Ident, &'a Ident>,
    field: &'a Field,
    errors: &mut Errors,
) {
    match constants.entry(&field.constant) {
        Entry::Vacant(entry) => drop(entry.insert(&field.ident)),
        Entry::Occupied(entry) => errors.at(
            &field.ident,
            format!(
                "the constant `{}` is already that of the index of `{}`: give this field another \
                 name, and keep the attribute's with `#[session(rename = \"{}\")]`",
                field.constant,
                entry.get(),
                field.name.text
            ),
        ),
    }
}

/// The names that AWS accepts for tables and indexes.
fn resource(what: &str, name: &str, place: impl ToTokens, example: &str, errors: &mut Errors) {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if !(3..=255).contains(&name.len()) {
        errors.at(
            place,
            format!("{what} has 3 to 255 characters, and `{name}` has {}: write one such as `\"{example}\"`", name.len()),
        );
    } else if let Some(bad) = name.chars().find(|c| !is_allowed(*c)) {
        errors.at(
            place,
            format!("{what} has only letters, digits, `_`, `-` and `.`: write it without {bad:?}"),
        );
    }
}
