//! Tests of the suites that fail although the server answers them: what they want is argued against, test by test. The
//! longer reasons are in `docs/compatibility.md`.
//!
//! What the server answers with 501 does not belong here; it is counted by itself.

use super::outcomes::Failing;

/// A setting that is refused inside its row, with `NOT_SUPPORTED`, because nothing would act on it.
const REFUSED_IN_ITS_ROW: &str =
    "refused with NOT_SUPPORTED until it is built, and nothing is stored that nothing acts on";
/// How many fields of a kind there may be, which the reference service sells by edition.
const LIMITS_OF_EDITIONS: &str = "there are no editions here, and no limits by edition";

pub(super) const SETTINGS: &[Failing] = &[
    Failing {
        test: "test_fields.py::test_a_module_has_one_number_that_counts_up",
        reason: LIMITS_OF_EDITIONS,
    },
    Failing {
        test: "test_fields.py::test_a_module_has_two_unique_fields_and_no_third",
        reason: LIMITS_OF_EDITIONS,
    },
    Failing {
        test: "test_global_picklists.py::test_a_field_cannot_be_bound_to_a_set_that_is_not_there",
        reason: REFUSED_IN_ITS_ROW,
    },
    Failing {
        test: "test_locking_configuration.py::test_a_rule_is_added_changed_and_taken_out",
        reason: REFUSED_IN_ITS_ROW,
    },
    Failing {
        test: "test_locking_configuration.py::test_a_rule_locks_a_record_that_comes_to_meet_it",
        reason: REFUSED_IN_ITS_ROW,
    },
    Failing {
        test: "test_locking_configuration.py::test_a_rule_locks_records_that_are_there_when_it_says_so",
        reason: REFUSED_IN_ITS_ROW,
    },
    Failing {
        test: "test_locking_configuration.py::test_an_automatic_lock_needs_rules",
        reason: REFUSED_IN_ITS_ROW,
    },
    Failing { test: "test_sharing.py::test_a_rule_may_go_by_criteria", reason: REFUSED_IN_ITS_ROW },
    Failing {
        test: "test_territories.py::test_rules_of_a_territory_are_shown_when_asked_for",
        reason: REFUSED_IN_ITS_ROW,
    },
    Failing { test: "test_versions.py::test_refused_writes_show_a_path_from_v3_on", reason: FAILURES_OF_V2 },
];

/// What a write of v2 answers.
const FAILURES_OF_V2: &str = "a write of v2 in which nothing succeeded is 202, as its clients expect";
/// What the list of calls says of credits.
const NO_CREDITS: &str = "no credits are counted here, and every call costs the same";

pub(super) const PLATFORM: &[Failing] = &[
    Failing {
        test: "test_limits.py::test_the_list_of_calls_tells_their_credits[POST /{{module}}|/Leads]",
        reason: NO_CREDITS,
    },
    Failing {
        test: "test_limits.py::test_the_list_of_calls_tells_their_credits[POST /Leads/{{id}}/actions/convert]",
        reason: NO_CREDITS,
    },
    Failing {
        test: "test_limits.py::test_the_list_of_calls_tells_their_credits[POST /coql]",
        reason: NO_CREDITS,
    },
    Failing {
        test: "test_processes.py::test_a_record_without_a_process_is_approved",
        reason: "there are no approval processes; `takeover` of `$approval` comes with them",
    },
    Failing {
        test: "test_versions.py::test_errors_have_the_same_envelope_in_every_version[v2]",
        reason: FAILURES_OF_V2,
    },
];

/// Of the files about HTTP.
pub(super) const HTTP: &[Failing] = &[Failing {
    test: "test_http.py::test_a_browser_may_read_the_answer_and_its_headers",
    reason: "a page reads answers when the client has registered its origin, and the suite's has not",
}];
