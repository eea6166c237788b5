//! Which names the scopes of Go bind.
//!
//! The file, types with members, functions and function literals have bodies of their own; blocks, `if`, `for`, `switch`,
//! `select` and their clauses are scopes in the body around them. A declaration in a function binds from its end on: where
//! its name means something outside, what follows in the block is a scope of its own, so that `x := x` reads the other.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};

use codegraph_syntax::names::{NameId, Names};

use super::kinds::{Kind, field};
use crate::ir::*;
use crate::scopes::{FILE, Finder, ScopeId, ScopeKind, Scopes};
use crate::tree::{Node, Tree};

pub(super) type GoTree<'t> = Tree<'t, Kind>;

/// What finding scopes gives.
pub(super) struct Found {
    pub(super) scopes: Scopes,
    pub(super) bodies: Vec<Body>,
    pub(super) has_wildcard_import: bool,
    /// By declaration: the scope of what follows it.
    pub(super) following: HashMap<Node, ScopeId>,
    /// By body: its `defer` statements, in order.
    pub(super) deferred: HashMap<u32, Vec<Node>>,
}

struct Search<'t, 'n> {
    tree: GoTree<'t>,
    names: &'n mut Names,
    finder: Finder,
    found: Extra,
    /// Scopes of what follows declarations, until they are met: (first node, end, scope).
    pending: Vec<(Node, Node, ScopeId)>,
    /// Ends of the scopes' nodes.
    ends: Vec<(Node, ScopeId)>,
    /// By scope of what follows a declaration: the scope in whose block it is.
    blocks: HashMap<ScopeId, ScopeId>,
}

#[derive(Default)]
struct Extra {
    has_wildcard_import: bool,
    following: HashMap<Node, ScopeId>,
    deferred: HashMap<u32, Vec<Node>>,
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
pub(super) fn find(tree: GoTree<'_>, names: &mut Names) -> Found {
    let empty = names.intern("");
    let finder = Finder::new(tree.records.len(), empty, Span { start: 0, end: tree.source.len() as u32 });
    let (found, pending, blocks) = (Extra::default(), Vec::new(), HashMap::new());
    let mut search = Search { tree, names, finder, found, pending, ends: vec![(usize::MAX, FILE)], blocks };
    if !tree.records.is_empty() {
        for child in tree.children(0) {
            search.declare_in_file(child);
        }
    }
    for node in 0..tree.records.len() {
        search.follow(node);
        search.arrive(node, tree.after(node));
        if let Some(scope) = search.finder.scopes.inside(node) {
            search.ends.push((tree.after(node), scope));
        }
        search.visit(node);
    }
    let Search { finder, found, .. } = search;
    let Extra { has_wildcard_import, following, deferred } = found;
    Found { scopes: finder.scopes, bodies: finder.bodies, has_wildcard_import, following, deferred }
}

/// The names that a declaration or clause introduces.
pub(super) fn declared(tree: GoTree<'_>, node: Node) -> Vec<Node> {
    let is_name = |&child: &Node| matches!(tree.kind(child), Kind::Identifier | Kind::TypeIdentifier);
    let named = || tree.children(node).filter(|&child| tree.field_of(child) == field::NAME).filter(is_name).collect();
    match tree.kind(node) {
        Kind::ConstSpec | Kind::VarSpec | Kind::TypeSpec | Kind::TypeAlias => named(),
        Kind::ShortVar | Kind::RangeClause | Kind::Receive if defines(tree, node) => {
            let list = tree.child(node, field::LEFT);
            list.map_or_else(Vec::new, |list| tree.children(list).filter(is_name).collect())
        }
        _ => Vec::new(),
    }
}

/// Say whether a clause declares its targets: `:=`.
pub(super) fn defines(tree: GoTree<'_>, node: Node) -> bool {
    tree.kind(node) == Kind::ShortVar
        || tree.children(node).any(|child| tree.kind(child) == Kind::Token && tree.bytes(child) == b":=")
}

/// The parameters of a list: each name with its declaration, or a declaration without names.
pub(super) fn parameters(tree: GoTree<'_>, list: Node) -> Vec<(Option<Node>, Node)> {
    let mut found = Vec::new();
    for declaration in tree.children(list) {
        if !matches!(tree.kind(declaration), Kind::Parameter | Kind::VariadicParameter) {
            continue;
        }
        let names: Vec<Node> =
            tree.children(declaration).filter(|&child| tree.field_of(child) == field::NAME).collect();
        let names: Vec<Node> = names.into_iter().filter(|&name| tree.kind(name) == Kind::Identifier).collect();
        if names.is_empty() {
            found.push((None, declaration));
        }
        found.extend(names.into_iter().map(|name| (Some(name), declaration)));
    }
    found
}

/// The names of a function's results, where it gives them names.
pub(super) fn named_results(tree: GoTree<'_>, function: Node) -> Vec<(Node, Node)> {
    let list = tree.child(function, field::RESULT).filter(|&list| tree.kind(list) == Kind::Parameters);
    list.map_or_else(Vec::new, |list| {
        parameters(tree, list).into_iter().filter_map(|(name, declaration)| Some((name?, declaration))).collect()
    })
}

/// The parts of a deferred call: what is called or its receiver, and the arguments.
pub(super) fn deferred_call(tree: GoTree<'_>, statement: Node) -> Option<(Node, Vec<Node>)> {
    let mut call = tree.children(statement).find(|&child| tree.kind(child) != Kind::Token)?;
    while tree.kind(call) == Kind::Parenthesized {
        call = tree.children(call).next()?;
    }
    let callee = tree.child(call, field::FUNCTION)?;
    let list = tree.child(call, field::ARGUMENTS);
    let arguments = list
        .map_or_else(Vec::new, |list| tree.children(list).filter(|&child| tree.kind(child) != Kind::Token).collect());
    Some((callee, arguments))
}

/// The name of the variable that says whether a `defer` statement has run, or that keeps a part of its call.
pub(super) fn deferred_name(number: usize, part: Option<usize>) -> String {
    match part {
        None => format!("<defer{}>", number + 1),
        Some(part) => format!("<defer{}.{part}>", number + 1),
    }
}

impl Search<'_, '_> {
    fn name(&mut self, node: Node) -> NameId {
        self.names.intern(&self.tree.text(node))
    }

