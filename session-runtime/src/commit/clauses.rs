use aws_sdk_dynamodb::types::AttributeValue;

use crate::change::{Expression, Others};
use crate::item::Found;
use crate::record::{COMMITS, Record, SEQUENCE, Token};
use crate::schema::Schema;

/// The session must be there and not have expired.
pub(crate) fn require_alive(expression: &mut Expression<'_>, schema: &'static Schema, now: i64) {
    let key = expression.name(schema.hash_key());
    expression.condition(&["attribute_exists(", &key, ")"]);
    let ttl = expression.name(schema.time_to_live());
    let now = expression.number(now);
    expression.condition(&[&ttl, ">", &now]);
}

pub(super) fn set_header(
    expression: &mut Expression<'_>,
    schema: &'static Schema,
    expires: Option<i64>,
    record: &Record,
    created: i64,
) {
    if let Some(expires) = expires {
        let ttl = expression.name(schema.time_to_live());
        // A request that arrives late must not move the expiry back.
        let ahead = if expires >= record.expires { "<=" } else { ">=" };
        let expires = expression.number(expires);
        expression.set(&[&ttl, "=", &expires]);
        expression.condition(&[&ttl, ahead, &expires]);
    }
    if let (Some(name), None) = (schema.created(), record.created) {
        let name = expression.name(name);
        let created = expression.number(created);
        expression.set(&[&name, "=if_not_exists(", &name, ",", &created, ")"]);
    }
}

/// Each attribute marked `guard` must be what it was when it was loaded.
pub(super) fn require_guards<'a>(
    expression: &mut Expression<'a>,
    schema: &'static Schema,
    found: &[Found],
    guards: &'a [(usize, Option<AttributeValue>)],
) {
    for (index, loaded) in guards {
        let name = match found[*index] {
            Found::Aliased(alias) => expression.name(alias),
            Found::Named | Found::Absent => expression.name(schema.attributes()[*index].name()),
        };
        expression.require_value(&name, loaded.as_ref());
    }
}

/// Counts the commit and leaves its token, so that the same request cannot be applied again.
///
/// A token may be pruned once the item's sequence has passed the last one at which its request applies.
pub(super) fn count_commit<'a>(
    expression: &mut Expression<'a>,
    record: &'a Record,
    token: &'a Token,
    others: Others,
) {
    let sequence = expression.name(SEQUENCE);
    let last = expression.number(token.last);
    let one = expression.number(1);
    match (record.sequence, others) {
        (Some(_), Others::Welcome) => {
            expression.set(&[&sequence, "=", &sequence, "+", &one]);
            expression.condition(&[&sequence, "<=", &last]);
        }
        (Some(known), Others::Excluded) => {
            expression.set(&[&sequence, "=", &sequence, "+", &one]);
            let known = expression.number(known);
            expression.condition(&[&sequence, "=", &known]);
        }
        (None, Others::Excluded) => {
            expression.set(&[&sequence, "=", &one]);
            expression.require_absence(&sequence);
        }
        (None, Others::Welcome) => {
            let zero = expression.number(0);
            expression.set(&[&sequence, "=if_not_exists(", &sequence, ",", &zero, ")+", &one]);
            expression.condition(&[
                "(attribute_not_exists(",
                &sequence,
                ") OR ",
                &sequence,
                "<=",
                &last,
                ")",
            ]);
        }
    }
    let commits = expression.name(COMMITS);
    match &record.commits {
        Some(known) => {
            let mine = expression.name(&token.text);
            expression.set(&[&commits, ".", &mine, "=", &last]);
            expression.condition(&["attribute_not_exists(", &commits, ".", &mine, ")"]);
            expression.require_type(&commits, "M");
            for old in known.iter().filter(|known| token.may_prune(known, record.sequence())) {
                let old = expression.name(&old.text);
                expression.remove(&[&commits, ".", &old]);
            }
        }
        None => {
            let first = AttributeValue::M(
                [(token.text.clone(), AttributeValue::N(token.last.to_string()))].into(),
            );
            let first = expression.value(first);
            expression.set(&[&commits, "=", &first]);
            expression.require_absence(&commits);
        }
    }
}
