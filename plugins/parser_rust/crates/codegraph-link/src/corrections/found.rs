//! The tables that the analysis returns, each until it was used.

use arrow_array::RecordBatch;

use super::EXTERNAL;
use super::ids::{Id, Ids, NONE};
use crate::LinkError;
use crate::columns::texts;
use crate::symbols::Map;

/// Tables by name; their columns are numbers without nulls, and texts.
pub struct Found(Map<String, RecordBatch>);

impl Found {
    pub fn new(tables: Vec<(String, RecordBatch)>) -> Self {
        Found(tables.into_iter().collect())
    }

    pub fn table(&self, name: &str) -> Result<&RecordBatch, LinkError> {
        self.0
            .get(name)
            .ok_or_else(|| LinkError(format!("table {name:?} is missing")))
    }

    /// Return a table whose memory is to go after this use.
    pub fn take(&mut self, name: &str) -> Result<RecordBatch, LinkError> {
        self.0
            .remove(name)
            .ok_or_else(|| LinkError(format!("table {name:?} is missing")))
    }
}

/// Return the external node that each row names, [`NONE`] for null.
pub fn outside(batch: &RecordBatch, ids: &mut Ids) -> Result<Vec<Id>, LinkError> {
    let names = texts(batch, "external")?;
    // All names of the program are in the dictionary, and few of them are asked for here.
    let mut known = vec![NONE; names.values.len()];
    let named = |code: &i32| {
        let Ok(code) = usize::try_from(*code) else {
            return NONE;
        };
        if known[code] == NONE {
            known[code] = ids.intern(&format!("{}{EXTERNAL}", names.values[code]));
        }
        known[code]
    };
    Ok(names.codes.iter().map(named).collect())
}
