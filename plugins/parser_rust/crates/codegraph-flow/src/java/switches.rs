//! `switch` as statement and expression, and patterns.

use super::Lowerer;
use super::kinds::{Kind, field};
use crate::exits::Leave;
use crate::ir::*;
use crate::nesting::Nested;
use crate::tree::Node;

impl Lowerer<'_> {
    /// A `switch`; its value if that is wanted.
    pub(super) fn switch(&mut self, node: Node, is_value: bool) -> Option<ValueId> {
        let tree = self.tree;
        let span = tree.span(node);
        let value = match tree.child(node, field::CONDITION) {
            Some(condition) => self.expression(condition),
            None => self.unknown(node),
        };
        let body = tree.child(node, field::BODY)?;
        let scope = self.scopes.inside(body);
        let after = self.builder.block();
        let lower = |this: &mut Self| {
            this.within(scope, |this| this.cases(body, value, after, is_value));
        };
        if is_value {
            let results = self.yieldable(after, lower);
            self.builder.resume(after);
            return Some(self.builder.phi(&results, span));
        }
        self.jumpable(after, None, true, lower);
        self.builder.jump(after, EdgeKind::Jump, span);
        self.builder.resume(after);
        None
    }

    fn cases(&mut self, body: Node, value: ValueId, after: BlockId, is_value: bool) {
        let tree = self.tree;
        let span = tree.span(body);
        let cases: Vec<Node> = self
            .parts(body)
            .into_iter()
            .filter(|&case| matches!(tree.kind(case), Kind::SwitchGroup | Kind::SwitchRule))
            .collect();
        let blocks: Vec<BlockId> = cases.iter().map(|_| self.builder.block()).collect();
        let mut default = None;
        for (&case, &block) in cases.iter().zip(&blocks) {
            let scope = self.scopes.inside(case);
            self.within(scope, |this| {
                for label in tree.children(case).filter(|&child| tree.kind(child) == Kind::SwitchLabel) {
                    if this.label(label, value, block) {
                        default = Some(block);
                    }
                }
            });
        }
        match default {
            Some(block) => self.builder.jump(block, EdgeKind::Jump, span),
            // A switch expression has a case for every value: none raises.
            None if is_value => self.builder.raise(None, None, span),
            None => self.builder.jump(after, EdgeKind::Jump, span),
        }
        for (&case, &block) in cases.iter().zip(&blocks) {
            let is_rule = tree.kind(case) == Kind::SwitchRule;
            if !is_rule {
                self.builder.jump(block, EdgeKind::Jump, span); // Falls through.
            }
            self.builder.resume(block);
            let scope = self.scopes.inside(case);
            self.within(scope, |this| {
                for statement in this.parts(case) {
                    match tree.kind(statement) {
                        Kind::SwitchLabel => {}
                        Kind::ExpressionStatement if is_rule && is_value => {
                            if let Some(&result) = this.parts(statement).first() {
                                let result = this.expression(result);
                                this.yield_result(result, tree.span(statement));
                            }
                        }
                        _ => this.statement(statement),
                    }
                }
            });
            if is_rule {
                self.builder.jump(after, EdgeKind::Jump, span);
            }
        }
    }

    /// Go to `block` where a label matches, and on where it does not. Says whether it is the default.
    fn label(&mut self, label: Node, value: ValueId, block: BlockId) -> bool {
        let tree = self.tree;
        let span = tree.span(label);
        let guard = self.child_of_kind(label, Kind::Guard);
        let mut is_default = self.has_token(label, b"default");
        for part in self.parts(label) {
            let next = self.builder.block();
            match tree.kind(part) {
                Kind::Guard => continue,
                Kind::Identifier if tree.bytes(part) == b"default" => {
                    is_default = true;
                    continue;
                }
                Kind::Pattern | Kind::TypePattern | Kind::RecordPattern => {
                    self.match_pattern(part, value, next);
                    match guard.and_then(|guard| self.parts(guard).first().copied()) {
                        Some(condition) => self.condition(condition, block, next),
                        None => self.builder.jump(block, EdgeKind::Jump, span),
                    }
                }
                _ => {
                    let right = self.expression(part);
                    let operator = BinaryOperator::Equal;
                    let test = self.builder.emit(Op::Binary { operator, in_place: false, left: value, right }, span);
                    self.builder.branch(test, block, next, span);
                }
            }
            self.builder.resume(next);
        }
        is_default
    }

    /// Take a value apart by a pattern and go on; to `fail` where it does not match.
    pub(super) fn match_pattern(&mut self, pattern: Node, value: ValueId, fail: BlockId) {
        if self.deeper(|this| this.match_at(pattern, value, fail)).is_none() {
            self.unknown(pattern);
        }
    }

    fn match_at(&mut self, pattern: Node, value: ValueId, fail: BlockId) {
        let tree = self.tree;
        match tree.kind(pattern) {
            Kind::Pattern => {
                if let Some(&inner) = self.parts(pattern).first() {
                    self.match_pattern(inner, value, fail);
                }
            }
            Kind::TypePattern | Kind::RecordPatternComponent => {
                let parts: Vec<Node> =
                    self.parts(pattern).into_iter().filter(|&part| tree.kind(part) != Kind::Modifiers).collect();
                if let [inner] = parts[..]
                    && matches!(tree.kind(inner), Kind::RecordPattern | Kind::Pattern)
                {
                    return self.match_pattern(inner, value, fail);
                }
                if let Some(&type_) = parts.first() {
                    self.test_type(type_, value, fail);
                }
                if let Some(name) = self.last_identifier(pattern) {
                    self.store_node(name, value);
                    self.declare_local(name, parts.first().copied());
                }
            }
            Kind::RecordPattern => {
                let parts = self.parts(pattern);
                let Some(&type_) = parts.first() else { return };
                let Some(class) = self.test_type(type_, value, fail) else { return };
                let body = parts.into_iter().find(|&part| tree.kind(part) == Kind::RecordPatternBody);
                for (index, component) in body.map_or_else(Vec::new, |body| self.parts(body)).into_iter().enumerate() {
                    let index = u16::try_from(index).unwrap_or(u16::MAX);
                    let op = Op::Component { value, class, index };
                    let part = self.builder.emit(op, tree.span(component));
                    self.match_pattern(component, part, fail);
                }
            }
            _ => {}
        }
    }

    /// Go on where a value is of a type that is a class, to `fail` where it is not. Returns the class.
    pub(super) fn test_type(&mut self, type_: Node, value: ValueId, fail: BlockId) -> Option<ValueId> {
        let span = self.tree.span(type_);
        let class = self.type_value(type_)?;
        let test = self.builder.emit(Op::TypeTest { value, class }, span);
        let matched = self.builder.block();
        self.builder.branch(test, matched, fail, span);
        self.builder.start(matched);
        Some(class)
    }
}
