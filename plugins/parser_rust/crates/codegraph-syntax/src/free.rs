//! Names that the link stage looks up (Java, Kotlin): the twin of the `free_…` functions of `walker.py`.

use std::borrow::Cow;

use crate::names::NameId;
use crate::pack::{FieldUse, Role};
use crate::rows::{BindingKind, CallReason, CallRow, NONE, TextRef, UseKind, UseRow};
use crate::scopes::LOCAL;
use crate::table::{Opens, Rule};
use crate::text::without_spaces;
use crate::walker::{Anonymous, Carry, Head, Mode, PendingDecorator, PendingUse, Walker};

impl<'a> Walker<'a> {
    /// Follow a chain through calls (`a.b().c`) and type arguments: head, dotted name, base. Where the
    /// name leads through a call, the base is the outermost such call, which is yet to be walked.
    pub(crate) fn free_chain(&mut self, start: u32) -> (Head, Option<NameId>, u32) {
        let mut parts = std::mem::take(&mut self.chain_parts);
        let found = self.free_chain_by(start, &mut parts);
        parts.clear();
        self.chain_parts = parts;
        found
    }

    /// The same with a list for the parts of the name and what is behind each, from the last one on.
    fn free_chain_by(
        &mut self,
        start: u32,
        parts: &mut Vec<(Cow<'a, str>, &'static str)>,
    ) -> (Head, Option<NameId>, u32) {
        let mut node = start;
        self.leftovers.clear();
        let mut through = None;
        let mut called = "";
        // `Type.super.member`: what follows the next part.
        let head = loop {
            let Some(rule) = self.rule(node) else { return (Head::Name, None, through.unwrap_or(node)) };
            match rule.role {
                Role::Member | Role::Call if rule.role == Role::Member || rule.member_call => {
                    let (mut property, mut target, mut of_super) = (None, None, false);
                    let mut own = std::mem::take(&mut called);
                    if rule.role == Role::Call {
                        through = through.or(Some(node));
                        own = "()";
                    }
                    for (child, used) in self.fields(node, rule) {
                        match used {
                            FieldUse::Property => property = Some(child),
                            FieldUse::Object => target = Some(child),
                            _ if self.role(child) == Some(Role::Super) => of_super = true,
                            FieldUse::Expression if through.is_none() => self.leftovers.push(child),
                            _ => {}
                        }
                    }
                    let Some(property) = property else { return (Head::Name, None, through.unwrap_or(node)) };
                    parts.push((self.text(property), own));
                    if of_super {
                        parts.push((Cow::Borrowed("super"), ""));
                    }
                    match target {
                        Some(target) => node = target,
                        None if rule.role == Role::Call => break Head::Name,
                        None => return (Head::Name, None, through.unwrap_or(node)),
                    }
                }
                Role::Identifier | Role::Dotted => {
                    let text = self.dotted_text(node, rule, through.is_none());
                    parts.push((text, called));
                    break if rule.names_type { Head::Type } else { Head::Name };
                }
                Role::Receiver | Role::Super => {
                    if !called.is_empty() {
                        return (Head::Name, None, through.unwrap_or(node));
                    }
                    let text = self.receiver_text(node);
                    let plain = matches!(text.as_ref(), "this" | "super" | "self");
                    parts.push((text, ""));
                    break match (plain, rule.role) {
                        (false, _) => Head::Name,
                        (_, Role::Receiver) => Head::Receiver,
                        _ => Head::Super,
                    };
                }
                Role::Call if called.is_empty() => {
                    let Some(callee) = self.part(node, rule, FieldUse::Callee) else {
                        return (Head::Name, None, through.unwrap_or(node));
                    };
                    through = through.or(Some(node));
                    if !self.goes_on(node, rule, callee) {
                        called = if rule.opens == Opens::Type { "" } else { "()" };
                    }
                    node = callee;
                }
                Role::None => {
                    let mut inside = self.fields(node, rule).filter(|(_, used)| *used == FieldUse::Same);
                    let (Some((inner, _)), second) = (inside.next(), inside.next()) else {
                        return (Head::Name, None, through.unwrap_or(node));
                    };
                    if second.is_some() && rule.all_same {
                        return (Head::Name, None, through.unwrap_or(node));
                    }
                    if through.is_none() {
                        let more = self.fields(node, rule).filter(|(_, used)| *used == FieldUse::Expression);
                        self.leftovers.extend(more.map(|(child, _)| child));
                    }
                    node = inner;
                }
                _ => return (Head::Name, None, through.unwrap_or(node)),
            }
        };
        let name = if let [(only, "")] = parts.as_slice() {
            self.rows.names.intern(only)
        } else {
            self.buffer.clear();
            for (position, (part, behind)) in parts.iter().rev().enumerate() {
                if position > 0 {
                    self.buffer.push('.');
                }
                self.buffer.push_str(part);
                self.buffer.push_str(behind);
            }
            self.rows.names.intern(&self.buffer)
        };
        (head, Some(name), through.unwrap_or(node))
    }

