//! One queue for everything that is done later, events that say what changed, and how far each consumer has read them.
//!
//! `due` is the column that was called `not_before`. A rename is no expansion; it can be made because one process has the
//! data and the next one opens it when the one before has let go.

pub(super) const SQL: &str = "
ALTER TABLE {_jobs} RENAME COLUMN not_before TO due;
ALTER TABLE {_jobs} ADD COLUMN queue TEXT NOT NULL DEFAULT 'bulk';
ALTER TABLE {_jobs} ADD COLUMN leased_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE {_jobs} ADD COLUMN leased_by TEXT;
DROP INDEX {_jobs_state};
CREATE INDEX _jobs_due ON {_jobs} (queue, due, id) WHERE state IN ('QUEUED', 'RUNNING');
INSERT INTO {_jobs} (id, kind, module_id, user_id, client, state, input, place, total, done, failed, skipped, attempts,
  due, created_at, changed_at, queue)
  SELECT id, 'mail.deliver', module_id, owner_id, '', 'QUEUED', CAST(id AS TEXT), 0, 1, 0, 0, 0, attempts,
  due, at * 1000, at * 1000, 'mail' FROM {_mails} WHERE due IS NOT NULL;
UPDATE {_mails} SET due = NULL WHERE due IS NOT NULL;
DROP INDEX {_mails_due};
ALTER TABLE {_outbox} ADD COLUMN entries TEXT;
ALTER TABLE {_outbox} ADD COLUMN tx {{transaction}};
CREATE TABLE {_cursors} (
  consumer TEXT NOT NULL PRIMARY KEY,
  tx BIGINT NOT NULL,
  event BIGINT NOT NULL,
  due BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  error TEXT,
  moved_at BIGINT NOT NULL
);
";
