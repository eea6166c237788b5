//! Edges as numbers, and as rows: each has the hash of what it says for its id.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Float32Type;
use arrow_array::{ArrayRef, Float32Array, RecordBatch, StringArray, UInt64Array, new_null_array};
use arrow_buffer::OffsetBuffer;
use arrow_schema::DataType;
use xxhash_rust::xxh3::xxh3_64;

use super::KINDS;
use super::ids::{Id, Ids};
use crate::LinkError;
use crate::columns::column;
use crate::rows::{append_hexadecimal, dictionary, edges_schema, fixed_texts, nullable};
use crate::symbols::Map;

/// One edge; a line or column that is not known is -1.
#[derive(Clone, Copy)]
pub struct Edge {
    /// Position in `KINDS`.
    pub kind: u8,
    /// The analysis made it.
    pub is_new: bool,
    pub source: Id,
    pub target: Id,
    pub resolver: Id,
    /// The analysed file.
    pub file: i32,
    pub line: i32,
    pub column: i32,
    pub confidence: f32,
}

/// Return the confidence of each linked edge.
pub fn confidences(batch: &RecordBatch) -> Result<&[f32], LinkError> {
    let array = column(batch, "confidence")?
        .as_primitive_opt::<Float32Type>()
        .ok_or_else(|| LinkError("column \"confidence\" is not float32".to_owned()))?;
    Ok(array.values())
}

/// The distinct values of a column in order of appearance: a dictionary.
struct Distinct {
    position: Vec<i32>,
    used: Vec<u32>,
}

impl Distinct {
    /// Make room for values below `count`.
    fn new(count: usize) -> Self {
        Distinct {
            position: vec![-1; count],
            used: Vec::new(),
        }
    }

    fn position(&mut self, value: u32) -> i32 {
        let position = &mut self.position[value as usize];
        if *position < 0 {
            *position = self.used.len() as i32;
            self.used.push(value);
        }
        *position
    }
}

/// Return edges as rows; those of a file follow one another.
pub fn batch(edges: &[Edge], ids: &Ids, paths: &[String]) -> Result<RecordBatch, LinkError> {
    let (mut ends, mut files, mut resolvers) = (
        Distinct::new(ids.len()),
        Distinct::new(paths.len()),
        Vec::new(),
    );
    let sources: Vec<i32> = edges
        .iter()
        .map(|edge| ends.position(edge.source))
        .collect();
    let targets: Vec<i32> = edges
        .iter()
        .map(|edge| ends.position(edge.target))
        .collect();
    let file_codes = edges
        .iter()
        .map(|edge| files.position(edge.file as u32))
        .collect();
    let resolver_codes = edges
        .iter()
        .map(|edge| among(&mut resolvers, edge.resolver))
        .collect();
    let keys: Vec<u64> = ends
        .used
        .iter()
        .map(|id| xxh3_64(ids.text(*id).as_bytes()))
        .collect();
    let keys_of = |ends: &[i32]| -> ArrayRef {
        Arc::new(UInt64Array::from_iter_values(
            ends.iter().map(|end| keys[*end as usize]),
        ))
    };
    let (source_keys, target_keys) = (keys_of(&sources), keys_of(&targets));
    let end_texts = texts(ends.used.iter().map(|id| ids.text(*id)))?;
    let columns: Vec<ArrayRef> = vec![
        Arc::new(fixed_texts(edge_ids(edges, ids), 16, edges.len())?),
        dictionary(
            edges.iter().map(|edge| i32::from(edge.kind)).collect(),
            texts(KINDS.into_iter())?,
        )?,
        dictionary(sources, end_texts.clone())?,
        dictionary(targets, end_texts)?,
        dictionary(
            file_codes,
            texts(files.used.iter().map(|file| &*paths[*file as usize]))?,
        )?,
        Arc::new(nullable(edges.iter().map(|edge| edge.line).collect())),
        Arc::new(nullable(edges.iter().map(|edge| edge.column).collect())),
        dictionary(
            resolver_codes,
            texts(resolvers.iter().map(|id| ids.text(*id)))?,
        )?,
        Arc::new(Float32Array::from_iter_values(
            edges.iter().map(|edge| edge.confidence),
        )),
        new_null_array(&DataType::Utf8, edges.len()),
        source_keys,
        target_keys,
    ];
    Ok(RecordBatch::try_new(edges_schema(), columns)?)
}

/// Return a value's position among few, where it is put if it is new.
fn among(few: &mut Vec<Id>, value: Id) -> i32 {
    let at = few.iter().position(|one| *one == value).unwrap_or_else(|| {
        few.push(value);
        few.len() - 1
    });
    at as i32
}

/// Return the edges' ids, one after the other; equal edges of a file are numbered, which tells their ids apart.
fn edge_ids(edges: &[Edge], ids: &Ids) -> String {
    let mut seen: Map<(Id, Id, u8), u32> = Map::default();
    let mut file = i32::MIN;
    let mut said = Vec::with_capacity(512);
    let mut found = String::with_capacity(edges.len() * 16);
    for edge in edges {
        if edge.file != file {
            file = edge.file;
            seen.clear();
        }
        let next = seen
            .entry((edge.source, edge.target, edge.kind))
            .or_insert(0);
        said.clear();
        for part in [
            KINDS[edge.kind as usize],
            ids.text(edge.source),
            ids.text(edge.target),
        ] {
            said.extend_from_slice(part.as_bytes());
            said.push(0);
        }
        said.extend_from_slice(next.to_string().as_bytes());
        *next += 1;
        append_hexadecimal(xxh3_64(&said), &mut found);
    }
    found
}

/// Return texts as a column of exactly their size.
pub fn texts<'a>(values: impl Iterator<Item = &'a str> + Clone) -> Result<StringArray, LinkError> {
    let lengths = values.clone().map(str::len);
    let mut bytes = Vec::with_capacity(lengths.clone().sum());
    values.for_each(|text| bytes.extend_from_slice(text.as_bytes()));
    Ok(StringArray::try_new(
        OffsetBuffer::from_lengths(lengths),
        bytes.into(),
        None,
    )?)
}
