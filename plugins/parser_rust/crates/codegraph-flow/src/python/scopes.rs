//! Which names Python's scopes bind, found before anything is lowered: one pass over the records of a file.
//!
//! Scopes of modules, classes, functions, lambdas and generator expressions have bodies of their own. Those of other
//! comprehensions (inlined, as CPython does since 3.12) and of type parameters share the body around them; their
//! variables are private.
//!
//! Over 400 lines: all rules of binding are here, so that lowering only asks.

use codegraph_syntax::names::{NameId, Names};
use codegraph_syntax::scopes::PairMap;

use super::kinds::{Kind, field};
use crate::ir::*;
use crate::tree::{Node, Tree};

type PythonTree<'t> = Tree<'t, Kind>;

/// A scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ScopeId(pub(crate) u32);

const FILE: ScopeId = ScopeId(0);
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Declared {
    Global,
    Nonlocal,
}

#[derive(Clone, Copy)]
struct Scope {
    parent: Option<ScopeId>,
    body: BodyId,
    /// Inner functions do not see its names.
    is_class: bool,
    /// Its names are not the whole body's.
    is_private: bool,
    is_comprehension: bool,
    /// What `__x` is prefixed with: the name of the class around.
    class_name: Option<NameId>,
}

/// The scopes of a file.
pub(crate) struct Scopes {
    scopes: Vec<Scope>,
    bound: PairMap<VariableId>,
    declared: PairMap<Declared>,
    /// By node: the scope of what is in it, where that changes; [`NONE`] elsewhere.
    inside: Vec<u32>,
    /// By node of a definition, lambda or generator expression: its body.
    bodies: PairMap<BodyId>,
    /// Names of variables that other bodies mention, by body: their ids there.
    mentioned: PairMap<VariableId>,
    /// Scope of each body.
    pub(crate) body_scopes: Vec<ScopeId>,
    /// Node of each body.
    pub(crate) body_nodes: Vec<Node>,
}

fn pair(first: u32, second: u32) -> u64 {
    u64::from(first) << 32 | u64::from(second)
}

/// What finding scopes fills.
pub(crate) struct Found {
    pub(crate) scopes: Scopes,
    pub(crate) bodies: Vec<Body>,
    pub(crate) has_wildcard_import: bool,
}

struct Finder<'t, 'n> {
    tree: PythonTree<'t>,
    names: &'n mut Names,
    scopes: Scopes,
    bodies: Vec<Body>,
    /// By body: lambdas and generator expressions so far.
    anonymous: Vec<(u32, u32)>,
    /// Scopes around the node being visited: (end, scope).
    around: Vec<(Node, ScopeId)>,
    has_wildcard_import: bool,
}

/// Find the scopes, bodies and bindings of a file.
pub(crate) fn find(tree: PythonTree<'_>, names: &mut Names) -> Found {
    let scopes = Scopes {
        scopes: Vec::new(),
        bound: PairMap::default(),
        declared: PairMap::default(),
        inside: vec![NONE; tree.records.len() + 1],
        bodies: PairMap::default(),
        mentioned: PairMap::default(),
        body_scopes: Vec::new(),
        body_nodes: Vec::new(),
    };
    let mut finder = Finder {
        tree,
        names,
        scopes,
        bodies: Vec::new(),
        anonymous: Vec::new(),
        around: Vec::new(),
        has_wildcard_import: false,
    };
    let empty = finder.names.intern("");
    finder.open_body(0, BodyKind::Module, empty, None, Span { start: 0, end: tree.source.len() as u32 }, None);
    finder.around.push((usize::MAX, FILE));
    let mut node = 0;
    while node < tree.records.len() {
        while finder.around.last().is_some_and(|(end, _)| *end <= node) {
            finder.around.pop();
        }
        let inside = finder.scopes.inside[node];
        if inside != NONE {
            finder.around.push((tree.after(node), ScopeId(inside)));
        }
        finder.visit(node);
        node += 1;
    }
    Found { scopes: finder.scopes, bodies: finder.bodies, has_wildcard_import: finder.has_wildcard_import }
}

