//! The SDK's own part of a commit: the request that a commit sends, made ready beforehand.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use serde_json::{Value, json};

use crate::canned::Canned;
use crate::ours::{Ours, store};
use crate::session::{NOW, Row, TABLE};

pub(crate) struct Ready(UpdateItemFluentBuilder);

impl Ready {
    /// The request of a commit that changes everything.
    pub(crate) async fn commit_of_all(row: &Row, id: &dynamo_session::SessionId) -> Self {
        let canned = Canned::ours(row, json!({})).listening(true);
        let mut session = store(&canned, NOW).await.load(id).await.unwrap().unwrap();
        Ours::commit_all(&mut session).await;
        let sent: Value = serde_json::from_slice(&canned.sent.lock().unwrap()).unwrap();
        let names = sent["ExpressionAttributeNames"].as_object().unwrap();
        let names = names.iter().map(|(name, of)| (name.clone(), text(of)));
        let client = canned.listening(false).client();
        let update = client
            .update_item()
            .table_name(TABLE)
            .set_key(Some(values(&sent["Key"])))
            .update_expression(text(&sent["UpdateExpression"]))
            .condition_expression(text(&sent["ConditionExpression"]))
            .set_expression_attribute_names(Some(names.collect()))
            .set_expression_attribute_values(Some(values(&sent["ExpressionAttributeValues"])))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Self(update)
    }

    pub(crate) fn request(&self) -> Option<UpdateItemFluentBuilder> {
        Some(self.0.clone())
    }

    pub(crate) async fn send(request: &mut Option<UpdateItemFluentBuilder>) {
        request.take().unwrap().send().await.unwrap();
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn values(json: &Value) -> HashMap<String, AttributeValue> {
    let entries = json.as_object().unwrap().iter();
    entries.map(|(name, json)| (name.clone(), value(json))).collect()
}

fn value(json: &Value) -> AttributeValue {
    let (tag, value_of) = json.as_object().unwrap().iter().next().unwrap();
    match tag.as_str() {
        "S" => AttributeValue::S(text(value_of)),
        "N" => AttributeValue::N(text(value_of)),
        "L" => AttributeValue::L(value_of.as_array().unwrap().iter().map(value).collect()),
        "M" => AttributeValue::M(values(value_of)),
        other => panic!("no session here holds {other}"),
    }
}
