//! The walk from a flat tree to IR rows: the twin of the reference engine's `walker.py`, which is
//! normative. Functions have the names of their twins, in the same order, so that the two can be read
//! side by side; that is also why the module is long. `imports.rs` is the twin of `imports.py`.

use std::borrow::Cow;

use crate::core::Record;
use crate::imports::Required;
use crate::lines::Lines;
use crate::names::NameId;
use crate::pack::{FieldUse, Role};
use crate::rows::{
    BindingKind, CallReason, CallRow, ExportRow, FileRows, NONE, NodeRow, Span, TextRef, UseKind, UseRow, Visibility,
};
use crate::scopes::{ABSENT, Bound, Frame, LOCAL, NOWHERE, Rank, Receiver, Scopes};
use crate::table::{Known, Language, Opens, Rule, seed};
use crate::text::{
    Encoding, MAX_TEXT_BYTES, clean_block_comment, clean_docstring, clean_line_comments, collapse, cut, decode,
    is_constant_name, joined, push_json_string, signature_text, unquote, without_spaces,
};

/// Longest id below the module's part of which definitions still have rows.
const MAX_PATH_CHARACTERS: usize = 1_000;
/// Longest name of a definition.
const MAX_NAME_CHARACTERS: usize = 500;

/// How a node's names are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Names are references.
    Expr,
    /// Names are bound.
    Bind,
    /// Names are bound as parameters.
    Param,
    /// The node itself names a member.
    Member,
}

/// What surrounds a node: an index into the walker's list of that kind.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Carry {
    None,
    Wrap(u32),
    Named(u32),
    Binding(u32),
    Parameter(u32),
}

/// What a dotted name begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    Name,
    Receiver,
    Super,
}

/// What wrappers around a definition lend it.
#[derive(Clone, Debug)]
pub(crate) struct Wrap {
    modifiers: Vec<NameId>,
    start: u32,
    hoist: bool,
    export: bool,
}

/// A name that an anonymous definition takes from the place it is assigned to.
#[derive(Clone, Copy, Debug)]
struct Named {
    name: NameId,
    wrap: Option<u32>,
    start_byte: u32,
    scope: Option<u32>,
}

/// What is known about names while a binder's targets are walked.
#[derive(Clone, Debug)]
pub(crate) struct Binding<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) node: u32,
    wrap: Option<u32>,
    annotation: Option<TextRef>,
    strings: Option<Vec<NameId>>,
    pub(crate) hoist: bool,
    pub(crate) module: Option<Required>,
    /// The import call, by its bytes.
    pub(crate) call: (u32, u32),
    pub(crate) key: Option<NameId>,
    pub(crate) depth: u32,
}

/// What is known about a parameter while its pattern is walked.
#[derive(Clone, Debug, Default)]
struct Parameter {
    annotation: Option<TextRef>,
    default: Option<TextRef>,
    modifiers: Vec<NameId>,
}

/// Nodes still to walk, all read in one way. Only with mode `Expr` and no carry may they be many.
#[derive(Clone, Copy, Debug)]
struct Item {
    next: u32,
    end: u32,
    scope: u32,
    mode: Mode,
    carry: Carry,
}

#[derive(Clone, Copy, Debug)]
struct PendingUse {
    scope: u32,
    used: UseKind,
    ordinal: i32,
    head: Head,
    name: NameId,
    node: u32,
    call: i32,
}

#[derive(Clone, Debug)]
struct PendingDecorator {
    frame: u32,
    node: u32,
    text: String,
    head: Head,
    name: Option<NameId>,
    scope: u32,
}

#[derive(Clone, Copy, Debug)]
struct BaseName {
    used: UseKind,
    head: Head,
    name: NameId,
    node: u32,
}

/// What a file's path and bytes say of its module.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Module<'a> {
    pub fqn: &'a str,
    pub suffix: &'a str,
    pub test_file: bool,
    pub content_hash: [u8; 16],
    pub lines: i32,
}

/// Memory that one walk leaves to the next.
#[derive(Default)]
pub struct Scratch {
    scopes: Scopes,
    lines: Lines,
    stack: Vec<Item>,
    uses: Vec<PendingUse>,
    parts: Vec<u32>,
}

impl Scratch {
    /// The lines of the file.
    pub fn lines(&mut self) -> &mut Lines {
        &mut self.lines
    }
}

/// The named ones among a node's recorded children.
pub(crate) struct Children<'a> {
    records: &'a [Record],
    named: &'a [bool],
    next: u32,
    end: u32,
}

impl Iterator for Children<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        while self.next < self.end {
            let node = self.next;
            let record = &self.records[node as usize];
            self.next = record.next;
            if self.named[usize::from(record.symbol)] {
                return Some(node);
            }
        }
        None
    }
}

/// Walks one file.
pub struct Walker<'a> {
    pub(crate) language: &'a Language,
    records: &'a [Record],
    source: &'a [u8],
    encoding: Encoding,
    module: Module<'a>,
    pub(crate) rows: &'a mut FileRows,
    pub(crate) scopes: &'a mut Scopes,
    lines: &'a mut Lines,
    stack: &'a mut Vec<Item>,
    items: Vec<Item>,
    pending_uses: &'a mut Vec<PendingUse>,
    parts: &'a mut Vec<u32>,
    pub(crate) pending_exports: Vec<(NameId, NameId)>,
    pending_decorators: Vec<PendingDecorator>,
    pub(crate) taken_calls: Vec<(u32, u32)>,
    pub(crate) value_exports: Vec<((u32, u32), NameId)>,
    wraps: Vec<Wrap>,
    named: Vec<Named>,
    pub(crate) bindings: Vec<Binding<'a>>,
    parameters: Vec<Parameter>,
    comment: Option<(u32, u32)>,
    pub(crate) star_import: bool,
    super_call: &'a str,
}

impl<'a> Walker<'a> {
    /// Make a walker over a file's records; `rows` and `scratch` are emptied first, but for its lines,
    /// which must be those of `source`.
    pub fn new(
        language: &'a Language,
        records: &'a [Record],
        source: &'a [u8],
        encoding: Encoding,
        module: Module<'a>,
        rows: &'a mut FileRows,
        scratch: &'a mut Scratch,
    ) -> Self {
        rows.reset(&language.seeds);
        scratch.scopes.reset();
        scratch.stack.clear();
        scratch.uses.clear();
        Self {
            language,
            records,
            source,
            encoding,
            module,
            rows,
            scopes: &mut scratch.scopes,
            lines: &mut scratch.lines,
            stack: &mut scratch.stack,
            items: Vec::new(),
            pending_uses: &mut scratch.uses,
            parts: &mut scratch.parts,
            pending_exports: Vec::new(),
            pending_decorators: Vec::new(),
            taken_calls: Vec::new(),
            value_exports: Vec::new(),
            wraps: Vec::new(),
            named: Vec::new(),
            bindings: Vec::new(),
            parameters: Vec::new(),
            comment: None,
            star_import: false,
            super_call: &language.pack.super_call,
        }
    }

