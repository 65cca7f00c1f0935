//! What a child of a fork does with the log that it inherits.

use super::LONG;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use viralnow_core::monitor::{
    Capture, LogFilters, LogOrder, LogStore, MonitorSystem, Outcome, SiteId, SpanToken, TimeRange,
};

fn call(monitor: &MonitorSystem, site: SiteId) {
    monitor.end(monitor.begin(site, SpanToken::NONE), &Outcome::Completed);
}

fn names(store: &LogStore) -> Vec<String> {
    let filters = LogFilters { limit: 10_000, order: LogOrder::Oldest, ..LogFilters::default() };
    store.query(&filters).unwrap().entries.into_iter().map(|entry| entry.function_name).collect()
}

fn wait_for(path: &std::path::Path) {
    let start = Instant::now();
    while !path.exists() && start.elapsed() < LONG {
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Runs a child that ends with whether `work` was well done; gives its number.
fn child(work: impl FnOnce() -> bool) -> i32 {
    // SAFETY: the child uses the monitor alone, which is made for it, and leaves without the parent's exit handlers.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "no fork");
    if child == 0 {
        let fine = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or(false);
        // SAFETY: ends the process.
        unsafe { libc::_exit(i32::from(!fine)) };
    }
    child
}

fn waited(child: i32) {
    let mut status = -1;
    // SAFETY: waits for our own child, once.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0, "the child failed");
}

/// Ends the work of a thread, also where a test fails: its scope would wait for it for ever.
struct Stops<'a>(&'a AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The child inherits two connections and uses one. Did the other one stay open, the child's would have no locks, and the parent, which closes
/// the file as if nobody else had it, would take the write-ahead log away from under it.
#[test]
fn what_a_child_writes_outlives_its_parents_connections() {
    let folder = tempfile::tempdir().unwrap();
    let (path, written, closed) =
        (folder.path().join("log.db"), folder.path().join("written"), folder.path().join("closed"));
    let store = LogStore::open(&path).unwrap();
    let monitor = MonitorSystem::builder().store(store.clone()).adaptive(false).build();
    let site = |name: &str| monitor.callsite(name, "fork", "", 0, 1.0, Capture::TIME);
    let (parents, first, second) = (site("parents"), site("first"), site("second"));
    call(&monitor, parents);
    assert!(monitor.flush(LONG).complete);
    // A reader too, as the log's upkeep has.
    assert_eq!(names(&store).len(), 1);
    let child = child(|| {
        call(&monitor, first);
        let begun = monitor.flush(LONG).complete;
        std::fs::write(&written, b"").unwrap();
        wait_for(&closed);
        call(&monitor, second);
        begun && monitor.flush(LONG).complete
    });
    wait_for(&written);
    assert!(monitor.shutdown(LONG).complete);
    drop((monitor, store));
    std::fs::write(&closed, b"").unwrap();
    waited(child);
    assert_eq!(names(&LogStore::open(&path).unwrap()), ["parents", "first", "second"]);
}

/// Forks while a copy of the log is made: the children write to the log, and the copies are whole.
#[test]
fn a_fork_in_the_middle_of_a_backup_leaves_a_child_that_can_write() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let store = LogStore::open(&path).unwrap();
    let monitor = MonitorSystem::builder()
        .store(store.clone())
        .adaptive(false)
        .ring_capacity(1 << 15)
        .max_memory(64 << 20)
        .build();
    let site = |name: &str| monitor.callsite(name, "fork", "", 0, 1.0, Capture::TIME);
    let (parents, childs) = (site("parents"), site("childs"));
    let rows = 20_000;
    (0..rows).for_each(|_| call(&monitor, parents));
    assert!(monitor.flush(LONG).complete);
    let stop = AtomicBool::new(false);
    let (forks, copies) = (
        10_u64,
        std::thread::scope(|scope| {
            let copying = scope.spawn(|| {
                let mut copies = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let to = folder.path().join(format!("copy-{}.db", copies.len()));
                    store.backup(&to).unwrap();
                    copies.push(to);
                }
                copies
            });
            let stops = Stops(&stop);
            for _ in 0..10 {
                std::thread::sleep(Duration::from_millis(23));
                let child = child(|| {
                    call(&monitor, childs);
                    monitor.flush(LONG).complete
                });
                waited(child);
            }
            drop(stops);
            copying.join().unwrap()
        }),
    );
    let calls = |store: &LogStore, name: &str| {
        let all = store.functions(TimeRange::default()).unwrap();
        all.iter().find(|stats| stats.function_name == name).map_or(0, |stats| stats.calls)
    };
    assert_eq!((calls(&store, "parents"), calls(&store, "childs")), (rows, forks));
    assert!(!copies.is_empty());
    for to in &copies {
        let copy = LogStore::open(to).unwrap();
        assert_eq!(calls(&copy, "parents"), rows);
        drop(copy);
        let checked = rusqlite::Connection::open(to).unwrap();
        let found: (String, i64) = checked
            .query_row(
                "SELECT (SELECT integrity_check FROM pragma_integrity_check), (SELECT count(*) FROM call)",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        assert!(found.0 == "ok" && found.1 >= rows as i64, "{found:?}");
    }
}
