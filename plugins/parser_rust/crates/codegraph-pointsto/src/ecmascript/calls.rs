//! Calls: receivers, arguments, `bind`, and what a callee gives back.

use std::rc::Rc;

use super::objects::{Object as Ecma, Part, Settling};
use super::properties::Watcher;
use super::{Action, ops};
use crate::graph::Node;
use crate::objects::{CloneId, ContextId, Object, ObjectId};
use crate::program::{CallForm, NONE, ParameterKind, Passing, Symbol, UnitId, UnitKind, Value};
use crate::report::Target;
use crate::solver::{RETURNED, Site, Solver, THIS, THROWN};

/// Calls on behalf of calls at most: bound functions of bound functions, handlers of proxies.
const MAX_DEPTH: u8 = 6;
/// Properties of a literal at most that a call under a key which nobody knows may call.
const LARGEST_TABLE: usize = 24;

/// The receiver of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum This {
    /// None.
    Nothing,
    /// One object.
    Object(ObjectId),
    /// Any object of a node.
    Node(Node),
}

/// Arguments, as nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arguments {
    /// Those before the first `...x`.
    pub positional: Vec<Node>,
    /// What follows, and whether it is `...x`.
    pub rest: Vec<(Node, bool)>,
}

/// How many receivers a call has had.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Receivers {
    /// Each is told apart.
    Few,
    /// The others are in one node, and what is called of them in another.
    Many {
        receivers: Node,
        callees: Node,
        /// The call with them is still to be made.
        is_first: bool,
    },
}

/// A call in a clone.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub site: Site,
    pub caller: CloneId,
    pub to: Node,
    pub arguments: Rc<Arguments>,
    pub this: This,
    pub form: CallForm,
    /// Not written at the site: a callback's, an accessor's.
    pub implicit: bool,
    /// Made by the language wherever there is a method: only those of the program are of interest.
    pub quiet: bool,
    pub depth: u8,
    /// Where what the callee throws goes, if that is not what the caller throws: [`NONE`].
    pub thrown: Node,
}

impl Call {
    /// Return a call that is not written.
    pub(crate) fn implicit(site: Site, caller: CloneId, to: Node, this: This, positional: Vec<Node>) -> Self {
        let arguments = Rc::new(Arguments { positional, rest: Vec::new() });
        Self {
            site,
            caller,
            to,
            arguments,
            this,
            form: CallForm::Plain,
            implicit: true,
            quiet: false,
            depth: 0,
            thrown: NONE,
        }
    }
}

