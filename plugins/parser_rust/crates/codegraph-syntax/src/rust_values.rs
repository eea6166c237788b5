//! Which types Rust's locals, fields and results have, as dotted texts that the link stage follows. The twin of the
//! reference engine's `rust_values.py`, function by function; what the marks mean is told there.

use crate::names::NameId;
use crate::rows::UseKind;
use crate::scopes::{LOCAL, Rank, Receiver, Typed};
use crate::table::Known;
use crate::walker::{Head, PendingUse, Walker};

/// A longer text is no type: chains that build on chains must end. In characters.
const MOST_CHARACTERS: usize = 200;
/// Expressions nested deeper than this have no type.
const DEPTH: u32 = 16;
const WRAPPERS: [&str; 2] = ["Option", "Result"];
const POINTERS: [&str; 3] = ["Box", "Rc", "Arc"];
const WRAPPED: [&str; 2] = ["Some", "Ok"];

/// Whether the text begins at the receiver, and the text.
type Text = (bool, String);

fn checked(receiver: bool, text: String) -> Option<Text> {
    (text.len() <= MOST_CHARACTERS || text.chars().count() <= MOST_CHARACTERS).then_some((receiver, text))
}

fn and(known: Option<Text>, more: &str) -> Option<Text> {
    let (receiver, mut text) = known?;
    text.push_str(more);
    checked(receiver, text)
}

