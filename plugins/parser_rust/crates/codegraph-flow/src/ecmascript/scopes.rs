//! Which names the scopes of JavaScript and TypeScript bind.
//!
//! Modules, functions, classes and the initializers of a class's fields have bodies of their own. Blocks, loops,
//! `switch`, `catch`, namespaces and the names of function and class expressions are scopes in the body around them.
//! `var` binds in the nearest function, everything else where it stands.

use std::collections::HashSet;
use std::ops::{Deref, DerefMut};

use codegraph_syntax::names::{NameId, Names};

use super::kinds::{Kind, field};
use crate::ir::*;
use crate::scopes::{Finder, ScopeId, ScopeKind, Scopes};
use crate::tree::{Node, Tree};

type EcmaTree<'t> = Tree<'t, Kind>;

struct Search<'t, 'n> {
    tree: EcmaTree<'t>,
    names: &'n mut Names,
    finder: Finder,
    /// Names that nothing but blocks' own declarations may bind; none are known of a file in strict mode.
    lexical: Option<HashSet<NameId>>,
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

/// Find the scopes, bodies and bindings of a file.
pub(crate) fn find(tree: EcmaTree<'_>, names: &mut Names) -> (Scopes, Vec<Body>) {
    let empty = names.intern("");
    let finder = Finder::new(tree.records.len(), empty, Span { start: 0, end: tree.source.len() as u32 });
    let mut search = Search { tree, names, finder, lexical: None };
    search.lexical = search.lexical_names();
    let mut node = 0;
    while node < tree.records.len() {
        search.arrive(node, tree.after(node));
        node = search.visit(node);
    }
    (search.finder.scopes, search.finder.bodies)
}

impl Search<'_, '_> {
    fn name(&mut self, node: Node) -> NameId {
        self.names.intern(&self.tree.text(node))
    }

    /// Bind the names of a pattern; defaults and computed keys are only read.
    fn bind_pattern(&mut self, scope: ScopeId, pattern: Node) {
        let tree = self.tree;
        let mut pending = vec![pattern];
        while let Some(node) = pending.pop() {
            match tree.kind(node) {
                Kind::Identifier | Kind::ShorthandPattern | Kind::TypeIdentifier => {
                    let name = self.name(node);
                    self.bind(scope, name);
                }
                Kind::ObjectPattern | Kind::ArrayPattern | Kind::RestPattern => {
                    let from = pending.len();
                    pending.extend(tree.children(node));
                    pending[from..].reverse();
                }
                Kind::PairPattern => pending.extend(tree.child(node, field::VALUE)),
                Kind::AssignmentPattern | Kind::ObjectAssignmentPattern => {
                    pending.extend(tree.child(node, field::LEFT));
                }
                _ => {}
            }
        }
    }

    fn bind_declarators(&mut self, scope: ScopeId, node: Node) {
        for child in self.tree.children(node) {
            if self.tree.kind(child) == Kind::Declarator
                && let Some(name) = self.tree.child(child, field::NAME)
            {
                self.bind_pattern(scope, name);
            }
        }
    }

    /// Collect the names that a file declares as parameters, classes, or by `let` and `const`; none in strict mode.
    fn lexical_names(&mut self) -> Option<HashSet<NameId>> {
        let tree = self.tree;
        let is_module = |node| matches!(tree.kind(node), Kind::Import | Kind::Export);
        let has_function = (0..tree.records.len()).any(|node| tree.kind(node) == Kind::Function);
        if !has_function
            || (0..tree.records.len()).any(is_module)
            || [&b"\"use strict\""[..], b"'use strict'"]
                .iter()
                .any(|text| tree.source.windows(text.len()).any(|part| part == *text))
        {
            return None;
        }
        let mut found = HashSet::new();
        for node in 0..tree.records.len() {
            let declared = match tree.kind(node) {
                Kind::Declarator => continue,
                Kind::Lexical => Some(node),
                Kind::Class => tree.child(node, field::NAME),
                Kind::Catch => tree.child(node, field::PARAMETER),
                _ => match tree.field_of(node) {
                    field::PARAMETERS | field::PARAMETER => Some(node),
                    _ => None,
                },
            };
            let Some(declared) = declared else { continue };
            let mut at = declared;
            while at < tree.after(declared) {
                if matches!(tree.kind(at), Kind::Identifier | Kind::ShorthandPattern | Kind::TypeIdentifier) {
                    let name = self.name(at);
                    found.insert(name);
                }
                // What a declaration is given binds nothing.
                at = if at != declared && tree.field_of(at) == field::VALUE { tree.after(at) } else { at + 1 };
            }
        }
        Some(found)
    }

