//! The unit of work that turns one lead into a contact, an account and a deal.
//!
//! All of it happens in one transaction: the records, what hung on the lead, the lead's own state, history, events.
//! A refusal is an error, so that nothing of it is kept.

use std::sync::Arc;

use dealwright_schema::{Cell, ModuleDef};
use dealwright_store::{Conn, Row, Sql};
use dealwright_wire::{ApiError, Code, Id, letters};
use serde_json::{Value, json};

use super::followers::{self, Heirs, Place};
use super::lead_converter::{Carry, LeadConverter, Side};
use super::{ledger, matching};
use crate::access::unasked::{self, Why};
use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::records::draft::Draft;
use crate::records::features::Features;
use crate::records::guard::{self, Doing};
use crate::records::insert;
use crate::records::linked::Linked;
use crate::records::mapping::{self, Values};
use crate::records::outcome::Done;
use crate::records::selection::display_column;
use crate::records::stored::{self, Stored};
use crate::records::update::{self, Change};
use crate::records::writing::{Deed, Writing};
use crate::related::contact_roles;
use crate::tag_book::tag;

/// Everything that converting a lead needs, free of the request's lifetime.
pub(super) struct LeadConversion {
    leads: Writing,
    contacts: Target,
    accounts: Target,
    deals: Target,
    converter: LeadConverter,
}

/// A module that records are made in or changed.
struct Target {
    module: Arc<ModuleDef>,
    /// Units of making and of changing them, or why the caller may not.
    create: Result<Writing, ApiError>,
    edit: Result<Writing, ApiError>,
    /// The grant to change them; what a lead matches is looked for in its reach.
    reach: Option<Grant>,
}

impl Target {
    /// The record of that id, which the caller must be able to change: it becomes the lead's heir.
    async fn record(&self, tx: &mut Conn, id: Id, path: &str) -> Result<Stored, Error> {
        let writing = self.edit.as_ref().map_err(Clone::clone)?;
        let (module, all) = (&self.module, stored::all_fields(&self.module));
        let mut found = stored::load(tx, module, &[id.get()], &all).await?;
        let barred = guard::bar(tx, writing, Doing::Act, &mut found).await?;
        if !barred.is_empty() {
            return Err(guard::forbidden(module, Doing::Act, id).into());
        }
        let record = found.remove(&id.get()).ok_or_else(|| {
            ApiError::new(Code::InvalidData)
                .message("the id given seems to be invalid")
                .id(id)
                .field("id", format!("{path}.id"))
        })?;
        match guard::refuse_to(writing, &record, Doing::Act, None) {
            Some(error) => Err(error.into()),
            None => Ok(record),
        }
    }
}

/// A record and its name.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub id: Id,
    pub name: Option<String>,
}

impl Named {
    pub(super) fn json(&self) -> Value {
        json!({ "name": self.name, "id": self.id })
    }

    /// The record with the value of its display field.
    pub(super) async fn read(tx: &mut Conn, module: &ModuleDef, id: Id) -> Result<Self, Error> {
        let (Some(table), Some(column)) = (unasked::table(module, Why::Name), display_column(module)) else {
            return Ok(Self { id, name: None });
        };
        let sql = Sql::from(format!("SELECT t.\"{column}\" FROM {{{table}}} t WHERE t.id = ?1"));
        let name = tx.first(&sql, &[id.into()], |row: &Row<'_>| Ok(row.text(0)?.map(str::to_owned))).await?;
        Ok(Self { id, name: name.flatten() })
    }
}

/// What became of a lead.
#[derive(Debug, Clone)]
pub(super) struct Converted {
    pub contact: Named,
    pub account: Option<Named>,
    pub deal: Option<Named>,
}

/// The lead of the path is not there, or not any more as a lead.
pub(super) fn no_lead(code: Code) -> ApiError {
    ApiError::new(code).detail("resource_path_index", 1)
}

impl LeadConversion {
    /// Asks for the permissions. What depends on the lead (whether a contact is made or changed) is decided later.
    pub(super) fn new(cx: &Cx, converter: LeadConverter, features: Features) -> Result<Self, ApiError> {
        let leads = cx.grant(cx.snapshot.module("Leads")?, Action::Edit)?;
        let leads = Writing::new(cx, &leads).setting_off(features);
        let target = |side: Side| {
            let module = cx.snapshot.module(side.name())?;
            let edit = cx.grant(module, Action::Edit);
            Ok::<_, ApiError>(Target {
                module: Arc::clone(module),
                create: cx.grant(module, Action::Create).map(|grant| leads.on(&grant)),
                reach: edit.as_ref().ok().cloned(),
                edit: edit.map(|grant| leads.on(&grant)),
            })
        };
        let (contacts, accounts, deals) =
            (target(Side::Contacts)?, target(Side::Accounts)?, target(Side::Deals)?);
        Ok(Self { leads, contacts, accounts, deals, converter })
    }

