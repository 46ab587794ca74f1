//! One user in its wire form, and the groups that `type` asks for.

use dealwright_wire::{Id, Instant};
use serde_json::{Map, Value, json};

use super::object;
use crate::documents::User;
use crate::snapshot::Snapshot;

/// Every value of `type`.
pub(super) const TYPES: [&str; 18] = [
    "AllUsers",
    "ActiveUsers",
    "DeactiveUsers",
    "ConfirmedUsers",
    "NotConfirmedUsers",
    "DeletedUsers",
    "ActiveConfirmedUsers",
    "AdminUsers",
    "ActiveConfirmedAdmins",
    "CurrentUser",
    "DeveloperUsers",
    "AllActiveUsers",
    "ActiveLiteUser",
    "ActiveAndDeactive",
    "ChildRoleUsers",
    "ParentRoleUsers",
    "SubordinateRoleUsers",
    "ConfirmedReportingUsers",
];

/// The user object. What was set through the API stands in `more` and wins over the defaults of the org.
pub(crate) fn write(snapshot: &Snapshot, user: &User, now: Instant) -> Value {
    let mut out = identity(snapshot, user);
    out.extend(address());
    out.extend(preferences(snapshot, user, now));
    out.extend(user.more.clone());
    let by = |key: &str| user.more.get(key).and_then(Value::as_str).and_then(|id| id.parse().ok());
    let reference = |key: &str| {
        let Some(id) = by(key) else { return Value::Null };
        let mut shown = snapshot.user_reference(id);
        let user = snapshot.user(id);
        shown["first_name"] = json!(user.and_then(|user| user.first_name.as_deref()));
        shown["last_name"] = json!(user.map(|user| user.last_name.as_str()));
        shown
    };
    out.insert("created_by".to_owned(), reference("created_by"));
    out.insert("Modified_By".to_owned(), reference("modified_by"));
    out.insert("Modified_Time".to_owned(), json!(modified(user).text(&snapshot.zone)));
    out.shift_remove("modified_by");
    out.shift_remove("modified_time");
    out.insert("territories".to_owned(), territories(snapshot, user.id));
    out.insert("status".to_owned(), json!(user.status()));
    out.insert("confirm".to_owned(), json!(user.is_confirmed()));
    Value::Object(out)
}

/// When the user was changed last.
pub(super) fn modified(user: &User) -> Instant {
    Instant(user.more.get("modified_time").and_then(Value::as_i64).unwrap_or(user.created_time))
}

fn identity(snapshot: &Snapshot, user: &User) -> Map<String, Value> {
    let role = snapshot.role(user.role);
    let profile = snapshot.profile_of(user);
    let created = Instant(user.created_time).text(&snapshot.zone);
    object(json!({
        "id": user.id,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "full_name": user.full_name(),
        "name": user.full_name(),
        "email": user.email,
        "alias": null,
        "role": role.map(|role| json!({"name": role.name, "id": role.id})),
        "profile": profile.map(|profile| json!({"name": profile.name, "id": profile.id})),
        "status": null,
        "status_reason__s": null,
        "type__s": "Regular User",
        "confirm": null,
        "zuid": user.identity,
        "category": "regular_user",
        "Isonline": false,
        "personal_account": false,
        "microsoft": false,
        "sandboxDeveloper": false,
        "Reporting_To": null,
        "territories": [],
        "created_by": null,
        "created_time": created,
        "Modified_By": null,
        "Modified_Time": created,
    }))
}

/// Territories the user is in, or manages.
fn territories(snapshot: &Snapshot, user: Id) -> Value {
    let of_user = snapshot.territories.iter().filter(|one| one.has(user));
    let shown =
        of_user.map(|one| json!({"id": one.id, "name": one.name, "manager": one.manager == Some(user)}));
    Value::Array(shown.collect())
}

fn address() -> Map<String, Value> {
    let keys = [
        "phone",
        "mobile",
        "fax",
        "website",
        "dob",
        "street",
        "city",
        "state",
        "zip",
        "country",
        "signature",
    ];
    keys.into_iter().map(|key| (key.to_owned(), Value::Null)).collect()
}

