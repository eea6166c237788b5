//! What the analysis found, file by file: what an incremental run keeps and puts together again.
//!
//! The analysis numbers all units of a program. Here units are numbers within their file, and other files are paths, so
//! that what is kept of a file does not depend on any other. Where a constraint is written is its unit and its position
//! there: text that moves takes what was found along.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Int32Array, RecordBatch, StringArray};
use arrow_schema::{Field, Schema};
use serde::{Deserialize, Serialize};

use crate::LinkError;
use crate::columns::{integers, texts};
use crate::symbols::{Map, Set};

/// Raised when what is written changes.
const VERSION: u32 = 2;
/// The file itself, among the files that one names; 0 is none of the program, and others count from 2.
const OWN: i32 = 1;
const OUTSIDE: i32 = 0;

/// What was found in a file. Columns that say `file, unit, name` are a unit of a file, or a name outside the program.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FileFacts {
    version: u32,
    /// The analysis met its bounds, in this file or elsewhere.
    pub is_degraded: bool,
    paths: Vec<String>,
    names: Vec<String>,
    /// start, end, kind, written_in, reached
    units: Vec<[i32; 5]>,
    /// caller, start, end, line, column, status, unit, position
    sites: Vec<[i32; 8]>,
    /// site, implicit, assumed; file, unit, name
    targets: Vec<[i32; 6]>,
    /// caller, line, column, assumed, unit, position; file, unit, name
    raises: Vec<[i32; 9]>,
    /// caller, line, column, write, unit, position; file, holder, name
    accesses: Vec<[i32; 9]>,
    /// line, column, read, name
    stores: Vec<[i32; 4]>,
    /// owner, slot, inferred, name, interface; file, unit, name
    types: Vec<[i32; 8]>,
    /// unit; file, base
    bases: Vec<[i32; 3]>,
    /// Where the units are now that other files name, by the numbers that they had when the program was analysed, or -1;
    /// nothing where they are where they were.
    renumbered: Vec<i32>,
    /// There are definitions that there were not when the program was analysed: what others name may be one of them.
    is_grown: bool,
}

/// Where the frames and constraints are now that facts are of, of which some are others since.
pub struct Carried<'a> {
    /// Where the present ones are written.
    pub places: Places<'a>,
    /// By earlier unit: its number now, or -1.
    pub units: &'a [i32],
    /// By earlier unit and constraint: the constraint's position now, or -1.
    pub positions: &'a [Vec<i32>],
    /// By present unit: its kind, and the unit whose code it is part of.
    pub kinds: &'a [(i32, i32)],
    /// Whether there are definitions that there were not.
    pub is_grown: bool,
    /// Present constraints that there were not: unit, position.
    pub fresh: &'a [(i32, i32)],
    /// What present units store, in order: whether it is read there, too, and its name.
    pub stored: &'a [(bool, &'a str)],
}

/// Where the constraints of a file are written.
pub struct Places<'a> {
    /// By unit: where it begins and ends, where its constraints do, and where it stores names.
    pub units: Vec<UnitPlaces<'a>>,
    /// Line and column of a byte.
    pub place: &'a dyn Fn(u32) -> (u32, u32),
}

/// Where one unit's constraints are written.
pub struct UnitPlaces<'a> {
    /// The unit's first byte, and the byte past its last.
    pub span: (u32, u32),
    /// The same of its constraints.
    pub spans: &'a [(u32, u32)],
    /// First bytes of what it stores, in the order of the table `stores`.
    pub stores: Vec<u32>,
}

/// A file's number among those that are given, what was found in it, and whether rows of it are wanted.
pub type Given = (i32, FileFacts, bool);

