//! IR rows of a batch of files as plain columns, in the order of the contract's physical schemas.
//!
//! Appending a file copies its texts into column buffers and renumbers its names; dictionaries list
//! their values in the order of first appearance. `codegraph-py` hands the buffers to Arrow unchanged.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use crate::names::NameId;
use crate::rows::{BindingKind, CallReason, FileRows, Span, UseKind, Visibility};

/// A column of texts.
#[derive(Debug)]
pub struct Texts {
    /// Where each text starts, and the end of the last.
    pub offsets: Vec<i32>,
    /// The texts.
    pub bytes: String,
    /// Which are present; empty while all are.
    pub valid: Vec<bool>,
}

impl Default for Texts {
    fn default() -> Self {
        Self { offsets: vec![0], bytes: String::new(), valid: Vec::new() }
    }
}

impl Texts {
    /// Number of texts.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Say whether there are no texts.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    fn end(&mut self, valid: bool) {
        if !valid && self.valid.is_empty() {
            self.valid.resize(self.len(), true);
        }
        if !self.valid.is_empty() || !valid {
            self.valid.push(valid);
        }
        self.offsets.push(self.bytes.len() as i32);
    }

    #[inline]
    fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.end(true);
    }

    #[inline]
    fn push_option(&mut self, text: Option<&str>) {
        if let Some(text) = text {
            self.bytes.push_str(text);
        }
        self.end(text.is_some());
    }
}

/// A dictionary column.
#[derive(Debug, Default)]
pub struct Symbols {
    /// Index of each row's value; -1 where there is none.
    pub keys: Vec<i32>,
    /// Distinct values in the order of first appearance.
    pub values: Texts,
    /// Hash and index.
    table: HashTable<(u64, i32)>,
    /// By number of a fixed value: its index plus 1.
    fixed: [i32; 9],
}

impl Symbols {
    fn code(&mut self, text: &str) -> i32 {
        self.code_of_hash(text, xxh3_64(text.as_bytes()))
    }

    /// The code of a text whose xxh3_64 is known.
    fn code_of_hash(&mut self, text: &str, hash: u64) -> i32 {
        let values = &self.values;
        let at = |code: i32| {
            let start = values.offsets[code as usize] as usize;
            &values.bytes.as_bytes()[start..values.offsets[code as usize + 1] as usize]
        };
        if let Some(&(_, code)) = self.table.find(hash, |&(known, code)| known == hash && at(code) == text.as_bytes()) {
            return code;
        }
        let code = self.values.len() as i32;
        self.values.push(text);
        self.table.insert_unique(hash, (hash, code), |&(known, _)| known);
        code
    }

    /// Add a value that no other code of this batch has.
    #[inline]
    fn fresh(&mut self, text: &str) -> i32 {
        self.values.push(text);
        self.values.len() as i32 - 1
    }

    fn push(&mut self, text: &str) {
        let code = self.code(text);
        self.keys.push(code);
    }

    /// Add the same value many times.
    pub fn push_all(&mut self, text: &str, count: usize) {
        if count > 0 {
            let code = self.code(text);
            self.keys.resize(self.keys.len() + count, code);
        }
    }

    fn push_option(&mut self, text: Option<&str>) {
        let code = text.map_or(-1, |text| self.code(text));
        self.keys.push(code);
    }

    /// Add one of at most nine values that never change.
    #[inline]
    fn push_fixed(&mut self, number: usize, text: &str) {
        if self.fixed[number] == 0 {
            self.fixed[number] = self.code(text) + 1;
        }
        self.keys.push(self.fixed[number] - 1);
    }
}

/// A column of lists of texts.
#[derive(Debug)]
pub struct TextLists {
    /// Where each list starts, and the end of the last.
    pub offsets: Vec<i32>,
    /// The lists' items.
    pub items: Texts,
}

impl Default for TextLists {
    fn default() -> Self {
        Self { offsets: vec![0], items: Texts::default() }
    }
}

impl TextLists {
    fn end(&mut self) {
        self.offsets.push(self.items.len() as i32);
    }
}

