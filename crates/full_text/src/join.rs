//! Several segments made into one.
//!
//! A join asks for blocks and gives blocks, so that it never holds more than a few of each. What it holds besides: twelve
//! bytes for each record of its parts (ids and ordinals), and eight for each record of the most common term.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::block::{Walk, Writer};
use crate::head::{Directory, Head};
use crate::numbers::Corrupt;
use crate::postings::Piece;

/// Blocks of one part that are asked for at once.
const AHEAD: u32 = 16;
/// The ordinal of a record that falls out.
const HIDDEN: u32 = u32::MAX;

/// What becomes of records without terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Empty {
    /// They stay: a segment that is older than all parts may know the record.
    Stay,
    /// They fall out: there is no older segment.
    FallOut,
}

/// A join under way.
#[derive(Debug)]
pub struct Join {
    parts: Vec<Part>,
    ids: Vec<i64>,
    empty: Vec<u32>,
    writer: Writer,
    directory: Directory,
    done: VecDeque<Vec<u8>>,
    blocks: u32,
    /// The term that is being put together, and its records.
    term: Vec<u8>,
    list: Vec<u32>,
    has_ended: bool,
}

#[derive(Debug)]
struct Part {
    head: Arc<Head>,
    /// New ordinals of its records.
    ordinals: Vec<u32>,
    /// Blocks that were given, by number.
    given: BTreeMap<u32, Vec<u8>>,
    /// The block that is read, and the next one.
    block: Option<Vec<u8>>,
    next: u32,
    walk: Walk,
    piece: Option<Piece>,
}

/// What a join does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinStep {
    /// It needs these blocks, each a part and a number.
    Need(Vec<(usize, u32)>),
    /// A block is ready; blocks come in order.
    Block { number: u32, data: Vec<u8> },
    /// All blocks were given out.
    Done(Head),
}

impl Join {
    /// Joins segments, the newest first. They must follow each other in rank, without another one between them: what a
    /// newer part knows of a record hides what an older one does.
    pub fn new(parts: &[Arc<Head>], empty: Empty) -> Self {
        let mut join = Self {
            parts: parts
                .iter()
                .map(|head| Part {
                    head: Arc::clone(head),
                    ordinals: Vec::with_capacity(head.ids.len()),
                    given: BTreeMap::new(),
                    block: None,
                    next: 0,
                    walk: Walk::default(),
                    piece: None,
                })
                .collect(),
            ids: Vec::new(),
            empty: Vec::new(),
            writer: Writer::default(),
            directory: Directory::default(),
            done: VecDeque::new(),
            blocks: 0,
            term: Vec::new(),
            list: Vec::new(),
            has_ended: false,
        };
        join.number_records(empty);
        join
    }

    /// Gives a block that was asked for.
    pub fn give(&mut self, part: usize, number: u32, data: Vec<u8>) {
        if let Some(part) = self.parts.get_mut(part) {
            part.given.insert(number, data);
        }
    }

    /// Goes on until something is to be done outside.
    pub fn step(&mut self) -> Result<JoinStep, Corrupt> {
        loop {
            if let Some(data) = self.done.pop_front() {
                let number = self.blocks;
                self.blocks += 1;
                return Ok(JoinStep::Block { number, data });
            }
            if self.has_ended {
                let (ids, empty) = (std::mem::take(&mut self.ids), std::mem::take(&mut self.empty));
                let directory = std::mem::take(&mut self.directory);
                return Ok(JoinStep::Done(Head { ids: ids.into(), empty: empty.into(), directory }));
            }
            for part in &mut self.parts {
                part.gather(&self.term, &mut self.list)?;
            }
            let needs: Vec<(usize, u32)> =
                self.parts.iter().enumerate().flat_map(|(at, part)| part.needs(at)).collect();
            if self.parts.iter().any(Part::is_waiting) {
                return Ok(JoinStep::Need(needs));
            }
            self.end_term();
            let next =
                self.parts.iter().filter(|part| part.piece.is_some()).map(|part| part.walk.term()).min();
            let Some(next) = next else {
                self.end();
                continue;
            };
            if next <= self.term.as_slice() {
                return Err(Corrupt("its blocks are not in order"));
            }
            next.clone_into(&mut self.term);
        }
    }

    /// Decides which record of which part stays, from the highest id down.
    fn number_records(&mut self, empty: Empty) {
        // The place within the empty ones of each part.
        let mut empties = vec![0_usize; self.parts.len()];
        let place = |part: &Part| part.head.ids.get(part.ordinals.len()).copied();
        while let Some(id) = self.parts.iter().filter_map(place).max() {
            let mut is_first = true;
            for (part, at) in self.parts.iter_mut().zip(&mut empties) {
                if place(part) != Some(id) {
                    continue;
                }
                let is_empty = part.head.empty.get(*at).is_some_and(|at| *at as usize == part.ordinals.len());
                *at += usize::from(is_empty);
                let ordinal = self.ids.len() as u32;
                let stays = is_first && !(is_empty && empty == Empty::FallOut);
                part.ordinals.push(if stays { ordinal } else { HIDDEN });
                if stays {
                    self.ids.push(id);
                    self.empty.extend(is_empty.then_some(ordinal));
                }
                is_first = false;
            }
        }
    }

    fn end_term(&mut self) {
        // One run for each part, in order by themselves where the parts' ids lie apart.
        if !self.list.is_sorted() {
            #[expect(clippy::stable_sort_primitive, reason = "it merges runs, which the other one does not")]
            self.list.sort();
        }
        self.list.dedup();
        self.writer.add(&self.term, &self.list, |block| self.done.push_back(block));
        self.list.clear();
    }

    fn end(&mut self) {
        let (last, directory) = std::mem::take(&mut self.writer).finish();
        self.done.extend(last);
        self.directory = directory;
        self.has_ended = true;
    }
}

impl Part {
    /// Takes the records of a term, as far as the blocks are there, and stands before the next term.
    fn gather(&mut self, term: &[u8], list: &mut Vec<u32>) -> Result<(), Corrupt> {
        loop {
            if let (Some(piece), Some(block)) = (&self.piece, &self.block) {
                if self.walk.term() != term {
                    return Ok(());
                }
                let ordinals = &self.ordinals;
                piece.each(block, ordinals.len() as u32, |ordinal| {
                    let ordinal = ordinals.get(ordinal as usize).copied().unwrap_or(HIDDEN);
                    if ordinal != HIDDEN {
                        list.push(ordinal);
                    }
                })?;
            }
            if self.block.is_none() {
                let Some(block) = self.given.remove(&self.next) else { return Ok(()) };
                self.next += 1;
                self.walk.begin(&block)?;
                self.block = Some(block);
            }
            if let Some(block) = &self.block {
                self.piece = self.walk.next(block)?;
                if self.piece.is_none() {
                    self.block = None;
                }
            }
        }
    }

    fn is_waiting(&self) -> bool {
        self.piece.is_none() && self.next < self.head.blocks()
    }

    /// Blocks to ask for: some more, once half of those asked for are read.
    fn needs(&self, part: usize) -> impl Iterator<Item = (usize, u32)> {
        let missing = self.is_waiting() || self.given.len() as u32 * 2 < AHEAD;
        let until = if missing { self.head.blocks().min(self.next + AHEAD) } else { 0 };
        (self.next..until).filter(|number| !self.given.contains_key(number)).map(move |number| (part, number))
    }
}
