//! The log file and the console: one line for each entry, the level as a word, so that `tail -f monitoring.log | grep ERROR` works.
//!
//! A line is written by one call to the system, in append mode, so that several processes may share a file. The file is begun anew when
//! it is large enough; a lock beside it (`monitoring.log.lock`) makes that one process's work. A file that was deleted or moved away is
//! made again with the next line. On a full disk lines are lost, counted, and that is said once there is room.

mod console;
mod line;

pub use console::Console;
pub use line::LogEntry;

use super::config::LogLevel;
use crate::{Error, Result};
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bytes that are written at once at most; a line always fits.
const CHUNK: usize = 64 << 10;

/// How often, and how far apart, a line without an end is looked at until it is taken for torn.
const LOOKS: u32 = 50;
const LOOK: Duration = Duration::from_millis(5);

/// A log file that is begun anew when it is large: `monitoring.log` becomes `monitoring.log.1`, that `.2`, and so on.
///
/// ```
/// use viralnow_core::monitor::{config::LogLevel, log_file::{LogEntry, RotatingFile}};
/// let folder = std::env::temp_dir().join(format!("viralnow-log-{}", std::process::id()));
/// std::fs::create_dir_all(&folder)?;
/// let mut log = RotatingFile::new(folder.join("monitoring.log")).max_bytes(1 << 20).keep(3);
/// let nothing = serde_json::Value::Null;
/// log.write(&LogEntry { time_us: 0, level: LogLevel::Info, subject: "start", message: "", fields: &nothing })?;
/// assert!(std::fs::read_to_string(folder.join("monitoring.log"))?.contains(" INFO ["));
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug)]
pub struct RotatingFile {
    path: PathBuf,
    max_bytes: u64,
    keep: u32,
    level: LogLevel,
    file: Option<Open>,
    /// The last write ended within a line.
    torn: bool,
    /// Which file was taken for torn, and how long it was: nobody is ending that line, so it is not waited for again.
    torn_at: Option<((u64, u64), u64)>,
    lost: u64,
    dropped: u64,
    /// Of a text that could not be written as a whole: which, and how far it was.
    resume: Option<(u64, usize)>,
}

#[derive(Debug)]
struct Open {
    file: File,
    id: (u64, u64),
    bytes: u64,
    regular: bool,
}