/// A column of spans.
#[derive(Debug, Default)]
pub struct Spans {
    /// The six fields.
    pub fields: [Vec<i32>; 6],
    /// Which are present.
    pub valid: Vec<bool>,
}

impl Spans {
    #[inline]
    fn push(&mut self, span: &Span) {
        for (field, value) in self.fields.iter_mut().zip(span) {
            field.push(*value);
        }
        self.valid.push(true);
    }

    fn push_none(&mut self) {
        for field in &mut self.fields {
            field.push(0);
        }
        self.valid.push(false);
    }
}

/// A column of numbers that may be absent.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Numbers {
    pub values: Vec<i32>,
    pub valid: Vec<bool>,
}

impl Numbers {
    fn push(&mut self, value: Option<i32>) {
        self.values.push(value.unwrap_or_default());
        self.valid.push(value.is_some());
    }
}

/// Columns of `files`.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Files {
    pub path: Texts,
    pub language: Symbols,
    pub content_hash: Texts,
    pub size: Vec<i64>,
    pub mtime_ns: Vec<i64>,
    pub lines: Vec<i32>,
    pub status: Symbols,
    pub parse_errors: Vec<i32>,
    pub module_fqn: Texts,
}

/// Columns of `nodes`; those that are always empty here are left out.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Nodes {
    pub id: Texts,
    pub kind: Symbols,
    pub name: Texts,
    pub fqn: Texts,
    pub parent_id: Symbols,
    pub file_path: Symbols,
    pub start_line: Vec<i32>,
    pub end_line: Vec<i32>,
    pub start_byte: Vec<i32>,
    pub end_byte: Vec<i32>,
    pub language: Symbols,
    pub modifiers: TextLists,
    pub visibility: Symbols,
    pub is_test: Vec<bool>,
    pub signature: Texts,
    pub docstring: Texts,
    pub complexity: Numbers,
    pub content_hash: Texts,
    pub metadata: Texts,
    /// Keys (xxh3_64) of `id`, `name` and `fqn`.
    pub keys: [Vec<u64>; 3],
}

/// Columns of `call_sites`; `candidates` is always empty here.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct CallSites {
    pub id: Texts,
    pub caller_id: Symbols,
    pub callee_text: Texts,
    pub receiver_text: Texts,
    pub arity: Vec<i32>,
    pub file_path: Symbols,
    pub span: Spans,
    pub status: Symbols,
    pub reason: Symbols,
}

/// Columns of `imports`; targets and reasons are always empty here.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Imports {
    pub id: Texts,
    pub file_path: Symbols,
    pub span: Spans,
    pub raw: Texts,
    pub module: Symbols,
    pub name: Texts,
    pub alias: Texts,
    pub status: Symbols,
}

/// Columns of `uses`.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Uses {
    pub file_path: Symbols,
    pub used: Symbols,
    pub node: Vec<i32>,
    pub name: Symbols,
    pub binding: Symbols,
    pub target: Vec<i32>,
    pub line_number: Vec<i32>,
    pub column: Vec<i32>,
    pub call_site: Vec<i32>,
}

/// Columns of `exports`.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Exports {
    pub file_path: Symbols,
    pub name: Texts,
    pub node: Vec<i32>,
    pub module: Symbols,
    pub source_name: Texts,
}

/// Columns of `diagnostics`.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Diagnostics {
    pub file_path: Symbols,
    pub stage: Symbols,
    pub code: Symbols,
    pub category: Symbols,
    pub message: Texts,
    pub span: Spans,
}

/// Columns of `sources`; every row has the role "source".
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Sources {
    pub path: Texts,
    pub size: Vec<i32>,
    /// Where each LZ4 block starts, and the end of the last.
    pub offsets: Vec<i32>,
    pub blocks: Vec<u8>,
}

impl Default for Sources {
    fn default() -> Self {
        Self { path: Texts::default(), size: Vec::new(), offsets: vec![0], blocks: Vec::new() }
    }
}

impl Sources {
    fn push(&mut self, path: &str, size: i64, block: &[u8]) {
        self.path.push(path);
        self.size.push(size as i32);
        self.blocks.extend_from_slice(block);
        self.offsets.push(self.blocks.len() as i32);
    }
}

