//! The language's library: flow summaries, and functions of which the effect needs code.

use std::rc::Rc;

use super::Action;
use super::calls::{Arguments, Call, Receivers, This};
use super::objects::{Object as Ecma, Part, Settling};
use super::ops::{ImportForm, Key, Member, Op as Only};
use super::properties::{Copy, Watcher};
use crate::graph::Node;
use crate::models::{Flow, Path, Root, Step};
use crate::objects::{Object, ObjectId};
use crate::program::{CallForm, Map, Op, Symbol, Value};
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
    /// The object of which a property, or all, are described.
    DescribeOne,
    DescribeSeveral,
    /// What names a module that is required, or imported when the code runs.
    Require,
    Import,
    /// What an array is put together with.
    Concat,
    /// An object that says itself how a text is matched with it, by a method.
    Matched(Matching),
    SetPrototype,
    Entries,
    Values,
    Keys,
    FromEntries,
    /// An entry of what a new object is made of.
    RecordEntry,
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
    /// Items from a position on.
    Slice,
    /// What comes of each of several promises.
    AllSettled,
    /// A function that calls back becomes one that gives a promise.
    Promisify,
    /// An object that is given a function for a property.
    DefineGetter,
    DefineSetter,
    /// An event that is told.
    Dispatch,
    /// An object that is asked what class it says it is.
    Tag,
}

/// How a text is matched with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Matching {
    Match,
    MatchAll,
    Replace,
    Search,
    Split,
}

impl Matching {
    /// Return the object's method.
    fn name(self) -> &'static str {
        match self {
            Matching::Match => "@@match",
            Matching::MatchAll => "@@matchAll",
            Matching::Replace => "@@replace",
            Matching::Search => "@@search",
            Matching::Split => "@@split",
        }
    }
}

/// What is done with the second, the first being known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Second {
    /// A receiver of the function.
    Receiver,
    /// The name of a property.
    DefineOne,
    DefineSeveral,
    DescribeOne,
    /// A key of a map.
    MapSet,
    MapGet,
    /// The name of an event.
    On,
    Emit,
    Get,
    Set,
    Inherits,
    DefineGetter,
    DefineSetter,
    /// The name of an event that is told.
    Dispatch,
    /// The class of which an object is made.
    NewTarget,
}

