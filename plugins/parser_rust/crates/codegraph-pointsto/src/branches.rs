//! Branches that the value of a parameter decides: `if kind == "a":` in a function whose calls pass constants.
//!
//! Conditional constant propagation (Wegman and Zadeck 1991) over parameters, on the fly: the constraints of such a
//! branch begin to count in a clone when an object arrives that lets its condition hold, and calls that pass one constant
//! have a clone of their own. An argument of which nothing is known may be anything. A branch that no call takes is
//! analysed for a call that nobody sees, so that it is not taken for dead: the callers of a library are elsewhere.

use codegraph_flow::ir::{
    BinaryOperator, BlockId, EdgeKind, ElementKind, Op as Ir, Terminator, UnaryOperator, ValueId,
};

use crate::graph::Node;
use crate::objects::{CloneId, Context, ContextId, Object, ObjectId};
use crate::program::{Condition, Key, Language, Map, NONE, Op, ParameterKind, Set, Symbol, UnitId, Value};
use crate::reaching::Reaching;
use crate::solver::{Action, CallInstance, Solver};
use crate::translate::{Folded, Translator};

/// Constants that a condition tells apart; where more meet, the parameter decides nothing.
const MOST_KEYS: usize = 24;
/// Parameters that decide branches of one function; of others nothing is followed.
const MOST_PARAMETERS: usize = 4;

/// Methods that are given the name of an attribute, after the receiver.
const NAMED: [&str; 4] = ["__setattr__", "__getattr__", "__getattribute__", "__delattr__"];

/// What a parameter is where control is: one of some constants, or none of them.
#[derive(Clone, Debug, PartialEq)]
struct Range {
    is_one: bool,
    keys: Vec<Key>,
}

impl Range {
    fn any() -> Self {
        Self { is_one: false, keys: Vec::new() }
    }

    /// What control of either way brings.
    fn join(&self, other: &Self) -> Self {
        let both = |left: &[Key], right: &[Key]| left.iter().filter(|key| right.contains(key)).copied().collect();
        let without = |left: &[Key], right: &[Key]| left.iter().filter(|key| !right.contains(key)).copied().collect();
        match (self.is_one, other.is_one) {
            (true, true) => {
                let mut keys = self.keys.clone();
                keys.extend(other.keys.iter().filter(|key| !self.keys.contains(key)));
                Self { is_one: true, keys }
            }
            (false, false) => Self { is_one: false, keys: both(&self.keys, &other.keys) },
            (true, false) => Self { is_one: false, keys: without(&other.keys, &self.keys) },
            (false, true) => Self { is_one: false, keys: without(&self.keys, &other.keys) },
        }
    }

    /// What is left where a condition holds.
    fn meet(&self, other: &Self) -> Self {
        match (self.is_one, other.is_one) {
            (true, _) => {
                let keep = |key: &&Key| other.keys.contains(key) == other.is_one;
                Self { is_one: true, keys: self.keys.iter().filter(keep).copied().collect() }
            }
            (false, true) => other.meet(self),
            (false, false) => {
                let mut keys = self.keys.clone();
                keys.extend(other.keys.iter().filter(|key| !self.keys.contains(key)));
                Self { is_one: false, keys }
            }
        }
    }
}

/// A condition of a branch: a parameter's value, and what it is where it holds and where it does not.
struct Test {
    value: Value,
    holds: Range,
    fails: Range,
}

