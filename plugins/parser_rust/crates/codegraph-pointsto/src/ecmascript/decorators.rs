//! Decorators of methods that are given a description of the method, and may put another function into it.

use super::objects::Object as Ecma;
use super::{Action, Call, This};
use crate::graph::Node;
use crate::objects::{CloneId, Object, ObjectId};
use crate::program::{CallForm, ParameterKind, UnitId};
use crate::solver::{Site, Solver};

impl Solver<'_> {
    /// Return the call of a decorator that takes what has the method, its name and its description: TypeScript's
    /// `experimentalDecorators`. None if it takes the method itself.
    pub(crate) fn described_call(&mut self, call: &Call, unit: UnitId) -> Option<Call> {
        if call.form != CallForm::Decorator {
            return None;
        }
        let class = self.class_of_clone.get(&call.caller).copied()?;
        let parameters = &self.program.units[unit as usize].parameters;
        if parameters.iter().filter(|one| one.kind != ParameterKind::All).count() < 3 {
            return None;
        }
        let (member, names) = (*call.arguments.positional.first()?, self.ecma.names);
        let context = self.heap_context(self.clones[call.caller as usize].context);
        let description = self.objects.intern(Object::Made { class: names.description, site: call.site, context });
        let original = self.field(description, names.original);
        self.graph.edge(member, original);
        let (replaced, returned) = (self.field(description, names.value), self.graph.add(1));
        self.graph.edge(replaced, call.to);
        // What is given back is nothing, unless the decorator puts something in.
        let undefined = self.ecma_object(Ecma::Undefined);
        self.ecma.initial.push((description, names.value, undefined, call.to));
        let (site, caller, to) = (call.site, call.caller, call.to);
        self.watch_ecma(returned, Action::Described { description, to, site, caller });
        let any = self.objects.intern(Object::ExternalInstance(names.string));
        let prototype = self.ecma_object(Ecma::Prototype(class));
        let positional = vec![self.single(prototype), self.single(any), self.single(description)];
        let described = Call::implicit(site, caller, returned, This::Nothing, positional);
        Some(Call { implicit: call.implicit, depth: call.depth, ..described })
    }

    /// A decorator has given back something that describes the method anew.
    pub(crate) fn take_described(
        &mut self,
        object: ObjectId,
        description: ObjectId,
        to: Node,
        site: Site,
        caller: CloneId,
    ) {
        if object == description || self.is_primitive(object) {
            return;
        }
        let name = self.ecma.names.value;
        self.ecma.stored.insert((description, name));
        match self.objects.get(object) {
            Object::Function { .. } => self.graph.insert(to, object),
            _ => self.load(object, name, to, site, caller),
        }
    }
}
