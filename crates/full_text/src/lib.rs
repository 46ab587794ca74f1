//! Text cut into terms, for full text: what a record has, and what a search asks for.
//!
//! - `cut`, [`fold`]: the terms of a record's text, and of what is searched for
//! - `asked`: conditions on terms, and the groups in which results come

mod asked;
mod cut;
pub mod fold;

pub use asked::{Asked, Words, tiers};
pub use cut::{
    BETWEEN, Kind, MAIL, PHONE, RecordText, SPACELESS, TEXT, Term, WORD, digits, mail, of_record, phone, words,
};
