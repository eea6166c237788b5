//! Safe face of `native/core.c`: an arena that parses one file at a time into flat records.
//!
//! A parse borrows its arena mutably for as long as its records are read, so records cannot outlive
//! the reset that the next parse begins with.

use std::ffi::{CStr, c_char, c_void};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use crate::spent::Deadline;

/// Oldest grammar ABI that the core reads.
pub const MIN_ABI: u32 = 13;
/// Newest grammar ABI that the core reads.
pub const MAX_ABI: u32 = 15;
/// Bytes that one file's parse may take. tree-sitter needs up to 190 bytes per byte of hostile source.
pub const PARSE_BUDGET_BYTES: usize = 1 << 30;

/// How a symbol's visible nodes are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Action {
    /// Not at all, nor anything below.
    Drop = 0,
    /// The node, and what is below.
    Record = 1,
    /// The node alone.
    Leaf = 2,
}

/// Encoding of the bytes that are parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ParseEncoding {
    /// UTF-8, and anything else whose ASCII bytes mean ASCII.
    Utf8 = 0,
    /// UTF-16, little-endian.
    Utf16Le = 1,
    /// UTF-16, big-endian.
    Utf16Be = 2,
}

/// Why a parse gave no tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseStop {
    /// The deadline passed.
    TimedOut,
    /// The file needs more than [`PARSE_BUDGET_BYTES`], or the machine has no more memory.
    OutOfMemory,
    /// The core refused the grammar.
    Grammar,
}

/// One visible node, in preorder.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Record {
    /// First byte.
    pub start: u32,
    /// Byte past the last one.
    pub end: u32,
    /// Index of the record past this node's subtree.
    pub next: u32,
    /// Public symbol; [`Grammar::error_symbol`] for an error.
    pub symbol: u16,
    /// Field that the node has in its parent, or 0.
    pub field: u16,
    /// Symbol of the visible parent; the root has its own.
    pub parent: u16,
    flags: u16,
}

impl Record {
    /// Whether the parser invented this token.
    #[inline]
    pub fn is_missing(&self) -> bool {
        self.flags & 0x8000 != 0
    }

    /// Number of visible children, anonymous ones too; 3 stands for more.
    #[inline]
    pub fn child_count(&self) -> u16 {
        self.flags & 3
    }
}

#[repr(C)]
struct RawGrammar {
    language: *const c_void,
    actions: *const u8,
    public_symbols: *const u16,
    fields: *const u16,
    field_stride: u32,
    symbol_count: u32,
    more_actions: *const u8,
}

#[repr(C)]
struct RawTree {
    records: *const Record,
    record_count: u32,
    error_count: u32,
    first_error_start: u32,
    first_error_end: u32,
    arena_bytes: u64,
    flatten_ns: u64,
    more_records: *const Record,
    more_record_count: u32,
}

#[repr(C)]
struct RawArena {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    fn cg_arena_new(budget_bytes: usize) -> *mut RawArena;
    fn cg_arena_delete(arena: *mut RawArena);
    fn cg_parse(
        arena: *mut RawArena,
        grammar: *const RawGrammar,
        source: *const u8,
        length: u32,
        encoding: u32,
        stop: Option<extern "C" fn(*mut c_void) -> bool>,
        stop_context: *mut c_void,
        tree: *mut RawTree,
    ) -> i32;
    fn cg_field_stride(language: *const c_void) -> u32;
    fn cg_field_table(language: *const c_void, stride: u32, fields: *mut u16);
    fn cg_production_count(language: *const c_void) -> u32;
    fn cg_public_symbol(language: *const c_void, symbol: u16) -> u16;
    fn cg_abi_version(language: *const c_void) -> u32;
    fn cg_symbol_count(language: *const c_void) -> u32;
    fn cg_symbol_name(language: *const c_void, symbol: u16) -> *const c_char;
    fn cg_symbol_type(language: *const c_void, symbol: u16) -> u32;
    fn cg_field_count(language: *const c_void) -> u32;
    fn cg_field_name(language: *const c_void, field: u16) -> *const c_char;
}

/// A grammar, and what flattening and table compilation need to know of it.
#[derive(Clone)]
pub struct Grammar {
    language: NonNull<c_void>,
    public_symbols: Vec<u16>,
    fields: Vec<u16>,
    field_stride: u32,
    /// Name of each public symbol; the last one is `ERROR`. Symbols that are not public are empty.
    pub symbol_names: Vec<String>,
    /// Whether a symbol is named, by symbol.
    pub symbol_named: Vec<bool>,
    /// Name of each field; field 0 is empty.
    pub field_names: Vec<String>,
}

