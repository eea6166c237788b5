//! Java: from tree-sitter's tree to the semantic IR.
//!
//! `scopes` finds what is bound where, `definitions`, `statements`, `exits`, `switches`, `expressions` and `literals`
//! lower one kind of construct each. Evaluation order is the language specification's. `syntax` is another form of a
//! file: declarations and expressions with their types, for analyses that decide calls.

mod definitions;
mod exits;
mod expressions;
mod kinds;
mod literals;
mod scopes;
mod statements;
mod switches;
pub mod syntax;

use codegraph_syntax::core::{Action, Grammar, Record};
use codegraph_syntax::names::{NameId, Names};
use codegraph_syntax::text::Encoding;

use self::kinds::{FIELDS, Kind, kind_of};
use crate::builder::Builder;
use crate::exits::Exits;
use crate::ir::*;
use crate::nesting::Nested;
use crate::scopes::{ScopeId, Scopes};
use crate::tree::{Node, Symbols, Tree};

/// The lowering of Java for one grammar.
pub(crate) struct Java {
    symbols: Symbols<Kind>,
}

impl Java {
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
            variables,
            builder: Builder::new(empty),
            body: BodyId(0),
            scope: ScopeId(0),
            exits: Exits::default(),
            depth: 0,
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
    /// By body.
    variables: Vec<Vec<Variable>>,
    builder: Builder,
    body: BodyId,
    scope: ScopeId,
    exits: Exits,
    depth: u32,
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
        let node = self.scopes.body_nodes[id.index()];
        match kind {
            BodyKind::Module => self.file(node),
            BodyKind::Class => self.class_body(node),
            BodyKind::Initializer => self.fields(node),
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

    fn has_token(&self, node: Node, text: &[u8]) -> bool {
        self.tree.children(node).any(|child| self.tree.kind(child) == Kind::Token && self.tree.bytes(child) == text)
    }

    /// The first child of a kind.
    fn child_of_kind(&self, node: Node, kind: Kind) -> Option<Node> {
        self.tree.children(node).find(|&child| self.tree.kind(child) == kind)
    }

    fn unknown(&mut self, node: Node) -> ValueId {
        self.builder.emit(Op::Unknown, self.tree.span(node))
    }

    fn resolve(&mut self, name: NameId) -> (VariableId, Storage) {
        self.scopes.resolve(&mut self.variables, self.body, self.scope, name, false)
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
        let id = self.intern(name);
        self.store_name(id, value, self.tree.span(name));
    }

    /// Lower in another scope of the same body.
    fn within<T>(&mut self, scope: Option<ScopeId>, lower: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.scope;
        self.scope = scope.unwrap_or(before);
        let result = lower(self);
        self.scope = before;
        result
    }
}
