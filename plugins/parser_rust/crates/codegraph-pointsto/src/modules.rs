//! Modules: from a dotted name to a file, names that a module exports, star imports.
//!
//! Where modules are looked for is what the cross-file stage's reference page says of dotted names.

use crate::graph::Node;
use crate::objects::{Object, ObjectId};
use crate::program::{Map, Op, Program, Set, Symbol};
use crate::solver::Solver;

/// Finds modules, and knows which attributes are stored anywhere.
#[derive(Debug, Default)]
pub struct ModuleFinder {
    /// Files by path without extension; a folder with an index file by its own path.
    files: Map<String, u32>,
    packages: Set<String>,
    /// Folders with files below, by path.
    folders: Set<String>,
    /// Folders outside of packages that hold a top-level name.
    roots: Map<String, Vec<String>>,
    stored: Set<Symbol>,
}

const SOURCE_FOLDERS: [&str; 3] = ["src", "lib", "python"];
const TEST_FOLDERS: [&str; 4] = ["test", "tests", "testdata", "fixtures"];

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn last(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

fn inside(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

impl ModuleFinder {
    /// Index a program's files.
    pub fn new(program: &Program) -> Self {
        let mut finder = Self::default();
        // A stub gives way to the source beside it.
        for stubs in [true, false] {
            for (number, file) in program.files.iter().enumerate() {
                let Some((stem, extension)) = file.path.rsplit_once('.') else { continue };
                if (extension == "pyi") == stubs {
                    finder.add(stem, number as u32);
                }
            }
        }
        for (path, _) in &finder.files {
            let holder = folder(path);
            let is_package = finder.packages.contains(path);
            if (is_package || SOURCE_FOLDERS.contains(&last(holder))) && !finder.packages.contains(holder) {
                finder.roots.entry(last(path).to_owned()).or_default().push(holder.to_owned());
            }
        }
        for roots in finder.roots.values_mut() {
            roots.sort_unstable();
            roots.dedup();
        }
        for unit in &program.units {
            for op in &unit.ops {
                if let Op::StoreAttribute { name, .. } = op {
                    finder.stored.insert(*name);
                }
            }
        }
        finder
    }

    fn add(&mut self, stem: &str, number: u32) {
        let mut above = folder(stem);
        if last(stem) == "__init__" {
            self.files.insert(above.to_owned(), number);
            self.packages.insert(above.to_owned());
        } else if !self.packages.contains(stem) {
            self.files.insert(stem.to_owned(), number);
        }
        while !above.is_empty() && self.folders.insert(above.to_owned()) {
            above = folder(above);
        }
    }

    /// Say whether any code stores an attribute of that name.
    pub fn is_stored(&self, name: Symbol) -> bool {
        self.stored.contains(&name)
    }

    /// Take down that an attribute of that name is stored.
    pub fn declare_stored(&mut self, name: Symbol) {
        self.stored.insert(name);
    }

    fn at(&self, path: &str) -> Option<Place> {
        if let Some(file) = self.files.get(path) {
            return Some(Place::File(*file));
        }
        self.folders.contains(path).then(|| Place::Folder(path.to_owned()))
    }

    fn relative(&self, path: &str, level: u16, dotted: &str) -> Option<Place> {
        let mut base = folder(path);
        for _ in 1..level {
            if base.is_empty() {
                return None;
            }
            base = folder(base);
        }
        if dotted.is_empty() { self.at(base) } else { self.at(&inside(base, &dotted.replace('.', "/"))) }
    }

    /// Find the source root of a top-level name as a file sees it, and whether it holds the name.
    fn root(&self, path: &str, top: &str) -> Option<String> {
        let here = folder(path);
        let mut above = here;
        loop {
            if above.is_empty() || !self.packages.contains(above) {
                let candidate = inside(above, top);
                if self.files.contains_key(&candidate) {
                    return Some(above.to_owned());
                }
            }
            if above.is_empty() {
                break;
            }
            above = folder(above);
        }
        let parts = |path: &str| -> Vec<String> {
            path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        let own = parts(here);
        let mut visible: Vec<(i64, usize, &String)> = Vec::new();
        for root in self.roots.get(top).into_iter().flatten() {
            let segments = parts(root);
            if own.starts_with(&segments) {
                continue;
            }
            if let Some(fence) = segments.iter().position(|part| TEST_FOLDERS.contains(&part.as_str()))
                && (own.len() <= fence || segments[..=fence] != own[..=fence])
            {
                continue;
            }
            let shared = segments.iter().zip(&own).take_while(|(a, b)| a == b).count();
            visible.push((-(shared as i64), segments.len(), root));
        }
        visible.sort_unstable();
        if let Some((_, _, root)) = visible.first() {
            return Some((*root).clone());
        }
        // A folder without an index file, in the nearest root.
        let mut above = here;
        loop {
            if (above.is_empty() || !self.packages.contains(above)) && self.folders.contains(&inside(above, top)) {
                return Some(above.to_owned());
            }
            if above.is_empty() {
                return None;
            }
            above = folder(above);
        }
    }
}

/// Where a dotted name leads.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    File(u32),
    Folder(String),
}

impl Solver<'_> {
    fn object_of(&mut self, place: Place) -> ObjectId {
        match place {
            Place::File(file) => self.objects.intern(Object::Module(file)),
            Place::Folder(path) => {
                let path = self.symbols.intern(&path);
                self.objects.intern(Object::Namespace(path))
            }
        }
    }

    /// Return the module that an import names; none if it should be in the repository and is not.
    pub(crate) fn module_object(&mut self, file: u32, path: Symbol, level: u16, root: bool) -> Option<ObjectId> {
        let program = self.program;
        let from = &program.files[file as usize].path;
        let dotted = self.symbols.text(path).to_owned();
        if level > 0 {
            return self.finder.relative(from, level, &dotted).map(|place| self.object_of(place));
        }
        let top = dotted.split('.').next().unwrap_or("");
        let wanted = if root { top } else { &dotted };
        match self.finder.root(from, top) {
            Some(base) => self.finder.at(&inside(&base, &wanted.replace('.', "/"))).map(|place| self.object_of(place)),
            None => {
                let symbol = self.symbols.intern(wanted);
                Some(self.objects.intern(Object::External(symbol)))
            }
        }
    }

    /// Return the node of a name of a module.
    pub(crate) fn module_member(&mut self, file: u32, name: Symbol) -> Option<Node> {
        let module = self.objects.intern(Object::Module(file));
        self.fields.get(&(module, name)).copied()
    }

    fn below(&mut self, path: &str, name: Symbol) -> Option<ObjectId> {
        let found = self.finder.at(&inside(path, self.symbols.text(name)))?;
        Some(self.object_of(found))
    }

    /// Return a module of a package's folder.
    pub(crate) fn submodule(&mut self, file: u32, name: Symbol) -> Option<ObjectId> {
        let program = self.program;
        let path = &program.files[file as usize].path;
        (last(path).starts_with("__init__.")).then(|| self.below(folder(path), name)).flatten()
    }

    /// Return a module of a folder.
    pub(crate) fn namespace_member(&mut self, path: Symbol, name: Symbol) -> Option<ObjectId> {
        let path = self.symbols.text(path).to_owned();
        self.below(&path, name)
    }

    /// `from module import name`
    pub(crate) fn import_member(&mut self, module: ObjectId, name: Symbol, to: Node, file: u32) {
        match self.objects.get(module) {
            Object::Module(from) => {
                let own =
                    self.module_member(from, name).filter(|_| from != file || self.submodule(from, name).is_none());
                if let Some(node) = own {
                    self.graph.edge(node, to);
                } else if let Some(found) = self.submodule(from, name) {
                    self.graph.insert(to, found);
                } else if let Some(hook) = self.module_member(from, self.known.dunder_getattr) {
                    let text = self.objects.intern(Object::Text(name));
                    let argument = self.single(text);
                    let unit = self.program.files[file as usize].unit;
                    let site = self.site_bases[unit as usize];
                    self.implicit_call(hook, vec![argument], to, site, 0);
                }
            }
            Object::Namespace(path) => {
                if let Some(found) = self.namespace_member(path, name) {
                    self.graph.insert(to, found);
                }
            }
            Object::External(scope) => {
                let member = self.external_member(scope, name);
                self.graph.insert(to, member);
            }
            _ => {}
        }
    }

    /// Let a name of a module, or else of the language, flow to a node.
    pub(crate) fn load_global(&mut self, module: ObjectId, name: Symbol, to: Node) {
        if let Some(node) = self.fields.get(&(module, name)).copied() {
            self.graph.edge(node, to);
        } else {
            self.load_builtin(name, to);
        }
    }

    /// Let a name of the language flow to a node.
    pub(crate) fn load_builtin(&mut self, name: Symbol, to: Node) {
        let object = match self.builtin_names.get(&name) {
            Some(known) => *known,
            None => {
                let object = self.models.is_builtin(self.symbols.text(name)).then(|| {
                    let text = format!("builtins.{}", self.symbols.text(name));
                    let symbol = self.symbols.intern(&text);
                    self.objects.intern(Object::External(symbol))
                });
                self.builtin_names.insert(name, object);
                object
            }
        };
        if let Some(object) = object {
            self.graph.insert(to, object);
        }
    }

    /// Give modules the names that their star imports bring: a fixed point, since stars follow stars.
    pub(crate) fn declare_stars(&mut self) {
        let program = self.program;
        let count = program.files.len();
        let mut targets: Vec<Vec<ObjectId>> = Vec::with_capacity(count);
        for (number, file) in program.files.iter().enumerate() {
            let stars = &program.units[file.unit as usize].stars;
            targets.push(
                stars
                    .iter()
                    .filter_map(|star| self.module_object(number as u32, star.path, star.level, false))
                    .collect(),
            );
        }
        // Name → file that gives it, by file; the last star wins, a module's own names win over all.
        let mut given: Vec<Vec<(Symbol, u32)>> = vec![Vec::new(); count];
        let own: Vec<Set<Symbol>> = program
            .files
            .iter()
            .map(|file| program.units[file.unit as usize].names.iter().copied().collect())
            .collect();
        for _ in 0..16 {
            let mut changed = false;
            for file in 0..count {
                let mut names: Map<Symbol, u32> = Map::default();
                let mut listed: Vec<Symbol> = Vec::new();
                for target in &targets[file] {
                    let Object::Module(from) = self.objects.get(*target) else { continue };
                    let source = &program.files[from as usize];
                    let all = program.units[source.unit as usize].names.iter().copied();
                    let all = all.chain(given[from as usize].iter().map(|(name, _)| *name));
                    for name in all {
                        let is_exported = match &source.exports {
                            Some(exports) => exports.contains(&name),
                            None => !self.symbols.text(name).starts_with('_'),
                        };
                        if is_exported && !own[file].contains(&name) && names.insert(name, from).is_none() {
                            listed.push(name);
                        }
                    }
                }
                let next: Vec<(Symbol, u32)> = listed.iter().map(|name| (*name, names[name])).collect();
                if next != given[file] {
                    given[file] = next;
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        for (file, names) in given.into_iter().enumerate() {
            let module = self.objects.intern(Object::Module(file as u32));
            for (name, from) in names {
                let source = self.objects.intern(Object::Module(from));
                let (source, target) = (self.field(source, name), self.field(module, name));
                self.graph.edge(source, target);
            }
        }
        for (file, modules) in targets.into_iter().enumerate() {
            // Names of outside modules are not known, so names that nothing else binds may be theirs.
            let outside = modules.iter().filter(|one| matches!(self.objects.get(**one), Object::External(_))).count();
            if outside > 0 {
                self.outcome.open_modules.insert(file as u32);
            }
        }
    }
}
