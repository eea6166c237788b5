//! `functools.singledispatch`: which function runs for the class of the first argument.

use std::rc::Rc;

use crate::graph::Node;
use crate::objects::{Object, ObjectId};
use crate::program::{CallForm, Map, NONE, Set, Symbol};
use crate::solver::{Action, CallInstance, Solver};

/// A function that is registered for a class.
#[derive(Clone, Copy, Debug)]
struct Registered {
    /// The class, or [`NONE`] where its first annotation says it.
    class: ObjectId,
    function: ObjectId,
}

/// A call of a dispatcher.
#[derive(Clone, Copy, Debug)]
struct Dispatched {
    dispatcher: ObjectId,
    call: u32,
    /// The argument whose class decides.
    argument: Node,
    is_method: bool,
}

/// What is known of dispatchers. All functions are registered before any call is decided.
#[derive(Debug, Default)]
pub(crate) struct Dispatching {
    registered: Map<ObjectId, Vec<Registered>>,
    calls: Vec<Dispatched>,
    /// (call, function) that were decided.
    decided: Set<(u32, ObjectId)>,
    /// (call, object) that were looked at.
    seen: Set<(u32, ObjectId)>,
    /// Calls that an argument of which nothing is known decides.
    unknown: Set<u32>,
}

/// Classes that other classes may be instances of without saying so.
const ABSTRACT: [&str; 4] = ["collections.abc.", "typing.", "numbers.", "os.PathLike"];

