//! Containers and iteration: constant keys and positions have nodes of their own, everything else shares one.

use crate::graph::{Node, Trigger};
use crate::objects::{CloneId, Object, ObjectId};
use crate::program::{ContainerKind, Place};
use crate::solver::{Action, RETURNED, Site, Solver, YIELDED};

/// What is in a container.
#[derive(Clone, Debug)]
pub(crate) struct ContainerState {
    /// Items at unknown places.
    pub any: Node,
    /// All items.
    pub all: Node,
    /// The keys of a mapping.
    pub keys: Node,
    /// Items under known keys: texts, integers, functions, classes.
    pub slots: Vec<(ObjectId, Node)>,
    /// Actions that want to know of new slots.
    watchers: Vec<Trigger>,
}

impl Solver<'_> {
    /// Return a container's state; none if the object is not a container.
    pub(crate) fn container(&mut self, object: ObjectId) -> Option<&mut ContainerState> {
        let holder = match self.objects.get(object) {
            Object::Container { .. } | Object::Made { .. } => None,
            Object::Instance { class, .. } if self.held_kind(class).is_some() => Some(class),
            _ => return None,
        };
        if !self.containers.contains_key(&object) {
            let first = self.graph.add(3);
            let (any, all, keys) = (first, first + 1, first + 2);
            self.graph.edge(any, all);
            self.containers.insert(object, ContainerState { any, all, keys, slots: Vec::new(), watchers: Vec::new() });
            if let Some(class) = holder {
                // As with attributes: an uncalled method's receiver may be any instance.
                let instance = self.any_instance(class);
                if instance != object
                    && let Some(state) = self.container(instance).map(|state| state.clone())
                {
                    self.graph.edge(all, state.any);
                    self.graph.edge(keys, state.keys);
                }
            }
        }
        self.containers.get_mut(&object)
    }

    /// Return what instances of a class hold if it derives from a container of the library.
    pub(crate) fn held_kind(&mut self, class: ObjectId) -> Option<ContainerKind> {
        let order = self.order(class);
        order.iter().find_map(|one| match self.objects.get(*one) {
            Object::External(name) => {
                let name = self.symbols.text(name);
                match self.models.base(name).unwrap_or(name) {
                    "builtins.dict" => Some(ContainerKind::Map),
                    "builtins.list" | "builtins.tuple" => Some(ContainerKind::List),
                    "builtins.set" => Some(ContainerKind::Set),
                    _ => None,
                }
            }
            Object::Made { class, .. } if class == self.known.record_class => Some(ContainerKind::List),
            _ => None,
        })
    }

    /// Return the node of all items of a container.
    pub(crate) fn all_items(&mut self, object: ObjectId) -> Option<Node> {
        self.container(object).map(|state| state.all)
    }

    /// Return the node of the items at unknown places.
    pub(crate) fn any_item(&mut self, object: ObjectId) -> Option<Node> {
        self.container(object).map(|state| state.any)
    }

    fn is_key(&self, object: ObjectId) -> bool {
        matches!(
            self.objects.get(object),
            Object::Text(_) | Object::Integer(_) | Object::Function { .. } | Object::Class { .. }
        )
    }

    /// Return the node of the item under a known key.
    pub(crate) fn slot(&mut self, container: ObjectId, key: ObjectId) -> Option<Node> {
        let is_key = self.is_key(key);
        let most = self.budget.slots_per_container as usize;
        let state = self.container(container)?;
        if !is_key || state.slots.len() >= most && !state.slots.iter().any(|(one, _)| *one == key) {
            return Some(state.any);
        }
        if let Some((_, node)) = state.slots.iter().find(|(one, _)| *one == key) {
            return Some(*node);
        }
        let all = state.all;
        let node = self.graph.add(1);
        self.graph.edge(node, all);
        let state = self.containers.get_mut(&container)?;
        state.slots.push((key, node));
        for watcher in state.watchers.clone() {
            self.slot_added(watcher, key, node);
        }
        Some(node)
    }

    /// Show an action the slots that a container has and will have.
    pub(crate) fn watch_slots(&mut self, container: ObjectId, action: Action) {
        let id = self.actions.len() as Trigger;
        self.actions.push(action);
        let Some(state) = self.container(container) else { return };
        state.watchers.push(id);
        for (key, node) in state.slots.clone() {
            self.slot_added(id, key, node);
        }
    }

    /// Let an item be in a fresh container.
    pub(crate) fn put(&mut self, container: ObjectId, place: Place, base: Node, value: Node) {
        match place {
            Place::At(at) => {
                let key = self.objects.intern(Object::Integer(at));
                if let Some(slot) = self.slot(container, key) {
                    self.graph.edge(value, slot);
                }
            }
            Place::Key(key) => self.put_keyed(container, base + key, value),
            Place::FromEnd(at) if self.is_mapping(container) => {
                let key = self.objects.intern(Object::Integer(-1 - at));
                self.put_under(container, key, value);
            }
            Place::Any | Place::FromEnd(_) => {
                if let Some(any) = self.any_item(container) {
                    self.graph.edge(value, any);
                }
            }
        }
    }

    /// Let an item be under what a node has.
    pub(crate) fn put_keyed(&mut self, container: ObjectId, key: Node, value: Node) {
        if let Some(keys) = self.container(container).map(|state| state.keys) {
            self.graph.edge(key, keys);
        }
        self.watch(key, Action::ElementKey { container, value });
        if self.graph.objects(key).is_empty() {
            self.unkeyed_stores.push((container, key, value));
        }
    }

    /// Let an item be under a key that has arrived.
    pub(crate) fn put_under(&mut self, container: ObjectId, key: ObjectId, value: Node) {
        if let Some(named) = self.name_in_module(container, key) {
            return self.graph.edge(value, named);
        }
        if let Some(slot) = self.slot(container, key) {
            self.graph.edge(value, slot);
        }
    }

    /// Return the node of a name of a module if an object is what `globals()` gives.
    fn name_in_module(&mut self, object: ObjectId, key: ObjectId) -> Option<Node> {
        match (self.objects.get(object), self.objects.get(key)) {
            (Object::Made { class, site, .. }, Object::Text(name)) if class == self.known.names_of_module => {
                let unit = self.site_bases.partition_point(|first| *first <= site) - 1;
                self.module_member(self.program.units[unit].file, name)
            }
            _ => None,
        }
    }

    /// `object[key]`
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn load_item(
        &mut self,
        object: ObjectId,
        key: Option<Node>,
        place: Place,
        to: Node,
        site: Site,
        caller: CloneId,
    ) {
        match self.objects.get(object) {
            Object::Container { .. } | Object::Made { .. } => self.load_held(object, key, place, to),
            Object::Instance { class, .. } if self.held_kind(class).is_some() => {
                let argument = key.unwrap_or_else(|| self.graph.add(1));
                if !self.call_special(object, self.known.dunder_getitem, vec![argument], to, site, caller) {
                    self.load_held(object, key, place, to);
                    if self.is_mapping(object) {
                        self.call_special(object, self.known.missing, vec![argument], to, site, caller);
                    }
                }
            }
            Object::Instance { .. } | Object::Class { .. } => {
                let argument = key.unwrap_or_else(|| self.graph.add(1));
                let found = self.call_special(object, self.known.dunder_getitem, vec![argument], to, site, caller);
                if !found && matches!(self.objects.get(object), Object::Class { .. }) {
                    if let Some((_, node)) = self.class_attribute(object, self.known.class_getitem) {
                        let bound = self.graph.add(1);
                        self.watch(node, Action::BindClass { class: object, to: bound });
                        self.implicit_call(bound, vec![argument], to, site, caller);
                    }
                    // A generic class with its arguments is the class.
                    self.graph.insert(to, object);
                }
            }
            Object::External(name) => {
                let text = self.symbols.text(name);
                if text == "sys.modules" {
                    if let Some(key) = key {
                        let unit = self.clones[caller as usize].unit;
                        let file = self.program.units[unit as usize].file;
                        self.watch(key, Action::ImportNamed { to, file, root: false });
                    }
                    return;
                }
                if text.starts_with("typing.") || text.starts_with("typing_extensions.") {
                    // `Optional[C]`, `Annotated[C, …]`: what is declared is what is inside.
                    if let Some(key) = key {
                        self.graph.edge(key, to);
                    }
                }
                self.graph.insert(to, object);
            }
            Object::Opaque(_) => self.graph.insert(to, object),
            Object::Text(_) => {
                let text = self.objects.intern(Object::ExternalInstance(self.known.str));
                self.graph.insert(to, text);
            }
            Object::ExternalInstance(class) if class == self.known.str => self.graph.insert(to, object),
            _ => {}
        }
    }

    /// Let an item of a container flow to a node, whatever its class says.
    pub(crate) fn load_held(&mut self, object: ObjectId, key: Option<Node>, place: Place, to: Node) {
        let Some(key) = key else { return self.load_place(object, place, to) };
        if let Some(any) = self.any_item(object) {
            self.graph.edge(any, to);
        }
        self.watch(key, Action::LoadItemKey { object, to });
    }

    fn load_place(&mut self, object: ObjectId, place: Place, to: Node) {
        let Some(state) = self.container(object) else { return };
        let (any, all) = (state.any, state.all);
        match place {
            Place::At(at) => {
                let key = self.objects.intern(Object::Integer(at));
                if let Some(slot) = self.slot(object, key) {
                    self.graph.edge(slot, to);
                }
                self.graph.edge(any, to);
            }
            Place::FromEnd(at) if self.is_mapping(object) => {
                let key = self.objects.intern(Object::Integer(-1 - at));
                if let Some(slot) = self.slot(object, key) {
                    self.graph.edge(slot, to);
                }
                self.graph.edge(any, to);
            }
            Place::FromEnd(at) => self.load_from_end(object, at, to),
            _ => self.graph.edge(all, to),
        }
    }

    /// A key has arrived at `object[key]`.
    pub(crate) fn load_item_under(&mut self, object: ObjectId, key: ObjectId, to: Node) {
        if let Some(named) = self.name_in_module(object, key) {
            return self.graph.edge(named, to);
        }
        let negative = matches!(self.objects.get(key), Object::Integer(at) if at < 0);
        if self.is_key(key) && !negative {
            if let Some(slot) = self.slot(object, key) {
                self.graph.edge(slot, to);
            }
        } else if let Some(all) = self.all_items(object) {
            self.graph.edge(all, to);
            if negative || matches!(self.objects.get(key), Object::Made { .. } | Object::Container { .. }) {
                // A slice, perhaps: the same kind of container.
                self.graph.insert(to, object);
            }
        }
    }

    /// `object[key] = value`
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn store_item(
        &mut self,
        object: ObjectId,
        key: Option<Node>,
        place: Place,
        value: Node,
        site: Site,
        caller: CloneId,
    ) {
        match self.objects.get(object) {
            Object::Container { .. } | Object::Made { .. } => self.store_held(object, key, place, value),
            Object::Instance { class, .. } => {
                let argument = key.unwrap_or_else(|| self.graph.add(1));
                let ignored = self.graph.add(1);
                let arguments = vec![argument, value];
                if !self.call_special(object, self.known.dunder_setitem, arguments, ignored, site, caller)
                    && self.held_kind(class).is_some()
                {
                    self.store_held(object, key, place, value);
                }
            }
            _ => {}
        }
    }

    /// Let a container hold an item, whatever its class says.
    pub(crate) fn store_held(&mut self, object: ObjectId, key: Option<Node>, place: Place, value: Node) {
        match key {
            Some(key) => self.put_keyed(object, key, value),
            None => self.put(object, place, 0, value),
        }
    }

    /// Let a mapping have all that another has.
    pub(crate) fn copy_items(&mut self, from: ObjectId, to: ObjectId, is_masked: bool) {
        if from == to {
            return;
        }
        let (Some(source), Some(target)) =
            (self.container(from).map(|one| one.clone()), self.container(to).map(|one| one.clone()))
        else {
            return;
        };
        self.graph.edge(source.any, target.any);
        self.graph.edge(source.keys, target.keys);
        self.watch_slots(from, Action::CopySlot { container: to, is_masked });
    }

    /// Say whether iteration over a container gives its keys.
    pub(crate) fn is_mapping(&mut self, object: ObjectId) -> bool {
        match self.objects.get(object) {
            Object::Instance { class, .. } => self.held_kind(class) == Some(ContainerKind::Map),
            Object::Container { kind, .. } => kind == ContainerKind::Map,
            Object::Made { class, .. } => self.models.is_mapping(self.symbols.text(class)),
            _ => false,
        }
    }

    /// Let an iterator over an object flow to a node.
    pub(crate) fn iterate(&mut self, object: ObjectId, to: Node, asynchronous: bool, site: Site, caller: CloneId) {
        match self.objects.get(object) {
            Object::Instance { .. } | Object::Class { .. } => {
                let name = if asynchronous { self.known.dunder_aiter } else { self.known.dunder_iter };
                if !self.call_special(object, name, Vec::new(), to, site, caller) {
                    self.graph.insert(to, object);
                }
            }
            _ => self.graph.insert(to, object),
        }
    }

    /// Let the next item of an iterator flow to a node.
    pub(crate) fn next_item(&mut self, object: ObjectId, to: Node, asynchronous: bool, site: Site, caller: CloneId) {
        match self.objects.get(object) {
            Object::Instance { class, .. } => {
                if asynchronous {
                    let waited = self.graph.add(1);
                    self.watch(waited, Action::Await { to, site, caller });
                    self.call_special(object, self.known.dunder_anext, Vec::new(), waited, site, caller);
                } else if self.call_special(object, self.known.dunder_next, Vec::new(), to, site, caller) {
                } else if self.held_kind(class).is_some() {
                    let is_mapping = self.is_mapping(object);
                    if let Some(state) = self.container(object) {
                        let node = if is_mapping { state.keys } else { state.all };
                        self.graph.edge(node, to);
                    }
                } else {
                    let index = self.graph.add(1);
                    self.call_special(object, self.known.dunder_getitem, vec![index], to, site, caller);
                }
            }
            Object::Class { .. } if self.derives_from(object, |name| name.starts_with("enum.")) => {
                let member = self.any_instance(object);
                self.graph.insert(to, member);
            }
            Object::Container { .. } | Object::Made { .. } => {
                let is_mapping = self.is_mapping(object);
                if let Some(state) = self.container(object) {
                    let node = if is_mapping { state.keys } else { state.all };
                    self.graph.edge(node, to);
                }
            }
            Object::Generator(clone) => {
                let out = self.extra(clone, YIELDED);
                self.graph.edge(out, to);
            }
            Object::Text(_) => {
                let text = self.objects.intern(Object::ExternalInstance(self.known.str));
                self.graph.insert(to, text);
            }
            Object::ExternalInstance(class) if class == self.known.str => self.graph.insert(to, object),
            Object::Opaque(_) => self.graph.insert(to, object),
            _ => {}
        }
    }

    /// Let the items of an iterable flow to a node.
    pub(crate) fn iterate_then_next(&mut self, object: ObjectId, to: Node, site: Site, caller: CloneId) {
        if matches!(self.objects.get(object), Object::Instance { .. } | Object::Class { .. }) {
            let iterator = self.graph.add(1);
            self.watch(iterator, Action::Next { to, asynchronous: false, site, caller });
            self.iterate(object, iterator, false, site, caller);
        } else {
            self.next_item(object, to, false, site, caller);
        }
    }

    /// Let a part of an unpacked iterable flow to a node.
    pub(crate) fn unpack(&mut self, object: ObjectId, place: Place, to: Node, site: Site, caller: CloneId) {
        let is_sequence = matches!(
            self.objects.get(object),
            Object::Container { kind: ContainerKind::List | ContainerKind::Tuple, .. } | Object::Made { .. }
        ) && !self.is_mapping(object);
        let is_record = match self.objects.get(object) {
            Object::Instance { class, .. } => {
                self.held_kind(class) == Some(ContainerKind::List) && !self.declared_names(class).is_empty()
            }
            _ => false,
        };
        if is_sequence || is_record {
            self.load_place(object, place, to);
        } else {
            self.iterate_then_next(object, to, site, caller);
        }
    }

    /// Let what a context manager binds flow to a node.
    pub(crate) fn enter(&mut self, object: ObjectId, to: Node, asynchronous: bool, site: Site, caller: CloneId) {
        match self.objects.get(object) {
            Object::Instance { .. } => {
                let found = if asynchronous {
                    let waited = self.graph.add(1);
                    self.watch(waited, Action::Await { to, site, caller });
                    self.call_special(object, self.known.dunder_aenter, Vec::new(), waited, site, caller)
                } else {
                    self.call_special(object, self.known.dunder_enter, Vec::new(), to, site, caller)
                };
                if !found {
                    // A base outside has it, and nearly all give themselves.
                    self.graph.insert(to, object);
                }
            }
            Object::Made { class, .. } if class == self.known.closing => {
                let held = self.field(object, self.known.wrapped);
                self.graph.edge(held, to);
            }
            Object::Made { class, .. } if class == self.known.entered_context => {
                let generator = self.field(object, self.known.wrapped);
                self.watch(generator, Action::Next { to, asynchronous, site, caller });
            }
            Object::Opaque(_) | Object::ExternalInstance(_) | Object::Made { .. } => self.graph.insert(to, object),
            _ => {}
        }
    }

    /// Leave a context.
    pub(crate) fn exit(&mut self, object: ObjectId, asynchronous: bool, site: Site, caller: CloneId) {
        let name = if asynchronous { self.known.dunder_aexit } else { self.known.dunder_exit };
        let first = self.graph.add(4);
        if matches!(self.objects.get(object), Object::Made { class, .. } if class == self.known.closing) {
            let held = self.field(object, self.known.wrapped);
            self.watch(held, Action::OwnMethod { name: self.known.close, to: first, site, caller });
            self.implicit_call(first, Vec::new(), first + 1, site, caller);
            return;
        }
        self.call_special(object, name, vec![first, first + 1, first + 2], first + 3, site, caller);
    }

    /// Let what a waited-for object gives flow to a node.
    pub(crate) fn wait(&mut self, object: ObjectId, to: Node, site: Site, caller: CloneId) {
        match self.objects.get(object) {
            Object::Coroutine(clone) => {
                let returned = self.extra(clone, RETURNED);
                self.graph.edge(returned, to);
            }
            Object::Instance { .. } => {
                let generator = self.graph.add(2);
                self.watch(generator, Action::YieldFrom { to, out: generator + 1, site, caller });
                if !self.call_special(object, self.known.dunder_await, Vec::new(), generator, site, caller) {
                    self.graph.insert(to, object);
                }
            }
            // What a model of the library says of its result is what waiting gives: `await queue.get()`.
            Object::Function { .. } | Object::Bound { .. } | Object::Class { .. } => self.graph.insert(to, object),
            Object::Made { .. } => {
                let field = self.field(object, self.known.wrapped);
                self.watch(field, Action::Await { to, site, caller });
            }
            Object::Opaque(_) => self.graph.insert(to, object),
            _ => {}
        }
    }

    /// `yield from object`
    pub(crate) fn delegate(&mut self, object: ObjectId, to: Node, out: Node, site: Site, caller: CloneId) {
        if let Object::Generator(clone) = self.objects.get(object) {
            let (returned, yielded) = (self.extra(clone, RETURNED), self.extra(clone, YIELDED));
            self.graph.edge(returned, to);
            self.graph.edge(yielded, out);
        } else {
            self.iterate_then_next(object, out, site, caller);
        }
    }

    /// Let items whose keys never became known be anywhere.
    ///
    /// Says whether there were any.
    pub(crate) fn settle_keys(&mut self) -> bool {
        let some = !self.unkeyed.is_empty() || !self.unkeyed_stores.is_empty();
        for (object, key, to) in std::mem::take(&mut self.unkeyed) {
            if self.graph.objects(key).is_empty() {
                for container in self.graph.objects(object).to_vec() {
                    if let Some(all) = self.all_items(container) {
                        self.graph.edge(all, to);
                    }
                }
            }
        }
        for (container, key, value) in std::mem::take(&mut self.unkeyed_stores) {
            if self.graph.objects(key).is_empty()
                && let Some(any) = self.any_item(container)
            {
                self.graph.edge(value, any);
            }
        }
        some
    }
}
