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

/// What a file names after this prefix: the first segment of each path, comments aside.
fn names(text: &str, prefix: &str) -> Vec<String> {
    let code: String = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n");
    code.split(prefix).skip(1).flat_map(first_segments).collect()
}

/// The first segment of a path, or of each in braces.
fn first_segments(path: &str) -> Vec<String> {
    let segment = |path: &str| -> String {
        path.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let Some(list) = path.strip_prefix('{') else { return vec![segment(path)] };
    let mut depth = 1;
    let mut ends = list.char_indices().filter(|(_, c)| "{,}".contains(*c)).filter_map(|(at, c)| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        (depth == 0 || (depth == 1 && c == ',')).then_some((at, depth))
    });
    let mut segments = Vec::new();
    let mut start = 0;
    loop {
        let (end, depth) = ends.next().unwrap();
        segments.push(segment(&list[start..end]));
        if depth == 0 {
            return segments.into_iter().filter(|segment| !segment.is_empty()).collect();
        }
        start = end + 1;
    }
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
            for import in names(&std::fs::read_to_string(&file).unwrap(), "crate::") {
                let is_below = floors.get(import.as_str()).is_some_and(|below| below > floor);
                if !is_below && import != *room {
                    wrong.push(format!("{}: `crate::{import}`", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "not from a room below:\n{}", wrong.join("\n"));
}

/// A folder: the file that declares its modules, and what each of these takes from the folder.
struct Folder {
    name: String,
    own: String,
    children: BTreeMap<String, Vec<String>>,
}

/// The rooms that are folders, and the folders in them.
fn folders() -> Vec<Folder> {
    let rooms = floors().into_keys().filter(|room| source().join(room).is_dir());
    rooms.flat_map(|room| folders_in(&source().join(room), room)).collect()
}

fn folders_in(path: &Path, name: &str) -> Vec<Folder> {
    let own = path.join("mod.rs");
    let own = if own.exists() { own } else { path.with_extension("rs") };
    let inside = format!("crate::{}::", name.replace('/', "::"));
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut folders = Vec::new();
    let mut children = BTreeMap::new();
    let is_page = |entry: &PathBuf| entry.extension().is_some_and(|extension| extension == "md");
    for entry in entries.filter(|entry| *entry != own && !entry.ends_with("tests.rs")) {
        if is_page(&entry) {
            continue;
        }
        let child = entry.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = |file: PathBuf| std::fs::read_to_string(file).unwrap();
        let mut taken: Vec<String> =
            files(&entry).into_iter().flat_map(|file| names(&text(file), &inside)).collect();
        if entry.is_dir() {
            taken.retain(|name| *name != child);
            folders.extend(folders_in(&entry, &format!("{name}/{child}")));
        } else {
            taken.extend(names(&text(entry), "super::"));
        }
        children.insert(child, taken);
    }
    folders.push(Folder {
        name: name.to_owned(),
        own: std::fs::read_to_string(&own).unwrap(),
        children,
    });
    folders
}

#[test]
fn no_file_imports_from_the_one_that_declares_it() {
    let mut wrong = Vec::new();
    for Folder { name, own, children } in folders() {
        for (child, taken) in &children {
            let is_sibling = |taken: &&String| own.contains(&format!("mod {taken};\n"));
            let above = taken.iter().filter(|taken| !is_sibling(taken));
            wrong.extend(above.map(|taken| format!("{name}/{child}: `{taken}`")));
        }
    }
    assert!(wrong.is_empty(), "not from a file beside it:\n{}", wrong.join("\n"));
}

#[test]
fn no_files_of_a_room_import_in_a_circle() {
    for Folder { name, mut children, .. } in folders() {
        loop {
            let left: Vec<String> = children.keys().cloned().collect();
            children.retain(|_, taken| taken.iter().any(|name| left.contains(name)));
            if children.len() == left.len() {
                break;
            }
        }
        assert!(children.is_empty(), "a circle in `{name}`, among: {:?}", children.keys());
    }
}
