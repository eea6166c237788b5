//! Source files to IR tables: tree-sitter's core on an arena, compiled kind tables, the walker.
//!
//! The crate knows nothing of Python; `codegraph-py` is the door to it.

pub mod batch;
pub mod core;
pub mod engine;
mod imports;
pub mod lines;
pub mod names;
pub mod pack;
pub mod reading;
pub mod rows;
pub mod scopes;
pub mod table;
pub mod text;
pub mod walker;
