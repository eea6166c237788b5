//! The walk from a flat tree to IR rows: the twin of the reference engine's `walker.py`, which is
//! normative. Functions have the names of their twins, in the same order, so that the two can be read
//! side by side; that is also why the module is long. `imports.rs` is the twin of `imports.py`.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};

use crate::core::Record;
use crate::headers::package_fqn;
use crate::imports::Required;
use crate::lines::Lines;
use crate::names::{NameId, Names};
use crate::pack::{FieldUse, Role};
use crate::rows::{
    BindingKind, CallReason, CallRow, ExportRow, FileRows, NONE, NodeRow, Span, TextRef, UseKind, UseRow, Visibility,
};
use crate::scopes::{ABSENT, Bound, Frame, LOCAL, NOWHERE, Rank, Receiver, Scopes};
use crate::spent::Deadline;
use crate::table::{ImportForm, Known, Language, Opens, Rule, seed};
use crate::text::{
    Encoding, MAX_TEXT_BYTES, clean_adjacent_comments, clean_block_comment, clean_docstring, clean_line_comments,
    decode, is_constant_name, push_collapsed, push_json_string, push_signature, unquote, without_spaces,
};

/// Longest id below the module's part of which definitions still have rows.
const MAX_PATH_CHARACTERS: usize = 1_000;
/// Longest name of a definition.
pub(crate) const MAX_NAME_CHARACTERS: usize = 500;
/// Items of work between two looks at the clock.
const ITEMS_PER_LOOK: u32 = 256;
/// The field of a child that has none.
const ABSENT_FIELD: u16 = 0;
/// The call that gives its first argument the members of the others.
const ASSIGN: &str = "Object.assign";

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
    Anonymous(u32),
    Members(u32),
}

/// What a dotted name begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    Name,
    Receiver,
    Super,
    /// A name that only a type can have.
    Type,
}

/// The call that an anonymous class stands in: its base.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anonymous {
    pub(crate) head: Head,
    pub(crate) base: Option<NameId>,
    pub(crate) callee: u32,
}

/// What wrappers around a definition lend it.
#[derive(Clone, Debug)]
pub(crate) struct Wrap {
    modifiers: Vec<NameId>,
    start: u32,
    hoist: bool,
    export: bool,
    annotation: Option<TextRef>,
}

/// A name that an anonymous definition takes from the place it is assigned to.
#[derive(Clone, Copy, Debug)]
struct Named {
    name: NameId,
    wrap: Option<u32>,
    start_byte: u32,
    scope: Option<u32>,
    /// Where the name becomes visible, if its binder is a late one of a function.
    since: Option<u32>,
    /// The frame that it is a member of, where it does not stand in its body.
    owner: Option<u32>,
}

/// What the functions in an object literal are members of: a frame, or the variable that a binding makes.
#[derive(Clone, Copy, Debug)]
struct Members {
    owner: Option<u32>,
    binding: Option<u32>,
}

/// What is known about names while a binder's targets are walked.
#[derive(Clone, Debug)]
pub(crate) struct Binding<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) node: u32,
    wrap: Option<u32>,
    annotation: Option<TextRef>,
    extended: Option<TextRef>,
    strings: Option<Vec<NameId>>,
    pub(crate) hoist: bool,
    pub(crate) module: Option<Required>,
    pub(crate) key: Option<NameId>,
    pub(crate) depth: u32,
    embedded: bool,
    /// The row that was made last: ordinal, fqn, id without suffix.
    made: Option<(i32, TextRef, TextRef)>,
}

/// What is known about a parameter while its pattern is walked.
#[derive(Clone, Debug, Default)]
struct Parameter {
    annotation: Option<TextRef>,
    default: Option<TextRef>,
    modifiers: Vec<NameId>,
    receiver: bool,
    /// The pattern and the type, where `rust_values` asks for them.
    written: Option<(u32, u32)>,
}

/// A definition or extension that waits for the types of its file: a method by receiver, an `impl`.
#[derive(Clone, Debug)]
struct Deferred<'a> {
    node: u32,
    rule: &'a Rule,
    carry: Carry,
    scope: u32,
    comment: Option<(u32, u32)>,
    lead: Vec<u32>,
}

/// Nodes still to walk, all read in one way. Only with mode `Expr` and no carry may they be many.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    next: u32,
    end: u32,
    scope: u32,
    mode: Mode,
    carry: Carry,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct PendingUse {
    pub(crate) scope: u32,
    pub(crate) used: UseKind,
    pub(crate) ordinal: i32,
    pub(crate) head: Head,
    pub(crate) name: NameId,
    pub(crate) node: u32,
    pub(crate) call: i32,
}

