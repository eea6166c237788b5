//! From one file's semantic IR to its units of constraints.
//!
//! This is where flow sensitivity comes from: reads of a frame's variables become the values that reach them, code that
//! cannot run is left out, and bindings that nobody can see are dropped. Nothing here knows another file.

use codegraph_flow::ir::{
    AllocationKind, ArgumentKind, BinaryOperator, BlockId, Body, BodyId, BodyKind, CallForm as IrCallForm, Constant,
    DefinitionId, EXIT, ElementKind, FileIr, Op as Ir, ParameterKind as IrParameter, Position, Range, Storage,
    Terminator, UnaryOperator, ValueId, VariableId,
};

use codegraph_syntax::names::NameId;

use crate::ecmascript::ops as ecma;
use crate::made_classes::NOWHERE;
use crate::program::*;
use crate::reaching::{Flow, Reaching, States};
use crate::residue::{drop_unused_constants, drop_unused_texts};
use crate::strong::strong_updates;

/// The units of a file, with texts of its own.
#[derive(Debug)]
pub struct FileUnits {
    /// Its texts.
    pub symbols: Symbols,
    /// Its units, numbered from 0; the module first.
    pub units: Vec<Unit>,
    /// Names of a literal `__all__`.
    pub exports: Option<Vec<Symbol>>,
    /// First byte of each line.
    pub lines: Vec<u32>,
}

/// Translate a file; `source` is its text.
pub fn translate(language: Language, file: &FileIr, source: &[u8]) -> FileUnits {
    let mut symbols = Symbols::default();
    let mut exports = None;
    let bodies: Vec<&Body> = file.bodies().map(|(_, body)| body).collect();
    let mut units: Vec<Unit> = bodies
        .iter()
        .enumerate()
        .map(|(at, body)| {
            Translator::new(language, (file, source), body, BodyId(at as u32), &mut symbols, &mut exports).run()
        })
        .collect();
    if language == Language::Python && ["type", "new_class"].into_iter().any(|name| symbols.find(name).is_some()) {
        // Stands for the frames of classes that no statement makes.
        let name = symbols.intern("type");
        let mut unit = bare_unit(language, UnitKind::Class, name, NOWHERE);
        unit.parent = 0;
        units.push(unit);
    }
    let ends = source.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at as u32 + 1);
    let lines = std::iter::once(0).chain(ends).collect();
    drop_unused_texts(&mut symbols, &mut units, &mut exports);
    FileUnits { symbols, units, exports, lines }
}

/// Return a unit without constraints.
pub(crate) fn bare_unit(language: Language, kind: UnitKind, name: Symbol, span: (u32, u32)) -> Unit {
    Unit {
        language,
        kind,
        name,
        file: 0,
        parent: NONE,
        span,
        is_generator: false,
        is_async: false,
        parameters: Vec::new(),
        value_count: 0,
        ops: Vec::new(),
        spans: Vec::new(),
        names: Vec::new(),
        declared: Vec::new(),
        stars: Vec::new(),
        exported: Vec::new(),
        forwards: false,
        returned: Vec::new(),
        typed: Vec::new(),
        stores: Vec::new(),
        interfaces: Vec::new(),
        is_conditional: false,
        decisive: Vec::new(),
    }
}

/// Constraints of a unit that may be cloned for each call site; longer ones are shared.
const CLONE_LIMIT: usize = 600;

/// What a value is that is constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Folded {
    Text(String),
    Integer(i64),
}

pub(crate) struct Translator<'a> {
    pub(crate) file: &'a FileIr,
    pub(crate) source: &'a [u8],
    pub(crate) body: &'a Body,
    pub(crate) id: BodyId,
    pub(crate) symbols: &'a mut Symbols,
    exports: &'a mut Option<Vec<Symbol>>,
    pub(crate) flow: Flow<'a>,
    /// States of variables that are bound more than once.
    states: Vec<Option<States>>,
    pub(crate) writes: Vec<Vec<(BlockId, ValueId, Option<ValueId>)>>,
    pub(crate) used: Vec<bool>,
    /// Values that only name the callee of a call of a member.
    pub(crate) member_callees: Vec<bool>,
    /// Conditions under which the block's constraints count.
    conditions: Box<[Condition]>,
    /// What conditions say.
    pub(crate) facts: crate::ecmascript::Facts,
    /// Constants that values which are no literals are.
    folded: Map<ValueId, Folded>,
    numbers: Vec<Value>,
    phis: Map<(VariableId, BlockId), Value>,
    /// Phis whose inputs are not written down yet.
    pending: Vec<(VariableId, BlockId)>,
    /// Positions of constraints at which blocks begin.
    pub(crate) block_starts: Vec<usize>,
    next: Value,
    pub(crate) unit: Unit,
    pub(crate) span: (u32, u32),
}

impl<'a> Translator<'a> {
    fn new(
        language: Language,
        (file, source): (&'a FileIr, &'a [u8]),
        body: &'a Body,
        id: BodyId,
        symbols: &'a mut Symbols,
        exports: &'a mut Option<Vec<Symbol>>,
    ) -> Self {
        let kind = match body.kind {
            BodyKind::Module => UnitKind::Module,
            BodyKind::Class => UnitKind::Class,
            BodyKind::Function => UnitKind::Function,
            BodyKind::Initializer => UnitKind::Initializer,
            BodyKind::Lambda => UnitKind::Lambda,
            BodyKind::Comprehension => UnitKind::Comprehension,
        };
        let name = symbols.intern(file.text(body.name));
        let mut unit = bare_unit(language, kind, name, (body.span.start, body.span.end));
        unit.parent = body.parent.map_or(NONE, |parent| parent.0);
        unit.is_generator = body.is_generator || body.kind == BodyKind::Comprehension;
        unit.is_async = body.is_async;
        Self {
            file,
            source,
            body,
            id,
            symbols,
            exports,
            flow: Flow::new(body, id, language, !(file.has_wildcard_import && id.0 == 0)),
            states: Vec::new(),
            writes: vec![Vec::new(); body.variables.len()],
            used: vec![false; body.instructions().len()],
            member_callees: Vec::new(),
            conditions: Box::default(),
            facts: crate::ecmascript::Facts::default(),
            folded: Map::default(),
            numbers: vec![NONE; body.instructions().len()],
            phis: Map::default(),
            pending: Vec::new(),
            block_starts: Vec::new(),
            next: 0,
            unit,
            span: (0, 0),
        }
    }

