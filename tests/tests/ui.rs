//! What the compiler says about a mistake, by topic. `TRYBUILD=overwrite` writes the expected output anew.

#[test]
fn messages() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}
