//! The ten systems, by the short names of their servers.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};

/// A framework with a store, as `tests/node-stores/systems` sets it up.
pub(crate) struct System {
    pub(crate) name: &'static str,
    pub(crate) package: &'static str,
    pub(crate) hash_key: &'static str,
    pub(crate) sort_key: Option<&'static str>,
    pub(crate) key_prefix: &'static str,
    pub(crate) cookie: &'static str,
}

const fn system(
    name: &'static str,
    package: &'static str,
    hash_key: &'static str,
    key_prefix: &'static str,
    cookie: &'static str,
) -> System {
    System { name, package, hash_key, sort_key: None, key_prefix, cookie }
}

const EXPRESS: &str = "connect.sid";
const KOA: &str = "koa.sess";
const KOA_SIGNATURE: &str = "koa.sess.sig";
const REACT_ROUTER: &str = "__session";

pub(crate) const SYSTEMS: &[System] = &[
    system("geo", "@geostrategists/react-router-sessions-dynamodb", "_idx", "", REACT_ROUTER),
    system("arc", "@react-router/architect", "_idx", "", REACT_ROUTER),
    system("mre", "MRobertEvers/dynamodb-session-store", "SessionID", "", EXPRESS),
    system("svs", "dynamodb-session-store", "sid", "", EXPRESS),
    system("koa", "koa-session-dynamodb-store", "sessionId", "", KOA),
    system("cds", "connect-dynamodb-session", "id", "", EXPRESS),
    System {
        sort_key: Some("sk"),
        ..system("cyc", "@cyclic.sh/session-store", "pk", "session-store#", EXPRESS)
    },
    system("dst", "dynamodb-store", "sessionId", "sess:", EXPRESS),
    system("cdb", "connect-dynamodb", "id", "sess:", EXPRESS),
    system("pwr", "@pwrdrvr/dynamodb-session-store", "id", "session#", EXPRESS),
];

impl System {
    /// The names of its cookies.
    pub(crate) fn cookies(&self) -> impl Iterator<Item = &'static str> {
        let signature = (self.cookie == KOA).then_some(KOA_SIGNATURE);
        [self.cookie].into_iter().chain(signature)
    }

    /// Its table, with the name of the system.
    pub(crate) async fn create_table(&self, client: &Client) {
        let mut table =
            client.create_table().table_name(self.name).billing_mode(BillingMode::PayPerRequest);
        let keys = [(Some(self.hash_key), KeyType::Hash), (self.sort_key, KeyType::Range)];
        for (name, key_type) in keys {
            let Some(name) = name else { continue };
            let text = ScalarAttributeType::S;
            let definition =
                AttributeDefinition::builder().attribute_name(name).attribute_type(text);
            let key = KeySchemaElement::builder().attribute_name(name).key_type(key_type);
            table = table.attribute_definitions(definition.build().unwrap());
            table = table.key_schema(key.build().unwrap());
        }
        table.send().await.unwrap();
    }

    pub(crate) async fn rows(&self, client: &Client) -> Vec<HashMap<String, AttributeValue>> {
        let scan = client.scan().consistent_read(true).table_name(self.name).send().await;
        scan.unwrap().items.unwrap_or_default()
    }

    pub(crate) async fn delete_rows(&self, client: &Client) {
        for mut row in self.rows(client).await {
            let mut delete = client.delete_item().table_name(self.name);
            for name in [Some(self.hash_key), self.sort_key].into_iter().flatten() {
                delete = delete.key(name, row.remove(name).unwrap());
            }
            delete.send().await.unwrap();
        }
    }

    pub(crate) async fn only_row(&self, client: &Client) -> HashMap<String, AttributeValue> {
        let mut rows = self.rows(client).await;
        assert_eq!(rows.len(), 1, "{} stores one session", self.package);
        rows.remove(0)
    }
}