impl<'t> Finder<'t, '_> {
    fn here(&self) -> ScopeId {
        self.around.last().expect("the file's scope").1
    }

    fn name(&mut self, node: Node) -> NameId {
        self.names.intern(&self.tree.text(node))
    }

    fn open_scope(&mut self, parent: Option<ScopeId>, body: BodyId, is_class: bool, is_private: bool) -> ScopeId {
        let class_name = parent.and_then(|parent| self.scopes.scopes[parent.0 as usize].class_name);
        self.scopes.scopes.push(Scope { parent, body, is_class, is_private, is_comprehension: false, class_name });
        ScopeId(self.scopes.scopes.len() as u32 - 1)
    }

    /// Open the scope of a body that begins with a node.
    fn open_body(
        &mut self,
        node: Node,
        kind: BodyKind,
        name: NameId,
        parent: Option<ScopeId>,
        span: Span,
        name_span: Option<Span>,
    ) -> ScopeId {
        let id = BodyId(self.bodies.len() as u32);
        let around = parent.map(|scope| self.scopes.scopes[scope.0 as usize].body);
        self.bodies.push(Body::new(kind, name, around, span, name_span.unwrap_or(span)));
        self.anonymous.push((0, 0));
        let scope = self.open_scope(parent, id, kind == BodyKind::Class, false);
        if kind == BodyKind::Class {
            self.scopes.scopes[scope.0 as usize].class_name = Some(name);
        }
        self.scopes.body_scopes.push(scope);
        self.scopes.body_nodes.push(node);
        if kind != BodyKind::Module {
            self.scopes.bodies.insert(pair(node as u32, 0), id);
        }
        scope
    }

    fn body_of(&mut self, scope: ScopeId) -> &mut Body {
        &mut self.bodies[self.scopes.scopes[scope.0 as usize].body.index()]
    }

    fn enter_at(&mut self, node: Node, scope: ScopeId) {
        self.scopes.inside[node] = scope.0;
    }

    /// Bind a name in a scope, where `global` does not lead elsewhere.
    fn bind(&mut self, scope: ScopeId, name: NameId) -> VariableId {
        let name = self.scopes.mangled(scope, name, self.names);
        let (scope, elsewhere) = match self.scopes.declared.get(&pair(scope.0, name.0)) {
            Some(Declared::Nonlocal) => return VariableId(NONE),
            Some(Declared::Global) => (FILE, scope != FILE),
            None => (scope, false),
        };
        let variable = self.bind_here(scope, name);
        if elsewhere {
            self.bodies[0].variables[variable.index()].written_elsewhere = true;
        }
        variable
    }

    fn bind_here(&mut self, scope: ScopeId, name: NameId) -> VariableId {
        let key = pair(scope.0, name.0);
        if let Some(&known) = self.scopes.bound.get(&key) {
            return known;
        }
        let Scope { body, is_private, .. } = self.scopes.scopes[scope.0 as usize];
        let variables = &mut self.bodies[body.index()].variables;
        let variable = VariableId(variables.len() as u32);
        let storage = match self.bodies[body.index()].kind {
            _ if is_private => Storage::Local,
            BodyKind::Module => Storage::Global { variable: Some(variable) },
            BodyKind::Class => Storage::Member,
            _ => Storage::Local,
        };
        let variables = &mut self.bodies[body.index()].variables;
        variables.push(Variable { name, storage, written_elsewhere: false, private: is_private });
        self.scopes.bound.insert(key, variable);
        variable
    }

    /// Bind the names of a target; what is in attributes and subscripts is only read.
    fn bind_target(&mut self, scope: ScopeId, target: Node) {
        let mut pending = vec![target];
        while let Some(node) = pending.pop() {
            match self.tree.kind(node) {
                Kind::Identifier => {
                    let name = self.name(node);
                    self.bind(scope, name);
                }
                Kind::PatternList
                | Kind::TuplePattern
                | Kind::ListPattern
                | Kind::ListSplatPattern
                | Kind::ListSplat
                | Kind::Tuple
                | Kind::List
                | Kind::ExpressionList
                | Kind::Parenthesized
                | Kind::AsPatternTarget => {
                    let from = pending.len();
                    pending.extend(self.tree.children(node));
                    pending[from..].reverse();
                }
                _ => {}
            }
        }
    }

    fn visit(&mut self, node: Node) {
        let tree = self.tree;
        let here = self.here();
        match tree.kind(node) {
            Kind::Function => self.function(node, here),
            Kind::Lambda => self.lambda(node, here),
            Kind::Class => self.class(node, here),
            Kind::ListComprehension | Kind::SetComprehension | Kind::DictionaryComprehension => {
                let body = self.scopes.scopes[here.0 as usize].body;
                let scope = self.open_scope(Some(here), body, false, true);
                self.comprehension(node, here, scope);
            }
            Kind::GeneratorExpression => {
                let name = self.anonymous_name(here, false);
                let scope = self.open_body(node, BodyKind::Comprehension, name, Some(here), tree.span(node), None);
                self.body_of(scope).is_generator = true;
                self.comprehension(node, here, scope);
            }
            Kind::Assignment | Kind::AugmentedAssignment | Kind::For | Kind::ForIn => {
                if let Some(left) = tree.child(node, field::LEFT) {
                    self.bind_target(here, left);
                }
            }
            Kind::NamedExpression => {
                if let Some(name) = tree.child(node, field::NAME) {
                    let (name, scope) = (self.name(name), self.scopes.walrus_scope(here));
                    self.bind(scope, name);
                }
            }
            Kind::AsPatternTarget => self.bind_target(here, node),
            Kind::Except => {
                if let Some(alias) = tree.child(node, field::ALIAS) {
                    self.bind_target(here, alias);
                }
            }
            Kind::Delete => {
                for target in tree.children(node) {
                    self.bind_target(here, target);
                }
            }
            Kind::Import | Kind::ImportFrom | Kind::FutureImport => self.import(node, here),
            Kind::TypeAlias => {
                // The left side is a `type`, perhaps with parameters: its first name is bound.
                if let Some(name) = tree.child(node, field::LEFT).and_then(|left| self.first_identifier(left)) {
                    let name = self.name(name);
                    self.bind(here, name);
                }
            }
            kind @ (Kind::Global | Kind::Nonlocal) => {
                let declared = if kind == Kind::Global { Declared::Global } else { Declared::Nonlocal };
                for name in tree.children(node) {
                    let name = self.name(name);
                    let name = self.scopes.mangled(here, name, self.names);
                    self.scopes.declared.insert(pair(here.0, name.0), declared);
                    if declared == Declared::Global {
                        self.bind(here, name);
                    }
                }
            }
            Kind::Yield => self.body_of(here).is_generator = true,
            Kind::CasePattern => self.case_pattern(node, here),
            Kind::SplatPattern => {
                for child in tree.children(node) {
                    self.capture(child, here);
                }
            }
            Kind::AsPattern if tree.parent_kind(node) == Kind::CasePattern => {
                if let Some(alias) = tree.children(node).last() {
                    self.capture(alias, here);
                }
            }
            _ => {}
        }
    }

    /// A pattern's name captures unless it has a dot. Alternatives and values of mappings are no `case_pattern`s
    /// of their own, so those are looked through here.
    fn case_pattern(&mut self, node: Node, here: ScopeId) {
        let mut pending: Vec<Node> = self.tree.children(node).collect();
        while let Some(child) = pending.pop() {
            match self.tree.kind(child) {
                Kind::DottedName => self.capture(child, here),
                Kind::UnionPattern => pending.extend(self.tree.children(child)),
                Kind::KeywordPattern => pending.extend(self.tree.children(child).skip(1)),
                _ => {}
            }
        }
    }

    /// Bind a captured name: an identifier, or a dotted name of one part; `_` is none.
    fn capture(&mut self, node: Node, here: ScopeId) {
        let single = match self.tree.kind(node) {
            Kind::Identifier => true,
            Kind::DottedName => self.tree.children(node).count() == 1,
            _ => false,
        };
        if single && self.tree.bytes(node) != b"_" {
            let name = self.name(node);
            self.bind(here, name);
        }
    }

    fn first_identifier(&self, node: Node) -> Option<Node> {
        (node..self.tree.after(node)).find(|&inner| self.tree.kind(inner) == Kind::Identifier)
    }

    fn anonymous_name(&mut self, here: ScopeId, is_lambda: bool) -> NameId {
        let body = self.scopes.scopes[here.0 as usize].body;
        let (lambdas, comprehensions) = &mut self.anonymous[body.index()];
        let text = if is_lambda {
            *lambdas += 1;
            format!("<lambda{lambdas}>")
        } else {
            *comprehensions += 1;
            format!("<genexpr{comprehensions}>")
        };
        self.names.intern(&text)
    }

    fn definition_name(&mut self, node: Option<Node>) -> NameId {
        match node {
            Some(node) => self.name(node),
            None => self.names.intern(""),
        }
    }

    /// The scope around a definition's head: with type parameters it is one of their own.
    fn head_scope(&mut self, node: Node, here: ScopeId) -> ScopeId {
        let Some(parameters) = self.tree.child(node, field::TYPE_PARAMETERS) else { return here };
        let body = self.scopes.scopes[here.0 as usize].body;
        let scope = self.open_scope(Some(here), body, false, true);
        self.enter_at(parameters, scope);
        for parameter in self.tree.children(parameters) {
            if let Some(name) = self.first_identifier(parameter) {
                let name = self.name(name);
                self.bind_here(scope, name);
            }
        }
        scope
    }

    fn function(&mut self, node: Node, here: ScopeId) {
        let tree = self.tree;
        let name_node = tree.child(node, field::NAME);
        let name = self.definition_name(name_node);
        self.bind(here, name);
        let head = self.head_scope(node, here);
        let name_span = name_node.map(|name| tree.span(name));
        let scope = self.open_body(node, BodyKind::Function, name, Some(head), tree.span(node), name_span);
        self.body_of(scope).is_async =
            tree.children(node).any(|child| tree.kind(child) == Kind::Token && tree.bytes(child) == b"async");
        for child in tree.children(node) {
            match tree.field_of(child) {
                field::BODY => self.enter_at(child, scope),
                field::PARAMETERS => {
                    self.parameters(child, scope);
                    self.enter_at(child, head);
                }
                // The declared type of what is returned.
                _ if tree.kind(child) == Kind::Type => self.enter_at(child, head),
                _ => {}
            }
        }
    }

    fn lambda(&mut self, node: Node, here: ScopeId) {
        let name = self.anonymous_name(here, true);
        let scope = self.open_body(node, BodyKind::Lambda, name, Some(here), self.tree.span(node), None);
        for child in self.tree.children(node) {
            match self.tree.field_of(child) {
                field::BODY => self.enter_at(child, scope),
                field::PARAMETERS => self.parameters(child, scope),
                _ => {}
            }
        }
    }

    fn class(&mut self, node: Node, here: ScopeId) {
        let tree = self.tree;
        let name_node = tree.child(node, field::NAME);
        let name = self.definition_name(name_node);
        self.bind(here, name);
        let head = self.head_scope(node, here);
        let name_span = name_node.map(|name| tree.span(name));
        let scope = self.open_body(node, BodyKind::Class, name, Some(head), tree.span(node), name_span);
        for child in tree.children(node) {
            match tree.field_of(child) {
                field::BODY => self.enter_at(child, scope),
                field::SUPERCLASSES => self.enter_at(child, head),
                _ => {}
            }
        }
    }

    /// Everything in a comprehension is in its scope but the outermost iterable.
    fn comprehension(&mut self, node: Node, here: ScopeId, scope: ScopeId) {
        let tree = self.tree;
        self.scopes.scopes[scope.0 as usize].is_comprehension = true;
        let first = tree.children(node).find(|&child| tree.kind(child) == Kind::ForIn);
        for child in tree.children(node) {
            if Some(child) != first {
                self.enter_at(child, scope);
                continue;
            }
            self.enter_at(child, scope);
            for part in tree.children(child).filter(|&part| tree.field_of(part) == field::RIGHT) {
                self.enter_at(part, here);
            }
        }
    }

    fn parameters(&mut self, node: Node, scope: ScopeId) {
        let tree = self.tree;
        let mut named_only = false;
        for child in tree.children(node) {
            let (kind, target) = match tree.kind(child) {
                Kind::KeywordSeparator => {
                    named_only = true;
                    continue;
                }
                Kind::PositionalSeparator => {
                    let parameters = &mut self.body_of(scope).parameters;
                    parameters.iter_mut().for_each(|parameter| parameter.kind = ParameterKind::PositionalOnly);
                    continue;
                }
                Kind::DefaultParameter | Kind::TypedDefaultParameter => (None, tree.child(child, field::NAME)),
                Kind::TypedParameter => (None, tree.children(child).next()),
                Kind::Identifier | Kind::TuplePattern | Kind::ListSplatPattern | Kind::DictionarySplatPattern => {
                    (None, Some(child))
                }
                _ => continue,
            };
            let Some(target) = target else { continue };
            let (kind, named) = match tree.kind(target) {
                Kind::ListSplatPattern => {
                    (Some(ParameterKind::Rest), tree.children(target).find(|&at| tree.kind(at) == Kind::Identifier))
                }
                Kind::DictionarySplatPattern => (
                    Some(ParameterKind::NamedRest),
                    tree.children(target).find(|&at| tree.kind(at) == Kind::Identifier),
                ),
                _ => (kind, Some(target)),
            };
            let plain = if named_only { ParameterKind::NamedOnly } else { ParameterKind::Plain };
            let kind = kind.unwrap_or(plain);
            named_only |= kind == ParameterKind::Rest;
            let (name, variable) = match named {
                Some(name) if tree.kind(name) == Kind::Identifier => {
                    let name = self.name(name);
                    let name = self.scopes.mangled(scope, name, self.names);
                    (name, Some(self.bind_here(scope, name)))
                }
                _ => {
                    self.bind_target(scope, target);
                    (self.names.intern(""), None)
                }
            };
            let has_default = matches!(tree.kind(child), Kind::DefaultParameter | Kind::TypedDefaultParameter);
            let span = tree.span(child);
            self.body_of(scope).parameters.push(Parameter { name, kind, variable, has_default, span });
        }
    }

    fn import(&mut self, node: Node, here: ScopeId) {
        let tree = self.tree;
        let whole = tree.kind(node) == Kind::Import;
        for child in tree.children(node) {
            if tree.kind(child) == Kind::WildcardImport {
                self.has_wildcard_import = true;
            }
            if tree.field_of(child) != field::NAME {
                continue;
            }
            let bound = match tree.kind(child) {
                Kind::AliasedImport => tree.child(child, field::ALIAS),
                // `import a.b` binds `a`.
                _ if whole => tree.children(child).next(),
                _ => Some(child),
            };
            if let Some(bound) = bound {
                let name = self.name(bound);
                self.bind(here, name);
            }
        }
    }
}

