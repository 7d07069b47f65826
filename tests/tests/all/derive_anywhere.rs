//! The derive works wherever Rust does. That the structs compile, free of warnings, is most of the test;
//! this package's library compiles them once more in edition 2021.

#![deny(warnings, clippy::all, clippy::pedantic, clippy::nursery)]
#![deny(
    missing_docs,
    rust_2018_idioms,
    unreachable_pub,
    unused_qualifications,
    unused_results,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    let_underscore_drop,
    variant_size_differences
)]
#![allow(clippy::redundant_pub_crate, reason = "the opposite of `unreachable_pub`")]

mod anywhere;
