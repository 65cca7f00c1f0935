//! What the monitor tells of the process itself.

use super::{Kept, LONG, monitor_with};
use std::sync::{Arc, Mutex};
use viralnow_core::monitor::{Capture, Outcome, SpanToken};

#[test]
fn the_start_and_the_end_of_watching_are_told() {
    let kept = Kept::default();
    let monitor = monitor_with(&kept);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let list = heard.clone();
    let _listens = monitor
        .bus()
        .subscribe("system.*", move |event| list.lock().unwrap().push((event.event.topic.clone(), event.event.data.clone())))
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
    // A listener that came before the monitor's thread hears of the start too.
    if let [(_, started), _] = &heard[..] {
        assert_eq!(started["pid"], std::process::id());
        assert_eq!(started["forked"], false);
    }
}
