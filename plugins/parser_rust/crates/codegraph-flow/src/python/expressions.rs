//! Expressions. Over 400 lines: one arm and one function for each kind that the grammar has.

use super::Lowerer;
use super::kinds::{Kind, field};
use crate::ir::*;
use crate::nesting::Nested;
use crate::tree::Node;

/// The operator of a binary expression or comparison.
pub(super) fn binary_operator(text: &[u8]) -> BinaryOperator {
    match text {
        b"-" => BinaryOperator::Subtract,
        b"*" => BinaryOperator::Multiply,
        b"@" => BinaryOperator::MatrixMultiply,
        b"/" => BinaryOperator::Divide,
        b"//" => BinaryOperator::FloorDivide,
        b"%" => BinaryOperator::Modulo,
        b"**" => BinaryOperator::Power,
        b"<<" => BinaryOperator::ShiftLeft,
        b">>" => BinaryOperator::ShiftRight,
        b"&" => BinaryOperator::BitAnd,
        b"|" => BinaryOperator::BitOr,
        b"^" => BinaryOperator::BitXor,
        b"==" => BinaryOperator::Equal,
        b"!=" | b"<>" => BinaryOperator::NotEqual,
        b"<" => BinaryOperator::Less,
        b"<=" => BinaryOperator::LessOrEqual,
        b">" => BinaryOperator::Greater,
        b">=" => BinaryOperator::GreaterOrEqual,
        b"in" => BinaryOperator::In,
        b"is" => BinaryOperator::Identical,
        // `not in` and `is not` may have any blanks between their words.
        _ if text.starts_with(b"not") => BinaryOperator::NotIn,
        _ if text.starts_with(b"is") => BinaryOperator::NotIdentical,
        _ => BinaryOperator::Add,
    }
}

