//! What cutting, building, joining and searching take: `cargo run --release -p dealwright-full-text --example figures`.
//! A number behind it says how many records there are, in place of 100,000.

#![expect(clippy::print_stdout, reason = "it prints what it measured")]
#![allow(unreachable_pub, reason = "the texts are for other programs too")]

mod deals;

use std::sync::Arc;

use dealwright_full_text::{
    Appetite, Asked, Builder, Built, Cutter, Empty, Head, Join, JoinStep, Matcher, Noted, RecordText, Search,
    Stack, Step, tiers, words,
};

/// Seconds that this thread has run: others may use the machine as well.
fn busy() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds: u64 = text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or_default();
    nanoseconds as f64 / 1e9
}

/// Records of a filling, and segments of a level that are joined.
const BATCH: i64 = 5_000;
const JOINED: usize = 8;

/// Segments, the newest first, each with its level.
#[derive(Default)]
struct Module {
    segments: Vec<(u32, i64, Built)>,
    next: i64,
    joined: u64,
    joining: f64,
    building: f64,
    cutting: f64,
}

fn main() {
    let records = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(100_000_i64);
    let mut module = Module::default();
    let mut from = 0;
    while from < records {
        let until = records.min(from + BATCH);
        module.fill((from..until).map(|id| (id, deals::deal(id))).collect());
        from = until;
    }
    module.tell("inserted", records);
    // A tenth is changed, spread over everything.
    let changed = records / 10;
    let mut random = deals::Random(1);
    for _ in 0..changed / BATCH {
        let ids = (0..BATCH).map(|_| (random.next() % records as u64) as i64);
        let ids: Vec<i64> = ids.collect();
        module.fill(ids.into_iter().map(|id| (id, deals::deal(id))).collect());
    }
    module.tell("and a tenth of them changed", records + changed);
    module.search(records);
    module.join_all();
    module.search(records);
    judge();
}

impl Module {
    fn fill(&mut self, texts: Vec<(i64, RecordText)>) {
        let mut cutter = Cutter::default();
        let begin = busy();
        let terms: usize = texts.iter().map(|(_, text)| cutter.cut(text).len()).sum();
        let cutting = busy() - begin;
        assert!(terms > 0, "deals have terms");
        let begin = busy();
        let mut builder = Builder::default();
        for (id, text) in &texts {
            builder.add(*id, cutter.cut(text));
        }
        let built = builder.build();
        self.building += busy() - begin - cutting;
        self.cutting += cutting;
        if self.next == 0 {
            let count = texts.len() as f64;
            println!("terms of a record {:.1}", terms as f64 / count);
        }
        self.add(0, 0, built);
        while let Some((from, level)) = self.full_level() {
            self.join(from, JOINED, level + 1);
        }
    }

    fn add(&mut self, at: usize, level: u32, built: Built) {
        self.next += 1;
        self.segments.insert(at, (level, self.next, built));
    }

    /// Where a level has enough segments.
    fn full_level(&self) -> Option<(usize, u32)> {
        let level = |at: usize| self.segments.get(at).map(|(level, ..)| *level);
        let is_full = |from: &usize| (0..JOINED).all(|at| level(from + at) == level(*from));
        let from = (0..self.segments.len()).find(is_full)?;
        Some((from, level(from)?))
    }

    fn join(&mut self, from: usize, count: usize, level: u32) {
        let is_last = from + count == self.segments.len();
        let parts: Vec<_> = self.segments.drain(from..from + count).collect();
        let begin = busy();
        let heads: Vec<Arc<Head>> = parts.iter().map(|(.., built)| Arc::new(built.head.clone())).collect();
        let mut join = Join::new(&heads, if is_last { Empty::FallOut } else { Empty::Stay });
        let mut blocks = Vec::new();
        let head = loop {
            match join.step().expect("our own segments") {
                JoinStep::Need(needs) => {
                    for (part, number) in needs {
                        join.give(part, number, parts[part].2.blocks[number as usize].clone());
                    }
                }
                JoinStep::Block { data, .. } => blocks.push(data),
                JoinStep::Done(head) => break head,
            }
        };
        self.joining += busy() - begin;
        self.joined += heads.iter().map(|head| head.ids().len() as u64).sum::<u64>();
        self.add(from, level, Built { head, blocks });
    }

