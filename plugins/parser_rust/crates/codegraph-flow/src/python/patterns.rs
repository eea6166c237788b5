//! `match`: patterns as tests, captures bound when the whole pattern fits.

use codegraph_syntax::names::NameId;

use super::Lowerer;
use super::kinds::{Kind, field};
use super::targets::position_of;
use crate::ir::*;
use crate::nesting::Nested;
use crate::tree::Node;

/// A captured name, its value and where it is written.
type Capture = (NameId, ValueId, Span);

impl Lowerer<'_> {
    pub(super) fn match_statement(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let subjects: Vec<Node> = tree
            .children(node)
            .filter(|&child| !matches!(tree.kind(child), Kind::Token | Kind::Block | Kind::Case))
            .collect();
        let subject = match subjects[..] {
            [] => self.builder.emit(Op::Unknown, span),
            [subject] if !self.is_followed_by_comma(subject) => self.expression(subject),
            _ => {
                let elements: Vec<Element> = subjects.iter().map(|&subject| self.element(subject)).collect();
                self.builder.allocate(AllocationKind::Tuple, &elements, span)
            }
        };
        let after = self.builder.block();
        let block = tree.children(node).find(|&child| tree.kind(child) == Kind::Block);
        let cases = block.into_iter().flat_map(|block| tree.children(block));
        for case in cases.filter(|&child| tree.kind(child) == Kind::Case) {
            let next = self.builder.block();
            self.case(case, subject, next);
            self.builder.jump(after, EdgeKind::Jump, span);
            self.builder.resume(next);
        }
        self.builder.jump(after, EdgeKind::Jump, span);
        self.builder.resume(after);
    }

    fn case(&mut self, case: Node, subject: ValueId, next: BlockId) {
        let tree = self.tree;
        let patterns: Vec<Node> = tree.children(case).filter(|&child| tree.kind(child) == Kind::CasePattern).collect();
        let mut captures = Vec::new();
        match patterns[..] {
            [] => {}
            [pattern] if !self.is_followed_by_comma(pattern) => self.pattern(pattern, subject, next, &mut captures),
            _ => self.sequence_pattern(&patterns, tree.span(case), subject, next, &mut captures),
        }
        for (name, value, span) in captures {
            self.store_name(name, value, span);
        }
        if let Some(guard) = tree.child(case, field::GUARD)
            && let Some(condition) = tree.children(guard).find(|&child| tree.kind(child) != Kind::Token)
        {
            let holds = self.builder.block();
            self.condition(condition, holds, next);
            self.builder.start(holds);
        }
        if let Some(suite) = tree.child(case, field::CONSEQUENCE) {
            self.suite(suite);
        }
    }

    /// Go on if `value` holds, to `fail` if not.
    fn require(&mut self, condition: ValueId, fail: BlockId, span: Span) {
        let holds = self.builder.block();
        self.builder.branch(condition, holds, fail, span);
        self.builder.start(holds);
    }

    fn pattern(&mut self, node: Node, value: ValueId, fail: BlockId, captures: &mut Vec<Capture>) {
        if self.deeper(|this| this.pattern_at(node, value, fail, captures)).is_none() {
            let span = self.tree.span(node);
            let unknown = self.builder.emit(Op::Unknown, span);
            self.require(unknown, fail, span);
        }
    }

    fn pattern_at(&mut self, node: Node, value: ValueId, fail: BlockId, captures: &mut Vec<Capture>) {
        let tree = self.tree;
        let span = tree.span(node);
        match tree.kind(node) {
            Kind::CasePattern => {
                // `_`, a token, fits everything.
                if let Some((inner, negative)) = self.signed_parts(node).first().copied() {
                    self.signed_pattern(inner, negative, value, fail, captures);
                }
            }
            Kind::AsPattern => {
                let mut parts = tree.children(node);
                if let Some(inner) = parts.next() {
                    self.pattern(inner, value, fail, captures);
                }
                if let Some(alias) = parts.last() {
                    captures.push((self.intern(alias), value, tree.span(alias)));
                }
            }
            Kind::DottedName => {
                if tree.children(node).count() == 1 {
                    if tree.bytes(node) != b"_" {
                        captures.push((self.intern(node), value, span));
                    }
                } else {
                    let constant = self.dotted_value(node);
                    self.require_equal(value, constant, BinaryOperator::Equal, fail, span);
                }
            }
            Kind::True | Kind::False | Kind::None => {
                let constant = self.expression(node);
                self.require_equal(value, constant, BinaryOperator::Identical, fail, span);
            }
            Kind::UnionPattern => self.union_pattern(node, value, fail, captures),
            Kind::ListPattern | Kind::TuplePattern => {
                let patterns: Vec<Node> =
                    tree.children(node).filter(|&child| tree.kind(child) != Kind::Token).collect();
                // `(p)` is `p` in brackets.
                if let [pattern] = patterns[..]
                    && tree.kind(node) == Kind::TuplePattern
                    && !self.is_followed_by_comma(pattern)
                    && !self.is_splat(pattern)
                {
                    return self.pattern(pattern, value, fail, captures);
                }
                self.sequence_pattern(&patterns, span, value, fail, captures);
            }
            Kind::DictPattern => self.mapping_pattern(node, value, fail, captures),
            Kind::ClassPattern => self.class_pattern(node, value, fail, captures),
            Kind::SplatPattern => self.splat(node, value, captures),
            Kind::ComplexPattern => {
                let name = self.intern(node);
                let constant = self.builder.constant(Constant::BigNumber(name), span);
                self.require_equal(value, constant, BinaryOperator::Equal, fail, span);
            }
            Kind::Token => {}
            _ => {
                let constant = self.expression(node);
                self.require_equal(value, constant, BinaryOperator::Equal, fail, span);
            }
        }
    }

    /// The parts of a pattern, each with whether a minus is before it.
    fn signed_parts(&self, node: Node) -> Vec<(Node, bool)> {
        let tree = self.tree;
        let mut negative = false;
        let mut parts = Vec::new();
        for child in tree.children(node) {
            match tree.kind(child) {
                Kind::Token => match tree.bytes(child) {
                    b"-" => negative = true,
                    b"_" => parts.push((child, false)),
                    _ => {}
                },
                _ => parts.push((child, std::mem::take(&mut negative))),
            }
        }
        parts
    }

    fn signed_pattern(
        &mut self,
        node: Node,
        negative: bool,
        value: ValueId,
        fail: BlockId,
        captures: &mut Vec<Capture>,
    ) {
        if !negative {
            return self.pattern(node, value, fail, captures);
        }
        let span = self.tree.span(node);
        let number = self.negated(node);
        self.require_equal(value, number, BinaryOperator::Equal, fail, span);
    }

    fn negated(&mut self, node: Node) -> ValueId {
        let value = self.expression(node);
        self.builder.emit(Op::Unary { operator: UnaryOperator::Negate, value }, self.tree.span(node))
    }

    fn require_equal(&mut self, left: ValueId, right: ValueId, operator: BinaryOperator, fail: BlockId, span: Span) {
        let equal = self.builder.emit(Op::Binary { operator, in_place: false, left, right }, span);
        self.require(equal, fail, span);
    }

    fn is_splat(&self, pattern: Node) -> bool {
        let tree = self.tree;
        tree.kind(pattern) == Kind::SplatPattern
            || tree.children(pattern).next().is_some_and(|inner| tree.kind(inner) == Kind::SplatPattern)
    }

    fn splat(&mut self, node: Node, value: ValueId, captures: &mut Vec<Capture>) {
        let tree = self.tree;
        if let Some(name) = tree.children(node).find(|&child| tree.kind(child) == Kind::Identifier)
            && tree.bytes(name) != b"_"
        {
            captures.push((self.intern(name), value, tree.span(name)));
        }
    }

    fn sequence_pattern(
        &mut self,
        patterns: &[Node],
        span: Span,
        value: ValueId,
        fail: BlockId,
        captures: &mut Vec<Capture>,
    ) {
        let starred = patterns.iter().position(|&pattern| self.is_splat(pattern));
        let length = (patterns.len() - usize::from(starred.is_some())) as u16;
        let shape = Shape::Sequence { length, exact: starred.is_none() };
        let fits = self.builder.emit(Op::ShapeTest { value, shape }, span);
        self.require(fits, fail, span);
        for (index, &pattern) in patterns.iter().enumerate() {
            let position = position_of(index, patterns.len(), starred);
            let part = self.builder.emit(Op::UnpackElement { sequence: value, position }, self.tree.span(pattern));
            self.pattern(pattern, part, fail, captures);
        }
    }

    fn mapping_pattern(&mut self, node: Node, value: ValueId, fail: BlockId, captures: &mut Vec<Capture>) {
        let tree = self.tree;
        let span = tree.span(node);
        let fits = self.builder.emit(Op::ShapeTest { value, shape: Shape::Mapping }, span);
        self.require(fits, fail, span);
        let mut key = None;
        let mut negative = false;
        for child in tree.children(node) {
            if tree.field_of(child) == field::KEY {
                match tree.kind(child) {
                    Kind::Token => negative = tree.bytes(child) == b"-",
                    Kind::DottedName => key = Some(self.dotted_value(child)),
                    _ if std::mem::take(&mut negative) => key = Some(self.negated(child)),
                    _ => key = Some(self.expression(child)),
                }
            } else if tree.field_of(child) == field::VALUE {
                let Some(index) = key.take() else { continue };
                let op = Op::Binary { operator: BinaryOperator::In, in_place: false, left: index, right: value };
                let present = self.builder.emit(op, tree.span(child));
                self.require(present, fail, tree.span(child));
                let item = self.builder.emit(Op::LoadIndex { object: value, index }, tree.span(child));
                self.pattern(child, item, fail, captures);
            } else if self.is_splat(child) {
                let elements = [Element { kind: ElementKind::Spread, key: None, value }];
                let rest = self.builder.allocate(AllocationKind::Map, &elements, tree.span(child));
                let splat = if tree.kind(child) == Kind::SplatPattern { child } else { child + 1 };
                self.splat(splat, rest, captures);
            }
        }
    }

    fn class_pattern(&mut self, node: Node, value: ValueId, fail: BlockId, captures: &mut Vec<Capture>) {
        let tree = self.tree;
        let span = tree.span(node);
        let mut parts = tree.children(node);
        let Some(name) = parts.next() else { return };
        let class = self.dotted_value(name);
        let fits = self.builder.emit(Op::TypeTest { value, class }, span);
        self.require(fits, fail, span);
        let mut index = 0;
        for part in parts.filter(|&part| tree.kind(part) != Kind::Token) {
            let inner = if tree.kind(part) == Kind::CasePattern { tree.children(part).next() } else { Some(part) };
            match inner {
                Some(keyword) if tree.kind(keyword) == Kind::KeywordPattern => {
                    let [(name, _), (pattern, negative)] = self.signed_parts(keyword)[..] else { continue };
                    let name = self.intern(name);
                    let item = self.builder.emit(Op::LoadAttribute { object: value, name }, tree.span(keyword));
                    self.signed_pattern(pattern, negative, item, fail, captures);
                }
                _ => {
                    let item = self.builder.emit(Op::Component { value, class, index }, tree.span(part));
                    index += 1;
                    self.pattern(part, item, fail, captures);
                }
            }
        }
    }

    /// Alternatives capture the same names; which value a name has depends on the one that fits.
    fn union_pattern(&mut self, node: Node, value: ValueId, fail: BlockId, captures: &mut Vec<Capture>) {
        let tree = self.tree;
        let span = tree.span(node);
        let join = self.builder.block();
        let mut fitting: Vec<(BlockId, Vec<Capture>)> = Vec::new();
        let alternatives = self.signed_parts(node);
        for (index, &(alternative, negative)) in alternatives.iter().enumerate() {
            let is_last = index + 1 == alternatives.len();
            let next = if is_last { fail } else { self.builder.block() };
            let mut own = Vec::new();
            self.signed_pattern(alternative, negative, value, next, &mut own);
            fitting.push((self.builder.current(), own));
            self.builder.jump(join, EdgeKind::Jump, span);
            if !is_last {
                self.builder.resume(next);
            }
        }
        self.builder.resume(join);
        let Some((_, first)) = fitting.first() else { return };
        for &(name, _, capture_span) in first {
            let inputs: Vec<(BlockId, ValueId)> = fitting
                .iter()
                .filter_map(|(block, own)| own.iter().find(|other| other.0 == name).map(|other| (*block, other.1)))
                .collect();
            if inputs.len() == fitting.len() {
                let merged = self.builder.phi(&inputs, capture_span);
                captures.push((name, merged, capture_span));
            }
        }
    }
}
