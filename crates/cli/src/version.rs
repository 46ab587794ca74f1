//! Which build this is, and what others wrote of it.

use std::io::{self, Write};

use crate::failure::Failure;

pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit the binary was built from, with `-dirty` when files differed from it; `unknown` when nobody knew.
pub(crate) const COMMIT: &str = env!("DEALWRIGHT_BUILD_COMMIT");

/// What it was built for: `x86_64-unknown-linux-gnu`.
pub(crate) const TARGET: &str = env!("DEALWRIGHT_BUILD_TARGET");

/// The compiler, in its own words.
pub(crate) const COMPILER: &str = env!("DEALWRIGHT_BUILD_RUSTC");

/// Names, licences and texts of all crates in the binary, where it was built with them.
#[cfg(dealwright_notices)]
const NOTICES: Option<&str> = Some(include_str!(env!("DEALWRIGHT_BUILD_NOTICES")));
#[cfg(not(dealwright_notices))]
const NOTICES: Option<&str> = None;

/// Said by a binary that was built without them.
const NO_NOTICES: &str = "\
Dealwright is under the MIT licence or the Apache License 2.0, as you choose.

This binary was built without the notices of the crates in it. They are in the file NOTICES of each released archive;
`cargo xtask dist --notices` in the source writes them for what you build yourself.
";

/// `dealwright version`
pub(crate) fn version() -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "dealwright {VERSION}\ncommit   {COMMIT}\ntarget   {TARGET}\ncompiler {COMPILER}")?;
    Ok(out.flush()?)
}

/// `dealwright licences`
pub(crate) fn licences() -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(NOTICES.unwrap_or(NO_NOTICES).as_bytes()).and_then(|()| out.flush()) {
        // Long enough that people pipe it into a pager and stop reading.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}
