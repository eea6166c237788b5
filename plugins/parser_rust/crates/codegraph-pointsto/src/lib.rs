//! Inclusion-based points-to analysis over the semantic IR (L6): what values are, and who calls what.
//!
//! `translate` turns one file's semantic IR into units of constraints, in any thread; `solver` puts the units of all
//! files together and solves them in one. The crate knows neither Python nor Arrow.

mod actions;
mod assemble;
mod branches;
mod calls;
mod classes;
mod dispatching;
pub mod ecmascript;
mod evaluated;
mod explain;
pub mod facts;
pub mod graph;
mod interner;
mod items;
pub mod java;
mod library;
mod made_classes;
pub mod matching;
pub mod models;
mod modules;
mod names;
mod narrowing;
pub mod objects;
mod order;
mod pools;
mod prefetch;
pub mod program;
mod protocols;
mod reaching;
mod residue;
mod sequences;

pub mod report;
pub mod solver;
mod storage;
mod strong;
mod translate;

pub use explain::{Explanation, Step, Wanted};
pub use models::Models;
pub use program::Program;
pub use solver::{Budget, Solver, explain, solve};
pub use translate::{FileUnits, translate};
