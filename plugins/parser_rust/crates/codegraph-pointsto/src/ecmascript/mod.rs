//! JavaScript and TypeScript: what their values are, on the one constraint graph.
//!
//! `ops` and `objects` are what only they have, `translate` makes constraints of the semantic IR, `frames` turns those
//! into nodes and edges, `properties` looks properties up along prototypes, `calls` binds `this` and arguments,
//! `classes` makes classes and objects, `decorators` are those of methods, `items` are arrays, iteration and promises,
//! `modules` what files export, `copies` and `stores` tell values of properties apart, `library` has the flow summaries
//! and the few functions of the language that need code.

mod calls;
mod classes;
mod copies;
mod decorators;
mod frames;
mod items;
mod library;
mod modules;
pub mod narrowing;
pub mod objects;
pub mod ops;
mod properties;
mod stores;
mod translate;

use std::rc::Rc;

use self::calls::{Call, This};
pub(crate) use self::narrowing::Facts;
use self::ops::{Choice, Member};
use self::properties::{Lookup, Shape};
use crate::graph::Node;
use crate::objects::{CloneId, Object, ObjectId};
use crate::program::*;
use crate::solver::{Site, Solver};

macro_rules! names {
    ($($field:ident = $text:literal),* $(,)?) => {
        /// Interned names of the language.
        #[derive(Clone, Copy, Debug)]
        #[allow(missing_docs)]
        pub(crate) struct Names { $(pub $field: Symbol),* }

        impl Names {
            fn new(symbols: &mut Symbols) -> Self {
                Self { $($field: symbols.intern($text)),* }
            }
        }
    };
}

names! {
    prototype = "prototype",
    proto = "__proto__",
    constructor = "constructor",
    exports = "exports",
    default = "default",
    next = "next",
    return_ = "return",
    value = "value",
    get = "get",
    set = "set",
    apply = "apply",
    construct = "construct",
    render = "render",
    iterator = "@@iterator",
    async_iterator = "@@asyncIterator",
    dispose = "@@dispose",
    async_dispose = "@@asyncDispose",
    module = "module",
    held = "%value",
    reason = "%reason",
    target = "%target",
    handler = "%handler",
    keys = "%keys",
    sent = "%sent",
    returned = "%returned",
    callee = "callee",
    settlement = "%settlement",
    promisified = "%promisified",
    list = "%list",
    description = "%description",
    original = "%original",
    to_primitive = "@@toPrimitive",
    has_instance = "@@hasInstance",
    value_of = "valueOf",
    has = "has",
    own_keys = "ownKeys",
    delete_property = "deleteProperty",
    object_class = "Object",
    array = "Array",
    promise = "Promise",
    set_class = "Set",
    then = "then",
    map = "Map",
    weak_map = "WeakMap",
    symbol = "Symbol",
    string = "String",
    number = "Number",
    boolean = "Boolean",
    proxy = "Proxy",
}

