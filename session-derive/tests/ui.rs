//! What the compiler says about a mistake, by topic. `TRYBUILD=overwrite` writes the expected output anew.

use std::fs;
use std::io;
use std::path::Path;

#[test]
fn messages() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}

/// The page of the derive quotes a message under each attribute.
#[test]
fn documented_messages_are_real() -> io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut messages = String::new();
    for topic in fs::read_dir(here.join("tests/ui"))? {
        for case in fs::read_dir(topic?.path())? {
            let path = case?.path();
            if path.extension().is_some_and(|extension| extension == "stderr") {
                messages += &fs::read_to_string(path)?;
            }
        }
    }
    let page = fs::read_to_string(here.join("src/derive.md"))?;
    let quoted: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("- **Misuse**"))
        .flat_map(|line| line.split("``").skip(1).step_by(2).map(str::trim))
        .collect();
    assert!(quoted.len() >= 20, "one message for each attribute: {quoted:?}");
    for message in quoted {
        assert!(messages.contains(message), "nothing says: {message}");
    }
    Ok(())
}
