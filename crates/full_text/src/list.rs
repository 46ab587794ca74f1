//! The records of one segment that have a term, read as far as somebody asks.

use crate::block;
use crate::cut::Term;
use crate::found::Found;
use crate::head::Head;
use crate::numbers::Corrupt;

/// Blocks that are gathered in a list; what takes more has a bit for every record.
const LISTED: usize = 4;
/// Blocks that are asked for ahead at most.
const AHEAD: u32 = 64;

#[derive(Debug)]
pub(crate) struct List {
    term: Vec<u8>,
    is_prefix: bool,
    records: u32,
    /// Blocks with the term, by the ordinal from which on they have something to say.
    blocks: Vec<Block>,
    /// How many blocks are read from the first one on, without a gap.
    read: usize,
    found: Found,
    /// Blocks to ask for next time.
    ahead: u32,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    first: u32,
    number: u32,
    is_read: bool,
}

/// What is known of the next record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    At(u32),
    End,
    /// Blocks have to be read before that can be said.
    Unread,
}

impl List {
    pub(crate) fn new(head: &Head, term: &Term, is_eager: bool) -> Self {
        let text = term.text.as_bytes();
        let directory = &head.directory;
        let range = directory.range(text, term.is_prefix);
        let first = |number: u32| {
            // A block of many terms may begin anywhere with any of them.
            let has_first =
                if term.is_prefix { directory.is_of_one_term(number) } else { number > range.start };
            if has_first { directory.first_ordinal(number) } else { 0 }
        };
        let mut blocks: Vec<Block> =
            range.clone().map(|number| Block { first: first(number), number, is_read: false }).collect();
        if term.is_prefix {
            blocks.sort_by_key(|block| block.first);
        }
        let records = head.ids.len() as u32;
        let is_listed = blocks.len() <= LISTED && blocks.iter().all(|block| block.first == 0);
        Self {
            term: text.to_owned(),
            is_prefix: term.is_prefix,
            records,
            blocks,
            read: 0,
            found: if is_listed { Found::listed() } else { Found::bits(records) },
            ahead: if is_eager { AHEAD } else { 1 },
        }
    }

    /// How many blocks there are: about how common the term is.
    pub(crate) fn size(&self) -> usize {
        self.blocks.len()
    }

    /// The first record from `at` on.
    pub(crate) fn next(&mut self, mut at: u32) -> Next {
        loop {
            let Some((last, end)) = self.place(at) else { return Next::End };
            if !self.is_known(last) {
                return Next::Unread;
            }
            match self.found.from(at) {
                Some(ordinal) if ordinal < end => return Next::At(ordinal),
                _ if end >= self.records => return Next::End,
                // The next block begins there.
                _ => at = end,
            }
        }
    }

    /// Blocks that [`List::next`] needs, and some more; each time it is asked for more, twice as many.
    pub(crate) fn needs(&mut self, at: u32) -> impl Iterator<Item = u32> {
        let place = self.place(at);
        let (from, last) = match place {
            Some((last, _)) if self.is_prefix => (self.read, last),
            Some((last, _)) => (last, last),
            None => (0, 0),
        };
        let until = if place.is_some() { last + self.ahead as usize } else { 0 };
        self.ahead = (self.ahead * 2).min(AHEAD);
        let needed = self.blocks.get(from..until.min(self.blocks.len())).unwrap_or_default();
        needed.iter().filter(|block| !block.is_read).map(|block| block.number)
    }

    /// Takes what it wants from a block.
    pub(crate) fn give(&mut self, number: u32, data: &[u8]) -> Result<(), Corrupt> {
        let Some(block) = self.blocks.iter_mut().find(|block| block.number == number && !block.is_read)
        else {
            return Ok(());
        };
        block.is_read = true;
        while self.blocks.get(self.read).is_some_and(|block| block.is_read) {
            self.read += 1;
        }
        let (found, records) = (&mut self.found, self.records);
        block::find(data, &self.term, self.is_prefix, |piece| {
            piece.each(data, records, |ordinal| found.add(ordinal))
        })?;
        self.found.settle();
        Ok(())
    }

    /// The last block that has something to say of an ordinal, and the ordinal from which on another one has.
    fn place(&self, at: u32) -> Option<(usize, u32)> {
        if at >= self.records {
            return None;
        }
        let end = self.blocks.partition_point(|block| block.first <= at);
        let last = end.checked_sub(1)?;
        Some((last, self.blocks.get(end).map_or(self.records, |block| block.first)))
    }

    /// Whether nothing more is to be read to know the records of a block. Of a term, each block says all there is within
    /// its ordinals; of many terms, any block before it may say more.
    fn is_known(&self, last: usize) -> bool {
        self.read > last || !self.is_prefix && self.blocks.get(last).is_some_and(|block| block.is_read)
    }
}
