//! Whose rights later work has: what the token of a job's request could do, and whose records a share opens along with its
//! own. Shares from before open what their maker owns.

pub(super) const SQL: &str = "
ALTER TABLE {_jobs} ADD COLUMN caller TEXT;
CREATE TABLE {_share_owners} (
  share_id BIGINT NOT NULL,
  owner_id BIGINT NOT NULL,
  UNIQUE (share_id, owner_id)
);
INSERT INTO {_share_owners} (share_id, owner_id) SELECT id, shared_by FROM {_shares} WHERE related = 1;
";
