//! What the language and its library do with values: flow summaries in data, and the few that need code.
//!
//! A summary says how values move through a call: `Argument[0].ReturnValue -> ReturnValue.Element`. The grammar is that
//! of the taint rules' propagators. What a callback is given makes the call of the callback.

use std::rc::Rc;

use serde::Deserialize;

use crate::graph::Node;
use crate::objects::{CloneId, Object, ObjectId};
use crate::program::{CallForm, ContainerKind, Map, NONE, Place, Set, Symbol};
use crate::report::Target;
use crate::solver::{Action, Arguments, CallInstance, ItemAccess, Site, Solver};

/// Where a path begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    /// By position, or by name.
    Argument { at: Option<u32>, from: bool, name: Option<String> },
    /// The receiver of a method.
    Receiver,
    /// What the call gives.
    Returned,
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    Element,
    /// What a mapping holds under its keys.
    Values,
    Key(String),
    Attribute(String),
    Returned,
    Parameter(u32),
    Awaited,
    Instance,
    /// Why a promise is rejected.
    Rejected,
    /// The receiver that a callback is called with.
    Receiver,
    /// A method that the program defines, or with `*` at the end all whose names begin so: what a library calls.
    Method(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Path {
    pub root: Root,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug)]
pub(crate) struct Flow {
    pub from: Path,
    pub to: Path,
}

/// Bytes of texts that are put together: names, and not what a loop makes longer and longer.
const MOST_CONCATENATED: usize = 64;

/// The rule files' form, as JSON.
#[derive(Debug, Default, Deserialize)]
struct Document {
    #[serde(default)]
    flows: Vec<(String, String)>,
    #[serde(default)]
    types: Vec<(String, String)>,
    #[serde(default)]
    aliases: Vec<(String, String)>,
    #[serde(default)]
    builtins: Vec<String>,
    #[serde(default)]
    mappings: Vec<String>,
    #[serde(default)]
    without_members: Vec<String>,
    #[serde(default)]
    bases: Vec<(String, String)>,
    #[serde(default)]
    members: Vec<(String, Vec<String>)>,
    #[serde(default)]
    ecmascript: Option<Box<Document>>,
}

/// Flow summaries, ready to apply.
#[derive(Debug, Default)]
pub struct Models {
    flows: Map<String, Vec<Flow>>,
    types: Map<String, String>,
    classes: Set<String>,
    aliases: Map<String, String>,
    builtins: Set<String>,
    mappings: Set<String>,
    without_members: Set<String>,
    bases: Map<String, String>,
    members: Map<String, Set<String>>,
    /// Those of JavaScript.
    ecmascript: Option<Box<Models>>,
}

fn path(text: &str) -> Result<Path, String> {
    let wrong = || format!("{text:?} is no access path");
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let (argument, after) = match after.strip_prefix('[') {
            Some(inner) => {
                let (argument, after) = inner.split_once(']').ok_or_else(wrong)?;
                (Some(argument), after)
            }
            None => (None, after),
        };
        parts.push((name, argument));
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    let (first, steps) = parts.split_first().ok_or_else(wrong)?;
    let root = match *first {
        ("ReturnValue", None) => Root::Returned,
        ("Argument", Some("self")) => Root::Receiver,
        ("Argument", Some(which)) => {
            let (mut at, mut from, mut name) = (None, false, None);
            for one in which.split(',').map(str::trim) {
                if let Some(text) = one.strip_suffix(':') {
                    name = Some(text.to_owned());
                } else {
                    from = one.ends_with("..");
                    at = Some(one.trim_end_matches("..").parse().map_err(|_| wrong())?);
                }
            }
            Root::Argument { at, from, name }
        }
        _ => return Err(wrong()),
    };
    let steps = steps
        .iter()
        .map(|step| {
            Ok(match *step {
                ("Element", None) => Step::Element,
                ("Values", None) => Step::Values,
                ("Key", Some(key)) => Step::Key(key.to_owned()),
                ("Attribute", Some(name)) => Step::Attribute(name.to_owned()),
                ("Method", Some(name)) => Step::Method(name.to_owned()),
                ("ReturnValue", None) => Step::Returned,
                ("Parameter", Some(at)) => Step::Parameter(at.parse().map_err(|_| wrong())?),
                ("Awaited", None) => Step::Awaited,
                ("Instance", None) => Step::Instance,
                ("Rejected", None) => Step::Rejected,
                ("Receiver", None) => Step::Receiver,
                _ => return Err(wrong()),
            })
        })
        .collect::<Result<_, String>>()?;
    Ok(Path { root, steps })
}