    /// Functions, types, variables and imports of the file are there for all of it.
    fn declare_in_file(&mut self, node: Node) {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::Function => {
                if let Some(name) = tree.child(node, field::NAME) {
                    let name = self.name(name);
                    self.bind(FILE, name);
                }
            }
            Kind::Const | Kind::Var | Kind::VarList | Kind::Type | Kind::Import | Kind::ImportList => {
                for child in tree.children(node) {
                    self.declare_in_file(child);
                }
            }
            Kind::ConstSpec | Kind::VarSpec | Kind::TypeSpec | Kind::TypeAlias => {
                for name in declared(tree, node) {
                    let name = self.name(name);
                    self.bind(FILE, name);
                }
            }
            Kind::ImportSpec => match import_name(tree, node) {
                ImportName::All => self.found.has_wildcard_import = true,
                ImportName::Bound(name) => {
                    let name = self.names.intern(&name);
                    self.bind(FILE, name);
                }
                ImportName::None => {}
            },
            _ => {}
        }
    }

    /// Enter the scopes of what follows declarations that end before a node.
    fn follow(&mut self, node: Node) {
        while let Some(at) = self.pending.iter().position(|(first, ..)| *first <= node) {
            let (_, end, scope) = self.pending.remove(at);
            self.close(node);
            if end > node {
                self.finder.enter_until(end, scope);
                self.ends.push((end, scope));
            }
        }
        self.close(node);
    }

    fn close(&mut self, node: Node) {
        while self.ends.last().is_some_and(|(end, _)| *end <= node) {
            self.ends.pop();
        }
    }

    /// Open a scope for what is in a node.
    fn block(&mut self, node: Node) {
        self.open_block(node, ScopeKind::Block);
        let end = self.tree.after(node);
        self.reenter(node, end);
        let here = self.here();
        self.ends.push((end, here));
    }

