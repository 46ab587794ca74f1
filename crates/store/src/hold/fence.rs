//! What every write of a PostgreSQL database asks before it begins and before it is committed: does this process still
//! hold the lease?

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use crate::error::StoreError;

/// Whether writes may pass. Cheap to clone; clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fence(Arc<RwLock<Standing>>);

#[derive(Debug, Clone, Default)]
enum Standing {
    /// Nobody asked for a lease: a command that works beside a server.
    #[default]
    Open,
    /// Held until then, unless it is renewed.
    Held(Instant),
    /// Another process has it, or the database takes no writes; the text says which.
    Closed(String),
}

impl Fence {
    pub(crate) fn hold_until(&self, until: Instant) {
        self.set(Standing::Held(until));
    }

    pub(crate) fn close(&self, why: String) {
        self.set(Standing::Closed(why));
    }

    fn set(&self, standing: Standing) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = standing;
    }

    /// Lets a write pass, or says why it cannot.
    pub(crate) fn pass(&self) -> Result<(), StoreError> {
        match &*self.0.read().unwrap_or_else(PoisonError::into_inner) {
            Standing::Open => Ok(()),
            Standing::Held(until) if Instant::now() < *until => Ok(()),
            Standing::Held(_) => {
                Err(StoreError::NotHeld("the lease could not be renewed in time".to_owned()))
            }
            Standing::Closed(why) => Err(StoreError::NotHeld(why.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_lease_that_ran_out_lets_nothing_pass() {
        let fence = Fence::default();
        assert!(fence.pass().is_ok());
        fence.hold_until(Instant::now() + Duration::from_mins(1));
        assert!(fence.pass().is_ok());
        fence.hold_until(Instant::now());
        assert!(matches!(fence.pass(), Err(StoreError::NotHeld(_))));
        fence.close("process 7 has it".to_owned());
        assert!(matches!(fence.pass(), Err(StoreError::NotHeld(why)) if why == "process 7 has it"));
    }
}