// SAFETY: a `TSLanguage` is a constant table, which the core only reads.
unsafe impl Send for Grammar {}
// SAFETY: as above.
unsafe impl Sync for Grammar {}

impl Grammar {
    /// Read a grammar's tables.
    ///
    /// # Errors
    /// The grammar's ABI, if the core cannot read it.
    ///
    /// # Safety
    /// `language` points to a `TSLanguage` that is valid until the process ends.
    pub unsafe fn new(language: NonNull<c_void>) -> Result<Self, u32> {
        let raw = language.as_ptr().cast_const();
        // SAFETY: the caller vouches for the pointer; every ABI begins with its version.
        let abi = unsafe { cg_abi_version(raw) };
        if !(MIN_ABI..=MAX_ABI).contains(&abi) {
            return Err(abi);
        }
        // SAFETY: the language is valid and of an ABI that the core reads; symbols and fields are in
        // range; names are NUL-terminated constants; the field table has the size that
        // cg_field_table fills: productions × stride.
        unsafe {
            let symbol_count = cg_symbol_count(raw);
            let public_symbols: Vec<u16> =
                (0..symbol_count).map(|symbol| cg_public_symbol(raw, symbol as u16)).collect();
            let mut symbol_names: Vec<String> = Vec::with_capacity(symbol_count as usize + 1);
            let mut symbol_named = Vec::with_capacity(symbol_count as usize + 1);
            for symbol in 0..symbol_count {
                let kind = cg_symbol_type(raw, symbol as u16);
                let public = public_symbols[symbol as usize] == symbol as u16 && kind <= 1;
                symbol_names.push(if public { text(cg_symbol_name(raw, symbol as u16)) } else { String::new() });
                symbol_named.push(kind == 0);
            }
            symbol_names.push("ERROR".to_owned());
            symbol_named.push(true);
            let field_names = (0..=cg_field_count(raw)).map(|field| text(cg_field_name(raw, field as u16))).collect();
            let field_stride = cg_field_stride(raw);
            let mut fields = vec![0; cg_production_count(raw) as usize * field_stride as usize];
            cg_field_table(raw, field_stride, fields.as_mut_ptr());
            Ok(Self { language, public_symbols, fields, field_stride, symbol_names, symbol_named, field_names })
        }
    }

    /// The address of the grammar's table, which is another for each grammar.
    pub fn address(&self) -> usize {
        self.language.as_ptr() as usize
    }

    /// Number of the symbol that stands for errors; also the length of a symbol table less one.
    pub fn error_symbol(&self) -> u16 {
        self.public_symbols.len() as u16
    }
}

/// Copy a C string; null gives an empty one.
///
/// # Safety
/// `pointer` is null or points to a NUL-terminated string.
unsafe fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: not null, and the caller vouches for the terminator.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}

/// A flat tree; its records live in the arena that it borrows.
pub struct Tree<'arena> {
    /// Visible nodes in preorder; the first is the root unless the table drops it.
    pub records: &'arena [Record],
    /// Visible ERROR and MISSING nodes, recorded or not.
    pub errors: u32,
    /// Byte range of the first of them.
    pub first_error: (u32, u32),
    /// Bytes that the arena holds.
    pub arena_bytes: u64,
    /// Nanoseconds of this thread that the records took after the parse itself.
    pub flatten_ns: u64,
    /// The same tree by the second table of actions, if there was one.
    pub more_records: &'arena [Record],
}

/// Memory of one worker's parses. Not `Sync`, and used by one thread at a time.
pub struct Arena {
    raw: NonNull<RawArena>,
    _not_sync: PhantomData<*mut ()>,
}

// SAFETY: the C side keeps no thread's identity between calls: `cg_current` is set on entry to
// cg_parse and restored before it returns, so an arena may move to another thread between parses.
unsafe impl Send for Arena {}

impl Default for Arena {
    fn default() -> Self {
        Self::new(PARSE_BUDGET_BYTES)
    }
}

impl Arena {
    /// Make an arena whose parses may take `budget_bytes` each.
    ///
    /// # Panics
    /// There is no memory for the arena's own hundred bytes.
    pub fn new(budget_bytes: usize) -> Self {
        // SAFETY: no precondition; null is checked.
        let raw = unsafe { cg_arena_new(budget_bytes) };
        Self { raw: NonNull::new(raw).expect("memory for an arena"), _not_sync: PhantomData }
    }

