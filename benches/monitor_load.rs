//! What watching does to whole programs: how fast the log takes spans, what its rows and the process's memory weigh, how long the slowest calls
//! take while it is written, and how much longer an analysis and a loop of a million calls are. Fails where a limit, printed beside, is not kept.
//!
//! `cargo bench -p viralnow-core --features full --bench monitor_load [-- CLIP]`

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};
use viralnow_core::monitor::{Capture, Detail, LogStore, MonitorSystem, Outcome, Overflow, Site, SpanToken};
use viralnow_core::{AnalyzeOptions, Analyzer, Input};

static HASH: Site = Site::new("hash", module_path!(), file!(), line!());
static SPAN: Site = Site::new("span", module_path!(), file!(), line!());
/// Of what is measured with and without a monitor.
const ROUNDS: usize = 9;
const LONG: Duration = Duration::from_secs(120);

/// A figure, and what it is to be at most or, where it ends with `+`, at least.
struct Told {
    kept: bool,
}

impl Told {
    fn say(&mut self, name: &str, figure: f64, unit: &str, limit: &str) {
        let kept = match limit.strip_suffix('+') {
            Some(least) => figure >= least.parse().expect("a number"),
            None => figure <= limit.parse().expect("a number"),
        };
        self.kept &= kept;
        println!("{name:<62} {figure:>12.1} {unit:<12} ({limit}{})", if kept { "" } else { ": not kept" });
    }
}

/// Resident memory of the process, in bytes.
fn resident() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split_ascii_whitespace().nth(1).and_then(|pages| pages.parse::<f64>().ok()).unwrap_or(0.0) * 4096.0
}

/// Processor time of the whole process: what the monitor's own thread takes counts too.
fn processor() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes one timespec, which is ours.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn logged(path: &Path) -> (Arc<LogStore>, MonitorSystem) {
    let store = LogStore::open(path).expect("a log");
    let monitor = MonitorSystem::builder()
        .store(store.clone())
        .adaptive(false)
        .overflow(Overflow::Block { most: LONG })
        .build();
    (store, monitor)
}

/// A million spans as fast as the log takes them, and what they weigh.
fn stored(folder: &Path, told: &mut Told) {
    const SPANS: usize = 1_000_000;
    for (name, args, limit) in
        [("spans", None, "30"), ("spans with 55 letters of arguments", Some("x".repeat(55)), "100")]
    {
        let (store, monitor) = logged(&folder.join(format!("{name}.db")));
        let start = Instant::now();
        match &args {
            None => (0..SPANS).for_each(|_| drop(SPAN.enter_in(&monitor))),
            Some(args) => {
                let site = monitor.callsite("told", "bench", "", 0, 1.0, Capture::TIME);
                for _ in 0..SPANS {
                    let open = monitor.begin(site, SpanToken::NONE);
                    let detail = Detail { args: Some(args.clone()), ..Detail::default() };
                    monitor.end_with(open, &Outcome::Completed, detail);
                }
            }
        }
        let report = monitor.flush(LONG);
        let seconds = start.elapsed().as_secs_f64();
        assert!(report.complete && report.dropped.total() == 0, "{report:?}");
        let least = if args.is_none() { "250000+" } else { "0+" };
        told.say(&format!("stored: {name}"), SPANS as f64 / seconds, "a second", least);
        monitor.shutdown(LONG);
        told.say(&format!("database: {name}"), store.bytes() as f64 / SPANS as f64, "KB per 1000", limit);
    }
}

/// The slowest of calls that come faster than the log can take them, each timed.
fn slowest(folder: &Path, told: &mut Told) {
    let monitor = MonitorSystem::builder()
        .store(LogStore::open(folder.join("slowest.db")).expect("a log"))
        .adaptive(false)
        .build();
    let mut took: Vec<u64> = (0..3_000_000)
        .map(|_| {
            let start = Instant::now();
            drop(black_box(SPAN.enter_in(&monitor)));
            start.elapsed().as_nanos() as u64
        })
        .collect();
    took.sort_unstable();
    let report = monitor.flush(LONG);
    told.say(
        "a call while the log is written, 99.9th percentile",
        took[took.len() * 999 / 1000] as f64,
        "ns",
        "10000",
    );
    println!(
        "    of {} calls {} were stored, {} dropped and counted",
        took.len(),
        report.received,
        report.dropped.total()
    );
}