/// What is done with an object that arrives at a node.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// `object.name`
    Load {
        name: Symbol,
        to: Node,
        site: Site,
        caller: CloneId,
    },
    /// `object[key]` of a key that is not known.
    LoadSomewhere {
        to: Node,
    },
    /// `object[key]`, of which the key arrives.
    LoadUnder {
        object: Node,
        to: Node,
        site: Site,
        caller: CloneId,
    },
    Store {
        name: Symbol,
        value: Node,
        site: Site,
        caller: CloneId,
    },
    StoreSomewhere {
        value: Node,
    },
    /// `object[key] = from[key]`, of which the key arrives.
    CopyUnder {
        object: Node,
        from: Node,
        site: Site,
        caller: CloneId,
    },
    /// What gets all properties of the objects of a node arrives.
    CopyAll {
        from: Node,
        site: Site,
        caller: CloneId,
    },
    /// A generic type arrives, of which the argument is given.
    Apply {
        argument: Node,
        to: Node,
        site: Site,
        caller: CloneId,
    },
    /// What a decorator of a method gives back that was given the method's description.
    Described {
        description: ObjectId,
        to: Node,
        site: Site,
        caller: CloneId,
    },
    StoreUnder {
        object: Node,
        value: Node,
        site: Site,
        caller: CloneId,
    },
    /// `object.name(…)`, of which the receiver arrives.
    CallMember {
        name: Symbol,
        call: u32,
    },
    CallSomewhere {
        call: u32,
    },
    CallUnder {
        object: Node,
        call: u32,
    },
    /// A callee arrives.
    Call {
        call: u32,
    },
    /// A prototype of the object that a lookup is at.
    Inherit {
        lookup: u32,
    },
    Getter {
        receiver: ObjectId,
        to: Node,
        site: Site,
        caller: CloneId,
    },
    Setter {
        receiver: ObjectId,
        value: Node,
        site: Site,
        caller: CloneId,
    },
    /// The key of a member arrives.
    DefineUnder {
        object: ObjectId,
        value: Node,
        member: Member,
    },
    /// A function becomes a member.
    Home {
        object: ObjectId,
    },
    /// A base of a class arrives, whose constructor is run on an object.
    ConstructBase {
        call: u32,
        instance: ObjectId,
    },
    /// The object that a constructor works on arrives.
    SuperConstruct {
        call: u32,
        class: ObjectId,
    },
    SuperReceiver {
        home: ObjectId,
        to: Node,
    },
    /// What an explicit `return` of a constructor gives, if that is an object.
    Returned {
        to: Node,
    },
    PrototypeOf {
        to: Node,
    },
    Iterate {
        to: Node,
        asynchronous: bool,
        site: Site,
        caller: CloneId,
    },
    Next {
        to: Node,
        asynchronous: bool,
        site: Site,
        caller: CloneId,
    },
    /// All items of an iterable.
    Items {
        to: Node,
        site: Site,
        caller: CloneId,
    },
    Unpack {
        to: Node,
        at: u32,
        site: Site,
        caller: CloneId,
    },
    SpreadItems {
        array: ObjectId,
        at: Option<u32>,
        site: Site,
        caller: CloneId,
    },
    RestItems {
        array: ObjectId,
        at: u32,
        site: Site,
        caller: CloneId,
    },
    /// All properties go into another object, as a copy says.
    SpreadProperties {
        copy: u32,
    },
    /// What is iterated over, or an iterator over it, is left before its end.
    Close {
        is_iterator: bool,
        asynchronous: bool,
        site: Site,
        caller: CloneId,
    },
    SpreadArgument {
        target: CloneId,
        offset: u32,
        site: Site,
        caller: CloneId,
    },
    Names {
        to: Node,
    },
    Choose {
        other: Node,
        to: Node,
        when: Choice,
    },
    /// A part of a text arrives.
    Concat(Rc<frames::Text>),
    Await {
        to: Node,
        site: Site,
        caller: CloneId,
    },
    Delegate {
        to: Node,
        out: Node,
        site: Site,
        caller: CloneId,
    },
    ImportMember {
        name: Symbol,
        to: Node,
        site: Site,
        caller: CloneId,
    },
    /// The second part of a call that a function of the language needs two objects for.
    Second {
        what: library::Second,
        first: ObjectId,
        call: u32,
    },
    /// The first.
    First {
        what: library::First,
        call: u32,
    },
    /// A promise arrives, of which the reason is asked for.
    Rejection {
        to: Node,
    },
    /// An instance of a declared type.
    Declare {
        to: Node,
    },
    /// A value that a condition tests.
    Narrow {
        at: u32,
    },
    /// A value that is made a number.
    Number {
        site: Site,
        caller: CloneId,
    },
    /// A class that is asked for its instances.
    AskClass {
        value: Node,
        site: Site,
        caller: CloneId,
    },
    /// An object that may be a proxy.
    Ask {
        name: Symbol,
        key: Node,
        site: Site,
        caller: CloneId,
    },
}

