//! The symbol table: every definition of the repository as columns and maps.

use arrow_array::{Array, RecordBatch, StringArray};
use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashSet, HashTable};
use serde::Deserialize;
use xxhash_rust::xxh3::xxh3_64;

use crate::columns::{Texts, integers, integers_or_absent, strings, texts};
use crate::jvm::{FactColumns, Facts, is_jvm};
use crate::rust::{RustFacts, is_rust};
use crate::{LinkError, codes};

/// A hash map with a fast hash and a fixed seed.
pub type Map<K, V> = HashMap<K, V, FixedState>;
/// A hash set with a fast hash and a fixed seed.
pub type Set<K> = HashSet<K, FixedState>;

/// A node, a package or an external, or minus a reason.
pub type Entity = i32;

/// What linking needs to know of a language pack.
#[derive(Debug, Deserialize)]
pub struct Language {
    /// Pack name.
    pub name: String,
    /// "dotted", "path" or "none".
    pub style: String,
    /// `imports.extensions`.
    pub extensions: Vec<String>,
    /// The pack's file extensions.
    pub file_extensions: Vec<String>,
    /// `imports.index_names`.
    pub index_names: Vec<String>,
    /// `imports.explicit_exports`.
    pub explicit_exports: bool,
    /// `imports.export_list`.
    pub export_list: String,
    /// Always-bound names.
    pub builtins: std::collections::HashSet<String>,
    /// Module that they live in, or "".
    pub builtins_module: String,
    /// Constructor method, or "".
    pub constructor: String,
    /// Name whose call stands for the base class, or "".
    pub super_call: String,
    /// `imports.defaults`.
    pub default_packages: Vec<String>,
    /// `imports.stub_extension`.
    pub stub_extension: String,
    /// A call of a type's name makes an instance.
    pub local_callables: bool,
}

/// Texts with numbers.
#[derive(Default)]
pub struct Interner {
    table: HashTable<u32>,
    /// By code: what the table grows by, so that no text is looked at again.
    hashes: Vec<u64>,
    ends: Vec<u32>,
    bytes: String,
}

impl Interner {
    /// Return a text's code, a new one if need be.
    pub fn intern(&mut self, text: &str) -> u32 {
        let hash = xxh3_64(text.as_bytes());
        let (ends, bytes) = (&self.ends, &self.bytes);
        if let Some(code) = self
            .table
            .find(hash, |code| slice(ends, bytes, *code) == text)
        {
            return *code;
        }
        let code = self.ends.len() as u32;
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len() as u32);
        self.hashes.push(hash);
        let hashes = &self.hashes;
        self.table
            .insert_unique(hash, code, |code| hashes[*code as usize]);
        code
    }

    /// Return a text's code if it has one.
    pub fn get(&self, text: &str) -> Option<u32> {
        let hash = xxh3_64(text.as_bytes());
        self.table
            .find(hash, |code| slice(&self.ends, &self.bytes, *code) == text)
            .copied()
    }

    /// Return the text of a code.
    pub fn text(&self, code: u32) -> &str {
        slice(&self.ends, &self.bytes, code)
    }

    /// Return how many texts there are; their codes count from 0.
    pub fn count(&self) -> u32 {
        self.ends.len() as u32
    }
}

fn slice<'a>(ends: &[u32], bytes: &'a str, code: u32) -> &'a str {
    let start = if code == 0 {
        0
    } else {
        ends[code as usize - 1] as usize
    };
    &bytes[start..ends[code as usize] as usize]
}

/// Columns of the repository's import rows.
#[derive(Default)]
pub struct ImportRows {
    /// File position.
    pub file: Vec<u32>,
    /// Node of kind import.
    pub node: Vec<Entity>,
    /// Specifier as written, interned among modules.
    pub module: Vec<u32>,
    /// Imported name's code, or -1 for the whole module.
    pub name: Vec<i32>,
    /// Whether a local name was written.
    pub has_alias: Vec<bool>,
    /// Code of the written alias, or -1.
    pub alias: Vec<i32>,
    /// By file: row of its first import; one more at the end.
    pub first_row: Vec<usize>,
    ids: Vec<StringArray>,
}

