//! The log in SQLite: what it costs, what it survives, what it answers.

use super::{FAILED, LONG};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use viralnow_core::ErrorKind;
use viralnow_core::call::{call_monitor, monitor_from};
use viralnow_core::monitor::{
    Capture, Detail, LogFilters, LogOrder, LogStore, MonitorSystem, Outcome, Overflow, SiteId, SpanStatus,
    SpanToken, TimeRange,
};

/// Overwrites all but the first page.
fn damage(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    assert!(bytes.len() > 8192, "nothing to damage");
    bytes[4096..].fill(0xA5);
    std::fs::write(path, bytes).unwrap();
}

fn monitor(store: &Arc<LogStore>) -> MonitorSystem {
    MonitorSystem::builder()
        .store(store.clone())
        .adaptive(false)
        .overflow(Overflow::Block { most: LONG })
        .build()
}

pub(super) fn site(monitor: &MonitorSystem, name: &str) -> SiteId {
    monitor.callsite(name, "shop", "shop.rs", 3, 1.0, Capture::TIME)
}

pub(super) fn calls(monitor: &MonitorSystem, site: SiteId, count: u64, args: Option<&str>) {
    for _ in 0..count {
        let open = monitor.begin(site, SpanToken::NONE);
        match args {
            None => monitor.end(open, &Outcome::Completed),
            Some(args) => {
                let detail = Detail { args: Some(args.to_owned()), ..Detail::default() };
                monitor.end_with(open, &Outcome::Completed, detail);
            }
        }
    }
}

pub(super) fn count(store: &LogStore) -> usize {
    let mut filters = LogFilters { limit: 10_000, order: LogOrder::Oldest, ..LogFilters::default() };
    let mut all = 0;
    loop {
        let page = store.query(&filters).unwrap();
        all += page.entries.len();
        match page.next {
            Some(next) => filters.after = Some(next),
            None => return all,
        }
    }
}

/// Minutes are kept as long as calls, hours for a year: who opens a log by its path does not know for how long its writer kept what.
#[test]
fn counts_older_than_minutes_are_kept_come_from_the_hours() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let store = LogStore::open_with(&path, 1, 365).unwrap();
    let monitor = monitor(&store);
    let site = site(&monitor, "long_ago");
    calls(&monitor, site, 30, None);
    assert!(monitor.flush(LONG).complete);
    let asked = LogStore::existing(&path).unwrap();
    let calls_of = |range| {
        let stats = asked.functions(range).unwrap();
        stats.iter().filter(|stats| stats.function_name == "long_ago").map(|stats| stats.calls).sum::<u64>()
    };
    let now_us = std::time::UNIX_EPOCH.elapsed().unwrap().as_micros() as i64;
    let before = TimeRange { from_us: None, to_us: Some(now_us - 120_000_000) };
    let lately = TimeRange::last_hours(2.0);
    // By the minute as long as it can be: an hour would have the calls in it too.
    let until = TimeRange { from_us: lately.from_us, ..before };
    assert_eq!((calls_of(lately), calls_of(until)), (30, 0));
    let report = store.cleanup_at(now_us + 26 * 3_600_000_000, None).unwrap();
    assert!(report.calls == 30 && report.counts > 0, "{report:?}");
    assert_eq!(asked.query(&LogFilters::default()).unwrap().entries.len(), 0);
    assert_eq!((calls_of(lately), calls_of(TimeRange::default())), (30, 30));
    // What comes now has minutes again, and takes nothing away from what was.
    calls(&monitor, site, 5, None);
    assert!(monitor.flush(LONG).complete);
    assert_eq!((calls_of(lately), calls_of(TimeRange::default())), (35, 35));
}

