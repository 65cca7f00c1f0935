//! Joining `tracing` both ways under a global default, which no other test may see: with one, `tracing` itself does not
//! keep a subscriber from hearing what it says.

use std::sync::{Arc, Mutex};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use viralnow_core::monitor::{Event, MemoryMonitor, Monitor, MonitorLayer, TracingMonitor};

/// A host's monitor that speaks to `tracing` whenever it is told of something.
struct Chatty(MemoryMonitor);

impl Monitor for Chatty {
    fn publish(&self, event: &Event) {
        self.0.publish(event);
        tracing::info!("I was told of something");
    }
}

/// The targets and messages that the host's subscriber hears.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Heard {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        self.0.lock().unwrap().push(event.metadata().target().to_owned());
    }
}

#[test]
fn nothing_answers_to_itself() {
    let (heard, chatty) = (Heard::default(), Arc::new(Chatty(MemoryMonitor::new())));
    let subscriber = tracing_subscriber::registry()
        .with(heard.clone())
        .with(MonitorLayer::new(TracingMonitor::new()))
        .with(MonitorLayer::new(chatty.clone()));
    tracing::subscriber::set_global_default(subscriber).unwrap();
    tracing::info!("once");
    // The host's own; what the first layer sends out under our target; what the second one's monitor says.
    assert_eq!(*heard.0.lock().unwrap(), ["monitor_global", "viralnow", "monitor_global"]);
    assert_eq!(chatty.0.events("**").len(), 1, "it heard itself");
    tracing::info!("again");
    assert_eq!(chatty.0.events("**").len(), 2, "it hears the host as before");
}
