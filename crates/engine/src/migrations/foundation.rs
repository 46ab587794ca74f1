//! Metadata, history, events, recycle bin.

pub(super) const SQL: &str = "
CREATE TABLE {_meta} (key TEXT NOT NULL UNIQUE, value TEXT NOT NULL);
CREATE TABLE {_modules} (id {{id}}, position BIGINT NOT NULL, doc TEXT NOT NULL);
CREATE TABLE {_users} (id {{id}}, doc TEXT NOT NULL);
CREATE TABLE {_roles} (id {{id}}, doc TEXT NOT NULL);
CREATE TABLE {_profiles} (id {{id}}, doc TEXT NOT NULL);
CREATE TABLE {_counters} (field_id BIGINT NOT NULL UNIQUE, next BIGINT NOT NULL);
CREATE TABLE {_tags} (id {{id}}, module_id BIGINT NOT NULL, name TEXT NOT NULL, folded TEXT NOT NULL, color TEXT, UNIQUE (module_id, folded));
CREATE TABLE {_history} (
  id {{id}},
  prev BIGINT,
  record_id BIGINT,
  module_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  client TEXT NOT NULL,
  action TEXT NOT NULL,
  before TEXT
);
CREATE TABLE {_outbox} (
  id {{id}},
  at BIGINT NOT NULL,
  kind TEXT NOT NULL,
  module_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  client TEXT NOT NULL,
  records TEXT NOT NULL
);
CREATE TABLE {_recycle_bin} (
  id {{id}},
  module_id BIGINT NOT NULL,
  display_name TEXT,
  deleted_by BIGINT NOT NULL,
  deleted_time BIGINT NOT NULL,
  created_by BIGINT,
  owner BIGINT,
  hist BIGINT,
  image TEXT NOT NULL
);
CREATE INDEX _recycle_bin_module ON {_recycle_bin} (module_id, deleted_time);
";
