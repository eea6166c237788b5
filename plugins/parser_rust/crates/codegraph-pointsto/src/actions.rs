//! From an action and an object that arrived to what is done.

use crate::graph::{Node, Trigger};
use crate::objects::{Object, ObjectId};
use crate::solver::{Action, ItemAccess, Solver};

impl Solver<'_> {
    /// Run an action with an object.
    pub(crate) fn act(&mut self, trigger: Trigger, object: ObjectId) {
        match self.actions[trigger as usize].clone() {
            Action::LoadAttribute { name, to, site, caller } => self.load_attribute(object, name, to, site, caller),
            Action::StoreAttribute { name, value, site, caller } => {
                self.store_attribute(object, name, value, site, caller);
            }
            Action::SetThrough { receiver, value, site, caller } => {
                self.set_through(object, receiver, value, site, caller);
            }
            Action::Bind { receiver, to, site, caller } => self.bind(object, receiver, to, site, caller),
            Action::BindClass { class, to } => self.bind_class(object, class, to),
            Action::Call(call) => self.invoke(call, object),
            Action::Decorate { unit } => {
                self.decorated.insert((unit, object));
            }
            Action::Decorated { unit, argument, to } => self.decorated(object, unit, argument, to),
            Action::Base { class, position } => self.add_base(class, position, object),
            Action::ImportMember { name, to, file } => self.import_member(object, name, to, file),
            Action::LoadItem(item) => {
                let ItemAccess { key, place, value, site, caller } = *item;
                self.load_item(object, key, place, value, site, caller);
            }
            Action::LoadItemKey { object: container, to } => self.load_item_under(container, object, to),
            Action::StoreItem(item) => {
                let ItemAccess { key, place, value, site, caller } = *item;
                self.store_item(object, key, place, value, site, caller);
            }
            Action::ElementKey { container, value } => self.put_under(container, object, value),
            Action::DeleteItem { key, site, caller } => {
                let ignored = self.graph.add(1);
                self.call_special(object, self.known.dunder_delitem, vec![key], ignored, site, caller);
            }
            Action::CopySlot { .. } | Action::CopyRange { .. } => {}
            Action::Opened { all, to } => self.graph.edge(all, to),
            Action::Lengthened { right, container, site, caller } => {
                if self.waiting.lengthened.insert((right, container)) {
                    self.watch(right, Action::TakeItems { container, at: None, site, caller });
                }
            }
            Action::TakeItems { container, at, site, caller } => {
                self.take_items(object, container, at, site, caller);
            }
            Action::TakePair { mapping } => self.take_pair(object, mapping),
            Action::SpreadMapping { container } => self.copy_items(object, container, true),
            Action::Slice(access) => self.slice_of(object, &access),
            Action::MethodOf { receivers, to } => {
                self.watch(receivers, Action::BindTo { function: object, to });
            }
            Action::BindTo { function, to } => {
                let bound = self.objects.intern(Object::Bound { function, receiver: object });
                self.graph.insert(to, bound);
            }
            Action::ImportNamed { to, file, root } => self.import_named(object, to, file, root),
            Action::WithFields { call } => {
                let call = self.calls[call as usize].clone();
                self.with_fields(object, &call);
            }
            Action::FillFields { call, record } => self.name_fields(object, call, record),
            Action::FieldDefault { to, site, caller } => self.field_default(object, to, site, caller),
            Action::Register(registration) => self.register(object, *registration),
            Action::ClassOf { call, metaclass } => self.class_of_members(object, call, metaclass),
            Action::BasesOf { class } => self.bases_of(object, class),
            Action::MemberOf { .. } => {}
            Action::Concatenate { left, to } => self.joined_texts(left, object, to),
            Action::OwnMethod { name, to, site, caller } => self.own_method(object, name, to, site, caller),
            Action::DeleteAttribute { name, site, caller } => self.delete_attribute(object, name, site, caller),
            Action::DeleteThrough { receiver, site, caller } => self.delete_through(object, receiver, site, caller),
            Action::NameMember { class, name, site, caller } => self.name_member(object, class, name, site, caller),
            Action::Constructed { call, class } => self.constructed(object, call, class),
            Action::MatchClass { object: value, to, position, site, caller } => {
                self.match_class(object, value, to, position, site, caller);
            }
            Action::MatchName { object: value, to, site, caller } => {
                if let Object::Text(name) = self.objects.get(object) {
                    self.watch(value, Action::LoadAttribute { name, to, site, caller });
                }
            }
            Action::Fulfil { branch, condition } => self.fulfil(branch, condition, object),
            Action::Narrow { class, to, holds } => self.narrow_instance(object, class, to, holds),
            Action::NarrowBy { object: tested, to, holds } => self.narrow_by(tested, object, to, holds),
            Action::NotImplemented { operation } => self.not_implemented(object, operation),
            Action::Operate { operation } => self.operate_left(object, operation),
            Action::Iterate { to, asynchronous, site, caller } => {
                self.iterate(object, to, asynchronous, site, caller);
            }
            Action::Next { to, asynchronous, site, caller } => self.next_item(object, to, asynchronous, site, caller),
            Action::IterateThenNext { to, site, caller } => self.iterate_then_next(object, to, site, caller),
            Action::Unpack(item) => self.unpack(object, item.place, item.value, item.site, item.caller),
            Action::Operator { method, other, to, site, caller } => {
                self.operate(object, method, other, to, site, caller);
            }
            Action::Protocol { method, to, site, caller } => {
                let found = self.call_special(object, method, Vec::new(), to, site, caller);
                if !found && self.symbols.text(method) == "__str__" {
                    let method = self.symbols.intern("__repr__");
                    self.call_special(object, method, Vec::new(), to, site, caller);
                }
            }
            Action::Enter { to, asynchronous, site, caller } => self.enter(object, to, asynchronous, site, caller),
            Action::Exit { asynchronous, site, caller } => self.exit(object, asynchronous, site, caller),
            Action::Await { to, site, caller } => self.wait(object, to, site, caller),
            Action::YieldFrom { to, out, site, caller } => self.delegate(object, to, out, site, caller),
            Action::Raise { site, caller } => self.raise(object, site, caller),
            Action::InstanceOf { to } if matches!(self.objects.get(object), Object::Container { .. }) => {
                if let Some(all) = self.all_items(object) {
                    self.watch(all, Action::InstanceOf { to });
                }
            }
            Action::InstanceOf { to } => {
                for instance in self.declared_instances(object) {
                    self.graph.insert(to, instance);
                }
            }
            Action::SpreadArgument { target, offset, site, caller } => {
                self.spread_argument(object, target, offset, site, caller);
            }
            Action::NamedSpreadArgument { target, bound } => self.named_spread_argument(object, target, bound),
            Action::AffixAccess { prefix, suffix, call } => self.load_attributes(call, object, prefix, suffix),
            Action::KeyName { call } => self.named_access(call, object),
            Action::SetKey { call } => {
                if let Object::Text(name) = self.objects.get(object) {
                    let target = self.calls[call as usize].arguments.positional[0];
                    self.watch(target, Action::SetNamed { name, call });
                }
            }
            Action::SetNamed { name, call } => self.set_named(call, object, name),
            Action::SuperOf { call } => self.explicit_super(call, object),
            Action::SuperReceiver { class, to } => {
                let found = self.objects.intern(Object::Super { class, receiver: object });
                self.graph.insert(to, found);
            }
            Action::TypeOf { to } => self.type_of(object, to),
            Action::NamedAccess { name, call } => self.access_named(call, object, name),
            Action::Wrap { is_static, to } => {
                let function = object;
                let wrapper = match self.objects.get(object) {
                    Object::StaticMethod(_) | Object::ClassMethod(_) => return,
                    _ if is_static => {
                        self.static_methods.insert(function);
                        Object::StaticMethod(function)
                    }
                    _ => {
                        self.class_methods.insert(function);
                        Object::ClassMethod(function)
                    }
                };
                let wrapped = self.objects.intern(wrapper);
                self.graph.insert(to, wrapped);
            }
            Action::MakeInstance { call } => {
                if matches!(self.objects.get(object), Object::Class { .. }) {
                    let instance = self.calls[call as usize].clone();
                    if instance.arguments.positional.len() >= 4 && self.is_metaclass(object) {
                        return self.make_class_of(&instance, Some(object), 1);
                    }
                    let any = self.any_instance(object);
                    self.graph.insert(instance.to, any);
                }
            }
            Action::MakeOf { call } => {
                if matches!(self.objects.get(object), Object::Class { .. }) {
                    let call = self.calls[call as usize].clone();
                    self.make_instance(&call, object);
                }
            }
            Action::Ecma(action) => self.act_ecma(action, object),
            Action::Update { container, site, caller } => {
                if self.is_mapping(object) {
                    self.copy_items(object, container, false);
                } else if self.is_mapping(container) {
                    let pair = self.graph.add(1);
                    self.watch(pair, Action::TakePair { mapping: container });
                    self.iterate_then_next(object, pair, site, caller);
                } else {
                    self.take_items(object, container, None, site, caller);
                }
            }
        }
    }

    /// Tell an action of a slot of the container that it watches.
    pub(crate) fn slot_added(&mut self, trigger: Trigger, key: ObjectId, node: Node) {
        match self.actions[trigger as usize].clone() {
            Action::SpreadArgument { target, offset, .. } => self.spread_slot(key, node, target, offset),
            Action::NamedSpreadArgument { target, bound } => self.named_spread_slot(key, node, target, bound),
            Action::CopySlot { container, is_masked } => {
                let is_hidden = is_masked
                    && matches!(self.objects.get(key), Object::Text(text)
                        if self.hidden_keys.get(&container).is_some_and(|hidden| hidden.contains(&text)));
                if !is_hidden {
                    self.put_under(container, key, node);
                }
            }
            Action::BasesOf { class } => self.base_at(key, node, class),
            Action::MemberOf { class } => self.member_of(key, node, class),
            Action::CopyRange { container, shift, from, until } => {
                self.copy_slot(key, node, container, shift, (from, until));
            }
            _ => {}
        }
    }
}
