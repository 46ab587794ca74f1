//! What the fuzzer of segments begins with: whole segments, as its target in `fuzz/` reads them.
//!
//! `DEALWRIGHT_TEST_SEEDS=write` writes them anew after the form of a segment has changed.

use std::path::Path;

use dealwright_full_text::{Builder, Built, Cutter};

use crate::shelf::text_of;

/// The input for a word and a segment.
fn input(word: &str, built: &Built) -> Vec<u8> {
    let mut bytes = word.as_bytes().to_vec();
    bytes.push(0);
    let head = built.head.bytes();
    for part in std::iter::once(&head).chain(&built.blocks) {
        let length = u16::try_from(part.len()).expect("a seed is small");
        bytes.extend(length.to_be_bytes());
        bytes.extend(part);
    }
    bytes
}

fn segment(records: &[(i64, &str, &str, &str)], gone: &[i64]) -> Built {
    let (mut builder, mut cutter) = (Builder::default(), Cutter::default());
    for (id, words, mail, phone) in records {
        builder.add(*id, cutter.cut(&text_of(words, mail, phone)));
    }
    for id in gone {
        builder.add_gone(*id);
    }
    builder.build()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the tests' own configuration comes from nowhere else")]
fn the_fuzzer_begins_with_segments_of_today() {
    let few = segment(&[(7, "ada love", "ada@x.io", "+49 12012"), (9, "東京都 straße", "", "")], &[8]);
    let many: Vec<(i64, String)> = (0..400).map(|id| (id * 3, format!("ada w{} de{}", id % 7, id))).collect();
    let many: Vec<_> = many.iter().map(|(id, words)| (*id, words.as_str(), "", "")).collect();
    let seeds = [
        ("empty", input("ada", &segment(&[], &[]))),
        ("few", input("ada lo", &few)),
        ("gone", input("ada", &segment(&[], &[1, 2, i64::MAX]))),
        ("many", input("w3 de1", &segment(&many, &[5]))),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/full_text");
    let writes = std::env::var("DEALWRIGHT_TEST_SEEDS").is_ok_and(|what| what == "write");
    for (name, seed) in seeds {
        let file = folder.join(name);
        if writes {
            std::fs::create_dir_all(&folder).expect("the folder of the seeds");
            std::fs::write(&file, &seed).expect("a seed can be written");
        }
        assert_eq!(
            std::fs::read(&file).ok(),
            Some(seed),
            "{name} is of another form: see the head of this file"
        );
    }
}
