//! Blocks: about four kilobytes of terms in order, each with a piece of its records.
//!
//! A block begins with the version of the format. Then, for each piece: how many bytes its term shares with the one before
//! and how many follow, in half a byte each where that is enough; those bytes; and the piece ([`crate::postings`]). A
//! term with many records has several pieces behind each other, in one block or in many.

use crate::head::{Directory, end_of_shared};
use crate::numbers::{Corrupt, Reader, put};
use crate::postings::{self, Piece};

/// The version of the format; bytes of another one are refused.
pub(crate) const VERSION: u8 = 1;
/// Bytes of a block at most, but for a term that is very long: with its row it fills half a page of eight kilobytes.
const BLOCK: usize = 4_000;
/// Less room than this is left empty when a list does not fit in whole.
const ROOM: usize = 160;

/// Puts terms into blocks, in order.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    current: Vec<u8>,
    /// The term of the last piece, and the first of its ordinals.
    term: Vec<u8>,
    first: u32,
    has_begun: bool,
    directory: Directory,
}

impl Writer {
    /// Adds a term that is greater than the one before, with all its ordinals in order. Blocks that are full are handed
    /// to `done`.
    pub(crate) fn add(&mut self, term: &[u8], list: &[u32], mut done: impl FnMut(Vec<u8>)) {
        let mut rest = list;
        while !rest.is_empty() {
            let mut shared = end_of_shared(&self.term, term);
            // Its lengths, the first ordinal and the number of ordinals.
            let head = term.len() - shared + 16;
            let room = BLOCK.saturating_sub(self.current.len() + head);
            let is_full = room < ROOM && 5 * rest.len() > room;
            if self.current.is_empty() || is_full || self.current.len() + head > BLOCK {
                if !self.current.is_empty() {
                    done(std::mem::take(&mut self.current));
                }
                self.current.reserve(BLOCK);
                self.current.push(VERSION);
                let before = self.has_begun.then_some((self.term.as_slice(), self.first));
                self.directory.add(before, (term, rest[0]));
                shared = 0;
            }
            let room = BLOCK.saturating_sub(self.current.len() + head).max(ROOM);
            self.put_term(shared, &term[shared..]);
            self.first = rest[0];
            self.has_begun = true;
            let taken = postings::write(rest, room, &mut self.current);
            rest = &rest[taken..];
            self.term.clear();
            self.term.extend_from_slice(term);
        }
    }

    /// The last block, if there is one, and where the others begin.
    pub(crate) fn finish(self) -> (Option<Vec<u8>>, Directory) {
        (Some(self.current).filter(|block| !block.is_empty()), self.directory)
    }

    fn put_term(&mut self, shared: usize, rest: &[u8]) {
        let out = &mut self.current;
        out.push((shared.min(15) << 4 | rest.len().min(15)) as u8);
        for length in [shared, rest.len()] {
            if let Some(more) = length.checked_sub(15) {
                put(out, more as u64);
            }
        }
        out.extend_from_slice(rest);
    }
}

/// Hands out the pieces of one term in a block, or of all terms that begin with it. It follows how much of the term
/// each term before it shares, so that most of them need not be looked at.
pub(crate) fn find(
    data: &[u8],
    wanted: &[u8],
    is_prefix: bool,
    mut each: impl FnMut(&Piece) -> Result<(), Corrupt>,
) -> Result<(), Corrupt> {
    let mut reader = begin(data)?;
    // How many bytes the last term shares with the wanted one; all of them once it was found.
    let mut matched = 0;
    while !reader.is_at_end(data) {
        let (shared, rest) = read_term(&mut reader, data)?;
        if shared < matched {
            break;
        }
        let mut is_found = matched == wanted.len() && (is_prefix || rest.is_empty());
        if !is_found && shared == matched {
            let missing = &wanted[matched..];
            let more = end_of_shared(rest, missing);
            is_found = more == missing.len() && (is_prefix || rest.len() == more);
            let is_behind = more == missing.len() || rest.get(more).is_some_and(|byte| *byte > missing[more]);
            if is_behind && !is_found {
                break;
            }
            matched += more;
        }
        let piece = Piece::read(&mut reader, data)?;
        if is_found {
            each(&piece)?;
        }
    }
    Ok(())
}