    pub(crate) fn text(&mut self, name: NameId) -> Symbol {
        let text = self.file.text(name);
        self.symbols.intern(text)
    }

    pub(crate) fn emit(&mut self, op: Op) {
        self.unit.ops.push(op);
        self.unit.spans.push(self.span);
    }

    pub(crate) fn fresh(&mut self) -> Value {
        self.next += 1;
        self.next - 1
    }

    /// Return the number of a value.
    pub(crate) fn number(&mut self, value: ValueId) -> Value {
        if self.numbers[value.index()] == NONE {
            self.numbers[value.index()] = self.fresh();
        }
        self.numbers[value.index()]
    }

    /// Let a value have the number of another, unless it has one. Says whether it now has.
    pub(crate) fn take_number(&mut self, value: ValueId, number: Value) -> bool {
        let is_free = self.numbers[value.index()] == NONE;
        if is_free {
            self.numbers[value.index()] = number;
        }
        is_free
    }

    pub(crate) fn is_owned(&self, variable: VariableId) -> bool {
        self.body.variable(variable).is_owned(self.id)
    }

    /// Say whether all bindings are in one frame, so that a read needs no state when there is one binding.
    fn is_plain(&self, variable: VariableId) -> bool {
        matches!(self.body.variable(variable).storage, Storage::Local | Storage::Cell)
    }

    fn run(mut self) -> Unit {
        let body = self.body;
        self.collect();
        self.find_stores();
        if self.unit.language == Language::Ecmascript {
            self.find_member_callees();
        }
        for variable in 0..body.variables.len() {
            let id = VariableId(variable as u32);
            let writes = &self.writes[variable];
            let simple = writes.is_empty() || (self.is_plain(id) && writes.len() == 1);
            let needed = self.is_owned(id) && !simple;
            let states = needed.then(|| self.flow.reaching(writes));
            self.states.push(states);
        }
        for parameter in &body.parameters {
            let value = self.fresh();
            let kind = match parameter.kind {
                IrParameter::PositionalOnly => ParameterKind::PositionalOnly,
                IrParameter::Plain => ParameterKind::Plain,
                IrParameter::Rest => ParameterKind::Rest,
                IrParameter::All => ParameterKind::All,
                IrParameter::NamedOnly => ParameterKind::NamedOnly,
                IrParameter::NamedRest => ParameterKind::NamedRest,
            };
            let name = self.text(parameter.name);
            self.unit.parameters.push(Parameter { name, kind, value, has_default: parameter.has_default });
        }
        if matches!(body.kind, BodyKind::Module | BodyKind::Class) {
            for variable in 0..body.variables.len() {
                let id = VariableId(variable as u32);
                let found = body.variable(id);
                let bound = !self.writes[variable].is_empty() || found.written_elsewhere;
                if self.is_owned(id) && bound && !found.private {
                    let name = self.text(found.name);
                    self.unit.names.push(name);
                }
            }
        }
        self.facts = self.find_facts();
        let conditions = self.find_conditions();
        let order = self.flow.order.clone();
        for block in order {
            self.block_starts.push(self.unit.ops.len());
            self.begin_block(conditions.get(&block).map(AsRef::as_ref));
            for (value, instruction) in body.instructions_of(block) {
                self.span = (instruction.span.start, instruction.span.end);
                self.instruction(block, value, &instruction.op);
            }
            let end = body.block(block);
            self.span = (end.span.start, end.span.end);
            match end.terminator {
                Terminator::Return(Some(value))
                    if !matches!(body.instruction(value).op, Ir::Constant(Constant::Null)) =>
                {
                    let value = self.number(value);
                    self.emit(Op::Return { value });
                }
                Terminator::Return(None) if self.unit.language == Language::Ecmascript => self.return_nothing(),
                Terminator::Branch(value) => self.test(value),
                Terminator::Raise { exception: Some(value), .. } => {
                    let value = self.number(value);
                    self.emit(Op::Raise { value });
                }
                _ => {}
            }
        }
        self.begin_block(None);
        if self.unit.language == Language::Ecmascript {
            self.finish_ecma();
            self.finish_phis();
            self.pair_copies();
        } else {
            self.finish_members();
            self.finish_phis();
            self.unit.value_count = self.next;
            strong_updates(&mut self.unit, self.symbols, &self.block_starts);
            drop_unused_constants(&mut self.unit);
            self.next = self.unit.value_count;
        }
        let is_constant = self.returned_constants();
        let is_ecma = self.unit.language == Language::Ecmascript;
        if !self.unit.is_generator && !self.unit.is_async && !is_ecma {
            self.returned_parameters();
        }
        let returns = self.unit.ops.iter().any(|op| match op {
            Op::Return { value } => !is_constant.contains(value),
            // What a function throws is told apart as what it returns.
            Op::Raise { .. } => is_ecma,
            _ => false,
        });
        let takes = !self.unit.parameters.is_empty();
        self.unit.value_count = self.next;
        let pays = if takes { returns || self.is_forwarding() } else { returns && self.makes_closures() };
        self.unit.forwards = pays && self.unit.ops.len() <= CLONE_LIMIT;
        self.find_decisive();
        self.unit
    }

    /// Say under which conditions what follows counts.
    fn begin_block(&mut self, conditions: Option<&[Condition]>) {
        let conditions: Box<[Condition]> = conditions.unwrap_or_default().into();
        if self.conditions != conditions {
            // What was narrowed there counts there alone.
            self.facts.forget_narrowed();
            self.emit(Op::When { conditions: conditions.clone() });
            self.conditions = conditions;
        }
    }

    /// Collect bindings and uses of what can run.
    fn collect(&mut self) {
        let body = self.body;
        for block in 0..body.blocks.len() {
            let block = BlockId(block as u32);
            if !self.flow.reachable[block.index()] {
                continue;
            }
            for (value, instruction) in body.instructions_of(block) {
                body.for_each_operand(&instruction.op, |operand| self.used[operand.index()] = true);
                match instruction.op {
                    Ir::StoreName { variable, value: stored } => {
                        self.writes[variable.index()].push((block, value, Some(stored)));
                    }
                    // What `except … as e` and `del` leave unbound is rarely read again in a frame.
                    Ir::DeleteName(variable) if !self.is_plain(variable) => {
                        self.writes[variable.index()].push((block, value, None));
                    }
                    _ => {}
                }
            }
            body.for_each_terminator_operand(&body.block(block).terminator, |operand| {
                self.used[operand.index()] = true;
            });
        }
    }

