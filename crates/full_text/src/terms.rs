//! The distinct terms of one record.

use crate::cut::{RecordText, Room};

/// Cuts one record after the other, in the same room.
#[derive(Debug, Clone, Default)]
pub struct Cutter {
    room: Room,
    terms: Terms,
}

/// Distinct terms in the order of their bytes, each with the letter of its kind in front.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    bytes: Vec<u8>,
    places: Vec<Place>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    /// The first eight bytes, to compare by.
    key: u64,
    at: u32,
    length: u32,
}

impl Cutter {
    pub fn cut(&mut self, text: &RecordText) -> &Terms {
        let Terms { bytes, places } = &mut self.terms;
        bytes.clear();
        places.clear();
        self.room.each(text, |kind, term| {
            let at = bytes.len();
            bytes.push(kind);
            bytes.extend_from_slice(term.as_bytes());
            // A record is cut to 90,000 characters, each of them in at most three terms of four bytes a character.
            let key = key(&bytes[at..]);
            places.push(Place { key, at: at as u32, length: (bytes.len() - at) as u32 });
        });
        let text = |place: &Place| &bytes[place.at as usize..][..place.length as usize];
        let is_short = |one: &Place, other: &Place| one.length <= 8 && other.length <= 8;
        // No term has a byte of zero, so short terms are told apart by their keys alone.
        places.sort_unstable_by(|one, other| {
            one.key.cmp(&other.key).then_with(|| {
                if is_short(one, other) { std::cmp::Ordering::Equal } else { text(one).cmp(text(other)) }
            })
        });
        places.dedup_by(|one, other| {
            one.key == other.key && (is_short(one, other) || text(one) == text(other))
        });
        &self.terms
    }
}

impl Terms {
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.places.iter().map(|place| &self.bytes[place.at as usize..][..place.length as usize])
    }

    pub fn len(&self) -> usize {
        self.places.len()
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

/// The first eight bytes of a term as a number that has their order.
pub(crate) fn key(term: &[u8]) -> u64 {
    if let Some(first) = term.first_chunk::<8>() {
        return u64::from_be_bytes(*first);
    }
    let mut first = [0; 8];
    first[..term.len()].copy_from_slice(term);
    u64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::cut::{Kind, of_record};

    proptest! {
        #[test]
        fn terms_are_those_of_the_text_without_repetition(
            words in "[ a-zA-Zé東京都ß0-9,]{0,80}", mail in "[a-c@.]{0,12}", phone in "[0-9 +]{0,12}",
        ) {
            let mut text = RecordText::default();
            text.add(Kind::Word, &words);
            text.add(Kind::Mail, &mail);
            text.add(Kind::Phone, &phone);
            let all = of_record("", &words, &mail, &phone);
            let wanted: BTreeSet<&[u8]> =
                all.split(' ').filter(|term| !term.is_empty()).map(str::as_bytes).collect();
            let mut cutter = Cutter::default();
            let found: Vec<&[u8]> = cutter.cut(&text).iter().collect();
            prop_assert_eq!(found, wanted.into_iter().collect::<Vec<_>>());
        }
    }
}