    /// Say whether a call is the end of the one before it: `f(1) { … }` is one call with two arguments.
    fn goes_on(&self, node: u32, rule: &'a Rule, callee: u32) -> bool {
        let Some(inner) = self.rule(callee).filter(|inner| inner.role == Role::Call) else { return false };
        let lists = |node, rule| {
            self.fields(node, rule).any(|(one, used)| used == FieldUse::Arguments && self.is_argument_list(one))
        };
        lists(callee, inner) && !lists(node, rule)
    }

    /// A name without white space; of a node with other children than names, those names.
    fn dotted_text(&mut self, node: u32, rule: &'a Rule, collect: bool) -> Cow<'a, str> {
        if rule.role == Role::Identifier || rule.plain {
            return without_spaces(self.text(node));
        }
        let mut name = String::new();
        for (child, used) in self.fields(node, rule) {
            match used {
                FieldUse::Name => {
                    if !name.is_empty() {
                        name.push('.');
                    }
                    name.push_str(&self.text(child));
                }
                FieldUse::Expression if collect => self.leftovers.push(child),
                _ => {}
            }
        }
        Cow::Owned(name)
    }

    /// `this`, `super`, or of a labelled one (`this@Outer`) `Outer.this`.
    fn receiver_text(&self, node: u32) -> Cow<'a, str> {
        let text = self.text(node);
        if let Some((keyword, label)) = text.split_once('@') {
            return Cow::Owned(format!("{label}.{keyword}"));
        }
        match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.split('<').next().unwrap_or(text)),
            Cow::Owned(text) => Cow::Owned(text.split('<').next().unwrap_or(&text).to_owned()),
        }
    }

    /// Say whether a node is a list of arguments, not one argument.
    fn is_argument_list(&self, node: u32) -> bool {
        self.role(node) == Some(Role::Arguments)
    }

    pub(crate) fn is_call(&self, node: u32) -> bool {
        self.role(node) == Some(Role::Call)
    }

    /// Walk what the last chain left unread.
    pub(crate) fn push_leftovers(&mut self, scope: u32) {
        let mark = self.stack.len();
        for position in 0..self.leftovers.len() {
            let node = self.leftovers[position];
            self.push_expr(node, scope);
        }
        self.leftovers.clear();
        self.in_order(mark);
    }

    pub(crate) fn free_dotted_name(&mut self, node: u32, scope: u32) {
        let (head, name, _) = self.free_chain(node);
        let name = name.unwrap_or(crate::table::seed::EMPTY);
        self.reference(scope, head, name, node);
        self.push_leftovers(scope);
    }

    /// Walk a member access or a method reference whose names the link stage looks up.
    pub(crate) fn free_member(&mut self, node: u32, scope: u32) {
        let (head, name, base) = self.free_chain(node);
        match name {
            None if base == node => {
                self.push_range(node + 1, self.record(node).next, scope);
                return;
            }
            None => {}
            Some(name) => {
                let is_function = self.rule(node).is_some_and(|rule| rule.opens == Opens::Function);
                let used = if is_function { UseKind::Method } else { UseKind::Reference };
                let ordinal = self.scopes.frame_of(scope).ordinal;
                self.pending_uses.push(PendingUse { scope, used, ordinal, head, name, node, call: -1 });
                self.push_leftovers(scope);
            }
        }
        if name.is_none() || self.is_call(base) {
            self.push_expr(base, scope);
        }
    }

    /// The target of a local: one that knows its declared type, if that is a plain name.
    pub(crate) fn local_of_type(&mut self, annotation: Option<TextRef>) -> i32 {
        let rows = &mut *self.rows;
        let written = annotation.map_or("", |text| &rows.pool[text.start as usize..text.end as usize]);
        let Some(name) = type_name(written) else { return LOCAL };
        let name = rows.names.intern(name);
        self.types.push(name);
        -1 - self.types.len() as i32
    }

    /// The type that a value makes an instance of (`new Type()`), as written.
    pub(crate) fn made_type(&mut self, value: u32) -> Option<TextRef> {
        let rule = self.rule(value).filter(|rule| rule.role == Role::Call && rule.opens == Opens::Type)?;
        let callee = self.part(value, rule, FieldUse::Callee)?;
        Some(self.add_short(callee))
    }

    /// The decorators in a child that holds modifiers.
    pub(crate) fn decorators_in(&self, node: u32) -> Vec<u32> {
        self.children(node).filter(|&child| self.role(child) == Some(Role::Decorator)).collect()
    }

    /// Add the call site of a call whose names the link stage looks up; walk what no name stands for.
    pub(crate) fn free_call(&mut self, node: u32, rule: &'a Rule, scope: u32) {
        let (mut callee, mut property, mut target) = (None, None, None);
        let mut arguments: Vec<u32> = Vec::new();
        let mut others: Vec<u32> = Vec::new();
        let mut of_super = "";
        for (child, used) in self.fields(node, rule) {
            match used {
                FieldUse::Callee if callee.is_none() => callee = Some(child),
                FieldUse::Property => property = Some(child),
                FieldUse::Object => target = Some(child),
                _ => {
                    if used == FieldUse::Arguments {
                        arguments.push(child);
                    } else if self.role(child) == Some(Role::Super) {
                        of_super = ".super";
                    }
                    others.push(child);
                }
            }
        }
        if let Some(called) = callee
            && self.is_call(called)
            && !arguments.iter().any(|&one| self.is_argument_list(one))
            && let Some(inner) = self.rule(called)
        {
            // `f(1) { … }` is a call of `f` with two arguments, not of what `f(1)` gives.
            let within: Vec<(u32, FieldUse)> = self.fields(called, inner).collect();
            let lists: Vec<u32> = within
                .iter()
                .filter(|(child, used)| *used == FieldUse::Arguments && self.is_argument_list(*child))
                .map(|(child, _)| *child)
                .collect();
            let inner_callee = within.iter().find(|(_, used)| *used == FieldUse::Callee);
            if let (false, Some((inner_callee, _))) = (lists.is_empty(), inner_callee) {
                arguments.splice(0..0, lists);
                let more = within.iter().filter(|(_, used)| *used != FieldUse::Callee).map(|(child, _)| *child);
                others.splice(0..0, more);
                callee = Some(*inner_callee);
            }
        }
        let mark = self.stack.len();
        let (mut head, mut name) = (Head::Name, None);
        let mut receiver = None;
        let (end, member);
        self.leftovers.clear();
        if let Some(property) = property {
            (end, receiver, member) = (property, target, target.is_some());
            match target {
                None => name = Some(self.intern(property)),
                Some(target) => {
                    let (found, before, base) = self.free_chain(target);
                    head = found;
                    if let Some(before) = before {
                        let own = self.text(property);
                        self.buffer.clear();
                        for part in [self.rows.names.text(before), of_super, ".", &own] {
                            self.buffer.push_str(part);
                        }
                        name = Some(self.rows.names.intern(&self.buffer));
                    }
                    if name.is_none() || self.is_call(base) {
                        self.push_expr(base, scope);
                    }
                }
            }
        } else if let Some(callee) = callee {
            end = callee;
            let callee_rule = self.rule(callee);
            member = callee_rule.is_some_and(|rule| rule.role == Role::Member);
            let mut base = callee;
            if !self.is_call(callee) {
                (head, name, base) = self.free_chain(callee);
            }
            if let Some(rule) = callee_rule.filter(|_| member) {
                receiver = self.part(callee, rule, FieldUse::Object);
            }
            if name.is_none() || self.is_call(base) {
                self.push_expr(base, scope);
            }
        } else {
            for child in others {
                self.push_expr(child, scope);
            }
            self.in_order(mark);
            return;
        }
        for position in 0..self.leftovers.len() {
            let left = self.leftovers[position];
            self.push_expr(left, scope);
        }
        self.leftovers.clear();
        let start = self.record(callee.unwrap_or(node)).start;
        self.free_call_site(node, (start, end), receiver, &arguments, head, name, scope, member);
        for child in others {
            match callee {
                Some(callee) if rule.opens == Opens::Type && self.role(child) == Some(Role::Definition) => {
                    self.anonymous.push(Anonymous { head, base: name, callee });
                    let carry = Carry::Anonymous(self.anonymous.len() as u32 - 1);
                    self.push_one(child, Mode::Expr, carry, scope);
                }
                _ => self.push_expr(child, scope),
            }
        }
        self.in_order(mark);
    }

    /// Add the row of a call site and the use that its callee is.
    #[allow(clippy::too_many_arguments)] // the twin's
    fn free_call_site(
        &mut self,
        node: u32,
        (start, end): (u32, u32),
        receiver: Option<u32>,
        arguments: &[u32],
        head: Head,
        name: Option<NameId>,
        scope: u32,
        member: bool,
    ) {
        let frame = self.scopes.get(scope).frame;
        let caller = &mut self.scopes.frames[frame as usize];
        caller.calls += 1;
        let (number, caller) = (caller.calls, caller.ordinal);
        let reason = if member {
            CallReason::ReceiverUnknown
        } else if name.is_none() {
            CallReason::ComputedCallee
        } else {
            CallReason::UnboundName
        };
        let end = self.record(end).end;
        let start = self.behind_signs(start, end);
        let callee = self.add_short_between(start, end);
        let receiver = receiver.map(|receiver| {
            let record = self.record(receiver);
            let first = self.behind_signs(record.start, record.end);
            if first == start
                && self.is_whole(callee, start, end)
                && let Some(own) = self.rows.text(callee).get(..(record.end - start) as usize)
            {
                // The callee's text begins with it.
                return TextRef { start: callee.start, end: callee.start + own.trim_end_matches(' ').len() as u32 };
            }
            self.add_short_between(first, record.end)
        });
        let span = self.line_span(node);
        let arity = arguments.iter().map(|&one| self.arity(Some(one))).sum();
        let ordinal = self.rows.call_sites.len() as i32;
        self.rows.call_sites.push(CallRow { caller, number, callee, receiver, arity, span, reason, used: false });
        if let Some(name) = name {
            let used = UseKind::Call;
            self.pending_uses.push(PendingUse { scope, used, ordinal: caller, head, name, node, call: ordinal });
        }
    }

    /// Where what is called begins: Kotlin's grammar takes the signs before a call to be part of it.
    fn behind_signs(&self, start: u32, end: u32) -> u32 {
        let Some(text) = self.utf8_between(start, end) else { return start };
        let behind = text.trim_start_matches(['!', '+', '-']);
        if behind.len() == text.len() {
            return start;
        }
        end - behind.trim_start_matches([' ', '\t', '\r', '\n']).len() as u32
    }

    /// Note an annotation: a type's name, and arguments that are walked.
    pub(crate) fn annotation(&mut self, node: u32, scope: u32, frame: Option<u32>) {
        let Some(mut rule) = self.rule(node) else { return };
        let Some(mut subject) = self.part(node, rule, FieldUse::Callee) else { return };
        let mut outer = node;
        if let Some(inner) = self.rule(subject).filter(|rule| rule.role == Role::Call) {
            (outer, rule) = (subject, inner);
            subject = self.part(subject, inner, FieldUse::Callee).unwrap_or(subject);
        }
        let (_, name, _) = self.free_chain(subject);
        let mut others = std::mem::take(&mut self.leftovers);
        let text = self.short_between(self.record(subject).start, self.record(outer).end);
        let frame = frame.unwrap_or(self.scopes.get(scope).frame);
        self.pending_decorators.push(PendingDecorator { frame, node: subject, text, head: Head::Type, name, scope });
        let uncounted = self.scopes.counted_by(scope, crate::scopes::NOWHERE);
        others.extend(self.fields(outer, rule).filter(|(_, used)| *used != FieldUse::Callee).map(|(child, _)| child));
        let mark = self.stack.len();
        for child in others {
            self.push_expr(child, uncounted);
        }
        self.in_order(mark);
    }

    /// The type that `this` has in an extension, or None where it is a type's own.
    pub(crate) fn extended_type(&self, mut frame: u32) -> Option<NameId> {
        while frame != crate::scopes::ABSENT {
            let this = &self.scopes.frames[frame as usize];
            if this.is_type || this.extended.is_some() {
                return this.extended;
            }
            frame = this.parent;
        }
        None
    }

    /// Turn a name into a row for the link stage, unless it is a local of no known type.
    pub(crate) fn resolve_free(&mut self, item: PendingUse) {
        let PendingUse { scope, used, ordinal, mut head, mut name, node, call } = item;
        let mut first = self.rows.names.first(name);
        let dotted = first != name;
        let mut called = used == UseKind::Call && !dotted && head == Head::Name;
        if let Some(bare) = self.rows.names.text(first).strip_suffix("()").map(str::len) {
            called = true;
            first = self.rows.names.intern_beginning(first, bare);
        }
        let mut known = self.scopes.lookup(scope, first);
        if called && !self.language.pack.local_callables && known.is_some_and(|bound| bound.ordinal < 0) {
            known = None;
        }
        if let Some(bound) = known.filter(|bound| bound.ordinal < 0) {
            if !dotted || bound.ordinal == LOCAL || called {
                if call >= 0 && !dotted {
                    self.rows.call_sites[call as usize].reason = CallReason::LocalValue;
                }
                return;
            }
            // A member of a local's declared type.
            let type_ = self.types[(-2 - bound.ordinal) as usize];
            let names = &mut self.rows.names;
            let remainder = &names.text(name)[names.text(names.first(name)).len()..];
            self.buffer.clear();
            self.buffer.push_str(names.text(type_));
            self.buffer.push_str(remainder);
            name = names.intern(&self.buffer);
            head = Head::Type;
            known = self.scopes.lookup(scope, self.rows.names.first(name));
            if known.is_some_and(|bound| bound.ordinal < 0) {
                return;
            }
        }
        let target = known.map_or(NONE, |bound| bound.ordinal);
        let binding = if known.is_some() {
            BindingKind::Definition
        } else if head == Head::Type {
            BindingKind::Type
        } else {
            BindingKind::Global
        };
        if call >= 0 {
            self.rows.call_sites[call as usize].used = true;
        }
        let (line, column) = self.lines.point(self.record(node).start);
        self.rows.uses.push(UseRow {
            used,
            node: ordinal,
            name,
            binding,
            target,
            line: line + 1,
            column,
            call_site: call,
        });
    }
}

/// The dotted name of a written type without its arguments; None for arrays, functions and such.
pub(crate) fn type_name(annotation: &str) -> Option<&str> {
    let end = annotation
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '.')))
        .unwrap_or(annotation.len());
    let (name, rest) = annotation.split_at(end);
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '$')) {
        return None;
    }
    let rest = rest.strip_suffix('?').unwrap_or(rest);
    let arguments = rest.starts_with('<') && rest.len() > 1 && rest.ends_with('>') && !rest.contains(['[', ']']);
    (rest.is_empty() || arguments).then_some(name)
}