#[test]
fn what_was_recorded_is_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = LogStore::open(folder.path().join("log.db")).unwrap();
    let monitor = monitor(&store);
    let (outer, inner) = (site(&monitor, "outer"), site(&monitor, "inner"));
    let begun = std::time::UNIX_EPOCH.elapsed().unwrap().as_micros() as i64;
    for n in 0..3 {
        let open = monitor.begin(outer, SpanToken::NONE);
        let within = monitor.begin(inner, open.span);
        std::thread::sleep(Duration::from_millis(3));
        let detail = Detail {
            args: Some(format!("n={n}")),
            stack: Some("shop.rs:9 in inner".to_owned()),
            correlation_id: Some(format!("job-{n}")),
            ..Detail::default()
        };
        monitor.end_with(within, &FAILED, detail);
        monitor.end(open, &Outcome::Completed);
    }
    monitor.end(monitor.begin(inner, SpanToken::NONE), &Outcome::Cancelled);
    monitor.bus().publish("shop.closed", json!({"at": 20})).unwrap();
    assert!(monitor.flush(LONG).complete);

    let all = store.query(&LogFilters::default()).unwrap();
    assert_eq!((all.entries.len(), all.next), (7, None));
    assert!(all.entries.windows(2).all(|pair| pair[0].start_us >= pair[1].start_us), "the newest first");
    let with = |filters: LogFilters| store.query(&filters).unwrap().entries;
    let named = |name: &str| LogFilters { function_name: Some(name.to_owned()), ..LogFilters::default() };
    assert_eq!(with(named("out*")).len(), 3);
    assert_eq!(with(named("shop.inner")).len(), 4);
    assert_eq!(with(named("nobody")).len(), 0);
    let failed = with(LogFilters {
        status: Some(SpanStatus::Failed),
        order: LogOrder::Oldest,
        ..LogFilters::default()
    });
    assert_eq!(failed.len(), 3);
    let first = &failed[0];
    assert_eq!((first.error_kind.as_deref(), first.error.as_deref()), (Some("BROKEN"), Some("it broke")));
    assert_eq!((first.stack.as_deref(), first.args.as_deref()), (Some("shop.rs:9 in inner"), Some("n=0")));
    assert_eq!((first.correlation_id.as_deref(), first.pid), (Some("job-0"), std::process::id()));
    assert!((0.003..5.0).contains(&first.duration_s) && (first.start_us - begun).abs() < 5_000_000);
    let outers = with(LogFilters { order: LogOrder::Oldest, ..named("outer") });
    assert_eq!(first.parent, outers[0].span, "inside the first");
    assert_eq!(with(LogFilters { status: Some(SpanStatus::Cancelled), ..LogFilters::default() }).len(), 1);
    assert_eq!(
        with(LogFilters { error_contains: Some("IT BR".to_owned()), ..LogFilters::default() }).len(),
        3
    );
    assert_eq!(with(LogFilters { error_contains: Some("%".to_owned()), ..LogFilters::default() }).len(), 0);
    assert_eq!(with(LogFilters { text: Some("n=1".to_owned()), ..LogFilters::default() }).len(), 1);
    assert_eq!(
        with(LogFilters { correlation_id: Some("job-2".to_owned()), ..LogFilters::default() }).len(),
        1
    );
    assert_eq!(with(LogFilters { min_duration_s: Some(0.003), ..LogFilters::default() }).len(), 6);
    let until = TimeRange { from_us: None, to_us: Some(failed[1].start_us) };
    assert_eq!(with(LogFilters { time_range: Some(until), ..named("inner") }).len(), 1);
    assert!(
        with(LogFilters { order: LogOrder::Slowest, ..LogFilters::default() })
            .windows(2)
            .all(|pair| pair[0].duration_s >= pair[1].duration_s)
    );

    let page = store.query(&LogFilters { limit: 4, ..LogFilters::default() }).unwrap();
    let rest = store.query(&LogFilters { limit: 4, after: page.next, ..LogFilters::default() }).unwrap();
    let both: Vec<_> = page.entries.iter().chain(&rest.entries).map(|entry| entry.id).collect();
    assert_eq!(both, all.entries.iter().map(|entry| entry.id).collect::<Vec<_>>());
    assert_eq!(store.entry(first.id).unwrap().as_ref(), Some(first));

    let groups = store.errors(TimeRange::last_hours(1.0)).unwrap();
    assert_eq!((groups.len(), groups[0].count, groups[0].last_call), (1, 3, failed[2].id));
    let stats = store.functions(TimeRange::last_hours(1.0)).unwrap();
    let inner = stats.iter().find(|stats| stats.function_name == "inner").unwrap();
    assert_eq!((inner.calls, inner.errors), (4, 3));
    assert!((0.003..1.0).contains(&inner.p95_s) && inner.success_rate == 0.25, "{inner:?}");
    let events = store.events("shop.*", TimeRange::default(), 10).unwrap();
    assert_eq!((events.len(), &events[0].data), (1, &json!({"at": 20})));

    let mut trace = Vec::new();
    assert_eq!(store.export_chrome_trace(TimeRange::default(), &mut trace).unwrap(), 7);
    let trace: Value = serde_json::from_slice(&trace).unwrap();
    assert_eq!(trace["traceEvents"].as_array().unwrap().len(), 7);
    assert!(trace["traceEvents"].as_array().unwrap().iter().all(|e| e["ph"] == "X" && e["dur"].is_number()));

    let copy = folder.path().join("copy.db");
    store.backup(&copy).unwrap();
    assert_eq!(count(&LogStore::open(&copy).unwrap()), 7);
    assert_eq!(store.backup(&copy).unwrap_err().kind(), ErrorKind::InvalidInput, "never over a file");
    for wrong in [
        LogFilters { limit: 0, ..LogFilters::default() },
        LogFilters { min_duration_s: Some(f64::NAN), ..LogFilters::default() },
        LogFilters { order: LogOrder::Slowest, after: Some(1), ..LogFilters::default() },
    ] {
        assert_eq!(store.query(&wrong).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}

/// Both bounds of a page, that of the time and that of the page before it, on either side.
#[test]
fn pages_of_a_time_follow_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = LogStore::open(folder.path().join("log.db")).unwrap();
    let monitor = monitor(&store);
    calls(&monitor, site(&monitor, "paged"), 300, None);
    assert!(monitor.shutdown(LONG).complete);
    let filters = |order, limit, time_range, after| LogFilters {
        order,
        limit,
        time_range,
        after,
        ..LogFilters::default()
    };
    let all = store.query(&filters(LogOrder::Oldest, 300, None, None)).unwrap().entries;
    let (from_us, to_us) = (all[50].start_us, all[250].start_us);
    let within = TimeRange { from_us: Some(from_us), to_us: Some(to_us) };
    let mut expected: Vec<i64> =
        all.iter().filter(|e| (from_us..to_us).contains(&e.start_us)).map(|e| e.id).collect();
    assert!(expected.len() >= 100, "{}", expected.len());
    for order in [LogOrder::Oldest, LogOrder::Newest] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = store.query(&filters(order, 7, Some(within), after)).unwrap();
            found.extend(page.entries.iter().map(|entry| entry.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, expected, "{order:?}");
        expected.reverse();
    }
}

