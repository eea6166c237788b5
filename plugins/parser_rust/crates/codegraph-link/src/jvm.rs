//! What names mean in Java and Kotlin: the twin of the reference engine's `jvm.py` and `jvm_facts.py`,
//! function by function; that is also why the module is long.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::{Array, ListArray, RecordBatch, StringArray};
use serde::Deserialize;

use crate::columns::{column, strings};
use crate::names::{Answers, Names};
use crate::symbols::{Entity, Interner, Language, Map, SymbolTable, dirname};
use crate::{LinkError, codes};

/// `imports.style` of the languages that this module links.
pub const STYLE: &str = "package";
/// Any number of arguments.
pub const ANY: i32 = -1;

const STATIC: u16 = 1;
const PRIVATE: u16 = 2;
const VARIADIC: u16 = 4;
const CONSTRUCTOR: u16 = 8;
const COMPANION: u16 = 16;
const COMPACT: u16 = 32;
const COMPONENT: u16 = 64;
const OVERRIDE: u16 = 128;
const DEFAULT: u16 = 256;
const EXTENSION: u16 = 512;

const OBJECT: [&str; 9] = [
    "clone",
    "equals",
    "finalize",
    "getClass",
    "hashCode",
    "notify",
    "notifyAll",
    "toString",
    "wait",
];
const ENUM_METHODS: [&str; 6] = [
    "compareTo",
    "getDeclaringClass",
    "name",
    "ordinal",
    "valueOf",
    "values",
];
const ROOTS: [&str; 3] = ["java", "javax", "kotlin"];
/// Number of a package without files.
const NO_PACKAGE: u32 = u32::MAX;

/// An entity or minus a reason, the resolver, and whether a name on the way has several definitions.
type Found = (Entity, u8, bool);

/// What a use means.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// Entity or minus a reason.
    pub entity: Entity,
    /// The resolver.
    pub resolver: u8,
    /// A name on the way has several definitions.
    pub ambiguous: bool,
    /// The last definition that was reached where the way ended early, or -1.
    pub reached: Entity,
    /// The constructor that an instantiation runs, or -1.
    pub builder: Entity,
    /// Other constructors fit as well.
    pub several: bool,
}

/// Kinds of definitions that are asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// Functions and methods.
    Functions,
    /// Fields, properties, constants, variables, enum members.
    Values,
    /// Types and aliases.
    Types,
    /// Types, aliases and facades.
    TypesAndModules,
}

/// A dotted name: the code of each part and whether it is called.
pub type Parts = Vec<(u32, bool)>;

/// One thread's finished answers.
#[derive(Default)]
pub struct JvmAnswers {
    /// Types are looked up without their bases' members: while the bases themselves are resolved.
    pub own_only: bool,
    answers: Map<(Entity, u32, u8, u8, Entity, i32), Answer>,
    types: Map<(Entity, u32), Found>,
    /// File, name, space, number of arguments → what the name means outside of types.
    tops: Map<(u32, u32, u8, i32), Found>,
    /// Code of an imported module, file → the type or facade of that name, or -1.
    homes: Map<(u32, u32), Entity>,
    /// Extension function → the type that it extends, or -1.
    extended: Map<Entity, Entity>,
    through: Map<(Entity, Entity, u32, u8, i32), Option<Answer>>,
}

/// What nodes say of themselves beyond the symbol table's columns.
#[derive(Default)]
pub struct Facts {
    flags: Map<Entity, u16>,
    /// Declared type of a value, return type of a function, target of an alias.
    types: Map<Entity, String>,
    /// Receiver type of an extension.
    receivers: Map<Entity, String>,
    package: Map<u32, String>,
    facade: Map<u32, String>,
}

#[derive(Deserialize)]
struct Metadata<'t> {
    #[serde(borrow)]
    annotation: Option<Cow<'t, str>>,
    #[serde(borrow)]
    returns: Option<Cow<'t, str>>,
    #[serde(borrow)]
    receiver: Option<Cow<'t, str>>,
    #[serde(borrow)]
    default: Option<Cow<'t, str>>,
    #[serde(borrow)]
    package: Option<Cow<'t, str>>,
    #[serde(borrow)]
    facade: Option<Cow<'t, str>>,
}

/// The columns that facts are read from.
pub struct FactColumns<'b> {
    offsets: &'b [i32],
    modifiers: &'b StringArray,
    metadata: &'b StringArray,
}

impl<'b> FactColumns<'b> {
    /// Find them in a batch of nodes.
    pub fn new(batch: &'b RecordBatch) -> Result<Self, LinkError> {
        let wrong = || LinkError("nodes.modifiers is not a list of texts".to_owned());
        let lists = column(batch, "modifiers")?
            .as_any()
            .downcast_ref::<ListArray>()
            .ok_or_else(wrong)?;
        let modifiers = lists
            .values()
            .as_any()
            .downcast_ref::<StringArray>()
            .ok_or_else(wrong)?;
        Ok(Self {
            offsets: lists.value_offsets(),
            modifiers,
            metadata: strings(batch, "metadata")?,
        })
    }

    /// Say whether a row has a modifier.
    pub fn has_modifier(&self, row: usize, modifier: &str) -> bool {
        (self.offsets[row]..self.offsets[row + 1])
            .any(|item| self.modifiers.value(item as usize) == modifier)
    }
}

impl Facts {
    /// Read the modifiers and metadata of one file's rows; the parts of written types become `names`.
    pub fn take(
        &mut self,
        names: &mut Interner,
        columns: &FactColumns<'_>,
        rows: std::ops::Range<usize>,
        start: usize,
        file: u32,
        kinds: &[u8],
    ) -> Result<(), LinkError> {
        for row in rows {
            let node = (start + row) as Entity;
            let mut flags = 0;
            for item in columns.offsets[row]..columns.offsets[row + 1] {
                flags |= match columns.modifiers.value(item as usize) {
                    "static" => STATIC,
                    "private" => PRIVATE,
                    "variadic" | "vararg" => VARIADIC,
                    "constructor" => CONSTRUCTOR,
                    "companion" => COMPANION,
                    "compact" => COMPACT,
                    "component" => COMPONENT,
                    "override" => OVERRIDE,
                    "extension" => EXTENSION,
                    _ => 0,
                };
            }
            if !columns.metadata.is_null(row) {
                let facts: Metadata<'_> = serde_json::from_str(columns.metadata.value(row))
                    .map_err(|error| LinkError(format!("metadata is not JSON: {error}")))?;
                if facts.default.is_some() {
                    flags |= DEFAULT;
                }
                if kinds[start + row] != codes::PARAMETER
                    && let Some(type_) = facts
                        .annotation
                        .filter(|text| !text.is_empty())
                        .or(facts.returns)
                {
                    intern_parts(names, &type_);
                    self.types.insert(node, type_.into_owned());
                }
                if let Some(receiver) = facts.receiver {
                    intern_parts(names, &receiver);
                    self.receivers.insert(node, receiver.into_owned());
                }
                if let Some(package) = facts.package {
                    self.package
                        .entry(file)
                        .or_insert_with(|| package.into_owned());
                }
                if let Some(facade) = facts.facade {
                    self.facade
                        .entry(file)
                        .or_insert_with(|| facade.into_owned());
                }
            }
            if flags != 0 {
                self.flags.insert(node, flags);
            }
        }
        Ok(())
    }
}

