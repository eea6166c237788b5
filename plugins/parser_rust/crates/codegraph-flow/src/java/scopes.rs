//! Which names the scopes of Java bind.
//!
//! The file, classes, methods, constructors, lambdas and the initializers of a class's objects have bodies of their own;
//! blocks, loops, `switch` groups, `catch` and `try` with resources are scopes in the body around them. Members of
//! classes are no variables: a name that no scope binds is a member of a class around or inherited, or a class.

use std::ops::{Deref, DerefMut};

use codegraph_syntax::names::{NameId, Names};

use super::kinds::{Kind, field};
use crate::ir::*;
use crate::scopes::{FILE, Finder, ScopeId, ScopeKind, Scopes};
use crate::tree::{Node, Tree};

type JavaTree<'t> = Tree<'t, Kind>;

struct Search<'t, 'n> {
    tree: JavaTree<'t>,
    names: &'n mut Names,
    finder: Finder,
    has_wildcard_import: bool,
}

impl Deref for Search<'_, '_> {
    type Target = Finder;

    fn deref(&self) -> &Finder {
        &self.finder
    }
}

impl DerefMut for Search<'_, '_> {
    fn deref_mut(&mut self) -> &mut Finder {
        &mut self.finder
    }
}

/// What finding scopes gives.
pub(crate) struct Found {
    pub(crate) scopes: Scopes,
    pub(crate) bodies: Vec<Body>,
    pub(crate) has_wildcard_import: bool,
}

/// Find the scopes, bodies and bindings of a file.
pub(crate) fn find(tree: JavaTree<'_>, names: &mut Names) -> Found {
    let empty = names.intern("");
    let finder = Finder::new(tree.records.len(), empty, Span { start: 0, end: tree.source.len() as u32 });
    let mut search = Search { tree, names, finder, has_wildcard_import: false };
    for node in 0..tree.records.len() {
        search.arrive(node, tree.after(node));
        search.visit(node);
    }
    let Search { finder, has_wildcard_import, .. } = search;
    Found { scopes: finder.scopes, bodies: finder.bodies, has_wildcard_import }
}

/// Say whether a class, member or block is marked `static`.
pub(crate) fn is_static(tree: JavaTree<'_>, member: Node) -> bool {
    tree.children(member)
        .filter(|&child| tree.kind(child) == Kind::Modifiers)
        .any(|modifiers| tree.children(modifiers).any(|word| tree.bytes(word) == b"static"))
}

/// The parameter nodes of a list, or the one of a lambda without brackets.
pub(crate) fn parameters(tree: JavaTree<'_>, list: Node) -> Vec<Node> {
    match tree.kind(list) {
        Kind::Identifier => vec![list],
        _ => tree
            .children(list)
            .filter(|&child| matches!(tree.kind(child), Kind::Parameter | Kind::SpreadParameter | Kind::Identifier))
            .collect(),
    }
}

/// The name of a parameter.
pub(crate) fn parameter_name(tree: JavaTree<'_>, parameter: Node) -> Option<Node> {
    match tree.kind(parameter) {
        Kind::Identifier => Some(parameter),
        Kind::SpreadParameter => {
            let declarator = tree.children(parameter).find(|&child| tree.kind(child) == Kind::Declarator)?;
            tree.child(declarator, field::NAME)
        }
        _ => tree.child(parameter, field::NAME),
    }
}

impl Search<'_, '_> {
    fn name(&mut self, node: Node) -> NameId {
        self.names.intern(&self.tree.text(node))
    }

    fn bind_node(&mut self, scope: ScopeId, node: Option<Node>) {
        if let Some(node) = node {
            let name = self.name(node);
            self.bind(scope, name);
        }
    }

    fn visit(&mut self, node: Node) {
        let tree = self.tree;
        let here = self.here();
        match tree.kind(node) {
            Kind::Class | Kind::Interface | Kind::Enum | Kind::Record | Kind::AnnotationType => {
                // Members are no variables; classes of the file and of blocks are.
                if here == FILE || self.body_of(here).kind != BodyKind::Class {
                    self.bind_node(here, tree.child(node, field::NAME));
                }
                self.class(node, here);
            }
            Kind::New | Kind::EnumConstant => {
                if let Some(body) = self.class_body_of(node) {
                    let number = self.next_anonymous(here);
                    let name = self.names.intern(&format!("<class{number}>"));
                    let scope = self.open_body(node, BodyKind::Class, name, Some(here), tree.span(node), None);
                    self.enter_at(body, scope);
                    self.initializer(body, scope);
                }
            }
            Kind::Method | Kind::Constructor if tree.child(node, field::BODY).is_some() => {
                let list = tree.child(node, field::PARAMETERS);
                self.function(node, here, list, BodyKind::Function);
            }
            Kind::CompactConstructor => {
                let list = self.record_header(node);
                self.function(node, here, list, BodyKind::Function);
            }
            Kind::Lambda => {
                let list = tree.child(node, field::PARAMETERS);
                self.function(node, here, list, BodyKind::Lambda);
            }
            Kind::Block | Kind::For | Kind::ForEach | Kind::SwitchBlock | Kind::Catch | Kind::TryResources
                if self.scopes.inside(node).is_none() =>
            {
                let scope = self.open_block(node, ScopeKind::Block);
                if tree.kind(node) == Kind::ForEach {
                    self.bind_node(scope, tree.child(node, field::NAME));
                }
                self.reenter(node, tree.after(node));
            }
            Kind::SwitchRule => {
                self.open_block(node, ScopeKind::Block);
                self.reenter(node, tree.after(node));
            }
            Kind::LocalVariable => {
                for declarator in tree.children(node).filter(|&child| tree.kind(child) == Kind::Declarator) {
                    self.bind_node(here, tree.child(declarator, field::NAME));
                }
            }
            Kind::Resource | Kind::CatchParameter => self.bind_node(here, tree.child(node, field::NAME)),
            Kind::InstanceOf => self.bind_node(here, tree.child(node, field::NAME)),
            Kind::TypePattern | Kind::RecordPatternComponent => {
                let name = tree.children(node).filter(|&child| tree.kind(child) == Kind::Identifier).last();
                self.bind_node(here, name);
            }
            Kind::Import => self.import(node),
            _ => {}
        }
    }

