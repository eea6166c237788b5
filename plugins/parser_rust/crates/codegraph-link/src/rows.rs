//! From numbers to Arrow batches: edge ids, dictionary columns, node rows.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float32Array, Int32Array, RecordBatch, StringArray,
    UInt64Array, new_null_array,
};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use xxhash_rust::xxh3::xxh3_64;

use crate::symbols::{Entity, Map};
use crate::{LinkError, codes};

fn symbol() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// The type of list columns.
pub fn texts_type() -> DataType {
    DataType::List(Arc::new(Field::new("item", DataType::Utf8, false)))
}

/// Physical schema of `edges`, and the keys of both ends.
pub fn edges_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("id", DataType::Utf8, false),
        Field::new("kind", symbol(), false),
        Field::new("source_id", symbol(), false),
        Field::new("target_id", symbol(), false),
        Field::new("file_path", symbol(), true),
        Field::new("line_number", DataType::Int32, true),
        Field::new("column", DataType::Int32, true),
        Field::new("resolver", symbol(), false),
        Field::new("confidence", DataType::Float32, false),
        Field::new("metadata", DataType::Utf8, true),
        Field::new("source_key", DataType::UInt64, false),
        Field::new("target_key", DataType::UInt64, false),
    ]))
}

/// Physical schema of `nodes`.
pub fn nodes_schema() -> SchemaRef {
    let field = |name: &str, kind: DataType, nullable: bool| Field::new(name, kind, nullable);
    Arc::new(Schema::new(vec![
        field("id", DataType::Utf8, false),
        field("kind", symbol(), false),
        field("name", DataType::Utf8, false),
        field("fqn", DataType::Utf8, false),
        field("parent_id", symbol(), true),
        field("file_path", symbol(), true),
        field("start_line", DataType::Int32, true),
        field("end_line", DataType::Int32, true),
        field("start_byte", DataType::Int32, true),
        field("end_byte", DataType::Int32, true),
        field("language", symbol(), true),
        field("modifiers", texts_type(), false),
        field("visibility", symbol(), false),
        field("is_test", DataType::Boolean, false),
        field("signature", DataType::Utf8, true),
        field("docstring", DataType::Utf8, true),
        field("complexity", DataType::Int32, true),
        field("content_hash", DataType::Utf8, true),
        field("version", symbol(), true),
        field("taint_sources", texts_type(), false),
        field("metadata", DataType::Utf8, true),
    ]))
}

/// Return a dictionary column; keys of -1 are null.
pub fn dictionary(keys: Vec<i32>, values: StringArray) -> Result<ArrayRef, LinkError> {
    Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(
        nullable(keys),
        Arc::new(values),
    )?))
}

/// Return an int32 column; -1 is null.
pub fn nullable(values: Vec<i32>) -> Int32Array {
    if values.iter().all(|value| *value >= 0) {
        return Int32Array::from(values);
    }
    let nulls = NullBuffer::from_iter(values.iter().map(|value| *value >= 0));
    let filled: Vec<i32> = values.iter().map(|value| (*value).max(0)).collect();
    Int32Array::new(filled.into(), Some(nulls))
}

fn names(values: &[&str]) -> StringArray {
    StringArray::from(values.to_vec())
}

/// One edge before its ids are texts.
#[derive(Clone, Copy)]
pub struct Edge {
    /// File position, or -1.
    pub file: i32,
    /// Edge kind code.
    pub kind: u8,
    /// Resolver code.
    pub resolver: u8,
    /// A name on the way has several definitions.
    pub ambiguous: bool,
    /// Source entity.
    pub source: Entity,
    /// Target entity.
    pub target: Entity,
    /// Line, or -1.
    pub line: i32,
    /// Column, or -1.
    pub column: i32,
    /// The source stands in another file than the edge: the file is part of the id.
    pub away: bool,
}

/// The distinct entities of a batch in order of appearance.
pub struct Dictionary {
    position: Vec<i32>,
    externals: Map<Entity, i32>,
    used: Vec<Entity>,
}

impl Dictionary {
    /// Make room for entities below `count`; those above are kept in a map.
    pub fn new(count: Entity) -> Self {
        Dictionary {
            position: vec![-1; count as usize],
            externals: Map::default(),
            used: Vec::new(),
        }
    }

