use std::fmt::Write as _;
use std::time::Duration;

use super::described_table::Infrastructure;

/// What the session type makes of a requirement.
enum Standing {
    Met(String),
    /// Not met by this type; what to do.
    Open(&'static str),
}

use Standing::{Met, Open};

/// Requirement, its text, what the type makes of it, and the test that holds it.
type Row = (&'static str, &'static str, Standing, &'static str);

const ADD_INDEX: &str = "mark the field that names the user with `index`";

impl Infrastructure {
    /// Chapters 3.3 and 7 of the OWASP Application Security Verification Standard 5.0 for this session type, as a
    /// Markdown table: each requirement, how it is met with the type's own timeouts, fields and table, or what is missing
    /// for it, and the test of this crate that holds it. For a reviewer, and to be committed beside the code.
    ///
    /// It tells what the session type and this crate do. [`security`](crate::security) says what is left to the
    /// application. The cookie is the default one; a `SessionCookie` of your own may differ.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::infrastructure::Infrastructure;
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::ShopSession;
    /// let table = Infrastructure::of::<ShopSession>().asvs();
    /// assert!(table.contains("| 7.3.1 | Idle timeout |"));
    /// ```
    pub fn asvs(&self) -> String {
        let mut text = format!(
            "# OWASP ASVS 5.0: sessions in table `{}`, keys `{}…`\n\n\
             | | requirement | | how | test |\n|---|---|---|---|---|\n",
            self.bare_name().unwrap_or("named when the store is built"),
            self.schema.key_prefix(),
        );
        for (number, requirement, standing, test) in self.rows() {
            let (mark, how) = match standing {
                Met(how) => ("met", how),
                Open(what_to_do) => ("**open**", what_to_do.to_owned()),
            };
            let _ = writeln!(text, "| {number} | {requirement} | {mark} | {how} | `{test}` |");
        }
        text
    }

    fn rows(&self) -> Vec<Row> {
        let timeouts = self.schema.timeouts();
        let idle = match timeouts.remember() {
            Some(remember) => {
                format!(
                    "{}, or {} where the visitor asked for it",
                    human(timeouts.idle()),
                    human(remember)
                )
            }
            None => human(timeouts.idle()),
        };
        let index = self.schema.indexes().next();
        let by_user = |how: &str| match &index {
            Some(index) => Met(format!("{how}, by the index `{}`", index.name())),
            None => Open(ADD_INDEX),
        };
        let absolute = match timeouts.absolute() {
            Some(absolute) => Met(human(absolute)),
            None => Open("set `absolute_timeout`, and add a field marked `created`"),
        };
        let everyone = match self.schema.created() {
            Some(created) => Met(format!("`valid_since`, by `{created}`, and `end_everyone()`")),
            None => Met("`end_everyone()`".to_owned()),
        };
        let again = match self.schema.authenticated() {
            Some(field) => Met(format!("`RecentlyAuthenticated`, by `{field}`")),
            None => Open("add a field marked `authenticated`, and demand `RecentlyAuthenticated`"),
        };
        let met = |how: &str| Met(how.to_owned());
        vec![
            (
                "3.3.1",
                "`Secure`, and a prefix",
                met("`__Host-Http-session; Secure`"),
                "web::promises::cookies::the_first_change_sets_it_with_every_attribute",
            ),
            (
                "3.3.2",
                "`SameSite` by purpose",
                met("`Lax`"),
                "web::promises::cookie_settings::each_attribute_can_be_set_and_the_removal_has_the_same",
            ),
            (
                "3.3.3",
                "`__Host-` unless shared on purpose",
                met("`Path=/`, no `Domain`"),
                "web::promises::cookie_settings::each_attribute_can_be_set_and_the_removal_has_the_same",
            ),
            (
                "3.3.4",
                "`HttpOnly`",
                met("always"),
                "web::promises::cookie_settings::each_attribute_can_be_set_and_the_removal_has_the_same",
            ),
            (
                "3.3.5",
                "Name and value at most 4,096 bytes",
                met("checked before a session is stored"),
                "web::promises::keys::a_key_that_no_cookie_can_carry_is_a_clear_error_and_nothing_is_stored",
            ),
            (
                "7.1.2",
                "Limit on concurrent sessions",
                by_user("`keep_newest`"),
                "keep_newest::of_logins_at_once_exactly_so_many_remain_and_they_are_the_newest",
            ),
            (
                "7.2.1",
                "Verified by a trusted backend service",
                met("looked up in the table at each request"),
                "web::promises::presented_ids::an_unknown_one_is_never_adopted",
            ),
            (
                "7.2.3",
                "Reference tokens from a CSPRNG, at least 128 bits",
                met("256 bits, with keys of type `SessionId`"),
                "promises::promise_8_the_id_is_a_secret::ids_are_256_random_bits_in_43_characters",
            ),
            (
                "7.2.4",
                "A new token at each authentication",
                met("`renew`, or `authenticate`"),
                "web::promises::cookies::a_renewed_session_gets_a_new_one_and_the_old_id_opens_nothing",
            ),
            (
                "7.3.1",
                "Idle timeout",
                Met(idle),
                "promises::promise_3_expired_is_absent::for_every_read_and_every_write_although_the_item_is_still_there",
            ),
            (
                "7.3.2",
                "Absolute timeout",
                absolute,
                "promises::promise_3_expired_is_absent::activity_does_not_extend_the_absolute_timeout",
            ),
            (
                "7.4.1",
                "Logout ends the session for good",
                met("a conditional deletion; no request in flight revives it"),
                "promises::promise_2_no_resurrection::a_request_in_flight_does_not_bring_a_session_back",
            ),
            (
                "7.4.2",
                "All sessions of a user can be ended",
                by_user("`end_all`"),
                "end_all::all_of_one_value_and_no_other",
            ),
            (
                "7.4.3",
                "All other sessions of a user can be ended",
                by_user("`end_all(..).except(..)`"),
                "end_all::all_but_the_given_one",
            ),
            (
                "7.4.5",
                "An administrator ends the sessions of one or of all",
                everyone,
                "end_everyone::every_session_is_ended_and_no_session_data_is_sent",
            ),
            (
                "7.5.1",
                "Authentication again before sensitive changes",
                again,
                "web::promises::recently_authenticated::a_login_of_the_last_minutes_is_demanded_and_no_other_will_do",
            ),
            (
                "7.5.2",
                "Users see and end their sessions",
                by_user("`list`, `ListedSession::end`"),
                "sessions_by::a_listed_session_is_ended_while_it_is_what_it_was_listed_as",
            ),
        ]
    }
}

/// A duration in its largest whole unit.
fn human(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let whole =
        units.into_iter().find(|(unit, _)| seconds >= *unit && seconds.is_multiple_of(*unit));
    let (unit, name) = whole.unwrap_or((1, "second"));
    let number = seconds / unit;
    format!("{number} {name}{}", if number == 1 { "" } else { "s" })
}