    /// Write down which variables that other frames see, and which attributes, are written where.
    fn find_stores(&mut self) {
        let body = self.body;
        let name_of = |variable: VariableId| {
            let found = body.variable(variable);
            (found.storage != Storage::Local).then_some(found.name)
        };
        let mut loads: Set<(u32, NameId)> = Set::default();
        let mut stores: Vec<(u32, NameId)> = Vec::new();
        for (block, _) in body.blocks().filter(|(block, _)| self.flow.reachable[block.index()]) {
            for (_, instruction) in body.instructions_of(block) {
                let start = instruction.span.start;
                match instruction.op {
                    Ir::LoadName(variable) => loads.extend(name_of(variable).map(|name| (start, name))),
                    Ir::LoadAttribute { name, .. } => {
                        loads.insert((start, name));
                    }
                    Ir::StoreName { variable, .. } => stores.extend(name_of(variable).map(|name| (start, name))),
                    Ir::StoreAttribute { name, .. } => stores.push((start, name)),
                    _ => {}
                }
            }
        }
        for (start, name) in stores {
            let is_read = loads.contains(&(start, name));
            let name = self.text(name);
            self.unit.stores.push(Stored { start, name, is_read });
        }
        self.unit.stores.sort_unstable();
        self.unit.stores.dedup();
    }

    /// Take down the declared type of a member of a module or class.
    pub(crate) fn declare_member(&mut self, variable: VariableId, annotation: ValueId) {
        let found = self.body.variable(variable);
        if matches!(self.body.kind, BodyKind::Module | BodyKind::Class) && self.is_owned(variable) && !found.private {
            let (name, class) = (self.text(found.name), self.number(annotation));
            self.unit.typed.push(Typed { object: NONE, name, class });
        }
    }

    /// Take down the declared type of an attribute.
    pub(crate) fn declare_attribute(&mut self, object: ValueId, name: NameId, annotation: ValueId) {
        let (object, name, class) = (self.number(object), self.text(name), self.number(annotation));
        self.unit.typed.push(Typed { object, name, class });
    }

    /// Say whether each call makes functions that share variables of their own.
    fn makes_closures(&self) -> bool {
        let has = |is: fn(&Op) -> bool| self.unit.ops.iter().any(is);
        has(|op| matches!(op, Op::MakeFunction { .. })) && has(|op| matches!(op, Op::StoreCell { .. }))
    }

    /// Say whether what a call passes in decides what comes out or who is called: then a clone for each site pays.
    fn is_forwarding(&self) -> bool {
        let mut from_parameter: Set<Value> = self.unit.parameters.iter().map(|parameter| parameter.value).collect();
        for _ in 0..3 {
            for op in &self.unit.ops {
                match *op {
                    Op::Copy { to, from }
                    | Op::Iterate { to, from, .. }
                    | Op::Unpack { to, from, .. }
                    | Op::Narrow { to, from, .. }
                    | Op::Ecma(ecma::Op::Narrow { to, from, .. })
                        if from_parameter.contains(&from) =>
                    {
                        from_parameter.insert(to);
                    }
                    Op::Next { to, iterator, .. } if from_parameter.contains(&iterator) => {
                        from_parameter.insert(to);
                    }
                    Op::LoadItem { to, object, .. }
                    | Op::Slice { to, object, .. }
                    | Op::LoadAttribute { to, object, .. }
                        if from_parameter.contains(&object) =>
                    {
                        from_parameter.insert(to);
                    }
                    _ => {}
                }
            }
        }
        self.unit.is_generator
            || self.unit.ops.iter().any(|op| match op {
                Op::MakeFunction { .. } | Op::MakeClass { .. } => true,
                Op::StoreCell { value, .. } => from_parameter.contains(value),
                Op::Call { callee, .. } => from_parameter.contains(callee),
                Op::Ecma(ecma::Op::CallMember { object, .. }) => from_parameter.contains(object),
                Op::LoadItem { index: Place::Key(key), .. } | Op::StoreItem { index: Place::Key(key), .. } => {
                    from_parameter.contains(key)
                }
                Op::StoreAttribute { object, .. } | Op::StoreItem { object, .. } => from_parameter.contains(object),
                _ => false,
            })
    }

    /// Return the value that a reaching definition stands for.
    pub(crate) fn value_of(&mut self, variable: VariableId, reaching: Reaching) -> Option<Value> {
        match reaching {
            Reaching::Value(value) => Some(self.number(value)),
            Reaching::Phi(block) => {
                if let Some(value) = self.phis.get(&(variable, block)) {
                    return Some(*value);
                }
                let value = self.fresh();
                self.phis.insert((variable, block), value);
                self.pending.push((variable, block));
                Some(value)
            }
            Reaching::Nothing | Reaching::Unbound => None,
        }
    }

    /// Write down what flows into the phis that are read.
    fn finish_phis(&mut self) {
        while let Some((variable, block)) = self.pending.pop() {
            let to = self.phis[&(variable, block)];
            let Some(states) = &self.states[variable.index()] else { continue };
            if self.unit.language == Language::Ecmascript {
                let incoming = self.flow.incoming_from(states, block);
                self.finish_ecma_phi(variable, to, block, &incoming);
                continue;
            }
            if !self.facts.is_empty() {
                let incoming = self.flow.incoming_from(states, block);
                self.finish_narrowed_phi(variable, to, block, &incoming);
                continue;
            }
            for incoming in self.flow.incoming(states, block) {
                match self.value_of(variable, incoming) {
                    Some(from) if from != to => self.emit(Op::Copy { to, from }),
                    Some(_) => {}
                    None if incoming == Reaching::Unbound => self.unbound(variable, to),
                    None => {}
                }
            }
        }
    }

