//! What has to be true of each system: the columns of the table.

use std::net::SocketAddr;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use serde_json::{Value, json};

use crate::engine::Endpoint;
use crate::node::Server;
use crate::shop;
use crate::systems::System;
use crate::visitor::Visitor;

const OURS: &str = "__Host-Http-session";

/// One system, and the service that takes over from it.
pub(crate) struct Move {
    system: &'static System,
    client: Client,
    node: Server,
    adopting: SocketAddr,
    sharing: SocketAddr,
}

impl Move {
    pub(crate) async fn begin(system: &'static System, endpoint: &Endpoint) -> Self {
        let client = endpoint.client.clone();
        system.create_table(&client).await;
        let node = Server::start(system.name, system.name, &endpoint.url).await;
        let adopting = shop::adopting(system, &client).await;
        let sharing = shop::sharing(system, &client).await;
        Self { system, client, node, adopting, sharing }
    }

    /// A visitor who has logged in on the other side, whose row is the only one.
    async fn logged_in(&self) -> (Visitor, Value) {
        self.system.delete_rows(&self.client).await;
        let mut visitor = Visitor::new();
        let login = visitor.post(self.node.address, "/login").await;
        assert_eq!(login["userId"], "u-000042");
        (visitor, login)
    }

    pub(crate) async fn is_read_in_place(self: Arc<Self>) {
        let (mut visitor, login) = self.logged_in().await;
        let stored = self.system.only_row(&self.client).await;
        assert_eq!(visitor.get(self.adopting, "/session").await, login);
        assert_eq!(self.system.only_row(&self.client).await, stored, "a look changes nothing");
        assert_eq!(visitor.cookie(OURS), None, "and brings no cookie");
        assert_eq!(visitor.get(self.node.address, "/session").await["userId"], "u-000042");
    }

    pub(crate) async fn has_its_cookie_accepted(self: Arc<Self>) {
        let (visitor, _) = self.logged_in().await;
        let cookies = self.system.cookies().map(|name| (name, visitor.cookie(name).unwrap()));
        let cookies: Vec<_> = cookies.collect();
        let user = async |cookies: &[(&str, &str)]| {
            Visitor::new().get_with(self.adopting, "/session", cookies).await["userId"].take()
        };
        assert_eq!(user(&cookies).await, "u-000042");
        for (index, (name, value)) in cookies.iter().enumerate() {
            let (middle, end) = (forged(value, value.len() / 2), forged(value, value.len() - 2));
            for forged in [&middle, &end, &value[..value.len() - 1], ""] {
                let mut cookies = cookies.clone();
                cookies[index] = (name, forged);
                assert_eq!(user(&cookies).await, Value::Null, "{name}={forged} for {value}");
            }
        }
        let _ = self.system.only_row(&self.client).await;
    }

    pub(crate) async fn is_adopted(self: Arc<Self>) {
        let (mut visitor, _) = self.logged_in().await;
        let theirs: Vec<_> = self.system.cookies().collect();
        let old = theirs.iter().map(|name| (*name, visitor.cookie(name).unwrap().to_owned()));
        let old: Vec<_> = old.collect();
        let old: Vec<_> = old.iter().map(|(name, value)| (*name, value.as_str())).collect();

        let changed = visitor.post(self.adopting, "/change").await;
        assert_eq!((&changed["n"], &changed["roles"]), (&json!(2), &json!(["a", "rust"])));
        assert!(visitor.cookie(OURS).is_some(), "it has our cookie");
        for name in theirs {
            assert!(visitor.cookie(name).is_none_or(str::is_empty), "theirs is removed");
        }
        assert!(self.system.rows(&self.client).await.is_empty(), "their row is gone");
        assert_eq!(visitor.get(self.adopting, "/session").await, changed);

        let stranger = Visitor::new().get_with(self.node.address, "/session", &old).await;
        assert_eq!(stranger["userId"], Value::Null, "the other side knows it no longer");
        let current = Visitor::new().get_with(self.adopting, "/session", &old).await;
        assert!(
            current == changed || current["userId"].is_null(),
            "never the old state: {current}"
        );
        visitor.post(self.adopting, "/logout").await;
        let ended = Visitor::new().get_with(self.adopting, "/session", &old).await;
        assert_eq!(ended["userId"], Value::Null, "nor after a logout");
    }
}

