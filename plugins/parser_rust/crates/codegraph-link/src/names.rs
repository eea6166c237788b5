//! What names mean: in modules, along bases, and down dotted remainders.
//!
//! `Names` is shared by all threads and does not change once it is prepared, except for the list of
//! externals, behind a lock. Each thread keeps its answers in its own `Answers`; an answer depends on
//! the question alone, so the number of threads changes nothing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::codes;
use crate::golang::GoPackages;
use crate::jvm::{Jvm, JvmAnswers, Parts};
use crate::modules::{DottedModules, MISSING, OUTSIDE, PathModules, Project};
use crate::rust::{Rust, RustAnswers};
use crate::symbols::{Entity, Map, Set, SymbolTable, dirname};

/// Namespaces of one name in a scope whose members are looked for: bounds the work on hostile input.
const MOST_PARTS: usize = 64;

/// An entity or minus a reason, and whether a name on the way has several definitions.
pub type Found = (Entity, bool);

/// How the first step of a dotted remainder looks.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// As usual.
    Plain,
    /// On the receiver.
    Receiver,
    /// From the bases on.
    Super,
    /// Without bases at all.
    Own,
}

/// Where following a dotted remainder ended.
#[derive(Clone, Copy)]
pub struct Followed {
    /// Entity or minus a reason.
    pub entity: Entity,
    /// A step went through a type or a namespace.
    pub through: bool,
    /// A name on the way has several definitions.
    pub ambiguous: bool,
    /// The last definition that was reached where the way ended early, or -1.
    pub reached: Entity,
}

/// Finds modules for one language.
pub enum Finder {
    /// Every import is external.
    None,
    /// Dotted names.
    Dotted(DottedModules),
    /// Path specifiers.
    Path(PathModules),
    /// Go's import paths.
    Go,
}

#[derive(Default)]
struct Externals {
    by_name: Map<String, Entity>,
    names: Vec<String>,
}

struct Lineage {
    types: Arc<[Entity]>,
    /// The one base outside the repository, if every other one is known; else -1.
    outside: Entity,
    /// Why a member that no type has may still exist, or `MEMBER_NOT_FOUND`.
    reason: i32,
}

/// One thread's finished answers.
#[derive(Default)]
pub struct Answers {
    lookups: Map<u64, Found>,
    members: Map<(Entity, u32, Mode), Found>,
    lineages: Map<Entity, Lineage>,
    followed: Map<(Entity, u32, Mode), Followed>,
    globals: Map<(i64, u32), (Entity, bool, u8)>,
    constructors: Map<Entity, Found>,
    /// Those of `jvm.rs`.
    pub jvm: JvmAnswers,
    /// Those of `rust.rs`.
    pub rust: RustAnswers,
}

/// Name queries over a finished symbol table.
pub struct Names {
    /// The symbol table.
    pub table: SymbolTable,
    /// By import row: the module, or minus a reason.
    pub import_module: Vec<Entity>,
    /// By import row: what it names.
    pub targets: Vec<Found>,
    /// By import row: what its local name is bound to.
    pub bindings: Vec<Found>,
    /// Dotted remainders by code; 0 is the empty one.
    pub rests: Vec<Vec<u32>>,
    /// Dotted names of Java and Kotlin by code.
    pub dotted: Vec<Parts>,
    /// Lookups over Java and Kotlin files, where there are any.
    pub jvm: Option<Jvm>,
    /// Lookups over Rust files, where there are any.
    pub rust: Option<Rust>,
    /// Whole dotted texts by code, beside `dotted`.
    pub texts: Vec<String>,
    /// The Go packages, if there are Go files.
    pub go: Option<GoPackages>,
    finders: Vec<Finder>,
    externals: Mutex<Externals>,
    bases: Map<Entity, Vec<Entity>>,
    /// Type → what a stub declares of it.
    stubs: Map<Entity, Entity>,
    pub(crate) star: u32,
    default: u32,
    whole: u32,
    getattr: u32,
}

