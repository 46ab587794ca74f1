//! `GET users`, `users/{id}`, `users/actions/count`.

use std::sync::Arc;

use dealwright_wire::{ApiError, Id};
use serde_json::{Value, json};

use super::user::{self, TYPES};
use super::{invalid_id, page, paging, path_id, single_info, unknown_value};
use crate::cx::Cx;
use crate::documents::User;
use crate::request::{Answer, Reply, Request};

/// Ids that one call may name.
const MOST_IDS: usize = 100;

/// The users of one `type` (everyone when it is not given), or of those the ones that `ids` names; 304 when none of them
/// changed since `If-Modified-Since`, which leaves out the others.
pub fn list<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let (number, per_page) = paging(request)?;
        let ids = ids(request)?;
        let all: Vec<&Arc<User>> = of_type(cx, request)?
            .into_iter()
            .filter(|user| ids.as_ref().is_none_or(|ids| ids.contains(&user.id)))
            .filter(|user| request.if_modified_since.is_none_or(|since| user::modified(user) > since))
            .collect();
        let (rows, info) = page(&all, number, per_page);
        if rows.is_empty() {
            let is_unchanged = all.is_empty() && request.if_modified_since.is_some();
            return Ok(if is_unchanged { Reply::not_modified() } else { Reply::nothing() });
        }
        let now = cx.org.clock.now();
        let users: Vec<Value> = rows.into_iter().map(|found| user::write(&cx.snapshot, found, now)).collect();
        Ok(Reply::value(200, &json!({"users": users, "info": info})))
    })
}

/// One user, whatever the status; 304 when unchanged since `If-Modified-Since`.
pub fn get<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let id = path_id(request, 0, 1)?;
        let found = cx.snapshot.user(id).ok_or_else(|| invalid_id(1))?;
        if request.if_modified_since.is_some_and(|since| user::modified(found) <= since) {
            return Ok(Reply::not_modified());
        }
        let shown = user::write(&cx.snapshot, found, cx.org.clock.now());
        Ok(Reply::value(200, &json!({"users": [shown], "info": single_info()})))
    })
}

/// How many users are of a `type`.
pub fn count<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let count = of_type(cx, request)?.len();
        Ok(Reply::value(200, &json!({"count": count})))
    })
}

/// The users of the `type` that is asked for.
pub(super) fn of_type<'a>(cx: &'a Cx, request: &Request) -> Result<Vec<&'a Arc<User>>, ApiError> {
    let kind = request.params.get("type").unwrap_or("AllUsers");
    if !TYPES.contains(&kind) {
        return Err(unknown_value("type", &TYPES));
    }
    let snapshot = &cx.snapshot;
    // The actor may be older than the snapshot: what counts is the user as stored now.
    let me = snapshot.user(cx.user_id()).unwrap_or(&cx.actor.user);
    Ok(snapshot.users.iter().filter(|user| user::is_of_type(snapshot, me, user, kind)).collect())
}

fn ids(request: &Request) -> Result<Option<Vec<Id>>, ApiError> {
    let Some(given) = request.params.list("ids") else { return Ok(None) };
    if given.len() > MOST_IDS {
        let limit = ApiError::new(dealwright_wire::Code::LimitExceeded).param("ids");
        return Err(limit.detail("limit", MOST_IDS));
    }
    let ids: Result<Vec<Id>, _> = given.iter().map(|text| text.parse()).collect();
    let refused = || ApiError::new(dealwright_wire::Code::InvalidData).param("ids");
    ids.map(Some).map_err(|_| refused().detail("expected_data_type", "bigint"))
}

#[cfg(test)]
mod tests {
    use dealwright_wire::Instant;

    use super::super::tests::snapshot;
    use super::user;

    #[test]
    fn a_user_shows_its_role_profile_and_zone() {
        let snapshot = snapshot();
        let ada = &snapshot.users[0];
        let out = user::write(&snapshot, ada, Instant(1_790_000_000));
        assert_eq!(out["full_name"], "Ada Lovelace");
        assert_eq!(out["role"]["name"], "CEO");
        assert_eq!(out["profile"]["name"], "Administrator");
        assert_eq!((&out["status"], &out["confirm"]), (&"active".into(), &true.into()));
        assert_eq!(out["offset"], -7 * 3_600_000);
    }

    #[test]
    fn types_tell_the_lone_administrator_from_the_others() {
        let snapshot = snapshot();
        let ada = &snapshot.users[0];
        let types: Vec<&str> =
            user::TYPES.into_iter().filter(|kind| user::is_of_type(&snapshot, ada, ada, kind)).collect();
        let expected = [
            "AllUsers",
            "ActiveUsers",
            "ConfirmedUsers",
            "ActiveConfirmedUsers",
            "AdminUsers",
            "ActiveConfirmedAdmins",
            "CurrentUser",
            "AllActiveUsers",
            "ActiveAndDeactive",
        ];
        assert_eq!(types, expected);
    }
}
