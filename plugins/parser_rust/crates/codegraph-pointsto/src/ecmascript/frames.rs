//! From a frame's constraints to nodes, edges and actions.

use std::rc::Rc;

use super::narrowing::{Narrowing, Test};
use super::objects::{Object as Ecma, Part};
use super::ops::{Asked, Choice, Key, Op as Only};
use super::properties::Copy;
use super::{Action, Call, This};
use crate::graph::Node;
use crate::objects::{CloneId, Object, ObjectId};
use crate::program::{NONE, Op, Passing, Place, Symbol, Value};
use crate::solver::{CloneState, RETURNED, SENT, Site, Solver, THIS, THROWN, YIELDED};

/// A text that is being put together: the parts before the one that is watched, and those after it.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    before: Symbol,
    rest: Rc<[Node]>,
    to: Node,
    /// All parts are made texts; else numbers may be added.
    is_text: bool,
    site: Site,
    caller: CloneId,
}

/// What an object is made, where it takes part in an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Number,
    /// One or the other, by what the class has.
    Either,
}

/// Texts that are put together at most: longer ones are any text.
const LONGEST_TEXT: usize = 200;

impl Solver<'_> {
    /// Turn a clone's constraints into nodes, edges and actions.
    pub(crate) fn instantiate_ecma(&mut self, clone: CloneId) {
        let CloneState { unit, around, context, base } = self.clones[clone as usize];
        let program = self.program;
        let source = &program.units[unit as usize];
        let first_site = self.site_bases[unit as usize];
        let heap = self.heap_context(context);
        if source.parent == NONE {
            // `this` of a module.
            let exports = self.ecma_object(Ecma::Exports(source.file));
            let this = self.extra(clone, THIS);
            self.graph.insert(this, exports);
        }
        for (at, op) in source.ops.iter().enumerate() {
            let site = first_site + at as u32;
            let caller = clone;
            match *op {
                Op::Copy { to, from } => self.graph.edge(base + from, base + to),
                Op::Text { to, text } => {
                    let object = self.ecma_constant(Object::Text(text));
                    self.graph.insert(base + to, object);
                }
                Op::Integer { to, value } => {
                    let object = self.ecma_constant(Object::Integer(value));
                    self.graph.insert(base + to, object);
                }
                Op::Literal { to, class } => {
                    let object = self.objects.intern(Object::ExternalInstance(class));
                    self.graph.insert(base + to, object);
                }
                Op::LoadCell { to, unit, variable } => {
                    if let Some(cell) = self.cell(around, clone, unit, variable) {
                        self.graph.edge(cell, base + to);
                    }
                }
                Op::StoreCell { unit, variable, value } => {
                    if let Some(cell) = self.cell(around, clone, unit, variable) {
                        self.graph.edge(base + value, cell);
                    }
                }
                Op::MakeFunction { to, unit, ref given } => {
                    let function = self.objects.intern(Object::Function { unit, around: clone });
                    let made = self.made.entry(unit).or_default();
                    if !made.contains(&function) {
                        made.push(function);
                        let annotations = given.annotations.iter().map(|(at, value)| (*at, base + value)).collect();
                        self.annotations.insert(function, annotations);
                    }
                    self.graph.insert(base + to, function);
                }
                Op::MakeClass { to, unit, ref bases } => self.make_class_ecma(clone, base + to, unit, bases, base),
                Op::LoadAttribute { to, object, name } => {
                    self.watch_ecma(base + object, Action::Load { name, to: base + to, site, caller });
                }
                Op::StoreAttribute { object, name, value } => {
                    self.watch_ecma(base + object, Action::Store { name, value: base + value, site, caller });
                }
                Op::LoadItem { to, object, index: Place::Key(key) } => {
                    let (object, to) = (base + object, base + to);
                    self.ecma.unkeyed_reads.push((object, base + key, to));
                    self.watch_ecma(base + key, Action::LoadUnder { object, to, site, caller });
                }
                Op::StoreItem { object, index: Place::Key(key), value } => {
                    let (object, key, value) = (base + object, base + key, base + value);
                    self.ecma.unkeyed.push((object, key, value));
                    self.watch_ecma(key, Action::StoreUnder { object, value, site, caller });
                }
                Op::Element { container, place, value } => self.element(base + container, place, base + value),
                Op::Unpack { to, from, place: Place::At(at) } => {
                    let (to, at) = (base + to, at.max(0) as u32);
                    self.watch_ecma(base + from, Action::Unpack { to, at, site, caller });
                }
                Op::Call { to, callee, ref arguments, form } => {
                    let arguments = self.arguments_of(arguments, base);
                    let to = base + to;
                    let this = This::Nothing;
                    let call = Call {
                        site,
                        caller,
                        to,
                        arguments,
                        this,
                        form,
                        implicit: false,
                        quiet: false,
                        depth: 0,
                        thrown: NONE,
                    };
                    self.outcome.sites.entry(site);
                    self.call_ecma(base + callee, call);
                }
                Op::Iterate { to, from, asynchronous } => {
                    self.watch_ecma(base + from, Action::Iterate { to: base + to, asynchronous, site, caller });
                }
                Op::Next { to, iterator, asynchronous } => {
                    self.watch_ecma(base + iterator, Action::Next { to: base + to, asynchronous, site, caller });
                }
                Op::Exit { manager, asynchronous } => {
                    let names = self.ecma.names;
                    let name = if asynchronous { names.async_dispose } else { names.dispose };
                    let to = self.graph.add(1);
                    let call = Call::implicit(site, caller, to, This::Nothing, Vec::new());
                    let call = self.new_ecma_call(call);
                    self.watch_ecma(base + manager, Action::CallMember { name, call });
                }
                Op::Await { to, from } => {
                    self.watch_ecma(base + from, Action::Await { to: base + to, site, caller });
                    let thrown = self.extra(clone, THROWN);
                    self.watch_ecma(base + from, Action::Rejection { to: thrown });
                }
                Op::Yield { to, value } => {
                    let (yielded, sent) = (self.extra(clone, YIELDED), self.extra(clone, SENT));
                    self.graph.edge(base + value, yielded);
                    self.graph.edge(sent, base + to);
                }
                Op::YieldFrom { to, from } => {
                    let out = self.extra(clone, YIELDED);
                    self.watch_ecma(base + from, Action::Delegate { to: base + to, out, site, caller });
                }
                Op::Return { value } => {
                    let returned = self.extra(clone, RETURNED);
                    self.graph.edge(base + value, returned);
                }
                Op::Raise { value } => {
                    let thrown = self.extra(clone, THROWN);
                    self.graph.edge(base + value, thrown);
                    self.watch(base + value, crate::solver::Action::Raise { site, caller });
                }
                Op::Ecma(ref op) => self.instantiate_only(op, clone, (site, heap), base),
                _ => {}
            }
        }
    }

    fn instantiate_only(&mut self, op: &Only, clone: CloneId, (site, heap): (Site, u32), base: Node) {
        let caller = clone;
        match *op {
            Only::Nothing { to, is_null } => {
                let object = self.ecma_object(if is_null { Ecma::Null } else { Ecma::Undefined });
                self.graph.insert(base + to, object);
            }
            Only::Boolean { to, value } => {
                let object = self.ecma_object(Ecma::Boolean(value));
                self.graph.insert(base + to, object);
            }
            Only::This { to } => {
                let frame = self.frame_with_this(clone);
                let this = self.extra(frame, THIS);
                self.graph.edge(this, base + to);
            }
            Only::Super { to } => {
                let frame = self.frame_with_this(clone);
                let this = self.extra(frame, THIS);
                if let Some(home) = self.home_of(clone) {
                    self.watch_ecma(this, Action::SuperReceiver { home, to: base + to });
                }
            }
            Only::SuperCall { to, ref arguments } => {
                let call = self.written(site, caller, base + to, arguments, base);
                self.super_call(clone, call);
            }
            Only::CallMember { to, object, key, ref arguments } => {
                let call = self.written(site, caller, base + to, arguments, base);
                self.member_call(base + object, key, base, call);
            }
            Only::MakeObject { to } => {
                let object = self.ecma_object(Ecma::Record { site, context: heap });
                self.graph.insert(base + to, object);
            }
            Only::MakeArray { to } => {
                let object = self.ecma_object(Ecma::Array { site, context: heap, part: Part::Whole });
                self.graph.insert(base + to, object);
            }
            Only::DefineMember { object: NONE, key, value, member, is_static } => {
                self.define_class_member(clone, key, base + value, member, is_static, base);
            }
            Only::DefineMember { object, key, value, member, .. } => {
                for object in self.fresh(base + object) {
                    match key {
                        Key::Name(name) => self.define(object, name, base + value, member),
                        Key::Computed(key) => {
                            self.set_home(base + value, object);
                            let value = base + value;
                            self.watch_ecma(base + key, Action::DefineUnder { object, value, member });
                        }
                    }
                }
            }
            Only::SpreadItems { array, from, at } => {
                for array in self.fresh(base + array) {
                    self.watch_ecma(base + from, Action::SpreadItems { array, at, site, caller });
                }
            }
            Only::SpreadProperties { object, from, ref hidden } => {
                let hidden: Rc<[Symbol]> = hidden.as_ref().into();
                for object in self.fresh(base + object) {
                    let copy = self.new_copy(Copy {
                        to: object,
                        hidden: Rc::clone(&hidden),
                        is_assigned: false,
                        site,
                        caller,
                    });
                    self.watch_ecma(base + from, Action::SpreadProperties { copy });
                }
            }
            Only::Close { from, is_iterator, asynchronous } => {
                self.watch_ecma(base + from, Action::Close { is_iterator, asynchronous, site, caller });
            }
            Only::RestItems { to, from, at } => {
                let array = self.ecma_object(Ecma::Array { site, context: heap, part: Part::Whole });
                self.graph.insert(base + to, array);
                self.watch_ecma(base + from, Action::RestItems { array, at, site, caller });
            }
            Only::PropertyNames { to, from } => {
                let array = self.ecma_object(Ecma::Array { site, context: heap, part: Part::Whole });
                self.graph.insert(base + to, array);
                let any = self.shape(array).any;
                self.watch_ecma(base + from, Action::Names { to: any });
            }
            Only::CopyItem { object, from, key } => {
                let (object, from) = (base + object, base + from);
                self.watch_ecma(base + key, Action::CopyUnder { object, from, site, caller });
            }
            Only::CopyItems { object, from } => {
                self.watch_ecma(base + object, Action::CopyAll { from: base + from, site, caller });
            }
            Only::Applied { to, class, argument } => {
                let (argument, to) = (base + argument, base + to);
                self.graph.edge(base + class, to);
                self.watch_ecma(base + class, Action::Apply { argument, to, site, caller });
            }
            Only::Concat { to, ref parts, is_text } => self.concat(parts, base, base + to, is_text, (site, caller)),
            Only::Choose { to, first, other, when } => {
                let (to, first, other) = (base + to, base + first, base + other);
                self.ecma.choices.push((first, other, to));
                self.watch_ecma(first, Action::Choose { other, to, when });
            }
            Only::Narrow { to, from, test, holds } => {
                let class = if let Test::InstanceOf(class) = test { base + class } else { NONE };
                let at = self.ecma.narrowings.len() as u32;
                self.ecma.narrowings.push(Narrowing { to: base + to, test, holds, class });
                self.watch_ecma(base + from, Action::Narrow { at });
            }
            Only::Number { value } => {
                if self.ecma.has_primitives {
                    self.watch_ecma(base + value, Action::Number { site, caller });
                }
            }
            Only::AskClass { value, class } => {
                if self.ecma.asks_instances {
                    self.watch_ecma(base + class, Action::AskClass { value: base + value, site, caller });
                }
            }
            Only::Ask { object, key, what } => {
                if self.ecma.has_proxies {
                    let names = self.ecma.names;
                    let name = match what {
                        Asked::Has => names.has,
                        Asked::Delete => names.delete_property,
                        Asked::Names => names.own_keys,
                    };
                    let key = match key {
                        Some(Key::Name(key)) => {
                            let key = self.ecma_constant(Object::Text(key));
                            self.single(key)
                        }
                        Some(Key::Computed(key)) => base + key,
                        None => self.graph.add(1),
                    };
                    self.watch_ecma(base + object, Action::Ask { name, key, site, caller });
                }
            }
            Only::Caught { to } => {
                let thrown = self.extra(clone, THROWN);
                self.graph.edge(thrown, base + to);
            }
            Only::Declared { to, class } => self.ecma.declared.push((base + to, base + class)),
            Only::DeclaredAttribute { object, name, class } => {
                let to = self.graph.add(1);
                self.watch_ecma(base + object, Action::Load { name, to, site, caller });
                self.ecma.declared_attributes.push((base + object, name, base + class, to));
            }
            Only::Interface { variable } => {
                let (around, unit) = (self.clones[clone as usize].around, self.clones[clone as usize].unit);
                let interface = self.ecma_object(Ecma::Interface { clone, variable });
                if let Some(cell) = self.cell(around, clone, unit, variable) {
                    self.graph.insert(cell, interface);
                }
            }
            Only::LoadFree { to, name } => {
                let file = self.program.units[self.clones[clone as usize].unit as usize].file;
                self.load_free_in(file, name, base + to);
            }
            Only::StoreFree { name, value } if name == self.ecma.names.exports => {
                // `exports` is a variable of its file.
                let file = self.program.units[self.clones[clone as usize].unit as usize].file;
                let rebound = self.rebound_exports(file);
                self.graph.edge(base + value, rebound);
            }
            Only::StoreFree { name, value } => {
                let global = self.ecma_object(Ecma::Global);
                self.put_property(global, name, base + value);
            }
            Only::Import { to, path, form } => {
                let file = self.program.units[self.clones[clone as usize].unit as usize].file;
                self.import(file, path, form, base + to, site, heap);
            }
            Only::ImportMember { to, module, name } => {
                self.watch_ecma(base + module, Action::ImportMember { name, to: base + to, site, caller });
            }
        }
    }

    /// Return the objects that an allocation of this frame has just made.
    fn fresh(&mut self, node: Node) -> Vec<ObjectId> {
        self.graph.objects(node).to_vec()
    }

    fn written(&mut self, site: Site, caller: CloneId, to: Node, arguments: &[(Passing, Value)], base: Node) -> Call {
        self.outcome.sites.entry(site);
        let arguments = self.arguments_of(arguments, base);
        let form = crate::program::CallForm::Plain;
        Call {
            site,
            caller,
            to,
            arguments,
            this: This::Nothing,
            form,
            implicit: false,
            quiet: false,
            depth: 0,
            thrown: NONE,
        }
    }

    fn element(&mut self, array: Node, place: Place, value: Node) {
        for array in self.fresh(array) {
            match place {
                Place::At(at) => {
                    let name = self.symbols.intern(&at.to_string());
                    self.put_property(array, name, value);
                }
                _ => self.store_somewhere(array, value),
            }
        }
    }

    /// A value of one of two, by what the first is.
    pub(crate) fn choose(&mut self, first: ObjectId, other: Node, to: Node, when: Choice) {
        let object = self.objects.get(first);
        let (may_be_first, may_be_other) = match (when, object) {
            // What came from outside, or is some value of a type, may be anything.
            (_, Object::Opaque(_)) => (true, true),
            (Choice::Falsy | Choice::Truthy, Object::ExternalInstance(class)) if self.is_type_of_primitives(class) => {
                (true, true)
            }
            (Choice::Undefined, Object::Ecma(one)) => (one != Ecma::Undefined, one == Ecma::Undefined),
            (Choice::Nullish, Object::Ecma(one)) => (!one.is_nothing(), one.is_nothing()),
            (Choice::Falsy, Object::Ecma(one)) => (one.truth(), !one.truth()),
            (Choice::Truthy, Object::Ecma(one)) => (!one.truth(), one.truth()),
            (Choice::Undefined | Choice::Nullish, _) => (true, false),
            (Choice::Falsy | Choice::Truthy, object) => {
                let truth = match object {
                    Object::Integer(number) => number != 0,
                    Object::Text(text) => !self.symbols.text(text).is_empty(),
                    _ => true,
                };
                let is_and = when == Choice::Truthy;
                (truth != is_and, truth == is_and)
            }
        };
        if may_be_first {
            self.graph.insert(to, first);
        }
        if may_be_other {
            self.graph.edge(other, to);
        }
    }

    fn is_type_of_primitives(&self, class: Symbol) -> bool {
        let names = self.ecma.names;
        [names.string, names.number, names.boolean].contains(&class) || self.symbols.text(class) == "BigInt"
    }

    fn concat(&mut self, parts: &[Value], base: Node, to: Node, is_text: bool, (site, caller): (Site, CloneId)) {
        self.join_texts(parts.iter().map(|part| base + part).collect(), to, is_text, (site, caller));
    }

    /// Let the texts of some nodes, one behind the other, flow to a node.
    pub(crate) fn join_texts(&mut self, nodes: Rc<[Node]>, to: Node, is_text: bool, (site, caller): (Site, CloneId)) {
        let empty = self.symbols.intern("");
        let Some((first, rest)) = nodes.split_first() else { return };
        if is_text {
            let any = self.objects.intern(Object::ExternalInstance(self.ecma.names.string));
            let constants = nodes.iter().all(|node| {
                let objects = self.graph.objects(*node);
                !objects.is_empty()
            });
            // A part of which nothing is known makes it any text; parts that come later are put together all the same.
            if !constants {
                self.ecma.texts.push((nodes.clone(), to, any));
            }
        }
        let text = Text { before: empty, rest: rest.into(), to, is_text, site, caller };
        self.watch_ecma(*first, Action::Concat(Rc::new(text)));
    }

    /// A part of a text has arrived.
    pub(crate) fn concatenate(&mut self, part: ObjectId, whole: &Text) {
        let Text { before, ref rest, to, is_text, site, caller } = *whole;
        let names = self.ecma.names;
        let text = match self.objects.get(part) {
            Object::Text(text) => self.symbols.text(text).to_owned(),
            Object::Integer(number) if is_text || !self.symbols.text(before).is_empty() => number.to_string(),
            Object::Integer(_) => return self.add_numbers(rest, to),
            Object::ExternalInstance(class)
                if class == names.number && !is_text && self.symbols.text(before).is_empty() =>
            {
                return self.add_numbers(rest, to);
            }
            Object::Ecma(Ecma::Undefined | Ecma::Null | Ecma::Boolean(_)) => return,
            object => {
                if matches!(object, Object::Instance { .. } | Object::Ecma(Ecma::Record { .. })) {
                    self.call_as_text(part, is_text, site, caller);
                }
                let any = self.objects.intern(Object::ExternalInstance(names.string));
                return self.graph.insert(to, any);
            }
        };
        let text = format!("{}{text}", self.symbols.text(before));
        if text.len() > LONGEST_TEXT {
            let any = self.objects.intern(Object::ExternalInstance(names.string));
            return self.graph.insert(to, any);
        }
        let before = self.symbols.intern(&text);
        match rest.split_first() {
            Some((next, rest)) => {
                let rest: Rc<[Node]> = rest.into();
                let text = Text { before, rest, to, is_text, site, caller };
                self.watch_ecma(*next, Action::Concat(Rc::new(text)));
            }
            None => {
                let object = self.ecma_constant(Object::Text(before));
                self.graph.insert(to, object);
            }
        }
    }

    /// An object that is made a text: its class may say how.
    fn call_as_text(&mut self, object: ObjectId, is_text: bool, site: Site, caller: CloneId) {
        if self.ecma.has_primitives {
            let form = if is_text { Form::Text } else { Form::Either };
            return self.ecma.unmade.push((object, form, site, caller));
        }
        for name in ["toString", "valueOf"].into_iter().take(if is_text { 1 } else { 2 }) {
            let (name, to) = (self.symbols.intern(name), self.graph.add(1));
            self.call_method(object, name, Vec::new(), to, site, caller);
        }
    }

    /// An object that is made a number: its class may say how.
    pub(crate) fn make_number(&mut self, object: ObjectId, site: Site, caller: CloneId) {
        if !matches!(self.objects.get(object), Object::Instance { .. } | Object::Ecma(Ecma::Record { .. })) {
            return;
        }
        self.ecma.unmade.push((object, Form::Number, site, caller));
    }

    /// All is quiet, and an object's members are known: make it a text or number (ECMA-262, 7.1.1).
    pub(crate) fn make_primitive(&mut self, object: ObjectId, form: Form, site: Site, caller: CloneId) {
        let names = self.ecma.names;
        if self.has_member(object, names.to_primitive) {
            let any = self.objects.intern(Object::ExternalInstance(names.string));
            let (hint, to) = (self.single(any), self.graph.add(1));
            return self.call_method(object, names.to_primitive, vec![hint], to, site, caller);
        }
        let to_string = self.symbols.intern("toString");
        let methods: &[Symbol] = match form {
            Form::Text => &[to_string],
            Form::Number => &[names.value_of],
            Form::Either => &[to_string, names.value_of],
        };
        for name in methods {
            let to = self.graph.add(1);
            self.call_method(object, *name, Vec::new(), to, site, caller);
        }
    }

    /// A number and something: a number, or a text that begins with one.
    fn add_numbers(&mut self, rest: &Rc<[Node]>, to: Node) {
        let names = self.ecma.names;
        let number = self.objects.intern(Object::ExternalInstance(names.number));
        self.graph.insert(to, number);
        for node in rest.iter() {
            let texts = self.graph.objects(*node).to_vec();
            if texts.into_iter().any(|one| matches!(self.objects.get(one), Object::Text(_))) {
                let any = self.objects.intern(Object::ExternalInstance(names.string));
                self.graph.insert(to, any);
            }
        }
    }
}
