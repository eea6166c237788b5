//! The link engine: takes the symbol table's rows, then turns groups of files into final rows.
//!
//! Longer than most modules because it is one data flow: heads, answers, outcomes, rows. A group's files
//! are divided among threads; each chunk of files yields its own batches, in file order.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::{ArrayRef, ListArray, RecordBatch, StringArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field};
use xxhash_rust::xxh3::xxh3_64;

use crate::columns::{column, integers, integers_or_absent, span, texts};
use crate::jvm::{ANY, is_jvm};
use crate::modules::{Project, ProjectConfig};
use crate::names::{Answers, Mode, Names};
use crate::rows::{BareNode, Dictionary, Edge, dictionary, edge_batch, node_batch};
use crate::rust::{Meaning, is_rust};
use crate::symbols::{Entity, Interner, Language, Map, Set, SymbolTable, basename, dirname};
use crate::{LinkError, codes};

/// A table's name and rows for it.
pub type TableBatch = (&'static str, RecordBatch);

/// What the id of a node outside the repository ends with.
const EXTERNAL: &str = "@external";
/// Files that make a chunk worth a thread of its own.
const FILES_PER_THREAD: usize = 32;

/// Files that are surveyed together: what is known of them is dropped while it lies in a cache.
const SURVEYED_AT_ONCE: usize = 64;

/// Links a repository.
pub struct Linker {
    workers: usize,
    pending: Option<SymbolTable>,
    bases: Vec<RecordBatch>,
    names: Option<Names>,
    /// Dotted names, and by code: head, rest and code of the whole name.
    splits: (Interner, Vec<(u32, u32, u32)>),
    /// What follows heads; codes are places in `Names::rests`.
    rests: Interner,
    values: Map<Entity, Entity>,
    threads: Vec<Thread>,
    /// By surveyed file: what it names outside the repository.
    named: Vec<Vec<Entity>>,
    /// What all surveyed files named when it was asked last, by place among the externals, and the rows of that.
    named_last: (Vec<bool>, Vec<TableBatch>),
}

struct Thread {
    answers: Answers,
    dictionary: Dictionary,
    used_externals: Set<Entity>,
}

#[derive(Clone, Copy)]
struct Use {
    file: u32,
    use_: u8,
    binding: u8,
    head: u32,
    rest: u32,
    /// Code of the whole dotted name, where there are Java or Kotlin files.
    text: u32,
    node: Entity,
    target: Entity,
    line: i32,
    column: i32,
    call_site: i32,
}

#[derive(Clone, Copy)]
struct Resolved {
    entity: Entity,
    resolver: u8,
    ambiguous: bool,
    reached: Entity,
    /// The constructor that `jvm.rs` chose, or -1, and whether others fit as well; None: it was not asked.
    builder: Option<(Entity, bool)>,
}

#[derive(Clone, Copy)]
struct Outcome {
    decided: bool,
    reason: i32,
    entity: Entity,
    builder: Entity,
}

impl Linker {
    /// Make a linker.
    ///
    /// # Arguments
    /// * `languages` - JSON list of languages sorted by name.
    /// * `workers` - Threads that `link` may use.
    ///
    /// # Errors
    /// The JSON does not describe languages.
    pub fn new(languages: &str, workers: usize) -> Result<Self, LinkError> {
        let languages: Vec<Language> =
            serde_json::from_str(languages).map_err(|error| LinkError(error.to_string()))?;
        let mut rests = Interner::default();
        rests.intern("");
        Ok(Linker {
            workers: workers.max(1),
            pending: Some(SymbolTable::new(languages)),
            bases: Vec::new(),
            names: None,
            splits: (Interner::default(), Vec::new()),
            rests,
            values: Map::default(),
            threads: Vec::new(),
            named: Vec::new(),
            named_last: (Vec::new(), Vec::new()),
        })
    }

    /// Take a batch of `nodes` (whole files), `imports`, `exports`, or of `uses` that name bases.
    ///
    /// # Errors
    /// The batch does not fit the data contract, or `prepare` was called.
    pub fn add(&mut self, table: &str, batch: &RecordBatch) -> Result<(), LinkError> {
        let symbols = self
            .pending
            .as_mut()
            .ok_or_else(|| LinkError("add after prepare".to_owned()))?;
        match table {
            "nodes" => symbols.add_nodes(batch),
            "imports" => symbols.add_imports(batch),
            "exports" => symbols.add_exports(batch),
            _ => {
                self.bases.push(batch.clone());
                Ok(())
            }
        }
    }

    /// Resolve imports and bases; call once, after the last `add`.
    ///
    /// # Errors
    /// The JSON is not a project configuration, or the rows contradict each other.
    pub fn prepare(&mut self, project: &str) -> Result<(), LinkError> {
        let config: ProjectConfig =
            serde_json::from_str(project).map_err(|error| LinkError(error.to_string()))?;
        let mut table = self
            .pending
            .take()
            .ok_or_else(|| LinkError("prepare was called twice".to_owned()))?;
        let owned = owned_nodes(&table, &self.bases)?;
        table.finish(&owned)?;
        self.names = Some(Names::new(table, &Project::new(config)));
        let names = self.prepared()?;
        let values = (0..names.table.paths.len() as u32)
            .filter(|file| names.is_explicit(*file))
            .map(|file| names.table.module[file as usize])
            .filter(|module| *module >= 0)
            .map(|module| (module, names.value(module)))
            .filter(|(module, value)| module != value)
            .collect();
        self.values = values;
        let names = self.names.as_mut().ok_or_else(unprepared)?;
        for at in 0..names.table.languages.len() {
            let constructor = names.table.languages[at].constructor.clone();
            if !constructor.is_empty() {
                rest_code(names, &mut self.rests, &constructor);
            }
        }
        let batches = std::mem::take(&mut self.bases);
        let uses = self.read_uses(&batches)?;
        let uses = uses.rows(&self.prepared()?.table, 0..uses.files.len());
        self.link_jvm_bases(&uses)?;
        let mut answers = Answers::default();
        let names = self.prepared()?;
        let bases: Vec<(u8, Entity, Entity)> = uses
            .iter()
            .filter(|row| {
                matches!(row.use_, codes::U_BASE | codes::U_OWNER)
                    && !is_jvm(&names.table, row.file)
                    && !is_rust(&names.table, row.file)
            })
            .map(|row| {
                (
                    row.use_,
                    row.node,
                    self.resolve(names, row, ANY, &mut answers).entity,
                )
            })
            .collect();
        self.link_rust_bases(&uses)?;
        let names = self.names.as_mut().ok_or_else(unprepared)?;
        for (used, node, base) in bases {
            if used == codes::U_BASE {
                names.add_base(node, base);
            } else if base >= 0
                && base < names.table.node_count()
                && codes::is_holder(names.table.kind[base as usize])
            {
                names.table.adopt(base, node);
            }
        }
        if names.jvm.is_some() {
            let mut answers = Answers::default();
            for row in 0..names.table.imports.file.len() {
                if is_jvm(&names.table, names.table.imports.file[row]) {
                    names.targets[row] = names.jvm_target(row, &mut answers);
                    names.import_module[row] = names.jvm_module_of(names.targets[row].0);
                }
            }
        }
        let entities = names.table.entity_count();
        self.threads = (0..self.workers)
            .map(|_| Thread {
                answers: Answers::default(),
                dictionary: Dictionary::new(entities),
                used_externals: Set::default(),
            })
            .collect();
        Ok(())
    }

    /// Record bases of Java and Kotlin types: first without inherited types, then what only those explain.
    fn link_jvm_bases(&mut self, uses: &[Use]) -> Result<(), LinkError> {
        let names = self.names.as_mut().ok_or_else(unprepared)?;
        if names.jvm.is_none() {
            return Ok(());
        }
        let rows: Vec<&Use> = uses
            .iter()
            .filter(|row| {
                matches!(row.use_, codes::U_BASE | codes::U_IMPLEMENTS)
                    && is_jvm(&names.table, row.file)
            })
            .collect();
        let base_of = |names: &Names, row: &Use, answers: &mut Answers| {
            let (use_, binding) = (row.use_, row.binding);
            let found =
                names.jvm_answer(use_, binding, row.node, row.target, row.text, ANY, answers);
            names.behind(found.entity, answers)
        };
        let mut answers = Answers::default();
        answers.jvm.own_only = true;
        let mut failed = Vec::new();
        for row in rows {
            let base = base_of(names, row, &mut answers);
            if base < 0 {
                failed.push((row, names.bases_of(row.node).len()));
            }
            names.add_base(row.node, base);
        }
        let mut answers = Answers::default();
        let again: Vec<(Entity, usize, Entity)> = failed
            .iter()
            .map(|(row, position)| (row.node, *position, base_of(names, row, &mut answers)))
            .collect();
        for (node, position, base) in again {
            names.replace_base(node, position, base);
        }
        Ok(())
    }

    /// Make what `impl` blocks define members of types of other files; record traits of Rust types.
    fn link_rust_bases(&mut self, uses: &[Use]) -> Result<(), LinkError> {
        let names = self.names.as_mut().ok_or_else(unprepared)?;
        if names.rust.is_none() {
            return Ok(());
        }
        let rust = |row: &&Use| is_rust(&names.table, row.file);
        let rows: Vec<Use> = uses.iter().filter(rust).copied().collect();
        let mut answers = Answers::default();
        let owners: Vec<(Entity, Entity)> = rows
            .iter()
            .filter(|row| row.use_ == codes::U_OWNER)
            .map(|row| (row.node, resolve_rust(names, row, &mut answers).1.entity))
            .collect();
        for (node, owner) in owners {
            if owner >= 0
                && owner < names.table.node_count()
                && codes::is_holder(names.table.kind[owner as usize])
            {
                names.table.adopt(owner, node);
            }
        }
        if let Some(rust) = &mut names.rust {
            for row in rows.iter().filter(|row| row.use_ == codes::U_TYPE) {
                rust.add_type(row.node, row.target, &names.texts[row.text as usize]);
            }
        }
        let mut answers = Answers::default();
        let bases: Vec<(Entity, Entity)> = rows
            .iter()
            .filter(|row| matches!(row.use_, codes::U_BASE | codes::U_IMPLEMENTS))
            .map(|row| {
                let (node, found) = resolve_rust(names, row, &mut answers);
                (node, found.entity)
            })
            .collect();
        if let Some(rust) = &mut names.rust {
            for (node, base) in bases {
                if node >= 0 {
                    rust.add_base(node, base);
                }
            }
        }
        Ok(())
    }

    /// Return package nodes and the `contains` edges between them.
    ///
    /// # Errors
    /// `prepare` was not called.
    pub fn packages(&mut self) -> Result<Vec<TableBatch>, LinkError> {
        let names = self.names.as_ref().ok_or_else(unprepared)?;
        let table = &names.table;
        if table.folders.is_empty() {
            return Ok(Vec::new());
        }
        let count = table.node_count();
        let mut nodes = Vec::new();
        let mut edges = Vec::new();
        for (at, folder) in table.folders.iter().enumerate() {
            let parent = table.package_of.get(dirname(folder)).copied();
            nodes.push(BareNode {
                id: table.package_ids[at].clone(),
                name: basename(folder).to_owned(),
                fqn: folder.replace('/', "."),
                parent: parent.map(|parent| table.package_ids[(parent - count) as usize].clone()),
            });
            if let Some(parent) = parent {
                edges.push(structure(
                    -1,
                    codes::E_CONTAINS,
                    parent,
                    count + at as Entity,
                    -1,
                ));
            }
        }
        let mut batches = vec![("nodes", node_batch("package", &nodes)?)];
        if !edges.is_empty() {
            let thread = self.threads.first_mut().ok_or_else(unprepared)?;
            batches.push(("edges", edges_of(names, thread, &edges, &[])?));
        }
        Ok(batches)
    }

    /// Return the external nodes that the rows so far name, sorted by id.
    ///
    /// # Errors
    /// `prepare` was not called.
    pub fn externals(&self) -> Result<Vec<TableBatch>, LinkError> {
        let used: Set<Entity> = self
            .threads
            .iter()
            .flat_map(|thread| thread.used_externals.iter().copied())
            .collect();
        self.external_nodes(used.into_iter())
    }

    fn external_nodes(
        &self,
        used: impl Iterator<Item = Entity>,
    ) -> Result<Vec<TableBatch>, LinkError> {
        let names = self.prepared()?;
        let mut nodes: Vec<BareNode> = used
            .map(|entity| {
                let fqn = names.external_name(entity);
                let last = fqn
                    .rsplit('.')
                    .next()
                    .filter(|name| !name.is_empty())
                    .unwrap_or(&fqn)
                    .to_owned();
                BareNode {
                    id: format!("{fqn}{EXTERNAL}"),
                    name: last,
                    fqn,
                    parent: None,
                }
            })
            .collect();
        if nodes.is_empty() {
            return Ok(Vec::new());
        }
        nodes.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        Ok(vec![("nodes", node_batch("external", &nodes)?)])
    }

    /// Return the rows of some files, grouped by file in order.
    ///
    /// # Arguments
    /// * `files` - Their positions, ascending.
    /// * `imports`, `call_sites`, `uses` - Their rows in that order. Rows of other files may only come before or after
    ///   all of theirs.
    ///
    /// # Errors
    /// A batch does not fit the data contract, or `prepare` was not called.
    pub fn link(
        &mut self,
        files: &[usize],
        imports: &[RecordBatch],
        call_sites: &[RecordBatch],
        uses: &[RecordBatch],
    ) -> Result<Vec<TableBatch>, LinkError> {
        let batches = self.in_chunks(
            usize::MAX,
            files,
            imports,
            call_sites,
            uses,
            |mut chunk, imports, calls, uses| {
                let linked = chunk.answer(imports, calls, uses)?;
                chunk.rows(linked, calls)
            },
        )?;
        Ok(batches.into_iter().flatten().collect())
    }

    /// Return for each of some files a digest of the rows that `link` gives for it.
    ///
    /// As long as a file's own rows are the same, so is the digest in every linker that gives the same rows, whatever
    /// other files there are, and it is another one where rows are others. What the files name outside the repository is noted for `named_externals`.
    ///
    /// # Errors
    /// As `link`.
    pub fn survey(
        &mut self,
        files: &[usize],
        imports: &[RecordBatch],
        call_sites: &[RecordBatch],
        uses: &[RecordBatch],
    ) -> Result<Vec<u64>, LinkError> {
        let found = self.in_chunks(
            SURVEYED_AT_ONCE,
            files,
            imports,
            call_sites,
            uses,
            |mut chunk, imports, calls, uses| {
                let linked = chunk.answer(imports, calls, uses)?;
                Ok(chunk.survey(&linked, calls))
            },
        )?;
        self.surveyed(files, found.into_iter().flatten())
    }

    /// Return what `link` and what `survey` return of some files, whose names are looked up once for both.
    ///
    /// # Errors
    /// As `link`.
    pub fn link_surveyed(
        &mut self,
        files: &[usize],
        imports: &[RecordBatch],
        call_sites: &[RecordBatch],
        uses: &[RecordBatch],
    ) -> Result<(Vec<TableBatch>, Vec<u64>), LinkError> {
        let found = self.in_chunks(
            usize::MAX,
            files,
            imports,
            call_sites,
            uses,
            |mut chunk, imports, calls, uses| {
                let linked = chunk.answer(imports, calls, uses)?;
                let surveyed = chunk.survey(&linked, calls);
                Ok((chunk.rows(linked, calls)?, surveyed))
            },
        )?;
        let (rows, found): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let digests = self.surveyed(files, found.into_iter().flatten())?;
        Ok((rows.into_iter().flatten().collect(), digests))
    }

    /// Note what surveyed files name outside the repository; return their digests.
    fn surveyed(
        &mut self,
        files: &[usize],
        found: impl Iterator<Item = (u64, Vec<Entity>)>,
    ) -> Result<Vec<u64>, LinkError> {
        let count = self.prepared()?.table.paths.len();
        self.named.resize(count, Vec::new());
        let mut digests = Vec::with_capacity(files.len());
        for (position, (digest, named)) in files.iter().zip(found) {
            digests.push(digest);
            self.named[*position] = named;
        }
        Ok(digests)
    }

    /// Take the lines of some files' nodes anew; nothing else of them may have changed.
    ///
    /// # Errors
    /// These are not all nodes of the files, or `prepare` was not called.
    pub fn relocate(&mut self, nodes: &RecordBatch) -> Result<(), LinkError> {
        let names = self.names.as_mut().ok_or_else(unprepared)?;
        let table = &mut names.table;
        let paths = texts(nodes, "file_path")?;
        let files = table.files(&paths)?;
        let lines = integers_or_absent(nodes, "start_line")?;
        let mut row = 0;
        while row < lines.len() {
            let code = paths.codes[row];
            let end = row
                + paths.codes[row..]
                    .iter()
                    .take_while(|other| **other == code)
                    .count();
            let file = files[row] as usize;
            let range = table.base[file] as usize..table.base[file + 1] as usize;
            if range.len() != end - row {
                return Err(LinkError("these are not the file's nodes".to_owned()));
            }
            table.line[range].copy_from_slice(&lines[row..end]);
            row = end;
        }
        Ok(())
    }

    /// Return the external nodes that the surveyed files name, sorted by id.
    ///
    /// # Errors
    /// `prepare` was not called.
    pub fn named_externals(&mut self) -> Result<Vec<TableBatch>, LinkError> {
        let first = self.prepared()?.table.entity_count();
        let mut named: Vec<bool> = Vec::with_capacity(self.named_last.0.len());
        for entity in self.named.iter().flatten() {
            let at = (entity - first) as usize;
            if at >= named.len() {
                named.resize(at + 1, false);
            }
            named[at] = true;
        }
        if named != self.named_last.0 {
            let entities = (first..).zip(&named).filter(|(_, is_named)| **is_named);
            let rows = self.external_nodes(entities.map(|(entity, _)| entity))?;
            self.named_last = (named, rows);
        }
        Ok(self.named_last.1.clone())
    }

    /// Note what files name outside the repository without surveying them.
    ///
    /// # Arguments
    /// * `pairs` - Columns `file_path` and `id`: files, and ids that their edges name. Those of external nodes count.
    ///
    /// # Errors
    /// A column is missing, a file is not known, or `prepare` was not called.
    pub fn note_named(&mut self, pairs: &RecordBatch) -> Result<(), LinkError> {
        let mut named = std::mem::take(&mut self.named);
        let names = self.prepared()?;
        named.resize(names.table.paths.len(), Vec::new());
        let (paths, ids) = (texts(pairs, "file_path")?, texts(pairs, "id")?);
        let files = names.table.files(&paths)?;
        let externals: Vec<Option<Entity>> = ids
            .values
            .iter()
            .map(|id| id.strip_suffix(EXTERNAL).map(|name| names.external(name)))
            .collect();
        for (file, code) in files.iter().zip(ids.codes.iter()) {
            if let Some(Some(entity)) = externals.get(*code as usize).copied() {
                named[*file as usize].push(entity);
            }
        }
        let mut told = files;
        told.sort_unstable();
        told.dedup();
        for file in told {
            let entities = &mut named[file as usize];
            entities.sort_unstable();
            entities.dedup();
        }
        self.named = named;
        Ok(())
    }

    /// Return what some files name outside the repository, as far as that was noted, for `put_named`.
    pub fn named_of(&self, files: &[usize]) -> Vec<Vec<Entity>> {
        files
            .iter()
            .map(|file| self.named.get(*file).cloned().unwrap_or_default())
            .collect()
    }

    /// Note what some files name outside the repository, as `named_of` returned it.
    ///
    /// # Errors
    /// `prepare` was not called.
    pub fn put_named(&mut self, files: &[usize], named: Vec<Vec<Entity>>) -> Result<(), LinkError> {
        let count = self.prepared()?.table.paths.len();
        self.named.resize(count, Vec::new());
        for (file, named) in files.iter().zip(named) {
            if let Some(place) = self.named.get_mut(*file) {
                *place = named;
            }
        }
        Ok(())
    }

    /// Do something with the files of a group, divided among threads.
    ///
    /// # Arguments
    /// * `at_once` - So many files at most are looked at together.
    fn in_chunks<T: Send>(
        &mut self,
        at_once: usize,
        files: &[usize],
        imports: &[RecordBatch],
        call_sites: &[RecordBatch],
        uses: &[RecordBatch],
        act: impl Fn(Chunk, &Rows, &Rows, &[Use]) -> Result<T, LinkError> + Sync,
    ) -> Result<Vec<T>, LinkError> {
        let uses = self.read_uses(uses)?;
        let imports = Rows::new(self.prepared()?, imports)?;
        let call_sites = Rows::new(self.prepared()?, call_sites)?;
        if files
            .last()
            .is_some_and(|last| *last >= self.prepared().map_or(0, |names| names.table.paths.len()))
        {
            return Err(LinkError("there is no such file".to_owned()));
        }
        let chunks = chunks(files, self.workers, &uses.files);
        let mut threads = std::mem::take(&mut self.threads);
        let linker = &*self;
        let work = |files: &[usize], thread: &mut Thread| -> Result<Vec<T>, LinkError> {
            let names = linker.prepared()?;
            files
                .chunks(at_once)
                .map(|files| {
                    let chunk = Chunk {
                        linker,
                        names,
                        files,
                        thread: &mut *thread,
                    };
                    let uses = uses.of(&names.table, files);
                    act(chunk, &imports, &call_sites, &uses)
                })
                .collect()
        };
        let work = &work;
        let results: Vec<Result<Vec<T>, LinkError>> = if chunks.len() == 1 {
            chunks
                .iter()
                .zip(&mut threads)
                .map(|(files, thread)| work(files, thread))
                .collect()
        } else {
            std::thread::scope(|scope| {
                let running: Vec<_> = chunks
                    .iter()
                    .zip(&mut threads)
                    .map(|(files, thread)| scope.spawn(move || work(files, thread)))
                    .collect();
                running
                    .into_iter()
                    .map(|handle| {
                        handle
                            .join()
                            .unwrap_or_else(|_| Err(LinkError("a link thread panicked".to_owned())))
                    })
                    .collect()
            })
        };
        self.threads = threads;
        let results: Vec<Vec<T>> = results.into_iter().collect::<Result<_, _>>()?;
        Ok(results.into_iter().flatten().collect())
    }

    fn prepared(&self) -> Result<&Names, LinkError> {
        self.names.as_ref().ok_or_else(unprepared)
    }

    /// Read what rows of uses have in common; dotted names are split once.
    fn read_uses<'a>(&mut self, batches: &'a [RecordBatch]) -> Result<UseRows<'a>, LinkError> {
        let mut read = UseRows {
            batches: Vec::with_capacity(batches.len()),
            starts: vec![0],
            files: Vec::new(),
        };
        for batch in batches {
            let dotted = texts(batch, "name")?;
            let mut names = vec![(0, 0, 0); dotted.values.len()];
            let mut wanted = vec![false; names.len()]; // a dictionary may be that of many more rows
            for code in dotted.codes.iter() {
                if !std::mem::replace(&mut wanted[*code as usize], true) {
                    names[*code as usize] = self.split(dotted.values[*code as usize])?;
                }
            }
            let code_of = |known: &[&str], texts: &[&str], other: u8| -> Vec<u8> {
                let code = |text: &&str| {
                    known
                        .iter()
                        .position(|one| one == text)
                        .map_or(other, |at| at as u8)
                };
                texts.iter().map(code).collect()
            };
            let paths = texts(batch, "file_path")?;
            read.files.extend(self.prepared()?.table.files(&paths)?);
            read.starts.push(read.files.len());
            let (uses, bindings) = (texts(batch, "use")?, texts(batch, "binding")?);
            read.batches.push(UseBatch {
                names,
                name: dotted.codes,
                uses: code_of(&codes::USES, &uses.values, codes::U_REFERENCE),
                use_: uses.codes,
                bindings: code_of(&codes::BINDINGS, &bindings.values, codes::B_GLOBAL),
                binding: bindings.codes,
                node: integers(batch, "node")?,
                target: integers(batch, "target")?,
                line: integers(batch, "line_number")?,
                column: integers(batch, "column")?,
                call_site: integers(batch, "call_site")?,
            });
        }
        Ok(read)
    }

    fn split(&mut self, text: &str) -> Result<(u32, u32, u32), LinkError> {
        let (known, split) = &mut self.splits;
        let code = known.intern(text) as usize;
        if let Some(split) = split.get(code) {
            return Ok(*split);
        }
        let (head, rest) = text.split_once('.').unwrap_or((text, ""));
        let names = self.names.as_mut().ok_or_else(unprepared)?;
        let mut whole = 0;
        if names.jvm.is_some() || names.rust.is_some() {
            let parts = text
                .split('.')
                .map(|part| match part.strip_suffix("()") {
                    Some(called) => (names.table.names.intern(called), true),
                    None => (names.table.names.intern(part), false),
                })
                .collect();
            whole = names.dotted.len() as u32;
            names.dotted.push(parts);
            names.texts.push(text.to_owned());
        }
        let found = (
            names.table.names.intern(head),
            rest_code(names, &mut self.rests, rest),
            whole,
        );
        split.push(found);
        Ok(found)
    }

    fn resolve(&self, names: &Names, row: &Use, arity: i32, answers: &mut Answers) -> Resolved {
        let table = &names.table;
        if names.jvm.is_some() && is_jvm(table, row.file) {
            let (use_, binding) = (row.use_, row.binding);
            let found = names.jvm_answer(
                use_, binding, row.node, row.target, row.text, arity, answers,
            );
            return Resolved {
                entity: found.entity,
                resolver: found.resolver,
                ambiguous: found.ambiguous,
                reached: found.reached,
                builder: Some((found.builder, found.several)),
            };
        }
        if names.rust.is_some() && is_rust(table, row.file) {
            let found = resolve_rust(names, row, answers).1;
            return Resolved {
                entity: found.entity,
                resolver: found.resolver,
                ambiguous: found.ambiguous,
                reached: found.reached,
                builder: None,
            };
        }
        let receiver = row.binding == codes::B_SELF || row.binding == codes::B_SUPER;
        let mode = match row.binding {
            codes::B_SELF => Mode::Receiver,
            codes::B_SUPER => Mode::Super,
            _ if matches!(
                row.use_,
                codes::U_BASE | codes::U_IMPLEMENTS | codes::U_OWNER
            ) =>
            {
                Mode::Own
            }
            _ => Mode::Plain,
        };
        let (mut entity, mut ambiguous, mut resolver);
        if row.target >= 0 {
            entity = row.target;
            ambiguous = !receiver && table.ambiguous[row.target as usize];
            resolver = if receiver {
                codes::R_SELF
            } else {
                codes::R_LEXICAL
            };
            let import = table.import_of[row.target as usize];
            if import >= 0 {
                let (bound, unsure) = names.bindings[import as usize];
                entity = bound;
                ambiguous |= unsure;
                resolver = codes::R_IMPORT;
            }
        } else {
            (entity, ambiguous, resolver) = names.global(row.file, row.head, answers);
        }
        let mut rest = row.rest;
        if receiver && rest == 0 && entity >= 0 {
            if mode == Mode::Super {
                match names.language(row.file) {
                    Some(language)
                        if language.super_call.is_empty() && !language.constructor.is_empty() =>
                    {
                        match self.rests.get(&language.constructor) {
                            Some(code) => rest = code,
                            None => entity = -codes::VALUE_CALL,
                        }
                    }
                    _ => entity = -codes::VALUE_CALL,
                }
            } else if row.use_ != codes::U_CALL || table.names.text(row.head) != "cls" {
                entity = -codes::VALUE_CALL;
            }
        }
        let mut reached = -1;
        if entity >= 0 && rest > 0 {
            let followed = names.follow(entity, rest, mode, answers);
            entity = followed.entity;
            ambiguous |= followed.ambiguous;
            reached = followed.reached;
            if followed.through {
                if resolver != codes::R_SELF {
                    resolver = codes::R_MEMBER;
                }
            } else if resolver == codes::R_LEXICAL {
                resolver = codes::R_MEMBER;
            }
        }
        if row.binding == codes::B_SUPER && row.rest == 0 && entity == -codes::MEMBER_NOT_FOUND {
            entity = -codes::IMPLICIT_CONSTRUCTOR;
        }
        if let Some(value) = self.values.get(&entity) {
            entity = *value;
        }
        if row.use_ == codes::U_CALL
            && let Some(value) = table.value_beside.get(&entity)
        {
            entity = *value;
        }
        Resolved {
            entity,
            resolver,
            ambiguous,
            reached,
            builder: None,
        }
    }
}

