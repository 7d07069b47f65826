use crate::error::{Error, ErrorKind};

/// Refuses what AWS would refuse, before anything is sent.
pub(crate) fn require_valid_name(name: &str) -> Result<(), Error> {
    let is_arn = name.starts_with("arn:") && name.len() <= 1024;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if is_arn || ((3..=255).contains(&name.len()) && name.chars().all(allowed)) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Configuration,
        "a table's name has 3 to 255 of the characters a-z, A-Z, 0-9, `_`, `.` and `-`, or is its ARN",
    ))
}
