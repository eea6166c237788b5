//! Classes, constructors, and the objects that they make.

use std::rc::Rc;

use super::objects::{Object as Ecma, Part};
use super::ops::{Key, Member};
use super::{Action, Call, This};
use crate::graph::Node;
use crate::objects::{CloneId, Object, ObjectId};
use crate::program::{CallForm, Language, NONE, ParameterKind, Passing, UnitId, UnitKind, Value};
use crate::report::Target;
use crate::solver::{CloneState, Site, Solver, THIS};

impl Solver<'_> {
    /// Make a class in a clone, and run its body.
    pub(crate) fn make_class_ecma(
        &mut self,
        clone: CloneId,
        to: Node,
        unit: UnitId,
        bases: &[(Passing, Value)],
        base: Node,
    ) {
        let class = self.objects.intern(Object::Class { unit, around: clone });
        self.made.entry(unit).or_default().push(class);
        let (extended, implemented): (Vec<_>, Vec<_>) =
            bases.iter().partition(|(passing, _)| *passing == Passing::Positional);
        self.ecma.bases.insert(class, extended.into_iter().map(|(_, value)| base + value).collect());
        for (_, value) in implemented {
            self.ecma.implemented.push((base + value, class));
        }
        let body = self.clone_of(unit, clone, NONE);
        self.class_of_clone.insert(body, class);
        let this = self.extra(body, THIS);
        self.graph.insert(this, class);
        self.graph.insert(to, class);
    }

    /// Define a member of the class whose body a clone is.
    pub(crate) fn define_class_member(
        &mut self,
        clone: CloneId,
        key: Key,
        value: Node,
        member: Member,
        is_static: bool,
        base: Node,
    ) {
        let Some(class) = self.class_of_clone.get(&clone).copied() else { return };
        let prototype = self.ecma_object(Ecma::Prototype(class));
        let object = if is_static { class } else { prototype };
        match member {
            Member::Constructor => {
                self.ecma.constructors.insert(class, value);
                self.set_home(value, object);
            }
            Member::Initializer => {
                self.ecma.initializers.insert(class, value);
                self.set_home(value, object);
            }
            _ => match key {
                Key::Name(name) => self.define(object, name, value, member),
                Key::Computed(key) => {
                    self.set_home(value, object);
                    self.watch_ecma(base + key, Action::DefineUnder { object, value, member });
                }
            },
        }
    }

    /// `new callee(…)`
    pub(crate) fn construct(&mut self, call: &Call, callee: ObjectId) {
        match self.objects.get(callee) {
            Object::Function { unit, around } => {
                let source = &self.program.units[unit as usize];
                if source.kind == UnitKind::Lambda || source.is_generator || source.is_async {
                    return;
                }
                self.outcome.note(call.site, Target::Unit(unit), call.implicit);
                let instance = self.instance_at(callee, call.caller, call.site);
                self.graph.insert(call.to, instance);
                self.run_constructor(call, callee, (unit, around), instance);
            }
            Object::Class { unit, .. } => {
                self.outcome.note(call.site, Target::Unit(unit), call.implicit);
                let instance = self.instance_at(callee, call.caller, call.site);
                self.graph.insert(call.to, instance);
                self.construct_on(&Call { implicit: true, ..call.clone() }, callee, instance);
            }
            Object::Ecma(Ecma::Bound { target, .. }) => {
                let call = self.unbound_call(call, callee, true);
                self.construct(&call, target);
            }
            Object::External(name) => self.construct_outside(call, name),
            Object::Opaque(_) => {
                self.outcome.note_opaque(call.site);
                self.graph.insert(call.to, callee);
            }
            Object::Made { class, .. } if class == self.ecma.names.proxy => {
                self.call_proxy(call, callee);
            }
            _ => {}
        }
    }

    /// Run a constructor on an object; an object that it returns takes the new one's place.
    fn run_constructor(&mut self, call: &Call, function: ObjectId, of: (UnitId, CloneId), instance: ObjectId) {
        let to = self.graph.add(1);
        self.watch_ecma(to, Action::Returned { to: call.to });
        let call = Call { this: This::Object(instance), to, form: CallForm::Plain, ..call.clone() };
        self.call_function(&call, function, of.0, of.1);
    }

    /// Give an object the fields of a class and run its constructor, or its base's where it has none.
    pub(crate) fn construct_on(&mut self, call: &Call, class: ObjectId, instance: ObjectId) {
        if let Some(fields) = self.ecma.initializers.get(&class).copied() {
            for function in self.graph.objects(fields).to_vec() {
                if let Object::Function { unit, around } = self.objects.get(function) {
                    let to = self.graph.add(1);
                    let (site, caller) = (call.site, call.caller);
                    let run = Call::implicit(site, caller, to, This::Object(instance), Vec::new());
                    self.call_function(&run, function, unit, around);
                }
            }
        }
        if let Some(constructor) = self.ecma.constructors.get(&class).copied() {
            for function in self.graph.objects(constructor).to_vec() {
                if let Object::Function { unit, around } = self.objects.get(function) {
                    self.outcome.note(call.site, Target::Unit(unit), call.implicit);
                    self.run_constructor(call, function, (unit, around), instance);
                }
            }
            return;
        }
        let id = self.new_ecma_call(call.clone());
        for base in self.ecma.bases.get(&class).cloned().unwrap_or_default() {
            self.watch_ecma(base, Action::ConstructBase { call: id, instance });
        }
    }

    /// A base has arrived of a class of which an object is made.
    pub(crate) fn construct_base(&mut self, id: u32, base: ObjectId, instance: ObjectId) {
        let call = self.ecma.calls[id as usize].clone();
        match self.objects.get(base) {
            Object::Class { .. } => self.construct_on(&call, base, instance),
            Object::Function { unit, around } => {
                self.outcome.note(call.site, Target::Unit(unit), call.implicit);
                self.run_constructor(&call, base, (unit, around), instance);
            }
            Object::External(name) => {
                if !call.implicit {
                    self.outcome.note(call.site, Target::External(name), false);
                }
                self.construct_base_outside(&call, name, instance);
            }
            _ => {}
        }
    }

    /// `super(…)` of a constructor whose object has arrived.
    pub(crate) fn super_construct(&mut self, id: u32, class: ObjectId, instance: ObjectId) {
        for base in self.ecma.bases.get(&class).cloned().unwrap_or_default() {
            self.watch_ecma(base, Action::ConstructBase { call: id, instance });
        }
    }

    /// Return the object that has the method that a clone is of: what `super` begins after.
    pub(crate) fn home_of(&mut self, clone: CloneId) -> Option<ObjectId> {
        let frame = self.frame_with_this(clone);
        let state = self.clones[frame as usize];
        if let Some(class) = self.class_of_clone.get(&frame) {
            return Some(*class);
        }
        let function = self.objects.intern(Object::Function { unit: state.unit, around: state.around });
        self.ecma.homes.get(&function).copied()
    }

    /// `super(…)`
    pub(crate) fn super_call(&mut self, clone: CloneId, call: Call) {
        let Some(home) = self.home_of(clone) else { return };
        let Object::Ecma(Ecma::Prototype(class)) = self.objects.get(home) else { return };
        let frame = self.frame_with_this(clone);
        let this = self.extra(frame, THIS);
        self.graph.edge(this, call.to);
        let id = self.new_ecma_call(call);
        self.watch_ecma(this, Action::SuperConstruct { call: id, class });
    }

    /// A class as a JSX element: an object is made and rendered.
    pub(crate) fn call_component(&mut self, call: &Call, class: ObjectId) {
        let made = self.graph.add(1);
        self.construct(&Call { form: CallForm::New, to: made, ..call.clone() }, class);
        let render = Call { implicit: true, arguments: Rc::default(), form: CallForm::Plain, ..call.clone() };
        let render = self.new_ecma_call(render);
        self.watch_ecma(made, Action::CallMember { name: self.ecma.names.render, call: render });
    }

    /// Let values of which nothing is known be what they are declared to be. Says whether there were any.
    pub(crate) fn declare_ecma(&mut self) -> bool {
        let mut found = self.ecma.declared.clone();
        for clone in 0..self.clones.len() {
            let CloneState { unit, around, base, .. } = self.clones[clone];
            if self.program.units[unit as usize].language != Language::Ecmascript {
                continue;
            }
            let function = self.objects.intern(Object::Function { unit, around });
            let Some(annotations) = self.annotations.get(&function).cloned() else { continue };
            let parameters = &self.program.units[unit as usize].parameters;
            for (at, class) in annotations.iter() {
                match parameters.get(*at as usize).map(|parameter| (parameter.kind, parameter.value)) {
                    Some((ParameterKind::Rest | ParameterKind::All, _)) | None => {}
                    Some((_, value)) => found.push((base + value, *class)),
                }
            }
        }
        let attributes = self.ecma.declared_attributes.clone();
        let mut some = false;
        for (to, class) in found {
            if self.is_unknown(to) && self.ecma.declared_nodes.insert((to, class)) {
                self.watch_ecma(class, Action::Declare { to });
                some = true;
            }
        }
        for (object, name, class, known) in attributes {
            if self.is_unknown(known) && self.ecma.declared_nodes.insert((known, class)) {
                let value = self.graph.add(1);
                self.watch_ecma(class, Action::Declare { to: value });
                for object in self.graph.objects(object).to_vec() {
                    let field = self.field(object, name);
                    self.graph.edge(value, field);
                }
                some = true;
            }
        }
        self.outcome.assumes |= some;
        some
    }

    /// Say whether nothing is known of a value but that it may be missing.
    pub(crate) fn is_unknown(&mut self, node: Node) -> bool {
        let objects = self.graph.objects(node).to_vec();
        objects.into_iter().all(|one| match self.objects.get(one) {
            Object::Ecma(one) => one.is_nothing(),
            Object::Opaque(_) => true,
            _ => false,
        })
    }

    /// A generic type with its argument: a container of the language holds what the argument says.
    pub(crate) fn apply_type(&mut self, class: ObjectId, argument: Node, to: Node, site: Site, caller: CloneId) {
        let Object::External(name) = self.objects.get(class) else { return };
        let names = self.ecma.names;
        let made = match self.symbols.text(name) {
            "Array" | "ReadonlyArray" | "Iterable" | "ArrayLike" => names.list,
            "Set" | "ReadonlySet" => names.set_class,
            "Promise" | "PromiseLike" => names.promise,
            _ => return,
        };
        let context = self.heap_context(self.clones[caller as usize].context);
        let typed = self.objects.intern(Object::Made { class: made, site, context });
        self.ecma.typed.insert(typed, argument);
        self.graph.insert(to, typed);
    }

    /// Return a container as an annotation describes it, that holds what is declared.
    fn container_of_declared(&mut self, typed: ObjectId) -> Option<ObjectId> {
        let argument = self.ecma.typed.get(&typed).copied()?;
        let Object::Made { class, site, context } = self.objects.get(typed) else { return None };
        let names = self.ecma.names;
        let is_list = class == names.list;
        let object = if is_list { self.ecma_object(Ecma::Array { site, context, part: Part::Whole }) } else { typed };
        let held = if class == names.promise { self.field(object, names.held) } else { self.shape(object).any };
        self.watch_ecma(argument, Action::Declare { to: held });
        Some(object)
    }

    /// Return what a declared type stands for: instances of a class, or of the classes that implement it.
    pub(crate) fn instances_of_declared(&mut self, object: ObjectId) -> Vec<ObjectId> {
        match self.objects.get(object) {
            Object::Class { .. } | Object::Ecma(Ecma::Interface { .. }) => {
                let mut found = vec![object];
                let mut at = 0;
                while let Some(class) = found.get(at).copied() {
                    at += 1;
                    for (heir, bases) in self.heirs() {
                        if bases.contains(&class) && !found.contains(&heir) {
                            found.push(heir);
                        }
                    }
                }
                found.retain(|one| matches!(self.objects.get(*one), Object::Class { .. }));
                found.into_iter().map(|class| self.any_instance(class)).collect()
            }
            Object::Function { .. } => vec![self.any_instance(object)],
            Object::Made { .. } => self.container_of_declared(object).into_iter().collect(),
            Object::External(name) => {
                let class = self.symbols.text(name).to_owned();
                if self.models.of_ecmascript().is_class(&class) {
                    return vec![self.objects.intern(Object::ExternalInstance(name))];
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Return classes with their bases and the interfaces that they implement, in order of their making.
    fn heirs(&mut self) -> Vec<(ObjectId, Vec<ObjectId>)> {
        let mut classes: Vec<(ObjectId, Vec<Node>)> =
            self.ecma.bases.iter().map(|(class, bases)| (*class, bases.clone())).collect();
        for (interface, class) in &self.ecma.implemented {
            if let Some((_, bases)) = classes.iter_mut().find(|(one, _)| one == class) {
                bases.push(*interface);
            }
        }
        classes.sort_unstable();
        classes
            .into_iter()
            .map(|(class, bases)| {
                (class, bases.into_iter().flat_map(|base| self.graph.objects(base).to_vec()).collect())
            })
            .collect()
    }
}
