//! `try`: what is protected, and what handles it.

use super::Lowerer;
use super::kinds::field;
use crate::builder::Frame;
use crate::exits::{Exits, Leave};
use crate::ir::*;
use crate::tree::Node;

impl Leave for Lowerer<'_> {
    fn exits(&mut self) -> &mut Exits {
        &mut self.exits
    }

    fn finally_statements(&mut self, clause: Node) {
        if let Some(body) = self.tree.child(clause, field::BODY) {
            self.block(body);
        }
    }
}

impl Lowerer<'_> {
    /// `break` or `continue`, with or without a label.
    pub(super) fn jump(&mut self, node: Node, is_break: bool) {
        let label = self.tree.child(node, field::LABEL).map(|label| self.intern(label));
        self.jump_statement(label, is_break, self.tree.span(node));
    }

    pub(super) fn try_statement(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        match tree.child(node, field::FINALIZER) {
            Some(finally) => {
                let protected = |this: &mut Self, normal| this.protected_block(node, normal);
                self.with_finally(finally, tree.span(finally), span, protected);
            }
            None => {
                let after = self.builder.block();
                self.protected_block(node, after);
                self.builder.resume(after);
            }
        }
    }

    /// The block of a `try` with its handler, then to `after`.
    fn protected_block(&mut self, node: Node, after: BlockId) {
        let tree = self.tree;
        let span = tree.span(node);
        let clause = tree.child(node, field::HANDLER);
        let handler = self.builder.block();
        if clause.is_some() {
            self.builder.enter(Frame::Protected { handler }, span);
        }
        if let Some(body) = tree.child(node, field::BODY) {
            self.block(body);
        }
        if clause.is_some() {
            self.builder.leave(span);
        }
        self.builder.jump(after, EdgeKind::Jump, span);
        let Some(clause) = clause else { return };
        self.builder.start(handler);
        let exception = self.builder.emit(Op::CatchException, span);
        let scope = self.scopes.inside(clause);
        self.within(scope, |this| {
            if let Some(parameter) = tree.child(clause, field::PARAMETER) {
                this.assign(parameter, exception);
            }
            if let Some(body) = tree.child(clause, field::BODY) {
                this.block(body);
            }
        });
        self.builder.jump(after, EdgeKind::Jump, tree.span(clause));
    }
}
