//! Digests of what files say in some columns: two files' rows are compared without keeping either.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use hashbrown::HashMap;
use xxhash_rust::xxh3::xxh3_64;

use crate::LinkError;
use crate::columns::{column, texts};

const NULL: u64 = 0x9e37_79b9_7f4a_7c15;

/// Return for each file a digest of its rows in some columns, in row order.
///
/// # Arguments
/// * `batches` - Rows grouped by file; a file's rows may go on in the next batch.
/// * `names` - The columns; text counts by its bytes, whatever its encoding.
///
/// # Errors
/// A column is missing or of a type that has no digest.
pub fn file_digests(
    batches: &[RecordBatch],
    names: &[String],
) -> Result<HashMap<String, u64>, LinkError> {
    let mut said: HashMap<&str, Vec<u8>> = HashMap::new();
    for batch in batches {
        let columns: Vec<Vec<u64>> = names
            .iter()
            .map(|name| hashes(column(batch, name)?, name))
            .collect::<Result<_, _>>()?;
        let paths = texts(batch, "file_path")?;
        let mut row = 0;
        while row < batch.num_rows() {
            let code = paths.codes[row];
            let path = usize::try_from(code).map_or("", |code| paths.values[code]);
            let bytes = said.entry(path).or_default();
            while row < batch.num_rows() && paths.codes[row] == code {
                for column in &columns {
                    bytes.extend_from_slice(&column[row].to_le_bytes());
                }
                row += 1;
            }
        }
    }
    Ok(said
        .into_iter()
        .map(|(path, bytes)| (path.to_owned(), xxh3_64(&bytes)))
        .collect())
}

/// Return a hash of each value of a column.
fn hashes(array: &ArrayRef, name: &str) -> Result<Vec<u64>, LinkError> {
    let unknown = || LinkError(format!("column {name:?} has no digest"));
    let mut found: Vec<u64> = match array.data_type() {
        DataType::Dictionary(..) => {
            let dictionary = array.as_dictionary_opt::<Int32Type>().ok_or_else(unknown)?;
            let values = dictionary
                .values()
                .as_string_opt::<i32>()
                .ok_or_else(unknown)?;
            // A slice of a table has the values of all of it: those that its rows have are hashed.
            let mut known: Vec<Option<u64>> = vec![None; values.len()];
            let keys = dictionary.keys();
            (0..keys.len())
                .map(|row| {
                    if keys.is_null(row) || values.is_null(keys.value(row) as usize) {
                        return NULL;
                    }
                    let key = keys.value(row) as usize;
                    *known[key].get_or_insert_with(|| xxh3_64(values.value(key).as_bytes()))
                })
                .collect()
        }
        DataType::Utf8 => {
            let plain = array.as_string_opt::<i32>().ok_or_else(unknown)?;
            (0..plain.len())
                .map(|row| xxh3_64(plain.value(row).as_bytes()))
                .collect()
        }
        DataType::Int32 => {
            let numbers = array.as_primitive_opt::<Int32Type>().ok_or_else(unknown)?;
            numbers.values().iter().map(|value| *value as u64).collect()
        }
        DataType::Int64 => {
            let numbers = array.as_primitive_opt::<Int64Type>().ok_or_else(unknown)?;
            numbers.values().iter().map(|value| *value as u64).collect()
        }
        DataType::Boolean => {
            let flags = array.as_boolean_opt().ok_or_else(unknown)?;
            (0..flags.len())
                .map(|row| u64::from(flags.value(row)))
                .collect()
        }
        DataType::List(_) => {
            let lists = array.as_list_opt::<i32>().ok_or_else(unknown)?;
            let items = hashes(lists.values(), name)?;
            lists
                .offsets()
                .windows(2)
                .map(|range| {
                    let items = &items[range[0] as usize..range[1] as usize];
                    let bytes: Vec<u8> = items.iter().flat_map(|item| item.to_le_bytes()).collect();
                    xxh3_64(&bytes)
                })
                .collect()
        }
        _ => return Err(unknown()),
    };
    if array.null_count() > 0 {
        for (row, hash) in found.iter_mut().enumerate() {
            if array.is_null(row) {
                *hash = NULL;
            }
        }
    }
    Ok(found)
}
