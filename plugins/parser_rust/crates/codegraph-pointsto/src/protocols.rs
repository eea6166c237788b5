//! What the language asks the class of an object for without a call: operators, names, deletions, constructors,
//! patterns.

use std::rc::Rc;

use crate::graph::Node;
use crate::narrowing::Narrowing;
use crate::objects::{CloneId, Object, ObjectId};
use crate::program::{Map, NONE, Place, Set, Symbol};
use crate::solver::{Action, CallInstance, ItemAccess, Site, Solver};

/// An operator applied in a clone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    pub method: Symbol,
    pub in_place: Symbol,
    pub reflected: Symbol,
    pub left: Node,
    pub right: Node,
    pub to: Node,
    pub site: Site,
    pub caller: CloneId,
    /// The right operand is asked too.
    pub is_reflected: bool,
}

/// A lookup that found nothing but a hook, to be called if the object itself never has the attribute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unanswered {
    field: Node,
    hook: Node,
    receiver: ObjectId,
    name: Symbol,
    to: Node,
    site: Site,
    caller: CloneId,
}

/// What waits for all to be quiet.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    pub operations: Vec<Operation>,
    unanswered: Vec<Unanswered>,
    /// Where what is in pairs goes: (first, second).
    pub pairs: Map<ObjectId, (Node, Node)>,
    /// Calls of classes some base of which has not arrived.
    open: Vec<(u32, ObjectId)>,
    /// What has not arrived by now never will.
    is_quiet: bool,
    /// Sums whose left side got longer: (right side, sum).
    pub lengthened: Set<(Node, ObjectId)>,
    pub narrowings: Vec<Narrowing>,
    /// Calls of classes with a `__new__` of their own: (call, class, what came out).
    constructions: Vec<(u32, ObjectId, Node)>,
    constructed: Set<(u32, ObjectId)>,
    /// Those classes.
    called: Set<ObjectId>,
}

