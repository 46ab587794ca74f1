//! `GET settings/emails/actions/from_addresses`: what a user may send from.

use dealwright_wire::{ApiError, Code, Id};
use serde_json::json;

use super::address::Address;
use crate::cx::Cx;
use crate::documents::User;
use crate::request::{Answer, Reply, Request};
use crate::settings::entry::Entry;

/// An address that a user may send from.
pub(super) struct Sender {
    pub address: Address,
    /// `primary` for the user's own, `org_email` for the organisation's.
    pub kind: &'static str,
}

/// The addresses of the caller, or of the user that `user_id` names.
pub fn from_addresses<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let user = match request.params.get("user_id") {
            None => &cx.actor.user,
            Some(text) => {
                let found = text.parse::<Id>().ok().and_then(|id| cx.snapshot.user(id));
                found.ok_or_else(|| ApiError::new(Code::InvalidData).param("user_id"))?
            }
        };
        let rows: Vec<_> = senders(cx, user)
            .into_iter()
            .map(|sender| {
                json!({
                    "email": sender.address.email,
                    "type": sender.kind,
                    "id": null,
                    "user_name": sender.address.user_name,
                    "default": sender.kind == "primary",
                })
            })
            .collect();
        Ok(Reply::value(200, &json!({ "from_addresses": rows })))
    })
}

/// What a user may send from, the user's own address first.
pub(super) fn senders(cx: &Cx, user: &User) -> Vec<Sender> {
    let own =
        Address::new(Some(&user.full_name()), &user.email).map(|address| Sender { address, kind: "primary" });
    let of_org = cx.org.post.transport().and_then(|transport| transport.org_address());
    let of_org = of_org.map(|address| Sender { address: address.clone(), kind: "org_email" });
    own.into_iter().chain(of_org).collect()
}

/// The sender that `from` of an entry names; with `org_email`, one of the organisation's addresses.
pub(super) fn sender(cx: &Cx, entry: &Entry<'_>) -> Result<Address, ApiError> {
    let given = Address::under(entry, "from")?.ok_or_else(|| entry.missing("from"))?;
    let only_org = entry.flag("org_email")?.unwrap_or(false);
    let from = allowed(cx, &given, only_org).ok_or_else(|| {
        entry
            .error(Code::InvalidData, "from")
            .message("the from address is none of yours")
            .detail("email", given.email.as_str())
    })?;
    Ok(Address { user_name: given.user_name.or(from.user_name), email: from.email })
}

/// The caller's own form of an address to send from.
pub(super) fn allowed(cx: &Cx, given: &Address, only_org: bool) -> Option<Address> {
    senders(cx, &cx.actor.user)
        .into_iter()
        .filter(|sender| !only_org || sender.kind == "org_email")
        .map(|sender| sender.address)
        .find(|address| address.folded() == given.folded())
}
