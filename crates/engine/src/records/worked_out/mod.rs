//! Values that the server works out from others, in the order in which they follow from each other: formulas, and rollups
//! of related records.
//!
//! - [`rollup`]: one rollup, and what it comes to
//! - `written`: what is worked out when records are written
//! - `recompute`: the job that works a field out anew

pub(crate) mod recompute;
pub(crate) mod rollup;
pub(crate) mod written;

use std::collections::HashMap;

use dealwright_schema::{ModuleDef, OrgSchema};
use dealwright_wire::{Id, Zone};

use crate::formula::formulas::Formulas;
use crate::snapshot::Snapshot;
use rollup::Rollup;

/// All that is worked out in an org, compiled from its metadata.
#[derive(Debug, Default)]
pub(crate) struct WorkedOut {
    formulas: HashMap<Id, Formulas>,
    rollups: Vec<Rollup>,
}

impl Snapshot {
    /// Formulas and rollups of this state, compiled.
    pub(crate) fn worked_out(&self) -> &WorkedOut {
        self.kept(|snapshot| WorkedOut::of(&snapshot.schema, &snapshot.zone))
    }
}

impl WorkedOut {
    pub(crate) fn of(schema: &OrgSchema, zone: &Zone) -> Self {
        let mut found = Self::default();
        for module in schema.modules() {
            if module.fields().iter().any(|field| field.formula.is_some()) {
                found.formulas.insert(module.id, Formulas::of(module));
            }
            found.rollups.extend(Rollup::all_of(schema, module, zone));
        }
        found
    }

    /// The formulas of a module; `None` when it has none.
    pub(crate) fn formulas(&self, module: &ModuleDef) -> Option<&Formulas> {
        self.formulas.get(&module.id)
    }

    /// Rollups whose values stand in records of the module.
    pub(crate) fn rollups_in(&self, module: &ModuleDef) -> impl Iterator<Item = &Rollup> {
        let id = module.id;
        self.rollups.iter().filter(move |rollup| rollup.parent == id)
    }

    /// Rollups that sum up records of the module.
    pub(crate) fn rollups_over(&self, module: &ModuleDef) -> impl Iterator<Item = &Rollup> {
        let id = module.id;
        self.rollups.iter().filter(move |rollup| rollup.child == id)
    }

    /// Whether the value of a field of the module depends on a rollup, itself or through formulas.
    pub(crate) fn is_summed(&self, module: &ModuleDef, at: usize) -> bool {
        let mut sums = self.rollups_in(module).map(|rollup| rollup.field);
        let formulas = self.formulas(module);
        sums.any(|sum| sum == at || formulas.is_some_and(|formulas| formulas.reaches(at, sum)))
    }

    /// Whether something is worked out from the field.
    pub(crate) fn uses(&self, module: &ModuleDef, at: usize) -> bool {
        let by_formula = self.formulas(module).is_some_and(|formulas| formulas.reads(at));
        by_formula || self.rollups_over(module).any(|rollup| rollup.reads().any(|read| read == at))
    }
}