/// A row of `files` without what the source knows already.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct FileStatus {
    pub content_hash: Option<String>,
    pub size: i64,
    pub lines: i32,
    pub status: &'static str,
    pub parse_errors: i32,
    pub diagnostics: Vec<Diagnostic>,
}

/// A row of `diagnostics`.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Diagnostic {
    pub code: &'static str,
    pub category: &'static str,
    pub message: String,
    pub span: Option<Span>,
}

/// Who a file is.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct FileIdentity<'a> {
    pub path: &'a str,
    pub language: &'a str,
    pub module_fqn: &'a str,
    pub package_id: Option<&'a str>,
    pub default_visibility: &'a str,
    pub interface_visibility: &'a str,
    pub mtime_ns: i64,
}

/// All tables of a batch.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Batch {
    pub files: Files,
    pub nodes: Nodes,
    pub call_sites: CallSites,
    pub imports: Imports,
    pub uses: Uses,
    pub exports: Exports,
    pub diagnostics: Diagnostics,
    /// Filled where the session keeps sources.
    pub sources: Sources,
    codes: Vec<i32>,
    names: Vec<i32>,
}

impl Batch {
    /// Add a file's row and its diagnostic, and the rows of its walk, if any.
    pub fn append(&mut self, file: FileIdentity<'_>, status: &FileStatus, rows: Option<&FileRows>) {
        let files = &mut self.files;
        files.path.push(file.path);
        files.language.push(file.language);
        files.content_hash.push_option(status.content_hash.as_deref());
        files.size.push(status.size);
        files.mtime_ns.push(file.mtime_ns);
        files.lines.push(status.lines);
        files.status.push(status.status);
        files.parse_errors.push(status.parse_errors);
        // A package statement in the file says more than its path.
        let module = rows.and_then(|rows| Some(rows.text(rows.nodes.first()?.fqn)));
        files.module_fqn.push(module.unwrap_or(file.module_fqn));
        for diagnostic in &status.diagnostics {
            let table = &mut self.diagnostics;
            table.file_path.push(file.path);
            table.stage.push("parse");
            table.code.push(diagnostic.code);
            table.category.push(diagnostic.category);
            table.message.push(&diagnostic.message);
            match &diagnostic.span {
                Some(span) => table.span.push(span),
                None => table.span.push_none(),
            }
        }
        if let Some(rows) = rows {
            self.append_nodes(file, rows);
            self.append_call_sites(file, rows);
            self.append_imports(file, rows);
            self.append_uses(file, rows);
            self.append_exports(file, rows);
            // A block is never empty, not even that of an empty text.
            if !rows.source.is_empty() {
                self.sources.push(file.path, status.size, &rows.source);
            }
        }
    }

    /// Return what grows by every row of the large tables.
    fn columns(&mut self) -> Vec<&mut dyn Grows> {
        let Self { nodes, call_sites, imports, uses, exports, sources, .. } = self;
        let mut all: Vec<&mut dyn Grows> = Vec::with_capacity(80);
        let texts = [
            &mut nodes.id,
            &mut nodes.name,
            &mut nodes.fqn,
            &mut nodes.parent_id.values,
            &mut nodes.modifiers.items,
            &mut nodes.signature,
            &mut nodes.docstring,
            &mut nodes.content_hash,
            &mut nodes.metadata,
            &mut call_sites.id,
            &mut call_sites.caller_id.values,
            &mut call_sites.callee_text,
            &mut call_sites.receiver_text,
            &mut imports.id,
            &mut imports.raw,
            &mut imports.module.values,
            &mut imports.name,
            &mut imports.alias,
            &mut uses.name.values,
            &mut exports.name,
            &mut exports.source_name,
        ];
        for Texts { offsets, bytes, valid } in texts {
            all.extend([offsets as &mut dyn Grows, bytes, valid]);
        }
        let numbers = [
            &mut nodes.kind.keys,
            &mut nodes.parent_id.keys,
            &mut nodes.file_path.keys,
            &mut nodes.start_line,
            &mut nodes.end_line,
            &mut nodes.start_byte,
            &mut nodes.end_byte,
            &mut nodes.language.keys,
            &mut nodes.modifiers.offsets,
            &mut nodes.visibility.keys,
            &mut nodes.complexity.values,
            &mut call_sites.caller_id.keys,
            &mut call_sites.arity,
            &mut call_sites.file_path.keys,
            &mut call_sites.status.keys,
            &mut call_sites.reason.keys,
            &mut imports.file_path.keys,
            &mut imports.module.keys,
            &mut imports.status.keys,
            &mut uses.file_path.keys,
            &mut uses.used.keys,
            &mut uses.node,
            &mut uses.name.keys,
            &mut uses.binding.keys,
            &mut uses.target,
            &mut uses.line_number,
            &mut uses.column,
            &mut uses.call_site,
            &mut exports.file_path.keys,
            &mut exports.node,
            &mut exports.module.keys,
        ];
        all.extend(numbers.into_iter().map(|column| column as &mut dyn Grows));
        for Spans { fields, valid } in [&mut call_sites.span, &mut imports.span] {
            all.extend(fields.iter_mut().map(|field| field as &mut dyn Grows));
            all.push(valid);
        }
        all.extend(nodes.keys.iter_mut().map(|keys| keys as &mut dyn Grows));
        all.extend([&mut nodes.is_test as &mut dyn Grows, &mut nodes.complexity.valid, &mut sources.blocks]);
        all
    }

