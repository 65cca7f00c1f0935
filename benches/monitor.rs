//! What one span costs the thread that makes it (its processor time): with nobody watching, in the monitoring system at
//! each level, through `tracing`, and beside them what hosts do otherwise: OpenTelemetry, a line through `log` into a
//! file, a commit in SQLite.

use criterion::{Criterion, criterion_group, criterion_main};
use opentelemetry::trace::{Span as _, Tracer, TracerProvider};
use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracerProvider, SpanData, SpanExporter};
use std::hint::black_box;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing_subscriber::layer::SubscriberExt;
use viralnow_core::CorrelationId;
use viralnow_core::monitor::{
    Callsite, Capture, Level, MemoryMonitor, Monitor, MonitorSystem, NoopMonitor, Outcome, Overflow, Scope,
    Site, SpanToken, TracingMonitor,
};

static STAGE: Callsite = Callsite { name: "stage", module: "bench", weight: 1.0 };
static SITE: Site = Site::new("site", module_path!(), file!(), line!());

/// The processor time of this thread, which others on the machine do not lengthen; elsewhere than on Unix the wall's.
fn now() -> Duration {
    #[cfg(unix)]
    {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the call writes one timespec, which is ours.
        unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    }
    #[cfg(not(unix))]
    {
        static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
        START.elapsed()
    }
}

/// Calls of a short round: less than a ring holds, so that none is dropped.
const ROUND: u32 = 4000;

/// Prints the least of many short rounds and their median. Where two processors are the two threads of one core, all takes up to twice as
/// long while the monitor's thread is busy on the other: that is in the median, and in what criterion says.
fn rounds(name: &str, work: &mut impl FnMut(), between: &impl Fn()) {
    let until = Instant::now() + Duration::from_secs(6);
    let mut took: Vec<f64> = (0..500)
        .take_while(|&round| round == 0 || Instant::now() < until)
        .map(|_| {
            let start = now();
            (0..ROUND).for_each(|_| work());
            let took = now().saturating_sub(start);
            // What was recorded is taken away before the next.
            between();
            took.as_secs_f64() * 1e9 / f64::from(ROUND)
        })
        .collect();
    took.sort_by(f64::total_cmp);
    println!("monitor/span/{name}: least {:.1} ns, median {:.1} ns", took[0], took[took.len() / 2]);
}

fn measured(criterion: &mut Criterion, name: &str, work: impl FnMut()) {
    measured_with(criterion, name, work, || std::thread::sleep(Duration::from_millis(1)));
}

fn measured_with(criterion: &mut Criterion, name: &str, mut work: impl FnMut(), between: impl Fn()) {
    rounds(name, &mut work, &between);
    criterion.bench_function(&format!("monitor/span/{name}"), |bencher| {
        bencher.iter_custom(|times| {
            let start = now();
            for _ in 0..times {
                work();
            }
            now().saturating_sub(start)
        });
    });
}

/// A monitor that has everything in its rings taken away, and stores nothing.
fn system(level: Level) -> MonitorSystem {
    MonitorSystem::builder().level(level).adaptive(false).overflow(Overflow::DropNewest).build()
}

/// One that writes it to a log.
#[cfg(feature = "sqlite")]
fn logged(folder: &std::path::Path) -> MonitorSystem {
    let store = viralnow_core::monitor::LogStore::open(folder.join("bench.db")).expect("a log");
    MonitorSystem::builder().adaptive(false).store(store).build()
}

/// What is watched: a call that is not put in place of itself, and may panic for all that the caller knows.
#[inline(never)]
fn work() {
    assert!(!black_box(false), "never");
}

