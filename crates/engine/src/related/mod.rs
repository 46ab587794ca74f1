//! What hangs on a record: related lists, links, notes, contact roles.
