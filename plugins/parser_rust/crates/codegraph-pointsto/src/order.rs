//! The order in which a class and its bases are searched.

use crate::objects::ObjectId;
use crate::program::Map;

/// Merge the orders of a class's bases, and the bases themselves, into the class's own: C3 (Barrett et al. 1996), and
/// where that has no answer the first that is left. Time is linear in the lists' lengths for each list.
pub(crate) fn merged(class: ObjectId, lists: &[&[ObjectId]]) -> Vec<ObjectId> {
    // In how many lists an object stands behind the head.
    let mut behind: Map<ObjectId, u32> = Map::default();
    for list in lists {
        for object in list.iter().skip(1) {
            *behind.entry(*object).or_insert(0) += 1;
        }
    }
    let mut heads = vec![0_usize; lists.len()];
    let mut order = vec![class];
    loop {
        let left = || heads.iter().zip(lists).filter_map(|(head, list)| list.get(*head)).copied();
        let free = left().find(|head| behind.get(head).is_none_or(|count| *count == 0));
        let Some(next) = free.or_else(|| left().next()) else { return order };
        if !order.contains(&next) {
            order.push(next);
        }
        for (head, list) in heads.iter_mut().zip(lists) {
            if list.get(*head) == Some(&next) {
                *head += 1;
                if let Some(count) = list.get(*head).and_then(|object| behind.get_mut(object)) {
                    *count = count.saturating_sub(1);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diamond_has_its_top_last() {
        // class D(B, C); class B(A); class C(A)
        assert_eq!(merged(4, &[&[2, 1], &[3, 1], &[2, 3]]), [4, 2, 3, 1]);
    }

    #[test]
    fn bases_in_conflict_come_in_the_order_in_which_they_are_written() {
        // class C(A, B); class A(X, Y); class B(Y, X)
        assert_eq!(merged(5, &[&[3, 1, 2], &[4, 2, 1], &[3, 4]]), [5, 3, 4, 1, 2]);
    }
}
