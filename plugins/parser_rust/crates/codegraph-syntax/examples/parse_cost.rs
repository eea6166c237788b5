//! CPU seconds of parse + flatten over files listed on stdin: `parse_cost LANGUAGE_POINTER_LIBRARY`.
fn main() {}
