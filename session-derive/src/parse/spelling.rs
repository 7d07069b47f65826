use std::cmp::Reverse;

/// What people who come from other libraries write.
const SYNONYMS: &[(&str, &[&str])] = &[
    ("hash_key", &["key", "id", "partition_key", "primary_key", "pk"]),
    ("ttl", &["expires", "expires_at", "expiry", "time_to_live"]),
    ("created", &["begin", "began", "started"]),
    ("authenticated", &["authenticated_at", "auth_time", "logged_in_at", "login", "login_at"]),
    ("index", &["gsi", "global_secondary_index", "secondary_index"]),
    ("counter", &["atomic", "add", "increment"]),
    ("append", &["list", "push"]),
    ("whole", &["atomically", "replace", "single"]),
    ("merge", &["deep", "deep_merge", "nested", "partial", "per_field"]),
    ("guard", &["lock", "version", "optimistic_lock", "conflict"]),
    ("lenient", &["forgiving", "ignore_errors", "default_on_error", "tolerant", "permissive"]),
    ("remember", &["remember_me", "persistent", "stay_logged_in", "keep_logged_in"]),
    ("rename", &["name", "attribute"]),
    ("skip", &["ignore", "skip_serializing", "skip_deserializing", "transient"]),
    ("with", &["serialize_with", "deserialize_with", "codec"]),
    ("table", &["table_name"]),
    ("key_prefix", &["prefix", "namespace", "hash_key_prefix"]),
    ("sort_key", &["range", "range_key", "sk", "sort"]),
    ("sort_key_value", &["range_key_value", "sk_value", "sort_value"]),
    ("idle_timeout", &["timeout", "idle", "max_idle", "inactivity_timeout"]),
    ("absolute_timeout", &["absolute", "lifetime", "max_age", "max_lifetime"]),
    ("remember_timeout", &["remember_for", "remember_me_timeout", "persistent_timeout"]),
    ("touch_interval", &["touch", "touch_every", "refresh_interval"]),
    ("ignore_serde", &["serde", "allow_serde", "skip_serde"]),
    ("rename_all", &["case"]),
];

/// The known name that `written` was probably meant to be.
pub(crate) fn closest<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let lower = written.to_ascii_lowercase().replace('-', "_");
    known
        .into_iter()
        .map(|name| (if is_synonym(&lower, name) { 0 } else { distance(&lower, name) }, name))
        .filter(|(distance, name)| *distance <= name.len().max(3) / 3)
        .min_by_key(|(distance, name)| (*distance, Reverse(name.len())))
        .map(|(_, name)| name)
}

fn is_synonym(written: &str, name: &str) -> bool {
    SYNONYMS.iter().any(|(known, synonyms)| *known == name && synonyms.contains(&written))
}

/// Edits between two words, a swap of neighbours being one.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<_>, Vec<_>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut best = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(rows[i - 2][j - 2] + 1);
                }
                best
            };
        }
    }
    rows[a.len()][b.len()]
}