impl FileFacts {
    /// Read what [`FileFacts::to_bytes`] wrote.
    ///
    /// # Errors
    /// The bytes are not that, or of another version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LinkError> {
        let found: Self =
            postcard::from_bytes(bytes).map_err(|error| LinkError(error.to_string()))?;
        if found.version == VERSION {
            Ok(found)
        } else {
            Err(LinkError(format!("facts of version {}", found.version)))
        }
    }

    /// Return it as bytes.
    ///
    /// # Errors
    /// Never.
    pub fn to_bytes(&self) -> Result<Vec<u8>, LinkError> {
        postcard::to_allocvec(self).map_err(|error| LinkError(error.to_string()))
    }

    /// Return the other files that are named, and those of them that have bases of its classes.
    #[must_use]
    pub fn references(&self) -> (Vec<&str>, Vec<&str>) {
        let mut of_bases: Vec<i32> = self.bases.iter().map(|row| row[1]).collect();
        of_bases.sort_unstable();
        of_bases.dedup();
        let path = |file: &i32| {
            let at = usize::try_from(*file - OWN - 1).ok()?;
            Some(self.paths[at].as_str())
        };
        let all = self.paths.iter().map(String::as_str).collect();
        (all, of_bases.iter().filter_map(path).collect())
    }

    /// Move everything to where the same constraints are written now.
    ///
    /// # Errors
    /// They are not the same constraints.
    pub fn relocate(&mut self, places: &Places<'_>) -> Result<(), LinkError> {
        let lost = || LinkError("there are other constraints".to_owned());
        if places.units.len() != self.units.len() {
            return Err(lost());
        }
        for (row, unit) in self.units.iter_mut().zip(&places.units) {
            (row[0], row[1]) = (unit.span.0 as i32, unit.span.1 as i32);
        }
        let span = |unit: i32, position: i32| {
            let unit = usize::try_from(unit)
                .ok()
                .and_then(|unit| places.units.get(unit));
            let unit = unit.ok_or_else(lost)?;
            let position = usize::try_from(position).map_err(|_| lost())?;
            Ok::<_, LinkError>(unit.spans.get(position).copied().unwrap_or_default())
        };
        let place = |byte: u32| {
            let (line, column) = (places.place)(byte);
            [line as i32, column as i32]
        };
        for row in &mut self.sites {
            let (start, end) = span(row[6], row[7])?;
            [row[3], row[4]] = place(start);
            (row[1], row[2]) = (start as i32, end as i32);
        }
        for row in self.raises.iter_mut().chain(&mut self.accesses) {
            [row[1], row[2]] = place(span(row[4], row[5])?.0);
        }
        let stores = places.units.iter().flat_map(|unit| &unit.stores);
        if stores.clone().count() != self.stores.len() {
            return Err(lost());
        }
        for (row, byte) in self.stores.iter_mut().zip(stores) {
            [row[0], row[1]] = place(*byte);
        }
        Ok(())
    }
}

impl FileFacts {
    /// Return where the units begin and end, in the order of their numbers.
    pub fn spans(&self) -> impl Iterator<Item = (i32, i32)> {
        self.units.iter().map(|row| (row[0], row[1]))
    }

    /// Whether what other files name may be something else than when the program was analysed.
    #[must_use]
    pub fn is_shifted(&self) -> bool {
        self.is_grown || !self.renumbered.is_empty()
    }

