//! A parse session: batches of source files in, columns out. Files are worked on in parallel, the
//! large ones first, and come out in input order.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::batch::{Batch, Diagnostic, FileIdentity, FileStatus, Room, push_hex};
use crate::core::{Action, Arena, Grammar, ParseEncoding, ParseStop, Record};
use crate::crew::{Crew, Job};
use crate::macros::{MacroArguments, read_arguments};
use crate::reading::{Unreadable, detect_encoding, read_file};
use crate::rows::FileRows;
use crate::spent::{Deadline, Meter, Work};
use crate::table::Language;
use crate::text::{Encoding, Pattern};
use crate::walker::{Module, Scratch, Walker};

/// One file to parse; see `codegraph_hookspecs.parsing.SourceFile`.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Source {
    pub path: String,
    pub location: PathBuf,
    pub language: String,
    pub module_fqn: String,
    pub module_suffix: String,
    pub package_id: Option<String>,
    pub size: i64,
    pub mtime_ns: i64,
    pub content: Option<Vec<u8>>,
}

/// Limits and width of a session; see `codegraph_hookspecs.parsing.ParseOptions`.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Options {
    pub workers: usize,
    pub max_file_bytes: u64,
    pub parse_timeout: Duration,
    pub keep_sources: bool,
}

/// A file's tree while it is there.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Parsed<'t> {
    /// By [`Taker::actions`].
    pub records: &'t [Record],
    pub errors: u32,
    pub text: &'t [u8],
    pub encoding: Encoding,
    pub content_hash: [u8; 32],
}

/// Makes something of the trees of one grammar; shared by threads.
pub trait Taker: Send + Sync {
    /// How the nodes of a tree are recorded.
    fn actions(&self) -> &[Action];
    /// Take the tree of a file that was parsed and walked within its time. What it takes is the file's no more.
    fn take(&self, parsed: Parsed<'_>);
}

/// Knows who makes something of a session's trees beside its rows, so that no file is parsed twice.
pub trait Beside: Send + Sync {
    /// Return who takes the trees of a language's grammar now.
    fn taker(&self, language: &str, grammar: &Grammar) -> Option<Arc<dyn Taker>>;
}

/// A language with the grammars of its extensions.
pub struct LanguageFamily {
    /// The pack against its own grammar.
    pub base: Language,
    /// The pack against the grammar of an extension.
    pub by_extension: Vec<(String, Language)>,
    test_files: Vec<Pattern>,
}

impl LanguageFamily {
    /// Put a language together.
    pub fn new(base: Language, by_extension: Vec<(String, Language)>) -> Self {
        let test_files = base.pack.tests.files.iter().map(|pattern| Pattern::new(pattern)).collect();
        Self { base, by_extension, test_files }
    }

    fn language(&self, path: &str) -> &Language {
        if self.by_extension.is_empty() {
            return &self.base;
        }
        let lowered = path.to_lowercase();
        let extensions = self.base.pack.extensions.iter();
        // Of equally long matches the first one wins, but equally long matches are equal.
        let extension = extensions.filter(|extension| lowered.ends_with(extension.as_str())).max_by_key(|e| e.len());
        let own = self.by_extension.iter().find(|(known, _)| Some(known) == extension);
        own.map_or(&self.base, |(_, language)| language)
    }

    fn is_test_file(&self, path: &str) -> bool {
        let rooted: Vec<char> = std::iter::once('/').chain(path.chars()).collect();
        self.test_files.iter().any(|pattern| pattern.matches_all(&rooted[1..]) || pattern.matches_all(&rooted))
    }
}

/// What a worker needs; kept between batches.
#[derive(Default)]
pub(crate) struct Worker {
    arena: Arena,
    /// For what is parsed again while the first tree is there.
    spare: Option<Arena>,
    /// For what stands in macros.
    inner: Option<Arena>,
    macros: MacroArguments,
    scratch: Scratch,
    content: Vec<u8>,
}

/// One file's outcome; `has_rows` says whether the walk ran.
pub(crate) struct Outcome {
    pub(crate) status: FileStatus,
    pub(crate) rows: FileRows,
    pub(crate) has_rows: bool,
}

/// What every thread of a session reads.
pub(crate) struct Settings {
    pub(crate) languages: HashMap<String, LanguageFamily>,
    options: Options,
    beside: Option<Arc<dyn Beside>>,
}

impl Settings {
    pub(crate) fn workers(&self) -> usize {
        self.options.workers
    }
}

/// A batch that was begun and not yet asked for.
pub struct Begun(Stage);

enum Stage {
    /// One worker: nothing goes on beside the caller.
    Waiting(Vec<Source>),
    Running(Arc<Job>),
}

/// Languages, options and memory of a run.
pub struct Session {
    settings: Arc<Settings>,
    worker: Worker,
    rows: FileRows,
    room: Room,
    crew: Option<Crew>,
}

impl Session {
    /// Open a session.
    pub fn new(languages: Vec<LanguageFamily>, options: Options) -> Self {
        Self::with(languages, options, None)
    }

