//! Files, functions, methods, types, constants and variables.

use super::Lowerer;
use super::kinds::{Kind, field};
use super::scopes::{ImportName, import_name, import_path, parameters};
use crate::ir::*;
use crate::nesting::Nested;
use crate::tree::Node;

impl Lowerer<'_> {
    pub(super) fn file(&mut self, node: Node) {
        if self.tree.records.is_empty() {
            return;
        }
        let (tree, members) = (self.tree, self.parts(node));
        for &member in members.iter().filter(|&&member| tree.kind(member) == Kind::Import) {
            self.statement(member);
        }
        // Types, functions and methods are there before any variable is given its value.
        for wanted in [Kind::Type, Kind::Function, Kind::Method] {
            for &member in members.iter().filter(|&&member| tree.kind(member) == wanted) {
                self.statement(member);
            }
        }
        for member in members {
            if !matches!(tree.kind(member), Kind::Import | Kind::Type | Kind::Function | Kind::Method) {
                self.statement(member);
            }
        }
    }

    /// An import or a list of imports.
    pub(super) fn import(&mut self, node: Node) {
        let tree = self.tree;
        if tree.kind(node) != Kind::ImportSpec {
            for part in self.parts(node) {
                self.import(part);
            }
            return;
        }
        let span = tree.span(node);
        let path = self.names.intern(&import_path(tree, node));
        let module = self.builder.emit(Op::ImportModule { path, level: 0, root: false }, span);
        match import_name(tree, node) {
            ImportName::All => {
                self.builder.emit(Op::ImportAll(module), span);
            }
            ImportName::Bound(name) => {
                let name = self.names.intern(&name);
                self.store_name(name, module, span);
            }
            ImportName::None => {}
        }
    }

    /// `func f(…) …`, `func (r T) m(…) …`
    pub(super) fn function_declaration(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        // One without a body is written in another language.
        if self.scopes.body_at(node).is_none() {
            return;
        }
        let value = self.function(node);
        let Some(name) = tree.child(node, field::NAME) else { return };
        if tree.kind(node) == Kind::Function {
            return self.store_node(name, value);
        }
        let receiver = tree.child(node, field::RECEIVER).and_then(|list| parameters(tree, list).first().copied());
        let type_ = receiver.and_then(|(_, declaration)| tree.child(declaration, field::TYPE));
        if let Some(object) = type_.and_then(|type_| self.type_value(type_)) {
            let name = self.intern(name);
            self.builder.emit(Op::StoreAttribute { object, name, value }, span);
        }
    }

    /// Make a function of a declaration or literal.
    pub(super) fn function(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let Some(body) = self.scopes.body_at(node) else { return self.unknown(node) };
        let lists = [field::RECEIVER, field::PARAMETERS].into_iter().filter_map(|list| tree.child(node, list));
        let all: Vec<(Option<Node>, Node)> = lists.flat_map(|list| parameters(tree, list)).collect();
        let mut annotations = Vec::new();
        for (index, (_, declaration)) in all.into_iter().enumerate() {
            let type_ = tree.child(declaration, field::TYPE);
            if let Some(value) = type_.and_then(|type_| self.annotation(type_)) {
                annotations.push((index as u32, value));
            }
        }
        let result = tree.child(node, field::RESULT).filter(|&result| tree.kind(result) != Kind::Parameters);
        if let Some(value) = result.and_then(|result| self.annotation(result)) {
            annotations.push((RETURN_TYPE, value));
        }
        self.builder.make_function(body, &[], &annotations, tree.span(node))
    }

    /// A declared type: a type fact.
    pub(super) fn annotation(&mut self, type_: Node) -> Option<ValueId> {
        let before = std::mem::replace(&mut self.builder.in_annotation, true);
        let value = self.type_value(type_);
        self.builder.in_annotation = before;
        value
    }

    /// The type that is named, without its arguments; a pointer is what it points to. None for types without a name.
    pub(super) fn type_value(&mut self, type_: Node) -> Option<ValueId> {
        let tree = self.tree;
        let span = tree.span(type_);
        match tree.kind(type_) {
            Kind::TypeIdentifier | Kind::Identifier => {
                let name = self.intern(type_);
                Some(self.load_name(name, span))
            }
            Kind::QualifiedType => {
                let (package, name) = (tree.child(type_, field::PACKAGE)?, tree.child(type_, field::NAME)?);
                let (package_name, name) = (self.intern(package), self.intern(name));
                let object = self.load_name(package_name, tree.span(package));
                Some(self.builder.emit(Op::LoadAttribute { object, name }, span))
            }
            Kind::GenericType | Kind::PointerType | Kind::ParenthesizedType | Kind::TypeElement => {
                let inner = *self.parts(type_).first()?;
                self.deeper(|this| this.type_value(inner)).flatten()
            }
            _ => None,
        }
    }

    /// `type T …`
    pub(super) fn type_spec(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let (Some(name), Some(type_)) = (tree.child(node, field::NAME), tree.child(node, field::TYPE)) else { return };
        // A type's name is known in its own definition.
        self.follow(node);
        let value = match self.scopes.body_at(node) {
            Some(body) => {
                let bases: Vec<Argument> = self
                    .embedded(type_)
                    .into_iter()
                    .filter_map(|base| self.type_value(base))
                    .map(|value| Argument { kind: ArgumentKind::Positional, value })
                    .collect();
                self.builder.make_class(body, &bases, span)
            }
            None => self.type_value(type_).unwrap_or_else(|| self.unknown(type_)),
        };
        self.store_node(name, value);
    }

    /// What a struct or interface embeds.
    fn embedded(&self, type_: Node) -> Vec<Node> {
        let tree = self.tree;
        let mut found = Vec::new();
        for part in self.parts(type_) {
            match tree.kind(part) {
                Kind::FieldList => {
                    for declaration in self.parts(part) {
                        if tree.child(declaration, field::NAME).is_none() {
                            found.extend(tree.child(declaration, field::TYPE));
                        }
                    }
                }
                Kind::TypeElement if self.parts(part).len() == 1 => found.push(part),
                _ => {}
            }
        }
        found
    }

    /// The fields of a struct with their types.
    pub(super) fn type_body(&mut self, node: Node) {
        let tree = self.tree;
        let Some(type_) = tree.child(node, field::TYPE) else { return };
        let Some(list) = self.child_of_kind(type_, Kind::FieldList) else { return };
        for declaration in self.parts(list) {
            let Some(type_) = tree.child(declaration, field::TYPE) else { continue };
            for name in self.in_field(declaration, field::NAME) {
                let span = tree.span(name);
                let object = self.builder.emit(Op::This, span);
                if let Some(annotation) = self.annotation(type_) {
                    let name = self.intern(name);
                    self.builder.emit(Op::DeclareAttribute { object, name, annotation }, span);
                }
            }
        }
    }

    /// `const ( A = iota; B )`: a specification without values repeats those before it.
    pub(super) fn constants(&mut self, node: Node) {
        let tree = self.tree;
        let mut repeated: Vec<Node> = Vec::new();
        let specs: Vec<Node> =
            self.parts(node).into_iter().filter(|&part| tree.kind(part) == Kind::ConstSpec).collect();
        for (index, spec) in specs.into_iter().enumerate() {
            let before = std::mem::replace(&mut self.iota, index as i64);
            let written = self.list(spec, field::VALUE);
            if !written.is_empty() {
                repeated = written;
            }
            let values: Vec<ValueId> = repeated.iter().map(|&value| self.expression(value)).collect();
            self.iota = before;
            self.follow(spec);
            for (name, value) in self.in_field(spec, field::NAME).into_iter().zip(values) {
                self.store_node(name, value);
            }
        }
    }

    /// `var a, b T = x, y`
    pub(super) fn variables(&mut self, node: Node) {
        let tree = self.tree;
        if tree.kind(node) != Kind::VarSpec {
            for part in self.parts(node) {
                self.variables(part);
            }
            return;
        }
        let names = self.in_field(node, field::NAME);
        let values = self.list(node, field::VALUE);
        let type_ = tree.child(node, field::TYPE);
        let values = if values.is_empty() {
            names.iter().map(|&name| self.zero(type_, name)).collect()
        } else {
            self.values(&values, names.len(), tree.span(node))
        };
        self.follow(node);
        for (name, value) in names.into_iter().zip(values) {
            self.store_node(name, value);
            if tree.bytes(name) != b"_"
                && let Some(annotation) = type_.and_then(|type_| self.annotation(type_))
            {
                let span = tree.span(name);
                let name = self.intern(name);
                let (variable, _) = self.resolve(name);
                self.builder.emit(Op::DeclareName { variable, annotation }, span);
            }
        }
    }

    /// What a variable of a type is before it is given a value.
    pub(super) fn zero(&mut self, type_: Option<Node>, name: Node) -> ValueId {
        let span = self.tree.span(name);
        let Some(type_) = type_ else { return self.unknown(name) };
        let constant = match self.tree.kind(type_) {
            Kind::TypeIdentifier => match self.tree.bytes(type_) {
                b"int" | b"int8" | b"int16" | b"int32" | b"int64" | b"uint" | b"uint8" | b"uint16" | b"uint32"
                | b"uint64" | b"uintptr" | b"byte" | b"rune" => Constant::Integer(0),
                b"float32" | b"float64" => Constant::Float(0.0),
                b"bool" => Constant::Boolean(false),
                b"string" => Constant::Text(self.names.intern("")),
                b"error" | b"any" => Constant::Null,
                // A type of the program: what its zero is depends on its definition.
                _ => return self.unknown(name),
            },
            Kind::PointerType
            | Kind::SliceType
            | Kind::MapType
            | Kind::ChannelType
            | Kind::FunctionType
            | Kind::InterfaceType => Constant::Null,
            Kind::ArrayType => return self.builder.allocate(AllocationKind::Array, &[], span),
            _ => return self.unknown(name),
        };
        self.builder.constant(constant, span)
    }
}
