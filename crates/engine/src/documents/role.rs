//! Roles.

use dealwright_wire::Id;
use serde::{Deserialize, Serialize};

use super::Audit;

/// A place in the hierarchy of the org.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Role {
    pub id: Id,
    pub name: String,
    pub reporting_to: Option<Id>,
    pub share_with_peers: bool,
    pub description: Option<String>,
    #[serde(flatten)]
    pub audit: Audit,
}
