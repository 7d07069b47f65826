use crate::change::Expression;
use crate::expiry::Timeouts;
use crate::schema::Schema;

/// The condition under which reads treat an item as an expired session of this type. False for an item without a Number
/// as its expiry, which is no session.
pub(super) fn is_expired(
    expression: &mut Expression<'static>,
    schema: &'static Schema,
    timeouts: Timeouts,
    now: i64,
) -> String {
    let ttl = expression.name(schema.time_to_live());
    let number = expression.type_value("N");
    let time = expression.number(now);
    let idle = format!("{ttl} <= {time}");
    let ended = match (schema.created(), timeouts.latest_ended(now)) {
        (Some(created), Some(latest)) => {
            let created = expression.name(created);
            let latest = expression.number(latest);
            format!("({idle} OR {created} <= {latest})")
        }
        _ => idle,
    };
    format!("attribute_type({ttl}, {number}) AND {ended}")
}
