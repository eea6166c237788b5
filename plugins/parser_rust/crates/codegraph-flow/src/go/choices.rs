//! `switch`, type switches and `select`.

use super::Lowerer;
use super::kinds::{Kind, field};
use crate::exits::Leave;
use crate::ir::*;
use crate::tree::Node;

impl Lowerer<'_> {
    fn clauses(&self, node: Node) -> Vec<Node> {
        let is_clause = |kind: Kind| matches!(kind, Kind::Case | Kind::TypeCase | Kind::Default | Kind::Communication);
        self.parts(node).into_iter().filter(|&part| is_clause(self.tree.kind(part))).collect()
    }

    /// Lower the clauses of a choice: `test` goes to a clause's block or on; then the statements, and past the end.
    fn choose(&mut self, node: Node, test: impl Fn(&mut Self, Node, BlockId), begin: impl Fn(&mut Self, Node)) {
        let tree = self.tree;
        let span = tree.span(node);
        let clauses = self.clauses(node);
        let blocks: Vec<BlockId> = clauses.iter().map(|_| self.builder.block()).collect();
        let after = self.builder.block();
        let mut default = after;
        for (&clause, &block) in clauses.iter().zip(&blocks) {
            if tree.kind(clause) == Kind::Default {
                default = block;
            } else {
                let scope = self.scopes.inside(clause);
                self.within(scope, |this| test(this, clause, block));
            }
        }
        self.builder.jump(default, EdgeKind::Jump, span);
        self.jumpable(after, None, true, |this| {
            let around = this.fallthrough;
            for (at, &clause) in clauses.iter().enumerate() {
                this.builder.resume(blocks[at]);
                this.fallthrough = blocks.get(at + 1).copied();
                let scope = this.scopes.inside(clause);
                this.within(scope, |this| {
                    begin(this, clause);
                    for list in tree.children(clause).filter(|&child| tree.kind(child) == Kind::StatementList) {
                        this.statement(list);
                    }
                });
                this.builder.jump(after, EdgeKind::Jump, span);
            }
            this.fallthrough = around;
        });
        self.builder.resume(after);
    }

    /// `switch x { case a, b: … }`; without a value, the cases are conditions.
    pub(super) fn switch(&mut self, node: Node) {
        let tree = self.tree;
        let scope = self.scopes.inside(node);
        self.within(scope, |this| {
            if let Some(initializer) = tree.child(node, field::INITIALIZER) {
                this.statement(initializer);
            }
            let value = tree.child(node, field::VALUE).map(|value| this.expression(value));
            let test = |this: &mut Self, clause: Node, block: BlockId| {
                for case in this.list(clause, field::VALUE) {
                    let next = this.builder.block();
                    match value {
                        Some(left) => {
                            let right = this.expression(case);
                            let op = Op::Binary { operator: BinaryOperator::Equal, in_place: false, left, right };
                            let span = tree.span(case);
                            let equal = this.builder.emit(op, span);
                            this.builder.branch(equal, block, next, span);
                        }
                        None => this.condition(case, block, next),
                    }
                    this.builder.resume(next);
                }
            };
            this.choose(node, test, |_, _| {});
        });
    }

    /// `switch x := v.(type) { case T: … }`
    pub(super) fn type_switch(&mut self, node: Node) {
        let tree = self.tree;
        let scope = self.scopes.inside(node);
        self.within(scope, |this| {
            if let Some(initializer) = tree.child(node, field::INITIALIZER) {
                this.statement(initializer);
            }
            let value = match tree.child(node, field::VALUE) {
                Some(value) => this.expression(value),
                None => this.unknown(node),
            };
            let alias = this.list(node, field::ALIAS).first().copied();
            let test = |this: &mut Self, clause: Node, block: BlockId| {
                for type_ in this.in_field(clause, field::TYPE) {
                    let span = tree.span(type_);
                    let next = this.builder.block();
                    let is_nil = tree.bytes(type_) == b"nil";
                    let matches = if is_nil {
                        let right = this.builder.constant(Constant::Null, span);
                        let operator = BinaryOperator::Identical;
                        this.builder.emit(Op::Binary { operator, in_place: false, left: value, right }, span)
                    } else {
                        match this.type_value(type_) {
                            Some(class) => this.builder.emit(Op::TypeTest { value, class }, span),
                            None => this.unknown(type_),
                        }
                    };
                    this.builder.branch(matches, block, next, span);
                    this.builder.resume(next);
                }
            };
            this.choose(node, test, |this, _| {
                if let Some(alias) = alias {
                    this.store_node(alias, value);
                }
            });
        });
    }

    /// `select { case v := <-a: … case b <- x: … }`: which communication goes on is not known.
    pub(super) fn select(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let clauses = self.clauses(node);
        if clauses.is_empty() {
            // Nothing ever goes on.
            let block = self.builder.block();
            self.builder.fall_into(block, span);
            return self.builder.jump(block, EdgeKind::Jump, span);
        }
        let has_default = clauses.iter().any(|&clause| tree.kind(clause) == Kind::Default);
        let last = clauses.last().copied().filter(|_| !has_default);
        let test = |this: &mut Self, clause: Node, block: BlockId| {
            // One of them goes on: the last does where no other has.
            if Some(clause) == last {
                return this.builder.jump(block, EdgeKind::Jump, span);
            }
            let next = this.builder.block();
            let ready = this.unknown(clause);
            this.builder.branch(ready, block, next, tree.span(clause));
            this.builder.resume(next);
        };
        self.choose(node, test, |this, clause| {
            let Some(communication) = tree.child(clause, field::COMMUNICATION) else { return };
            match tree.kind(communication) {
                Kind::Send => this.send(communication),
                _ => this.receive(communication),
            }
        });
    }

    /// `v, ok := <-ch` of a `select`.
    fn receive(&mut self, node: Node) {
        let tree = self.tree;
        let targets = self.list(node, field::LEFT);
        let written: Vec<Node> = tree.child(node, field::RIGHT).into_iter().collect();
        let values = self.values(&written, targets.len().max(1), tree.span(node));
        self.follow(node);
        let is_declaration = super::scopes::defines(tree, node);
        for (target, value) in targets.into_iter().zip(values) {
            if is_declaration {
                self.store_node(target, value);
            } else {
                let place = self.place(target);
                self.store(place, value, target);
            }
        }
    }
}
