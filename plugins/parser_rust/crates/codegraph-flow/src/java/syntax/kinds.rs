//! How the reader of typed files records the nodes of Java's grammar.

use codegraph_syntax::core::Action;

use crate::java::kinds::named_kind;
pub(super) use crate::java::kinds::{FIELDS, Kind, field};

/// Tokens that are not recorded.
const SILENT: [&str; 9] = ["(", ")", "{", "}", ";", ",", ".", "@", ":"];

/// Return a symbol's kind and how the reader records it.
pub(super) fn kind_of(name: &str, named: bool) -> (Kind, Action) {
    if !named {
        return if SILENT.contains(&name) { (Kind::Other, Action::Drop) } else { (Kind::Token, Action::Leaf) };
    }
    named_kind(name, |kind| kind == Kind::String)
}
