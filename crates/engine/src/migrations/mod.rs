//! The fixed tables of an org. Names start with `_`, so no module can have them. One file per step; the text of a
//! step never changes once it is released.

mod callers;
mod conversion;
mod files;
mod formulas;
mod foundation;
mod history;
mod jobs;
mod keys;
mod links;
mod mail;
mod queue;
mod recycle_bin;
mod sharing;
mod values;

use dealwright_store::migrate::Migration;

pub static ORG: &[Migration] = &[
    step(1, "metadata, history, events, recycle bin", foundation::SQL).with_ids(&[
        "_users",
        "_roles",
        "_profiles",
        "_tags",
        "_history",
        "_outbox",
        "_recycle_bin",
    ]),
    step(2, "work that goes on after its request", jobs::SQL).with_ids(&["_jobs"]),
    step(3, "records linked to records", links::SQL).with_ids(&["_contact_roles"]),
    step(4, "attachments and files", files::SQL).with_ids(&["_files"]),
    step(5, "what was deleted for good", recycle_bin::SQL),
    step(6, "conversions", conversion::SQL).with_ids(&["_merges"]),
    step(7, "shares, locks, territories", sharing::SQL).with_ids(&["_territories", "_settings", "_shares"]),
    step(8, "e-mails of records", mail::SQL).with_ids(&["_mails", "_mail_drafts", "_mail_templates"]),
    step(9, "what history keeps beside old values", history::SQL),
    step(10, "values in tables of their own", values::SQL),
    step(11, "values that are worked out", formulas::SQL),
    step(12, "whose rights later work has", callers::SQL),
    Migration::keys(13, "a primary key for every table", keys::KEYS),
    step(14, "one queue, and who has read which event", queue::SQL),
];

const fn step(number: i64, name: &'static str, sql: &'static str) -> Migration {
    Migration::new(number, name, sql)
}
