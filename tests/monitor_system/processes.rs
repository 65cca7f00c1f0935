//! Processes that write the log: killed at any moment, several on one file, on a disk that is full.

use super::LONG;
use super::store::{calls, count, site};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use viralnow_core::monitor::{LogStore, MonitorSystem, Overflow, TimeRange};

const INTERVAL: Duration = Duration::from_millis(50);

/// Not a test: a writer whose calls are so many that they are only counted.
#[test]
fn hot_process() {
    let Ok(path) = std::env::var("VIRALNOW_MONITOR_HOT") else { return };
    let monitor =
        MonitorSystem::builder().store(LogStore::open(path).unwrap()).flush_interval(INTERVAL).build();
    let site = site(&monitor, "hot");
    let mut out = std::io::stdout();
    for turn in 1_u64.. {
        calls(&monitor, site, 2000, None);
        std::thread::sleep(Duration::from_millis(1));
        let status = monitor.status();
        if !status.adapted.is_empty() {
            let written: u64 = status.sinks.iter().map(|sink| sink.written).sum();
            writeln!(out, "\nmade {} {} {written}", turn * 2000, now_ms()).unwrap();
        }
    }
}

/// Not a test: what the two below run in processes of their own.
#[test]
fn child_process() {
    let Ok(path) = std::env::var("VIRALNOW_MONITOR_CHILD") else { return };
    let limit: u64 = std::env::var("VIRALNOW_MONITOR_CALLS").unwrap().parse().unwrap();
    let flushes = std::env::var_os("VIRALNOW_MONITOR_UNFLUSHED").is_none();
    let store = LogStore::open(path).unwrap();
    let monitor = MonitorSystem::builder()
        .store(store)
        .adaptive(false)
        .flush_interval(INTERVAL)
        .overflow(Overflow::Block { most: LONG })
        .build();
    let site = site(&monitor, "child");
    let mut out = std::io::stdout();
    for n in 0..limit {
        calls(&monitor, site, 1, None);
        if n % 50 == 0 {
            if n % 1000 == 0 && flushes {
                assert!(monitor.flush(LONG).complete);
                writeln!(out, "\nflushed {}", n + 1).unwrap();
            }
            std::thread::sleep(Duration::from_micros(500));
            let written: u64 = monitor.status().sinks.iter().map(|sink| sink.written).sum();
            writeln!(out, "\nmade {} {} {written}", n + 1, now_ms()).unwrap();
        }
    }
    assert!(monitor.shutdown(LONG).complete);
    writeln!(out, "\nended {:?}", monitor.status().sinks).unwrap();
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

pub(super) fn child(path: &Path, calls: u64, flushes: bool) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["processes::child_process", "--exact", "--nocapture"])
        .env("VIRALNOW_MONITOR_CHILD", path)
        .env("VIRALNOW_MONITOR_CALLS", calls.to_string())
        .envs((!flushes).then_some(("VIRALNOW_MONITOR_UNFLUSHED", "1")))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What a writer said: how many calls were flushed, how many were made by when, and when more was written.
#[derive(Default)]
struct Said {
    flushed: u64,
    made: Vec<(u64, u64)>,
    written: u64,
    writes_ms: Vec<u64>,
}

impl Said {
    /// Takes one line; false at the end.
    fn hear(&mut self, lines: &mut impl Iterator<Item = String>) -> bool {
        let Some(line) = lines.next() else { return false };
        let numbers: Vec<u64> =
            line.split(' ').skip(1).filter_map(|number| number.trim().parse().ok()).collect();
        match (line.split(' ').next(), &numbers[..]) {
            (Some("flushed"), &[count]) => self.flushed = count,
            (Some("made"), &[count, at, written]) => {
                self.made.push((count, at));
                if written != std::mem::replace(&mut self.written, written) {
                    self.writes_ms.push(at);
                }
            }
            _ => {}
        }
        true
    }

    /// The calls made before this time.
    fn before(&self, time_ms: u64) -> u64 {
        self.made.iter().take_while(|(_, at)| *at < time_ms).map(|(count, _)| *count).last().unwrap_or(0)
    }

    /// Times between two writes, and from the last one to `end_ms`, the shortest first. What is longer than the interval is the machine's
    /// or the disk's, which others may use too.
    fn pauses_ms(&self, end_ms: u64) -> Vec<u64> {
        let times: Vec<u64> = self.writes_ms.iter().copied().chain([end_ms]).collect();
        let mut pauses: Vec<u64> = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
        pauses.sort_unstable();
        pauses
    }
}