impl Names {
    /// Resolve the imports of a finished table.
    pub fn new(mut table: SymbolTable, project: &Project) -> Self {
        let [star, default, whole, getattr] =
            ["*", "default", "=", "__getattr__"].map(|text| table.names.intern(text));
        let jvm = Jvm::new(&mut table);
        let mut finders: Vec<Finder> = table
            .languages
            .iter()
            .map(|language| match language.style.as_str() {
                "dotted" => Finder::Dotted(DottedModules::new(&table, language)),
                "path" => Finder::Path(PathModules::new(language)),
                "go" => Finder::Go,
                _ => Finder::None,
            })
            .collect();
        let go = finders
            .iter()
            .position(|finder| matches!(finder, Finder::Go));
        let mut go = go.map(|language| GoPackages::new(&table, language, project.go_modules()));
        let rust = Rust::new(&table, project.crates(), &table.owned);
        let mut externals = Externals::default();
        let count = table.imports.file.len();
        let mut import_module = Vec::with_capacity(count);
        for row in 0..count {
            let file = table.imports.file[row] as usize;
            let module = table.modules.text(table.imports.module[row]);
            let folder = dirname(&table.paths[file]);
            let name = table.imports.name[row];
            let found = match table.language[file] {
                -1 => OUTSIDE,
                language => match &mut finders[language as usize] {
                    Finder::None if rust.as_ref().is_some_and(|rust| rust.has(file as u32)) => {
                        MISSING // `rust.rs` writes it
                    }
                    Finder::None => OUTSIDE,
                    Finder::Dotted(finder) => {
                        let name = (name >= 0 && name as u32 != star)
                            .then(|| table.names.text(name as u32));
                        finder.resolve(&table, folder, module, name)
                    }
                    Finder::Path(finder) => finder.resolve(&table, project, folder, module),
                    Finder::Go => go
                        .as_mut()
                        .map_or(OUTSIDE, |go| go.resolve(&table, folder, module)),
                },
            };
            let first = table.entity_count();
            import_module.push(if found == OUTSIDE {
                externals.entity(module, first)
            } else {
                found
            });
        }
        let mut names = Names {
            table,
            import_module,
            targets: Vec::new(),
            bindings: Vec::new(),
            rests: vec![Vec::new()],
            dotted: Vec::new(),
            jvm,
            rust,
            texts: Vec::new(),
            go,
            finders,
            externals: Mutex::new(externals),
            bases: Map::default(),
            stubs: Map::default(),
            star,
            default,
            whole,
            getattr,
        };
        let mut answers = Answers::default();
        for row in 0..count {
            let found = match &names.rust {
                Some(rust) if rust.has(names.table.imports.file[row]) => {
                    let (module, found) = names.rust_import(row, &mut answers);
                    names.import_module[row] = module;
                    found
                }
                _ => names.target_of(row, &mut answers),
            };
            names.targets.push(found);
        }
        names.bindings = (0..count)
            .map(|row| names.binding_of(row, &mut answers))
            .collect();
        if !names.table.stub_of.is_empty() {
            names.find_stubs(&mut answers);
        }
        names
    }

    /// Find what stubs declare of types.
    fn find_stubs(&mut self, answers: &mut Answers) {
        for file in 0..self.table.paths.len() {
            let module = self.table.module[file];
            let Some(stub) = self.table.stub_of.get(&module).copied() else {
                continue;
            };
            let mut sources: Map<Entity, Entity> = Map::default();
            sources.insert(stub, module);
            for node in self.table.nodes_of(stub) {
                if !codes::is_holder(self.table.kind[node as usize]) {
                    continue;
                }
                let Some(source) = sources.get(&self.table.parent[node as usize]).copied() else {
                    continue;
                };
                let found = self.defined(source, self.table.name[node as usize], answers);
                if found >= 0 && codes::is_holder(self.kind(found)) {
                    sources.insert(node, found);
                    self.stubs.entry(found).or_insert(node);
                }
            }
        }
    }

    /// Return the node that a module or a type itself has under a name, or a negative number.
    fn defined(&self, holder: Entity, name: u32, answers: &mut Answers) -> Entity {
        let table = &self.table;
        let found = if table.kind[holder as usize] == codes::MODULE {
            self.lookup(holder, name, answers).0
        } else {
            table.member(holder, name).unwrap_or(-1)
        };
        if found < 0
            || found >= table.node_count()
            || matches!(table.kind[found as usize], codes::IMPORT | codes::MODULE)
            || table.is_stub(table.file_of_node(found))
        {
            return -1;
        }
        found
    }

    /// Return what a module's stub declares, in its order: declaration, definition, whether there are several.
    pub fn declarations(
        &self,
        module: Entity,
        answers: &mut Answers,
    ) -> Vec<(Entity, Entity, bool)> {
        let table = &self.table;
        let Some(stub) = table.stub_of.get(&module).copied() else {
            return Vec::new();
        };
        let mut result = vec![(stub, module, false)];
        let mut sources: Map<Entity, Entity> = Map::default();
        sources.insert(stub, module);
        for node in table.nodes_of(stub) {
            let kind = table.kind[node as usize];
            let Some(source) = sources.get(&table.parent[node as usize]).copied() else {
                continue;
            };
            if matches!(kind, codes::IMPORT | codes::PARAMETER) {
                continue;
            }
            let name = table.name[node as usize];
            let mut found = self.defined(source, name, answers);
            if found < 0 && table.kind[source as usize] != codes::MODULE {
                let (inherited, _) = self.member(source, name, Mode::Plain, answers);
                if inherited >= 0
                    && inherited < table.node_count()
                    && !table.is_stub(table.file_of_node(inherited))
                {
                    found = inherited;
                }
            }
            if found < 0 {
                continue;
            }
            result.push((node, found, table.ambiguous[found as usize]));
            if codes::is_holder(kind) && codes::is_holder(table.kind[found as usize]) {
                sources.insert(node, found);
            }
        }
        result
    }

