//! From a module specifier to a module: dotted names and path specifiers.

use hashbrown::HashSet;
use serde::Deserialize;

use crate::codes;
use crate::golang::GoModule;
use crate::rust::Crates;
use crate::symbols::{Entity, Language, Map, SymbolTable, basename, dirname};

/// What lives outside the repository.
pub const OUTSIDE: Entity = -1_000;
/// What should be in the repository and is not.
pub const MISSING: Entity = -codes::MODULE_NOT_FOUND;

type Pattern = (String, Vec<String>);

/// What a tsconfig or jsconfig says to the files of its folder and below.
#[derive(Debug, Deserialize)]
pub struct PathMap {
    folder: String,
    base: Option<String>,
    paths: Vec<Pattern>,
    root_dirs: Vec<String>,
}

/// What a `package.json` says.
#[derive(Debug, Deserialize)]
pub struct Package {
    folder: String,
    name: String,
    entries: Vec<String>,
    exports: Vec<Pattern>,
    imports: Vec<Pattern>,
}

/// Everything the path resolver needs besides the file list.
#[derive(Debug, Default, Deserialize)]
pub struct ProjectConfig {
    path_maps: Vec<PathMap>,
    packages: Vec<Package>,
    #[serde(default)]
    go_modules: Vec<GoModule>,
    #[serde(default)]
    crates: Vec<Crates>,
}

/// Finds modules by dotted name.
pub struct DottedModules {
    extensions: Vec<String>,
    indexes: Vec<String>,
    /// How paths of stubs go on after the module's.
    stub_ends: Vec<String>,
    tops: Map<String, Vec<String>>,
    /// Folder → module → what it is in files there, and the namespaces of that name.
    cache: Map<String, Map<String, (Entity, Vec<String>)>>,
    /// Folder → the roots that it lies in, the nearest first.
    roots: Map<String, Vec<String>>,
}

impl DottedModules {
    /// Collect the source roots.
    pub fn new(table: &SymbolTable, language: &Language) -> Self {
        let indexes = language
            .index_names
            .iter()
            .flat_map(|stem| {
                language
                    .extensions
                    .iter()
                    .map(move |extension| format!("{stem}{extension}"))
            })
            .collect();
        let declaring = Some(language.stub_extension.as_str()).filter(|one| !one.is_empty());
        let stub_ends = declaring
            .into_iter()
            .flat_map(|extension| {
                let stems = language.index_names.iter();
                stems
                    .map(move |stem| format!("/{stem}{extension}"))
                    .chain(std::iter::once(extension.to_owned()))
            })
            .collect();
        let mut finder = DottedModules {
            extensions: language.extensions.clone(),
            indexes,
            stub_ends,
            tops: Map::default(),
            cache: Map::default(),
            roots: Map::default(),
        };
        finder.collect_roots(table);
        finder
    }

    fn collect_roots(&mut self, table: &SymbolTable) {
        let mut tops: Map<String, HashSet<String>> = Map::default();
        // A package of stubs describes what is installed elsewhere.
        let Some(written) = self.extensions.first().cloned() else {
            return;
        };
        for path in &table.paths {
            let (folder, name) = (dirname(path), basename(path));
            if self.is_index(path) && name.ends_with(&written) {
                if !folder.is_empty() {
                    tops.entry(basename(folder).to_owned())
                        .or_default()
                        .insert(dirname(folder).to_owned());
                }
                continue;
            }
            if codes::SOURCE_FOLDERS.contains(&basename(folder))
                && let Some(stem) = name.strip_suffix(&written)
            {
                tops.entry(stem.to_owned())
                    .or_default()
                    .insert(folder.to_owned());
            }
        }
        for (top, roots) in tops {
            let mut kept: Vec<String> = roots
                .into_iter()
                .filter(|root| self.is_root(table, root))
                .collect();
            kept.sort_unstable();
            if !kept.is_empty() {
                self.tops.insert(top, kept);
            }
        }
    }

    fn is_package(&self, table: &SymbolTable, folder: &str) -> bool {
        self.indexes
            .iter()
            .any(|name| table.file_of.contains_key(&inside(folder, name)))
    }

