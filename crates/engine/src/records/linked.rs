//! Links between records of two modules, many to many: one table for all of them, described by [`LINKS`].
//!
//! Source: "Update related records" and "Deal contact roles" of the published API. A link of another kind is one more
//! line here; both of its lists are then read, linked and delinked by the same code.

use dealwright_schema::{Cell, ModuleDef};
use dealwright_store::{Conn, Op, Row, Sql};
use dealwright_wire::Id;

use crate::error::Error;
use crate::records::succession::Succession;

/// A kind of link.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Link {
    /// Stored in every row, so it never changes.
    pub number: i64,
    one: End,
    other: End,
    /// What the link holds besides its ends.
    pub value: Option<LinkValue>,
}

/// One end of a link: its module, and that module's related list that shows the other end.
#[derive(Debug, PartialEq, Eq, Hash)]
struct End {
    module: &'static str,
    /// Empty when the module has no such list.
    list: &'static str,
}

/// What a link can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum LinkValue {
    /// Price of a product in a price book; must be given.
    ListPrice,
    /// What a lead or contact did in a campaign.
    MemberStatus,
    /// Part that a contact has in a deal, by the id of the role; must be given.
    ContactRole,
}

impl LinkValue {
    /// Decimals of a list price.
    pub(crate) const PRICE_SCALE: u8 = 2;

    /// Key in bodies and rows.
    pub(crate) fn api_name(self) -> &'static str {
        match self {
            Self::ListPrice => "list_price",
            Self::MemberStatus => "Member_Status",
            Self::ContactRole => "Contact_Role",
        }
    }

    /// Column of the table of links.
    pub(crate) fn column(self) -> &'static str {
        match self {
            Self::ListPrice | Self::ContactRole => "number",
            Self::MemberStatus => "text",
        }
    }

    pub(crate) fn is_mandatory(self) -> bool {
        self != Self::MemberStatus
    }
}

const fn link(
    number: i64,
    one: (&'static str, &'static str),
    other: (&'static str, &'static str),
    value: Option<LinkValue>,
) -> Link {
    let (one, other) = (End { module: one.0, list: one.1 }, End { module: other.0, list: other.1 });
    Link { number, one, other, value }
}

/// Every kind of link: number, the two ends with their lists, what it holds.
pub(crate) static LINKS: &[Link] = &[
    link(1, ("Leads", "Products"), ("Products", "Leads"), None),
    link(2, ("Accounts", "Products"), ("Products", "Accounts"), None),
    link(3, ("Contacts", "Products"), ("Products", "Contacts"), None),
    link(4, ("Deals", "Products"), ("Products", "Deals"), None),
    link(5, ("Price_Books", "Products"), ("Products", "Price_Books"), Some(LinkValue::ListPrice)),
    link(6, ("Campaigns", "Leads"), ("Leads", "Campaigns"), Some(LinkValue::MemberStatus)),
    link(7, ("Campaigns", "Contacts"), ("Contacts", "Campaigns"), Some(LinkValue::MemberStatus)),
    link(8, ("Deals", "Contact_Roles"), ("Contacts", ""), Some(LinkValue::ContactRole)),
    link(9, ("Cases", "Solutions"), ("Solutions", "Cases"), None),
];

/// Number of the link between a deal and the contacts that have a role in it.
pub(crate) const CONTACT_ROLES: i64 = 8;

/// A link seen from one of its ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Linked {
    pub link: &'static Link,
    /// The list belongs to the link's first end.
    from_one: bool,
}

impl Linked {
    /// The link behind a module's related list.
    pub(crate) fn find(module: &ModuleDef, list: &str) -> Option<Self> {
        let is = |end: &End| end.module == module.api_name && end.list == list && !list.is_empty();
        LINKS.iter().find_map(|link| {
            let from_one = is(&link.one);
            (from_one || is(&link.other)).then_some(Self { link, from_one })
        })
    }

