//! The corpus of made-up secrets through everything that may carry it, into everything that writes or answers: each byte that comes out is
//! looked through.

use super::otlp::http_server::{Reply, Server};
use super::redact::secrets;
use super::wiring::dashboard::ask;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use viralnow_core::monitor::config::{LogLevel, MonitorConfig};
use viralnow_core::monitor::log_file::Console;
use viralnow_core::monitor::{
    Capture, Detail, Monitor, MonitorBuilder, MonitorSystem, Monitoring, Outcome, Progress, SpanToken,
    TimeRange,
};

const LONG: Duration = Duration::from_secs(30);
/// What a text goes in by. Each has secrets of its own, drawn anew, so that a leak names its way.
const WAYS: [&str; 13] = [
    "arguments",
    "result",
    "kind of error",
    "message",
    "stack",
    "correlation",
    "asset",
    "module",
    "event",
    "job",
    "step",
    "arguments at the bound of what is kept",
    "message at the bound of what is read",
];

#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

type Corpus = Vec<(String, Vec<String>)>;

/// One file of settings with every sink open, and an alert for each form of the corpus.
fn settings(folder: &Path, [collector, hook]: [&Server; 2], forms: usize) -> MonitorConfig {
    let alerts: Vec<_> = (0..forms)
        .map(|at| {
            serde_json::json!({
                "name": format!("a{at}"), "condition": format!("function == 'f{at}' and status == 'failed'"),
                "notification_channels": ["file", "bus", "webhook"],
            })
        })
        .collect();
    let settings = serde_json::json!({
        "log_level": "DEBUG", "database_path": folder.join("log.db"), "log_file_path": folder.join("log.txt"),
        "max_log_file_size": 1 << 30, "dashboard_port": 0, "flush_interval": "20ms", "max_memory": "64MiB",
        "webhook": { "url": format!("{}/hook", hook.url()) }, "otlp": { "endpoint": collector.url() }, "alerts": alerts,
    });
    MonitorConfig::from_json(&settings.to_string(), "").unwrap()
}

/// Sends form `at` in by every way.
fn send(monitor: &MonitorSystem, ways: &[Corpus], at: usize) {
    let text = |way: &str| ways[WAYS.iter().position(|name| *name == way).unwrap()][at].0.as_str();
    // A text with its end beyond what is kept of it, or beyond what is read of it: half of it is left.
    let over = |way: &str, bound: usize| {
        let text = text(way);
        format!("{}{text} {}", "x ".repeat(bound / 2 - text.len() / 4), "y ".repeat(3000))
    };
    let site = monitor.callsite(&format!("f{at}"), text("module"), "", 0, 1.0, Capture::TIME);
    let failed = Outcome::Failed { code: text("kind of error"), message: text("message") };
    let detail = Detail {
        args: Some(text("arguments").to_owned()),
        result: Some(text("result").to_owned()),
        stack: Some(format!("at load (shop.rs:3)\ncaused by: {}", text("stack"))),
        correlation_id: Some(text("correlation").to_owned()),
        asset_id: Some(text("asset").to_owned()),
    };
    monitor.end_with(monitor.begin(site, SpanToken::NONE), &failed, detail);
    let long = over("message at the bound of what is read", (4 << 10) + (4 << 10));
    let detail =
        Detail { args: Some(over("arguments at the bound of what is kept", 2 << 10)), ..Detail::default() };
    let failed = Outcome::Failed { code: "LONG", message: &long };
    monitor.end_with(monitor.begin(site, SpanToken::NONE), &failed, detail);

    let event = text("event");
    let data = serde_json::json!({
        "function": event, "message": event, "list": [[{ "deep": event }]], event: 1,
        "raw": serde_json::json!({ "args": event }).to_string(),
    });
    monitor.bus().publish_in("shop.sold", event, SpanToken::NONE, data).unwrap();
    let job = monitor.job(text("job"), &[(text("step"), 1.0)]);
    let step = job.step(text("step"));
    step.set(0.5);
    step.finish();
    job.finish();
    let progress = Progress { fraction: 0.5, stage: "decode", elapsed_s: 1.0, eta_s: None, items: (0, 1) };
    monitor.progress(text("correlation"), &progress);
}