/// The work of a function of about a microsecond.
#[inline(never)]
fn hash(seed: u64) -> u64 {
    (0..700)
        .fold(seed, |state, _| state.wrapping_mul(6_364_136_223_846_793_005).rotate_left(17) ^ 0x9E37_79B9)
}

/// How much longer the second takes, in percent, by the process's processor time: the median of the rounds, and the least seconds of both.
/// A machine's pace may drift by half within a minute; within a round both sides stand close to each other, and take turns in being first.
fn beside(rounds: usize, works: [&mut dyn FnMut(); 2]) -> (f64, [f64; 2]) {
    let mut least = [f64::MAX; 2];
    let mut longer = Vec::with_capacity(rounds);
    for round in 0..rounds {
        let mut took = [0.0; 2];
        for side in [round % 2, 1 - round % 2] {
            let start = processor();
            works[side]();
            took[side] = processor().saturating_sub(start).as_secs_f64();
            least[side] = least[side].min(took[side]);
        }
        longer.push((took[1] / took[0] - 1.0) * 100.0);
    }
    longer.sort_by(f64::total_cmp);
    (longer[rounds / 2], least)
}

/// As a host starts it: all is recorded, but what is so short and hot that this would cost more than 5 % of it.
fn usual(path: &Path) -> MonitorSystem {
    MonitorSystem::builder().store(LogStore::open(path).expect("a log")).build()
}

fn million(folder: &Path, told: &mut Told) {
    let mut sums = [0_u64; 2];
    let [plain, watched] = sums.each_mut();
    // Each time a monitor that knows nothing yet of the function.
    let monitors: Vec<_> = (0..ROUNDS).map(|at| usual(&folder.join(format!("million{at}.db")))).collect();
    let mut fresh = monitors.iter();
    let mut bare = || (0..1_000_000).for_each(|n| *plain ^= hash(black_box(n)));
    let mut seen = || {
        let monitor = fresh.next().expect("one for each round");
        (0..1_000_000).for_each(|n| {
            let _watched = HASH.enter_in(monitor);
            *watched ^= hash(black_box(n));
        });
        // What its thread still has to write counts too.
        assert!(monitor.flush(LONG).complete);
    };
    let (longer, [bare, seen]) = beside(ROUNDS, [&mut bare, &mut seen]);
    told.say("a million calls of a microsecond, longer by", longer, "%", "5");
    let adapted = monitors[0].status().adapted;
    println!("    {bare:.2} s without and {seen:.2} s with a monitor, levels in the end: {adapted:?}");
}

fn analysis(folder: &Path, clip: &Path, told: &mut Told) {
    let analyzer = || {
        Analyzer::new(AnalyzeOptions { threads: 1, keep_vectors: false, ..AnalyzeOptions::default() })
            .expect("options")
    };
    let (bare, seen) = (analyzer(), analyzer().monitor(Arc::new(usual(&folder.join("analysis.db")))));
    let run =
        |analyzer: &Analyzer| drop(black_box(analyzer.analyze(Input::path(clip)).expect("an analysis")));
    run(&bare);
    let (longer, [without, with]) = beside(ROUNDS, [&mut || run(&bare), &mut || run(&seen)]);
    told.say("an analysis, longer by", longer, "%", "5");
    println!("    {without:.3} s without and {with:.3} s with a monitor, {}", clip.display());
}

fn memory(folder: &Path, told: &mut Told) {
    // What the process has before counts for the program.
    let before = resident();
    let (_, monitor) = logged(&folder.join("memory.db"));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..200_000).for_each(|_| drop(SPAN.enter_in(&monitor))));
        }
    });
    assert!(monitor.flush(LONG).complete);
    told.say("the process's memory, more by", (resident() - before) / 1e6, "MB", "10");
    told.say("of it known to the monitor", monitor.status().memory_bytes as f64 / 1e6, "MB", "10");
}

fn main() -> ExitCode {
    let demo = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/media/demo.mp4");
    let clip =
        std::env::args_os().skip(1).map(PathBuf::from).find(|path| path.is_file()).unwrap_or_else(demo);
    let folder = tempfile::tempdir().expect("a folder");
    let mut told = Told { kept: true };
    // First, while nothing else has widened the heap.
    memory(folder.path(), &mut told);
    stored(folder.path(), &mut told);
    slowest(folder.path(), &mut told);
    million(folder.path(), &mut told);
    analysis(folder.path(), &clip, &mut told);
    if told.kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