/// By plain data, as the other languages ask.
#[test]
fn a_time_begins_at_one_place() {
    let settings = |value: Value| value.as_object().unwrap().clone();
    let monitor = monitor_from(&settings(json!({ "path": ":memory:" }))).unwrap();
    for name in ["monitor.query", "monitor.functions", "monitor.errors", "monitor.events", "monitor.trace"] {
        let both = call_monitor(&monitor, name, &settings(json!({ "hours": 1, "from_us": 0 }))).unwrap_err();
        assert_eq!(both.kind(), ErrorKind::InvalidInput, "{name}: {both}");
        assert!(both.to_string().contains("hours") && both.to_string().contains("from_us"), "{name}: {both}");
        for one in [json!({ "hours": 1, "to_us": 1 }), json!({ "from_us": 0, "to_us": 1 })] {
            assert!(call_monitor(&monitor, name, &settings(one)).is_ok(), "{name}");
        }
    }
    assert!(monitor.shutdown(LONG).complete);
}

/// The promise of the first specification is 1 MB for 1,000 calls; ours is a tenth of that with arguments.
#[test]
fn a_thousand_calls_take_at_most_30_kilobytes_and_with_arguments_100() {
    let folder = tempfile::tempdir().unwrap();
    for (args, most) in [(None, 30.0), (Some("clip='7284512345678901234', platform='tiktok', n=12"), 100.0)] {
        let path = folder.path().join(format!("{most}.db"));
        let store = LogStore::open(&path).unwrap();
        let monitor = monitor(&store);
        let site = site(&monitor, "priced");
        let empty = {
            monitor.flush(LONG);
            store.backup(&folder.path().join(format!("{most}-empty.db"))).unwrap();
            folder.path().join(format!("{most}-empty.db")).metadata().unwrap().len()
        };
        calls(&monitor, site, 20_000, args);
        assert!(monitor.shutdown(LONG).complete);
        drop(monitor);
        let full = folder.path().join(format!("{most}-full.db"));
        store.backup(&full).unwrap();
        let kb = (full.metadata().unwrap().len() - empty) as f64 / 20.0 / 1000.0;
        println!("{kb:.1} kB for 1,000 calls");
        assert!(kb <= most, "{kb} kB");
        assert_eq!(count(&store), 20_000);
    }
}

