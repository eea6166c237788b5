//! Java: who calls whom by static types and by the objects that get there.
//!
//! `world` declares classes, `types` compares them, `attribute` turns bodies into constraints (`code`) by Java's rules
//! of names, overloads and inference, `solver` lets objects flow, `roots` says where to begin and what to do where
//! nothing flows. Libraries are models: Java files with the bodies that matter, analysed for each call that leads there.

mod attribute;
mod code;
mod explain;
mod objects;
mod reflection;
mod roots;
mod solver;
mod types;
mod world;

use codegraph_flow::java::syntax::{File, Span};

pub use solver::Certainty;

use crate::explain::{Explanation, Wanted};
use crate::program::{Map, NONE, Symbol, Symbols, UnitId};
use code::UnitKind;
use solver::Solver;
use types::{Type, TypeId};
use world::World;

/// Raised when what is written changes.
const VERSION: u32 = 3;
/// Stack for reading and attributing what nests deeply.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// Return a file as bytes, to be kept by its hash.
///
/// # Errors
/// Never, for files that were read.
pub fn to_bytes(file: &File) -> Result<Vec<u8>, String> {
    stacker::grow(STACK_BYTES, || postcard::to_allocvec(&(VERSION, file))).map_err(|error| error.to_string())
}

/// Read what [`to_bytes`] wrote.
///
/// # Errors
/// The bytes are not that, or of another version.
pub fn from_bytes(bytes: &[u8]) -> Result<File, String> {
    let (version, rest) = postcard::take_from_bytes::<u32>(bytes).map_err(|error| error.to_string())?;
    if version != VERSION {
        return Err(format!("flow units of version {version}, and this engine reads {VERSION}"));
    }
    stacker::grow(STACK_BYTES, || postcard::from_bytes(rest)).map_err(|error| error.to_string())
}

/// A class, method or lambda of the program.
#[derive(Clone, Copy, Debug)]
pub struct UnitRow {
    /// Number of its file.
    pub file: u32,
    /// Where it is written.
    pub span: Span,
    /// A class, not a function.
    pub is_class: bool,
    /// It was analysed.
    pub is_reached: bool,
}

/// A call or a new object.
#[derive(Clone, Debug)]
pub struct SiteRow {
    /// Number of its file.
    pub file: u32,
    /// Row of the unit that has it.
    pub caller: u32,
    /// Where it is written.
    pub span: Span,
    /// Its line, from 1, and column, from 0 in bytes.
    pub place: (u32, u32),
    /// A text that is not known decides who is called.
    pub is_dynamic: bool,
    /// Rows of units that are called, how, and how sure it is.
    pub targets: Vec<(u32, Written, Certainty)>,
}

/// How a call of a unit is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// As a call of it.
    Plainly,
    /// Not at all.
    Not,
    /// As a new object: the constructor that runs.
    Constructor,
}

/// What a type is in tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TypeRow {
    /// A class, by its row.
    Unit(u32),
    /// A class outside, by its full name: a symbol of [`Findings::names`].
    Outside(Symbol),
}

/// A field that is read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccessRow {
    /// Number of its file.
    pub file: u32,
    /// Line, from 1, and column, from 0 in bytes.
    pub place: (u32, u32),
    /// Row of the unit that does it.
    pub caller: u32,
    /// Row of the class that has the field.
    pub class: u32,
    /// The field's name.
    pub name: Symbol,
    /// It is written.
    pub is_write: bool,
}

/// An exception that is thrown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RaiseRow {
    /// Number of its file.
    pub file: u32,
    /// Line, from 1, and column, from 0 in bytes.
    pub place: (u32, u32),
    /// Row of the unit that does it.
    pub caller: u32,
    /// Its class.
    pub type_: TypeRow,
    /// It is not made right there: its class or one below it.
    pub is_declared: bool,
}

/// What has a declared type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SlotRow {
    /// What a method returns, by the method's row.
    Returned(u32),
    /// A method's parameter.
    Parameter(u32, Symbol),
    /// A class's field.
    Field(u32, Symbol),
}

/// What the analysis found.
#[derive(Debug, Default)]
pub struct Findings {
    /// Units, by file and place.
    pub units: Vec<UnitRow>,
    /// Places, in the same order.
    pub sites: Vec<SiteRow>,
    /// Fields that are read and written, in the same order.
    pub accesses: Vec<AccessRow>,
    /// Exceptions that are thrown, in the same order.
    pub raises: Vec<RaiseRow>,
    /// Declared types.
    pub types: Vec<(SlotRow, TypeRow)>,
    /// Names in those rows.
    pub names: Symbols,
    /// Clones that were made.
    pub clones: u32,
    /// Nodes of the constraint graph.
    pub nodes: u32,
    /// Nodes that reached their limit.
    pub full_nodes: u32,
    /// Objects that were passed along edges.
    pub steps: u64,
    /// Calls that shared a clone.
    pub merged_contexts: u32,
    /// The analysis stopped before it was done.
    pub out_of_budget: bool,
}

/// Analyse files with their numbers; models of libraries have [`NONE`] in its place.
pub fn solve(files: &[(u32, &File)]) -> Findings {
    if files.iter().all(|(number, _)| *number == NONE) {
        return Findings::default();
    }
    stacker::grow(STACK_BYTES, || {
        let mut solver = Solver::new(files);
        solver.solve_all();
        findings(&solver)
    })
}

/// Say why a definition calls another; files are told by their numbers.
pub fn explain(files: &[(u32, &File)], caller: Wanted, callee: Wanted) -> Vec<Explanation> {
    stacker::grow(STACK_BYTES, || Solver::new(files).explain(caller, callee))
}

