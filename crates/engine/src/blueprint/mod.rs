//! Blueprints: processes that records of a module go through, state by state. The states are values of a picklist;
//! a record moves from one to another by a transition only, which can ask for more.
//!
//! - `settings`: what processes there are
//! - `process`: a process, ready for use
//! - `record`, `show`, `transition`: the process that a record is in, and its next transition
//! - `guard`: refuses other ways to change the state
//!
//! Whether a record is in a process follows from its values alone: it is when an active process of its module has a
//! transition from its state, and its entry criteria hold. So nothing has to be kept per record.
//!
//! The published API reads a record's process and carries out transitions; how processes are designed is not
//! published, and `settings/blueprints` is this server's own.

pub(crate) mod guard;
pub(crate) mod process;
mod record;
pub(crate) mod settings;
mod show;
mod transition;

pub use record::get;
pub use settings::BLUEPRINTS;
pub use transition::update;
