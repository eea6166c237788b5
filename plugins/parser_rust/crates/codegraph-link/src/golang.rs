//! Go: import paths → folders of packages, and what a name means in a package. The twin of `golang.py`.

use serde::Deserialize;

use crate::codes;
use crate::modules::{MISSING, OUTSIDE, join};
use crate::symbols::{Entity, Map, Set, SymbolTable, basename, dirname};

/// What a `go.mod` says.
#[derive(Clone, Debug, Deserialize)]
pub struct GoModule {
    folder: String,
    path: String,
    replaces: Vec<(String, String)>,
}

/// Finds packages by import path, and members of packages.
pub struct GoPackages {
    /// By folder.
    modules: Map<String, usize>,
    config: Vec<GoModule>,
    /// Positions in `config`, the longest module path first.
    by_path: Vec<usize>,
    cache: Map<(String, String), Entity>,
    /// (folder, name of the package's clause) → its modules, in path order.
    packages: Map<(String, u32), Vec<Entity>>,
    clause: Map<Entity, (String, u32)>,
    /// Modules that only a test build has.
    tests: Set<Entity>,
    importable: Map<String, u32>,
    /// The same keys as `packages`: what each name means there, without and with files of test builds.
    names: Map<(String, u32), [Declared; 2]>,
}

/// Name → the first definition, and whether there are others.
type Declared = Map<u32, (Entity, bool)>;

impl GoPackages {
    /// Index the packages of a finished table.
    pub fn new(table: &SymbolTable, language: usize, config: &[GoModule]) -> Self {
        let mut by_path: Vec<usize> = (0..config.len()).collect();
        by_path.sort_by(|a, b| {
            let key = |at: usize| {
                (
                    usize::MAX - config[at].path.chars().count(),
                    &config[at].folder,
                )
            };
            key(*a).cmp(&key(*b))
        });
        let mut packages = GoPackages {
            modules: config
                .iter()
                .enumerate()
                .map(|(at, module)| (module.folder.clone(), at))
                .collect(),
            config: config.to_vec(),
            by_path,
            cache: Map::default(),
            packages: Map::default(),
            clause: Map::default(),
            tests: Set::default(),
            importable: Map::default(),
            names: Map::default(),
        };
        let mut names: Map<String, Map<u32, usize>> = Map::default();
        for (file, path) in table.paths.iter().enumerate() {
            let module = table.module[file];
            if table.language[file] != language as i32 || module < 0 {
                continue;
            }
            let folder = dirname(path).to_owned();
            let name = table.name[module as usize];
            packages
                .packages
                .entry((folder.clone(), name))
                .or_default()
                .push(module);
            packages.clause.insert(module, (folder.clone(), name));
            if basename(path).ends_with("_test.go") {
                packages.tests.insert(module);
            } else {
                *names.entry(folder).or_default().entry(name).or_default() += 1;
            }
        }
        for (folder, counts) in names {
            let key = |name: u32, count: usize| {
                let text = table.names.text(name);
                (matches!(text, "main" | "ignore"), usize::MAX - count, text)
            };
            // Files that a build leaves out may name another package.
            if let Some((name, _)) = counts
                .iter()
                .min_by_key(|(name, count)| key(**name, **count))
            {
                packages.importable.insert(folder, *name);
            }
        }
        packages.collect(table);
        packages
    }

    /// Note what the files of each package declare: a name is asked for from every file.
    fn collect(&mut self, table: &SymbolTable) {
        for (key, modules) in &self.packages {
            let mut known = [Declared::default(), Declared::default()];
            for module in modules {
                for with_tests in [false, true] {
                    if with_tests || !self.tests.contains(module) {
                        collect_names(table, *module, &mut known[usize::from(with_tests)]);
                    }
                }
            }
            self.names.insert(key.clone(), known);
        }
    }

    /// Resolve an import path as written in a file of `folder`.
    pub fn resolve(&mut self, table: &SymbolTable, folder: &str, path: &str) -> Entity {
        let key = (folder.to_owned(), path.to_owned());
        if let Some(found) = self.cache.get(&key) {
            return *found;
        }
        let found = self.resolve_uncached(table, folder, path);
        self.cache.insert(key, found);
        found
    }

    fn resolve_uncached(&self, table: &SymbolTable, folder: &str, path: &str) -> Entity {
        if path.starts_with("./") || path.starts_with("../") {
            return join(folder, path).map_or(MISSING, |path| self.package(table, folder, &path));
        }
        let home = self.near(folder);
        if let Some(home) = home {
            for (old, target) in &self.config[home].replaces {
                if let Some(rest) = below(path, old) {
                    return self.package(table, folder, &inside(target, rest));
                }
            }
        }
        let vendored = self.vendored(table, folder, path, home);
        if vendored >= 0 {
            return vendored;
        }
        for at in &self.by_path {
            let module = &self.config[*at];
            if let Some(rest) = below(path, &module.path) {
                let found = self.package_of(table, folder, *at, rest);
                if found >= 0 || Some(*at) == home {
                    return found;
                }
            } else if module.path == "std" {
                let found = self.package_of(table, folder, *at, path);
                if found >= 0 {
                    return found;
                }
            }
        }
        if home.is_none() {
            self.in_workspace(table, folder, path)
        } else {
            OUTSIDE
        }
    }

