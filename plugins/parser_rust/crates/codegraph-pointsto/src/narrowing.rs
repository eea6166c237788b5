//! What `isinstance(x, C)` says of the objects of `x`, where it holds and where it does not.
//!
//! Only what is sure counts: an object that may be an instance or not goes both ways.

use crate::graph::Node;
use crate::objects::{Object, ObjectId};
use crate::program::{ContainerKind, NONE, Symbol};
use crate::solver::{Action, Solver};

/// Classes of the language no instance of which is an instance of another of them, but for `bool`.
const CONCRETE: [&str; 9] = [
    "builtins.bytes",
    "builtins.dict",
    "builtins.float",
    "builtins.frozenset",
    "builtins.int",
    "builtins.list",
    "builtins.set",
    "builtins.str",
    "builtins.tuple",
];

/// A condition on the class of a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Narrowing {
    pub from: Node,
    pub class: Node,
    /// What the value is where it holds, or does not.
    pub to: Node,
    pub holds: bool,
}

impl Solver<'_> {
    /// An object has arrived where a condition on its class holds, or does not.
    pub(crate) fn narrow_instance(&mut self, object: ObjectId, class: Node, to: Node, holds: bool) {
        let classes = self.graph.objects(class).to_vec();
        if classes.is_empty() {
            self.watch(class, Action::NarrowBy { object, to, holds });
        }
        for class in classes {
            self.narrow_by(object, class, to, holds);
        }
    }

    /// Let an object through that is, or is not, an instance of a class.
    pub(crate) fn narrow_by(&mut self, object: ObjectId, class: ObjectId, to: Node, holds: bool) {
        if holds && self.may_be_below(object, class) {
            let instance = self.any_instance(class);
            self.graph.insert(to, instance);
        } else if self.tells_instance(object, class).is_none_or(|is_one| is_one == holds) {
            self.graph.insert(to, object);
        }
    }

    /// Say whether an object is an instance of a class, or of one of a tuple of classes; none if that is not sure.
    fn tells_instance(&mut self, object: ObjectId, class: ObjectId) -> Option<bool> {
        let (mut waiting, mut seen, mut is_sure) = (vec![class], Vec::new(), true);
        while let Some(class) = waiting.pop() {
            let decided = match self.objects.get(class) {
                Object::Class { .. } => self.instance_of_own(object, class),
                Object::External(name) => self.instance_of_outer(object, name),
                Object::Container { kind: ContainerKind::Tuple, .. } => {
                    // Where few places are told apart, a tuple may be among its own items: `kinds = (kinds, C)`.
                    if seen.contains(&class) {
                        continue;
                    }
                    seen.push(class);
                    let all = self.all_items(class);
                    let classes = all.map(|all| self.graph.objects(all).to_vec()).unwrap_or_default();
                    if !classes.is_empty() {
                        waiting.extend(classes);
                        continue;
                    }
                    None
                }
                _ => None,
            };
            if decided == Some(true) {
                return decided;
            }
            is_sure &= decided.is_some();
        }
        is_sure.then_some(false)
    }

    fn instance_of_own(&mut self, object: ObjectId, class: ObjectId) -> Option<bool> {
        match self.objects.get(object) {
            Object::Instance { class: of, .. } => {
                let order = self.order(of);
                if order.contains(&class) {
                    return Some(true);
                }
                if self.may_be_below(object, class) {
                    return None;
                }
                let is_closed = !order.iter().any(|one| self.is_open(*one) || self.is_unknown_class(*one));
                let decides_itself = self.derives_from(class, |name| name.ends_with(".Protocol"))
                    || self.defines(self.known.instance_check) && !self.metaclasses(class).is_empty();
                (is_closed && !decides_itself).then_some(false)
            }
            Object::Function { .. }
            | Object::Bound { .. }
            | Object::Module(_)
            | Object::Text(_)
            | Object::Affixes { .. }
            | Object::Integer(_)
            | Object::Container { .. }
            | Object::Generator(_)
            | Object::Coroutine(_) => {
                let decides_itself = self.derives_from(class, |name| name.ends_with(".Protocol"));
                (!decides_itself && !self.defines(self.known.instance_check)).then_some(false)
            }
            _ => None,
        }
    }

    /// Say whether an object stands for any instance of a class that another class derives from.
    fn may_be_below(&mut self, object: ObjectId, class: ObjectId) -> bool {
        match (self.objects.get(object), self.objects.get(class)) {
            (Object::Instance { class: of, site: NONE, .. }, Object::Class { .. }) => {
                of != class && self.order(class).contains(&of)
            }
            _ => false,
        }
    }

    /// Give values of which nothing is known what conditions on their classes say. Says whether there were any.
    pub(crate) fn seed_narrowed(&mut self) -> bool {
        let mut some = false;
        for narrowing in std::mem::take(&mut self.waiting.narrowings) {
            if narrowing.holds && self.graph.objects(narrowing.from).is_empty() {
                self.watch(narrowing.class, Action::InstanceOf { to: narrowing.to });
                some = true;
            }
        }
        some
    }

    fn is_unknown_class(&self, class: ObjectId) -> bool {
        matches!(self.objects.get(class), Object::Opaque(_))
    }

    fn instance_of_outer(&mut self, object: ObjectId, class: Symbol) -> Option<bool> {
        let is_concrete = CONCRETE.contains(&self.symbols.text(class));
        match self.objects.get(object) {
            Object::Instance { class: of, .. } => {
                let order = self.order(of);
                let mut outer = order.iter().filter_map(|one| match self.objects.get(*one) {
                    Object::External(name) => Some(name),
                    _ => None,
                });
                if outer.any(|name| name == class) {
                    return Some(true);
                }
                let is_own = !order.iter().any(|one| {
                    self.is_open(*one)
                        || match self.objects.get(*one) {
                            Object::External(name) => !self.models.brings_nothing(self.symbols.text(name)),
                            Object::Class { .. } => false,
                            _ => true,
                        }
                });
                (is_own && is_concrete).then_some(false)
            }
            Object::Function { .. } | Object::Class { .. } | Object::Bound { .. } | Object::Module(_) => {
                is_concrete.then_some(false)
            }
            Object::Text(_) | Object::Affixes { .. } | Object::Integer(_) | Object::Container { .. } => {
                let own = self.class_name(object)?;
                if own == class { Some(true) } else { is_concrete.then_some(false) }
            }
            _ => None,
        }
    }
}