    /// Parse `source` and flatten the tree.
    ///
    /// # Errors
    /// Why there is no tree.
    ///
    /// # Panics
    /// `actions` has not `error_symbol() + 1` entries, or `source` is 4 GiB or longer.
    pub fn parse<'arena>(
        &'arena mut self,
        grammar: &Grammar,
        actions: &[Action],
        source: &[u8],
        encoding: ParseEncoding,
        deadline: Option<Deadline>,
    ) -> Result<Tree<'arena>, ParseStop> {
        self.parse_for_two(grammar, (actions, None), source, encoding, deadline)
    }

    /// Parse `source` as [`Arena::parse`] does, and flatten the tree by a second table of actions too.
    ///
    /// # Errors
    /// Why there is no tree.
    ///
    /// # Panics
    /// As [`Arena::parse`] does, by either table.
    pub fn parse_for_two<'arena>(
        &'arena mut self,
        grammar: &Grammar,
        actions: (&[Action], Option<&[Action]>),
        source: &[u8],
        encoding: ParseEncoding,
        mut deadline: Option<Deadline>,
    ) -> Result<Tree<'arena>, ParseStop> {
        let (actions, more_actions) = actions;
        for table in std::iter::once(actions).chain(more_actions) {
            assert_eq!(table.len(), usize::from(grammar.error_symbol()) + 1);
        }
        let length = u32::try_from(source.len()).expect("a source under 4 GiB");
        let raw_grammar = RawGrammar {
            language: grammar.language.as_ptr(),
            actions: actions.as_ptr().cast(),
            public_symbols: grammar.public_symbols.as_ptr(),
            fields: grammar.fields.as_ptr(),
            field_stride: grammar.field_stride,
            symbol_count: grammar.public_symbols.len() as u32,
            more_actions: more_actions.map_or(ptr::null(), |table| table.as_ptr().cast()),
        };
        let context: *mut c_void = deadline.as_mut().map_or(ptr::null_mut(), |deadline| ptr::from_mut(deadline).cast());
        let mut tree = RawTree {
            records: ptr::null(),
            record_count: 0,
            error_count: 0,
            first_error_start: 0,
            first_error_end: 0,
            arena_bytes: 0,
            flatten_ns: 0,
            more_records: ptr::null(),
            more_record_count: 0,
        };
        // SAFETY: the arena is ours alone (&mut) and alive; every pointer in `raw_grammar` is valid for
        // the sizes that core.h states (tables of actions: asserted above, the second may be null; the others: built by Grammar::new);
        // `source` is readable for `length` bytes; `context` is null or the deadline, which outlives
        // the call; `tree` is writable. longjmp in it crosses C frames only: `past_deadline` returns.
        let status = unsafe {
            cg_parse(
                self.raw.as_ptr(),
                &raw_grammar,
                source.as_ptr(),
                length,
                encoding as u32,
                (!context.is_null()).then_some(past_deadline),
                context,
                &mut tree,
            )
        };
        let slice = |records: *const Record, count: u32| {
            if records.is_null() {
                return &[][..];
            }
            // SAFETY: on success the records are an initialised array of that length in the arena,
            // untouched until the arena's next use, which needs the borrow to have ended.
            unsafe { std::slice::from_raw_parts(records, count as usize) }
        };
        match status {
            0 => Ok(Tree {
                records: slice(tree.records, tree.record_count),
                more_records: slice(tree.more_records, tree.more_record_count),
                errors: tree.error_count,
                first_error: (tree.first_error_start, tree.first_error_end),
                arena_bytes: tree.arena_bytes,
                flatten_ns: tree.flatten_ns,
            }),
            1 => Err(ParseStop::TimedOut),
            2 => Err(ParseStop::OutOfMemory),
            _ => Err(ParseStop::Grammar),
        }
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: made by cg_arena_new, deleted once; no records borrow it any more.
        unsafe { cg_arena_delete(self.raw.as_ptr()) }
    }
}

extern "C" fn past_deadline(context: *mut c_void) -> bool {
    // SAFETY: `Arena::parse` passes a pointer to a `Deadline` that outlives the parse, in the thread that parses.
    unsafe { *context.cast::<Deadline>() }.passed()
}