    fn is_root(&self, table: &SymbolTable, folder: &str) -> bool {
        folder.is_empty() || !self.is_package(table, folder)
    }

    /// Say whether a file stands for its folder.
    pub fn is_index(&self, path: &str) -> bool {
        let name = basename(path);
        self.indexes.iter().any(|index| index == name)
    }

    /// Return the module at a path without extension, or `MISSING`: the folder's index first.
    pub fn at(&self, table: &SymbolTable, path: &str) -> Entity {
        for name in &self.indexes {
            if let Some(file) = table.file_of.get(&inside(path, name)) {
                return table.module[*file as usize];
            }
        }
        if !path.is_empty() {
            for extension in &self.extensions {
                if let Some(file) = table.file_of.get(&format!("{path}{extension}")) {
                    return table.module[*file as usize];
                }
            }
        }
        MISSING
    }

    /// Return the submodule `name` of a folder, or `MISSING`.
    pub fn within(&self, table: &SymbolTable, folder: &str, name: &str) -> Entity {
        let path = inside(folder, name);
        match self.at(table, &path) {
            found if found >= 0 => found,
            _ => table.package_of.get(&path).copied().unwrap_or(MISSING),
        }
    }

    /// Resolve a module as written in a file of `folder`.
    pub fn resolve(
        &mut self,
        table: &SymbolTable,
        folder: &str,
        module: &str,
        name: Option<&str>,
    ) -> Entity {
        if module.starts_with('.') {
            return self.relative(table, folder, module);
        }
        let mut cache = std::mem::take(&mut self.cache);
        let known = cache.entry_ref(folder).or_default();
        if !known.contains_key(module) {
            if !self.roots.contains_key(folder) {
                let roots = self.roots_above(table, folder);
                self.roots.insert(folder.to_owned(), roots);
            }
            let found = self.absolute(table, folder, module);
            known.insert(module.to_owned(), found);
        }
        let (found, namespaces) = &known[module];
        let inside_of = name.and_then(|name| {
            namespaces
                .iter()
                .find(|path| self.at(table, &format!("{path}/{name}")) >= 0)
        });
        let found = inside_of.map_or(*found, |path| table.package_of[path]);
        self.cache = cache;
        found
    }

    fn roots_above(&self, table: &SymbolTable, folder: &str) -> Vec<String> {
        let mut roots = Vec::new();
        let mut above = folder;
        loop {
            if self.is_root(table, above) {
                roots.push(above.to_owned());
            }
            if above.is_empty() {
                return roots;
            }
            above = dirname(above);
        }
    }

    fn relative(&self, table: &SymbolTable, mut folder: &str, module: &str) -> Entity {
        let rest = module.trim_start_matches('.');
        for _ in 0..module.len() - rest.len() - 1 {
            if folder.is_empty() {
                return MISSING;
            }
            folder = dirname(folder);
        }
        let path = if rest.is_empty() {
            folder.to_owned()
        } else {
            inside(folder, &rest.replace('.', "/"))
        };
        match self.at(table, &path) {
            found if found >= 0 => found,
            _ => table.package_of.get(&path).copied().unwrap_or(MISSING),
        }
    }

    fn absolute(&self, table: &SymbolTable, folder: &str, module: &str) -> (Entity, Vec<String>) {
        let top = module.split('.').next().unwrap_or("");
        let path = module.replace('.', "/");
        let mut namespaces = Vec::new();
        let mut roots: Vec<&str> = self.roots[folder].iter().map(String::as_str).collect();
        let ancestors = roots.len();
        roots.extend(self.others(folder, top));
        let stubs = format!("{top}-stubs{}", &path[top.len()..]);
        for root in &roots {
            let (first, full) = (inside(root, top), inside(root, &path));
            if self.at(table, &first) >= 0 {
                let found = match self.at(table, &full) {
                    found if found >= 0 => found,
                    _ => match table.package_of.get(&full) {
                        Some(package) => *package,
                        None => self.stub_at(table, &inside(root, &stubs)),
                    },
                };
                return (found, namespaces);
            }
            if table.package_of.contains_key(&first) {
                let found = self.at(table, &full);
                if found >= 0 {
                    return (found, namespaces);
                }
                if table.package_of.contains_key(&full) {
                    namespaces.push(full);
                }
            }
        }
        // A package `top-stubs` (PEP 561) whose source no root holds.
        if !self.stub_ends.is_empty() {
            for root in &roots[..ancestors] {
                let full = inside(root, &stubs);
                let found = self.stub_at(table, &full);
                if found >= 0 {
                    return (found, namespaces);
                }
                if table.package_of.contains_key(&full) {
                    namespaces.push(full);
                }
            }
        }
        (OUTSIDE, namespaces)
    }

