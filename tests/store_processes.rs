//! Several processes on one file: none is refused, nothing is lost, and a killed one leaves the file intact.
//!
//! The tests that are ignored are the other processes: this binary starts itself with one of them.
#![recursion_limit = "256"]

#[path = "support/payload.rs"]
mod support;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::payload;
use viralnow_core::AssetId;
use viralnow_core::store::{FeatureStore, SqliteStore};

/// How a worker knows its file, its name and what it is to do.
const FILE: &str = "VIRALNOW_TEST_STORE";
const NAME: &str = "VIRALNOW_TEST_WORKER";

fn start(role: &str, file: &Path, name: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", role, "--nocapture", "--test-threads=1"])
        .env(FILE, file)
        .env(NAME, name)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What this process was started with; `None` in a run of all ignored tests by hand.
fn task() -> Option<(PathBuf, String)> {
    Some((std::env::var_os(FILE)?.into(), std::env::var(NAME).ok()?))
}

fn finish(child: Child) {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stdout).contains("1 passed"), "the worker did not run: {}", text(&output.stdout));
}

/// Waits until the file is there; workers wait for the same one, so that they begin together.
fn wait_for(file: &Path) {
    let started = Instant::now();
    while !file.exists() {
        assert!(started.elapsed() < Duration::from_secs(60), "{} never came", file.display());
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn check_integrity(file: &Path) {
    let connection = rusqlite::Connection::open(file).unwrap();
    let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
    let orphans: i64 =
        connection.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).unwrap();
    assert_eq!(orphans, 0);
}

const WRITERS: usize = 8;
const PUTS: u32 = 40;

#[test]
fn eight_processes_write_one_fresh_file_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("shared.db");
    let writers: Vec<Child> = (0..WRITERS).map(|n| start("writer", &file, &n.to_string())).collect();
    std::fs::write(dir.path().join("go"), b"").unwrap();
    writers.into_iter().for_each(finish);
    let store = SqliteStore::open(&file).unwrap();
    assert_eq!(store.len().unwrap(), WRITERS * PUTS as usize + 1);
    for writer in 0..WRITERS {
        for n in 0..PUTS {
            let expected = payload(&format!("{writer}-{n}"), "m", n);
            assert_eq!(store.get(&expected.asset_id).unwrap(), Some(expected));
        }
    }
    // The asset that all of them wrote is as one of them wrote it, not a mixture.
    let common = store.get(&AssetId::new("common").unwrap()).unwrap().unwrap();
    assert!((0..PUTS).any(|n| common == payload("common", "m", n)));
    drop(store);
    check_integrity(&file);
}

#[test]
#[ignore = "a process of another test"]
fn writer() {
    let Some((file, name)) = task() else { return };
    wait_for(&file.with_file_name("go"));
    let store = SqliteStore::open(&file).unwrap();
    for n in 0..PUTS {
        let put = payload(&format!("{name}-{n}"), "m", n);
        store.put(&put).unwrap();
        store.put(&payload("common", "m", n)).unwrap();
        assert_eq!(store.get(&put.asset_id).unwrap(), Some(put));
    }
}

#[test]
fn a_fresh_file_is_made_once_however_many_begin_together() {
    for _ in 0..10 {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("fresh.db");
        let openers: Vec<Child> = (0..WRITERS).map(|n| start("opener", &file, &n.to_string())).collect();
        std::fs::write(dir.path().join("go"), b"").unwrap();
        openers.into_iter().for_each(finish);
        assert_eq!(SqliteStore::open(&file).unwrap().len().unwrap(), WRITERS);
        check_integrity(&file);
    }
}

#[test]
#[ignore = "a process of another test"]
fn opener() {
    let Some((file, name)) = task() else { return };
    wait_for(&file.with_file_name("go"));
    SqliteStore::open(&file).unwrap().put(&payload(&name, "m", 0)).unwrap();
}

#[test]
fn a_killed_process_loses_nothing_that_it_had_written() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("killed.db");
    let mut written = 0;
    for round in 0..6u64 {
        let mut child = start("endless_writer", &file, &round.to_string());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Each line is a write that has returned. The kill falls somewhere into a later one.
        let acknowledged: Vec<String> =
            lines.by_ref().map(Result::unwrap).filter(|line| line.starts_with("put ")).take(15).collect();
        std::thread::sleep(Duration::from_micros(700 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let rest = lines.map_while(Result::ok).filter(|line| line.starts_with("put "));
        let store = SqliteStore::open(&file).unwrap();
        for name in acknowledged.into_iter().chain(rest) {
            let asset = AssetId::new(name.trim_start_matches("put ")).unwrap();
            assert!(store.get(&asset).unwrap().is_some(), "{asset} was lost");
            written += 1;
        }
        for asset in store.list(None, usize::MAX).unwrap() {
            assert!(store.get(&asset).unwrap().is_some(), "half of {asset} was written");
        }
        drop(store);
        check_integrity(&file);
    }
    assert!(written >= 90, "only {written}");
}

#[test]
#[ignore = "a process of another test"]
fn endless_writer() {
    let Some((file, name)) = task() else { return };
    let store = SqliteStore::open(&file).unwrap();
    for n in 0.. {
        store.put(&payload(&format!("{name}-{n}"), &"m".repeat(100), n)).unwrap();
        println!("put {name}-{n}");
    }
}

#[cfg(unix)]
mod fork {
    use super::*;

    #[test]
    fn a_forked_process_shares_the_file_and_outlives_its_parent_connection() {
        let dir = tempfile::tempdir().unwrap();
        finish(start("fork::forker", &dir.path().join("forked.db"), "0"));
    }

    unsafe extern "C" {
        fn fork() -> i32;
        fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
        fn _exit(status: i32) -> !;
    }

    #[test]
    #[ignore = "a process of another test"]
    fn forker() {
        let Some((file, _)) = task() else { return };
        let closed = file.with_file_name("closed");
        let store = SqliteStore::open(&file).unwrap();
        store.put(&payload("parent", "m", 1)).unwrap();
        // SAFETY: the child uses the store alone and leaves by `_exit`; no other thread of this process holds a lock.
        let child = unsafe { fork() };
        assert!(child >= 0);
        if child == 0 {
            let work = || {
                store.get(&AssetId::new("parent").unwrap()).ok()??;
                store.put(&payload("child", "m", 2)).ok()?;
                // The parent's connection closes now. Were ours without locks of its own, the log that we write into
                // would be removed with it.
                wait_for(&closed);
                store.put(&payload("child-later", "m", 3)).ok()?;
                Some(())
            };
            let done = work().is_some();
            // SAFETY: ends the child without the parent's exit handlers.
            unsafe { _exit(i32::from(!done)) };
        }
        let started = Instant::now();
        let from_child = AssetId::new("child").unwrap();
        while store.get(&from_child).unwrap().is_none() {
            assert!(started.elapsed() < Duration::from_secs(30), "nothing came from the child");
            std::thread::sleep(Duration::from_millis(2));
        }
        drop(store);
        std::fs::write(&closed, b"").unwrap();
        let mut status = -1;
        // SAFETY: waits for our own child.
        assert_eq!(unsafe { waitpid(child, &raw mut status, 0) }, child);
        assert_eq!(status, 0, "the child failed");
        let store = SqliteStore::open(&file).unwrap();
        assert_eq!(store.len().unwrap(), 3, "what the child wrote last was lost");
        drop(store);
        check_integrity(&file);
    }
}
