"""A pytest plugin: writes what became of each test into the file SUITE_OUTCOMES, a line each: outcome, tab, name.

A failure is "unbuilt" when the suite itself says that the server answered 501 to it; each suite has its own way of
saying so. What fails while it is set up or cleared away counts as failed, too.
"""
import os
import sys

_RANKS = ("skipped", "passed", "unbuilt", "failed")
_outcomes = {}


def _is_unbuilt(report):
    kit = sys.modules.get("kit")
    return bool(
        getattr(report, "not_served", False)
        or getattr(kit, "unbuilt", None)
        or "501, not built" in str(report.longrepr)
    )


def pytest_runtest_logreport(report):
    outcome = report.outcome
    if outcome == "failed" and _is_unbuilt(report):
        outcome = "unbuilt"
    if outcome == "passed" and report.when != "call":
        return
    known = _outcomes.get(report.nodeid, outcome)
    _outcomes[report.nodeid] = max(known, outcome, key=_RANKS.index)


def pytest_sessionfinish():
    with open(os.environ["SUITE_OUTCOMES"], "w", encoding="utf-8") as file:
        file.writelines(f"{outcome}\t{name}\n" for name, outcome in _outcomes.items())