/// What a use of a Rust file means, and the node that uses it: the type, where that is elsewhere.
fn resolve_rust(names: &Names, row: &Use, answers: &mut Answers) -> (Entity, Meaning) {
    let text = &names.texts[row.text as usize];
    let (mut node, mut asked) = (row.node, text.as_str());
    if row.use_ == codes::U_IMPLEMENTS {
        (node, asked) = names.rust_implemented(row.node, text, answers);
        if node < 0 {
            let nothing = Meaning {
                entity: node,
                resolver: 0,
                ambiguous: false,
                reached: -1,
            };
            return (node, nothing);
        }
    }
    let (use_, binding) = (row.use_, row.binding);
    let found = names.rust_answer(
        use_, binding, row.node, row.target, row.text, asked, answers,
    );
    if use_ == codes::U_OVERRIDES {
        return (node, names.rust_overridden(node, &found));
    }
    (node, found)
}

fn unprepared() -> LinkError {
    LinkError("prepare was not called".to_owned())
}

fn rest_code(names: &mut Names, rests: &mut Interner, rest: &str) -> u32 {
    let code = rests.intern(rest);
    if code as usize == names.rests.len() {
        let parts = rest
            .split('.')
            .map(|part| names.table.names.intern(part))
            .collect();
        names.rests.push(parts);
    }
    code
}

