//! Files that are no store of ours, or no longer one: a typed error that names the file, and the file as it was.
#![recursion_limit = "256"]

#[path = "support/payload.rs"]
mod support;

use std::path::{Path, PathBuf};
use support::payload;
use tempfile::TempDir;
use viralnow_core::store::{FeatureStore, SqliteStore};
use viralnow_core::{Error, ErrorKind};

fn refused(path: impl AsRef<Path>, kind: ErrorKind, says: &str) -> Error {
    let error = SqliteStore::open(path).expect_err("it should be refused");
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(says), "{error}");
    error
}

/// A file with some assets, closed, so that all of it is in the one file.
fn filled() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("features.db");
    let store = SqliteStore::open(&path).unwrap();
    for n in 0..20 {
        store.put(&payload(&format!("asset-{n}"), "m", n)).unwrap();
    }
    drop(store);
    assert_eq!(
        std::fs::read_dir(dir.path()).unwrap().count(),
        1,
        "the log is folded into the file at the end"
    );
    (dir, path)
}

#[test]
fn paths_that_cannot_be_a_file() {
    let dir = tempfile::tempdir().unwrap();
    refused(dir.path().join("none").join("x.db"), ErrorKind::NotFound, "make it first");
    refused(dir.path(), ErrorKind::InvalidInput, "directory");
    refused("", ErrorKind::InvalidInput, "empty");
    refused("a\0b", ErrorKind::InvalidInput, "zero byte");
    let file = dir.path().join("file");
    std::fs::write(&file, b"").unwrap();
    refused(file.join("x.db"), ErrorKind::NotFound, "directory");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing was made");
}

#[test]
fn names_that_sqlite_would_read_otherwise_are_files() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["file:x?mode=memory", ":memory:", "100% ü #1.db", "-journal"] {
        let path = dir.path().join(name);
        let store = SqliteStore::open(&path).unwrap();
        store.put(&payload("a", "m", 0)).unwrap();
        assert!(path.is_file(), "{name}");
    }
}

#[test]
fn files_that_are_no_database() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.db");
    let noise: Vec<u8> = (0..10_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for content in [b"{\"a\": 1}".as_slice(), b"SQ", &noise, &[0; 4096]] {
        std::fs::write(&path, content).unwrap();
        let error = refused(&path, ErrorKind::Storage, "x.db");
        assert!(error.to_string().contains("not a SQLite database"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), content, "the file was changed");
    }
    // An empty file is what a host makes with `mkstemp`: it becomes a store.
    std::fs::write(&path, b"").unwrap();
    assert!(SqliteStore::open(&path).unwrap().is_empty().unwrap());
}

#[test]
fn a_truncated_file_is_refused() {
    let (_dir, path) = filled();
    let whole = std::fs::read(&path).unwrap();
    // `SQLite` takes one byte for an empty file.
    for keep in [2, 50, 99, 100, 511, 1024, 4096, whole.len() / 2, whole.len() - 4096] {
        std::fs::write(&path, &whole[..keep]).unwrap();
        refused(&path, ErrorKind::Storage, "features.db");
        assert_eq!(std::fs::read(&path).unwrap(), &whole[..keep], "the file was changed");
    }
}

#[test]
fn files_of_others_and_of_the_future_are_left_alone() {
    let (_dir, path) = filled();
    let set = |sql: &str| {
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.execute_batch(sql).unwrap();
    };
    set("PRAGMA journal_mode = DELETE; PRAGMA user_version = 4711");
    let before = std::fs::read(&path).unwrap();
    refused(&path, ErrorKind::SchemaMismatch, "upgrade the library");
    assert_eq!(std::fs::read(&path).unwrap(), before, "the file was changed");

    set("PRAGMA user_version = 1; PRAGMA application_id = 1");
    refused(&path, ErrorKind::SchemaMismatch, "another program");

    let dir = tempfile::tempdir().unwrap();
    let other = dir.path().join("other.db");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE assets (a)").unwrap();
    let before = std::fs::read(&other).unwrap();
    refused(&other, ErrorKind::SchemaMismatch, "another program");
    assert_eq!(std::fs::read(&other).unwrap(), before, "the file was changed");
}

#[test]
fn a_file_that_becomes_newer_while_it_is_open_is_not_written_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.db");
    let store = SqliteStore::open(&path).unwrap();
    rusqlite::Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 4711").unwrap();
    let error = store.put(&payload("a", "m", 0)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{error}");
}

