//! What was deleted for good: its id, so that clients that keep a copy can learn of it.

pub(super) const SQL: &str = "
CREATE TABLE {_tombstones} (id {{id}}, module_id BIGINT NOT NULL, deleted_time BIGINT NOT NULL);
CREATE INDEX _tombstones_module ON {_tombstones} (module_id, deleted_time);
CREATE INDEX _tombstones_time ON {_tombstones} (deleted_time);
CREATE INDEX _recycle_bin_time ON {_recycle_bin} (deleted_time);
";