/// All that came out, by where.
fn outputs(builder: MonitorBuilder, ways: &[Corpus]) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let (collector, hook) =
        (Server::start([Reply::json(200, b"{}")]), Server::start([Reply::json(200, b"")]));
    let screen = Screen::default();
    let config = settings(folder.path(), [&collector, &hook], ways[0].len());
    let builder = builder.adaptive(false).sink(Console::to(LogLevel::Debug, screen.clone()));
    let monitoring = Monitoring::start_with(&config, builder).unwrap();
    let monitor = monitoring.monitor();
    // The dashboard first: it hears of jobs from then on.
    let url = monitoring.dashboard().unwrap();
    let address = url.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
    let bearer = format!("authorization: Bearer {}\r\n", url.split("token=").nth(1).unwrap());
    let mut out = BTreeMap::<String, Vec<u8>>::new();
    let mut look = || {
        let mut get = |path: &str| {
            let answer = ask(&address, &format!("GET {path}"), &bearer);
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            let kept = path.split('?').next().unwrap().trim_end_matches(|c: char| c.is_ascii_hexdigit());
            out.entry(format!("dashboard {kept}")).or_default().extend(answer.body.as_bytes());
            answer.body
        };
        let groups: Vec<serde_json::Value> = serde_json::from_str(&get("/api/errors")).unwrap();
        for group in groups.iter().take(50) {
            get(&format!("/api/errors/{}", group["id"].as_str().unwrap()));
        }
        for path in ["status", "functions", "jobs", "alerts", "config", "events?limit=2000", "log?limit=2000"]
        {
            get(&format!("/api/{path}"));
        }
        get("/api/trace.json?hours=1");
        get("/metrics");
    };
    // The dashboard holds the last of everything, and 64 notices may wait for the webhook: some at a time.
    for at in 0..ways[0].len() {
        send(monitor, ways, at);
        if at % 40 == 39 || at + 1 == ways[0].len() {
            assert!(monitor.flush(LONG).complete, "{}", monitor.status());
            let start = Instant::now();
            while hook.seen().len() <= at {
                assert!(start.elapsed() < LONG, "{} of {at} notices", hook.seen().len());
                std::thread::sleep(Duration::from_millis(5));
            }
            look();
        }
    }
    let status = monitor.status();
    assert_eq!((status.dropped.total(), status.last_error.as_deref()), (0, None), "{status:?}");
    out.insert(
        "status".to_owned(),
        format!("{status}{status:?}{}", monitoring.alerts().shown()).into_bytes(),
    );
    out.insert("Prometheus".to_owned(), monitor.prometheus().into_bytes());
    let mut trace = Vec::new();
    monitor.store().unwrap().export_chrome_trace(TimeRange::default(), &mut trace).unwrap();
    out.insert("Chrome trace".to_owned(), trace);
    for (name, server) in [("collector", &collector), ("webhook", &hook)] {
        let said = server.seen();
        let bytes =
            said.iter().flat_map(|seen| [format!("{seen:?}").into_bytes(), seen.body.clone()].concat());
        out.insert(name.to_owned(), bytes.collect());
    }
    out.insert("console".to_owned(), screen.0.lock().unwrap().clone());
    // As they are while it runs, the write-ahead log among them, and as they are left.
    for when in ["open", "closed"] {
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let path = file.unwrap().path();
            let log = path.extension().is_some_and(|end| end == "txt");
            let name = format!("{} ({when})", if log { "log file" } else { "SQLite log" });
            out.entry(name).or_default().extend(std::fs::read(path).unwrap());
        }
        monitor.shutdown(LONG);
    }
    out
}