    /// Visit a node and return the next one to visit.
    fn visit(&mut self, node: Node) -> Node {
        let tree = self.tree;
        let here = self.here();
        match tree.kind(node) {
            Kind::Function | Kind::GeneratorFunction => {
                if let Some(name) = tree.child(node, field::NAME) {
                    let name = self.name(name);
                    // Outside strict mode a function in a block is a variable of the function around it as well
                    // (ECMA-262, annex B.3.2), unless a declaration of that name forbids it.
                    let is_hoisted = tree.kind(node) == Kind::Function
                        && self.lexical.as_ref().is_some_and(|names| !names.contains(&name));
                    let scope = if is_hoisted { self.function_scope() } else { here };
                    self.bind(scope, name);
                }
                self.function(node, here, BodyKind::Function);
            }
            Kind::FunctionExpression | Kind::GeneratorExpression => {
                let outer = self.own_name_scope(node, here);
                self.function(node, outer, BodyKind::Function);
            }
            Kind::Method => self.function(node, here, BodyKind::Function),
            Kind::Arrow => self.function(node, here, BodyKind::Lambda),
            Kind::Class | Kind::AbstractClass => {
                if let Some(name) = tree.child(node, field::NAME) {
                    let name = self.name(name);
                    self.bind(here, name);
                }
                self.class(node, here);
            }
            Kind::ClassExpression => {
                let outer = self.own_name_scope(node, here);
                self.class(node, outer);
            }
            Kind::ClassBody => self.class_body(node, here),
            Kind::StaticBlock => {
                let scope = self.open_block(node, ScopeKind::Function);
                if let Some(body) = tree.child(node, field::BODY) {
                    self.enter_at(body, scope);
                }
            }
            Kind::Block if self.scopes.inside(node).is_none() => {
                self.open_block(node, ScopeKind::Block);
                self.reenter(node, tree.after(node));
            }
            Kind::For | Kind::SwitchBody | Kind::Catch => {
                let scope = self.open_block(node, ScopeKind::Block);
                if let Some(parameter) = tree.child(node, field::PARAMETER) {
                    self.bind_pattern(scope, parameter);
                }
                self.reenter(node, tree.after(node));
            }
            Kind::ForIn => {
                let scope = self.open_block(node, ScopeKind::Block);
                if let (Some(left), Some(kind)) = (tree.child(node, field::LEFT), tree.child(node, field::KIND)) {
                    let target = if tree.bytes(kind) == b"var" { self.function_scope() } else { scope };
                    self.bind_pattern(target, left);
                }
                self.reenter(node, tree.after(node));
            }
            Kind::Variables => {
                let scope = self.function_scope();
                self.bind_declarators(scope, node);
            }
            Kind::Lexical | Kind::Using => self.bind_declarators(here, node),
            Kind::Enum => {
                if let Some(name) = tree.child(node, field::NAME) {
                    self.bind_pattern(here, name);
                }
            }
            Kind::Interface | Kind::TypeAlias => {
                if let Some(name) = tree.child(node, field::NAME) {
                    self.bind_pattern(here, name);
                }
                return tree.after(node);
            }
            Kind::Namespace | Kind::ModuleDeclaration => self.namespace(node, here),
            Kind::ImportAlias | Kind::ImportRequire => {
                if let Some(name) = tree.children(node).find(|&child| tree.kind(child) == Kind::Identifier) {
                    self.bind_pattern(here, name);
                }
            }
            Kind::ImportClause | Kind::NamespaceImport => {
                for child in tree.children(node).filter(|&child| tree.kind(child) == Kind::Identifier) {
                    self.bind_pattern(here, child);
                }
            }
            Kind::ImportSpecifier => {
                if let Some(name) = tree.child(node, field::ALIAS).or_else(|| tree.child(node, field::NAME)) {
                    self.bind_pattern(here, name);
                }
            }
            Kind::Export => {
                let is_default = tree.children(node).any(|child| tree.bytes(child) == b"default");
                let names_itself = tree
                    .child(node, field::DECLARATION)
                    .is_some_and(|declared| tree.child(declared, field::NAME).is_some());
                if is_default && !names_itself && tree.child(node, field::SOURCE).is_none() {
                    let name = self.names.intern("default");
                    self.bind(here, name);
                }
            }
            // What is declared here lives elsewhere, and signatures have no code.
            Kind::Ambient | Kind::FunctionSignature | Kind::MethodSignature | Kind::AbstractMethod => {
                return tree.after(node);
            }
            Kind::Identifier if tree.bytes(node) == b"arguments" => self.arguments(),
            Kind::Yield => {
                self.body_of(here).is_generator = true;
            }
            _ => {}
        }
        node + 1
    }

