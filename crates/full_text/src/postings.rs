//! The records of a term, as ordinals within a segment, in pieces.
//!
//! A piece has up to [`PIECE`] ordinals, the first of them apart from the rest. The rest are the gaps between one and
//! the next, less one; or, where ordinals lie so close that this is shorter, a bit for every ordinal from the first.

use std::ops::Range;

use crate::numbers::{Corrupt, Reader, put, width};

/// Ordinals in a piece at most, so that who wants few of many reads little.
pub(crate) const PIECE: usize = 1_500;

/// Where a piece stands in its block, and how to read it.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub first: u32,
    pub count: u32,
    pub is_bits: bool,
    pub rest: Range<usize>,
}

/// Writes a piece of the beginning of a list, its gaps in about `room` bytes, and tells how many ordinals it took.
pub(crate) fn write(list: &[u32], room: usize, out: &mut Vec<u8>) -> usize {
    let Some(first) = list.first().copied() else { return 0 };
    let (mut size, mut taken) = (0, 1);
    for pair in list.windows(2).take(PIECE - 1) {
        let more = width(pair[1] - pair[0] - 1);
        if size + more > room {
            break;
        }
        size += more;
        taken += 1;
    }
    let bits = ((list[taken - 1] - first) / 8 + 1) as usize;
    let is_bits = taken > 1 && bits < size;
    put(out, u64::from(first));
    put(out, (taken as u64 - 1) << 1 | u64::from(is_bits));
    if is_bits {
        put(out, bits as u64);
        let from = out.len();
        out.resize(from + bits, 0);
        for ordinal in &list[..taken] {
            let at = ordinal - first;
            out[from + at as usize / 8] |= 1 << (at % 8);
        }
    } else {
        if taken > COUNTED {
            put(out, size as u64);
        }
        for pair in list[..taken].windows(2) {
            put(out, u64::from(pair[1] - pair[0] - 1));
        }
    }
    taken
}

/// Lists up to here do not say how long they are in bytes.
const COUNTED: usize = 8;

impl Piece {
    /// Reads where a piece stands, and steps over it.
    pub(crate) fn read(reader: &mut Reader, data: &[u8]) -> Result<Self, Corrupt> {
        let first = reader.small(data)?;
        let head = reader.small(data)?;
        let (count, is_bits) = ((head >> 1) + 1, head & 1 == 1);
        let rest = if is_bits || count as usize > COUNTED {
            let length = reader.small(data)?;
            let from = reader.at;
            reader.take(data, length)?;
            from..reader.at
        } else {
            let from = reader.at;
            for _ in 1..count {
                reader.number(data)?;
            }
            from..reader.at
        };
        Ok(Self { first, count, is_bits, rest })
    }

    /// Hands out the ordinals, which are below `records`, each greater than the one before.
    pub(crate) fn each(&self, data: &[u8], records: u32, mut each: impl FnMut(u32)) -> Result<(), Corrupt> {
        if self.first >= records {
            return Err(FOREIGN);
        }
        let rest = data.get(self.rest.clone()).unwrap_or_default();
        if self.is_bits {
            let mut count = 0;
            for (at, byte) in rest.iter().enumerate() {
                let mut bits = *byte;
                while bits != 0 {
                    let ordinal = u64::from(self.first) + 8 * at as u64 + u64::from(bits.trailing_zeros());
                    if ordinal >= u64::from(records) {
                        return Err(FOREIGN);
                    }
                    each(ordinal as u32);
                    count += 1;
                    bits &= bits - 1;
                }
            }
            return if count == self.count { Ok(()) } else { Err(COUNT) };
        }
        each(self.first);
        let mut reader = Reader::default();
        let mut last = u64::from(self.first);
        for _ in 1..self.count {
            let gap = reader.number(rest)?;
            last = last.saturating_add(gap).saturating_add(1);
            if last >= u64::from(records) {
                return Err(FOREIGN);
            }
            each(last as u32);
        }
        if reader.is_at_end(rest) { Ok(()) } else { Err(COUNT) }
    }
}

const FOREIGN: Corrupt = Corrupt("a term has a record that the segment has not");
const COUNT: Corrupt = Corrupt("a term has another number of records than it says");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn read(mut bytes: &[u8], records: u32) -> Result<Vec<u32>, Corrupt> {
        let mut all = Vec::new();
        while !bytes.is_empty() {
            let mut reader = Reader::default();
            let piece = Piece::read(&mut reader, bytes)?;
            piece.each(bytes, records, |ordinal| all.push(ordinal))?;
            bytes = &bytes[reader.at..];
        }
        Ok(all)
    }

    proptest! {
        #[test]
        fn lists_read_as_they_were_written(
            list in proptest::collection::btree_set(0_u32..20_000, 1..4_000), room in 0_usize..3_000,
            dense in any::<bool>(),
        ) {
            let list: BTreeSet<u32> = if dense { list.iter().map(|one| one / 6).collect() } else { list };
            let list: Vec<u32> = list.into_iter().collect();
            let (mut bytes, mut rest) = (Vec::new(), list.as_slice());
            while !rest.is_empty() {
                let taken = write(rest, room, &mut bytes);
                rest = &rest[taken..];
            }
            prop_assert_eq!(read(&bytes, 20_000), Ok(list));
        }

        #[test]
        fn bytes_of_any_kind_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(list) = read(&bytes, 1_000) {
                prop_assert!(list.iter().all(|one| *one < 1_000));
            }
        }
    }
}
