//! The page: every area above the records, and what it does at points of the floors below. Who wonders what happens when a record
//! is written reads the stages here in their order.
//!
//! Everything on it is a static of plain data and functions beside the code that it belongs to. What each plug is, its type says.

use crate::attachments::{of_record as files, on_record as attachments, values as file_values};
use crate::blueprint::{guard as blueprint, process};
use crate::jobs::Kinds;
use crate::mail::templates;
use crate::org::areas::Areas;
use crate::org::stock::Stocks;
use crate::records::around::Around;
use crate::related::{cascade, contact_roles, relation, stage_history};
use crate::settings::variables;
use crate::tags::{self, value as tag_values};
use crate::{conversion, mass, records, recycle_bin};

/// What plugs into an org. Handed to [`Org::open`](crate::Org::open).
pub static AREAS: Areas = Areas {
    seeds: &[
        |tx, founding| Box::pin(templates::seed(tx, founding)),
        |tx, founding| Box::pin(contact_roles::seed(tx, founding)),
    ],
    plugs: &[&JOBS, &AROUND_RECORDS, &STOCK],
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
]);

/// What happens around records.
static AROUND_RECORDS: Around = Around {
    stages: &[&tag_values::STAGE, &blueprint::STAGE, &file_values::STAGE, &stage_history::STAGE],
    parts: &[&cascade::NOTES, &cascade::LINKS, &files::FILES],
    relation: relation::rows,
    keys: &[process::PROCESS_FLOW, attachments::SYSTEM_KEYS],
};