    /// Return the stub at a path without extension, or `MISSING`: the folder's index first.
    fn stub_at(&self, table: &SymbolTable, path: &str) -> Entity {
        self.stub_ends
            .iter()
            .find_map(|end| table.file_of.get(&format!("{path}{end}")))
            .map_or(MISSING, |file| table.module[*file as usize])
    }

    fn others(&self, folder: &str, top: &str) -> Vec<&str> {
        let Some(roots) = self.tops.get(top) else {
            return Vec::new();
        };
        let here = parts(folder);
        let mut visible: Vec<(i64, usize, &str)> = Vec::new();
        for root in roots {
            let segments = parts(root);
            if here.starts_with(&segments) {
                continue;
            }
            if let Some(fence) = segments
                .iter()
                .position(|part| codes::TEST_FOLDERS.contains(part))
                && (here.len() <= fence || segments[..=fence] != here[..=fence])
            {
                continue;
            }
            let shared = segments
                .iter()
                .zip(&here)
                .take_while(|(a, b)| a == b)
                .count();
            visible.push((-(shared as i64), segments.len(), root));
        }
        visible.sort_unstable();
        visible.into_iter().map(|(_, _, root)| root).collect()
    }
}

const SUBSTITUTES: [(&str, &[&str]); 8] = [
    (".js", &[".ts", ".tsx", ".d.ts"]),
    (".jsx", &[".tsx", ".d.ts"]),
    (".mjs", &[".mts", ".d.mts"]),
    (".cjs", &[".cts", ".d.cts"]),
    (".ts", &[".d.ts"]),
    (".tsx", &[".d.ts"]),
    (".mts", &[".d.mts"]),
    (".cts", &[".d.cts"]),
];
const EMITTED: [&str; 4] = [".js", ".jsx", ".mjs", ".cjs"];

/// Finds modules by path specifier, with the project's remappings.
pub struct PathModules {
    extensions: Vec<String>,
    indexes: Vec<String>,
    typed: bool,
    cache: Map<(String, String), Entity>,
}

impl PathModules {
    /// Take what the language says.
    pub fn new(language: &Language) -> Self {
        PathModules {
            extensions: language.extensions.clone(),
            indexes: language.index_names.clone(),
            typed: language
                .file_extensions
                .iter()
                .any(|extension| extension == ".ts" || extension == ".tsx"),
            cache: Map::default(),
        }
    }

    /// Resolve a specifier as written in a file of `folder`.
    pub fn resolve(
        &mut self,
        table: &SymbolTable,
        project: &Project,
        folder: &str,
        module: &str,
    ) -> Entity {
        let key = (folder.to_owned(), module.to_owned());
        if let Some(found) = self.cache.get(&key) {
            return *found;
        }
        let found = self.resolve_uncached(table, project, folder, module);
        self.cache.insert(key, found);
        found
    }

