//! Why there is an edge of Java's call graph: how the receiver got to the call.
//!
//! As for other languages (`crate::explain`): the analysis once more, with a record of what put which object where.

use codegraph_flow::java::syntax::Span;

use super::code::*;
use super::objects::Object;
use super::place;
use super::solver::{Certainty, Solver};
use super::world::ClassId;
use crate::explain::{Explanation, Origin, State, Step, Wanted, shorten, shortest_chain};
use crate::graph::{NO_CAUSE, Node, Trace};
use crate::objects::ObjectId;
use crate::program::{Map, NONE, UnitId};

impl Solver<'_> {
    /// Analyse the program, and say why a definition calls another: one explanation for each place, in order.
    pub(super) fn explain(mut self, caller: Wanted, callee: Wanted) -> Vec<Explanation> {
        self.graph.trace = Some(Box::new(Trace { cause: NO_CAUSE, ..Trace::default() }));
        self.solve_all();
        let Some(trace) = self.graph.trace.take() else { return Vec::new() };
        let (Some(caller), Some(callee)) = (self.unit_at(caller), self.unit_at(callee)) else { return Vec::new() };
        let mut sites: Vec<(Span, u32, bool, Certainty)> = Vec::new();
        for (id, (unit, site)) in self.sites.iter().enumerate() {
            let Some(found) = self.found.get(&(id as u32)).filter(|_| *unit != NONE) else { continue };
            let unit = &self.world.units[*unit as usize];
            let explicit = found.targets.get(&callee);
            if let Some(certainty) = explicit.or_else(|| found.implicit.get(&callee))
                && unit.written_in == caller
            {
                sites.push((unit.sites[*site as usize], id as u32, explicit.is_none(), *certainty));
            }
        }
        sites.sort_unstable();
        let predecessors = if sites.is_empty() { Map::default() } else { self.graph.predecessors() };
        let mut found = Vec::new();
        for (span, site, is_implicit, certainty) in sites {
            let states = match self.causes.get(&(site, callee)) {
                Some((trigger, object)) if *trigger != NONE => match trace.triggers.get(trigger) {
                    Some((watched, _)) => self.chain(&trace, &predecessors, (*watched, *object)),
                    None => Vec::new(),
                },
                _ => Vec::new(),
            };
            let mut steps = self.described(&trace, &states);
            let is_callee = |object| matches!(self.objects.get(object), Object::Lambda { unit, .. } if unit == callee);
            if !states.last().is_some_and(|(_, object)| is_callee(*object)) {
                let how = if states.is_empty() { "is what is named" } else { "is the one that it has" };
                steps.push(self.at_unit(callee, format!("{}, defined here, {how}", self.shown_unit(callee))));
            }
            let file = self.world.units[caller as usize].file;
            let call = self.at(file, span, format!("{} is called", self.shown_unit(callee)));
            let is_assumed = certainty != Certainty::PointsTo;
            found.push(Explanation { call, is_implicit, is_assumed, steps });
        }
        found
    }

    fn unit_at(&self, wanted: Wanted) -> Option<UnitId> {
        let units = self.world.units.iter().enumerate();
        units
            .filter(|(_, unit)| unit.kind != UnitKind::Hidden && Some(unit.span) == wanted.span)
            .find(|(_, unit)| self.world.files[unit.file as usize].number == wanted.file)
            .map(|(id, _)| id as UnitId)
    }

    fn chain(&mut self, trace: &Trace, predecessors: &Map<Node, Vec<Node>>, end: State) -> Vec<State> {
        shortest_chain(&mut self.graph, predecessors, end, |state| match trace.put.get(&state) {
            // Receivers, and what casts let through, are put where they go by their own arrival.
            Some((trigger, arrived)) if *arrived == state.1 => match trace.triggers.get(trigger) {
                Some((watched, _)) => Origin::Because((*watched, *arrived)),
                None => Origin::Made,
            },
            Some(_) => Origin::Made,
            None => Origin::Passed,
        })
    }

    /// Return the steps of a chain: what is written for each of its states, where something is.
    fn described(&self, trace: &Trace, states: &[State]) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        for (at, state) in states.iter().enumerate() {
            let before = at.checked_sub(1).map(|at| states[at]);
            let step = match self.value_at(state.0) {
                Some((unit, value)) if before.is_none() && self.is_guessed(trace, *state) => {
                    self.step_of_guess(unit, value, state.1)
                }
                Some((unit, value)) => self.step_of_value(unit, value, state.1),
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

    /// Say whether an object is somewhere because of a declared type: none arrived.
    fn is_guessed(&self, trace: &Trace, state: State) -> bool {
        matches!(self.objects.get(state.1), Object::Any(_)) && trace.put.get(&state) == Some(&NO_CAUSE)
    }

    /// Return the unit of the program and the value that a node stands for in some clone.
    fn value_at(&self, node: Node) -> Option<(UnitId, Value)> {
        let at = self.clones.partition_point(|clone| clone.base <= node).checked_sub(1)?;
        let clone = self.clones[at];
        let value = node - clone.base;
        let unit = &self.world.units[clone.unit as usize];
        let is_written = !self.world.classes[unit.class as usize].is_model;
        (is_written && value < unit.values).then_some((clone.unit, value))
    }

    fn step_of_guess(&self, unit: UnitId, value: Value, object: ObjectId) -> Option<Step> {
        let class = self.shown_object(object);
        let function = self.shown_unit(unit);
        let text = match self.parameter(unit, value) {
            _ if value == THIS => {
                format!("{function}, which nothing is seen to call, is taken to be called on {class}")
            }
            Some(name) => format!("`{name}` of {function} is taken for {class}: no object is seen to get there"),
            None => {
                format!("what is called in {function} is taken for {class} by its type: no object is seen to get there")
            }
        };
        Some(self.at_unit(unit, text))
    }

    fn step_of_value(&self, unit: UnitId, value: Value, object: ObjectId) -> Option<Step> {
        let source = &self.world.units[unit as usize];
        let function = self.shown_unit(unit);
        let text = match value {
            THIS => format!("is the receiver of {function}"),
            RETURNED => format!("is returned by {function}"),
            THROWN => format!("is thrown by {function}"),
            _ => match self.parameter(unit, value) {
                Some(name) => format!("is given to {function} as `{name}`"),
                None if value < FIRST_PARAMETER + source.parameters => format!("is given to {function}"),
                None => return self.step_of_op(unit, value, object),
            },
        };
        Some(self.at_unit(unit, text))
    }

    /// Say what the operation does that gives a value.
    fn step_of_op(&self, unit: UnitId, value: Value, object: ObjectId) -> Option<Step> {
        let source = &self.world.units[unit as usize];
        let site = |site: u32, text: String| Some(self.at(source.file, source.sites[site as usize], text));
        source.ops.iter().find_map(|op| match *op {
            Op::New { to, class, site: at, .. } if to == value => {
                site(at, format!("an instance of {} is made", self.shown_class(class)))
            }
            Op::NewArray { to, site: at } if to == value => site(at, "an array is made".to_owned()),
            Op::Lambda { to, unit: made, .. } if to == value => Some(self.at_unit(made, "a lambda is written".to_owned())),
            Op::Reference { to, reference, .. } if to == value => {
                site(self.references[reference as usize].site, "a method reference is written".to_owned())
            }
            Op::LoadField { to, field, .. } | Op::LoadStatic { to, field } if to == value => {
                self.step_of_field(unit, field, false)
            }
            Op::Invoke(ref call) | Op::Reflect { ref call, .. } if call.to == value => {
                let is_made = matches!(self.objects.get(object), Object::Instance { class, .. } if self.world.classes[class as usize].is_model);
                let what = if is_made { "is what the library's call gives" } else { "is what the call gives" };
                site(call.site, what.to_owned())
            }
            _ => None,
        })
    }

    /// Return where a value is put that then is elsewhere than in a frame: a field.
    fn step_of_store(&self, from: Node) -> Option<Step> {
        let (unit, stored) = self.value_at(from)?;
        self.world.units[unit as usize].ops.iter().find_map(|op| match *op {
            Op::StoreField { field, value, .. } | Op::StoreStatic { field, value } if value == stored => {
                self.step_of_field(unit, field, true)
            }
            _ => None,
        })
    }

    fn step_of_field(&self, unit: UnitId, field: u32, is_write: bool) -> Option<Step> {
        let source = &self.world.units[unit as usize];
        let name = self.world.symbols.text(self.world.fields[field as usize].name);
        let text = if is_write { format!("is bound to field `{name}`") } else { format!("field `{name}` is read") };
        let access = source.accesses.iter().find(|(_, one, written)| *one == field && *written == is_write);
        Some(match access {
            Some((span, ..)) => self.at(source.file, *span, text),
            None => self.at_unit(unit, text), // an initialiser
        })
    }

    /// The name of a parameter; a lambda's have none here.
    fn parameter(&self, unit: UnitId, value: Value) -> Option<&str> {
        let source = &self.world.units[unit as usize];
        if source.kind != UnitKind::Method || source.method == NONE {
            return None;
        }
        let declared = self.world.methods[source.method as usize].declaration?;
        let parameter = declared.parameters.get(value.checked_sub(FIRST_PARAMETER)? as usize)?;
        Some(self.world.symbols.text(self.world.text(source.file, parameter.name)))
    }

    fn shown_unit(&self, unit: UnitId) -> String {
        let source = &self.world.units[unit as usize];
        match source.kind {
            UnitKind::Lambda => "the lambda".to_owned(),
            UnitKind::Method if source.method != NONE => {
                let method = &self.world.methods[source.method as usize];
                if method.name == self.world.known.constructor {
                    return format!("the constructor of {}", self.shown_class(source.class));
                }
                let class = self.class_name(source.class);
                format!("`{class}.{}`", self.world.symbols.text(method.name))
            }
            _ => self.shown_class(source.class),
        }
    }

    fn shown_object(&self, object: ObjectId) -> String {
        match self.class_of(object) {
            Some(class) => format!("an instance of {}", self.shown_class(class)),
            None => "an object".to_owned(),
        }
    }

    fn shown_class(&self, class: ClassId) -> String {
        format!("`{}`", self.class_name(class))
    }

    fn class_name(&self, class: ClassId) -> &str {
        let name = self.world.symbols.text(self.world.classes[class as usize].full_name);
        name.rsplit(['.', '$']).next().unwrap_or(name)
    }

    fn at_unit(&self, unit: UnitId, text: String) -> Step {
        let source = &self.world.units[unit as usize];
        self.at(source.file, source.span, text)
    }

    fn at(&self, file: u32, span: Span, text: String) -> Step {
        let file = &self.world.files[file as usize];
        let (line, column) = place(file.syntax, span.0);
        Step { file: file.number, line, column, text }
    }
}
