//! Reaching a module's rows without a grant of that module: who does it says why.
//!
//! [`ModuleDef::table_name`] is closed to the rest of the engine by a lint (`clippy.toml`). A statement gets the table from
//! a [`Grant`](super::Grant), from a unit of writing that was made of one, or from here; so the places of this list are all
//! there are to read when somebody asks whether a row can be reached unasked.

use dealwright_schema::ModuleDef;

/// Why no grant of the module is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// A grant of the module was made and stands in the same statement.
    Granted,
    /// The rows belong to a record, or are the record, that was opened with a grant: rows of subforms, links, files,
    /// notes that go with it.
    Part,
    /// The name that a lookup of a record within reach shows. Profiles that must not see the module are asked before.
    Name,
    /// A way between two records in the condition of a list; the rows that it finds have their own grant.
    Condition,
    /// A value that only one record may have: all records count, and no answer names one out of reach.
    Unique,
    /// What the server does by itself: values that are worked out, records that move with another.
    System,
    /// How the table is made, indexed and explained; none of its rows.
    Metadata,
}

/// The table of a module; `None` for modules without records.
#[expect(clippy::disallowed_methods, reason = "the one place for what needs no grant")]
pub(crate) fn table(module: &ModuleDef, _: Why) -> Option<&str> {
    module.table_name()
}