/// Everything that name queries look at.
#[derive(Default)]
pub struct SymbolTable {
    /// Languages sorted by name.
    pub languages: Vec<Language>,
    /// Paths by file position.
    pub paths: Vec<String>,
    /// Path → file position.
    pub file_of: Map<String, u32>,
    /// By file: language, or -1.
    pub language: Vec<i32>,
    /// By file: first node; one more at the end.
    pub base: Vec<u32>,
    /// By file: its module node, or -1.
    pub module: Vec<Entity>,
    /// Names of nodes and parts of dotted names.
    pub names: Interner,
    /// Module specifiers.
    pub modules: Interner,
    /// By node: kind code.
    pub kind: Vec<u8>,
    /// By node: name code.
    pub name: Vec<u32>,
    /// By node: parent node, or -1.
    pub parent: Vec<Entity>,
    /// By node: first line, or -1.
    pub line: Vec<i32>,
    /// By node: whether another node has its name in its scope.
    pub ambiguous: Vec<bool>,
    /// Module node → names that a star import takes.
    pub export_lists: Map<Entity, Set<u32>>,
    /// Module node → import rows with `*`.
    pub stars: Map<Entity, Vec<usize>>,
    /// File → name → exported nodes.
    pub exports: Map<u32, Map<u32, Vec<Entity>>>,
    /// File → import nodes of `export * from`.
    pub export_stars: Map<u32, Vec<Entity>>,
    /// Import rows.
    pub imports: ImportRows,
    /// By node: import row, or -1.
    pub import_of: Vec<i32>,
    /// Folders with files, sorted.
    pub folders: Vec<String>,
    /// Folder → package entity.
    pub package_of: Map<String, Entity>,
    /// Package ids by folder.
    pub package_ids: Vec<String>,
    /// Type-like node → value of the same name and scope.
    pub value_beside: Map<Entity, Entity>,
    /// Import node → definition of the same name and scope that is no import.
    pub behind_import: Map<Entity, Entity>,
    /// Node → namespace of the same name and scope; of a namespace, the one before it.
    pub namespace_beside: Map<Entity, Entity>,
    /// What nodes of Java and Kotlin files say beyond these columns.
    pub jvm: Facts,
    /// What nodes of Rust files say beyond these columns.
    pub rust: RustFacts,
    /// Methods and properties that only their own class sees; of languages with constructors by name, as `statics`.
    pub private: Set<Entity>,
    /// Methods and properties of the class itself, not of its objects.
    pub statics: Set<Entity>,
    /// Nodes that are no members of the scope that they stand in.
    pub owned: Set<Entity>,
    /// Enum members with fields: a call makes an instance.
    pub filled: Set<Entity>,
    /// Member → its type in another file.
    pub owner_of: Map<Entity, Entity>,
    /// Module → the module that declares what it defines.
    pub stub_of: Map<Entity, Entity>,
    members: Map<u64, Entity>,
    /// The `id` columns of the batches so far, shared with whoever gave them.
    ids: Vec<StringArray>,
    /// By batch: its first node.
    id_bases: Vec<u32>,
    /// By node: its batch.
    id_batch: Vec<u32>,
}

impl SymbolTable {
    /// Make an empty table for some languages, sorted by name.
    pub fn new(languages: Vec<Language>) -> Self {
        SymbolTable {
            languages,
            base: vec![0],
            ..SymbolTable::default()
        }
    }

    /// Number of nodes.
    pub fn node_count(&self) -> Entity {
        self.kind.len() as Entity
    }

    /// Number of nodes and packages; externals come after.
    pub fn entity_count(&self) -> Entity {
        (self.kind.len() + self.folders.len()) as Entity
    }

    /// Return a node's id.
    pub fn node_id(&self, node: Entity) -> &str {
        let batch = self.id_batch[node as usize] as usize;
        self.ids[batch].value(node as usize - self.id_bases[batch] as usize)
    }