    fn append_nodes(&mut self, file: FileIdentity<'_>, rows: &FileRows) {
        let nodes = &mut self.nodes;
        let path = nodes.file_path.code(file.path);
        let language = nodes.language.code(file.language);
        self.codes.clear();
        self.codes.resize(rows.nodes.len(), -1);
        self.names.clear();
        self.names.resize(rows.names.len(), -1);
        for row in &rows.nodes {
            nodes.id.push(rows.text(row.id));
            let kind = &mut self.names[row.kind.0 as usize];
            if *kind < 0 {
                *kind = nodes.kind.code_of_hash(rows.names.text(row.kind), rows.names.key(row.kind));
            }
            nodes.kind.keys.push(*kind);
            nodes.name.push(rows.names.text(row.name));
            nodes.fqn.push(rows.text(row.fqn));
            let parent = match usize::try_from(row.parent) {
                Ok(parent) => {
                    if self.codes[parent] < 0 {
                        self.codes[parent] = nodes.parent_id.fresh(rows.text(rows.nodes[parent].id));
                    }
                    self.codes[parent]
                }
                Err(_) => file.package_id.map_or(-1, |package| nodes.parent_id.code(package)),
            };
            nodes.parent_id.keys.push(parent);
            nodes.file_path.keys.push(path);
            nodes.start_line.push(row.start_line);
            nodes.end_line.push(row.end_line);
            nodes.start_byte.push(row.start_byte as i32);
            nodes.end_byte.push(row.end_byte as i32);
            nodes.language.keys.push(language);
            for modifier in &rows.modifiers[row.modifiers.0 as usize..row.modifiers.1 as usize] {
                nodes.modifiers.items.push(rows.names.text(*modifier));
            }
            if row.generator {
                nodes.modifiers.items.push("generator");
            }
            nodes.modifiers.end();
            match row.visibility {
                Visibility::Public => nodes.visibility.push_fixed(0, "public"),
                Visibility::Private => nodes.visibility.push_fixed(1, "private"),
                Visibility::Internal => nodes.visibility.push_fixed(2, "internal"),
                Visibility::Named(name) => nodes.visibility.push(rows.names.text(name)),
                Visibility::PackDefault => nodes.visibility.push(file.default_visibility),
                Visibility::PackInInterfaces => nodes.visibility.push(file.interface_visibility),
            }
            nodes.is_test.push(row.is_test);
            nodes.signature.push_option(row.signature.map(|text| rows.text(text)));
            nodes.docstring.push_option(row.docstring.map(|text| rows.text(text)));
            nodes.complexity.push(row.complexity);
            if let Some(hash) = &row.content_hash {
                push_hex(&mut nodes.content_hash.bytes, hash);
            }
            nodes.content_hash.end(row.content_hash.is_some());
            nodes.metadata.push_option(row.metadata.map(|text| rows.text(text)));
            let [id_keys, name_keys, fqn_keys] = &mut nodes.keys;
            id_keys.push(xxh3_64(rows.text(row.id).as_bytes()));
            name_keys.push(rows.names.key(row.name));
            fqn_keys.push(xxh3_64(rows.text(row.fqn).as_bytes()));
        }
    }

