//! The semantic IR (L5): every function of a file lowered to one statement-level IR over a control-flow graph.
//!
//! [`ir`] is the contract that analyses read; it names no language. A language is a lowering (`python`) on top of
//! [`builder`], which owns blocks, exceptional edges and clean-up code. The crate knows nothing of PyO3; what the
//! instructions mean is written down for users in `docs/explanation/semantic-ir.md`.
//!
//! # Reading a file
//!
//! ```no_run
//! use codegraph_flow::ir::{Op, Storage};
//! use codegraph_flow::{Lowering, Workspace};
//! # fn grammar() -> codegraph_syntax::core::Grammar { unimplemented!() }
//!
//! let lowering = Lowering::new("python", grammar()).expect("a language with a lowering");
//! let mut workspace = Workspace::default(); // the arena and scratch of one thread, used again and again
//! let file = lowering.lower(&mut workspace, b"def f(x):\n    return x.y(1)\n").expect("a tree");
//! for (body_id, body) in file.bodies() {
//!     // Functions, classes, lambdas and the module itself; `body.parent` leads outwards.
//!     for (block_id, block) in body.blocks() {
//!         for (value, instruction) in body.instructions_of(block_id) {
//!             // An instruction's number is the value that it defines.
//!             body.for_each_operand(&instruction.op, |operand| assert!(operand != value || body_id.0 > 0));
//!             match instruction.op {
//!                 Op::Call(call) => println!("{} arguments", body.arguments(call).len()),
//!                 Op::LoadName(variable) => match body.variable(variable).storage {
//!                     Storage::Captured { body: owner, variable: captured } => {
//!                         println!("captured: {}", file.text(file.body(owner).variable(captured).name));
//!                     }
//!                     storage => println!("{storage:?}"),
//!                 },
//!                 _ => {}
//!             }
//!         }
//!         for edge in body.successors(block_id) {
//!             println!("{block:?} -> {:?} ({:?})", edge.target, edge.kind);
//!         }
//!     }
//! }
//! ```

pub mod builder;
pub mod constants;
mod control;
pub mod dependence;
pub mod dump;
mod ecmascript;
mod exits;
mod go;
pub mod graph;
pub mod ir;
pub mod java;
mod literals;
mod lowering;
mod nesting;
mod python;
mod scopes;
pub mod ssa;
mod tree;

pub use lowering::{Lowering, LoweringError, Workspace};
