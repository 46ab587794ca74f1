//! Shares, locks, territories, and the settings they go by.

pub(super) const SQL: &str = "
CREATE TABLE {_territories} (id {{id}}, doc TEXT NOT NULL);
CREATE TABLE {_settings} (id {{id}}, doc TEXT NOT NULL);
CREATE TABLE {_shares} (
  id {{id}},
  module_id BIGINT NOT NULL,
  record_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  principal BIGINT NOT NULL,
  level BIGINT NOT NULL,
  related BIGINT NOT NULL,
  shared_by BIGINT NOT NULL,
  shared_time BIGINT NOT NULL,
  UNIQUE (record_id, principal)
);
CREATE INDEX _shares_principal ON {_shares} (principal, level);
CREATE TABLE {_record_territories} (
  record_id BIGINT NOT NULL,
  territory_id BIGINT NOT NULL,
  module_id BIGINT NOT NULL,
  assigned_by BIGINT NOT NULL,
  assigned_time BIGINT NOT NULL,
  UNIQUE (record_id, territory_id)
);
CREATE INDEX _record_territories_territory ON {_record_territories} (territory_id, record_id);
";