impl Walker<'_> {
    fn rust_field(&self, node: u32, field: usize) -> Option<u32> {
        self.child_by_field(node, self.language.value_fields[field])
    }

    /// What a type as written leads to, or None where its members are not known.
    fn type_of(&mut self, node: u32, depth: u32) -> Option<Text> {
        if depth > DEPTH {
            return None;
        }
        match self.known(node) {
            Known::Identifier | Known::TypeIdentifier | Known::ScopedIdentifier | Known::ScopedTypeIdentifier => {
                self.path_text(node)
            }
            Known::ReferenceType => {
                let inner = self.rust_field(node, TYPE)?;
                self.type_of(inner, depth + 1)
            }
            Known::TraitType => {
                let inner = self.rust_field(node, TRAIT)?;
                self.type_of(inner, depth + 1)
            }
            Known::Bounds => self.bounded(node, depth),
            Known::GenericType => {
                let (name, arguments) = (self.rust_field(node, TYPE)?, self.rust_field(node, TYPE_ARGUMENTS)?);
                let text = self.text(name);
                let last = text.rsplit("::").next().unwrap_or_default();
                let mark = if WRAPPERS.contains(&last) {
                    ".#"
                } else if POINTERS.contains(&last) {
                    ".*"
                } else {
                    return self.path_text(name);
                };
                let first = self.children(arguments).find(|&child| self.known(child) != Known::Lifetime)?;
                and(self.type_of(first, depth + 1), mark)
            }
            _ => None,
        }
    }

    /// The only bound that is no lifetime and none of the traits that every module sees.
    fn bounded(&mut self, node: u32, depth: u32) -> Option<Text> {
        let mut found = None;
        for child in self.children(node) {
            if self.known(child) == Known::Lifetime {
                continue;
            }
            let name = self.intern(child);
            if self.is_builtin(name) {
                continue;
            }
            let known = self.type_of(child, depth + 1)?;
            if found.replace(known).is_some() {
                return None;
            }
        }
        found
    }

    fn path_text(&mut self, node: u32) -> Option<Text> {
        let kept = std::mem::take(&mut self.leftovers); // of the chain that this is asked for
        let (_, name, _) = self.chain(node);
        self.leftovers = kept;
        checked(false, self.rows.names.text(name?).to_owned())
    }

    /// What the value of an expression leads to, or None; locals are those of a byte of the source.
    fn value_of(&mut self, node: u32, scope: u32, at: u32, depth: u32) -> Option<Text> {
        if depth > DEPTH {
            return None;
        }
        match self.known(node) {
            Known::Identifier => {
                let name = self.intern(node);
                match self.scopes.lookup_at(scope, name, at) {
                    Some(found) if found.rank == Rank::Local => {
                        let (receiver, name) = self.scopes.local_type(scope, name, at)?;
                        Some((receiver, self.rows.names.text(name).to_owned()))
                    }
                    _ => Some((false, self.rows.names.text(name).to_owned())),
                }
            }
            Known::SelfValue => Some((true, "self".to_owned())),
            Known::ScopedIdentifier => self.path_text(node),
            Known::FieldExpression => self.member_text(node, "", scope, at, depth),
            Known::ParenthesizedExpression | Known::AwaitExpression | Known::ReferenceExpression => {
                let inner = self.rust_field(node, VALUE).or_else(|| self.children(node).next())?;
                self.value_of(inner, scope, at, depth + 1)
            }
            Known::TryExpression => {
                let inner = self.children(node).next()?;
                and(self.value_of(inner, scope, at, depth + 1), ".?")
            }
            Known::StructExpression => {
                let name = self.rust_field(node, NAME)?;
                self.type_of(name, depth + 1)
            }
            Known::TypeCastExpression => {
                let type_ = self.rust_field(node, TYPE)?;
                self.type_of(type_, depth + 1)
            }
            Known::CallExpression => self.called_text(node, scope, at, depth),
            _ => None,
        }
    }

    fn member_text(&mut self, node: u32, called: &str, scope: u32, at: u32, depth: u32) -> Option<Text> {
        let (target, name) = (self.rust_field(node, VALUE)?, self.rust_field(node, FIELD)?);
        let known = self.value_of(target, scope, at, depth + 1);
        let more = format!(".{}{called}", self.text(name));
        and(known, &more)
    }

    fn called_text(&mut self, node: u32, scope: u32, at: u32, depth: u32) -> Option<Text> {
        let passed = self.rust_field(node, ARGUMENTS);
        let mut callee = self.rust_field(node, FUNCTION)?;
        if self.known(callee) == Known::GenericFunction {
            callee = self.rust_field(callee, FUNCTION)?;
        }
        let scoped = match self.known(callee) {
            Known::FieldExpression => return self.member_text(callee, "()", scope, at, depth),
            Known::Identifier => false,
            Known::ScopedIdentifier => true,
            _ => return None,
        };
        let text = self.text(callee).into_owned();
        let mark = if WRAPPED.contains(&text.as_str()) {
            ".#"
        } else {
            match text.rsplit_once("::") {
                Some((owner, "new")) if POINTERS.contains(&owner) => ".*",
                _ => "",
            }
        };
        if !mark.is_empty() {
            let first = passed.and_then(|passed| self.children(passed).next())?;
            return and(self.value_of(first, scope, at, depth + 1), mark);
        }
        if scoped {
            return and(self.path_text(callee), "()");
        }
        let name = self.intern(callee);
        match self.scopes.lookup_at(scope, name, at) {
            Some(found) if found.rank == Rank::Local => None,
            _ => checked(false, text + "()"),
        }
    }

    // -- locals --------------------------------------------------------------------------------------

    /// Remember the type of a local that a `let` or a pattern binds, or that it has none that is known.
    pub(crate) fn note_local(&mut self, name: NameId, node: u32, binder: u32, scope: u32, since: u32) {
        let known = self.local_text(node, binder, scope);
        self.note(name, known, scope, since);
    }

    fn local_text(&mut self, node: u32, binder: u32, scope: u32) -> Option<Text> {
        if self.known(binder) != Known::Let {
            return None;
        }
        let mut pattern = self.rust_field(binder, PATTERN)?;
        let (type_, value) = (self.rust_field(binder, TYPE), self.rust_field(binder, VALUE));
        let mut taken = "";
        if self.known(pattern) == Known::TupleStructPattern {
            let named = self.rust_field(pattern, TYPE)?;
            let mut inside = self.children(pattern);
            let (Some(_), Some(second), None) = (inside.next(), inside.next(), inside.next()) else { return None };
            if !WRAPPED.contains(&&*self.text(named)) {
                return None;
            }
            (pattern, taken) = (second, ".?");
        }
        if pattern != node {
            return None;
        }
        if let Some(type_) = type_ {
            return and(self.type_of(type_, 0), taken);
        }
        let at = self.record(binder).start;
        and(self.value_of(value?, scope, at, 0), taken)
    }

    /// Remember the type of a parameter that is nothing but a name.
    pub(crate) fn note_parameter(&mut self, name: NameId, node: u32, written: Option<(u32, u32)>, scope: u32) {
        let type_ = written.filter(|(pattern, _)| *pattern == node);
        let known = type_.and_then(|(_, type_)| self.type_of(type_, 0));
        self.note(name, known, scope, 0);
    }

    /// What a parameter's pattern and its type are.
    pub(crate) fn parameter_parts(&self, node: u32) -> Option<(u32, u32)> {
        Some((self.rust_field(node, PATTERN)?, self.rust_field(node, TYPE)?))
    }

    /// Remember what a type parameter must implement: the bounds of a node.
    pub(crate) fn note_bounds(&mut self, name: NameId, node: u32, scope: u32) {
        let known = self.rust_field(node, BOUNDS).and_then(|bounds| self.type_of(bounds, 0));
        self.note(name, known, scope, 0);
    }

    /// Remember what a `where` clause says of type parameters; other nodes say nothing.
    pub(crate) fn note_where(&mut self, node: u32, scope: u32) {
        if self.known(node) != Known::WhereClause {
            return;
        }
        for predicate in self.children(node) {
            if let Some(left) =
                self.rust_field(predicate, LEFT).filter(|&left| self.known(left) == Known::TypeIdentifier)
            {
                let name = self.intern(left);
                self.note_bounds(name, predicate, scope);
            }
        }
    }

    fn note(&mut self, name: NameId, known: Option<Text>, scope: u32, since: u32) {
        let known: Typed = known.map(|(receiver, text)| (receiver, self.rows.names.intern(&text)));
        self.scopes.note_type(scope, name, known, since);
    }

    // -- rows ----------------------------------------------------------------------------------------

    /// Add the use that says which type a field, a constant or what a function returns has.
    pub(crate) fn note_value(&mut self, node: u32, ordinal: i32, scope: u32) {
        let Some((_, text)) = self.type_of(node, 0) else { return };
        let name = self.rows.names.intern(&text);
        if !self.is_builtin(name) {
            let (used, head) = (UseKind::Type, Head::Type);
            self.pending_uses.push(PendingUse { scope, used, ordinal, head, name, node, call: -1 });
        }
    }

    /// The same for a declaration's `type`.
    pub(crate) fn note_declared(&mut self, binder: u32, ordinal: i32, scope: u32) {
        if let Some(type_) = self.rust_field(binder, TYPE) {
            self.note_value(type_, ordinal, scope);
        }
    }

    fn is_builtin(&self, name: NameId) -> bool {
        self.language.builtins.get(name.0 as usize).copied().unwrap_or(false)
    }

    /// The text of a called member whose receiver is no plain name: `a().b` of `a(1).b()`.
    pub(crate) fn receiver_typed(&mut self, callee: u32, scope: u32) -> Option<(Head, NameId)> {
        if self.known(callee) != Known::FieldExpression {
            return None;
        }
        let at = self.record(callee).start;
        let (receiver, text) = self.member_text(callee, "", scope, at, 0)?;
        Some((if receiver { Head::Receiver } else { Head::Type }, self.rows.names.intern(&text)))
    }

    /// The text that a name in use stands for if a value's type comes into it.
    pub(crate) fn followed(&mut self, item: PendingUse) -> Option<(Head, NameId)> {
        let PendingUse { scope, used, mut head, mut name, node, .. } = item;
        let first = self.rows.names.first(name);
        let local = head == Head::Name;
        if local {
            let at = self.record(node).start;
            let found = self.scopes.lookup_at(scope, first, at)?;
            if found.receiver != Receiver::No || found.ordinal != LOCAL {
                return None;
            }
            let (receiver, known) = self.scopes.local_type(scope, first, at)?;
            name = self.go_on(receiver, known, name)?;
            head = if receiver { Head::Receiver } else { Head::Type };
        } else if used == UseKind::Type {
            return Some((head, name));
        }
        if head == Head::Type {
            let first = self.rows.names.first(name);
            if first != name
                && let Some(found) = self.scopes.lookup_type(scope, first)
                && found.ordinal == LOCAL
                && let Some((receiver, bound)) = self.scopes.parameter_type(scope, first)
            {
                return Some((head, self.go_on(receiver, bound, name)?));
            }
        }
        let marked = local || self.rows.names.text(name).contains(['(', ')', '#', '?', '*']);
        marked.then_some((head, name))
    }

    /// A text followed by all but the first part of a name.
    fn go_on(&mut self, receiver: bool, known: NameId, name: NameId) -> Option<NameId> {
        let rest = self.rows.names.text(name).split_once('.').map_or("", |(_, rest)| rest);
        let (_, text) = checked(receiver, format!("{}.{rest}", self.rows.names.text(known)))?;
        Some(self.rows.names.intern(&text))
    }
}

/// Fields that this module reads, by position in `Language::value_fields`.
pub(crate) const FIELDS: [&str; 11] =
    ["type", "trait", "type_arguments", "value", "field", "name", "function", "arguments", "pattern", "bounds", "left"];
const TYPE: usize = 0;
const TRAIT: usize = 1;
const TYPE_ARGUMENTS: usize = 2;
const VALUE: usize = 3;
const FIELD: usize = 4;
const NAME: usize = 5;
const FUNCTION: usize = 6;
const ARGUMENTS: usize = 7;
const PATTERN: usize = 8;
const BOUNDS: usize = 9;
const LEFT: usize = 10;
