//! Statements, but for those that protect or leave code.

use super::Lowerer;
use super::exits::Way;
use super::kinds::{Kind, field};
use crate::builder::Frame;
use crate::ir::*;
use crate::nesting::Nested;
use crate::tree::Node;

impl Lowerer<'_> {
    /// A block of statements.
    pub(super) fn suite(&mut self, node: Node) {
        for child in self.tree.children(node) {
            self.statement(child);
        }
    }

    pub(super) fn statement(&mut self, node: Node) {
        if self.deeper(|this| this.statement_at(node)).is_none() {
            self.builder.emit(Op::Unknown, self.tree.span(node));
        }
    }

    fn statement_at(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        match tree.kind(node) {
            Kind::ExpressionStatement => self.expression_statement(node),
            Kind::Block | Kind::Error => self.suite(node),
            Kind::Function | Kind::Class => self.definition(node, &[]),
            Kind::Decorated => {
                let (decorators, definitions): (Vec<Node>, Vec<Node>) =
                    tree.children(node).partition(|&child| tree.kind(child) == Kind::Decorator);
                if let Some(&definition) = definitions.last() {
                    self.definition(definition, &decorators);
                }
            }
            Kind::If => self.if_statement(node),
            Kind::While => self.while_statement(node),
            Kind::For => self.for_statement(node),
            Kind::Try => self.try_statement(node),
            Kind::With => self.with_statement(node),
            Kind::Match => self.match_statement(node),
            Kind::Return => {
                let value = tree.children(node).next().map(|value| self.expression(value));
                self.leave(Way::Return, value, span);
            }
            Kind::Break => self.leave(Way::Break, None, span),
            Kind::Continue => self.leave(Way::Continue, None, span),
            Kind::Raise => self.raise_statement(node),
            Kind::Assert => self.assert_statement(node),
            Kind::Delete => {
                for target in tree.children(node) {
                    self.delete(target);
                }
            }
            Kind::Import | Kind::ImportFrom | Kind::FutureImport => self.import(node),
            Kind::Print => self.call_statement(node, "print"),
            Kind::Exec => self.call_statement(node, "exec"),
            Kind::TypeAlias => self.type_alias(node),
            Kind::Assignment | Kind::AugmentedAssignment => {
                self.assignment(node);
            }
            Kind::Pass | Kind::Global | Kind::Nonlocal | Kind::Token => {}
            _ => {
                self.expression(node);
            }
        }
    }

    fn expression_statement(&mut self, node: Node) {
        let tree = self.tree;
        for child in tree.children(node) {
            match tree.kind(child) {
                Kind::Assignment | Kind::AugmentedAssignment => {
                    self.assignment(child);
                }
                // Docstrings and texts used as comments do nothing.
                Kind::String if !tree.children(child).any(|part| tree.kind(part) == Kind::Interpolation) => {}
                Kind::Token => {}
                _ => {
                    self.expression(child);
                }
            }
        }
    }

    /// `a = b = value`, `a: T = value`, `a += value`: the value that is assigned.
    pub(super) fn assignment(&mut self, node: Node) -> Option<ValueId> {
        let tree = self.tree;
        if tree.kind(node) == Kind::AugmentedAssignment {
            return self.augmented_assignment(node);
        }
        let mut chain = vec![node];
        let mut right = tree.child(node, field::RIGHT);
        while let Some(next) = right.filter(|&next| tree.kind(next) == Kind::Assignment) {
            chain.push(next);
            right = tree.child(next, field::RIGHT);
        }
        let value = right.map(|right| self.value_or_assignment(right));
        for assignment in chain {
            let Some(left) = tree.child(assignment, field::LEFT) else { continue };
            if let Some(value) = value {
                self.assign(left, value);
            }
            if let Some(type_) = tree.child(assignment, field::TYPE) {
                self.declare(left, type_);
            }
        }
        value
    }

    fn value_or_assignment(&mut self, node: Node) -> ValueId {
        match self.tree.kind(node) {
            Kind::Assignment | Kind::AugmentedAssignment => {
                let value = self.assignment(node);
                value.unwrap_or_else(|| self.builder.emit(Op::Unknown, self.tree.span(node)))
            }
            _ => self.expression(node),
        }
    }

    fn declare(&mut self, target: Node, type_: Node) {
        let tree = self.tree;
        let span = tree.span(target);
        match tree.kind(target) {
            Kind::Identifier => {
                let annotation = self.annotation(type_);
                let name = self.intern(target);
                let (variable, _) = self.resolve(name);
                self.builder.emit(Op::DeclareName { variable, annotation }, span);
            }
            Kind::Attribute => {
                let Some((object, name)) = self.attribute_parts(target) else { return };
                let annotation = self.annotation(type_);
                self.builder.emit(Op::DeclareAttribute { object, name, annotation }, span);
            }
            _ => {
                self.annotation(type_);
            }
        }
    }

    fn condition_of(&mut self, node: Node, if_true: BlockId, if_false: BlockId) {
        match self.tree.child(node, field::CONDITION) {
            Some(condition) => self.condition(condition, if_true, if_false),
            None => {
                let span = self.tree.span(node);
                let unknown = self.builder.emit(Op::Unknown, span);
                self.builder.branch(unknown, if_true, if_false, span);
            }
        }
    }

    fn consequence(&mut self, node: Node) {
        if let Some(suite) = self.tree.child(node, field::CONSEQUENCE) {
            self.suite(suite);
        }
    }

    /// The body of an `else` or `finally`.
    pub(super) fn clause_suite(&mut self, node: Node) {
        if let Some(suite) = self.tree.children(node).find(|&child| self.tree.kind(child) == Kind::Block) {
            self.suite(suite);
        }
    }

    fn if_statement(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let after = self.builder.block();
        let (then, mut otherwise) = (self.builder.block(), self.builder.block());
        self.condition_of(node, then, otherwise);
        self.builder.resume(then);
        self.consequence(node);
        self.builder.jump(after, EdgeKind::Jump, span);
        self.builder.resume(otherwise);
        for clause in tree.children(node) {
            match tree.kind(clause) {
                Kind::Elif => {
                    let then = self.builder.block();
                    otherwise = self.builder.block();
                    self.condition_of(clause, then, otherwise);
                    self.builder.resume(then);
                    self.consequence(clause);
                    self.builder.jump(after, EdgeKind::Jump, span);
                    self.builder.resume(otherwise);
                }
                Kind::Else => self.clause_suite(clause),
                _ => {}
            }
        }
        self.builder.jump(after, EdgeKind::Jump, span);
        self.builder.resume(after);
    }

    /// The `else` of a loop, and on.
    fn after_loop(&mut self, node: Node, exhausted: BlockId, after: BlockId) {
        let tree = self.tree;
        self.builder.resume(exhausted);
        if let Some(clause) = tree.children(node).find(|&child| tree.kind(child) == Kind::Else) {
            self.clause_suite(clause);
        }
        self.builder.jump(after, EdgeKind::Jump, tree.span(node));
        self.builder.resume(after);
    }

    fn loop_body(&mut self, node: Node, header: BlockId, after: BlockId) {
        let span = self.tree.span(node);
        self.builder.enter(Frame::Loop { break_to: after, continue_to: header }, span);
        if let Some(body) = self.tree.child(node, field::BODY) {
            self.suite(body);
        }
        self.builder.leave(span);
        self.builder.jump(header, EdgeKind::Jump, span);
    }

    fn while_statement(&mut self, node: Node) {
        let span = self.tree.span(node);
        let (header, body) = (self.builder.block(), self.builder.block());
        let (exhausted, after) = (self.builder.block(), self.builder.block());
        self.builder.fall_into(header, span);
        self.condition_of(node, body, exhausted);
        self.builder.resume(body);
        self.loop_body(node, header, after);
        self.after_loop(node, exhausted, after);
    }

    fn for_statement(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let asynchronous = tree
            .children(node)
            .next()
            .is_some_and(|child| tree.kind(child) == Kind::Token && tree.bytes(child) == b"async");
        let right = tree.child(node, field::RIGHT);
        let (value, iterable_span) = match right {
            Some(right) => (self.expression(right), tree.span(right)),
            None => (self.builder.emit(Op::Unknown, span), span),
        };
        let iterator = self.builder.emit(Op::GetIterator { value, asynchronous }, iterable_span);
        let (header, item) = (self.builder.block(), self.builder.block());
        let (exhausted, after) = (self.builder.block(), self.builder.block());
        self.builder.fall_into(header, span);
        let next = self.builder.iterate(iterator, asynchronous, item, exhausted, iterable_span);
        self.builder.start(item);
        if let Some(left) = tree.child(node, field::LEFT) {
            self.assign(left, next);
        }
        self.loop_body(node, header, after);
        self.after_loop(node, exhausted, after);
    }

    fn raise_statement(&mut self, node: Node) {
        let tree = self.tree;
        let mut exception = None;
        for child in tree.children(node) {
            if tree.field_of(child) != field::CAUSE && tree.kind(child) != Kind::Token {
                exception = Some(self.expression(child));
            }
        }
        let cause = tree.child(node, field::CAUSE).map(|cause| self.expression(cause));
        self.builder.raise(exception, cause, tree.span(node));
    }

    fn assert_statement(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let mut parts = tree.children(node);
        let Some(condition) = parts.next() else { return };
        let (holds, fails) = (self.builder.block(), self.builder.block());
        self.condition(condition, holds, fails);
        self.builder.resume(fails);
        let class = self.load_text("AssertionError", span);
        let arguments: Vec<Argument> =
            parts.map(|part| Argument { kind: ArgumentKind::Positional, value: self.expression(part) }).collect();
        let exception = self.builder.call(class, None, CallForm::Plain, &arguments, span);
        self.builder.raise(Some(exception), None, span);
        self.builder.resume(holds);
    }

    /// `print x` and `exec x`, statements of Python 2.
    fn call_statement(&mut self, node: Node, function: &str) {
        let span = self.tree.span(node);
        let callee = self.load_text(function, span);
        let mut arguments = Vec::new();
        let tree = self.tree;
        for child in tree.children(node).filter(|&child| tree.kind(child) != Kind::Token) {
            let child = if tree.kind(child) == Kind::Chevron { tree.children(child).last() } else { Some(child) };
            if let Some(child) = child {
                arguments.push(Argument { kind: ArgumentKind::Positional, value: self.expression(child) });
            }
        }
        self.builder.call(callee, None, CallForm::Plain, &arguments, span);
    }

    fn type_alias(&mut self, node: Node) {
        let tree = self.tree;
        let Some(left) = tree.child(node, field::LEFT) else { return };
        let value = match tree.child(node, field::RIGHT) {
            Some(right) => self.annotation(right),
            None => self.builder.emit(Op::Unknown, tree.span(node)),
        };
        if let Some(name) = (left..tree.after(left)).find(|&inner| tree.kind(inner) == Kind::Identifier) {
            let span = tree.span(name);
            let name = self.intern(name);
            self.store_name(name, value, span);
        }
    }

    fn dotted(&self, node: Node) -> String {
        let parts = self.tree.children(node).filter(|&part| self.tree.kind(part) == Kind::Identifier);
        parts.map(|part| self.tree.text(part).into_owned()).collect::<Vec<_>>().join(".")
    }

    fn import(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let module = match tree.kind(node) {
            Kind::Import => None,
            Kind::FutureImport => Some(("__future__".to_owned(), 0)),
            _ => Some(
                tree.child(node, field::MODULE_NAME).map_or_else(Default::default, |module| self.module_path(module)),
            ),
        };
        let module = module.map(|(path, level)| {
            let path = self.names.intern(&path);
            self.builder.emit(Op::ImportModule { path, level, root: false }, span)
        });
        for child in tree.children(node) {
            if tree.kind(child) == Kind::WildcardImport {
                if let Some(module) = module {
                    self.builder.emit(Op::ImportAll(module), tree.span(child));
                }
                continue;
            }
            if tree.field_of(child) != field::NAME {
                continue;
            }
            let (name, alias) = match tree.kind(child) {
                Kind::AliasedImport => (tree.child(child, field::NAME), tree.child(child, field::ALIAS)),
                _ => (Some(child), None),
            };
            let Some(name) = name else { continue };
            let text = self.dotted(name);
            let path = self.names.intern(&text);
            let value = match module {
                Some(module) => self.builder.emit(Op::ImportMember { module, name: path }, tree.span(child)),
                None => self.builder.emit(Op::ImportModule { path, level: 0, root: alias.is_none() }, tree.span(child)),
            };
            let bound = alias.or_else(|| tree.children(name).next()).unwrap_or(name);
            let bound_span = tree.span(bound);
            let bound = self.intern(bound);
            self.store_name(bound, value, bound_span);
        }
    }

    fn module_path(&self, node: Node) -> (String, u16) {
        let tree = self.tree;
        if tree.kind(node) != Kind::RelativeImport {
            return (self.dotted(node), 0);
        }
        let (mut path, mut level) = (String::new(), 0);
        for child in tree.children(node) {
            match tree.kind(child) {
                Kind::ImportPrefix => level = tree.text(child).matches('.').count() as u16,
                _ => path = self.dotted(child),
            }
        }
        (path, level)
    }
}
