//! What else hangs on a record.

use super::not_yet;

not_yet! {
    "run_scoring_rules" Crm "{module}/actions/run_scoring_rules" [activate] Module() V3;
    "portal_invite_one" Crm "{module}/{id}/actions/portal_invite" [run] Module() V4;
    "portal_invite" Crm "{module}/actions/portal_invite" [run status] Module() V4;
}