impl Translator<'_> {
    /// Return under which conditions on parameters the blocks run, of those that do not always run.
    pub(crate) fn find_conditions(&mut self) -> Map<BlockId, Box<[Condition]>> {
        let mut found: Map<BlockId, Vec<Condition>> = Map::default();
        if self.unit.language != Language::Python || self.unit.parameters.is_empty() {
            return Map::default();
        }
        let body = self.body;
        let mut tests: Map<BlockId, Test> = Map::default();
        let mut values: Vec<Value> = Vec::new();
        for &block in &self.flow.order.clone() {
            let Terminator::Branch(condition) = body.block(block).terminator else { continue };
            let Some(test) = self.test_of(block, condition) else { continue };
            if !values.contains(&test.value) {
                values.push(test.value);
            }
            tests.insert(block, test);
        }
        values.truncate(MOST_PARAMETERS);
        for value in values {
            for (block, range) in self.ranges(value, &tests) {
                if range != Range::any() && range.keys.len() <= MOST_KEYS {
                    let condition = Condition { value, is_one: range.is_one, keys: range.keys.into() };
                    found.entry(block).or_default().push(condition);
                }
            }
        }
        found.into_iter().map(|(block, conditions)| (block, conditions.into_boxed_slice())).collect()
    }

    /// Return what a parameter is in each block: a forward analysis to its fixed point.
    fn ranges(&self, value: Value, tests: &Map<BlockId, Test>) -> Map<BlockId, Range> {
        let mut ranges: Map<BlockId, Range> = Map::default();
        ranges.insert(codegraph_flow::ir::ENTRY, Range::any());
        // Each change widens a range, and there are few constants: a handful of rounds.
        let mut changed = true;
        while changed {
            changed = false;
            for &block in &self.flow.order {
                let Some(here) = ranges.get(&block).cloned() else { continue };
                for edge in self.body.successors(block) {
                    let along = match (tests.get(&block).filter(|test| test.value == value), edge.kind) {
                        (Some(test), EdgeKind::True) => here.meet(&test.holds),
                        (Some(test), EdgeKind::False) => here.meet(&test.fails),
                        _ => here.clone(),
                    };
                    let joined = match ranges.get(&edge.target) {
                        Some(before) => before.join(&along),
                        None => along,
                    };
                    if ranges.get(&edge.target) != Some(&joined) {
                        ranges.insert(edge.target, joined);
                        changed = true;
                    }
                }
            }
        }
        ranges
    }

    /// Return what a condition asks of a parameter: `p == constant`, `p in (constants)`, or their opposites.
    fn test_of(&mut self, block: BlockId, condition: ValueId) -> Option<Test> {
        let body = self.body;
        match body.instruction(condition).op {
            Ir::Unary { operator: UnaryOperator::Not, value } => {
                let Test { value, holds, fails } = self.test_of(block, value)?;
                Some(Test { value, holds: fails, fails: holds })
            }
            Ir::Binary { operator, left, right, .. } => {
                let (value, keys) = match operator {
                    BinaryOperator::Equal | BinaryOperator::NotEqual => {
                        let (tested, constant) =
                            if self.key_of(right).is_some() { (left, right) } else { (right, left) };
                        (self.parameter_of(block, tested)?, vec![self.key_of(constant)?])
                    }
                    BinaryOperator::In | BinaryOperator::NotIn => {
                        let Ir::Allocate { elements, .. } = body.instruction(right).op else { return None };
                        let mut keys = Vec::new();
                        for element in body.elements(elements) {
                            if element.kind != ElementKind::Item {
                                return None;
                            }
                            keys.push(self.key_of(element.value)?);
                        }
                        (self.parameter_of(block, left)?, keys)
                    }
                    _ => return None,
                };
                let holds = Range { is_one: true, keys: keys.clone() };
                let fails = Range { is_one: false, keys };
                Some(match operator {
                    BinaryOperator::Equal | BinaryOperator::In => Test { value, holds, fails },
                    _ => Test { value, holds: fails, fails: holds },
                })
            }
            _ => None,
        }
    }

    fn key_of(&mut self, value: ValueId) -> Option<Key> {
        match self.constant_of(value)? {
            Folded::Text(text) => Some(Key::Text(self.symbols.intern(&text))),
            Folded::Integer(value) => Some(Key::Integer(value)),
        }
    }

    /// Return the parameter that is read, if it is what the call passed.
    fn parameter_of(&self, block: BlockId, read: ValueId) -> Option<Value> {
        let body = self.body;
        let Ir::LoadName(variable) = body.instruction(read).op else { return None };
        if !self.is_owned(variable) || body.variable(variable).written_elsewhere {
            return None;
        }
        let Reaching::Value(bound) = self.reaching_at(variable, block, read) else { return None };
        let Ir::Parameter(index) = body.instruction(bound).op else { return None };
        let parameter = self.unit.parameters[index as usize];
        let is_one = !matches!(parameter.kind, ParameterKind::Rest | ParameterKind::NamedRest | ParameterKind::All);
        is_one.then_some(parameter.value)
    }

    /// Write down which parameters decide what a call does, by position.
    pub(crate) fn find_decisive(&mut self) {
        let mut values: Vec<Value> = Vec::new();
        let mut open: &[Condition] = &[];
        for op in &self.unit.ops {
            match op {
                Op::When { conditions } => open = conditions,
                Op::Text { .. } | Op::Integer { .. } | Op::Literal { .. } => {}
                _ => values.extend(open.iter().map(|condition| condition.value)),
            }
        }
        self.unit.is_conditional = !values.is_empty();
        let parameters = &self.unit.parameters;
        let is_hook = NAMED.contains(&self.symbols.text(self.unit.name));
        let decides = |at: usize| is_hook && at == 1 || values.contains(&parameters[at].value);
        self.unit.decisive = (0..parameters.len()).filter(|at| decides(*at)).map(|at| at as u32).collect();
    }
}

