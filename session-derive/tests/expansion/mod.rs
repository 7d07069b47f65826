//! What the derive writes for a session with a field of every kind, so that a change to it is seen in review.
//! `TRYBUILD=overwrite` writes it anew.

use std::error::Error;
use std::fs;
use std::path::Path;

#[test]
fn a_field_of_every_kind() -> Result<(), Box<dyn Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expansion");
    let input = fs::read_to_string(here.join("session.rs"))?;
    let expansion = prettyplease::unparse(&syn::parse2(crate::derive(syn::parse_str(&input)?))?);
    let kept = here.join("session.expanded.rs");
    if std::env::var_os("TRYBUILD").is_some_and(|value| value == "overwrite") {
        fs::write(&kept, &expansion)?;
    }
    let kept = fs::read_to_string(kept)?;
    for (number, (is, was)) in expansion.lines().zip(kept.lines()).enumerate() {
        assert_eq!(is, was, "line {} of session.expanded.rs", number + 1);
    }
    assert_eq!(expansion.lines().count(), kept.lines().count());
    Ok(())
}
