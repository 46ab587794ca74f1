//! The coverage page: every operation in every version, made from the registry. `docs/coverage.md` is this text;
//! CI compares the two.

use std::fmt::Write as _;

use super::{GROUPS, Operation};
use crate::versions::ApiVersion;

const VERSIONS: [ApiVersion; 8] = [
    ApiVersion::V2,
    ApiVersion::V2_1,
    ApiVersion::V3,
    ApiVersion::V4,
    ApiVersion::V5,
    ApiVersion::V6,
    ApiVersion::V7,
    ApiVersion::V8,
];

const HEAD: &str = "\
# Coverage

Every operation of the API that this server knows, in every version. The page is made from the registry by
`cargo xtask coverage`, and CI fails when it is out of date.

- **full**: answers as documented. Choices where the documentation is silent are in [compatibility.md](compatibility.md).
- **part**: served, with something missing that the last column names.
- **501**: known and not built; the answer says so.
- **–**: the version does not have the operation. In lenient mode it is served there all the same, in strict mode it
  answers 400 `API_NOT_SUPPORTED`.
";

/// The page, as Markdown.
pub fn page() -> String {
    let mut groups: Vec<(&str, Vec<&Operation>)> = Vec::new();
    for (heading, operations) in GROUPS {
        match groups.iter_mut().find(|(other, _)| other == heading) {
            Some((_, found)) => found.extend(operations.iter()),
            None => groups.push((heading, operations.iter().collect())),
        }
    }
    let mut out = HEAD.to_owned();
    summary(&groups, &mut out);
    for (heading, mut operations) in groups {
        operations.sort_by_key(|operation| (operation.path, operation.method.text()));
        let _infallible = write!(out, "\n## {heading}\n\n| operation | call |");
        for version in VERSIONS {
            let _infallible = write!(out, " {} |", version.profile().name);
        }
        out.push_str(" what is missing |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
        for operation in operations {
            row(operation, &mut out);
        }
    }
    out
}

fn summary(groups: &[(&str, Vec<&Operation>)], out: &mut String) {
    out.push_str("\n| | full | part | 501 |\n|---|---:|---:|---:|\n");
    let mut sums = [0; 3];
    for (heading, operations) in groups {
        let mut counts = [0; 3];
        for operation in operations {
            counts[state(operation) as usize] += 1;
        }
        for (sum, count) in sums.iter_mut().zip(counts) {
            *sum += count;
        }
        let _infallible = writeln!(out, "| {heading} | {} | {} | {} |", counts[0], counts[1], counts[2]);
    }
    let _infallible = writeln!(out, "| **all** | **{}** | **{}** | **{}** |", sums[0], sums[1], sums[2]);
}

#[derive(Clone, Copy)]
enum State {
    Full,
    Part,
    NotYet,
}

fn state(operation: &Operation) -> State {
    match (operation.is_served(), operation.lacks) {
        (false, _) => State::NotYet,
        (true, Some(_)) => State::Part,
        (true, None) => State::Full,
    }
}

fn row(operation: &Operation, out: &mut String) {
    let path = operation.route().replacen("/crm/{version}", "", 1);
    let path = if path.is_empty() { "/".to_owned() } else { path };
    let _infallible = write!(out, "| `{}` | `{} {path}` |", operation.id, operation.method.text());
    let word = match state(operation) {
        State::Full => "full",
        State::Part => "part",
        State::NotYet => "501",
    };
    for version in VERSIONS {
        let _infallible = write!(out, " {} |", if version < operation.since { "–" } else { word });
    }
    let _infallible = writeln!(out, " {} |", operation.lacks.unwrap_or_default());
}