    fn visit(&mut self, node: Node) {
        let tree = self.tree;
        let here = self.here();
        match tree.kind(node) {
            Kind::Function | Kind::Method => self.function(node, here, BodyKind::Function),
            Kind::FunctionLiteral => self.function(node, here, BodyKind::Lambda),
            Kind::TypeSpec => {
                self.declare(node);
                self.type_body(node);
            }
            Kind::If | Kind::For | Kind::Switch | Kind::TypeSwitch | Kind::Select => self.block(node),
            Kind::Block if self.finder.scopes.inside(node).is_none() => self.block(node),
            Kind::Case | Kind::Default | Kind::Communication => self.block(node),
            Kind::TypeCase => {
                self.block(node);
                self.alias(node);
            }
            Kind::ConstSpec | Kind::VarSpec | Kind::TypeAlias | Kind::ShortVar | Kind::RangeClause | Kind::Receive => {
                self.declare(node);
            }
            Kind::Defer => {
                let body = self.finder.scopes.body_of(here);
                let statements = self.found.deferred.entry(body.0).or_default();
                statements.push(node);
                let number = statements.len() - 1;
                let scope = self.finder.scopes.body_scopes[body.index()];
                let kept = deferred_call(tree, node).map_or(0, |(_, arguments)| arguments.len() + 1);
                for part in std::iter::once(None).chain((0..kept).map(Some)) {
                    let name = self.names.intern(&deferred_name(number, part));
                    self.bind(scope, name);
                }
            }
            Kind::Unary => self.address(node),
            _ => {}
        }
        if tree.kind(node) == Kind::Default && matches!(tree.parent_kind(node), Kind::TypeSwitch) {
            self.alias(node);
        }
    }

    /// `switch x := v.(type)` binds `x` in each clause.
    fn alias(&mut self, clause: Node) {
        let tree = self.tree;
        let switch =
            (0..clause).rev().find(|&at| tree.kind(at) == Kind::TypeSwitch && tree.after(at) >= tree.after(clause));
        let list = switch.and_then(|switch| tree.child(switch, field::ALIAS));
        let name = list.and_then(|list| tree.children(list).find(|&child| tree.kind(child) == Kind::Identifier));
        if let Some(name) = name {
            let (name, here) = (self.name(name), self.here());
            self.bind(here, name);
        }
    }

    /// The scope whose block a scope's declarations are in.
    fn block_of(&self, scope: ScopeId) -> ScopeId {
        self.blocks.get(&scope).copied().unwrap_or(scope)
    }

    /// Bind what a declaration in a function introduces, from its end on.
    fn declare(&mut self, node: Node) {
        let tree = self.tree;
        let here = self.here();
        if here == FILE {
            return;
        }
        let block = self.block_of(here);
        let mut following = None;
        for name_node in declared(tree, node) {
            let name = self.name(name_node);
            // One that its block has declared already is assigned.
            let (mut at, mut is_here, mut is_outside) = (Some(here), false, false);
            while let Some(scope) = at {
                if self.is_bound(scope, name) {
                    (is_here, is_outside) = (self.block_of(scope) == block, true);
                    break;
                }
                at = self.finder.scopes.parent(scope);
            }
            if is_here {
                continue;
            }
            let mentions = || {
                (node + 1..tree.after(node)).any(|at| {
                    at != name_node && tree.kind(at) == Kind::Identifier && tree.bytes(at) == tree.bytes(name_node)
                })
            };
            if !is_outside && !mentions() {
                self.bind(here, name);
                continue;
            }
            let scope = match following {
                Some(scope) => scope,
                None => {
                    let body = self.finder.scopes.body_of(here);
                    let scope = self.open_scope(Some(here), body, ScopeKind::Block);
                    self.blocks.insert(scope, block);
                    self.found.following.insert(node, scope);
                    let end = self.ends.last().map_or(usize::MAX, |(end, _)| *end);
                    self.pending.push((tree.after(node), end, scope));
                    following = Some(scope);
                    scope
                }
            };
            self.bind(scope, name);
        }
    }

