//! IR rows of one file, compact: texts are ranges of one pool, names are ids, parents are ordinals.

use crate::names::{NameId, Names};

/// A range of [`FileRows::pool`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct TextRef {
    pub start: u32,
    pub end: u32,
}

/// Lines 1-based, columns and bytes 0-based, in the order of the `span` struct.
pub type Span = [i32; 6];

/// No node, no call site.
pub const NONE: i32 = -1;

/// Visibility of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Visibility {
    Public,
    Private,
    Internal,
    Named(NameId),
    PackDefault,
    PackInInterfaces,
}

/// A row of `nodes`.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct NodeRow {
    pub id: TextRef,
    pub fqn: TextRef,
    pub name: NameId,
    pub kind: NameId,
    /// Ordinal of the parent, or [`NONE`]: the package.
    pub parent: i32,
    pub start_line: i32,
    pub end_line: i32,
    pub start_byte: u32,
    pub end_byte: u32,
    /// Range of [`FileRows::modifiers`].
    pub modifiers: (u32, u32),
    pub generator: bool,
    pub visibility: Visibility,
    pub is_test: bool,
    pub signature: Option<TextRef>,
    pub docstring: Option<TextRef>,
    pub complexity: Option<i32>,
    pub content_hash: Option<[u8; 16]>,
    pub metadata: Option<TextRef>,
}

/// Why a call site is what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum CallReason {
    UnboundName,
    ReceiverUnknown,
    ComputedCallee,
    LocalValue,
}

/// A row of `call_sites`.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct CallRow {
    /// Ordinal of the caller's node.
    pub caller: i32,
    /// From 1 within the caller.
    pub number: u32,
    pub callee: TextRef,
    pub receiver: Option<TextRef>,
    pub arity: i32,
    pub span: Span,
    pub reason: CallReason,
    /// Some row of `uses` stands for this call.
    pub used: bool,
}

/// A row of `imports`.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct ImportRow {
    /// Ordinal of the import's node, whose id is this row's.
    pub node: i32,
    pub span: Span,
    pub raw: TextRef,
    pub module: NameId,
    pub name: Option<NameId>,
    pub alias: Option<NameId>,
}

/// What a name is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum UseKind {
    Call,
    Reference,
    Base,
    Implements,
    Decorator,
    Method,
    Owner,
    Overrides,
    Type,
}

/// What a used name is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BindingKind {
    Definition,
    Import,
    Receiver,
    Super,
    Global,
    Type,
}

/// A row of `uses`.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct UseRow {
    pub used: UseKind,
    pub node: i32,
    pub name: NameId,
    pub binding: BindingKind,
    pub target: i32,
    pub line: i32,
    pub column: i32,
    pub call_site: i32,
}

/// A row of `exports`.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct ExportRow {
    pub name: NameId,
    pub node: i32,
    pub module: Option<NameId>,
    pub source_name: Option<NameId>,
}

/// All rows that the walk of one file gives.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct FileRows {
    pub pool: String,
    pub names: Names,
    pub modifiers: Vec<NameId>,
    pub nodes: Vec<NodeRow>,
    pub call_sites: Vec<CallRow>,
    pub imports: Vec<ImportRow>,
    pub uses: Vec<UseRow>,
    pub exports: Vec<ExportRow>,
    /// Definitions without a row because they are nested too deep.
    pub buried: u32,
    /// The text as one LZ4 block, where the session keeps sources.
    pub source: Vec<u8>,
    /// The module's name comes from the file, not from its path.
    pub declares_package: bool,
}

impl FileRows {
    /// Forget everything but keep the memory.
    pub fn reset(&mut self, seeds: &[String]) {
        self.pool.clear();
        self.names.reset(seeds);
        self.modifiers.clear();
        self.nodes.clear();
        self.call_sites.clear();
        self.imports.clear();
        self.uses.clear();
        self.exports.clear();
        self.buried = 0;
        self.source.clear();
        self.declares_package = false;
    }

    /// Add a text to the pool.
    #[inline]
    pub fn add(&mut self, text: &str) -> TextRef {
        let start = self.pool.len() as u32;
        self.pool.push_str(text);
        TextRef { start, end: self.pool.len() as u32 }
    }

    /// Add what is appended to the pool.
    #[inline]
    pub fn add_with(&mut self, append: impl FnOnce(&mut String)) -> TextRef {
        let start = self.pool.len() as u32;
        append(&mut self.pool);
        TextRef { start, end: self.pool.len() as u32 }
    }

    /// Return a text of the pool.
    #[inline]
    pub fn text(&self, text: TextRef) -> &str {
        &self.pool[text.start as usize..text.end as usize]
    }
}
