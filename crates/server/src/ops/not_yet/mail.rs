//! E-mails of records.

use super::not_yet;

not_yet! {
    "sign_mail_merge" Crm "{module}/{id}/actions/sign_mail_merge" [run] Fixed("zohocrm.settings.mailmerge") V5;
}