/// What is known of the program's objects.
pub(crate) struct State {
    pub names: Names,
    /// By unit: it has `this` or `super`, or an arrow function in it has.
    pub uses_this: Vec<bool>,
    pub calls: Vec<Call>,
    /// By call: how many receivers it had, and where those are that are not told apart.
    pub receivers: Map<u32, (u32, Node)>,
    /// Arguments, several at once among them, that a clone was given.
    pub passed: Map<(CloneId, usize), Rc<calls::Arguments>>,
    pub lookups: Vec<Lookup>,
    /// By object and name: where what a read gives is, and whether prototypes were asked.
    pub found: Map<(ObjectId, Symbol), (Node, bool)>,
    /// By name: reads that share their searches.
    pub readers: Map<Symbol, Vec<Lookup>>,
    /// Properties that some code defines.
    pub stored: Set<(ObjectId, Symbol)>,
    /// Names of properties that functions stand for, where they are written down.
    pub accessors: Set<Symbol>,
    pub getters: Map<(ObjectId, Symbol), Node>,
    pub setters: Map<(ObjectId, Symbol), Node>,
    pub shapes: Map<ObjectId, Shape>,
    pub parents: Map<ObjectId, Node>,
    /// Lookups that came to a prototype: prototypes may be each other's, and a chain is followed once.
    pub followed: Set<(ObjectId, Symbol, properties::Mode, ObjectId, Site, CloneId)>,
    /// (functions, object) of what was said to be members.
    pub members: Set<(Node, ObjectId)>,
    /// Lookups that go on to the prototypes when all is quiet.
    pub pending: Vec<u32>,
    /// (object, property, what it is from the beginning, to): what holds unless the property is bound anew.
    pub initial: Vec<(ObjectId, Symbol, ObjectId, Node)>,
    /// Of functions that are members: the object that `super` begins after.
    pub homes: Map<ObjectId, ObjectId>,
    pub bases: Map<ObjectId, Vec<Node>>,
    pub constructors: Map<ObjectId, Node>,
    pub initializers: Map<ObjectId, Node>,
    /// Receiver and first arguments of bound functions.
    pub bound: Map<ObjectId, (This, Rc<calls::Arguments>)>,
    /// (first, other, to) of choices, for those where nothing is known of the first.
    pub choices: Vec<(Node, Node, Node)>,
    /// (receivers, callee, call) of calls with a receiver that may be nothing.
    pub unreceived: Vec<(Node, ObjectId, u32)>,
    /// (object, key, value) of stores under keys that are values.
    pub unkeyed: Vec<(Node, Node, Node)>,
    pub copies: Vec<properties::Copy>,
    /// (object, key, to) of reads under keys that are values.
    pub unkeyed_reads: Vec<(Node, Node, Node)>,
    /// (object, key, call) of calls of members under such keys.
    pub unkeyed_calls: Vec<(Node, Node, u32)>,
    /// Instances of classes that extend the language's promises.
    pub promises: Set<ObjectId>,
    /// Instances of classes that extend the language's collections.
    pub collections: Set<ObjectId>,
    /// Containers that annotations name, with what they hold.
    pub typed: Map<ObjectId, Node>,
    /// (to, class) of values with a declared type.
    pub declared: Vec<(Node, Node)>,
    /// (object, name, class, what is known of it) of attributes with a declared type.
    pub declared_attributes: Vec<(Node, Symbol, Node, Node)>,
    /// (interface or class, class) of `implements`.
    pub implemented: Vec<(Node, ObjectId)>,
    /// (parts, to, any text) of texts, for those where nothing is known of a part.
    pub texts: Vec<(Rc<[Node]>, Node, ObjectId)>,
    /// (promise, to) of promises that are waited for.
    pub settled: Set<(ObjectId, Node)>,
    /// The same of their rejections.
    pub rejected: Set<(ObjectId, Node)>,
    /// (object, call) of what is written as text with all that it holds.
    pub written: Set<(ObjectId, u32)>,
    /// Conditions of the program.
    pub narrowings: Vec<narrowing::Narrowing>,
    /// (condition, object) of those that are decided when all is quiet.
    pub tested: Vec<(u32, ObjectId)>,
    /// Objects that are made texts or numbers when all is quiet.
    pub unmade: Vec<(ObjectId, frames::Form, Site, CloneId)>,
    /// Classes may say what their instances are.
    pub asks_instances: bool,
    /// Objects may say what they are as numbers.
    pub has_primitives: bool,
    pub has_proxies: bool,
    pub finder: modules::Finder,
    /// Values that were given what they are declared to be, with their class.
    pub declared_nodes: Set<(Node, Node)>,
}