    fn resolve_uncached(
        &self,
        table: &SymbolTable,
        project: &Project,
        folder: &str,
        module: &str,
    ) -> Entity {
        if module == "." || module == ".." || module.starts_with("./") || module.starts_with("../")
        {
            let folder_only = module == "."
                || module == ".."
                || ["/", "/.", "/.."].iter().any(|end| module.ends_with(end));
            return join(folder, module).map_or(MISSING, |path| {
                match self.probe(table, project, &path, folder_only) {
                    found if found >= 0 => found,
                    _ => self.beside(table, project, folder, &path, folder_only),
                }
            });
        }
        if module.starts_with('/') || module.is_empty() {
            return MISSING;
        }
        let (path_map, package) = project.near(folder);
        if let (Some(rest), Some(package)) = (module.strip_prefix('#'), package) {
            return self.first(table, project, &matched(&package.imports, rest));
        }
        if let Some(path_map) = path_map {
            let mut found = self.first(table, project, &matched(&path_map.paths, module));
            if found < 0
                && let Some(base) = &path_map.base
            {
                found = join(base, module)
                    .map_or(MISSING, |path| self.probe(table, project, &path, false));
            }
            if found >= 0 {
                return found;
            }
        }
        self.package(table, project, module)
    }

    /// Return what a path below one of `rootDirs` means below the others, in their order.
    fn beside(
        &self,
        table: &SymbolTable,
        project: &Project,
        folder: &str,
        path: &str,
        folder_only: bool,
    ) -> Entity {
        let (Some(path_map), _) = project.near(folder) else {
            return MISSING;
        };
        let rest_below = |root: &str| match path.strip_prefix(root) {
            Some(rest) if root.is_empty() || rest.is_empty() || rest.starts_with('/') => {
                Some(rest.trim_start_matches('/').to_owned())
            }
            _ => None,
        };
        let mut own: Option<(&str, String)> = None;
        for root in &path_map.root_dirs {
            if let Some(rest) = rest_below(root)
                && own
                    .as_ref()
                    .is_none_or(|(known, _)| root.len() > known.len())
            {
                own = Some((root, rest));
            }
        }
        let Some((own, rest)) = own else {
            return MISSING;
        };
        path_map
            .root_dirs
            .iter()
            .filter(|root| *root != own)
            .map(|root| {
                let candidate = format!("{root}/{rest}");
                self.probe(table, project, candidate.trim_matches('/'), folder_only)
            })
            .find(|found| *found >= 0)
            .unwrap_or(MISSING)
    }

    fn package(&self, table: &SymbolTable, project: &Project, module: &str) -> Entity {
        let segments: Vec<&str> = module.split('/').collect();
        let size = if module.starts_with('@') { 2 } else { 1 }.min(segments.len());
        let Some(package) = project.by_name(&segments[..size].join("/")) else {
            return OUTSIDE;
        };
        let subpath = segments[size..].join("/");
        if subpath.is_empty() {
            return self.first(table, project, &package.entries);
        }
        let mut found = self.first(table, project, &matched(&package.exports, &subpath));
        for folder in [package.folder.clone(), inside(&package.folder, "src")] {
            if found < 0 {
                found = join(&folder, &subpath)
                    .map_or(MISSING, |path| self.probe(table, project, &path, false));
            }
        }
        found
    }

    fn first(&self, table: &SymbolTable, project: &Project, paths: &[String]) -> Entity {
        paths
            .iter()
            .map(|path| self.probe(table, project, path, false))
            .find(|found| *found >= 0)
            .unwrap_or(MISSING)
    }

    fn probe(
        &self,
        table: &SymbolTable,
        project: &Project,
        path: &str,
        folder_only: bool,
    ) -> Entity {
        if !folder_only
            && !path.is_empty()
            && let Some(module) = self.file(table, path)
        {
            return module;
        }
        if let Some(package) = project.at(path)
            && table.package_of.contains_key(path)
            && let Some(module) = package
                .entries
                .iter()
                .find_map(|entry| self.file(table, entry))
        {
            return module;
        }
        for stem in &self.indexes {
            for extension in &self.extensions {
                if let Some(file) = table
                    .file_of
                    .get(&inside(path, &format!("{stem}{extension}")))
                {
                    return table.module[*file as usize];
                }
            }
        }
        MISSING
    }