    /// Open a session whose trees somebody else may take too.
    pub fn with(languages: Vec<LanguageFamily>, options: Options, beside: Option<Arc<dyn Beside>>) -> Self {
        let languages = languages.into_iter().map(|family| (family.base.pack.name.clone(), family)).collect();
        let settings = Arc::new(Settings { languages, options, beside });
        let (worker, rows, room) = (Worker::default(), FileRows::default(), Room::default());
        Self { settings, worker, rows, room, crew: None }
    }

    /// Say whether a language is known.
    pub fn knows(&self, language: &str) -> bool {
        self.settings.languages.contains_key(language)
    }

    /// Begin with a batch of files: with several workers they are parsed from now on, after those begun before.
    pub fn begin(&mut self, sources: Vec<Source>) -> Begun {
        if self.settings.options.workers == 1 {
            return Begun(Stage::Waiting(sources));
        }
        let crew = self.crew.get_or_insert_with(|| Crew::new(Arc::clone(&self.settings)));
        Begun(Stage::Running(crew.submit(sources)))
    }

    /// Return the rows of a batch, in input order.
    ///
    /// # Panics
    /// A source's language is unknown, or another session began the batch.
    pub fn finish(&mut self, begun: Begun) -> Batch {
        match begun.0 {
            Stage::Running(job) => self.crew.as_ref().expect("the crew that runs it").finish(&job),
            Stage::Waiting(sources) => {
                let source_bytes = bytes_of(&sources);
                let mut batch = self.room.batch(source_bytes);
                let languages = &self.settings.languages;
                for source in &sources {
                    let family = &languages[&source.language];
                    let (status, has_rows) = process(family, &self.settings, source, &mut self.worker, &mut self.rows);
                    append(languages, &mut batch, source, &status, has_rows.then_some(&self.rows));
                }
                self.room = Room::of(&mut batch, source_bytes);
                batch
            }
        }
    }

