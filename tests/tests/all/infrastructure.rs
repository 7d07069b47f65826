//! The infrastructure as text says what the schema says, to real parsers, whatever the names.

mod texts;

use dynamo_session::infrastructure::{Access, Infrastructure};
use dynamo_session::schema::{KeyType, Schema};
use dynamo_session::table::{TableClass, TableOptions};
use dynamo_session::{DynamoSession, ErrorKind, SessionStore};
use dynamo_session_tests::{Guest, Ledger, Odd, Shop, Visit, World, tables};
use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};
use serde_json::{Value, json};
use texts::{Described, blocks, hcl, yaml};

/// The table as the schema describes it.
fn schema(schema: &'static Schema) -> Described {
    let key_type = |key_type| match key_type {
        KeyType::S => "S",
        KeyType::N => "N",
        KeyType::B => "B",
    };
    let sort_key = schema.sort_key().map(|sort_key| sort_key.name().to_owned());
    let key: Vec<_> = std::iter::once(schema.hash_key().to_owned()).chain(sort_key).collect();
    let mut attributes: Vec<_> = key.iter().map(|name| (name.clone(), "S".to_owned())).collect();
    let mut indexes = Vec::new();
    for index in schema.indexes() {
        attributes.push((index.attribute().to_owned(), key_type(index.key_type()).to_owned()));
        let key = std::iter::once(index.attribute()).chain(schema.created());
        indexes.push((index.name().to_owned(), key.map(str::to_owned).collect()));
    }
    if let (Some(created), false) = (schema.created(), indexes.is_empty()) {
        attributes.push((created.to_owned(), "N".to_owned()));
    }
    Described { key, attributes, indexes }.sorted()
}

