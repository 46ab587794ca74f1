//! The head of a segment: whose terms it has, and where each block begins. It is small and kept in memory, so that a
//! search knows which blocks it needs before it has read one.
//!
//! The bytes: the version of the format; the number of records, the highest id in eight bytes and how much lower each
//! of the others is; the number of records without terms and the gaps between their ordinals; the number of blocks and their
//! beginnings, each as what it shares with the one before and what follows.

use std::ops::Range;

use crate::block::VERSION;
use crate::numbers::{Corrupt, Reader, put};

/// What is to be known of a segment before its blocks are read. Nothing of it ever changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    pub(crate) ids: Box<[i64]>,
    /// Ordinals of records that have no terms: deleted, or empty.
    pub(crate) empty: Box<[u32]>,
    pub(crate) directory: Directory,
}

impl Head {
    /// Reads what [`Built`](crate::Built) or [`Join`](crate::Join) gave.
    pub fn read(bytes: &[u8]) -> Result<Self, Corrupt> {
        let mut reader = Reader::default();
        if reader.byte(bytes)? != VERSION {
            return Err(Corrupt("its version is unknown"));
        }
        let ids = read_ids(&mut reader, bytes)?;
        let count = reader.small(bytes)?;
        let mut empty = Vec::with_capacity((count as usize).min(ids.len()));
        for _ in 0..count {
            let gap = reader.small(bytes)?;
            let next = empty.last().map_or(Some(gap), |last: &u32| last.checked_add(gap)?.checked_add(1));
            let next = next.filter(|next| (*next as usize) < ids.len());
            empty.push(next.ok_or(Corrupt("an empty record is not among its records"))?);
        }
        let directory = Directory::read(&mut reader, bytes)?;
        if !reader.is_at_end(bytes) {
            return Err(Corrupt("something follows its end"));
        }
        Ok(Self { ids, empty: empty.into(), directory })
    }

    /// The bytes that [`Head::read`] reads.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        put(&mut out, self.ids.len() as u64);
        if let Some(highest) = self.ids.first() {
            out.extend_from_slice(&highest.to_be_bytes());
        }
        for pair in self.ids.windows(2) {
            put(&mut out, pair[0].wrapping_sub(pair[1]) as u64 - 1);
        }
        put(&mut out, self.empty.len() as u64);
        let mut next = 0;
        for ordinal in &self.empty {
            put(&mut out, u64::from(ordinal - next));
            next = ordinal + 1;
        }
        self.directory.write(&mut out);
        out
    }

    /// Ids of the records, the highest first.
    pub fn ids(&self) -> &[i64] {
        &self.ids
    }

    /// How many blocks the segment has; they are numbered from 0.
    pub fn blocks(&self) -> u32 {
        self.directory.len() as u32
    }

    /// Bytes in memory, about.
    pub fn size_bytes(&self) -> usize {
        8 * self.ids.len() + 4 * self.empty.len() + self.directory.bytes.len() + 4 * self.directory.len()
    }
}

fn read_ids(reader: &mut Reader, bytes: &[u8]) -> Result<Box<[i64]>, Corrupt> {
    let count = reader.small(bytes)?;
    // Each takes a byte at least.
    let mut ids: Vec<i64> = Vec::with_capacity((count as usize).min(bytes.len()));
    for _ in 0..count {
        let next = match ids.last() {
            None => {
                let first = reader.take(bytes, 8)?;
                first.iter().fold(0, |id: i64, byte| id << 8 | i64::from(*byte))
            }
            Some(last) => {
                let gap = reader.number(bytes)?.checked_add(1);
                let next: Option<i64> = gap.and_then(|gap| last.checked_sub_unsigned(gap));
                next.ok_or(Corrupt("its ids are out of range"))?
            }
        };
        ids.push(next);
    }
    Ok(ids.into())
}

