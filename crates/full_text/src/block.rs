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
        self.reader = Reader::default();
        self.term.clear();
        self.first = 0;
        if self.reader.byte(data)? == VERSION { Ok(()) } else { Err(Corrupt("its version is unknown")) }
    }

    /// The next piece; its term is [`Walk::term`].
    pub(crate) fn next(&mut self, data: &[u8]) -> Result<Option<Piece>, Corrupt> {
        if self.reader.is_at_end(data) {
            return Ok(None);
        }
        let lengths = self.reader.byte(data)?;
        let mut length = |half: u8| -> Result<u32, Corrupt> {
            if half < 15 {
                return Ok(u32::from(half));
            }
            self.reader.small(data)?.checked_add(15).ok_or(ORDER)
        };
        let (shared, rest) = (length(lengths >> 4)? as usize, length(lengths & 15)?);
        let rest = self.reader.take(data, rest)?;
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