fn structure(file: i32, kind: u8, source: Entity, target: Entity, line: i32) -> Edge {
    Edge {
        away: false,
        file,
        kind,
        resolver: codes::R_STRUCTURE,
        ambiguous: false,
        source,
        target,
        line,
        column: -1,
    }
}

/// Divide files among threads so that each gets about as many uses.
///
/// # Arguments
/// * `uses` - The file of each row of uses.
fn chunks<'a>(files: &'a [usize], workers: usize, uses: &[u32]) -> Vec<&'a [usize]> {
    let wanted = workers.min(files.len() / FILES_PER_THREAD).max(1);
    let mut parts = Vec::with_capacity(wanted);
    let mut rest = files;
    for part in 1..wanted {
        let row = uses.len() * part / wanted;
        let count = uses.get(row).map_or(rest.len(), |row| {
            rest.partition_point(|file| *file < *row as usize)
        });
        let (mine, others) = rest.split_at(count);
        parts.push(mine);
        rest = others;
    }
    parts.push(rest);
    parts
}

/// Rows of uses of one group, with the file of each row: what threads make numbers of, each of its own.
struct UseRows<'a> {
    batches: Vec<UseBatch<'a>>,
    starts: Vec<usize>,
    files: Vec<u32>,
}

/// A batch of uses, with what its dictionaries' values mean by code.
struct UseBatch<'a> {
    names: Vec<(u32, u32, u32)>,
    name: Cow<'a, [i32]>,
    uses: Vec<u8>,
    use_: Cow<'a, [i32]>,
    bindings: Vec<u8>,
    binding: Cow<'a, [i32]>,
    node: &'a [i32],
    target: &'a [i32],
    line: &'a [i32],
    column: &'a [i32],
    call_site: &'a [i32],
}

