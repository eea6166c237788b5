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
use crate::program::*;
use crate::reaching::{Flow, Reaching, States};

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
    let units = bodies
        .iter()
        .enumerate()
        .map(|(at, body)| {
            Translator::new(language, (file, source), body, BodyId(at as u32), &mut symbols, &mut exports).run()
        })
        .collect();
    let ends = source.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at as u32 + 1);
    let lines = std::iter::once(0).chain(ends).collect();
    FileUnits { symbols, units, exports, lines }
}

/// Constraints of a unit that may be cloned for each call site; longer ones are shared.
const CLONE_LIMIT: usize = 600;

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
        let unit = Unit {
            language,
            kind,
            name,
            file: 0,
            parent: body.parent.map_or(NONE, |parent| parent.0),
            span: (body.span.start, body.span.end),
            is_generator: body.is_generator || body.kind == BodyKind::Comprehension,
            is_async: body.is_async,
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
        };
        Self {
            file,
            source,
            body,
            id,
            symbols,
            exports,
            flow: Flow::new(body),
            states: Vec::new(),
            writes: vec![Vec::new(); body.variables.len()],
            used: vec![false; body.instructions().len()],
            member_callees: Vec::new(),
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
        let order = self.flow.order.clone();
        for block in order {
            self.block_starts.push(self.unit.ops.len());
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
        if self.unit.language == Language::Ecmascript {
            self.finish_ecma();
            self.finish_phis();
        } else {
            self.finish_members();
            self.finish_phis();
            self.strong_updates();
        }
        let is_constant = self.returned_constants();
        let is_ecma = self.unit.language == Language::Ecmascript;
        if !self.unit.is_generator && !self.unit.is_async && !is_ecma {
            self.returned_parameters();
        }
        let returns = self.unit.ops.iter().any(|op| match op {
            Op::Return { value } => !is_constant.contains(value),
            _ => false,
        });
        let takes = !self.unit.parameters.is_empty();
        self.unit.value_count = self.next;
        self.unit.forwards = takes && self.unit.ops.len() <= CLONE_LIMIT && (returns || self.is_forwarding());
        self.unit
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

    /// Say whether what a call passes in decides what comes out or who is called: then a clone for each site pays.
    fn is_forwarding(&self) -> bool {
        let mut from_parameter: Set<Value> = self.unit.parameters.iter().map(|parameter| parameter.value).collect();
        for _ in 0..3 {
            for op in &self.unit.ops {
                match *op {
                    Op::Copy { to, from } | Op::Iterate { to, from, .. } | Op::Unpack { to, from, .. }
                        if from_parameter.contains(&from) =>
                    {
                        from_parameter.insert(to);
                    }
                    Op::Next { to, iterator, .. } if from_parameter.contains(&iterator) => {
                        from_parameter.insert(to);
                    }
                    Op::LoadItem { to, object, .. } | Op::LoadAttribute { to, object, .. }
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

    /// What a name means where its frame has not bound it.
    fn unbound(&mut self, variable: VariableId, to: Value) {
        if self.unit.language == Language::Ecmascript {
            return;
        }
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
            let reached = self.value_of(variable, reaching);
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

    /// Read a literal `__all__`.
    fn take_exports(&mut self, value: ValueId) {
        let Ir::Allocate { elements, .. } = self.body.instruction(value).op else { return };
        let mut names = Vec::new();
        for element in self.body.elements(elements) {
            let Ir::Constant(Constant::Text(text)) = self.body.instruction(element.value).op else { return };
            names.push(self.text(text));
        }
        *self.exports = Some(names);
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
        match self.body.instruction(index).op {
            Ir::Constant(Constant::Integer(at)) if at >= 0 => Place::At(at),
            _ => Place::Key(self.number(index)),
        }
    }

    fn elements(&mut self, container: Value, kind: AllocationKind, range: Range) {
        let body = self.body;
        let mut position = Some(0);
        for element in body.elements(range) {
            let value = self.number(element.value);
            match (element.kind, element.key) {
                (ElementKind::Spread, _) => {
                    self.emit(Op::Spread { container, from: value, mapping: kind == AllocationKind::Map });
                    position = None;
                }
                (ElementKind::Getter | ElementKind::Setter, _) => {}
                (ElementKind::Item, Some(key)) => {
                    let place = Place::Key(self.number(key));
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
            Ir::DeleteName(_) | Ir::DeleteAttribute { .. } | Ir::DeclareAttribute { .. } => {}
            Ir::LoadAttribute { object, name } => {
                let (to, object, name) = (self.number(at), self.number(object), self.text(name));
                self.emit(Op::LoadAttribute { to, object, name });
            }
            Ir::StoreAttribute { object, name, value } => {
                let (object, name, value) = (self.number(object), self.text(name), self.number(value));
                self.emit(Op::StoreAttribute { object, name, value });
            }
            Ir::LoadIndex { object, index } => {
                let (to, index) = (self.number(at), self.index(index));
                let object = self.number(object);
                self.emit(Op::LoadItem { to, object, index });
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
                let (to, callee) = (self.number(at), self.number(found.callee));
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
                let place = key.map_or(Place::Any, |key| Place::Key(self.number(key)));
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
                    Position::Rest { front, .. } => {
                        let item = self.fresh();
                        self.emit(Op::Allocate { to, kind: ContainerKind::List });
                        self.emit(Op::Unpack { to: item, from, place: Place::Rest(i64::from(front)) });
                        self.emit(Op::Element { container: to, place: Place::Any, value: item });
                    }
                }
            }
            Ir::Component { .. } | Ir::ShapeTest { .. } => {}
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
        let (to, mut reflected, mut changed) = (self.number(at), NONE, NONE);
        if !operator.is_comparison() {
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

    /// Drop what a fresh container held under a constant key when it is bound again before anything can look:
    /// a strong update.
    fn strong_updates(&mut self) {
        let keys: Map<Value, Symbol> = self
            .unit
            .ops
            .iter()
            .filter_map(|op| match op {
                Op::Text { to, text } => Some((*to, *text)),
                _ => None,
            })
            .collect();
        #[derive(PartialEq, Eq, Hash, Clone, Copy)]
        enum Key {
            Text(Symbol),
            At(i64),
        }
        let key_of = |place: Place| match place {
            Place::Key(value) => keys.get(&value).map(|text| Key::Text(*text)),
            Place::At(at) => Some(Key::At(at)),
            _ => None,
        };
        let mut fresh: Map<Value, Map<Key, usize>> = Map::default();
        let mut dead: Vec<usize> = Vec::new();
        let mut starts = self.block_starts.iter().copied().peekable();
        for (at, op) in self.unit.ops.iter().enumerate() {
            while starts.next_if(|start| *start <= at).is_some() {
                fresh.clear();
            }
            match *op {
                Op::Allocate { to, .. } => {
                    fresh.insert(to, Map::default());
                }
                Op::Element { container, place, value } => {
                    fresh.remove(&value);
                    if let (Some(slots), Some(key)) = (fresh.get_mut(&container), key_of(place)) {
                        slots.insert(key, at);
                    }
                }
                Op::StoreItem { object, index, value } => {
                    fresh.remove(&value);
                    if let (Some(slots), Some(key)) = (fresh.get_mut(&object), key_of(index))
                        && let Some(before) = slots.insert(key, at)
                    {
                        dead.push(before);
                    }
                }
                Op::Text { .. }
                | Op::Integer { .. }
                | Op::Literal { .. }
                | Op::LoadGlobal { .. }
                | Op::LoadBuiltin { .. }
                | Op::MakeFunction { .. } => {}
                // Bound to a name that only code which is called can read.
                Op::StoreGlobal { .. } | Op::StoreCell { .. } => {}
                _ => fresh.clear(),
            }
        }
        dead.sort_unstable();
        for at in dead.into_iter().rev() {
            self.unit.ops.remove(at);
            self.unit.spans.remove(at);
        }
    }
}
