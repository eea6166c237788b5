//! What makes objects: literals of objects and arrays, and JSX.

use super::Lowerer;
use super::kinds::{Kind, field};
use crate::ir::*;
use crate::tree::Node;

fn item(value: ValueId) -> Element {
    Element { kind: ElementKind::Item, key: None, value }
}

impl Lowerer<'_> {
    /// The value of a property's name: a text, unless it is computed.
    pub(super) fn property_key(&mut self, name: Node) -> ValueId {
        let tree = self.tree;
        match tree.kind(name) {
            Kind::ComputedName => self.first_of(name),
            Kind::String => self.string(name),
            Kind::Number => self.number(name),
            _ => {
                let text = tree.text(name).into_owned();
                self.text_constant(&text, tree.span(name))
            }
        }
    }

    pub(super) fn object(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let mut elements = Vec::new();
        for part in self.parts(node) {
            match tree.kind(part) {
                Kind::Pair => {
                    let (Some(key), Some(value)) = (tree.child(part, field::KEY), tree.child(part, field::VALUE))
                    else {
                        continue;
                    };
                    let key = Some(self.property_key(key));
                    elements.push(Element { kind: ElementKind::Item, key, value: self.expression(value) });
                }
                Kind::ShorthandProperty => {
                    let key = Some(self.property_key(part));
                    elements.push(Element { kind: ElementKind::Item, key, value: self.expression(part) });
                }
                Kind::Method => {
                    let Some(name) = tree.child(part, field::NAME) else { continue };
                    let key = Some(self.property_key(name));
                    let kind = match () {
                        () if self.has_token(part, b"get") => ElementKind::Getter,
                        () if self.has_token(part, b"set") => ElementKind::Setter,
                        () => ElementKind::Item,
                    };
                    elements.push(Element { kind, key, value: self.function(part) });
                }
                Kind::Spread => {
                    let value = self.expression(part);
                    elements.push(Element { kind: ElementKind::Spread, key: None, value });
                }
                _ => {
                    self.expression(part);
                }
            }
        }
        self.builder.allocate(AllocationKind::Object, &elements, tree.span(node))
    }

    pub(super) fn array(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let mut elements = Vec::new();
        let mut is_hole = true;
        for part in tree.children(node) {
            if tree.kind(part) == Kind::Token {
                if is_hole {
                    elements.push(item(self.undefined(tree.span(part))));
                }
                is_hole = true;
                continue;
            }
            is_hole = false;
            let kind = if tree.kind(part) == Kind::Spread { ElementKind::Spread } else { ElementKind::Item };
            elements.push(Element { kind, key: None, value: self.expression(part) });
        }
        self.builder.allocate(AllocationKind::Array, &elements, tree.span(node))
    }

    /// A JSX element: its component called with its properties; an object for a tag of the page and for a fragment.
    pub(super) fn jsx(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        let head = match tree.kind(node) {
            Kind::JsxElement => tree.children(node).find(|&child| tree.kind(child) == Kind::JsxOpening),
            _ => Some(node),
        };
        let name = head.and_then(|head| tree.child(head, field::NAME));
        let is_component = name.is_some_and(|name| match tree.kind(name) {
            Kind::Identifier => {
                !tree.bytes(name).first().is_some_and(u8::is_ascii_lowercase) && !tree.bytes(name).contains(&b'-')
            }
            Kind::JsxNamespaceName => false,
            _ => true,
        });
        let component = name.filter(|_| is_component).map(|name| self.expression(name));
        let mut properties = Vec::new();
        if let Some(head) = head {
            for attribute in self.parts(head).into_iter().filter(|&part| Some(part) != name) {
                self.jsx_attribute(attribute, &mut properties);
            }
        }
        let children = self.jsx_children(node, head);
        if !children.is_empty() {
            let key = Some(self.text_constant("children", span));
            let value = match children[..] {
                [child] => child.value,
                _ => self.builder.allocate(AllocationKind::Array, &children, span),
            };
            properties.push(Element { kind: ElementKind::Item, key, value });
        }
        let properties = self.builder.allocate(AllocationKind::Object, &properties, span);
        match component {
            Some(callee) => {
                let argument = Argument { kind: ArgumentKind::Positional, value: properties };
                self.builder.call(callee, None, CallForm::Element, &[argument], span)
            }
            None => properties,
        }
    }

    fn jsx_attribute(&mut self, attribute: Node, properties: &mut Vec<Element>) {
        let tree = self.tree;
        match tree.kind(attribute) {
            Kind::JsxAttribute => {
                let parts = self.parts(attribute);
                let Some(&name) = parts.first() else { return };
                let key = Some(self.property_key(name));
                let value = match parts.get(1) {
                    Some(&value) => self.expression(value),
                    None => self.builder.constant(Constant::Boolean(true), tree.span(attribute)),
                };
                properties.push(Element { kind: ElementKind::Item, key, value });
            }
            Kind::JsxExpression => {
                for part in self.parts(attribute) {
                    let value = self.expression(part);
                    properties.push(Element { kind: ElementKind::Spread, key: None, value });
                }
            }
            _ => {}
        }
    }

    fn jsx_children(&mut self, node: Node, head: Option<Node>) -> Vec<Element> {
        let tree = self.tree;
        if tree.kind(node) != Kind::JsxElement {
            return Vec::new();
        }
        let mut children = Vec::new();
        for child in self.parts(node).into_iter().filter(|&child| Some(child) != head) {
            match tree.kind(child) {
                Kind::JsxText => {
                    let text = tree.text(child).into_owned();
                    if !text.trim().is_empty() {
                        children.push(item(self.text_constant(text.trim(), tree.span(child))));
                    }
                }
                Kind::JsxExpression if self.parts(child).is_empty() => {}
                _ => children.push(item(self.expression(child))),
            }
        }
        children
    }
}
