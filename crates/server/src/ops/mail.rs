//! E-mails of records. Source: "Send mail", "E-mail related records", "E-mail drafts", "Associate e-mail", "Record share
//! e-mail", "Unblock e-mail", "Mail merge", "Cancel meetings", "From addresses" and the templates of the published API.

use dealwright_engine::mail;

use super::operation::Method::{Delete, Get, Post, Put};
use super::operation::{Operation, run};
use super::scope::ScopeRule::{self, Branch, Fixed, Module};
use crate::versions::ApiVersion::{V2, V2_1, V4, V5, V6, V8};

const EMAILS: &str = "zohocrm.modules.emails";
const SEND: ScopeRule = Branch("zohocrm.send_mail", "CREATE");
const MERGE: ScopeRule = Fixed("zohocrm.settings.mailmerge", "CREATE");
const CREATE: ScopeRule = Module("CREATE");
const READ_MAILS: ScopeRule = Fixed(EMAILS, "READ");
/// What mail merge makes so far.
const HTML_ONLY: &str = "PDF, DOCX and passwords: the output is HTML";
const DRAFTS: &str = "{module}/{id}/__email_drafts";
const DRAFT: &str = "{module}/{id}/__email_drafts/{related_id}";

pub(super) static OPERATIONS: &[Operation] = &[
    Operation::new(
        "send_mail.run",
        Post,
        "{module}/{id}/actions/send_mail",
        SEND,
        V2_1,
        run!(mail::send_mail),
    ),
    Operation::new("emails.list", Get, "{module}/{id}/Emails", READ_MAILS, V2, run!(mail::list_emails)),
    Operation::new(
        "emails.get",
        Get,
        "{module}/{id}/Emails/{related_id}",
        READ_MAILS,
        V2,
        run!(mail::get_email),
    ),
    Operation::new(
        "email_attachments.get",
        Get,
        "{module}/{id}/Emails/actions/download_attachments",
        READ_MAILS,
        V4,
        run!(mail::download_attachments),
    ),
    Operation::new(
        "email_inline_images.get",
        Get,
        "{module}/{id}/Emails/actions/download_inline_images",
        READ_MAILS,
        V4,
        run!(mail::download_inline_images),
    ),
    Operation::new("email_drafts.list", Get, DRAFTS, READ_MAILS, V6, run!(mail::list_drafts)),
    Operation::new(
        "email_drafts.create",
        Post,
        DRAFTS,
        Fixed(EMAILS, "CREATE"),
        V6,
        run!(mail::create_drafts),
    ),
    Operation::new(
        "email_drafts.update_many",
        Put,
        DRAFTS,
        Fixed(EMAILS, "UPDATE"),
        V6,
        run!(mail::update_drafts),
    ),
    Operation::new("email_drafts.get", Get, DRAFT, READ_MAILS, V6, run!(mail::get_draft)),
    Operation::new(
        "email_drafts.update_one",
        Put,
        DRAFT,
        Fixed(EMAILS, "UPDATE"),
        V6,
        run!(mail::update_draft),
    ),
    Operation::new(
        "email_drafts.delete_one",
        Delete,
        DRAFT,
        Fixed(EMAILS, "DELETE"),
        V6,
        run!(mail::delete_draft),
    ),
    Operation::new(
        "emails_sharing_details.get",
        Get,
        "{module}/{id}/__emails_sharing_details",
        Fixed("zohocrm.settings.emails", "READ"),
        V8,
        run!(mail::emails_sharing_details),
    ),
    Operation::new(
        "associate_email.run",
        Post,
        "{module}/{id}/actions/associate_email",
        Fixed(EMAILS, "CREATE"),
        V4,
        run!(mail::associate_email),
    ),
    Operation::new(
        "email_available.get",
        Get,
        "actions/email_available",
        READ_MAILS,
        V8,
        run!(mail::email_available),
    ),
    Operation::new(
        "unblock_email.run",
        Post,
        "{module}/{id}/actions/unblock_email",
        CREATE,
        V6,
        run!(mail::unblock_email),
    ),
    Operation::new(
        "unblock_emails.run",
        Post,
        "{module}/actions/unblock_email",
        CREATE,
        V6,
        run!(mail::unblock_emails),
    ),
    Operation::new(
        "share_emails_one.run",
        Post,
        "{module}/{id}/actions/share_emails",
        CREATE,
        V8,
        run!(mail::share_emails_one),
    ),
    Operation::new(
        "unshare_emails_one.run",
        Post,
        "{module}/{id}/actions/unshare_emails",
        CREATE,
        V8,
        run!(mail::unshare_emails_one),
    ),
    Operation::new(
        "share_emails.run",
        Post,
        "{module}/actions/share_emails",
        CREATE,
        V8,
        run!(mail::share_emails),
    ),
    Operation::new(
        "unshare_emails.run",
        Post,
        "{module}/actions/unshare_emails",
        CREATE,
        V8,
        run!(mail::unshare_emails),
    ),
    Operation::new(
        "send_mail_merge.run",
        Post,
        "{module}/{id}/actions/send_mail_merge",
        MERGE,
        V5,
        run!(mail::send_mail_merge),
    )
    .lacks(HTML_ONLY),
    Operation::new(
        "download_mail_merge.run",
        Post,
        "{module}/{id}/actions/download_mail_merge",
        MERGE,
        V5,
        run!(mail::download_mail_merge),
    )
    .lacks(HTML_ONLY),
    Operation::new(
        "cancel_meeting.run",
        Post,
        "{module}/{id}/actions/cancel",
        CREATE,
        V2_1,
        run!(mail::cancel_meeting),
    ),
    Operation::new(
        "email_from_addresses.list",
        Get,
        "settings/emails/actions/from_addresses",
        Fixed("zohocrm.settings.emails", "READ"),
        V4,
        run!(mail::from_addresses),
    ),
    Operation::new(
        "email_templates.list",
        Get,
        "settings/email_templates",
        Fixed("zohocrm.templates.email", "READ"),
        V2_1,
        run!(mail::list_email_templates),
    ),
    Operation::new(
        "email_templates.get",
        Get,
        "settings/email_templates/{id}",
        Fixed("zohocrm.templates.email", "READ"),
        V2_1,
        run!(mail::get_email_template),
    ),
    Operation::new(
        "inventory_templates.list",
        Get,
        "settings/inventory_templates",
        Fixed("zohocrm.templates.inventory", "READ"),
        V2_1,
        run!(mail::list_inventory_templates),
    ),
    Operation::new(
        "inventory_templates.get",
        Get,
        "settings/inventory_templates/{id}",
        Fixed("zohocrm.templates.inventory", "READ"),
        V2_1,
        run!(mail::get_inventory_template),
    ),
];