    /// Record a type's next base.
    pub fn add_base(&mut self, type_: Entity, base: Entity) {
        self.bases.entry(type_).or_default().push(base);
    }

    /// Return a type's own bases as recorded.
    pub fn bases_of(&self, type_: Entity) -> &[Entity] {
        self.bases.get(&type_).map_or(&[], Vec::as_slice)
    }

    /// Record a base that was resolved with the help of others.
    pub fn replace_base(&mut self, type_: Entity, position: usize, base: Entity) {
        if let Some(slot) = self
            .bases
            .get_mut(&type_)
            .and_then(|bases| bases.get_mut(position))
        {
            *slot = base;
        }
    }

    /// Return a type's ancestors in the repository, nearest first.
    pub fn lineage_types(&self, type_: Entity, answers: &mut Answers) -> Arc<[Entity]> {
        let lineage = answers
            .lineages
            .entry(type_)
            .or_insert_with(|| self.linearise(type_));
        lineage.types.clone()
    }

    /// Return the one base outside the repository, or -1, and why an unknown member may still exist.
    pub fn lineage_end(&self, type_: Entity, answers: &mut Answers) -> (Entity, i32) {
        let lineage = answers
            .lineages
            .entry(type_)
            .or_insert_with(|| self.linearise(type_));
        (lineage.outside, lineage.reason)
    }

    /// Return an entity's kind code.
    pub fn kind(&self, entity: Entity) -> u8 {
        if entity < self.table.node_count() {
            self.table.kind[entity as usize]
        } else if entity < self.table.entity_count() {
            codes::PACKAGE
        } else {
            codes::EXTERNAL
        }
    }

    fn lock(&self) -> MutexGuard<'_, Externals> {
        // Nothing that runs under the lock leaves the list half changed.
        self.externals
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Return the entity of a dotted name outside the repository.
    pub fn external(&self, name: &str) -> Entity {
        self.lock().entity(name, self.table.entity_count())
    }

    /// Return the dotted name of an external entity.
    pub fn external_name(&self, entity: Entity) -> String {
        self.lock().names[(entity - self.table.entity_count()) as usize].clone()
    }

    /// Say whether only exported names of a file can be imported.
    pub fn is_explicit(&self, file: u32) -> bool {
        self.language(file)
            .is_some_and(|language| language.explicit_exports)
    }

    /// Return a file's language.
    pub fn language(&self, file: u32) -> Option<&crate::symbols::Language> {
        match self.table.language[file as usize] {
            -1 => None,
            language => Some(&self.table.languages[language as usize]),
        }
    }

    fn dotted(&self, file: u32) -> Option<&DottedModules> {
        match self.table.language[file as usize] {
            -1 => None,
            language => match &self.finders[language as usize] {
                Finder::Dotted(finder) => Some(finder),
                _ => None,
            },
        }
    }

    fn target_of(&self, row: usize, answers: &mut Answers) -> Found {
        let (module, name) = (self.import_module[row], self.table.imports.name[row]);
        if module < 0 || name < 0 || name as u32 == self.star {
            return (module, false);
        }
        self.lookup(module, name as u32, answers)
    }

    fn binding_of(&self, row: usize, answers: &mut Answers) -> Found {
        let imports = &self.table.imports;
        let (found, ambiguous) = if imports.name[row] >= 0 {
            self.targets
                .get(row)
                .copied()
                .unwrap_or_else(|| self.target_of(row, answers))
        } else {
            (self.whole_binding(row), false)
        };
        if found >= 0 {
            (found, ambiguous)
        } else {
            (-codes::UNRESOLVED_IMPORT, ambiguous)
        }
    }

    /// Return what the local name of a whole-module import is bound to: `import a.b` binds `a`.
    fn whole_binding(&self, row: usize) -> Entity {
        let imports = &self.table.imports;
        let target = self.import_module[row];
        let module = self.table.modules.text(imports.module[row]);
        let Some(finder) = self.dotted(imports.file[row]) else {
            return target;
        };
        if imports.has_alias[row] || !module.contains('.') {
            return target;
        }
        if target >= self.table.entity_count() {
            return self.external(module.split('.').next().unwrap_or(""));
        }
        if target < 0 {
            return target;
        }
        let dots = module.matches('.').count();
        let (mut folder, ups) = match self.table.file_of_module(target) {
            Some(file) => {
                let path = &self.table.paths[file as usize];
                (
                    dirname(path),
                    if finder.is_index(path) {
                        dots
                    } else {
                        dots - 1
                    },
                )
            }
            None => (
                self.table.folders[(target - self.table.node_count()) as usize].as_str(),
                dots,
            ),
        };
        for _ in 0..ups {
            folder = dirname(folder);
        }
        match finder.at(&self.table, folder) {
            found if found >= 0 => found,
            _ => self
                .table
                .package_of
                .get(folder)
                .copied()
                .unwrap_or(MISSING),
        }
    }

