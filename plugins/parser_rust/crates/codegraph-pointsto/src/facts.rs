//! What the values say of definitions besides calls: which fields and variables code reads and writes, and of what
//! types parameters, results, fields and variables are.
//!
//! It is read off the solved graph, unit by unit, and nothing is solved for it.

use crate::ecmascript::objects::Object as Ecma;
use crate::ecmascript::ops::{Key, Op as EcmaOp};
use crate::graph::Node;
use crate::objects::{CloneId, Object, ObjectId};
use crate::program::*;
use crate::report::Target;
use crate::solver::{RETURNED, Site, Solver};

/// Types that a value may have before nothing is said of it: what may be anything has no type.
const MOST_TYPES: usize = 8;
/// Bases of a class that are gone through at most.
const MOST_BASES: usize = 64;
/// Forms of `typing` that stand for their arguments.
const TRANSPARENT: [&str; 9] =
    ["Optional", "Union", "Annotated", "ClassVar", "Final", "Required", "NotRequired", "ReadOnly", "InitVar"];
/// Annotations that say nothing.
const SAYS_NOTHING: [&str; 3] = ["Any", "TypeAlias", "Self"];

/// An attribute or variable that is read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Access {
    /// Where.
    pub site: Site,
    /// The module, class or function that has it, or whose base has it.
    pub holder: UnitId,
    /// Its name.
    pub name: Symbol,
    /// It is written.
    pub is_write: bool,
}

/// What has a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Slot {
    /// What a function returns.
    Returned(UnitId),
    /// A function's parameter.
    Parameter(UnitId, Symbol),
    /// A field or variable, of a module or class or of a base of it.
    Member(UnitId, Symbol),
}

/// A type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// A class of the program, or one outside.
    Class(Target),
    /// An interface of TypeScript: a name of a frame.
    Interface(UnitId, Symbol),
}

/// A type that something has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TypeFact {
    /// What has it.
    pub slot: Slot,
    /// The type.
    pub type_: Type,
    /// Values have it: nobody says so.
    pub is_inferred: bool,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Sorted.
    pub accesses: Vec<Access>,
    /// Sorted.
    pub types: Vec<TypeFact>,
    /// (class, base): the bases in which a class's attributes are looked up, in order.
    pub bases: Vec<(UnitId, UnitId)>,
}

