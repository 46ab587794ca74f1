//! A module without a database: its records, its log and its segments.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dealwright_full_text::{
    Appetite, Asked, Builder, Built, Cutter, Empty, Head, Hit, Join, JoinStep, Kind, Matcher, Noted,
    RecordText, Search, Stack, Step, tiers, words,
};

#[derive(Default)]
pub(crate) struct Shelf {
    records: BTreeMap<i64, RecordText>,
    log: Vec<i64>,
    /// The newest first.
    pub(crate) segments: Vec<Stored>,
    /// Kept from search to search, as a server does.
    stack: Arc<Stack>,
    next: i64,
    read: Cell<usize>,
}

pub(crate) struct Stored {
    pub(crate) number: i64,
    pub(crate) built: Built,
}

impl Shelf {
    pub(crate) fn write(&mut self, id: i64, text: Option<RecordText>) {
        match text {
            Some(text) => self.records.insert(id, text),
            None => self.records.remove(&id),
        };
        self.log.push(id);
    }

    pub(crate) fn fill(&mut self, most: usize) {
        let taken: Vec<i64> = self.log.drain(..most.min(self.log.len())).collect();
        let (mut builder, mut cutter) = (Builder::default(), Cutter::default());
        for id in taken.iter().copied().collect::<BTreeSet<i64>>() {
            match self.records.get(&id) {
                Some(text) => builder.add(id, cutter.cut(text)),
                None => builder.add_gone(id),
            }
        }
        if !builder.is_empty() {
            let number = self.number();
            self.segments.insert(0, Stored { number, built: stored(builder.build()) });
        }
        self.restack();
    }

    pub(crate) fn join(&mut self, from: usize, count: usize) {
        let until = from.saturating_add(count).min(self.segments.len());
        if from >= until {
            return;
        }
        let empty = if until == self.segments.len() { Empty::FallOut } else { Empty::Stay };
        let parts: Vec<Stored> = self.segments.drain(from..until).collect();
        let heads: Vec<Arc<Head>> = parts.iter().map(|part| Arc::new(part.built.head.clone())).collect();
        let mut join = Join::new(&heads, empty);
        let mut blocks = Vec::new();
        let head = loop {
            match join.step().unwrap() {
                JoinStep::Need(needs) => {
                    assert!(!needs.is_empty());
                    for (part, number) in needs {
                        join.give(part, number, parts[part].built.blocks[number as usize].clone());
                    }
                }
                JoinStep::Block { number, data } => {
                    assert_eq!(number as usize, blocks.len());
                    blocks.push(data);
                }
                JoinStep::Done(head) => break head,
            }
        };
        let number = self.number();
        self.segments.insert(from, Stored { number, built: stored(Built { head, blocks }) });
        self.restack();
    }

    /// What a segment of all records is.
    pub(crate) fn built_at_once(&self) -> Option<Built> {
        let (mut builder, mut cutter) = (Builder::default(), Cutter::default());
        for (id, text) in &self.records {
            let terms = cutter.cut(text);
            if !terms.is_empty() {
                builder.add(*id, terms);
            }
        }
        (!self.segments.is_empty()).then(|| builder.build())
    }

    pub(crate) fn search(
        &self,
        asked: &[Asked],
        appetite: Appetite,
        most: usize,
        after: Option<Hit>,
    ) -> Vec<Hit> {
        let mut matcher = Matcher::new(asked);
        let mut noted = Noted::default();
        for id in &self.log {
            noted.add(*id, self.records.get(id).and_then(|text| matcher.tier(text)));
        }
        let mut search = Search::new(Arc::clone(&self.stack), asked, noted, appetite);
        if let Some(after) = after {
            search = search.after(after);
        }
        let mut hits = Vec::new();
        let mut given = BTreeSet::new();
        while let Step::Need(needs) = search.step(most, &mut hits).unwrap() {
            assert!(!needs.is_empty());
            for need in needs {
                assert!(given.insert(need), "a block is asked for once");
                let number = self.stack.number(need.segment).unwrap();
                let stored = self.segments.iter().find(|segment| segment.number == number).unwrap();
                search.give(need, &stored.built.blocks[need.block as usize]).unwrap();
            }
        }
        self.read.set(given.len());
        hits
    }

    /// How many blocks a page of a search by word takes.
    pub(crate) fn read(&self, text: &str, most: usize) -> usize {
        self.search(&tiers(&words(text)), Appetite::Page, most, None);
        self.read.get()
    }

    /// All records that are asked for, by their texts alone.
    pub(crate) fn scan(&self, asked: &[Asked]) -> Vec<Hit> {
        let mut cutter = Cutter::default();
        let mut hits = Vec::new();
        for (id, text) in &self.records {
            let terms: Vec<&[u8]> = cutter.cut(text).iter().collect();
            if terms.is_empty() {
                continue;
            }
            let tier = asked.iter().position(|asked| holds(asked, &terms));
            hits.extend(tier.map(|tier| Hit { tier, id: *id }));
        }
        hits.sort();
        hits
    }

    fn number(&mut self) -> i64 {
        self.next += 1;
        self.next
    }

    fn restack(&mut self) {
        let heads =
            self.segments.iter().map(|segment| (segment.number, Arc::new(segment.built.head.clone())));
        self.stack = Arc::new(self.stack.followed_by(heads));
    }
}

fn holds(asked: &Asked, terms: &[&[u8]]) -> bool {
    match asked {
        Asked::Has(term) if term.is_prefix => {
            terms.iter().any(|known| known.starts_with(term.text.as_bytes()))
        }
        Asked::Has(term) => terms.contains(&term.text.as_bytes()),
        Asked::All(parts) => parts.iter().all(|part| holds(part, terms)),
        Asked::Any(parts) => parts.iter().any(|part| holds(part, terms)),
        Asked::But(one, other) => holds(one, terms) && !holds(other, terms),
    }
}

/// As it comes back from a database.
fn stored(built: Built) -> Built {
    assert_eq!(built.blocks.len(), built.head.blocks() as usize);
    assert!(built.blocks.iter().all(|block| block.len() <= 4_400), "blocks fit into half a page");
    let head = Head::read(&built.head.bytes()).unwrap();
    assert_eq!(head, built.head);
    Built { head, blocks: built.blocks }
}

pub(crate) fn text_of(words: &str, mail: &str, phone: &str) -> RecordText {
    let mut text = RecordText::default();
    text.add(Kind::Word, words);
    text.add(Kind::Mail, mail);
    text.add(Kind::Phone, phone);
    text
}
