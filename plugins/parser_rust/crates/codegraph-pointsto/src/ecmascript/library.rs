//! The language's library: flow summaries, and functions of which the effect needs code.

use std::rc::Rc;

use super::Action;
use super::calls::{Arguments, Call, This};
use super::objects::{Object as Ecma, Part};
use super::properties::Watcher;
use crate::graph::Node;
use crate::models::{Flow, Path, Root, Step};
use crate::objects::{Object, ObjectId};
use crate::program::{CallForm, Map, Symbol};
use crate::report::Target;
use crate::solver::Solver;

/// What is done with the first object of a call of the language's functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum First {
    /// A function called with `call`, `apply` or `bind` arrives.
    Call,
    Apply,
    Bind,
    /// The same as an argument, by `Reflect.apply` or `Reflect.construct`.
    ReflectApply,
    ReflectConstruct,
    /// The object that properties are copied into.
    Assign,
    /// The object that is given a property, or several.
    DefineOne,
    DefineSeveral,
    SetPrototype,
    Entries,
    Values,
    Keys,
    FromEntries,
    /// An entry of what a new map is made of.
    MapEntry,
    /// A map that is written or read.
    MapSet,
    MapGet,
    /// An object that events are handled for.
    On,
    Emit,
    Get,
    Set,
    All,
    /// An object that is written as text.
    Stringify,
    /// The prototype of the one constructor becomes that of the other's.
    Inherits,
    Has,
}

/// What is done with the second, the first being known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Second {
    /// A receiver of the function.
    Receiver,
    /// The name of a property.
    DefineOne,
    DefineSeveral,
    /// A key of a map.
    MapSet,
    MapGet,
    /// The name of an event.
    On,
    Emit,
    Get,
    Set,
    Inherits,
}

/// Functions that need code: name, and what is done with the receiver (none) or an argument.
const SPECIAL: [(&str, First, Option<u32>); 41] = [
    ("Function.prototype.call", First::Call, None),
    ("Function.prototype.apply", First::Apply, None),
    ("Function.prototype.bind", First::Bind, None),
    ("Reflect.apply", First::ReflectApply, Some(0)),
    ("Reflect.construct", First::ReflectConstruct, Some(0)),
    ("Reflect.get", First::Get, Some(0)),
    ("Reflect.set", First::Set, Some(0)),
    ("Reflect.has", First::Has, Some(0)),
    ("Reflect.ownKeys", First::Keys, Some(0)),
    ("Reflect.defineProperty", First::DefineOne, Some(0)),
    ("Reflect.setPrototypeOf", First::SetPrototype, Some(0)),
    ("Object.assign", First::Assign, Some(0)),
    ("Object.defineProperty", First::DefineOne, Some(0)),
    ("Object.defineProperties", First::DefineSeveral, Some(0)),
    ("Object.setPrototypeOf", First::SetPrototype, Some(0)),
    ("Object.entries", First::Entries, Some(0)),
    ("Object.values", First::Values, Some(0)),
    ("Object.keys", First::Keys, Some(0)),
    ("Object.getOwnPropertyNames", First::Keys, Some(0)),
    ("Object.fromEntries", First::FromEntries, Some(0)),
    ("Map.prototype.set", First::MapSet, None),
    ("Map.prototype.get", First::MapGet, None),
    ("WeakMap.prototype.set", First::MapSet, None),
    ("WeakMap.prototype.get", First::MapGet, None),
    ("events.EventEmitter.prototype.on", First::On, None),
    ("events.EventEmitter.prototype.once", First::On, None),
    ("events.EventEmitter.prototype.addListener", First::On, None),
    ("events.EventEmitter.prototype.prependListener", First::On, None),
    ("events.EventEmitter.prototype.prependOnceListener", First::On, None),
    ("events.EventEmitter.prototype.emit", First::Emit, None),
    ("process.on", First::On, None),
    ("process.once", First::On, None),
    ("process.emit", First::Emit, None),
    ("EventTarget.prototype.addEventListener", First::On, None),
    ("document.addEventListener", First::On, None),
    ("addEventListener", First::On, None),
    ("Promise.all", First::All, Some(0)),
    ("Promise.allSettled", First::All, Some(0)),
    ("JSON.stringify", First::Stringify, Some(0)),
    ("util.inherits", First::Inherits, Some(0)),
    ("inherits", First::Inherits, Some(0)),
];