impl RotatingFile {
    /// A log at this path, of 10 MiB, with five older ones, of every entry from `INFO` on. It is made with the first line.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            max_bytes: 10 << 20,
            keep: 5,
            level: LogLevel::Info,
            file: None,
            torn: false,
            torn_at: None,
            lost: 0,
            dropped: 0,
            resume: None,
        }
    }

    /// Bytes of one file at most, as nearly as whole lines come to it; 4096 at least.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes.max(4096);
        self
    }

    /// Older files that are kept; with none the file is emptied.
    #[must_use]
    pub fn keep(mut self, files: u32) -> Self {
        self.keep = files.min(1000);
        self
    }

    /// The least grave entries that are written.
    #[must_use]
    pub fn level(mut self, level: LogLevel) -> Self {
        self.level = level;
        self
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Entries that could not be written so far.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Opens it before the first line: a path that cannot be written to is found out now.
    pub fn open(&mut self) -> Result<()> {
        self.reopen().map_err(|error| Error::from(error).with("path", self.path.display()))
    }

    /// Writes an entry, if it is grave enough. An error means that it is lost, and counted; the next one is tried again.
    pub fn write(&mut self, entry: &LogEntry<'_>) -> Result<()> {
        if entry.level < self.level || self.level == LogLevel::Off {
            return Ok(());
        }
        let mut text = String::new();
        if self.lost > 0 {
            let message =
                format!("{} entries were lost before this one: the file could not be written", self.lost);
            let note = LogEntry {
                level: LogLevel::Warning,
                subject: "monitor.dropped",
                message: &message,
                fields: &Value::Null,
                ..*entry
            };
            text = note.line();
        }
        text += &entry.line();
        match self.append(&text) {
            Ok(()) => {
                self.lost = 0;
                Ok(())
            }
            Err(error) => {
                self.lost += 1;
                self.dropped += 1;
                self.file = None;
                Err(Error::from(error).with("path", self.path.display()))
            }
        }
    }

    /// The least grave entries that are written.
    pub(in crate::monitor) fn least(&self) -> LogLevel {
        self.level
    }

    /// Writes whole lines. On an error the caller has them still, and gives them again: those that were written are then passed over.
    pub(super) fn write_text(&mut self, text: &str) -> Result<()> {
        let mut hash = DefaultHasher::new();
        text.hash(&mut hash);
        let hash = hash.finish();
        let mut at = self.resume.take().filter(|(known, _)| *known == hash).map_or(0, |(_, at)| at);
        while at < text.len() {
            let most = (at + CHUNK).min(text.len());
            let line =
                text.as_bytes()[at..most].iter().rposition(|b| *b == b'\n').map_or(most, |end| at + end + 1);
            if let Err(error) = self.append(&text[at..line]) {
                self.resume = Some((hash, at));
                self.file = None;
                return Err(Error::from(error).with("path", self.path.display()));
            }
            at = line;
        }
        Ok(())
    }

    /// Hands everything to the disk.
    pub fn flush(&mut self) -> Result<()> {
        match &self.file {
            Some(open) => open.file.sync_data().map_err(Error::from),
            None => Ok(()),
        }
    }

    fn append(&mut self, text: &str) -> io::Result<()> {
        self.reopen()?;
        if self.file.as_ref().is_some_and(|open| {
            open.bytes > 0 && open.regular && open.bytes + text.len() as u64 > self.max_bytes
        }) {
            // A file that cannot be renamed grows on: that is better than losing lines.
            let _ = self.rotate();
            self.reopen()?;
        }
        let torn = self.torn;
        let Some(open) = &mut self.file else { return Err(io::ErrorKind::NotFound.into()) };
        // One write: lines of several processes are not mixed. What is torn is ended, so that it spoils no other line.
        let whole = if torn { format!("\n{text}") } else { text.to_owned() };
        let mut written = 0;
        while written < whole.len() {
            match open.file.write(&whole.as_bytes()[written..]) {
                Ok(0) => return Err(self.broken(written, io::ErrorKind::WriteZero.into())),
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.broken(written, error)),
            }
        }
        self.torn = false;
        open.bytes += whole.len() as u64;
        Ok(())
    }

    fn broken(&mut self, written: usize, error: io::Error) -> io::Error {
        self.torn |= written > 0;
        error
    }

    /// Opens the file, anew where the path leads to another one: it was deleted, or begun anew by another process.
    fn reopen(&mut self) -> io::Result<()> {
        let there = std::fs::metadata(&self.path);
        if let (Some(open), Ok(facts)) = (&mut self.file, &there)
            && id(facts) == open.id
        {
            // Others write to it too.
            open.bytes = facts.len();
            return Ok(());
        }
        // A pipe nobody reads would keep us waiting.
        if there.as_ref().is_ok_and(|facts| !facts.is_file() && !is_device(facts)) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the log's path is no file"));
        }
        let open = || OpenOptions::new().append(true).create(true).read(true).open(&self.path);
        let mut file = match open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Its folder was deleted as well.
                if let Some(folder) = self.path.parent() {
                    std::fs::create_dir_all(folder)?;
                }
                open()?
            }
            opened => opened?,
        };
        let facts = file.metadata()?;
        let now = Some((id(&facts), facts.len()));
        self.torn =
            facts.is_file() && facts.len() > 0 && (self.torn_at == now || ends_within_a_line(&mut file));
        self.torn_at = if self.torn { now } else { None };
        self.file = Some(Open { id: id(&facts), bytes: facts.len(), regular: facts.is_file(), file });
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(self.numbered("lock"))?;
        // While another process does it we write on to the old file.
        if lock.try_lock().is_err() {
            return Ok(());
        }
        // It may be done already.
        if std::fs::metadata(&self.path)?.len() < self.max_bytes / 2 {
            self.file = None;
            return Ok(());
        }
        self.file = None;
        if self.keep == 0 {
            return std::fs::remove_file(&self.path);
        }
        for n in (1..self.keep).rev() {
            let (from, to) = (self.numbered(&n.to_string()), self.numbered(&(n + 1).to_string()));
            if from.exists() {
                std::fs::rename(from, to)?;
            }
        }
        std::fs::rename(&self.path, self.numbered("1"))
    }

    fn numbered(&self, end: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".");
        name.push(end);
        name.into()
    }
}

/// What a process that died, or a full disk, left of a line. A file's length grows page by page, so the end of a line may be on its
/// way from another process: it is looked at again for a while.
fn ends_within_a_line(file: &mut File) -> bool {
    let mut last = [0];
    for _ in 0..LOOKS {
        if file.seek(SeekFrom::End(-1)).is_err() || file.read_exact(&mut last).is_err() || last[0] == b'\n' {
            return false;
        }
        std::thread::sleep(LOOK);
    }
    true
}

#[cfg(unix)]
fn is_device(facts: &std::fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_char_device(&facts.file_type())
}

#[cfg(not(unix))]
fn is_device(_facts: &std::fs::Metadata) -> bool {
    false
}

#[cfg(unix)]
fn id(facts: &std::fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (facts.dev(), facts.ino())
}

#[cfg(not(unix))]
fn id(facts: &std::fs::Metadata) -> (u64, u64) {
    let made = facts.created().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    (0, made.map_or(0, |since| since.as_nanos() as u64))
}