impl State {
    /// Learn what the program says of its frames.
    pub(crate) fn new(program: &Program, symbols: &mut Symbols) -> Self {
        let names = Names::new(symbols);
        let mut uses_this = vec![false; program.units.len()];
        let mut accessors = Set::default();
        for (number, unit) in program.units.iter().enumerate().rev() {
            if unit.language != Language::Ecmascript {
                continue;
            }
            let mut texts: Map<Value, Symbol> = Map::default();
            for op in &unit.ops {
                match op {
                    Op::Text { to, text } => {
                        texts.insert(*to, *text);
                    }
                    Op::Ecma(ops::Op::This { .. } | ops::Op::Super { .. } | ops::Op::SuperCall { .. }) => {
                        uses_this[number] = true;
                    }
                    Op::Ecma(ops::Op::DefineMember { key, member: Member::Getter | Member::Setter, .. }) => match key {
                        ops::Key::Name(name) => {
                            accessors.insert(*name);
                        }
                        ops::Key::Computed(_) => {}
                    },
                    // `Object.defineProperty(object, "name", { get() { … } })`
                    Op::Ecma(ops::Op::CallMember { key: ops::Key::Name(name), arguments, .. })
                        if symbols.text(*name) == "defineProperty" || symbols.text(*name) == "__defineGetter__" =>
                    {
                        accessors.extend(arguments.iter().filter_map(|(_, value)| texts.get(value)));
                    }
                    _ => {}
                }
            }
            // An arrow function has the receiver of what is around it, which has a smaller number.
            if unit.kind == UnitKind::Lambda && uses_this[number] && unit.parent != NONE {
                uses_this[unit.parent as usize] = true;
            }
        }
        Self {
            names,
            uses_this,
            calls: Vec::new(),
            receivers: Map::default(),
            passed: Map::default(),
            lookups: Vec::new(),
            found: Map::default(),
            readers: Map::default(),
            followed: Set::default(),
            members: Set::default(),
            stored: Set::default(),
            accessors,
            getters: Map::default(),
            setters: Map::default(),
            shapes: Map::default(),
            parents: Map::default(),
            pending: Vec::new(),
            initial: Vec::new(),
            homes: Map::default(),
            bases: Map::default(),
            constructors: Map::default(),
            initializers: Map::default(),
            bound: Map::default(),
            choices: Vec::new(),
            unreceived: Vec::new(),
            unkeyed: Vec::new(),
            copies: Vec::new(),
            unkeyed_reads: Vec::new(),
            unkeyed_calls: Vec::new(),
            promises: Set::default(),
            collections: Set::default(),
            typed: Map::default(),
            declared: Vec::new(),
            declared_attributes: Vec::new(),
            implemented: Vec::new(),
            texts: Vec::new(),
            narrowings: Vec::new(),
            tested: Vec::new(),
            unmade: Vec::new(),
            asks_instances: symbols.find("hasInstance").is_some(),
            has_primitives: ["toPrimitive", "valueOf"].iter().any(|name| symbols.find(name).is_some()),
            has_proxies: symbols.find("Proxy").is_some(),
            settled: Set::default(),
            rejected: Set::default(),
            written: Set::default(),
            finder: modules::Finder::new(program),
            declared_nodes: Set::default(),
        }
    }
}

