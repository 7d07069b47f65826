use syn::LitStr;

use super::spelling;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;
const LONGEST: u64 = 36_500 * DAY;

const UNITS: &[(&[&str], u64)] = &[
    (&["s", "sec", "second", "seconds"], 1),
    (&["m", "min", "minute", "minutes"], MINUTE),
    (&["h", "hour", "hours"], HOUR),
    (&["d", "day", "days"], DAY),
    (&["w", "week", "weeks"], WEEK),
];

/// Reads `30m`, `14 days` or `1h 30m` as seconds.
pub(crate) fn parse(literal: &LitStr) -> syn::Result<u64> {
    seconds(&literal.value()).map_err(|message| syn::Error::new(literal.span(), message))
}

fn seconds(text: &str) -> Result<u64, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err("an empty duration: write a number and a unit, such as `30m`".to_owned());
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let (number, after) = split(rest, |c| c.is_ascii_digit());
        if number.is_empty() {
            return Err(no_number(text, after));
        }
        let (unit, after) = split(after, char::is_alphabetic);
        if unit.is_empty() {
            return Err(no_unit(number, after));
        }
        let unit = unit_seconds(unit)?;
        total = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(unit))
            .and_then(|seconds| total.checked_add(seconds))
            .filter(|total| *total <= LONGEST)
            .ok_or_else(|| format!("`{text}` is too long: write at most `36500 days`"))?;
        rest = after;
    }
    if total == 0 {
        return Err(format!("`{text}` is a duration of zero: write at least `1s`"));
    }
    Ok(total)
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (word, rest.trim_start())
}

fn no_number(text: &str, rest: &str) -> String {
    match rest.chars().next() {
        Some('-') => format!("`{text}` is negative: write a time of at least `1s`"),
        _ => format!("`{text}` is not a duration: write numbers with units, such as `1h 30m`"),
    }
}

fn no_unit(number: &str, rest: &str) -> String {
    match rest.chars().next() {
        None => format!(
            "`{number}` has no unit: write `{number}s`, `{number}m`, `{number}h`, `{number}d` or `{number}w`"
        ),
        Some('.' | ',') => {
            "a fraction: write whole numbers of smaller units, such as `1h 30m`".to_owned()
        }
        Some(c) => format!("`{c}` after `{number}`: write a unit there, such as `{number}m`"),
    }
}

fn unit_seconds(unit: &str) -> Result<u64, String> {
    for (names, seconds) in UNITS {
        if names.contains(&unit) {
            return Ok(*seconds);
        }
    }
    Err(match unit {
        "ms" | "millis" | "milliseconds" | "us" | "ns" => {
            format!(
                "`{unit}` is finer than the seconds that sessions are timed in: write `1s` or more"
            )
        }
        "mo" | "month" | "months" | "y" | "year" | "years" => {
            format!("`{unit}` has no fixed length: write days or weeks, such as `30 days`")
        }
        _ => {
            let names = UNITS.iter().flat_map(|(names, _)| names.iter().copied());
            match spelling::closest(unit, names) {
                Some(name) => format!("unknown unit `{unit}`: did you mean `{name}`?"),
                None => format!("unknown unit `{unit}`: write `s`, `m`, `h`, `d` or `w`"),
            }
        }
    })
}
