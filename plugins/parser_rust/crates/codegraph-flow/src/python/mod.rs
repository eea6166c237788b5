//! Python: from tree-sitter's tree to the semantic IR.
//!
//! `scopes` finds what is bound where, `definitions`, `statements`, `exits`, `targets`, `expressions`, `patterns` and
//! `literals` lower one kind of construct each. Evaluation order is the language reference's.

mod builtins;
mod definitions;
mod exits;
mod expressions;
pub(crate) mod folding;
mod kinds;
mod literals;
mod patterns;
mod scopes;
mod statements;
mod targets;

use codegraph_syntax::core::{Action, Grammar, Record};
use codegraph_syntax::names::{NameId, Names};
use codegraph_syntax::text::Encoding;

use self::exits::Cleanup;
use self::kinds::{FIELDS, Kind, kind_of};
use self::scopes::{ScopeId, Scopes};
use crate::builder::Builder;
use crate::ir::*;
use crate::nesting::Nested;
use crate::tree::{Node, Symbols, Tree};

/// The lowering of Python for one grammar.
pub(crate) struct Python {
    symbols: Symbols<Kind>,
    builtins: Vec<String>,
}

impl Python {
    pub(crate) fn new(grammar: &Grammar) -> Self {
        let builtins = builtins::NAMES.split_whitespace().map(str::to_owned).collect();
        Self { symbols: Symbols::new(grammar, &FIELDS, kind_of), builtins }
    }

    pub(crate) fn actions(&self) -> &[Action] {
        &self.symbols.actions
    }

    /// Lower a file.
    pub(crate) fn lower(&self, records: &[Record], source: &[u8], encoding: Encoding, parse_errors: u32) -> FileIr {
        let tree = Tree::new(&self.symbols, records, source, encoding);
        let mut names = Names::default();
        names.reset(&self.builtins);
        let found = scopes::find(tree, &mut names);
        let mut bodies = found.bodies;
        let variables = bodies.iter_mut().map(|body| std::mem::take(&mut body.variables)).collect();
        let empty = Body::new(BodyKind::Module, NameId(0), None, Span::default(), Span::default());
        let mut lowerer = Lowerer {
            tree,
            names,
            scopes: found.scopes,
            variables,
            builtin_count: self.builtins.len() as u32,
            builder: Builder::new(empty),
            body: BodyId(0),
            scope: ScopeId(0),
            cleanups: Vec::new(),
            cleanup_copies: 0,
            depth: 0,
        };
        for (index, body) in bodies.iter_mut().enumerate() {
            lowerer.lower_body(BodyId(index as u32), body);
        }
        for (body, variables) in bodies.iter_mut().zip(lowerer.variables) {
            body.variables = variables;
        }
        FileIr {
            bodies,
            names: lowerer.names,
            parse_errors,
            has_wildcard_import: found.has_wildcard_import,
            exports: Vec::new(),
        }
    }
}

/// Lowers the bodies of a file, one after the other.
pub(crate) struct Lowerer<'t> {
    tree: Tree<'t, Kind>,
    names: Names,
    scopes: Scopes,
    /// By body.
    variables: Vec<Vec<Variable>>,
    /// Names with smaller ids are builtins.
    builtin_count: u32,
    builder: Builder,
    body: BodyId,
    scope: ScopeId,
    /// Clean-up code of this body; frames name it by position.
    cleanups: Vec<Cleanup>,
    /// How many copies of `finally` suites are around the code being lowered.
    cleanup_copies: u32,
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
        self.cleanups.clear();
        let node = self.scopes.body_nodes[id.index()];
        match kind {
            BodyKind::Module => self.module(node),
            BodyKind::Class => self.class_body(node),
            BodyKind::Function => self.function_body(node),
            BodyKind::Lambda => self.lambda_body(node),
            BodyKind::Comprehension => self.generator_body(node),
            BodyKind::Initializer => unreachable!("no scope of Python's is one"),
        }
        *body = self.builder.finish(Span { start: span.end, end: span.end });
    }

    fn module(&mut self, node: Node) {
        if !self.tree.records.is_empty() {
            for child in self.tree.children(node) {
                self.statement(child);
            }
        }
    }

    fn intern(&mut self, node: Node) -> NameId {
        self.names.intern(&self.tree.text(node))
    }

    fn resolve(&mut self, name: NameId) -> (VariableId, Storage) {
        let name = self.scopes.mangled(self.scope, name, &mut self.names);
        let is_builtin = name.0 < self.builtin_count;
        self.scopes.resolve(&mut self.variables, self.body, self.scope, name, is_builtin)
    }

    fn load_name(&mut self, name: NameId, span: Span) -> ValueId {
        let (variable, storage) = self.resolve(name);
        self.builder.load_name(variable, storage, span)
    }

    fn load_text(&mut self, name: &str, span: Span) -> ValueId {
        let name = self.names.intern(name);
        self.load_name(name, span)
    }

    fn written(&mut self, name: NameId) -> VariableId {
        let (variable, storage) = self.resolve(name);
        if let Storage::Captured { body, variable } = storage {
            self.variables[body.index()][variable.index()].written_elsewhere = true;
        }
        variable
    }

    fn store_name(&mut self, name: NameId, value: ValueId, span: Span) -> VariableId {
        let variable = self.written(name);
        self.builder.emit(Op::StoreName { variable, value }, span);
        variable
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
