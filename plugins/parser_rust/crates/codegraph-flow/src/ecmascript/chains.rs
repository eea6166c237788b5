//! Chains of members, indices and calls: `a.b[c]?.d(e)`.

use super::Lowerer;
use super::kinds::{Kind, field};
use crate::control::Control;
use crate::ir::*;
use crate::nesting::Nested;
use crate::tree::Node;

/// A value, and the object that it was read from.
#[derive(Clone, Copy)]
struct Link {
    value: ValueId,
    receiver: Option<ValueId>,
}

impl Lowerer<'_> {
    /// A whole chain: what follows a `?.` is skipped to the chain's end.
    pub(super) fn chain(&mut self, node: Node) -> ValueId {
        self.whole(self.tree.span(node), |this| this.link(node).value)
    }

    /// What a chain gives, also where a `?.` in it leaves it early.
    fn whole(&mut self, span: Span, links: impl FnOnce(&mut Self) -> ValueId) -> ValueId {
        self.chain_exits.push(None);
        let value = links(self);
        let Some(Some(exit)) = self.chain_exits.pop() else { return value };
        let after = self.builder.block();
        let mut inputs = Vec::new();
        self.join(after, value, &mut inputs, span);
        self.builder.resume(exit);
        let undefined = self.undefined(span);
        self.join(after, undefined, &mut inputs, span);
        self.builder.resume(after);
        self.builder.phi(&inputs, span)
    }

    fn link(&mut self, node: Node) -> Link {
        match self.deeper(|this| this.link_at(node)) {
            Some(link) => link,
            None => Link { value: self.unknown(node), receiver: None },
        }
    }

    fn link_at(&mut self, node: Node) -> Link {
        let tree = self.tree;
        let span = tree.span(node);
        match tree.kind(node) {
            Kind::Member => {
                let (Some(object), Some(property)) =
                    (tree.child(node, field::OBJECT), tree.child(node, field::PROPERTY))
                else {
                    return Link { value: self.unknown(node), receiver: None };
                };
                let object = self.link(object).value;
                self.leave_if_nullish(node, object);
                let name = self.intern(property);
                Link { value: self.builder.emit(Op::LoadAttribute { object, name }, span), receiver: Some(object) }
            }
            Kind::Subscript => {
                let (Some(object), Some(index)) = (tree.child(node, field::OBJECT), tree.child(node, field::INDEX))
                else {
                    return Link { value: self.unknown(node), receiver: None };
                };
                let object = self.link(object).value;
                self.leave_if_nullish(node, object);
                let op = if tree.kind(index) == Kind::String {
                    let text = self.string_text(index);
                    Op::LoadAttribute { object, name: self.names.intern(&text) }
                } else {
                    Op::LoadIndex { object, index: self.expression(index) }
                };
                Link { value: self.builder.emit(op, span), receiver: Some(object) }
            }
            Kind::NonNull => match self.parts(node).first() {
                Some(&inner) => self.link(inner),
                None => Link { value: self.unknown(node), receiver: None },
            },
            Kind::Call => Link { value: self.call(node), receiver: None },
            _ => Link { value: self.expression(node), receiver: None },
        }
    }

    /// `?.` in a node: leave the chain if the object is `null` or `undefined`.
    fn leave_if_nullish(&mut self, node: Node, object: ValueId) {
        let tree = self.tree;
        let is_optional =
            tree.children(node).any(|child| tree.kind(child) == Kind::OptionalChain || self.is_token(child, b"?."));
        if !is_optional {
            return;
        }
        let span = tree.span(node);
        let exit = match self.chain_exits.last() {
            Some(Some(exit)) => *exit,
            _ => {
                let exit = self.builder.block();
                if let Some(last) = self.chain_exits.last_mut() {
                    *last = Some(exit);
                }
                exit
            }
        };
        let next = self.builder.block();
        let condition = self.is_nullish(object, span);
        self.builder.branch(condition, exit, next, span);
        self.builder.resume(next);
    }

    /// A call. TypeScript's grammar reads `await f<T>(x)` as one of `await f`, and `!f<T>(x)` as one of `!f`: such
    /// operators are applied to what the call gives.
    fn call(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let Some(mut function) = tree.child(node, field::FUNCTION) else { return self.unknown(node) };
        let mut operators = Vec::new();
        while matches!(tree.kind(function), Kind::Await | Kind::Unary) {
            let Some(&operand) = self.parts(function).last() else { break };
            operators.push(function);
            function = operand;
        }
        if operators.is_empty() {
            return self.call_of(node, function);
        }
        let mut value = self.whole(tree.span(node), |this| this.call_of(node, function));
        for operator in operators.into_iter().rev() {
            value = match tree.kind(operator) {
                Kind::Await => self.builder.suspend(Op::Await(value), tree.span(node)),
                _ => self.operate(operator, value, tree.span(node)),
            };
        }
        value
    }

    fn call_of(&mut self, node: Node, function: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        let list = tree.child(node, field::ARGUMENTS);
        if let Some(module) = self.imported_module(function, list, span) {
            return module;
        }
        let Link { value: callee, receiver } = match tree.kind(function) {
            // `import(x)` of a module that only a value names.
            Kind::ImportKeyword => {
                let name = self.names.intern("import");
                Link { value: self.load_name(name, tree.span(function)), receiver: None }
            }
            _ => self.link(function),
        };
        self.leave_if_nullish(node, callee);
        let arguments = match list {
            Some(list) if tree.kind(list) == Kind::TemplateString => self.tagged(list),
            Some(list) => self.arguments(list),
            None => Vec::new(),
        };
        self.builder.call(callee, receiver, CallForm::Plain, &arguments, span)
    }

    /// `import("m")`, and `require("m")` where nothing of the file is called so: the module.
    fn imported_module(&mut self, function: Node, list: Option<Node>, span: Span) -> Option<ValueId> {
        let tree = self.tree;
        let [path] = self.parts(list?)[..] else { return None };
        let is_text = tree.kind(path) == Kind::String
            || tree.kind(path) == Kind::TemplateString
                && !tree.children(path).any(|part| tree.kind(part) == Kind::Substitution);
        if !is_text {
            return None;
        }
        let is_import = match tree.kind(function) {
            Kind::ImportKeyword => true,
            Kind::Identifier if tree.bytes(function) == b"require" => {
                let name = self.intern(function);
                matches!(self.resolve(name).1, Storage::Builtin)
            }
            _ => false,
        };
        if !is_import {
            return None;
        }
        let text = self.string_text(path);
        let path = self.names.intern(&text);
        Some(self.builder.emit(Op::ImportModule { path, level: 0, root: false }, span))
    }

    /// What a tag is called with: the texts as one array, then the substitutions.
    fn tagged(&mut self, template: Node) -> Vec<Argument> {
        let tree = self.tree;
        let elements = self.template_parts(template);
        let (mut texts, mut values) = (Vec::new(), Vec::new());
        for element in elements {
            match self.builder.body.instruction(element.value).op {
                Op::Constant(Constant::Text(_)) => texts.push(element),
                _ => values.push(Argument { kind: ArgumentKind::Positional, value: element.value }),
            }
        }
        let texts = self.builder.allocate(AllocationKind::Array, &texts, tree.span(template));
        values.insert(0, Argument { kind: ArgumentKind::Positional, value: texts });
        values
    }

    /// `new C(x)`
    pub(super) fn construct(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let Some(constructor) = tree.child(node, field::CONSTRUCTOR) else { return self.unknown(node) };
        let callee = self.expression(constructor);
        let arguments = tree.child(node, field::ARGUMENTS).map_or_else(Vec::new, |list| self.arguments(list));
        self.builder.call(callee, None, CallForm::New, &arguments, tree.span(node))
    }

    /// The arguments of a list, evaluated.
    pub(super) fn arguments(&mut self, list: Node) -> Vec<Argument> {
        let mut arguments = Vec::new();
        for part in self.parts(list) {
            let kind = match self.tree.kind(part) {
                Kind::Spread => ArgumentKind::Spread,
                _ => ArgumentKind::Positional,
            };
            arguments.push(Argument { kind, value: self.expression(part) });
        }
        arguments
    }
}