impl UseRows<'_> {
    /// Return the rows of some files, which no row of another file lies between.
    fn of(&self, table: &SymbolTable, files: &[usize]) -> Vec<Use> {
        self.rows(table, rows_of(&self.files, files))
    }

    fn rows(&self, table: &SymbolTable, rows: Range<usize>) -> Vec<Use> {
        let mut found = Vec::with_capacity(rows.len());
        for (batch, bounds) in self.batches.iter().zip(self.starts.windows(2)) {
            let (from, to) = (rows.start.max(bounds[0]), rows.end.min(bounds[1]));
            for place in from..to {
                let (file, row) = (self.files[place], place - bounds[0]);
                let base = table.base[file as usize] as Entity;
                let (head, rest, text) = batch.names[batch.name[row] as usize];
                let target = batch.target[row];
                found.push(Use {
                    file,
                    use_: batch.uses[batch.use_[row] as usize],
                    binding: batch.bindings[batch.binding[row] as usize],
                    head,
                    rest,
                    text,
                    node: base + batch.node[row],
                    target: if target >= 0 { base + target } else { -1 },
                    line: batch.line[row],
                    column: batch.column[row],
                    call_site: batch.call_site[row],
                });
            }
        }
        found
    }
}

/// Return the rows from those of the first of some files to those of the last, by the files of all rows.
fn rows_of(rows: &[u32], files: &[usize]) -> Range<usize> {
    let at = |file: usize| rows.partition_point(|other| (*other as usize) < file);
    match (files.first(), files.last()) {
        (Some(first), Some(last)) => at(*first)..at(last + 1),
        _ => 0..0,
    }
}

