//! What a search asks of the terms of a record, and which of the records found come first.

use crate::Term;

/// Words of a search that decide which records come first. Each more doubles what has to be asked.
const RANKED: usize = 4;

/// A condition on the terms of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A term is there.
    Has(Term),
    /// Each of these holds; of none of them, that is so.
    All(Vec<Self>),
    /// One of these holds at least.
    Any(Vec<Self>),
    /// The first without the second.
    But(Box<Self>, Box<Self>),
}

impl Asked {
    /// Every one of the terms.
    pub fn all(terms: &[Term]) -> Self {
        Self::All(terms.iter().cloned().map(Self::Has).collect())
    }
}

/// The records that have all of the terms, in groups without a record in common: first those that have most of the
/// first four words as whole words.
pub fn tiers(terms: &[Term]) -> Vec<Asked> {
    let whole: Vec<Term> = terms.iter().filter_map(Term::whole).take(RANKED).collect();
    let most = whole.len();
    let tier = |count: usize| {
        // A whole word begins with itself.
        let mut parts = if count == terms.len() { Vec::new() } else { vec![Asked::all(terms)] };
        if count > 0 {
            parts.push(at_least(count, &whole));
        }
        let found = Asked::All(parts);
        if count == most {
            return found;
        }
        Asked::But(Box::new(found), Box::new(at_least(count + 1, &whole)))
    };
    (0..=most).rev().map(tier).collect()
}

/// So many of the terms, or more.
fn at_least(count: usize, terms: &[Term]) -> Asked {
    let sets = (0..1_usize << terms.len()).filter(|set| set.count_ones() as usize == count);
    let members = |set: usize| {
        let members = terms.iter().enumerate().filter(move |(at, _)| set & (1 << at) != 0);
        Asked::All(members.map(|(_, term)| Asked::Has(term.clone())).collect())
    };
    Asked::Any(sets.map(members).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words;

    fn written(asked: &Asked, term: &dyn Fn(&Term) -> String) -> String {
        let joined = |parts: &[Asked], sign: &str| {
            let parts: Vec<String> = parts.iter().map(|part| written(part, term)).collect();
            if let [one] = parts.as_slice() { one.clone() } else { format!("({})", parts.join(sign)) }
        };
        match asked {
            Asked::Has(one) => term(one),
            Asked::All(parts) => joined(parts, " & "),
            Asked::Any(parts) => joined(parts, " | "),
            Asked::But(all, none) => format!("({} - ({}))", written(all, term), written(none, term)),
        }
    }

    fn said(text: &str) -> Vec<String> {
        let term = |term: &Term| format!("{}{}", &term.text[1..], if term.is_prefix { "*" } else { "" });
        tiers(&words(text)).iter().map(|tier| written(tier, &term)).collect()
    }

    #[test]
    fn whole_words_come_before_beginnings() {
        assert_eq!(said("ada"), ["ada", "(ada* - (ada))"]);
        assert_eq!(
            said("ada love"),
            [
                "(ada & love)",
                "(((ada* & love*) & (ada | love)) - ((ada & love)))",
                "((ada* & love*) - ((ada | love)))"
            ]
        );
    }

    #[test]
    fn text_without_spaces_has_no_whole_words() {
        assert_eq!(said("東京都庁"), ["(東京都* & 京都庁*)"]);
        assert_eq!(said("ada 東京"), ["((ada* & 東京*) & ada)", "((ada* & 東京*) - (ada))"]);
    }

    #[test]
    fn only_so_many_words_decide() {
        assert_eq!(said("a b c d e f").len(), RANKED + 1);
    }
}
