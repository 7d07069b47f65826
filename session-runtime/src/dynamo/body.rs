use aws_smithy_types::body::SdkBody;

use crate::item::consumed_units;

/// The body of a `GetItem`'s response.
#[derive(Debug)]
pub(crate) struct Body(SdkBody);

impl Body {
    pub(super) fn new(body: SdkBody) -> Self {
        Self(body)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.bytes().unwrap_or_default()
    }

    /// The units that the request consumed, if they were asked for.
    pub(super) fn units(&self) -> Option<f64> {
        consumed_units(self.bytes()).ok()?
    }
}