    /// Keep what was found of constraints that are still there, and move it to where they are now.
    ///
    /// Of a call that there was not nothing is known, which is not what is known of one that cannot run.
    ///
    /// # Returns
    /// Whether types or bases are among what is gone: other files' rows have them, too.
    ///
    /// # Errors
    /// The facts are not of the earlier units.
    pub fn carry(&mut self, now: &Carried<'_>) -> Result<bool, LinkError> {
        if now.units.len() != self.units.len() {
            return Err(LinkError("the facts are of other units".to_owned()));
        }
        let unit_now = |unit: i32| number_at(now.units, unit);
        let position_now = |unit: i32, position: i32| {
            let unit = usize::try_from(unit).ok()?;
            number_at(now.positions.get(unit)?, position)
        };
        let part_of = |unit: i32| now.kinds[unit as usize].1;
        let end_now = |file: i32, unit: i32| match file {
            OWN => unit_now(unit),
            _ => Some(unit),
        };
        let mut reached = vec![0; now.kinds.len()];
        for (old, row) in self.units.iter().enumerate() {
            if let Some(unit) = unit_now(old as i32) {
                reached[unit as usize] = row[4];
            }
        }
        let kinds = now.kinds.iter().zip(&reached);
        self.units =
            (kinds.map(|((kind, part_of), reached)| [0, 0, *kind, *part_of, *reached])).collect();
        let mut places = vec![-1; self.sites.len()];
        let mut sites: Vec<(usize, [i32; 8])> = Vec::new();
        for (at, row) in self.sites.iter().enumerate() {
            if let (Some(unit), Some(position)) = (unit_now(row[6]), position_now(row[6], row[7])) {
                sites.push((at, [part_of(unit), 0, 0, 0, 0, row[5], unit, position]));
            }
        }
        let span = |unit: i32, position: i32| {
            now.places.units[unit as usize]
                .spans
                .get(position as usize)
                .copied()
        };
        let met: Set<(u32, u32)> = (sites.iter())
            .filter_map(|(_, row)| span(row[6], row[7]))
            .collect();
        for (unit, position) in now.fresh {
            // Code that nobody reaches is left to linking in any case.
            let is_free = span(*unit, *position).is_some_and(|span| !met.contains(&span));
            if is_free && reached[*unit as usize] > 0 {
                sites.push((
                    usize::MAX,
                    [part_of(*unit), 0, 0, 0, 0, 0, *unit, *position],
                ));
            }
        }
        sites.sort_by_key(|(_, row)| (row[6], row[7]));
        for (now, (before, _)) in sites.iter().enumerate() {
            if let Some(place) = places.get_mut(*before) {
                *place = now as i32;
            }
        }
        self.sites = sites.into_iter().map(|(_, row)| row).collect();
        self.targets.retain_mut(|row| {
            let (site, unit) = (number_at(&places, row[0]), end_now(row[3], row[4]));
            (row[0], row[4]) = (site.unwrap_or(-1), unit.unwrap_or(-1));
            site.is_some() && unit.is_some()
        });
        for rows in [&mut self.raises, &mut self.accesses] {
            rows.retain_mut(|row| {
                let (unit, position) = (unit_now(row[4]), position_now(row[4], row[5]));
                let (Some(unit), Some(position), Some(end)) =
                    (unit, position, end_now(row[6], row[7]))
                else {
                    return false;
                };
                (row[0], row[4], row[5], row[7]) = (part_of(unit), unit, position, end);
                true
            });
        }
        self.is_grown |= now.is_grown;
        let known = (self.types.len(), self.bases.len());
        self.types.retain_mut(|row| {
            let (owner, unit) = (unit_now(row[0]), end_now(row[5], row[6]));
            (row[0], row[6]) = (owner.unwrap_or(-1), unit.unwrap_or(-1));
            owner.is_some() && unit.is_some()
        });
        self.bases.retain_mut(|row| {
            let (unit, base) = (unit_now(row[0]), end_now(row[1], row[2]));
            (row[0], row[2]) = (unit.unwrap_or(-1), base.unwrap_or(-1));
            unit.is_some() && base.is_some()
        });
        let mut codes: Map<String, i32> = (self.names.iter().cloned()).zip(0..).collect();
        self.stores.clear();
        for (is_read, name) in now.stored {
            let code = *codes.entry((*name).to_owned()).or_insert_with(|| {
                self.names.push((*name).to_owned());
                self.names.len() as i32 - 1
            });
            self.stores.push([0, 0, i32::from(*is_read), code]);
        }
        if self.renumbered.is_empty() {
            self.renumbered = now.units.to_vec();
        } else {
            for unit in &mut self.renumbered {
                *unit = unit_now(*unit).unwrap_or(-1);
            }
        }
        let is_as_it_was = |(at, unit): (usize, &i32)| *unit == at as i32;
        if self.renumbered.len() == self.units.len()
            && self.renumbered.iter().enumerate().all(is_as_it_was)
        {
            self.renumbered.clear();
        }
        self.relocate(&now.places)?;
        Ok((self.types.len(), self.bases.len()) != known)
    }
}