    /// Return what a name means in a module, package or external.
    pub fn lookup(&self, module: Entity, name: u32, answers: &mut Answers) -> Found {
        let key = (module as u64) << 32 | u64::from(name);
        if let Some(found) = answers.lookups.get(&key) {
            return *found;
        }
        let found = self.walk(module, name);
        answers.lookups.insert(key, found);
        found
    }

    fn walk(&self, mut module: Entity, mut name: u32) -> Found {
        let table = &self.table;
        let mut seen: Vec<(Entity, u32)> = Vec::new();
        let mut ambiguous = false;
        loop {
            if seen.contains(&(module, name)) || seen.len() > codes::MAX_CHAIN {
                return (-codes::IMPORT_CYCLE, ambiguous);
            }
            if module >= table.entity_count() {
                let full = format!("{}.{}", self.external_name(module), table.names.text(name));
                return (self.external(&full), ambiguous);
            }
            seen.push((module, name));
            let (found, several) = match self.go_member(module, name) {
                Some(found) => found,
                None => (self.find(module, name, &seen), false),
            };
            if found < 0 || found >= table.node_count() {
                return (found, ambiguous);
            }
            ambiguous |= table.ambiguous[found as usize] | several;
            let row = table.import_of[found as usize];
            if row < 0 {
                return (found, ambiguous);
            }
            let row = row as usize;
            module = self.import_module[row];
            if module < 0 {
                return (-codes::UNRESOLVED_IMPORT, ambiguous);
            }
            match table.imports.name[row] {
                next if next < 0 || next as u32 == self.star => {
                    let bound = if next < 0 {
                        self.whole_binding(row)
                    } else {
                        module
                    };
                    return (
                        if bound >= 0 {
                            bound
                        } else {
                            -codes::UNRESOLVED_IMPORT
                        },
                        ambiguous,
                    );
                }
                next => name = next as u32,
            }
        }
    }

    /// What a name means in a Go package that was imported; None where `find` decides.
    fn go_member(&self, module: Entity, name: u32) -> Option<Found> {
        let (go, table) = (self.go.as_ref()?, &self.table);
        if module >= table.node_count() {
            let folder = &table.folders[(module - table.node_count()) as usize];
            if self.submodule_anywhere(folder, name) >= 0 {
                return None;
            }
        } else if !go.has(module) {
            return None;
        }
        Some(
            go.members(table, module, name, -1)
                .unwrap_or((-codes::NAME_NOT_FOUND, false)),
        )
    }

    /// What a free name means in a Go file: its package's, a dot import's, an import's real name; and
    /// whether a dot import leads out of the repository.
    fn go_global(&self, go: &GoPackages, file: u32, name: u32) -> (Entity, bool, bool) {
        let table = &self.table;
        let module = table.module[file as usize];
        if let Some((found, several)) = go.siblings(module, name) {
            return (found, several, false);
        }
        let mut outside = false;
        for row in table.stars.get(&module).map_or(&[][..], Vec::as_slice) {
            let package = self.import_module[*row];
            if package < 0 || package >= table.entity_count() {
                outside = true;
                continue;
            }
            if let Some((found, several)) = go.members(table, package, name, module) {
                return (found, several, false);
            }
        }
        let imports = &table.imports;
        for row in imports.first_row[file as usize]..imports.first_row[file as usize + 1] {
            let package = self.import_module[row];
            let unnamed = !imports.has_alias[row] && imports.name[row] < 0;
            if unnamed
                && package >= 0
                && package < table.entity_count()
                && go.declared_name(table, package) == Some(name)
            {
                return (package, false, false);
            }
        }
        (-codes::UNDEFINED_NAME, false, outside)
    }

    /// Return the node or entity that a name is bound to in one module, imports not followed.
    fn find(&self, module: Entity, name: u32, seen: &[(Entity, u32)]) -> Entity {
        let table = &self.table;
        if module >= table.node_count() {
            let folder = &table.folders[(module - table.node_count()) as usize];
            return self.submodule_anywhere(folder, name);
        }
        let Some(file) = table.file_of_module(module) else {
            return -codes::NAME_NOT_FOUND;
        };
        if self.is_explicit(file) {
            return self.find_export(file, name, seen);
        }
        let found = self.module_member(module, name, seen);
        if found >= 0 {
            return found;
        }
        let (found, outside) = self.find_star(module, name, seen);
        if found >= 0 {
            return found;
        }
        let mut found = self.submodule_of(file, name);
        if found < 0
            && let Some(stub) = table.stub_of.get(&module)
        {
            found = self.declared_in(*stub, name, seen);
        }
        if found >= 0 {
            return found;
        }
        if table.member(module, name).is_some() {
            return -codes::IMPORT_CYCLE;
        }
        if table.member(module, self.getattr).is_some() {
            return -codes::DYNAMIC_ATTRIBUTE;
        }
        if outside {
            -codes::STAR_IMPORT
        } else {
            -codes::NAME_NOT_FOUND
        }
    }

