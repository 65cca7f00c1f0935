//! The thread that sends.

use crate::{Error, ErrorKind, Result, http};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use ureq::http::Uri;

/// Requests that wait at most.
const QUEUE: usize = 64;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LAST_PAUSE: Duration = Duration::from_secs(30);
/// What still waits at the end has this long.
const LAST_WORDS: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<String>,
    /// Whether one is on its way.
    busy: bool,
    /// What went wrong, until something went well.
    trouble: Option<String>,
    /// When everything is over.
    end: Option<Instant>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
pub(super) struct Sender {
    shared: Arc<Shared>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// What a collector says to a request.
enum Answer {
    Taken,
    /// It is to be asked again, after this pause where it says one.
    Later(Option<Duration>, String),
    /// It will never take it.
    Refused(String),
}

impl Sender {
    pub(super) fn start(url: String, headers: Vec<(String, String)>, timeout_s: f64) -> Result<Self> {
        let loopback = url.parse::<Uri>().is_ok_and(|uri| http::is_loopback(&uri));
        let timeout = if timeout_s.is_finite() { timeout_s.clamp(0.1, 60.0) } else { 10.0 };
        let agent = http::config(loopback)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(Duration::from_secs_f64(timeout)))
            .build()
            .new_agent();
        let shared = Arc::new(Shared::default());
        let theirs = shared.clone();
        let post = move |body: &str| post(&agent, &url, &headers, body);
        let thread =
            std::thread::Builder::new().name("vn-otlp".to_owned()).spawn(move || serve(&theirs, &post))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Fails while too much waits already.
    pub(super) fn ready(&self) -> Result<()> {
        let state = self.shared.lock();
        if state.waiting.len() < QUEUE {
            return Ok(());
        }
        let why = state.trouble.clone().unwrap_or_else(|| "it is too slow".to_owned());
        Err(Error::new(ErrorKind::Unavailable, "the collector does not take what is sent").with("why", why))
    }

    pub(super) fn send(&self, body: String) {
        self.shared.lock().waiting.push_back(body);
        self.shared.changed.notify_all();
    }

    /// What went wrong last, unless something went well since.
    pub(super) fn trouble(&self) -> Result<()> {
        match &self.shared.lock().trouble {
            None => Ok(()),
            Some(why) => Err(Error::new(ErrorKind::Unavailable, "the collector does not take what is sent")
                .with("why", why)),
        }
    }

    /// Waits until everything is with the collector.
    pub(super) fn wait(&self, most: Duration) -> Result<()> {
        let until = Instant::now() + most;
        let mut state = self.shared.lock();
        while state.busy || !state.waiting.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let why = state.trouble.clone().unwrap_or_else(|| "it is too slow".to_owned());
                return Err(Error::new(ErrorKind::Unavailable, "the collector has not taken everything yet")
                    .with("why", why));
            }
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(state);
        self.trouble()
    }

    /// The end, after some last words.
    pub(super) fn end(&mut self) {
        let end = Instant::now() + LAST_WORDS;
        self.shared.lock().end = Some(end);
        self.shared.changed.notify_all();
        let Some(thread) = self.thread.take() else { return };
        while !thread.is_finished() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
        // A request that still waits for its answer is left to its own time limit.
        if thread.is_finished() {
            let _ = thread.join();
        }
    }
}

fn serve(shared: &Shared, post: &dyn Fn(&str) -> Answer) {
    let mut pause = FIRST_PAUSE;
    loop {
        let body = {
            let mut state = shared.lock();
            loop {
                let over = state.end.is_some_and(|end| Instant::now() >= end);
                if over || state.end.is_some() && state.waiting.is_empty() {
                    return;
                }
                // It stays in the queue until it was taken: so much of the room is used.
                if let Some(body) = state.waiting.front().cloned() {
                    state.busy = true;
                    break body;
                }
                state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        };
        let answer = post(&body);
        let mut state = shared.lock();
        state.busy = false;
        let again = match answer {
            Answer::Taken => {
                state.trouble = None;
                None
            }
            Answer::Refused(why) => {
                state.trouble = Some(why);
                None
            }
            Answer::Later(said, why) => {
                state.trouble = Some(why);
                Some(said.unwrap_or(pause).min(LAST_PAUSE))
            }
        };
        if again.is_none() {
            state.waiting.pop_front();
            pause = FIRST_PAUSE;
        }
        shared.changed.notify_all();
        if let Some(again) = again {
            pause = (pause * 2).min(LAST_PAUSE);
            let until = Instant::now() + again;
            while state.end.is_none() && Instant::now() < until {
                let left = until.saturating_duration_since(Instant::now());
                state = shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            }
            if state.end.is_some() {
                // One more try, and not at full speed.
                drop(state);
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

fn post(agent: &ureq::Agent, url: &str, headers: &[(String, String)], body: &str) -> Answer {
    let mut request = agent.post(url).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let answer = match request.send(body) {
        Ok(answer) => answer,
        Err(error) => return Answer::Later(None, error.to_string()),
    };
    let status = answer.status();
    match status.as_u16() {
        200..=299 => Answer::Taken,
        // Those that the specification names as worth another try.
        429 | 502 | 503 | 504 => {
            let said = answer.headers().get("retry-after").and_then(|said| said.to_str().ok()?.parse().ok());
            Answer::Later(said.map(Duration::from_secs), format!("HTTP {status}"))
        }
        _ => Answer::Refused(format!("HTTP {status}")),
    }
}
