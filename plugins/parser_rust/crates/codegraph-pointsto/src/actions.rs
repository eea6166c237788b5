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
            Action::StoreItemKey { object: container, value } | Action::ElementKey { container, value } => {
                self.put_under(container, object, value);
            }
            Action::DeleteItem { key, site, caller } => {
                let ignored = self.graph.add(1);
                self.call_special(object, self.known.dunder_delitem, vec![key], ignored, site, caller);
            }
            Action::CopySlot { .. } => {}
            Action::Spread { container, mapping, site, caller } => {
                self.spread(object, container, mapping, site, caller);
            }
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
            Action::InstanceOf { to } => {
                for instance in self.declared_instances(object) {
                    self.graph.insert(to, instance);
                }
            }
            Action::SpreadArgument { target, offset } => self.spread_argument(object, target, offset),
            Action::NamedSpreadArgument { target, bound } => self.named_spread_argument(object, target, bound),
            Action::AffixAccess { prefix, suffix, call } => self.load_attributes(call, object, prefix, suffix),
            Action::KeyName { call } => self.named_access(call, object),
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
                    let any = self.any_instance(object);
                    self.graph.insert(instance.to, any);
                }
            }
            Action::Ecma(action) => self.act_ecma(action, object),
            Action::Update { container, site, caller } => {
                if self.is_mapping(object) || self.is_mapping(container) && self.container(object).is_some() {
                    self.copy_items(object, container);
                } else if let Some(any) = self.any_item(container) {
                    let item = self.graph.add(1);
                    self.iterate_then_next(object, item, site, caller);
                    self.graph.edge(item, any);
                }
            }
        }
    }

    /// Tell an action of a slot of the container that it watches.
    pub(crate) fn slot_added(&mut self, trigger: Trigger, key: ObjectId, node: Node) {
        match self.actions[trigger as usize].clone() {
            Action::SpreadArgument { target, offset } => self.spread_slot(key, node, target, offset),
            Action::NamedSpreadArgument { target, bound } => self.named_spread_slot(key, node, target, bound),
            Action::CopySlot { container } => self.put_under(container, key, node),
            _ => {}
        }
    }
}
