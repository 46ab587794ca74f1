//! The unit of work that turns a quote into an order or an invoice, or an order into an invoice, with its line items,
//! discounts, taxes, terms and addresses.

use std::sync::Arc;

use dealwright_schema::{Cell, ModuleDef};
use dealwright_store::Conn;
use dealwright_wire::{ApiError, Code, Id};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::followers::{self, Heirs, Place};
use super::lead::{Named, cell, no_lead, tags_of};
use super::{lead_converter, ledger};
use crate::access::Action;
use crate::cx::Cx;
use crate::error::Error;
use crate::records::draft::Draft;
use crate::records::features::Features;
use crate::records::guard::{self, Doing};
use crate::records::line_items;
use crate::records::mapping;
use crate::records::stored::{self, Stored};
use crate::records::update;
use crate::records::writing::{Deed, Writing};
use crate::records::{insert, subforms};
use crate::settings::entry::Entry;
use crate::tag_book::tag;

/// Which module becomes which, and the fields whose names differ. `id` stands for the converted record itself.
static PATHS: &[ConversionPath] = &[
    ConversionPath { from: "Quotes", to: "Sales_Orders", renamed: &[("id", "Quote_Name")] },
    ConversionPath { from: "Quotes", to: "Invoices", renamed: &[("Deal_Name", "Deal_Name__s")] },
    ConversionPath {
        from: "Sales_Orders",
        to: "Invoices",
        renamed: &[("id", "Sales_Order"), ("Deal_Name", "Deal_Name__s")],
    },
];

struct ConversionPath {
    from: &'static str,
    to: &'static str,
    renamed: &'static [(&'static str, &'static str)],
}

/// A new document has a state and tags of its own.
const LEFT: [&str; 2] = ["Status", "Tag"];
/// The rows' own.
const LEFT_OF_ROWS: [&str; 1] = ["Parent_Id"];

const MUST_CARRY: &str = "carry over tags must be given as true";

/// One conversion as it is wanted: `convert_to` with one entry, and in a mass conversion the keys beside it.
pub(super) struct InventoryConverter {
    pub target: Arc<ModuleDef>,
    path: &'static ConversionPath,
    carry_over_tags: bool,
    owner: Option<Id>,
    /// What hangs on the document and moves along; without it nothing does.
    related_modules: Vec<Id>,
}

impl InventoryConverter {
    /// Reads the keys that stand at `path`.
    pub(super) fn read(cx: &Cx, module: &ModuleDef, raw: &RawValue, path: &str) -> Result<Self, ApiError> {
        let keys: Map<String, Value> = serde_json::from_str(raw.get()).map_err(|_| {
            ApiError::new(Code::InvalidData)
                .detail("expected_data_type", "jsonobject")
                .field("data", path.to_owned())
        })?;
        let entry = Entry::at(&keys, path.to_owned());
        if entry.value("convert_to").is_none() {
            return Err(entry.missing("convert_to"));
        }
        let wanted = entry.entries("convert_to")?;
        let [wanted] = wanted.as_slice() else {
            let error = entry.error(Code::InvalidData, "convert_to");
            return Err(match wanted.len() {
                0 => error.detail("minimum_length", 1),
                _ => error.detail("maximum_length", 1),
            });
        };
        let named = wanted.entry("module")?.ok_or_else(|| wanted.missing("module"))?;
        let target = target(cx, &named)?;
        let paths = PATHS.iter().filter(|path| path.from == module.api_name);
        let path = paths.clone().find(|path| path.to == target.api_name);
        let supported = paths.map(|path| path.to).collect();
        let path = path.ok_or_else(|| named.unsupported("api_name", supported))?;
        let carry_over_tags = wanted.flag("carry_over_tags")?;
        // The reference service wants the key to be true where it is given; clients that send false mean no tags.
        if carry_over_tags == Some(false) && !cx.is_lenient() {
            return Err(wanted
                .error(Code::NotAllowedHere, "carry_over_tags")
                .message(MUST_CARRY)
                .detail("reason", MUST_CARRY));
        }
        Ok(Self {
            target,
            path,
            carry_over_tags: carry_over_tags.unwrap_or(false),
            owner: lead_converter::owner(cx, &entry)?,
            related_modules: lead_converter::related_modules(cx, &entry)?.unwrap_or_default(),
        })
    }
}

/// The module named by its name, its id or both, which then must agree.
fn target(cx: &Cx, named: &Entry<'_>) -> Result<Arc<ModuleDef>, ApiError> {
    let schema = &cx.snapshot.schema;
    let invalid = |key: &str| named.error(Code::InvalidData, key);
    let path = |key: &str| named.error(Code::InvalidData, key).details["json_path"].clone();
    let both = || {
        json!([
            { "api_name": "api_name", "json_path": path("api_name") },
            { "api_name": "id", "json_path": path("id") },
        ])
    };
    match (named.text("api_name", 100)?, named.id("id")?) {
        (Some(name), id) => {
            let module = schema.module(name).ok_or_else(|| invalid("api_name"))?;
            if id.is_some_and(|id| id != module.id) {
                return Err(ApiError::new(Code::AmbiguityDuringProcessing)
                    .message("Ambiguity while processing the request")
                    .detail("ambiguity_due_to", both()));
            }
            Ok(Arc::clone(module))
        }
        (None, Some(id)) => schema.module_by_id(id).cloned().ok_or_else(|| invalid("id")),
        (None, None) => Err(ApiError::new(Code::ExpectedFieldMissing)
            .message("Specify atleast one field")
            .detail("expected_fields", both())),
    }
}