fn schemas() -> [(&'static Schema, Infrastructure); 5] {
    [
        (Visit::SCHEMA, Infrastructure::of::<Visit>()),
        (Shop::SCHEMA, Infrastructure::of::<Shop>()),
        (Ledger::SCHEMA, Infrastructure::of::<Ledger>()),
        (Guest::SCHEMA, Infrastructure::of::<Guest>()),
        (Odd::SCHEMA, Infrastructure::of::<Odd>()),
    ]
}

#[test]
fn the_template_has_the_schemas_key_attributes_indexes_and_ttl() {
    for (expected, infrastructure) in schemas() {
        let template = yaml(&infrastructure.cloudformation().unwrap());
        let table = &template["Resources"]["SessionTable"];
        assert_eq!(table["Type"], "AWS::DynamoDB::Table");
        assert_eq!(
            (&table["DeletionPolicy"], &table["UpdateReplacePolicy"]),
            (&json!("Retain"), &json!("Retain"))
        );
        let properties = &table["Properties"];
        assert_eq!(Described::by_request(properties), schema(expected));
        assert_eq!(
            properties["TimeToLiveSpecification"],
            json!({ "AttributeName": expected.time_to_live(), "Enabled": true })
        );
        assert_eq!(properties["TableName"], json!({ "Ref": "TableName" }));
        let default = template["Parameters"]["TableName"].get("Default");
        assert_eq!(default.and_then(Value::as_str), expected.table());
    }
}

#[test]
fn the_configuration_has_the_schemas_key_attributes_indexes_and_ttl() {
    for (expected, infrastructure) in schemas() {
        let configuration = hcl(&infrastructure.terraform().unwrap());
        let table = &configuration["resource"]["aws_dynamodb_table"]["sessions"];
        assert_eq!(Described::by_configuration(table), schema(expected));
        assert_eq!(
            table["ttl"],
            json!({ "attribute_name": expected.time_to_live(), "enabled": true })
        );
        assert_eq!(table["name"], "${var.table_name}");
        let default = configuration["variable"]["table_name"].get("default");
        assert_eq!(default.and_then(Value::as_str), expected.table());
    }
}

#[test]
fn every_option_is_in_both_texts() {
    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let texts = |options: TableOptions| {
        let ledger = Infrastructure::of::<Ledger>().table_options(options);
        let template = yaml(&ledger.cloudformation().unwrap());
        let configuration = hcl(&ledger.terraform().unwrap());
        let table = configuration["resource"]["aws_dynamodb_table"]["sessions"].clone();
        (template["Resources"]["SessionTable"]["Properties"].clone(), table, configuration)
    };
    let only = |value: &Value, keys: &[&str]| -> Value {
        keys.iter()
            .map(|key| ((*key).to_owned(), value[*key].clone()))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };

    let (template, table, _) = texts(TableOptions::new());
    let keys = [
        "BillingMode",
        "OnDemandThroughput",
        "ProvisionedThroughput",
        "TableClass",
        "DeletionProtectionEnabled",
        "PointInTimeRecoverySpecification",
        "SSESpecification",
        "Tags",
    ];
    assert_eq!(
        only(&template, &keys),
        json!({
            "BillingMode": "PAY_PER_REQUEST",
            "OnDemandThroughput": null,
            "ProvisionedThroughput": null,
            "TableClass": "STANDARD",
            "DeletionProtectionEnabled": false,
            "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": false },
            "SSESpecification": null,
            "Tags": null,
        })
    );
    let names = [
        "billing_mode",
        "on_demand_throughput",
        "read_capacity",
        "table_class",
        "deletion_protection_enabled",
        "point_in_time_recovery",
        "server_side_encryption",
        "tags",
        "lifecycle",
    ];
    assert_eq!(
        only(&table, &names),
        json!({
            "billing_mode": "PAY_PER_REQUEST",
            "on_demand_throughput": null,
            "read_capacity": null,
            "table_class": "STANDARD",
            "deletion_protection_enabled": false,
            "point_in_time_recovery": { "enabled": false },
            "server_side_encryption": null,
            "tags": null,
            "lifecycle": { "prevent_destroy": true },
        })
    );

    let production = TableOptions::new()
        .deletion_protection(true)
        .point_in_time_recovery(true)
        .max_on_demand(40, 10)
        .kms_key("alias/sessions")
        .tag("team", "web");
    let (template, table, configuration) = texts(production);
    let throughput = json!({ "MaxReadRequestUnits": 40, "MaxWriteRequestUnits": 10 });
    assert_eq!(
        only(&template, &keys),
        json!({
            "BillingMode": "PAY_PER_REQUEST",
            "OnDemandThroughput": throughput,
            "ProvisionedThroughput": null,
            "TableClass": "STANDARD",
            "DeletionProtectionEnabled": true,
            "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
            "SSESpecification": { "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": "alias/sessions" },
            "Tags": [{ "Key": "team", "Value": "web" }],
        })
    );
    let limits = json!({ "max_read_request_units": 40, "max_write_request_units": 10 });
    assert_eq!(
        only(&table, &names),
        json!({
            "billing_mode": "PAY_PER_REQUEST",
            "on_demand_throughput": limits,
            "read_capacity": null,
            "table_class": "STANDARD",
            "deletion_protection_enabled": true,
            "point_in_time_recovery": { "enabled": true },
            "server_side_encryption": { "enabled": true, "kms_key_arn": "${data.aws_kms_key.sessions.arn}" },
            "tags": { "team": "web" },
            "lifecycle": { "prevent_destroy": true },
        })
    );
    assert_eq!(
        configuration["data"]["aws_kms_key"]["sessions"],
        json!({ "key_id": "alias/sessions" })
    );
    for index in template["GlobalSecondaryIndexes"].as_array().unwrap() {
        assert_eq!(index["OnDemandThroughput"], throughput);
    }
    for index in blocks(&table["global_secondary_index"]) {
        assert_eq!(index["on_demand_throughput"], limits);
    }

    let (template, table, _) = texts(TableOptions::new().provisioned(25, 5).aws_managed_key());
    let throughput = json!({ "ReadCapacityUnits": 25, "WriteCapacityUnits": 5 });
    assert_eq!(
        (&template["BillingMode"], &template["ProvisionedThroughput"]),
        (&json!("PROVISIONED"), &throughput)
    );
    assert_eq!(template["SSESpecification"], json!({ "SSEEnabled": true, "SSEType": "KMS" }));
    for index in template["GlobalSecondaryIndexes"].as_array().unwrap() {
        assert_eq!(index["ProvisionedThroughput"], throughput);
    }
    assert_eq!(table["server_side_encryption"], json!({ "enabled": true }));
    for body in blocks(&table["global_secondary_index"]).into_iter().chain([&table]) {
        assert_eq!((&body["read_capacity"], &body["write_capacity"]), (&json!(25), &json!(5)));
    }

    let (template, table, configuration) =
        texts(TableOptions::new().time_to_live(false).kms_key(KEY));
    assert_eq!(template.get("TimeToLiveSpecification"), None);
    assert_eq!(table.get("ttl"), None);
    assert_eq!(template["SSESpecification"]["KMSMasterKeyId"], KEY);
    assert_eq!(table["server_side_encryption"]["kms_key_arn"], KEY);
    assert_eq!(configuration.get("data"), None, "an ARN needs no look-up");
}

#[test]
fn the_same_input_makes_the_same_text() {
    for ((name, one), (_, other)) in tables().into_iter().zip(tables()) {
        assert_eq!(one.cloudformation().unwrap(), other.cloudformation().unwrap(), "{name}");
        assert_eq!(one.terraform().unwrap(), other.terraform().unwrap(), "{name}");
        let uses = [Access::Run, Access::Purge];
        let reversed = [Access::Purge, Access::Run, Access::Run];
        assert_eq!(one.iam_policy(uses).unwrap(), other.iam_policy(reversed).unwrap(), "{name}");
    }
}

#[tokio::test]
async fn a_store_has_the_infrastructure_of_its_own_table() {
    let world = World::new();
    let options = TableOptions::new().provisioned(7, 3);
    let builder = SessionStore::<Ledger>::builder().client(world.client.clone());
    let store =
        builder.table_name("elsewhere").table_options(options.clone()).build().await.unwrap();
    let expected = Infrastructure::of::<Ledger>().table_name("elsewhere").table_options(options);
    assert_eq!(
        store.infrastructure().cloudformation().unwrap(),
        expected.cloudformation().unwrap()
    );
    assert!(expected.cloudformation().unwrap().contains("\"elsewhere\""));
}

