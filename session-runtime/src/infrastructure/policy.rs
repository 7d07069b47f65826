use std::collections::BTreeSet;

use super::access::Access;
use super::described_table::Infrastructure;
use super::location::Location;
#[cfg(feature = "interop")]
use super::location::table_in;
use super::tree::Tree;
use crate::error::{Error, ErrorKind};
use crate::operation::Operation;
#[cfg(feature = "interop")]
use crate::schema::require_valid_name;
use crate::schema::{Encryption, Schema, TableOptions};

/// What KMS lets DynamoDB do for someone who reads and writes an encrypted table.
const USE_KEY: [&str; 1] = ["kms:Decrypt"];
/// What KMS must allow to someone who chooses a table's key, as the developer guide lists it.
const CHOOSE_KEY: [&str; 8] = [
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
];

impl Infrastructure {
    /// The least IAM policy, in JSON, under which all of these uses work: what they call, on this table and its indexes
    /// only.
    ///
    /// Its ARNs match every Region and account unless [`region`](Self::region) and [`account`](Self::account), or the
    /// table's ARN, name one; a warning is traced then, which [`iam_warning`](Self::iam_warning) also returns. If the
    /// options name a customer managed key, the policy also allows its use through DynamoDB.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::infrastructure::{Access, Infrastructure};
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::ShopSession;
    /// let infrastructure = Infrastructure::of::<ShopSession>();
    /// let web_server = infrastructure.iam_policy([Access::Run, Access::List])?;
    /// assert!(web_server.contains("dynamodb:UpdateItem"));
    /// assert!(!web_server.contains("dynamodb:Scan"));
    /// # Ok::<(), dynamo_session::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): no use is named; no table is named; the name,
    /// Region or account is not valid; listing is among the uses and the type has no field marked `index`; or migrating is,
    /// and no other store is named.
    pub fn iam_policy(&self, uses: impl IntoIterator<Item = Access>) -> Result<String, Error> {
        let uses: Vec<Access> = uses.into_iter().collect();
        let policy = self.checked().and_then(|()| document(self, &uses));
        if let (Ok(_), Some(warning)) = (&policy, self.iam_warning()) {
            tracing::warn!(table = self.table_name, "{warning}");
        }
        policy.map_err(|error| self.in_context(error, Operation::WriteIamPolicy))
    }

    /// What the policies allow beyond the one table, in words: tables of the same name in other Regions or accounts.
    /// `None` if both are given.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::infrastructure::Infrastructure;
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::ShopSession;
    /// let infrastructure = Infrastructure::of::<ShopSession>().region("eu-west-1");
    /// assert!(infrastructure.iam_warning().is_some_and(|warning| warning.contains("every account")));
    /// assert_eq!(infrastructure.account("111122223333").iam_warning(), None);
    /// ```
    pub fn iam_warning(&self) -> Option<String> {
        let open = self.location().ok()?.open()?;
        Some(format!(
            "the policy applies to tables of this name in every {open}: give the {open}, or the table's ARN"
        ))
    }
}

fn document(infrastructure: &Infrastructure, uses: &[Access]) -> Result<String, Error> {
    let wrong = |detail: &str| Error::new(ErrorKind::Configuration, detail);
    if uses.is_empty() {
        return Err(wrong(
            "the policy needs to know what to allow: name at least one use, such as `Access::Run`",
        ));
    }
    let table = infrastructure.bare_name().ok_or_else(|| {
        wrong(
            "no table is named; write `#[session(table = \"...\")]` on the struct, or call \
             `.table_name(\"...\")`",
        )
    })?;
    let mut indexes: Vec<&str> =
        infrastructure.schema.indexes().map(|index| index.name()).collect();
    indexes.sort_unstable();
    if uses.contains(&Access::List) && indexes.is_empty() {
        return Err(wrong(
            "sessions are listed through an index, and the session type has none: mark a field with `index`",
        ));
    }

    let location = infrastructure.location()?;
    let options = &infrastructure.options;
    let actions =
        uses.iter().flat_map(|access| on_table(*access, infrastructure.schema, options)).collect();
    let resource = format!("table/{table}");
    let mut statements =
        vec![statement("Table", &actions, vec![location.arn("dynamodb", &resource)], None)];
    if uses.contains(&Access::List) {
        let indexes = indexes
            .iter()
            .map(|index| location.arn("dynamodb", &format!("{resource}/index/{index}")))
            .collect();
        statements.push(statement("Indexes", &BTreeSet::from(["dynamodb:Query"]), indexes, None));
    }
    #[cfg(feature = "interop")]
    statements.extend(adoption(infrastructure, uses)?);
    if let Encryption::CustomerManaged(key) = &options.encryption {
        let actions: BTreeSet<_> =
            uses.iter().flat_map(|access| on_key(*access, options)).copied().collect();
        if !actions.is_empty() {
            statements.push(key_statement(&location, key, &actions));
        }
    }
    let document = Tree::Map(vec![
        ("Version", Tree::text("2012-10-17")),
        ("Statement", Tree::List(statements)),
    ]);
    Ok(document.json())
}

