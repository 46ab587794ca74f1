//! `GET settings/profiles`, `settings/profiles/{id}`.

use dealwright_wire::{ApiError, Code};
use serde_json::{Map, Value, json};

use super::{Reader, object, path_id, permissions};
use crate::cx::Cx;
use crate::documents::UserProfile;
use crate::request::{Answer, Reply, Request};

/// The profiles without their permissions.
pub fn list<'a>(cx: &'a Cx, _: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let reader = Reader::of(cx);
        let profiles: Vec<Value> =
            cx.snapshot.profiles.iter().map(|profile| Value::Object(item(&reader, profile))).collect();
        if profiles.is_empty() {
            return Ok(Reply::nothing());
        }
        Ok(answer(&profiles))
    })
}

/// One profile with its permissions.
pub fn get<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let id = path_id(request, 0, 2)?;
        let found = cx.snapshot.profiles.iter().find(|profile| profile.id == id).ok_or_else(|| {
            ApiError::new(Code::InvalidData)
                .message("the id given seems to be invalid or already deleted")
                .detail("resource_path_index", 2)
        })?;
        let mut out = item(&Reader::of(cx), found);
        out.insert("permissions_details".to_owned(), permissions::details(&cx.snapshot, found).into());
        out.insert("sections".to_owned(), permissions::sections(&cx.snapshot));
        Ok(answer(&[Value::Object(out)]))
    })
}

fn answer(profiles: &[Value]) -> Reply {
    let info = json!({"count": profiles.len(), "license_limit": null});
    Reply::value(200, &json!({"profiles": profiles, "info": info}))
}

fn item(reader: &Reader<'_>, profile: &UserProfile) -> Map<String, Value> {
    object(json!({
        "id": profile.id,
        "name": profile.name,
        "display_label": profile.name,
        "api_name": profile.name.replace(' ', "_"),
        "description": profile.description,
        "custom": profile.custom,
        "default": false,
        "type": "normal_profile",
        "category": profile.custom,
        "created_by": reader.user(profile.audit.created_by),
        "created_time": reader.time(profile.audit.created_time),
        "modified_by": reader.user(profile.audit.modified_by),
        "modified_time": reader.time(profile.audit.modified_time),
    }))
}
