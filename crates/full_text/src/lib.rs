//! Full text without a database: text cut into terms, segments of terms, and what a search finds in them.
//!
//! Whoever writes a record only notes its id, in a log. Behind that, records are gathered into **segments**: small indexes
//! that never change, each a [`Head`] and numbered blocks. A search looks at both halves in one snapshot: at the text of
//! what is in the log, and at the segments for everything else. [ADR 19](../../../docs/adr/0019-full-text-segments.md)
//! has the reasons.
//!
//! - `cut`, `fold`, `terms`: the terms of a record's text, and of what is searched for
//! - `asked`: conditions on terms, and the groups in which results come
//! - `build`: a batch of records made into a segment; `join`: several segments made into one
//! - `head`, `block`, `postings`, `numbers`: the bytes
//! - `stack`: all segments of a module, and what newer ones hide in older ones
//! - `search`: a search, which says what it needs to read; `tree`, `list`, `found`: what it knows of one segment
//! - `noted`: records of the log, judged by their text
//!
//! # Writing
//!
//! ```
//! use dealwright_full_text::{Builder, Cutter, Kind, RecordText};
//!
//! let mut cutter = Cutter::default();
//! let mut builder = Builder::default();
//! let mut text = RecordText::default();
//! text.add(Kind::Word, "Ada Lovelace");
//! text.add(Kind::Mail, "ada@example.com");
//! builder.add(7, cutter.cut(&text));
//! builder.add_gone(3);
//! let built = builder.build();
//! assert_eq!(built.head.ids(), [7, 3]);
//! let (head, blocks) = (built.head.bytes(), built.blocks);
//! # assert!(head.len() > 10 && blocks.len() == 1);
//! ```
//!
//! # Searching
//!
//! ```
//! use std::sync::Arc;
//! use dealwright_full_text::{Appetite, Hit, Matcher, Noted, RecordText, Search, Stack, Step, tiers, words};
//! # use dealwright_full_text::{Builder, Cutter, Kind};
//! # let mut text = RecordText::default();
//! # text.add(Kind::Word, "Adam");
//! # let mut builder = Builder::default();
//! # builder.add(7, Cutter::default().cut(&text));
//! # let built = builder.build();
//! # let block = |segment: Option<i64>, number: u32| { assert_eq!(segment, Some(1)); &built.blocks[number as usize] };
//! let stack = Arc::new(Stack::new([(1, Arc::new(built.head))]));
//! let asked = tiers(&words("ada"));
//!
//! // Records of the log, with their text of now.
//! let mut noted = Noted::default();
//! let mut matcher = Matcher::new(&asked);
//! # let mut text = RecordText::default();
//! # text.add(Kind::Word, "Ada");
//! noted.add(9, matcher.tier(&text));
//!
//! let mut search = Search::new(Arc::clone(&stack), &asked, noted, Appetite::Page);
//! let mut hits = Vec::new();
//! while let Step::Need(needs) = search.step(200, &mut hits)? {
//!     for need in needs {
//!         search.give(need, block(stack.number(need.segment), need.block))?;
//!     }
//! }
//! assert_eq!(hits, [Hit { tier: 0, id: 9 }, Hit { tier: 1, id: 7 }]);
//! # Ok::<(), dealwright_full_text::Corrupt>(())
//! ```

mod asked;
mod block;
mod build;
mod cut;
mod fold;
mod found;
mod head;
mod join;
mod list;
mod noted;
mod numbers;
mod postings;
mod search;
mod stack;
mod terms;
mod tree;

pub use asked::{Asked, tiers};
pub use build::{Builder, Built};
pub use cut::{Kind, RecordText, Term, digits, mail, phone, words};
pub use head::Head;
pub use join::{Empty, Join, JoinStep};
pub use noted::{Matcher, Noted};
pub use numbers::Corrupt;
pub use search::{Appetite, Hit, Need, Search, Step};
pub use stack::Stack;
pub use terms::{Cutter, Terms};