impl Models {
    /// Read summaries.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn from_json(text: &str) -> Result<Self, String> {
        Self::read(serde_json::from_str(text).map_err(|error| error.to_string())?)
    }

    fn read(document: Document) -> Result<Self, String> {
        let mut models = Self::default();
        if let Some(inner) = document.ecmascript {
            models.ecmascript = Some(Box::new(Self::read(*inner)?));
        }
        for (call, flow) in document.flows {
            let (from, to) = flow.split_once("->").ok_or_else(|| format!("{flow:?} has no arrow"))?;
            models.flows.entry(call).or_default().push(Flow { from: path(from)?, to: path(to)? });
        }
        for (call, class) in document.types {
            models.classes.insert(class.clone());
            models.types.insert(call, class);
        }
        models.aliases = document.aliases.into_iter().collect();
        models.builtins = document.builtins.into_iter().collect();
        models.mappings = document.mappings.into_iter().collect();
        models.without_members = document.without_members.into_iter().collect();
        models.bases = document.bases.into_iter().collect();
        models.members =
            document.members.into_iter().map(|(class, names)| (class, names.into_iter().collect())).collect();
        Ok(models)
    }

    /// Return the summaries of JavaScript's library.
    pub(crate) fn of_ecmascript(&self) -> &Models {
        self.ecmascript.as_deref().unwrap_or(self)
    }

    /// Return the flows of a call.
    pub(crate) fn flows(&self, name: &str) -> &[Flow] {
        self.flows.get(name).map_or(&[], Vec::as_slice)
    }

    /// Return the class of what a call gives.
    pub(crate) fn result_class(&self, name: &str) -> Option<&str> {
        self.types.get(name).map(String::as_str)
    }

    /// Return what a class inherits from.
    pub(crate) fn base(&self, class: &str) -> Option<&str> {
        self.bases.get(class).map(String::as_str)
    }

    /// Say whether all members of a class are known.
    pub(crate) fn is_listed(&self, class: &str) -> bool {
        self.members.contains_key(class)
    }

    /// Return the name whose summaries hold for a name: its own, or that of the method that its class inherits.
    pub(crate) fn modelled(&self, name: &str) -> String {
        if self.flows.contains_key(name) || self.types.contains_key(name) {
            return name.to_owned();
        }
        match name.rsplit_once('.') {
            Some((class, method)) => match self.bases.get(class) {
                Some(base) => format!("{base}.{method}"),
                None => name.to_owned(),
            },
            None => name.to_owned(),
        }
    }

    /// Say whether a class can have a member: all can of which the members are not listed.
    pub fn may_have(&self, class: &str, member: &str) -> bool {
        self.members.get(class).is_none_or(|members| members.contains(member))
    }

    /// Say whether a name is the language's own.
    pub fn is_builtin(&self, name: &str) -> bool {
        self.builtins.contains(name)
    }

    /// Return the name under which something outside is known.
    pub fn canonical<'a>(&'a self, name: &'a str) -> &'a str {
        self.aliases.get(name).map_or(name, String::as_str)
    }

    /// Say whether iterating over an instance gives keys.
    pub fn is_mapping(&self, class: &str) -> bool {
        self.mappings.contains(class)
    }

    /// Say whether a base adds no attributes that anyone calls.
    pub fn brings_nothing(&self, class: &str) -> bool {
        self.without_members.contains(class)
    }

    /// Say whether an outside name is a class that has instances here.
    pub fn is_class(&self, name: &str) -> bool {
        self.classes.contains(name)
    }
}

