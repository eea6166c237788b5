//! Classes: bases, the order in which they are searched (C3), and attributes.

use crate::graph::Node;
use crate::objects::{CloneId, Object, ObjectId};
use crate::order::merged;
use crate::program::{CallForm, ContainerKind, NONE, Passing, Symbol, UnitId, Value};
use crate::solver::{Action, Arguments, CallInstance, Site, Solver};
use std::collections::VecDeque;
use std::rc::Rc;

/// A lookup that found nothing, to be tried again when a class changes.
#[derive(Clone, Copy, Debug)]
struct Miss {
    name: Symbol,
    receiver: ObjectId,
    to: Node,
    site: Site,
    caller: CloneId,
}

/// What is known of a class.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClassState {
    /// Bases by position; a position may have several.
    bases: Vec<Vec<ObjectId>>,
    /// Metaclasses that are named.
    pub metaclasses: Vec<ObjectId>,
    pub subclasses: Vec<ObjectId>,
    order: Option<Rc<[ObjectId]>>,
    misses: Vec<Miss>,
    /// The statement that makes it, and the clone that runs it.
    made_at: Option<(Site, CloneId)>,
    /// Nodes of the methods that making it calls.
    hooks: Vec<Node>,
}

/// Position that stands for the metaclass.
const METACLASS: u32 = u32::MAX;

