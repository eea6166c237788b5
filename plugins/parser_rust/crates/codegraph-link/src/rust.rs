//! Rust: the tree of modules, and what a path means in it. The twin of the reference engine's `rust.py` and
//! `rust_facts.py`, function by function.

use std::ops::Range;

use arrow_array::{Array, RecordBatch};
use serde::Deserialize;

use crate::columns::{strings, texts};
use crate::jvm::FactColumns;
use crate::modules::{MISSING, join};
use crate::names::{Answers, Found, Names};
use crate::symbols::{Entity, Map, Set, SymbolTable, basename, dirname};
use crate::{LinkError, codes};

/// `imports.style` of the languages that this module links.
pub const STYLE: &str = "cargo";

const TYPE: u8 = 1;
const VALUE: u8 = 2;
const MACRO: u8 = 4;
const ANY: u8 = 7;

/// Paths that one question leads through before it counts as a cycle.
const MAX_DEPTH: usize = 64;
const COMPILER_CRATES: [&str; 5] = ["std", "core", "alloc", "proc_macro", "test"];
const PRIMITIVES: [&str; 17] = [
    "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "str", "u128", "u16",
    "u32", "u64", "u8", "usize",
];
/// Types that one member is looked for in through `Deref`, aliases that one name leads through.
const MAX_DEREFS: usize = 8;
/// Methods of `Option` and `Result` that give one of the same value again.
const OF_WRAPPERS: [&str; 15] = [
    "as_ref",
    "as_mut",
    "as_deref",
    "as_deref_mut",
    "cloned",
    "copied",
    "take",
    "clone",
    "ok",
    "ok_or",
    "ok_or_else",
    "map_err",
    "or",
    "or_else",
    "filter",
];
/// What takes the value out of an `Option` or `Result`.
const TAKING: [&str; 7] = [
    "?",
    "unwrap",
    "expect",
    "unwrap_or",
    "unwrap_or_else",
    "unwrap_or_default",
    "unwrap_unchecked",
];
/// Methods that `Box`, `Rc` and `Arc` have themselves, whatever they point at.
const OF_POINTERS: [&str; 22] = [
    "as_mut",
    "as_ref",
    "borrow",
    "borrow_mut",
    "clone",
    "cmp",
    "deref",
    "deref_mut",
    "eq",
    "fmt",
    "ge",
    "gt",
    "hash",
    "into",
    "le",
    "lt",
    "ne",
    "partial_cmp",
    "to_owned",
    "to_string",
    "try_into",
    "type_id",
];
/// Parts of a text that are marks, not names.
const STEPS: [&str; 3] = ["#", "?", "*"];
/// A name that no node has.
const UNKNOWN: u32 = u32::MAX;

/// What a `Cargo.toml` with a package says.
#[derive(Clone, Debug, Deserialize)]
pub struct Crates {
    folder: String,
    edition: i64,
    roots: Vec<String>,
    externs: Vec<(String, String)>,
}

/// What nodes of Rust files say beyond the columns that every language has.
#[derive(Default)]
pub struct RustFacts {
    /// Nodes that are visible outside their module.
    visible: Set<Entity>,
    /// Type alias → the type as written.
    aliased: Map<Entity, String>,
    /// `mod` items whose macros can be used after them.
    macro_use: Set<Entity>,
    /// Members of `impl Trait for Type`: what the type itself has under their name comes first.
    pub of_trait: Set<Entity>,
}

#[derive(Deserialize)]
struct Metadata {
    annotation: Option<String>,
}

impl RustFacts {
    /// Read the rows of one file.
    pub fn take(
        &mut self,
        batch: &RecordBatch,
        rows: Range<usize>,
        start: usize,
        kinds: &[u8],
    ) -> Result<(), LinkError> {
        let visibility = texts(batch, "visibility")?;
        let metadata = strings(batch, "metadata")?;
        let columns = FactColumns::new(batch)?;
        for row in rows {
            let node = (start + row) as Entity;
            if columns.has_modifier(row, "override") {
                self.of_trait.insert(node);
            }
            let code = visibility.codes[row];
            if code >= 0 && matches!(visibility.values[code as usize], "public" | "internal") {
                self.visible.insert(node);
            }
            let kind = kinds[start + row];
            if !matches!(kind, codes::TYPE_ALIAS | codes::IMPORT) || metadata.is_null(row) {
                continue;
            }
            let text = metadata.value(row);
            if kind == codes::IMPORT {
                if text.contains("\"macro_use") {
                    self.macro_use.insert(node);
                }
                continue;
            }
            let facts: Metadata = serde_json::from_str(text)
                .map_err(|error| LinkError(format!("metadata is not JSON: {error}")))?;
            if let Some(annotation) = facts.annotation.filter(|text| !text.is_empty()) {
                self.aliased.insert(node, annotation);
            }
        }
        Ok(())
    }
}

/// What a use means.
#[derive(Clone, Copy)]
pub struct Meaning {
    /// Entity or minus a reason.
    pub entity: Entity,
    /// The resolver.
    pub resolver: u8,
    /// A name on the way has several definitions.
    pub ambiguous: bool,
    /// The last definition reached where the way ended early, or -1.
    pub reached: Entity,
}

/// The type of a value.
#[derive(Clone, Copy)]
struct Value {
    /// The type, what holds a value of it, or minus a reason.
    entity: Entity,
    /// In how many `Option`s or `Result`s it lies.
    wraps: u32,
    /// A pointer holds it.
    pointed: bool,
}

const NO_VALUE: Value = Value {
    entity: -codes::VALUE_MEMBER,
    wraps: 0,
    pointed: false,
};

impl Value {
    fn of(entity: Entity) -> Self {
        Value { entity, ..NO_VALUE }
    }

    /// What a method of `Option` or `Result` gives.
    fn of_wrapper(self, name: &str) -> Self {
        if TAKING.contains(&name) {
            return Value {
                wraps: self.wraps - 1,
                ..self
            };
        }
        if OF_WRAPPERS.contains(&name) {
            self
        } else {
            NO_VALUE
        }
    }
}

fn is_held(kind: u8) -> bool {
    matches!(kind, codes::FIELD | codes::CONSTANT | codes::VARIABLE)
}

/// One thread's finished answers.
pub struct RustAnswers {
    memo: Map<(Entity, u32, u8), Found>,
    running: Map<(Entity, u32, u8), usize>,
    hit: usize,
    answers: Map<(Entity, u8, u8, Entity, u32), Meaning>,
}

