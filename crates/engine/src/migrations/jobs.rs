//! Work that goes on after its request.

pub(super) const SQL: &str = "
CREATE TABLE {_jobs} (
  id {{id}},
  kind TEXT NOT NULL,
  module_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  client TEXT NOT NULL,
  state TEXT NOT NULL,
  input TEXT NOT NULL,
  place BIGINT NOT NULL,
  total BIGINT NOT NULL,
  done BIGINT NOT NULL,
  failed BIGINT NOT NULL,
  skipped BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  not_before BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  error TEXT
);
CREATE INDEX _jobs_state ON {_jobs} (state, not_before, id);
";