/// What both services know of a session.
fn known(seen: &Value) -> (&Value, &Value, &Value, &Value) {
    (&seen["userId"], &seen["n"], &seen["roles"], &seen["cart"])
}

impl Move {
    pub(crate) async fn is_shared_and_continued_in_node(self: Arc<Self>) {
        self.is_begun_in_node().await;
        self.is_begun_here().await;
    }

    /// There, here, there, here, and gone: with one cookie.
    async fn is_begun_in_node(&self) {
        for ends_here in [true, false] {
            let (mut visitor, _) = self.logged_in().await;
            let cookie = visitor.cookie(self.system.cookie).unwrap().to_owned();
            let here = visitor.post(self.sharing, "/change").await;
            assert_eq!((&here["n"], &here["roles"]), (&json!(2), &json!(["a", "rust"])));
            let _ = self.system.only_row(&self.client).await;
            let there = visitor.get(self.node.address, "/session").await;
            assert_eq!(known(&there), known(&here), "it sees what was changed here");

            let there = visitor.post(self.node.address, "/change").await;
            assert_eq!((&there["n"], &there["roles"]), (&json!(3), &json!(["a", "rust", "node"])));
            let here = visitor.get(self.sharing, "/session").await;
            assert_eq!(known(&here), known(&there), "and what was changed there is seen here");
            let here = visitor.post(self.sharing, "/change").await;
            assert_eq!(here["n"], 4);
            let there = visitor.get(self.node.address, "/session").await;
            assert_eq!(known(&there), known(&here));
            assert_eq!(
                visitor.cookie(self.system.cookie),
                Some(&*cookie),
                "by the cookie of the login"
            );
            assert_eq!(visitor.cookie(OURS), None);

            self.ends(visitor, ends_here).await;
        }
    }

    /// The same from a login here on, under an id that this side has made, and made anew.
    async fn is_begun_here(&self) {
        for ends_here in [true, false] {
            self.system.delete_rows(&self.client).await;
            let mut visitor = Visitor::new();
            let here = visitor.post(self.sharing, "/login").await;
            let there = visitor.get(self.node.address, "/session").await;
            assert_eq!(known(&there), known(&here), "it knows a session that was begun here");
            let there = visitor.post(self.node.address, "/change").await;
            assert_eq!((&there["n"], &there["roles"]), (&json!(2), &json!(["a", "node"])));
            let cookie = visitor.cookie(self.system.cookie).unwrap().to_owned();
            let here = visitor.post(self.sharing, "/renew").await;
            assert_eq!(here["n"], 3);
            assert_ne!(visitor.cookie(self.system.cookie), Some(&*cookie), "another id");
            let _ = self.system.only_row(&self.client).await;
            let there = visitor.get(self.node.address, "/session").await;
            assert_eq!(known(&there), known(&here));

            self.ends(visitor, ends_here).await;
        }
    }

    /// A logout on one side ends it on the other.
    async fn ends(&self, mut visitor: Visitor, ends_here: bool) {
        let cookies =
            self.system.cookies().map(|name| (name, visitor.cookie(name).unwrap().to_owned()));
        let cookies: Vec<_> = cookies.collect();
        let cookies: Vec<_> = cookies.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let service = if ends_here { self.sharing } else { self.node.address };
        visitor.post(service, "/logout").await;
        assert!(self.system.rows(&self.client).await.is_empty());
        for service in [self.sharing, self.node.address] {
            let ended = Visitor::new().get_with(service, "/session", &cookies).await;
            assert!(ended["userId"].is_null(), "ended here: {ends_here}");
        }
    }
}

/// Another character at this place of a cookie's value.
fn forged(value: &str, at: usize) -> String {
    let other = if value[at..].starts_with('A') { "B" } else { "A" };
    format!("{}{other}{}", &value[..at], &value[at + 1..])
}