    /// Parse a batch of files. Panics where `finish` does.
    pub fn parse(&mut self, sources: Vec<Source>) -> Batch {
        let begun = self.begin(sources);
        self.finish(begun)
    }
}

/// Bytes of files together, as their sizes say.
pub(crate) fn bytes_of(sources: &[Source]) -> u64 {
    sources.iter().map(|source| source.size.max(0) as u64).sum()
}

/// Files of which the large ones are chosen by their part of all bytes.
const FEW_FILES: usize = 128;

/// Return the order in which to work on files: the few large ones first, so that none is left for the end,
/// then the others as they come, so that their rows can be gathered meanwhile. Of few files those are large that have
/// a sixteenth of the bytes: one of them at the end would leave the other threads without work for long.
pub(crate) fn work_order(sources: &[Source]) -> Vec<usize> {
    let total: i64 = sources.iter().map(|source| source.size).sum();
    let large = total * 8 / sources.len().max(FEW_FILES) as i64;
    let (mut order, others): (Vec<_>, Vec<_>) =
        (0..sources.len()).partition(|&position| sources[position].size > large);
    order.sort_by_key(|&position| Reverse(sources[position].size));
    order.extend(others);
    order
}

pub(crate) fn append(
    languages: &HashMap<String, LanguageFamily>,
    batch: &mut Batch,
    source: &Source,
    status: &FileStatus,
    rows: Option<&FileRows>,
) {
    let mut meter = Meter::start();
    let visibility = &languages[&source.language].base.pack.visibility;
    let identity = FileIdentity {
        path: &source.path,
        language: &source.language,
        module_fqn: &source.module_fqn,
        package_id: source.package_id.as_deref(),
        default_visibility: &visibility.default,
        interface_visibility: &visibility.in_interfaces,
        mtime_ns: source.mtime_ns,
    };
    batch.append(identity, status, rows);
    meter.book(Work::Gather);
}

/// Parse and walk one file; a panic is that file's failure alone.
pub(crate) fn process(
    family: &LanguageFamily,
    settings: &Settings,
    source: &Source,
    worker: &mut Worker,
    rows: &mut FileRows,
) -> (FileStatus, bool) {
    isolated(source.size, worker, rows, |worker, rows| process_file(family, settings, source, worker, rows))
}

fn isolated(
    size: i64,
    worker: &mut Worker,
    rows: &mut FileRows,
    work: impl FnOnce(&mut Worker, &mut FileRows) -> (FileStatus, bool),
) -> (FileStatus, bool) {
    let result = catch_unwind(AssertUnwindSafe(|| work(worker, rows)));
    result.unwrap_or_else(|_| {
        // The worker's memory may be in any state.
        *worker = Worker::default();
        *rows = FileRows::default();
        let diagnostic = Diagnostic {
            code: "parser-panic",
            category: "permanent",
            message: "The parser failed on this file; please report it.".to_owned(),
            span: None,
        };
        (FileStatus { status: "failed", ..status_of(None, size, 0, Some(diagnostic)) }, false)
    })
}

fn status_of(content_hash: Option<String>, size: i64, lines: i32, diagnostic: Option<Diagnostic>) -> FileStatus {
    FileStatus {
        content_hash,
        size,
        lines,
        status: "ok",
        parse_errors: 0,
        diagnostics: diagnostic.into_iter().collect(),
    }
}

fn unreadable(error: Unreadable, content_hash: Option<String>, size: i64) -> (FileStatus, bool) {
    let Unreadable { status, code, category, message } = error;
    let diagnostic = Diagnostic { code, category, message, span: None };
    (FileStatus { status, ..status_of(content_hash, size, 0, Some(diagnostic)) }, false)
}

fn process_file(
    family: &LanguageFamily,
    settings: &Settings,
    source: &Source,
    worker: &mut Worker,
    rows: &mut FileRows,
) -> (FileStatus, bool) {
    let Settings { options, beside, .. } = settings;
    let Worker { arena, spare, inner, macros, scratch, content } = worker;
    let mut meter = Meter::start();
    let content: &[u8] = match &source.content {
        Some(text) if text.len() as u64 > options.max_file_bytes => {
            let error = Unreadable::text_too_large(text.len(), options.max_file_bytes);
            return unreadable(error, None, source.size);
        }
        Some(text) => text,
        None => match read_file(&source.location, options.max_file_bytes, content) {
            Ok(()) => content,
            Err(error) => return unreadable(error, None, source.size),
        },
    };
    let size = content.len() as i64;
    let hash = blake3::hash(content);
    let mut content_hash = String::with_capacity(64);
    push_hex(&mut content_hash, hash.as_bytes());
    let Some(encoding) = detect_encoding(content) else {
        return unreadable(Unreadable::binary(), Some(content_hash), size);
    };
    let lines = scratch.lines();
    lines.reset(content, encoding);
    let is_wide = matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be);
    // A byte-order mark alone is no line.
    let line_count = if is_wide && content.len() <= 2 { 0 } else { lines.count(content.len()) };