    /// Converts the lead. An error of the caller's means that nothing may be kept.
    pub(super) async fn write(&self, tx: &mut Conn, id: Id) -> Result<Converted, Error> {
        let lead = self.lead(tx, id).await?;
        let person = self.values(&lead, &self.contacts, Side::Contacts)?;
        let company = self.values(&lead, &self.accounts, Side::Accounts)?;
        let contact = self.existing(tx, Side::Contacts, &person).await?;
        let account = self.account(tx, &lead, contact.as_ref(), company).await?;
        let contact = self.contact(tx, &lead, contact, account, person).await?;
        let deal = self.deal(tx, &lead, contact, account).await?;
        self.mark(tx, &lead, contact, account, deal).await?;
        self.hand_over(tx, &lead, contact, account, deal).await?;
        let (contacts, accounts, deals) = (&self.contacts.module, &self.accounts.module, &self.deals.module);
        let contact = Named::read(tx, contacts, contact).await?;
        let account = match account {
            Some(id) => Some(Named::read(tx, accounts, id).await?),
            None => None,
        };
        let deal = match deal {
            Some(id) => Some(Named::read(tx, deals, id).await?),
            None => None,
        };
        Ok(Converted { contact, account, deal })
    }

    /// The lead, which must be one that can be converted.
    async fn lead(&self, tx: &mut Conn, id: Id) -> Result<Stored, Error> {
        let module = &self.leads.module;
        let mut found = stored::load(tx, module, &[id.get()], &stored::all_fields(module)).await?;
        let barred = guard::bar(tx, &self.leads, Doing::Convert, &mut found).await?;
        let lead = found.remove(&id.get()).ok_or_else(|| no_lead(Code::InvalidData))?;
        if !barred.is_empty() {
            return Err(guard::forbidden(module, Doing::Convert, id).into());
        }
        if matches!(cell(module, &lead, "Converted__s"), Some(Cell::Bool(true))) {
            return Err(no_lead(Code::IdAlreadyConverted).into());
        }
        match guard::refuse_to(&self.leads, &lead, Doing::Convert, None) {
            Some(error) => Err(error.into()),
            None => Ok(lead),
        }
    }

    fn values(&self, lead: &Stored, target: &Target, side: Side) -> Result<Values, ApiError> {
        mapping::of_lead(&self.leads.module, lead, &target.module, &self.converter.path_of(side))
    }

    fn target(&self, side: Side) -> &Target {
        match side {
            Side::Contacts => &self.contacts,
            Side::Accounts => &self.accounts,
            Side::Deals => &self.deals,
        }
    }

    /// The record that is named by id, or else the best match.
    async fn existing(&self, tx: &mut Conn, side: Side, values: &Values) -> Result<Option<Stored>, Error> {
        let target = self.target(side);
        let module = &target.module;
        let named = match side {
            Side::Contacts => self.converter.contact,
            Side::Accounts => self.converter.account,
            Side::Deals => None,
        };
        let id = match named {
            Some(id) => Some(id),
            None if self.converter.add_to_existing_record => match &target.reach {
                Some(grant) => matching::matches(tx, grant, values, 1).await?.first().map(|found| found.id),
                None => None,
            },
            None => None,
        };
        let Some(id) = id else { return Ok(None) };
        let record = target.record(tx, id, &self.converter.path_of(side)).await?;
        if named.is_some() {
            self.refuse_mismatch(tx, module, side, &record, values).await?;
        }
        Ok(Some(record))
    }

