use dynamo_session::index::IndexKey;
use dynamo_session::infrastructure::Infrastructure;
use dynamo_session::schema::KeyType;
use dynamo_session::table::{TableClass, TableOptions};
use dynamo_session::{CreatedAt, DynamoSession, Expires, SessionId};
use serde::{Deserialize, Serialize};

use crate::Shop;

/// A session that names no table and has no index.
#[derive(Debug, DynamoSession)]
pub struct Visit {
    /// The key.
    #[session(hash_key)]
    pub id: SessionId,
    /// The expiry.
    #[session(ttl)]
    pub expires_at: Expires,
    /// A value.
    #[session(counter)]
    pub pages: u64,
}

/// A session among an application's other items.
#[derive(Debug, DynamoSession)]
#[session(table = "application", key_prefix = "SESSION#")]
#[session(sort_key = "- sk: \"${x}\"", sort_key_value = "SESSION")]
pub struct Guest {
    /// The key.
    #[session(hash_key, rename = "pk")]
    pub id: SessionId,
    /// The expiry.
    #[session(ttl)]
    pub expires_at: Expires,
    /// A String.
    #[session(index = "by_user")]
    pub user: Option<String>,
}

/// A session with an index on each type of key.
#[derive(Debug, DynamoSession)]
#[session(table = "ledger-sessions", absolute_timeout = "12h")]
pub struct Ledger {
    /// The key.
    #[session(hash_key)]
    pub key: SessionId,
    /// The expiry.
    #[session(ttl)]
    pub expires: Expires,
    /// The beginning.
    #[session(created)]
    pub created: CreatedAt,
    /// A String.
    #[session(index = "by_user")]
    pub user: Option<String>,
    /// A Number.
    #[session(index = "by_tenant", guard)]
    pub tenant: Option<u64>,
    /// A Binary.
    #[session(index = "by_device")]
    pub device: Option<Device>,
    /// Not in an index.
    pub note: String,
}

/// A device's serial number, which serde stores as bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Device(#[serde(with = "serde_bytes")] pub Vec<u8>);

impl IndexKey for Device {
    const KEY_TYPE: KeyType = KeyType::B;
}

/// A session whose attributes have names that mean something in each of the languages.
#[derive(Debug, DynamoSession)]
#[session(table = "Odd_table.1-x")]
pub struct Odd {
    /// Quotes, a backslash, and what looks like the start of a comment.
    #[session(hash_key, rename = "id \"quoted\" \\back # // not a comment")]
    pub key: SessionId,
    /// HCL's templates.
    #[session(ttl, rename = "${var.table_name} %{ if true } $${x} %%{ y")]
    pub expires: Expires,
    /// What YAML takes for something else, and DynamoDB for a path.
    #[session(index = "yes", rename = "- no: [a.b, &c, *d, !e] | > 'f' @ `g`")]
    pub yaml: Option<String>,
    /// Ends of lines and what does not print.
    #[session(index = "1.0", rename = "a\nb\r\tc\u{0}\u{7f}\u{85}\u{2028}\u{feff}\u{1b}")]
    pub controls: Option<String>,
    /// Beyond ASCII, and beyond the basic plane.
    #[session(index = "_-.", rename = "naïve 名前 🦀 \u{10ffff}")]
    pub unicode: Option<String>,
    /// CloudFormation's substitutions.
    #[session(index = "Fn.Sub", rename = "${AWS::Region} !Ref Fn::Join {{ x }}")]
    pub functions: Option<String>,
    /// A word that YAML takes for a truth.
    #[session(index = "null", rename = "true")]
    pub truth: Option<String>,
}

/// Tables to write out, by a name for each: every type with every set of options.
pub fn tables() -> Vec<(String, Infrastructure)> {
    let types = [
        ("visit", Infrastructure::of::<Visit>().table_name("visits")),
        ("shop", Infrastructure::of::<Shop>()),
        ("ledger", Infrastructure::of::<Ledger>()),
        ("guest", Infrastructure::of::<Guest>()),
        ("odd", Infrastructure::of::<Odd>()),
    ];
    let mut tables = Vec::new();
    for (type_name, infrastructure) in types {
        for (options_name, options) in options() {
            let infrastructure = infrastructure.clone().table_options(options);
            tables.push((format!("{type_name}-{options_name}"), infrastructure));
        }
    }
    tables
}

fn options() -> [(&'static str, TableOptions); 4] {
    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let new = TableOptions::new;
    [
        ("default", new()),
        (
            "production",
            new()
                .deletion_protection(true)
                .point_in_time_recovery(true)
                .max_on_demand(4_000, 1_000)
                .kms_key("alias/sessions")
                .tag("team", "web")
                .tag("cost:center", "${42} %{x} \"quoted\" \\ 名前"),
        ),
        (
            "provisioned",
            new()
                .provisioned(25, 10)
                .table_class(TableClass::StandardInfrequentAccess)
                .aws_managed_key(),
        ),
        ("bare", new().time_to_live(false).kms_key(KEY)),
    ]
}
