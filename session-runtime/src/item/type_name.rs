use aws_sdk_dynamodb::types::AttributeValue;

/// A DynamoDB type as people name it.
pub(super) fn type_name(value: &AttributeValue) -> &'static str {
    match value {
        AttributeValue::B(_) => "a Binary (B)",
        AttributeValue::Bool(_) => "a Boolean (BOOL)",
        AttributeValue::Bs(_) => "a Binary Set (BS)",
        AttributeValue::L(_) => "a List (L)",
        AttributeValue::M(_) => "a Map (M)",
        AttributeValue::N(_) => "a Number (N)",
        AttributeValue::Ns(_) => "a Number Set (NS)",
        AttributeValue::Null(_) => "a Null (NULL)",
        AttributeValue::S(_) => "a String (S)",
        AttributeValue::Ss(_) => "a String Set (SS)",
        _ => "a value of an unknown type",
    }
}
