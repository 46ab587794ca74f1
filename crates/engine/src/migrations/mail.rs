//! E-mails of records: what was sent and associated, to whom it came, drafts, templates, and what hangs on them.

pub(super) const SQL: &str = "
CREATE TABLE {_mails} (
  id {{id}},
  message_id TEXT NOT NULL UNIQUE,
  original_id TEXT NOT NULL,
  thread TEXT NOT NULL,
  module_id BIGINT NOT NULL,
  record_id BIGINT NOT NULL,
  owner_id BIGINT NOT NULL,
  source TEXT NOT NULL,
  state TEXT NOT NULL,
  is_sent BIGINT NOT NULL,
  is_read BIGINT NOT NULL,
  at BIGINT NOT NULL,
  subject TEXT NOT NULL,
  summary TEXT NOT NULL,
  format TEXT NOT NULL,
  people TEXT NOT NULL,
  files BIGINT NOT NULL,
  content_id BIGINT NOT NULL,
  in_reply_to TEXT,
  template_id BIGINT,
  linked_module BIGINT,
  linked_record BIGINT,
  due BIGINT,
  attempts BIGINT NOT NULL,
  problem TEXT
);
CREATE INDEX _mails_record ON {_mails} (record_id, at);
CREATE INDEX _mails_linked ON {_mails} (linked_record);
CREATE INDEX _mails_due ON {_mails} (due);
CREATE INDEX _mails_original ON {_mails} (original_id);
CREATE INDEX _mails_thread ON {_mails} (thread);
CREATE TABLE {_mail_recipients} (
  mail_id BIGINT NOT NULL,
  address TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  at BIGINT NOT NULL,
  UNIQUE (mail_id, address)
);
CREATE TABLE {_mail_files} (
  mail_id BIGINT NOT NULL,
  file_id BIGINT NOT NULL,
  is_inline BIGINT NOT NULL,
  UNIQUE (mail_id, file_id)
);
CREATE INDEX _mail_files_file ON {_mail_files} (file_id);
CREATE TABLE {_mail_drafts} (
  id {{id}},
  module_id BIGINT NOT NULL,
  record_id BIGINT NOT NULL,
  owner_id BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  modified_at BIGINT NOT NULL,
  doc TEXT NOT NULL
);
CREATE INDEX _mail_drafts_record ON {_mail_drafts} (record_id, owner_id);
CREATE TABLE {_mail_blocked} (address TEXT NOT NULL UNIQUE, reason TEXT NOT NULL, at BIGINT NOT NULL, mail_id BIGINT NOT NULL);
CREATE TABLE {_mail_shares} (module_id BIGINT NOT NULL, record_id BIGINT NOT NULL, user_id BIGINT NOT NULL, at BIGINT NOT NULL, UNIQUE (record_id, user_id));
CREATE TABLE {_mail_templates} (
  id {{id}},
  module_id BIGINT NOT NULL,
  folder_id BIGINT NOT NULL,
  folder TEXT NOT NULL,
  name TEXT NOT NULL,
  subject TEXT NOT NULL,
  content TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by BIGINT NOT NULL
);
CREATE TABLE {_cancelled_events} (id {{id}}, at BIGINT NOT NULL, user_id BIGINT NOT NULL);
";
