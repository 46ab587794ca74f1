//! Who sees what was deleted: the one answer for lists of deleted records, what hung on them, their timelines and
//! earlier states.

use dealwright_schema::Cell;

use super::Grant;

impl Grant {
    /// Condition on the rows of `bin`, the recycle bin, that the caller sees; `None` when all of the module's. Where the
    /// caller's reach is limited these are the records that were theirs, or those of people they answer for, and what
    /// they deleted themself. What was shared with them went with the share.
    pub(crate) fn deleted_rows(&self, bin: &str, args: &mut Vec<Cell<'static>>) -> Option<String> {
        self.scope().map(|scope| scope.deleted(bin, args))
    }

    /// [`Grant::deleted_rows`] behind another condition: ` AND …`, or nothing.
    pub(crate) fn and_deleted_rows(&self, bin: &str, args: &mut Vec<Cell<'static>>) -> String {
        self.deleted_rows(bin, args).map(|rows| format!(" AND {rows}")).unwrap_or_default()
    }
}