    /// Return an entity's key.
    pub fn key(&mut self, entity: Entity) -> i32 {
        let next = self.used.len() as i32;
        let slot = match self.position.get_mut(entity as usize) {
            Some(slot) => slot,
            None => self.externals.entry(entity).or_insert(-1),
        };
        if *slot < 0 {
            *slot = next;
            self.used.push(entity);
        }
        *slot
    }

    /// Forget everything and return the entities in key order.
    pub fn take(&mut self) -> Vec<Entity> {
        for entity in &self.used {
            if let Some(slot) = self.position.get_mut(*entity as usize) {
                *slot = -1;
            }
        }
        self.externals.clear();
        std::mem::take(&mut self.used)
    }
}

/// Return edges as a batch.
///
/// # Arguments
/// * `edges` - In the order of their files; -1 is no file.
/// * `files` - The positions of the files that edges may be of, ascending, and `paths` their paths.
/// * `append_id` - Appends an entity's id to a text.
pub fn edge_batch(
    edges: &[Edge],
    dictionary_of: &mut Dictionary,
    files: &[usize],
    paths: &[&str],
    mut append_id: impl FnMut(Entity, &mut String),
) -> Result<RecordBatch, LinkError> {
    let count = edges.len();
    let file_codes = codes_of_files(edges, files)?;
    let first_external = dictionary_of.position.len() as Entity;
    let sources: Vec<i32> = edges
        .iter()
        .map(|edge| dictionary_of.key(edge.source))
        .collect();
    let targets: Vec<i32> = edges
        .iter()
        .map(|edge| dictionary_of.key(edge.target))
        .collect();
    let entities = dictionary_of.take();
    let mut texts = String::new();
    let mut ends = vec![0_usize];
    for entity in &entities {
        append_id(*entity, &mut texts);
        ends.push(texts.len());
    }
    let keys: Vec<u64> = ends
        .windows(2)
        .map(|range| xxh3_64(&texts.as_bytes()[range[0]..range[1]]))
        .collect();
    let keys_of = |ends: &[i32]| -> ArrayRef {
        let picked = ends.iter().map(|end| keys[*end as usize]);
        Arc::new(UInt64Array::from_iter_values(picked))
    };
    let (source_keys, target_keys) = (keys_of(&sources), keys_of(&targets));
    let id = |key: i32| &texts[ends[key as usize]..ends[key as usize + 1]];

    let mut seen: Map<(u64, u8), u32> = Map::default();
    let mut file = i32::MIN;
    let mut buffer: Vec<u8> = Vec::with_capacity(512);
    let mut hexadecimal = String::with_capacity(count * 16);
    for (row, edge) in edges.iter().enumerate() {
        if edge.file != file {
            file = edge.file;
            seen.clear();
        }
        let mut ordinal = 0;
        if edge.kind != codes::E_DEFINES && edge.kind != codes::E_CONTAINS {
            let key = (sources[row] as u64) << 32 | targets[row] as u64;
            let next = seen.entry((key, edge.kind)).or_insert(0);
            ordinal = *next;
            *next += 1;
        }
        buffer.clear();
        buffer.extend_from_slice(codes::EDGES[edge.kind as usize].as_bytes());
        buffer.push(0);
        buffer.extend_from_slice(id(sources[row]).as_bytes());
        buffer.push(0);
        buffer.extend_from_slice(id(targets[row]).as_bytes());
        buffer.push(0);
        if ordinal == 0 {
            buffer.push(b'0');
        } else {
            buffer.extend_from_slice(ordinal.to_string().as_bytes());
        }
        if edge.away {
            buffer.push(0);
            buffer.extend_from_slice(paths[file_codes[row] as usize].as_bytes());
        }
        append_hexadecimal(xxh3_64(&buffer), &mut hexadecimal);
    }
    let ids = fixed_texts(hexadecimal, 16, count)?;
    let id_values = StringArray::try_new(
        arrow_buffer::OffsetBuffer::new(
            ends.iter()
                .map(|end| *end as i32)
                .collect::<Vec<_>>()
                .into(),
        ),
        texts.into_bytes().into(),
        None,
    )?;
    let confidence = edges.iter().map(|edge| {
        let outside = edge.source >= first_external || edge.target >= first_external;
        if edge.ambiguous {
            codes::CONFIDENCE_AMBIGUOUS[edge.resolver as usize]
        } else if outside && matches!(edge.resolver, codes::R_SELF | codes::R_MEMBER) {
            codes::CONFIDENCE_OUTSIDE
        } else {
            codes::CONFIDENCE[edge.resolver as usize]
        }
    });
    let columns: Vec<ArrayRef> = vec![
        Arc::new(ids),
        dictionary(
            edges.iter().map(|edge| i32::from(edge.kind)).collect(),
            names(&codes::EDGES),
        )?,
        dictionary(sources, id_values.clone())?,
        dictionary(targets, id_values)?,
        dictionary(file_codes, names(paths))?,
        Arc::new(nullable(edges.iter().map(|edge| edge.line).collect())),
        Arc::new(nullable(edges.iter().map(|edge| edge.column).collect())),
        dictionary(
            edges.iter().map(|edge| i32::from(edge.resolver)).collect(),
            names(&codes::RESOLVERS),
        )?,
        Arc::new(Float32Array::from_iter_values(confidence)),
        new_null_array(&DataType::Utf8, count),
        source_keys,
        target_keys,
    ];
    Ok(RecordBatch::try_new(edges_schema(), columns)?)
}

