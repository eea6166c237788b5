//! Modules: from a specifier to a file, what files export, and names that nothing binds.

use super::Action;
use super::objects::Object as Ecma;
use super::ops::{ImportForm, Meaning};
use super::properties::Lookup;
use crate::graph::Node;
use crate::objects::{CloneId, ContextId, Object, ObjectId};
use crate::program::{Language, Map, Program, Set, Symbol};
use crate::solver::{Site, Solver};

/// Extensions that a specifier may leave out, in the order in which they are tried.
const EXTENSIONS: [&str; 10] = [".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".json"];
/// Extensions that are written where the source has another.
const WRITTEN: [(&str, &[&str]); 4] =
    [(".js", &[".ts", ".tsx", ".jsx"]), (".jsx", &[".tsx"]), (".mjs", &[".mts"]), (".cjs", &[".cts"])];

/// Extensions of declarations, and of the code that they describe.
const DECLARATIONS: [(&str, &[&str]); 3] = [(".d.ts", &[".js", ".jsx"]), (".d.mts", &[".mjs"]), (".d.cts", &[".cjs"])];

/// Finds modules by their paths.
#[derive(Debug, Default)]
pub(crate) struct Finder {
    files: Map<String, u32>,
    /// Files that export by declaration.
    declaring: Set<u32>,
    /// (folder of a file, specifier) to a file, as linking resolves them.
    resolved: Map<(String, String), u32>,
}

impl Finder {
    pub(crate) fn new(program: &Program) -> Self {
        let mut finder = Self::default();
        for (number, file) in program.files.iter().enumerate() {
            let unit = &program.units[file.unit as usize];
            if unit.language != Language::Ecmascript {
                continue;
            }
            finder.files.insert(file.path.clone(), number as u32);
            if !unit.exported.is_empty() {
                finder.declaring.insert(number as u32);
            }
        }
        for (key, path) in &program.resolved {
            if let Some(file) = finder.described(path).or_else(|| finder.files.get(path).copied()) {
                finder.resolved.insert(key.clone(), file);
            }
        }
        finder
    }

    /// Return the file that has the code which declarations at a path describe.
    fn described(&self, path: &str) -> Option<u32> {
        DECLARATIONS.iter().find_map(|(declared, written)| {
            let stem = path.strip_suffix(declared)?;
            written.iter().find_map(|one| self.files.get(&format!("{stem}{one}")).copied())
        })
    }

    fn is_declaring(&self, file: u32) -> bool {
        self.declaring.contains(&file)
    }

    /// Find the file that a specifier means in another, whose path is given.
    fn find(&self, path: &str, specifier: &str) -> Option<u32> {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        if let Some(file) = self.resolved.get(&(folder.to_owned(), specifier.to_owned())) {
            return Some(*file);
        }
        if let Some(absolute) = specifier.strip_prefix('/') {
            return self.at_path(Vec::new(), absolute);
        }
        if !(specifier.starts_with("./") || specifier.starts_with("../") || matches!(specifier, "." | "..")) {
            return None;
        }
        let mut parts: Vec<&str> = path.split('/').collect();
        parts.pop();
        self.at_path(parts, specifier)
    }

    /// Find the file at a path that begins in a folder, whose parts are given.
    fn at_path<'p>(&self, mut parts: Vec<&'p str>, path: &'p str) -> Option<u32> {
        for part in path.split('/') {
            match part {
                "." | "" => {}
                ".." => {
                    parts.pop()?;
                }
                part => parts.push(part),
            }
        }
        let base = parts.join("/");
        self.at(&base)
    }

    fn at(&self, base: &str) -> Option<u32> {
        if let Some(file) = self.files.get(base) {
            return Some(*file);
        }
        for (written, meant) in WRITTEN {
            if let Some(stem) = base.strip_suffix(written) {
                let found = meant.iter().find_map(|one| self.files.get(&format!("{stem}{one}")));
                if let Some(found) = found {
                    return Some(*found);
                }
            }
        }
        let index = if base.is_empty() { "index".to_owned() } else { format!("{base}/index") };
        [base, &index]
            .into_iter()
            .flat_map(|stem| EXTENSIONS.iter().map(move |extension| format!("{stem}{extension}")))
            .find_map(|path| self.files.get(&path).copied())
    }
}

