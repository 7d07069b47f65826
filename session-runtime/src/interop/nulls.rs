use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

/// How many groups of NULLs are told apart; each more doubles the readings.
const MAX_GROUPS: usize = 6;

/// What a value may have been before each empty text in it became NULL: the likeliest first, with the fewest empty texts.
///
/// The elements of a list have one type, so they change together, and so do the same keys inside them.
pub(crate) fn readings(value: &AttributeValue) -> impl Iterator<Item = AttributeValue> {
    let mut groups = Vec::new();
    collect(value, &mut String::new(), &mut groups);
    let masks = match groups.len() {
        0 => Vec::new(),
        few if few <= MAX_GROUPS => {
            let mut masks: Vec<u32> = (1..1 << few).collect();
            masks.sort_by_key(|mask| mask.count_ones());
            masks
        }
        _ => vec![u32::MAX],
    };
    masks.into_iter().map(move |mask| {
        let is_text = |group: &str| {
            let position = groups.iter().position(|known| known == group);
            position.is_some_and(|position| mask.checked_shr(position as u32).unwrap_or(1) & 1 == 1)
        };
        with_empty_texts(value, &mut String::new(), &is_text)
    })
}

fn collect(value: &AttributeValue, path: &mut String, groups: &mut Vec<String>) {
    match value {
        AttributeValue::Null(_) if !groups.contains(path) => groups.push(path.clone()),
        AttributeValue::L(elements) => {
            for element in elements {
                inside(path, "[]", |path| collect(element, path, groups));
            }
        }
        AttributeValue::M(entries) => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| key.as_str());
            for (key, entry) in entries {
                inside(path, key, |path| collect(entry, path, groups));
            }
        }
        _ => {}
    }
}

fn with_empty_texts(
    value: &AttributeValue,
    path: &mut String,
    is_text: &impl Fn(&str) -> bool,
) -> AttributeValue {
    match value {
        AttributeValue::Null(_) if is_text(path) => AttributeValue::S(String::new()),
        AttributeValue::L(elements) => {
            let element =
                |element| inside(path, "[]", |path| with_empty_texts(element, path, is_text));
            AttributeValue::L(elements.iter().map(element).collect())
        }
        AttributeValue::M(entries) => {
            let mut read = HashMap::with_capacity(entries.len());
            for (key, entry) in entries {
                let entry = inside(path, key, |path| with_empty_texts(entry, path, is_text));
                read.insert(key.clone(), entry);
            }
            AttributeValue::M(read)
        }
        other => other.clone(),
    }
}

/// Goes one step down a path, and back. What separates steps is in no text that a person would choose as a key.
fn inside<T>(path: &mut String, step: &str, visit: impl FnOnce(&mut String) -> T) -> T {
    let length = path.len();
    path.push('\0');
    path.push_str(step);
    let visited = visit(path);
    path.truncate(length);
    visited
}
