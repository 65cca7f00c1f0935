//! The threads on which analyses run: as many as there are cores at a time, in the order of the calls.
//!
//! Not libuv's pool: it has four threads, which files and name look-ups of the host need too, and an analysis holds one
//! for seconds. Not a thread for each call either: a thousand calls at once would decode a thousand files at once.
//! Threads are made when there is work and end when there is none.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use viralnow_core::{Error, ErrorKind, Result};

type Work = Box<dyn FnOnce() + Send>;

struct Pool {
    waiting: VecDeque<(u64, Work)>,
    threads: usize,
    last_id: u64,
}

static POOL: Mutex<Pool> = Mutex::new(Pool { waiting: VecDeque::new(), threads: 0, last_id: 0 });

fn pool() -> MutexGuard<'static, Pool> {
    // Nothing panics while it holds the lock; the work itself runs outside.
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

fn most() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}

/// Runs this as soon as a core is free; the number names it for [`hurry`]. The work must not panic.
pub(crate) fn run(work: Work) -> Result<u64> {
    let mut pool = pool();
    pool.last_id += 1;
    let id = pool.last_id;
    pool.waiting.push_back((id, work));
    if pool.threads < most() {
        if let Err(error) = start() {
            // With a thread at work it is only later; without one it would be never.
            if pool.threads == 0 {
                pool.waiting.pop_back();
                return Err(
                    Error::new(ErrorKind::Io, "no thread can be started for the analysis").caused_by(error)
                );
            }
        } else {
            pool.threads += 1;
        }
    }
    Ok(id)
}

/// Runs work that still waits at once, on a thread beyond the number of cores: it was cancelled and only has to say so.
pub(crate) fn hurry(id: u64) {
    let mut pool = pool();
    let Some(index) = pool.waiting.iter().position(|(waiting, _)| *waiting == id) else { return };
    let Some(entry) = pool.waiting.remove(index) else { return };
    pool.waiting.push_front(entry);
    // Without a thread to be had it is next in line.
    if start().is_ok() {
        pool.threads += 1;
    }
}

/// Starts a thread that works off the queue; it is counted by the caller, who holds the lock.
fn start() -> std::io::Result<()> {
    let thread = std::thread::Builder::new().name("viralnow".to_owned());
    thread.spawn(|| while turn() {}).map(drop)
}

/// Does the next piece of work; says whether this thread is needed for more.
fn turn() -> bool {
    let mut guard = pool();
    let Some((_, work)) = guard.waiting.pop_front() else {
        guard.threads -= 1;
        return false;
    };
    drop(guard);
    work();
    let mut guard = pool();
    let surplus = guard.threads > most();
    guard.threads -= usize::from(surplus);
    !surplus
}
