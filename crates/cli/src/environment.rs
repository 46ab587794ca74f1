//! Names in the environment that look like options and are none.

use clap::{Command, CommandFactory as _};

use crate::Cli;

/// What the names of all options in the environment begin with.
const PREFIX: &str = "DEALWRIGHT_";
/// Names with these beginnings belong to the tests and the build.
const OTHERS: [&str; 2] = ["DEALWRIGHT_TEST_", "DEALWRIGHT_COMMIT"];

/// The names in the environment.
#[expect(clippy::disallowed_methods, reason = "the binary looks at its environment")]
pub(crate) fn names() -> impl Iterator<Item = String> {
    std::env::vars_os().filter_map(|(name, _)| name.into_string().ok())
}

/// A line for each name in the environment that begins like an option and is none: a misspelling would go unnoticed.
pub(crate) fn warnings(names: impl Iterator<Item = String>) -> Vec<String> {
    let known = known(&Cli::command());
    let mut unknown: Vec<String> = names
        .filter(|name| name.starts_with(PREFIX) && !OTHERS.iter().any(|other| name.starts_with(other)))
        .filter(|name| !known.contains(name))
        .collect();
    unknown.sort();
    let line = |name: String| {
        let nearest = known.iter().max_by(|one, other| alike(one, &name).total_cmp(&alike(other, &name)));
        match nearest.filter(|nearest| alike(nearest, &name) > 0.85) {
            Some(nearest) => format!("{name} in the environment is no option; {nearest} is one"),
            None => format!("{name} in the environment is no option, and is passed over"),
        }
    };
    unknown.into_iter().map(line).collect()
}

fn alike(one: &str, other: &str) -> f64 {
    strsim::jaro_winkler(one.trim_start_matches(PREFIX), other.trim_start_matches(PREFIX))
}

/// The names of a command and all below it.
fn known(command: &Command) -> Vec<String> {
    let own = command.get_arguments().filter_map(|argument| argument.get_env()?.to_str().map(str::to_owned));
    own.chain(command.get_subcommands().flat_map(known)).collect()
}

#[cfg(test)]
mod tests {
    use super::warnings;

    #[test]
    fn misspelled_names_are_told_with_the_nearest() {
        let names =
            ["DEALWRIGHT_LISTN", "DEALWRIGHT_LISTEN", "DEALWRIGHT_TEST_ACCESS", "DEALWRIGHT_QWZX", "HOME"];
        assert_eq!(
            warnings(names.into_iter().map(str::to_owned)),
            [
                "DEALWRIGHT_LISTN in the environment is no option; DEALWRIGHT_LISTEN is one",
                "DEALWRIGHT_QWZX in the environment is no option, and is passed over",
            ]
        );
    }
}