impl Solver<'_> {
    /// A class or function has arrived at `dispatcher.register(…)`.
    pub(crate) fn register(&mut self, object: ObjectId, action: Registration) {
        let Registration { dispatcher, to, site, function, class } = action;
        let is_function = matches!(
            self.objects.get(object),
            Object::Function { .. } | Object::Bound { .. } | Object::StaticMethod(_) | Object::ClassMethod(_)
        );
        if is_function && function == NONE {
            let all = self.dispatching.registered.entry(dispatcher).or_default();
            all.push(Registered { class, function: object });
            self.graph.insert(to, object);
        } else if function != NONE {
            let next = Registration { function: NONE, class: object, ..action };
            self.watch(function, Action::Register(Box::new(next)));
        } else {
            let class = self.symbols.intern("functools.singledispatch.register");
            let decorator = self.objects.intern(Object::Made { class, site, context: NONE });
            let (of, by) = (self.field(decorator, self.known.getter), self.field(decorator, self.known.wrapped));
            self.graph.insert(of, dispatcher);
            self.graph.insert(by, object);
            self.graph.insert(to, decorator);
        }
    }

    /// A dispatcher is called.
    pub(crate) fn dispatch(&mut self, call: CallInstance, dispatcher: ObjectId, is_method: bool) {
        let argument = call.arguments.positional.get(usize::from(is_method)).copied();
        let argument = argument.unwrap_or_else(|| self.graph.add(1));
        let call = self.new_call(call);
        self.dispatching.calls.push(Dispatched { dispatcher, call, argument, is_method });
    }

    /// All is quiet: decide calls by the arguments that have arrived. Says whether there were any.
    pub(crate) fn settle_dispatch(&mut self) -> bool {
        let mut some = false;
        for at in 0..self.dispatching.calls.len() {
            let one = self.dispatching.calls[at];
            for object in self.graph.objects(one.argument).to_vec() {
                if self.dispatching.seen.insert((one.call, object)) {
                    some = true;
                    self.decide_dispatch(one, object);
                }
            }
        }
        some
    }

    /// Nothing more will arrive: where nothing is known of an argument any function may run.
    pub(crate) fn settle_unknown_dispatch(&mut self) -> bool {
        let mut some = false;
        for at in 0..self.dispatching.calls.len() {
            let one = self.dispatching.calls[at];
            if self.graph.objects(one.argument).is_empty() && self.dispatching.unknown.insert(one.call) {
                some = true;
                self.run_default(one);
                for Registered { function, .. } in self.registered(one.dispatcher) {
                    self.run_registered(one, function);
                }
            }
        }
        some
    }

    fn registered(&self, dispatcher: ObjectId) -> Vec<Registered> {
        self.dispatching.registered.get(&dispatcher).cloned().unwrap_or_default()
    }

    fn decide_dispatch(&mut self, one: Dispatched, object: ObjectId) {
        let classes = self.classes_of(object);
        // Nearer classes win; of those equally near the function that was registered last.
        let mut best: Option<(usize, ObjectId)> = None;
        let mut unsure: Vec<ObjectId> = Vec::new();
        for Registered { class, function } in self.registered(one.dispatcher) {
            let of = if class == NONE { self.annotated_first(function, one.is_method) } else { vec![class] };
            if of.is_empty() || classes.is_none() {
                unsure.push(function);
            }
            for class in of {
                let near = classes.as_ref().and_then(|classes| classes.iter().position(|known| *known == class));
                match near {
                    Some(near) if best.is_none_or(|(before, _)| near <= before) => best = Some((near, function)),
                    None if self.is_abstract_outside(class) => unsure.push(function),
                    _ => {}
                }
            }
        }
        match best {
            Some((_, function)) => self.run_registered(one, function),
            None => {
                self.run_default(one);
                for function in unsure {
                    self.run_registered(one, function);
                }
            }
        }
    }

    /// Return the classes that an object is an instance of, nearest first; none if they are not known.
    fn classes_of(&mut self, object: ObjectId) -> Option<Vec<ObjectId>> {
        let mut classes = match self.objects.get(object) {
            Object::Instance { class, .. } => self.order(class).to_vec(),
            Object::Class { .. } => vec![self.outside("builtins.type")],
            Object::Opaque(_) => return None,
            Object::Function { .. } => vec![self.outside("types.FunctionType")],
            _ => {
                let class = self.class_name(object)?;
                let base = self.models.base(self.symbols.text(class)).map(str::to_owned);
                let is_boolean = self.symbols.text(class) == "builtins.bool";
                let mut classes = vec![self.objects.intern(Object::External(class))];
                classes.extend(base.map(|base| self.outside(&base)));
                if is_boolean {
                    classes.push(self.objects.intern(Object::External(self.known.int)));
                }
                classes
            }
        };
        classes.push(self.outside("builtins.object"));
        Some(classes)
    }

    fn outside(&mut self, name: &str) -> ObjectId {
        let name: Symbol = self.symbols.intern(name);
        self.objects.intern(Object::External(name))
    }

    fn is_abstract_outside(&self, class: ObjectId) -> bool {
        match self.objects.get(class) {
            Object::External(name) => ABSTRACT.iter().any(|prefix| self.symbols.text(name).starts_with(prefix)),
            Object::Class { .. } => false,
            _ => true,
        }
    }

    /// Return the classes that the annotation of a function's first argument names.
    fn annotated_first(&mut self, function: ObjectId, is_method: bool) -> Vec<ObjectId> {
        let plain = match self.objects.get(function) {
            Object::Bound { function, .. } | Object::StaticMethod(function) | Object::ClassMethod(function) => function,
            _ => function,
        };
        let is_static = matches!(self.objects.get(function), Object::StaticMethod(_));
        let position = u32::from(is_method && !is_static);
        let annotations = self.annotations.get(&plain).cloned();
        let node = annotations.iter().flat_map(|pairs| pairs.iter()).find(|(at, _)| *at == position);
        node.map(|(_, node)| self.graph.objects(*node).to_vec()).unwrap_or_default()
    }

    fn run_registered(&mut self, one: Dispatched, function: ObjectId) {
        if !self.dispatching.decided.insert((one.call, function)) {
            return;
        }
        let mut call = self.calls[one.call as usize].clone();
        let node = self.single(function);
        match (self.objects.get(function), call.arguments.positional.first().copied()) {
            // The receiver is another than for the function itself.
            (Object::StaticMethod(_), Some(_)) if one.is_method => {
                let mut arguments = (*call.arguments).clone();
                arguments.positional.remove(0);
                call.arguments = Rc::new(arguments);
                self.call_node(node, call);
            }
            _ => self.call_node(node, call),
        }
    }

    fn run_default(&mut self, one: Dispatched) {
        if self.dispatching.decided.insert((one.call, one.dispatcher)) {
            let wrapped = self.field(one.dispatcher, self.known.wrapped);
            let call = CallInstance { form: CallForm::Plain, ..self.calls[one.call as usize].clone() };
            self.call_node(wrapped, call);
        }
    }
}

/// What is registered at `dispatcher.register(…)`, and where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Registration {
    pub dispatcher: ObjectId,
    pub to: Node,
    pub site: u32,
    /// Functions that are registered with the class, or [`NONE`].
    pub function: Node,
    /// The class that they are registered for, or [`NONE`].
    pub class: ObjectId,
}
