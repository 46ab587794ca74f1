//! Calls that make one record out of others.

use serde_json::{Value, json};

use super::{Call, Caller, Recipe};
use crate::model::Random;
use crate::reach::kinds::label;
use crate::reach::world::RECORDS;

pub(super) const ALL: &[Recipe] = &[convert, convert, convert, convert_many, convert_inventory, merge, merge];

fn deal(caller: &Caller<'_>, random: &mut Random) -> Value {
    let mut deal = json!({
        "Deal_Name": label("Deals", random.below(RECORDS)), "Stage": "Qualification", "Closing_Date": "2027-06-30",
    });
    if random.once_in(2) {
        deal["id"] = json!(caller.place("Deals", random));
    }
    if random.once_in(3) {
        deal["Owner"] = json!({"id": caller.user(random)});
    }
    if random.once_in(3) {
        deal["Campaign_Source"] = caller.pointer("Campaigns", random);
    }
    deal
}

fn convert(caller: &Caller<'_>, random: &mut Random) -> Call {
    let mut body = json!({});
    if random.once_in(2) {
        body["Deals"] = deal(caller, random);
    }
    if random.once_in(2) {
        body["Accounts"] = json!({"id": caller.place("Accounts", random)});
    }
    if random.once_in(2) {
        body["Contacts"] = json!({"id": caller.place("Contacts", random)});
    }
    if random.once_in(3) {
        body["overwrite"] = json!(true);
    }
    if random.once_in(3) {
        body["assign_to"] = json!({"id": caller.user(random)});
    }
    if random.once_in(4) {
        body["move_attachments_to"] = json!({"api_name": random.pick(&["Deals", "Accounts", "Contacts"])});
    }
    if random.once_in(4) {
        body["add_to_existing_record"] = json!(true);
    }
    let lead = caller.place("Leads", random);
    Call::post(format!("Leads/{lead}/actions/convert"), json!({"data": [body]}))
}

fn convert_many(caller: &Caller<'_>, random: &mut Random) -> Call {
    let mut body = json!({"ids": [caller.place("Leads", random), caller.place("Leads", random)]});
    if random.once_in(2) {
        body["Deals"] = deal(caller, random);
    }
    if random.once_in(2) {
        body["assign_to"] = json!({"id": caller.user(random)});
    }
    Call::post("Leads/actions/mass_convert".to_owned(), body)
}

fn convert_inventory(caller: &Caller<'_>, random: &mut Random) -> Call {
    let (from, to) =
        *random.pick(&[("Quotes", "Sales_Orders"), ("Quotes", "Invoices"), ("Sales_Orders", "Invoices")]);
    let place = caller.place(from, random);
    let to = json!([{"module": {"api_name": to}, "carry_over_tags": true}]);
    if random.once_in(3) {
        let body = json!({"ids": [place], "convert_to": to, "assign_to": {"id": caller.user(random)}});
        return Call::post(format!("{from}/actions/mass_convert"), body);
    }
    Call::post(format!("{from}/{place}/actions/convert"), json!({"data": [{"convert_to": to}]}))
}

fn merge(caller: &Caller<'_>, random: &mut Random) -> Call {
    let module = *random.pick(&["Leads", "Accounts", "Contacts", "Deals", "Cases", "Campaigns"]);
    let master = caller.place(module, random);
    let mut child = json!({"id": caller.place(module, random)});
    if random.once_in(2) {
        child["_fields"] = json!([{"api_name": random.pick(&["Description", "Owner", "Account_Name"])}]);
    }
    let body = json!({"merge": [{"data": [child]}]});
    Call::post(format!("{module}/{master}/actions/merge"), body)
}
