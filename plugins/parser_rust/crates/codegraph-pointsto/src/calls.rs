//! Calls: what happens when a callee arrives at a call.

use std::rc::Rc;

use crate::graph::Node;
use crate::objects::{CloneId, Object, ObjectId};
use crate::program::{CallForm, ContainerKind, NONE, ParameterKind, Place, Symbol, UnitId};
use crate::report::Target;
use crate::solver::{Action, Arguments, CallInstance, RETURNED, Site, Solver};

impl Solver<'_> {
    /// Call an object.
    pub(crate) fn invoke(&mut self, call: u32, callee: ObjectId) {
        self.invoke_with(call, callee, None);
    }

    fn invoke_with(&mut self, id: u32, callee: ObjectId, receiver: Option<ObjectId>) {
        let call = self.calls[id as usize].clone();
        match self.objects.get(callee) {
            Object::Function { unit, around } => self.invoke_function(&call, callee, unit, around, receiver),
            Object::Bound { function, receiver } => self.invoke_with(id, function, Some(receiver)),
            Object::StaticMethod(function) => self.invoke_with(id, function, None),
            Object::ClassMethod(function) => self.invoke_with(id, function, receiver),
            Object::Class { unit, .. } => self.invoke_class(&call, callee, unit),
            Object::Instance { .. } => {
                let Object::Instance { class, .. } = self.objects.get(callee) else { return };
                if let Some((_, node)) = self.class_attribute(class, self.known.dunder_call) {
                    if self.is_overrun(call.site, call.caller) {
                        return;
                    }
                    let bound = self.graph.add(1);
                    let (site, caller) = (call.site, call.caller);
                    self.watch(node, Action::Bind { receiver: callee, to: bound, site, caller });
                    self.call_node(bound, CallInstance { depth: call.depth + 1, ..call.clone() });
                } else if let Some(function) = call.arguments.positional.first()
                    && self.derives_from(class, |name| {
                        name.starts_with("contextlib.") && name.ends_with("ContextDecorator")
                    })
                {
                    // A context manager around each call of what it decorates.
                    let object = self.made(self.known.context_decorator, &call);
                    let (wrapped, manager) =
                        (self.field(object, self.known.wrapped), self.field(object, self.known.getter));
                    self.graph.edge(*function, wrapped);
                    self.graph.insert(manager, callee);
                    self.graph.insert(call.to, object);
                }
            }
            Object::External(name) => self.invoke_external(&call, name, receiver),
            Object::Opaque(name) => {
                self.outcome.note_opaque(call.site);
                self.opaque_result(&call, name);
            }
            Object::Made { class, .. } => match receiver {
                Some(receiver) => {
                    let mut arguments = (*call.arguments).clone();
                    arguments.positional.insert(0, self.single(receiver));
                    let bound = CallInstance { arguments: Rc::new(arguments), ..call };
                    self.invoke_made(&bound, callee, class);
                }
                None => self.invoke_made(&call, callee, class),
            },
            _ => {}
        }
    }

    /// Let an unknown result flow out of a call; an unknown decorator is taken to give what it decorates.
    pub(crate) fn opaque_result(&mut self, call: &CallInstance, name: Symbol) {
        if call.form == CallForm::Decorator {
            for argument in &call.arguments.positional {
                self.graph.edge(*argument, call.to);
            }
        } else {
            let object = self.objects.intern(Object::Opaque(name));
            self.graph.insert(call.to, object);
        }
    }

    fn invoke_function(
        &mut self,
        call: &CallInstance,
        function: ObjectId,
        unit: UnitId,
        around: CloneId,
        receiver: Option<ObjectId>,
    ) {
        self.outcome.note(call.site, Target::Unit(unit), call.implicit);
        let context = self.context_for(unit, call.site, receiver);
        let clone = match self.program.units[unit as usize].decisive.is_empty() {
            true => self.clone_of(unit, around, context),
            false => self.clone_for((function, unit, around), context, receiver, call),
        };
        let receiver_node = receiver.map(|receiver| self.single(receiver));
        self.pass_arguments(function, clone, receiver_node, call);
        let source = &self.program.units[unit as usize];
        if source.is_generator {
            let generator = self.objects.intern(Object::Generator(clone));
            self.graph.insert(call.to, generator);
        } else if source.is_async {
            let coroutine = self.objects.intern(Object::Coroutine(clone));
            self.graph.insert(call.to, coroutine);
        } else {
            let returned = self.extra(clone, RETURNED);
            match (call.form, call.arguments.positional.first()) {
                (CallForm::Decorator, Some(argument)) => {
                    self.watch(*argument, Action::Decorate { unit });
                    self.watch(returned, Action::Decorated { unit, argument: *argument, to: call.to });
                }
                _ => self.graph.edge(returned, call.to),
            }
        }
    }

    /// Something came out of a decorator: not what another call of the decorator was given.
    ///
    /// The calls share a clone where there are too many, and many decorators give back what they get.
    pub(crate) fn decorated(&mut self, object: ObjectId, unit: UnitId, argument: Node, to: Node) {
        if !self.decorated.contains(&(unit, object)) || self.graph.objects(argument).contains(&object) {
            self.graph.insert(to, object);
        }
    }

    /// Return the object that a parameter for the rest of the arguments is bound to in a clone.
    fn rest_object(&mut self, clone: CloneId, kind: ContainerKind) -> ObjectId {
        let state = self.clones[clone as usize];
        let site = self.site_bases[state.unit as usize + 1] - 1;
        let context = self.heap_context(state.context);
        self.objects.intern(Object::Container { kind, site, context })
    }

    /// Bind the parameters for the rest of the arguments.
    pub(crate) fn bind_rest_parameters(&mut self, clone: CloneId) {
        let state = self.clones[clone as usize];
        let program = self.program;
        for parameter in &program.units[state.unit as usize].parameters {
            let kind = match parameter.kind {
                ParameterKind::Rest => ContainerKind::Tuple,
                ParameterKind::NamedRest => ContainerKind::Map,
                _ => continue,
            };
            let object = self.rest_object(clone, kind);
            self.graph.insert(state.base + parameter.value, object);
        }
    }

    /// Bind a clone's parameters to the arguments of a call.
    pub(crate) fn pass_arguments(
        &mut self,
        function: ObjectId,
        clone: CloneId,
        receiver: Option<Node>,
        call: &CallInstance,
    ) {
        let arguments = &*call.arguments;
        self.bind_rest_parameters(clone);
        let state = self.clones[clone as usize];
        let program = self.program;
        let parameters = &program.units[state.unit as usize].parameters;
        let returned = &program.units[state.unit as usize].returned;
        let is_conditional = program.units[state.unit as usize].is_conditional;
        let mut bound = 0_u64;
        let mut given = receiver.into_iter().chain(arguments.positional.iter().copied());
        let mut count = 0;
        for (at, parameter) in parameters.iter().enumerate() {
            if !matches!(parameter.kind, ParameterKind::PositionalOnly | ParameterKind::Plain) {
                continue;
            }
            let Some(node) = given.next() else { break };
            count += 1;
            self.graph.edge(node, state.base + parameter.value);
            if is_conditional {
                self.give(state.base + parameter.value, node);
            }
            if returned.contains(&(at as u32)) {
                self.graph.edge(node, call.to);
            }
            bound |= 1 << at.min(63);
        }
        let rest: Vec<Node> = given.collect();
        if !rest.is_empty() && parameters.iter().any(|parameter| parameter.kind == ParameterKind::Rest) {
            let object = self.rest_object(clone, ContainerKind::Tuple);
            for (at, node) in rest.iter().enumerate() {
                self.put(object, Place::At(at as i64), 0, *node);
            }
        }
        for node in &arguments.spread {
            let (site, caller) = (call.site, call.caller);
            self.watch(*node, Action::SpreadArgument { target: clone, offset: count, site, caller });
        }
        for (name, node) in &arguments.named {
            let found = parameters.iter().position(|parameter| {
                parameter.name == *name && matches!(parameter.kind, ParameterKind::Plain | ParameterKind::NamedOnly)
            });
            if let Some(at) = found {
                self.graph.edge(*node, state.base + parameters[at].value);
                if is_conditional {
                    self.give(state.base + parameters[at].value, *node);
                }
                if returned.contains(&(at as u32)) {
                    self.graph.edge(*node, call.to);
                }
                bound |= 1 << at.min(63);
            } else if parameters.iter().any(|parameter| parameter.kind == ParameterKind::NamedRest) {
                let object = self.rest_object(clone, ContainerKind::Map);
                let key = self.objects.intern(Object::Text(*name));
                self.put_under(object, key, *node);
                let keys = self.single(key);
                if let Some(state) = self.container(object).map(|state| state.keys) {
                    self.graph.edge(keys, state);
                }
            }
        }
        for node in &arguments.named_spread {
            self.watch(*node, Action::NamedSpreadArgument { target: clone, bound });
        }
        // A default counts where no argument of this call is sure to take its place.
        let defaults = self.defaults.get(&function).cloned();
        for (at, node) in defaults.iter().flat_map(|pairs| pairs.iter()) {
            if bound & (1 << (*at).min(63)) == 0
                && let Some(parameter) = parameters.get(*at as usize)
            {
                self.graph.edge(*node, state.base + parameter.value);
                if returned.contains(at) {
                    self.graph.edge(*node, call.to);
                }
                if is_conditional {
                    self.give(state.base + parameter.value, *node);
                }
            }
        }
        // What is spread over the parameters may be any of them.
        if !arguments.spread.is_empty() || !arguments.named_spread.is_empty() {
            if is_conditional {
                let unknown = self.graph.add(1);
                for (_, parameter) in parameters.iter().enumerate().filter(|(at, _)| bound & (1 << at.min(&63)) == 0) {
                    self.give(state.base + parameter.value, unknown);
                }
            }
            for at in returned.iter().filter(|at| bound & (1 << (**at).min(63)) == 0) {
                self.graph.edge(state.base + parameters[*at as usize].value, call.to);
            }
        }
    }

    /// `f(*object)`: items go to the parameters from `offset` on.
    pub(crate) fn spread_argument(
        &mut self,
        object: ObjectId,
        target: CloneId,
        offset: u32,
        site: u32,
        caller: CloneId,
    ) {
        let is_sequence = matches!(
            self.objects.get(object),
            Object::Container { kind: ContainerKind::List | ContainerKind::Tuple, .. } | Object::Made { .. }
        );
        if is_sequence {
            if let Some(any) = self.any_item(object) {
                self.spread_items(any, target, offset);
            }
            self.watch_slots(object, Action::SpreadArgument { target, offset, site, caller });
        } else {
            let item = self.graph.add(1);
            self.iterate_then_next(object, item, site, caller);
            self.spread_items(item, target, offset);
        }
    }

    /// Let items at unknown places go to all parameters from `offset` on.
    fn spread_items(&mut self, item: Node, target: CloneId, offset: u32) {
        let state = self.clones[target as usize];
        let program = self.program;
        for (at, parameter) in program.units[state.unit as usize].parameters.iter().enumerate() {
            match parameter.kind {
                ParameterKind::PositionalOnly | ParameterKind::Plain if at as u32 >= offset => {
                    self.graph.edge(item, state.base + parameter.value);
                }
                ParameterKind::Rest => {
                    let object = self.rest_object(target, ContainerKind::Tuple);
                    if let Some(any) = self.any_item(object) {
                        self.graph.edge(item, any);
                    }
                }
                _ => {}
            }
        }
    }

    /// A slot of a spread sequence has become known.
    pub(crate) fn spread_slot(&mut self, key: ObjectId, item: Node, target: CloneId, offset: u32) {
        let Object::Integer(position) = self.objects.get(key) else { return };
        let state = self.clones[target as usize];
        let program = self.program;
        let parameters = &program.units[state.unit as usize].parameters;
        let plain = |kind| matches!(kind, ParameterKind::PositionalOnly | ParameterKind::Plain);
        let at = i64::from(offset) + position;
        match parameters.get(at.max(0) as usize).filter(|parameter| plain(parameter.kind)) {
            Some(parameter) => self.graph.edge(item, state.base + parameter.value),
            None if parameters.iter().any(|parameter| parameter.kind == ParameterKind::Rest) => {
                let count = parameters.iter().filter(|parameter| plain(parameter.kind)).count() as i64;
                let object = self.rest_object(target, ContainerKind::Tuple);
                let key = self.objects.intern(Object::Integer(at - count));
                self.put_under(object, key, item);
            }
            None => {}
        }
    }

    /// A slot of a mapping spread by name has become known.
    pub(crate) fn named_spread_slot(&mut self, key: ObjectId, item: Node, target: CloneId, bound: u64) {
        let Object::Text(name) = self.objects.get(key) else { return };
        let state = self.clones[target as usize];
        let program = self.program;
        let parameters = &program.units[state.unit as usize].parameters;
        let found = parameters.iter().position(|parameter| {
            parameter.name == name && matches!(parameter.kind, ParameterKind::Plain | ParameterKind::NamedOnly)
        });
        match found {
            Some(at) if bound & (1 << at.min(63)) == 0 => self.graph.edge(item, state.base + parameters[at].value),
            Some(_) => {}
            None if parameters.iter().any(|parameter| parameter.kind == ParameterKind::NamedRest) => {
                let object = self.rest_object(target, ContainerKind::Map);
                self.put_under(object, key, item);
            }
            None => {}
        }
    }

    /// `f(**object)`
    pub(crate) fn named_spread_argument(&mut self, object: ObjectId, target: CloneId, bound: u64) {
        if self.container(object).is_none() {
            return;
        }
        self.watch_slots(object, Action::NamedSpreadArgument { target, bound });
        let unit = self.clones[target as usize].unit;
        let has_rest = self.program.units[unit as usize]
            .parameters
            .iter()
            .any(|parameter| parameter.kind == ParameterKind::NamedRest);
        if has_rest && let Some(any) = self.any_item(object) {
            let rest = self.rest_object(target, ContainerKind::Map);
            if let Some(to) = self.any_item(rest) {
                self.graph.edge(any, to);
            }
        }
    }

    /// Make an instance, and run what its class says of making one.
    pub(crate) fn invoke_class(&mut self, call: &CallInstance, class: ObjectId, unit: UnitId) {
        self.outcome.note(call.site, Target::Unit(unit), call.implicit);
        if self.waits_for_bases(call, class) {
            return;
        }
        let mut is_made = false;
        for metaclass in self.metaclasses(class) {
            if let Some((_, node)) = self.class_attribute(metaclass, self.known.dunder_call) {
                is_made = true;
                let bound = self.graph.add(1);
                let (site, caller) = (call.site, call.caller);
                self.watch(node, Action::Bind { receiver: class, to: bound, site, caller });
                self.derived_call(bound, call, Rc::clone(&call.arguments), call.to);
            }
        }
        // A metaclass that is called makes the instance itself, or another does.
        if !is_made {
            self.make_instance(call, class);
        }
    }

    /// Call what is in a node with the arguments of a call, on the call's behalf.
    pub(crate) fn derived_call(&mut self, callee: Node, call: &CallInstance, arguments: Rc<Arguments>, to: Node) {
        let depth = call.depth + 1;
        let derived = CallInstance { arguments, to, form: CallForm::Plain, implicit: true, depth, ..call.clone() };
        self.call_node(callee, derived);
    }

    /// Make an instance: `__new__`, then `__init__`.
    pub(crate) fn make_instance(&mut self, call: &CallInstance, class: ObjectId) {
        let Some((_, node)) = self.class_attribute(class, self.known.dunder_new) else {
            return self.place_instance(call, class);
        };
        let mut arguments = (*call.arguments).clone();
        arguments.positional.insert(0, self.single(class));
        let function = self.graph.add(2);
        let made = function + 1;
        self.watch(node, Action::BindClass { class, to: function });
        self.derived_call(function, call, Rc::new(arguments), made);
        self.wait_for_new(call, class, made);
    }

    /// Let a new instance flow out of a call, and run `__init__`.
    pub(crate) fn place_instance(&mut self, call: &CallInstance, class: ObjectId) {
        if call.arguments.positional.len() == 3 && self.is_metaclass(class) {
            return self.make_class_of(call, Some(class), 0);
        }
        let (site, caller) = (call.site, call.caller);
        let instance = self.instance_at(class, call.caller, call.site);
        self.graph.insert(call.to, instance);
        if let Some((_, node)) = self.class_attribute(class, self.known.dunder_init) {
            let bound = self.graph.add(2);
            self.watch(node, Action::Bind { receiver: instance, to: bound, site, caller });
            self.derived_call(bound, call, Rc::clone(&call.arguments), bound + 1);
        } else {
            self.fill_record(call, class, instance);
            if self.held_kind(class).is_some() && self.declared_names(class).is_empty() {
                if let Some(first) = call.arguments.positional.first() {
                    self.watch(*first, Action::Update { container: instance, site, caller });
                }
                self.name_items(instance, call);
            }
        }
    }

    /// Return the instance of a class, or of a function that constructs, that a call makes.
    pub(crate) fn instance_at(&mut self, class: ObjectId, caller: CloneId, site: Site) -> ObjectId {
        let context = self.heap_context(self.clones[caller as usize].context);
        let instance = self.objects.intern(Object::Instance { class, site, context });
        if self.known_instances.contains(&instance) {
            return instance;
        }
        let count = self.instance_sites.entry(class).or_insert(0);
        if *count >= self.budget.sites_per_class {
            self.outcome.merged_instances += 1;
            return self.any_instance(class);
        }
        *count += 1;
        self.known_instances.insert(instance);
        instance
    }

    /// Return the names that a class and its bases declare, in order.
    pub(crate) fn declared_names(&mut self, class: ObjectId) -> Vec<Symbol> {
        let order = self.order(class);
        let mut names: Vec<Symbol> = Vec::new();
        for one in order.iter().rev() {
            if let Object::Class { unit, .. } = self.objects.get(*one) {
                for name in &self.program.units[unit as usize].declared {
                    if !names.contains(name) {
                        names.push(*name);
                    }
                }
            }
        }
        names
    }

    /// Let the arguments of a class whose `__init__` is made from its declarations be in its attributes.
    fn fill_record(&mut self, call: &CallInstance, class: ObjectId, instance: ObjectId) {
        for one in self.order(class).iter() {
            if matches!(self.objects.get(*one), Object::Made { class, .. } if class == self.known.record_class) {
                self.fill_fields(call, *one, instance);
            }
        }
        let names = self.declared_names(class);
        if names.is_empty() {
            return;
        }
        for name in names.iter().skip(call.arguments.positional.len()) {
            if !call.arguments.named.iter().any(|(one, _)| one == name)
                && let Some((_, node)) = self.class_attribute(class, *name)
            {
                let field = self.field(instance, *name);
                self.finder.declare_stored(*name);
                self.watch(node, Action::FieldDefault { to: field, site: call.site, caller: call.caller });
            }
        }
        for (name, node) in names.iter().zip(&call.arguments.positional) {
            let field = self.field(instance, *name);
            self.graph.edge(*node, field);
            self.finder.declare_stored(*name);
        }
        for (name, node) in &call.arguments.named {
            if names.contains(name) {
                let field = self.field(instance, *name);
                self.graph.edge(*node, field);
                self.finder.declare_stored(*name);
            }
        }
        if self.held_kind(class) == Some(ContainerKind::List) {
            // A named tuple: its fields are its items.
            for (at, name) in names.iter().enumerate() {
                let field = self.field(instance, *name);
                self.put(instance, Place::At(at as i64), 0, field);
            }
        }
        if let Some((_, node)) = self.class_attribute(class, self.known.post_init) {
            let ignored = self.graph.add(1);
            self.call_bound(node, instance, Vec::new(), ignored, call.site, call.caller);
        }
    }

    /// Raise an object: a class is called without arguments.
    pub(crate) fn raise(&mut self, object: ObjectId, site: u32, caller: CloneId) {
        if let Object::Class { unit, .. } = self.objects.get(object) {
            let to = self.graph.add(1);
            let arguments = Rc::new(Arguments::default());
            let call = CallInstance { site, caller, to, arguments, form: CallForm::Plain, implicit: true, depth: 0 };
            self.invoke_class(&call, object, unit);
        }
        self.outcome.raised.push((site, object));
    }

    /// `super()` without arguments in a clone: the class whose body the method is in, and its first parameter.
    pub(crate) fn implicit_super(&mut self, call: &CallInstance) {
        let mut at = call.caller;
        while at != NONE {
            let state = self.clones[at as usize];
            if state.around != NONE
                && let Some(class) = self.class_of_clone.get(&state.around).copied()
            {
                let program = self.program;
                if let Some(first) = program.units[state.unit as usize].parameters.first() {
                    let receivers = state.base + first.value;
                    self.watch(receivers, Action::SuperReceiver { class, to: call.to });
                }
                return;
            }
            at = state.around;
        }
    }
}
