use crate::derived::DynamoSession;
use crate::error::{Error, ErrorKind};
use crate::interop::ForeignStore;
use crate::session::new_shared_key;

/// Refuses a session type, or settings of the builder, with which a store cannot be shared: those that are set, by their names,
/// with what to do.
pub(super) fn require_shareable<S: DynamoSession>(
    foreign: &ForeignStore,
    settings: &[(&str, bool, &str)],
) -> Result<(), Error> {
    foreign.require_shareable(S::SCHEMA)?;
    new_shared_key::<S>(foreign.clone().into())?;
    match settings.iter().find(|(_, is_set, _)| *is_set) {
        None => Ok(()),
        Some((setting, _, instead)) => Err(Error::new(
            ErrorKind::Configuration,
            format!(
                "`{setting}` makes no sense for a store that is shared with {}: {instead}",
                foreign.package()
            ),
        )),
    }
}
