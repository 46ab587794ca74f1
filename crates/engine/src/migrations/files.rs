//! Attachments and files.
//!
//! `_files` has a row for every blob: `staged` while it is being uploaded, `loose` when nothing holds it yet, `kept` by
//! a record, `doomed` when the blob is to be removed. `_attachments` says what a row of the module Attachments is: a
//! file or a link.

pub(super) const SQL: &str = "
CREATE TABLE {_files} (
  id {{id}},
  handle TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  content_type TEXT NOT NULL,
  size BIGINT NOT NULL,
  sha256 TEXT,
  state TEXT NOT NULL,
  module_id BIGINT,
  record_id BIGINT,
  field_id BIGINT,
  made_by BIGINT NOT NULL,
  made_at BIGINT NOT NULL
);
CREATE INDEX _files_record ON {_files} (record_id);
CREATE INDEX _files_state ON {_files} (state, made_at);
CREATE TABLE {_attachments} (id {{id}}, file_id BIGINT, url TEXT);
";
