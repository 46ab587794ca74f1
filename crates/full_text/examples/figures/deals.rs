//! Texts of deals, always the same: 83 terms each, about fourteen of them new in a batch of 5,000.

use dealwright_full_text::{Kind, RecordText};

/// Pseudo-random numbers (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

const SYLLABLES: [&str; 20] = [
    "ba", "ren", "to", "lis", "mar", "ken", "so", "vel", "da", "nor", "pi", "tra", "gen", "lu", "cor", "mi",
    "fa", "ster", "qui", "ol",
];

/// The word of a vocabulary with this number.
pub fn word(number: u64) -> String {
    let (mut rest, mut word) = (number + 20, String::new());
    while rest > 0 {
        word.push_str(SYLLABLES[(rest % 20) as usize]);
        rest /= 20;
    }
    word
}

/// The text of a deal. One in four has `quarter` or another of four words, one in fifty `seldom`.
pub fn deal(id: i64) -> RecordText {
    let mut random = Random(id as u64);
    let mut words = vec![format!("n{id}"), format!("{:06x}", random.below(1 << 24))];
    words.push(["quarter", "second", "third", "fourth"][random.below(4) as usize].to_owned());
    if random.below(50) == 0 {
        words.push("seldom".to_owned());
    }
    for _ in 0..46 {
        // Some words are common, most are not.
        let (one, other) = (random.below(3_000), random.below(3_000));
        words.push(word(one * other / 3_000));
    }
    let name = [word(random.below(600)), word(random.below(600))];
    let mut text = RecordText::default();
    text.add(Kind::Word, &words.join(" "));
    text.add(Kind::Mail, &format!("{}.{}@{}.com", name[0], name[1], word(random.below(300))));
    text.add(Kind::Phone, &format!("+1 {:03} {:07}", 200 + random.below(50), random.below(10_000_000)));
    text
}
