//! Statements, but for those that protect or leave code, and `switch`.

use super::Lowerer;
use super::kinds::{Kind, field};
use crate::control::Control;
use crate::exits::{Leave, Way};
use crate::ir::*;
use crate::nesting::Nested;
use crate::tree::Node;

impl Lowerer<'_> {
    pub(super) fn statement(&mut self, node: Node) {
        if self.deeper(|this| this.statement_at(node)).is_none() {
            self.unknown(node);
        }
    }

    fn statement_at(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        match tree.kind(node) {
            Kind::Block | Kind::ConstructorBody => {
                let scope = self.scopes.inside(node);
                self.within(scope, |this| {
                    for child in this.parts(node) {
                        this.statement(child);
                    }
                });
            }
            Kind::ExpressionStatement => {
                for part in self.parts(node) {
                    self.expression(part);
                }
            }
            Kind::LocalVariable => self.local_variables(node),
            Kind::Class | Kind::Interface | Kind::Enum | Kind::Record | Kind::AnnotationType => {
                let value = self.class(node);
                if let Some(name) = tree.child(node, field::NAME) {
                    self.store_node(name, value);
                }
            }
            Kind::ConstructorCall => self.constructor_call(node),
            Kind::If => self.if_statement(node),
            Kind::While => {
                let condition = |this: &mut Self, body, after| this.condition_of(node, body, after);
                self.while_loop(span, condition, |this| this.loop_statement(node));
            }
            Kind::Do => {
                let condition = |this: &mut Self, body, after| this.condition_of(node, body, after);
                self.do_loop(span, condition, |this| this.loop_statement(node));
            }
            Kind::For => self.for_statement(node),
            Kind::ForEach => self.for_each_statement(node),
            Kind::Switch => {
                self.switch(node, false);
            }
            Kind::Labeled => self.labeled_statement(node),
            Kind::Break => self.jump(node, true),
            Kind::Continue => self.jump(node, false),
            Kind::Return => {
                let value = self.parts(node).first().map(|&value| self.expression(value));
                self.leave(Way::Return, value, span);
            }
            Kind::Yield => {
                if let Some(&value) = self.parts(node).first() {
                    let value = self.expression(value);
                    self.yield_result(value, span);
                }
            }
            Kind::Throw => {
                let value = self.parts(node).first().map(|&value| self.expression(value));
                self.builder.raise(value, None, span);
            }
            Kind::Try | Kind::TryResources => self.try_statement(node),
            Kind::Synchronized => self.synchronized(node),
            Kind::Assert => self.assert_statement(node),
            Kind::Error => {
                for part in self.parts(node) {
                    self.statement(part);
                }
            }
            Kind::Token | Kind::Package | Kind::Import | Kind::Modifiers => {}
            _ => {
                self.expression(node);
            }
        }
    }

    fn local_variables(&mut self, node: Node) {
        let tree = self.tree;
        let type_ = tree.child(node, field::TYPE);
        for declarator in tree.children(node).filter(|&child| tree.kind(child) == Kind::Declarator) {
            let Some(name) = tree.child(declarator, field::NAME) else { continue };
            if let Some(value) = tree.child(declarator, field::VALUE) {
                let value = self.expression(value);
                self.store_node(name, value);
            }
            self.declare_local(name, type_);
        }
    }

    /// `this(x)` and `super(x)`
    fn constructor_call(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let receiver = tree.child(node, field::OBJECT).map(|object| self.expression(object));
        let callee = match tree.child(node, field::CONSTRUCTOR) {
            Some(constructor) => self.expression(constructor),
            None => self.unknown(node),
        };
        let arguments = tree.child(node, field::ARGUMENTS).map_or_else(Vec::new, |list| self.arguments(list));
        self.builder.call(callee, receiver, CallForm::Plain, &arguments, span);
    }

    fn condition_of(&mut self, node: Node, if_true: BlockId, if_false: BlockId) {
        match self.tree.child(node, field::CONDITION) {
            Some(condition) => self.condition(condition, if_true, if_false),
            None => {
                let unknown = self.unknown(node);
                self.builder.branch(unknown, if_true, if_false, self.tree.span(node));
            }
        }
    }

    fn if_statement(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let (then, otherwise, after) = (self.builder.block(), self.builder.block(), self.builder.block());
        self.condition_of(node, then, otherwise);
        for (block, branch) in [(then, field::CONSEQUENCE), (otherwise, field::ALTERNATIVE)] {
            self.builder.resume(block);
            if let Some(statement) = tree.child(node, branch) {
                self.statement(statement);
            }
            self.builder.jump(after, EdgeKind::Jump, span);
        }
        self.builder.resume(after);
    }

    /// The statement that a loop repeats.
    fn loop_statement(&mut self, node: Node) {
        if let Some(body) = self.tree.child(node, field::BODY) {
            self.statement(body);
        }
    }

    fn for_statement(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let scope = self.scopes.inside(node);
        let in_field =
            |wanted: u8| -> Vec<Node> { tree.children(node).filter(|&child| tree.field_of(child) == wanted).collect() };
        self.within(scope, |this| {
            for initializer in in_field(field::INIT) {
                this.statement(initializer);
            }
            this.for_loop(
                span,
                |this, body, after| match tree.child(node, field::CONDITION) {
                    Some(condition) => this.condition(condition, body, after),
                    None => this.builder.jump(body, EdgeKind::Jump, span),
                },
                |this| {
                    for update in in_field(field::UPDATE) {
                        this.expression(update);
                    }
                },
                |this| this.loop_statement(node),
            );
        });
    }

    fn for_each_statement(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let iterable = tree.child(node, field::VALUE);
        let value = match iterable {
            Some(iterable) => self.expression(iterable),
            None => self.unknown(node),
        };
        let value_span = iterable.map_or(span, |iterable| tree.span(iterable));
        let scope = self.scopes.inside(node);
        self.within(scope, |this| {
            this.for_each_loop(
                (value, value_span),
                false,
                span,
                |this, item| {
                    if let Some(name) = tree.child(node, field::NAME) {
                        this.store_node(name, item);
                        this.declare_local(name, tree.child(node, field::TYPE));
                    }
                },
                |this| this.loop_statement(node),
            );
        });
    }

    fn labeled_statement(&mut self, node: Node) {
        let tree = self.tree;
        let [label, body] = self.parts(node)[..] else { return };
        let label = self.intern(label);
        let takes_labels = matches!(
            tree.kind(body),
            Kind::For | Kind::ForEach | Kind::While | Kind::Do | Kind::Switch | Kind::Labeled
        );
        self.labeled(label, takes_labels, tree.span(node), |this| this.statement(body));
    }
}
