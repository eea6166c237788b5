//! The solver: clones units for contexts and turns their constraints into graph nodes.
//!
//! Inclusion-based (Andersen 1994) with an on-the-fly call graph, as for other languages and on the same graph. Calls
//! are dispatched by the classes of objects that arrive; where none arrives, `fallback` says which could.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use super::attribute::Attributor;
use super::code::*;
use super::objects::{CloneId, Context, ContextId, Object, Objects, SiteId};
use super::types::TypeId;
use super::world::{ClassId, FieldId, MethodId, MethodKind, World};
use crate::graph::{Graph, NO_CAUSE, Node, Trigger};
use crate::objects::ObjectId;
use crate::program::{Map, NONE, Set, UnitId};
use crate::solver::Budget;

/// A field of an object, or what else hangs on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Key {
    Field(FieldId),
    /// Elements of an array.
    Item,
    /// The object around, as a class of the object's sees it.
    Outer(ClassId),
    /// The receiver that a method reference holds, or the handler of a proxy.
    Bound,
}

/// What is done with an object that arrives at a node.
#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
    Filter {
        to: Node,
        type_: TypeId,
    },
    Without {
        to: Node,
        type_: TypeId,
    },
    Exactly {
        to: Node,
        class: ClassId,
        holds: bool,
    },
    Load {
        to: Node,
        key: Key,
    },
    Store {
        key: Key,
        value: Node,
    },
    Call(u32),
    /// The receiver that a method reference holds has arrived.
    Bound {
        call: u32,
        reference: u32,
    },
    /// The first argument of a method reference has.
    Unbound {
        call: u32,
        reference: u32,
    },
    /// The handler of a proxy has.
    Handler {
        call: u32,
    },
    Reflect {
        call: u32,
    },
    /// The receiver of `m.invoke(o, …)` has.
    Reflected {
        call: u32,
        method: ObjectId,
    },
}

/// A unit analysed for a context.
#[derive(Clone, Copy, Debug)]
pub(super) struct CloneState {
    pub unit: UnitId,
    pub around: CloneId,
    pub context: ContextId,
    pub base: Node,
}

/// A call in a clone.
#[derive(Clone, Debug)]
pub(super) struct CallState {
    pub clone: CloneId,
    pub invoke: Rc<Invoke>,
    pub what: Option<Reflection>,
}

/// How sure a callee is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// An object that gets there has it.
    PointsTo,
    /// Some class that objects are made of has it (Bacon, Sweeney 1996).
    Instantiated,
    /// Some class has it (Dean, Grove, Chambers 1995).
    Declared,
}

/// What is known of a place.
#[derive(Clone, Debug, Default)]
pub struct SiteFound {
    /// Units that are called, or classes that objects are made of, and how sure that is.
    pub targets: BTreeMap<UnitId, Certainty>,
    /// The same of what is not written.
    pub implicit: BTreeMap<UnitId, Certainty>,
    /// A text that is not known decides.
    pub is_dynamic: bool,
}

/// Nodes that any program may have.
const SMALL_PROGRAM: usize = 600_000;

/// The analysis.
pub struct Solver<'p> {
    pub(super) world: World<'p>,
    pub(super) references: Vec<Reference>,
    pub(super) budget: Budget,
    pub(super) objects: Objects,
    pub(super) graph: Graph,
    pub(super) clones: Vec<CloneState>,
    clone_ids: Map<(UnitId, CloneId, ContextId), CloneId>,
    clone_counts: Map<(UnitId, CloneId), u32>,
    new_clones: VecDeque<CloneId>,
    actions: Vec<Action>,
    pub(super) calls: Vec<CallState>,
    fields: Map<(ObjectId, Key), Node>,
    /// Fields of known objects by class, for objects of which only the class is known.
    fields_of: Map<ClassId, Vec<(Key, Node)>>,
    statics: Map<FieldId, Node>,
    touched: Set<ClassId>,
    /// Classes that objects were made of, in that order.
    pub(super) instantiated: Vec<ClassId>,
    instantiated_set: Set<ClassId>,
    implementations: Map<(ClassId, MethodId), Option<MethodId>>,
    pub(super) sites: Vec<(UnitId, u32)>,
    site_ids: Map<(UnitId, u32), SiteId>,
    /// Places of models as seen from a place of the program.
    model_sites: Map<(SiteId, SiteId), SiteId>,
    pub(super) found: Map<SiteId, SiteFound>,
    /// What had arrived where when a place was first seen to call a unit; kept where the graph keeps a trace.
    pub(super) causes: Map<(SiteId, UnitId), (Trigger, ObjectId)>,
    pub(super) reached: Set<UnitId>,
    /// Calls by a receiver's class, to be looked at where none arrives.
    pub(super) pending: Vec<u32>,
    /// Lambdas, in order of first appearance.
    pub(super) lambdas: Vec<(UnitId, CloneId)>,
    /// Objects that were made, by class.
    pub(super) made: Map<ClassId, Vec<ObjectId>>,
    /// Calls whose receivers are known in some clone: (unit, place).
    pub(super) settled: Set<(UnitId, u32)>,
    /// Calls whose receivers no cast or pattern lets through: they cannot run.
    pub(super) cut: Set<(UnitId, u32)>,
    /// How sure a class is of which only the name is known.
    pub(super) guessed: Map<ClassId, Certainty>,
    pub(super) reflected_parameters: Map<SiteId, Box<[TypeId]>>,
    most_nodes: usize,
    pub(super) merged_contexts: u32,
    pub(super) out_of_budget: bool,
}

