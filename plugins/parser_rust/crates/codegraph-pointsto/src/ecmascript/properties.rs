//! Properties: their own nodes, what is under unknown keys, accessors, and the chain of prototypes.
//!
//! A lookup goes on to the prototypes only if the object has no property of that name when all is quiet, since a
//! property hides those of that name above it, and may be defined after the lookup was met.

use std::rc::Rc;

use super::objects::{Object as Ecma, Part};
use super::ops::Member;
use super::{Action, Call, This};
use crate::graph::Node;
use crate::objects::{CloneId, Object, ObjectId};
use crate::program::{NONE, Symbol};
use crate::solver::{RETURNED, SENT, Site, Solver};

/// Prototypes that a lookup follows at most.
const LONGEST_CHAIN: u8 = 24;

/// What is known of an object's properties.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// Values under unknown keys.
    pub any: Node,
    /// All values.
    pub all: Node,
    /// Properties by name, in order of their definition.
    pub named: Vec<(Symbol, Node)>,
    /// Names of properties that a function stands for where they are read.
    getters: Vec<Symbol>,
    /// Who wants to know of new ones.
    watchers: Vec<Watcher>,
}

/// All properties of an object are given to another.
#[derive(Clone, Debug)]
pub(crate) struct Copy {
    pub to: ObjectId,
    /// Names that the other defines itself, later.
    pub hidden: Rc<[Symbol]>,
    /// They are written one by one: functions may stand for them, and what the prototypes have is written too.
    pub is_assigned: bool,
    pub site: Site,
    pub caller: CloneId,
}

/// What is done with the properties that an object has and will have.
#[derive(Clone, Debug)]
pub(crate) enum Watcher {
    /// They are properties of another object too.
    Copy { copy: u32 },
    /// Items before a position are items of an array, so many places further on.
    Shift { to: ObjectId, by: i64, until: u32 },
    /// Items are arguments of a call, from a position on.
    Arguments { target: CloneId, offset: u32 },
    /// Their names are texts of a node.
    Names { to: Node },
    /// Their names and values are entries of an array.
    Entries { array: ObjectId, site: Site, caller: CloneId },
    /// Their values are objects of a node.
    Read { to: Node, site: Site, caller: CloneId },
    /// What describes them are properties of another object.
    Descriptors { of: ObjectId, to: ObjectId, site: Site },
    /// What waiting for them gives is in another array.
    Waited { to: ObjectId, site: Site, caller: CloneId },
    /// They describe properties that an object is given.
    Describe { object: ObjectId, site: Site, caller: CloneId },
}

/// What a lookup is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mode {
    /// The value goes to a node.
    Get(Node),
    /// Functions that stand for the property are given a value.
    Set(Node),
}

/// The search for a property.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lookup {
    /// The object that it is at.
    pub object: ObjectId,
    pub name: Symbol,
    pub mode: Mode,
    pub receiver: ObjectId,
    pub site: Site,
    pub caller: CloneId,
    pub depth: u8,
    /// It is for all who read the property: the value goes to the node that they share.
    pub is_shared: bool,
}

