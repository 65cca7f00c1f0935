//! What the tests share.
#![allow(dead_code, unreachable_pub, reason = "every test file uses its own part")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Our own demo clip.
pub fn demo() -> PathBuf {
    root().join("examples/media/demo.mp4")
}

/// The same at a third of its width, for tests that do not depend on what is in the clip.
pub fn small() -> PathBuf {
    root().join("tests/vectors/demo_small.mp4")
}

/// The folder of shared test data: `VIRALNOW_TEST_DATA`, else `../shared` beside the repository.
pub fn shared_root() -> Option<PathBuf> {
    let given = std::env::var_os("VIRALNOW_TEST_DATA").map(PathBuf::from);
    let folder = given.unwrap_or_else(|| root().join("../shared"));
    folder.join("data").is_dir().then_some(folder)
}

/// A file or folder of the shared test data, such as `data/video/chaplin.mp4`; without it says that the test is skipped.
pub fn shared(test: &str, path: &str) -> Option<PathBuf> {
    let found = shared_root().map(|root| root.join(path)).filter(|path| path.exists());
    if found.is_none() {
        println!("SKIPPED {test}: shared data not found ({path})");
    }
    found
}

/// The files of a folder of the shared test data, sorted; empty (and said) without it.
pub fn shared_files(test: &str, folder: &str) -> Vec<PathBuf> {
    let Some(folder) = shared(test, folder) else { return Vec::new() };
    let entries = std::fs::read_dir(folder).expect("a readable folder");
    let mut files: Vec<_> = entries.map(|e| e.expect("readable").path()).filter(|p| p.is_file()).collect();
    files.sort();
    files
}

/// Six versions of one picture (the bridge of `ThreatExchange`), and six other pictures, in `data/images`.
pub const PICTURES: [&str; 12] = [
    "bridge_aaa-orig.jpg",
    "bridge_blur-a-lot.jpg",
    "bridge_high-contrast.jpg",
    "bridge_sharpen-a-lot.jpg",
    "bridge_shrink-a-lot.jpg",
    "bridge_square-128x128.jpg",
    "astronaut.png",
    "coffee.png",
    "peppers.png",
    "solvay1927.jpg",
    "ro_en.jpg",
    "ro_TEST.png",
];

/// What an ignored test of this binary prints as a process of its own, which `prepare` gives its environment: that is a process's.
pub fn process(test: &str, prepare: impl FnOnce(&mut Command)) -> String {
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command.args(["--ignored", "--exact", test, "--nocapture", "--test-threads", "1"]);
    prepare(&mut command);
    let output = command.output().expect("a process");
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    text
}

/// Whether the long form of a test is wanted: `make test-long`.
pub fn long() -> bool {
    std::env::var_os("VIRALNOW_LONG").is_some()
}

/// What several tests of one binary look at, made by the first that asks and kept.
pub struct Memo<K: 'static, V: 'static>(Mutex<BTreeMap<K, &'static OnceLock<V>>>);

impl<K: Ord, V> Memo<K, V> {
    pub const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    pub fn get(&self, key: K, make: impl FnOnce() -> V) -> &'static V {
        let mut kept = self.0.lock().expect("no test fails in here");
        let place: &'static OnceLock<V> = kept.entry(key).or_insert_with(|| Box::leak(Box::default()));
        drop(kept);
        place.get_or_init(make)
    }
}