    pub(crate) fn records(&self) -> &'a [Record] {
        self.records
    }

    // -- the tree ------------------------------------------------------------------------------------

    #[inline]
    pub(crate) fn record(&self, node: u32) -> &'a Record {
        &self.records[node as usize]
    }

    #[inline]
    pub(crate) fn rule(&self, node: u32) -> Option<&'a Rule> {
        self.language.rule(self.record(node).symbol)
    }

    #[inline]
    pub(crate) fn role(&self, node: u32) -> Option<Role> {
        self.rule(node).map(|rule| rule.role)
    }

    #[inline]
    pub(crate) fn known(&self, node: u32) -> Known {
        self.language.known[usize::from(self.record(node).symbol)]
    }

    #[inline]
    pub(crate) fn children(&self, node: u32) -> Children<'a> {
        let end = self.record(node).next;
        Children { records: self.records, named: &self.language.named, next: node + 1, end }
    }

    /// Every recorded child, anonymous tokens too.
    #[inline]
    pub(crate) fn tokens_of(&self, node: u32) -> impl Iterator<Item = u32> + use<'a> {
        let records = self.records;
        let end = records[node as usize].next;
        let mut next = node + 1;
        std::iter::from_fn(move || {
            (next < end).then(|| {
                let child = next;
                next = records[child as usize].next;
                child
            })
        })
    }

    #[inline]
    pub(crate) fn child_by_field(&self, node: u32, field: u16) -> Option<u32> {
        if field == 0 {
            return None;
        }
        self.tokens_of(node).find(|&child| self.record(child).field == field)
    }

    /// A node's named children in source order with how each is read.
    #[inline]
    pub(crate) fn fields(&self, node: u32, rule: &'a Rule) -> impl Iterator<Item = (u32, FieldUse)> + use<'a> {
        let records = self.records;
        self.children(node).map(move |child| {
            let record = &records[child as usize];
            (child, rule.use_of(record.field, record.symbol))
        })
    }

    // -- texts ---------------------------------------------------------------------------------------

    #[inline]
    fn bytes(&self, start: u32, end: u32) -> &'a [u8] {
        // Python's slices are empty, not an error, where the end comes first.
        self.source.get(start as usize..end as usize).unwrap_or(&[])
    }

    #[inline]
    pub(crate) fn raw(&self, node: u32) -> &'a [u8] {
        let record = self.record(node);
        self.bytes(record.start, record.end)
    }

    #[inline]
    pub(crate) fn text(&self, node: u32) -> Cow<'a, str> {
        decode(self.raw(node), self.encoding)
    }

    #[inline]
    pub(crate) fn intern(&mut self, node: u32) -> NameId {
        let text = self.text(node);
        self.rows.names.intern(&text)
    }

    /// A node's text without any whitespace.
    pub(crate) fn intern_joined(&mut self, node: u32) -> NameId {
        let text = without_spaces(self.text(node));
        self.rows.names.intern(&text)
    }

    /// A node's source text on one line, capped.
    fn short(&self, node: u32) -> Cow<'a, str> {
        let raw = self.raw(node);
        if self.encoding != Encoding::Utf8 {
            return Cow::Owned(collapse(&self.transcoded(raw), Encoding::Utf8).into_owned());
        }
        if raw.len() > 4 * MAX_TEXT_BYTES {
            // Enough of a long text, unless it is mostly white space: chains of calls nest such texts.
            let head = joined(&raw[..4 * MAX_TEXT_BYTES]);
            if head.len() > MAX_TEXT_BYTES {
                return Cow::Owned(cut(&head, Encoding::Utf8, MAX_TEXT_BYTES));
            }
        }
        collapse(raw, Encoding::Utf8)
    }

    /// Bytes in UTF-8, whatever the source's encoding: white space is looked for there.
    fn transcoded<'r>(&self, raw: &'r [u8]) -> Cow<'r, [u8]> {
        match self.encoding {
            Encoding::Utf8 => Cow::Borrowed(raw),
            other => Cow::Owned(decode(raw, other).into_owned().into_bytes()),
        }
    }

    pub(crate) fn add_short(&mut self, node: u32) -> TextRef {
        let text = self.short(node);
        self.rows.add(&text)
    }

    /// A string literal's content, or None if it is not a literal without interpolation.
    pub(crate) fn string_value(&self, node: u32) -> Option<Cow<'a, str>> {
        if self.role(node) != Some(Role::String)
            || self.children(node).any(|child| self.record(child).child_count() > 0)
        {
            return None;
        }
        Some(match self.text(node) {
            Cow::Borrowed(text) => Cow::Borrowed(unquote(text)),
            Cow::Owned(text) => Cow::Owned(unquote(&text).to_owned()),
        })
    }

    /// The name that a NAME child spells, or None if it is computed.
    pub(crate) fn name_text(&self, node: u32) -> Option<Cow<'a, str>> {
        let role = self.role(node);
        let text = if role == Some(Role::String) {
            self.string_value(node)?
        } else if self.record(node).child_count() == 0 {
            self.text(node)
        } else if matches!(role, Some(Role::Dotted | Role::Member)) {
            return Some(self.text(node));
        } else {
            return None;
        };
        (!text.is_empty()).then_some(text)
    }

    pub(crate) fn name_id(&mut self, node: u32) -> Option<NameId> {
        let text = self.name_text(node)?;
        Some(self.rows.names.intern(&text))
    }

    /// Follow member accesses down to their base: head, dotted name, base.
    pub(crate) fn chain(&mut self, start: u32) -> (Head, Option<NameId>, u32) {
        let mut node = start;
        self.parts.clear();
        let (head, super_call) = loop {
            let Some(rule) = self.rule(node) else { return (Head::Name, None, node) };
            match rule.role {
                Role::Member => {
                    let (Some(property), Some(target)) =
                        (self.child_by_field(node, rule.property_field), self.child_by_field(node, rule.object_field))
                    else {
                        return (Head::Name, None, node);
                    };
                    self.parts.push(property);
                    node = target;
                }
                Role::Identifier | Role::Dotted => break (Head::Name, false),
                Role::Receiver => break (Head::Receiver, false),
                Role::Super => break (Head::Super, false),
                Role::Call if !self.parts.is_empty() && !self.super_call.is_empty() => {
                    match self.child_by_field(node, rule.callee_field) {
                        Some(callee) if self.text(callee) == self.super_call => break (Head::Super, true),
                        _ => return (Head::Name, None, node),
                    }
                }
                Role::None if rule.all_same => {
                    let mut children = self.children(node);
                    match (children.next(), children.next()) {
                        (Some(inner), None) => node = inner,
                        _ => return (Head::Name, None, node),
                    }
                }
                _ => return (Head::Name, None, node),
            }
        };
        let name = match self.contiguous(node, head, super_call) {
            Some(text) => self.rows.names.intern(text),
            None => {
                let mut name = if super_call {
                    "super".to_owned()
                } else if head == Head::Name {
                    without_spaces(self.text(node)).into_owned()
                } else {
                    self.text(node).into_owned()
                };
                for &part in self.parts.iter().rev() {
                    name.push('.');
                    name.push_str(&self.text(part));
                }
                self.rows.names.intern(&name)
            }
        };
        (head, Some(name), node)
    }

    /// The source slice that is the dotted name of `base` and `parts`, if there is one.
    #[inline]
    fn contiguous(&self, base: u32, head: Head, super_call: bool) -> Option<&'a str> {
        if super_call || !matches!(self.encoding, Encoding::Utf8) {
            return None;
        }
        let first = self.record(base);
        let mut end = first.end;
        for &part in self.parts.iter().rev() {
            let part = self.record(part);
            if part.start != end + 1 || self.source.get(end as usize) != Some(&b'.') {
                return None;
            }
            end = part.end;
        }
        let spaced = |byte: &u8| *byte <= b' ' || *byte >= 0x80;
        if head == Head::Name && self.raw(base).iter().any(spaced) {
            return None;
        }
        std::str::from_utf8(self.bytes(first.start, end)).ok()
    }

    /// The modifiers that a node's own tokens spell, in source order.
    fn tokens(&mut self, node: u32, rule: &Rule, found: &mut Vec<NameId>) {
        if rule.modifier_tokens.is_empty() {
            return;
        }
        for child in self.tokens_of(node) {
            let symbol = self.record(child).symbol;
            if rule.modifier_tokens.contains(symbol) {
                found.push(if self.language.named[usize::from(symbol)] {
                    self.intern(child)
                } else {
                    self.language.token_names[usize::from(symbol)]
                });
            }
        }
    }

    // -- rows ----------------------------------------------------------------------------------------

    pub(crate) fn line_span(&mut self, node: u32) -> Span {
        let record = self.record(node);
        let (start_line, start_column) = self.lines.point(record.start);
        let (end_line, end_column) = self.lines.point(record.end);
        [start_line + 1, start_column, end_line + 1, end_column, record.start as i32, record.end as i32]
    }

    /// Add a node row below a frame; return its ordinal and the range of its id without the suffix.
    pub(crate) fn row(&mut self, frame: u32, name: NameId, kind: NameId, node: u32, more: Row<'_>) -> (i32, TextRef) {
        let owner = &self.scopes.frames[frame as usize];
        let (owner_ids, owner_fqn, parent) = (owner.ids, owner.fqn, owner.ordinal);
        let separator = if owner.parent == ABSENT { ':' } else { '.' };
        let member = self.scopes.member(frame, name);
        member.count += 1;
        let count = member.count;
        let rows = &mut *self.rows;
        let text = rows.names.text(name);
        let pool = &mut rows.pool;

        let start = pool.len() as u32;
        pool.extend_from_within(owner_ids.start as usize..owner_ids.end as usize);
        pool.push(separator);
        pool.push_str(text);
        if count > 1 {
            use std::fmt::Write;
            write!(pool, "~{count}").expect("writing to a string");
        }
        let ids = TextRef { start, end: pool.len() as u32 };
        pool.push('@');
        pool.push_str(self.module.suffix);
        let id = TextRef { start, end: pool.len() as u32 };
        let fqn_start = pool.len() as u32;
        pool.extend_from_within(owner_fqn.start as usize..owner_fqn.end as usize);
        pool.push('.');
        pool.push_str(text);
        let fqn = TextRef { start: fqn_start, end: pool.len() as u32 };

        let record = &self.records[node as usize];
        let (start_row, _) = self.lines.point(record.start);
        let (end_row, end_column) = self.lines.point(record.end);
        let modifiers_start = rows.modifiers.len() as u32;
        rows.modifiers.extend_from_slice(more.modifiers);
        let visibility = visibility_of(self.language, rows.names.text(name), more.modifiers);
        let ordinal = rows.nodes.len() as i32;
        rows.nodes.push(NodeRow {
            id,
            fqn,
            name,
            kind,
            parent,
            start_line: start_row + 1,
            end_line: (end_row + i32::from(end_column > 0)).max(start_row + 1),
            start_byte: record.start,
            end_byte: record.end,
            modifiers: (modifiers_start, modifiers_start + more.modifiers.len() as u32),
            generator: false,
            visibility,
            is_test: more.is_test,
            signature: more.signature,
            docstring: more.docstring,
            complexity: None,
            content_hash: more.content_hash,
            metadata: more.metadata,
        });
        (ordinal, ids)
    }

    /// BLAKE3-128 of a byte range.
    fn digest(&self, start: u32, end: u32) -> Option<[u8; 16]> {
        Some(short_hash(self.bytes(start, end)))
    }

    fn digest_node(&self, node: u32) -> Option<[u8; 16]> {
        let record = self.record(node);
        self.digest(record.start, record.end)
    }

    /// Add an `exports` row if the wrapper exports and the frame is the module.
    fn export(&mut self, wrap: Option<u32>, frame: u32, name: NameId, ordinal: i32) {
        let Some(wrap) = wrap else { return };
        let wrap = &self.wraps[wrap as usize];
        if wrap.export && self.scopes.frames[frame as usize].parent == ABSENT {
            let name = if wrap.modifiers.contains(&seed::DEFAULT) { seed::DEFAULT } else { name };
            self.rows.exports.push(ExportRow { name, node: ordinal, module: None, source_name: None });
        }
    }

    // -- the walk ------------------------------------------------------------------------------------

    /// Walk the file's tree. Without records there is just the module's row.
    pub fn walk(mut self) {
        let scope = self.open_module();
        if self.records.is_empty() {
            return;
        }
        self.push_range(1, self.record(0).next, scope);
        while let Some(item) = self.stack.pop() {
            match (item.mode, item.carry) {
                (Mode::Expr, Carry::None) => self.walk_range(item),
                _ => self.walk_one(item),
            }
        }
        self.finish(scope);
    }

    /// Walk nodes in expression mode until one needs its children walked in another way.
    fn walk_range(&mut self, item: Item) {
        let Item { mut next, end, scope, .. } = item;
        let frame = self.scopes.frame_of(scope);
        let (ordinal, in_type) = (frame.ordinal, frame.is_type);
        let language = self.language;
        while next < end {
            let node = next;
            let record = &self.records[node as usize];
            let Some(rule) = language.rule(record.symbol) else {
                // Its children come next in the list and are read in the same way; a token has none.
                next = node + 1;
                continue;
            };
            next = record.next;
            match rule.role {
                Role::Identifier => {
                    let name = self.intern(node);
                    self.pending_uses.push(PendingUse {
                        scope,
                        used: UseKind::Reference,
                        ordinal,
                        head: Head::Name,
                        name,
                        node,
                        call: -1,
                    });
                }
                Role::Comment => self.remember_comment(node),
                Role::None | Role::Arguments | Role::String
                    if !rule.has_below
                        && !rule.complexity_stops
                        && (rule.plain || rule.all_same)
                        && !(in_type && rule.opens == Opens::Object) =>
                {
                    if rule.complexity != 0 {
                        self.count(node, rule, scope);
                    }
                    next = node + 1;
                }
                _ => {
                    self.push_range(next, end, scope);
                    self.visit(node, rule, Mode::Expr, Carry::None, scope);
                    return;
                }
            }
        }
    }

    /// Walk one node that is read in a way of its own.
    fn walk_one(&mut self, item: Item) {
        let Item { next: node, scope, mode, carry, .. } = item;
        let Some(rule) = self.rule(node) else {
            if mode == Mode::Member {
                self.bare_member(node, scope);
            } else {
                self.push_range(node + 1, self.record(node).next, scope);
            }
            return;
        };
        match rule.role {
            Role::Identifier => match mode {
                Mode::Expr => {
                    let name = self.intern(node);
                    self.reference(scope, Head::Name, name, node);
                }
                Mode::Member => self.bare_member(node, scope),
                Mode::Bind | Mode::Param => {
                    let name = self.intern(node);
                    if name != seed::EMPTY {
                        self.bind_name(name, node, mode, carry, scope);
                    }
                }
            },
            Role::Comment => self.remember_comment(node),
            _ => self.visit(node, rule, mode, carry, scope),
        }
    }

    /// Deal with a node whose kind has a rule, by its role.
    fn visit(&mut self, node: u32, rule: &'a Rule, mode: Mode, carry: Carry, scope: u32) {
        if mode == Mode::Member {
            self.bare_member(node, scope);
            return;
        }
        if rule.complexity != 0 {
            self.count(node, rule, scope);
        }
        let role = if rule.has_below && !self.is_below(node, rule) { Role::Scope } else { rule.role };
        match role {
            Role::Member => self.member(node, mode, carry, scope),
            Role::Call => self.call(node, rule, scope),
            Role::None | Role::Arguments | Role::String => self.plain(node, rule, mode, carry, scope),
            Role::Binder => self.binder(node, rule, mode, carry, scope),
            Role::Definition => self.definition(node, rule, carry, scope),
            Role::Dotted => self.dotted_name(node, mode, carry, scope),
            Role::Wrapper | Role::Export => self.wrapper(node, rule, carry, scope),
            Role::Decorator => self.decorator(node, scope, None),
            Role::Import => self.read_import(node, rule, scope),
            Role::Scope => self.inner_scope(node, rule, scope),
            Role::OuterNames => self.outer_names(node, rule, scope),
            Role::Yield => {
                let ordinal = self.scopes.frame_of(scope).ordinal;
                self.rows.nodes[ordinal as usize].generator = true;
                self.plain(node, rule, Mode::Expr, Carry::None, scope);
            }
            Role::Identifier | Role::Comment | Role::Receiver | Role::Super | Role::Skip => {}
        }
    }

    #[inline]
    fn push_range(&mut self, next: u32, end: u32, scope: u32) {
        if next < end {
            self.stack.push(Item { next, end, scope, mode: Mode::Expr, carry: Carry::None });
        }
    }

    #[inline]
    fn item(&self, node: u32, mode: Mode, carry: Carry, scope: u32) -> Item {
        Item { next: node, end: self.record(node).next, scope, mode, carry }
    }

    #[inline]
    fn expression(&self, node: u32, scope: u32) -> Item {
        self.item(node, Mode::Expr, Carry::None, scope)
    }

    /// Push work so that the first item is walked first; give the list back for the next use.
    fn push_items(&mut self, mut items: Vec<Item>) {
        self.stack.extend(items.drain(..).rev());
        self.items = items;
    }

    #[inline]
    fn push_one(&mut self, node: u32, mode: Mode, carry: Carry, scope: u32) {
        let item = self.item(node, mode, carry, scope);
        self.stack.push(item);
    }

    #[inline]
    fn push_expr(&mut self, node: u32, scope: u32) {
        self.push_one(node, Mode::Expr, Carry::None, scope);
    }

    /// Turn round what was pushed since the stack had `mark` items, so that the first is walked first.
    #[inline]
    fn in_order(&mut self, mark: usize) {
        self.stack[mark..].reverse();
    }

    #[inline]
    fn reference(&mut self, scope: u32, head: Head, name: NameId, node: u32) {
        let ordinal = self.scopes.frame_of(scope).ordinal;
        self.pending_uses.push(PendingUse { scope, used: UseKind::Reference, ordinal, head, name, node, call: -1 });
    }

    /// Add a kind's decisions to the enclosing function.
    fn count(&mut self, node: u32, rule: &'a Rule, scope: u32) {
        if rule.has_parents && !(node != 0 && rule.parents.contains(self.record(node).parent)) {
            return;
        }
        if !rule.operators.is_empty()
            && !self.tokens_of(node).any(|child| rule.operators.contains(self.record(child).symbol))
        {
            return;
        }
        if !rule.irrefutable.is_empty() && self.irrefutable(node, rule) {
            return;
        }
        let counter = self.scopes.get(scope).counter;
        self.scopes.counters[counter as usize].decisions += rule.complexity;
    }

    /// Say whether a node stands where its kind makes rows.
    fn is_below(&self, node: u32, rule: &Rule) -> bool {
        node != 0 && rule.below.contains(self.record(node).parent)
    }

    /// Say whether a branch's pattern matches everything.
    fn irrefutable(&self, node: u32, rule: &'a Rule) -> bool {
        let mut patterns = self.fields(node, rule).filter(|(_, used)| *used == FieldUse::Bind);
        let (Some((mut pattern, _)), None) = (patterns.next(), patterns.next()) else { return false };
        let text = self.text(pattern);
        loop {
            let mut children = self.children(pattern);
            match (children.next(), children.next()) {
                (Some(only), None) => pattern = only,
                _ => break,
            }
        }
        if rule.irrefutable.iter().any(|wanted| *wanted == text) {
            return true;
        }
        rule.irrefutable.iter().any(|wanted| wanted == "*")
            && self.role(pattern) == Some(Role::Identifier)
            && self.text(pattern) == text
    }

    /// Walk a node that only says how its children are read.
    fn plain(&mut self, node: u32, rule: &'a Rule, mode: Mode, mut carry: Carry, mut scope: u32) {
        if rule.complexity_stops {
            scope = self.scopes.counted_by(scope, NOWHERE);
        }
        if rule.opens == Opens::Object && self.scopes.frame_of(scope).is_type {
            // What an object literal holds is no member of the type around it.
            scope = self.scopes.block(scope);
        }
        if rule.plain || (mode == Mode::Expr && rule.all_same) {
            self.push_range(node + 1, self.record(node).next, scope);
            return;
        }
        let mark = self.stack.len();
        if mode == Mode::Expr {
            for (child, used) in self.fields(node, rule) {
                if !self.special(child, used) {
                    let mode = if used == FieldUse::Row { Mode::Member } else { Mode::Expr };
                    self.push_one(child, mode, Carry::None, scope);
                }
            }
            self.in_order(mark);
            return;
        }
        if mode == Mode::Param {
            carry = self.parameter_carry(node, rule, carry);
        }
        let mut key = None;
        for (child, used) in self.fields(node, rule) {
            match used {
                FieldUse::Same => {
                    let inner = match carry {
                        Carry::Binding(binding)
                            if mode == Mode::Bind && self.bindings[binding as usize].module.is_some() =>
                        {
                            Carry::Binding(self.descend(binding, key, rule))
                        }
                        _ => carry,
                    };
                    self.push_one(child, mode, inner, scope);
                }
                FieldUse::Default => {
                    let parent = self.scopes.get(scope).parent;
                    let outer = if mode == Mode::Param && parent != ABSENT { parent } else { scope };
                    // Where a default is itself a decision, those inside it count for the function too.
                    let counter = if rule.has_complexity { self.scopes.get(scope).counter } else { NOWHERE };
                    let outer = self.scopes.counted_by(outer, counter);
                    self.push_expr(child, outer);
                }
                FieldUse::Property => {
                    key = self.name_id(child);
                    if key.is_none() {
                        self.push_expr(child, scope);
                    }
                }
                _ => {
                    if !self.special(child, used) {
                        self.push_expr(child, scope);
                    }
                }
            }
        }
        self.in_order(mark);
    }

    /// Say whether a child is not walked as an expression.
    fn special(&self, child: u32, used: FieldUse) -> bool {
        match used {
            FieldUse::Name | FieldUse::Property => self.name_text(child).is_some(),
            FieldUse::Component => {
                let text = self.text(child);
                !text.contains('.') && text.chars().next().is_some_and(char::is_lowercase)
            }
            FieldUse::Skip => true,
            _ => false,
        }
    }

    /// Add the row of a member that is just a name: `enum E { A, B }`.
    fn bare_member(&mut self, node: u32, scope: u32) {
        let frame = self.scopes.get(scope).frame;
        let Some(name) = self.name_id(node) else { return };
        let owner = &self.scopes.frames[frame as usize];
        let kind = if owner.kind == seed::ENUM { seed::ENUM_MEMBER } else { seed::FIELD };
        if !owner.is_type || std::mem::replace(&mut self.scopes.member(frame, name).variable, true) {
            return;
        }
        let content_hash = self.digest_node(node);
        let (ordinal, _) = self.row(frame, name, kind, node, Row { content_hash, ..Row::default() });
        self.scopes.bind(scope, name, Bound { rank: Rank::Variable, ordinal, receiver: Receiver::No });
    }

    /// Walk a block or comprehension.
    fn inner_scope(&mut self, node: u32, rule: &'a Rule, scope: u32) {
        let inner = self.scopes.block(scope);
        let mark = self.stack.len();
        if rule.plain {
            self.push_range(node + 1, self.record(node).next, inner);
            return;
        }
        for (child, used) in self.fields(node, rule) {
            if matches!(used, FieldUse::Bind | FieldUse::Parameters) {
                let binding = self.new_binding(rule, node, None, false);
                self.push_one(child, Mode::Bind, binding, inner);
            } else if !self.special(child, used) {
                self.push_expr(child, inner);
            }
        }
        self.in_order(mark);
    }

    fn new_binding(&mut self, rule: &'a Rule, node: u32, wrap: Option<u32>, hoist: bool) -> Carry {
        self.bindings.push(Binding {
            rule,
            node,
            wrap,
            annotation: None,
            strings: None,
            hoist,
            module: None,
            call: (u32::MAX, u32::MAX),
            key: None,
            depth: 0,
        });
        Carry::Binding(self.bindings.len() as u32 - 1)
    }

    // -- names ---------------------------------------------------------------------------------------

    /// Bind a name where names are bound.
    fn bind_name(&mut self, name: NameId, node: u32, mode: Mode, carry: Carry, scope: u32) {
        match carry {
            Carry::Parameter(parameter) if mode == Mode::Param => self.parameter(name, node, parameter, scope),
            Carry::Binding(binding) => {
                let is_import = self.bindings[binding as usize].module.is_some();
                if is_import && self.bind_required(name, node, binding, scope) {
                    return;
                }
                self.variable(name, node, binding, scope);
            }
            _ => {}
        }
    }

    /// Bind an assigned name; outside functions it gets a row.
    fn variable(&mut self, name: NameId, node: u32, binding: u32, scope: u32) {
        let known = &self.bindings[binding as usize];
        let (hoist, rows) = (known.hoist, known.rule.rows);
        let mut target = if hoist { self.scopes.home(scope) } else { scope };
        match self.scopes.outer_in(target, name) {
            Some(ABSENT) => return,
            Some(outer) => target = outer,
            None => {}
        }
        let frame = self.scopes.get(target).frame;
        if self.scopes.frames[frame as usize].is_function || self.scopes.home(target) != target || !rows {
            self.scopes.bind(target, name, Bound { rank: Rank::Local, ordinal: LOCAL, receiver: Receiver::No });
            return;
        }
        if let Some(ordinal) = self.variable_row(name, node, binding, frame) {
            let owner = &self.scopes.frames[frame as usize];
            if !owner.is_type || self.language.pack.members_bind || owner.kind == seed::ENUM {
                self.scopes.bind(target, name, Bound { rank: Rank::Variable, ordinal, receiver: Receiver::No });
            }
        }
    }

    /// Add the row of a variable, constant or field, unless the frame has it already.
    fn variable_row(&mut self, name: NameId, _node: u32, binding: u32, frame: u32) -> Option<i32> {
        if std::mem::replace(&mut self.scopes.member(frame, name).variable, true) {
            return None;
        }
        let known = &self.bindings[binding as usize];
        let (rule, node, wrap, annotation) = (known.rule, known.node, known.wrap, known.annotation);
        let is_export_list =
            known.strings.is_some() && self.rows.names.text(name) == self.language.pack.imports.export_list;
        let mut modifiers: Vec<NameId> = Vec::new();
        if let Some(wrap) = wrap {
            modifiers.extend_from_slice(&self.wraps[wrap as usize].modifiers);
        }
        modifiers.extend_from_slice(&rule.modifiers);
        self.tokens(node, rule, &mut modifiers);
        let owner = &self.scopes.frames[frame as usize];
        let kind = if owner.is_type {
            let kind = if owner.kind == seed::ENUM {
                seed::ENUM_MEMBER
            } else if rule.member_kind == seed::EMPTY {
                rule.kind
            } else {
                rule.member_kind
            };
            let is_property = kind == seed::FIELD
                && modifiers.iter().any(|modifier| self.language.property_modifiers.contains(modifier));
            if is_property { seed::PROPERTY } else { kind }
        } else if rule.kind == seed::VARIABLE && self.is_constant(name, rule, &modifiers) {
            seed::CONSTANT
        } else {
            rule.kind
        };
        let wrap_start = wrap.map(|wrap| self.wraps[wrap as usize].start);
        let start = self.outer_start(wrap_start.unwrap_or(node), frame);
        let decorators = self.take_decorators(frame, self.rows.nodes.len() as i32);
        let mut metadata = Metadata::default();
        if let Some(annotation) = annotation {
            metadata.text("annotation", self.rows.text(annotation));
        }
        metadata.list("decorators", decorators.iter().map(String::as_str));
        if is_export_list {
            let strings = self.bindings[binding as usize].strings.as_deref().unwrap_or(&[]);
            metadata.key("strings");
            metadata.array(strings.iter().map(|text| self.rows.names.text(*text)));
        }
        let end = self.record(node).end.max(wrap_start.map_or(0, |start| self.record(start).end));
        let docstring = self.leading_comment(start);
        let content_hash = self.digest(start, end);
        let metadata = metadata.finish(self.rows);
        let row = Row { modifiers: &modifiers, docstring, content_hash, metadata, ..Row::default() };
        let (ordinal, _) = self.row(frame, name, kind, node, row);
        self.export(wrap, frame, name, ordinal);
        Some(ordinal)
    }

    /// Apply the pack's rule for constants.
    fn is_constant(&self, name: NameId, rule: &Rule, modifiers: &[NameId]) -> bool {
        match self.language.pack.constants.as_str() {
            "upper-case" => is_constant_name(self.rows.names.text(name)),
            "token" => rule.constant_tokens.iter().any(|token| modifiers.contains(token)),
            _ => false,
        }
    }

    /// Return what a parameter's pattern inherits from this node.
    fn parameter_carry(&mut self, node: u32, rule: &'a Rule, carry: Carry) -> Carry {
        let Carry::Parameter(known) = carry else { return carry };
        let mut inner = self.parameters[known as usize].clone();
        let mut own = rule.modifiers.clone();
        self.tokens(node, rule, &mut own);
        let known = inner.modifiers.len();
        for modifier in own {
            if !inner.modifiers[..known].contains(&modifier) {
                inner.modifiers.push(modifier);
            }
        }
        if rule.has_by_field {
            for (child, used) in self.fields(node, rule) {
                if used == FieldUse::Type {
                    inner.annotation = Some(self.annotation_text(child));
                } else if used == FieldUse::Default {
                    inner.default = Some(self.add_short(child));
                }
            }
        }
        self.parameters.push(inner);
        Carry::Parameter(self.parameters.len() as u32 - 1)
    }

    /// A type's text without the colon or arrow that introduces it.
    fn annotation_text(&mut self, node: u32) -> TextRef {
        let text = self.short(node);
        let text = text.strip_prefix(':').unwrap_or(&text);
        let text = text.strip_prefix("->").unwrap_or(text);
        self.rows.add(text.trim_matches(' '))
    }

    /// Add a parameter's row and bind its name.
    fn parameter(&mut self, name: NameId, node: u32, parameter: u32, scope: u32) {
        let frame = self.scopes.get(scope).frame;
        let carry = std::mem::take(&mut self.parameters[parameter as usize]);
        let decorators = self.take_decorators(frame, self.rows.nodes.len() as i32);
        let mut metadata = Metadata::default();
        if let Some(annotation) = carry.annotation {
            metadata.text("annotation", self.rows.text(annotation));
        }
        metadata.list("decorators", decorators.iter().map(String::as_str));
        if let Some(default) = carry.default {
            metadata.text("default", self.rows.text(default));
        }
        let metadata = metadata.finish(self.rows);
        // private, protected, public, readonly: such a parameter is a field, too.
        let is_field =
            |modifier: &NameId| (seed::PRIVATE..=NameId(5)).contains(modifier) || *modifier == seed::READONLY;
        let modifiers: Vec<NameId> = carry.modifiers.iter().copied().filter(|modifier| !is_field(modifier)).collect();
        self.row(frame, name, seed::PARAMETER, node, Row { modifiers: &modifiers, metadata, ..Row::default() });
        self.scopes.frames[frame as usize].parameters += 1;
        let this = &self.scopes.frames[frame as usize];
        let (owner, first, is_static) = (this.parent, this.parameters == 1, this.is_static);
        let class_receiver = this.class_receiver;
        let in_type = owner != ABSENT && self.scopes.frames[owner as usize].is_type;
        let receiver = if class_receiver { Receiver::Class } else { Receiver::Instance };
        let bound = if self.language.pack.self_parameter && in_type && first && !is_static {
            Bound { rank: Rank::Local, ordinal: self.scopes.frames[owner as usize].ordinal, receiver }
        } else {
            Bound { rank: Rank::Local, ordinal: LOCAL, receiver: Receiver::No }
        };
        self.scopes.bind(scope, name, bound);
        if in_type
            && modifiers.len() != carry.modifiers.len()
            && !std::mem::replace(&mut self.scopes.member(owner, name).variable, true)
        {
            let fields: Vec<NameId> = carry.modifiers.iter().copied().filter(is_field).collect();
            let mut metadata = Metadata::default();
            if let Some(annotation) = carry.annotation {
                metadata.text("annotation", self.rows.text(annotation));
            }
            let metadata = metadata.finish(self.rows);
            let content_hash = self.digest_node(node);
            let row = Row { modifiers: &fields, content_hash, metadata, ..Row::default() };
            self.row(owner, name, seed::FIELD, node, row);
        }
        self.parameters[parameter as usize] = carry;
    }

    /// Walk a node of identifiers joined by dots.
    fn dotted_name(&mut self, node: u32, mode: Mode, carry: Carry, scope: u32) {
        let name = self.intern_joined(node);
        if mode == Mode::Expr || self.rows.names.text(name).contains('.') {
            self.reference(scope, Head::Name, name, node);
        } else if name != seed::EMPTY {
            self.bind_name(name, node, mode, carry, scope);
        }
    }

    /// Walk a member access: a reference, or a field of the receiver where names are bound.
    fn member(&mut self, node: u32, mode: Mode, carry: Carry, scope: u32) {
        let (head, name, base) = self.chain(node);
        let Some(name) = name else {
            self.push_expr(base, scope);
            return;
        };
        if let (Mode::Bind, Carry::Binding(binding)) = (mode, carry) {
            let text = self.rows.names.text(name);
            if let Some((_, property)) = text.split_once('.').filter(|(_, property)| !property.contains('.')) {
                let property = property.to_owned();
                if let Some(owner) = self.receiver_type(head, name, scope) {
                    self.field_of_receiver(&property, binding, owner);
                    return;
                }
            }
        }
        self.reference(scope, head, name, node);
    }

    /// The type whose receiver a dotted name starts with, or None.
    fn receiver_type(&self, head: Head, name: NameId, scope: u32) -> Option<u32> {
        match head {
            Head::Receiver => self.enclosing_type(self.scopes.get(scope).frame),
            Head::Name if self.language.pack.self_parameter => {
                let bound = self.scopes.lookup(scope, self.rows.names.first(name))?;
                if bound.receiver != Receiver::No { self.scopes.frame_with_ordinal(bound.ordinal) } else { None }
            }
            _ => None,
        }
    }

    /// The type that `this` belongs to inside a frame, or None.
    fn enclosing_type(&self, mut frame: u32) -> Option<u32> {
        while frame != ABSENT {
            let this = &self.scopes.frames[frame as usize];
            if this.is_type {
                return Some(frame);
            }
            if !this.is_function {
                return None;
            }
            if this.parent != ABSENT && this.is_member {
                return Some(this.parent);
            }
            if !this.lexical_receiver {
                return None;
            }
            frame = this.parent;
        }
        None
    }

    /// Add a field that a method assigns on its receiver, unless the type has such a member.
    fn field_of_receiver(&mut self, name: &str, binding: u32, owner: u32) {
        if name.is_empty() {
            return;
        }
        let name = self.rows.names.intern(name);
        let member = self.scopes.member(owner, name);
        if member.count > 0 || member.variable {
            return;
        }
        member.variable = true;
        let known = &self.bindings[binding as usize];
        let (rule, node, annotation) = (known.rule, known.node, known.annotation);
        let mut metadata = Metadata::default();
        if let Some(annotation) = annotation {
            metadata.text("annotation", self.rows.text(annotation));
        }
        let metadata = metadata.finish(self.rows);
        let content_hash = self.digest_node(node);
        let kind = if rule.member_kind == seed::EMPTY { seed::FIELD } else { rule.member_kind };
        self.row(owner, name, kind, node, Row { content_hash, metadata, ..Row::default() });
    }

    /// Note names that this function takes from outside (`global`, `nonlocal`).
    fn outer_names(&mut self, node: u32, rule: &Rule, scope: u32) {
        let home = self.scopes.home(scope);
        if self.scopes.get(home).parent == ABSENT {
            return;
        }
        let mut outer = ABSENT;
        if rule.is_global {
            outer = home;
            while self.scopes.get(outer).parent != ABSENT {
                outer = self.scopes.get(outer).parent;
            }
        }
        self.scopes.ensure_outer(home);
        for child in self.children(node) {
            let name = self.intern(child);
            self.scopes.set_outer(home, name, outer);
        }
    }

    // -- binders and wrappers ------------------------------------------------------------------------

    /// Walk what surrounds a definition, lending it modifiers and its start.
    fn wrapper(&mut self, node: u32, rule: &'a Rule, carry: Carry, scope: u32) {
        let outer = if let Carry::Wrap(wrap) = carry { Some(wrap) } else { None };
        let mut wrap = match outer {
            Some(outer) => self.wraps[outer as usize].clone(),
            None => Wrap { modifiers: Vec::new(), start: node, hoist: false, export: false },
        };
        wrap.modifiers.extend_from_slice(&rule.modifiers);
        self.tokens(node, rule, &mut wrap.modifiers);
        wrap.hoist |= rule.hoist;
        wrap.export |= rule.role == Role::Export;
        let hoist = wrap.hoist;
        self.wraps.push(wrap);
        let carry = Carry::Wrap(self.wraps.len() as u32 - 1);
        if rule.role == Role::Export && self.read_export(node, rule, scope) {
            return;
        }
        let mark = self.stack.len();
        for (child, used) in self.fields(node, rule) {
            if used == FieldUse::Bind {
                // A declaration without a value has no binder of its own (Lua's `local x`).
                let binding = self.new_binding(rule, node, outer, hoist);
                self.push_one(child, Mode::Bind, binding, scope);
            } else if !self.special(child, used) {
                self.push_one(child, Mode::Expr, carry, scope);
            }
        }
        self.in_order(mark);
    }

    /// Walk something that binds names: assignment, declarator, loop, clause, field, key.
    fn binder(&mut self, node: u32, rule: &'a Rule, mode: Mode, carry: Carry, mut scope: u32) {
        let wrap = if let Carry::Wrap(wrap) = carry { Some(wrap) } else { None };
        if rule.opens == Opens::Block {
            scope = self.scopes.block(scope);
        }
        let hoist = rule.hoist || wrap.is_some_and(|wrap| self.wraps[wrap as usize].hoist);
        let mut annotation = None;
        let mut value = None;
        let mut target = None;
        let mut targets = 0;
        for (child, used) in self.fields(node, rule) {
            match used {
                FieldUse::Value => value = Some(self.sole(child)),
                FieldUse::Type => annotation = Some(self.annotation_text(child)),
                FieldUse::Bind | FieldUse::Name | FieldUse::Assign => {
                    target = Some(self.sole(child));
                    targets += 1;
                }
                _ => {}
            }
        }
        let carried = self.new_binding(rule, node, wrap, hoist);
        let Carry::Binding(binding) = carried else { return };
        self.bindings[binding as usize].annotation = annotation;
        let named = self.named_value(value, target, targets, binding, scope);
        if let (Some(value), None) = (value, named) {
            let module = self.required(value, scope);
            if let Some(required) = module {
                let call = if required.member.is_none() { value } else { self.chain(value).2 };
                let record = self.record(call);
                self.bindings[binding as usize].call = (record.start, record.end);
            }
            self.bindings[binding as usize].module = module;
            if !self.language.pack.imports.export_list.is_empty() {
                self.bindings[binding as usize].strings = self.literal_strings(value);
            }
        }
        // Not on the stack yet: what a decorator pushes there comes before, so it is walked after.
        let mut items = std::mem::take(&mut self.items);
        for (child, used) in self.fields(node, rule) {
            match used {
                FieldUse::Same => {
                    let carry = if mode == Mode::Expr { Carry::None } else { carry };
                    items.push(self.item(child, mode, carry, scope));
                }
                FieldUse::Bind => {
                    let child = self.sole(child);
                    match named {
                        None => items.push(self.item(child, Mode::Bind, carried, scope)),
                        Some(named) if named.scope.is_none() => {
                            let base = self.chain(child).2;
                            items.push(self.expression(base, scope));
                        }
                        Some(_) => {}
                    }
                }
                FieldUse::Assign => {
                    let child = self.sole(child);
                    if self.role(child) == Some(Role::Member) && named.is_none() {
                        items.push(self.item(child, Mode::Bind, carried, scope));
                    } else {
                        items.push(self.expression(child, scope));
                    }
                }
                FieldUse::Name => {
                    let child = self.sole(child);
                    match self.name_id(child) {
                        None => items.push(self.expression(child, scope)),
                        Some(name) if named.is_none() && rule.rows => self.member_row(name, child, binding, scope),
                        Some(_) => {}
                    }
                }
                FieldUse::Value => {
                    let child = self.sole(child);
                    let carry = match named {
                        Some(named) => {
                            self.named.push(named);
                            Carry::Named(self.named.len() as u32 - 1)
                        }
                        None => Carry::None,
                    };
                    items.push(self.item(child, Mode::Expr, carry, scope));
                }
                _ if self.role(child) == Some(Role::Decorator) => self.decorator(child, scope, None),
                _ => {
                    if !self.special(child, used) {
                        items.push(self.expression(child, scope));
                    }
                }
            }
        }
        if let (Some(target), Some(value)) = (target, value) {
            self.assigned_export(target, value, scope);
        }
        self.push_items(items);
    }

    /// The only member of a list of one, else the node itself.
    fn sole(&self, node: u32) -> u32 {
        if self.rule(node).is_some_and(|rule| rule.opens == Opens::List) {
            let mut children = self.children(node);
            if let (Some(only), None) = (children.next(), children.next()) {
                return only;
            }
        }
        node
    }

    /// Add the row of a field that a declaration in a type's body names.
    fn member_row(&mut self, name: NameId, child: u32, binding: u32, scope: u32) {
        let frame = self.scopes.get(scope).frame;
        if self.scopes.frames[frame as usize].is_function {
            return;
        }
        if let Some(ordinal) = self.variable_row(name, child, binding, frame)
            && (self.language.pack.members_bind || self.scopes.frames[frame as usize].kind == seed::ENUM)
        {
            self.scopes.bind(scope, name, Bound { rank: Rank::Variable, ordinal, receiver: Receiver::No });
        }
    }

    /// The name that an anonymous definition on the right takes, or None.
    fn named_value(
        &mut self,
        value: Option<u32>,
        target: Option<u32>,
        targets: u32,
        binding: u32,
        scope: u32,
    ) -> Option<Named> {
        let (value, target) = (value?, target?);
        let rule = self.rule(value)?;
        if targets != 1 || rule.role != Role::Definition || !rule.takes_name {
            return None;
        }
        let start_byte = self.record(target).start;
        let known = &self.bindings[binding as usize];
        let (wrap, hoist, assigns) = (known.wrap, known.hoist, known.rule.assigns);
        let target_rule = self.rule(target);
        match target_rule.map(|rule| (rule, rule.role)) {
            Some((_, Role::Identifier)) => {
                let home = if hoist { self.scopes.home(scope) } else { scope };
                let name = self.intern(target);
                Some(Named { name, wrap, start_byte, scope: (!assigns).then_some(home) })
            }
            Some((rule, Role::Member)) => {
                let property = self.child_by_field(target, rule.property_field)?;
                let name = self.intern(property);
                (name != seed::EMPTY).then_some(Named { name, wrap, start_byte, scope: None })
            }
            _ => {
                let name = self.name_id(target)?;
                Some(Named { name, wrap, start_byte, scope: None })
            }
        }
    }

    /// The strings of a literal list or tuple, or None.
    fn literal_strings(&mut self, value: u32) -> Option<Vec<NameId>> {
        let rule = self.rule(value)?;
        if !rule.all_same || rule.role != Role::None {
            return None;
        }
        let mut strings = Vec::new();
        for child in self.children(value) {
            if let Some(text) = self.string_value(child) {
                strings.push(self.rows.names.intern(&text));
            }
        }
        Some(strings)
    }

    // -- definitions ---------------------------------------------------------------------------------

    /// Add the module's row and open its scope.
    fn open_module(&mut self) -> u32 {
        let module = self.module;
        let name = module.fqn.rsplit('.').next().unwrap_or_default();
        let fqn = self.rows.add(module.fqn);
        self.rows.pool.push('@');
        self.rows.pool.push_str(module.suffix);
        let id = TextRef { start: fqn.start, end: self.rows.pool.len() as u32 };
        let name = self.rows.names.intern(name);
        let docstring = if self.language.pack.docstring == "first-string" && !self.records.is_empty() {
            self.first_string(0)
        } else {
            None
        };
        self.rows.nodes.push(NodeRow {
            id,
            fqn,
            name,
            kind: seed::MODULE,
            parent: NONE,
            start_line: 1,
            end_line: module.lines.max(1),
            start_byte: 0,
            end_byte: self.source.len() as u32,
            modifiers: (0, 0),
            generator: false,
            visibility: Visibility::Public,
            is_test: module.test_file,
            signature: None,
            docstring,
            complexity: None,
            content_hash: Some(module.content_hash),
            metadata: None,
        });
        let counter = self.scopes.counter();
        self.scopes.frames.push(Frame {
            ordinal: 0,
            parent: ABSENT,
            kind: seed::MODULE,
            fqn,
            ids: fqn,
            is_type: false,
            is_function: false,
            is_test: module.test_file,
            is_static: false,
            is_member: false,
            class_receiver: false,
            lexical_receiver: false,
            calls: 0,
            lambdas: 0,
            imports: 0,
            parameters: 0,
            counter,
        });
        self.scopes.open(ABSENT, 0, counter)
    }

    /// Add a definition's row, open its scope and walk what it contains.
    fn definition(&mut self, node: u32, rule: &'a Rule, carry: Carry, scope: u32) {
        let mut named = if let Carry::Named(named) = carry { Some(self.named[named as usize]) } else { None };
        let wrap = match carry {
            Carry::Named(_) => named.and_then(|named| named.wrap),
            Carry::Wrap(wrap) => Some(wrap),
            _ => None,
        };
        let frame = self.scopes.get(scope).frame;
        if self.is_buried(frame) {
            self.rows.buried += 1;
            self.inner_scope(node, rule, scope);
            return;
        }
        let mut own_name = None;
        let mut named_kind = seed::EMPTY;
        let mut body = None;
        let mut returns = None;
        let mut bases: Vec<BaseName> = Vec::new();
        let mut own_decorators: Vec<u32> = Vec::new();
        let mut rest: Vec<(u32, FieldUse)> = Vec::new();
        for (child, used) in self.fields(node, rule) {
            let child_rule = self.rule(child);
            match used {
                FieldUse::Name
                    if rule.opens == Opens::Function && child_rule.is_some_and(|rule| rule.role == Role::Member) =>
                {
                    // `function M.name()`: the member's name, bound nowhere; its object is a reference.
                    let child_rule = child_rule.expect("checked above");
                    if let (Some(property), None) = (self.child_by_field(child, child_rule.property_field), named) {
                        let name = self.intern(property);
                        named = Some(Named { name, wrap, start_byte: self.record(node).start, scope: None });
                        named_kind = child_rule.kind;
                    }
                    let base = self.chain(child).2;
                    self.push_expr(base, scope);
                }
                FieldUse::Name => {
                    own_name = self.name_id(child);
                    if own_name.is_none() {
                        rest.push((child, FieldUse::Expression));
                    }
                }
                FieldUse::Bases | FieldUse::Implements => self.collect_bases(child, used, &mut bases, scope),
                _ if child_rule.is_some_and(|rule| rule.role == Role::Decorator) => own_decorators.push(child),
                FieldUse::Skip => {}
                _ => {
                    if rule.modifier_tokens.contains(self.record(child).symbol) {
                        continue;
                    }
                    if used == FieldUse::Body {
                        body = Some(child);
                    } else if used == FieldUse::Returns {
                        returns = Some(self.annotation_text(child));
                    }
                    rest.push((child, used));
                }
            }
        }

        let mut modifiers: Vec<NameId> = Vec::new();
        if let Some(wrap) = wrap {
            modifiers.extend_from_slice(&self.wraps[wrap as usize].modifiers);
        }
        modifiers.extend_from_slice(&rule.modifiers);
        self.tokens(node, rule, &mut modifiers);
        let mut name = match named {
            Some(named) if named.scope.is_some() || own_name.is_none() => Some(named.name),
            _ => own_name,
        };
        name = name.filter(|name| {
            let text = self.rows.names.text(*name);
            text.len() <= MAX_NAME_CHARACTERS || text.chars().count() <= MAX_NAME_CHARACTERS
        });
        if name.is_none() && modifiers.contains(&seed::DEFAULT) {
            name = Some(seed::DEFAULT);
        }
        let name = match name {
            Some(name) => name,
            None => {
                let owner = &mut self.scopes.frames[frame as usize];
                owner.lambdas += 1;
                let number = owner.lambdas;
                let text = if rule.opens == Opens::Function {
                    format!("<lambda{number}>")
                } else {
                    format!("<{}{number}>", self.rows.names.text(rule.kind))
                };
                self.rows.names.intern(&text)
            }
        };
        for child in own_decorators {
            self.decorator(child, scope, Some(frame));
        }
        let wrap_start = wrap.map(|wrap| self.wraps[wrap as usize].start);
        let start = self.outer_start(wrap_start.unwrap_or(node), frame);
        let ordinal = self.rows.nodes.len() as i32;
        let decorators = self.take_decorators(frame, ordinal);
        let last_parts: Vec<&str> = decorators.iter().map(|text| last_part(text)).collect();
        for part in &last_parts {
            let found = self.language.decorator_modifiers.iter().find(|(known, _)| known == part);
            modifiers.extend(found.map(|(_, modifier)| *modifier));
        }
        // A member stands directly in the type's body, or is the anonymous value of a field there.
        let member = self.scopes.frames[frame as usize].is_type
            && self.scopes.home(scope) == scope
            && (named.is_some() || !rule.takes_name);
        let kind = if named_kind == seed::EMPTY {
            self.definition_kind(rule, member, &modifiers, &last_parts, &bases)
        } else {
            named_kind
        };
        let record = self.record(node);
        let head_start = named.map_or(record.start, |named| named.start_byte);
        let head_end = body.map_or(record.end, |body| self.record(body).start);
        let mut metadata = Metadata::default();
        metadata.list("bases", bases.iter().map(|base| self.rows.names.text(base.name)));
        metadata.list("decorators", decorators.iter().map(String::as_str));
        if let Some(returns) = returns {
            metadata.text("returns", self.rows.text(returns));
        }
        let is_test = self.is_test(name, rule, frame, &bases);
        let head = self.transcoded(self.bytes(head_start, head_end));
        let signature = Some(self.rows.add(&signature_text(&head, Encoding::Utf8)));
        let docstring = self.docstring(body, start);
        let content_hash = self.digest(start, record.end.max(wrap_start.map_or(0, |start| self.record(start).end)));
        let metadata = metadata.finish(self.rows);
        let row = Row { modifiers: &modifiers, is_test, signature, docstring, content_hash, metadata };
        let (_, ids) = self.row(frame, name, kind, node, row);
        let fqn = self.rows.nodes[ordinal as usize].fqn;
        self.export(wrap, frame, name, ordinal);
        if let Some(position) = self.value_exports.iter().rposition(|(span, _)| *span == (record.start, record.end)) {
            let (_, name) = self.value_exports.swap_remove(position);
            self.rows.exports.push(ExportRow { name, node: ordinal, module: None, source_name: None });
        }
        for base in bases {
            let BaseName { used, head, name, node } = base;
            self.pending_uses.push(PendingUse { scope, used, ordinal, head, name, node, call: -1 });
        }
        self.bind_definition(name, own_name, named, rule, ordinal, scope);

        // Open the definition's frame and scope and push its children.
        let counter = self.scopes.counter();
        if rule.complexity_outward {
            self.scopes.counters[counter as usize].outward = self.scopes.get(scope).counter;
        }
        self.scopes.frames.push(Frame {
            ordinal,
            parent: frame,
            kind,
            fqn,
            ids,
            is_type: rule.opens == Opens::Type,
            is_function: rule.opens == Opens::Function,
            is_test,
            is_static: modifiers.contains(&seed::STATIC),
            is_member: member,
            class_receiver: modifiers.contains(&seed::CLASS),
            lexical_receiver: rule.lexical_receiver,
            calls: 0,
            lambdas: 0,
            imports: 0,
            parameters: 0,
            counter,
        });
        let inner_frame = self.scopes.frames.len() as u32 - 1;
        let mut outer = scope;
        if rule.opens == Opens::Function {
            // A function does not see the members around it, but it does see a block between.
            while self.scopes.frame_of(outer).is_type
                && self.scopes.home(outer) == outer
                && self.scopes.get(outer).parent != ABSENT
            {
                outer = self.scopes.get(outer).parent;
            }
        }
        if let (true, Some(own_name)) = (rule.takes_name, own_name) {
            // Visible inside only, to the methods of a class too.
            outer = self.scopes.block(outer);
            self.scopes.bind(outer, own_name, Bound { rank: Rank::Definition, ordinal, receiver: Receiver::No });
        }
        let inner = self.scopes.open(outer, inner_frame, counter);
        let mark = self.stack.len();
        for (child, used) in rest {
            match used {
                FieldUse::Parameters => {
                    self.parameters.push(Parameter::default());
                    let carry = Carry::Parameter(self.parameters.len() as u32 - 1);
                    self.push_one(child, Mode::Param, carry, inner);
                }
                FieldUse::Bind => {
                    let binding = self.new_binding(rule, child, None, false);
                    self.push_one(child, Mode::Bind, binding, inner);
                }
                // The body's block is the definition's own scope.
                FieldUse::Body if self.is_block(child) => self.push_range(child + 1, self.record(child).next, inner),
                _ => self.push_expr(child, inner),
            }
        }
        self.in_order(mark);
    }

    /// Say whether what a frame defines is nested too deep to have rows.
    fn is_buried(&self, frame: u32) -> bool {
        let ids = self.scopes.frames[frame as usize].ids;
        let fqn = self.module.fqn;
        if (ids.end - ids.start) as usize <= MAX_PATH_CHARACTERS {
            return false;
        }
        self.rows.text(ids).chars().count() > fqn.chars().count() + MAX_PATH_CHARACTERS
    }

    /// Bind a definition's name where the language binds it.
    fn bind_definition(
        &mut self,
        name: NameId,
        own_name: Option<NameId>,
        named: Option<Named>,
        rule: &Rule,
        ordinal: i32,
        scope: u32,
    ) {
        let bound = Bound { rank: Rank::Definition, ordinal, receiver: Receiver::No };
        match named {
            Some(named) => {
                if let Some(scope) = named.scope {
                    self.scopes.bind(scope, name, bound);
                }
            }
            None => {
                let visible = !self.scopes.frame_of(scope).is_type
                    || self.scopes.home(scope) != scope
                    || self.language.pack.members_bind;
                if visible && !rule.takes_name && own_name.is_some() && rule.binds {
                    self.scopes.bind(scope, name, bound);
                }
            }
        }
    }

    /// Say whether a node is a block that opens a scope.
    fn is_block(&self, node: u32) -> bool {
        self.rule(node).is_some_and(|rule| rule.role == Role::Scope && rule.opens == Opens::Block)
    }

    /// The node kind of a definition's row.
    fn definition_kind(
        &self,
        rule: &Rule,
        member: bool,
        modifiers: &[NameId],
        decorators: &[&str],
        bases: &[BaseName],
    ) -> NameId {
        let pack = &self.language.pack;
        let kind = if member && rule.member_kind != seed::EMPTY { rule.member_kind } else { rule.kind };
        if kind == seed::METHOD
            && (decorators.iter().any(|part| pack.property_modifiers.iter().any(|wanted| wanted == part))
                || modifiers.iter().any(|modifier| self.language.property_modifiers.contains(modifier)))
        {
            return seed::PROPERTY;
        }
        let is_enum = |base: &BaseName| {
            let last = self.rows.names.text(base.name).rsplit('.').next().unwrap_or_default();
            pack.enum_bases.iter().any(|wanted| wanted == last)
        };
        if kind == seed::CLASS && bases.iter().any(is_enum) {
            return seed::ENUM;
        }
        kind
    }

    /// Apply the pack's rules for tests.
    fn is_test(&self, name: NameId, rule: &Rule, frame: u32, bases: &[BaseName]) -> bool {
        let tests = &self.language.pack.tests;
        let test_file = self.module.test_file;
        if tests.whole_file && test_file {
            return true;
        }
        let begins = |prefixes: &[String]| {
            let text = self.rows.names.text(name);
            prefixes.iter().any(|prefix| text.starts_with(prefix.as_str()))
        };
        match rule.opens {
            Opens::Type => {
                let inherits = |base: &BaseName| {
                    let last = self.rows.names.text(base.name).rsplit('.').next().unwrap_or_default();
                    tests.bases.iter().any(|wanted| last.ends_with(wanted.as_str()))
                };
                bases.iter().any(inherits) || (test_file && begins(&tests.classes))
            }
            Opens::Function if begins(&tests.functions) => {
                let owner = &self.scopes.frames[frame as usize];
                test_file || (owner.is_type && owner.is_test)
            }
            _ => false,
        }
    }

    /// Collect the names that a type inherits from; the rest of each expression is walked.
    fn collect_bases(&mut self, node: u32, used: FieldUse, found: &mut Vec<BaseName>, scope: u32) {
        let mut stack = vec![(node, used)];
        let mark = self.stack.len();
        while let Some((current, how)) = stack.pop() {
            let kind = match how {
                FieldUse::Bases => UseKind::Base,
                FieldUse::Implements => UseKind::Implements,
                _ => {
                    self.push_expr(current, scope);
                    continue;
                }
            };
            if let (head, Some(name), _) = self.chain(current) {
                found.push(BaseName { used: kind, head, name, node: current });
                continue;
            }
            match self.rule(current).filter(|rule| rule.passes_bases) {
                None => self.push_expr(current, scope),
                Some(rule) => {
                    let first = stack.len();
                    for (child, child_use) in self.fields(current, rule) {
                        match child_use {
                            FieldUse::Same => stack.push((child, how)),
                            FieldUse::Skip => {}
                            _ => stack.push((child, child_use)),
                        }
                    }
                    stack[first..].reverse();
                }
            }
        }
        // Pushed before the definition's own children, so walked after them.
        self.in_order(mark);
    }

    // -- calls and decorators ------------------------------------------------------------------------

    /// Add a call site; walk its receiver and arguments.
    fn call(&mut self, node: u32, rule: &'a Rule, scope: u32) {
        let callee = self.child_by_field(node, rule.callee_field);
        let arguments = self.child_by_field(node, rule.arguments_field);
        let mut first = None;
        if let Some(callee) = callee {
            let (head, name, base) = self.chain(callee);
            let callee_rule = self.rule(callee);
            let member = callee_rule.is_some_and(|rule| rule.role == Role::Member);
            if !self.is_super_call(callee, name) && !self.is_import_keyword(node, callee, name, scope) {
                self.call_site(node, callee, callee_rule, arguments, head, name, scope);
            }
            if name.is_none() {
                first = Some(if member { base } else { callee });
            }
            self.import_call(node, callee, arguments, scope);
        }
        let mark = self.stack.len();
        if let Some(first) = first {
            self.push_expr(first, scope);
        }
        match arguments {
            Some(arguments) if self.children(node).count() == 2 => self.push_expr(arguments, scope),
            _ => {
                for child in self.children(node) {
                    if Some(child) != callee {
                        self.push_expr(child, scope);
                    }
                }
            }
        }
        self.in_order(mark);
    }

    /// Say whether this is `super()` itself, which stands for the base class and is not a call site.
    fn is_super_call(&self, callee: u32, name: Option<NameId>) -> bool {
        !self.super_call.is_empty()
            && name.is_some_and(|name| self.rows.names.text(name) == self.super_call)
            && self.record(callee).child_count() == 0
    }

    /// Say whether this is a literal `import("m")`, which is an import and not a call.
    fn is_import_keyword(&mut self, node: u32, callee: u32, name: Option<NameId>, scope: u32) -> bool {
        name.is_none() && self.record(callee).child_count() <= 1 && self.required(node, scope).is_some()
    }

    /// Add the row of a call site and the use that its callee is.
    #[allow(clippy::too_many_arguments)] // the twin's
    fn call_site(
        &mut self,
        node: u32,
        callee: u32,
        callee_rule: Option<&Rule>,
        arguments: Option<u32>,
        head: Head,
        name: Option<NameId>,
        scope: u32,
    ) {
        let frame = self.scopes.get(scope).frame;
        let caller = &mut self.scopes.frames[frame as usize];
        caller.calls += 1;
        let (number, caller) = (caller.calls, caller.ordinal);
        let mut reason = CallReason::UnboundName;
        let record = self.record(callee);
        // Nothing but the name: no need to collapse.
        let whole = name.filter(|&name| {
            let text = self.rows.names.text(name);
            let length = if text.is_ascii() { text.len() } else { text.chars().count() };
            length <= MAX_TEXT_BYTES && length == (record.end - record.start) as usize
        });
        let callee_text = match whole {
            Some(name) => {
                let text = self.rows.names.text(name);
                let start = self.rows.pool.len() as u32;
                self.rows.pool.push_str(text);
                TextRef { start, end: self.rows.pool.len() as u32 }
            }
            None => self.add_short(callee),
        };
        let mut receiver = None;
        match callee_rule {
            Some(rule) if rule.role == Role::Member => {
                reason = CallReason::ReceiverUnknown;
                receiver = if whole.is_some() {
                    let length = self.rows.text(callee_text).rfind('.').unwrap_or(0) as u32;
                    Some(TextRef { start: callee_text.start, end: callee_text.start + length })
                } else {
                    self.child_by_field(callee, rule.object_field).map(|target| self.add_short(target))
                };
            }
            _ if name.is_none() => reason = CallReason::ComputedCallee,
            _ => {}
        }
        let span = self.line_span(node);
        let arity = self.arity(arguments);
        let ordinal = self.rows.call_sites.len() as i32;
        self.rows.call_sites.push(CallRow {
            caller,
            number,
            callee: callee_text,
            receiver,
            arity,
            span,
            reason,
            used: false,
        });
        if let Some(name) = name {
            let used = UseKind::Call;
            self.pending_uses.push(PendingUse { scope, used, ordinal: caller, head, name, node, call: ordinal });
        }
    }

    /// The number of arguments.
    fn arity(&self, arguments: Option<u32>) -> i32 {
        let Some(arguments) = arguments else { return 0 };
        if self.role(arguments) != Some(Role::Arguments) {
            return 1;
        }
        self.children(arguments).filter(|&child| self.role(child) != Some(Role::Comment)).count() as i32
    }

    /// Add an import for `require("x")` that no binder took.
    fn import_call(&mut self, node: u32, callee: u32, arguments: Option<u32>, scope: u32) {
        let calls = &self.language.pack.imports.calls;
        if arguments.is_none() || calls.is_empty() || !self.is_import_callee(callee) {
            return;
        }
        let record = self.record(node);
        if self.taken_calls.contains(&(record.start, record.end)) {
            return;
        }
        if let Some(required) = self.required(node, scope) {
            self.add_import(scope, node, node, required.module, None, None, None);
        }
    }

    /// Note a decorator for the definition it belongs to, and walk its expression.
    fn decorator(&mut self, node: u32, scope: u32, frame: Option<u32>) {
        let Some(expression) = self.children(node).next() else { return };
        let uncounted = self.scopes.counted_by(scope, NOWHERE);
        let mut subject = expression;
        let call_rule = self.rule(expression).filter(|rule| rule.role == Role::Call);
        if let Some(rule) = call_rule {
            subject = self.child_by_field(expression, rule.callee_field).unwrap_or(expression);
        }
        let (head, name, _) = self.chain(subject);
        let frame = frame.unwrap_or(self.scopes.get(scope).frame);
        let text = self.short(expression).into_owned();
        self.pending_decorators.push(PendingDecorator { frame, node: expression, text, head, name, scope });
        if call_rule.is_some() || name.is_none() {
            self.push_expr(expression, uncounted);
        }
    }

    /// Give the noted decorators to a definition; return their texts.
    fn take_decorators(&mut self, frame: u32, ordinal: i32) -> Vec<String> {
        let mut texts = Vec::new();
        if self.pending_decorators.is_empty() {
            return texts;
        }
        let uses = &mut *self.pending_uses;
        self.pending_decorators.retain_mut(|item| {
            if item.frame != frame {
                return true;
            }
            if let Some(name) = item.name {
                let PendingDecorator { scope, head, node, .. } = *item;
                uses.push(PendingUse { scope, used: UseKind::Decorator, ordinal, head, name, node, call: -1 });
            }
            texts.push(std::mem::take(&mut item.text));
            false
        });
        texts
    }

    // -- documentation -------------------------------------------------------------------------------

    /// Remember a comment; line comments on consecutive lines are one.
    fn remember_comment(&mut self, node: u32) {
        let record = self.record(node);
        if let (Some((_, end)), "line-comments") = (&mut self.comment, self.language.pack.docstring.as_str()) {
            let between = self.source.get(*end as usize..record.start as usize).unwrap_or(&[]);
            let between = match self.encoding {
                Encoding::Utf8 => Cow::Borrowed(between),
                other => Cow::Owned(decode(between, other).into_owned().into_bytes()),
            };
            let newlines = between.iter().filter(|byte| **byte == b'\n').count();
            if newlines <= 1 && between.iter().all(|byte| crate::text::is_space(*byte)) {
                *end = record.end;
                return;
            }
        }
        self.comment = Some((record.start, record.end));
    }

    /// Where a definition starts, its decorators included.
    fn outer_start(&self, node: u32, frame: u32) -> u32 {
        let own = self.record(node).start;
        let decorators = self.pending_decorators.iter().filter(|item| item.frame == frame);
        decorators.map(|item| self.record(item.node).start).min().map_or(own, |start| start.min(own))
    }

    /// The cleaned comment that ends right before a definition, or None.
    fn leading_comment(&mut self, start: u32) -> Option<TextRef> {
        let line_comments = match self.language.pack.docstring.as_str() {
            "leading-comment" => false,
            "line-comments" => true,
            _ => return None,
        };
        let (comment_start, comment_end) = self.comment?;
        // A decorator's "@" may stand between the comment and the recorded start.
        if comment_end > start
            || !self
                .transcoded(self.bytes(comment_end, start))
                .iter()
                .all(|byte| crate::text::is_space(*byte) || *byte == b'@')
        {
            return None;
        }
        let text = decode(self.bytes(comment_start, comment_end), self.encoding);
        let cleaned = if line_comments {
            clean_line_comments(&text)
        } else if text.starts_with("/**") && text.ends_with("*/") {
            clean_block_comment(&text)
        } else {
            return None;
        };
        (!cleaned.is_empty()).then(|| self.rows.add(&cleaned))
    }

    /// A definition's documentation, or None.
    fn docstring(&mut self, body: Option<u32>, start: u32) -> Option<TextRef> {
        if self.language.pack.docstring == "first-string" {
            return self.first_string(body?);
        }
        self.leading_comment(start)
    }

    /// The string literal that is a body's first statement, cleaned.
    fn first_string(&mut self, body: u32) -> Option<TextRef> {
        let mut child = self.children(body).find(|&child| self.role(child) != Some(Role::Comment))?;
        if self.rule(child).is_none() {
            let mut inner = self.children(child);
            if let (Some(only), None) = (inner.next(), inner.next()) {
                child = only;
            }
        }
        let cleaned = clean_docstring(&self.string_value(child)?);
        (!cleaned.is_empty()).then(|| self.rows.add(&cleaned))
    }

    // -- after the pass ------------------------------------------------------------------------------

    /// Resolve names, now that every binding is known, and close the frames.
    fn finish(&mut self, module_scope: u32) {
        for frame in self.scopes.frames.iter().rev() {
            let counter = self.scopes.counters[frame.counter as usize];
            if frame.is_function {
                self.rows.nodes[frame.ordinal as usize].complexity = Some(counter.decisions + 1);
            }
            if counter.outward != ABSENT {
                self.scopes.counters[counter.outward as usize].decisions += counter.decisions;
            }
        }
        self.rows.nodes[0].generator = false;
        for position in 0..self.pending_uses.len() {
            let item = self.pending_uses[position];
            self.resolve(item);
        }
        for (name, exported) in std::mem::take(&mut self.pending_exports) {
            let node = self.scopes.bound_in(module_scope, name).map_or(NONE, |bound| bound.ordinal);
            self.rows.exports.push(ExportRow { name: exported, node, module: None, source_name: None });
        }
    }

    /// Turn a name in use into a row, unless it is a local.
    #[inline]
    fn resolve(&mut self, item: PendingUse) {
        let PendingUse { scope, used, ordinal, head, name, node, call } = item;
        let first = self.rows.names.first(name);
        // A member without a name (a syntax error) leaves a dot at the end.
        let bare = first == name || self.rows.names.text(name).len() == self.rows.names.text(first).len() + 1;
        let (binding, target) = if head == Head::Name {
            match self.scopes.lookup(scope, first) {
                None => {
                    if used == UseKind::Reference && !self.star_import {
                        return;
                    }
                    (BindingKind::Global, NONE)
                }
                Some(found) if found.receiver != Receiver::No => {
                    if bare && (used != UseKind::Call || found.receiver != Receiver::Class) {
                        if call >= 0 {
                            self.rows.call_sites[call as usize].reason = CallReason::LocalValue;
                        }
                        return;
                    }
                    (BindingKind::Receiver, found.ordinal)
                }
                Some(found) if found.ordinal == LOCAL => {
                    if call >= 0 && bare {
                        self.rows.call_sites[call as usize].reason = CallReason::LocalValue;
                    }
                    return;
                }
                Some(found) => {
                    let is_import = self.rows.nodes[found.ordinal as usize].kind == seed::IMPORT;
                    (if is_import { BindingKind::Import } else { BindingKind::Definition }, found.ordinal)
                }
            }
        } else {
            let frame = self.scopes.get(scope).frame;
            let owner = if head == Head::Receiver { self.enclosing_type(frame) } else { self.super_type(frame) };
            let Some(owner) = owner else { return };
            if used == UseKind::Reference && bare {
                return;
            }
            let binding = if head == Head::Receiver { BindingKind::Receiver } else { BindingKind::Super };
            (binding, self.scopes.frames[owner as usize].ordinal)
        };
        let (line, column) = self.lines.point(self.record(node).start);
        if call >= 0 {
            self.rows.call_sites[call as usize].used = true;
        }
        let line = line + 1;
        self.rows.uses.push(UseRow { used, node: ordinal, name, binding, target, line, column, call_site: call });
    }

    /// The type around a frame, whatever functions lie between.
    fn super_type(&self, mut frame: u32) -> Option<u32> {
        while frame != ABSENT {
            let this = &self.scopes.frames[frame as usize];
            if this.is_type {
                return Some(frame);
            }
            frame = this.parent;
        }
        None
    }
}