impl Scopes {
    /// The scope of what is in a node, if that is not the scope around it.
    #[inline]
    pub(crate) fn inside(&self, node: Node) -> Option<ScopeId> {
        let scope = self.inside[node];
        (scope != NONE).then_some(ScopeId(scope))
    }

    /// The body that a definition, lambda or generator expression begins.
    pub(crate) fn body_at(&self, node: Node) -> Option<BodyId> {
        self.bodies.get(&pair(node as u32, 0)).copied()
    }

    /// A name as the class around it sees it: `__x` is private to the class.
    pub(crate) fn mangled(&self, scope: ScopeId, name: NameId, names: &mut Names) -> NameId {
        let Some(class_name) = self.scopes[scope.0 as usize].class_name else { return name };
        let text = names.text(name);
        if !text.starts_with("__") || text.ends_with("__") {
            return name;
        }
        let class_text = names.text(class_name).trim_start_matches('_');
        if class_text.is_empty() {
            return name;
        }
        let mangled = format!("_{class_text}{text}");
        names.intern(&mangled)
    }

    /// The nearest scope that is not a comprehension's: where `:=` binds.
    pub(crate) fn walrus_scope(&self, mut scope: ScopeId) -> ScopeId {
        while let Scope { parent: Some(parent), is_comprehension: true, .. } = self.scopes[scope.0 as usize] {
            scope = parent;
        }
        scope
    }

