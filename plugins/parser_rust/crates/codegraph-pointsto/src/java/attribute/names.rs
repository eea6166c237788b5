//! What names mean: variables, fields, classes and packages; which object a member around belongs to.

use codegraph_flow::java::syntax::{Expression, ExpressionKind};

use super::{Attributor, Item};
use crate::java::code::{Op, THIS, Value};
use crate::java::types::{Type, TypeId, UNKNOWN};
use crate::java::world::{ClassId, FieldId, MethodId};
use crate::program::{NONE, Symbol};

/// What stands before a dot.
#[derive(Clone, Debug)]
pub(super) enum Qualifier {
    Value(Item),
    Type(TypeId),
    Package(String),
}

/// A place that a name can be looked for in: a class around the code, and the frame that it is seen from.
#[derive(Clone, Copy, Debug)]
struct Around {
    frame: usize,
    class: ClassId,
}

impl Attributor<'_, '_> {
    /// Call back with each class around the code, innermost first, with the object of it ([`NONE`] in a static
    /// context), until something is given back.
    fn for_each_class<T>(&mut self, mut visit: impl FnMut(&mut Self, ClassId) -> Option<T>) -> Option<(T, ClassPath)> {
        let mut path = ClassPath::default();
        let mut frame = self.frames.len();
        loop {
            // To the nearest frame that is no lambda.
            frame = (0..frame).rev().find(|at| !self.frames[*at].is_lambda)?;
            let mut around = Around { frame, class: self.frames[frame].class };
            path.steps.push(Step::Frame(around.frame));
            loop {
                if let Some(found) = visit(self, around.class) {
                    return Some((found, path));
                }
                let class = &self.world.classes[around.class as usize];
                let outer = class.outer;
                if outer == NONE {
                    return None;
                }
                if class.unit_around != NONE && self.world.classes[outer as usize].unit_around != class.unit_around {
                    break;
                }
                path.steps.push(Step::Outer(around.class));
                around.class = outer;
            }
        }
    }

    /// Return the object at the end of a path, or [`NONE`] in a static context.
    fn object_at(&mut self, path: &ClassPath) -> Value {
        let mut value = NONE;
        for step in &path.steps {
            match *step {
                Step::Frame(at) => {
                    if self.frames[at].is_static {
                        value = NONE;
                        continue;
                    }
                    if at + 1 == self.frames.len() {
                        value = THIS;
                    } else {
                        let unit = self.frames[at].unit;
                        value = self.fresh();
                        self.emit(Op::Captured { to: value, unit, value: THIS });
                    }
                }
                Step::Outer(class) => {
                    if value == NONE || !self.world.classes[class as usize].is_inner {
                        value = NONE;
                    } else {
                        let object = value;
                        value = self.fresh();
                        self.emit(Op::LoadOuter { to: value, object, class });
                    }
                }
            }
        }
        value
    }

    /// The object whose class is one around the code: `this`, `Outer.this`.
    pub(super) fn this_of(&mut self, wanted: ClassId) -> Value {
        let found = self.for_each_class(|_, class| (class == wanted).then_some(()));
        found.map_or(NONE, |(_, path)| self.object_at(&path))
    }

    /// The nearest object around the code that is one of a class.
    pub(super) fn enclosing_instance(&mut self, wanted: ClassId) -> Value {
        let found = self.for_each_class(|this, class| this.world.is_subclass(class, wanted).then_some(()));
        found.map_or(NONE, |(_, path)| self.object_at(&path))
    }

    /// `this`
    pub(super) fn this(&mut self) -> Item {
        let Some((class, path)) = self.for_each_class(|_, class| Some(class)) else { return Item::NOTHING };
        let type_ = self.own_type(class);
        Item { value: self.object_at(&path), type_ }
    }

    /// The type that objects of a class have in its own code.
    pub(super) fn own_type(&mut self, class: ClassId) -> TypeId {
        let parameters = self.world.classes[class as usize].parameters.clone();
        let arguments: Vec<TypeId> =
            parameters.into_iter().map(|variable| self.world.types.intern(Type::Variable(variable))).collect();
        self.world.types.class(class, &arguments)
    }