/// A table's rows of one group, with the file of each row.
struct Rows<'a> {
    batches: &'a [RecordBatch],
    starts: Vec<usize>,
    files: Vec<u32>,
}

impl<'a> Rows<'a> {
    fn new(names: &Names, batches: &'a [RecordBatch]) -> Result<Self, LinkError> {
        let (mut starts, mut files) = (vec![0], Vec::new());
        for batch in batches {
            let paths = texts(batch, "file_path")?;
            files.extend(names.table.files(&paths)?);
            starts.push(files.len());
        }
        Ok(Rows {
            batches,
            starts,
            files,
        })
    }

    /// Return the arity of a row of call sites.
    fn arity(&self, row: usize) -> Result<i32, LinkError> {
        let at = self.starts.partition_point(|start| *start <= row) - 1;
        let batch = self.batches.get(at).ok_or_else(|| {
            LinkError("a uses row names a call site that is not there".to_owned())
        })?;
        Ok(integers(batch, "arity")?[row - self.starts[at]])
    }

    /// Return the rows from those of the first of some files to those of the last.
    fn of(&self, files: &[usize]) -> Range<usize> {
        rows_of(&self.files, files)
    }

    /// Return the batches that hold some rows, cut to them, with the first row of each.
    fn slices(&self, rows: &Range<usize>) -> Vec<(usize, RecordBatch)> {
        let mut slices = Vec::new();
        for (batch, start) in self.batches.iter().zip(&self.starts) {
            let from = rows.start.max(*start);
            let to = rows.end.min(start + batch.num_rows());
            if from < to {
                slices.push((from, batch.slice(from - start, to - from)));
            }
        }
        slices
    }
}

struct Chunk<'a> {
    linker: &'a Linker,
    names: &'a Names,
    files: &'a [usize],
    thread: &'a mut Thread,
}

/// What a chunk's files say, as numbers.
struct Linked {
    edges: Vec<Edge>,
    outcomes: Vec<Outcome>,
    call_rows: Range<usize>,
    import_batches: Vec<(usize, RecordBatch)>,
}