    /// Write down what flows into a phi, as conditions on the way let it be.
    fn finish_narrowed_phi(
        &mut self,
        variable: VariableId,
        to: Value,
        block: BlockId,
        incoming: &[(BlockId, Reaching)],
    ) {
        let mut seen: Vec<Value> = Vec::new();
        for (from_block, reaching) in incoming {
            match self.value_of(variable, *reaching) {
                Some(from) => {
                    let from = self.narrowed_on((*from_block, block), from);
                    if from != to && !seen.contains(&from) {
                        seen.push(from);
                        self.emit(Op::Copy { to, from });
                    }
                }
                None if *reaching == Reaching::Unbound => self.unbound(variable, to),
                None => {}
            }
        }
    }

    /// What a name means where its frame has not bound it.
    fn unbound(&mut self, variable: VariableId, to: Value) {
        let found = self.body.variable(variable);
        let name = self.text(found.name);
        match found.storage {
            Storage::Member => self.emit(Op::LoadGlobal { to, name }),
            Storage::Global { .. } if self.id.0 == 0 => self.emit(Op::LoadBuiltin { to, name }),
            _ => {}
        }
    }

    /// Return what a variable is just before an instruction.
    pub(crate) fn reaching_at(&self, variable: VariableId, block: BlockId, at: ValueId) -> Reaching {
        let writes = &self.writes[variable.index()];
        let before = writes.iter().rev().find(|(in_block, write, _)| *in_block == block && *write < at);
        match (before, &self.states[variable.index()]) {
            (Some((_, _, value)), _) => value.map_or(Reaching::Unbound, Reaching::Value),
            (None, Some(states)) => states.entry[block.index()],
            (None, None) => match writes.first() {
                Some((_, _, Some(value))) if self.is_plain(variable) => Reaching::Value(*value),
                _ => Reaching::Unbound,
            },
        }
    }

    fn load(&mut self, block: BlockId, at: ValueId, variable: VariableId) {
        let found = *self.body.variable(variable);
        let name = self.text(found.name);
        if self.is_owned(variable) {
            let reaching = self.reaching_at(variable, block, at);
            if let Reaching::Value(value) = reaching
                && !found.written_elsewhere
                && let Some(constant) = self.constant_of(value)
            {
                self.folded.insert(at, constant);
            }
            let reached = self.value_of(variable, reaching).map(|from| match found.written_elsewhere {
                true => from,
                false => self.narrowed(block, from),
            });
            if !found.written_elsewhere
                && let Some(from) = reached
                && self.numbers[at.index()] == NONE
            {
                self.numbers[at.index()] = from;
                return;
            }
            let to = self.number(at);
            match reached {
                Some(from) if from != to => self.emit(Op::Copy { to, from }),
                Some(_) => {}
                None if !found.written_elsewhere || reaching != Reaching::Unbound => self.unbound(variable, to),
                None => {}
            }
            if found.written_elsewhere {
                match found.storage {
                    Storage::Cell => {
                        self.emit(Op::LoadCell { to, unit: self.id.0, variable: variable.0 });
                    }
                    Storage::Global { .. } => self.emit(Op::LoadGlobal { to, name }),
                    _ => {}
                }
            }
            return;
        }
        let to = self.number(at);
        match found.storage {
            Storage::Captured { body, variable } => {
                self.emit(Op::LoadCell { to, unit: body.0, variable: variable.0 });
            }
            Storage::Global { .. } => self.emit(Op::LoadGlobal { to, name }),
            // A star import may hide the language's own name.
            Storage::Builtin if self.file.has_wildcard_import => self.emit(Op::LoadGlobal { to, name }),
            Storage::Builtin => self.emit(Op::LoadBuiltin { to, name }),
            _ => {}
        }
    }

    fn store(&mut self, block: BlockId, at: ValueId, variable: VariableId, value: ValueId) {
        let found = *self.body.variable(variable);
        let name = self.text(found.name);
        match found.storage {
            Storage::Local => {}
            Storage::Cell => {
                let value = self.number(value);
                self.emit(Op::StoreCell { unit: self.id.0, variable: variable.0, value });
            }
            Storage::Member => {}
            Storage::Captured { body, variable } => {
                let value = self.number(value);
                self.emit(Op::StoreCell { unit: body.0, variable: variable.0, value });
            }
            Storage::Global { .. } if self.id.0 == 0 => {
                if name == self.symbols.intern("__all__") {
                    self.take_exports(value);
                }
                let single = self.writes[variable.index()].len() == 1;
                if single || self.flow.escapes(variable, block, at) {
                    let value = self.number(value);
                    self.emit(Op::StoreGlobal { name, value });
                }
            }
            Storage::Global { .. } => {
                let value = self.number(value);
                self.emit(Op::StoreGlobal { name, value });
            }
            Storage::Builtin => {}
        }
    }

    /// Read a literal `__all__`, and what is added to it. Of others nothing is known.
    fn take_exports(&mut self, value: ValueId) {
        let added = match self.body.instruction(value).op {
            Ir::Binary { operator: BinaryOperator::Add, in_place: true, right, .. } => right,
            _ => {
                *self.exports = Some(Vec::new());
                value
            }
        };
        let names = self.listed_texts(added);
        *self.exports = match (self.exports.take(), names) {
            (Some(mut before), Some(names)) => {
                before.extend(names);
                Some(before)
            }
            _ => None,
        };
    }

    fn listed_texts(&mut self, value: ValueId) -> Option<Vec<Symbol>> {
        let Ir::Allocate { elements, .. } = self.body.instruction(value).op else { return None };
        let mut names = Vec::new();
        for element in self.body.elements(elements) {
            let Ir::Constant(Constant::Text(text)) = self.body.instruction(element.value).op else { return None };
            names.push(self.text(text));
        }
        Some(names)
    }

    /// Bind a class's members to what its names are at the end of its body.
    fn finish_members(&mut self) {
        if self.body.kind != BodyKind::Class {
            return;
        }
        for variable in 0..self.body.variables.len() {
            let id = VariableId(variable as u32);
            if !self.is_owned(id) || self.writes[variable].is_empty() {
                continue;
            }
            let name = self.text(self.body.variable(id).name);
            let reaching = match &self.states[variable] {
                Some(states) => states.entry[EXIT.index()],
                None => continue,
            };
            if let Some(value) = self.value_of(id, reaching) {
                self.emit(Op::StoreMember { name, value });
            }
        }
    }