    fn leads_back(&self, node: Entity, seen: &[(Entity, u32)]) -> bool {
        let row = self.table.import_of[node as usize];
        row >= 0 && {
            let row = row as usize;
            let name = self.table.imports.name[row];
            name >= 0 && seen.contains(&(self.import_module[row], name as u32))
        }
    }

    fn module_member(&self, module: Entity, name: u32, seen: &[(Entity, u32)]) -> Entity {
        match self.table.member(module, name) {
            Some(found) if !self.leads_back(found, seen) => found,
            Some(found) => self
                .table
                .behind_import
                .get(&found)
                .copied()
                .unwrap_or(MISSING),
            None => MISSING,
        }
    }

    /// Return what a stub declares, itself or by its star imports.
    fn declared_in(&self, stub: Entity, name: u32, seen: &[(Entity, u32)]) -> Entity {
        match self.exported_by_stub(stub, name, seen) {
            found if found >= 0 => found,
            _ => self.find_star(stub, name, seen).0,
        }
    }

    /// Return a stub's own declaration.
    ///
    /// What a stub imports under its own name is exported only if its `__all__` has it (PEP 484).
    fn exported_by_stub(&self, stub: Entity, name: u32, seen: &[(Entity, u32)]) -> Entity {
        let table = &self.table;
        let found = self.module_member(stub, name, seen);
        if found < 0 {
            return found;
        }
        let row = table.import_of[found as usize];
        let listed = || {
            let list = table.export_lists.get(&stub);
            list.is_some_and(|list| list.contains(&name))
        };
        if row < 0 || table.imports.has_alias[row as usize] || listed() {
            found
        } else {
            MISSING
        }
    }

    fn submodule_of(&self, file: u32, name: u32) -> Entity {
        let path = &self.table.paths[file as usize];
        match self.dotted(file) {
            Some(finder) if finder.is_index(path) => {
                let found = finder.within(&self.table, dirname(path), self.table.names.text(name));
                if found >= 0 {
                    found
                } else {
                    -codes::NAME_NOT_FOUND
                }
            }
            _ => MISSING,
        }
    }

    fn submodule_anywhere(&self, folder: &str, name: u32) -> Entity {
        for finder in &self.finders {
            if let Finder::Dotted(finder) = finder {
                let found = finder.within(&self.table, folder, self.table.names.text(name));
                if found >= 0 {
                    return found;
                }
            }
        }
        -codes::NAME_NOT_FOUND
    }

    /// Search the modules whose names a module takes with `*`: the last star import first.
    fn find_star(&self, module: Entity, name: u32, seen: &[(Entity, u32)]) -> (Entity, bool) {
        let table = &self.table;
        let Some(rows) = table.stars.get(&module) else {
            return (MISSING, false);
        };
        let hidden = table.names.text(name).starts_with('_');
        let mut outside = false;
        let mut visited: Set<Entity> = Set::default();
        visited.insert(module);
        let mut stack: Vec<Entity> = rows.iter().map(|row| self.import_module[*row]).collect();
        // Stub → whether the list of its module has the name.
        let mut behind: Map<Entity, bool> = Map::default();
        while let Some(current) = stack.pop() {
            if current < 0 || current >= table.entity_count() {
                outside = true;
                continue;
            }
            if visited.contains(&current) || visited.len() > codes::MAX_STAR_MODULES {
                continue;
            }
            let listed = table.export_lists.get(&current);
            let declares = behind.get(&current).copied();
            let taken =
                declares == Some(true) || listed.map_or(!hidden, |listed| listed.contains(&name));
            if (taken || listed.is_none())
                && let Some(stub) = table.stub_of.get(&current)
            {
                behind.insert(*stub, taken && listed.is_some());
                stack.push(*stub);
            }
            if !taken {
                continue;
            }
            visited.insert(current);
            if current >= table.node_count() {
                continue;
            }
            let found = if declares.is_some() {
                self.exported_by_stub(current, name, seen)
            } else {
                self.module_member(current, name, seen)
            };
            if found >= 0 {
                return (found, outside);
            }
            if listed.is_some()
                && let Some(file) = table.file_of_module(current)
            {
                let found = self.submodule_of(file, name);
                if found >= 0 {
                    return (found, outside);
                }
            }
            if let Some(rows) = table.stars.get(&current) {
                stack.extend(rows.iter().map(|row| self.import_module[*row]));
            }
        }
        (MISSING, outside)
    }

