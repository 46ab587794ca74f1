//! Metadata as plain data, and the rules for one value. No IO.

pub mod cell;

pub use cell::{Cell, Storage};
