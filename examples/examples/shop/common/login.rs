use dynamo_session::{Error, Session, SessionStore};
use maud::{Markup, html};
use serde::Deserialize;

use super::device::device;
use super::layout;
use super::session::ShopSession;
use super::visitor::Visitor;

/// How many devices one user may be logged in on; a further login ends the oldest.
const DEVICES: usize = 10;

pub(crate) fn page(visitor: &Visitor) -> Markup {
    let form = html! {
        h1 { "Log in" }
        p { "Any name will do: this shop is an example, and asks for no password. Whoever gives the same name sees the "
            "same list of devices." }
        form.card method="post" action="/login" {
            label { "Your name" input name="name" maxlength="40" autocomplete="username" required autofocus; }
            label.check {
                input type="checkbox" name="remember" value="yes";
                span { "Remember me on this device for 30 days" }
            }
            button { "Log in" }
        }
    };
    layout::page("Log in", visitor, &form)
}

#[derive(Deserialize)]
pub(crate) struct Login {
    name: String,
    remember: Option<String>,
}

/// Logs in, and says which page comes next.
pub(crate) async fn log_in(
    store: &SessionStore<ShopSession>,
    session: &mut Session<ShopSession>,
    agent: &str,
    login: Login,
) -> Result<&'static str, Error> {
    let name = login.name.trim();
    if name.is_empty() || name.chars().count() > 40 {
        session.notice = Some("A name has 1 to 40 characters.".to_owned());
        return Ok("/login");
    }
    // Whoever knew the id before the login must not share the session after it.
    session.renew().await?;
    if session.user.as_deref().is_some_and(|before| before != name) {
        session.cart.clear();
    }
    session.user = Some(name.to_owned());
    session.remember = login.remember.is_some();
    session.device = Some(device(agent));
    session.notice = Some(format!("Welcome, {name}!"));
    // Now, and not when the handler has returned: which sessions are the newest is read from the table.
    session.commit().await?;
    if let Err(error) = store.by(ShopSession::USER).keep_newest(name, DEVICES, session).await {
        let error: &(dyn std::error::Error + 'static) = &error;
        tracing::warn!(error, "the user's oldest devices stay logged in until the next login");
    }
    Ok("/")
}

pub(crate) async fn log_out(session: &mut Session<ShopSession>) -> Result<(), Error> {
    session.restart().await?;
    session.notice = Some("You have logged out.".to_owned());
    Ok(())
}