    /// A record that was named is the wrong one when another has a value of the lead that only one may have.
    async fn refuse_mismatch(
        &self,
        tx: &mut Conn,
        module: &ModuleDef,
        side: Side,
        record: &Stored,
        values: &Values,
    ) -> Result<(), Error> {
        for (at, cell) in values {
            let field = &module.fields()[*at];
            if field.unique.is_some()
                && crate::records::unique::find(tx, module, field, cell, Some(record.id), None)
                    .await?
                    .is_some()
            {
                let message = match side {
                    Side::Contacts => "give contact id is mismatched with the data",
                    Side::Accounts | Side::Deals => "give account id is mismatched with the data",
                };
                return Err(ApiError::new(Code::DataMismatch)
                    .message(message)
                    .id(record.id)
                    .field("id", format!("{}.id", self.converter.path_of(side)))
                    .into());
            }
        }
        Ok(())
    }

    /// The account: named, or that of the contact unless it shall be overwritten, or that of the lead's company,
    /// which is made when there is none. A lead without a company gets none.
    async fn account(
        &self,
        tx: &mut Conn,
        lead: &Stored,
        contact: Option<&Stored>,
        values: Values,
    ) -> Result<Option<Id>, Error> {
        let module = &self.accounts.module;
        let of_contact = contact
            .and_then(|contact| cell(&self.contacts.module, contact, "Account_Name")?.as_int())
            .and_then(Id::new);
        if self.converter.account.is_none() && !self.converter.overwrite && of_contact.is_some() {
            return Ok(of_contact);
        }
        let existing = self.existing(tx, Side::Accounts, &values).await?;
        let has_name =
            module.field_index("Account_Name").is_some_and(|name| values.iter().any(|(at, _)| *at == name));
        if existing.is_none() && !has_name {
            return Ok(None);
        }
        self.save(tx, lead, Side::Accounts, existing, values).await.map(Some)
    }

    async fn contact(
        &self,
        tx: &mut Conn,
        lead: &Stored,
        existing: Option<Stored>,
        account: Option<Id>,
        mut values: Values,
    ) -> Result<Id, Error> {
        let module = &self.contacts.module;
        let mut existing = existing;
        if let (Some(account), Some(at)) = (account, module.field_index("Account_Name")) {
            values.push((at, account.into()));
            if let Some(contact) = existing.as_mut().filter(|_| self.converter.overwrite) {
                let differs = contact.cells[at].as_ref() != Some(&Cell::from(account));
                contact.cells[at] = contact.cells[at].take().filter(|_| !differs);
            }
        }
        self.save(tx, lead, Side::Contacts, existing, values).await
    }

    async fn deal(
        &self,
        tx: &mut Conn,
        lead: &Stored,
        contact: Id,
        account: Option<Id>,
    ) -> Result<Option<Id>, Error> {
        let Some(draft) = self.converter.deal.clone() else { return Ok(None) };
        let module = &self.deals.module;
        let mut values = self.values(lead, &self.deals, Side::Deals)?;
        let more = [
            ("Contact_Name", Some(contact.into())),
            ("Account_Name", account.map(Cell::from)),
            ("Lead_Conversion_Time", self.age(lead).map(Cell::from)),
        ];
        for (name, cell) in more {
            values.extend(module.field_index(name).zip(cell));
        }
        let existing = match draft.id {
            Some(id) => Some(self.deals.record(tx, id, &draft.path).await?),
            None => None,
        };
        let deal = self.save_draft(tx, lead, Side::Deals, draft, existing, values).await?;
        self.give_role(tx, deal, contact).await?;
        Ok(Some(deal))
    }