    fn file(&self, table: &SymbolTable, path: &str) -> Option<Entity> {
        let at = |path: &str| {
            table
                .file_of
                .get(path)
                .map(|file| table.module[*file as usize])
        };
        let written = SUBSTITUTES
            .iter()
            .find(|(written, _)| path.ends_with(written));
        let swapped = || {
            let (written, sources) = written?;
            let stem = &path[..path.len() - written.len()];
            sources
                .iter()
                .find_map(|source| at(&format!("{stem}{source}")))
        };
        let source_first =
            self.typed && written.is_some_and(|(written, _)| EMITTED.contains(written));
        let exact = if source_first {
            swapped().or_else(|| at(path))
        } else {
            at(path).or_else(swapped)
        };
        exact.or_else(|| {
            self.extensions
                .iter()
                .find_map(|extension| at(&format!("{path}{extension}")))
        })
    }
}

/// The project configuration with its lookups.
pub struct Project {
    config: ProjectConfig,
    maps: Map<String, usize>,
    folders: Map<String, usize>,
    names: Map<String, usize>,
}

impl Project {
    /// Index a configuration.
    pub fn new(config: ProjectConfig) -> Self {
        let maps = config
            .path_maps
            .iter()
            .enumerate()
            .map(|(at, map)| (map.folder.clone(), at))
            .collect();
        let folders = config
            .packages
            .iter()
            .enumerate()
            .map(|(at, package)| (package.folder.clone(), at))
            .collect();
        let mut order: Vec<usize> = (0..config.packages.len()).collect();
        order.sort_by_key(|at| {
            let folder = &config.packages[*at].folder;
            (parts(folder).len(), folder.clone())
        });
        let mut names: Map<String, usize> = Map::default();
        for at in order {
            let name = &config.packages[at].name;
            if !name.is_empty() {
                names.entry(name.clone()).or_insert(at);
            }
        }
        Project {
            config,
            maps,
            folders,
            names,
        }
    }

    /// The `go.mod` files.
    pub fn go_modules(&self) -> &[GoModule] {
        &self.config.go_modules
    }

    /// The `Cargo.toml` files.
    pub fn crates(&self) -> &[Crates] {
        &self.config.crates
    }

    fn by_name(&self, name: &str) -> Option<&Package> {
        self.names.get(name).map(|at| &self.config.packages[*at])
    }

    fn at(&self, folder: &str) -> Option<&Package> {
        self.folders
            .get(folder)
            .map(|at| &self.config.packages[*at])
    }

    fn near(&self, folder: &str) -> (Option<&PathMap>, Option<&Package>) {
        let (mut path_map, mut package) = (None, None);
        let mut above = folder;
        loop {
            if path_map.is_none() {
                path_map = self.maps.get(above).map(|at| &self.config.path_maps[*at]);
            }
            if package.is_none() {
                package = self.at(above);
            }
            if above.is_empty() {
                return (path_map, package);
            }
            above = dirname(above);
        }
    }
}

fn parts(folder: &str) -> Vec<&str> {
    if folder.is_empty() {
        Vec::new()
    } else {
        folder.split('/').collect()
    }
}

fn inside(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// Join two paths with `.` and `..` taken out; None if the result leaves the repository.
pub fn join(folder: &str, path: &str) -> Option<String> {
    let mut joined = parts(folder);
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                joined.pop()?;
            }
            part => joined.push(part),
        }
    }
    Some(joined.join("/"))
}

/// Return the targets of the best pattern: an exact one, else the longest text before the `*`.
fn matched(patterns: &[Pattern], text: &str) -> Vec<String> {
    let mut best: Option<(&str, &str, &Vec<String>)> = None;
    for (key, targets) in patterns {
        let Some((head, tail)) = key.split_once('*') else {
            if key == text {
                return targets.clone();
            }
            continue;
        };
        let fits =
            text.len() >= head.len() + tail.len() && text.starts_with(head) && text.ends_with(tail);
        if fits && best.is_none_or(|(longest, _, _)| head.len() > longest.len()) {
            best = Some((head, &text[head.len()..text.len() - tail.len()], targets));
        }
    }
    best.map_or_else(Vec::new, |(_, star, targets)| {
        targets
            .iter()
            .map(|target| target.replace('*', star))
            .collect()
    })
}