impl Default for RustAnswers {
    fn default() -> Self {
        RustAnswers {
            memo: Map::default(),
            running: Map::default(),
            hit: MAX_DEPTH + 1,
            answers: Map::default(),
        }
    }
}

/// Lookups over Rust files.
#[derive(Default)]
pub struct Rust {
    crates: Vec<Crates>,
    by_folder: Map<String, usize>,
    externs: Vec<Map<String, String>>,
    /// By file: it is a Rust file.
    files: Vec<bool>,
    /// What has a type → the target of the first name, and the text.
    types: Map<Entity, (Entity, String)>,
    /// (type, name) → field.
    fields: Map<u64, Entity>,
    /// (scope, name) → nodes, in order.
    children: Map<u64, Vec<Entity>>,
    /// Scope → import rows.
    globs: Map<Entity, Vec<usize>>,
    /// Scope → import rows inside its functions.
    local_globs: Map<Entity, Vec<usize>>,
    /// Name → macro nodes.
    macros: Map<u32, Vec<Entity>>,
    /// Import row of a `mod` item → module.
    modules: Map<usize, Entity>,
    /// Module → the scope that declares it.
    around: Map<Entity, Entity>,
    /// Module → import node.
    declared_by: Map<Entity, Entity>,
    /// Type → traits.
    bases: Map<Entity, Vec<Entity>>,
    language: usize,
}

/// Say whether a file's names are looked up here.
pub fn is_rust(table: &SymbolTable, file: u32) -> bool {
    let language = table.language[file as usize];
    language >= 0 && table.languages[language as usize].style == STYLE
}

fn is_scope(table: &SymbolTable, node: Entity) -> bool {
    node >= 0
        && node < table.node_count()
        && matches!(table.kind[node as usize], codes::MODULE | codes::NAMESPACE)
}

fn scope_of(table: &SymbolTable, mut node: Entity) -> Entity {
    while !is_scope(table, node) {
        node = table.parent[node as usize];
    }
    node
}

fn key(scope: Entity, name: u32) -> u64 {
    (scope as u64) << 32 | u64::from(name)
}

fn spaces(kind: u8) -> u8 {
    match kind {
        codes::MODULE
        | codes::NAMESPACE
        | codes::PACKAGE
        | codes::ENUM
        | codes::TRAIT
        | codes::TYPE_ALIAS
        | codes::INTERFACE
        | codes::CLASS => TYPE,
        codes::STRUCT | codes::ENUM_MEMBER => TYPE | VALUE,
        codes::FUNCTION | codes::METHOD | codes::CONSTANT | codes::VARIABLE => VALUE,
        codes::MACRO => MACRO,
        codes::EXTERNAL => ANY,
        _ => 0,
    }
}