    /// Return the position of a node's file.
    pub fn file_of_node(&self, node: Entity) -> u32 {
        self.base.partition_point(|base| *base <= node as u32) as u32 - 1
    }

    /// Return the file that a module node stands for.
    pub fn file_of_module(&self, module: Entity) -> Option<u32> {
        if module < 0 || module >= self.node_count() {
            return None;
        }
        let file = self.file_of_node(module);
        (self.module[file as usize] == module).then_some(file)
    }

    /// Return a member of a module, a type or a namespace.
    pub fn member(&self, parent: Entity, name: u32) -> Option<Entity> {
        let kind = self.kind[parent as usize];
        if kind == codes::MODULE || kind == codes::NAMESPACE || codes::is_holder(kind) {
            return self.members.get(&member_key(parent, name)).copied();
        }
        if !codes::is_membered(kind) {
            return None;
        }
        let found = self.members.get(&member_key(parent, name)).copied()?;
        codes::is_member_of_value(self.kind[found as usize]).then_some(found)
    }

    /// Take a batch of nodes that no file shares with another batch.
    pub fn add_nodes(&mut self, batch: &RecordBatch) -> Result<(), LinkError> {
        let start = self.kind.len();
        let rows = batch.num_rows();
        let ids = strings(batch, "id")?;
        let kinds = texts(batch, "kind")?;
        let kind_table: Vec<u8> = kinds
            .values
            .iter()
            .map(|kind| codes::kind_code(kind))
            .collect();
        self.kind
            .extend(kinds.codes.iter().map(|code| kind_table[*code as usize]));
        let names = strings(batch, "name")?;
        self.name.reserve(rows);
        for row in 0..rows {
            let code = self.names.intern(names.value(row));
            self.name.push(code);
        }
        let number = self.ids.len() as u32;
        self.ids.push(ids.clone());
        self.id_bases.push(start as u32);
        self.id_batch.resize(start + rows, number);
        let parents = texts(batch, "parent_id")?;
        let found = first_rows(&parents.values, ids);
        self.parent
            .extend(parents.codes.iter().map(|code| match code {
                -1 => -1,
                code => match found[*code as usize] {
                    -1 => -1,
                    row => row + start as Entity,
                },
            }));
        self.line.extend(integers_or_absent(batch, "start_line")?);
        let paths = texts(batch, "file_path")?;
        let languages = texts(batch, "language")?;
        let mut first = 0;
        while first < rows {
            let code = paths.codes[first];
            let mut end = first + 1;
            while end < rows && paths.codes[end] == code {
                end += 1;
            }
            let path = if code < 0 {
                ""
            } else {
                paths.values[code as usize]
            };
            self.file_of
                .insert(path.to_owned(), self.paths.len() as u32);
            self.paths.push(path.to_owned());
            let language = match languages.codes[first] {
                -1 => -1,
                code => {
                    let name = languages.values[code as usize];
                    self.languages
                        .iter()
                        .position(|known| known.name == name)
                        .map_or(-1, |at| at as i32)
                }
            };
            self.language.push(language);
            let module =
                (start + first..start + end).find(|node| self.kind[*node] == codes::MODULE);
            self.module.push(module.map_or(-1, |node| node as Entity));
            self.base.push((start + end) as u32);
            let file = self.paths.len() as u32 - 1;
            if is_jvm(self, file) {
                let columns = FactColumns::new(batch)?;
                let (names, kinds) = (&mut self.names, &self.kind);
                self.jvm
                    .take(names, &columns, first..end, start, file, kinds)?;
            }
            if is_rust(self, file) {
                self.rust.take(batch, first..end, start, &self.kind)?;
            }
            if self.has_named_constructors(file) {
                self.take_members(batch, first..end, start)?;
            }
            first = end;
        }
        self.take_export_lists(batch, start)
    }

    /// Say whether the classes of a file have a constructor by name, and so methods that override by name alone.
    pub fn has_named_constructors(&self, file: u32) -> bool {
        let language = self.language[file as usize];
        language >= 0
            && !self.languages[language as usize].constructor.is_empty()
            && !is_jvm(self, file)
    }

