//! Threads that work on batches of files, the next batch at once when the files of one run out: while a batch's
//! last files are parsed and its columns turned into tables, no thread waits.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crate::batch::{Batch, Room};
use crate::engine::{Outcome, Settings, Source, Worker, append, bytes_of, process, work_order};
use crate::rows::FileRows;

/// Row buffers that are kept for further files: more only wait for a large file to be gathered after it, and each is
/// as large as the largest file that it was for.
const MAX_SPARE: usize = 8;

/// Lock a mutex whose value no panic can leave half-changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A batch of files on its way.
pub struct Job {
    sources: Vec<Source>,
    order: Vec<usize>,
    next: AtomicUsize,
    outcomes: Vec<Mutex<Option<Outcome>>>,
    gathered: Mutex<Gathered>,
    left: Mutex<usize>,
    changed: Condvar,
    broken: AtomicBool,
}

/// Rows of the first files, in input order.
#[derive(Default)]
struct Gathered {
    batch: Batch,
    next: usize,
}

impl Job {
    fn new(sources: Vec<Source>) -> Self {
        Self {
            order: work_order(&sources),
            next: AtomicUsize::new(0),
            outcomes: sources.iter().map(|_| Mutex::new(None)).collect(),
            gathered: Mutex::default(),
            left: Mutex::new(sources.len()),
            changed: Condvar::new(),
            broken: AtomicBool::new(false),
            sources,
        }
    }

    /// Append what is there to the batch, in input order, as far as it goes.
    fn gather(&self, shared: &Shared, gathered: &mut Gathered) {
        while let Some(source) = self.sources.get(gathered.next) {
            let Some(outcome) = lock(&self.outcomes[gathered.next]).take() else { return };
            if gathered.next == 0 {
                gathered.batch = lock(&shared.room).batch(bytes_of(&self.sources));
            }
            let rows = outcome.has_rows.then_some(&outcome.rows);
            append(&shared.settings.languages, &mut gathered.batch, source, &outcome.status, rows);
            gathered.next += 1;
            let mut spare = lock(&shared.spare);
            if spare.len() < MAX_SPARE {
                spare.push(outcome.rows);
            }
        }
    }

    fn work(&self, shared: &Shared, worker: &mut Worker) {
        while let Some(&position) = self.order.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            let fuse = Fuse(self);
            let source = &self.sources[position];
            let mut rows = lock(&shared.spare).pop().unwrap_or_default();
            let family = &shared.settings.languages[&source.language];
            let (status, has_rows) = process(family, &shared.settings, source, worker, &mut rows);
            *lock(&self.outcomes[position]) = Some(Outcome { status, rows, has_rows });
            // Whoever finds nobody gathering gathers; what is missed is taken later.
            if let Ok(mut gathered) = self.gathered.try_lock() {
                self.gather(shared, &mut gathered);
            }
            drop(fuse);
        }
    }
}

/// Counts a file of a job as done; a thread that panics outside of a file's own work breaks the job.
struct Fuse<'job>(&'job Job);

impl Drop for Fuse<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.broken.store(true, Ordering::Release);
        }
        let mut left = lock(&self.0.left);
        *left -= 1;
        if *left == 0 || self.0.broken.load(Ordering::Acquire) {
            self.0.changed.notify_all();
        }
    }
}

struct Shared {
    settings: Arc<Settings>,
    spare: Mutex<Vec<FileRows>>,
    room: Mutex<Room>,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Arc<Job>>,
    working: usize,
    closed: bool,
}

/// The threads of a session.
pub struct Crew {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Crew {
    /// Start threads, as many as the options say or the system has to give; without any, `finish` does the work.
    pub fn new(settings: Arc<Settings>) -> Self {
        let width = settings.workers();
        let (spare, room, queue) = (Mutex::default(), Mutex::default(), Mutex::default());
        let shared = Arc::new(Shared { settings, spare, room, queue, changed: Condvar::new() });
        let thread = |_| {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new().name("codegraph parse".to_owned()).spawn(move || serve(&shared)).ok()
        };
        let threads = (0..width).map_while(thread).collect();
        Self { shared, threads }
    }

    /// Have files parsed after those that were given before.
    pub fn submit(&self, sources: Vec<Source>) -> Arc<Job> {
        let job = Arc::new(Job::new(sources));
        if !job.sources.is_empty() && !self.threads.is_empty() {
            lock(&self.shared.queue).jobs.push_back(Arc::clone(&job));
            self.shared.changed.notify_all();
        }
        job
    }

    /// Wait for a job and return its rows.
    ///
    /// # Panics
    /// A thread of the crew panicked.
    pub fn finish(&self, job: &Job) -> Batch {
        if self.threads.is_empty() {
            job.work(&self.shared, &mut Worker::default());
        }
        let mut left = lock(&job.left);
        while *left > 0 && !job.broken.load(Ordering::Acquire) {
            left = job.changed.wait(left).unwrap_or_else(PoisonError::into_inner);
        }
        drop(left);
        assert!(!job.broken.load(Ordering::Acquire), "a thread of the crew panicked");
        let mut gathered = lock(&job.gathered);
        job.gather(&self.shared, &mut gathered);
        assert_eq!(gathered.next, job.sources.len(), "every file has an outcome");
        let mut batch = std::mem::take(&mut gathered.batch);
        *lock(&self.shared.room) = Room::of(&mut batch, bytes_of(&job.sources));
        batch
    }
}

impl Drop for Crew {
    /// End the threads. Idle ones are waited for, so that their memory is free afterwards; one that is still at a
    /// file may hang there, and ends by itself.
    fn drop(&mut self) {
        let idle = {
            let mut queue = lock(&self.shared.queue);
            queue.closed = true;
            queue.jobs.clear();
            queue.working == 0
        };
        self.shared.changed.notify_all();
        if idle {
            for thread in self.threads.drain(..) {
                // A panic was reported by the job that it broke.
                let _ = thread.join();
            }
        }
    }
}

fn serve(shared: &Shared) {
    let mut worker = Worker::default();
    let mut queue = lock(&shared.queue);
    loop {
        if queue.closed {
            return;
        }
        let Some(job) = queue.jobs.front().cloned() else {
            queue = shared.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        queue.working += 1;
        drop(queue);
        job.work(shared, &mut worker);
        queue = lock(&shared.queue);
        queue.working -= 1;
        // All files of the job are taken; whoever comes first takes it off.
        if queue.jobs.front().is_some_and(|first| Arc::ptr_eq(first, &job)) {
            queue.jobs.pop_front();
        }
    }
}