impl Solver<'_> {
    /// Call something outside of the program.
    pub(crate) fn invoke_external(&mut self, call: &CallInstance, name: Symbol, receiver: Option<ObjectId>) {
        self.outcome.note(call.site, Target::External(name), call.implicit);
        let text = self.models.modelled(self.symbols.text(name));
        self.invoke_protocol(call, &text);
        if self.invoke_special(call, &text, receiver) {
            return;
        }
        let class = self.models.types.get(&text).cloned();
        let flows = self.models.flows.get(&text);
        let models = self.models;
        if class.is_none() && flows.is_none() {
            self.opaque_result(call, name);
            return;
        }
        let mut result = None;
        if let Some(class) = class {
            let class = self.symbols.intern(&class);
            let holds = flows.is_some_and(|flows| {
                flows.iter().any(|flow| flow.to.root == Root::Returned && !flow.to.steps.is_empty())
            });
            let is_container = [self.known.list, self.known.tuple, self.known.set, self.known.dict].contains(&class);
            let object = if holds || is_container {
                self.made(class, call)
            } else {
                self.objects.intern(Object::ExternalInstance(class))
            };
            self.graph.insert(call.to, object);
            result = Some(object);
        }
        if let Some(flows) = models.flows.get(&text) {
            let mut application =
                Application { call, receiver, result, callbacks: Map::default(), inner: Map::default() };
            // What callbacks are given comes first: their results may be asked for.
            for callbacks in [true, false] {
                for flow in flows {
                    let is_callback = flow.to.steps.iter().any(|step| matches!(step, Step::Parameter(_)));
                    if is_callback == callbacks {
                        self.apply(&mut application, flow);
                    }
                }
            }
        }
    }

    /// Return the object that a model makes at a call.
    pub(crate) fn made(&mut self, class: Symbol, call: &CallInstance) -> ObjectId {
        let context = self.heap_context(self.clones[call.caller as usize].context);
        self.objects.intern(Object::Made { class, site: call.site, context })
    }

    fn apply(&mut self, application: &mut Application<'_>, flow: &Flow) {
        for from in self.roots(application, &flow.from.root) {
            let node = self.walk(application, from, &flow.from.steps);
            self.deliver(application, &flow.to, node);
        }
    }

    /// Return where steps lead from a node.
    fn walk(&mut self, application: &mut Application<'_>, (node, argument): (Node, u32), steps: &[Step]) -> Node {
        let mut node = node;
        for (at, step) in steps.iter().enumerate() {
            node = match step {
                Step::Returned => self.callback(application, (argument, &steps[..at]), node).1,
                step => self.step(application, node, step),
            };
        }
        node
    }

    fn roots(&mut self, application: &Application<'_>, root: &Root) -> Vec<(Node, u32)> {
        let arguments = &application.call.arguments;
        match root {
            Root::Returned => vec![(application.call.to, u32::MAX)],
            Root::Receiver => {
                application.receiver.map(|receiver| (self.single(receiver), u32::MAX)).into_iter().collect()
            }
            Root::Argument { at, from, name } => {
                let mut found = Vec::new();
                if let Some(name) = name
                    && let Some(symbol) = self.symbols.find(name)
                {
                    let named = arguments.named.iter().filter(|(one, _)| *one == symbol);
                    found.extend(named.map(|(_, node)| (*node, at.unwrap_or(1000 + symbol))));
                }
                if let Some(at) = at {
                    let given = arguments.positional.iter().enumerate().skip(*at as usize);
                    let count = if *from { usize::MAX } else { 1 };
                    found.extend(given.take(count).map(|(at, node)| (*node, at as u32)));
                }
                found
            }
        }
    }

    fn step(&mut self, application: &mut Application<'_>, node: Node, step: &Step) -> Node {
        let (site, caller) = (application.call.site, application.call.caller);
        let to = self.graph.add(1);
        match step {
            Step::Element => self.watch(node, Action::IterateThenNext { to, site, caller }),
            Step::Values | Step::Key(_) => {
                let place = match step {
                    Step::Key(key) => key.parse().map_or(Place::Any, Place::At),
                    _ => Place::Any,
                };
                let item = ItemAccess { key: None, place, value: to, site, caller };
                self.watch(node, Action::LoadItem(Rc::new(item)));
            }
            Step::Attribute(name) => {
                let name = self.symbols.intern(name);
                self.watch(node, Action::LoadAttribute { name, to, site, caller });
            }
            Step::Method(name) => {
                let name = self.symbols.intern(name);
                self.watch(node, Action::OwnMethod { name, to, site, caller });
            }
            Step::Awaited => self.watch(node, Action::Await { to, site, caller }),
            Step::Instance => self.watch(node, Action::InstanceOf { to }),
            Step::Returned | Step::Parameter(_) | Step::Rejected | Step::Receiver => {}
        }
        to
    }

    /// Return the call of a callback: nodes of its first arguments, and of what it returns.
    ///
    /// It is told apart by where it comes from: the argument, and the steps from there.
    fn callback(
        &mut self,
        application: &mut Application<'_>,
        (argument, steps): (u32, &[Step]),
        callee: Node,
    ) -> (Node, Node) {
        let key = (argument, steps.to_vec());
        if let Some(found) = application.callbacks.get(&key) {
            return *found;
        }
        let count = Application::parameter_count();
        let first = self.graph.add(count + 1);
        let positional = (first..first + count).collect();
        let arguments = Rc::new(Arguments { positional, ..Arguments::default() });
        self.derived_call(callee, application.call, arguments, first + count);
        application.callbacks.insert(key, (first, first + count));
        (first, first + count)
    }

    fn deliver(&mut self, application: &mut Application<'_>, path: &Path, node: Node) {
        let (site, caller) = (application.call.site, application.call.caller);
        match (&path.root, path.steps.as_slice()) {
            (Root::Returned, []) => self.graph.edge(node, application.call.to),
            (Root::Returned, steps) => {
                if let Some(result) = application.result {
                    self.deliver_into(application, result, steps, node);
                }
            }
            (root, [before @ .., Step::Parameter(at)]) => {
                for (from, argument) in self.roots(application, root) {
                    let callee = self.walk(application, (from, argument), before);
                    let (first, _) = self.callback(application, (argument, before), callee);
                    self.graph.edge(node, first + at);
                }
            }
            (Root::Receiver, steps) => {
                if let Some(receiver) = application.receiver {
                    self.deliver_into(application, receiver, steps, node);
                }
            }
            (root, [Step::Element]) => {
                for (target, _) in self.roots(application, root) {
                    let item = ItemAccess { key: None, place: Place::Any, value: node, site, caller };
                    self.watch(target, Action::StoreItem(Rc::new(item)));
                }
            }
            (root, [Step::Attribute(name)]) => {
                let name = self.symbols.intern(name);
                for (target, _) in self.roots(application, root) {
                    self.watch(target, Action::StoreAttribute { name, value: node, site, caller });
                }
            }
            _ => {}
        }
    }

    fn deliver_into(&mut self, application: &mut Application<'_>, object: ObjectId, steps: &[Step], node: Node) {
        match steps {
            [] => {}
            [Step::Attribute(name)] => {
                let name = self.symbols.intern(name);
                let field = self.field(object, name);
                self.graph.edge(node, field);
            }
            [Step::Element] => {
                if self.is_mapping(object) {
                    if let Some(keys) = self.container(object).map(|state| state.keys) {
                        self.graph.edge(node, keys);
                    }
                } else if let Some(any) = self.any_item(object) {
                    self.graph.edge(node, any);
                }
            }
            [Step::Values] => self.put(object, Place::Any, 0, node),
            [Step::Key(key)] => match key.parse() {
                Ok(at) => self.put(object, Place::At(at), 0, node),
                Err(_) => self.put(object, Place::Any, 0, node),
            },
            [Step::Element, rest @ ..] => {
                // A tuple for each item: `enumerate`, `zip`, `items`.
                let inner = *application.inner.entry(object).or_insert_with(|| {
                    let site = application.call.site;
                    let context = self.heap_context(self.clones[application.call.caller as usize].context);
                    self.objects.intern(Object::Container { kind: ContainerKind::Tuple, site, context })
                });
                let single = self.single(inner);
                if let Some(any) = self.any_item(object) {
                    self.graph.edge(single, any);
                }
                self.deliver_into(application, inner, rest, node);
            }
            _ => {}
        }
    }

    /// Call an object that a model made.
    pub(crate) fn invoke_made(&mut self, call: &CallInstance, callee: ObjectId, class: Symbol) {
        let wrapped = self.field(callee, self.known.wrapped);
        if class == self.known.partial {
            let held = self.partials.get(&callee).cloned().unwrap_or_default();
            let mut arguments = (*held).clone();
            arguments.positional.extend(call.arguments.positional.iter().copied());
            arguments.spread.extend(call.arguments.spread.iter().copied());
            arguments.named.retain(|(name, _)| !call.arguments.named.iter().any(|(one, _)| one == name));
            arguments.named.extend(call.arguments.named.iter().copied());
            arguments.named_spread.extend(call.arguments.named_spread.iter().copied());
            let depth = call.depth + 1;
            let derived = CallInstance { arguments: Rc::new(arguments), form: CallForm::Plain, depth, ..call.clone() };
            self.call_node(wrapped, derived);
        } else if class == self.known.context_manager {
            let manager = self.made(self.known.entered_context, call);
            let generator = self.field(manager, self.known.wrapped);
            let depth = call.depth + 1;
            let derived = CallInstance { to: generator, form: CallForm::Plain, depth, ..call.clone() };
            self.call_node(wrapped, derived);
            self.graph.insert(call.to, manager);
        } else if !self.invoke_library_object(call, callee, class) {
            self.outcome.note_opaque(call.site);
            self.opaque_result(call, class);
        }
    }

    /// Builtins that ask their argument's class: `len(x)` is `type(x).__len__(x)`.
    fn invoke_protocol(&mut self, call: &CallInstance, name: &str) {
        let method = match name {
            "builtins.len" => "__len__",
            "builtins.str" | "builtins.print" => "__str__",
            "builtins.repr" => "__repr__",
            "builtins.hash" => "__hash__",
            "builtins.bool" => "__bool__",
            "builtins.int" => "__int__",
            "builtins.float" => "__float__",
            "builtins.bytes" => "__bytes__",
            "builtins.abs" => "__abs__",
            "builtins.round" => "__round__",
            "builtins.reversed" => "__reversed__",
            "builtins.format" => "__format__",
            "builtins.divmod" => "__divmod__",
            "builtins.pow" => "__pow__",
            "builtins.complex" => "__complex__",
            "copy.copy" => "__copy__",
            "copy.deepcopy" => "__deepcopy__",
            "builtins.isinstance" | "builtins.issubclass" => return self.check_instance(call, name),
            "builtins.sorted" | "builtins.min" | "builtins.max" => return self.compare_items(call, name),
            "builtins.sum" => return self.add_items(call),
            _ => return,
        };
        let method = self.symbols.intern(method);
        for argument in call.arguments.positional.iter().take(if name == "builtins.print" { usize::MAX } else { 1 }) {
            let to = if name.starts_with("copy.") { call.to } else { self.graph.add(1) };
            let (site, caller) = (call.site, call.caller);
            self.watch(*argument, Action::Protocol { method, to, site, caller });
        }
    }

    /// `isinstance(object, class)` asks the metaclass of a class that has one of its own.
    fn check_instance(&mut self, call: &CallInstance, name: &str) {
        let is_subclass = name == "builtins.issubclass";
        let method = if is_subclass { self.known.subclass_check } else { self.known.instance_check };
        if self.defines(method)
            && let Some(class) = call.arguments.positional.get(1)
        {
            let (site, caller, to) = (call.site, call.caller, self.graph.add(1));
            self.watch(*class, Action::Protocol { method, to, site, caller });
        }
    }

    /// What is put in order is compared, unless keys are.
    fn compare_items(&mut self, call: &CallInstance, name: &str) {
        let method = if name == "builtins.max" { self.known.dunder_gt } else { self.known.dunder_lt };
        let has_key = call.arguments.named.iter().any(|(name, _)| self.symbols.text(*name) == "key");
        if has_key || !self.defines(method) {
            return;
        }
        let (site, caller) = (call.site, call.caller);
        let (items, ignored) = (self.graph.add(2), self.graph.add(1));
        match call.arguments.positional.as_slice() {
            [iterable] => self.watch(*iterable, Action::IterateThenNext { to: items, site, caller }),
            several => several.iter().for_each(|node| self.graph.edge(*node, items)),
        }
        self.watch(items, Action::Operator { method, other: items, to: ignored, site, caller });
    }

    /// `sum(items)`: the first is added to 0, the others to the sum.
    fn add_items(&mut self, call: &CallInstance) {
        let Some(iterable) = call.arguments.positional.first() else { return };
        let (site, caller) = (call.site, call.caller);
        let first = self.graph.add(2);
        let (items, total) = (first, first + 1);
        self.watch(*iterable, Action::IterateThenNext { to: items, site, caller });
        match call.arguments.positional.get(1) {
            Some(start) => self.graph.edge(*start, total),
            None => {
                let method = self.known.dunder_radd;
                self.watch(items, Action::Operator { method, other: total, to: total, site, caller });
            }
        }
        let method = self.known.dunder_add;
        self.watch(total, Action::Operator { method, other: items, to: total, site, caller });
        self.graph.edge(total, call.to);
    }

    /// Models that need code. Says whether the call was one of them.
    fn invoke_special(&mut self, call: &CallInstance, name: &str, receiver: Option<ObjectId>) -> bool {
        let positional = &call.arguments.positional;
        let first = positional.first().copied();
        let (site, caller) = (call.site, call.caller);
        match (name, first) {
            ("builtins.super", None) => self.implicit_super(call),
            ("builtins.super", Some(first)) => {
                let derived = self.new_call(call.clone());
                self.watch(first, Action::SuperOf { call: derived });
            }
            ("builtins.type", Some(first)) if positional.len() == 1 => {
                self.watch(first, Action::TypeOf { to: call.to });
            }
            ("abc.abstractmethod", Some(first)) => {
                self.abstract_methods.extend(self.graph.objects(first).iter().copied());
                return false;
            }
            ("builtins.type", Some(_)) if positional.len() == 3 => self.make_class_of(call, None, 0),
            ("builtins.property" | "functools.cached_property" | "abc.abstractproperty", _) => {
                let class =
                    if name.starts_with("functools") { self.known.cached_property } else { self.known.property };
                let object = self.made(class, call);
                let names = [self.known.getter, self.known.setter, self.known.deleter];
                for (name, node) in names.iter().zip(positional) {
                    let field = self.field(object, *name);
                    self.graph.edge(*node, field);
                }
                for (name, node) in &call.arguments.named {
                    if names.contains(name) {
                        let field = self.field(object, *name);
                        self.graph.edge(*node, field);
                    }
                }
                self.graph.insert(call.to, object);
            }
            ("builtins.property.setter" | "builtins.property.getter" | "builtins.property.deleter", Some(first)) => {
                let Some(receiver) = receiver else { return true };
                let object = self.made(self.known.property, call);
                for name in [self.known.getter, self.known.setter, self.known.deleter] {
                    let (before, after) = (self.field(receiver, name), self.field(object, name));
                    self.graph.edge(before, after);
                }
                let changed = match name {
                    "builtins.property.setter" => self.known.setter,
                    "builtins.property.getter" => self.known.getter,
                    _ => self.known.deleter,
                };
                let field = self.field(object, changed);
                self.graph.edge(first, field);
                self.graph.insert(call.to, object);
            }
            ("builtins.staticmethod" | "builtins.classmethod", Some(first)) => {
                self.watch(first, Action::Wrap { is_static: name == "builtins.staticmethod", to: call.to });
            }
            ("builtins.getattr" | "builtins.setattr", Some(_)) => {
                let derived = self.new_call(call.clone());
                if let Some(key) = positional.get(1) {
                    self.outcome.note_dynamic(site);
                    self.watch(*key, Action::KeyName { call: derived });
                }
                if name == "builtins.getattr"
                    && let Some(default) = positional.get(2)
                {
                    self.graph.edge(*default, call.to);
                }
            }
            ("builtins.eval" | "builtins.exec" | "builtins.compile", _) => {
                self.outcome.note_dynamic(site);
                self.opaque_named(call, name);
            }
            ("builtins.iter", Some(first)) if positional.len() == 1 => {
                self.watch(first, Action::Iterate { to: call.to, asynchronous: false, site, caller });
            }
            ("builtins.next", Some(first)) => {
                self.watch(first, Action::Next { to: call.to, asynchronous: false, site, caller });
                if let Some(default) = positional.get(1) {
                    self.graph.edge(*default, call.to);
                }
            }
            ("functools.partial" | "functools.partialmethod", Some(first)) => {
                let is_method = name == "functools.partialmethod";
                let object = self.made(if is_method { self.known.partialmethod } else { self.known.partial }, call);
                let mut arguments = (*call.arguments).clone();
                arguments.positional.remove(0);
                self.partials.insert(object, Rc::new(arguments));
                let wrapped = self.field(object, self.known.wrapped);
                self.graph.edge(first, wrapped);
                self.graph.insert(call.to, object);
            }
            ("contextlib.contextmanager" | "contextlib.asynccontextmanager", Some(first)) => {
                let object = self.made(self.known.context_manager, call);
                let wrapped = self.field(object, self.known.wrapped);
                self.graph.edge(first, wrapped);
                self.graph.insert(call.to, object);
            }
            ("builtins.dict.get" | "builtins.dict.pop" | "builtins.dict.setdefault", Some(key)) => {
                let Some(receiver) = receiver else { return true };
                self.load_item(receiver, Some(key), Place::Any, call.to, site, caller);
                let node = self.single(receiver);
                self.unkeyed.push((node, key, call.to));
                if let Some(default) = positional.get(1) {
                    self.graph.edge(*default, call.to);
                    if name == "builtins.dict.setdefault" {
                        self.store_item(receiver, Some(key), Place::Any, *default, site, caller);
                    }
                }
            }
            ("builtins.dict.update" | "builtins.set.update" | "builtins.list.extend", _) => {
                let Some(receiver) = receiver else { return true };
                if let Some(first) = first {
                    self.watch(first, Action::Update { container: receiver, site, caller });
                }
                self.name_items(receiver, call);
            }
            ("builtins.dict" | "collections.OrderedDict" | "collections.Counter", _) => {
                let class = self.symbols.intern(name);
                let object = self.made(class, call);
                self.graph.insert(call.to, object);
                if let Some(first) = first {
                    self.watch(first, Action::Update { container: object, site, caller });
                }
                self.name_items(object, call);
            }
            ("builtins.str.format" | "builtins.str.lower" | "builtins.str.upper", _) => {
                if let Some(receiver) = receiver {
                    self.known_part(receiver, name, call.to);
                }
                return false;
            }
            (_, Some(_)) if name.ends_with(".__setattr__") => {
                let mut arguments = (*call.arguments).clone();
                if let Some(receiver) = receiver {
                    arguments.positional.insert(0, self.single(receiver));
                }
                let key = arguments.positional.get(1).copied();
                let derived = self.new_call(CallInstance { arguments: Rc::new(arguments), ..call.clone() });
                if let Some(key) = key {
                    self.watch(key, Action::SetKey { call: derived });
                }
            }
            (_, _) if name.ends_with(".__new__") => {
                if let Some(first) = first {
                    let derived = self.new_call(call.clone());
                    self.watch(first, Action::MakeInstance { call: derived });
                }
            }
            ("builtins.type.__call__", _) => match receiver {
                Some(receiver) if matches!(self.objects.get(receiver), Object::Class { .. }) => {
                    self.make_instance(call, receiver);
                }
                Some(_) => {}
                None => {
                    let Some(first) = first else { return true };
                    let mut arguments = (*call.arguments).clone();
                    arguments.positional.remove(0);
                    let derived = CallInstance { arguments: Rc::new(arguments), ..call.clone() };
                    let derived = self.new_call(derived);
                    self.watch(first, Action::MakeOf { call: derived });
                }
            },
            _ => return self.invoke_library(call, name, receiver),
        }
        true
    }

    /// `left + right` of two texts that are known and short.
    pub(crate) fn joined_texts(&mut self, left: ObjectId, right: ObjectId, to: Node) {
        if let (Object::Text(left), Object::Text(right)) = (self.objects.get(left), self.objects.get(right)) {
            let text = [left, right].map(|one| self.symbols.text(one)).concat();
            if text.len() <= MOST_CONCATENATED && self.budget.heap_contexts {
                let text = self.symbols.intern(&text);
                let text = self.objects.intern(Object::Text(text));
                self.graph.insert(to, text);
            }
        }
    }

    /// What is known of the text that a method of a text gives.
    fn known_part(&mut self, text: ObjectId, method: &str, to: Node) {
        let changed = |text: &str| match method {
            "builtins.str.lower" => text.to_lowercase(),
            "builtins.str.upper" => text.to_uppercase(),
            _ => text.to_owned(),
        };
        let made = match self.objects.get(text) {
            Object::Text(text) if method == "builtins.str.format" => {
                let text = self.symbols.text(text).to_owned();
                let (Some((prefix, _)), Some((_, suffix))) = (text.split_once('{'), text.rsplit_once('}')) else {
                    return;
                };
                if prefix.contains('}') || suffix.contains('{') || prefix.len() + suffix.len() < 2 {
                    return;
                }
                let [prefix, suffix] =
                    [prefix, suffix].map(|text| if text.is_empty() { NONE } else { self.symbols.intern(text) });
                Object::Affixes { prefix, suffix }
            }
            Object::Text(text) => {
                let text = changed(self.symbols.text(text));
                Object::Text(self.symbols.intern(&text))
            }
            Object::Affixes { prefix, suffix } => {
                let [prefix, suffix] = [prefix, suffix].map(|symbol| {
                    if symbol == NONE {
                        return NONE;
                    }
                    let text = changed(self.symbols.text(symbol));
                    self.symbols.intern(&text)
                });
                Object::Affixes { prefix, suffix }
            }
            _ => return,
        };
        let made = self.objects.intern(made);
        self.graph.insert(to, made);
    }

    fn opaque_named(&mut self, call: &CallInstance, name: &str) {
        let symbol = self.symbols.intern(name);
        self.opaque_result(call, symbol);
    }

    /// Put named arguments under their names.
    pub(crate) fn name_items(&mut self, object: ObjectId, call: &CallInstance) {
        for (name, node) in &call.arguments.named {
            let key = self.objects.intern(Object::Text(*name));
            self.put_under(object, key, *node);
            let single = self.single(key);
            if let Some(keys) = self.container(object).map(|state| state.keys) {
                self.graph.edge(single, keys);
            }
        }
    }

    /// A name has arrived at `getattr(object, name)` or `setattr(object, name, value)`.
    pub(crate) fn named_access(&mut self, id: u32, name: ObjectId) {
        let object = self.calls[id as usize].arguments.positional[0];
        match self.objects.get(name) {
            Object::Text(name) => self.watch(object, Action::NamedAccess { name, call: id }),
            Object::Affixes { prefix, suffix } if !self.is_store(id) => {
                self.watch(object, Action::AffixAccess { prefix, suffix, call: id });
            }
            _ => {}
        }
    }

    fn is_store(&self, id: u32) -> bool {
        let site = self.outcome.sites.get(self.calls[id as usize].site);
        site.is_some_and(|site| site.targets.contains(&Target::External(self.set_attribute_name)))
    }

    /// `getattr(object, "name")` or `setattr(object, "name", value)` with both known.
    pub(crate) fn access_named(&mut self, id: u32, object: ObjectId, name: Symbol) {
        let call = self.calls[id as usize].clone();
        let is_store = self.is_store(id);
        match call.arguments.positional.get(2) {
            Some(value) if is_store => self.store_attribute(object, name, *value, call.site, call.caller),
            _ => self.load_attribute(object, name, call.to, call.site, call.caller),
        }
    }

    /// `type(object)`
    pub(crate) fn type_of(&mut self, object: ObjectId, to: Node) {
        match self.objects.get(object) {
            Object::Instance { class, .. } => self.graph.insert(to, class),
            Object::Class { .. } => {
                for metaclass in self.metaclasses(object) {
                    self.graph.insert(to, metaclass);
                }
            }
            Object::Opaque(_) => self.graph.insert(to, object),
            _ => {
                if let Some(class) = self.class_name(object) {
                    let class = self.objects.intern(Object::External(class));
                    self.graph.insert(to, class);
                }
            }
        }
    }

    /// `super(class, receiver)`
    pub(crate) fn explicit_super(&mut self, id: u32, class: ObjectId) {
        let call = self.calls[id as usize].clone();
        match call.arguments.positional.get(1) {
            Some(receiver) => self.watch(*receiver, Action::SuperReceiver { class, to: call.to }),
            None => self.implicit_super(&call),
        }
    }

    /// `text % operands` asks the operands for their texts.
    fn format_operands(&mut self, operands: Node, site: Site, caller: CloneId) {
        let (method, to) = (self.known.dunder_str, self.graph.add(1));
        self.watch(operands, Action::Protocol { method, to, site, caller });
        for operand in self.graph.objects(operands).to_vec() {
            if matches!(self.objects.get(operand), Object::Container { kind: ContainerKind::Tuple, .. })
                && let Some(all) = self.all_items(operand)
            {
                self.watch(all, Action::Protocol { method, to, site, caller });
            }
        }
    }

    /// Apply an operator to an operand. Says whether a method of its class is called.
    pub(crate) fn operate(
        &mut self,
        object: ObjectId,
        method: Symbol,
        other: Node,
        to: Node,
        site: Site,
        caller: CloneId,
    ) -> bool {
        match self.objects.get(object) {
            Object::Instance { .. } => {
                let mut method = method;
                loop {
                    let takes = other != NONE && method != self.known.dunder_iter;
                    let arguments = if takes { vec![other] } else { Vec::new() };
                    if self.call_special(object, method, arguments, to, site, caller) {
                        return true;
                    }
                    // What `object` does where the class has no such method.
                    method = match self.symbols.text(method) {
                        "__bool__" => self.symbols.intern("__len__"),
                        "__format__" => self.symbols.intern("__str__"),
                        "__str__" => self.symbols.intern("__repr__"),
                        "__ne__" => self.symbols.intern("__eq__"),
                        "__contains__" => self.known.dunder_iter,
                        _ => return false,
                    };
                }
            }
            Object::Class { .. } => {
                let arguments = if other == NONE { Vec::new() } else { vec![other] };
                if self.call_special(object, method, arguments, to, site, caller) {
                    return true;
                }
                match self.symbols.text(method) {
                    // `A | B` in a declaration: either.
                    "__or__" | "__ror__" => self.graph.insert(to, object),
                    "__contains__" => {
                        let method = self.known.dunder_iter;
                        return self.call_special(object, method, Vec::new(), to, site, caller);
                    }
                    _ => {}
                }
            }
            Object::Text(_) | Object::ExternalInstance(_) | Object::Integer(_) => {
                let name = self.symbols.text(method);
                if matches!(name, "__add__" | "__mod__" | "__mul__" | "__sub__" | "__or__" | "__and__" | "__radd__")
                    && let Some(class) = self.class_name(object)
                {
                    let formats = name == "__mod__" && class == self.known.str;
                    let result = self.objects.intern(Object::ExternalInstance(class));
                    self.graph.insert(to, result);
                    if name == "__add__" && matches!(self.objects.get(object), Object::Text(_)) {
                        self.watch(other, Action::Concatenate { left: object, to });
                    }
                    if formats && self.defines(self.known.dunder_str) {
                        self.format_operands(other, site, caller);
                    }
                }
            }
            Object::Container { .. } | Object::Made { .. }
                if self.is_sequence(object) && method == self.known.dunder_add =>
            {
                self.sum_of(object, other, to, site, caller);
            }
            Object::Container { .. } | Object::Made { .. } => match self.symbols.text(method) {
                "__iadd__" | "__ior__" => {
                    self.graph.insert(to, object);
                    self.watch(other, Action::Update { container: object, site, caller });
                }
                "__or__" | "__and__" | "__sub__" | "__xor__" | "__add__" => {
                    self.united(object, other, to, site, caller);
                }
                "__radd__" | "__ror__" => {
                    // Of what is on the left the sum was made already.
                    let left = self.graph.objects(other).to_vec();
                    if !left.iter().any(|one| matches!(self.objects.get(*one), Object::Container { .. })) {
                        self.repeated(object, to, site, caller);
                    }
                }
                "__mul__" | "__rmul__" => self.repeated(object, to, site, caller),
                _ => {}
            },
            Object::Opaque(_) => self.graph.insert(to, object),
            _ => {}
        }
        false
    }
}

