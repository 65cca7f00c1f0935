//! A process that forks: the child begins clean, with no lock of ours held and a thread of its own.
//!
//! Whatever takes a lock that a child must find free is done inside a [`gate`]; a fork waits until nobody is inside, and then takes
//! `SQLite`'s own locks. The child's handler touches these and atomics alone, which is all that is allowed between fork and exec.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::Once;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};

static GENERATION: AtomicU32 = AtomicU32::new(0);
static INSIDE: AtomicUsize = AtomicUsize::new(0);
static FORKING: AtomicUsize = AtomicUsize::new(0);

/// Counts the forks that led to this process.
#[inline]
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

thread_local! {
    /// How many gates this thread holds.
    static HELD: Cell<u32> = const { Cell::new(0) };
}

/// Keeps a fork out while it lives. Short: a fork waits for it, for two seconds at most.
#[derive(Debug)]
pub(crate) struct Gate {
    generation: u32,
    /// It stays on its thread.
    _thread: PhantomData<*const ()>,
}

/// Waits for a fork that is going on, then keeps the next one out. A thread that holds one may take another.
pub(crate) fn gate() -> Gate {
    let held = HELD.try_with(|held| held.replace(held.get() + 1)).unwrap_or(0);
    if held == 0 {
        loop {
            INSIDE.fetch_add(1, Ordering::SeqCst);
            if FORKING.load(Ordering::SeqCst) == 0 {
                break;
            }
            leave();
            std::thread::sleep(std::time::Duration::from_micros(50));
        }
    }
    Gate { generation: generation(), _thread: PhantomData }
}

fn leave() {
    // Saturating: in a child the count began anew.
    let _ = INSIDE.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |inside| inside.checked_sub(1));
}

impl Drop for Gate {
    fn drop(&mut self) {
        let held = HELD.try_with(|held| held.replace(held.get().saturating_sub(1))).unwrap_or(1);
        if held == 1 && self.generation == generation() {
            leave();
        }
    }
}

/// Asks the system to tell of forks; once for the process, when the first monitor is made or the first database opened.
pub(crate) fn watch() {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(|| {
        #[cfg(unix)]
        // SAFETY: the three functions live as long as the program and touch atomics and locks that were made beforehand; `prepare` also
        // sleeps, which is allowed there, for it runs in the parent before the fork.
        unsafe {
            libc::pthread_atfork(Some(prepare), Some(parent), Some(child));
        }
    });
}

#[cfg(unix)]
extern "C" fn prepare() {
    FORKING.fetch_add(1, Ordering::SeqCst);
    // Bounded, should the forking thread be inside itself: 20,000 times 0.1 ms.
    for _ in 0..20_000 {
        if INSIDE.load(Ordering::SeqCst) == 0 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_micros(100));
    }
    // Likewise. Also where somebody stayed inside: these are held for microseconds.
    for _ in 0..20_000 {
        if hold_sqlite() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_micros(100));
    }
}

#[cfg(all(unix, feature = "sqlite"))]
use crate::db::{give_back as let_go_of_sqlite, take as hold_sqlite};

#[cfg(all(unix, not(feature = "sqlite")))]
fn hold_sqlite() -> bool {
    true
}

#[cfg(all(unix, not(feature = "sqlite")))]
fn let_go_of_sqlite() {}

#[cfg(unix)]
extern "C" fn parent() {
    let_go_of_sqlite();
    let _ = FORKING.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
}

#[cfg(unix)]
extern "C" fn child() {
    let_go_of_sqlite();
    GENERATION.fetch_add(1, Ordering::SeqCst);
    INSIDE.store(0, Ordering::SeqCst);
    FORKING.store(0, Ordering::SeqCst);
}

/// A value that each process of a line of forks makes anew. The parent's stays behind in the child, untouched: its
/// locks may be held by threads that the child does not have.
pub(crate) struct PerProcess<T> {
    current: AtomicPtr<Made<T>>,
}

struct Made<T> {
    generation: u32,
    value: T,
}

impl<T> PerProcess<T> {
    pub(crate) fn new(value: T) -> Self {
        let made = Box::new(Made { generation: generation(), value });
        Self { current: AtomicPtr::new(Box::into_raw(made)) }
    }

    /// This process's value; in a child the first call makes it from the parent's, of which no lock may be waited for.
    #[inline]
    pub(crate) fn get(&self, make: impl FnOnce(&T) -> T) -> &T {
        let current = self.current.load(Ordering::Acquire);
        // SAFETY: the pointer came from a box, and boxes that were published are freed only in `drop`, which has `self`
        // alone. What is behind it is changed by nobody.
        let made = unsafe { &*current };
        if made.generation == generation() {
            return &made.value;
        }
        self.renew(current, make)
    }

    #[cold]
    fn renew(&self, old: *mut Made<T>, make: impl FnOnce(&T) -> T) -> &T {
        // SAFETY: as in `get`.
        let value = make(unsafe { &(*old).value });
        let fresh = Box::into_raw(Box::new(Made { generation: generation(), value }));
        match self.current.compare_exchange(old, fresh, Ordering::AcqRel, Ordering::Acquire) {
            // The parent's is leaked on purpose.
            // SAFETY: just made, and published: freed only in `drop`.
            Ok(_) => unsafe { &(*fresh).value },
            Err(theirs) => {
                // SAFETY: `fresh` was not published, so it is ours alone; `theirs` was published by another thread.
                unsafe {
                    drop(Box::from_raw(fresh));
                    &(*theirs).value
                }
            }
        }
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        let current = *self.current.get_mut();
        // SAFETY: as in `get`; nobody else has `self` any more.
        unsafe {
            if (*current).generation == generation() {
                drop(Box::from_raw(current));
            }
        }
    }
}

// SAFETY: it hands out `&T` from any thread and is dropped on any one, as an `Arc<T>` does.
unsafe impl<T: Send + Sync> Send for PerProcess<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for PerProcess<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_that_renew_at_once_get_the_same_value() {
        for _ in 0..200 {
            let cell = PerProcess::new(0_u64);
            // As if it had been made before a fork.
            // SAFETY: no other thread has the cell yet.
            unsafe { (**cell.current.as_ptr()).generation = u32::MAX };
            let made = AtomicU32::new(0);
            let seen = std::thread::scope(|threads| {
                let all: Vec<_> = (0..4)
                    .map(|_| {
                        threads.spawn(|| {
                            std::ptr::from_ref(
                                cell.get(|_| u64::from(made.fetch_add(1, Ordering::SeqCst) + 1)),
                            ) as usize
                        })
                    })
                    .collect();
                all.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
            });
            assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
            assert!(*cell.get(|_| 99) <= 4);
        }
    }
}