#[test]
fn a_file_that_another_holds_is_busy_and_then_free() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.db");
    let store = SqliteStore::open(&path).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let started = std::time::Instant::now();
    let error = store.put(&payload("a", "m", 0)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StorageBusy, "{error}");
    assert!(error.is_retryable());
    assert!((8.0..25.0).contains(&started.elapsed().as_secs_f64()), "{:?}", started.elapsed());
    other.execute_batch("COMMIT").unwrap();
    store.put(&payload("a", "m", 0)).unwrap();
}

/// Damage in the middle of the file may only be met later: every call then gives a typed error or a payload, never a panic.
#[test]
fn damaged_files_give_typed_errors() {
    let (_dir, path) = filled();
    let whole = std::fs::read(&path).unwrap();
    let mut state = 0x0123_4567_89AB_CDEFu64;
    let mut random = move |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    let mut failures = 0;
    for round in 0..200 {
        let mut bytes = whole.clone();
        for _ in 0..=random(8) {
            let at = if round % 4 == 0 { random(200) } else { random(bytes.len()) };
            match random(3) {
                0 => bytes[at] ^= 1 << random(8),
                1 => {
                    let end = (at + random(600)).min(bytes.len());
                    bytes[at..end].fill(random(256) as u8);
                }
                _ => bytes.truncate(at.max(1)),
            }
            if bytes.len() < 200 {
                break;
            }
        }
        std::fs::write(&path, &bytes).unwrap();
        let outcome = (|| {
            let store = SqliteStore::open(&path)?;
            for asset in store.list(None, usize::MAX)? {
                store.get(&asset)?;
            }
            store.put(&payload("asset-3", "new", 7))?;
            store.erase(&payload("asset-4", "m", 4).asset_id)
        })();
        if let Err(error) = outcome {
            failures += 1;
            let expected = [
                ErrorKind::Storage,
                ErrorKind::SchemaMismatch,
                ErrorKind::InvalidInput,
                ErrorKind::Io,
                ErrorKind::InvalidConfig,
            ];
            assert!(expected.contains(&error.kind()), "round {round}: {:?} {error}", error.kind());
        }
        for beside in ["features.db-wal", "features.db-shm", "features.db-journal"] {
            let _ = std::fs::remove_file(path.with_file_name(beside));
        }
    }
    assert!(failures > 20, "only {failures} of 200 were noticed");
}

#[cfg(unix)]
mod permissions {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    unsafe extern "C" {
        fn geteuid() -> u32;
    }

    const DIR: &str = "VIRALNOW_TEST_READONLY";
    const NOBODY: u32 = 65_534;

    fn chmod(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_may_not_be_written_is_refused_as_such() {
        let (dir, path) = filled();
        let locked = dir.path().join("locked");
        std::fs::create_dir(&locked).unwrap();
        std::fs::copy(&path, locked.join("features.db")).unwrap();
        chmod(dir.path(), 0o755);
        chmod(&path, 0o444);
        chmod(&locked.join("features.db"), 0o666);
        chmod(&locked, 0o555);
        // SAFETY: a call without arguments that cannot fail.
        if unsafe { geteuid() } != 0 {
            check(dir.path());
        } else {
            // The superuser may write everything: a process without those rights has to try.
            let program = dir.path().join("tests");
            std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
            chmod(&program, 0o755);
            let output = Command::new(&program)
                .args(["--ignored", "--exact", "permissions::try_as_nobody", "--nocapture"])
                .env(DIR, dir.path())
                .current_dir(dir.path())
                .uid(NOBODY)
                .output();
            match output {
                Err(error) => println!("SKIPPED what_may_not_be_written_is_refused_as_such: {error}"),
                Ok(output) => {
                    let text = String::from_utf8_lossy(&output.stdout);
                    assert!(output.status.success() && text.contains("1 passed"), "{text}");
                }
            }
        }
        chmod(&locked, 0o755);
    }

    #[test]
    #[ignore = "a process of another test"]
    fn try_as_nobody() {
        if let Some(dir) = std::env::var_os(DIR) {
            check(Path::new(&dir));
        }
    }

    fn check(dir: &Path) {
        refused(dir.join("features.db"), ErrorKind::PermissionDenied, "permissions");
        refused(dir.join("locked").join("features.db"), ErrorKind::PermissionDenied, "permissions");
        refused(dir.join("locked").join("new.db"), ErrorKind::PermissionDenied, "permissions");
    }
}