    /// Return the exported node of a name: the file's own, then those of `export *` in source order.
    fn find_export(&self, file: u32, name: u32, seen: &[(Entity, u32)]) -> Entity {
        let table = &self.table;
        let mut stack = vec![file];
        let mut visited: Set<u32> = Set::default();
        let mut outside = false;
        while let Some(current) = stack.pop() {
            if visited.len() > codes::MAX_STAR_MODULES || !visited.insert(current) {
                continue;
            }
            let found = self.exported(current, name, seen);
            if found >= 0 {
                return found;
            }
            if name == self.default {
                break;
            }
            if let Some(whole) = self.whole_import(current) {
                match table.file_of_module(whole) {
                    Some(file) => stack.push(file),
                    None => outside = true,
                }
            }
            for node in table.export_stars.get(&current).into_iter().flatten().rev() {
                let module = match table.import_of[*node as usize] {
                    -1 => MISSING,
                    row => self.import_module[row as usize],
                };
                match table.file_of_module(module) {
                    Some(file) => stack.push(file),
                    None => outside = true,
                }
            }
        }
        if table
            .exports
            .get(&file)
            .is_some_and(|rows| rows.contains_key(&name))
        {
            return -codes::IMPORT_CYCLE;
        }
        if outside {
            -codes::STAR_IMPORT
        } else {
            -codes::NAME_NOT_FOUND
        }
    }

    /// Return the module that a file exports as a whole (`module.exports = require("m")`), None if it does not.
    fn whole_import(&self, file: u32) -> Option<Entity> {
        let node = self.table.exports.get(&file)?.get(&self.whole)?.last()?;
        match self.table.import_of[*node as usize] {
            -1 => None,
            row if self.table.imports.name[row as usize] >= 0 => None,
            row => Some(self.import_module[row as usize]),
        }
    }

    fn exported(&self, file: u32, name: u32, seen: &[(Entity, u32)]) -> Entity {
        let table = &self.table;
        let Some(rows) = table.exports.get(&file) else {
            return MISSING;
        };
        let (mut best, mut rank) = (MISSING, 0);
        for node in rows.get(&name).into_iter().flatten() {
            let node_rank = codes::rank(table.kind[*node as usize]);
            if !self.leads_back(*node, seen) && (best < 0 || node_rank >= rank) {
                (best, rank) = (*node, node_rank);
            }
        }
        if best >= 0 {
            return best;
        }
        match rows.get(&self.whole).and_then(|nodes| nodes.last()) {
            None => best,
            Some(whole) if name == self.default => *whole,
            Some(whole) => table.member(*whole, name).unwrap_or(MISSING),
        }
    }

    /// Return what a module itself stands for as a value: its `module.exports =`, if it has one.
    pub fn value(&self, module: Entity) -> Entity {
        let whole = self
            .table
            .file_of_module(module)
            .and_then(|file| self.table.exports.get(&file))
            .and_then(|rows| rows.get(&self.whole))
            .and_then(|nodes| nodes.last());
        match whole {
            None => module,
            Some(node) => match self.table.import_of[*node as usize] {
                -1 => *node,
                row => match self.bindings[row as usize].0 {
                    found if found >= 0 => found,
                    _ => module,
                },
            },
        }
    }

    /// Return what a free name means in a file: a star import's, a builtin, or nothing; and the resolver.
    pub fn global(&self, file: u32, name: u32, answers: &mut Answers) -> (Entity, bool, u8) {
        let module = self.table.module[file as usize];
        let starred = self.table.stars.contains_key(&module) && !self.is_explicit(file)
            || self.go.as_ref().is_some_and(|go| go.has(module));
        let scope = if starred {
            i64::from(module)
        } else {
            -1 - i64::from(self.table.language[file as usize])
        };
        if let Some(found) = answers.globals.get(&(scope, name)) {
            return *found;
        }
        let found = self.global_uncached(file, module, starred, name);
        answers.globals.insert((scope, name), found);
        found
    }

    fn global_uncached(
        &self,
        file: u32,
        module: Entity,
        starred: bool,
        name: u32,
    ) -> (Entity, bool, u8) {
        let mut outside = false;
        if let Some(go) = self.go.as_ref().filter(|go| go.has(module)) {
            let (found, several, beyond) = self.go_global(go, file, name);
            if found >= 0 {
                return (found, several, codes::R_IMPORT);
            }
            outside = beyond;
        } else if starred {
            let (found, beyond) = self.find_star(module, name, &[(module, name)]);
            outside = beyond;
            if found >= self.table.node_count() {
                return (found, false, codes::R_IMPORT);
            }
            if found >= 0 {
                let mut bound = (found, self.table.ambiguous[found as usize]);
                let row = self.table.import_of[found as usize];
                if row >= 0 {
                    let (entity, unsure) = self.bindings[row as usize];
                    bound = (entity, bound.1 || unsure);
                }
                if bound.0 >= 0 {
                    return (bound.0, bound.1, codes::R_IMPORT);
                }
            }
        }
        let text = self.table.names.text(name);
        if let Some(language) = self.language(file)
            && language.builtins.contains(text)
        {
            let home = &language.builtins_module;
            let entity = if home.is_empty() {
                self.external(text)
            } else {
                self.external(&format!("{home}.{text}"))
            };
            return (entity, false, codes::R_BUILTIN);
        }
        (
            -(if outside {
                codes::STAR_IMPORT
            } else {
                codes::UNDEFINED_NAME
            }),
            false,
            codes::R_LEXICAL,
        )
    }

