//! Functions, classes, enums and namespaces, and their bodies.

use super::Lowerer;
use super::kinds::{Kind, field};
use super::scopes::is_static;
use crate::ir::*;
use crate::nesting::Nested;
use crate::tree::Node;

impl Lowerer<'_> {
    /// The nodes of parameters, as `scopes` numbers them: (whole, target).
    fn parameters(&self, function: Node) -> Vec<(Node, Node)> {
        let tree = self.tree;
        if let Some(single) = tree.child(function, field::PARAMETER) {
            return vec![(single, single)];
        }
        let Some(list) = tree.child(function, field::PARAMETERS) else { return Vec::new() };
        let mut parameters = Vec::new();
        for child in self.parts(list) {
            let target = match tree.kind(child) {
                Kind::Decorator => None,
                Kind::RequiredParameter | Kind::OptionalParameter => tree.child(child, field::PATTERN),
                _ => Some(child),
            };
            parameters.extend(target.filter(|&target| tree.kind(target) != Kind::This).map(|target| (child, target)));
        }
        parameters
    }

    /// Make a function; one with a name that only it sees binds that.
    pub(super) fn function(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        let Some(body) = self.scopes.body_at(node) else { return self.unknown(node) };
        let mut annotations = Vec::new();
        for (index, (whole, _)) in self.parameters(node).into_iter().enumerate() {
            if let Some(value) = tree.child(whole, field::TYPE).and_then(|type_| self.annotation(type_)) {
                annotations.push((index as u32, value));
            }
        }
        if let Some(value) = tree.child(node, field::RETURN_TYPE).and_then(|type_| self.annotation(type_)) {
            annotations.push((RETURN_TYPE, value));
        }
        let value = self.builder.make_function(body, &[], &annotations, span);
        if matches!(tree.kind(node), Kind::FunctionExpression | Kind::GeneratorExpression) {
            self.bind_own_name(node, body, value);
        }
        value
    }

    /// The name of a function or class expression is bound in a scope around its body.
    fn bind_own_name(&mut self, node: Node, body: BodyId, value: ValueId) {
        let Some(name) = self.tree.child(node, field::NAME) else { return };
        let scope = self.scopes.parent(self.scopes.body_scopes[body.index()]);
        let id = self.intern(name);
        self.within(scope, |this| this.store_name(id, value, this.tree.span(name)));
    }

    pub(super) fn function_body(&mut self, node: Node) {
        let tree = self.tree;
        let parameters = self.parameters(node);
        for (index, &(whole, target)) in parameters.iter().enumerate() {
            let span = tree.span(whole);
            let value = self.builder.emit(Op::Parameter(index as u32), span);
            let (target, default) = match tree.kind(target) {
                Kind::AssignmentPattern => {
                    (tree.child(target, field::LEFT).unwrap_or(target), tree.child(target, field::RIGHT))
                }
                _ if whole != target => (target, tree.child(whole, field::VALUE)),
                _ => (target, None),
            };
            let value = match default {
                Some(default) => self.unless_undefined(value, span, |this| this.expression(default)),
                None => value,
            };
            self.assign(target, value);
        }
        if let Some(all) = self.builder.body.parameters.get(parameters.len()).copied()
            && let (ParameterKind::All, Some(variable)) = (all.kind, all.variable)
        {
            let value = self.builder.emit(Op::Parameter(parameters.len() as u32), all.span);
            self.builder.emit(Op::StoreName { variable, value }, all.span);
        }
        self.parameter_properties(&parameters);
        let Some(body) = tree.child(node, field::BODY) else { return };
        if tree.kind(body) == Kind::Block {
            self.block(body);
        } else {
            let value = self.expression(body);
            self.builder.end_return(Some(value), tree.span(body));
        }
    }

    /// `constructor(private x: T)` gives the object a property.
    fn parameter_properties(&mut self, parameters: &[(Node, Node)]) {
        let tree = self.tree;
        for &(whole, target) in parameters {
            let has_modifier = tree.children(whole).any(|child| {
                tree.kind(child) == Kind::Accessibility
                    || self.is_token(child, b"readonly")
                    || self.is_token(child, b"override")
            });
            if !has_modifier || whole == target || tree.kind(target) != Kind::Identifier {
                continue;
            }
            let span = tree.span(target);
            let name = self.intern(target);
            let object = self.builder.emit(Op::This, span);
            let value = self.load_name(name, span);
            self.builder.emit(Op::StoreAttribute { object, name, value }, span);
        }
    }

    /// A declared type as a value, where it can name a class: `T`, `N.T`, `T[]`, `G<T>`, `A | B`.
    pub(super) fn annotation(&mut self, type_: Node) -> Option<ValueId> {
        let before = std::mem::replace(&mut self.builder.in_annotation, true);
        let value = self.deeper(|this| this.type_value(type_)).flatten();
        self.builder.in_annotation = before;
        value
    }

    fn type_value(&mut self, type_: Node) -> Option<ValueId> {
        let tree = self.tree;
        let span = tree.span(type_);
        match tree.kind(type_) {
            Kind::TypeAnnotation | Kind::ParenthesizedType | Kind::ReadonlyType => {
                let inner = *self.parts(type_).first()?;
                self.annotation(inner)
            }
            Kind::TypeIdentifier | Kind::Identifier => {
                let name = self.intern(type_);
                Some(self.load_name(name, span))
            }
            Kind::NestedTypeIdentifier | Kind::NestedIdentifier | Kind::Member => {
                let [object, name] = self.parts(type_)[..] else { return None };
                let object = self.annotation(object)?;
                let name = self.intern(name);
                Some(self.builder.emit(Op::LoadAttribute { object, name }, span))
            }
            Kind::GenericType => {
                let parts = self.parts(type_);
                let object = self.annotation(*parts.first()?)?;
                let list = parts.into_iter().find(|&part| tree.kind(part) == Kind::TypeArguments);
                let mut arguments = Vec::new();
                for argument in list.map_or_else(Vec::new, |list| self.parts(list)) {
                    arguments.push(self.annotation(argument).unwrap_or_else(|| self.unknown(argument)));
                }
                Some(self.builder.generic_type(object, &arguments, span))
            }
            Kind::ArrayType => {
                let inner = *self.parts(type_).first()?;
                let index = self.annotation(inner)?;
                let name = self.names.intern("Array");
                let object = self.load_name(name, span);
                Some(self.builder.emit(Op::LoadIndex { object, index }, span))
            }
            Kind::UnionType => {
                let values: Vec<ValueId> =
                    self.parts(type_).into_iter().filter_map(|part| self.annotation(part)).collect();
                values.into_iter().reduce(|left, right| {
                    let operator = BinaryOperator::BitOr;
                    self.builder.emit(Op::Binary { operator, in_place: false, left, right }, span)
                })
            }
            _ => None,
        }
    }

    pub(super) fn class_declaration(&mut self, node: Node, decorators: &[Node]) {
        let value = self.class(node, decorators);
        if let Some(name) = self.tree.child(node, field::NAME) {
            let id = self.intern(name);
            self.store_name(id, value, self.tree.span(name));
        }
    }

    /// Make a class, with the decorators before it and its own.
    pub(super) fn class(&mut self, node: Node, before: &[Node]) -> ValueId {
        let tree = self.tree;
        let own = tree.children(node).filter(|&child| tree.kind(child) == Kind::Decorator);
        let decorators: Vec<Node> = before.iter().copied().chain(own).collect();
        let callees = self.decorators(&decorators);
        let mut bases = Vec::new();
        if let Some(heritage) = tree.children(node).find(|&child| tree.kind(child) == Kind::Heritage) {
            self.bases(heritage, &mut bases);
        }
        let Some(body) = self.scopes.body_at(node) else { return self.unknown(node) };
        let mut value = self.builder.make_class(body, &bases, tree.span(node));
        if tree.kind(node) == Kind::ClassExpression {
            self.bind_own_name(node, body, value);
        }
        for (callee, span) in callees.into_iter().rev() {
            value = self.decorate(callee, value, span);
        }
        value
    }

    fn bases(&mut self, heritage: Node, bases: &mut Vec<Argument>) {
        let tree = self.tree;
        let positional = |value| Argument { kind: ArgumentKind::Positional, value };
        for clause in self.parts(heritage) {
            match tree.kind(clause) {
                Kind::Extends => {
                    for base in tree.children(clause).filter(|&child| tree.field_of(child) == field::VALUE) {
                        bases.push(positional(self.expression(base)));
                    }
                }
                Kind::Implements => {
                    for type_ in self.parts(clause) {
                        bases.extend(self.annotation(type_).map(positional));
                    }
                }
                _ => bases.push(positional(self.expression(clause))),
            }
        }
    }

    /// The values of decorators, in the order in which they are written.
    fn decorators(&mut self, decorators: &[Node]) -> Vec<(ValueId, Span)> {
        let mut callees = Vec::new();
        for &decorator in decorators {
            if let Some(&expression) = self.parts(decorator).first() {
                callees.push((self.expression(expression), self.tree.span(expression)));
            }
        }
        callees
    }

    /// Apply a decorator: what it returns takes the place of what it decorates, unless that is `undefined`.
    fn decorate(&mut self, callee: ValueId, value: ValueId, span: Span) -> ValueId {
        let argument = Argument { kind: ArgumentKind::Positional, value };
        let result = self.builder.call(callee, None, CallForm::Decorator, &[argument], span);
        self.unless_undefined(result, span, |_| value)
    }

    pub(super) fn class_body(&mut self, node: Node) {
        let tree = self.tree;
        let Some(body) = tree.child(node, field::BODY) else { return };
        let mut decorators = Vec::new();
        for member in self.parts(body) {
            match tree.kind(member) {
                Kind::Decorator => {
                    decorators.push(member);
                    continue;
                }
                Kind::Method => self.method(member, &decorators),
                Kind::FieldJs | Kind::FieldTs if is_static(tree, member) => self.static_field(member, &decorators),
                Kind::FieldJs | Kind::FieldTs => {
                    self.field_decorators(member, &decorators);
                }
                Kind::StaticBlock => {
                    if let Some(block) = tree.child(member, field::BODY) {
                        self.block(block);
                    }
                }
                _ => {}
            }
            decorators.clear();
        }
        if let Some(fields) = self.scopes.body_at(body) {
            let span = tree.span(body);
            let value = self.builder.make_function(fields, &[], &[], span);
            let key = self.text_constant("<fields>", span);
            self.builder.emit(Op::DefineMember { key, value, kind: MemberKind::Initializer, is_static: false }, span);
        }
    }

    fn method(&mut self, member: Node, before: &[Node]) {
        let tree = self.tree;
        let span = tree.span(member);
        let Some(name) = tree.child(member, field::NAME) else { return };
        let own = tree.children(member).filter(|&child| tree.kind(child) == Kind::Decorator);
        let decorators: Vec<Node> = before.iter().copied().chain(own).collect();
        let callees = self.decorators(&decorators);
        let key = self.property_key(name);
        let mut value = self.function(member);
        for (callee, span) in callees.into_iter().rev() {
            value = self.decorate(callee, value, span);
        }
        let is_static = is_static(tree, member);
        let kind = match () {
            () if self.has_token(member, b"get") => MemberKind::Getter,
            () if self.has_token(member, b"set") => MemberKind::Setter,
            () if !is_static && tree.bytes(name) == b"constructor" => MemberKind::Constructor,
            () => MemberKind::Method,
        };
        self.builder.emit(Op::DefineMember { key, value, kind, is_static }, span);
    }

    fn field_name(&self, member: Node) -> Option<Node> {
        self.tree.child(member, field::NAME).or_else(|| self.tree.child(member, field::PROPERTY))
    }

    fn field_decorators(&mut self, member: Node, before: &[Node]) {
        let tree = self.tree;
        let own = tree.children(member).filter(|&child| tree.kind(child) == Kind::Decorator);
        let decorators: Vec<Node> = before.iter().copied().chain(own).collect();
        for (callee, span) in self.decorators(&decorators).into_iter().rev() {
            let value = self.undefined(span);
            let argument = Argument { kind: ArgumentKind::Positional, value };
            self.builder.call(callee, None, CallForm::Decorator, &[argument], span);
        }
    }

    fn static_field(&mut self, member: Node, before: &[Node]) {
        let tree = self.tree;
        let span = tree.span(member);
        self.field_decorators(member, before);
        let Some(name) = self.field_name(member) else { return };
        let key = self.property_key(name);
        let value = match tree.child(member, field::VALUE) {
            Some(value) => self.expression(value),
            None => self.undefined(span),
        };
        self.builder.emit(Op::DefineMember { key, value, kind: MemberKind::Field, is_static: true }, span);
    }

    /// The instance fields of a class body: what each new object is given.
    pub(super) fn fields(&mut self, node: Node) {
        let tree = self.tree;
        for member in self.parts(node) {
            if !matches!(tree.kind(member), Kind::FieldJs | Kind::FieldTs)
                || is_static(tree, member)
                || self.has_token(member, b"declare")
            {
                continue;
            }
            let Some(name) = self.field_name(member) else { continue };
            let span = tree.span(member);
            let object = self.builder.emit(Op::This, span);
            let place = match tree.kind(name) {
                Kind::ComputedName => super::targets::Place::Index { object, index: self.first_of(name) },
                Kind::String => {
                    let text = self.string_text(name);
                    super::targets::Place::Attribute { object, name: self.names.intern(&text) }
                }
                _ => super::targets::Place::Attribute { object, name: self.intern(name) },
            };
            if let Some(value) = tree.child(member, field::VALUE) {
                let value = self.expression(value);
                self.store(place, value, span);
            }
            let annotation = tree.child(member, field::TYPE).and_then(|type_| self.annotation(type_));
            if let (super::targets::Place::Attribute { object, name }, Some(annotation)) = (place, annotation) {
                self.builder.emit(Op::DeclareAttribute { object, name, annotation }, span);
            }
        }
    }

    /// `enum E { A = 1, B }`: an object with a property for each member.
    pub(super) fn enumeration(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let Some(name) = tree.child(node, field::NAME) else { return };
        let mut elements = Vec::new();
        let mut next = Some(0);
        for member in tree.child(node, field::BODY).map_or_else(Vec::new, |body| self.parts(body)) {
            let member_span = tree.span(member);
            let (name, value) = match tree.kind(member) {
                Kind::EnumAssignment => (tree.child(member, field::NAME), tree.child(member, field::VALUE)),
                _ => (Some(member), None),
            };
            let Some(name) = name else { continue };
            let key = Some(self.property_key(name));
            let value = match (value, next) {
                (Some(value), _) => self.expression(value),
                (None, Some(number)) => self.builder.constant(Constant::Integer(number), member_span),
                (None, None) => self.unknown(member),
            };
            next = match self.builder.body.instruction(value).op {
                Op::Constant(Constant::Integer(number)) => number.checked_add(1),
                _ => None,
            };
            elements.push(Element { kind: ElementKind::Item, key, value });
        }
        let value = self.builder.allocate(AllocationKind::Object, &elements, span);
        let id = self.intern(name);
        self.store_name(id, value, tree.span(name));
    }

    /// `namespace N.M { … }`: an object whose properties are what is exported in the block.
    pub(super) fn namespace(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let (Some(name), Some(body)) = (tree.child(node, field::NAME), tree.child(node, field::BODY)) else { return };
        if tree.kind(name) == Kind::String {
            return; // What is declared of another module.
        }
        let path: Vec<Node> = (name..tree.after(name))
            .filter(|&part| matches!(tree.kind(part), Kind::Identifier | Kind::Property))
            .collect();
        let mut object = None;
        for part in path {
            let id = self.intern(part);
            let part_span = tree.span(part);
            // Declarations of one name are merged: an object that is there already is used on.
            let known = match object {
                Some(object) => self.builder.emit(Op::LoadAttribute { object, name: id }, part_span),
                None => self.load_name(id, part_span),
            };
            let outer = object;
            let made =
                self.unless_undefined(known, span, |this| this.builder.allocate(AllocationKind::Object, &[], span));
            match outer {
                Some(object) => {
                    self.builder.emit(Op::StoreAttribute { object, name: id, value: made }, part_span);
                }
                None => self.store_name(id, made, part_span),
            }
            object = Some(made);
        }
        let Some(object) = object else { return };
        self.namespaces.push(object);
        self.block(body);
        self.namespaces.pop();
    }
}
