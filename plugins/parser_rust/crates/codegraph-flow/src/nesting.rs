//! How deep lowerings go: texts of strangers nest as deep as they are long.

use crate::builder::Builder;

/// Expressions and statements nested deeper than this are unknown.
const MAX_DEPTH: u32 = 4_000;
/// Stack that one level of lowering may need, and how much is added when there is less.
const RED_ZONE_BYTES: usize = 128 * 1024;
const STACK_BYTES: usize = 4 * 1024 * 1024;

/// A lowering that goes as deep as its text nests.
pub(crate) trait Nested: Sized {
    fn builder(&mut self) -> &mut Builder;

    /// Levels around the code being lowered.
    fn depth(&mut self) -> &mut u32;

    /// Run `lower` one level deeper, on more stack if there is little; none when it is too deep.
    fn deeper<T>(&mut self, lower: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if *self.depth() >= MAX_DEPTH {
            self.builder().body.is_truncated = true;
            return None;
        }
        *self.depth() += 1;
        let result = stacker::maybe_grow(RED_ZONE_BYTES, STACK_BYTES, || lower(self));
        *self.depth() -= 1;
        Some(result)
    }
}
