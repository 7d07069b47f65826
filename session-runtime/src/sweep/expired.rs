use crate::context::Context;
use crate::expression::Expression;
use crate::expression::Part::{Operator, Path, Text};
use crate::protocol::RENEWED_AT;

/// Requires what reads take for an expired session of this type, or for the tombstone of one that was renewed longer ago
/// than its grace. False for an item without a Number as its expiry, which is no session.
///
/// With `or_absent`, an item that is not there any more is right, too.
pub(super) fn require_expired(
    expression: &mut Expression<'static>,
    context: &Context,
    now: i64,
    or_absent: bool,
) {
    let schema = context.schema;
    let ttl = expression.attribute(schema.time_to_live());
    let (number, time) = (expression.type_name("N"), expression.number(now));
    let created = schema.created().zip(context.timeouts.latest_ended(now));
    let created =
        created.map(|(created, latest)| (expression.attribute(created), expression.number(latest)));
    let undated = schema.created().filter(|_| context.timeouts.ends_without_creation());
    let undated = undated.map(|created| expression.attribute(created));
    let renewed_at = expression.attribute(RENEWED_AT);
    let grace = expression.number(now.saturating_sub(context.renewal_grace));
    let key = or_absent.then(|| expression.attribute(schema.hash_key()));

    let mut clause = Vec::new();
    if let Some(key) = &key {
        clause.extend([Operator("attribute_not_exists("), Path(key), Text(")"), Operator(" OR ")]);
        clause.push(Text("("));
    }
    clause.extend([Operator("attribute_type("), Path(&ttl), Text(","), Text(&number), Text(")")]);
    clause.extend([Operator(" AND "), Text("("), Path(&ttl), Operator("<="), Text(&time)]);
    if let Some((created, latest)) = &created {
        clause.extend([Operator(" OR "), Path(created), Operator("<="), Text(latest)]);
    }
    if let Some(created) = &undated {
        // A tombstone has no creation either, and goes by its expiry alone.
        clause.extend([Operator(" OR "), Text("("), Operator("attribute_not_exists(")]);
        clause.extend([Path(created), Text(")"), Operator(" AND ")]);
        clause.extend([Operator("attribute_not_exists("), Path(&renewed_at), Text("))")]);
    }
    clause.extend([Text(")"), Operator(" AND "), Operator("NOT "), Path(&renewed_at)]);
    clause.extend([Operator(">"), Text(&grace)]);
    if key.is_some() {
        clause.push(Text(")"));
    }
    expression.require(&clause);
}