    /// The scope around a function or class expression: with a name of its own, one in which that is bound.
    fn own_name_scope(&mut self, node: Node, here: ScopeId) -> ScopeId {
        let Some(name) = self.tree.child(node, field::NAME) else { return here };
        let body = self.scopes.body_of(here);
        let scope = self.open_scope(Some(here), body, ScopeKind::Block);
        let name = self.name(name);
        self.bind(scope, name);
        scope
    }

    fn anonymous_name(&mut self, here: ScopeId, is_class: bool) -> NameId {
        let number = self.next_anonymous(here);
        let kind = if is_class { "class" } else { "lambda" };
        self.names.intern(&format!("<{kind}{number}>"))
    }

    /// The name that a function or class has, or is given by what it is bound to.
    fn given_name(&mut self, node: Node, here: ScopeId, is_class: bool) -> (NameId, Option<Span>) {
        let tree = self.tree;
        let own = tree.child(node, field::NAME);
        let named = own.filter(|&name| tree.kind(name) != Kind::ComputedName);
        if let Some(name) = named {
            return (self.name(name), Some(tree.span(name)));
        }
        if own.is_some() {
            return (self.names.intern("<computed>"), own.map(|name| tree.span(name)));
        }
        match self.binder(node) {
            Some(name) => (self.name(name), Some(tree.span(name))),
            None => (self.anonymous_name(here, is_class), None),
        }
    }

    /// The name to which an expression is bound directly: `x = …`, `o.x = …`, `{ x: … }`, a field's.
    fn binder(&self, node: Node) -> Option<Node> {
        let tree = self.tree;
        if node == 0 || !matches!(tree.field_of(node), field::VALUE | field::RIGHT) {
            return None;
        }
        // The parent is the nearest record before that reaches as far.
        let parent = (0..node).rev().find(|&at| tree.after(at) >= tree.after(node))?;
        let target = match tree.kind(parent) {
            Kind::Declarator => tree.child(parent, field::NAME)?,
            Kind::Assignment => tree.child(parent, field::LEFT)?,
            Kind::Pair => tree.child(parent, field::KEY)?,
            Kind::FieldJs => tree.child(parent, field::PROPERTY)?,
            Kind::FieldTs => tree.child(parent, field::NAME)?,
            _ => return None,
        };
        let target = match tree.kind(target) {
            Kind::Member => tree.child(target, field::PROPERTY)?,
            _ => target,
        };
        matches!(tree.kind(target), Kind::Identifier | Kind::Property | Kind::PrivateProperty).then_some(target)
    }

    fn function(&mut self, node: Node, outer: ScopeId, kind: BodyKind) {
        let tree = self.tree;
        let (name, name_span) = self.given_name(node, outer, false);
        let scope = self.open_body(node, kind, name, Some(outer), tree.span(node), name_span);
        let is_generator = matches!(tree.kind(node), Kind::GeneratorFunction | Kind::GeneratorExpression);
        let mut is_async = false;
        let mut starred = is_generator;
        for child in tree.children(node) {
            match tree.field_of(child) {
                field::BODY => self.enter_at(child, scope),
                field::PARAMETERS => {
                    self.enter_at(child, scope);
                    self.parameters(child, scope);
                }
                field::PARAMETER => {
                    self.enter_at(child, scope);
                    self.parameter(child, child, scope);
                }
                _ if tree.kind(child) == Kind::Token => match tree.bytes(child) {
                    b"async" => is_async = true,
                    b"*" => starred = true,
                    _ => {}
                },
                _ => {}
            }
        }
        let body = self.body_of(scope);
        body.is_async = is_async;
        body.is_generator = starred;
    }

