//! Models of Python's library that need code, beside those of the language itself in `models`.

use std::rc::Rc;

use crate::dispatching::Registration;
use crate::graph::Node;
use crate::objects::{CloneId, Object, ObjectId};
use crate::program::{CallForm, ContainerKind, NONE, Place, Symbol, UnitKind};
use crate::solver::{Action, Arguments, CallInstance, ItemAccess, SENT, Site, Solver, YIELDED};

/// Functions of `operator` and the methods that they ask their first argument's class for.
const OPERATORS: [(&str, &str); 22] = [
    ("add", "__add__"),
    ("and_", "__and__"),
    ("concat", "__add__"),
    ("contains", "__contains__"),
    ("eq", "__eq__"),
    ("floordiv", "__floordiv__"),
    ("ge", "__ge__"),
    ("gt", "__gt__"),
    ("iadd", "__iadd__"),
    ("invert", "__invert__"),
    ("le", "__le__"),
    ("lshift", "__lshift__"),
    ("lt", "__lt__"),
    ("mod", "__mod__"),
    ("mul", "__mul__"),
    ("ne", "__ne__"),
    ("neg", "__neg__"),
    ("or_", "__or__"),
    ("pow", "__pow__"),
    ("sub", "__sub__"),
    ("truediv", "__truediv__"),
    ("xor", "__xor__"),
];

/// Methods that are given nothing else.
const UNARY: [&str; 2] = ["__invert__", "__neg__"];

