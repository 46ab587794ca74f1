//! Tags: those of a module, and those on records.