impl<'p> Solver<'p> {
    /// Attribute a program and prepare its analysis.
    pub fn new(files: &[(u32, &'p codegraph_flow::java::syntax::File)]) -> Self {
        let mut world = World::new(files);
        let mut references = Vec::new();
        // Local classes are declared and attributed where they are met.
        for class in 0..world.classes.len() as ClassId {
            if !world.classes[class as usize].is_model {
                Attributor::new(&mut world, &mut references).class(class);
            }
        }
        let constraints = world.units.iter().map(|unit| unit.ops.len()).sum();
        let values: usize = world.units.iter().map(|unit| unit.values as usize).sum();
        let budget = Budget::for_size(constraints);
        Self {
            most_nodes: SMALL_PROGRAM + budget.nodes_per_value as usize * values,
            world,
            references,
            budget,
            objects: Objects::default(),
            graph: Graph::new(budget.objects_per_node),
            clones: Vec::new(),
            clone_ids: Map::default(),
            clone_counts: Map::default(),
            new_clones: VecDeque::new(),
            actions: Vec::new(),
            calls: Vec::new(),
            fields: Map::default(),
            fields_of: Map::default(),
            statics: Map::default(),
            touched: Set::default(),
            instantiated: Vec::new(),
            instantiated_set: Set::default(),
            implementations: Map::default(),
            sites: Vec::new(),
            site_ids: Map::default(),
            model_sites: Map::default(),
            found: Map::default(),
            causes: Map::default(),
            reached: Set::default(),
            pending: Vec::new(),
            lambdas: Vec::new(),
            made: Map::default(),
            settled: Set::default(),
            cut: Set::default(),
            guessed: Map::default(),
            reflected_parameters: Map::default(),
            merged_contexts: 0,
            out_of_budget: false,
        }
    }

    /// Run until nothing changes or the budget is spent.
    pub(super) fn run(&mut self) {
        let mut work: Vec<(Trigger, ObjectId)> = Vec::new();
        loop {
            while let Some(clone) = self.new_clones.pop_front() {
                self.instantiate(clone);
            }
            if self.graph.steps > self.budget.steps || self.graph.len() > 4 * self.most_nodes {
                self.out_of_budget = true;
                return;
            }
            if !self.graph.next(&mut work) {
                if self.new_clones.is_empty() {
                    return;
                }
                continue;
            }
            for (trigger, object) in work.drain(..) {
                if let Some(trace) = &mut self.graph.trace {
                    trace.cause = (trigger, object);
                }
                self.act(trigger, object);
            }
            if let Some(trace) = &mut self.graph.trace {
                trace.cause = NO_CAUSE;
            }
        }
    }

    pub(super) fn watch(&mut self, node: Node, action: Action) {
        let trigger = self.actions.len() as Trigger;
        self.actions.push(action);
        self.graph.watch(node, trigger);
    }

    fn act(&mut self, trigger: Trigger, object: ObjectId) {
        match self.actions[trigger as usize] {
            Action::Filter { to, type_ } => {
                if self.may_be(object, type_) {
                    self.graph.insert(to, object);
                }
            }
            Action::Without { to, type_ } => {
                if self.class_of(object).is_none() || !self.may_be(object, type_) {
                    self.graph.insert(to, object);
                }
            }
            Action::Exactly { to, class, holds } => {
                if self.class_of(object).is_none_or(|own| (own == class) == holds) {
                    self.graph.insert(to, object);
                }
            }
            Action::Load { to, key } => {
                if let Some(field) = self.field(object, key) {
                    self.graph.edge(field, to);
                }
            }
            Action::Store { key, value } => {
                if let Some(field) = self.field(object, key) {
                    self.graph.edge(value, field);
                }
            }
            Action::Call(call) => self.dispatch(call, object),
            Action::Bound { call, reference } => self.call_reference_on(call, reference, object, false),
            Action::Unbound { call, reference } => self.call_reference_on(call, reference, object, true),
            Action::Handler { call } => self.call_handler(call, object),
            Action::Reflect { call } => self.reflect(call, object),
            Action::Reflected { call, method } => self.call_reflected(call, method, Some(object)),
        }
    }

    /// Return the class whose objects an object is one of.
    pub(super) fn class_of(&self, object: ObjectId) -> Option<ClassId> {
        match self.objects.get(object) {
            Object::Instance { class, .. } | Object::Any(class) => Some(class),
            Object::Lambda { interface, .. } => Some(interface).filter(|one| *one != NONE),
            Object::Reference { reference, .. } => {
                Some(self.references[reference as usize].interface).filter(|one| *one != NONE)
            }
            _ => None,
        }
    }

    /// Say whether an object may be of a type.
    fn may_be(&mut self, object: ObjectId, type_: TypeId) -> bool {
        use super::types::Type;
        let upper = self.world.upper(type_);
        match (self.class_of(object), self.world.types.get(upper).clone()) {
            (_, Type::Unknown) => true,
            (Some(class), Type::Class(wanted, _)) => self.world.is_subclass(class, wanted),
            (Some(class), Type::Outside(name)) => self.world.classes[class as usize].outside.contains(&name),
            (None, Type::Class(wanted, _)) => match self.objects.get(object) {
                Object::Proxy { .. } => self.world.classes[wanted as usize].is_interface(),
                Object::Array { .. } => wanted == self.world.object_class,
                _ => true,
            },
            (None, Type::Array(_)) => matches!(self.objects.get(object), Object::Array { .. }),
            _ => false,
        }
    }

    /// Return the node of what hangs on an object.
    pub(super) fn field(&mut self, object: ObjectId, key: Key) -> Option<Node> {
        if let Some(node) = self.fields.get(&(object, key)) {
            return Some(*node);
        }
        let has = match (self.objects.get(object), key) {
            (Object::Instance { class, .. } | Object::Any(class), Key::Field(field)) => {
                self.world.is_subclass(class, self.world.fields[field as usize].class)
            }
            (Object::Instance { class, .. } | Object::Any(class), Key::Outer(of)) => self.world.is_subclass(class, of),
            (Object::Array { .. }, Key::Item) => true,
            (Object::Reference { .. } | Object::Proxy { .. } | Object::Handle { .. }, Key::Bound) => true,
            _ => false,
        };
        if !has {
            return None;
        }
        let node = self.graph.add(1);
        self.fields.insert((object, key), node);
        match self.objects.get(object) {
            Object::Instance { class, .. } if !self.world.classes[class as usize].is_model => {
                self.fields_of.entry(class).or_default().push((key, node));
                if let Some(any) = self.objects.find(Object::Any(class))
                    && let Some(general) = self.field(any, key)
                {
                    self.graph.edge(node, general);
                }
            }
            Object::Any(class) => {
                let known: Vec<Node> = self.fields_of.get(&class).map_or_else(Vec::new, |list| {
                    list.iter().filter(|(one, _)| *one == key).map(|(_, one)| *one).collect()
                });
                for one in known {
                    self.graph.edge(one, node);
                }
                // The object around one of which nothing is known is one of which nothing is known.
                if let Key::Outer(of) = key {
                    let outer = self.world.classes[of as usize].outer;
                    if outer != NONE {
                        let outer = self.any(outer);
                        self.graph.insert(node, outer);
                    }
                }
            }
            _ => {}
        }
        Some(node)
    }

    /// Some object of a class.
    pub(super) fn any(&mut self, class: ClassId) -> ObjectId {
        self.objects.intern(Object::Any(class))
    }

    fn static_field(&mut self, field: FieldId) -> Node {
        if let Some(node) = self.statics.get(&field) {
            return *node;
        }
        let node = self.graph.add(1);
        self.statics.insert(field, node);
        node
    }

    /// Give a class's static fields their values.
    pub(super) fn touch(&mut self, class: ClassId) {
        if !self.touched.insert(class) {
            return;
        }
        let found = &self.world.classes[class as usize];
        let (unit, above) = (found.static_unit, found.superclass);
        if let Some(above) = self.world.class_of(above) {
            self.touch(above);
        }
        let context = if self.world.classes[class as usize].is_model {
            self.objects.context(Context::Model { site: NONE, caller: NONE })
        } else {
            NONE
        };
        self.clone_of(unit, NONE, context);
    }

    /// Return the clone of a unit for a context, made when it is first asked for.
    pub(super) fn clone_of(&mut self, unit: UnitId, around: CloneId, context: ContextId) -> CloneId {
        let mut context = context;
        if let Some(id) = self.clone_ids.get(&(unit, around, context)) {
            return *id;
        }
        self.attribute(unit);
        let class = self.world.units[unit as usize].class;
        let is_model = self.world.classes[class as usize].is_model;
        let values = self.world.units[unit as usize].values;
        if context != NONE && !is_model {
            let count = self.clone_counts.entry((unit, around)).or_insert(0);
            let most = (self.budget.values_per_unit / values).clamp(1, self.budget.clones_per_unit);
            if *count >= most || self.graph.len() > self.most_nodes {
                self.merged_contexts += 1;
                context = NONE;
                if let Some(id) = self.clone_ids.get(&(unit, around, context)) {
                    return *id;
                }
            } else {
                *count += 1;
            }
        }
        let id = self.clones.len() as CloneId;
        let base = self.graph.add(values);
        self.clones.push(CloneState { unit, around, context, base });
        self.clone_ids.insert((unit, around, context), id);
        self.reached.insert(unit);
        self.new_clones.push_back(id);
        id
    }

    /// Attribute a model's code when it is first needed.
    fn attribute(&mut self, unit: UnitId) {
        if self.world.units[unit as usize].is_ready {
            return;
        }
        let Unit { class, method, kind, .. } = self.world.units[unit as usize];
        let first = self.world.classes.len() as ClassId;
        let mut attributor = Attributor::new(&mut self.world, &mut self.references);
        if method != NONE {
            attributor.method(method);
        } else if kind == UnitKind::Class {
            attributor.instance_fields(class);
        } else {
            attributor.static_fields(class);
        }
        debug_assert!(first as usize <= self.world.classes.len());
    }

    /// Say whether a clone is of a model's code.
    pub(super) fn is_model(&self, clone: CloneId) -> bool {
        let unit = self.clones[clone as usize].unit;
        let class = self.world.units[unit as usize].class;
        self.world.classes[class as usize].is_model
    }

    /// Return the place of a call as the program sees it, and whether the call is written there.
    pub(super) fn place(&mut self, clone: CloneId, site: u32) -> (SiteId, bool) {
        if self.is_model(clone)
            && let Some(Context::Model { site, .. }) = self.objects.get_context(self.clones[clone as usize].context)
        {
            return (site, false);
        }
        (self.site(self.clones[clone as usize].unit, site), true)
    }

    pub(super) fn site(&mut self, unit: UnitId, site: u32) -> SiteId {
        if let Some(id) = self.site_ids.get(&(unit, site)) {
            return *id;
        }
        let id = self.sites.len() as SiteId;
        self.sites.push((unit, site));
        self.site_ids.insert((unit, site), id);
        id
    }

    /// The place by which an object made in a clone is told apart.
    pub(super) fn allocation(&mut self, clone: CloneId, site: u32) -> (SiteId, ContextId) {
        let state = self.clones[clone as usize];
        let own = self.site(state.unit, site);
        if self.is_model(clone)
            && let Some(Context::Model { site, caller }) = self.objects.get_context(state.context)
        {
            let key = (own, site);
            let seen = match self.model_sites.get(&key) {
                Some(seen) => *seen,
                None => {
                    let id = self.sites.len() as SiteId;
                    self.sites.push((NONE, NONE));
                    self.model_sites.insert(key, id);
                    id
                }
            };
            let context = if caller == NONE { NONE } else { self.clones[caller as usize].context };
            return (seen, self.heap_context(context));
        }
        (own, self.heap_context(state.context))
    }

    fn heap_context(&mut self, context: ContextId) -> ContextId {
        if self.budget.heap_contexts { self.objects.heap_context(context) } else { NONE }
    }

    /// The frame of a unit around a clone.
    fn frame_around(&self, clone: CloneId, unit: UnitId) -> Option<CloneId> {
        let mut at = self.clones[clone as usize].around;
        for _ in 0..64 {
            if at == NONE {
                return None;
            }
            if self.clones[at as usize].unit == unit {
                return Some(at);
            }
            at = self.clones[at as usize].around;
        }
        None
    }

    fn instantiate(&mut self, clone: CloneId) {
        let CloneState { unit, base, .. } = self.clones[clone as usize];
        let ops = std::mem::take(&mut self.world.units[unit as usize].ops);
        for op in &ops {
            self.constrain(clone, base, op);
        }
        self.world.units[unit as usize].ops = ops;
    }

    fn constrain(&mut self, clone: CloneId, base: Node, op: &Op) {
        let node = |value: Value| base + value;
        match *op {
            Op::Copy { to, from } => self.graph.edge(node(from), node(to)),
            Op::Filter { to, from, type_ } => self.watch(node(from), Action::Filter { to: node(to), type_ }),
            Op::Without { to, from, type_ } => self.watch(node(from), Action::Without { to: node(to), type_ }),
            Op::Exactly { to, from, class, holds } => {
                self.watch(node(from), Action::Exactly { to: node(to), class, holds });
            }
            Op::New { to, class, site, outer } => self.make(clone, base, class, site, node(to), outer),
            Op::NewArray { to, site } => {
                let (site, context) = self.allocation(clone, site);
                let object = self.objects.intern(Object::Array { site, context });
                self.graph.insert(node(to), object);
            }
            Op::Lambda { to, unit, interface } => {
                let object = self.objects.intern(Object::Lambda { unit, around: clone, interface });
                if !self.is_model(clone) {
                    self.lambdas.push((unit, clone));
                }
                self.graph.insert(node(to), object);
            }
            Op::Reference { to, reference, bound } => {
                let object = self.objects.intern(Object::Reference { reference, around: clone });
                if bound != NONE
                    && let Some(held) = self.field(object, Key::Bound)
                {
                    self.graph.edge(node(bound), held);
                }
                self.graph.insert(node(to), object);
            }
            Op::ClassObject { to, class } => {
                let object = self.objects.intern(Object::Class(class));
                self.graph.insert(node(to), object);
            }
            Op::LoadField { to, object, field } => {
                self.watch(node(object), Action::Load { to: node(to), key: Key::Field(field) });
            }
            Op::StoreField { object, field, value } => {
                self.watch(node(object), Action::Store { key: Key::Field(field), value: node(value) });
            }
            Op::LoadStatic { to, field } => {
                self.touch(self.world.fields[field as usize].class);
                let from = self.static_field(field);
                self.graph.edge(from, node(to));
            }
            Op::StoreStatic { field, value } => {
                let to = self.static_field(field);
                self.graph.edge(node(value), to);
            }
            Op::LoadItem { to, array } => self.watch(node(array), Action::Load { to: node(to), key: Key::Item }),
            Op::StoreItem { array, value } => {
                self.watch(node(array), Action::Store { key: Key::Item, value: node(value) });
            }
            Op::LoadOuter { to, object, class } => {
                self.watch(node(object), Action::Load { to: node(to), key: Key::Outer(class) });
            }
            Op::StoreOuter { object, class, outer } => {
                self.watch(node(object), Action::Store { key: Key::Outer(class), value: node(outer) });
            }
            Op::Captured { to, unit, value } => {
                if let Some(frame) = self.frame_around(clone, unit) {
                    let from = self.clones[frame as usize].base + value;
                    self.graph.edge(from, node(to));
                }
            }
            Op::Touch { class } => self.touch(class),
            Op::Invoke(ref invoke) => self.prepare_call(clone, base, invoke, None),
            Op::Reflect { what, ref call } => self.prepare_call(clone, base, call, Some(what)),
        }
    }

    /// An object of a class is made.
    fn make(&mut self, clone: CloneId, base: Node, class: ClassId, site: u32, to: Node, outer: Value) {
        let (place, is_written) = self.place(clone, site);
        let (allocation, context) = self.allocation(clone, site);
        let is_local = self.world.classes[class as usize].unit_around != NONE;
        let around = if is_local { clone } else { NONE };
        let object = self.objects.intern(Object::Instance { class, site: allocation, context, around });
        self.note_made(class, place, !is_written);
        let list = self.made.entry(class).or_default();
        if !list.contains(&object) {
            list.push(object);
        }
        if outer != NONE
            && let Some(field) = self.field(object, Key::Outer(class))
        {
            self.graph.edge(base + outer, field);
        }
        self.graph.insert(to, object);
    }

    pub(super) fn note_made(&mut self, class: ClassId, place: SiteId, is_implicit: bool) {
        if self.instantiated_set.insert(class) {
            self.instantiated.push(class);
        }
        if !self.world.classes[class as usize].is_model {
            let unit = self.world.classes[class as usize].unit;
            self.note(place, unit, is_implicit, Certainty::PointsTo);
        }
    }

    /// Take down that a place calls.
    fn note(&mut self, place: SiteId, unit: UnitId, is_implicit: bool, certainty: Certainty) {
        if place == NONE {
            return;
        }
        let found = self.found.entry(place).or_default();
        let list = if is_implicit { &mut found.implicit } else { &mut found.targets };
        let known = list.entry(unit).or_insert(certainty);
        *known = certainty.min(*known);
        if let Some(trace) = &self.graph.trace {
            self.causes.entry((place, unit)).or_insert(trace.cause);
        }
    }

    fn prepare_call(&mut self, clone: CloneId, base: Node, invoke: &Rc<Invoke>, what: Option<Reflection>) {
        let (place, is_written) = self.place(clone, invoke.site);
        if is_written {
            self.found.entry(place).or_default();
        }
        let call = self.calls.len() as u32;
        self.calls.push(CallState { clone, invoke: invoke.clone(), what });
        if let Some(what) = what {
            return self.prepare_reflection(call, what, place);
        }
        if invoke.dispatch == Dispatch::Static {
            if invoke.method != NONE {
                self.enter(call, invoke.method, None, Certainty::PointsTo);
            }
            return;
        }
        if invoke.receiver == NONE {
            return;
        }
        self.watch(base + invoke.receiver, Action::Call(call));
        if is_written && invoke.dispatch != Dispatch::Special {
            self.pending.push(call);
        }
    }

    /// The method that a class's objects have for another's.
    pub(super) fn implementation(&mut self, class: ClassId, method: MethodId) -> Option<MethodId> {
        if let Some(found) = self.implementations.get(&(class, method)) {
            return *found;
        }
        let found =
            self.world.implementation(class, method).filter(|one| !self.world.methods[*one as usize].is_abstract);
        self.implementations.insert((class, method), found);
        found
    }

    /// A receiver has arrived at a call.
    fn dispatch(&mut self, call: u32, object: ObjectId) {
        let invoke = self.calls[call as usize].invoke.clone();
        let class = self.class_of(object);
        let certainty = match self.objects.get(object) {
            Object::Any(class) if invoke.receiver != THIS => {
                self.guessed.get(&class).copied().unwrap_or(Certainty::PointsTo)
            }
            _ => Certainty::PointsTo,
        };
        match invoke.dispatch {
            Dispatch::Special => {
                if invoke.method == NONE {
                    if let Some(class) = self.world.class_of(invoke.receiver_type) {
                        self.run_fields(call, class, object);
                    }
                } else if class.is_some_and(|class| {
                    self.world.is_subclass(class, self.world.methods[invoke.method as usize].class)
                }) {
                    self.enter(call, invoke.method, Some(object), certainty);
                }
            }
            Dispatch::Virtual => {
                let above = self.world.methods[invoke.method as usize].class;
                match self.objects.get(object) {
                    Object::Instance { class, .. } | Object::Any(class) => {
                        if self.world.is_subclass(class, above)
                            && let Some(method) = self.implementation(class, invoke.method)
                        {
                            self.enter(call, method, Some(object), certainty);
                        }
                    }
                    Object::Lambda { interface, .. } => {
                        if !self.enter_default(call, interface, object) {
                            self.enter_lambda(call, object);
                        }
                    }
                    Object::Reference { reference, .. } => {
                        let interface = self.references[reference as usize].interface;
                        if !self.enter_default(call, interface, object) {
                            self.enter_reference(call, object);
                        }
                    }
                    Object::Proxy { .. } => {
                        if self.world.classes[above as usize].is_interface()
                            && let Some(handler) = self.field(object, Key::Bound)
                        {
                            self.watch(handler, Action::Handler { call });
                        }
                    }
                    Object::Array { .. }
                    | Object::Class(_)
                    | Object::Method { .. }
                    | Object::Constructor { .. }
                    | Object::Handle { .. } => {}
                }
            }
            Dispatch::Named => match self.objects.get(object) {
                Object::Instance { class, .. } | Object::Any(class) => {
                    if let Some(method) = self.method_by_name(class, &invoke)
                        && let Some(method) = self.implementation(class, method)
                    {
                        self.enter(call, method, Some(object), certainty);
                    }
                }
                Object::Lambda { interface, .. } if self.is_function_named(interface, &invoke) => {
                    self.enter_lambda(call, object);
                }
                Object::Reference { reference, .. } => {
                    let interface = self.references[reference as usize].interface;
                    if self.is_function_named(interface, &invoke) {
                        self.enter_reference(call, object);
                    }
                }
                _ => {}
            },
            Dispatch::Static => {}
        }
    }

    fn is_function_named(&mut self, interface: ClassId, invoke: &Invoke) -> bool {
        interface != NONE
            && self.world.function_of(interface).is_some_and(|method| {
                let found = &self.world.methods[method as usize];
                found.name == invoke.name && found.parameters.len() == invoke.arguments.len()
            })
    }

    /// The one method of a class that a call by name and arguments can mean.
    fn method_by_name(&mut self, class: ClassId, invoke: &Invoke) -> Option<MethodId> {
        let members = self.world.members(class, invoke.name);
        let mut fitting = Vec::new();
        for method in members {
            let parameters = self.world.methods[method as usize].parameters.clone();
            let fits = parameters.len() == invoke.arguments.len()
                && parameters.iter().zip(&invoke.argument_types).all(|(formal, given)| {
                    let formal = self.world.erased(*formal);
                    self.world.is_passed(*given, formal, super::types::Strictness::Loose)
                });
            if fits {
                fitting.push(method);
            }
        }
        if fitting.len() == 1 { fitting.pop() } else { None }
    }

    /// A default method of an interface on a lambda of it.
    fn enter_default(&mut self, call: u32, interface: ClassId, object: ObjectId) -> bool {
        let method = self.calls[call as usize].invoke.method;
        if interface == NONE || method == NONE {
            return false;
        }
        let above = self.world.methods[method as usize].class;
        if !self.world.is_subclass(interface, above) {
            return true;
        }
        if above == self.world.object_class {
            return true;
        }
        match self.implementation(interface, method) {
            Some(method) => {
                self.enter(call, method, Some(object), Certainty::PointsTo);
                true
            }
            None => false,
        }
    }

    /// Run what gives an object the fields of a class.
    fn run_fields(&mut self, call: u32, class: ClassId, object: ObjectId) {
        let caller = self.calls[call as usize].clone;
        let unit = self.world.classes[class as usize].unit;
        let around = self.around_of(unit, object);
        let context = self.context_for(call, class, Some(object), false);
        let clone = self.clone_of(unit, around, context);
        let base = self.clones[clone as usize].base;
        self.graph.insert(base + THIS, object);
        let raises = self.clones[caller as usize].base + self.calls[call as usize].invoke.raises;
        self.graph.edge(base + THROWN, raises);
    }

    /// The frame that a method of a local class sees variables of.
    pub(super) fn around_of(&self, unit: UnitId, object: ObjectId) -> CloneId {
        let class = self.world.units[unit as usize].class;
        let wanted = self.world.classes[class as usize].unit_around;
        if wanted == NONE {
            return NONE;
        }
        let Object::Instance { around, .. } = self.objects.get(object) else { return NONE };
        let mut at = around;
        for _ in 0..64 {
            if at == NONE || self.clones[at as usize].unit == wanted {
                return at;
            }
            at = self.clones[at as usize].around;
        }
        NONE
    }

    fn context_for(&mut self, call: u32, class: ClassId, receiver: Option<ObjectId>, is_generic: bool) -> ContextId {
        let CallState { clone, ref invoke, .. } = self.calls[call as usize];
        let site = invoke.site;
        let state = self.clones[clone as usize];
        if self.world.classes[class as usize].is_model {
            if self.is_model(clone) {
                return state.context;
            }
            let (site, _) = self.place(clone, site);
            return self.objects.context(Context::Model { site, caller: clone });
        }
        let (site, _) = self.place(clone, site);
        let context = match receiver {
            Some(receiver) if is_generic => Context::Both(receiver, site),
            Some(receiver) => Context::Receiver(receiver),
            None => Context::Site(site),
        };
        self.objects.context(context)
    }

    /// Call a method.
    pub(super) fn enter(&mut self, call: u32, method: MethodId, receiver: Option<ObjectId>, certainty: Certainty) {
        let CallState { clone: caller, ref invoke, .. } = self.calls[call as usize];
        let invoke = invoke.clone();
        let base = self.clones[caller as usize].base;
        let arguments: Vec<Node> =
            invoke.arguments.iter().map(|value| if *value == NONE { NONE } else { base + value }).collect();
        self.enter_with(call, method, receiver, &arguments, base + invoke.to, certainty);
    }

    fn enter_with(
        &mut self,
        call: u32,
        method: MethodId,
        receiver: Option<ObjectId>,
        arguments: &[Node],
        to: Node,
        certainty: Certainty,
    ) {
        let CallState { clone: caller, ref invoke, .. } = self.calls[call as usize];
        let invoke = invoke.clone();
        let found = &self.world.methods[method as usize];
        let (unit, class, kind) = (found.unit, found.class, found.kind);
        let (is_static, is_generic, has_code) =
            (found.is_static, !found.variables.is_empty(), found.declaration.is_some());
        let is_model = self.world.classes[class as usize].is_model;
        let (place, is_written) = self.place(caller, invoke.site);
        if !is_model && has_code {
            self.note(place, unit, invoke.is_implicit || !is_written, certainty);
        }
        if is_model && self.graph.len() > 2 * self.most_nodes {
            self.out_of_budget = true;
            return;
        }
        if is_static {
            self.touch(class);
        }
        if kind == MethodKind::Values || kind == MethodKind::ValueOf {
            self.touch(class);
        }
        let receiver = receiver.filter(|_| !is_static);
        let around = receiver.map_or(NONE, |object| self.around_of(unit, object));
        let context = self.context_for(call, class, receiver, is_generic);
        let clone = self.clone_of(unit, around, context);
        let entered = self.clones[clone as usize].base;
        if let Some(receiver) = receiver {
            self.graph.insert(entered + THIS, receiver);
        }
        let count = self.world.units[unit as usize].parameters;
        for (at, argument) in arguments.iter().take(count as usize).enumerate() {
            if *argument != NONE {
                self.graph.edge(*argument, entered + FIRST_PARAMETER + at as u32);
            }
        }
        self.graph.edge(entered + RETURNED, to);
        let raises = self.clones[caller as usize].base + invoke.raises;
        self.graph.edge(entered + THROWN, raises);
    }

    fn enter_lambda(&mut self, call: u32, object: ObjectId) {
        let Object::Lambda { unit, around, .. } = self.objects.get(object) else { return };
        let CallState { clone: caller, ref invoke, .. } = self.calls[call as usize];
        let invoke = invoke.clone();
        let base = self.clones[caller as usize].base;
        let (place, is_written) = self.place(caller, invoke.site);
        let class = self.world.units[unit as usize].class;
        let context = if self.world.classes[class as usize].is_model {
            // As a model's method, it is part of the call that leads there, wherever it was made.
            self.context_for(call, class, None, false)
        } else {
            self.note(place, unit, invoke.is_implicit || !is_written, Certainty::PointsTo);
            self.objects.context(Context::Site(place))
        };
        let clone = self.clone_of(unit, around, context);
        let entered = self.clones[clone as usize].base;
        let count = self.world.units[unit as usize].parameters as usize;
        for (at, argument) in invoke.arguments.iter().take(count).enumerate() {
            if *argument != NONE {
                self.graph.edge(base + argument, entered + FIRST_PARAMETER + at as u32);
            }
        }
        self.graph.edge(entered + RETURNED, base + invoke.to);
        self.graph.edge(entered + THROWN, base + invoke.raises);
    }

    fn enter_reference(&mut self, call: u32, object: ObjectId) {
        let Object::Reference { reference, around } = self.objects.get(object) else { return };
        let Reference { kind, method, class, unit, site, .. } = self.references[reference as usize];
        let CallState { clone: caller, ref invoke, .. } = self.calls[call as usize];
        let invoke = invoke.clone();
        let base = self.clones[caller as usize].base;
        match kind {
            ReferenceKind::Static => self.enter(call, method, None, Certainty::PointsTo),
            ReferenceKind::Bound | ReferenceKind::Super => {
                if let Some(held) = self.field(object, Key::Bound) {
                    self.watch(held, Action::Bound { call, reference });
                }
            }
            ReferenceKind::Unbound => {
                if let Some(first) = invoke.arguments.first().filter(|first| **first != NONE) {
                    self.watch(base + first, Action::Unbound { call, reference });
                }
            }
            ReferenceKind::New => {
                let (place, is_written) = self.place(caller, invoke.site);
                let own = self.site(unit, site);
                let caller_context = self.clones[caller as usize].context;
                let context = match self.objects.get_context(caller_context) {
                    Some(Context::Model { .. }) | None => NONE,
                    Some(_) => self.heap_context(caller_context),
                };
                // Told apart by who calls it, as a call of a factory is.
                let (site, is_local) = {
                    let key = (own, place);
                    let seen = match self.model_sites.get(&key) {
                        Some(seen) => *seen,
                        None => {
                            let id = self.sites.len() as SiteId;
                            self.sites.push((NONE, NONE));
                            self.model_sites.insert(key, id);
                            id
                        }
                    };
                    (seen, self.world.classes[class as usize].unit_around != NONE)
                };
                let around = if is_local { around } else { NONE };
                let made = self.objects.intern(Object::Instance { class, site, context, around });
                self.touch(class);
                self.note_made(class, place, invoke.is_implicit || !is_written);
                if let (Some(held), Some(outer)) = (self.field(object, Key::Bound), self.field(made, Key::Outer(class)))
                {
                    self.graph.edge(held, outer);
                }
                self.graph.insert(base + invoke.to, made);
                if method != NONE {
                    self.enter_with_ignored(call, method, made);
                }
            }
            ReferenceKind::NewArray => {
                let own = self.site(unit, site);
                let made = self.objects.intern(Object::Array { site: own, context: NONE });
                self.graph.insert(base + invoke.to, made);
            }
        }
    }

    /// Run a constructor: what it returns is nothing.
    pub(super) fn enter_with_ignored(&mut self, call: u32, method: MethodId, object: ObjectId) {
        let CallState { clone: caller, ref invoke, .. } = self.calls[call as usize];
        let invoke = invoke.clone();
        let base = self.clones[caller as usize].base;
        let arguments: Vec<Node> =
            invoke.arguments.iter().map(|value| if *value == NONE { NONE } else { base + value }).collect();
        let ignored = self.graph.add(1);
        self.enter_with(call, method, Some(object), &arguments, ignored, Certainty::PointsTo);
    }

    /// The receiver of a method reference's method has arrived.
    fn call_reference_on(&mut self, call: u32, reference: u32, object: ObjectId, is_first_argument: bool) {
        let Reference { kind, method, .. } = self.references[reference as usize];
        let CallState { clone: caller, ref invoke, .. } = self.calls[call as usize];
        let invoke = invoke.clone();
        let base = self.clones[caller as usize].base;
        let given = if is_first_argument { &invoke.arguments[1..] } else { &invoke.arguments[..] };
        let arguments: Vec<Node> = given.iter().map(|value| if *value == NONE { NONE } else { base + value }).collect();
        let to = base + invoke.to;
        match self.objects.get(object) {
            Object::Instance { class, .. } | Object::Any(class) => {
                let above = self.world.methods[method as usize].class;
                if !self.world.is_subclass(class, above) {
                    return;
                }
                let is_direct = kind == ReferenceKind::Super || self.world.methods[method as usize].is_private;
                let target = if is_direct { Some(method) } else { self.implementation(class, method) };
                if let Some(target) = target {
                    self.enter_with(call, target, Some(object), &arguments, to, Certainty::PointsTo);
                }
            }
            Object::Lambda { .. } | Object::Reference { .. } => {
                // `f::apply` is `f`, as another interface.
                let values: Vec<Value> = given.to_vec();
                let inner =
                    Invoke { dispatch: Dispatch::Virtual, method, arguments: values.into(), ..(*invoke).clone() };
                let inner_call = self.calls.len() as u32;
                self.calls.push(CallState { clone: caller, invoke: Rc::new(inner), what: None });
                self.dispatch(inner_call, object);
            }
            _ => {}
        }
    }

    /// A call of a proxy is a call of its handler.
    fn call_handler(&mut self, call: u32, handler: ObjectId) {
        let Some(interface) = self.world.class_named("java.lang.reflect.InvocationHandler") else { return };
        let Some(method) = self.world.function_of(interface) else { return };
        let CallState { clone: caller, ref invoke, .. } = self.calls[call as usize];
        let inner =
            Invoke { dispatch: Dispatch::Virtual, method, arguments: vec![NONE; 3].into(), ..(**invoke).clone() };
        let inner_call = self.calls.len() as u32;
        self.calls.push(CallState { clone: caller, invoke: Rc::new(inner), what: None });
        self.dispatch(inner_call, handler);
    }
}