/// Functions that need code: name, and what is done with the receiver (none) or an argument.
const SPECIAL: [(&str, First, Option<u32>); 56] = [
    ("Function.prototype.call", First::Call, None),
    ("Function.prototype.apply", First::Apply, None),
    ("Function.prototype.bind", First::Bind, None),
    ("Reflect.apply", First::ReflectApply, Some(0)),
    ("Reflect.construct", First::ReflectConstruct, Some(0)),
    ("Reflect.get", First::Get, Some(0)),
    ("Reflect.set", First::Set, Some(0)),
    ("Reflect.ownKeys", First::Keys, Some(0)),
    ("Reflect.defineProperty", First::DefineOne, Some(0)),
    ("Reflect.setPrototypeOf", First::SetPrototype, Some(0)),
    ("Object.assign", First::Assign, Some(0)),
    ("Object.defineProperty", First::DefineOne, Some(0)),
    ("Object.defineProperties", First::DefineSeveral, Some(0)),
    ("Object.getOwnPropertyDescriptor", First::DescribeOne, Some(0)),
    ("Object.getOwnPropertyDescriptors", First::DescribeSeveral, Some(0)),
    ("Reflect.getOwnPropertyDescriptor", First::DescribeOne, Some(0)),
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
    ("Promise.allSettled", First::AllSettled, Some(0)),
    ("Array.prototype.slice", First::Slice, None),
    ("util.promisify", First::Promisify, Some(0)),
    ("promisify", First::Promisify, Some(0)),
    ("Object.prototype.__defineGetter__", First::DefineGetter, None),
    ("Object.prototype.__defineSetter__", First::DefineSetter, None),
    ("EventTarget.prototype.dispatchEvent", First::Dispatch, None),
    ("Object.prototype.toString", First::Tag, None),
    ("JSON.stringify", First::Stringify, Some(0)),
    ("String.prototype.match", First::Matched(Matching::Match), Some(0)),
    ("String.prototype.matchAll", First::Matched(Matching::MatchAll), Some(0)),
    ("String.prototype.replace", First::Matched(Matching::Replace), Some(0)),
    ("String.prototype.replaceAll", First::Matched(Matching::Replace), Some(0)),
    ("String.prototype.search", First::Matched(Matching::Search), Some(0)),
    ("String.prototype.split", First::Matched(Matching::Split), Some(0)),
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
                let settlers = self.settlers(promise);
                let (executor, to) = (self.argument(call, 0), self.graph.add(1));
                // What the executor throws rejects the promise.
                let call = Call { thrown: self.field(promise, names.reason), ..call.clone() };
                self.call_for(executor, &call, This::Nothing, settlers.to_vec(), to);
            }
            "Proxy" => {
                self.make_proxy(call, call.to);
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

    /// The constructor of a class outside works on an object of a class of the program that extends it.
    pub(crate) fn construct_base_outside(&mut self, call: &Call, name: Symbol, instance: ObjectId) {
        let text = self.symbols.text(name).to_owned();
        if text == "Promise" {
            self.ecma.promises.insert(instance);
            let settlers = self.settlers(instance);
            let (executor, to) = (self.argument(call, 0), self.graph.add(1));
            let call = Call { thrown: self.field(instance, self.ecma.names.reason), ..call.clone() };
            return self.call_for(executor, &call, This::Nothing, settlers.to_vec(), to);
        }
        if ["Array", "Map", "Set", "WeakMap", "WeakSet"].contains(&text.as_str()) {
            self.ecma.collections.insert(instance);
        }
        let call = Call { to: self.graph.add(1), ..call.clone() };
        let mut application = Application { call: &call, result: Some(instance), callbacks: Map::default() };
        for flow in self.models.of_ecmascript().flows(&text) {
            self.apply_flow(&mut application, flow);
        }
    }

    fn make_proxy(&mut self, call: &Call, to: Node) {
        let names = self.ecma.names;
        let proxy = self.made_ecma(names.proxy, call);
        for (at, name) in [names.target, names.handler].into_iter().enumerate() {
            let (node, field) = (self.argument(call, at), self.field(proxy, name));
            self.graph.edge(node, field);
        }
        self.graph.insert(to, proxy);
    }

    /// Functions that need code. Says whether the call was of one of them.
    fn call_special_ecma(&mut self, call: &Call, text: &str) -> bool {
        match text {
            "Promise.withResolvers" => {
                let names = self.ecma.names;
                let promise = self.made_ecma(names.promise, call);
                let record = self.made_ecma(names.object_class, call);
                let settlers = self.settlers(promise);
                let values = [self.single(promise), settlers[0], settlers[1]];
                for (name, value) in ["promise", "resolve", "reject"].into_iter().zip(values) {
                    let name = self.symbols.intern(name);
                    self.put_property(record, name, value);
                }
                self.graph.insert(call.to, record);
                return true;
            }
            "Proxy.revocable" => {
                let record = self.made_ecma(self.ecma.names.object_class, call);
                let name = self.symbols.intern("proxy");
                let proxy = self.graph.add(1);
                self.make_proxy(call, proxy);
                self.put_property(record, name, proxy);
                self.graph.insert(call.to, record);
                return true;
            }
            "module.createRequire" => {
                let require = self.external("require");
                self.graph.insert(call.to, require);
                return true;
            }
            "require" | "import" => {
                let what = if text == "import" { First::Import } else { First::Require };
                let (node, id) = (self.argument(call, 0), self.new_ecma_call(call.clone()));
                self.watch_ecma(node, Action::First { what, call: id });
                if self.is_unknown(node) {
                    self.outcome.note_dynamic(call.site);
                }
                return true;
            }
            "eval" | "Function" | "setTimeout.eval" => {
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
            "path.join" | "path.resolve" if call.arguments.rest.is_empty() => {
                let separator = self.symbols.intern("/");
                let separator = self.objects.intern(Object::Text(separator));
                let separator = self.single(separator);
                let parts = call.arguments.positional.iter().flat_map(|part| [*part, separator]).collect();
                self.join_texts(parts, call.to, true, (call.site, call.caller));
                return true;
            }
            // Without a value to begin with it is the first item.
            "Array.prototype.reduce" | "Array.prototype.reduceRight"
                if call.arguments.positional.len() == 1 && call.arguments.rest.is_empty() =>
            {
                let (receivers, item) = (self.receivers(call), self.graph.add(1));
                self.watch_ecma(receivers, Action::Items { to: item, site: call.site, caller: call.caller });
                let arguments =
                    Rc::new(Arguments { positional: vec![call.arguments.positional[0], item], rest: Vec::new() });
                let name = self.symbols.intern(text);
                self.apply_summaries(&Call { arguments, ..call.clone() }, name, text);
                return true;
            }
            // What is no array is an item itself.
            "Array.prototype.concat" => {
                let id = self.new_ecma_call(call.clone());
                for node in call.arguments.positional.clone() {
                    self.watch_ecma(node, Action::First { what: First::Concat, call: id });
                }
                for (node, is_spread) in call.arguments.rest.clone() {
                    let item = if is_spread { self.graph.add(1) } else { node };
                    if is_spread {
                        self.watch_ecma(node, Action::Items { to: item, site: call.site, caller: call.caller });
                    }
                    self.watch_ecma(item, Action::First { what: First::Concat, call: id });
                }
                return false;
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
        if text == "Object.prototype.toString" && call.implicit && call.quiet {
            return false;
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
        let is_all = matches!(what, First::All | First::AllSettled);
        let is_list = matches!(what, First::Entries | First::Values | First::Keys | First::FromEntries | First::Slice);
        if is_all || is_list {
            let class = if *what == First::FromEntries { self.ecma.names.object_class } else { self.ecma.names.array };
            let result = self.made_ecma(class, call);
            if is_all {
                let promise = self.made_ecma(self.ecma.names.promise, call);
                let held = self.field(promise, self.ecma.names.held);
                self.graph.insert(held, result);
                self.graph.insert(call.to, promise);
            } else {
                self.graph.insert(call.to, result);
            }
        }
        // What an object that is no regular expression says itself is beside what summaries say.
        !matches!(what, First::Matched(_))
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
        if self.is_overrun(call.site, call.caller) {
            return;
        }
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
                if call.arguments.positional.len() > 2 {
                    return second(self, Second::NewTarget, 2);
                }
                let list = self.argument(&call, 1);
                let arguments = Rc::new(Arguments { positional: Vec::new(), rest: vec![(list, true)] });
                let depth = call.depth + 1;
                self.construct(&Call { arguments, form: CallForm::New, depth, ..call }, object);
            }
            First::Concat => {
                let array = self.made_ecma(self.ecma.names.array, &call);
                let any = self.shape(array).any;
                match self.objects.get(object) {
                    Object::Ecma(Ecma::Array { .. }) => self.items(object, any, call.site, call.caller),
                    // An array of a library, perhaps.
                    Object::Opaque(_) | Object::Made { .. } => {
                        self.items(object, any, call.site, call.caller);
                        self.graph.insert(any, object);
                    }
                    _ => self.graph.insert(any, object),
                }
            }
            First::Assign => {
                for (at, node) in call.arguments.positional.iter().enumerate().skip(1) {
                    let (site, caller) = (call.site, call.caller);
                    let hidden = self.written_after(&call, at);
                    let copy = self.new_copy(Copy { to: object, hidden, is_assigned: false, site, caller });
                    self.watch_ecma(*node, Action::SpreadProperties { copy });
                }
                for (node, is_spread) in call.arguments.rest.clone() {
                    let from = if is_spread { self.graph.add(1) } else { node };
                    if is_spread {
                        self.watch_ecma(node, Action::Items { to: from, site: call.site, caller: call.caller });
                    }
                    let (site, caller) = (call.site, call.caller);
                    let copy =
                        self.new_copy(Copy { to: object, hidden: Rc::default(), is_assigned: false, site, caller });
                    self.watch_ecma(from, Action::SpreadProperties { copy });
                }
            }
            First::DefineOne => second(self, Second::DefineOne, 1),
            First::DefineSeveral => second(self, Second::DefineSeveral, 1),
            First::DescribeOne => second(self, Second::DescribeOne, 1),
            First::DescribeSeveral => {
                let to = self.made_ecma(self.ecma.names.object_class, &call);
                self.graph.insert(call.to, to);
                if !self.is_primitive(object) {
                    self.watch_properties(object, Watcher::Descriptors { of: object, to, site: call.site });
                }
            }
            First::Require | First::Import => match self.objects.get(object) {
                Object::Text(path) => {
                    let state = self.clones[call.caller as usize];
                    let file = self.program.units[state.unit as usize].file;
                    let is_import = what == First::Import;
                    let form = if is_import { ImportForm::Dynamic } else { ImportForm::Required };
                    let context = self.heap_context(state.context);
                    self.import(file, path, form, call.to, call.site, context);
                }
                _ => {
                    self.outcome.note_dynamic(call.site);
                    let name = self.symbols.intern("require");
                    let opaque = self.objects.intern(Object::Opaque(name));
                    self.graph.insert(call.to, opaque);
                }
            },
            First::Matched(method) => {
                if let Object::Instance { .. } | Object::Ecma(Ecma::Record { .. }) = self.objects.get(object) {
                    let name = self.symbols.intern(method.name());
                    let mut given = vec![self.receivers(&call)];
                    given.extend(call.arguments.positional.iter().skip(1));
                    self.call_method(object, name, given, call.to, call.site, call.caller);
                }
            }
            First::Inherits => second(self, Second::Inherits, 1),
            First::SetPrototype => {
                let prototype = self.argument(&call, 1);
                if let Some(parents) = self.prototype_of(object) {
                    self.graph.edge(prototype, parents);
                }
            }
            First::Keys => {
                let (name, key) = (self.ecma.names.own_keys, self.graph.add(1));
                self.ask_proxy(object, name, vec![key], call.site, call.caller);
                let array = self.made_ecma(self.ecma.names.array, &call);
                let any = self.shape(array).any;
                if !self.is_primitive(object) {
                    self.watch_properties(object, Watcher::Names { to: any });
                }
            }
            First::Values => {
                let array = self.made_ecma(self.ecma.names.array, &call);
                if !self.is_primitive(object) {
                    let (any, to) = (self.shape(object).any, self.shape(array).any);
                    self.graph.edge(any, to);
                    let (site, caller) = (call.site, call.caller);
                    self.watch_properties(object, Watcher::Read { to, site, caller });
                }
            }
            First::Entries => {
                let array = self.made_ecma(self.ecma.names.array, &call);
                if !self.is_primitive(object) {
                    let (site, caller) = (call.site, call.caller);
                    self.watch_properties(object, Watcher::Entries { array, site, caller });
                    let entry = self.array_of(&call, Part::Entry);
                    let (any, one) = (self.shape(object).any, self.symbols.intern("1"));
                    self.put_property(entry, one, any);
                    let (entry, all) = (self.single(entry), self.shape(array).any);
                    self.graph.edge(entry, all);
                }
            }
            First::FromEntries => {
                let entry = self.graph.add(1);
                self.items(object, entry, call.site, call.caller);
                self.watch_ecma(entry, Action::First { what: First::RecordEntry, call: id });
            }
            // Entries one by one, so that keys and values stay together.
            First::RecordEntry => {
                let record = self.made_ecma(self.ecma.names.object_class, &call);
                let (nodes, site, caller) = (self.graph.add(2), call.site, call.caller);
                for at in 0..2_u32 {
                    let name = self.symbols.intern(&at.to_string());
                    self.load(object, name, nodes + at, site, caller);
                }
                let (object, value) = (self.single(record), nodes + 1);
                self.watch_ecma(nodes, Action::StoreUnder { object, value, site, caller });
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
            First::Slice => self.slice(object, &call),
            First::Promisify => {
                let names = self.ecma.names;
                let promisified = self.made_ecma(names.promisified, &call);
                let target = self.field(promisified, names.target);
                self.graph.insert(target, object);
                self.graph.insert(call.to, promisified);
            }
            First::DefineGetter => second(self, Second::DefineGetter, 0),
            First::DefineSetter => second(self, Second::DefineSetter, 0),
            First::Dispatch => {
                let (event, name) = (self.argument(&call, 0), self.graph.add(1));
                let kind = self.symbols.intern("type");
                let (site, caller) = (call.site, call.caller);
                self.watch_ecma(event, Action::Load { name: kind, to: name, site, caller });
                self.watch_ecma(name, Action::Second { what: Second::Dispatch, first: object, call: id });
            }
            First::Tag => {
                let (name, to) = (self.symbols.intern("@@toStringTag"), self.graph.add(1));
                self.load(object, name, to, call.site, call.caller);
                let text = self.objects.intern(Object::ExternalInstance(self.ecma.names.string));
                self.graph.insert(call.to, text);
            }
            First::AllSettled => {
                let names = self.ecma.names;
                let (site, caller) = (call.site, call.caller);
                let array = self.made_ecma(names.array, &call);
                let settlement = self.made_ecma(names.settlement, &call);
                let (item, nodes) = (self.graph.add(1), self.graph.add(2));
                self.items(object, item, site, caller);
                self.watch_ecma(item, Action::Await { to: nodes, site, caller });
                self.watch_ecma(item, Action::Rejection { to: nodes + 1 });
                let reason = self.symbols.intern("reason");
                self.put_property(settlement, names.value, nodes);
                self.put_property(settlement, reason, nodes + 1);
                let settlement = self.single(settlement);
                self.store_somewhere(array, settlement);
            }
            First::All => {
                let names = self.ecma.names;
                let promise = self.made_ecma(names.promise, &call);
                let (reason, each) = (self.field(promise, names.reason), self.graph.add(1));
                self.items(object, each, call.site, call.caller);
                self.watch_ecma(each, Action::Rejection { to: reason });
                let array = self.made_ecma(names.array, &call);
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
                if self.is_primitive(object) || !self.ecma.written.insert((object, id)) {
                    return;
                }
                let all = self.shape(object).all;
                self.watch_ecma(all, Action::First { what: First::Stringify, call: id });
                let name = self.symbols.intern("toJSON");
                let (to, site, caller) = (self.graph.add(1), call.site, call.caller);
                self.call_method(object, name, Vec::new(), to, site, caller);
                // What it says of itself is written in its place.
                self.watch_ecma(to, Action::First { what: First::Stringify, call: id });
                self.watch_properties(object, Watcher::Read { to, site, caller });
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
                let this = match self.one_more_receiver(id) {
                    Receivers::Few => this,
                    Receivers::Many { receivers, is_first, .. } => {
                        self.graph.insert(receivers, object);
                        if !is_first {
                            return;
                        }
                        This::Node(receivers)
                    }
                };
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
            Second::DescribeOne => {
                if let Some(name) = self.key_name(object)
                    && !self.is_primitive(first)
                {
                    let description = self.description_of(first, name, site);
                    self.graph.insert(call.to, description);
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
            Second::DefineGetter | Second::DefineSetter => {
                if let Some(name) = self.key_name(object) {
                    let member = if what == Second::DefineGetter { Member::Getter } else { Member::Setter };
                    let function = self.argument(&call, 1);
                    self.define(first, name, function, member);
                }
            }
            Second::Dispatch => {
                let name = self.event_name(object);
                let (handlers, event) = (self.field(first, name), self.argument(&call, 0));
                let to = self.graph.add(1);
                self.call_for(handlers, &call, This::Object(first), vec![event], to);
                // An object may handle the event instead.
                let handle = self.symbols.intern("handleEvent");
                let arguments = Rc::new(Arguments { positional: vec![event], rest: Vec::new() });
                let handled = Call { to, arguments, implicit: true, quiet: true, depth: call.depth + 1, ..call };
                let handled = self.new_ecma_call(handled);
                self.watch_ecma(handlers, Action::CallMember { name: handle, call: handled });
            }
            // The constructor of the one works on an object that has the other's prototype.
            Second::NewTarget => {
                if !matches!(self.objects.get(object), Object::Class { .. } | Object::Function { .. }) {
                    return;
                }
                let list = self.argument(&call, 1);
                let arguments = Rc::new(Arguments { positional: Vec::new(), rest: vec![(list, true)] });
                let depth = call.depth + 1;
                let instance = self.instance_at(object, caller, site);
                self.graph.insert(call.to, instance);
                let id = self.new_ecma_call(Call { arguments, implicit: true, depth, ..call });
                self.construct_base(id, first, instance);
            }
            Second::Inherits => {
                // https://nodejs.org/api/util.html#utilinheritsconstructor-superconstructor
                let (name, base) = (self.symbols.intern("super_"), self.single(object));
                self.put_property(first, name, base);
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

    /// Return the names of properties that literals among the arguments after one define: `f(a, { b: 1 })`.
    fn written_after(&self, call: &Call, at: usize) -> Rc<[Symbol]> {
        let crate::solver::CloneState { unit, base, .. } = self.clones[call.caller as usize];
        let program = self.program;
        let ops = &program.units[unit as usize].ops;
        let made = |value: Value| {
            ops.iter().any(|op| matches!(op, Op::Ecma(Only::MakeObject { to }) if *to == value))
                && ops.iter().filter(|op| op.defined() == Some(value)).count() == 1
        };
        let later = call.arguments.positional.iter().skip(at + 1);
        let literals: Vec<Value> =
            later.filter_map(|node| node.checked_sub(base)).filter(|value| made(*value)).collect();
        ops.iter()
            .filter_map(|op| match op {
                Op::Ecma(Only::DefineMember { object, key: Key::Name(name), member: Member::Value, .. })
                    if literals.contains(object) =>
                {
                    Some(*name)
                }
                _ => None,
            })
            .collect()
    }

    /// Return the integer that an argument always is.
    fn integer_argument(&mut self, call: &Call, at: usize) -> Option<i64> {
        match self.graph.objects(*call.arguments.positional.get(at)?).to_vec().as_slice() {
            [one] => match self.objects.get(*one) {
                Object::Integer(number) => Some(number),
                _ => None,
            },
            _ => None,
        }
    }

    /// `array.slice(from, until)`: of constant positions, items keep their order.
    fn slice(&mut self, object: ObjectId, call: &Call) {
        let (site, caller) = (call.site, call.caller);
        let array = self.made_ecma(self.ecma.names.array, call);
        let count = call.arguments.positional.len();
        let position = |this: &mut Self, at| this.integer_argument(call, at).and_then(|one| u32::try_from(one).ok());
        let range = match count {
            0 if call.arguments.rest.is_empty() => Some((0, u32::MAX)),
            1 if call.arguments.rest.is_empty() => position(self, 0).map(|from| (from, u32::MAX)),
            2 => {
                let from = position(self, 0);
                from.zip(position(self, 1))
            }
            _ => None,
        };
        match range {
            Some((from, until)) => self.items_between(object, array, (from, until), site, caller),
            None => {
                let target = self.shape(array).any;
                self.items(object, target, site, caller);
            }
        }
    }

    /// Call a function that calls back as one that gives a promise.
    pub(crate) fn call_promisified(&mut self, call: &Call, promisified: ObjectId) {
        let names = self.ecma.names;
        let promise = self.made_ecma(names.promise, call);
        self.graph.insert(call.to, promise);
        let settler = self.ecma_object(Ecma::Settler { promise, how: Settling::CallsBack });
        let settler = self.single(settler);
        let mut arguments = (*call.arguments).clone();
        if arguments.rest.is_empty() {
            arguments.positional.push(settler);
        } else {
            arguments.rest.push((settler, false));
        }
        let (target, to) = (self.field(promisified, names.target), self.graph.add(1));
        let thrown = self.field(promise, names.reason);
        let arguments = Rc::new(arguments);
        self.call_ecma(target, Call { to, arguments, thrown, implicit: true, depth: call.depth + 1, ..call.clone() });
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
            Step::Returned | Step::Parameter(_) | Step::Receiver | Step::Method(_) => {}
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
        // What a callback of a promise throws rejects the promise that the call gives.
        let thrown = match application.result {
            Some(result) if matches!(self.objects.get(result), Object::Made { class, .. } if class == self.ecma.names.promise) => {
                self.field(result, self.ecma.names.reason)
            }
            _ => application.call.thrown,
        };
        let call = Call { thrown, ..application.call.clone() };
        self.call_for(callee, &call, This::Node(first), positional, returned);
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
