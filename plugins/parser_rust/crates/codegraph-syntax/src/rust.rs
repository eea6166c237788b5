//! What Rust says beyond a kind table: attributes, doc comments, `impl` blocks, fields without names, `use`
//! trees. The twin of the reference engine's `rust.py`.

use std::borrow::Cow;

use crate::names::NameId;
use crate::pack::{FieldUse, Role};
use crate::rows::{ImportRow, TextRef, UseKind};
use crate::scopes::{Bound, Rank, Receiver};
use crate::table::{Known, Rule, seed};
use crate::text::{clean_doc_comment, is_space, unquote, without_spaces};
use crate::walker::{Carry, MAX_NAME_CHARACTERS, Metadata, Mode, PendingUse, Row, Walker};

/// Enough of a comment to say what it documents, in any encoding.
const MARKER_BYTES: u32 = 8;
const UNNAMED: &str = "<impl>";

/// What a doc comment documents.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Documents {
    Nothing,
    /// What follows.
    Outer,
    /// What is around.
    Inner,
}

/// Modifiers, documentation and attributes of an import statement.
#[derive(Clone, Default)]
pub(crate) struct Given {
    pub(crate) modifiers: Vec<NameId>,
    docstring: Option<TextRef>,
    attributes: Vec<String>,
}

impl<'a> Walker<'a> {
    // -- what stands before a definition -------------------------------------------------------------

    fn doc_kind(&self, node: u32) -> Documents {
        let record = self.record(node);
        let mark = self.transcoded(self.bytes(record.start, record.end.min(record.start + MARKER_BYTES)));
        let begins = |prefix: &[u8]| mark.starts_with(prefix);
        if begins(b"//!") || begins(b"/*!") {
            Documents::Inner
        } else if begins(b"///") && !begins(b"////") || begins(b"/**") && !begins(b"/***") && !begins(b"/**/") {
            Documents::Outer
        } else {
            Documents::Nothing
        }
    }

    /// Remember a doc comment for the definition after it; other comments may stand between.
    pub(crate) fn note_comment(&mut self, node: u32) {
        if self.doc_kind(node) == Documents::Outer {
            self.note_lead(node);
        } else if !self.lead.is_empty() {
            if self.is_blank(self.lead_end, self.record(node).start) {
                self.lead_end = self.record(node).end;
            } else {
                self.lead.clear();
            }
        }
    }

    /// Remember an attribute or doc comment for the definition right after it.
    pub(crate) fn note_lead(&mut self, node: u32) {
        if !self.lead.is_empty() && !self.is_blank(self.lead_end, self.record(node).start) {
            self.lead.clear();
        }
        self.lead.push(node);
        self.lead_end = self.record(node).end;
    }

    /// The attributes and doc comments right before a definition; they are forgotten.
    pub(crate) fn take_lead(&mut self, start: u32) -> Vec<u32> {
        if self.lead.is_empty() {
            return Vec::new();
        }
        let lead = std::mem::take(&mut self.lead);
        if self.is_blank(self.lead_end, start) { lead } else { Vec::new() }
    }

    fn is_blank(&self, start: u32, end: u32) -> bool {
        self.transcoded(self.bytes(start, end)).iter().all(|byte| is_space(*byte))
    }

    /// The texts of attributes: `derive(Debug)`.
    pub(crate) fn attributes(&self, lead: &[u32]) -> Vec<String> {
        let attributes = lead.iter().filter(|node| self.role(**node) == Some(Role::Attribute));
        attributes.filter_map(|node| Some(self.short(self.children(*node).next()?))).collect()
    }

    /// What `#[derive(a::B, C)]` names, as `a.B!` and `C!`: derives are macros; and where each name begins.
    pub(crate) fn derived(&self, lead: &[u32]) -> Vec<(String, u32)> {
        let mut found = Vec::new();
        for node in lead.iter().filter(|node| self.role(**node) == Some(Role::Attribute)) {
            let Some(inner) = self.children(*node).next() else { continue };
            let mut parts = self.children(inner);
            let (Some(name), Some(passed)) = (parts.next(), parts.next()) else { continue };
            if self.text(name) == "derive" {
                found.extend(self.paths_in(passed).into_iter().filter_map(|path| {
                    let names: Vec<_> = path.iter().map(|part| self.text(*part)).collect();
                    Some((format!("{}!", names.join(".")), *path.first()?))
                }));
            }
        }
        found
    }