/// Return what stands at a position, if it is no -1.
fn number_at(numbers: &[i32], position: i32) -> Option<i32> {
    let at = usize::try_from(position).ok()?;
    numbers.get(at).copied().filter(|number| *number >= 0)
}

/// Files that one names, and names, as numbers.
#[derive(Default)]
struct Named {
    files: Map<i32, i32>,
    names: Map<i32, i32>,
    facts: FileFacts,
}

impl Named {
    fn name(&mut self, code: i32, values: &[&str]) -> i32 {
        if code < 0 {
            return -1;
        }
        let names = &mut self.facts.names;
        *self.names.entry(code).or_insert_with(|| {
            names.push(values[code as usize].to_owned());
            names.len() as i32 - 1
        })
    }

    fn file(&mut self, own: i32, file: i32, paths: &[String]) -> i32 {
        if file == own {
            return OWN;
        }
        let known = &mut self.facts.paths;
        *self.files.entry(file).or_insert_with(|| {
            known.push(paths[file as usize].clone());
            OWN + known.len() as i32
        })
    }
}

/// Cut what the analysis found into what it found in each file.
///
/// # Arguments
/// * `paths` - The analysed files, in the order in which the analysis numbers them.
/// * `tables` - The tables of `PointsTo.solve`.
/// * `degraded` - Of each file, whether the analysis of its language met its bounds.
///
/// # Errors
/// A table or a column is missing.
pub fn split(
    paths: &[String],
    tables: &[(String, RecordBatch)],
    degraded: &[bool],
) -> Result<Vec<FileFacts>, LinkError> {
    let table = |wanted: &str| {
        tables
            .iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, rows)| rows)
            .ok_or_else(|| LinkError(format!("table {wanted:?} is missing")))
    };
    let mut found: Vec<Named> = paths.iter().map(|_| Named::default()).collect();
    for (one, is_degraded) in found.iter_mut().zip(degraded) {
        (one.facts.version, one.facts.is_degraded) = (VERSION, *is_degraded);
    }
    let units = table("units")?;
    let file_of = integers(units, "file")?;
    let mut counts = vec![0; paths.len()];
    let local: Vec<i32> = file_of
        .iter()
        .map(|file| {
            usize::try_from(*file).map_or(-1, |file| {
                counts[file] += 1;
                counts[file] - 1
            })
        })
        .collect();
    let row_of = |unit: i32| usize::try_from(unit).map_or(-1, |unit| local[unit]);
    let [start, end, kind, written_in, reached] =
        ["start", "end", "kind", "written_in", "reached"].map(|name| integers(units, name));
    let (start, end, kind, written_in, reached) = (start?, end?, kind?, written_in?, reached?);
    for (row, file) in file_of.iter().enumerate() {
        if let Ok(file) = usize::try_from(*file) {
            let written_in = row_of(written_in[row]);
            let unit = [start[row], end[row], kind[row], written_in, reached[row]];
            found[file].facts.units.push(unit);
        }
    }
    // A unit of the program, or a name outside; nothing where it is a unit of a library's model, which has no node.
    let end_of = |one: &mut Named, own: i32, unit: i32, name: i32, values: &[&str]| {
        if unit < 0 {
            return Some([OUTSIDE, -1, one.name(name, values)]);
        }
        let file = file_of[unit as usize];
        (file >= 0).then(|| [one.file(own, file, paths), local[unit as usize], -1])
    };

    let sites = table("sites")?;
    let names = [
        "file", "caller", "start", "end", "line", "column", "status", "in", "at",
    ];
    let columns: Vec<&[i32]> = names
        .into_iter()
        .map(|name| integers(sites, name))
        .collect::<Result<_, _>>()?;
    let mut site_rows = vec![(-1, -1); sites.num_rows()];
    for row in 0..sites.num_rows() {
        let Ok(file) = usize::try_from(columns[0][row]) else {
            continue;
        };
        let facts = &mut found[file].facts;
        site_rows[row] = (file as i32, facts.sites.len() as i32);
        let value = |column: usize| columns[column][row];
        let caller = row_of(value(1));
        let place = [value(2), value(3), value(4), value(5)];
        facts.sites.push([
            caller,
            place[0],
            place[1],
            place[2],
            place[3],
            value(6),
            row_of(value(7)),
            value(8),
        ]);
    }
    let targets = table("targets")?;
    let [site, implicit, assumed, unit] =
        ["site", "implicit", "assumed", "unit"].map(|name| integers(targets, name));
    let (site, implicit, assumed, unit) = (site?, implicit?, assumed?, unit?);
    let external = texts(targets, "external")?;
    for row in 0..site.len() {
        let (file, local_site) = site_rows[site[row] as usize];
        let Ok(at) = usize::try_from(file) else {
            continue;
        };
        let one = &mut found[at];
        if let Some(end) = end_of(one, file, unit[row], external.codes[row], &external.values) {
            let [other, unit, name] = end;
            one.facts
                .targets
                .push([local_site, implicit[row], assumed[row], other, unit, name]);
        }
    }
    for (name, flag, unit, text) in [
        ("raises", "assumed", "unit", "external"),
        ("accesses", "write", "holder", "name"),
    ] {
        let rows = table(name)?;
        let names = ["file", "caller", "line", "column", flag, "in", "at", unit];
        let columns: Vec<&[i32]> = names
            .into_iter()
            .map(|name| integers(rows, name))
            .collect::<Result<_, _>>()?;
        let text = texts(rows, text)?;
        for (row, &file) in columns[0].iter().enumerate() {
            let Ok(at) = usize::try_from(file) else {
                continue;
            };
            let value = |column: usize| columns[column][row];
            let one = &mut found[at];
            let Some(mut end) = end_of(one, at as i32, value(7), text.codes[row], &text.values)
            else {
                continue;
            };
            if name == "accesses" {
                end[2] = one.name(text.codes[row], &text.values);
            }
            let line = [
                row_of(value(1)),
                value(2),
                value(3),
                value(4),
                row_of(value(5)),
                value(6),
                end[0],
                end[1],
                end[2],
            ];
            let facts = &mut one.facts;
            if name == "raises" {
                facts.raises.push(line)
            } else {
                facts.accesses.push(line)
            }
        }
    }
    let stores = table("stores")?;
    let [file, line, column, read] =
        ["file", "line", "column", "read"].map(|name| integers(stores, name));
    let (file, line, column, read) = (file?, line?, column?, read?);
    let name = texts(stores, "name")?;
    for row in 0..file.len() {
        let one = &mut found[file[row] as usize];
        let name = one.name(name.codes[row], &name.values);
        one.facts
            .stores
            .push([line[row], column[row], read[row], name]);
    }
    let types = table("types")?;
    let [owner, slot, inferred, unit] =
        ["owner", "slot", "inferred", "unit"].map(|name| integers(types, name));
    let (owner, slot, inferred, unit) = (owner?, slot?, inferred?, unit?);
    let [name, interface, external] =
        ["name", "interface", "external"].map(|name| texts(types, name));
    let (name, interface, external) = (name?, interface?, external?);
    for row in 0..owner.len() {
        let file = file_of[owner[row] as usize];
        let Ok(at) = usize::try_from(file) else {
            continue;
        };
        let one = &mut found[at];
        if let Some(end) = end_of(one, file, unit[row], external.codes[row], &external.values) {
            let slot_name = one.name(name.codes[row], &name.values);
            let inner = one.name(interface.codes[row], &interface.values);
            let line = [
                row_of(owner[row]),
                slot[row],
                inferred[row],
                slot_name,
                inner,
                end[0],
                end[1],
                end[2],
            ];
            one.facts.types.push(line);
        }
    }
    let bases = table("bases")?;
    let (unit, base) = (integers(bases, "unit")?, integers(bases, "base")?);
    for row in 0..unit.len() {
        let file = file_of[unit[row] as usize];
        let Ok(at) = usize::try_from(file) else {
            continue;
        };
        let one = &mut found[at];
        if let Some([other, base, _]) = end_of(one, file, base[row], -1, &[]) {
            one.facts.bases.push([row_of(unit[row]), other, base]);
        }
    }
    Ok(found.into_iter().map(|one| one.facts).collect())
}