/// The columns of a node row that most rows leave empty.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Row<'m> {
    pub(crate) modifiers: &'m [NameId],
    pub(crate) is_test: bool,
    pub(crate) signature: Option<TextRef>,
    pub(crate) docstring: Option<TextRef>,
    pub(crate) content_hash: Option<[u8; 16]>,
    pub(crate) metadata: Option<TextRef>,
}

/// A JSON object whose keys come in order; empty texts and lists are left out.
#[derive(Default)]
struct Metadata(String);

impl Metadata {
    fn key(&mut self, key: &str) {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        push_json_string(&mut self.0, key);
        self.0.push(':');
    }

    fn text(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            self.key(key);
            push_json_string(&mut self.0, text);
        }
    }

    fn list<'t>(&mut self, key: &str, texts: impl ExactSizeIterator<Item = &'t str>) {
        if texts.len() > 0 {
            self.key(key);
            self.array(texts);
        }
    }

    fn array<'t>(&mut self, texts: impl Iterator<Item = &'t str>) {
        self.0.push('[');
        for (position, text) in texts.enumerate() {
            if position > 0 {
                self.0.push(',');
            }
            push_json_string(&mut self.0, text);
        }
        self.0.push(']');
    }

    fn finish(mut self, rows: &mut FileRows) -> Option<TextRef> {
        if self.0.is_empty() {
            return None;
        }
        self.0.push('}');
        Some(rows.add(&self.0))
    }
}

