//! Customisation and org settings.

use super::not_yet;

not_yet! {
    "modules" Crm "settings/modules" [create update_many] Fixed("zohocrm.settings.modules") V6;
    "modules" Crm "settings/modules/{id}" [update_one] Fixed("zohocrm.settings.modules") V6;
    "modules_link" Crm "settings/modules/{id}/actions/generate_link" [get] Fixed("zohocrm.settings.modules") V8;
    "fields_jobs" Crm "settings/fields/{id}/actions/scheduled_jobs" [list] Fixed("zohocrm.settings.fields") V8;
    "layouts" Crm "settings/layouts" [patch_many] Fixed("zohocrm.settings.layouts") V6;
    "layouts" Crm "settings/layouts/{id}" [patch_one delete_one] Fixed("zohocrm.settings.layouts") V6;
    "layouts_active" Crm "settings/layouts/{id}/actions/activate" [run deactivate] Fixed("zohocrm.settings.layouts") V6;
    "map_dependency" Crm "settings/layouts/{id}/map_dependency" [list create] Fixed("zohocrm.settings.map_dependency") V4;
    "map_dependency" Crm "settings/layouts/{id}/map_dependency/{dependency_id}" [get update_one delete_one] Fixed("zohocrm.settings.map_dependency") V4;
    "global_picklists" Crm "settings/global_picklists" [list create patch_many delete_many] Fixed("zohocrm.settings.global_picklist") V6;
    "global_picklists" Crm "settings/global_picklists/{id}" [get patch_one delete_one] Fixed("zohocrm.settings.global_picklist") V6;
    "global_picklists_associations" Crm "settings/global_picklists/{id}/actions/associations" [list] Fixed("zohocrm.settings.global_picklist") V6;
    "global_picklists_values" Crm "settings/global_picklists/{id}/actions/pick_list_values_associations" [list] Fixed("zohocrm.settings.global_picklist") V6;
    "global_picklists_replace" Crm "settings/global_picklists/{id}/actions/replace_picklist_values" [run] Fixed("zohocrm.settings.global_picklist") V6;
    "global_picklists_replaced" Crm "settings/global_picklists/{id}/actions/replaced_values" [list] Fixed("zohocrm.settings.global_picklist") V6;
    "pipelines" Crm "settings/pipeline" [list create update_many] Fixed("zohocrm.settings.pipeline") V2_1;
    "pipelines" Crm "settings/pipeline/{id}" [get update_one patch_one] Fixed("zohocrm.settings.pipeline") V2_1;
    "pipelines_transfer" Crm "settings/pipeline/actions/transfer" [run] Fixed("zohocrm.settings.pipeline") V2_1;
    "wizards" Crm "settings/wizards" [list] Fixed("zohocrm.settings.wizards") V2_1;
    "wizards" Crm "settings/wizards/{id}" [get] Fixed("zohocrm.settings.wizards") V2_1;
    "duplicate_check_preference" Crm "settings/duplicate_check_preference" [get create update delete] Fixed("zohocrm.settings.duplicate_check_preference") V7;
    "business_hours" Crm "settings/business_hours" [get create update] Fixed("zohocrm.settings.business_hours") V4;
    "shift_hours" Crm "settings/business_hours/shift_hours" [list create update_many] Fixed("zohocrm.settings.business_hours") V4;
    "shift_hours" Crm "settings/business_hours/shift_hours/{id}" [get update_one delete_one] Fixed("zohocrm.settings.business_hours") V4;
    "holidays" Crm "settings/holidays" [list create update_many] Fixed("zohocrm.settings.business_hours") V4;
    "holidays" Crm "settings/holidays/{id}" [get update_one delete_one] Fixed("zohocrm.settings.business_hours") V4;
    "fiscal_year" Crm "settings/fiscal_year" [get update] Fixed("zohocrm.settings.fiscal_year") V5;
    "service_preferences" Crm "settings/service_preferences" [get update] Fixed("zohocrm.settings.modules") V3;
    "appointment_preferences" Crm "settings/appointment_preferences" [get update] Fixed("zohocrm.settings.modules") V3;
    "call_preferences" Crm "settings/call_preferences" [get update] Fixed("zohocrm.settings.modules") V8;
    "unsubscribe_links" Crm "settings/unsubscribe_links" [list create update_many] Fixed("zohocrm.settings.unsubscribe") V6;
    "unsubscribe_links" Crm "settings/unsubscribe_links/{id}" [get update_one delete_one] Fixed("zohocrm.settings.unsubscribe") V6;
    // In the singular, as documented.
    "unsubscribe_links_associations" Crm "settings/unsubscribe_link/actions/associations" [list] Fixed("zohocrm.settings.unsubscribe") V6;
    "portals" Crm "settings/portals" [list create] Fixed("zohocrm.settings.clientportal") V4;
    "portals_meta" Crm "settings/portals/meta" [get] Fixed("zohocrm.settings.clientportal") V4;
    "portals" Crm "settings/portals/{id}" [get update_one] Fixed("zohocrm.settings.clientportal") V4;
    "portal_user_types" Crm "settings/portals/{id}/user_type" [list create] Fixed("zohocrm.settings.clientportal") V4;
    "portal_user_types" Crm "settings/portals/{id}/user_type/{user_type_id}" [get update_one delete_one] Fixed("zohocrm.settings.clientportal") V4;
    "portal_users" Crm "settings/portals/{id}/user_type/{user_type_id}/users" [list delete_many] Fixed("zohocrm.settings.clientportal") V4;
    "portal_users_transfer" Crm "settings/portals/{id}/user_type/{user_type_id}/users/action/transfer" [run] Fixed("zohocrm.settings.clientportal") V4;
    "portal_users_status" Crm "settings/portals/{id}/user_type/{user_type_id}/users/{user_id}/actions/change_status" [update] Fixed("zohocrm.settings.clientportal") V4;
    "audit_log_export" Crm "settings/audit_log_export" [list create] Fixed("zohocrm.settings.audit_logs") V7;
    "audit_log_export" Crm "settings/audit_log_export/{id}" [get] Fixed("zohocrm.settings.audit_logs") V7;
    "signals" Crm "settings/signals" [list] Fixed("zohocrm.signals") V8;
    "currencies" Crm "org/currencies" [list create update_many] Fixed("zohocrm.settings.currencies") V2;
    "currencies" Crm "org/currencies/{id}" [get update_one] Fixed("zohocrm.settings.currencies") V2;
    "currencies_enable" Crm "org/currencies/actions/enable" [run update] Fixed("zohocrm.settings.currencies") V2;
    "currencies_available" Crm "org/currencies/actions/available_currencies" [list] Fixed("zohocrm.settings.currencies") V4;
    "org_photo" Crm "org/photo" [get create delete] Fixed("zohocrm.org") V2_1;
    "email_compose" Email "settings/compose" [get update] Fixed("zohocrm.settings.emails") V8;
    // From here on known from the official clients alone; what scopes they take is told nowhere.
    "email_compose_options" Email "settings/compose/configuration_options" [get update] Fixed("zohocrm.settings.emails") V8;
    "email_signatures" Email "settings/compose/email_signatures" [list create update_many delete_many] Fixed("zohocrm.settings.emails") V8;
    "email_signatures" Email "settings/compose/email_signatures/{id}" [get update_one delete_one] Fixed("zohocrm.settings.emails") V8;
    "webforms" Crm "settings/webforms" [list create] Fixed("zohocrm.settings.webforms") V8;
    "webforms" Crm "settings/webforms/{id}" [get update_one delete_one] Fixed("zohocrm.settings.webforms") V8;
    "webforms_preview" Crm "settings/webforms/{id}/actions/preview" [get] Fixed("zohocrm.settings.webforms") V8;
    "data_enrichment" Crm "settings/zia/data_enrichment" [list] Fixed("zohocrm.settings.zia") V8;
}
