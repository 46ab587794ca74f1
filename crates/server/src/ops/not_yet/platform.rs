//! Bulk work, notifications, queries, and what else belongs to no single resource.

use super::not_yet;

not_yet! {
    "graphql" Unversioned "graphql" [run] FixedAs("zohocrm.graphql", "READ") V8;
    "composite" Crm "__composite_requests" [run] FixedAs("zohocrm.composite_requests", "CUSTOM") V3;
    "features" Crm "__features" [list] Fixed("zohocrm.features") V6;
    "features" Crm "__features/{id}" [get] Fixed("zohocrm.features") V6;
    "features_user_licenses" Crm "__features/user_licenses" [get] Fixed("zohocrm.features") V6;
    "features_data_enrichment" Crm "__features/data_enrichment" [get] Fixed("zohocrm.features") V6;
    "notifications" Crm "actions/watch" [list create update patch delete] Fixed("zohocrm.notifications") V2;
    "signals_notifications" Crm "signals/notifications" [create] Fixed("zohocrm.signals") V8;
    "approvals" Crm "approvals" [list] Fixed("zohocrm.modules.approvals") V2;
    "approvals" Crm "approvals/{id}" [get] Fixed("zohocrm.modules.approvals") V2;
    "functions" Crm "functions/{id}/actions/execute" [get run] Fixed("zohocrm.functions.execute") V2;
    "org_enrichment" Crm "__zia_org_enrichment" [list create] Fixed("zohocrm.zia.enrichment") V7;
    "org_enrichment" Crm "__zia_org_enrichment/{id}" [get] Fixed("zohocrm.zia.enrichment") V7;
    "people_enrichment" Crm "__zia_people_enrichment" [list create] Fixed("zohocrm.zia.enrichment") V7;
    "people_enrichment" Crm "__zia_people_enrichment/{id}" [get] Fixed("zohocrm.zia.enrichment") V7;
    "upload" Crm "upload" [create] Fixed("zohofiles.files") V2;
    "bulk_read" Bulk "read" [create] Fixed("zohocrm.bulk") V2;
    "bulk_read" Bulk "read/{id}" [get] Fixed("zohocrm.bulk") V2;
    "bulk_read_result" Bulk "read/{id}/result" [get] Fixed("zohocrm.bulk") V2;
    "bulk_write" Bulk "write" [create] Fixed("zohocrm.bulk") V2;
    "bulk_write" Bulk "write/{id}" [get] Fixed("zohocrm.bulk") V2;
    "bulk_write_result" Bulk "write/{id}/result" [get] Fixed("zohocrm.bulk") V2;
    "backup" Bulk "backup" [list create] Fixed("zohocrm.bulk.backup") V4;
    "backup_history" Bulk "backup/history" [list] Fixed("zohocrm.bulk.backup") V4;
    "backup_urls" Bulk "backup/urls" [list] Fixed("zohocrm.bulk.backup") V4;
    "backup_cancel" Bulk "backup/{id}/actions/cancel" [update] Fixed("zohocrm.bulk.backup") V4;
}
