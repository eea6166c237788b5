//! Why there is an edge of the call graph: how the callee's object got to the call.
//!
//! The analysis is run once more, with a record of what put which object where. A chain is then found from the call
//! backwards, breadth first, so it is a shortest one; ties are settled by the numbers of nodes, which do not depend on
//! anything but the program.

use std::collections::VecDeque;

use crate::graph::{Graph, NO_CAUSE, Node, Trace};
use crate::objects::{Object, ObjectId};
use crate::program::*;
use crate::report::Target;
use crate::solver::{RETURNED, Site, Solver};

/// States that the search for one chain looks at.
const MOST_STATES: usize = 2_000_000;
/// Steps of a chain at most; what is between is left out in the middle.
const MOST_STEPS: usize = 40;

/// A definition, by the number of its file and where it begins and ends; a module has no place.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Wanted {
    pub file: u32,
    pub span: Option<(u32, u32)>,
}

/// A step of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Step {
    pub file: u32,
    /// From 1.
    pub line: u32,
    /// From 0, in bytes.
    pub column: u32,
    pub text: String,
}

/// Why a call has a callee.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The call.
    pub call: Step,
    /// Not written there.
    pub is_implicit: bool,
    /// It rests on a declared type.
    pub is_assumed: bool,
    /// How the callee's object, or the object that it is a method of, got to the call.
    pub steps: Vec<Step>,
}

/// A node and an object that is in it.
pub(crate) type State = (Node, ObjectId);

/// How an object got into a node.
pub(crate) enum Origin {
    /// It was made there.
    Made,
    /// Something arrived elsewhere.
    Because(State),
    /// Along an edge.
    Passed,
}

/// Return the states on a shortest way from where an object is made to a state, both included.
pub(crate) fn shortest_chain(
    graph: &mut Graph,
    predecessors: &Map<Node, Vec<Node>>,
    end: State,
    origin: impl Fn(State) -> Origin,
) -> Vec<State> {
    let mut next: Map<State, State> = Map::default();
    let mut queue = VecDeque::from([end]);
    next.insert(end, end);
    while let Some(state) = queue.pop_front() {
        let (node, object) = state;
        let from = origin(state);
        if matches!(from, Origin::Made) || next.len() > MOST_STATES {
            let mut found = vec![state];
            while found.last() != Some(&end) {
                found.push(next[&found[found.len() - 1]]);
            }
            return found;
        }
        let mut before = Vec::new();
        if let Origin::Because(cause) = from {
            before.push(cause);
        }
        for from in predecessors.get(&node).into_iter().flatten() {
            if graph.objects(*from).contains(&object) {
                before.push((*from, object));
            }
        }
        for one in before {
            if !next.contains_key(&one) {
                next.insert(one, state);
                queue.push_back(one);
            }
        }
    }
    vec![end]
}

/// Leave steps out in the middle of a chain that is too long to read.
pub(crate) fn shorten(steps: &mut Vec<Step>) {
    if steps.len() > MOST_STEPS {
        let dropped = steps.len() - MOST_STEPS;
        steps.drain(MOST_STEPS / 2..MOST_STEPS / 2 + dropped);
    }
}