impl Solver<'_> {
    /// Make a class in a clone, and run its body.
    pub(crate) fn make_class(
        &mut self,
        clone: CloneId,
        to: Node,
        unit: UnitId,
        bases: &[(Passing, Value)],
        site: Site,
    ) {
        let base = self.clones[clone as usize].base;
        let class = self.objects.intern(Object::Class { unit, around: clone });
        self.made.entry(unit).or_default().push(class);
        let mut state = ClassState { made_at: Some((site, clone)), ..ClassState::default() };
        let positional = bases.iter().filter(|(passing, _)| *passing == Passing::Positional).count();
        state.bases.resize(positional, Vec::new());
        self.classes.insert(class, state);
        let names = &self.program.units[unit as usize].names;
        for name in names {
            self.field(class, *name);
        }
        let body = self.clone_of(unit, clone, NONE);
        self.class_of_clone.insert(body, class);
        let mut position = 0;
        for (passing, value) in bases {
            match passing {
                Passing::Positional => {
                    self.watch(base + value, Action::Base { class, position });
                    position += 1;
                }
                Passing::Named(name) if *name == self.known.metaclass => {
                    self.watch(base + value, Action::Base { class, position: METACLASS });
                }
                _ => {}
            }
        }
        self.graph.insert(to, class);
    }

    /// Take an object as a base of a class.
    pub(crate) fn add_base(&mut self, class: ObjectId, position: u32, object: ObjectId) {
        let is_class = match self.objects.get(object) {
            Object::Class { .. } | Object::External(_) | Object::Opaque(_) => true,
            Object::Made { class, .. } => class == self.known.record_class,
            _ => false,
        };
        if !is_class {
            return;
        }
        // Of several classes that one place makes, one may derive from another; from itself none does.
        if self.name_of_class(class).is_none() && position != METACLASS && self.order(object).contains(&class) {
            return;
        }
        let state = self.classes.entry(class).or_default();
        if position == METACLASS {
            state.metaclasses.push(object);
        } else {
            // A class that no statement makes tells its bases one by one.
            if state.bases.len() <= position as usize {
                state.bases.resize(position as usize + 1, Vec::new());
            }
            let at = &mut state.bases[position as usize];
            if at.contains(&object) || object == class {
                return;
            }
            at.push(object);
            if let Some(base) = self.classes.get_mut(&object) {
                base.subclasses.push(class);
            }
        }
        self.class_changed(class, None);
        self.class_made(class);
    }

    /// Take down a class that no statement makes.
    pub(crate) fn declare_class(&mut self, class: ObjectId, site: Site, caller: CloneId, metaclass: ObjectId) {
        let mut state = ClassState { made_at: Some((site, caller)), ..ClassState::default() };
        if metaclass != NONE {
            state.metaclasses.push(metaclass);
        }
        self.classes.insert(class, state);
    }

    /// Call what a class statement calls: the metaclass, and `__init_subclass__` of the bases.
    fn class_made(&mut self, class: ObjectId) {
        let Some((site, caller)) = self.classes.get(&class).and_then(|state| state.made_at) else { return };
        let order = self.order(class);
        if let Some((_, node)) = self.attribute_among(&order[1..], self.known.init_subclass)
            && self.is_new_hook(class, node)
        {
            let bound = self.graph.add(2);
            self.watch(node, Action::BindClass { class, to: bound });
            self.implicit_call(bound, Vec::new(), bound + 1, site, caller);
        }
        // A class that no statement makes comes out of them.
        let metaclasses = if self.name_of_class(class).is_some() { self.metaclasses(class) } else { Vec::new() };
        for metaclass in metaclasses {
            // The name, the bases and the members.
            if let Some((_, node)) = self.class_attribute(metaclass, self.known.dunder_new)
                && self.is_new_hook(class, node)
            {
                let first = self.graph.add(3);
                self.watch(node, Action::BindClass { class: metaclass, to: first });
                let [name, members] = self.name_and_members(class, site);
                let arguments = vec![self.single(metaclass), name, first + 1, members];
                self.implicit_call(first, arguments, first + 2, site, caller);
            }
            if let Some((_, node)) = self.class_attribute(metaclass, self.known.dunder_init)
                && self.is_new_hook(class, node)
            {
                let first = self.graph.add(2);
                let [name, members] = self.name_and_members(class, site);
                self.call_bound(node, class, vec![name, first, members], first + 1, site, caller);
            }
            if let Some((_, node)) = self.class_attribute(metaclass, self.known.prepare)
                && self.is_new_hook(class, node)
            {
                let first = self.graph.add(3);
                self.watch(node, Action::BindClass { class: metaclass, to: first });
                let [name, _] = self.name_and_members(class, site);
                self.implicit_call(first, vec![name, first + 1], first + 2, site, caller);
            }
        }
    }

    /// Return nodes of the name and the members of a class, as its metaclass is given them.
    fn name_and_members(&mut self, class: ObjectId, site: Site) -> [Node; 2] {
        let name = match self.name_of_class(class) {
            Some(name) => {
                let text = self.objects.intern(Object::Text(name));
                self.single(text)
            }
            None => self.graph.add(1),
        };
        let members = self.namespace_of(class, site);
        [name, self.single(members)]
    }

    /// Tell a member of a class its name once it is there; functions do not ask.
    pub(crate) fn tell_name(&mut self, class: ObjectId, name: Symbol, value: Node) {
        let Some((site, caller)) = self.classes.get(&class).and_then(|state| state.made_at) else { return };
        let is_function = |one: &ObjectId| matches!(self.objects.get(*one), Object::Function { .. });
        if !self.graph.objects(value).first().is_some_and(is_function) {
            self.watch(value, Action::NameMember { class, name, site, caller });
        }
    }

    fn is_new_hook(&mut self, class: ObjectId, node: Node) -> bool {
        let Some(state) = self.classes.get_mut(&class) else { return false };
        let is_new = !state.hooks.contains(&node);
        if is_new {
            state.hooks.push(node);
        }
        is_new
    }

    /// Forget orders that a change makes wrong, and look again for what was missing.
    pub(crate) fn class_changed(&mut self, class: ObjectId, name: Option<Symbol>) {
        let mut affected = vec![class];
        let mut at = 0;
        while at < affected.len() {
            if let Some(state) = self.classes.get_mut(&affected[at]) {
                if name.is_none() {
                    state.order = None;
                }
                let below = state.subclasses.clone();
                affected.extend(below.into_iter().filter(|one| !affected.contains(one)).collect::<Vec<_>>());
            }
            at += 1;
        }
        let changed = if name.is_none() { affected.clone() } else { Vec::new() };
        for class in affected {
            let Some(state) = self.classes.get_mut(&class) else { continue };
            let (again, kept) = std::mem::take(&mut state.misses)
                .into_iter()
                .partition(|miss| name.is_none_or(|name| name == miss.name));
            state.misses = kept;
            let again: Vec<Miss> = again;
            for miss in again {
                self.load_attribute(miss.receiver, miss.name, miss.to, miss.site, miss.caller);
            }
        }
        if name.is_none() {
            self.call_complete(&changed);
        }
    }

    /// Say whether some base of a class has not arrived yet: what is looked up now may be found elsewhere later.
    pub(crate) fn is_open(&self, class: ObjectId) -> bool {
        self.classes.get(&class).is_some_and(|state| state.bases.iter().any(Vec::is_empty))
    }

    /// Say whether an object is a class whose statement was met.
    pub(crate) fn knows_class(&self, class: ObjectId) -> bool {
        self.classes.contains_key(&class)
    }

    /// Return a class and its bases in the order in which attributes are looked up: C3 (Barrett et al. 1996), or depth
    /// first where it does not exist.
    pub(crate) fn order(&mut self, class: ObjectId) -> Rc<[ObjectId]> {
        if let Some(order) = self.classes.get(&class).and_then(|state| state.order.clone()) {
            return order;
        }
        let mut path = Vec::new();
        self.has_cycle = false;
        let order = self.linearize(class, &mut path);
        if let Some(state) = self.classes.get_mut(&class) {
            state.order = Some(order.clone());
        }
        order
    }

    fn linearize(&mut self, class: ObjectId, path: &mut Vec<ObjectId>) -> Rc<[ObjectId]> {
        let Some(state) = self.classes.get(&class) else { return Rc::new([class]) };
        if let Some(order) = &state.order {
            return order.clone();
        }
        if path.contains(&class) || path.len() > 200 {
            self.has_cycle = true;
            return Rc::new([class]);
        }
        let bases: Vec<ObjectId> = state.bases.iter().flatten().copied().collect();
        path.push(class);
        let orders: Vec<Rc<[ObjectId]>> = bases.iter().map(|base| self.linearize(*base, path)).collect();
        path.pop();
        let mut lists: Vec<&[ObjectId]> = orders.iter().map(AsRef::as_ref).collect();
        lists.push(&bases);
        let order: Rc<[ObjectId]> = merged(class, &lists).into();
        // On a cycle the order depends on where the walk began.
        if !self.has_cycle
            && let Some(state) = self.classes.get_mut(&class)
        {
            state.order = Some(order.clone());
        }
        order
    }

    /// Return the node of the first attribute of that name that a class or its bases have, and who has it.
    pub(crate) fn class_attribute(&mut self, class: ObjectId, name: Symbol) -> Option<(ObjectId, Node)> {
        if let Some(order) = self.classes.get(&class).and_then(|state| state.order.as_deref()) {
            return self.attribute_among(order, name);
        }
        let order = self.order(class);
        self.attribute_among(&order, name)
    }

    pub(crate) fn attribute_among(&self, order: &[ObjectId], name: Symbol) -> Option<(ObjectId, Node)> {
        order.iter().find_map(|one| {
            let is_class = matches!(self.objects.get(*one), Object::Class { .. });
            self.fields.get(&(*one, name)).filter(|_| is_class).map(|node| (*one, *node))
        })
    }

    /// Return the one base outside of the program among a class and its bases that may have more attributes.
    pub(crate) fn outer_base(&self, order: &[ObjectId]) -> Option<Symbol> {
        let mut outer = order.iter().filter_map(|one| match self.objects.get(*one) {
            Object::External(name) if !self.models.brings_nothing(self.symbols.text(name)) => Some(name),
            Object::Opaque(name) => Some(name),
            _ => None,
        });
        let first = outer.next()?;
        outer.next().is_none().then_some(first)
    }

    /// Return the classes that inherit a method from a class, those nearest to it first: not all where there are many.
    pub(crate) fn inheriting(&mut self, class: ObjectId, method: Symbol) -> Vec<ObjectId> {
        let most = self.budget.objects_per_node as usize / 4;
        let mut found: Vec<ObjectId> = Vec::new();
        let mut next: VecDeque<ObjectId> = VecDeque::from([class]);
        while let Some(above) = next.pop_front() {
            for below in self.classes.get(&above).map(|state| state.subclasses.clone()).unwrap_or_default() {
                let inherits = self.class_attribute(below, method).is_some_and(|(owner, _)| owner == class);
                if inherits && !found.contains(&below) && found.len() < most {
                    found.push(below);
                    next.push_back(below);
                }
            }
        }
        found
    }

    /// Return the names that an object's class, or a module, has and that begin and end with something.
    pub(crate) fn names_with(&mut self, object: ObjectId, prefix: &str, suffix: &str) -> Vec<Symbol> {
        let holders: Vec<UnitId> = match self.objects.get(object) {
            Object::Module(file) => vec![self.program.files[file as usize].unit],
            Object::Instance { class, .. } => self.units_of(class),
            Object::Class { .. } => self.units_of(object),
            _ => Vec::new(),
        };
        let mut found = Vec::new();
        for name in holders.into_iter().flat_map(|unit| &self.program.units[unit as usize].names) {
            let text = self.symbols.text(*name);
            if text.starts_with(prefix) && text.ends_with(suffix) && !found.contains(name) {
                found.push(*name);
            }
        }
        found
    }

    /// Say whether a class has methods that only heirs of it define.
    pub(crate) fn is_abstract(&mut self, class: ObjectId) -> bool {
        if self.abstract_methods.is_empty() {
            return false;
        }
        let order = self.order(class);
        let program = self.program;
        let names = (self.units_of(class).into_iter()).flat_map(|unit| &program.units[unit as usize].names);
        names.into_iter().any(|name| match self.attribute_among(&order, *name) {
            Some((_, node)) => match *self.graph.objects(node) {
                [only] => self.abstract_methods.contains(&only),
                _ => false,
            },
            None => false,
        })
    }

    fn units_of(&mut self, class: ObjectId) -> Vec<UnitId> {
        if !self.classes.contains_key(&class) {
            return Vec::new();
        }
        let order = self.order(class);
        let units = order.iter().filter_map(|one| match self.objects.get(*one) {
            Object::Class { unit, .. } => Some(unit),
            _ => None,
        });
        units.collect()
    }

    /// `getattr(object, "begin_" + …)`: any attribute that its class has under such a name.
    pub(crate) fn load_attributes(&mut self, id: u32, object: ObjectId, prefix: Symbol, suffix: Symbol) {
        let [prefix, suffix] = [prefix, suffix]
            .map(|symbol| if symbol == NONE { String::new() } else { self.symbols.text(symbol).to_owned() });
        let call = self.calls[id as usize].clone();
        for name in self.names_with(object, &prefix, &suffix) {
            self.load_attribute(object, name, call.to, call.site, call.caller);
        }
    }

    /// Say whether a class derives from an outside class.
    pub(crate) fn derives_from(&mut self, class: ObjectId, accepts: impl Fn(&str) -> bool) -> bool {
        let order = self.order(class);
        order.iter().any(|one| match self.objects.get(*one) {
            Object::External(name) => accepts(self.symbols.text(name)),
            _ => false,
        })
    }

    /// Return the dotted name of an outside object's class.
    pub(crate) fn class_name(&self, object: ObjectId) -> Option<Symbol> {
        Some(match self.objects.get(object) {
            Object::Text(_) | Object::Affixes { .. } => self.known.str,
            Object::Integer(_) => self.known.int,
            Object::ExternalInstance(class) | Object::Made { class, .. } => class,
            Object::Container { kind, .. } => match kind {
                ContainerKind::List => self.known.list,
                ContainerKind::Tuple => self.known.tuple,
                ContainerKind::Set => self.known.set,
                ContainerKind::Map => self.known.dict,
            },
            Object::Generator(_) => self.known.generator,
            Object::Coroutine(_) => self.known.coroutine,
            _ => return None,
        })
    }

    /// Return the outside object `scope.name`.
    pub(crate) fn external_member(&mut self, scope: Symbol, name: Symbol) -> ObjectId {
        if let Some(member) = self.external_members.get(&(scope, name)) {
            return *member;
        }
        let text = format!("{}.{}", self.symbols.text(scope), self.symbols.text(name));
        let text = self.models.canonical(&text).to_owned();
        let symbol = self.symbols.intern(&text);
        let member = self.objects.intern(Object::External(symbol));
        self.external_members.insert((scope, name), member);
        member
    }

    /// Let `object.name` flow to a node.
    pub(crate) fn load_attribute(&mut self, object: ObjectId, name: Symbol, to: Node, site: Site, caller: CloneId) {
        match self.objects.get(object) {
            Object::Instance { class, .. } => self.load_from_instance(object, class, name, to, site, caller),
            Object::Class { .. } => self.load_from_class(object, name, to, site, caller),
            Object::Super { class, receiver } => {
                let of = match self.objects.get(receiver) {
                    Object::Instance { class, .. } => class,
                    _ => receiver,
                };
                let (of, order) = self.order_around(of, class);
                let after = order.iter().position(|one| *one == class).map_or(order.len(), |at| at + 1);
                let rest = &order[after..];
                match self.attribute_among(rest, name) {
                    Some((_, node)) if of == receiver => self.watch(node, Action::BindClass { class: receiver, to }),
                    Some((_, node)) => self.watch(node, Action::Bind { receiver, to, site, caller }),
                    None => {
                        let scope = self.outer_base(rest).unwrap_or_else(|| self.symbols.intern("builtins.object"));
                        let function = self.external_member(scope, name);
                        let bound = self.objects.intern(Object::Bound { function, receiver });
                        self.graph.insert(to, bound);
                    }
                }
            }
            Object::Module(file) => {
                if let Some(found) = self.module_member(file, name) {
                    self.graph.edge(found, to);
                } else if let Some(module) = self.submodule(file, name) {
                    self.graph.insert(to, module);
                } else if let Some(hook) = self.module_member(file, self.known.dunder_getattr) {
                    let text = self.objects.intern(Object::Text(name));
                    let name = self.single(text);
                    self.implicit_call(hook, vec![name], to, site, caller);
                }
            }
            Object::Namespace(path) => {
                if let Some(module) = self.namespace_member(path, name) {
                    self.graph.insert(to, module);
                }
            }
            Object::External(scope) if self.models.may_have(self.symbols.text(scope), self.symbols.text(name)) => {
                let member = self.external_member(scope, name);
                self.graph.insert(to, member);
            }
            Object::External(_) | Object::Ecma(_) => {}
            Object::Opaque(_) => self.graph.insert(to, object),
            Object::Bound { function, receiver } => {
                if name == self.known.dunder_self {
                    self.graph.insert(to, receiver);
                } else if name == self.known.dunder_func {
                    self.graph.insert(to, function);
                } else if !matches!(self.objects.get(function), Object::External(_)) {
                    self.load_attribute(function, name, to, site, caller);
                }
            }
            Object::Function { unit, .. } if name == self.known.dunder_name => {
                let text = self.objects.intern(Object::Text(self.program.units[unit as usize].name));
                self.graph.insert(to, text);
            }
            Object::Function { .. } | Object::StaticMethod(_) | Object::ClassMethod(_) => {
                let field = self.field(object, name);
                self.graph.edge(field, to);
            }
            Object::Text(_)
            | Object::Affixes { .. }
            | Object::Integer(_)
            | Object::ExternalInstance(_)
            | Object::Container { .. }
            | Object::Made { .. }
            | Object::Generator(_)
            | Object::Coroutine(_) => {
                if let Object::ExternalInstance(class) = self.objects.get(object)
                    && self.symbols.text(class) == "argparse.Namespace"
                {
                    let field = self.field(object, name);
                    self.graph.edge(field, to);
                    return;
                }
                if matches!(self.objects.get(object), Object::Made { .. })
                    && let Some(field) = self.fields.get(&(object, name)).copied()
                {
                    self.graph.edge(field, to);
                    return;
                }
                if let Some(class) = self.class_name(object)
                    && self.models.may_have(self.symbols.text(class), self.symbols.text(name))
                {
                    let function = self.external_member(class, name);
                    let bound = self.objects.intern(Object::Bound { function, receiver: object });
                    self.graph.insert(to, bound);
                }
            }
        }
    }

    /// Return the class whose order `super()` walks: the receiver's own, or its metaclass's when that has `class`.
    fn order_around(&mut self, of: ObjectId, class: ObjectId) -> (ObjectId, Rc<[ObjectId]>) {
        let own = self.order(of);
        if !own.contains(&class) {
            for metaclass in self.metaclasses(of) {
                let order = self.order(metaclass);
                if order.contains(&class) {
                    return (metaclass, order);
                }
            }
        }
        (of, own)
    }

    fn load_from_instance(
        &mut self,
        object: ObjectId,
        class: ObjectId,
        name: Symbol,
        to: Node,
        site: Site,
        caller: CloneId,
    ) {
        if name == self.known.dunder_class {
            self.graph.insert(to, class);
            return;
        }
        if self.defines(self.known.dunder_getattribute) {
            let text = self.objects.intern(Object::Text(name));
            let arguments = vec![self.single(text)];
            self.call_special(object, self.known.dunder_getattribute, arguments, to, site, caller);
        }
        let found = self.class_attribute(class, name);
        if let Some((_, node)) = found {
            self.watch(node, Action::Bind { receiver: object, to, site, caller });
        }
        if self.finder.is_stored(name) {
            let field = self.field(object, name);
            self.graph.edge(field, to);
        }
        if found.is_some() {
            return;
        }
        let miss = Miss { name, receiver: object, to, site, caller };
        self.classes.entry(class).or_default().misses.push(miss);
        if let Some((_, hook)) = self.class_attribute(class, self.known.dunder_getattr) {
            self.ask_hook(hook, object, name, to, site, caller);
        }
        let order = self.order(class);
        if let Some(outer) = self.outer_base(&order)
            && !self.finder.is_stored(name)
        {
            let function = self.external_member(outer, name);
            let bound = self.objects.intern(Object::Bound { function, receiver: object });
            self.graph.insert(to, bound);
        }
    }

    fn load_from_class(&mut self, class: ObjectId, name: Symbol, to: Node, site: Site, caller: CloneId) {
        if name == self.known.dunder_name
            && let Some(name) = self.name_of_class(class)
        {
            let text = self.objects.intern(Object::Text(name));
            self.graph.insert(to, text);
            return;
        }
        let found = self.class_attribute(class, name);
        let miss = Miss { name, receiver: class, to, site, caller };
        if found.is_none() || self.is_open(class) {
            self.classes.entry(class).or_default().misses.push(miss);
        }
        if let Some((_, node)) = found {
            self.watch(node, Action::BindClass { class, to });
            return;
        }
        for metaclass in self.metaclasses(class) {
            if let Some((_, node)) = self.class_attribute(metaclass, name) {
                self.watch(node, Action::Bind { receiver: class, to, site, caller });
                return;
            }
        }
        if !self.is_open(class) {
            for metaclass in self.metaclasses(class) {
                if let Some((_, hook)) = self.class_attribute(metaclass, self.known.dunder_getattr) {
                    return self.ask_hook(hook, class, name, to, site, caller);
                }
            }
        }
        let order = self.order(class);
        let scope = match self.outer_base(&order) {
            Some(outer) => outer,
            None if order.iter().any(|one| matches!(self.objects.get(*one), Object::External(_))) => return,
            None => self.symbols.intern("builtins.object"),
        };
        let function = self.external_member(scope, name);
        if scope == self.symbols.intern("builtins.object") {
            return;
        }
        let bound = self.objects.intern(Object::Bound { function, receiver: class });
        self.graph.insert(to, bound);
    }

    /// Return the metaclasses of a class and its bases that the program defines.
    pub(crate) fn metaclasses(&mut self, class: ObjectId) -> Vec<ObjectId> {
        let order = self.order(class);
        let mut found = Vec::new();
        for one in order.iter() {
            for metaclass in self.classes.get(one).map(|state| state.metaclasses.clone()).unwrap_or_default() {
                if matches!(self.objects.get(metaclass), Object::Class { .. }) && !found.contains(&metaclass) {
                    found.push(metaclass);
                }
            }
        }
        found
    }

    /// Let what a class attribute holds flow to a node as an attribute of a receiver: the descriptor protocol.
    pub(crate) fn bind(&mut self, object: ObjectId, receiver: ObjectId, to: Node, site: Site, caller: CloneId) {
        match self.objects.get(object) {
            Object::Function { unit, .. } => {
                let receiver = match self.objects.get(receiver) {
                    Object::Instance { class, .. }
                        if self.program.units[unit as usize].name == self.known.class_getitem =>
                    {
                        class
                    }
                    _ => receiver,
                };
                let bound = self.objects.intern(Object::Bound { function: object, receiver });
                self.graph.insert(to, bound);
            }
            Object::ClassMethod(function) => {
                let class = match self.objects.get(receiver) {
                    Object::Instance { class, .. } => class,
                    _ => receiver,
                };
                let bound = self.objects.intern(Object::Bound { function, receiver: class });
                self.graph.insert(to, bound);
            }
            Object::StaticMethod(function) => self.graph.insert(to, function),
            // The class that it stands in takes it out.
            Object::Made { class, .. } if class == self.known.record_field => {}
            Object::Made { class, .. } if class == self.known.property || class == self.known.cached_property => {
                let getter = self.field(object, self.known.getter);
                let receiver = self.single(receiver);
                self.implicit_call(getter, vec![receiver], to, site, caller);
            }
            Object::Made { class, .. }
                if [self.known.context_manager, self.known.partialmethod, self.known.dispatch_method]
                    .contains(&class) =>
            {
                let bound = self.objects.intern(Object::Bound { function: object, receiver });
                self.graph.insert(to, bound);
            }
            Object::Instance { class, .. } => match self.class_attribute(class, self.known.dunder_get) {
                Some((_, getter)) => {
                    let of = match self.objects.get(receiver) {
                        Object::Instance { class, .. } => class,
                        _ => receiver,
                    };
                    let arguments = vec![self.single(receiver), self.single(of)];
                    self.call_bound(getter, object, arguments, to, site, caller);
                }
                None => self.graph.insert(to, object),
            },
            _ => self.graph.insert(to, object),
        }
    }

    /// The same for an attribute of a class itself.
    pub(crate) fn bind_class(&mut self, object: ObjectId, class: ObjectId, to: Node) {
        match self.objects.get(object) {
            Object::Function { unit, .. } => {
                let name = self.program.units[unit as usize].name;
                if name == self.known.init_subclass || name == self.known.class_getitem {
                    let bound = self.objects.intern(Object::Bound { function: object, receiver: class });
                    self.graph.insert(to, bound);
                } else {
                    self.graph.insert(to, object);
                }
            }
            Object::ClassMethod(function) => {
                let bound = self.objects.intern(Object::Bound { function, receiver: class });
                self.graph.insert(to, bound);
            }
            Object::StaticMethod(function) => self.graph.insert(to, function),
            Object::Class { .. } | Object::Module(_) | Object::External(_) => self.graph.insert(to, object),
            _ if self.derives_from(class, |name| name.starts_with("enum.")) => {
                let member = self.any_instance(class);
                self.graph.insert(to, member);
            }
            _ => self.graph.insert(to, object),
        }
    }

    /// Call the function in a class attribute with a receiver: `type(receiver).name(receiver, …)`.
    pub(crate) fn call_bound(
        &mut self,
        attribute: Node,
        receiver: ObjectId,
        arguments: Vec<Node>,
        to: Node,
        site: Site,
        caller: CloneId,
    ) {
        if self.is_overrun(site, caller) {
            return;
        }
        let bound = self.graph.add(1);
        self.watch(attribute, Action::Bind { receiver, to: bound, site, caller });
        self.implicit_call(bound, arguments, to, site, caller);
    }

    /// Call what is in a node, not written as a call.
    pub(crate) fn implicit_call(&mut self, callee: Node, positional: Vec<Node>, to: Node, site: Site, caller: CloneId) {
        let arguments = Rc::new(Arguments { positional: positional.into(), ..Arguments::default() });
        let call = CallInstance { site, caller, to, arguments, form: CallForm::Plain, implicit: true, depth: 0 };
        self.call_node(callee, call);
    }

    /// Call a method that the language looks up on the class of an object. Says whether there is one.
    pub(crate) fn call_special(
        &mut self,
        object: ObjectId,
        name: Symbol,
        arguments: Vec<Node>,
        to: Node,
        site: Site,
        caller: CloneId,
    ) -> bool {
        let found = match self.objects.get(object) {
            Object::Instance { class, .. } => self.class_attribute(class, name).map(|(_, node)| node),
            Object::Class { .. } => {
                let metaclasses = self.metaclasses(object);
                metaclasses.into_iter().find_map(|one| self.class_attribute(one, name)).map(|(_, node)| node)
            }
            _ => None,
        };
        if let Some(node) = found {
            self.call_bound(node, object, arguments, to, site, caller);
        }
        found.is_some()
    }

    /// `object.name = value`
    pub(crate) fn store_attribute(&mut self, object: ObjectId, name: Symbol, value: Node, site: Site, caller: CloneId) {
        match self.objects.get(object) {
            Object::Instance { class, .. } => {
                if self.class_attribute(class, self.known.dunder_setattr).is_none() {
                    return self.set_attribute(object, class, name, value, site, caller);
                }
                // Properties and descriptors are the hook's business: it asks `object.__setattr__`, or does not.
                let text = self.objects.intern(Object::Text(name));
                let name_node = self.single(text);
                let ignored = self.graph.add(1);
                self.call_special(object, self.known.dunder_setattr, vec![name_node, value], ignored, site, caller);
                self.fill_attribute(object, class, name, value);
            }
            Object::Class { .. } => {
                let is_new = !self.fields.contains_key(&(object, name));
                let field = self.field(object, name);
                self.graph.edge(value, field);
                if is_new {
                    self.class_changed(object, Some(name));
                }
            }
            Object::Module(_) | Object::Function { .. } | Object::Made { .. } => {
                let field = self.field(object, name);
                self.graph.edge(value, field);
            }
            Object::Bound { function, .. } => {
                let field = self.field(function, name);
                self.graph.edge(value, field);
            }
            _ => {}
        }
    }

    /// Store an attribute of an instance as `object.__setattr__` does.
    pub(crate) fn set_attribute(
        &mut self,
        object: ObjectId,
        class: ObjectId,
        name: Symbol,
        value: Node,
        site: Site,
        caller: CloneId,
    ) {
        if let Some((_, node)) = self.class_attribute(class, name) {
            self.watch(node, Action::SetThrough { receiver: object, value, site, caller });
        }
        self.fill_attribute(object, class, name, value);
    }

    fn fill_attribute(&mut self, object: ObjectId, class: ObjectId, name: Symbol, value: Node) {
        let field = self.field(object, name);
        self.graph.edge(value, field);
        if !self.finder.is_stored(name) {
            // Under a name that only a text says: who looked for it before found nothing.
            self.finder.declare_stored(name);
            self.class_changed(class, Some(name));
        }
    }

    /// `object.__setattr__(instance, name, value)` with a name that is known.
    pub(crate) fn set_named(&mut self, id: u32, object: ObjectId, name: Symbol) {
        let call = self.calls[id as usize].clone();
        if let (Object::Instance { class, .. }, Some(value)) =
            (self.objects.get(object), call.arguments.positional.get(2))
        {
            self.set_attribute(object, class, name, *value, call.site, call.caller);
        }
    }

    /// Store into an attribute whose class has an object of that name: properties and data descriptors.
    pub(crate) fn set_through(
        &mut self,
        object: ObjectId,
        receiver: ObjectId,
        value: Node,
        site: Site,
        caller: CloneId,
    ) {
        let ignored = self.graph.add(1);
        match self.objects.get(object) {
            Object::Made { class, .. } if class == self.known.property => {
                let setter = self.field(object, self.known.setter);
                let receiver = self.single(receiver);
                self.implicit_call(setter, vec![receiver, value], ignored, site, caller);
            }
            Object::Instance { .. } => {
                let receiver = self.single(receiver);
                self.call_special(object, self.known.dunder_set, vec![receiver, value], ignored, site, caller);
            }
            _ => {}
        }
    }

    /// Return what a declared type stands for.
    pub(crate) fn declared_instances(&mut self, object: ObjectId) -> Vec<ObjectId> {
        match self.objects.get(object) {
            Object::Class { .. } => vec![self.any_instance(object)],
            Object::External(name) if self.models.is_class(self.symbols.text(name)) => {
                vec![self.objects.intern(Object::ExternalInstance(name))]
            }
            Object::Container { .. } => {
                let Some(all) = self.all_items(object) else { return Vec::new() };
                let items = self.graph.objects(all).to_vec();
                let mut found = Vec::new();
                for item in items {
                    if !matches!(self.objects.get(item), Object::Container { .. }) {
                        found.extend(self.declared_instances(item));
                    }
                }
                found
            }
            _ => Vec::new(),
        }
    }
}