impl Chunk<'_> {
    fn answer(&mut self, imports: &Rows, calls: &Rows, uses: &[Use]) -> Result<Linked, LinkError> {
        let names = self.names;
        let table = &names.table;
        let files = self.files;
        let call_rows = calls.of(files);
        let mut outcomes = vec![
            Outcome {
                decided: false,
                reason: 0,
                entity: -1,
                builder: -1
            };
            call_rows.len()
        ];
        let mut call_starts = Vec::with_capacity(files.len());
        let mut call_row = call_rows.start;
        for file in files {
            while call_row < call_rows.end && (calls.files[call_row] as usize) < *file {
                call_row += 1;
            }
            call_starts.push(call_row - call_rows.start);
        }

        let import_rows = imports.of(files);
        let import_batches = imports.slices(&import_rows);
        let mut lines = Vec::with_capacity(import_rows.len());
        let mut columns = Vec::with_capacity(import_rows.len());
        for (_, batch) in &import_batches {
            lines.extend_from_slice(span(batch, "start_line")?);
            columns.extend_from_slice(span(batch, "start_column")?);
        }

        let nodes: usize = files
            .iter()
            .map(|file| (table.base[file + 1] - table.base[*file]) as usize)
            .sum();
        let mut edges: Vec<Edge> = Vec::with_capacity(nodes + uses.len());
        let mut next_use = 0;
        let mut next_import = 0;
        for (number, file) in files.iter().copied().enumerate() {
            self.structure(file, &mut edges);
            let count = table.imports.first_row[file + 1] - table.imports.first_row[file];
            let given = next_import..next_import + count;
            let (Some(lines), Some(columns)) = (lines.get(given.clone()), columns.get(given))
            else {
                return Err(LinkError("imports are missing".to_owned()));
            };
            self.imports(file, lines, columns, &mut edges);
            next_import += count;
            let jvm = names.jvm.is_some() && is_jvm(table, file as u32);
            while let Some(row) = uses.get(next_use).filter(|row| row.file as usize == file) {
                let site = call_starts[number] + row.call_site.max(0) as usize;
                let arity = if jvm && row.call_site >= 0 {
                    calls.arity(call_rows.start + site)?
                } else {
                    ANY
                };
                let outcome = self.outcome(row, arity, &mut edges);
                if let (Some(outcome), true) = (outcome, row.call_site >= 0) {
                    *outcomes.get_mut(site).ok_or_else(|| {
                        LinkError("a uses row names a call site that is not there".to_owned())
                    })? = outcome;
                }
                next_use += 1;
            }
            if jvm || table.has_named_constructors(file as u32) {
                self.overrides(file, jvm, &mut edges);
            }
            if !table.stub_of.is_empty() {
                self.implementations(file, &mut edges);
            }
        }

        Ok(Linked {
            edges,
            outcomes,
            call_rows,
            import_batches,
        })
    }

    /// Digest what is known of each file, and list what it names outside the repository.
    fn survey(&self, linked: &Linked, calls: &Rows) -> Vec<(u64, Vec<Entity>)> {
        let names = self.names;
        let table = &names.table;
        let mut found = Vec::with_capacity(self.files.len());
        let (mut edge, mut call) = (0, 0);
        let mut facts = Facts::new(names);
        for file in self.files.iter().copied() {
            facts.own = table.base[file] as Entity..table.base[file + 1] as Entity;
            while let Some(next) = linked
                .edges
                .get(edge)
                .filter(|next| next.file == file as i32)
            {
                let marks = u64::from(next.kind)
                    | u64::from(next.resolver) << 8
                    | u64::from(next.ambiguous) << 16
                    | u64::from(next.away) << 17;
                facts.number(marks);
                facts.entity(next.source);
                facts.entity(next.target);
                facts.number((next.line as u64) << 32 | u64::from(next.column as u32));
                edge += 1;
            }
            facts.number(u64::MAX);
            while call < linked.outcomes.len()
                && calls.files[linked.call_rows.start + call] as usize == file
            {
                let outcome = &linked.outcomes[call];
                facts.number((outcome.reason as u64) << 1 | u64::from(outcome.decided));
                if outcome.decided && outcome.reason <= 0 {
                    facts.entity(outcome.entity);
                    facts.entity(outcome.builder);
                }
                call += 1;
            }
            facts.number(u64::MAX);
            for row in table.imports.first_row[file]..table.imports.first_row[file + 1] {
                let (target, _) = names.targets[row];
                facts.entity(target);
                let owner = if target >= 0 {
                    target
                } else {
                    names.import_module[row]
                };
                if owner >= 0 && owner < table.node_count() {
                    let path = &table.paths[table.file_of_node(owner) as usize];
                    facts.number(xxh3_64(path.as_bytes()));
                }
            }
            found.push(facts.taken());
        }
        found
    }

    /// Make rows of what is known.
    fn rows(mut self, linked: Linked, calls: &Rows) -> Result<Vec<TableBatch>, LinkError> {
        let Linked {
            edges,
            outcomes,
            call_rows,
            import_batches,
        } = linked;
        let names = self.names;
        let table = &names.table;
        let mut batches: Vec<TableBatch> = Vec::new();
        if !edges.is_empty() {
            batches.push(("edges", edges_of(names, self.thread, &edges, self.files)?));
        }
        for (from, batch) in calls.slices(&call_rows) {
            let start = from - call_rows.start;
            let rows = &outcomes[start..start + batch.num_rows()];
            batches.push(("call_sites", self.call_sites(&batch, rows)?));
        }
        let rows: Vec<usize> = self
            .files
            .iter()
            .flat_map(|file| table.imports.first_row[*file]..table.imports.first_row[file + 1])
            .collect();
        let mut start = 0;
        for (_, batch) in import_batches {
            let end = start + batch.num_rows();
            let rows = rows
                .get(start..end)
                .ok_or_else(|| LinkError("these are not the files' imports".to_owned()))?;
            batches.push(("imports", self.import_batch(&batch, rows)?));
            start = end;
        }
        Ok(batches)
    }

    fn structure(&self, file: usize, edges: &mut Vec<Edge>) {
        let table = &self.names.table;
        let module = table.module[file];
        if module >= 0
            && let Some(package) = table.package_of.get(dirname(&table.paths[file]))
        {
            edges.push(structure(
                file as i32,
                codes::E_CONTAINS,
                *package,
                module,
                -1,
            ));
        }
        for node in table.base[file] as usize..table.base[file + 1] as usize {
            if table.parent[node] >= 0 {
                let line = table.line[node];
                edges.push(structure(
                    file as i32,
                    codes::E_DEFINES,
                    table.parent[node],
                    node as Entity,
                    line,
                ));
            }
        }
        if table.owner_of.is_empty() {
            return;
        }
        for node in table.base[file] as Entity..table.base[file + 1] as Entity {
            if let Some(owner) = table.owner_of.get(&node) {
                let line = table.line[node as usize];
                edges.push(Edge {
                    resolver: codes::R_MEMBER,
                    ..structure(file as i32, codes::E_DEFINES, *owner, node, line)
                });
            }
        }
    }

    fn overrides(&mut self, file: usize, jvm: bool, edges: &mut Vec<Edge>) {
        let table = &self.names.table;
        let constructor = self
            .names
            .language(file as u32)
            .and_then(|language| table.names.get(&language.constructor));
        for node in table.base[file]..table.base[file + 1] {
            let answers = &mut self.thread.answers;
            let (target, ambiguous) = if jvm {
                self.names.overridden(node as Entity, answers)
            } else {
                self.names
                    .overridden_by_name(node as Entity, constructor, answers)
            };
            if target >= 0 {
                edges.push(Edge {
                    resolver: codes::R_MEMBER,
                    ambiguous,
                    ..structure(
                        file as i32,
                        codes::E_OVERRIDES,
                        node as Entity,
                        target,
                        table.line[node as usize],
                    )
                });
            }
        }
    }

    /// Add the edges from what a file defines to what its stub declares.
    fn implementations(&mut self, file: usize, edges: &mut Vec<Edge>) {
        let table = &self.names.table;
        let own = table.base[file] as Entity..table.base[file + 1] as Entity;
        let found = self
            .names
            .declarations(table.module[file], &mut self.thread.answers);
        for (stub, node, ambiguous) in found {
            let here = own.contains(&node);
            let line = if here { table.line[node as usize] } else { -1 };
            edges.push(Edge {
                away: !here,
                resolver: codes::R_STUB,
                ambiguous,
                ..structure(file as i32, codes::E_IMPLEMENTS, node, stub, line)
            });
        }
    }

    fn imports(&self, file: usize, lines: &[i32], columns: &[i32], edges: &mut Vec<Edge>) {
        let table = &self.names.table;
        let first = table.imports.first_row[file];
        let mut seen: Set<(Entity, Entity)> = Set::default();
        for row in table.imports.first_row[file]..table.imports.first_row[file + 1] {
            let (target, ambiguous) = self.names.targets[row];
            let module = self.names.import_module[row];
            let source = table.parent[table.imports.node[row] as usize];
            let edge = |target: Entity, ambiguous: bool| Edge {
                away: false,
                file: file as i32,
                kind: codes::E_IMPORTS,
                resolver: codes::R_IMPORT,
                ambiguous,
                source,
                target,
                line: lines[row - first],
                column: columns[row - first],
            };
            if target >= 0 {
                edges.push(edge(target, ambiguous));
            }
            let inside = module >= 0 && module < table.entity_count();
            if inside
                && module != target
                && module != table.module[file]
                && seen.insert((source, module))
            {
                edges.push(edge(module, false));
            }
        }
    }

    /// Add a use's edges; return what it says about its call site.
    fn outcome(&mut self, row: &Use, arity: i32, edges: &mut Vec<Edge>) -> Option<Outcome> {
        let names = self.names;
        let table = &names.table;
        if matches!(row.use_, codes::U_OWNER | codes::U_TYPE) {
            return None;
        }
        let mut node = row.node;
        if row.use_ == codes::U_IMPLEMENTS && names.rust.is_some() && is_rust(table, row.file) {
            node = resolve_rust(names, row, &mut self.thread.answers).0;
        }
        let found = self
            .linker
            .resolve(names, row, arity, &mut self.thread.answers);
        let call = row.use_ == codes::U_CALL;
        let mut outcome = Outcome {
            decided: true,
            reason: 0,
            entity: found.entity,
            builder: -1,
        };
        let (kind, target);
        if found.entity >= 0 {
            target = found.entity;
            let entity_kind = names.kind(found.entity);
            kind = match row.use_ {
                // An anonymous class, or a function as the only method: instances of interfaces.
                codes::U_CALL if found.builder.is_some() && entity_kind == codes::INTERFACE => {
                    codes::E_INSTANTIATES
                }
                codes::U_CALL if codes::is_instantiable(entity_kind) => codes::E_INSTANTIATES,
                codes::U_CALL if table.filled.contains(&found.entity) => codes::E_INSTANTIATES,
                codes::U_CALL
                    if codes::is_callable(entity_kind) || entity_kind == codes::EXTERNAL =>
                {
                    codes::E_CALLS
                }
                // What a class takes from an interface it implements, whatever the list's syntax.
                codes::U_BASE
                    if entity_kind == codes::INTERFACE
                        && match names.kind(row.node) {
                            codes::INTERFACE => false,
                            codes::STRUCT => true,
                            _ => found.builder.is_some(),
                        } =>
                {
                    codes::E_IMPLEMENTS
                }
                codes::U_BASE if codes::is_heritable(entity_kind) => codes::E_INHERITS,
                codes::U_IMPLEMENTS if codes::is_heritable(entity_kind) => codes::E_IMPLEMENTS,
                codes::U_DECORATOR => codes::E_DECORATES,
                codes::U_OVERRIDES => codes::E_OVERRIDES,
                _ => codes::E_REFERENCES,
            };
            if call && kind == codes::E_REFERENCES {
                let refused = codes::is_uncallable(entity_kind);
                outcome.reason = if refused {
                    codes::NOT_CALLABLE
                } else {
                    codes::VALUE_CALL
                };
            }
        } else {
            outcome.reason = -found.entity;
            kind = codes::E_REFERENCES;
            target = found.reached;
        }
        if target >= 0 {
            let decorates = kind == codes::E_DECORATES;
            let edge = Edge {
                away: kind == codes::E_IMPLEMENTS
                    && node != row.node
                    && table.file_of_node(node) != row.file,
                file: row.file as i32,
                kind,
                resolver: found.resolver,
                ambiguous: found.ambiguous,
                source: if decorates { target } else { node },
                target: if decorates { row.node } else { target },
                line: row.line,
                column: row.column,
            };
            edges.push(edge);
            if kind == codes::E_INSTANTIATES {
                let (builder, unsure) = match found.builder {
                    Some(chosen) => chosen,
                    None => names.constructor(target, &mut self.thread.answers),
                };
                if builder >= 0 {
                    outcome.builder = builder;
                    edges.push(Edge {
                        kind: codes::E_CALLS,
                        resolver: codes::R_MEMBER,
                        ambiguous: found.ambiguous || unsure,
                        target: builder,
                        ..edge
                    });
                }
            }
        }
        call.then_some(outcome)
    }

    fn call_sites(
        &mut self,
        batch: &RecordBatch,
        outcomes: &[Outcome],
    ) -> Result<RecordBatch, LinkError> {
        let table = &self.names.table;
        let statuses = texts(batch, "status")?;
        let status_table: Vec<i32> = statuses
            .values
            .iter()
            .map(|text| {
                codes::STATUSES
                    .iter()
                    .position(|known| known == text)
                    .map_or(codes::S_UNRESOLVED, |at| at as i32)
            })
            .collect();
        let reasons = texts(batch, "reason")?;
        let mut reason_texts: Vec<&str> = codes::REASONS.to_vec();
        reason_texts.extend(&reasons.values);
        let mut status = Vec::with_capacity(outcomes.len());
        let mut reason = Vec::with_capacity(outcomes.len());
        let mut ends = Vec::with_capacity(outcomes.len() + 1);
        ends.push(0_i32);
        let mut candidates = Ids::default();
        for (row, outcome) in outcomes.iter().enumerate() {
            if !outcome.decided {
                status.push(status_table[statuses.codes[row] as usize]);
                let code = reasons.codes[row];
                reason.push(if code < 0 {
                    -1
                } else {
                    code + codes::REASONS.len() as i32
                });
            } else if outcome.reason > 0 {
                status.push(codes::S_UNRESOLVED);
                reason.push(outcome.reason);
            } else {
                let external = outcome.entity >= table.entity_count();
                status.push(if external {
                    codes::S_EXTERNAL
                } else {
                    codes::S_RESOLVED
                });
                reason.push(-1);
                for entity in [outcome.entity, outcome.builder] {
                    if entity >= 0 {
                        candidates.push(self.names, self.thread, entity);
                    }
                }
            }
            ends.push(candidates.ends.len() as i32 - 1);
        }
        let item = Arc::new(Field::new("item", DataType::Utf8, false));
        let offsets = OffsetBuffer::new(ends.into());
        let lists = ListArray::try_new(item, offsets, Arc::new(candidates.finish()?), None)?;
        replaced(
            batch,
            vec![
                (
                    "status",
                    dictionary(status, StringArray::from(codes::STATUSES.to_vec()))?,
                ),
                (
                    "reason",
                    dictionary(reason, StringArray::from(reason_texts))?,
                ),
                ("candidates", Arc::new(lists)),
            ],
        )
    }

    fn import_batch(
        &mut self,
        batch: &RecordBatch,
        rows: &[usize],
    ) -> Result<RecordBatch, LinkError> {
        let table = &self.names.table;
        let count = rows.len();
        let (mut status, mut reason) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut target_ids: Vec<Option<String>> = Vec::with_capacity(count);
        let mut target_files: Vec<Option<&str>> = Vec::with_capacity(count);
        for row in rows.iter().copied() {
            let (target, _) = self.names.targets[row];
            let external = target >= table.entity_count();
            status.push(match target {
                target if target < 0 => codes::S_UNRESOLVED,
                _ if external => codes::S_EXTERNAL,
                _ => codes::S_RESOLVED,
            });
            reason.push(if target < 0 { -target } else { -1 });
            target_ids.push((target >= 0).then(|| {
                let mut id = String::new();
                append_id(self.names, self.thread, target, &mut id);
                id
            }));
            let owner = if target >= 0 {
                target
            } else {
                self.names.import_module[row]
            };
            let inside = owner >= 0 && owner < table.node_count();
            target_files
                .push(inside.then(|| table.paths[table.file_of_node(owner) as usize].as_str()));
        }
        replaced(
            batch,
            vec![
                ("target_id", Arc::new(StringArray::from(target_ids))),
                ("target_file", Arc::new(StringArray::from(target_files))),
                (
                    "status",
                    dictionary(status, StringArray::from(codes::STATUSES.to_vec()))?,
                ),
                (
                    "reason",
                    dictionary(reason, StringArray::from(codes::REASONS.to_vec()))?,
                ),
            ],
        )
    }
}