fn hot_child(path: &Path) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["processes::hot_process", "--exact", "--nocapture"])
        .env("VIRALNOW_MONITOR_HOT", path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Kills a writer at some moment, so often: what was flushed must be there, and what is older than one flush interval, and the file whole.
fn killed(times: u64) {
    let start = |path: &Path, time: u64| child(path, 1_000_000, time % 2 == 0);
    killed_of(times, start, |store| count(store) as u64);
}

/// The same of calls that are counted and not recorded.
fn killed_hot(times: u64) {
    let counted = |store: &LogStore| {
        let stats = store.functions(TimeRange::default()).unwrap();
        stats.iter().filter(|stats| stats.function_name == "hot").map(|stats| stats.calls).sum()
    };
    killed_of(times, |path, _| hot_child(path), counted);
}

fn killed_of(
    times: u64,
    start: impl Fn(&Path, u64) -> std::process::Child,
    count: impl Fn(&LogStore) -> u64,
) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let mut before = 0;
    for time in 0..times {
        let mut child = start(&path, time);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut said = Said::default();
        // Begun, then on to another moment each time.
        while said.writes_ms.len() < 6 && said.hear(&mut lines) {}
        std::thread::sleep(Duration::from_micros(time * 1237 % 40_000));
        let at = now_ms();
        child.kill().unwrap();
        child.wait().unwrap();
        // What it still said before the end.
        while said.hear(&mut lines) {}
        let store = LogStore::open(&path).unwrap();
        let kept = count(&store) - before;
        assert!(kept >= said.flushed, "after {} kills: {kept} of {}", time + 1, said.flushed);
        let pauses = said.pauses_ms(at);
        let interval = INTERVAL.as_millis() as u64;
        // It is written once an interval, by rule.
        let usual = pauses[pauses.len() / 2];
        assert!(usual <= 4 * interval, "{usual} ms between two writes");
        let longest = pauses.last().copied().unwrap_or(0);
        let sure = said.before(at.saturating_sub(interval + longest));
        assert!(kept >= sure, "after {} kills: {kept} of {sure}, {pauses:?}", time + 1);
        assert_eq!(store.set_aside(), Vec::<PathBuf>::new(), "the file was whole");
        before += kept;
    }
}

#[test]
fn a_writer_that_is_killed_loses_one_flush_interval_at_most() {
    killed(5);
}

#[test]
fn a_killed_writers_counts_of_hot_functions_lack_one_flush_interval_at_most() {
    killed_hot(5);
}

#[test]
#[ignore = "100 processes one after the other"]
fn a_hundred_killed_writers_counts_of_hot_functions_lack_one_flush_interval_at_most() {
    killed_hot(100);
}

#[test]
#[ignore = "100 processes one after the other"]
fn a_writer_that_is_killed_a_hundred_times_loses_one_flush_interval_at_most() {
    killed(100);
}

/// Several processes at once on one file.
fn together(processes: usize, calls: u64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let children: Vec<_> = (0..processes).map(|_| child(&path, calls, true)).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && said.contains("ended"), "{said}");
        assert!(said.contains("failures: 0") && said.contains("last_error: None"), "locked? {said}");
    }
    let store = LogStore::open(&path).unwrap();
    assert_eq!(count(&store) as u64, processes as u64 * calls);
    let stats = store.functions(TimeRange::default()).unwrap();
    assert_eq!(stats.iter().map(|stats| stats.calls).sum::<u64>(), processes as u64 * calls);
}

#[test]
fn processes_share_a_file_and_lose_nothing() {
    together(3, 3000);
}

#[test]
#[ignore = "eight processes for about a minute"]
fn eight_processes_share_a_file_for_a_minute() {
    // 50 calls in 0.6 ms or more, beside seven others.
    together(8, 800_000);
}

/// Not a test: what the next one runs in a process whose files may not grow beyond a limit, as on a full disk.
#[cfg(target_os = "linux")]
#[test]
fn writes_until_it_is_full() {
    let Ok(path) = std::env::var("VIRALNOW_MONITOR_FULL") else { return };
    let store = LogStore::open(&path).unwrap();
    let monitor =
        MonitorSystem::builder().store(store.clone()).adaptive(false).flush_interval(INTERVAL).build();
    let site = site(&monitor, "full");
    let mut made = 0;
    let mut go_on = |until: &dyn Fn() -> bool| {
        let start = std::time::Instant::now();
        while !until() {
            calls(&monitor, site, 100, Some("twenty letters of it"));
            made += 100;
            assert!(start.elapsed() < LONG, "{}", monitor.status());
            std::thread::sleep(Duration::from_millis(1));
        }
        made
    };
    // The host goes on, and is told.
    go_on(&|| monitor.status().state == "degraded");
    let said = monitor.status();
    assert!(said.sinks.iter().any(|sink| sink.failures > 0 && sink.last_error.is_some()), "{said:?}");
    // There is room again.
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both calls read or write one struct, which is ours.
    unsafe {
        assert_eq!(libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit), 0);
        limit.rlim_cur = limit.rlim_max;
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit), 0);
    }
    let made = go_on(&|| monitor.status().state == "running");
    monitor.flush(LONG);
    let status = monitor.status();
    let lost = status.dropped.total() + status.sinks.iter().map(|sink| sink.dropped).sum::<u64>();
    assert_eq!(store.set_aside(), Vec::<PathBuf>::new(), "the file was whole");
    // Events of the monitor itself may be among the lost.
    let kept = count(&store) as u64;
    assert!(kept <= made && kept + lost >= made, "{kept} of {made}, {lost} lost: {status:?}");
    assert_eq!(monitor.counts(site).calls, made, "counted all the same");
    println!("\nrecovered with {kept} of {made}, {lost} lost");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_neither_the_host_nor_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let script =
        "trap '' XFSZ; ulimit -S -f 800; exec \"$0\" --exact processes::writes_until_it_is_full --nocapture";
    let output = Command::new("sh")
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap())
        .env("VIRALNOW_MONITOR_FULL", folder.path().join("log.db"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.contains("recovered with"), "{said}\n{why}");
}
