//! What is assigned to, and what is taken apart.

use codegraph_syntax::names::NameId;

use super::Lowerer;
use super::kinds::{Kind, field};
use crate::ir::*;
use crate::nesting::Nested;
use crate::tree::Node;

/// A target whose parts have been evaluated.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// A variable.
    Name(NameId),
    /// `object.name`, `object["name"]`
    Attribute {
        /// The object.
        object: ValueId,
        /// The name.
        name: NameId,
    },
    /// `object[index]`
    Index {
        /// The object.
        object: ValueId,
        /// The index.
        index: ValueId,
    },
    /// A pattern.
    Pattern(Node),
}

impl Lowerer<'_> {
    /// Evaluate the parts of a target.
    pub(super) fn place(&mut self, target: Node) -> Place {
        let tree = self.tree;
        match tree.kind(target) {
            Kind::Identifier | Kind::ShorthandPattern | Kind::Undefined => Place::Name(self.intern(target)),
            Kind::Member => {
                let parts = (tree.child(target, field::OBJECT), tree.child(target, field::PROPERTY));
                let (Some(object), Some(property)) = parts else { return Place::Pattern(target) };
                let object = self.expression(object);
                Place::Attribute { object, name: self.intern(property) }
            }
            Kind::Subscript => {
                let parts = (tree.child(target, field::OBJECT), tree.child(target, field::INDEX));
                let (Some(object), Some(index)) = parts else { return Place::Pattern(target) };
                let object = self.expression(object);
                if tree.kind(index) == Kind::String {
                    let text = self.string_text(index);
                    return Place::Attribute { object, name: self.names.intern(&text) };
                }
                Place::Index { object, index: self.expression(index) }
            }
            Kind::Parenthesized | Kind::NonNull | Kind::As | Kind::Satisfies => match self.parts(target).first() {
                Some(&inner) => self.deeper(|this| this.place(inner)).unwrap_or(Place::Pattern(target)),
                None => Place::Pattern(target),
            },
            Kind::TypeAssertion => match self.parts(target).last() {
                Some(&inner) => self.deeper(|this| this.place(inner)).unwrap_or(Place::Pattern(target)),
                None => Place::Pattern(target),
            },
            _ => Place::Pattern(target),
        }
    }

    /// The value that a target has.
    pub(super) fn load(&mut self, place: Place, span: Span) -> ValueId {
        match place {
            Place::Name(name) => self.load_name(name, span),
            Place::Attribute { object, name } => self.builder.emit(Op::LoadAttribute { object, name }, span),
            Place::Index { object, index } => self.builder.emit(Op::LoadIndex { object, index }, span),
            Place::Pattern(_) => self.builder.emit(Op::Unknown, span),
        }
    }

    /// Give a target a value.
    pub(super) fn store(&mut self, place: Place, value: ValueId, span: Span) {
        match place {
            Place::Name(name) => self.store_name(name, value, span),
            Place::Attribute { object, name } => {
                self.builder.emit(Op::StoreAttribute { object, name, value }, span);
            }
            Place::Index { object, index } => {
                self.builder.emit(Op::StoreIndex { object, index, value }, span);
            }
            Place::Pattern(pattern) => {
                if self.deeper(|this| this.take_apart(pattern, value)).is_none() {
                    self.unknown(pattern);
                }
            }
        }
    }

    /// Give a target or pattern a value.
    pub(super) fn assign(&mut self, target: Node, value: ValueId) {
        let place = self.place(target);
        self.store(place, value, self.tree.span(target));
    }

    fn take_apart(&mut self, pattern: Node, value: ValueId) {
        let tree = self.tree;
        match tree.kind(pattern) {
            Kind::ObjectPattern => self.object_pattern(pattern, value),
            Kind::ArrayPattern => self.array_pattern(pattern, value),
            Kind::AssignmentPattern | Kind::ObjectAssignmentPattern => {
                let value = self.with_default(pattern, value);
                if let Some(left) = tree.child(pattern, field::LEFT) {
                    self.assign(left, value);
                }
            }
            Kind::RestPattern => {
                if let Some(&inner) = self.parts(pattern).first() {
                    self.assign(inner, value);
                }
            }
            _ => {
                self.expression(pattern);
            }
        }
    }

    /// `value`, or the default of `target = default` where it is `undefined`.
    fn with_default(&mut self, pattern: Node, value: ValueId) -> ValueId {
        match self.tree.child(pattern, field::RIGHT) {
            Some(right) => self.unless_undefined(value, self.tree.span(pattern), |this| this.expression(right)),
            None => value,
        }
    }

    fn object_pattern(&mut self, pattern: Node, object: ValueId) {
        let tree = self.tree;
        for part in self.parts(pattern) {
            let span = tree.span(part);
            match tree.kind(part) {
                Kind::ShorthandPattern => {
                    let name = self.intern(part);
                    let value = self.builder.emit(Op::LoadAttribute { object, name }, span);
                    self.store_name(name, value, span);
                }
                Kind::ObjectAssignmentPattern => {
                    let Some(left) = tree.child(part, field::LEFT) else { continue };
                    let name = self.intern(left);
                    let value = self.builder.emit(Op::LoadAttribute { object, name }, tree.span(left));
                    let value = self.with_default(part, value);
                    self.assign(left, value);
                }
                Kind::PairPattern => {
                    let (Some(key), Some(target)) = (tree.child(part, field::KEY), tree.child(part, field::VALUE))
                    else {
                        continue;
                    };
                    let value = self.load_property(object, key);
                    self.assign(target, value);
                }
                // Whatever is left: the properties that were taken are in the object too.
                Kind::RestPattern => {
                    let element = Element { kind: ElementKind::Spread, key: None, value: object };
                    let rest = self.builder.allocate(AllocationKind::Object, &[element], span);
                    self.take_apart(part, rest);
                }
                _ => {}
            }
        }
    }

    /// The property of an object that a key of a pattern names.
    fn load_property(&mut self, object: ValueId, key: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(key);
        match tree.kind(key) {
            Kind::ComputedName => {
                let index = self.first_of(key);
                self.builder.emit(Op::LoadIndex { object, index }, span)
            }
            Kind::String => {
                let text = self.string_text(key);
                let name = self.names.intern(&text);
                self.builder.emit(Op::LoadAttribute { object, name }, span)
            }
            Kind::Number => {
                let index = self.number(key);
                self.builder.emit(Op::LoadIndex { object, index }, span)
            }
            _ => {
                let name = self.intern(key);
                self.builder.emit(Op::LoadAttribute { object, name }, span)
            }
        }
    }

    fn array_pattern(&mut self, pattern: Node, value: ValueId) {
        let tree = self.tree;
        // Missing items are `undefined`: any number of them will do.
        let sequence = self.builder.emit(Op::Unpack { value, count: 0, rest: true }, tree.span(pattern));
        let mut index: u16 = 0;
        for part in tree.children(pattern) {
            let span = tree.span(part);
            let position = match tree.kind(part) {
                Kind::Token => {
                    index = index.saturating_add(u16::from(self.is_token(part, b",")));
                    continue;
                }
                Kind::RestPattern => Position::Rest { front: index, back: 0 },
                _ => Position::Front(index),
            };
            let item = self.builder.emit(Op::UnpackElement { sequence, position }, span);
            self.assign(part, item);
        }
    }
}