/// What is said of one file, on its way to a digest: entities count by their ids, which every linker shares.
struct Facts<'a> {
    names: &'a Names,
    /// The nodes of the file that is looked at, which count by their place in it: a file is compared with what it was
    /// in another repository, not with another file.
    own: Range<Entity>,
    numbers: Vec<u8>,
    named: Vec<Entity>,
    hashes: Map<Entity, u64>,
}

impl<'a> Facts<'a> {
    fn new(names: &'a Names) -> Self {
        Facts {
            names,
            own: 0..0,
            numbers: Vec::new(),
            named: Vec::new(),
            hashes: Map::default(),
        }
    }

    fn number(&mut self, number: u64) {
        self.numbers.extend_from_slice(&number.to_le_bytes());
    }

    fn entity(&mut self, entity: Entity) {
        let table = &self.names.table;
        let hash = if entity < 0 {
            entity as u64
        } else if self.own.contains(&entity) {
            (entity - self.own.start) as u64
        } else if entity < table.node_count() {
            xxh3_64(table.node_id(entity).as_bytes())
        } else if entity < table.entity_count() {
            xxh3_64(table.package_ids[(entity - table.node_count()) as usize].as_bytes())
        } else {
            self.named.push(entity);
            let names = self.names;
            *self
                .hashes
                .entry(entity)
                .or_insert_with(|| !xxh3_64(names.external_name(entity).as_bytes()))
        };
        self.number(hash);
    }

