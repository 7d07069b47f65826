use aws_sdk_dynamodb::types::AttributeValue;

use crate::change::Expression;
use crate::record::{COMMITS, Record, SEQUENCE, Token};
use crate::schema::Schema;

/// The session must be there and not have expired.
pub(crate) fn require_alive(expression: &mut Expression, schema: &Schema, now: i64) {
    let key = expression.name(schema.hash_key());
    expression.condition(format!("attribute_exists({key})"));
    let ttl = expression.name(schema.time_to_live());
    let now = expression.number(now);
    expression.condition(format!("{ttl} > {now}"));
}

pub(super) fn set_header(
    expression: &mut Expression,
    schema: &Schema,
    expires: Option<i64>,
    record: &Record,
    created: i64,
) {
    if let Some(expires) = expires {
        let ttl = expression.name(schema.time_to_live());
        // A request that arrives late must not move the expiry back.
        let ahead = if expires >= record.expires { "<=" } else { ">=" };
        let expires = expression.number(expires);
        expression.set(format!("{ttl} = {expires}"));
        expression.condition(format!("{ttl} {ahead} {expires}"));
    }
    if let (Some(name), None) = (schema.created(), record.created) {
        let name = expression.name(name);
        let created = expression.number(created);
        expression.set(format!("{name} = if_not_exists({name}, {created})"));
    }
}

/// Counts the commit and leaves its token, so that the same request cannot be applied again.
///
/// A token may be pruned once the item's sequence has passed the last one at which its request applies.
pub(super) fn count_commit(expression: &mut Expression, record: &Record, token: &Token) {
    let sequence = expression.name(SEQUENCE);
    let last = expression.number(token.last);
    let one = expression.number(1);
    match record.sequence {
        Some(_) => {
            expression.set(format!("{sequence} = {sequence} + {one}"));
            expression.condition(format!("{sequence} <= {last}"));
        }
        None => {
            let zero = expression.number(0);
            expression.set(format!("{sequence} = if_not_exists({sequence}, {zero}) + {one}"));
            expression
                .condition(format!("(attribute_not_exists({sequence}) OR {sequence} <= {last})"));
        }
    }
    let commits = expression.name(COMMITS);
    match &record.commits {
        Some(known) => {
            let mine = expression.name(&token.text);
            expression.set(format!("{commits}.{mine} = {last}"));
            expression.condition(format!("attribute_not_exists({commits}.{mine})"));
            expression.require_type(&commits, "M");
            for old in known.iter().filter(|known| known.last < record.sequence()) {
                let old = expression.name(&old.text);
                expression.remove(format!("{commits}.{old}"));
            }
        }
        None => {
            let first = AttributeValue::M(
                [(token.text.clone(), AttributeValue::N(token.last.to_string()))].into(),
            );
            let first = expression.value(first);
            expression.set(format!("{commits} = {first}"));
            expression.condition(format!("attribute_not_exists({commits})"));
        }
    }
}