    /// Learn which methods and properties of a file are private or static.
    fn take_members(
        &mut self,
        batch: &RecordBatch,
        rows: std::ops::Range<usize>,
        start: usize,
    ) -> Result<(), LinkError> {
        let columns = FactColumns::new(batch)?;
        let visibility = texts(batch, "visibility")?;
        for row in rows {
            if !codes::is_overridable(self.kind[start + row]) {
                continue;
            }
            let node = (start + row) as Entity;
            if columns.has_modifier(row, "static") {
                self.statics.insert(node);
            }
            let code = visibility.codes[row];
            if code >= 0 && visibility.values[code as usize] == "private" {
                self.private.insert(node);
            }
        }
        Ok(())
    }

    fn take_export_lists(&mut self, batch: &RecordBatch, start: usize) -> Result<(), LinkError> {
        let mut listed: Vec<u32> = self
            .languages
            .iter()
            .filter_map(|language| self.names.get(&language.export_list))
            .collect();
        listed.sort_unstable();
        listed.dedup();
        if listed.is_empty() {
            return Ok(());
        }
        let metadata = strings(batch, "metadata")?;
        for row in 0..batch.num_rows() {
            if !listed.contains(&self.name[start + row]) || metadata.is_null(row) {
                continue;
            }
            let parsed: serde_json::Value = serde_json::from_str(metadata.value(row))
                .map_err(|error| LinkError(format!("metadata is not JSON: {error}")))?;
            if let Some(strings) = parsed.get("strings").and_then(serde_json::Value::as_array) {
                let names: Vec<u32> = strings
                    .iter()
                    .filter_map(serde_json::Value::as_str)
                    .map(|text| self.names.intern(text))
                    .collect();
                self.export_lists
                    .entry(self.parent[start + row])
                    .or_default()
                    .extend(names);
            }
        }
        Ok(())
    }

    /// Take a batch of provisional import rows.
    pub fn add_imports(&mut self, batch: &RecordBatch) -> Result<(), LinkError> {
        let paths = texts(batch, "file_path")?;
        let files = self.files(&paths)?;
        let modules = texts(batch, "module")?;
        let module_codes: Vec<u32> = modules
            .values
            .iter()
            .map(|text| self.modules.intern(text))
            .collect();
        let names = strings(batch, "name")?;
        let aliases = strings(batch, "alias")?;
        let ids = strings(batch, "id")?;
        for row in 0..batch.num_rows() {
            self.imports.file.push(files[row]);
            self.imports
                .module
                .push(module_codes[modules.codes[row] as usize]);
            let name = if names.is_null(row) {
                -1
            } else {
                self.names.intern(names.value(row)) as i32
            };
            self.imports.name.push(name);
            self.imports.has_alias.push(!aliases.is_null(row));
            self.imports.alias.push(if aliases.is_null(row) {
                -1
            } else {
                self.names.intern(aliases.value(row)) as i32
            });
        }
        self.imports.ids.push(ids.clone());
        Ok(())
    }

    /// Take a batch of export rows.
    pub fn add_exports(&mut self, batch: &RecordBatch) -> Result<(), LinkError> {
        let paths = texts(batch, "file_path")?;
        let files = self.files(&paths)?;
        let names = texts_or_strings(batch, "name", &mut self.names)?;
        let star = self.names.intern("*");
        let nodes = integers(batch, "node")?;
        for row in 0..batch.num_rows() {
            if nodes[row] < 0 {
                continue;
            }
            let file = files[row];
            let entity = self.base[file as usize] as Entity + nodes[row];
            if names[row] == star {
                self.export_stars.entry(file).or_default().push(entity);
            } else {
                self.exports
                    .entry(file)
                    .or_default()
                    .entry(names[row])
                    .or_default()
                    .push(entity);
            }
        }
        Ok(())
    }

