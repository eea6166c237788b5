//! JavaScript and TypeScript, with JSX: from tree-sitter's tree to the semantic IR.
//!
//! `scopes` finds what is bound where, `modules`, `definitions`, `statements`, `exits`, `targets`, `expressions`,
//! `chains`, `elements` and `literals` lower one kind of construct each. Evaluation order is ECMA-262's. Types are
//! erased; those that name a class are kept as declared types.

mod builtins;
mod chains;
mod definitions;
mod elements;
mod exits;
mod expressions;
mod kinds;
mod literals;
mod modules;
mod scopes;
mod statements;
mod targets;

use codegraph_syntax::core::{Action, Grammar, Record};
use codegraph_syntax::names::{NameId, Names};
use codegraph_syntax::text::Encoding;

use self::kinds::{FIELDS, Kind, kind_of};
use crate::builder::Builder;
use crate::control::Control;
use crate::exits::Exits;
use crate::ir::*;
use crate::nesting::Nested;
use crate::scopes::{ScopeId, Scopes};
use crate::tree::{Node, Symbols, Tree};

/// The lowering of JavaScript or TypeScript for one grammar.
pub(crate) struct Ecmascript {
    symbols: Symbols<Kind>,
    builtins: Vec<String>,
}

impl Ecmascript {
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
        let (scopes, mut bodies) = scopes::find(tree, &mut names);
        let variables = bodies.iter_mut().map(|body| std::mem::take(&mut body.variables)).collect();
        let empty = Body::new(BodyKind::Module, NameId(0), None, Span::default(), Span::default());
        let mut lowerer = Lowerer {
            tree,
            names,
            scopes,
            variables,
            builtin_count: self.builtins.len() as u32,
            builder: Builder::new(empty),
            body: BodyId(0),
            scope: ScopeId(0),
            exits: Exits::default(),
            chain_exits: Vec::new(),
            exports: Vec::new(),
            namespaces: Vec::new(),
            depth: 0,
        };
        for (index, body) in bodies.iter_mut().enumerate() {
            lowerer.lower_body(BodyId(index as u32), body);
        }
        for (body, variables) in bodies.iter_mut().zip(lowerer.variables) {
            body.variables = variables;
        }
        FileIr { bodies, names: lowerer.names, parse_errors, has_wildcard_import: false, exports: lowerer.exports }
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
    exits: Exits,
    /// For each optional chain around the expression being lowered: where `?.` leaves it, if it has one so far.
    chain_exits: Vec<Option<BlockId>>,
    exports: Vec<Export>,
    /// Objects of the namespaces around the statement being lowered.
    namespaces: Vec<ValueId>,
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
        self.namespaces.clear();
        let node = self.scopes.body_nodes[id.index()];
        match kind {
            BodyKind::Module => self.module(node),
            BodyKind::Class => self.class_body(node),
            BodyKind::Initializer => self.fields(node),
            BodyKind::Function | BodyKind::Lambda | BodyKind::Comprehension => self.function_body(node),
        }
        *body = self.builder.finish(Span { start: span.end, end: span.end });
    }

    fn intern(&mut self, node: Node) -> NameId {
        self.names.intern(&self.tree.text(node))
    }

    fn is_token(&self, node: Node, text: &[u8]) -> bool {
        self.tree.kind(node) == Kind::Token && self.tree.bytes(node) == text
    }

    /// Say whether a node has a token among its children.
    fn has_token(&self, node: Node, text: &[u8]) -> bool {
        self.tree.children(node).any(|child| self.is_token(child, text))
    }

    /// Children that are no tokens.
    fn parts(&self, node: Node) -> Vec<Node> {
        self.tree.children(node).filter(|&child| self.tree.kind(child) != Kind::Token).collect()
    }

    fn unknown(&mut self, node: Node) -> ValueId {
        self.builder.emit(Op::Unknown, self.tree.span(node))
    }

    fn undefined(&mut self, span: Span) -> ValueId {
        self.builder.constant(Constant::Undefined, span)
    }

    fn text_constant(&mut self, text: &str, span: Span) -> ValueId {
        let name = self.names.intern(text);
        self.builder.constant(Constant::Text(name), span)
    }

    fn resolve(&mut self, name: NameId) -> (VariableId, Storage) {
        let is_builtin = name.0 < self.builtin_count;
        self.scopes.resolve(&mut self.variables, self.body, self.scope, name, is_builtin)
    }

    fn load_name(&mut self, name: NameId, span: Span) -> ValueId {
        let (variable, storage) = self.resolve(name);
        self.builder.load_name(variable, storage, span)
    }

    /// Give the variable that a name means here a value.
    fn store_name(&mut self, name: NameId, value: ValueId, span: Span) {
        let (variable, storage) = self.resolve(name);
        match storage {
            Storage::Captured { body, variable } => {
                self.variables[body.index()][variable.index()].written_elsewhere = true;
            }
            Storage::Global { variable: Some(global) } if self.body.0 != 0 => {
                self.variables[0][global.index()].written_elsewhere = true;
            }
            _ => {}
        }
        self.builder.emit(Op::StoreName { variable, value }, span);
    }

    /// Lower in another scope of the same body.
    fn within<T>(&mut self, scope: Option<ScopeId>, lower: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.scope;
        self.scope = scope.unwrap_or(before);
        let result = lower(self);
        self.scope = before;
        result
    }

    /// `if_true()` where a condition holds, `if_false()` elsewhere: the one value or the other.
    fn choose(
        &mut self,
        condition: ValueId,
        span: Span,
        if_true: impl FnOnce(&mut Self) -> ValueId,
        if_false: impl FnOnce(&mut Self) -> ValueId,
    ) -> ValueId {
        let (then, otherwise, after) = (self.builder.block(), self.builder.block(), self.builder.block());
        self.builder.branch(condition, then, otherwise, span);
        let mut inputs = Vec::new();
        self.builder.resume(then);
        let value = if_true(self);
        self.join(after, value, &mut inputs, span);
        self.builder.resume(otherwise);
        let value = if_false(self);
        self.join(after, value, &mut inputs, span);
        self.builder.resume(after);
        self.builder.phi(&inputs, span)
    }

    /// `value`, or what `fallback` gives where it is `undefined`.
    fn unless_undefined(&mut self, value: ValueId, span: Span, fallback: impl FnOnce(&mut Self) -> ValueId) -> ValueId {
        let undefined = self.undefined(span);
        let operator = BinaryOperator::StrictEqual;
        let missing = self.builder.emit(Op::Binary { operator, in_place: false, left: value, right: undefined }, span);
        self.choose(missing, span, fallback, |_| value)
    }
}
