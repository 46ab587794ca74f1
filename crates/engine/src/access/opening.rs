//! What the scope of an operation, which is asked before it begins, stands for.
//!
//! The scope that is documented for an operation opens the module of its path, as far as the operation is documented to
//! go. Whatever else it touches is asked of the token, module by module, when a grant is made: an account that a deal
//! names, the records of a related list, what a lead becomes.

use dealwright_wire::scope::is_activity_of;
use serde::{Deserialize, Serialize};

use super::Action;

/// The modules that a token need not be asked for again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Opening {
    /// `None` for none.
    module: Option<Module>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Module {
    Named(String, Vec<Action>),
    Every,
}

impl Opening {
    /// One module, for some actions.
    pub fn of(module: &str, actions: &[Action]) -> Self {
        Self { module: Some(Module::Named(module.to_owned(), actions.to_vec())) }
    }

    /// All modules: settings rule over the records of each, and have scopes of their own.
    pub fn every() -> Self {
        Self { module: Some(Module::Every) }
    }

    pub(super) fn covers(&self, module: &str, action: Action) -> bool {
        match &self.module {
            None => false,
            Some(Module::Every) => true,
            Some(Module::Named(named, actions)) => {
                let is_meant = named.eq_ignore_ascii_case(module) || is_activity_of(named, module);
                is_meant && actions.contains(&action)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, Opening};

    #[test]
    fn an_opening_covers_what_it_names() {
        let opening = Opening::of("Deals", &[Action::View, Action::Create]);
        assert!(opening.covers("Deals", Action::View));
        assert!(!opening.covers("Deals", Action::Edit));
        assert!(!opening.covers("Accounts", Action::View));
        let activities = Opening::of("Activities", &[Action::View]);
        assert!(activities.covers("Tasks", Action::View) && !activities.covers("Tasks", Action::Edit));
        assert!(!activities.covers("Notes", Action::View));
        assert!(!Opening::default().covers("Deals", Action::View));
        assert!(Opening::every().covers("Deals", Action::Delete));
    }
}