    /// Return the position of every row's file; values of a dictionary that no row has may be anything.
    pub fn files(&self, paths: &Texts) -> Result<Vec<u32>, LinkError> {
        let mut known: Vec<Option<u32>> = vec![None; paths.values.len()];
        paths
            .codes
            .iter()
            .map(|code| {
                let at = usize::try_from(*code)
                    .map_err(|_| LinkError("a row belongs to no file".to_owned()))?;
                if let Some(file) = known[at] {
                    return Ok(file);
                }
                let path = paths.values[at];
                let file = self
                    .file_of
                    .get(path)
                    .copied()
                    .ok_or_else(|| LinkError(format!("{path:?} has no nodes")))?;
                known[at] = Some(file);
                Ok(file)
            })
            .collect()
    }

    /// Build the lookups; call after the last batch.
    ///
    /// `owned` are nodes that are no members of the scope that they stand in.
    pub fn finish(&mut self, owned: &Set<Entity>) -> Result<(), LinkError> {
        self.index_members(owned);
        self.owned.clone_from(owned);
        for node in 0..self.kind.len() {
            let parent = self.parent[node];
            if self.kind[node] == codes::FIELD
                && parent >= 0
                && self.kind[parent as usize] == codes::ENUM_MEMBER
            {
                self.filled.insert(parent);
            }
        }
        self.index_packages();
        self.index_stubs();
        self.join_imports()
    }

    /// Make a node a member of a type of another file.
    pub fn adopt(&mut self, owner: Entity, member: Entity) {
        let of_trait = &self.rust.of_trait;
        let known = self
            .members
            .entry(member_key(owner, self.name[member as usize]))
            .or_insert(member);
        if of_trait.contains(known)
            && !of_trait.contains(&member)
            && self.kind[*known as usize] == self.kind[member as usize]
        {
            *known = member;
        }
        self.owner_of.insert(member, owner);
    }

    fn index_members(&mut self, owned: &Set<Entity>) {
        let count = self.kind.len();
        self.ambiguous = vec![false; count];
        self.members.reserve(count);
        let mut repeated = false;
        for node in 0..count {
            let parent = self.parent[node];
            if parent < 0 {
                continue;
            }
            if self.kind[node] == codes::FUNCTION && codes::is_type(self.kind[parent as usize]) {
                continue; // in an object literal or a static block: not a member
            }
            if !owned.is_empty() && owned.contains(&(node as Entity)) {
                continue;
            }
            match self.members.entry(member_key(parent, self.name[node])) {
                hashbrown::hash_map::Entry::Vacant(slot) => {
                    slot.insert(node as Entity);
                }
                hashbrown::hash_map::Entry::Occupied(mut slot) => {
                    let other = *slot.get() as usize;
                    self.ambiguous[node] = true;
                    self.ambiguous[other] = true;
                    repeated = true;
                    let (mine, known) = (self.kind[node], self.kind[other]);
                    let better = codes::rank(mine) >= codes::rank(known);
                    let wins = if codes::is_membered(self.kind[parent as usize]) {
                        // What else a function defines by that name is no member.
                        codes::is_member_of_value(mine)
                            && (better || !codes::is_member_of_value(known))
                    } else {
                        better
                    };
                    if wins {
                        slot.insert(node as Entity);
                    }
                }
            }
        }
        if repeated {
            self.index_merged();
            self.prefer_own();
        }
    }

    /// Have what a type of Rust defines itself come before what a trait's `impl` block defines for it.
    fn prefer_own(&mut self) {
        let of_trait = &self.rust.of_trait;
        let key = |node: Entity| member_key(self.parent[node as usize], self.name[node as usize]);
        let shared: Set<u64> = of_trait
            .iter()
            .filter(|node| self.ambiguous[**node as usize])
            .map(|node| key(*node))
            .collect();
        if shared.is_empty() {
            return;
        }
        let mut own: Map<u64, Vec<Entity>> = Map::default();
        for node in 0..self.kind.len() as Entity {
            if self.ambiguous[node as usize]
                && !of_trait.contains(&node)
                && shared.contains(&key(node))
            {
                own.entry(key(node)).or_default().push(node);
            }
        }
        for (key, nodes) in own {
            let Some(slot) = self.members.get_mut(&key) else {
                continue;
            };
            if of_trait.contains(slot) {
                let kind = self.kind[*slot as usize];
                let mut alike = nodes
                    .iter()
                    .filter(|node| self.kind[**node as usize] == kind);
                *slot = *alike.next_back().unwrap_or(slot);
            }
            if nodes == [*slot] {
                self.ambiguous[*slot as usize] = false;
            }
        }
    }

