//! Sessions that other stores keep in DynamoDB, to move from without logging anyone out.
//!
//! A [`ForeignStore`] says which package wrote the rows, with the options that it was given. There are two ways to use one:
//! - **[Adopt](#adoption)**: sessions move to a table of this library, each at its first write. By
//!   [`SessionLayer::adopt`](crate::SessionLayer), for requests that carry the other service's cookie, or by
//!   [`SessionStore::adopt`](crate::SessionStore::adopt), for a session id whose cookie was verified elsewhere.
//! - **[Share](#sharing)**: sessions stay in the other service's rows, under its cookie, and both services go on with them. By
//!   [`shared_with`](crate::SessionStoreBuilder::shared_with) on the store's builder.
//!
//! Whoever cannot move all visitors in one moment shares first, and adopts when nothing of the other service runs any more. The
//! same struct and the same handlers serve both, and a table of this library's own.
//!
//! | constructor | packages | rows | cookie |
//! |---|---|---|---|
//! | [`react_router`](ForeignStore::react_router) | `@react-router/architect`, `@geostrategists/react-router-sessions-dynamodb` | each key an attribute | `__session` |
//! | [`koa`](ForeignStore::koa) | `koa-session-dynamodb-store` | a Map, `session` | `koa.sess`, `koa.sess.sig` |
//! | [`connect_dynamodb`](ForeignStore::connect_dynamodb) | `connect-dynamodb` | JSON text, `sess` | `connect.sid` |
//! | [`connect_dynamodb_session`](ForeignStore::connect_dynamodb_session) | `connect-dynamodb-session` | JSON text, `content` | `connect.sid` |
//! | [`dynamodb_session_store`](ForeignStore::dynamodb_session_store) | both packages of the name `dynamodb-session-store` | JSON text, `Session`; or each key an attribute | `connect.sid` |
//! | [`dynamodb_store`](ForeignStore::dynamodb_store) | `dynamodb-store` | a Map, `sess` | `connect.sid` |
//! | [`cyclic`](ForeignStore::cyclic) | `@cyclic.sh/session-store` | a Map, `sess` | `connect.sid` |
//! | [`pwrdrvr`](ForeignStore::pwrdrvr) | `@pwrdrvr/dynamodb-session-store` | a Map or JSON text, `sess` | `connect.sid` |
//!
//! The [`guide`] tells in which order to move, [`options`] what each option of those packages is here. Users of
//! `tower-sessions` have [a way of their own](from_tower_sessions).
//!
//! # What becomes of a row
//!
//! Each key of the session is the attribute of that name, which `rename`, `alias`, `default` and `lenient` treat as any
//! other. What the other framework keeps for itself is left out: the `cookie` object of Express, `lastModified`, `updated`,
//! `_expire`, `_maxAge`, and values that were flashed, unless a field has exactly their name. So are keys under the names of
//! this type's own key, expiry and creation. What does not decode is an error of kind
//! [`Decode`](crate::ErrorKind::Decode) that names the key.
//!
//! The row's expiry holds, in whatever unit it is, and a row without one lives as it does in its own store. Where it never
//! ends, the session type's idle timeout begins when the session is adopted.
//!
//! # Adoption
//!
//! A session is adopted by the first commit that has something to write: what has changed, or an expiry that is due. In one
//! transaction, it is stored under an id of this library, a *marker* is left that says so, and the row is deleted, on
//! condition that it still is what was read.
//! - **Nothing is lost**: if the other service has written the row since, the changes are made again on what it wrote.
//! - **Nothing is revived**: with the marker there, a row that the other service writes back late is never read again, and
//!   the cookie alone shows the adopted session, or a stranger once that has ended. A logout leaves the marker too. It stays
//!   for 400 days, the longest that a browser keeps a cookie.
//! - **It happens once**: the id is HMAC-SHA-256 of the old one under the other store's first secret, so that parallel
//!   requests, and repeated ones, find the same session. Whoever reads an old backup of the rows cannot compute it. Keep
//!   each secret in [`secrets`](ForeignStore::secrets) for as long as sessions which it has adopted may live.
//!
//! [Guarantees](crate::guarantees#sessions-of-another-store) tells what becomes of each encounter.
//!
//! # Sharing
//!
//! A shared session is what the other service makes of one: its row, in JSON text or as a Map, with its key, its expiry in its
//! unit, and the `cookie` object or `_expire` that its framework expects; its cookie, signed by the first of its secrets. New
//! sessions get an id of the form that the package gives them.
//!
//! A commit changes the keys that have changed, under the names that they have there, and leaves everything else in the row as it
//! is, the text of other keys in JSON included. It is one `UpdateItem`, which requires that the row still is what was read; if the
//! other service has written it since, the changes are made again on what it wrote. What JavaScript could not read is refused: a
//! whole number that it would round; in JSON, bytes; and elsewhere, any number beyond 2<sup>53</sup>, of which clients of DynamoDB
//! make a `BigInt`, with which express-session and others fail from then on. A set is an array.
//!
//! What stays is what a field does not hold. A struct in a field, or in a list, is [one value](derive@crate::DynamoSession#merge):
//! a change of it writes the keys that the struct names, and drops those that the other service keeps in the same object. Write
//! `merge` on the field, or keep them in the struct, by `#[serde(flatten)] others: BTreeMap<String, serde_json::Value>`.
//!
//! Beside the session's own keys, there is one more: `dynamoSession`, a text of about 20 to 100 bytes that says when this library
//! first wrote the session, and which commits it has made last, so that one whose answer was lost is not made twice. The other
//! service keeps it as it keeps the rest of the session. An adoption later leaves it out.
//!
//! [Guarantees](crate::guarantees#a-session-that-two-services-write) tells what becomes of each encounter, and what the other
//! service may lose.
//!
//! # All at once
//!
//! [`SessionStore::migrate`](crate::SessionStore::migrate) goes through the other store's table and adopts each session, so
//! that the table can go. The visitors keep the other service's cookie, which still finds the adopted session.
//!
//! # Permissions
//!
//! To share: `GetItem`, `PutItem`, `UpdateItem` and `DeleteItem` on the other table, which
//! `store.infrastructure().iam_policy([Access::Run])` of the shared store writes. To adopt:
//!
//! besides those on the store's own table, `dynamodb:GetItem` and `dynamodb:DeleteItem` on the other one, and `dynamodb:Scan` to
//! migrate. Both are in one
//! account and Region, since one transaction writes to them.