/// Return for each edge which of the files it is of; -1 for none.
fn codes_of_files(edges: &[Edge], files: &[usize]) -> Result<Vec<i32>, LinkError> {
    let mut at = 0;
    edges
        .iter()
        .map(|edge| {
            if edge.file < 0 {
                return Ok(-1);
            }
            while files.get(at).is_some_and(|file| *file < edge.file as usize) {
                at += 1;
            }
            if files.get(at) != Some(&(edge.file as usize)) {
                return Err(LinkError("an edge is of another file".to_owned()));
            }
            Ok(at as i32)
        })
        .collect()
}

/// Append a number as 16 hexadecimal digits.
pub fn append_hexadecimal(number: u64, text: &mut String) {
    for shift in (0..16).rev() {
        text.push(b"0123456789abcdef"[(number >> (shift * 4) & 15) as usize] as char);
    }
}

/// Return texts of one width, which follow one another, as a column.
pub fn fixed_texts(bytes: String, width: i32, count: usize) -> Result<StringArray, LinkError> {
    let offsets: Vec<i32> = (0..=count as i32).map(|row| row * width).collect();
    Ok(StringArray::try_new(
        arrow_buffer::OffsetBuffer::new(offsets.into()),
        bytes.into_bytes().into(),
        None,
    )?)
}

/// A node that no file owns.
pub struct BareNode {
    /// Node id.
    pub id: String,
    /// Last part of its name.
    pub name: String,
    /// Full dotted name.
    pub fqn: String,
    /// Parent's id.
    pub parent: Option<String>,
}

/// Return packages or externals as a batch.
pub fn node_batch(kind: &str, nodes: &[BareNode]) -> Result<RecordBatch, LinkError> {
    let count = nodes.len();
    let schema = nodes_schema();
    let text = |pick: fn(&BareNode) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(nodes.iter().map(pick)))
    };
    let mut columns = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        columns.push(match field.name().as_str() {
            "id" => text(|node| &node.id),
            "name" => text(|node| &node.name),
            "fqn" => text(|node| &node.fqn),
            "kind" => dictionary(vec![0; count], names(&[kind]))?,
            "visibility" => dictionary(vec![0; count], names(&["public"]))?,
            "parent_id" => {
                let parents: DictionaryArray<Int32Type> =
                    nodes.iter().map(|node| node.parent.as_deref()).collect();
                Arc::new(parents)
            }
            "is_test" => Arc::new(BooleanArray::from(vec![false; count])),
            "modifiers" | "taint_sources" => {
                let mut lists = ListBuilder::new(StringBuilder::new()).with_field(Field::new(
                    "item",
                    DataType::Utf8,
                    false,
                ));
                for _ in 0..count {
                    lists.append(true);
                }
                Arc::new(lists.finish())
            }
            _ => new_null_array(field.data_type(), count),
        });
    }
    Ok(RecordBatch::try_new(schema, columns)?)
}