    fn parameters(&mut self, node: Node, scope: ScopeId) {
        for child in self.tree.children(node) {
            if matches!(self.tree.kind(child), Kind::Token | Kind::Decorator) {
                continue;
            }
            let target = match self.tree.kind(child) {
                Kind::RequiredParameter | Kind::OptionalParameter => self.tree.child(child, field::PATTERN),
                _ => Some(child),
            };
            let Some(target) = target else { continue };
            // `this: T` only declares a type.
            if self.tree.kind(target) != Kind::This {
                self.parameter(child, target, scope);
            }
        }
    }

    fn parameter(&mut self, whole: Node, target: Node, scope: ScopeId) {
        let tree = self.tree;
        let (inner, has_default) = match tree.kind(target) {
            Kind::AssignmentPattern => (tree.child(target, field::LEFT).unwrap_or(target), true),
            _ => (target, tree.kind(whole) != Kind::Arrow && tree.child(whole, field::VALUE).is_some()),
        };
        let (kind, named) = match tree.kind(inner) {
            Kind::RestPattern => {
                (ParameterKind::Rest, tree.children(inner).find(|&part| tree.kind(part) != Kind::Token))
            }
            _ => (ParameterKind::PositionalOnly, Some(inner)),
        };
        let (name, variable) = match named {
            Some(name) if tree.kind(name) == Kind::Identifier => {
                let name = self.name(name);
                (name, Some(self.bind(scope, name)))
            }
            Some(pattern) => {
                self.bind_pattern(scope, pattern);
                (self.names.intern(""), None)
            }
            None => (self.names.intern(""), None),
        };
        let span = tree.span(whole);
        self.body_of(scope).parameters.push(Parameter { name, kind, variable, has_default, span });
    }

    /// A function that mentions `arguments` has it as a parameter that takes all arguments.
    fn arguments(&mut self) {
        let name = self.names.intern("arguments");
        let mut scope = self.here();
        loop {
            if self.is_bound(scope, name) {
                return;
            }
            if self.scopes.kind(scope) == ScopeKind::Body && self.body_of(scope).kind == BodyKind::Function {
                let variable = self.bind(scope, name);
                let body = self.body_of(scope);
                let span = body.name_span;
                let kind = ParameterKind::All;
                body.parameters.push(Parameter { name, kind, variable: Some(variable), has_default: false, span });
                return;
            }
            match self.scopes.parent(scope) {
                Some(parent) => scope = parent,
                None => return,
            }
        }
    }

    fn class(&mut self, node: Node, outer: ScopeId) {
        let (name, name_span) = self.given_name(node, outer, true);
        let span = self.tree.span(node);
        let scope = self.open_body(node, BodyKind::Class, name, Some(outer), span, name_span);
        if let Some(body) = self.tree.child(node, field::BODY) {
            self.enter_at(body, scope);
        }
    }

    /// Values of a class's instance fields are evaluated for each object, in a body of their own.
    fn class_body(&mut self, node: Node, here: ScopeId) {
        let tree = self.tree;
        let mut initializer = None;
        for member in tree.children(node) {
            let name = match tree.kind(member) {
                Kind::FieldJs => tree.child(member, field::PROPERTY),
                Kind::FieldTs => tree.child(member, field::NAME),
                _ => None,
            };
            let Some(name) = name else { continue };
            if is_static(tree, member) || tree.children(member).any(|child| tree.bytes(child) == b"declare") {
                continue;
            }
            let scope = *initializer.get_or_insert_with(|| {
                let name = self.names.intern("<fields>");
                self.open_body(node, BodyKind::Initializer, name, Some(here), tree.span(node), None)
            });
            for part in tree.children(member) {
                if part == name || tree.field_of(part) == field::VALUE {
                    self.enter_at(part, scope);
                }
            }
        }
    }

    /// A namespace is a block whose exported names become attributes of an object.
    fn namespace(&mut self, node: Node, here: ScopeId) {
        let tree = self.tree;
        let first = tree
            .child(node, field::NAME)
            .and_then(|name| (name..tree.after(name)).find(|&part| tree.kind(part) == Kind::Identifier));
        if let Some(name) = first {
            self.bind_pattern(here, name);
        }
        if let Some(body) = tree.child(node, field::BODY) {
            let owner = self.scopes.body_of(here);
            let scope = self.open_scope(Some(here), owner, ScopeKind::Function);
            self.enter_at(body, scope);
        }
    }
}

/// Say whether a member of a class is the class's own.
pub(crate) fn is_static(tree: EcmaTree<'_>, member: Node) -> bool {
    tree.children(member).any(|child| tree.kind(child) == Kind::Token && tree.bytes(child) == b"static")
}
