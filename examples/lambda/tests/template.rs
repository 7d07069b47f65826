//! The template beside the shop is that of its session type, and allows the function what it needs.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../examples/template/sam.rs"]
mod sam;

use serde_json::Value;

const TEMPLATE: &str = include_str!("../template.yaml");

#[test]
fn the_template_is_up_to_date() {
    assert_eq!(TEMPLATE, sam::template().unwrap(), "make it again, as its first line says");
}

#[test]
fn the_function_may_serve_sessions_of_its_own_table_and_nothing_else() {
    let template: Value = serde_saphyr::from_str(TEMPLATE).unwrap();
    let resources = &template["Resources"];
    assert_eq!(resources["SessionTable"]["Type"], "AWS::DynamoDB::Table");
    let function = &resources["ShopFunction"]["Properties"];
    let [statement] = &function["Policies"][0]["Statement"].as_array().unwrap()[..] else {
        panic!("{function}")
    };
    let actions = ["DeleteItem", "GetItem", "PutItem", "UpdateItem"];
    let actions: Vec<String> = actions.map(|action| format!("dynamodb:{action}")).into();
    assert_eq!(statement["Action"], serde_json::to_value(actions).unwrap());
    let own = serde_json::json!([{ "Fn::GetAtt": ["SessionTable", "Arn"] }]);
    assert_eq!(statement["Resource"], own);
}
