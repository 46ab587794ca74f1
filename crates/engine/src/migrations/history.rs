//! What history and events keep beside the change itself: what made it, and what it may set off.

pub(super) const SQL: &str = "
ALTER TABLE {_history} ADD COLUMN source TEXT;
ALTER TABLE {_outbox} ADD COLUMN options TEXT;
";
