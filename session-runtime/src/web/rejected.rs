use crate::metrics;

/// Makes guessing visible: one event, which metrics layers count, for the ids of a request that open nothing.
pub(super) fn rejected(fingerprint: Option<String>, ids: u64, reason: &str) {
    metrics::rejected(ids);
    tracing::debug!(
        monotonic_counter.dynamo_session_rejected_ids = ids,
        session = fingerprint,
        reason,
        "session id rejected"
    );
}
