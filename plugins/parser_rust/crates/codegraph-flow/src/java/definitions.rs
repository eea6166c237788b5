//! Files, classes, methods, lambdas, and their bodies.

use super::Lowerer;
use super::kinds::{Kind, field};
use super::scopes::{is_static, parameter_name, parameters};
use crate::ir::*;
use crate::nesting::Nested;
use crate::tree::Node;

fn positional(value: ValueId) -> Argument {
    Argument { kind: ArgumentKind::Positional, value }
}

impl Lowerer<'_> {
    pub(super) fn file(&mut self, node: Node) {
        if self.tree.records.is_empty() {
            return;
        }
        for child in self.parts(node) {
            match self.tree.kind(child) {
                Kind::Import => self.import(child),
                Kind::Package => {}
                _ => self.statement(child),
            }
        }
    }

    /// `import a.b.C`, `import static a.b.C.m`: a member of the package or class before the last dot.
    fn import(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let Some(path) = self
            .parts(node)
            .into_iter()
            .find(|&part| matches!(tree.kind(part), Kind::ScopedIdentifier | Kind::Identifier))
        else {
            return;
        };
        let text = tree.text(path).split_whitespace().collect::<String>();
        if self.child_of_kind(node, Kind::Asterisk).is_some() {
            let path = self.names.intern(&text);
            let module = self.builder.emit(Op::ImportModule { path, level: 0, root: false }, span);
            self.builder.emit(Op::ImportAll(module), span);
            return;
        }
        let (owner, member) = text.rsplit_once('.').unwrap_or(("", &text));
        let (path, name) = (self.names.intern(owner), self.names.intern(member));
        let module = self.builder.emit(Op::ImportModule { path, level: 0, root: false }, span);
        let value = self.builder.emit(Op::ImportMember { module, name }, span);
        self.store_name(name, value, span);
    }

    /// Make a class.
    pub(super) fn class(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let mut bases = Vec::new();
        for clause in self.parts(node) {
            match tree.kind(clause) {
                Kind::Superclass => bases.extend(self.parts(clause)),
                Kind::Interfaces | Kind::Extends => {
                    for list in self.parts(clause) {
                        bases.extend(self.parts(list));
                    }
                }
                _ => {}
            }
        }
        let bases: Vec<Argument> = bases.into_iter().filter_map(|base| self.type_value(base)).map(positional).collect();
        match self.scopes.body_at(node) {
            Some(body) => self.builder.make_class(body, &bases, tree.span(node)),
            None => self.unknown(node),
        }
    }

    fn text_key(&mut self, name: Node) -> ValueId {
        let id = self.intern(name);
        self.builder.constant(Constant::Text(id), self.tree.span(name))
    }

    fn define(&mut self, name: Node, value: ValueId, kind: MemberKind, is_static: bool, span: Span) {
        let key = self.text_key(name);
        self.builder.emit(Op::DefineMember { key, value, kind, is_static }, span);
    }

    /// The body of a class, interface, enum or record, or of an anonymous class.
    pub(super) fn class_body(&mut self, node: Node) {
        let tree = self.tree;
        let body = match tree.kind(node) {
            Kind::New | Kind::EnumConstant => self.child_of_kind(node, Kind::ClassBody),
            _ => tree.child(node, field::BODY),
        };
        let Some(body) = body else { return };
        let mut members = Vec::new();
        for member in self.parts(body) {
            match tree.kind(member) {
                Kind::EnumDeclarations => members.extend(self.parts(member)),
                _ => members.push(member),
            }
        }
        let header = tree.child(node, field::PARAMETERS).filter(|&list| self.scopes.body_at(list).is_some());
        if let (Some(list), Some(name)) = (header, tree.child(node, field::NAME)) {
            let value = self.function(list, Some(list));
            self.define(name, value, MemberKind::Constructor, false, tree.span(list));
        }
        // Methods and classes are there before anything runs.
        for &member in &members {
            self.callable_member(node, member);
        }
        if let Some(fields) = self.scopes.body_at(body) {
            let span = tree.span(body);
            let value = self.builder.make_function(fields, &[], &[], span);
            let name = self.names.intern("<fields>");
            let key = self.builder.constant(Constant::Text(name), span);
            self.builder.emit(Op::DefineMember { key, value, kind: MemberKind::Initializer, is_static: false }, span);
        }
        let is_interface = matches!(tree.kind(body), Kind::InterfaceBody | Kind::AnnotationBody);
        for member in members {
            self.static_member(member, is_interface);
        }
    }

    fn callable_member(&mut self, class: Node, member: Node) {
        let tree = self.tree;
        let span = tree.span(member);
        let Some(name) = tree.child(member, field::NAME) else { return };
        match tree.kind(member) {
            Kind::Method if self.scopes.body_at(member).is_some() => {
                let value = self.function(member, tree.child(member, field::PARAMETERS));
                self.define(name, value, MemberKind::Method, is_static(tree, member), span);
            }
            Kind::Constructor => {
                let value = self.function(member, tree.child(member, field::PARAMETERS));
                self.define(name, value, MemberKind::Constructor, false, span);
            }
            Kind::CompactConstructor => {
                let value = self.function(member, tree.child(class, field::PARAMETERS));
                self.define(name, value, MemberKind::Constructor, false, span);
            }
            Kind::Class | Kind::Interface | Kind::Enum | Kind::Record | Kind::AnnotationType => {
                let value = self.class(member);
                self.define(name, value, MemberKind::Field, true, span);
            }
            _ => {}
        }
    }

    /// Enum constants, static fields and static initializers, in their order.
    fn static_member(&mut self, member: Node, is_interface: bool) {
        let tree = self.tree;
        let span = tree.span(member);
        match tree.kind(member) {
            Kind::EnumConstant => {
                let Some(name) = tree.child(member, field::NAME) else { return };
                let class = self.builder.emit(Op::This, span);
                let callee = match self.scopes.body_at(member) {
                    Some(body) => self.builder.make_class(body, &[positional(class)], span),
                    None => class,
                };
                let arguments = tree.child(member, field::ARGUMENTS).map_or_else(Vec::new, |list| self.arguments(list));
                let value = self.builder.call(callee, None, CallForm::New, &arguments, span);
                self.define(name, value, MemberKind::Field, true, span);
            }
            Kind::Constant | Kind::Field
                if is_interface || tree.kind(member) == Kind::Constant || is_static(tree, member) =>
            {
                let type_ = tree.child(member, field::TYPE);
                for declarator in tree.children(member).filter(|&child| tree.kind(child) == Kind::Declarator) {
                    let Some(name) = tree.child(declarator, field::NAME) else { continue };
                    let declarator_span = tree.span(declarator);
                    if let Some(value) = tree.child(declarator, field::VALUE) {
                        let value = self.expression(value);
                        self.define(name, value, MemberKind::Field, true, declarator_span);
                    }
                    self.declare_field(name, type_, declarator_span);
                }
            }
            Kind::StaticInitializer => {
                for block in self.parts(member) {
                    self.statement(block);
                }
            }
            _ => {}
        }
    }

    /// The declared type of a field of `this`, which in a class body is the class.
    fn declare_field(&mut self, name: Node, type_: Option<Node>, span: Span) {
        if let Some(annotation) = type_.and_then(|type_| self.annotation(type_)) {
            let object = self.builder.emit(Op::This, span);
            let name = self.intern(name);
            self.builder.emit(Op::DeclareAttribute { object, name, annotation }, span);
        }
    }

    /// What each new object is given: instance fields and instance initializers, in their order.
    pub(super) fn fields(&mut self, body: Node) {
        let tree = self.tree;
        let mut members = Vec::new();
        for member in self.parts(body) {
            match tree.kind(member) {
                Kind::EnumDeclarations => members.extend(self.parts(member)),
                _ => members.push(member),
            }
        }
        for member in members {
            match tree.kind(member) {
                Kind::Block => self.statement(member),
                Kind::Field if !is_static(tree, member) => {
                    let type_ = tree.child(member, field::TYPE);
                    for declarator in tree.children(member).filter(|&child| tree.kind(child) == Kind::Declarator) {
                        let Some(name) = tree.child(declarator, field::NAME) else { continue };
                        let span = tree.span(declarator);
                        if let Some(value) = tree.child(declarator, field::VALUE) {
                            let object = self.builder.emit(Op::This, span);
                            let value = self.expression(value);
                            let name = self.intern(name);
                            self.builder.emit(Op::StoreAttribute { object, name, value }, span);
                        }
                        self.declare_field(name, type_, span);
                    }
                }
                _ => {}
            }
        }
    }

    /// Make a function of a node that `scopes` gave a body.
    pub(super) fn function(&mut self, node: Node, list: Option<Node>) -> ValueId {
        let tree = self.tree;
        let Some(body) = self.scopes.body_at(node) else { return self.unknown(node) };
        let mut annotations = Vec::new();
        for (index, parameter) in list.map_or_else(Vec::new, |list| parameters(tree, list)).into_iter().enumerate() {
            let type_ = match tree.kind(parameter) {
                Kind::SpreadParameter => self
                    .parts(parameter)
                    .into_iter()
                    .find(|&part| !matches!(tree.kind(part), Kind::Modifiers | Kind::Declarator)),
                Kind::Identifier => None,
                _ => tree.child(parameter, field::TYPE),
            };
            if let Some(value) = type_.and_then(|type_| self.annotation(type_)) {
                annotations.push((index as u32, value));
            }
        }
        if let Some(value) = tree.child(node, field::TYPE).and_then(|type_| self.annotation(type_)) {
            annotations.push((RETURN_TYPE, value));
        }
        self.builder.make_function(body, &[], &annotations, tree.span(node))
    }

    pub(super) fn function_body(&mut self, node: Node) {
        let tree = self.tree;
        let received: Vec<Parameter> = self.builder.body.parameters.clone();
        for (index, parameter) in received.iter().enumerate() {
            let value = self.builder.emit(Op::Parameter(index as u32), parameter.span);
            if let Some(variable) = parameter.variable {
                self.builder.emit(Op::StoreName { variable, value }, parameter.span);
            }
        }
        let body = tree.child(node, field::BODY);
        match body {
            Some(body) if matches!(tree.kind(body), Kind::Block | Kind::ConstructorBody) => self.statement(body),
            Some(body) => {
                let value = self.expression(body);
                self.builder.end_return(Some(value), tree.span(body));
            }
            None => {}
        }
        // A record's constructor, its own or a compact one, ends by giving the object its components.
        let is_record = matches!(tree.kind(node), Kind::CompactConstructor | Kind::Parameters);
        if !is_record || self.builder.is_ended() {
            return;
        }
        for parameter in received {
            let object = self.builder.emit(Op::This, parameter.span);
            let value = self.load_name(parameter.name, parameter.span);
            self.builder.emit(Op::StoreAttribute { object, name: parameter.name, value }, parameter.span);
        }
    }

    /// A declared type: a type fact. None for primitive types and `var`.
    pub(super) fn annotation(&mut self, type_: Node) -> Option<ValueId> {
        let before = std::mem::replace(&mut self.builder.in_annotation, true);
        let value = self.deeper(|this| this.annotated(type_)).flatten();
        self.builder.in_annotation = before;
        value
    }

    fn annotated(&mut self, type_: Node) -> Option<ValueId> {
        let tree = self.tree;
        let span = tree.span(type_);
        match tree.kind(type_) {
            Kind::GenericType => {
                let parts = self.parts(type_);
                let object = self.type_value(*parts.first()?)?;
                let list = parts.into_iter().find(|&part| tree.kind(part) == Kind::TypeArguments);
                let mut arguments = Vec::new();
                for argument in list.map_or_else(Vec::new, |list| self.parts(list)) {
                    arguments.push(self.annotation(argument).unwrap_or_else(|| self.unknown(argument)));
                }
                Some(self.builder.generic_type(object, &arguments, span))
            }
            Kind::Wildcard => {
                let bound = *self.parts(type_).last()?;
                self.annotation(bound)
            }
            Kind::ArrayType => {
                let element = *self.parts(type_).first()?;
                let index = self.annotation(element)?;
                let element = Element { kind: ElementKind::Item, key: None, value: index };
                Some(self.builder.allocate(AllocationKind::Array, &[element], span))
            }
            _ => self.type_value(type_),
        }
    }

    /// The class that a type names, without its arguments. None for primitive types and `var`.
    pub(super) fn type_value(&mut self, type_: Node) -> Option<ValueId> {
        let tree = self.tree;
        let span = tree.span(type_);
        match tree.kind(type_) {
            Kind::TypeIdentifier | Kind::Identifier if tree.bytes(type_) == b"var" => None,
            Kind::TypeIdentifier | Kind::Identifier => {
                let name = self.intern(type_);
                Some(self.load_name(name, span))
            }
            Kind::ScopedType | Kind::ScopedIdentifier => {
                let parts = self.parts(type_);
                let (&scope, &name) = (parts.first()?, parts.last()?);
                let object = self.deeper(|this| this.type_value(scope)).flatten()?;
                let name = self.intern(name);
                Some(self.builder.emit(Op::LoadAttribute { object, name }, span))
            }
            Kind::GenericType | Kind::AnnotatedType => {
                let inner = *self.parts(type_).first()?;
                self.deeper(|this| this.type_value(inner)).flatten()
            }
            _ => None,
        }
    }

    /// `(a, b) -> …`
    pub(super) fn lambda(&mut self, node: Node) -> ValueId {
        self.function(node, self.tree.child(node, field::PARAMETERS))
    }

    /// The declared type of a local variable.
    pub(super) fn declare_local(&mut self, name: Node, type_: Option<Node>) {
        if let Some(annotation) = type_.and_then(|type_| self.annotation(type_)) {
            let span = self.tree.span(name);
            let name = self.intern(name);
            let (variable, _) = self.resolve(name);
            self.builder.emit(Op::DeclareName { variable, annotation }, span);
        }
    }

    /// The name of a pattern's or parameter's variable.
    pub(super) fn last_identifier(&self, node: Node) -> Option<Node> {
        match self.tree.kind(node) {
            Kind::Parameter | Kind::SpreadParameter => parameter_name(self.tree, node),
            _ => self.tree.children(node).filter(|&child| self.tree.kind(child) == Kind::Identifier).last(),
        }
    }
}