/// The lookups over all Java and Kotlin files.
#[derive(Default)]
pub struct Jvm {
    named: Map<(Entity, u32), Vec<Entity>>,
    constructors: Map<Entity, Vec<Entity>>,
    companions: Map<Entity, Vec<Entity>>,
    components: Map<Entity, i32>,
    /// Package → its number; those with files.
    packages: Map<String, u32>,
    /// By package: its files.
    files: Vec<Vec<u32>>,
    /// By package: name → top-level definitions and facades.
    top: Vec<Map<u32, Vec<Entity>>>,
    /// By file: its package, or [`NO_PACKAGE`].
    package_of: Vec<u32>,
    /// By code of an imported module: the package of that name, or [`NO_PACKAGE`].
    package_named: Vec<u32>,
    /// By language: the packages whose names every file knows.
    defaults: Vec<Vec<u32>>,
    /// The package without a name, or [`NO_PACKAGE`].
    root: u32,
    parameters: Map<Entity, (i32, i32, bool)>,
    singles: Map<(u32, u32), Vec<usize>>,
    stars: Map<u32, Vec<usize>>,
    builtins: Vec<Map<u32, String>>,
    this: u32,
    super_: u32,
    object: Vec<u32>,
    enum_methods: Vec<u32>,
    object_type: u32,
    enum_type: u32,
    class: u32,
}

fn is_holder(kind: u8) -> bool {
    codes::is_type(kind) || kind == codes::ENUM_MEMBER
}

fn is_function(kind: u8) -> bool {
    matches!(kind, codes::FUNCTION | codes::METHOD)
}

fn is_value(kind: u8) -> bool {
    matches!(
        kind,
        codes::VARIABLE | codes::CONSTANT | codes::FIELD | codes::PROPERTY | codes::ENUM_MEMBER
    )
}

impl Space {
    fn holds(self, kind: u8) -> bool {
        match self {
            Space::Functions => is_function(kind),
            Space::Values => is_value(kind),
            Space::Types => codes::is_type(kind) || kind == codes::TYPE_ALIAS,
            Space::TypesAndModules => {
                codes::is_type(kind) || matches!(kind, codes::TYPE_ALIAS | codes::MODULE)
            }
        }
    }
}

/// Say whether a file's language is linked here.
pub fn is_jvm(table: &SymbolTable, file: u32) -> bool {
    let language = table.language[file as usize];
    language >= 0 && table.languages[language as usize].style == STYLE
}

/// The dotted name of a written type without its arguments; None for arrays, functions and such.
fn type_name(annotation: &str) -> Option<&str> {
    let end = annotation
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '.')))
        .unwrap_or(annotation.len());
    let (name, rest) = annotation.split_at(end);
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '$')) {
        return None;
    }
    let rest = rest.strip_suffix('?').unwrap_or(rest);
    let arguments = rest.starts_with('<')
        && rest.len() > 1
        && rest.ends_with('>')
        && !rest.contains(['[', ']']);
    (rest.is_empty() || arguments).then_some(name)
}

/// Give the parts of a dotted written type codes: of a type outside the repository nothing else may have them.
///
/// Bases are linked before the other uses are read, and a rerun reads the uses of some files only. A name of one
/// part needs no code: one that nothing defines, imports or builds in means nothing.
fn intern_parts(names: &mut Interner, annotation: &str) {
    if let Some(dotted) = type_name(annotation).filter(|name| name.contains('.')) {
        for part in dotted.split('.') {
            names.intern(part);
        }
    }
}

fn failed(reason: i32, resolver: u8) -> Answer {
    Answer {
        entity: -reason,
        resolver,
        ambiguous: false,
        reached: -1,
        builder: -1,
        several: false,
    }
}

fn plain(entity: Entity, resolver: u8, ambiguous: bool) -> Answer {
    Answer {
        entity,
        resolver,
        ambiguous,
        reached: -1,
        builder: -1,
        several: false,
    }
}

impl Jvm {
    /// Build the lookups; None where no file needs them.
    pub fn new(table: &mut SymbolTable) -> Option<Self> {
        let files: Vec<u32> = (0..table.paths.len() as u32)
            .filter(|file| is_jvm(table, *file))
            .collect();
        if files.is_empty() {
            return None;
        }
        let mut jvm = Jvm::default();
        for at in 0..table.languages.len() {
            let mut full = Map::default();
            if table.languages[at].style == STYLE {
                let mut builtins: Vec<String> =
                    table.languages[at].builtins.iter().cloned().collect();
                builtins.sort_unstable();
                for name in builtins {
                    let last = table.names.intern(name.rsplit('.').next().unwrap_or(&name));
                    let home = &table.languages[at].builtins_module;
                    let dotted = if name.contains('.') {
                        name
                    } else {
                        format!("{home}.{name}")
                    };
                    full.insert(last, dotted);
                }
            }
            jvm.builtins.push(full);
        }
        let mut codes_of = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| table.names.intern(text))
                .collect::<Vec<u32>>()
        };
        jvm.object = codes_of(&OBJECT);
        jvm.enum_methods = codes_of(&ENUM_METHODS);
        let fixed = codes_of(&["this", "super", "Object", "Enum", "class"]);
        (jvm.this, jvm.super_, jvm.object_type, jvm.enum_type) =
            (fixed[0], fixed[1], fixed[2], fixed[3]);
        jvm.class = fixed[4];
        jvm.package_of = vec![NO_PACKAGE; table.paths.len()];
        for file in files {
            let package = table.jvm.package.get(&file).map_or("", String::as_str);
            let number = match jvm.packages.get(package) {
                Some(number) => *number,
                None => {
                    let number = jvm.files.len() as u32;
                    jvm.packages.insert(package.to_owned(), number);
                    jvm.files.push(Vec::new());
                    jvm.top.push(Map::default());
                    number
                }
            };
            jvm.package_of[file as usize] = number;
            jvm.files[number as usize].push(file);
            let module = table.module[file as usize];
            let top = &mut jvm.top[number as usize];
            if let Some(facade) = table.jvm.facade.get(&file)
                && module >= 0
            {
                let facade = table.names.intern(facade);
                top.entry(facade).or_default().push(module);
            }
            for node in table.base[file as usize]..table.base[file as usize + 1] {
                let (parent, kind) = (table.parent[node as usize], table.kind[node as usize]);
                let node = node as Entity;
                if parent < 0 || kind == codes::IMPORT {
                    continue;
                }
                let own = table.jvm.flags.get(&node).copied().unwrap_or(0);
                if kind == codes::PARAMETER {
                    let known = jvm.parameters.entry(parent).or_default();
                    known.0 += i32::from(own & (VARIADIC | DEFAULT) == 0);
                    known.1 += 1;
                    known.2 |= own & VARIADIC != 0;
                    continue;
                }
                if own & CONSTRUCTOR != 0 {
                    jvm.constructors.entry(parent).or_default().push(node);
                    continue;
                }
                if own & COMPONENT != 0 {
                    *jvm.components.entry(parent).or_default() += 1;
                }
                if own & COMPANION != 0 {
                    jvm.companions.entry(parent).or_default().push(node);
                }
                let name = table.name[node as usize];
                jvm.named.entry((parent, name)).or_default().push(node);
                if parent == module {
                    top.entry(name).or_default().push(node);
                }
            }
        }
        for row in 0..table.imports.file.len() {
            let file = table.imports.file[row];
            if !is_jvm(table, file) {
                continue;
            }
            let name = table.imports.name[row];
            if name >= 0 && table.names.text(name as u32) == "*" {
                jvm.stars.entry(file).or_default().push(row);
                continue;
            }
            let local = match (table.imports.alias[row], name) {
                (alias, _) if alias >= 0 => alias as u32,
                (_, name) if name >= 0 => name as u32,
                _ => {
                    let module = table.modules.text(table.imports.module[row]).to_owned();
                    table.names.intern(&module)
                }
            };
            jvm.singles.entry((file, local)).or_default().push(row);
        }
        jvm.root = jvm.package("");
        jvm.package_named = (0..table.modules.count())
            .map(|code| jvm.package(table.modules.text(code)))
            .collect();
        let defaults = |language: &Language| {
            let names = language.default_packages.iter();
            names.map(|name| jvm.package(name)).collect()
        };
        jvm.defaults = table.languages.iter().map(defaults).collect();
        Some(jvm)
    }

    /// The number of a package, or [`NO_PACKAGE`].
    fn package(&self, name: &str) -> u32 {
        self.packages.get(name).copied().unwrap_or(NO_PACKAGE)
    }

    /// The package that an imported module is, by its code; None is the package without a name.
    fn package_at(&self, home: Option<u32>) -> u32 {
        home.map_or(self.root, |module| self.package_named[module as usize])
    }

    fn top(&self, package: u32, name: u32) -> &[Entity] {
        self.top
            .get(package as usize)
            .and_then(|names| names.get(&name))
            .map_or(&[], Vec::as_slice)
    }

    fn named(&self, holder: Entity, name: u32) -> &[Entity] {
        self.named.get(&(holder, name)).map_or(&[], Vec::as_slice)
    }
}

