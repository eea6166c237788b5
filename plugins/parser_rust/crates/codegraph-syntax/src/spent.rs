//! CPU time of this process's sessions by what it went into. The wall time of a stage says little on a busy machine,
//! and with several threads nothing about the work.

use std::sync::atomic::{AtomicU64, Ordering};

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
}

/// Every kind of work with its name.
pub const WORKS: [(Work, &str); 5] = [
    (Work::Read, "read"),
    (Work::Parse, "parse"),
    (Work::Walk, "walk"),
    (Work::Gather, "gather"),
    (Work::Compress, "compress"),
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
