//! What the operations with a body are sent: one entry or more for each of them. An operation that is served, takes a
//! body and has no entry here fails the matrix, so whoever adds one writes down where ids may stand in it.
//!
//! In a text, `<…>` stands for an id (or what follows a dot) that is filled in:
//!
//! - `<record>`: a record of the path's module; `<Deals>`: one of that module; `<module>`: the name of the path's module
//! - `<record.name>`, `<Deals.name>`: its name; `<record.Field>`: its value of a field of that name
//! - `<note>`, `<attachment>`, `<mail>`, …: what hangs on a record of the path's module, see [`super::things`]
//! - `<user>`, `<role>`, `<tag>`, …: what is no secret, see [`World::known`](super::world::World)
//! - `<draft>`, `<change>`: the members of a record, and `<draft:Deals>` those of another module's. The call is made once
//!   for each field of the module that can refer to another record, with that field filled in; with `<draft>` together
//!   with what the record cannot do without
//!
//! All but what is no secret are *places*: each is tried with what is out of reach, what can be read only, and what is
//! not there, while the others name what is the caller's own.

/// The body of an operation.
#[derive(Clone, Copy)]
pub(super) enum Body {
    /// It takes none.
    Nothing,
    /// JSON.
    Json(&'static str),
    /// A file in a multipart body, as the part `file`.
    File(&'static str),
}

/// An operation's id, a module that the entry is for (all of them when empty), and the body.
pub(super) type Entry = (&'static str, &'static str, Body);

use std::sync::OnceLock;

use Body::{File, Json, Nothing};
use dealwright_engine::settings::resource::Member;
use dealwright_server::ops::{Method, Operation, operations};

/// The bodies below, and those of resources whose description says all there is to say.
pub(super) fn all() -> &'static [Entry] {
    static ALL: OnceLock<Vec<Entry>> = OnceLock::new();
    ALL.get_or_init(|| {
        let is_written = |id: &str| BODIES.iter().any(|(entry, ..)| *entry == id);
        let described = operations().filter(|operation| !is_written(operation.id)).filter_map(described);
        BODIES.iter().copied().chain(described).collect()
    })
}

/// The body that a description leads to: every key that can name something names it.
fn described(operation: &Operation) -> Option<Entry> {
    let outline = operation.outline?();
    let text = match operation.method {
        Method::Post | Method::Put | Method::Patch => {
            let member = |member: &Member| {
                let value = match member.kind {
                    "user" => r#""<user>""#,
                    "role" => r#""<role>""#,
                    "profile" => r#""<profile>""#,
                    "territory" => r#""<territory>""#,
                    "setting" => r#""<absent>""#,
                    "boolean" => "true",
                    "jsonobject" => "{}",
                    "jsonarray" => "[]",
                    _ => r#""taken""#,
                };
                format!(r#""{}":{value}"#, member.name)
            };
            let members: Vec<String> = outline.members.iter().map(member).collect();
            let id = if operation.id.ends_with("_many") { r#""id":"<absent>","# } else { "" };
            Json(Box::leak(
                format!(r#"{{"{}":[{{{id}{}}}]}}"#, outline.key, members.join(",")).into_boxed_str(),
            ))
        }
        Method::Get | Method::Delete => return None,
    };
    Some((operation.id, "", text))
}

static BODIES: &[Entry] = &[
    // Records
    ("records.insert", "", Json(r#"{"data":[{<draft>}]}"#)),
    ("records.update_many", "", Json(r#"{"data":[{"id":"<record>",<change>}]}"#)),
    ("records.patch_many", "", Json(r#"{"data":[{"id":"<record>",<change>}]}"#)),
    ("records.update_one", "", Json(r#"{"data":[{<change>}]}"#)),
    ("records.patch_one", "", Json(r#"{"data":[{<change>}]}"#)),
    ("records.upsert", "", Json(r#"{"data":[{<draft>}]}"#)),
    ("records.upsert", "", Json(r#"{"data":[{"id":"<record>",<draft>}]}"#)),
    (
        "records.upsert",
        "Deals",
        Json(
            r#"{"data":[{"Deal_Name":"<record.name>","Stage":"Qualification","Closing_Date":"2027-06-30"}],"duplicate_check_fields":["Deal_Name"]}"#,
        ),
    ),
    (
        "records.upsert",
        "Leads",
        Json(
            r#"{"data":[{"Last_Name":"taken","Company":"taken","Phone":"<record.Phone>"}],"duplicate_check_fields":["Phone"]}"#,
        ),
    ),
    ("records.clone", "", Json(r#"{"data":[{<change>}]}"#)),
    ("photo.put", "", File("taken.png")),
    ("coql.run", "", Json(r#"{"select_query":"select id from <module> where id = '<record>'"}"#)),
    (
        "coql.run",
        "",
        Json(r#"{"select_query":"select count(id) from <module> where id in ('<record>', '1')"}"#),
    ),
    (
        "coql.run",
        "Contacts",
        Json(
            r#"{"select_query":"select id, Account_Name.Phone from <module> where Account_Name = '<Accounts>'"}"#,
        ),
    ),
    (
        "coql.run",
        "Deals",
        Json(
            r#"{"select_query":"select id from Deals where id in (select id from Deals where Deal_Name = '<Deals.name>')"}"#,
        ),
    ),
    (
        "count_by_body.run",
        "",
        Json(r#"{"filters":{"field":{"api_name":"id"},"comparator":"equal","value":"<record>"}}"#),
    ),
    // Conversion
    (
        "convert.run",
        "Leads",
        Json(
            r#"{"data":[{"overwrite":true,"Accounts":{"id":"<Accounts>"},"Contacts":{"id":"<Contacts>"},"Deals":{"id":"<Deals>","Deal_Name":"taken","Stage":"Qualification","Closing_Date":"2027-06-30","Amount":5,"Owner":{"id":"<me>"}}}]}"#,
        ),
    ),
    (
        "convert.run",
        "Leads",
        Json(
            r#"{"data":[{"overwrite":true,"Accounts":"<Accounts>","Contacts":"<Contacts>","Deals":{"Deal_Name":"taken","Stage":"Qualification","Closing_Date":"2027-06-30"}}]}"#,
        ),
    ),
    ("convert.run", "Leads", Json(r#"{"data":[{"Deals":{<draft:Deals>}}]}"#)),
    ("convert.run", "Quotes", Json(r#"{"data":[{"convert_to":[{"module":{"api_name":"Sales_Orders"}}]}]}"#)),
    (
        "convert.run",
        "Sales_Orders",
        Json(r#"{"data":[{"convert_to":[{"module":{"api_name":"Invoices"}}]}]}"#),
    ),
    ("mass_convert.run", "Leads", Json(r#"{"ids":["<record>"],"Deals":{<draft:Deals>}}"#)),
    (
        "mass_convert.run",
        "Quotes",
        Json(
            r#"{"ids":["<record>"],"convert_to":[{"module":{"api_name":"Invoices","id":"<module.Invoices>"}}]}"#,
        ),
    ),
    ("merge.run", "", Json(r#"{"merge":[{"data":[{"id":"<record>"}]}]}"#)),
    (
        "blueprint.update",
        "",
        Json(r#"{"blueprint":[{"transition_id":"1234567890123456789","data":{<change>}}]}"#),
    ),
    // Mass actions
    ("mass_update.run", "", Json(r#"{"data":[{<change>}],"ids":["<record>"]}"#)),
    ("mass_update.run", "Deals", Json(r#"{"data":[{"Next_Step":"taken"}],"cvid":"<view>"}"#)),
    (
        "mass_update.run",
        "Deals",
        Json(
            r#"{"data":[{"Next_Step":"taken"}],"criteria":{"comparator":"equal","field":"Deal_Name","value":"<record.name>"}}"#,
        ),
    ),
    ("mass_delete.run", "", Json(r#"{"ids":["<record>"]}"#)),
    ("mass_delete.run", "Deals", Json(r#"{"cvid":"<view>"}"#)),
    ("change_owner.run", "", Json(r#"{"owner":{"id":"<me>"},"ids":["<record>"]}"#)),
    ("change_owner_one.run", "", Json(r#"{"owner":{"id":"<me>"},"notify":false}"#)),
    (
        "change_owner.run",
        "Accounts",
        Json(
            r#"{"owner":{"id":"<user>"},"ids":["<record>"],"related_modules":[{"api_name":"Deals"},{"api_name":"Contacts"},{"api_name":"Tasks"}]}"#,
        ),
    ),
    (
        "change_owner_one.run",
        "Accounts",
        Json(
            r#"{"owner":{"id":"<user>"},"related_modules":[{"api_name":"Deals"},{"api_name":"Contacts"},{"api_name":"Tasks"}]}"#,
        ),
    ),
    (
        "change_owner_one.run",
        "Contacts",
        Json(r#"{"owner":{"id":"<user>"},"related_modules":[{"api_name":"Deals"},{"api_name":"Tasks"}]}"#),
    ),
    ("mass_change_owner.run", "", Json(r#"{"owner":{"id":"<me>"},"cvid":"<view>"}"#)),
    ("recycle_bin_empty.run", "", Nothing),
    ("recycle_bin_restore.run", "", Json(r#"{"recycle_bin":[{"id":"<deleted>"}]}"#)),
    ("recycle_bin_restore.run", "", Json(r#"{"ids":["<deleted>"]}"#)),
    ("recycle_bin_restore_one.run", "", Nothing),
    ("history.restore", "", Nothing),
    // Notes, related records
    (
        "notes.create",
        "",
        Json(
            r#"{"data":[{"Note_Title":"taken","Note_Content":"taken","Parent_Id":{"id":"<record>","module":{"api_name":"<module>"}}}]}"#,
        ),
    ),
    (
        "notes.create",
        "",
        Json(r#"{"data":[{"Note_Content":"taken","Parent_Id":"<record>","$se_module":"<module>"}]}"#),
    ),
    ("notes.update_many", "", Json(r#"{"data":[{"id":"<note>","Note_Content":"taken"}]}"#)),
    (
        "notes.update_many",
        "",
        Json(r#"{"data":[{"id":"<note>","Parent_Id":{"id":"<record>","module":{"api_name":"<module>"}}}]}"#),
    ),
    ("notes.update_one", "", Json(r#"{"data":[{"Note_Content":"taken"}]}"#)),
    (
        "notes.update_one",
        "",
        Json(r#"{"data":[{"Parent_Id":{"id":"<record>","module":{"api_name":"<module>"}}}]}"#),
    ),
    ("record_notes.create", "", Json(r#"{"data":[{"Note_Title":"taken","Note_Content":"taken"}]}"#)),
    ("record_notes.update_many", "", Json(r#"{"data":[{"id":"<note>","Note_Content":"taken"}]}"#)),
    ("record_notes.update_one", "", Json(r#"{"data":[{"Note_Content":"taken"}]}"#)),
    (
        "related_records.update_many",
        "",
        Json(r#"{"data":[{"id":"<related>","list_price":1,"Contact_Role":{"id":"<contact_role>"}}]}"#),
    ),
    (
        "related_records.update_one",
        "",
        Json(r#"{"data":[{"list_price":1,"Contact_Role":{"id":"<contact_role>"}}]}"#),
    ),
    (
        "related_records_count.run",
        "",
        Json(r#"{"get_related_records_count":[{"related_list":{"api_name":"Notes"}}]}"#),
    ),
    ("contact_roles.create", "", Json(r#"{"contact_roles":[{"name":"taken"}]}"#)),
    ("contact_roles.update_many", "", Json(r#"{"contact_roles":[{"id":"<contact_role>","name":"taken"}]}"#)),
    ("contact_roles.update_one", "", Json(r#"{"contact_roles":[{"name":"taken"}]}"#)),
    ("contact_roles_lower_case.create", "", Json(r#"{"contact_roles":[{"name":"taken"}]}"#)),
    (
        "contact_roles_lower_case.update_many",
        "",
        Json(r#"{"contact_roles":[{"id":"<contact_role>","name":"taken"}]}"#),
    ),
    ("contact_roles_lower_case.update_one", "", Json(r#"{"contact_roles":[{"name":"taken"}]}"#)),
    // Files
    ("files.create", "", File("taken.txt")),
    ("attachments.create", "", File("taken.txt")),
    // Mails
    (
        "send_mail.run",
        "",
        Json(
            r#"{"data":[{"from":{"email":"<me.email>"},"to":[{"email":"x@example.com"}],"subject":"s","content":"c","attachments":[{"id":"<file>"}],"linked_record":{"module":{"api_name":"Deals"},"id":"<Deals>"}}]}"#,
        ),
    ),
    (
        "send_mail.run",
        "",
        Json(
            r#"{"data":[{"from":{"email":"<me.email>"},"to":[{"email":"x@example.com"}],"subject":"s","content":"c"}]}"#,
        ),
    ),
    (
        "send_mail.run",
        "",
        Json(
            r#"{"data":[{"from":{"email":"<me.email>"},"to":[{"email":"x@example.com"}],"subject":"s","content":"c","in_reply_to":{"message_id":"<mail>"}}]}"#,
        ),
    ),
    (
        "send_mail.run",
        "",
        Json(
            r#"{"data":[{"from":{"email":"<me.email>"},"to":[{"email":"x@example.com"}],"template":{"id":"<email_template>"}}]}"#,
        ),
    ),
    (
        "email_drafts.create",
        "",
        Json(
            r#"{"__email_drafts":[{"from":"<me.email>","subject":"s","content":"c","attachments":[{"id":"<file>"}]}]}"#,
        ),
    ),
    (
        "email_drafts.create",
        "",
        Json(r#"{"__email_drafts":[{"from":"<me.email>","template":{"id":"<email_template>"}}]}"#),
    ),
    ("email_drafts.update_many", "", Json(r#"{"__email_drafts":[{"id":"<draft_mail>","subject":"taken"}]}"#)),
    ("email_drafts.update_one", "", Json(r#"{"__email_drafts":[{"subject":"taken"}]}"#)),
    (
        "associate_email.run",
        "",
        Json(
            r#"{"Emails":[{"from":{"email":"x@example.com"},"to":[{"email":"<me.email>"}],"subject":"s","content":"c","original_message_id":"<new>","sent":false,"date_time":"2027-01-10T10:00:00Z","linked_record":{"module":{"api_name":"Deals"},"id":"<Deals>"}}]}"#,
        ),
    ),
    (
        "associate_email.run",
        "",
        Json(
            r#"{"Emails":[{"from":{"email":"x@example.com"},"to":[{"email":"<me.email>"}],"subject":"s","content":"c","original_message_id":"<new>","sent":false,"date_time":"2027-01-10T10:00:00Z"}]}"#,
        ),
    ),
    ("unblock_email.run", "", Json(r#"{"unblock_fields":["Email"]}"#)),
    ("unblock_emails.run", "", Json(r#"{"unblock_fields":["Email"],"ids":["<record>"]}"#)),
    ("share_emails_one.run", "", Nothing),
    ("unshare_emails_one.run", "", Nothing),
    ("share_emails.run", "", Json(r#"{"ids":["<record>"]}"#)),
    ("unshare_emails.run", "", Json(r#"{"ids":["<record>"]}"#)),
    (
        "send_mail_merge.run",
        "",
        Json(
            r#"{"send_mail_merge":[{"mail_merge_template":{"name":"Introduction"},"from_address":{"type":"email","value":"<me.email>"},"to_address":[{"type":"email","value":"x@example.com"}],"subject":"s","message":"m","type":"inline"}]}"#,
        ),
    ),
    (
        "download_mail_merge.run",
        "",
        Json(
            r#"{"download_mail_merge":[{"mail_merge_template":{"name":"Introduction"},"output_format":"html"}]}"#,
        ),
    ),
    ("cancel_meeting.run", "Events", Json(r#"{"data":[{"send_cancelling_mail":true}]}"#)),
    // Tags, territories, shares, locks
    ("record_tags_add.run", "", Json(r#"{"tags":[{"name":"taken"}]}"#)),
    ("record_tags_remove.run", "", Json(r#"{"tags":[{"name":"public"}]}"#)),
    ("tags_add.run", "", Json(r#"{"tags":[{"name":"taken"}],"ids":["<record>"]}"#)),
    ("tags_remove.run", "", Json(r#"{"tags":[{"name":"public"}],"ids":["<record>"]}"#)),
    ("assign_territories_one.run", "", Json(r#"{"data":[{"Territories":[{"id":"<territory>"}]}]}"#)),
    ("remove_territories_one.run", "", Json(r#"{"data":[{"Territories":[{"id":"<territory>"}]}]}"#)),
    (
        "assign_territories.run",
        "",
        Json(r#"{"data":[{"id":"<record>","Territories":[{"id":"<territory>"}]}]}"#),
    ),
    (
        "remove_territories.run",
        "",
        Json(r#"{"data":[{"id":"<record>","Territories":[{"id":"<territory>"}]}]}"#),
    ),
    (
        "share.create",
        "",
        Json(
            r#"{"share":[{"shared_with":{"id":"<role.own>","type":"roles"},"permission":"full_access","share_related_records":true}]}"#,
        ),
    ),
    (
        "share.update",
        "",
        Json(
            r#"{"share":[{"shared_with":{"id":"<role.own>","type":"roles"},"permission":"full_access","share_related_records":true}]}"#,
        ),
    ),
    ("record_locks.create", "", Json(r#"{"data":[{"Locked_Reason__s":"taken"}]}"#)),
    ("record_locks.update_one", "", Json(r#"{"data":[{"Locked_Reason__s":"taken"}]}"#)),
    ("enrol_in_cadences.run", "", Json(r#"{"cadences_ids":["1234567890123456789"],"ids":["<record>"]}"#)),
    ("unenrol_from_cadences.run", "", Json(r#"{"cadences_ids":["1234567890123456789"],"ids":["<record>"]}"#)),
    // Settings
    (
        "custom_views.create",
        "",
        Json(
            r#"{"custom_views":[{"name":"taken <new>","display_value":"taken <new>","fields":[{"api_name":"id"}],"criteria":{"comparator":"equal","field":{"api_name":"id"},"value":"<record>"}}]}"#,
        ),
    ),
    ("custom_views.update_many", "", Json(r#"{"custom_views":[{"id":"<view>","name":"taken <new>"}]}"#)),
    ("custom_views.update_one", "", Json(r#"{"custom_views":[{"name":"taken <new>"}]}"#)),
    (
        "custom_views_sort.update_many",
        "",
        Json(r#"{"custom_views":[{"id":"<view>","sort_by":{"api_name":"id"},"sort_order":"asc"}]}"#),
    ),
    (
        "custom_views_sort.update_one",
        "",
        Json(r#"{"custom_views":[{"sort_by":{"api_name":"id"},"sort_order":"asc"}]}"#),
    ),
    ("tags.create", "", Json(r#"{"tags":[{"name":"<new>"}]}"#)),
    ("tags.update_many", "", Json(r#"{"tags":[{"id":"<tag>","name":"public"}]}"#)),
    ("tags.update_one", "", Json(r#"{"tags":[{"name":"public"}]}"#)),
    ("tags_merge.run", "", Json(r#"{"tags":[{"conflict_id":"<tag>"}]}"#)),
    (
        "tags_mass_delete.run",
        "",
        Json(r#"{"mass_delete":[{"module":{"api_name":"<module>"},"tags":[{"id":"<absent>"}]}]}"#),
    ),
    ("org_taxes.create", "", Json(r#"{"org_taxes":{"taxes":[{"name":"taken","value":5}]}}"#)),
    ("org_taxes.update_many", "", Json(r#"{"org_taxes":{"taxes":[{"name":"taken","value":6}]}}"#)),
    ("fields.create", "", Json(r#"{"fields":[{"field_label":"taken","data_type":"text"}]}"#)),
    ("fields.update_many", "", Json(r#"{"fields":[{"id":"<field>","field_label":"taken"}]}"#)),
    ("fields.update_one", "", Json(r#"{"fields":[{"field_label":"taken"}]}"#)),
    (
        "blueprints.create",
        "",
        Json(
            r#"{"blueprints":[{"name":"taken","module":"Leads","field":"Lead_Status","transitions":[{"name":"a","from":["Not Contacted"],"to":"Contacted"}]}]}"#,
        ),
    ),
    ("blueprints.update_many", "", Json(r#"{"blueprints":[{"id":"<absent>","active":false}]}"#)),
    ("blueprints.update_one", "", Json(r#"{"blueprints":[{"active":false}]}"#)),
    (
        "record_locking_configurations.create",
        "",
        Json(r#"{"record_locking_configurations":[{"lock_type":"manual","locked_for":"all_profiles"}]}"#),
    ),
    (
        "record_locking_configurations.update_many",
        "",
        Json(r#"{"record_locking_configurations":[{"id":"<absent>","restricted_actions":["update"]}]}"#),
    ),
    (
        "record_locking_configurations.update_one",
        "",
        Json(r#"{"record_locking_configurations":[{"restricted_actions":["update"]}]}"#),
    ),
    // People
    (
        "users.create",
        "",
        Json(
            r#"{"users":[{"last_name":"taken","email":"taken@example.com","role":"<role>","profile":"<profile>"}]}"#,
        ),
    ),
    ("users.update_many", "", Json(r#"{"users":[{"id":"<user>","last_name":"taken"}]}"#)),
    ("users.update_one", "", Json(r#"{"users":[{"last_name":"taken"}]}"#)),
    ("users_territories.update_many", "", Json(r#"{"territories":[{"id":"<territory>"}]}"#)),
    ("users_territories.update_one", "", Json(r#"{"territories":[{"id":"<territory>"}]}"#)),
    (
        "users_unavailability.create",
        "",
        Json(
            r#"{"users_unavailability":[{"comments":"taken","from":"2027-02-01T09:00:00+01:00","to":"2027-02-02T09:00:00+01:00","user":{"id":"<user>"}}]}"#,
        ),
    ),
    (
        "users_unavailability.update_many",
        "",
        Json(r#"{"users_unavailability":[{"id":"<unavailability>","comments":"taken"}]}"#),
    ),
    ("users_unavailability.update_one", "", Json(r#"{"users_unavailability":[{"comments":"taken"}]}"#)),
    ("roles.create", "", Json(r#"{"roles":[{"name":"taken"}]}"#)),
    ("roles.update_many", "", Json(r#"{"roles":[{"id":"<role>","name":"taken"}]}"#)),
    ("roles.update_one", "", Json(r#"{"roles":[{"name":"taken"}]}"#)),
    ("profiles.update_one", "", Json(r#"{"profiles":[{"description":"taken"}]}"#)),
    ("profiles.patch_one", "", Json(r#"{"profiles":[{"description":"taken"}]}"#)),
    ("profiles_clone.run", "", Json(r#"{"profiles":[{"name":"taken"}]}"#)),
    ("territories.create", "", Json(r#"{"territories":[{"name":"taken"}]}"#)),
    ("territories.update_many", "", Json(r#"{"territories":[{"id":"<territory>","name":"taken"}]}"#)),
    ("territories.update_one", "", Json(r#"{"territories":[{"name":"taken"}]}"#)),
    (
        "territories_transfer.run",
        "",
        Json(r#"{"transfer_and_delete":[{"id":"<territory>","transfer_to_id":"<territory>"}]}"#),
    ),
    (
        "territories_transfer_one.run",
        "",
        Json(r#"{"transfer_and_delete":[{"transfer_to_id":"<territory>"}]}"#),
    ),
    ("territory_users.update_many", "", Json(r#"{"users":[{"id":"<user>"}]}"#)),
    ("territory_users.update_one", "", Json(r#"{"users":[{"id":"<user>"}]}"#)),
    (
        "data_sharing.update_many",
        "",
        Json(r#"{"data_sharing":[{"share_type":"public","module":{"api_name":"Deals"}}]}"#),
    ),
    (
        "sharing_rules.create",
        "",
        Json(
            r#"{"sharing_rules":[{"name":"taken","type":"Record_Owner_Based","permission_type":"read","shared_from":{"type":"roles","resource":{"id":"<role>"}},"shared_to":{"type":"roles","resource":{"id":"<role.own>"}}}]}"#,
        ),
    ),
    (
        "sharing_rules.update_many",
        "",
        Json(r#"{"sharing_rules":[{"id":"<absent>","permission_type":"read"}]}"#),
    ),
    ("sharing_rules.update_one", "", Json(r#"{"sharing_rules":[{"permission_type":"read"}]}"#)),
    ("sharing_rules.activate", "", Nothing),
    (
        "user_groups.create",
        "",
        Json(r#"{"user_groups":[{"name":"taken","sources":[{"type":"users","source":{"id":"<user>"}}]}]}"#),
    ),
    ("user_groups.update_many", "", Json(r#"{"user_groups":[{"id":"<group>","description":"taken"}]}"#)),
    ("user_groups.update_one", "", Json(r#"{"user_groups":[{"description":"taken"}]}"#)),
];

/// What operations are asked in their queries, where ids may stand in those. An operation's id, or a part of its path that
/// ends with `*`; the module; the query.
pub(super) static QUERIES: &[(&str, &str, &str)] = &[
    ("records.list", "", "fields=id&ids=<record>"),
    ("records.list", "", "fields=id&cvid=<view>"),
    (
        "records.list",
        "Accounts",
        r#"fields=id&cross_filters=[{"include_objects":true,"relation":{"api_name":"Deals"},"criteria":{"comparator":"equal","field":{"api_name":"Deal_Name"},"value":"<Deals.name>"}}]"#,
    ),
    ("records.list", "", "fields=id&page_token=<page_token>"),
    ("records.search", "", "criteria=(id:equals:<record>)"),
    ("records.search", "", "word=<record.serial>"),
    ("records.search", "Deals", "criteria=(Account_Name.Account_Name:equals:<Accounts.name>)"),
    ("records.search", "Deals", "criteria=(Account_Name:equals:<Accounts>)"),
    ("records.search", "Contacts", "criteria=(Account_Name.Phone:equals:<Accounts.Phone>)"),
    ("records.search", "", "phone=<record.Phone>"),
    ("records.search", "Leads", "email=<record.Email>"),
    ("records.count", "", "cvid=<view>"),
    ("records.count", "", "criteria=(id:equals:<record>)"),
    ("records.deleted", "", "ids=<deleted>"),
    ("records.delete_many", "", "ids=<record>"),
    ("records.full_data_many", "", "ids=<record>"),
    ("photo.get", "", "id=<record>"),
    ("notes.list", "", "fields=id&ids=<note>"),
    ("notes.delete_many", "", "ids=<note>"),
    ("record_notes.delete_many", "", "ids=<note>"),
    ("attachments.delete_many", "", "ids=<attachment>"),
    ("related_records.delete_many", "", "ids=<related>"),
    ("field_attachment.get", "Leads", "fields_attachment_id=<field_file>"),
    ("files.get", "", "id=<file>"),
    ("emails.list", "", "owner_id=<user>"),
    ("email_attachments.get", "", "message_id=<mail>&id=1&user_id=<user>"),
    ("email_inline_images.get", "", "message_id=<mail>&id=1&user_id=<user>"),
    ("email_available.get", "", "original_message_id=<mail>"),
    ("mass_update.status", "", "job_id=<job>"),
    ("mass_delete.status", "", "job_id=<job>"),
    ("mass_convert.status", "", "job_id=<job>"),
    ("mass_change_owner.status", "", "job_id=<job>"),
    ("merge.status", "", "job_id=<job>"),
    ("tags_mass_delete.status", "", "job_id=<job>"),
    ("recycle_bin.list", "", "ids=<deleted>"),
    ("recycle_bin.delete_many", "", "ids=<deleted>"),
    ("custom_views.delete_many", "", "ids=<view>"),
    ("share.list", "", "sharedTo=<user>"),
];

/// What paths do not go without: the beginning of a path, and the query.
pub(super) static ALWAYS: &[(&str, &str)] = &[
    ("settings/custom_views", "module=<module>"),
    ("settings/tags", "module=<module>"),
    ("settings/fields", "module=<module>"),
    ("settings/layouts", "module=<module>"),
    ("settings/related_lists", "module=<module>"),
    ("settings/record_locking_configurations", "module=<module>"),
    ("settings/data_sharing/rules", "module=<module>"),
];
