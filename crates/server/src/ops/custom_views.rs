//! Views of modules. Source: "Custom views" of the published API.

use dealwright_engine::metadata::custom_views as read;
use dealwright_engine::settings::custom_views;

use super::operation::Method::{self, Delete, Get, Post, Put};
use super::operation::{Operation, Target, run};
use super::scope::ScopeRule::Fixed;
use crate::versions::ApiVersion::{self, V2, V2_1, V8};

const VIEWS: &str = "settings/custom_views";
const VIEW: &str = "settings/custom_views/{id}";
const SORT: &str = "settings/custom_views/actions/change_sort";
const SORT_ONE: &str = "settings/custom_views/{id}/actions/change_sort";

pub(super) static OPERATIONS: &[Operation] = &[
    op("custom_views.list", Get, VIEWS, V2, run!(read::list)),
    op("custom_views.get", Get, VIEW, V2, run!(read::get)),
    op("custom_views.create", Post, VIEWS, V8, run!(custom_views::create)),
    op("custom_views.update_many", Put, VIEWS, V8, run!(custom_views::update)),
    op("custom_views.delete_many", Delete, VIEWS, V8, run!(custom_views::delete)),
    op("custom_views.update_one", Put, VIEW, V8, run!(custom_views::update)),
    op("custom_views.delete_one", Delete, VIEW, V8, run!(custom_views::delete)),
    op("custom_views_sort.update_many", Put, SORT, V2_1, run!(custom_views::change_sort)),
    op("custom_views_sort.update_one", Put, SORT_ONE, V2_1, run!(custom_views::change_sort)),
];

const fn op(
    id: &'static str,
    method: Method,
    path: &'static str,
    since: ApiVersion,
    target: Target,
) -> Operation {
    let scope = Fixed("zohocrm.settings.custom_views", method.scope_operation());
    Operation::new(id, method, path, scope, since, target)
}
