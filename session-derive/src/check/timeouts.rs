use super::candidate;
use crate::errors::Errors;
use crate::model::{Field, Session};

pub(crate) fn check(session: &Session, errors: &mut Errors) {
    let options = &session.options;
    if options.is_broken {
        return;
    }
    let timeouts = &session.timeouts;
    check_preset(session, errors);
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
        && options.timeouts.is_none()
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

/// A level's timeouts are the level's: another one beside them would not be of that level.
fn check_preset(session: &Session, errors: &mut Errors) {
    let options = &session.options;
    let Some(preset) = &options.timeouts else { return };
    let others = [&options.idle_timeout, &options.remember_timeout, &options.absolute_timeout];
    for other in others.into_iter().flatten() {
        errors.at(
            &other.name,
            format!(
                "`{}` and `timeouts = \"{}\"` exclude each other: remove one of the two",
                other.name,
                preset.value.literal.value()
            ),
        );
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
    if options.is_broken || options.timeouts.is_some() {
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
    let options = &session.options;
    match (&options.idle_timeout, &options.timeouts) {
        (Some(idle), _) => format!("the idle timeout, `{}`", idle.value.literal.value()),
        (None, Some(preset)) => {
            let (minutes, level) = (preset.value.idle / 60, preset.value.literal.value());
            format!("the idle timeout, which is `{minutes}m` by `timeouts = \"{level}\"`")
        }
        (None, None) => "the idle timeout, which is `30m` by default".to_owned(),
    }
}

/// An absolute timeout in a session that has nothing to count it from.
pub(crate) fn check_created(session: &Session, errors: &mut Errors) {
    let options = &session.options;
    let absolute = options.absolute_timeout.as_ref().map(|absolute| &absolute.name);
    let preset = options.timeouts.as_ref().map(|preset| &preset.name);
    let Some(word) = absolute.or(preset) else { return };
    match candidate(session, "created") {
        Some(field) => errors.at(
            &field.ident,
            format!("`{word}` counts from when the session began: mark this field with `#[session(created)]`"),
        ),
        None => errors.at(
            word,
            format!(
                "`{word}` counts from when the session began: \
                 add a field `#[session(created)] created_at: CreatedAt`"
            ),
        ),
    }
}
