//! Values in tables of their own: who made tags and when. Tags from before count as the first user's.

pub(super) const SQL: &str = "
ALTER TABLE {_tags} ADD COLUMN created_by BIGINT NOT NULL DEFAULT 0;
ALTER TABLE {_tags} ADD COLUMN created_time BIGINT NOT NULL DEFAULT 0;
ALTER TABLE {_tags} ADD COLUMN modified_by BIGINT NOT NULL DEFAULT 0;
ALTER TABLE {_tags} ADD COLUMN modified_time BIGINT NOT NULL DEFAULT 0;
ALTER TABLE {_tags} ADD COLUMN used_time BIGINT;
UPDATE {_tags} SET
  created_by = coalesce((SELECT min(id) FROM {_users}), 0),
  created_time = coalesce((SELECT min(at) / 1000 FROM {_history}), 0),
  modified_by = coalesce((SELECT min(id) FROM {_users}), 0),
  modified_time = coalesce((SELECT min(at) / 1000 FROM {_history}), 0);
";
