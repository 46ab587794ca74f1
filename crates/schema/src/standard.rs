//! What the standard modules are beyond their descriptions: asked here by name, so that nobody else has to.

use std::sync::Arc;

use crate::field::FieldDef;
use crate::module::ModuleDef;
use crate::org::OrgSchema;

/// Fields that tell duplicates apart in an upsert unless the caller names others. Source: "Upsert records".
const DUPLICATE_CHECKS: [(&str, &str); 14] = [
    ("Leads", "Email"),
    ("Accounts", "Account_Name"),
    ("Contacts", "Email"),
    ("Deals", "Deal_Name"),
    ("Campaigns", "Campaign_Name"),
    ("Cases", "Subject"),
    ("Solutions", "Solution_Title"),
    ("Products", "Product_Name"),
    ("Vendors", "Vendor_Name"),
    ("Price_Books", "Price_Book_Name"),
    ("Quotes", "Subject"),
    ("Sales_Orders", "Subject"),
    ("Purchase_Orders", "Subject"),
    ("Invoices", "Subject"),
];

impl ModuleDef {
    fn is_one_of(&self, names: &[&str]) -> bool {
        names.contains(&self.api_name.as_str())
    }

    /// Records become others when they are converted.
    pub fn is_of_leads(&self) -> bool {
        self.api_name == "Leads"
    }

    /// Records are people, whose full name is put together from parts.
    pub fn is_of_people(&self) -> bool {
        self.is_one_of(&["Leads", "Contacts"])
    }

    /// Type of a participant that is a record of the module; `None` where records take part in nothing.
    pub fn participant_type(&self) -> Option<&'static str> {
        match self.api_name.as_str() {
            "Contacts" => Some("contact"),
            "Leads" => Some("lead"),
            _ => None,
        }
    }

    /// Records come into being when a lookup names one that is not there.
    pub fn is_made_by_name(&self) -> bool {
        self.api_name == "Accounts"
    }

    /// Records have a stage, whose pipeline says what it is worth.
    pub fn is_of_deals(&self) -> bool {
        self.api_name == "Deals"
    }

    /// Records can be in territories.
    pub fn has_territories(&self) -> bool {
        self.is_one_of(&["Leads", "Contacts", "Accounts", "Deals"])
    }

    pub fn is_of_calls(&self) -> bool {
        self.api_name == "Calls"
    }

    pub fn is_of_events(&self) -> bool {
        self.api_name == "Events"
    }

    pub fn is_of_notes(&self) -> bool {
        self.api_name == "Notes"
    }

    /// Line items name records of the module.
    pub fn is_of_products(&self) -> bool {
        self.api_name == "Products"
    }

    /// Records are commented, and count their comments.
    pub fn has_comments(&self) -> bool {
        self.is_one_of(&["Cases", "Solutions"])
    }

    /// Records hold ranges of prices.
    pub fn is_of_price_books(&self) -> bool {
        self.api_name == "Price_Books"
    }

    /// Records can be moved to another time, and tell of it.
    pub fn is_of_appointments(&self) -> bool {
        self.api_name == "Appointments__s"
    }

    /// Records tell how those of [`is_of_appointments`](Self::is_of_appointments) were moved.
    pub fn is_of_moves(&self) -> bool {
        self.api_name == MOVES
    }

    /// Field that tells duplicates apart in an upsert unless the caller names others.
    pub fn duplicate_check(&self) -> Option<&'static str> {
        DUPLICATE_CHECKS.iter().find(|(of, _)| *of == self.api_name).map(|(_, field)| *field)
    }

    /// What the founding guide calls a field, and what the field is called.
    pub fn second_name(&self) -> Option<(&'static str, &'static str)> {
        self.is_of_deals().then_some(("Close_Date", "Closing_Date"))
    }

    /// True for text that may be HTML or not: the content of notes.
    pub fn may_hold_html(&self, field: &FieldDef) -> bool {
        self.is_of_notes() && field.api_name == "Note_Content"
    }
}

const MOVES: &str = "Appointments_Rescheduled_History__s";

/// The module of scores.
pub const SCORES: &str = "Entity_Scores__s";

impl OrgSchema {
    /// What line items name.
    pub fn products(&self) -> Option<&Arc<ModuleDef>> {
        self.module("Products")
    }

    /// Where people take part.
    pub fn events(&self) -> Option<&Arc<ModuleDef>> {
        self.module("Events")
    }

    /// How appointments were moved.
    pub fn moves(&self) -> Option<&Arc<ModuleDef>> {
        self.module(MOVES)
    }

    /// The module whose records are participants of that type.
    pub fn participants(&self, participant_type: &str) -> Option<&Arc<ModuleDef>> {
        self.modules().iter().find(|module| module.participant_type() == Some(participant_type))
    }
}
