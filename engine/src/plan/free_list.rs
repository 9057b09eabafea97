//! A free list: the free rows of a storage, and its number of rows.

/// Free blocks of rows, in the order of their offsets. No two of them touch: neighbours are merged when rows are freed. The list therefore depends
/// only on the set of free rows, not on the order in which they were freed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FreeList {
    /// Offset and length of each free block.
    free: Vec<(usize, usize)>,
    /// Number of rows of the storage, free or not.
    pub extent: usize,
}

impl FreeList {
    /// Allocates `len` rows and returns the offset of the first. The rows come from the smallest sufficient free block (the first of several). If
    /// there is none, they are at the end of the storage, which grows.
    pub fn allocate(&mut self, len: usize) -> usize {
        let fitting = (0..self.free.len()).filter(|&k| self.free[k].1 >= len).min_by_key(|&k| self.free[k].1);
        let Some(k) = fitting else {
            self.extent += len;
            return self.extent - len;
        };
        let (at, size) = self.free[k];
        if size == len {
            self.free.remove(k);
        } else {
            self.free[k] = (at + len, size - len);
        }
        at
    }

    /// Frees `len` rows from offset `at`.
    pub fn free(&mut self, at: usize, len: usize) {
        let place = self.free.partition_point(|&(other, _)| other < at);
        self.free.insert(place, (at, len));
        if self.free.get(place + 1).is_some_and(|&(next, _)| at + len == next) {
            self.free[place].1 += self.free.remove(place + 1).1;
        }
        if place > 0 && self.free[place - 1].0 + self.free[place - 1].1 == at {
            self.free[place - 1].1 += self.free.remove(place).1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Maximal runs of free rows in a storage of `extent` rows. The blocks in `taken` are allocated.
    fn runs(taken: &[(usize, usize)], extent: usize) -> Vec<(usize, usize)> {
        let mut sorted = taken.to_vec();
        sorted.sort_unstable();
        sorted.push((extent, 0));
        let mut runs = Vec::new();
        let mut end = 0;
        for (at, len) in sorted {
            assert!(at >= end, "blocks overlap: {taken:?}");
            if at > end {
                runs.push((end, at - end));
            }
            end = at + len;
        }
        runs
    }

    proptest! {
        /// Checks that allocated blocks do not overlap and that the list holds exactly the maximal runs of free rows, for any sequence of steps.
        #[test]
        fn free_list_contains_exactly_maximal_free_runs(steps in prop::collection::vec((1usize..9, any::<prop::sample::Index>(), any::<bool>()), 1..80)) {
            let mut list = FreeList::default();
            let mut taken: Vec<(usize, usize)> = Vec::new();
            for (len, pick, frees) in steps {
                if frees && !taken.is_empty() {
                    let (at, len) = taken.swap_remove(pick.index(taken.len()));
                    list.free(at, len);
                } else {
                    let (before, extent) = (list.free.clone(), list.extent);
                    let at = list.allocate(len);
                    // The storage grows only if no free block is large enough, and by at most the requested number of rows.
                    let fits = before.iter().any(|&(_, size)| size >= len);
                    prop_assert_eq!(list.extent, if fits { extent } else { extent + len });
                    taken.push((at, len));
                }
                prop_assert_eq!(&list.free, &runs(&taken, list.extent));
            }
        }
    }
}