impl Solver<'_> {
    /// Apply a model of the library. Says whether there is one.
    pub(crate) fn invoke_library(&mut self, call: &CallInstance, name: &str, receiver: Option<ObjectId>) -> bool {
        let positional = &call.arguments.positional;
        let first = positional.first().copied();
        let (site, caller, to) = (call.site, call.caller, call.to);
        match (name, first, receiver) {
            ("builtins.list", _, _) => self.sequence_of(ContainerKind::List, first, to, site, caller),
            ("builtins.tuple", _, None) => self.sequence_of(ContainerKind::Tuple, first, to, site, caller),
            ("builtins.dict.__setitem__" | "builtins.list.__setitem__", Some(key), Some(receiver)) => {
                if let Some(value) = positional.get(1) {
                    self.store_held(receiver, Some(key), Place::Any, *value);
                }
            }
            ("builtins.dict.__getitem__" | "builtins.list.__getitem__", Some(key), Some(receiver)) => {
                self.load_held(receiver, Some(key), Place::Any, to);
            }
            ("builtins.dict.__init__" | "builtins.list.__init__", _, Some(receiver)) => {
                if let Some(first) = first {
                    self.watch(first, Action::Update { container: receiver, site, caller });
                }
                self.name_items(receiver, call);
                for mapping in &call.arguments.named_spread {
                    self.watch(*mapping, Action::SpreadMapping { container: receiver });
                }
            }
            ("types.GeneratorType.send", Some(first), Some(receiver)) => {
                if let Object::Generator(clone) = self.objects.get(receiver) {
                    let (sent, yielded) = (self.extra(clone, SENT), self.extra(clone, YIELDED));
                    self.graph.edge(first, sent);
                    self.graph.edge(yielded, to);
                }
            }
            ("types.MethodType", Some(function), _) => {
                if let Some(receivers) = positional.get(1) {
                    self.watch(function, Action::MethodOf { receivers: *receivers, to });
                }
            }
            ("importlib.import_module", Some(name), _) => {
                let unit = self.clones[caller as usize].unit;
                let file = self.program.units[unit as usize].file;
                self.outcome.note_dynamic(site);
                match positional.get(1).and_then(|package| self.below_package(name, *package)) {
                    Some(name) => self.import_named(name, to, file, false),
                    None => self.watch(name, Action::ImportNamed { to, file, root: false }),
                }
            }
            ("builtins.__import__", Some(name), _) => {
                let unit = self.clones[caller as usize].unit;
                let file = self.program.units[unit as usize].file;
                self.outcome.note_dynamic(site);
                self.watch(name, Action::ImportNamed { to, file, root: true });
            }
            ("collections.namedtuple", _, _) => self.record_class(call),
            ("collections.namedtuple()._replace" | "builtins.tuple._replace", _, Some(receiver)) => {
                self.with_fields(receiver, call);
            }
            ("dataclasses.replace" | "copy.replace", Some(first), _) => {
                let derived = self.new_call(call.clone());
                self.watch(first, Action::WithFields { call: derived });
            }
            ("types.SimpleNamespace" | "argparse.Namespace" | "threading.local", _, _) => {
                let class = self.symbols.intern(name);
                let object = self.made(class, call);
                for (name, node) in &call.arguments.named {
                    let field = self.field(object, *name);
                    self.graph.edge(*node, field);
                }
                self.graph.insert(to, object);
            }
            ("argparse.ArgumentParser.set_defaults", _, _) => {
                // What parsers set is read from one namespace.
                let namespace = self.symbols.intern("argparse.Namespace");
                let namespace = self.objects.intern(Object::ExternalInstance(namespace));
                for (name, node) in &call.arguments.named {
                    let field = self.field(namespace, *name);
                    self.graph.edge(*node, field);
                }
            }
            ("collections.ChainMap", _, _) => {
                let class = self.symbols.intern(name);
                let object = self.made(class, call);
                self.graph.insert(to, object);
                for mapping in positional {
                    self.watch(*mapping, Action::Update { container: object, site, caller });
                }
            }
            ("contextlib.ExitStack.enter_context" | "contextlib.AsyncExitStack.enter_context", Some(first), _) => {
                self.watch(first, Action::Enter { to, asynchronous: false, site, caller });
                self.watch(first, Action::Exit { asynchronous: false, site, caller });
            }
            ("contextlib.AsyncExitStack.enter_async_context", Some(first), _) => {
                let entered = self.graph.add(1);
                self.watch(first, Action::Enter { to: entered, asynchronous: true, site, caller });
                self.watch(first, Action::Exit { asynchronous: true, site, caller });
                let future = self.symbols.intern("asyncio.Future");
                let future = self.made(future, call);
                let field = self.field(future, self.known.wrapped);
                self.graph.edge(entered, field);
                self.graph.insert(to, future);
            }
            (
                "functools.singledispatch"
                | "functools.singledispatchmethod"
                | "functools.cmp_to_key"
                | "operator.methodcaller"
                | "operator.attrgetter"
                | "operator.itemgetter",
                Some(first),
                _,
            ) => {
                let class = self.symbols.intern(name);
                let object = self.made(class, call);
                let mut arguments = (*call.arguments).clone();
                arguments.positional.remove(0);
                self.partials.insert(object, Rc::new(arguments));
                let wrapped = self.field(object, self.known.wrapped);
                self.graph.edge(first, wrapped);
                self.graph.insert(to, object);
            }
            (
                "functools.singledispatch.register" | "functools.singledispatchmethod.register",
                Some(first),
                Some(receiver),
            ) => {
                let function = positional.get(1).copied().unwrap_or(NONE);
                let one = Registration { dispatcher: receiver, to, site, function, class: NONE };
                self.watch(first, Action::Register(Box::new(one)));
            }
            ("types.new_class", Some(_), _) => self.new_class(call),
            ("builtins.globals" | "builtins.locals" | "builtins.vars", None, _) => {
                let unit = self.clones[caller as usize].unit;
                let source = &self.program.units[unit as usize];
                if name != "builtins.globals" && source.kind != UnitKind::Module {
                    return false;
                }
                let site = self.site_bases[self.program.files[source.file as usize].unit as usize];
                let names =
                    self.objects.intern(Object::Made { class: self.known.names_of_module, site, context: NONE });
                self.graph.insert(to, names);
            }
            (name, Some(first), _) => {
                let Some(method) = name.strip_prefix("operator.") else { return false };
                let Some((_, method)) = OPERATORS.iter().find(|(one, _)| *one == method) else { return false };
                let method = self.symbols.intern(method);
                let other = match positional.get(1) {
                    Some(other) => *other,
                    None if UNARY.contains(&self.symbols.text(method)) => NONE,
                    // `operator.add(x, *rest)`, or a call that fails: nothing may be known of the other, but there is one.
                    None => {
                        let other = self.graph.add(1);
                        for spread in &call.arguments.spread {
                            self.watch(*spread, Action::IterateThenNext { to: other, site, caller });
                        }
                        other
                    }
                };
                self.watch(first, Action::Operator { method, other, to, site, caller });
            }
            _ => return false,
        }
        true
    }

    /// Call an object that one of these models made. Says whether it was one.
    pub(crate) fn invoke_library_object(&mut self, call: &CallInstance, callee: ObjectId, class: Symbol) -> bool {
        let wrapped = self.field(callee, self.known.wrapped);
        let held = self.partials.get(&callee).cloned().unwrap_or_default();
        let (site, caller, to) = (call.site, call.caller, call.to);
        let depth = call.depth + 1;
        match (self.symbols.text(class), call.arguments.positional.first().copied()) {
            ("functools.partialmethod", first) => {
                // The receiver comes before what is held.
                let mut arguments = (*held).clone();
                let given = &call.arguments;
                arguments.positional.splice(0..0, first);
                arguments.positional.extend(given.positional.iter().skip(1).copied());
                arguments.spread.extend(given.spread.iter().copied());
                arguments.named.retain(|(name, _)| !given.named.iter().any(|(one, _)| one == name));
                arguments.named.extend(given.named.iter().copied());
                arguments.named_spread.extend(given.named_spread.iter().copied());
                let form = CallForm::Plain;
                self.call_node(wrapped, CallInstance { arguments: Rc::new(arguments), form, depth, ..call.clone() });
            }
            (name @ ("functools.singledispatch" | "functools.singledispatchmethod"), _) => {
                let is_method = name == "functools.singledispatchmethod";
                self.dispatch(CallInstance { form: CallForm::Plain, depth, ..call.clone() }, callee, is_method);
            }
            ("functools.singledispatch.register", Some(function)) => {
                let dispatcher = self.field(callee, self.known.getter);
                for dispatcher in self.graph.objects(dispatcher).to_vec() {
                    for class in self.graph.objects(wrapped).to_vec() {
                        let one = Registration { dispatcher, to, site, function: NONE, class };
                        self.watch(function, Action::Register(Box::new(one)));
                    }
                }
            }
            ("contextlib.ContextDecorator", _) => {
                let managers = self.field(callee, self.known.getter);
                let entered = self.graph.add(1);
                self.watch(managers, Action::Enter { to: entered, asynchronous: false, site, caller });
                self.watch(managers, Action::Exit { asynchronous: false, site, caller });
                self.call_node(wrapped, CallInstance { form: CallForm::Plain, depth, ..call.clone() });
            }
            ("functools.cmp_to_key", Some(item)) => {
                let arguments = Rc::new(Arguments { positional: [item, item].into(), ..Arguments::default() });
                self.derived_call(wrapped, call, arguments, to);
            }
            ("operator.methodcaller" | "operator.attrgetter", Some(object)) => {
                let is_call = self.symbols.text(class) == "operator.methodcaller";
                let found = if is_call { self.graph.add(1) } else { to };
                let arguments = Rc::new(Arguments { positional: [object].into(), ..Arguments::default() });
                let access = self.new_call(CallInstance { arguments, to: found, ..call.clone() });
                self.watch(wrapped, Action::KeyName { call: access });
                if is_call {
                    self.derived_call(found, call, held, to);
                }
            }
            ("operator.itemgetter", Some(object)) => {
                let item = ItemAccess { key: Some(wrapped), place: Place::Any, value: to, site, caller };
                self.watch(object, Action::LoadItem(Rc::new(item)));
            }
            ("collections.namedtuple", _) => {
                let class = self.symbols.intern("collections.namedtuple()");
                let record = self.made(class, call);
                self.graph.insert(to, record);
                self.fill_fields(call, callee, record);
            }
            ("weakref.ref", _) => self.graph.edge(wrapped, to),
            _ => return false,
        }
        true
    }

    /// `importlib.import_module("package.module")` with a known name.
    pub(crate) fn import_named(&mut self, name: ObjectId, to: Node, file: u32, root: bool) {
        let Object::Text(name) = self.objects.get(name) else { return };
        let text = self.symbols.text(name);
        let level = text.bytes().take_while(|byte| *byte == b'.').count();
        let path = text[level..].to_owned();
        let path = self.symbols.intern(&path);
        if let Some(module) = self.module_object(file, path, level as u16, root) {
            self.graph.insert(to, module);
        }
    }

    /// `import_module(".name", "package")`: return the whole name where both are constant.
    fn below_package(&mut self, name: Node, package: Node) -> Option<ObjectId> {
        let [name, package] = [name, package].map(|node| match *self.graph.objects(node) {
            [only] => match self.objects.get(only) {
                Object::Text(text) => Some(text),
                _ => None,
            },
            _ => None,
        });
        let (name, package) = (self.symbols.text(name?), self.symbols.text(package?));
        if !name.starts_with('.') || name.starts_with("..") {
            return None;
        }
        let whole = [package, name].concat();
        let whole = self.symbols.intern(&whole);
        Some(self.objects.intern(Object::Text(whole)))
    }

    /// Let a method of an object of the program flow to a node. What the library has is not asked for.
    pub(crate) fn own_method(&mut self, object: ObjectId, name: Symbol, to: Node, site: Site, caller: CloneId) {
        let Object::Instance { class, .. } = self.objects.get(object) else { return };
        let text = self.symbols.text(name).to_owned();
        let names = match text.strip_suffix('*') {
            Some(prefix) => self.names_with(object, prefix, ""),
            None => vec![name],
        };
        for name in names {
            if let Some((_, node)) = self.class_attribute(class, name) {
                self.watch(node, Action::Bind { receiver: object, to, site, caller });
            }
        }
    }

    /// A class of records by the names of its fields: `namedtuple("Name", "field field")`.
    fn record_class(&mut self, call: &CallInstance) {
        let class = self.symbols.intern("collections.namedtuple");
        let record = self.made(class, call);
        self.graph.insert(call.to, record);
        let named = call.arguments.named.iter().find(|(name, _)| self.symbols.text(*name) == "field_names");
        if let Some(names) = call.arguments.positional.get(1).copied().or(named.map(|(_, node)| *node)) {
            let fields = self.field(record, self.known.fields);
            self.graph.edge(names, fields);
        }
    }

    /// Let the arguments of a call be in the fields of a record.
    pub(crate) fn fill_fields(&mut self, call: &CallInstance, class: ObjectId, record: ObjectId) {
        let fields = self.field(class, self.known.fields);
        let call = self.new_call(call.clone());
        self.watch(fields, Action::FillFields { call, record });
    }

    /// The names of a record's fields are known.
    pub(crate) fn name_fields(&mut self, names: ObjectId, id: u32, record: ObjectId) {
        let names: Vec<Symbol> = match self.objects.get(names) {
            Object::Text(text) => {
                let text = self.symbols.text(text).replace(',', " ");
                text.split_whitespace().map(|name| self.symbols.intern(name)).collect()
            }
            Object::Container { .. } => {
                let Some(state) = self.container(names).map(|state| state.clone()) else { return };
                let mut found = Vec::new();
                for (key, node) in state.slots {
                    let texts = self.graph.objects(node).to_vec();
                    if let (Object::Integer(at), Some(text)) = (self.objects.get(key), texts.first())
                        && let Object::Text(text) = self.objects.get(*text)
                    {
                        found.push((at, text));
                    }
                }
                found.sort_unstable();
                found.into_iter().map(|(_, text)| text).collect()
            }
            _ => return,
        };
        let arguments = Rc::clone(&self.calls[id as usize].arguments);
        let given = names.iter().enumerate().map(|(at, name)| {
            let named = arguments.named.iter().find(|(one, _)| one == name).map(|(_, node)| *node);
            (at, *name, arguments.positional.get(at).copied().or(named))
        });
        let given: Vec<(usize, Symbol, Option<Node>)> = given.collect();
        for (at, name, node) in given {
            self.finder.declare_stored(name);
            let field = self.field(record, name);
            if let Some(node) = node {
                self.graph.edge(node, field);
            }
            self.put(record, Place::At(at as i64), 0, field);
            if let Object::Instance { class, .. } = self.objects.get(record) {
                // Who looked for it before found nothing.
                self.class_changed(class, Some(name));
            }
        }
    }

    /// `replace(object, name=value)`: the same, with other values.
    pub(crate) fn with_fields(&mut self, object: ObjectId, call: &CallInstance) {
        if let Object::Instance { class, .. } = self.objects.get(object)
            && let Some(copy) = self.copy_of(object, class, call)
        {
            return self.graph.insert(call.to, copy);
        }
        self.graph.insert(call.to, object);
        for (name, node) in &call.arguments.named {
            let field = self.field(object, *name);
            self.graph.edge(*node, field);
        }
    }

    /// Return another record whose fields are those of one, but for the arguments of a call.
    fn copy_of(&mut self, record: ObjectId, class: ObjectId, call: &CallInstance) -> Option<ObjectId> {
        let names = self.declared_names(class);
        let copy = self.instance_at(class, call.caller, call.site);
        if names.is_empty() || copy == record {
            return None;
        }
        for (at, name) in names.into_iter().enumerate() {
            let given = call.arguments.named.iter().find(|(one, _)| *one == name).map(|(_, node)| *node);
            let from = given.unwrap_or_else(|| self.field(record, name));
            let to = self.field(copy, name);
            self.graph.edge(from, to);
            if self.held_kind(class).is_some() {
                self.put(copy, Place::At(at as i64), 0, to);
            }
        }
        Some(copy)
    }

    /// What a field of a record holds that no argument was given for.
    pub(crate) fn field_default(&mut self, object: ObjectId, to: Node, site: Site, caller: CloneId) {
        if !matches!(self.objects.get(object), Object::Made { class, .. } if class == self.known.record_field) {
            return;
        }
        let factory = self.field(object, self.known.default_factory);
        self.implicit_call(factory, Vec::new(), to, site, caller);
        let default = self.field(object, self.known.default);
        self.graph.edge(default, to);
    }
}
