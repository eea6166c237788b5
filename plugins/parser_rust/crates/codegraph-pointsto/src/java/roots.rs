//! Where the analysis begins, and who can be called where no object arrives.
//!
//! What `main` methods reach is settled first, so that what only dead code makes does not count there; then methods
//! that no call means, then what is left. Where the receiver of a call stays empty because objects come from outside,
//! its static type says who can be called: classes that objects are made of (rapid type analysis), or else all classes
//! below the type (class hierarchy analysis).

use super::code::{Dispatch, Op, Value};
use super::objects::{Context, Object, SiteId};
use super::solver::{Certainty, Solver};
use super::types::{Type, TypeId};
use super::world::{ClassId, MethodId, MethodKind};
use crate::objects::ObjectId;
use crate::program::{NONE, Set, UnitId};

/// Objects of a class that a method which nobody calls is analysed with.
const MOST_RECEIVERS: usize = 8;
/// Classes that a call may be guessed to lead to.
const MOST_GUESSES: usize = 64;
/// Conditions on a value, one after the other, that are looked at.
const MOST_CONDITIONS: usize = 8;

impl Solver<'_> {
    /// Analyse the program.
    pub(super) fn solve_all(&mut self) {
        for method in self.mains() {
            self.seed(method);
        }
        self.settle();
        for class in 0..self.world.classes.len() as ClassId {
            if !self.world.classes[class as usize].is_model {
                self.touch(class);
            }
        }
        let mentioned = self.mentioned();
        for method in self.unreached() {
            if !mentioned.contains(&method) {
                self.seed(method);
            }
        }
        self.settle();
        loop {
            let methods = self.unreached();
            for method in &methods {
                self.seed(*method);
            }
            self.settle();
            let mut any = !methods.is_empty();
            for (unit, around) in self.lambdas.clone() {
                if !self.reached.contains(&unit) {
                    self.clone_of(unit, around, NONE);
                    any = true;
                }
            }
            self.settle();
            if !any || self.out_of_budget {
                break;
            }
        }
    }

    /// Run, and guess where nothing arrives, until nothing changes.
    fn settle(&mut self) {
        loop {
            self.run();
            if self.out_of_budget || !self.fall_back() {
                return;
            }
        }
    }

    fn mains(&self) -> Vec<MethodId> {
        let is_main = |method: &MethodId| {
            let found = &self.world.methods[*method as usize];
            found.is_static
                && self.world.symbols.text(found.name) == "main"
                && found.parameters.len() <= 1
                && !self.world.classes[found.class as usize].is_model
        };
        (0..self.world.methods.len() as MethodId).filter(is_main).collect()
    }

    fn unreached(&self) -> Vec<MethodId> {
        let is_unreached = |method: &MethodId| {
            let found = &self.world.methods[*method as usize];
            !self.world.classes[found.class as usize].is_model
                && !self.reached.contains(&found.unit)
                && !matches!(found.kind, MethodKind::Accessor(_) | MethodKind::Values | MethodKind::ValueOf)
                && !found.is_abstract
        };
        (0..self.world.methods.len() as MethodId).filter(is_unreached).collect()
    }

    /// Methods that some call of the program means, and those that take their place.
    fn mentioned(&mut self) -> Set<MethodId> {
        let mut mentioned: Set<MethodId> = Set::default();
        for unit in &self.world.units {
            if self.world.classes[unit.class as usize].is_model {
                continue;
            }
            for op in &unit.ops {
                if let Op::Invoke(call) = op
                    && call.method != NONE
                {
                    mentioned.insert(call.method);
                }
            }
        }
        mentioned.extend(self.references.iter().map(|reference| reference.method));
        for class in 0..self.world.classes.len() as ClassId {
            let ancestors = self.world.classes[class as usize].ancestors.clone();
            for method in self.world.classes[class as usize].methods.clone() {
                let name = self.world.methods[method as usize].name;
                let above: Vec<MethodId> = ancestors
                    .iter()
                    .filter_map(|one| self.world.classes[*one as usize].methods_by_name.get(&name))
                    .flatten()
                    .copied()
                    .collect();
                let takes_place =
                    above.into_iter().any(|one| mentioned.contains(&one) && self.world.overrides(method, one, class));
                if takes_place {
                    mentioned.insert(method);
                }
            }
        }
        mentioned
    }

    /// Analyse a method that nobody calls, with what is known of its receivers.
    fn seed(&mut self, method: MethodId) {
        let found = &self.world.methods[method as usize];
        let (unit, class, is_static) = (found.unit, found.class, found.is_static);
        if is_static {
            self.touch(class);
            self.clone_of(unit, NONE, NONE);
            return;
        }
        for receiver in self.receivers(method, class) {
            let around = self.around_of(unit, receiver);
            let context = self.objects.context(Context::Receiver(receiver));
            let clone = self.clone_of(unit, around, context);
            let this = self.clones[clone as usize].base + super::code::THIS;
            self.graph.insert(this, receiver);
        }
    }

    fn receivers(&mut self, method: MethodId, class: ClassId) -> Vec<ObjectId> {
        let is_constructor = self.world.methods[method as usize].name == self.world.known.constructor;
        let mut below = vec![class];
        if !is_constructor {
            below.extend(self.classes_below(class));
        }
        let mut found = Vec::new();
        for one in &below {
            if *one != class && self.implementation(*one, method) != Some(method) {
                continue;
            }
            found.extend(self.made.get(one).into_iter().flatten().copied());
        }
        found.truncate(MOST_RECEIVERS);
        if !found.is_empty() && !is_constructor {
            return found;
        }
        let is_abstract = self.world.classes[class as usize].is_abstract();
        let concrete: Vec<ClassId> = below
            .into_iter()
            .filter(|one| {
                !self.world.classes[*one as usize].is_abstract()
                    && (*one == class || self.implementation(*one, method) == Some(method))
            })
            .take(if is_abstract { MOST_RECEIVERS } else { 1 })
            .collect();
        if concrete.is_empty() || is_constructor {
            return vec![self.any(class)];
        }
        concrete.into_iter().map(|one| self.any(one)).collect()
    }

    /// Classes of the program below a class, in order.
    fn classes_below(&self, class: ClassId) -> Vec<ClassId> {
        (0..self.world.classes.len() as ClassId)
            .filter(|one| {
                *one != class && !self.world.classes[*one as usize].is_model && self.world.is_subclass(*one, class)
            })
            .collect()
    }

    /// Give calls whose receivers are empty objects of the classes that their static types allow.
    fn fall_back(&mut self) -> bool {
        let mut still = Vec::new();
        let mut given: Vec<(u32, SiteId)> = Vec::new();
        // Places where some clone knows the callee, or has objects at least, are left alone.
        let mut known: Set<(u32, u32)> = Set::default();
        let mut empty = Vec::new();
        for call in std::mem::take(&mut self.pending) {
            let state = &self.calls[call as usize];
            let (clone, site, receiver) = (state.clone, state.invoke.site, state.invoke.receiver);
            let frame = self.clones[clone as usize];
            if self.graph.objects(frame.base + receiver).is_empty() {
                empty.push((call, frame.unit, site));
            } else {
                known.insert((frame.unit, site));
            }
        }
        for (call, unit, site) in empty {
            if known.contains(&(unit, site)) || self.settled.contains(&(unit, site)) {
                continue;
            }
            given.push((call, site));
            still.push(call);
        }
        self.settled.extend(known);
        let mut changed = false;
        for (call, _) in given {
            changed |= self.guess(call);
        }
        self.pending.extend(still);
        changed
    }

    fn guess(&mut self, call: u32) -> bool {
        let state = self.calls[call as usize].clone();
        if state.invoke.dispatch != Dispatch::Virtual || state.invoke.receiver == super::code::THIS {
            return false;
        }
        let upper = self.world.upper(state.invoke.receiver_type);
        let Type::Class(class, _) = *self.world.types.get(upper) else { return false };
        if class == self.world.object_class {
            return false;
        }
        if self.is_narrowed_away(state.clone, state.invoke.receiver, 0) {
            self.cut.insert((self.clones[state.clone as usize].unit, state.invoke.site));
            return false;
        }
        let node = self.clones[state.clone as usize].base + state.invoke.receiver;
        if self.world.classes[class as usize].is_model {
            return self.guess_model(call, class, node);
        }
        let mut below = vec![class];
        below.extend(self.classes_below(class));
        below.retain(|one| {
            let found = &self.world.classes[*one as usize];
            // What is made in one place only is where it flows to.
            !found.is_abstract() && found.unit_around == NONE
        });
        let unit = self.clones[state.clone as usize].unit;
        below.retain(|one| self.is_let_through(unit, state.invoke.receiver, *one));
        let mut targets: Vec<MethodId> =
            below.iter().filter_map(|one| self.implementation(*one, state.invoke.method)).collect();
        targets.sort_unstable();
        targets.dedup();
        let instantiated: Vec<ClassId> = below.iter().copied().filter(|one| self.instantiated.contains(one)).collect();
        let (chosen, certainty) = if targets.len() <= 1 {
            (below, Certainty::PointsTo)
        } else if instantiated.is_empty() {
            (below, Certainty::Declared)
        } else {
            (instantiated, Certainty::Instantiated)
        };
        if chosen.is_empty() || chosen.len() > MOST_GUESSES {
            return false;
        }
        for one in chosen {
            self.guessed.entry(one).or_insert(certainty);
            let object = self.any(one);
            self.graph.insert(node, object);
        }
        true
    }

    /// Say whether conditions, casts and patterns that a value has passed let objects of a class through.
    fn is_let_through(&self, unit: UnitId, value: Value, class: ClassId) -> bool {
        let ops = &self.world.units[unit as usize].ops;
        let is_of = |type_: TypeId| match self.world.types.get(type_) {
            Type::Class(wanted, _) => Some(self.world.is_subclass(class, *wanted)),
            _ => None,
        };
        let mut value = value;
        for _ in 0..MOST_CONDITIONS {
            let mut into = ops.iter().filter_map(|op| match *op {
                Op::Filter { to, from, type_ } if to == value => Some((from, is_of(type_).unwrap_or(true))),
                Op::Without { to, from, type_ } if to == value => Some((from, !is_of(type_).unwrap_or(false))),
                Op::Exactly { to, from, class: own, holds } if to == value => Some((from, (own == class) == holds)),
                _ => None,
            });
            match (into.next(), into.next()) {
                (Some((from, true)), None) => value = from,
                (Some((_, false)), None) => return false,
                _ => return true,
            }
        }
        true
    }

    /// Say whether objects do arrive, but none of the type that a cast or pattern lets through.
    fn is_narrowed_away(&mut self, clone: u32, value: Value, depth: u32) -> bool {
        if depth > 4 {
            return false;
        }
        let frame = self.clones[clone as usize];
        let sources: Vec<(Value, bool)> = self.world.units[frame.unit as usize]
            .ops
            .iter()
            .filter_map(|op| match *op {
                Op::Filter { to, from, .. } | Op::Without { to, from, .. } | Op::Exactly { to, from, .. }
                    if to == value =>
                {
                    Some((from, true))
                }
                Op::Copy { to, from } if to == value => Some((from, false)),
                _ => None,
            })
            .collect();
        sources.into_iter().any(|(from, is_filter)| {
            let node = frame.base + from;
            // Where objects were left out, those that fit may be among them.
            is_filter && !self.graph.objects(node).is_empty() && !self.graph.has_lost_objects(node)
                || self.is_narrowed_away(clone, from, depth + 1)
        })
    }

    /// An object of a library's type that comes from outside is one of the first class that the models have for it.
    fn guess_model(&mut self, call: u32, class: ClassId, node: u32) -> bool {
        let made = (0..self.world.classes.len() as ClassId).find(|one| {
            let found = &self.world.classes[*one as usize];
            found.is_model && !found.is_abstract() && self.world.is_subclass(*one, class)
        });
        let Some(made) = made else { return false };
        let state = self.calls[call as usize].clone();
        let (unit, site) = (self.clones[state.clone as usize].unit, state.invoke.site);
        let site = self.site(unit, site);
        let object = self.objects.intern(Object::Instance { class: made, site, context: NONE, around: NONE });
        self.graph.insert(node, object);
        true
    }
}
