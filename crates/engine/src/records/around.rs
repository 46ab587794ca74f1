//! What areas above do when records are read and written. Records know no area: each says here what it does, and the page
//! of the areas says in which order.

use std::collections::HashMap;
use std::sync::Arc;

use dealwright_schema::{Cell, Form, ModuleDef};
use dealwright_store::{Column, Conn, Dialect, Op};
use dealwright_wire::ApiError;
use futures::future::BoxFuture;

use crate::cx::Cx;
use crate::error::Error;
use crate::org::Org;
use crate::records::draft::Draft;
use crate::records::filter::Filter;
use crate::records::parts::Part;
use crate::records::stored::Stored;
use crate::records::writing::{Deed, Writing};
use crate::snapshot::Snapshot;

/// All of it, in order.
pub(crate) struct Around {
    pub stages: &'static [&'static Stage],
    /// What hangs on records, in the order in which it comes back.
    pub parts: &'static [&'static Part],
    /// Finds what hangs on a record, for filters over it.
    pub relation: FindRelation,
    /// `$` keys of rows.
    pub keys: &'static [KeySource],
}

/// A stage of every write: inserts, updates, and all that is made of these: upserts, conversions, merges, mass changes,
/// restored states. Each hook is optional.
pub(crate) struct Stage {
    /// For whoever follows a write in the log.
    pub name: &'static str,
    /// Positions of the fields that an update has to read along.
    pub reads: Option<fn(&ModuleDef) -> Vec<usize>>,
    /// What was sent becomes cells.
    pub settle: Option<Batch>,
    /// What the state of a record forbids to change. Asked of updates; the drafts that fail get their error.
    pub refuse: Option<Batch>,
    /// Values whose substance is kept elsewhere: asked when nothing else can fail any more.
    pub hold: Option<Batch>,
    /// Rows that begin with new records, stored with them.
    pub begin: Option<Begin>,
    /// Rows that change with records, stored with them. Asked of updates, when nothing of a draft can fail any more.
    pub beside: Option<Beside>,
    /// Rows that go with what was written, in the same transaction.
    pub follow: Option<Batch>,
}

impl Stage {
    /// A stage that does nothing.
    pub(crate) const fn named(name: &'static str) -> Self {
        Self {
            name,
            reads: None,
            settle: None,
            refuse: None,
            hold: None,
            begin: None,
            beside: None,
            follow: None,
        }
    }
}

/// A write that passes the stages.
#[derive(Clone, Copy)]
pub(crate) struct Pass<'a> {
    pub writing: &'a Writing,
    pub deed: Deed,
    /// The records as they are stored, by id; nothing for new ones.
    pub old: &'a HashMap<i64, Stored>,
}

/// A draft, or why it cannot be written.
pub(crate) type Slot = Result<Draft, ApiError>;
pub(crate) type Batch =
    for<'a> fn(&'a mut Conn, Pass<'a>, &'a mut [Slot]) -> BoxFuture<'a, Result<(), Error>>;
pub(crate) type Begin = fn(&Writing, &[Slot]) -> Option<Rows>;

pub(crate) type Beside =
    for<'a> fn(&'a mut Conn, Pass<'a>, &'a [Slot]) -> BoxFuture<'a, Result<Vec<Work>, Error>>;

/// What travels with the records.
pub(crate) enum Work {
    Insert(Rows),
    /// The first column is the key.
    Update(Rows),
}

impl Work {
    pub(crate) fn op(&self) -> Op<'_> {
        match self {
            Self::Insert(rows) => Op::Insert(rows.batch()),
            Self::Update(rows) => Op::Update(rows.batch()),
        }
    }
}

/// Rows of a table, ready to be stored.
pub(crate) struct Rows {
    pub table: String,
    pub columns: Vec<Column>,
    pub values: Vec<Vec<Cell<'static>>>,
}

impl Rows {
    pub(crate) fn batch(&self) -> dealwright_store::Batch<'_> {
        let Self { table, columns, values } = self;
        dealwright_store::Batch { table, columns, rows: values }
    }
}

/// Where `$` keys of rows come from: the form of the value and the SQL that gives it in a statement with the records as
/// `t`; `None` for names that are none here, or not of the module.
pub(crate) type KeySource = fn(&Snapshot, &ModuleDef, &dyn Dialect, &str) -> Option<(Form, String)>;

/// The rows of a related list by its name: their module, and the condition on them (as `t`, the record is the first
/// argument) in the filter. `None` for a list whose rows are of several modules.
pub(crate) type FindRelation =
    fn(&Cx, &ModuleDef, &str, &mut Filter) -> Result<Option<Arc<ModuleDef>>, ApiError>;

/// Nothing around: records alone.
static NOTHING: Around = Around { stages: &[], parts: &[], relation: |_, _, _, _| Ok(None), keys: &[] };

impl Around {
    /// What is around the records of an org.
    pub(crate) fn of(org: &Org) -> &'static Self {
        org.areas.plug().unwrap_or(&NOTHING)
    }

    /// Positions of the fields that the stages read along in an update.
    pub(crate) fn reads(&self, module: &ModuleDef) -> impl Iterator<Item = usize> {
        self.stages.iter().filter_map(|stage| stage.reads).flat_map(|reads| reads(module))
    }

    /// Rows that begin with new records.
    pub(crate) fn begun(&self, writing: &Writing, drafts: &[Slot]) -> Vec<Rows> {
        self.stages.iter().filter_map(|stage| stage.begin?(writing, drafts)).collect()
    }
}

/// Rows that change with the records of the drafts.
pub(crate) async fn beside(tx: &mut Conn, pass: Pass<'_>, drafts: &[Slot]) -> Result<Vec<Work>, Error> {
    let mut work = Vec::new();
    for hook in pass.writing.around.stages.iter().filter_map(|stage| stage.beside) {
        work.extend(hook(tx, pass, drafts).await?);
    }
    Ok(work)
}

/// Passes the drafts through one hook of every stage.
macro_rules! pass {
    ($name:ident, $about:literal) => {
        #[doc = $about]
        pub(crate) async fn $name(tx: &mut Conn, pass: Pass<'_>, drafts: &mut [Slot]) -> Result<(), Error> {
            for stage in pass.writing.around.stages {
                if let Some(hook) = stage.$name {
                    tracing::trace!(stage = stage.name, hook = stringify!($name));
                    hook(tx, pass, drafts).await?;
                }
            }
            Ok(())
        }
    };
}

pass!(settle, "What was sent becomes cells.");
pass!(refuse, "Gives drafts their error that the state of their record forbids.");
pass!(hold, "Takes hold of what the values name elsewhere.");
pass!(follow, "Writes the rows that go with what was written.");