fn inside(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

impl Rust {
    /// Index the Rust files of a finished table, if it has any.
    pub fn new(table: &SymbolTable, crates: &[Crates], owned: &Set<Entity>) -> Option<Self> {
        let files: Vec<bool> = (0..table.paths.len() as u32)
            .map(|file| is_rust(table, file))
            .collect();
        let first = files.iter().position(|mine| *mine)?;
        let mut rust = Rust {
            crates: crates.to_vec(),
            by_folder: crates
                .iter()
                .enumerate()
                .map(|(at, one)| (one.folder.clone(), at))
                .collect(),
            externs: crates
                .iter()
                .map(|one| one.externs.iter().cloned().collect())
                .collect(),
            files,
            language: table.language[first] as usize,
            ..Rust::default()
        };
        for file in 0..table.paths.len() {
            if rust.files[file] {
                for node in table.base[file] as Entity..table.base[file + 1] as Entity {
                    rust.index(table, node, owned);
                }
            }
        }
        rust.build_tree(table);
        for row in 0..table.imports.file.len() {
            let name = table.imports.name[row];
            if rust.files[table.imports.file[row] as usize]
                && name >= 0
                && table.names.text(name as u32) == "*"
            {
                let node = table.imports.node[row];
                let globs = if is_scope(table, table.parent[node as usize]) {
                    &mut rust.globs
                } else {
                    &mut rust.local_globs
                };
                globs.entry(scope_of(table, node)).or_default().push(row);
            }
        }
        Some(rust)
    }

    fn index(&mut self, table: &SymbolTable, node: Entity, owned: &Set<Entity>) {
        let name = table.name[node as usize];
        if table.kind[node as usize] == codes::MACRO {
            self.macros.entry(name).or_default().push(node);
        }
        let parent = table.parent[node as usize];
        if table.kind[node as usize] == codes::FIELD && parent >= 0 {
            self.fields.entry(key(parent, name)).or_insert(node);
        }
        if parent >= 0 && is_scope(table, parent) && !owned.contains(&node) {
            self.children
                .entry(key(parent, name))
                .or_default()
                .push(node);
        }
    }

    /// Say whether an import row is of a Rust file.
    pub fn has(&self, file: u32) -> bool {
        self.files[file as usize]
    }

    /// Record a trait that a type implements, or that a trait extends.
    pub fn add_base(&mut self, type_: Entity, base: Entity) {
        self.bases.entry(type_).or_default().push(base);
    }

    /// Record the type of a field, a constant, or of what a function returns.
    pub fn add_type(&mut self, node: Entity, target: Entity, text: &str) {
        self.types
            .entry(node)
            .or_insert_with(|| (target, text.to_owned()));
    }

    // -- scopes and the tree of modules ------------------------------------------------------------

    fn children(&self, scope: Entity, name: u32) -> &[Entity] {
        self.children
            .get(&key(scope, name))
            .map_or(&[], Vec::as_slice)
    }

    /// The module around a module, or -1 for a crate's first.
    fn parent_scope(&self, table: &SymbolTable, scope: Entity) -> Entity {
        if table.kind[scope as usize] == codes::NAMESPACE {
            return scope_of(table, table.parent[scope as usize]);
        }
        self.around.get(&scope).copied().unwrap_or(-1)
    }

    fn root_of(&self, table: &SymbolTable, mut scope: Entity) -> Entity {
        let mut seen: Set<Entity> = Set::default();
        while seen.insert(scope) {
            let above = self.parent_scope(table, scope);
            if above < 0 {
                break;
            }
            scope = above;
        }
        scope
    }

    fn is_within(&self, table: &SymbolTable, mut scope: Entity, outer: Entity) -> bool {
        for _ in 0..MAX_DEPTH {
            if scope == outer {
                return true;
            }
            scope = self.parent_scope(table, scope);
            if scope < 0 {
                return false;
            }
        }
        false
    }

    fn build_tree(&mut self, table: &SymbolTable) {
        let spec = |row: usize| table.modules.text(table.imports.module[row]);
        let rows: Vec<usize> = (0..table.imports.file.len())
            .filter(|row| {
                self.files[table.imports.file[*row] as usize] && spec(*row).starts_with("./")
            })
            .collect();
        let roots: Set<String> = self
            .crates
            .iter()
            .flat_map(|one| one.roots.iter().cloned())
            .collect();
        let mut own_folder: Set<String> = table
            .paths
            .iter()
            .filter(|path| {
                roots.contains(path.as_str())
                    || matches!(basename(path), "mod.rs" | "lib.rs" | "main.rs" | "build.rs")
            })
            .cloned()
            .collect();
        for &row in rows.iter().filter(|row| spec(**row).ends_with(".rs")) {
            let found = self.by_path(table, row, &own_folder);
            self.declare(table, row, found, &mut own_folder);
        }
        let mut failed = Vec::new();
        for &row in rows.iter().filter(|row| !spec(**row).ends_with(".rs")) {
            let found = self.by_name(table, row, &own_folder);
            if !self.declare(table, row, found, &mut own_folder) {
                failed.push(row);
            }
        }
        // A file that no module declares begins a crate of its own.
        let alone: Set<String> = (0..table.paths.len())
            .filter(|file| self.files[*file] && !self.around.contains_key(&table.module[*file]))
            .map(|file| table.paths[file].clone())
            .collect();
        for row in failed {
            if alone.contains(&table.paths[table.imports.file[row] as usize]) {
                let found = self.by_name(table, row, &alone);
                self.declare(table, row, found, &mut own_folder);
            }
        }
    }

    fn declare(
        &mut self,
        table: &SymbolTable,
        row: usize,
        found: Option<u32>,
        own_folder: &mut Set<String>,
    ) -> bool {
        let Some(file) = found else { return false };
        let module = table.module[file as usize];
        self.modules.insert(row, module);
        let node = table.imports.node[row];
        let scope = scope_of(table, node);
        if scope != module && !self.around.contains_key(&module) {
            self.around.insert(module, scope);
            self.declared_by.insert(module, node);
        }
        if table
            .modules
            .text(table.imports.module[row])
            .ends_with(".rs")
        {
            own_folder.insert(table.paths[file as usize].clone());
        }
        true
    }

    /// The names of the inline modules around a `mod` item, outermost first.
    fn inline(table: &SymbolTable, row: usize) -> Vec<&str> {
        let mut names = Vec::new();
        let mut node = table.parent[table.imports.node[row] as usize];
        while node >= 0 {
            if table.kind[node as usize] == codes::NAMESPACE {
                names.push(table.names.text(table.name[node as usize]));
            }
            node = table.parent[node as usize];
        }
        names.reverse();
        names
    }

    /// The folder that the modules of a `mod` item's file lie in.
    fn folder(table: &SymbolTable, row: usize, own_folder: &Set<String>) -> String {
        let path = &table.paths[table.imports.file[row] as usize];
        let mut folder = dirname(path).to_owned();
        if !own_folder.contains(path) {
            let stem = basename(path);
            folder = inside(&folder, stem.strip_suffix(".rs").unwrap_or(stem));
        }
        for name in Self::inline(table, row) {
            folder = inside(&folder, name);
        }
        folder
    }

    fn by_path(&self, table: &SymbolTable, row: usize, own_folder: &Set<String>) -> Option<u32> {
        let path = &table.paths[table.imports.file[row] as usize];
        let folder = if Self::inline(table, row).is_empty() {
            dirname(path).to_owned()
        } else {
            Self::folder(table, row, own_folder)
        };
        let written = &table.modules.text(table.imports.module[row])[2..];
        self.file(table, &join(&folder, written)?)
    }

    fn by_name(&self, table: &SymbolTable, row: usize, own_folder: &Set<String>) -> Option<u32> {
        let name = &table.modules.text(table.imports.module[row])[2..];
        let base = if name.starts_with('/') {
            name.to_owned()
        } else {
            inside(&Self::folder(table, row, own_folder), name)
        };
        self.file(table, &format!("{base}.rs"))
            .or_else(|| self.file(table, &format!("{base}/mod.rs")))
    }

    fn file(&self, table: &SymbolTable, path: &str) -> Option<u32> {
        let file = *table.file_of.get(path)?;
        (self.files[file as usize] && table.module[file as usize] >= 0).then_some(file)
    }

    /// The package that a file belongs to.
    fn package(&self, table: &SymbolTable, file: u32) -> Option<usize> {
        let mut above = dirname(&table.paths[file as usize]);
        while !above.is_empty() && !self.by_folder.contains_key(above) {
            above = dirname(above);
        }
        self.by_folder.get(above).copied()
    }
}

impl Names {
    fn rust(&self) -> &Rust {
        self.rust.as_ref().expect("asked for Rust files only")
    }

    fn code(&self, name: &str) -> u32 {
        self.table.names.get(name).unwrap_or(UNKNOWN)
    }

    /// The first module of the crate that a name means, an external, or `MISSING`.
    fn rust_crate(&self, scope: Entity, name: &str) -> Entity {
        let (rust, table) = (self.rust(), &self.table);
        let file = table.file_of_node(scope);
        if let Some(package) = rust.package(table, file)
            && let Some(path) = rust.externs[package].get(name)
        {
            return table.module[table.file_of[path] as usize];
        }
        for node in rust.children(rust.root_of(table, scope), self.code(name)) {
            let row = table.import_of[*node as usize];
            if row < 0 {
                continue;
            }
            let module = table.modules.text(table.imports.module[row as usize]);
            if let Some(written) = module.strip_prefix("::") {
                return if written == name {
                    self.external(name)
                } else {
                    self.rust_crate(scope, written)
                };
            }
        }
        if COMPILER_CRATES.contains(&name) {
            return self.external(name);
        }
        MISSING
    }

    // -- imports -----------------------------------------------------------------------------------

    /// The module part of an import of a Rust file, and what all of it names.
    pub fn rust_import(&self, row: usize, answers: &mut Answers) -> (Entity, Found) {
        let table = &self.table;
        if table
            .modules
            .text(table.imports.module[row])
            .starts_with("./")
        {
            let module = self.rust().modules.get(&row).copied().unwrap_or(MISSING);
            return (module, (module, false));
        }
        let segments = self.rust_path(row);
        let scope = scope_of(table, table.imports.node[row]);
        let name = table.imports.name[row];
        if name < 0 || name as u32 == self.star {
            let mut found = self.rust_walk(scope, &segments, TYPE, true, answers);
            if found.0 < 0 && name < 0 {
                found = self.rust_first_of(scope, &segments, answers);
            }
            return (found.0, found);
        }
        let module = self
            .rust_walk(scope, &segments[..segments.len() - 1], TYPE, true, answers)
            .0;
        (module, self.rust_first_of(scope, &segments, answers))
    }

    fn rust_first_of(&self, scope: Entity, segments: &[&str], answers: &mut Answers) -> Found {
        let mut found = (MISSING, false);
        for space in [TYPE, VALUE, MACRO] {
            found = self.rust_walk(scope, segments, space, true, answers);
            if found.0 >= 0 {
                break;
            }
        }
        found
    }

    fn rust_path(&self, row: usize) -> Vec<&str> {
        let table = &self.table;
        let mut segments: Vec<&str> = table
            .modules
            .text(table.imports.module[row])
            .split("::")
            .collect();
        let name = table.imports.name[row];
        if name >= 0 && name as u32 != self.star {
            segments.push(table.names.text(name as u32));
        }
        segments
    }

    /// What an import brings into one space.
    fn rust_import_target(&self, row: usize, space: u8, answers: &mut Answers) -> Found {
        let table = &self.table;
        if table
            .modules
            .text(table.imports.module[row])
            .starts_with("./")
        {
            let module = self.rust().modules.get(&row).copied().unwrap_or(MISSING);
            return (if space & TYPE > 0 { module } else { MISSING }, false);
        }
        let scope = scope_of(table, table.imports.node[row]);
        self.rust_walk(scope, &self.rust_path(row), space, true, answers)
    }

    // -- paths -------------------------------------------------------------------------------------

    fn rust_walk(
        &self,
        scope: Entity,
        segments: &[&str],
        space: u8,
        imports: bool,
        answers: &mut Answers,
    ) -> Found {
        let table = &self.table;
        let (first, mut rest) = (segments[0], &segments[1..]);
        let mut found = if first.is_empty() && !rest.is_empty() {
            // `::name`
            let entity = self.rust_crate(scope, rest[0]);
            rest = &rest[1..];
            let entity = if entity < 0 {
                self.external(segments[1])
            } else {
                entity
            };
            (entity, false)
        } else {
            let wanted = if rest.is_empty() { space } else { TYPE };
            self.rust_head(scope, first, wanted, imports, answers)
        };
        while !rest.is_empty() && found.0 >= 0 {
            let (entity, unsure) = found;
            if self.kind(entity) == codes::EXTERNAL {
                let full = format!("{}.{}", self.external_name(entity), rest.join("."));
                return (self.external(&full), unsure);
            }
            if rest[0] == "super" && is_scope(table, entity) {
                let above = self.rust().parent_scope(table, entity);
                found = (if above >= 0 { above } else { MISSING }, unsure);
            } else {
                let wanted = if rest.len() > 1 { TYPE } else { space };
                let (step, more) = self.rust_step(entity, self.code(rest[0]), wanted, answers);
                found = (step, unsure || more);
            }
            rest = &rest[1..];
        }
        found
    }

    /// What the first name of a path means.
    fn rust_head(
        &self,
        scope: Entity,
        name: &str,
        space: u8,
        imports: bool,
        answers: &mut Answers,
    ) -> Found {
        let (rust, table) = (self.rust(), &self.table);
        match name {
            "crate" => return (rust.root_of(table, scope), false),
            "self" => return (scope, false),
            "super" => {
                let above = rust.parent_scope(table, scope);
                return (if above >= 0 { above } else { MISSING }, false);
            }
            _ => {}
        }
        let package = rust.package(table, table.file_of_node(scope));
        let old = imports && package.is_some_and(|package| rust.crates[package].edition < 2018);
        let start = if old {
            rust.root_of(table, scope)
        } else {
            scope
        };
        let code = self.code(name);
        let found = self.rust_find(start, code, space, answers);
        if found.0 >= 0 || space & TYPE == 0 {
            return found;
        }
        let entity = self.rust_crate(scope, name);
        if entity >= 0 {
            return (entity, false);
        }
        if !imports {
            return found;
        }
        if package.is_none() {
            // Of unknown edition: a path may begin at the crate.
            let root = rust.root_of(table, scope);
            let other = self.rust_find(root, code, space, answers);
            if other.0 >= 0 {
                return other;
            }
        }
        // A name that no module here has is a crate that lies elsewhere.
        (self.external(name), false)
    }

    fn rust_step(&self, entity: Entity, name: u32, space: u8, answers: &mut Answers) -> Found {
        if is_scope(&self.table, entity) {
            return self.rust_find(entity, name, space, answers);
        }
        if codes::is_holder(self.kind(entity)) {
            return self.rust_member(entity, name, answers);
        }
        (-codes::VALUE_MEMBER, false)
    }

    /// What a name means in a module: its own, an import's, a glob's.
    fn rust_find(&self, scope: Entity, name: u32, space: u8, answers: &mut Answers) -> Found {
        let key = (scope, name, space);
        if let Some(found) = answers.rust.memo.get(&key) {
            return *found;
        }
        let mut open = answers.rust.running.get(&key).copied();
        if open.is_none() && answers.rust.running.len() >= MAX_DEPTH {
            open = Some(0);
        }
        if let Some(depth) = open {
            answers.rust.hit = answers.rust.hit.min(depth);
            return (-codes::IMPORT_CYCLE, false);
        }
        let depth = answers.rust.running.len();
        answers.rust.running.insert(key, depth);
        let found = self.rust_find_uncached(scope, name, space, answers);
        answers.rust.running.remove(&key);
        if answers.rust.hit >= depth {
            answers.rust.memo.insert(key, found);
            answers.rust.hit = MAX_DEPTH + 1;
        }
        found
    }

    fn rust_find_uncached(
        &self,
        scope: Entity,
        name: u32,
        space: u8,
        answers: &mut Answers,
    ) -> Found {
        let (found, reason) = self.rust_own(scope, name, space, -1, answers);
        if found.0 >= 0 {
            return found;
        }
        let globs = self.rust().globs.get(&scope).map_or(&[][..], Vec::as_slice);
        let (globbed, outside) = self.rust_globbed(scope, globs, name, space, answers);
        if globbed.0 >= 0 {
            return globbed;
        }
        let (rust, table) = (self.rust(), &self.table);
        if space & MACRO > 0 && rust.parent_scope(table, scope) < 0 {
            // `#[macro_export]` puts a macro at the crate's top.
            for node in rust.macros.get(&name).into_iter().flatten() {
                let home = scope_of(table, *node);
                if table.rust.visible.contains(node) && rust.root_of(table, home) == scope {
                    return (*node, false);
                }
            }
        }
        let reason = match reason {
            0 if outside => codes::STAR_IMPORT,
            0 => codes::NAME_NOT_FOUND,
            reason => reason,
        };
        (-reason, false)
    }

    /// What a module itself says of a name, and why an import of that name failed.
    ///
    /// `asker` is the module that a glob stands in, or -1: names that it does not see are passed over.
    fn rust_own(
        &self,
        scope: Entity,
        name: u32,
        space: u8,
        asker: Entity,
        answers: &mut Answers,
    ) -> (Found, i32) {
        let (rust, table) = (self.rust(), &self.table);
        let mut reason = 0;
        let mut best = MISSING;
        let nodes = rust.children(scope, name);
        for imports in [false, true] {
            let mut count = 0;
            for &node in nodes {
                let row = table.import_of[node as usize];
                if (row >= 0) != imports {
                    continue;
                }
                if asker >= 0
                    && !table.rust.visible.contains(&node)
                    && !rust.is_within(table, asker, scope)
                {
                    continue;
                }
                if row < 0 {
                    if spaces(table.kind[node as usize]) & space > 0 {
                        if count == 0 {
                            best = node;
                        }
                        count += 1;
                    }
                    continue;
                }
                let found = self.rust_import_target(row as usize, space, answers);
                if found.0 >= 0 && spaces(self.kind(found.0)) & space > 0 {
                    return (found, 0);
                }
                if reason == 0 {
                    reason = if found.0 == -codes::IMPORT_CYCLE {
                        codes::IMPORT_CYCLE
                    } else {
                        codes::UNRESOLVED_IMPORT
                    };
                }
            }
            if count > 0 {
                return ((best, count > 1), 0);
            }
        }
        ((MISSING, false), reason)
    }

    /// What glob imports bring, and whether one of them leads outside.
    fn rust_globbed(
        &self,
        scope: Entity,
        rows: &[usize],
        name: u32,
        space: u8,
        answers: &mut Answers,
    ) -> (Found, bool) {
        let (rust, table) = (self.rust(), &self.table);
        let mut outside = false;
        let mut visited: Set<Entity> = Set::default();
        visited.insert(scope);
        let mut pending = rows.to_vec();
        let mut position = 0;
        while position < pending.len() && visited.len() <= codes::MAX_STAR_MODULES {
            let row = pending[position];
            position += 1;
            let module = self.rust_import_target(row, TYPE, answers).0;
            if module < 0 || module >= table.node_count() {
                outside = true;
                continue;
            }
            if !visited.insert(module) {
                continue;
            }
            if table.kind[module as usize] == codes::ENUM
                && let Some(node) = table.member(module, name)
                && table.kind[node as usize] == codes::ENUM_MEMBER
            {
                return ((node, table.ambiguous[node as usize]), outside);
            }
            if !is_scope(table, module) {
                continue;
            }
            let asker = scope_of(table, table.imports.node[row]);
            let (found, _) = self.rust_own(module, name, space, asker, answers);
            if found.0 >= 0 {
                return (found, outside);
            }
            let within = rust.is_within(table, asker, module);
            if let Some(inner) = rust.globs.get(&module) {
                let seen = |row: &&usize| {
                    within || table.rust.visible.contains(&table.imports.node[**row])
                };
                pending.extend(inner.iter().filter(seen));
            }
        }
        ((MISSING, false), outside)
    }

    // -- members -----------------------------------------------------------------------------------

    /// A type's member: its own, what it is another name for has, its traits'.
    fn rust_member(&self, type_: Entity, name: u32, answers: &mut Answers) -> Found {
        let table = &self.table;
        let mut visited: Set<Entity> = Set::default();
        let mut pending = vec![type_];
        let mut position = 0;
        let mut unknown = false;
        while position < pending.len() && visited.len() < codes::MAX_LINEAGE {
            let current = pending[position];
            position += 1;
            if !visited.insert(current) {
                continue;
            }
            if current < 0 || current >= table.node_count() {
                unknown = true;
                continue;
            }
            if let Some(node) = table.member(current, name) {
                return (node, table.ambiguous[node as usize]);
            }
            if let Some(written) = table.rust.aliased.get(&current) {
                pending.push(self.rust_aliased(current, written, answers));
            }
            pending.extend(self.rust().bases.get(&current).into_iter().flatten());
        }
        let reason = if unknown {
            codes::EXTERNAL_BASE
        } else {
            codes::MEMBER_NOT_FOUND
        };
        (-reason, false)
    }

    /// The type that an alias is another name for, or minus a reason.
    fn rust_aliased(&self, alias: Entity, written: &str, answers: &mut Answers) -> Entity {
        let written = written.strip_prefix('&').unwrap_or(written);
        let written = written.strip_prefix("mut ").unwrap_or(written);
        let (path, rest) = written.split_at(written.find('<').unwrap_or(written.len()));
        let word = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let segments: Vec<&str> = path.split("::").collect();
        // A long type is cut, which its last character says.
        let whole = rest.is_empty() || rest.ends_with(['>', '…']);
        if !whole || !segments.iter().all(|part| word(part)) {
            return MISSING;
        }
        self.rust_walk(
            scope_of(&self.table, alias),
            &segments,
            TYPE,
            false,
            answers,
        )
        .0
    }

    // -- uses --------------------------------------------------------------------------------------

    /// The type that implements a trait, and the trait's name: `Trait for Type` names both.
    pub fn rust_implemented<'t>(
        &self,
        node: Entity,
        text: &'t str,
        answers: &mut Answers,
    ) -> (Entity, &'t str) {
        let Some((name, owner)) = text.split_once(" for ") else {
            return (node, text);
        };
        let segments: Vec<&str> = owner.split('.').collect();
        let scope = scope_of(&self.table, node);
        let found = self.rust_walk(scope, &segments, TYPE, false, answers).0;
        let holds = found >= 0
            && found < self.table.node_count()
            && codes::is_holder(self.table.kind[found as usize]);
        (if holds { found } else { MISSING }, name)
    }

    /// What a member of an `impl` block stands for in the block's trait: its member of that name and sort.
    pub fn rust_overridden(&self, node: Entity, of_trait: &Meaning) -> Meaning {
        let table = &self.table;
        let mut meaning = Meaning {
            entity: -codes::MEMBER_NOT_FOUND,
            resolver: codes::R_MEMBER,
            ambiguous: false,
            reached: -1,
        };
        let entity = of_trait.entity;
        if entity >= 0
            && entity < table.node_count()
            && table.kind[entity as usize] == codes::TRAIT
            && let Some(mut found) = table.member(entity, table.name[node as usize])
        {
            if table.ambiguous[found as usize] {
                // `impl dyn Trait` adds to what the trait's body says first.
                let name = table.name[node as usize];
                found = (entity + 1..=found)
                    .find(|one| {
                        let one = *one as usize;
                        table.parent[one] == entity && table.name[one] == name
                    })
                    .unwrap_or(found);
            }
            if spaces(self.kind(found)) & spaces(self.kind(node)) > 0 {
                meaning.entity = found;
                meaning.ambiguous = of_trait.ambiguous;
            }
        }
        meaning
    }

    /// What a use means; `code` stands for the whole text, of which `text` is the part that is asked for.
    #[allow(clippy::too_many_arguments)] // a use's columns
    pub fn rust_answer(
        &self,
        use_: u8,
        binding: u8,
        node: Entity,
        target: Entity,
        code: u32,
        text: &str,
        answers: &mut Answers,
    ) -> Meaning {
        let scope = scope_of(&self.table, node);
        let key = (scope, use_, binding, target, code);
        if let Some(found) = answers.rust.answers.get(&key) {
            return *found;
        }
        let found = self.rust_answer_uncached(use_, binding, scope, target, text, answers);
        answers.rust.answers.insert(key, found);
        found
    }

    /// What a use means: as a path, and where a value's type comes into it, by that.
    fn rust_answer_uncached(
        &self,
        use_: u8,
        binding: u8,
        scope: Entity,
        target: Entity,
        text: &str,
        answers: &mut Answers,
    ) -> Meaning {
        let marked = text.contains(['(', ')', '#', '?', '*']);
        let typed = binding == codes::B_TYPE || marked;
        let mut found = None;
        if !typed {
            let named = self.rust_named(use_, binding, scope, target, text, answers);
            let reason = -named.entity;
            let open = if binding == codes::B_SELF {
                matches!(
                    reason,
                    codes::VALUE_MEMBER | codes::MEMBER_NOT_FOUND | codes::EXTERNAL_BASE
                )
            } else {
                reason == codes::VALUE_MEMBER
            };
            if use_ != codes::U_CALL || !open || !text.contains('.') || text.ends_with('!') {
                return named;
            }
            found = Some(named);
        }
        let parts: Vec<&str> = text.split('.').collect();
        let through = self.rust_through(binding, scope, target, &parts, answers);
        if through.entity >= 0 {
            return Meaning {
                reached: -1,
                ..through
            };
        }
        found.unwrap_or(Meaning {
            ambiguous: false,
            reached: if marked { -1 } else { through.reached },
            ..through
        })
    }

    // -- values ------------------------------------------------------------------------------------

    /// Follow a chain through values: the method at its end or minus a reason, and the last field.
    fn rust_through(
        &self,
        binding: u8,
        scope: Entity,
        target: Entity,
        parts: &[&str],
        answers: &mut Answers,
    ) -> Meaning {
        let resolver = if binding == codes::B_SELF {
            codes::R_SELF
        } else {
            codes::R_MEMBER
        };
        let mut meaning = Meaning {
            entity: -codes::VALUE_MEMBER,
            resolver,
            ambiguous: false,
            reached: -1,
        };
        let mut value = Value::of(target);
        if binding != codes::B_SELF {
            let first = parts[0].strip_suffix("()");
            let wanted = if first.is_some() { VALUE } else { ANY };
            let name = first.unwrap_or(parts[0]);
            let (entity, unsure, _) = self.rust_first(scope, target, name, wanted, answers);
            meaning.ambiguous = unsure;
            value = if first.is_some() {
                self.rust_made(entity, -1, answers)
            } else {
                Value::of(entity)
            };
        }
        for (position, part) in parts.iter().enumerate().skip(1) {
            if value.entity < 0 || self.kind(value.entity) == codes::EXTERNAL {
                return meaning;
            }
            if STEPS.contains(part) {
                value = self.rust_mark(value, part, answers);
                continue;
            }
            let bare = part.strip_suffix("()");
            let name = bare.unwrap_or(part);
            let last = position + 1 == parts.len();
            let called = last || bare.is_some();
            if is_held(self.kind(value.entity)) {
                value = self.rust_typed(value.entity, -1, answers);
            }
            if value.wraps > 0 {
                value = if called && !last {
                    value.of_wrapper(name)
                } else {
                    NO_VALUE
                };
                continue;
            }
            if value.pointed && OF_POINTERS.contains(&name) {
                if name != "clone" || last {
                    value = NO_VALUE;
                }
                continue;
            }
            let (found, more) = if value.entity >= 0 {
                self.rust_member_of(value.entity, name, called, answers)
            } else {
                (value.entity, false)
            };
            if found < 0 {
                let holds = value.entity >= 0 && codes::is_holder(self.kind(value.entity));
                if name == "clone" && !last && holds {
                    continue; // `Clone` gives another of the same type
                }
                meaning.entity = found;
                return meaning;
            }
            meaning.ambiguous |= more;
            let kind = self.kind(found);
            if last {
                if matches!(kind, codes::FUNCTION | codes::METHOD) {
                    meaning.entity = found;
                }
                return meaning;
            }
            if !called && kind == codes::FIELD {
                meaning.reached = found;
            }
            value = if called {
                self.rust_made(found, value.entity, answers)
            } else {
                Value::of(found)
            };
        }
        meaning
    }

    /// Put a value into an `Option` or behind a pointer, or take it out.
    fn rust_mark(&self, value: Value, mark: &str, answers: &mut Answers) -> Value {
        let value = if is_held(self.kind(value.entity)) {
            self.rust_typed(value.entity, -1, answers)
        } else {
            value
        };
        match mark {
            "*" => Value {
                pointed: true,
                ..value
            },
            "#" => Value {
                wraps: value.wraps + 1,
                ..value
            },
            _ if value.wraps > 0 => Value {
                wraps: value.wraps - 1,
                ..value
            },
            _ => NO_VALUE,
        }
    }

    /// A member of a module or type; of what a type derefs to, if it has none of that name.
    fn rust_member_of(
        &self,
        mut entity: Entity,
        name: &str,
        called: bool,
        answers: &mut Answers,
    ) -> Found {
        let table = &self.table;
        let code = self.code(name);
        if is_scope(table, entity) {
            return self.rust_in_spaces(entity, name, if called { VALUE } else { ANY }, answers);
        }
        if self.kind(entity) == codes::ENUM_MEMBER {
            entity = table.parent[entity as usize];
        }
        if !codes::is_holder(self.kind(entity)) {
            return (-codes::VALUE_MEMBER, false);
        }
        let mut found = (MISSING, false);
        for _ in 0..MAX_DEREFS {
            let behind = if called {
                entity
            } else {
                self.rust_behind(entity, answers)
            };
            found = match self.rust().fields.get(&key(behind, code)) {
                Some(field) if !called => (*field, false),
                _ => self.rust_member(entity, code, answers),
            };
            if found.0 >= 0 || self.rust_member(entity, self.code("deref"), answers).0 < 0 {
                return found;
            }
            let (target, several) = self.rust_member(entity, self.code("Target"), answers);
            if target < 0 || several || self.kind(target) != codes::TYPE_ALIAS {
                return found;
            }
            entity = match table.rust.aliased.get(&target) {
                Some(written) => self.rust_aliased(target, written, answers),
                None => MISSING,
            };
            if entity < 0 || !codes::is_holder(self.kind(entity)) {
                return found;
            }
        }
        found
    }

    /// The type that an alias is another name for; others stand for themselves.
    fn rust_behind(&self, mut entity: Entity, answers: &mut Answers) -> Entity {
        for _ in 0..MAX_DEREFS {
            let Some(written) = self.table.rust.aliased.get(&entity) else {
                break;
            };
            entity = self.rust_aliased(entity, written, answers);
        }
        entity
    }

    /// What a call gives: what a function returns, or an instance.
    fn rust_made(&self, entity: Entity, receiver: Entity, answers: &mut Answers) -> Value {
        if entity < 0 || entity >= self.table.node_count() {
            return NO_VALUE;
        }
        match self.kind(entity) {
            codes::FUNCTION | codes::METHOD => self.rust_typed(entity, receiver, answers),
            codes::ENUM_MEMBER => Value::of(self.table.parent[entity as usize]),
            codes::STRUCT => Value::of(entity),
            _ => NO_VALUE,
        }
    }

    /// The type of a value or of what a function returns; `Self` of a trait is the receiver's type.
    fn rust_typed(&self, node: Entity, receiver: Entity, answers: &mut Answers) -> Value {
        let table = &self.table;
        let Some((target, text)) = self.rust().types.get(&node) else {
            return NO_VALUE;
        };
        let parts: Vec<&str> = text.split('.').collect();
        let marks: Vec<&str> = parts
            .iter()
            .copied()
            .filter(|part| STEPS.contains(part))
            .collect();
        let names = &parts[..parts.len() - marks.len()];
        let scope = scope_of(table, node);
        let (mut entity, mut unsure, _) = self.rust_first(scope, *target, names[0], TYPE, answers);
        for name in &names[1..] {
            if entity < 0 || self.kind(entity) == codes::EXTERNAL {
                break;
            }
            let more;
            (entity, more) = self.rust_in_spaces(entity, name, TYPE, answers);
            unsure |= more && !is_scope(table, entity);
        }
        if entity < 0 || entity >= table.node_count() || is_scope(table, entity) {
            return NO_VALUE;
        }
        if names.len() > 1 && unsure && self.kind(entity) == codes::TYPE_ALIAS {
            return NO_VALUE; // an associated type that several blocks define
        }
        if names == ["Self"] && self.kind(entity) == codes::TRAIT && receiver >= 0 {
            entity = receiver;
        }
        let entity = self.rust_behind(entity, answers);
        if entity < 0 || !codes::is_holder(self.kind(entity)) {
            return NO_VALUE;
        }
        let mut value = Value::of(entity);
        for mark in marks {
            value = self.rust_mark(value, mark, answers);
        }
        value
    }

    /// What a path means.
    fn rust_named(
        &self,
        use_: u8,
        binding: u8,
        scope: Entity,
        target: Entity,
        text: &str,
        answers: &mut Answers,
    ) -> Meaning {
        let table = &self.table;
        if use_ == codes::U_IMPLEMENTS
            && let Some(text) = text.strip_suffix('!')
        {
            return self.rust_derived(scope, target, text, answers);
        }
        let (text, is_macro) = match text.strip_suffix('!') {
            Some(text) => (text, true),
            None => (text, false),
        };
        let parts: Vec<&str> = text.split('.').collect();
        let space = match use_ {
            _ if is_macro => MACRO,
            codes::U_CALL => VALUE,
            codes::U_REFERENCE => ANY,
            _ => TYPE,
        };
        let rest = &parts[1..];
        let meaning = |entity, resolver, ambiguous, reached| Meaning {
            entity,
            resolver,
            ambiguous,
            reached,
        };
        let (mut entity, mut unsure, mut resolver);
        if binding == codes::B_SELF {
            if rest.is_empty() {
                return meaning(-codes::VALUE_CALL, codes::R_SELF, false, -1);
            }
            (entity, unsure, resolver) = (target, false, codes::R_SELF);
        } else if is_macro && rest.is_empty() {
            let (entity, resolver) = self.rust_macro(scope, parts[0], answers);
            return meaning(entity, resolver, false, -1);
        } else {
            let wanted = if rest.is_empty() { space } else { ANY };
            (entity, unsure, resolver) = self.rust_first(scope, target, parts[0], wanted, answers);
        }
        let mut reached = if resolver == codes::R_SELF {
            -1
        } else {
            entity
        };
        for (position, part) in rest.iter().enumerate() {
            if entity < 0 {
                break;
            }
            if self.kind(entity) == codes::EXTERNAL {
                let end = if is_macro { "!" } else { "" };
                let full = format!(
                    "{}.{}{end}",
                    self.external_name(entity),
                    rest[position..].join(".")
                );
                return meaning(self.external(&full), resolver, unsure, -1);
            }
            let last = position == rest.len() - 1;
            let module = is_scope(table, entity);
            if !module && resolver != codes::R_SELF {
                resolver = codes::R_MEMBER;
            }
            if *part == "super" && module {
                let above = self.rust().parent_scope(table, entity);
                entity = if above >= 0 { above } else { MISSING };
            } else {
                let wanted = if last { space } else { ANY };
                let more;
                (entity, more) = self.rust_in_spaces(entity, part, wanted, answers);
                unsure |= more;
            }
            if entity >= 0 {
                reached = entity;
            }
        }
        if entity >= 0 {
            return meaning(entity, resolver, unsure, -1);
        }
        if reached >= 0 && (self.kind(reached) == codes::EXTERNAL || is_scope(table, reached)) {
            reached = -1;
        }
        meaning(entity, resolver, unsure, reached)
    }

    /// The trait that a `#[derive]` implements: of a macro that is not the compiler's that is not known.
    fn rust_derived(
        &self,
        scope: Entity,
        target: Entity,
        text: &str,
        answers: &mut Answers,
    ) -> Meaning {
        let parts: Vec<&str> = text.split('.').collect();
        let mut resolver = codes::R_IMPORT;
        let (entity, ambiguous);
        if parts.len() == 1 {
            (entity, ambiguous, resolver) = self.rust_first(scope, target, text, MACRO, answers);
        } else {
            (entity, ambiguous) = self.rust_walk(scope, &parts, MACRO, false, answers);
        }
        let mut meaning = Meaning {
            entity,
            resolver,
            ambiguous,
            reached: -1,
        };
        let outside = entity >= 0 && self.kind(entity) == codes::EXTERNAL;
        let named = |name: String| {
            COMPILER_CRATES
                .iter()
                .any(|one| name.split('.').next() == Some(*one))
        };
        if !outside || !named(self.external_name(entity)) {
            meaning.entity = -codes::NAME_NOT_FOUND;
            meaning.ambiguous = false;
        }
        meaning
    }

    /// Take one step, as a type if any meaning will do.
    fn rust_in_spaces(
        &self,
        entity: Entity,
        name: &str,
        space: u8,
        answers: &mut Answers,
    ) -> Found {
        let code = self.code(name);
        if space != ANY {
            return self.rust_step(entity, code, space, answers);
        }
        let mut found = (MISSING, false);
        for one in [TYPE, VALUE] {
            found = self.rust_step(entity, code, one, answers);
            if found.0 >= 0 {
                break;
            }
        }
        found
    }

    /// What the first name of a use is bound to, and the resolver.
    fn rust_first(
        &self,
        scope: Entity,
        target: Entity,
        name: &str,
        space: u8,
        answers: &mut Answers,
    ) -> (Entity, bool, u8) {
        let (rust, table) = (self.rust(), &self.table);
        let both = [TYPE, VALUE];
        let one = [space];
        let wanted: &[u8] = if space == ANY { &both } else { &one };
        if target >= 0 && (name == "Self" || !is_scope(table, table.parent[target as usize])) {
            let row = table.import_of[target as usize];
            if row < 0 {
                return (target, table.ambiguous[target as usize], codes::R_LEXICAL);
            }
            for one in wanted {
                let found = self.rust_import_target(row as usize, *one, answers);
                if found.0 >= 0 {
                    return (found.0, found.1, codes::R_IMPORT);
                }
            }
            return (-codes::UNRESOLVED_IMPORT, false, codes::R_IMPORT);
        }
        let mut failed = -codes::UNDEFINED_NAME;
        for one in wanted {
            let found = self.rust_head(scope, name, *one, false, answers);
            if found.0 >= 0 {
                let here = found.0 < table.node_count() && scope_of(table, found.0) == scope;
                let resolver = if here {
                    codes::R_LEXICAL
                } else {
                    codes::R_IMPORT
                };
                return (found.0, found.1, resolver);
            }
            if matches!(-found.0, codes::STAR_IMPORT | codes::UNRESOLVED_IMPORT) {
                failed = found.0;
            }
        }
        let globs = rust.local_globs.get(&scope).map_or(&[][..], Vec::as_slice);
        for one in wanted {
            let (found, outside) = self.rust_globbed(scope, globs, self.code(name), *one, answers);
            if found.0 >= 0 {
                return (found.0, found.1, codes::R_IMPORT);
            }
            if outside {
                failed = -codes::STAR_IMPORT;
            }
        }
        if failed != -codes::UNRESOLVED_IMPORT
            && let Some(builtin) = self.rust_builtin(name)
        {
            return (self.external(&builtin), false, codes::R_BUILTIN);
        }
        (failed, false, codes::R_LEXICAL)
    }

    /// The full name of what every module sees.
    fn rust_builtin(&self, name: &str) -> Option<String> {
        let language = &self.table.languages[self.rust().language];
        if !language.builtins.contains(name) {
            return None;
        }
        Some(if name.ends_with('!') {
            format!("std.{name}")
        } else if PRIMITIVES.contains(&name) {
            format!("std.primitive.{name}")
        } else {
            format!("{}.{name}", language.builtins_module)
        })
    }

    /// The macro that a name means: one above in the text, an import's, an exported one, a builtin.
    fn rust_macro(&self, scope: Entity, name: &str, answers: &mut Answers) -> (Entity, u8) {
        let (rust, table) = (self.rust(), &self.table);
        let code = self.code(name);
        let macros = rust.macros.get(&code).map_or(&[][..], Vec::as_slice);
        for node in macros {
            if rust.is_within(table, scope, scope_of(table, *node)) {
                return (*node, codes::R_LEXICAL);
            }
        }
        let found = self.rust_find(scope, code, MACRO, answers);
        if found.0 >= 0 {
            return (found.0, codes::R_IMPORT);
        }
        let root = rust.root_of(table, scope);
        for node in macros {
            let home = scope_of(table, *node);
            if rust.root_of(table, home) == root
                && (table.rust.visible.contains(node) || self.rust_is_used(home, scope))
            {
                return (*node, codes::R_IMPORT);
            }
        }
        if let Some(builtin) = self.rust_builtin(&format!("{name}!")) {
            return (self.external(&builtin), codes::R_BUILTIN);
        }
        let reason = if found.0 == -codes::STAR_IMPORT {
            codes::STAR_IMPORT
        } else {
            codes::UNDEFINED_NAME
        };
        (-reason, codes::R_LEXICAL)
    }

    /// Say whether every module from a macro's up to one around a scope is declared with `#[macro_use]`.
    fn rust_is_used(&self, mut home: Entity, scope: Entity) -> bool {
        let (rust, table) = (self.rust(), &self.table);
        for _ in 0..MAX_DEPTH {
            if rust.is_within(table, scope, home) {
                return true;
            }
            let declared = rust.declared_by.get(&home);
            if !declared.is_some_and(|node| table.rust.macro_use.contains(node)) {
                return false;
            }
            home = rust.parent_scope(table, home);
            if home < 0 {
                return false;
            }
        }
        false
    }
}
