//! What became of the tests of a suite, and whether that is what was expected.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

/// A test that fails although the server answers it, and why that is right.
pub(super) struct Failing {
    /// As pytest names it, without the values it was called with: `test_fields.py::test_a_field_is_found`. With them
    /// (`[v2]`) it stands for those alone.
    pub(super) test: &'static str,
    pub(super) reason: &'static str,
}

impl Failing {
    fn is(&self, name: &str) -> bool {
        name.strip_prefix(self.test).is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
    }
}

/// How many tests ended in which way.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counts {
    passed: usize,
    /// The server answered 501: known, and not built.
    unbuilt: usize,
    /// Failed for a reason that is given.
    argued: usize,
    skipped: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, unbuilt, argued, skipped } = self;
        write!(f, "{passed:>7}{unbuilt:>9}{argued:>8}{skipped:>9}")
    }
}

impl Counts {
    /// The heading of its columns.
    pub(super) const HEADING: &str = " passed  unbuilt  argued  skipped";
}

/// Counts the outcomes that the plugin wrote. An error when a test failed without a reason in `failing`, and when one
/// that is named there did not fail.
pub(super) fn judge(file: &Path, failing: &[Failing]) -> Result<Counts> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("reading the outcomes in {}", file.display()))?;
    count(&text, failing)
}

fn count(text: &str, failing: &[Failing]) -> Result<Counts> {
    let mut counts = Counts::default();
    let mut failed = Vec::new();
    let mut met: BTreeMap<&str, bool> = failing.iter().map(|known| (known.test, false)).collect();
    for line in text.lines() {
        let (outcome, name) = line.split_once('\t').with_context(|| format!("no outcome: {line}"))?;
        match outcome {
            "passed" => counts.passed += 1,
            "unbuilt" => counts.unbuilt += 1,
            "skipped" => counts.skipped += 1,
            "failed" => match failing.iter().find(|known| known.is(name)) {
                Some(known) => {
                    counts.argued += 1;
                    met.insert(known.test, true);
                }
                None => failed.push(format!("failed: {name}")),
            },
            other => bail!("{name} ended in an unknown way: {other}"),
        }
    }
    ensure!(!text.is_empty(), "no test ran");
    let stale = met.iter().filter(|(_, failed)| !**failed);
    failed.extend(stale.map(|(test, _)| format!("is said to fail and does not: {test}")));
    ensure!(
        failed.is_empty(),
        "{} of its tests did not end as expected:\n{}",
        failed.len(),
        failed.join("\n")
    );
    for known in failing {
        println!("    fails: {}: {}", known.test, known.reason);
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::{Failing, count};

    const FAILING: &[Failing] = &[Failing { test: "a.py::odd", reason: "the test is wrong" }];

    #[test]
    fn what_is_not_built_is_counted_apart() {
        let counts = count("passed\ta.py::one\nunbuilt\ta.py::two\nskipped\ta.py::three\n", &[]).unwrap();
        assert_eq!((counts.passed, counts.unbuilt, counts.argued, counts.skipped), (1, 1, 0, 1));
    }

    #[test]
    fn a_failure_needs_a_reason() {
        assert!(count("failed\ta.py::odd[v2]\nfailed\ta.py::odd[v8]\n", FAILING).is_ok());
        let error = count("failed\ta.py::odd\nfailed\ta.py::oddity\n", FAILING).unwrap_err();
        assert!(error.to_string().ends_with("failed: a.py::oddity"), "{error}");
    }

    #[test]
    fn a_reason_needs_a_failure() {
        for text in ["passed\ta.py::odd\n", "unbuilt\ta.py::odd\n", "passed\ta.py::other\n"] {
            let error = count(text, FAILING).unwrap_err();
            assert!(error.to_string().contains("does not: a.py::odd"), "{error}");
        }
    }

    #[test]
    fn a_suite_without_tests_is_no_success() {
        assert!(count("", &[]).is_err());
    }
}
