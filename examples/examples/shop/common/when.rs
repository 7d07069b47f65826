use std::time::{SystemTime, UNIX_EPOCH};

/// How far an instant is from now, in words: "29 minutes".
pub(crate) fn distance(epoch_seconds: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    let seconds = epoch_seconds.abs_diff(i64::try_from(now).unwrap_or(i64::MAX));
    let (count, unit) = match seconds {
        0..60 => return "less than a minute".to_owned(),
        // What is left of half an hour a moment after it began is half an hour.
        60..3570 => ((seconds + 30) / 60, "minute"),
        3570..84_600 => ((seconds + 1800) / 3600, "hour"),
        _ => ((seconds + 43_200) / 86_400, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}
