use super::candidate;
use crate::errors::Errors;
use crate::model::Session;

pub(crate) fn check(session: &Session, errors: &mut Errors) {
    let options = &session.options;
    if options.is_broken {
        return;
    }
    let timeouts = &session.timeouts;
    let idle = match &options.idle_timeout {
        Some(idle) => format!("the idle timeout, `{}`", idle.value.literal.value()),
        None => "the idle timeout, which is `30m` by default".to_owned(),
    };
    if let Some(touch) = &options.touch_interval
        && touch.value.seconds >= timeouts.idle
    {
        errors.at(
            &touch.value.literal,
            format!("write less than {idle}: a session that is not touched in time ends while it is in use"),
        );
    }
    if let Some(absolute) = &options.absolute_timeout
        && absolute.value.seconds < timeouts.idle
    {
        let absolute_text = absolute.value.literal.value();
        match &options.idle_timeout {
            Some(idle) => errors.at(
                &idle.value.literal,
                format!("write at most the absolute timeout, `{absolute_text}`, after which every session ends"),
            ),
            None => errors.at(
                &absolute.value.literal,
                format!("shorter than {idle}: add `idle_timeout = \"{absolute_text}\"` or less"),
            ),
        }
    }
}

/// An absolute timeout in a session that has nothing to count it from.
pub(crate) fn check_created(session: &Session, errors: &mut Errors) {
    let Some(absolute) = &session.options.absolute_timeout else { return };
    match candidate(session, "created") {
        Some(field) => errors.at(
            &field.ident,
            "`absolute_timeout` counts from when the session began: mark this field with `#[session(created)]`",
        ),
        None => errors.at(
            &absolute.name,
            "`absolute_timeout` counts from when the session began: \
             add a field `#[session(created)] created_at: CreatedAt`",
        ),
    }
}
