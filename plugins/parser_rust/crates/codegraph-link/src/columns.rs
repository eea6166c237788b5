//! Reading Arrow columns: text as codes and values, whatever the encoding.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray, StructArray};
use arrow_schema::DataType;
use hashbrown::HashMap;

use crate::LinkError;

/// A text column as codes into its distinct values; null is -1.
pub struct Texts<'a> {
    /// One code per row.
    pub codes: Cow<'a, [i32]>,
    /// The values that codes stand for.
    pub values: Vec<&'a str>,
}

/// Return a column by name.
pub fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef, LinkError> {
    batch
        .column_by_name(name)
        .ok_or_else(|| LinkError(format!("column {name:?} is missing")))
}

/// Return a dictionary or plain text column as codes.
pub fn texts<'a>(batch: &'a RecordBatch, name: &str) -> Result<Texts<'a>, LinkError> {
    let array = column(batch, name)?;
    match array.data_type() {
        DataType::Dictionary(..) => {
            let dictionary = array
                .as_dictionary_opt::<Int32Type>()
                .ok_or_else(|| LinkError(format!("column {name:?} has keys that are not int32")))?;
            let values = dictionary
                .values()
                .as_string_opt::<i32>()
                .ok_or_else(|| LinkError(format!("column {name:?} is not text")))?;
            let keys = dictionary.keys();
            let codes = if keys.null_count() == 0 {
                Cow::Borrowed(&keys.values()[..])
            } else {
                Cow::Owned(keys.iter().map(|key| key.unwrap_or(-1)).collect())
            };
            Ok(Texts {
                codes,
                values: values.iter().map(|value| value.unwrap_or("")).collect(),
            })
        }
        _ => {
            let plain = strings(batch, name)?;
            let mut seen: HashMap<&str, i32> = HashMap::new();
            let mut values = Vec::new();
            let codes = plain
                .iter()
                .map(|value| match value {
                    None => -1,
                    Some(text) => *seen.entry(text).or_insert_with(|| {
                        values.push(text);
                        values.len() as i32 - 1
                    }),
                })
                .collect();
            Ok(Texts {
                codes: Cow::Owned(codes),
                values,
            })
        }
    }
}

/// Return a plain text column.
pub fn strings<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a StringArray, LinkError> {
    column(batch, name)?
        .as_string_opt::<i32>()
        .ok_or_else(|| LinkError(format!("column {name:?} is not plain text")))
}

/// Return an int32 column's values; what nulls hold is unspecified.
pub fn integers<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a [i32], LinkError> {
    let array = column(batch, name)?
        .as_primitive_opt::<Int32Type>()
        .ok_or_else(|| LinkError(format!("column {name:?} is not int32")))?;
    Ok(&array.values()[..])
}

/// Return an int32 column with -1 for null.
pub fn integers_or_absent(batch: &RecordBatch, name: &str) -> Result<Vec<i32>, LinkError> {
    let array = column(batch, name)?
        .as_primitive_opt::<Int32Type>()
        .ok_or_else(|| LinkError(format!("column {name:?} is not int32")))?;
    Ok(array.iter().map(|value| value.unwrap_or(-1)).collect())
}

/// Return a member of the `span` column.
pub fn span<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a [i32], LinkError> {
    let spans: &StructArray = column(batch, "span")?
        .as_struct_opt()
        .ok_or_else(|| LinkError("column \"span\" is not a struct".to_owned()))?;
    let member = spans
        .column_by_name(name)
        .and_then(|array| array.as_primitive_opt::<Int32Type>())
        .ok_or_else(|| LinkError(format!("span has no int32 member {name:?}")))?;
    Ok(&member.values()[..])
}
