//! The API as clients meet it, on both databases. Folders mirror the URLs.
//!
//! - [`records`], [`settings`], [`org`], [`users`], [`apis`]: what the paths of the API answer
//! - [`conversion`], [`files`], [`formulas`], [`history`], [`mail`], [`mass`],
//!   [`people`], [`related`], [`sharing`], [`tags`], [`values`]: what hangs on a record or acts on many
//! - [`oauth`]: the accounts server, for programs and for people
//! - [`http`]: what all paths share: tokens, routes, methods, bodies, versions
//! - [`guide`]: the founding guide, and where it differs from the reference service
//! - [`registry`]: nothing in the list of operations is left out here
//! - [`reach`]: random worlds, and people who want more than they have
//! - [`access`]: nobody gets round a grant, whatever they name and wherever they name it
//! - [`model`]: long random use against a naive copy in memory

mod access;
mod apis;
mod conversion;
mod coql;
mod files;
mod formulas;
mod guide;
mod history;
mod http;
mod mail;
mod mass;
mod model;
mod oauth;
mod org;
mod people;
mod reach;
mod records;
mod registry;
mod related;
mod settings;
mod sharing;
mod tags;
mod users;
mod values;

use dealwright_testkit::Answer;

/// Compares a whole answer with `snapshots/{name}.snap`, which both databases share.
fn assert_answer(name: &str, answer: &Answer) {
    assert_shown(name, answer.shown());
}

/// [`assert_answer`] for answers that a test has changed or put together.
fn assert_shown(name: &str, shown: serde_json::Value) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_json_snapshot!(name, shown));
}

/// Status and code of an answer, as one line to compare.
fn outcome(answer: &Answer) -> String {
    format!("{} {}", answer.status, answer.code()).trim_end().to_owned()
}