    /// The contact gets its part in the deal.
    async fn give_role(&self, tx: &mut Conn, deal: Id, contact: Id) -> Result<(), Error> {
        let Some(role) = self.converter.contact_role else { return Ok(()) };
        if !contact_roles::names(tx).await?.contains_key(&role) {
            let path = format!("{}.Contact_Role", self.converter.path_of(Side::Deals));
            return Err(ApiError::new(Code::InvalidData)
                .message("the id given seems to be invalid")
                .id(role)
                .field("Contact_Role", path)
                .into());
        }
        let Some(roles) = Linked::find(&self.deals.module, "Contact_Roles") else { return Ok(()) };
        tx.together(&[roles.put(deal, contact, role.into(), false)]).await?;
        Ok(())
    }

    async fn save(
        &self,
        tx: &mut Conn,
        lead: &Stored,
        side: Side,
        existing: Option<Stored>,
        values: Values,
    ) -> Result<Id, Error> {
        let module = &self.target(side).module;
        let draft = Draft::empty(module, self.converter.path_of(side));
        self.save_draft(tx, lead, side, draft, existing, values).await
    }

    /// Makes a record, or completes one that is there: what it has stays, what is empty is filled.
    async fn save_draft(
        &self,
        tx: &mut Conn,
        lead: &Stored,
        side: Side,
        mut draft: Draft,
        existing: Option<Stored>,
        values: Values,
    ) -> Result<Id, Error> {
        let target = self.target(side);
        let module = &target.module;
        mapping::fill(&mut draft, existing.as_ref(), values);
        self.tag(lead, side, module, &mut draft, existing.is_some())?;
        let done = if let Some(existing) = existing {
            let writing = target.edit.as_ref().map_err(Clone::clone)?;
            draft.id = Some(existing.id);
            if !(0..module.fields().len()).any(|at| draft.names(at)) {
                return Ok(existing.id);
            }
            update::write(tx, writing, vec![Ok(draft)], Change::default()).await?
        } else {
            let writing = target.create.as_ref().map_err(Clone::clone)?;
            if let Some(at) = module.field_index("Owner").filter(|&at| !draft.names(at)) {
                let owner = self.converter.owner.map(Cell::from);
                draft.cells[at] = owner.or_else(|| cell(&self.leads.module, lead, "Owner").cloned());
            }
            insert::write(tx, writing, vec![Ok(draft)]).await?
        };
        match done.into_iter().next() {
            Some(Ok(Done { id, .. })) => Ok(id),
            // The reference service spells this message with another sign here than for writes.
            Some(Err(error))
                if error.code == Code::MappingMismatch
                    && error.details.get("api_name").is_some_and(|name| name == "Stage") =>
            {
                Err(error.message("Pipeline doesn`t contain the Stage").into())
            }
            Some(Err(error)) => Err(error.into()),
            None => Err(ApiError::new(Code::InvalidData).into()),
        }
    }

    /// Adds the lead's tags that the record shall get.
    fn tag(
        &self,
        lead: &Stored,
        side: Side,
        module: &ModuleDef,
        draft: &mut Draft,
        is_stored: bool,
    ) -> Result<(), ApiError> {
        let wanted = tags_of(&self.leads, lead);
        let wanted: Vec<String> = match self.converter.tags(side) {
            Carry::None => return Ok(()),
            Carry::All => wanted,
            Carry::Named(names) => {
                let mut found = Vec::with_capacity(names.len());
                for (n, name) in names.iter().enumerate() {
                    let tag = wanted.iter().find(|tag| letters::same(tag, name.trim()));
                    found.push(tag.cloned().ok_or_else(|| {
                        let path = format!("{}.carry_over_tags.{}[{n}]", self.converter.path, side.name());
                        ApiError::new(Code::InvalidData).field(side.name(), path)
                    })?);
                }
                found
            }
        };
        let Some(at) = tag::position(module).filter(|_| !wanted.is_empty()) else { return Ok(()) };
        let own = draft.cells[at].as_ref().and_then(Cell::as_text).unwrap_or("[]");
        let mut tags: Vec<Value> = serde_json::from_str(own).unwrap_or_default();
        tags.extend(wanted.into_iter().map(|name| json!({ "name": name })));
        draft.cells[at] = Some(Value::Array(tags).to_string().into());
        if is_stored {
            draft.append.push(at);
        }
        Ok(())
    }

