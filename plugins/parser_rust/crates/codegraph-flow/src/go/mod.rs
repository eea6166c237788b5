//! Go: from tree-sitter's tree to the semantic IR, with the instructions and analyses that other languages have.
//!
//! `scopes` finds what is bound where, `definitions`, `statements`, `choices`, `deferring` and `expressions` lower one kind
//! of construct each. Evaluation order is the language specification's.

mod builtins;
mod choices;
mod deferring;
mod definitions;
mod expressions;
mod kinds;
mod scopes;
mod statements;

use std::collections::HashMap;

use codegraph_syntax::core::{Action, Grammar, Record};
use codegraph_syntax::names::{NameId, Names};
use codegraph_syntax::text::Encoding;

use self::builtins::is_builtin;
use self::kinds::{FIELDS, Kind, kind_of};
use crate::builder::Builder;
use crate::exits::Exits;
use crate::ir::*;
use crate::nesting::Nested;
use crate::scopes::{ScopeId, Scopes};
use crate::tree::{Node, Symbols, Tree};

/// The lowering of Go for one grammar.
pub(crate) struct Go {
    symbols: Symbols<Kind>,
}

impl Go {
    pub(crate) fn new(grammar: &Grammar) -> Self {
        Self { symbols: Symbols::new(grammar, &FIELDS, kind_of) }
    }

    pub(crate) fn actions(&self) -> &[Action] {
        &self.symbols.actions
    }

    /// Lower a file.
    pub(crate) fn lower(&self, records: &[Record], source: &[u8], encoding: Encoding, parse_errors: u32) -> FileIr {
        let tree = Tree::new(&self.symbols, records, source, encoding);
        let mut names = Names::default();
        let found = scopes::find(tree, &mut names);
        let mut bodies = found.bodies;
        let variables = bodies.iter_mut().map(|body| std::mem::take(&mut body.variables)).collect();
        let empty = Body::new(BodyKind::Module, NameId(0), None, Span::default(), Span::default());
        let mut lowerer = Lowerer {
            tree,
            names,
            scopes: found.scopes,
            following: found.following,
            deferred: found.deferred,
            variables,
            builder: Builder::new(empty),
            body: BodyId(0),
            scope: ScopeId(0),
            exits: Exits::default(),
            depth: 0,
            iota: 0,
            fallthrough: None,
            labels: HashMap::new(),
        };
        for (index, body) in bodies.iter_mut().enumerate() {
            lowerer.lower_body(BodyId(index as u32), body);
        }
        for (body, variables) in bodies.iter_mut().zip(lowerer.variables) {
            body.variables = variables;
        }
        let has_wildcard_import = found.has_wildcard_import;
        FileIr { bodies, names: lowerer.names, parse_errors, has_wildcard_import, exports: Vec::new() }
    }
}

/// Lowers the bodies of a file, one after the other.
pub(crate) struct Lowerer<'t> {
    tree: Tree<'t, Kind>,
    names: Names,
    scopes: Scopes,
    /// By declaration: the scope of what follows it in its block.
    following: HashMap<Node, ScopeId>,
    /// By body: its `defer` statements.
    deferred: HashMap<u32, Vec<Node>>,
    /// By body.
    variables: Vec<Vec<Variable>>,
    builder: Builder,
    body: BodyId,
    scope: ScopeId,
    exits: Exits,
    depth: u32,
    /// What `iota` is.
    iota: i64,
    /// Where `fallthrough` goes.
    fallthrough: Option<BlockId>,
    /// Where `goto` goes, by label.
    labels: HashMap<NameId, BlockId>,
}

impl Nested for Lowerer<'_> {
    fn builder(&mut self) -> &mut Builder {
        &mut self.builder
    }

    fn depth(&mut self) -> &mut u32 {
        &mut self.depth
    }
}

impl Lowerer<'_> {
    fn lower_body(&mut self, id: BodyId, body: &mut Body) {
        let (kind, span) = (body.kind, body.span);
        let empty = Body::new(kind, body.name, body.parent, span, body.name_span);
        self.builder.begin(std::mem::replace(body, empty));
        self.body = id;
        self.scope = self.scopes.body_scopes[id.index()];
        self.exits.clear();
        self.labels.clear();
        self.fallthrough = None;
        let node = self.scopes.body_nodes[id.index()];
        match kind {
            BodyKind::Module => self.file(node),
            BodyKind::Class | BodyKind::Initializer => self.type_body(node),
            BodyKind::Function | BodyKind::Lambda | BodyKind::Comprehension => self.function_body(node),
        }
        *body = self.builder.finish(Span { start: span.end, end: span.end });
    }

    fn intern(&mut self, node: Node) -> NameId {
        self.names.intern(&self.tree.text(node))
    }

    /// Children that are no tokens.
    fn parts(&self, node: Node) -> Vec<Node> {
        self.tree.children(node).filter(|&child| self.tree.kind(child) != Kind::Token).collect()
    }

    /// Children in a field that are no tokens.
    fn in_field(&self, node: Node, field: u8) -> Vec<Node> {
        self.parts(node).into_iter().filter(|&child| self.tree.field_of(child) == field).collect()
    }

    /// The expressions in a field: those of a list, or the one.
    fn list(&self, node: Node, field: u8) -> Vec<Node> {
        match self.tree.child(node, field) {
            Some(list) if self.tree.kind(list) == Kind::ExpressionList => self.parts(list),
            Some(one) => vec![one],
            None => Vec::new(),
        }
    }

    fn child_of_kind(&self, node: Node, kind: Kind) -> Option<Node> {
        self.tree.children(node).find(|&child| self.tree.kind(child) == kind)
    }

    fn unknown(&mut self, node: Node) -> ValueId {
        self.builder.emit(Op::Unknown, self.tree.span(node))
    }

    fn resolve(&mut self, name: NameId) -> (VariableId, Storage) {
        let is_builtin = is_builtin(self.names.text(name));
        self.scopes.resolve(&mut self.variables, self.body, self.scope, name, is_builtin)
    }

    fn load_name(&mut self, name: NameId, span: Span) -> ValueId {
        let (variable, storage) = self.resolve(name);
        self.builder.load_name(variable, storage, span)
    }

    /// Give the variable that a name means here a value.
    fn store_name(&mut self, name: NameId, value: ValueId, span: Span) {
        let (variable, _) = self.resolve(name);
        self.builder.emit(Op::StoreName { variable, value }, span);
    }

    fn store_node(&mut self, name: Node, value: ValueId) {
        if self.tree.bytes(name) != b"_" {
            let id = self.intern(name);
            self.store_name(id, value, self.tree.span(name));
        }
    }

    /// Lower in another scope of the same body; what declarations in it change is undone.
    fn within<T>(&mut self, scope: Option<ScopeId>, lower: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.scope;
        self.scope = scope.unwrap_or(before);
        let result = lower(self);
        self.scope = before;
        result
    }

    /// Go on in the scope of what follows a declaration.
    fn follow(&mut self, declaration: Node) {
        if let Some(&scope) = self.following.get(&declaration) {
            self.scope = scope;
        }
    }
}
