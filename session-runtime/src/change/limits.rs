//! DynamoDB's limits on one expression
//! ([quotas](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters)).

const MAX_TEXT_BYTES: usize = 4096;
const MAX_OPERATORS: usize = 300;
/// The shortest clause that counts as an operator: a dot in a path, and what surrounds it.
const LEAST_BYTES_PER_OPERATOR: usize = 3;

/// Whether DynamoDB takes this update expression.
pub(super) fn update_fits(text: &str) -> bool {
    fits(text, false)
}

/// Whether DynamoDB takes this condition.
pub(super) fn condition_fits(text: &str) -> bool {
    fits(text, true)
}

fn fits(text: &str, is_condition: bool) -> bool {
    text.len() <= MAX_TEXT_BYTES
        && (text.len() <= MAX_OPERATORS * LEAST_BYTES_PER_OPERATOR
            || operators(text, is_condition) <= MAX_OPERATORS)
}

/// The functions, arithmetic, comparisons, `AND`, `OR` and `NOT` of an expression.
///
/// In an update, `SET a = :b + :c` is one operator: assigning is none. Whether the dots of a path are, which
/// the developer guide calls dereference operators, it does not say; here they are.
fn operators(text: &str, is_condition: bool) -> usize {
    let mut count = 0;
    let mut before = b' ';
    for byte in text.bytes() {
        count += usize::from(match byte {
            b'(' => before.is_ascii_lowercase(),
            b'=' => is_condition && !matches!(before, b'<' | b'>'),
            b' ' => is_condition && before.is_ascii_uppercase(),
            b'+' | b'.' | b'<' | b'>' => true,
            _ => false,
        });
        before = byte;
    }
    count
}
