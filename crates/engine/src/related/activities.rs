//! Tasks, events and calls about a record, and whether they are open or closed.
//!
//! Sources for open and closed: the two sets of related lists of the published metadata (open `Tasks`, closed
//! `Tasks_History`). What closes an activity is not published: a task is closed when it is completed, an event when it
//! is over, a call when it took place or was cancelled.

use dealwright_schema::ModuleDef;
use dealwright_store::Dialect;
use dealwright_wire::Instant;

use crate::metadata::activities::Activity;
use crate::records::filter::Filter;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    Closed,
}

/// The activities that a related list shows.
pub(crate) fn list(name: &str) -> Option<(Activity, State)> {
    let (module, state) = match name.strip_suffix("_History") {
        Some(module) => (module, State::Closed),
        None => (name, State::Open),
    };
    Some((Activity::named(module)?, state))
}

/// True for rows (`t`) about the record bound to `?1` that are in the state `now`.
pub(crate) fn condition(
    dialect: &dyn Dialect,
    module: &ModuleDef,
    activity: Activity,
    state: State,
    now: Instant,
    filter: &mut Filter,
) -> String {
    let column = |name: &str| {
        let column = module.field(name).and_then(|field| field.column.as_deref());
        format!("t.\"{}\"", column.unwrap_or("id"))
    };
    // Ids are unique across modules, so the module beside the lookup need not be compared.
    let about = format!("({} = ?1 OR {} = ?1)", column("What_Id"), column("Who_Id"));
    let closed = match activity {
        Activity::Tasks => {
            let completed = filter.bind("completed".to_owned());
            format!("coalesce({} = {completed}, FALSE)", dialect.fold(&column("Status")))
        }
        Activity::Events => format!("coalesce({} < {}, FALSE)", column("End_DateTime"), filter.bind(now)),
        Activity::Calls => {
            let (status, start) = (dialect.fold(&column("Outgoing_Call_Status")), column("Call_Start_Time"));
            let [scheduled, overdue] = ["scheduled", "overdue"].map(|status| filter.bind(status.to_owned()));
            // Incoming calls have no status: they are logged when they are over.
            format!(
                "coalesce({status} NOT IN ({scheduled}, {overdue}), {start} <= {}, TRUE)",
                filter.bind(now)
            )
        }
    };
    match state {
        State::Closed => format!("{about} AND {closed}"),
        State::Open => format!("{about} AND NOT {closed}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_activities_are_known_by_their_names() {
        assert_eq!(list("Tasks"), Some((Activity::Tasks, State::Open)));
        assert_eq!(list("Calls_History"), Some((Activity::Calls, State::Closed)));
        assert_eq!(list("Stage_History"), None);
        assert_eq!(list(crate::metadata::activities::OPEN_VIEW), None);
    }
}