    fn join_all(&mut self) {
        let begin = busy();
        self.join(0, self.segments.len(), 9);
        println!("\njoined into one in {:.2} s", busy() - begin);
    }

    fn tell(&self, what: &str, filled: i64) {
        let per = |seconds: f64, count: f64| seconds * 1e6 / count;
        let filled = filled as f64;
        let sizes: Vec<usize> = self.segments.iter().map(|(.., built)| built.head.ids().len()).collect();
        let bytes: usize = self.segments.iter().map(|(.., built)| built.size_bytes()).sum();
        let heads: usize = self.segments.iter().map(|(.., built)| built.head.bytes().len()).sum();
        let memory: usize = self.segments.iter().map(|(.., built)| built.head.size_bytes()).sum();
        println!("\n{what}: segments of {sizes:?}");
        println!(
            "µs a record: cutting {:.2}, building {:.2}, joining {:.2} ({:.2} for each time it is joined)",
            per(self.cutting, filled),
            per(self.building, filled),
            per(self.joining, filled),
            per(self.joining, self.joined as f64)
        );
        println!(
            "bytes a record: {:.1} in blocks, {:.2} in heads, {:.2} in memory",
            bytes as f64 / filled,
            heads as f64 / filled,
            memory as f64 / filled
        );
    }

    fn search(&self, records: i64) {
        let heads: Vec<_> =
            self.segments.iter().map(|(_, number, built)| (*number, Arc::new(built.head.clone()))).collect();
        let begin = busy();
        let stack = Arc::new(Stack::new(heads));
        println!("\nsearches in {} segments, stacked in {:.1} ms", stack.len(), (busy() - begin) * 1e3);
        println!("{:38} {:>9} {:>8} {:>7} {:>7}", "", "µs", "hits", "blocks", "rounds");
        let rare = format!("n{}", records / 3);
        let begun = format!("n{}", records / 3000);
        let (common, other) = (deals::word(12), deals::word(13));
        let asked = [
            ("absent", "zzzz"),
            ("rare word", &rare),
            ("prefix of some", &begun),
            ("prefix of a quarter", "quart"),
            ("one in fifty", "seldom"),
            ("word of a quarter", "quarter"),
            ("two words", &format!("{common} {other}")),
            ("quarter and rare", &format!("quarter {rare}")),
            ("quarter and one in fifty", "quarter seldom"),
            ("one letter, as of everything", "n"),
        ];
        for (what, text) in asked {
            for (appetite, most) in [(Appetite::Page, 200), (Appetite::All, usize::MAX)] {
                let asked = tiers(&words(text));
                let mut last = (0, 0, 0);
                let (mut runs, begin) = (0, busy());
                while runs < 20 || runs < 1_000 && busy() - begin < 0.05 {
                    last = self.run(&stack, &asked, appetite, most);
                    runs += 1;
                }
                let time = (busy() - begin) * 1e6 / f64::from(runs);
                let name = format!("{what}, {appetite:?}");
                println!("{name:38} {time:9.0} {:8} {:7} {:7}", last.0, last.1, last.2);
            }
        }
    }

    fn run(
        &self,
        stack: &Arc<Stack>,
        asked: &[Asked],
        appetite: Appetite,
        most: usize,
    ) -> (usize, usize, usize) {
        let mut search = Search::new(Arc::clone(stack), asked, Noted::default(), appetite);
        let (mut hits, mut blocks, mut rounds) = (Vec::new(), 0, 0);
        while let Step::Need(needs) = search.step(most, &mut hits).expect("our own segments") {
            rounds += 1;
            blocks += needs.len();
            for need in needs {
                let data = &self.segments[need.segment].2.blocks[need.block as usize];
                search.give(need, data).expect("our own segments");
            }
        }
        (hits.len(), blocks, rounds)
    }
}

/// Records of the log, judged by their texts.
fn judge() {
    let texts: Vec<RecordText> = (0..10_000).map(deals::deal).collect();
    let asked = tiers(&words("quarter seldom"));
    let begin = busy();
    let mut matcher = Matcher::new(&asked);
    let found = texts.iter().filter(|text| matcher.tier(text).is_some()).count();
    let time = (busy() - begin) * 1e6 / texts.len() as f64;
    println!("\njudging a text of the log: {time:.2} µs ({found} of {} found)", texts.len());
}
