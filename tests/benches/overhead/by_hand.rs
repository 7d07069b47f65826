//! What one writes on `aws-sdk-dynamodb` and `serde_dynamo` without the library.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::canned::Canned;
use crate::session::{LATER, NOTICE, NOW, Row, TABLE, change_all};

pub(crate) struct ByHand {
    client: Client,
    row: Row,
}

impl ByHand {
    pub(crate) fn new(row: &Row) -> Self {
        Self { client: Canned::by_hand(row).client(), row: row.clone() }
    }

    pub(crate) async fn load(&self) -> Row {
        let output = self
            .client
            .get_item()
            .table_name(TABLE)
            .key("id", AttributeValue::S(self.row.id.clone()))
            .consistent_read(true)
            .send()
            .await
            .unwrap();
        let row: Row = serde_dynamo::from_item(output.item.unwrap()).unwrap();
        assert!(row.expires_at > NOW);
        row
    }

    pub(crate) async fn touch(&self, row: &mut Row) {
        row.expires_at = LATER + 1800;
        let next = AttributeValue::N(row.expires_at.to_string());
        self.update(&row.id, "SET #ttl = :next", "#ttl", "expires_at", ":next", next).await;
    }

    pub(crate) async fn put_field(&self, row: &mut Row) {
        row.notice = Some(NOTICE.to_owned());
        self.put(row).await;
    }

    pub(crate) async fn put_all(&self, row: &mut Row) {
        change_all!(&mut *row);
        self.put(row).await;
    }

    pub(crate) async fn update_field(&self, row: &mut Row) {
        row.notice = Some(NOTICE.to_owned());
        let notice = serde_dynamo::to_attribute_value(&row.notice).unwrap();
        self.update(&row.id, "SET #notice = :notice", "#notice", "notice", ":notice", notice).await;
    }

    async fn put(&self, row: &Row) {
        self.client
            .put_item()
            .table_name(TABLE)
            .set_item(Some(row.item()))
            .condition_expression("attribute_exists(#id) AND #ttl > :now")
            .expression_attribute_names("#id", "id")
            .expression_attribute_names("#ttl", "expires_at")
            .expression_attribute_values(":now", AttributeValue::N(NOW.to_string()))
            .send()
            .await
            .unwrap();
    }

    async fn update(
        &self,
        id: &str,
        update: &str,
        name: &str,
        attribute: &str,
        placeholder: &str,
        value: AttributeValue,
    ) {
        self.client
            .update_item()
            .table_name(TABLE)
            .key("id", AttributeValue::S(id.to_owned()))
            .update_expression(update)
            .condition_expression("attribute_exists(#id) AND #ttl > :now")
            .expression_attribute_names("#id", "id")
            .expression_attribute_names("#ttl", "expires_at")
            .expression_attribute_names(name, attribute)
            .expression_attribute_values(":now", AttributeValue::N(NOW.to_string()))
            .expression_attribute_values(placeholder, value)
            .send()
            .await
            .unwrap();
    }
}
