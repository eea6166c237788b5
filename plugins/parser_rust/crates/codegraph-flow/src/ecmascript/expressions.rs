//! Expressions, but for chains of members and calls, and what makes objects.

use super::Lowerer;
use super::kinds::{Kind, field};
use crate::control::Control;
use crate::ir::*;
use crate::nesting::Nested;
use crate::tree::Node;

impl Lowerer<'_> {
    pub(super) fn expression(&mut self, node: Node) -> ValueId {
        match self.deeper(|this| this.expression_at(node)) {
            Some(value) => value,
            None => self.unknown(node),
        }
    }

    fn expression_at(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        match tree.kind(node) {
            Kind::Identifier | Kind::ShorthandProperty | Kind::TypeIdentifier => {
                let name = self.intern(node);
                self.load_name(name, span)
            }
            Kind::Member | Kind::Subscript | Kind::Call | Kind::NonNull => self.chain(node),
            Kind::New => self.construct(node),
            Kind::This => self.builder.emit(Op::This, span),
            Kind::Super => self.builder.emit(Op::Super, span),
            Kind::True => self.builder.constant(Constant::Boolean(true), span),
            Kind::False => self.builder.constant(Constant::Boolean(false), span),
            Kind::Null => self.builder.constant(Constant::Null, span),
            Kind::Undefined => self.undefined(span),
            Kind::Number => self.number(node),
            Kind::String => self.string(node),
            Kind::TemplateString => self.template(node),
            Kind::Regex => self.regular_expression(node),
            Kind::Parenthesized | Kind::Sequence | Kind::Spread | Kind::JsxExpression => self.last_of(node),
            Kind::As | Kind::Satisfies | Kind::Instantiation => self.first_of(node),
            Kind::TypeAssertion => self.last_of(node),
            Kind::Assignment => self.assignment(node),
            Kind::AugmentedAssignment => self.augmented_assignment(node),
            Kind::Update => self.update(node),
            Kind::Await => {
                let value = self.last_of(node);
                self.builder.suspend(Op::Await(value), span)
            }
            Kind::Yield => self.yield_value(node),
            Kind::Unary => self.unary(node),
            Kind::Binary => self.binary(node),
            Kind::Ternary => self.ternary(node),
            Kind::Object => self.object(node),
            Kind::Array => self.array(node),
            Kind::Arrow
            | Kind::FunctionExpression
            | Kind::GeneratorExpression
            | Kind::Function
            | Kind::GeneratorFunction => self.function(node),
            Kind::ClassExpression | Kind::Class | Kind::AbstractClass => self.class(node, &[]),
            Kind::JsxElement | Kind::JsxSelfClosing => self.jsx(node),
            // The class of the object that is being made, which its prototype names.
            Kind::MetaProperty if tree.bytes(node).starts_with(b"new") => {
                let (object, name) = (self.builder.emit(Op::This, span), self.names.intern("constructor"));
                self.builder.emit(Op::LoadAttribute { object, name }, span)
            }
            Kind::MetaProperty | Kind::ImportKeyword => self.unknown(node),
            _ => {
                for part in self.parts(node) {
                    self.expression(part);
                }
                self.unknown(node)
            }
        }
    }

    /// The value of the last part; the others are evaluated before.
    fn last_of(&mut self, node: Node) -> ValueId {
        let mut value = None;
        for part in self.parts(node) {
            if self.tree.kind(part) != Kind::TypeArguments {
                value = Some(self.expression(part));
            }
        }
        value.unwrap_or_else(|| self.undefined(self.tree.span(node)))
    }

    /// The value of the first part; the others are types.
    pub(super) fn first_of(&mut self, node: Node) -> ValueId {
        match self.parts(node).first() {
            Some(&part) => self.expression(part),
            None => self.unknown(node),
        }
    }

    fn assignment(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let (Some(left), Some(right)) = (tree.child(node, field::LEFT), tree.child(node, field::RIGHT)) else {
            return self.unknown(node);
        };
        // The parts of the target are evaluated first.
        let place = self.place(left);
        let value = self.expression(right);
        self.store(place, value, tree.span(left));
        value
    }

    fn operator_of(&self, node: Node) -> &'_ [u8] {
        self.tree.child(node, field::OPERATOR).map_or(b"", |operator| self.tree.bytes(operator))
    }

    fn augmented_assignment(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        let (Some(left), Some(right)) = (tree.child(node, field::LEFT), tree.child(node, field::RIGHT)) else {
            return self.unknown(node);
        };
        let left_span = tree.span(left);
        let operator = self.operator_of(node).to_vec();
        let operator = operator.strip_suffix(b"=").unwrap_or(&operator);
        let place = self.place(left);
        let before = self.load(place, left_span);
        if matches!(operator, b"&&" | b"||" | b"??") {
            let condition = self.short_circuit(operator, before, span);
            let assign = |this: &mut Self| {
                let value = this.expression(right);
                this.store(place, value, left_span);
                value
            };
            return self.choose(condition, span, assign, |_| before);
        }
        let after = self.expression(right);
        let value = match binary_operator(operator) {
            Some(operator) => {
                self.builder.emit(Op::Binary { operator, in_place: true, left: before, right: after }, span)
            }
            None => self.unknown(node),
        };
        self.store(place, value, left_span);
        value
    }

    /// Whether the right side of `&&`, `||` or `??` is evaluated.
    fn short_circuit(&mut self, operator: &[u8], left: ValueId, span: Span) -> ValueId {
        match operator {
            b"&&" => left,
            b"||" => self.builder.emit(Op::Unary { operator: UnaryOperator::Not, value: left }, span),
            _ => self.is_nullish(left, span),
        }
    }

    /// Whether a value is `null` or `undefined`: `value == null`.
    pub(super) fn is_nullish(&mut self, value: ValueId, span: Span) -> ValueId {
        let null = self.builder.constant(Constant::Null, span);
        self.builder
            .emit(Op::Binary { operator: BinaryOperator::Equal, in_place: false, left: value, right: null }, span)
    }

    fn update(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        let Some(target) = tree.child(node, field::ARGUMENT) else { return self.unknown(node) };
        let operator = match self.operator_of(node) {
            b"--" => BinaryOperator::Subtract,
            _ => BinaryOperator::Add,
        };
        let target_span = tree.span(target);
        let is_prefix = tree.child(node, field::OPERATOR).is_some_and(|operator| operator < target);
        let place = self.place(target);
        let before = self.load(place, target_span);
        let one = self.builder.constant(Constant::Integer(1), span);
        let value = self.builder.emit(Op::Binary { operator, in_place: true, left: before, right: one }, span);
        self.store(place, value, target_span);
        if is_prefix { value } else { before }
    }

    fn yield_value(&mut self, node: Node) -> ValueId {
        let span = self.tree.span(node);
        let value = match self.parts(node).last() {
            Some(&part) => self.expression(part),
            None => self.undefined(span),
        };
        let op = if self.has_token(node, b"*") { Op::YieldFrom(value) } else { Op::Yield(value) };
        self.builder.suspend(op, span)
    }

    fn unary(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        let Some(argument) = tree.child(node, field::ARGUMENT) else { return self.unknown(node) };
        if self.operator_of(node) == b"delete" {
            return self.delete(argument, span);
        }
        let value = self.expression(argument);
        self.operate(node, value, span)
    }

    /// What a unary operator makes of a value.
    pub(super) fn operate(&mut self, node: Node, value: ValueId, span: Span) -> ValueId {
        let operator = match self.operator_of(node) {
            b"delete" => return self.builder.constant(Constant::Boolean(true), span),
            b"void" => return self.undefined(span),
            b"typeof" => UnaryOperator::TypeOf,
            b"!" => UnaryOperator::Not,
            b"-" => UnaryOperator::Negate,
            b"+" => UnaryOperator::Plus,
            b"~" => UnaryOperator::Invert,
            _ => return self.unknown(node),
        };
        self.builder.emit(Op::Unary { operator, value }, span)
    }

    fn delete(&mut self, target: Node, span: Span) -> ValueId {
        match self.place(target) {
            super::targets::Place::Attribute { object, name } => {
                self.builder.emit(Op::DeleteAttribute { object, name }, span);
            }
            super::targets::Place::Index { object, index } => {
                self.builder.emit(Op::DeleteIndex { object, index }, span);
            }
            // Not a place: it is evaluated all the same (ECMA-262, 13.5.1.2).
            super::targets::Place::Pattern(value) => {
                self.expression(value);
            }
            super::targets::Place::Name(_) => {}
        }
        self.builder.constant(Constant::Boolean(true), span)
    }

    fn binary(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        let (Some(left), Some(right)) = (tree.child(node, field::LEFT), tree.child(node, field::RIGHT)) else {
            return self.unknown(node);
        };
        let operator = self.operator_of(node).to_vec();
        if matches!(operator[..], [b'&', b'&'] | [b'|', b'|'] | [b'?', b'?']) {
            let before = self.expression(left);
            let condition = self.short_circuit(&operator, before, span);
            return self.choose(condition, span, |this| this.expression(right), |_| before);
        }
        let left = match tree.kind(left) {
            Kind::PrivateProperty => {
                let name = tree.text(left).into_owned();
                self.text_constant(&name, tree.span(left))
            }
            _ => self.expression(left),
        };
        let right = self.expression(right);
        if operator == b"instanceof" {
            return self.builder.emit(Op::TypeTest { value: left, class: right }, span);
        }
        match binary_operator(&operator) {
            Some(operator) => self.builder.emit(Op::Binary { operator, in_place: false, left, right }, span),
            None => self.unknown(node),
        }
    }

    fn ternary(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        let (then, otherwise, after) = (self.builder.block(), self.builder.block(), self.builder.block());
        match tree.child(node, field::CONDITION) {
            Some(condition) => self.condition(condition, then, otherwise),
            None => {
                let unknown = self.unknown(node);
                self.builder.branch(unknown, then, otherwise, span);
            }
        }
        let mut inputs = Vec::new();
        for (block, field) in [(then, field::CONSEQUENCE), (otherwise, field::ALTERNATIVE)] {
            self.builder.resume(block);
            let value = match tree.child(node, field) {
                Some(value) => self.expression(value),
                None => self.unknown(node),
            };
            self.join(after, value, &mut inputs, span);
        }
        self.builder.resume(after);
        self.builder.phi(&inputs, span)
    }

    /// Go to one block or the other by whether an expression holds.
    pub(super) fn condition(&mut self, node: Node, if_true: BlockId, if_false: BlockId) {
        let lower = |this: &mut Self| this.condition_at(node, if_true, if_false);
        if self.deeper(lower).is_none() {
            let unknown = self.unknown(node);
            self.builder.branch(unknown, if_true, if_false, self.tree.span(node));
        }
    }

    fn condition_at(&mut self, node: Node, if_true: BlockId, if_false: BlockId) {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::Parenthesized => {
                if let [inner] = self.parts(node)[..] {
                    return self.condition(inner, if_true, if_false);
                }
            }
            Kind::Unary if self.operator_of(node) == b"!" => {
                if let Some(argument) = tree.child(node, field::ARGUMENT) {
                    return self.condition(argument, if_false, if_true);
                }
            }
            Kind::Binary => {
                let parts = (tree.child(node, field::LEFT), tree.child(node, field::RIGHT));
                if let (b"&&" | b"||", (Some(left), Some(right))) = (self.operator_of(node), parts) {
                    let is_and = self.operator_of(node) == b"&&";
                    let next = self.builder.block();
                    if is_and {
                        self.condition(left, next, if_false);
                    } else {
                        self.condition(left, if_true, next);
                    }
                    self.builder.resume(next);
                    return self.condition(right, if_true, if_false);
                }
            }
            _ => {}
        }
        let value = self.expression(node);
        self.builder.branch(value, if_true, if_false, tree.span(node));
    }
}

