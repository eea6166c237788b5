//! `try`, `synchronized` and `assert`: what is protected, and what handles it.

use super::Lowerer;
use super::kinds::{Kind, field};
use crate::builder::Frame;
use crate::exits::{Exits, Leave};
use crate::ir::*;
use crate::tree::Node;

impl Leave for Lowerer<'_> {
    fn exits(&mut self) -> &mut Exits {
        &mut self.exits
    }

    fn finally_statements(&mut self, clause: Node) {
        for block in self.parts(clause) {
            self.statement(block);
        }
    }
}

impl Lowerer<'_> {
    /// `break` or `continue`, with or without a label.
    pub(super) fn jump(&mut self, node: Node, is_break: bool) {
        let label = self.child_of_kind(node, Kind::Identifier).map(|label| self.intern(label));
        self.jump_statement(label, is_break, self.tree.span(node));
    }

    pub(super) fn try_statement(&mut self, node: Node) {
        let span = self.tree.span(node);
        let scope = self.scopes.inside(node);
        self.within(scope, |this| match this.child_of_kind(node, Kind::Finally) {
            Some(finally) => {
                let protected = |this: &mut Self, normal| this.protected_block(node, normal);
                this.with_finally(finally, this.tree.span(finally), span, protected);
            }
            None => {
                let after = this.builder.block();
                this.protected_block(node, after);
                this.builder.resume(after);
            }
        });
    }

    /// The resources and the block of a `try` with its handlers, then to `after`.
    fn protected_block(&mut self, node: Node, after: BlockId) {
        let tree = self.tree;
        let span = tree.span(node);
        let clauses: Vec<Node> = tree.children(node).filter(|&child| tree.kind(child) == Kind::Catch).collect();
        let handler = self.builder.block();
        if !clauses.is_empty() {
            self.builder.enter(Frame::Protected { handler }, span);
        }
        let held = self.resources(node);
        if let Some(body) = tree.child(node, field::BODY) {
            self.statement(body);
        }
        for _ in 0..held {
            self.release(span);
        }
        if !clauses.is_empty() {
            self.builder.leave(span);
        }
        self.builder.jump(after, EdgeKind::Jump, span);
        if clauses.is_empty() {
            return;
        }
        self.builder.start(handler);
        let exception = self.builder.emit(Op::CatchException, span);
        for clause in clauses {
            let next = self.builder.block();
            let scope = self.scopes.inside(clause);
            self.within(scope, |this| this.catch_clause(clause, exception, next));
            self.builder.jump(after, EdgeKind::Jump, tree.span(clause));
            self.builder.resume(next);
        }
        if !self.builder.is_ended() {
            self.builder.raise(Some(exception), None, span);
        }
    }

    /// Enter the resources of a `try`; returns how many there are.
    fn resources(&mut self, node: Node) -> usize {
        let tree = self.tree;
        let Some(list) = tree.child(node, field::RESOURCES) else { return 0 };
        let mut held = 0;
        for resource in self.parts(list).into_iter().filter(|&part| tree.kind(part) == Kind::Resource) {
            let span = tree.span(resource);
            let value = tree.child(resource, field::VALUE).or_else(|| self.parts(resource).last().copied());
            let Some(value) = value else { continue };
            let manager = self.expression(value);
            self.builder.emit(Op::EnterContext { manager, asynchronous: false }, span);
            if let Some(name) = tree.child(resource, field::NAME) {
                self.store_node(name, manager);
                self.declare_local(name, tree.child(resource, field::TYPE));
            }
            self.hold(manager, false, span);
            held += 1;
        }
        held
    }

    /// A handler of the exceptions of some classes; others go to `next`.
    fn catch_clause(&mut self, clause: Node, exception: ValueId, next: BlockId) {
        let tree = self.tree;
        let parameter = self.child_of_kind(clause, Kind::CatchParameter);
        let types = parameter.and_then(|parameter| self.child_of_kind(parameter, Kind::CatchType));
        let types = types.map_or_else(Vec::new, |types| self.parts(types));
        let matched = self.builder.block();
        for type_ in types {
            let span = tree.span(type_);
            let Some(class) = self.type_value(type_) else { continue };
            let test = self.builder.emit(Op::TypeTest { value: exception, class }, span);
            let other = self.builder.block();
            self.builder.branch(test, matched, other, span);
            self.builder.start(other);
        }
        self.builder.jump(
            if self.builder.is_targeted(matched) { next } else { matched },
            EdgeKind::Jump,
            tree.span(clause),
        );
        self.builder.start(matched);
        if let Some(name) = parameter.and_then(|parameter| tree.child(parameter, field::NAME)) {
            self.store_node(name, exception);
        }
        if let Some(body) = tree.child(clause, field::BODY) {
            self.statement(body);
        }
    }

    /// `synchronized (lock) { … }`: the lock is held in the block.
    pub(super) fn synchronized(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let lock = self.child_of_kind(node, Kind::Parenthesized);
        let manager = match lock {
            Some(lock) => self.expression(lock),
            None => self.unknown(node),
        };
        self.builder.emit(Op::EnterContext { manager, asynchronous: false }, span);
        self.hold(manager, false, span);
        if let Some(body) = tree.child(node, field::BODY) {
            self.statement(body);
        }
        self.release(span);
    }

    pub(super) fn assert_statement(&mut self, node: Node) {
        let span = self.tree.span(node);
        let parts = self.parts(node);
        let Some(&condition) = parts.first() else { return };
        let (holds, fails) = (self.builder.block(), self.builder.block());
        self.condition(condition, holds, fails);
        self.builder.resume(fails);
        let name = self.names.intern("AssertionError");
        let class = self.load_name(name, span);
        let arguments: Vec<Argument> = parts[1..]
            .iter()
            .map(|&part| Argument { kind: ArgumentKind::Positional, value: self.expression(part) })
            .collect();
        let exception = self.builder.call(class, None, CallForm::New, &arguments, span);
        self.builder.raise(Some(exception), None, span);
        self.builder.resume(holds);
    }
}
