//! Files of rich text. What this answers is not published.

use super::not_yet;

not_yet! {
    "rich_text" Crm "{module}/{id}/actions/download_rich_text" [get] Module() V8;
}
