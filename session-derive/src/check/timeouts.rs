use super::candidate;
use crate::errors::Errors;
use crate::model::{Field, Session};

pub(crate) fn check(session: &Session, errors: &mut Errors) {
    let options = &session.options;
    if options.is_broken {
        return;
    }
    let timeouts = &session.timeouts;
    let idle = idle_timeout(session);
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

/// A second idle timeout, and the field that says which sessions have it: neither is of use without the other.
pub(crate) fn check_remember(session: &Session, field: Option<&Field>, errors: &mut Errors) {
    let options = &session.options;
    let word = field.and_then(|field| field.stored()?.remember.as_ref());
    match (&options.remember_timeout, word) {
        (None, Some(word)) if !options.is_broken => errors.at(
            word,
            "nothing says how long a remembered session lives: add `#[session(remember_timeout = \"30 days\")]` to the struct",
        ),
        (Some(timeout), None) if session.surely_lacks("remember") => errors.at(
            &timeout.name,
            "nothing says which sessions are remembered: add a field `#[session(remember)] remember: bool`",
        ),
        _ => {}
    }
    let Some(remember) = &options.remember_timeout else { return };
    if options.is_broken {
        return;
    }
    if remember.value.seconds <= session.timeouts.idle {
        errors.at(
            &remember.value.literal,
            format!("write more than {}: it stands in its place", idle_timeout(session)),
        );
    } else if let Some(absolute) = &options.absolute_timeout
        && absolute.value.seconds < remember.value.seconds
    {
        errors.at(
            &remember.value.literal,
            format!(
                "write at most the absolute timeout, `{}`, after which every session ends",
                absolute.value.literal.value()
            ),
        );
    }
}

fn idle_timeout(session: &Session) -> String {
    match &session.options.idle_timeout {
        Some(idle) => format!("the idle timeout, `{}`", idle.value.literal.value()),
        None => "the idle timeout, which is `30m` by default".to_owned(),
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
