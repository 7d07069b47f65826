use std::fmt;

/// Displays what to look at where `AWS_PROFILE` chose a profile, which may be misspelt; nothing otherwise.
///
/// The SDK takes a profile that does not exist for one that is empty.
pub(crate) struct ChosenProfile;

impl fmt::Display for ChosenProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match std::env::var("AWS_PROFILE") {
            Ok(profile) if !profile.is_empty() => {
                write!(
                    f,
                    "; AWS_PROFILE is `{profile}`: check that there is such a profile, and what it holds"
                )
            }
            _ => Ok(()),
        }
    }
}