mod cookie_attributes;
mod cookies;
mod derive;
mod document;
mod expiry;
mod foreign_cookie;
mod foreign_store;
#[doc = include_str!("from_tower_sessions.md")]
#[cfg_attr(feature = "tower", doc = "```")]
#[cfg_attr(not(feature = "tower"), doc = "```ignore")]
#[doc = "# mod tower_sessions { include!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/doc/tower_sessions.rs\")); }"]
#[doc = include_str!("../../doc/from_tower_sessions.rs")]
#[doc = "# fn main() {}"]
#[doc = "```"]
pub mod from_tower_sessions {}
#[doc = include_str!("guide.md")]
#[doc(alias = "connect-dynamodb")]
#[doc(alias = "express")]
#[doc(alias = "migration")]
pub mod guide {}
mod javascript;
mod json;
mod nulls;
#[doc = include_str!("options.md")]
pub mod options {}
mod presented;
mod rows;
mod sharing;
mod stamp;
mod system;
mod writer;

pub use foreign_store::ForeignStore;
pub(crate) use nulls::readings;
#[cfg(feature = "_web")]
pub(crate) use presented::PresentedSids;
pub(crate) use rows::ForeignRow;
pub(crate) use stamp::Stamp;
pub(crate) use writer::{RowChanges, RowWrite};
