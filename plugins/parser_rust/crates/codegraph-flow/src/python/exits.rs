//! `try`, `with`, and the ways out of the code that they protect.
//!
//! A `finally` suite is lowered once for each way out that is used (falling out, an exception, `return`, `break`,
//! `continue`), as CPython compiles it; several `return`s share one copy. Where suites are nested in copies of suites,
//! deeper than [`MAX_CLEANUP_COPIES`], all ways share one copy that ends in [`Terminator::Dispatch`], or hostile texts
//! would grow exponentially.

use super::Lowerer;
use super::kinds::{Kind, field};
use crate::builder::Frame;
use crate::ir::*;
use crate::nesting::Nested;
use crate::tree::Node;

const MAX_CLEANUP_COPIES: u32 = 2;

/// How code is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Return,
    Break,
    Continue,
    /// Falling out at the end.
    Normal,
    Exception,
}

const JUMPS: [Way; 3] = [Way::Return, Way::Break, Way::Continue];

/// A block where jumps meet, and with which values they come from where.
type Merge = (BlockId, Vec<(BlockId, ValueId)>);

/// What a [`Frame::Cleanup`] runs.
pub(super) enum Cleanup {
    /// Leave a context.
    Context { manager: ValueId, asynchronous: bool },
    /// A `finally` suite; for each of [`JUMPS`] the block at which it is entered and the values on the way.
    Suite { jumps: [Option<Merge>; 3] },
}

/// An entry of a `finally` suite: its block is current no more, its value is what is returned or raised.
struct Entry {
    way: Way,
    block: BlockId,
    inputs: Vec<(BlockId, ValueId)>,
}