    let language = family.language(&source.path);
    let mut short = [0; 16];
    short.copy_from_slice(&hash.as_bytes()[..16]);
    let module = Module {
        fqn: &source.module_fqn,
        suffix: &source.module_suffix,
        at_top: source.package_id.is_none(),
        test_file: family.is_test_file(&source.path),
        content_hash: short,
        lines: line_count,
    };
    let parse_encoding = match encoding {
        Encoding::Utf8 | Encoding::Latin1 => ParseEncoding::Utf8,
        Encoding::Utf16Le => ParseEncoding::Utf16Le,
        Encoding::Utf16Be => ParseEncoding::Utf16Be,
    };
    let mut status = status_of(Some(content_hash), size, line_count, None);
    meter.book(Work::Read);
    let deadline = Deadline::after(options.parse_timeout);
    let taker = beside.as_ref().and_then(|beside| beside.taker(&language.pack.name, &language.grammar));
    let actions = (&language.actions[..], taker.as_ref().map(|taker| taker.actions()));
    let parsed = arena.parse_for_two(&language.grammar, actions, content, parse_encoding, deadline);
    let parsed = match parsed {
        Ok(tree) if tree.errors > 0 && !is_wide => match language.pack.reread(content) {
            Some(text) => {
                let arena = spare.get_or_insert_with(Arena::default);
                match arena.parse_for_two(&language.grammar, actions, &text, parse_encoding, deadline) {
                    Ok(other) if other.errors < tree.errors => Ok(other),
                    _ => Ok(tree),
                }
            }
            None => Ok(tree),
        },
        parsed => parsed,
    };
    let taken = parsed.as_ref().ok().map(|tree| (tree.more_records, tree.errors));
    let parsed = parsed.and_then(|tree| {
        let records = if is_wide { &[] } else { tree.records };
        read_arguments(language, records, content, inner, deadline, macros)?;
        Ok(tree)
    });
    meter.book_less(Work::Parse, Work::Walk, parsed.as_ref().map_or(0, |tree| tree.flatten_ns));
    let walked = parsed.and_then(|tree| {
        let records = if macros.records.is_empty() { tree.records } else { &macros.records };
        let walker = Walker::new(language, records, content, encoding, module, rows, scratch);
        let walker = walker.with_macros(&macros.found);
        if walker.walk(deadline) { Ok(tree) } else { Err(ParseStop::TimedOut) }
    });
    let is_walked = walked.is_ok();
    match walked {
        Ok(tree) => {
            if rows.buried > 0 {
                status.status = "degraded";
                status.diagnostics.push(Diagnostic {
                    code: "nesting-too-deep",
                    category: "permanent",
                    message: format!("{} definitions are nested too deep to have a row.", rows.buried),
                    span: None,
                });
            }
            if tree.errors > 0 {
                let (start, end) = tree.first_error;
                let lines = scratch.lines();
                let (start_line, start_column) = lines.point(start);
                let (end_line, end_column) = lines.point(end);
                status.status = "degraded";
                status.parse_errors = tree.errors as i32;
                status.diagnostics.push(Diagnostic {
                    code: "syntax-error",
                    category: "permanent",
                    message: format!(
                        "{} syntax errors or missing tokens; what lies outside them is indexed.",
                        tree.errors
                    ),
                    span: Some([start_line + 1, start_column, end_line + 1, end_column, start as i32, end as i32]),
                });
            }
        }
        Err(stop) => {
            // Just the module's row: what a walk that was cut off left is not complete.
            let _ = Walker::new(language, &[], content, encoding, module, rows, scratch).walk(None);
            let seconds = options.parse_timeout.as_secs_f64();
            let (code, category, message) = match stop {
                ParseStop::TimedOut => {
                    ("parse-timeout", "permanent", format!("Parsing took longer than parse_timeout_s ({seconds})."))
                }
                ParseStop::OutOfMemory => {
                    ("parse-memory", "permanent", "Parsing needs more memory than one file may take.".to_owned())
                }
                ParseStop::Grammar => ("grammar-abi", "permanent", "The core refuses the grammar.".to_owned()),
            };
            status.status = "degraded";
            status.diagnostics.push(Diagnostic { code, category, message, span: None });
        }
    }
    meter.book(Work::Walk);
    if let (Some(taker), Some((records, errors)), true) = (taker, taken, is_walked) {
        taker.take(Parsed { records, errors, text: content, encoding, content_hash: *hash.as_bytes() });
        meter.book(Work::Lower);
    }
    if options.keep_sources {
        compress(content, &mut rows.source);
        meter.book(Work::Compress);
    }
    (status, true)
}

/// Write a text as one LZ4 block.
fn compress(content: &[u8], block: &mut Vec<u8>) {
    block.resize(lz4_flex::block::get_maximum_output_size(content.len()), 0);
    let length = lz4_flex::block::compress_into(content, block).expect("the block has room for the worst case");
    block.truncate(length);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_one_files_failure_and_leaves_no_rows() {
        let (mut worker, mut rows) = (Worker::default(), FileRows::default());
        let (status, has_rows) = isolated(7, &mut worker, &mut rows, |_, rows| {
            rows.pool.push('x');
            panic!("a defect");
        });
        assert!(!has_rows && rows.pool.is_empty());
        assert_eq!((status.status, status.size), ("failed", 7));
        assert_eq!(status.diagnostics[0].code, "parser-panic");
    }

    #[test]
    fn large_files_come_first_and_the_others_as_they_are() {
        let order = work_order(&sources_of(&[5, 4, 900, 3, 1_000, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]));
        assert_eq!(order[..5], [4, 2, 0, 1, 3]);
        assert!(order[5..].windows(2).all(|pair| pair[0] < pair[1]));
        assert!(work_order(&[]).is_empty());
    }

    #[test]
    fn of_few_files_those_are_large_that_have_a_sixteenth_of_the_bytes() {
        let order = work_order(&sources_of(&[1, 2, 30, 1, 1, 1, 1, 40]));
        assert_eq!(order, [7, 2, 0, 1, 3, 4, 5, 6]);
        let many: Vec<i64> = (0..256).map(|at| if at == 200 { 60 } else { 10 }).collect();
        assert!(work_order(&sources_of(&many)).is_sorted());
    }

    fn sources_of(sizes: &[i64]) -> Vec<Source> {
        let source = |&size: &i64| Source {
            path: String::new(),
            location: PathBuf::new(),
            language: String::new(),
            module_fqn: String::new(),
            module_suffix: String::new(),
            package_id: None,
            size,
            mtime_ns: 0,
            content: None,
        };
        sizes.iter().map(source).collect()
    }
}
