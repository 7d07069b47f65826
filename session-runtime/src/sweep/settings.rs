use crate::error::{Error, ErrorKind};

/// What AWS advises for tables of a few gigabytes; a table of sessions is rarely larger.
const DEFAULT_SEGMENTS: u32 = 4;
const MAX_SEGMENTS: u32 = 1024;
/// About what DynamoDB's own limit of 1 MB comes to, for sessions of 1 KB.
const DEFAULT_PAGE_ITEMS: u32 = 1000;

/// How a table is swept, whatever is done with what is found.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SweepSettings {
    pub(super) segments: Option<u32>,
    pub(super) page_items: Option<u32>,
    pub(super) capacity_per_second: Option<f64>,
}

impl SweepSettings {
    pub(super) fn segments(&self) -> u32 {
        self.segments.unwrap_or(DEFAULT_SEGMENTS)
    }

    pub(super) fn page_items(&self) -> u32 {
        self.page_items.unwrap_or(DEFAULT_PAGE_ITEMS)
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        let refused = |detail: String| Err(Error::new(ErrorKind::Configuration, detail));
        if !(1..=MAX_SEGMENTS).contains(&self.segments()) {
            let segments = self.segments();
            return refused(format!("{segments} segments; choose 1 to {MAX_SEGMENTS}"));
        }
        if self.page_items() == 0 {
            return refused("a page of 0 items; choose at least 1".to_owned());
        }
        match self.capacity_per_second {
            Some(units) if !units.is_finite() || units <= 0.0 => refused(format!(
                "{units} capacity units a second; choose a finite number above 0, or leave it out for \
                     no limit"
            )),
            _ => Ok(()),
        }
    }
}