fn begin(data: &[u8]) -> Result<Reader, Corrupt> {
    let mut reader = Reader::default();
    if reader.byte(data)? == VERSION { Ok(reader) } else { Err(Corrupt("its version is unknown")) }
}

/// How much the next term shares with the one before, and the rest of it.
fn read_term<'a>(reader: &mut Reader, data: &'a [u8]) -> Result<(usize, &'a [u8]), Corrupt> {
    let lengths = reader.byte(data)?;
    let mut length = |half: u8| -> Result<u32, Corrupt> {
        if half < 15 {
            return Ok(u32::from(half));
        }
        reader.small(data)?.checked_add(15).ok_or(ORDER)
    };
    let (shared, rest) = (length(lengths >> 4)? as usize, length(lengths & 15)?);
    Ok((shared, reader.take(data, rest)?))
}

/// Walks through a block, which is kept elsewhere.
#[derive(Debug, Clone, Default)]
pub(crate) struct Walk {
    reader: Reader,
    term: Vec<u8>,
    first: u32,
}

impl Walk {
    /// Begins with a block.
    pub(crate) fn begin(&mut self, data: &[u8]) -> Result<(), Corrupt> {
        self.reader = begin(data)?;
        self.term.clear();
        self.first = 0;
        Ok(())
    }

    /// The next piece; its term is [`Walk::term`].
    pub(crate) fn next(&mut self, data: &[u8]) -> Result<Option<Piece>, Corrupt> {
        if self.reader.is_at_end(data) {
            return Ok(None);
        }
        let (shared, rest) = read_term(&mut self.reader, data)?;
        if shared > self.term.len() || rest.contains(&0) {
            return Err(ORDER);
        }
        let is_same = rest.is_empty() && shared == self.term.len();
        let is_greater = rest > &self.term[shared..];
        self.term.truncate(shared);
        self.term.extend_from_slice(rest);
        let piece = Piece::read(&mut self.reader, data)?;
        if !(is_greater || is_same && piece.first > self.first) {
            return Err(ORDER);
        }
        self.first = piece.first;
        Ok(Some(piece))
    }

    pub(crate) fn term(&self) -> &[u8] {
        &self.term
    }
}

const ORDER: Corrupt = Corrupt("its terms are not in order");

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn terms_are_found_in_blocks(
            terms in proptest::collection::btree_map("[ab]{1,4}(c{1,40})?", 1_u32..900, 0..60), wanted in "[ab]{1,4}c?",
            is_prefix in any::<bool>(),
        ) {
            let terms: BTreeMap<String, u32> = terms;
            let (mut writer, mut blocks) = (Writer::default(), Vec::new());
            for (term, count) in &terms {
                let list: Vec<u32> = (0..*count).map(|at| at * 50).collect();
                writer.add(term.as_bytes(), &list, |block| blocks.push(block));
            }
            let (last, directory) = writer.finish();
            blocks.extend(last);
            let range = directory.range(wanted.as_bytes(), is_prefix);
            let mut found = 0;
            let mut walked = 0;
            for (at, block) in (0_u32..).zip(&blocks) {
                let mut here = 0;
                find(block, wanted.as_bytes(), is_prefix, |piece| {
                    here += piece.count;
                    Ok(())
                }).unwrap();
                prop_assert!(here == 0 || range.contains(&at));
                found += here;
                let mut walk = Walk::default();
                walk.begin(block).unwrap();
                while let Some(piece) = walk.next(block).unwrap() {
                    walked += piece.count;
                }
            }
            let is_it = |term: &str| if is_prefix { term.starts_with(&wanted) } else { term == wanted };
            prop_assert_eq!(found, terms.iter().filter(|(term, _)| is_it(term)).map(|(_, count)| count).sum::<u32>());
            prop_assert_eq!(walked, terms.values().sum::<u32>());
        }

        #[test]
        fn bytes_of_any_kind_are_read_or_refused(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..300), wanted in proptest::collection::vec(any::<u8>(), 0..3),
        ) {
            if let Some(first) = bytes.first_mut() {
                *first = VERSION;
            }
            let _ = find(&bytes, &wanted, true, |piece| piece.each(&bytes, 500, |_| {}));
            let mut walk = Walk::default();
            if walk.begin(&bytes).is_ok() {
                while let Ok(Some(piece)) = walk.next(&bytes) {
                    let _ = piece.each(&bytes, 500, |_| {});
                }
            }
        }
    }
}