    fn append_call_sites(&mut self, file: FileIdentity<'_>, rows: &FileRows) {
        let calls = &mut self.call_sites;
        if rows.call_sites.is_empty() {
            return;
        }
        let path = calls.file_path.code(file.path);
        self.codes.clear();
        self.codes.resize(rows.nodes.len(), -1);
        for row in &rows.call_sites {
            let caller = rows.text(rows.nodes[row.caller as usize].id);
            calls.id.bytes.push_str(caller);
            calls.id.bytes.push_str("#call");
            push_number(&mut calls.id.bytes, row.number);
            calls.id.end(true);
            let code = &mut self.codes[row.caller as usize];
            if *code < 0 {
                *code = calls.caller_id.fresh(caller);
            }
            calls.caller_id.keys.push(*code);
            calls.callee_text.push(rows.text(row.callee));
            calls.receiver_text.push_option(row.receiver.map(|text| rows.text(text)));
            calls.arity.push(row.arity);
            calls.file_path.keys.push(path);
            calls.span.push(&row.span);
            if row.reason == CallReason::ComputedCallee {
                calls.status.push_fixed(0, "dynamic");
            } else {
                calls.status.push_fixed(1, "unresolved");
            }
            match row.reason {
                _ if row.used => calls.reason.keys.push(-1),
                CallReason::UnboundName => calls.reason.push_fixed(0, "unbound-name"),
                CallReason::ReceiverUnknown => calls.reason.push_fixed(1, "receiver-unknown"),
                CallReason::ComputedCallee => calls.reason.push_fixed(2, "computed-callee"),
                CallReason::LocalValue => calls.reason.push_fixed(3, "local-value"),
            }
        }
    }

    fn append_imports(&mut self, file: FileIdentity<'_>, rows: &FileRows) {
        let imports = &mut self.imports;
        if rows.imports.is_empty() {
            return;
        }
        let path = imports.file_path.code(file.path);
        for row in &rows.imports {
            imports.id.push(rows.text(rows.nodes[row.node as usize].id));
            imports.file_path.keys.push(path);
            imports.span.push(&row.span);
            imports.raw.push(rows.text(row.raw));
            imports.module.push(rows.names.text(row.module));
            imports.name.push_option(row.name.map(|name| rows.names.text(name)));
            imports.alias.push_option(row.alias.map(|name| rows.names.text(name)));
            imports.status.push_fixed(0, "unresolved");
        }
    }

    fn append_uses(&mut self, file: FileIdentity<'_>, rows: &FileRows) {
        let uses = &mut self.uses;
        if rows.uses.is_empty() {
            return;
        }
        let path = uses.file_path.code(file.path);
        self.names.clear();
        self.names.resize(rows.names.len(), -1);
        for row in &rows.uses {
            uses.file_path.keys.push(path);
            match row.used {
                UseKind::Call => uses.used.push_fixed(0, "call"),
                UseKind::Reference => uses.used.push_fixed(1, "reference"),
                UseKind::Base => uses.used.push_fixed(2, "base"),
                UseKind::Implements => uses.used.push_fixed(3, "implements"),
                UseKind::Decorator => uses.used.push_fixed(4, "decorator"),
                UseKind::Method => uses.used.push_fixed(5, "method"),
                UseKind::Owner => uses.used.push_fixed(6, "owner"),
                UseKind::Overrides => uses.used.push_fixed(7, "overrides"),
                UseKind::Type => uses.used.push_fixed(8, "type"),
            }
            uses.node.push(row.node);
            let NameId(name) = row.name;
            let code = &mut self.names[name as usize];
            if *code < 0 {
                *code = uses.name.code_of_hash(rows.names.text(row.name), rows.names.key(row.name));
            }
            uses.name.keys.push(*code);
            match row.binding {
                BindingKind::Definition => uses.binding.push_fixed(0, "definition"),
                BindingKind::Import => uses.binding.push_fixed(1, "import"),
                BindingKind::Receiver => uses.binding.push_fixed(2, "self"),
                BindingKind::Super => uses.binding.push_fixed(3, "super"),
                BindingKind::Global => uses.binding.push_fixed(4, "global"),
                BindingKind::Type => uses.binding.push_fixed(5, "type"),
            }
            uses.target.push(row.target);
            uses.line_number.push(row.line);
            uses.column.push(row.column);
            uses.call_site.push(row.call_site);
        }
    }

