//! What an org made by an earlier version lacks of the standard modules.
//!
//! Only what is new is taken over. What people may have changed stays: labels, options, orders, everything of a field
//! that carries a time of change.

use serde_json::Value;

use crate::field::FieldDef;
use crate::module::ModuleDef;

/// Brings a stored standard module up to the standard one: fields, layout sections and related lists that it lacks;
/// options and data types of fields that nobody changed, a data type only where values are stored alike. The new parts
/// keep the ids that `standard` gives them. True when anything was new.
///
/// A module or field of people's own stays where the standard has come to have one of the same name.
pub fn upgrade(stored: &mut ModuleDef, standard: &ModuleDef) -> bool {
    if !is_same(stored, standard) {
        return false;
    }
    let mut is_new = false;
    for section in &standard.layout_sections {
        if !stored.layout_sections.iter().any(|one| one.api_name == section.api_name) {
            stored.layout_sections.push(section.clone());
            is_new = true;
        }
    }
    for field in standard.fields() {
        let Some(own) = stored.field(&field.api_name) else {
            add(stored, standard, field);
            is_new = true;
            continue;
        };
        if own.custom_field || own.described.contains_key("modified_time") {
            continue;
        }
        let id = own.id;
        if let Some(own) = stored.field_by_id_mut(id) {
            is_new |= renew(own, field);
        }
    }
    is_new | add_related_lists(stored, standard)
}

/// False where people made a module that only shares the name: tables of theirs have an id in their name.
fn is_same(stored: &ModuleDef, standard: &ModuleDef) -> bool {
    let kind = |module: &ModuleDef| module.text("generated_type").to_owned();
    kind(stored) == kind(standard) && (stored.table == standard.table || kind(standard) == "linking")
}

/// Adds a field behind the others, under the next free column, with the indexes it is part of.
fn add(stored: &mut ModuleDef, standard: &ModuleDef, field: &FieldDef) {
    let mut field = field.clone();
    let is_numbered = |column: &String| {
        column
            .strip_prefix('c')
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    // Numbers of columns are the org's own; columns that the engine knows by name keep it.
    field.column = field.column.filter(|column| !is_numbered(column));
    let name = field.api_name.clone();
    stored.add_field(field);
    for group in standard.indexes.iter().filter(|group| group.contains(&name)) {
        let is_whole = group.iter().all(|name| stored.field(name).is_some());
        if is_whole && !stored.indexes.contains(group) {
            stored.indexes.push(group.clone());
        }
    }
}

/// Takes over options and data type. True when anything was new.
fn renew(own: &mut FieldDef, standard: &FieldDef) -> bool {
    let mut is_new = false;
    let (old, new) = (own.data_type.get(), standard.data_type.get());
    let is_stored_alike = old.storage == new.storage
        && own.has_module() == standard.has_module()
        && own.scale() == standard.scale();
    if old.key != new.key && is_stored_alike {
        own.data_type = standard.data_type;
        own.json_type.clone_from(&standard.json_type);
        is_new = true;
    }
    for option in &standard.pick_list_values {
        if !own.pick_list_values.iter().any(|one| one.actual_value == option.actual_value) {
            own.pick_list_values.push(option.clone());
            is_new = true;
        }
    }
    is_new
}

/// Adds the lists that no list of the same name stands for. True when there were any.
fn add_related_lists(stored: &mut ModuleDef, standard: &ModuleDef) -> bool {
    const LISTS: &str = "related_lists";
    let lists = |module: &ModuleDef| module.described.get(LISTS).and_then(Value::as_array).cloned();
    let mut own = lists(stored).unwrap_or_default();
    let before = own.len();
    for list in lists(standard).unwrap_or_default() {
        if !own.iter().any(|one| one["api_name"] == list["api_name"]) {
            own.push(list);
        }
    }
    let is_new = own.len() > before;
    if is_new {
        stored.described.insert(LISTS.to_owned(), Value::Array(own));
    }
    is_new
}

#[cfg(test)]
mod tests {
    use dealwright_wire::Mint;

    use super::upgrade;
    use crate::catalog;
    use crate::diff::{Step, diff};
    use crate::module::ModuleDef;

    fn leads(seed: u32) -> ModuleDef {
        let all = catalog::standard_modules(&Mint::seeded(seed));
        all.into_iter().find(|module| module.api_name == "Leads").unwrap()
    }

    #[test]
    fn what_is_up_to_date_stays_as_it_is() {
        for (mut stored, standard) in catalog::standard_modules(&Mint::seeded(1))
            .into_iter()
            .zip(catalog::standard_modules(&Mint::seeded(2)))
        {
            let before = serde_json::to_value(&stored).unwrap();
            assert!(!upgrade(&mut stored, &standard), "{}", stored.api_name);
            assert_eq!(serde_json::to_value(&stored).unwrap(), before);
        }
    }

    #[test]
    fn a_related_list_comes_behind_the_others() {
        let mut stored = leads(1);
        let lists = stored.described["related_lists"].as_array_mut().unwrap();
        let count = lists.len();
        let gone = lists.remove(0);
        assert!(upgrade(&mut stored, &leads(2)));
        let lists = stored.described["related_lists"].as_array().unwrap();
        assert_eq!((lists.len(), &lists[count - 1]["api_name"]), (count, &gone["api_name"]));
        stored.described.remove("related_lists");
        let mut without = leads(2);
        without.described.remove("related_lists");
        assert!(!upgrade(&mut stored, &without));
        assert!(!stored.described.contains_key("related_lists"));
    }

    #[test]
    fn a_module_of_peoples_own_stays_as_it_is() {
        let mut own = leads(1);
        let website = own.field("Website").unwrap().id;
        own.remove_field(website);
        own.table = Some("rows_1".to_owned());
        assert!(!upgrade(&mut own, &leads(2)));
        assert!(own.field("Website").is_none());
    }

    #[test]
    fn a_field_comes_under_a_new_column_with_its_index() {
        let mut old = leads(1);
        let email = old.field("Email").unwrap().clone();
        old.remove_field(email.id);
        old.indexes.retain(|group| !group.contains(&email.api_name));
        let mut new = old.clone();
        assert!(upgrade(&mut new, &leads(2)));
        let column = new.field("Email").unwrap().column.clone().unwrap();
        assert_eq!(column, format!("c{}", old.next_column));
        let steps = diff(Some(&old), &new);
        assert!(
            matches!(
                &steps[..],
                [Step::AddColumn { column: added, .. }, Step::CreateIndex(_), Step::DropFullText(_), Step::CreateFullText { text, fill: false }]
                    if *added == column && text.mails.contains(&column)
            ),
            "{steps:?}"
        );
        assert!(!upgrade(&mut new, &leads(2)));
    }

    #[test]
    fn options_come_to_fields_that_nobody_changed() {
        let mut old = leads(1);
        let id = old.field("Lead_Source").unwrap().id;
        let gone = old.field_by_id_mut(id).unwrap().pick_list_values.pop().unwrap();
        let mut changed = old.clone();
        changed
            .field_by_id_mut(id)
            .unwrap()
            .described
            .insert("modified_time".to_owned(), "2027-01-15T00:00:00Z".into());
        assert!(!upgrade(&mut changed, &leads(2)));
        assert!(upgrade(&mut old, &leads(2)));
        assert!(old.field("Lead_Source").unwrap().pick_value(&gone.actual_value).is_some());
    }
}