    /// A module's package: a module in a folder below is not part of it.
    fn package_of(&self, table: &SymbolTable, importer: &str, module: usize, rest: &str) -> Entity {
        let folder = inside(&self.config[module].folder, rest);
        if self.near(&folder) == Some(module) {
            self.package(table, importer, &folder)
        } else {
            MISSING
        }
    }

    /// The package in the nearest `vendor` folder that has it, at most up to the module's own.
    fn vendored(
        &self,
        table: &SymbolTable,
        folder: &str,
        path: &str,
        home: Option<usize>,
    ) -> Entity {
        let mut above = folder;
        loop {
            let found = self.package(table, folder, &inside(&inside(above, "vendor"), path));
            if found >= 0
                || above.is_empty()
                || home.is_some_and(|home| self.config[home].folder == above)
            {
                return found;
            }
            above = dirname(above);
        }
    }

    /// The package below the nearest `src` folder above, as a GOPATH has it, or `OUTSIDE`.
    fn in_workspace(&self, table: &SymbolTable, folder: &str, path: &str) -> Entity {
        let mut above = folder;
        loop {
            if basename(above) == "src" {
                let found = self.package(table, folder, &inside(above, path));
                if found >= 0 {
                    return found;
                }
            }
            if above.is_empty() {
                return OUTSIDE;
            }
            above = dirname(above);
        }
    }

    /// The module that a folder belongs to.
    fn near(&self, folder: &str) -> Option<usize> {
        let mut above = folder;
        loop {
            if let Some(found) = self.modules.get(above) {
                return Some(*found);
            }
            if above.is_empty() {
                return None;
            }
            above = dirname(above);
        }
    }

    /// The package node of a folder, if a file of `importer` may import it.
    fn package(&self, table: &SymbolTable, importer: &str, folder: &str) -> Entity {
        let Some(name) = self.importable.get(folder) else {
            return MISSING;
        };
        let parts: Vec<&str> = folder.split('/').collect();
        if let Some(at) = parts.iter().rposition(|part| *part == "internal") {
            let above = parts[..at].join("/");
            let within = importer == above
                || importer
                    .strip_prefix(&above)
                    .is_some_and(|rest| rest.starts_with('/'));
            if !above.is_empty() && !within {
                return -codes::NOT_VISIBLE;
            }
        }
        if folder.is_empty() {
            // The repository's top has no package node: its first file stands for it.
            return self.packages[&(String::new(), *name)][0];
        }
        table.package_of[folder]
    }

    /// Say whether a module is a Go file's.
    pub fn has(&self, module: Entity) -> bool {
        self.clause.contains_key(&module)
    }

    /// What a name means in an imported package, and whether it is declared several times; `asker` is
    /// the module of the file that asks, or -1.
    pub fn members(
        &self,
        table: &SymbolTable,
        entity: Entity,
        name: u32,
        asker: Entity,
    ) -> Option<(Entity, bool)> {
        let folder = if entity >= table.node_count() {
            &table.folders[(entity - table.node_count()) as usize]
        } else {
            &self.clause.get(&entity)?.0
        };
        let clause = self.importable.get(folder)?;
        let first = table.names.text(name).chars().next();
        if !first.is_some_and(char::is_uppercase) {
            return None; // other packages see exported names only
        }
        // The package's outer tests (`package p_test`) see what its inner ones declare.
        let tests = self.tests.contains(&asker) && &self.clause[&asker].0 == folder;
        self.names[&(folder.clone(), *clause)][usize::from(tests)]
            .get(&name)
            .copied()
    }

    /// What a name means to a file of a package: `module` is the file's.
    pub fn siblings(&self, module: Entity, name: u32) -> Option<(Entity, bool)> {
        self.names[self.clause.get(&module)?][1].get(&name).copied()
    }

    /// The name that a package declares.
    pub fn declared_name(&self, table: &SymbolTable, entity: Entity) -> Option<u32> {
        if entity >= table.node_count() {
            return self
                .importable
                .get(&table.folders[(entity - table.node_count()) as usize])
                .copied();
        }
        self.clause.get(&entity).map(|(_, name)| *name)
    }
}

/// Add what a file declares to what those before it do.
fn collect_names(table: &SymbolTable, module: Entity, known: &mut Declared) {
    let end = table.base.partition_point(|base| *base as Entity <= module);
    let mut seen: Set<u32> = Set::default();
    for node in module + 1..table.base[end] as Entity {
        let name = table.name[node as usize];
        if table.parent[node as usize] != module || !seen.insert(name) {
            continue;
        }
        let Some(found) = table.member(module, name) else {
            continue;
        };
        // Imports belong to their file.
        if table.kind[found as usize] != codes::IMPORT {
            let several = table.ambiguous[found as usize];
            known
                .entry(name)
                .and_modify(|before| before.1 = true)
                .or_insert((found, several));
        }
    }
}

/// What an import path has after a module's, or None if it is not in the module.
fn below<'p>(path: &'p str, module: &str) -> Option<&'p str> {
    if module.is_empty() {
        return None;
    }
    let rest = path.strip_prefix(module)?;
    if rest.is_empty() {
        Some("")
    } else {
        rest.strip_prefix('/')
    }
}

fn inside(folder: &str, path: &str) -> String {
    if folder.is_empty() || path.is_empty() {
        format!("{folder}{path}")
    } else {
        format!("{folder}/{path}")
    }
}
