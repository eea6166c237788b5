//! Expressions.

use super::kinds::{Kind, field};
use super::reader::{Reading, arrays};
use super::*;
use crate::literals::integer_of;
use crate::tree::Node;

impl Reading<'_> {
    pub(super) fn expression(&mut self, mut node: Node) -> Expression {
        // Brackets change nothing, and a call in them has its own span.
        while self.tree.kind(node) == Kind::Parenthesized {
            let Some(&inner) = self.parts(node).last() else { break };
            node = inner;
        }
        let span = self.span(node);
        let kind = self.deeper(|this| this.kind_at(node)).unwrap_or(ExpressionKind::Unknown(Vec::new()));
        Expression { span, kind }
    }

    fn boxed(&mut self, node: Node, field: u8) -> Box<Expression> {
        Box::new(self.required(node, field))
    }

    /// The expressions of a list of arguments.
    pub(super) fn arguments(&mut self, node: Node) -> Vec<Expression> {
        match self.tree.child(node, field::ARGUMENTS) {
            Some(list) => self.parts(list).into_iter().map(|part| self.expression(part)).collect(),
            None => Vec::new(),
        }
    }

    fn kind_at(&mut self, node: Node) -> ExpressionKind {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::Identifier | Kind::TypeIdentifier | Kind::Underscore => ExpressionKind::Name(self.text(node)),
            Kind::This => ExpressionKind::This,
            Kind::Super => ExpressionKind::Super(None),
            Kind::True => ExpressionKind::Literal(Literal::Boolean(true)),
            Kind::False => ExpressionKind::Literal(Literal::Boolean(false)),
            Kind::Null => ExpressionKind::Literal(Literal::Null),
            Kind::DecimalInteger | Kind::HexInteger | Kind::OctalInteger | Kind::BinaryInteger => {
                let text = tree.text(node).replace('_', "").to_ascii_lowercase();
                ExpressionKind::Literal(match integer_of(&text) {
                    _ if text.ends_with('l') => Literal::Primitive(Primitive::Long),
                    Some(value) => i32::try_from(value).map_or(Literal::Primitive(Primitive::Int), Literal::Integer),
                    None => Literal::Primitive(Primitive::Int),
                })
            }
            Kind::DecimalFloat | Kind::HexFloat => {
                let is_float = tree.bytes(node).last().is_some_and(|last| matches!(last, b'f' | b'F'));
                ExpressionKind::Literal(Literal::Primitive(if is_float { Primitive::Float } else { Primitive::Double }))
            }
            Kind::Character => ExpressionKind::Literal(Literal::Primitive(Primitive::Char)),
            Kind::String => {
                let text = tree.text(node).into_owned();
                let content = text.trim_matches('"');
                ExpressionKind::Literal(Literal::Text(self.intern(content)))
            }
            Kind::Cast => {
                let mut types: Vec<TypeExpression> = tree
                    .children(node)
                    .filter(|&child| tree.field_of(child) == field::TYPE)
                    .collect::<Vec<_>>()
                    .into_iter()
                    .map(|type_| self.type_expression(type_))
                    .collect();
                let type_ = if types.len() == 1 { types.remove(0) } else { TypeExpression::Several(types) };
                ExpressionKind::Cast { type_, value: self.boxed(node, field::VALUE) }
            }
            Kind::Assignment => {
                let target = self.boxed(node, field::LEFT);
                let token = tree.child(node, field::OPERATOR).map_or(&b"="[..], |token| tree.bytes(token));
                let operator = token.strip_suffix(b"=").and_then(operator);
                ExpressionKind::Assign { operator, target, value: self.boxed(node, field::RIGHT) }
            }
            Kind::Update => match self.parts(node).first() {
                Some(&target) => ExpressionKind::Update(Box::new(self.expression(target))),
                None => ExpressionKind::Unknown(Vec::new()),
            },
            Kind::Unary => {
                let token = tree.child(node, field::OPERATOR).map_or(&b""[..], |token| tree.bytes(token));
                let operator = if token == b"!" { Operator::Not } else { Operator::Arithmetic };
                ExpressionKind::Unary { operator, value: self.boxed(node, field::OPERAND) }
            }
            Kind::Binary => self.binary(node),
            Kind::Ternary => ExpressionKind::Choice {
                condition: self.boxed(node, field::CONDITION),
                then: self.boxed(node, field::CONSEQUENCE),
                otherwise: self.boxed(node, field::ALTERNATIVE),
            },
            Kind::InstanceOf => {
                let value = self.boxed(node, field::LEFT);
                let pattern = match tree.child(node, field::PATTERN) {
                    Some(pattern) => self.pattern(pattern),
                    None => tree.child(node, field::RIGHT).map(|type_| Pattern::Type {
                        type_: self.type_expression(type_),
                        name: tree.child(node, field::NAME).map(|name| self.text(name)),
                    }),
                };
                match pattern {
                    Some(pattern) => ExpressionKind::InstanceOf { value, pattern: Box::new(pattern) },
                    None => ExpressionKind::Unknown(vec![*value]),
                }
            }
            Kind::Switch => {
                let value = self.boxed(node, field::CONDITION);
                let cases = tree.child(node, field::BODY).map_or_else(Vec::new, |body| self.cases(body));
                ExpressionKind::Switch { value, cases }
            }
            Kind::Lambda => {
                let parameters = match tree.child(node, field::PARAMETERS) {
                    Some(list) => self.parameters(list),
                    None => Vec::new(),
                };
                let body = match tree.child(node, field::BODY) {
                    Some(body) if tree.kind(body) == Kind::Block => LambdaBody::Block(self.block(body)),
                    _ => LambdaBody::Expression(self.boxed(node, field::BODY)),
                };
                ExpressionKind::Lambda { parameters, body }
            }
            Kind::MethodReference => self.method_reference(node),
            Kind::MethodCall => ExpressionKind::Call {
                object: self.object(node),
                type_arguments: self.type_arguments(node),
                name: self.name(node),
                arguments: self.arguments(node),
            },
            Kind::New => self.construct(node),
            Kind::NewArray => {
                let element = match tree.child(node, field::TYPE) {
                    Some(type_) => self.type_expression(type_),
                    None => TypeExpression::Inferred,
                };
                let mut sizes = Vec::new();
                let mut count = 0;
                for part in self.parts(node) {
                    match tree.kind(part) {
                        Kind::DimensionsExpression => {
                            count += 1;
                            sizes.extend(self.parts(part).into_iter().map(|size| self.expression(size)));
                        }
                        Kind::Dimensions => count += tree.bytes(part).iter().filter(|byte| **byte == b'[').count(),
                        _ => {}
                    }
                }
                let elements = tree.child(node, field::VALUE).map(|value| self.elements(value));
                ExpressionKind::NewArray { type_: arrays(element, count), sizes, elements }
            }
            Kind::ArrayInitializer => ExpressionKind::Elements(self.elements(node)),
            Kind::FieldAccess => self.field_access(node),
            Kind::ArrayAccess => {
                ExpressionKind::Index { array: self.boxed(node, field::ARRAY), index: self.boxed(node, field::INDEX) }
            }
            Kind::ClassLiteral => match self.parts(node).first() {
                Some(&type_) => {
                    let brackets = tree
                        .children(node)
                        .filter(|&child| tree.kind(child) == Kind::Token && tree.bytes(child) == b"[")
                        .count();
                    ExpressionKind::ClassLiteral(arrays(self.type_expression(type_), brackets))
                }
                None => ExpressionKind::Unknown(Vec::new()),
            },
            Kind::ScopedIdentifier => {
                let names: Vec<Node> = self.parts(node);
                let mut found: Option<Expression> = None;
                for name in names {
                    let span = self.span(name);
                    found = Some(match found {
                        None => self.expression(name),
                        Some(object) => {
                            let kind = ExpressionKind::Field { object: Box::new(object), name: self.text(name) };
                            Expression { span, kind }
                        }
                    });
                }
                found.map_or(ExpressionKind::Unknown(Vec::new()), |found| found.kind)
            }
            _ => ExpressionKind::Unknown(self.parts(node).into_iter().map(|part| self.expression(part)).collect()),
        }
    }

    fn binary(&mut self, node: Node) -> ExpressionKind {
        let tree = self.tree;
        let token = |node: Node| tree.child(node, field::OPERATOR).map_or(&b""[..], |token| tree.bytes(token));
        let Some(operator) = operator(token(node)) else {
            return ExpressionKind::Unknown(self.parts(node).into_iter().map(|part| self.expression(part)).collect());
        };
        // Operands of a chain, the last first: chains are long where texts are put together.
        let mut chain = Vec::new();
        let mut at = node;
        loop {
            chain.extend(tree.child(at, field::RIGHT));
            match tree.child(at, field::LEFT) {
                Some(left) if tree.kind(left) == Kind::Binary && token(left) == token(node) => at = left,
                left => {
                    chain.extend(left);
                    break;
                }
            }
        }
        let operands = chain.into_iter().rev().map(|operand| self.expression(operand)).collect();
        ExpressionKind::Binary { operator, operands }
    }

    /// The object of a member access; `super` and `C.super` are the receiver seen as its base.
    fn object(&mut self, node: Node) -> Option<Box<Expression>> {
        let tree = self.tree;
        let object = tree.child(node, field::OBJECT);
        let base = tree.children(node).find(|&child| tree.kind(child) == Kind::Super);
        if let Some(base) = base {
            let outer = object.filter(|&object| object != base).map(|object| Box::new(self.expression(object)));
            return Some(Box::new(Expression { span: self.span(base), kind: ExpressionKind::Super(outer) }));
        }
        object.map(|object| Box::new(self.expression(object)))
    }

    fn field_access(&mut self, node: Node) -> ExpressionKind {
        let tree = self.tree;
        let Some(object) = self.object(node) else { return ExpressionKind::Unknown(Vec::new()) };
        match tree.child(node, field::FIELD) {
            Some(name) if tree.kind(name) == Kind::This => ExpressionKind::OuterThis(object),
            Some(name) => ExpressionKind::Field { object, name: self.text(name) },
            None => ExpressionKind::Unknown(vec![*object]),
        }
    }

    /// `C::m`, `o::m`, `super::m`, `C::new`
    fn method_reference(&mut self, node: Node) -> ExpressionKind {
        let tree = self.tree;
        let parts: Vec<Node> =
            self.parts(node).into_iter().filter(|&part| tree.kind(part) != Kind::TypeArguments).collect();
        let Some(&first) = parts.first() else { return ExpressionKind::Unknown(Vec::new()) };
        let name = match parts.last() {
            Some(&name) if parts.len() > 1 && tree.kind(name) == Kind::Identifier => self.text(name),
            _ => self.intern("new"),
        };
        let is_type = matches!(
            tree.kind(first),
            Kind::GenericType
                | Kind::ArrayType
                | Kind::ScopedType
                | Kind::AnnotatedType
                | Kind::PrimitiveInteger
                | Kind::PrimitiveFloat
                | Kind::PrimitiveBoolean
        );
        if is_type {
            return ExpressionKind::MethodReference { object: None, type_: Some(self.type_expression(first)), name };
        }
        // `C.super::m`
        let base = parts.iter().find(|&&part| tree.kind(part) == Kind::Super).copied();
        let object = match base {
            Some(base) => {
                let outer = (base != first).then(|| Box::new(self.expression(first)));
                Expression { span: self.span(base), kind: ExpressionKind::Super(outer) }
            }
            None => self.expression(first),
        };
        ExpressionKind::MethodReference { object: Some(Box::new(object)), type_: None, name }
    }

    /// `new C(x)`, `new C(x) { … }`, `outer.new C(x)`
    fn construct(&mut self, node: Node) -> ExpressionKind {
        let tree = self.tree;
        let Some(type_) = tree.child(node, field::TYPE) else { return ExpressionKind::Unknown(Vec::new()) };
        let outer = self.parts(node).first().copied().filter(|&part| part < type_ && tree.field_of(part) == 0);
        let outer = outer.map(|outer| Box::new(self.expression(outer)));
        let body = self.child_of_kind(node, Kind::ClassBody);
        ExpressionKind::New {
            outer,
            type_: self.type_expression(type_),
            arguments: self.arguments(node),
            body: body.map(|body| {
                let span = self.span(body);
                Box::new(self.anonymous(body, span))
            }),
        }
    }

    fn elements(&mut self, node: Node) -> Vec<Expression> {
        self.parts(node).into_iter().map(|part| self.expression(part)).collect()
    }
}

/// The operator that a token means; none for an unknown one.
fn operator(token: &[u8]) -> Option<Operator> {
    Some(match token {
        b"+" => Operator::Add,
        b"-" | b"*" | b"/" | b"%" => Operator::Arithmetic,
        b"<<" | b">>" | b">>>" => Operator::Shift,
        b"&" | b"|" | b"^" => Operator::Bitwise,
        b"==" => Operator::Same,
        b"!=" => Operator::Differs,
        b"<" | b"<=" | b">" | b">=" => Operator::Compare,
        b"&&" => Operator::And,
        b"||" => Operator::Or,
        _ => return None,
    })
}
