//! What a version of the API expects of the record path, as plain flags.
//!
//! The engine speaks the newest version; these flags are the only trace of the others that it sees.
//! Which version has which flags is decided in the server's `versions` folder.

/// How the server treats callers where the founding guide and the reference service differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compat {
    /// Accepts what the guide shows and the reference service refuses. The default.
    #[default]
    Lenient,
    /// Answers as the reference service does, refusals and limits included.
    Strict,
}

/// What `PUT /crm/v3/{module}/{id}` does in lenient mode: the guide shows it as a replacement, the reference service
/// changes what is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PutV3 {
    /// Replaces when the body holds every mandatory field and no official SDK sent it; else merges. The default.
    #[default]
    Guide,
    /// Changes the fields that are named.
    Merge,
    /// Empties the fields that are not; mandatory ones must be sent.
    Replace,
}

/// Behaviours of one API version on the record path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// As it stands in the path: `v2.1`.
    pub name: &'static str,
    /// Rises with the version: 20, 21, 30 … 80.
    pub order: u8,
    /// `fields` must be given when listing records.
    pub list_needs_fields: bool,
    /// Any field may be named in `sort_by`, not only id and the two times.
    pub sort_by_any_field: bool,
    /// Page numbers reach this many rows; beyond, a page token is needed.
    pub page_ceiling: Option<u32>,
    /// `info` carries `next_page_token` and its companions.
    pub page_tokens: bool,
    /// `info` carries `sort_by` and `sort_order`.
    pub info_sort: bool,
    /// Error details carry `json_path`.
    pub json_path: bool,
    /// A write of records of which none succeeded is accepted all the same: 202 and not 400.
    pub accepts_failures: bool,
    /// Line items travel as `Product_Details` with lower-case keys.
    pub flat_line_items: bool,
    /// Subform rows that an update does not mention are deleted.
    pub subforms_replace: bool,
    /// Tags carry `color_code`.
    pub tag_color: bool,
    /// Big integers travel as numbers, not strings.
    pub bigint_numbers: bool,
    /// Answers to writes carry `$approval_state`.
    pub approval_state: bool,
    /// Ids in a query that are no numerals are `INVALID_DATA`; else `UNABLE_TO_PARSE_DATA_TYPE`.
    pub bad_ids_are_invalid_data: bool,
    /// File and image fields show their keys with the suffix `__s`: `File_Id__s`, `File_Name__s`.
    pub suffixed_file_keys: bool,
    /// Listing attachments needs `fields`.
    pub attachments_need_fields: bool,
    /// The answer to an upload names the file in its message.
    pub file_named_in_message: bool,
    /// Converting a lead answers with bare ids and without a code.
    pub bare_conversion: bool,
    /// Tags to add or remove stand in the query, and locked records are counted in a number.
    pub tags_in_query: bool,
    /// Reminders give their unit as text.
    pub reminder_units_are_text: bool,
    /// Taxes of products are shown by name alone.
    pub tax_names: bool,
    /// The taxes of the organisation stand in a list and are answered one by one; else in one object.
    pub taxes_in_list: bool,
    /// Notes show `$se_module` beside their parent; else the parent carries its module.
    pub notes_se_module: bool,
    /// A note must have content; else a title alone is enough.
    pub notes_need_content: bool,
    /// Related lists and notes carry `next_page_token` and its companions.
    pub related_page_tokens: bool,
    /// Open and closed activities of a record also stand in one list each: `Activities`, `Activities_History`.
    pub activity_lists: bool,
    /// The role of a deal's contact is its plain name; else `{"name","id"}`.
    pub contact_role_names: bool,
    /// A share shows its user under `user`; else under `shared_with`.
    pub share_user: bool,
    /// E-mails of a record stand under `Emails`; else under `email_related_list`.
    pub emails_root: bool,
    /// Two types of variables go by `decimal` and `url`; else by `double` and `website`.
    pub older_variable_types: bool,
    /// `PUT` of one record replaces it in lenient mode: the guide's own version.
    pub guide: bool,
}