#[test]
fn what_is_old_goes_in_small_steps_and_the_file_shrinks() {
    let folder = tempfile::tempdir().unwrap();
    let store = LogStore::open(folder.path().join("log.db")).unwrap();
    let monitor = monitor(&store);
    let site = site(&monitor, "old");
    let rows: u64 = std::env::var("VIRALNOW_ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(60_000);
    calls(&monitor, site, rows - 100, Some("some arguments of a usual length, fifty bytes"));
    for n in 0..100 {
        let open = monitor.begin(site, SpanToken::NONE);
        let detail = Detail { stack: Some(format!("stack {}", n % 5)), ..Detail::default() };
        monitor.end_with(open, &FAILED, detail);
    }
    monitor.bus().publish("a.b", json!(1)).unwrap();
    // Ended, so that it does not tidy up at the same time.
    assert!(monitor.shutdown(LONG * 10).complete);
    drop(monitor);
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_micros() as i64;
    let day = 86_400_000_000_i64;

    let early = store.cleanup_at(now + 89 * day, None).unwrap();
    assert_eq!((early.calls, early.events, early.counts, early.complete), (0, 0, 0, true));
    assert_eq!(count(&store) as u64, rows);
    let before = store.bytes();
    let late = store.cleanup_at(now + 91 * day, None).unwrap();
    assert_eq!((late.calls, late.stacks, late.complete), (rows, 5, true));
    assert_eq!(store.events("**", TimeRange::default(), 10).unwrap(), [], "{} went", late.events);
    let [longest, checkpoint] = [late.longest_s, late.longest_checkpoint_s].map(|seconds| seconds * 1e3);
    println!(
        "{rows} rows: {} transactions, the longest {longest:.1} ms, {checkpoint:.1} ms between them",
        late.transactions
    );
    assert!(checkpoint > 0.0, "{late:?}");
    assert!(late.counts >= 1, "the minutes too");
    assert_eq!(count(&store), 0);
    assert_eq!(store.errors(TimeRange::default()).unwrap(), []);
    let year = TimeRange { from_us: Some(now - 300 * day), to_us: None };
    assert_eq!(store.functions(year).unwrap()[0].calls, rows, "the hours stay for a year");
    let last = store.cleanup_at(now + 367 * day, None).unwrap();
    assert!(last.counts >= 1 && store.functions(year).unwrap().is_empty());
    // The run and its one function.
    assert_eq!(late.runs + last.runs, 2);
    assert!(late.freed_bytes > rows * 40, "{late:?} of {before}");
    // How long a step takes depends on who else uses the machine, and so does its size, which follows it: up to 16,000 rows.
    assert!(late.transactions >= rows / 16_000, "{late:?}");
    // The long form has the machine to itself.
    assert!(std::env::var_os("VIRALNOW_ROWS").is_none() || late.longest_s <= 0.02, "{late:?}");
}

#[test]
fn a_file_that_is_deleted_or_damaged_is_made_anew_and_the_host_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let store = LogStore::open(&path).unwrap();
    let first = monitor(&store);
    let site = site(&first, "survivor");
    calls(&first, site, 500, None);
    assert!(first.flush(LONG).complete);
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
    calls(&first, site, 30, None);
    assert!(first.flush(LONG).complete, "{:?}", first.status());
    assert_eq!(count(&store), 30, "in a new file");
    calls(&first, site, 5000, None);
    assert!(first.shutdown(LONG).complete);
    drop((first, store));

    damage(&path);
    let store = LogStore::lazy(&path, 90, 365);
    let second = monitor(&store);
    calls(&second, site, 40, None);
    assert!(second.flush(LONG).complete, "{:?}", second.status());
    assert_eq!(count(&store), 40);
    let aside = store.set_aside();
    assert_eq!(aside.len(), 1);
    assert!(aside[0].file_name().unwrap().to_string_lossy().starts_with("log.db.corrupt-"));
    assert!(std::fs::read(&aside[0]).unwrap().len() > 8192, "what could be saved is still there");
    assert_eq!(second.status().state, "running");
}

/// Each of several processes finds the file damaged, in any order: one moves it away, and all write to the new one.
#[test]
fn processes_that_meet_a_damaged_file_set_it_aside_once_and_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let (rounds, processes, each) = (4, 4, 300);
    for round in 1..=rounds {
        let store = LogStore::open(&path).unwrap();
        let monitor = monitor(&store);
        calls(&monitor, site(&monitor, "before"), 500, None);
        assert!(monitor.shutdown(LONG).complete);
        drop((monitor, store));
        damage(&path);
        let children: Vec<_> = (0..processes).map(|_| super::processes::child(&path, each, true)).collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        }
        let store = LogStore::open(&path).unwrap();
        assert_eq!(count(&store) as u64, processes * each, "round {round}");
        let aside = |file: &std::fs::DirEntry| {
            let name = file.file_name().to_string_lossy().into_owned();
            name.starts_with("log.db.corrupt-") && !name.ends_with("-wal") && !name.ends_with("-shm")
        };
        let set_aside = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap).filter(aside).count();
        assert_eq!(set_aside, round, "once each time");
    }
}

