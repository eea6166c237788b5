//! What is declared: classes with their members and types, and where names of types lead.

use codegraph_flow::java::syntax as tree;
use codegraph_flow::java::syntax::{TypeExpression, TypeKind};

use super::code::{Unit, UnitKind};
use super::types::{Type, TypeId, Types, UNKNOWN, VOID, VariableId};
use crate::program::{Map, NONE, Symbol, Symbols, UnitId};

/// A class, interface, enum or record.
pub type ClassId = u32;
/// A method or constructor.
pub type MethodId = u32;
/// A field.
pub type FieldId = u32;

/// A file.
#[derive(Debug)]
pub struct File<'p> {
    /// Its number among the analysed files; [`NONE`] of a model of a library.
    pub number: u32,
    /// What it declares.
    pub syntax: &'p tree::File,
    /// Its texts as the world's.
    pub texts: Vec<Symbol>,
}

/// What a name of a type may mean in a place beyond what its class and file say.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Type variables of methods and local classes around, innermost last.
    pub variables: Vec<(Symbol, VariableId)>,
    /// Local classes, innermost last.
    pub locals: Vec<(Symbol, ClassId)>,
}

/// A class.
#[derive(Debug)]
pub struct Class<'p> {
    /// What declares it.
    pub declaration: &'p tree::TypeDeclaration,
    /// Number of its file in the world.
    pub file: u32,
    /// `a.b.Outer.Inner`
    pub full_name: Symbol,
    /// The class around it, or [`NONE`].
    pub outer: ClassId,
    /// Its objects have an object of the class around.
    pub is_inner: bool,
    /// It belongs to a model of a library.
    pub is_model: bool,
    /// Type parameters.
    pub parameters: Vec<VariableId>,
    parameter_names: Vec<(Symbol, VariableId)>,
    /// The type above it, [`UNKNOWN`] of interfaces and `java.lang.Object`.
    pub superclass: TypeId,
    /// Interfaces that it names.
    pub interfaces: Vec<TypeId>,
    /// All classes above it, nearest first.
    pub ancestors: Vec<ClassId>,
    /// Names of classes above it that are not in the program.
    pub outside: Vec<Symbol>,
    /// Its own fields.
    pub fields: Map<Symbol, FieldId>,
    /// Its own fields in order.
    pub field_list: Vec<FieldId>,
    /// Its own methods in order.
    pub methods: Vec<MethodId>,
    /// Its own methods by name.
    pub methods_by_name: Map<Symbol, Vec<MethodId>>,
    /// Its constructors; one that is not written is among them.
    pub constructors: Vec<MethodId>,
    /// Its own member types.
    pub types: Map<Symbol, ClassId>,
    /// Constants of an enum.
    pub constants: Vec<FieldId>,
    /// Where a local class is declared.
    pub scope: Scope,
    /// The unit around a local class, or [`NONE`].
    pub unit_around: UnitId,
    /// What gives new objects their fields; it stands for the class in tables.
    pub unit: UnitId,
    /// What gives static fields their values.
    pub static_unit: UnitId,
}

impl Class<'_> {
    /// Types right above it.
    pub fn supertypes(&self) -> Vec<TypeId> {
        std::iter::once(self.superclass)
            .filter(|type_| *type_ != UNKNOWN)
            .chain(self.interfaces.iter().copied())
            .collect()
    }

    /// Say whether it is an interface.
    pub fn is_interface(&self) -> bool {
        matches!(self.declaration.kind, TypeKind::Interface | TypeKind::Annotation)
    }

    /// Say whether no object has this class as its own.
    pub fn is_abstract(&self) -> bool {
        self.is_interface() || self.declaration.modifiers.is_abstract
    }

    /// Say whether nothing outside of the program can be its subtype.
    pub fn is_sealed_off(&self) -> bool {
        self.declaration.modifiers.is_final || matches!(self.declaration.kind, TypeKind::Enum | TypeKind::Record)
    }
}

/// What runs when a method is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum MethodKind {
    Method,
    Constructor,
    /// The constructor of a class that writes none.
    DefaultConstructor,
    /// The constructor of a record that writes none.
    RecordConstructor,
    /// Reads a record's component.
    Accessor(FieldId),
    /// `values()` and `valueOf()` of an enum.
    Values,
    ValueOf,
}