    /// Module of the records that the list shows.
    pub(crate) fn module(self) -> &'static str {
        if self.from_one { self.link.other.module } else { self.link.one.module }
    }

    /// Module of the record that the list belongs to.
    fn own_module(self) -> &'static str {
        if self.from_one { self.link.one.module } else { self.link.other.module }
    }

    /// The link that joins records of another module to the same records, holding the same.
    fn of_module(self, module: &ModuleDef) -> Option<Self> {
        if self.own_module() == module.api_name {
            return Some(self);
        }
        let fits = |candidate: &Self| {
            candidate.own_module() == module.api_name
                && candidate.module() == self.module()
                && candidate.link.value == self.link.value
        };
        let all = LINKS.iter().flat_map(|link| [true, false].map(|from_one| Self { link, from_one }));
        all.into_iter().find(fits)
    }

    /// Columns of the record that the list belongs to and of the record in it.
    fn columns(self) -> (&'static str, &'static str) {
        if self.from_one { ("one", "other") } else { ("other", "one") }
    }

    /// True for a row (`t`) that is linked to the record bound to `parent`.
    pub(crate) fn condition(self, parent: &str) -> String {
        let ((here, there), number) = (self.columns(), self.link.number);
        format!(
            "t.id IN (SELECT l.{there} FROM {{_links}} l WHERE l.{here} = {parent} AND l.kind = {number})"
        )
    }

    /// A column of the link between the record bound to `?1` and a row (`t`).
    pub(crate) fn column(self, column: &str) -> String {
        let ((here, there), number) = (self.columns(), self.link.number);
        format!(
            "(SELECT l.{column} FROM {{_links}} l WHERE l.{here} = ?1 AND l.kind = {number} AND l.{there} = t.id)"
        )
    }

    /// The records among `ids` that are linked to `parent`.
    pub(crate) async fn existing(self, tx: &mut Conn, parent: Id, ids: &[i64]) -> Result<Vec<i64>, Error> {
        let (here, there) = self.columns();
        let test = tx.dialect().in_ids(&format!("l.{there}"), "?3");
        let sql = Sql::from(format!(
            "SELECT l.{there} FROM {{_links}} l WHERE l.{here} = ?1 AND l.kind = ?2 AND {test}"
        ));
        let args = [parent.into(), self.link.number.into(), Cell::Ids(ids.into())];
        Ok(tx.all(&sql, &args, |row| Row::must(row.int(0)?, 0)).await?)
    }

    /// Links `parent` to a record, or changes the link that is there. What the link holds is kept when `keeps`.
    pub(crate) fn put(self, parent: Id, id: Id, value: Cell<'static>, keeps: bool) -> Op<'static> {
        let (one, other) = if self.from_one { (parent, id) } else { (id, parent) };
        let column = self.link.value.map_or("number", LinkValue::column);
        let then =
            if keeps { "NOTHING".to_owned() } else { format!("UPDATE SET {column} = excluded.{column}") };
        let sql = Sql::from(format!(
            "INSERT INTO {{_links}} (kind, one, other, {column}) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (one, kind, other) DO {then}"
        ));
        Op::Exec(sql, vec![self.link.number.into(), one.into(), other.into(), value])
    }

    /// Takes the records `ids` off `parent`.
    pub(crate) async fn remove(self, tx: &mut Conn, parent: Id, ids: &[i64]) -> Result<(), Error> {
        let (here, there) = self.columns();
        let test = tx.dialect().in_ids(there, "?3");
        let sql = Sql::from(format!("DELETE FROM {{_links}} WHERE {here} = ?1 AND kind = ?2 AND {test}"));
        tx.exec(&sql, &[parent.into(), self.link.number.into(), Cell::Ids(ids.into())]).await?;
        Ok(())
    }
}

/// Lets the links of a record be links of its successor: the same ones, or those that join the successor's module to
/// the same records. A link that the successor has already stays as it is.
pub(crate) async fn succeed(tx: &mut Conn, succession: &Succession<'_>) -> Result<(), Error> {
    let Succession { from_module, from, to_module, to } = succession;
    for link in LINKS {
        for from_one in [true, false] {
            let old = Linked { link, from_one };
            if old.own_module() != from_module.api_name {
                continue;
            }
            let ((here, there), number) = (old.columns(), link.number);
            if let Some(new) = old.of_module(to_module) {
                let (new_here, new_there) = new.columns();
                let sql = Sql::from(format!(
                    "INSERT INTO {{_links}} (kind, {new_here}, {new_there}, number, text) \
                     SELECT CAST(?3 AS bigint), CAST(?2 AS bigint), l.{there}, l.number, l.text FROM {{_links}} l \
                     WHERE l.{here} = ?1 AND l.kind = ?4 ON CONFLICT (one, kind, other) DO NOTHING"
                ));
                let args = [(*from).into(), (*to).into(), new.link.number.into(), number.into()];
                tx.exec(&sql, &args).await?;
            }
            let sql = Sql::from(format!("DELETE FROM {{_links}} WHERE {here} = ?1 AND kind = ?2"));
            tx.exec(&sql, &[(*from).into(), number.into()]).await?;
        }
    }
    Ok(())
}

/// A row of the table of links, as it travels into the recycle bin and back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ends {
    pub kind: i64,
    pub one: Id,
    pub other: Id,
}

/// True when records of the module can be linked at all.
pub(crate) fn takes_part(module: &ModuleDef) -> bool {
    LINKS.iter().any(|link| [&link.one, &link.other].iter().any(|end| end.module == module.api_name))
}

/// The records that an image of a deleted record says were linked to it by one kind of link.
pub(crate) fn linked_in(image: &serde_json::Value, parent: Id, linked: Linked) -> Vec<i64> {
    let rows = image.get("$links").and_then(serde_json::Value::as_array);
    rows.into_iter()
        .flatten()
        .filter_map(ends)
        .filter(|ends| ends.kind == linked.link.number)
        .filter_map(|ends| {
            let (here, there) = if linked.from_one { (ends.one, ends.other) } else { (ends.other, ends.one) };
            (here == parent).then_some(there.get())
        })
        .collect()
}

/// Reads one element of `$links`.
pub(crate) fn ends(row: &serde_json::Value) -> Option<Ends> {
    let id = |key: &str| row.get(key)?.as_str()?.parse().ok();
    Some(Ends { kind: row.get("kind")?.as_i64()?, one: id("one")?, other: id("other")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_and_each_list_is_one_link() {
        for (at, link) in LINKS.iter().enumerate() {
            let others = || LINKS.iter().enumerate().filter(move |(other, _)| *other != at);
            assert!(others().all(|(_, other)| other.number != link.number), "{}", link.number);
            let ends = || others().flat_map(|(_, other)| [&other.one, &other.other]);
            for end in [&link.one, &link.other] {
                assert!(end.list.is_empty() || ends().all(|other| other != end), "{end:?}");
            }
        }
        assert!(LINKS.iter().any(|link| link.number == CONTACT_ROLES));
    }
}
