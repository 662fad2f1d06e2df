//! Reads the packed table in place. Nothing happens before the first question, and a question
//! touches only the words it is about.

use std::ops::Range;

use super::layout::{Record, Section, name_hash};

static BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/catalog.bin"));
static WORDS: &[[u8; 4]] = BYTES.as_chunks().0;
static TEXT: &str = include_str!(concat!(env!("OUT_DIR"), "/catalog.txt"));

#[inline]
fn word(at: usize) -> u32 {
    u32::from_le_bytes(WORDS[at])
}

/// Where a section begins.
#[inline]
fn start(section: Section) -> usize {
    word(2 * section as usize) as usize
}

/// How many records of a kind there are.
pub(super) fn count<R: Record>() -> usize {
    word(2 * R::SECTION as usize + 1) as usize
}

/// One record. Most who ask want one field of it, so it is inlined, and the others are not read.
#[inline]
pub(super) fn record<R: Record>(index: usize) -> R {
    let at = start(R::SECTION) + index * R::WIDTH;
    let mut words = WORDS[at..at + R::WIDTH].iter();
    R::from_words(|| words.next().map_or(0, |it| u32::from_le_bytes(*it)))
}

/// All records of a kind.
pub(super) fn records<R: Record>() -> impl ExactSizeIterator<Item = R> + DoubleEndedIterator + Clone {
    (0..count::<R>()).map(record)
}

/// The text of a string.
pub(super) fn text(string: u32) -> &'static str {
    let at = start(Section::Strings) + string as usize;
    &TEXT[word(at) as usize..word(at + 1) as usize]
}

/// The items of a list.
pub(super) fn list(list: u32) -> impl ExactSizeIterator<Item = u32> + DoubleEndedIterator + Clone {
    let at = start(Section::Lists) + list as usize;
    let length = word(at) as usize;
    (at + 1..at + 1 + length).map(word)
}

/// The items of a list, two by two.
pub(super) fn pairs(list: u32) -> impl ExactSizeIterator<Item = (u32, u32)> + DoubleEndedIterator + Clone {
    let at = start(Section::Lists) + list as usize;
    let length = word(at) as usize / 2;
    (0..length).map(move |it| (word(at + 1 + 2 * it), word(at + 2 + 2 * it)))
}

/// The record among those of an owner whose first field is `name` without regard to ASCII case; see [`name_hash`].
pub(super) fn find<R: Record>(owner: u16, name: &str) -> Option<usize> {
    let hash = name_hash(R::SECTION, owner, name);
    let (first, last) = (start(Section::Names), word(2 * Section::Names as usize + 1) as usize - 1);
    let mut slot = hash as usize & last;
    loop {
        let at = first + 2 * slot;
        // A free slot says that there is no such name, and not all are taken.
        let record = (word(at + 1) as usize).checked_sub(1)?;
        // What has the hash of a name that is not there may be of another section.
        if word(at) == hash && record < count::<R>() && name_of::<R>(record).eq_ignore_ascii_case(name) {
            return Some(record);
        }
        slot = (slot + 1) & last;
    }
}

/// The first record of `range` whose first field is not `before` what is looked for.
pub(super) fn lower_bound<R: Record>(range: Range<usize>, before: impl Fn(&str) -> bool) -> usize {
    let Range { mut start, mut end } = range;
    while start < end {
        let middle = start + (end - start) / 2;
        if before(name_of::<R>(middle)) {
            start = middle + 1;
        } else {
            end = middle;
        }
    }
    start
}

/// The first field of a record that is looked up by name.
pub(super) fn name_of<R: Record>(index: usize) -> &'static str {
    text(word(start(R::SECTION) + index * R::WIDTH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_table_belongs_to_a_record() {
        assert_eq!(BYTES.len() % 4, 0);
        let last = Section::Strings;
        assert_eq!(start(last) + word(2 * last as usize + 1) as usize, WORDS.len());
        assert_eq!(word(WORDS.len() - 1) as usize, TEXT.len());
    }

    #[test]
    fn string_and_list_nought_are_empty() {
        assert_eq!(text(0), "");
        assert_eq!(list(0).len(), 0);
    }
}
