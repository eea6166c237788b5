//! Lists and tuples as sequences: copies, slices and sums keep positions where lengths are known.
//!
//! The length of a sequence is known while nothing was added to it at an unknown place. What is concluded from a length
//! is taken back in the only way that inclusion has: when something is added after all, every item may be anywhere.

use std::rc::Rc;

use crate::graph::Node;
use crate::objects::{CloneId, Object, ObjectId};
use crate::program::{ContainerKind, Place};
use crate::solver::{Action, Site, Solver};

/// Positions from which on items that a copy moves are no longer told apart: a sum in a loop moves them for ever.
const MOST_MOVED: i64 = 32;

/// A slice of a sequence: from a position to one before which it ends, both from the end if below 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SliceAccess {
    pub to: Node,
    /// None if it is not known.
    pub range: Option<(i64, Option<i64>)>,
    /// The rest of an unpacked iterable, which need not be a sequence.
    pub is_rest: bool,
    pub site: Site,
    pub caller: CloneId,
}

impl Solver<'_> {
    /// Say whether an object's items have positions.
    pub(crate) fn is_sequence(&mut self, object: ObjectId) -> bool {
        match self.objects.get(object) {
            Object::Container { kind, .. } => matches!(kind, ContainerKind::List | ContainerKind::Tuple),
            Object::Made { .. } => !self.is_mapping(object),
            Object::Instance { class, .. } => self.held_kind(class) == Some(ContainerKind::List),
            _ => false,
        }
    }

    /// Return how many items a sequence has.
    fn known_length(&mut self, object: ObjectId) -> Option<i64> {
        if !matches!(self.objects.get(object), Object::Container { site, .. } if !self.is_rest_site(site)) {
            return None;
        }
        let state = self.container(object)?.clone();
        self.graph.objects(state.any).is_empty().then_some(state.slots.len() as i64)
    }

    /// Say whether a site is that of the arguments that a `*rest` takes: each call may bring more.
    fn is_rest_site(&self, site: Site) -> bool {
        self.site_bases.binary_search(&(site + 1)).is_ok()
    }

    /// When something is added to a sequence at an unknown place, let all its items flow to a node.
    fn unless_closed(&mut self, object: ObjectId, to: Node) {
        if let Some(state) = self.container(object).map(|state| state.clone()) {
            self.watch(state.any, Action::Opened { all: state.all, to });
        }
    }

    /// Let the item at a place from the end flow to a node; 0 is the last.
    pub(crate) fn load_from_end(&mut self, object: ObjectId, at: i64, to: Node) {
        match self.known_length(object) {
            Some(length) => {
                let key = self.objects.intern(Object::Integer(length - 1 - at));
                if length > at
                    && let Some(slot) = self.slot(object, key)
                {
                    self.graph.edge(slot, to);
                }
                self.unless_closed(object, to);
            }
            None => {
                if let Some(all) = self.all_items(object) {
                    self.graph.edge(all, to);
                }
            }
        }
    }

    /// Let a slice of an object flow to a node.
    pub(crate) fn slice_of(&mut self, object: ObjectId, access: &SliceAccess) {
        let SliceAccess { to, range, is_rest, site, caller } = *access;
        let context = self.heap_context(self.clones[caller as usize].context);
        if !self.is_sequence(object) {
            if is_rest {
                let list = self.objects.intern(Object::Container { kind: ContainerKind::List, site, context });
                self.graph.insert(to, list);
                self.take_items(object, list, None, site, caller);
            } else {
                self.slice_other(object, to, site, caller);
            }
            return;
        }
        if self.call_slice(object, to, is_rest, site, caller) {
            return;
        }
        let kind = match self.objects.get(object) {
            Object::Container { kind: ContainerKind::Tuple, .. } if !is_rest => ContainerKind::Tuple,
            _ => ContainerKind::List,
        };
        let result = self.objects.intern(Object::Container { kind, site, context });
        self.graph.insert(to, result);
        let (Some(source), Some(any)) = (self.container(object).map(|state| state.clone()), self.any_item(result))
        else {
            return;
        };
        let length = match range {
            Some((from, until)) if from < 0 || until.is_some_and(|until| until < 0) => self.known_length(object),
            _ => Some(0),
        };
        let (Some((from, until)), Some(length)) = (range, length) else {
            self.graph.edge(source.all, any);
            return;
        };
        let from_start = |at: i64| if at < 0 { (length + at).max(0) } else { at };
        let (from, until) = (from_start(from), until.map_or(i64::from(i32::MAX), from_start));
        self.graph.edge(source.any, any);
        if from > 0 || until < i64::from(i32::MAX) {
            self.unless_closed(object, any);
        }
        let [from, until] = [from, until].map(|at| at.clamp(0, i64::from(i32::MAX)) as i32);
        self.watch_slots(object, Action::CopyRange { container: result, shift: -from, from, until });
    }

    /// `object[from:until]` of an object whose class says what that is.
    fn call_slice(&mut self, object: ObjectId, to: Node, is_rest: bool, site: Site, caller: CloneId) -> bool {
        if is_rest || !matches!(self.objects.get(object), Object::Instance { .. }) {
            return false;
        }
        let argument = self.slice_argument();
        self.call_special(object, self.known.dunder_getitem, vec![argument], to, site, caller)
    }

    fn slice_argument(&mut self) -> Node {
        let slice = self.objects.intern(Object::ExternalInstance(self.known.slice));
        self.single(slice)
    }

    fn slice_other(&mut self, object: ObjectId, to: Node, site: Site, caller: CloneId) {
        match self.objects.get(object) {
            Object::Instance { .. } => {
                self.call_slice(object, to, false, site, caller);
            }
            Object::Text(_) | Object::Affixes { .. } => {
                let text = self.objects.intern(Object::ExternalInstance(self.known.str));
                self.graph.insert(to, text);
            }
            Object::ExternalInstance(_) | Object::Opaque(_) | Object::Made { .. } => self.graph.insert(to, object),
            _ => {}
        }
    }

    /// Let the items of an iterable be in a sequence, from a position on if one is given.
    pub(crate) fn take_items(
        &mut self,
        object: ObjectId,
        container: ObjectId,
        at: Option<i32>,
        site: Site,
        caller: CloneId,
    ) {
        let Some(any) = self.any_item(container) else { return };
        match at {
            Some(at) if self.is_sequence(object) && object != container && !self.iterates_itself(object) => {
                if let Some(source) = self.container(object).map(|state| state.clone()) {
                    self.graph.edge(source.any, any);
                    self.watch_slots(object, Action::CopyRange { container, shift: at, from: 0, until: i32::MAX });
                }
            }
            _ => {
                self.iterate_then_next(object, any, site, caller);
            }
        }
    }

    fn iterates_itself(&mut self, object: ObjectId) -> bool {
        match self.objects.get(object) {
            Object::Instance { class, .. } => self.class_attribute(class, self.known.dunder_iter).is_some(),
            _ => false,
        }
    }

    /// A slot of a sequence that is copied has become known.
    pub(crate) fn copy_slot(
        &mut self,
        key: ObjectId,
        item: Node,
        container: ObjectId,
        shift: i32,
        (from, until): (i32, i32),
    ) {
        let Object::Integer(at) = self.objects.get(key) else { return };
        if at < i64::from(from) || at >= i64::from(until) {
            return;
        }
        let moved = at + i64::from(shift);
        if shift > 0 && moved >= MOST_MOVED {
            if let Some(any) = self.any_item(container) {
                self.graph.edge(item, any);
            }
            return;
        }
        let key = self.objects.intern(Object::Integer(moved));
        self.put_under(container, key, item);
    }

    /// `left + right` of sequences: the items of one, then those of the other.
    pub(crate) fn sum_of(&mut self, left: ObjectId, right: Node, to: Node, site: Site, caller: CloneId) {
        let kind = match self.objects.get(left) {
            Object::Container { kind: ContainerKind::Tuple, .. } => ContainerKind::Tuple,
            _ => ContainerKind::List,
        };
        let context = self.heap_context(self.clones[caller as usize].context);
        let sum = self.objects.intern(Object::Container { kind, site, context });
        self.graph.insert(to, sum);
        if left == sum {
            self.watch(right, Action::TakeItems { container: sum, at: None, site, caller });
            return;
        }
        let length = self.known_length(left).filter(|length| *length < MOST_MOVED);
        self.take_items(left, sum, Some(0), site, caller);
        self.watch(right, Action::TakeItems { container: sum, at: length.map(|length| length as i32), site, caller });
        if length.is_some()
            && let Some(any) = self.any_item(left)
        {
            // Should the left get longer, what is on the right moves.
            self.watch(any, Action::Lengthened { right, container: sum, site, caller });
        }
    }

    /// A new sequence with items at unknown places.
    pub(crate) fn repeated(&mut self, object: ObjectId, to: Node, site: Site, caller: CloneId) {
        let kind = match self.objects.get(object) {
            Object::Container { kind, .. } => kind,
            _ => ContainerKind::List,
        };
        let context = self.heap_context(self.clones[caller as usize].context);
        let made = self.objects.intern(Object::Container { kind, site, context });
        self.graph.insert(to, made);
        if let (Some(all), Some(any)) = (self.all_items(object), self.any_item(made)) {
            self.graph.edge(all, any);
        }
    }

    /// A new mapping or set with what two have.
    pub(crate) fn united(&mut self, left: ObjectId, right: Node, to: Node, site: Site, caller: CloneId) {
        let kind = if self.is_mapping(left) { ContainerKind::Map } else { ContainerKind::Set };
        let context = self.heap_context(self.clones[caller as usize].context);
        let made = self.objects.intern(Object::Container { kind, site, context });
        self.graph.insert(to, made);
        for side in [self.single(left), right] {
            self.watch(side, Action::Update { container: made, site, caller });
        }
    }

    /// Let what is in a pair be in a mapping, its second item under its first.
    pub(crate) fn take_pair(&mut self, pair: ObjectId, mapping: ObjectId) {
        let is_pair = matches!(self.objects.get(pair), Object::Container { .. } | Object::Made { .. });
        if !is_pair || !self.is_sequence(pair) {
            return;
        }
        let (key, value) = match self.waiting.pairs.get(&pair) {
            Some(parts) => *parts,
            None => {
                let first = self.graph.add(2);
                self.load_held(pair, None, Place::At(0), first);
                self.load_held(pair, None, Place::At(1), first + 1);
                self.waiting.pairs.insert(pair, (first, first + 1));
                (first, first + 1)
            }
        };
        self.put_keyed(mapping, key, value);
    }

    /// `list(items)`, `tuple(items)`
    pub(crate) fn sequence_of(
        &mut self,
        kind: ContainerKind,
        items: Option<Node>,
        to: Node,
        site: Site,
        caller: CloneId,
    ) {
        let context = self.heap_context(self.clones[caller as usize].context);
        let made = self.objects.intern(Object::Container { kind, site, context });
        self.graph.insert(to, made);
        if let Some(items) = items {
            self.watch(items, Action::TakeItems { container: made, at: Some(0), site, caller });
        }
    }

    /// Make a slice's access an action of its own.
    pub(crate) fn watch_slice(&mut self, object: Node, access: SliceAccess) {
        self.watch(object, Action::Slice(Rc::new(access)));
    }
}
