//! IAM wildcard patterns over short names: `*` is any run of characters, `?` is one, ASCII case
//! does not count.

/// A pattern made ready for many names.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// In lower case, no two `*` in a row.
    bytes: Vec<u8>,
    /// How much of it stands before the first wildcard.
    literal: usize,
    /// The length of the shortest name that fits, so that a very long pattern costs nothing.
    shortest: usize,
}

impl Pattern {
    pub(super) fn new(pattern: &str) -> Self {
        let mut bytes = pattern.to_ascii_lowercase().into_bytes();
        bytes.dedup_by(|a, b| *a == b'*' && *b == b'*');
        let literal = bytes.iter().position(|it| is_wildcard(*it)).unwrap_or(bytes.len());
        let shortest = bytes.iter().filter(|it| **it != b'*').count();
        Self { bytes, literal, shortest }
    }

    /// What every match begins with, in lower case.
    pub(super) fn literal_prefix(&self) -> &[u8] {
        &self.bytes[..self.literal]
    }

    /// Whether all that begins with [`Self::literal_prefix`] fits.
    pub(super) fn is_prefix(&self) -> bool {
        &self.bytes[self.literal..] == b"*"
    }

    /// Whether a name has the last character of the pattern, if that is one.
    fn ends_as(&self, name: &[u8]) -> bool {
        let last = self.bytes.last().filter(|it| !is_wildcard(**it));
        last.is_none_or(|last| name.last().is_some_and(|it| it.eq_ignore_ascii_case(last)))
    }

    /// Whether all of `name` fits.
    pub(super) fn matches(&self, name: &[u8]) -> bool {
        if name.len() < self.shortest || !self.ends_as(name) {
            return false;
        }
        let (mut at, mut in_name) = (0, 0);
        // Where to go on when a character does not fit: the last `*` takes one more.
        let mut retry = None;
        loop {
            match (self.bytes.get(at), name.get(in_name)) {
                (None, None) => return true,
                (Some(b'*'), _) if at + 1 == self.bytes.len() => return true,
                (Some(b'*'), _) => {
                    at += 1;
                    retry = Some((at, in_name));
                }
                (Some(byte), Some(it)) if *byte == b'?' || *byte == it.to_ascii_lowercase() => {
                    at += 1;
                    in_name += 1;
                }
                // The name is at its end, and what the pattern still wants is not.
                (Some(_), None) => return false,
                _ => {
                    let Some((after_star, from)) = retry else { return false };
                    // What stands behind the star begins further on, if anywhere.
                    let begins = |it: &u8| {
                        matches!(self.bytes[after_star], b'?') || it.eq_ignore_ascii_case(&self.bytes[after_star])
                    };
                    let Some(skipped) = name[from + 1..].iter().position(begins) else { return false };
                    (at, in_name) = (after_star, from + 1 + skipped);
                    retry = Some((at, in_name));
                }
            }
        }
    }
}

fn is_wildcard(byte: u8) -> bool {
    matches!(byte, b'*' | b'?')
}

/// Whether `text` has a wildcard.
pub(super) fn has_wildcard(text: &str) -> bool {
    memchr::memchr2(b'*', b'?', text.as_bytes()).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn naive(pattern: &[u8], name: &[u8]) -> bool {
        match pattern.split_first() {
            None => name.is_empty(),
            Some((b'*', rest)) => (0..=name.len()).any(|it| naive(rest, &name[it..])),
            Some((byte, rest)) => {
                name.first().is_some_and(|it| *byte == b'?' || byte.eq_ignore_ascii_case(it)) && naive(rest, &name[1..])
            }
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[abAB*?]{0,8}", name in "[abAB]{0,8}") {
            prop_assert_eq!(Pattern::new(&pattern).matches(name.as_bytes()), naive(pattern.as_bytes(), name.as_bytes()));
        }
    }
}
