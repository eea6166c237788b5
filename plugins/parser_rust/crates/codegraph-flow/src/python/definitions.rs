//! Functions, classes, lambdas and their bodies.

use super::Lowerer;
use super::kinds::{Kind, field};
use crate::ir::*;
use crate::tree::Node;

impl Lowerer<'_> {
    /// `@a @b def f` and the like; without decorators the list is empty.
    pub(super) fn definition(&mut self, node: Node, decorators: &[Node]) {
        let callees: Vec<(ValueId, Span)> = decorators
            .iter()
            .filter_map(|&decorator| {
                let expression = self.tree.children(decorator).find(|&child| self.tree.kind(child) != Kind::Token)?;
                Some((self.expression(expression), self.tree.span(expression)))
            })
            .collect();
        let mut value = match self.tree.kind(node) {
            Kind::Function => self.function(node),
            Kind::Class => self.class(node),
            _ => return self.statement(node),
        };
        for (callee, span) in callees.into_iter().rev() {
            let argument = Argument { kind: ArgumentKind::Positional, value };
            value = self.builder.call(callee, None, CallForm::Decorator, &[argument], span);
        }
        if let Some(name) = self.tree.child(node, field::NAME) {
            let span = self.tree.span(name);
            let name = self.intern(name);
            self.store_name(name, value, span);
        }
    }

    fn type_parameters(&mut self, node: Node) {
        let Some(parameters) = self.tree.child(node, field::TYPE_PARAMETERS) else { return };
        let scope = self.scopes.inside(parameters);
        for parameter in self.tree.children(parameters) {
            let range = parameter..self.tree.after(parameter);
            let Some(name) = range.clone().find(|&inner| self.tree.kind(inner) == Kind::Identifier) else { continue };
            let span = self.tree.span(name);
            self.within(scope, |this| {
                let value = this.builder.allocate(AllocationKind::TypeVariable, &[], span);
                let name = this.intern(name);
                this.store_name(name, value, span);
            });
        }
    }

    /// The parameters of a list, as `scopes` numbers them.
    fn parameters(&self, list: Option<Node>) -> Vec<Node> {
        let tree = self.tree;
        let is_parameter = |&child: &Node| match tree.kind(child) {
            Kind::DefaultParameter | Kind::TypedDefaultParameter => tree.child(child, field::NAME).is_some(),
            Kind::TypedParameter => tree.children(child).next().is_some(),
            kind => matches!(
                kind,
                Kind::Identifier | Kind::TuplePattern | Kind::ListSplatPattern | Kind::DictionarySplatPattern
            ),
        };
        list.map_or_else(Vec::new, |list| tree.children(list).filter(is_parameter).collect())
    }

    fn defaults(&mut self, parameters: &[Node]) -> Vec<(u32, ValueId)> {
        let mut defaults = Vec::new();
        for (index, &parameter) in parameters.iter().enumerate() {
            if let Some(value) = self.tree.child(parameter, field::VALUE) {
                defaults.push((index as u32, self.expression(value)));
            }
        }
        defaults
    }

    fn function(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        self.type_parameters(node);
        let list = tree.child(node, field::PARAMETERS);
        let parameters = self.parameters(list);
        let scope = list.and_then(|list| self.scopes.inside(list));
        self.within(scope, |this| {
            let defaults = this.defaults(&parameters);
            let mut annotations = Vec::new();
            for (index, &parameter) in parameters.iter().enumerate() {
                if let Some(type_) = tree.child(parameter, field::TYPE) {
                    annotations.push((index as u32, this.annotation(type_)));
                }
            }
            if let Some(type_) = tree.children(node).find(|&child| tree.kind(child) == Kind::Type) {
                annotations.push((RETURN_TYPE, this.annotation(type_)));
            }
            let body = this.scopes.body_at(node).expect("the body that `scopes` opened");
            this.builder.make_function(body, &defaults, &annotations, tree.span(node))
        })
    }

    pub(super) fn lambda(&mut self, node: Node) -> ValueId {
        let parameters = self.parameters(self.tree.child(node, field::PARAMETERS));
        let defaults = self.defaults(&parameters);
        let body = self.scopes.body_at(node).expect("the body that `scopes` opened");
        self.builder.make_function(body, &defaults, &[], self.tree.span(node))
    }

    fn class(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        self.type_parameters(node);
        let head = tree.child(node, field::SUPERCLASSES);
        let scope = head.and_then(|head| self.scopes.inside(head));
        let bases = self.within(scope, |this| head.map_or_else(Vec::new, |head| this.arguments(head)));
        let body = self.scopes.body_at(node).expect("the body that `scopes` opened");
        self.builder.make_class(body, &bases, tree.span(node))
    }

    pub(super) fn class_body(&mut self, node: Node) {
        self.code_of(node);
    }

    /// The suite of a definition, and what a syntax error left before it.
    fn code_of(&mut self, node: Node) {
        for child in self.tree.children(node) {
            if self.tree.field_of(child) == field::BODY || self.tree.kind(child) == Kind::Error {
                self.suite(child);
            }
        }
    }

    /// Give parameters' variables their values.
    fn receive(&mut self, list: Option<Node>) {
        for (index, node) in self.parameters(list).into_iter().enumerate() {
            let span = self.tree.span(node);
            let value = self.builder.emit(Op::Parameter(index as u32), span);
            let variable = self.builder.body.parameters.get(index).and_then(|parameter| parameter.variable);
            match variable {
                Some(variable) => {
                    let mut within = node..self.tree.after(node);
                    let name = within.find(|&inner| self.tree.kind(inner) == Kind::Identifier);
                    let name_span = name.map_or(span, |name| self.tree.span(name));
                    self.builder.emit(Op::StoreName { variable, value }, name_span);
                }
                None => {
                    let target = self.tree.child(node, field::NAME).unwrap_or(node);
                    self.assign(target, value);
                }
            }
        }
    }

    pub(super) fn function_body(&mut self, node: Node) {
        self.receive(self.tree.child(node, field::PARAMETERS));
        self.code_of(node);
    }

    pub(super) fn lambda_body(&mut self, node: Node) {
        self.receive(self.tree.child(node, field::PARAMETERS));
        let body = self.tree.child(node, field::BODY);
        let value = body.map(|body| self.expression(body));
        self.builder.end_return(value, self.tree.span(node));
    }

    pub(super) fn generator_body(&mut self, node: Node) {
        let span = self.tree.span(node);
        let name = self.names.intern("");
        let parameter =
            Parameter { name, kind: ParameterKind::PositionalOnly, variable: None, has_default: false, span };
        self.builder.body.parameters.push(parameter);
        let iterator = self.builder.emit(Op::Parameter(0), span);
        self.comprehension_loops(node, iterator, None);
    }
}
