//! Attribution: what names, types and calls of a body mean by Java's rules, and from that its constraints.
//!
//! A frame's variables are followed as they are bound, branch by branch, so that a value counts only where it can be
//! seen. `names` says what names mean, `statements` and `expressions` go through the code, `calls` and `applicable`
//! choose among methods of one name, `inference` finds type arguments, `functions` is about lambdas and method
//! references, `reflection` about calls by text.

mod applicable;
mod calls;
mod expressions;
mod functions;
mod inference;
mod names;
mod narrowing;
mod reflection;
mod statements;

use std::rc::Rc;

use codegraph_flow::java::syntax as tree;
use codegraph_flow::java::syntax::{Span, TypeExpression, TypeKind};

use super::code::*;
use super::types::{Type, TypeId, UNKNOWN, VOID};
use super::world::{ClassId, FieldId, MethodId, MethodKind, Scope, World};
use crate::program::{Map, NONE, Set, Symbol, UnitId};

/// Expressions nested deeper than the stack allows get more of it.
const RED_ZONE_BYTES: usize = 256 * 1024;
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// A value with its static type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    /// [`NONE`] where no object can be.
    pub value: Value,
    pub type_: TypeId,
}

impl Item {
    const NOTHING: Self = Self { value: NONE, type_: UNKNOWN };

    fn of(type_: TypeId) -> Self {
        Self { value: NONE, type_ }
    }
}

/// A variable in sight.
#[derive(Clone, Copy, Debug)]
struct Local {
    name: Symbol,
    type_: TypeId,
    value: Value,
}

/// The values of variables where control is, and whether it is anywhere.
#[derive(Clone, Debug)]
struct State {
    values: Vec<Value>,
    is_dead: bool,
}

/// A statement that can be left or gone on with.
#[derive(Debug)]
struct Jump {
    label: Option<Symbol>,
    /// `continue` goes to it.
    is_loop: bool,
    /// `break` without a label goes to it.
    is_breakable: bool,
    breaks: Vec<State>,
    continues: Vec<State>,
}

/// A `try` around the code.
#[derive(Debug)]
struct Guard {
    /// Exceptions that its block throws.
    thrown: Value,
    /// What variables are where an exception is caught.
    values: Vec<Value>,
}

/// The attribution of one unit.
#[derive(Debug)]
struct Frame {
    unit: UnitId,
    class: ClassId,
    file: u32,
    is_static: bool,
    is_lambda: bool,
    scope: Scope,
    locals: Vec<Local>,
    is_dead: bool,
    /// What is declared to be returned; [`UNKNOWN`] of lambdas whose result is inferred.
    returned: TypeId,
    /// Types that a lambda returns.
    results: Vec<TypeId>,
    values: u32,
    ops: Vec<Op>,
    sites: Vec<Span>,
    accesses: Vec<(Span, FieldId, bool)>,
    raises: Vec<(Span, TypeId, bool)>,
    site_ids: Map<Span, u32>,
    jumps: Vec<Jump>,
    guards: Vec<Guard>,
    /// Values and types that `switch` expressions yield, innermost last, with states.
    yields: Vec<(Vec<Item>, Vec<State>, TypeId)>,
    /// Constant texts, by value.
    texts: Map<Value, Symbol>,
    /// Types of parameters that arrays of class literals and method types name, by value.
    signatures: Map<Value, Box<[TypeId]>>,
    nulls: Set<Value>,
}

/// Turns bodies into constraints.
pub(super) struct Attributor<'w, 'p> {
    pub world: &'w mut World<'p>,
    pub references: &'w mut Vec<Reference>,
    frames: Vec<Frame>,
    /// Within a trial whose constraints are thrown away.
    trials: u32,
    /// The type that the lambda or method reference attributed last returns.
    result: TypeId,
}

impl<'w, 'p> Attributor<'w, 'p> {
    /// Prepare.
    pub fn new(world: &'w mut World<'p>, references: &'w mut Vec<Reference>) -> Self {
        Self { world, references, frames: Vec::new(), trials: 0, result: UNKNOWN }
    }