    /// Return the digest and what is named outside the repository, and begin anew.
    fn taken(&mut self) -> (u64, Vec<Entity>) {
        let digest = xxh3_64(&self.numbers);
        self.numbers.clear();
        self.named.sort_unstable();
        self.named.dedup();
        (digest, std::mem::take(&mut self.named))
    }
}

/// The nodes that have an owner in another file: no members of the module that they stand in.
fn owned_nodes(table: &SymbolTable, batches: &[RecordBatch]) -> Result<Set<Entity>, LinkError> {
    let mut owned = Set::default();
    for batch in batches {
        let uses = texts(batch, "use")?;
        let Some(owner) = uses.values.iter().position(|used| *used == "owner") else {
            continue;
        };
        let paths = texts(batch, "file_path")?;
        let files = table.files(&paths)?;
        let nodes = integers(batch, "node")?;
        for row in 0..batch.num_rows() {
            if uses.codes[row] == owner as i32 {
                let file = files[row];
                owned.insert(table.base[file as usize] as Entity + nodes[row]);
            }
        }
    }
    Ok(owned)
}

/// A text column under construction.
struct Ids {
    texts: String,
    ends: Vec<i32>,
}

impl Default for Ids {
    fn default() -> Self {
        Ids {
            texts: String::new(),
            ends: vec![0],
        }
    }
}

impl Ids {
    fn push(&mut self, names: &Names, thread: &mut Thread, entity: Entity) {
        append_id(names, thread, entity, &mut self.texts);
        self.ends.push(self.texts.len() as i32);
    }

    fn finish(self) -> Result<StringArray, LinkError> {
        Ok(StringArray::try_new(
            OffsetBuffer::new(self.ends.into()),
            self.texts.into_bytes().into(),
            None,
        )?)
    }
}

fn append_id(names: &Names, thread: &mut Thread, entity: Entity, text: &mut String) {
    append_entity(names, &mut thread.used_externals, entity, text);
}

fn append_entity(names: &Names, used: &mut Set<Entity>, entity: Entity, text: &mut String) {
    let table = &names.table;
    if entity < table.node_count() {
        text.push_str(table.node_id(entity));
    } else if entity < table.entity_count() {
        text.push_str(&table.package_ids[(entity - table.node_count()) as usize]);
    } else {
        used.insert(entity);
        text.push_str(&names.external_name(entity));
        text.push_str(EXTERNAL);
    }
}

fn edges_of(
    names: &Names,
    thread: &mut Thread,
    edges: &[Edge],
    files: &[usize],
) -> Result<RecordBatch, LinkError> {
    let Thread {
        dictionary,
        used_externals,
        ..
    } = thread;
    let paths: Vec<&str> = files
        .iter()
        .map(|file| names.table.paths[*file].as_str())
        .collect();
    edge_batch(edges, dictionary, files, &paths, |entity, text| {
        append_entity(names, used_externals, entity, text);
    })
}

fn replaced(batch: &RecordBatch, columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch, LinkError> {
    let schema = batch.schema();
    let arrays = schema
        .fields()
        .iter()
        .map(
            |field| match columns.iter().find(|(name, _)| name == field.name()) {
                Some((_, array)) => Ok(array.clone()),
                None => column(batch, field.name()).cloned(),
            },
        )
        .collect::<Result<Vec<_>, LinkError>>()?;
    Ok(RecordBatch::try_new(schema, arrays)?)
}
