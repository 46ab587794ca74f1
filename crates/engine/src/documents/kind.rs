//! Kinds of settings that others go by than those who change them.

/// What everybody may do with the records of a module.
pub(crate) const DATA_SHARING: &str = "data_sharing";
/// What a locked record still allows.
pub(crate) const LOCKING: &str = "record_locking_configurations";
/// Views that were made.
pub(crate) const VIEWS: &str = "custom_views";
/// What a user keeps of views: order, favourites.
pub(crate) const VIEW_PREFERENCES: &str = "custom_view_preferences";