impl Solver<'_> {
    /// Let an action be run with each object of a node.
    pub(crate) fn watch_ecma(&mut self, node: Node, action: Action) {
        self.watch(node, crate::solver::Action::Ecma(action));
    }

    /// Run an action with an object.
    pub(crate) fn act_ecma(&mut self, action: Action, object: ObjectId) {
        let is_key = matches!(
            action,
            Action::LoadUnder { .. }
                | Action::StoreUnder { .. }
                | Action::CopyUnder { .. }
                | Action::CallUnder { .. }
                | Action::DefineUnder { .. }
        );
        if is_key && matches!(self.objects.get(object), Object::Ecma(one) if one.is_nothing()) {
            // A key that is missing names nothing: an argument that some call leaves out.
            return;
        }
        match action {
            Action::Load { name, to, site, caller } => self.load(object, name, to, site, caller),
            Action::LoadSomewhere { to } => self.load_somewhere(object, to),
            Action::LoadUnder { object: holder, to, site, caller } => match self.key_name(object) {
                Some(name) => self.watch_ecma(holder, Action::Load { name, to, site, caller }),
                None => self.watch_ecma(holder, Action::LoadSomewhere { to }),
            },
            Action::Store { name, value, site, caller } => self.store(object, name, value, site, caller),
            Action::StoreSomewhere { value } => self.store_somewhere(object, value),
            Action::StoreUnder { object: holder, value, site, caller } => match self.key_name(object) {
                Some(name) => self.watch_ecma(holder, Action::Store { name, value, site, caller }),
                None => self.watch_ecma(holder, Action::StoreSomewhere { value }),
            },
            Action::CopyUnder { object: holder, from, site, caller } => {
                let value = self.graph.add(1);
                match self.key_name(object) {
                    Some(name) => {
                        self.watch_ecma(from, Action::Load { name, to: value, site, caller });
                        self.watch_ecma(holder, Action::Store { name, value, site, caller });
                    }
                    None => {
                        self.watch_ecma(from, Action::LoadSomewhere { to: value });
                        self.watch_ecma(holder, Action::StoreSomewhere { value });
                    }
                }
            }
            Action::CopyAll { from, site, caller } => self.copy_all(object, from, site, caller),
            Action::Apply { argument, to, site, caller } => self.apply_type(object, argument, to, site, caller),
            Action::Described { description, to, site, caller } => {
                self.take_described(object, description, to, site, caller);
            }
            Action::CallMember { name, call } => self.call_member(object, name, call),
            Action::CallSomewhere { call } => self.call_somewhere(object, call),
            Action::CallUnder { object: holder, call } => match self.key_name(object) {
                Some(name) => self.watch_ecma(holder, Action::CallMember { name, call }),
                None => self.watch_ecma(holder, Action::CallSomewhere { call }),
            },
            Action::Call { call } => self.invoke_ecma(call, object),
            Action::Inherit { lookup } => self.inherit(lookup, object),
            Action::Getter { receiver, to, site, caller } => {
                let call = Call::implicit(site, caller, to, This::Object(receiver), Vec::new());
                let call = self.new_ecma_call(call);
                self.invoke_ecma(call, object);
            }
            Action::Setter { receiver, value, site, caller } => {
                let to = self.graph.add(1);
                let call = Call::implicit(site, caller, to, This::Object(receiver), vec![value]);
                let call = self.new_ecma_call(call);
                self.invoke_ecma(call, object);
            }
            Action::DefineUnder { object: holder, value, member } => {
                if let Some(name) = self.key_name(object) {
                    self.define(holder, name, value, member);
                } else if member == Member::Value {
                    self.store_somewhere(holder, value);
                }
            }
            Action::Home { object: home } => {
                if matches!(self.objects.get(object), Object::Function { .. }) {
                    self.ecma.homes.entry(object).or_insert(home);
                }
            }
            Action::ConstructBase { call, instance } => self.construct_base(call, object, instance),
            Action::SuperConstruct { call, class } => self.super_construct(call, class, object),
            Action::SuperReceiver { home, to } => {
                let found = self.objects.intern(Object::Super { class: home, receiver: object });
                self.graph.insert(to, found);
            }
            Action::Returned { to } => {
                if !self.is_primitive(object) {
                    self.graph.insert(to, object);
                }
            }
            Action::PrototypeOf { to } => {
                if let Some(node) = self.prototype_of(object) {
                    self.graph.edge(node, to);
                }
            }
            Action::Iterate { to, asynchronous, site, caller } => {
                self.iterate_ecma(object, to, asynchronous, site, caller);
            }
            Action::Next { to, asynchronous, site, caller } => self.next_ecma(object, to, asynchronous, site, caller),
            Action::Items { to, site, caller } => self.items(object, to, site, caller),
            Action::Unpack { to, at, site, caller } => self.unpack_ecma(object, at, to, site, caller),
            Action::SpreadItems { array, at, site, caller } => self.spread_items_into(object, array, at, site, caller),
            Action::RestItems { array, at, site, caller } => self.rest_items(object, array, at, site, caller),
            Action::SpreadProperties { copy } => self.copy_properties(object, copy),
            Action::Close { is_iterator: true, site, caller, .. } => {
                let (name, to) = (self.ecma.names.return_, self.graph.add(1));
                if matches!(
                    self.objects.get(object),
                    Object::Instance { .. } | Object::Ecma(objects::Object::Record { .. })
                ) {
                    self.call_method(object, name, Vec::new(), to, site, caller);
                }
            }
            Action::Close { asynchronous, site, caller, .. } => {
                if matches!(
                    self.objects.get(object),
                    Object::Instance { .. } | Object::Ecma(objects::Object::Record { .. })
                ) {
                    let iterator = self.graph.add(1);
                    self.watch_ecma(iterator, Action::Close { is_iterator: true, asynchronous, site, caller });
                    self.iterate_ecma(object, iterator, asynchronous, site, caller);
                }
            }
            Action::SpreadArgument { target, offset, site, caller } => {
                self.spread_argument_ecma(object, target, offset, site, caller);
            }
            Action::Names { to } => self.property_names(object, to),
            Action::Choose { other, to, when } => self.choose(object, other, to, when),
            Action::Concat(text) => self.concatenate(object, &text),
            Action::Await { to, site, caller } => self.settle(object, to, site, caller),
            Action::Delegate { to, out, site, caller } => self.delegate_ecma(object, to, out, site, caller),
            Action::ImportMember { name, to, site, caller } => {
                self.import_member_ecma(object, name, to, site, caller);
            }
            Action::Second { what, first, call } => self.second(what, first, object, call),
            Action::First { what, call } => self.first(what, object, call),
            Action::Rejection { to } => self.rejection(object, to),
            Action::Narrow { at } => self.narrow(at, object),
            Action::Number { site, caller } => self.make_number(object, site, caller),
            Action::AskClass { value, site, caller } => {
                if matches!(self.objects.get(object), Object::Class { .. } | Object::Function { .. }) {
                    let to = self.graph.add(1);
                    self.call_method(object, self.ecma.names.has_instance, vec![value], to, site, caller);
                }
            }
            Action::Ask { name, key, site, caller } => self.ask_proxy(object, name, vec![key], site, caller),
            Action::Declare { to } => {
                for instance in self.instances_of_declared(object) {
                    self.graph.insert(to, instance);
                }
            }
        }
    }

    /// Say whether an object is a value without an identity.
    pub(crate) fn is_primitive(&self, object: ObjectId) -> bool {
        match self.objects.get(object) {
            Object::Text(_) | Object::Integer(_) => true,
            Object::Ecma(one) => {
                matches!(one, objects::Object::Undefined | objects::Object::Null | objects::Object::Boolean(_))
            }
            _ => false,
        }
    }

    /// Return an object that only JavaScript has.
    pub(crate) fn ecma_object(&mut self, object: objects::Object) -> ObjectId {
        self.objects.intern(Object::Ecma(object))
    }

    pub(crate) fn external(&mut self, name: &str) -> ObjectId {
        let name = self.symbols.intern(name);
        self.objects.intern(Object::External(name))
    }

    /// Return a constant; where many meet, any value of its type takes their place.
    pub(crate) fn ecma_constant(&mut self, constant: Object) -> ObjectId {
        let object = self.objects.intern(constant);
        let names = self.ecma.names;
        let class = if matches!(constant, Object::Text(_)) { names.string } else { names.number };
        let any = self.objects.intern(Object::ExternalInstance(class));
        self.graph.generalize(object, any);
        object
    }

    /// Do what waits for all to be quiet. Says whether there was anything.
    pub(crate) fn go_on_ecma(&mut self) -> bool {
        let pending = std::mem::take(&mut self.ecma.pending);
        let initial = std::mem::take(&mut self.ecma.initial);
        if pending.is_empty() && initial.is_empty() {
            return self.decide_ecma();
        }
        for lookup in pending {
            self.go_up(lookup);
        }
        for (object, name, value, to) in initial {
            if !self.ecma.stored.contains(&(object, name)) {
                self.graph.insert(to, value);
            }
        }
        true
    }

    /// Decide what needs classes, prototypes and members to be known: no lookup is under way. Says whether there was
    /// anything. An object whose prototypes were never asked for waits until they have arrived.
    fn decide_ecma(&mut self) -> bool {
        let asked: Set<ObjectId> = (self.ecma.tested.iter().map(|(_, object)| *object))
            .chain(self.ecma.unmade.iter().map(|(object, ..)| *object))
            .collect();
        if asked.is_empty() {
            return false;
        }
        let mut asked: Vec<ObjectId> = asked.into_iter().collect();
        asked.sort_unstable();
        let known = self.ecma.parents.len();
        for object in asked {
            self.chain_of(object);
        }
        if self.ecma.parents.len() > known {
            // Some prototypes were never asked for: they have to arrive.
            return true;
        }
        for (object, form, site, caller) in std::mem::take(&mut self.ecma.unmade) {
            self.make_primitive(object, form, site, caller);
        }
        for (at, object) in std::mem::take(&mut self.ecma.tested) {
            self.decide(at, object);
        }
        true
    }

    /// Let the choices and keys of which nothing is known be anything. Says whether there were any.
    pub(crate) fn settle_ecma(&mut self) -> bool {
        let mut some = false;
        for (first, other, to) in std::mem::take(&mut self.ecma.choices) {
            if self.graph.objects(first).is_empty() {
                self.graph.edge(other, to);
                some = true;
            } else {
                self.ecma.choices.push((first, other, to));
            }
        }
        for (receivers, callee, call) in std::mem::take(&mut self.ecma.unreceived) {
            if self.graph.objects(receivers).is_empty() {
                self.invoke_ecma(call, callee);
                some = true;
            } else {
                self.ecma.unreceived.push((receivers, callee, call));
            }
        }
        for (parts, to, any) in std::mem::take(&mut self.ecma.texts) {
            if parts.iter().any(|part| self.graph.objects(*part).is_empty()) {
                self.graph.insert(to, any);
                some = true;
            } else {
                self.ecma.texts.push((parts, to, any));
            }
        }
        for (object, key, value) in std::mem::take(&mut self.ecma.unkeyed) {
            if self.is_unknown(key) {
                self.watch_ecma(object, Action::StoreSomewhere { value });
                some = true;
            } else {
                self.ecma.unkeyed.push((object, key, value));
            }
        }
        for (object, key, to) in std::mem::take(&mut self.ecma.unkeyed_reads) {
            if self.is_unknown(key) {
                self.watch_ecma(object, Action::LoadSomewhere { to });
                some = true;
            } else {
                self.ecma.unkeyed_reads.push((object, key, to));
            }
        }
        for (object, key, call) in std::mem::take(&mut self.ecma.unkeyed_calls) {
            if self.is_unknown(key) {
                self.watch_ecma(object, Action::CallSomewhere { call });
                some = true;
            } else {
                self.ecma.unkeyed_calls.push((object, key, call));
            }
        }
        some
    }
}