impl Names {
    fn jvm(&self) -> &Jvm {
        self.jvm
            .as_ref()
            .expect("asked for files of these languages only")
    }

    fn flags(&self, node: Entity) -> u16 {
        self.table.jvm.flags.get(&node).copied().unwrap_or(0)
    }

    // Places -------------------------------------------------------------------------------------

    fn owner(&self, mut node: Entity) -> Entity {
        while node >= 0 && !is_holder(self.kind(node)) && self.kind(node) != codes::MODULE {
            node = self.table.parent[node as usize];
        }
        node
    }

    fn around(&self, type_: Entity) -> Entity {
        match self.table.parent[type_ as usize] {
            parent if parent >= 0 => self.owner(parent),
            _ => -1,
        }
    }

    /// The candidate whose path shares most folders with a file; among equals the first.
    fn nearest(&self, candidates: &[Entity], file: u32) -> Entity {
        if let [only] = candidates {
            return *only;
        }
        let here = &self.table.paths[file as usize];
        let (mut best, mut shared) = (candidates[0], -1);
        for candidate in candidates {
            let there = &self.table.paths[self.table.file_of_node(*candidate) as usize];
            let count = here
                .split('/')
                .zip(there.split('/'))
                .take_while(|(a, b)| a == b)
                .count() as i32;
            if count > shared {
                (best, shared) = (*candidate, count);
            }
        }
        best
    }

    // Members ------------------------------------------------------------------------------------

    fn ancestors(&self, type_: Entity, answers: &mut Answers) -> Arc<[Entity]> {
        if answers.jvm.own_only {
            return Arc::default();
        }
        if self.kind(type_) == codes::ENUM_MEMBER {
            let parent = self.table.parent[type_ as usize];
            let mut all = vec![parent];
            all.extend_from_slice(&self.lineage_types(parent, answers));
            return all.into();
        }
        self.lineage_types(type_, answers)
    }

    fn outside(&self, mut type_: Entity, answers: &mut Answers) -> (Entity, i32) {
        if self.kind(type_) == codes::ENUM_MEMBER {
            type_ = self.table.parent[type_ as usize];
        }
        self.lineage_end(type_, answers)
    }

