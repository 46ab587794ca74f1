//! The queues: each has workers of its own, so that what takes an hour in one holds up nothing in another.

/// A queue. Jobs of one are taken in the order in which they are due.
#[derive(Debug)]
pub struct Queue {
    /// As stored: it must stay the same from release to release.
    pub name: &'static str,
    /// Workers of a process that do nothing else, for all orgs together.
    pub workers: usize,
    /// How many of them may work for the same org at once.
    pub per_org: usize,
}

/// Long work inside the database, step by step. One at a time for an org: two would meet at its records.
pub static BULK: Queue = Queue { name: "bulk", workers: 4, per_org: 1 };
/// Mails. They wait for a mail server most of their time.
pub static MAIL: Queue = Queue { name: "mail", workers: 8, per_org: 1 };

/// All of them.
pub static QUEUES: &[&Queue] = &[&BULK, &MAIL];
