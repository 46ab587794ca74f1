//! Attachments and files.

use super::not_yet;

not_yet! {
    "attachments" Crm "{module}/{id}/Attachments" [list create delete_many] Fixed("zohocrm.modules.attachments") V2;
    "attachments" Crm "{module}/{id}/Attachments/{related_id}" [get delete_one] Fixed("zohocrm.modules.attachments") V2;
    "field_attachment" Crm "{module}/{id}/actions/download_fields_attachment" [get] Module() V2_1;
    "rich_text" Crm "{module}/{id}/actions/download_rich_text" [get] Module() V8;
    "files" Crm "files" [create get] Fixed("zohocrm.files") V2;
}