impl Solver<'_> {
    /// Read everything off the graph.
    pub(crate) fn facts(&mut self) -> Facts {
        let program = self.program;
        let mut facts = Facts::default();
        let mut clones: Vec<Vec<CloneId>> = vec![Vec::new(); program.units.len()];
        for (id, clone) in self.clones.iter().enumerate() {
            clones[clone.unit as usize].push(id as CloneId);
        }
        for (unit, clones) in clones.iter().enumerate() {
            let (unit, first) = (unit as UnitId, facts.accesses.len());
            for clone in clones {
                self.accesses(*clone, &mut facts.accesses);
                self.declared_types(*clone, &mut facts.types);
            }
            let mut found = facts.accesses.split_off(first);
            found.sort_unstable();
            found.dedup();
            facts.accesses.append(&mut found);
            self.inferred_types(unit, clones, &mut facts.types);
        }
        self.member_types(&mut facts.types);
        facts.types.sort_unstable();
        facts.types.dedup();
        self.bases(&mut facts.bases);
        facts
    }

    /// Return the unit whose attributes an object's are.
    fn holder(&self, object: ObjectId) -> Option<UnitId> {
        match self.objects.get(object) {
            Object::Class { unit, .. } | Object::Function { unit, .. } => Some(unit),
            Object::Instance { class, .. } => self.holder(class),
            Object::Super { receiver, .. } => self.holder(receiver),
            Object::Module(file) | Object::Ecma(Ecma::Namespace(file) | Ecma::Exports(file)) => {
                Some(self.program.files[file as usize].unit)
            }
            Object::Ecma(Ecma::Prototype(of)) => self.holder(of),
            _ => None,
        }
    }

    fn accesses(&mut self, clone: CloneId, found: &mut Vec<Access>) {
        let state = self.clones[clone as usize];
        let program = self.program;
        let source = &program.units[state.unit as usize];
        let first = self.site_bases[state.unit as usize];
        for (at, op) in source.ops.iter().enumerate() {
            let site = first + at as Site;
            let (object, name, is_write) = match *op {
                Op::LoadAttribute { object, name, .. } => (object, name, false),
                Op::StoreAttribute { object, name, .. } => (object, name, true),
                Op::Ecma(EcmaOp::CallMember { object, key: Key::Name(name), .. }) => (object, name, false),
                Op::StoreGlobal { name, .. } if source.parent != NONE => {
                    let holder = program.files[source.file as usize].unit;
                    found.push(Access { site, holder, name, is_write: true });
                    // `x += 1`: the link stage knows of no use of such a name.
                    let start = source.spans[at].0;
                    if source.stores.binary_search(&Stored { start, name, is_read: true }).is_ok() {
                        found.push(Access { site, holder, name, is_write: false });
                    }
                    continue;
                }
                _ => continue,
            };
            for at in 0..self.graph.objects(state.base + object).len() {
                let object = self.graph.objects(state.base + object)[at];
                if let Some(holder) = self.holder(object) {
                    found.push(Access { site, holder, name, is_write });
                }
            }
        }
    }

    /// What annotations in a frame say.
    fn declared_types(&mut self, clone: CloneId, found: &mut Vec<TypeFact>) {
        let state = self.clones[clone as usize];
        let program = self.program;
        let source = &program.units[state.unit as usize];
        let made = source.ops.iter().filter_map(|op| match op {
            Op::MakeFunction { unit, given, .. } if !given.annotations.is_empty() => Some((*unit, given)),
            _ => None,
        });
        let mut wanted: Vec<(Slot, Value)> = Vec::new();
        for (unit, given) in made {
            for (at, value) in &given.annotations {
                let parameters = &program.units[unit as usize].parameters;
                match parameters.get(*at as usize) {
                    Some(parameter) => wanted.push((Slot::Parameter(unit, parameter.name), *value)),
                    None => wanted.push((Slot::Returned(unit), *value)),
                }
            }
        }
        for typed in &source.typed {
            if typed.object == NONE {
                wanted.push((Slot::Member(state.unit, typed.name), typed.class));
                continue;
            }
            for object in self.graph.objects(state.base + typed.object).to_vec() {
                if let Some(holder) = self.holder(object) {
                    wanted.push((Slot::Member(holder, typed.name), typed.class));
                }
            }
        }
        if wanted.is_empty() {
            return;
        }
        let forms = Forms::of(source);
        for (slot, value) in wanted {
            let mut types = Vec::new();
            self.annotated(&forms, state.base, (state.unit, value), 0, &mut types);
            found.extend(types.into_iter().map(|type_| TypeFact { slot, type_, is_inferred: false }));
        }
    }

    /// Return the types that an annotation names.
    fn annotated(
        &mut self,
        forms: &Forms<'_>,
        base: Node,
        (unit, value): (UnitId, Value),
        depth: u8,
        found: &mut Vec<Type>,
    ) {
        if depth > 8 {
            return;
        }
        let mut go_on = |this: &mut Self, value: Value| this.annotated(forms, base, (unit, value), depth + 1, found);
        match forms.by_value.get(&value) {
            Some(Op::LoadItem { object, index, .. }) => match (self.special_form(base + object), index) {
                (Some(form), Place::Key(key)) => {
                    let arguments = forms.elements.get(key).cloned().unwrap_or_else(|| vec![*key]);
                    let taken = if form == "Annotated" { 1 } else { arguments.len() };
                    for argument in arguments.into_iter().take(taken) {
                        go_on(self, argument);
                    }
                }
                (Some(_), _) => {}
                (None, _) => go_on(self, *object),
            },
            Some(Op::Operator { left, right, .. }) => {
                go_on(self, *left);
                go_on(self, *right);
            }
            Some(Op::Text { text, .. }) => self.written_types(unit, *text, found),
            _ => {
                for object in self.graph.objects(base + value).to_vec() {
                    found.extend(self.named_type(object));
                }
            }
        }
    }

    /// Return the form of `typing` that is subscribed.
    fn special_form(&mut self, node: Node) -> Option<&'static str> {
        self.graph.objects(node).to_vec().into_iter().find_map(|object| match self.objects.get(object) {
            Object::External(name) => {
                let (module, last) = self.symbols.text(name).rsplit_once('.')?;
                let is_form = matches!(module, "typing" | "typing_extensions" | "dataclasses");
                TRANSPARENT.into_iter().find(|form| is_form && *form == last)
            }
            _ => None,
        })
    }

    /// Return the type that a class, as a value, is the name of.
    fn named_type(&self, object: ObjectId) -> Option<Type> {
        match self.objects.get(object) {
            Object::Class { unit, .. } => Some(Type::Class(Target::Unit(unit))),
            // A constructor function, which is also the name of its objects' type.
            Object::Function { unit, .. } if self.program.units[unit as usize].language == Language::Ecmascript => {
                Some(Type::Class(Target::Unit(unit)))
            }
            Object::External(name) => {
                let text = self.symbols.text(name);
                let says = text.rsplit_once('.').is_none_or(|(module, last)| {
                    !matches!(module, "typing" | "typing_extensions")
                        || !TRANSPARENT.contains(&last) && !SAYS_NOTHING.contains(&last)
                });
                says.then_some(Type::Class(Target::External(name)))
            }
            Object::Ecma(Ecma::Interface { clone, variable }) => {
                let unit = self.clones[clone as usize].unit;
                let listed = &self.program.units[unit as usize].interfaces;
                let (_, name) = listed.iter().find(|(listed, _)| *listed == variable)?;
                Some(Type::Interface(unit, *name))
            }
            _ => None,
        }
    }

    /// Return the types that an annotation written as a text names: `"A"`, `"m.A[int] | None"`.
    fn written_types(&mut self, unit: UnitId, text: Symbol, found: &mut Vec<Type>) {
        let text = self.symbols.text(text).to_owned();
        let mut depth = 0_i32;
        let parts = text.split(|character| {
            depth += match character {
                '[' => 1,
                ']' => -1,
                _ => 0,
            };
            character == '|' && depth == 0
        });
        for part in parts.map(str::to_owned).collect::<Vec<_>>() {
            let name = part.split('[').next().unwrap_or("").trim();
            let is_name = |part: &str| {
                let mut characters = part.chars();
                characters.next().is_some_and(|first| first == '_' || first.is_alphabetic())
                    && characters.all(|one| one == '_' || one.is_alphanumeric())
            };
            if !name.split('.').all(is_name) {
                continue;
            }
            for object in self.objects_named(unit, name) {
                found.extend(self.named_type(object));
            }
        }
    }

    /// Return what a dotted name means in a frame, without its local variables.
    fn objects_named(&mut self, unit: UnitId, dotted: &str) -> Vec<ObjectId> {
        let mut parts = dotted.split('.').map(|part| self.symbols.find(part)).collect::<Vec<_>>().into_iter();
        let Some(Some(first)) = parts.next() else { return Vec::new() };
        let mut holders: Vec<ObjectId> = Vec::new();
        let mut around = unit;
        while around != NONE {
            let source = &self.program.units[around as usize];
            if source.kind == UnitKind::Module {
                holders.push(self.objects.intern(Object::Module(source.file)));
            } else {
                holders.extend(self.made.get(&around).and_then(|made| made.first()));
            }
            around = source.parent;
        }
        let bound = holders.into_iter().find_map(|holder| self.fields.get(&(holder, first)).copied());
        let mut objects = match bound {
            Some(node) => self.graph.objects(node).to_vec(),
            None if self.models.is_builtin(self.symbols.text(first)) => {
                let name = format!("builtins.{}", self.symbols.text(first));
                let name = self.symbols.intern(&name);
                vec![self.objects.intern(Object::External(name))]
            }
            None => Vec::new(),
        };
        for part in parts {
            let Some(part) = part else { return Vec::new() };
            objects = objects
                .into_iter()
                .flat_map(|object| match self.objects.get(object) {
                    Object::External(scope) => vec![self.external_member(scope, part)],
                    _ => {
                        let node = self.fields.get(&(object, part)).copied();
                        node.map(|node| self.graph.objects(node).to_vec()).unwrap_or_default()
                    }
                })
                .collect();
        }
        objects
    }

    /// Say whether the program is JavaScript: languages are solved apart.
    fn is_ecmascript(&self) -> bool {
        self.program.units.first().is_some_and(|unit| unit.language == Language::Ecmascript)
    }

    /// Return the class of a value.
    fn class_of(&self, object: ObjectId) -> Option<Target> {
        match self.objects.get(object) {
            Object::Instance { class, .. } => self.holder(class).map(Target::Unit),
            Object::Ecma(Ecma::Array { .. }) => self.symbols.find("Array").map(Target::External),
            Object::Generator(_) | Object::Coroutine(_) => None,
            Object::Text(_) | Object::Affixes { .. } if self.is_ecmascript() => {
                Some(Target::External(self.ecma.names.string))
            }
            Object::Integer(_) if self.is_ecmascript() => Some(Target::External(self.ecma.names.number)),
            Object::Ecma(Ecma::Boolean(_)) => Some(Target::External(self.ecma.names.boolean)),
            _ => self.class_name(object).map(Target::External),
        }
    }

    /// Let the classes of a node's values be those of a slot, unless there are too many.
    fn infer(&mut self, slot: Slot, nodes: &[Node], found: &mut Vec<TypeFact>) {
        let mut classes: Vec<Target> = Vec::new();
        for node in nodes {
            for object in self.graph.objects(*node).to_vec() {
                if let Some(class) = self.class_of(object)
                    && !classes.contains(&class)
                {
                    classes.push(class);
                }
                if classes.len() > MOST_TYPES {
                    return;
                }
            }
        }
        let facts = classes.into_iter().map(|class| TypeFact { slot, type_: Type::Class(class), is_inferred: true });
        found.extend(facts);
    }

    /// Say whether a function's first parameter is its receiver: everybody knows its class.
    fn names_receiver(&self, unit: UnitId) -> bool {
        let source = &self.program.units[unit as usize];
        let is_method = source.parent != NONE && self.program.units[source.parent as usize].kind == UnitKind::Class;
        let made = self.made.get(&unit).and_then(|made| made.first());
        source.language == Language::Python
            && is_method
            && made.is_none_or(|function| !self.static_methods.contains(function))
    }

    /// What parameters are given and what is returned.
    fn inferred_types(&mut self, unit: UnitId, clones: &[CloneId], found: &mut Vec<TypeFact>) {
        let source = &self.program.units[unit as usize];
        if !matches!(source.kind, UnitKind::Function | UnitKind::Lambda) || source.language == Language::Java {
            return;
        }
        let mut returned: Vec<Node> = clones.iter().map(|clone| self.extra(*clone, RETURNED)).collect();
        for (at, parameter) in source.parameters.iter().enumerate() {
            let nodes: Vec<Node> =
                clones.iter().map(|clone| self.clones[*clone as usize].base + parameter.value).collect();
            if source.returned.contains(&(at as u32)) {
                returned.extend(&nodes);
            }
            let takes_one = matches!(
                parameter.kind,
                ParameterKind::PositionalOnly | ParameterKind::Plain | ParameterKind::NamedOnly
            );
            if takes_one && !(at == 0 && self.names_receiver(unit)) {
                self.infer(Slot::Parameter(unit, parameter.name), &nodes, found);
            }
        }
        if !source.is_generator && !source.is_async {
            self.infer(Slot::Returned(unit), &returned, found);
        }
    }

    /// What fields and variables hold.
    fn member_types(&mut self, found: &mut Vec<TypeFact>) {
        let mut nodes: Vec<(UnitId, Symbol, Node)> = Vec::new();
        for ((object, name), node) in &self.fields {
            if let Some(holder) = self.holder(*object)
                && self.program.units[holder as usize].kind != UnitKind::Function
            {
                nodes.push((holder, *name, *node));
            }
        }
        nodes.sort_unstable();
        for same in nodes.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)) {
            let of_slot: Vec<Node> = same.iter().map(|(_, _, node)| *node).collect();
            self.infer(Slot::Member(same[0].0, same[0].1), &of_slot, found);
        }
    }

    /// The bases of each class, nearest first.
    fn bases(&mut self, found: &mut Vec<(UnitId, UnitId)>) {
        for unit in 0..self.program.units.len() as UnitId {
            let source = &self.program.units[unit as usize];
            if source.kind != UnitKind::Class {
                continue;
            }
            let language = source.language;
            let Some(class) = self.made.get(&unit).and_then(|made| made.first()).copied() else { continue };
            let order: Vec<ObjectId> = if language == Language::Ecmascript {
                self.extended(class)
            } else if self.knows_class(class) {
                self.order(class).to_vec()
            } else {
                Vec::new()
            };
            let mut listed: Vec<UnitId> = Vec::new();
            for base in order.into_iter().filter_map(|one| self.holder(one)).take(MOST_BASES) {
                if base != unit && !listed.contains(&base) {
                    listed.push(base);
                }
            }
            found.extend(listed.into_iter().map(|base| (unit, base)));
        }
    }

    /// Return the classes that a class of JavaScript extends, nearest first.
    fn extended(&mut self, class: ObjectId) -> Vec<ObjectId> {
        let mut found = vec![class];
        let mut at = 0;
        while at < found.len() && found.len() < MOST_BASES {
            for node in self.ecma.bases.get(&found[at]).cloned().unwrap_or_default() {
                for base in self.graph.objects(node).to_vec() {
                    let is_class = matches!(self.objects.get(base), Object::Class { .. } | Object::Function { .. });
                    if is_class && !found.contains(&base) {
                        found.push(base);
                    }
                }
            }
            at += 1;
        }
        found
    }
}

/// The constraints of a frame that annotations are made of, by the value that they define.
struct Forms<'u> {
    by_value: Map<Value, &'u Op>,
    /// Elements of tuples.
    elements: Map<Value, Vec<Value>>,
}

impl<'u> Forms<'u> {
    fn of(unit: &'u Unit) -> Self {
        let mut forms = Self { by_value: Map::default(), elements: Map::default() };
        if unit.language != Language::Python {
            return forms;
        }
        for op in &unit.ops {
            match op {
                Op::LoadItem { to, .. } | Op::Text { to, .. } => {
                    forms.by_value.insert(*to, op);
                }
                Op::Operator { to, right, .. } if *right != NONE => {
                    forms.by_value.insert(*to, op);
                }
                Op::Element { container, value, .. } => forms.elements.entry(*container).or_default().push(*value),
                _ => {}
            }
        }
        forms
    }
}