impl Solver<'_> {
    fn find_module(&mut self, from: u32, path: Symbol) -> Option<u32> {
        let program = self.program;
        self.ecma.finder.find(&program.files[from as usize].path, self.symbols.text(path))
    }

    /// Say whether a specifier names a file that should be in the repository.
    fn is_relative(&self, path: Symbol) -> bool {
        self.symbols.text(path).starts_with('.')
    }

    fn outside_module(&mut self, path: Symbol) -> ObjectId {
        let text = self.symbols.text(path);
        let name = text.strip_prefix("node:").unwrap_or(text).to_owned();
        let name = self.models.of_ecmascript().canonical(&name).to_owned();
        self.external(&name)
    }

    /// Let a module flow to a node.
    pub(crate) fn import(
        &mut self,
        from: u32,
        path: Symbol,
        form: ImportForm,
        to: Node,
        site: Site,
        context: ContextId,
    ) {
        let found = self.find_module(from, path);
        let to = if form == ImportForm::Dynamic {
            // A promise of the module.
            let class = self.ecma.names.promise;
            let promise = self.objects.intern(Object::Made { class, site, context });
            self.graph.insert(to, promise);
            self.field(promise, self.ecma.names.held)
        } else {
            to
        };
        match found {
            Some(file) if form == ImportForm::Required && !self.ecma.finder.is_declaring(file) => {
                self.load_exports(file, to);
            }
            Some(file) => {
                let namespace = self.ecma_object(Ecma::Namespace(file));
                self.graph.insert(to, namespace);
            }
            None if self.is_relative(path) => {}
            None => {
                let module = self.outside_module(path);
                self.graph.insert(to, module);
            }
        }
    }

    /// Let `module.exports` of a file flow to a node.
    pub(crate) fn load_exports(&mut self, file: u32, to: Node) {
        let name = self.ecma.names.exports;
        let module = self.ecma_object(Ecma::ModuleObject(file));
        let exports = self.ecma_object(Ecma::Exports(file));
        let field = self.field(module, name);
        self.graph.edge(field, to);
        self.ecma.initial.push((module, name, exports, to));
    }

    /// Let what a module exports by a name flow to a node.
    pub(crate) fn import_member_ecma(&mut self, module: ObjectId, name: Symbol, to: Node, site: Site, caller: CloneId) {
        match self.objects.get(module) {
            // Modules of CommonJS are their own default.
            Object::External(_) if name == self.ecma.names.default => self.graph.insert(to, module),
            _ => self.load(module, name, to, site, caller),
        }
    }

    /// Let a member of a module's namespace flow to a node.
    pub(crate) fn load_export(&mut self, file: u32, lookup: Lookup, to: Node) {
        if !self.ecma.finder.is_declaring(file) {
            let exports = self.graph.add(1);
            self.load_exports(file, exports);
            if lookup.name == self.ecma.names.default {
                self.graph.edge(exports, to);
            }
            let (name, site, caller) = (lookup.name, lookup.site, lookup.caller);
            return self.watch_ecma(exports, Action::Load { name, to, site, caller });
        }
        let mut seen = Set::default();
        self.export_to(file, lookup.name, to, (lookup.site, lookup.caller), &mut seen);
    }

    /// Let what a file exports by a name flow to a node. Says whether it exports the name.
    fn export_to(
        &mut self,
        file: u32,
        name: Symbol,
        to: Node,
        place: (Site, CloneId),
        seen: &mut Set<(u32, Symbol)>,
    ) -> bool {
        if !seen.insert((file, name)) {
            return false;
        }
        let program = self.program;
        let unit = program.files[file as usize].unit;
        let mut found = false;
        for exported in program.units[unit as usize].exported.iter().filter(|one| one.name == name) {
            match exported.meaning {
                Meaning::Variable(variable) => {
                    let clone = self.clone_of(unit, crate::program::NONE, crate::program::NONE);
                    if let Some(cell) = self.cell(crate::program::NONE, clone, unit, variable) {
                        self.graph.edge(cell, to);
                    }
                    found = true;
                }
                Meaning::Member { path, name } => found |= self.export_from(file, path, name, to, place, seen),
                Meaning::Module { path } => {
                    let module = match self.find_module(file, path) {
                        Some(file) => self.ecma_object(Ecma::Namespace(file)),
                        None => self.outside_module(path),
                    };
                    self.graph.insert(to, module);
                    found = true;
                }
                Meaning::All { .. } => {}
            }
        }
        if found || name == self.ecma.names.default {
            return found;
        }
        for exported in &program.units[unit as usize].exported {
            if let Meaning::All { path } = exported.meaning
                && self.export_from(file, path, name, to, place, seen)
            {
                return true;
            }
        }
        false
    }

    /// Let a member of a module that another names flow to a node.
    fn export_from(
        &mut self,
        file: u32,
        path: Symbol,
        name: Symbol,
        to: Node,
        place: (Site, CloneId),
        seen: &mut Set<(u32, Symbol)>,
    ) -> bool {
        match self.find_module(file, path) {
            Some(other) if self.ecma.finder.is_declaring(other) => self.export_to(other, name, to, place, seen),
            Some(other) => {
                let namespace = self.ecma_object(Ecma::Namespace(other));
                self.load(namespace, name, to, place.0, place.1);
                true
            }
            None if self.is_relative(path) => false,
            None => {
                let module = self.outside_module(path);
                self.import_member_ecma(module, name, to, place.0, place.1);
                true
            }
        }
    }

    /// Let a name that nothing in a file binds flow to a node.
    pub(crate) fn load_free_in(&mut self, file: u32, name: Symbol, to: Node) {
        let names = self.ecma.names;
        if name == names.module {
            let module = self.ecma_object(Ecma::ModuleObject(file));
            self.graph.insert(to, module);
        } else if name == names.exports {
            let exports = self.ecma_object(Ecma::Exports(file));
            self.graph.insert(to, exports);
            let rebound = self.rebound_exports(file);
            self.graph.edge(rebound, to);
        } else if matches!(self.symbols.text(name), "__dirname" | "__filename") {
            // The repository is taken for the root of the file system.
            let path = self.program.files[file as usize].path.as_str();
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let text = format!("/{}", if self.symbols.text(name) == "__filename" { path } else { folder });
            let text = self.symbols.intern(&text);
            let text = self.ecma_constant(Object::Text(text));
            self.graph.insert(to, text);
        } else {
            let global = self.ecma_object(Ecma::Global);
            let field = self.field(global, name);
            self.graph.edge(field, to);
            self.load_free(name, to);
        }
    }

    /// Return the node of what a file binds to `exports`.
    pub(crate) fn rebound_exports(&mut self, file: u32) -> Node {
        let module = self.ecma_object(Ecma::ModuleObject(file));
        let name = self.symbols.intern("%exports");
        self.field(module, name)
    }

    /// Let a name of the language flow to a node.
    pub(crate) fn load_free(&mut self, name: Symbol, to: Node) {
        let text = self.symbols.text(name);
        match text {
            "globalThis" | "window" | "self" | "global" => {
                let global = self.ecma_object(Ecma::Global);
                self.graph.insert(to, global);
            }
            "require" | "import" => {
                let object = self.objects.intern(Object::External(name));
                self.graph.insert(to, object);
            }
            _ if self.models.of_ecmascript().is_builtin(text) => {
                let object = self.objects.intern(Object::External(name));
                self.graph.insert(to, object);
            }
            _ => {}
        }
    }
}
