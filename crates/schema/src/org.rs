//! All modules of an org.

use std::collections::HashMap;
use std::sync::Arc;

use dealwright_wire::Id;

use crate::module::ModuleDef;

/// The modules of an org at one revision. Immutable; a change makes a new one.
#[derive(Debug, Clone, Default)]
pub struct OrgSchema {
    /// Rises with every change; plans and caches are keyed by it.
    pub revision: u64,
    modules: Vec<Arc<ModuleDef>>,
    by_name: HashMap<String, usize>,
    by_id: HashMap<Id, usize>,
}

impl OrgSchema {
    pub fn new(revision: u64, modules: Vec<Arc<ModuleDef>>) -> Self {
        let by_name =
            modules.iter().enumerate().map(|(at, m)| (m.api_name.to_ascii_lowercase(), at)).collect();
        let by_id = modules.iter().enumerate().map(|(at, m)| (m.id, at)).collect();
        Self { revision, modules, by_name, by_id }
    }

    /// In tab order.
    pub fn modules(&self) -> &[Arc<ModuleDef>] {
        &self.modules
    }

    /// By `api_name`, in any case: some clients send lower case.
    pub fn module(&self, api_name: &str) -> Option<&Arc<ModuleDef>> {
        let at = match self.by_name.get(api_name) {
            Some(at) => at,
            None => self.by_name.get(&api_name.to_ascii_lowercase())?,
        };
        Some(&self.modules[*at])
    }

    pub fn module_by_id(&self, id: Id) -> Option<&Arc<ModuleDef>> {
        self.by_id.get(&id).map(|&at| &self.modules[at])
    }

    /// The schema without a module, one revision later.
    #[must_use]
    pub fn without(&self, module: Id) -> Self {
        let modules = self.modules.iter().filter(|m| m.id != module).cloned().collect();
        Self::new(self.revision + 1, modules)
    }

    /// The schema with one module replaced or added, one revision later.
    #[must_use]
    pub fn with(&self, module: ModuleDef) -> Self {
        let mut modules = self.modules.clone();
        match modules.iter().position(|m| m.id == module.id) {
            Some(at) => modules[at] = Arc::new(module),
            None => modules.push(Arc::new(module)),
        }
        Self::new(self.revision + 1, modules)
    }
}
