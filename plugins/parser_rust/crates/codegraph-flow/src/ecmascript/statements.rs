//! Statements, but for those that protect or leave code.

use super::Lowerer;
use super::kinds::{Kind, field};
use crate::control::Control;
use crate::exits::{Leave, Way};
use crate::ir::*;
use crate::nesting::Nested;
use crate::tree::Node;

impl Lowerer<'_> {
    /// A block with a scope of its own.
    pub(super) fn block(&mut self, node: Node) {
        let scope = self.scopes.inside(node);
        let children: Vec<Node> = self.tree.children(node).collect();
        self.within(scope, |this| this.statements(&children));
    }

    /// Statements of one scope: function declarations are evaluated first.
    pub(super) fn statements(&mut self, statements: &[Node]) {
        self.hoist(statements);
        let mut held = 0;
        for &statement in statements {
            if self.tree.kind(statement) == Kind::Using {
                held += self.using(statement);
            } else {
                self.statement(statement);
            }
        }
        for _ in 0..held {
            let end = statements.last().map_or(0, |&last| self.tree.span(last).end);
            self.release(Span { start: end, end });
        }
    }

    /// Make the functions that statements declare.
    pub(super) fn hoist(&mut self, statements: &[Node]) {
        let tree = self.tree;
        for &statement in statements {
            let declared = match tree.kind(statement) {
                Kind::Export => tree.child(statement, field::DECLARATION).unwrap_or(statement),
                _ => statement,
            };
            if matches!(tree.kind(declared), Kind::Function | Kind::GeneratorFunction) {
                let value = self.function(declared);
                if let Some(name) = tree.child(declared, field::NAME) {
                    let id = self.intern(name);
                    self.store_name(id, value, tree.span(name));
                }
            }
        }
    }

    pub(super) fn statement(&mut self, node: Node) {
        if self.deeper(|this| this.statement_at(node)).is_none() {
            self.unknown(node);
        }
    }

    /// The one statement of a branch or loop.
    fn branch_statement(&mut self, node: Node) {
        self.hoist(&[node]);
        self.statement(node);
    }

    fn statement_at(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        match tree.kind(node) {
            Kind::ExpressionStatement => {
                for part in self.parts(node) {
                    match tree.kind(part) {
                        Kind::Namespace | Kind::ModuleDeclaration => self.namespace(part),
                        // Directives do nothing.
                        Kind::String => {}
                        _ => {
                            self.expression(part);
                        }
                    }
                }
            }
            Kind::Block => self.block(node),
            Kind::Variables | Kind::Lexical => self.variables(node),
            Kind::Using => {
                for _ in 0..self.using(node) {
                    self.release(span);
                }
            }
            Kind::Class | Kind::AbstractClass => self.class_declaration(node, &[]),
            Kind::Enum => self.enumeration(node),
            Kind::Namespace | Kind::ModuleDeclaration => self.namespace(node),
            Kind::If => self.if_statement(node),
            Kind::For => self.for_statement(node),
            Kind::ForIn => self.for_in_statement(node),
            Kind::While => {
                let condition = |this: &mut Self, body, after| this.condition_of(node, body, after);
                self.while_loop(span, condition, |this| this.loop_statement(node));
            }
            Kind::Do => {
                let condition = |this: &mut Self, body, after| this.condition_of(node, body, after);
                self.do_loop(span, condition, |this| this.loop_statement(node));
            }
            Kind::Switch => self.switch_statement(node),
            Kind::Try => self.try_statement(node),
            Kind::Throw => {
                let value = self.parts(node).first().map(|&value| self.expression(value));
                self.builder.raise(value, None, span);
            }
            Kind::Return => {
                let value = self.parts(node).first().map(|&value| self.expression(value));
                self.leave(Way::Return, value, span);
            }
            Kind::Break => self.jump(node, true),
            Kind::Continue => self.jump(node, false),
            Kind::Labeled => self.labeled_statement(node),
            Kind::With => {
                if let Some(object) = tree.child(node, field::OBJECT) {
                    self.expression(object);
                }
                if let Some(body) = tree.child(node, field::BODY) {
                    self.branch_statement(body);
                }
            }
            Kind::Export => self.export(node),
            Kind::ImportAlias => self.import_alias(node),
            // Made before: imports and function declarations. Nothing at run time: types and signatures.
            Kind::Import
            | Kind::Function
            | Kind::GeneratorFunction
            | Kind::Interface
            | Kind::TypeAlias
            | Kind::FunctionSignature
            | Kind::Ambient
            | Kind::Empty
            | Kind::Debugger
            | Kind::Token => {}
            Kind::Error => {
                for part in self.parts(node) {
                    self.statement(part);
                }
            }
            _ => {
                self.expression(node);
            }
        }
    }

    fn variables(&mut self, node: Node) {
        let tree = self.tree;
        let is_lexical = tree.kind(node) == Kind::Lexical;
        for declarator in self.parts(node).into_iter().filter(|&part| tree.kind(part) == Kind::Declarator) {
            let Some(name) = tree.child(declarator, field::NAME) else { continue };
            if let Some(value) = tree.child(declarator, field::VALUE) {
                let value = self.expression(value);
                self.assign(name, value);
            } else if is_lexical {
                let value = self.undefined(tree.span(declarator));
                self.assign(name, value);
            }
            self.declare(name, tree.child(declarator, field::TYPE));
        }
    }

    /// The declared type of a variable.
    pub(super) fn declare(&mut self, name: Node, type_: Option<Node>) {
        let (Some(type_), Kind::Identifier) = (type_, self.tree.kind(name)) else { return };
        if let Some(annotation) = self.annotation(type_) {
            let span = self.tree.span(name);
            let name = self.intern(name);
            let (variable, _) = self.resolve(name);
            self.builder.emit(Op::DeclareName { variable, annotation }, span);
        }
    }

    /// `using x = resource`: how many resources are held from here.
    fn using(&mut self, node: Node) -> usize {
        let tree = self.tree;
        let asynchronous = self.has_token(node, b"await");
        let mut held = 0;
        for declarator in self.parts(node).into_iter().filter(|&part| tree.kind(part) == Kind::Declarator) {
            let parts = (tree.child(declarator, field::NAME), tree.child(declarator, field::VALUE));
            let (Some(name), Some(value)) = parts else { continue };
            let span = tree.span(declarator);
            let manager = self.expression(value);
            self.builder.emit(Op::EnterContext { manager, asynchronous }, span);
            self.assign(name, manager);
            self.hold(manager, asynchronous, span);
            held += 1;
        }
        held
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
        self.builder.resume(then);
        if let Some(consequence) = tree.child(node, field::CONSEQUENCE) {
            self.branch_statement(consequence);
        }
        self.builder.jump(after, EdgeKind::Jump, span);
        self.builder.resume(otherwise);
        if let Some(clause) = tree.child(node, field::ALTERNATIVE) {
            for statement in self.parts(clause) {
                self.branch_statement(statement);
            }
        }
        self.builder.jump(after, EdgeKind::Jump, span);
        self.builder.resume(after);
    }

    /// The statement that a loop repeats.
    fn loop_statement(&mut self, node: Node) {
        if let Some(body) = self.tree.child(node, field::BODY) {
            self.branch_statement(body);
        }
    }

    fn for_statement(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let scope = self.scopes.inside(node);
        let condition = tree.child(node, field::CONDITION).filter(|&part| tree.kind(part) != Kind::Empty);
        self.within(scope, |this| {
            if let Some(initializer) = tree.child(node, field::INITIALIZER) {
                this.statement(initializer);
            }
            this.for_loop(
                span,
                |this, body, after| match condition {
                    Some(condition) => {
                        let inner = match tree.kind(condition) {
                            Kind::ExpressionStatement => this.parts(condition).first().copied().unwrap_or(condition),
                            _ => condition,
                        };
                        this.condition(inner, body, after);
                    }
                    None => this.builder.jump(body, EdgeKind::Jump, span),
                },
                |this| {
                    if let Some(increment) = tree.child(node, field::INCREMENT) {
                        this.expression(increment);
                    }
                },
                |this| this.loop_statement(node),
            );
        });
    }

    /// `for (x of y)` and `for (x in y)`
    fn for_in_statement(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let asynchronous = self.has_token(node, b"await");
        let scope = self.scopes.inside(node);
        let right = tree.child(node, field::RIGHT);
        let mut value = match right {
            Some(right) => self.expression(right),
            None => self.unknown(node),
        };
        let value_span = right.map_or(span, |right| tree.span(right));
        if tree.child(node, field::OPERATOR).is_some_and(|operator| tree.bytes(operator) == b"in") {
            value = self.builder.emit(Op::Unary { operator: UnaryOperator::PropertyNames, value }, value_span);
        }
        self.within(scope, |this| {
            this.for_each_loop(
                (value, value_span),
                asynchronous,
                span,
                |this, item| {
                    if let Some(left) = tree.child(node, field::LEFT) {
                        this.assign(left, item);
                    }
                },
                |this| this.loop_statement(node),
            );
        });
    }

    fn switch_statement(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let value = match tree.child(node, field::VALUE) {
            Some(value) => self.expression(value),
            None => self.unknown(node),
        };
        let Some(body) = tree.child(node, field::BODY) else { return };
        let scope = self.scopes.inside(body);
        let cases = self.parts(body);
        let after = self.builder.block();
        let blocks: Vec<BlockId> = cases.iter().map(|_| self.builder.block()).collect();
        let statements_of = |case: Node| -> Vec<Node> {
            tree.children(case).filter(|&child| tree.field_of(child) == field::BODY).collect()
        };
        self.within(scope, |this| {
            for &case in &cases {
                this.hoist(&statements_of(case));
            }
            let mut default = after;
            for (&case, &block) in cases.iter().zip(&blocks) {
                let Some(expected) = tree.child(case, field::VALUE) else {
                    default = block;
                    continue;
                };
                let case_span = tree.span(expected);
                let right = this.expression(expected);
                let operator = BinaryOperator::StrictEqual;
                let test = this.builder.emit(Op::Binary { operator, in_place: false, left: value, right }, case_span);
                let next = this.builder.block();
                this.builder.branch(test, block, next, case_span);
                this.builder.resume(next);
            }
            this.builder.jump(default, EdgeKind::Jump, span);
            this.jumpable(after, None, true, |this| {
                for (&case, &block) in cases.iter().zip(&blocks) {
                    this.builder.jump(block, EdgeKind::Jump, span);
                    this.builder.resume(block);
                    for statement in statements_of(case) {
                        this.statement(statement);
                    }
                }
            });
        });
        self.builder.jump(after, EdgeKind::Jump, span);
        self.builder.resume(after);
    }

    fn labeled_statement(&mut self, node: Node) {
        let tree = self.tree;
        let (Some(label), Some(body)) = (tree.child(node, field::LABEL), tree.child(node, field::BODY)) else { return };
        let label = self.intern(label);
        let takes_labels =
            matches!(tree.kind(body), Kind::For | Kind::ForIn | Kind::While | Kind::Do | Kind::Switch | Kind::Labeled);
        self.labeled(label, takes_labels, tree.span(node), |this| this.branch_statement(body));
    }
}
