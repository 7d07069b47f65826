//! DynamoDB's limits on one expression, counted while it is written
//! ([quotas](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters)).

use super::placeholder::Placeholder;

const MAX_TEXT_BYTES: usize = 4096;
const MAX_OPERATORS: usize = 300;

/// A place in the item, as expressions name it.
#[derive(Clone, Debug)]
pub(crate) struct DocumentPath {
    text: PathText,
    /// The developer guide calls the dots of a path dereference operators, and does not say whether they count. Here
    /// they do.
    dots: usize,
}

#[derive(Clone, Debug)]
enum PathText {
    Top(Placeholder),
    Nested(String),
}

impl DocumentPath {
    pub(super) fn top(name: Placeholder) -> Self {
        Self { text: PathText::Top(name), dots: 0 }
    }

    pub(super) fn child(&self, name: Placeholder) -> Self {
        let parent = self.text();
        let mut text = String::with_capacity(parent.len() + 1 + name.len());
        text.push_str(parent);
        text.push('.');
        text.push_str(&name);
        Self { text: PathText::Nested(text), dots: self.dots + 1 }
    }

    fn text(&self) -> &str {
        match &self.text {
            PathText::Top(name) => name,
            PathText::Nested(text) => text,
        }
    }
}

/// One part of a clause.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part<'p> {
    Path(&'p DocumentPath),
    /// What does not count: punctuation, placeholders, the `=` of an assignment.
    Text(&'p str),
    /// A function with its opening parenthesis, arithmetic, a comparison, `AND`, `OR` or `NOT`.
    Operator(&'p str),
}

/// Clauses of one kind, joined, with the operators in them.
#[derive(Clone, Debug, Default)]
pub(super) struct Clauses {
    pub(super) text: String,
    pub(super) operators: usize,
}

impl Clauses {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), operators: 0 }
    }

    pub(super) fn push(&mut self, separator: Part<'_>, clause: &[Part<'_>]) {
        if !self.text.is_empty() {
            self.part(separator);
        }
        for part in clause {
            self.part(*part);
        }
    }

    fn part(&mut self, part: Part<'_>) {
        let (text, operators) = match part {
            Part::Path(path) => (path.text(), path.dots),
            Part::Text(text) => (text, 0),
            Part::Operator(text) => (text, 1),
        };
        self.text.push_str(text);
        self.operators += operators;
    }
}

/// Whether DynamoDB takes an expression of this length with so many operators.
pub(super) fn fits(bytes: usize, operators: usize) -> bool {
    bytes <= MAX_TEXT_BYTES && operators <= MAX_OPERATORS
}