    fn index_merged(&mut self) {
        let mut nodes: Vec<(u64, Entity)> = (0..self.kind.len())
            .filter(|node| self.ambiguous[*node])
            .map(|node| {
                (
                    member_key(self.parent[node], self.name[node]),
                    node as Entity,
                )
            })
            .collect();
        nodes.sort_unstable();
        for group in nodes.chunk_by(|a, b| a.0 == b.0) {
            let (mut value, mut namespace, mut written) = (-1, -1, -1);
            for (_, node) in group {
                let kind = self.kind[*node as usize];
                if kind != codes::IMPORT
                    && (written < 0
                        || codes::rank(kind) >= codes::rank(self.kind[written as usize]))
                {
                    written = *node;
                }
                if kind == codes::NAMESPACE {
                    if namespace >= 0 {
                        self.namespace_beside.insert(*node, namespace); // one namespace in several parts
                    }
                    namespace = *node;
                } else if !codes::is_type_space(kind)
                    && (value < 0 || codes::rank(kind) >= codes::rank(self.kind[value as usize]))
                {
                    value = *node;
                }
            }
            for (_, node) in group {
                let kind = self.kind[*node as usize];
                if codes::is_type_space(kind) && value >= 0 {
                    self.value_beside.insert(*node, value);
                }
                if kind != codes::NAMESPACE && namespace >= 0 {
                    self.namespace_beside.insert(*node, namespace);
                }
                if kind == codes::IMPORT && written >= 0 {
                    self.behind_import.insert(*node, written);
                }
            }
        }
    }

    fn index_packages(&mut self) {
        let mut folders: Set<&str> = Set::default();
        for path in &self.paths {
            let mut folder = dirname(path);
            while !folder.is_empty() && folders.insert(folder) {
                folder = dirname(folder);
            }
        }
        let mut sorted: Vec<String> = folders.into_iter().map(str::to_owned).collect();
        sorted.sort_unstable();
        self.folders = sorted;
        let count = self.kind.len();
        self.package_of = self
            .folders
            .iter()
            .enumerate()
            .map(|(at, folder)| (folder.clone(), (count + at) as Entity))
            .collect();
        self.package_ids = self
            .folders
            .iter()
            .map(|folder| package_id(folder))
            .collect();
    }

    /// Find the module that declares what another defines: beside it, or in a `-stubs` package (PEP 561).
    fn index_stubs(&mut self) {
        for file in 0..self.paths.len() {
            let language = self.language[file];
            if language < 0 {
                continue;
            }
            let path = self.paths[file].as_str();
            let language = &self.languages[language as usize];
            let extension = language.stub_extension.as_str();
            if extension.is_empty() || path.ends_with(extension) {
                continue;
            }
            let stem = language
                .extensions
                .iter()
                .find_map(|one| path.strip_suffix(one.as_str()));
            let Some(stem) = stem else { continue };
            let mut above = Vec::new();
            let mut folder = dirname(stem);
            while !folder.is_empty() {
                if self.package_of.contains_key(&format!("{folder}-stubs")) {
                    above.push(folder);
                }
                folder = dirname(folder);
            }
            let elsewhere = above
                .iter()
                .rev()
                .map(|folder| format!("{folder}-stubs{}{extension}", &stem[folder.len()..]));
            let found = std::iter::once(format!("{stem}{extension}"))
                .chain(elsewhere)
                .find_map(|stub| self.file_of.get(&stub).copied());
            if let Some(found) = found {
                let (module, stub) = (self.module[file], self.module[found as usize]);
                if module >= 0 && stub >= 0 {
                    self.stub_of.insert(module, stub);
                }
            }
        }
    }