#[test]
fn a_run_that_a_wrong_clock_cleaned_up_is_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = LogStore::open(folder.path().join("log.db")).unwrap();
    let monitor = monitor(&store);
    let site = site(&monitor, "steady");
    calls(&monitor, site, 20, None);
    assert!(monitor.flush(LONG).complete);
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_micros() as i64;
    let report = store.cleanup_at(now + 200 * 86_400_000_000, None).unwrap();
    assert_eq!((report.calls, report.runs, count(&store)), (20, 2, 0));
    calls(&monitor, site, 30, None);
    assert!(monitor.flush(LONG).complete);
    assert_eq!(count(&store), 30, "with their function");
}

/// While a sink is at work, or waits for who holds its file, a fork goes on.
#[cfg(unix)]
#[test]
fn a_fork_waits_for_no_sink() {
    struct Slow;
    impl viralnow_core::monitor::Sink for Slow {
        fn name(&self) -> &'static str {
            "slow"
        }
        fn write(&mut self, _: &viralnow_core::monitor::Batch) -> viralnow_core::Result<()> {
            std::thread::sleep(Duration::from_millis(1500));
            Ok(())
        }
    }
    let fork = || {
        let started = Instant::now();
        // SAFETY: the child does nothing but leave.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: ends the process.
            unsafe { libc::_exit(0) };
        }
        assert!(child > 0);
        // SAFETY: waits for the child of above.
        unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
        started.elapsed()
    };
    let at_rest = fork();
    let quickly = at_rest * 5 + Duration::from_millis(400);

    let slow = MonitorSystem::builder().sink(Slow).flush_interval(Duration::from_millis(10)).build();
    calls(&slow, site(&slow, "slow"), 10, None);
    std::thread::sleep(Duration::from_millis(200));
    let took = fork();
    assert!(took < quickly, "{took:?} beside a sink at work, {at_rest:?} without");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let store = LogStore::open(&path).unwrap();
    let held = rusqlite::Connection::open(&path).unwrap();
    held.execute_batch("BEGIN IMMEDIATE").unwrap();
    let waits = monitor(&store);
    calls(&waits, site(&waits, "waits"), 10, None);
    std::thread::sleep(Duration::from_millis(600));
    for _ in 0..5 {
        let took = fork();
        assert!(took < quickly, "{took:?} while another holds the file, {at_rest:?} without");
    }
    held.execute_batch("COMMIT").unwrap();
    assert!(waits.flush(LONG).complete);
    assert_eq!(count(&store), 10);
}

#[test]
fn a_path_that_cannot_be_written_degrades_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("not-yet");
    let store = LogStore::lazy(missing.join("log.db"), 90, 365);
    let monitor = monitor(&store);
    let site = site(&monitor, "patient");
    calls(&monitor, site, 10, None);
    assert!(!monitor.flush(LONG).complete);
    let status = monitor.status();
    assert_eq!((status.state, status.sinks[0].waiting >= 10), ("degraded", true), "{status:?}");
    assert!(status.last_error.unwrap().contains("directory"));
    std::fs::create_dir(&missing).unwrap();
    let until = Instant::now() + LONG;
    while !monitor.flush(LONG).complete && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(count(&store), 10, "nothing was lost");
}

