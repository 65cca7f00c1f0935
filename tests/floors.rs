//! The floors of the house: a module of viralnow-core imports only from floors with smaller numbers than its own. Modules on
//! one floor may use each other, except the four extractors, which never do.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const FLOORS: &[&[&str]] = &[
    &["error", "asset", "limits", "config"],
    &["db", "dsp", "fork", "http", "imaging"],
    &["monitor"],
    &["media", "model"],
    &["extract"],
    &["audio", "voice", "text", "vision"],
    &["features"],
    &["score"],
    &["store"],
    &["pipeline", "report"],
    &["clips"],
    &["call"],
];
const STRANGERS: &[&str] = &["audio", "voice", "text", "vision"];
fn source_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the source folder is there") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            source_files(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

/// Names that lib.rs re-exports at the root, and the room each one lives in.
fn root_names(lib: &str) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for line in lib.lines().filter_map(|line| line.strip_prefix("pub use ")) {
        let (room, list) = line.trim_end_matches(';').split_once("::").expect("a path");
        for name in list.trim_matches(['{', '}']).split(',') {
            names.insert(name.trim().to_owned(), room.to_owned());
        }
    }
    names
}

/// The first segment of every `crate::` path in the code, comments left out; `crate::{a::b, C}` gives `a` and `C`.
fn imports(code: &str) -> Vec<String> {
    let code: String =
        code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let word =
            |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut item = String::new();
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => found.push(word(std::mem::take(&mut item).trim())),
                    c => item.push(c),
                }
            }
            found.push(word(item.trim()));
        } else {
            found.push(word(rest));
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

/// The first segment of every path that climbs out of its room by `super::`, from a file this many modules deep.
fn climbs(code: &str, depth: usize) -> Vec<String> {
    let code: String =
        code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    let mut rest = code.as_str();
    while let Some(at) = rest.find("super::") {
        rest = &rest[at..];
        let mut steps = 0;
        while let Some(next) = rest.strip_prefix("super::") {
            (steps, rest) = (steps + 1, next);
        }
        if steps >= depth {
            found.extend(imports(&format!("crate::{rest}")).into_iter().take(1));
            if let Some(list) = rest.strip_prefix('{') {
                let end = list.find("};").unwrap_or(list.len());
                found.extend(imports(&format!("crate::{{{}}}", &list[..end])));
            }
        }
    }
    found
}

#[test]
fn a_path_that_climbs_is_seen() {
    let code = "use super::super::score::x;\nuse super::super::{audio::y, Error};\nuse super::z;\n// super::super::store";
    assert_eq!(climbs(code, 2), ["score", "audio", "audio", "Error"]);
    assert_eq!(climbs("use super::features;", 1), ["features"]);
    assert_eq!(climbs("use super::features;", 2), Vec::<String>::new());
}

#[test]
fn every_room_imports_only_from_the_floors_below() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lib = std::fs::read_to_string(source.join("lib.rs")).expect("lib.rs");
    let rooms: BTreeMap<&str, usize> = FLOORS
        .iter()
        .enumerate()
        .flat_map(|(floor, rooms)| rooms.iter().map(move |room| (*room, floor)))
        .collect();
    let names = root_names(&lib);
    for line in lib.lines().filter(|l| l.contains("mod ")) {
        let room = line.split("mod ").nth(1).expect("a name").trim_end_matches(';');
        assert!(rooms.contains_key(room), "lib.rs has a room that stands on no floor: {room}");
    }
    let mut files = Vec::new();
    source_files(&source, &mut files);
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for file in files.iter().filter(|f| !f.ends_with("lib.rs")) {
        let inside = file.strip_prefix(&source).expect("inside");
        let room = inside.components().next().expect("a room").as_os_str().to_string_lossy();
        let room = room.trim_end_matches(".rs").to_owned();
        let floor = rooms[room.as_str()];
        let code = std::fs::read_to_string(file).expect("readable");
        // `a.rs` and `a/mod.rs` are one module below the root, `a/b.rs` and `a/b/mod.rs` two.
        let depth = inside.components().count() - usize::from(inside.ends_with("mod.rs"));
        for name in imports(&code).into_iter().chain(climbs(&code, depth)) {
            let used = names.get(&name).cloned().unwrap_or(name);
            let Some(&other) = rooms.get(used.as_str()) else { continue };
            checked += 1;
            let stranger =
                room != used && STRANGERS.contains(&room.as_str()) && STRANGERS.contains(&used.as_str());
            if other > floor || stranger {
                wrong.push(format!(
                    "{}: {room} (floor {}) imports {used} (floor {})",
                    inside.display(),
                    floor + 1,
                    other + 1
                ));
            }
        }
    }
    assert!(checked > 100, "only {checked} imports were seen: the test does not read the code");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