    pub(crate) fn arguments(&mut self, range: &[codegraph_flow::ir::Argument]) -> Box<[(Passing, Value)]> {
        range
            .iter()
            .map(|argument| {
                let passing = match argument.kind {
                    ArgumentKind::Positional => Passing::Positional,
                    ArgumentKind::Named(name) => Passing::Named(self.text(name)),
                    ArgumentKind::Spread => Passing::Spread,
                    ArgumentKind::NamedSpread => Passing::NamedSpread,
                };
                (passing, self.number(argument.value))
            })
            .collect()
    }

    fn pairs(&mut self, pairs: &[(u32, ValueId)]) -> Vec<(u32, Value)> {
        pairs.iter().map(|(at, value)| (*at, self.number(*value))).collect()
    }

    pub(crate) fn make_function(&mut self, to: Value, definition: DefinitionId) {
        let body = self.body;
        let defaults = self.pairs(body.defaults(definition));
        let annotations = self.pairs(body.annotations(definition));
        let unit = body.definition(definition).body.0;
        self.emit(Op::MakeFunction { to, unit, given: Box::new(Given { defaults, annotations }) });
    }

    pub(crate) fn literal(&mut self, at: ValueId, class: &str) {
        if self.used[at.index()] {
            let to = self.number(at);
            let class = self.symbols.intern(class);
            self.emit(Op::Literal { to, class });
        }
    }

    fn constant(&mut self, at: ValueId, constant: Constant) {
        if !self.used[at.index()] {
            return;
        }
        match constant {
            Constant::Text(text) => {
                let (to, text) = (self.number(at), self.text(text));
                self.emit(Op::Text { to, text });
            }
            Constant::Integer(value) => {
                let to = self.number(at);
                self.emit(Op::Integer { to, value });
            }
            Constant::Float(_) => self.literal(at, "builtins.float"),
            Constant::Bytes(_) => self.literal(at, "builtins.bytes"),
            Constant::Boolean(_) => self.literal(at, "builtins.bool"),
            Constant::BigNumber(_) => self.literal(at, "builtins.int"),
            Constant::Null | Constant::Undefined | Constant::Ellipsis => {}
        }
    }

    /// Return the place that an index names.
    fn index(&mut self, index: ValueId) -> Place {
        match self.constant_of(index) {
            Some(Folded::Integer(at)) if at >= 0 => Place::At(at),
            Some(Folded::Integer(at)) => Place::FromEnd(-1 - at),
            _ => Place::Key(self.key_value(index)),
        }
    }

    /// Return the value by which a key of a mapping is known. Equal constants are equal keys.
    fn key_value(&mut self, key: ValueId) -> Value {
        match self.body.instruction(key).op {
            Ir::Constant(Constant::Boolean(_)) => match self.constant_of(key) {
                Some(Folded::Integer(value)) => {
                    let to = self.fresh();
                    self.emit(Op::Integer { to, value });
                    to
                }
                _ => self.number(key),
            },
            Ir::Allocate { kind: AllocationKind::Tuple, elements } => match self.constant_tuple(elements) {
                Some(text) => {
                    let (to, text) = (self.fresh(), self.symbols.intern(&text));
                    self.emit(Op::Text { to, text });
                    to
                }
                None => self.number(key),
            },
            _ => self.number(key),
        }
    }

    /// Return a text that stands for a tuple of constants, and for no other.
    fn constant_tuple(&self, elements: Range) -> Option<String> {
        let mut parts = Vec::new();
        for element in self.body.elements(elements) {
            match (element.kind, self.constant_of(element.value)?) {
                (ElementKind::Item, Folded::Text(text)) => parts.push(format!("{text:?}")),
                (ElementKind::Item, Folded::Integer(value)) => parts.push(value.to_string()),
                _ => return None,
            }
        }
        Some(format!("\0({})", parts.join(",")))
    }

    /// Return the constant that a value is.
    pub(crate) fn constant_of(&self, value: ValueId) -> Option<Folded> {
        match self.body.instruction(value).op {
            Ir::Constant(Constant::Text(text)) => Some(Folded::Text(self.file.text(text).to_owned())),
            Ir::Constant(Constant::Integer(value)) => Some(Folded::Integer(value)),
            // As keys and as numbers they are equal.
            Ir::Constant(Constant::Boolean(value)) => Some(Folded::Integer(i64::from(value))),
            Ir::Unary { operator: UnaryOperator::Negate, value } => match self.constant_of(value)? {
                Folded::Integer(value) => value.checked_neg().map(Folded::Integer),
                Folded::Text(_) => None,
            },
            _ => self.folded.get(&value).cloned(),
        }
    }

    /// Return what an operator gives for constants.
    fn fold(&self, operator: BinaryOperator, left: ValueId, right: ValueId) -> Option<Folded> {
        match (operator, self.constant_of(left)?, self.constant_of(right)?) {
            (BinaryOperator::Add, Folded::Text(left), Folded::Text(right)) => Some(Folded::Text(left + &right)),
            (BinaryOperator::Add, Folded::Integer(left), Folded::Integer(right)) => {
                left.checked_add(right).map(Folded::Integer)
            }
            (BinaryOperator::Subtract, Folded::Integer(left), Folded::Integer(right)) => {
                left.checked_sub(right).map(Folded::Integer)
            }
            (BinaryOperator::Multiply, Folded::Integer(left), Folded::Integer(right)) => {
                left.checked_mul(right).map(Folded::Integer)
            }
            _ => None,
        }
    }

    /// Return the range of a slice of constants; none if it is not known.
    fn slice_range(&self, elements: Range) -> Option<SliceRange> {
        let bounds: Vec<Option<i32>> = (self.body.elements(elements).iter())
            .map(|element| match self.body.instruction(element.value).op {
                Ir::Constant(Constant::Null) => Some(None),
                _ => match self.constant_of(element.value)? {
                    Folded::Integer(at) => i32::try_from(at).ok().map(Some),
                    Folded::Text(_) => None,
                },
            })
            .collect::<Option<_>>()?;
        match bounds[..] {
            [from, until, None | Some(1)] => Some(SliceRange { from: from.unwrap_or(0), until }),
            _ => None,
        }
    }

