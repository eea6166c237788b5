//! Java's types, interned, and what holds between them.

use codegraph_flow::java::syntax::Primitive;

use super::world::{ClassId, World};
use crate::interner::Interner;
use crate::program::Symbol;

/// A type.
pub type TypeId = u32;
/// A type variable.
pub type VariableId = u32;

/// A type of which nothing is known: of what comes from outside, or what inference does not find.
pub const UNKNOWN: TypeId = 0;
/// The type of `null`.
pub const NULL: TypeId = 1;
/// No value.
pub const VOID: TypeId = 2;
const FIRST_PRIMITIVE: TypeId = 3;

const PRIMITIVES: [Primitive; 8] = [
    Primitive::Boolean,
    Primitive::Byte,
    Primitive::Short,
    Primitive::Char,
    Primitive::Int,
    Primitive::Long,
    Primitive::Float,
    Primitive::Double,
];

/// What a type is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Type {
    Unknown,
    Null,
    Void,
    Primitive(Primitive),
    /// Without arguments, a generic class is raw.
    Class(ClassId, Box<[TypeId]>),
    /// A class that is not in the program, by its name.
    Outside(Symbol),
    Array(TypeId),
    Variable(VariableId),
    /// `? extends T`, `? super T`; `?` extends what is unknown.
    Wildcard {
        bound: TypeId,
        is_super: bool,
    },
}

/// All types.
#[derive(Debug)]
pub struct Types {
    types: Interner<Type>,
    /// Bounds of variables.
    pub bounds: Vec<TypeId>,
}

impl Types {
    /// Make the types that every program has.
    pub fn new() -> Self {
        let mut types = Self { types: Interner::default(), bounds: Vec::new() };
        for type_ in [Type::Unknown, Type::Null, Type::Void] {
            types.intern(type_);
        }
        for primitive in PRIMITIVES {
            types.intern(Type::Primitive(primitive));
        }
        types
    }

    /// Return the id of a type.
    pub fn intern(&mut self, type_: Type) -> TypeId {
        self.types.intern(type_)
    }

    /// Return a type.
    #[inline]
    pub fn get(&self, id: TypeId) -> &Type {
        self.types.get(id)
    }

    /// Return an array type.
    pub fn array(&mut self, element: TypeId) -> TypeId {
        self.intern(Type::Array(element))
    }

    /// Return a class type.
    pub fn class(&mut self, class: ClassId, arguments: &[TypeId]) -> TypeId {
        self.intern(Type::Class(class, arguments.into()))
    }

    /// Make a type variable.
    pub fn variable(&mut self) -> VariableId {
        self.bounds.push(UNKNOWN);
        self.bounds.len() as VariableId - 1
    }

    /// Return a primitive type's id.
    pub fn primitive(primitive: Primitive) -> TypeId {
        FIRST_PRIMITIVE + primitive as TypeId
    }

    /// Say whether a type is primitive.
    pub fn is_primitive(id: TypeId) -> bool {
        (FIRST_PRIMITIVE..FIRST_PRIMITIVE + 8).contains(&id)
    }

    /// Return what a type is as a primitive.
    pub fn as_primitive(id: TypeId) -> Option<Primitive> {
        Self::is_primitive(id).then(|| PRIMITIVES[(id - FIRST_PRIMITIVE) as usize])
    }

    /// Return a type with variables replaced.
    pub fn substitute(&mut self, id: TypeId, with: &dyn Fn(VariableId) -> Option<TypeId>) -> TypeId {
        match self.get(id).clone() {
            Type::Variable(variable) => with(variable).unwrap_or(id),
            Type::Array(element) => {
                let element = self.substitute(element, with);
                self.array(element)
            }
            Type::Wildcard { bound, is_super } => {
                let bound = self.substitute(bound, with);
                if matches!(self.get(bound), Type::Wildcard { .. }) {
                    return bound;
                }
                self.intern(Type::Wildcard { bound, is_super })
            }
            Type::Class(class, arguments) if !arguments.is_empty() => {
                let arguments: Vec<TypeId> =
                    arguments.iter().map(|argument| self.substitute(*argument, with)).collect();
                self.class(class, &arguments)
            }
            _ => id,
        }
    }
}

/// Say whether a value of a primitive type may be used where another is expected (JLS 4.10.1).
fn widens(from: Primitive, to: Primitive) -> bool {
    use Primitive::{Boolean, Byte, Char, Double, Float, Int, Long, Short};
    if from == to {
        return true;
    }
    match from {
        Boolean => false,
        Byte => matches!(to, Short | Int | Long | Float | Double),
        Short | Char => matches!(to, Int | Long | Float | Double),
        Int => matches!(to, Long | Float | Double),
        Long => matches!(to, Float | Double),
        Float => to == Double,
        Double => false,
    }
}

