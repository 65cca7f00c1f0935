//! The corpus of made-up secrets as names that a host makes up at run time: of functions, modules, jobs and steps.

use super::redact::{leaks, secrets};
use std::time::Duration;
use viralnow_core::monitor::{
    Capture, LogFilters, LogOrder, LogStore, MonitorSystem, Outcome, SpanToken, StreamItem, TimeRange,
    site_info,
};

const LONG: Duration = Duration::from_secs(20);

/// A kind that tells which of the corpus a failure is of, whatever its name was made.
fn number(at: usize) -> String {
    format!("N{at}")
}

#[test]
fn no_secret_in_a_functions_name_is_kept_or_told() {
    let corpus = secrets(5);
    let store = LogStore::open(":memory:").unwrap();
    let monitor = MonitorSystem::builder().store(store.clone()).adaptive(false).build();
    let failures = monitor.bus().stream("function.failed", 10_000).unwrap();
    let clean = |at: usize, where_: &str, text: &str| {
        let secret = corpus[at].1.iter().find(|secret| leaks(text, secret));
        assert!(secret.is_none(), "{where_}: {}  ->  {text}", corpus[at].0);
    };
    for (at, (text, _)) in corpus.iter().enumerate() {
        let site = monitor.callsite(&format!("load {text}"), text, "", 0, 1.0, Capture::TIME);
        let info = site_info(site).unwrap();
        clean(at, "place", info.name);
        clean(at, "place's module", info.module);
        let failed = Outcome::Failed { code: &number(at), message: "no" };
        monitor.end(monitor.begin(site, SpanToken::NONE), &failed);
    }
    assert!(monitor.flush(LONG).complete);

    let at = |kind: &str| kind.strip_prefix('N').unwrap().parse::<usize>().unwrap();
    let filters = LogFilters { limit: 10_000, order: LogOrder::Oldest, ..LogFilters::default() };
    let entries = store.query(&filters).unwrap().entries;
    assert_eq!(entries.len(), corpus.len());
    for entry in &entries {
        let at = at(entry.error_kind.as_deref().unwrap());
        clean(at, "log", &entry.function_name);
        clean(at, "log's module", &entry.module);
    }
    let groups = store.errors(TimeRange::default()).unwrap();
    assert_eq!(groups.len(), corpus.len().min(200));
    for group in &groups {
        clean(at(&group.kind), "error", &group.function_name);
        clean(at(&group.kind), "error's module", &group.module);
    }
    let mut told = 0;
    while let Some(item) = failures.try_next() {
        let StreamItem::Event(event) = item else { panic!("{item:?}") };
        let at = at(event.event.data["code"].as_str().unwrap());
        clean(at, "event", event.event.data["name"].as_str().unwrap());
        clean(at, "event's module", event.event.data["module"].as_str().unwrap());
        told += 1;
    }
    assert_eq!(told, corpus.len());

    // Here nothing says which is which: the long ones are nowhere, for six letters of a short one may be anywhere.
    let metrics = monitor.prometheus();
    assert!(metrics.contains("load "));
    let long = corpus.iter().flat_map(|(_, secrets)| secrets).filter(|secret| secret.len() >= 16);
    let shown: Vec<_> = long.filter(|secret| metrics.contains(secret.as_str())).collect();
    assert!(shown.is_empty(), "{shown:?}");
}

#[test]
fn no_secret_in_a_jobs_or_steps_name_is_told() {
    let monitor = MonitorSystem::builder().adaptive(false).build();
    for (text, secrets) in secrets(6) {
        let told = monitor.bus().stream("**", 1000).unwrap();
        let job = monitor.job(&text, &[(&text, 1.0)]);
        drop(job.step(&text));
        job.finish();
        assert!(monitor.flush(LONG).complete);
        let mut heard = 0;
        while let Some(item) = told.try_next() {
            let StreamItem::Event(event) = item else { panic!("{item:?}") };
            for name in ["job", "step", "name"].iter().filter_map(|key| event.event.data[*key].as_str()) {
                assert!(!secrets.iter().any(|secret| leaks(name, secret)), "{text}  ->  {name}");
                heard += 1;
            }
        }
        assert!(heard > 0, "{text}");
    }
}
