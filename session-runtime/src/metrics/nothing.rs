//! What is recorded without the feature `metrics`.

use crate::error::Error;
use crate::operation::Operation;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Timer;

impl Timer {
    pub(crate) fn start() -> Self {
        Self
    }
}

pub(crate) fn describe() {}

pub(crate) fn loaded(_: &str, _: &'static str) {}

pub(crate) fn operation<T>(_: Timer, _: &str, _: Operation, _: &Result<T, Error>, _: u32) {}

#[cfg(feature = "_web")]
pub(crate) fn rejected(_: u64) {}

#[derive(Debug)]
pub(crate) struct Request;

impl Request {
    pub(crate) fn begin(_: &str, _: &'static str) -> Self {
        Self
    }

    pub(crate) fn end(&self, _: &str) {}

    pub(crate) fn consumed(&self, _: f64) {}

    pub(crate) fn throttled(&self, _: &str) {}
}