/// Columns of numbers, and of names.
struct Columns<const N: usize, const T: usize> {
    numbers: [Vec<i32>; N],
    texts: [Vec<i32>; T],
}

impl<const N: usize, const T: usize> Columns<N, T> {
    fn new() -> Self {
        Columns {
            numbers: [const { Vec::new() }; N],
            texts: [const { Vec::new() }; T],
        }
    }

    fn push(&mut self, numbers: [i32; N], texts: [i32; T]) {
        self.numbers
            .iter_mut()
            .zip(numbers)
            .for_each(|(column, value)| column.push(value));
        self.texts
            .iter_mut()
            .zip(texts)
            .for_each(|(column, value)| column.push(value));
    }

    fn table(
        self,
        names: [&str; N],
        text_names: [&str; T],
        values: &ArrayRef,
    ) -> Result<RecordBatch, LinkError> {
        let mut columns: Vec<(&str, ArrayRef)> = Vec::new();
        for (name, numbers) in names.into_iter().zip(self.numbers) {
            columns.push((name, Arc::new(Int32Array::from(numbers))));
        }
        for (name, codes) in text_names.into_iter().zip(self.texts) {
            let keys: Int32Array = codes
                .into_iter()
                .map(|code| (code >= 0).then_some(code))
                .collect();
            let array = DictionaryArray::<Int32Type>::try_new(keys, values.clone())?;
            columns.push((name, Arc::new(array)));
        }
        let fields: Vec<Field> = (columns.iter())
            .map(|(name, column)| Field::new(*name, column.data_type().clone(), true))
            .collect();
        let columns = columns.into_iter().map(|(_, column)| column).collect();
        Ok(RecordBatch::try_new(
            Arc::new(Schema::new(fields)),
            columns,
        )?)
    }
}

