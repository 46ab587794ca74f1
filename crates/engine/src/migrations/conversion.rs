//! Conversions and merges: what became of which record, by whom and when.

pub(super) const SQL: &str = "
CREATE TABLE {_conversions} (
  id {{id}},
  module_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  made TEXT NOT NULL
);
CREATE TABLE {_merges} (
  id {{id}},
  module_id BIGINT NOT NULL,
  master_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  input TEXT NOT NULL
);
CREATE INDEX _merges_master ON {_merges} (master_id);
";
