//! Cadences: an org has none yet that a record could be enrolled in.

use super::not_yet;

not_yet! {
    "enrol_in_cadences" Crm "{module}/actions/enrol_in_cadences" [run] Module() V7;
    "unenrol_from_cadences" Crm "{module}/actions/unenrol_from_cadences" [run] Module() V7;
}