fn ours(criterion: &mut Criterion) {
    // What the others are to be compared with.
    measured(criterion, "nothing", work);
    // As hosts write it: a guard for the rest of a block.
    measured(criterion, "not_installed", || {
        let _watched = SITE.enter();
        work();
    });
    for (name, level) in [
        ("off", Level::Off),
        ("counted", Level::Counted),
        ("aggregate", Level::Aggregate),
        ("full", Level::Full),
    ] {
        let monitor = system(level);
        measured(criterion, name, || {
            let _watched = SITE.enter_in(&monitor);
            work();
        });
    }
    #[cfg(feature = "sqlite")]
    {
        let folder = tempfile::tempdir().expect("a folder");
        let monitor = logged(folder.path());
        let work = || {
            let _watched = SITE.enter_in(&monitor);
            work();
        };
        measured_with(criterion, "full_logged", work, || drop(monitor.flush(Duration::from_secs(5))));
    }
    let monitor = system(Level::Full);
    let site = monitor.callsite("begin_end", "bench", "", 0, 1.0, Capture::TIME);
    measured(criterion, "begin_end", || {
        let open = black_box(monitor.begin(site, SpanToken::NONE));
        monitor.end(open, &Outcome::Completed);
    });
    let subscriber = tracing_subscriber::registry().with(monitor.layer());
    tracing::subscriber::with_default(subscriber, || {
        measured(criterion, "through_tracing", || {
            tracing::info_span!("bench").in_scope(|| black_box(()));
        });
    });
    let registry = tracing_subscriber::registry();
    tracing::subscriber::with_default(registry, || {
        measured(criterion, "tracing_registry_alone", || {
            tracing::info_span!("bench").in_scope(|| black_box(()));
        });
    });
    let monitors: [(&str, Arc<dyn Monitor>); 4] = [
        ("scope_noop", Arc::new(NoopMonitor)),
        ("scope_memory", Arc::new(MemoryMonitor::new())),
        ("scope_tracing_unheard", Arc::new(TracingMonitor::new())),
        ("scope_system", Arc::new(system(Level::Full))),
    ];
    let id = CorrelationId::new("bench").expect("a valid id");
    for (name, monitor) in monitors {
        let scope = Scope::new(monitor, &id).with_asset("clip");
        measured(criterion, name, || {
            let _ = scope.run(&STAGE, |inside| Ok(black_box(inside.correlation_id().len())));
        });
    }
}

/// Takes spans and does nothing with them.
#[derive(Debug)]
struct Nowhere;

impl SpanExporter for Nowhere {
    async fn export(&self, batch: Vec<SpanData>) -> opentelemetry_sdk::error::OTelSdkResult {
        black_box(batch);
        Ok(())
    }
}

/// Writes each line at once, as a log file that can be followed does.
struct Lines(std::sync::Mutex<std::fs::File>);

impl log::Log for Lines {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &log::Record<'_>) {
        let mut file = self.0.lock().expect("nobody panics");
        let _ = writeln!(file, "{} {}", record.level(), record.args());
    }
    fn flush(&self) {}
}

fn peers(criterion: &mut Criterion) {
    let provider = SdkTracerProvider::builder()
        .with_span_processor(BatchSpanProcessor::builder(Nowhere).build())
        .build();
    let tracer = provider.tracer("bench");
    measured(criterion, "opentelemetry", || {
        let mut span = tracer.start("bench");
        black_box(&mut span).end();
    });
    let folder = tempfile::tempdir().expect("a folder");
    let lines = Lines(std::fs::File::create(folder.path().join("log")).expect("a file").into());
    measured(criterion, "logging", || {
        let start = Instant::now();
        let took = start.elapsed().as_secs_f64();
        log::Log::log(
            &lines,
            &log::Record::builder().args(format_args!("bench took {took}")).level(log::Level::Info).build(),
        );
    });
    #[cfg(feature = "sqlite")]
    {
        let database = rusqlite::Connection::open(folder.path().join("log.db")).expect("a database");
        database
            .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE call (name TEXT, took REAL)")
            .expect("a table");
        measured(criterion, "sqlite_commit", || {
            let took = Instant::now().elapsed().as_secs_f64();
            database.execute("INSERT INTO call VALUES (?1, ?2)", ("bench", took)).expect("a row");
        });
    }
}

/// The slowest of a million calls, with rings that overflow all the time: nobody ever waits.
fn overload(_: &mut Criterion) {
    let monitor = MonitorSystem::builder().adaptive(false).ring_capacity(256).build();
    let mut took: Vec<u64> = (0..1_000_000)
        .map(|_| {
            let start = Instant::now();
            drop(black_box(SITE.enter_in(&monitor)));
            start.elapsed().as_nanos() as u64
        })
        .collect();
    took.sort_unstable();
    let report = monitor.flush(Duration::from_secs(10));
    println!(
        "monitor/overload: p50 {} ns, p99 {} ns, p99.9 {} ns, {} of {} dropped",
        took[500_000],
        took[990_000],
        took[999_000],
        report.dropped.total(),
        took.len()
    );
}

criterion_group!(benches, ours, peers, overload);
criterion_main!(benches);
