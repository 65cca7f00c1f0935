//! Notices over HTTPS, signed, on a thread of their own.

use super::{Channel, Notice, target};
use crate::http;
use crate::monitor::config::WebhookConfig;
use crate::{Error, ErrorKind, Result};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};
use ureq::http::Uri;

/// Notices that wait at most.
const QUEUE: usize = 64;
const TRIES: u32 = 4;
/// What still waits at the end has this long, and one try each.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The signature of a body: HMAC-SHA256 (RFC 2104) over the time and the body, joined by a point, in hexadecimal.
///
/// A receiver computes it anew from the header `x-viralnow-timestamp` and the body as it came, compares it in constant time with the header
/// `x-viralnow-signature` (`v1=` before it), and refuses times that are minutes off.
///
/// ```
/// use viralnow_core::monitor::alerts::signature;
/// // The same by `printf '1700000000.{}' | openssl dgst -sha256 -hmac key`.
/// assert_eq!(signature(b"key", 1_700_000_000, "{}").len(), 64);
/// ```
#[must_use]
pub fn signature(key: &[u8], timestamp: u64, body: &str) -> String {
    let mut mac: Hmac<Sha256> = Hmac::new_from_slice(key).expect("a key of any length");
    mac.update(timestamp.to_string().as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    mac.finalize().into_bytes().iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU64,
    failed: AtomicU64,
    closing: AtomicBool,
}

/// Sends notices as JSON by POST. Redirects are not followed; a failed try is repeated three times, later and later. When this value is
/// dropped, what waits has 2 s more, and one try each.
#[derive(Debug)]
pub struct Webhook {
    queue: Option<SyncSender<String>>,
    counts: Arc<Counts>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Webhook {
    /// A webhook of these settings. Without a key (`secret_env` absent) requests are not signed.
    pub fn new(config: &WebhookConfig) -> Result<Self> {
        let key = match &config.secret_env {
            None => None,
            Some(name) => Some(std::env::var(name).map_err(|_| {
                Error::new(
                    ErrorKind::InvalidConfig,
                    "the webhook's key is not in the environment; set the variable",
                )
                .with("variable", name)
            })?),
        };
        Self::with_key(config, key.map(String::into_bytes))
    }

    /// As [`Webhook::new`], with the key given.
    pub fn with_key(config: &WebhookConfig, key: Option<Vec<u8>>) -> Result<Self> {
        target(&config.url)?;
        let loopback = config.url.parse::<Uri>().is_ok_and(|uri| http::is_loopback(&uri));
        let agent = http::config(loopback)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(Duration::from_secs_f64(config.timeout.clamp(0.1, 60.0))))
            .build()
            .new_agent();
        let (queue, waiting) = sync_channel(QUEUE);
        let counts = Arc::new(Counts::default());
        let (url, counted) = (config.url.clone(), counts.clone());
        let thread = std::thread::Builder::new()
            .name("vn-webhook".to_owned())
            .spawn(move || serve(&waiting, &agent, &url, key.as_deref(), &counted))
            .map_err(Error::from)?;
        Ok(Self { queue: Some(queue), counts, thread: Some(thread) })
    }

    /// Notices that were taken by the other side, and those that were given up.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        (self.counts.sent.load(Ordering::Relaxed), self.counts.failed.load(Ordering::Relaxed))
    }
}

impl Channel for Webhook {
    fn tell(&mut self, notice: &Notice) -> Result<()> {
        let mut body = notice.data();
        body["event"] = notice.topic().into();
        body["text"] = notice.text().into();
        let Some(queue) = &self.queue else { return Ok(()) };
        queue.try_send(body.to_string()).map_err(|error| match error {
            TrySendError::Full(_) => {
                self.counts.failed.fetch_add(1, Ordering::Relaxed);
                Error::new(ErrorKind::LimitExceeded, "64 notices wait for the webhook already; is it there?")
            }
            TrySendError::Disconnected(_) => Error::new(ErrorKind::Internal, "the webhook's thread is gone"),
        })
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        self.counts.closing.store(true, Ordering::Relaxed);
        self.queue = None;
        let Some(thread) = self.thread.take() else { return };
        let end = Instant::now() + LAST_WORDS;
        while !thread.is_finished() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
        // A request that still waits for its answer is left to its own time limit.
        if thread.is_finished() {
            let _ = thread.join();
        }
    }
}

fn serve(waiting: &Receiver<String>, agent: &ureq::Agent, url: &str, key: Option<&[u8]>, counts: &Counts) {
    // Begins with the closing, for all that wait together.
    let mut end = None;
    while let Ok(body) = waiting.recv() {
        let mut sent = false;
        for tried in 0..TRIES {
            pause(Duration::from_millis(if tried == 0 { 0 } else { 250 << (2 * (tried - 1)) }), counts);
            let closing = counts.closing.load(Ordering::Relaxed);
            if closing
                && (tried > 0 || Instant::now() >= *end.get_or_insert_with(|| Instant::now() + LAST_WORDS))
            {
                break;
            }
            sent = post(agent, url, key, &body);
            if sent {
                break;
            }
        }
        let counter = if sent { &counts.sent } else { &counts.failed };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// Waits, but not beyond the end.
fn pause(time: Duration, counts: &Counts) {
    let end = Instant::now() + time;
    while Instant::now() < end && !counts.closing.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(20).min(time));
    }
}

fn post(agent: &ureq::Agent, url: &str, key: Option<&[u8]>, body: &str) -> bool {
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut request = agent
        .post(url)
        .header("content-type", "application/json")
        .header("x-viralnow-timestamp", now.to_string());
    if let Some(key) = key {
        request = request.header("x-viralnow-signature", format!("v1={}", signature(key, now, body)));
    }
    request.send(body).is_ok_and(|answer| answer.status().is_success())
}