    fn linearise(&self, type_: Entity) -> Lineage {
        let mut outside: Vec<Entity> = Vec::new();
        let mut unresolved = false;
        let mut visited: Set<Entity> = Set::default();
        visited.insert(type_);
        let mut finished = Vec::new();
        let bases = |of: Entity| self.bases.get(&of).map_or(&[][..], Vec::as_slice);
        let mut stack: Vec<(Entity, &[Entity])> = vec![(type_, bases(type_))];
        while let Some((current, pending)) = stack.last_mut() {
            let Some((base, rest)) = pending.split_last() else {
                finished.push(*current);
                stack.pop();
                continue;
            };
            *pending = rest;
            let base = *base;
            if base < 0 || !codes::is_type(self.kind(base)) {
                if base < 0 || self.kind(base) != codes::EXTERNAL {
                    unresolved = true;
                } else if !outside.contains(&base)
                    && !codes::MEMBERLESS.contains(&self.external_name(base).as_str())
                {
                    outside.push(base);
                }
            } else if !visited.contains(&base) {
                if visited.len() < codes::MAX_LINEAGE {
                    visited.insert(base);
                    stack.push((base, bases(base)));
                } else {
                    unresolved = true;
                }
            }
        }
        finished.pop();
        finished.reverse();
        let only = if outside.len() == 1 && !unresolved {
            outside[0]
        } else {
            -1
        };
        let reason = if !outside.is_empty() {
            codes::EXTERNAL_BASE
        } else if unresolved {
            codes::UNRESOLVED_BASE
        } else {
            codes::MEMBER_NOT_FOUND
        };
        Lineage {
            types: finished.into(),
            outside: only,
            reason,
        }
    }

    /// Return a type's member, or minus a reason.
    pub fn member(&self, type_: Entity, name: u32, mode: Mode, answers: &mut Answers) -> Found {
        if let Some(found) = answers.members.get(&(type_, name, mode)) {
            return *found;
        }
        let found = self.member_uncached(type_, name, mode, answers);
        answers.members.insert((type_, name, mode), found);
        found
    }

    fn member_uncached(
        &self,
        type_: Entity,
        name: u32,
        mode: Mode,
        answers: &mut Answers,
    ) -> Found {
        if mode != Mode::Super {
            if let Some(found) = self.table.member(type_, name) {
                return self.bound(found);
            }
            if mode == Mode::Own {
                return match self.declared_member(&[type_], name) {
                    Some(found) => self.bound(found),
                    None => (-codes::MEMBER_NOT_FOUND, false),
                };
            }
        }
        let lineage = answers
            .lineages
            .entry(type_)
            .or_insert_with(|| self.linearise(type_));
        for ancestor in lineage.types.iter() {
            if let Some(found) = self.table.member(*ancestor, name) {
                return self.bound(found);
            }
        }
        if !self.stubs.is_empty() {
            let own = if mode == Mode::Super {
                None
            } else {
                self.declared_member(&[type_], name)
            };
            if let Some(found) = own.or_else(|| self.declared_member(&lineage.types, name)) {
                return self.bound(found);
            }
        }
        if lineage.outside >= 0 {
            let base = self.external_name(lineage.outside);
            return (
                self.external(&format!("{base}.{}", self.table.names.text(name))),
                false,
            );
        }
        (-lineage.reason, false)
    }

    /// Return a member that only the stub of one of some types has.
    fn declared_member(&self, types: &[Entity], name: u32) -> Option<Entity> {
        types
            .iter()
            .find_map(|each| self.table.member(*self.stubs.get(each)?, name))
    }

    fn bound(&self, node: Entity) -> Found {
        match self.table.import_of[node as usize] {
            -1 => (node, self.table.ambiguous[node as usize]),
            row => self.bindings[row as usize],
        }
    }

    /// Follow a dotted remainder from a head.
    pub fn follow(&self, head: Entity, rest: u32, mode: Mode, answers: &mut Answers) -> Followed {
        if let Some(found) = answers.followed.get(&(head, rest, mode)) {
            return *found;
        }
        let found = self.follow_uncached(head, &self.rests[rest as usize], mode, answers);
        answers.followed.insert((head, rest, mode), found);
        found
    }

    /// The type that a struct embeds under a field's name, or the field itself.
    fn embedded(&self, field: Entity) -> Entity {
        let table = &self.table;
        let at = table.parent[field as usize];
        if at < 0 || table.kind[at as usize] != codes::STRUCT {
            return field;
        }
        let name = table.name[field as usize];
        let is_named = |base: &&Entity| {
            if **base >= table.entity_count() {
                let full = self.external_name(**base);
                full.rsplit('.').next() == Some(table.names.text(name))
            } else {
                (0..table.node_count()).contains(*base) && table.name[**base as usize] == name
            }
        };
        self.bases_of(at)
            .iter()
            .find(is_named)
            .copied()
            .unwrap_or(field)
    }

