//! E-mails of records.

use super::not_yet;

not_yet! {
    "emails" Crm "{module}/{id}/Emails" [list] Fixed("zohocrm.modules.emails") V2;
    "emails" Crm "{module}/{id}/Emails/{related_id}" [get] Fixed("zohocrm.modules.emails") V2;
    "email_attachments" Crm "{module}/{id}/Emails/actions/download_attachments" [get] Fixed("zohocrm.modules.emails") V4;
    "email_inline_images" Crm "{module}/{id}/Emails/actions/download_inline_images" [get] Fixed("zohocrm.modules.emails") V4;
    "email_drafts" Crm "{module}/{id}/__email_drafts" [list create update_many] Fixed("zohocrm.modules.emails") V6;
    "email_drafts" Crm "{module}/{id}/__email_drafts/{related_id}" [get update_one delete_one] Fixed("zohocrm.modules.emails") V6;
    "emails_sharing_details" Crm "{module}/{id}/__emails_sharing_details" [get] Fixed("zohocrm.settings.emails") V8;
    "send_mail" Crm "{module}/{id}/actions/send_mail" [run] Branch("zohocrm.send_mail") V2_1;
    "associate_email" Crm "{module}/{id}/actions/associate_email" [run] Fixed("zohocrm.modules.emails") V4;
    "unblock_email" Crm "{module}/{id}/actions/unblock_email" [run] Module() V6;
    "unblock_emails" Crm "{module}/actions/unblock_email" [run] Module() V6;
    "share_emails_one" Crm "{module}/{id}/actions/share_emails" [run] Module() V8;
    "unshare_emails_one" Crm "{module}/{id}/actions/unshare_emails" [run] Module() V8;
    "share_emails" Crm "{module}/actions/share_emails" [run] Module() V8;
    "unshare_emails" Crm "{module}/actions/unshare_emails" [run] Module() V8;
    "send_mail_merge" Crm "{module}/{id}/actions/send_mail_merge" [run] Fixed("zohocrm.settings.mailmerge") V5;
    "download_mail_merge" Crm "{module}/{id}/actions/download_mail_merge" [run] Fixed("zohocrm.settings.mailmerge") V5;
    "sign_mail_merge" Crm "{module}/{id}/actions/sign_mail_merge" [run] Fixed("zohocrm.settings.mailmerge") V5;
    "cancel_meeting" Crm "{module}/{id}/actions/cancel" [run] Module() V2_1;
    "email_available" Crm "actions/email_available" [get] Fixed("zohocrm.modules.emails") V8;
    "email_from_addresses" Crm "settings/emails/actions/from_addresses" [list] Fixed("zohocrm.settings.emails") V4;
}