impl Solver<'_> {
    /// Say whether any function of the program has a name: hooks that nobody defines are not looked for.
    pub(crate) fn defines(&self, name: Symbol) -> bool {
        self.special_names.contains(&name)
    }

    /// Apply an operator to its left operand.
    pub(crate) fn operate_left(&mut self, object: ObjectId, id: u32) {
        let Operation { method, in_place, right, to, site, caller, .. } = self.waiting.operations[id as usize];
        if let Object::Instance { .. } = self.objects.get(object) {
            let arguments = || if right == NONE { Vec::new() } else { vec![right] };
            if in_place != NONE && self.call_special(object, in_place, arguments(), to, site, caller) {
                return;
            }
            if self.operate(object, method, right, to, site, caller) {
                if self.defines_not_implemented {
                    self.watch(to, Action::NotImplemented { operation: id });
                }
                return;
            }
        } else {
            if in_place != NONE {
                self.operate(object, in_place, right, to, site, caller);
            }
            if in_place == NONE || !self.is_container(object) {
                self.operate(object, method, right, to, site, caller);
            }
        }
        self.reflect(id);
    }

    fn is_container(&self, object: ObjectId) -> bool {
        matches!(self.objects.get(object), Object::Container { .. } | Object::Made { .. })
    }

    /// Ask the right operand.
    fn reflect(&mut self, id: u32) {
        let operation = &mut self.waiting.operations[id as usize];
        if operation.reflected == NONE || std::mem::replace(&mut operation.is_reflected, true) {
            return;
        }
        let Operation { reflected: method, left: other, right, to, site, caller, .. } = *operation;
        self.watch(right, Action::Operator { method, other, to, site, caller });
    }

    /// A method has given `NotImplemented`, or something else.
    pub(crate) fn not_implemented(&mut self, object: ObjectId, id: u32) {
        if matches!(self.objects.get(object), Object::External(name) if name == self.known.not_implemented) {
            self.reflect(id);
        }
    }

    /// Take down a lookup that only a hook may answer.
    pub(crate) fn ask_hook(
        &mut self,
        hook: Node,
        receiver: ObjectId,
        name: Symbol,
        to: Node,
        site: Site,
        caller: CloneId,
    ) {
        if self.finder.is_stored(name) {
            let field = self.field(receiver, name);
            let unanswered = Unanswered { field, hook, receiver, name, to, site, caller };
            self.waiting.unanswered.push(unanswered);
        } else {
            self.call_hook(hook, receiver, name, to, site, caller);
        }
    }

    fn call_hook(&mut self, hook: Node, receiver: ObjectId, name: Symbol, to: Node, site: Site, caller: CloneId) {
        let text = self.objects.intern(Object::Text(name));
        let name = self.single(text);
        self.call_bound(hook, receiver, vec![name], to, site, caller);
    }

    /// Take down what `__new__` of a class gives.
    pub(crate) fn wait_for_new(&mut self, call: &CallInstance, class: ObjectId, made: Node) {
        let call = self.new_call(call.clone());
        self.waiting.constructions.push((call, class, made));
        self.waiting.called.insert(class);
        self.watch(made, Action::Constructed { call, class });
    }

    /// Say whether what came out of `__new__` of a class is what the same `__new__` made of another class that is
    /// called: calls share a clone where there are too many.
    fn is_of_another_call(&mut self, object: ObjectId, class: ObjectId) -> bool {
        let Object::Instance { class: of, site: NONE, .. } = self.objects.get(object) else { return false };
        if of == class || !self.waiting.called.contains(&of) {
            return false;
        }
        let [own, other] =
            [class, of].map(|one| self.class_attribute(one, self.known.dunder_new).map(|(_, node)| node));
        own.is_some() && own == other
    }

    /// Something came out of `__new__`: an instance of the class is initialized, and nothing else.
    pub(crate) fn constructed(&mut self, object: ObjectId, id: u32, class: ObjectId) {
        let call = self.calls[id as usize].clone();
        if self.is_of_another_call(object, class) {
            if self.waiting.constructed.insert((id, class)) {
                self.place_instance(&call, class);
            }
            return;
        }
        let is_instance = match self.objects.get(object) {
            Object::Instance { class: of, .. } => self.order(of).contains(&class),
            Object::Opaque(_) | Object::ExternalInstance(_) => true,
            Object::Class { .. } if self.metaclasses(object).contains(&class) => {
                self.graph.insert(call.to, object);
                if let Some((_, node)) = self.class_attribute(class, self.known.dunder_init) {
                    let bound = self.graph.add(2);
                    let (site, caller) = (call.site, call.caller);
                    self.watch(node, Action::Bind { receiver: object, to: bound, site, caller });
                    self.derived_call(bound, &call, Rc::clone(&call.arguments), bound + 1);
                }
                return;
            }
            _ => false,
        };
        self.graph.insert(call.to, object);
        if is_instance && self.waiting.constructed.insert((id, class)) {
            self.place_instance(&call, class);
        }
    }

    /// Say whether a class is made complete later: what its instances can do is not known before its bases are.
    pub(crate) fn waits_for_bases(&mut self, call: &CallInstance, class: ObjectId) -> bool {
        let waits = !self.waiting.is_quiet && self.order(class).iter().any(|one| self.is_open(*one));
        if waits {
            let call = self.new_call(call.clone());
            self.waiting.open.push((call, class));
        }
        waits
    }

    /// Call the classes among those that changed whose bases are there now.
    pub(crate) fn call_complete(&mut self, changed: &[ObjectId]) {
        let waiting = std::mem::take(&mut self.waiting.open);
        let (again, kept): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(_, class)| changed.contains(class));
        self.waiting.open = kept;
        self.call_again(again);
    }

    fn call_again(&mut self, calls: Vec<(u32, ObjectId)>) {
        for (id, class) in calls {
            let call = self.calls[id as usize].clone();
            if let Object::Class { unit, .. } = self.objects.get(class) {
                self.invoke_class(&call, class, unit);
            }
        }
    }

    /// When all is quiet, do what nothing has arrived for. Says whether there was anything.
    pub(crate) fn settle_waiting(&mut self) -> bool {
        let mut some = false;
        let open = std::mem::take(&mut self.waiting.open);
        if !open.is_empty() {
            self.waiting.is_quiet = true;
            self.call_again(open);
            self.waiting.is_quiet = false;
            return true;
        }
        let (mut kept, all) = (Vec::new(), std::mem::take(&mut self.waiting.narrowings));
        for one in all {
            if self.graph.objects(one.from).is_empty() {
                kept.push(one);
            } else if self.graph.objects(one.class).is_empty() {
                // Of a class of which nothing is known anything may be an instance.
                self.graph.edge(one.from, one.to);
                some = true;
            }
        }
        self.waiting.narrowings = kept;
        for one in std::mem::take(&mut self.waiting.unanswered) {
            if self.graph.objects(one.field).is_empty() {
                self.call_hook(one.hook, one.receiver, one.name, one.to, one.site, one.caller);
                some = true;
            }
        }
        for (id, class, made) in std::mem::take(&mut self.waiting.constructions) {
            if self.graph.objects(made).is_empty() && self.waiting.constructed.insert((id, class)) {
                let call = self.calls[id as usize].clone();
                self.place_instance(&call, class);
                some = true;
            }
        }
        for id in 0..self.waiting.operations.len() {
            let Operation { left, reflected, is_reflected, .. } = self.waiting.operations[id];
            if reflected != NONE && !is_reflected && self.graph.objects(left).is_empty() {
                self.reflect(id as u32);
                some = true;
            }
        }
        some
    }

    /// `del object.name`
    pub(crate) fn delete_attribute(&mut self, object: ObjectId, name: Symbol, site: Site, caller: CloneId) {
        let Object::Instance { class, .. } = self.objects.get(object) else { return };
        if let Some((_, node)) = self.class_attribute(class, name) {
            self.watch(node, Action::DeleteThrough { receiver: object, site, caller });
        }
        if self.defines(self.known.dunder_delattr) {
            let text = self.objects.intern(Object::Text(name));
            let name = self.single(text);
            let ignored = self.graph.add(1);
            self.call_special(object, self.known.dunder_delattr, vec![name], ignored, site, caller);
        }
    }

    /// Delete through a property or data descriptor.
    pub(crate) fn delete_through(&mut self, object: ObjectId, receiver: ObjectId, site: Site, caller: CloneId) {
        let ignored = self.graph.add(1);
        let receiver = self.single(receiver);
        match self.objects.get(object) {
            Object::Made { class, .. } if class == self.known.property => {
                let deleter = self.field(object, self.known.deleter);
                self.implicit_call(deleter, vec![receiver], ignored, site, caller);
            }
            Object::Instance { .. } => {
                self.call_special(object, self.known.dunder_delete, vec![receiver], ignored, site, caller);
            }
            _ => {}
        }
    }

    /// Tell a member of a new class its name.
    pub(crate) fn name_member(&mut self, object: ObjectId, class: ObjectId, name: Symbol, site: Site, caller: CloneId) {
        if let Object::Instance { .. } = self.objects.get(object) {
            let text = self.objects.intern(Object::Text(name));
            let arguments = vec![self.single(class), self.single(text)];
            let ignored = self.graph.add(1);
            self.call_special(object, self.known.set_name, arguments, ignored, site, caller);
        }
    }

    /// `case Class(part, …)`: the part at a position is the attribute that `__match_args__` names there.
    pub(crate) fn match_class(
        &mut self,
        class: ObjectId,
        value: Node,
        to: Node,
        position: u32,
        site: Site,
        caller: CloneId,
    ) {
        match self.objects.get(class) {
            Object::Class { .. } => {
                if let Some((_, node)) = self.class_attribute(class, self.known.match_args) {
                    let names = self.graph.add(1);
                    let place = Place::At(i64::from(position));
                    let item = ItemAccess { key: None, place, value: names, site, caller };
                    self.watch(node, Action::LoadItem(Rc::new(item)));
                    self.watch(names, Action::MatchName { object: value, to, site, caller });
                } else if let Some(name) = self.declared_names(class).get(position as usize).copied() {
                    self.watch(value, Action::LoadAttribute { name, to, site, caller });
                }
            }
            // `str(text)` is the text itself.
            Object::External(_) if position == 0 => self.graph.edge(value, to),
            _ => {}
        }
    }
}
