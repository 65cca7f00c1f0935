//! Fetching a model's files, when the host asks for it: resumed where an earlier try ended, checked, and only then put in
//! place.

use super::shelf::{hash_file, path_of};
use super::{Model, ModelFile, own_dirs};
use crate::http;
use crate::monitor::Run;
use crate::{Error, ErrorKind, Result};
use serde::Serialize;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use ureq::http::Uri;
use ureq::{Agent, Body};

/// How models are fetched.
#[derive(Debug, Clone, PartialEq)]
pub struct PullOptions {
    /// Where to; the first of [`model_dirs`](super::model_dirs) that is the user's when none is given. It is made when it is not there.
    pub dir: Option<PathBuf>,
    /// How often a file is asked for at most when the connection breaks; each time it goes on where it broke. At least 1.
    pub tries: u32,
    /// Seconds without a byte after which a connection counts as broken.
    pub timeout_s: f64,
}

impl Default for PullOptions {
    fn default() -> Self {
        Self { dir: None, tries: 4, timeout_s: 30.0 }
    }
}

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pulled {
    /// The model's file, or the folder of its files.
    pub path: PathBuf,
    /// Files that were there already, and right.
    pub kept: Vec<String>,
    /// Files that were fetched.
    pub fetched: Vec<String>,
    /// Bytes that came over the network.
    pub bytes: u64,
    /// Bytes that an earlier try had left, so that they were not fetched again.
    pub resumed: u64,
}

/// Fetches those files of a model that are not there or not right. A file is written beside its place, as `NAME.part`, and
/// takes its name once its checksum is right: what is under its name is whole. When the run is stopped or the connection is
/// lost, the part stays, and the next call goes on from it.
///
/// Addresses are https, or http on this machine. Fails with `UNAVAILABLE` for a model of which an address or a checksum is
/// not known, with `DECODE_FAILED` when what came has another checksum (it is then removed), with `IO`, `TIMEOUT`,
/// `NOT_FOUND` or `PERMISSION_DENIED` as the network and the disk have it, and as [`Run::advance`] does.
pub fn pull_model(model: &Model, options: &PullOptions, run: &mut Run) -> Result<Pulled> {
    if options.tries == 0 || !(0.001..=3600.0).contains(&options.timeout_s) {
        return Err(Error::new(ErrorKind::InvalidConfig, "tries is at least 1, timeout_s is 0.001 to 3600"));
    }
    if !model.can_be_pulled() {
        let why =
            model.note.as_deref().unwrap_or("its manifest has no address, length or checksum of a file");
        return Err(Error::new(ErrorKind::Unavailable, format!("the model cannot be fetched: {why}"))
            .with("model", &model.name)
            .with("source", &model.source));
    }
    let dir = options.dir.clone().or_else(|| own_dirs().into_iter().next()).ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidConfig,
            "there is no directory for models; give one, or set VIRALNOW_MODELS",
        )
    })?;
    let mut pulled = Pulled { path: dir.clone(), kept: vec![], fetched: vec![], bytes: 0, resumed: 0 };
    let total: u64 = model.files.iter().filter_map(|file| file.bytes).sum();
    let mut before = 0;
    for file in &model.files {
        let wanted = Wanted::new(file, path_of(model, file, &dir), options)?;
        wanted
            .bring(run, &mut pulled, &|done| (before + done) as f64 / total.max(1) as f64)
            .map_err(|error| error.with("model", &model.name).with("file", &file.name))?;
        before += wanted.bytes;
    }
    pulled.path = super::where_is(model, Some(&dir))?;
    Ok(pulled)
}

/// A file that is wanted: all that is known of it.
struct Wanted<'a> {
    name: &'a str,
    uri: Uri,
    sha256: &'a str,
    bytes: u64,
    path: PathBuf,
    options: &'a PullOptions,
}

/// Why a try ended: for good, or so that another may help.
enum Ended {
    ForGood(Error),
    Broken(Error),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::ForGood(error)
    }
}

impl<'a> Wanted<'a> {
    fn new(file: &'a ModelFile, path: PathBuf, options: &'a PullOptions) -> Result<Self> {
        let (Some(url), Some(sha256), Some(bytes)) = (&file.url, &file.sha256, file.bytes) else {
            return Err(Error::new(ErrorKind::Internal, "a file without address or checksum was asked for"));
        };
        let uri = url.parse::<Uri>().ok().filter(|uri| match uri.scheme_str() {
            Some("https") => true,
            Some("http") => http::is_loopback(uri),
            _ => false,
        });
        let uri = uri.ok_or_else(|| {
            Error::new(ErrorKind::InvalidConfig, "a model's address is https, or http on this machine")
                .with("file", &file.name)
                .with("url", url)
        })?;
        Ok(Self { name: &file.name, uri, sha256, bytes, path, options })
    }

