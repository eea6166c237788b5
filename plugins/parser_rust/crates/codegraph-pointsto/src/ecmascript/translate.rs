//! From the semantic IR of JavaScript's frames to their constraints.

use codegraph_flow::ir::{
    AllocationKind, BinaryOperator, BlockId, CallForm as IrCallForm, CallId, Constant, DefinitionId, EXIT, EdgeKind,
    ElementKind, ExportTarget, MemberKind, Op as Ir, Position, Range, Storage, Terminator, UnaryOperator, ValueId,
    VariableId,
};

use super::ops::{Asked, Choice, Exported, ImportForm, Key, Meaning, Member, Op};
use crate::program::{CallForm, NONE, Op as Shared, Passing, Place, Symbol, Value};
use crate::reaching::Reaching;
use crate::translate::Translator;

impl Translator<'_> {
    fn emit_ecma(&mut self, op: Op) {
        self.emit(Shared::Ecma(op));
    }

    fn nothing(&mut self) -> Value {
        let to = self.fresh();
        self.emit_ecma(Op::Nothing { to, is_null: false });
        to
    }

    /// A function that ends without a value gives `undefined`.
    pub(crate) fn return_nothing(&mut self) {
        let value = self.nothing();
        self.emit(Shared::Return { value });
    }

    /// Say whether an instruction only names the callee of the one call that is made of it: `o.m` of `o.m()`.
    fn is_callee_of_member_call(&self, at: ValueId) -> bool {
        self.member_callees.get(at.index()).copied().unwrap_or(false)
    }

    /// Find the instructions that only name callees.
    pub(crate) fn find_member_callees(&mut self) {
        let body = self.body;
        let mut uses = vec![0_u32; body.instructions().len()];
        let mut found = vec![false; body.instructions().len()];
        for (block, _) in body.blocks() {
            for (_, instruction) in body.instructions_of(block) {
                body.for_each_operand(&instruction.op, |operand| uses[operand.index()] += 1);
                if let Ir::Call(call) = instruction.op
                    && body.call(call).receiver.is_some()
                {
                    found[body.call(call).callee.index()] = true;
                }
            }
            body.for_each_terminator_operand(&body.block(block).terminator, |operand| uses[operand.index()] += 1);
        }
        for (at, count) in uses.iter().enumerate() {
            found[at] &= *count == 1;
        }
        self.member_callees = found;
    }

    /// Return the name of a property of which the key is a constant.
    fn constant_key(&mut self, key: ValueId) -> Option<Symbol> {
        match self.body.instruction(key).op {
            Ir::Constant(Constant::Text(text)) => Some(self.text(text)),
            Ir::Constant(Constant::Integer(number)) => Some(self.symbols.intern(&number.to_string())),
            _ => None,
        }
    }

    fn key(&mut self, key: ValueId) -> Key {
        match self.constant_key(key) {
            Some(name) => Key::Name(name),
            None => Key::Computed(self.number(key)),
        }
    }

    fn ecma_load(&mut self, block: BlockId, at: ValueId, variable: VariableId) {
        let found = *self.body.variable(variable);
        let is_type = self.body.instruction(at).in_annotation;
        if is_type && self.is_owned(variable) && found.storage != Storage::Local {
            // Types are there before any statement runs.
            let to = self.number(at);
            return self.emit(Shared::LoadCell { to, unit: self.id.0, variable: variable.0 });
        }
        if self.is_owned(variable) {
            let reaching = self.reaching_at(variable, block, at);
            let reached = self.value_of(variable, reaching).map(|from| match found.written_elsewhere {
                true => from,
                false => self.narrowed(block, from),
            });
            if !found.written_elsewhere
                && let Some(from) = reached
                && self.take_number(at, from)
            {
                return;
            }
            let to = self.number(at);
            match reached {
                Some(from) if from != to => self.emit(Shared::Copy { to, from }),
                Some(_) => {}
                None if reaching == Reaching::Unbound => self.emit_ecma(Op::Nothing { to, is_null: false }),
                None => {}
            }
            if found.written_elsewhere {
                self.emit(Shared::LoadCell { to, unit: self.id.0, variable: variable.0 });
            }
            return;
        }
        let to = self.number(at);
        match found.storage {
            Storage::Captured { body, variable } => {
                self.emit(Shared::LoadCell { to, unit: body.0, variable: variable.0 });
            }
            Storage::Global { variable: Some(variable) } => {
                self.emit(Shared::LoadCell { to, unit: 0, variable: variable.0 });
            }
            Storage::Global { variable: None } | Storage::Builtin => {
                let name = self.text(found.name);
                self.emit_ecma(Op::LoadFree { to, name });
            }
            Storage::Local | Storage::Cell | Storage::Member => {}
        }
    }

    /// Write down what flows into a phi, as conditions on the way let it be.
    pub(crate) fn finish_ecma_phi(
        &mut self,
        variable: VariableId,
        to: Value,
        block: BlockId,
        incoming: &[(BlockId, Reaching)],
    ) {
        let mut written: Vec<Value> = Vec::new();
        for (from_block, reaching) in incoming {
            let Some(from) = self.value_of(variable, *reaching) else { continue };
            let from = match self.body.variable(variable).written_elsewhere {
                true => from,
                false => self.narrowed_on((*from_block, block), from),
            };
            if from != to && !written.contains(&from) {
                written.push(from);
                self.emit(Shared::Copy { to, from });
            }
        }
    }

    fn ecma_store(&mut self, block: BlockId, at: ValueId, variable: VariableId, value: ValueId) {
        let found = *self.body.variable(variable);
        match found.storage {
            Storage::Local | Storage::Member => {}
            Storage::Cell | Storage::Global { variable: Some(_) } if self.is_owned(variable) => {
                let single = self.writes[variable.index()].len() == 1;
                if single || self.flow.escapes(variable, block, at) {
                    let value = self.number(value);
                    self.emit(Shared::StoreCell { unit: self.id.0, variable: variable.0, value });
                }
            }
            Storage::Captured { body, variable } => {
                let value = self.number(value);
                self.emit(Shared::StoreCell { unit: body.0, variable: variable.0, value });
            }
            Storage::Global { variable: Some(variable) } => {
                let value = self.number(value);
                self.emit(Shared::StoreCell { unit: 0, variable: variable.0, value });
            }
            Storage::Global { variable: None } | Storage::Builtin => {
                let (name, value) = (self.text(found.name), self.number(value));
                self.emit_ecma(Op::StoreFree { name, value });
            }
            Storage::Cell => {}
        }
    }

    fn ecma_constant(&mut self, at: ValueId, constant: Constant) {
        if !self.used[at.index()] {
            return;
        }
        match constant {
            Constant::Text(text) => {
                let (to, text) = (self.number(at), self.text(text));
                self.emit(Shared::Text { to, text });
            }
            Constant::Integer(value) => {
                let to = self.number(at);
                self.emit(Shared::Integer { to, value });
            }
            Constant::Float(_) => self.literal(at, "Number"),
            Constant::BigNumber(_) => self.literal(at, "BigInt"),
            Constant::Boolean(value) => {
                let to = self.number(at);
                self.emit_ecma(Op::Boolean { to, value });
            }
            Constant::Null | Constant::Undefined => {
                let (to, is_null) = (self.number(at), constant == Constant::Null);
                self.emit_ecma(Op::Nothing { to, is_null });
            }
            Constant::Bytes(_) | Constant::Ellipsis => {}
        }
    }

    /// Return what decides between the two inputs of a phi: (first, other, when the other is taken).
    fn choice(&self, inputs: &[(BlockId, ValueId)]) -> Option<(ValueId, ValueId, Choice)> {
        let body = self.body;
        let [one, two] = *inputs else { return None };
        for ((from, first), (_, other)) in [(two, one), (one, two)] {
            let Some(edge) = body.edges().iter().find(|edge| edge.target == from && edge.kind == EdgeKind::False)
            else {
                continue;
            };
            let Terminator::Branch(condition) = body.block(edge.source).terminator else { continue };
            let is_constant = |value: ValueId, constant: Constant| matches!(body.instruction(value).op, Ir::Constant(found) if found == constant);
            let when = match body.instruction(condition).op {
                _ if condition == first => Choice::Truthy,
                Ir::Unary { operator: UnaryOperator::Not, value } if value == first => Choice::Falsy,
                Ir::Binary { operator: BinaryOperator::Equal, left, right, .. }
                    if left == first && is_constant(right, Constant::Null) =>
                {
                    Choice::Nullish
                }
                Ir::Binary { operator: BinaryOperator::StrictEqual, left, right, .. }
                    if left == first && is_constant(right, Constant::Undefined) =>
                {
                    Choice::Undefined
                }
                _ => continue,
            };
            return Some((first, other, when));
        }
        None
    }

    fn phi(&mut self, at: ValueId, inputs: Range) {
        let body = self.body;
        let reachable: Vec<(BlockId, ValueId)> =
            body.phi_inputs(inputs).iter().filter(|(block, _)| self.flow.reachable[block.index()]).copied().collect();
        let to = self.number(at);
        if let Some((first, other, when)) = self.choice(&reachable) {
            let (first, other) = (self.number(first), self.number(other));
            self.emit_ecma(Op::Choose { to, first, other, when });
            return;
        }
        for (_, value) in reachable {
            let from = self.number(value);
            self.emit(Shared::Copy { to, from });
        }
    }

    fn ecma_call(&mut self, block: BlockId, at: ValueId, call: CallId) {
        let body = self.body;
        let found = *body.call(call);
        let evaluated = self.evaluated(block, at, found.callee, body.arguments(call));
        let arguments = self.arguments(body.arguments(call));
        let mut to = self.number(at);
        if let Some(value) = evaluated {
            if let Some(from) = value {
                self.emit(Shared::Copy { to, from });
            }
            to = self.fresh();
        }
        let callee = body.instruction(found.callee).op;
        if found.form == IrCallForm::Plain {
            if matches!(callee, Ir::Super) {
                return self.emit_ecma(Op::SuperCall { to, arguments });
            }
            let member = match callee {
                Ir::LoadAttribute { object, name } => Some((object, Key::Name(self.text(name)))),
                Ir::LoadIndex { object, index } => Some((object, self.key(index))),
                _ => None,
            };
            if let (Some(_), Some((object, key))) = (found.receiver, member) {
                let object = self.number(object);
                return self.emit_ecma(Op::CallMember { to, object, key, arguments });
            }
        }
        let form = match found.form {
            IrCallForm::Plain | IrCallForm::Comprehension => CallForm::Plain,
            IrCallForm::New => CallForm::New,
            IrCallForm::Decorator => CallForm::Decorator,
            IrCallForm::Element => CallForm::Element,
        };
        let callee = self.number(found.callee);
        self.emit(Shared::Call { to, callee, arguments, form });
    }

    fn ecma_elements(&mut self, to: Value, kind: AllocationKind, elements: Range) {
        let body = self.body;
        let mut position = Some(0_u32);
        for (at, element) in body.elements(elements).iter().enumerate() {
            let value = self.number(element.value);
            match (kind, element.kind, element.key) {
                (AllocationKind::Array, ElementKind::Spread, _) => {
                    self.emit_ecma(Op::SpreadItems { array: to, from: value, at: position });
                    position = None;
                }
                (AllocationKind::Array, _, _) => {
                    let place = position.map_or(Place::Any, |at| Place::At(i64::from(at)));
                    position = position.map(|at| at + 1);
                    self.emit(Shared::Element { container: to, place, value });
                }
                (_, ElementKind::Spread, _) => {
                    let after = &body.elements(elements)[at + 1..];
                    let hidden = after
                        .iter()
                        .filter(|one| one.kind != ElementKind::Spread)
                        .filter_map(|one| one.key.and_then(|key| self.constant_key(key)))
                        .collect();
                    self.emit_ecma(Op::SpreadProperties { object: to, from: value, hidden });
                }
                (_, kind, Some(key)) => {
                    let member = match kind {
                        ElementKind::Getter => Member::Getter,
                        ElementKind::Setter => Member::Setter,
                        ElementKind::Item | ElementKind::Spread => Member::Value,
                    };
                    let key = self.key(key);
                    self.emit_ecma(Op::DefineMember { object: to, key, value, member, is_static: false });
                }
                (_, _, None) => {}
            }
        }
    }

    fn make_ecma_class(&mut self, at: ValueId, definition: DefinitionId) {
        let body = self.body;
        let implements = self.symbols.intern("implements");
        let bases = body
            .bases(definition)
            .iter()
            .map(|base| {
                let is_type = body.instruction(base.value).in_annotation;
                let passing = if is_type { Passing::Named(implements) } else { Passing::Positional };
                (passing, self.number(base.value))
            })
            .collect();
        let (to, unit) = (self.number(at), body.definition(definition).body.0);
        self.emit(Shared::MakeClass { to, unit, bases });
    }

    /// Return how the module at the current place is imported: all forms are one instruction of the semantic IR.
    fn import_form(&self) -> ImportForm {
        let written = self.source.get(self.span.0 as usize..self.span.1 as usize).unwrap_or_default();
        match written.strip_prefix(b"import") {
            Some(rest) if rest.trim_ascii_start().starts_with(b"(") => ImportForm::Dynamic,
            // `import m = require("m")`
            Some(rest)
                if rest
                    .split(|byte| *byte == b'=')
                    .nth(1)
                    .is_some_and(|right| right.trim_ascii_start().starts_with(b"require")) =>
            {
                ImportForm::Required
            }
            Some(_) => ImportForm::Declared,
            None => ImportForm::Required,
        }
    }

    /// An operand of arithmetic: objects are made numbers by methods that they may have.
    fn made_number(&mut self, value: ValueId) {
        let is_primitive = matches!(
            self.body.instruction(value).op,
            Ir::Constant(_) | Ir::Interpolate(_) | Ir::Binary { .. } | Ir::Unary { .. }
        );
        if !is_primitive {
            let value = self.number(value);
            self.emit_ecma(Op::Number { value });
        }
    }

    /// Say whether a pattern takes all that is left of what it takes apart.
    fn is_unpacked_whole(&self, pattern: ValueId) -> bool {
        self.body.instructions().iter().any(|one| {
            matches!(one.op, Ir::UnpackElement { sequence, position: Position::Rest { .. } } if sequence == pattern)
        })
    }

    /// Say whether a loop, whose items are taken in a block, can be left before there are no more.
    fn leaves_loop(&self, header: BlockId) -> bool {
        let edges = self.body.successors(header);
        let target = |kind| edges.iter().find(|edge| edge.kind == kind).map(|edge| edge.target);
        let (Some(item), Some(after)) = (target(EdgeKind::Item), target(EdgeKind::Exhausted)) else { return false };
        let mut seen = vec![false; self.body.blocks.len()];
        let mut path = vec![item];
        while let Some(block) = path.pop() {
            if block == after || block == EXIT {
                return true;
            }
            if block == header || std::mem::replace(&mut seen[block.index()], true) {
                continue;
            }
            path.extend(self.body.successors(block).iter().map(|edge| edge.target));
        }
        false
    }

    /// Translate an instruction.
    pub(crate) fn ecma_instruction(&mut self, block: BlockId, at: ValueId, op: &Ir) {
        let body = self.body;
        match *op {
            Ir::Constant(constant) => self.ecma_constant(at, constant),
            Ir::This => {
                let to = self.number(at);
                self.emit_ecma(Op::This { to });
            }
            Ir::Super => {
                let to = self.number(at);
                self.emit_ecma(Op::Super { to });
            }
            Ir::Parameter(index) => {
                let value = self.unit.parameters[index as usize].value;
                if !self.take_number(at, value) {
                    let to = self.number(at);
                    self.emit(Shared::Copy { to, from: value });
                }
            }
            Ir::Phi(inputs) => self.phi(at, inputs),
            Ir::LoadName(variable) => {
                if self.used[at.index()] {
                    self.ecma_load(block, at, variable);
                }
            }
            Ir::StoreName { variable, value } => self.ecma_store(block, at, variable, value),
            Ir::LoadAttribute { object, name } => {
                if !self.is_callee_of_member_call(at) {
                    let (to, object, name) = (self.number(at), self.number(object), self.text(name));
                    self.emit(Shared::LoadAttribute { to, object, name });
                }
            }
            Ir::StoreAttribute { object, name, value } => {
                let (object, name, value) = (self.number(object), self.text(name), self.number(value));
                self.emit(Shared::StoreAttribute { object, name, value });
            }
            Ir::LoadIndex { object, index } if body.instruction(at).in_annotation => {
                // A generic class with its arguments is the class; containers say what they hold.
                let (to, class, argument) = (self.number(at), self.number(object), self.number(index));
                self.emit_ecma(Op::Applied { to, class, argument });
            }
            Ir::LoadIndex { object, index } => {
                if self.is_callee_of_member_call(at) {
                    return;
                }
                let (to, object) = (self.number(at), self.number(object));
                match self.key(index) {
                    Key::Name(name) => self.emit(Shared::LoadAttribute { to, object, name }),
                    Key::Computed(key) => self.emit(Shared::LoadItem { to, object, index: Place::Key(key) }),
                }
            }
            Ir::StoreIndex { object, index, value } => {
                let (object, value) = (self.number(object), self.number(value));
                match self.key(index) {
                    Key::Name(name) => self.emit(Shared::StoreAttribute { object, name, value }),
                    Key::Computed(key) => self.emit(Shared::StoreItem { object, index: Place::Key(key), value }),
                }
            }
            Ir::Unary { operator: UnaryOperator::PropertyNames, value } => {
                let (to, from) = (self.number(at), self.number(value));
                self.emit_ecma(Op::Ask { object: from, key: None, what: Asked::Names });
                self.emit_ecma(Op::PropertyNames { to, from });
            }
            Ir::Unary { operator: UnaryOperator::TypeOf, .. } => self.literal(at, "String"),
            Ir::Binary { operator: BinaryOperator::BitOr, left, right, .. } if body.instruction(at).in_annotation => {
                let to = self.number(at);
                for part in [left, right] {
                    let from = self.number(part);
                    self.emit(Shared::Copy { to, from });
                }
            }
            Ir::Binary { operator: BinaryOperator::Add, left, right, .. } => {
                let parts = [self.number(left), self.number(right)].into();
                let to = self.number(at);
                self.emit_ecma(Op::Concat { to, parts, is_text: false });
            }
            Ir::Interpolate(elements) => {
                let parts = body.elements(elements).iter().map(|part| self.number(part.value)).collect();
                let to = self.number(at);
                self.emit_ecma(Op::Concat { to, parts, is_text: true });
            }
            Ir::Call(call) => self.ecma_call(block, at, call),
            Ir::Allocate { kind, elements } => {
                let to = self.number(at);
                match kind {
                    AllocationKind::Object | AllocationKind::Map => self.emit_ecma(Op::MakeObject { to }),
                    AllocationKind::Array | AllocationKind::List => self.emit_ecma(Op::MakeArray { to }),
                    AllocationKind::RegularExpression => return self.literal(at, "RegExp"),
                    _ => return,
                }
                self.ecma_elements(to, kind, elements);
            }
            Ir::MakeFunction(definition) => {
                let to = self.number(at);
                self.make_function(to, definition);
            }
            Ir::MakeClass(definition) => self.make_ecma_class(at, definition),
            Ir::DefineMember { key, value, kind, is_static } => {
                let member = match kind {
                    MemberKind::Method | MemberKind::Field => Member::Value,
                    MemberKind::Constructor => Member::Constructor,
                    MemberKind::Getter => Member::Getter,
                    MemberKind::Setter => Member::Setter,
                    MemberKind::Initializer => Member::Initializer,
                };
                let (key, value) = (self.key(key), self.number(value));
                self.emit_ecma(Op::DefineMember { object: NONE, key, value, member, is_static });
            }
            Ir::ImportModule { path, .. } => {
                let (to, path, form) = (self.number(at), self.text(path), self.import_form());
                self.emit_ecma(Op::Import { to, path, form });
            }
            Ir::ImportMember { module, name } => {
                let (to, module, name) = (self.number(at), self.number(module), self.text(name));
                self.emit_ecma(Op::ImportMember { to, module, name });
            }
            Ir::DeclareName { variable, annotation } => {
                self.declare_member(variable, annotation);
                let reaching = self.reaching_at(variable, block, at);
                if let Some(to) = self.value_of(variable, reaching) {
                    let class = self.number(annotation);
                    self.emit_ecma(Op::Declared { to, class });
                }
            }
            Ir::DeclareAttribute { object, name, annotation } => {
                self.declare_attribute(object, name, annotation);
                let (object, name, class) = (self.number(object), self.text(name), self.number(annotation));
                self.emit_ecma(Op::DeclaredAttribute { object, name, class });
            }
            Ir::GetIterator { value, asynchronous } => {
                let (to, from) = (self.number(at), self.number(value));
                self.emit(Shared::Iterate { to, from, asynchronous });
            }
            Ir::Next { iterator, asynchronous } => {
                let (to, iterator) = (self.number(at), self.number(iterator));
                self.emit(Shared::Next { to, iterator, asynchronous });
                if self.leaves_loop(block) {
                    self.emit_ecma(Op::Close { from: iterator, is_iterator: true, asynchronous });
                }
            }
            Ir::ExitContext { manager, asynchronous, .. } => {
                let manager = self.number(manager);
                self.emit(Shared::Exit { manager, asynchronous });
            }
            Ir::Unpack { value, .. } => {
                let from = self.number(value);
                if !self.is_unpacked_whole(at) {
                    self.emit_ecma(Op::Close { from, is_iterator: false, asynchronous: false });
                }
                if !self.take_number(at, from) {
                    let to = self.number(at);
                    self.emit(Shared::Copy { to, from });
                }
            }
            Ir::UnpackElement { sequence, position } => {
                let (to, from) = (self.number(at), self.number(sequence));
                match position {
                    Position::Front(place) | Position::Back(place) => {
                        self.emit(Shared::Unpack { to, from, place: Place::At(i64::from(place)) });
                    }
                    Position::Rest { front, .. } => self.emit_ecma(Op::RestItems { to, from, at: u32::from(front) }),
                }
            }
            Ir::Await(value) => {
                let (to, from) = (self.number(at), self.number(value));
                self.emit(Shared::Await { to, from });
            }
            Ir::Yield(value) => {
                let (to, value) = (self.number(at), self.number(value));
                self.emit(Shared::Yield { to, value });
            }
            Ir::YieldFrom(value) => {
                let (to, from) = (self.number(at), self.number(value));
                self.emit(Shared::YieldFrom { to, from });
            }
            Ir::CatchException => {
                let to = self.number(at);
                self.emit_ecma(Op::Caught { to });
            }
            Ir::TypeTest { value, class } => {
                let (value, class) = (self.number(value), self.number(class));
                self.emit_ecma(Op::AskClass { value, class });
            }
            Ir::Unary { operator: UnaryOperator::Plus | UnaryOperator::Negate | UnaryOperator::Invert, value } => {
                self.made_number(value);
                self.literal(at, "Number");
            }
            Ir::Binary { operator: BinaryOperator::In, left, right, .. } => {
                let (object, key) = (self.number(right), self.key(left));
                self.emit_ecma(Op::Ask { object, key: Some(key), what: Asked::Has });
            }
            Ir::Binary { operator, left, right, .. } if is_arithmetic(operator) => {
                self.made_number(left);
                self.made_number(right);
                if !operator.is_comparison() {
                    self.literal(at, "Number");
                }
            }
            Ir::DeleteAttribute { object, name } => {
                let (object, name) = (self.number(object), self.text(name));
                self.emit_ecma(Op::Ask { object, key: Some(Key::Name(name)), what: Asked::Delete });
            }
            Ir::DeleteIndex { object, index } => {
                let (object, key) = (self.number(object), self.key(index));
                self.emit_ecma(Op::Ask { object, key: Some(key), what: Asked::Delete });
            }
            Ir::Unknown
            | Ir::DeleteName(_)
            | Ir::Unary { .. }
            | Ir::Binary { .. }
            | Ir::Append { .. }
            | Ir::ImportAll(_)
            | Ir::EnterContext { .. }
            | Ir::Component { .. }
            | Ir::ShapeTest { .. } => {}
        }
    }

    /// Write down what a module exports, and leave out what cannot be seen.
    pub(crate) fn finish_ecma(&mut self) {
        if self.id.0 == 0 {
            let file = self.file;
            for export in &file.exports {
                let name = self.text(export.name);
                let meaning = match export.target {
                    ExportTarget::Variable(variable) => Meaning::Variable(variable.0),
                    ExportTarget::Member { path, name } => {
                        Meaning::Member { path: self.text(path), name: self.text(name) }
                    }
                    ExportTarget::Module { path } => Meaning::Module { path: self.text(path) },
                    ExportTarget::All { path } => Meaning::All { path: self.text(path) },
                };
                self.unit.exported.push(Exported { name, meaning });
            }
        }
        self.drop_dead_stores();
        self.name_types();
    }

    /// Names that are bound and never given a value are those of interfaces.
    fn name_types(&mut self) {
        for (at, found) in self.body.variables.iter().enumerate() {
            let variable = VariableId(at as u32);
            let is_bound = !self.writes[at].is_empty() || found.written_elsewhere;
            if !is_bound && self.is_owned(variable) && found.storage != Storage::Local {
                self.emit_ecma(Op::Interface { variable: variable.0 });
                let name = self.text(found.name);
                self.unit.interfaces.push((variable.0, name));
            }
        }
    }
}

/// Say whether an operator makes its operands numbers.
fn is_arithmetic(operator: BinaryOperator) -> bool {
    use BinaryOperator::*;
    matches!(
        operator,
        Subtract
            | Multiply
            | Divide
            | Modulo
            | Power
            | ShiftLeft
            | ShiftRight
            | ShiftRightUnsigned
            | BitAnd
            | BitOr
            | BitXor
            | Less
            | LessOrEqual
            | Greater
            | GreaterOrEqual
    )
}