impl Solver<'_> {
    /// Return what is known of an object's properties.
    pub(crate) fn shape(&mut self, object: ObjectId) -> &mut Shape {
        if !self.ecma.shapes.contains_key(&object) {
            let any = self.graph.add(2);
            self.graph.edge(any, any + 1);
            let shape = Shape { any, all: any + 1, named: Vec::new(), getters: Vec::new(), watchers: Vec::new() };
            self.ecma.shapes.insert(object, shape);
        }
        self.ecma.shapes.get_mut(&object).expect("just made")
    }

    /// Return the name that a key means; none if it is not known.
    pub(crate) fn key_name(&mut self, key: ObjectId) -> Option<Symbol> {
        let text = match self.objects.get(key) {
            Object::Text(name) => return Some(name),
            Object::Integer(number) => number.to_string(),
            Object::External(name) => format!("@@{}", self.symbols.text(name).strip_prefix("Symbol.")?),
            Object::Made { class, site, context } if class == self.ecma.names.symbol => {
                format!("@@symbol {site} {context}")
            }
            Object::Ecma(Ecma::Boolean(value)) => value.to_string(),
            _ => return None,
        };
        Some(self.symbols.intern(&text))
    }

    /// Let an object have a property of a value.
    pub(crate) fn put_property(&mut self, object: ObjectId, name: Symbol, value: Node) {
        let field = self.field(object, name);
        self.graph.edge(value, field);
        if !self.ecma.stored.insert((object, name)) {
            return;
        }
        let most = self.budget.slots_per_container as usize * 4;
        let shape = self.shape(object);
        if shape.named.len() >= most {
            return;
        }
        shape.named.push((name, field));
        let (all, watchers) = (shape.all, shape.watchers.clone());
        self.graph.edge(field, all);
        for watcher in watchers {
            self.property_added(&watcher, name, field);
        }
    }

    /// Show the properties that an object has and will have.
    pub(crate) fn watch_properties(&mut self, object: ObjectId, watcher: Watcher) {
        let shape = self.shape(object);
        shape.watchers.push(watcher.clone());
        let getters = shape.getters.clone();
        for (name, node) in shape.named.clone() {
            self.property_added(&watcher, name, node);
        }
        for name in getters {
            self.getter_added(&watcher, object, name);
        }
    }

    /// A property that a function stands for: who reads all properties calls it.
    fn getter_added(&mut self, watcher: &Watcher, object: ObjectId, name: Symbol) {
        let value = self.graph.add(1);
        match *watcher {
            Watcher::Copy { copy } => {
                let Copy { site, caller, .. } = self.ecma.copies[copy as usize];
                self.load(object, name, value, site, caller);
            }
            Watcher::Read { site, caller, .. } | Watcher::Entries { site, caller, .. } => {
                self.load(object, name, value, site, caller);
            }
            Watcher::Names { .. } | Watcher::Descriptors { .. } => {}
            _ => return,
        }
        self.property_added(watcher, name, value);
    }

    fn property_added(&mut self, watcher: &Watcher, name: Symbol, node: Node) {
        match *watcher {
            Watcher::Copy { copy } => {
                let Copy { to, ref hidden, is_assigned, site, caller } = self.ecma.copies[copy as usize];
                if !self.symbols.text(name).starts_with('%') && !hidden.contains(&name) {
                    if is_assigned && self.may_be_accessor(name) {
                        self.store(to, name, node, site, caller);
                    } else {
                        self.put_property(to, name, node);
                    }
                }
            }
            Watcher::Shift { to, by, until } => {
                if let Ok(at) = self.symbols.text(name).parse::<i64>()
                    && at + by >= 0
                    && at < i64::from(until)
                {
                    let name = self.symbols.intern(&(at + by).to_string());
                    self.put_property(to, name, node);
                }
            }
            Watcher::Arguments { target, offset } => {
                if let Ok(at) = self.symbols.text(name).parse::<u32>() {
                    self.bind_argument(target, offset + at, node);
                }
            }
            Watcher::Names { to } => {
                if !self.symbols.text(name).starts_with(['%', '@', '#']) {
                    let text = self.ecma_constant(Object::Text(name));
                    self.graph.insert(to, text);
                }
            }
            Watcher::Read { to, .. } => self.graph.edge(node, to),
            Watcher::Entries { array, .. } => {
                let text = self.ecma_constant(Object::Text(name));
                let text = self.single(text);
                self.add_entry(array, text, node);
            }
            Watcher::Waited { to, site, caller } => {
                let waited = self.graph.add(1);
                self.watch_ecma(node, Action::Await { to: waited, site, caller });
                self.put_property(to, name, waited);
            }
            Watcher::Describe { object, site, caller } => self.describe(object, name, node, site, caller),
            Watcher::Descriptors { of, to, site } => {
                let description = self.description_of(of, name, site);
                let description = self.single(description);
                self.put_property(to, name, description);
            }
        }
    }

    /// Say whether functions may stand for properties of a name.
    fn may_be_accessor(&self, name: Symbol) -> bool {
        self.ecma.accessors.contains(&name)
    }

    /// Learn that functions stand for properties of a name. Searches that came by before it was known ask for them too.
    pub(crate) fn note_accessor(&mut self, name: Symbol) {
        if !self.ecma.accessors.insert(name) {
            return;
        }
        for reader in self.ecma.readers.remove(&name).unwrap_or_default() {
            self.look_up(reader);
        }
        let before: Vec<Lookup> =
            self.ecma.lookups.iter().filter(|one| one.name == name && !one.is_shared).copied().collect();
        for lookup in before {
            if !self.is_primitive(lookup.object) && !matches!(self.objects.get(lookup.object), Object::Super { .. }) {
                self.watch_accessor(&lookup);
            }
        }
    }

    /// Call the functions that stand for the property that a search is for, in the object that it is at.
    fn watch_accessor(&mut self, lookup: &Lookup) {
        let Lookup { object, name, mode, receiver, site, caller, .. } = *lookup;
        let node = self.accessor(object, name, matches!(mode, Mode::Set(_)));
        let action = match mode {
            Mode::Get(to) => Action::Getter { receiver, to, site, caller },
            Mode::Set(value) => Action::Setter { receiver, value, site, caller },
        };
        self.watch_ecma(node, action);
    }

    fn accessor(&mut self, object: ObjectId, name: Symbol, is_setter: bool) -> Node {
        let map = if is_setter { &mut self.ecma.setters } else { &mut self.ecma.getters };
        if let Some(node) = map.get(&(object, name)) {
            return *node;
        }
        let node = self.graph.add(1);
        let map = if is_setter { &mut self.ecma.setters } else { &mut self.ecma.getters };
        map.insert((object, name), node);
        node
    }

    /// Give an object a property of a class body, literal or description.
    pub(crate) fn define(&mut self, object: ObjectId, name: Symbol, value: Node, member: Member) {
        match member {
            Member::Value if name == self.ecma.names.proto => {
                if let Some(parents) = self.prototype_of(object) {
                    self.graph.edge(value, parents);
                }
            }
            Member::Value => self.put_property(object, name, value),
            Member::Getter | Member::Setter => {
                let node = self.accessor(object, name, member == Member::Setter);
                self.graph.edge(value, node);
                self.ecma.stored.insert((object, name));
                self.note_accessor(name);
                let shape = self.shape(object);
                if member == Member::Getter && !shape.getters.contains(&name) {
                    shape.getters.push(name);
                    for watcher in shape.watchers.clone() {
                        self.getter_added(&watcher, object, name);
                    }
                }
            }
            Member::Constructor | Member::Initializer => {}
        }
        self.set_home(value, object);
    }

    /// Let functions of a node be members of an object: what `super` means in them.
    pub(crate) fn set_home(&mut self, functions: Node, object: ObjectId) {
        for function in self.graph.objects(functions).to_vec() {
            if matches!(self.objects.get(function), Object::Function { .. }) {
                self.ecma.homes.entry(function).or_insert(object);
            }
        }
        if self.ecma.members.insert((functions, object)) {
            self.watch_ecma(functions, Action::Home { object });
        }
    }

    /// `object.name`
    pub(crate) fn load(&mut self, object: ObjectId, name: Symbol, to: Node, site: Site, caller: CloneId) {
        let mode = Mode::Get(to);
        self.look_up(Lookup { object, name, mode, receiver: object, site, caller, depth: 0, is_shared: false });
    }

    /// `object[key]` of a key that nobody knows: what was put under such keys, and any item of an array.
    pub(crate) fn load_somewhere(&mut self, object: ObjectId, to: Node) {
        match self.objects.get(object) {
            Object::Ecma(Ecma::Array { .. }) | Object::Made { .. } => {
                let all = self.shape(object).all;
                self.graph.edge(all, to);
            }
            Object::Super { receiver, .. } => self.load_somewhere(receiver, to),
            Object::Opaque(_) => self.graph.insert(to, object),
            _ => {
                let any = self.shape(object).any;
                self.graph.edge(any, to);
            }
        }
    }

    /// `object.name = value`
    pub(crate) fn store(&mut self, object: ObjectId, name: Symbol, value: Node, site: Site, caller: CloneId) {
        if self.is_primitive(object) {
            return;
        }
        if name == self.ecma.names.proto {
            if let Some(parents) = self.prototype_of(object) {
                self.graph.edge(value, parents);
            }
            return;
        }
        match self.objects.get(object) {
            Object::Made { class, .. } if class == self.ecma.names.proxy => {
                return self.store_into_proxy(object, name, value, site, caller);
            }
            Object::Super { class: home, receiver } => {
                if !self.may_be_accessor(name) {
                    return self.store(receiver, name, value, site, caller);
                }
                // The search for the function begins above the method's own object.
                let mode = Mode::Set(value);
                let next =
                    self.new_lookup(Lookup { object, name, mode, receiver, site, caller, depth: 0, is_shared: false });
                if let Some(parents) = self.prototype_of(home) {
                    self.watch_ecma(parents, Action::Inherit { lookup: next });
                }
                return;
            }
            Object::Generator(clone) if name == self.ecma.names.sent => {
                let sent = self.extra(clone, SENT);
                return self.graph.edge(value, sent);
            }
            _ => {}
        }
        if self.may_be_accessor(name) {
            let mode = Mode::Set(value);
            self.look_up(Lookup { object, name, mode, receiver: object, site, caller, depth: 0, is_shared: false });
        }
        if !self.has_setter(object, name) {
            self.put_property(object, name, value);
        }
        self.set_home(value, object);
    }

    /// Say whether a function stands for a property that is written, as far as is known.
    fn has_setter(&mut self, object: ObjectId, name: Symbol) -> bool {
        self.may_be_accessor(name) && self.chain_of(object).into_iter().any(|one| self.is_set_by(one, name))
    }

    /// Say whether an object has a function of its own that stands for a property that is written.
    fn is_set_by(&mut self, object: ObjectId, name: Symbol) -> bool {
        let node = self.ecma.setters.get(&(object, name)).copied();
        node.is_some_and(|node| !self.graph.objects(node).is_empty())
    }

    /// Return an object and its prototypes, as far as they are known.
    pub(crate) fn chain_of(&mut self, object: ObjectId) -> Vec<ObjectId> {
        let mut found = vec![object];
        let mut at = 0;
        while let Some(one) = found.get(at).copied()
            && at < usize::from(LONGEST_CHAIN)
        {
            at += 1;
            if let Some(parents) = self.prototype_of(one) {
                for parent in self.graph.objects(parents).to_vec() {
                    if !found.contains(&parent) {
                        found.push(parent);
                    }
                }
            }
        }
        found
    }

    /// `object[key] = value` of a key that nobody knows.
    pub(crate) fn store_somewhere(&mut self, object: ObjectId, value: Node) {
        if !self.is_primitive(object) {
            let any = self.shape(object).any;
            self.graph.edge(value, any);
        }
    }

    fn look_up(&mut self, lookup: Lookup) {
        let Lookup { object, name, mode, .. } = lookup;
        let names = self.ecma.names;
        let of = self.objects.get(object);
        if let Mode::Get(to) = mode {
            match of {
                // The protocol of promises is the language's own, whoever made them.
                Object::Opaque(_) if matches!(self.symbols.text(name), "then" | "catch" | "finally") => {
                    let name = self.symbols.text(name).to_owned();
                    let method = self.outside_member("Promise.prototype", &name);
                    return self.graph.insert(to, method);
                }
                Object::Opaque(_) => return self.graph.insert(to, object),
                Object::Ecma(Ecma::Undefined | Ecma::Null) => return,
                Object::Ecma(Ecma::Namespace(file)) => return self.load_export(file, lookup, to),
                Object::Function { .. } | Object::Class { .. } if name == names.prototype => {
                    let prototype = self.ecma_object(Ecma::Prototype(object));
                    self.graph.insert(to, prototype);
                    let field = self.field(object, name);
                    return self.graph.edge(field, to);
                }
                Object::Ecma(Ecma::ModuleObject(file)) if name == names.exports => {
                    let exports = self.ecma_object(Ecma::Exports(file));
                    self.graph.insert(to, exports);
                }
                Object::Ecma(Ecma::Global) => self.load_free(name, to),
                Object::Generator(clone) if name == names.returned => {
                    let returned = self.extra(clone, RETURNED);
                    return self.graph.edge(returned, to);
                }
                Object::Ecma(Ecma::Array { site, part: Part::Arguments, .. }) if name == names.callee => {
                    let unit = self.site_bases.partition_point(|base| *base <= site) as u32 - 1;
                    for function in self.made.get(&unit).cloned().unwrap_or_default() {
                        self.graph.insert(to, function);
                    }
                    return;
                }
                Object::Super { class: home, receiver } => {
                    let parents = self.prototype_of(home);
                    let next = self.new_lookup(Lookup { receiver, ..lookup });
                    if let Some(parents) = parents {
                        self.watch_ecma(parents, Action::Inherit { lookup: next });
                    }
                    return;
                }
                Object::Made { class, .. } if class == names.proxy => self.load_from_proxy(lookup, to),
                Object::Made { class, .. } if class == names.description && name == names.value => {
                    // What decorators before it gave: what it puts in its place is seen by others.
                    let original = self.field(object, names.original);
                    return self.graph.edge(original, to);
                }
                _ => {}
            }
            if name == names.proto {
                if let Some(parents) = self.prototype_of(object) {
                    self.graph.edge(parents, to);
                }
                return;
            }
            if !self.may_be_accessor(name) {
                return self.look_up_for_all(lookup, to);
            }
        }
        self.look_up_here(lookup);
    }

    /// What a property is does not depend on who reads it, unless functions stand for it: one search is for all.
    fn look_up_for_all(&mut self, lookup: Lookup, to: Node) {
        if !lookup.is_shared {
            self.ecma.readers.entry(lookup.name).or_default().push(lookup);
        }
        // What a text or number has is its prototype's.
        let names = self.ecma.names;
        let object = match self.objects.get(lookup.object) {
            Object::Text(_) => self.objects.intern(Object::ExternalInstance(names.string)),
            Object::Integer(_) => self.objects.intern(Object::ExternalInstance(names.number)),
            _ => lookup.object,
        };
        let key = (object, lookup.name);
        if let Some((node, went_up)) = self.ecma.found.get(&key).copied()
            // The object has the property by now, which it had not when the search went on to its prototypes.
            && !(went_up && self.hides(object, lookup.name))
        {
            return self.graph.edge(node, to);
        }
        let node = self.graph.add(1);
        self.ecma.found.insert(key, (node, false));
        self.graph.edge(node, to);
        self.look_up_here(Lookup { object, mode: Mode::Get(node), is_shared: true, ..lookup });
    }

    fn look_up_here(&mut self, lookup: Lookup) {
        let Lookup { object, name, mode, .. } = lookup;
        if let Mode::Get(to) = mode
            && !self.is_primitive(object)
        {
            let field = self.field(object, name);
            self.graph.edge(field, to);
            if self.may_have_any(object, name) {
                let any = self.shape(object).any;
                self.graph.edge(any, to);
            }
        }
        if self.may_be_accessor(name) && !lookup.is_shared && !self.is_primitive(object) {
            self.watch_accessor(&lookup);
        }
        if matches!(mode, Mode::Get(_)) && self.hides(object, name) {
            return;
        }
        let next = self.new_lookup(lookup);
        self.ecma.pending.push(next);
    }

    fn new_lookup(&mut self, lookup: Lookup) -> u32 {
        self.ecma.lookups.push(lookup);
        self.ecma.lookups.len() as u32 - 1
    }

    /// Say whether values may be put into an object under unknown keys.
    fn may_have_any(&self, object: ObjectId, name: Symbol) -> bool {
        let is_collection = self.ecma.collections.contains(&object);
        match self.objects.get(object) {
            _ if is_collection => self.symbols.text(name).bytes().all(|byte| byte.is_ascii_digit()),
            Object::Ecma(Ecma::Array { .. }) => self.symbols.text(name).bytes().all(|byte| byte.is_ascii_digit()),
            Object::Ecma(Ecma::Record { .. } | Ecma::Exports(_) | Ecma::Prototype(_))
            | Object::Instance { .. }
            | Object::Function { .. }
            | Object::Class { .. } => true,
            _ => false,
        }
    }

    /// Say whether an object has a property that hides those of that name above it. One that is bound to what a lookup
    /// of it gives, as in `this.run = this.run.bind(this)`, has no value yet.
    fn hides(&mut self, object: ObjectId, name: Symbol) -> bool {
        if !self.ecma.stored.contains(&(object, name)) {
            return false;
        }
        let nodes = [self.fields.get(&(object, name)).copied(), self.ecma.getters.get(&(object, name)).copied()];
        nodes.into_iter().flatten().any(|node| !self.graph.objects(node).is_empty())
    }

    /// All is quiet: go on to the prototypes, unless the property has been defined meanwhile.
    pub(crate) fn go_up(&mut self, id: u32) {
        let lookup = self.ecma.lookups[id as usize];
        let Lookup { object, name, mode, .. } = lookup;
        let is_found = match mode {
            Mode::Get(_) => self.hides(object, name),
            Mode::Set(_) => self.is_set_by(object, name),
        };
        if is_found {
            return;
        }
        if lookup.is_shared
            && let Some((node, went_up)) = self.ecma.found.get_mut(&(object, name))
            && mode == Mode::Get(*node)
        {
            *went_up = true;
        }
        match self.objects.get(object) {
            Object::Ecma(Ecma::Prototype(of)) if name == self.ecma.names.constructor => {
                if let Mode::Get(to) = mode {
                    self.graph.insert(to, of);
                }
                return;
            }
            Object::External(scope) => {
                if let Mode::Get(to) = mode {
                    self.load_from_outside(scope, lookup, to);
                }
                return;
            }
            _ => {}
        }
        if lookup.depth >= LONGEST_CHAIN {
            return;
        }
        match self.prototype_of(object) {
            Some(parents) => self.watch_ecma(parents, Action::Inherit { lookup: id }),
            None => self.not_found(lookup),
        }
    }

    /// Nothing has the property.
    fn not_found(&mut self, lookup: Lookup) {
        if let Mode::Get(to) = lookup.mode {
            let undefined = self.ecma_object(Ecma::Undefined);
            self.graph.insert(to, undefined);
        }
    }

    /// A prototype has arrived at a lookup.
    pub(crate) fn inherit(&mut self, id: u32, prototype: ObjectId) {
        let lookup = self.ecma.lookups[id as usize];
        if self.is_primitive(prototype) {
            return self.not_found(lookup);
        }
        let Lookup { name, mode, receiver, site, caller, .. } = lookup;
        if prototype != lookup.object && self.ecma.followed.insert((prototype, name, mode, receiver, site, caller)) {
            self.look_up(Lookup { object: prototype, depth: lookup.depth + 1, ..lookup });
        }
    }

    /// A member of something outside: what its class is known to have, or anything of a module that is not known.
    fn load_from_outside(&mut self, scope: Symbol, lookup: Lookup, to: Node) {
        let (text, name) = (self.symbols.text(scope).to_owned(), self.symbols.text(lookup.name).to_owned());
        if text.starts_with('%') {
            return self.not_found(lookup);
        }
        let models = self.models.of_ecmascript();
        if name == "prototype" || models.may_have(&text, &name) && models.is_listed(&text) {
            let member = self.outside_member(&text, &name);
            return self.graph.insert(to, member);
        }
        if let Some(parent) = models.base(&text).map(str::to_owned) {
            let parent = self.external(&parent);
            if parent != lookup.object && lookup.depth < LONGEST_CHAIN {
                return self.look_up(Lookup { object: parent, depth: lookup.depth + 1, ..lookup });
            }
        }
        let method = format!("Function.prototype.{name}");
        let is_own = super::library::needs_code(&format!("{text}.{name}"));
        if !is_own && matches!(name.as_str(), "call" | "apply" | "bind") && !text.ends_with(".prototype") {
            let member = self.external(&method);
            return self.graph.insert(to, member);
        }
        if models.is_listed(&text) || name.starts_with(['%', '@', '#']) {
            return self.not_found(lookup);
        }
        let member = self.outside_member(&text, &name);
        self.graph.insert(to, member);
    }

    /// Return a member of something outside under the name by which it is known.
    pub(crate) fn outside_member(&mut self, scope: &str, name: &str) -> ObjectId {
        let text = format!("{scope}.{name}");
        let text = self.models.of_ecmascript().canonical(&text).to_owned();
        self.external(&text)
    }

    /// Return the node of the prototypes of an object; none if it has none.
    pub(crate) fn prototype_of(&mut self, object: ObjectId) -> Option<Node> {
        if let Some(node) = self.ecma.parents.get(&object) {
            return Some(*node);
        }
        let names = self.ecma.names;
        let outside = |class: &str| format!("{class}.prototype");
        let initial = match self.objects.get(object) {
            Object::Ecma(one) => match one {
                Ecma::Undefined | Ecma::Null | Ecma::Interface { .. } => return None,
                Ecma::Boolean(_) => Some(outside("Boolean")),
                Ecma::Record { .. } | Ecma::Exports(_) | Ecma::ModuleObject(_) | Ecma::Namespace(_) | Ecma::Global => {
                    Some(outside("Object"))
                }
                Ecma::Array { .. } => Some(outside("Array")),
                Ecma::Bound { .. } | Ecma::Settler { .. } => Some(outside("Function")),
                Ecma::Prototype(of) if self.ecma.bases.get(&of).is_some_and(|bases| !bases.is_empty()) => None,
                Ecma::Prototype(_) => Some(outside("Object")),
            },
            Object::Function { .. } => Some(outside("Function")),
            Object::Class { .. } if self.ecma.bases.get(&object).is_some_and(|bases| !bases.is_empty()) => None,
            Object::Class { .. } => Some(outside("Function")),
            Object::Instance { .. } => None,
            Object::Text(_) => Some(outside("String")),
            Object::Integer(_) => Some(outside("Number")),
            Object::ExternalInstance(class) | Object::Made { class, .. } => {
                let text = self.symbols.text(class).to_owned();
                Some(outside(&text))
            }
            Object::Generator(_) => Some(outside("Generator")),
            Object::Coroutine(_) => Some(outside("Promise")),
            _ => return None,
        };
        let node = self.graph.add(1);
        self.ecma.parents.insert(object, node);
        if let Some(initial) = initial {
            let initial = self.external(&initial);
            self.graph.insert(node, initial);
            return Some(node);
        }
        match self.objects.get(object) {
            Object::Instance { class, .. } => match self.objects.get(class) {
                Object::Class { .. } => {
                    let prototype = self.ecma_object(Ecma::Prototype(class));
                    self.graph.insert(node, prototype);
                }
                _ => {
                    // `F.prototype` as it is bound last.
                    let field = self.field(class, names.prototype);
                    self.graph.edge(field, node);
                    let prototype = self.ecma_object(Ecma::Prototype(class));
                    self.ecma.initial.push((class, names.prototype, prototype, node));
                }
            },
            Object::Class { .. } => {
                for base in self.ecma.bases.get(&object).cloned().unwrap_or_default() {
                    self.graph.edge(base, node);
                }
            }
            Object::Ecma(Ecma::Prototype(of)) => {
                for base in self.ecma.bases.get(&of).cloned().unwrap_or_default() {
                    let (site, caller) = (0, 0);
                    self.watch_ecma(base, Action::Load { name: names.prototype, to: node, site, caller });
                }
            }
            _ => {}
        }
        Some(node)
    }

    pub(crate) fn new_copy(&mut self, copy: Copy) -> u32 {
        self.ecma.copies.push(copy);
        self.ecma.copies.len() as u32 - 1
    }

    /// Let an object have all properties of another.
    pub(crate) fn copy_properties(&mut self, from: ObjectId, copy: u32) {
        let Copy { to, is_assigned, .. } = self.ecma.copies[copy as usize];
        if self.is_primitive(from) || from == to {
            return;
        }
        let (source, target) = (self.shape(from).any, self.shape(to).any);
        self.graph.edge(source, target);
        self.watch_properties(from, Watcher::Copy { copy });
        if is_assigned && let Some(prototype) = self.own_prototype(from) {
            self.watch_properties(prototype, Watcher::Copy { copy });
        }
    }

    /// `for (key in from) object[key] = from[key]`
    pub(crate) fn copy_all(&mut self, object: ObjectId, from: Node, site: Site, caller: CloneId) {
        if !self.is_primitive(object) {
            let copy = Copy { to: object, hidden: Rc::new([]), is_assigned: true, site, caller };
            let copy = self.new_copy(copy);
            self.watch_ecma(from, Action::SpreadProperties { copy });
        }
    }

    /// Return the prototype that an object has from the function that made it: loops go through its names too.
    fn own_prototype(&mut self, object: ObjectId) -> Option<ObjectId> {
        let Object::Instance { class, .. } = self.objects.get(object) else { return None };
        let is_function = matches!(self.objects.get(class), Object::Function { .. });
        is_function.then(|| self.ecma_object(Ecma::Prototype(class)))
    }

    /// Let the names of an object's properties, and its prototypes', be texts of a node.
    pub(crate) fn property_names(&mut self, object: ObjectId, to: Node) {
        if self.is_primitive(object) {
            return;
        }
        self.watch_properties(object, Watcher::Names { to });
        if let Some(prototype) = self.own_prototype(object) {
            self.watch_properties(prototype, Watcher::Names { to });
        }
    }

    /// Give an object a property that a description says: `{ value }`, `{ get, set }`.
    pub(crate) fn describe(&mut self, object: ObjectId, name: Symbol, description: Node, site: Site, caller: CloneId) {
        let names = self.ecma.names;
        let first = self.graph.add(3);
        for (at, part) in [names.value, names.get, names.set].into_iter().enumerate() {
            let to = first + at as u32;
            self.watch_ecma(description, Action::Load { name: part, to, site, caller });
        }
        self.note_accessor(name);
        self.put_property(object, name, first);
        for (is_setter, value) in [(false, first + 1), (true, first + 2)] {
            let node = self.accessor(object, name, is_setter);
            self.graph.edge(value, node);
        }
    }

    /// Return an object that describes a property: `{ value, get, set }`.
    pub(crate) fn description_of(&mut self, object: ObjectId, name: Symbol, site: Site) -> ObjectId {
        let names = self.ecma.names;
        // One for each object and name, so that what is described stays apart.
        let class = format!("%description {object} {}", self.symbols.text(name));
        let class = self.symbols.intern(&class);
        let found = self.objects.intern(Object::Made { class, site, context: NONE });
        let value = self.field(object, name);
        self.put_property(found, names.value, value);
        for (is_setter, part) in [(false, names.get), (true, names.set)] {
            let function = self.accessor(object, name, is_setter);
            self.put_property(found, part, function);
        }
        found
    }

    /// A property of a proxy: its handler decides, or its target has it.
    fn load_from_proxy(&mut self, lookup: Lookup, to: Node) {
        let Lookup { object, name, site, caller, .. } = lookup;
        let names = self.ecma.names;
        let key = self.ecma_constant(Object::Text(name));
        let rest = vec![self.single(key), self.single(object)];
        let call = Call::implicit(site, caller, to, This::Nothing, Vec::new());
        if !self.trap(object, names.get, rest, &call) {
            let target = self.field(object, names.target);
            self.watch_ecma(target, Action::Load { name, to, site, caller });
        }
    }

    /// `proxy.name = value`
    fn store_into_proxy(&mut self, proxy: ObjectId, name: Symbol, value: Node, site: Site, caller: CloneId) {
        let names = self.ecma.names;
        let key = self.ecma_constant(Object::Text(name));
        let rest = vec![self.single(key), value, self.single(proxy)];
        let to = self.graph.add(1);
        let call = Call::implicit(site, caller, to, This::Nothing, Vec::new());
        if !self.trap(proxy, names.set, rest, &call) {
            let target = self.field(proxy, names.target);
            self.watch_ecma(target, Action::Store { name, value, site, caller });
        }
    }

    /// `key in object`, `delete object.key`, the names of an object's properties: what a proxy's handler is asked.
    pub(crate) fn ask_proxy(&mut self, object: ObjectId, name: Symbol, rest: Vec<Node>, site: Site, caller: CloneId) {
        if matches!(self.objects.get(object), Object::Made { class, .. } if class == self.ecma.names.proxy) {
            let to = self.graph.add(1);
            let call = Call::implicit(site, caller, to, This::Nothing, Vec::new());
            self.trap(object, name, rest, &call);
        }
    }
}
