use aws_sdk_dynamodb::types::AttributeValue;

use crate::id::random_token;
use crate::item::Value;

/// The one key of a shared session's data that is not the application's. No framework drops it, as koa does what begins with
/// `_`.
pub(crate) const STAMP: &str = "dynamoSession";

/// How many commits are remembered.
const COMMITS: usize = 8;

/// What this library notes in a session that another service writes too: when it began, and the last commits from here.
///
/// Whatever the other service writes, it takes this along as it takes the rest of the session it has read: so a row that shows a
/// commit's token has what that commit wrote, and a row that shows the token before it alone does not have it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// In epoch seconds.
    pub(crate) created: Option<i64>,
    /// The newest last.
    tokens: Vec<String>,
}

impl Stamp {
    /// What does not read as one was written by somebody else, and counts for nothing.
    pub(super) fn read(value: Option<&AttributeValue>) -> Self {
        let Some(AttributeValue::S(text)) = value else { return Self::default() };
        let mut parts = text.split('.');
        let created = parts.next().and_then(|created| created.parse().ok());
        let tokens = parts.filter(|token| !token.is_empty()).take(COMMITS);
        Self { created, tokens: tokens.map(str::to_owned).collect() }
    }

    pub(super) fn value(&self) -> Value {
        let created = self.created.map(|created| created.to_string()).unwrap_or_default();
        let parts = [&created].into_iter().chain(&self.tokens);
        Value::text(parts.map(String::as_str).collect::<Vec<_>>().join("."))
    }

    /// What a row has after a commit on top of this one.
    pub(crate) fn with(&self, created: Option<i64>, token: &str) -> Self {
        let kept = self.tokens.len().saturating_sub(COMMITS - 1);
        let mut tokens = self.tokens[kept..].to_vec();
        tokens.push(token.to_owned());
        Self { created, tokens }
    }

    pub(crate) fn has(&self, token: &str) -> bool {
        self.tokens.iter().any(|known| known == token)
    }

    /// Whether what this is of was written after what the other is of, with nothing forgotten between the two.
    pub(crate) fn continues(&self, other: &Self) -> bool {
        other.tokens.last().is_some_and(|last| self.has(last))
    }

    pub(crate) fn new_token() -> String {
        random_token()
    }
}
