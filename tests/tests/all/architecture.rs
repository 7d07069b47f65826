//! The map in `ARCHITECTURE.md` is that of the code: each room imports only from rooms further down, by the names of the
//! rooms that define what it imports.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const MAP: &str = include_str!("../../../ARCHITECTURE.md");

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../session-runtime/src")
}

/// The rooms of the map, each with its line, counted from the top.
fn floors() -> BTreeMap<&'static str, usize> {
    let (_, map) = MAP.split_once("## The rooms").unwrap();
    let (_, map) = map.split_once("```text\n").unwrap();
    let (map, _) = map.split_once("```").unwrap();
    let rooms = |(floor, line): (usize, &'static str)| {
        let (rooms, _) = line.split_once("  ").unwrap();
        rooms.split(", ").map(move |room| (room, floor))
    };
    map.lines().enumerate().flat_map(rooms).collect()
}

/// Every source file of a room, but for its tests.
fn files(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_owned()];
    }
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|entry| files(&entry));
    files
        .filter(|file| file.extension() == Some("rs".as_ref()) && !file.ends_with("tests.rs"))
        .collect()
}

/// What a file names as `crate::..`, the first segment of each path, comments aside.
fn imports(text: &str) -> Vec<String> {
    let code: String = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n");
    let first = |rest: &str| {
        rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '{').collect()
    };
    code.split("crate::").skip(1).map(first).collect()
}

#[test]
fn every_room_is_on_the_map() {
    let floors = floors();
    for entry in std::fs::read_dir(source()).unwrap() {
        let path = entry.unwrap().path();
        let room = path.file_stem().unwrap().to_str().unwrap();
        if path.extension() != Some("md".as_ref()) && room != "lib" {
            assert!(floors.contains_key(room), "`{room}` is a room that the map lacks");
        }
    }
    for room in floors.keys() {
        let path = source().join(room);
        assert!(path.is_dir() || path.with_extension("rs").is_file(), "there is no room `{room}`");
    }
}

#[test]
fn no_room_imports_from_above_or_beside_it() {
    let floors = floors();
    let mut wrong = Vec::new();
    for (room, floor) in &floors {
        let path = source().join(room);
        let file = path.with_extension("rs");
        let paths = [path, file].into_iter().filter(|path| path.exists());
        for file in paths.flat_map(|path| files(&path)) {
            for import in imports(&std::fs::read_to_string(&file).unwrap()) {
                let is_below = floors.get(import.as_str()).is_some_and(|below| below > floor);
                if !is_below && import != *room {
                    wrong.push(format!("{}: `crate::{import}`", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "not from a room below:\n{}", wrong.join("\n"));
}