fn preferences(snapshot: &Snapshot, user: &User, now: Instant) -> Map<String, Value> {
    let zone = user.more.get("time_zone").and_then(Value::as_str).unwrap_or(&snapshot.details.time_zone);
    object(json!({
        "language": "en_US",
        "locale": "en_US",
        "country_locale": "en_US",
        "time_zone": zone,
        "offset": offset_ms(zone, now),
        "time_format": "hh:mm a",
        "date_format": "MMM d, yyyy",
        "number_separator": null,
        "decimal_separator": "Period",
        "name_format__s": "Salutation,First Name,Last Name",
        "sort_order_preference__s": "First Name,Last Name",
        "default_tab_group": "0",
        "theme": theme(),
        "customize_info": {
            "notes_desc": null,
            "show_right_panel": null,
            "bc_view": null,
            "show_home": false,
            "show_detail_view": true,
            "show_left_panel": null,
            "unpin_recent_item": null,
        },
        "$current_shift": null,
        "$next_shift": null,
        "$shift_effective_from": null,
    }))
}

fn theme() -> Value {
    let tab = json!({"font_color": "#FFFFFF", "background": "#222222"});
    json!({
        "normal_tab": tab,
        "selected_tab": tab,
        "new_background": null,
        "background": "#F3F0EB",
        "screen": "fixed",
        "type": "default",
    })
}

/// Distance of a zone from UTC at an instant, in milliseconds.
fn offset_ms(zone: &str, now: Instant) -> i64 {
    let Some(zone) = dealwright_wire::Zone::named(zone) else { return 0 };
    let text = now.text(&zone);
    let (hours, minutes) = (text.get(20..22), text.get(23..25));
    let number = |digits: Option<&str>| digits.and_then(|digits| digits.parse::<i64>().ok()).unwrap_or(0);
    let distance = (number(hours) * 60 + number(minutes)) * 60_000;
    if text.get(19..20) == Some("-") { -distance } else { distance }
}

/// Whether the user belongs to a group of [`TYPES`], as `me` sees it.
///
/// `AllUsers` is everyone who was not deleted. Child roles report to the caller's role at once, subordinate
/// roles at any distance.
pub(super) fn is_of_type(snapshot: &Snapshot, me: &User, user: &User, kind: &str) -> bool {
    let is_active = user.is_active && user.status() == "active";
    let is_deleted = user.is_deleted();
    let is_admin = snapshot.profile_of(user).is_some_and(|profile| profile.is_admin);
    let superior = |role: Id| snapshot.role(role).and_then(|role| role.reporting_to);
    match kind {
        "AllUsers" | "ActiveAndDeactive" => !is_deleted,
        "ActiveUsers" | "AllActiveUsers" => is_active,
        "DeactiveUsers" => !is_active && !is_deleted,
        "ConfirmedUsers" => user.is_confirmed() && !is_deleted,
        "NotConfirmedUsers" => !user.is_confirmed() && !is_deleted,
        "DeletedUsers" => is_deleted,
        "ActiveConfirmedUsers" => is_active && user.is_confirmed(),
        "AdminUsers" => is_admin && !is_deleted,
        "ActiveConfirmedAdmins" => is_active && user.is_confirmed() && is_admin,
        "CurrentUser" => user.id == me.id,
        "ChildRoleUsers" => is_active && superior(user.role) == Some(me.role),
        "ParentRoleUsers" => is_active && superior(me.role) == Some(user.role),
        "SubordinateRoleUsers" => is_active && snapshot.is_below(user.role, me.role),
        "ConfirmedReportingUsers" => is_active && user.is_confirmed() && reports_to(user) == Some(me.id),
        _ => false,
    }
}

fn reports_to(user: &User) -> Option<Id> {
    user.more.get("Reporting_To")?.get("id")?.as_str()?.parse().ok()
}