/// A summary being applied to a call.
struct Application<'a> {
    call: &'a CallInstance,
    receiver: Option<ObjectId>,
    result: Option<ObjectId>,
    callbacks: Map<(u32, Vec<Step>), (Node, Node)>,
    inner: Map<ObjectId, ObjectId>,
}

impl Application<'_> {
    /// Arguments that a callback is given at most.
    const fn parameter_count() -> u32 {
        4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_paths_are_read() {
        let found = path("Argument[1,key:].Element.Key[0]").expect("a path");
        assert_eq!(found.root, Root::Argument { at: Some(1), from: false, name: Some("key".to_owned()) });
        assert_eq!(found.steps, [Step::Element, Step::Key("0".to_owned())]);
        let found = path("Argument[0..].ReturnValue").expect("a path");
        assert_eq!(found.root, Root::Argument { at: Some(0), from: true, name: None });
        assert_eq!(path("Argument[self]").map(|path| path.root), Ok(Root::Receiver));
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for wrong in ["", "Argument", "Argument[x]", "Thing.Element", "ReturnValue.Sideways", "Argument[0"] {
            assert!(path(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn summaries_of_a_base_hold_for_its_heirs() {
        let models = Models::from_json(
            r#"{"flows": [["builtins.dict.values", "Argument[self].Values -> ReturnValue.Element"]],
                "bases": [["collections.OrderedDict", "builtins.dict"]]}"#,
        )
        .expect("summaries");
        assert_eq!(models.modelled("collections.OrderedDict.values"), "builtins.dict.values");
        assert_eq!(models.modelled("other.values"), "other.values");
    }
}