#[derive(Clone, Debug)]
pub(crate) struct PendingDecorator {
    pub(crate) frame: u32,
    pub(crate) node: u32,
    pub(crate) text: String,
    pub(crate) head: Head,
    pub(crate) name: Option<NameId>,
    pub(crate) scope: u32,
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
    /// It stands at the repository's top.
    pub at_top: bool,
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
    /// The source as text; empty where its encoding is not UTF-8.
    whole: &'a str,
    encoding: Encoding,
    pub(crate) module: Module<'a>,
    pub(crate) rows: &'a mut FileRows,
    pub(crate) scopes: &'a mut Scopes,
    pub(crate) lines: &'a mut Lines,
    pub(crate) stack: &'a mut Vec<Item>,
    items: Vec<Item>,
    pub(crate) pending_uses: &'a mut Vec<PendingUse>,
    parts: &'a mut Vec<u32>,
    /// What `free_chain` puts a name together from, and a text that is put together to be looked up.
    pub(crate) chain_parts: Vec<(Cow<'a, str>, &'static str)>,
    pub(crate) buffer: String,
    pub(crate) pending_exports: Vec<(NameId, NameId)>,
    pub(crate) pending_decorators: Vec<PendingDecorator>,
    pub(crate) taken_calls: Vec<(u32, u32)>,
    /// Parameters that get a module or a member of it.
    pub(crate) promised: Vec<(u32, NameId, Option<NameId>)>,
    pub(crate) value_exports: Vec<((u32, u32), NameId)>,
    wraps: Vec<Wrap>,
    named: Vec<Named>,
    members: Vec<Members>,
    pub(crate) bindings: Vec<Binding<'a>>,
    parameters: Vec<Parameter>,
    comment: Option<(u32, u32)>,
    pub(crate) star_import: bool,
    super_call: &'a str,
    /// Names that no local binds are left to the link stage.
    pub(crate) free: bool,
    /// What a dotted name leaves unread: type arguments in it.
    pub(crate) leftovers: Vec<u32>,
    /// Names of the declared types of locals; a binding's target -2 - n is a local of type n.
    pub(crate) types: Vec<NameId>,
    pub(crate) package: TextRef,
    pub(crate) facade: TextRef,
    pub(crate) anonymous: Vec<Anonymous>,
    deferred: VecDeque<Deferred<'a>>,
    /// Types with a row: ordinal and frame, in order.
    pub(crate) type_frames: Vec<(i32, u32)>,
    /// Scope of an `impl` block → the trait that it names, in order of scopes.
    pub(crate) traits: Vec<(u32, Head, NameId)>,
    /// Frames that stand for types of other files: the ordinal of what is around, name, frame.
    foreign: Vec<(i32, NameId, u32)>,
    /// Attributes and doc comments that wait for the definition right after them.
    pub(crate) lead: Vec<u32>,
    /// Where the last of them ends.
    pub(crate) lead_end: u32,
    /// Macros' arguments that are expressions, by where they begin.
    macros: Option<&'a HashMap<u32, u32>>,
    /// Doc comments are Rust's.
    documented: bool,
    has_self_type: bool,
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
        let whole = if encoding == Encoding::Utf8 { std::str::from_utf8(source).unwrap_or("") } else { "" };
        Self {
            language,
            records,
            source,
            whole,
            encoding,
            module,
            rows,
            scopes: &mut scratch.scopes,
            lines: &mut scratch.lines,
            stack: &mut scratch.stack,
            items: Vec::new(),
            pending_uses: &mut scratch.uses,
            parts: &mut scratch.parts,
            chain_parts: Vec::new(),
            buffer: String::new(),
            pending_exports: Vec::new(),
            pending_decorators: Vec::new(),
            taken_calls: Vec::new(),
            promised: Vec::new(),
            value_exports: Vec::new(),
            wraps: Vec::new(),
            named: Vec::new(),
            members: Vec::new(),
            bindings: Vec::new(),
            parameters: Vec::new(),
            comment: None,
            star_import: false,
            super_call: &language.pack.super_call,
            free: language.pack.free_names,
            leftovers: Vec::new(),
            types: Vec::new(),
            package: TextRef::default(),
            facade: TextRef::default(),
            anonymous: Vec::new(),
            deferred: VecDeque::new(),
            type_frames: Vec::new(),
            traits: Vec::new(),
            foreign: Vec::new(),
            lead: Vec::new(),
            lead_end: 0,
            macros: None,
            documented: language.pack.docstring == "doc-comments",
            has_self_type: !language.pack.self_type.is_empty(),
        }
    }

    /// Walk expressions among the records, behind the file's own, where macros' arguments begin.
    #[must_use]
    pub(crate) fn with_macros(mut self, found: &'a HashMap<u32, u32>) -> Self {
        self.macros = (!found.is_empty()).then_some(found);
        self
    }

    pub(crate) fn records(&self) -> &'a [Record] {
        self.records
    }

    pub(crate) fn module(&self) -> Module<'a> {
        self.module
    }

    pub(crate) fn forget_comment(&mut self) {
        self.comment = None;
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
        let language = self.language;
        let positions = &rule.by_position;
        let is_comment = move |child: u32| {
            language.rule(records[child as usize].symbol).is_some_and(|rule| rule.role == Role::Comment)
        };
        let count = if positions.is_empty() {
            0
        } else {
            self.children(node).filter(|child| !is_comment(*child)).count() as i32
        };
        let mut at = -1;
        let firsts = &rule.by_first;
        let mut seen = 0_u64;
        self.children(node).map(move |child| {
            let record = &records[child as usize];
            if !firsts.is_empty()
                && let Some(position) = firsts.iter().position(|(symbol, _)| *symbol == record.symbol)
                && seen >> position & 1 == 0
            {
                seen |= 1 << position;
                if positions.is_empty() {
                    return (child, firsts[position].1);
                }
            }
            if !positions.is_empty() && !is_comment(child) {
                at += 1;
                let placed = |wanted: i32| positions.iter().find(|(position, _)| *position == wanted);
                if let Some((_, used)) = placed(at).or_else(|| placed(at - count)) {
                    return (child, *used);
                }
            }
            (child, rule.use_of(record.field, record.symbol))
        })
    }

    /// The first child that is read in one way.
    pub(crate) fn part(&self, node: u32, rule: &'a Rule, wanted: FieldUse) -> Option<u32> {
        self.fields(node, rule).find(|(_, used)| *used == wanted).map(|(child, _)| child)
    }

    // -- texts ---------------------------------------------------------------------------------------

    #[inline]
    pub(crate) fn bytes(&self, start: u32, end: u32) -> &'a [u8] {
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
        let record = self.record(node);
        self.text_between(record.start, record.end)
    }

    /// The text of a range of bytes.
    #[inline]
    pub(crate) fn text_between(&self, start: u32, end: u32) -> Cow<'a, str> {
        match self.whole.get(start as usize..end as usize) {
            Some(text) => Cow::Borrowed(text),
            None => decode(self.bytes(start, end), self.encoding),
        }
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

    /// Bytes in UTF-8, whatever the source's encoding: white space is looked for there.
    pub(crate) fn transcoded<'r>(&self, raw: &'r [u8]) -> Cow<'r, [u8]> {
        match self.encoding {
            Encoding::Utf8 => Cow::Borrowed(raw),
            other => Cow::Owned(decode(raw, other).into_owned().into_bytes()),
        }
    }

    /// Add a node's source text on one line, capped.
    pub(crate) fn add_short(&mut self, node: u32) -> TextRef {
        let record = self.record(node);
        self.add_short_between(record.start, record.end)
    }

    /// Some of a source in UTF-8, None of another.
    pub(crate) fn utf8_between(&self, start: u32, end: u32) -> Option<&'a str> {
        self.whole.get(start as usize..end as usize)
    }

    /// Add some of the source on one line, capped.
    pub(crate) fn add_short_between(&mut self, start: u32, end: u32) -> TextRef {
        let text = self.text_between(start, end);
        self.rows.add_with(|pool| push_collapsed(pool, &text))
    }

    /// Say whether a text that `add_short_between` added has every byte of that part of the source in its place.
    pub(crate) fn is_whole(&self, added: TextRef, start: u32, end: u32) -> bool {
        let length = added.end - added.start;
        !self.whole.is_empty() && length == end.saturating_sub(start) && length <= MAX_TEXT_BYTES as u32
    }

    /// Some of the source on one line, capped.
    pub(crate) fn short_between(&self, start: u32, end: u32) -> String {
        let mut text = String::new();
        push_collapsed(&mut text, &self.text_between(start, end));
        text
    }

    /// A node's source text on one line, capped.
    pub(crate) fn short(&self, node: u32) -> String {
        let record = self.record(node);
        self.short_between(record.start, record.end)
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
        if self.free {
            return self.free_chain(start);
        }
        let mut node = start;
        let mut path = false;
        self.parts.clear();
        self.leftovers.clear();
        let (head, super_call) = loop {
            let Some(rule) = self.rule(node) else { return (Head::Name, None, node) };
            match rule.role {
                Role::Member => {
                    let property = self.child_by_field(node, rule.property_field);
                    path = rule.path;
                    let (Some(property), Some(target)) = (property, self.child_by_field(node, rule.object_field))
                    else {
                        let Some(property) = property.filter(|_| path) else { return (Head::Name, None, node) };
                        // `::name`
                        let mut name = self.text(property).into_owned();
                        for &part in self.parts.iter().rev() {
                            name.push('.');
                            name.push_str(&self.text(part));
                        }
                        return (Head::Type, Some(self.rows.names.intern(&name)), node);
                    };
                    self.parts.push(property);
                    node = target;
                }
                Role::Identifier | Role::Dotted => {
                    break (if path || rule.names_type { Head::Type } else { Head::Name }, false);
                }
                Role::Receiver => break (if path { Head::Type } else { Head::Receiver }, false),
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
                Role::None if rule.through && self.has_self_type => {
                    let mut same = None;
                    for (child, used) in self.fields(node, rule) {
                        match used {
                            FieldUse::Same if same.is_none() => same = Some(child),
                            FieldUse::Expression => self.leftovers.push(child),
                            _ => {}
                        }
                    }
                    match same {
                        Some(inner) => node = inner,
                        None => {
                            self.leftovers.clear();
                            return (Head::Name, None, node);
                        }
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
                } else if matches!(head, Head::Name | Head::Type) {
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
        if matches!(head, Head::Name | Head::Type) && self.raw(base).iter().any(spaced) {
            return None;
        }
        std::str::from_utf8(self.bytes(first.start, end)).ok()
    }

    /// The modifiers that a node's own tokens spell, in source order.
    pub(crate) fn tokens(&mut self, node: u32, rule: &Rule, found: &mut Vec<NameId>) {
        if rule.modifier_tokens.is_empty() && !rule.has_modifiers {
            return;
        }
        for child in self.tokens_of(node) {
            let symbol = self.record(child).symbol;
            if rule.has_modifiers && !rule.modifier_tokens.contains(symbol) {
                let held = self.language.named[usize::from(symbol)]
                    && rule.use_of(ABSENT_FIELD, symbol) == FieldUse::Modifiers;
                if let (true, Some(inner)) = (held, self.rule(child)) {
                    self.tokens(child, inner, found);
                }
                continue;
            }
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
        let ((start_line, start_column), (end_line, end_column)) = self.lines.span(record.start, record.end);
        [start_line + 1, start_column, end_line + 1, end_column, record.start as i32, record.end as i32]
    }

    /// Add a node row below a frame; return its ordinal and the range of its id without the suffix.
    pub(crate) fn row(&mut self, frame: u32, name: NameId, kind: NameId, node: u32, more: Row<'_>) -> (i32, TextRef) {
        let owner = &self.scopes.frames[frame as usize];
        let (owner_ids, mut owner_fqn, parent) = (owner.ids, owner.fqn, owner.ordinal);
        let separator = if owner.parent == ABSENT { ':' } else { '.' };
        let owner_kind = owner.kind;
        let in_interface = owner_kind == seed::INTERFACE;
        if owner.parent == ABSENT && self.qualifies(kind) {
            owner_fqn = self.package;
        }
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
        if owner_fqn.start != owner_fqn.end || !self.language.pack.fqn.package {
            pool.push('.');
        }
        pool.push_str(text);
        let fqn = TextRef { start: fqn_start, end: pool.len() as u32 };

        let record = &self.records[node as usize];
        let ((start_row, _), (end_row, end_column)) = self.lines.span(record.start, record.end);
        let modifiers_start = rows.modifiers.len() as u32;
        rows.modifiers.extend_from_slice(more.modifiers);
        let mut visibility = visibility_of(self.language, &rows.names, rows.names.text(name), more.modifiers);
        if self.language.pack.visibility.style == "pub"
            && (matches!(owner_kind, seed::TRAIT | seed::ENUM_MEMBER)
                || matches!(kind, seed::PARAMETER | seed::ENUM_MEMBER)
                || more.modifiers.contains(&seed::OVERRIDE))
        {
            visibility = Visibility::Public;
        }
        if visibility == Visibility::PackDefault
            && !self.language.pack.visibility.in_interfaces.is_empty()
            && (in_interface
                || matches!(kind, seed::PARAMETER | seed::IMPORT | seed::ENUM_MEMBER)
                || more.modifiers.contains(&seed::COMPONENT))
        {
            visibility = Visibility::PackInInterfaces;
        }
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
    pub(crate) fn digest(&self, start: u32, end: u32) -> Option<[u8; 16]> {
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
    ///
    /// Returns whether the walk came to its end before the deadline; if not, rows are missing.
    #[must_use]
    pub fn walk(mut self, deadline: Option<Deadline>) -> bool {
        let scope = self.open_module();
        if self.records.is_empty() {
            return true;
        }
        let mut until_look = ITEMS_PER_LOOK;
        self.push_range(1, self.record(0).next, scope);
        while !self.stack.is_empty() || self.resume() {
            while let Some(item) = self.stack.pop() {
                until_look -= 1;
                if until_look == 0 {
                    if deadline.is_some_and(|deadline| deadline.passed()) {
                        return false;
                    }
                    until_look = ITEMS_PER_LOOK;
                }
                match (item.mode, item.carry) {
                    (Mode::Expr, Carry::None) => self.walk_range(item),
                    _ => self.walk_one(item),
                }
            }
        }
        self.finish(scope);
        true
    }

    /// Begin what waited for the rest of the file; say whether there is something to walk.
    fn resume(&mut self) -> bool {
        while let Some(Deferred { node, rule, carry, scope, comment, lead }) = self.deferred.pop_front() {
            self.comment = comment;
            self.lead = lead;
            self.lead_end = self.record(node).start;
            if rule.role == Role::Extension {
                self.extension(node, rule, scope);
                if !self.stack.is_empty() {
                    return true;
                }
                continue;
            }
            let owner = self.owner_frame(node, rule, scope);
            self.definition(node, rule, carry, scope, owner);
            if !self.stack.is_empty() {
                return true;
            }
        }
        false
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
                        head: if rule.names_type { Head::Type } else { Head::Name },
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
                    let head = if rule.names_type { Head::Type } else { Head::Name };
                    self.reference(scope, head, name, node);
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
        let mut role = rule.role;
        if rule.has_below && !self.is_below(node, rule)
            || matches!(role, Role::Definition | Role::Binder) && self.scopes.get(scope).anonymous
        {
            role = Role::Scope;
        } else if rule.has_owner {
            let lead = self.take_lead(self.record(node).start);
            self.deferred.push_back(Deferred { node, rule, carry, scope, comment: self.comment, lead });
            return;
        }
        match role {
            Role::Member => self.member(node, mode, carry, scope),
            Role::Call => self.call(node, rule, scope),
            Role::None | Role::Arguments | Role::String => self.plain(node, rule, mode, carry, scope),
            Role::Binder if mode == Mode::Param => self.plain(node, rule, mode, carry, scope),
            Role::Binder => self.binder(node, rule, mode, carry, scope),
            Role::Package => self.package(node, rule, carry, scope),
            Role::Definition => self.definition(node, rule, carry, scope, None),
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
            Role::Attribute => {
                if rule.modifiers.is_empty() {
                    self.note_lead(node);
                }
            }
            Role::Positions => self.positions(node, rule, scope),
            Role::Receiver if mode == Mode::Param && rule.kind != seed::EMPTY => {
                let name = self.intern(node);
                self.bind_name(name, node, mode, carry, scope);
            }
            Role::Identifier | Role::Comment | Role::Receiver | Role::Super | Role::Skip | Role::Extension => {}
        }
    }

    #[inline]
    pub(crate) fn push_range(&mut self, next: u32, end: u32, scope: u32) {
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
    pub(crate) fn push_one(&mut self, node: u32, mode: Mode, carry: Carry, scope: u32) {
        let item = self.item(node, mode, carry, scope);
        self.stack.push(item);
    }

    #[inline]
    pub(crate) fn push_expr(&mut self, node: u32, scope: u32) {
        self.push_one(node, Mode::Expr, Carry::None, scope);
    }

    /// Turn round what was pushed since the stack had `mark` items, so that the first is walked first.
    #[inline]
    pub(crate) fn in_order(&mut self, mark: usize) {
        self.stack[mark..].reverse();
    }

    #[inline]
    pub(crate) fn reference(&mut self, scope: u32, head: Head, name: NameId, node: u32) {
        let ordinal = self.scopes.frame_of(scope).ordinal;
        self.pending_uses.push(PendingUse { scope, used: UseKind::Reference, ordinal, head, name, node, call: -1 });
    }

    /// Add a kind's decisions to the enclosing function.
    fn count(&mut self, node: u32, rule: &'a Rule, scope: u32) {
        if rule.has_parents && !(node != 0 && rule.parents.contains(self.record(node).parent)) {
            return;
        }
        let counter = self.scopes.get(scope).counter;
        if !rule.operators.is_empty() {
            let mut found = self.tokens_of(node).filter(|child| rule.operators.contains(self.record(*child).symbol));
            if rule.opens == Opens::Tokens {
                let count = found.count() as i32;
                self.scopes.counters[counter as usize].decisions += rule.complexity * count;
                return;
            }
            if found.next().is_none() {
                return;
            }
        }
        if !rule.irrefutable.is_empty() && self.irrefutable(node, rule) {
            return;
        }
        if rule.complexity < 0 && self.children(node).all(|child| self.role(child) == Some(Role::Comment)) {
            return; // branches that are not there
        }
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
        if let Carry::Members(members) = carry {
            if rule.opens == Opens::Object
                && let Some(owner) = self.object_frame(self.members[members as usize], scope)
            {
                self.object_members(node, owner, scope);
                return;
            }
            carry = Carry::None;
        }
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
        } else if self.free
            && rule.has_type
            && let (Carry::Binding(binding), Some(type_)) = (carry, self.part(node, rule, FieldUse::Type))
        {
            let mut inner = self.bindings[binding as usize].clone();
            inner.annotation = Some(self.annotation_text(type_));
            self.bindings.push(inner);
            carry = Carry::Binding(self.bindings.len() as u32 - 1);
        }
        if mode == Mode::Param && rule.opens == Opens::List {
            self.parameter_list(node, rule, carry, scope);
            return;
        }
        let mut key = None;
        for (child, used) in self.fields(node, rule) {
            match used {
                FieldUse::Bind if mode != Mode::Param => self.push_expr(child, scope),
                FieldUse::Same | FieldUse::Bind => {
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
                    // Where a default is itself a decision of the function, it is evaluated in it: it sees the
                    // parameters, and the decisions inside it count for the function too.
                    let around = mode == Mode::Param && parent != ABSENT && !rule.has_complexity;
                    let outer = if around { parent } else { scope };
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

    /// Walk a list whose parameters take modifiers and defaults from their neighbours.
    fn parameter_list(&mut self, node: u32, rule: &'a Rule, carry: Carry, scope: u32) {
        let children: Vec<(u32, FieldUse)> = self.fields(node, rule).collect();
        let mark = self.stack.len();
        for (position, &(child, used)) in children.iter().enumerate() {
            match used {
                FieldUse::Same | FieldUse::Bind => {
                    let inner = self.listed_parameter(&children, position, carry);
                    self.push_one(child, Mode::Param, inner, scope);
                }
                FieldUse::Default => {
                    let parent = self.scopes.get(scope).parent;
                    let outer = if parent != ABSENT { parent } else { scope };
                    let counter = if rule.has_complexity { self.scopes.get(scope).counter } else { NOWHERE };
                    let outer = self.scopes.counted_by(outer, counter);
                    self.push_expr(child, outer);
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

    /// What a parameter takes from its neighbours in a list: modifiers before it, a default after it.
    fn listed_parameter(&mut self, children: &[(u32, FieldUse)], position: usize, carry: Carry) -> Carry {
        let Carry::Parameter(known) = carry else { return carry };
        let mut inner = self.parameters[known as usize].clone();
        let is_comment = |child: u32| self.role(child) == Some(Role::Comment);
        let before = children[..position].iter().rev().find(|(child, _)| !is_comment(*child)).copied();
        let after = children[position + 1..].iter().find(|(child, _)| !is_comment(*child)).copied();
        if let Some((held, FieldUse::Modifiers)) = before
            && let Some(rule) = self.rule(held)
        {
            self.tokens(held, rule, &mut inner.modifiers);
        }
        if let Some((default, FieldUse::Default)) = after {
            inner.default = Some(self.add_short(default));
        }
        self.parameters.push(inner);
        Carry::Parameter(self.parameters.len() as u32 - 1)
    }

    /// Say whether a child is not walked as an expression.
    pub(crate) fn special(&self, child: u32, used: FieldUse) -> bool {
        match used {
            FieldUse::Name | FieldUse::Property => self.name_text(child).is_some(),
            FieldUse::Component => {
                let text = self.text(child);
                !text.contains('.') && text.chars().next().is_some_and(char::is_lowercase)
            }
            FieldUse::Key => self.is_lone_name(child),
            FieldUse::Skip => true,
            _ => false,
        }
    }

    /// Say whether a node is nothing but one identifier.
    fn is_lone_name(&self, mut node: u32) -> bool {
        loop {
            if let Some(rule) = self.rule(node) {
                return rule.role == Role::Identifier;
            }
            let mut children = self.children(node);
            match (children.next(), children.next()) {
                (Some(only), None) => node = only,
                _ => return false,
            }
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
        if rule.anonymous && inner != scope {
            self.scopes.set_anonymous(inner);
        }
        let mark = self.stack.len();
        if rule.plain {
            self.push_range(node + 1, self.record(node).next, inner);
            return;
        }
        for (child, used) in self.fields(node, rule) {
            let bound = matches!(used, FieldUse::Bind | FieldUse::Parameters)
                || used == FieldUse::Results && self.is_list(child);
            if bound {
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
            extended: None,
            strings: None,
            hoist,
            module: None,
            key: None,
            depth: 0,
            embedded: false,
            made: None,
        });
        Carry::Binding(self.bindings.len() as u32 - 1)
    }

    // -- names ---------------------------------------------------------------------------------------

    /// Bind a name where names are bound.
    fn bind_name(&mut self, name: NameId, node: u32, mode: Mode, carry: Carry, scope: u32) {
        if name == self.language.blank {
            return;
        }
        if self.language.pack.capital_patterns
            && self.rows.names.text(name).starts_with(|first: char| first.is_ascii_uppercase())
            && match carry {
                Carry::Binding(binding) => mode == Mode::Param || !self.bindings[binding as usize].rule.names_types,
                _ => true,
            }
        {
            self.reference(scope, Head::Name, name, node);
            return;
        }
        match carry {
            Carry::Parameter(parameter) if mode == Mode::Param => {
                self.parameter(name, node, parameter, scope);
                if !self.promised.is_empty() {
                    self.bind_promised(name, node, scope);
                }
            }
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
            let mut ordinal = LOCAL;
            if self.free {
                if !self.pending_decorators.is_empty() {
                    let owner = self.scopes.frames[frame as usize].ordinal;
                    self.take_decorators_as(frame, owner, UseKind::Reference);
                }
                ordinal = self.local_of_type(self.bindings[binding as usize].annotation);
            }
            if self.has_self_type {
                let known = &self.bindings[binding as usize];
                let (binder, late) = (known.node, known.rule.late);
                if known.rule.names_types {
                    self.note_bounds(name, binder, target);
                } else {
                    let late = late && self.scopes.frames[frame as usize].is_function;
                    let since = if late { self.record(binder).end } else { 0 };
                    self.note_local(name, node, binder, target, since);
                }
            }
            let known = &self.bindings[binding as usize];
            let rank = if known.rule.names_types { Rank::Definition } else { Rank::Local };
            let bound = Bound { rank, ordinal, receiver: Receiver::No };
            if known.rule.late && self.scopes.frames[frame as usize].is_function {
                let since = self.record(known.node).end;
                self.scopes.bind_late(target, name, bound, since);
            } else {
                self.scopes.bind(target, name, bound);
            }
            return;
        }
        if let Some(ordinal) = self.variable_row(name, node, binding, frame) {
            if self.free {
                return;
            }
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
        if self.bindings[binding as usize].embedded {
            modifiers.push(seed::EMBEDDED);
        }
        let extended = self.bindings[binding as usize].extended;
        if extended.is_some() {
            modifiers.push(seed::EXTENSION);
        }
        let owner = &self.scopes.frames[frame as usize];
        let kind = if owner.is_object {
            rule.member_kind
        } else if owner.is_type {
            // Where a base makes a class an enum, what is assigned in it are its members.
            let kind = if owner.kind == seed::ENUM && !self.free {
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
        let lead = self.take_lead(start);
        let mut decorators = self.take_decorators(frame, self.rows.nodes.len() as i32);
        decorators.extend(self.attributes(&lead));
        let mut metadata = Metadata::default();
        if let Some(annotation) = annotation {
            metadata.text("annotation", self.rows.text(annotation));
        }
        metadata.list("decorators", decorators.iter().map(String::as_str));
        if let Some(extended) = extended {
            metadata.text("receiver", self.rows.text(extended));
        }
        if is_export_list {
            let strings = self.bindings[binding as usize].strings.as_deref().unwrap_or(&[]);
            metadata.key("strings");
            metadata.array(strings.iter().map(|text| self.rows.names.text(*text)));
        }
        let end = self.record(node).end.max(wrap_start.map_or(0, |start| self.record(start).end));
        let docstring = if self.documented { self.documentation(&lead, None) } else { self.leading_comment(start) };
        let content_hash = self.digest(start, end);
        let metadata = metadata.finish(self.rows);
        let row = Row { modifiers: &modifiers, docstring, content_hash, metadata, ..Row::default() };
        let (ordinal, ids) = self.row(frame, name, kind, node, row);
        let fqn = self.rows.nodes[ordinal as usize].fqn;
        self.bindings[binding as usize].made = Some((ordinal, fqn, ids));
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
        if rule.opens == Opens::List {
            return carry;
        }
        let mut inner = self.parameters[known as usize].clone();
        let mut own = rule.modifiers.clone();
        self.tokens(node, rule, &mut own);
        let known = inner.modifiers.len();
        for modifier in own {
            if !inner.modifiers[..known].contains(&modifier) {
                inner.modifiers.push(modifier);
            }
        }
        if self.has_self_type && self.known(node) == Known::Parameter {
            inner.written = self.parameter_parts(node);
        }
        if rule.tells_parameters {
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
    pub(crate) fn annotation_text(&mut self, node: u32) -> TextRef {
        let added = self.add_short(node);
        let text = self.rows.text(added);
        let rest = text.strip_prefix(':').unwrap_or(text);
        let rest = rest.strip_prefix("->").unwrap_or(rest).trim_start_matches(' ');
        let start = added.start + (text.len() - rest.len()) as u32;
        TextRef { start, end: start + rest.trim_end_matches(' ').len() as u32 }
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
        let makes_property =
            self.free && carry.modifiers.iter().any(|modifier| matches!(*modifier, seed::VAL | seed::VAR));
        let free = self.free;
        let is_field = |modifier: &NameId| {
            if free {
                return makes_property;
            }
            (seed::PRIVATE..=NameId(5)).contains(modifier) || *modifier == seed::READONLY
        };
        let modifiers: Vec<NameId> = carry.modifiers.iter().copied().filter(|modifier| !is_field(modifier)).collect();
        if self.free && self.scopes.frames[frame as usize].is_type {
            // What a record is made of.
            let mut modifiers = modifiers;
            modifiers.insert(0, seed::COMPONENT);
            let content_hash = self.digest_node(node);
            self.row(
                frame,
                name,
                seed::FIELD,
                node,
                Row { modifiers: &modifiers, content_hash, metadata, ..Row::default() },
            );
            self.parameters[parameter as usize] = carry;
            return;
        }
        self.row(frame, name, seed::PARAMETER, node, Row { modifiers: &modifiers, metadata, ..Row::default() });
        self.scopes.frames[frame as usize].parameters += 1;
        let this = &self.scopes.frames[frame as usize];
        let (owner, first, is_static) = (this.parent, this.parameters == 1, this.is_static);
        let class_receiver = this.class_receiver;
        let in_type = owner != ABSENT && self.scopes.frames[owner as usize].is_type;
        let receiver = if class_receiver { Receiver::Class } else { Receiver::Instance };
        let bound = if carry.receiver && in_type {
            let ordinal = self.receiver_target(owner);
            Bound { rank: Rank::Local, ordinal, receiver }
        } else if self.language.pack.self_parameter && in_type && first && !is_static {
            Bound { rank: Rank::Local, ordinal: self.scopes.frames[owner as usize].ordinal, receiver }
        } else {
            let variadic = modifiers.iter().any(|modifier| matches!(*modifier, seed::VARIADIC | seed::VARARG));
            let known = if variadic { None } else { carry.annotation };
            let ordinal = if self.free { self.local_of_type(known) } else { LOCAL };
            Bound { rank: Rank::Local, ordinal, receiver: Receiver::No }
        };
        if self.has_self_type && bound.receiver == Receiver::No {
            self.note_parameter(name, node, carry.written, scope);
        }
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
            let kind = if free { seed::PROPERTY } else { seed::FIELD };
            self.row(owner, name, kind, node, row);
        }
        self.parameters[parameter as usize] = carry;
    }

    /// Walk a node of identifiers joined by dots.
    fn dotted_name(&mut self, node: u32, mode: Mode, carry: Carry, scope: u32) {
        if self.free {
            self.free_dotted_name(node, scope);
            return;
        }
        let name = self.intern_joined(node);
        if mode == Mode::Expr || self.rows.names.text(name).contains('.') {
            self.reference(scope, Head::Name, name, node);
        } else if name != seed::EMPTY {
            self.bind_name(name, node, mode, carry, scope);
        }
    }

    /// Walk a member access: a reference, or a field of the receiver where names are bound.
    fn member(&mut self, node: u32, mode: Mode, carry: Carry, scope: u32) {
        if self.free {
            self.free_member(node, scope);
            return;
        }
        let (head, name, base) = self.chain(node);
        let Some(name) = name else {
            if base == node {
                // One side is missing (`::name`): what is there is walked.
                self.push_range(node + 1, self.record(node).next, scope);
            } else {
                self.push_expr(base, scope);
            }
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
        self.push_leftovers(scope);
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
            if this.parent != ABSENT
                && this.is_member
                && (self.scopes.frames[this.parent as usize].is_type || !this.lexical_receiver)
            {
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
        if rule.opens == Opens::Group && self.is_group(node) {
            self.push_range(node + 1, self.record(node).next, scope);
            return;
        }
        let mut wrap = match outer {
            Some(outer) => self.wraps[outer as usize].clone(),
            None => Wrap { modifiers: Vec::new(), start: node, hoist: false, export: false, annotation: None },
        };
        if rule.has_type {
            let type_ = self.part(node, rule, FieldUse::Type);
            wrap.annotation = type_.map(|type_| self.annotation_text(type_));
        }
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

    /// Say whether a declaration has parentheses around what it declares: `const (…)`.
    fn is_group(&self, node: u32) -> bool {
        let first = self.children(node).next();
        first.is_some_and(|first| self.bytes(self.record(node).start, self.record(first).start).contains(&b'('))
    }

    /// Walk something that binds names: assignment, declarator, loop, clause, field, key.
    fn binder(&mut self, node: u32, rule: &'a Rule, mode: Mode, carry: Carry, mut scope: u32) {
        let wrap = if let Carry::Wrap(wrap) = carry { Some(wrap) } else { None };
        if rule.opens == Opens::Block {
            scope = self.scopes.block(scope);
        }
        let hoist = rule.hoist || wrap.is_some_and(|wrap| self.wraps[wrap as usize].hoist);
        let mut extended = None;
        let mut annotation = wrap.and_then(|wrap| self.wraps[wrap as usize].annotation);
        let mut value = None;
        let mut target = None;
        let mut targets = 0;
        for (child, used) in self.fields(node, rule) {
            match used {
                FieldUse::Value => value = Some(self.sole(child)),
                FieldUse::Type => annotation = Some(self.annotation_text(child)),
                FieldUse::Extended => extended = Some(self.annotation_text(child)),
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
        self.bindings[binding as usize].extended = extended;
        let embedded = if rule.embeds && targets == 0 { self.embedded(node, rule, binding, scope) } else { None };
        let mut named = self.named_value(value, target, targets, binding, scope);
        let mut members = None;
        if let (Carry::Members(around), Some(named)) = (carry, &mut named) {
            named.owner = self.members[around as usize].owner;
        }
        if let (Some(value), Some(target), None) = (value, target, named)
            && self.language.pack.imports.explicit_exports
            && self.rule(value).is_some_and(|rule| rule.opens == Opens::Object)
        {
            members = self.members_of(target, binding, carry, scope);
        }
        if let (Some(value), None) = (value, named) {
            let module = self.required(value, scope);
            self.bindings[binding as usize].module = module;
            if !self.language.pack.imports.export_list.is_empty() {
                self.bindings[binding as usize].strings = self.literal_strings(value);
            }
            if self.free
                && annotation.is_none_or(|annotation| self.rows.text(annotation) == "var")
                && let Some(made) = self.made_type(value)
            {
                self.bindings[binding as usize].annotation = Some(made);
            }
        }
        // Not on the stack yet: what a decorator pushes there comes before, so it is walked after.
        let mut items = std::mem::take(&mut self.items);
        for (child, used) in self.fields(node, rule) {
            if embedded == Some(child) {
                continue;
            }
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
                        Some(name) => {
                            if let (Some(inner), Carry::Members(around)) = (members, carry)
                                && let Some(owner) = self.members[around as usize].owner
                            {
                                // An object in an object.
                                self.variable_row(name, child, binding, owner);
                                let made = Members { owner: None, binding: Some(binding) };
                                self.members[inner as usize].owner = self.object_frame(made, scope);
                            }
                        }
                    }
                }
                FieldUse::Value => {
                    let child = self.sole(child);
                    let carry = match named {
                        Some(named) => {
                            self.named.push(named);
                            Carry::Named(self.named.len() as u32 - 1)
                        }
                        None => members.map_or(Carry::None, Carry::Members),
                    };
                    items.push(self.item(child, Mode::Expr, carry, scope));
                }
                FieldUse::Modifiers => {
                    for decorator in self.decorators_in(child) {
                        self.decorator(decorator, scope, None);
                    }
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

    /// What the functions in an assigned object literal are members of.
    fn members_of(&mut self, target: u32, binding: u32, carry: Carry, scope: u32) -> Option<u32> {
        let found = match (carry, self.role(target)) {
            (Carry::Members(_), _) => Members { owner: None, binding: None },
            (_, Some(Role::Identifier)) if !self.bindings[binding as usize].rule.assigns => {
                Members { owner: None, binding: Some(binding) }
            }
            (_, Some(Role::Member)) => Members { owner: Some(self.holder_of(target, scope, true)?), binding: None },
            _ => return None,
        };
        self.members.push(found);
        Some(self.members.len() as u32 - 1)
    }

    /// The frame that the members of an object literal belong to; one for a variable is made.
    fn object_frame(&mut self, members: Members, scope: u32) -> Option<u32> {
        if members.owner.is_some() {
            return members.owner;
        }
        let (ordinal, fqn, ids) = self.bindings[members.binding? as usize].made?;
        let parent = self.scopes.get(scope).frame;
        let is_test = self.scopes.frames[parent as usize].is_test;
        self.scopes.frames.push(Frame {
            ordinal,
            parent,
            kind: seed::VARIABLE,
            fqn,
            ids,
            is_type: false,
            is_object: true,
            is_function: false,
            is_test,
            is_static: false,
            is_member: false,
            extended: None,
            class_receiver: false,
            lexical_receiver: false,
            foreign: false,
            owner: None,
            calls: 0,
            lambdas: 0,
            imports: 0,
            parameters: 0,
            counter: NOWHERE,
        });
        Some(self.scopes.frames.len() as u32 - 1)
    }

    /// Walk an object literal whose functions are members of what it is assigned to, and so are objects in it.
    fn object_members(&mut self, node: u32, owner: u32, scope: u32) {
        let mark = self.stack.len();
        for child in self.children(node) {
            let carry = match self.role(child) {
                Some(Role::Definition) => {
                    let start_byte = self.record(child).start;
                    let (name, owner) = (seed::EMPTY, Some(owner));
                    self.named.push(Named { name, wrap: None, start_byte, scope: None, since: None, owner });
                    Carry::Named(self.named.len() as u32 - 1)
                }
                Some(Role::Binder) => {
                    self.members.push(Members { owner: Some(owner), binding: None });
                    Carry::Members(self.members.len() as u32 - 1)
                }
                _ => Carry::None,
            };
            self.push_one(child, Mode::Expr, carry, scope);
        }
        self.in_order(mark);
    }

    /// What a member that is assigned belongs to: a class, function or object of the file by its name.
    ///
    /// `target` is `name.member` or `name.prototype.member`; with `whole`, `name` or `name.prototype` itself.
    fn holder_of(&mut self, target: u32, scope: u32, whole: bool) -> Option<u32> {
        if !self.language.pack.imports.explicit_exports {
            return None;
        }
        let (Head::Name, Some(name), _) = self.chain(target) else { return None };
        let mut parts = self.rows.names.text(name).split('.');
        let first = parts.next()?.to_owned();
        let mut own: Vec<&str> = parts.collect();
        if !whole {
            own.pop()?;
        }
        if !own.is_empty() && own != ["prototype"] {
            return None;
        }
        let first = self.rows.names.intern(&first);
        let bound = self.scopes.lookup(scope, first)?;
        if bound.ordinal < 0 || bound.receiver != Receiver::No {
            return None;
        }
        self.scopes.frame_with_ordinal(bound.ordinal)
    }

    /// Make a member without a name a base of the type around; return the child that is dealt with by that.
    fn embedded(&mut self, node: u32, rule: &'a Rule, binding: u32, scope: u32) -> Option<u32> {
        let mut types = self.fields(node, rule).filter(|(_, used)| *used == FieldUse::Type);
        let (Some((child, _)), None) = (types.next(), types.next()) else { return None };
        let (head, name, base) = self.type_name(child)?;
        let frame = self.scopes.get(scope).frame;
        if !self.scopes.frames[frame as usize].is_type || self.scopes.home(scope) != scope {
            return None;
        }
        if rule.rows {
            self.bindings[binding as usize].embedded = true;
            let last = self.last_name(name);
            self.member_row(last, base, binding, scope);
        }
        let ordinal = self.scopes.frames[frame as usize].ordinal;
        self.pending_uses.push(PendingUse { scope, used: UseKind::Base, ordinal, head, name, node: base, call: -1 });
        (base == child).then_some(child)
    }

    /// The part of a dotted name after the last dot.
    pub(crate) fn last_name(&mut self, name: NameId) -> NameId {
        match self.rows.names.text(name).rsplit_once('.') {
            Some((_, last)) => {
                let last = last.to_owned();
                self.rows.names.intern(&last)
            }
            None => name,
        }
    }

    /// Head, dotted name and node of the type that a node names through pointers and arguments, or None.
    pub(crate) fn type_name(&mut self, mut node: u32) -> Option<(Head, NameId, u32)> {
        loop {
            if let (head, Some(name), _) = self.chain(node) {
                return Some((head, name, node));
            }
            let rule = self.rule(node).filter(|rule| rule.role == Role::None)?;
            let mut children = self.children(node);
            node = match (children.next(), children.next()) {
                (Some(only), None) if rule.all_same => only,
                _ => {
                    let wanted = |used: FieldUse| matches!(used, FieldUse::Type | FieldUse::Callee);
                    self.fields(node, rule).find(|(_, used)| wanted(*used))?.0
                }
            };
        }
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
        if self.scopes.frames[frame as usize].is_function || name == self.language.blank {
            return;
        }
        let Some(ordinal) = self.variable_row(name, child, binding, frame) else { return };
        if self.has_self_type {
            let binder = self.bindings[binding as usize].node;
            self.note_declared(binder, ordinal, scope);
        }
        if !self.free && (self.language.pack.members_bind || self.scopes.frames[frame as usize].kind == seed::ENUM) {
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
        let late = known.rule.late && self.scopes.frame_of(scope).is_function;
        let since = late.then(|| self.record(known.node).end);
        let target_rule = self.rule(target);
        match target_rule.map(|rule| (rule, rule.role)) {
            Some((_, Role::Identifier)) => {
                let home = if hoist { self.scopes.home(scope) } else { scope };
                let name = self.intern(target);
                Some(Named { name, wrap, start_byte, scope: (!assigns).then_some(home), since, owner: None })
            }
            Some((rule, Role::Member)) => {
                let property = self.child_by_field(target, rule.property_field)?;
                let name = self.intern(property);
                let owner = self.holder_of(target, scope, false);
                (name != seed::EMPTY).then_some(Named { name, wrap, start_byte, scope: None, since, owner })
            }
            _ => {
                let name = self.name_id(target)?;
                Some(Named { name, wrap, start_byte, scope: None, since, owner: None })
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
        let ids = self.rows.add(module.fqn);
        self.rows.pool.push('@');
        self.rows.pool.push_str(module.suffix);
        let id = TextRef { start: ids.start, end: self.rows.pool.len() as u32 };
        let mut name = self.rows.names.intern(name);
        let mut fqn = self.module_fqn(name, ids);
        let mut metadata = self.module_facts();
        let mut docstring = if self.language.pack.docstring == "first-string" && !self.records.is_empty() {
            self.first_string(0)
        } else {
            None
        };
        if self.documented && !self.records.is_empty() {
            docstring = self.documentation(&[], Some(0));
            let mut facts = Metadata::default();
            facts.list("decorators", self.inner_attributes(0).iter().map(String::as_str));
            metadata = facts.finish(self.rows);
        }
        if self.language.pack.fqn.header == "go" && !self.records.is_empty() {
            let clause = self.read_header();
            docstring = clause.docstring;
            if let Some(package) = clause.name {
                fqn = self.rows.add(&package_fqn(module.fqn, module.at_top, &package));
                name = self.rows.names.intern(&package);
            }
            let mut facts = Metadata::default();
            facts.text("build", clause.build.as_deref().unwrap_or_default());
            metadata = facts.finish(self.rows);
        }
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
            metadata,
        });
        let counter = self.scopes.counter();
        self.scopes.frames.push(Frame {
            ordinal: 0,
            parent: ABSENT,
            kind: seed::MODULE,
            fqn,
            ids,
            is_type: false,
            is_object: false,
            is_function: false,
            is_test: module.test_file,
            is_static: false,
            is_member: false,
            extended: None,
            class_receiver: false,
            lexical_receiver: false,
            foreign: false,
            owner: None,
            calls: 0,
            lambdas: 0,
            imports: 0,
            parameters: 0,
            counter,
        });
        self.scopes.open(ABSENT, 0, counter)
    }

    /// The frame of the type that a definition or extension belongs to, or None if it has no name.
    ///
    /// A type of this file has its own. Another gets one without a row, which stands for it in ids and names.
    fn owner_frame(&mut self, node: u32, rule: &'a Rule, scope: u32) -> Option<u32> {
        let around = self.scopes.get(scope).frame;
        let (child, _) =
            self.fields(node, rule).find(|(_, used)| *used == FieldUse::Owner).expect("the rule has an owner field");
        let (head, name, _) = self.type_name(child)?;
        let mut written = (head == Head::Name).then_some(name);
        if written.is_some()
            && let Some(bound) = self.scopes.lookup(scope, self.rows.names.first(name))
        {
            let own = self.type_frames.binary_search_by_key(&bound.ordinal, |(ordinal, _)| *ordinal);
            if let (Ok(position), true) = (own, self.rows.names.first(name) == name) {
                return Some(self.type_frames[position].1);
            }
            if bound.ordinal == LOCAL || bound.receiver != Receiver::No {
                written = None;
            }
        }
        let last = self.last_name(name);
        Some(self.foreign_frame(around, name, last, written))
    }

    /// The frame that stands for a type of another file.
    ///
    /// One name has one frame in what is around; ids and names show `last` of it. It can be looked up by
    /// `written`, if at all.
    pub(crate) fn foreign_frame(&mut self, around: u32, name: NameId, last: NameId, written: Option<NameId>) -> u32 {
        let ordinal = self.scopes.frames[around as usize].ordinal;
        if let Some((_, _, frame)) = self.foreign.iter().find(|known| (known.0, known.1) == (ordinal, name)) {
            return *frame;
        }
        let member = self.scopes.member(around, last);
        member.count += 1;
        let count = member.count;
        let outside = &self.scopes.frames[around as usize];
        let (around_ids, around_fqn, is_test) = (outside.ids, outside.fqn, outside.is_test);
        let separator = if outside.parent == ABSENT { ":" } else { "." };
        let last = self.rows.names.text(last).to_owned();
        let number = if count > 1 { format!("~{count}") } else { String::new() };
        let ids = format!("{}{separator}{last}{number}", self.rows.text(around_ids));
        let fqn = format!("{}.{last}", self.rows.text(around_fqn));
        let (ids, fqn) = (self.rows.add(&ids), self.rows.add(&fqn));
        let counter = self.scopes.counter();
        self.scopes.frames.push(Frame {
            ordinal,
            parent: around,
            kind: seed::EMPTY,
            fqn,
            ids,
            is_type: true,
            is_object: false,
            is_function: false,
            is_test,
            is_static: false,
            is_member: false,
            extended: None,
            class_receiver: false,
            lexical_receiver: false,
            foreign: true,
            owner: written,
            calls: 0,
            lambdas: 0,
            imports: 0,
            parameters: 0,
            counter,
        });
        let frame = self.scopes.frames.len() as u32 - 1;
        self.foreign.push((ordinal, name, frame));
        frame
    }

    /// What a definition is lent where nothing wraps it: a modifier alone.
    pub(crate) fn lend(&mut self, modifier: NameId, node: u32) -> Carry {
        let modifiers = vec![modifier];
        self.wraps.push(Wrap { modifiers, start: node, hoist: false, export: false, annotation: None });
        Carry::Wrap(self.wraps.len() as u32 - 1)
    }

    /// What a receiver is bound to: its type's ordinal, or a number for a type of another file.
    pub(crate) fn receiver_target(&self, owner: u32) -> i32 {
        let position = self.foreign.iter().position(|(_, _, frame)| *frame == owner);
        position.map_or(self.scopes.frames[owner as usize].ordinal, |position| -2 - position as i32)
    }

    /// Add a definition's row, open its scope and walk what it contains.
    ///
    /// `owner` is the type that it belongs to, when it does not stand in its body.
    pub(crate) fn definition(&mut self, node: u32, rule: &'a Rule, carry: Carry, scope: u32, owner: Option<u32>) {
        let mut named = if let Carry::Named(named) = carry { Some(self.named[named as usize]) } else { None };
        let wrap = match carry {
            Carry::Named(_) => named.and_then(|named| named.wrap),
            Carry::Wrap(wrap) => Some(wrap),
            _ => None,
        };
        let owner = named.and_then(|named| named.owner).or(owner);
        let frame = owner.unwrap_or(self.scopes.get(scope).frame);
        if self.is_buried(frame) {
            self.rows.buried += 1;
            self.inner_scope(node, rule, scope);
            return;
        }
        if rule.import_form == ImportForm::RustMod && self.child_by_field(node, self.language.body_field).is_none() {
            self.read_mod(node, rule, scope);
            return;
        }
        let mut annotation = None;
        let mut typed = None;
        let mut own_name = None;
        let mut named_kind = seed::EMPTY;
        let mut body = None;
        let mut returns = None;
        let mut extended = None;
        let mut bases: Vec<BaseName> = Vec::new();
        let mut own_decorators: Vec<u32> = Vec::new();
        let mut rest: Vec<(u32, FieldUse)> = Vec::new();
        let anonymous = if let Carry::Anonymous(made) = carry { Some(self.anonymous[made as usize]) } else { None };
        if let Some(Anonymous { head, base: Some(name), callee }) = anonymous {
            bases.push(BaseName { used: UseKind::Base, head, name, node: callee });
        }
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
                        let start_byte = self.record(node).start;
                        named = Some(Named { name, wrap, start_byte, scope: None, since: None, owner: None });
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
                FieldUse::Bases | FieldUse::Implements => {
                    self.collect_bases(child, used, &mut bases, scope, &mut rest);
                }
                FieldUse::Modifiers => own_decorators.extend(self.decorators_in(child)),
                _ if child_rule.is_some_and(|rule| rule.role == Role::Decorator) => own_decorators.push(child),
                FieldUse::Skip => {}
                _ => {
                    if rule.modifier_tokens.contains(self.record(child).symbol) {
                        continue;
                    }
                    if used == FieldUse::Body {
                        body = Some(child);
                    } else if used == FieldUse::Extended && own_name.is_none() {
                        extended = Some(self.annotation_text(child));
                    } else if matches!(used, FieldUse::Extended | FieldUse::Returns | FieldUse::Results) {
                        returns = Some(self.annotation_text(child));
                    } else if used == FieldUse::Type && rule.opens == Opens::Nothing {
                        annotation = Some(self.annotation_text(child));
                        typed = Some(child);
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
            Some(named) if named.scope.is_some() || own_name.is_none() => {
                Some(named.name).filter(|name| *name != seed::EMPTY)
            }
            _ => own_name,
        };
        name = name.filter(|name| {
            let text = self.rows.names.text(*name);
            text.len() <= MAX_NAME_CHARACTERS || text.chars().count() <= MAX_NAME_CHARACTERS
        });
        if name.is_none() && modifiers.contains(&seed::DEFAULT) && !self.free {
            name = Some(seed::DEFAULT);
        }
        let name = name.or(rule.name);
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
        let mut start = self.outer_start(wrap_start.unwrap_or(node), frame);
        let ordinal = self.rows.nodes.len() as i32;
        let mut decorators = self.take_decorators(frame, ordinal);
        let lead = self.take_lead(start);
        if !lead.is_empty() {
            decorators.extend(self.attributes(&lead));
            let attributes = lead.iter().filter(|node| self.role(**node) != Some(Role::Comment));
            start = attributes.map(|node| self.record(*node).start).min().map_or(start, |first| first.min(start));
        }
        let last_parts: Vec<&str> = decorators.iter().map(|text| last_part(text)).collect();
        for part in &last_parts {
            let found = self.language.decorator_modifiers.iter().find(|(known, _)| known == part);
            modifiers.extend(found.map(|(_, modifier)| *modifier));
        }
        // A member stands directly in the type's body, or is the anonymous value of a field there.
        let member = owner.is_some()
            || self.scopes.frames[frame as usize].is_type
                && self.scopes.home(scope) == scope
                && (named.is_some() || !rule.takes_name);
        let by_child = if rule.kinds.is_empty() {
            None
        } else {
            self.tokens_of(node).find_map(|child| {
                let symbol = self.record(child).symbol;
                rule.kinds.iter().find(|(children, _)| children.contains(symbol)).map(|(_, kind)| *kind)
            })
        };
        let by_modifier = modifiers
            .iter()
            .find_map(|modifier| rule.kind_modifiers.iter().find(|(text, _)| text == modifier).map(|(_, kind)| *kind));
        let by_child = by_modifier.or(by_child);
        modifiers.retain(|modifier| rule.kind_modifiers.iter().all(|(text, _)| text != modifier));
        if extended.is_some() {
            modifiers.push(seed::EXTENSION);
        }
        let kind = if let Some(kind) = by_child {
            kind
        } else if named_kind == seed::EMPTY {
            self.definition_kind(rule, member, &modifiers, &last_parts, &bases)
        } else {
            named_kind
        };
        let record = self.record(node);
        let mut head_start = named.map_or(record.start, |named| named.start_byte);
        let mut head_end = body.map_or(record.end, |body| self.record(body).start);
        if let Some(made) = anonymous {
            (head_start, head_end) = (self.record(made.callee).start, record.start);
        }
        let mut metadata = Metadata::default();
        if let Some(annotation) = annotation {
            metadata.text("annotation", self.rows.text(annotation));
        }
        metadata.list("bases", bases.iter().map(|base| self.rows.names.text(base.name)));
        metadata.list("decorators", decorators.iter().map(String::as_str));
        if let Some(extended) = extended {
            metadata.text("receiver", self.rows.text(extended));
        }
        if let Some(returns) = returns {
            metadata.text("returns", self.rows.text(returns));
        }
        let is_test = self.is_test(name, rule, frame, &bases, &last_parts) || self.in_test(frame, &decorators);
        let head = self.text_between(head_start, head_end);
        let signature = Some(self.rows.add_with(|pool| push_signature(pool, &head)));
        let docstring = if self.documented { self.documentation(&lead, body) } else { self.docstring(body, start) };
        let content_hash = self.digest(start, record.end.max(wrap_start.map_or(0, |start| self.record(start).end)));
        let metadata = metadata.finish(self.rows);
        let row = Row { modifiers: &modifiers, is_test, signature, docstring, content_hash, metadata };
        let (_, ids) = self.row(frame, name, kind, node, row);
        let fqn = self.rows.nodes[ordinal as usize].fqn;
        if let Some(owner) = self.scopes.frames[frame as usize].owner {
            let used = UseKind::Owner;
            self.pending_uses.push(PendingUse { scope, used, ordinal, head: Head::Name, name: owner, node, call: -1 });
        }
        if let Ok(at) = self.traits.binary_search_by_key(&scope, |(scope, ..)| *scope) {
            let (_, head, name) = self.traits[at];
            let used = UseKind::Overrides;
            self.pending_uses.push(PendingUse { scope, used, ordinal, head, name, node, call: -1 });
        }
        self.export(wrap, frame, name, ordinal);
        if let Some(position) = self.value_exports.iter().rposition(|(span, _)| *span == (record.start, record.end)) {
            let (_, name) = self.value_exports.swap_remove(position);
            self.rows.exports.push(ExportRow { name, node: ordinal, module: None, source_name: None });
        }
        for base in bases {
            let BaseName { used, head, name, node } = base;
            self.pending_uses.push(PendingUse { scope, used, ordinal, head, name, node, call: -1 });
        }
        if rule.opens == Opens::Type {
            for (text, node) in self.derived(&lead) {
                let (used, name) = (UseKind::Implements, self.rows.names.intern(&text));
                self.pending_uses.push(PendingUse { scope, used, ordinal, head: Head::Name, name, node, call: -1 });
            }
        }
        if let Some(typed) = typed.filter(|_| self.has_self_type && kind != seed::TYPE_ALIAS) {
            self.note_value(typed, ordinal, scope);
        }
        self.bind_definition(name, own_name, named, rule, ordinal, scope);

        // Open the definition's frame and scope and push its children.
        let counter = self.scopes.counter();
        if rule.complexity_outward {
            self.scopes.counters[counter as usize].outward = self.scopes.get(scope).counter;
        }
        let extended_name = extended.and_then(|extended| {
            let name = crate::free::type_name(self.rows.text(extended))?.to_owned();
            Some(self.rows.names.intern(&name))
        });
        self.scopes.frames.push(Frame {
            ordinal,
            parent: frame,
            kind,
            fqn,
            ids,
            is_type: rule.opens == Opens::Type,
            is_object: false,
            is_function: rule.opens == Opens::Function,
            is_test,
            is_static: modifiers.contains(&seed::STATIC),
            is_member: member,
            extended: extended_name,
            class_receiver: modifiers.contains(&seed::CLASS),
            lexical_receiver: rule.lexical_receiver,
            foreign: false,
            owner: None,
            calls: 0,
            lambdas: 0,
            imports: 0,
            parameters: 0,
            counter,
        });
        let inner_frame = self.scopes.frames.len() as u32 - 1;
        if rule.opens == Opens::Type {
            self.type_frames.push((ordinal, inner_frame));
        }
        let mut outer = scope;
        if rule.opens == Opens::Function && self.language.pack.members_bind {
            // A function does not see the members around it, but it does see a block between. Where a type's body
            // binds no members, what it does bind are type parameters, which are seen.
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
        if rule.opens == Opens::Type && self.has_self_type {
            let bound = Bound { rank: Rank::Definition, ordinal, receiver: Receiver::No };
            self.scopes.bind(inner, self.language.self_type, bound);
        } else if rule.opens == Opens::Function && self.has_self_type {
            for &(child, used) in &rest {
                if used == FieldUse::Returns {
                    self.note_value(child, ordinal, inner);
                } else {
                    self.note_where(child, inner);
                }
            }
        }
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
                FieldUse::Results if self.is_list(child) => {
                    let binding = self.new_binding(rule, child, None, false);
                    self.push_one(child, Mode::Bind, binding, inner);
                }
                FieldUse::Owner => {
                    self.bind_arguments(child, inner);
                    let modifiers = vec![seed::RECEIVER];
                    self.parameters.push(Parameter { modifiers, receiver: true, ..Parameter::default() });
                    let carry = Carry::Parameter(self.parameters.len() as u32 - 1);
                    self.push_one(child, Mode::Param, carry, inner);
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
            Some(named) => match (named.scope, named.since) {
                (Some(scope), Some(since)) => self.scopes.bind_late(scope, name, bound, since),
                (Some(scope), None) => self.scopes.bind(scope, name, bound),
                _ => {}
            },
            None => {
                let nested = self.scopes.home(scope) != scope;
                let visible = if self.free {
                    self.scopes.frame_of(scope).is_function || nested
                } else {
                    !self.scopes.frame_of(scope).is_type || nested || self.language.pack.members_bind
                };
                if visible && !rule.takes_name && own_name.is_some() && rule.binds {
                    self.scopes.bind(scope, name, bound);
                }
            }
        }
    }

    /// Bind the names that stand as arguments of a receiver's type: `func (s *Stack[T])` declares T.
    fn bind_arguments(&mut self, node: u32, scope: u32) {
        let Some((_, _, base)) = self.type_name(node) else { return };
        let from = self.record(base).end;
        for inside in node + 1..self.record(node).next {
            if self.record(inside).start >= from && self.role(inside) == Some(Role::Identifier) {
                let name = self.intern(inside);
                self.scopes.bind(scope, name, Bound { rank: Rank::Local, ordinal: LOCAL, receiver: Receiver::No });
            }
        }
    }

    /// Say whether a node stands for its children alone.
    fn is_list(&self, node: u32) -> bool {
        self.rule(node).is_some_and(|rule| rule.all_same)
    }

    /// Say whether a node is a block that opens a scope.
    fn is_block(&self, node: u32) -> bool {
        self.rule(node).is_some_and(|rule| match rule.role {
            Role::Definition => rule.has_below && !self.is_below(node, rule),
            role => role == Role::Scope && rule.opens == Opens::Block && rule.complexity == 0,
        })
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
    fn is_test(&self, name: NameId, rule: &Rule, frame: u32, bases: &[BaseName], decorators: &[&str]) -> bool {
        let tests = &self.language.pack.tests;
        let test_file = self.module.test_file;
        if tests.whole_file && test_file {
            return true;
        }
        let begins = |prefixes: &[String]| {
            let text = self.rows.names.text(name);
            let whole = |rest: &str| !tests.whole_words || !rest.chars().next().is_some_and(char::is_lowercase);
            prefixes.iter().any(|prefix| text.strip_prefix(prefix.as_str()).is_some_and(whole))
        };
        match rule.opens {
            Opens::Type => {
                let inherits = |base: &BaseName| {
                    let last = self.rows.names.text(base.name).rsplit('.').next().unwrap_or_default();
                    tests.bases.iter().any(|wanted| last.ends_with(wanted.as_str()))
                };
                let ends = || {
                    let text = self.rows.names.text(name);
                    tests.class_suffixes.iter().any(|suffix| text.ends_with(suffix.as_str()))
                };
                bases.iter().any(inherits) || (test_file && (ends() || begins(&tests.classes)))
            }
            Opens::Function if decorators.iter().any(|part| tests.decorators.iter().any(|wanted| wanted == part)) => {
                true
            }
            Opens::Function if begins(&tests.functions) => {
                let owner = &self.scopes.frames[frame as usize];
                test_file || (owner.is_type && owner.is_test)
            }
            _ => false,
        }
    }

    /// Collect the names that a type inherits from; the rest of each expression is walked.
    fn collect_bases(
        &mut self,
        node: u32,
        used: FieldUse,
        found: &mut Vec<BaseName>,
        scope: u32,
        rest: &mut Vec<(u32, FieldUse)>,
    ) {
        let mut stack = vec![(node, used)];
        let mark = self.stack.len();
        while let Some((current, how)) = stack.pop() {
            let kind = match how {
                FieldUse::Bases => UseKind::Base,
                FieldUse::Implements => UseKind::Implements,
                _ => {
                    self.push_base_expression(current, scope, rest);
                    continue;
                }
            };
            if self.free
                && self.is_call(current)
                && let Some(rule) = self.rule(current)
            {
                // A base that is constructed: `Base(argument)`.
                let first = stack.len();
                for (child, child_use) in self.fields(current, rule) {
                    let inner = if child_use == FieldUse::Callee { how } else { FieldUse::Expression };
                    stack.push((child, inner));
                }
                stack[first..].reverse();
                continue;
            }
            if let (head, Some(name), base) = self.chain(current) {
                if self.free && base != current && self.is_call(base) {
                    self.leftovers.clear();
                    stack.push((base, how)); // what it passes is walked
                    continue;
                }
                for left in std::mem::take(&mut self.leftovers) {
                    self.push_base_expression(left, scope, rest);
                }
                found.push(BaseName { used: kind, head, name, node: current });
                continue;
            }
            match self.rule(current).filter(|rule| rule.passes_bases) {
                None => self.push_base_expression(current, scope, rest),
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
        if self.free {
            self.free_call(node, rule, scope);
            return;
        }
        let written = self.child_by_field(node, rule.callee_field);
        let arguments = if rule.callee_suffix.is_empty() {
            self.child_by_field(node, rule.arguments_field)
        } else {
            self.part(node, rule, FieldUse::Arguments)
        };
        let mut first = None;
        let mark = self.stack.len();
        let callee = written.map(|written| self.inner_callee(written, scope));
        let is_call = |walker: &mut Self, callee| !rule.named_callee || walker.chain(callee).1.is_some();
        if let Some(callee) = callee.filter(|&callee| is_call(self, callee)) {
            let (head, name, base) = self.chain(callee);
            let callee_rule = self.rule(callee);
            let member = callee_rule.is_some_and(|rule| rule.role == Role::Member);
            if !self.is_super_call(callee, name) && !self.is_import_keyword(node, callee, name, scope) {
                self.call_site(node, callee, callee_rule, arguments, head, name, scope, &rule.callee_suffix);
                if name.is_none() && member && !self.language.pack.imports.calls.is_empty() {
                    self.made_call(node, callee, arguments, scope);
                }
            }
            for position in 0..self.leftovers.len() {
                let left = self.leftovers[position];
                self.push_expr(left, scope);
            }
            self.leftovers.clear();
            if name.is_none() {
                first = Some(if member { base } else { callee });
            }
            self.import_call(node, callee, arguments, scope);
        } else {
            self.stack.truncate(mark);
            first = written;
        }
        if let Some(first) = first {
            self.push_expr(first, scope);
        }
        match arguments {
            Some(arguments) if self.children(node).count() == 2 => match self.assigned_to(callee, arguments, scope) {
                Some(owner) => {
                    for child in self.children(arguments) {
                        self.members.push(Members { owner: Some(owner), binding: None });
                        let carry = Carry::Members(self.members.len() as u32 - 1);
                        self.push_one(child, Mode::Expr, carry, scope);
                    }
                }
                None => self.push_expr(arguments, scope),
            },
            _ => {
                for child in self.children(node) {
                    if Some(child) != written {
                        self.push_expr(child, scope);
                    }
                }
            }
        }
        if !rule.callee_suffix.is_empty()
            && let Some(found) = self.macros
            && let Some(&within) = arguments.and_then(|arguments| found.get(&self.record(arguments).start))
        {
            // What decides in there was counted by its tokens.
            let uncounted = self.scopes.counted_by(scope, NOWHERE);
            self.push_expr(within, uncounted);
        }
        self.in_order(mark);
    }

    /// What gets the members of an object literal that is passed to `Object.assign`.
    fn assigned_to(&mut self, callee: Option<u32>, arguments: u32, scope: u32) -> Option<u32> {
        if !self.language.pack.imports.explicit_exports || self.text(callee?) != ASSIGN {
            return None;
        }
        let first = self.children(arguments).next()?;
        self.holder_of(first, scope, true)
    }

    /// What is called below type arguments (`f[int]`, `f::<T>`); those are left to walk.
    fn inner_callee(&mut self, mut callee: u32, scope: u32) -> u32 {
        while let Some(rule) = self.rule(callee).filter(|rule| rule.wraps_callee) {
            let mut inner = None;
            for (child, used) in self.fields(callee, rule) {
                if used == FieldUse::Callee && inner.is_none() {
                    inner = Some(child);
                } else {
                    self.push_expr(child, scope);
                }
            }
            match inner {
                Some(inner) => callee = inner,
                None => break,
            }
        }
        callee
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
        mut name: Option<NameId>,
        scope: u32,
        suffix: &str,
    ) {
        let mut frame = self.scopes.get(scope).frame;
        while self.scopes.frames[frame as usize].foreign {
            frame = self.scopes.frames[frame as usize].parent;
        }
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
        let mut callee_text = callee_text;
        if !suffix.is_empty() {
            let text = format!("{}{suffix}", self.rows.text(callee_text));
            callee_text = self.rows.add(&text);
            if let Some(own) = name {
                let text = format!("{}{suffix}", self.rows.names.text(own));
                name = Some(self.rows.names.intern(&text));
            }
        }
        let mut head = head;
        if name.is_none()
            && self.has_self_type
            && let Some((found, text)) = self.receiver_typed(callee, scope)
        {
            (head, name) = (found, Some(text));
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

    /// Walk an expression among bases; where names are free it sees the type's parameters.
    fn push_base_expression(&mut self, node: u32, scope: u32, rest: &mut Vec<(u32, FieldUse)>) {
        if self.free {
            rest.push((node, FieldUse::Expression));
        } else {
            self.push_expr(node, scope);
        }
    }

    /// The number of arguments.
    pub(crate) fn arity(&self, arguments: Option<u32>) -> i32 {
        let Some(arguments) = arguments else { return 0 };
        if self.rule(arguments).is_some_and(|rule| rule.opens == Opens::Tokens) {
            return self.pieces(arguments);
        }
        if self.role(arguments) != Some(Role::Arguments) {
            return 1;
        }
        self.children(arguments).filter(|&child| self.role(child) != Some(Role::Comment)).count() as i32
    }

    /// Say what the last call site calls if it is a member of what is made or imported right there.
    fn made_call(&mut self, node: u32, callee: u32, arguments: Option<u32>, scope: u32) {
        if let Some(name) = self.made_member(callee, scope) {
            let (used, head, name) = (UseKind::Call, Head::Name, self.rows.names.intern(&name));
            let ordinal = self.scopes.frames[self.scopes.get(scope).frame as usize].ordinal;
            let call = self.rows.call_sites.len() as i32 - 1;
            self.pending_uses.push(PendingUse { scope, used, ordinal, head, name, node, call });
        } else if let Some(arguments) = arguments {
            self.note_promised(callee, arguments, scope);
        }
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
        if self.free {
            self.annotation(node, scope, frame);
            return;
        }
        let Some(expression) = self.children(node).next() else { return };
        let uncounted = self.scopes.counted_by(scope, NOWHERE);
        let mut subject = expression;
        let call_rule = self.rule(expression).filter(|rule| rule.role == Role::Call);
        if let Some(rule) = call_rule {
            subject = self.child_by_field(expression, rule.callee_field).unwrap_or(expression);
        }
        let (head, name, _) = self.chain(subject);
        let frame = frame.unwrap_or(self.scopes.get(scope).frame);
        let text = self.short(expression);
        self.pending_decorators.push(PendingDecorator { frame, node: expression, text, head, name, scope });
        if call_rule.is_some() || name.is_none() {
            self.push_expr(expression, uncounted);
        }
    }

    /// Give the noted decorators to a definition; return their texts.
    fn take_decorators(&mut self, frame: u32, ordinal: i32) -> Vec<String> {
        self.take_decorators_as(frame, ordinal, UseKind::Decorator)
    }

    fn take_decorators_as(&mut self, frame: u32, ordinal: i32, used: UseKind) -> Vec<String> {
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
                uses.push(PendingUse { scope, used, ordinal, head, name, node, call: -1 });
            }
            texts.push(std::mem::take(&mut item.text));
            false
        });
        texts
    }

    // -- documentation -------------------------------------------------------------------------------

    /// Remember a comment; line comments on consecutive lines are one.
    pub(crate) fn remember_comment(&mut self, node: u32) {
        let record = self.record(node);
        if self.documented {
            self.note_comment(node);
            return;
        }
        if self.language.pack.docstring == "adjacent-comments" {
            self.adjacent_comment(record.start, record.end);
            return;
        }
        if let (Some((_, end)), "line-comments") = (&mut self.comment, self.language.pack.docstring.as_str()) {
            let between = self.source.get(*end as usize..record.start as usize).unwrap_or(&[]);
            let between = match self.encoding {
                Encoding::Utf8 => Cow::Borrowed(between),
                other => Cow::Owned(decode(between, other).into_owned().into_bytes()),
            };
            if is_line_break(&between) {
                *end = record.end;
                return;
            }
        }
        self.comment = Some((record.start, record.end));
    }

    /// Remember a comment that has its line to itself; `//` comments on consecutive lines are one.
    fn adjacent_comment(&mut self, start: u32, end: u32) {
        let before = &self.source[..start as usize];
        let line = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        if !before[line..].iter().all(|byte| crate::text::is_space(*byte)) {
            return;
        }
        if let Some((known, known_end)) = self.comment {
            let slashes = |at: u32| self.bytes(at, at + 2) == b"//";
            if slashes(start) && slashes(known) && is_line_break(self.bytes(known_end, start)) {
                self.comment = Some((known, end));
                return;
            }
        }
        self.comment = Some((start, end));
    }

    /// Where a definition starts, its decorators included.
    fn outer_start(&self, node: u32, frame: u32) -> u32 {
        let own = self.record(node).start;
        let decorators = self.pending_decorators.iter().filter(|item| item.frame == frame);
        decorators.map(|item| self.record(item.node).start).min().map_or(own, |start| start.min(own))
    }

    /// The cleaned comment that ends right before a definition, or None.
    pub(crate) fn leading_comment(&mut self, start: u32) -> Option<TextRef> {
        let line_comments = match self.language.pack.docstring.as_str() {
            "leading-comment" => false,
            "line-comments" => true,
            "adjacent-comments" => return self.adjacent_docstring(start),
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
        let text = self.text_between(comment_start, comment_end);
        let cleaned = if line_comments {
            clean_line_comments(&text)
        } else if text.starts_with("/**") && text.ends_with("*/") {
            clean_block_comment(&text)
        } else {
            return None;
        };
        (!cleaned.is_empty()).then(|| self.rows.add(&cleaned))
    }

    /// The cleaned comment that ends on the line before a definition, or None.
    fn adjacent_docstring(&mut self, start: u32) -> Option<TextRef> {
        let (comment_start, comment_end) = self.comment?;
        if comment_end > start || !is_line_break(self.bytes(comment_end, start)) {
            return None;
        }
        let cleaned = clean_adjacent_comments(&self.text_between(comment_start, comment_end));
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
        let PendingUse { scope, used, ordinal, mut head, mut name, node, call } = item;
        if self.free && matches!(head, Head::Name | Head::Type) {
            self.resolve_free(item);
            return;
        }
        if self.free
            && head == Head::Receiver
            && let Some(extended) = self.extended_type(self.scopes.get(scope).frame)
        {
            if let Some((_, remainder)) = self.rows.names.text(name).split_once('.') {
                let text = format!("{}.{remainder}", self.rows.names.text(extended));
                let name = self.rows.names.intern(&text);
                self.resolve_free(PendingUse { head: Head::Type, name, ..item });
            }
            return;
        }
        if self.has_self_type
            && (used == UseKind::Type || used == UseKind::Call && self.rows.names.first(name) != name)
            && let Some((head, name)) = self.followed(item)
        {
            self.resolve_typed(PendingUse { head, name, ..item });
            return;
        }
        if head == Head::Receiver
            && self.has_self_type
            && let Some(owner) = self.enclosing_type(self.scopes.get(scope).frame)
            && self.scopes.frames[owner as usize].foreign
        {
            // The receiver of a type of another file: the name goes on from the type's.
            let owner = self.scopes.frames[owner as usize].owner;
            let text = self.rows.names.text(name);
            let (Some(owner), Some((_, rest))) = (owner, text.split_once('.').filter(|(_, rest)| !rest.is_empty()))
            else {
                return;
            };
            let text = format!("{}.{rest}", self.rows.names.text(owner));
            name = self.rows.names.intern(&text);
            head = Head::Type;
        }
        let at = self.record(node).start;
        let lookup = |walker: &Self, name: NameId| match head {
            Head::Type => walker.scopes.lookup_type(scope, name),
            _ => walker.scopes.lookup_at(scope, name, at),
        };
        let mut first = self.rows.names.first(name);
        // A member without a name (a syntax error) leaves a dot at the end.
        let bare = first == name || self.rows.names.text(name).len() == self.rows.names.text(first).len() + 1;
        let own = self.has_self_type && first == self.language.self_type;
        if matches!(head, Head::Name | Head::Type)
            && (!bare || used == UseKind::Call || own)
            && !self.foreign.is_empty()
            && let Some(found) = lookup(self, first).filter(|found| found.ordinal < LOCAL)
        {
            // The receiver of a type of another file: the name goes on from the type's.
            let (_, _, frame) = self.foreign[(-2 - found.ordinal) as usize];
            match self.scopes.frames[frame as usize].owner.filter(|_| !bare || own) {
                Some(owner) => {
                    let text = self.rows.names.text(name);
                    let rest = if bare { "" } else { &text[self.rows.names.text(first).len()..] };
                    let text = format!("{}{rest}", self.rows.names.text(owner));
                    name = self.rows.names.intern(&text);
                    first = self.rows.names.first(name);
                }
                None => {
                    if call >= 0 && bare {
                        self.rows.call_sites[call as usize].reason = CallReason::LocalValue;
                    }
                    return;
                }
            }
        }
        let (binding, target) = if matches!(head, Head::Name | Head::Type) {
            match lookup(self, first) {
                None => {
                    if used == UseKind::Reference && !self.star_import && !self.is_free(first) {
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

    /// Turn what goes on from a value's type into a row for the link stage, unless the type is not known.
    fn resolve_typed(&mut self, item: PendingUse) {
        let PendingUse { scope, used, ordinal, head, mut name, node, call } = item;
        let first = self.rows.names.first(name);
        let first_text = self.rows.names.text(first).to_owned();
        let bare_text = first_text.strip_suffix("()").unwrap_or(&first_text).to_owned();
        let bare = self.rows.names.intern(&bare_text);
        let (mut binding, mut target) = (BindingKind::Type, NONE);
        let rest = self.rows.names.text(name)[first_text.len()..].to_owned();
        let mut written = None;
        if head == Head::Receiver {
            let Some(owner) = self.enclosing_type(self.scopes.get(scope).frame) else { return };
            let frame = &self.scopes.frames[owner as usize];
            if frame.foreign {
                let Some(owner) = frame.owner else { return };
                written = Some(owner);
            } else {
                (binding, target) = (BindingKind::Receiver, frame.ordinal);
            }
        } else if let Some(found) = self.scopes.lookup_type(scope, bare) {
            if found.ordinal < LOCAL && bare == self.language.self_type {
                let (_, _, frame) = self.foreign[(-2 - found.ordinal) as usize];
                let Some(owner) = self.scopes.frames[frame as usize].owner else { return };
                written = Some(owner);
            } else if found.ordinal < 0 {
                return;
            } else {
                target = found.ordinal;
            }
        }
        if let Some(written) = written {
            let text = format!("{}{rest}", self.rows.names.text(written));
            name = self.rows.names.intern(&text);
        }
        if call >= 0 {
            self.rows.call_sites[call as usize].used = true;
        }
        let (line, column) = self.lines.point(self.record(node).start);
        let line = line + 1;
        self.rows.uses.push(UseRow { used, node: ordinal, name, binding, target, line, column, call_site: call });
    }

    /// Say whether a name that the file does not bind may be bound by another file of its package.
    #[inline]
    fn is_free(&self, name: NameId) -> bool {
        !self.language.builtins.is_empty()
            && !self.language.builtins.get(name.0 as usize).copied().unwrap_or(false)
            && name != self.language.blank
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
pub(crate) struct Metadata(String);

/// What most objects fit.
const METADATA_BYTES: usize = 120;

impl Metadata {
    fn key(&mut self, key: &str) {
        if self.0.is_empty() {
            self.0.reserve(METADATA_BYTES);
        }
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        push_json_string(&mut self.0, key);
        self.0.push(':');
    }

    pub(crate) fn text(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            self.key(key);
            push_json_string(&mut self.0, text);
        }
    }

    pub(crate) fn list<'t>(&mut self, key: &str, texts: impl ExactSizeIterator<Item = &'t str>) {
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

    pub(crate) fn finish(mut self, rows: &mut FileRows) -> Option<TextRef> {
        if self.0.is_empty() {
            return None;
        }
        self.0.push('}');
        Some(rows.add(&self.0))
    }
}

/// Say whether bytes are white space with at most one line's end. A long text is not read to its end.
fn is_line_break(between: &[u8]) -> bool {
    let mut newlines = 0;
    between.iter().all(|byte| {
        newlines += u32::from(*byte == b'\n');
        newlines <= 1 && crate::text::is_space(*byte)
    })
}

/// The last part of a decorator's name, without its arguments.
fn last_part(text: &str) -> &str {
    let head = text.split_once('(').map_or(text, |(head, _)| head);
    let head = head.rsplit("::").next().unwrap_or(head);
    head.rsplit('.').next().unwrap_or_default().trim_matches(['@', ' '])
}

/// The first 16 bytes of BLAKE3.
pub(crate) fn short_hash(bytes: &[u8]) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
    short
}

/// Apply a pack's visibility rules to a name and its modifiers.
fn visibility_of(language: &Language, names: &Names, name: &str, modifiers: &[NameId]) -> Visibility {
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
        "pub" => modifiers.iter().find(|modifier| names.text(**modifier).starts_with("pub")).map_or(
            Visibility::PackDefault,
            |modifier| match &*without_spaces(Cow::Borrowed(names.text(*modifier))) {
                "pub" => Visibility::Public,
                "pub(self)" | "pub(inself)" => Visibility::Private,
                _ => Visibility::Internal,
            },
        ),
        _ if !rules.private_prefix.is_empty() && name.starts_with(rules.private_prefix.as_str()) => Visibility::Private,
        _ => modifiers
            .iter()
            .find(|modifier| (seed::PRIVATE..=seed::INTERNAL).contains(modifier))
            .map_or(Visibility::PackDefault, |modifier| Visibility::Named(*modifier)),
    }
}