    fn frame(&mut self) -> &mut Frame {
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    fn here(&self) -> &Frame {
        &self.frames[self.frames.len() - 1]
    }

    fn fresh(&mut self) -> Value {
        let frame = self.frame();
        frame.values += 1;
        frame.values - 1
    }

    fn emit(&mut self, op: Op) {
        let frame = self.frame();
        if !frame.is_dead {
            frame.ops.push(op);
        }
    }

    /// Take down that a field is read or written.
    fn access(&mut self, span: Span, field: FieldId, is_write: bool) {
        let frame = self.frame();
        if !frame.is_dead {
            frame.accesses.push((span, field, is_write));
        }
    }

    fn site(&mut self, span: Span) -> u32 {
        let frame = self.frame();
        if let Some(id) = frame.site_ids.get(&span) {
            return *id;
        }
        let id = frame.sites.len() as u32;
        frame.sites.push(span);
        frame.site_ids.insert(span, id);
        id
    }

    fn text(&self, text: tree::Text) -> Symbol {
        self.world.text(self.here().file, text)
    }

    fn type_of(&mut self, written: &TypeExpression) -> TypeId {
        let frame = self.here();
        let (file, class, scope) = (frame.file, frame.class, frame.scope.clone());
        self.world.type_of(written, file, class, &scope)
    }

    fn copy(&mut self, from: Value, to: Value) {
        if from != NONE && to != NONE && from != to {
            self.emit(Op::Copy { to, from });
        }
    }

    fn push_frame(&mut self, unit: UnitId, scope: Scope, is_static: bool, is_lambda: bool, returned: TypeId) {
        let found = &self.world.units[unit as usize];
        let frame = Frame {
            unit,
            class: found.class,
            file: found.file,
            is_static,
            is_lambda,
            scope,
            locals: Vec::new(),
            is_dead: false,
            returned,
            results: Vec::new(),
            values: FIRST_PARAMETER,
            ops: Vec::new(),
            sites: Vec::new(),
            accesses: Vec::new(),
            raises: Vec::new(),
            site_ids: Map::default(),
            jumps: Vec::new(),
            guards: Vec::new(),
            yields: Vec::new(),
            texts: Map::default(),
            signatures: Map::default(),
            nulls: Set::default(),
        };
        self.frames.push(frame);
    }

    /// End a unit: what was found is its code.
    fn pop_frame(&mut self) -> Frame {
        let last = self.frames.len() - 1;
        let mut frame = self.frames.remove(last);
        let unit = &mut self.world.units[frame.unit as usize];
        unit.values = frame.values;
        unit.ops = std::mem::take(&mut frame.ops);
        unit.sites = std::mem::take(&mut frame.sites);
        unit.accesses = std::mem::take(&mut frame.accesses);
        unit.raises = std::mem::take(&mut frame.raises);
        unit.is_static = frame.is_static;
        unit.is_ready = true;
        frame
    }

    /// Where exceptions go from here.
    fn sink(&self) -> Value {
        self.here().guards.last().map_or(THROWN, |guard| guard.thrown)
    }

    /// Attribute all code of a class, but not of those inside it.
    pub fn class(&mut self, class: ClassId) {
        self.instance_fields(class);
        self.static_fields(class);
        let found = &self.world.classes[class as usize];
        let methods: Vec<MethodId> = found.constructors.iter().chain(&found.methods).copied().collect();
        for method in methods {
            self.method(method);
        }
    }

    /// Attribute what gives objects of a class their fields.
    pub fn instance_fields(&mut self, class: ClassId) {
        let (declaration, unit) = {
            let found = &self.world.classes[class as usize];
            (found.declaration, found.unit)
        };
        self.push_frame(unit, Scope::default(), false, false, VOID);
        for member in &declaration.members {
            match member {
                tree::Member::Field { name, value: Some(value), .. } => {
                    let name = self.text(*name);
                    let Some(&field) = self.world.classes[class as usize].fields.get(&name) else { continue };
                    if self.world.fields[field as usize].is_static {
                        continue;
                    }
                    let type_ = self.world.fields[field as usize].type_;
                    let item = self.expression_for(value, type_);
                    if item.value != NONE {
                        self.emit(Op::StoreField { object: THIS, field, value: item.value });
                    }
                }
                tree::Member::Initializer { is_static: false, body } => {
                    self.block(body);
                    self.frame().is_dead = false;
                }
                _ => {}
            }
        }
        self.pop_frame();
    }

    /// Attribute what gives a class its static fields.
    pub fn static_fields(&mut self, class: ClassId) {
        let (declaration, unit) = {
            let found = &self.world.classes[class as usize];
            (found.declaration, found.static_unit)
        };
        self.push_frame(unit, Scope::default(), true, false, VOID);
        for member in &declaration.members {
            match member {
                tree::Member::Constant { name, span, arguments, body } => {
                    self.enum_constant(class, *name, *span, arguments, body.as_ref());
                }
                tree::Member::Field { name, value: Some(value), .. } => {
                    let name = self.text(*name);
                    let Some(&field) = self.world.classes[class as usize].fields.get(&name) else { continue };
                    if !self.world.fields[field as usize].is_static {
                        continue;
                    }
                    let type_ = self.world.fields[field as usize].type_;
                    let item = self.expression_for(value, type_);
                    if item.value != NONE {
                        self.emit(Op::StoreStatic { field, value: item.value });
                    }
                }
                tree::Member::Initializer { is_static: true, body } => {
                    self.block(body);
                    self.frame().is_dead = false;
                }
                _ => {}
            }
        }
        self.pop_frame();
    }

    fn enum_constant(
        &mut self,
        class: ClassId,
        name: tree::Text,
        span: Span,
        arguments: &'p [tree::Expression],
        body: Option<&'p tree::TypeDeclaration>,
    ) {
        let name = self.text(name);
        let Some(&field) = self.world.classes[class as usize].fields.get(&name) else { return };
        let type_ = self.world.types.class(class, &[]);
        let made = match body {
            Some(body) => self.anonymous(body, type_),
            None => class,
        };
        let value = self.construct(made, type_, NONE, arguments, span, true);
        self.emit(Op::StoreStatic { field, value: value.value });
    }

    /// Attribute a method or constructor.
    pub fn method(&mut self, method: MethodId) {
        let found = &self.world.methods[method as usize];
        let (declaration, kind, unit, class) = (found.declaration, found.kind, found.unit, found.class);
        let (is_static, returned, parameters) = (found.is_static, found.returned, found.parameters.clone());
        let scope = Scope { variables: found.scope.clone(), locals: Vec::new() };
        self.push_frame(unit, scope, is_static, false, returned);
        let components = &self.world.classes[class as usize].declaration.components;
        match declaration {
            Some(declaration) => {
                let list = if declaration.is_compact { components } else { &declaration.parameters };
                self.parameters(list, &parameters);
                if let Some(body) = &declaration.body {
                    if kind == MethodKind::Constructor {
                        self.constructor_start(class, body, declaration.span);
                    }
                    self.block_in_place(body);
                    if declaration.is_compact {
                        self.store_components(class);
                    }
                }
            }
            None => {
                self.parameters(if kind == MethodKind::RecordConstructor { components } else { &[] }, &parameters);
                match kind {
                    MethodKind::DefaultConstructor => {
                        let span = self.world.classes[class as usize].declaration.span;
                        self.constructor_start(class, &[], (span.0, span.0));
                    }
                    MethodKind::RecordConstructor => {
                        self.constructor_start(class, &[], (0, 0));
                        self.store_components(class);
                    }
                    MethodKind::Accessor(field) => {
                        self.emit(Op::LoadField { to: RETURNED, object: THIS, field });
                    }
                    MethodKind::Values | MethodKind::ValueOf => self.constants(class, kind),
                    MethodKind::Method | MethodKind::Constructor => {}
                }
            }
        }
        self.pop_frame();
    }

    fn parameters(&mut self, list: &[tree::Parameter], types: &[TypeId]) {
        for (parameter, type_) in list.iter().zip(types) {
            let value = self.fresh();
            let name = self.text(parameter.name);
            self.frame().locals.push(Local { name, type_: *type_, value });
        }
        let unit = self.here().unit;
        self.world.units[unit as usize].parameters = list.len().min(types.len()) as u32;
    }

    /// What a record's constructor ends with.
    fn store_components(&mut self, class: ClassId) {
        let found = &self.world.classes[class as usize];
        let fields: Vec<u32> = found.field_list[..found.declaration.components.len()].to_vec();
        for (at, field) in fields.into_iter().enumerate() {
            let value = self.here().locals.get(at).map_or(NONE, |local| local.value);
            if value != NONE {
                self.emit(Op::StoreField { object: THIS, field, value });
            }
        }
    }

    /// `values()` and `valueOf()` of an enum.
    fn constants(&mut self, class: ClassId, kind: MethodKind) {
        self.emit(Op::Touch { class });
        let fields = self.world.classes[class as usize].constants.clone();
        let site = self.site((0, 0));
        let into = if kind == MethodKind::Values {
            self.emit(Op::NewArray { to: RETURNED, site });
            self.fresh()
        } else {
            RETURNED
        };
        for field in fields {
            self.emit(Op::LoadStatic { to: into, field });
        }
        if kind == MethodKind::Values {
            self.emit(Op::StoreItem { array: RETURNED, value: into });
        }
    }

    /// What a constructor does before its own statements: its base's constructor where it names none, and the fields.
    fn constructor_start(&mut self, class: ClassId, body: &'p [tree::Statement], span: Span) {
        let explicit = body.iter().find_map(|statement| match statement {
            tree::Statement::ConstructorCall { is_super, .. } => Some(*is_super),
            _ => None,
        });
        if explicit.is_none() {
            let above = self.world.classes[class as usize].superclass;
            self.call_base_constructor(class, above, &[], span, true, NONE);
        }
        // Base first: fields are given after it. Explicit calls of the base come later in the text, but nothing
        // depends on the order in which fields are stored.
        if explicit != Some(false) {
            self.run_fields(THIS, class, span);
        }
    }

    /// Run what gives an object its fields.
    fn run_fields(&mut self, object: Value, class: ClassId, span: Span) {
        let site = self.site(span);
        let to = self.fresh();
        let receiver_type = self.world.types.class(class, &[]);
        let name = self.world.known.constructor;
        let raises = self.sink();
        self.emit(Op::Invoke(Rc::new(Invoke {
            to,
            dispatch: Dispatch::Special,
            method: NONE,
            name,
            receiver: object,
            receiver_type,
            arguments: Box::default(),
            argument_types: Box::default(),
            site,
            is_implicit: true,
            raises,
        })));
    }

    /// Declare an anonymous class below a type and attribute it; in a trial nothing is declared.
    fn anonymous(&mut self, body: &'p tree::TypeDeclaration, above: TypeId) -> ClassId {
        if self.trials > 0 {
            return self.world.class_of(above).unwrap_or(NONE);
        }
        self.local_class(body, Some(above))
    }

    /// Declare a local or anonymous class and attribute it with those inside it.
    fn local_class(&mut self, declaration: &'p tree::TypeDeclaration, above: Option<TypeId>) -> ClassId {
        let (file, outer, unit, mut scope) = {
            let frame = self.here();
            (frame.file, frame.class, frame.unit, frame.scope.clone())
        };
        let first = self.world.classes.len() as ClassId;
        if above.is_none() {
            // It may name itself.
            let name = self.text(declaration.name);
            scope.locals.push((name, first));
            self.frame().scope.locals.push((name, first));
        }
        let class = self.world.declare(declaration, file, outer, scope, unit);
        if let Some(above) = above {
            let is_interface =
                self.world.class_of(above).is_some_and(|above| self.world.classes[above as usize].is_interface());
            let object = self.world.object_type;
            let found = &mut self.world.classes[class as usize];
            if is_interface {
                found.superclass = object;
                found.interfaces = vec![above];
            } else {
                found.superclass = above;
            }
        }
        // An object of a class in a static method has none around it.
        let has_receiver = !self.is_static_context();
        let all = self.world.with_inner(class);
        if !has_receiver || !matches!(declaration.kind, TypeKind::Class | TypeKind::Anonymous) {
            self.world.classes[class as usize].is_inner = false;
        }
        for step in 0..4 {
            for one in all.clone() {
                match step {
                    0 | 1 => self.world.declare_header(one),
                    2 => self.world.declare_ancestors(one),
                    _ => self.world.declare_members(one),
                }
            }
        }
        for one in all {
            self.class(one);
        }
        class
    }

    /// Say whether code here has no receiver.
    fn is_static_context(&self) -> bool {
        self.frames.iter().rev().find(|frame| !frame.is_lambda).is_none_or(|frame| frame.is_static)
    }

    /// A type's class, and its arguments.
    fn class_type(&self, type_: TypeId) -> Option<(ClassId, Vec<TypeId>)> {
        match self.world.types.get(self.world.upper(type_)) {
            Type::Class(class, arguments) => Some((*class, arguments.to_vec())),
            _ => None,
        }
    }

    /// Run an attribution with more stack where there is little.
    fn deeper<T>(&mut self, attribute: impl FnOnce(&mut Self) -> T) -> T {
        stacker::maybe_grow(RED_ZONE_BYTES, STACK_BYTES, || attribute(self))
    }
}