/// A method.
#[derive(Debug)]
pub struct Method<'p> {
    /// What declares it.
    pub declaration: Option<&'p tree::Method>,
    /// Its class.
    pub class: ClassId,
    /// Its name.
    pub name: Symbol,
    /// What it does.
    pub kind: MethodKind,
    /// It has no receiver.
    pub is_static: bool,
    /// It has no body.
    pub is_abstract: bool,
    /// Only its own class sees it.
    pub is_private: bool,
    /// Only classes of its own package see it.
    pub is_packaged: bool,
    /// Its last parameter takes the rest.
    pub is_variable: bool,
    /// Types of its parameters.
    pub parameters: Vec<TypeId>,
    /// Its type parameters.
    pub variables: Vec<VariableId>,
    /// What it returns.
    pub returned: TypeId,
    /// Names of its type parameters.
    pub scope: Vec<(Symbol, VariableId)>,
    /// Its code.
    pub unit: UnitId,
}

/// A field.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Field<'p> {
    pub class: ClassId,
    pub name: Symbol,
    pub type_: TypeId,
    pub is_static: bool,
    pub is_final: bool,
    pub value: Option<&'p tree::Expression>,
}

/// All declarations.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct World<'p> {
    pub symbols: Symbols,
    pub types: Types,
    pub files: Vec<File<'p>>,
    pub classes: Vec<Class<'p>>,
    pub methods: Vec<Method<'p>>,
    pub fields: Vec<Field<'p>>,
    pub units: Vec<Unit>,
    /// Classes by full name.
    pub names: Map<Symbol, ClassId>,
    pub object_class: ClassId,
    pub object_type: TypeId,
    pub text_type: TypeId,
    pub known: Known,
    functions: Map<ClassId, Option<MethodId>>,
}

/// Names that the language gives a meaning.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Known {
    pub constructor: Symbol,
    pub new: Symbol,
    pub values: Symbol,
    pub value_of: Symbol,
    pub iterator: Symbol,
    pub has_next: Symbol,
    pub next: Symbol,
    pub close: Symbol,
    pub to_string: Symbol,
    pub clone: Symbol,
}

