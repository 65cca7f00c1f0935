//! What the monitor tells of the process itself.

use super::{Kept, LONG, monitor_with};
use std::sync::{Arc, Mutex};
use viralnow_core::monitor::{Capture, Outcome, SpanToken, StreamItem};

#[test]
fn the_start_and_the_end_of_watching_are_told() {
    let kept = Kept::default();
    let monitor = monitor_with(&kept);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let list = heard.clone();
    let _listens = monitor
        .bus()
        .subscribe("system.*", move |event| {
            list.lock().unwrap().push((event.event.topic.clone(), event.event.data.clone()));
        })
        .unwrap();
    let site = monitor.callsite("render", "page", "", 0, 1.0, Capture::TIME);
    for outcome in [Outcome::Completed, super::FAILED] {
        monitor.end(monitor.begin(site, SpanToken::NONE), &outcome);
    }
    assert!(monitor.shutdown(LONG).complete);
    assert_eq!(*kept.events.lock().unwrap(), ["system.started", "system.stopped"]);
    let heard = heard.lock().unwrap();
    let (topic, data) = heard.last().unwrap();
    // Counted up to the last call.
    assert_eq!((topic.as_str(), &data["calls"], &data["errors"]), ("system.stopped", &2.into(), &1.into()));
    // The monitor's thread begins with the first listener, who hears of it.
    let (topic, data) = &heard[0];
    assert_eq!((heard.len(), topic.as_str()), (2, "system.started"));
    assert_eq!((&data["pid"], &data["forked"]), (&std::process::id().into(), &false.into()));
}

#[test]
#[ignore = "a minute"]
fn how_the_process_is_is_told_every_minute() {
    let kept = Kept::default();
    let monitor = monitor_with(&kept);
    let told = monitor.bus().stream("system.usage", 10).unwrap();
    let site = monitor.callsite("render", "page", "", 0, 1.0, Capture::TIME);
    let start = std::time::Instant::now();
    // Half of a processor's time.
    while start.elapsed().as_secs() < 59 {
        monitor.end(monitor.begin(site, SpanToken::NONE), &Outcome::Completed);
        let busy = std::time::Instant::now();
        while busy.elapsed().as_millis() < 10 {
            std::hint::spin_loop();
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let Some(StreamItem::Event(event)) = told.next_timeout(LONG) else { panic!("nothing was told") };
    assert!(start.elapsed().as_secs() >= 60);
    let data = &event.event.data;
    // Others of this machine may take theirs, and tests beside this one are of the same process.
    assert!(data["cpu"].as_f64().unwrap() > 0.1, "{data}");
    assert!(data["rss_bytes"].as_u64().is_none_or(|bytes| bytes > 1 << 20), "{data}");
    assert_eq!((&data["errors"], &data["dropped"]), (&0.into(), &0.into()));
    assert_eq!(data["calls"], monitor.counts(site).calls);
}
