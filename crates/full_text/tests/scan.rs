//! Segments, joins and the log together find what a scan of the texts finds, whatever happened before.

#[path = "scan/seeds.rs"]
mod seeds;
#[path = "scan/shelf.rs"]
mod shelf;

use dealwright_full_text::{Appetite, Asked, Hit, RecordText, mail, phone, tiers, words};
use proptest::prelude::*;
use shelf::{Shelf, text_of};

/// Something that happens to a module.
#[derive(Debug, Clone)]
enum Event {
    Write {
        id: i64,
        text: RecordText,
    },
    Delete {
        id: i64,
    },
    /// So many of the oldest entries of the log go into a segment.
    Fill {
        most: usize,
    },
    /// So many segments become one, from a place on.
    Join {
        from: usize,
        count: usize,
    },
}

fn texts() -> impl Strategy<Value = RecordText> {
    let word = prop_oneof![
        4 => "(ada|adam|adamant|bob|bo|deal|de)",
        1 => "[a-c]{1,3}",
        1 => "(東京都|東京|京都|ไทย|ĄÉ|straße|x東京y)",
        1 => "(一二三四五六七八九十){1,9}",
    ];
    let mail = prop_oneof![3 => Just(String::new()), 1 => "[ab]{1,3}@(x|yz)\\.io"];
    let phone = prop_oneof![3 => Just(String::new()), 1 => "\\+4[0-9] [0-2]{3,8}"];
    let words = proptest::collection::vec(word, 0..6).prop_map(|words| words.join(" "));
    (words, mail, phone).prop_map(|(words, mail, phone)| text_of(&words, &mail, &phone))
}

fn events(ids: i64) -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        12 => (0..ids, texts()).prop_map(|(id, text)| Event::Write { id, text }),
        2 => (0..ids).prop_map(|id| Event::Delete { id }),
        3 => (1_usize..30).prop_map(|most| Event::Fill { most }),
        1 => (0_usize..5, 2_usize..5).prop_map(|(from, count)| Event::Join { from, count }),
    ];
    proptest::collection::vec(event, 0..120)
}

fn asked() -> impl Strategy<Value = Vec<Asked>> {
    prop_oneof![
        4 => "(a|ada|adam|b|bo|de|d|東京|東|京都|一二三四|x)( (ada|b|bo|de|京|e))?( (bob|c))?"
            .prop_map(|text| tiers(&words(&text))),
        1 => "[ab@.]{1,4}".prop_map(|part| mail(&part).map(|terms| Asked::all(&terms)).into_iter().collect()),
        1 => "[0-2]{1,7}".prop_map(|digits| vec![Asked::all(&phone(&digits))]),
    ]
}

fn played(events: Vec<Event>) -> Shelf {
    let mut shelf = Shelf::default();
    for event in events {
        match event {
            Event::Write { id, text } => shelf.write(id, Some(text)),
            Event::Delete { id } => shelf.write(id, None),
            Event::Fill { most } => shelf.fill(most),
            Event::Join { from, count } => shelf.join(from, count),
        }
    }
    shelf
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_search_finds_what_a_scan_finds(
        events in events(60), asked in proptest::collection::vec(asked(), 1..4), page in 1_usize..9,
    ) {
        let shelf = played(events);
        for asked in asked {
            let wanted = shelf.scan(&asked);
            prop_assert_eq!(&shelf.search(&asked, Appetite::All, usize::MAX, None), &wanted);
            // Page by page, each from where the last one ended.
            let mut found: Vec<Hit> = Vec::new();
            loop {
                let more = shelf.search(&asked, Appetite::Page, page, found.last().copied());
                found.extend(&more);
                if more.len() < page {
                    break;
                }
            }
            prop_assert_eq!(&found, &wanted);
        }
    }

    #[test]
    fn joining_everything_leaves_what_filling_everything_gives(events in events(40)) {
        let mut shelf = played(events);
        shelf.fill(usize::MAX);
        shelf.join(0, usize::MAX);
        let joined = shelf.segments.first().map(|segment| segment.built.clone());
        prop_assert_eq!(joined, shelf.built_at_once());
    }
}

/// Lists that fill many blocks, dense and thin, and texts of nearly the full length.
#[test]
fn long_lists_are_read_as_far_as_needed() {
    let mut shelf = Shelf::default();
    let long = "lorem ".repeat(14_000);
    for round in 0..3_i64 {
        for id in 0..30_000 {
            let is_changed = round == 0 || id % (7 * round) == 0;
            if !is_changed {
                continue;
            }
            let thin = if id % 37 == 0 { "thin" } else { "x" };
            let gone = if (id + round) % 4 == 0 { "quarter" } else { "quart" };
            let unique = id * 2_654_435_761 % 99_991;
            let long = if id % 9_999 == 0 { &long } else { "" };
            shelf.write(id, Some(text_of(&format!("{long} deal {thin} {gone} u{unique}"), "", "")));
            if id % 10_000 == 9_999 {
                shelf.fill(usize::MAX);
            }
        }
        shelf.fill(usize::MAX);
    }
    shelf.join(1, 3);
    shelf.write(12, Some(text_of("quarter thin", "", "")));
    shelf.write(74, None);
    for text in
        ["deal", "quarter", "quart", "thin", "q", "thin quarter", "u1", "u77 deal", "lorem", "nothing"]
    {
        let asked = tiers(&words(text));
        let wanted = shelf.scan(&asked);
        assert_eq!(shelf.search(&asked, Appetite::All, usize::MAX, None), wanted, "{text}");
        let page = shelf.search(&asked, Appetite::Page, 200, None);
        assert_eq!(page, wanted[..wanted.len().min(200)], "{text}");
        if let Some(before) = wanted.get(1_799) {
            let later = shelf.search(&asked, Appetite::Page, 200, Some(*before));
            assert_eq!(later, wanted[1_800..wanted.len().min(2_000)], "{text}");
        }
    }
    assert!(
        shelf.read("deal", 200) <= shelf.segments.len(),
        "a word of all records takes a block of each segment"
    );
}