impl Solver<'_> {
    /// Take down what puts which object where.
    pub(crate) fn record(&mut self) {
        self.graph.trace = Some(Box::new(Trace { cause: NO_CAUSE, ..Trace::default() }));
        self.outcome.causes = Some(Map::default());
    }

    /// Say why a definition calls another, of a program that was analysed with a record: one explanation for each place,
    /// in order.
    pub(crate) fn explained(mut self, caller: Wanted, callee: Wanted) -> Vec<Explanation> {
        let (Some(caller), Some(callee)) = (self.unit_at(caller), self.unit_at(callee)) else { return Vec::new() };
        let target = Target::Unit(callee);
        let sites: Vec<Site> = (self.outcome.sites.iter())
            .filter(|(_, found)| found.targets.contains(&target) || found.implicit.contains(&target))
            .map(|(site, _)| site)
            .filter(|site| self.written_in(self.outcome_unit(*site)) == caller)
            .collect();
        let Some(trace) = self.graph.trace.take() else { return Vec::new() };
        let predecessors = if sites.is_empty() { Map::default() } else { self.graph.predecessors() };
        let mut found = Vec::new();
        for site in sites {
            let Some(outcome) = self.outcome.sites.get(site) else { continue };
            let (is_implicit, is_assumed) = (!outcome.targets.contains(&target), outcome.assumed.contains(&target));
            let cause = self.outcome.causes.as_ref().and_then(|causes| causes.get(&(site, target)).copied());
            let states = match cause.and_then(|(trigger, object)| Some((trace.triggers.get(&trigger)?.0, object))) {
                Some(state) => self.chain(&trace, &predecessors, state),
                None => Vec::new(),
            };
            let mut steps = self.described(&trace, &states);
            // What got here is often a receiver, or stands for the callee.
            let is_callee = |object| matches!(self.objects.get(object), Object::Function { unit, .. } | Object::Class { unit, .. } if unit == callee);
            if states.last().is_some_and(|(_, object)| !is_callee(*object)) {
                steps.push(self.definition_of(callee));
            }
            let call = self
                .at_site(site, format!("`{}` is called", self.symbols.text(self.program.units[callee as usize].name)));
            found.push(Explanation { call, is_implicit, is_assumed, steps });
        }
        found
    }

    fn outcome_unit(&self, site: Site) -> UnitId {
        self.site_bases.partition_point(|first| *first <= site) as u32 - 1
    }

    fn unit_at(&self, wanted: Wanted) -> Option<UnitId> {
        let file = self.program.files.get(wanted.file as usize)?;
        let units = file.unit..file.unit + file.unit_count;
        match wanted.span {
            None => Some(file.unit),
            Some(span) => units.into_iter().find(|unit| {
                let unit = &self.program.units[*unit as usize];
                unit.span == span && unit.kind != UnitKind::Module
            }),
        }
    }

    /// Return the unit that has the code of a frame: those of generator expressions have none of their own.
    fn written_in(&self, unit: UnitId) -> UnitId {
        let mut at = unit;
        while matches!(self.program.units[at as usize].kind, UnitKind::Comprehension | UnitKind::Initializer) {
            at = self.program.units[at as usize].parent;
        }
        at
    }

    /// Return the states on a shortest way from where an object is made to a state, both included.
    fn chain(&mut self, trace: &Trace, predecessors: &Map<Node, Vec<Node>>, end: State) -> Vec<State> {
        let objects = &self.objects;
        shortest_chain(&mut self.graph, predecessors, end, |state| {
            let put = trace.put.get(&state).copied();
            match objects.get(state.1) {
                // A bound method is where it is because of its receiver.
                Object::Bound { .. } => {}
                _ if put.is_some() => return Origin::Made,
                _ => {}
            }
            let Some((trigger, arrived)) = put else { return Origin::Passed };
            let Some((watched, maker)) = trace.triggers.get(&trigger) else { return Origin::Passed };
            // The receiver's arrival made what then waited for the method.
            match trace.triggers.get(&maker.0) {
                Some((at, _)) => Origin::Because((*at, maker.1)),
                None => Origin::Because((*watched, arrived)),
            }
        })
    }

    /// Return the steps of a chain: what is written for each of its states, where something is.
    fn described(&self, trace: &Trace, states: &[State]) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        for (at, state) in states.iter().enumerate() {
            let before = at.checked_sub(1).map(|at| states[at]);
            let step = match self.value_at(state.0) {
                Some((unit, value)) => self.step_of_value(trace, unit, value, *state, before.is_none()),
                None => before.and_then(|before| self.step_of_store(before.0)),
            };
            if let Some(step) = step
                && steps.last() != Some(&step)
            {
                steps.push(step);
            }
        }
        shorten(&mut steps);
        steps
    }

    /// Return the unit and value that a node stands for in some clone.
    fn value_at(&self, node: Node) -> Option<(UnitId, Value)> {
        let at = self.clones.partition_point(|clone| clone.base <= node).checked_sub(1)?;
        let clone = self.clones[at];
        let value = node - clone.base;
        (value < self.program.units[clone.unit as usize].value_count + self.extras(clone.unit))
            .then_some((clone.unit, value))
    }

    fn step_of_value(&self, trace: &Trace, unit: UnitId, value: Value, state: State, is_first: bool) -> Option<Step> {
        let source = &self.program.units[unit as usize];
        if value >= source.value_count {
            let is_returned = value == source.value_count + RETURNED;
            let what = if is_returned { "is returned by" } else { "is handed out by" };
            return Some(self.at_unit(unit, format!("{what} `{}`", self.symbols.text(source.name))));
        }
        if let Some(parameter) = source.parameters.iter().find(|parameter| parameter.value == value) {
            let (name, function) = (self.symbols.text(parameter.name), self.symbols.text(source.name));
            let is_assumed = is_first && trace.put.get(&state).is_some_and(|(trigger, _)| *trigger == NONE);
            let text = if is_assumed {
                let class = self.shown_class(state.1);
                format!("`{name}` of `{function}`, which nothing calls, is taken for {class}")
            } else {
                format!("is given to `{function}` as `{name}`")
            };
            return Some(self.at_unit(unit, text));
        }
        let at = source.ops.iter().position(|op| op.defined() == Some(value))?;
        let text = self.text_of(&source.ops[at], state.1, is_first)?;
        Some(self.at_site(self.site_bases[unit as usize] + at as u32, text))
    }

    /// Say what an operation does whose result an object is; the first step of a chain makes it.
    fn text_of(&self, op: &Op, object: ObjectId, is_first: bool) -> Option<String> {
        let name = |symbol: Symbol| self.symbols.text(symbol);
        let unit = |unit: UnitId| name(self.program.units[unit as usize].name);
        Some(match *op {
            Op::MakeFunction { unit: made, .. } => format!("`{}` is defined", unit(made)),
            Op::MakeClass { unit: made, .. } => format!("class `{}` is defined", unit(made)),
            Op::Copy { .. } => return None,
            Op::LoadGlobal { name: read, .. } | Op::LoadBuiltin { name: read, .. } => {
                format!("`{}` is read", name(read))
            }
            Op::LoadCell { .. } => "a variable of the function around it is read".to_owned(),
            Op::LoadAttribute { name: read, .. } => format!("attribute `{}` is read", name(read)),
            Op::LoadItem { .. } => "an item is read".to_owned(),
            Op::Unpack { .. } => "is unpacked".to_owned(),
            Op::Allocate { kind, .. } => format!("a {} is made", format!("{kind:?}").to_lowercase()),
            Op::Call { .. } => match self.objects.get(object) {
                Object::Instance { .. } if is_first => format!("{} is made", self.shown_class(object)),
                _ => "is what the call gives".to_owned(),
            },
            Op::ImportModule { path, .. } => format!("module `{}` is imported", name(path)),
            Op::ImportMember { name: member, .. } => format!("`{}` is imported", name(member)),
            Op::Iterate { .. } | Op::Next { .. } => "an item is taken".to_owned(),
            Op::Enter { .. } => "is what `with` gives".to_owned(),
            Op::Await { .. } => "is waited for".to_owned(),
            Op::Yield { .. } | Op::YieldFrom { .. } => "comes out of `yield`".to_owned(),
            Op::InstanceOf { .. } => format!("{} is caught", self.shown_class(object)),
            Op::Operator { .. } => "is what an operator gives".to_owned(),
            _ => "is the value of an expression".to_owned(),
        })
    }

    /// Return where a value is put that then is elsewhere than in a frame: an attribute, an item, a variable.
    fn step_of_store(&self, from: Node) -> Option<Step> {
        let (unit, stored) = self.value_at(from)?;
        let source = &self.program.units[unit as usize];
        let found = source.ops.iter().enumerate().find_map(|(at, op)| {
            let text = match *op {
                Op::StoreGlobal { name, value } | Op::StoreMember { name, value } if value == stored => {
                    format!("is bound to `{}`", self.symbols.text(name))
                }
                Op::StoreAttribute { name, value, .. } if value == stored => {
                    format!("is bound to attribute `{}`", self.symbols.text(name))
                }
                Op::StoreCell { value, .. } if value == stored => "is bound to a variable".to_owned(),
                Op::StoreItem { value, .. } | Op::Element { value, .. } if value == stored => {
                    "is put into a container".to_owned()
                }
                _ => return None,
            };
            Some((at, text))
        });
        found.map(|(at, text)| self.at_site(self.site_bases[unit as usize] + at as u32, text))
    }

    fn shown_class(&self, object: ObjectId) -> String {
        match self.objects.get(object) {
            Object::Instance { class, .. } => match self.objects.get(class) {
                Object::Class { unit, .. } | Object::Function { unit, .. } => {
                    format!("an instance of `{}`", self.symbols.text(self.program.units[unit as usize].name))
                }
                _ => "an instance".to_owned(),
            },
            Object::Class { unit, .. } => {
                format!("class `{}`", self.symbols.text(self.program.units[unit as usize].name))
            }
            _ => "an object".to_owned(),
        }
    }

    fn definition_of(&self, unit: UnitId) -> Step {
        let source = &self.program.units[unit as usize];
        let text = match source.kind {
            UnitKind::Class => format!("class `{}` is defined", self.symbols.text(source.name)),
            _ => format!("has `{}`, which is defined here", self.symbols.text(source.name)),
        };
        self.at_unit(unit, text)
    }

    fn at_unit(&self, unit: UnitId, text: String) -> Step {
        let source = &self.program.units[unit as usize];
        let (line, column) = self.program.files[source.file as usize].place(source.span.0);
        Step { file: source.file, line, column, text }
    }

    fn at_site(&self, site: Site, text: String) -> Step {
        let unit = self.outcome_unit(site);
        let source = &self.program.units[unit as usize];
        let at = (site - self.site_bases[unit as usize]) as usize;
        let span = source.spans.get(at).copied().unwrap_or(source.span);
        let (line, column) = self.program.files[source.file as usize].place(span.0);
        Step { file: source.file, line, column, text }
    }
}
