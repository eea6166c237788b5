//! Modules: imports, exports and the file's own statements.

use codegraph_syntax::names::NameId;

use super::Lowerer;
use super::kinds::{Kind, field};
use crate::ir::*;
use crate::nesting::Nested;
use crate::scopes::FILE;
use crate::tree::Node;

impl Lowerer<'_> {
    pub(super) fn module(&mut self, node: Node) {
        if self.tree.records.is_empty() {
            return;
        }
        let statements: Vec<Node> = self.tree.children(node).collect();
        // Imports are bound before anything runs.
        for &statement in &statements {
            if self.tree.kind(statement) == Kind::Import {
                self.import(statement);
            }
        }
        self.statements(&statements);
    }

    fn source_of(&mut self, node: Node) -> Option<NameId> {
        let source = self.tree.child(node, field::SOURCE)?;
        let text = self.string_text(source);
        Some(self.names.intern(&text))
    }

    /// The name in a specifier, which may be a text.
    fn specifier_name(&mut self, node: Node) -> NameId {
        match self.tree.kind(node) {
            Kind::String => {
                let text = self.string_text(node);
                self.names.intern(&text)
            }
            _ => self.intern(node),
        }
    }

    fn import(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let parts = self.parts(node);
        if let Some(&clause) = parts.iter().find(|&&part| tree.kind(part) == Kind::ImportRequire) {
            let Some(path) = self.source_of(clause) else { return };
            let module = self.builder.emit(Op::ImportModule { path, level: 0, root: false }, span);
            if let Some(&name) = self.parts(clause).first() {
                self.assign(name, module);
            }
            return;
        }
        let Some(path) = self.source_of(node) else { return };
        let module = self.builder.emit(Op::ImportModule { path, level: 0, root: false }, span);
        let Some(&clause) = parts.iter().find(|&&part| tree.kind(part) == Kind::ImportClause) else { return };
        for part in self.parts(clause) {
            match tree.kind(part) {
                Kind::Identifier => {
                    let name = self.names.intern("default");
                    let value = self.builder.emit(Op::ImportMember { module, name }, tree.span(part));
                    self.assign(part, value);
                }
                Kind::NamespaceImport => {
                    if let Some(&name) = self.parts(part).first() {
                        self.assign(name, module);
                    }
                }
                Kind::NamedImports => {
                    for specifier in self.parts(part) {
                        let Some(imported) = tree.child(specifier, field::NAME) else { continue };
                        let bound = tree.child(specifier, field::ALIAS).unwrap_or(imported);
                        let name = self.specifier_name(imported);
                        let value = self.builder.emit(Op::ImportMember { module, name }, tree.span(specifier));
                        self.assign(bound, value);
                    }
                }
                _ => {}
            }
        }
    }

    /// `import A = N.M`
    pub(super) fn import_alias(&mut self, node: Node) {
        let [name, target] = self.parts(node)[..] else { return };
        let value = self.qualified(target);
        self.assign(name, value);
        if self.has_token(node, b"export") {
            self.export_name(name);
        }
    }

    fn qualified(&mut self, node: Node) -> ValueId {
        match self.parts(node)[..] {
            [object, name] if self.tree.kind(node) == Kind::NestedIdentifier => {
                let object = self.deeper(|this| this.qualified(object)).unwrap_or_else(|| self.unknown(node));
                let name = self.intern(name);
                self.builder.emit(Op::LoadAttribute { object, name }, self.tree.span(node))
            }
            _ => self.expression(node),
        }
    }

    pub(super) fn export(&mut self, node: Node) {
        let tree = self.tree;
        if let Some(path) = self.source_of(node) {
            return self.reexport(node, path);
        }
        let decorators: Vec<Node> = tree.children(node).filter(|&child| tree.kind(child) == Kind::Decorator).collect();
        let is_default = self.has_token(node, b"default");
        if let Some(declared) = tree.child(node, field::DECLARATION) {
            match tree.kind(declared) {
                Kind::Class | Kind::AbstractClass => self.class_declaration(declared, &decorators),
                _ => self.statement(declared),
            }
            match tree.child(declared, field::NAME) {
                Some(name) if is_default => {
                    let id = self.intern(name);
                    self.export_as("default", id);
                }
                _ => self.export_declared(declared),
            }
        } else if let Some(value) = tree.child(node, field::VALUE) {
            let span = tree.span(value);
            let value = match tree.kind(value) {
                Kind::ClassExpression => self.class(value, &decorators),
                _ => self.expression(value),
            };
            let name = self.names.intern("default");
            self.within(Some(FILE), |this| {
                this.store_name(name, value, span);
                this.export_as("default", name);
            });
        } else if let Some(clause) = tree.children(node).find(|&child| tree.kind(child) == Kind::ExportClause) {
            for specifier in self.parts(clause) {
                let Some(local) = tree.child(specifier, field::NAME) else { continue };
                let exported = tree.child(specifier, field::ALIAS).unwrap_or(local);
                let (local, exported) = (self.specifier_name(local), self.specifier_name(exported));
                self.export_variable(exported, local, tree.span(specifier));
            }
        } else if self.has_token(node, b"=") {
            // `export = value` is `module.exports = value`.
            if let Some(&value) = self.parts(node).last() {
                let span = tree.span(node);
                let value = self.expression(value);
                let (module, exports) = (self.names.intern("module"), self.names.intern("exports"));
                let object = self.load_name(module, span);
                self.builder.emit(Op::StoreAttribute { object, name: exports, value }, span);
            }
        }
    }

    /// Export what a declaration binds.
    fn export_declared(&mut self, declared: Node) {
        let tree = self.tree;
        match tree.kind(declared) {
            Kind::Variables | Kind::Lexical | Kind::Using => {
                for declarator in self.parts(declared) {
                    if let Some(name) = tree.child(declarator, field::NAME) {
                        for bound in self.bound_names(name) {
                            self.export_name(bound);
                        }
                    }
                }
            }
            Kind::ExpressionStatement => {
                for part in self.parts(declared) {
                    self.export_declared(part);
                }
            }
            Kind::TypeAlias | Kind::Ambient | Kind::FunctionSignature => {}
            _ => {
                let name = tree.child(declared, field::NAME).and_then(|name| {
                    (name..tree.after(name))
                        .find(|&part| matches!(tree.kind(part), Kind::Identifier | Kind::TypeIdentifier))
                });
                if let Some(name) = name {
                    self.export_name(name);
                }
            }
        }
    }

    /// The nodes of the names that a pattern binds.
    fn bound_names(&self, pattern: Node) -> Vec<Node> {
        let tree = self.tree;
        let mut pending = vec![pattern];
        let mut found = Vec::new();
        while let Some(node) = pending.pop() {
            match tree.kind(node) {
                Kind::Identifier | Kind::ShorthandPattern => found.push(node),
                Kind::ObjectPattern | Kind::ArrayPattern | Kind::RestPattern => pending.extend(self.parts(node)),
                Kind::PairPattern => pending.extend(tree.child(node, field::VALUE)),
                Kind::AssignmentPattern | Kind::ObjectAssignmentPattern => {
                    pending.extend(tree.child(node, field::LEFT))
                }
                _ => {}
            }
        }
        found.sort_unstable();
        found
    }

    fn export_name(&mut self, name: Node) {
        let id = self.intern(name);
        self.export_variable(id, id, self.tree.span(name));
    }

    fn export_as(&mut self, exported: &str, local: NameId) {
        let exported = self.names.intern(exported);
        self.export_variable(exported, local, Span::default());
    }

    /// Export a variable: of the file, or of the namespace around.
    fn export_variable(&mut self, exported: NameId, local: NameId, span: Span) {
        if let Some(&object) = self.namespaces.last() {
            let value = self.load_name(local, span);
            self.builder.emit(Op::StoreAttribute { object, name: exported, value }, span);
            return;
        }
        if let (variable, Storage::Global { variable: Some(_) }) = self.resolve(local) {
            self.exports.push(Export { name: exported, target: ExportTarget::Variable(variable) });
        }
    }

    fn reexport(&mut self, node: Node, path: NameId) {
        let tree = self.tree;
        let mut is_all = true;
        for part in self.parts(node) {
            match tree.kind(part) {
                Kind::ExportClause => {
                    is_all = false;
                    for specifier in self.parts(part) {
                        let Some(member) = tree.child(specifier, field::NAME) else { continue };
                        let exported = tree.child(specifier, field::ALIAS).unwrap_or(member);
                        let (member, name) = (self.specifier_name(member), self.specifier_name(exported));
                        self.exports.push(Export { name, target: ExportTarget::Member { path, name: member } });
                    }
                }
                Kind::NamespaceExport => {
                    is_all = false;
                    if let Some(&name) = self.parts(part).last() {
                        let name = self.specifier_name(name);
                        self.exports.push(Export { name, target: ExportTarget::Module { path } });
                    }
                }
                _ => {}
            }
        }
        if is_all {
            let name = self.names.intern("*");
            self.exports.push(Export { name, target: ExportTarget::All { path } });
        }
    }
}