    fn elements(&mut self, container: Value, kind: AllocationKind, range: Range) {
        let body = self.body;
        let mut position = Some(0);
        let elements = body.elements(range);
        for (number, element) in elements.iter().enumerate() {
            let value = self.number(element.value);
            match (element.kind, element.key) {
                (ElementKind::Spread, _) => {
                    let mapping = kind == AllocationKind::Map;
                    let is_sequence = matches!(kind, AllocationKind::List | AllocationKind::Tuple);
                    let at = position.filter(|_| is_sequence).and_then(|at| u16::try_from(at).ok());
                    let keys = elements[number + 1..].iter().filter_map(|after| after.key.filter(|_| mapping));
                    let texts: Vec<&str> = keys.filter_map(|key| self.constant_text(key)).collect();
                    let hidden = texts.into_iter().map(|text| self.symbols.intern(text)).collect();
                    self.emit(Op::Spread { container, from: value, mapping, at, hidden });
                    position = None;
                }
                (ElementKind::Getter | ElementKind::Setter, _) => {}
                (ElementKind::Item, Some(key)) => {
                    let place = Place::Key(self.key_value(key));
                    self.emit(Op::Element { container, place, value });
                }
                (ElementKind::Item, None) => {
                    let is_sequence = matches!(kind, AllocationKind::List | AllocationKind::Tuple);
                    let place = position.filter(|_| is_sequence).map_or(Place::Any, Place::At);
                    position = position.map(|at| at + 1);
                    self.emit(Op::Element { container, place, value });
                }
            }
        }
    }

    fn instruction(&mut self, block: BlockId, at: ValueId, op: &Ir) {
        if self.unit.language == Language::Ecmascript {
            return self.ecma_instruction(block, at, op);
        }
        let body = self.body;
        match *op {
            Ir::Constant(constant) => self.constant(at, constant),
            Ir::Unknown | Ir::This | Ir::Super => {}
            Ir::Parameter(index) => {
                let value = self.unit.parameters[index as usize].value;
                if self.numbers[at.index()] == NONE {
                    self.numbers[at.index()] = value;
                } else {
                    let to = self.number(at);
                    self.emit(Op::Copy { to, from: value });
                }
            }
            Ir::Phi(inputs) => {
                let to = self.number(at);
                for (from_block, value) in body.phi_inputs(inputs) {
                    if self.flow.reachable[from_block.index()] {
                        let from = self.number(*value);
                        self.emit(Op::Copy { to, from });
                    }
                }
            }
            Ir::LoadName(variable) => {
                if self.used[at.index()] {
                    self.load(block, at, variable);
                }
            }
            Ir::StoreName { variable, value } => self.store(block, at, variable, value),
            Ir::DeleteName(_) => {}
            Ir::DeclareAttribute { object, name, annotation } => self.declare_attribute(object, name, annotation),
            Ir::DeleteAttribute { object, name } => {
                let (object, name) = (self.number(object), self.text(name));
                self.emit(Op::DeleteAttribute { object, name });
            }
            Ir::LoadAttribute { object, name } => {
                let (to, object, name) = (self.number(at), self.number(object), self.text(name));
                self.emit(Op::LoadAttribute { to, object, name });
            }
            Ir::StoreAttribute { object, name, value } => {
                let (object, name, value) = (self.number(object), self.text(name), self.number(value));
                self.emit(Op::StoreAttribute { object, name, value });
            }
            Ir::LoadIndex { object, index } => {
                if let Ir::Allocate { kind: AllocationKind::Slice, elements } = body.instruction(index).op {
                    let range = self.slice_range(elements);
                    let (to, object) = (self.number(at), self.number(object));
                    self.emit(Op::Slice { to, object, range, is_rest: false });
                    return;
                }
                let (to, index) = (self.number(at), self.index(index));
                let object = self.number(object);
                self.emit(Op::LoadItem { to, object, index });
            }
            Ir::StoreIndex { object, index, value }
                if matches!(body.instruction(index).op, Ir::Allocate { kind: AllocationKind::Slice, .. }) =>
            {
                let (item, from, object) = (self.fresh(), self.number(value), self.number(object));
                self.emit(Op::Unpack { to: item, from, place: Place::Any });
                self.emit(Op::StoreItem { object, index: Place::Any, value: item });
            }
            Ir::StoreIndex { object, index, value } => {
                let (object, index, value) = (self.number(object), self.index(index), self.number(value));
                self.emit(Op::StoreItem { object, index, value });
            }
            Ir::DeleteIndex { object, index } => {
                let (object, index) = (self.number(object), self.number(index));
                self.emit(Op::DeleteItem { object, index });
            }
            Ir::Unary { operator, value } => self.unary(at, operator, value),
            Ir::Binary { operator, in_place, left, right } => self.binary(at, operator, in_place, left, right),
            Ir::Interpolate(elements) => self.interpolate(at, elements),
            Ir::Call(call) => {
                let found = body.call(call);
                let form = match found.form {
                    IrCallForm::Decorator => CallForm::Decorator,
                    IrCallForm::Comprehension => CallForm::Hidden,
                    IrCallForm::Plain | IrCallForm::New | IrCallForm::Element => CallForm::Plain,
                };
                let evaluated = self.evaluated(block, at, found.callee, body.arguments(call));
                let (mut to, callee) = (self.number(at), self.number(found.callee));
                if let Some(value) = evaluated {
                    if let Some(from) = value {
                        self.emit(Op::Copy { to, from });
                    }
                    to = self.fresh();
                }
                let arguments = self.arguments(body.arguments(call));
                self.emit(Op::Call { to, callee, arguments, form });
            }
            Ir::Allocate { kind, elements } => {
                let to = self.number(at);
                let made = match kind {
                    AllocationKind::List | AllocationKind::Array => ContainerKind::List,
                    AllocationKind::Tuple => ContainerKind::Tuple,
                    AllocationKind::Set => ContainerKind::Set,
                    AllocationKind::Map | AllocationKind::Object => ContainerKind::Map,
                    AllocationKind::Slice => {
                        self.literal(at, "builtins.slice");
                        return;
                    }
                    AllocationKind::TypeVariable | AllocationKind::RegularExpression => return,
                };
                self.emit(Op::Allocate { to, kind: made });
                self.elements(to, kind, elements);
            }
            Ir::Append { container, key, value } => {
                let container = self.number(container);
                let place = key.map_or(Place::Any, |key| Place::Key(self.key_value(key)));
                let value = self.number(value);
                self.emit(Op::Element { container, place, value });
            }
            Ir::MakeFunction(definition) => {
                let to = self.number(at);
                self.make_function(to, definition);
            }
            Ir::MakeClass(definition) => {
                let to = self.number(at);
                let bases = self.arguments(body.bases(definition));
                let unit = body.definition(definition).body.0;
                self.emit(Op::MakeClass { to, unit, bases });
            }
            Ir::ImportModule { path, level, root } => {
                let (to, path) = (self.number(at), self.text(path));
                self.emit(Op::ImportModule { to, path, level, root });
            }
            Ir::ImportMember { module, name } => {
                let (to, module, name) = (self.number(at), self.number(module), self.text(name));
                self.emit(Op::ImportMember { to, module, name });
            }
            Ir::ImportAll(module) => {
                if let Ir::ImportModule { path, level, .. } = body.instruction(module).op {
                    let (path, at) = (self.text(path), self.unit.ops.len() as u32);
                    self.unit.stars.push(Star { path, level, at });
                }
            }
            Ir::DeclareName { variable, annotation } => {
                self.declare_member(variable, annotation);
                let found = body.variable(variable);
                if found.storage == Storage::Member {
                    let name = self.text(found.name);
                    if !self.unit.declared.contains(&name) {
                        self.unit.declared.push(name);
                    }
                    if self.writes[variable.index()].is_empty() {
                        let (to, class) = (self.fresh(), self.number(annotation));
                        self.emit(Op::InstanceOf { to, class });
                        self.emit(Op::StoreMember { name, value: to });
                        self.unit.names.push(name);
                    }
                }
            }
            Ir::GetIterator { value, asynchronous } => {
                let (to, from) = (self.number(at), self.number(value));
                self.emit(Op::Iterate { to, from, asynchronous });
            }
            Ir::Next { iterator, asynchronous } => {
                let (to, iterator) = (self.number(at), self.number(iterator));
                self.emit(Op::Next { to, iterator, asynchronous });
            }
            Ir::EnterContext { manager, asynchronous } => {
                let (to, manager) = (self.number(at), self.number(manager));
                self.emit(Op::Enter { to, manager, asynchronous });
            }
            Ir::ExitContext { manager, asynchronous, .. } => {
                let manager = self.number(manager);
                self.emit(Op::Exit { manager, asynchronous });
            }
            Ir::Unpack { value, .. } => {
                let from = self.number(value);
                if self.numbers[at.index()] == NONE {
                    self.numbers[at.index()] = from;
                } else {
                    let to = self.number(at);
                    self.emit(Op::Copy { to, from });
                }
            }
            Ir::UnpackElement { sequence, position } => {
                let (to, from) = (self.number(at), self.number(sequence));
                match position {
                    Position::Front(place) => {
                        self.emit(Op::Unpack { to, from, place: Place::At(i64::from(place)) });
                    }
                    Position::Back(place) => {
                        self.emit(Op::Unpack { to, from, place: Place::FromEnd(i64::from(place)) });
                    }
                    Position::Rest { front, back } => {
                        let until = (back > 0).then(|| -i32::from(back));
                        let range = Some(SliceRange { from: i32::from(front), until });
                        self.emit(Op::Slice { to, object: from, range, is_rest: true });
                    }
                }
            }
            Ir::Component { value, class, index } => {
                let (to, object, class) = (self.number(at), self.number(value), self.number(class));
                self.emit(Op::Component { to, object, class, position: index.into() });
            }
            Ir::ShapeTest { .. } => {}
            Ir::TypeTest { value, class } => {
                if matches!(body.instruction(value).op, Ir::CatchException) {
                    let (to, class) = (self.number(value), self.number(class));
                    self.emit(Op::InstanceOf { to, class });
                }
            }
            Ir::Await(value) => {
                let (to, from) = (self.number(at), self.number(value));
                self.emit(Op::Await { to, from });
            }
            Ir::Yield(value) => {
                let (to, value) = (self.number(at), self.number(value));
                self.emit(Op::Yield { to, value });
            }
            Ir::YieldFrom(value) => {
                let (to, from) = (self.number(at), self.number(value));
                self.emit(Op::YieldFrom { to, from });
            }
            // Of languages whose objects are not analysed yet.
            Ir::DefineMember { .. } => {}
            Ir::CatchException => {}
        }
    }