    /// Whole days from the lead to its conversion.
    fn age(&self, lead: &Stored) -> Option<i64> {
        match cell(&self.leads.module, lead, "Created_Time") {
            Some(Cell::Instant(created)) => Some((self.leads.now.0 - created.0).max(0) / 86_400),
            _ => None,
        }
    }

    /// The lead remembers what became of it.
    async fn mark(
        &self,
        tx: &mut Conn,
        lead: &Stored,
        contact: Id,
        account: Option<Id>,
        deal: Option<Id>,
    ) -> Result<(), Error> {
        let module = Arc::clone(&self.leads.module);
        let mut draft = Draft::empty(&module, String::new());
        draft.id = Some(lead.id);
        let sets: [(&str, Cell<'static>); 6] = [
            ("Converted__s", true.into()),
            ("Converted_Date_Time", self.leads.now.into()),
            ("Converted_Contact", contact.into()),
            ("Converted_Account", account.into()),
            ("Converted_Deal", deal.into()),
            ("Lead_Conversion_Time", self.age(lead).into()),
        ];
        for (name, cell) in sets {
            if let Some(at) = module.field_index(name) {
                draft.cells[at] = Some(cell);
            }
        }
        update::set(tx, &self.leads, Deed::CONVERT, vec![draft]).await?;
        let made = json!({ "Contacts": contact, "Accounts": account, "Deals": deal }).to_string();
        ledger::keep_conversion(tx, &self.leads, lead.id, made).await
    }

    /// What hangs on the lead goes to the new records: people to the contact, matters to the deal or the account.
    async fn hand_over(
        &self,
        tx: &mut Conn,
        lead: &Stored,
        contact: Id,
        account: Option<Id>,
        deal: Option<Id>,
    ) -> Result<(), Error> {
        let place = |target: &Target, id: Id| Place { module: target.module.id, id };
        let main = place(&self.contacts, contact);
        let account = account.map(|id| place(&self.accounts, id));
        let deal = deal.map(|id| place(&self.deals, id));
        let attachments = match self.converter.attachments_to {
            Side::Contacts => Some(main),
            Side::Accounts => account,
            Side::Deals => deal,
        };
        let attachments = attachments.ok_or_else(|| {
            ApiError::new(Code::InvalidData)
                .field("move_attachments_to", format!("{}.move_attachments_to", self.converter.path))
        })?;
        let heirs = Heirs {
            main,
            attachments,
            person: Some(contact),
            matter: deal.or(account),
            only: self.converter.related_modules.clone(),
        };
        let from = Place { module: self.leads.module.id, id: lead.id };
        followers::hand_over(tx, &self.leads, from, &heirs).await
    }
}

/// A stored value that is not empty.
pub(super) fn cell<'s>(module: &ModuleDef, stored: &'s Stored, name: &str) -> Option<&'s Cell<'static>> {
    module.field_index(name).and_then(|at| stored.cells[at].as_ref()).filter(|cell| !cell.is_null())
}

/// Names of a record's tags.
pub(super) fn tags_of(writing: &Writing, stored: &Stored) -> Vec<String> {
    let held = cell(&writing.module, stored, tag::FIELD).and_then(Cell::as_text).unwrap_or("[]");
    let mut shown = Vec::new();
    writing.snapshot.tags.write(held, false, &mut shown);
    let tags: Vec<Value> = serde_json::from_slice(&shown).unwrap_or_default();
    tags.iter().filter_map(|tag| tag["name"].as_str().map(str::to_owned)).collect()
}