/// Say whether a function of the language needs code.
pub(crate) fn needs_code(name: &str) -> bool {
    SPECIAL.iter().any(|(one, ..)| *one == name)
}

/// Arguments that a callback is given at most.
const CALLBACK_ARGUMENTS: u32 = 5;

impl Solver<'_> {
    /// Return a node with the receivers of a call.
    fn receivers(&mut self, call: &Call) -> Node {
        match call.this {
            This::Object(object) => self.single(object),
            This::Node(node) => node,
            This::Nothing => self.graph.add(1),
        }
    }

    /// Return the node of an argument.
    fn argument(&mut self, call: &Call, at: usize) -> Node {
        call.arguments.positional.get(at).copied().unwrap_or_else(|| self.graph.add(1))
    }

    /// Return a call without its first arguments.
    fn without_first(call: &Call, count: usize) -> Rc<Arguments> {
        let positional = call.arguments.positional.iter().skip(count).copied().collect();
        Rc::new(Arguments { positional, rest: call.arguments.rest.clone() })
    }

    /// Return the object of a class outside that a call makes.
    pub(crate) fn made_ecma(&mut self, class: Symbol, call: &Call) -> ObjectId {
        let context = self.heap_context(self.clones[call.caller as usize].context);
        if class == self.ecma.names.array {
            return self.ecma_object(Ecma::Array { site: call.site, context, part: Part::Whole });
        }
        if class == self.ecma.names.object_class {
            return self.ecma_object(Ecma::Record { site: call.site, context });
        }
        self.objects.intern(Object::Made { class, site: call.site, context })
    }

    /// Call something outside of the program.
    pub(crate) fn call_outside(&mut self, call: &Call, name: Symbol) {
        let text = self.symbols.text(name).to_owned();
        let is_indirect = matches!(text.as_str(), "Function.prototype.call" | "Function.prototype.apply");
        if !is_indirect {
            self.outcome.note(call.site, Target::External(name), call.implicit);
        }
        if self.call_special_ecma(call, &text) {
            return;
        }
        self.apply_summaries(call, name, &text);
    }

    /// `new name(…)` of something outside.
    pub(crate) fn construct_outside(&mut self, call: &Call, name: Symbol) {
        let text = self.symbols.text(name).to_owned();
        self.outcome.note(call.site, Target::External(name), call.implicit);
        let names = self.ecma.names;
        match text.as_str() {
            "Promise" => {
                let promise = self.made_ecma(names.promise, call);
                self.graph.insert(call.to, promise);
                let settlers = [false, true].map(|rejects| {
                    let settler = self.ecma_object(Ecma::Settler { promise, rejects });
                    self.single(settler)
                });
                let (executor, to) = (self.argument(call, 0), self.graph.add(1));
                self.call_for(executor, call, This::Nothing, settlers.to_vec(), to);
            }
            "Proxy" => {
                let proxy = self.made_ecma(names.proxy, call);
                for (at, name) in [names.target, names.handler].into_iter().enumerate() {
                    let (node, field) = (self.argument(call, at), self.field(proxy, name));
                    self.graph.edge(node, field);
                }
                self.graph.insert(call.to, proxy);
            }
            "Map" => {
                let map = self.made_ecma(names.map, call);
                self.graph.insert(call.to, map);
                let (entries, item) = (self.argument(call, 0), self.graph.add(1));
                self.watch_ecma(entries, Action::Items { to: item, site: call.site, caller: call.caller });
                let id = self.new_ecma_call(call.clone());
                self.watch_ecma(item, Action::First { what: First::MapEntry, call: id });
            }
            "Function" => {
                self.outcome.note_dynamic(call.site);
                let opaque = self.objects.intern(Object::Opaque(name));
                self.graph.insert(call.to, opaque);
            }
            _ => self.apply_summaries(call, name, &text),
        }
    }

    /// Functions that need code. Says whether the call was of one of them.
    fn call_special_ecma(&mut self, call: &Call, text: &str) -> bool {
        match text {
            "eval" | "Function" | "require" | "setTimeout.eval" => {
                self.outcome.note_dynamic(call.site);
                let name = self.symbols.intern(text);
                let opaque = self.objects.intern(Object::Opaque(name));
                self.graph.insert(call.to, opaque);
                return true;
            }
            "Object.create" => {
                self.create_object(call);
                return true;
            }
            "Symbol.for" => {
                for key in self.graph.objects(call.arguments.positional.first().copied().unwrap_or(call.to)).to_vec() {
                    if let Object::Text(text) = self.objects.get(key) {
                        let name = format!("Symbol.{}", self.symbols.text(text));
                        let symbol = self.external(&name);
                        self.graph.insert(call.to, symbol);
                    }
                }
                return true;
            }
            "Object.getPrototypeOf" | "Reflect.getPrototypeOf" => {
                let node = self.argument(call, 0);
                self.watch_ecma(node, Action::PrototypeOf { to: call.to });
                return true;
            }
            _ => {}
        }
        let Some((_, what, argument)) = SPECIAL.iter().find(|(name, ..)| *name == text) else { return false };
        let node = match argument {
            Some(at) => self.argument(call, *at as usize),
            None => self.receivers(call),
        };
        let id = self.new_ecma_call(call.clone());
        self.watch_ecma(node, Action::First { what: *what, call: id });
        let returns_argument =
            matches!(what, First::Assign | First::DefineOne | First::DefineSeveral | First::SetPrototype);
        let returns_receiver = matches!(what, First::On | First::MapSet);
        if returns_argument || returns_receiver {
            self.graph.edge(node, call.to);
        }
        if matches!(what, First::Entries | First::Values | First::Keys | First::FromEntries | First::All) {
            let class = if *what == First::FromEntries { self.ecma.names.object_class } else { self.ecma.names.array };
            let result = self.made_ecma(class, call);
            if *what == First::All {
                let promise = self.made_ecma(self.ecma.names.promise, call);
                let held = self.field(promise, self.ecma.names.held);
                self.graph.insert(held, result);
                self.graph.insert(call.to, promise);
            } else {
                self.graph.insert(call.to, result);
            }
        }
        true
    }

    /// `Object.create(prototype, descriptions)`
    fn create_object(&mut self, call: &Call) {
        let object = self.made_ecma(self.ecma.names.object_class, call);
        let parents = match self.ecma.parents.get(&object) {
            Some(node) => *node,
            None => {
                let node = self.graph.add(1);
                self.ecma.parents.insert(object, node);
                node
            }
        };
        let prototype = self.argument(call, 0);
        self.graph.edge(prototype, parents);
        self.graph.insert(call.to, object);
        if let Some(descriptions) = call.arguments.positional.get(1).copied() {
            let id = self.new_ecma_call(call.clone());
            self.watch_ecma(descriptions, Action::Second { what: Second::DefineSeveral, first: object, call: id });
        }
    }

    /// Call a function with each receiver of a node, or without one where that is nothing.
    pub(crate) fn call_with_receivers(&mut self, callee: ObjectId, receivers: Node, call: Call) {
        let id = self.new_ecma_call(call);
        self.ecma.unreceived.push((receivers, callee, id));
        self.watch_ecma(receivers, Action::Second { what: Second::Receiver, first: callee, call: id });
    }

    /// The first object of a call has arrived.
    pub(crate) fn first(&mut self, what: First, object: ObjectId, id: u32) {
        let call = self.ecma.calls[id as usize].clone();
        let second = |this: &mut Self, what: Second, at: usize| {
            let node = this.argument(&call, at);
            this.watch_ecma(node, Action::Second { what, first: object, call: id });
        };
        match what {
            First::Call => {
                let receivers = self.argument(&call, 0);
                let arguments = Self::without_first(&call, 1);
                self.call_with_receivers(object, receivers, Call { arguments, depth: call.depth + 1, ..call });
            }
            First::Apply | First::ReflectApply => {
                let from = usize::from(what == First::ReflectApply);
                let (receivers, list) = (self.argument(&call, from), self.argument(&call, from + 1));
                let arguments = Rc::new(Arguments { positional: Vec::new(), rest: vec![(list, true)] });
                self.call_with_receivers(object, receivers, Call { arguments, depth: call.depth + 1, ..call });
            }
            First::Bind => {
                if matches!(self.objects.get(object), Object::Ecma(Ecma::Bound { site, .. }) if site == call.site) {
                    return self.graph.insert(call.to, object);
                }
                let context = self.heap_context(self.clones[call.caller as usize].context);
                let bound = self.ecma_object(Ecma::Bound { site: call.site, context, target: object });
                let receivers = self.argument(&call, 0);
                let held = (This::Node(receivers), Self::without_first(&call, 1));
                self.ecma.bound.insert(bound, held);
                self.graph.insert(call.to, bound);
            }
            First::ReflectConstruct => {
                let list = self.argument(&call, 1);
                let arguments = Rc::new(Arguments { positional: Vec::new(), rest: vec![(list, true)] });
                let depth = call.depth + 1;
                self.construct(&Call { arguments, form: CallForm::New, depth, ..call }, object);
            }
            First::Assign => {
                for node in call.arguments.positional.iter().skip(1) {
                    self.watch_ecma(*node, Action::SpreadProperties { object });
                }
                for (node, is_spread) in call.arguments.rest.clone() {
                    let from = if is_spread { self.graph.add(1) } else { node };
                    if is_spread {
                        self.watch_ecma(node, Action::Items { to: from, site: call.site, caller: call.caller });
                    }
                    self.watch_ecma(from, Action::SpreadProperties { object });
                }
            }
            First::DefineOne => second(self, Second::DefineOne, 1),
            First::DefineSeveral => second(self, Second::DefineSeveral, 1),
            First::Inherits => second(self, Second::Inherits, 1),
            First::SetPrototype => {
                let prototype = self.argument(&call, 1);
                if let Some(parents) = self.prototype_of(object) {
                    self.graph.edge(prototype, parents);
                }
            }
            First::Keys => {
                let array = self.made_ecma(self.ecma.names.array, &call);
                let any = self.shape(array).any;
                if !self.is_primitive(object) {
                    self.watch_properties(object, Watcher::Names { to: any });
                }
            }
            First::Values => {
                let array = self.made_ecma(self.ecma.names.array, &call);
                if !self.is_primitive(object) {
                    let (all, any) = (self.shape(object).all, self.shape(array).any);
                    self.graph.edge(all, any);
                }
            }
            First::Entries => {
                let array = self.made_ecma(self.ecma.names.array, &call);
                if !self.is_primitive(object) {
                    self.watch_properties(object, Watcher::Entries { array });
                    let entry = self.array_of(&call, Part::Entry);
                    let (any, one) = (self.shape(object).any, self.symbols.intern("1"));
                    self.put_property(entry, one, any);
                    let (entry, all) = (self.single(entry), self.shape(array).any);
                    self.graph.edge(entry, all);
                }
            }
            First::FromEntries => {
                let record = self.made_ecma(self.ecma.names.object_class, &call);
                let first = self.graph.add(3);
                let (site, caller) = (call.site, call.caller);
                let item = self.single(object);
                self.watch_ecma(item, Action::Items { to: first, site, caller });
                for at in 0..2_u32 {
                    let name = self.symbols.intern(&at.to_string());
                    self.watch_ecma(first, Action::Load { name, to: first + 1 + at, site, caller });
                }
                let record = self.single(record);
                let (object, value) = (record, first + 2);
                self.watch_ecma(first + 1, Action::StoreUnder { object, value, site, caller });
            }
            First::MapEntry => {
                let map = self.made_ecma(self.ecma.names.map, &call);
                let nodes = self.graph.add(2);
                for at in 0..2_u32 {
                    let name = self.symbols.intern(&at.to_string());
                    self.load(object, name, nodes + at, call.site, call.caller);
                }
                let arguments = Rc::new(Arguments { positional: vec![nodes, nodes + 1], rest: Vec::new() });
                let id = self.new_ecma_call(Call { arguments, ..call });
                self.first(First::MapSet, map, id);
            }
            First::MapSet => {
                let key = self.argument(&call, 0);
                let keys = self.field(object, self.ecma.names.keys);
                self.graph.edge(key, keys);
                second(self, Second::MapSet, 0);
            }
            First::MapGet => {
                let any = self.shape(object).any;
                self.graph.edge(any, call.to);
                second(self, Second::MapGet, 0);
            }
            First::On => second(self, Second::On, 0),
            First::Emit => second(self, Second::Emit, 0),
            First::Get => second(self, Second::Get, 1),
            First::Set => second(self, Second::Set, 1),
            First::Has => {}
            First::All => {
                let array = self.made_ecma(self.ecma.names.array, &call);
                let (site, caller) = (call.site, call.caller);
                let target = self.shape(array).any;
                if let Object::Ecma(Ecma::Array { .. }) = self.objects.get(object) {
                    let any = self.shape(object).any;
                    self.watch_ecma(any, Action::Await { to: target, site, caller });
                    self.watch_properties(object, Watcher::Waited { to: array, site, caller });
                } else {
                    let item = self.graph.add(1);
                    self.items(object, item, site, caller);
                    self.watch_ecma(item, Action::Await { to: target, site, caller });
                }
            }
            First::Stringify => {
                let name = self.symbols.intern("toJSON");
                let (to, site, caller) = (self.graph.add(1), call.site, call.caller);
                self.call_method(object, name, Vec::new(), to, site, caller);
                if let Some(replacer) = call.arguments.positional.get(1).copied() {
                    let arguments = self.graph.add(3);
                    self.call_for(replacer, &call, This::Nothing, vec![arguments, arguments + 1], arguments + 2);
                }
            }
        }
    }

    /// The second object of a call has arrived.
    pub(crate) fn second(&mut self, what: Second, first: ObjectId, object: ObjectId, id: u32) {
        let call = self.ecma.calls[id as usize].clone();
        let (site, caller) = (call.site, call.caller);
        match what {
            Second::Receiver => {
                let is_nothing = matches!(self.objects.get(object), Object::Ecma(one) if one.is_nothing());
                let this = if is_nothing { This::Nothing } else { This::Object(object) };
                let id = self.new_ecma_call(Call { this, ..call });
                self.invoke_ecma(id, first);
            }
            Second::DefineOne => {
                if let Some(name) = self.key_name(object) {
                    let description = self.argument(&call, 2);
                    self.describe(first, name, description, site, caller);
                }
            }
            Second::DefineSeveral => {
                if !self.is_primitive(object) {
                    self.watch_properties(object, Watcher::Describe { object: first, site, caller });
                }
            }
            Second::MapSet => {
                let value = self.argument(&call, 1);
                match self.map_key(object) {
                    Some(name) => self.put_property(first, name, value),
                    None => self.store_somewhere(first, value),
                }
            }
            Second::MapGet => match self.map_key(object) {
                Some(name) => {
                    let field = self.field(first, name);
                    self.graph.edge(field, call.to);
                }
                None => {
                    let all = self.shape(first).all;
                    self.graph.edge(all, call.to);
                }
            },
            Second::On => {
                let name = self.event_name(object);
                let handler = self.argument(&call, 1);
                self.put_property(first, name, handler);
            }
            Second::Emit => {
                let any = self.symbols.intern("%on:");
                let mut names = vec![self.event_name(object)];
                if names[0] != any {
                    names.push(any);
                }
                for name in names {
                    let handlers = self.field(first, name);
                    let arguments = Self::without_first(&call, 1);
                    let (this, depth) = (This::Object(first), call.depth + 1);
                    let to = self.graph.add(1);
                    let emitted = Call { to, arguments, this, depth, implicit: true, ..call.clone() };
                    self.call_ecma(handlers, emitted);
                }
            }
            Second::Get => {
                if let Some(name) = self.key_name(object) {
                    self.load(first, name, call.to, site, caller);
                }
            }
            Second::Set => {
                if let Some(name) = self.key_name(object) {
                    let value = self.argument(&call, 2);
                    self.store(first, name, value, site, caller);
                }
            }
            Second::Inherits => {
                let prototype = self.ecma.names.prototype;
                let nodes = self.graph.add(2);
                self.load(first, prototype, nodes, site, caller);
                self.load(object, prototype, nodes + 1, site, caller);
                // The one constructor's prototype inherits from the other's.
                let arguments = Rc::new(Arguments { positional: vec![nodes, nodes + 1], rest: Vec::new() });
                let id = self.new_ecma_call(Call { arguments, ..call });
                self.watch_ecma(nodes, Action::First { what: First::SetPrototype, call: id });
            }
        }
    }

    /// Return the name under which a map holds what belongs to a key; none if the key is not known.
    fn map_key(&mut self, key: ObjectId) -> Option<Symbol> {
        let text = match self.objects.get(key) {
            Object::Function { .. }
            | Object::Class { .. }
            | Object::Instance { .. }
            | Object::Ecma(Ecma::Record { .. } | Ecma::Array { .. }) => format!("[object {key}]"),
            _ => {
                let name = self.key_name(key)?;
                format!("[{}]", self.symbols.text(name))
            }
        };
        Some(self.symbols.intern(&text))
    }

    /// Return the name under which an object holds the handlers of an event.
    fn event_name(&mut self, event: ObjectId) -> Symbol {
        let text = match self.key_name(event) {
            Some(name) => format!("%on:{}", self.symbols.text(name)),
            None => "%on:".to_owned(),
        };
        self.symbols.intern(&text)
    }

    /// Let values flow as summaries say.
    fn apply_summaries(&mut self, call: &Call, name: Symbol, text: &str) {
        let models = self.models.of_ecmascript();
        let (class, flows) = (models.result_class(text).map(str::to_owned), models.flows(text));
        if class.is_none() && flows.is_empty() {
            let opaque = self.objects.intern(Object::Opaque(name));
            self.graph.insert(call.to, opaque);
            return;
        }
        let mut result = None;
        if let Some(class) = class {
            let class = self.symbols.intern(&class);
            let names = self.ecma.names;
            let holds = flows.iter().any(|flow| flow.to.root == Root::Returned && !flow.to.steps.is_empty())
                || [names.array, names.promise, names.map, names.weak_map, names.symbol, names.object_class]
                    .contains(&class)
                || call.form == CallForm::New;
            let object =
                if holds { self.made_ecma(class, call) } else { self.objects.intern(Object::ExternalInstance(class)) };
            self.graph.insert(call.to, object);
            result = Some(object);
        }
        let mut application = Application { call, result, callbacks: Map::default() };
        // What callbacks are given comes first: their results may be asked for.
        for callbacks in [true, false] {
            for flow in flows {
                let is_callback = flow.to.steps.iter().any(|step| matches!(step, Step::Parameter(_) | Step::Receiver));
                if is_callback == callbacks {
                    self.apply_flow(&mut application, flow);
                }
            }
        }
    }

    fn apply_flow(&mut self, application: &mut Application<'_>, flow: &Flow) {
        for (argument, from) in self.summary_roots(application, &flow.from.root) {
            let mut node = from;
            for step in &flow.from.steps {
                node = self.summary_step(application, argument, node, step);
            }
            self.deliver_ecma(application, &flow.to, node);
        }
    }

    fn summary_roots(&mut self, application: &Application<'_>, root: &Root) -> Vec<(u32, Node)> {
        let arguments = &application.call.arguments;
        match root {
            Root::Returned => vec![(u32::MAX, application.call.to)],
            Root::Receiver => vec![(u32::MAX, self.receivers(application.call))],
            Root::Argument { at: Some(at), from, .. } => {
                let given = arguments.positional.iter().enumerate().skip(*at as usize);
                let count = if *from { usize::MAX } else { 1 };
                let mut found: Vec<(u32, Node)> = given.take(count).map(|(at, node)| (at as u32, *node)).collect();
                if *from || found.is_empty() {
                    let (site, caller) = (application.call.site, application.call.caller);
                    for (at, (node, is_spread)) in arguments.rest.clone().into_iter().enumerate() {
                        let item = if is_spread {
                            let item = self.graph.add(1);
                            self.watch_ecma(node, Action::Items { to: item, site, caller });
                            item
                        } else {
                            node
                        };
                        found.push((1000 + at as u32, item));
                    }
                }
                found
            }
            Root::Argument { at: None, .. } => Vec::new(),
        }
    }

    fn summary_step(&mut self, application: &mut Application<'_>, argument: u32, node: Node, step: &Step) -> Node {
        let (site, caller) = (application.call.site, application.call.caller);
        if *step == Step::Returned {
            return self.callback_of(application, argument, node).1;
        }
        let to = self.graph.add(1);
        match step {
            Step::Element => self.watch_ecma(node, Action::Items { to, site, caller }),
            Step::Values => self.watch_ecma(node, Action::LoadSomewhere { to }),
            Step::Key(name) | Step::Attribute(name) => {
                let name = self.symbols.intern(name);
                self.watch_ecma(node, Action::Load { name, to, site, caller });
            }
            Step::Awaited => self.watch_ecma(node, Action::Await { to, site, caller }),
            Step::Rejected => self.watch_ecma(node, Action::Rejection { to }),
            Step::Instance => self.watch_ecma(node, Action::Declare { to }),
            Step::Returned | Step::Parameter(_) | Step::Receiver => {}
        }
        to
    }

    /// Return the call of a callback: nodes of its receiver and first arguments, and of what it returns.
    fn callback_of(&mut self, application: &mut Application<'_>, argument: u32, callee: Node) -> (Node, Node) {
        if let Some(found) = application.callbacks.get(&argument) {
            return *found;
        }
        let first = self.graph.add(CALLBACK_ARGUMENTS + 2);
        let positional = (first + 1..=first + CALLBACK_ARGUMENTS).collect();
        let returned = first + CALLBACK_ARGUMENTS + 1;
        self.call_for(callee, application.call, This::Node(first), positional, returned);
        application.callbacks.insert(argument, (first, returned));
        (first, returned)
    }

    fn deliver_ecma(&mut self, application: &mut Application<'_>, path: &Path, node: Node) {
        match (&path.root, path.steps.as_slice()) {
            (Root::Returned, []) => self.graph.edge(node, application.call.to),
            (Root::Returned, steps) => {
                if let Some(result) = application.result {
                    let result = self.single(result);
                    self.deliver_at(application.call, result, steps, node);
                }
            }
            (root, [Step::Parameter(at)]) => {
                for (argument, callee) in self.summary_roots(application, root) {
                    let (first, _) = self.callback_of(application, argument, callee);
                    self.graph.edge(node, first + 1 + at);
                }
            }
            (root, [Step::Receiver]) => {
                for (argument, callee) in self.summary_roots(application, root) {
                    let (first, _) = self.callback_of(application, argument, callee);
                    self.graph.edge(node, first);
                }
            }
            (root, steps) => {
                for (_, target) in self.summary_roots(application, root) {
                    self.deliver_at(application.call, target, steps, node);
                }
            }
        }
    }

    /// Let a value be at a place of the objects of a node.
    fn deliver_at(&mut self, call: &Call, target: Node, steps: &[Step], node: Node) {
        let (site, caller) = (call.site, call.caller);
        match steps {
            [Step::Attribute(name) | Step::Key(name)] => {
                let name = self.symbols.intern(name);
                self.watch_ecma(target, Action::Store { name, value: node, site, caller });
            }
            [Step::Element | Step::Values] => self.watch_ecma(target, Action::StoreSomewhere { value: node }),
            [Step::Element, rest @ ..] => {
                // An array for each item: `entries`.
                let entry = self.array_of(call, Part::Entry);
                let entry = self.single(entry);
                self.watch_ecma(target, Action::StoreSomewhere { value: entry });
                self.deliver_at(call, entry, rest, node);
            }
            _ => {}
        }
    }
}

/// A summary being applied to a call.
struct Application<'a> {
    call: &'a Call,
    result: Option<ObjectId>,
    /// By argument: nodes of the receiver and first arguments, and of what is returned.
    callbacks: Map<u32, (Node, Node)>,
}