    /// The variable of a name in sight: its frame and index there.
    pub(super) fn local(&self, name: Symbol) -> Option<(usize, usize)> {
        let mut frame = self.frames.len();
        while frame > 0 {
            frame -= 1;
            let found = &self.frames[frame];
            if let Some(index) = found.locals.iter().rposition(|local| local.name == name) {
                return Some((frame, index));
            }
            if found.is_lambda {
                continue;
            }
            // Fields of classes up to the one that is declared in the frame below hide its variables.
            let mut class = found.class;
            loop {
                if self.world.field(class, name).is_some() {
                    return None;
                }
                let (outer, around) = {
                    let found = &self.world.classes[class as usize];
                    (found.outer, found.unit_around)
                };
                if around == NONE || outer == NONE {
                    return None;
                }
                if self.world.classes[outer as usize].unit_around != around {
                    break;
                }
                class = outer;
            }
        }
        None
    }

    /// Read a variable.
    pub(super) fn load_local(&mut self, frame: usize, index: usize) -> Item {
        let local = self.frames[frame].locals[index];
        if frame + 1 == self.frames.len() || local.value == NONE {
            return Item { value: local.value, type_: local.type_ };
        }
        let (unit, text) = (self.frames[frame].unit, self.frames[frame].texts.get(&local.value).copied());
        let to = self.fresh();
        self.emit(Op::Captured { to, unit, value: local.value });
        if let Some(text) = text {
            self.frame().texts.insert(to, text);
        }
        Item { value: to, type_: local.type_ }
    }

    /// The field of a name of the classes around, with the object that has it.
    pub(super) fn field_around(&mut self, name: Symbol) -> Option<(FieldId, Value, ClassId)> {
        let found = self.for_each_class(|this, class| this.world.field(class, name).map(|field| (field, class)));
        if let Some(((field, class), path)) = found {
            let object = if self.world.fields[field as usize].is_static { NONE } else { self.object_at(&path) };
            return Some((field, object, class));
        }
        let field = self.static_import(name, |this, class| this.world.field(class, name))?;
        Some((field, NONE, self.world.fields[field as usize].class))
    }

    /// The methods of a name of the nearest class around that has some, and the object that has them.
    pub(super) fn methods_around(&mut self, name: Symbol) -> Option<(ClassId, Value)> {
        let found = self.for_each_class(|this, class| this.world.has_method(class, name).then_some(class));
        if let Some((class, path)) = found {
            return Some((class, self.object_at(&path)));
        }
        let class = self.static_import(name, |this, class| this.world.has_method(class, name).then_some(class))?;
        Some((class, NONE))
    }

    /// Look for a name in the classes whose static members the file imports.
    fn static_import<T>(&mut self, name: Symbol, find: impl Fn(&mut Self, ClassId) -> Option<T>) -> Option<T> {
        let file = self.here().file;
        let syntax = self.world.files[file as usize].syntax;
        for everything in [false, true] {
            for import in syntax.imports.iter().filter(|import| import.is_static && import.everything == everything) {
                let owner = if everything {
                    import.path.as_str()
                } else {
                    let Some((owner, member)) = import.path.rsplit_once('.') else { continue };
                    if member != self.world.symbols.text(name) {
                        continue;
                    }
                    owner
                };
                if let Some(class) = self.world.class_named(owner)
                    && let Some(found) = find(self, class)
                {
                    return Some(found);
                }
            }
        }
        None
    }

    /// Read a field of an object or class.
    pub(super) fn load_field(
        &mut self,
        field: FieldId,
        object: Item,
        span: codegraph_flow::java::syntax::Span,
    ) -> Item {
        self.access(span, field, false);
        let (type_, is_static, class) = {
            let found = &self.world.fields[field as usize];
            (found.type_, found.is_static, found.class)
        };
        let to = self.fresh();
        if is_static {
            self.emit(Op::LoadStatic { to, field });
            if let Some(text) = self.constant_field(field, 0) {
                self.frame().texts.insert(to, text);
            }
            return Item { value: to, type_ };
        }
        let type_ = self.world.member_type(object.type_, class, type_);
        if object.value != NONE {
            self.emit(Op::LoadField { to, object: object.value, field });
        }
        if let Some(text) = self.constant_field(field, 0) {
            self.frame().texts.insert(to, text);
        }
        Item { value: to, type_ }
    }

    /// The text of a constant field.
    pub(super) fn constant_field(&mut self, field: FieldId, depth: u32) -> Option<Symbol> {
        let found = &self.world.fields[field as usize];
        let (class, value) = (found.class, found.value.filter(|_| found.is_final)?);
        self.constant_text(value, class, depth)
    }