impl<'p> World<'p> {
    /// Declare what files have; of each its number, and [`NONE`] for models of libraries.
    pub fn new(files: &[(u32, &'p tree::File)]) -> Self {
        let mut symbols = Symbols::default();
        let known = Known {
            constructor: symbols.intern("<init>"),
            new: symbols.intern("new"),
            values: symbols.intern("values"),
            value_of: symbols.intern("valueOf"),
            iterator: symbols.intern("iterator"),
            has_next: symbols.intern("hasNext"),
            next: symbols.intern("next"),
            close: symbols.intern("close"),
            to_string: symbols.intern("toString"),
            clone: symbols.intern("clone"),
        };
        let mut world = Self {
            symbols,
            types: Types::new(),
            files: Vec::new(),
            classes: Vec::new(),
            methods: Vec::new(),
            fields: Vec::new(),
            units: Vec::new(),
            names: Map::default(),
            object_class: NONE,
            object_type: UNKNOWN,
            text_type: UNKNOWN,
            known,
            functions: Map::default(),
        };
        for (number, syntax) in files {
            let texts = syntax.texts.iter().map(|text| world.symbols.intern(text)).collect();
            world.files.push(File { number: *number, syntax, texts });
        }
        for file in 0..world.files.len() as u32 {
            let syntax = world.files[file as usize].syntax;
            for declaration in &syntax.types {
                world.declare(declaration, file, NONE, Scope::default(), NONE);
            }
        }
        let all = 0..world.classes.len() as ClassId;
        world.object_class = world.class_named("java.lang.Object").unwrap_or(NONE);
        world.object_type = world.named("java.lang.Object");
        world.text_type = world.named("java.lang.String");
        // Member types that are inherited can be named in headers: supertypes are found again once they are known.
        for _ in 0..2 {
            for class in all.clone() {
                world.declare_header(class);
            }
        }
        for class in all.clone() {
            world.declare_ancestors(class);
        }
        for class in all {
            world.declare_members(class);
        }
        world
    }

    /// Return a class by its full name.
    pub fn class_named(&self, name: &str) -> Option<ClassId> {
        self.symbols.find(name).and_then(|name| self.names.get(&name)).copied()
    }

    /// Return the type of a class by its full name.
    pub fn named(&mut self, name: &str) -> TypeId {
        match self.class_named(name) {
            Some(class) => self.types.class(class, &[]),
            None => {
                let name = self.symbols.intern(name);
                self.types.intern(Type::Outside(name))
            }
        }
    }

    /// Return a text of a file.
    #[inline]
    pub fn text(&self, file: u32, text: tree::Text) -> Symbol {
        self.files[file as usize].texts[text as usize]
    }

    fn unit(&mut self, kind: UnitKind, file: u32, span: tree::Span, class: ClassId) -> UnitId {
        let id = self.units.len() as UnitId;
        self.units.push(Unit::new(kind, file, span, class, id));
        id
    }

    /// Make a class known by its name, and those inside it.
    pub fn declare(
        &mut self,
        declaration: &'p tree::TypeDeclaration,
        file: u32,
        outer: ClassId,
        scope: Scope,
        unit_around: UnitId,
    ) -> ClassId {
        let id = self.classes.len() as ClassId;
        let name = self.text(file, declaration.name);
        let full_name = match outer {
            NONE => {
                let package = &self.files[file as usize].syntax.package;
                let name = self.symbols.text(name);
                if package.is_empty() { name.to_owned() } else { format!("{package}.{name}") }
            }
            outer => {
                let outer = self.symbols.text(self.classes[outer as usize].full_name);
                format!("{outer}.{}", self.symbols.text(name))
            }
        };
        let full_name = self.symbols.intern(&full_name);
        let is_local = unit_around != NONE;
        if !is_local {
            self.names.entry(full_name).or_insert(id);
        }
        let around = if outer == NONE { None } else { Some(&self.classes[outer as usize]) };
        let is_inner = around.is_some_and(|around| !around.is_interface() || is_local)
            && !declaration.modifiers.is_static
            && matches!(declaration.kind, TypeKind::Class | TypeKind::Anonymous);
        let is_model = self.files[file as usize].number == NONE;
        let unit = self.unit(UnitKind::Class, file, declaration.span, id);
        let static_unit = self.unit(UnitKind::Hidden, file, declaration.span, id);
        self.units[static_unit as usize].written_in = unit;
        self.classes.push(Class {
            declaration,
            file,
            full_name,
            outer,
            is_inner,
            is_model,
            parameters: Vec::new(),
            parameter_names: Vec::new(),
            superclass: UNKNOWN,
            interfaces: Vec::new(),
            ancestors: Vec::new(),
            outside: Vec::new(),
            fields: Map::default(),
            field_list: Vec::new(),
            methods: Vec::new(),
            methods_by_name: Map::default(),
            constructors: Vec::new(),
            types: Map::default(),
            constants: Vec::new(),
            scope: scope.clone(),
            unit_around,
            unit,
            static_unit,
        });
        if outer != NONE && !is_local {
            self.classes[outer as usize].types.insert(name, id);
        }
        for member in &declaration.members {
            if let tree::Member::Type(inner) = member {
                // Members of local classes are found through them, and see what they see.
                let inner_id = self.declare(inner, file, id, scope.clone(), unit_around);
                let name = self.text(file, inner.name);
                self.classes[id as usize].types.insert(name, inner_id);
            }
        }
        id
    }

    /// Return classes that were declared with a class: itself and those inside it.
    pub fn with_inner(&self, class: ClassId) -> Vec<ClassId> {
        let mut found = vec![class];
        let mut at = 0;
        while at < found.len() {
            let mut inner: Vec<ClassId> = self.classes[found[at] as usize].types.values().copied().collect();
            inner.sort_unstable();
            found.extend(inner);
            at += 1;
        }
        found
    }

    /// Find a class's type parameters and the types above it.
    pub fn declare_header(&mut self, class: ClassId) {
        let Class { declaration, file, .. } = self.classes[class as usize];
        if self.classes[class as usize].parameters.is_empty() {
            for parameter in &declaration.parameters {
                let variable = self.types.variable();
                let name = self.text(file, parameter.name);
                let found = &mut self.classes[class as usize];
                found.parameters.push(variable);
                found.parameter_names.push((name, variable));
            }
        }
        let scope = Scope::default();
        for (at, parameter) in declaration.parameters.iter().enumerate() {
            let bound =
                parameter.bounds.first().map_or(self.object_type, |bound| self.type_of(bound, file, class, &scope));
            let variable = self.classes[class as usize].parameters[at];
            self.types.bounds[variable as usize] = bound;
        }
        let superclass = match (&declaration.superclass, declaration.kind) {
            (Some(above), _) => self.type_of(above, file, class, &scope),
            (None, TypeKind::Class) if class != self.object_class => self.object_type,
            (None, TypeKind::Enum) => {
                let own = self.types.class(class, &[]);
                match self.class_named("java.lang.Enum") {
                    Some(above) => self.types.class(above, &[own]),
                    None => self.named("java.lang.Enum"),
                }
            }
            (None, TypeKind::Record) => self.named("java.lang.Record"),
            // Anonymous classes are told what is above them where they are made.
            (None, TypeKind::Anonymous) => self.classes[class as usize].superclass,
            _ => UNKNOWN,
        };
        self.classes[class as usize].superclass = superclass;
        if declaration.kind != TypeKind::Anonymous {
            let interfaces =
                declaration.interfaces.iter().map(|interface| self.type_of(interface, file, class, &scope)).collect();
            self.classes[class as usize].interfaces = interfaces;
        }
    }

    /// Find all classes above a class.
    pub fn declare_ancestors(&mut self, class: ClassId) {
        let (mut ancestors, mut outside) = (Vec::new(), Vec::new());
        let mut queue = vec![class];
        let mut at = 0;
        while at < queue.len() {
            for above in self.classes[queue[at] as usize].supertypes() {
                match *self.types.get(above) {
                    Type::Class(above, _) if above != class && !ancestors.contains(&above) => {
                        ancestors.push(above);
                        queue.push(above);
                    }
                    Type::Outside(name) if !outside.contains(&name) => outside.push(name),
                    _ => {}
                }
            }
            at += 1;
        }
        let found = &mut self.classes[class as usize];
        found.ancestors = ancestors;
        found.outside = outside;
    }

    /// Declare a class's fields and methods.
    pub fn declare_members(&mut self, class: ClassId) {
        let Class { declaration, file, is_model, .. } = self.classes[class as usize];
        let scope = Scope::default();
        let is_interface = self.classes[class as usize].is_interface();
        let own: TypeId = {
            let parameters = self.classes[class as usize].parameters.clone();
            let arguments: Vec<TypeId> =
                parameters.into_iter().map(|variable| self.types.intern(Type::Variable(variable))).collect();
            self.types.class(class, &arguments)
        };
        for component in &declaration.components {
            let type_ = component.type_.as_ref().map_or(UNKNOWN, |type_| self.type_of(type_, file, class, &scope));
            let name = self.text(file, component.name);
            self.add_field(Field { class, name, type_, is_static: false, is_final: true, value: None });
        }
        for member in &declaration.members {
            match member {
                tree::Member::Field { modifiers, type_, name, value, .. } => {
                    let type_ = self.type_of(type_, file, class, &scope);
                    let name = self.text(file, *name);
                    let is_static = modifiers.is_static || is_interface;
                    let is_final = modifiers.is_final || is_interface;
                    self.add_field(Field { class, name, type_, is_static, is_final, value: value.as_ref() });
                }
                tree::Member::Constant { name, .. } => {
                    let name = self.text(file, *name);
                    let field =
                        self.add_field(Field { class, name, type_: own, is_static: true, is_final: true, value: None });
                    self.classes[class as usize].constants.push(field);
                }
                tree::Member::Method(method) => {
                    self.declare_method(method, class, file, is_interface, is_model);
                }
                tree::Member::Initializer { .. } | tree::Member::Type(_) => {}
            }
        }
        self.declare_unwritten(class, own);
    }

    fn add_field(&mut self, field: Field<'p>) -> FieldId {
        let id = self.fields.len() as FieldId;
        let class = &mut self.classes[field.class as usize];
        class.fields.entry(field.name).or_insert(id);
        class.field_list.push(id);
        self.fields.push(field);
        id
    }

    fn declare_method(
        &mut self,
        method: &'p tree::Method,
        class: ClassId,
        file: u32,
        is_interface: bool,
        is_model: bool,
    ) {
        let declaration = self.classes[class as usize].declaration;
        let (variables, scope) = self.type_parameters(&method.type_parameters, file, class);
        let inner = Scope { variables: scope.clone(), locals: Vec::new() };
        let list = if method.is_compact { &declaration.components } else { &method.parameters };
        let parameters: Vec<TypeId> = list
            .iter()
            .map(|parameter| match &parameter.type_ {
                Some(type_) => self.type_of(type_, file, class, &inner),
                None => UNKNOWN,
            })
            .collect();
        let is_constructor = method.returned.is_none();
        let returned = match &method.returned {
            Some(type_) => self.type_of(type_, file, class, &inner),
            None => VOID,
        };
        let name = if is_constructor { self.known.constructor } else { self.text(file, method.name) };
        let unit = self.unit(UnitKind::Method, file, method.span, class);
        let modifiers = method.modifiers;
        self.add_method(Method {
            declaration: Some(method),
            class,
            name,
            kind: if is_constructor { MethodKind::Constructor } else { MethodKind::Method },
            is_static: modifiers.is_static,
            is_abstract: method.body.is_none()
                && (modifiers.is_abstract || is_interface || is_model && !modifiers.is_static),
            is_private: modifiers.is_private,
            is_packaged: modifiers.is_packaged && !is_interface && !is_model,
            is_variable: list.last().is_some_and(|last| last.is_variable),
            parameters,
            variables,
            returned,
            scope,
            unit,
        });
    }

    /// Make type variables of a list.
    pub fn type_parameters(
        &mut self,
        list: &[tree::TypeParameter],
        file: u32,
        class: ClassId,
    ) -> (Vec<VariableId>, Vec<(Symbol, VariableId)>) {
        let mut scope = Vec::new();
        for parameter in list {
            let variable = self.types.variable();
            scope.push((self.text(file, parameter.name), variable));
        }
        let inner = Scope { variables: scope.clone(), locals: Vec::new() };
        for (parameter, (_, variable)) in list.iter().zip(&scope) {
            let bound = match parameter.bounds.first() {
                Some(bound) => self.type_of(bound, file, class, &inner),
                None => self.object_type,
            };
            self.types.bounds[*variable as usize] = bound;
        }
        (scope.iter().map(|(_, variable)| *variable).collect(), scope)
    }

    fn add_method(&mut self, method: Method<'p>) {
        let id = self.methods.len() as MethodId;
        self.units[method.unit as usize].method = id;
        let class = &mut self.classes[method.class as usize];
        if method.name == self.known.constructor {
            class.constructors.push(id);
        } else {
            class.methods.push(id);
            class.methods_by_name.entry(method.name).or_default().push(id);
        }
        self.methods.push(method);
    }

    /// Declare what the language gives a class that does not write it.
    fn declare_unwritten(&mut self, class: ClassId, own: TypeId) {
        let Class { declaration, file, .. } = self.classes[class as usize];
        let unwritten = |kind: MethodKind, name: Symbol, unit: UnitId| Method {
            declaration: None,
            class,
            name,
            kind,
            is_static: false,
            is_abstract: false,
            is_private: false,
            is_packaged: false,
            is_variable: false,
            parameters: Vec::new(),
            variables: Vec::new(),
            returned: VOID,
            scope: Vec::new(),
            unit,
        };
        let hidden = |world: &mut Self| {
            let written_in = world.classes[class as usize].unit;
            let unit = world.unit(UnitKind::Hidden, file, declaration.span, class);
            world.units[unit as usize].written_in = written_in;
            unit
        };
        let constructor = self.known.constructor;
        match declaration.kind {
            TypeKind::Record => {
                let components: Vec<FieldId> =
                    self.classes[class as usize].field_list[..declaration.components.len()].to_vec();
                let parameters: Vec<TypeId> =
                    components.iter().map(|field| self.fields[*field as usize].type_).collect();
                let has_canonical = self.classes[class as usize].constructors.iter().any(|one| {
                    let found = &self.methods[*one as usize];
                    found.declaration.is_some_and(|method| method.is_compact) || found.parameters == parameters
                });
                if !has_canonical {
                    let unit = hidden(self);
                    let is_variable = declaration.components.last().is_some_and(|last| last.is_variable);
                    let kind = MethodKind::RecordConstructor;
                    self.add_method(Method { parameters, is_variable, ..unwritten(kind, constructor, unit) });
                }
                for field in components {
                    let Field { name, type_, .. } = self.fields[field as usize];
                    let is_written = self.classes[class as usize]
                        .methods_by_name
                        .get(&name)
                        .is_some_and(|found| found.iter().any(|one| self.methods[*one as usize].parameters.is_empty()));
                    if !is_written {
                        let unit = hidden(self);
                        let kind = MethodKind::Accessor(field);
                        self.add_method(Method { returned: type_, ..unwritten(kind, name, unit) });
                    }
                }
            }
            TypeKind::Class | TypeKind::Enum if self.classes[class as usize].constructors.is_empty() => {
                let unit = hidden(self);
                self.add_method(unwritten(MethodKind::DefaultConstructor, constructor, unit));
            }
            _ => {}
        }
        if declaration.kind == TypeKind::Enum {
            let (values, value_of) = (self.known.values, self.known.value_of);
            let array = self.types.array(own);
            let unit = hidden(self);
            self.add_method(Method { is_static: true, returned: array, ..unwritten(MethodKind::Values, values, unit) });
            let unit = hidden(self);
            let parameters = vec![self.text_type];
            let method =
                Method { is_static: true, parameters, returned: own, ..unwritten(MethodKind::ValueOf, value_of, unit) };
            self.add_method(method);
        }
    }

    /// Return the type that is written.
    pub fn type_of(&mut self, written: &TypeExpression, file: u32, class: ClassId, scope: &Scope) -> TypeId {
        match written {
            TypeExpression::Primitive(primitive) => Types::primitive(*primitive),
            TypeExpression::Void => VOID,
            TypeExpression::Inferred => UNKNOWN,
            TypeExpression::Array(element) => {
                let element = self.type_of(element, file, class, scope);
                self.types.array(element)
            }
            TypeExpression::Wildcard { bound, is_super } => {
                let bound = bound.as_ref().map_or(UNKNOWN, |bound| self.type_of(bound, file, class, scope));
                self.types.intern(Type::Wildcard { bound, is_super: *is_super })
            }
            TypeExpression::Several(types) => {
                let types: Vec<TypeId> = types.iter().map(|one| self.type_of(one, file, class, scope)).collect();
                let first = types.first().copied().unwrap_or(UNKNOWN);
                types.into_iter().fold(first, |one, other| self.common(one, other))
            }
            TypeExpression::Named { parts, .. } => self.named_type(parts, file, class, scope),
        }
    }

    fn named_type(
        &mut self,
        parts: &[(tree::Text, Vec<TypeExpression>)],
        file: u32,
        class: ClassId,
        scope: &Scope,
    ) -> TypeId {
        let Some((first, _)) = parts.first() else { return UNKNOWN };
        let first = self.text(file, *first);
        if parts.len() == 1
            && let Some(variable) = self.type_variable(first, class, scope)
        {
            return self.types.intern(Type::Variable(variable));
        }
        let (mut found, mut used) = (self.class_called(first, file, class, scope), 1);
        if found.is_none() {
            // A name with its package.
            let mut dotted = self.symbols.text(first).to_owned();
            for (at, (name, _)) in parts.iter().enumerate().skip(1) {
                dotted.push('.');
                dotted.push_str(self.symbols.text(self.text(file, *name)));
                if let Some(class) = self.class_named(&dotted) {
                    (found, used) = (Some(class), at + 1);
                    break;
                }
            }
            if found.is_none() {
                let name = if parts.len() == 1 { self.outside_name(first, file) } else { dotted };
                let name = self.symbols.intern(&name);
                return self.types.intern(Type::Outside(name));
            }
        }
        let Some(mut found) = found else { return UNKNOWN };
        for (name, _) in &parts[used..] {
            let name = self.text(file, *name);
            match self.member_class(found, name) {
                Some(inner) => found = inner,
                None => {
                    let text = format!(
                        "{}.{}",
                        self.symbols.text(self.classes[found as usize].full_name),
                        self.symbols.text(name)
                    );
                    let name = self.symbols.intern(&text);
                    return self.types.intern(Type::Outside(name));
                }
            }
        }
        let written = &parts[parts.len() - 1].1;
        let arguments: Vec<TypeId> = written.iter().map(|one| self.type_of(one, file, class, scope)).collect();
        self.types.class(found, &arguments)
    }

    /// Return the full name that a class outside has by a file's imports.
    fn outside_name(&self, name: Symbol, file: u32) -> String {
        let name = self.symbols.text(name);
        for import in &self.files[file as usize].syntax.imports {
            if !import.everything && !import.is_static && import.path.rsplit('.').next() == Some(name) {
                return import.path.clone();
            }
        }
        name.to_owned()
    }

    fn type_variable(&self, name: Symbol, class: ClassId, scope: &Scope) -> Option<VariableId> {
        let among = |list: &[(Symbol, VariableId)]| list.iter().rev().find(|(one, _)| *one == name).map(|(_, id)| *id);
        if let Some(found) = among(&scope.variables) {
            return Some(found);
        }
        let mut at = class;
        while at != NONE {
            let found = &self.classes[at as usize];
            if let Some(variable) = among(&found.parameter_names).or_else(|| among(&found.scope.variables)) {
                return Some(variable);
            }
            at = found.outer;
        }
        None
    }

    /// Return the class that a simple name means in a place.
    pub fn class_called(&self, name: Symbol, file: u32, class: ClassId, scope: &Scope) -> Option<ClassId> {
        if let Some((_, local)) = scope.locals.iter().rev().find(|(one, _)| *one == name) {
            return Some(*local);
        }
        let mut at = class;
        while at != NONE {
            let found = &self.classes[at as usize];
            if self.text(found.file, found.declaration.name) == name && found.declaration.kind != TypeKind::Anonymous {
                return Some(at);
            }
            if let Some(member) = self.member_class(at, name) {
                return Some(member);
            }
            if let Some((_, local)) = found.scope.locals.iter().rev().find(|(one, _)| *one == name) {
                return Some(*local);
            }
            at = found.outer;
        }
        let text = self.symbols.text(name);
        let syntax = self.files[file as usize].syntax;
        for import in &syntax.imports {
            if !import.everything && import.path.strip_suffix(text).is_some_and(|before| before.ends_with('.')) {
                if let Some(class) = self.class_named(&import.path) {
                    return Some(class);
                }
                if !import.is_static {
                    return None;
                }
                let (owner, _) = import.path.rsplit_once('.')?;
                let owner = self.class_named(owner)?;
                if let Some(member) = self.member_class(owner, name) {
                    return Some(member);
                }
            }
        }
        let inside = |package: &str| {
            let full = if package.is_empty() { text.to_owned() } else { format!("{package}.{text}") };
            self.class_named(&full)
        };
        if let Some(class) = inside(&syntax.package) {
            return Some(class);
        }
        let stars = syntax.imports.iter().filter(|import| import.everything);
        for import in stars {
            let found = match self.class_named(&import.path) {
                Some(owner) => self.member_class(owner, name),
                None => inside(&import.path),
            };
            if found.is_some() {
                return found;
            }
        }
        inside("java.lang")
    }

    /// Return a member type, also an inherited one.
    pub fn member_class(&self, class: ClassId, name: Symbol) -> Option<ClassId> {
        let mut queue = vec![class];
        let mut at = 0;
        while at < queue.len() && at < 64 {
            let found = &self.classes[queue[at] as usize];
            if let Some(member) = found.types.get(&name) {
                return Some(*member);
            }
            queue.extend(found.supertypes().into_iter().filter_map(|above| match self.types.get(above) {
                Type::Class(above, _) => Some(*above),
                _ => None,
            }));
            at += 1;
        }
        None
    }

    /// Return a field, also an inherited one.
    pub fn field(&self, class: ClassId, name: Symbol) -> Option<FieldId> {
        std::iter::once(class)
            .chain(self.classes[class as usize].ancestors.iter().copied())
            .find_map(|one| self.classes[one as usize].fields.get(&name).copied())
    }

    /// Return the one method that a lambda of an interface stands for.
    pub fn function_of(&mut self, class: ClassId) -> Option<MethodId> {
        if let Some(found) = self.functions.get(&class) {
            return *found;
        }
        let found = self.find_function(class);
        self.functions.insert(class, found);
        found
    }

    fn find_function(&mut self, class: ClassId) -> Option<MethodId> {
        if !self.classes[class as usize].is_interface() {
            return None;
        }
        let all: Vec<ClassId> =
            std::iter::once(class).chain(self.classes[class as usize].ancestors.iter().copied()).collect();
        let mut found: Option<MethodId> = None;
        for one in all {
            for method in self.classes[one as usize].methods.clone() {
                let Method { is_abstract, is_static, name, .. } = self.methods[method as usize];
                if !is_abstract || is_static || self.is_of_object(method) {
                    continue;
                }
                // A default of a nearer interface implements it.
                if self.implementation(class, method).is_some_and(|one| !self.methods[one as usize].is_abstract) {
                    continue;
                }
                match found {
                    None => found = Some(method),
                    Some(known) => {
                        let same = self.methods[known as usize].name == name
                            && self.methods[known as usize].parameters.len()
                                == self.methods[method as usize].parameters.len();
                        if !same {
                            return None;
                        }
                    }
                }
            }
        }
        found
    }

    /// Say whether `java.lang.Object` has a public method like this one.
    fn is_of_object(&self, method: MethodId) -> bool {
        let found = &self.methods[method as usize];
        matches!(
            (self.symbols.text(found.name), found.parameters.len()),
            ("equals", 1) | ("hashCode", 0) | ("toString", 0)
        )
    }

    /// Say whether a method of one class takes the place of another's in objects of a class.
    pub fn overrides(&mut self, method: MethodId, above: MethodId, class: ClassId) -> bool {
        let (one, other) = (&self.methods[method as usize], &self.methods[above as usize]);
        if method == above {
            return true;
        }
        if one.name != other.name
            || one.parameters.len() != other.parameters.len()
            || one.is_static
            || other.is_static
            || other.is_private
            || other.is_packaged && !self.share_package(one.class, other.class)
            || one.name == self.known.constructor
        {
            return false;
        }
        let (own, given) = (one.parameters.clone(), other.parameters.clone());
        let declared_in = other.class;
        let parameters = self.classes[class as usize].parameters.clone();
        let arguments: Vec<TypeId> =
            parameters.into_iter().map(|variable| self.types.intern(Type::Variable(variable))).collect();
        let object = self.types.class(class, &arguments);
        let holder = one_class(&self.methods, method);
        own.into_iter().zip(given).all(|(own, given)| {
            let (plain, wanted) = (self.erased(own), self.erased(given));
            if plain == wanted {
                return true;
            }
            let seen = self.member_type(object, declared_in, given);
            let own = self.member_type(object, holder, own);
            let (seen, own) = (self.erased(seen), self.erased(own));
            seen == own || seen == UNKNOWN && !Types::is_primitive(own)
        })
    }

    fn share_package(&self, one: ClassId, other: ClassId) -> bool {
        let package = |class: ClassId| &self.files[self.classes[class as usize].file as usize].syntax.package;
        package(one) == package(other)
    }

    /// Return the method that runs when one is called on an object of a class (JVMS 5.4.6): of its class and those
    /// above it, else the nearest default of an interface.
    pub fn implementation(&mut self, class: ClassId, method: MethodId) -> Option<MethodId> {
        let Method { name, .. } = self.methods[method as usize];
        let mut at = Some(class);
        while let Some(one) = at {
            if let Some(found) = self.overriding_in(one, name, method, class) {
                return Some(found);
            }
            at = match *self.types.get(self.classes[one as usize].superclass) {
                Type::Class(above, _) => Some(above),
                _ => None,
            };
        }
        let mut best: Option<MethodId> = None;
        let mut is_abstract: Option<MethodId> = None;
        for one in self.classes[class as usize].ancestors.clone() {
            if !self.classes[one as usize].is_interface() {
                continue;
            }
            if let Some(found) = self.overriding_in(one, name, method, class) {
                if self.methods[found as usize].is_abstract {
                    is_abstract = is_abstract.or(Some(found));
                } else if best.is_none_or(|best| {
                    let holder = self.methods[best as usize].class;
                    one != holder && self.is_subclass(one, holder)
                }) {
                    best = Some(found);
                }
            }
        }
        best.or(is_abstract)
    }

    fn overriding_in(&mut self, class: ClassId, name: Symbol, method: MethodId, of: ClassId) -> Option<MethodId> {
        let candidates = self.classes[class as usize].methods_by_name.get(&name)?.clone();
        let found = candidates.iter().copied().find(|one| *one == method);
        found.or_else(|| candidates.into_iter().find(|one| self.overrides(*one, method, of)))
    }
}

fn one_class(methods: &[Method<'_>], method: MethodId) -> ClassId {
    methods[method as usize].class
}
