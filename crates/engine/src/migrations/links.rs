//! Records linked to records, and the roles that contacts have in deals.
//!
//! `kind` is the number of the link in `related/links.rs`, `one` and `other` are its two ends. What a link holds
//! stands in `number` (a price in hundredths, a role) or `text` (a status).

pub(super) const SQL: &str = "
CREATE TABLE {_links} (
  kind BIGINT NOT NULL,
  one BIGINT NOT NULL,
  other BIGINT NOT NULL,
  number BIGINT,
  text TEXT,
  UNIQUE (one, kind, other)
);
CREATE INDEX _links_other ON {_links} (other, kind, one);
CREATE TABLE {_contact_roles} (
  id {{id}},
  name TEXT NOT NULL,
  folded TEXT NOT NULL UNIQUE,
  sequence_number BIGINT NOT NULL
);
";