/// The operator that a token means; none for those that are no operations on two values.
fn binary_operator(token: &[u8]) -> Option<BinaryOperator> {
    Some(match token {
        b"+" => BinaryOperator::Add,
        b"-" => BinaryOperator::Subtract,
        b"*" => BinaryOperator::Multiply,
        b"/" => BinaryOperator::Divide,
        b"%" => BinaryOperator::Modulo,
        b"**" => BinaryOperator::Power,
        b"<<" => BinaryOperator::ShiftLeft,
        b">>" => BinaryOperator::ShiftRight,
        b">>>" => BinaryOperator::ShiftRightUnsigned,
        b"&" => BinaryOperator::BitAnd,
        b"|" => BinaryOperator::BitOr,
        b"^" => BinaryOperator::BitXor,
        b"==" => BinaryOperator::Equal,
        b"!=" => BinaryOperator::NotEqual,
        b"===" => BinaryOperator::StrictEqual,
        b"!==" => BinaryOperator::StrictNotEqual,
        b"<" => BinaryOperator::Less,
        b"<=" => BinaryOperator::LessOrEqual,
        b">" => BinaryOperator::Greater,
        b">=" => BinaryOperator::GreaterOrEqual,
        b"in" => BinaryOperator::In,
        _ => return None,
    })
}
