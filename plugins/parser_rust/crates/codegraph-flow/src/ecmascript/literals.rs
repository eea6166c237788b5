//! Literals and texts with computed parts.

use super::Lowerer;
use super::kinds::Kind;
use crate::ir::*;
use crate::literals::{integer_of, push_escape};
use crate::tree::Node;

impl Lowerer<'_> {
    /// The characters of a string literal or of a template without substitutions, escapes resolved.
    pub(super) fn string_text(&self, node: Node) -> String {
        let tree = self.tree;
        let mut text = String::new();
        for part in tree.children(node) {
            match tree.kind(part) {
                Kind::Escape => push_escape(&mut text, &tree.text(part)),
                Kind::StringFragment | Kind::HtmlCharacter => text.push_str(&tree.text(part)),
                _ => {}
            }
        }
        text
    }

    pub(super) fn string(&mut self, node: Node) -> ValueId {
        let text = self.string_text(node);
        self.text_constant(&text, self.tree.span(node))
    }

    pub(super) fn number(&mut self, node: Node) -> ValueId {
        let text = self.tree.text(node).replace('_', "");
        let constant = number_of(&text).unwrap_or_else(|| Constant::BigNumber(self.names.intern(&text)));
        self.builder.constant(constant, self.tree.span(node))
    }

    /// A template's text, and the values of its substitutions.
    pub(super) fn template_parts(&mut self, node: Node) -> Vec<Element> {
        let tree = self.tree;
        let mut elements = Vec::new();
        let mut text = String::new();
        let mut text_span: Option<Span> = None;
        for part in tree.children(node) {
            let span = tree.span(part);
            match tree.kind(part) {
                Kind::Substitution => {
                    self.take_text(&mut text, &mut text_span, &mut elements);
                    let inner = self.parts(part).first().copied();
                    let value = match inner {
                        Some(inner) => self.expression(inner),
                        None => self.undefined(span),
                    };
                    elements.push(Element { kind: ElementKind::Item, key: None, value });
                }
                Kind::Escape => push_escape(&mut text, &tree.text(part)),
                Kind::StringFragment => text.push_str(&tree.text(part)),
                _ => continue,
            }
            if tree.kind(part) != Kind::Substitution {
                let start = text_span.map_or(span.start, |before| before.start);
                text_span = Some(Span { start, end: span.end });
            }
        }
        self.take_text(&mut text, &mut text_span, &mut elements);
        elements
    }

    fn take_text(&mut self, text: &mut String, span: &mut Option<Span>, elements: &mut Vec<Element>) {
        if let Some(span) = span.take() {
            let value = self.text_constant(text, span);
            elements.push(Element { kind: ElementKind::Item, key: None, value });
            text.clear();
        }
    }

    /// A template: a text where it has no substitutions.
    pub(super) fn template(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        if !tree.children(node).any(|part| tree.kind(part) == Kind::Substitution) {
            return self.string(node);
        }
        let elements = self.template_parts(node);
        let elements = self.builder.pool_elements(&elements);
        self.builder.emit(Op::Interpolate(elements), tree.span(node))
    }

    pub(super) fn regular_expression(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let pattern = tree.children(node).find(|&part| tree.kind(part) == Kind::RegexPattern);
        let text = pattern.map_or_else(Default::default, |pattern| tree.text(pattern).into_owned());
        let span = tree.span(node);
        let value = self.text_constant(&text, span);
        let element = Element { kind: ElementKind::Item, key: None, value };
        self.builder.allocate(AllocationKind::RegularExpression, &[element], span)
    }
}

/// An integer or floating-point number of JavaScript's notations; none for one beyond 64 bits.
fn number_of(text: &str) -> Option<Constant> {
    let lower = text.to_ascii_lowercase();
    if let Some(big) = lower.strip_suffix('n') {
        return integer_of(big).map(Constant::Integer);
    }
    if let Some(integer) = integer_of(&lower) {
        return Some(Constant::Integer(integer));
    }
    lower.parse().ok().map(Constant::Float)
}
