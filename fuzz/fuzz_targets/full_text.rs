//! No bytes make the reading of a segment panic, neither in a search nor in a join; what is read as a head is written as the
//! same head again.
//!
//! An input is a word, a zero, the length of the head in two bytes, the head, and blocks that begin with their length in two
//! bytes each.

#![no_main]

use std::sync::Arc;

use dealwright_full_text::{
    Appetite, Empty, Head, Join, JoinStep, Noted, Search, Stack, Step, tiers, words,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let word = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let mut rest = parts.next().unwrap_or_default();
    let Ok(head) = Head::read(part(&mut rest)) else {
        return;
    };
    assert_eq!(Head::read(&head.bytes()).as_ref(), Ok(&head));
    let mut blocks = Vec::new();
    while !rest.is_empty() {
        blocks.push(part(&mut rest));
    }
    let block = |number: u32| blocks.get(number as usize).copied().unwrap_or_default();

    let head = Arc::new(head);
    let stack = Arc::new(Stack::new([(1, Arc::clone(&head))]));
    let mut search = Search::new(stack, &tiers(&words(&word)), Noted::default(), Appetite::Page);
    let mut hits = Vec::new();
    while let Ok(Step::Need(needs)) = search.step(1_000, &mut hits) {
        if needs.iter().any(|need| search.give(*need, block(need.block)).is_err()) {
            break;
        }
    }
    assert!(hits.iter().all(|hit| head.ids().contains(&hit.id)));

    let mut join = Join::new(&[Arc::clone(&head), head], Empty::FallOut);
    loop {
        match join.step() {
            Ok(JoinStep::Need(needs)) => {
                for (at, number) in needs {
                    join.give(at, number, block(number).to_vec());
                }
            }
            Ok(JoinStep::Block { .. }) => {}
            Ok(JoinStep::Done(_)) | Err(_) => break,
        }
    }
});

/// Takes a part that begins with its length.
fn part<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let Some((length, behind)) = rest.split_first_chunk::<2>() else {
        return std::mem::take(rest);
    };
    let length = usize::from(u16::from_be_bytes(*length)).min(behind.len());
    let (taken, behind) = behind.split_at(length);
    *rest = behind;
    taken
}