#[test]
fn a_text_that_cloudformation_would_resolve_is_refused() {
    let options = TableOptions::new().tag("owner", "{{resolve:ssm:owner}}");
    let shop = Infrastructure::of::<Shop>().table_options(options);
    assert_eq!(shop.cloudformation().unwrap_err().kind(), ErrorKind::Configuration);
    assert!(shop.terraform().unwrap().contains("{{resolve:ssm:owner}}"));
}

#[test]
fn names_that_aws_would_refuse_are_refused() {
    for name in [
        "x",
        "a table",
        "arn:aws:s3:eu-west-1:111122223333:table/x",
        "arn:aws:dynamodb:eu-west-1:111122223333:stream/x",
    ] {
        let shop = Infrastructure::of::<Shop>().table_name(name);
        for result in [shop.cloudformation(), shop.terraform(), shop.iam_policy([Access::Run])] {
            let error = result.unwrap_err();
            assert_eq!((error.kind(), error.table()), (ErrorKind::Configuration, Some(name)));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Tags are quoted as names are, and can hold anything.
    #[test]
    fn any_text_reads_back_as_it_was(tags in proptest::collection::vec(("\\PC{1,8}", any::<String>()), 1..4)) {
        let options = tags.iter().fold(TableOptions::new(), |options, (key, value)| options.tag(key, value));
        let shop = Infrastructure::of::<Shop>().table_options(options);
        let expected: serde_json::Map<String, Value> =
            tags.into_iter().map(|(key, value)| (key, value.into())).collect();

        let template = yaml(&shop.cloudformation().unwrap());
        let read: serde_json::Map<String, Value> = template["Resources"]["SessionTable"]["Properties"]["Tags"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tag| (tag["Key"].as_str().unwrap().to_owned(), tag["Value"].clone()))
            .collect();
        prop_assert_eq!(&read, &expected);

        let configuration = hcl(&shop.terraform().unwrap());
        prop_assert_eq!(&configuration["resource"]["aws_dynamodb_table"]["sessions"]["tags"], &Value::from(expected));
    }
}

/// What the store asks DynamoDB for, beside what CloudFormation would ask for.
async fn created<S: DynamoSession>(options: TableOptions) {
    let world = World::new();
    let builder = world.builder::<S>().table_options(options).auto_create(true);
    let store = builder.build().await.unwrap();
    let sent = world.network.take_sent();
    let request = &sent.iter().find(|sent| sent.operation == "CreateTable").unwrap().body;

    let template = yaml(&store.infrastructure().cloudformation().unwrap());
    let properties = &template["Resources"]["SessionTable"]["Properties"];
    for key in [
        "AttributeDefinitions",
        "KeySchema",
        "GlobalSecondaryIndexes",
        "BillingMode",
        "OnDemandThroughput",
        "ProvisionedThroughput",
        "Tags",
    ] {
        assert_eq!(properties[key], request[key], "{key}");
    }
    let or = |value: &Value, default: Value| if value.is_null() { default } else { value.clone() };
    assert_eq!(properties["TableClass"], or(&request["TableClass"], json!("STANDARD")));
    let protection = &request["DeletionProtectionEnabled"];
    assert_eq!(properties["DeletionProtectionEnabled"], or(protection, json!(false)));
    for (named, asked) in
        [("SSEEnabled", "Enabled"), ("SSEType", "SSEType"), ("KMSMasterKeyId", "KMSMasterKeyId")]
    {
        let encryption = (&properties["SSESpecification"], &request["SSESpecification"]);
        assert_eq!(encryption.0[named], encryption.1[asked], "{named}");
    }
    let enabled = sent.iter().find(|sent| sent.operation == "UpdateTimeToLive");
    assert_eq!(
        properties["TimeToLiveSpecification"],
        enabled.map_or(Value::Null, |sent| sent.body["TimeToLiveSpecification"].clone())
    );

    let configuration = hcl(&store.infrastructure().terraform().unwrap());
    let table = &configuration["resource"]["aws_dynamodb_table"]["sessions"];
    assert_eq!(Described::by_configuration(table), Described::by_request(request));
}

#[tokio::test]
async fn the_store_creates_the_table_that_the_texts_describe() {
    let new = TableOptions::new;
    for options in [
        new(),
        new().deletion_protection(true).max_on_demand(40, 10).tag("team", "web").tag("a", "b"),
        new()
            .provisioned(25, 5)
            .table_class(TableClass::StandardInfrequentAccess)
            .aws_managed_key(),
        new().time_to_live(false).kms_key("alias/sessions"),
    ] {
        created::<Visit>(options.clone()).await;
        created::<Shop>(options.clone()).await;
        created::<Ledger>(options).await;
    }
    created::<Guest>(new()).await;
    created::<Odd>(new()).await;
}