    /// The paths that commas part in a tree of tokens, each as its names; what is no path is left out.
    fn paths_in(&self, tokens: u32) -> Vec<Vec<u32>> {
        let mut paths: Vec<Vec<u32>> = vec![Vec::new()];
        let mut at = self.record(tokens).start;
        for child in self.children(tokens).filter(|child| self.role(*child) != Some(Role::Comment)) {
            let record = self.record(child);
            let between = self.transcoded(self.bytes(at, record.start));
            at = record.end;
            if !between.windows(2).any(|pair| pair == b"::") {
                paths.push(Vec::new());
            }
            let Some(path) = paths.last_mut() else { continue };
            match self.role(child) {
                Some(Role::Identifier | Role::Receiver) => path.push(child),
                _ => path.clear(),
            }
        }
        paths.retain(|path| !path.is_empty());
        paths
    }

    /// The cleaned text of the doc comments before a definition and at the top of its body.
    pub(crate) fn documentation(&mut self, lead: &[u32], body: Option<u32>) -> Option<TextRef> {
        let mut text = String::new();
        let inner = body.map_or_else(Vec::new, |body| self.inner(body));
        for node in lead.iter().chain(&inner).filter(|node| self.role(**node) == Some(Role::Comment)) {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&clean_doc_comment(&self.text(*node)));
        }
        let trimmed = text.trim_matches([' ', '\t', '\r', '\x0c', '\x0b', '\n']);
        (!trimmed.is_empty()).then(|| self.rows.add(trimmed))
    }

    /// The texts of the attributes at the top of a body: `cfg(test)` of `#![cfg(test)]`.
    pub(crate) fn inner_attributes(&self, body: u32) -> Vec<String> {
        self.attributes(&self.inner(body))
    }

    /// The inner doc comments and attributes at the top of a body.
    fn inner(&self, body: u32) -> Vec<u32> {
        let mut found = Vec::new();
        for child in self.children(body) {
            match self.rule(child) {
                Some(rule) if rule.role == Role::Comment => {
                    if self.doc_kind(child) == Documents::Inner {
                        found.push(child);
                    }
                }
                Some(rule) if rule.role == Role::Attribute && !rule.modifiers.is_empty() => found.push(child),
                Some(rule) if rule.role == Role::Skip => {}
                _ => break,
            }
        }
        found
    }

    // -- members that stand elsewhere, and those without names ---------------------------------------

    /// Walk an `impl` block: what it defines are members of its type.
    pub(crate) fn extension(&mut self, node: u32, rule: &'a Rule, scope: u32) {
        let target = self.part(node, rule, FieldUse::Owner);
        let has_trait = self.part(node, rule, FieldUse::Implements);
        let parameters = self.part(node, rule, FieldUse::Bind);
        let (owner, own_arguments) = self.extended_frame(target, parameters, scope);
        let inner = self.scopes.open(scope, owner, self.scopes.get(scope).counter);
        let ordinal = self.receiver_target(owner);
        let bound = Bound { rank: Rank::Definition, ordinal, receiver: Receiver::No };
        self.scopes.bind(inner, self.language.self_type, bound);
        let mark = self.stack.len();
        for (child, used) in self.fields(node, rule) {
            match used {
                FieldUse::Owner if Some(child) == target && own_arguments.is_some() => {
                    for argument in own_arguments.iter().flatten() {
                        self.push_expr(*argument, inner);
                    }
                }
                FieldUse::Implements if Some(child) == has_trait => {
                    let Some((head, name, base)) = self.type_name(child) else {
                        self.push_expr(child, inner);
                        continue;
                    };
                    for argument in std::mem::take(&mut self.leftovers) {
                        self.push_expr(argument, inner);
                    }
                    let before = self.transcoded(self.bytes(self.record(node).start, self.record(child).start));
                    if before.iter().rfind(|byte| !is_space(**byte)) == Some(&b'!') {
                        continue; // `impl !Send for T`
                    }
                    self.traits.push((inner, head, name));
                    let frame = &self.scopes.frames[owner as usize];
                    let (foreign, written, ordinal) = (frame.foreign, frame.owner, frame.ordinal);
                    let name = match (foreign, written) {
                        (false, _) => name,
                        (true, None) => continue,
                        (true, Some(written)) => {
                            let names = &mut self.rows.names;
                            let text = format!("{} for {}", names.text(name), names.text(written));
                            names.intern(&text)
                        }
                    };
                    let used = UseKind::Implements;
                    self.pending_uses.push(PendingUse {
                        scope: inner,
                        used,
                        ordinal,
                        head,
                        name,
                        node: base,
                        call: -1,
                    });
                }
                FieldUse::Body => {
                    for member in self.children(child) {
                        let lent = has_trait.is_some() && self.role(member) == Some(Role::Definition);
                        let carry = if lent { self.lend(seed::OVERRIDE, member) } else { Carry::None };
                        self.push_one(member, Mode::Expr, carry, inner);
                    }
                }
                _ => {
                    if !self.special(child, used) {
                        self.note_where(child, inner);
                        self.push_expr(child, inner);
                    }
                }
            }
        }
        self.in_order(mark);
    }

    /// The frame of the type that an `impl` block extends; for one of this file also its type arguments.
    fn extended_frame(&mut self, target: Option<u32>, parameters: Option<u32>, scope: u32) -> (u32, Option<Vec<u32>>) {
        let around = self.scopes.get(scope).frame;
        self.leftovers.clear();
        let found = target.and_then(|target| self.type_name(target));
        let arguments = std::mem::take(&mut self.leftovers);
        let mut written = None;
        let (name, label);
        match found {
            Some((_, found, _)) if fits(self.rows.names.text(found), MAX_NAME_CHARACTERS) => {
                if self.is_parameter(found, parameters) {
                    let text = format!("<{}>", self.rows.names.text(found));
                    name = self.rows.names.intern(&text);
                    label = name;
                } else {
                    name = found;
                    label = self.last_name(found);
                    let first = self.rows.names.first(found);
                    let bound = self.scopes.lookup_type(scope, first);
                    if let Some(bound) = bound.filter(|_| first == found)
                        && let Ok(at) = self.type_frames.binary_search_by_key(&bound.ordinal, |(ordinal, _)| *ordinal)
                    {
                        return (self.type_frames[at].1, Some(arguments));
                    }
                    if bound.is_none_or(|bound| bound.ordinal >= 0) {
                        written = Some(found);
                    }
                }
            }
            _ => {
                let text = self.written_type(target);
                name = self.rows.names.intern(&text);
                label = name;
            }
        }
        (self.foreign_frame(around, name, label, written), None)
    }

    /// Say whether a name is one of an `impl` block's type parameters.
    fn is_parameter(&mut self, name: NameId, parameters: Option<u32>) -> bool {
        let Some(node) = parameters else { return false };
        for child in self.children(node) {
            let Some(rule) = self.rule(child) else { continue };
            if let Some(bound) = self.part(child, rule, FieldUse::Bind)
                && self.text(bound) == self.rows.names.text(name)
            {
                return true;
            }
        }
        false
    }

    /// The name of a type that is no path: a word as it is, else its text between angle brackets.
    fn written_type(&self, node: Option<u32>) -> String {
        let text = node.map_or(Cow::Borrowed(""), |node| without_spaces(self.text(node)));
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !fits(&text, MAX_NAME_CHARACTERS - 2) || text.is_empty() {
            UNNAMED.to_owned()
        } else if text.chars().all(word) && !text.starts_with(|c: char| c.is_ascii_digit()) {
            text.into_owned()
        } else if text.chars().all(|c| word(c) || "&*'()[],;:<>+=!?-".contains(c)) {
            format!("<{text}>")
        } else {
            UNNAMED.to_owned()
        }
    }

    /// Add the rows of members that are named by position; walk their types.
    pub(crate) fn positions(&mut self, node: u32, rule: &'a Rule, scope: u32) {
        let frame = self.scopes.get(scope).frame;
        let makes_rows = self.scopes.frames[frame as usize].is_type && self.scopes.home(scope) == scope;
        let mark = self.stack.len();
        let mut modifiers: Vec<NameId> = Vec::new();
        let mut count = 0;
        for (child, used) in self.fields(node, rule) {
            if rule.modifier_tokens.contains(self.record(child).symbol) {
                modifiers.push(self.intern(child));
            } else if used == FieldUse::Type {
                if makes_rows {
                    let record = self.record(child);
                    let content_hash = self.digest(record.start, record.end);
                    let annotation = self.annotation_text(child);
                    let mut metadata = Metadata::default();
                    metadata.text("annotation", self.rows.text(annotation));
                    let metadata = metadata.finish(self.rows);
                    let name = self.rows.names.intern(&i32::to_string(&count));
                    let row = Row { modifiers: &modifiers, content_hash, metadata, ..Row::default() };
                    let (ordinal, _) = self.row(frame, name, seed::FIELD, child, row);
                    self.note_value(child, ordinal, scope);
                }
                count += 1;
                modifiers.clear();
                self.push_expr(child, scope);
            } else if used == FieldUse::Expression && !matches!(self.role(child), Some(Role::Attribute | Role::Comment))
            {
                self.push_expr(child, scope);
            }
        }
        self.in_order(mark);
    }

    /// The number of pieces that the commas of a macro's arguments part.
    pub(crate) fn pieces(&self, node: u32) -> i32 {
        let mut text: Vec<u8> = Vec::new();
        let record = self.record(node);
        let mut at = record.start;
        for child in self.children(node) {
            text.extend_from_slice(&self.transcoded(self.bytes(at, self.record(child).start)));
            if self.role(child) != Some(Role::Comment) {
                text.push(b'x');
            }
            at = self.record(child).end;
        }
        text.extend_from_slice(&self.transcoded(self.bytes(at, record.end)));
        let inside = text.get(1..text.len().saturating_sub(1)).unwrap_or(&[]);
        let Some(last) = inside.iter().rfind(|byte| !is_space(**byte)) else { return 0 };
        let commas = inside.iter().filter(|byte| **byte == b',').count() as i32;
        commas + i32::from(*last != b',')
    }

    // -- imports -------------------------------------------------------------------------------------

    /// Read a `use` tree: a row for each name that it brings, `*` for a glob.
    pub(crate) fn read_use(&mut self, node: u32, rule: &'a Rule, scope: u32) {
        let given = self.given(node, rule);
        let [_, alias_field, _, _, path_field, argument_field, list_field] = self.language.import_fields;
        let mut stack: Vec<(u32, String)> =
            self.child_by_field(node, argument_field).map(|argument| (argument, String::new())).into_iter().collect();
        while let Some((current, prefix)) = stack.pop() {
            match self.known(current) {
                Known::UseList => {
                    let first = stack.len();
                    stack.extend(self.children(current).map(|child| (child, prefix.clone())));
                    stack[first..].reverse();
                }
                Known::ScopedUseList => {
                    let path = self.child_by_field(current, path_field);
                    let text = path.map_or(Cow::Borrowed("::"), |path| without_spaces(self.text(path)));
                    if let Some(inner) = self.child_by_field(current, list_field) {
                        stack.push((inner, join(&prefix, &text)));
                    }
                }
                Known::UseWildcard => {
                    let module = match self.children(current).next() {
                        Some(path) => join(&prefix, &without_spaces(self.text(path))),
                        None => prefix,
                    };
                    if !module.is_empty() {
                        self.star_import = true;
                        let module = self.rows.names.intern(&module);
                        let star = self.rows.names.intern("*");
                        self.add_given_import(scope, current, node, module, Some(star), None, None, &given);
                    }
                }
                Known::UseAsClause => {
                    let alias = self.child_by_field(current, alias_field).map(|alias| self.intern(alias));
                    if let Some(path) = self.child_by_field(current, path_field) {
                        self.use_one(current, path, alias, &prefix, node, scope, &given);
                    }
                }
                _ if self.role(current) != Some(Role::Comment) => {
                    self.use_one(current, current, None, &prefix, node, scope, &given);
                }
                _ => {}
            }
        }
    }

    /// Add the import of one path of a `use` tree.
    #[allow(clippy::too_many_arguments)] // the twin's
    fn use_one(
        &mut self,
        row: u32,
        path: u32,
        alias: Option<NameId>,
        prefix: &str,
        statement: u32,
        scope: u32,
        given: &Given,
    ) {
        let full = join(prefix, &without_spaces(self.text(path)));
        let full = full.strip_suffix("::self").unwrap_or(&full);
        let (module, name) = full.rsplit_once("::").unwrap_or(("", full));
        if name.is_empty() {
            return;
        }
        let whole = module.is_empty();
        let module = self.rows.names.intern(if whole { full } else { module });
        let name_id = self.rows.names.intern(name);
        let local = match alias.filter(|alias| *alias != seed::EMPTY) {
            Some(alias) => Some(alias),
            None => (!matches!(name, "crate" | "self" | "super")).then_some(name_id),
        };
        let local = local.filter(|local| {
            let text = self.rows.names.text(*local);
            text != "_" && is_word(text.strip_prefix("r#").unwrap_or(text))
        });
        self.add_given_import(scope, row, statement, module, (!whole).then_some(name_id), alias, local, given);
    }

    /// Read `extern crate name as alias;`.
    pub(crate) fn read_crate(&mut self, node: u32, rule: &'a Rule, scope: u32) {
        let given = self.given(node, rule);
        let [name_field, alias_field, ..] = self.language.import_fields;
        let Some(name) = self.child_by_field(node, name_field) else { return };
        let text = self.text(name);
        if text.is_empty() {
            return;
        }
        let own = text == "self";
        let module = if own { "crate".to_owned() } else { format!("::{text}") };
        let module = self.rows.names.intern(&module);
        let name = self.rows.names.intern(&text);
        let alias = self.child_by_field(node, alias_field).map(|alias| self.intern(alias));
        let local = alias.filter(|alias| *alias != seed::EMPTY).or((!own).then_some(name));
        let local = local.filter(|local| *local != self.language.blank);
        self.add_given_import(scope, node, node, module, None, alias, local, &given);
    }

    /// Read `mod name;`: the module is a file of its own, which `#[path]` may name.
    pub(crate) fn read_mod(&mut self, node: u32, rule: &'a Rule, scope: u32) {
        let Some(name) = self.child_by_field(node, self.language.import_fields[0]) else { return };
        let local = self.intern(name);
        if local == seed::EMPTY {
            return;
        }
        let text = self.rows.names.text(local);
        let mut path = text.strip_prefix("r#").unwrap_or(text).to_owned();
        for attribute in self.lead.clone() {
            if let Some(written) = self.path_attribute(attribute) {
                path = written;
            }
        }
        let given = self.given(node, rule);
        let module = self.rows.names.intern(&format!("./{path}"));
        self.add_given_import(scope, node, node, module, None, None, Some(local), &given);
    }

    /// The file that `#[path = "file.rs"]` names.
    fn path_attribute(&self, node: u32) -> Option<String> {
        if self.role(node) != Some(Role::Attribute) {
            return None;
        }
        let inner = self.children(node).next()?;
        let value = self.child_by_field(inner, self.language.value_field)?;
        let name = self.children(inner).next()?;
        if self.text(name) != "path" {
            return None;
        }
        let text = self.text(value);
        let written = unquote(&text);
        (!written.is_empty()).then(|| written.to_owned())
    }

    fn given(&mut self, node: u32, rule: &Rule) -> Given {
        let lead = self.take_lead(self.record(node).start);
        let mut modifiers = Vec::new();
        self.tokens(node, rule, &mut modifiers);
        Given { modifiers, docstring: self.documentation(&lead, None), attributes: self.attributes(&lead) }
    }

    /// As `add_import`, with what is known of the statement.
    #[allow(clippy::too_many_arguments)] // the twin's
    pub(crate) fn add_given_import(
        &mut self,
        scope: u32,
        node: u32,
        statement: u32,
        module: NameId,
        name: Option<NameId>,
        alias: Option<NameId>,
        local: Option<NameId>,
        given: &Given,
    ) -> i32 {
        let frame = self.scopes.get(scope).frame;
        let shown = match local.filter(|local| *local != seed::EMPTY) {
            Some(local) => local,
            None => {
                let owner = &mut self.scopes.frames[frame as usize];
                owner.imports += u32::from(local.is_none());
                let text = format!("<import{}>", owner.imports);
                self.rows.names.intern(&text)
            }
        };
        let mut metadata = Metadata::default();
        metadata.list("decorators", given.attributes.iter().map(String::as_str));
        let metadata = metadata.finish(self.rows);
        let row = Row { modifiers: &given.modifiers, docstring: given.docstring, metadata, ..Row::default() };
        let (ordinal, _) = self.row(frame, shown, seed::IMPORT, node, row);
        let span = self.line_span(node);
        let raw: TextRef = self.add_short(statement);
        self.rows.imports.push(ImportRow { node: ordinal, span, raw, module, name, alias });
        if let Some(local) = local.filter(|_| !self.free) {
            self.scopes.bind(scope, local, Bound { rank: Rank::Definition, ordinal, receiver: Receiver::No });
        }
        ordinal
    }

    /// Say whether a definition is part of a test for what is around it, or for a decorator.
    pub(crate) fn in_test(&self, frame: u32, decorators: &[String]) -> bool {
        let scopes = &self.language.pack.tests.scopes;
        if scopes.is_empty() {
            return false;
        }
        let marks = |text: &String| {
            let joined = without_spaces(Cow::Borrowed(text));
            scopes.iter().any(|one| match one.strip_suffix('*') {
                Some(prefix) => joined.starts_with(prefix),
                None => joined == one.as_str(),
            })
        };
        decorators.iter().any(marks) || self.scopes.frames[frame as usize].is_test
    }
}

/// Say whether a text has at most some number of characters.
fn fits(text: &str, limit: usize) -> bool {
    text.len() <= limit || text.chars().count() <= limit
}

/// Say whether a text may be an identifier.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii())
}

fn join(prefix: &str, path: &str) -> String {
    if prefix.is_empty() || path.is_empty() || prefix.ends_with("::") {
        format!("{prefix}{path}")
    } else {
        format!("{prefix}::{path}")
    }
}
