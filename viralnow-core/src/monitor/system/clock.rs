//! Time for spans: the processor's counter where the system trusts it, the monotonic clock elsewhere.
//!
//! Two readings of the monotonic clock cost more than all the rest of a span; the counter costs a third of that.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What turns ticks into nanoseconds, found once for the process.
struct Clock {
    base: Instant,
    /// Nanoseconds a tick, times 2^32; 0 where ticks are nanoseconds of the monotonic clock.
    scale: u64,
    /// Ticks a nanosecond, times 2^32: a division of 128 bits costs more than a reading.
    inverse: u64,
}

static CLOCK: OnceLock<Clock> = OnceLock::new();

fn clock() -> &'static Clock {
    CLOCK.get_or_init(|| {
        let base = Instant::now();
        let scale = counter::scale().unwrap_or(0);
        let inverse = (1_u128 << 64).checked_div(u128::from(scale)).unwrap_or(0);
        Clock { base, scale, inverse: u64::try_from(inverse).unwrap_or(u64::MAX) }
    })
}

/// Now, in ticks of this process.
#[inline]
pub(crate) fn ticks() -> u64 {
    let clock = clock();
    if clock.scale == 0 { clock.base.elapsed().as_nanos() as u64 } else { counter::read() }
}

/// A difference of two [`ticks`] in nanoseconds.
#[inline]
pub(crate) fn nanoseconds(ticks: u64) -> u64 {
    match clock().scale {
        0 => ticks,
        scale => ((u128::from(ticks) * u128::from(scale)) >> 32) as u64,
    }
}

/// The other way round.
pub(crate) fn ticks_of(time: Duration) -> u64 {
    let ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    match clock() {
        Clock { scale: 0, .. } => ns,
        Clock { inverse, .. } => {
            u64::try_from((u128::from(ns) * u128::from(*inverse)) >> 32).unwrap_or(u64::MAX)
        }
    }
}

/// The moment of some ticks as microseconds since 1970. Taken anew by the monitor's thread every second, so that
/// neither the counter's drift nor a clock that was set is carried on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Anchor {
    ticks: u64,
    unix_us: i64,
    pub(crate) taken: Instant,
}

impl Anchor {
    pub(crate) fn now() -> Self {
        Self { ticks: ticks(), unix_us: unix_us(), taken: Instant::now() }
    }

    pub(crate) fn unix_us(&self, ticks: u64) -> i64 {
        if ticks >= self.ticks {
            self.unix_us + (nanoseconds(ticks - self.ticks) / 1000) as i64
        } else {
            self.unix_us - (nanoseconds(self.ticks - ticks) / 1000) as i64
        }
    }
}

/// Microseconds since 1970 by the system's clock.
pub(crate) fn unix_us() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_micros() as i64
}

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod counter {
    use std::time::{Duration, Instant};

    /// How long the counter is compared with the clock: an error of 0.1 us in it is one of 1 in 20,000.
    const COMPARED: Duration = Duration::from_millis(2);

    #[inline]
    pub(super) fn read() -> u64 {
        // SAFETY: every x86-64 processor has the instruction; it reads a register.
        unsafe { core::arch::x86_64::_rdtsc() }
    }

    /// `None` unless the kernel itself tells time by this counter, which it does only where the counter runs evenly and
    /// alike on all processors.
    pub(super) fn scale() -> Option<u64> {
        let source =
            std::fs::read_to_string("/sys/devices/system/clocksource/clocksource0/current_clocksource")
                .ok()?;
        if source.trim() != "tsc" {
            return None;
        }
        let (from, from_ticks) = pair();
        while from.elapsed() < COMPARED {
            std::hint::spin_loop();
        }
        let (to, to_ticks) = pair();
        let passed = to_ticks.checked_sub(from_ticks).filter(|&ticks| ticks > 1000)?;
        let scale = ((to - from).as_nanos() << 32) / u128::from(passed);
        u64::try_from(scale).ok().filter(|&scale| scale > 0)
    }

    /// Both clocks as close together as they can be read.
    fn pair() -> (Instant, u64) {
        let read_both = || {
            let before = read();
            let now = Instant::now();
            let after = read();
            (after.wrapping_sub(before), now, before + after.wrapping_sub(before) / 2)
        };
        let best = (0..16).map(|_| read_both()).min_by_key(|&(apart, ..)| apart);
        best.map_or_else(|| (Instant::now(), read()), |(_, now, ticks)| (now, ticks))
    }
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
mod counter {
    pub(super) fn read() -> u64 {
        0
    }

    pub(super) fn scale() -> Option<u64> {
        None
    }
}

/// The processor time of the calling thread, in nanoseconds; `None` where the system does not tell. About 0.3 us.
pub(crate) fn thread_cpu_ns() -> Option<u64> {
    #[cfg(unix)]
    return cpu_ns(libc::CLOCK_THREAD_CPUTIME_ID);
    #[cfg(not(unix))]
    None
}

/// That of all threads of the process together.
pub(crate) fn process_cpu_ns() -> Option<u64> {
    #[cfg(unix)]
    return cpu_ns(libc::CLOCK_PROCESS_CPUTIME_ID);
    #[cfg(not(unix))]
    None
}

#[cfg(unix)]
fn cpu_ns(clock: libc::clockid_t) -> Option<u64> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes one timespec, which is ours.
    let told = unsafe { libc::clock_gettime(clock, &raw mut time) } == 0;
    told.then(|| time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
}

/// The memory that the process has resident, in KiB; `None` where the system does not tell.
pub(crate) fn resident_kib() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_ascii_whitespace().nth(1)?.parse().ok()?;
    #[cfg(unix)]
    {
        // SAFETY: sysconf only reads.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        Some(pages * u64::try_from(page).ok()? / 1024)
    }
    #[cfg(not(unix))]
    Some(pages * 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_agree_with_the_monotonic_clock() {
        let mut from = 0;
        let mut apart = || {
            let wall = Instant::now();
            from = ticks();
            std::thread::sleep(Duration::from_millis(50));
            let (ns, truth) = (nanoseconds(ticks() - from) as f64, wall.elapsed().as_nanos() as f64);
            (ns / truth - 1.0).abs()
        };
        // The readings are apart by the time that another thread may take between them: not every time.
        assert!((0..20).any(|_| apart() < 0.05));
        for ns in [0, 1, 1_000, 60_000_000_000, 86_400_000_000_000] {
            let back = nanoseconds(ticks_of(Duration::from_nanos(ns)));
            assert!(back.abs_diff(ns) <= 2 + ns / 1_000_000_000, "{back} for {ns}");
        }
        let anchor = Anchor::now();
        assert!((0..20).any(|_| (anchor.unix_us(ticks()) - unix_us()).abs() < 20_000));
        assert!(anchor.unix_us(from) < anchor.unix_us(ticks()) - 45_000);
    }
}