/// What may be found of a secret, and of which way it is.
struct Sought {
    /// The whole of it, of a short one with what stood before it; of a long one every twelve letters in a row that are not all alike.
    parts: BTreeMap<Vec<u8>, (&'static str, String)>,
    sizes: BTreeSet<usize>,
    /// Which four bytes one of them begins with, by a hash: most places are none of them.
    begins: Vec<bool>,
}

fn begin(bytes: &[u8]) -> usize {
    let four = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    (four.wrapping_mul(0x9e37_79b1) >> 8) as usize
}

impl Sought {
    fn of(ways: &[Corpus]) -> Self {
        // What is no secret may be read: no part of a secret that is also part of such a text says anything.
        let harmless: String = ways
            .iter()
            .flatten()
            .map(|(text, secrets)| {
                secrets.iter().fold(text.clone(), |text, secret| text.replace(secret, "\0"))
            })
            .collect();
        let mut parts = BTreeMap::new();
        for (way, (text, secret)) in WAYS.iter().zip(ways).flat_map(|(way, corpus)| {
            corpus.iter().flat_map(move |(text, secrets)| secrets.iter().map(move |s| (*way, (text, s))))
        }) {
            let letters: Vec<char> = secret.chars().collect();
            let mut add = |part: String| {
                let once = serde_json::to_string(&part).unwrap();
                let twice = serde_json::to_string(&once[1..once.len() - 1]).unwrap();
                for form in [part.as_str(), &once[1..once.len() - 1], &twice[1..twice.len() - 1]] {
                    parts.insert(form.as_bytes().to_vec(), (way, text.clone()));
                }
            };
            if letters.len() < 8 {
                let at = text.find(secret.as_str()).unwrap();
                let before = text[..at].char_indices().rev().nth(7).map_or(0, |(at, _)| at);
                add(text[before..at + secret.len()].to_owned());
                continue;
            }
            let windows: BTreeSet<String> =
                letters.windows(12.min(letters.len())).map(|part| part.iter().collect()).collect();
            // A row of zeros, as in a card's number, is also the end of many a duration: there the whole is looked for.
            let tells = |part: &&String| {
                !harmless.contains(part.as_str()) && part.chars().collect::<BTreeSet<_>>().len() > 4
            };
            let telling: Vec<&String> = windows.iter().filter(tells).collect();
            if telling.is_empty() {
                add(secret.clone());
            }
            telling.into_iter().for_each(|part| add(part.clone()));
        }
        let mut begins = vec![false; 1 << 24];
        parts.keys().for_each(|part: &Vec<u8>| begins[begin(part)] = true);
        let sizes = parts.keys().map(Vec::len).collect();
        Self { parts, sizes, begins }
    }

    /// Every way of which something is in these bytes, with one example.
    fn found(&self, bytes: &[u8]) -> BTreeMap<&'static str, String> {
        let mut found = BTreeMap::new();
        for at in 0..bytes.len().saturating_sub(3) {
            if !self.begins[begin(&bytes[at..])] {
                continue;
            }
            for &size in &self.sizes {
                if let Some((way, text)) = bytes.get(at..at + size).and_then(|part| self.parts.get(part)) {
                    found.entry(*way).or_insert_with(|| {
                        let around = &bytes[at.saturating_sub(60)..(at + size + 20).min(bytes.len())];
                        format!("{text}  ->  {}", String::from_utf8_lossy(around))
                    });
                }
            }
        }
        found
    }
}

#[test]
fn no_secret_comes_out_of_any_sink_whichever_way_it_went_in() {
    let ways: Vec<Corpus> = (0..WAYS.len()).map(|way| secrets(100 + way as u64)).collect();
    assert!(ways[0].len() >= 200);
    let sought = Sought::of(&ways);
    let redacted = outputs(MonitorSystem::builder(), &ways);
    let mut leaks = Vec::new();
    for (sink, bytes) in &redacted {
        println!("{sink}: {} bytes", bytes.len());
        leaks.extend(sought.found(bytes).into_iter().map(|(way, leak)| format!("{sink}, {way}: {leak}")));
    }
    assert!(leaks.is_empty(), "{} leaks\n{}", leaks.len(), leaks.join("\n"));

    // The same without redaction: what is looked for is found wherever it can be, so that nothing above is clean because it is empty.
    let few: Vec<Corpus> = ways.iter().map(|corpus| corpus[..40].to_vec()).collect();
    let open = outputs(MonitorSystem::builder().unredacted(), &few);
    assert_eq!(open.keys().collect::<Vec<_>>(), redacted.keys().collect::<Vec<_>>());
    let mut ways_seen = BTreeSet::new();
    for (sink, bytes) in &open {
        let found: Vec<&str> = sought.found(bytes).into_keys().collect();
        println!("{sink}: {found:?}");
        // Settings and the monitor's own state hold nothing of what is recorded.
        let holds_nothing = ["dashboard /api/config", "dashboard /api/status"].contains(&sink.as_str());
        assert!(holds_nothing || !found.is_empty(), "{sink}");
        ways_seen.extend(found);
    }
    assert_eq!(ways_seen, WAYS.into_iter().collect(), "no way is blocked by itself");
}
