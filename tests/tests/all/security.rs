//! The tests that the page on security names are there.

use std::path::{Path, PathBuf};

const PAGE: &str = include_str!("../../../session-runtime/src/security.md");

/// The file of a module, or of the module that it is in.
fn file(modules: &[&str]) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all");
    let path = here.join(modules.join("/"));
    let candidates = [path.with_extension("rs"), path.join("mod.rs")];
    let found = candidates.into_iter().find(|path| path.is_file());
    found.unwrap_or_else(|| match modules {
        [] => panic!("no module"),
        [_] => panic!("no file of the module {modules:?}"),
        [outer @ .., _] => file(outer),
    })
}

#[test]
fn each_named_test_exists() {
    let rows = PAGE.lines().filter(|line| line.starts_with("| ") && line.contains("::"));
    let mut named = 0;
    for row in rows {
        let test = row.trim_end_matches(" |").rsplit("| ").next().unwrap().trim_matches('`');
        let path: Vec<_> = test.split("::").collect();
        let (name, modules) = path.split_last().unwrap();
        let text = std::fs::read_to_string(file(modules)).unwrap();
        assert!(text.contains(&format!("fn {name}(")), "no test `{test}`");
        for module in modules.iter().skip(1) {
            let is_there = file(modules).to_str().unwrap().contains(module)
                || text.contains(&format!("mod {module} {{"));
            assert!(is_there, "no module `{module}` for `{test}`");
        }
        named += 1;
    }
    assert!(named > 30, "{named}");
}
