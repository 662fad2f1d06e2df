//! Which known name a misspelt one was meant to be.

/// The candidate with the fewest typing mistakes to `word`, if they are few enough for its length.
/// ASCII case does not count; of equals the first one wins.
pub fn nearest<T>(word: &str, candidates: impl Iterator<Item = (T, &'static str)>) -> Option<T> {
    let word = word.to_ascii_lowercase();
    // One mistake in a short name, one more for every four letters: `s3` is not `sso`.
    let mut limit = word.len().div_ceil(4).min(4);
    let mut best = None;
    let mut rows = Rows::default();
    for (candidate, name) in candidates {
        if let Some(distance) = rows.distance(word.as_bytes(), name.as_bytes(), limit) {
            best = Some(candidate);
            if distance == 0 {
                break;
            }
            limit = distance - 1;
        }
    }
    best
}

/// Three rows of the table of distances, kept from candidate to candidate.
#[derive(Default)]
struct Rows {
    earlier: Vec<usize>,
    last: Vec<usize>,
    this: Vec<usize>,
}

impl Rows {
    /// How many characters must be put in, left out, changed or swapped with a neighbour; nothing if
    /// more than `limit`.
    fn distance(&mut self, a: &[u8], b: &[u8], limit: usize) -> Option<usize> {
        if a.len().abs_diff(b.len()) > limit {
            return None;
        }
        self.last.clear();
        self.last.extend(0..=b.len());
        self.earlier.clone_from(&self.last);
        self.this.clone_from(&self.last);
        // What is further from the diagonal than the limit is beyond it.
        let beyond = limit + 1;
        for (row, x) in a.iter().enumerate() {
            let (start, end) = (row.saturating_sub(limit), (row + beyond).min(b.len()));
            self.this[start] = if start == 0 { row + 1 } else { beyond };
            let mut least = self.this[start];
            for (column, y) in b.iter().enumerate().take(end).skip(start) {
                let y = y.to_ascii_lowercase();
                let mut cost = self.last[column] + usize::from(*x != y);
                cost = cost.min(self.last[column + 1] + 1).min(self.this[column] + 1);
                let swapped = row > 0 && column > 0 && *x == b[column - 1].to_ascii_lowercase() && a[row - 1] == y;
                if swapped {
                    cost = cost.min(self.earlier[column - 1] + 1);
                }
                self.this[column + 1] = cost;
                least = least.min(cost);
            }
            if least > limit {
                return None;
            }
            if let Some(next) = self.this.get_mut(end + 1) {
                *next = beyond;
            }
            std::mem::swap(&mut self.earlier, &mut self.last);
            std::mem::swap(&mut self.last, &mut self.this);
        }
        let distance = self.last[b.len()];
        (distance <= limit).then_some(distance)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_left_out_is_beyond_the_limit(a in "[abc]{0,7}", b in "[abC]{0,7}", limit in 0..4_usize) {
            let distance = |limit| Rows::default().distance(a.as_bytes(), b.as_bytes(), limit);
            prop_assert_eq!(distance(limit), distance(99).filter(|it| *it <= limit));
        }
    }

    fn distance(a: &str, b: &str) -> Option<usize> {
        Rows::default().distance(a.as_bytes(), b.as_bytes(), 9)
    }

    #[test]
    fn counts_typing_mistakes() {
        assert_eq!(distance("getobject", "GetObject"), Some(0));
        assert_eq!(distance("getobjcet", "GetObject"), Some(1));
        assert_eq!(distance("getobjects", "GetObject"), Some(1));
        assert_eq!(distance("getobect", "GetObject"), Some(1));
        assert_eq!(distance("kitten", "sitting"), Some(3));
        assert_eq!(distance("", "abc"), Some(3));
    }

    #[test]
    fn takes_the_fewest_mistakes_and_gives_up_on_many() {
        let names = ["GetObject", "GetObjectAcl", "PutObject"];
        let find = |word| nearest(word, names.into_iter().map(|it| (it, it)));
        assert_eq!(find("GetObjectAlc"), Some("GetObjectAcl"));
        assert_eq!(find("GteObject"), Some("GetObject"));
        assert_eq!(find("DescribeInstances"), None);
        assert_eq!(find(""), None);
    }
}
