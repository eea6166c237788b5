//! Containers and iteration: constant keys and positions have nodes of their own, everything else shares one.

use crate::graph::{Node, Trigger};
use crate::objects::{CloneId, Object, ObjectId};
use crate::program::{ContainerKind, Place};
use crate::solver::{Action, RETURNED, Site, Solver, YIELDED};

/// What is in a container.
#[derive(Clone, Debug)]
pub(crate) struct ContainerState {
    /// Items at unknown places.
    any: Node,
    /// All items.
    all: Node,
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
        if !matches!(self.objects.get(object), Object::Container { .. } | Object::Made { .. }) {
            return None;
        }
        if !self.containers.contains_key(&object) {
            let first = self.graph.add(3);
            let (any, all, keys) = (first, first + 1, first + 2);
            self.graph.edge(any, all);
            self.containers.insert(object, ContainerState { any, all, keys, slots: Vec::new(), watchers: Vec::new() });
        }
        self.containers.get_mut(&object)
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
            Place::Key(key) => {
                if let Some(keys) = self.container(container).map(|state| state.keys) {
                    self.graph.edge(base + key, keys);
                }
                self.watch(base + key, Action::ElementKey { container, value });
            }
            Place::Any | Place::FromEnd(_) | Place::Rest(_) => {
                if let Some(any) = self.any_item(container) {
                    self.graph.edge(value, any);
                }
            }
        }
    }

    /// Let an item be under a key that has arrived.
    pub(crate) fn put_under(&mut self, container: ObjectId, key: ObjectId, value: Node) {
        if let Some(slot) = self.slot(container, key) {
            self.graph.edge(value, slot);
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
            Object::Container { .. } | Object::Made { .. } => match (key, place) {
                (Some(key), _) => {
                    if let Some(any) = self.any_item(object) {
                        self.graph.edge(any, to);
                    }
                    self.watch(key, Action::LoadItemKey { object, to });
                }
                (None, place) => self.load_place(object, place, to),
            },
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
            _ => self.graph.edge(all, to),
        }
    }

    /// A key has arrived at `object[key]`.
    pub(crate) fn load_item_under(&mut self, object: ObjectId, key: ObjectId, to: Node) {
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
            Object::Container { .. } | Object::Made { .. } => match key {
                Some(key) => {
                    if let Some(keys) = self.container(object).map(|state| state.keys) {
                        self.graph.edge(key, keys);
                    }
                    self.watch(key, Action::StoreItemKey { object, value });
                    if self.graph.objects(key).is_empty() {
                        self.unkeyed_stores.push((object, key, value));
                    }
                }
                None => self.put(object, place, 0, value),
            },
            Object::Instance { .. } => {
                let argument = key.unwrap_or_else(|| self.graph.add(1));
                let ignored = self.graph.add(1);
                self.call_special(object, self.known.dunder_setitem, vec![argument, value], ignored, site, caller);
            }
            _ => {}
        }
    }

    /// `*items` or `**mapping` in a container literal.
    pub(crate) fn spread(&mut self, object: ObjectId, container: ObjectId, mapping: bool, site: Site, caller: CloneId) {
        let Some(any) = self.any_item(container) else { return };
        if mapping {
            if self.container(object).is_some() {
                self.copy_items(object, container);
            }
            return;
        }
        let item = self.graph.add(1);
        self.iterate_then_next(object, item, site, caller);
        self.graph.edge(item, any);
    }

    /// Let a mapping have all that another has.
    pub(crate) fn copy_items(&mut self, from: ObjectId, to: ObjectId) {
        let (Some(source), Some(target)) =
            (self.container(from).map(|one| one.clone()), self.container(to).map(|one| one.clone()))
        else {
            return;
        };
        self.graph.edge(source.any, target.any);
        self.graph.edge(source.keys, target.keys);
        self.watch_slots(from, Action::CopySlot { container: to });
    }

    /// Say whether iteration over a container gives its keys.
    pub(crate) fn is_mapping(&self, object: ObjectId) -> bool {
        match self.objects.get(object) {
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
            Object::Instance { .. } => {
                if asynchronous {
                    let waited = self.graph.add(1);
                    self.watch(waited, Action::Await { to, site, caller });
                    self.call_special(object, self.known.dunder_anext, Vec::new(), waited, site, caller);
                } else if !self.call_special(object, self.known.dunder_next, Vec::new(), to, site, caller) {
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
        if is_sequence {
            let state = self.container(object).map(|state| state.clone());
            let Some(state) = state else { return };
            match place {
                // A literal knows its length unless something was added at an unknown place.
                Place::FromEnd(at) if self.graph.objects(state.any).is_empty() => {
                    let key = self.objects.intern(Object::Integer(state.slots.len() as i64 - 1 - at));
                    if let Some((_, slot)) = state.slots.iter().find(|(one, _)| *one == key) {
                        self.graph.edge(*slot, to);
                    }
                }
                Place::Rest(from) => {
                    for (key, slot) in &state.slots {
                        if matches!(self.objects.get(*key), Object::Integer(at) if at >= from) {
                            self.graph.edge(*slot, to);
                        }
                    }
                    self.graph.edge(state.any, to);
                }
                place => self.load_place(object, place, to),
            }
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
                self.call_special(object, self.known.dunder_await, Vec::new(), generator, site, caller);
            }
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
    pub(crate) fn settle_keys(&mut self) {
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
    }
}
