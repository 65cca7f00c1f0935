//! What the log keeps: through an exit, and when it forgets.

use super::LONG;
use std::process::Command;
use std::time::Duration;
use viralnow_core::monitor::{
    Batch, Capture, Detail, Failure, FinishedSpan, Histogram, LogFilters, LogStore, MinuteCounts,
    MonitorSystem, Outcome, Sink, SiteId, SpanExtra, SpanStatus, SpanToken, SqliteSink, TimeRange,
};

const DAY_US: i64 = 86_400_000_000;

fn now_us() -> i64 {
    std::time::UNIX_EPOCH.elapsed().unwrap().as_micros() as i64
}

fn place(name: &str) -> SiteId {
    MonitorSystem::builder().build().callsite(name, "kept", "", 0, 1.0, Capture::TIME)
}

fn failed(site: SiteId, start_us: i64, stack: String) -> FinishedSpan {
    let failure = Some(Failure { kind: "BROKEN".to_owned(), message: String::new() });
    let detail = Detail { stack: Some(stack), ..Detail::default() };
    FinishedSpan {
        site,
        span: SpanToken(1),
        parent: SpanToken::NONE,
        start_us,
        duration_ns: 1000,
        cpu_ns: None,
        rss_kib: None,
        status: SpanStatus::Failed,
        extra: Some(Box::new(SpanExtra { failure, detail })),
    }
}

/// Not a test: what the next one runs in a process of its own.
#[test]
fn exits() {
    let Ok(path) = std::env::var("VIRALNOW_MONITOR_EXITS") else { return };
    let store = LogStore::open(path).unwrap();
    let monitor = MonitorSystem::builder().store(store).flush_interval(Duration::from_secs(60)).build();
    monitor.install_global().unwrap();
    let site = monitor.callsite("exits", "kept", "", 0, 1.0, Capture::TIME);
    for _ in 0..10 {
        monitor.end(monitor.begin(site, SpanToken::NONE), &Outcome::Completed);
    }
}

#[cfg(unix)]
#[test]
fn the_global_monitor_writes_the_rest_when_the_program_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let ended = Command::new(std::env::current_exe().unwrap())
        .args(["kept::exits", "--exact"])
        .env("VIRALNOW_MONITOR_EXITS", &path)
        .output()
        .unwrap();
    assert!(ended.status.success(), "{ended:?}");
    assert!(!folder.path().join("log.db-wal").exists(), "the connections were closed");
    let store = LogStore::open(&path).unwrap();
    assert_eq!(store.query(&LogFilters::default()).unwrap().entries.len(), 10);
}

#[test]
fn stacks_go_with_their_errors_and_nothing_is_written_when_nothing_is_due() {
    let store = LogStore::open_with(":memory:", 1, 2).unwrap();
    let (site, now) = (place("stacks"), now_us());
    let spans = (0..6000).map(|n| failed(site, now - n % 2 * 3 * DAY_US - n, format!("stack {n}"))).collect();
    SqliteSink::new(store.clone()).write(&Batch { spans, ..Batch::default() }).unwrap();
    let (mut stacks, mut turns) = (0, 0);
    loop {
        let report = store.cleanup_at(now, Some(Duration::from_millis(4))).unwrap();
        (stacks, turns) = (stacks + report.stacks, turns + 1);
        if report.complete {
            break;
        }
        assert!(turns < 10_000);
    }
    assert_eq!(stacks, 3000);
    let idle = store.cleanup_at(now, Some(Duration::from_secs(1))).unwrap();
    assert_eq!((idle.complete, idle.transactions), (true, 0));
}

#[test]
fn an_hour_of_long_ago_is_answered_by_the_hours_that_are_kept() {
    let store = LogStore::open_with(":memory:", 1, 30).unwrap();
    let (site, now) = (place("long_ago"), now_us());
    let then = now - 3 * DAY_US;
    let mut histogram = Histogram::default();
    histogram.add(1000);
    let minute = MinuteCounts {
        site,
        minute: then.div_euclid(60_000_000),
        calls: 1,
        errors: 0,
        sum_ns: 1000,
        histogram,
    };
    SqliteSink::new(store.clone()).write(&Batch { minutes: vec![minute], ..Batch::default() }).unwrap();
    store.cleanup_old_data().unwrap();
    let range = TimeRange { from_us: Some(then - 60_000_000), to_us: Some(then + 3_600_000_000) };
    assert_eq!(store.functions(range).unwrap().len(), 1);
}

#[test]
fn text_is_searched_as_it_was_recorded() {
    let store = LogStore::open(":memory:").unwrap();
    let monitor = MonitorSystem::builder().store(store.clone()).build();
    let detail = Detail { args: Some("say \"hi\"\\n".to_owned()), ..Detail::default() };
    monitor.end_with(monitor.begin(place("say"), SpanToken::NONE), &Outcome::Completed, detail);
    assert!(monitor.flush(LONG).complete);
    let found = |text: &str| {
        let filters = LogFilters { text: Some(text.to_owned()), ..LogFilters::default() };
        store.query(&filters).unwrap().entries.len()
    };
    assert_eq!([found("say \"hi\"\\n"), found("args"), found("\\\"")], [1, 0, 0]);
}
