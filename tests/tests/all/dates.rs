//! The date crates' types as expiry and creation.

use std::fmt::Debug;

use dynamo_session::EpochSeconds;

fn holds_seconds_and_clamps_the_rest<T: EpochSeconds + Debug>() {
    let year_9998 = 253_370_764_800;
    for seconds in [0, 1, -1, -86_400, 1_795_257_025, i64::from(u32::MAX) + 1, year_9998] {
        assert_eq!(T::from_epoch_seconds(seconds).epoch_seconds(), seconds);
    }
    let (first, last) = (T::from_epoch_seconds(i64::MIN), T::from_epoch_seconds(i64::MAX));
    assert!(first.epoch_seconds() < -86_400, "{first:?}");
    assert!(last.epoch_seconds() > year_9998, "{last:?}");
}

#[test]
fn chrono() {
    holds_seconds_and_clamps_the_rest::<chrono::DateTime<chrono::Utc>>();
    assert_eq!(
        chrono::DateTime::from_epoch_seconds(0),
        chrono::DateTime::<chrono::Utc>::UNIX_EPOCH
    );
}

#[test]
fn jiff() {
    holds_seconds_and_clamps_the_rest::<jiff::Timestamp>();
    assert_eq!(jiff::Timestamp::from_epoch_seconds(0), jiff::Timestamp::UNIX_EPOCH);
}

#[test]
fn time() {
    holds_seconds_and_clamps_the_rest::<time::OffsetDateTime>();
    assert_eq!(time::OffsetDateTime::from_epoch_seconds(0), time::OffsetDateTime::UNIX_EPOCH);
}
