//! Expressions.

use codegraph_syntax::names::NameId;

use super::Lowerer;
use super::builtins::is_builtin;
use super::kinds::{Kind, field};
use crate::control::Control;
use crate::ir::*;
use crate::literals::{integer_of, push_escape};
use crate::nesting::Nested;
use crate::tree::Node;

/// What a pointer points to, as an attribute of it.
const POINTED: &str = "*";

/// A target whose parts have been evaluated.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Name(NameId),
    Attribute {
        object: ValueId,
        name: NameId,
    },
    Index {
        object: ValueId,
        index: ValueId,
    },
    /// `_`
    Nowhere,
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
            Kind::Identifier | Kind::PackageIdentifier => {
                let name = self.intern(node);
                self.load_name(name, span)
            }
            Kind::Nil => self.builder.constant(Constant::Null, span),
            Kind::True => self.builder.constant(Constant::Boolean(true), span),
            Kind::False => self.builder.constant(Constant::Boolean(false), span),
            Kind::Iota => self.builder.constant(Constant::Integer(self.iota), span),
            Kind::Integer => self.integer(node),
            Kind::Float => self.float(node),
            Kind::Imaginary => {
                let text = self.intern(node);
                self.builder.constant(Constant::BigNumber(text), span)
            }
            Kind::Rune | Kind::Text | Kind::RawText => self.text(node),
            Kind::Parenthesized => match self.parts(node).first() {
                Some(&inner) => self.expression(inner),
                None => self.unknown(node),
            },
            Kind::Selector | Kind::Index => {
                let place = self.place(node);
                self.load(place, node)
            }
            Kind::Slice => self.slice(node),
            // Where it fails, it panics.
            Kind::TypeAssertion => match tree.child(node, field::OPERAND) {
                Some(operand) => self.expression(operand),
                None => self.unknown(node),
            },
            Kind::TypeConversion => match tree.child(node, field::OPERAND) {
                Some(operand) => self.expression(operand),
                None => self.unknown(node),
            },
            Kind::TypeInstantiation => {
                let type_ = tree.child(node, field::TYPE);
                type_.and_then(|type_| self.type_value(type_)).unwrap_or_else(|| self.unknown(node))
            }
            Kind::Call => self.call(node),
            Kind::Composite => self.composite(node),
            Kind::LiteralValue => self.literal_value(node, AllocationKind::Object),
            Kind::LiteralElement => match self.parts(node).first() {
                Some(&inner) => self.expression(inner),
                None => self.unknown(node),
            },
            Kind::FunctionLiteral => self.function(node),
            Kind::Unary => self.unary(node),
            Kind::Binary => self.binary(node),
            Kind::TypeIdentifier
            | Kind::QualifiedType
            | Kind::GenericType
            | Kind::PointerType
            | Kind::ParenthesizedType
            | Kind::ArrayType
            | Kind::SliceType
            | Kind::MapType
            | Kind::ChannelType
            | Kind::FunctionType
            | Kind::StructType
            | Kind::InterfaceType => self.type_value(node).unwrap_or_else(|| self.unknown(node)),
            _ => {
                for part in self.parts(node) {
                    self.expression(part);
                }
                self.unknown(node)
            }
        }
    }

    pub(super) fn place(&mut self, target: Node) -> Place {
        let tree = self.tree;
        match tree.kind(target) {
            Kind::Blank => Place::Nowhere,
            Kind::Identifier if tree.bytes(target) == b"_" => Place::Nowhere,
            Kind::Identifier => Place::Name(self.intern(target)),
            Kind::Selector => {
                let (operand, name) = (tree.child(target, field::OPERAND), tree.child(target, field::FIELD));
                let (Some(operand), Some(name)) = (operand, name) else { return Place::Unknown };
                let object = self.expression(operand);
                Place::Attribute { object, name: self.intern(name) }
            }
            Kind::Index => {
                let (operand, index) = (tree.child(target, field::OPERAND), tree.child(target, field::INDEX));
                let (Some(operand), Some(index)) = (operand, index) else { return Place::Unknown };
                let object = self.expression(operand);
                Place::Index { object, index: self.expression(index) }
            }
            Kind::Unary if self.operator_of(target) == b"*" => match tree.child(target, field::OPERAND) {
                Some(operand) => {
                    let object = self.expression(operand);
                    Place::Attribute { object, name: self.names.intern(POINTED) }
                }
                None => Place::Unknown,
            },
            Kind::Parenthesized => match self.parts(target).first() {
                Some(&inner) => self.deeper(|this| this.place(inner)).unwrap_or(Place::Unknown),
                None => Place::Unknown,
            },
            _ => {
                self.expression(target);
                Place::Unknown
            }
        }
    }

    pub(super) fn load(&mut self, place: Place, node: Node) -> ValueId {
        let span = self.tree.span(node);
        match place {
            Place::Name(name) => self.load_name(name, span),
            Place::Attribute { object, name } => self.builder.emit(Op::LoadAttribute { object, name }, span),
            Place::Index { object, index } => self.builder.emit(Op::LoadIndex { object, index }, span),
            Place::Nowhere | Place::Unknown => self.unknown(node),
        }
    }

    pub(super) fn store(&mut self, place: Place, value: ValueId, node: Node) {
        let span = self.tree.span(node);
        match place {
            Place::Name(name) => self.store_name(name, value, span),
            Place::Attribute { object, name } => {
                self.builder.emit(Op::StoreAttribute { object, name, value }, span);
            }
            Place::Index { object, index } => {
                self.builder.emit(Op::StoreIndex { object, index, value }, span);
            }
            Place::Nowhere | Place::Unknown => {}
        }
    }

    fn operator_of(&self, node: Node) -> &'_ [u8] {
        self.tree.child(node, field::OPERATOR).map_or(b"", |operator| self.tree.bytes(operator))
    }

    /// `a[i:j:k]`
    fn slice(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        let object = match tree.child(node, field::OPERAND) {
            Some(operand) => self.expression(operand),
            None => self.unknown(node),
        };
        let elements: Vec<Element> = [field::START, field::END, field::CAPACITY]
            .into_iter()
            .map(|bound| {
                let value = match tree.child(node, bound) {
                    Some(bound) => self.expression(bound),
                    None => self.builder.constant(Constant::Null, span),
                };
                Element { kind: ElementKind::Item, key: None, value }
            })
            .collect();
        let index = self.builder.allocate(AllocationKind::Slice, &elements[..2], span);
        self.builder.emit(Op::LoadIndex { object, index }, span)
    }

    pub(super) fn argument(&mut self, node: Node) -> Argument {
        let inner =
            if self.tree.kind(node) == Kind::VariadicArgument { self.parts(node).first().copied() } else { None };
        match inner {
            Some(inner) => Argument { kind: ArgumentKind::Spread, value: self.expression(inner) },
            None => Argument { kind: ArgumentKind::Positional, value: self.expression(node) },
        }
    }

    /// Say whether a call is one of a predeclared function of a name.
    fn calls_builtin(&mut self, function: Node, name: &[u8]) -> bool {
        if self.tree.kind(function) != Kind::Identifier || self.tree.bytes(function) != name {
            return false;
        }
        let name = self.intern(function);
        debug_assert!(is_builtin(self.names.text(name)));
        matches!(self.resolve(name).1, Storage::Builtin)
    }

    fn call(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        let Some(function) = tree.child(node, field::FUNCTION) else { return self.unknown(node) };
        let list = tree.child(node, field::ARGUMENTS);
        let arguments = list.map_or_else(Vec::new, |list| self.parts(list));
        if self.calls_builtin(function, b"panic") {
            let value = arguments.first().map(|&argument| self.expression(argument));
            self.builder.raise(value, None, span);
            // What follows cannot be reached; it is lowered all the same.
            return self.builder.emit(Op::Unknown, span);
        }
        let (callee, receiver) = match tree.kind(function) {
            Kind::Selector => match self.place(function) {
                Place::Attribute { object, name } => {
                    let op = Op::LoadAttribute { object, name };
                    (self.builder.emit(op, tree.span(function)), Some(object))
                }
                _ => (self.unknown(function), None),
            },
            _ => (self.expression(function), None),
        };
        let given: Vec<Argument> = arguments.into_iter().map(|argument| self.argument(argument)).collect();
        self.builder.call(callee, receiver, CallForm::Plain, &given, span)
    }

    /// `T{…}`: an object of a named type, or a container.
    fn composite(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        let (Some(type_), Some(body)) = (tree.child(node, field::TYPE), tree.child(node, field::BODY)) else {
            return self.unknown(node);
        };
        let kind = match tree.kind(type_) {
            Kind::MapType => AllocationKind::Map,
            Kind::SliceType | Kind::ArrayType | Kind::ImplicitArrayType => AllocationKind::Array,
            Kind::StructType => AllocationKind::Object,
            _ => {
                let class = self.type_value(type_).unwrap_or_else(|| self.unknown(type_));
                let mut arguments = Vec::new();
                for part in self.parts(body) {
                    arguments.push(self.field_value(part));
                }
                return self.builder.call(class, None, CallForm::New, &arguments, span);
            }
        };
        self.literal_value(body, kind)
    }

    /// `F: x` of a struct.
    fn field_value(&mut self, part: Node) -> Argument {
        let tree = self.tree;
        let (key, value) = (tree.child(part, field::KEY), tree.child(part, field::VALUE));
        if let (Kind::KeyedElement, Some(key), Some(value)) = (tree.kind(part), key, value) {
            let name = self.intern(key);
            return Argument { kind: ArgumentKind::Named(name), value: self.expression(value) };
        }
        Argument { kind: ArgumentKind::Positional, value: self.expression(part) }
    }

    /// `{…}` of a container, or of an element whose type is left out.
    fn literal_value(&mut self, body: Node, kind: AllocationKind) -> ValueId {
        let tree = self.tree;
        let mut elements = Vec::new();
        for part in self.parts(body) {
            let pair = (tree.child(part, field::KEY), tree.child(part, field::VALUE));
            let (key, value) = match (tree.kind(part), pair) {
                (Kind::KeyedElement, (Some(key), Some(value))) => {
                    // A field's name is no variable; an index or key may be one.
                    let key = if kind == AllocationKind::Object {
                        let name = self.intern(key);
                        self.builder.constant(Constant::Text(name), tree.span(key))
                    } else {
                        self.expression(key)
                    };
                    (Some(key), self.expression(value))
                }
                _ => (None, self.expression(part)),
            };
            elements.push(Element { kind: ElementKind::Item, key, value });
        }
        self.builder.allocate(kind, &elements, tree.span(body))
    }

    fn unary(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        let Some(operand) = tree.child(node, field::OPERAND) else { return self.unknown(node) };
        let operator = match self.operator_of(node) {
            // The object itself: objects are what pointers point to.
            b"&" => return self.expression(operand),
            b"*" => {
                let place = self.place(node);
                return self.load(place, node);
            }
            b"<-" => {
                let channel = self.expression(operand);
                return self.builder.suspend(Op::Await(channel), span);
            }
            b"!" => UnaryOperator::Not,
            b"-" => UnaryOperator::Negate,
            b"+" => UnaryOperator::Plus,
            _ => UnaryOperator::Invert,
        };
        let value = self.expression(operand);
        self.builder.emit(Op::Unary { operator, value }, span)
    }

    fn binary(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        if matches!(self.operator_of(node), b"&&" | b"||") {
            return self.truth(node);
        }
        let (Some(left), Some(right)) = (tree.child(node, field::LEFT), tree.child(node, field::RIGHT)) else {
            return self.unknown(node);
        };
        let operator = binary_operator(self.operator_of(node));
        let (left, right) = (self.expression(left), self.expression(right));
        match operator {
            Some(operator) => self.builder.emit(Op::Binary { operator, in_place: false, left, right }, span),
            None => self.and_not(left, right, span),
        }
    }

    /// `left &^ right`
    pub(super) fn and_not(&mut self, left: ValueId, right: ValueId, span: Span) -> ValueId {
        let right = self.builder.emit(Op::Unary { operator: UnaryOperator::Invert, value: right }, span);
        self.builder.emit(Op::Binary { operator: BinaryOperator::BitAnd, in_place: false, left, right }, span)
    }

    /// The value of what branches: `a && b`.
    fn truth(&mut self, node: Node) -> ValueId {
        let span = self.tree.span(node);
        let (holds, fails, after) = (self.builder.block(), self.builder.block(), self.builder.block());
        self.condition(node, holds, fails);
        let mut inputs = Vec::new();
        for (block, truth) in [(holds, true), (fails, false)] {
            self.builder.resume(block);
            let value = self.builder.constant(Constant::Boolean(truth), span);
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
        match (tree.kind(node), self.operator_of(node)) {
            (Kind::Parenthesized, _) => {
                if let Some(&inner) = self.parts(node).first() {
                    return self.condition(inner, if_true, if_false);
                }
            }
            (Kind::Unary, b"!") => {
                if let Some(operand) = tree.child(node, field::OPERAND) {
                    return self.condition(operand, if_false, if_true);
                }
            }
            (Kind::Binary, operator @ (b"&&" | b"||")) => {
                let is_and = operator == b"&&";
                if let (Some(left), Some(right)) = (tree.child(node, field::LEFT), tree.child(node, field::RIGHT)) {
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

    fn integer(&mut self, node: Node) -> ValueId {
        let text = self.tree.text(node).replace('_', "").to_ascii_lowercase();
        let constant = match integer_of(&text) {
            Some(value) => Constant::Integer(value),
            None => Constant::BigNumber(self.names.intern(&text)),
        };
        self.builder.constant(constant, self.tree.span(node))
    }

    fn float(&mut self, node: Node) -> ValueId {
        let text = self.tree.text(node).replace('_', "");
        let constant = match text.parse() {
            Ok(value) => Constant::Float(value),
            // Hexadecimal notation.
            Err(_) => Constant::BigNumber(self.names.intern(&text)),
        };
        self.builder.constant(constant, self.tree.span(node))
    }

    /// A text or rune, escapes resolved.
    fn text(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let mut text = String::new();
        if tree.kind(node) == Kind::Rune {
            let raw = tree.text(node);
            let inner = raw.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(&raw);
            match inner.strip_prefix('\\') {
                Some(_) => push_escape(&mut text, &inner.replacen("\\U", "\\u", 1)),
                None => text.push_str(inner),
            }
            // A rune is its number.
            let mut characters = text.chars();
            let constant = match (characters.next(), characters.next()) {
                (Some(only), None) => Constant::Integer(i64::from(u32::from(only))),
                _ => Constant::BigNumber(self.names.intern(&raw)),
            };
            return self.builder.constant(constant, tree.span(node));
        }
        for part in tree.children(node) {
            match tree.kind(part) {
                Kind::TextPart | Kind::RawTextPart => text.push_str(&tree.text(part)),
                Kind::Escape => push_escape(&mut text, &tree.text(part).replacen("\\U", "\\u", 1)),
                _ => {}
            }
        }
        let name = self.names.intern(&text);
        self.builder.constant(Constant::Text(name), tree.span(node))
    }
}

/// The operator that a token means; none for `&^`, which are two.
pub(super) fn binary_operator(token: &[u8]) -> Option<BinaryOperator> {
    Some(match token {
        b"+" => BinaryOperator::Add,
        b"-" => BinaryOperator::Subtract,
        b"*" => BinaryOperator::Multiply,
        b"/" => BinaryOperator::Divide,
        b"%" => BinaryOperator::Modulo,
        b"<<" => BinaryOperator::ShiftLeft,
        b">>" => BinaryOperator::ShiftRight,
        b"&" => BinaryOperator::BitAnd,
        b"|" => BinaryOperator::BitOr,
        b"^" => BinaryOperator::BitXor,
        b"==" => BinaryOperator::Equal,
        b"!=" => BinaryOperator::NotEqual,
        b"<" => BinaryOperator::Less,
        b"<=" => BinaryOperator::LessOrEqual,
        b">" => BinaryOperator::Greater,
        b">=" => BinaryOperator::GreaterOrEqual,
        _ => return None,
    })
}
