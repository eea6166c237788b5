//! Lexical scopes of languages with blocks: which names they bind, and what a name means in one.
//!
//! A lowering finds them in one pass over a file's records before it lowers anything: [`Finder`] keeps the scopes around
//! the node being visited. Code with a frame of its own is a body; all other scopes lie in the body around them, and
//! their variables are private.

use codegraph_syntax::names::NameId;
use codegraph_syntax::scopes::PairMap;

use crate::ir::*;
use crate::tree::Node;

/// A scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ScopeId(pub(crate) u32);

/// The file's own scope.
pub(crate) const FILE: ScopeId = ScopeId(0);
const NONE: u32 = u32::MAX;

/// What a scope is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    /// Of a body: its names are the whole body's.
    Body,
    /// In a body; declarations of the whole function bind here all the same.
    Function,
    /// In a body.
    Block,
}

struct Scope {
    parent: Option<ScopeId>,
    body: BodyId,
    kind: ScopeKind,
}

fn pair(first: u32, second: u32) -> u64 {
    u64::from(first) << 32 | u64::from(second)
}

/// The scopes of a file.
pub(crate) struct Scopes {
    scopes: Vec<Scope>,
    bound: PairMap<VariableId>,
    /// By node: the scope of what is in it, where that changes; [`NONE`] elsewhere.
    inside: Vec<u32>,
    /// By node of a function, class or the like: its body.
    bodies: PairMap<BodyId>,
    /// Names of variables that other bodies mention, by body: their ids there.
    mentioned: PairMap<VariableId>,
    /// Scope of each body.
    pub(crate) body_scopes: Vec<ScopeId>,
    /// Node of each body.
    pub(crate) body_nodes: Vec<Node>,
}

/// Finds the scopes and bodies of a file.
pub(crate) struct Finder {
    /// The scopes so far.
    pub(crate) scopes: Scopes,
    /// The bodies so far.
    pub(crate) bodies: Vec<Body>,
    /// By body: what it defines without a name so far.
    anonymous: Vec<u32>,
    /// Scopes around the node being visited: (end, scope).
    around: Vec<(Node, ScopeId)>,
}

impl Finder {
    /// Begin with the file's body, whose name is empty.
    pub(crate) fn new(record_count: usize, empty: NameId, span: Span) -> Self {
        let scopes = Scopes {
            scopes: Vec::new(),
            bound: PairMap::default(),
            inside: vec![NONE; record_count + 1],
            bodies: PairMap::default(),
            mentioned: PairMap::default(),
            body_scopes: Vec::new(),
            body_nodes: Vec::new(),
        };
        let mut finder = Self { scopes, bodies: Vec::new(), anonymous: Vec::new(), around: Vec::new() };
        finder.open_body(0, BodyKind::Module, empty, None, span, None);
        finder.around.push((usize::MAX, FILE));
        finder
    }

    /// Come to a node that ends at `end`.
    pub(crate) fn arrive(&mut self, node: Node, end: Node) {
        while self.around.last().is_some_and(|(end, _)| *end <= node) {
            self.around.pop();
        }
        if let Some(scope) = self.scopes.inside(node) {
            self.around.push((end, scope));
        }
    }

    /// The scope of the node being visited.
    pub(crate) fn here(&self) -> ScopeId {
        self.around.last().expect("the file's scope").1
    }

    /// Open a scope in a body.
    pub(crate) fn open_scope(&mut self, parent: Option<ScopeId>, body: BodyId, kind: ScopeKind) -> ScopeId {
        self.scopes.scopes.push(Scope { parent, body, kind });
        ScopeId(self.scopes.scopes.len() as u32 - 1)
    }

    /// Open the scope of a body that begins with a node.
    pub(crate) fn open_body(
        &mut self,
        node: Node,
        kind: BodyKind,
        name: NameId,
        parent: Option<ScopeId>,
        span: Span,
        name_span: Option<Span>,
    ) -> ScopeId {
        let id = BodyId(self.bodies.len() as u32);
        let around = parent.map(|scope| self.scopes.body_of(scope));
        self.bodies.push(Body::new(kind, name, around, span, name_span.unwrap_or(span)));
        self.anonymous.push(0);
        let scope = self.open_scope(parent, id, ScopeKind::Body);
        self.scopes.body_scopes.push(scope);
        self.scopes.body_nodes.push(node);
        if kind != BodyKind::Module {
            self.scopes.bodies.insert(pair(node as u32, 0), id);
        }
        scope
    }

    /// Open a scope in the body around it, for what is in a node.
    pub(crate) fn open_block(&mut self, node: Node, kind: ScopeKind) -> ScopeId {
        let here = self.here();
        let scope = self.open_scope(Some(here), self.scopes.body_of(here), kind);
        self.enter_at(node, scope);
        scope
    }

    /// What is in a node is in a scope.
    pub(crate) fn enter_at(&mut self, node: Node, scope: ScopeId) {
        self.scopes.inside[node] = scope.0;
    }

    /// What is in the node just visited, which ends at `end`, is in the scope that was opened for it.
    pub(crate) fn reenter(&mut self, node: Node, end: Node) {
        if let Some(scope) = self.scopes.inside(node) {
            self.around.push((end, scope));
        }
    }

