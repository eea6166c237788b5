//! Calls that texts decide: classes, methods and handles are objects, and a call of one is a call of what it stands for.

use std::rc::Rc;

use super::code::*;
use super::objects::{Object, SiteId};
use super::solver::{Action, CallState, Certainty, Key, Solver};
use super::types::TypeId;
use super::world::{ClassId, MethodId};
use crate::objects::ObjectId;
use crate::program::NONE;

impl Solver<'_> {
    pub(super) fn prepare_reflection(&mut self, call: u32, what: Reflection, place: SiteId) {
        let CallState { clone, ref invoke, .. } = self.calls[call as usize];
        let invoke = invoke.clone();
        let base = self.clones[clone as usize].base;
        match what {
            Reflection::ForName(class) => {
                self.touch(class);
                let object = self.objects.intern(Object::Class(class));
                self.graph.insert(base + invoke.to, object);
            }
            Reflection::Unknown => self.note_dynamic(place),
            Reflection::Proxy => {
                self.note_dynamic(place);
                let (site, context) = self.allocation(clone, invoke.site);
                let object = self.objects.intern(Object::Proxy { site, context });
                if let (Some(handler), Some(held)) = (invoke.arguments.last(), self.field(object, Key::Bound))
                    && *handler != NONE
                {
                    self.graph.edge(base + handler, held);
                }
                self.graph.insert(base + invoke.to, object);
            }
            Reflection::GetClass | Reflection::GetMethod(_) | Reflection::GetConstructor | Reflection::BindHandle => {
                if invoke.receiver != NONE {
                    self.watch(base + invoke.receiver, Action::Reflect { call });
                }
            }
            Reflection::FindHandle(..) | Reflection::BindNew(_) | Reflection::Unreflect => {
                if let Some(first) = invoke.arguments.first().filter(|first| **first != NONE) {
                    self.watch(base + first, Action::Reflect { call });
                }
            }
            Reflection::NewInstance | Reflection::Invoke | Reflection::InvokeHandle => {
                self.note_dynamic(place);
                if invoke.receiver != NONE {
                    self.watch(base + invoke.receiver, Action::Reflect { call });
                }
            }
        }
    }

    fn note_dynamic(&mut self, place: SiteId) {
        if place != NONE {
            self.found.entry(place).or_default().is_dynamic = true;
        }
    }

    /// A class, method or constructor object has arrived where it is used.
    pub(super) fn reflect(&mut self, call: u32, object: ObjectId) {
        let CallState { clone, ref invoke, what } = self.calls[call as usize];
        let invoke = invoke.clone();
        let to = self.clones[clone as usize].base + invoke.to;
        let (site, _) = self.place(clone, invoke.site);
        match (what, self.objects.get(object)) {
            (Some(Reflection::GetClass), Object::Instance { class, .. }) => {
                let class = self.objects.intern(Object::Class(class));
                self.graph.insert(to, class);
            }
            (Some(Reflection::GetMethod(name)), Object::Class(class)) => {
                self.reflected_parameters.insert(site, invoke.argument_types.clone());
                let method = self.objects.intern(Object::Method { class, name, site });
                self.graph.insert(to, method);
            }
            (Some(Reflection::GetConstructor), Object::Class(class)) => {
                self.reflected_parameters.insert(site, invoke.argument_types.clone());
                let constructor = self.objects.intern(Object::Constructor { class, site });
                self.graph.insert(to, constructor);
            }
            (Some(Reflection::NewInstance), Object::Class(class)) => self.make_reflected(call, class, None),
            (Some(Reflection::NewInstance), Object::Constructor { class, site }) => {
                self.make_reflected(call, class, Some(site));
            }
            (Some(Reflection::FindHandle(kind, name)), Object::Class(class)) => {
                self.reflected_parameters.insert(site, invoke.argument_types.clone());
                let handle = self.objects.intern(Object::Handle { class, name, kind, site, bound: NONE });
                self.graph.insert(to, handle);
            }
            (Some(Reflection::Unreflect), Object::Method { class, name, site }) => {
                let kind = HandleKind::Virtual;
                let handle = self.objects.intern(Object::Handle { class, name, kind, site, bound: NONE });
                self.graph.insert(to, handle);
            }
            (Some(Reflection::BindNew(name)), _) => {
                let Some(class) = self.class_of(object) else { return };
                self.reflected_parameters.insert(site, invoke.argument_types.clone());
                let handle = Object::Handle { class, name, kind: HandleKind::Virtual, site, bound: site };
                self.bind_handle(call, handle);
            }
            (Some(Reflection::BindHandle), Object::Handle { class, name, kind, site: own, bound: NONE }) => {
                self.bind_handle(call, Object::Handle { class, name, kind, site: own, bound: site });
            }
            // Its receiver is given already: what else it is given are arguments.
            (Some(Reflection::BindHandle), Object::Handle { .. }) => {
                self.graph.insert(to, object);
            }
            (Some(Reflection::InvokeHandle), Object::Handle { class, kind: HandleKind::New, site, .. }) => {
                self.make_reflected(call, class, Some(site));
            }
            (Some(Reflection::InvokeHandle), Object::Handle { bound, .. }) => {
                self.call_reflected(call, object, None);
                if bound != NONE {
                    if let Some(held) = self.field(object, Key::Bound) {
                        self.watch(held, Action::Reflected { call, method: object });
                    }
                } else if let Some(array) = invoke.arguments.first().filter(|first| **first != NONE) {
                    // Which of the arguments is the receiver is told by their classes.
                    let item = self.graph.add(1);
                    let base = self.clones[clone as usize].base;
                    self.watch(base + array, Action::Load { to: item, key: Key::Item });
                    self.watch(item, Action::Reflected { call, method: object });
                }
            }
            (Some(Reflection::Invoke), Object::Method { .. }) => {
                if let Some(receiver) = invoke.arguments.first().filter(|first| **first != NONE) {
                    let receiver = self.clones[clone as usize].base + receiver;
                    self.watch(receiver, Action::Reflected { call, method: object });
                }
                self.call_reflected(call, object, None);
            }
            _ => {}
        }
    }

    /// A new object of a class, by the constructor that was asked for at a place.
    fn make_reflected(&mut self, call: u32, class: ClassId, asked: Option<SiteId>) {
        if self.world.classes[class as usize].is_model {
            return;
        }
        let CallState { clone, ref invoke, .. } = self.calls[call as usize];
        let invoke = invoke.clone();
        let to = self.clones[clone as usize].base + invoke.to;
        let (place, is_written) = self.place(clone, invoke.site);
        let wanted = asked.and_then(|site| self.reflected_parameters.get(&site).cloned()).unwrap_or_default();
        let candidates = self.world.classes[class as usize].constructors.clone();
        let Some(method) = self.with_parameters(&candidates, &wanted) else { return };
        let (site, context) = self.allocation(clone, invoke.site);
        let made = self.objects.intern(Object::Instance { class, site, context, around: NONE });
        self.touch(class);
        self.note_made(class, place, !is_written);
        self.graph.insert(to, made);
        let inner = self.reflected_call(call, invoke.arguments.last().copied(), wanted.len());
        self.enter_with_ignored(inner, method, made);
    }

    /// Give a handle its first argument.
    fn bind_handle(&mut self, call: u32, handle: Object) {
        let CallState { clone, ref invoke, .. } = self.calls[call as usize];
        let invoke = invoke.clone();
        let base = self.clones[clone as usize].base;
        let handle = self.objects.intern(handle);
        if let (Some(held), Some(given)) = (self.field(handle, Key::Bound), invoke.arguments.first())
            && *given != NONE
        {
            self.graph.edge(base + given, held);
        }
        self.graph.insert(base + invoke.to, handle);
    }

    /// The one method whose parameters have these types.
    fn with_parameters(&mut self, candidates: &[MethodId], wanted: &[TypeId]) -> Option<MethodId> {
        candidates.iter().copied().find(|method| {
            let parameters = self.world.methods[*method as usize].parameters.clone();
            parameters.len() == wanted.len()
                && parameters.into_iter().zip(wanted).all(|(own, wanted)| {
                    let own = self.world.erased(own);
                    let own = self.world.boxed(own);
                    let wanted = self.world.erased(*wanted);
                    own == wanted
                })
        })
    }

    /// A call whose arguments are the elements of an array.
    fn reflected_call(&mut self, call: u32, array: Option<Value>, count: usize) -> u32 {
        let CallState { clone, ref invoke, .. } = self.calls[call as usize];
        let mut inner = (**invoke).clone();
        let base = self.clones[clone as usize].base;
        // Which element goes where is not told apart: nodes of their own, beyond the clone's values.
        let item = self.graph.add(1);
        if let Some(array) = array.filter(|array| *array != NONE) {
            self.watch(base + array, Action::Load { to: item, key: Key::Item });
        }
        inner.arguments = vec![item.wrapping_sub(base); count].into();
        let id = self.calls.len() as u32;
        self.calls.push(CallState { clone, invoke: Rc::new(inner), what: None });
        id
    }

    /// `m.invoke(o, …)`, with an object or without one for static methods.
    pub(super) fn call_reflected(&mut self, call: u32, method: ObjectId, receiver: Option<ObjectId>) {
        let (class, name, site, kind) = match self.objects.get(method) {
            Object::Method { class, name, site } => (class, name, site, HandleKind::Virtual),
            Object::Handle { class, name, kind, site, .. } => (class, name, site, kind),
            _ => return,
        };
        let wanted = self.reflected_parameters.get(&site).cloned().unwrap_or_default();
        let candidates = self.world.members(class, name);
        let Some(found) = self.with_parameters(&candidates, &wanted) else { return };
        let is_static = self.world.methods[found as usize].is_static;
        // A handle's receiver is among its arguments.
        let array = self.calls[call as usize].invoke.arguments.last().copied();
        match receiver {
            None if is_static => {
                let inner = self.reflected_call(call, array, wanted.len());
                self.enter(inner, found, None, Certainty::PointsTo);
            }
            Some(object) if !is_static => {
                if let Some(class) = self.class_of(object)
                    && self.world.is_subclass(class, self.world.methods[found as usize].class)
                    && let Some(target) =
                        if kind == HandleKind::Special { Some(found) } else { self.implementation(class, found) }
                {
                    let inner = self.reflected_call(call, array, wanted.len());
                    self.enter(inner, target, Some(object), Certainty::PointsTo);
                }
            }
            _ => {}
        }
    }
}
