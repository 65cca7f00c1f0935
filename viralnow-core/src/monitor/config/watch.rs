//! Settings that are read again when their file changes.
//!
//! The file is looked at (`stat`) and not listened to: a link or a folder that is replaced ends what `inotify` hears, a network file
//! system sends nothing. What counts is the content: a file that was only touched changes nothing, and one that is being written is
//! waited for until it has been quiet.

use super::{ConfigErrors, ConfigProblem, FILE, MonitorConfig, json, shown};
use crate::{Error, ErrorKind, Result};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// A file that changed is read when it has been the same for this long.
const QUIET: Duration = Duration::from_millis(150);

/// One setting that is another now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The key's path, such as `alerts` or `redaction.ip`.
    pub key: String,
    /// What it was.
    pub old: Value,
    /// What it is.
    pub new: Value,
}

/// What a look at the file gave.
#[derive(Debug, Clone, PartialEq)]
pub enum Reload {
    /// The settings are others, and right.
    Reloaded {
        /// The new settings.
        config: Box<MonitorConfig>,
        /// What is another.
        changes: Vec<Change>,
    },
    /// The file is wrong; the last good settings stay.
    Rejected(ConfigErrors),
}

impl Reload {
    /// The topic that tells it: `config.reloaded` or `config.rejected`.
    #[must_use]
    pub fn topic(&self) -> &'static str {
        match self {
            Self::Reloaded { .. } => "config.reloaded",
            Self::Rejected(_) => "config.rejected",
        }
    }

    /// The facts of that event.
    #[must_use]
    pub fn data(&self) -> Value {
        match self {
            Self::Reloaded { changes, .. } => serde_json::json!({ "changes": changes }),
            Self::Rejected(errors) => {
                serde_json::json!({ "path": errors.path, "problems": errors.problems, "message": errors.to_string() })
            }
        }
    }
}

/// What tells that a file may have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
    inode: u64,
    target: Option<PathBuf>,
}

/// Looks at a file of settings; keeps the last good ones.
///
/// ```
/// use viralnow_core::monitor::config::{ConfigWatcher, Reload};
/// use std::time::{Duration, Instant};
/// let folder = std::env::temp_dir().join(format!("viralnow-doc-{}", std::process::id()));
/// std::fs::create_dir_all(&folder)?;
/// let path = folder.join("monitoring_config.json");
/// std::fs::write(&path, r#"{"update_interval": 5}"#)?;
/// let mut watcher = ConfigWatcher::open(&path)?;
/// std::fs::write(&path, r#"{"update_interval": 1}"#)?;
/// let now = Instant::now();
/// assert!(watcher.poll(now).is_none(), "it may still be written");
/// let Some(Reload::Reloaded { changes, .. }) = watcher.poll(now + Duration::from_secs(1)) else { panic!() };
/// assert_eq!(changes[0].key, "update_interval");
/// assert_eq!(watcher.config().update_interval, 1.0);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug)]
pub struct ConfigWatcher {
    path: PathBuf,
    /// What goes before the file's settings; null for nothing.
    over: Value,
    config: MonitorConfig,
    error: Option<ConfigErrors>,
    stamp: Option<Stamp>,
    hash: [u8; 32],
    /// A change that is waited out, and since when it looks like this.
    changed: Option<(Option<Stamp>, Instant)>,
}