/// Everything that converting a document needs, free of the request's lifetime.
pub(super) struct InventoryConversion {
    documents: Writing,
    targets: Writing,
    converter: InventoryConverter,
}

impl InventoryConversion {
    pub(super) fn new(
        cx: &Cx,
        module: &Arc<ModuleDef>,
        converter: InventoryConverter,
        features: Features,
    ) -> Result<Self, ApiError> {
        let grant = cx.grant(module, Action::Edit)?;
        let target = cx.grant(&converter.target, Action::Create)?;
        let documents = Writing::new(cx, &grant).setting_off(features);
        let targets = documents.on(&target);
        Ok(Self { documents, targets, converter })
    }

    /// Converts the document. An error of the caller's means that nothing may be kept.
    pub(super) async fn write(&self, tx: &mut Conn, id: Id) -> Result<Named, Error> {
        let (module, target) = (&self.documents.module, &self.targets.module);
        let mut found = stored::load(tx, module, &[id.get()], &stored::all_fields(module)).await?;
        let barred = guard::bar(tx, &self.documents, Doing::Convert, &mut found).await?;
        let document = found.remove(&id.get()).ok_or_else(|| no_lead(Code::InvalidData))?;
        if !barred.is_empty() {
            return Err(guard::forbidden(module, Doing::Convert, id).into());
        }
        if ledger::is_converted(tx, id).await? {
            return Err(no_lead(Code::IdAlreadyConverted).into());
        }
        if let Some(error) = guard::refuse_to(&self.documents, &document, Doing::Convert, None) {
            return Err(error.into());
        }
        let draft = self.draft(tx, &document).await?;
        let made = insert::write(tx, &self.targets, vec![Ok(draft)]).await?;
        let made = made.into_iter().next().unwrap_or_else(|| Err(ApiError::new(Code::InvalidData)))?.id;
        let mut mark = Draft::empty(module, String::new());
        mark.id = Some(id);
        update::set(tx, &self.documents, Deed::CONVERT, vec![mark]).await?;
        let text = json!({ target.api_name.as_str(): made }).to_string();
        ledger::keep_conversion(tx, &self.documents, id, text).await?;
        let place = Place { module: target.id, id: made };
        let heirs = Heirs {
            main: place,
            attachments: place,
            person: None,
            matter: Some(place),
            only: Some(self.converter.related_modules.clone()),
        };
        followers::hand_over(tx, &self.documents, Place { module: module.id, id }, &heirs).await?;
        Named::read(tx, target, made).await
    }

    /// The new document with its rows.
    async fn draft(&self, tx: &mut Conn, document: &Stored) -> Result<Draft, Error> {
        let (module, target) = (&self.documents.module, &self.targets.module);
        let mut draft = Draft::empty(target, "$.data[0]".to_owned());
        let renamed = self.converter.path.renamed;
        let values = mapping::of_same_names(module, document, target, renamed, &LEFT);
        mapping::fill(&mut draft, None, values);
        for (_, to) in renamed.iter().filter(|(from, _)| *from == "id") {
            if let Some(at) = target.field_index(to) {
                draft.cells[at] = Some(document.id.into());
            }
        }
        if let Some(at) = target.field_index("Owner") {
            let owner = self.converter.owner.map(Cell::from);
            draft.cells[at] = owner.or_else(|| cell(module, document, "Owner").cloned());
        }
        let tags = tags_of(&self.documents, document);
        if let Some(at) = tag::position(target)
            && self.converter.carry_over_tags
            && !tags.is_empty()
        {
            let tags = tags.into_iter().map(|name| json!({ "name": name })).collect();
            draft.cells[at] = Some(Value::Array(tags).to_string().into());
        }
        if let Some((at, rows)) = self.rows(tx, document.id).await? {
            draft.subforms.push((at, rows));
        }
        Ok(draft)
    }

    /// The line items, as rows of the new document.
    async fn rows(&self, tx: &mut Conn, document: Id) -> Result<Option<(usize, Vec<Draft>)>, Error> {
        let (Some((_, from)), Some((at, to))) = (items(&self.documents), items(&self.targets)) else {
            return Ok(None);
        };
        let ids: Vec<i64> = subforms::ids(tx, &from, document).await?.into_iter().map(Id::get).collect();
        let mut found = stored::load(tx, &from, &ids, &stored::all_fields(&from)).await?;
        let name = self.targets.module.fields()[at].api_name.clone();
        let rows = ids.iter().enumerate().filter_map(|(n, id)| {
            let row = found.remove(id)?;
            let mut draft = Draft::empty(&to, format!("$.data[0].{name}[{n}]"));
            mapping::fill(&mut draft, None, mapping::of_same_names(&from, &row, &to, &[], &LEFT_OF_ROWS));
            Some(draft)
        });
        Ok(Some((at, rows.collect())))
    }
}

/// The subform of a document that holds its line items.
fn items(writing: &Writing) -> Option<(usize, Arc<ModuleDef>)> {
    (0..writing.module.fields().len()).find_map(|at| {
        let rows = subforms::rows_module(writing, at)?;
        line_items::is_line_items(&rows).then_some((at, rows))
    })
}
