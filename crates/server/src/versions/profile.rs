//! How each version treats records.
//!
//! Sources: the version tables of the published change log and the differences between the official client models
//! of each generation. A flag without a remark is settled by both.

use dealwright_wire::Profile;

/// What all versions share, in the newest version's form. Each version below it states its differences.
const NEWEST: Profile = Profile {
    name: "v8",
    order: 80,
    list_needs_fields: true,
    sort_by_any_field: false,
    page_ceiling: Some(2_000),
    page_tokens: true,
    info_sort: true,
    json_path: true,
    accepts_failures: false,
    flat_line_items: false,
    subforms_replace: false,
    tag_color: true,
    // Strings in every version: the published samples show nothing else, and numbers of this size lose digits
    // in JavaScript.
    bigint_numbers: false,
    // From v4 on in the published samples.
    approval_state: true,
    // Source: the error tables of deletion; v2 to v7 have the other code.
    bad_ids_are_invalid_data: true,
    suffixed_file_keys: true,
    attachments_need_fields: true,
    file_named_in_message: true,
    reminder_units_are_text: false,
    tax_names: false,
    taxes_in_list: false,
    bare_conversion: false,
    tags_in_query: false,
    notes_se_module: false,
    notes_need_content: false,
    related_page_tokens: true,
    activity_lists: false,
    contact_role_names: false,
    share_user: false,
    emails_root: true,
    older_variable_types: false,
    guide: false,
};

/// Before v8, whose published schema has other names, variables have the types of the reference's tables.
const V7: Profile =
    Profile { name: "v7", order: 70, bad_ids_are_invalid_data: false, older_variable_types: true, ..NEWEST };

/// Before v6 notes name their parent's module beside it. Up to which version they need content is not published;
/// v6 is where their form changed.
const V5: Profile = Profile { name: "v5", order: 50, notes_se_module: true, notes_need_content: true, ..V7 };

/// Before v5 the keys of files have no suffix, and attachments are listed whole. The client models of v5 are the first
/// known with taxes in one object, those of v2.1 the last with a list.
const V4: Profile = Profile {
    name: "v4",
    order: 40,
    suffixed_file_keys: false,
    attachments_need_fields: false,
    taxes_in_list: true,
    ..V5
};

/// Up to v3 a subform in an update is the whole list; from v4 on it is added to.
/// The exact version is not published: v4 is the first whose client models show `_delete`.
const V3: Profile = Profile {
    name: "v3",
    order: 30,
    // `sort_by` and `sort_order` of `info` are first modelled in v4.
    info_sort: false,
    // The client models of v2 to v3 list the message without a name.
    file_named_in_message: false,
    subforms_replace: true,
    approval_state: false,
    // Source: "Add tags" and "Remove tags" of v3, and the client models of v4.
    tags_in_query: true,
    // The client models of v4 are the first with the root `Emails`.
    emails_root: false,
    // The tokens of related lists are first documented in v4.
    related_page_tokens: false,
    // The client models of v4 are the first to know deal contact roles as a resource of their own.
    contact_role_names: true,
    // The version that the founding guide is written for.
    guide: true,
    ..V4
};

/// Before v3: whole records in lists, any sort field, pages without an end and without tokens, no `json_path`.
const V2_1: Profile = Profile {
    name: "v2.1",
    order: 21,
    list_needs_fields: false,
    sort_by_any_field: true,
    page_ceiling: None,
    page_tokens: false,
    json_path: false,
    bare_conversion: true,
    share_user: true,
    // `Activities` is a module in v2 and v2.1 only.
    activity_lists: true,
    // The client models of v3 are the first with a number.
    reminder_units_are_text: true,
    guide: false,
    ..V3
};

/// By version, in the order of [`super::ApiVersion`].
pub static PROFILES: [Profile; 8] = [
    // v2: line items as `Product_Details` with lower-case keys, tags without a colour, taxes without an id.
    // Its clients take a write that was processed and in which nothing succeeded for accepted.
    Profile {
        name: "v2",
        order: 20,
        accepts_failures: true,
        flat_line_items: true,
        tag_color: false,
        tax_names: true,
        ..V2_1
    },
    V2_1,
    V3,
    V4,
    V5,
    Profile { name: "v6", order: 60, ..V7 },
    V7,
    NEWEST,
];