/// The last part of a decorator's name, without its arguments.
fn last_part(text: &str) -> &str {
    let head = text.split_once('(').map_or(text, |(head, _)| head);
    head.rsplit('.').next().unwrap_or_default().trim_matches(['@', ' '])
}

/// The first 16 bytes of BLAKE3.
pub(crate) fn short_hash(bytes: &[u8]) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
    short
}

/// Apply a pack's visibility rules to a name and its modifiers.
fn visibility_of(language: &Language, name: &str, modifiers: &[NameId]) -> Visibility {
    let rules = &language.pack.visibility;
    match rules.style.as_str() {
        "underscore" => {
            let dunder = || name.starts_with("__") && name.ends_with("__") && name.chars().count() > 4;
            if !name.starts_with('_') || dunder() {
                Visibility::Public
            } else if name.starts_with("__") {
                Visibility::Private
            } else {
                Visibility::Internal
            }
        }
        "capital" if name.chars().next().is_some_and(char::is_uppercase) => Visibility::Public,
        "capital" => Visibility::Internal,
        _ if !rules.private_prefix.is_empty() && name.starts_with(rules.private_prefix.as_str()) => Visibility::Private,
        _ => modifiers
            .iter()
            .find(|modifier| (seed::PRIVATE..=seed::INTERNAL).contains(modifier))
            .map_or(Visibility::PackDefault, |modifier| Visibility::Named(*modifier)),
    }
}
