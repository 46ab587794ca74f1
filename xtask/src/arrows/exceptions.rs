//! `xtask/arrows.allow`: what is not as the tables say, a line each: rule, place, what it names, how many times, `#` and why.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result, ensure};

use super::Fault;
use crate::cargo::root;

const FILE: &str = "xtask/arrows.allow";
const HEAD: &str = "\
# What crates and folders name against the tables of xtask/src/arrows/floors.rs: rule, place, what, how many times, # why.
# `cargo xtask arrows` holds it: more is refused, and what is gone has to go from here.
";
/// The reason of an exception that was written down and not yet thought about.
const NO_REASON: &str = "as it is today";

/// Rule, place and what is named.
type Key = (String, String, String);

pub(super) struct Exceptions(BTreeMap<Key, (usize, String)>);

impl Exceptions {
    pub(super) fn read() -> Result<Self> {
        let text = fs::read_to_string(root().join(FILE)).with_context(|| FILE.to_owned())?;
        let mut listed = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
            let (what, reason) =
                line.split_once(" # ").with_context(|| format!("no reason in {FILE}: {line}"))?;
            let parts: Vec<&str> = what.split_whitespace().collect();
            ensure!(parts.len() == 4, "{FILE} has four words in a line before the reason: {line}");
            let count = parts[3].parse().with_context(|| format!("no number in {FILE}: {line}"))?;
            let key = (parts[0].to_owned(), parts[1].to_owned(), parts[2].to_owned());
            listed.insert(key, (count, reason.to_owned()));
        }
        Ok(Self(listed))
    }

    /// What is wrong, in words.
    pub(super) fn compare(&self, faults: &[Fault]) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut listed = self.0.clone();
        for fault in faults {
            let allowed = listed.remove(&fault.key()).map_or(0, |(count, _)| count);
            if fault.count > allowed {
                wrong.push(fault.told(allowed));
            } else if fault.count < allowed {
                wrong
                    .push(format!("{}: {} is left of {allowed}, say so in {FILE}", fault.place, fault.count));
            }
        }
        for ((rule, place, what), _) in listed {
            wrong.push(format!(
                "{place}: the exception `{rule} {what}` is not needed any more, take its line out of {FILE}"
            ));
        }
        wrong
    }

    pub(super) fn write(&self, faults: &[Fault]) -> Result<()> {
        let mut text = HEAD.to_owned();
        for fault in faults {
            let reason = self.0.get(&fault.key()).map_or(NO_REASON, |(_, reason)| reason);
            let Fault { rule, place, what, count, .. } = fault;
            let _ = writeln!(text, "{rule} {place} {what} {count} # {reason}");
        }
        fs::write(root().join(FILE), text).context("writing the exceptions")
    }
}

impl Fault {
    fn key(&self) -> Key {
        (self.rule.to_owned(), self.place.clone(), self.what.clone())
    }

    fn told(&self, allowed: usize) -> String {
        let Self { rule, place, what, count, lines } = self;
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        let place = if lines.is_empty() { place.clone() } else { format!("{place}:{}", lines.join(",")) };
        match *rule {
            "crate" => format!("{place}: may not depend on {what}"),
            "floor" => format!("{place}: names {what}, which is not below it"),
            "module" => format!("{place}: names standard modules {count} times, {allowed} are allowed"),
            "type" => {
                format!("{place}: goes by the names of data types {count} times, {allowed} are allowed")
            }
            "long" => format!("{place}: has {count} lines"),
            _ => format!("{place}: has {count} files and no list of them"),
        }
    }
}
