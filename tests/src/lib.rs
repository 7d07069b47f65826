//! Tests of `dynamo-session` that need the whole system, and the doctests of its derive.

#[cfg(doctest)]
mod doctests {
    #[doc = include_str!("../../session-derive/src/derive.md")]
    mod derive {}

    #[doc = concat!("```edition2021\n", include_str!("../tests/support/anywhere.rs"), "fn main() {}\n```")]
    mod edition_2021 {}
}
