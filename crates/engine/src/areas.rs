//! The page: every area above the records, and what it does at points of the floors below. Who wonders what happens when a record
//! is written reads the stages here in their order.
//!
//! Everything on it is a static of plain data and functions beside the code that it belongs to. What each plug is, its type says.

use crate::attachments::{of_record as files, on_record as attachments, values as file_values};
use crate::blueprint::{guard as blueprint, process};
use crate::chores::Chores;
use crate::events::Consumers;
use crate::files::sweep;
use crate::jobs::Kinds;
use crate::mail::{delivery, templates};
use crate::org::areas::Areas;
use crate::org::stock::Stocks;
use crate::records::around::Around;
use crate::related::{cascade, contact_roles, relation, stage_history};
use crate::settings::variables;
use crate::tags::{self, value as tag_values};
use crate::{conversion, events, indexes, jobs, mass, records, recycle_bin};

/// What plugs into an org. Handed to [`Org::open`](crate::Org::open).
pub static AREAS: Areas = Areas {
    seeds: &[
        |tx, founding| Box::pin(templates::seed(tx, founding)),
        |tx, founding| Box::pin(contact_roles::seed(tx, founding)),
    ],
    plugs: &[&JOBS, &CONSUMERS, &CHORES, &AROUND_RECORDS, &STOCK],
    base: None,
};

/// Settings that every org begins with.
static STOCK: Stocks = Stocks(&[&variables::STOCK]);

/// Kinds of jobs.
static JOBS: Kinds = Kinds(&[
    &conversion::mass_convert::KIND,
    &records::worked_out::recompute::RECOMPUTE,
    &mass::UPDATE,
    &mass::DELETE,
    &mass::CHANGE_OWNER,
    &recycle_bin::RESTORE,
    &recycle_bin::REMOVE,
    &tags::mass_delete::JOB,
    &delivery::DELIVERY,
]);

/// Who follows events.
static CONSUMERS: Consumers = Consumers(&[]);

/// What the server does by itself.
static CHORES: Chores =
    Chores(&[&events::FORGET, &sweep::SWEEP, &jobs::FORGET, &recycle_bin::FORGET, &indexes::MAKE_WANTED]);

/// What happens around records.
static AROUND_RECORDS: Around = Around {
    stages: &[&tag_values::STAGE, &blueprint::STAGE, &file_values::STAGE, &stage_history::STAGE],
    parts: &[&cascade::NOTES, &cascade::LINKS, &files::FILES],
    relation: relation::rows,
    keys: &[process::PROCESS_FLOW, attachments::SYSTEM_KEYS],
};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::Duration;

    use super::*;
    use crate::jobs::{QUEUES, Work};

    #[test]
    fn every_kind_of_job_has_a_name_of_its_own_and_a_queue_that_is_there() {
        let names: HashSet<_> = JOBS.0.iter().map(|kind| kind.name).collect();
        assert_eq!(names.len(), JOBS.0.len());
        for kind in JOBS.0 {
            // Names stand in statements as they are.
            assert!(kind.name.bytes().all(|b| b.is_ascii_lowercase() || b"._".contains(&b)), "{}", kind.name);
            let queue = QUEUES.iter().find(|queue| queue.name == kind.queue.name);
            assert!(queue.is_some_and(|queue| queue.workers > 0 && queue.per_org > 0), "{}", kind.name);
            assert!(!kind.attempts.0.is_empty(), "{} is tried once", kind.name);
        }
        let queues: HashSet<_> = QUEUES.iter().map(|queue| queue.name).collect();
        assert_eq!(queues.len(), QUEUES.len());
    }

    #[test]
    fn work_outside_has_a_queue_without_work_inside() {
        for kind in JOBS.0 {
            let with = JOBS.0.iter().filter(|other| other.queue.name == kind.queue.name);
            let is_outside = |work: &Work| matches!(work, Work::Outside { .. });
            assert!(
                with.into_iter().all(|other| is_outside(&other.work) == is_outside(&kind.work)),
                "{}",
                kind.name
            );
        }
    }

    #[test]
    fn every_chore_has_a_name_of_its_own_and_leaves_time_between() {
        let names: HashSet<_> = CHORES.0.iter().map(|chore| chore.name).collect();
        assert_eq!(names.len(), CHORES.0.len());
        assert!(CHORES.0.iter().all(|chore| chore.every >= Duration::from_mins(1)));
    }

    #[test]
    fn every_consumer_has_a_name_of_its_own() {
        let names: HashSet<_> = CONSUMERS.0.iter().map(|consumer| consumer.name).collect();
        assert_eq!(names.len(), CONSUMERS.0.len());
    }
}