/// Where blocks begin: a key for each block that is greater than what stands before it and not greater than what stands
/// in it. The first key is empty.
///
/// A key is the beginning of a term, no longer than it must be; or, where a block begins within the records of a
/// term, the term, a zero and the first ordinal in four bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Directory {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Directory {
    /// Notes a block, by the piece before it and its own first piece.
    pub(crate) fn add(&mut self, before: Option<(&[u8], u32)>, (term, ordinal): (&[u8], u32)) {
        if let Some((last, _)) = before {
            let shared = end_of_shared(last, term);
            if shared == term.len() {
                self.bytes.extend_from_slice(term);
                self.bytes.push(0);
                self.bytes.extend_from_slice(&ordinal.to_be_bytes());
            } else {
                self.bytes.extend_from_slice(&term[..=shared]);
            }
        }
        self.ends.push(self.bytes.len() as u32);
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn key(&self, block: usize) -> &[u8] {
        let end = |block: usize| self.ends.get(block).map_or(self.bytes.len(), |end| *end as usize);
        let begin = block.checked_sub(1).map_or(0, end);
        &self.bytes[begin..end(block)]
    }

    /// Blocks that may hold a term, or terms that begin with it.
    pub(crate) fn range(&self, term: &[u8], is_prefix: bool) -> Range<u32> {
        // No byte of a term is 0 or 255.
        let is_before = |key: &[u8]| key <= term;
        let is_within = |key: &[u8]| {
            key <= term
                || key
                    .strip_prefix(term)
                    .is_some_and(|more| is_prefix || more.first().is_none_or(|next| *next == 0))
        };
        let from = self.count(is_before);
        let end = from + self.count_from(from, is_within);
        from.saturating_sub(1) as u32..end as u32
    }

    /// The first ordinal of a block that begins within the records of a term; 0 for others.
    pub(crate) fn first_ordinal(&self, block: u32) -> u32 {
        let key = self.key(block as usize);
        let ordinal = key.last_chunk::<5>().filter(|last| last[0] == 0);
        ordinal.map_or(0, |[_, ordinal @ ..]| u32::from_be_bytes(*ordinal))
    }

    /// Whether a block holds records of one term only, so that nothing of it is below its first ordinal.
    pub(crate) fn is_of_one_term(&self, block: u32) -> bool {
        let (key, next) = (self.key(block as usize), self.key(block as usize + 1));
        let term = |key: &'_ [u8]| key.len().checked_sub(5).filter(|end| key[*end] == 0);
        let (Some(end), Some(_)) = (term(key), term(next)) else { return false };
        next.starts_with(&key[..=end])
    }

    fn count(&self, is_before: impl Fn(&[u8]) -> bool) -> usize {
        self.count_from(0, is_before)
    }

    /// How many from there on, in a row.
    fn count_from(&self, from: usize, is_before: impl Fn(&[u8]) -> bool) -> usize {
        let (mut low, mut high) = (from, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if is_before(self.key(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low - from
    }

    fn write(&self, out: &mut Vec<u8>) {
        put(out, self.len() as u64);
        let mut last: &[u8] = &[];
        for block in 0..self.len() {
            let key = self.key(block);
            let shared = end_of_shared(last, key);
            put(out, shared as u64);
            put(out, (key.len() - shared) as u64);
            out.extend_from_slice(&key[shared..]);
            last = key;
        }
    }

    fn read(reader: &mut Reader, bytes: &[u8]) -> Result<Self, Corrupt> {
        const ORDER: Corrupt = Corrupt("its blocks are not in order");
        let count = reader.small(bytes)?;
        let mut directory = Self::default();
        let mut last: Vec<u8> = Vec::new();
        for block in 0..count {
            let shared = reader.small(bytes)? as usize;
            let length = reader.small(bytes)?;
            let rest = reader.take(bytes, length)?;
            let follows = last.get(shared..).is_some_and(|before| rest > before);
            if !(follows || block == 0 && shared == 0 && rest.is_empty()) {
                return Err(ORDER);
            }
            last.truncate(shared);
            last.extend_from_slice(rest);
            directory.bytes.extend_from_slice(&last);
            directory.ends.push(u32::try_from(directory.bytes.len()).map_err(|_| ORDER)?);
        }
        Ok(directory)
    }
}

/// How many bytes two texts begin with alike.
pub(crate) fn end_of_shared(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}