impl Solver<'_> {
    pub(crate) fn new_ecma_call(&mut self, call: Call) -> u32 {
        self.ecma.calls.push(call);
        self.ecma.calls.len() as u32 - 1
    }

    /// Make a call whose callees are the objects of a node.
    pub(crate) fn call_ecma(&mut self, callee: Node, call: Call) {
        if call.depth > MAX_DEPTH {
            self.outcome.note_dynamic(call.site);
            return;
        }
        let call = self.new_ecma_call(call);
        self.watch_ecma(callee, Action::Call { call });
    }

    /// Call what is in a node on behalf of a call.
    pub(crate) fn call_for(&mut self, callee: Node, call: &Call, this: This, positional: Vec<Node>, to: Node) {
        let arguments = Rc::new(Arguments { positional, rest: Vec::new() });
        let depth = call.depth + 1;
        let derived = Call { to, arguments, this, form: CallForm::Plain, implicit: true, depth, ..call.clone() };
        self.call_ecma(callee, derived);
    }

    /// Return the arguments of a constraint.
    pub(crate) fn arguments_of(&self, arguments: &[(Passing, Value)], base: Node) -> Rc<Arguments> {
        let mut given = Arguments::default();
        for (passing, value) in arguments {
            let (node, is_spread) = (base + value, *passing == Passing::Spread);
            if given.rest.is_empty() && !is_spread {
                given.positional.push(node);
            } else {
                given.rest.push((node, is_spread));
            }
        }
        Rc::new(given)
    }

    /// `object.name(…)`: the receiver has arrived.
    pub(crate) fn call_member(&mut self, object: ObjectId, name: Symbol, id: u32) {
        let call = self.ecma.calls[id as usize].clone();
        let (site, caller) = (call.site, call.caller);
        match self.one_more_receiver(id) {
            Receivers::Few => {
                let callee = self.graph.add(1);
                self.load(object, name, callee, site, caller);
                self.call_ecma(callee, Call { this: This::Object(self.receiver_of(object)), ..call });
            }
            Receivers::Many { receivers, callees, is_first } => {
                let receiver = self.receiver_of(object);
                self.graph.insert(receivers, receiver);
                self.load(object, name, callees, site, caller);
                if is_first {
                    self.call_ecma(callees, Call { this: This::Node(receivers), ..call });
                }
            }
        }
    }

    /// Count a receiver of a call: of those beyond the contexts that a function is analysed in, one call is made.
    pub(crate) fn one_more_receiver(&mut self, id: u32) -> Receivers {
        let few = self.budget.clones_per_unit;
        let (count, nodes) = self.ecma.receivers.entry(id).or_insert((0, NONE));
        *count += 1;
        if *count <= few {
            return Receivers::Few;
        }
        let is_first = *nodes == NONE;
        if is_first {
            *nodes = self.graph.add(2);
        }
        Receivers::Many { receivers: *nodes, callees: *nodes + 1, is_first }
    }

    /// `object[key](…)` of a key that nobody knows.
    pub(crate) fn call_somewhere(&mut self, object: ObjectId, id: u32) {
        let call = self.ecma.calls[id as usize].clone();
        self.outcome.note_dynamic(call.site);
        let callee = self.graph.add(1);
        match self.objects.get(object) {
            // A table of functions: any of them. What is read so and not called is not worth where it would go.
            Object::Ecma(Ecma::Record { .. }) if self.shape(object).named.len() <= LARGEST_TABLE => {
                let all = self.shape(object).all;
                self.graph.edge(all, callee);
            }
            _ => self.load_somewhere(object, callee),
        }
        self.call_ecma(callee, Call { this: This::Object(self.receiver_of(object)), ..call });
    }

    /// `super.m()` is called with `this`.
    fn receiver_of(&self, object: ObjectId) -> ObjectId {
        match self.objects.get(object) {
            Object::Super { receiver, .. } => receiver,
            _ => object,
        }
    }

    /// A callee has arrived.
    pub(crate) fn invoke_ecma(&mut self, id: u32, callee: ObjectId) {
        let call = self.ecma.calls[id as usize].clone();
        if call.form == CallForm::New {
            return self.construct(&call, callee);
        }
        match self.objects.get(callee) {
            Object::Function { unit, around } => {
                self.outcome.note(call.site, Target::Unit(unit), call.implicit);
                let call = self.described_call(&call, unit).unwrap_or(call);
                self.call_function(&call, callee, unit, around);
            }
            Object::Class { .. } if call.form == CallForm::Element => self.call_component(&call, callee),
            Object::Ecma(Ecma::Bound { target, .. }) => {
                let call = self.unbound_call(&call, callee, false);
                match call.this {
                    This::Node(receivers) if call.depth <= MAX_DEPTH => {
                        self.call_with_receivers(target, receivers, call);
                    }
                    _ => {}
                }
            }
            Object::Ecma(Ecma::Settler { promise, how }) => {
                let names = self.ecma.names;
                let (reason, held) = (self.field(promise, names.reason), self.field(promise, names.held));
                let fields: &[Node] = match how {
                    Settling::Resolves => &[held],
                    Settling::Rejects => &[reason],
                    Settling::CallsBack => &[reason, held],
                };
                for (value, field) in call.arguments.positional.iter().zip(fields) {
                    self.graph.edge(*value, *field);
                }
            }
            Object::External(_) if call.quiet => {}
            Object::External(name) => self.call_outside(&call, name),
            Object::Opaque(_) => {
                self.outcome.note_opaque(call.site);
                self.graph.insert(call.to, callee);
            }
            Object::Made { class, .. } if class == self.ecma.names.proxy => self.call_proxy(&call, callee),
            Object::Made { class, .. } if class == self.ecma.names.promisified => self.call_promisified(&call, callee),
            _ => {}
        }
    }

    /// Call a proxy, or make an object with it: its handler decides, or its target is called.
    pub(crate) fn call_proxy(&mut self, call: &Call, proxy: ObjectId) {
        let names = self.ecma.names;
        let is_new = call.form == CallForm::New;
        let array = self.array_of(call, Part::Entry);
        for (at, node) in call.arguments.positional.iter().enumerate() {
            let name = self.symbols.intern(&at.to_string());
            self.put_property(array, name, *node);
        }
        let array = self.single(array);
        let this = match call.this {
            This::Object(object) => self.single(object),
            This::Node(node) => node,
            This::Nothing => self.graph.add(1),
        };
        let rest = if is_new { vec![array] } else { vec![this, array] };
        let name = if is_new { names.construct } else { names.apply };
        if !self.trap(proxy, name, rest, call) {
            let target = self.field(proxy, names.target);
            let depth = call.depth + 1;
            self.call_ecma(target, Call { depth, implicit: true, ..call.clone() });
        }
    }

    /// Call a function of a proxy's handler with the target and what else it is given. Says whether the handler is seen to
    /// have it: then the target is not asked.
    pub(crate) fn trap(&mut self, proxy: ObjectId, name: Symbol, rest: Vec<Node>, call: &Call) -> bool {
        let names = self.ecma.names;
        let (target, handler) = (self.field(proxy, names.target), self.field(proxy, names.handler));
        let trap = self.graph.add(1);
        self.watch_ecma(handler, Action::Load { name, to: trap, site: call.site, caller: call.caller });
        let arguments = std::iter::once(target).chain(rest).collect();
        let call = Call { quiet: true, ..call.clone() };
        self.call_for(trap, &call, This::Node(handler), arguments, call.to);
        let handlers = self.graph.objects(handler).to_vec();
        handlers.into_iter().any(|one| self.has_member(one, name))
    }

    /// Return the call of what a bound function is of.
    pub(crate) fn unbound_call(&mut self, call: &Call, bound: ObjectId, constructs: bool) -> Call {
        let Some((this, first)) = self.ecma.bound.get(&bound).cloned() else { return call.clone() };
        let mut arguments = (*first).clone();
        if arguments.rest.is_empty() {
            arguments.positional.extend(&call.arguments.positional);
        } else {
            arguments.rest.extend(call.arguments.positional.iter().map(|node| (*node, false)));
        }
        arguments.rest.extend(&call.arguments.rest);
        let this = if constructs { call.this } else { this };
        Call { this, arguments: Rc::new(arguments), depth: call.depth + 1, ..call.clone() }
    }

    /// Say whether an object is one of those that functions are kept in, as in a name space.
    fn is_scope(&self, object: ObjectId) -> bool {
        matches!(
            self.objects.get(object),
            Object::Function { .. }
                | Object::Class { .. }
                | Object::Ecma(Ecma::Exports(_) | Ecma::Namespace(_) | Ecma::Global)
        )
    }

    fn context_of(&mut self, unit: UnitId, call: &Call) -> ContextId {
        match call.this {
            // Of a function or module that has functions there is one: who calls says more (Kastrinis, Smaragdakis 2013).
            This::Object(receiver)
                if self.ecma.uses_this[unit as usize]
                    && !(self.program.units[unit as usize].forwards && self.is_scope(receiver)) =>
            {
                self.context_for(unit, call.site, Some(receiver))
            }
            _ => self.context_for(unit, call.site, None),
        }
    }

    /// Analyse a function for a call, and let its results flow.
    pub(crate) fn call_function(&mut self, call: &Call, function: ObjectId, unit: UnitId, around: CloneId) {
        let context = self.context_of(unit, call);
        let clone = self.clone_of(unit, around, context);
        let this = self.extra(clone, THIS);
        match call.this {
            This::Nothing => {}
            This::Object(object) => self.graph.insert(this, object),
            This::Node(node) => self.graph.edge(node, this),
        }
        self.pass(function, clone, call);
        let source = &self.program.units[unit as usize];
        let (is_generator, is_async) = (source.is_generator, source.is_async);
        if is_generator {
            let generator = self.objects.intern(Object::Generator(clone));
            self.graph.insert(call.to, generator);
        } else if is_async {
            let promise = self.objects.intern(Object::Coroutine(clone));
            self.graph.insert(call.to, promise);
        } else {
            let returned = self.extra(clone, RETURNED);
            self.graph.edge(returned, call.to);
        }
        if !is_async {
            let thrown = self.extra(clone, THROWN);
            let outer = if call.thrown == NONE { self.extra(call.caller, THROWN) } else { call.thrown };
            self.graph.edge(thrown, outer);
        }
    }

    /// Return the array that a parameter for several arguments is bound to.
    fn argument_array(&mut self, clone: CloneId, part: Part) -> ObjectId {
        let state = self.clones[clone as usize];
        let site = self.site_bases[state.unit as usize + 1] - 1;
        let context = self.heap_context(state.context);
        self.ecma_object(Ecma::Array { site, context, part })
    }

    /// Bind the parameters for several arguments.
    pub(crate) fn bind_argument_arrays(&mut self, clone: CloneId) {
        let state = self.clones[clone as usize];
        let program = self.program;
        for parameter in &program.units[state.unit as usize].parameters {
            let part = match parameter.kind {
                ParameterKind::Rest => Part::Rest,
                ParameterKind::All => Part::Arguments,
                _ => continue,
            };
            let array = self.argument_array(clone, part);
            self.graph.insert(state.base + parameter.value, array);
        }
    }

    fn pass(&mut self, _function: ObjectId, clone: CloneId, call: &Call) {
        self.bind_argument_arrays(clone);
        if !call.arguments.rest.is_empty() {
            // The same arguments, for another receiver that the clone is for too.
            let key = (clone, Rc::as_ptr(&call.arguments) as usize);
            if self.ecma.passed.insert(key, Rc::clone(&call.arguments)).is_some() {
                return;
            }
        }
        let given = call.arguments.positional.len();
        for (at, node) in call.arguments.positional.iter().enumerate() {
            self.bind_argument(clone, at as u32, *node);
        }
        for (at, (node, is_spread)) in call.arguments.rest.iter().enumerate() {
            let (offset, site, caller) = (given as u32, call.site, call.caller);
            if *is_spread && at == 0 {
                self.watch_ecma(*node, Action::SpreadArgument { target: clone, offset, site, caller });
            } else if *is_spread {
                // How many arguments those before it are is not known.
                let item = self.graph.add(1);
                self.watch_ecma(*node, Action::Items { to: item, site, caller });
                self.bind_somewhere(clone, offset, item);
            } else {
                self.bind_somewhere(clone, given as u32, *node);
            }
        }
        if call.arguments.rest.is_empty() {
            let state = self.clones[clone as usize];
            let program = self.program;
            let undefined = self.ecma_object(Ecma::Undefined);
            for parameter in program.units[state.unit as usize].parameters.iter().skip(given) {
                if !matches!(parameter.kind, ParameterKind::Rest | ParameterKind::All) {
                    self.graph.insert(state.base + parameter.value, undefined);
                }
            }
        }
    }

    /// Bind an argument at a position.
    pub(crate) fn bind_argument(&mut self, clone: CloneId, at: u32, node: Node) {
        let state = self.clones[clone as usize];
        let program = self.program;
        let parameters = &program.units[state.unit as usize].parameters;
        for (index, parameter) in parameters.iter().enumerate() {
            let (part, place) = match parameter.kind {
                ParameterKind::Rest if at as usize >= index => (Part::Rest, at - index as u32),
                ParameterKind::All => (Part::Arguments, at),
                ParameterKind::Rest => continue,
                _ if index == at as usize => {
                    self.graph.edge(node, state.base + parameter.value);
                    continue;
                }
                _ => continue,
            };
            let array = self.argument_array(clone, part);
            let name = self.symbols.intern(&place.to_string());
            self.put_property(array, name, node);
        }
    }

    /// Bind an argument at some position from one on.
    fn bind_somewhere(&mut self, clone: CloneId, from: u32, node: Node) {
        let state = self.clones[clone as usize];
        let program = self.program;
        let parameters = &program.units[state.unit as usize].parameters;
        for (index, parameter) in parameters.iter().enumerate() {
            match parameter.kind {
                ParameterKind::Rest | ParameterKind::All => {
                    let part = if parameter.kind == ParameterKind::Rest { Part::Rest } else { Part::Arguments };
                    let array = self.argument_array(clone, part);
                    let any = self.shape(array).any;
                    self.graph.edge(node, any);
                }
                _ if index as u32 >= from => self.graph.edge(node, state.base + parameter.value),
                _ => {}
            }
        }
    }

    /// `f(...object)`
    pub(crate) fn spread_argument_ecma(
        &mut self,
        object: ObjectId,
        target: CloneId,
        offset: u32,
        site: Site,
        caller: CloneId,
    ) {
        if let Object::Ecma(Ecma::Array { .. }) = self.objects.get(object) {
            let any = self.shape(object).any;
            self.bind_somewhere(target, offset, any);
            self.watch_properties(object, Watcher::Arguments { target, offset });
        } else {
            let item = self.graph.add(1);
            self.items(object, item, site, caller);
            self.bind_somewhere(target, offset, item);
        }
    }

    /// Return the clone around one that has `this` of its own.
    pub(crate) fn frame_with_this(&self, clone: CloneId) -> CloneId {
        let mut at = clone;
        loop {
            let state = self.clones[at as usize];
            if self.program.units[state.unit as usize].kind != UnitKind::Lambda || state.around == NONE {
                return at;
            }
            at = state.around;
        }
    }

    /// Call a method that the language looks up, if the program has it.
    pub(crate) fn call_method(
        &mut self,
        object: ObjectId,
        name: Symbol,
        positional: Vec<Node>,
        to: Node,
        site: Site,
        caller: CloneId,
    ) {
        let callee = self.graph.add(1);
        self.load(object, name, callee, site, caller);
        let call = Call::implicit(site, caller, to, This::Object(object), positional);
        self.call_ecma(callee, Call { quiet: true, ..call });
    }

    /// Say whether a method is found among an object's properties right away, its prototypes' too.
    pub(crate) fn has_member(&mut self, object: ObjectId, name: Symbol) -> bool {
        self.chain_of(object).into_iter().any(|one| self.ecma.stored.contains(&(one, name)))
    }

    /// Analyse functions that were made and never called, with what is known of their receivers.
    pub(crate) fn seed_ecma(&mut self, function: ObjectId, clone: CloneId) {
        self.bind_argument_arrays(clone);
        let this = self.extra(clone, THIS);
        let Some(home) = self.ecma.homes.get(&function).copied() else { return };
        let receiver = match self.objects.get(home) {
            Object::Ecma(Ecma::Prototype(class)) => self.any_instance(class),
            _ => home,
        };
        self.graph.insert(this, receiver);
    }

    /// Take down the constraint of a member's call.
    pub(crate) fn member_call(&mut self, object: Node, key: ops::Key, base: Node, call: Call) {
        let site = call.site;
        let id = self.new_ecma_call(call);
        match key {
            ops::Key::Name(name) => self.watch_ecma(object, Action::CallMember { name, call: id }),
            ops::Key::Computed(key) => {
                self.outcome.note_dynamic(site);
                self.ecma.unkeyed_calls.push((object, base + key, id));
                self.watch_ecma(base + key, Action::CallUnder { object, call: id });
            }
        }
    }
}
