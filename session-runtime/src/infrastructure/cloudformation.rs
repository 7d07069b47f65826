use super::described_table::Infrastructure;
use super::tree::Tree;
use crate::error::{Error, ErrorKind};
use crate::operation::Operation;
use crate::schema::{Billing, Encryption};

/// The resource's name within the template.
const TABLE: &str = "SessionTable";

impl Infrastructure {
    /// An AWS CloudFormation template in YAML, with the table's name as a parameter.
    ///
    /// The table is kept when its stack is deleted, and when an update would replace it. A template cannot express a
    /// text that looks like a dynamic reference (`{{resolve:..}}`), so such a name, tag or key is refused.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::infrastructure::Infrastructure;
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::ShopSession;
    /// let template = Infrastructure::of::<ShopSession>().cloudformation()?;
    /// assert!(template.starts_with("AWSTemplateFormatVersion: \"2010-09-09\"\n"));
    /// # Ok::<(), dynamo_session::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): a table name that AWS would refuse, a text that a
    /// template cannot hold, or a table that is another service's, with which the store is shared.
    pub fn cloudformation(&self) -> Result<String, Error> {
        self.checked()
            .and_then(|()| self.require_own_table())
            .and_then(|()| template(self))
            .map_err(|error| self.in_context(error, Operation::WriteCloudFormation))
    }
}

fn template(infrastructure: &Infrastructure) -> Result<String, Error> {
    require_no_references(infrastructure)?;
    let resource = Tree::Map(vec![
        ("Type", Tree::Word("AWS::DynamoDB::Table")),
        ("DeletionPolicy", Tree::Word("Retain")),
        ("UpdateReplacePolicy", Tree::Word("Retain")),
        ("Properties", properties(infrastructure)),
    ]);
    let arn = Tree::List(vec![Tree::Word(TABLE), Tree::Word("Arn")]);
    let outputs = [
        ("TableName", "The name of the table of sessions", ("Ref", Tree::Word(TABLE))),
        ("TableArn", "The ARN of the table of sessions", ("Fn::GetAtt", arn)),
    ];
    let outputs = outputs.map(|(name, description, value)| {
        let output =
            vec![("Description", Tree::text(description)), ("Value", Tree::Map(vec![value]))];
        (name, Tree::Map(output))
    });
    let template = Tree::Map(vec![
        ("AWSTemplateFormatVersion", Tree::text("2010-09-09")),
        ("Description", Tree::text("A table of sessions")),
        ("Parameters", Tree::Map(vec![("TableName", name_parameter(infrastructure))])),
        ("Resources", Tree::Map(vec![(TABLE, resource)])),
        ("Outputs", Tree::Map(outputs.into())),
    ]);
    Ok(template.yaml())
}

fn name_parameter(infrastructure: &Infrastructure) -> Tree {
    let mut parameter = vec![
        ("Description", Tree::text("The name of the table of sessions")),
        ("Type", Tree::Word("String")),
    ];
    if let Some(name) = infrastructure.bare_name() {
        parameter.push(("Default", Tree::text(name)));
    }
    parameter.extend([
        ("MinLength", Tree::Number(3)),
        ("MaxLength", Tree::Number(255)),
        ("AllowedPattern", Tree::text("[a-zA-Z0-9_.-]+")),
    ]);
    Tree::Map(parameter)
}