/// What adopting sessions takes on the table of the other store.
#[cfg(feature = "interop")]
fn adoption(infrastructure: &Infrastructure, uses: &[Access]) -> Result<Option<Tree>, Error> {
    let adopted = infrastructure.adopted.as_deref();
    let Some(adopted) = adopted else {
        return match uses.contains(&Access::Migrate) {
            true => Err(Error::new(
                ErrorKind::Configuration,
                "sessions are to be migrated, and it is not said from where: call `.adopt(&foreign_store)`",
            )),
            false => Ok(None),
        };
    };
    require_valid_name(adopted)?;
    let mut actions = BTreeSet::new();
    for access in uses {
        match access {
            Access::Run => actions.extend(["dynamodb:DeleteItem", "dynamodb:GetItem"]),
            Access::Migrate => {
                actions.extend(["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:Scan"]);
            }
            _ => {}
        }
    }
    if actions.is_empty() {
        return Ok(None);
    }
    let resource = format!("table/{}", table_in(adopted));
    let arn = infrastructure.location_of_adopted(adopted)?.arn("dynamodb", &resource);
    Ok(Some(statement("AdoptedTable", &actions, vec![arn], None)))
}

/// What a use calls on the table itself. A transaction needs the actions of its parts.
fn on_table(access: Access, schema: &Schema, options: &TableOptions) -> Vec<&'static str> {
    let mut actions = match access {
        Access::Run => vec![
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
        ],
        Access::List => vec!["dynamodb:BatchGetItem", "dynamodb:DeleteItem"],
        Access::Purge | Access::EndEveryone => vec!["dynamodb:DeleteItem", "dynamodb:Scan"],
        Access::Count => vec!["dynamodb:Scan"],
        #[cfg(feature = "interop")]
        Access::Migrate => vec!["dynamodb:GetItem", "dynamodb:PutItem"],
        Access::Create => {
            vec!["dynamodb:CreateTable", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive"]
        }
        Access::Update | Access::Verify => {
            vec!["dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive"]
        }
    };
    let changes = matches!(access, Access::Create | Access::Update);
    let has_indexes = schema.indexes().next().is_some();
    if access == Access::Update && (has_indexes || options.deletion_protection) {
        actions.push("dynamodb:UpdateTable");
    }
    if changes && options.time_to_live {
        // A few items are looked at before TTL may delete any.
        actions.extend(["dynamodb:Scan", "dynamodb:UpdateTimeToLive"]);
    }
    if (changes || access == Access::Verify) && options.point_in_time_recovery {
        actions.push("dynamodb:DescribeContinuousBackups");
    }
    if changes && options.point_in_time_recovery {
        actions.push("dynamodb:UpdateContinuousBackups");
    }
    if !options.tags.is_empty() {
        match access {
            Access::Create => actions.push("dynamodb:TagResource"),
            Access::Verify => actions.push("dynamodb:ListTagsOfResource"),
            _ => {}
        }
    }
    actions
}

fn on_key(access: Access, options: &TableOptions) -> &'static [&'static str] {
    match access {
        Access::Create => &CHOOSE_KEY,
        Access::Update if !options.time_to_live => &[],
        Access::Run
        | Access::List
        | Access::Purge
        | Access::EndEveryone
        | Access::Count
        | Access::Update => &USE_KEY,
        #[cfg(feature = "interop")]
        Access::Migrate => &USE_KEY,
        Access::Verify => &[],
    }
}

/// The use of a key, only through DynamoDB.
fn key_statement(location: &Location<'_>, key: &str, actions: &BTreeSet<&'static str>) -> Tree {
    let via = ("kms:ViaService", Tree::text(location.dynamodb_host()));
    let mut condition = vec![("StringLike", Tree::Map(vec![via]))];
    // A policy cannot name a key by its alias, but can ask for the alias.
    let alias = key.rsplit(':').next().filter(|name| name.starts_with("alias/"));
    let resource = match alias {
        Some(alias) => {
            let aliases = Tree::Map(vec![("kms:ResourceAliases", Tree::text(alias))]);
            condition.push(("ForAnyValue:StringEquals", aliases));
            location.arn("kms", "key/*")
        }
        None if key.starts_with("arn:") => key.to_owned(),
        None => location.arn("kms", &format!("key/{key}")),
    };
    statement("Key", actions, vec![resource], Some(Tree::Map(condition)))
}

fn statement(
    id: &'static str,
    actions: &BTreeSet<&'static str>,
    resources: Vec<String>,
    condition: Option<Tree>,
) -> Tree {
    let mut statement = vec![
        ("Sid", Tree::Word(id)),
        ("Effect", Tree::Word("Allow")),
        ("Action", Tree::List(actions.iter().map(|action| Tree::Word(action)).collect())),
        ("Resource", Tree::List(resources.into_iter().map(Tree::Text).collect())),
    ];
    statement.extend(condition.map(|condition| ("Condition", condition)));
    Tree::Map(statement)
}