    /// Return the variable of a body that a name in a scope means, and where it lives.
    ///
    /// `variables` are those of all bodies.
    pub(crate) fn resolve(
        &mut self,
        variables: &mut [Vec<Variable>],
        body: BodyId,
        scope: ScopeId,
        name: NameId,
        is_builtin: bool,
    ) -> (VariableId, Storage) {
        let mut next = Some(scope);
        while let Some(at) = next {
            let Scope { parent, body: owner, is_class, .. } = self.scopes[at.0 as usize];
            match self.declared.get(&pair(at.0, name.0)) {
                Some(Declared::Global) => break,
                Some(Declared::Nonlocal) => {}
                // A class's names are seen by code in the class alone.
                None if !is_class || at == scope => {
                    if let Some(&variable) = self.bound.get(&pair(at.0, name.0)) {
                        let found = &mut variables[owner.index()][variable.index()];
                        if owner == body {
                            return (variable, found.storage);
                        }
                        if at == FILE {
                            break;
                        }
                        if found.storage == Storage::Local {
                            found.storage = Storage::Cell;
                        }
                        return self.mention(variables, body, name, Storage::Captured { body: owner, variable });
                    }
                }
                None => {}
            }
            next = parent;
        }
        match self.bound.get(&pair(FILE.0, name.0)) {
            Some(&variable) if body.0 == 0 => (variable, Storage::Global { variable: Some(variable) }),
            None if is_builtin => self.mention(variables, body, name, Storage::Builtin),
            variable => self.mention(variables, body, name, Storage::Global { variable: variable.copied() }),
        }
    }

    /// One name may mean several variables in a body: a comprehension's and one further out.
    fn mention(
        &mut self,
        variables: &mut [Vec<Variable>],
        body: BodyId,
        name: NameId,
        storage: Storage,
    ) -> (VariableId, Storage) {
        let key = pair(body.0, name.0);
        let variables = &mut variables[body.index()];
        if let Some(&known) = self.mentioned.get(&key) {
            if variables[known.index()].storage == storage {
                return (known, storage);
            }
            let same = |other: &Variable| other.storage == storage && other.name == name;
            if let Some(other) = variables.iter().position(same) {
                return (VariableId(other as u32), storage);
            }
        }
        variables.push(Variable { name, storage, written_elsewhere: false, private: false });
        let id = VariableId(variables.len() as u32 - 1);
        self.mentioned.insert(key, id);
        (id, storage)
    }
}