impl ConfigWatcher {
    /// Reads the file for the first time. A wrong or absent file is an error here: there is no last good one yet.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_over(path, Value::Null)
    }

    /// The same with settings that go before the file's, now and each time that it is read: see [`MonitorConfig::over`]; null for none.
    pub fn open_over(path: impl AsRef<Path>, over: Value) -> Result<Self> {
        let path = path.as_ref().to_owned();
        let stamp = stamp(&path);
        let text = read(&path)?;
        let mut config = MonitorConfig::from_json(&text, &path.display().to_string())?;
        if !over.is_null() {
            config = config.over(&over)?;
        }
        let hash = Sha256::digest(&text).into();
        Ok(Self { over, config, error: None, stamp, hash, changed: None, path })
    }

    /// The settings that hold: the last good ones.
    pub fn config(&self) -> &MonitorConfig {
        &self.config
    }

    /// What is wrong with the file as it is now.
    pub fn error(&self) -> Option<&ConfigErrors> {
        self.error.as_ref()
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Looks at the file; twice a second is enough. Costs one `stat` where nothing happened.
    pub fn poll(&mut self, now: Instant) -> Option<Reload> {
        let stamp = stamp(&self.path);
        if stamp == self.stamp {
            self.changed = None;
            return None;
        }
        match &self.changed {
            Some((seen, since)) if *seen == stamp => {
                if now.saturating_duration_since(*since) < QUIET {
                    return None;
                }
            }
            _ => {
                self.changed = Some((stamp, now));
                return None;
            }
        }
        self.changed = None;
        let text = read(&self.path);
        // What was written while we read is seen next time.
        self.stamp = stamp;
        match text {
            Ok(text) => self.content(&text),
            Err(error) => self.reject_whole("a file that can be read", &error),
        }
    }

    fn content(&mut self, text: &str) -> Option<Reload> {
        let hash: [u8; 32] = Sha256::digest(text).into();
        if hash == self.hash && self.error.is_none() {
            return None;
        }
        self.hash = hash;
        match MonitorConfig::from_json(text, &self.path.display().to_string()) {
            Err(errors) => self.reject(errors.problems),
            Ok(config) => {
                let config = match if self.over.is_null() { Ok(config) } else { config.over(&self.over) } {
                    Ok(config) => config,
                    // Each is right, and they do not go together.
                    Err(error) => {
                        return self.reject_whole("what goes with the settings over the file's", &error);
                    }
                };
                let changes = changes(&self.config, &config);
                let healed = self.error.take().is_some();
                self.config = config.clone();
                (healed || !changes.is_empty())
                    .then(|| Reload::Reloaded { config: Box::new(config), changes })
            }
        }
    }

    /// The settings that the last look gave could not be applied: those before stay the last good ones. `key` is the one that failed.
    pub(in crate::monitor) fn take_back(
        &mut self,
        before: MonitorConfig,
        key: &str,
        error: &Error,
    ) -> Reload {
        self.config = before;
        let place =
            read(&self.path).ok().and_then(|text| json::parse(&text).ok()).and_then(|root| root.place(key));
        let (line, column) = place.map_or((1, 1), |place| (place.line, place.column));
        let problem = ConfigProblem {
            line,
            column,
            key: key.to_owned(),
            expected: "what can be applied".to_owned(),
            got: error.to_string(),
            did_you_mean: None,
        };
        let errors = ConfigErrors { path: self.path.display().to_string(), problems: vec![problem] };
        self.error = Some(errors.clone());
        Reload::Rejected(errors)
    }

    fn reject_whole(&mut self, expected: &str, error: &Error) -> Option<Reload> {
        self.reject(vec![ConfigProblem {
            line: 1,
            column: 1,
            key: String::new(),
            expected: expected.to_owned(),
            got: error.to_string(),
            did_you_mean: None,
        }])
    }

    fn reject(&mut self, problems: Vec<ConfigProblem>) -> Option<Reload> {
        let errors = ConfigErrors { path: self.path.display().to_string(), problems };
        // The same error again is told once.
        let new = self.error.as_ref() != Some(&errors);
        self.error = Some(errors.clone());
        new.then_some(Reload::Rejected(errors))
    }
}

impl MonitorConfig {
    /// Where other settings differ from these, by the keys' paths; of the webhook's address the host alone.
    ///
    /// ```
    /// use viralnow_core::monitor::config::MonitorConfig;
    /// let other = MonitorConfig { update_interval: 1.0, ..MonitorConfig::default() };
    /// let differs = MonitorConfig::default().differences(&other);
    /// assert_eq!((differs[0].key.as_str(), differs.len()), ("update_interval", 1));
    /// ```
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<Change> {
        changes(self, other)
    }
}

/// The settings that differ, by their paths.
fn changes(old: &MonitorConfig, new: &MonitorConfig) -> Vec<Change> {
    let mut out = Vec::new();
    let value = |config| serde_json::to_value(config).unwrap_or_default();
    compare("", &value(old), &value(new), &mut out);
    for change in &mut out {
        shown::mask(&change.key, &mut change.old);
        shown::mask(&change.key, &mut change.new);
    }
    out
}

fn compare(path: &str, old: &Value, new: &Value, out: &mut Vec<Change>) {
    if let (Value::Object(before), Value::Object(after)) = (old, new) {
        let mut keys: Vec<&String> = before.keys().chain(after.keys()).collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            compare(
                &path,
                before.get(key).unwrap_or(&Value::Null),
                after.get(key).unwrap_or(&Value::Null),
                out,
            );
        }
    } else if old != new {
        out.push(Change { key: path.to_owned(), old: old.clone(), new: new.clone() });
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let facts = std::fs::metadata(path).ok()?;
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(&facts);
    #[cfg(not(unix))]
    let inode = 0;
    // Where a link of the path leads: container hosts replace whole folders.
    let target = std::fs::canonicalize(path).ok();
    Some(Stamp { modified: facts.modified().ok(), bytes: facts.len(), inode, target })
}

/// The whole file, unless it is too long or no file at all.
pub(crate) fn read(path: &Path) -> Result<String> {
    let named = |error: Error| error.with("path", path.display());
    // Asked before it is opened: a named pipe would keep us waiting.
    let facts = std::fs::metadata(path).map_err(|error| named(error.into()))?;
    if !facts.is_file() {
        return Err(named(Error::new(ErrorKind::InvalidInput, "this is no file")));
    }
    let file = std::fs::File::open(path).map_err(|error| named(error.into()))?;
    let mut bytes = Vec::new();
    file.take(FILE + 1).read_to_end(&mut bytes).map_err(|error| named(error.into()))?;
    if bytes.len() as u64 > FILE {
        return Err(named(Error::new(ErrorKind::LimitExceeded, "a file of settings has 1 MiB at most")));
    }
    String::from_utf8(bytes).map_err(|error| {
        named(Error::new(ErrorKind::InvalidConfig, "the file is not UTF-8").caused_by(error))
    })
}
