use super::described_table::Infrastructure;
use super::hcl::{Body, literal};
use crate::error::Error;
use crate::operation::Operation;
use crate::schema::{Billing, Encryption};

/// The first version in which an index's `key_schema` works, and removing one index leaves the others.
const PROVIDER: &str = ">= 6.37";

impl Infrastructure {
    /// A Terraform configuration in HCL, with the table's name as a variable.
    ///
    /// It needs version 6.37 or later of the provider `hashicorp/aws`: earlier ones lack an index's `key_schema`, or
    /// may drop every index of a table when one is removed. Terraform refuses to destroy the table, or to replace it,
    /// until `prevent_destroy` is removed. It normalizes text to Unicode form NFC, so give attributes names in that
    /// form.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::infrastructure::Infrastructure;
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::ShopSession;
    /// let configuration = Infrastructure::of::<ShopSession>().terraform()?;
    /// assert!(configuration.contains("hash_key                    = \"id\""));
    /// # Ok::<(), dynamo_session::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): a table name that AWS would refuse, or a table that is
    /// another service's, with which the store is shared.
    pub fn terraform(&self) -> Result<String, Error> {
        self.checked()
            .and_then(|()| self.require_own_table())
            .map(|()| configuration(self))
            .map_err(|error| self.in_context(error, Operation::WriteTerraform))
    }
}

fn configuration(infrastructure: &Infrastructure) -> String {
    let provider = Body::default()
        .block("aws =", Body::default().text("source", "hashicorp/aws").text("version", PROVIDER));
    let mut name = Body::default()
        .text("description", "The name of the table of sessions")
        .set("type", "string");
    if let Some(default) = infrastructure.bare_name() {
        name = name.text("default", default);
    }
    let mut configuration = Body::default()
        .block("terraform", Body::default().block("required_providers", provider))
        .block("variable \"table_name\"", name);
    if let Some(key) = key_to_look_up(infrastructure) {
        let data = Body::default().text("key_id", key);
        configuration = configuration.block("data \"aws_kms_key\" \"sessions\"", data);
    }
    let output = |description: &str, expression: &str| {
        Body::default().text("description", description).set("value", expression)
    };
    configuration
        .block("resource \"aws_dynamodb_table\" \"sessions\"", table(infrastructure))
        .block(
            "output \"table_name\"",
            output("The name of the table of sessions", "aws_dynamodb_table.sessions.name"),
        )
        .block(
            "output \"table_arn\"",
            output("The ARN of the table of sessions", "aws_dynamodb_table.sessions.arn"),
        )
        .render()
}

fn table(infrastructure: &Infrastructure) -> Body {
    let Infrastructure { schema, options, .. } = infrastructure;
    let mut table =
        Body::default().set("name", "var.table_name").text("hash_key", schema.hash_key());
    if let Some(sort_key) = schema.sort_key() {
        table = table.text("range_key", sort_key.name());
    }
    table = table
        .text("billing_mode", options.billing.mode())
        .text("table_class", options.table_class.as_str())
        .set("deletion_protection_enabled", options.deletion_protection.to_string());
    table = capacity(table, options.billing);
    for (name, key_type) in infrastructure.keys() {
        let attribute = Body::default().text("name", name).text("type", key_type);
        table = table.block("attribute", attribute);
    }
    for index in schema.indexes() {
        let body = Body::default().text("name", index.name()).text("projection_type", "KEYS_ONLY");
        let key = index.key().zip(["HASH", "RANGE"]);
        let body = key.fold(capacity(body, options.billing), |body, ((attribute, _), role)| {
            let part = Body::default().text("attribute_name", attribute).text("key_type", role);
            body.block("key_schema", part)
        });
        table = table.block("global_secondary_index", limits(body, options.billing));
    }
    table = limits(table, options.billing);
    let enabled = || Body::default().set("enabled", "true");
    if options.time_to_live {
        let body = enabled().text("attribute_name", schema.time_to_live());
        table = table.block("ttl", body);
    }
    let recovery = Body::default().set("enabled", options.point_in_time_recovery.to_string());
    table = table.block("point_in_time_recovery", recovery);
    table = match &options.encryption {
        Encryption::AwsOwned => table,
        Encryption::AwsManaged => table.block("server_side_encryption", enabled()),
        Encryption::CustomerManaged(key) => {
            let arn = match key_to_look_up(infrastructure) {
                Some(_) => "data.aws_kms_key.sessions.arn".to_owned(),
                None => literal(key),
            };
            table.block("server_side_encryption", enabled().set("kms_key_arn", arn))
        }
    };
    if !options.tags.is_empty() {
        let tags = options
            .tags
            .iter()
            .fold(Body::default(), |tags, (key, value)| tags.text(literal(key), value));
        table = table.block("tags =", tags);
    }
    // As `Retain` in CloudFormation: whoever means it takes this line out first.
    table.block("lifecycle", Body::default().set("prevent_destroy", "true"))
}

fn capacity(body: Body, billing: Billing) -> Body {
    match billing {
        Billing::Provisioned { read, write } => {
            body.set("read_capacity", read.to_string()).set("write_capacity", write.to_string())
        }
        Billing::OnDemand { .. } => body,
    }
}

fn limits(body: Body, billing: Billing) -> Body {
    let Billing::OnDemand { max_read, max_write } = billing else { return body };
    let limits = [("max_read_request_units", max_read), ("max_write_request_units", max_write)];
    if limits.iter().all(|(_, limit)| limit.is_none()) {
        return body;
    }
    let throughput = limits.into_iter().fold(Body::default(), |body, (name, limit)| match limit {
        Some(limit) => body.set(name, limit.to_string()),
        None => body,
    });
    body.block("on_demand_throughput", throughput)
}

/// A key that is not named by its ARN: the provider wants that, and finds a change on every run otherwise.
fn key_to_look_up(infrastructure: &Infrastructure) -> Option<&str> {
    match &infrastructure.options.encryption {
        Encryption::CustomerManaged(key) if !key.contains(":key/") => Some(key),
        _ => None,
    }
}
