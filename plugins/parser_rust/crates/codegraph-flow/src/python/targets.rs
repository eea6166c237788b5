//! What is assigned to, deleted and taken apart.

use codegraph_syntax::names::NameId;

use super::Lowerer;
use super::kinds::{Kind, field};
use crate::ir::*;
use crate::nesting::Nested;
use crate::tree::Node;

impl Lowerer<'_> {
    /// The object and name of `object.name`.
    pub(super) fn attribute_parts(&mut self, node: Node) -> Option<(ValueId, NameId)> {
        let object = self.tree.child(node, field::OBJECT)?;
        let name = self.tree.children(node).skip(1).last()?;
        let object = self.expression(object);
        let name = self.intern(name);
        Some((object, self.scopes.mangled(self.scope, name, &mut self.names)))
    }

    /// The container and index of `container[index]`.
    pub(super) fn subscript_parts(&mut self, node: Node) -> Option<(ValueId, ValueId)> {
        let tree = self.tree;
        let object = tree.child(node, field::VALUE)?;
        let object = self.expression(object);
        let indices: Vec<Node> =
            tree.children(node).filter(|&child| tree.field_of(child) == field::SUBSCRIPT).collect();
        let index = match indices[..] {
            [] => self.builder.emit(Op::Unknown, tree.span(node)),
            [index] if !self.is_followed_by_comma(index) => self.expression(index),
            _ => {
                let elements: Vec<Element> = indices.iter().map(|&index| self.element(index)).collect();
                self.builder.allocate(AllocationKind::Tuple, &elements, tree.span(node))
            }
        };
        Some((object, index))
    }

    /// Say whether the next byte after a node that is no blank is a comma.
    pub(super) fn is_followed_by_comma(&self, node: Node) -> bool {
        let rest = &self.tree.source[self.tree.span(node).end as usize..];
        rest.iter().find(|byte| !byte.is_ascii_whitespace() && **byte != 0) == Some(&b',')
    }

    /// Give a target a value.
    pub(super) fn assign(&mut self, target: Node, value: ValueId) {
        if self.deeper(|this| this.assign_at(target, value)).is_none() {
            self.builder.emit(Op::Unknown, self.tree.span(target));
        }
    }

    fn assign_at(&mut self, target: Node, value: ValueId) {
        let tree = self.tree;
        let span = tree.span(target);
        match tree.kind(target) {
            Kind::Identifier => {
                let name = self.intern(target);
                self.store_name(name, value, span);
            }
            Kind::Attribute => {
                if let Some((object, name)) = self.attribute_parts(target) {
                    self.builder.emit(Op::StoreAttribute { object, name, value }, span);
                }
            }
            Kind::Subscript => {
                if let Some((object, index)) = self.subscript_parts(target) {
                    self.builder.emit(Op::StoreIndex { object, index, value }, span);
                }
            }
            Kind::PatternList
            | Kind::TuplePattern
            | Kind::ListPattern
            | Kind::Tuple
            | Kind::List
            | Kind::ExpressionList => self.unpack(target, value),
            // A star here is one whose list has only it.
            Kind::Parenthesized | Kind::AsPatternTarget | Kind::ListSplatPattern | Kind::ListSplat => {
                let inner = tree.children(target).find(|&child| tree.kind(child) != Kind::Token);
                if let Some(inner) = inner {
                    self.assign(inner, value);
                }
            }
            _ => {
                self.expression(target);
            }
        }
    }

    fn unpack(&mut self, target: Node, value: ValueId) {
        let tree = self.tree;
        let span = tree.span(target);
        let targets: Vec<Node> = tree.children(target).filter(|&child| tree.kind(child) != Kind::Token).collect();
        let is_starred = |&child: &Node| matches!(tree.kind(child), Kind::ListSplatPattern | Kind::ListSplat);
        let starred = targets.iter().position(is_starred);
        let count = (targets.len() - usize::from(starred.is_some())) as u16;
        let sequence = self.builder.emit(Op::Unpack { value, count, rest: starred.is_some() }, span);
        for (index, &child) in targets.iter().enumerate() {
            let position = position_of(index, targets.len(), starred);
            let part = self.builder.emit(Op::UnpackElement { sequence, position }, tree.span(child));
            self.assign(child, part);
        }
    }

    /// `target op= value`
    pub(super) fn augmented_assignment(&mut self, node: Node) -> Option<ValueId> {
        let tree = self.tree;
        let span = tree.span(node);
        let left = tree.child(node, field::LEFT)?;
        let right = tree.child(node, field::RIGHT)?;
        let operator = tree.child(node, field::OPERATOR).map_or(b"".as_slice(), |operator| tree.bytes(operator));
        let operator = super::expressions::binary_operator(operator.strip_suffix(b"=").unwrap_or(operator));
        let left_span = tree.span(left);
        let combine = |this: &mut Self, before: ValueId| {
            let right = match tree.kind(right) {
                Kind::Assignment | Kind::AugmentedAssignment => this.assignment(right),
                _ => Some(this.expression(right)),
            };
            let right = right.unwrap_or_else(|| this.builder.emit(Op::Unknown, span));
            this.builder.emit(Op::Binary { operator, in_place: true, left: before, right }, span)
        };
        Some(match tree.kind(left) {
            Kind::Attribute => {
                let (object, name) = self.attribute_parts(left)?;
                let before = self.builder.emit(Op::LoadAttribute { object, name }, left_span);
                let value = combine(self, before);
                self.builder.emit(Op::StoreAttribute { object, name, value }, left_span);
                value
            }
            Kind::Subscript => {
                let (object, index) = self.subscript_parts(left)?;
                let before = self.builder.emit(Op::LoadIndex { object, index }, left_span);
                let value = combine(self, before);
                self.builder.emit(Op::StoreIndex { object, index, value }, left_span);
                value
            }
            _ => {
                let before = self.expression(left);
                let value = combine(self, before);
                self.assign(left, value);
                value
            }
        })
    }

    /// `del target`
    pub(super) fn delete(&mut self, target: Node) {
        let tree = self.tree;
        let span = tree.span(target);
        match tree.kind(target) {
            Kind::Identifier => {
                let name = self.intern(target);
                let variable = self.written(name);
                self.builder.emit(Op::DeleteName(variable), span);
            }
            Kind::Attribute => {
                if let Some((object, name)) = self.attribute_parts(target) {
                    self.builder.emit(Op::DeleteAttribute { object, name }, span);
                }
            }
            Kind::Subscript => {
                if let Some((object, index)) = self.subscript_parts(target) {
                    self.builder.emit(Op::DeleteIndex { object, index }, span);
                }
            }
            Kind::Tuple | Kind::List | Kind::ExpressionList | Kind::Parenthesized => {
                for child in tree.children(target) {
                    if self.deeper(|this| this.delete(child)).is_none() {
                        return;
                    }
                }
            }
            _ => {
                self.expression(target);
            }
        }
    }
}

/// Where the target of an index stands among `count`, one of which may take the rest.
pub(super) fn position_of(index: usize, count: usize, starred: Option<usize>) -> Position {
    match starred {
        Some(star) if index == star => Position::Rest { front: star as u16, back: (count - star - 1) as u16 },
        Some(star) if index > star => Position::Back((count - index - 1) as u16),
        _ => Position::Front(index as u16),
    }
}
