//! Views of modules. Source: "Custom views" of the published API.

use dealwright_engine::metadata::custom_views as read;
use dealwright_engine::settings::custom_views;

use super::Operation;
use super::line::served;

pub(super) static OPERATIONS: &[Operation] = served! {
    "custom_views" Crm "settings/custom_views" [list] Fixed("zohocrm.settings.custom_views") V2 => run read::list;
    "custom_views" Crm "settings/custom_views" [create] Fixed("zohocrm.settings.custom_views") V8 => run custom_views::create;
    "custom_views" Crm "settings/custom_views" [update_many] Fixed("zohocrm.settings.custom_views") V8 => run custom_views::update;
    "custom_views" Crm "settings/custom_views" [delete_many] Fixed("zohocrm.settings.custom_views") V8 => run custom_views::delete;
    "custom_views" Crm "settings/custom_views/{id}" [get] Fixed("zohocrm.settings.custom_views") V2 => run read::get;
    "custom_views" Crm "settings/custom_views/{id}" [update_one] Fixed("zohocrm.settings.custom_views") V8 => run custom_views::update;
    "custom_views" Crm "settings/custom_views/{id}" [delete_one] Fixed("zohocrm.settings.custom_views") V8 => run custom_views::delete;
    "custom_views_sort" Crm "settings/custom_views/actions/change_sort" [update_many] Fixed("zohocrm.settings.custom_views") V2_1 => run custom_views::change_sort;
    "custom_views_sort" Crm "settings/custom_views/{id}/actions/change_sort" [update_one] Fixed("zohocrm.settings.custom_views") V2_1 => run custom_views::change_sort;
};