fn place(file: &File, byte: u32) -> (u32, u32) {
    let line = file.lines.partition_point(|start| *start <= byte);
    (line as u32, byte - file.lines.get(line.wrapping_sub(1)).copied().unwrap_or(0))
}

/// Return a type as tables have it: of arrays, variables and primitive types nothing is said.
fn type_row(world: &World<'_>, rows: &Map<UnitId, u32>, type_: TypeId, names: &mut Symbols) -> Option<TypeRow> {
    match world.types.get(type_) {
        Type::Class(class, _) => {
            let class = &world.classes[*class as usize];
            if class.is_model {
                return Some(TypeRow::Outside(names.intern(world.symbols.text(class.full_name))));
            }
            rows.get(&class.unit).map(|row| TypeRow::Unit(*row))
        }
        Type::Outside(name) => {
            let name = world.symbols.text(*name);
            // A name that no import explains may be of any package.
            name.contains('.').then(|| TypeRow::Outside(names.intern(name)))
        }
        _ => None,
    }
}

/// Add what declarations and code say of fields, types and exceptions.
fn declarations(world: &World<'_>, rows: &Map<UnitId, u32>, found: &mut Findings) {
    let mut names = Symbols::default();
    for unit in &world.units {
        let file = &world.files[unit.file as usize];
        let Some(caller) = rows.get(&unit.written_in).copied().filter(|_| file.number != NONE) else { continue };
        for (span, field, is_write) in &unit.accesses {
            let field = &world.fields[*field as usize];
            let Some(class) = rows.get(&world.classes[field.class as usize].unit) else { continue };
            found.accesses.push(AccessRow {
                file: file.number,
                place: place(file.syntax, span.0),
                caller,
                class: *class,
                name: names.intern(world.symbols.text(field.name)),
                is_write: *is_write,
            });
        }
        for (span, type_, is_made) in &unit.raises {
            let Some(type_) = type_row(world, rows, *type_, &mut names) else { continue };
            let place = place(file.syntax, span.0);
            found.raises.push(RaiseRow { file: file.number, place, caller, type_, is_declared: !is_made });
        }
    }
    found.accesses.sort_unstable();
    found.accesses.dedup();
    found.raises.sort_unstable();
    found.raises.dedup();
    for method in &world.methods {
        let (Some(declaration), Some(row)) = (method.declaration, rows.get(&method.unit).copied()) else { continue };
        if let Some(type_) = type_row(world, rows, method.returned, &mut names) {
            found.types.push((SlotRow::Returned(row), type_));
        }
        let file = world.units[method.unit as usize].file;
        for (parameter, type_) in declaration.parameters.iter().zip(&method.parameters) {
            if let Some(type_) = type_row(world, rows, *type_, &mut names) {
                let name = names.intern(world.symbols.text(world.text(file, parameter.name)));
                found.types.push((SlotRow::Parameter(row, name), type_));
            }
        }
    }
    for field in &world.fields {
        let Some(row) = rows.get(&world.classes[field.class as usize].unit).copied() else { continue };
        if let Some(type_) = type_row(world, rows, field.type_, &mut names) {
            let name = names.intern(world.symbols.text(field.name));
            found.types.push((SlotRow::Field(row, name), type_));
        }
    }
    found.names = names;
}

fn findings(solver: &Solver<'_>) -> Findings {
    let world = &solver.world;
    let mut rows: Map<UnitId, u32> = Map::default();
    let mut found = Findings::default();
    for (id, unit) in world.units.iter().enumerate() {
        let file = &world.files[unit.file as usize];
        if file.number == NONE || unit.kind == UnitKind::Hidden {
            continue;
        }
        let is_class = unit.kind == UnitKind::Class;
        let hidden = if is_class { world.classes[unit.class as usize].static_unit } else { NONE };
        let is_reached = solver.reached.contains(&(id as UnitId)) || solver.reached.contains(&hidden);
        rows.insert(id as UnitId, found.units.len() as u32);
        found.units.push(UnitRow { file: file.number, span: unit.span, is_class, is_reached });
    }
    for (id, (unit, site)) in solver.sites.iter().enumerate() {
        let Some(seen) = solver.found.get(&(id as u32)) else { continue };
        let cannot_run = seen.targets.is_empty() && solver.cut.contains(&(*unit, *site));
        if *unit == NONE || cannot_run {
            continue;
        }
        let unit = &world.units[*unit as usize];
        let file = &world.files[unit.file as usize];
        let Some(caller) = rows.get(&unit.written_in) else { continue };
        let span = unit.sites[*site as usize];
        let of_class =
            |unit: UnitId| seen.targets.contains_key(&world.classes[world.units[unit as usize].class as usize].unit);
        let explicit = seen.targets.iter().map(|(unit, certainty)| {
            let is_constructor = world.units[*unit as usize].kind == UnitKind::Method && of_class(*unit);
            (unit, if is_constructor { Written::Constructor } else { Written::Plainly }, certainty)
        });
        let implicit = seen.implicit.iter().map(|(unit, certainty)| (unit, Written::Not, certainty));
        let targets = explicit
            .chain(implicit)
            .filter_map(|(unit, written, certainty)| rows.get(unit).map(|row| (*row, written, *certainty)))
            .collect();
        found.sites.push(SiteRow {
            file: file.number,
            caller: *caller,
            span,
            place: place(file.syntax, span.0),
            is_dynamic: seen.is_dynamic,
            targets,
        });
    }
    found.sites.sort_by_key(|site| (site.file, site.span, site.caller));
    declarations(world, &rows, &mut found);
    found.clones = solver.clones.len() as u32;
    found.nodes = solver.graph.len() as u32;
    found.full_nodes = solver.graph.full_nodes;
    found.steps = solver.graph.steps;
    found.merged_contexts = solver.merged_contexts;
    found.out_of_budget = solver.out_of_budget;
    found
}