    fn follow_uncached(
        &self,
        head: Entity,
        names: &[u32],
        mode: Mode,
        answers: &mut Answers,
    ) -> Followed {
        let table = &self.table;
        let (mut through, mut ambiguous) = (false, false);
        let mut reached = if matches!(mode, Mode::Plain | Mode::Own) {
            head
        } else {
            -1
        };
        let mut entity = head;
        for (position, name) in names.iter().enumerate() {
            if self.kind(entity) == codes::FIELD {
                entity = self.embedded(entity);
            }
            let kind = self.kind(entity);
            let (mut found, mut unsure) = match kind {
                codes::EXTERNAL => {
                    let mut full = self.external_name(entity);
                    for name in &names[position..] {
                        full.push('.');
                        full.push_str(table.names.text(*name));
                    }
                    return Followed {
                        entity: self.external(&full),
                        through,
                        ambiguous,
                        reached: -1,
                    };
                }
                codes::MODULE | codes::PACKAGE => self.lookup(entity, *name, answers),
                kind if codes::is_holder(kind) => {
                    through = true;
                    let first = if mode == Mode::Own || position == 0 {
                        mode
                    } else {
                        Mode::Plain
                    };
                    self.member(entity, *name, first, answers)
                }
                codes::NAMESPACE => {
                    through = true;
                    table
                        .member(entity, *name)
                        .map_or((-codes::NAME_NOT_FOUND, false), |node| self.bound(node))
                }
                kind if codes::is_membered(kind) => match table.member(entity, *name) {
                    Some(node) => {
                        through = true;
                        self.bound(node)
                    }
                    None => (-codes::VALUE_MEMBER, false),
                },
                _ => (-codes::VALUE_MEMBER, false),
            };
            let parts = std::iter::successors(table.namespace_beside.get(&entity), |part| {
                table.namespace_beside.get(*part)
            });
            if found < 0
                && let Some(node) = parts
                    .take(MOST_PARTS)
                    .find_map(|part| table.member(*part, *name))
            {
                through = true;
                (found, unsure) = self.bound(node);
            }
            ambiguous |= unsure;
            if found < 0 {
                if reached >= 0
                    && matches!(
                        self.kind(reached),
                        codes::MODULE | codes::PACKAGE | codes::EXTERNAL
                    )
                {
                    reached = -1;
                }
                return Followed {
                    entity: found,
                    through,
                    ambiguous,
                    reached,
                };
            }
            entity = found;
            reached = found;
        }
        Followed {
            entity,
            through,
            ambiguous,
            reached: -1,
        }
    }

    /// Return the method or property that one of a class overrides: that of its name in the nearest base that has the
    /// name; -1 where the base has something else under it, and of constructors and private members.
    pub fn overridden_by_name(
        &self,
        node: Entity,
        constructor: Option<u32>,
        answers: &mut Answers,
    ) -> Found {
        let table = &self.table;
        let (name, parent) = (table.name[node as usize], table.parent[node as usize]);
        if !codes::is_overridable(table.kind[node as usize])
            || parent < 0
            || !matches!(table.kind[parent as usize], codes::CLASS | codes::INTERFACE)
            || Some(name) == constructor
            || table.private.contains(&node)
        {
            return (-1, false);
        }
        let lineage = answers
            .lineages
            .entry(parent)
            .or_insert_with(|| self.linearise(parent));
        let nearest = lineage
            .types
            .iter()
            .find_map(|base| table.member(*base, name))
            .filter(|found| {
                codes::is_overridable(table.kind[*found as usize])
                    && !table.private.contains(found)
                    && table.statics.contains(found) == table.statics.contains(&node)
            });
        nearest.map_or((-1, false), |found| {
            (found, table.ambiguous[found as usize])
        })
    }

    /// Return the constructor that an instantiation of a type runs, or -1.
    pub fn constructor(&self, type_: Entity, answers: &mut Answers) -> Found {
        if let Some(found) = answers.constructors.get(&type_) {
            return *found;
        }
        let file = self.table.file_of_node(type_);
        let name = self
            .language(file)
            .map_or("", |language| language.constructor.as_str());
        let mut found = (-1, false);
        if let (false, Some(name)) = (name.is_empty(), self.table.names.get(name)) {
            let (node, unsure) = self.member(type_, name, Mode::Plain, answers);
            if node >= 0
                && node < self.table.node_count()
                && codes::is_callable(self.table.kind[node as usize])
            {
                found = (node, unsure);
            }
        }
        answers.constructors.insert(type_, found);
        found
    }
}

impl Externals {
    fn entity(&mut self, name: &str, first: Entity) -> Entity {
        if let Some(entity) = self.by_name.get(name) {
            return *entity;
        }
        let entity = first + self.names.len() as Entity;
        self.names.push(name.to_owned());
        self.by_name.insert(name.to_owned(), entity);
        entity
    }
}
