//! A search over all segments and over what is not in them yet.
//!
//! It does no reading itself. It says which blocks it needs and is given them, all that a step needs over all segments at
//! once; then it gives what it found, group by group and the newest record first, as far as somebody asks.

use std::cmp::{Ordering, Reverse};
use std::sync::Arc;

use crate::asked::Asked;
use crate::cut::Term;
use crate::list::{List, Next};
use crate::noted::Noted;
use crate::numbers::Corrupt;
use crate::stack::{Stack, leap};
use crate::tree::Node;

/// Blocks of later groups that are asked for at the beginning at most, for each term of a segment.
const FEW: usize = 4;

/// A record that was found. Results are in this order: by group, then the highest id first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Which of the groups asked for; 0 comes first.
    pub tier: usize,
    pub id: i64,
}

impl Ord for Hit {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.tier, Reverse(self.id)).cmp(&(other.tier, Reverse(other.id)))
    }
}

impl PartialOrd for Hit {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// How much of the results somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appetite {
    /// The first ones: of long lists little is read ahead.
    Page,
    /// All of them, to count or to sort them otherwise.
    All,
}

/// A block that is to be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Need {
    /// The place of the segment in the stack.
    pub segment: usize,
    pub block: u32,
}

/// What a search does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It needs these blocks. A caller that has some of them at hand gives them and asks for the others in one go.
    Need(Vec<Need>),
    /// There are as many hits as were wanted.
    Enough,
    /// There are no more.
    End,
}

/// A search under way.
#[derive(Debug)]
pub struct Search {
    stack: Arc<Stack>,
    tiers: Vec<Node>,
    segments: Vec<Segment>,
    noted: Noted,
    /// The group that is looked through; what of the noted is behind, of the ids and of the hits.
    tier: usize,
    noted_ids: usize,
    noted_hits: usize,
    after: Option<Hit>,
    has_begun: bool,
}

#[derive(Debug)]
struct Segment {
    lists: Vec<List>,
    /// The group as it is best looked through here.
    node: Node,
    records: u32,
    /// The ordinal from which on to look.
    at: u32,
    is_known: bool,
}

impl Search {
    /// Looks for records in groups that have none in common, such as [`tiers`](crate::tiers) gives; or in one group.
    pub fn new(stack: Arc<Stack>, tiers: &[Asked], mut noted: Noted, appetite: Appetite) -> Self {
        let mut terms: Vec<Term> = Vec::new();
        let tiers: Vec<Node> = tiers.iter().map(|tier| Node::new(tier, &mut terms)).collect();
        let is_eager = appetite == Appetite::All;
        let segments = stack.heads().map(|head| Segment {
            lists: terms.iter().map(|term| List::new(head, term, is_eager)).collect(),
            node: Node::Any(Vec::new()),
            records: head.ids.len() as u32,
            at: 0,
            is_known: false,
        });
        let segments = segments.collect();
        noted.settle();
        let (noted_ids, noted_hits) = (0, 0);
        let mut search = Self {
            stack,
            tiers,
            segments,
            noted,
            tier: 0,
            noted_ids,
            noted_hits,
            after: None,
            has_begun: false,
        };
        search.begin_tier(0);
        search
    }

    /// Goes on behind a hit of an earlier search for the same.
    #[must_use]
    pub fn after(mut self, hit: Hit) -> Self {
        self.after = Some(hit);
        self.begin_tier(hit.tier);
        self
    }

    /// Adds hits until there are `wanted` of them, or blocks are needed.
    pub fn step(&mut self, wanted: usize, hits: &mut Vec<Hit>) -> Result<Step, Corrupt> {
        if !self.has_begun {
            self.has_begun = true;
            let first = self.first_needs();
            if !first.is_empty() {
                return Ok(Step::Need(first));
            }
        }
        while hits.len() < wanted {
            if self.tier >= self.tiers.len() {
                return Ok(Step::End);
            }
            let needs = self.look(wanted, hits);
            if !needs.is_empty() {
                return Ok(Step::Need(needs));
            }
        }
        Ok(Step::Enough)
    }

    /// Gives a block that was asked for.
    pub fn give(&mut self, need: Need, data: &[u8]) -> Result<(), Corrupt> {
        let lists = self.segments.get_mut(need.segment).map(|segment| &mut segment.lists);
        lists.into_iter().flatten().try_for_each(|list| list.give(need.block, data))
    }

