//! Arrays, iteration, generators and promises.

use super::Action;
use super::calls::Call;
use super::objects::{Object as Ecma, Part, Settling};
use super::properties::Watcher;
use crate::graph::Node;
use crate::objects::{CloneId, Object, ObjectId};
use crate::solver::{RETURNED, Site, Solver, THROWN, YIELDED};

impl Solver<'_> {
    /// Return the array that a library's call makes.
    pub(crate) fn array_of(&mut self, call: &Call, part: Part) -> ObjectId {
        let context = self.heap_context(self.clones[call.caller as usize].context);
        self.ecma_object(Ecma::Array { site: call.site, context, part })
    }

    fn is_array(&self, object: ObjectId) -> bool {
        matches!(self.objects.get(object), Object::Ecma(Ecma::Array { .. }))
    }

    /// Let what comes out of an iterable, one by one, flow to a node.
    pub(crate) fn items(&mut self, object: ObjectId, to: Node, site: Site, caller: CloneId) {
        let names = self.ecma.names;
        match self.objects.get(object) {
            Object::Ecma(Ecma::Array { .. }) => {
                let all = self.shape(object).all;
                self.graph.edge(all, to);
            }
            Object::Text(_) => {
                let any = self.objects.intern(Object::ExternalInstance(names.string));
                self.graph.insert(to, any);
            }
            Object::ExternalInstance(class) if class == names.string => self.graph.insert(to, object),
            Object::Generator(clone) => {
                let out = self.extra(clone, YIELDED);
                self.graph.edge(out, to);
            }
            Object::Made { class, context, .. } if class == names.map => {
                // Entries: an array of a key and a value.
                let Object::Made { site, .. } = self.objects.get(object) else { return };
                let entry = self.ecma_object(Ecma::Array { site, context, part: Part::Entry });
                let (keys, all) = (self.field(object, names.keys), self.shape(object).all);
                for (at, node) in [keys, all].into_iter().enumerate() {
                    let name = self.symbols.intern(&at.to_string());
                    self.put_property(entry, name, node);
                }
                self.graph.insert(to, entry);
            }
            Object::Made { .. } => {
                let all = self.shape(object).all;
                self.graph.edge(all, to);
            }
            Object::Opaque(_) => self.graph.insert(to, object),
            Object::Ecma(Ecma::Record { .. }) | Object::Instance { .. } => {
                let iterator = self.graph.add(1);
                self.watch_ecma(iterator, Action::Next { to, asynchronous: false, site, caller });
                self.iterate_ecma(object, iterator, false, site, caller);
            }
            _ => {}
        }
    }

    /// Let an iterator over an object flow to a node.
    pub(crate) fn iterate_ecma(&mut self, object: ObjectId, to: Node, asynchronous: bool, site: Site, caller: CloneId) {
        let names = self.ecma.names;
        match self.objects.get(object) {
            Object::Ecma(Ecma::Record { .. }) | Object::Instance { .. } => {
                if asynchronous {
                    self.call_method(object, names.async_iterator, Vec::new(), to, site, caller);
                }
                self.call_method(object, names.iterator, Vec::new(), to, site, caller);
                // A subclass of a container of the language.
                self.graph.insert(to, object);
            }
            _ => self.graph.insert(to, object),
        }
    }

    /// Let the next item of an iterator flow to a node.
    pub(crate) fn next_ecma(&mut self, object: ObjectId, to: Node, asynchronous: bool, site: Site, caller: CloneId) {
        let names = self.ecma.names;
        let out = if asynchronous {
            let out = self.graph.add(1);
            self.watch_ecma(out, Action::Await { to, site, caller });
            out
        } else {
            to
        };
        match self.objects.get(object) {
            Object::Ecma(Ecma::Record { .. }) | Object::Instance { .. } => {
                if self.has_member(object, names.iterator) && !self.has_member(object, names.next) {
                    return;
                }
                let result = self.graph.add(2);
                let waited = if asynchronous { result + 1 } else { result };
                if asynchronous {
                    self.watch_ecma(result, Action::Await { to: waited, site, caller });
                }
                self.watch_ecma(waited, Action::Load { name: names.value, to, site, caller });
                self.call_method(object, names.next, Vec::new(), result, site, caller);
                let all = self.shape(object).any;
                self.graph.edge(all, out);
            }
            _ => self.items(object, out, site, caller),
        }
    }

    /// Let an item of a pattern flow to a node.
    pub(crate) fn unpack_ecma(&mut self, object: ObjectId, at: u32, to: Node, site: Site, caller: CloneId) {
        if self.is_array(object) {
            let name = self.symbols.intern(&at.to_string());
            self.load(object, name, to, site, caller);
        } else {
            self.items(object, to, site, caller);
        }
    }

    /// `[...object]`, from a position on where that is known.
    pub(crate) fn spread_items_into(
        &mut self,
        object: ObjectId,
        array: ObjectId,
        at: Option<u32>,
        site: Site,
        caller: CloneId,
    ) {
        let target = self.shape(array).any;
        match at {
            Some(at) if self.is_array(object) && object != array => {
                let any = self.shape(object).any;
                self.graph.edge(any, target);
                self.watch_properties(object, Watcher::Shift { to: array, by: i64::from(at), until: u32::MAX });
            }
            _ => self.items(object, target, site, caller),
        }
    }

    /// All items from a position on go into an array.
    pub(crate) fn rest_items(&mut self, object: ObjectId, array: ObjectId, at: u32, site: Site, caller: CloneId) {
        self.items_between(object, array, (at, u32::MAX), site, caller);
    }

    /// All items from a position on, and before another, go into an array.
    pub(crate) fn items_between(
        &mut self,
        object: ObjectId,
        array: ObjectId,
        (from, until): (u32, u32),
        site: Site,
        caller: CloneId,
    ) {
        let target = self.shape(array).any;
        if self.is_array(object) && object != array {
            let any = self.shape(object).any;
            self.graph.edge(any, target);
            self.watch_properties(object, Watcher::Shift { to: array, by: -i64::from(from), until });
        } else {
            self.items(object, target, site, caller);
        }
    }

    /// Add an entry, a key and a value, to an array of entries.
    pub(crate) fn add_entry(&mut self, array: ObjectId, key: Node, value: Node) {
        // One entry for each key, so that keys and values stay together.
        let Object::Ecma(Ecma::Array { site, context, .. }) = self.objects.get(array) else { return };
        let number = self.shape(array).named.len() as u32;
        let entry = self.ecma_object(Ecma::Array { site, context, part: Part::Pair(number) });
        for (at, node) in [key, value].into_iter().enumerate() {
            let name = self.symbols.intern(&at.to_string());
            self.put_property(entry, name, node);
        }
        let name = self.symbols.intern(&number.to_string());
        let single = self.single(entry);
        self.put_property(array, name, single);
    }

    /// Return functions that resolve and reject a promise, as nodes.
    pub(crate) fn settlers(&mut self, promise: ObjectId) -> [Node; 2] {
        [Settling::Resolves, Settling::Rejects].map(|how| {
            let settler = self.ecma_object(Ecma::Settler { promise, how });
            self.single(settler)
        })
    }

    /// Let what waiting for an object gives flow to a node.
    pub(crate) fn settle(&mut self, object: ObjectId, to: Node, site: Site, caller: CloneId) {
        let names = self.ecma.names;
        match self.objects.get(object) {
            Object::Coroutine(clone) => {
                // A function that calls itself may give back its own promise.
                if self.ecma.settled.insert((object, to)) {
                    let returned = self.extra(clone, RETURNED);
                    self.watch_ecma(returned, Action::Await { to, site, caller });
                }
            }
            Object::Made { .. } | Object::Instance { .. } if self.is_promise(object) => {
                let held = self.field(object, names.held);
                if self.ecma.settled.insert((object, to)) {
                    self.watch_ecma(held, Action::Await { to, site, caller });
                }
            }
            Object::Instance { .. } | Object::Ecma(Ecma::Record { .. }) if self.has_member(object, names.then) => {
                // An object with a method `then` is waited for as promises are; it may resolve with itself.
                if !self.ecma.settled.insert((object, to)) {
                    return;
                }
                let context = self.heap_context(self.clones[caller as usize].context);
                let promise = self.objects.intern(Object::Made { class: names.promise, site, context });
                let settlers = self.settlers(promise);
                let (held, ignored) = (self.field(promise, names.held), self.graph.add(1));
                self.watch_ecma(held, Action::Await { to, site, caller });
                self.call_method(object, names.then, settlers.to_vec(), ignored, site, caller);
            }
            _ => self.graph.insert(to, object),
        }
    }

    /// Say whether an object is a promise of the language, or of a class that extends it.
    fn is_promise(&self, object: ObjectId) -> bool {
        match self.objects.get(object) {
            Object::Made { class, .. } => class == self.ecma.names.promise,
            _ => self.ecma.promises.contains(&object),
        }
    }

    /// Let the reason for which a promise is rejected flow to a node.
    ///
    /// A promise that is resolved with another is rejected as that is.
    pub(crate) fn rejection(&mut self, object: ObjectId, to: Node) {
        let (reason, held) = match self.objects.get(object) {
            Object::Coroutine(clone) => (self.extra(clone, THROWN), self.extra(clone, RETURNED)),
            Object::Made { .. } | Object::Instance { .. } if self.is_promise(object) => {
                let names = self.ecma.names;
                (self.field(object, names.reason), self.field(object, names.held))
            }
            _ => return,
        };
        if self.ecma.rejected.insert((object, to)) {
            self.graph.edge(reason, to);
            self.watch_ecma(held, Action::Rejection { to });
        }
    }

    /// `yield* object`
    pub(crate) fn delegate_ecma(&mut self, object: ObjectId, to: Node, out: Node, site: Site, caller: CloneId) {
        if let Object::Generator(clone) = self.objects.get(object) {
            let returned = self.extra(clone, RETURNED);
            self.graph.edge(returned, to);
        }
        self.items(object, out, site, caller);
    }
}
