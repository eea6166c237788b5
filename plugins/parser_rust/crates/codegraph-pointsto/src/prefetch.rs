//! Asking for memory before it is needed: a constraint graph does not fit the caches, and what is worked on next is
//! known some steps ahead.

/// Ask for an item of a list, if there is such an item.
#[inline(always)]
pub(crate) fn prefetch<T>(items: &[T], at: u32) {
    #[cfg(target_arch = "x86_64")]
    if let Some(item) = items.get(at as usize) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: it reads nothing that the program sees, and the address is that of an item.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(item).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (items, at);
}