    /// What comes next is in a scope, up to a node.
    pub(crate) fn enter_until(&mut self, end: Node, scope: ScopeId) {
        self.around.push((end, scope));
    }

    /// The body of a scope.
    pub(crate) fn body_of(&mut self, scope: ScopeId) -> &mut Body {
        let body = self.scopes.body_of(scope);
        &mut self.bodies[body.index()]
    }

    /// The number of the next thing without a name that the body of a scope defines, from 1.
    pub(crate) fn next_anonymous(&mut self, scope: ScopeId) -> u32 {
        let body = self.scopes.body_of(scope);
        self.anonymous[body.index()] += 1;
        self.anonymous[body.index()]
    }

    /// Bind a name in a scope.
    pub(crate) fn bind(&mut self, scope: ScopeId, name: NameId) -> VariableId {
        let key = pair(scope.0, name.0);
        if let Some(&known) = self.scopes.bound.get(&key) {
            return known;
        }
        let Scope { body, kind, .. } = self.scopes.scopes[scope.0 as usize];
        let private = kind != ScopeKind::Body;
        let owner = &mut self.bodies[body.index()];
        let variable = VariableId(owner.variables.len() as u32);
        let storage = match owner.kind {
            BodyKind::Module if !private => Storage::Global { variable: Some(variable) },
            _ => Storage::Local,
        };
        owner.variables.push(Variable { name, storage, written_elsewhere: false, private });
        self.scopes.bound.insert(key, variable);
        variable
    }

    /// Say whether a scope itself binds a name.
    pub(crate) fn is_bound(&self, scope: ScopeId, name: NameId) -> bool {
        self.scopes.bound.contains_key(&pair(scope.0, name.0))
    }

    /// The nearest scope in which declarations of a whole function bind.
    pub(crate) fn function_scope(&self) -> ScopeId {
        let mut scope = self.here();
        while self.scopes.kind(scope) == ScopeKind::Block
            && let Some(parent) = self.scopes.parent(scope)
        {
            scope = parent;
        }
        scope
    }
}

impl Scopes {
    /// The scope of what is in a node, if that is not the scope around it.
    #[inline]
    pub(crate) fn inside(&self, node: Node) -> Option<ScopeId> {
        let scope = self.inside[node];
        (scope != NONE).then_some(ScopeId(scope))
    }

    /// The body that a node begins.
    pub(crate) fn body_at(&self, node: Node) -> Option<BodyId> {
        self.bodies.get(&pair(node as u32, 0)).copied()
    }

    /// The body in which a scope lies.
    pub(crate) fn body_of(&self, scope: ScopeId) -> BodyId {
        self.scopes[scope.0 as usize].body
    }

    /// What a scope is.
    pub(crate) fn kind(&self, scope: ScopeId) -> ScopeKind {
        self.scopes[scope.0 as usize].kind
    }

    /// The scope around a scope.
    pub(crate) fn parent(&self, scope: ScopeId) -> Option<ScopeId> {
        self.scopes[scope.0 as usize].parent
    }

    /// Return the variable of a body that a name in a scope means, and where it lives. `variables` has those of all
    /// bodies.
    pub(crate) fn resolve(
        &mut self,
        variables: &mut [Vec<Variable>],
        body: BodyId,
        scope: ScopeId,
        name: NameId,
        is_builtin: bool,
    ) -> (VariableId, Storage) {
        let mut next = Some(scope);
        let mut global = None;
        while let Some(at) = next {
            if let Some(&variable) = self.bound.get(&pair(at.0, name.0)) {
                let owner = self.body_of(at);
                if owner == body {
                    return (variable, variables[body.index()][variable.index()].storage);
                }
                if owner.0 == 0 && self.kind(at) == ScopeKind::Body {
                    global = Some(variable);
                    break;
                }
                let owned = &mut variables[owner.index()][variable.index()];
                if owned.storage == Storage::Local {
                    owned.storage = Storage::Cell;
                }
                return self.mention(variables, body, name, Storage::Captured { body: owner, variable });
            }
            next = self.parent(at);
        }
        let is_builtin = global.is_none() && is_builtin;
        let storage = if is_builtin { Storage::Builtin } else { Storage::Global { variable: global } };
        self.mention(variables, body, name, storage)
    }

    fn mention(
        &mut self,
        variables: &mut [Vec<Variable>],
        body: BodyId,
        name: NameId,
        storage: Storage,
    ) -> (VariableId, Storage) {
        let variables = &mut variables[body.index()];
        let key = pair(body.0, name.0);
        if let Some(&known) = self.mentioned.get(&key) {
            if variables[known.index()].storage == storage {
                return (known, storage);
            }
            // One name may mean variables of several scopes.
            if let Some(other) = variables.iter().position(|other| other.storage == storage) {
                return (VariableId(other as u32), storage);
            }
        }
        variables.push(Variable { name, storage, written_elsewhere: false, private: false });
        let id = VariableId(variables.len() as u32 - 1);
        self.mentioned.insert(key, id);
        (id, storage)
    }
}