    fn bring(&self, run: &mut Run, pulled: &mut Pulled, share: &dyn Fn(u64) -> f64) -> Result<()> {
        if self.path.is_file() && hash_file(&self.path, |done| run.advance(share(done)))?.0 == self.sha256 {
            pulled.kept.push(self.name.to_owned());
            return Ok(());
        }
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|error| Error::from(error).with("path", folder.display()))?;
        }
        let mut part_path = self.path.clone().into_os_string();
        part_path.push(".part");
        let part_path = PathBuf::from(part_path);
        let mut part = Self::lock(&part_path)?;
        let agent = self.agent();
        let mut had = part.metadata()?.len().min(self.bytes);
        let came = pulled.bytes;
        let (mut hash, mut length) = self.fetch_missing(&mut part, &part_path, &agent, run, pulled, share)?;
        if hash != self.sha256 && had > 0 {
            // Part of it is of an earlier try, which may have been of another release, or was cut off by a crash.
            part.set_len(0)?;
            had = 0;
            (hash, length) = self.fetch_missing(&mut part, &part_path, &agent, run, pulled, share)?;
        }
        if hash != self.sha256 {
            // It would be resumed for ever.
            drop(part);
            let _ = std::fs::remove_file(&part_path);
            return Err(Error::new(
                ErrorKind::DecodeFailed,
                "what came is not the file that this release knows; nothing was put in place. Its publisher may have changed it: look for a newer release",
            )
            .with("sha256", hash)
            .with("wanted", self.sha256)
            .with("bytes", length));
        }
        part.sync_all()?;
        std::fs::rename(&part_path, &self.path)
            .map_err(|error| Error::from(error).with("path", self.path.display()))?;
        pulled.resumed += self.bytes.saturating_sub(pulled.bytes - came).min(had);
        pulled.fetched.push(self.name.to_owned());
        Ok(())
    }

    /// Fetches what is missing, over and over, and gives the checksum and the length of all of it.
    fn fetch_missing(
        &self,
        part: &mut File,
        part_path: &Path,
        agent: &Agent,
        run: &mut Run,
        pulled: &mut Pulled,
        share: &dyn Fn(u64) -> f64,
    ) -> Result<(String, u64)> {
        for tried in 1.. {
            match self.go_on(part, agent, run, pulled, share) {
                Ok(()) => break,
                Err(Ended::ForGood(error)) => return Err(error),
                Err(Ended::Broken(error)) if tried >= self.options.tries => {
                    return Err(error.with("tries", tried).with("part", part_path.display()));
                }
                Err(Ended::Broken(_)) => pause(Duration::from_millis(500) * tried.min(10), run)?,
            }
        }
        hash_file(part_path, |done| run.advance(share(done)))
    }

    /// The part, for us alone.
    fn lock(path: &Path) -> Result<File> {
        let failed = |error: std::io::Error| Error::from(error).with("path", path.display());
        let part = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        match part.try_lock() {
            // A file system without locks: two writers would only cost a wrong checksum.
            Ok(()) => Ok(part),
            Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => Ok(part),
            Err(TryLockError::Error(error)) => Err(failed(error)),
            Err(TryLockError::WouldBlock) => {
                Err(Error::new(ErrorKind::StorageBusy, "another process is fetching this file; wait for it")
                    .with("path", path.display()))
            }
        }
    }

    fn agent(&self) -> Agent {
        let wait = Some(Duration::from_secs_f64(self.options.timeout_s));
        let loopback = http::is_loopback(&self.uri);
        http::config(loopback)
            // Publishers send us on to where their files are stored.
            .max_redirects(8)
            .https_only(!loopback)
            .timeout_connect(wait)
            .timeout_recv_response(wait)
            // A server may go silent in the middle as well.
            .timeout_per_read(wait)
            .build()
            .new_agent()
    }

    /// Asks for what is missing and appends it.
    fn go_on(
        &self,
        part: &mut File,
        agent: &Agent,
        run: &mut Run,
        pulled: &mut Pulled,
        share: &dyn Fn(u64) -> f64,
    ) -> std::result::Result<(), Ended> {
        let io = |error: std::io::Error| Ended::ForGood(Error::from(error).with("path", self.path.display()));
        let mut have = part.metadata().map_err(io)?.len();
        if have > self.bytes {
            part.set_len(0).map_err(io)?;
            have = 0;
        }
        if have == self.bytes {
            return Ok(());
        }
        run.advance(share(have))?;
        let mut request = agent.get(&self.uri);
        if have > 0 {
            request = request.header("range", format!("bytes={have}-"));
        }
        let mut response = request.call().map_err(|error| self.broken(&error))?;
        let status = response.status().as_u16();
        let from =
            response.headers().get("content-range").and_then(|range| range.to_str().ok()).and_then(|range| {
                range.strip_prefix("bytes ")?.split_once('-')?.0.trim().parse::<u64>().ok()
            });
        match status {
            206 if from == Some(have) => {}
            // It does not resume, or from elsewhere.
            200 | 206 if status == 200 || from == Some(0) => {
                part.set_len(0).map_err(io)?;
                have = 0;
            }
            206 | 416 => {
                part.set_len(0).map_err(io)?;
                return Err(Ended::Broken(self.refused(status)));
            }
            408 | 429 | 500..=599 => return Err(Ended::Broken(self.refused(status))),
            _ => return Err(Ended::ForGood(self.refused(status))),
        }
        part.seek(SeekFrom::Start(have)).map_err(io)?;
        self.append(part, response.body_mut(), have, run, pulled, share)
    }

    fn append(
        &self,
        part: &mut File,
        body: &mut Body,
        mut have: u64,
        run: &mut Run,
        pulled: &mut Pulled,
        share: &dyn Fn(u64) -> f64,
    ) -> std::result::Result<(), Ended> {
        let io = |error: std::io::Error| Ended::ForGood(Error::from(error).with("path", self.path.display()));
        // What follows is not read: the checksum is of the bytes that are wanted.
        let mut reader = body.with_config().limit(self.bytes - have + 1).reader();
        let mut block = vec![0; 1 << 16];
        while have < self.bytes {
            let count = match reader.read(&mut block) {
                Ok(0) => {
                    return Err(Ended::Broken(
                        Error::new(ErrorKind::Io, "the connection ended before the file did")
                            .with("url", &self.uri)
                            .with("bytes", have)
                            .with("wanted", self.bytes),
                    ));
                }
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.broken(&ureq::Error::from(error))),
            };
            let count = count.min((self.bytes - have) as usize);
            part.write_all(&block[..count]).map_err(io)?;
            have += count as u64;
            pulled.bytes += count as u64;
            run.advance(share(have))?;
        }
        Ok(())
    }

    fn refused(&self, status: u16) -> Error {
        let (kind, what) = match status {
            404 | 410 => (ErrorKind::NotFound, "the file is not at its address any more"),
            401 | 403 => (ErrorKind::PermissionDenied, "the server does not give the file to us"),
            429 => (ErrorKind::RateLimited, "the server has us wait; come again later"),
            _ => (ErrorKind::Io, "the server does not give the file"),
        };
        Error::new(kind, what).with("url", &self.uri).with("status", status)
    }

    fn broken(&self, error: &ureq::Error) -> Ended {
        let named = |kind, what: &str| Error::new(kind, what).with("url", &self.uri).with("reason", error);
        match error {
            ureq::Error::Timeout(_) => {
                Ended::Broken(named(ErrorKind::Timeout, "the server did not answer in time"))
            }
            ureq::Error::Io(source) if source.kind() == std::io::ErrorKind::TimedOut => {
                Ended::Broken(named(ErrorKind::Timeout, "the server did not answer in time"))
            }
            ureq::Error::Io(source) if source.kind() == std::io::ErrorKind::InvalidData => {
                Ended::ForGood(named(ErrorKind::PermissionDenied, UNSAFE))
            }
            ureq::Error::Rustls(_)
            | ureq::Error::Tls(_)
            | ureq::Error::TlsRequired
            | ureq::Error::RequireHttpsOnly(_) => Ended::ForGood(named(ErrorKind::PermissionDenied, UNSAFE)),
            ureq::Error::InvalidProxyUrl | ureq::Error::ConnectProxyFailed(_) => Ended::ForGood(named(
                ErrorKind::Io,
                "the proxy of the environment (HTTPS_PROXY) does not let us through",
            )),
            _ => Ended::Broken(named(ErrorKind::Io, "the connection to the server failed")),
        }
    }
}

const UNSAFE: &str =
    "no safe connection to the server; are the system's certificates there (ca-certificates, SSL_CERT_FILE)?";

/// Waits; the host may stop it meanwhile.
fn pause(time: Duration, run: &mut Run) -> Result<()> {
    let until = Instant::now() + time;
    while Instant::now() < until {
        run.advance(0.0)?;
        std::thread::sleep(Duration::from_millis(20).min(until.saturating_duration_since(Instant::now())));
    }
    Ok(())
}
