//! What becomes of the mails of a record that becomes another: they are its successor's, with their drafts and with
//! whom they are shared.

use dealwright_schema::Cell;
use dealwright_store::{Conn, Sql};

use crate::error::Error;
use crate::records::succession::Succession;

/// From `?1` in module `?2` to `?3` in module `?4`. A user who sees the mails of both records sees them once.
const STATEMENTS: [&str; 5] = [
    "UPDATE {_mails} SET record_id = ?3, module_id = ?4 WHERE record_id = ?1 AND module_id = ?2",
    "UPDATE {_mails} SET linked_record = ?3, linked_module = ?4 WHERE linked_record = ?1 AND linked_module = ?2",
    "UPDATE {_mail_drafts} SET record_id = ?3, module_id = ?4 WHERE record_id = ?1 AND module_id = ?2",
    "DELETE FROM {_mail_shares} WHERE record_id = ?1 AND module_id = ?2 AND user_id IN \
     (SELECT s.user_id FROM {_mail_shares} s WHERE s.record_id = ?3 AND s.module_id = ?4)",
    "UPDATE {_mail_shares} SET record_id = ?3, module_id = ?4 WHERE record_id = ?1 AND module_id = ?2",
];

/// Moves the mails of a record to its successor.
pub(crate) async fn succeed(tx: &mut Conn, succession: &Succession<'_>) -> Result<(), Error> {
    let args: [Cell<'_>; 4] = [
        succession.from.into(),
        succession.from_module.id.into(),
        succession.to.into(),
        succession.to_module.id.into(),
    ];
    for statement in STATEMENTS {
        tx.exec(&Sql::from(statement), &args).await?;
    }
    Ok(())
}
