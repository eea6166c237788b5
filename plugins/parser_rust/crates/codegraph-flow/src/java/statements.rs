//! Statements, but for those that protect or leave code, and `switch`.

use super::Lowerer;
use super::kinds::{Kind, field};
use crate::exits::{Leave, Way};
use crate::ir::*;
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
            Kind::While => self.while_statement(node),
            Kind::Do => self.do_statement(node),
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

    /// The body of a loop, then to `continue_to`.
    fn loop_body(&mut self, node: Node, continue_to: BlockId, after: BlockId) {
        let span = self.tree.span(node);
        if let Some(body) = self.tree.child(node, field::BODY) {
            self.jumpable(after, Some(continue_to), true, |this| this.statement(body));
        }
        self.builder.jump(continue_to, EdgeKind::Jump, span);
    }

    fn while_statement(&mut self, node: Node) {
        let span = self.tree.span(node);
        let (header, body, after) = (self.builder.block(), self.builder.block(), self.builder.block());
        self.builder.fall_into(header, span);
        self.condition_of(node, body, after);
        self.builder.resume(body);
        self.loop_body(node, header, after);
        self.builder.resume(after);
    }

    fn do_statement(&mut self, node: Node) {
        let span = self.tree.span(node);
        let (body, header, after) = (self.builder.block(), self.builder.block(), self.builder.block());
        self.builder.fall_into(body, span);
        self.loop_body(node, header, after);
        self.builder.resume(header);
        self.condition_of(node, body, after);
        self.builder.resume(after);
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
            let (header, body) = (this.builder.block(), this.builder.block());
            let (step, after) = (this.builder.block(), this.builder.block());
            this.builder.fall_into(header, span);
            match tree.child(node, field::CONDITION) {
                Some(condition) => this.condition(condition, body, after),
                None => this.builder.jump(body, EdgeKind::Jump, span),
            }
            this.builder.resume(body);
            this.loop_body(node, step, after);
            this.builder.resume(step);
            for update in in_field(field::UPDATE) {
                this.expression(update);
            }
            this.builder.jump(header, EdgeKind::Jump, span);
            this.builder.resume(after);
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
        let iterable_span = iterable.map_or(span, |iterable| tree.span(iterable));
        let iterator = self.builder.emit(Op::GetIterator { value, asynchronous: false }, iterable_span);
        let (header, item, after) = (self.builder.block(), self.builder.block(), self.builder.block());
        self.builder.fall_into(header, span);
        let next = self.builder.iterate(iterator, false, item, after, iterable_span);
        self.builder.start(item);
        let scope = self.scopes.inside(node);
        self.within(scope, |this| {
            if let Some(name) = tree.child(node, field::NAME) {
                this.store_node(name, next);
                this.declare_local(name, tree.child(node, field::TYPE));
            }
            this.loop_body(node, header, after);
        });
        self.builder.resume(after);
    }

    fn labeled_statement(&mut self, node: Node) {
        let tree = self.tree;
        let parts = self.parts(node);
        let [label, body] = parts[..] else { return };
        let label = self.intern(label);
        self.exits.pending_labels.push(label);
        let takes_labels = matches!(
            tree.kind(body),
            Kind::For | Kind::ForEach | Kind::While | Kind::Do | Kind::Switch | Kind::Labeled
        );
        if takes_labels {
            return self.statement(body);
        }
        let after = self.builder.block();
        self.jumpable(after, None, false, |this| this.statement(body));
        self.builder.jump(after, EdgeKind::Jump, tree.span(node));
        self.builder.resume(after);
    }
}
