//! Classes that no statement makes: `type(name, bases, members)`, `type.__new__`, a metaclass that is called.
//!
//! They are told apart by where they are made. What a metaclass's `__new__` puts among the members of a class that a
//! statement makes is that class's.

use std::rc::Rc;

use crate::graph::Node;
use crate::objects::{CloneId, Context, Object, ObjectId};
use crate::program::{ContainerKind, NONE, Program, Symbol, UnitId, UnitKind};
use crate::solver::{Action, Arguments, CallInstance, Site, Solver};

/// Where the frame of such classes would be written: nowhere.
pub(crate) const NOWHERE: (u32, u32) = (1, 0);

/// Return the unit that stands for the frames of these classes, if the program mentions `type`.
pub(crate) fn frame_of_made(program: &Program) -> UnitId {
    let is_frame = |unit: &crate::program::Unit| unit.kind == UnitKind::Class && unit.span == NOWHERE;
    program.units.iter().position(is_frame).map_or(NONE, |at| at as UnitId)
}

impl Solver<'_> {
    /// Say whether instances of a class are classes.
    pub(crate) fn is_metaclass(&mut self, class: ObjectId) -> bool {
        self.derives_from(class, |name| {
            matches!(name, "builtins.type" | "abc.ABCMeta" | "enum.EnumMeta" | "enum.EnumType")
        })
    }

    /// `type(name, bases, members)`, the name being the argument at a position.
    pub(crate) fn make_class_of(&mut self, call: &CallInstance, metaclass: Option<ObjectId>, at: usize) {
        let Some(members) = call.arguments.positional.get(at + 2).copied() else { return };
        let mut arguments = (*call.arguments).clone();
        arguments.positional.drain(..at);
        let call = self.new_call(CallInstance { arguments: Rc::new(arguments), ..call.clone() });
        self.watch(members, Action::ClassOf { call, metaclass: metaclass.unwrap_or(NONE) });
    }

    /// The members of a class have arrived where it is made.
    pub(crate) fn class_of_members(&mut self, members: ObjectId, id: u32, metaclass: ObjectId) {
        let call = self.calls[id as usize].clone();
        if let Some(class) = self.namespaces.get(&members).copied() {
            self.graph.insert(call.to, class);
            return;
        }
        if !self.is_mapping(members) {
            return;
        }
        let Some(class) = self.class_at(call.site, call.caller, metaclass) else { return };
        if let Some(bases) = call.arguments.positional.get(1) {
            self.watch(*bases, Action::BasesOf { class });
        }
        self.watch_slots(members, Action::MemberOf { class });
        self.graph.insert(call.to, class);
    }

    /// `types.new_class(name, bases, keywords, fill)`
    pub(crate) fn new_class(&mut self, call: &CallInstance) {
        let Some(class) = self.class_at(call.site, call.caller, NONE) else { return };
        let arguments = &call.arguments;
        if let Some(bases) = arguments.positional.get(1) {
            self.watch(*bases, Action::BasesOf { class });
        }
        let named = arguments.named.iter().find(|(name, _)| self.symbols.text(*name) == "exec_body");
        if let Some(fill) = arguments.positional.get(3).copied().or(named.map(|(_, node)| *node)) {
            let members = self.namespace_of(class, call.site);
            let arguments = Arguments { positional: [self.single(members)].into(), ..Arguments::default() };
            let ignored = self.graph.add(1);
            self.derived_call(fill, call, Rc::new(arguments), ignored);
        }
        self.graph.insert(call.to, class);
    }

    /// Return the class that is made at a place; none where there are too many already.
    fn class_at(&mut self, site: Site, caller: CloneId, metaclass: ObjectId) -> Option<ObjectId> {
        let unit = self.frame_of_made;
        if unit == NONE {
            return None;
        }
        let context = self.objects.context(Context::Site(site));
        // Each context of the frame that makes it has a class of its own.
        if !self.has_clone(unit, caller, context) {
            if self.is_large() {
                return None;
            }
            self.add_clone(unit, caller, context);
        }
        let around = self.clone_of(unit, caller, context);
        let class = self.objects.intern(Object::Class { unit, around });
        if !self.knows_class(class) {
            self.declare_class(class, site, caller, metaclass);
        }
        Some(class)
    }

    /// Return the mapping that a metaclass is given as the members of a class: what is put there is the class's.
    pub(crate) fn namespace_of(&mut self, class: ObjectId, site: Site) -> ObjectId {
        let members = self.objects.intern(Object::Container { kind: ContainerKind::Map, site, context: NONE });
        if self.namespaces.insert(members, class).is_none() {
            if let Object::Class { unit, .. } = self.objects.get(class) {
                for name in &self.program.units[unit as usize].names {
                    let key = self.objects.intern(Object::Text(*name));
                    let field = self.field(class, *name);
                    self.put_under(members, key, field);
                }
            }
            self.watch_slots(members, Action::MemberOf { class });
        }
        members
    }

    /// The bases of a class are known.
    pub(crate) fn bases_of(&mut self, bases: ObjectId, class: ObjectId) {
        if matches!(self.objects.get(bases), Object::Container { .. } | Object::Made { .. }) {
            self.watch_slots(bases, Action::BasesOf { class });
        }
    }

    /// A base at a position has become known.
    pub(crate) fn base_at(&mut self, key: ObjectId, base: Node, class: ObjectId) {
        if let Object::Integer(at) = self.objects.get(key)
            && (0..64).contains(&at)
        {
            self.watch(base, Action::Base { class, position: at as u32 });
        }
    }

    /// A member of a class that no statement gives it has become known.
    pub(crate) fn member_of(&mut self, key: ObjectId, value: Node, class: ObjectId) {
        let Object::Text(name) = self.objects.get(key) else { return };
        let is_new = !self.fields.contains_key(&(class, name));
        let field = self.field(class, name);
        self.graph.edge(value, field);
        if is_new {
            self.class_changed(class, Some(name));
            if self.defines(self.known.set_name) {
                self.tell_name(class, name, value);
            }
        }
    }

    /// The name of a class, as far as it is known.
    pub(crate) fn name_of_class(&mut self, class: ObjectId) -> Option<Symbol> {
        match self.objects.get(class) {
            Object::Class { unit, .. } if unit != self.frame_of_made => Some(self.program.units[unit as usize].name),
            _ => None,
        }
    }
}