    fn of_space(
        &self,
        holder: Entity,
        name: u32,
        space: Space,
    ) -> impl Iterator<Item = Entity> + '_ {
        self.jvm()
            .named(holder, name)
            .iter()
            .copied()
            .filter(move |node| space.holds(self.kind(*node)))
    }

    /// 0 if a function cannot take so many arguments, 2 if it can, 1 if only with a variadic parameter.
    fn fits(&self, function: Entity, arity: i32) -> u8 {
        if arity == ANY {
            return 2;
        }
        let jvm = self.jvm();
        let (required, count, variadic) = if self.flags(function) & COMPACT != 0 {
            let count = jvm
                .components
                .get(&self.table.parent[function as usize])
                .copied()
                .unwrap_or(0);
            (count, count, false)
        } else {
            jvm.parameters
                .get(&function)
                .copied()
                .unwrap_or((0, 0, false))
        };
        if required <= arity && arity <= count && !variadic {
            2
        } else {
            u8::from(variadic && arity >= required)
        }
    }

    fn fitting(&self, functions: impl Iterator<Item = Entity>, arity: i32) -> (Entity, bool) {
        let (mut best, mut degree, mut several) = (-1, 0, false);
        for function in functions {
            let fit = self.fits(function, arity);
            if fit > degree {
                (best, degree, several) = (function, fit, false);
            } else if fit > 0 && fit == degree {
                several = true;
            }
        }
        (best, several)
    }

    /// A type and its companions, unless only what is inherited counts.
    fn own_holders(&self, type_: Entity, inherited: bool) -> impl Iterator<Item = Entity> + '_ {
        let companions = if inherited {
            &[]
        } else {
            self.jvm()
                .companions
                .get(&type_)
                .map_or(&[][..], Vec::as_slice)
        };
        (!inherited)
            .then_some(type_)
            .into_iter()
            .chain(companions.iter().copied())
    }

    fn method(
        &self,
        type_: Entity,
        name: u32,
        arity: i32,
        inherited: bool,
        answers: &mut Answers,
    ) -> Option<Found> {
        let ancestors = self.ancestors(type_, answers);
        let own = self.own_holders(type_, inherited);
        for holder in own.chain(ancestors.iter().copied()) {
            let (found, several) =
                self.fitting(self.of_space(holder, name, Space::Functions), arity);
            if found >= 0 {
                return Some((found, codes::R_MEMBER, several));
            }
        }
        self.implied_method(type_, name, arity)
    }

    fn implied_method(&self, type_: Entity, name: u32, arity: i32) -> Option<Found> {
        let jvm = self.jvm();
        if jvm.object.contains(&name) {
            return Some(self.library_method(jvm.object_type, name, arity));
        }
        let kind = self.kind(type_);
        if jvm.enum_methods.contains(&name) && matches!(kind, codes::ENUM | codes::ENUM_MEMBER) {
            return Some(self.library_method(jvm.enum_type, name, arity));
        }
        None
    }

    fn library_method(&self, type_: u32, name: u32, arity: i32) -> Found {
        let jvm = self.jvm();
        for holder in jvm.top(jvm.package("java.lang"), type_) {
            let (found, several) =
                self.fitting(self.of_space(*holder, name, Space::Functions), arity);
            if found >= 0 {
                return (found, codes::R_MEMBER, several);
            }
        }
        let (type_, name) = (self.table.names.text(type_), self.table.names.text(name));
        (
            self.external(&format!("java.lang.{type_}.{name}")),
            codes::R_MEMBER,
            false,
        )
    }

    fn value_of(
        &self,
        type_: Entity,
        name: u32,
        inherited: bool,
        answers: &mut Answers,
    ) -> Option<Found> {
        let ancestors = self.ancestors(type_, answers);
        let own = self.own_holders(type_, inherited);
        self.first_of(own.chain(ancestors.iter().copied()), name, Space::Values)
    }

    fn nested(&self, type_: Entity, name: u32, answers: &mut Answers) -> Option<Found> {
        let ancestors = self.ancestors(type_, answers);
        let holders = std::iter::once(type_).chain(ancestors.iter().copied());
        self.first_of(holders, name, Space::Types)
    }

    fn first_of(
        &self,
        holders: impl Iterator<Item = Entity>,
        name: u32,
        space: Space,
    ) -> Option<Found> {
        for holder in holders {
            let mut found = self.of_space(holder, name, space);
            if let Some(first) = found.next() {
                return Some((first, codes::R_MEMBER, found.next().is_some()));
            }
        }
        None
    }

    // Free names ---------------------------------------------------------------------------------

    fn type_named(&self, owner: Entity, name: u32, answers: &mut Answers) -> Found {
        if let Some(found) = answers.jvm.types.get(&(owner, name)) {
            return *found;
        }
        let found = self.type_named_uncached(owner, name, answers);
        answers.jvm.types.insert((owner, name), found);
        found
    }

    fn type_named_uncached(&self, owner: Entity, name: u32, answers: &mut Answers) -> Found {
        let mut holder = owner;
        while holder >= 0 && self.kind(holder) != codes::MODULE {
            if self.table.name[holder as usize] == name && Space::Types.holds(self.kind(holder)) {
                return (holder, codes::R_LEXICAL, false);
            }
            if let Some((found, _, unsure)) = self.nested(holder, name, answers) {
                let near = self.same_file(found, owner);
                return (
                    found,
                    if near {
                        codes::R_LEXICAL
                    } else {
                        codes::R_MEMBER
                    },
                    unsure,
                );
            }
            holder = self.around(holder);
        }
        self.top_named(
            self.table.file_of_node(owner),
            name,
            Space::TypesAndModules,
            ANY,
            answers,
        )
    }

    fn same_file(&self, node: Entity, other: Entity) -> bool {
        self.table.file_of_node(node) == self.table.file_of_node(other)
    }

    fn chosen(
        &self,
        candidates: &[Entity],
        space: Space,
        arity: i32,
        file: u32,
    ) -> Option<(Entity, bool)> {
        let mut wanted: Vec<Entity> = candidates
            .iter()
            .copied()
            .filter(|node| space.holds(self.kind(*node)))
            .collect();
        if arity != ANY {
            let fit = |node: Entity| is_function(self.kind(node)).then(|| self.fits(node, arity));
            let most = wanted
                .iter()
                .filter_map(|node| fit(*node))
                .max()
                .unwrap_or(0);
            wanted.retain(|node| fit(*node).is_none_or(|fit| fit > 0 && fit == most));
        }
        if wanted.is_empty() {
            return None;
        }
        let best = self.nearest(&wanted, file);
        let alike = wanted
            .iter()
            .filter(|node| self.same_file(**node, best))
            .count();
        Some((best, alike > 1))
    }

    fn top_named(
        &self,
        file: u32,
        name: u32,
        space: Space,
        arity: i32,
        answers: &mut Answers,
    ) -> Found {
        let key = (file, name, space as u8, arity);
        if let Some(found) = answers.jvm.tops.get(&key) {
            return *found;
        }
        let found = self.top_named_uncached(file, name, space, arity, answers);
        answers.jvm.tops.insert(key, found);
        found
    }

    fn top_named_uncached(
        &self,
        file: u32,
        name: u32,
        space: Space,
        arity: i32,
        answers: &mut Answers,
    ) -> Found {
        let jvm = self.jvm();
        let singles = jvm
            .singles
            .get(&(file, name))
            .map_or(&[][..], Vec::as_slice);
        for row in singles {
            if let Some((found, unsure)) = self.imported(*row, space, arity, answers) {
                return (found, codes::R_IMPORT, unsure);
            }
        }
        let candidates = jvm.top(jvm.package_of[file as usize], name);
        let own: Vec<Entity> = candidates
            .iter()
            .copied()
            .filter(|node| self.table.file_of_node(*node) == file)
            .collect();
        for (nodes, resolver) in [
            (own.as_slice(), codes::R_LEXICAL),
            (candidates, codes::R_IMPORT),
        ] {
            if let Some((found, unsure)) = self.chosen(nodes, space, arity, file) {
                return (found, resolver, unsure);
            }
        }
        if let Some(row) = singles.first() {
            let (entity, unsure) = self.jvm_target(*row, answers);
            if entity >= self.table.entity_count() {
                return (entity, codes::R_IMPORT, false);
            }
            let reason = if entity < 0 {
                codes::UNRESOLVED_IMPORT
            } else {
                codes::NAME_NOT_FOUND
            };
            return (-reason, codes::R_IMPORT, unsure);
        }
        let mut away = false;
        for row in jvm.stars.get(&file).into_iter().flatten() {
            let module = self.table.imports.module[*row];
            if let Some((found, unsure)) =
                self.in_module(Some(module), name, space, arity, file, answers)
            {
                return (found, codes::R_IMPORT, unsure);
            }
            away |= jvm.package_named[module as usize] == NO_PACKAGE;
        }
        let language = self.table.language[file as usize] as usize;
        for default in &jvm.defaults[language] {
            if let Some((found, unsure)) = self.chosen(jvm.top(*default, name), space, arity, file)
            {
                return (found, codes::R_IMPORT, unsure);
            }
        }
        if let Some(full) = jvm.builtins[language].get(&name) {
            return (self.external(full), codes::R_BUILTIN, false);
        }
        (
            -(if away {
                codes::STAR_IMPORT
            } else {
                codes::UNDEFINED_NAME
            }),
            codes::R_LEXICAL,
            false,
        )
    }

    fn imported(
        &self,
        row: usize,
        space: Space,
        arity: i32,
        answers: &mut Answers,
    ) -> Option<(Entity, bool)> {
        let imports = &self.table.imports;
        let module = imports.module[row];
        let (home, name) = match imports.name[row] {
            -1 => (None, self.table.names.get(self.table.modules.text(module))?),
            name => (Some(module), name as u32),
        };
        self.in_module(home, name, space, arity, imports.file[row], answers)
    }

    /// What a name means in an imported module, by its code; None is the package without a name.
    fn in_module(
        &self,
        home: Option<u32>,
        name: u32,
        space: Space,
        arity: i32,
        file: u32,
        answers: &mut Answers,
    ) -> Option<(Entity, bool)> {
        let jvm = self.jvm();
        let chosen = self.chosen(jvm.top(jvm.package_at(home), name), space, arity, file);
        if chosen.is_some() {
            return chosen;
        }
        let holder = self.home_type(home, file, answers);
        if holder < 0 {
            return None;
        }
        if self.kind(holder) == codes::MODULE {
            return self.chosen(jvm.named(holder, name), space, arity, file);
        }
        let found = match space {
            Space::Types | Space::TypesAndModules => self.nested(holder, name, answers),
            Space::Functions => self.method(holder, name, arity, false, answers),
            Space::Values => self.value_of(holder, name, false, answers),
        };
        found
            .filter(|(entity, ..)| (0..self.table.node_count()).contains(entity))
            .map(|(entity, _, unsure)| (entity, unsure))
    }

    /// The type or facade that an imported module is, or -1.
    fn home_type(&self, home: Option<u32>, file: u32, answers: &mut Answers) -> Entity {
        let Some(module) = home else {
            return self.full_name("", file, answers);
        };
        if let Some(known) = answers.jvm.homes.get(&(module, file)) {
            return *known;
        }
        let found = self.full_name(self.table.modules.text(module), file, answers);
        answers.jvm.homes.insert((module, file), found);
        found
    }

    /// The type or facade with a full name (`a.b.Outer.Inner`), or -1.
    fn full_name(&self, dotted: &str, file: u32, answers: &mut Answers) -> Entity {
        let mut split = dotted.rfind('.');
        let code = |text: &str| self.table.names.get(text);
        loop {
            let (package, rest) = match split {
                Some(at) => (&dotted[..at], &dotted[at + 1..]),
                None => ("", dotted),
            };
            let mut names = rest.split('.');
            let first = names.next().and_then(code);
            let candidates: Vec<Entity> = first
                .map(|first| self.jvm().top(self.jvm().package(package), first))
                .unwrap_or(&[])
                .iter()
                .copied()
                .filter(|node| Space::TypesAndModules.holds(self.kind(*node)))
                .collect();
            if !candidates.is_empty() {
                let mut holder = self.nearest(&candidates, file);
                for inner in names {
                    let nested = match code(inner) {
                        Some(inner) if is_holder(self.kind(holder)) => {
                            self.nested(holder, inner, answers)
                        }
                        _ => None,
                    };
                    match nested {
                        Some((found, ..)) => holder = found,
                        None => return -1,
                    }
                }
                return holder;
            }
            match split {
                None => return -1,
                Some(at) => split = dotted[..at].rfind('.'),
            }
        }
    }

    /// Return the type that an extension function around a node extends, or -1.
    fn extended_around(&self, mut node: Entity, answers: &mut Answers) -> Entity {
        while node >= 0 && !is_holder(self.kind(node)) && self.kind(node) != codes::MODULE {
            if let Some(receiver) = self.table.jvm.receivers.get(&node) {
                if let Some(known) = answers.jvm.extended.get(&node) {
                    return *known;
                }
                let type_ = self.written_type(receiver, self.owner(node), answers);
                let inside = (0..self.table.node_count()).contains(&type_);
                let known = if inside && is_holder(self.kind(type_)) {
                    type_
                } else {
                    -1
                };
                answers.jvm.extended.insert(node, known);
                return known;
            }
            node = self.table.parent[node as usize];
        }
        -1
    }

    fn function_named(&self, owner: Entity, name: u32, arity: i32, answers: &mut Answers) -> Found {
        let (mut holder, mut outside, mut reason) = (owner, -1, 0);
        while holder >= 0 && self.kind(holder) != codes::MODULE {
            if let Some((found, _, several)) = self.method(holder, name, arity, false, answers) {
                return (found, codes::R_SELF, several || outside >= 0 || reason > 0);
            }
            let (base, why) = self.outside(holder, answers);
            if outside < 0 && base >= 0 {
                outside = base;
            } else if why != codes::MEMBER_NOT_FOUND && reason == 0 {
                reason = why;
            }
            holder = self.around(holder);
        }
        let found = self.top_named(
            self.table.file_of_node(owner),
            name,
            Space::Functions,
            arity,
            answers,
        );
        if found.0 >= 0 {
            return found;
        }
        if outside >= 0 {
            let full = format!(
                "{}.{}",
                self.external_name(outside),
                self.table.names.text(name)
            );
            return (self.external(&full), codes::R_SELF, false);
        }
        if reason > 0 {
            (-reason, codes::R_SELF, false)
        } else {
            found
        }
    }

    fn value_named(&self, owner: Entity, name: u32, answers: &mut Answers) -> Option<Found> {
        let mut holder = owner;
        while holder >= 0 && self.kind(holder) != codes::MODULE {
            if let Some((found, _, unsure)) = self.value_of(holder, name, false, answers) {
                let near = self.same_file(found, owner);
                return Some((
                    found,
                    if near {
                        codes::R_LEXICAL
                    } else {
                        codes::R_SELF
                    },
                    unsure,
                ));
            }
            holder = self.around(holder);
        }
        let found = self.top_named(
            self.table.file_of_node(owner),
            name,
            Space::Values,
            ANY,
            answers,
        );
        (0..self.table.node_count())
            .contains(&found.0)
            .then_some(found)
    }

    // Questions ----------------------------------------------------------------------------------

    /// Return what a use means; `name` is the code of the dotted name in `self.dotted`.
    #[allow(clippy::too_many_arguments)] // the columns of a use
    pub fn jvm_answer(
        &self,
        use_: u8,
        binding: u8,
        node: Entity,
        target: Entity,
        name: u32,
        arity: i32,
        answers: &mut Answers,
    ) -> Answer {
        let around = matches!(
            use_,
            codes::U_BASE | codes::U_IMPLEMENTS | codes::U_DECORATOR
        );
        let start = if around {
            self.table.parent[node as usize]
        } else {
            node
        };
        let owner = self.owner(if start >= 0 { start } else { node });
        if matches!(binding, codes::B_GLOBAL) && !self.table.jvm.receivers.is_empty() {
            let extended = self.extended_around(node, answers);
            if extended >= 0
                && let Some(found) =
                    self.through_receiver(extended, use_, owner, name, arity, answers)
            {
                return found;
            }
        }
        let key = (owner, name, use_, binding, target, arity);
        if let Some(found) = answers.jvm.answers.get(&key) {
            return *found;
        }
        let found = self.jvm_answer_uncached(
            use_,
            binding,
            owner,
            target,
            &self.dotted[name as usize],
            arity,
            answers,
        );
        answers.jvm.answers.insert(key, found);
        found
    }

    fn through_receiver(
        &self,
        extended: Entity,
        use_: u8,
        owner: Entity,
        name: u32,
        arity: i32,
        answers: &mut Answers,
    ) -> Option<Answer> {
        let key = (extended, owner, name, use_, arity);
        if let Some(known) = answers.jvm.through.get(&key) {
            return *known;
        }
        let found = self.through_receiver_uncached(extended, use_, owner, name, arity, answers);
        answers.jvm.through.insert(key, found);
        found
    }

    /// Return what a free name means as a member of the type that the function around extends.
    fn through_receiver_uncached(
        &self,
        extended: Entity,
        use_: u8,
        owner: Entity,
        name: u32,
        arity: i32,
        answers: &mut Answers,
    ) -> Option<Answer> {
        let parts = &self.dotted[name as usize];
        let (first, called) = parts[0];
        let single = parts.len() == 1;
        let found = if called || (single && use_ == codes::U_CALL) {
            self.method(
                extended,
                first,
                if single { arity } else { ANY },
                false,
                answers,
            )
        } else {
            self.value_of(extended, first, false, answers)
        };
        if !found.is_some_and(|found| (0..self.table.node_count()).contains(&found.0)) {
            return None;
        }
        let mut whole = vec![(self.jvm().this, false)];
        whole.extend_from_slice(parts);
        Some(self.jvm_answer_uncached(use_, codes::B_SELF, owner, extended, &whole, arity, answers))
    }

    #[allow(clippy::too_many_arguments)] // the twin's
    fn jvm_answer_uncached(
        &self,
        use_: u8,
        binding: u8,
        owner: Entity,
        target: Entity,
        parts: &Parts,
        arity: i32,
        answers: &mut Answers,
    ) -> Answer {
        let call = use_ == codes::U_CALL;
        let receiver = matches!(binding, codes::B_SELF | codes::B_SUPER);
        let (mut inherited, mut at) = (false, 1);
        let found = if receiver {
            inherited = binding == codes::B_SUPER;
            if parts.len() == 1 {
                return if call {
                    self.constructor_call(target, arity, inherited)
                } else {
                    failed(codes::VALUE_CALL, codes::R_LEXICAL)
                };
            }
            (target, codes::R_SELF, false)
        } else if binding == codes::B_DEFINITION {
            (target, codes::R_LEXICAL, false)
        } else {
            let (found, size) = self.head(owner, parts, binding, use_, arity, answers);
            at = size;
            found
        };
        let (mut entity, mut resolver, mut unsure) = found;
        if entity < 0 {
            return failed(-entity, resolver);
        }
        let jvm = self.jvm();
        for position in at..parts.len() {
            let last = position == parts.len() - 1;
            let (name, called) = parts[position];
            if entity >= self.table.entity_count() {
                if parts[..parts.len() - 1].iter().any(|(_, called)| *called) {
                    return failed(codes::VALUE_MEMBER, codes::R_LEXICAL);
                }
                let mut full = self.external_name(entity);
                for (name, _) in &parts[position..] {
                    full.push('.');
                    full.push_str(self.table.names.text(*name));
                }
                return plain(self.external(&full), resolver, unsure);
            }
            if name == jvm.this && !called {
                continue;
            }
            if name == jvm.super_ && !called {
                // `Interface.super.m()` is the interface's own.
                inherited = self.kind(entity) != codes::INTERFACE;
                continue;
            }
            let asked = last.then_some(use_);
            let count = if last { arity } else { ANY };
            let mut step = self.step(
                entity, name, asked, count, called, inherited, owner, answers,
            );
            let made = last && call && binding == codes::B_TYPE && is_holder(self.kind(entity));
            if made && !(0..self.table.node_count()).contains(&step.0) {
                step = self.nested(entity, name, answers).unwrap_or(step); // `new Outer.Inner()`
            }
            inherited = false;
            if resolver != codes::R_SELF {
                resolver = codes::R_MEMBER;
            }
            if step.0 < 0 {
                let chained = parts[..position].iter().any(|(_, called)| *called);
                let first = receiver && position == 1;
                let kept = !chained && self.kind(entity) != codes::MODULE && position > 0 && !first;
                return Answer {
                    entity: step.0,
                    resolver,
                    ambiguous: unsure,
                    reached: if kept { entity } else { -1 },
                    builder: -1,
                    several: false,
                };
            }
            entity = step.0;
            unsure |= step.2;
        }
        if entity >= self.table.entity_count() {
            if resolver == codes::R_BUILTIN && use_ == codes::U_REFERENCE {
                return failed(codes::UNDEFINED_NAME, codes::R_LEXICAL);
            }
            return plain(entity, resolver, unsure);
        }
        let kind = self.kind(entity);
        if call && (codes::is_type(kind) || kind == codes::TYPE_ALIAS) {
            entity = self.behind(entity, answers);
            let constructors = jvm.constructors.get(&entity).into_iter().flatten().copied();
            let (builder, several) = self.fitting(constructors, arity);
            return Answer {
                entity,
                resolver,
                ambiguous: unsure,
                reached: -1,
                builder,
                several,
            };
        }
        plain(entity, resolver, unsure)
    }

    fn head(
        &self,
        owner: Entity,
        parts: &Parts,
        binding: u8,
        use_: u8,
        arity: i32,
        answers: &mut Answers,
    ) -> (Found, usize) {
        let (name, called) = parts[0];
        let single = parts.len() == 1;
        let inside = |entity: Entity| (0..self.table.node_count()).contains(&entity);
        if binding == codes::B_TYPE
            || matches!(
                use_,
                codes::U_BASE | codes::U_IMPLEMENTS | codes::U_DECORATOR
            )
        {
            let found = self.type_named(owner, name, answers);
            if found.0 >= 0 || single {
                return (found, 1);
            }
            return self.packaged(owner, parts, found);
        }
        if called || (single && use_ == codes::U_CALL) {
            let function =
                self.function_named(owner, name, if single { arity } else { ANY }, answers);
            if inside(function.0) {
                return (function, 1);
            }
            let type_ = self.type_named(owner, name, answers);
            if inside(type_.0) && self.made_by_name(owner) {
                return (type_, 1);
            }
            if let Some(value) = self.value_named(owner, name, answers)
                && self.made_by_name(owner)
            {
                return (value, 1);
            }
            return (function, 1);
        }
        if let Some(value) = self.value_named(owner, name, answers) {
            return (value, 1);
        }
        let found = self.type_named(owner, name, answers);
        if found.0 >= 0 {
            return (found, 1);
        }
        if single {
            let file = self.table.file_of_node(owner);
            let function = self.top_named(file, name, Space::Functions, ANY, answers);
            let wanted = use_ == codes::U_METHOD || self.made_by_name(owner);
            return (
                if inside(function.0) && wanted {
                    function
                } else {
                    found
                },
                1,
            );
        }
        self.packaged(owner, parts, found)
    }

    /// Say whether a call of a type's name makes an instance (Kotlin; Java says `new`).
    fn made_by_name(&self, node: Entity) -> bool {
        let language = self.table.language[self.table.file_of_node(node) as usize];
        self.table.languages[language as usize].local_callables
    }

    fn packaged(&self, owner: Entity, parts: &Parts, otherwise: Found) -> (Found, usize) {
        let file = self.table.file_of_node(owner);
        let text = |at: usize| self.table.names.text(parts[at].0);
        let jvm = self.jvm();
        let mut package = String::new();
        for size in 1..parts.len() {
            if size > 1 {
                package.push('.');
            }
            package.push_str(text(size - 1));
            if parts[size - 1].1 {
                package.push_str("()");
            }
            let candidates = jvm.top(jvm.package(&package), parts[size].0);
            if !candidates.is_empty() {
                return (
                    (self.nearest(candidates, file), codes::R_IMPORT, false),
                    size + 1,
                );
            }
        }
        let calls = parts[..parts.len() - 1].iter().any(|(_, called)| *called);
        if ROOTS.contains(&text(0)) && parts.len() > 2 && !calls {
            let all: Vec<&str> = (0..parts.len()).map(text).collect();
            return (
                (self.external(&all.join(".")), codes::R_IMPORT, false),
                parts.len(),
            );
        }
        (otherwise, 1)
    }

    #[allow(clippy::too_many_arguments)] // the twin's
    fn step(
        &self,
        entity: Entity,
        name: u32,
        use_: Option<u8>,
        arity: i32,
        called: bool,
        inherited: bool,
        owner: Entity,
        answers: &mut Answers,
    ) -> Found {
        let kind = self.kind(entity);
        let function = called || use_ == Some(codes::U_CALL);
        if kind == codes::MODULE {
            let wants_function = function || use_ == Some(codes::U_METHOD);
            let space = if wants_function {
                Space::Functions
            } else {
                Space::Values
            };
            let candidates = self.jvm().named(entity, name);
            return match self.chosen(candidates, space, arity, self.table.file_of_node(entity)) {
                None => (-codes::NAME_NOT_FOUND, 0, false),
                Some((found, unsure)) => (found, codes::R_MEMBER, unsure),
            };
        }
        let named_type = is_holder(kind) || kind == codes::TYPE_ALIAS;
        let holder = match kind {
            codes::TYPE_ALIAS => self.behind(entity, answers),
            kind if is_holder(kind) => entity,
            _ => self.type_of(entity, answers),
        };
        if holder >= self.table.entity_count() {
            if called || named_type || use_.is_none() {
                return (-codes::VALUE_MEMBER, 0, false);
            }
            let full = format!(
                "{}.{}",
                self.external_name(holder),
                self.table.names.text(name)
            );
            return (self.external(&full), codes::R_MEMBER, false);
        }
        if holder < 0 || !is_holder(self.kind(holder)) {
            return (-codes::VALUE_MEMBER, 0, false);
        }
        let mut found;
        if function {
            found = self.method(holder, name, arity, inherited, answers);
            if found.is_none() && self.made_by_name(owner) {
                found = self.nested(holder, name, answers);
            }
            if found.is_none() {
                found = self.extension(holder, name, Space::Functions, arity, owner, answers);
            }
            if found.is_none() {
                found = self.accessed(holder, name, arity, answers);
            }
        } else if use_ == Some(codes::U_METHOD) {
            found = self.method(holder, name, ANY, inherited, answers);
            if found.is_none() {
                found = self.value_of(holder, name, inherited, answers);
            }
        } else {
            found = self.value_of(holder, name, inherited, answers);
            if found.is_none() {
                found = self.nested(holder, name, answers);
            }
            if found.is_none() {
                found = self.extension(holder, name, Space::Values, ANY, owner, answers);
            }
            if found.is_none() {
                found = self.getter(holder, name, owner, answers);
            }
            if found.is_none() && self.made_by_name(owner) && name != self.jvm().class {
                found = self.method(holder, name, ANY, inherited, answers);
            }
        }
        if let Some(found) = found {
            return found;
        }
        let (outside, reason) = self.outside(holder, answers);
        if outside >= 0 && use_.is_some() {
            let full = format!(
                "{}.{}",
                self.external_name(outside),
                self.table.names.text(name)
            );
            return (self.external(&full), codes::R_MEMBER, false);
        }
        (-reason, 0, false)
    }

    fn extension(
        &self,
        holder: Entity,
        name: u32,
        space: Space,
        arity: i32,
        owner: Entity,
        answers: &mut Answers,
    ) -> Option<Found> {
        if !self.made_by_name(owner) {
            return None;
        }
        let found = self.top_named(self.table.file_of_node(owner), name, space, arity, answers);
        if !(0..self.table.node_count()).contains(&found.0) {
            return None;
        }
        let receiver = self.table.jvm.receivers.get(&found.0)?;
        let type_ = self.written_type(receiver, self.owner(found.0), answers);
        (type_ == holder || self.ancestors(holder, answers).contains(&type_)).then_some(found)
    }

    fn getter(
        &self,
        holder: Entity,
        name: u32,
        owner: Entity,
        answers: &mut Answers,
    ) -> Option<Found> {
        if !self.made_by_name(owner) {
            return None;
        }
        let text = self.table.names.text(name);
        let candidate = if text.starts_with("is") {
            text.to_owned()
        } else {
            format!("get{}", capitalised(text))
        };
        let candidate = self.table.names.get(&candidate)?;
        let found = self.method(holder, candidate, 0, false, answers)?;
        if found.0 < self.table.node_count() && self.made_by_name(found.0) {
            return None;
        }
        Some(found)
    }

    fn accessed(
        &self,
        holder: Entity,
        name: u32,
        arity: i32,
        answers: &mut Answers,
    ) -> Option<Found> {
        if arity == 0
            && let Some(found) = self.value_of(holder, name, false, answers)
            && self.flags(found.0) & COMPONENT != 0
        {
            return Some(found);
        }
        let text = self.table.names.text(name);
        for (prefix, wanted) in [("get", 0), ("is", 0), ("set", 1)] {
            let Some(rest) = text.strip_prefix(prefix) else {
                continue;
            };
            if arity != wanted || !rest.chars().next().is_some_and(char::is_uppercase) {
                continue;
            }
            let written = if prefix == "is" {
                text.to_owned()
            } else {
                decapitalised(rest)
            };
            if let Some(written) = self.table.names.get(&written)
                && let Some(found) = self.value_of(holder, written, false, answers)
                && self.made_by_name(found.0)
            {
                return Some(found);
            }
        }
        None
    }

    fn parts_of(&self, dotted: &str) -> Option<Parts> {
        dotted
            .split('.')
            .map(|part| self.table.names.get(part).map(|code| (code, false)))
            .collect()
    }

    fn written_type(&self, text: &str, owner: Entity, answers: &mut Answers) -> Entity {
        let Some(parts) = type_name(text).and_then(|name| self.parts_of(name)) else {
            return -1;
        };
        let (found, at) = self.head(
            owner,
            &parts,
            codes::B_TYPE,
            codes::U_REFERENCE,
            ANY,
            answers,
        );
        let mut entity = found.0;
        for (name, _) in &parts[at..] {
            if entity < 0 {
                return -1;
            }
            if entity >= self.table.entity_count() {
                let full = format!(
                    "{}.{}",
                    self.external_name(entity),
                    self.table.names.text(*name)
                );
                entity = self.external(&full);
                continue;
            }
            if !is_holder(self.kind(entity)) {
                return -1;
            }
            entity = self
                .nested(entity, *name, answers)
                .map_or(-1, |(found, ..)| found);
        }
        if entity >= 0 {
            self.behind(entity, answers)
        } else {
            -1
        }
    }

    fn type_of(&self, value: Entity, answers: &mut Answers) -> Entity {
        match self.table.jvm.types.get(&value) {
            Some(text) => self.written_type(text, self.owner(value), answers),
            None => -1,
        }
    }

    /// The type that an alias stands for; other entities stand for themselves.
    pub fn behind(&self, mut entity: Entity, answers: &mut Answers) -> Entity {
        for _ in 0..8 {
            if entity < 0 || self.kind(entity) != codes::TYPE_ALIAS {
                return entity;
            }
            let name = self
                .table
                .jvm
                .types
                .get(&entity)
                .and_then(|text| type_name(text));
            let Some(parts) = name.and_then(|name| self.parts_of(name)) else {
                return entity;
            };
            let owner = self.owner(entity);
            let (found, at) = self.head(
                owner,
                &parts,
                codes::B_TYPE,
                codes::U_REFERENCE,
                ANY,
                answers,
            );
            if found.0 < 0 || at != parts.len() || found.0 == entity {
                return entity;
            }
            entity = found.0;
        }
        entity
    }

    fn constructor_call(&self, mut type_: Entity, arity: i32, inherited: bool) -> Answer {
        if inherited {
            let bases = self.bases_of(type_);
            type_ = bases
                .iter()
                .copied()
                .find(|base| *base >= 0 && self.kind(*base) != codes::INTERFACE)
                .unwrap_or(-1);
            if type_ >= self.table.entity_count() {
                return plain(type_, codes::R_SELF, false);
            }
            if type_ < 0 {
                return failed(codes::IMPLICIT_CONSTRUCTOR, codes::R_SELF);
            }
        }
        let constructors = self
            .jvm()
            .constructors
            .get(&type_)
            .into_iter()
            .flatten()
            .copied();
        let (found, several) = self.fitting(constructors, arity);
        if found < 0 {
            return failed(codes::IMPLICIT_CONSTRUCTOR, codes::R_SELF);
        }
        plain(found, codes::R_SELF, several)
    }

    // Imports and overrides ----------------------------------------------------------------------

    /// Return what an import row names: a definition, a package, an external, or minus a reason.
    pub fn jvm_target(&self, row: usize, answers: &mut Answers) -> (Entity, bool) {
        let imports = &self.table.imports;
        let (file, name) = (imports.file[row], imports.name[row]);
        let code = imports.module[row];
        let module = self.table.modules.text(code);
        let jvm = self.jvm();
        if name >= 0 && name as u32 == self.star {
            if let Some(files) = jvm.files.get(jvm.package_at(Some(code)) as usize) {
                let candidates: Vec<Entity> = files
                    .iter()
                    .map(|one| self.table.base[*one as usize] as Entity)
                    .collect();
                let nearest = self.table.file_of_node(self.nearest(&candidates, file)) as usize;
                let package = self
                    .table
                    .package_of
                    .get(dirname(&self.table.paths[nearest]));
                return (
                    package.copied().unwrap_or(self.table.module[nearest]),
                    false,
                );
            }
            let holder = self.home_type(Some(code), file, answers);
            return (
                if holder >= 0 {
                    holder
                } else {
                    self.external(module)
                },
                false,
            );
        }
        let (home, last) = match name {
            -1 => (None, self.table.names.get(module)),
            name => (Some(code), Some(name as u32)),
        };
        for space in [Space::TypesAndModules, Space::Functions, Space::Values] {
            if let Some(last) = last
                && let Some(found) = self.in_module(home, last, space, ANY, file, answers)
            {
                return found;
            }
        }
        if jvm.package_at(home) != NO_PACKAGE || self.home_type(home, file, answers) >= 0 {
            return (-codes::NAME_NOT_FOUND, false);
        }
        let full = match name {
            -1 => module.to_owned(),
            name => format!("{module}.{}", self.table.names.text(name as u32)),
        };
        (self.external(&full), false)
    }

    /// Return the module that an import's target lies in, or -1.
    pub fn jvm_module_of(&self, target: Entity) -> Entity {
        if !(0..self.table.node_count()).contains(&target) {
            return -1;
        }
        self.table.module[self.table.file_of_node(target) as usize]
    }

    /// Return what a method or property overrides in the nearest base that has it, or -1.
    pub fn overridden(&self, node: Entity, answers: &mut Answers) -> (Entity, bool) {
        let table = &self.table;
        let (kind, flags) = (self.kind(node), self.flags(node));
        let parent = table.parent[node as usize];
        if !(is_function(kind) || is_value(kind))
            || parent < 0
            || !is_holder(self.kind(parent))
            || flags & (STATIC | PRIVATE | CONSTRUCTOR) != 0
        {
            return (-1, false);
        }
        let kotlin = self.made_by_name(node);
        if (!is_function(kind) && !kotlin) || (kotlin && flags & OVERRIDE == 0) {
            return (-1, false);
        }
        let space = if is_function(kind) {
            Space::Functions
        } else {
            Space::Values
        };
        let count = |node: Entity| {
            self.jvm()
                .parameters
                .get(&node)
                .map_or(0, |(_, count, _)| *count)
        };
        let wanted = count(node);
        for base in self.ancestors(parent, answers).iter().copied() {
            let mut found = self
                .of_space(base, table.name[node as usize], space)
                .filter(|other| {
                    self.flags(*other) & (STATIC | PRIVATE) == 0 && count(*other) == wanted
                });
            if let Some(first) = found.next() {
                return (first, found.next().is_some());
            }
        }
        (-1, false)
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(characters)
        .collect()
}

fn decapitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .into_iter()
        .flat_map(char::to_lowercase)
        .chain(characters)
        .collect()
}
