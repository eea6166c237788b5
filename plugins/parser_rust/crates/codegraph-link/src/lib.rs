//! Links files: imports, calls, references and bases across a repository, Arrow in and out.
//!
//! The native twin of the reference engine in `codegraph_plugins.stages.cross_file`; the rules are in
//! `docs/reference/cross-file.md`, and the parity tests compare the two row by row. Knows no Python.

mod codes;
mod columns;
mod corrections;
mod digests;
mod golang;
mod jvm;
mod linker;
mod modules;
mod names;
mod rows;
mod rust;
mod symbols;

pub use corrections::Corrections;
pub use corrections::by_file;
pub use digests::file_digests;
pub use linker::{Linker, TableBatch};

/// What was handed in does not fit the data contract.
#[derive(Debug)]
pub struct LinkError(pub String);

impl std::fmt::Display for LinkError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for LinkError {}

impl From<arrow_schema::ArrowError> for LinkError {
    fn from(error: arrow_schema::ArrowError) -> Self {
        LinkError(error.to_string())
    }
}
