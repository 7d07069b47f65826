use dynamo_session::{Error, Session, SessionStore};
use maud::{Markup, html};
use serde::Deserialize;

use super::layout;
use super::member::Member;
use super::session::ShopSession;
use super::when::distance;

struct Device {
    name: String,
    /// Identifies the session without giving away its id.
    fingerprint: String,
    is_this: bool,
    is_remembered: bool,
    began: Option<i64>,
    expires: i64,
}

pub(crate) async fn page(
    store: &SessionStore<ShopSession>,
    Member { user, visitor }: &Member,
) -> Result<Markup, Error> {
    let here = visitor.session().map(|session| session.id.fingerprint());
    let mut devices = Vec::new();
    for listed in store.by(ShopSession::USER).list(user).all().await? {
        let fingerprint = listed.fingerprint();
        devices.push(Device {
            name: listed.get(ShopSession::DEVICE)?.unwrap_or_else(|| "A browser".to_owned()),
            is_this: here.as_ref() == Some(&fingerprint),
            is_remembered: listed.get(ShopSession::REMEMBER)?,
            began: listed.created_at().map(|created| created.epoch_seconds()),
            expires: listed.expires_at().epoch_seconds(),
            fingerprint,
        });
    }
    let has_others = devices.iter().any(|device| !device.is_this);
    let content = html! {
        h1 { "My devices" }
        p { "Where " strong { (user) } " is logged in, newest first." }
        ul.lines { @for device in &devices { (line(device)) } }
        @if has_others {
            form.end method="post" action="/devices/end-others" {
                button { "Log out everywhere else" }
            }
        }
    };
    Ok(layout::page("My devices", visitor, &content))
}

fn line(device: &Device) -> Markup {
    html! {
        li.device {
            div.what {
                strong { (device.name) @if device.is_this { " " span.count { "this device" } } }
                span {
                    @if let Some(began) = device.began { "Began " (distance(began)) " ago. " }
                    "Ends in " (distance(device.expires)) " without a visit"
                    @if !device.is_remembered { ", or with the browser" }
                    "."
                }
            }
            @if !device.is_this {
                form method="post" action="/devices/end" {
                    button.quiet name="device" value=(device.fingerprint) { "Log out there" }
                }
            }
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct End {
    device: String,
}

pub(crate) async fn end(
    store: &SessionStore<ShopSession>,
    member: &Member,
    session: &mut Session<ShopSession>,
    End { device }: End,
) -> Result<(), Error> {
    let devices = store.by(ShopSession::USER).list(&member.user).all().await?;
    // Only among the user's own: a fingerprint from elsewhere ends nothing.
    let found = devices.iter().find(|listed| listed.fingerprint() == device);
    let found = found.filter(|listed| !listed.is(session));
    let has_ended = match found {
        Some(listed) => listed.end().await?,
        None => false,
    };
    session.notice = Some(match has_ended {
        true => "That device is logged out.".to_owned(),
        false => "That device was no longer logged in.".to_owned(),
    });
    Ok(())
}

pub(crate) async fn end_others(
    store: &SessionStore<ShopSession>,
    member: &Member,
    session: &mut Session<ShopSession>,
) -> Result<(), Error> {
    let ended = store.by(ShopSession::USER).end_all(&member.user).except(session).await?;
    session.notice = Some(match ended {
        0 => "You were logged in nowhere else.".to_owned(),
        1 => "One other device is logged out.".to_owned(),
        _ => format!("{ended} other devices are logged out."),
    });
    Ok(())
}
