//! Who is told: a notice goes to every channel that its alert names. A channel that fails stops no other.

use super::Notice;
use crate::monitor::config::ChannelName;
use crate::{Error, ErrorKind, Result};
use serde::Serialize;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

/// A way to tell of a notice. It is called on the monitor's thread and must return quickly.
pub trait Channel: Send {
    /// Tells it.
    fn tell(&mut self, notice: &Notice) -> Result<()>;
}

impl<F: FnMut(&Notice) -> Result<()> + Send> Channel for F {
    fn tell(&mut self, notice: &Notice) -> Result<()> {
        self(notice)
    }
}

pub(crate) type SharedChannel = Arc<Mutex<Box<dyn Channel>>>;

/// Tells a notice to one channel, whatever it does.
pub(crate) fn told(channel: Option<SharedChannel>, name: ChannelName, notice: &Notice) -> Result<()> {
    let Some(channel) = channel else {
        let message =
            "this program has no such channel; the bus has every notice, as alert.fired and alert.resolved";
        return Err(Error::new(ErrorKind::Unavailable, message).with("channel", name.as_str()));
    };
    let mut channel = channel.lock().unwrap_or_else(PoisonError::into_inner);
    catch_unwind(AssertUnwindSafe(|| channel.tell(notice)))
        .unwrap_or_else(|panic| Err(Error::from_panic(&*panic)))
}

/// How a channel has fared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ChannelState {
    /// Notices that it took.
    pub told: u64,
    /// Notices that it did not.
    pub failed: u64,
    /// Why it did not take the last one that failed.
    pub last_error: Option<String>,
}

/// The channels of a monitor, by their names.
///
/// ```
/// use viralnow_core::monitor::alerts::{AlertEngine, Channels, Notice};
/// use viralnow_core::monitor::config::{ChannelName, MonitorConfig};
/// let mut channels = Channels::default();
/// channels.set(ChannelName::Callback, Box::new(|notice: &Notice| { println!("{}", notice.text()); Ok(()) }));
/// let config = MonitorConfig::from_json(
///     r#"{"alerts": [{"name": "a", "condition": "status == 'failed'", "notification_channels": ["callback"]}]}"#, "")?;
/// channels.tell(&AlertEngine::new(&config, 0.0)?.trial("a", 0.0)?);
/// assert_eq!(channels.states()[&ChannelName::Callback].told, 1);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Default)]
pub struct Channels {
    channels: BTreeMap<ChannelName, SharedChannel>,
    states: BTreeMap<ChannelName, ChannelState>,
}

impl std::fmt::Debug for Channels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Channels").field("states", &self.states).finish_non_exhaustive()
    }
}

impl Channels {
    /// Sets the channel of this name.
    pub fn set(&mut self, name: ChannelName, channel: Box<dyn Channel>) {
        self.channels.insert(name, Arc::new(Mutex::new(channel)));
    }

    /// Takes the channel of this name away: who names it is told there no more.
    pub fn remove(&mut self, name: ChannelName) {
        self.channels.remove(&name);
    }

    /// The channel of this name, to be told without holding all of them.
    pub(crate) fn get(&self, name: ChannelName) -> Option<SharedChannel> {
        self.channels.get(&name).cloned()
    }

    /// Counts how a channel has fared.
    pub(crate) fn count(&mut self, name: ChannelName, told: Result<()>) {
        let state = self.states.entry(name).or_default();
        match told {
            Ok(()) => state.told += 1,
            Err(error) => {
                state.failed += 1;
                state.last_error = Some(error.to_string());
            }
        }
    }

    /// Tells a notice to the channels that it names. One that fails, panics or is not there is counted, and the others are told.
    pub fn tell(&mut self, notice: &Notice) {
        // The bus is no channel of these: every notice is published.
        for &name in notice.channels.iter().filter(|&&name| name != ChannelName::Bus) {
            let told = told(self.get(name), name, notice);
            self.count(name, told);
        }
    }

    /// How the channels have fared.
    pub fn states(&self) -> &BTreeMap<ChannelName, ChannelState> {
        &self.states
    }
}