#[test]
fn another_programs_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let text = "these are not a database, and they are somebody's".repeat(100);
    std::fs::write(&path, &text).unwrap();
    assert!(LogStore::open(&path).is_err());
    let store = LogStore::lazy(&path, 90, 365);
    let monitor = monitor(&store);
    calls(&monitor, site(&monitor, "unwelcome"), 10, None);
    assert!(!monitor.flush(LONG).complete);
    assert_eq!((store.set_aside().len(), monitor.status().state), (0, "degraded"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

/// Forks while other threads record: what the child records is written by a thread of its own, and the parent goes on.
#[cfg(unix)]
#[test]
fn a_child_of_a_fork_begins_clean_and_writes_to_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let store = LogStore::open(&path).unwrap();
    let monitor = monitor(&store);
    let (parents, childs) = (site(&monitor, "parents"), site(&monitor, "childs"));
    let stop = AtomicBool::new(false);
    let (forks, each) = (8_u64, 50);
    // Another who is inside SQLite all the time, without the monitor: the child must find its locks free all the same.
    let busy = rusqlite::Connection::open_in_memory().unwrap();
    let stop_busy = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop_busy);
    let busy = std::thread::spawn(move || {
        while !stopped.load(Ordering::Relaxed) {
            let text: String = busy.query_row("SELECT hex(randomblob(100))", [], |row| row.get(0)).unwrap();
            assert_eq!(text.len(), 200);
        }
    });
    let (recorded, statuses) = std::thread::scope(|scope| {
        let hot = || {
            let mut count = 0;
            while !stop.load(Ordering::Relaxed) {
                calls(&monitor, parents, 20, None);
                count += 20;
                std::thread::sleep(Duration::from_micros(200));
            }
            count
        };
        let threads = [scope.spawn(hot), scope.spawn(hot)];
        let mut statuses = Vec::new();
        for _ in 0..forks {
            std::thread::sleep(Duration::from_millis(15));
            // SAFETY: the child runs nothing but the monitor, which is made for it, and leaves without the test's exit handlers.
            let child = unsafe { libc::fork() };
            assert!(child >= 0, "no fork");
            if child == 0 {
                calls(&monitor, childs, each, None);
                let complete = monitor.flush(LONG).complete;
                let counts = (monitor.counts(childs).calls, monitor.counts(parents).calls);
                let fine = complete && counts == (each, 0);
                // SAFETY: ends the process.
                unsafe { libc::_exit(i32::from(!fine)) };
            }
            let mut status = -1;
            // SAFETY: the child is ours and is waited for once.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            statuses.push(status);
        }
        stop.store(true, Ordering::Relaxed);
        (threads.map(|thread| thread.join().unwrap()).iter().sum::<u64>(), statuses)
    });
    stop_busy.store(true, Ordering::Relaxed);
    busy.join().unwrap();
    assert_eq!(statuses, [0; 8], "each child wrote everything");
    assert!(monitor.flush(LONG).complete, "{:?}", monitor.status());
    let counted: std::collections::BTreeMap<_, _> = store
        .functions(TimeRange::default())
        .unwrap()
        .into_iter()
        .map(|stats| (stats.function_name, stats.calls))
        .collect();
    assert_eq!(counted, [("childs".to_owned(), forks * each), ("parents".to_owned(), recorded)].into());
    let mut by_name = std::collections::BTreeMap::new();
    let mut filters = LogFilters { limit: 10_000, order: LogOrder::Oldest, ..LogFilters::default() };
    loop {
        let page = store.query(&filters).unwrap();
        for entry in page.entries {
            assert_eq!(entry.pid == std::process::id(), entry.function_name == "parents");
            *by_name.entry(entry.function_name).or_insert(0) += 1;
        }
        let Some(next) = page.next else { break };
        filters.after = Some(next);
    }
    assert_eq!(by_name, [("childs".to_owned(), forks * each), ("parents".to_owned(), recorded)].into());
}

#[test]
fn a_job_learns_from_three_runs_how_long_its_steps_take() {
    // What is written of a name is redacted; the names are known again all the same.
    for [render, short] in
        [["render", "short"], ["render for ann@example.org", "short one of bob@example.org"]]
    {
        let store = LogStore::open(":memory:").unwrap();
        let monitor = monitor(&store);
        let begin = || monitor.job(render, &[(short, 5.0), ("long", 5.0)]);
        let run = |outcome: &str| {
            let job = begin();
            for (step, pause) in [(short, 2), ("long", 60)] {
                let step = job.step(step);
                std::thread::sleep(Duration::from_millis(pause));
                step.finish();
            }
            if outcome == "completed" {
                job.finish();
            } else {
                job.fail();
            }
        };
        run("failed");
        for _ in 0..3 {
            let job = begin();
            job.step(short).finish();
            assert_eq!(job.snapshot().fraction, 0.5, "not learned yet");
            drop(job);
            run("completed");
            assert!(monitor.flush(LONG).complete);
        }
        let job = begin();
        job.step(short).finish();
        // 2 of 62 ms; sleeps take longer on a busy machine.
        let fraction = job.snapshot().fraction;
        assert!((0.002..0.3).contains(&fraction), "{short}: {fraction}");
        assert_eq!(monitor.job("other", &[(short, 1.0)]).snapshot().fraction, 0.0);
    }
}
