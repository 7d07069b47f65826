//! The tests that the page on security names are there.

use std::path::{Path, PathBuf};

use dynamo_session::infrastructure::Infrastructure;
use dynamo_session::{AuthenticatedAt, CreatedAt, DynamoSession, Expires, SessionId};

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

fn require_tests(page: &str) -> usize {
    let rows = page.lines().filter(|line| line.starts_with("| ") && line.contains("::"));
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
    named
}

#[test]
fn each_named_test_exists() {
    assert!(require_tests(PAGE) > 30);
}

#[derive(DynamoSession)]
#[session(table = "bare-sessions", idle_timeout = "15m")]
struct Bare {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
}

#[derive(DynamoSession)]
#[session(
    table = "full-sessions",
    idle_timeout = "1h",
    absolute_timeout = "90 days",
    remember_timeout = "30 days"
)]
struct Full {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    #[session(authenticated)]
    authenticated_at: Option<AuthenticatedAt>,
    #[session(remember)]
    remember: bool,
    #[session(index = "by_user")]
    user: Option<String>,
}

#[test]
fn the_table_of_a_type_tells_what_it_meets_and_what_is_missing() {
    let full = Infrastructure::of::<Full>().asvs();
    assert!(require_tests(&full) > 15);
    assert!(!full.contains("**open**"), "{full}");
    for row in [
        "sessions in table `full-sessions`, keys `Full#…`",
        "| 7.3.1 | Idle timeout | met | 1 hour, or 30 days where the visitor asked for it |",
        "| 7.3.2 | Absolute timeout | met | 90 days |",
        "`end_all`, by the index `by_user`",
        "`valid_since`, by `created_at`",
        "`RecentlyAuthenticated`, by `authenticated_at`",
    ] {
        assert!(full.contains(row), "{row}\n{full}");
    }
    let bare = Infrastructure::of::<Bare>().table_name("renamed").asvs();
    for row in [
        "in table `renamed`",
        "| 7.3.1 | Idle timeout | met | 15 minutes |",
        "| 7.3.2 | Absolute timeout | **open** | set `absolute_timeout`",
        "| **open** | mark the field that names the user with `index` |",
        "| **open** | add a field marked `authenticated`",
    ] {
        assert!(bare.contains(row), "{row}\n{bare}");
    }
}
