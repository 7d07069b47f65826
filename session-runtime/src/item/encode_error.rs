use std::fmt;

use crate::visible::Visible;

/// Why a value cannot be stored, and where inside the field it is.
#[derive(Debug)]
pub struct EncodeError {
    path: String,
    reason: String,
}

impl EncodeError {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self { path: String::new(), reason: reason.into() }
    }

    pub(super) fn inside(mut self, segment: &str) -> Self {
        let rest = std::mem::take(&mut self.path);
        self.path = match rest.is_empty() || rest.starts_with('[') {
            true => format!("{segment}{rest}"),
            false => format!("{segment}.{rest}"),
        };
        self
    }

    pub(super) fn inside_variant(self, variant: Option<&str>) -> Self {
        match variant {
            Some(variant) => self.inside(variant),
            None => self,
        }
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "at `{}`: ", Visible(&self.path))?;
        }
        Visible(&self.reason).fmt(f)
    }
}

impl std::error::Error for EncodeError {}

impl serde::ser::Error for EncodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}