/// How strict an invocation is (JLS 15.12.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// Subtypes only.
    Strict,
    /// Boxing too.
    Loose,
}

impl World<'_> {
    /// Return the class that an object of a type has for certain among its supertypes.
    pub fn class_of(&self, id: TypeId) -> Option<ClassId> {
        match *self.types.get(id) {
            Type::Class(class, _) => Some(class),
            Type::Variable(variable) => self.class_of(self.types.bounds[variable as usize]),
            Type::Wildcard { bound, is_super: false } => self.class_of(bound),
            _ => None,
        }
    }

    /// Return the type that members are looked for in: a variable's or wildcard's bound.
    pub fn upper(&self, id: TypeId) -> TypeId {
        let mut id = id;
        for _ in 0..16 {
            id = match *self.types.get(id) {
                Type::Variable(variable) => self.types.bounds[variable as usize],
                Type::Wildcard { bound, is_super: false } => bound,
                Type::Wildcard { is_super: true, .. } => return self.object_type,
                _ => return id,
            };
        }
        UNKNOWN
    }

    /// Return the type without its arguments; a variable's bound.
    pub fn erased(&mut self, id: TypeId) -> TypeId {
        let upper = self.upper(id);
        match self.types.get(upper).clone() {
            Type::Class(class, arguments) if !arguments.is_empty() => self.types.class(class, &[]),
            Type::Array(element) => {
                let element = self.erased(element);
                self.types.array(element)
            }
            Type::Unknown if matches!(self.types.get(id), Type::Variable(_) | Type::Wildcard { .. }) => {
                self.object_type
            }
            _ => upper,
        }
    }

    /// Return a primitive type's class, and other types as they are.
    pub fn boxed(&mut self, id: TypeId) -> TypeId {
        let Some(primitive) = Types::as_primitive(id) else { return id };
        let name = match primitive {
            Primitive::Boolean => "java.lang.Boolean",
            Primitive::Byte => "java.lang.Byte",
            Primitive::Short => "java.lang.Short",
            Primitive::Char => "java.lang.Character",
            Primitive::Int => "java.lang.Integer",
            Primitive::Long => "java.lang.Long",
            Primitive::Float => "java.lang.Float",
            Primitive::Double => "java.lang.Double",
        };
        self.named(name)
    }

    /// Return the primitive type that a class boxes.
    pub fn unboxed(&self, id: TypeId) -> Option<TypeId> {
        if Types::is_primitive(id) {
            return Some(id);
        }
        let name = match *self.types.get(self.upper(id)) {
            Type::Class(class, _) => self.classes[class as usize].full_name,
            Type::Outside(name) => name,
            _ => return None,
        };
        let primitive = match self.symbols.text(name) {
            "java.lang.Boolean" => Primitive::Boolean,
            "java.lang.Byte" => Primitive::Byte,
            "java.lang.Short" => Primitive::Short,
            "java.lang.Character" => Primitive::Char,
            "java.lang.Integer" => Primitive::Int,
            "java.lang.Long" => Primitive::Long,
            "java.lang.Float" => Primitive::Float,
            "java.lang.Double" => Primitive::Double,
            _ => return None,
        };
        Some(Types::primitive(primitive))
    }

    /// Return a type seen as a class among its supertypes, with the arguments that it has there.
    pub fn as_super(&mut self, id: TypeId, wanted: ClassId) -> Option<TypeId> {
        let id = self.upper(id);
        let Type::Class(class, arguments) = self.types.get(id).clone() else { return None };
        if class == wanted {
            return Some(id);
        }
        if !self.is_subclass(class, wanted) {
            return None;
        }
        let supertypes = self.classes[class as usize].supertypes();
        for above in supertypes {
            let above = self.inherited(class, &arguments, above);
            if let Some(found) = self.as_super(above, wanted) {
                return Some(found);
            }
        }
        None
    }

    /// Return a type that a class's declaration mentions, as it is for arguments of the class.
    pub fn inherited(&mut self, class: ClassId, arguments: &[TypeId], mentioned: TypeId) -> TypeId {
        let parameters = self.classes[class as usize].parameters.clone();
        if parameters.is_empty() {
            return mentioned;
        }
        if arguments.len() != parameters.len() {
            return self.erased_arguments(mentioned, &parameters);
        }
        let arguments = arguments.to_vec();
        self.types.substitute(mentioned, &|variable| {
            parameters.iter().position(|one| *one == variable).map(|at| arguments[at])
        })
    }

    /// A raw type's members have no arguments.
    fn erased_arguments(&mut self, mentioned: TypeId, parameters: &[VariableId]) -> TypeId {
        self.types.substitute(mentioned, &|variable| parameters.contains(&variable).then_some(UNKNOWN))
    }

    /// Return a member's type as it is for an object's type.
    pub fn member_type(&mut self, object: TypeId, declared_in: ClassId, mentioned: TypeId) -> TypeId {
        match self.as_super(object, declared_in).map(|found| self.types.get(found).clone()) {
            Some(Type::Class(class, arguments)) => self.inherited(class, &arguments, mentioned),
            _ => mentioned,
        }
    }

    /// Say whether one class is another or below it.
    pub fn is_subclass(&self, class: ClassId, above: ClassId) -> bool {
        if class == above || above == self.object_class {
            return true;
        }
        self.classes[class as usize].ancestors.contains(&above)
    }

    /// Say whether a type is another's subtype, as far as classes go: arguments of generic types are not compared.
    pub fn is_subtype(&mut self, from: TypeId, to: TypeId) -> bool {
        if from == to || from == UNKNOWN || to == UNKNOWN {
            return true;
        }
        if let (Some(from), Some(to)) = (Types::as_primitive(from), Types::as_primitive(to)) {
            return widens(from, to);
        }
        if Types::is_primitive(from) || Types::is_primitive(to) || from == VOID || to == VOID {
            return false;
        }
        if from == NULL {
            return true;
        }
        let to = match *self.types.get(to) {
            Type::Variable(_) if from == to => return true,
            Type::Wildcard { bound, .. } => bound,
            _ => to,
        };
        let (upper, above) = (self.upper(from), self.upper(to));
        if upper == UNKNOWN || above == UNKNOWN || above == self.object_type {
            return true;
        }
        match (self.types.get(upper).clone(), self.types.get(above).clone()) {
            (Type::Class(class, _), Type::Class(other, _)) => self.is_subclass(class, other),
            (Type::Class(class, _), Type::Outside(name)) => self.has_outside_ancestor(class, name),
            (Type::Array(element), Type::Array(other)) => {
                if Types::is_primitive(element) || Types::is_primitive(other) {
                    element == other
                } else {
                    self.is_subtype(element, other)
                }
            }
            (Type::Array(_), Type::Class(class, _)) => {
                let name = self.symbols.text(self.classes[class as usize].full_name);
                matches!(name, "java.lang.Object" | "java.lang.Cloneable" | "java.io.Serializable")
            }
            // Of a class that is not there nothing is known but its name.
            (Type::Outside(name), Type::Outside(other)) => name == other || !self.is_final_name(name),
            (Type::Outside(name), Type::Class(class, _)) => {
                !self.is_final_name(name) && !self.classes[class as usize].is_sealed_off()
            }
            _ => false,
        }
    }

    fn is_final_name(&self, name: Symbol) -> bool {
        self.symbols.text(name).starts_with("java.lang.")
    }

    fn has_outside_ancestor(&self, class: ClassId, name: Symbol) -> bool {
        self.classes[class as usize].outside.contains(&name)
    }

    /// Say whether a value may be passed where a type is expected.
    pub fn is_passed(&mut self, from: TypeId, to: TypeId, strictness: Strictness) -> bool {
        if from == UNKNOWN || to == UNKNOWN {
            return true;
        }
        let (primitive, expected) = (Types::is_primitive(from), Types::is_primitive(to));
        if primitive == expected {
            return self.is_subtype(from, to);
        }
        if strictness == Strictness::Strict || from == NULL || from == VOID {
            return false;
        }
        if primitive {
            let boxed = self.boxed(from);
            return self.is_subtype(boxed, to);
        }
        match self.unboxed(from) {
            Some(unboxed) => self.is_subtype(unboxed, to),
            None => matches!(self.types.get(self.upper(from)), Type::Unknown | Type::Outside(_)),
        }
    }

    /// Return a type that several have in common.
    pub fn common(&mut self, one: TypeId, other: TypeId) -> TypeId {
        if one == other || other == NULL || other == UNKNOWN {
            return one;
        }
        if one == NULL || one == UNKNOWN {
            return other;
        }
        if Types::is_primitive(one) && Types::is_primitive(other) {
            return if self.is_subtype(one, other) { other } else { one };
        }
        let (one, other) = (self.boxed(one), self.boxed(other));
        if self.is_subtype(one, other) {
            return other;
        }
        if self.is_subtype(other, one) {
            return one;
        }
        let Some(class) = self.class_of(one) else { return self.object_type };
        let candidates: Vec<ClassId> = self.classes[class as usize].ancestors.clone();
        for above in candidates {
            if above == self.object_class {
                continue;
            }
            if let (Some(found), Some(_)) = (self.as_super(one, above), self.as_super(other, above)) {
                return found;
            }
        }
        self.object_type
    }
}
