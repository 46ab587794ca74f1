//! What records were. Source: "Timelines" of the published API; the operations below `__history` are this server's own.

use dealwright_engine::history;

use super::operation::Method::{Get, Post};
use super::operation::{Operation, run};
use super::scope::ScopeRule::Module;
use crate::versions::ApiVersion::{V2, V5};

const TIMELINE: &str = "{module}/{id}/__timeline";
const HISTORY: &str = "{module}/{id}/__history";
const STATE: &str = "{module}/{id}/__history/{related_id}";
const RESTORE: &str = "{module}/{id}/__history/{related_id}/actions/restore";

pub(super) static OPERATIONS: &[Operation] = &[
    Operation::new("records.timeline", Get, TIMELINE, Module("READ"), V5, run!(history::timeline)),
    Operation::new("history.list", Get, HISTORY, Module("READ"), V2, run!(history::list)),
    Operation::new("history.state", Get, STATE, Module("READ"), V2, run!(history::state)),
    Operation::new("history.restore", Post, RESTORE, Module("UPDATE"), V2, run!(history::restore)),
];