fn properties(infrastructure: &Infrastructure) -> Tree {
    let Infrastructure { schema, options, .. } = infrastructure;
    let definitions = infrastructure.keys().map(|(name, key_type)| {
        Tree::Map(vec![
            ("AttributeName", Tree::text(name)),
            // In quotes, since older YAML takes a plain N for "no".
            ("AttributeType", Tree::text(key_type)),
        ])
    });
    let throughput = throughput(options.billing);

    let mut properties = vec![
        ("TableName", Tree::Map(vec![("Ref", Tree::Word("TableName"))])),
        ("AttributeDefinitions", Tree::List(definitions.collect())),
        ("KeySchema", key(schema.primary_key().names())),
        ("BillingMode", Tree::Word(options.billing.mode())),
    ];
    properties.extend(throughput.clone());
    let indexes: Vec<Tree> = schema
        .indexes()
        .map(|index| {
            let projection = Tree::Map(vec![("ProjectionType", Tree::Word("KEYS_ONLY"))]);
            let mut properties = vec![
                ("IndexName", Tree::text(index.name())),
                ("KeySchema", key(index.key().map(|(attribute, _)| attribute))),
                ("Projection", projection),
            ];
            properties.extend(throughput.clone());
            Tree::Map(properties)
        })
        .collect();
    if !indexes.is_empty() {
        properties.push(("GlobalSecondaryIndexes", Tree::List(indexes)));
    }
    if options.time_to_live {
        let specification = Tree::Map(vec![
            ("AttributeName", Tree::text(schema.time_to_live())),
            ("Enabled", Tree::Flag(true)),
        ]);
        properties.push(("TimeToLiveSpecification", specification));
    }
    let recovery = ("PointInTimeRecoveryEnabled", Tree::Flag(options.point_in_time_recovery));
    properties.extend([
        ("TableClass", Tree::Word(options.table_class.as_str())),
        ("DeletionProtectionEnabled", Tree::Flag(options.deletion_protection)),
        ("PointInTimeRecoverySpecification", Tree::Map(vec![recovery])),
    ]);
    properties.extend(encryption(&options.encryption));
    if !options.tags.is_empty() {
        let tags = options.tags.iter().map(|(key, value)| {
            Tree::Map(vec![("Key", Tree::text(key)), ("Value", Tree::text(value))])
        });
        properties.push(("Tags", Tree::List(tags.collect())));
    }
    Tree::Map(properties)
}

/// The partition key, and the sort key if there is one.
fn key(attributes: impl IntoIterator<Item = &'static str>) -> Tree {
    let part = |(attribute, role)| {
        Tree::Map(vec![("AttributeName", Tree::text(attribute)), ("KeyType", Tree::Word(role))])
    };
    Tree::List(attributes.into_iter().zip(["HASH", "RANGE"]).map(part).collect())
}

fn throughput(billing: Billing) -> Option<(&'static str, Tree)> {
    let (name, limits) = match billing {
        Billing::Provisioned { read, write } => (
            "ProvisionedThroughput",
            [("ReadCapacityUnits", Some(read)), ("WriteCapacityUnits", Some(write))],
        ),
        Billing::OnDemand { max_read, max_write } => (
            "OnDemandThroughput",
            [("MaxReadRequestUnits", max_read), ("MaxWriteRequestUnits", max_write)],
        ),
    };
    let limits: Vec<_> =
        limits.into_iter().filter_map(|(name, limit)| Some((name, Tree::Number(limit?)))).collect();
    (!limits.is_empty()).then_some((name, Tree::Map(limits)))
}

fn encryption(encryption: &Encryption) -> Option<(&'static str, Tree)> {
    let mut specification = vec![("SSEEnabled", Tree::Flag(true)), ("SSEType", Tree::Word("KMS"))];
    match encryption {
        Encryption::AwsOwned => return None,
        Encryption::AwsManaged => {}
        Encryption::CustomerManaged(key) => {
            specification.push(("KMSMasterKeyId", Tree::text(key)));
        }
    }
    Some(("SSESpecification", Tree::Map(specification)))
}

/// CloudFormation puts another value in the place of such a text, wherever it stands, and has no escape for it.
fn require_no_references(infrastructure: &Infrastructure) -> Result<(), Error> {
    let Infrastructure { schema, options, .. } = infrastructure;
    let tags = options.tags.iter().flat_map(|(key, value)| [key.as_str(), value.as_str()]);
    let key = match &options.encryption {
        Encryption::CustomerManaged(key) => Some(key.as_str()),
        _ => None,
    };
    let attributes = infrastructure.keys().map(|(name, _)| name);
    let mut texts = attributes.chain([schema.time_to_live()]).chain(tags).chain(key);
    match texts.find(|text| text.contains("{{resolve:")) {
        None => Ok(()),
        Some(text) => Err(Error::new(
            ErrorKind::Configuration,
            format!(
                "CloudFormation would read {text:?} as a dynamic reference; choose another text"
            ),
        )),
    }
}