    /// The text that an expression of a field has for certain.
    fn constant_text(&mut self, expression: &Expression, class: ClassId, depth: u32) -> Option<Symbol> {
        use codegraph_flow::java::syntax::{Literal, Operator};
        if depth > 8 {
            return None;
        }
        let file = self.world.classes[class as usize].file;
        match &expression.kind {
            ExpressionKind::Literal(Literal::Text(text)) => Some(self.world.text(file, *text)),
            ExpressionKind::Name(name) => {
                let name = self.world.text(file, *name);
                let field = self.world.field(class, name)?;
                self.constant_field(field, depth + 1)
            }
            ExpressionKind::Binary { operator: Operator::Add, operands } => {
                let mut whole = String::new();
                for operand in operands {
                    let text = self.constant_text(operand, class, depth + 1)?;
                    whole.push_str(self.world.symbols.text(text));
                }
                Some(self.world.symbols.intern(&whole))
            }
            _ => None,
        }
    }

    /// What stands before a dot: a value, a type or a package.
    pub(super) fn qualifier(&mut self, expression: &'_ Expression) -> Option<Qualifier> {
        match &expression.kind {
            ExpressionKind::Name(name) => {
                let name = self.text(*name);
                if let Some((frame, index)) = self.local(name) {
                    return Some(Qualifier::Value(self.load_local(frame, index)));
                }
                if let Some((field, object, class)) = self.field_around(name) {
                    let type_ = self.own_type(class);
                    return Some(Qualifier::Value(self.load_field(
                        field,
                        Item { value: object, type_ },
                        expression.span,
                    )));
                }
                if let Some(class) = self.class_called(name) {
                    return Some(Qualifier::Type(self.world.types.class(class, &[])));
                }
                Some(Qualifier::Package(self.world.symbols.text(name).to_owned()))
            }
            ExpressionKind::Field { object, name } => {
                let inner = match &object.kind {
                    ExpressionKind::Name(_) | ExpressionKind::Field { .. } => self.qualifier(object)?,
                    _ => return None,
                };
                let name = self.text(*name);
                match inner {
                    Qualifier::Value(item) => Some(Qualifier::Value(self.field_of(item, name, expression.span))),
                    Qualifier::Type(type_) => {
                        let class = self.world.class_of(type_)?;
                        if let Some(field) = self.world.field(class, name) {
                            return Some(Qualifier::Value(self.load_field(field, Item::of(type_), expression.span)));
                        }
                        let inner = self.world.member_class(class, name)?;
                        Some(Qualifier::Type(self.world.types.class(inner, &[])))
                    }
                    Qualifier::Package(package) => {
                        let full = format!("{package}.{}", self.world.symbols.text(name));
                        if let Some(class) = self.world.class_named(&full) {
                            return Some(Qualifier::Type(self.world.types.class(class, &[])));
                        }
                        Some(Qualifier::Package(full))
                    }
                }
            }
            _ => None,
        }
    }

    pub(super) fn class_called(&mut self, name: Symbol) -> Option<ClassId> {
        let frame = self.here();
        // Local classes of frames around are in their own classes' scopes.
        self.world.class_called(name, frame.file, frame.class, &frame.scope).or_else(|| {
            self.frames.iter().rev().find_map(|frame| {
                frame.scope.locals.iter().rev().find(|(one, _)| *one == name).map(|(_, class)| *class)
            })
        })
    }

    /// Read a field of an object by its name.
    pub(super) fn field_of(&mut self, object: Item, name: Symbol, span: codegraph_flow::java::syntax::Span) -> Item {
        if matches!(self.world.types.get(self.world.upper(object.type_)), Type::Array(_)) {
            return Item::of(crate::java::types::Types::primitive(codegraph_flow::java::syntax::Primitive::Int));
        }
        match self.world.class_of(object.type_).and_then(|class| self.world.field(class, name)) {
            Some(field) => self.load_field(field, object, span),
            None => Item::of(UNKNOWN),
        }
    }

    /// The methods of a class by a name: its own and those above that it does not override.
    pub(super) fn members(&mut self, class: ClassId, name: Symbol) -> Vec<MethodId> {
        self.world.members(class, name)
    }
}

/// How an object around is reached.
#[derive(Clone, Debug, Default)]
pub(super) struct ClassPath {
    steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// The receiver of a frame.
    Frame(usize),
    /// The object around an object of this class.
    Outer(ClassId),
}
