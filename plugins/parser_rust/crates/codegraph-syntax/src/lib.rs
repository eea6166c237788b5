//! Source files to IR tables: tree-sitter's core on an arena, compiled kind tables, the walker.
//!
//! The crate knows nothing of Python; `codegraph-py` is the door to it.

pub mod batch;
pub mod core;
mod crew;
pub mod engine;
mod free;
mod headers;
mod imports;
pub mod lines;
mod macros;
pub mod misreadings;
pub mod names;
pub mod pack;
mod packages;
pub mod reading;
pub mod rows;
mod rust;
mod rust_values;
pub mod scopes;
pub mod spent;
pub mod table;
pub mod terminators;
pub mod text;
pub mod walker;
