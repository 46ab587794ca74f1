//! `GET org`.

use dealwright_wire::Instant;
use serde_json::{Map, Value, json};

use super::object;
use crate::cx::Cx;
use crate::documents::{OrgDetails, User};
use crate::request::{Answer, Reply, Request};
use crate::snapshot::Snapshot;

/// The org: who it is, its money, its zone. Keys that clients have set come last and win.
pub fn get<'a>(cx: &'a Cx, _: &'a Request) -> Answer<'a> {
    Box::pin(async move { Ok(Reply::value(200, &json!({"org": [write(&cx.snapshot)]}))) })
}

fn write(snapshot: &Snapshot) -> Map<String, Value> {
    let mut out = identity(snapshot);
    out.extend(money(&snapshot.details));
    out.extend(features(snapshot));
    out.extend(snapshot.details.more.clone());
    out
}

fn identity(snapshot: &Snapshot) -> Map<String, Value> {
    let details = &snapshot.details;
    // The first administrator set the org up.
    let is_admin = |user: &User| snapshot.profile_of(user).is_some_and(|profile| profile.is_admin);
    let primary = snapshot.users.iter().find(|user| is_admin(user));
    let mut out = object(json!({
        "id": details.id,
        "company_name": details.company_name,
        "alias": null,
        "primary_email": primary.map(|user| &user.email),
        "primary_zuid": primary.map(|user| user.identity),
        "zgid": details.zgid,
        "zia_portal_id": null,
        "domain_name": format!("org{}", details.zgid),
        "type": "production",
        "time_zone": details.time_zone,
        "created_time": Instant(details.created_time).text(&snapshot.zone),
    }));
    let unset = [
        "phone",
        "mobile",
        "fax",
        "website",
        "street",
        "city",
        "state",
        "zip",
        "country",
        "country_code",
        "description",
        "employee_count",
        "photo_id",
    ];
    out.extend(unset.map(|key| (key.to_owned(), Value::Null)));
    out
}

fn money(details: &OrgDetails) -> Map<String, Value> {
    object(json!({
        "currency": format!("{} - {}", details.currency_name, details.currency_code),
        "currency_symbol": details.currency_symbol,
        "currency_locale": details.currency_code,
        "iso_code": details.currency_code,
        "mc_status": false,
    }))
}

fn features(snapshot: &Snapshot) -> Map<String, Value> {
    let active = snapshot.users.iter().filter(|user| user.is_active).count();
    object(json!({
        "privacy_settings": false,
        "hipaa_compliance_enabled": false,
        "gapps_enabled": false,
        "translation_enabled": false,
        "lite_users_enabled": false,
        "deletable_org_account": false,
        "max_per_page": 200,
        "hierarchy_preferences": {"type": "Role_Hierarchy"},
        "ezgid": null,
        "zia_zgid": null,
        "call_icon": null,
        "oauth_presence": true,
        "checkin_preferences": {"restricted_event_types": null},
        // A self-hosted org has no licence to run out; clients look here for which features they may use.
        "license_details": {
            "paid": true,
            "paid_type": "enterprise",
            "paid_expiry": null,
            "trial_type": null,
            "trial_expiry": null,
            "trial_action": null,
            "users_license_purchased": active,
            "portal_users_license_purchased": 0,
        },
    }))
}

#[cfg(test)]
mod tests {
    use super::super::tests::snapshot;

    #[test]
    fn the_org_has_the_identity_that_clients_key_their_tokens_by() {
        let snapshot = snapshot();
        let out = super::write(&snapshot);
        assert_eq!(out["zgid"], snapshot.details.zgid.to_string());
        assert_eq!(out["primary_email"], "ada@example.com");
        assert_eq!(out["currency"], "US Dollar - USD");
        assert!(out["license_details"].is_object());
    }
}