    /// A variable whose address is taken may be changed by any call.
    fn address(&mut self, node: Node) {
        let tree = self.tree;
        let is_address = tree.child(node, field::OPERATOR).is_some_and(|token| tree.bytes(token) == b"&");
        let operand = tree.child(node, field::OPERAND).filter(|&operand| tree.kind(operand) == Kind::Identifier);
        let Some(operand) = operand.filter(|_| is_address) else { return };
        let name = self.name(operand);
        let mut at = Some(self.here());
        while let Some(scope) = at {
            if self.is_bound(scope, name) {
                let variable = self.bind(scope, name);
                self.body_of(scope).variables[variable.index()].written_elsewhere = true;
                return;
            }
            at = self.finder.scopes.parent(scope);
        }
    }

    fn function(&mut self, node: Node, outer: ScopeId, kind: BodyKind) {
        let tree = self.tree;
        let Some(body) = tree.child(node, field::BODY) else { return };
        let name_node = tree.child(node, field::NAME).filter(|_| kind == BodyKind::Function);
        let name = match name_node {
            Some(name) => self.name(name),
            None => {
                let number = self.next_anonymous(outer);
                self.names.intern(&format!("<lambda{number}>"))
            }
        };
        let name_span = name_node.map(|name| tree.span(name));
        let scope = self.open_body(node, kind, name, Some(outer), tree.span(node), name_span);
        self.enter_at(body, scope);
        let lists = [field::RECEIVER, field::PARAMETERS].into_iter().filter_map(|list| tree.child(node, list));
        let all: Vec<(Option<Node>, Node)> = lists.flat_map(|list| parameters(tree, list)).collect();
        for (name_node, declaration) in all {
            let is_blank = name_node.is_none_or(|name| tree.bytes(name) == b"_");
            let name = match name_node {
                Some(name) if !is_blank => self.name(name),
                _ => self.names.intern(""),
            };
            let variable = (!is_blank).then(|| self.bind(scope, name));
            let kind = match tree.kind(declaration) {
                Kind::VariadicParameter => ParameterKind::Rest,
                _ => ParameterKind::PositionalOnly,
            };
            let span = tree.span(name_node.unwrap_or(declaration));
            self.body_of(scope).parameters.push(Parameter { name, kind, variable, has_default: false, span });
        }
        for (name, _) in named_results(tree, node) {
            let name = self.name(name);
            self.bind(scope, name);
        }
    }

    fn type_body(&mut self, node: Node) {
        let tree = self.tree;
        let (Some(name), Some(type_)) = (tree.child(node, field::NAME), tree.child(node, field::TYPE)) else { return };
        if matches!(tree.kind(type_), Kind::StructType | Kind::InterfaceType) {
            let (id, here) = (self.name(name), self.here());
            self.open_body(node, BodyKind::Class, id, Some(here), tree.span(node), Some(tree.span(name)));
        }
    }
}

/// What an import binds.
pub(super) enum ImportName {
    /// Everything that the package exports.
    All,
    /// A name.
    Bound(String),
    /// Nothing: `import _ "p"`.
    None,
}

/// Return what an import binds: its own name for the package, or the last part of its path.
pub(super) fn import_name(tree: GoTree<'_>, spec: Node) -> ImportName {
    if let Some(name) = tree.child(spec, field::NAME) {
        return match tree.kind(name) {
            Kind::Dot => ImportName::All,
            Kind::Blank => ImportName::None,
            _ => ImportName::Bound(tree.text(name).into_owned()),
        };
    }
    let path = import_path(tree, spec);
    let is_version = |part: &str| {
        part.strip_prefix('v').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mut parts = path.rsplit('/');
    let last = parts.next().unwrap_or("");
    let last = if is_version(last) { parts.next().unwrap_or(last) } else { last };
    let last = last.strip_prefix("go-").unwrap_or(last);
    let last = last.split('.').next().unwrap_or(last);
    ImportName::Bound(last.to_owned())
}

/// Return the path of an import.
pub(super) fn import_path(tree: GoTree<'_>, spec: Node) -> String {
    let path = tree.child(spec, field::PATH);
    path.map_or_else(String::new, |path| tree.text(path).trim_matches(['"', '`']).to_owned())
}