impl Lowerer<'_> {
    /// Leave by a jump, through all clean-up code on the way.
    pub(super) fn leave(&mut self, way: Way, value: Option<ValueId>, span: Span) {
        if self.builder.is_ended() && value.is_none() {
            return;
        }
        let frames = self.builder.frames.clone();
        for (index, frame) in frames.iter().enumerate().rev() {
            match *frame {
                Frame::Loop { break_to, continue_to } => {
                    if way != Way::Return {
                        let target = if way == Way::Break { break_to } else { continue_to };
                        self.builder.jump_by_statement(target, span);
                        break;
                    }
                }
                Frame::Protected { .. } => {}
                Frame::Unbind { variable } => {
                    self.builder.emit(Op::DeleteName(variable), span);
                }
                Frame::Cleanup { cleanup, .. } => {
                    self.builder.frames.truncate(index);
                    match &mut self.cleanups[cleanup as usize] {
                        &mut Cleanup::Context { manager, asynchronous } => {
                            self.builder.split(span);
                            self.builder.emit(Op::ExitContext { manager, exception: None, asynchronous }, span);
                        }
                        Cleanup::Suite { jumps } => {
                            let position = JUMPS.iter().position(|jump| *jump == way).expect("a jump");
                            let (block, inputs) =
                                jumps[position].get_or_insert_with(|| (self.builder.block(), Vec::new()));
                            inputs.extend(value.map(|value| (self.builder.current(), value)));
                            self.builder.jump(*block, EdgeKind::Jump, span);
                            break;
                        }
                    }
                }
            }
        }
        self.builder.frames = frames;
        // Outside of a loop a `break` is a syntax error; then, too, nothing comes after it.
        self.builder.end_return(value, span);
    }

    pub(super) fn try_statement(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let finally = tree.children(node).find(|&child| tree.kind(child) == Kind::Finally);
        let after = self.builder.block();
        let Some(finally) = finally else {
            self.protected_suite(node, after);
            self.builder.resume(after);
            return;
        };
        let (handler, normal) = (self.builder.block(), self.builder.block());
        let cleanup = self.cleanups.len() as u32;
        self.cleanups.push(Cleanup::Suite { jumps: Default::default() });
        self.builder.enter(Frame::Cleanup { handler, cleanup }, span);
        self.protected_suite(node, normal);
        self.builder.leave(span);
        self.builder.jump(normal, EdgeKind::Jump, span);
        let suite_span = tree.span(finally);
        let mut entries = Vec::new();
        if self.builder.is_targeted(normal) {
            entries.push(Entry { way: Way::Normal, block: normal, inputs: Vec::new() });
        }
        self.builder.start(handler);
        let exception = self.builder.emit(Op::CatchException, suite_span);
        let block = self.builder.block();
        let inputs = vec![(self.builder.current(), exception)];
        self.builder.jump(block, EdgeKind::Jump, suite_span);
        entries.push(Entry { way: Way::Exception, block, inputs });
        // Copies add clean-up code of their own, so that this one stays where it is.
        if let Cleanup::Suite { jumps } = &mut self.cleanups[cleanup as usize] {
            for (way, jump) in JUMPS.into_iter().zip(std::mem::take(jumps)) {
                entries.extend(jump.map(|(block, inputs)| Entry { way, block, inputs }));
            }
        }
        if self.cleanup_copies >= MAX_CLEANUP_COPIES {
            self.merged_copy(finally, entries, after);
        } else {
            for entry in entries {
                self.builder.start(entry.block);
                let value = (!entry.inputs.is_empty()).then(|| self.builder.phi(&entry.inputs, suite_span));
                self.finally_suite(finally);
                self.go_on(entry.way, value, after, suite_span);
            }
        }
        self.builder.resume(after);
    }

    fn finally_suite(&mut self, finally: Node) {
        self.cleanup_copies += 1;
        self.clause_suite(finally);
        self.cleanup_copies -= 1;
    }

    /// One copy for all ways in, which parts again at its end.
    fn merged_copy(&mut self, finally: Node, entries: Vec<Entry>, after: BlockId) {
        let span = self.tree.span(finally);
        let merged = self.builder.block();
        let mut returned = Vec::new();
        let mut raised = Vec::new();
        for entry in &entries {
            self.builder.start(entry.block);
            let value = self.builder.phi(&entry.inputs, span);
            let none = self.builder.constant(Constant::Undefined, span);
            let here = self.builder.current();
            returned.push((here, if entry.way == Way::Return { value } else { none }));
            raised.push((here, if entry.way == Way::Exception { value } else { none }));
            self.builder.jump(merged, EdgeKind::Jump, span);
        }
        self.builder.start(merged);
        let returned = self.builder.phi(&returned, span);
        let raised = self.builder.phi(&raised, span);
        self.finally_suite(finally);
        if self.builder.is_ended() {
            return;
        }
        let source = self.builder.dispatch(span);
        for Entry { way, inputs, .. } in entries {
            let block = self.builder.block();
            self.builder.dispatch_edge(source, block);
            self.builder.start(block);
            let value = if way == Way::Exception { raised } else { returned };
            self.go_on(way, (!inputs.is_empty()).then_some(value), after, span);
        }
    }

    /// What follows a `finally` suite on one of the ways through it.
    fn go_on(&mut self, way: Way, value: Option<ValueId>, after: BlockId, span: Span) {
        if self.builder.is_ended() {
            return;
        }
        match way {
            Way::Normal => self.builder.jump(after, EdgeKind::Jump, span),
            Way::Exception => self.builder.raise(value, None, span),
            Way::Return | Way::Break | Way::Continue => self.leave(way, value, span),
        }
    }

    /// The suite of a `try` with its handlers and its `else`, then to `after`.
    fn protected_suite(&mut self, node: Node, after: BlockId) {
        let tree = self.tree;
        let span = tree.span(node);
        let has_handlers = tree.children(node).any(|child| tree.kind(child) == Kind::Except);
        let handler = self.builder.block();
        if has_handlers {
            self.builder.enter(Frame::Protected { handler }, span);
        }
        if let Some(body) = tree.child(node, field::BODY) {
            self.suite(body);
        }
        if has_handlers {
            self.builder.leave(span);
        }
        if let Some(clause) = tree.children(node).find(|&child| tree.kind(child) == Kind::Else)
            && !self.builder.is_ended()
        {
            self.clause_suite(clause);
        }
        self.builder.jump(after, EdgeKind::Jump, span);
        if !has_handlers {
            return;
        }
        self.builder.start(handler);
        let exception = self.builder.emit(Op::CatchException, span);
        for clause in tree.children(node).filter(|&child| tree.kind(child) == Kind::Except) {
            let next = self.builder.block();
            self.except_clause(clause, exception, next);
            self.builder.jump(after, EdgeKind::Jump, tree.span(clause));
            self.builder.resume(next);
        }
        if !self.builder.is_ended() {
            self.builder.raise(Some(exception), None, span);
        }
    }

    fn except_clause(&mut self, clause: Node, exception: ValueId, next: BlockId) {
        let tree = self.tree;
        let span = tree.span(clause);
        let mut classes = Vec::new();
        let mut alias = tree.child(clause, field::ALIAS);
        for value in tree.children(clause).filter(|&child| tree.field_of(child) == field::VALUE) {
            if tree.kind(value) == Kind::AsPattern {
                let mut parts = tree.children(value);
                classes.extend(parts.next());
                alias = alias.or_else(|| parts.last());
            } else {
                classes.push(value);
            }
        }
        // `except E, name` is Python 2's.
        if classes.len() == 2 && alias.is_none() && tree.kind(classes[1]) == Kind::Identifier {
            alias = classes.pop();
        }
        if let Some(&class_node) = classes.first() {
            let class = self.expression(class_node);
            let test = self.builder.emit(Op::TypeTest { value: exception, class }, tree.span(class_node));
            let matched = self.builder.block();
            self.builder.branch(test, matched, next, tree.span(class_node));
            self.builder.start(matched);
        }
        let name =
            alias.and_then(|alias| (alias..tree.after(alias)).find(|&inner| tree.kind(inner) == Kind::Identifier));
        if let Some(name) = name {
            let name_span = tree.span(name);
            let id = self.intern(name);
            let variable = self.store_name(id, exception, name_span);
            self.builder.enter(Frame::Unbind { variable }, span);
            self.clause_suite(clause);
            self.builder.leave(span);
            if !self.builder.is_ended() {
                self.builder.emit(Op::DeleteName(variable), name_span);
            }
        } else {
            self.clause_suite(clause);
        }
    }

    pub(super) fn with_statement(&mut self, node: Node) {
        let tree = self.tree;
        let is_async = |child: Node| tree.kind(child) == Kind::Token && tree.bytes(child) == b"async";
        let asynchronous = tree.children(node).next().is_some_and(is_async);
        let mut items = Vec::new();
        for clause in tree.children(node).filter(|&child| tree.kind(child) == Kind::WithClause) {
            for item in tree.children(clause).filter(|&item| tree.kind(item) == Kind::WithItem) {
                self.context_items(item, &mut items);
            }
        }
        self.contexts(node, &items, asynchronous);
    }

    /// The expressions and targets of an item; a bracketed list of several is one expression to the grammar.
    fn context_items(&self, item: Node, items: &mut Vec<(Node, Option<Node>)>) {
        let tree = self.tree;
        let Some(value) = tree.child(item, field::VALUE) else { return };
        let is_as = |&child: &Node| tree.kind(child) == Kind::AsPattern;
        let inner: Vec<Node> = match tree.kind(value) {
            Kind::Tuple | Kind::Parenthesized if tree.children(value).any(|child| is_as(&child)) => {
                tree.children(value).collect()
            }
            _ => vec![value],
        };
        for value in inner {
            if is_as(&value) {
                let mut parts = tree.children(value);
                if let Some(expression) = parts.next() {
                    items.push((expression, parts.last()));
                }
            } else {
                items.push((value, None));
            }
        }
    }

    /// Say whether a target is nothing but a name.
    fn is_plain_name(&self, target: Node) -> bool {
        let tree = self.tree;
        let mut parts = tree.children(target).filter(|&child| tree.kind(child) != Kind::Token);
        match tree.kind(target) {
            Kind::Identifier => true,
            Kind::AsPatternTarget | Kind::Parenthesized => parts.next().is_some_and(|inner| self.is_plain_name(inner)),
            _ => false,
        }
    }

    fn contexts(&mut self, node: Node, items: &[(Node, Option<Node>)], asynchronous: bool) {
        let tree = self.tree;
        let Some((&(expression, target), rest)) = items.split_first() else {
            if let Some(body) = tree.child(node, field::BODY) {
                self.suite(body);
            }
            return;
        };
        let span = tree.span(expression);
        let manager = self.expression(expression);
        let entered = self.builder.emit(Op::EnterContext { manager, asynchronous }, span);
        let (handler, after) = (self.builder.block(), self.builder.block());
        let cleanup = self.cleanups.len() as u32;
        self.cleanups.push(Cleanup::Context { manager, asynchronous });
        // Binding a plain name cannot raise: an exception that the manager swallows has always seen it bound.
        let name = target.filter(|&target| self.is_plain_name(target));
        if let Some(name) = name {
            self.assign(name, entered);
        }
        self.builder.enter(Frame::Cleanup { handler, cleanup }, span);
        if let Some(target) = target.filter(|_| name.is_none()) {
            self.assign(target, entered);
        }
        if self.deeper(|this| this.contexts(node, rest, asynchronous)).is_none() {
            self.builder.emit(Op::Unknown, span);
        }
        self.builder.leave(span);
        if !self.builder.is_ended() {
            self.builder.emit(Op::ExitContext { manager, exception: None, asynchronous }, span);
            self.builder.jump(after, EdgeKind::Jump, span);
        }
        self.builder.start(handler);
        let exception = self.builder.emit(Op::CatchException, span);
        let swallowed = self.builder.emit(Op::ExitContext { manager, exception: Some(exception), asynchronous }, span);
        let raised = self.builder.block();
        self.builder.branch(swallowed, after, raised, span);
        self.builder.start(raised);
        self.builder.raise(Some(exception), None, span);
        self.builder.resume(after);
    }
}