    /// Return the text that a value is, where it is constant.
    fn constant_text(&self, value: ValueId) -> Option<&'a str> {
        match self.body.instruction(value).op {
            Ir::Constant(Constant::Text(text)) => Some(self.file.text(text)),
            _ => None,
        }
    }

    /// Write down what a computed text begins and ends with.
    fn affixes(&mut self, at: ValueId, prefix: &str, suffix: &str) {
        if self.used[at.index()] && prefix.len() + suffix.len() > 1 {
            let to = self.number(at);
            let [prefix, suffix] =
                [prefix, suffix].map(|text| if text.is_empty() { NONE } else { self.symbols.intern(text) });
            self.emit(Op::Affixes { to, prefix, suffix });
        }
    }

    /// `f"…{value}…"`: each value is asked for its text.
    fn interpolate(&mut self, at: ValueId, elements: Range) {
        let body = self.body;
        self.literal(at, "builtins.str");
        let parts: Vec<ValueId> = body.elements(elements).iter().map(|element| element.value).collect();
        let text = |at: Option<&ValueId>| at.and_then(|part| self.constant_text(*part)).unwrap_or("");
        let (prefix, suffix) = (text(parts.first()), text(parts.last()));
        self.affixes(at, prefix, suffix);
        for part in parts {
            if self.constant_text(part).is_none() {
                self.ask(part, "__format__");
            }
        }
    }

    /// Call a method of an operand's class that takes nothing else and whose result is not kept.
    fn ask(&mut self, value: ValueId, method: &str) {
        let (to, left, method) = (self.fresh(), self.number(value), self.symbols.intern(method));
        self.emit(Op::Operator { to, left, right: NONE, method, reflected: NONE, in_place: NONE });
    }

    /// `if value`: an object decides itself whether it is true.
    fn test(&mut self, value: ValueId) {
        let is_boolean = match self.body.instruction(value).op {
            Ir::Binary { operator, .. } => operator.is_comparison(),
            Ir::LoadName(_) | Ir::LoadAttribute { .. } | Ir::LoadIndex { .. } | Ir::Call(_) => false,
            _ => true,
        };
        if !is_boolean {
            self.ask(value, "__bool__");
        }
    }

    fn unary(&mut self, at: ValueId, operator: UnaryOperator, value: ValueId) {
        if let (UnaryOperator::Negate, Ir::Constant(Constant::Integer(number))) =
            (operator, self.body.instruction(value).op)
        {
            self.constant(at, Constant::Integer(-number));
            return;
        }
        let method = match operator {
            UnaryOperator::Negate => "__neg__",
            UnaryOperator::Plus => "__pos__",
            UnaryOperator::Invert => "__invert__",
            UnaryOperator::Not => "__bool__",
            UnaryOperator::TypeOf | UnaryOperator::PropertyNames => return,
        };
        let to = if operator == UnaryOperator::Not { self.fresh() } else { self.number(at) };
        let (left, method) = (self.number(value), self.symbols.intern(method));
        self.emit(Op::Operator { to, left, right: NONE, method, reflected: NONE, in_place: NONE });
    }

    fn binary(&mut self, at: ValueId, operator: BinaryOperator, in_place: bool, left: ValueId, right: ValueId) {
        let name = match operator {
            BinaryOperator::Add => "add",
            BinaryOperator::Subtract => "sub",
            BinaryOperator::Multiply => "mul",
            BinaryOperator::MatrixMultiply => "matmul",
            BinaryOperator::Divide => "truediv",
            BinaryOperator::FloorDivide => "floordiv",
            BinaryOperator::Modulo => "mod",
            BinaryOperator::Power => "pow",
            BinaryOperator::ShiftLeft => "lshift",
            BinaryOperator::ShiftRight => "rshift",
            BinaryOperator::BitAnd => "and",
            BinaryOperator::BitOr => "or",
            BinaryOperator::BitXor => "xor",
            BinaryOperator::Equal => "eq",
            BinaryOperator::NotEqual => "ne",
            BinaryOperator::Less => "lt",
            BinaryOperator::LessOrEqual => "le",
            BinaryOperator::Greater => "gt",
            BinaryOperator::GreaterOrEqual => "ge",
            BinaryOperator::In | BinaryOperator::NotIn => "contains",
            _ => return,
        };
        if let Some(folded) = self.fold(operator, left, right) {
            let to = self.number(at);
            match &folded {
                Folded::Text(text) => {
                    let text = self.symbols.intern(text);
                    self.emit(Op::Text { to, text });
                }
                Folded::Integer(value) => self.emit(Op::Integer { to, value: *value }),
            }
            self.folded.insert(at, folded);
            return;
        }
        match operator {
            BinaryOperator::Add => {
                let (prefix, suffix) = (self.constant_text(left), self.constant_text(right));
                self.affixes(at, prefix.unwrap_or(""), suffix.unwrap_or(""));
            }
            BinaryOperator::Modulo => {
                if let Some((prefix, suffix)) = self.constant_text(left).and_then(|text| text.split_once("%s"))
                    && !prefix.contains('%')
                    && !suffix.contains('%')
                {
                    self.affixes(at, prefix, suffix);
                }
            }
            _ => {}
        }
        let method = self.symbols.intern(&format!("__{name}__"));
        let (left, right) = (self.number(left), self.number(right));
        if name == "contains" {
            let to = self.fresh();
            let op = Op::Operator { to, left: right, right: left, method, reflected: NONE, in_place: NONE };
            return self.emit(op);
        }
        let (to, mut changed) = (self.number(at), NONE);
        let reflected;
        if operator.is_comparison() {
            let other_way = match name {
                "lt" => "gt",
                "le" => "ge",
                "gt" => "lt",
                "ge" => "le",
                same => same,
            };
            reflected = self.symbols.intern(&format!("__{other_way}__"));
        } else {
            reflected = self.symbols.intern(&format!("__r{name}__"));
            if in_place {
                changed = self.symbols.intern(&format!("__i{name}__"));
            }
        }
        self.emit(Op::Operator { to, left, right, method, reflected, in_place: changed });
    }

    /// Return the values that are constants.
    fn returned_constants(&self) -> Set<Value> {
        let constants = self.unit.ops.iter().filter_map(|op| match op {
            Op::Text { to, .. }
            | Op::Integer { to, .. }
            | Op::Literal { to, .. }
            | Op::Ecma(ecma::Op::Nothing { to, .. } | ecma::Op::Boolean { to, .. }) => Some(*to),
            _ => None,
        });
        constants.collect()
    }

    /// Take returns of parameters out of the constraints: what comes back is then what each call passes in, however
    /// many calls share a clone.
    fn returned_parameters(&mut self) {
        let mut copies: Map<Value, Vec<Value>> = Map::default();
        let mut made: Set<Value> = Set::default();
        for op in &self.unit.ops {
            match (op, op.defined()) {
                (Op::Copy { to, from }, _) => copies.entry(*to).or_default().push(*from),
                (_, Some(to)) => {
                    made.insert(to);
                }
                _ => {}
            }
        }
        let unit = &mut self.unit;
        let parameter_of = |value: Value| {
            unit.parameters.iter().position(|one| {
                one.value == value && !matches!(one.kind, ParameterKind::Rest | ParameterKind::NamedRest)
            })
        };
        let (mut ops, mut spans) = (Vec::with_capacity(unit.ops.len()), Vec::with_capacity(unit.ops.len()));
        for (op, span) in unit.ops.drain(..).zip(unit.spans.drain(..)) {
            let Op::Return { value } = op else {
                ops.push(op);
                spans.push(span);
                continue;
            };
            // What a phi joins is looked through: each of its inputs is returned by itself.
            let (mut seen, mut at) = (vec![value], 0);
            while at < seen.len() {
                for from in copies.get(&seen[at]).filter(|_| !made.contains(&seen[at])).into_iter().flatten() {
                    if !seen.contains(from) {
                        seen.push(*from);
                    }
                }
                at += 1;
            }
            for one in seen {
                if copies.contains_key(&one) && !made.contains(&one) {
                    continue;
                }
                match parameter_of(one) {
                    Some(at) if !unit.returned.contains(&(at as u32)) => unit.returned.push(at as u32),
                    Some(_) => {}
                    None => {
                        ops.push(Op::Return { value: one });
                        spans.push(span);
                    }
                }
            }
        }
        unit.ops = ops;
        unit.spans = spans;
    }
}