/// Put together what was found in some files, as the tables of `PointsTo.solve`.
///
/// # Arguments
/// * `given` - The files in order of their numbers: those whose rows are wanted, and those that they name.
/// * `numbers` - The number of each file.
///
/// # Errors
/// A file is named that is not given.
pub fn join(
    given: &[Given],
    numbers: &Map<String, i32>,
) -> Result<Vec<(String, RecordBatch)>, LinkError> {
    let mut firsts: Map<i32, (i32, &[i32])> = Map::default();
    let mut first = 0;
    for (number, facts, _) in given {
        firsts.insert(*number, (first, &facts.renumbered));
        first += facts.units.len() as i32;
    }
    let mut names: Vec<&str> = Vec::new();
    let mut codes: Map<&str, i32> = Map::default();
    let mut units = Columns::<6, 0>::new();
    let mut sites = Columns::<7, 0>::new();
    let mut targets = Columns::<4, 1>::new();
    let mut raises = Columns::<6, 1>::new();
    let mut accesses = Columns::<6, 1>::new();
    let mut stores = Columns::<4, 1>::new();
    let mut types = Columns::<4, 3>::new();
    let mut bases = Columns::<2, 0>::new();
    for (number, facts, is_wanted) in given {
        let (first, _) = firsts[number];
        let local: Vec<i32> = (facts.names.iter())
            .map(|name| {
                *codes.entry(name).or_insert_with(|| {
                    names.push(name);
                    names.len() as i32 - 1
                })
            })
            .collect();
        let name = |name: i32| usize::try_from(name).map_or(-1, |name| local[name]);
        let others: Vec<Option<(i32, &[i32])>> = (facts.paths.iter())
            .map(|path| {
                numbers
                    .get(path)
                    .and_then(|number| firsts.get(number))
                    .copied()
            })
            .collect();
        // A unit of another file may be gone that there was when the program was analysed.
        let unit_of = |file: i32, unit: i32| match file {
            OUTSIDE => Ok(Some(-1)),
            OWN => Ok(Some(first + unit)),
            _ => others[(file - OWN - 1) as usize]
                .map(|(first, renumbered)| match renumbered {
                    [] => Some(first + unit),
                    _ => number_at(renumbered, unit).map(|unit| first + unit),
                })
                .ok_or_else(|| LinkError("a file is named that is not given".to_owned())),
        };
        for [start, end, kind, written_in, reached] in &facts.units {
            units.push(
                [*number, *start, *end, *kind, first + written_in, *reached],
                [],
            );
        }
        for [unit, file, base] in &facts.bases {
            // Of files that are only named, the bases count that are given.
            match unit_of(*file, *base) {
                Ok(Some(base)) => bases.push([first + unit, base], []),
                Ok(None) => {}
                Err(error) if *is_wanted => return Err(error),
                Err(_) => {}
            }
        }
        if !*is_wanted {
            continue;
        }
        let first_site = sites.numbers[0].len() as i32;
        for [caller, start, end, line, column, status, _, _] in &facts.sites {
            sites.push(
                [
                    *number,
                    first + caller,
                    *start,
                    *end,
                    *line,
                    *column,
                    *status,
                ],
                [],
            );
        }
        for [site, implicit, assumed, file, unit, external] in &facts.targets {
            let Some(unit) = unit_of(*file, *unit)? else {
                continue;
            };
            targets.push(
                [first_site + site, *implicit, *assumed, unit],
                [name(*external)],
            );
        }
        for [caller, line, column, assumed, _, _, file, unit, external] in &facts.raises {
            let Some(unit) = unit_of(*file, *unit)? else {
                continue;
            };
            let row = [*number, first + caller, *line, *column, *assumed, unit];
            raises.push(row, [name(*external)]);
        }
        for [caller, line, column, write, _, _, file, holder, of] in &facts.accesses {
            let Some(holder) = unit_of(*file, *holder)? else {
                continue;
            };
            accesses.push(
                [*number, first + caller, *line, *column, holder, *write],
                [name(*of)],
            );
        }
        for [line, column, read, of] in &facts.stores {
            stores.push([*number, *line, *column, *read], [name(*of)]);
        }
        for [owner, slot, inferred, of, interface, file, unit, external] in &facts.types {
            let Some(unit) = unit_of(*file, *unit)? else {
                continue;
            };
            let texts = [name(*of), name(*interface), name(*external)];
            types.push([first + owner, *slot, *inferred, unit], texts);
        }
    }
    let values: ArrayRef = Arc::new(names.into_iter().map(Some).collect::<StringArray>());
    let values = &values;
    let columns = ["file", "start", "end", "kind", "written_in", "reached"];
    let units = units.table(columns, [], values)?;
    let columns = ["file", "caller", "start", "end", "line", "column", "status"];
    let sites = sites.table(columns, [], values)?;
    let columns = ["site", "implicit", "assumed", "unit"];
    let targets = targets.table(columns, ["external"], values)?;
    let columns = ["file", "caller", "line", "column", "assumed", "unit"];
    let raises = raises.table(columns, ["external"], values)?;
    let columns = ["file", "caller", "line", "column", "holder", "write"];
    let accesses = accesses.table(columns, ["name"], values)?;
    let stores = stores.table(["file", "line", "column", "read"], ["name"], values)?;
    let columns = ["owner", "slot", "inferred", "unit"];
    let types = types.table(columns, ["name", "interface", "external"], values)?;
    let bases = bases.table(["unit", "base"], [], values)?;
    let tables = [
        ("units", units),
        ("sites", sites),
        ("targets", targets),
        ("raises", raises),
        ("accesses", accesses),
        ("stores", stores),
        ("types", types),
        ("bases", bases),
    ];
    Ok(tables
        .into_iter()
        .map(|(name, rows)| (name.to_owned(), rows))
        .collect())
}