    /// All that the first group needs of each segment, and of later groups what is little: for a rare word that is
    /// everything.
    fn first_needs(&mut self) -> Vec<Need> {
        let mut needs = Vec::new();
        for (at, segment) in self.segments.iter_mut().enumerate() {
            let mut first = Vec::new();
            segment.node.terms(&mut first);
            for (term, list) in segment.lists.iter_mut().enumerate() {
                if first.contains(&term) || list.size() <= FEW {
                    needs.extend(list.needs(segment.at).map(|block| Need { segment: at, block }));
                }
            }
        }
        in_order(needs)
    }

    /// Looks from segment to segment. Gives the blocks without which it cannot go on; none when it is done with the
    /// group, or has enough.
    fn look(&mut self, wanted: usize, hits: &mut Vec<Hit>) -> Vec<Need> {
        while hits.len() < wanted {
            // The segment whose next record may be the highest, and how high those of the others may be.
            let (mut best, mut highest, mut second) = (None, None, None);
            for (at, segment) in self.segments.iter().enumerate() {
                let id = segment.id(&self.stack, at);
                if id > highest {
                    (best, second, highest) = (Some(at), highest, id);
                } else {
                    second = second.max(id);
                }
            }
            let noted = self.noted.hits.get(self.noted_hits).filter(|hit| hit.tier == self.tier);
            if let Some(hit) = noted.filter(|hit| Some(hit.id) > highest) {
                hits.push(*hit);
                self.noted_hits += 1;
                continue;
            }
            let Some(best) = best else {
                self.begin_tier(self.tier + 1);
                return Vec::new();
            };
            let bound = second.max(noted.map(|hit| hit.id));
            if !self.drain(best, bound, wanted, hits) {
                return self.needs();
            }
        }
        Vec::new()
    }

    /// Takes hits of one segment as long as they are above a bound. `false` when blocks are needed for that.
    fn drain(&mut self, at: usize, bound: Option<i64>, wanted: usize, hits: &mut Vec<Hit>) -> bool {
        let Self { stack, segments, noted, noted_ids, tier, .. } = self;
        let (Some(segment), Some(head)) = (segments.get_mut(at), stack.head(at)) else { return true };
        loop {
            if !segment.find(&mut Vec::new()) {
                return false;
            }
            let id = head.ids.get(segment.at as usize).copied();
            let Some(id) = id.filter(|id| Some(*id) >= bound && hits.len() < wanted) else { return true };
            let ordinal = segment.at;
            segment.at += 1;
            segment.is_known = false;
            *noted_ids = leap(&noted.ids, *noted_ids, id);
            if noted.ids.get(*noted_ids) != Some(&id) && !stack.is_hidden(at, ordinal) {
                hits.push(Hit { tier: *tier, id });
            }
        }
    }

    /// What all segments need to know their next record.
    fn needs(&mut self) -> Vec<Need> {
        let mut needs = Vec::new();
        for (at, segment) in self.segments.iter_mut().enumerate() {
            let mut unread = Vec::new();
            if segment.find(&mut unread) {
                continue;
            }
            unread.sort_unstable();
            unread.dedup_by_key(|(term, _)| *term);
            for (term, ordinal) in unread {
                if let Some(list) = segment.lists.get_mut(term) {
                    needs.extend(list.needs(ordinal).map(|block| Need { segment: at, block }));
                }
            }
        }
        in_order(needs)
    }

    fn begin_tier(&mut self, tier: usize) {
        self.tier = tier;
        let Some(node) = self.tiers.get(tier) else { return };
        let after = self.after.filter(|after| after.tier == tier).map(|after| after.id);
        for (segment, head) in self.segments.iter_mut().zip(self.stack.heads()) {
            segment.node = node.clone();
            segment.node.arrange(&segment.lists);
            segment.is_known = false;
            segment.at = after.map_or(0, |id| head.ids.partition_point(|one| *one >= id)) as u32;
        }
        self.noted_ids = 0;
        let is_behind =
            |hit: &Hit| hit.tier < tier || after.is_some_and(|id| hit.tier == tier && hit.id >= id);
        self.noted_hits = self.noted.hits.partition_point(is_behind);
    }
}

impl Segment {
    /// Finds the next record. `false` when blocks are needed, which are then noted.
    fn find(&mut self, unread: &mut Vec<(usize, u32)>) -> bool {
        if !self.is_known {
            match self.node.next(&mut self.lists, self.at, self.records, unread) {
                Next::At(ordinal) => self.at = ordinal,
                Next::End => self.at = self.records,
                Next::Unread => return false,
            }
            self.is_known = true;
        }
        true
    }

    /// The highest id that its next record can have.
    fn id(&self, stack: &Stack, at: usize) -> Option<i64> {
        stack.head(at)?.ids.get(self.at as usize).copied()
    }
}

fn in_order(mut needs: Vec<Need>) -> Vec<Need> {
    needs.sort_unstable();
    needs.dedup();
    needs
}