    fn append_exports(&mut self, file: FileIdentity<'_>, rows: &FileRows) {
        let exports = &mut self.exports;
        for row in &rows.exports {
            exports.file_path.push(file.path);
            exports.name.push(rows.names.text(row.name));
            exports.node.push(row.node);
            exports.module.push_option(row.module.map(|name| rows.names.text(name)));
            exports.source_name.push_option(row.source_name.map(|name| rows.names.text(name)));
        }
    }
}

/// Something that grows by one, and can make room for more at once.
trait Grows {
    fn size(&self) -> usize;
    fn make_room(&mut self, size: usize);
}

impl<T> Grows for Vec<T> {
    fn size(&self) -> usize {
        self.len()
    }

    fn make_room(&mut self, size: usize) {
        self.reserve_exact(size);
    }
}

impl Grows for String {
    fn size(&self) -> usize {
        self.len()
    }

    fn make_room(&mut self, size: usize) {
        self.reserve_exact(size);
    }
}

/// How large the columns of a batch became. The next one begins with as much room, and mostly grows no more:
/// growing by doubling copies what is there, and touches fresh pages for it.
#[derive(Debug, Default)]
pub struct Room {
    sizes: Vec<usize>,
    source_bytes: u64,
}

impl Room {
    /// Note the sizes of a batch of so many bytes of source.
    pub fn of(batch: &mut Batch, source_bytes: u64) -> Self {
        Self { sizes: batch.columns().iter().map(|column| column.size()).collect(), source_bytes }
    }

    /// Return an empty batch with room for the rows of so many bytes of source, by what those before had.
    pub fn batch(&self, source_bytes: u64) -> Batch {
        let mut batch = Batch::default();
        // Few bytes say little of many, and an eighth more is cheaper than to grow.
        let scale = (source_bytes as f64 / self.source_bytes.max(1) as f64).min(4.0) * 1.125;
        for (column, size) in batch.columns().into_iter().zip(&self.sizes) {
            column.make_room((*size as f64 * scale) as usize);
        }
        batch
    }
}

/// Append bytes as lower-case hexadecimal digits.
pub fn push_hex(target: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        target.push(char::from(DIGITS[usize::from(byte >> 4)]));
        target.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

fn push_number(target: &mut String, mut number: u32) {
    let mut digits = [0; 10];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    target.extend(digits[first..].iter().map(|digit| char::from(*digit)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_begins_with_the_room_that_the_one_before_took() {
        let mut before = Batch::default();
        assert_eq!(Room::default().batch(100).nodes.id.bytes.capacity(), 0);
        for _ in 0..100 {
            before.nodes.id.push("twelve bytes");
            before.uses.used.push("call");
            before.call_sites.span.push(&[0; 6]);
        }
        let room = Room::of(&mut before, 1_000);
        for (source_bytes, least, most) in [(1_000, 100, 120), (2_000, 200, 240), (1 << 40, 400, 480), (0, 0, 0)] {
            let batch = room.batch(source_bytes);
            assert!(batch.nodes.id.is_empty() && batch.uses.used.keys.is_empty());
            let ids = batch.nodes.id.bytes.capacity() / "twelve bytes".len();
            let numbers = [batch.uses.used.keys.capacity(), batch.call_sites.span.fields[5].capacity(), ids];
            assert!(numbers.iter().all(|number| (least..=most).contains(number)), "{numbers:?} of {source_bytes}");
            assert_eq!(batch.imports.raw.bytes.capacity(), 0);
        }
    }
}
