//! A batch of records made into a segment.

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher as _;

use crate::block::Writer;
use crate::head::Head;
use crate::terms::{Terms, key};

/// Gathers records for a segment.
#[derive(Debug, Default)]
pub struct Builder {
    /// Each distinct term once.
    bytes: Vec<u8>,
    terms: Vec<Known>,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
    records: Vec<Record>,
    /// Terms of all records, one record behind the other.
    used: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    key: u64,
    at: u32,
    length: u32,
    /// Records that have it.
    count: u32,
}

#[derive(Debug, Clone, Copy)]
struct Record {
    id: i64,
    /// Where its terms end in `used`; they begin where those of the record added before end.
    begin: usize,
    end: usize,
}

/// A segment that is to be stored. The same records give the same bytes, in whatever order they were added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    pub head: Head,
    /// The blocks in order: the first is number 0.
    pub blocks: Vec<Vec<u8>>,
}

impl Builder {
    /// Adds a record. One without terms, because it was deleted or has no text, hides what older segments have of it.
    /// A record that is added twice counts as it was added last.
    pub fn add(&mut self, id: i64, terms: &Terms) {
        let begin = self.used.len();
        for term in terms.iter() {
            let term = self.number(term);
            self.used.push(term);
        }
        self.records.push(Record { id, begin, end: self.used.len() });
    }

    /// Adds a record that has no terms.
    pub fn add_gone(&mut self, id: i64) {
        self.add(id, &Terms::default());
    }

    /// How many records were added.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    pub fn build(mut self) -> Built {
        // What was added last comes first of those with the same id.
        self.records.reverse();
        self.records.sort_by_key(|record| std::cmp::Reverse(record.id));
        self.records.dedup_by_key(|record| record.id);

        for record in &self.records {
            for term in &self.used[record.begin..record.end] {
                self.terms[*term as usize].count += 1;
            }
        }
        // Where the list of each term begins among all lists.
        let mut ends: Vec<usize> = Vec::with_capacity(self.terms.len());
        let mut total = 0;
        for term in &self.terms {
            ends.push(total);
            total += term.count as usize;
        }
        let mut lists = vec![0_u32; total];
        let mut empty = Vec::new();
        for (ordinal, record) in (0_u32..).zip(&self.records) {
            if record.begin == record.end {
                empty.push(ordinal);
            }
            for term in &self.used[record.begin..record.end] {
                let end = &mut ends[*term as usize];
                lists[*end] = ordinal;
                *end += 1;
            }
        }

        let text = |term: &Known| &self.bytes[term.at as usize..][..term.length as usize];
        let mut order: Vec<(u64, u32)> = self.terms.iter().map(|term| term.key).zip(0_u32..).collect();
        order.sort_unstable_by(|one, other| {
            let texts = || text(&self.terms[one.1 as usize]).cmp(text(&self.terms[other.1 as usize]));
            one.0.cmp(&other.0).then_with(texts)
        });
        let mut blocks = Vec::new();
        let mut writer = Writer::default();
        for (_, at) in order {
            let (term, end) = (&self.terms[at as usize], ends[at as usize]);
            writer.add(text(term), &lists[end - term.count as usize..end], |block| blocks.push(block));
        }
        let (last, directory) = writer.finish();
        blocks.extend(last);
        let ids = self.records.iter().map(|record| record.id).collect();
        Built { head: Head { ids, empty: empty.into(), directory }, blocks }
    }

    /// The number of a term within this batch.
    fn number(&mut self, term: &[u8]) -> u32 {
        let Self { bytes, terms, table, hasher, .. } = self;
        let text = |known: &Known| &bytes[known.at as usize..][..known.length as usize];
        let hash = hasher.hash_one(term);
        let found = table.find(hash, |number| text(&terms[*number as usize]) == term);
        if let Some(number) = found {
            return *number;
        }
        let number = terms.len() as u32;
        table.insert_unique(hash, number, |number| hasher.hash_one(text(&terms[*number as usize])));
        // A batch of texts does not fill four gigabytes.
        terms.push(Known { key: key(term), at: bytes.len() as u32, length: term.len() as u32, count: 0 });
        bytes.extend_from_slice(term);
        number
    }
}

impl Built {
    /// Bytes of the blocks.
    pub fn size_bytes(&self) -> usize {
        self.blocks.iter().map(Vec::len).sum()
    }
}