/// Constraints of a clone that wait for their conditions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Branch {
    clone: CloneId,
    /// The constraint that begins them.
    at: u32,
    /// Conditions that nothing has fulfilled, as bits.
    open: u8,
}

/// What waits for conditions on parameters.
#[derive(Debug, Default)]
pub(crate) struct Branches {
    waiting: Vec<Branch>,
    /// Those that begin here have been entered in some clone: (unit, constraint).
    entered: Set<(UnitId, u32)>,
    /// Those that begin here are entered without a condition.
    forced: Set<(UnitId, u32)>,
    /// Clones all of whose branches are entered.
    unconditional: Set<CloneId>,
    /// (parameter, argument) of calls of functions with such branches.
    given: Vec<(Node, Node)>,
    /// Clones by constants: (unit, clone around) to their number.
    counts: Map<(UnitId, CloneId, bool), u32>,
}

impl Solver<'_> {
    /// Let what a clone has after a condition wait for it; says whether it has to.
    pub(crate) fn wait_for_conditions(&mut self, clone: CloneId, at: u32, conditions: &[Condition]) -> bool {
        let state = self.clones[clone as usize];
        let key = (state.unit, at);
        if self.branches.unconditional.contains(&clone) || self.branches.forced.contains(&key) {
            self.branches.entered.insert(key);
            return false;
        }
        let branch = self.branches.waiting.len() as u32;
        let open = ((1_u16 << conditions.len()) - 1) as u8;
        self.branches.waiting.push(Branch { clone, at, open });
        for (condition, one) in conditions.iter().enumerate() {
            self.watch(state.base + one.value, Action::Fulfil { branch, condition: condition as u8 });
        }
        true
    }

    /// An object has arrived at a parameter that decides a branch.
    pub(crate) fn fulfil(&mut self, branch: u32, condition: u8, object: ObjectId) {
        let Branch { clone, at, open } = self.branches.waiting[branch as usize];
        if open & (1 << condition) == 0 {
            return;
        }
        let program = self.program;
        let unit = self.clones[clone as usize].unit;
        let Op::When { conditions } = &program.units[unit as usize].ops[at as usize] else { return };
        if self.may_be(object, &conditions[condition as usize]) {
            self.close_condition(branch, condition);
        }
    }

    fn close_condition(&mut self, branch: u32, condition: u8) {
        let state = &mut self.branches.waiting[branch as usize];
        state.open &= !(1 << condition);
        let Branch { clone, at, open } = *state;
        if open == 0 {
            self.branches.entered.insert((self.clones[clone as usize].unit, at));
            self.enter_branch(clone, at);
        }
    }

    /// Say whether an object lets a condition hold.
    fn may_be(&self, object: ObjectId, condition: &Condition) -> bool {
        let is_one = match self.objects.get(object) {
            Object::Text(text) => condition.keys.contains(&Key::Text(text)),
            Object::Integer(value) => condition.keys.contains(&Key::Integer(value)),
            Object::Function { .. }
            | Object::Bound { .. }
            | Object::Module(_)
            | Object::Container { .. }
            | Object::Generator(_)
            | Object::Coroutine(_) => false,
            Object::ExternalInstance(class) => {
                let texts = condition.keys.iter().all(|key| matches!(key, Key::Text(_)));
                let is_number = ["builtins.bool", "builtins.int", "builtins.float"].contains(&self.symbols.text(class));
                if !(texts && is_number) {
                    return true;
                }
                false
            }
            _ => return true,
        };
        is_one == condition.is_one
    }

    /// Say that an argument goes to a parameter of a clone.
    pub(crate) fn give(&mut self, parameter: Node, argument: Node) {
        self.branches.given.push((parameter, argument));
    }

    /// Enter all branches of a clone: nobody knows who calls it.
    pub(crate) fn enter_all(&mut self, clone: CloneId) {
        self.branches.unconditional.insert(clone);
    }

    /// All is quiet: enter branches that an argument decides of which nothing is known, and then those that no call
    /// takes. Says whether there were any.
    pub(crate) fn settle_branches(&mut self) -> bool {
        let mut unknown: Set<Node> = Set::default();
        for at in 0..self.branches.given.len() {
            let (parameter, argument) = self.branches.given[at];
            if self.graph.objects(argument).is_empty() {
                unknown.insert(parameter);
            }
        }
        let program = self.program;
        let mut some = false;
        let count = self.branches.waiting.len();
        for branch in 0..count {
            let Branch { clone, at, open } = self.branches.waiting[branch];
            let state = self.clones[clone as usize];
            if open == 0 {
                continue;
            }
            let Op::When { conditions } = &program.units[state.unit as usize].ops[at as usize] else { continue };
            for (condition, one) in conditions.iter().enumerate() {
                if self.branches.waiting[branch].open & (1 << condition) != 0
                    && unknown.contains(&(state.base + one.value))
                {
                    some = true;
                    self.close_condition(branch as u32, condition as u8);
                }
            }
        }
        if some {
            return true;
        }
        for branch in 0..count {
            let Branch { clone, at, open } = self.branches.waiting[branch];
            let unit = self.clones[clone as usize].unit;
            if open != 0 && !self.branches.entered.contains(&(unit, at)) {
                self.branches.forced.insert((unit, at));
                some = true;
            }
        }
        if some {
            self.enter_forced(count);
        }
        some
    }

    /// Enter what no call enters, in a clone for a call that nobody sees.
    fn enter_forced(&mut self, count: usize) {
        let mut done: Set<(UnitId, CloneId)> = Set::default();
        for branch in 0..count {
            let Branch { clone, at, open } = self.branches.waiting[branch];
            let state = self.clones[clone as usize];
            if open == 0 || !self.branches.forced.contains(&(state.unit, at)) {
                continue;
            }
            if state.context == NONE {
                self.branches.waiting[branch].open = 0;
                self.branches.entered.insert((state.unit, at));
                self.enter_branch(clone, at);
            } else if done.insert((state.unit, state.around)) {
                let unseen = self.clone_of(state.unit, state.around, NONE);
                self.receive_all(unseen);
            }
        }
    }

    /// Let a clone for a call that nobody sees have the receivers of the others, and its defaults.
    fn receive_all(&mut self, unseen: CloneId) {
        let state = self.clones[unseen as usize];
        let program = self.program;
        let Some(first) = program.units[state.unit as usize].parameters.first() else { return };
        self.bind_rest_parameters(unseen);
        for clone in 0..self.clones.len() {
            let other = self.clones[clone];
            if other.unit == state.unit && other.around == state.around && self.objects.has_receiver(other.context) {
                self.graph.edge(other.base + first.value, state.base + first.value);
            }
        }
    }

    /// Return the clone of a function for a call: of those that constants decide, one for what it passes.
    pub(crate) fn clone_for(
        &mut self,
        (function, unit, around): (ObjectId, UnitId, CloneId),
        context: ContextId,
        receiver: Option<ObjectId>,
        call: &CallInstance,
    ) -> CloneId {
        let program = self.program;
        let mut narrow = context;
        let mut bare = NONE;
        for at in &program.units[unit as usize].decisive {
            if let Some(value) = self.constant_argument(function, unit, *at, receiver, call) {
                narrow = self.objects.context(Context::Constant { base: narrow, parameter: *at, value });
                bare = self.objects.context(Context::Constant { base: bare, parameter: *at, value });
            }
        }
        if narrow == context {
            return self.clone_of(unit, around, context);
        }
        // Where there are too many, calls of other receivers or places share what the constant decides.
        for (one, is_bare) in [(narrow, false), (bare, true)] {
            if self.has_clone(unit, around, one) {
                return self.clone_of(unit, around, one);
            }
            let (most, is_large) = (self.most_clones(unit), self.is_large());
            let count = self.branches.counts.entry((unit, around, is_bare)).or_insert(0);
            if *count < most && !is_large {
                *count += 1;
                return self.add_clone(unit, around, one);
            }
        }
        self.clone_of(unit, around, context)
    }

    /// Return the constant that a call passes for a parameter.
    fn constant_argument(
        &mut self,
        function: ObjectId,
        unit: UnitId,
        at: u32,
        receiver: Option<ObjectId>,
        call: &CallInstance,
    ) -> Option<ObjectId> {
        let arguments = &*call.arguments;
        let parameters = &self.program.units[unit as usize].parameters;
        let name: Symbol = parameters[at as usize].name;
        let position = (at as usize).checked_sub(usize::from(receiver.is_some()));
        let positional = position.and_then(|at| arguments.positional.get(at)).copied();
        let named = || arguments.named.iter().find(|(one, _)| *one == name).map(|(_, node)| *node);
        let node = match positional.or_else(named) {
            Some(node) => node,
            None if arguments.spread.is_empty() && arguments.named_spread.is_empty() => {
                let defaults = self.defaults.get(&function)?;
                defaults.iter().find(|(one, _)| *one == at).map(|(_, node)| *node)?
            }
            None => return None,
        };
        match *self.graph.objects(node) {
            [only] if matches!(self.objects.get(only), Object::Text(_) | Object::Integer(_)) => Some(only),
            _ => None,
        }
    }
}
