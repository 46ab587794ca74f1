//! Related lists, notes and contact roles.

use super::not_yet;

not_yet! {
    "notes" Crm "Notes" [list create update_many delete_many] Fixed("zohocrm.modules.notes") V2;
    "notes" Crm "Notes/{id}" [get update_one delete_one] Fixed("zohocrm.modules.notes") V2;
    "record_notes" Crm "{module}/{id}/Notes" [list create update_many delete_many] Fixed("zohocrm.modules.notes") V2;
    "record_notes" Crm "{module}/{id}/Notes/{related_id}" [get update_one delete_one] Fixed("zohocrm.modules.notes") V2;
    "related_records" Crm "{module}/{id}/{related_list}" [list update_many delete_many] Module() V2;
    "related_records" Crm "{module}/{id}/{related_list}/{related_id}" [get update_one delete_one] Module() V2;
    "related_records_of_deleted" Crm "{module}/deleted/{id}/{related_list}" [list] Module() V8;
    "related_records_count" Crm "{module}/{id}/actions/get_related_records_count" [run] Module() V8;
    "contact_roles" Crm "Contacts/roles" [list create update_many delete_many] Fixed("zohocrm.modules.contacts") V2;
    "contact_roles" Crm "Contacts/roles/{id}" [get update_one delete_one] Fixed("zohocrm.modules.contacts") V2;
    // The published description writes this one path in lower case.
    "contact_roles_lower_case" Crm "contacts/roles" [list create update_many delete_many] Fixed("zohocrm.modules.contacts") V2;
    "contact_roles_lower_case" Crm "contacts/roles/{id}" [get update_one delete_one] Fixed("zohocrm.modules.contacts") V2;
}
