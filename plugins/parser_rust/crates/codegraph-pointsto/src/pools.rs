//! Many short lists in few allocations: most nodes of a constraint graph have one object and one successor, and an
//! allocation for each would cost more than what it holds.

use crate::prefetch::prefetch;
use crate::program::NONE;

/// A linked list in [`Chains`]: the position of its last item, after which its first comes again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chain(u32);

impl Default for Chain {
    fn default() -> Self {
        Self(NONE)
    }
}

/// Linked lists of numbers, appended to at the end.
#[derive(Debug, Default)]
pub(crate) struct Chains {
    items: Vec<(u32, u32)>,
}

impl Chains {
    /// Make room for items.
    pub(crate) fn reserve(&mut self, count: usize) {
        self.items.reserve(count);
    }

    /// Append to a list.
    pub(crate) fn push(&mut self, chain: &mut Chain, value: u32) {
        let at = self.items.len() as u32;
        let first = match chain.0 {
            NONE => at,
            last => std::mem::replace(&mut self.items[last as usize].1, at),
        };
        self.items.push((value, first));
        chain.0 = at;
    }

    /// Ask for the last item of a list, which says where its first is.
    #[inline]
    pub(crate) fn prefetch_last(&self, chain: Chain) {
        prefetch(&self.items, chain.0);
    }

    /// Ask for the first item of a list.
    #[inline]
    pub(crate) fn prefetch_first(&self, chain: Chain) {
        prefetch(&self.items, self.first(chain));
    }

    /// Return the position of a list's first item; [`NONE`] if there is none.
    #[inline]
    pub(crate) fn first(&self, chain: Chain) -> u32 {
        if chain.0 == NONE { NONE } else { self.items[chain.0 as usize].1 }
    }

    /// Return the item at a position.
    #[inline]
    pub(crate) fn get(&self, at: u32) -> u32 {
        self.items[at as usize].0
    }

    /// Return the position after one of a list: [`NONE`] at the end, for now.
    #[inline]
    pub(crate) fn after(&self, chain: Chain, at: u32) -> u32 {
        if at == chain.0 { NONE } else { self.items[at as usize].1 }
    }

    /// Return the items of a list.
    pub(crate) fn iter(&self, chain: Chain) -> impl Iterator<Item = u32> + '_ {
        let mut at = self.first(chain);
        std::iter::from_fn(move || {
            let value = (at != NONE).then(|| self.get(at))?;
            at = self.after(chain, at);
            Some(value)
        })
    }
}

/// An array in [`Arrays`], of up to 65,535 items.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Array {
    start: u32,
    len: u16,
    /// It has room for `1 << room` items; nothing is allocated while `len` is 0.
    room: u8,
}

impl Array {
    /// Number of items.
    pub(crate) fn len(self) -> usize {
        self.len as usize
    }
}

/// Growing arrays of numbers, in blocks of powers of two that are used again.
#[derive(Debug, Default)]
pub(crate) struct Arrays {
    items: Vec<u32>,
    /// Starts of blocks that nobody uses, by the logarithm of their size.
    free: Vec<Vec<u32>>,
}

impl Arrays {
    /// Make room for items.
    pub(crate) fn reserve(&mut self, count: usize) {
        self.items.reserve(count);
    }

    /// Return the items of an array.
    #[inline]
    pub(crate) fn slice(&self, array: Array) -> &[u32] {
        &self.items[array.start as usize..][..array.len as usize]
    }

    /// Ask for the first items of an array.
    #[inline]
    pub(crate) fn prefetch(&self, array: Array) {
        prefetch(&self.items, array.start);
    }

    /// Append to an array.
    pub(crate) fn push(&mut self, array: &mut Array, value: u32) {
        if array.len == 0 {
            array.start = self.block(0);
            array.room = 0;
        } else if u32::from(array.len) == 1 << array.room {
            let start = self.block(array.room + 1);
            let old = array.start as usize;
            self.items.copy_within(old..old + array.len as usize, start as usize);
            self.give_back(*array);
            array.start = start;
            array.room += 1;
        }
        self.items[array.start as usize + array.len as usize] = value;
        array.len += 1;
    }

    /// Return a new array with the items of another.
    pub(crate) fn copy(&mut self, array: Array) -> Array {
        let len = array.len as usize;
        if len == 0 {
            return Array::default();
        }
        let room = len.next_power_of_two().trailing_zeros() as u8;
        let start = self.block(room);
        self.items.copy_within(array.start as usize..array.start as usize + len, start as usize);
        Array { start, room, ..array }
    }

    /// Take an array's block back.
    pub(crate) fn give_back(&mut self, array: Array) {
        if array.len > 0 {
            let room = array.room as usize;
            if self.free.len() <= room {
                self.free.resize_with(room + 1, Vec::new);
            }
            self.free[room].push(array.start);
        }
    }

    fn block(&mut self, room: u8) -> u32 {
        if let Some(start) = self.free.get_mut(room as usize).and_then(Vec::pop) {
            return start;
        }
        let start = self.items.len();
        self.items.resize(start + (1 << room), 0);
        start as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_share_their_items_without_mixing_them() {
        let (mut chains, mut one, mut two) = (Chains::default(), Chain::default(), Chain::default());
        assert_eq!(chains.first(one), NONE);
        for value in 0..3 {
            chains.push(&mut one, value);
            chains.push(&mut two, 10 + value);
        }
        assert_eq!(chains.iter(one).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(chains.iter(two).collect::<Vec<_>>(), [10, 11, 12]);
        assert_eq!(chains.get(chains.first(two)), 10);
        assert_eq!(chains.after(two, chains.first(one)), chains.after(one, chains.first(one)));
    }

    #[test]
    fn a_copied_array_grows_on_its_own() {
        let (mut arrays, mut one) = (Arrays::default(), Array::default());
        for value in 0..5 {
            arrays.push(&mut one, value);
        }
        let mut other = arrays.copy(one);
        arrays.push(&mut one, 5);
        for value in 10..14 {
            arrays.push(&mut other, value);
        }
        assert_eq!(arrays.slice(one), [0, 1, 2, 3, 4, 5]);
        assert_eq!(arrays.slice(other), [0, 1, 2, 3, 4, 10, 11, 12, 13]);
        assert_eq!(arrays.copy(Array::default()).len(), 0);
    }

    #[test]
    fn arrays_grow_and_leave_their_blocks_to_others() {
        let (mut arrays, mut one, mut two) = (Arrays::default(), Array::default(), Array::default());
        for value in 0..5 {
            arrays.push(&mut one, value);
        }
        assert_eq!(arrays.slice(one), [0, 1, 2, 3, 4]);
        let size = arrays.items.len();
        for value in 0..4 {
            arrays.push(&mut two, value);
        }
        assert_eq!((arrays.slice(two), arrays.items.len()), (&[0, 1, 2, 3][..], size));
        arrays.give_back(one);
        arrays.give_back(two);
        let mut three = Array::default();
        for value in 0..8 {
            arrays.push(&mut three, value);
        }
        assert_eq!((arrays.slice(three).len(), arrays.items.len()), (8, size));
    }
}