impl Lowerer<'_> {
    pub(super) fn expression(&mut self, node: Node) -> ValueId {
        match self.deeper(|this| this.expression_at(node)) {
            Some(value) => value,
            None => self.builder.emit(Op::Unknown, self.tree.span(node)),
        }
    }

    fn expression_at(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        match tree.kind(node) {
            Kind::Identifier => {
                let name = self.intern(node);
                self.load_name(name, span)
            }
            Kind::String | Kind::ConcatenatedString => self.string(node),
            Kind::Integer => self.integer(node),
            Kind::Float => self.float(node),
            Kind::True => self.builder.constant(Constant::Boolean(true), span),
            Kind::False => self.builder.constant(Constant::Boolean(false), span),
            Kind::None => self.builder.constant(Constant::Null, span),
            Kind::Ellipsis => self.builder.constant(Constant::Ellipsis, span),
            Kind::Attribute => match self.attribute_parts(node) {
                Some((object, name)) => self.builder.emit(Op::LoadAttribute { object, name }, span),
                None => self.unknown(node),
            },
            Kind::Subscript => match self.subscript_parts(node) {
                Some((object, index)) => self.builder.emit(Op::LoadIndex { object, index }, span),
                None => self.unknown(node),
            },
            Kind::Call => self.call(node),
            Kind::Binary => self.binary(node),
            Kind::Unary => self.unary(node),
            Kind::Not | Kind::Boolean | Kind::Comparison => self.logical(node),
            Kind::Conditional => self.conditional(node),
            Kind::Lambda => self.lambda(node),
            Kind::NamedExpression => self.named_expression(node),
            Kind::Await => {
                let value = self.first_part(node);
                self.builder.suspend(Op::Await(value), span)
            }
            Kind::Yield => self.yield_expression(node),
            Kind::Parenthesized | Kind::Type | Kind::ListSplat | Kind::DictionarySplat | Kind::CasePattern => {
                self.first_part(node)
            }
            Kind::Tuple | Kind::ExpressionList | Kind::PatternList | Kind::TuplePattern => {
                self.sequence(node, AllocationKind::Tuple)
            }
            Kind::List | Kind::ListPattern => self.sequence(node, AllocationKind::List),
            Kind::Set => self.sequence(node, AllocationKind::Set),
            Kind::Dictionary => self.dictionary(node),
            Kind::Slice => self.slice(node),
            Kind::ListComprehension => self.comprehension(node, AllocationKind::List),
            Kind::SetComprehension => self.comprehension(node, AllocationKind::Set),
            Kind::DictionaryComprehension => self.comprehension(node, AllocationKind::Map),
            Kind::GeneratorExpression => self.generator_expression(node),
            Kind::DottedName => self.dotted_value(node),
            Kind::GenericType => self.generic_type(node),
            Kind::UnionType => self.union_type(node),
            Kind::MemberType => self.member_type(node),
            Kind::ConstrainedType | Kind::SplatType => self.first_part(node),
            Kind::AsPattern => {
                let value = self.first_part(node);
                if let Some(alias) = tree.children(node).skip(1).last() {
                    self.assign(alias, value);
                }
                value
            }
            _ => self.unknown(node),
        }
    }

    /// What the lowering does not understand: its parts are evaluated all the same.
    pub(super) fn unknown(&mut self, node: Node) -> ValueId {
        for child in self.tree.children(node) {
            match self.tree.kind(child) {
                Kind::Token => {}
                Kind::Block | Kind::ExpressionStatement => self.statement(child),
                _ => {
                    self.expression(child);
                }
            }
        }
        self.builder.emit(Op::Unknown, self.tree.span(node))
    }

    /// The value of the first part that is no token.
    pub(super) fn first_part(&mut self, node: Node) -> ValueId {
        match self.tree.children(node).find(|&child| self.tree.kind(child) != Kind::Token) {
            Some(part) => self.expression(part),
            None => self.builder.emit(Op::Unknown, self.tree.span(node)),
        }
    }

    /// A type expression.
    pub(super) fn annotation(&mut self, node: Node) -> ValueId {
        let before = std::mem::replace(&mut self.builder.in_annotation, true);
        let value = self.expression(node);
        self.builder.in_annotation = before;
        value
    }

    fn generic_type(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let object = self.first_part(node);
        let parameters = tree.children(node).find(|&child| tree.kind(child) == Kind::TypeParameter);
        let span = tree.span(node);
        let Some(parameters) = parameters else { return object };
        let items: Vec<Element> = tree.children(parameters).map(|child| self.element(child)).collect();
        let index = match items[..] {
            [Element { value, .. }] => value,
            _ => self.builder.allocate(AllocationKind::Tuple, &items, tree.span(parameters)),
        };
        self.builder.emit(Op::LoadIndex { object, index }, span)
    }

    fn union_type(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let mut parts = tree.children(node).filter(|&child| tree.kind(child) != Kind::Token);
        let Some(first) = parts.next() else { return self.unknown(node) };
        let mut left = self.expression(first);
        for part in parts {
            let right = self.expression(part);
            let op = Op::Binary { operator: BinaryOperator::BitOr, in_place: false, left, right };
            left = self.builder.emit(op, tree.span(node));
        }
        left
    }

    fn member_type(&mut self, node: Node) -> ValueId {
        let object = self.first_part(node);
        match self.tree.children(node).skip(1).last() {
            Some(name) => {
                let name = self.intern(name);
                self.builder.emit(Op::LoadAttribute { object, name }, self.tree.span(node))
            }
            None => object,
        }
    }

    /// `a.b.c` where the grammar has no attributes, as in patterns.
    pub(super) fn dotted_value(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let mut value = None;
        for part in tree.children(node) {
            let name = self.intern(part);
            let span = Span { start: tree.span(node).start, end: tree.span(part).end };
            value = Some(match value {
                None => self.load_name(name, span),
                Some(object) => self.builder.emit(Op::LoadAttribute { object, name }, span),
            });
        }
        value.unwrap_or_else(|| self.builder.emit(Op::Unknown, tree.span(node)))
    }

    fn call(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let Some(function) = tree.child(node, field::FUNCTION) else { return self.unknown(node) };
        let (callee, receiver) = match tree.kind(function) {
            Kind::Attribute => match self.attribute_parts(function) {
                Some((object, name)) => {
                    (self.builder.emit(Op::LoadAttribute { object, name }, tree.span(function)), Some(object))
                }
                None => (self.unknown(function), None),
            },
            _ => (self.expression(function), None),
        };
        let arguments = tree.child(node, field::ARGUMENTS);
        let arguments = arguments.map_or_else(Vec::new, |arguments| self.arguments(arguments));
        self.builder.call(callee, receiver, CallForm::Plain, &arguments, tree.span(node))
    }

    /// The arguments of a call or of a class's head.
    pub(super) fn arguments(&mut self, node: Node) -> Vec<Argument> {
        let tree = self.tree;
        if tree.kind(node) == Kind::GeneratorExpression {
            return vec![Argument { kind: ArgumentKind::Positional, value: self.expression(node) }];
        }
        let mut arguments = Vec::new();
        for child in tree.children(node).filter(|&child| tree.kind(child) != Kind::Token) {
            let kind = match tree.kind(child) {
                Kind::ListSplat => ArgumentKind::Spread,
                Kind::DictionarySplat => ArgumentKind::NamedSpread,
                Kind::KeywordArgument => {
                    let (name, value) = (tree.child(child, field::NAME), tree.child(child, field::VALUE));
                    if let (Some(name), Some(value)) = (name, value) {
                        let kind = ArgumentKind::Named(self.intern(name));
                        arguments.push(Argument { kind, value: self.expression(value) });
                    }
                    continue;
                }
                _ => ArgumentKind::Positional,
            };
            arguments.push(Argument { kind, value: self.expression(child) });
        }
        arguments
    }

    fn binary(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        // Sums of a thousand texts are nested as deep on the left.
        let mut pending = vec![node];
        let mut left = tree.child(node, field::LEFT);
        while let Some(next) = left.filter(|&next| tree.kind(next) == Kind::Binary) {
            pending.push(next);
            left = tree.child(next, field::LEFT);
        }
        let mut value = match left {
            Some(left) => self.expression(left),
            None => self.builder.emit(Op::Unknown, tree.span(node)),
        };
        for node in pending.into_iter().rev() {
            let operator = tree.child(node, field::OPERATOR).map_or(b"".as_slice(), |operator| tree.bytes(operator));
            let right = match tree.child(node, field::RIGHT) {
                Some(right) => self.expression(right),
                None => self.builder.emit(Op::Unknown, tree.span(node)),
            };
            let op = Op::Binary { operator: binary_operator(operator), in_place: false, left: value, right };
            value = self.builder.emit(op, tree.span(node));
        }
        value
    }

    fn unary(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let operator = match tree.child(node, field::OPERATOR).map(|operator| tree.bytes(operator)) {
            Some(b"-") => UnaryOperator::Negate,
            Some(b"~") => UnaryOperator::Invert,
            _ => UnaryOperator::Plus,
        };
        let value = self.first_part(node);
        self.builder.emit(Op::Unary { operator, value }, tree.span(node))
    }

    fn yield_expression(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        let delegates = tree
            .children(node)
            .next()
            .is_some_and(|child| tree.kind(child) == Kind::Token && tree.bytes(child) == b"from");
        let value = match tree.children(node).find(|&child| tree.kind(child) != Kind::Token) {
            Some(value) => self.expression(value),
            None => self.builder.constant(Constant::Null, span),
        };
        self.builder.suspend(if delegates { Op::YieldFrom(value) } else { Op::Yield(value) }, span)
    }

    fn named_expression(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let value = match tree.child(node, field::VALUE) {
            Some(value) => self.expression(value),
            None => self.builder.emit(Op::Unknown, tree.span(node)),
        };
        if let Some(name) = tree.child(node, field::NAME) {
            let span = tree.span(name);
            let name = self.intern(name);
            // It binds outside of comprehensions.
            let scope = self.scopes.walrus_scope(self.scope);
            self.within(Some(scope), |this| this.store_name(name, value, span));
        }
        value
    }

    pub(super) fn element(&mut self, node: Node) -> Element {
        let kind = match self.tree.kind(node) {
            Kind::ListSplat | Kind::DictionarySplat | Kind::ListSplatPattern => ElementKind::Spread,
            _ => ElementKind::Item,
        };
        let value = if kind == ElementKind::Spread { self.first_part(node) } else { self.expression(node) };
        Element { kind, key: None, value }
    }

    fn sequence(&mut self, node: Node, kind: AllocationKind) -> ValueId {
        let tree = self.tree;
        let items = tree.children(node).filter(|&child| tree.kind(child) != Kind::Token);
        let elements: Vec<Element> = items.map(|child| self.element(child)).collect();
        self.builder.allocate(kind, &elements, tree.span(node))
    }

    /// The key and value of `key: value`.
    fn pair(&mut self, node: Node) -> (Option<ValueId>, ValueId) {
        let tree = self.tree;
        let key = tree.child(node, field::KEY).map(|key| self.expression(key));
        match tree.child(node, field::VALUE) {
            Some(value) => (key, self.expression(value)),
            None => (key, self.builder.emit(Op::Unknown, tree.span(node))),
        }
    }

    fn dictionary(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let mut elements = Vec::new();
        for child in tree.children(node).filter(|&child| tree.kind(child) != Kind::Token) {
            elements.push(match tree.kind(child) {
                Kind::Pair => {
                    let (key, value) = self.pair(child);
                    Element { kind: ElementKind::Item, key, value }
                }
                _ => self.element(child),
            });
        }
        self.builder.allocate(AllocationKind::Map, &elements, tree.span(node))
    }

    fn slice(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        // The colons are not recorded: a part's place is told by those before it.
        let mut parts = [None; 3];
        let mut from = span.start as usize;
        let mut place = 0;
        for child in tree.children(node).filter(|&child| tree.kind(child) != Kind::Token) {
            let at = tree.span(child);
            let skipped = &tree.source[from..at.start as usize];
            place += skipped.iter().filter(|byte| **byte == b':').count();
            parts[place.min(2)] = Some(self.expression(child));
            from = at.end as usize;
        }
        let elements = parts.map(|part| {
            let value = part.unwrap_or_else(|| self.builder.constant(Constant::Null, span));
            Element { kind: ElementKind::Item, key: None, value }
        });
        self.builder.allocate(AllocationKind::Slice, &elements, span)
    }

    fn conditional(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        let parts: Vec<Node> = tree.children(node).filter(|&child| tree.kind(child) != Kind::Token).collect();
        let [then, condition, otherwise] = parts[..] else { return self.unknown(node) };
        let (if_true, if_false, join) = (self.builder.block(), self.builder.block(), self.builder.block());
        self.condition(condition, if_true, if_false);
        let mut inputs = Vec::new();
        for (block, part) in [(if_true, then), (if_false, otherwise)] {
            self.builder.start(block);
            let value = self.expression(part);
            inputs.push((self.builder.current(), value));
            self.builder.jump(join, EdgeKind::Jump, span);
        }
        self.builder.start(join);
        self.builder.phi(&inputs, span)
    }

    /// A condition that only decides where to go.
    pub(super) fn condition(&mut self, node: Node, if_true: BlockId, if_false: BlockId) {
        if self.deeper(|this| this.condition_at(node, if_true, if_false)).is_none() {
            let span = self.tree.span(node);
            let unknown = self.builder.emit(Op::Unknown, span);
            self.builder.branch(unknown, if_true, if_false, span);
        }
    }

    fn condition_at(&mut self, node: Node, if_true: BlockId, if_false: BlockId) {
        let tree = self.tree;
        let span = tree.span(node);
        let part = |skip: usize| tree.children(node).filter(|&child| tree.kind(child) != Kind::Token).nth(skip);
        match tree.kind(node) {
            Kind::Parenthesized if part(0).is_some_and(|inner| tree.kind(inner) != Kind::Yield) => {
                self.condition(part(0).expect("a part"), if_true, if_false);
            }
            Kind::Not if part(0).is_some() => self.condition(part(0).expect("a part"), if_false, if_true),
            Kind::Boolean if part(1).is_some() => {
                let (left, right) = (part(0).expect("a part"), part(1).expect("a part"));
                let next = self.builder.block();
                if self.is_and(node) {
                    self.condition(left, next, if_false);
                } else {
                    self.condition(left, if_true, next);
                }
                self.builder.start(next);
                self.condition(right, if_true, if_false);
            }
            Kind::Comparison if part(2).is_some() => {
                let mut steps = self.comparison_steps(node).into_iter();
                let Some((_, first)) = steps.next() else { return };
                let mut left = self.expression(first);
                let last = steps.len() - 1;
                for (index, (operator, part)) in steps.enumerate() {
                    let right = self.expression(part);
                    let op = Op::Binary { operator, in_place: false, left, right };
                    let holds = self.builder.emit(op, span);
                    if index == last {
                        self.builder.branch(holds, if_true, if_false, span);
                    } else {
                        let next = self.builder.block();
                        self.builder.branch(holds, next, if_false, span);
                        self.builder.start(next);
                    }
                    left = right;
                }
            }
            _ => {
                let value = self.expression(node);
                self.builder.branch(value, if_true, if_false, span);
            }
        }
    }

    fn is_and(&self, node: Node) -> bool {
        self.tree.child(node, field::OPERATOR).is_some_and(|operator| self.tree.bytes(operator) == b"and")
    }

    /// The operands of a comparison, each with the operator before it; the first has none that counts.
    fn comparison_steps(&self, node: Node) -> Vec<(BinaryOperator, Node)> {
        let tree = self.tree;
        let mut operator = BinaryOperator::Equal;
        let mut steps = Vec::new();
        for child in tree.children(node) {
            if tree.field_of(child) == field::OPERATORS {
                operator = binary_operator(tree.bytes(child));
            } else if tree.kind(child) != Kind::Token {
                steps.push((operator, child));
            }
        }
        steps
    }

    /// `not`, `and`, `or` and comparisons whose value is used.
    fn logical(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        match tree.kind(node) {
            Kind::Not => {
                let value = self.first_part(node);
                self.builder.emit(Op::Unary { operator: UnaryOperator::Not, value }, span)
            }
            Kind::Boolean => {
                let parts = (tree.child(node, field::LEFT), tree.child(node, field::RIGHT));
                let (Some(left), Some(right)) = parts else { return self.unknown(node) };
                let first = self.expression(left);
                let (next, join) = (self.builder.block(), self.builder.block());
                let mut inputs = vec![(self.builder.current(), first)];
                if self.is_and(node) {
                    self.builder.branch(first, next, join, span);
                } else {
                    self.builder.branch(first, join, next, span);
                }
                self.builder.start(next);
                let second = self.expression(right);
                inputs.push((self.builder.current(), second));
                self.builder.jump(join, EdgeKind::Jump, span);
                self.builder.start(join);
                self.builder.phi(&inputs, span)
            }
            _ => {
                let mut steps = self.comparison_steps(node).into_iter();
                let Some((_, first)) = steps.next() else { return self.unknown(node) };
                let mut left = self.expression(first);
                let mut inputs = Vec::new();
                let join = self.builder.block();
                let count = steps.len();
                let mut value = left;
                for (index, (operator, part)) in steps.enumerate() {
                    let right = self.expression(part);
                    value = self.builder.emit(Op::Binary { operator, in_place: false, left, right }, span);
                    left = right;
                    if count > 1 {
                        inputs.push((self.builder.current(), value));
                        if index + 1 < count {
                            let next = self.builder.block();
                            self.builder.branch(value, next, join, span);
                            self.builder.start(next);
                        }
                    }
                }
                if count <= 1 {
                    return value;
                }
                self.builder.jump(join, EdgeKind::Jump, span);
                self.builder.start(join);
                self.builder.phi(&inputs, span)
            }
        }
    }

    /// The outermost iterable of a comprehension, evaluated where the comprehension is written.
    fn outermost_iterator(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        match tree.children(node).find(|&child| tree.kind(child) == Kind::ForIn) {
            Some(clause) => self.iterator_of(clause),
            None => self.builder.emit(Op::Unknown, tree.span(node)),
        }
    }

    fn is_async(&self, clause: Node) -> bool {
        let tree = self.tree;
        tree.children(clause)
            .next()
            .is_some_and(|child| tree.kind(child) == Kind::Token && tree.bytes(child) == b"async")
    }

    fn iterator_of(&mut self, clause: Node) -> ValueId {
        let tree = self.tree;
        let asynchronous = self.is_async(clause);
        let rights: Vec<Node> = tree
            .children(clause)
            .filter(|&child| tree.field_of(child) == field::RIGHT && tree.kind(child) != Kind::Token)
            .collect();
        let value = match rights[..] {
            [] => self.builder.emit(Op::Unknown, tree.span(clause)),
            [right] => self.expression(right),
            _ => {
                let elements: Vec<Element> = rights.iter().map(|&right| self.element(right)).collect();
                self.builder.allocate(AllocationKind::Tuple, &elements, tree.span(clause))
            }
        };
        let span = rights.first().map_or(tree.span(clause), |&right| tree.span(right));
        self.builder.emit(Op::GetIterator { value, asynchronous }, span)
    }

    fn comprehension(&mut self, node: Node, kind: AllocationKind) -> ValueId {
        let iterator = self.outermost_iterator(node);
        let container = self.builder.allocate(kind, &[], self.tree.span(node));
        let scope = self.tree.children(node).find_map(|child| self.scopes.inside(child));
        self.within(scope, |this| this.comprehension_loops(node, iterator, Some(container)));
        container
    }

    fn generator_expression(&mut self, node: Node) -> ValueId {
        let span = self.tree.span(node);
        let iterator = self.outermost_iterator(node);
        let body = self.scopes.body_at(node).expect("the body that `scopes` opened");
        let function = self.builder.make_function(body, &[], &[], span);
        let argument = Argument { kind: ArgumentKind::Positional, value: iterator };
        self.builder.call(function, None, CallForm::Comprehension, &[argument], span)
    }

    /// The loops and conditions of a comprehension around its item, which goes into a container or is yielded.
    pub(super) fn comprehension_loops(&mut self, node: Node, outermost: ValueId, container: Option<ValueId>) {
        let tree = self.tree;
        let span = tree.span(node);
        let after = self.builder.block();
        let mut around = after;
        let mut first = Some(outermost);
        for clause in tree.children(node) {
            match tree.kind(clause) {
                Kind::ForIn => {
                    let iterator = match first.take() {
                        Some(iterator) => iterator,
                        None => self.iterator_of(clause),
                    };
                    let (header, item) = (self.builder.block(), self.builder.block());
                    self.builder.fall_into(header, tree.span(clause));
                    let asynchronous = self.is_async(clause);
                    let next = self.builder.iterate(iterator, asynchronous, item, around, tree.span(clause));
                    self.builder.start(item);
                    if let Some(left) = tree.child(clause, field::LEFT) {
                        self.assign(left, next);
                    }
                    around = header;
                }
                Kind::IfClause => {
                    let holds = self.builder.block();
                    if let Some(condition) = tree.children(clause).find(|&child| tree.kind(child) != Kind::Token) {
                        self.condition(condition, holds, around);
                        self.builder.start(holds);
                    }
                }
                _ => {}
            }
        }
        if let Some(body) = tree.child(node, field::BODY) {
            let (key, value) = match tree.kind(body) {
                Kind::Pair => self.pair(body),
                _ => (None, self.expression(body)),
            };
            let body_span = tree.span(body);
            match container {
                Some(container) => {
                    self.builder.emit(Op::Append { container, key, value }, body_span);
                }
                None => {
                    self.builder.suspend(Op::Yield(value), body_span);
                }
            }
        }
        self.builder.jump(around, EdgeKind::Jump, span);
        self.builder.resume(after);
    }
}
