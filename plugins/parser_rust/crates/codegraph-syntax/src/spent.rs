//! CPU time of this process's sessions by what it went into, and deadlines in CPU time. The wall time of a stage says
//! little on a busy machine, and with several threads nothing about the work.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What a session's threads do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Read a file, hash it, find its encoding and its lines.
    Read,
    /// tree-sitter.
    Parse,
    /// Flatten the tree, walk it, extract rows.
    Walk,
    /// Put the rows of files together as columns.
    Gather,
    /// Compress the text that is kept.
    Compress,
    /// What somebody else makes of a tree.
    Lower,
}

/// Every kind of work with its name.
pub const WORKS: [(Work, &str); 6] = [
    (Work::Read, "read"),
    (Work::Parse, "parse"),
    (Work::Walk, "walk"),
    (Work::Gather, "gather"),
    (Work::Compress, "compress"),
    (Work::Lower, "lower"),
];

static SPENT_NS: [AtomicU64; WORKS.len()] = [const { AtomicU64::new(0) }; WORKS.len()];

/// Return the seconds spent so far, in the order of [`WORKS`]; zeros where the system has no clock for threads.
pub fn seconds() -> [f64; WORKS.len()] {
    WORKS.map(|(work, _)| SPENT_NS[work as usize].load(Ordering::Relaxed) as f64 / 1e9)
}

/// Takes the time of one thread from one piece of work to the next.
pub struct Meter(u64);

impl Meter {
    /// Begin now.
    pub fn start() -> Self {
        Self(thread_ns())
    }

    /// Book what was spent since the start or the last call.
    pub fn book(&mut self, work: Work) {
        self.book_less(work, Work::Walk, 0);
    }

    /// Book it too, but `part_ns` of it on other work.
    pub fn book_less(&mut self, work: Work, other: Work, part_ns: u64) {
        let now = thread_ns();
        let spent = now.saturating_sub(self.0);
        SPENT_NS[work as usize].fetch_add(spent.saturating_sub(part_ns), Ordering::Relaxed);
        SPENT_NS[other as usize].fetch_add(part_ns.min(spent), Ordering::Relaxed);
        self.0 = now;
    }
}

/// A limit of the calling thread's CPU time, so that what a file gives does not depend on who else uses the machine.
///
/// Where the system has no clock for threads it is one of wall time. Only the thread that made it may ask it.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    // Looked at first, because it costs no system call; a thread never spends more than passes.
    wall: Instant,
    spent_ns: u64,
}

impl Deadline {
    /// Begin now; None is later than the clocks can say.
    pub fn after(limit: Duration) -> Option<Self> {
        let wall = Instant::now().checked_add(limit)?;
        let spent_ns = match thread_ns() {
            0 => 0,
            now => now.checked_add(u64::try_from(limit.as_nanos()).ok()?)?,
        };
        Some(Self { wall, spent_ns })
    }

    /// Return whether the time is spent.
    pub fn passed(&self) -> bool {
        Instant::now() >= self.wall && thread_ns() >= self.spent_ns
    }
}

#[cfg(unix)]
fn thread_ns() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is writable; the call writes nothing else.
    if unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut now) } != 0 {
        return 0;
    }
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

#[cfg(not(unix))]
fn thread_ns() -> u64 {
    0
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_passes_by_work_and_not_by_waiting() {
        let deadline = Deadline::after(Duration::from_millis(30)).expect("soon");
        std::thread::sleep(Duration::from_millis(60));
        assert!(!deadline.passed());
        let end = thread_ns() + 40_000_000;
        while thread_ns() < end {}
        assert!(deadline.passed());
        assert!(Deadline::after(Duration::ZERO).expect("now").passed());
        assert!(Deadline::after(Duration::MAX).is_none());
    }

    #[test]
    fn work_is_booked_where_it_belongs_and_waiting_is_not() {
        let at = |work: Work| seconds()[WORKS.iter().position(|(known, _)| *known == work).expect("listed")];
        let (read, gather) = (at(Work::Read), at(Work::Gather));
        let mut meter = Meter::start();
        std::thread::sleep(std::time::Duration::from_millis(200));
        meter.book(Work::Read);
        assert!(at(Work::Read) - read < 0.1);
        let mut sum = 0_u64;
        while thread_ns() < meter.0 + 20_000_000 {
            sum = sum.wrapping_add(thread_ns());
        }
        meter.book_less(Work::Read, Work::Gather, 15_000_000);
        assert!(sum > 0 && at(Work::Read) - read >= 0.005 && at(Work::Gather) - gather >= 0.015);
    }
}
