//! Statements, but for `switch`, `select`, `defer` and `return`.

use super::Lowerer;
use super::expressions::{Place, binary_operator};
use super::kinds::{Kind, field};
use super::scopes::defines;
use crate::control::Control;
use crate::exits::Leave;
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
            Kind::Block => {
                let scope = self.scopes.inside(node);
                self.within(scope, |this| this.block_in_place(node));
            }
            Kind::StatementList | Kind::Error => self.block_in_place(node),
            Kind::Import | Kind::ImportList | Kind::ImportSpec => self.import(node),
            Kind::Function | Kind::Method => self.function_declaration(node),
            Kind::Type => {
                for spec in self.parts(node) {
                    self.statement(spec);
                }
            }
            Kind::TypeSpec | Kind::TypeAlias => self.type_spec(node),
            Kind::Const => self.constants(node),
            Kind::Var | Kind::VarList | Kind::VarSpec => self.variables(node),
            Kind::ExpressionStatement => {
                for part in self.parts(node) {
                    self.expression(part);
                }
            }
            Kind::ShortVar => self.short_variables(node),
            Kind::Assignment => self.assignment(node),
            Kind::Increment => self.count(node, BinaryOperator::Add),
            Kind::Decrement => self.count(node, BinaryOperator::Subtract),
            Kind::Send => self.send(node),
            // Nobody waits for what the call gives.
            Kind::Go => {
                for part in self.parts(node) {
                    self.expression(part);
                }
            }
            Kind::Defer => self.defer_statement(node),
            Kind::Return => self.return_statement(node),
            Kind::If => self.if_statement(node),
            Kind::For => self.for_statement(node),
            Kind::Switch => self.switch(node),
            Kind::TypeSwitch => self.type_switch(node),
            Kind::Select => self.select(node),
            Kind::Labeled => self.labeled_statement(node),
            Kind::Break => self.jump(node, true),
            Kind::Continue => self.jump(node, false),
            Kind::Goto => {
                if let Some(label) = self.child_of_kind(node, Kind::Label) {
                    let target = self.label_block(label);
                    self.builder.jump_by_statement(target, span);
                }
            }
            Kind::Fallthrough => {
                if let Some(next) = self.fallthrough {
                    self.builder.jump_by_statement(next, span);
                }
            }
            Kind::Token => {}
            _ => {
                self.expression(node);
            }
        }
    }

    /// The statements of a block whose scope is there already.
    pub(super) fn block_in_place(&mut self, node: Node) {
        for child in self.parts(node) {
            self.statement(child);
        }
    }

    fn jump(&mut self, node: Node, is_break: bool) {
        let label = self.child_of_kind(node, Kind::Label).map(|label| self.intern(label));
        self.jump_statement(label, is_break, self.tree.span(node));
    }

    /// Where `goto` leads.
    fn label_block(&mut self, label: Node) -> BlockId {
        let name = self.intern(label);
        if let Some(&block) = self.labels.get(&name) {
            return block;
        }
        let block = self.builder.block();
        self.labels.insert(name, block);
        block
    }

    fn labeled_statement(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let Some(label) = tree.child(node, field::LABEL) else { return };
        let body = self.parts(node).into_iter().find(|&part| part != label);
        let target = self.label_block(label);
        self.builder.fall_into(target, span);
        let Some(body) = body else { return };
        let label = self.intern(label);
        let takes_labels = matches!(tree.kind(body), Kind::For | Kind::Switch | Kind::TypeSwitch | Kind::Select);
        self.labeled(label, takes_labels, span, |this| this.statement(body));
    }

    /// Evaluate expressions for so many targets: one call, index, assertion or receive may give several.
    pub(super) fn values(&mut self, written: &[Node], count: usize, span: Span) -> Vec<ValueId> {
        if let ([one], true) = (written, count > 1) {
            return self.several(*one, count, span);
        }
        written.iter().map(|&value| self.expression(value)).collect()
    }

    fn several(&mut self, node: Node, count: usize, span: Span) -> Vec<ValueId> {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::Parenthesized => {
                if let Some(&inner) = self.parts(node).first() {
                    return self.several(inner, count, span);
                }
            }
            // `v, ok := m[k]`
            Kind::Index => {
                if let Place::Index { object, index } = self.place(node) {
                    let operator = BinaryOperator::In;
                    let value = self.builder.emit(Op::LoadIndex { object, index }, tree.span(node));
                    let op = Op::Binary { operator, in_place: false, left: index, right: object };
                    return vec![value, self.builder.emit(op, span)];
                }
            }
            // `v, ok := x.(T)`
            Kind::TypeAssertion => {
                let value = match tree.child(node, field::OPERAND) {
                    Some(operand) => self.expression(operand),
                    None => self.unknown(node),
                };
                let ok = match tree.child(node, field::TYPE).and_then(|type_| self.type_value(type_)) {
                    Some(class) => self.builder.emit(Op::TypeTest { value, class }, tree.span(node)),
                    None => self.unknown(node),
                };
                return vec![value, ok];
            }
            // `v, ok := <-ch`
            Kind::Unary => {
                let value = self.expression(node);
                return vec![value, self.unknown(node)];
            }
            _ => {}
        }
        let value = self.expression(node);
        let count = u16::try_from(count).unwrap_or(u16::MAX);
        let sequence = self.builder.emit(Op::Unpack { value, count, rest: false }, span);
        (0..count)
            .map(|at| self.builder.emit(Op::UnpackElement { sequence, position: Position::Front(at) }, span))
            .collect()
    }

    /// `a, b := x, y`
    fn short_variables(&mut self, node: Node) {
        let targets = self.list(node, field::LEFT);
        let written = self.list(node, field::RIGHT);
        let values = self.values(&written, targets.len(), self.tree.span(node));
        self.follow(node);
        for (target, value) in targets.into_iter().zip(values) {
            self.store_node(target, value);
        }
    }

    /// `a, b = x, y` and `a += x`
    fn assignment(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let targets = self.list(node, field::LEFT);
        let written = self.list(node, field::RIGHT);
        let operator = tree.child(node, field::OPERATOR).map_or(&b"="[..], |token| tree.bytes(token));
        if let Some(operator) = operator.strip_suffix(b"=").filter(|operator| !operator.is_empty()) {
            let (Some(&target), Some(&right)) = (targets.first(), written.first()) else { return };
            let place = self.place(target);
            let left = self.load(place, target);
            let right = self.expression(right);
            let value = match binary_operator(operator) {
                Some(operator) => self.builder.emit(Op::Binary { operator, in_place: true, left, right }, span),
                None => self.and_not(left, right, span),
            };
            return self.store(place, value, target);
        }
        // Operands on the left are evaluated before the values.
        let places: Vec<Place> = targets.iter().map(|&target| self.place(target)).collect();
        let values = self.values(&written, targets.len(), span);
        for ((place, value), target) in places.into_iter().zip(values).zip(targets) {
            self.store(place, value, target);
        }
    }

    fn count(&mut self, node: Node, operator: BinaryOperator) {
        let span = self.tree.span(node);
        let Some(&target) = self.parts(node).first() else { return };
        let place = self.place(target);
        let left = self.load(place, target);
        let right = self.builder.constant(Constant::Integer(1), span);
        let value = self.builder.emit(Op::Binary { operator, in_place: true, left, right }, span);
        self.store(place, value, target);
    }

    /// `channel <- value`: the channel holds the value.
    pub(super) fn send(&mut self, node: Node) {
        let tree = self.tree;
        let (Some(channel), Some(value)) = (tree.child(node, field::CHANNEL), tree.child(node, field::VALUE)) else {
            return;
        };
        let container = self.expression(channel);
        let value = self.expression(value);
        self.builder.emit(Op::Append { container, key: None, value }, tree.span(node));
    }

    fn if_statement(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let scope = self.scopes.inside(node);
        self.within(scope, |this| {
            if let Some(initializer) = tree.child(node, field::INITIALIZER) {
                this.statement(initializer);
            }
            let (then, otherwise, after) = (this.builder.block(), this.builder.block(), this.builder.block());
            match tree.child(node, field::CONDITION) {
                Some(condition) => this.condition(condition, then, otherwise),
                None => {
                    let unknown = this.unknown(node);
                    this.builder.branch(unknown, then, otherwise, span);
                }
            }
            for (block, branch) in [(then, field::CONSEQUENCE), (otherwise, field::ALTERNATIVE)] {
                this.builder.resume(block);
                if let Some(statement) = tree.child(node, branch) {
                    this.statement(statement);
                }
                this.builder.jump(after, EdgeKind::Jump, span);
            }
            this.builder.resume(after);
        });
    }

    fn loop_statement(&mut self, node: Node) {
        if let Some(body) = self.tree.child(node, field::BODY) {
            self.statement(body);
        }
    }

    fn for_statement(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let scope = self.scopes.inside(node);
        self.within(scope, |this| {
            if let Some(range) = this.child_of_kind(node, Kind::RangeClause) {
                return this.range_loop(node, range);
            }
            let clause = this.child_of_kind(node, Kind::ForClause);
            let body = tree.child(node, field::BODY);
            let condition = match clause {
                Some(clause) => tree.child(clause, field::CONDITION),
                None => this.parts(node).into_iter().find(|&part| Some(part) != body),
            };
            if let Some(initializer) = clause.and_then(|clause| tree.child(clause, field::INITIALIZER)) {
                this.statement(initializer);
            }
            this.for_loop(
                span,
                |this, body, after| match condition {
                    Some(condition) => this.condition(condition, body, after),
                    None => this.builder.jump(body, EdgeKind::Jump, span),
                },
                |this| {
                    if let Some(update) = clause.and_then(|clause| tree.child(clause, field::UPDATE)) {
                        this.statement(update);
                    }
                },
                |this| this.loop_statement(node),
            );
        });
    }

    /// `for k, v := range x`: iteration gives pairs, of which the first is the key, index, or what a channel gives.
    fn range_loop(&mut self, node: Node, range: Node) {
        let tree = self.tree;
        let (span, range_span) = (tree.span(node), tree.span(range));
        let value = match tree.child(range, field::RIGHT) {
            Some(right) => self.expression(right),
            None => self.unknown(range),
        };
        let targets = self.list(range, field::LEFT);
        let is_declaration = defines(tree, range);
        self.for_each_loop(
            (value, range_span),
            false,
            span,
            |this, item| {
                this.follow(range);
                if targets.is_empty() {
                    return;
                }
                let count = u16::try_from(targets.len()).unwrap_or(u16::MAX);
                let sequence = this.builder.emit(Op::Unpack { value: item, count, rest: true }, range_span);
                for (at, &target) in targets.iter().enumerate() {
                    let position = Position::Front(u16::try_from(at).unwrap_or(u16::MAX));
                    let part = this.builder.emit(Op::UnpackElement { sequence, position }, tree.span(target));
                    if is_declaration {
                        this.store_node(target, part);
                    } else {
                        let place = this.place(target);
                        this.store(place, part, target);
                    }
                }
            },
            |this| this.loop_statement(node),
        );
    }
}