    fn class_body_of(&self, node: Node) -> Option<Node> {
        self.tree.children(node).find(|&child| self.tree.kind(child) == Kind::ClassBody)
    }

    /// The parameters of the record around a compact constructor.
    fn record_header(&self, constructor: Node) -> Option<Node> {
        let tree = self.tree;
        let record = (0..constructor)
            .rev()
            .find(|&at| tree.kind(at) == Kind::Record && tree.after(at) >= tree.after(constructor))?;
        tree.child(record, field::PARAMETERS)
    }

    fn class(&mut self, node: Node, here: ScopeId) {
        let tree = self.tree;
        let name_node = tree.child(node, field::NAME);
        let name = match name_node {
            Some(name) => self.name(name),
            None => self.names.intern(""),
        };
        let name_span = name_node.map(|name| tree.span(name));
        let scope = self.open_body(node, BodyKind::Class, name, Some(here), tree.span(node), name_span);
        let Some(body) = tree.child(node, field::BODY) else { return };
        self.enter_at(body, scope);
        self.initializer(body, scope);
        if let Some(list) = tree.child(node, field::PARAMETERS)
            && tree.kind(node) == Kind::Record
            && !self.has_canonical_constructor(body, list)
        {
            self.function(list, scope, Some(list), BodyKind::Function);
        }
    }

    /// Say whether a record's body has a compact constructor or one with as many parameters as the record.
    fn has_canonical_constructor(&self, body: Node, header: Node) -> bool {
        let tree = self.tree;
        let count = parameters(tree, header).len();
        tree.children(body).any(|member| match tree.kind(member) {
            Kind::CompactConstructor => true,
            Kind::Constructor => {
                tree.child(member, field::PARAMETERS).is_some_and(|list| parameters(tree, list).len() == count)
            }
            _ => false,
        })
    }

    /// Values of instance fields and instance initializers are evaluated for each object, in a body of their own.
    fn initializer(&mut self, body: Node, scope: ScopeId) {
        let tree = self.tree;
        let mut members: Vec<Node> = tree.children(body).collect();
        if let Some(&declarations) = members.iter().find(|&&child| tree.kind(child) == Kind::EnumDeclarations) {
            members.extend(tree.children(declarations));
        }
        let owned: Vec<Node> = members
            .into_iter()
            .filter(|&member| match tree.kind(member) {
                Kind::Block => true,
                Kind::Field => !is_static(tree, member) && tree.kind(body) != Kind::InterfaceBody,
                _ => false,
            })
            .collect();
        if owned.is_empty() {
            return;
        }
        let name = self.names.intern("<fields>");
        let inner = self.open_body(body, BodyKind::Initializer, name, Some(scope), tree.span(body), None);
        for member in owned {
            if tree.kind(member) == Kind::Block {
                let owner = self.scopes.body_of(inner);
                let block = self.open_scope(Some(inner), owner, ScopeKind::Block);
                self.enter_at(member, block);
            } else {
                self.enter_at(member, inner);
            }
        }
    }

    fn function(&mut self, node: Node, outer: ScopeId, list: Option<Node>, kind: BodyKind) {
        let tree = self.tree;
        let name_node = tree.child(node, field::NAME).filter(|_| kind == BodyKind::Function && Some(node) != list);
        let name = match name_node {
            Some(name) => self.name(name),
            None if kind == BodyKind::Lambda => {
                let number = self.next_anonymous(outer);
                self.names.intern(&format!("<lambda{number}>"))
            }
            None => self.body_of(outer).name,
        };
        let name_span = name_node.map(|name| tree.span(name));
        let scope = self.open_body(node, kind, name, Some(outer), tree.span(node), name_span);
        if let Some(body) = tree.child(node, field::BODY) {
            self.enter_at(body, scope);
        }
        for parameter in list.map_or_else(Vec::new, |list| parameters(tree, list)) {
            let Some(name) = parameter_name(tree, parameter) else { continue };
            let name = self.name(name);
            let variable = Some(self.bind(scope, name));
            let kind = match tree.kind(parameter) {
                Kind::SpreadParameter => ParameterKind::Rest,
                _ => ParameterKind::PositionalOnly,
            };
            let span = tree.span(parameter);
            self.body_of(scope).parameters.push(Parameter { name, kind, variable, has_default: false, span });
        }
    }

    fn import(&mut self, node: Node) {
        let tree = self.tree;
        if tree.children(node).any(|child| tree.kind(child) == Kind::Asterisk) {
            self.has_wildcard_import = true;
            return;
        }
        let name = tree
            .children(node)
            .find(|&child| matches!(tree.kind(child), Kind::ScopedIdentifier | Kind::Identifier))
            .and_then(|path| tree.child(path, field::NAME).or(Some(path)));
        self.bind_node(FILE, name);
    }
}
