//! Expressions.

use codegraph_syntax::names::NameId;

use super::Lowerer;
use super::kinds::{Kind, field};
use crate::control::Control;
use crate::ir::*;
use crate::nesting::Nested;
use crate::scopes::FILE;
use crate::tree::Node;

/// A target whose parts have been evaluated.
#[derive(Clone, Copy)]
enum Place {
    Name(NameId),
    Attribute { object: ValueId, name: NameId },
    Index { object: ValueId, index: ValueId },
    Unknown,
}

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
            Kind::Identifier | Kind::TypeIdentifier => {
                let name = self.intern(node);
                self.load_name(name, span)
            }
            Kind::ScopedIdentifier | Kind::ScopedType | Kind::GenericType => {
                self.type_value(node).unwrap_or_else(|| self.unknown(node))
            }
            Kind::This => self.builder.emit(Op::This, span),
            Kind::Super => self.builder.emit(Op::Super, span),
            Kind::True => self.builder.constant(Constant::Boolean(true), span),
            Kind::False => self.builder.constant(Constant::Boolean(false), span),
            Kind::Null => self.builder.constant(Constant::Null, span),
            Kind::DecimalInteger | Kind::HexInteger | Kind::OctalInteger | Kind::BinaryInteger => self.integer(node),
            Kind::DecimalFloat | Kind::HexFloat => self.float(node),
            Kind::Character => self.character(node),
            Kind::String => self.string(node),
            Kind::Parenthesized => match self.parts(node).last() {
                Some(&inner) => self.expression(inner),
                None => self.unknown(node),
            },
            Kind::Cast => match tree.child(node, field::VALUE) {
                Some(value) => self.expression(value),
                None => self.unknown(node),
            },
            Kind::Assignment => self.assignment(node),
            Kind::Update => self.update(node),
            Kind::Unary => self.unary(node),
            Kind::Binary => self.binary(node),
            Kind::Ternary | Kind::InstanceOf => self.choice(node),
            Kind::Switch => self.switch(node, true).unwrap_or_else(|| self.unknown(node)),
            Kind::Lambda => self.lambda(node),
            Kind::MethodReference => self.method_reference(node),
            Kind::MethodCall => self.method_call(node),
            Kind::New => self.construct(node),
            Kind::NewArray => self.new_array(node),
            Kind::ArrayInitializer => self.array(node),
            Kind::FieldAccess => self.field_access(node),
            Kind::ArrayAccess => {
                let place = self.place(node);
                self.load(place, node)
            }
            Kind::ClassLiteral => {
                let class = self.parts(node).first().and_then(|&type_| self.type_value(type_));
                match class {
                    Some(object) => {
                        let name = self.names.intern("class");
                        self.builder.emit(Op::LoadAttribute { object, name }, span)
                    }
                    None => self.unknown(node),
                }
            }
            _ => {
                for part in self.parts(node) {
                    self.expression(part);
                }
                self.unknown(node)
            }
        }
    }

    /// The object of a member access: `super` and `Outer.super` are the receiver seen as its base.
    fn object_of(&mut self, node: Node) -> Option<ValueId> {
        let tree = self.tree;
        if let Some(base) = tree.children(node).find(|&child| tree.kind(child) == Kind::Super) {
            return Some(self.builder.emit(Op::Super, tree.span(base)));
        }
        tree.child(node, field::OBJECT).map(|object| self.expression(object))
    }

    fn field_access(&mut self, node: Node) -> ValueId {
        let place = self.place(node);
        self.load(place, node)
    }

    fn place(&mut self, target: Node) -> Place {
        let tree = self.tree;
        match tree.kind(target) {
            Kind::Identifier => Place::Name(self.intern(target)),
            Kind::FieldAccess => {
                let name = tree.child(target, field::FIELD);
                let (Some(object), Some(name)) = (self.object_of(target), name) else { return Place::Unknown };
                Place::Attribute { object, name: self.intern(name) }
            }
            Kind::ArrayAccess => {
                let (Some(array), Some(index)) = (tree.child(target, field::ARRAY), tree.child(target, field::INDEX))
                else {
                    return Place::Unknown;
                };
                let object = self.expression(array);
                Place::Index { object, index: self.expression(index) }
            }
            Kind::Parenthesized => match self.parts(target).first() {
                Some(&inner) => self.deeper(|this| this.place(inner)).unwrap_or(Place::Unknown),
                None => Place::Unknown,
            },
            _ => Place::Unknown,
        }
    }

    fn load(&mut self, place: Place, node: Node) -> ValueId {
        let span = self.tree.span(node);
        match place {
            Place::Name(name) => self.load_name(name, span),
            Place::Attribute { object, name } => self.builder.emit(Op::LoadAttribute { object, name }, span),
            Place::Index { object, index } => self.builder.emit(Op::LoadIndex { object, index }, span),
            Place::Unknown => self.unknown(node),
        }
    }

    fn store(&mut self, place: Place, value: ValueId, node: Node) {
        let span = self.tree.span(node);
        match place {
            Place::Name(name) => self.store_name(name, value, span),
            Place::Attribute { object, name } => {
                self.builder.emit(Op::StoreAttribute { object, name, value }, span);
            }
            Place::Index { object, index } => {
                self.builder.emit(Op::StoreIndex { object, index, value }, span);
            }
            Place::Unknown => {}
        }
    }

    fn operator_of(&self, node: Node) -> &'_ [u8] {
        let tree = self.tree;
        tree.child(node, field::OPERATOR)
            .or_else(|| tree.children(node).find(|&child| tree.kind(child) == Kind::Token))
            .map_or(b"", |operator| tree.bytes(operator))
    }

    fn assignment(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        let (Some(left), Some(right)) = (tree.child(node, field::LEFT), tree.child(node, field::RIGHT)) else {
            return self.unknown(node);
        };
        let operator = self.operator_of(node).to_vec();
        let place = self.place(left);
        let value = match operator.strip_suffix(b"=").and_then(binary_operator) {
            Some(operator) => {
                let before = self.load(place, left);
                let after = self.expression(right);
                self.builder.emit(Op::Binary { operator, in_place: true, left: before, right: after }, span)
            }
            None => self.expression(right),
        };
        self.store(place, value, left);
        value
    }

    fn update(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        let Some(&target) = self.parts(node).first() else { return self.unknown(node) };
        let token = tree.children(node).find(|&child| tree.kind(child) == Kind::Token);
        let is_prefix = token.is_some_and(|token| token < target);
        let operator = match self.operator_of(node) {
            b"--" => BinaryOperator::Subtract,
            _ => BinaryOperator::Add,
        };
        let place = self.place(target);
        let before = self.load(place, target);
        let one = self.builder.constant(Constant::Integer(1), span);
        let value = self.builder.emit(Op::Binary { operator, in_place: true, left: before, right: one }, span);
        self.store(place, value, target);
        if is_prefix { value } else { before }
    }

    fn unary(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let operator = match self.operator_of(node) {
            b"!" => UnaryOperator::Not,
            b"-" => UnaryOperator::Negate,
            b"+" => UnaryOperator::Plus,
            _ => UnaryOperator::Invert,
        };
        let value = match tree.child(node, field::OPERAND) {
            Some(operand) => self.expression(operand),
            None => self.unknown(node),
        };
        self.builder.emit(Op::Unary { operator, value }, tree.span(node))
    }

    fn binary(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        if matches!(self.operator_of(node), b"&&" | b"||") {
            return self.choice(node);
        }
        let (Some(left), Some(right)) = (tree.child(node, field::LEFT), tree.child(node, field::RIGHT)) else {
            return self.unknown(node);
        };
        let operator = binary_operator(self.operator_of(node));
        let (left, right) = (self.expression(left), self.expression(right));
        match operator {
            Some(operator) => self.builder.emit(Op::Binary { operator, in_place: false, left, right }, tree.span(node)),
            None => self.unknown(node),
        }
    }

    /// The value of what branches: `a && b`, `a ? b : c`, a test that binds a name.
    fn choice(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        let binds = tree.child(node, field::NAME).is_some() || tree.child(node, field::PATTERN).is_some();
        if tree.kind(node) == Kind::InstanceOf && !binds {
            return self.type_test(node);
        }
        let (then, otherwise, after) = (self.builder.block(), self.builder.block(), self.builder.block());
        let is_ternary = tree.kind(node) == Kind::Ternary;
        match tree.child(node, field::CONDITION).filter(|_| is_ternary) {
            Some(condition) => self.condition(condition, then, otherwise),
            None => self.condition(node, then, otherwise),
        }
        let mut inputs = Vec::new();
        for (block, branch, holds) in [(then, field::CONSEQUENCE, true), (otherwise, field::ALTERNATIVE, false)] {
            self.builder.resume(block);
            let value = match tree.child(node, branch).filter(|_| is_ternary) {
                Some(value) => self.expression(value),
                None => self.builder.constant(Constant::Boolean(holds), span),
            };
            self.join(after, value, &mut inputs, span);
        }
        self.builder.resume(after);
        self.builder.phi(&inputs, span)
    }

    fn type_test(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let value = match tree.child(node, field::LEFT) {
            Some(left) => self.expression(left),
            None => self.unknown(node),
        };
        match tree.child(node, field::RIGHT).and_then(|type_| self.type_value(type_)) {
            Some(class) => self.builder.emit(Op::TypeTest { value, class }, tree.span(node)),
            None => self.unknown(node),
        }
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
        let span = tree.span(node);
        match tree.kind(node) {
            Kind::Parenthesized => {
                if let Some(&inner) = self.parts(node).last() {
                    return self.condition(inner, if_true, if_false);
                }
            }
            Kind::Unary if self.operator_of(node) == b"!" => {
                if let Some(operand) = tree.child(node, field::OPERAND) {
                    return self.condition(operand, if_false, if_true);
                }
            }
            Kind::Binary if matches!(self.operator_of(node), b"&&" | b"||") => {
                if let (Some(left), Some(right)) = (tree.child(node, field::LEFT), tree.child(node, field::RIGHT)) {
                    let next = self.builder.block();
                    if self.operator_of(node) == b"&&" {
                        self.condition(left, next, if_false);
                    } else {
                        self.condition(left, if_true, next);
                    }
                    self.builder.resume(next);
                    return self.condition(right, if_true, if_false);
                }
            }
            Kind::InstanceOf => {
                let (name, pattern) = (tree.child(node, field::NAME), tree.child(node, field::PATTERN));
                if let (Some(left), true) = (tree.child(node, field::LEFT), name.is_some() || pattern.is_some()) {
                    let value = self.expression(left);
                    if let Some(pattern) = pattern {
                        self.match_pattern(pattern, value, if_false);
                    } else if let Some(type_) = tree.child(node, field::RIGHT) {
                        self.test_type(type_, value, if_false);
                        if let Some(name) = name {
                            self.store_node(name, value);
                            self.declare_local(name, Some(type_));
                        }
                    }
                    return self.builder.jump(if_true, EdgeKind::Jump, span);
                }
            }
            _ => {}
        }
        let value = self.expression(node);
        self.builder.branch(value, if_true, if_false, span);
    }

    pub(super) fn arguments(&mut self, list: Node) -> Vec<Argument> {
        let parts = self.parts(list);
        parts
            .into_iter()
            .map(|part| Argument { kind: ArgumentKind::Positional, value: self.expression(part) })
            .collect()
    }

    fn arguments_of(&mut self, node: Node) -> Vec<Argument> {
        self.tree.child(node, field::ARGUMENTS).map_or_else(Vec::new, |list| self.arguments(list))
    }

    fn method_call(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        let Some(name) = tree.child(node, field::NAME) else { return self.unknown(node) };
        let object = self.object_of(node);
        let id = self.intern(name);
        let callee_span = Span { start: span.start, end: tree.span(name).end };
        let callee = match object {
            Some(object) => self.builder.emit(Op::LoadAttribute { object, name: id }, callee_span),
            // Methods and variables have names of their own: no local is called.
            None => self.within(Some(FILE), |this| this.load_name(id, callee_span)),
        };
        let arguments = self.arguments_of(node);
        self.builder.call(callee, object, CallForm::Plain, &arguments, span)
    }

    /// `C::m`, `o::m`, `C::new`
    fn method_reference(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let parts = self.parts(node);
        let Some(&first) = parts.first() else { return self.unknown(node) };
        let object = self.expression(first);
        let name = match parts.last() {
            Some(&name) if parts.len() > 1 && tree.kind(name) == Kind::Identifier => self.intern(name),
            _ => self.names.intern("new"),
        };
        self.builder.emit(Op::LoadAttribute { object, name }, tree.span(node))
    }

    /// `new C(x)`, `new C(x) { … }`, `outer.new C(x)`
    fn construct(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        let Some(type_) = tree.child(node, field::TYPE) else { return self.unknown(node) };
        let outer = self.parts(node).first().copied().filter(|&part| part < type_ && tree.field_of(part) == 0);
        let receiver = outer.map(|outer| self.expression(outer));
        let class = match receiver {
            Some(object) => {
                let name = self.intern(type_);
                self.builder.emit(Op::LoadAttribute { object, name }, tree.span(type_))
            }
            None => self.type_value(type_).unwrap_or_else(|| self.unknown(type_)),
        };
        let arguments = self.arguments_of(node);
        let callee = match self.scopes.body_at(node) {
            Some(body) => {
                let base = Argument { kind: ArgumentKind::Positional, value: class };
                self.builder.make_class(body, &[base], span)
            }
            None => class,
        };
        self.builder.call(callee, receiver, CallForm::New, &arguments, span)
    }

    fn new_array(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        for dimension in tree.children(node).filter(|&child| tree.kind(child) == Kind::DimensionsExpression) {
            for part in self.parts(dimension) {
                self.expression(part);
            }
        }
        match tree.child(node, field::VALUE) {
            Some(initializer) => self.array(initializer),
            None => self.builder.allocate(AllocationKind::Array, &[], tree.span(node)),
        }
    }

    fn array(&mut self, node: Node) -> ValueId {
        let mut elements = Vec::new();
        for part in self.parts(node) {
            elements.push(Element { kind: ElementKind::Item, key: None, value: self.expression(part) });
        }
        self.builder.allocate(AllocationKind::Array, &elements, self.tree.span(node))
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
        b"<<" => BinaryOperator::ShiftLeft,
        b">>" => BinaryOperator::ShiftRight,
        b">>>" => BinaryOperator::ShiftRightUnsigned,
        b"&" => BinaryOperator::BitAnd,
        b"|" => BinaryOperator::BitOr,
        b"^" => BinaryOperator::BitXor,
        b"==" => BinaryOperator::Identical,
        b"!=" => BinaryOperator::NotIdentical,
        b"<" => BinaryOperator::Less,
        b"<=" => BinaryOperator::LessOrEqual,
        b">" => BinaryOperator::Greater,
        b">=" => BinaryOperator::GreaterOrEqual,
        _ => return None,
    })
}