    /// Say whether a file only declares what others define.
    pub fn is_stub(&self, file: u32) -> bool {
        match self.language[file as usize] {
            -1 => false,
            language => {
                let extension = &self.languages[language as usize].stub_extension;
                !extension.is_empty() && self.paths[file as usize].ends_with(extension.as_str())
            }
        }
    }

    /// Return the nodes of a module's file.
    pub fn nodes_of(&self, module: Entity) -> std::ops::Range<Entity> {
        let file = self.file_of_node(module) as usize;
        self.base[file] as Entity..self.base[file + 1] as Entity
    }

    fn join_imports(&mut self) -> Result<(), LinkError> {
        let count = self.kind.len();
        self.import_of = vec![-1; count];
        let mut by_id: HashTable<Entity> = HashTable::with_capacity(self.imports.file.len());
        for node in 0..count {
            if self.kind[node] == codes::IMPORT {
                let id = self.node_id(node as Entity);
                let hash = xxh3_64(id.as_bytes());
                if by_id
                    .find(hash, |other| self.node_id(*other) == id)
                    .is_none()
                {
                    by_id.insert_unique(hash, node as Entity, |other| {
                        xxh3_64(self.node_id(*other).as_bytes())
                    });
                }
            }
        }
        let ids = std::mem::take(&mut self.imports.ids);
        let texts = ids
            .iter()
            .flat_map(|ids| (0..ids.len()).map(|row| ids.value(row)));
        for (row, id) in texts.enumerate() {
            let hash = xxh3_64(id.as_bytes());
            let node = *by_id
                .find(hash, |other| self.node_id(*other) == id)
                .ok_or_else(|| {
                    LinkError("an imports row has no node of kind `import` with its id".to_owned())
                })?;
            self.imports.node.push(node);
            self.import_of[node as usize] = row as i32;
        }
        let star = self.names.intern("*") as i32;
        for row in 0..self.imports.file.len() {
            if self.imports.name[row] == star {
                let module = self.module[self.imports.file[row] as usize];
                self.stars.entry(module).or_default().push(row);
            }
        }
        let files = self.paths.len();
        self.imports.first_row = (0..=files)
            .map(|file| {
                self.imports
                    .file
                    .partition_point(|other| (*other as usize) < file)
            })
            .collect();
        Ok(())
    }
}

fn texts_or_strings(
    batch: &RecordBatch,
    name: &str,
    names: &mut Interner,
) -> Result<Vec<u32>, LinkError> {
    let column = texts(batch, name)?;
    let table: Vec<u32> = column
        .values
        .iter()
        .map(|text| names.intern(text))
        .collect();
    Ok(column
        .codes
        .iter()
        .map(|code| table[*code as usize])
        .collect())
}

/// Return for each value the first row whose id it is, or -1.
fn first_rows(values: &[&str], ids: &arrow_array::StringArray) -> Vec<Entity> {
    let mut table: HashTable<u32> = HashTable::with_capacity(values.len());
    let hash = |text: &str| xxh3_64(text.as_bytes());
    for (code, value) in values.iter().enumerate() {
        table.insert_unique(hash(value), code as u32, |code| {
            hash(values[*code as usize])
        });
    }
    let mut found = vec![-1; values.len()];
    for row in 0..ids.len() {
        let id = ids.value(row);
        for code in table.iter_hash(hash(id)) {
            if values[*code as usize] == id && found[*code as usize] < 0 {
                found[*code as usize] = row as Entity;
            }
        }
    }
    found
}

fn member_key(parent: Entity, name: u32) -> u64 {
    (parent as u64) << 32 | u64::from(name)
}

/// Return the folder of a path; "" is the root.
pub fn dirname(path: &str) -> &str {
    path.rfind('/').map_or("", |at| &path[..at])
}

/// Return a path's last part.
pub fn basename(path: &str) -> &str {
    path.rfind('/').map_or(path, |at| &path[at + 1..])
}

fn package_id(folder: &str) -> String {
    let parts: Vec<&str> = folder.split('/').collect();
    let tail = parts
        .iter()
        .position(|part| part.contains('.'))
        .map_or(String::new(), |at| parts[at..].join("/"));
    format!("{}@{}/", parts.join("."), tail)
}
